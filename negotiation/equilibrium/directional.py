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
is done there; listing it, in ``walk``.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NumericalError
from ..lattice import Lattice
from .certificate import REGRET_TOLERANCE, certify
from .certificate_logit import certify_logit
from .choosing import choose
from .component import Components
from .distinct import of_rows
from .encounters.request import Request as Clashing
from .encounters.request import with_encounters
from .extremes import Goals
from .problem import OFFERS, Problems, gather
from .state import Answers
from .tree import Block, Tree
from .watch import Progress, Watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

REJECTED = "an equilibrium missed the certificate's tolerance"


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
             tolerant: bool = False, goals: Goals | None = None, keep: int | None = None,
             ) -> Traversal:
    """Solve every state of a lattice at every draw.

    Args:
        cap: the most equilibria to list per draw; where there are more, ``keep`` (as many, when
            left out) are kept that lead furthest apart by ``goals`` (by default the game's outcomes
            at its horizon).
        one: keep the first equilibrium of every state only.
        concept: "mpe" or "logit"; it says which certificate answers have to pass.
        progress: called with (states solved, states in all) after every level.
        watch: when its time is over, one branch of each draw is followed to the end.
        tolerant: leave out draws at which no equilibrium is found, and name them in ``lost``.
    """
    if lattice.game.postures and lattice.convention is None:
        raise InputError(f"{lattice.game.name}: the lattice lacks what the game's postures pay: "
                         "lay a convention on it first (negotiation.postures.play_out)")
    tree = root(lattice, concept, tolerant)
    tree.goals, tree.keep = goals, keep
    size, done = len(lattice.states), 0
    for members in levels(lattice):
        if watch is not None and watch.ending is not None and not one:
            one = True
            _hurry(tree, int(members[0, 0]), watch.reason)
        if len(tree.node):
            yield from level(tree, members, cap, one)
        done += members.size
        if progress is not None:
            progress(done, size)
    return tree


def root(lattice: Lattice, concept: str = "mpe", tolerant: bool = False) -> Tree:
    """A tree with a branch for every draw, in which nothing is chosen yet."""
    draws, n = lattice.draws, lattice.discount.shape[1]
    return Tree(lattice, np.arange(draws), np.full((draws, len(lattice.states)), -1),
                np.zeros((0, n)), np.zeros(0, dtype=np.int64), np.zeros(0), [], concept=concept,
                lost={} if tolerant else None)


def levels(lattice: Lattice) -> list[Ints]:
    """What is solved in one call, in order: components (C, width) of a level, alike in kind."""
    size = len(lattice.states)
    wide = np.bincount(lattice.component, minlength=size)[lattice.component]
    clash = np.zeros(size, dtype=np.int64)
    if lattice.clashes is not None:
        some = np.bincount(lattice.component, lattice.clashes.here(np.arange(size)), size)
        clash = (some > 0).astype(np.int64)[lattice.component]
    kind = 2 * wide + clash
    found = []
    for depth in range(int(lattice.level.max()) + 1):
        here = np.flatnonzero(lattice.level == depth)
        for code in sorted(set(kind[here].tolist())):
            states = here[kind[here] == code]
            states = states[np.argsort(lattice.component[states], kind="stable")]
            found.append(states.reshape(-1, code // 2))
    return found


def _hurry(tree: Tree, state: int, why: str) -> None:
    """Keep the first branch of each draw."""
    _, first = np.unique(tree.draw, return_index=True)
    tree.node, tree.draw = tree.node[first], tree.draw[first]
    _doubt(tree, state, why)


def level(tree: Tree, members: Ints, cap: int, one: bool,
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
    row: Ints = np.arange(len(which))
    if branches > lattice.draws:
        first, same = of_rows(np.column_stack([draw, which, follow]))
        row = row if same is None else same
        draw, which, follow = draw[first], which[first], follow[first]
    follow = follow.reshape(len(which), width * moves)
    if tree.shelf is None:
        place = yield from _nodes(tree, draw, members[which], follow)
    else:
        place = yield from _known_nodes(tree, tree.shelf.known, draw, members[which], follow)
    first, count, apart = place
    if one:
        count = np.minimum(count, 1)
    row = row.reshape(branches, wide)
    row = _alive(tree, members, row, count)
    for s in range(width):
        tree.node[:, members[:, s]] = (first + s * apart)[row]
    choose(tree, members, row, count, cap)


def _nodes(tree: Tree, draw: Ints, state: Ints, follow: Ints,
           ) -> Generator[Request, Answers, tuple[Ints, Ints, Ints]]:
    """Solve components (R, width): first node, number of nodes and distance of states' nodes, (R,).

    ``follow`` (R, width · moves) are the nodes that their moves lead to.
    """
    width = state.shape[1]
    follow = follow.reshape(state.size, -1)
    answers, regret = yield from _solve(tree, draw, state, follow)
    begin, total = len(tree.value), len(answers.owner) // width
    for s in range(width):
        part = answers if width == 1 else answers.every(s, width)
        if tree.lost is not None:
            # nobody reads the terms of a batch of draws, and they are most of what it holds
            part = replace(part, terms=np.zeros((len(part.owner), 0, 0, 0)))
        tree.blocks.append(Block(begin + s * total, state[part.owner, s], part, regret[s::width],
                                 draw[part.owner], follow[part.owner * width + s]))
        tree.value = np.concatenate([tree.value, part.value])
        # the index of a component is that of its first state; the others count 1
        sign = part.index if s == 0 else np.ones_like(part.index)
        tree.index = np.concatenate([tree.index, sign])
        tree.regret = np.concatenate([tree.regret, regret[s::width]])
    count = np.bincount(answers.owner[::width], minlength=len(state))
    return begin + np.cumsum(count) - count, count, np.full(len(state), total)


def _known_nodes(tree: Tree, known: dict[bytes, tuple[int, int, int]], draw: Ints, state: Ints,
                 follow: Ints) -> Generator[Request, Answers, tuple[Ints, Ints, Ints]]:
    """As :func:`_nodes`, each distinct problem once in the whole walk."""
    key = [one.tobytes() for one in np.column_stack([draw, state[:, 0], follow])]
    fresh = np.array([k for k, one in enumerate(key) if one not in known], dtype=np.int64)
    if len(fresh):
        new = yield from _nodes(tree, draw[fresh], state[fresh], follow[fresh])
        places = zip(*(part.tolist() for part in new), strict=True)
        known.update(zip([key[k] for k in fresh], places, strict=True))
    table = np.array([known[one] for one in key], dtype=np.int64)
    return table[:, 0], table[:, 1], table[:, 2]


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


def _alive(tree: Tree, members: Ints, row: Ints, count: Ints) -> Ints:
    """Drop branches where some component of the level has no node; ``row`` of those that stay."""
    dead = count[row] == 0
    if not dead.any():
        return row
    alive = ~dead.any(axis=1)
    for c in np.flatnonzero(dead.any(axis=0)):
        _doubt(tree, int(members[c, 0]), "no equilibrium of the state was found")
    tree.unproved.update(tree.draw[~alive].tolist())
    for draw in np.setdiff1d(tree.draw, tree.draw[alive]).tolist():
        s = int(members[np.flatnonzero(dead[tree.draw == draw].any(axis=0))[0], 0])
        why = (f"{tree.lattice.game.name}: no equilibrium could be found in the state "
               f"{tree.lattice.state(s)}; one exists, so the search failed there")
        if tree.lost is None:
            raise NumericalError(why)
        tree.lost[draw] = why
    tree.node, tree.draw = tree.node[alive], tree.draw[alive]
    left: Ints = row[alive]
    return left
