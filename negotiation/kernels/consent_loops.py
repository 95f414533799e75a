"""Consent at fixed payoffs, one state after another: plain loops, made for a compiler.

A state has M moves with rates λ_m > 0 that pay actor i W_m,i, values of what follows included.
Given consents α ∈ [0,1]^M its values are V_i = (f_i + Σ λ_m α_m W_m,i)/(r_i + Σ λ_m α_m), and α is
an equilibrium where α_m = 1 if every member of the coalition gains (W_m,i > V_i), α_m = 0 if one of
them loses, and anything between if the worst off is indifferent (DESIGN §2.1).

Three steps, from cheap to dear. **Pruning** bounds every V_i over all consents that are still
possible and decides the moves whose answer is the same all over the bounds. **Settling** starts
from everybody's consent to what is left and takes back, or gives, one consent at a time where it is
wrong, until none is. **Searching** branches on what is left (made, refused, or mixed with one
member indifferent) and prunes again; it lists every equilibrium. The numpy counterpart of the first
two is :mod:`.consent`; ties are told apart and left to others.

The module holds plain Python that numba compiles; it is never run as it stands.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array = NDArray[Any]

#: what is known of a state: every consent decided by bounds; one equilibrium, by search; one was
#: found and others are not excluded; several were found; a tie, or too much work: not solved here
DECIDED, ALONE, FOUND, SEVERAL, LEFT = 0, 1, 2, 3, 4
#: labels of a move: undecided, refused, made; MIX + i: mixed, which leaves member i indifferent
UNDECIDED, REFUSED, MADE, MIX = -1, 0, 1, 2
#: gains smaller than this share of an actor's payoff range count as zero
ZERO = 1e-11
#: a mixed consent this close to 0 or 1 is a tie
EDGE = 1e-8
#: rounds of pruning, and passes of settling
ROUNDS, PASSES = 8, 12


class State(NamedTuple):
    """One state: discount, flow, scale (n,); rate (M,); pay (n, M); member (M, n); and room for
    what is found: label (M,), low, high, value (n,), consent (M,).
    """

    discount: Floats
    flow: Floats
    scale: Floats
    rate: Floats
    pay: Floats
    member: Array
    label: Array
    low: Floats
    high: Floats
    value: Floats
    consent: Floats


class Stack(NamedTuple):
    """Room for a search: boxes waiting (B, M), (B, n), (B, n); a linear system (M, M + 1); the
    equilibria found, consents (K, M), and the sign of each one's index (K,).
    """

    label: Array
    low: Floats
    high: Floats
    system: Floats
    found: Floats
    sign: Array


def highest(state: State, moves: int, i: int) -> float:
    """The largest V_i over the consents that the labels leave open."""
    pay, rate, label = state.pay[i], state.rate, state.label
    top, bottom = state.flow[i], state.discount[i]
    for m in range(moves):
        if label[m] == MADE:
            top += rate[m] * pay[m]
            bottom += rate[m]
    best = top / bottom
    for _ in range(moves + 1):
        a, b = top, bottom
        for m in range(moves):
            if (label[m] == UNDECIDED or (label[m] >= MIX and label[m] != MIX + i)) and (
                    pay[m] > best):
                a += rate[m] * pay[m]
                b += rate[m]
        if not a / b > best:
            break
        best = a / b
    return best


def lowest(state: State, moves: int, i: int, own: bool) -> float:
    """The smallest V_i: a member's own consent never lowers its value, so only others' can.

    With ``own`` false the made moves that i consents to are left out too, for the same reason.
    """
    pay, rate, label, member = state.pay[i], state.rate, state.label, state.member
    top, bottom = state.flow[i], state.discount[i]
    for m in range(moves):
        if label[m] == MADE and (own or not member[m, i]):
            top += rate[m] * pay[m]
            bottom += rate[m]
    best = top / bottom
    for _ in range(moves + 1):
        a, b = top, bottom
        for m in range(moves):
            if (label[m] == UNDECIDED or label[m] >= MIX) and not member[m, i] and pay[m] < best:
                a += rate[m] * pay[m]
                b += rate[m]
        if not a / b < best:
            break
        best = a / b
    return best


def decide(state: State, moves: int, m: int, n: int) -> int:
    """1 or 0 where every value within the bounds agrees that the move is made or refused, else −1.
    """
    sure = True
    for i in range(n):
        if state.member[m, i]:
            slack = ZERO * state.scale[i]
            if state.pay[i, m] - state.low[i] < -slack:
                return REFUSED
            if not state.pay[i, m] - state.high[i] > slack:
                sure = False
    return MADE if sure else UNDECIDED


def pin(state: State, moves: int, n: int) -> None:
    """What assumed labels say of values: a made move pays its members, a mix leaves one even."""
    for m in range(moves):
        label = state.label[m]
        if label == REFUSED:
            # if all members but one surely gain, that one must not
            doubtful, who = 0, 0
            for i in range(n):
                if state.member[m, i] and not state.pay[i, m] > state.high[i]:
                    doubtful, who = doubtful + 1, i
            if doubtful == 1:
                state.low[who] = max(state.low[who], state.pay[who, m])
        elif label >= MADE:
            for i in range(n):
                if state.member[m, i]:
                    state.high[i] = min(state.high[i], state.pay[i, m])
                    if label == MIX + i:
                        state.low[i] = max(state.low[i], state.pay[i, m])


def prune(state: State, moves: int, n: int, assumed: bool) -> int:
    """Decide moves by bounds, in place; how many stay undecided, −1 where labels contradict.

    ``assumed`` says that some labels are assumptions, which the bounds may refute.
    """
    left = moves
    for _ in range(ROUNDS):
        if assumed:
            pin(state, moves, n)
        for i in range(n):
            low = lowest(state, moves, i, True)
            if assumed:
                low = max(low, lowest(state, moves, i, False))
            state.low[i] = max(state.low[i], low)
            state.high[i] = min(state.high[i], highest(state, moves, i))
            if state.low[i] > state.high[i] + 4 * ZERO * state.scale[i]:
                return -1
        changed, left = False, 0
        for m in range(moves):
            label = state.label[m]
            if label != UNDECIDED and not assumed:
                continue
            found = decide(state, moves, m, n)
            if label == UNDECIDED and found != UNDECIDED:
                # a chance move has no members, and is made
                state.label[m], changed = found, True
            elif label == UNDECIDED:
                left += 1
            elif found == REFUSED and label >= MADE:
                return -1
            elif found == MADE and (label == REFUSED or label >= MIX):
                for i in range(n):
                    if state.member[m, i]:
                        return -1
        if not changed or left == 0 and not assumed:
            break
    return left


def settle(state: State, moves: int, n: int, top: Floats) -> bool:
    """Give and take consents one at a time, from everybody's consent; whether that came to rest.

    ``consent`` holds the outcome; ``top`` (n,) is room. V_i ≥ W_m,i is asked as
    f_i + Σλα W ≥ (r_i + Σλα) W_m,i, without a division.
    """
    total = 0.0
    for i in range(n):
        top[i] = state.flow[i]
    for m in range(moves):
        state.consent[m] = 0.0 if state.label[m] == REFUSED else 1.0
        if state.consent[m] > 0.0:
            total += state.rate[m]
            for i in range(n):
                top[i] += state.rate[m] * state.pay[i, m]
    for _ in range(PASSES):
        changed = False
        for m in range(moves):
            if state.label[m] != UNDECIDED:
                continue
            gain = True
            for i in range(n):
                if state.member[m, i] and (
                        (state.discount[i] + total) * state.pay[i, m] <= top[i]):
                    gain = False
            if gain != (state.consent[m] > 0.0):
                changed = True
                change = state.rate[m] if gain else -state.rate[m]
                state.consent[m] = 1.0 if gain else 0.0
                total += change
                for i in range(n):
                    top[i] += change * state.pay[i, m]
        if not changed:
            return True
    return False


def values(state: State, moves: int, n: int) -> None:
    """V at ``consent``, in place."""
    for i in range(n):
        top, bottom = state.flow[i], state.discount[i]
        for m in range(moves):
            if state.consent[m] > 0.0:
                weight = state.rate[m] * state.consent[m]
                top += weight * state.pay[i, m]
                bottom += weight
        state.value[i] = top / bottom


def check(state: State, moves: int, n: int) -> int:
    """1 where ``consent`` is an equilibrium at ``value``, 0 where not, −1 where a tie is in it."""
    tied = False
    for m in range(moves):
        least, others, asked = np.inf, np.inf, False
        for i in range(n):
            if state.member[m, i]:
                asked = True
                gain = (state.pay[i, m] - state.value[i]) / state.scale[i]
                least = min(least, gain)
                if state.label[m] != MIX + i:
                    others = min(others, gain)
        alpha = state.consent[m]
        if not asked:
            continue
        if alpha > 0.0 and least < -ZERO or alpha == 0.0 and least > ZERO:
            return 0
        tied = tied or (abs(others) <= ZERO if 0.0 < alpha < 1.0 else abs(least) <= ZERO)
    return -1 if tied else 1


def mix(state: State, moves: int, n: int, stack: Stack) -> int:
    """Solve for the mixed consents of a labelled state, in place.

    Σ_q λ_q α_q (W_q,i − W_m,i) = r_i W_m,i − f_i for each mixed m that leaves i indifferent.
    Returns the sign of the system's determinant (1 without mixes), 0 where there is no solution,
    2 where the system is singular and yet solvable: a tie.
    """
    size, system = 0, stack.system
    for m in range(moves):
        state.consent[m] = 1.0 if state.label[m] == MADE else 0.0
        if state.label[m] < MIX:
            continue
        i, column = state.label[m] - MIX, 0
        right = state.discount[i] * state.pay[i, m] - state.flow[i]
        for q in range(moves):
            gap = state.rate[q] * (state.pay[i, q] - state.pay[i, m])
            if state.label[q] == MADE:
                right -= gap
            elif state.label[q] >= MIX:
                system[size, column] = gap
                column += 1
        system[size, column] = right
        size += 1
    sign = eliminate(system, size)
    if sign == 1 or sign == -1:
        row = 0
        for m in range(moves):
            if state.label[m] >= MIX:
                state.consent[m] = system[row, size]
                row += 1
    return sign


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
            for row in range(k, size):
                for c in range(k, size):
                    if abs(system[row, c]) > 1e-11:
                        return 2
            for row in range(k, size):
                if abs(system[row, size]) > 1e-10:
                    return 0
            return 2
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


def search(state: State, moves: int, n: int, stack: Stack, budget: int) -> int:
    """Every equilibrium of a state whose root box is pruned, by branch and bound.

    The consents go to ``stack.found``, largest first in the order of the moves. Returns how many,
    or −1 where a tie was met, the budget of boxes ended or the room did.
    """
    waiting, count = 1, 0
    stack.label[0, :moves] = state.label[:moves]
    stack.low[0], stack.high[0] = state.low, state.high
    while waiting > 0:
        budget -= 1
        if budget < 0:
            return -1
        waiting -= 1
        state.label[:moves] = stack.label[waiting, :moves]
        state.low[:], state.high[:] = stack.low[waiting], stack.high[waiting]
        left = prune(state, moves, n, True)
        if left < 0:
            continue
        if left > 0:
            waiting = branch(state, moves, n, stack, waiting)
            continue
        sign = mix(state, moves, n, stack)
        kept = leaf(state, moves, n, sign)
        if kept < 0 or kept > 0 and count == len(stack.sign):
            return -1
        if kept > 0:
            count = insert(stack, count, state.consent, moves, sign)
    return count


def leaf(state: State, moves: int, n: int, sign: int) -> int:
    """1 where the consents found for a labelled state are an equilibrium, 0 where not, −1 a tie."""
    if sign == 0:
        return 0
    if sign == 2:
        return -1
    tied = False
    for m in range(moves):
        if state.label[m] >= MIX:
            alpha = state.consent[m]
            if alpha < -EDGE or alpha > 1.0 + EDGE:
                return 0
            tied = tied or alpha < EDGE or alpha > 1.0 - EDGE
    if tied:
        return -1
    values(state, moves, n)
    return check(state, moves, n)


def branch(state: State, moves: int, n: int, stack: Stack, waiting: int) -> int:
    """Put the children of a box on the stack: the fastest undecided move refused, mixed, made."""
    move, most = 0, -1.0
    for m in range(moves):
        if state.label[m] == UNDECIDED and state.rate[m] > most:
            move, most = m, state.rate[m]
    for label in range(REFUSED, MIX + n):
        if label >= MIX:
            i = label - MIX
            slack = 4 * ZERO * state.scale[i]
            pay = state.pay[i, move]
            if not state.member[move, i] or pay < state.low[i] - slack or (
                    pay > state.high[i] + slack):
                continue
        stack.label[waiting, :moves] = state.label[:moves]
        stack.label[waiting, move] = label
        stack.low[waiting], stack.high[waiting] = state.low, state.high
        waiting += 1
    return waiting


def insert(stack: Stack, count: int, consent: Floats, moves: int, sign: int) -> int:
    """Add an equilibrium in its place: larger consents first, in the order of the moves."""
    at = count
    while at > 0:
        before = False
        for m in range(moves):
            if stack.found[at - 1, m] != consent[m]:
                before = consent[m] > stack.found[at - 1, m]
                break
        if not before:
            break
        stack.found[at, :moves] = stack.found[at - 1, :moves]
        stack.sign[at] = stack.sign[at - 1]
        at -= 1
    stack.found[at, :moves] = consent[:moves]
    stack.sign[at] = sign
    return count + 1


def solve(state: State, moves: int, n: int, stack: Stack, top: Floats, prove: bool, budget: int,
          ) -> tuple[int, int]:
    """What is known of a state (see above), and the index of the equilibrium put in its arrays."""
    state.low[:], state.high[:] = -np.inf, np.inf
    for m in range(moves):
        asked = False
        for i in range(n):
            asked = asked or state.member[m, i]
        state.label[m] = UNDECIDED if asked else MADE
    left = prune(state, moves, n, False)
    rest = settle(state, moves, n, top)
    if rest:
        values(state, moves, n)
        found = check(state, moves, n)
        if left == 0 and found == 1:
            return DECIDED, 1
        if found < 0:
            return LEFT, 0
        rest = found == 1
        if rest and not prove:
            return FOUND, 1
    count = search(state, moves, n, stack, budget)
    if count < 1:
        return LEFT, 0
    state.consent[:moves] = stack.found[0, :moves]
    values(state, moves, n)
    return ALONE if count == 1 else SEVERAL, stack.sign[0]


class Game(NamedTuple):
    """A lattice at D draws: first_edge (S + 1,), target (E,), discount, scale (D, n), flow
    (D, S, n), rate (D, E), lump (D, E, n), member (E, n).
    """

    first_edge: Array
    target: Array
    discount: Floats
    scale: Floats
    flow: Floats
    rate: Floats
    lump: Floats
    member: Array


class Answer(NamedTuple):
    """What is found: value (D, S, n), consent and surplus (D, E), known and sign (D, S)."""

    value: Floats
    consent: Floats
    surplus: Floats
    known: Array
    sign: Array


def gather(game: Game, answer: Answer, state: State, d: int, s: int, edges: Array) -> int:
    """Copy a state's numbers into ``state``; ``edges`` (M,) gets its moves with a rate."""
    n, moves = game.discount.shape[1], 0
    for i in range(n):
        state.discount[i] = game.discount[d, i]
        state.flow[i] = game.flow[d, s, i]
        state.scale[i] = game.scale[d, i]
    for e in range(game.first_edge[s], game.first_edge[s + 1]):
        if game.rate[d, e] > 0.0:
            edges[moves] = e
            state.rate[moves] = game.rate[d, e]
            to = game.target[e]
            for i in range(n):
                state.pay[i, moves] = game.lump[d, e, i] + answer.value[d, to, i]
                state.member[moves, i] = game.member[e, i]
            moves += 1
    return moves


def put(game: Game, answer: Answer, state: State, d: int, s: int, refuse: bool) -> None:
    """Write a solved state's values, consents and surpluses (in payoff units)."""
    n, move = game.discount.shape[1], 0
    for i in range(n):
        answer.value[d, s, i] = state.value[i]
    for e in range(game.first_edge[s], game.first_edge[s + 1]):
        least, scaled, asked = np.inf, np.inf, False
        for i in range(n):
            if game.member[e, i]:
                asked = True
                gain = game.lump[d, e, i] + answer.value[d, game.target[e], i] - state.value[i]
                least = min(least, gain)
                scaled = min(scaled, gain / state.scale[i])
        answer.surplus[d, e] = least if asked else 0.0
        if game.rate[d, e] > 0.0:
            answer.consent[d, e] = state.consent[move]
            move += 1
        else:
            # nothing happens at rate 0; what they would say is read off
            willing = not asked or scaled > (ZERO if refuse else -ZERO)
            answer.consent[d, e] = 1.0 if willing else 0.0


def sweep(game: Game, answer: Answer, states: Array, state: State, stack: Stack, prove: bool,
          budget: int, refuse: bool) -> int:
    """Solve some states, whose successors are solved, at every draw; how many were left.

    With ``prove`` every equilibrium of a state is looked for, else only one is found.
    """
    n, left = game.discount.shape[1], 0
    top = np.empty(n)
    edges = np.empty(len(state.rate), dtype=np.int64)
    for d in range(len(game.discount)):
        for k in range(len(states)):
            s = states[k]
            moves = gather(game, answer, state, d, s, edges)
            known, sign = solve(state, moves, n, stack, top, prove, budget)
            answer.known[d, s] = known
            answer.sign[d, s] = sign
            if known == LEFT:
                left += 1
            else:
                put(game, answer, state, d, s, refuse)
    return left
