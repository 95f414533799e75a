"""Claims over draws of the parameters, and the parameters that turn their verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claim_forms import margins, settings_of
from .comparing import SAME, Comparison, Solver
from .errors import NumericalError
from .model import Claim, Game
from .sampling import Sampler

Floats = NDArray[np.float64]

#: games that are solved side by side
TOGETHER = 24
#: points between the nominal value and each end of the range, and halvings after that
GRID, HALVINGS = 3, 5


@dataclass(frozen=True)
class Flip:
    """The smallest move of one parameter, within its range, that turns a claim's verdict.

    Attributes:
        parameter: which one; value: where the verdict has turned (to within the last halving).
        share: how far that is, as a share of the range.
    """

    parameter: str
    value: float
    share: float

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Sample:
    """Margins over draws: parameter → (draws,) values, claim → (draws,) margins, NaN where a draw
    failed; and what failed: parameters and reason."""

    values: dict[str, Floats]
    margins: dict[str, Floats]
    failed: tuple[tuple[dict[str, float], str], ...]

    def share(self, claim: str) -> float | None:
        """In what share of the solved draws a claim holds; None where none was solved."""
        found = self.margins[claim][~np.isnan(self.margins[claim])]
        return float((found > SAME).mean()) if len(found) else None

    def strongest(self, claim: str, most: int) -> tuple[str, ...]:
        """The parameters whose draws go with a claim's margin most, by rank correlation."""
        solved = ~np.isnan(self.margins[claim])
        if solved.sum() < 3:
            return tuple(self.values)[:most]
        rank = _ranks(self.margins[claim][solved])
        size = {name: abs(float((_ranks(values[solved]) * rank).sum()))
                for name, values in self.values.items()}
        return tuple(sorted(size, key=lambda name: -size[name])[:most])


def _ranks(values: Floats) -> Floats:
    """Ranks, ties at their mean, centred and of unit length (zeros where all are equal)."""
    _, where, count = np.unique(values, return_inverse=True, return_counts=True)
    rank = (np.cumsum(count) - 0.5 * (count - 1))[where]
    rank = rank - rank.mean()
    size = float(np.sqrt((rank**2).sum()))
    out: Floats = rank / size if size > 0.0 else rank
    return out


def over_draws(game: Game, claims: Sequence[Claim], by: float, draws: int, seed: int,
               solver: Solver) -> Sample:
    """Every claim's margin at draws of the parameters."""
    values = Sampler(game, seed).draws(0, draws)
    rows = [{name: float(drawn[row]) for name, drawn in values.items()} for row in range(draws)]
    found = _at_points(game, [(row, claims) for row in rows], by, solver)
    table = {claim.id: np.array([np.nan if isinstance(one, str) else one[claim.id]
                                 for one in found]) for claim in claims}
    return Sample(values, table, tuple((row, one) for row, one in zip(rows, found, strict=True)
                                       if isinstance(one, str)))


def _at_points(game: Game, points: Sequence[tuple[dict[str, float], Sequence[Claim]]], by: float,
               solver: Solver) -> list[dict[str, float] | str]:
    """Claim → margin at each point, or why it could not be solved.

    Everything that evaluates claims at other parameters goes through here.
    """
    found: list[dict[str, float] | str] = []
    waiting: list[_Point] = []
    for values, claims in points:
        point = _Point(Comparison(game.with_parameters(**values), solver), claims)
        if waiting and sum(len(one.games) for one in (*waiting, point)) > TOGETHER:
            found += _solve(waiting, by, solver)
            waiting = []
        waiting.append(point)
    return found + _solve(waiting, by, solver)


class _Point:
    """Some claims at one point: the games that they need."""

    def __init__(self, study: Comparison, claims: Sequence[Claim]) -> None:
        self.study, self.claims = study, claims
        self.games = study.missing(
            pair for claim in claims for pair in settings_of(study.game, claim))


def _solve(points: Sequence[_Point], by: float, solver: Solver) -> list[dict[str, float] | str]:
    """Solve the games of some points side by side; a point that fails takes no others with it."""
    if not points:
        return []
    try:
        solutions = iter(solver([game for point in points for _, game in point.games.values()]))
        for point in points:
            for key, (label, _) in point.games.items():
                point.study.remember(key, label, next(solutions))
    except NumericalError as error:
        if len(points) == 1:
            return [str(error)]
        half = len(points) // 2
        return _solve(points[:half], by, solver) + _solve(points[half:], by, solver)
    return [{claim.id: margins(point.study, claim, by)[0] for claim in point.claims}
            for point in points]


# ---- flips -------------------------------------------------------------------------------------

@dataclass(eq=False)
class _Search:
    """One claim, one parameter, one side: the verdict still stands at ``same``, and has turned at
    ``turned`` (None: nowhere yet)."""

    claim: Claim
    parameter: str
    nominal: float
    end: float
    width: float
    same: float
    turned: float | None = None

    def at(self, share: float) -> float:
        return self.nominal + share * (self.end - self.nominal)


def find_flips(game: Game, claims: Sequence[Claim], by: float, flips: int | str,
               sample: Sample | None, solver: Solver,
               ) -> dict[str, tuple[tuple[Flip, ...], tuple[str, ...]]] | None:
    """Claim → its flips, the smallest move first, and the parameters that were tried."""
    if flips == 0:
        return None
    now = game.parameter_values()
    ranged = [name for name, parameter in game.parameters.items() if parameter.low is not None
              and parameter.high is not None and parameter.high > parameter.low]
    tried = {claim.id: _tried(claim, ranged, flips, sample) for claim in claims}
    base = _at_points(game, [({}, claims)], by, solver)[0]
    if isinstance(base, str):
        return {claim.id: ((), ()) for claim in claims}
    searches = []
    for claim in claims:
        for name in tried[claim.id]:
            low, high = game.parameters[name].low, game.parameters[name].high
            assert low is not None and high is not None
            searches += [_Search(claim, name, now[name], end, high - low, now[name])
                         for end in (low, high) if end != now[name]]
    for step in range(1, GRID + 1):
        open_ = [search for search in searches if search.turned is None]
        _look(game, open_, [search.at(step / GRID) for search in open_], by, solver, base)
    for _ in range(HALVINGS):
        open_ = [search for search in searches if search.turned is not None]
        _look(game, open_, [0.5 * (search.same + (search.turned or 0.0)) for search in open_], by,
              solver, base)
    found: dict[str, tuple[tuple[Flip, ...], tuple[str, ...]]] = {}
    for claim in claims:
        mine: dict[str, Flip] = {}
        for search in searches:
            if search.claim is claim and search.turned is not None:
                flip = Flip(search.parameter, search.turned,
                            abs(search.turned - search.nominal) / search.width)
                if flip.share < mine.get(flip.parameter, Flip("", 0.0, np.inf)).share:
                    mine[flip.parameter] = flip
        found[claim.id] = (tuple(sorted(mine.values(), key=lambda flip: flip.share)),
                           tried[claim.id])
    return found


def _tried(claim: Claim, ranged: Sequence[str], flips: int | str, sample: Sample | None,
           ) -> tuple[str, ...]:
    """The parameters to try; those that the claim itself sets cannot turn it."""
    fixed = {name for setting in (claim.under, claim.than) if setting is not None
             for name in setting.parameters}
    names = [name for name in ranged if name not in fixed or claim.expect is not None]
    if flips == "all" or sample is None:
        return tuple(names if flips == "all" else names[:int(flips)])
    strongest = [name for name in sample.strongest(claim.id, len(sample.values)) if name in names]
    return tuple(strongest[:int(flips)])


def _look(game: Game, searches: Sequence[_Search], values: Sequence[float], by: float,
          solver: Solver, base: dict[str, float]) -> None:
    """Evaluate each search at its value and note whether the verdict has turned there; a point that
    cannot be solved counts as one where it has not."""
    if not searches:
        return
    points: dict[tuple[str, float], list[Claim]] = {}
    for search, value in zip(searches, values, strict=True):
        points.setdefault((search.parameter, value), []).append(search.claim)
    found = dict(zip(points, _at_points(game, [({name: value}, claims) for (name, value), claims
                                               in points.items()], by, solver), strict=True))
    for search, value in zip(searches, values, strict=True):
        at = found[search.parameter, value]
        if isinstance(at, str):
            continue
        if (at[search.claim.id] > SAME) != (base[search.claim.id] > SAME):
            search.turned = value
        else:
            search.same = value
