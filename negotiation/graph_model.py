"""A linked game read as a graph model of a conflict (Fang, Hipel & Kilgour 1993).

- **Decision makers** are the actors whose consent some move needs.
- **States** are the states that moves can reach.
- A move of one actor is that actor's **unilateral move**; a move that several must make together
  belongs to their coalition and to every larger one. Chance, and what an encounter brings, belong
  to nobody and are left out.
- **Preferences** over states are ordinal. With ``flow`` a state is worth what it pays per unit of
  time (which orders states as perpetual flow f/r does). With ``lumps`` it is worth its perpetual
  flow plus the lumps paid on the way there, which must not depend on the way; with ``terms`` also
  what the moves' issues pay, at terms bargained against staying where one is for ever.

A sequence of moves is **legal** when no owner moves twice in succession, since moves of one
decision maker need not be transitive. Read as ``transitive``, an owner can make several of its
moves in one go, on several fronts say. ``reach`` lists the states that a coalition can bring about
by legal sequences of moves that its members and sub-coalitions own.

Sets of states, and sets of decision makers, are bits of whole numbers here: bit s of a set of
states, bit i of a coalition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .bargaining import BargainingProblem
from .errors import InputError
from .lattice import Lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: how states are valued
PREFERENCES = ("flow", "lumps", "terms")
#: states, and decision makers, that an analysis goes through
MOST_STATES, MOST_MAKERS = 2_000, 8
#: values closer than this share of an actor's range are equally preferred
EQUAL = 1e-9


@dataclass(frozen=True)
class Step:
    """From state ``source`` to ``target`` in one go, by the bits of ``owner``: one move or, in a
    transitive model, several (``moves``, by their places in the file)."""

    source: int
    target: int
    owner: int
    moves: tuple[int, ...]


#: what a step must satisfy, beside being owned by the coalition
Allowed = Callable[[Step], bool]


@dataclass(frozen=True, eq=False)
class GraphModel:
    """A graph model of a linked game.

    Attributes:
        lattice: the game compiled; states are its rows.
        makers: the decision makers, in the file's order; bit i of a coalition is ``makers[i]``.
        ranks: (S, n) how much each maker likes each state: 0 for the least, larger is better.
        steps: every move in every state, chance left out.
        preferences: "flow", "lumps" or "terms".
        left_out: what the reading leaves out of the game, each in a few words.
    """

    lattice: Lattice
    makers: tuple[str, ...]
    ranks: Ints
    steps: tuple[Step, ...]
    preferences: str
    left_out: tuple[str, ...]
    _known: dict[tuple[int, int, int], dict[int, int]] = field(default_factory=dict, repr=False)
    _gained: dict[tuple[int, int, int], tuple[tuple[int, int], ...]] = field(
        default_factory=dict, repr=False)
    #: what was found of a coalition's joint improvements from a state, by who looks for them
    jointly: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)
    _better: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)
    _bits: dict[tuple[int, int], int] = field(default_factory=dict, repr=False)

    @property
    def everybody(self) -> int:
        """The coalition of all decision makers."""
        return (1 << len(self.makers)) - 1

    @cached_property
    def effective(self) -> tuple[int, ...]:
        """The coalitions whose members all take part in a move inside it, small ones first: what
        another coalition can do, its largest effective part can."""
        owners = {step.owner for step in self.steps}
        found: set[int] = set()
        for owner in owners:
            found |= {owner} | {owner | other for other in found}
        return tuple(sorted(found, key=lambda c: (c.bit_count(), c)))

    @cached_property
    def leaving(self) -> tuple[tuple[Step, ...], ...]:
        """Per state, the steps that leave it."""
        found: dict[int, list[Step]] = defaultdict(list)
        for step in self.steps:
            found[step.source].append(step)
        return tuple(tuple(found[s]) for s in range(len(self.ranks)))

    @cached_property
    def better(self) -> tuple[tuple[int, ...], ...]:
        """``better[i][s]``: the states that maker i likes more than s, as bits."""
        return tuple(tuple(_bits(self.ranks[:, i] > self.ranks[s, i])
                           for s in range(len(self.ranks)))
                     for i in range(len(self.makers)))

    def members(self, coalition: int) -> tuple[int, ...]:
        """The numbers of a coalition's members."""
        return tuple(i for i in range(len(self.makers)) if coalition >> i & 1)

    def names(self, coalition: int) -> tuple[str, ...]:
        """The names of a coalition's members."""
        return tuple(self.makers[i] for i in self.members(coalition))

    def all_better(self, coalition: int, state: int) -> int:
        """The states that every member likes more than ``state``, as bits."""
        found = self._better.get((coalition, state))
        if found is None:
            found = (1 << len(self.ranks)) - 1
            for i in self.members(coalition):
                found &= self.better[i][state]
            self._better[coalition, state] = found
        return found

    def gains(self, step: Step) -> bool:
        """Whether every owner of a step likes where it leads more."""
        return bool(self.all_better(step.owner, step.source) >> step.target & 1)

    @cached_property
    def targets(self) -> dict[int, tuple[int, ...]]:
        """Per owner and state, where the owner's steps lead, as bits."""
        found = {owner: [0] * len(self.ranks) for owner in {step.owner for step in self.steps}}
        for step in self.steps:
            found[step.owner][step.source] |= 1 << step.target
        return {owner: tuple(row) for owner, row in sorted(found.items())}

    def reach(self, coalition: int, state: int, last: int = 0) -> dict[int, int]:
        """Where a coalition can bring the conflict from a state by legal sequences of moves.

        Args:
            last: the owner that has moved just before, if any: it may not move first.

        Returns:
            owner of the last move of such a sequence → the states that it can end in, as bits.
        """
        key = coalition, state, last
        if key not in self._known:
            self._known[key] = self._reached(*key)
        return self._known[key]

    def _reached(self, coalition: int, state: int, last: int) -> dict[int, int]:
        steps = {owner: row for owner, row in self.targets.items()
                 if (owner | coalition) == coalition}
        found, left = dict.fromkeys(steps, 0), dict.fromkeys(steps, 0)
        begin = 1 << state
        while True:
            before = dict(found)
            for owner, row in steps.items():
                # An owner moves from where another has just brought the conflict, once from each.
                source = 0 if last == owner else begin
                for mover, states in found.items():
                    if mover != owner:
                        source |= states
                for at in from_bits(source & ~left[owner]):
                    found[owner] |= row[at]
                left[owner] |= source
            if found == before:
                return found

    def reached(self, coalition: int, state: int) -> int:
        """The states of :meth:`reach`, as bits."""
        if (coalition, state) not in self._bits:
            every = 0
            for states in self.reach(coalition, state).values():
                every |= states
            self._bits[coalition, state] = every
        return self._bits[coalition, state]

    def gained(self, coalition: int, state: int, last: int) -> tuple[tuple[int, int], ...]:
        """Of :meth:`reach`, what all members gain by: pairs of an owner and states as bits."""
        key = coalition, state, last
        if key not in self._gained:
            better = self.all_better(coalition, state)
            self._gained[key] = tuple(
                (owner, states & better) for owner, states in self.reach(*key).items()
                if states & better)
        return self._gained[key]

    def improvements(self, coalition: int, state: int) -> int:
        """What a coalition can bring about and every member likes more, as bits."""
        return self.reached(coalition, state) & self.all_better(coalition, state)


def legal(model: GraphModel, begin: Iterable[tuple[int, int]], coalition: int,
          allowed: Allowed | None = None, again: bool = False,
          ) -> Iterator[tuple[Step, tuple[int, int]]]:
    """The steps of all legal sequences of a coalition, shortest first.

    Args:
        begin: where sequences begin: state, and the owner that has moved just before (0: nobody).
        allowed: a condition on each step.
        again: whether an owner may move twice in succession after all.

    Yields:
        A step that leads to a new pair (state, owner of the last move), and the pair it leaves.
    """
    frontier = list(begin)
    seen = set(frontier)
    while frontier:
        now, frontier = frontier, []
        for state, last in now:
            for step in model.leaving[state]:
                pair = step.target, step.owner
                if (step.owner | coalition) != coalition or pair in seen:
                    continue
                if step.owner == last and not again:
                    continue
                if allowed is not None and not allowed(step):
                    continue
                seen.add(pair)
                frontier.append(pair)
                yield step, (state, last)


def way(model: GraphModel, coalition: int, start: int, target: int,
        allowed: Allowed | None = None, again: bool = False) -> tuple[Step, ...] | None:
    """A shortest legal sequence of a coalition from one state to another; None without one."""
    before: dict[tuple[int, int], tuple[Step, tuple[int, int]]] = {}
    for step, left in legal(model, [(start, 0)], coalition, allowed, again):
        pair = step.target, step.owner
        before[pair] = step, left
        if step.target == target:
            steps = []
            while pair != (start, 0):
                step, pair = before[pair]
                steps.append(step)
            return tuple(steps[::-1])
    return None


def as_bits(states: Iterable[int]) -> int:
    """A set of states as bits."""
    found = 0
    for state in states:
        found |= 1 << state
    return found


def from_bits(bits: int) -> Iterator[int]:
    """The states of a set, ascending."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


def _bits(mask: NDArray[np.bool_]) -> int:
    return as_bits(np.flatnonzero(mask).tolist())


# ---- reading a game --------------------------------------------------------------------------

def read_graph_model(lattice: Lattice, preferences: str = "flow", transitive: bool = False,
                     ) -> GraphModel:
    """Read a compiled game as a graph model; a game with postures under a convention.

    Raises:
        InputError: for a game that is too large, without decision makers, or whose states have no
            worth of their own since what is paid on the way depends on the way.
    """
    game = lattice.game
    owners = [sum(1 << i for i, name in enumerate(game.actors) if name in move.by)
              for move in game.steps.values()]
    present = sorted({m for m in lattice.edge_move.tolist() if owners[m]})
    involved = 0
    for m in present:
        involved |= owners[m]
    actors = [i for i in range(len(lattice.actors)) if involved >> i & 1]
    makers = tuple(lattice.actors[i] for i in actors)
    if not makers:
        raise InputError(f"{game.name}: no move needs anybody's consent, so that there are no "
                         "decision makers: stability says who would stay in a state")
    _check_size(game.name, len(lattice.states), len(makers))
    place = {actor: k for k, actor in enumerate(actors)}
    joint = [sum(1 << place[i] for i in actors if owner >> i & 1) for owner in owners]
    steps = [Step(s, t, joint[m], (m,)) for s, m, t in zip(
        lattice.edge_state.tolist(), lattice.edge_move.tolist(), lattice.edge_target.tolist(),
        strict=True) if joint[m] and s != t]
    if transitive:
        steps = _closed(steps, len(lattice.states))
    worth = _worth(lattice, preferences)[:, actors]
    return GraphModel(lattice, makers, _ranks(worth), tuple(steps), preferences,
                      tuple(_left_out(lattice, preferences, present)))


def _closed(steps: Sequence[Step], states: int) -> list[Step]:
    """The steps, and for every owner those that several of them make in one go."""
    found: list[Step] = []
    for owner in sorted({step.owner for step in steps}):
        leaving: list[list[Step]] = [[] for _ in range(states)]
        for step in steps:
            if step.owner == owner:
                leaving[step.source].append(step)
        for start in range(states):
            reached: dict[int, tuple[int, ...]] = {start: ()}
            queue = [start]
            for state in queue:
                for step in leaving[state]:
                    if step.target not in reached:
                        reached[step.target] = reached[state] + step.moves
                        queue.append(step.target)
            found += [Step(start, target, owner, moves) for target, moves in reached.items()
                      if target != start]
    return found


def _check_size(name: str, states: int, makers: int) -> None:
    if states > MOST_STATES:
        raise InputError(f"{name}: stability is worked out state by state and coalition by "
                         f"coalition, for at most {MOST_STATES:,} states; this game has "
                         f"{states:,}: hold or block some of its fronts")
    if makers > MOST_MAKERS:
        raise InputError(f"{name}: stability looks at every coalition, of at most {MOST_MAKERS} "
                         f"decision makers; this game has {makers}")


def _ranks(worth: Floats) -> Ints:
    """(S, n) places from the worst up; what differs by rounding only shares a place."""
    out = np.zeros(worth.shape, dtype=np.int64)
    for i in range(worth.shape[1]):
        order = np.argsort(worth[:, i], kind="stable")
        sorted_ = worth[order, i]
        apart = np.diff(sorted_) > EQUAL * max(float(np.ptp(sorted_)), 1e-300)
        out[order[1:], i] = np.cumsum(apart)
    return out


def _worth(lattice: Lattice, preferences: str) -> Floats:
    """(S, n) what each state is worth to each actor."""
    if preferences not in PREFERENCES:
        raise InputError(f"'preferences' must be one of {', '.join(PREFERENCES)}. Got "
                         f"{preferences!r} instead.")
    if preferences == "flow":
        flow: Floats = lattice.flow[0]
        return flow
    perpetual: Floats = lattice.flow[0] / lattice.discount[0]
    return perpetual + _paid_on_the_way(lattice, perpetual, preferences == "terms")


def _paid_on_the_way(lattice: Lattice, perpetual: Floats, terms: bool) -> Floats:
    """(S, n) what moves have paid once a state is reached, if that is the same on every way."""
    paid = lattice.lump[0].copy()
    if terms:
        for edge in np.flatnonzero(lattice.bargain >= 0).tolist():
            paid[edge] += _agreed(lattice, edge, perpetual)
    total = np.full(perpetual.shape, np.nan)
    total[0] = 0.0
    source, target = lattice.edge_state, lattice.edge_target
    scale = lattice.payoff_range()[0]
    # Edges are sorted by state and states by distance from the start, so that a state's way is
    # known before the edges that leave it.
    for edge in range(len(source)):
        s, t = int(source[edge]), int(target[edge])
        there = total[s] + paid[edge]
        if np.isnan(total[t, 0]):
            total[t] = there
        gap = np.abs(there - total[t]) / scale
        if gap.max() > EQUAL:
            who = lattice.game.actors[lattice.actors[int(gap.argmax())]].label
            move = lattice.game.steps[lattice.moves[lattice.edge_move[edge]]].label
            raise InputError(
                f"{lattice.game.name}: what is paid to {who} on the way to the state "
                f"{_state(lattice, t)} depends on the way (the last move of one is {move!r}), so "
                "that states have no worth of their own: use preferences 'flow'")
    return total


def _agreed(lattice: Lattice, edge: int, perpetual: Floats) -> Floats:
    """(n,) what a move's issues pay, at terms bargained against staying in its state for ever."""
    row, member = lattice.bargain[edge], lattice.member[edge]
    stay, go = perpetual[lattice.edge_state[edge]], perpetual[lattice.edge_target[edge]]
    gain = lattice.lump[0, edge] + go - stay
    value, curvature = lattice.value[0, row], lattice.curvature[0, row]
    method = lattice.game.moves[lattice.moves[lattice.edge_move[edge]]].solution
    x = BargainingProblem(gain[member], value[:, member], curvature[:, member],
                          lattice.weights[0, row][member]).solve(method).terms
    agreed: Floats = x @ value - 0.5 * (x * x) @ curvature
    return agreed


def _state(lattice: Lattice, state: int) -> str:
    return ", ".join(f"{front} {status}" for front, status in lattice.state(state).items())


def _left_out(lattice: Lattice, preferences: str, present: Sequence[int]) -> Iterator[str]:
    game = lattice.game
    chance = [move.label for move in game.moves.values() if not move.by]
    if chance:
        yield f"what comes by chance ({'; '.join(chance)})"
    if game.encounters:
        clashes = "; ".join(clash.label for clash in game.encounters.values())
        yield f"what a clash decides ({clashes})"
    edges = np.isin(lattice.edge_move, present)
    if preferences == "flow" and lattice.lump[0, edges].any():
        yield "lumps that moves pay"
    if preferences != "terms" and (lattice.bargain[edges] >= 0).any():
        yield "the terms that moves are bargained on"
