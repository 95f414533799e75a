"""All extreme equilibria of one bimatrix game as loops that numba compiles.

The searches of :mod:`polytope_loops` over both best-response polytopes, and the join of their
vertices by labels; what the parts mean is told in :mod:`negotiation.normal_form.bimatrix`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .polytope_loops import DONE, OVERFLOW, hash_slot, search_float, search_whole

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Answer = tuple[int, Floats, Floats, Ints, Ints]

#: what :func:`solve` answers with
NEITHER, FLOATS, WHOLE = 0, 1, 2
#: whole payoffs up to this are searched in 64-bit whole numbers
_SMALL = 2.0**20


def solve(payoffs: Floats, limit: int, allowed: float) -> tuple[int, Floats]:
    """Which search answered (FLOATS or WHOLE, NEITHER) and a table with a row for each extreme
    equilibrium: first (m), second (n), and the numbers of the two vertices.

    Nothing is answered whose regret, in units of the payoff ranges, is above ``allowed``.
    """
    m, n = payoffs.shape[1], payoffs.shape[2]
    # small whole payoffs tie as a rule, so that floats are a detour; larger ones may overflow late
    for turn in range(2):
        whole = (turn == 0) == (m * n <= 64)
        if whole and not small_whole(payoffs):
            continue
        if whole:
            state, first, second, xs, ys = solve_whole(payoffs, limit)
        else:
            state, first, second, xs, ys = solve_floats(payoffs, limit)
        if state == DONE and regrets(payoffs, first, second).max() <= allowed:
            table = np.empty((len(first), m + n + 2))
            table[:, :m], table[:, m:m + n] = first, second
            table[:, m + n], table[:, m + n + 1] = xs, ys
            return WHOLE if whole else FLOATS, table
    return NEITHER, np.empty((0, m + n + 2))


def solve_floats(payoffs: Floats, limit: int) -> Answer:
    """State, first (E, m), second (E, n), and which vertex each is of its polytope (E,).

    ``payoffs`` is (2, m, n). The state is DONE only where both searches are proved.
    """
    m, n = payoffs.shape[1], payoffs.shape[2]
    p, x_scale = _unit(payoffs[1].T.copy())
    q, y_scale = _unit(payoffs[0].copy())
    state, x_keys, xs = search_float(p, limit)
    if state == DONE:
        state, y_keys, ys = search_float(q, limit)
    else:
        y_keys, ys = x_keys, xs
    if state != DONE:
        return state, np.empty((0, m)), np.empty((0, n)), np.empty(0, np.int64), np.empty(
            0, np.int64)
    everything, low = (1 << (m + n)) - 1, (1 << n) - 1
    size = 16
    while size < 2 * len(y_keys):
        size *= 2
    slots, which = np.full(size, -1, dtype=np.int64), np.empty(size, np.int64)
    for k in range(1, len(y_keys)):
        key = (y_keys[k] & low) << m | y_keys[k] >> n
        place = hash_slot(slots, key)
        slots[place], which[place] = key, k
    x_of, y_of = np.empty(len(x_keys), np.int64), np.empty(len(x_keys), np.int64)
    count = 0
    for k in range(1, len(x_keys)):
        place = hash_slot(slots, everything ^ x_keys[k])
        if slots[place] != -1:
            x_of[count], y_of[count] = k, which[place]
            count += 1
    first, second = _probabilities(xs, x_of[:count], x_scale), _probabilities(
        ys, y_of[:count], y_scale)
    order = _order(first, second)
    return DONE, first[order], second[order], x_of[order], y_of[order]


def solve_whole(payoffs: Floats, limit: int) -> Answer:
    """The same for payoffs that are small whole numbers, ties included."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    none = (np.empty((0, m)), np.empty((0, n)), np.empty(0, np.int64), np.empty(0, np.int64))
    if not small_whole(payoffs):
        return OVERFLOW, none[0], none[1], none[2], none[3]
    p, q = _whole(payoffs[1].T.copy()), _whole(payoffs[0].copy())
    state, _, x_tight, xs, _ = search_whole(p, limit)
    if state == DONE:
        state, _, y_tight, ys, _ = search_whole(q, limit)
    else:
        y_tight, ys = x_tight, xs
    if state != DONE:
        return state, none[0], none[1], none[2], none[3]
    x_kept, y_kept = _distinct(x_tight, (1 << m) - 1), _distinct(y_tight, (1 << n) - 1)
    x_of, y_of = _complementary(x_tight, y_tight, x_kept, y_kept, m, n)
    ones = np.ones(max(m, n))
    first = _probabilities(xs.astype(np.float64), x_of, ones)
    second = _probabilities(ys.astype(np.float64), y_of, ones)
    order = _order(first, second)
    return DONE, first[order], second[order], x_of[order], y_of[order]


def small_whole(payoffs: Floats) -> bool:
    """Whether every payoff is a whole number of moderate size."""
    for value in payoffs.ravel():
        if value != np.floor(value) or abs(value) > _SMALL:
            return False
    return True


def regrets(payoffs: Floats, first: Floats, second: Floats) -> Floats:
    """(E,) the largest regret of each profile, in units of the players' payoff ranges."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    worst = np.zeros(len(first))
    row, column = np.empty(m), np.empty(n)
    for player in range(2):
        low, high = payoffs[player].min(), payoffs[player].max()
        if low == high:
            continue
        for e in range(len(first)):
            row[:], column[:] = 0.0, 0.0
            for i in range(m):
                for j in range(n):
                    above = payoffs[player, i, j] - low
                    row[i] += above * second[e, j]
                    column[j] += above * first[e, i]
            total = 0.0
            if player == 0:
                best = row.max()
                for i in range(m):
                    total += first[e, i] * (best - row[i])
            else:
                best = column.max()
                for j in range(n):
                    total += second[e, j] * (best - column[j])
            worst[e] = max(worst[e], total / (high - low))
    return worst


def _unit(table: Floats) -> tuple[Floats, Floats]:
    """Each column mapped onto [1, 2], and the weights that undo it."""
    k, d = table.shape
    wide = np.empty(d)
    for c in range(d):
        low, high = table[:, c].min(), table[:, c].max()
        wide[c] = high - low if high > low else 1.0
        for i in range(k):
            table[i, c] = (table[i, c] - low) / wide[c] + 1.0
    return table, wide.min() / wide


def _whole(table: Floats) -> Ints:
    """Each column shifted to whole numbers ≥ 1."""
    k, d = table.shape
    whole = np.empty((k, d), np.int64)
    for c in range(d):
        low = table[:, c].min()
        for i in range(k):
            whole[i, c] = int(table[i, c] - low) + 1
    return whole


def _distinct(tight: Ints, origin: int) -> Ints:
    """Which dictionaries to keep: one for each vertex but the origin."""
    size = 16
    while size < 2 * len(tight):
        size *= 2
    slots, kept, count = np.full(size, -1, dtype=np.int64), np.empty(len(tight), np.int64), 0
    for k in range(len(tight)):
        place = hash_slot(slots, tight[k])
        if slots[place] == -1 and tight[k] & origin != origin:
            slots[place] = tight[k]
            kept[count] = k
            count += 1
    return kept[:count]


def _bits(labels: int) -> int:
    count = 0
    while labels:
        labels &= labels - 1
        count += 1
    return count


def _complementary(x_tight: Ints, y_tight: Ints, x_kept: Ints, y_kept: Ints, m: int, n: int,
                   ) -> tuple[Ints, Ints]:
    """Pairs whose labels are all of 0 … m+n−1: simple vertices by look-up, others by trying."""
    everything, low = (1 << (m + n)) - 1, (1 << n) - 1
    size = 16
    while size < 2 * len(y_kept):
        size *= 2
    slots, which = np.full(size, -1, dtype=np.int64), np.empty(size, np.int64)
    labels, rich, rich_count = np.empty(len(y_kept), np.int64), np.empty(len(y_kept), np.int64), 0
    for t in range(len(y_kept)):
        labels[t] = (y_tight[y_kept[t]] & low) << m | y_tight[y_kept[t]] >> n
        if _bits(labels[t]) == n:
            place = hash_slot(slots, labels[t])
            slots[place], which[place] = labels[t], t
        else:
            rich[rich_count] = t
            rich_count += 1
    x_of, y_of, count = np.empty(16, np.int64), np.empty(16, np.int64), 0
    for k in x_kept:
        mine = x_tight[k]
        simple = _bits(mine) == m
        tried = rich_count if simple else len(y_kept)
        for s in range(-1 if simple else 0, tried):
            if s < 0:
                place = hash_slot(slots, everything ^ mine)
                if slots[place] == -1:
                    continue
                t = which[place]
            else:
                t = rich[s] if simple else s
                if mine | labels[t] != everything:
                    continue
            if count == len(x_of):
                x_of, y_of = np.concatenate((x_of, x_of)), np.concatenate((y_of, y_of))
            x_of[count], y_of[count] = k, y_kept[t]
            count += 1
    return x_of[:count], y_of[:count]


def _probabilities(points: Floats, which: Ints, scale: Floats) -> Floats:
    shares = np.empty((len(which), points.shape[1]))
    for e in range(len(which)):
        total = 0.0
        for j in range(points.shape[1]):
            shares[e, j] = points[which[e], j] * scale[j]
            total += shares[e, j]
        shares[e] /= total
    return shares


def _order(first: Floats, second: Floats) -> Ints:
    """Fewer actions played first, then whoever plays the earlier action, then by probability."""
    count = len(first)
    order, size = np.empty(count, np.int64), np.empty(count, np.int64)
    for e in range(count):
        size[e] = (first[e] > 0.0).sum() + (second[e] > 0.0).sum()
        k = e
        while k > 0 and _before(first, second, size, e, order[k - 1]):
            order[k] = order[k - 1]
            k -= 1
        order[k] = e
    return order


def _before(first: Floats, second: Floats, size: Ints, e: int, other: int) -> bool:
    if size[e] != size[other]:
        return bool(size[e] < size[other])
    m, n = first.shape[1], second.shape[1]
    for i in range(m + n):
        mine = first[e, i] > 0.0 if i < m else second[e, i - m] > 0.0
        theirs = first[other, i] > 0.0 if i < m else second[other, i - m] > 0.0
        if mine != theirs:
            return bool(mine)
    for i in range(m + n):
        p = first[e, i] if i < m else second[e, i - m]
        q = first[other, i] if i < m else second[other, i - m]
        if p != q:
            return bool(p > q)
    return False
