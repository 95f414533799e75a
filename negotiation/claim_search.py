"""Claims over draws of the parameters, and the parameters that turn their verdicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .claim_forms import margins, settings_of
from .comparing import SAME, Part, What, lean
from .errors import NumericalError
from .likelihood.firsts import Firsts, Rule, first_equilibria
from .model import Claim, Game
from .sampling import Sampler
from .settings import Setting, apply

Floats = NDArray[np.float64]

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
               engine: Engine) -> Sample:
    """Every claim's margin at draws of the parameters."""
    values = Sampler(game, seed).draws(0, draws)
    rows = [{name: float(drawn[row]) for name, drawn in values.items()} for row in range(draws)]
    found = _at_points(game, [(row, claims) for row in rows], by, engine)
    table = {claim.id: np.array([np.nan if isinstance(one, str) else one[claim.id]
                                 for one in found]) for claim in claims}
    return Sample(values, table, tuple((row, one) for row, one in zip(rows, found, strict=True)
                                       if isinstance(one, str)))


@dataclass(frozen=True)
class Engine:
    """How claims are evaluated at other parameters: which equilibrium is taken, and when to stop.

    Attributes:
        stop: called with the games solved and those asked for before every chunk of them; tells
            whether to leave out the rest.
    """

    rule: Rule = field(default_factory=Rule)
    stop: Callable[[int, int], bool] | None = None


def _at_points(game: Game, points: Sequence[tuple[dict[str, float], Sequence[Claim]]], by: float,
               engine: Engine) -> list[dict[str, float] | str]:
    """Claim → margin at each point, or why it could not be solved.

    Everything that evaluates claims at other parameters goes through here: the games of one setting
    at all points are solved in batches, whatever claim asks for them.
    """
    now = game.parameter_values()
    games: dict[tuple[object, ...], _Batch] = {}
    studies = [_Study(game.with_parameters(**values), {**now, **values}, games)
               for values, _ in points]
    for study, (_, claims) in zip(studies, points, strict=True):
        for claim in claims:
            for _, setting in settings_of(study.game, claim):
                study.row(setting)
    total, done = sum(len(batch.rows) for batch in games.values()), 0
    for batch in games.values():
        batch.solve(engine, done, total)
        done += len(batch.rows)
    found: list[dict[str, float] | str] = []
    for study, (_, claims) in zip(studies, points, strict=True):
        try:
            found.append({claim.id: margins(study, claim, by)[0] for claim in claims})
        except NumericalError as error:
            found.append(str(error))
    return found


@dataclass(eq=False)
class _Batch:
    """One game under a setting, at rows of parameter values."""

    game: Game
    names: tuple[str, ...]
    rows: dict[tuple[float, ...], int] = field(default_factory=dict)
    found: Firsts | None = None

    def solve(self, engine: Engine, done: int, total: int) -> None:
        table = np.array(list(self.rows), dtype=float).reshape(len(self.rows), len(self.names))
        stop = engine.stop
        self.found = first_equilibria(
            self.game, dict(zip(self.names, table.T, strict=True)), engine.rule,
            None if stop is None else lambda here: stop(done + here, total))


@dataclass(eq=False)
class _Study:
    """A game at one point, under settings: what :func:`.claim_forms.margins` asks for."""

    game: Game
    values: dict[str, float]
    games: dict[tuple[object, ...], _Batch]

    def row(self, what: What) -> tuple[_Batch, int]:
        """The batch that a setting is solved in, and the row of it that this point is."""
        under = what if isinstance(what, Game) else (
            self.game if what is None else apply(self.game, what))
        values = {**self.values, **(what.parameters if isinstance(what, Setting) else {})}
        game = lean(under)
        key = (tuple(front.start for front in game.fronts.values()),
               tuple((name, tuple(sorted(move.consents.items())))
                     for name, move in game.moves.items()),
               tuple((name, str(clash.targets)) for name, clash in game.encounters.items()))
        batch = self.games.setdefault(key, _Batch(game, tuple(values) or ("",)))
        at = tuple(values.values()) or (0.0,)
        return batch, batch.rows.setdefault(at, len(batch.rows))

    def under(self, what: What) -> _At:
        batch, row = self.row(what)
        assert batch.found is not None
        if row in batch.found.why:
            raise NumericalError(batch.found.why[row])
        return _At(batch.found, row)


@dataclass(frozen=True, eq=False)
class _At:
    """One row of a batch, as a game that was compared."""

    found: Firsts
    row: int

    def parts(self, outcome: str, by: float) -> list[Part]:
        return [(None, self.found.outcome(outcome, by)[self.row:self.row + 1])]

    def reached(self, front: str, status: str, by: float) -> list[Part]:
        return [(None, self.found.reached(front, status, by)[self.row:self.row + 1])]


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
               sample: Sample | None, engine: Engine,
               ) -> dict[str, tuple[tuple[Flip, ...], tuple[str, ...]]] | None:
    """Claim → its flips, the smallest move first, and the parameters that were tried."""
    if flips == 0:
        return None
    now = game.parameter_values()
    ranged = [name for name, parameter in game.parameters.items() if parameter.low is not None
              and parameter.high is not None and parameter.high > parameter.low]
    tried = {claim.id: _tried(claim, ranged, flips, sample) for claim in claims}
    base = _at_points(game, [({}, claims)], by, engine)[0]
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
        _look(game, open_, [search.at(step / GRID) for search in open_], by, engine, base)
    for _ in range(HALVINGS):
        open_ = [search for search in searches if search.turned is not None]
        _look(game, open_, [0.5 * (search.same + (search.turned or 0.0)) for search in open_], by,
              engine, base)
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
          engine: Engine, base: dict[str, float]) -> None:
    """Evaluate each search at its value and note whether the verdict has turned there; a point that
    cannot be solved counts as one where it has not."""
    if not searches:
        return
    points: dict[tuple[str, float], list[Claim]] = {}
    for search, value in zip(searches, values, strict=True):
        points.setdefault((search.parameter, value), []).append(search.claim)
    found = dict(zip(points, _at_points(game, [({name: value}, claims) for (name, value), claims
                                               in points.items()], by, engine), strict=True))
    for search, value in zip(searches, values, strict=True):
        at = found[search.parameter, value]
        if isinstance(at, str):
            continue
        if (at[search.claim.id] > SAME) != (base[search.claim.id] > SAME):
            search.turned = value
        else:
            search.same = value
