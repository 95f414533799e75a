"""Moves that a setting makes some member refuse: what all members together would gain by them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..kernels import bargain
from ..lattice import Lattice

Floats = NDArray[np.float64]


def fill_surplus(lattice: Lattice, draw: int, values: Floats, surplus: Floats) -> None:
    """Put σ of such moves into ``surplus`` (E,), given V (S, n): the best that everybody who takes
    part could have at once."""
    edges = np.flatnonzero(lattice.never)
    if not len(edges):
        return
    gain = (lattice.lump[draw, edges] + values[lattice.edge_target[edges]]
            - values[lattice.edge_state[edges]])
    party = lattice.party[edges]
    surplus[edges] = np.where(party, gain, np.inf).min(axis=1)
    bargained = np.flatnonzero(lattice.bargain[edges] >= 0)
    if len(bargained):
        row = lattice.bargain[edges[bargained]]
        surplus[edges[bargained]] = bargain.max_min(
            gain[bargained], lattice.value[draw, row], lattice.curvature[draw, row],
            party[bargained]).sigma
