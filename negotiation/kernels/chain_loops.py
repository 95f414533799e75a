"""Acyclic Markov chains at a date, one after another; numba compiles these loops.

The sums are those of :mod:`.markov`: p̂_s (z + λ_s) = [s = 0] + Σ_e h_e p̂_source(e) at the nodes of
a contour, over the states that play can come to, which are few of all in most equilibria.

``order`` (S,): states, each before those that it leads to; ``first`` (S + 1,), ``edge`` (E,): the
edges out of each state; ``target`` (E,) by edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Array = NDArray[Any]


def live_states(order: Array, first: Array, edge: Array, target: Array, hazard: Floats, b: int,
                total: Floats, live: Array, path: Array) -> int:
    """Put the states that chain b can come to into ``path``, in order, and the hazards out of them
    into ``total``; how many there are."""
    count = zero()
    for s in order:
        live[s] = False
    live[0] = True
    for s in order:
        if not live[s]:
            continue
        total[s] = 0.0
        for q in range(first[s], first[s + 1]):
            e = edge[q]
            if hazard[b, e] > 0.0:
                total[s] += hazard[b, e]
                live[target[e]] = True
        path[count] = s
        count += 1
    return count


def invert_rows(graph: tuple[Any, ...], hazard: Floats, reward: Floats, node: Complexes,
                weight: Complexes, when: Array, result: Floats, room: tuple[Any, ...]) -> None:
    """Add Re Σ w Σ_s reward_s p̂_s(z) to ``result`` (B, T, R), node by node.

    Args:
        graph: order, first, edge, target.
        hazard: (B, E); ``reward`` (R, S).
        node, weight: (Z,) z and w; ``when`` (Z,) the date that each belongs to.
        room: images (S,), total (S,), live (S,) and path (S,).
    """
    order, first, edge, target = graph
    image, total, live, path = room
    for b in range(len(hazard)):
        count = live_states(order, first, edge, target, hazard, b, total, live, path)
        for k in range(len(node)):
            for c in range(count):
                image[path[c]] = 0.0
            image[0] = 1.0
            for c in range(count):
                s = path[c]
                image[s] /= total[s] + node[k]
                for q in range(first[s], first[s + 1]):
                    e = edge[q]
                    if hazard[b, e] > 0.0:
                        image[target[e]] += hazard[b, e] * image[s]
            for r in range(len(reward)):
                paid = 0.0j
                for c in range(count):
                    if reward[r, path[c]] != 0.0:
                        paid += reward[r, path[c]] * image[path[c]]
                result[b, when[k], r] += (weight[k] * paid).real


def make_room(states: int) -> tuple[Any, ...]:
    """Room for chains of so many states."""
    return (np.zeros(states, dtype=np.complex128), np.zeros(states), np.zeros(states, dtype=bool),
            np.zeros(states, dtype=np.int64))
