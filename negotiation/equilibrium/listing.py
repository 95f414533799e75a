"""The equilibria of a directional game one after the other, lazily, in lexicographic order.

The tree of a :class:`~negotiation.equilibrium.traversal.Traversal` is walked depth first, a block
of branches at a time. A block keeps, for every component on the way, its nodes and which branch of
the block before each continues; only rows that later components still ask for are carried along.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .traversal import Ints, Traversal


@dataclass(eq=False)
class Layer:
    """One component's nodes in a block of branches.

    ``node`` (B,); ``parent`` (B,) the branch of ``before`` that each continues, None when one each.
    """

    component: int
    node: Ints
    parent: Ints | None
    before: Layer | None


@dataclass(eq=False)
class Block:
    """B branches that agree on how deep they are; ``frontier`` component → rows (B,)."""

    depth: int
    size: int
    layer: Layer | None
    frontier: dict[int, Ints]


def nodes(tree: Traversal, chunk: int = 4096, first_only: bool = False) -> Iterator[Ints]:
    """The equilibria as (B, C) arrays of nodes, lazily, in lexicographic order of the choices.

    Args:
        tree: a settled traversal; what is solved on the way is kept there.
        chunk: most branches that are walked together.
        first_only: take the first node of every component: one equilibrium, without a tree.

    Raises:
        Stopped: when the tree's time is over.
    """
    order = sorted(tree.stages)
    last = {d: depth for depth, c in enumerate(order) for d in tree.stages[c].asks}
    stack = [Block(0, 1, None, {})]
    while stack:
        block = stack.pop()
        if block.depth == len(order):
            yield _columns(tree, block)
            continue
        block = _extend(tree, order[block.depth], block, last, first_only)
        stack.extend(reversed(_split(block, chunk)))


def _extend(tree: Traversal, component: int, block: Block, last: dict[int, int],
            first_only: bool) -> Block:
    """Every branch of a block with every node that the component has after it."""
    asks = tree.stages[component].asks
    ids, first, many = tree.stage_nodes(component, [block.frontier[d] for d in asks], block.size)
    first, many = first[ids], many[ids]
    if first_only:
        many = np.minimum(many, 1)
    frontier = {d: column for d, column in block.frontier.items() if last[d] > block.depth}
    if (many == 1).all():
        node, parent, size = first, None, block.size
    else:
        parent = np.repeat(np.arange(block.size), many)
        size = len(parent)
        node = (first - np.cumsum(many) + many)[parent] + np.arange(size)
        frontier = {d: column[parent] for d, column in frontier.items()}
    if component in last:
        frontier[component] = tree.node_row[node]
    return Block(block.depth + 1, size, Layer(component, node, parent, block.layer), frontier)


def _split(block: Block, chunk: int) -> list[Block]:
    """A block in parts of at most ``chunk`` branches."""
    layer = block.layer
    if block.size <= chunk or layer is None:
        return [block] if block.size else []
    parts = []
    for begin in range(0, block.size, chunk):
        part = slice(begin, begin + chunk)
        parent = np.arange(block.size)[part] if layer.parent is None else layer.parent[part]
        node = layer.node[part]
        parts.append(Block(block.depth, len(node),
                           Layer(layer.component, node, parent, layer.before),
                           {d: column[part] for d, column in block.frontier.items()}))
    return parts


def _columns(tree: Traversal, block: Block) -> Ints:
    """(B, C) the nodes of every component in every branch of a block."""
    out = np.empty((len(tree.node), block.size), dtype=np.int64)
    settled = np.flatnonzero(tree.row >= 0)
    out[settled] = tree.node[settled, None]
    layer, at = block.layer, None
    while layer is not None:
        out[layer.component] = layer.node if at is None else layer.node[at]
        if layer.parent is not None:
            at = layer.parent if at is None else layer.parent[at]
        layer = layer.before
    return out.T
