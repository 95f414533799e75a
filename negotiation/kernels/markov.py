"""Continuous-time Markov chains: where the state is at a date, what it passes, and when.

A chain (see :mod:`negotiation.kernels.markov_chain`) has S states, starts in state 0 and follows
edges ``edge_state[e] → edge_target[e]`` at hazards h[b, e] ≥ 0 (per unit of time, a leading batch
axis b). Edges may lead back: then only what is alive at the given hazards counts, row by row, so
that a chain whose loops are never closed is solved as the acyclic chain that it is. The hazards
and dates may be of any size: stiffness costs nothing.

**Distributions at a date.** On an acyclic chain the Laplace transform p̂(z) of the distribution is
one substitution in topological order, p̂_s (z + λ_s) = [s = 0] + Σ_e h_e p̂_source(e), with λ_s the
sum of the hazards out of s. All poles are real and ≤ 0, so p(t) is the inverse transform along a
hyperbola, z(u) = μ (1 + sin(iu − a)) / t, by the trapezoidal rule (Weideman & Trefethen 2007,
"Parabolic and hyperbolic contours for computing the Bromwich integral", Math. Comp. 76). The
contour is opened wider than theirs, because a chain of d steps makes poles of multiplicity up to
d. The poles of a chain with cycles are complex, and lie near the imaginary axis when the cycle is
long, where no such contour is accurate. Which rule is used, and its largest absolute error (on
acyclic chains against the Erlang distribution function over all λt from 1e-6 to 1e8, the worst
case, all poles in one place):

==============================  ===================================================  =============
longest sequence of moves       method                                               error
==============================  ===================================================  =============
up to 20                        contour, 24 nodes                                    3e-13
up to 60                        contour, 32 nodes                                    5e-13
up to 100                       contour, 48 nodes                                    5e-13
more, or without end (cycles)   uniformization or squaring, whichever is less work:  1e-11
                                :mod:`negotiation.kernels.markov_cyclic`
==============================  ===================================================  =============

**Ever, and mean dates** are sums over the jump chain, exact up to rounding; on chains with cycles
they are the linear equations of :mod:`negotiation.kernels.markov_absorb`, to the same accuracy.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from . import chain_loops, compiled
from .markov_absorb import Visits as Visits
from .markov_absorb import absorption
from .markov_absorb import visits as visits
from .markov_chain import Chain as Chain
from .markov_chain import alive
from .markov_chain import build_chain as build_chain
from .markov_chain import total_hazard as total_hazard
from .markov_cyclic import squared, squaring_pays, uniformized

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Complexes = NDArray[np.complex128]

#: (longest chain of moves, nodes, angle a, scale μ, step of u)
CONTOURS = ((20, 24, 0.8, 12.273, 0.095), (60, 32, 0.6, 12.273, 0.081), (100, 48, 0.5, 9.0, 0.067))
#: before this many expected jumps the chain is where it starts (to the same accuracy)
INSTANT = 1e-15
#: chains of a batch that compiled loops take one by one, where they are at hand
MANY = 8
#: complex numbers held at once by the contour method
WORKSPACE = 1 << 22


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


def transient(chain: Chain, hazard: Floats, times: Floats, reward: Floats | None = None) -> Floats:
    """Expected rewards of the state at each date; without rewards, its distribution.

    Args:
        chain: the structure.
        hazard: (B, E) per unit of time.
        times: (T,) dates ≥ 0.
        reward: (R, S), or None for the identity (one reward per state).

    Returns:
        (B, T, R) or (B, T, S); with rewards in [0, 1] the result is clipped to [0, 1]. Absolute
        error below 1e-12, and 1e-11 where sequences have no end or more than 100 moves.

    Raises:
        NumericalError: see the tables of this module and of ``markov_cyclic``.
    """
    if chain.layers is not None:
        return _at_dates(chain, hazard, times, reward)
    total_hazard(chain, hazard)
    width = chain.size if reward is None else len(reward)
    result = np.zeros((len(hazard), len(times), width))
    for part in alive(chain, hazard):
        rates = hazard[part.rows][:, part.edges]
        if reward is None:
            at = np.ix_(part.rows, np.arange(len(times)), part.states)
            result[at] = _at_dates(part.chain, rates, times, None)
        else:
            result[part.rows] = _at_dates(part.chain, rates, times, reward[:, part.states])
    return result


def average(chain: Chain, hazard: Floats, times: Floats, reward: Floats) -> Floats:
    """Expected rewards on average over the time from 0 to each date: (B, T, R), as ``transient``.

    Where the contour serves, the transform has one pole more, 1/(zt). Elsewhere panels that halve
    towards 0 take 16 Gauss nodes each, so that no hazard is too fast for them.
    """
    total = total_hazard(chain, hazard)
    contour = None if chain.layers is None or chain.depth is None else next(
        (c[1:] for c in CONTOURS if chain.depth + 1 <= c[0]), None)
    fastest = float(total.max())
    result = np.empty((len(hazard), len(times), len(reward)))
    for t, date in enumerate(times.tolist()):
        jumps = fastest * date
        if not np.isfinite(jumps):
            raise NumericalError("a date times a hazard is more than a number can hold")
        if jumps < INSTANT:
            result[:, t] = reward[:, 0]
        elif contour is not None:
            result[:, t] = _inverted(chain, hazard / fastest, total / fastest, np.array([jumps]),
                                     reward, contour, mean=True)[:, 0]
        else:
            cuts = np.append(0.0, 0.5 ** np.arange(max(int(np.log2(1.0 + jumps)) + 2, 1))[::-1])
            node, weight = np.polynomial.legendre.leggauss(16)
            wide = np.diff(cuts)[:, None]
            at = (cuts[:-1, None] + wide * (node + 1.0) / 2.0).ravel()
            each = transient(chain, hazard, date * at, reward)
            result[:, t] = np.einsum("btr,t->br", each, (wide * weight / 2.0).ravel())
    return np.clip(result, reward.min(), reward.max())


def _at_dates(chain: Chain, hazard: Floats, times: Floats, reward: Floats | None) -> Floats:
    """(B, T, R) on a chain that may have cycles, all of it alive."""
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
        result[:, later] = _later(chain, hazard, total, times[later], reward)
    low, high = (0.0, 1.0) if reward is None else (reward.min(), reward.max())
    return np.clip(result, low, high)


def _later(chain: Chain, hazard: Floats, total: Floats, times: Floats, reward: Floats | None,
           ) -> Floats:
    """(B, T, R) at dates > 0 by the method that suits the chain; no state is left faster than 1."""
    contour = None if chain.depth is None else next(
        (c[1:] for c in CONTOURS if chain.depth <= c[0]), None)
    if contour is not None:
        return _inverted(chain, hazard, total, times, reward, contour)
    source, target = chain.edge_state, chain.edge_target
    jumps = float(times.max())
    if squaring_pays(chain.size, len(source), len(hazard), jumps):
        return squared(source, target, hazard, times, chain.size, reward)
    return uniformized(source, target, hazard, total, times, reward)


def _arrivals(chain: Chain, hazard: Floats) -> tuple[Floats, Floats]:
    """(B, S) probability of ever visiting each state, and (B, S) E[date of arrival; visited], on
    an acyclic chain. The second over the first is the mean date given a visit."""
    assert chain.layers is not None
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
    if chain.layers is None:
        ever, date = absorption(chain, stop, inside)
    else:
        ever, date = (found[:, inside].sum(axis=1) for found in _arrivals(chain, stop))
    mean = np.full(len(ever), np.nan)
    np.divide(date, ever, out=mean, where=ever > 0.0)
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
              contour: tuple[int, float, float, float], mean: bool = False) -> Floats:
    """(B, T, R) by inverting the Laplace transform (over zt for the mean); all times > 0."""
    count, angle, scale, step = contour
    u = step * (np.arange(count) + 0.5)
    node = scale * (1.0 + np.sin(1j * u - angle))
    weight = step / np.pi * np.exp(node) * scale * np.cos(1j * u - angle)
    # dates × nodes, flattened; conjugate nodes are folded in by the real part
    z = (node / times[:, None]).ravel()
    w = (weight / (node if mean else 1.0) / times[:, None]).ravel()
    when = np.repeat(np.arange(len(times)), count)
    batch, width = len(hazard), chain.size if reward is None else len(reward)
    loops = compiled.compiled("chain_loops", "invert_rows") if batch >= MANY else None
    if loops is not None and reward is not None:
        found = np.zeros((batch, len(times), width))
        loops(chain.outward, hazard, reward, z, w, when, found, chain_loops.make_room(chain.size))
        return found
    result = np.zeros((width, batch, len(times)))
    block = max(1, WORKSPACE // (chain.size * batch))
    for begin in range(0, len(z), block):
        part = slice(begin, begin + block)
        image = _resolvent(chain, hazard.T, total.T, z[part])
        image = image if reward is None else _rewarded(reward, image)
        for t in np.unique(when[part]):
            chosen = when[part] == t
            # not by BLAS: it wakes its threads for this little, and they spin on afterwards; alike
            # chains get alike sums
            result[..., t] += (image[..., chosen] * w[part][chosen]).sum(axis=-1).real
    return result.transpose(1, 2, 0)


def _rewarded(reward: Floats, image: Complexes) -> Complexes:
    """(R, B, Z) what rewards (R, S) make of an image; most pay in a few states."""
    out = np.zeros((len(reward), *image.shape[1:]), dtype=np.complex128)
    for row, paid in zip(out, reward, strict=True):
        for s in np.flatnonzero(paid):
            row += paid[s] * image[s]
    return out


def _resolvent(chain: Chain, rate: Floats, total: Floats, z: Complexes) -> Complexes:
    """(S, B, Z) the Laplace transform of the distribution at each z; rate (E, B), total (S, B)."""
    image = np.zeros((chain.size, rate.shape[1], len(z)), dtype=np.complex128)
    image[0] = 1.0
    assert chain.layers is not None
    for layer in chain.layers:
        image[layer.states] /= total[layer.states][..., None] + z
        if len(layer.edges):
            flow = image[layer.source] * rate[layer.edges][..., None]
            image[layer.targets] += np.add.reduceat(flow, layer.first, axis=0)
    return image
