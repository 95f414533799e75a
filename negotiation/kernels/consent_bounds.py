"""Consent at fixed payoffs, one state after another: bounds, and consents that come to rest.

A state has M moves with rates λ_m > 0 that pay actor i W_m,i, values of what follows included.
Given consents α ∈ [0,1]^M its values are V_i = (f_i + Σ λ_m α_m W_m,i)/(r_i + Σ λ_m α_m), and α is
an equilibrium where α_m = 1 if every member of the coalition gains (W_m,i > V_i), α_m = 0 if one of
them loses, and anything between if the worst off is indifferent (DESIGN §2.1).

Three steps, from cheap to dear. **Pruning** bounds every V_i over all consents that are still
possible and decides the moves whose answer is the same all over the bounds. **Settling** starts
from everybody's consent to what is left (then from nobody's) and takes or gives one consent at a
time where it is wrong, until none is. **Searching** (:mod:`.consent_search`) branches on what is
left. The numpy counterpart of the first two is :mod:`.consent`.

This is plain Python that numba compiles where it is installed and the job is large; where it is
not, the search is run as it stands, on the few states that need it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array = NDArray[Any]

#: what is known of a state: every consent decided by bounds; one equilibrium, by search; one was
#: found and others are not excluded; several were found; a pure tie, or too much work: not solved
#: here; an end of a continuum of mixed consents was found, and nothing without a tie
DECIDED, ALONE, FOUND, SEVERAL, LEFT, TIED = 0, 1, 2, 3, 4, 5
#: labels of a move: undecided, refused, made; MIX + i: mixed, which leaves member i indifferent
UNDECIDED, REFUSED, MADE, MIX = -1, 0, 1, 2
#: gains smaller than this share of an actor's payoff range count as zero
ZERO = 1e-11
#: rounds of pruning; passes of settling, and how many of the last ones tell what does not rest
ROUNDS, PASSES, LAST = 8, 12, 4
#: steps of Newton's method in a round of pruning
STEPS = 3


#: rows of ``actor`` (9, n), ``move`` (3, M), ``pay`` (3, n, M) and ``flag`` (4 + n, M), which hold
#: one state and what is found of it. OPEN, OPEN_PAY and OTHER (the rate where the actor is no
#: member, else 0) hold the moves that bounds have left undecided side by side; WHICH they are.
#: TOP is the flow plus what is made; gains up to SLACK count as zero; TRY_LOW and TRY_HIGH are
#: where bounds are looked for. ROOT is what bounds decide in every equilibrium, TURNED says
#: which consents did not come to rest, and MEMBER + i whether i's consent is needed
DISCOUNT, FLOW, SLACK, LOW, HIGH, VALUE, TOP, TRY_LOW, TRY_HIGH = range(9)
RATE, CONSENT, OPEN = range(3)
PAY, OPEN_PAY, OTHER = range(3)
LABEL, WHICH, ROOT, TURNED, MEMBER = range(5)


def zero() -> int:
    """0, for counts that kernels are called with: one that starts as a plain 0 has a type of its
    own while numba infers types, and all that it is given to would be compiled twice."""
    return int(np.int64(0))


def open_up(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
            ) -> tuple[int, float]:
    """Put the moves that are undecided or mixed side by side; how many, and the made ones' rate."""
    count, made = 0, 0.0
    for i in range(n):
        actor[TOP, i] = actor[FLOW, i]
    for m in range(moves):
        if flag[LABEL, m] == MADE:
            made += move[RATE, m]
            for i in range(n):
                actor[TOP, i] += move[RATE, m] * pay[PAY, i, m]
        elif flag[LABEL, m] != REFUSED:
            flag[WHICH, count] = m
            move[OPEN, count] = move[RATE, m]
            for i in range(n):
                pay[OPEN_PAY, i, count] = pay[PAY, i, m]
                pay[OTHER, i, count] = 0.0 if flag[MEMBER + i, m] != 0 else move[RATE, m]
            count += 1
    return count, made


def decide(actor: Floats, pay: Floats, flag: Array, m: int, n: int) -> int:
    """Whether every value within the bounds agrees that a move is made, or refused; else −1."""
    sure, never = True, False
    for i in range(n):
        if flag[MEMBER + i, m] != 0:
            never |= pay[PAY, i, m] - actor[LOW, i] < -actor[SLACK, i]
            sure &= pay[PAY, i, m] - actor[HIGH, i] > actor[SLACK, i]
    if never:
        return REFUSED
    return MADE if sure else UNDECIDED


def narrow(actor: Floats, move: Floats, pay: Floats, count: int, n: int, made: float) -> None:
    """Bound every value at once by a few steps of Newton's method from ``TRY_LOW``, ``TRY_HIGH``.

    The largest value v solves F(v) = Σ open λ max(W − v, 0) + top − bottom·v = 0, which is convex
    and falls at least as fast as ``bottom``; so v + F(v)/bottom is a bound wherever the steps end.
    There is no test for the end, since a processor loses more by a branch it cannot foresee.
    """
    for i in range(n):
        top, bottom = actor[TOP, i], actor[DISCOUNT, i] + made
        low, high = actor[TRY_LOW, i], actor[TRY_HIGH, i]
        off_low, off_high = 0.0, 0.0
        for _ in range(STEPS):
            a, b, c, d = top, bottom, top, bottom
            for k in range(count):
                worth = pay[OPEN_PAY, i, k]
                more = move[OPEN, k] if worth > high else 0.0
                less = pay[OTHER, i, k] if worth < low else 0.0
                a += more * worth
                b += more
                c += less * worth
                d += less
            off_high, off_low = a - b * high, c - d * low
            actor[TRY_HIGH, i], actor[TRY_LOW, i] = high, low
            high, low = a / b, c / d
        # a step from the far side of v lands on the near side, so that F has its sign from then on
        actor[HIGH, i] = min(actor[HIGH, i], actor[TRY_HIGH, i] + max(off_high, 0.0) / bottom)
        actor[LOW, i] = max(actor[LOW, i], actor[TRY_LOW, i] + min(off_low, 0.0) / bottom)


def root(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int) -> int:
    """Decide moves by bounds that hold in every equilibrium, in place; how many stay undecided."""
    count, made = open_up(actor, move, pay, flag, moves, n)
    for i in range(n):
        actor[TRY_LOW, i] = actor[TRY_HIGH, i] = actor[TOP, i] / (actor[DISCOUNT, i] + made)
    for turn in range(ROUNDS):
        narrow(actor, move, pay, count, n, made)
        kept = 0
        for k in range(count):
            m = flag[WHICH, k]
            found = decide(actor, pay, flag, m, n)
            flag[LABEL, m] = found
            if found == MADE:
                made += move[RATE, m]
                for i in range(n):
                    actor[TOP, i] += move[RATE, m] * pay[PAY, i, m]
            # written over where the move is decided
            flag[WHICH, kept], move[OPEN, kept] = m, move[OPEN, k]
            for i in range(n):
                pay[OPEN_PAY, i, kept] = pay[OPEN_PAY, i, k]
                pay[OTHER, i, kept] = pay[OTHER, i, k]
            kept += 1 if found == UNDECIDED else 0
        done = kept == 0 or kept == count and turn > 0
        count = kept
        if done:
            break
    return count


def settle(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int,
           start: float) -> bool:
    """Give and take consents one at a time where they are wrong; whether that came to rest.

    The undecided moves start from ``start`` (0 or 1); CONSENT holds the outcome. W_m,i > V_i is
    asked as (r_i + Σλα) W_m,i > f_i + Σλα W, without a division.
    """
    total = 0.0
    for i in range(n):
        actor[TOP, i] = actor[FLOW, i]
    for m in range(moves):
        alpha = start if flag[LABEL, m] == UNDECIDED else float(flag[LABEL, m])
        move[CONSENT, m], flag[TURNED, m] = alpha, 0
        total += alpha * move[RATE, m]
        for i in range(n):
            actor[TOP, i] += alpha * move[RATE, m] * pay[PAY, i, m]
    for turn in range(PASSES):
        changed = False
        for m in range(moves):
            if flag[LABEL, m] != UNDECIDED:
                continue
            gain = True
            for i in range(n):
                gain &= (flag[MEMBER + i, m] == 0) | (
                    (actor[DISCOUNT, i] + total) * pay[PAY, i, m] > actor[TOP, i])
            alpha = 1.0 if gain else 0.0
            if alpha != move[CONSENT, m]:
                changed = True
                if turn >= PASSES - LAST:
                    flag[TURNED, m] = 1
                change = (alpha - move[CONSENT, m]) * move[RATE, m]
                move[CONSENT, m] = alpha
                total += change
                for i in range(n):
                    actor[TOP, i] += change * pay[PAY, i, m]
        if not changed:
            return True
    return False


def values(actor: Floats, move: Floats, pay: Floats, moves: int, n: int) -> None:
    """V at the consents, in place."""
    for i in range(n):
        top, bottom = actor[FLOW, i], actor[DISCOUNT, i]
        for m in range(moves):
            weight = move[RATE, m] * move[CONSENT, m]
            top += weight * pay[PAY, i, m]
            bottom += weight
        actor[VALUE, i] = top / bottom


def check(actor: Floats, move: Floats, pay: Floats, flag: Array, moves: int, n: int) -> int:
    """1 where the consents are an equilibrium at V, 0 where not, −1 where a tie is in it."""
    tied, wrong = False, False
    for m in range(moves):
        alpha = move[CONSENT, m]
        mixed = (alpha > 0.0) & (alpha < 1.0)
        asked, loses, near, even = False, False, False, False
        for i in range(n):
            if flag[MEMBER + i, m] != 0:
                gain = pay[PAY, i, m] - actor[VALUE, i]
                close = abs(gain) <= actor[SLACK, i]
                asked = True
                loses |= gain < -actor[SLACK, i]
                near |= close
                even |= close & (flag[LABEL, m] != MIX + i)
        wrong |= asked & (((alpha > 0.0) & loses) | ((alpha == 0.0) & (not loses) & (not near)))
        tied |= asked & (even if mixed else near & (not loses))
    if wrong:
        return 0
    return -1 if tied else 1
