"""The structure of a Markov chain: what leads where, in which order, and what of it is alive.

A chain has S states, starts in state 0 and follows edges ``edge_state[e] → edge_target[e]`` at
hazards h[b, e] ≥ 0 per unit of time, with a leading batch axis b. States that edges lead between
in both directions form a **component**; without a component of several states the chain is
**acyclic**. At given hazards only the edges with a positive one are alive, so a chain with cycles
often falls into smaller components, or into none.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from .graph import components_and_levels

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Layer:
    """States that no move connects, and the edges out of them, sorted by target.

    ``first`` (targets,) is where each target's run of ``edges`` begins.
    """

    states: Ints
    edges: Ints
    source: Ints
    targets: Ints
    first: Ints


@dataclass(frozen=True, eq=False)
class Chain:
    """The structure of a chain of S states and E edges.

    Attributes:
        size: S.
        edge_state, edge_target: (E,) where each edge leads from, and to.
        level, component: (S,) as :func:`build_chain` takes them.
        layers: in the order of play; None where the chain has cycles.
    """

    size: int
    edge_state: Ints
    edge_target: Ints
    level: Ints
    component: Ints
    layers: tuple[Layer, ...] | None

    @property
    def depth(self) -> int | None:
        """The number of moves in the longest sequence; None where sequences can go round."""
        return None if self.layers is None else len(self.layers) - 1

    @cached_property
    def outward(self) -> tuple[Ints, Ints, Ints, Ints]:
        """States in the order of play, where the edges out of each begin among the edges sorted by
        source, those edges, and their targets by edge, as :mod:`.chain_loops` takes them."""
        assert self.layers is not None
        order = np.concatenate([layer.states for layer in self.layers])
        edge = np.argsort(self.edge_state, kind="stable")
        first = np.searchsorted(self.edge_state[edge], np.arange(self.size + 1))
        return order, first, edge, np.ascontiguousarray(self.edge_target)


@dataclass(frozen=True, eq=False)
class Part:
    """What is alive of a chain for some rows of a batch: a chain over fewer states and edges.

    ``states`` and ``edges`` are the numbers that they have in the whole chain, ascending states.
    """

    rows: Ints
    chain: Chain
    states: Ints
    edges: Ints


def build_chain(edge_state: Ints, edge_target: Ints, level: Ints,
                component: Ints | None = None) -> Chain:
    """Prepare a chain.

    Args:
        edge_state, edge_target: (E,) states from 0 to S − 1.
        level: (S,) such that every edge between components leads to a strictly lower level.
        component: (S,) any number that the states of a component share; when left out every state
            is a component of its own.

    Raises:
        ValueError: when an edge leads neither to a lower level nor within a component.
    """
    component = np.arange(len(level)) if component is None else component
    inside = component[edge_target] == component[edge_state]
    inside &= edge_target != edge_state
    if np.any((level[edge_target] >= level[edge_state]) & ~inside):
        raise ValueError("every edge must lead to a lower level, or stay within its component")
    layers = None if inside.any() else _layers(edge_state, edge_target, level)
    return Chain(len(level), edge_state, edge_target, level, component, layers)


def _layers(edge_state: Ints, edge_target: Ints, level: Ints) -> tuple[Layer, ...]:
    # Ranks without gaps, so that the number of layers is the depth even after a relabelling.
    _, rank = np.unique(level, return_inverse=True)
    states_by_rank = np.argsort(rank, kind="stable")
    state_cut = np.searchsorted(rank[states_by_rank], np.arange(rank.max() + 2))
    edges_by_rank = np.lexsort((edge_target, rank[edge_state]))
    edge_cut = np.searchsorted(rank[edge_state][edges_by_rank], np.arange(rank.max() + 2))
    layers = []
    for r in range(int(rank.max()), -1, -1):
        edges = edges_by_rank[edge_cut[r]:edge_cut[r + 1]]
        targets, first = np.unique(edge_target[edges], return_index=True)
        layers.append(Layer(states=states_by_rank[state_cut[r]:state_cut[r + 1]], edges=edges,
                            source=edge_state[edges], targets=targets, first=first))
    return tuple(layers)


def alive(chain: Chain, hazard: Floats, start: Bools | None = None) -> Iterator[Part]:
    """The chain cut down to what can be reached along edges with a positive hazard.

    Args:
        chain: the structure.
        hazard: (B, E); rows that are positive on the same edges share a part.
        start: (S,) where play may start; in state 0 when left out.
    """
    kinds, which = np.unique(hazard > 0.0, axis=0, return_inverse=True)
    begin = np.arange(chain.size) == 0 if start is None else start
    for kind, live in enumerate(kinds):
        rows = np.flatnonzero(which.ravel() == kind)
        states = np.flatnonzero(_reached(chain, live, begin))
        kept = np.flatnonzero(live & np.isin(chain.edge_state, states))
        edges = kept[np.argsort(chain.edge_state[kept], kind="stable")]
        source = np.searchsorted(states, chain.edge_state[edges])
        target = np.searchsorted(states, chain.edge_target[edges])
        first = np.searchsorted(source, np.arange(len(states) + 1))
        whole = np.array([0, len(states), len(states)])
        component, level = components_and_levels(first, target, whole)
        yield Part(rows, build_chain(source, target, level, component), states, edges)


def _reached(chain: Chain, live: Bools, start: Bools) -> Bools:
    source, target = chain.edge_state[live], chain.edge_target[live]
    reached, count = start.copy(), -1
    while count < (count := int(reached.sum())):
        reached[target[reached[source]]] = True
    return reached


def total_hazard(chain: Chain, hazard: Floats) -> Floats:
    """(B, S) λ_s, the sum of the hazards out of each state.

    Raises:
        NumericalError: when a hazard is negative or not finite, or a sum overflows.
    """
    batch = hazard.shape[0]
    if not np.all(np.isfinite(hazard)) or np.any(hazard < 0):
        raise NumericalError("every hazard must be finite and at least 0")
    row = np.arange(batch)[:, None] * chain.size + chain.edge_state
    total = np.bincount(row.ravel(), weights=hazard.ravel(), minlength=batch * chain.size)
    if not np.all(np.isfinite(total)):
        raise NumericalError("the hazards out of one state sum to more than a number can hold")
    return np.asarray(total, dtype=np.float64).reshape(batch, chain.size)
