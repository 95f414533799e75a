"""The search over the regimes of open states; arrays, labels and codes are those of
:mod:`.regime_loops`, whose loops it calls; numba compiles these too.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero
from .nash_loops import GAINS, NO_DEAL, UNCLEAR, ZERO, C, V, X
from .regime_loops import (
    BARGAINED,
    DISCOUNT,
    EXACT,
    FLOW,
    HIGH,
    ISSUES,
    LABEL,
    LEFT,
    LISTED,
    LOW,
    MADE,
    MEMBERS,
    MIXES,
    MOST_REGIMES,
    MOST_SWEEPS,
    PROVED,
    REFUSED,
    SETTLED,
    SWEEPS,
    TOP,
    UNDECIDED,
    VALUE,
    in_turn,
    joint,
    offer,
    paid,
    sift,
    waiting,
)

Floats = NDArray[np.float64]
Array = NDArray[Any]

#: how a regime ends, besides the ends of a bargain: by a consent that is wrong
WRONG = -2
#: V moves at most this part of the last sweep's change in the next, where it is settling; and
#: consents wrong by so many times that change stay wrong
SHRINKS, FAR = 0.5, 20.0


def agree(actor: Floats, move: Floats, pay: Floats, weights: Floats, flag: Array, member: Array,
          seat: Array, tables: Floats, deal: Floats, got: Floats, room: tuple[Any, ...],
          place: Array, moves: int, n: int, issues: int) -> int:
    """V and terms of the regime that the labels name, in place, from the terms in ``deal``; how
    that ended, ``WRONG`` where a consent turned out to be wrong on the way."""
    total, deals = 0.0, 0
    for i in range(n):
        actor[TOP, i] = actor[FLOW, i]
    for m in range(moves):
        for i in range(n):
            got[m, i] = 0.0
        if flag[LABEL, m] == MADE:
            total += move[m]
            deals += flag[BARGAINED, m]
            for i in range(n):
                actor[TOP, i] += move[m] * pay[m, i]
            if flag[BARGAINED, m]:
                paid(tables, deal, got, m, n, flag[ISSUES, m])
    if deals == 0:
        waiting(actor, move, flag, got, total, moves, n)
        return GAINS
    end, change, drift, settled = GAINS, 0.0, np.inf, SETTLED
    for turn in range(MOST_SWEEPS):
        for i in range(n):
            room[4][i] = actor[VALUE, i]
        end, change = in_turn(actor, move, pay, weights, flag, seat, tables, deal, got, total,
                              room, moves, n)
        if end == UNCLEAR or (end == NO_DEAL and (deals == 1 or turn >= 2 * SWEEPS)):
            return end
        if end != GAINS:
            continue
        if deals == 1 or change <= EXACT:
            return GAINS
        before, drift = drift, 0.0
        for i in range(n):
            drift = max(drift, abs(actor[VALUE, i] - room[4][i]))
        if turn > 0 and drift <= SHRINKS * before and wrong(
                actor, pay, flag, member, FAR * drift, moves, n):
            return WRONG
        if turn > 0 and change <= settled:
            settled *= 0.01
            if joint(actor, move, pay, weights, flag, member, tables, deal, got, total, room[3],
                     place, moves, n, issues):
                # one more turn sees to terms at 0 and 1, and shows that nothing moves
                end, change = in_turn(actor, move, pay, weights, flag, seat, tables, deal, got,
                                      total, room, moves, n)
                if end == GAINS and change <= 1e-11:
                    return GAINS
            else:
                for m in range(moves):
                    if flag[LABEL, m] == MADE and flag[BARGAINED, m]:
                        for j in range(issues):
                            deal[m, j] = min(max(deal[m, j], 0.0), 1.0)
                        paid(tables, deal, got, m, n, flag[ISSUES, m])
    return UNCLEAR


def wrong(actor: Floats, pay: Floats, flag: Array, member: Array, margin: float, moves: int,
          n: int) -> bool:
    """Whether a consent with nothing to bargain over is wrong by more than a margin."""
    for m in range(moves):
        if flag[MEMBERS, m] == 0 or flag[BARGAINED, m]:
            continue
        least = np.inf
        for i in range(n):
            if member[m, i]:
                least = min(least, pay[m, i] - actor[VALUE, i])
        if (least < -margin) if flag[LABEL, m] == MADE else (least > margin):
            return True
    return False


def middle(member: Array, tables: Floats, m: int, j: int, n: int) -> float:
    """Where the search for a term begins: at 0, the tie of least norm, where no member cares."""
    for i in range(n):
        if member[m, i] and (tables[m, V, j, i] != 0.0 or tables[m, C, j, i] != 0.0):
            return 0.5
    return 0.0


def stands(actor: Floats, pay: Floats, span: Floats, most: Floats, weights: Floats, flag: Array,
           member: Array, seat: Array, deal: Floats, got: Floats, room: tuple[Any, ...], moves: int,
           n: int) -> int:
    """1 where every consent of a regime is right at its V, 0 where one is wrong, −1 at a tie. Terms
    that pay all members of a refused bargain are left in ``deal``."""
    rows, terms, matrix, base, own, tied = room[0], room[1], room[2], room[4], room[8], False
    for m in range(moves):
        if flag[MEMBERS, m] == 0:
            continue
        least, spare, hopeless = np.inf, most[m], False
        for i in range(n):
            base[i] = 0.0
            if member[m, i]:
                base[i] = pay[m, i] - actor[VALUE, i]
                least = min(least, base[i] + (got[m, i] if flag[LABEL, m] == MADE else 0.0))
                spare += base[i]
                hopeless |= base[i] + span[m, i] < -ZERO
        if flag[LABEL, m] == MADE:
            if least < -ZERO:
                return 0
            tied |= least <= ZERO
        elif not flag[BARGAINED, m]:
            if least > ZERO:
                return 0
            tied |= least >= -ZERO
        elif least > ZERO:
            return 0
        elif not (hopeless or spare < -ZERO):
            for j in range(flag[ISSUES, m]):
                terms[X, j] = deal[m, j]
            end = offer(rows, seat, m, base, own[m], terms, matrix, weights, flag[MEMBERS, m],
                        flag[ISSUES, m])
            if end == GAINS:
                for j in range(flag[ISSUES, m]):
                    deal[m, j] = terms[X, j]
                return 0
            tied |= end == UNCLEAR
    return -1 if tied else 1


def sift_deals(actor: Floats, move: Floats, pay: Floats, span: Floats, full: Floats, most: Floats,
               flag: Array, member: Array, asked: Floats, tables: Floats, deal: Floats, moves: int,
               n: int) -> int:
    """As ``sift``; and what is bargained over is made where known terms pay all members more than V
    can be."""
    reset(span, full, moves, n)
    while True:
        left, changed = sift(
            actor, move, pay, span, most, flag, member, asked, moves, n), False
        if left < 0:
            return left
        for m in range(moves):
            if flag[LABEL, m] == MADE or flag[MEMBERS, m] == 0 or not flag[BARGAINED, m]:
                continue
            least = np.inf
            for i in range(n):
                if member[m, i]:
                    u = 0.0
                    for j in range(flag[ISSUES, m]):
                        u += deal[m, j] * (
                            tables[m, V, j, i] - 0.5 * tables[m, C, j, i] * deal[m, j])
                    least = min(least, pay[m, i] + u - actor[HIGH, i])
            if least > ZERO:
                if flag[LABEL, m] == REFUSED:
                    return -1
                flag[LABEL, m] = MADE
                changed = True
        if not changed:
            return left


def every_regime(actor: Floats, move: Floats, pay: Floats, span: Floats, full: Floats, most: Floats,
                weights: Floats, flag: Array, member: Array, seat: Array, tables: Floats,
                deal: Floats, got: Floats, room: tuple[Any, ...], place: Array, stack: Array,
                found: tuple[Floats, Floats, Floats], moves: int, n: int, issues: int,
                ) -> tuple[int, int]:
    """What is known of a state's list (see the other module), and how many equilibria it has.

    ``found`` takes V (R, n), consents (R, M) and terms (R, M, J).
    """
    held, asked = room[7], room[9]
    for i in range(n):
        actor[LOW, i], actor[HIGH, i] = -np.inf, np.inf
    for m in range(moves):
        flag[LABEL, m] = UNDECIDED if flag[MEMBERS, m] else MADE
        for j in range(issues):
            deal[m, j] = middle(member, tables, m, j, n)
    left = sift_deals(actor, move, pay, span, full, most, flag, member, asked, tables, deal, moves,
                      n)
    deals, count, depth, tried = 0, 0, 1, 0
    for m in range(moves):
        deals += flag[BARGAINED, m] and flag[LABEL, m] == MADE
        stack[0, m] = flag[LABEL, m]
    known = PROVED if left == 0 and deals <= 1 else LISTED
    while depth:
        depth -= 1
        for m in range(moves):
            flag[LABEL, m] = stack[depth, m]
        if tried:
            for i in range(n):
                actor[LOW, i], actor[HIGH, i] = held[depth, 0, i], held[depth, 1, i]
            left = sift_deals(actor, move, pay, span, full, most, flag, member, asked, tables, deal,
                              moves, n)
            if left < 0:
                continue
        tried += 1
        if tried > MOST_REGIMES:
            return LEFT, count
        if left:
            at = -1
            for m in range(moves):
                if flag[LABEL, m] == UNDECIDED and (at < 0 or move[m] > move[at]):
                    at = m
            for label in (REFUSED, MADE):
                for m in range(moves):
                    stack[depth, m] = flag[LABEL, m]
                stack[depth, at] = label
                for i in range(n):
                    held[depth, 0, i], held[depth, 1, i] = actor[LOW, i], actor[HIGH, i]
                depth += 1
            continue
        end = agree(actor, move, pay, weights, flag, member, seat, tables, deal, got, room, place,
                    moves, n, issues)
        if end == UNCLEAR:
            return LEFT, count
        if end == NO_DEAL or end == WRONG:
            continue
        end = stands(actor, pay, full[1], most, weights, flag, member, seat, deal, got, room,
                     moves, n)
        if end < 0 or (end > 0 and count >= len(found[0])):
            return LEFT, count
        if end > 0:
            for i in range(n):
                found[0][count, i] = actor[VALUE, i]
            for m in range(moves):
                found[1][count, m] = float(flag[LABEL, m])
                for j in range(issues):
                    found[2][count, m, j] = deal[m, j] if flag[LABEL, m] == MADE else 0.0
            count += 1
    return (known if count else MIXES), count


def reset(span: Floats, full: Floats, moves: int, n: int) -> None:
    """The widest bounds of what terms pay."""
    for m in range(moves):
        for i in range(n):
            span[0, m, i], span[1, m, i] = full[0, m, i], full[1, m, i]


def load(given: tuple[Any, ...], p: int, move: Floats, pay: Floats, full: Floats, most: Floats,
         weights: Floats, flag: Array, member: Array, asked: Floats, seat: Array, tables: Floats,
         own: Floats, column: Array, n: int, issues: int) -> int:
    """Put the moves of a batch's state p in place; how many there are."""
    _, _, scale, rate, present, reward, members, power, value, curvature = given
    moves = zero()
    for q in range(present.shape[1]):
        # a move that never comes up changes no value: its consent is read off afterwards
        if not present[p, q] or rate[p, q] <= 0.0:
            continue
        column[moves], move[moves] = q, rate[p, q]
        for i in range(n):
            pay[moves, i] = reward[p, q, i] / scale[p, i]
            weights[moves, i] = power[p, q, i]
        ask(flag, member, asked, seat, moves, members[p, q], n)
        spread(tables, own, full, most, flag, seat, moves, value[p, q], curvature[p, q], scale[p],
               n, issues)
        moves += 1
    return moves


def ask(flag: Array, member: Array, asked: Floats, seat: Array, m: int, who: Array, n: int) -> None:
    """Whose consent move m needs."""
    flag[MEMBERS, m] = 0
    for i in range(n):
        member[m, i], asked[m, i] = who[i], 0.0
        if who[i]:
            asked[m, i] = 1.0
            seat[m, flag[MEMBERS, m]] = i
            flag[MEMBERS, m] += 1


def spread(tables: Floats, own: Floats, full: Floats, most: Floats, flag: Array, seat: Array,
           m: int, value: Floats, curvature: Floats, scale: Floats, n: int, issues: int) -> None:
    """The issues of move m, values and curvatures (J, n), in payoff ranges; what terms can pay."""
    flag[BARGAINED, m] = flag[ISSUES, m] = 0
    most[m] = 0.0
    for i in range(n):
        low, high = 0.0, 0.0
        for j in range(issues):
            v, c = value[j, i] / scale[i], curvature[j, i] / scale[i]
            tables[m, V, j, i], tables[m, C, j, i] = v, c
            if v != 0.0 or c != 0.0:
                flag[BARGAINED, m] = 1
                flag[ISSUES, m] = max(flag[ISSUES, m], j + 1)
                low += min(v - 0.5 * c, 0.0)
                high += peak(v, c)
        full[0, m, i], full[1, m, i] = low, high
    for j in range(flag[ISSUES, m]):
        v = c = 0.0
        for k in range(flag[MEMBERS, m]):
            i = seat[m, k]
            own[m, V, j, k], own[m, C, j, k] = tables[m, V, j, i], tables[m, C, j, i]
            v += tables[m, V, j, i]
            c += tables[m, C, j, i]
        most[m] += peak(v, c)


def solve_rows(given: tuple[Any, ...], answer: tuple[Any, ...], room: tuple[Any, ...],
               rows: Array, begin: int, used: int) -> tuple[int, int]:
    """Some states of a batch, one after another; ``given`` are the arrays of ``Problems``.

    ``answer`` takes what is known of each state's list (P,), and equilibria one after another from
    the row ``used`` on: whose they are (K,), V (K, n), consents (K, M) and terms (K, M, J). Returns
    where it stopped in ``rows``, which is before the end where there is no room for more, and the
    next free row.
    """
    discount, flow, scale = given[0], given[1], given[2]
    known, owner, values, consents, deals = answer
    actor, move, pay, span, full, most, weights, flag, member, seat = room[:10]
    tables, deal, got, inner, place, stack, column = room[10:]
    n, issues = discount.shape[1], given[8].shape[2]
    found = (inner[10], inner[5], inner[6])
    for at in range(begin, len(rows)):
        p = rows[at]
        moves = load(given, p, move, pay, full, most, weights, flag, member, inner[9], seat, tables,
                     inner[8], column, n, issues)
        for i in range(n):
            actor[DISCOUNT, i], actor[FLOW, i] = discount[p, i], flow[p, i] / scale[p, i]
            actor[VALUE, i] = actor[FLOW, i] / actor[DISCOUNT, i]
        known[p], count = every_regime(
            actor, move, pay, span, full, most, weights, flag, member, seat, tables, deal, got,
            inner, place, stack, found, moves, n, issues)
        if known[p] == LEFT:
            continue
        if used + count > len(owner):
            return at, used
        for k in range(count):
            owner[used] = p
            for i in range(n):
                values[used, i] = found[0][k, i] * scale[p, i]
            for m in range(consents.shape[1]):
                consents[used, m] = 0.0
                for j in range(issues):
                    deals[used, m, j] = 0.0
            for m in range(moves):
                consents[used, column[m]] = found[1][k, m]
                for j in range(issues):
                    deals[used, column[m], j] = found[2][k, m, j]
            used += 1
    return len(rows), used


def peak(v: float, c: float) -> float:
    """The most that v·x − ½·c·x² can be on [0, 1]."""
    if v <= 0.0:
        return 0.0
    if c <= v:
        return v - 0.5 * c
    return 0.5 * v * v / c


def make_room(moves: int, n: int, issues: int, most: int) -> tuple[Any, ...]:
    """Room for states of so many moves, actors and issues, and ``most`` equilibria."""
    def floats(*shape: int) -> Floats:
        return np.zeros(shape)

    size = moves * issues
    inner = (floats(7, n), floats(4, issues), floats(issues, issues), floats(size + 1, size + 2),
             floats(n), floats(most, moves), floats(most, moves, issues),
             floats(2 * moves + 2, 2, n), floats(moves, 2, issues, n), floats(moves, n),
             floats(most, n))
    return (floats(10, n), floats(moves), floats(moves, n), floats(2, moves, n),
            floats(2, moves, n), floats(moves), floats(moves, n),
            np.zeros((4, moves), dtype=np.int64), np.zeros((moves, n), dtype=np.bool_),
            np.zeros((moves, n), dtype=np.int64),
            floats(moves, 2, issues, n), floats(moves, issues), floats(moves, n), inner,
            np.zeros((2, size + 1), dtype=np.int64),
            np.zeros((2 * moves + 2, moves), dtype=np.int64), np.zeros(moves, dtype=np.int64))
