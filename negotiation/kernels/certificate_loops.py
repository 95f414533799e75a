"""The conditions of an equilibrium at many claimed states, one after another; numba compiles these.

What :mod:`negotiation.equilibrium.certificate` defines, with its quick rule for bounds, written out
for states whose bargains have Nash's terms among members who are all asked. They share nothing with
the loops that solve; bounds of σ are :mod:`.duality_loops`. A state with anything else to it, or
where these tests do not tell, is not done here.

All is in payoff ranges. ``actor`` (9, n): one over the payoff range, what moves bring per unit of
time, and of the move in hand gains before terms and with them, weights, shares of them, and room;
``table`` (2, J, n): values and curvatures of its issues; ``x`` (J,): its terms; ``seat`` (n,): the
``size`` members, ``asked`` (n,) as flags. Every gain enters the value equation, at whatever pace,
so that one that is no number never passes for an equilibrium.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .duality_loops import least_bound

Floats = NDArray[np.float64]
Array = NDArray[Any]

#: the conditions; of two that are violated alike the first is named
RANGE, BOX, VALUE, REFUSAL, APPROVAL, NEVER, TERMS = range(7)
UNIT, INFLOW, BASE, GAIN, WEIGHT, SHARE, FIRST, SECOND, THIRD = range(9)
V, C = range(2)
#: a violation of terms that is left to others
UNTOLD = -1.0
#: gains below this (in payoff ranges) count as zero: the limit rule applies
NEAR_ZERO = 2e-10
#: how far gains may be off, as a share of the violation that is reported
SLACK = 1e-3
#: a share of a small surplus that may be lacking before σ itself is bounded
NEAR_ENOUGH = 2e-10
#: gains that are small
SMALL = 1e-4
#: the multiplier of a member who may gain nothing
HUGE = 1e300
EPSILON = float(np.finfo(np.float64).eps)
#: violations of terms are told to a step of this ladder
LADDER = (1e-15, 1e-13, 1e-12, *(1e-11 * 2.0 ** k for k in range(40)))


def note(worst: Floats, place: Array, check: int, violation: float, edge: int) -> None:
    """Keep the largest violation of a condition, and of equal ones the last."""
    if violation != violation:
        violation = np.inf
    if violation > 0.0 and violation >= worst[check]:
        worst[check], place[check] = violation, edge


def crest(v: float, c: float) -> float:
    """The most that v·y − ½·c·y² can be on [0, 1]."""
    if v <= 0.0:
        return 0.0
    return v - 0.5 * c if v >= c else 0.5 * v * (v / c)


def most_for_all(actor: Floats, table: Floats, seat: Array, asked: Array, size: int, issues: int,
                 enough: float) -> float:
    """An upper bound of σ; one of at most ``enough`` is not made tighter."""
    together, alone = 0.0, np.inf
    for k in range(size):
        i = seat[k]
        together += actor[BASE, i] / size
    for j in range(issues):
        v = c = 0.0
        for k in range(size):
            i = seat[k]
            v += table[V, j, i] / size
            c += table[C, j, i] / size
        together += crest(v, c)
    if together <= enough:
        return together
    for k in range(size):
        i = seat[k]
        most = actor[BASE, i]
        for j in range(issues):
            most += crest(table[V, j, i], table[C, j, i])
        alone = min(alone, most)
    if alone <= enough:
        return alone
    return min(alone, least_bound(actor[FIRST], actor[SECOND], actor[THIRD], actor[BASE],
                                  table[V, :issues], table[C, :issues], asked, enough))


def multipliers(actor: Floats, seat: Array, size: int, delta: float) -> None:
    """The least and largest w_i / G_i for gains within delta, into FIRST and SECOND."""
    for k in range(size):
        i = seat[k]
        gain = actor[GAIN, i]
        actor[FIRST, i] = actor[WEIGHT, i] / max(gain + delta, delta)
        actor[SECOND, i] = actor[WEIGHT, i] / (gain - delta) if gain - delta > 0.0 else HUGE


def tilt(actor: Floats, table: Floats, seat: Array, size: int, j: int, y: float, most: bool,
         ) -> float:
    """The slope of Σ μ_i u_ij at y, with the multipliers that make it largest, or least."""
    total = 0.0
    for k in range(size):
        i = seat[k]
        slope = table[V, j, i] - table[C, j, i] * y
        total += (actor[SECOND, i] if (slope > 0.0) == most else actor[FIRST, i]) * slope
    return total


def lacks(actor: Floats, table: Floats, seat: Array, size: int, j: int, x: float) -> float:
    """What a linear issue lacks, in payoffs; infinite where it has curvature."""
    slope = stakes = weighed = bend = 0.0
    for k in range(size):
        i = seat[k]
        theta = actor[WEIGHT, i] / max(actor[GAIN, i], 1e-15)
        slope += theta * table[V, j, i]
        weighed += theta * abs(table[V, j, i])
        stakes += abs(table[V, j, i])
        bend = max(bend, table[C, j, i])
    unit = weighed / max(stakes, 1e-300)
    return (max(slope, 0.0) - slope * x) / max(unit, 1e-300) if bend <= 0.0 else np.inf


def stationary(actor: Floats, table: Floats, x: Floats, seat: Array, size: int, issues: int,
               delta: float) -> bool:
    """Whether every issue is within delta of a maximiser of Σ μ_i u_ij, or lacks no more."""
    multipliers(actor, seat, size, SLACK * delta)
    for j in range(issues):
        steep = bend = 0.0
        for i in range(table.shape[2]):
            steep = max(steep, abs(table[V, j, i] - table[C, j, i] * x[j]))
            bend = max(bend, table[C, j, i])
        # how far x_j may move before anybody's payoff moves by delta: steep·y + ½ bend·y² = delta
        reach = 2.0 * delta / max(steep + np.sqrt(steep * steep + 2.0 * bend * delta), 1e-300)
        below, above = max(x[j] - reach, 0.0), min(x[j] + reach, 1.0)
        fits = (above >= 1.0 or tilt(actor, table, seat, size, j, above, False) <= 0.0) and (
            below <= 0.0 or tilt(actor, table, seat, size, j, below, True) >= 0.0)
        if not fits and not lacks(actor, table, seat, size, j, x[j]) <= delta:
            return False
    return True


def may_tie(actor: Floats, table: Floats, seat: Array, asked: Array, size: int, issues: int,
            ) -> bool:
    """Whether several issues without curvature balance at x, and somebody else feels one of them.

    Then they might move together without any member noticing.
    """
    multipliers(actor, seat, size, 1e-9)
    loose, outside = 0, False
    for j in range(issues):
        stake = bend = 0.0
        for k in range(size):
            i = seat[k]
            stake, bend = max(stake, abs(table[V, j, i])), max(bend, table[C, j, i])
        if stake > 0.0 and bend <= 0.0 and (
                tilt(actor, table, seat, size, j, 0.0, False) <= 0.0
                and tilt(actor, table, seat, size, j, 0.0, True) >= 0.0):
            loose += 1
            for i in range(table.shape[2]):
                outside |= not asked[i] and (table[V, j, i] != 0.0 or table[C, j, i] != 0.0)
    return loose > 1 and outside


def idle_worth(table: Floats, x: Floats, seat: Array, size: int, issues: int) -> float:
    """The most that anybody feels of terms on issues that no member feels; those are 0."""
    most = 0.0
    for j in range(issues):
        felt = x[j] == 0.0
        for k in range(size):
            i = seat[k]
            felt |= table[V, j, i] != 0.0 or table[C, j, i] != 0.0
        if not felt:
            for i in range(table.shape[2]):
                most = max(most, abs(x[j] * (table[V, j, i] - 0.5 * table[C, j, i] * x[j])))
    return most


def near_surplus(actor: Floats, table: Floats, x: Floats, seat: Array, size: int, issues: int,
                 ) -> float:
    """An upper bound of σ where the terms are nearly the solution's, and every gain is positive;
    infinite elsewhere. With θ_i = w_i/G_i what Σ θ_i u_i lacks bounds how far each gain is off."""
    lack, sums, least = 0.0, 0.0, np.inf
    for j in range(issues):
        v = c = 0.0
        for k in range(size):
            i = seat[k]
            theta = actor[WEIGHT, i] / actor[GAIN, i]
            v += theta * table[V, j, i]
            c += theta * table[C, j, i]
            sums += theta * abs(table[V, j, i])
        lack += crest(v, c) - x[j] * (v - 0.5 * c * x[j])
    lack = max(lack + 8.0 * EPSILON * sums, 0.0)  # what the sums may have lost counts as a lack
    for k in range(size):
        i = seat[k]
        ratio = lack / actor[WEIGHT, i]
        if not ratio <= 0.1:
            return np.inf
        least = min(least, actor[GAIN, i] * (1.0 + 2.0 * np.sqrt(2.0 * ratio)) / actor[SHARE, i])
    return least


def owed(actor: Floats, seat: Array, size: int, surplus: float) -> float:
    """What some member's gain lacks of its share w_i/Σw of a surplus."""
    most = 0.0
    for k in range(size):
        i = seat[k]
        most = max(most, actor[SHARE, i] * surplus - actor[GAIN, i])
    return most


def off_small(actor: Floats, table: Floats, x: Floats, seat: Array, asked: Array, size: int,
              issues: int) -> float:
    """What small gains lack of their shares of σ; :data:`UNTOLD` where no bound of it tells."""
    total, enough = 0.0, np.inf
    for k in range(size):
        i = seat[k]
        total += actor[WEIGHT, i]
    for k in range(size):
        i = seat[k]
        actor[SHARE, i] = actor[WEIGHT, i] / total
        # the largest surplus of which no member's gain lacks too much
        enough = min(enough, (actor[GAIN, i] + NEAR_ENOUGH) / actor[SHARE, i])
    lack = owed(actor, seat, size, near_surplus(actor, table, x, seat, size, issues))
    if lack <= NEAR_ENOUGH:
        return lack
    bound = most_for_all(actor, table, seat, asked, size, issues, enough)
    return UNTOLD if bound > enough and size > 2 else owed(actor, seat, size, bound)


def off_terms(actor: Floats, table: Floats, x: Floats, seat: Array, asked: Array, size: int,
              issues: int) -> float:
    """How far terms are from Nash's; :data:`UNTOLD` where quick tests do not tell."""
    least, step, worst = np.inf, 0, 0.0
    for k in range(size):
        i = seat[k]
        least = min(least, actor[GAIN, i])
    # a member who loses is reported with consent
    if least > -NEAR_ZERO and (
            least < NEAR_ZERO or may_tie(actor, table, seat, asked, size, issues)):
        return UNTOLD
    if NEAR_ZERO <= least < SMALL:
        worst = off_small(actor, table, x, seat, asked, size, issues)
        if worst == UNTOLD:
            return UNTOLD
    while step < len(LADDER) and not stationary(actor, table, x, seat, size, issues, LADDER[step]):
        step += 1
    if step > 0:
        worst = max(worst, LADDER[step] if step < len(LADDER) else np.inf)
    return max(worst, idle_worth(table, x, seat, size, issues))


def consents(actor: Floats, table: Floats, seat: Array, asked: Array, size: int, issues: int,
             alpha: float, worst: Floats, place: Array, edge: int) -> bool:
    """What is wrong with approval and refusal of a move; whether it can be told."""
    before = least = np.inf
    for k in range(size):
        i = seat[k]
        before, least = min(before, actor[BASE, i]), min(least, actor[GAIN, i])
    if alpha > 0.0:
        note(worst, place, APPROVAL, -least, edge)
    if alpha < 1.0:  # by chance, where nobody could refuse: that is infinite
        if size and issues:
            bound = most_for_all(actor, table, seat, asked, size, issues, NEAR_ENOUGH)
            if bound > NEAR_ENOUGH and size > 2:
                return False
            before = max(before, bound)
        note(worst, place, REFUSAL, before, edge)
    return True


def certify_rows(numbers: tuple[Any, ...], edges: tuple[Any, ...], claim: tuple[Any, ...],
                 found: tuple[Any, ...], room: tuple[Any, ...]) -> None:
    """P claimed states: regret, the condition that is violated most, its edge, and what is told.

    ``numbers`` are the lattice's by draw; ``edges``: its first edges, and of each edge the row of
    terms, how many issues they have, members as flags and first, how many those are, whether a
    setting refuses it, and whether these loops know its conditions; ``claim`` as ``certify`` takes
    it; ``room``: see :func:`make_room`.
    """
    discount, flow, scale, rate, lump, slope, curvature, weights = numbers
    first, bargain, issues, member, members, size, never, known = edges
    draw, state, value, after, consent, terms = claim
    regret, check, where, told = found
    worst, place, actor, table, x, seat, asked = room
    n = value.shape[1]
    for p in range(len(regret)):
        d, s, hazard, sound = draw[p], state[p], 0.0, True
        for k in range(len(worst)):
            worst[k], place[k] = 0.0, -1
        for i in range(n):
            actor[UNIT, i], actor[INFLOW, i] = 1.0 / scale[d, i], 0.0
        for edge in range(first[s], min(first[s + 1], first[s] + consent.shape[1])):
            k = edge - first[s]
            alpha, deal = consent[p, k], bargain[edge]
            sound &= known[edge] and abs(alpha) < np.inf
            note(worst, place, RANGE, max(alpha - 1.0, -alpha), edge)
            for i in range(n):
                gain = (lump[d, edge, i] + after[p, k, i] - value[p, i]) * actor[UNIT, i]
                sound &= abs(gain) < np.inf
                actor[BASE, i] = actor[GAIN, i] = gain
            for j in range(len(x) if deal >= 0 else 0):
                x[j] = terms[p, k, j]
                sound &= abs(x[j]) < np.inf
                note(worst, place, BOX, max(x[j] - 1.0, -x[j]), edge)
            for j in range(issues[edge]):
                y = x[j]
                for i in range(n):
                    v = slope[d, deal, j, i] * actor[UNIT, i]
                    c = curvature[d, deal, j, i] * actor[UNIT, i]
                    table[V, j, i], table[C, j, i] = v, c
                    actor[GAIN, i] += y * (v - 0.5 * c * y)
            pace = rate[d, edge] * alpha
            hazard += pace
            for i in range(n):
                actor[INFLOW, i] += pace * actor[GAIN, i]
            if never[edge] and sound:
                note(worst, place, NEVER, np.inf if alpha != 0.0 else 0.0, edge)
                continue
            for i in range(n):
                seat[i], asked[i] = members[edge, i], member[edge, i]
            sound = sound and consents(actor, table, seat, asked, size[edge], issues[edge], alpha,
                                       worst, place, edge)
            if sound and alpha > 0.0 and issues[edge] and size[edge]:
                for i in range(n):
                    actor[WEIGHT, i] = weights[d, deal, i]
                off = off_terms(actor, table, x, seat, asked, size[edge], issues[edge])
                note(worst, place, TERMS, off, edge)
                sound = off != UNTOLD
            if not sound:
                break
        for i in range(n):
            off = (discount[d, i] * value[p, i] - flow[d, s, i]) * actor[UNIT, i]
            note(worst, place, VALUE, abs(off - actor[INFLOW, i]) / (discount[d, i] + hazard), -1)
            sound &= abs(value[p, i]) < np.inf
        told[p], regret[p], check[p], where[p] = sound, 0.0, 0, -1
        for k in range(len(worst)):
            if worst[k] > regret[p]:
                regret[p], check[p], where[p] = worst[k], k, place[k]


def make_room(n: int, issues: int) -> tuple[Any, ...]:
    """Room for states of so many actors and issues."""
    return (np.zeros(TERMS + 1), np.zeros(TERMS + 1, dtype=np.int64), np.zeros((THIRD + 1, n)),
            np.zeros((2, issues, n)), np.zeros(issues), np.zeros(n, dtype=np.int64),
            np.zeros(n, dtype=bool))
