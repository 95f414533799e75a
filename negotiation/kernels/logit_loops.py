"""The logit branch of one open state after another, by arclength; numba compiles these loops.

The equations are those of :mod:`.logit`, with noise ς_i = κ·(proportions): E_i = r_i V_i − f_i −
Σ λ_m α_m G_m,i = 0. The curve (V, t = log κ) is followed from loud noise by predictor and corrector
on its arclength (Allgower & Georg 2003, *Introduction to Numerical Continuation Methods*, ch. 6),
so that a branch that turns back in κ is followed as well. The determinant of the derivative
bordered by the tangent keeps its sign along one branch: where it changes, the step has jumped to
another. All payoffs are in units of payoff range.

``actor`` (2, n): discount, flow; ``move`` (M,): rates; ``pay`` (M, n): W; ``noise``, ``weights``
(M, n); ``member`` (M, n); ``tables`` (M, 2, J, n): v, c; ``terms`` (M, J).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero
from .noisy_terms import BASE, GAIN, NOISE, WEIGHT, C, V, respond
from .regime_loops import gauss

Floats = NDArray[np.float64]
Array = NDArray[Any]

DISCOUNT, FLOW = 0, 1
#: residual at which a point is on the curve; corrections at the start, and of a step
CLOSE, FIRST_STEPS, CORRECTIONS = 1e-11, 30, 6
#: length of the first step, at most, at least, and its factors after a good and a bad one; consents
#: turn within κ payoff ranges, so that folds at little noise are that narrow
LENGTH, LONGEST, SHORTEST, LONGER, SHORTER = 0.5, 1.4, 1e-10, 1.6, 0.4
#: how far past a kink its other side is looked for
PAST = (1e-8, 1e-7, 1e-6)
#: steps of a branch; corrections of a value and changes of a consent that are too large
MOST_STEPS, VALUE_STEP, CONSENT_STEP = 2000, 0.02, 0.2
#: how a branch ended: at the goal, there after turns, or nowhere
REACHED, TURNED, LOST = 1, 2, 0


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
        if asked[m] and not respond(rows, on, table, terms[m], space, held, matrix, slope, drift, n,
                                    issues):
            return False
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


def correct(point: Floats, along: Floats, steps: int, state: tuple[Any, ...], terms: Floats,
            consent: Floats, system: Floats, border: Floats, room: tuple[Any, ...], moves: int,
            n: int, issues: int) -> bool:
    """Newton's method back to the curve, square to ``along``, in place; whether that converged."""
    actor, move, pay, noise, weights, member, asked, tables = state
    for turn in range(steps + 1):
        if not evaluate(point, point[n], actor, move, pay, noise, weights, member, asked, tables,
                        terms, consent, system, room, moves, n, issues):
            return False
        worst = off(system, n)
        if worst <= CLOSE:
            return True
        if turn == steps or not np.isfinite(worst):
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


def around(v: Floats, here: float, along: Floats, sign: float, state: tuple[Any, ...],
           terms: Floats, consent: Floats, room: tuple[Any, ...], moves: int, n: int,
           issues: int) -> bool:
    """Go on where the curve turns back in a kink: ``point`` and ``ahead`` take the first point
    beyond it and the tangent there; whether there is one.

    A term that comes to its bound bends the curve. Just past the kink, straight on, the equations
    are those of the other side, and one branch keeps the sign of its determinant: so the curve goes
    on against the tangent there where that sign is the other.
    """
    system, border, point, ahead, inner, known, bent = (
        room[0], room[1], room[2], room[4], room[8], room[6], room[9])
    actor, move, pay, noise, weights, member, asked, tables = state
    for past in PAST:
        for m in range(moves):
            for j in range(issues):
                terms[m, j] = known[m, j]
        for k in range(n):
            point[k] = v[k] + past * along[k]
        if not evaluate(point, here + past * along[n], actor, move, pay, noise, weights, member,
                        asked, tables, terms, consent, system, inner, moves, n, issues):
            continue
        if tangent(system, along, border, bent, n) != -sign:
            continue
        for k in range(n + 1):
            bent[k] = -bent[k]
        for k in range(n):
            point[k] = v[k] + past * bent[k]
        point[n] = here + past * bent[n]
        if correct(point, bent, zero() + CORRECTIONS, state, terms, consent, system, border, inner,
                   moves, n, issues) and tangent(system, bent, border, ahead, n) == sign:
            return True
    return False


def follow_branch(v: Floats, start: float, goal: float, state: tuple[Any, ...], terms: Floats,
                  consent: Floats, room: tuple[Any, ...], moves: int, n: int, issues: int) -> int:
    """Follow V from t = ``start`` down to ``goal``, in place; how that ended."""
    system, border, point, along, ahead, down, known, was, inner = room[:9]
    move = state[1]
    for k in range(n):
        point[k] = v[k]
    point[n] = start
    # square to ``down`` the noise stays as it is
    if not correct(point, down, zero() + FIRST_STEPS, state, terms, consent, system, border, inner,
                   moves, n, issues):
        return LOST
    here, length, end = start, LENGTH, REACHED
    sign = tangent(system, down, border, along, n)
    for k in range(n):
        v[k] = point[k]
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
        fine = correct(point, down if last else along, zero() + CORRECTIONS, state, terms, consent,
                       system, border, inner, moves, n, issues)
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
            if length >= SHORTEST:
                continue
            if not around(v, here, along, sign, state, terms, consent, room, moves, n, issues):
                return LOST
            last, length = False, SHORTEST
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
        moves = zero()
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
    down = floats(n + 1)
    down[n] = -1.0
    inner = (floats(n, n + 2), floats(n + 1, n + 2), floats(n + 1), floats(n + 1), floats(n + 1),
             down, floats(moves, issues), floats(moves), work, floats(n + 1))
    return (floats(2, n), floats(moves), floats(moves, n), floats(moves, n), floats(moves, n),
            flags(moves, n), flags(moves), floats(moves, 2, issues, n), floats(moves, issues),
            floats(moves), floats(n), np.zeros(moves, dtype=np.int64), inner)
