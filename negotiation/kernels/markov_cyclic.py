"""Distributions at a date of Markov chains whose states can be left and entered again.

Both methods add, multiply and divide numbers ≥ 0 and hardly ever subtract, so that hazards many
orders of magnitude apart keep their accuracy.

**Distributions at a date**, (S,) of a chain of S states with Λ the largest sum of hazards out of a
state; absolute errors were measured against closed forms and against 60-digit arithmetic:

=========================================  ==============================================  ========
work                                       method                                          error
=========================================  ==============================================  ========
few expected jumps Λt for the size         uniformization (Jensen 1953; weights outward    1e-12
                                           from the mode, Fox & Glynn 1988)
up to ``DENSE`` states, any Λt             exp(Qt) by repeated squaring of exp(Qτ), rows   1e-11
                                           brought back to the sum 1 after each
more states, Λt above ``MAX_JUMPS``        refused (``NumericalError``)                    –
=========================================  ==============================================  ========

Neither method looks at the spectrum, so complex eigenvalues, which a cycle has, cost nothing.
Squaring doubles an error of the row sums each time unless the sums are restored; with that every
squaring perturbs each entry by a relative S·ε only, to which the probabilities of a Markov chain
are as insensitive as O'Cinneide (1993, "Entrywise perturbation theory and error analysis for
Markov chains", Numer. Math. 65) shows for its stationary ones.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: squaring is not tried on more states than this (where it takes minutes)
DENSE = 4000
#: uniformization is refused above this many expected jumps
MAX_JUMPS = 2e5
#: numbers that the squared matrices of a batch may hold at once
WORKSPACE = 1 << 22
#: the first matrix is exp(Q·STEP) in units where Λ = 1; its series is cut where x^n/n! < 1e-20
STEP, TERMS = 2.0 ** -6, 8
#: a squared matrix has converged when no entry moves by more than this, relatively
CONVERGED = 1e-14


def squaring_pays(states: int, edges: int, batch: int, jumps: float) -> bool:
    """Whether squaring is allowed, and by a rough count of its work cheaper than uniformization.

    ``jumps`` is Λt at the last date. The counts are nanoseconds on a common machine.
    """
    if states > DENSE:
        return False
    steps = jumps + 9.0 * np.sqrt(jumps) + 40.0
    uniform = steps * (3e4 + 15.0 * edges * batch)
    squares = (TERMS + 8.0 + np.log2(1.0 + jumps)) * batch * (4e3 + 0.1 * states ** 3)
    return bool(squares < uniform)


def squared(source: Ints, target: Ints, hazard: Floats, times: Floats, size: int,
            reward: Floats | None) -> Floats:
    """(B, T, R) expected rewards at dates by repeated squaring, from state 0.

    Args:
        source, target: (E,) states from 0 to ``size`` − 1.
        hazard: (B, E) in units where no state is left at a hazard above 1.
        times: (T,) dates in the same units.
        reward: (R, S), or None for the distribution itself.
    """
    width = size if reward is None else len(reward)
    result = np.zeros((len(hazard), len(times), width))
    block = max(1, WORKSPACE // size ** 2)
    for begin in range(0, len(hazard), block):
        part = slice(begin, begin + block)
        place = _squared(_jumps(source, target, hazard[part], size), times)
        result[part] = place if reward is None else place @ reward.T
    return result


def _jumps(source: Ints, target: Ints, hazard: Floats, size: int) -> Floats:
    """(B, S, S) the jump chain of events that come at rate 1, most of which may change nothing."""
    entries = np.zeros((size * size, len(hazard)))
    np.add.at(entries, source * size + target, hazard.T)
    jump = np.ascontiguousarray(entries.T).reshape(-1, size, size)
    states = np.arange(size)
    jump[:, states, states] += np.maximum(1.0 - jump.sum(axis=2), 0.0)
    return jump


def _squared(jump: Floats, times: Floats) -> Floats:
    """(B, T, S): t = STEP · (a whole number, in binary) + a rest, which is taken first."""
    size = jump.shape[1]
    whole = [int(t // STEP) for t in times.tolist()]
    rest = np.array([t - n * STEP for t, n in zip(times.tolist(), whole, strict=True)])
    start = np.broadcast_to(np.eye(1, size), (len(jump), len(times), size))
    place = _normal(_series(start, jump, rest[:, None]))
    matrix = _normal(_series(np.broadcast_to(np.eye(size), jump.shape), jump, np.array(STEP)))
    while any(whole):
        now = [k for k, n in enumerate(whole) if n & 1]
        if now:
            place[:, now] = _normal(place[:, now] @ matrix)
        whole = [n >> 1 for n in whole]
        after = _normal(matrix @ matrix)
        if np.all(np.abs(after - matrix) <= CONVERGED * after):
            whole = [min(n, 1) for n in whole]  # any power is the same from here on
        matrix = after
    return place


def _series(first: Floats, jump: Floats, x: Floats) -> Floats:
    """first · Σ (x·jump)^n / n!, by Horner's rule; proportional to first · exp(Q·x)."""
    total = first
    for n in range(TERMS, 0, -1):
        total = first + (x / n) * (total @ jump)
    return total


def _normal(rows: Floats) -> Floats:
    scaled: Floats = rows / rows.sum(axis=-1, keepdims=True)
    return scaled


def uniformized(source: Ints, target: Ints, hazard: Floats, total: Floats, times: Floats,
                reward: Floats | None) -> Floats:
    """(B, T, R) as a Poisson mixture of the jump chain subordinated to the largest hazard.

    Args:
        source, target: (E,) states.
        hazard: (B, E); total: (B, S) its sum out of each state.
        times: (T,) dates > 0.
        reward: (R, S), or None for the distribution itself.

    Raises:
        NumericalError: above ``MAX_JUMPS`` expected jumps.
    """
    fastest = float(total.max())
    mean = fastest * times
    if mean.max() > MAX_JUMPS:
        raise NumericalError(
            f"a chain over {total.shape[1]:,} states with {mean.max():.3g} expected opportunities "
            f"by the date is beyond this version: at most {DENSE:,} states, or {MAX_JUMPS:,.0f} "
            "opportunities")
    weights = [_poisson(x) for x in mean.tolist()]
    last = max(first + len(weight) for first, weight in weights)
    order = np.argsort(target, kind="stable")
    targets, first_edge = np.unique(target[order], return_index=True)
    origin, jump = source[order], hazard.T[order] / fastest
    keep = np.maximum(1.0 - total.T / fastest, 0.0)
    place = np.zeros(keep.shape)
    place[0] = 1.0
    width = total.shape[1] if reward is None else len(reward)
    result = np.zeros((width, len(hazard), len(times)))
    for n in range(last):
        due = [(t, weight[n - first]) for t, (first, weight) in enumerate(weights)
               if first <= n < first + len(weight)]
        if due:
            seen = place if reward is None else reward @ place
            for t, weight in due:
                result[:, :, t] += weight * seen
        moved = np.add.reduceat(place[origin] * jump, first_edge, axis=0)
        place *= keep
        place[targets] += moved
    return result.transpose(1, 2, 0)


def _poisson(mean: float) -> tuple[int, Floats]:
    """The first count that matters, and the Poisson weights from there on, which sum to 1."""
    mode, reach = int(mean), int(10.0 * np.sqrt(mean) + 40.0)
    low = max(mode - reach, 0)
    down = np.cumprod(np.arange(mode, low, -1) / mean)[::-1]
    up = np.cumprod(mean / np.arange(mode + 1, mode + reach + 1))
    weights = np.concatenate([down, np.ones(1), up])
    return low, weights / weights.sum()
