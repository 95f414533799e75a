"""The 2×2 stage with a self-loop: all equilibria of many stages at once.

With probability p(a) a profile a leaves play where it is, so the value of the stage depends on the
play in it: V_i = E[c_i] / E[D_i] with c_i(a) = u_i(a) + δ_i Σ_{s′≠s} φ(a, s′) V_i(s′) and
D_i(a) = 1 − δ_i p(a) > 0. When player 2 plays its second action with odds r = y/(1 − y), player 1
gains from its own second action iff

    W_0 + M r + W_1 r² > 0,   W_b = D(0,b) c(1,b) − D(1,b) c(0,b),
    M = D(0,0) c(1,1) + D(0,1) c(1,0) − D(1,0) c(0,1) − D(1,1) c(0,0):

a quadratic in each player's odds, so that there are up to four mixed equilibria besides the pure
ones. Without a self-loop M = W_0 + W_1 and one root remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Gains:
    """One player's gain from its second action, as the quadratic ``low + mid r + high r²``.

    ``unit_low``, ``unit_high``: what a gain of one payoff unit amounts to in ``low`` and ``high``.
    """

    low: Floats
    mid: Floats
    high: Floats
    unit_low: Floats
    unit_high: Floats

    def at(self, y: Floats | float) -> Floats:
        """The gain, up to a positive factor, when the other's second action has chance y."""
        out: Floats = (1 - y) ** 2 * self.low + (1 - y) * y * self.mid + y ** 2 * self.high
        return out


def gains(reward: Floats, keep: Floats) -> tuple[Gains, Gains]:
    """Both players' gains from (2, 2, 2, P) rewards c[i, a_0, a_1] and D of the same shape."""
    c, d = reward[0], keep[0]
    first = Gains(d[0, 0] * c[1, 0] - d[1, 0] * c[0, 0],
                  d[0, 0] * c[1, 1] + d[0, 1] * c[1, 0] - d[1, 0] * c[0, 1] - d[1, 1] * c[0, 0],
                  d[0, 1] * c[1, 1] - d[1, 1] * c[0, 1],
                  np.maximum(d[0, 0], d[1, 0]), np.maximum(d[0, 1], d[1, 1]))
    c, d = reward[1], keep[1]
    second = Gains(d[0, 0] * c[0, 1] - d[0, 1] * c[0, 0],
                   d[0, 0] * c[1, 1] + d[1, 0] * c[0, 1] - d[0, 1] * c[1, 0] - d[1, 1] * c[0, 0],
                   d[1, 0] * c[1, 1] - d[1, 1] * c[1, 0],
                   np.maximum(d[0, 0], d[0, 1]), np.maximum(d[1, 0], d[1, 1]))
    return first, second


def roots(gain: Gains) -> tuple[Floats, Bools]:
    """(2, P) chances in (0, 1) at which a gain is zero, and which of them exist."""
    low, mid, high = gain.low, gain.mid, gain.high
    inside = mid * mid - 4.0 * low * high
    root = np.sqrt(np.maximum(inside, 0.0))
    half = -0.5 * (mid + np.where(mid >= 0, root, -root))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        odds = np.stack([half / high, low / half])
        chance = odds / (1.0 + odds)
    exists = (inside > 0) & np.isfinite(chance) & (chance > 0) & (chance < 1)
    return np.where(exists, chance, 0.5), exists


def doubtful(gain: Gains, tie: Floats) -> Bools:
    """Where a gain is too close to zero at a pure action, or to a double root, to be sure."""
    size = np.maximum(np.maximum(np.abs(gain.low), np.abs(gain.high)), np.abs(gain.mid))
    inside = gain.mid * gain.mid - 4.0 * gain.low * gain.high
    double = ((np.abs(inside) <= 1e-10 * size * size) & (gain.low * gain.high > 0)
              & (gain.low * gain.mid < 0))
    out: Bools = ((np.abs(gain.low) <= tie * gain.unit_low)
                  | (np.abs(gain.high) <= tie * gain.unit_high) | double)
    return out


def equilibria(reward: Floats, keep: Floats, tie: Floats,
               ) -> tuple[Ints, Floats, Floats, Bools]:
    """All equilibria of P stages that have no ties.

    Args:
        reward: (2, 2, 2, P) c_i(a_0, a_1); keep: the same shape, D_i.
        tie: (2,) gains up to this size count as none, in payoff units.

    Returns:
        owner (k,) ascending; the chances x, y (k,) of the players' second actions; and which of
        the P stages are doubtful (a tie, or a double root): nothing is said about those.
    """
    first, second = gains(reward, keep)
    open_ = doubtful(first, tie[0]) | doubtful(second, tie[1])
    up_first, up_second = (first.low > 0, first.high > 0), (second.low > 0, second.high > 0)
    (y, has_y), (x, has_x) = roots(first), roots(second)
    size = reward.shape[-1]
    hit = np.empty((size, 8), dtype=bool)
    chance = np.empty((2, 8, size))
    for k in (0, 1):
        for j in (0, 1):
            at = 2 * k + j
            hit[:, at] = (up_first[j] == bool(k)) & (up_second[k] == bool(j))
            hit[:, 4 + at] = has_x[k] & has_y[j]
            chance[0, at], chance[1, at] = k, j
            chance[0, 4 + at], chance[1, 4 + at] = x[k], y[j]
    hit[open_] = False
    owner, which = np.nonzero(hit)
    return owner, chance[0, which, owner], chance[1, which, owner], open_
