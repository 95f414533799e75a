"""One bargain at a time, by Newton's method on a concave function; numba compiles these loops.

A bargain has gains G_i = b_i + k_i·u_i(x), k_i > 0, u_i(x) = Σ_j v_ji·x_j − ½·c_ji·x_j², in units
of payoff range. Terms that maximise Σ (w_i/k_i) log(b_i/k_i + u_i) on [0, 1]^J satisfy
Σ w_i u_i′/G_i = 0. Below ε the logarithm is continued by its second-order polynomial, so that every
start will do. At the maximum x is best for Σ θ_i u_i, θ_i = w_i·φ′(G_i): where Σ θ_i G_i/k_i < 0,
no x gives every member a gain (weak duality).

The n members come first in all arrays, and rows of arrays are reached by their numbers: a view of
one costs compiled code more than reading it. ``rows`` (7, n): b, k, w, G, θ, curvature weights, and
room; ``terms`` (4, J): x, gradient, step, trial; ``table`` (2, J, n): v, c; ``matrix`` (J, J).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array = NDArray[Any]

B, K, W, G, THETA, BEND, ROOM = range(7)
X, GRADIENT, STEP, TRIAL = range(4)
V, C = 0, 1
#: how a bargain ends: every member gains; no terms do that; cannot be told (a tie, or flat terms)
GAINS, NO_DEAL, UNCLEAR = 1, 0, -1
#: ε at first, its factor from stage to stage, and at last
WIDE, NARROWER, NARROW = 0.05, 0.1, 1e-9
STEPS, HALVINGS = 60, 40
#: projected gradient, relative to its terms, at which a maximum is reached; pivots that count as 0
FLAT, PIVOT = 1e-14, 1e-11
#: a rise of the function that rounding may hide; a change of terms that ends Newton's method
SMALL, STILL = 1e-11, 1e-15
#: a gain that counts as zero, in payoff ranges
ZERO = 1e-11


def height(rows: Floats, table: Floats, terms: Floats, x: int, eps: float, n: int, issues: int,
           ) -> float:
    """The function at the row ``x`` of ``terms``; puts the gains in ``rows``."""
    total = 0.0
    for i in range(n):
        u = 0.0
        for j in range(issues):
            u += terms[x, j] * (table[V, j, i] - 0.5 * table[C, j, i] * terms[x, j])
        gain = rows[B, i] + rows[K, i] * u
        rows[G, i] = gain
        if gain >= eps:
            total += rows[W, i] / rows[K, i] * np.log(gain)
        else:
            off = (gain - eps) / eps
            total += rows[W, i] / rows[K, i] * (np.log(eps) + off - 0.5 * off * off)
    return total


def climb(rows: Floats, terms: Floats, table: Floats, matrix: Floats, eps: float, n: int,
          issues: int) -> bool:
    """Newton's method from the x in ``terms``; whether it reached the maximum."""
    now = height(rows, table, terms, X, eps, n, issues)
    for _ in range(STEPS):
        for i in range(n):
            gain = rows[G, i]
            if gain >= eps:
                rows[THETA, i] = rows[W, i] / gain
                rows[BEND, i] = rows[W, i] * rows[K, i] / (gain * gain)
            else:
                rows[THETA, i] = rows[W, i] * (2.0 * eps - gain) / (eps * eps)
                rows[BEND, i] = rows[W, i] * rows[K, i] / (eps * eps)
        done = True
        for j in range(issues):
            slope, size, bend = 0.0, 0.0, 0.0
            for i in range(n):
                part = rows[THETA, i] * (table[V, j, i] - table[C, j, i] * terms[X, j])
                slope += part
                size += abs(part)
                bend += rows[THETA, i] * table[C, j, i]
            terms[GRADIENT, j] = slope
            held = (terms[X, j] <= 0.0 and slope <= FLAT * size) or (
                terms[X, j] >= 1.0 and slope >= -FLAT * size)
            terms[STEP, j] = 0.0
            terms[TRIAL, j] = 1.0 if held else 0.0
            if not held and abs(slope) > FLAT * size:
                done = False
            for q in range(j + 1):
                cross = 0.0
                if not held and terms[TRIAL, q] == 0.0:
                    for i in range(n):
                        slope = table[V, j, i] - table[C, j, i] * terms[X, j]
                        cross += rows[BEND, i] * slope * (
                            table[V, q, i] - table[C, q, i] * terms[X, q])
                matrix[j, q] = cross
            matrix[j, j] += bend if not held else 1.0
        if done:
            return True
        if not factor(matrix, terms, issues):
            return False
        now, change = advance(rows, terms, table, eps, n, issues, now)
        if change <= STILL:
            # no better point is left to rounding
            return True
    return False


def factor(matrix: Floats, terms: Floats, issues: int) -> bool:
    """Solve for the step on what is not held (Cholesky, in place), which ``TRIAL`` marks by 1;
    false where it is singular."""
    for j in range(issues):
        large = matrix[j, j]
        for q in range(j + 1):
            rest = matrix[j, q]
            for k in range(q):
                rest -= matrix[j, k] * matrix[q, k]
            if q < j:
                matrix[j, q] = rest / matrix[q, q]
            elif rest <= PIVOT * large:
                return False
            else:
                matrix[j, j] = np.sqrt(rest)
    for j in range(issues):
        rest = 0.0 if terms[TRIAL, j] != 0.0 else terms[GRADIENT, j]
        for k in range(j):
            rest -= matrix[j, k] * terms[STEP, k]
        terms[STEP, j] = rest / matrix[j, j]
    for j in range(issues - 1, -1, -1):
        rest = terms[STEP, j]
        for k in range(j + 1, issues):
            rest -= matrix[k, j] * terms[STEP, k]
        terms[STEP, j] = rest / matrix[j, j]
    return True


def advance(rows: Floats, terms: Floats, table: Floats, eps: float, n: int, issues: int,
            now: float) -> tuple[float, float]:
    """Take the step, or a part of it that is better, inside the box; the new height, and the
    largest change of a term. A step that promises less than rounding shows is taken as it is."""
    part, found, change = 1.0, now, 0.0
    for _ in range(HALVINGS):
        promise, change = 0.0, 0.0
        for j in range(issues):
            terms[TRIAL, j] = min(max(terms[X, j] + part * terms[STEP, j], 0.0), 1.0)
            promise += terms[GRADIENT, j] * (terms[TRIAL, j] - terms[X, j])
            change = max(change, abs(terms[TRIAL, j] - terms[X, j]))
        found = height(rows, table, terms, TRIAL, eps, n, issues)
        if found >= now + 1e-4 * promise or abs(promise) <= SMALL * (1.0 + abs(now)):
            break
        part *= 0.5
    for j in range(issues):
        terms[X, j] = terms[TRIAL, j]
    return found, change


def bargain(rows: Floats, terms: Floats, table: Floats, matrix: Floats, n: int,
            issues: int) -> int:
    """Nash terms from the x in ``terms``, put there; see the codes above."""
    height(rows, table, terms, X, WIDE, n, issues)
    least = np.inf
    for i in range(n):
        least = min(least, rows[G, i])
    # where everybody gains at the start, ε has no work to do
    eps = min(WIDE, 0.1 * least) if least > 100.0 * NARROW else WIDE
    while eps >= NARROW:
        if not climb(rows, terms, table, matrix, eps, n, issues):
            return UNCLEAR
        least, worth, weight = np.inf, 0.0, 0.0
        for i in range(n):
            least = min(least, rows[G, i])
            worth += rows[THETA, i] * rows[G, i] / rows[K, i]
            weight += rows[THETA, i] / rows[K, i]
        if least >= eps:
            return GAINS
        if worth < -1e-9 * weight:
            return NO_DEAL
        eps *= NARROWER
    return UNCLEAR
