"""Components of several states: the same problems, coupled through each other's values.

A batch holds P components of S states each, as the P·S problems of their states (row p·S + s), with
what a move to a state of the same component pays left open: ``inside`` says which state that is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from .problem import Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Components:
    """P components: ``states`` (P·S rows); ``inside`` (P·S, M), 0 … S − 1, or −1 for a move that
    leaves the component (its reward is complete). Values of a batch are (P, S, n).
    """

    states: Problems
    inside: Ints
    width: int

    @staticmethod
    def alone(states: Problems) -> Components:
        """States that no cycle joins, each a component of its own."""
        return Components(states, np.full(states.present.shape, -1), 1)

    @property
    def size(self) -> int:
        return self.states.size // self.width

    @property
    def target(self) -> Ints:
        """(P·S, M) row of the move's target, where it is inside (0 elsewhere)."""
        first = (np.arange(self.states.size) // self.width * self.width)[:, None]
        return np.where(self.inside >= 0, first + np.maximum(self.inside, 0), 0)

    def at(self, value: Floats) -> Problems:
        """The problems of the states with successors' values filled in, given V (P, S, n)."""
        after = self.within(value.reshape(self.states.size, value.shape[2]))
        return replace(self.states, reward=self.states.reward + after)

    def within(self, value: Floats) -> Floats:
        """(P·S, M, n) V of the targets inside, given V (P·S, n); 0 for moves that leave."""
        return np.where((self.inside >= 0)[..., None], value[self.target], 0.0)

    def take(self, rows: Ints) -> Components:
        """The components of some rows."""
        flat = self.flat(rows)
        return Components(self.states.take(flat), self.inside[flat], self.width)

    def flat(self, rows: Ints) -> Ints:
        """The rows of all states of some components."""
        out: Ints = (rows[:, None] * self.width + np.arange(self.width)).ravel()
        return out

    def spread(self, local: Floats) -> Floats:
        """(P, S·n, S·n) of each state's derivatives in its own base gains.

        ``local`` (P·S, M, n, n) is ∂y_i/∂base_l of each move; the base of a move is its reward with
        the target's value, less V of the state. The answer is ∂(Σ_m y_m)/∂V.
        """
        size, width, n = self.size, self.width, self.states.discount.shape[1]
        out = np.zeros((size, width, n, width, n))
        moves = local.shape[1]
        total = local.sum(axis=1).reshape(size, width, n, n)
        for s in range(width):
            out[:, s, :, s] -= total[:, s]
        part = local.reshape(size, width, moves, n, n)
        inside = self.inside.reshape(size, width, moves)
        blocks = out.swapaxes(2, 3)
        rows, at, move = np.nonzero(inside >= 0)
        np.add.at(blocks, (rows, at, inside[rows, at, move]), part[rows, at, move])
        return out.reshape(size, width * n, width * n)
