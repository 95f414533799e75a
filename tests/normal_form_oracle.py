"""Independent answers for normal-form games: slow, in rational arithmetic, sharing no code.

The extreme equilibria of a two-player game are found from the definition: the best-response
polyhedra {(x, v) : x in the simplex, (xᵀB)_j ≤ v} are intersected with every choice of enough tight
constraints, solved by Gaussian elimination over Fractions.
"""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations


def solve_exactly(rows: list[list[Fraction]]) -> list[Fraction] | None:
    """The solution of a square system [A | b]; None where it is singular."""
    rows = [list(row) for row in rows]
    size = len(rows)
    for c in range(size):
        r = next((r for r in range(c, size) if rows[r][c]), None)
        if r is None:
            return None
        rows[c], rows[r] = rows[r], rows[c]
        rows[c] = [v / rows[c][c] for v in rows[c]]
        for i in range(size):
            if i != c and rows[i][c]:
                rows[i] = [a - rows[i][c] * b for a, b in zip(rows[i], rows[c], strict=True)]
    return [row[size] for row in rows]


def polyhedron_vertices(table: list[list[Fraction]]) -> dict[tuple[Fraction, ...], set[int]]:
    """Vertices x of {(x, v) : x ≥ 0, Σx = 1, Σ_i x_i table[i][j] ≤ v}, with their labels:
    i where x_i = 0, m + j where constraint j is tight.
    """
    m, n = len(table), len(table[0])
    found = {}
    for tight in combinations(range(m + n), m):
        if not any(label >= m for label in tight):
            continue
        system = [[Fraction(1)] * m + [Fraction(0), Fraction(1)]]
        for label in tight:
            if label < m:
                system.append([Fraction(int(i == label)) for i in range(m)]
                              + [Fraction(0), Fraction(0)])
            else:
                system.append([table[i][label - m] for i in range(m)]
                              + [Fraction(-1), Fraction(0)])
        point = solve_exactly(system)
        if point is None:
            continue
        *x, v = point
        pays = [sum((x[i] * table[i][j] for i in range(m)), Fraction(0)) for j in range(n)]
        if min(x) >= 0 and max(pays) <= v:
            found[tuple(x)] = ({i for i in range(m) if not x[i]}
                               | {m + j for j in range(n) if pays[j] == v})
    return found


def qhull_labels(table) -> set[frozenset[int]]:
    """Label sets of the vertices of {(x, v)} as above, of a simple polyhedron with payoffs in
    (0, 1), by qhull: {z ≥ 0 : zᵀ(1 + table) ≤ 1} has the same, and the origin besides.
    """
    import numpy as np
    from scipy.spatial import HalfspaceIntersection

    m, n = table.shape
    halfspaces = np.vstack([np.hstack([-np.eye(m), np.zeros((m, 1))]),
                            np.hstack([1 + table.T, -np.ones((n, 1))])])
    found = HalfspaceIntersection(halfspaces, np.full(m, 0.1 / m))
    return {frozenset(facets) for facets in found.dual_facets} - {frozenset(range(m))}


def count_by_qhull(a, b) -> int:
    """How many equilibria a game without ties has, by qhull's vertices of both polytopes."""
    m, n = a.shape
    ys = {frozenset((k + m if k < n else k - n) for k in labels) for labels in qhull_labels(a.T)}
    everything = frozenset(range(m + n))
    return sum(everything - labels in ys for labels in qhull_labels(b))


def extreme_equilibria(a, b) -> set[tuple[tuple[Fraction, ...], tuple[Fraction, ...]]]:
    """Every extreme equilibrium of the game with payoff tables a and b, as Fractions."""
    m, n = len(a), len(a[0])
    a = [[Fraction(v) for v in row] for row in a]
    b = [[Fraction(v) for v in row] for row in b]
    xs = polyhedron_vertices(b)
    ys = polyhedron_vertices([[a[i][j] for i in range(m)] for j in range(n)])
    swapped = {y: {(label + m if label < n else label - n) for label in labels}
               for y, labels in ys.items()}
    everything = set(range(m + n))
    return {(x, y) for x, mine in xs.items() for y, theirs in swapped.items()
            if mine | theirs == everything}
