"""Where a Markov chain ends, when, and how often it comes by: linear equations without subtraction.

Chains are those of :mod:`negotiation.kernels.markov_chain`; components of several states are
solved in the order of play, each as one system (diag(N1 + ℓ) − N) x = b of rates N ≥ 0 inside it,
ℓ ≥ 0 out of it, and b ≥ 0. Ordinary elimination is no good for it: where two states swap at rate
1e9 and are left at 1e-3, the rate of leaving drowns in the rounding of the diagonal, and the chance
of where play ends is wrong in the fifth digit. Here the diagonal is never stored: it is what the
other rates of its row sum to (Grassmann, Taksar & Heyman 1985, "Regenerative analysis and steady
state distributions for Markov chains", Oper. Res. 33), which makes every entry of the answer exact
to a relative S·ε whatever the rates (Alfa, Xue & Ye 2002, "Accurate computation of the smallest
eigenvalue of a diagonally dominant M-matrix", Math. Comp. 71). The elimination runs in recursive
blocks, so that large components are solved at the speed of matrix products.

A component of several states that nothing leaves is **recurrent**: play that enters it never comes
to rest, and is in each of its states again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .markov_chain import Chain, alive, total_hazard

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: below this many states, elimination goes state by state
BLOCK = 24


@dataclass(frozen=True, eq=False)
class Visits:
    """Where play comes by. B chains, R ways to start, S states.

    Attributes:
        ever: (B, R, S) probability of ever being in the state.
        number: (B, R, S) expected number of visits; infinite in a recurrent component that can be
            reached. The same as ``ever`` where no state is visited twice.
        endless: (B, R) probability that play never comes to rest.
    """

    ever: Floats
    number: Floats
    endless: Floats


@dataclass(frozen=True, eq=False)
class _Group:
    """A level's states that are components of their own, or one component of several states.

    ``within`` are its edges between its own states, at ``place`` (source, target) among them;
    ``away`` the others, from ``origin`` among them.
    """

    states: Ints
    within: Ints
    place: tuple[Ints, Ints]
    away: Ints
    origin: Ints


def absorption(chain: Chain, hazard: Floats, inside: Bools) -> tuple[Floats, Floats]:
    """Chance of ever coming into a set of states, and E[date of arrival; arrival].

    Args:
        chain: the structure.
        hazard: (B, E) per unit of time, 0 on edges out of the set.
        inside: (S,) the set.

    Returns:
        (B,) and (B,), from state 0. The second over the first is the mean date given an arrival.
    """
    ever, date = np.zeros((2, len(hazard)))
    for part in alive(chain, hazard):
        rates = hazard[part.rows][:, part.edges]
        chance, moment = _absorption(part.chain, rates, inside[part.states])
        ever[part.rows], date[part.rows] = chance[:, 0], moment[:, 0]
    return ever, date


def _absorption(chain: Chain, hazard: Floats, inside: Bools) -> tuple[Floats, Floats]:
    """(B, S) chance and moment from every state, by components from the last to the first."""
    total = total_hazard(chain, hazard)
    chance = np.tile(inside.astype(np.float64), (len(hazard), 1))
    moment = np.zeros_like(chance)
    for group in reversed(list(_groups(chain))):
        if not len(group.away):
            continue  # at rest, or going round for ever
        here, rates, beyond = group.states, hazard[:, group.away], chain.edge_target[group.away]
        size = len(here)
        with np.errstate(over="ignore"):
            if len(group.within):
                inner, out = _system(group, hazard)
                chance[:, here] = leave(inner, out, _summed(
                    rates * chance[:, beyond], group.origin, size)[..., None])[..., 0]
                paid = chance[:, here] + _summed(rates * moment[:, beyond], group.origin, size)
                moment[:, here] = leave(inner, out, paid[..., None])[..., 0]
            else:
                moving = total[:, here] > 0.0
                out = np.where(moving, total[:, here], 1.0)
                share = rates / out[:, group.origin]
                onward = _summed(share * chance[:, beyond], group.origin, size)
                chance[:, here] = np.where(moving, onward, chance[:, here])
                later = _summed(share * moment[:, beyond], group.origin, size)
                moment[:, here] = np.where(moving, chance[:, here] / out + later, 0.0)
    return np.minimum(chance, 1.0), moment


def visits(chain: Chain, hazard: Floats, entry: Floats | None = None) -> Visits:
    """How likely and how often each state is visited.

    Args:
        chain: the structure.
        hazard: (B, E) per unit of time.
        entry: (R, S) probabilities of where play starts, summing to anything; in state 0 when left
            out (R = 1).
    """
    entry = np.eye(1, chain.size) if entry is None else entry
    ever, number = np.zeros((2, len(hazard), *entry.shape))
    endless = np.zeros((len(hazard), len(entry)))
    for part in alive(chain, hazard, np.asarray(entry.any(axis=0))):
        found = _visits(part.chain, hazard[part.rows][:, part.edges], entry[:, part.states])
        at = np.ix_(part.rows, np.arange(len(entry)), part.states)
        ever[at], number[at], endless[part.rows] = found.ever, found.number, found.endless
    return Visits(ever, number, endless)


def _visits(chain: Chain, hazard: Floats, entry: Floats) -> Visits:
    """By components in the order of play; ``number`` first holds the chance of arriving at each
    state from another component."""
    total = total_hazard(chain, hazard)
    number = np.tile(entry, (len(hazard), 1, 1))
    ever, endless = np.zeros_like(number), np.zeros(number.shape[:2])
    for group in _groups(chain):
        here, size = group.states, len(group.states)
        arrive = number[:, :, here]
        if not len(group.within):
            ever[:, :, here] = arrive
            out = np.where(total[:, here] > 0.0, total[:, here], 1.0)
            share = hazard[:, group.away] / out[:, group.origin]
            flow = arrive[:, :, group.origin] * share[:, None]
        elif len(group.away):
            inner, out = _system(group, hazard)
            stay = leave(inner, out, np.broadcast_to(np.eye(size), inner.shape))
            times = arrive @ stay
            number[:, :, here] = times * total[:, None, here]
            ever[:, :, here] = times / stay.diagonal(axis1=1, axis2=2)[:, None]
            flow = times[:, :, group.origin] * hazard[:, None, group.away]
        else:
            entered = arrive.sum(axis=2)
            ever[:, :, here] = entered[..., None]
            number[:, :, here] = np.where(entered > 0.0, np.inf, 0.0)[..., None]
            endless += entered
            continue
        np.add.at(np.moveaxis(number, 2, 0), chain.edge_target[group.away], np.moveaxis(flow, 2, 0))
    return Visits(ever, number, endless)


def _groups(chain: Chain) -> Iterator[_Group]:
    """In the order of play: no edge leads from a group to an earlier one."""
    _, component, count = np.unique(chain.component, return_inverse=True, return_counts=True)
    several = count[component] > 1
    for level in np.unique(chain.level)[::-1]:
        at_level = chain.level == level
        single = np.flatnonzero(at_level & ~several)
        groups = [single] if len(single) else []
        groups += [np.flatnonzero(component == c)
                   for c in np.unique(component[at_level & several]).tolist()]
        for states in groups:
            where = np.full(chain.size, -1)
            where[states] = np.arange(len(states))
            source, target = where[chain.edge_state], where[chain.edge_target]
            within = np.flatnonzero((source >= 0) & (target >= 0))
            away = np.flatnonzero((source >= 0) & (target < 0))
            yield _Group(states, within, (source[within], target[within]), away, source[away])


def _system(group: _Group, hazard: Floats) -> tuple[Floats, Floats]:
    """(B, n, n) rates inside a component and (B, n) out of it."""
    size = len(group.states)
    source, target = group.place
    inner = _summed(hazard[:, group.within], source * size + target, size * size)
    return inner.reshape(-1, size, size), _summed(hazard[:, group.away], group.origin, size)


def _summed(values: Floats, place: Ints, size: int) -> Floats:
    """(B, size) sums of values (B, E) that belong to the same place (E,)."""
    total = np.zeros((size, len(values)))
    np.add.at(total, place, values.T)
    return np.ascontiguousarray(total.T)


def leave(inner: Floats, out: Floats, right: Floats) -> Floats:
    """Solve (diag(inner·1 + out) − inner) x = right without a subtraction.

    Args:
        inner: (B, n, n) rates ≥ 0 between states; the diagonal is ignored.
        out: (B, n) rates ≥ 0 of leaving; from every state some state with a positive one is
            reached.
        right: (B, n, m) ≥ 0.

    Returns:
        (B, n, m) ≥ 0: for ``right`` = rates of leaving to m places, the chance of each; for
        ``right`` = the identity, the expected time in each state.
    """
    size = inner.shape[1]
    if size <= BLOCK:
        return _leave_one_by_one(inner, out, right)
    half = size // 2
    head, tail = slice(None, half), slice(half, None)
    across, back = inner[:, head, tail], inner[:, tail, head]
    # What leaves the first half goes on to the second, out, or is paid at once.
    known = np.concatenate([across, out[:, head, None], right[:, head]], axis=2)
    solved = leave(inner[:, head, head], out[:, head] + across.sum(axis=2), known)
    onward, gone, paid = np.split(solved, [size - half, size - half + 1], axis=2)
    rest = leave(inner[:, tail, tail] + back @ onward, out[:, tail] + (back @ gone)[..., 0],
                 right[:, tail] + back @ paid)
    return np.concatenate([paid + onward @ rest, rest], axis=1)


def _leave_one_by_one(inner: Floats, out: Floats, right: Floats) -> Floats:
    size = inner.shape[1]
    rates = np.concatenate([inner, out[..., None], right], axis=2)
    pivots = np.empty(out.shape)
    for k in range(size):
        pivots[:, k] = rates[:, k, k + 1:size + 1].sum(axis=1)
        share = rates[:, k, k + 1:] / pivots[:, k, None]
        rates[:, k + 1:, k + 1:] += rates[:, k + 1:, k, None] * share[:, None]
    found: Floats = rates[:, :, size + 1:]
    for k in range(size - 1, -1, -1):
        later = (rates[:, k, None, k + 1:size] @ found[:, k + 1:])[:, 0]
        found[:, k] = (found[:, k] + later) / pivots[:, k, None]
    return found
