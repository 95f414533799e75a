"""All equilibria of two-player games, ties included.

With payoffs A of the first player and B of the second, made positive, let

    P = {x ≥ 0 : Bᵀx ≤ 1},    Q = {y ≥ 0 : A y ≤ 1}.

Label i stands for x_i = 0 in P and for (Ay)_i = 1 in Q, label m + j for (Bᵀx)_j = 1 in P and
y_j = 0 in Q. The extreme equilibria are the pairs of vertices, other than the two origins, whose
labels together are all of 0 … m+n−1, each scaled to probabilities. Every equilibrium is a mix of
extreme ones within a maximal Nash subset.

Each row of B (column of A) is shifted and scaled on its own, which only rescales x_i (y_j): so a
game may have payoffs of any size beside each other.

Sources: Mangasarian 1964, "Equilibrium points of bimatrix games", J. SIAM 12; Avis, Rosenberg,
Savani & von Stengel 2010, "Enumeration of Nash equilibria for two-player games", Economic Theory
42.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import gcd, lcm
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import bimatrix_loops, polytope_exact, polytope_float
from ..kernels.compiled import compiled
from ..kernels.whole import whole_row
from .game import NormalFormGame, Objects

Floats = NDArray[np.float64]
Whole = tuple[int, ...]
Pair = tuple[int, int]
Profiles = list[tuple[Floats, Floats]]

#: up to this many entries of the table, whole numbers in a loop are as fast as batched floats
SMALL = 20
#: the most dictionaries of one polytope that are searched
LIMIT = 4_000_000
#: from this many actions of both players together, loading numba pays for one game
LARGE = 31
#: floats whose regret, in units of the payoff range, is above this are computed exactly instead
REGRET = 1e-12
WHOLE = "vertex enumeration in whole numbers"
PROVED = "vertex enumeration in proved floats"


class Extreme(NamedTuple):
    """Every extreme equilibrium, in order: E pairs of strategies.

    ``profiles`` are read-only; ``pairs`` tells which strategies are the same, () where all differ;
    ``exact_*`` have the same as whole-number weights, None where floats were proved without them.
    """

    profiles: Profiles
    pairs: Sequence[Pair]
    exact_first: list[Whole] | None
    exact_second: list[Whole] | None
    method: str


def compiled_answer(game: NormalFormGame) -> tuple[str, Profiles, Sequence[Pair]] | None:
    """Method, profiles and pairs by the compiled loops; None where they are not at hand, or where
    they leave the game to the reference.
    """
    m, n = game.payoffs.shape[1:]
    if m + n > polytope_float.WORD or game._given is not None:
        return None
    solve = compiled("bimatrix_loops", "solve", m + n >= LARGE)
    if solve is None:
        return None
    code, table = solve(game.payoffs, LIMIT, REGRET)
    if code == bimatrix_loops.NEITHER:
        return None
    table.setflags(write=False)
    return read_table(code, table, m, n)


def read_table(code: int, table: Floats, m: int, n: int,
               ) -> tuple[str, Profiles, Sequence[Pair]]:
    """Method, profiles and pairs from the rows that the loops of :mod:`bimatrix_loops` wrote."""
    profiles = list(zip(table[:, :m], table[:, m:m + n]))       # noqa: B905 (hurries: equal)
    if code == bimatrix_loops.FLOATS:
        return PROVED, profiles, ()
    return WHOLE, profiles, [(int(x), int(y)) for x, y in table[:, m + n:].tolist()]


def extreme_equilibria(game: NormalFormGame, exact: bool = False) -> Extreme | None:
    """Every extreme equilibrium; None where a polytope has more dictionaries than LIMIT.

    The whole-number search is always right. Floats come first where they are faster; they are used
    where their answer is proved, and every profile's regret is below REGRET.
    """
    m, n = game.shape
    if not exact and m + n <= polytope_float.WORD:
        found = _by_floats(game) if m * n > SMALL else None
        if found is not None:
            return found
    return _by_whole_numbers(game)


def whole_table(rows: Sequence[Sequence[float | Fraction]]) -> tuple[list[list[int]], list[int]]:
    """Each row shifted and scaled to whole numbers ≥ 1, and by what weight its strategy's variable
    is to be multiplied to undo the scaling, as whole numbers with one common factor left out.
    """
    table, scales = [], []
    for row in rows:
        numbers, denominator = whole_row(row)
        low = min(numbers)
        numbers = [v - low for v in numbers]
        factor = gcd(*numbers) or 1
        table.append([v // factor + 1 for v in numbers])
        scales.append((factor, denominator))
    common = lcm(*(factor for factor, _ in scales))
    return table, [common // factor * denominator for factor, denominator in scales]


def _by_whole_numbers(game: NormalFormGame) -> Extreme | None:
    m, n = game.shape
    tables = game.exact if game.exact_given else game.payoffs
    b_rows, x_scale = whole_table(tables[1].tolist())
    a_columns, y_scale = whole_table(tables[0].T.tolist())
    p = polytope_exact.vertices([list(column) for column in zip(*b_rows, strict=True)], LIMIT)
    q = polytope_exact.vertices([list(row) for row in zip(*a_columns, strict=True)], LIMIT)
    if p is None or q is None:
        return None
    low = (1 << n) - 1
    x_labels = [vertex.tight for vertex in p]
    y_labels = [(vertex.tight & low) << m | vertex.tight >> n for vertex in q]
    pairs = complementary(x_labels, y_labels, m, n)
    weights_first = {x: _weights(p[x].numerators, x_scale) for x, _ in pairs}
    weights_second = {y: _weights(q[y].numerators, y_scale) for _, y in pairs}
    first = {x: _shares(w) for x, w in weights_first.items()}
    second = {y: _shares(w) for y, w in weights_second.items()}
    pairs.sort(key=lambda pair: _order(first[pair[0]], second[pair[1]]))
    return Extreme([(first[x], second[y]) for x, y in pairs], pairs,
                   [weights_first[x] for x, _ in pairs], [weights_second[y] for _, y in pairs],
                   WHOLE)


def _weights(numerators: Sequence[int], scale: Sequence[int]) -> tuple[int, ...]:
    return tuple(v * s for v, s in zip(numerators, scale, strict=True))


def _shares(weights: Sequence[int]) -> Floats:
    """Probabilities, each correctly rounded."""
    total = sum(weights)
    shares = np.array([w / total for w in weights])
    shares.setflags(write=False)
    return shares


def _by_floats(game: NormalFormGame) -> Extreme | None:
    m, n = game.shape
    tables = game.exact if game.exact_given else game.payoffs
    b, x_scale = unit_rows(tables[1])
    a, y_scale = unit_rows(tables[0].T)
    if not (np.isfinite(b).all() and np.isfinite(a).all()):
        return None
    p = polytope_float.vertices(np.ascontiguousarray(b.T), LIMIT)
    if p is None:
        return None
    q = polytope_float.vertices(np.ascontiguousarray(a.T), LIMIT)
    if q is None:
        return None
    y_keys = (q.keys & np.uint64((1 << n) - 1)) << np.uint64(m) | q.keys >> np.uint64(n)
    wanted = np.uint64((1 << (m + n)) - 1) ^ p.keys
    order = np.argsort(y_keys)
    place = np.minimum(np.searchsorted(y_keys, wanted, sorter=order), len(order) - 1)
    match = order[place]
    hits = np.flatnonzero(y_keys[match] == wanted)
    pairs = [(int(x), int(match[x])) for x in hits]
    first = {x: float_shares(p.points[x] * x_scale) for x, _ in pairs}
    second = {y: float_shares(q.points[y] * y_scale) for _, y in pairs}
    if max(game.relative_regret((first[x], second[y])) for x, y in pairs) > REGRET:
        return None
    pairs.sort(key=lambda pair: _order(first[pair[0]], second[pair[1]]))
    return Extreme([(first[x], second[y]) for x, y in pairs], pairs, None, None,
                   PROVED)


def _order(first: Floats, second: Floats) -> tuple[object, ...]:
    """Fewer actions played first, then whoever plays the earlier action, then by probability."""
    both = [*first.tolist(), *second.tolist()]
    unused = [not p for p in both]
    return len(both) - sum(unused), unused, [-p for p in both]


def unit_rows(table: Floats | Objects) -> tuple[Floats, Floats]:
    """Each row mapped onto [1, 2] (all 1 where it is constant), and the weights that undo it.

    A difference of two floats has one rounding, so what is lost is relative to the row's range;
    Fractions are rounded once.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        low = table.min(axis=1, keepdims=True)
        wide = table.max(axis=1, keepdims=True) - low
        wide[wide == 0] = 1
        share, weight = (table - low) / wide, (wide.min() / wide)[:, 0]
        return share.astype(np.float64) + 1.0, weight.astype(np.float64)


def float_shares(weights: Floats) -> Floats:
    """Weights scaled to sum to 1, read-only."""
    shares: Floats = weights / weights.sum()
    shares.setflags(write=False)
    return shares


def complementary(x_labels: Sequence[int], y_labels: Sequence[int], m: int, n: int,
                  ) -> list[tuple[int, int]]:
    """Index pairs whose label sets together hold every label 0 … m+n−1, in the order of x.

    A vertex has at least as many labels as its dimension, m or n; where both have no more, each
    label is in one of the sets only and a table look-up finds the partner.
    """
    everything = (1 << (m + n)) - 1
    table: dict[int, int] = {}
    rich_y = []
    for k, labels in enumerate(y_labels):
        if labels.bit_count() == n:
            table[labels] = k
        else:
            rich_y.append(k)
    pairs = []
    for k, labels in enumerate(x_labels):
        if labels.bit_count() == m:
            partner = table.get(everything ^ labels)
            if partner is not None:
                pairs.append((k, partner))
            pairs += [(k, other) for other in rich_y if labels | y_labels[other] == everything]
        else:
            pairs += [(k, other) for other, theirs in enumerate(y_labels)
                      if labels | theirs == everything]
    return pairs
