"""Stability of a conflict's states: the concepts of the graph model for conflict resolution.

For a decision maker i, R_i(s) are its unilateral moves, R_i⁺(s) those to states that it likes more;
R_H(s) what a coalition H can bring about by legal sequences, R_H⁺(s) by legal sequences in which
whoever moves gains (see :mod:`negotiation.graph_model`). N are all decision makers. State s is
stable for i by

====  ==========================================================================================
Nash  R_i⁺(s) is empty [1]_
GMR   after every t ∈ R_i⁺(s) the others have some u ∈ R_{N−i}(t) that i likes no more than s [2]_
SMR   … and i has no v ∈ R_i(u) that it likes more than s [2]_
SEQ   … u ∈ R_{N−i}⁺(t): those who sanction gain by each of their moves [3]_
====  ==========================================================================================

For a coalition H, R_H⁺⁺(s) are the states of R_H(s) that every member likes more [4]_. State s is
stable for H by CNash if R_H⁺⁺(s) is empty; by CGMR if after every t ∈ R_H⁺⁺(s) the rest has some
u ∈ R_{N−H}(t) that some member likes no more than s; by CSMR if moreover H has no v ∈ R_H(u) that
every member likes more than s; by CSEQ if u comes about by a legal sequence made of improvements
R_K⁺⁺ of coalitions K ⊆ N−H, one after the other [5]_. A state is an **equilibrium** by a concept
where it is stable for every decision maker; by a coalitional one, where it is stable for every
coalition, single decision makers included.

It follows that Nash ⊆ SEQ ⊆ GMR and Nash ⊆ SMR ⊆ GMR, that the coalitional concepts are nested in
the same way, and that CNash, CGMR and CSMR imply Nash, GMR and SMR. Moves that several must make
together are theirs as a coalition, which the original has no need of: where every move is one
actor's, all is as published. That a sequence of coalitions' improvements must be legal as a whole
is this package's reading; it matters only where moves are not transitive.

.. [1] Nash 1951, "Non-cooperative games", Annals of Mathematics 54.
.. [2] Howard 1971, Paradoxes of Rationality, MIT Press.
.. [3] Fraser & Hipel 1979, "Solving complex conflicts", IEEE Trans. Systems, Man, Cybernetics 9.
   All four in the graph model: Fang, Hipel & Kilgour 1993, Interactive Decision Making, Wiley.
.. [4] Kilgour, Hipel, Fang & Peng 2001, "Coalition analysis in group decision support", Group
   Decision and Negotiation 10.
.. [5] Inohara & Hipel 2008, "Coalition analysis in the graph model for conflict resolution",
   Systems Engineering 11.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from .errors import InputError, UnknownNameError
from .graph_model import GraphModel, Step, as_bits, from_bits, legal, read_graph_model, way
from .lattice import Lattice, build_lattice
from .model import Game
from .postures import play_out

Bools = NDArray[np.bool_]

#: stability for single decision makers
ALONE = ("Nash", "GMR", "SMR", "SEQ")
#: stability for coalitions
TOGETHER = ("CNash", "CGMR", "CSMR", "CSEQ")
CONCEPTS = (*ALONE, *TOGETHER)
#: the ways in which a state can come about from the status quo, the most demanding first
WAYS = ("alone", "together", "any")


@dataclass(frozen=True)
class Sanction:
    """How a deviation is answered: the moves of the answer, and the state that it ends in."""

    steps: tuple[Step, ...]
    state: int


@dataclass(frozen=True)
class Deviation:
    """What somebody can improve by, and how the others can answer.

    Attributes:
        by: the decision makers who deviate together (one or more).
        steps: a shortest sequence of their moves; ``state`` where it ends.
        sanctions: concept → the answer that deters it; None where there is none.
    """

    by: tuple[str, ...]
    steps: tuple[Step, ...]
    state: int
    sanctions: Mapping[str, Sanction | None]


@dataclass(frozen=True)
class Evolution:
    """How a state comes about from the status quo: ``kind`` is one of WAYS."""

    kind: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, eq=False)
class StabilityResult:
    """The answer of :func:`stability`.

    Attributes:
        model: the graph model that was read from the game.
        alone: concept → (S, n) whether the state is stable for each decision maker.
        coalitions: the coalitions, each a tuple of names.
        together: concept → (S, C) whether the state is stable for each coalition.
    """

    model: GraphModel
    alone: Mapping[str, Bools]
    coalitions: tuple[tuple[str, ...], ...]
    together: Mapping[str, Bools]

    @property
    def game(self) -> Game:
        return self.model.lattice.game

    @cached_property
    def equilibrium(self) -> Mapping[str, Bools]:
        """Concept → (S,) whether the state is an equilibrium."""
        return {concept: np.asarray(table.all(axis=1))
                for concept, table in {**self.alone, **self.together}.items()}

    def equilibria(self, concept: str) -> tuple[dict[str, str], ...]:
        """The states that are equilibria by a concept, each as front → status.

        Raises:
            UnknownNameError: for a concept that is not one of CONCEPTS.
        """
        return tuple(self.model.lattice.state(s) for s in self.equilibrium_states(concept))

    def equilibrium_states(self, concept: str) -> tuple[int, ...]:
        """The same, as numbers of states."""
        if concept not in CONCEPTS:
            raise UnknownNameError("concept", concept, CONCEPTS)
        return tuple(np.flatnonzero(self.equilibrium[concept]).tolist())

    def stable_for(self, concept: str, who: str | tuple[str, ...], state: Mapping[str, str] | int,
                   ) -> bool:
        """Whether a state is stable for a decision maker, or for a coalition.

        Raises:
            UnknownNameError: for a name that is not one of the decision makers.
            InputError: for a coalitional concept asked of one name, and the reverse.
        """
        row = state if isinstance(state, int) else self.model.lattice.find(state)
        names = (who,) if isinstance(who, str) else tuple(who)
        for name in names:
            if name not in self.model.makers:
                raise UnknownNameError("decision maker", name, self.model.makers)
        if concept in ALONE and len(names) == 1:
            return bool(self.alone[concept][row, self.model.makers.index(names[0])])
        ordered = tuple(name for name in self.model.makers if name in names)
        if concept in TOGETHER and ordered:
            return bool(self.together[concept][row, self.coalitions.index(ordered)])
        raise InputError(f"{concept!r} cannot be asked of {names}: one of {', '.join(ALONE)} for a "
                         f"single decision maker, one of {', '.join(TOGETHER)} for a coalition")

    def deviations(self, state: int) -> tuple[Deviation, ...]:
        """What single decision makers, and coalitions beyond them, can improve by in a state.

        A coalition is listed only where none of its members can bring the same state about alone.
        """
        found: list[Deviation] = []
        for coalition in _coalitions(self.model):
            for target in from_bits(self.model.improvements(coalition, state)):
                if not any(set(other.by) < set(self.model.names(coalition))
                           and other.state == target for other in found):
                    found.append(_deviation(self.model, coalition, state, target))
        return tuple(found)

    def evolution(self, state: int, start: int = 0) -> Evolution | None:
        """How a state can come about from the status quo.

        ``alone``: every move is one decision maker's, and improves its position; ``together``: the
        same with moves of coalitions that all their members gain by; ``any``: by any moves of
        decision makers. The first kind that there is; None where chance is needed. Here an owner
        may move twice in succession, since what is told is what happens, not who can deter whom.
        """
        return _evolution(self.model, start, state)


def stability(game: Game | Lattice, *, preferences: str = "flow", transitive: bool = False,
              conventions: str | None = None) -> StabilityResult:
    """Which states of a game are stable, for whom, and by which of eight concepts.

    Args:
        game: a game, or one compiled.
        preferences: what a state is worth: ``"flow"``, ``"lumps"`` or ``"terms"`` (see
            :mod:`negotiation.graph_model`).
        transitive: whether an owner can make several of its moves in one go.
        conventions: which static equilibria of postures are played; they must leave one convention.

    Raises:
        InputError: for a game that cannot be read as a graph model, and why.
    """
    model = read_graph_model(_played(game, conventions), preferences, transitive)
    states, makers = len(model.ranks), len(model.makers)
    alone = {concept: np.ones((states, makers), dtype=bool) for concept in ALONE}
    coalitions = tuple(_coalitions(model))
    together = {concept: np.ones((states, len(coalitions)), dtype=bool) for concept in TOGETHER}
    for state in range(states):
        for i in range(makers):
            for concept, holds in zip(ALONE, _alone(model, i, state), strict=True):
                alone[concept][state, i] = holds
        for c, coalition in enumerate(coalitions):
            for concept, holds in zip(TOGETHER, _together(model, coalition, state), strict=True):
                together[concept][state, c] = holds
    for table in (*alone.values(), *together.values()):
        table.setflags(write=False)
    return StabilityResult(model, alone, tuple(model.names(c) for c in coalitions), together)


def _played(game: Game | Lattice, conventions: str | None) -> Lattice:
    lattice = build_lattice(game) if isinstance(game, Game) else game
    if lattice.draws != 1:
        raise InputError(f"{lattice.game.name}: stability is worked out at one draw of the "
                         f"parameters; got {lattice.draws} at once")
    if not lattice.game.postures or lattice.convention is not None:
        return lattice
    played = play_out(lattice, conventions)
    if played.total != 1:
        raise InputError(f"{lattice.game.name}: postures can be played by {played.total} "
                         "conventions, and preferences depend on which: choose with 'conventions' "
                         "(payoff-dominant, risk-dominant or worst)")
    return played.lattices[0]


def _coalitions(model: GraphModel) -> list[int]:
    """Every coalition, small ones first."""
    return sorted(range(1, model.everybody + 1), key=lambda c: (c.bit_count(), c))


# ---- the concepts ----------------------------------------------------------------------------

def _alone(model: GraphModel, i: int, state: int) -> tuple[bool, bool, bool, bool]:
    """Whether a state is Nash, GMR, SMR and SEQ stable for decision maker i."""
    me, others = 1 << i, model.everybody & ~(1 << i)
    improvements = list(from_bits(model.improvements(me, state)))
    better = model.better[i][state]
    harmful = [model.reached(others, target) & ~better for target in improvements]
    if not improvements or not all(harmful):
        return (not improvements,) * 4
    final = all(any(not model.reached(me, after) & better for after in from_bits(found))
                for found in harmful)
    credible = all(_gained(model, others, target) & ~better for target in improvements)
    return False, True, final, credible


def _together(model: GraphModel, coalition: int, state: int) -> tuple[bool, bool, bool, bool]:
    """Whether a state is CNash, CGMR, CSMR and CSEQ stable for a coalition."""
    rest = model.everybody & ~coalition
    better = model.all_better(coalition, state)
    harmful = []
    for target in from_bits(model.improvements(coalition, state)):
        harmful.append((target, model.reached(rest, target) & ~better))
        if not harmful[-1][1]:
            return False, False, False, False
    if not harmful:
        return True, True, True, True
    final = all(any(not model.reached(coalition, after) & better for after in from_bits(found))
                for _, found in harmful)
    credible = all(_jointly_gained(model, rest, target) & ~better for target, _ in harmful)
    return False, True, final, credible


def _gained(model: GraphModel, coalition: int, state: int) -> int:
    """R⁺: what members bring about by legal sequences in which every mover gains, as bits."""
    return as_bits(step.target for step, _ in legal(model, [(state, 0)], coalition, model.gains))


def _jointly_gained(model: GraphModel, coalition: int, state: int) -> int:
    """What sub-coalitions bring about by legal sequences made of their improvements, as bits."""
    key = coalition, state
    if key not in model.jointly:
        inside = [part for part in model.effective if (part | coalition) == coalition]
        found = dict.fromkeys(model.targets, 0)
        waiting = [(state, 0)]
        while waiting:
            here, last = waiting.pop()
            for part in inside:
                for owner, states in model.gained(part, here, last):
                    fresh = states & ~found[owner]
                    if fresh:
                        found[owner] |= fresh
                        waiting += [(target, owner) for target in from_bits(fresh)]
        model.jointly[key] = 0
        for states in found.values():
            model.jointly[key] |= states
    return model.jointly[key]


def _joint(model: GraphModel, coalition: int, start: int, again: bool = False,
           ) -> dict[tuple[int, int], tuple[int, int, int]]:
    """Legal sequences made of improvements of sub-coalitions: per pair (state, owner of the last
    move) that they lead to, the coalition that improved to it, and the pair that it left."""
    inside = [part for part in model.effective if (part | coalition) == coalition]
    before: dict[tuple[int, int], tuple[int, int, int]] = {}
    frontier = [(start, 0)]
    while frontier:
        now, frontier = frontier, []
        for state, owner in now:
            for part in inside:
                for mover, states in model.gained(part, state, 0 if again else owner):
                    for pair in ((target, mover) for target in from_bits(states)):
                        if pair not in before:
                            before[pair] = part, state, owner
                            frontier.append(pair)
    return before


# ---- why -------------------------------------------------------------------------------------

def _deviation(model: GraphModel, coalition: int, state: int, target: int) -> Deviation:
    rest = model.everybody & ~coalition
    better = model.all_better(coalition, state)
    harmful = model.reached(rest, target) & ~better
    final = as_bits(after for after in from_bits(harmful)
                    if not model.reached(coalition, after) & better)
    if coalition.bit_count() == 1:
        concepts = ALONE
        credible = _answer(_gained(model, rest, target) & ~better, partial(
            way, model, rest, target, allowed=model.gains))
    else:
        concepts = TOGETHER
        credible = _answer(_jointly_gained(model, rest, target) & ~better, partial(
            _joint_way, model, rest, target))
    free = partial(way, model, rest, target)
    answers = (None, _answer(harmful, free), _answer(final, free), credible)
    steps = way(model, coalition, state, target)
    assert steps is not None
    return Deviation(model.names(coalition), steps, target,
                     dict(zip(concepts, answers, strict=True)))


def _answer(states: int, find: Callable[[int], tuple[Step, ...] | None]) -> Sanction | None:
    """A shortest answer that ends in one of some states."""
    best: Sanction | None = None
    for state in from_bits(states):
        steps = find(state)
        if steps is not None and (best is None or len(steps) < len(best.steps)):
            best = Sanction(steps, state)
    return best


def _evolution(model: GraphModel, start: int, state: int) -> Evolution | None:
    if state == start:
        return Evolution("alone", ())

    def alone(step: Step) -> bool:
        return step.owner.bit_count() == 1 and model.gains(step)

    steps = way(model, model.everybody, start, state, alone, again=True)
    if steps is not None:
        return Evolution("alone", steps)
    steps = _joint_way(model, model.everybody, start, state, again=True)
    if steps is not None:
        return Evolution("together", steps)
    steps = way(model, model.everybody, start, state, again=True)
    return None if steps is None else Evolution("any", steps)


def _joint_way(model: GraphModel, coalition: int, start: int, state: int, again: bool = False,
               ) -> tuple[Step, ...] | None:
    """A sequence of sub-coalitions' improvements from one state to another, as its moves."""
    before = _joint(model, coalition, start, again)
    pair = next((pair for pair in before if pair[0] == state), None)
    if pair is None:
        return None
    parts: list[tuple[Step, ...]] = []
    while pair != (start, 0):
        part, source, owner = before[pair]
        parts.append(_part(model, part, (source, 0 if again else owner), pair))
        pair = source, owner
    return tuple(step for part in parts[::-1] for step in part)


def _part(model: GraphModel, coalition: int, begin: tuple[int, int], end: tuple[int, int],
          ) -> tuple[Step, ...]:
    """A shortest legal sequence of a coalition between pairs (state, owner of the last move)."""
    before: dict[tuple[int, int], tuple[Step, tuple[int, int]]] = {}
    for step, left in legal(model, [begin], coalition):
        before[step.target, step.owner] = step, left
        if (step.target, step.owner) == end:
            break
    steps: list[Step] = []
    pair = end
    while pair != begin:
        step, pair = before[pair]
        steps.append(step)
    return tuple(steps[::-1])
