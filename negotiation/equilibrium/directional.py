"""State recursion over the levels of a lattice: every path through the tree of states' equilibria.

The equilibria of a directional game are the consistent choices of one equilibrium per state
(Recursive Lexicographical Search, Iskhakov, Rust & Schjerning 2016). A **node** is one equilibrium
of one state given nodes for its successors; a **branch** is a choice of a node for every state
solved so far. States are solved a level at a time, from the terminal ones up, all branches and all
draws of parameters at once, each distinct problem (state, draw, successors' nodes) once. A
traversal is a generator that asks for the problems of a level, so that those of several games can
be solved side by side (``together``), each distinct one once.

This is the tree of ``traversal``, walked breadth first. There a stage costs microseconds and is
solved when a branch needs it; here a state with bargained terms costs as much alone as dozens do
in one call, so that all branches move down a level together. (Listing 64 equilibria of the main
case depth first, through ``linked``, takes some twenty times as long.) Counting what a cap cuts off
is done there.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NumericalError
from ..lattice import Lattice
from .certificate import REGRET_TOLERANCE, certify
from .certificate_logit import certify_logit
from .component import Components
from .encounters.request import Request as Clashing
from .encounters.request import with_encounters
from .problem import KINDS, OFFERS, Problems, gather
from .state import CONTINUUM, Answers
from .ties import Continuum
from .watch import Progress, Watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

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
    whether branches were cut at the cap. By draw: ``unproved`` and ``cut`` are those with a doubt,
    or with branches cut; ``lost`` those left without a branch, and why (None: they are an error).
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
    concept: str = "mpe"
    unproved: set[int] = field(default_factory=set)
    cut: set[int] = field(default_factory=set)
    lost: dict[int, str] | None = None


#: what a level asks for: its states' problems, components of several states, or with encounters
Request = Problems | Components | Clashing
#: yields requests, is sent their answers, and returns the tree
Traversal = Generator[Request, Answers, Tree]


def together(traversals: Sequence[Traversal], solver: Callable[[Request], Answers]) -> list[Tree]:
    """Run traversals in lockstep: the problems that all of them ask for are solved in one call."""
    trees: dict[int, Tree] = {}
    asked: dict[int, Request] = {}

    def step(which: int, answers: Answers | None) -> None:
        try:
            run = traversals[which]
            asked[which] = next(run) if answers is None else run.send(answers)
        except StopIteration as end:
            trees[which] = end.value

    for which in range(len(traversals)):
        step(which, None)
    while asked:
        now = dict(asked)
        asked.clear()
        for which, request in now.items():
            if not isinstance(request, Problems):
                step(which, solver(request))
        batch = {k: request for k, request in now.items() if isinstance(request, Problems)}
        if len(batch) == 1:
            which, problems = batch.popitem()
            step(which, solver(problems))
        elif batch:
            problems = Problems.join(list(batch.values()))
            first, row = problems.distinct()
            answers = solver(problems.take(first))
            begin = 0
            for which, part in batch.items():
                mine = row[begin:begin + part.size]
                begin += part.size
                step(which, answers.select(mine, part.reward.shape[1], part.value.shape[2]))
    return [trees[which] for which in range(len(traversals))]


def traverse(lattice: Lattice, *, cap: int, one: bool = False, concept: str = "mpe",
             progress: Progress | None = None, watch: Watch | None = None,
             tolerant: bool = False) -> Traversal:
    """Solve every state of a lattice at every draw.

    Args:
        cap: the most equilibria to list per draw.
        one: keep the first equilibrium of every state only.
        concept: "mpe" or "logit"; it says which certificate answers have to pass.
        progress: called with (states solved, states in all) after every level.
        watch: when its time is over, one branch of each draw is followed to the end.
        tolerant: leave out draws at which no equilibrium is found, and name them in ``lost``.
    """
    if lattice.game.postures and lattice.convention is None:
        raise InputError(f"{lattice.game.name}: the lattice lacks what the game's postures pay: "
                         "lay a convention on it first (negotiation.postures.play_out)")
    size = len(lattice.states)
    tree = Tree(lattice, np.arange(lattice.draws), np.full((lattice.draws, size), -1),
                np.zeros((0, lattice.discount.shape[1])), np.zeros(0, dtype=np.int64), np.zeros(0),
                [], concept=concept, lost={} if tolerant else None)
    done = 0
    wide = np.bincount(lattice.component, minlength=size)[lattice.component]
    clash = np.zeros(size, dtype=np.int64)
    if lattice.clashes is not None:
        some = np.bincount(lattice.component, lattice.clashes.here(np.arange(size)), size)
        clash = (some > 0).astype(np.int64)[lattice.component]
    kind = 2 * wide + clash
    for depth in range(int(lattice.level.max()) + 1):
        level = np.flatnonzero(lattice.level == depth)
        for code in sorted(set(kind[level].tolist())):
            states = level[kind[level] == code]
            states = states[np.argsort(lattice.component[states], kind="stable")]
            if watch is not None and watch.ending is not None and not one:
                one = True
                _hurry(tree, int(states[0]), watch.reason)
            if len(tree.node):
                yield from _level(tree, states.reshape(-1, code // 2), cap, one)
        done += len(level)
        if progress is not None:
            progress(done, size)
    return tree


def _hurry(tree: Tree, state: int, why: str) -> None:
    """Keep the first branch of each draw."""
    _, first = np.unique(tree.draw, return_index=True)
    tree.node, tree.draw = tree.node[first], tree.draw[first]
    _doubt(tree, state, why)


def _level(tree: Tree, members: Ints, cap: int, one: bool,
           ) -> Generator[Request, Answers, None]:
    """Solve the components (C, width) of a level for every branch."""
    lattice = tree.lattice
    branches, (wide, width) = len(tree.node), members.shape
    states = members.ravel()
    moves = int((lattice.first_edge[states + 1] - lattice.first_edge[states]).max())
    at = lattice.first_edge[states][:, None] + np.arange(moves)
    has = at < lattice.first_edge[states + 1][:, None]
    target = np.where(has, lattice.edge_target[np.where(has, at, 0)] if moves else 0, -1)
    # moves inside the component lead to no node yet
    follow = np.where(has, tree.node[:, np.maximum(target, 0)], -1)
    follow = follow.reshape(branches * wide, width * moves)
    draw, which = np.repeat(tree.draw, wide), np.tile(np.arange(wide), branches)
    if branches > lattice.draws:
        key = np.column_stack([draw, which, follow])
        _, first, row = np.unique(key, axis=0, return_index=True, return_inverse=True)
        draw, which, follow = draw[first], which[first], follow[first]
    else:
        row = np.arange(len(which))
    follow = follow.reshape(len(which) * width, moves)
    state = members[which]
    answers, regret = yield from _solve(tree, draw, state, follow)
    begin, total = len(tree.value), len(answers.owner) // width
    for s in range(width):
        part = answers if width == 1 else answers.every(s, width)
        tree.blocks.append(Block(begin + s * total, state[part.owner, s], part, regret[s::width]))
        tree.value = np.concatenate([tree.value, part.value])
        # the index of a component is that of its first state; the others count 1
        sign = part.index if s == 0 else np.ones_like(part.index)
        tree.index = np.concatenate([tree.index, sign])
        tree.regret = np.concatenate([tree.regret, regret[s::width]])
    count = np.bincount(answers.owner[::width], minlength=len(which))
    start = begin + np.cumsum(count) - count
    kept = np.minimum(count, 1) if one else count
    _expand(tree, members, row.reshape(branches, wide), (start, total), kept, cap)


def _solve(tree: Tree, draw: Ints, state: Ints, follow: Ints,
           ) -> Generator[Request, Answers, tuple[Answers, Floats]]:
    """Answers of components (R, width) and their regrets: a row per state, components whole."""
    lattice, width = tree.lattice, state.shape[1]
    flat, draws = state.ravel(), np.repeat(draw, width)
    clash = lattice.clashes is not None and bool(lattice.clashes.here(flat).any())
    if follow.shape[1] == 0 and not clash:
        stay = lattice.flow[draws, flat] / lattice.discount[draws]
        size, issues = len(flat), lattice.value.shape[2]
        none = np.zeros((size, 0))
        answers = Answers(np.arange(size), stay, none, none,
                          np.zeros((size, 0, stay.shape[1], issues)), np.ones(size, dtype=np.int64))
        return answers, np.zeros(size)
    if follow.shape[1] == 0:
        follow = np.full((len(flat), 1), -1)  # encounters that change nothing: no edge leaves
    after = np.zeros((*follow.shape, lattice.discount.shape[1]))
    after[follow >= 0] = tree.value[follow[follow >= 0]]
    problems = gather(lattice, draws, flat, after)
    if width == 1 and not clash:
        answers = yield problems
        owner = answers.owner
        rows, after = owner, after[owner]
    else:
        components = Components(problems, _inside(lattice, state, problems.present), width)
        answers = yield components if not clash else with_encounters(
            lattice, components, draws, flat, after)
        owner = answers.owner[::width]
        rows = (owner[:, None] * width + np.arange(width)).ravel()
        after = after[rows] + components.take(owner).within(answers.value)
    terms, proposals = mean_terms(answers.terms, problems.weights[rows], problems.party[rows],
                                  problems.kind[rows])
    claim = (lattice, draws[rows], flat[rows], answers.value, after, answers.consent, terms)
    each = (certify_logit(*claim, answers.play) if tree.concept == "logit" else
            certify(*claim, proposals, answers.play, quick=tree.lost is not None).regret)
    regret = each.reshape(-1, width).max(axis=1)
    bad = ~(regret <= REGRET_TOLERANCE)
    for p, why in answers.doubt.items():
        _doubt(tree, int(state[p, 0]), why)
    tree.unproved.update(draw[list(answers.doubt)].tolist())
    for p in np.unique(owner[bad]):
        _doubt(tree, int(state[p, 0]), REJECTED)
        tree.unproved.add(int(draw[p]))
    good = np.repeat(~bad, width)
    return answers.keep(good) if bad.any() else answers, each[good]


def _inside(lattice: Lattice, state: Ints, present: NDArray[np.bool_]) -> Ints:
    """(R·width, M) which state of its own component a move leads to, −1 where to none."""
    place = np.full(len(lattice.states), -1)
    place[state] = np.arange(state.shape[1])
    flat = state.ravel()
    if not present.any():
        return np.full(present.shape, -1)
    edge = lattice.first_edge[flat][:, None] + np.arange(present.shape[1])
    target = lattice.edge_target[np.where(present, edge, 0)]
    same = present & (lattice.component[target] == lattice.component[flat][:, None])
    return np.where(same, place[target], -1)


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


def _expand(tree: Tree, members: Ints, row: Ints, place: tuple[Ints, int], count: Ints,
            cap: int) -> None:
    """Give every branch every combination of the level's nodes, a component (C, width) at a time.

    ``place`` holds the first node of each answered component, and how far apart the nodes of its
    states are.
    """
    if (count[row] == 0).any():
        alive = (count[row] > 0).all(axis=1)
        for c in np.unique(np.nonzero(count[row] == 0)[1]):
            _doubt(tree, int(members[c, 0]), "no equilibrium of the state was found")
        tree.unproved.update(tree.draw[~alive].tolist())
        gone = np.setdiff1d(tree.draw, tree.draw[alive])
        for draw in gone.tolist():
            here = count[row[tree.draw == draw]] == 0
            s = int(members[np.nonzero(here)[1][0], 0])
            why = (f"{tree.lattice.game.name}: no equilibrium could be found in the state "
                   f"{tree.lattice.state(s)}; one exists, so the search failed there")
            if tree.lost is None:
                raise NumericalError(why)
            tree.lost[draw] = why
        tree.node, tree.draw, row = tree.node[alive], tree.draw[alive], row[alive]
    start, apart = place
    for s in range(members.shape[1]):
        tree.node[:, members[:, s]] = start[row] + s * apart
    for k in np.flatnonzero((count[row] > 1).any(axis=0)):
        times = count[row[:, k]]
        keep = np.repeat(np.arange(len(times)), times)
        which = np.arange(len(keep)) - np.repeat(np.cumsum(times) - times, times)
        keep, which = _cut(tree, keep, which, cap)
        tree.node, tree.draw, row = tree.node[keep], tree.draw[keep], row[keep]
        tree.node[:, members[k]] += which[:, None]


def _cut(tree: Tree, keep: Ints, which: Ints, cap: int) -> tuple[Ints, Ints]:
    """At most ``cap`` branches per draw, the first ones."""
    draw = tree.draw[keep]
    if len(draw) <= cap:
        return keep, which
    first = np.searchsorted(draw, draw)  # branches stay sorted by draw
    within = np.arange(len(draw)) - first < cap
    if not within.all():
        tree.capped = True
        tree.cut.update(draw[~within].tolist())
    return keep[within], which[within]


def continua_of(tree: Tree, node: Ints) -> list[tuple[int, Continuum]]:
    """(state, continuum) of every node of a branch that was picked from a continuum."""
    found = []
    for block in tree.blocks:
        for row, parts in block.answers.continua.items():
            if node[block.state[row]] == block.begin + row:
                found += [(int(block.state[row]), part) for part in parts]
    return found


def plays_of(tree: Tree, node: Ints) -> Floats | None:
    """(S, Q) the mixed actions of a branch's states; None where there are no encounters."""
    clashes = tree.lattice.clashes
    if clashes is None:
        return None
    play = np.zeros((len(tree.lattice.states), clashes.width))
    for block in tree.blocks:
        if block.answers.play is not None:
            mine = np.flatnonzero(node[block.state] == block.begin + np.arange(len(block.state)))
            play[block.state[mine]] = block.answers.play[mine]
    return play


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
    kinds = np.array([KINDS.index(move.solution) for move in lattice.game.steps.values()] or [0])
    kind = kinds[lattice.edge_move[rows]] if edges else np.zeros(0, dtype=np.int64)
    draw = int(tree.draw[branch])
    terms, proposals = mean_terms(per_proposer[None], lattice.weights[draw][None],
                                  lattice.party[rows][None], kind[None])
    return (tree.value[node], consent, terms[0],
            None if proposals is None else proposals[0], sigma)


__all__ = ["CONTINUUM", "REJECTED", "Tree", "continua_of", "together", "traverse",
           "unpack"]
