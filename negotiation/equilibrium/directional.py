"""State recursion over the levels of a lattice: every path through the tree of states' equilibria.

The equilibria of a directional game are the consistent choices of one equilibrium per state
(Recursive Lexicographical Search, Iskhakov, Rust & Schjerning 2016). A **node** is one equilibrium
of one state given nodes for its successors; a **branch** is a choice of a node for every state
solved so far. States are solved a level at a time, from the terminal ones up, all branches and all
draws of parameters at once, each distinct problem (state, draw, successors' nodes) once. A
traversal is a generator that asks for the problems of a level, so that those of several games can
be solved side by side (``together``), each distinct one once.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from ..lattice import Lattice
from .certificate import REGRET_TOLERANCE, certify
from .problem import KINDS, OFFERS, Problems, gather
from .state import CONTINUUM, Answers
from .ties import Continuum

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Progress = Callable[[int, int], None]

REJECTED = "an equilibrium missed the certificate's tolerance"


@dataclass(eq=False)
class Block:
    """The nodes of one level: consent, sigma (T, M); terms (T, M, n, J); first id ``begin``."""

    begin: int
    state: Ints
    answers: Answers
    regret: Floats


@dataclass(eq=False)
class Tree:
    """All branches: ``node`` (B, S) node ids, ``draw`` (B,); nodes' value (T, n) and blocks.

    ``doubt`` holds (state, why) for every reason why the list may not be complete; ``capped`` says
    whether branches were cut at the cap.
    """

    lattice: Lattice
    draw: Ints
    node: Ints
    value: Floats
    index: Ints
    regret: Floats
    blocks: list[Block]
    doubt: dict[tuple[int, str], int] = field(default_factory=dict)
    capped: bool = False


#: yields the problems of a level, is sent their answers, and returns the tree
Traversal = Generator[Problems, Answers, Tree]


def together(traversals: Sequence[Traversal], solver: Callable[[Problems], Answers]) -> list[Tree]:
    """Run traversals in lockstep: the problems that all of them ask for are solved in one call."""
    trees: dict[int, Tree] = {}
    asked: dict[int, Problems] = {}

    def step(which: int, answers: Answers | None) -> None:
        try:
            run = traversals[which]
            asked[which] = next(run) if answers is None else run.send(answers)
        except StopIteration as end:
            trees[which] = end.value

    for which in range(len(traversals)):
        step(which, None)
    while asked:
        names, batch = list(asked), list(asked.values())
        asked.clear()
        if len(batch) == 1:
            step(names[0], solver(batch[0]))
            continue
        problems = Problems.join(batch)
        first, row = problems.distinct()
        answers = solver(problems.take(first))
        begin = 0
        for which, part in zip(names, batch, strict=True):
            mine = row[begin:begin + part.size]
            begin += part.size
            step(which, answers.select(mine, part.reward.shape[1], part.value.shape[2]))
    return [trees[which] for which in range(len(traversals))]


def traverse(lattice: Lattice, *, cap: int, one: bool = False,
             progress: Progress | None = None) -> Traversal:
    """Solve every state of a lattice at every draw.

    Args:
        cap: the most equilibria to list per draw.
        one: keep the first equilibrium of every state only.
        progress: called with (states solved, states in all) after every level.
    """
    size = len(lattice.states)
    tree = Tree(lattice, np.arange(lattice.draws), np.full((lattice.draws, size), -1),
                np.zeros((0, lattice.discount.shape[1])), np.zeros(0, dtype=np.int64), np.zeros(0),
                [])
    done = 0
    for depth in range(int(lattice.level.max()) + 1):
        states = np.flatnonzero(lattice.level == depth)
        yield from _level(tree, states, cap, one)
        done += len(states)
        if progress is not None:
            progress(done, size)
    return tree


def _level(tree: Tree, states: Ints, cap: int, one: bool,
           ) -> Generator[Problems, Answers, None]:
    lattice = tree.lattice
    branches, wide = len(tree.node), len(states)
    moves = int((lattice.first_edge[states + 1] - lattice.first_edge[states]).max())
    at = lattice.first_edge[states][:, None] + np.arange(moves)
    has = at < lattice.first_edge[states + 1][:, None]
    target = np.where(has, lattice.edge_target[np.where(has, at, 0)] if moves else 0, -1)
    follow = np.where(has, tree.node[:, np.maximum(target, 0)], -1).reshape(branches * wide, moves)
    draw, state = np.repeat(tree.draw, wide), np.tile(states, branches)
    if branches > lattice.draws:
        key = np.column_stack([draw, state, follow])
        _, first, row = np.unique(key, axis=0, return_index=True, return_inverse=True)
        draw, state, follow = draw[first], state[first], follow[first]
    else:
        row = np.arange(len(state))
    answers, regret = yield from _solve(tree, draw, state, follow)
    begin = len(tree.value)
    tree.blocks.append(Block(begin, state[answers.owner], answers, regret))
    tree.value = np.concatenate([tree.value, answers.value])
    tree.index = np.concatenate([tree.index, answers.index])
    tree.regret = np.concatenate([tree.regret, regret])
    count = np.bincount(answers.owner, minlength=len(state))
    start = begin + np.cumsum(count) - count
    kept = np.minimum(count, 1) if one else count
    _expand(tree, states, row.reshape(branches, wide), start, kept, cap)


def _solve(tree: Tree, draw: Ints, state: Ints, follow: Ints,
           ) -> Generator[Problems, Answers, tuple[Answers, Floats]]:
    lattice = tree.lattice
    if follow.shape[1] == 0:
        stay = lattice.flow[draw, state] / lattice.discount[draw]
        size, issues = len(state), lattice.value.shape[2]
        none = np.zeros((size, 0))
        answers = Answers(np.arange(size), stay, none, none,
                          np.zeros((size, 0, stay.shape[1], issues)), np.ones(size, dtype=np.int64))
        return answers, np.zeros(size)
    after = np.where((follow >= 0)[..., None], tree.value[np.maximum(follow, 0)], 0.0)
    problems = gather(lattice, draw, state, after)
    answers = yield problems
    owner = answers.owner
    terms, proposals = mean_terms(answers.terms, problems.weights[owner], problems.member[owner],
                                  problems.kind[owner])
    certificate = certify(lattice, draw[owner], state[owner], answers.value, after[owner],
                          answers.consent, terms, proposals)
    regret = certificate.regret
    bad = ~(regret <= REGRET_TOLERANCE)
    for p, why in answers.doubt.items():
        _doubt(tree, int(state[p]), why)
    if bad.any():
        for p in np.unique(owner[bad]):
            _doubt(tree, int(state[p]), REJECTED)
        keep = np.flatnonzero(~bad)
        place = {int(old): new for new, old in enumerate(keep)}
        answers = Answers(owner[keep], answers.value[keep], answers.consent[keep],
                          answers.sigma[keep], answers.terms[keep], answers.index[keep],
                          {place[k]: c for k, c in answers.continua.items() if k in place},
                          answers.doubt)
        regret = regret[keep]
    return answers, regret


def mean_terms(terms: Floats, weights: Floats, member: NDArray[np.bool_], kind: Ints,
               ) -> tuple[Floats, Floats | None]:
    """(k, M, J) mean over proposers of (k, M, n, J) terms, and the proposals if a move has them."""
    if not (kind == OFFERS).any():
        return terms[:, :, 0], None
    share = np.where(member, weights, 0.0)
    total = share.sum(axis=2, keepdims=True)
    share = np.where(total > 0, share / np.where(total > 0, total, 1.0), 1.0 / share.shape[2])
    share = np.where((kind == OFFERS)[..., None], share, 1.0 / share.shape[2])
    return (share[..., None] * terms).sum(axis=2), terms


def _doubt(tree: Tree, state: int, why: str) -> None:
    tree.doubt[state, why] = tree.doubt.get((state, why), 0) + 1


def _expand(tree: Tree, states: Ints, row: Ints, start: Ints, count: Ints, cap: int) -> None:
    """Give every branch every combination of the level's nodes, a state at a time."""
    if (count[row] == 0).any():
        alive = (count[row] > 0).all(axis=1)
        for s in np.unique(np.nonzero(count[row] == 0)[1]):
            _doubt(tree, int(states[s]), "no equilibrium of the state was found")
        if not all(np.isin(np.unique(tree.draw), tree.draw[alive])):
            s = int(states[np.nonzero(count[row] == 0)[1][0]])
            raise NumericalError(
                f"{tree.lattice.game.name}: no equilibrium could be found in the state "
                f"{tree.lattice.state(s)}; one exists, so the search failed there")
        tree.node, tree.draw, row = tree.node[alive], tree.draw[alive], row[alive]
    tree.node[:, states] = start[row]
    for k in np.flatnonzero((count[row] > 1).any(axis=0)):
        times = count[row[:, k]]
        keep = np.repeat(np.arange(len(times)), times)
        which = np.arange(len(keep)) - np.repeat(np.cumsum(times) - times, times)
        keep, which = _cut(tree, keep, which, cap)
        tree.node, tree.draw, row = tree.node[keep], tree.draw[keep], row[keep]
        tree.node[:, states[k]] += which


def _cut(tree: Tree, keep: Ints, which: Ints, cap: int) -> tuple[Ints, Ints]:
    """At most ``cap`` branches per draw, the first ones."""
    draw = tree.draw[keep]
    if len(draw) <= cap:
        return keep, which
    first = np.searchsorted(draw, draw)  # branches stay sorted by draw
    within = np.arange(len(draw)) - first < cap
    if not within.all():
        tree.capped = True
    return keep[within], which[within]


def continua_of(tree: Tree, node: Ints) -> list[tuple[int, Continuum]]:
    """(state, continuum) of every node of a branch that was picked from a continuum."""
    found = []
    for block in tree.blocks:
        for row, parts in block.answers.continua.items():
            if node[block.state[row]] == block.begin + row:
                found += [(int(block.state[row]), part) for part in parts]
    return found


def unpack(tree: Tree, branch: int) -> tuple[Floats, Floats, Floats, Floats | None, Floats]:
    """One branch as arrays over the lattice: values (S, n), consent (E,), terms (T, J),
    proposals (T, n, J) or None, sigma (E,)."""
    lattice = tree.lattice
    node = tree.node[branch]
    edges, n, issues = len(lattice.edge_state), lattice.discount.shape[1], lattice.value.shape[2]
    consent, sigma = np.zeros(edges), np.zeros(edges)
    per_proposer = np.zeros((lattice.value.shape[1], n, issues))
    for block in tree.blocks:
        mine = np.flatnonzero(node[block.state] == block.begin + np.arange(len(block.state)))
        width = block.answers.consent.shape[1]
        at = lattice.first_edge[block.state[mine]][:, None] + np.arange(width)
        has = at < lattice.first_edge[block.state[mine] + 1][:, None]
        consent[at[has]] = block.answers.consent[mine][has]
        sigma[at[has]] = block.answers.sigma[mine][has]
        if issues and width:
            edge = at[has]
            bargained = lattice.bargain[edge] >= 0
            per_proposer[lattice.bargain[edge[bargained]]] = (
                block.answers.terms[mine][has][bargained])
    rows = lattice.bargain >= 0
    kinds = np.array([KINDS.index(move.solution) for move in lattice.game.moves.values()] or [0])
    kind = kinds[lattice.edge_move[rows]] if edges else np.zeros(0, dtype=np.int64)
    draw = int(tree.draw[branch])
    terms, proposals = mean_terms(per_proposer[None], lattice.weights[draw][None],
                                  lattice.member[rows][None], kind[None])
    return (tree.value[node], consent, terms[0],
            None if proposals is None else proposals[0], sigma)


__all__ = ["CONTINUUM", "REJECTED", "Progress", "Tree", "continua_of", "together", "traverse",
           "unpack"]
