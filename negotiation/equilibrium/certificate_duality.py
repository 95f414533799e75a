"""Bounds by weak duality of what a coalition could gain; the certificate's only tool.

For weights θ ≥ 0 the maximum of Σθ_i G_i(y) over the box of terms separates into one concave
quadratic per issue and is known in closed form, so *any* θ proves a bound; how θ was found does
not matter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import compiled
from ..kernels.bargain import max_min
from ..kernels.certificate_loops import NEAR_ZERO as NEAR_ZERO

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: slopes, curvatures and multipliers below this are rounding
FLAT = 1e-9


@dataclass(frozen=True, eq=False)
class Bargains:
    """R bargaining problems with claimed terms; n actors, J issues, payoffs in the game's units.

    ``base`` (R, n) gains before terms, ``slope`` and ``curvature`` (R, J, n), ``weights`` (R, n),
    ``member`` (R, n), ``terms`` (R, J), ``scale`` (R, n) payoff ranges, ``proposals`` (R, n, J)
    each proposer's terms, ``solution`` (R,) names.
    """

    base: Floats
    slope: Floats
    curvature: Floats
    weights: Floats
    member: Bools
    terms: Floats
    scale: Floats
    proposals: Floats | None
    solution: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.base)

    def take(self, rows: Ints | Bools) -> Bargains:
        parts: dict[str, Any] = {
            name: getattr(self, name)[rows]
            for name in ("base", "slope", "curvature", "weights", "member", "terms", "scale",
                         "solution")}
        parts["proposals"] = None if self.proposals is None else self.proposals[rows]
        return replace(self, **parts)

    def scaled(self) -> Bargains:
        """The same problems with every payoff in payoff ranges."""
        return replace(self, base=self.base / self.scale, slope=self.slope / self.scale[:, None],
                       curvature=self.curvature / self.scale[:, None],
                       scale=np.ones_like(self.scale))

    def gain(self) -> Floats:
        """(R, n) G_i at the claimed terms."""
        return self.base + worth(self.slope, self.curvature, self.terms)


def worth(slope: Floats, curvature: Floats, terms: Floats) -> Floats:
    """(R, n) what terms (R, J) are worth: Σ_j v_ij x_j − ½ c_ij x_j²."""
    x = terms[..., None]
    out: Floats = (x * (slope - 0.5 * curvature * x)).sum(axis=1)
    return out


def best_terms(slope: Floats, curvature: Floats) -> Floats:
    """The least y in [0, 1] that maximises slope·y − ½ curvature·y², elementwise."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        y = np.where(curvature > 0.0, slope / curvature, np.where(slope > 0.0, 1.0, 0.0))
    out: Floats = np.clip(np.nan_to_num(y, nan=0.0), 0.0, 1.0)
    return out


def peak(slope: Floats, curvature: Floats) -> Floats:
    """max over y in [0, 1] of slope·y − ½ curvature·y², elementwise."""
    y = best_terms(slope, curvature)
    out: Floats = y * (slope - 0.5 * curvature * y)
    return out


# ---- the best gain that every member can have at once ---------------------------------------

def surplus_bound(problem: Bargains, enough: Floats | float = 0.0) -> Floats:
    """(R,) an upper bound of σ in payoff ranges, as tight as rounding allows unless ``enough``
    (R,), or one for all."""
    b = problem.scaled()
    alone = b.base + peak(b.slope, b.curvature).sum(axis=1)
    bound: Floats = np.where(b.member, alone, np.inf).min(axis=1)
    enough = np.broadcast_to(np.asarray(enough, dtype=np.float64), bound.shape)
    size = b.member.sum(axis=1)
    bound = np.minimum(bound, _weighed(b, b.member.astype(float)))
    unsettled = np.flatnonzero((bound > enough) & (size > 1))
    if len(unsettled):
        bound[unsettled] = np.minimum(bound[unsettled], _by_pairs(
            b.take(unsettled), enough[unsettled]))
    unsettled = np.flatnonzero((bound > enough) & (size > 2))
    if len(unsettled):
        part = b.take(unsettled)
        # the best weights, searched for by a solver: whatever it finds, the bound is one
        share = np.maximum(max_min(part.base, part.slope, part.curvature, part.member).share, 0.0)
        bound[unsettled] = np.minimum(bound[unsettled], _weighed(part, share))
    return bound


def _by_pairs(b: Bargains, enough: Floats) -> Floats:
    """(R,) the least bound found by weighing members two at a time."""
    kernel = compiled.compiled("duality_loops", "bound_rows")
    if kernel is None:
        return _pair_bound(b)
    bound = np.empty(len(b))
    kernel(b.base, b.slope, b.curvature, b.member, enough, bound, np.empty((3, b.base.shape[1])))
    return bound


def _pair_bound(b: Bargains) -> Floats:
    """(R,) the least bound over weights on any two members."""
    best: Floats = np.full(len(b), np.inf)
    size = b.base.shape[1]
    for i in range(size):
        for k in range(i + 1, size):
            rows = np.flatnonzero(b.member[:, i] & b.member[:, k])
            if len(rows):
                best[rows] = np.minimum(best[rows], _two_members(b.take(rows), i, k))
    return best


def _two_members(b: Bargains, i: int, k: int) -> Floats:
    """(R,) min over t of max_x (1 − t) G_i + t G_k: convex in t, by bisection on its slope."""
    low, high = np.zeros(len(b)), np.ones(len(b))
    best: Floats = np.full(len(b), np.inf)
    for _ in range(60):
        t = 0.5 * (low + high)
        share = t[:, None]
        y = best_terms((1 - share) * b.slope[..., i] + share * b.slope[..., k],
                       (1 - share) * b.curvature[..., i] + share * b.curvature[..., k])
        gain = b.base + worth(b.slope, b.curvature, y)
        best = np.minimum(best, (1 - t) * gain[:, i] + t * gain[:, k])
        rising = gain[:, k] > gain[:, i]
        low, high = np.where(rising, low, t), np.where(rising, t, high)
    return best


def _weighed(b: Bargains, theta: Floats) -> Floats:
    """(R,) max_x Σθ_i G_i(x) / Σθ_i; infinite where the weights (R, n) are none or no numbers."""
    total = theta.sum(axis=1, keepdims=True)
    sound = np.isfinite(total[:, 0]) & (total[:, 0] > 0.0)
    share = np.where(sound[:, None], theta, 0.0) / np.where(sound[:, None], total, 1.0)
    by = share[:, None]
    most = (share * b.base).sum(axis=1) + peak(
        (by * b.slope).sum(axis=2), (by * b.curvature).sum(axis=2)).sum(axis=1)
    return np.where(sound, most, np.inf)
