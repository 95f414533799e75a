"""Open states with bargained terms: every equilibrium in pure consents; numba compiles these loops.

A regime makes some moves and refuses the others. Bounds of V decide most moves; over the others
every regime is tried, depth first, with bounds renewed at each step. In a regime V is linear in
what the bargains pay, so that one bargain alone is a concave problem with gains
G_i = b_i + (1 − λ/(r_i + Λ))·u_i(x); several are solved in turn, then jointly by Newton's method.
All payoffs are in units of payoff range.

``actor`` (10, n): discount, flow, low and high bounds of V, V, F = f + Σ λW over the made moves,
and room; ``move`` (M,): rates; ``pay`` (M, n): W; ``span`` (2, M, n): least and most that terms
pay; ``most`` (M,): most that they pay all members together; ``flag`` (4, M): label, whether it is
bargained, how many members and issues it has; ``member`` (M, n), as 1 and 0 in ``asked``; ``seat``
(M, n): members first; ``deal`` (M, J): terms of every bargain; ``got`` (M, n): what they pay.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero
from .nash_loops import GAINS, NO_DEAL, UNCLEAR, ZERO, B, C, K, V, W, X, bargain

Floats = NDArray[np.float64]
Array = NDArray[Any]

DISCOUNT, FLOW, LOW, HIGH, VALUE, TOP, AT, SUM, PACE, OFF = range(10)
LABEL, BARGAINED, MEMBERS, ISSUES = range(4)
UNDECIDED, REFUSED, MADE = -1, 0, 1
#: what is known of a state's list: nothing else exists; every pure regime was tried; left to
#: others; every pure regime was tried in vain, so that an equilibrium mixes
PROVED, LISTED, LEFT, MIXES = 2, 1, 0, -1
#: rounds of bounds and labels; Newton steps of a bound, and what is near enough, relatively
ROUNDS, BOUND_STEPS, NEAR = 8, 6, 1e-14
#: sweeps over the bargains of a regime: before Newton's method, at most; changes that are small
SWEEPS, MOST_SWEEPS, SETTLED, EXACT = 3, 200, 1e-2, 1e-13
NEWTON = 12
#: regimes that a state may cost
MOST_REGIMES = 400


def enclose(actor: Floats, move: Floats, pay: Floats, span: Floats, flag: Array, asked: Floats,
           moves: int, n: int) -> None:
    """Bounds of every V given the labels, in place.

    An actor's highest V makes the moves that raise it; its lowest makes the moves of others that
    lower it, since its own consent never does. Newton's method finds a point near either, and the
    equation's slope of at least r makes a bound of it. All actors go together, without branches.
    """
    for side in range(2):
        for i in range(n):
            at = actor[LOW + side, i]
            actor[AT, i] = at if abs(at) < np.inf else actor[FLOW, i] / actor[DISCOUNT, i]
        for step in range(BOUND_STEPS):
            for i in range(n):
                actor[SUM, i], actor[PACE, i] = actor[FLOW, i], actor[DISCOUNT, i]
            for m in range(moves):
                if flag[LABEL, m] == REFUSED:
                    continue
                count(actor, move[m], pay, span, asked, m, side, flag[LABEL, m] == MADE, n)
            moved = False
            for i in range(n):
                actor[OFF, i] = actor[SUM, i] - actor[PACE, i] * actor[AT, i]
                moved |= abs(actor[OFF, i]) > NEAR * (abs(actor[SUM, i]) + actor[PACE, i])
            if not moved or step == BOUND_STEPS - 1:
                break
            for i in range(n):
                actor[AT, i] = actor[SUM, i] / actor[PACE, i]
        for i in range(n):
            slack = actor[OFF, i] / actor[DISCOUNT, i]
            if side == 1:
                actor[HIGH, i] = min(actor[HIGH, i], actor[AT, i] + max(slack, 0.0))
            else:
                actor[LOW, i] = max(actor[LOW, i], actor[AT, i] + min(slack, 0.0))


def count(actor: Floats, rate: float, pay: Floats, span: Floats, asked: Floats, m: int, side: int,
          made: bool, n: int) -> None:
    """Add a move to everybody's sums, for those whom it takes towards their bound on a side."""
    for i in range(n):
        paid = pay[m, i] + span[side, m, i]
        if side == 1:
            weight = rate if made or paid > actor[AT, i] else 0.0
        elif made:
            # one's own consent never lowers one's value
            weight = rate * (1.0 - asked[m, i] * (1.0 if paid <= actor[AT, i] else 0.0))
        else:
            weight = rate * (1.0 - asked[m, i]) * (1.0 if paid < actor[AT, i] else 0.0)
        actor[SUM, i] += weight * paid
        actor[PACE, i] += weight


def confine(actor: Floats, pay: Floats, span: Floats, flag: Array, member: Array, moves: int,
            n: int) -> bool:
    """What labels say of values, in place; false where they contradict each other.

    A made move pays its members no less than V; a refused one with nothing to bargain over, where
    all members but one surely gain, pays that one no more.
    """
    for m in range(moves):
        label, doubtful, who = flag[LABEL, m], 0, 0
        if label == UNDECIDED or flag[MEMBERS, m] == 0:
            continue
        for i in range(n):
            if member[m, i]:
                if label == MADE:
                    actor[HIGH, i] = min(actor[HIGH, i], pay[m, i] + span[1, m, i])
                elif not pay[m, i] + span[0, m, i] > actor[HIGH, i]:
                    doubtful, who = doubtful + 1, i
        if label == REFUSED and doubtful == 1 and not flag[BARGAINED, m]:
            actor[LOW, who] = max(actor[LOW, who], pay[m, who])
    for i in range(n):
        if actor[LOW, i] > actor[HIGH, i] + ZERO:
            return False
    return True


def sift(actor: Floats, move: Floats, pay: Floats, span: Floats, most: Floats, flag: Array,
         member: Array, asked: Floats, moves: int, n: int) -> int:
    """Decide moves by bounds, in place; how many stay undecided, −1 where a label is contradicted.

    A deal pays no member more than all can get together, less what the others need.
    """
    left = 0
    for _ in range(ROUNDS):
        enclose(actor, move, pay, span, flag, asked, moves, n)
        if not confine(actor, pay, span, flag, member, moves, n):
            return -1
        changed, left = False, 0
        for m in range(moves):
            label = flag[LABEL, m]
            if flag[MEMBERS, m] == 0:
                continue
            never, sure, spare = False, True, most[m]
            for i in range(n):
                if member[m, i]:
                    spare += pay[m, i] - actor[LOW, i]
                    never |= pay[m, i] + span[1, m, i] - actor[LOW, i] < -ZERO
                    sure &= pay[m, i] + span[0, m, i] - actor[HIGH, i] > ZERO
            if label == REFUSED:
                if sure:
                    return -1
                continue
            if flag[BARGAINED, m]:
                never |= spare < -ZERO
                for i in range(n):
                    if member[m, i]:
                        cap = spare - (pay[m, i] - actor[LOW, i])
                        span[1, m, i] = min(span[1, m, i], cap)
            if never:
                if label == MADE:
                    return -1
                flag[LABEL, m] = REFUSED
                changed = True
            elif label == UNDECIDED:
                if sure:
                    flag[LABEL, m] = MADE
                    changed = True
                else:
                    left += 1
        if not changed:
            break
    return left


def offer(rows: Floats, seat: Array, m: int, base: Floats, table: Floats, terms: Floats,
          matrix: Floats, weights: Floats, n: int, issues: int) -> int:
    """Whether move m gives each of its n members a gain at gains ``base`` before terms."""
    for k in range(n):
        i = seat[m, k]
        rows[B, k], rows[K, k], rows[W, k] = base[i], 1.0, weights[m, i]
    return bargain(rows, terms, table, matrix, n, issues)


def paid(tables: Floats, deal: Floats, got: Floats, m: int, n: int, issues: int) -> None:
    """What the terms of move m, on its first ``issues``, pay everyone, into ``got``."""
    for i in range(n):
        u = 0.0
        for j in range(issues):
            u += deal[m, j] * (tables[m, V, j, i] - 0.5 * tables[m, C, j, i] * deal[m, j])
        got[m, i] = u


def waiting(actor: Floats, move: Floats, flag: Array, got: Floats, total: float, moves: int,
            n: int) -> None:
    """V of a regime at what its bargains pay, in place."""
    for i in range(n):
        top = actor[TOP, i]
        for m in range(moves):
            if flag[LABEL, m] == MADE and flag[BARGAINED, m]:
                top += move[m] * got[m, i]
        actor[VALUE, i] = top / (actor[DISCOUNT, i] + total)


def in_turn(actor: Floats, move: Floats, pay: Floats, weights: Floats, flag: Array, seat: Array,
            tables: Floats, deal: Floats, got: Floats, total: float, room: tuple[Any, ...],
            moves: int, n: int) -> tuple[int, float]:
    """Solve each bargain of a regime given the others; how that ended, and the largest change."""
    rows, terms, matrix, own = room[0], room[1], room[2], room[8]
    change, worst = 0.0, GAINS
    for m in range(moves):
        if flag[LABEL, m] != MADE or not flag[BARGAINED, m]:
            continue
        waiting(actor, move, flag, got, total, moves, n)
        for k in range(flag[MEMBERS, m]):
            i = seat[m, k]
            share = move[m] / (actor[DISCOUNT, i] + total)
            rows[K, k] = 1.0 - share
            rows[B, k] = pay[m, i] - actor[VALUE, i] + share * got[m, i]
            rows[W, k] = weights[m, i]
        issues = flag[ISSUES, m]
        for j in range(issues):
            terms[X, j] = deal[m, j]
        end = bargain(rows, terms, own[m], matrix, flag[MEMBERS, m], issues)
        if end == UNCLEAR:
            return UNCLEAR, change
        if end == NO_DEAL:
            worst = NO_DEAL
        for j in range(issues):
            change = max(change, abs(terms[X, j] - deal[m, j]))
            deal[m, j] = terms[X, j]
        paid(tables, deal, got, m, n, issues)
    waiting(actor, move, flag, got, total, moves, n)
    return worst, change


def joint(actor: Floats, move: Floats, pay: Floats, weights: Floats, flag: Array, member: Array,
          tables: Floats, deal: Floats, got: Floats, total: float, system: Floats, place: Array,
          moves: int, n: int, issues: int) -> bool:
    """Newton's method on the terms inside (0, 1) of all bargains at once; whether it converged."""
    size = zero()
    for m in range(moves):
        if flag[LABEL, m] == MADE and flag[BARGAINED, m]:
            for j in range(issues):
                if 0.0 < deal[m, j] < 1.0:
                    place[0, size], place[1, size] = m, j
                    size += 1
    for _ in range(NEWTON):
        waiting(actor, move, flag, got, total, moves, n)
        for a in range(size):
            m, j = place[0, a], place[1, a]
            force, scale = 0.0, 0.0
            for b in range(size):
                system[a, b] = 0.0
            for i in range(n):
                if not member[m, i]:
                    continue
                gain = pay[m, i] + got[m, i] - actor[VALUE, i]
                if gain <= 0.0:
                    return False
                slope = tables[m, V, j, i] - tables[m, C, j, i] * deal[m, j]
                pull = weights[m, i] / gain
                force += pull * slope
                scale += abs(pull * slope)
                system[a, a] -= pull * tables[m, C, j, i]
                bend, wait = pull * slope / gain, actor[DISCOUNT, i] + total
                for b in range(size):
                    q, k = place[0, b], place[1, b]
                    own = (1.0 if q == m else 0.0) - move[q] / wait
                    system[a, b] -= bend * own * (
                        tables[q, V, k, i] - tables[q, C, k, i] * deal[q, k])
            system[a, size] = -force
        if gauss(system, size, 1) == 0.0:
            return False
        change = 0.0
        for a in range(size):
            m, j = place[0, a], place[1, a]
            deal[m, j] += system[a, size]
            change = max(change, abs(system[a, size]))
            if not 0.0 < deal[m, j] < 1.0:
                return False
        for m in range(moves):
            if flag[LABEL, m] == MADE and flag[BARGAINED, m]:
                paid(tables, deal, got, m, n, flag[ISSUES, m])
        if change <= EXACT:
            waiting(actor, move, flag, got, total, moves, n)
            return True
    return False


def gauss(system: Floats, size: int, right: int) -> float:
    """Solve (size, size + right) in place, the answers in the last columns; the sign of the
    determinant, 0 where it vanishes."""
    sign = 1.0
    for a in range(size):
        best = a
        for b in range(a + 1, size):
            if abs(system[b, a]) > abs(system[best, a]):
                best = b
        if not abs(system[best, a]) > 0.0:
            return 0.0
        if best != a:
            sign = -sign
            for k in range(a, size + right):
                system[a, k], system[best, k] = system[best, k], system[a, k]
        if system[a, a] < 0.0:
            sign = -sign
        for b in range(a + 1, size):
            factor = system[b, a] / system[a, a]
            if factor != 0.0:
                for k in range(a, size + right):
                    system[b, k] -= factor * system[a, k]
    for a in range(size - 1, -1, -1):
        for k in range(size, size + right):
            rest = system[a, k]
            for b in range(a + 1, size):
                rest -= system[a, b] * system[b, k]
            system[a, k] = rest / system[a, a]
    return sign
