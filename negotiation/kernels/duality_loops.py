"""What a coalition can gain at most, by weak duality, one bargain at a time; numba compiles these.

For weights θ of the simplex, σ ≤ g(θ) = max_x Σθ_i G_i(x): one concave quadratic per issue, in
closed form, whose slopes in θ are the gains at that x. Weights move between two members at a time,
by bisection, as long as that lowers g. Every θ on the way proves its bound; where members disagree
in kinks of g the descent may end above σ.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Array = NDArray[Any]

#: rounds over all pairs, bisections of a pair, and a descent that is none
ROUNDS, BISECTIONS, STILL = 40, 50, 1e-13


def dual(theta: Floats, base: Floats, slope: Floats, curvature: Floats, member: Array,
         gain: Floats) -> float:
    """g(θ); puts every member's gain at the maximum into ``gain`` (n,)."""
    n, total = len(base), 0.0
    for i in range(n):
        gain[i] = base[i]
    for j in range(len(slope)):
        v, c, y = 0.0, 0.0, 0.0
        for i in range(n):
            if member[i]:
                v += theta[i] * slope[j, i]
                c += theta[i] * curvature[j, i]
        if v > 0.0:
            y = 1.0 if v >= c else v / c
            for i in range(n):
                gain[i] += y * (slope[j, i] - 0.5 * curvature[j, i] * y)
    for i in range(n):
        if member[i]:
            total += theta[i] * gain[i]
    return total


def share(theta: Floats, i: int, k: int, base: Floats, slope: Floats, curvature: Floats,
          member: Array, gain: Floats, enough: float) -> float:
    """Divide the weight of two members between them so that g is least, in place; g there."""
    both, low, high = theta[i] + theta[k], 0.0, 1.0
    best, kept = np.inf, 0.5
    for _ in range(BISECTIONS):
        t = 0.5 * (low + high)
        theta[i], theta[k] = (1.0 - t) * both, t * both
        found = dual(theta, base, slope, curvature, member, gain)
        if found < best:
            best, kept = found, t
        if best <= enough:
            break
        if gain[k] > gain[i]:
            high = t
        else:
            low = t
    theta[i], theta[k] = (1.0 - kept) * both, kept * both
    return best


def least_bound(theta: Floats, gain: Floats, before: Floats, base: Floats, slope: Floats,
                curvature: Floats, member: Array, enough: float) -> float:
    """The least bound found for one bargain (n,), (J, n), in payoff ranges; the first three are
    room. A bound of at most ``enough`` is not lowered further."""
    n, size = len(base), 0
    for i in range(n):
        size += member[i]
    for i in range(n):
        theta[i] = 1.0 / size if member[i] else 0.0
    best = dual(theta, base, slope, curvature, member, gain)
    for _ in range(ROUNDS):
        last = best
        for i in range(n):
            for k in range(i + 1, n):
                if best <= enough or not (member[i] and member[k]):
                    continue
                if theta[i] + theta[k] == 0.0:
                    continue
                for q in range(n):
                    before[q] = theta[q]
                found = share(theta, i, k, base, slope, curvature, member, gain, enough)
                if found < best:
                    best = found
                else:
                    for q in range(n):
                        theta[q] = before[q]
        if best <= enough or last - best <= STILL:
            break
    return best


def bound_rows(base: Floats, slope: Floats, curvature: Floats, member: Array, enough: Floats,
               bound: Floats, room: Floats) -> None:
    """The same for R bargains (R, n), (R, J, n) and ``enough`` (R,), into ``bound``; room (3, n).
    """
    theta, gain, before = room[0], room[1], room[2]
    for p in range(len(base)):
        bound[p] = least_bound(theta, gain, before, base[p], slope[p], curvature[p], member[p],
                               enough[p])
