"""The chains that equilibria of many draws make, and the chances that are asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.distinct import of_rows
from ..equilibrium.tree import Tree
from ..kernels import compiled, markov
from ..lattice import Lattice
from ..process import chain_of, condition_states, outcome_states
from .played import Rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: branches whose chains are worked out together
BRANCHES = 512


@dataclass(frozen=True, eq=False)
class Asked:
    """What is asked of the chains of some rows by a date: whether they come to a set of states
    ``inside`` (S,), or how much of the time actions are played whose chances are ``played`` (R, S).
    """

    by: float
    inside: Bools
    played: Floats | None = None

    @staticmethod
    def outcome(rows: Rows, mine: Ints, name: str, by: float) -> Asked:
        """An outcome that the game names, in some rows."""
        outcome = rows.lattice.game.outcomes[name]
        if outcome.posture:
            return Asked(by, np.zeros(len(rows.lattice.states), dtype=bool),
                         rows.played(outcome, mine))
        return Asked(by, outcome_states(rows.lattice, name))

    @staticmethod
    def statuses(lattice: Lattice, when: Mapping[str, str], by: float) -> Asked:
        """Fronts in given statuses."""
        return Asked(by, condition_states(lattice, when))

    def take(self, rows: Ints) -> Asked:
        """The same of fewer rows."""
        return self if self.played is None else replace(self, played=self.played[rows])

    def of(self, lattice: Lattice, hazard: Floats, row: Ints) -> Floats:
        """(B,) the chance in each chain; ``row`` (B,) is whose it is."""
        chain, dates = chain_of(lattice), np.array([self.by])
        if self.played is None:
            return reached_by(chain, hazard, self.inside, self.by)
        return np.array([markov.average(chain, one[None], dates, self.played[k][None])[0, 0, 0]
                         for one, k in zip(hazard, row, strict=True)])


def reached_by(chain: markov.Chain, hazard: Floats, inside: Bools, by: float) -> Floats:
    """(B,) the chance of having been in a set of states by a date (``markov.reach``, no more)."""
    if inside[0]:
        return np.ones(len(hazard))
    # the same loops for every batch, whatever was worked on before: their last bits may differ
    compiled.compiled("chain_loops", "invert_rows", large=True)
    reward = inside[None].astype(np.float64)
    stop = markov.stopped(chain, hazard, inside)
    found: Floats = markov.transient(chain, stop, np.array([by]), reward)[:, 0, 0]
    return found


def chances(tree: Tree, asked: Asked) -> Floats:
    """(B,) the chance of what is asked in each branch; branches that differ only where play never
    comes share one chain."""
    lattice = tree.lattice
    chance = np.empty(len(tree.node))
    for begin in range(0, len(chance), BRANCHES):
        part = slice(begin, begin + BRANCHES)
        row = tree.draw[part]
        hazard = lattice.rate[row] * consent_of(tree, part)
        went = np.where(_passed(lattice, hazard), hazard, 0.0)
        ever = np.flatnonzero(went.any(axis=0))
        first, which = of_rows(np.column_stack([row, went[:, ever].view(np.int64)]))
        one = asked.of(lattice, hazard[first], row[first])
        chance[part] = one if which is None else one[which]
    return chance


def consent_of(tree: Tree, part: slice) -> Floats:
    """(B, E) consents of some branches."""
    lattice, node = tree.lattice, tree.node[part]
    consent = np.zeros((len(node), len(lattice.edge_state)))
    for block in tree.blocks:
        last = block.begin + len(block.state)
        states = np.unique(block.state)
        edge = lattice.first_edge[states][:, None] + np.arange(block.answers.consent.shape[1])
        which, move = np.nonzero(edge < lattice.first_edge[states + 1][:, None])
        at = node[:, states]
        mine = (at >= block.begin) & (at < last)
        said = block.answers.consent[np.where(mine, at - block.begin, 0)[:, which], move]
        # a state may have nodes in several blocks, and a branch one of them
        consent[:, edge[which, move]] += np.where(mine[:, which], said, 0.0)
    return consent


def _passed(lattice: Lattice, hazard: Floats) -> Bools:
    """(B, E) the edges that leave states which play can come to."""
    seen = np.zeros((len(hazard), len(lattice.states)), dtype=bool)
    seen[:, 0] = True
    live = hazard > 0.0
    layers = chain_of(lattice).layers
    if layers is None:
        count = -1
        while count < (count := int(seen.sum())):
            went = live & seen[:, lattice.edge_state]
            for edge in np.flatnonzero(went.any(axis=0)).tolist():
                seen[:, lattice.edge_target[edge]] |= went[:, edge]
        return seen[:, lattice.edge_state]
    for layer in layers:
        if len(layer.edges):
            went = live[:, layer.edges] & seen[:, layer.source]
            seen[:, layer.targets] |= np.logical_or.reduceat(went, layer.first, axis=1)
    return seen[:, lattice.edge_state]
