"""Plays followed through a lattice, state after state; numba compiles these loops.

A play is a label for every edge: refused, made, or anything else, which these loops leave alone.
From the ends of play up, every state's equations are solved in the labelled regime, from the terms
that the play had nearby, and its conditions checked; where they do not hold, the nearest of all
equilibria in pure consents is taken. A state that these loops know nothing of stops the play, for
others to see to, and the play is then taken on from the next state. Arrays of single
states, labels and codes are those of :mod:`.regime_loops`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consent_bounds import zero
from .nash_loops import GAINS
from .regime_loops import (
    BARGAINED,
    DISCOUNT,
    FLOW,
    ISSUES,
    LABEL,
    LEFT,
    MADE,
    MEMBERS,
    REFUSED,
    VALUE,
)
from .regime_search import agree, ask, every_regime, middle, spread, stands

Floats = NDArray[np.float64]
Array = NDArray[Any]


def twin(first: Array, target: Array, order: Array, done: Array, group: Array, label: Array,
         values: Floats, near: Floats, r: int, k: int, n: int) -> int:
    """A play before r, at the same draw, with the same regime and inputs in state ``order[k]``;
    −1 where there is none."""
    s = order[k]
    for q in range(group[r], r):
        if done[q] <= k:
            continue
        same = True
        for e in range(first[s], first[s + 1]):
            to = target[e]
            same &= label[q, e] == label[r, e]
            for i in range(n):
                same &= abs(values[q, to, i] - values[r, to, i]) <= near[i]
            if not same:
                break
        if same:
            return q
    return -1


def copy(first: Array, bargain: Array, values: Floats, consent: Floats, deals: Floats, q: int,
         r: int, s: int, n: int, issues: int) -> None:
    """What play q does in a state is what play r does there."""
    for i in range(n):
        values[r, s, i] = values[q, s, i]
    for e in range(first[s], first[s + 1]):
        consent[r, e] = consent[q, e]
        if bargain[e] >= 0:
            for j in range(issues):
                deals[r, bargain[e], j] = deals[q, bargain[e], j]


def lay_out(edges: tuple[int, int], target: Array, members: Array, bargain: Array, never: Array,
           scale: Floats, flow: Floats, rate: Floats, lump: Floats, power: Floats, value: Floats,
           curvature: Floats, label: Array, values: Floats, deals: Floats, actor: Floats,
           move: Floats, pay: Floats, full: Floats, most: Floats, weights: Floats, flag: Array,
           member: Array, asked: Floats, seat: Array, tables: Floats, own: Floats, deal: Floats,
           column: Array) -> int:
    """Copy what can come up in a state; how many moves, −1 where one's label is neither refused nor
    made."""
    n, issues, moves = scale.shape[0], value.shape[1], zero()
    for e in range(edges[0], edges[1]):
        if never[e] or rate[e] <= 0.0:
            continue
        column[moves], move[moves] = e, rate[e]
        to, row = target[e], bargain[e]
        for i in range(n):
            pay[moves, i] = (lump[e, i] + values[to, i]) / scale[i]
        ask(flag, member, asked, seat, moves, members[e], n)
        flag[BARGAINED, moves] = flag[ISSUES, moves] = 0
        most[moves] = 0.0
        if row >= 0:
            for i in range(n):
                weights[moves, i] = power[row, i]
            spread(tables, own, full, most, flag, seat, moves, value[row], curvature[row], scale, n,
                   issues)
        begun = False
        for j in range(issues):
            deal[moves, j] = deals[row, j] if flag[BARGAINED, moves] else 0.0
            begun |= deal[moves, j] != 0.0
        if flag[BARGAINED, moves] and not begun:
            for j in range(issues):
                deal[moves, j] = middle(member, tables, moves, j, n)
        flag[LABEL, moves] = MADE if flag[MEMBERS, moves] == 0 else label[e]
        if flag[LABEL, moves] != MADE and flag[LABEL, moves] != REFUSED:
            return -1
        moves += 1
    for i in range(n):
        actor[FLOW, i] = flow[i] / scale[i]
        actor[VALUE, i] = actor[FLOW, i] / actor[DISCOUNT, i]
    return moves


def nearest(found: tuple[Floats, Floats, Floats], count: int, near: Floats, scale: Floats,
            n: int) -> int:
    """The equilibrium of a list whose V is nearest to another."""
    best, least = 0, np.inf
    for k in range(count):
        apart = 0.0
        for i in range(n):
            apart = max(apart, abs(found[0][k, i] - near[i] / scale[i]))
        if apart < least:
            best, least = k, apart
    return best


def write(found: tuple[Floats, Floats, Floats], k: int, scale: Floats, bargain: Array,
        values: Floats, consent: Floats, deals: Floats, s: int, column: Array, moves: int, n: int,
        issues: int) -> None:
    """Write what a state does."""
    for i in range(n):
        values[s, i] = found[0][k, i] * scale[i]
    for m in range(moves):
        e = column[m]
        consent[e] = found[1][k, m]
        if bargain[e] >= 0:
            for j in range(issues):
                deals[bargain[e], j] = found[2][k, m, j]


def follow_plays(given: tuple[Any, ...], play: tuple[Any, ...], room: tuple[Any, ...],
                 order: Array, done: Array) -> int:
    """Take plays on through the states in ``order``, successors first; how many were stopped.

    Args:
        given: a lattice at D draws: first edges (S + 1,), targets (E,), members (E, n), bargains
            (E,), never (E,), discount, scale (D, n), flow (D, S, n), rate (D, E), lump (D, E, n),
            weights (D, T, n), value, curvature (D, T, J, n).
        play: of R plays, those of one draw together: draw, the first of the draw's plays (R,),
            label (R, E); and what is found: V (R, S, n), consent (R, E), terms (R, T, J), which
            hold those nearby.
        order: states; ``done`` (R,): how many of them are solved; both for each play.
    """
    (first, target, members, bargain, never, discount, scale, flow, rate, lump, power, value,
     curvature) = given
    draw, group, label, values, consent, deals = play[:6]
    grain = play[6]
    actor, move, pay, span, full, most, weights, flag, member, seat = room[:10]
    tables, deal, got, inner, place, stack, column = room[10:]
    n, issues, stopped = discount.shape[1], value.shape[2], 0
    near, found = np.empty(n), (np.empty((len(inner[5]), n)), inner[5], inner[6])
    for r in range(len(draw)):
        d = draw[r]
        for i in range(n):
            actor[DISCOUNT, i], near[i] = discount[d, i], grain * scale[d, i]
        while done[r] < len(order):
            s = order[done[r]]
            q = twin(first, target, order, done, group, label, values, near, r, done[r], n)
            if q >= 0:
                copy(first, bargain, values, consent, deals, q, r, s, n, issues)
                done[r] += 1
                continue
            moves = lay_out((first[s], first[s + 1]), target, members, bargain, never, scale[d],
                           flow[d, s], rate[d], lump[d], power[d], value[d], curvature[d],
                           label[r], values[r], deals[r], actor, move, pay, full, most, weights,
                           flag, member, inner[9], seat, tables, inner[8], deal, column)
            count = 0
            if moves >= 0 and agree(actor, move, pay, weights, flag, member, seat, tables, deal,
                                    got, inner, place, moves, n, issues) == GAINS and stands(
                    actor, pay, full[1], most, weights, flag, member, seat, deal, got, inner,
                    moves, n) == 1:
                count = 1
                for i in range(n):
                    found[0][0, i] = actor[VALUE, i]
                for m in range(moves):
                    found[1][0, m] = float(flag[LABEL, m])
                    for j in range(issues):
                        found[2][0, m, j] = deal[m, j] if flag[LABEL, m] == MADE else 0.0
            elif moves >= 0:
                deals_ = 0
                for m in range(moves):
                    deals_ += flag[BARGAINED, m]
                # of a state whose payoffs are fixed others know all equilibria, mixed ones too
                if deals_:
                    known, count = every_regime(
                        actor, move, pay, span, full, most, weights, flag, member, seat, tables,
                        deal, got, inner, place, stack, found, moves, n, issues)
                    count = 0 if known == LEFT else count
            if count == 0:
                stopped += 1
                break
            write(found, nearest(found, count, values[r, s], scale[d], n), scale[d], bargain,
                values[r], consent[r], deals[r], s, column, moves, n, issues)
            done[r] += 1
    return stopped
