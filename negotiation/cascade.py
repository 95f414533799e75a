"""Does a settlement at the centre cascade outward? (DESIGN §2.6)

For a centre c and another front l, three games are compared by the chance that l is settled by a
date h (reached: settled at some time up to h):

- **settled**: play starts with c settled;
- **nominal**: the game as it stands;
- **blocked**: no move that would make c settled exists.

*total* = settled − blocked, *pull* = settled − nominal, *push* = nominal − blocked. A push can be
negative: waiting for the centre can hold the periphery up. Each bound runs over the equilibria of
both games: the least of one minus the greatest of the other, and the reverse. The **verdict** on a
front is ``every`` when the low end of *total* is above ``min_effect``, ``none`` when its high end
is not, and ``some`` otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .equilibrium.result import Solution
from .equilibrium.solve import solve
from .errors import InputError, NumericalError, UnknownNameError
from .frozen import FrozenMap
from .kernels import markov
from .model import Cascade, Game
from .process import Process, chain_of, check_date, condition_states, outcome_states, reach
from .settings import Setting, apply

Floats = NDArray[np.float64]
#: the least and the greatest value over equilibria
Bounds = tuple[float, float]
#: groups of fronts in the order of their first settlement
Order = tuple[tuple[str, ...], ...]

#: effects closer to ``min_effect`` than this are equal to it (chances are computed to 1e-12, and
#: the equilibria behind them to a regret of 1e-9)
SAME = 1e-9
#: differences of chances below this are rounding
NOTHING = 1e-12
#: orders of settlement: of how many equilibria, how many are listed, and the chance below which a
#: partial order in one state is not followed further (it bounds the work on many fronts)
ORDER_EQUILIBRIA, ORDERS, ORDER_LEAST = 20, 10, 1e-4


@dataclass(frozen=True)
class Effects:
    """Chances in [0, 1] that a front is settled in three games, and their differences."""

    settled: Bounds
    nominal: Bounds
    blocked: Bounds
    total: Bounds
    pull: Bounds
    push: Bounds


@dataclass(frozen=True)
class MeanTimes:
    """Expected date of a front's first settlement if there is one, in three games.

    None where it is never settled; bounds run over the equilibria in which it can be.
    """

    settled: Bounds | None
    nominal: Bounds | None
    blocked: Bounds | None


@dataclass(frozen=True)
class Precedence:
    """Chances, in the game as it stands, of which is settled first by the date; they sum to 1."""

    center_first: Bounds
    front_first: Bounds
    together: Bounds
    neither: Bounds


@dataclass(frozen=True)
class FrontEffect:
    """What a settled centre does to one front: at the date, at half of it, and to its timing."""

    front: str
    verdict: str
    at: Effects
    half: Effects
    mean_time: MeanTimes
    precedence: Precedence


@dataclass(frozen=True)
class SettlementOrder:
    """An order of first settlements, in the end, in the game as it stands; and its probability.

    Fronts in one inner tuple are settled by the same move; fronts that are left out are never
    settled. The probability is a lower bound: branches below ``ORDER_LEAST`` are not followed. The
    bounds run over the first ``ORDER_EQUILIBRIA`` equilibria.
    """

    settlements: Order
    probability: Bounds


@dataclass(frozen=True)
class SolvedGame:
    """One game that the analysis solved. ``for_verdict``: whether the verdict rests on it."""

    label: str
    equilibria: int
    complete: bool
    incomplete_because: str | None
    for_verdict: bool


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
            "order": order, "complete": self.complete,
            "incomplete_because": self.incomplete_because,
            "games": [asdict(game) for game in self.games]}

    def sentences(self) -> list[str]:
        """The verdict and what it rests on, in plain sentences."""
        return _Narrator(self).sentences()


def cascade(solution_or_game: Solution | Game, *, center: str | None = None,
            periphery: Sequence[str] | None = None,
            status: str | Mapping[str, str] | None = None, by: float | None = None,
            matrix: bool = True, solver: Callable[[Game], Solution] | None = None,
            ) -> CascadeResult:
    """Compare the game with the centre settled, as it stands, and kept from being settled.

    Args:
        solution_or_game: a game, or its solution (which saves solving it again).
        center, periphery, status: as in the file's ``[cascade]`` table, which they override; the
            periphery is every other front with a settled status where nothing names it. One word
            for ``status`` means that status on every front that has it.
        by: the date h ≥ 0; the game's horizon when left out.
        matrix: also find the effect of every front on every other (two more games for each).
        solver: how each game is solved; ``solve`` with its defaults when left out. To narrow the
            list, pass for example ``functools.partial(solve, cap=64)``.

    Raises:
        UnknownNameError: for a front or status that the game does not have.
        InputError: when neither the arguments nor the file say what is asked, or a date is wrong.
        NumericalError: when a game was left without any equilibrium.
    """
    given = solution_or_game if isinstance(solution_or_game, Solution) else None
    game = solution_or_game if isinstance(solution_or_game, Game) else solution_or_game.game
    asked = _question(game, center, periphery, status)
    h = game.horizon if by is None else check_date(by)
    study = _Study(game, asked.status, h, solver or solve)
    if given is not None:
        study.remember(game, given)
    c = asked.center
    fronts = {}
    for front in asked.periphery:
        at, half = study.effects(c, front)
        fronts[front] = FrontEffect(
            front=front, verdict=_verdict(at.total, asked.min_effect), at=at, half=half,
            mean_time=study.mean_times(c, front), precedence=study.precedence(c, front))
    necessity = {name: study.outcome(c, name) for name in game.outcomes}
    central = study.labels()
    table = study.matrix() if matrix else None
    return CascadeResult(
        solution=study.solution("nominal", c), center=c, periphery=asked.periphery,
        status=asked.status, by=h, min_effect=asked.min_effect,
        verdict=_overall(effect.verdict for effect in fronts.values()), fronts=FrozenMap(fronts),
        necessity=FrozenMap(necessity), matrix=table,
        left_out=tuple(name for name in game.fronts if name not in asked.status),
        order=study.orders(), games=study.games(central))


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
        if name not in game.fronts:
            raise UnknownNameError("front", name, game.fronts)
        if name not in settled:
            raise InputError(f"front {name!r} has no status that counts as settled: its statuses "
                             f"are {', '.join(game.fronts[name].statuses)}")
    if center in around or not around:
        raise InputError(f"the periphery must name at least one front, and not the centre "
                         f"{center!r}. Got {list(around)} instead.")
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
        if name not in game.fronts:
            raise UnknownNameError("front", name, game.fronts)
        if word not in game.fronts[name].statuses:
            raise UnknownNameError(f"status of front {name!r}", word, game.fronts[name].statuses)
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


# ---- the games -------------------------------------------------------------------------------

class _Study:
    """Solves the games of the comparison, each once, and reads chances off their equilibria."""

    def __init__(self, game: Game, status: FrozenMap[str, str], by: float,
                 solver: Callable[[Game], Solution]) -> None:
        self.game, self.status, self.by, self.solver = game, status, by, solver
        self._solved: dict[tuple[object, ...], tuple[str, Solution, Floats]] = {}
        self._reach: dict[tuple[object, ...], markov.Reach] = {}

    def remember(self, game: Game, solution: Solution, label: str = "the game as it stands",
                 ) -> None:
        if not solution.equilibria:
            raise NumericalError(f"{label}: no equilibrium that passes its certificate was found "
                                 f"({solution.incomplete_because or solution.status}), so there "
                                 "is nothing to compare")
        hazards = np.array([e.process.hazard for e in solution.equilibria])
        self._solved[self._key(game)] = (label, solution, hazards)

    @staticmethod
    def _key(game: Game) -> tuple[object, ...]:
        # All games here are one game under settings that change starts and moves only.
        return (tuple(front.start for front in game.fronts.values()), tuple(game.moves))

    def under(self, kind: str, front: str) -> Game:
        """The game as it stands, with a front settled at the start, or kept from being settled."""
        word = self.status[front]
        if kind == "settled":
            return apply(self.game, Setting(start=FrozenMap({front: word})))
        if kind == "blocked":
            return apply(self.game, Setting(block=tuple(
                name for name, move in self.game.moves.items()
                if {move.front: move.target, **move.sets}.get(front) == word)))
        return self.game

    def _entry(self, kind: str, front: str) -> tuple[tuple[object, ...], Solution, Floats]:
        game = self.under(kind, front)
        key = self._key(game)
        if key not in self._solved:
            word = self.status[front]
            label = {"nominal": "the game as it stands", "settled": f"{front} starting {word}",
                     "blocked": f"{front} kept from being {word}"}[kind]
            self.remember(game, self.solver(game), label)
        return (key, *self._solved[key][1:])

    def solution(self, kind: str, front: str) -> Solution:
        return self._entry(kind, front)[1]

    def labels(self) -> set[str]:
        """The labels of the games solved so far."""
        return {label for label, _, _ in self._solved.values()}

    def games(self, central: set[str]) -> tuple[SolvedGame, ...]:
        return tuple(SolvedGame(label=label, equilibria=len(solution.equilibria),
                                complete=solution.complete,
                                incomplete_because=solution.incomplete_because,
                                for_verdict=label in central)
                     for label, solution, _ in self._solved.values())

    # -- chances

    def _reached(self, kind: str, center: str, front: str) -> markov.Reach:
        key, solution, hazards = self._entry(kind, center)
        if (key, front) not in self._reach:
            inside = condition_states(solution.lattice, {front: self.status[front]})
            self._reach[key, front] = reach(solution.lattice, hazards, inside,
                                            [self.by, 0.5 * self.by])
        return self._reach[key, front]

    def effects(self, center: str, front: str) -> tuple[Effects, Effects]:
        """The effects at the date and at half of it."""
        settled, nominal, blocked = (self._reached(kind, center, front).reached
                                     for kind in ("settled", "nominal", "blocked"))
        return (_effects(settled[:, 0], nominal[:, 0], blocked[:, 0]),
                _effects(settled[:, 1], nominal[:, 1], blocked[:, 1]))

    def mean_times(self, center: str, front: str) -> MeanTimes:
        found = []
        for kind in ("settled", "nominal", "blocked"):
            times = self._reached(kind, center, front).mean_time
            times = times[~np.isnan(times)]
            found.append(_bounds(times) if len(times) else None)
        return MeanTimes(*found)

    def outcome(self, center: str, name: str) -> Bounds:
        _, solution, hazards = self._entry("blocked", center)
        inside = outcome_states(solution.lattice, name)
        return _bounds(reach(solution.lattice, hazards, inside, [self.by]).reached[:, 0])

    def precedence(self, center: str, front: str) -> Precedence:
        _, solution, hazards = self._entry("nominal", center)
        first, second = (condition_states(solution.lattice, {name: self.status[name]})
                         for name in (center, front))
        chain = chain_of(solution.lattice)
        reward = np.array([first & ~second, second & ~first, first & second, ~(first | second)],
                          dtype=float)
        share = markov.transient(chain, markov.stopped(chain, hazards, first | second),
                                 np.array([self.by]), reward)[:, 0]
        return Precedence(*(_bounds(share[:, k]) for k in range(4)))

    def matrix(self) -> FrozenMap[str, FrozenMap[str, Bounds]]:
        return FrozenMap({
            source: FrozenMap({target: self.effects(source, target)[0].total
                               for target in self.status if target != source})
            for source in self.status})

    def orders(self) -> tuple[SettlementOrder, ...]:
        """The likeliest orders of first settlements in the game as it stands."""
        equilibria = self.solution("nominal", next(iter(self.status))).equilibria
        equilibria = equilibria[:ORDER_EQUILIBRIA]
        chances: dict[Order, Floats] = {}
        for row, equilibrium in enumerate(equilibria):
            for order, chance in _orders(equilibrium.process, self.status).items():
                chances.setdefault(order, np.zeros(len(equilibria)))[row] = chance
        ranked = sorted(chances, key=lambda order: (-round(float(chances[order].max()), 10), order))
        return tuple(SettlementOrder(order, _bounds(chances[order])) for order in ranked[:ORDERS])


def _orders(process: Process, status: Mapping[str, str]) -> dict[Order, float]:
    """Order of first settlements → its probability, forward over states and orders so far."""
    lattice, (total, share) = process.lattice, process.jump
    settled = {front: condition_states(lattice, {front: word}) for front, word in status.items()}
    done: dict[Order, float] = {}
    # state → (settled at the start or since, order of those since) → probability
    here: dict[int, dict[tuple[frozenset[str], Order], float]] = {
        0: {(frozenset(f for f in settled if settled[f][0]), ()): 1.0}}
    for state in np.argsort(-lattice.level, kind="stable").tolist():
        for (so_far, order), chance in here.pop(state, {}).items():
            if total[state] == 0.0:
                done[order] = done.get(order, 0.0) + chance
                continue
            for e in lattice.edges(state) if chance >= ORDER_LEAST else ():
                target = int(lattice.edge_target[e])
                new = tuple(f for f in settled if settled[f][target] and f not in so_far)
                key = (so_far.union(new), (*order, new) if new else order)
                if share[e] > 0.0:
                    onward = here.setdefault(target, {})
                    onward[key] = onward.get(key, 0.0) + chance * float(share[e])
    return done


def _effects(settled: Floats, nominal: Floats, blocked: Floats) -> Effects:
    return Effects(settled=_bounds(settled), nominal=_bounds(nominal), blocked=_bounds(blocked),
                   total=_minus(settled, blocked), pull=_minus(settled, nominal),
                   push=_minus(nominal, blocked))


def _bounds(values: Floats) -> Bounds:
    return float(values.min()), float(values.max())


def _minus(first: Floats, second: Floats) -> Bounds:
    """The least and the greatest difference over all pairs of equilibria of two games."""
    low, high = float(first.min() - second.max()), float(first.max() - second.min())
    return 0.0 if abs(low) < NOTHING else low, 0.0 if abs(high) < NOTHING else high


# ---- words -----------------------------------------------------------------------------------

class _Narrator:
    """Says a result in sentences, by the names of its fronts and outcomes."""

    def __init__(self, result: CascadeResult) -> None:
        self.result, self.game, self.word = result, result.game, result.status
        self.date = f"by {self.game.time_unit} {result.by:g}"
        self.doubt = _reasons(game for game in result.games if game.for_verdict)
        found = "" if self.doubt is None else " found"
        self.all, self.any = f"in every equilibrium{found}", f"in any equilibrium{found}"

    def settled(self, front: str) -> str:
        word = self.word[front]
        article = "an" if word[0] in "aeiou" else "a"
        return f"{article} {word} {front}" + ("" if "front" in front else " front")

    def chance(self, front: str) -> str:
        return f"the chance that {front} is {self.word[front]} {self.date}"

    def sentences(self) -> list[str]:
        result, center = self.result, self.result.center
        said = [self.headline()]
        if self.doubt is not None:
            said.append("The list of equilibria behind this verdict is not proved complete, so "
                        f"the verdict covers only those that were found ({self.doubt}).")
        if self.game.fronts[center].start == self.word[center]:
            said.append(f"{center} starts {self.word[center]}, so keeping it from being so changes "
                        "nothing and there is no effect to see.")
        for front in result.periphery:
            said += self.front(front)
        for name, bounds in result.necessity.items():
            said.append(f"Without {self.settled(center)}, the chance of the outcome {name} "
                        f"{self.date} is {_span(bounds)}.")
        if result.matrix is not None:
            said += [self.inward(front, result.matrix[front][center])
                     for front in result.periphery]
        return [sentence[0].upper() + sentence[1:] for sentence in said]

    def headline(self) -> str:
        what = {"every": f"carries over to every front of the periphery {self.all}",
                "none": f"carries over to no front of the periphery {self.any}",
                "some": "carries over to some fronts of the periphery, or in some equilibria, only"}
        return (f"{self.settled(self.result.center)} {what[self.result.verdict]} (an effect counts "
                f"above {self.result.min_effect:g}).")

    def front(self, front: str) -> list[str]:
        effect, center = self.result.fronts[front], self.result.center
        low, high = effect.at.total
        start, chance = self.settled(center), self.chance(front)
        if effect.verdict == "every":
            first = f"{start} raises {chance} by {_span((low, high))} {self.all}."
        elif high < -SAME:
            first = f"{start} lowers {chance} by {_span((-high, -low))} {self.all}."
        elif effect.verdict == "none":
            first = (f"{start} does not raise {chance} by more than {self.result.min_effect:g} "
                     f"{self.any} (the change is {_span((low, high))}).")
        else:
            first = (f"{start} changes {chance} by {_span((low, high))}, depending on the "
                     f"equilibrium; it is not above {self.result.min_effect:g} in all of them.")
        said = [first]
        low, high = effect.at.push
        if high < -self.result.min_effect - SAME:
            said.append(f"waiting for {start} holds {front} up: that {center} can still become "
                        f"{self.word[center]} lowers {chance} by {_span((-high, -low))}.")
        which = effect.precedence
        said.append(f"{center} is {self.word[center]} before {front} is {self.word[front]} with "
                    f"probability {_span(which.center_first)} {self.date}, and after it with "
                    f"probability {_span(which.front_first)}.")
        return said

    def inward(self, front: str, total: Bounds) -> str:
        """Whether the cascade also runs from the periphery to the centre."""
        return (f"the other way round, {self.settled(front)} changes "
                f"{self.chance(self.result.center)} by {_span(total)}.")


def _span(bounds: Bounds) -> str:
    low, high = (f"{0.0 if abs(x) < 0.005 else x:.2f}" for x in bounds)
    return low if low == high else f"{low} to {high}"
