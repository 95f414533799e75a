"""The likeliest sequences of events of a Markov chain, best first.

A sequence starts in state 0 and stops in a state that nothing leaves, or as soon as play is back in
a state that the sequence has been in: there it can go round for ever. Every course of play begins
with exactly one such sequence, so their chances sum to 1, and there are finitely many.

The search is A*: partial sequences are opened in the order of −log(chance so far) plus a lower
bound of what is left. The bound is the least cost of getting to rest or, where a loop is still
ahead, of getting onto an edge that may close one; it never exceeds the true cost, so sequences come
out in order.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .markov_chain import Chain, alive

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: sequences whose likelihoods agree to this many decimals of the logarithm count as tied
TIE_DECIMALS = 10
#: partial sequences that are opened before the search ends, whatever it has found
MOST_OPENED = 500_000


@dataclass(frozen=True, eq=False)
class _Bounds:
    """(E,) the cost of each edge and whether it may close a loop; (S,) the least cost from each
    state to a stop, ``before`` by way of the states asked for and ``after`` in any way."""

    cost: Floats
    closes: Bools
    after: Floats
    before: Floats


def likeliest(chain: Chain, first_edge: Ints, share: Floats, through: Bools | None = None,
              most_opened: int = MOST_OPENED) -> Iterator[list[int]]:
    """Edges of each sequence from state 0, likeliest first.

    Ties are broken by the order of the edges, which also makes the search go to the end of one of
    many equally likely sequences before it opens the next.

    Args:
        chain: the structure.
        first_edge: (S + 1,) edges of s are ``first_edge[s]:first_edge[s + 1]``.
        share: (E,) the chance that the edge is what happens in its state.
        through: (S,) list only sequences that pass through one of these states.
        most_opened: the search gives up after so many partial sequences; those listed by then are
            still the likeliest.
    """
    inside = np.ones(chain.size, dtype=bool) if through is None else through
    bounds = _bounds(chain, share, inside)
    rests = np.bincount(chain.edge_state, weights=share, minlength=chain.size) == 0.0
    heap: list[tuple[float, tuple[int, ...], float, bool, bool]] = []
    opened = 0

    def push(edges: tuple[int, ...], spent: float, state: int, been: bool, back: bool) -> None:
        rest = 0.0 if back and been else (
            math.inf if back else float((bounds.after if been else bounds.before)[state]))
        if math.isfinite(rest):
            heapq.heappush(heap, (round(spent + rest, TIE_DECIMALS), edges, spent, been, back))

    push((), 0.0, 0, bool(inside[0]), False)
    while heap and opened < most_opened:
        _, edges, spent, been, back = heapq.heappop(heap)
        opened += 1
        state = int(chain.edge_target[edges[-1]]) if edges else 0
        if back or rests[state]:
            yield list(edges)
            continue
        leaving = range(int(first_edge[state]), int(first_edge[state + 1]))
        passed = {0, *chain.edge_target[list(edges)].tolist()} if any(
            bounds.closes[e] for e in leaving) and edges else {0}
        for e in leaving:
            if share[e] > 0.0:
                target = int(chain.edge_target[e])
                push((*edges, e), spent + float(bounds.cost[e]), target,
                     been or bool(inside[target]), bool(bounds.closes[e]) and target in passed)


def _bounds(chain: Chain, share: Floats, inside: Bools) -> _Bounds:
    cost = np.full(len(share), np.inf)
    cost[share > 0.0] = -np.log(share[share > 0.0])
    closes = np.zeros(len(share), dtype=bool)
    for part in alive(chain, share[None]) if chain.layers is None else ():
        component = part.chain.component
        closes[part.edges] = (component[part.chain.edge_state]
                              == component[part.chain.edge_target])
    rests = np.bincount(chain.edge_state, weights=share, minlength=chain.size) == 0.0
    stop = np.where(rests, 0.0, np.inf)
    np.minimum.at(stop, chain.edge_state[closes], cost[closes])
    after = _cheapest(chain, cost, stop)
    return _Bounds(cost, closes, after,
                   _cheapest(chain, cost, np.where(inside, after, np.inf)))


def _cheapest(chain: Chain, cost: Floats, stop: Floats) -> Floats:
    """(S,) the least sum of edge costs from each state to one where ``stop`` is paid instead."""
    best = stop.copy()
    if chain.layers is not None:
        for layer in reversed(chain.layers):
            if len(layer.edges):
                onward = cost[layer.edges] + best[chain.edge_target[layer.edges]]
                np.minimum.at(best, layer.source, onward)
        return best
    for _ in range(chain.size):
        before = best.copy()
        np.minimum.at(best, chain.edge_state, cost + best[chain.edge_target])
        if np.array_equal(before, best):
            break
    return best
