"""All extreme equilibria of one bimatrix game as loops that numba compiles.

The searches of :mod:`polytope_loops` over both best-response polytopes, and the join of their
vertices by labels; what the parts mean is told in :mod:`negotiation.normal_form.bimatrix`. An
answer is a table with a row for each extreme equilibrium: the first player's probabilities (m), the
second's (n), and the numbers of the two vertices. Small games spend their time on making arrays, so
that few are made.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bimatrix_small import solve_small
from .polytope_loops import DONE, OVERFLOW, UNCERTAIN, hash_slot, search_float, search_whole

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: what :func:`solve` answers with
NEITHER, FLOATS, WHOLE = 0, 1, 2
#: whole payoffs up to this are searched in 64-bit whole numbers
_SMALL = 2.0**20


def solve(payoffs: Floats, limit: int, allowed: float) -> tuple[int, Floats]:
    """Which search answered (FLOATS or WHOLE, NEITHER), and its table; ``payoffs`` is (2, m, n).

    Nothing is answered whose regret, in units of the payoff ranges, is above ``allowed``.
    """
    m, n = payoffs.shape[1], payoffs.shape[2]
    if 2 <= m <= 3 and 2 <= n <= 3:
        room = np.empty((19, m + n + 2))
        count = solve_small(payoffs, room)
        if count > 0 and worst_regret(payoffs, room[:count]) <= allowed:
            for e in range(count):
                room[e, m + n] = room[e, m + n + 1] = e
            return FLOATS, room[:count]
    # small whole payoffs tie as a rule, so that floats are a detour; larger ones may overflow late
    for turn in range(2):
        whole = (turn == 0) == (m * n <= 64)
        if whole and not small_whole(payoffs):
            continue
        state, table = solve_whole(payoffs, limit) if whole else solve_floats(payoffs, limit)
        if state == DONE and worst_regret(payoffs, table) <= allowed:
            return WHOLE if whole else FLOATS, table
    return NEITHER, np.empty((0, m + n + 2))


def solve_floats(payoffs: Floats, limit: int) -> tuple[int, Floats]:
    """State and table. The state is DONE only where both searches are proved."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    p, q, scale = np.empty((n, m)), np.empty((m, n)), np.empty(m + n)
    for i in range(m):
        _unit(payoffs[1, i], p[:, i], scale, i)
    for j in range(n):
        _unit(payoffs[0, :, j], q[:, j], scale, m + j)
    for wide in scale:
        if not wide < np.inf:
            return UNCERTAIN, np.empty((0, m + n + 2))
    state, x_keys, xs = search_float(p, limit)
    if state != DONE:
        return state, np.empty((0, m + n + 2))
    state, y_keys, ys = search_float(q, limit)
    if state != DONE:
        return state, np.empty((0, m + n + 2))
    everything, low = (1 << (m + n)) - 1, (1 << n) - 1
    size = 16
    while size < 2 * len(y_keys):
        size *= 2
    slots, which = np.full(size, -1, dtype=np.int64), np.empty(size, np.int64)
    for k in range(1, len(y_keys)):
        key = (y_keys[k] & low) << m | y_keys[k] >> n
        place = hash_slot(slots, key)
        slots[place], which[place] = key, k
    count = 0
    for k in range(1, len(x_keys)):
        if slots[hash_slot(slots, everything ^ x_keys[k])] != -1:
            count += 1
    table = np.empty((count, m + n + 2))
    count = 0
    for k in range(1, len(x_keys)):
        place = hash_slot(slots, everything ^ x_keys[k])
        if slots[place] != -1:
            row, t = table[count], which[place]
            for i in range(m):
                row[i] = xs[k, i] / scale[i]
            for j in range(n):
                row[m + j] = ys[t, j] / scale[m + j]
            row[m + n], row[m + n + 1] = k, t
            count += 1
    finish(table, m, n)
    return DONE, table


def solve_whole(payoffs: Floats, limit: int) -> tuple[int, Floats]:
    """The same for payoffs that are small whole numbers, ties included."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    if not small_whole(payoffs):
        return OVERFLOW, np.empty((0, m + n + 2))
    p, q = np.empty((n, m), np.int64), np.empty((m, n), np.int64)
    for i in range(m):
        _shifted(payoffs[1, i], p[:, i])
    for j in range(n):
        _shifted(payoffs[0, :, j], q[:, j])
    state, _, x_tight, xs, _ = search_whole(p, limit)
    if state != DONE:
        return state, np.empty((0, m + n + 2))
    state, _, y_tight, ys, _ = search_whole(q, limit)
    if state != DONE:
        return state, np.empty((0, m + n + 2))
    x_kept, y_kept = _distinct(x_tight, (1 << m) - 1), _distinct(y_tight, (1 << n) - 1)
    x_of, y_of = _complementary(x_tight, y_tight, x_kept, y_kept, m, n)
    table = np.empty((len(x_of), m + n + 2))
    for e in range(len(x_of)):
        for i in range(m):
            table[e, i] = xs[x_of[e], i]
        for j in range(n):
            table[e, m + j] = ys[y_of[e], j]
        table[e, m + n], table[e, m + n + 1] = x_of[e], y_of[e]
    finish(table, m, n)
    return DONE, table


def small_whole(payoffs: Floats) -> bool:
    """Whether every payoff is a whole number of moderate size."""
    for player in range(2):
        for i in range(payoffs.shape[1]):
            for j in range(payoffs.shape[2]):
                value = payoffs[player, i, j]
                if value != np.floor(value) or abs(value) > _SMALL:
                    return False
    return True


def worst_regret(payoffs: Floats, table: Floats) -> float:
    """The largest regret of any row, in units of the players' payoff ranges."""
    m, n = payoffs.shape[1], payoffs.shape[2]
    worst = 0.0
    for player in range(2):
        low, high = payoffs[player].min(), payoffs[player].max()
        if low == high:
            continue
        mine, theirs = (m, n) if player == 0 else (n, m)
        own, other = (0, m) if player == 0 else (m, 0)
        for row in table:
            best = expected = 0.0
            for a in range(mine):
                pays = 0.0
                for b in range(theirs):
                    above = payoffs[0, a, b] if player == 0 else payoffs[1, b, a]
                    pays += (above - low) * row[other + b]
                best = max(best, pays)
                expected += row[own + a] * pays
            worst = max(worst, (best - expected) / (high - low))
    return worst


def _unit(line: Floats, out: Floats, scale: Floats, place: int) -> None:
    """Map a player's payoffs against one action onto [1, 2]; the range goes to ``scale``."""
    low = high = line[0]
    for value in line:
        low, high = min(low, value), max(high, value)
    wide = high - low if high > low else 1.0
    scale[place] = wide
    for k in range(len(line)):
        out[k] = (line[k] - low) / wide + 1.0


def _shifted(line: Floats, out: Ints) -> None:
    """Shift a player's payoffs against one action to whole numbers ≥ 1."""
    low = line.min()
    for k in range(len(line)):
        out[k] = int(line[k] - low) + 1


def finish(table: Floats, m: int, n: int) -> None:
    """Scale both strategies of each row to sum to 1, and put the rows in order."""
    for e in range(len(table)):
        row = table[e]
        for start, stop in ((0, m), (m, m + n)):
            largest = 0.0
            for k in range(start, stop):
                largest = max(largest, row[k])
            total = 0.0
            for k in range(start, stop):
                row[k] /= largest
                total += row[k]
            for k in range(start, stop):
                row[k] /= total
        k = e
        while k > 0 and _before(table[k], table[k - 1], m + n):
            for t in range(m + n + 2):
                table[k, t], table[k - 1, t] = table[k - 1, t], table[k, t]
            k -= 1


def _before(row: Floats, other: Floats, width: int) -> bool:
    """Fewer actions played first, then whoever plays the earlier action, then by probability."""
    mine = theirs = 0
    for k in range(width):
        mine += row[k] > 0.0
        theirs += other[k] > 0.0
    if mine != theirs:
        return mine < theirs
    for k in range(width):
        if (row[k] > 0.0) != (other[k] > 0.0):
            return bool(row[k] > 0.0)
    for k in range(width):
        if row[k] != other[k]:
            return bool(row[k] > other[k])
    return False


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
