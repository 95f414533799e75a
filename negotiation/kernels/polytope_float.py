"""Vertices of a simple best-response polytope {z ∈ R^d : z ≥ 0, M z ≤ 1}, in floats, with proof.

M is k × d with entries in [1, 2]; labels are those of :mod:`polytope_exact`. The search goes from
vertex to vertex in layers, each layer one batch of array operations, and finds every label set by
pivots in floats. That is then proved: where each label set found has a regular system whose
solution, by an a-posteriori bound on its error, leaves every other constraint strictly slack, each
is a simple vertex; the search has closed under "drop one label and go to the other end of that
edge", and the graph of a polytope is connected, so that there are no others. Where a sign is not
certain, as in degenerate games, nothing is claimed.

Source of the bound: Rump 2010, "Verification methods", Acta Numerica 19, §10.1 (with an approximate
inverse R and ‖I − RB‖ < 1, |x − x̂| ≤ |R| |b − Bx̂| / (1 − ‖I − RB‖)).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Keys = NDArray[np.uint64]

_UNIT = 2.0**-53
#: a label set must fit in one machine word
WORD = 62


class Vertices(NamedTuple):
    """``keys`` (V,) bits of the tight labels, ``points`` (V, d); the origin is left out."""

    keys: Keys
    points: Floats


def vertices(matrix: Floats, limit: int) -> Vertices | None:
    """Every vertex but the origin; None where a sign is uncertain or there are over ``limit``."""
    k, d = matrix.shape
    table = np.concatenate([matrix, np.ones((k, 1))], axis=1)[None]
    basic = np.arange(d, d + k)[None]
    nonbasic = np.arange(d)[None]
    keys = np.array([(1 << d) - 1], dtype=np.uint64)
    seen = keys
    found_keys, found_points = [], []
    while len(keys):
        points = proved_points(matrix, table, basic, nonbasic)
        if points is None:
            return None
        found_keys.append(keys)
        found_points.append(points)
        row, new = _neighbours(table, basic, nonbasic, keys)
        new, where = np.unique(new.ravel(), return_index=True)
        fresh = ~_inside(new, seen)
        new, where = new[fresh], where[fresh]
        seen = np.sort(np.concatenate([seen, new]))
        if len(seen) > limit:
            return None
        origin, column = np.divmod(where, d)
        table, basic, nonbasic = _pivot(table[origin], basic[origin], nonbasic[origin],
                                        row.ravel()[where], column)
        keys = new
    return Vertices(np.concatenate(found_keys)[1:], np.concatenate(found_points)[1:])


def _inside(values: Keys, ordered: Keys) -> NDArray[np.bool_]:
    place = np.minimum(np.searchsorted(ordered, values), len(ordered) - 1)
    inside: NDArray[np.bool_] = ordered[place] == values
    return inside


def _neighbours(table: Floats, basic: NDArray[np.int64], nonbasic: NDArray[np.int64],
                keys: Keys) -> tuple[NDArray[np.int64], Keys]:
    """(F, d) the row that leaves as each non-basic label enters, and the key that results."""
    entries = table[:, :, :-1]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        ratio = np.where(entries > 0, table[:, :, -1:] / entries, np.inf)
    row = ratio.argmin(axis=1)
    out = np.take_along_axis(basic, row, axis=1).astype(np.uint64)
    one = np.uint64(1)
    return row, keys[:, None] ^ (one << nonbasic.astype(np.uint64)) ^ (one << out)


def _pivot(table: Floats, basic: NDArray[np.int64], nonbasic: NDArray[np.int64],
           row: NDArray[np.int64], column: NDArray[np.int64],
           ) -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """Each dictionary with its row's and its column's labels swapped. The arguments are spent."""
    each = np.arange(len(table))
    out = table[each, :, column]
    entry = out[each, row]
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        line = table[each, row] / entry[:, None]
        line[each, column] = 1.0 / entry
        table[each, :, column] = 0.0
        table -= out[:, :, None] * line[:, None, :]
    table[each, row] = line
    basic[each, row], nonbasic[each, column] = nonbasic[each, column], basic[each, row]
    return table, basic, nonbasic


def proved_points(matrix: Floats, table: Floats, basic: NDArray[np.int64],
                  nonbasic: NDArray[np.int64]) -> Floats | None:
    """(F, d) the points of a layer's dictionaries; None unless each is proved a simple vertex."""
    k, d = matrix.shape
    count = len(table)
    each = np.arange(count)[:, None]
    full = np.zeros((count, d + k))
    full[each, basic] = table[:, :, -1]
    points = full[:, :d]
    # R: the dictionary's columns of tight rows, for the labels z_j > 0, is the inverse of the
    # system that the vertex solves. Scatter it into (F, d, k), zero elsewhere.
    inverse = np.zeros((count, d + k, d + k))
    inverse[each[:, :, None], basic[:, :, None], nonbasic[:, None, :]] = table[:, :, :-1]
    inverse = inverse[:, :d, d:]
    positive = np.zeros((count, d + k), dtype=bool)
    positive[each, basic] = True
    inside, tight = positive[:, :d], ~positive[:, d:]
    error = (inverse.reshape(-1, k) @ matrix).reshape(count, d, d)
    error[:, np.arange(d), np.arange(d)] -= 1.0
    error *= inside[:, None, :] & inside[:, :, None]
    slack = 1.0 - points @ matrix.T
    weight = np.abs(inverse).sum(axis=2)
    with np.errstate(invalid="ignore", over="ignore"):
        # rounding of M itself (4 units in the last place of 2) and of the sums taken here
        rounding = (4.0 * max(k, d) + 16.0) * _UNIT
        contraction = (np.abs(error).sum(axis=2) + rounding * weight * 2.0).max(axis=1)
        residual = np.where(tight, np.abs(slack), 0.0).max(axis=1) + rounding
        off = 1.01 * weight.max(axis=1) * residual / (1.0 - contraction)
        certain = ((contraction < 0.5)
                   & (np.where(inside, points, np.inf).min(axis=1) > off)
                   & (np.where(tight, np.inf, slack).min(axis=1) > 2.0 * d * off + rounding))
    return points if bool(certain.all()) else None
