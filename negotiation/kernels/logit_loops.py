"""The logit branch of one open state after another, by arclength; numba compiles these loops.

The equations are those of :mod:`.logit`, with noise ς_i = κ·(proportions): E_i = r_i V_i − f_i −
Σ λ_m α_m G_m,i = 0. The curve (V, t = log κ) is followed from loud noise by predictor and corrector
on its arclength (Allgower & Georg 2003, *Introduction to Numerical Continuation Methods*, ch. 6),
so that a branch that turns back in κ is followed as well. The determinant of the derivative
bordered by the tangent keeps its sign along one branch: where it changes, the step has jumped to
another. All payoffs are in units of payoff range.

``actor`` (2, n): discount, flow; ``move`` (M,): rates; ``pay`` (M, n): W; ``noise``, ``weights``
(M, n); ``member`` (M, n); ``tables`` (M, 2, J, n): v, c; ``terms`` (M, J). ``rows`` (6, n): base,
G, w, ς, φ′, φ″; ``space`` (4, J): x, gradient, step, trial.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .logit import CONVERGED, DEEP, FAIR, NEWTON_STEPS, SMALL
from .regime_loops import gauss

Floats = NDArray[np.float64]
Array = NDArray[Any]

DISCOUNT, FLOW = 0, 1
BASE, GAIN, WEIGHT, NOISE, FIRST, SECOND = range(6)
V, C = 0, 1
X, GRADIENT, STEP, TRIAL = range(4)
#: halvings of a step for terms; units of noise below which φ″ needs its leading term
HALVINGS, LOW = 40, -16.0
#: curvature, in sizes of the gradient's parts, that a flat direction gets
STEPPING, MOVING = 1e-10, 1e-14
#: residual at which a point is on the curve; corrections at the start, and of a step
CLOSE, FIRST_STEPS, CORRECTIONS = 1e-11, 30, 6
#: length of the first step, at most, at least, and its factors after a good and a bad one; consents
#: turn within κ payoff ranges, so that folds at little noise are that narrow
LENGTH, LONGEST, SHORTEST, LONGER, SHORTER = 0.5, 1.4, 1e-10, 1.6, 0.4
#: steps of a branch; corrections of a value and changes of a consent that are too large
MOST_STEPS, VALUE_STEP, CONSENT_STEP = 2000, 0.02, 0.2
#: how a branch ended: at the goal, there after turns, or nowhere
REACHED, TURNED, LOST = 1, 2, 0


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


def evaluate(v: Floats, t: float, actor: Floats, move: Floats, pay: Floats, noise: Floats,
             weights: Floats, member: Array, asked: Array, tables: Floats, terms: Floats,
             consent: Floats, system: Floats, room: tuple[Any, ...], moves: int, n: int,
             issues: int) -> bool:
    """The equations at (V, t), from the terms known there: ``system`` (n, n + 2) takes ∂E/∂V,
    ∂E/∂t and E, each over r + Σ λ; whether all terms converged."""
    rows, space, held, matrix, slope, steep, drift = room
    factor = np.exp(t)
    for i in range(n):
        for k in range(n + 1):
            system[i, k] = 0.0
        system[i, i] = actor[DISCOUNT, i]
        system[i, n + 1] = actor[DISCOUNT, i] * v[i] - actor[FLOW, i]
    for m in range(moves):
        on, table = member[m], tables[m]
        for i in range(n):
            rows[BASE, i], rows[WEIGHT, i] = pay[m, i] - v[i], weights[m, i]
            rows[GAIN, i], rows[NOISE, i] = rows[BASE, i], factor * noise[m, i]
            drift[i] = 0.0
            for k in range(n):
                slope[i, k] = 1.0 if i == k else 0.0
        if asked[m]:
            for j in range(issues):
                space[X, j] = terms[m, j]
            if not soft_terms(rows, on, table, space, held, matrix, n, issues):
                return False
            curve(rows, on, table, space, held, matrix, MOVING, n, issues)
            # how terms move with gains before terms, and with noise (where φ′ falls by φ′ + φ″G)
            for j in range(issues):
                terms[m, j] = space[X, j]
                matrix[j, issues + n] = 0.0
                for i in range(n):
                    pull = 0.0
                    if on[i] and not held[j]:
                        pull = (table[V, j, i] - table[C, j, i] * space[X, j]) * (
                            rows[WEIGHT, i] * rows[SECOND, i])
                    matrix[j, issues + i] = pull
                    matrix[j, issues + n] -= pull * rows[GAIN, i]
            if gauss(matrix, issues, n + 1) == 0.0:
                return False
            for j in range(issues):
                for i in range(n):
                    u = table[V, j, i] - table[C, j, i] * space[X, j]
                    for k in range(n):
                        slope[i, k] += u * matrix[j, issues + k]
                    drift[i] += u * matrix[j, issues + n]
        alpha = 1.0
        for i in range(n):
            if on[i]:
                z = rows[GAIN, i] / rows[NOISE, i]
                small = np.exp(-abs(z))
                alpha *= (1.0 if z > 0.0 else small) / (1.0 + small)
                steep[i] = (small if z > 0.0 else 1.0) / (1.0 + small) / rows[NOISE, i]
        consent[m] = alpha
        if move[m] == 0.0:
            continue
        sway = 0.0
        for i in range(n):
            if on[i]:
                sway += alpha * steep[i] * (drift[i] - rows[GAIN, i])
        for i in range(n):
            gain = rows[GAIN, i]
            system[i, n + 1] -= move[m] * alpha * gain
            system[i, n] -= move[m] * (alpha * drift[i] + sway * gain)
            for k in range(n):
                pull = 0.0
                for q in range(n):
                    if on[q]:
                        pull += steep[q] * slope[q, k]
                system[i, k] += move[m] * alpha * (slope[i, k] + gain * pull)
    for i in range(n):
        total = actor[DISCOUNT, i]
        for m in range(moves):
            total += move[m]
        for k in range(n + 2):
            system[i, k] /= total
    return True


def off(system: Floats, n: int) -> float:
    """The largest residual."""
    worst = 0.0
    for i in range(n):
        worst = max(worst, abs(system[i, n + 1]))
        if system[i, n + 1] != system[i, n + 1]:
            return np.inf
    return worst


def at_noise(v: Floats, t: float, steps: int, state: tuple[Any, ...], terms: Floats,
             consent: Floats, system: Floats, border: Floats, room: tuple[Any, ...], moves: int,
             n: int, issues: int) -> bool:
    """Newton's method for V at one level of noise, in place; whether it converged."""
    actor, move, pay, noise, weights, member, asked, tables = state
    for turn in range(steps + 1):
        if not evaluate(v, t, actor, move, pay, noise, weights, member, asked, tables, terms,
                        consent, system, room, moves, n, issues):
            return False
        worst = off(system, n)
        if worst <= CLOSE:
            return True
        if turn == steps or not np.isfinite(worst):
            return False
        for i in range(n):
            for k in range(n):
                border[i, k] = system[i, k]
            border[i, n] = -system[i, n + 1]
        if gauss(border, n, 1) == 0.0:
            return False
        for i in range(n):
            v[i] += border[i, n]
    return False


def tangent(system: Floats, before: Floats, border: Floats, after: Floats, n: int) -> float:
    """The unit tangent that goes on in the direction ``before`` (n + 1,), into ``after``; the sign
    of the bordered determinant, 0 where there is no one tangent."""
    size = n + 1
    for i in range(n):
        for k in range(size):
            border[i, k] = system[i, k]
        border[i, size] = 0.0
    for k in range(size):
        border[n, k] = before[k]
    border[n, size] = 1.0
    sign = gauss(border, size, 1)
    if sign == 0.0:
        return 0.0
    length = 0.0
    for k in range(size):
        after[k] = border[k, size]
        length += after[k] * after[k]
    for k in range(size):
        after[k] /= np.sqrt(length)
    return float(sign)


def correct(point: Floats, along: Floats, state: tuple[Any, ...], terms: Floats, consent: Floats,
            system: Floats, border: Floats, room: tuple[Any, ...], moves: int, n: int, issues: int,
            ) -> bool:
    """Back to the curve, square to the tangent, in place; whether that converged."""
    actor, move, pay, noise, weights, member, asked, tables = state
    for turn in range(CORRECTIONS + 1):
        if not evaluate(point, point[n], actor, move, pay, noise, weights, member, asked, tables,
                        terms, consent, system, room, moves, n, issues):
            return False
        worst = off(system, n)
        if worst <= CLOSE:
            return True
        if turn == CORRECTIONS or not np.isfinite(worst):
            return False
        for i in range(n):
            for k in range(n + 1):
                border[i, k] = system[i, k]
            border[i, n + 1] = -system[i, n + 1]
        for k in range(n + 1):
            border[n, k] = along[k]
        border[n, n + 1] = 0.0
        if gauss(border, n + 1, 1) == 0.0:
            return False
        for k in range(n + 1):
            point[k] += border[k, n + 1]
    return False


def follow_branch(v: Floats, start: float, goal: float, state: tuple[Any, ...], terms: Floats,
           consent: Floats, room: tuple[Any, ...], moves: int, n: int, issues: int) -> int:
    """Follow V from t = ``start`` down to ``goal``, in place; how that ended."""
    system, border, point, along, ahead, known, was, inner = room
    move = state[1]
    if not at_noise(v, start, FIRST_STEPS, state, terms, consent, system, border, inner, moves, n,
                    issues):
        return LOST
    here, length, end = start, LENGTH, REACHED
    for k in range(n):
        along[k] = 0.0
    along[n] = -1.0
    sign = tangent(system, along, border, ahead, n)
    for k in range(n + 1):
        along[k] = ahead[k]
    for m in range(moves):
        was[m] = consent[m]
        for j in range(issues):
            known[m, j] = terms[m, j]
    for _ in range(MOST_STEPS):
        if sign == 0.0 or here > start + LENGTH:
            return LOST
        last = along[n] < 0.0 and here + length * along[n] <= goal
        part = (goal - here) / along[n] if last else length
        for k in range(n):
            point[k] = v[k] + part * along[k]
        point[n] = goal if last else here + part * along[n]
        for k in range(n + 1):
            ahead[k] = point[k]
        fine = at_noise(point, goal, CORRECTIONS, state, terms, consent, system, border, inner,
                        moves, n, issues) if last else correct(
                            point, along, state, terms, consent, system, border, inner, moves, n,
                            issues)
        for k in range(n + 1):
            fine &= abs(point[k] - ahead[k]) < VALUE_STEP
        for m in range(moves):
            fine &= move[m] == 0.0 or abs(consent[m] - was[m]) < CONSENT_STEP
        if fine:
            # one branch keeps the sign
            fine = tangent(system, along, border, ahead, n) == sign
        if not fine:
            length = min(part, length) * SHORTER
            for m in range(moves):
                for j in range(issues):
                    terms[m, j] = known[m, j]
            if length < SHORTEST:
                return LOST
            continue
        for k in range(n):
            v[k] = point[k]
        if last:
            return end
        here = point[n]
        for k in range(n + 1):
            along[k] = ahead[k]
        if along[n] > 0.0:
            end = TURNED
        for m in range(moves):
            was[m] = consent[m]
            for j in range(issues):
                known[m, j] = terms[m, j]
        length = min(length * LONGER, LONGEST)
    return LOST


def follow_rows(given: tuple[Any, ...], start: Floats, goal: float, answer: tuple[Any, ...],
                room: tuple[Any, ...]) -> None:
    """Follow the branch of each state of a batch from noise factor log κ = ``start`` (P,).

    ``given`` are arrays of ``Problems``, with proportions of noise (P, M, n); ``answer`` takes V
    (P, n), terms (P, M, J), consents (P, M), and how each branch ended (P,).
    """
    discount, flow, scale, rate, present, reward, members, power, value, curvature, noises = given
    values, deals, consents, ended = answer
    actor, move, pay, noise, weights, member, asked, tables, terms, consent, v, column, inner = room
    n, issues = discount.shape[1], value.shape[2]
    for p in range(len(discount)):
        moves = 0
        for q in range(present.shape[1]):
            if not present[p, q]:
                continue
            column[moves], move[moves], asked[moves] = q, rate[p, q], False
            for i in range(n):
                member[moves, i] = members[p, q, i]
                pay[moves, i] = reward[p, q, i] / scale[p, i]
                noise[moves, i] = noises[p, q, i] / scale[p, i]
                weights[moves, i] = power[p, q, i]
            for j in range(issues):
                felt = False
                for i in range(n):
                    tables[moves, V, j, i] = value[p, q, j, i] / scale[p, i]
                    tables[moves, C, j, i] = curvature[p, q, j, i] / scale[p, i]
                    felt |= members[p, q, i] and (
                        value[p, q, j, i] != 0.0 or curvature[p, q, j, i] != 0.0)
                terms[moves, j] = 0.5 if felt else 0.0
                asked[moves] |= felt
            moves += 1
        for i in range(n):
            actor[DISCOUNT, i], actor[FLOW, i] = discount[p, i], flow[p, i] / scale[p, i]
            v[i] = actor[FLOW, i] / actor[DISCOUNT, i]
        state = (actor, move, pay, noise, weights, member, asked, tables)
        ended[p] = follow_branch(v, start[p], goal, state, terms, consent, inner, moves, n, issues)
        for i in range(n):
            values[p, i] = v[i] * scale[p, i]
        for m in range(moves):
            consents[p, column[m]] = consent[m]
            for j in range(issues):
                deals[p, column[m], j] = terms[m, j]


def make_room(moves: int, n: int, issues: int) -> tuple[Any, ...]:
    """Room for states of so many moves, actors and issues."""
    def floats(*shape: int) -> Floats:
        return np.zeros(shape)

    def flags(*shape: int) -> Array:
        return np.zeros(shape, dtype=np.bool_)

    work = (floats(6, n), floats(4, issues), flags(issues), floats(issues, issues + n + 1),
            floats(n, n), floats(n), floats(n))
    inner = (floats(n, n + 2), floats(n + 1, n + 2), floats(n + 1), floats(n + 1), floats(n + 1),
             floats(moves, issues), floats(moves), work)
    return (floats(2, n), floats(moves), floats(moves, n), floats(moves, n), floats(moves, n),
            flags(moves, n), flags(moves), floats(moves, 2, issues, n), floats(moves, issues),
            floats(moves), floats(n), np.zeros(moves, dtype=np.int64), inner)
