"""Which states a play can depend on: moves that no equilibrium makes lead nowhere.

A play is what happens on its path, but it stands on what would happen beside it: a refused move is
refused for what its target is worth. Bounds on what every state can be worth tell of most moves
that they are refused whatever is done elsewhere; where such a move leads does not matter. In a game
with hundreds of states, dozens are left, and equilibria that agree in these are one play.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium import regimes
from ..equilibrium.extremes import Goals
from ..equilibrium.nodes import MADE, REFUSED, UNDECIDED, averages, best_worth, roots
from ..equilibrium.problem import Problems, gather
from ..kernels import compiled
from ..kernels.regime_loops import LEFT, MIXES
from ..lattice import Lattice
from .plays import Play
from .sweep import Branches, Local, Solving, sweep

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: combinations of successors' values that one state is solved for, beyond which it has bounds
MOST_INPUTS = 128
#: values of a state that are told apart, in payoff ranges
SAME = 1e-8
#: gains closer to zero than this, in payoff ranges, decide nothing
TOLERANCE = 1e-8
ROUNDS = 6
#: how much the cap of a sweep is raised at a time, and how far
WIDER, MOST_BRANCHES = 8, 4096
#: branches by which plays are told apart enough where only the furthest are asked for
ENOUGH = 256


@dataclass(frozen=True, eq=False)
class Relevant:
    """A game (one draw) without what no play depends on.

    ``lattice``: its states and moves alone, in the numbers of the whole; ``state`` and ``edge``:
    which of the whole these are.
    """

    lattice: Lattice
    state: Ints
    edge: Ints


def relevant(lattice: Lattice, solving: Solving) -> Relevant:
    """The part of a lattice (one draw, no cycles) that equilibria can differ in, or be played in.

    With compiled loops, states are solved for all values that their successors can have, while
    these are few; of others bounds are known. Where loops try pure consents alone, moves that only
    mixed equilibria make may be missing.

    Raises:
        OutOfTime: when the time is over.
    """
    open_ = _Open(lattice, solving)
    live = open_.run()
    needed = np.zeros(len(lattice.states), dtype=bool)
    needed[0] = True
    for edge in np.argsort(-lattice.level[lattice.edge_state], kind="stable"):
        if live[edge] and needed[lattice.edge_state[edge]]:
            needed[lattice.edge_target[edge]] = True
    return _part(lattice, needed, np.flatnonzero(live & needed[lattice.edge_state]))


def _part(lattice: Lattice, needed: Bools, edge: Ints) -> Relevant:
    state = np.flatnonzero(needed)
    place = np.cumsum(needed) - 1
    source = place[lattice.edge_state[edge]]
    first = np.searchsorted(source, np.arange(len(state) + 1))
    part = replace(
        lattice, states=lattice.states[state], component=np.arange(len(state)),
        level=lattice.level[state], edge_state=source, edge_move=lattice.edge_move[edge],
        edge_target=place[lattice.edge_target[edge]], first_edge=first, flow=lattice.flow[:, state],
        rate=lattice.rate[:, edge], lump=lattice.lump[:, edge], member=lattice.member[edge],
        forced=lattice.forced[edge], never=lattice.never[edge], bargain=lattice.bargain[edge])
    part.__dict__["_range"] = lattice.payoff_range()  # tolerances are the whole game's
    return Relevant(part, state, edge)


def whole(lattice: Lattice, part: Relevant, play: Play) -> Play:
    """A play of a part as one of the whole, in which other states do nothing yet."""
    values = np.zeros((len(lattice.states), play.values.shape[1]))
    consent = np.where(lattice.member.any(axis=1), 0.0, 1.0)
    values[part.state], consent[part.edge] = play.values, play.consent
    on_path = np.zeros(len(lattice.states), dtype=bool)
    on_path[part.state] = play.on_path
    label = np.where(consent == 1.0, 1, 0)
    label[part.edge] = play.label
    return replace(play, values=values, consent=consent, surplus=None, label=label, on_path=on_path)


def listed(lattice: Lattice, part: Relevant, local: Local, solving: Solving, goals: Goals,
           widen: bool = True) -> tuple[Branches, bool]:
    """The equilibria of a part of a lattice, and whether that is all.

    The cap of a sweep is on what differs anywhere in it, most of which is no play of its own, so
    that it is raised (with ``widen``) while it helps, where there are compiled loops; else plays
    that lead furthest apart are enough.
    """
    share = solving.boxes * len(part.state) // len(lattice.states)
    solving = replace(solving, boxes=max(share, 1))  # a state may cost what it may in the whole
    cap = solving.cap if widen else max(solving.cap, ENOUGH)
    most = max(MOST_BRANCHES, cap) if widen and compiled.available() else cap
    while True:
        found = sweep(part.lattice, replace(solving, cap=cap), local, goals)
        if not found.capped or cap >= most or (
                cap > solving.cap and len(found.draw) > solving.cap // 2):
            return found, not found.capped
        cap *= WIDER


class _Open:
    """What every state can be worth, from the ends of play up: a list of values (k, n), or bounds.

    ``low``, ``high`` (S, n); ``values`` state → its values, where they are known one by one.
    """

    def __init__(self, lattice: Lattice, solving: Solving) -> None:
        self.lattice, self.solving = lattice, solving
        shape = len(lattice.states), lattice.discount.shape[1]
        self.low, self.high = np.zeros(shape), np.zeros(shape)
        self.values: dict[int, Floats] = {}
        self.live: Bools = np.zeros(len(lattice.edge_state), dtype=bool)

    def run(self) -> Bools:
        """(E,) the moves that some equilibrium may make."""
        lattice = self.lattice
        for depth in range(int(lattice.level.max()) + 1):
            self.solving.check()
            states = np.flatnonzero(lattice.level == depth)
            if depth == 0:
                ends = lattice.flow[0, states] / lattice.discount[0]
                self.low[states] = self.high[states] = ends
                self.values.update((s, ends[k:k + 1]) for k, s in enumerate(states.tolist()))
                continue
            self._bound(states)
            self._list(states)
        return self.live

    def _edges(self, states: Ints) -> tuple[Ints, Bools]:
        first, last = self.lattice.first_edge[states], self.lattice.first_edge[states + 1]
        at = first[:, None] + np.arange(int((last - first).max()))
        has: Bools = np.asarray(at < last[:, None])
        return np.where(has, at, 0), has

    def _bound(self, states: Ints) -> None:
        """Bounds of some states' values, and which moves they may make, given bounds of their
        successors' values."""
        lattice = self.lattice
        edge, has = self._edges(states)
        target = lattice.edge_target[edge]
        after = [np.where(has[..., None], bound[target], 0.0) for bound in (self.low, self.high)]
        problems = gather(lattice, np.zeros(len(states), dtype=np.int64), states, after[0])
        low, high, label = _contracted(problems, after[1] - after[0])
        self.low[states], self.high[states] = low, high
        self.live[edge[has]] = (label != REFUSED)[has]

    def _list(self, states: Ints) -> None:
        """The values of those states for which all inputs can be tried."""
        lattice, tried, inputs = self.lattice, [], []
        edge, has = self._edges(states)
        for k in range(len(states)):
            mine = edge[k][has[k] & self.live[edge[k]]]
            targets = sorted(set(lattice.edge_target[mine].tolist()))
            if any(t not in self.values for t in targets) or np.prod(
                    [float(len(self.values[t])) for t in targets]) > MOST_INPUTS:
                continue
            after = np.zeros((1, has.shape[1], self.low.shape[1]))
            after[0, has[k]] = self.low[lattice.edge_target[edge[k][has[k]]]]
            for t in targets:
                some = np.repeat(after, len(self.values[t]), axis=0)
                at = np.flatnonzero(has[k] & (lattice.edge_target[edge[k]] == t))
                some[:, at] = np.tile(self.values[t], (len(after), 1))[:, None]
                after = some
            tried += [k] * len(after)
            inputs.append(after)
        if not tried:
            return
        row = np.array(tried)
        problems = gather(lattice, np.zeros(len(row), dtype=np.int64), states[row],
                          np.concatenate(inputs))
        # what is refused whatever is done elsewhere is left out
        alive = self.live[edge[row]] & has[row]
        found = regimes.listed(problems.without(problems.present & ~alive))
        if found is None:
            return
        answers, known = found
        open_ = set(row[(known == LEFT) | (known == MIXES)].tolist())
        owner = row[answers.owner]
        for k in sorted(set(tried) - open_):
            mine = np.flatnonzero(owner == k)
            self._know(int(states[k]), answers.value[mine])
            made = np.asarray((answers.consent[mine] > 0.0).any(axis=0))
            self.live[edge[k][has[k]]] &= made[has[k]]

    def _know(self, state: int, value: Floats) -> None:
        """The values of a state, each once."""
        grain = SAME * self.lattice.payoff_range()[0]
        _, first = np.unique(np.rint(value / grain), axis=0, return_index=True)
        self.values[state] = value[np.sort(first)]
        self.low[state], self.high[state] = value.min(axis=0), value.max(axis=0)


def _contracted(problems: Problems, wide: Floats) -> tuple[Floats, Floats, Ints]:
    """(P, n) bounds of V and (P, M) labels, where the moves' rewards lie up to ``wide`` (P, M, n)
    above what they are."""
    scale, member = problems.scale[:, None], problems.member
    _, best = best_worth(problems.value, problems.curvature)
    least = np.minimum(problems.value - 0.5 * problems.curvature, 0.0).sum(axis=2)
    low, high = problems.reward + least, problems.reward + wide + best.sum(axis=2)
    _, together = best_worth(*(
        np.where(member[:, :, None], table / scale[:, :, None], 0.0).sum(axis=3, keepdims=True)
        for table in (problems.value, problems.curvature)))
    total = together.sum(axis=(2, 3))
    nodes = roots(problems)
    nodes.label[problems.present & (problems.rate <= 0)] = REFUSED
    asked = problems.present & member.any(axis=2)
    for _ in range(ROUNDS):
        before = nodes.label.copy()
        bottom, top = averages(problems, nodes, problems.rate, low, high)
        nodes.low, nodes.high = np.maximum(nodes.low, bottom), np.minimum(nodes.high, top)
        gain = (high - nodes.low[:, None]) / scale
        spare = total + np.where(member, (problems.reward + wide - nodes.low[:, None]) / scale,
                                 0.0).sum(axis=2)
        no = np.where(member, gain, np.inf).min(axis=2) < -TOLERANCE
        no |= spare < -TOLERANCE
        sure = np.where(member, (low - nodes.high[:, None]) / scale, np.inf).min(axis=2)
        undecided = asked & (nodes.label == UNDECIDED)
        nodes.label[undecided & no] = REFUSED
        nodes.label[undecided & ~no & (sure > TOLERANCE)] = MADE
        if (nodes.label == before).all():
            break
    return nodes.low, nodes.high, nodes.label
