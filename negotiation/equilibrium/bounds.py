"""Bounds on values and consents that every equilibrium of a state obeys (pruning).

``contract`` shrinks boxes (``nodes``) and decides labels without losing an equilibrium; a box that
becomes empty holds none. Three facts do the work (DESIGN §2.1). V_i(s) is the average of the
perpetual flow f_i/r_i and of the moves' payoffs, with weights r_i and λ_m α_m. A member of a
coalition that consents gains, so its undecided moves cannot pull its value down. With successors'
values fixed σ falls as V rises, so a move whose σ has one sign over the box is decided. What is
known about the terms of Nash bargains is in ``enclose``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .enclose import center_terms, cut_terms
from .nodes import (
    MADE,
    MIX,
    REFUSED,
    UNDECIDED,
    Nodes,
    averages,
    best_worth,
    binding,
    payoffs,
)
from .problem import ZERO, Problems, sign

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def contract(problems: Problems, nodes: Nodes, rounds: int = 3) -> None:
    """Shrink the boxes in place; ``problems`` has one row per node."""
    for turn in range(rounds):
        before = (nodes.label.copy(), nodes.high - nodes.low)
        low, high = payoffs(problems, nodes)
        crossed = (low > high + 4 * ZERO * problems.scale[:, None, :]).any(axis=2)
        nodes.empty |= (crossed & (nodes.label >= MADE)).any(axis=1)
        nodes.label[crossed & (nodes.label == UNDECIDED)] = REFUSED
        low, high = np.minimum(low, high), np.maximum(low, high)
        _bound_values(problems, nodes, low, high)
        _decide(problems, nodes, costly=turn < 2)
        if problems.value.shape[2]:
            if turn == 0:
                center_terms(problems, nodes)
            cut_terms(problems, nodes)
        width = nodes.high - nodes.low
        with np.errstate(invalid="ignore"):
            narrower = (width < 0.9 * before[1]).any()
        if turn and (nodes.label == before[0]).all() and not narrower:
            break


def _bound_values(problems: Problems, nodes: Nodes, low: Floats, high: Floats) -> None:
    bottom, top = averages(problems, nodes, problems.rate, low, high)
    nodes.low = np.maximum(nodes.low, bottom)
    nodes.high = np.minimum(nodes.high, top)
    _pin(problems, nodes, high)
    nodes.empty |= (nodes.low > nodes.high + 4 * ZERO * problems.scale).any(axis=1)


def _pin(problems: Problems, nodes: Nodes, high: Floats) -> None:
    """What a label says of values: a made move pays its members, a mix leaves one indifferent."""
    made = (nodes.label == MADE)[..., None] & problems.member
    nodes.high = np.minimum(nodes.high, np.where(made, high, np.inf).min(axis=1))
    rows, cols = np.nonzero(nodes.label >= MIX)
    if len(rows):
        gaining = problems.member[rows, cols]
        np.minimum.at(nodes.high, (rows,), np.where(gaining, high[rows, cols], np.inf))
        held = binding(nodes.label[rows, cols], high.shape[2])
        alone = held.sum(axis=1) == 1
        rows, cols, who = rows[alone], cols[alone], held[alone].argmax(axis=1)
        _, worth = best_worth(problems.value[rows, cols], problems.curvature[rows, cols])
        pinned = problems.reward[rows, cols, who] + worth.sum(axis=1)[np.arange(len(rows)), who]
        np.maximum.at(nodes.low, (rows, who), pinned)
        np.minimum.at(nodes.high, (rows, who), pinned)
    # a refused move: if all members but one surely gain, that one must not
    refused = (nodes.label == REFUSED) & problems.present & ~problems.bargained
    rows, cols = np.nonzero(refused)
    if len(rows):
        gain = problems.reward[rows, cols] - nodes.high[rows]
        open_ = problems.member[rows, cols] & ~(gain > 0)
        only = open_.sum(axis=1) == 1
        rows, cols, who = rows[only], cols[only], open_[only].argmax(axis=1)
        np.maximum.at(nodes.low, (rows, who), problems.reward[rows, cols, who])


def _decide(problems: Problems, nodes: Nodes, costly: bool) -> None:
    """Sign σ over the box: decide undecided moves, empty boxes whose labels contradict it."""
    _, worth = best_worth(problems.value, problems.curvature)
    best = (problems.reward + worth.sum(axis=2) - nodes.low[:, None, :]) / problems.scale[:, None]
    above = np.where(problems.member, best, np.inf).min(axis=2)
    sure = (problems.reward - nodes.high[:, None, :]) / problems.scale[:, None]
    below = np.where(problems.member, sure, np.inf).min(axis=2)
    ask = problems.present & problems.member.any(axis=2)
    if costly:
        _sign_bargains(problems, nodes, ask & problems.bargained & ~nodes.sure, above, below)
    no, yes = ask & (above < -ZERO), ask & (below > ZERO)
    label = nodes.label
    nodes.empty |= (no & (label >= MADE)).any(axis=1)
    nodes.empty |= (yes & ((label == REFUSED) | (label >= MIX))).any(axis=1)
    label[no & (label == UNDECIDED)] = REFUSED
    label[yes & (label == UNDECIDED)] = MADE
    nodes.sure |= yes & (label == MADE) | no & (label == REFUSED)


def _sign_bargains(problems: Problems, nodes: Nodes, ask: Bools, above: Floats, below: Floats,
                   ) -> None:
    """Tighten the bounds on σ of bargains, in place.

    Let V̄ be the average without the move itself. In equilibrium the move is made if σ at V̄ is
    positive and refused if it is negative: a member that gains on terms h has V between V̄ and h,
    so h ≥ V̄ for all if the move is ever made; and if some terms h′ beat V̄ for all, a mix with
    h and h′ beats V for all, so σ > 0 at V. V̄ does not hold the bargain's own best terms, which
    makes this bound far sharper than σ over the box of V.
    """
    open_ = ask & (above > -ZERO) & (below < ZERO)
    open_ &= np.isfinite(nodes.high).all(axis=1, keepdims=True)
    rows, cols = np.nonzero(open_)
    if not len(rows):
        return
    sub, box = problems.take(rows), nodes.take(rows)
    rate = sub.rate.copy()
    rate[np.arange(len(rows)), cols] = 0.0
    low, high = payoffs(sub, box)
    bottom, top = averages(sub, box, rate, low, high)
    member = sub.member[np.arange(len(rows)), cols]
    bottom = np.where(member, np.minimum(bottom, top), bottom)
    top = np.where(member, np.minimum(top, box.high), top)
    k = (np.arange(len(rows)), cols)
    # a joint mix is a max-min over the members it holds at zero alone (theirs are the multipliers)
    held = binding(box.label[k], member.shape[1])
    sub.member[k] = np.where(held.any(axis=1, keepdims=True), held, member)
    twice, again = np.tile(k[0], 2), np.tile(cols, 2)
    both = sign(sub.take(twice), (np.arange(len(twice)), again), np.concatenate([bottom, top]),
                nodes.hint[rows, cols][twice])
    above[rows, cols] = np.minimum(above[rows, cols], both[:len(rows)])
    below[rows, cols] = np.maximum(below[rows, cols], both[len(rows):])
