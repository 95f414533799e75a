"""Branches of the tree: every combination of a level's nodes, and which are kept beyond a cap."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .extremes import ROOM, Goals, cut_back, together
from .tree import Aside, Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def choose(tree: Tree, members: Ints, row: Ints, count: Ints, cap: int, begin: int = 0) -> None:
    """Give every branch every combination of nodes of the level's components from ``begin`` on."""
    # which branch each one comes from, and which node of every component it takes: nodes of other
    # levels are copied once, at the end
    source, draw = np.arange(len(tree.draw)), tree.draw
    chosen = np.zeros((len(draw), len(members)), dtype=np.int64)
    open_ = np.flatnonzero((count[row[:, begin:]] != 1).any(axis=0)) + begin
    rest: Floats | None = None
    for place, k in enumerate(open_.tolist()):
        times = count[row[:, k]]
        keep = np.repeat(np.arange(len(times)), times)
        which = np.arange(len(keep)) - np.repeat(np.cumsum(times) - times, times)
        if tree.shelf is not None:
            kept = _within(tree, draw[keep], cap)
            if len(kept) < len(keep):
                aside = np.setdiff1d(np.arange(len(keep)), kept)
                tree.shelf.aside.append(Aside(
                    tree.shelf.depth, k + 1, members, _chosen(tree.node, source, members, chosen),
                    draw, row, count, keep[aside], which[aside]))
            keep, which = keep[kept], which[kept]
        source, draw, row, chosen = source[keep], draw[keep], row[keep], chosen[keep]
        chosen[:, k] = which
        room = cap if tree.keep is not None or k == open_[-1] else ROOM * cap
        if tree.shelf is None and _most(draw) > room:
            rest = _elsewhere(tree, members, open_) if rest is None else rest
            mine = open_[:place + 1]
            kept = _furthest(tree, rest, members[mine], source, draw, chosen[:, mine], cap)
            source, draw, row, chosen = source[kept], draw[kept], row[kept], chosen[kept]
    if len(source) > len(tree.draw) or chosen.any():
        tree.node, tree.draw = _chosen(tree.node, source, members, chosen), draw


def _chosen(node: Ints, source: Ints, members: Ints, chosen: Ints) -> Ints:
    """(B, S) nodes of some branches, with those that they take of a level's components (B, C)."""
    out: Ints = node[source]
    for s in range(members.shape[1]):
        out[:, members[:, s]] += chosen
    return out


def _within(tree: Tree, draw: Ints, cap: int) -> Ints:
    """Which branches are among the first ``cap`` of their draw."""
    # branches stay sorted by draw
    kept = np.flatnonzero(np.arange(len(draw)) - np.searchsorted(draw, draw) < cap)
    _cut(tree, draw, kept)
    return kept


def _furthest(tree: Tree, rest: Floats, open_: Ints, source: Ints, draw: Ints, chosen: Ints,
              cap: int) -> Ints:
    """Which branches are kept where a draw has more than ``cap``: those that lead furthest apart.
    ``open_`` (k, width) are the level's components that were chosen; ``rest`` (B, K) is what the
    branches they come from are worth elsewhere."""
    score = _scores(tree)

    def worth(rows: Ints) -> Floats:
        found = rest[source[rows]]
        for states, which in zip(open_, chosen[rows].T, strict=True):
            for state in states.tolist():
                found += score[tree.node[source[rows], state] + which]
        return found

    kept = cut_back(draw, cap, cap if tree.keep is None else tree.keep, worth)
    _cut(tree, draw, kept)
    return kept


def _elsewhere(tree: Tree, members: Ints, open_: Ints) -> Floats:
    """(B, K) what branches are worth in all states that are solved and still asked for, but those
    of some components of the level ``members``."""
    score, lattice = _scores(tree), tree.lattice
    size = len(lattice.states)
    known, asked = np.zeros(size, dtype=bool), np.zeros(size, dtype=bool)
    known[tree.node[0] >= 0] = True
    asked[lattice.edge_target[~known[lattice.edge_state]]] = asked[members] = True
    known[members[open_]] = False
    return together(score, tree.node[:, np.flatnonzero(known & asked)])


def _most(draw: Ints) -> int:
    """The most branches of one draw."""
    return int(np.bincount(draw).max()) if len(draw) else 0


def _cut(tree: Tree, draw: Ints, kept: Ints) -> None:
    """Remember which draws lose branches."""
    if len(kept) < len(draw):
        tree.capped = True
        gone = np.ones(len(draw), dtype=bool)
        gone[kept] = False
        tree.cut.update(draw[gone].tolist())


def _scores(tree: Tree) -> Floats:
    """(T, K) what the nodes so far are worth to each goal; asked for where branches are cut."""
    if tree.goals is None:
        tree.goals = Goals.of(tree.lattice, tree.lattice.game.horizon)
    tree.score = tree.goals.extended(tree.lattice, tree.blocks, tree.value, tree.score)
    return tree.score
