"""Components of a few states, by the order in which play can leave them for one another.

In an equilibrium some moves inside a component are active: chance, and what is made with some
probability. If the active moves go round nowhere, the states stand in an order in which each leads
to earlier ones only, and the equilibrium is one of the directional game that keeps just the moves
down that order, where moreover nobody wants a move up it. So a component's equilibria without a
round trip are found by state recursion over every order, with the solver and the completeness of
single states. A round trip is ruled out where some actor sits in every coalition on it and would
lose by going round once: gains are at least 0 on each leg, and continuation values cancel out in
their sum.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .branch import solve_problems
from .component import Components
from .leaf import Candidates
from .nodes import REFUSED, best_worth
from .points import Points
from .problem import ZERO, Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: states of a component up to which every order is gone through
MOST_STATES = 4
#: branches that one order of one component may have
MOST_BRANCHES = 500

BRANCHES = "a component with cycles has too many equilibria in one order of its states"


@dataclass(eq=False)
class Listed:
    """Candidates: owner (k,), label (k·S, M) and points of k·S rows; ``doubt`` component → why a
    state's list may not be complete.
    """

    owner: Ints
    label: Ints
    points: Candidates
    doubt: dict[int, str]


def by_orders(components: Components, boxes: int, round_trip: str,
              ) -> tuple[list[Listed], dict[int, str]]:
    """Every equilibrium without a round trip, of components of at most ``MOST_STATES`` states.

    Args:
        boxes: what the proof of completeness may cost in each state of each order.
        round_trip: what to say where a round trip is not ruled out.

    Returns:
        the candidates of each order, and component → why there may be other equilibria.
    """
    states = components.states
    arcs = (components.inside >= 0) & states.present & (states.rate > 0)
    parts, doubt = [], {}
    for order, rows, allowed in _orders(components, arcs):
        part = _recursion(components, order, rows, allowed, boxes)
        doubt.update({int(rows[p]): why for p, why in part.doubt.items()})
        parts.append(replace(part, owner=rows[part.owner]))
    lose = _round_trips_lose(components, arcs)
    doubt.update(dict.fromkeys(np.flatnonzero(~lose).tolist(), round_trip))
    return parts, doubt


def _orders(components: Components, arcs: Bools,
            ) -> Iterator[tuple[tuple[int, ...], Ints, Bools]]:
    """Orders of the states, earliest first, each with the components that need it and the moves
    (their k·S rows, M) that it keeps: all that lead to earlier states, and none that another order
    keeps as well, together with more.
    """
    width, size = components.width, components.size
    chance = arcs & ~components.states.member.any(axis=2)
    place = np.arange(components.states.size) % width
    orders = list(itertools.permutations(range(width)))
    kept = np.zeros((len(orders), size, width * arcs.shape[1]), dtype=bool)
    fit = np.zeros((len(orders), size), dtype=bool)
    for k, order in enumerate(orders):
        rank = np.argsort(order)
        down = arcs & (rank[np.maximum(components.inside, 0)] < rank[place][:, None])
        kept[k] = down.reshape(kept[k].shape)
        fit[k] = ~(chance & ~down).reshape(kept[k].shape).any(axis=1)
    for k, order in enumerate(orders):
        more = (kept | ~kept[k]).all(axis=2) & fit
        same = (kept == kept[k]).all(axis=2)
        other = more & (~same | (np.arange(len(orders)) < k)[:, None])
        rows = np.flatnonzero(fit[k] & ~other.any(axis=0))
        if len(rows):
            yield order, rows, kept[k][rows].reshape(len(rows) * width, arcs.shape[1])


def _recursion(components: Components, order: tuple[int, ...], rows: Ints, allowed: Bools,
               boxes: int) -> Listed:
    """Solve the states one after the other, given all that the earlier ones can be."""
    states, width = components.states, components.width
    n, (moves, issues) = states.flow.shape[1], states.value.shape[1:3]
    size = len(rows)
    arcs = (components.inside >= 0) & states.present
    doubt: dict[int, str] = {}
    owner = np.arange(size)
    value: Floats = np.zeros((size, width, n))
    label: Ints = np.zeros((size, width, moves), dtype=np.int64)
    consent: Floats = np.zeros((size, width, moves))
    terms: Floats = np.zeros((size, width, moves, n, issues))
    paid: Floats = np.zeros((size, width, moves, n))
    for s in order:
        flat = rows[owner] * width + s
        down = allowed[owner * width + s]
        target = np.maximum(components.inside[flat], 0)
        after = value[np.arange(len(owner))[:, None], target]
        here = states.take(flat)
        here = replace(here, reward=here.reward + np.where(down[..., None], after, 0.0))
        points, row = _solve(here.without(arcs[flat] & ~down), boxes)
        for k in np.flatnonzero(np.isin(row, list(points.doubt))):
            doubt[int(owner[k])] = points.doubt[int(row[k])]
        count = np.bincount(points.owner, minlength=row.max(initial=-1) + 1)[row]
        begin = np.searchsorted(points.owner, row)
        keep = np.repeat(np.arange(len(owner)), count)
        which = np.repeat(begin - np.cumsum(count) + count, count) + np.arange(len(keep))
        within = np.arange(len(keep)) - np.searchsorted(owner[keep], owner[keep])
        fine = within < MOST_BRANCHES
        doubt.update(dict.fromkeys(owner[keep[~fine]].tolist(), BRANCHES))
        keep, which = keep[fine], which[fine]
        owner, value, label, consent, terms, paid = (
            owner[keep], value[keep], label[keep], consent[keep], terms[keep], paid[keep])
        value[:, s], consent[:, s] = points.value[which], points.consent[which]
        label[:, s] = np.where(down[keep] | ~arcs[flat[keep]], points.label[which], REFUSED)
        terms[:, s], paid[:, s] = points.terms[which], points.paid[which]
    total = len(owner) * width
    found = Candidates(
        value.reshape(total, n), consent.reshape(total, moves),
        terms.reshape(total, moves, n, issues), paid.reshape(total, moves, n),
        np.ones(total, dtype=bool), np.zeros(total, dtype=bool))
    return Listed(owner, label.reshape(total, moves), found, doubt)


def _solve(problems: Problems, boxes: int) -> tuple[Points, Ints]:
    """The equilibria of the distinct problems, and which of them each problem is."""
    first, row = problems.distinct()
    return solve_problems(problems.take(first), boxes=boxes), row


def _round_trips_lose(components: Components, arcs: Bools) -> Bools:
    """(P,) whether on every round trip some actor consents throughout and would lose by it."""
    states, width = components.states, components.width
    gain = states.reward
    if states.value.shape[2]:
        gain = gain + best_worth(states.value, states.curvature)[1].sum(axis=2)
    gain = np.where(states.member, gain / states.scale[:, None, :], np.inf)
    tours = [order for size in range(2, width + 1)
             for order in itertools.permutations(range(width), size) if order[0] == min(order)]
    out = np.ones(components.size, dtype=bool)
    for p in range(components.size):
        first = p * width
        legs = {(s, t): np.flatnonzero(arcs[first + s] & (components.inside[first + s] == t))
                for s in range(width) for t in range(width)}
        out[p] = all(
            (sum(gain[first + s, m] for s, m in zip(tour, chosen, strict=True)) < -ZERO).any()
            for tour in tours
            for chosen in itertools.product(*(
                legs[s, t] for s, t in zip(tour, (*tour[1:], tour[0]), strict=True))))
    return out
