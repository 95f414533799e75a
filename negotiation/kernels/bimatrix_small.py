"""All equilibria of one 2×2, 2×3, 3×2 or 3×3 game without ties, support by support, with proof.

Every decision is the sign of a polynomial in differences of payoffs, taken to be certain only where
it is above a bound on its rounding; where one is not, the game is left to :mod:`bimatrix_loops`.

*Complete*, because the supports of an equilibrium are equal in number here. One action against two
or more needs a tie of payoffs. If x on two rows leaves three columns tied, some pair of those
columns lets the first player mix over the two rows, and there the third column's disadvantage is
exactly 0, which is never certain; likewise with the players exchanged.

Plain functions on arrays that numba compiles (see :mod:`compiled`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: error of a sum of two (or six) products of differences, in units of the products' sizes
_ROUNDING = 16.0 * 2.0**-53
#: what is lost where a product underflows is far below this
_TINY = 1e-280
_UNCERTAIN = -1


def solve_small(payoffs: Floats, table: Floats) -> int:
    """How many equilibria were written into ``table`` (at least 19 rows), −1 where not certain.

    ``payoffs`` is (2, m, n) with m and n 2 or 3; a row gets the first player's m probabilities,
    then the second's n. Rows are in order: fewer actions first, then earlier actions.
    """
    m, n = payoffs.shape[1], payoffs.shape[2]
    table[:] = 0.0
    count = pure_small(payoffs, table)
    if count < 0:
        return _UNCERTAIN
    for i in range(m - 1):
        for k in range(i + 1, m):
            for j in range(n - 1):
                for t in range(j + 1, n):
                    found = pair_small(payoffs, i, k, j, t, table[count])
                    if found < 0:
                        return _UNCERTAIN
                    count += found
    if m == 3 and n == 3:
        found = full_small(payoffs, table[count])
        if found < 0:
            return _UNCERTAIN
        count += found
    return count


def pure_small(payoffs: Floats, table: Floats) -> int:
    """The pure equilibria, in order; −1 where a player's payoffs tie or are not finite."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    count = 0
    for i in range(m):
        for j in range(n):
            best = True
            for k in range(m):
                if k != i:
                    if payoffs[0, k, j] == payoffs[0, i, j]:
                        return _UNCERTAIN
                    best = best and payoffs[0, i, j] > payoffs[0, k, j]
            for t in range(n):
                if t != j:
                    if payoffs[1, i, t] == payoffs[1, i, j]:
                        return _UNCERTAIN
                    best = best and payoffs[1, i, j] > payoffs[1, i, t]
            if best:
                table[count, i] = table[count, m + j] = 1.0
                count += 1
    return count


def pair_small(payoffs: Floats, i: int, k: int, j: int, t: int, row: Floats) -> int:
    """Whether both players mix over rows i, k and columns j, t; 1, 0, or −1 where not certain."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    # what row i pays above row k at each column, and column j above column t at each row
    p, q = payoffs[0, i, j] - payoffs[0, k, j], payoffs[0, i, t] - payoffs[0, k, t]
    u, v = payoffs[1, i, j] - payoffs[1, i, t], payoffs[1, k, j] - payoffs[1, k, t]
    if (p > 0.0) == (q > 0.0) or (u > 0.0) == (v > 0.0):
        return 0
    left, right, up, down = abs(q), abs(p), abs(v), abs(u)
    inside = 1
    if m == 3:
        other = 3 - i - k
        better = sum_sign(left * (payoffs[0, other, j] - payoffs[0, i, j]),
                          right * (payoffs[0, other, t] - payoffs[0, i, t]))
        if better == 0:
            return _UNCERTAIN
        if better > 0:
            inside = 0
    if n == 3:
        other = 3 - j - t
        better = sum_sign(up * (payoffs[1, i, other] - payoffs[1, i, j]),
                          down * (payoffs[1, k, other] - payoffs[1, k, j]))
        if better == 0:
            return _UNCERTAIN
        if better > 0:
            inside = 0
    if inside:
        if not (left + right < np.inf and up + down < np.inf):
            return _UNCERTAIN
        row[i], row[k] = up / (up + down), down / (up + down)
        row[m + j], row[m + t] = left / (left + right), right / (left + right)
    return inside


def sum_sign(one: float, two: float) -> int:
    """The sign of a sum of two products of differences, 0 where it is not certain."""
    total = one + two
    if not abs(total) > _ROUNDING * (abs(one) + abs(two)) + _TINY:
        return 0
    return 1 if total > 0.0 else -1


def full_small(payoffs: Floats, row: Floats) -> int:
    """Whether both players of a 3×3 game mix over everything; 1, 0, or −1 where not certain."""
    first = full_side(payoffs[1], row[:3])
    second = full_side(payoffs[0].T, row[3:6])
    if first == 0 or second == 0:
        row[:6] = 0.0
        return 0
    return 1 if first == 1 and second == 1 else _UNCERTAIN


def full_side(table: Floats, out: Floats) -> int:
    """The mix of the three rows of ``table`` at which its columns pay the same, if it is inside.

    It is at right angles to the differences of the columns: their cross product, scaled.
    """
    positive = negative = 0
    for a in range(3):
        b, c = (a + 1) % 3, (a + 2) % 3
        one = (table[b, 0] - table[b, 1]) * (table[c, 0] - table[c, 2])
        two = (table[c, 0] - table[c, 1]) * (table[b, 0] - table[b, 2])
        out[a] = one - two
        if abs(out[a]) > _ROUNDING * (abs(one) + abs(two)) + _TINY:
            positive += out[a] > 0.0
            negative += out[a] < 0.0
    if positive and negative:
        return 0
    if positive + negative < 3:
        return _UNCERTAIN
    total = out[0] + out[1] + out[2]
    if not abs(total) < np.inf:
        return _UNCERTAIN
    for a in range(3):
        out[a] /= total
    return 1
