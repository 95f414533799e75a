"""Vertices of a best-response polytope {z ∈ R^d : z ≥ 0, M z ≤ 1}, without rounding.

M is k × d with positive whole entries, so the polytope is bounded. Label j < d stands for the
constraint z_j ≥ 0 and label d + i for (M z)_i ≤ 1. A *dictionary* has d non-basic labels, whose
constraints are tight, and writes every other slack as a function of them; a *pivot* swaps one pair.

The right-hand side is perturbed to (1 + ε, 1 + ε², …) for a symbolic ε > 0 (the lexicographic
rule), which makes the polytope simple: each dictionary has exactly one neighbour per non-basic
label, the graph of dictionaries is connected, and a search through it meets every vertex, those of
the unperturbed polytope among them. Entries are whole numbers over one common denominator.

Sources: Dantzig, Orden & Wolfe 1955, "The generalized simplex method", Pacific J. Math. 5 (the
lexicographic rule); Edmonds 1967 and Bareiss 1968 (whole-number pivots); Avis, Rosenberg, Savani &
von Stengel 2010, "Enumeration of Nash equilibria for two-player games", Economic Theory 42, §3.
"""

from __future__ import annotations

from typing import NamedTuple

Row = list[int]


class Vertex(NamedTuple):
    """z = numerators / denominator; ``tight`` has bit ℓ set for each label ℓ that is tight."""

    tight: int
    numerators: tuple[int, ...]
    denominator: int


class Dictionary(NamedTuple):
    """``rows[i][:d]`` and ``rows[i][d]`` over ``scale``: coefficients of the non-basic labels and
    the value of ``basic[i]``; ``key`` has the bits of the non-basic labels.
    """

    scale: int
    rows: list[Row]
    basic: list[int]
    nonbasic: list[int]
    key: int


def vertices(matrix: list[Row], limit: int | None = None) -> list[Vertex] | None:
    """Every vertex but the origin, in the order found; None where there are more than ``limit``
    dictionaries.
    """
    d = len(matrix[0])
    start = first(matrix)
    seen = {start.key}
    pending = [start]
    found: dict[int, Vertex] = {}
    origin = start.key
    while pending:
        here = pending.pop()
        tight = here.key
        for label, row in zip(here.basic, here.rows, strict=True):
            if not row[d]:
                tight |= 1 << label
        if tight & origin != origin and tight not in found:
            found[tight] = _vertex(here, tight, d)
        for c in range(d):
            r = leaving(here, c, d)
            key = here.key ^ 1 << here.nonbasic[c] ^ 1 << here.basic[r]
            if key not in seen:
                if limit is not None and len(seen) >= limit:
                    return None
                seen.add(key)
                pending.append(pivot(here, r, c, key))
    return list(found.values())


def first(matrix: list[Row]) -> Dictionary:
    """The dictionary of the origin."""
    k, d = len(matrix), len(matrix[0])
    return Dictionary(1, [[*row, 1] for row in matrix], list(range(d, d + k)), list(range(d)),
                       (1 << d) - 1)


def leaving(here: Dictionary, c: int, d: int) -> int:
    """The row whose slack reaches zero first as non-basic label c grows; ties by the ε's."""
    rows = here.rows
    best = -1
    low = pivot_entry = 0
    for i, row in enumerate(rows):
        entry = row[c]
        if entry > 0:
            side = -1 if best < 0 else row[d] * pivot_entry - low * entry
            if side < 0 or (side == 0 and _before(here, i, best, c, d)):
                best, low, pivot_entry = i, row[d], entry
    return best


def _before(here: Dictionary, i: int, best: int, c: int, d: int) -> bool:
    """Whether row i comes before row ``best`` in the order of the perturbed right-hand sides."""
    rows, scale = here.rows, here.scale
    mine, other = rows[i], rows[best]
    for label in range(d, d + len(rows)):
        if here.key >> label & 1:
            column = here.nonbasic.index(label)
            side = mine[column] * other[c] - other[column] * mine[c]
        elif here.basic[i] == label:
            side = scale
        elif here.basic[best] == label:
            side = -scale
        else:
            continue
        if side:
            return side < 0
    raise AssertionError("two rows of a regular matrix are proportional")


def pivot(here: Dictionary, r: int, c: int, key: int) -> Dictionary:
    """The dictionary in which row r's label and column c's have changed places."""
    scale = here.scale
    leaving_row = here.rows[r]
    entry = leaving_row[c]
    rows = []
    for i, row in enumerate(here.rows):
        factor = row[c]
        if i == r:
            new = row.copy()
            new[c] = scale
        elif factor:
            new = [(a * entry - factor * b) // scale
                   for a, b in zip(row, leaving_row, strict=True)]
            new[c] = -factor
        else:
            new = row if entry == scale else [a * entry // scale for a in row]
        rows.append(new)
    basic, nonbasic = here.basic.copy(), here.nonbasic.copy()
    basic[r], nonbasic[c] = nonbasic[c], basic[r]
    return Dictionary(entry, rows, basic, nonbasic, key)


def _vertex(here: Dictionary, tight: int, d: int) -> Vertex:
    numerators = [0] * d
    for label, row in zip(here.basic, here.rows, strict=True):
        if label < d:
            numerators[label] = row[d]
    return Vertex(tight, tuple(numerators), here.scale)
