"""Terms of one bargain under noise, and how gains move with them; numba compiles these loops.

The terms maximise Σ w_i φ_i(G_i), φ(G) = log(ς log(1 + e^{G/ς})), on [0, 1]^J (:mod:`.logit`), with
payoffs in units of payoff range. ``rows`` (6, n): gains before terms and at them, w, ς, φ′, φ″;
``on`` (n,): members; ``table`` (2, J, n): v, c; ``space`` (4, J): x, gradient, step, trial;
``held`` (J,): issues at a bound; ``matrix`` (J, J + n + 1).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .logit import CONVERGED, DEEP, FAIR, NEWTON_STEPS, SMALL
from .regime_loops import gauss

Floats = NDArray[np.float64]
Array = NDArray[Any]

BASE, GAIN, WEIGHT, NOISE, FIRST, SECOND = range(6)
V, C = 0, 1
X, GRADIENT, STEP, TRIAL = range(4)
#: halvings of a step for terms; units of noise below which φ″ needs its leading term
HALVINGS, LOW = 40, -16.0
#: curvature, in sizes of the gradient's parts, that a flat direction gets
STEPPING, MOVING = 1e-10, 1e-14


def utility(rows: Floats, on: Array, n: int) -> float:
    """Σ w_i φ_i at the gains in ``rows``, φ(G) = log(ς log(1 + e^{G/ς})); puts φ′ and φ″ there."""
    total = 0.0
    for i in range(n):
        if not on[i]:
            continue
        noise = rows[NOISE, i]
        z = rows[GAIN, i] / noise
        small = np.exp(-abs(z))
        if z < DEEP:
            level, ratio, bend = z, 1.0, -0.5 * small
        else:
            soft = max(z, 0.0) + np.log1p(small)
            yes = (1.0 if z > 0.0 else small) / (1.0 + small)
            ratio = yes / soft
            level, bend = np.log(soft), ratio * ((1.0 - yes) - ratio)
            if z < LOW:
                bend = -0.5 * small * ratio
        total += rows[WEIGHT, i] * (level + np.log(noise))
        rows[FIRST, i], rows[SECOND, i] = ratio / noise, min(bend, 0.0) / (noise * noise)
    return total


def lift(rows: Floats, on: Array, table: Floats, x: Floats, n: int, issues: int) -> float:
    """What terms x are worth; puts gains and derivatives in ``rows``."""
    for i in range(n):
        u = 0.0
        for j in range(issues):
            u += x[j] * (table[V, j, i] - 0.5 * table[C, j, i] * x[j])
        rows[GAIN, i] = rows[BASE, i] + u
    return utility(rows, on, n)


def curve(rows: Floats, on: Array, table: Floats, space: Floats, held: Array, matrix: Floats,
          flat: float, n: int, issues: int) -> float:
    """Gradient, and minus the Hessian of what is free, at x; how far from a maximum x is.

    Rows and columns of what is held at a bound are those of the identity. Every free direction gets
    a share ``flat`` of curvature, so that a step along a flat one exists and runs into a bound.
    """
    x, gradient, off = space[X], space[GRADIENT], 0.0
    for j in range(issues):
        slope, size, bend = 0.0, 0.0, 0.0
        for i in range(n):
            if on[i]:
                part = rows[WEIGHT, i] * rows[FIRST, i]
                u = table[V, j, i] - table[C, j, i] * x[j]
                slope += part * u
                size += part * abs(u)
                bend += part * table[C, j, i]
        gradient[j] = slope
        least = CONVERGED * (size + 1e-300)
        held[j] = size + bend == 0.0 or (x[j] <= 0.0 and slope <= least) or (
            x[j] >= 1.0 and slope >= -least)
        if not held[j]:
            off = max(off, abs(slope) / (size + 1e-300))
        for q in range(j + 1):
            cross = 0.0
            if not held[j] and not held[q]:
                for i in range(n):
                    if on[i]:
                        cross -= rows[WEIGHT, i] * rows[SECOND, i] * (
                            table[V, j, i] - table[C, j, i] * x[j]) * (
                                table[V, q, i] - table[C, q, i] * x[q])
            matrix[j, q] = matrix[q, j] = cross
        matrix[j, j] = 1.0 if held[j] else matrix[j, j] + bend + flat * size + 1e-300
    return off


def soft_terms(rows: Floats, on: Array, table: Floats, space: Floats, held: Array, matrix: Floats,
               n: int, issues: int) -> bool:
    """Terms from the x in ``space``, put there, by projected Newton steps; whether they converged.

    ``rows`` is left as it is at the terms.
    """
    x, step, trial = space[X], space[STEP], space[TRIAL]
    now = lift(rows, on, table, x, n, issues)
    for _ in range(NEWTON_STEPS):
        off = curve(rows, on, table, space, held, matrix, STEPPING, n, issues)
        if off <= CONVERGED:
            return True
        for j in range(issues):
            matrix[j, issues] = 0.0 if held[j] else space[GRADIENT, j]
        if gauss(matrix, issues, 1) == 0.0:
            return False
        for j in range(issues):
            step[j] = matrix[j, issues]
        part, change, found = 1.0, 0.0, now
        better = False
        for _ in range(HALVINGS):
            promise, change = 0.0, 0.0
            for j in range(issues):
                trial[j] = min(max(x[j] + part * step[j], 0.0), 1.0)
                promise += space[GRADIENT, j] * (trial[j] - x[j])
                change = max(change, abs(trial[j] - x[j]))
            found = lift(rows, on, table, trial, n, issues)
            # a step that promises less than rounding shows is taken as it is
            better = found >= now + 1e-4 * promise or abs(promise) <= SMALL * (1.0 + abs(now))
            if better:
                break
            part *= 0.5
        if not better or change == 0.0:
            break
        now = found
        for j in range(issues):
            x[j] = trial[j]
    lift(rows, on, table, x, n, issues)
    return curve(rows, on, table, space, held, matrix, STEPPING, n, issues) <= FAIR


def respond(rows: Floats, on: Array, table: Floats, terms: Floats, space: Floats, held: Array,
            matrix: Floats, slope: Floats, drift: Floats, n: int, issues: int) -> bool:
    """The terms of a bargain from those known, in place, with gains in ``rows``; how gains move
    with gains before terms, added to ``slope`` (n, n), and with t, into ``drift`` (n,)."""
    for j in range(issues):
        space[X, j] = terms[j]
    if not soft_terms(rows, on, table, space, held, matrix, n, issues):
        return False
    curve(rows, on, table, space, held, matrix, MOVING, n, issues)
    # with more noise φ′ falls by φ′ + φ″G, of which φ′ changes no terms
    for j in range(issues):
        terms[j] = space[X, j]
        matrix[j, issues + n] = 0.0
        for i in range(n):
            pull = 0.0
            if on[i] and not held[j]:
                pull = (table[V, j, i] - table[C, j, i] * terms[j]) * (
                    rows[WEIGHT, i] * rows[SECOND, i])
            matrix[j, issues + i] = pull
            matrix[j, issues + n] -= pull * rows[GAIN, i]
    if gauss(matrix, issues, n + 1) == 0.0:
        return False
    for j in range(issues):
        for i in range(n):
            u = table[V, j, i] - table[C, j, i] * terms[j]
            for k in range(n):
                slope[i, k] += u * matrix[j, issues + k]
            drift[i] += u * matrix[j, issues + n]
    return True
