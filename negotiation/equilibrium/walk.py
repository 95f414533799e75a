"""The equilibria of a linked game one after the other, beyond any cap.

The tree of ``directional`` walked a chunk of branches at a time: what a level has beyond the chunk
is set aside, the chunk goes down to the last level, and what was set aside last is taken up first.
That gives the order of ``directional``, lexicographic in the states' choices, whatever the chunk.
Problems that a chunk before has solved are not solved again.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from .choosing import choose
from .directional import Request, level, levels, root
from .state import Answers
from .tree import Shelf, Tree

Ints = NDArray[np.int64]


def walk(lattice: Lattice, solver: Callable[[Request], Answers], chunk: int = 64) -> Iterator[Tree]:
    """All equilibria of one draw, ``chunk`` at a time: the same tree, with ``node`` (B, S) those
    that come next."""
    tree, order = root(lattice), levels(lattice)
    tree.shelf = shelf = Shelf()
    _down(tree, order, 0, solver, chunk)
    yield tree
    while shelf.aside:
        last = shelf.aside.pop()
        now, later = slice(0, chunk), slice(chunk, None)
        if len(last.keep) > chunk:
            shelf.aside.append(replace(last, keep=last.keep[later], which=last.which[later]))
        keep, which = last.keep[now], last.which[now]
        tree.node, tree.draw = last.node[keep], last.draw[keep]
        tree.node[:, last.members[last.place - 1]] += which[:, None]
        shelf.depth = last.depth
        choose(tree, last.members, last.row[keep], last.count, chunk, last.place)
        _down(tree, order, last.depth + 1, solver, chunk)
        if len(tree.node):
            yield tree


def _down(tree: Tree, order: list[Ints], begin: int, solver: Callable[[Request], Answers],
          chunk: int) -> None:
    """Take the tree's branches through all levels from ``begin`` on."""
    for depth in range(begin, len(order)):
        if not len(tree.node):
            return
        assert tree.shelf is not None
        tree.shelf.depth = depth
        _answer(level(tree, order[depth], chunk, False), solver)


def _answer(asking: Generator[Request, Answers, None],
            solver: Callable[[Request], Answers]) -> None:
    """Give a level the answers that it asks for."""
    try:
        request = next(asking)
        while True:
            request = asking.send(solver(request))
    except StopIteration:
        return
