"""All extreme equilibria of many bimatrix games of one shape, one compiled loop over the games.

Each game is solved as by :func:`bimatrix_loops.solve`; the tables are put one after another.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bimatrix_loops import NEITHER, solve

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def solve_many(payoffs: Floats, limit: int, allowed: float,
               ) -> tuple[Ints, Ints, NDArray[np.bool_], Floats]:
    """For games (N, 2, m, n): which search answered each (NEITHER where none did), where its rows
    start (N + 1), whether its equilibria are isolated points, and the rows of all.
    """
    games, m, n = payoffs.shape[0], payoffs.shape[2], payoffs.shape[3]
    codes, starts = np.empty(games, np.int64), np.zeros(games + 1, np.int64)
    isolated = np.zeros(games, np.bool_)
    rows = np.empty((2 * games + 16, m + n + 2))
    used = 0
    for k in range(games):
        code, table = solve(payoffs[k], limit, allowed)
        codes[k] = code
        if code != NEITHER:
            count = len(table)
            if used + count > len(rows):
                larger = np.empty((2 * (used + count), m + n + 2))
                larger[:used] = rows[:used]
                rows = larger
            rows[used:used + count] = table
            used += count
            isolated[k] = points_only(table, m + n)
        starts[k + 1] = used
    return codes, starts, isolated, rows[:used]


def points_only(table: Floats, width: int) -> bool:
    """Whether no two rows share a strategy, so that each is an isolated equilibrium."""
    for e in range(len(table)):
        for f in range(e):
            if (table[e, width] == table[f, width]) or (table[e, width + 1] == table[f, width + 1]):
                return False
    return True
