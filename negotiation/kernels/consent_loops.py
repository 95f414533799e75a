"""Consent at fixed payoffs, state after state: over a lattice at its draws, or over single states.

Symbols, arrays and labels are those of :mod:`.consent_bounds`; numba compiles these loops.
"""

from __future__ import annotations

import numpy as np

from .consent_bounds import (
    ALONE,
    CONSENT,
    DECIDED,
    DISCOUNT,
    FLOW,
    FOUND,
    HIGH,
    LABEL,
    LEFT,
    LOW,
    MADE,
    MEMBER,
    PAY,
    RATE,
    REFUSED,
    ROOT,
    SEVERAL,
    SLACK,
    TIED,
    TRY_HIGH,
    TRY_LOW,
    TURNED,
    UNDECIDED,
    VALUE,
    ZERO,
    Array,
    Floats,
    check,
    root,
    settle,
    values,
    zero,
)
from .consent_search import Room, search

#: boxes that a search among the consents that do not rest may cost
NEAR = 300
#: a lattice at D draws: first_edge (S + 1,), target (E,), member (E, n), discount, scale (D, n),
#: flow (D, S, n), rate (D, E), lump (D, E, n)
Game = tuple[Array, Array, Array, Floats, Floats, Floats, Floats, Floats]
#: what is found: value (D, S, n), consent and surplus (D, E), known and sign (D, S)
Answer = tuple[Floats, Floats, Floats, Array, Array]


def solve_state(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
                room: Room, prove: bool, budget: int, lean: float) -> tuple[int, int]:
    """What is known of a state (see above), and the index of the equilibrium put in its arrays."""
    for i in range(n):
        actor[LOW, i], actor[HIGH, i] = -np.inf, np.inf
    for m in range(moves):
        asked = 0
        for i in range(n):
            asked += flag[MEMBER + i, m]
        flag[LABEL, m] = UNDECIDED if asked > 0 else MADE
    left = root(actor, move, pay, flag, moves, n)
    for m in range(moves):
        flag[ROOT, m] = flag[LABEL, m]
    for i in range(n):
        actor[TRY_LOW, i], actor[TRY_HIGH, i] = actor[LOW, i], actor[HIGH, i]
    count = 0
    for start in (1.0, 0.0):
        rested = settle(actor, move, pay, flag, moves, n, start)
        if rested:
            values(actor, move, pay, moves, n)
            good = check(actor, move, pay, flag, moves, n)
            if good < 0:
                return LEFT, 0
            if good > 0 and (left == 0 or not prove):
                return DECIDED if left == 0 else FOUND, 1
        if prove:
            break
        if not rested:
            count = search_near(actor, move, pay, flag, moves, n, room)
            if count > 0:
                break
    found = room[3]
    if count < 1:
        most = len(found) + 1 if prove else 1
        count = search(actor, move, pay, flag, moves, n, room, budget, most, lean)
    if count < 1:
        return LEFT, 0
    for m in range(moves):
        move[CONSENT, m] = found[0, m]
    values(actor, move, pay, moves, n)
    sign = int(found[0, found.shape[1] - 1])
    if not prove:
        return FOUND if sign != 0 else TIED, sign
    return ALONE if count == 1 else SEVERAL, sign


def search_near(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
                room: Room) -> int:
    """Search among the consents that did not come to rest, the others held; whether one was found.

    Labels and bounds are then those that hold in every equilibrium again.
    """
    for m in range(moves):
        if flag[LABEL, m] == UNDECIDED and flag[TURNED, m] == 0:
            flag[LABEL, m] = MADE if move[CONSENT, m] > 0.0 else REFUSED
    count = search(actor, move, pay, flag, moves, n, room, NEAR, 1, np.nan)
    for m in range(moves):
        flag[LABEL, m] = flag[ROOT, m]
    for i in range(n):
        actor[LOW, i], actor[HIGH, i] = actor[TRY_LOW, i], actor[TRY_HIGH, i]
    return count


def gather(first: Array, target: Array, member: Array, rate: Floats, lump: Floats, value: Floats,
           move: Floats, pay: Floats, flag: Array, d: int, s: int) -> int:
    """Copy the moves of a state that have a rate; how many there are."""
    moves = 0
    for e in range(first[s], first[s + 1]):
        if rate[d, e] > 0.0:
            move[RATE, moves] = rate[d, e]
            to = target[e]
            for i in range(member.shape[1]):
                pay[PAY, i, moves] = lump[d, e, i] + value[d, to, i]
                flag[MEMBER + i, moves] = member[e, i]
            moves += 1
    return moves


def put(first: Array, target: Array, member: Array, rate: Floats, lump: Floats, value: Floats,
        actor: Floats, move: Floats, consent: Floats, surplus: Floats, d: int, s: int,
        refuse: bool) -> None:
    """Write a solved state's values, consents and surpluses (in payoff units)."""
    n, m = member.shape[1], 0
    for i in range(n):
        value[d, s, i] = actor[VALUE, i]
    for e in range(first[s], first[s + 1]):
        least, willing = np.inf, True
        to = target[e]
        for i in range(n):
            if member[e, i]:
                gain = lump[d, e, i] + value[d, to, i] - actor[VALUE, i]
                least = min(least, gain)
                willing &= gain > (actor[SLACK, i] if refuse else -actor[SLACK, i])
        surplus[d, e] = least if least < np.inf else 0.0
        if rate[d, e] > 0.0:
            consent[d, e] = move[CONSENT, m]
            m += 1
        else:
            # nothing happens at rate 0; what they would say is read off
            consent[d, e] = 1.0 if willing else 0.0


def sweep(game: Game, answer: Answer, states: Array, room: Room, prove: bool, budget: int,
          refuse: bool) -> int:
    """Solve some states, whose successors are solved, at every draw; how many were left.

    With ``prove`` every equilibrium of a state is looked for, else only one is found.
    """
    first, target, member, discount, scale, flow, rate, lump = game
    value, consent, surplus, known, sign = answer
    n, left = discount.shape[1], zero()
    actor, move, pay, flag = room[4], room[5], room[6], room[7]
    for d in range(len(discount)):
        for i in range(n):
            actor[DISCOUNT, i], actor[SLACK, i] = discount[d, i], ZERO * scale[d, i]
        for k in range(len(states)):
            s = states[k]
            for i in range(n):
                actor[FLOW, i] = flow[d, s, i]
            moves = gather(first, target, member, rate, lump, value, move, pay, flag, d, s)
            known[d, s], sign[d, s] = solve_state(
                actor, move, pay, flag, moves, n, room, prove, budget, -1.0 if refuse else 1.0)
            if known[d, s] == LEFT:
                left += 1
            else:
                put(first, target, member, rate, lump, value, actor, move, consent, surplus, d, s,
                    refuse)
    return left


def list_states(given: tuple[Array, ...], answer: tuple[Array, ...], room: Room, rows: Array,
                budget: int, begin: int, used: int) -> tuple[int, int]:
    """Every equilibrium of some states of a batch; ``given`` are arrays of ``Problems``, payoffs
    fixed and the rate of every move that somebody is asked about positive.

    ``answer`` takes whether each state's list is whole (P,), and equilibria one after another from
    the row ``used`` on: whose they are (K,), V (K, n), consents (K, M) and the signs of their
    indices (K,). Returns where it stopped in ``rows``, which is before the end where there is no
    room for more, and the next free row.
    """
    discount, flow, scale, rate, present, reward, member = given
    whole, owner, values_, consent, sign = answer
    n, wide, found = discount.shape[1], present.shape[1], room[3]
    actor, move, pay, flag, column = room[4:]
    for at in range(begin, len(rows)):
        p, moves = rows[at], zero()
        for q in range(wide):
            if not present[p, q] or rate[p, q] <= 0.0:
                continue
            column[moves], move[RATE, moves], flag[LABEL, moves] = q, rate[p, q], MADE
            for i in range(n):
                pay[PAY, i, moves] = reward[p, q, i]
                flag[MEMBER + i, moves] = member[p, q, i]
                if member[p, q, i]:
                    flag[LABEL, moves] = UNDECIDED
            moves += 1
        for i in range(n):
            actor[DISCOUNT, i], actor[FLOW, i] = discount[p, i], flow[p, i]
            actor[SLACK, i] = ZERO * scale[p, i]
            actor[LOW, i], actor[HIGH, i] = -np.inf, np.inf
        root(actor, move, pay, flag, moves, n)
        count = search(actor, move, pay, flag, moves, n, room, budget, len(found) + 1, 1.0)
        if not 0 < count <= len(found):
            continue
        if used + count > len(owner):
            return at, used
        whole[p] = True
        for k in range(count):
            for q in range(wide):
                consent[used, q] = 0.0
            for m in range(moves):
                move[CONSENT, m] = found[k, m]
                consent[used, column[m]] = found[k, m]
            values(actor, move, pay, moves, n)
            owner[used], sign[used] = p, found[k, found.shape[1] - 1]
            for i in range(n):
                values_[used, i] = actor[VALUE, i]
            used += 1
    return len(rows), used
