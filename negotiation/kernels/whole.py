"""Whole numbers for exact work: rows of payoffs over a common denominator, and a linear program."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm

from .polytope_exact import Dictionary, Row, pivot


def whole_row(row: Sequence[float | Fraction]) -> tuple[Row, int]:
    """A row as whole numbers over one denominator, without rounding."""
    if isinstance(row[0], float):
        whole = [int(v) for v in row]
        if whole == row:
            return whole, 1
    ratios = [v.as_integer_ratio() for v in row]
    common = lcm(*(below for _, below in ratios))
    return [above * (common // below) for above, below in ratios], common


def maximise(objective: Row, matrix: Sequence[Row], bounds: Row) -> tuple[Fraction, list[Fraction]]:
    """max c·x over {x ≥ 0 : M x ≤ b}, b ≥ 0, all whole numbers: the value and a point with it.

    Bland's rule, so that it ends (Bland 1977, Math. of Operations Research 2); the program must be
    bounded, which the caller knows.
    """
    d, k = len(objective), len(matrix)
    rows = [[*row, bound] for row, bound in zip(matrix, bounds, strict=True)]
    rows.append([-c for c in objective] + [0])
    here = Dictionary(1, rows, list(range(d, d + k + 1)), list(range(d)), 0)
    while True:
        columns = [c for c in range(d) if here.rows[k][c] < 0]
        if not columns:
            break
        c = min(columns, key=here.nonbasic.__getitem__)
        ratios = [(Fraction(row[d], row[c]), label, i) for i, (row, label)
                  in enumerate(zip(here.rows[:k], here.basic, strict=False)) if row[c] > 0]
        here = pivot(here, min(ratios)[2], c, 0)
    point = [Fraction(0)] * d
    for label, row in zip(here.basic[:k], here.rows, strict=False):
        if label < d:
            point[label] = Fraction(row[d], here.scale)
    return Fraction(here.rows[k][d], here.scale), point
