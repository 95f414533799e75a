"""Longest chains and components of directed graphs, in linear time and memory.

A graph has S states and E edges sorted by the state that they leave: those of s lead to
``target[first[s]:first[s + 1]]``. Nothing here knows of games.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Indices = NDArray[np.signedinteger[Any]]
Bools = NDArray[np.bool_]

#: below this many edges a sort is quicker than loading the library that counts
FEW_EDGES = 100_000


def components_and_levels(first: Ints, target: Indices, layers: Ints) -> tuple[Ints, Ints]:
    """(S,) the component of every state, named after its first state, and its level.

    A component is a largest set of states that can all reach each other; its level is the length
    of the longest chain of components that leaves it. ``layers`` are the bounds of runs of states;
    where every edge leads from one run to the next, one pass over them suffices.
    """
    size = len(first) - 1
    component = np.arange(size)
    if _layered(first, target, layers):
        return component, _chains_by_layer(first, target, layers)
    level, left = longest_chains(first, target)
    if not left.any():
        return component, level
    from scipy.sparse import coo_array  # only games with cycles pay for it
    from scipy.sparse.csgraph import connected_components

    # chains from the states that are left end in a cycle; among them, look for the components
    source = np.repeat(component, np.diff(first))
    inside = left[source] & left[target]
    place = np.cumsum(left) - 1
    graph = coo_array((np.ones(inside.sum(), dtype=np.int8),
                       (place[source[inside]], place[target[inside]])), shape=(left.sum(),) * 2)
    _, label = connected_components(graph, directed=True, connection="strong")
    name = np.full(label.max() + 1, size)
    np.minimum.at(name, label, np.flatnonzero(left))
    component[left] = name[label]
    between = component[source] != component[target]
    above, below = component[source[between]], component[target[between]]
    order = np.argsort(above, kind="stable")
    level, _ = longest_chains(np.searchsorted(above[order], np.arange(size + 1)), below[order])
    return component, level[component]


def _layered(first: Ints, target: Indices, layers: Ints) -> bool:
    """Whether every edge leads from a run of states to the next run."""
    edges = first[layers]
    for k in range(len(layers) - 1):
        there = target[edges[k]:edges[k + 1]]
        if len(there) and (there.min() < layers[k + 1] or there.max() >= layers[k + 2]):
            return False
    return True


def _chains_by_layer(first: Ints, target: Indices, layers: Ints) -> Ints:
    level = np.zeros(len(first) - 1, dtype=np.int64)
    for k in range(len(layers) - 2, -1, -1):
        here = layers[k] + np.flatnonzero(np.diff(first[layers[k]:layers[k + 1] + 1]))
        if len(here):
            begin = first[here[0]]
            after = level[target[begin:first[layers[k + 1]]]]
            level[here] = 1 + np.maximum.reduceat(after, first[here] - begin)
    return level


def longest_chains(first: Ints, target: Indices) -> tuple[Ints, Bools]:
    """Longest distance to a state that nothing leaves, and the states that a cycle can be reached
    from, which have none (Kahn's algorithm, a level at a time).
    """
    size = len(first) - 1
    level = np.zeros(size, dtype=np.int64)
    remaining = np.diff(first)
    begin, into = predecessors(first, target)
    frontier, depth = np.flatnonzero(remaining == 0), 0
    while len(frontier):
        level[frontier] = depth
        counts = begin[frontier + 1] - begin[frontier]
        offsets = np.repeat(begin[frontier] - np.cumsum(counts) + counts, counts)
        offsets += np.arange(len(offsets))
        lost = np.bincount(into[offsets], minlength=size)
        remaining -= lost
        frontier, depth = np.flatnonzero((remaining == 0) & (lost > 0)), depth + 1
    return level, remaining > 0


def predecessors(first: Ints, target: Indices) -> tuple[Ints, Indices]:
    """The sources of the edges into each state: those of s are ``into[begin[s]:begin[s + 1]]``."""
    size = len(first) - 1
    if len(target) >= FEW_EDGES:
        from scipy.sparse import csr_array  # transposes by counting

        edges = csr_array((np.ones(len(target), dtype=np.int8), target, first), shape=(size, size))
        turned = edges.tocsc()
        return turned.indptr.astype(np.int64), turned.indices
    begin = np.searchsorted(np.sort(target), np.arange(size + 1))
    source = np.repeat(np.arange(size), np.diff(first))
    return begin, source[np.argsort(target, kind="stable")]
