"""Acyclic continuous-time Markov chains: where the state is at a date, what it passes, and when.

A chain has S states, starts in state 0 and follows edges ``edge_state[e] → edge_target[e]`` at
hazards h[b, e] ≥ 0 (per unit of time, a leading batch axis b); the edges form no cycle. The
hazards and dates may be of any size: stiffness costs nothing.

**Distributions at a date.** On an acyclic chain the Laplace transform p̂(z) of the distribution is
one substitution in topological order, p̂_s (z + λ_s) = [s = 0] + Σ_e h_e p̂_source(e), with λ_s the
sum of the hazards out of s. All poles are real and ≤ 0, so p(t) is the inverse transform along a
hyperbola, z(u) = μ (1 + sin(iu − a)) / t, by the trapezoidal rule (Weideman & Trefethen 2007,
"Parabolic and hyperbolic contours for computing the Bromwich integral", Math. Comp. 76). The
contour is opened wider than theirs, because a chain of d steps makes poles of multiplicity up to
d. Which rule is used, and its largest absolute error against the Erlang distribution function
over all λt from 1e-6 to 1e8 (the worst case, all poles in one place):

=====================  =================================  =============
longest chain of moves  method                             error
=====================  =================================  =============
up to 20                contour, 24 nodes                  3e-13
up to 60                contour, 32 nodes                  5e-13
up to 100               contour, 48 nodes                  5e-13
more                    uniformization, up to Λt = 1e4     1e-12
more, and Λt > 1e4      refused (``NumericalError``)       –
=====================  =================================  =============

**Ever, and mean dates** are sums over the jump chain, exact up to rounding.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Complexes = NDArray[np.complex128]

#: (longest chain of moves, nodes, angle a, scale μ, step of u)
CONTOURS = ((20, 24, 0.8, 12.273, 0.095), (60, 32, 0.6, 12.273, 0.081), (100, 48, 0.5, 9.0, 0.067))
#: uniformization is refused above this many expected jumps
MAX_JUMPS = 1e4
#: before this many expected jumps the chain is where it starts (to the same accuracy)
INSTANT = 1e-15
#: complex numbers held at once by the contour method
WORKSPACE = 1 << 22


@dataclass(frozen=True, eq=False)
class Layer:
    """States that no move connects, and the edges out of them, sorted by target.

    ``first`` (targets,) is where each target's run of ``edges`` begins.
    """

    states: Ints
    edges: Ints
    source: Ints
    targets: Ints
    first: Ints


@dataclass(frozen=True, eq=False)
class Chain:
    """The structure of an acyclic chain: its layers in the order of play. S states, E edges."""

    size: int
    edge_state: Ints
    edge_target: Ints
    layers: tuple[Layer, ...]

    @property
    def depth(self) -> int:
        """The number of moves in the longest sequence."""
        return len(self.layers) - 1


@dataclass(frozen=True, eq=False)
class Reach:
    """How likely, and when, a chain comes into a set of states. B batch, T dates.

    Attributes:
        reached: (B, T) probability of having been in the set at some time up to the date.
        in_force: (B, T) probability of being in the set at the date.
        ever: (B,) probability of ever being in the set.
        mean_time: (B,) expected date of the first arrival given that there is one; NaN if none.
    """

    reached: Floats
    in_force: Floats
    ever: Floats
    mean_time: Floats


def build_chain(edge_state: Ints, edge_target: Ints, level: Ints) -> Chain:
    """Prepare a chain for the functions below.

    Args:
        edge_state, edge_target: (E,) states from 0 to S − 1.
        level: (S,) such that every edge leads to a strictly lower level.

    Raises:
        ValueError: when an edge does not lead to a lower level.
    """
    if np.any(level[edge_target] >= level[edge_state]):
        raise ValueError("every edge must lead to a lower level")
    # Ranks without gaps, so that the number of layers is the depth even after a relabelling.
    _, rank = np.unique(level, return_inverse=True)
    states_by_rank = np.argsort(rank, kind="stable")
    state_cut = np.searchsorted(rank[states_by_rank], np.arange(rank.max() + 2))
    edges_by_rank = np.lexsort((edge_target, rank[edge_state]))
    edge_cut = np.searchsorted(rank[edge_state][edges_by_rank], np.arange(rank.max() + 2))
    layers = []
    for r in range(int(rank.max()), -1, -1):
        edges = edges_by_rank[edge_cut[r]:edge_cut[r + 1]]
        targets, first = np.unique(edge_target[edges], return_index=True)
        layers.append(Layer(states=states_by_rank[state_cut[r]:state_cut[r + 1]], edges=edges,
                            source=edge_state[edges], targets=targets, first=first))
    return Chain(size=len(level), edge_state=edge_state, edge_target=edge_target,
                 layers=tuple(layers))


def total_hazard(chain: Chain, hazard: Floats) -> Floats:
    """(B, S) λ_s, the sum of the hazards out of each state.

    Raises:
        NumericalError: when a hazard is negative or not finite, or a sum overflows.
    """
    batch = hazard.shape[0]
    if not np.all(np.isfinite(hazard)) or np.any(hazard < 0):
        raise NumericalError("every hazard must be finite and at least 0")
    row = np.arange(batch)[:, None] * chain.size + chain.edge_state
    total = np.bincount(row.ravel(), weights=hazard.ravel(), minlength=batch * chain.size)
    if not np.all(np.isfinite(total)):
        raise NumericalError("the hazards out of one state sum to more than a number can hold")
    return np.asarray(total, dtype=np.float64).reshape(batch, chain.size)


def transient(chain: Chain, hazard: Floats, times: Floats, reward: Floats | None = None, *,
              mean: bool = False) -> Floats:
    """Expected rewards of the state at each date; without rewards, its distribution.

    With ``mean`` the average over the time from 0 to each date (a factor 1/(zt) on the transform).

    Args:
        chain: the structure.
        hazard: (B, E) per unit of time.
        times: (T,) dates ≥ 0.
        reward: (R, S), or None for the identity (one reward per state).

    Returns:
        (B, T, R) or (B, T, S); with rewards in [0, 1] the result is clipped to [0, 1]. Absolute
        error below 1e-12.

    Raises:
        NumericalError: see the table above.
    """
    total = total_hazard(chain, hazard)
    width = chain.size if reward is None else len(reward)
    result = np.zeros((hazard.shape[0], len(times), width))
    # In units of the fastest state's holding time nothing below can overflow.
    fastest = float(total.max()) or 1.0
    with np.errstate(over="ignore"):
        times = times * fastest
    if not np.all(np.isfinite(times)):
        raise NumericalError("a date times a hazard is more than a number can hold")
    hazard, total = hazard / fastest, total / fastest
    now = (times < INSTANT) | (total.max() <= 0.0)
    result[:, now, :] = np.eye(1, chain.size)[0] if reward is None else reward[:, 0]
    later = np.flatnonzero(~now)
    if len(later):
        contour = next((c[1:] for c in CONTOURS if chain.depth + mean <= c[0]), None)
        if contour is None:
            result[:, later] = _uniformized(chain, hazard, total, times[later], reward, mean)
        else:
            result[:, later] = _inverted(chain, hazard, total, times[later], reward, contour, mean)
    low, high = (0.0, 1.0) if reward is None else (reward.min(), reward.max())
    return np.clip(result, low, high)


def visits(chain: Chain, hazard: Floats) -> tuple[Floats, Floats]:
    """(B, S) probability of ever visiting each state, and (B, S) E[date of arrival; visited].

    No state is visited twice, so the first is also the expected number of visits. The second over
    the first is the mean date given a visit.
    """
    total = total_hazard(chain, hazard).T
    rate = hazard.T
    seen, date = np.zeros((2, chain.size, hazard.shape[0]))
    seen[0] = 1.0
    for layer in chain.layers:
        if not len(layer.edges):
            continue
        rates, source = rate[layer.edges], layer.source
        live = rates > 0.0
        out = np.where(live, total[source], 1.0)
        share = np.where(live, rates / out, 0.0)
        with np.errstate(over="ignore"):
            wait = np.where(share > 0.0, date[source] + seen[source] / out, 0.0)
        seen[layer.targets] += np.add.reduceat(share * seen[source], layer.first, axis=0)
        date[layer.targets] += np.add.reduceat(share * wait, layer.first, axis=0)
    return seen.T, date.T


def stopped(chain: Chain, hazard: Floats, inside: Bools) -> Floats:
    """(B, E) the hazards when the chain stops at its first arrival in a set of states (S,)."""
    return np.where(inside[chain.edge_state], 0.0, hazard)


def reach(chain: Chain, hazard: Floats, inside: Bools, times: Floats) -> Reach:
    """How likely the chain is to reach a set of states, to be in it, and when it first is.

    Args:
        chain: the structure.
        hazard: (B, E) per unit of time.
        inside: (S,) the set.
        times: (T,) dates ≥ 0.
    """
    stop = stopped(chain, hazard, inside)
    reward = inside[None].astype(np.float64)
    if inside[0]:
        reached = np.ones((len(hazard), len(times)))
    else:
        reached = transient(chain, stop, times, reward)[..., 0]
    if np.any(hazard[:, inside[chain.edge_state] & ~inside[chain.edge_target]] > 0.0):
        in_force = np.minimum(transient(chain, hazard, times, reward)[..., 0], reached)
    else:  # nothing leads out of the set
        in_force = reached
    seen, date = visits(chain, stop)
    ever = seen[:, inside].sum(axis=1)
    mean = np.full(len(ever), np.nan)
    np.divide(date[:, inside].sum(axis=1), ever, out=mean, where=ever > 0.0)
    return Reach(reached=reached, in_force=in_force, ever=np.minimum(ever, 1.0), mean_time=mean)


def hypoexponential(rates: Floats, stages: Ints, by: float) -> Floats:
    """(P,) probability that a sum of independent exponential times is at most ``by``.

    Args:
        rates: (P, d) rate of each stage; entries past the row's number of stages are ignored.
        stages: (P,) number of stages of each row, 0 to d (0 stages: probability 1).
        by: a date ≥ 0.
    """
    width = rates.shape[1]
    if width == 0:
        return np.ones(len(rates))
    steps = np.arange(width)
    line = build_chain(steps, steps + 1, np.arange(width, -1, -1))
    hazard = np.where(steps < stages[:, None], rates, 0.0)
    place = transient(line, hazard, np.array([by]))[:, 0]
    done: Floats = place[np.arange(len(rates)), stages]
    return done


def _inverted(chain: Chain, hazard: Floats, total: Floats, times: Floats, reward: Floats | None,
              contour: tuple[int, float, float, float], mean: bool) -> Floats:
    """(B, T, R) by inverting the Laplace transform; all times > 0."""
    count, angle, scale, step = contour
    u = step * (np.arange(count) + 0.5)
    node = scale * (1.0 + np.sin(1j * u - angle))
    weight = step / np.pi * np.exp(node) * scale * np.cos(1j * u - angle)
    # dates × nodes, flattened; conjugate nodes are folded in by the real part
    z = (node / times[:, None]).ravel()
    w = (weight / (node if mean else 1.0) / times[:, None]).ravel()
    when = np.repeat(np.arange(len(times)), count)
    batch, width = len(hazard), chain.size if reward is None else len(reward)
    result = np.zeros((width, batch, len(times)))
    block = max(1, WORKSPACE // (chain.size * batch))
    for begin in range(0, len(z), block):
        part = slice(begin, begin + block)
        image = _resolvent(chain, hazard.T, total.T, z[part])
        image = image if reward is None else np.tensordot(reward, image, axes=1)
        for t in np.unique(when[part]):
            chosen = when[part] == t
            result[..., t] += (image[..., chosen] @ w[part][chosen]).real
    return result.transpose(1, 2, 0)


def _resolvent(chain: Chain, rate: Floats, total: Floats, z: Complexes) -> Complexes:
    """(S, B, Z) the Laplace transform of the distribution at each z; rate (E, B), total (S, B)."""
    image = np.zeros((chain.size, rate.shape[1], len(z)), dtype=np.complex128)
    image[0] = 1.0
    for layer in chain.layers:
        image[layer.states] /= total[layer.states][..., None] + z
        if len(layer.edges):
            flow = image[layer.source] * rate[layer.edges][..., None]
            image[layer.targets] += np.add.reduceat(flow, layer.first, axis=0)
    return image


def _uniformized(chain: Chain, hazard: Floats, total: Floats, times: Floats,
                 reward: Floats | None, average: bool = False) -> Floats:
    """(B, T, R) as a Poisson mixture of the jump chain subordinated to the largest hazard."""
    fastest = float(total.max())
    mean = fastest * times
    if mean.max() > MAX_JUMPS:
        raise NumericalError(
            f"a chain of {chain.depth} moves with {mean.max():.3g} expected opportunities by the "
            f"date is beyond this version: at most {CONTOURS[-1][0]} moves, or {MAX_JUMPS:g} "
            "opportunities")
    last = int(mean.max() + 9.0 * np.sqrt(mean.max()) + 40.0)
    rate, stay = hazard.T, total.T
    order = np.argsort(chain.edge_target, kind="stable")
    targets, first = np.unique(chain.edge_target[order], return_index=True)
    source, jump = chain.edge_state[order], rate[order] / fastest
    keep = 1.0 - stay / fastest
    place = np.zeros(stay.shape)
    place[0] = 1.0
    width = chain.size if reward is None else len(reward)
    result = np.zeros((width, len(hazard), len(times)))
    for weight in _weights(mean, last, average):
        result += (place if reward is None else reward @ place)[..., None] * weight
        moved = np.add.reduceat(place[source] * jump, first, axis=0)
        place *= keep
        place[targets] += moved
    return result.transpose(1, 2, 0)


def _weights(mean: Floats, last: int, average: bool) -> Floats:
    """(last + 1, T) chances of n = 0, 1, … jumps; or their averages over the time to each date,
    which are P(more than n jumps) / mean."""
    steps = np.arange(last + 1)[:, None]
    logs = np.cumsum(np.log(mean) - np.log(np.maximum(steps, 1)), axis=0)
    weights = np.exp(-mean + logs - np.log(mean))
    # Rounding of the logarithms is common to all terms of a date, so it cancels here.
    weights /= weights.sum(axis=0)
    if average:
        weights = np.maximum(1.0 - np.cumsum(weights, axis=0), 0.0) / mean
        weights /= weights.sum(axis=0)
    normalised: Floats = weights
    return normalised
