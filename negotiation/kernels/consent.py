"""Consent at fixed payoffs, many states at once: :mod:`.consent_bounds` again, in numpy.

P states are stacked, padded to M moves; a padded move, like one that never comes up, has rate 0 and
counts for nothing. Notation and steps are those of the other module: pruning by bounds, then
settling; states that need a search are done there, one at a time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import consent_bounds as bounds
from .consent_bounds import DECIDED, FOUND, LEFT, MADE, REFUSED, UNDECIDED
from .consent_loops import solve_state
from .consent_search import make_room

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Labels = NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, eq=False)
class States:
    """P states: discount, flow, slack (P, n), the gain that counts as zero; rate (P, M); pay
    (P, M, n); member (P, M, n).
    """

    discount: Floats
    flow: Floats
    slack: Floats
    rate: Floats
    pay: Floats
    member: Bools


@dataclass(frozen=True, eq=False)
class Found:
    """value (P, n), consent (P, M), known (P,) as in the other module, and sign (P,), the index."""

    value: Floats
    consent: Floats
    known: Labels
    sign: Labels


def solve(states: States, prove: bool, budget: int, most: int, lean: float) -> Found:
    """One equilibrium of each state, and what is known of others."""
    label = prune(states)
    decided = (label != UNDECIDED).all(axis=1)
    consent, rested = settle(states, label)
    value = values(states, consent)
    good = np.where(rested, check(states, consent, value), 0)
    known = np.where(decided, DECIDED, FOUND)
    known[good < 0] = LEFT
    sign = np.ones(len(known), dtype=np.int8)
    for p in np.flatnonzero((good == 0) | (good > 0) & ~decided & prove):
        known[p], sign[p] = _search(
            states, int(p), (prove, budget, most, lean), value, consent)
    return Found(value, consent, known, sign)


def prune(states: States) -> Labels:
    """(P, M) labels of the moves that bounds decide, in every equilibrium; chance is made."""
    asked = states.member.any(axis=2)
    live = states.rate > 0
    label = np.where(live & asked, UNDECIDED, np.where(live, MADE, REFUSED))
    low = np.full(states.flow.shape, -np.inf)
    high = -low
    at_low = at_high = None
    moving = np.ones(len(label), dtype=bool)
    for turn in range(bounds.ROUNDS):
        made = np.where(label == MADE, states.rate, 0.0)
        open_ = np.where(label == UNDECIDED, states.rate, 0.0)[..., None]
        top = states.flow + (made[..., None] * states.pay).sum(axis=1)
        bottom = states.discount + made.sum(axis=1, keepdims=True)
        start = top / bottom
        at_high, up = _narrow(states.pay, open_, top, bottom, start if at_high is None else at_high)
        other = np.where(states.member, 0.0, open_)
        at_low, down = _narrow(-states.pay, other, -top, bottom,
                               -start if at_low is None else at_low)
        low, high = np.maximum(low, -down), np.minimum(high, up)
        never = (states.member & (states.pay - low[:, None] < -states.slack[:, None])).any(axis=2)
        sure = (~states.member | (states.pay - high[:, None] > states.slack[:, None])).all(axis=2)
        found = np.where(never, REFUSED, np.where(sure, MADE, UNDECIDED))
        new = np.where((label == UNDECIDED) & moving[:, None], found, label)
        # a state is done with once a round but the first changes nothing
        moving &= (new != label).any(axis=1) | (turn == 0)
        label = new
        if not moving.any():
            break
    return label


def _narrow(pay: Floats, open_: Floats, top: Floats, bottom: Floats, at: Floats,
            ) -> tuple[Floats, Floats]:
    """Where Newton's steps end, from ``at``, and the upper bound of V that they give, (P, n)."""
    for _ in range(bounds.STEPS):
        more = np.where(pay > at[:, None], open_, 0.0)
        a, b = top + (more * pay).sum(axis=1), bottom + more.sum(axis=1)
        before, off, at = at, a - b * at, a / b
    return before, before + np.maximum(off, 0.0) / bottom


def settle(states: States, label: Labels) -> tuple[Floats, Bools]:
    """Consents (P, M), from everybody's, given and taken one at a time; whether they rest (P,)."""
    consent: Floats = np.where(label == UNDECIDED, 1.0, label.astype(float))
    weight = states.rate * consent
    total = weight.sum(axis=1)
    top = states.flow + (weight[..., None] * states.pay).sum(axis=1)
    rested = ~(label == UNDECIDED).any(axis=1)
    for _ in range(bounds.PASSES):
        todo = np.flatnonzero(~rested)
        if not len(todo):
            break
        changed = np.zeros(len(todo), dtype=bool)
        for m in np.flatnonzero((label[todo] == UNDECIDED).any(axis=0)):
            pay = states.pay[todo, m]
            gains = (states.discount[todo] + total[todo, None]) * pay > top[todo]
            alpha = (~states.member[todo, m] | gains).all(axis=1).astype(float)
            change = np.where(label[todo, m] == UNDECIDED, alpha - consent[todo, m], 0.0)
            changed |= change != 0.0
            consent[todo, m] += change
            change *= states.rate[todo, m]
            total[todo] += change
            top[todo] += change[:, None] * pay
        rested[todo[~changed]] = True
    return consent, rested


def values(states: States, consent: Floats) -> Floats:
    """(P, n) V at some consents (P, M)."""
    weight = states.rate * consent
    out: Floats = ((states.flow + (weight[..., None] * states.pay).sum(axis=1))
                   / (states.discount + weight.sum(axis=1, keepdims=True)))
    return out


def check(states: States, consent: Floats, value: Floats) -> Labels:
    """(P,) 1 where pure consents are an equilibrium, 0 where not, −1 where a tie is in it."""
    gain = states.pay - value[:, None]
    loses = (states.member & (gain < -states.slack[:, None])).any(axis=2)
    near = (states.member & (np.abs(gain) <= states.slack[:, None])).any(axis=2)
    asked = states.member.any(axis=2) & (states.rate > 0)
    wrong = asked & np.where(consent > 0.0, loses, ~loses & ~near)
    tied = asked & near & ~loses
    return np.where(wrong.any(axis=1), 0, np.where(tied.any(axis=1), -1, 1))


def _search(states: States, p: int, how: tuple[bool, int, int, float], value: Floats,
            consent: Floats) -> tuple[int, int]:
    """Solve one state by the other module's loops, in place."""
    live = np.flatnonzero(states.rate[p] > 0)
    moves, n = len(live), states.flow.shape[1]
    prove, budget, most, lean = how
    room = make_room(moves, n, most)
    actor, move, pay, flag = room[4:8]
    actor[bounds.DISCOUNT], actor[bounds.FLOW] = states.discount[p], states.flow[p]
    actor[bounds.SLACK], move[bounds.RATE] = states.slack[p], states.rate[p, live]
    pay[bounds.PAY], flag[bounds.MEMBER:] = states.pay[p, live].T, states.member[p, live].T
    known, sign = solve_state(actor, move, pay, flag, moves, n, room, prove, budget, lean)
    value[p], consent[p] = actor[bounds.VALUE], 0.0
    consent[p, live] = move[bounds.CONSENT]
    return known, sign
