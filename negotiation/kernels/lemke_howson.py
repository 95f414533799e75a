"""Lemke–Howson paths on the pair of best-response polytopes, with the lexicographic rule.

P = {x ≥ 0 : Bᵀx ≤ 1} and Q = {y ≥ 0 : A y ≤ 1} with positive B (m × n) and A. A path starts at the
pair of origins, where every label is met, lets go of one label and pivots in P and Q by turns until
that label is met again: at an equilibrium. Ties of the ratio test are broken by the order of the
symbolically perturbed right-hand sides, so that no pair of dictionaries comes twice and each path
ends. In whole numbers that is a proof; in floats ties are told by a tolerance and the path is given
a number of pivots.

Sources: Lemke & Howson 1964, "Equilibrium points of bimatrix games", J. SIAM 12; von Stengel 2002,
"Computing equilibria for two-person games", Handbook of Game Theory 3, §2.3 and §2.6 (degenerate
games).
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from . import polytope_exact

Floats = NDArray[np.float64]

#: ratios and entries closer than this, the table being of size 1, are taken to be equal
_TIE = 1e-10


class Side(Protocol):
    """One polytope's dictionary: pivots a label in and tells which one it drove out."""

    def enter(self, label: int) -> int: ...


class WholeSide:
    """A polytope in whole numbers."""

    def __init__(self, matrix: list[list[int]]) -> None:
        self.here = polytope_exact.first(matrix)
        self.d = len(matrix[0])

    def enter(self, label: int) -> int:
        here = self.here
        c = here.nonbasic.index(label)
        r = polytope_exact.leaving(here, c, self.d)
        out = here.basic[r]
        self.here = polytope_exact.pivot(here, r, c, here.key ^ 1 << label ^ 1 << out)
        return out

    def point(self) -> list[int]:
        """z_0 … z_{d−1} over one denominator, which is left out."""
        z = [0] * self.d
        for label, row in zip(self.here.basic, self.here.rows, strict=True):
            if label < self.d:
                z[label] = row[self.d]
        return z


class FloatSide:
    """A polytope in floats, entries of size 1."""

    def __init__(self, matrix: Floats) -> None:
        k, self.d = matrix.shape
        self.table = np.concatenate([matrix, np.ones((k, 1))], axis=1)
        self.basic = np.arange(self.d, self.d + k)
        self.place = np.arange(self.d + k)          # label → its row or its column
        self.inside = np.arange(self.d + k) >= self.d
        self.nonbasic = np.arange(self.d)
        self._scratch = np.empty_like(self.table)

    def enter(self, label: int) -> int:
        table, c = self.table, int(self.place[label])
        column = table[:, c].copy()
        r = self._leaving(column)
        out = int(self.basic[r])
        line = table[r] / column[r]
        line[c] = 1.0 / column[r]
        column[r] = 0.0
        table[:, c] = 0.0
        np.multiply(column[:, None], line, out=self._scratch)
        np.subtract(table, self._scratch, out=table)
        table[r] = line
        self.basic[r], self.nonbasic[c] = label, out
        self.place[label], self.place[out] = r, c
        self.inside[label], self.inside[out] = True, False
        return out

    def _leaving(self, column: Floats) -> int:
        rows = np.flatnonzero(column > _TIE * max(1.0, float(np.abs(column).max())))
        if not len(rows):
            raise FloatingPointError
        ratio = self.table[rows, -1] / column[rows]
        rows = rows[ratio <= ratio.min() + _TIE * max(1.0, abs(float(ratio.min())))]
        for label in range(self.d, len(self.place)):
            if len(rows) == 1:
                break
            if self.inside[label]:
                # a unit column: only that row's perturbation is positive, so it is not the least
                rest = rows[self.basic[rows] != label]
                rows = rest if len(rest) else rows
            else:
                ratio = self.table[rows, self.place[label]] / column[rows]
                low = float(ratio.min())
                rows = rows[ratio <= low + _TIE * max(1.0, abs(low))]
        return int(rows[0])

    def point(self) -> Floats:
        """(d,) z."""
        z = np.zeros(self.d)
        own = self.basic < self.d
        z[self.basic[own]] = np.maximum(self.table[own, -1], 0.0)
        return z


def follow(p: Side, q: Side, m: int, n: int, label: int, pivots: int | None = None) -> bool:
    """Move both sides along the path of a label, 0 … m+n−1; False where it took over ``pivots``."""
    here, at_p = label, label < m
    steps = 0
    while pivots is None or steps < pivots:
        if at_p:
            out = p.enter(here)
        else:
            out = q.enter(here - m if here >= m else here + n)
            out = out + m if out < n else out - n
        steps += 1
        if out == label:
            return True
        here, at_p = out, not at_p
    return False
