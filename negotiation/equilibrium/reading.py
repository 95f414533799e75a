"""What a branch of the tree says: an equilibrium, put together from its states' nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from .directional import mean_terms
from .excluded import fill_surplus
from .problem import KINDS
from .result import Component, Equilibrium
from .ties import Continuum
from .tree import Tree

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def equilibrium_of(tree: Tree, branch: int) -> Equilibrium:
    """One branch as an equilibrium; its id is its place in the tree."""
    lattice = tree.lattice
    node = tree.node[branch]
    values, consent, terms, proposals, sigma = unpack(tree, branch)
    fill_surplus(lattice, int(tree.draw[branch]), values, sigma)
    parts = []
    for state, part in continua_of(tree, node):
        edges = lattice.edges(state)
        parts.append(Component(
            state=state, actors=tuple(lattice.actors[i] for i in part.actors),
            moves=tuple(lattice.moves[lattice.edge_move[edges[m]]] for m in part.moves),
            extremes=part.extremes, value_varies=part.value_varies,
            **_tied_actions(lattice, state, part)))
    for array in (values, consent, terms, sigma):
        array.setflags(write=False)
    return Equilibrium(
        id=branch + 1, lattice=lattice, draw=int(tree.draw[branch]), values=values,
        consent=consent, terms_array=terms, proposals=proposals, surplus=sigma,
        play=plays_of(tree, node), index=int(np.prod(tree.index[node])),
        regret=max(float(tree.regret[node].max()),
                   0.0 if lattice.convention is None else lattice.convention.regret),
        components=tuple(parts))


def _tied_actions(lattice: Lattice, state: int, part: Continuum) -> dict[str, Any]:
    """The encounter and the actions of a tie in play; nothing for a tie of moves."""
    if part.clash < 0 or lattice.clashes is None:
        return {}
    row = lattice.clashes.rows(state)[part.clash]
    clash = list(lattice.game.encounters.values())[int(lattice.clashes.encounter[row])]
    known = clash.actions[lattice.actors[part.actors[0]]]
    return {"encounter": clash.name, "actions": tuple(known[a] for a in part.actions)}


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
