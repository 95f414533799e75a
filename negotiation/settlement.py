"""How likely, when and in which order fronts are settled, in a game under several settings.

A :class:`Study` solves the game as it stands, with a front settled at the start, and with a front
kept from being settled, each once, and reads chances off their equilibria. Bounds run over the
equilibria of the games compared, and those of differences over pairs under the same convention of
how postures are played. *Settled by a date* is a first passage: it stays true when the front is
left again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .comparing import Bounds, bounds, by_convention, kept_from, minus, whole
from .equilibrium.result import Solution
from .errors import NumericalError
from .frozen import FrozenMap
from .kernels import markov
from .model import Game
from .process import Process, chain_of, chances, condition_states, reach
from .settings import Setting, apply

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
#: groups of fronts in the order of their first settlement
Order = tuple[tuple[str, ...], ...]

#: a front starts settled; the game as it stands; a front is kept from being settled
KINDS = ("settled", "nominal", "blocked")
#: orders of settlement: of how many equilibria, how many are listed, and the chance below which a
#: partial order is not followed further (it bounds the work on many fronts)
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
class SettlementOrder:
    """An order of first settlements, in the end, in the game as it stands; and its probability.

    Fronts in one inner tuple are settled by the same move; fronts that are left out are never
    settled. Whether a settled front opens or breaks again does not matter, so an order is finite
    even where play never comes to rest. The probability is a lower bound: branches below
    ``ORDER_LEAST`` are not followed. The bounds run over the first ``ORDER_EQUILIBRIA`` equilibria.
    """

    settlements: Order
    probability: Bounds


@dataclass(frozen=True, eq=False)
class SolvedGame:
    """One game that was solved for a comparison.

    ``kind`` is ``settled`` (``front`` starts settled), ``nominal`` (as it stands; no front) or
    ``blocked`` (``front`` is kept from being settled). ``hazards`` (B, E) has a row for each
    equilibrium. ``for_verdict``: whether the verdict rests on it.
    """

    label: str
    kind: str
    front: str | None
    solution: Solution
    hazards: Floats = field(repr=False)
    for_verdict: bool = False

    @property
    def equilibria(self) -> int:
        return len(self.solution.equilibria)

    @property
    def complete(self) -> bool:
        return self.solution.complete

    @property
    def incomplete_because(self) -> str | None:
        return self.solution.incomplete_because


class Study:
    """Solves the games of a comparison, each once, and reads chances off their equilibria."""

    def __init__(self, game: Game, status: FrozenMap[str, str], by: float,
                 solver: Callable[[Sequence[Game]], Sequence[Solution]]) -> None:
        self.game, self.status, self.by, self.solver = game, status, by, solver
        self._solved: dict[tuple[object, ...], SolvedGame] = {}
        self._reach: dict[tuple[object, ...], markov.Reach] = {}

    def remember(self, solution: Solution, kind: str = "nominal", front: str | None = None) -> None:
        """Take a game as solved: the game as it stands when no kind is given."""
        label = "the game as it stands"
        if kind != "nominal" and front is not None:
            how = "starting" if kind == "settled" else "kept from being"
            label = f"{front} {how} {self.status[front]}"
        if not solution.equilibria:
            raise NumericalError(f"{label}: no equilibrium that passes its certificate was found "
                                 f"({solution.incomplete_because or solution.status}), so there "
                                 "is nothing to compare")
        hazards = np.array([e.process.hazard for e in solution.equilibria])
        self._solved[_key(solution.game)] = SolvedGame(
            label, kind, None if kind == "nominal" else front, solution, hazards)

    def under(self, kind: str, front: str) -> Game:
        """The game as it stands, with a front settled at the start, or kept from being settled."""
        word = self.status[front]
        if kind == "settled":
            return apply(self.game, Setting(start=FrozenMap({front: word})))
        if kind == "blocked":
            return kept_from(self.game, front, word)
        return self.game

    def prepare(self, kinds: Iterable[tuple[str, str]]) -> None:
        """Solve the games of these (kind, front) that are not solved yet, side by side."""
        wanted: dict[tuple[object, ...], tuple[Game, str, str]] = {}
        for kind, front in kinds:
            game = self.under(kind, front)
            if _key(game) not in self._solved:
                wanted.setdefault(_key(game), (game, kind, front))
        solutions = self.solver([game for game, _, _ in wanted.values()]) if wanted else ()
        for solution, (_, kind, front) in zip(solutions, wanted.values(), strict=True):
            self.remember(solution, kind, front)

    def solved(self, kind: str, front: str) -> SolvedGame:
        """The game of that kind, solved when it is first asked for."""
        self.prepare([(kind, front)])
        return self._solved[_key(self.under(kind, front))]

    def games(self) -> tuple[SolvedGame, ...]:
        """Every game that was solved so far."""
        return tuple(self._solved.values())

    # -- chances

    def _reached(self, kind: str, center: str, front: str) -> markov.Reach:
        game = self.solved(kind, center)
        key = (_key(game.solution.game), front)
        if key not in self._reach:
            lattice = game.solution.lattice
            inside = condition_states(lattice, {front: self.status[front]})
            self._reach[key] = reach(lattice, game.hazards, inside, [self.by, 0.5 * self.by])
        return self._reach[key]

    def effects(self, center: str, front: str) -> tuple[Effects, Effects]:
        """The effects at the date and at half of it."""
        reached = [self._reached(kind, center, front).reached for kind in KINDS]
        games = [self.solved(kind, center).solution for kind in KINDS]
        return _effects(games, reached, 0), _effects(games, reached, 1)

    def mean_times(self, center: str, front: str) -> MeanTimes:
        found = []
        for kind in KINDS:
            times = self._reached(kind, center, front).mean_time
            times = times[~np.isnan(times)]
            found.append(bounds(times) if len(times) else None)
        return MeanTimes(*found)

    def outcomes(self, kind: str, center: str) -> FrozenMap[str, Bounds]:
        """Outcome → its chance by the date."""
        game = self.solved(kind, center)
        processes = [equilibrium.process for equilibrium in game.solution.equilibria]
        return FrozenMap({name: bounds(np.array([chance.probability for chance in
                                                  chances(processes, name, self.by)]))
                          for name in self.game.outcomes})

    def precedence(self, center: str, front: str) -> Precedence:
        game = self.solved("nominal", center)
        lattice = game.solution.lattice
        first, second = (condition_states(lattice, {name: self.status[name]})
                         for name in (center, front))
        chain = chain_of(lattice)
        reward = np.array([first & ~second, second & ~first, first & second, ~(first | second)],
                          dtype=float)
        share = markov.transient(chain, markov.stopped(chain, game.hazards, first | second),
                                 np.array([self.by]), reward)[:, 0]
        return Precedence(*(bounds(share[:, k]) for k in range(4)))

    def matrix(self) -> FrozenMap[str, FrozenMap[str, Bounds]]:
        return FrozenMap({
            source: FrozenMap({target: self.effects(source, target)[0].total
                               for target in self.status if target != source})
            for source in self.status})

    def orders(self) -> tuple[SettlementOrder, ...]:
        """The likeliest orders of first settlements in the game as it stands."""
        nominal = self.solved("nominal", next(iter(self.status))).solution
        equilibria = nominal.equilibria[:ORDER_EQUILIBRIA]
        chances: dict[Order, Floats] = {}
        for row, equilibrium in enumerate(equilibria):
            for order, chance in _orders(equilibrium.process, self.status).items():
                chances.setdefault(order, np.zeros(len(equilibria)))[row] = chance
        ranked = sorted(chances, key=lambda order: (-round(float(chances[order].max()), 10), order))
        return tuple(SettlementOrder(order, bounds(chances[order])) for order in ranked[:ORDERS])


def _key(game: Game) -> tuple[object, ...]:
    # All games of a study are one game under settings that change starts and what can happen only.
    return (tuple(front.start for front in game.fronts.values()), tuple(game.moves),
            tuple(game.encounters.values()))


def _orders(process: Process, status: Mapping[str, str]) -> dict[Order, float]:
    by_set = chain_of(process.lattice).layers is None
    return (_orders_by_set if by_set else _orders_forward)(process, status)


def _orders_forward(process: Process, status: Mapping[str, str]) -> dict[Order, float]:
    """Order of first settlements → its probability, forward over states and orders so far; the
    quick way where moves never lead back."""
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


def _orders_by_set(process: Process, status: Mapping[str, str]) -> dict[Order, float]:
    """Order of first settlements → its probability.

    Forward over the sets of fronts that have been settled, which only grow: while a set lasts, play
    may go round, and what counts is where it is when the next front is settled for the first time.
    """
    lattice = process.lattice
    settled = {front: condition_states(lattice, {front: word}) for front, word in status.items()}
    done: dict[Order, float] = {}
    # settled at the start or since → order of those since → (S,) where the last was settled
    waiting: dict[frozenset[str], dict[Order, Floats]] = {
        frozenset(f for f in settled if settled[f][0]): {(): np.eye(1, len(lattice.states))[0]}}
    while waiting:
        so_far = min(waiting, key=len)
        orders = {order: entry for order, entry in waiting.pop(so_far).items()
                  if entry.sum() >= ORDER_LEAST}
        new = {f: settled[f] for f in settled if f not in so_far}
        if not orders:
            continue
        ended, next_place = _until(process, np.array(list(orders.values())),
                                   np.any(list(new.values()), axis=0) if new else None)
        for order, chance in zip(orders, ended.tolist(), strict=True):
            if chance > 0.0:
                done[order] = done.get(order, 0.0) + chance
        for place in np.flatnonzero(next_place.any(axis=0)).tolist():
            group = tuple(f for f in new if new[f][place])
            onward = waiting.setdefault(so_far.union(group), {})
            for order, chance in zip(orders, next_place[:, place].tolist(), strict=True):
                if chance > 0.0:
                    longer = (*order, group)
                    onward.setdefault(longer, np.zeros(len(lattice.states)))[place] += chance
    return done


def _until(process: Process, entry: Floats, stop: Bools | None) -> tuple[Floats, Floats]:
    """From where play starts, (R, S): the chance (R,) that it never comes into a set of states, and
    (R, S) where in the set it first arrives. It starts outside, or may stay where it starts."""
    chain, size = chain_of(process.lattice), entry.shape[1]
    # An arrival in the set leads to a copy of the state, where play rests.
    copied = np.zeros(size, dtype=bool) if stop is None else stop
    target = np.where(copied[chain.edge_target], chain.edge_target + size, chain.edge_target)
    copies = np.arange(size, 2 * size)
    doubled = markov.Chain(2 * size, chain.edge_state, target,
                           np.concatenate([chain.level + 1, np.zeros_like(chain.level)]),
                           np.concatenate([chain.component, copies]), None)
    found = markov.visits(doubled, process.hazard[None], np.pad(entry, ((0, 0), (0, size))))
    at_rest = process.jump[0] == 0.0
    ended = found.ever[0][:, :size][:, at_rest].sum(axis=1) + found.endless[0]
    return ended, found.ever[0][:, size:]


def _effects(games: Sequence[Solution], reached: Sequence[Floats], date: int) -> Effects:
    settled, nominal, blocked = (
        by_convention(game, chance[:, date]) for game, chance in zip(games, reached, strict=True))
    return Effects(
        settled=whole(settled), nominal=whole(nominal), blocked=whole(blocked),
        total=minus(settled, blocked), pull=minus(settled, nominal),
        push=minus(nominal, blocked))
