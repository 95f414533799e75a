"""Regimes made exact by Newton's method, one state after another; numba compiles these loops.

Unknowns are V, the consents of mixed moves, terms inside (0, 1), and the weights θ of members whom
one move leaves without gain together. With G_m,i = W_m,i + u_m,i(x_m) − V_i the equations are

    r_i V_i − f_i − Σ_m λ_m α_m G_m,i = 0;
    G_m,i = 0 for each member that a mixed move holds; Σ θ_i = 1, Σ θ_i u_i′ = 0 where it holds
    several (x is then best for Σ θ_i G_i = 0, so that no terms give all of them a gain);
    Σ w_i u_i′ / G_i = 0 for what others bargain over: all of a made bargain, and on a mixed move
    the issues that those whom it holds do not care about (the limit rule of DESIGN 2.1).

One member that is held alone has its own best terms. All payoffs are in units of payoff range.
A start near the solution is needed: nothing keeps a step from going wrong but the tests at the end.

``actor`` (3, n): discount, flow, V; ``move`` (2, M): rate, consent; ``pay``, ``gain``, ``weights``,
``theta`` (M, n); ``tables`` (M, 2, J, n): v, c; ``deal`` (M, J); ``role`` (M, n): whether an actor
bargains or is held; ``rule`` (M, J): which equation a term meets; ``slot`` (M, 1 + n + J): the
columns of α, θ and x, −1 for none.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero
from .nash_loops import C, V
from .regime_loops import MADE, gauss

Floats = NDArray[np.float64]
Array = NDArray[Any]

DISCOUNT, FLOW, VALUE = range(3)
RATE, CONSENT = 0, 1
#: an actor has no say on terms, bargains, or is held without gain
OUT, BARGAINS, HELD = 0, 1, 2
#: a term stays as it is; it is settled by bargaining, or by those who are held
PINNED, SHARED, OPPOSED = 0, 1, 2
#: from here on a label is a mix
MIX = 2
#: Newton steps, relative residual that is none, and terms that are let go from a bound
STEPS, EXACT, RELEASED = 40, 1e-13, 8
#: how far V may be from the start; gains that are none; a wrong sign that rounding explains
FARTHEST, LEAST, SIGN = 0.02, 1e-9, 1e-10


def assign(label: int, m: int, member: Array, tables: Floats, deal: Floats, role: Array,
           rule: Array, n: int, issues: int) -> None:
    """Who bargains over the terms of a made or mixed move, who is held, and what settles each."""
    held = zero()
    for i in range(n):
        role[m, i] = BARGAINS if member[i] else OUT
        if label > MIX and (label - MIX) >> i & 1:
            role[m, i] = HELD
            held += 1
    for j in range(issues):
        mine, shared, who = zero(), zero(), zero()
        for i in range(n):
            if tables[m, V, j, i] != 0.0 or tables[m, C, j, i] != 0.0:
                if role[m, i] == HELD:
                    mine, who = mine + 1, i
                elif role[m, i] == BARGAINS:
                    shared += 1
        if mine and held == 1:
            v, c = tables[m, V, j, who], tables[m, C, j, who]
            rule[m, j] = PINNED
            deal[m, j] = 0.0 if v <= 0.0 else (1.0 if c <= v else v / c)
        elif mine:
            rule[m, j] = OPPOSED
        elif shared:
            rule[m, j] = SHARED
        else:
            rule[m, j], deal[m, j] = PINNED, 0.0


def number(label: Array, role: Array, rule: Array, deal: Floats, slot: Array, moves: int, n: int,
           issues: int) -> int:
    """Give every unknown its column; how many there are."""
    size = zero() + n
    for m in range(moves):
        held = zero()
        for k in range(1 + n + issues):
            slot[m, k] = -1
        for i in range(n):
            if role[m, i] == HELD:
                held += 1
        if label[m] > MIX:
            slot[m, 0] = size
            size += 1
        for i in range(n):
            if held > 1 and role[m, i] == HELD:
                slot[m, 1 + i] = size
                size += 1
        for j in range(issues):
            if rule[m, j] != PINNED and 0.0 < deal[m, j] < 1.0:
                slot[m, 1 + n + j] = size
                size += 1
    return size


def gains(actor: Floats, pay: Floats, gain: Floats, tables: Floats, deal: Floats, m: int, n: int,
          issues: int) -> None:
    """G of move m, into ``gain``."""
    for i in range(n):
        u = pay[m, i] - actor[VALUE, i]
        for j in range(issues):
            u += deal[m, j] * (tables[m, V, j, i] - 0.5 * tables[m, C, j, i] * deal[m, j])
        gain[m, i] = u


def force(gain: Floats, weights: Floats, theta: Floats, tables: Floats, deal: Floats, role: Array,
          rule: Array, m: int, j: int, n: int) -> tuple[float, float]:
    """What drives a term up, and the sum of what pulls at it."""
    total, size = 0.0, 0.0
    for i in range(n):
        slope = tables[m, V, j, i] - tables[m, C, j, i] * deal[m, j]
        part = 0.0
        if rule[m, j] == OPPOSED and role[m, i] == HELD:
            part = theta[m, i] * slope
        elif rule[m, j] == SHARED and role[m, i] == BARGAINS:
            part = weights[m, i] * slope / gain[m, i]
        total += part
        size += abs(part)
    return total, size


def flows(actor: Floats, move: Floats, gain: Floats, tables: Floats, deal: Floats, slot: Array,
          label: Array, system: Floats, size: int, moves: int, n: int, issues: int) -> float:
    """The equations of V; the largest residual."""
    worst = 0.0
    for i in range(n):
        total, off = actor[DISCOUNT, i], (
            actor[DISCOUNT, i] * actor[VALUE, i] - actor[FLOW, i])
        for m in range(moves):
            if label[m] < MADE:
                continue
            pace = move[RATE, m] * move[CONSENT, m]
            total += pace
            off -= pace * gain[m, i]
            if slot[m, 0] >= 0:
                system[i, slot[m, 0]] -= move[RATE, m] * gain[m, i]
            for j in range(issues):
                at = slot[m, 1 + n + j]
                if at >= 0:
                    system[i, at] -= pace * (
                        tables[m, V, j, i] - tables[m, C, j, i] * deal[m, j])
        system[i, i] += total
        system[i, size] = -off
        worst = max(worst, abs(off) / total)
    return worst


def indifference(gain: Floats, theta: Floats, tables: Floats, deal: Floats, role: Array,
                 slot: Array, m: int, system: Floats, size: int, n: int, issues: int) -> float:
    """The equations of a mixed move's held members, in the rows of α and θ; the largest residual.

    One member alone has the row of α; of several each has its own, and α's says Σ θ = 1.
    """
    worst, whole, several = 0.0, -1.0, False
    for i in range(n):
        if role[m, i] != HELD:
            continue
        row = slot[m, 0]
        if slot[m, 1 + i] >= 0:
            several, row = True, slot[m, 1 + i]
            whole += theta[m, i]
            system[slot[m, 0], row] = 1.0
        system[row, i] = -1.0
        for j in range(issues):
            at = slot[m, 1 + n + j]
            if at >= 0:
                system[row, at] = tables[m, V, j, i] - tables[m, C, j, i] * deal[m, j]
        system[row, size] = -gain[m, i]
        worst = max(worst, abs(gain[m, i]))
    if several:
        system[slot[m, 0], size] = -whole
        worst = max(worst, abs(whole))
    return worst


def bargains(gain: Floats, weights: Floats, theta: Floats, tables: Floats, deal: Floats,
             role: Array, rule: Array, slot: Array, m: int, system: Floats, size: int, n: int,
             issues: int) -> float:
    """The equations of a move's terms; the largest residual, relative to what pulls at a term."""
    worst = 0.0
    for j in range(issues):
        row = slot[m, 1 + n + j]
        if row < 0:
            continue
        off, pull = force(gain, weights, theta, tables, deal, role, rule, m, j, n)
        if not pull > 0.0:
            return np.inf
        for i in range(n):
            slope = tables[m, V, j, i] - tables[m, C, j, i] * deal[m, j]
            if rule[m, j] == OPPOSED and role[m, i] == HELD:
                system[row, slot[m, 1 + i]] += slope / pull
                system[row, row] -= theta[m, i] * tables[m, C, j, i] / pull
            elif rule[m, j] == SHARED and role[m, i] == BARGAINS:
                weight = weights[m, i] / (gain[m, i] * pull)
                bend = weight * slope / gain[m, i]
                system[row, row] -= weight * tables[m, C, j, i]
                system[row, i] += bend
                for k in range(issues):
                    at = slot[m, 1 + n + k]
                    if at >= 0:
                        system[row, at] -= bend * (
                            tables[m, V, k, i] - tables[m, C, k, i] * deal[m, k])
        system[row, size] = -off / pull
        worst = max(worst, abs(off) / pull)
    return worst


def equations(actor: Floats, move: Floats, pay: Floats, gain: Floats, weights: Floats,
              theta: Floats, tables: Floats, deal: Floats, label: Array, role: Array, rule: Array,
              slot: Array, system: Floats, size: int, moves: int, n: int, issues: int) -> float:
    """All equations and their derivatives, into ``system``; the largest residual, infinite where
    somebody who bargains has no gain."""
    for a in range(size):
        for b in range(size + 1):
            system[a, b] = 0.0
    for m in range(moves):
        if label[m] < MADE:
            continue
        gains(actor, pay, gain, tables, deal, m, n, issues)
        for j in range(issues):
            if rule[m, j] != SHARED:
                continue
            for i in range(n):
                if role[m, i] == BARGAINS and not gain[m, i] > LEAST:
                    return np.inf
    worst = flows(actor, move, gain, tables, deal, slot, label, system, size, moves, n, issues)
    for m in range(moves):
        if label[m] > MIX:
            worst = max(worst, indifference(gain, theta, tables, deal, role, slot, m, system, size,
                                            n, issues))
        if label[m] >= MADE:
            worst = max(worst, bargains(gain, weights, theta, tables, deal, role, rule, slot, m,
                                        system, size, n, issues))
    return worst


def confined(deal: Floats, slot: Array, system: Floats, size: int, moves: int, n: int,
             issues: int) -> bool:
    """Put terms that Newton's step takes out of (0, 1) at their bound; whether there were any.

    The rest of such a step is not worth taking: where everybody pulls one way, it leads nowhere.
    """
    some = False
    for m in range(moves):
        for j in range(issues):
            at = slot[m, 1 + n + j]
            if at >= 0 and not 0.0 < deal[m, j] + system[at, size] < 1.0:
                deal[m, j] = 0.0 if system[at, size] < 0.0 else 1.0
                some = True
    return some


def step(actor: Floats, move: Floats, theta: Floats, deal: Floats, slot: Array, system: Floats,
         size: int, moves: int, n: int, issues: int) -> None:
    """Take Newton's step."""
    for i in range(n):
        actor[VALUE, i] += system[i, size]
    for m in range(moves):
        if slot[m, 0] >= 0:
            move[CONSENT, m] += system[slot[m, 0], size]
        for i in range(n):
            if slot[m, 1 + i] >= 0:
                theta[m, i] += system[slot[m, 1 + i], size]
        for j in range(issues):
            at = slot[m, 1 + n + j]
            if at >= 0:
                deal[m, j] += system[at, size]


def released(gain: Floats, weights: Floats, theta: Floats, tables: Floats, deal: Floats,
             label: Array, role: Array, rule: Array, moves: int, n: int, issues: int) -> bool:
    """Let go the term at a bound that is pulled inside most, if one is."""
    most, which, where = SIGN, -1, zero()
    for m in range(moves):
        if label[m] < MADE:
            continue
        for j in range(issues):
            if rule[m, j] == PINNED or 0.0 < deal[m, j] < 1.0:
                continue
            pull, size = force(gain, weights, theta, tables, deal, role, rule, m, j, n)
            inward = pull if deal[m, j] == 0.0 else -pull
            if size > 0.0 and inward > most * size:
                most, which, where = inward / size, m, j
    if which < 0:
        return False
    deal[which, where] = 1e-6 if deal[which, where] == 0.0 else 1.0 - 1e-6
    return True


def sharpen(actor: Floats, move: Floats, pay: Floats, gain: Floats, weights: Floats, theta: Floats,
            tables: Floats, deal: Floats, label: Array, role: Array, rule: Array, slot: Array,
            system: Floats, begin: Floats, moves: int, n: int, issues: int) -> bool:
    """Newton's method from V, consents and terms near the solution, in place; whether it met every
    equation, with signs as they must be."""
    size, free = number(label, role, rule, deal, slot, moves, n, issues), RELEASED
    before = np.inf
    for _ in range(STEPS):
        worst = equations(actor, move, pay, gain, weights, theta, tables, deal, label, role, rule,
                          slot, system, size, moves, n, issues)
        if not worst < 1e6:
            return False
        if worst <= EXACT or (worst <= 1e-12 and worst >= 0.5 * before):
            if not released(gain, weights, theta, tables, deal, label, role, rule, moves, n,
                            issues):
                return settled(actor, theta, role, slot, begin, moves, n)
            free -= 1
            if free < 0:
                return False
            size = number(label, role, rule, deal, slot, moves, n, issues)
            before = np.inf
            continue
        before = worst
        if gauss(system, size, 1) == 0.0:
            return False
        if confined(deal, slot, system, size, moves, n, issues):
            size = number(label, role, rule, deal, slot, moves, n, issues)
            before = np.inf
        else:
            step(actor, move, theta, deal, slot, system, size, moves, n, issues)
    return False


def settled(actor: Floats, theta: Floats, role: Array, slot: Array, begin: Floats, moves: int,
            n: int) -> bool:
    """Whether V stayed near where it began and no weight is negative."""
    for i in range(n):
        if not abs(actor[VALUE, i] - begin[i]) <= FARTHEST:
            return False
        for m in range(moves):
            if slot[m, 1 + i] >= 0 and not theta[m, i] >= -LEAST:
                return False
    return True


def sharpen_rows(given: tuple[Any, ...], answer: tuple[Any, ...], room: tuple[Any, ...]) -> None:
    """The regimes ``label`` of a batch's states, from V, consents and terms in ``answer``, which
    are replaced where ``good`` is set."""
    discount, flow, scale, rate, reward, members, power, value, curvature, labels = given
    values, consents, deals, good = answer
    actor, move, pay, gain, weights, theta, tables, deal, label, role, rule, slot, system, begin = (
        room)
    (size, moves, n), issues = reward.shape, value.shape[2]
    for p in range(size):
        for i in range(n):
            actor[DISCOUNT, i], actor[FLOW, i] = discount[p, i], flow[p, i] / scale[p, i]
            actor[VALUE, i] = begin[i] = values[p, i] / scale[p, i]
        for m in range(moves):
            label[m], move[RATE, m] = labels[p, m], rate[p, m]
            mixed = label[m] > MIX
            move[CONSENT, m] = consents[p, m] if mixed else 1.0
            held = zero()
            for i in range(n):
                pay[m, i], weights[m, i] = reward[p, m, i] / scale[p, i], power[p, m, i]
                if mixed and (label[m] - MIX) >> i & 1:
                    held += 1
                for j in range(issues):
                    tables[m, V, j, i] = value[p, m, j, i] / scale[p, i]
                    tables[m, C, j, i] = curvature[p, m, j, i] / scale[p, i]
            for i in range(n):
                theta[m, i] = 1.0 / max(held, 1)
                role[m, i] = OUT
            for j in range(issues):
                deal[m, j], rule[m, j] = deals[p, m, j], PINNED
            if label[m] >= MADE:
                assign(label[m], m, members[p, m], tables, deal, role, rule, n, issues)
        good[p] = sharpen(actor, move, pay, gain, weights, theta, tables, deal, label, role, rule,
                          slot, system, begin, moves, n, issues)
        if not good[p]:
            continue
        for i in range(n):
            values[p, i] = actor[VALUE, i] * scale[p, i]
        for m in range(moves):
            consents[p, m] = move[CONSENT, m] if label[m] >= MADE else 0.0
            for j in range(issues):
                deals[p, m, j] = deal[m, j] if label[m] >= MADE else 0.0


def make_room(moves: int, n: int, issues: int) -> tuple[Any, ...]:
    """Room for states of so many moves, actors and issues."""
    def floats(*shape: int) -> Floats:
        return np.zeros(shape)

    def whole(*shape: int) -> Array:
        return np.zeros(shape, dtype=np.int64)

    size = n + moves * (1 + n + issues)
    return (floats(3, n), floats(2, moves), floats(moves, n), floats(moves, n), floats(moves, n),
            floats(moves, n), floats(moves, 2, issues, n), floats(moves, issues), whole(moves),
            whole(moves, n), whole(moves, issues), whole(moves, 1 + n + issues),
            floats(size, size + 1), floats(n))
