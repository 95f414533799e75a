"""The searches of :mod:`polytope_exact` and :mod:`polytope_float` as loops that numba compiles.

Plain functions on arrays: they run as they stand, which the tests use, and fast once
:mod:`compiled` has put them through numba. A dictionary is a k × (d + 1) block of ``tables`` with
its row of ``basic`` (k) and ``nonbasic`` (d) labels and its ``keys`` entry.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Table = NDArray[Any]

DONE, UNCERTAIN, OVERFLOW, FULL = 0, 1, 2, 3
#: entries beyond this could overflow a product of two
_WIDE = 2**31 - 1


def hash_slot(slots: Ints, key: int) -> int:
    """Where a key is, or would go, in a table of 2^b slots with −1 for empty."""
    last = len(slots) - 1
    place = (key % 2147483647 * 48271 >> 11) & last
    while slots[place] != -1 and slots[place] != key:
        place = (place + 1) & last
    return place


def rehash(slots: Ints) -> Ints:
    """The same keys in a table twice as long."""
    larger = np.full(2 * len(slots), -1, dtype=np.int64)
    for key in slots:
        if key != -1:
            larger[hash_slot(larger, key)] = key
    return larger


def leaving_float(table: Floats, best: Ints, low: Floats) -> None:
    """Write into ``best`` the row with the least ratio for each column; −1 where there is none."""
    k, d = table.shape[0], table.shape[1] - 1
    best[:] = -1
    low[:] = np.inf
    for i in range(k):
        value = table[i, d]
        for c in range(d):
            entry = table[i, c]
            if entry > 0.0 and value < low[c] * entry:
                best[c], low[c] = i, value / entry


def leaving_whole(table: Ints, basic: Ints, nonbasic: Ints, scale: int, c: int) -> int:
    """The row with the least ratio, ties by the lexicographic rule."""
    k, d = table.shape[0], table.shape[1] - 1
    best = -1
    for i in range(k):
        entry = table[i, c]
        if entry <= 0:
            continue
        side = -1
        if best >= 0:
            side = table[i, d] * table[best, c] - table[best, d] * entry
            label = d
            while side == 0 and label < d + k:
                column = -1
                for j in range(d):
                    if nonbasic[j] == label:
                        column = j
                if column >= 0:
                    side = table[i, column] * table[best, c] - table[best, column] * entry
                elif basic[i] == label:
                    side = scale
                elif basic[best] == label:
                    side = -scale
                label += 1
        if side < 0:
            best = i
    return best


def pivot_float(table: Floats, r: int, c: int, new: Floats) -> None:
    """Write into ``new`` the dictionary with row r and column c swapped."""
    k, width = table.shape
    entry = 1.0 / table[r, c]
    for j in range(width):
        new[r, j] = table[r, j] * entry
    new[r, c] = entry
    for i in range(k):
        if i != r:
            factor = table[i, c]
            for j in range(width):
                new[i, j] = table[i, j] - factor * new[r, j]
            new[i, c] = -factor * entry


def pivot_whole(table: Ints, r: int, c: int, scale: int, new: Ints) -> bool:
    """The same in whole numbers over ``scale``; False where a next product could overflow."""
    k, width = table.shape
    entry = table[r, c]
    widest = 0
    for i in range(k):
        factor = table[i, c]
        for j in range(width):
            if i == r:
                new[i, j] = table[r, j]
            elif j == c:
                new[i, j] = -factor
            else:
                new[i, j] = (table[i, j] * entry - factor * table[r, j]) // scale
            widest = max(widest, abs(new[i, j]))
    new[r, c] = scale
    return max(widest, scale) <= _WIDE


def proved_point(matrix: Floats, table: Floats, basic: Ints, nonbasic: Ints, point: Floats,
                 scratch: Ints, work: Floats) -> bool:
    """Write the dictionary's point; whether it is proved to be a simple vertex (see
    :func:`polytope_float.proved_points`, the same bound). ``scratch`` (k + d, or more) and
    ``work`` (d + 1, or more; d) are room to work in.
    """
    k, d = matrix.shape
    rounding = (4.0 * max(k, d) + 16.0) * 2.0**-53
    point[:] = 0.0
    least = slackest = np.inf
    contraction = heaviest = residual = 0.0
    # the rows of the z_j > 0 and the columns of the tight rows of M, as many of the one as of the
    # other; every comparison below is written so that it fails where a number is not one
    rows, columns = scratch[:k], scratch[k:k + d]
    size = tight = 0
    for i in range(k):
        if basic[i] < d:
            if not table[i, d] > 0.0:
                return False
            point[basic[i]] = table[i, d]
            least = min(least, table[i, d])
            rows[size] = i
            size += 1
    for t in range(d):
        if nonbasic[t] >= d:
            slack = abs(slack_of(matrix, point, nonbasic[t] - d))
            if not slack < 1.0:
                return False
            residual = max(residual, slack)
            columns[tight] = t
            tight += 1
    for i in range(k):
        if basic[i] >= d:
            slack = slack_of(matrix, point, basic[i] - d)
            if not slack > 0.0:
                return False
            slackest = min(slackest, slack)
    for t in range(tight):
        label = nonbasic[columns[t]] - d
        for b in range(size):
            work[t, b] = matrix[label, basic[rows[b]]]
    for a in range(size):
        off = weight = 0.0
        total = work[d]
        total[:size] = 0.0
        total[a] = -1.0
        for t in range(tight):
            entry = table[rows[a], columns[t]]
            weight += abs(entry)
            for b in range(size):
                total[b] += entry * work[t, b]
        for b in range(size):
            off += abs(total[b])
        off += rounding * weight * 2.0
        if not off < 0.5:
            return False
        contraction, heaviest = max(contraction, off), max(heaviest, weight)
    off = 1.01 * heaviest * (residual + rounding) / (1.0 - contraction)
    return bool(least > off and slackest > 2.0 * d * off + rounding)


def slack_of(matrix: Floats, point: Floats, row: int) -> float:
    """1 − (M z)_row."""
    total = 1.0
    for j in range(len(point)):
        total -= matrix[row, j] * point[j]
    return total


def search_float(matrix: Floats, limit: int) -> tuple[int, Ints, Floats]:
    """State, keys (V,) and points (V, d) of the vertices of a simple polytope, the origin first."""
    k, d = matrix.shape
    # two layers by turns: the dictionaries looked at and those found; labels are basic, non-basic
    tables, labels = np.empty((2, 16, k, d + 1)), np.empty((2, 16, k + d), np.int64)
    tables[0, 0, :, :d], tables[0, 0, :, d] = matrix, 1.0
    for label in range(k + d):
        labels[0, 0, label] = d + label if label < k else label - k
    keys, points = np.empty(16, np.int64), np.empty((16, d))
    slots = np.full(64, -1, dtype=np.int64)
    scratch, work = np.empty(k + 2 * d, np.int64), np.empty((d + 2, d))
    best, low = scratch[k + d:], work[d + 1]
    keys[0] = (1 << d) - 1
    slots[hash_slot(slots, keys[0])] = keys[0]
    layer, count, known, side = 1, 0, 1, 0
    while layer:
        coming = 0
        for f in range(layer):
            table, names = tables[side, f], labels[side, f]
            if not proved_point(matrix, table, names[:k], names[k:], points[count + f], scratch,
                                work):
                return UNCERTAIN, keys, points
            leaving_float(table, best, low)
            for c in range(d):
                r = best[c]
                if r < 0:
                    return UNCERTAIN, keys, points
                key = keys[count + f] ^ (1 << names[k + c]) ^ (1 << names[r])
                place = hash_slot(slots, key)
                if slots[place] == key:
                    continue
                if known >= limit:
                    return FULL, keys, points
                slots[place] = key
                if coming == tables.shape[1]:
                    tables = np.concatenate((tables, np.empty_like(tables)), axis=1)
                    labels = np.concatenate((labels, np.empty_like(labels)), axis=1)
                    table, names = tables[side, f], labels[side, f]
                if known == len(keys):
                    keys = np.concatenate((keys, np.empty_like(keys)))
                    points = np.concatenate((points, np.empty_like(points)))
                keys[known] = key
                pivot_float(table, r, c, tables[1 - side, coming])
                theirs = labels[1 - side, coming]
                for t in range(k + d):
                    theirs[t] = names[t]
                theirs[r], theirs[k + c] = names[k + c], names[r]
                coming += 1
                known += 1
                if 2 * known > len(slots):
                    slots = rehash(slots)
        count += layer
        layer, side = coming, 1 - side
    return DONE, keys[:known], points[:known]


def search_whole(matrix: Ints, limit: int) -> tuple[int, Ints, Ints, Ints, Ints]:
    """State, keys of the dictionaries, tight labels, numerators (V, d) and denominators."""
    k, d = matrix.shape
    room = 64
    tables = np.empty((room, k, d + 1), np.int64)
    tables[0, :, :d], tables[0, :, d] = matrix, 1
    basic, nonbasic = np.empty((room, k), np.int64), np.empty((room, d), np.int64)
    basic[0], nonbasic[0] = np.arange(d, d + k), np.arange(d)
    keys, tight, scale = (np.zeros(room, np.int64), np.zeros(room, np.int64),
                          np.zeros(room, np.int64))
    points = np.zeros((room, d), np.int64)
    slots = np.full(128, -1, dtype=np.int64)
    keys[0], scale[0] = (1 << d) - 1, 1
    slots[hash_slot(slots, keys[0])] = keys[0]
    here, known = 0, 1
    while here < known:
        tight[here] = keys[here]
        for i in range(k):
            if tables[here, i, d] == 0:
                tight[here] |= 1 << basic[here, i]
            if basic[here, i] < d:
                points[here, basic[here, i]] = tables[here, i, d]
        for c in range(d):
            r = leaving_whole(tables[here], basic[here], nonbasic[here], scale[here], c)
            key = keys[here] ^ (1 << nonbasic[here, c]) ^ (1 << basic[here, r])
            place = hash_slot(slots, key)
            if slots[place] == key:
                continue
            if known >= limit:
                return FULL, keys, tight, points, scale
            slots[place] = key
            if known == len(keys):
                tables = np.concatenate((tables, np.empty_like(tables)))
                basic = np.concatenate((basic, np.empty_like(basic)))
                nonbasic = np.concatenate((nonbasic, np.empty_like(nonbasic)))
                keys = np.concatenate((keys, np.zeros_like(keys)))
                tight = np.concatenate((tight, np.zeros_like(tight)))
                scale = np.concatenate((scale, np.zeros_like(scale)))
                points = np.concatenate((points, np.zeros_like(points)))
            keys[known] = key
            if not pivot_whole(tables[here], r, c, scale[here], tables[known]):
                return OVERFLOW, keys, tight, points, scale
            scale[known] = tables[here, r, c]
            basic[known], nonbasic[known] = basic[here], nonbasic[here]
            basic[known, r], nonbasic[known, c] = nonbasic[here, c], basic[here, r]
            known += 1
            if 2 * known > len(slots):
                slots = rehash(slots)
        here += 1
    return DONE, keys[:known], tight[:known], points[:known], scale[:known]
