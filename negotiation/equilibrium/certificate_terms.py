"""How far terms are from what their bargaining solution asks: the quick, vectorised half.

x maximises Σ w_i log G_i when each x_j maximises Σ μ_i u_ij, with μ_i = w_i / G_i. The violation is
the least d for which every issue passes one of two tests:

- x_j is within d, in payoffs of whoever it affects most, of a maximiser at some gains within
  :data:`SLACK`·d of those at x (gains are differences of values, known to rounding only, which
  near σ = 0 moves the multipliers a lot and the payoffs hardly at all);
- the issue is linear, and what Σ μ_i u_ij lacks at x_j is at most d of every member's payoff it
  touches (Σ μ_i weighted by stakes): a linear issue has no maximiser inside to be near to.

The lacks add up to a bound of what Σ w_i log G_i lacks, which is concave, so a violation of zero
proves the terms. Where gains are small, each must also be at least w_i σ / Σw, which every Nash
solution satisfies; where they are zero, and for other solutions, :mod:`.certificate_levels` takes
over.
"""

from __future__ import annotations

import numpy as np

from ..kernels.certificate_loops import EPSILON, HUGE, LADDER, NEAR_ENOUGH, SLACK, SMALL
from .certificate_duality import NEAR_ZERO, Bargains, Bools, Floats, peak, surplus_bound
from .certificate_levels import slow_violation


def terms_violation(problem: Bargains, quick: bool = False) -> Floats:
    """(R,) how far the terms of moves that are made are from what their solution asks.

    ``quick``: a bound up to :data:`NEAR_ENOUGH` will do, where a tighter one is dear.
    """
    out = _idle_violation(problem.scaled())
    nash = problem.solution == "nash"
    slow = ~nash
    if nash.any():
        rows = np.flatnonzero(nash)
        part = problem.take(rows).scaled()
        gain = part.gain()
        out[rows] = np.maximum(out[rows], _nash_violation(part, gain, quick))
        least = np.where(part.member, gain, np.inf).min(axis=1)
        # A member who loses is reported with consent; nothing more is to be learnt there.
        slow[rows] = (least > -NEAR_ZERO) & ((least < NEAR_ZERO) | _may_tie(part, gain))
    for row in np.flatnonzero(slow):
        out[row] = max(out[row], slow_violation(problem.take(np.array([row]))))
    return out


def _idle_violation(b: Bargains) -> Floats:
    """(R,) issues that no member feels are 0 (least norm): what anybody else feels of them."""
    felt_by = ((b.slope != 0.0) | (b.curvature != 0.0)) & b.member[:, None]
    idle = ~felt_by.any(axis=2)
    out: Floats = np.zeros(len(b))
    if idle.any():
        offers = b.solution == "offers"
        sets = [np.where(offers[:, None], 0.0, b.terms)]
        if b.proposals is not None:
            sets += [np.where((offers & b.member[:, i])[:, None], b.proposals[:, i], 0.0)
                     for i in range(b.base.shape[1])]
        for x in sets:
            felt = np.abs(x[..., None] * (b.slope - 0.5 * b.curvature * x[..., None])).max(axis=2)
            out = np.maximum(out, np.where(idle, felt, 0.0).max(axis=1))
    return out


def _nash_violation(b: Bargains, gain: Floats, quick: bool) -> Floats:
    """(R,) the least d of the module's tests, to a factor of two, and the share of σ."""
    out: Floats = np.full(len(b), np.inf)
    left, lack = np.arange(len(b)), _lack(b, gain)
    for delta in LADDER:
        passes = _stationary(b.take(left), gain[left], lack[left], delta)
        out[left[passes]] = delta if delta > LADDER[0] else 0.0
        left = left[~passes]
        if not len(left):
            break
    least = np.where(b.member, gain, np.inf).min(axis=1)
    small = np.flatnonzero((least < SMALL) & (least > -NEAR_ZERO))
    if quick and len(small):
        part = b.take(small)
        owed = _owed(part, gain[small], _most_surplus(part, gain[small]))
        out[small] = np.maximum(out[small], np.where(owed <= NEAR_ENOUGH, owed, 0.0))
        small = small[owed > NEAR_ENOUGH]
    if len(small):
        part, gain = b.take(small), gain[small]
        enough = _most_owed_for(part, gain) if quick else 0.0
        out[small] = np.maximum(out[small], _owed(part, gain, surplus_bound(part, enough)))
    return out


def _most_owed_for(b: Bargains, gain: Floats) -> Floats:
    """(R,) the largest surplus of which no member's gain lacks more than :data:`NEAR_ENOUGH`."""
    share = b.weights / (b.weights * b.member).sum(axis=1, keepdims=True)
    out: Floats = np.where(b.member, (gain + NEAR_ENOUGH) / share, np.inf).min(axis=1)
    return np.maximum(out, 0.0)


def _owed(b: Bargains, gain: Floats, surplus: Floats) -> Floats:
    """(R,) what some member's gain lacks of its share w_i/Σw of a surplus (R,)."""
    share = b.weights / (b.weights * b.member).sum(axis=1, keepdims=True)
    out: Floats = np.where(b.member, share * surplus[:, None] - gain, 0.0).max(axis=1)
    return np.maximum(out, 0.0)


def _most_surplus(b: Bargains, gain: Floats) -> Floats:
    """(R,) an upper bound of σ where the terms are nearly the solution's; infinite elsewhere.

    With θ_i = w_i/G_i, concavity gives Σ θ_i (G_i(y) − G_i) ≤ D for all y, D in closed form. For
    the solution's gains ρ_i·G_i that is Σ w_i (ρ_i − 1) ≤ D, and Σ w_i log ρ_i ≥ 0, so that
    w_i (ρ_i − 1 − log ρ_i) ≤ D for each i: ρ_i ≤ 1 + 2·√(2D/w_i) while D ≤ w_i/10. And σ is at most
    ρ_i·G_i·Σw/w_i for each member.
    """
    sure = (~b.member | (gain > 0.0)).all(axis=1)
    weights = np.where(b.member, b.weights, 0.0)
    theta = (weights / np.where(b.member & (gain > 0.0), gain, 1.0))[:, None]
    slope, curvature = (theta * b.slope).sum(axis=2), (theta * b.curvature).sum(axis=2)
    here = b.terms * (slope - 0.5 * curvature * b.terms)
    # what the sums may have lost to rounding counts as a lack
    size = np.abs(theta * b.slope).sum(axis=(1, 2))
    lack = (peak(slope, curvature) - here).sum(axis=1) + 8.0 * EPSILON * size
    ratio = np.maximum(lack, 0.0)[:, None] / np.where(b.member, b.weights, np.inf)
    most = gain * (1.0 + 2.0 * np.sqrt(2.0 * ratio)) * (
        weights.sum(axis=1, keepdims=True) / np.where(b.member, b.weights, 1.0))
    least = np.where(b.member, most, np.inf).min(axis=1)
    return np.where(sure & (ratio.max(axis=1) <= 0.1), least, np.inf)


def _multipliers(b: Bargains, gain: Floats, delta: float) -> tuple[Floats, Floats]:
    """(R, 1, n) the least and largest w_i / G_i for gains within delta; 0 for non-members."""
    weights = np.where(b.member, b.weights, 0.0)
    positive = gain - delta > 0.0
    low = weights / np.maximum(gain + delta, delta)
    high = np.where(positive, weights / np.where(positive, gain - delta, 1.0),
                    np.where(b.member, HUGE, 0.0))
    return low[:, None], high[:, None]


def _stationary(b: Bargains, gain: Floats, lack: Floats, delta: float) -> Bools:
    """(R,) whether every issue passes one of the module's tests with d = delta.

    Maximisers of issue j over the allowed multipliers form an interval; its ends are where the
    least and the largest possible slopes, both falling in x_j, cross zero.
    """
    low, high = _multipliers(b, gain, SLACK * delta)
    # how far x_j may move before anybody's payoff moves by delta: tilt·y + ½ bend·y² = delta
    tilt = np.abs(b.slope - b.curvature * b.terms[..., None]).max(axis=2)
    bend = b.curvature.max(axis=2)
    reach = 2 * delta / np.maximum(tilt + np.sqrt(tilt * tilt + 2 * bend * delta), 1e-300)
    below, above = np.maximum(b.terms - reach, 0.0), np.minimum(b.terms + reach, 1.0)
    slope = b.slope - b.curvature * above[..., None]
    least = (np.where(slope > 0.0, low, high) * slope).sum(axis=2)
    slope = b.slope - b.curvature * below[..., None]
    most = (np.where(slope > 0.0, high, low) * slope).sum(axis=2)
    fits = ((least <= 0.0) | (above >= 1.0)) & ((most >= 0.0) | (below <= 0.0))
    out: Bools = (fits | (lack <= delta)).all(axis=1)
    return out


def _lack(b: Bargains, gain: Floats) -> Floats:
    """(R, J) what a linear issue lacks, in payoffs; infinite where an issue has curvature."""
    theta = np.where(b.member, b.weights / np.maximum(gain, 1e-15), 0.0)[:, None]
    stake = np.abs(b.slope)
    slope = (theta * b.slope).sum(axis=2)
    lack = np.maximum(slope, 0.0) - slope * b.terms
    unit = (theta * stake).sum(axis=2) / np.maximum((stake * b.member[:, None]).sum(axis=2), 1e-300)
    curved = (b.member[:, None] & (b.curvature > 0.0)).any(axis=2)
    out: Floats = np.where(curved, np.inf, lack / np.maximum(unit, 1e-300))
    return out


def _may_tie(b: Bargains, gain: Floats) -> Bools:
    """(R,) two issues or more could move together without any member noticing, and somebody would.

    Members' gains at Nash terms are unique, so terms tie along directions in which no member's
    payoff changes: among issues without curvature for members whose slope balances at x.
    """
    low, high = _multipliers(b, gain, 1e-9)
    least = (np.where(b.slope > 0.0, low, high) * b.slope).sum(axis=2)
    most = (np.where(b.slope > 0.0, high, low) * b.slope).sum(axis=2)
    member = b.member[:, None]
    loose = (least <= 0.0) & (most >= 0.0) & ~(member & (b.curvature > 0.0)).any(axis=2)
    loose &= (member & (b.slope != 0.0)).any(axis=2)
    outside = ((b.slope != 0.0) | (b.curvature != 0.0)) & ~member
    rows = np.flatnonzero((loose.sum(axis=1) > 1) & (outside.any(axis=2) & loose).any(axis=1))
    out: Bools = np.zeros(len(b), dtype=bool)
    for row in rows:
        table = b.slope[row][loose[row]][:, b.member[row]]
        out[row] = np.linalg.matrix_rank(table, tol=1e-10) < loose[row].sum()
    return out
