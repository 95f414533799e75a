"""Does a settlement at the centre cascade outward? (DESIGN §2.6)

For a centre c and another front l, three games are compared by the chance that l is settled by a
date h (reached: settled at some time up to h):

- **settled**: play starts with c settled;
- **nominal**: the game as it stands;
- **blocked**: no move that would make c settled exists, and where a profile of an encounter would
  the opportunity passes, with no change and no payoff.

*total* = settled − blocked, *pull* = settled − nominal, *push* = nominal − blocked. A push can be
negative: waiting for the centre can hold the periphery up. Each bound runs over the equilibria of
both games: the least of one minus the greatest of the other, and the reverse; in a game with
postures over the pairs that play them by the same convention, so that a verdict quantifies over
conventions too. The **verdict** on a front is ``every`` when the low end of *total* is above
``min_effect``, ``none`` when its high end is not, and ``some`` otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import Any

from .comparing import SAME, Bounds
from .equilibrium.result import Solution
from .equilibrium.solve import solve_each
from .errors import InputError, UnknownNameError
from .frozen import FrozenMap
from .model import Cascade, Game
from .process import check_date
from .settlement import (
    KINDS,
    Effects,
    MeanTimes,
    Precedence,
    SettlementOrder,
    SolvedGame,
    Study,
)


@dataclass(frozen=True)
class FrontEffect:
    """What a settled centre does to one front: at the date, at half of it, and to its timing."""

    front: str
    verdict: str
    at: Effects
    half: Effects
    mean_time: MeanTimes
    precedence: Precedence


@dataclass(frozen=True, eq=False)
class CascadeResult:
    """The answer of :func:`cascade`.

    Attributes:
        solution: the solved game as it stands.
        center: the front at the centre; ``periphery``: the others that were asked about.
        status: front → the status that counts as settled.
        by: the date, in the game's unit of time.
        verdict: ``every`` if every front's verdict is; ``none`` if all are; otherwise ``some``.
        fronts: front of the periphery → what a settled centre does to it.
        necessity: outcome → its chance by the date when the centre is kept from being settled.
        nominal: outcome → its chance by the date in the game as it stands.
        matrix: from → to → *total*, for every ordered pair of fronts in ``status``; None when it
            was not asked for. ``left_out`` are the fronts without a settled status.
        order: the likeliest orders of first settlements, the likeliest first.
        games: every game that was solved, with what is known about its list of equilibria.
    """

    solution: Solution
    center: str
    periphery: tuple[str, ...]
    status: FrozenMap[str, str]
    by: float
    min_effect: float
    verdict: str
    fronts: FrozenMap[str, FrontEffect]
    necessity: FrozenMap[str, Bounds]
    nominal: FrozenMap[str, Bounds]
    matrix: FrozenMap[str, FrozenMap[str, Bounds]] | None
    left_out: tuple[str, ...]
    order: tuple[SettlementOrder, ...]
    games: tuple[SolvedGame, ...]

    @property
    def game(self) -> Game:
        return self.solution.game

    @property
    def complete(self) -> bool:
        """Whether the list of equilibria of every game that was solved is proved complete."""
        return all(game.complete for game in self.games)

    @property
    def incomplete_because(self) -> str | None:
        """Which lists are not known to be complete, and why; None when all are."""
        return _reasons(self.games)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON: the layout of DESIGN §4, and what this analysis adds to it."""
        fronts = {name: {**_plain(effect.at), "verdict": effect.verdict,
                         "half": _plain(effect.half), "mean_time": _plain(effect.mean_time)}
                  for name, effect in self.fronts.items()}
        matrix = None if self.matrix is None else {
            source: {target: _low_high(total) for target, total in row.items()}
            for source, row in self.matrix.items()}
        order = {"fronts": {name: _plain(e.precedence) for name, e in self.fronts.items()},
                 "sequences": [{"settlements": [list(group) for group in found.settlements],
                                "probability": list(found.probability)} for found in self.order]}
        return {
            "center": self.center, "verdict": self.verdict, "fronts": fronts,
            "min_effect": self.min_effect, "by": self.by, "status": dict(self.status),
            "matrix": matrix, "left_out": list(self.left_out),
            "necessity": {name: _low_high(chance) for name, chance in self.necessity.items()},
            "nominal": {name: _low_high(chance) for name, chance in self.nominal.items()},
            "order": order, "complete": self.complete,
            "incomplete_because": self.incomplete_because,
            "games": [{key: getattr(game, key) for key in (
                "label", "kind", "front", "equilibria", "complete", "incomplete_because",
                "for_verdict")} for game in self.games]}


def cascade(solution_or_game: Solution | Game, *, center: str | None = None,
            periphery: Sequence[str] | None = None,
            status: str | Mapping[str, str] | None = None, by: float | None = None,
            matrix: bool = True,
            solver: Callable[[Sequence[Game]], Sequence[Solution]] | None = None,
            ) -> CascadeResult:
    """Compare the game with the centre settled, as it stands, and kept from being settled.

    Args:
        solution_or_game: a game, or its solution (which saves solving it again).
        center, periphery, status: as in the file's ``[cascade]`` table, which they override; the
            periphery is every other front with a settled status where nothing names it. One word
            for ``status`` means that status on every front that has it.
        by: the date h ≥ 0; the game's horizon when left out.
        matrix: also find the effect of every front on every other (two more games for each).
        solver: how the games are solved; when left out ``solve_each``, with the options of the
            solution that was given. To narrow the lists, solve the game with a smaller ``cap``.

    Raises:
        UnknownNameError: for a front or status that the game does not have.
        InputError: when neither the arguments nor the file say what is asked, or a date is wrong.
        NumericalError: when a game was left without any equilibrium.
    """
    given = solution_or_game if isinstance(solution_or_game, Solution) else None
    game = solution_or_game if isinstance(solution_or_game, Game) else solution_or_game.game
    asked = _question(game, center, periphery, status)
    h = game.horizon if by is None else check_date(by)
    options = {} if given is None else asdict(given.options)
    study = Study(game, asked.status, h, solver or partial(solve_each, **options))
    if given is not None:
        study.remember(given)
    c = asked.center
    study.prepare((kind, c) for kind in ("nominal", "settled", "blocked"))
    fronts = {}
    for front in asked.periphery:
        at, half = study.effects(c, front)
        fronts[front] = FrontEffect(
            front=front, verdict=_verdict(at.total, asked.min_effect), at=at, half=half,
            mean_time=study.mean_times(c, front), precedence=study.precedence(c, front))
    necessity, nominal = study.outcomes("blocked", c), study.outcomes("nominal", c)
    central = {id(solved) for solved in study.games()}
    if matrix:
        study.prepare((kind, front) for front in asked.status for kind in KINDS)
    table = study.matrix() if matrix else None
    return CascadeResult(
        solution=study.solved("nominal", c).solution, center=c, periphery=asked.periphery,
        status=asked.status, by=h, min_effect=asked.min_effect,
        verdict=_overall(effect.verdict for effect in fronts.values()), fronts=FrozenMap(fronts),
        necessity=necessity, nominal=nominal, matrix=table,
        left_out=tuple(name for name in game.fronts if name not in asked.status),
        order=study.orders(),
        games=tuple(replace(solved, for_verdict=id(solved) in central)
                    for solved in study.games()))


# ---- the question ----------------------------------------------------------------------------

def _question(game: Game, center: str | None, periphery: Sequence[str] | None,
              status: str | Mapping[str, str] | None) -> Cascade:
    """What is asked: the arguments laid over the file's table, and checked."""
    table = game.cascade
    missing = [name for name, value in (("center", center), ("status", status)) if value is None]
    if table is None and missing:
        raise InputError(
            f"{game.name}: the definition has no [cascade] table, so cascade needs "
            f"{' and '.join(repr(name) for name in missing)} (and 'periphery', unless every other "
            "front that has the status is meant): pass them, or add the table to the definition")
    settled = _settled_statuses(game, status)
    if center is None:
        assert table is not None
        center = table.center
    if periphery is None:
        use_table = table is not None and table.center == center
        around = table.periphery if use_table and table is not None else tuple(
            name for name in settled if name != center)
    else:
        around = (periphery,) if isinstance(periphery, str) else tuple(dict.fromkeys(periphery))
    for name in (center, *around):
        game.check_front(name)
        if name not in settled:
            raise InputError(f"front {name!r} has no status that counts as settled: its statuses "
                             f"are {', '.join(game.fronts[name].statuses)}")
    if center in around:
        raise InputError(f"the periphery must name other fronts than the centre {center!r}. Got "
                         f"{', '.join(around)} instead.")
    if not around:
        raise InputError("the periphery must name at least one front" if periphery is not None else
                         f"no front but {center!r} has a status that counts as settled, so there "
                         "is no periphery to carry over to")
    least = Cascade.min_effect if table is None else table.min_effect
    return Cascade(center=center, periphery=around, status=settled, min_effect=least)


def _settled_statuses(game: Game, status: str | Mapping[str, str] | None) -> FrozenMap[str, str]:
    """Front → its settled status, in the order of the game's fronts."""
    known: dict[str, str] = {}
    if status is None and game.cascade is not None:
        known = dict(game.cascade.status)
        words = set(known.values())
        # One word in the file stands for the same status on the fronts that it does not list.
        status = words.pop() if len(words) == 1 else known
    if isinstance(status, str):
        every = {s for front in game.fronts.values() for s in front.statuses}
        if status not in every:
            raise UnknownNameError("status", status, sorted(every))
        known = {name: status for name, front in game.fronts.items() if status in front.statuses}
    else:
        known = dict(status or {})
    for name, word in known.items():
        game.check_front(name, word)
    return FrozenMap({name: known[name] for name in game.fronts if name in known})


def _verdict(total: Bounds, min_effect: float) -> str:
    low, high = total
    return "every" if low > min_effect + SAME else "none" if high <= min_effect + SAME else "some"


def _overall(verdicts: Iterable[str]) -> str:
    kinds = set(verdicts)
    return kinds.pop() if len(kinds) == 1 else "some"


def _reasons(games: Iterable[SolvedGame]) -> str | None:
    return "; ".join(f"{game.label}: {game.incomplete_because or 'not proved complete'}"
                     for game in games if not game.complete) or None


def _low_high(bounds: Bounds) -> dict[str, float]:
    return {"low": bounds[0], "high": bounds[1]}


def _plain(record: Effects | MeanTimes | Precedence) -> dict[str, list[float] | None]:
    return {name: None if bounds is None else list(bounds)
            for name, bounds in asdict(record).items()}
