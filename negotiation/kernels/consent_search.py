"""Every equilibrium of a state with fixed payoffs, by branch and bound: plain loops.

Symbols, arrays and labels are those of :mod:`.consent_bounds`. An undecided move is refused, made,
or mixed, which leaves one member indifferent and so pins that V_i; bounds then decide other moves
or refute the branch. Where all are labelled the mixed consents solve a linear system.
"""

from __future__ import annotations

import numpy as np

from .consent_bounds import (
    CONSENT,
    DISCOUNT,
    FLOW,
    HIGH,
    LABEL,
    LOW,
    MADE,
    MEMBER,
    MIX,
    OPEN,
    OPEN_PAY,
    OTHER,
    PAY,
    RATE,
    REFUSED,
    ROUNDS,
    SLACK,
    TOP,
    UNDECIDED,
    Array,
    Floats,
    check,
    decide,
    open_up,
    values,
    zero,
)

#: room for a search, see :func:`search`
Room = tuple[Array, Floats, Floats, Floats, Floats, Floats, Floats, Array, Array]
#: a mixed consent this close to 0 or 1 is a tie
EDGE = 1e-8


def highest(move: Floats, pay: Floats, i: int, count: int, top: float, bottom: float) -> float:
    """The largest average of top/bottom and any of ``count`` open payments, weighed by rates."""
    best = top / bottom
    for _ in range(count):
        a, b = top, bottom
        for k in range(count):
            extra = move[OPEN, k] if pay[OPEN_PAY, i, k] > best else 0.0
            a += extra * pay[OPEN_PAY, i, k]
            b += extra
        if not a / b > best:
            break
        best = a / b
    return best


def lowest(pay: Floats, i: int, count: int, top: float, bottom: float) -> float:
    """The smallest such average: i's own consent never lowers its value, so only others' moves."""
    best = top / bottom
    for _ in range(count):
        a, b = top, bottom
        for k in range(count):
            extra = pay[OTHER, i, k] if pay[OPEN_PAY, i, k] < best else 0.0
            a += extra * pay[OPEN_PAY, i, k]
            b += extra
        if not a / b < best:
            break
        best = a / b
    return best


def pin(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int) -> None:
    """What assumed labels say of values: a made move pays its members, a mix leaves one even."""
    for m in range(moves):
        label = flag[LABEL, m]
        if label == REFUSED:
            # if all members but one surely gain, that one must not
            doubtful, who = 0, 0
            for i in range(n):
                if flag[MEMBER + i, m] != 0 and not pay[PAY, i, m] > actor[HIGH, i]:
                    doubtful, who = doubtful + 1, i
            if doubtful == 1:
                actor[LOW, who] = max(actor[LOW, who], pay[PAY, who, m])
        elif label >= MADE:
            for i in range(n):
                if flag[MEMBER + i, m] != 0:
                    actor[HIGH, i] = min(actor[HIGH, i], pay[PAY, i, m])
                    if label == MIX + i:
                        actor[LOW, i] = max(actor[LOW, i], pay[PAY, i, m])


def bound(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
          count: int, made: float) -> bool:
    """Bound every value given labels that are assumptions, in place; false where one contradicts.

    Made moves that i consents to can only raise its value, so that it is at least what it would be
    without them.
    """
    for i in range(n):
        top, bottom = actor[TOP, i], actor[DISCOUNT, i] + made
        low = lowest(pay, i, count, top, bottom)
        high = highest(move, pay, i, count, top, bottom)
        for m in range(moves):
            if flag[LABEL, m] == MADE and flag[MEMBER + i, m]:
                top -= move[RATE, m] * pay[PAY, i, m]
                bottom -= move[RATE, m]
        low = max(low, lowest(pay, i, count, top, bottom))
        actor[LOW, i] = max(actor[LOW, i], low)
        actor[HIGH, i] = min(actor[HIGH, i], high)
        if actor[LOW, i] > actor[HIGH, i] + 4 * actor[SLACK, i]:
            return False
    return True


def prune(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int) -> int:
    """Decide moves by bounds given assumed labels, in place; how many stay undecided, −1 where the
    labels contradict each other.
    """
    left = moves
    for _ in range(ROUNDS):
        pin(actor, move, pay, flag, moves, n)
        count, made = open_up(actor, move, pay, flag, moves, n)
        if not bound(actor, move, pay, flag, moves, n, count, made):
            return -1
        changed, left = False, 0
        for m in range(moves):
            label, found = flag[LABEL, m], decide(actor, pay, flag, m, n)
            if label == UNDECIDED:
                if found == UNDECIDED:
                    left += 1
                else:
                    flag[LABEL, m], changed = found, True
            elif found == REFUSED and label >= MADE:
                return -1
            elif found == MADE and label != MADE:
                return -1
        if not changed:
            break
    return left


def largest(system: Floats, first: int, size: int) -> tuple[int, int]:
    """The place of the largest entry of a matrix from some row and column on."""
    at, column = first, first
    for row in range(first, size):
        for c in range(first, size):
            if abs(system[row, c]) > abs(system[at, column]):
                at, column = row, c
    return at, column


def eliminate(system: Floats, size: int) -> int:
    """Solve a linear system (size, size + 1) in place, the answer in the last column; as ``mix``.
    """
    sign = 1
    for k in range(size):
        unit = 0.0
        for c in range(size + 1):
            unit = max(unit, abs(system[k, c]))
        for c in range(size + 1):
            system[k, c] /= unit + 1e-300
    for k in range(size):
        best = k
        for row in range(k + 1, size):
            if abs(system[row, k]) > abs(system[best, k]):
                best = row
        if abs(system[best, k]) < 1e-11:
            # no pivot in this column: another takes its place, and there is no single answer
            best, column = largest(system, k, size)
            if abs(system[best, column]) < 1e-11:
                for row in range(k, size):
                    if abs(system[row, size]) > 1e-10:
                        return 0
                return 2
            for row in range(size):
                system[row, k], system[row, column] = system[row, column], system[row, k]
        if best != k:
            sign = -sign
            for c in range(size + 1):
                system[k, c], system[best, c] = system[best, c], system[k, c]
        sign = sign if system[k, k] > 0.0 else -sign
        for row in range(size):
            if row != k:
                factor = system[row, k] / system[k, k]
                for c in range(k, size + 1):
                    system[row, c] -= factor * system[k, c]
    for k in range(size):
        system[k, size] /= system[k, k]
    return sign


def mix(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
        system: Floats) -> int:
    """Solve for the mixed consents of a labelled state, in place.

    Σ_q λ_q α_q (W_q,i − W_m,i) = r_i W_m,i − f_i for each mixed m that leaves i indifferent.
    Returns the sign of the system's determinant (1 without mixes), 0 where there is no solution,
    2 where the system is singular and yet solvable: a tie.
    """
    size = zero()
    for m in range(moves):
        move[CONSENT, m] = 1.0 if flag[LABEL, m] == MADE else 0.0
        if flag[LABEL, m] < MIX:
            continue
        i, column = flag[LABEL, m] - MIX, 0
        right = actor[DISCOUNT, i] * pay[PAY, i, m] - actor[FLOW, i]
        for q in range(moves):
            gap = move[RATE, q] * (pay[PAY, i, q] - pay[PAY, i, m])
            if flag[LABEL, q] == MADE:
                right -= gap
            elif flag[LABEL, q] >= MIX:
                system[size, column] = gap
                column += 1
        system[size, column] = right
        size += 1
    sign = eliminate(system, size)
    if sign == 1 or sign == -1:
        row = 0
        for m in range(moves):
            if flag[LABEL, m] >= MIX:
                move[CONSENT, m] = system[row, size]
                row += 1
    return sign


def keep(actor: Floats, flag: Array, labels: Array, bounds: Floats, at: int, moves: int) -> None:
    """Put a box on the stack."""
    for m in range(moves):
        labels[at, m] = flag[LABEL, m]
    for i in range(bounds.shape[2]):
        bounds[at, 0, i], bounds[at, 1, i] = actor[LOW, i], actor[HIGH, i]


def branch(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
           labels: Array, bounds: Floats, waiting: int) -> int:
    """Put the children of a box on the stack: the fastest undecided move refused, made, mixed."""
    m, most = 0, -1.0
    for q in range(moves):
        if flag[LABEL, q] == UNDECIDED and move[RATE, q] > most:
            m, most = q, move[RATE, q]
    for label in range(REFUSED, MIX + n):
        if label >= MIX:
            i = label - MIX
            slack = 4 * actor[SLACK, i]
            worth = pay[PAY, i, m]
            if flag[MEMBER + i, m] == 0 or worth < actor[LOW, i] - slack or (
                    worth > actor[HIGH, i] + slack):
                continue
        flag[LABEL, m] = label
        keep(actor, flag, labels, bounds, waiting, moves)
        waiting += 1
    return waiting


def insert(found: Floats, count: int, move: Floats, moves: int, sign: int) -> int:
    """Add an equilibrium in its place: larger consents first, in the order of the moves."""
    at = count
    while at > 0:
        larger = False
        for m in range(moves):
            if found[at - 1, m] != move[CONSENT, m]:
                larger = move[CONSENT, m] > found[at - 1, m]
                break
        if not larger:
            break
        for m in range(found.shape[1]):
            found[at, m] = found[at - 1, m]
        at -= 1
    for m in range(moves):
        found[at, m] = move[CONSENT, m]
    found[at, found.shape[1] - 1] = sign
    return count + 1


def leaf(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
         sign: int) -> int:
    """1 where the consents of a labelled state are an equilibrium, 0 where not, < 0 at a tie."""
    if sign == 0:
        return 0
    if sign == 2:
        return -2
    tied = False
    for m in range(moves):
        if flag[LABEL, m] >= MIX:
            alpha = move[CONSENT, m]
            if alpha < -EDGE or alpha > 1.0 + EDGE:
                return 0
            tied = tied or alpha < EDGE or alpha > 1.0 - EDGE
    if tied:
        return -2  # the same point with a pure label is looked at elsewhere
    values(actor, move, pay, moves, n)
    return check(actor, move, pay, flag, moves, n)


def search(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
           room: Room, budget: int, most: int, lean: float) -> int:
    """Every equilibrium of a state whose root box is pruned, by branch and bound.

    ``room`` holds the boxes waiting, their labels (B, M) and bounds (B, 2, n); a linear system
    (M, M + 1); and what is found, a row of consents and the sign of the index, (K, M + 1), larger
    consents first in the order of the moves. Returns how many equilibria there are (it ends at
    ``most``), or −1 where a tie was met (unless one is enough), the budget of boxes ended or the
    room did.
    """
    labels, bounds, system, found = room[:4]
    waiting, count, best = zero(), zero(), -np.inf
    keep(actor, flag, labels, bounds, waiting, moves)
    waiting += 1
    while waiting > 0 and count < most:
        budget -= 1
        if budget < 0:
            break
        waiting -= 1
        for m in range(moves):
            flag[LABEL, m] = labels[waiting, m]
        for i in range(n):
            actor[LOW, i], actor[HIGH, i] = bounds[waiting, 0, i], bounds[waiting, 1, i]
        left = prune(actor, move, pay, flag, moves, n)
        if left < 0:
            continue
        if left > 0:
            waiting = branch(actor, move, pay, flag, moves, n, labels, bounds, waiting)
            continue
        sign = mix(actor, move, pay, flag, moves, n, system)
        kept = leaf(actor, move, pay, flag, moves, n, sign)
        if kept == -1 and most == 1:
            # an end of a continuum; it serves where nothing without a tie is found
            total = 0.0
            for m in range(moves):
                total += move[CONSENT, m]
            if lean * total > best:
                best = lean * total
                insert(found, count, move, moves, zero())
        elif kept != 0 and most > 1 and (kept < 0 or count == len(found)):
            return -1
        elif kept > 0:
            count = insert(found, count, move, moves, sign)
    return 1 if count == 0 and best > -np.inf else count if budget >= 0 else -1


def make_room(moves: int, n: int, most: int) -> Room:
    """Room for searches of states with so many moves and actors, and ``most`` equilibria; and, for
    those who lay states out, ``actor``, ``move``, ``pay``, ``flag`` and a number for each move."""
    boxes = (n + 2) * (moves + 1)
    return (np.empty((boxes, moves), dtype=np.int8), np.empty((boxes, 2, n)),
            np.empty((moves, moves + 1)), np.empty((most, moves + 1)),
            np.empty((9, n)), np.empty((3, moves)), np.empty((3, n, moves)),
            np.empty((4 + n, moves), dtype=np.int64), np.empty(moves, dtype=np.int64))
