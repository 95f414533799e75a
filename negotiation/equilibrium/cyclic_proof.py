"""Every equilibrium of a component with fixed payoffs, by branch and bound on its consents.

A node labels some consents refused, made or mixed and bounds the values. Bounds shrink and decide
further consents as in ``bounds``, with successors inside the component bounded too. A node whose
consents are all pure solves one linear system. One mix with everything else pure is closed as well:
the values are V(α) = N(α)/D(α) with N and D linear, so an indifferent member's gain, times D, is
linear in α and vanishes at one α at most. Several mixes in one node are not closed here: if bounds
do not refute the node, the list is not proved complete. Where the work is more than its limit, all
pure consents and all single mixes are still gone through if they are not too many.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .component import Components
from .leaf import Candidates
from .nodes import MADE, MIX, REFUSED, UNDECIDED, binding
from .problem import ZERO, Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: nodes that one component may cost
MOST_NODES = 300
#: consents of a component up to which all pure regimes are gone through
MOST_LISTED = 10
ROUNDS = 30


@dataclass(eq=False)
class _Nodes:
    """N nodes: owner (N,), label (N·S, M), low and high (N·S, n)."""

    owner: Ints
    label: Ints
    low: Floats
    high: Floats

    def take(self, rows: Ints, width: int) -> _Nodes:
        flat = (rows[:, None] * width + np.arange(width)).ravel()
        return _Nodes(self.owner[rows], self.label[flat], self.low[flat], self.high[flat])


@dataclass(eq=False)
class Leaves:
    """Candidates: owner (k,), label (k·S, M) and points of k·S rows; ``open`` (P,) not proved."""

    owner: Ints
    label: Ints
    points: Candidates
    open: Bools


def enumerate_fixed(components: Components) -> Leaves:
    """Candidates that hold every equilibrium of each component that is not ``open``."""
    states, width = components.states, components.width
    size = components.size
    fixed = ~np.asarray(states.bargained.any(axis=1).reshape(size, width).any(axis=1))
    cost, open_ = np.zeros(size, dtype=np.int64), ~fixed
    asked = states.present & states.member.any(axis=2) & (states.rate > 0)
    label = np.where(asked, UNDECIDED, np.where(states.chance & (states.rate > 0), MADE, REFUSED))
    low, high = perpetual(components)
    nodes = _Nodes(np.arange(size), label, low, high).take(np.flatnonzero(fixed), width)
    leaves = []
    while len(nodes.owner):
        np.add.at(cost, nodes.owner, 1)
        alive = _contract(components.take(nodes.owner), nodes)
        over = cost[nodes.owner] > MOST_NODES
        open_[nodes.owner[alive & over]] = True
        nodes = nodes.take(np.flatnonzero(alive & ~over), width)
        shape = (len(nodes.owner), width, -1)
        undecided = (nodes.label == UNDECIDED).reshape(*shape[:2], label.shape[1])
        pending = undecided.any(axis=(1, 2))
        mixes = (nodes.label >= MIX).reshape(undecided.shape).sum(axis=(1, 2))
        several = ~pending & (mixes > 1)
        open_[nodes.owner[several]] = True
        closed = np.flatnonzero(~pending & (mixes <= 1))
        if len(closed):
            leaves.append(_solve(components, nodes.take(closed, width)))
        nodes = _branch(components, nodes.take(np.flatnonzero(pending), width))
    for p in np.flatnonzero(open_ & fixed & (asked.reshape(size, -1).sum(axis=1) <= MOST_LISTED)):
        leaves.append(_solve(components, _every(components, int(p), asked, label)))
    return _join(components, leaves, open_)


def _every(components: Components, p: int, asked: Bools, label: Ints) -> _Nodes:
    """All pure labels of one component, and each of them with one consent mixed by one member."""
    rows = components.flat(np.array([p]))
    state, move = np.nonzero(asked[rows])
    pure = np.array(list(itertools.product((MADE, REFUSED), repeat=len(state))))
    member = components.states.member[rows][state, move]
    parts = [pure]
    for k, i in np.argwhere(member):
        mixed = pure[pure[:, k] == MADE]
        parts.append(np.where(np.arange(len(state)) == k, MIX + (1 << int(i)), mixed))
    every = np.concatenate(parts)
    labels = np.repeat(label[rows][None], len(every), axis=0)
    labels[:, state, move] = every
    n = components.states.flow.shape[1]
    flat = labels.reshape(-1, label.shape[1])
    bounds = np.zeros((len(flat), n))
    return _Nodes(np.full(len(every), p), flat, bounds, bounds)


def _branch(components: Components, nodes: _Nodes) -> _Nodes:
    """Children of nodes on their first undecided consent: made, refused, mixed by each member."""
    width, moves = components.width, nodes.label.shape[1]
    if not len(nodes.owner):
        return nodes
    count, n = len(nodes.owner), nodes.low.shape[1]
    first = (nodes.label == UNDECIDED).reshape(count, -1).argmax(axis=1)
    state, move = np.divmod(first, moves)
    member = components.states.member[nodes.owner * width + state, move]
    parts = []
    for code in (MADE, REFUSED, *(MIX + (1 << i) for i in range(n))):
        fit = np.ones(count, dtype=bool) if code < MIX else (
            member[:, (code - MIX).bit_length() - 1])
        rows = np.flatnonzero(fit)
        child = nodes.take(rows, width)
        child.label[np.arange(len(rows)) * width + state[rows], move[rows]] = code
        parts.append(child)
    return _Nodes(*(np.concatenate([getattr(part, name) for part in parts])
                    for name in ("owner", "label", "low", "high")))


def _contract(sub: Components, nodes: _Nodes) -> Bools:
    """Shrink the bounds and decide consents, in place; returns which nodes are not empty."""
    states, width = sub.states, sub.width
    asked = states.present & states.member.any(axis=2) & (states.rate > 0)
    slack = ZERO * states.scale.max(axis=1, keepdims=True)
    empty = np.zeros(states.size, dtype=bool)
    label = nodes.label
    for _ in range(ROUNDS):
        before = label.copy(), nodes.high - nodes.low
        w_low = states.reward + sub.within(nodes.low)
        w_high = states.reward + sub.within(nodes.high)
        consents = (label >= MADE)[..., None] & states.member
        nodes.high = np.minimum(nodes.high, np.where(consents, w_high, np.inf).min(axis=1))
        held = binding(label, nodes.low.shape[1])
        nodes.low = np.maximum(nodes.low, np.where(held, w_low, -np.inf).max(axis=1))
        sure = np.where(states.member, w_low - nodes.high[:, None, :], np.inf).min(axis=2)
        best = np.where(states.member, w_high - nodes.low[:, None, :], np.inf).min(axis=2)
        yes, no = asked & (sure > slack), asked & (best < -slack)
        empty |= (yes & ((label == REFUSED) | (label >= MIX)) | no & (label >= MADE)).any(axis=1)
        label[yes & (label == UNDECIDED)] = MADE
        label[no & (label == UNDECIDED)] = REFUSED
        low, high = _averages(states, label, w_low, w_high)
        nodes.low, nodes.high = np.maximum(nodes.low, low), np.minimum(nodes.high, high)
        empty |= (nodes.low > nodes.high + 4 * ZERO * states.scale).any(axis=1)
        width_now = nodes.high - nodes.low
        if (label == before[0]).all() and not (width_now < 0.95 * before[1] - 1e-14).any():
            break
    alive: Bools = np.asarray(~empty.reshape(-1, width).any(axis=1))
    return alive


def perpetual(components: Components) -> tuple[Floats, Floats]:
    """(P·S, n) bounds of values that hold in any play: flows and lumps for ever, or a way out."""
    states, width = components.states, components.width
    size, n = components.size, states.discount.shape[1]
    stay = (states.flow / states.discount).reshape(size, width, n)
    out = (components.inside < 0) & states.present
    lumps = np.where((components.inside >= 0)[..., None], states.reward, 0.0)
    pace = states.rate.sum(axis=1).reshape(size, width).max(axis=1)[:, None]
    often = pace / states.discount.reshape(size, width, n)[:, 0]
    ends = []
    for pick, edge in ((np.minimum, np.inf), (np.maximum, -np.inf)):
        leave = pick.reduce(np.where(out[..., None], states.reward, edge), axis=1)
        still = pick(pick.reduce(stay, axis=1), pick.reduce(leave.reshape(size, width, n), axis=1))
        paid = pick.reduce(pick.reduce(lumps, axis=1).reshape(size, width, n), axis=1)
        ends.append(np.repeat(still + often * pick(paid, 0.0), width, axis=0))
    return ends[0], ends[1]


def _averages(states: Problems, label: Ints, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """Bounds of V as the average of f/r and the moves' payoffs, open and mixed ones made or not."""
    sure = np.where(label == MADE, states.rate, 0.0)
    extra = np.where((label == UNDECIDED) | (label >= MIX), states.rate, 0.0)
    den = (states.discount + sure.sum(axis=1, keepdims=True))[:, None, :]
    ends = []
    for side, pay in ((-1.0, low), (1.0, high)):
        num = side * (states.flow + (sure[..., None] * pay).sum(axis=1))[:, None, :]
        order = np.argsort(-side * pay, axis=1)
        weight = np.take_along_axis(np.broadcast_to(extra[..., None], pay.shape), order, axis=1)
        worth = np.take_along_axis(side * pay, order, axis=1)
        zero = np.zeros_like(num)
        top = num + np.concatenate([zero, np.cumsum(weight * worth, axis=1)], axis=1)
        bottom = den + np.concatenate([zero, np.cumsum(weight, axis=1)], axis=1)
        ends.append(side * (top / bottom).max(axis=1))
    return ends[0], ends[1]


def values_at(sub: Components, consent: Floats) -> tuple[Floats, Floats]:
    """V (N, S, n) at consents (N·S, M), and log det (N, n) of each actor's system (an M-matrix)."""
    states, width = sub.states, sub.width
    size, n = sub.size, states.discount.shape[1]
    weight = np.where(states.present, states.rate, 0.0) * consent
    between = np.zeros((size, width, width))
    rows, moves = np.nonzero(sub.inside >= 0)
    np.add.at(between, (rows // width, rows % width, sub.inside[rows, moves]), weight[rows, moves])
    total = weight.sum(axis=1).reshape(size, width)
    rhs = states.flow + (weight[..., None] * states.reward).sum(axis=1)
    eye = np.eye(width)
    diagonal = states.discount.reshape(size, width, n).swapaxes(1, 2) + total[:, None, :]
    matrix = diagonal[..., None] * eye - between[:, None]
    value = np.linalg.solve(matrix, rhs.reshape(size, width, n).swapaxes(1, 2)[..., None])[..., 0]
    return value.swapaxes(1, 2), np.linalg.slogdet(matrix)[1]


def _solve(components: Components, nodes: _Nodes) -> Leaves:
    """The one candidate of each node with at most one mix."""
    sub, width = components.take(nodes.owner), components.width
    label, count = nodes.label, len(nodes.owner)
    mixed = label >= MIX
    consent = (label == MADE).astype(float)
    chosen = np.ones(count, dtype=bool)
    if mixed.any():
        rows, moves = np.nonzero(mixed)
        who = binding(label[rows, moves], nodes.low.shape[1]).argmax(axis=1)
        part = []
        for share in (0.0, 1.0):
            value, size = values_at(sub, np.where(mixed, share, consent))
            flat = value.reshape(sub.states.size, sub.states.flow.shape[1])
            gain = sub.states.reward[rows, moves, who] - flat[rows, who]
            target = sub.target[rows, moves]
            inner = sub.inside[rows, moves] >= 0
            gain = gain + np.where(inner, flat[target, who], 0.0)
            part.append((gain, size[rows // width, who]))
        (gain_0, size_0), (gain_1, size_1) = part
        with np.errstate(divide="ignore", invalid="ignore"):
            root = gain_0 / (gain_0 - gain_1 * np.exp(size_1 - size_0))
        fine = np.isfinite(root) & (root > 0) & (root < 1)
        consent[rows, moves] = np.where(fine, root, 0.0)
        chosen[rows // width] = fine
    value, _ = values_at(sub, consent)
    flat = value.reshape(sub.states.size, sub.states.flow.shape[1])
    issues = sub.states.value.shape[2]
    shape = (*label.shape, flat.shape[1])
    points = Candidates(flat, consent, np.zeros((*shape, issues)), np.zeros(shape),
                        np.repeat(chosen, width), np.zeros(sub.states.size, dtype=bool))
    return Leaves(nodes.owner, label, points, np.zeros(0, dtype=bool))


def _join(components: Components, leaves: list[Leaves], open_: Bools) -> Leaves:
    if not leaves:
        moves, n = components.states.reward.shape[1:]
        nothing = _Nodes(np.zeros(0, dtype=np.int64), np.zeros((0, moves), dtype=np.int64),
                         np.zeros((0, n)), np.zeros((0, n)))
        leaves = [_solve(components, nothing)]
    points = Candidates.join([leaf.points for leaf in leaves])
    return Leaves(np.concatenate([leaf.owner for leaf in leaves]),
                  np.concatenate([leaf.label for leaf in leaves]), points, open_)
