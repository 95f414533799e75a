"""Nash terms in the solver's inner loops: warm starts, signs of σ, and derivatives.

Shapes as in ``bargain``, whose interior-point methods stand behind every row that the quick way
does not settle.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from . import bargain
from .active_set import climb, curvature_of_log, unit_diagonal

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: a surplus below this share of the data's scale has no sign
ZERO = 1e-13


def dual_bound(theta: Floats, base: Floats, value: Floats, curvature: Floats) -> Floats:
    """(P,) max_x Σ θ_i G_i(x) ≥ σ for θ ≥ 0 on members (weak duality, separable over issues)."""
    v = (theta[:, None, :] * value).sum(axis=2)
    c = (theta[:, None, :] * curvature).sum(axis=2)
    curved = c > 0
    x = np.where(curved, np.clip(v / np.where(curved, c, 1.0), 0.0, 1.0), v > 0)
    out: Floats = (theta * base).sum(axis=1) + (v * x - 0.5 * c * x * x).sum(axis=1)
    return out


def sign_of_surplus(base: Floats, value: Floats, curvature: Floats, member: Bools, hint: Floats,
                    ) -> Floats:
    """(P,) a number with the sign of σ: a point's least gain, a dual bound, or σ itself.

    ``hint`` (P, J) are terms to try. 0 stands for a sign that could not be told.
    """
    scale = np.where(member, np.abs(base) + (np.abs(value) + curvature).sum(axis=1), 0.0)
    size = ZERO * scale.max(axis=1, initial=0.0)
    sigma: Floats = np.where(
        member, bargain.gains(base, value, curvature, hint), np.inf).min(axis=1)
    ask = np.flatnonzero(sigma <= size)
    if len(ask):
        # a member whose own best terms do not pay settles the sign
        best = np.stack([dual_bound(np.eye(base.shape[1])[[i] * len(ask)], base[ask], value[ask],
                                    curvature[ask]) for i in range(base.shape[1])], axis=1)
        sigma[ask] = np.where(member[ask], best, np.inf).min(axis=1)
        ask = ask[sigma[ask] >= -size[ask]]
    if len(ask):
        exact = bargain.sign(base[ask], value[ask], curvature[ask], member[ask])
        sigma[ask] = np.where(exact.ok, exact.sigma, 0.0)
    return sigma


def nash(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
         hint: Floats) -> tuple[Floats, Floats]:
    """Nash terms (P, J) from a guess, and a number with σ's sign (P,).

    Active-set Newton from ``hint`` where every member gains there, else from the terms of the best
    least gain, else ``bargain.nash``. Where σ ≤ 0 the terms are not a number.
    """
    w = np.where(member, weights, 0.0)
    v = np.where(member[:, None, :], value, 0.0)
    c = np.where(member[:, None, :], curvature, 0.0)
    b = np.where(member, base, 1.0)
    cares = ((v != 0) | (c != 0)).any(axis=2)
    x = np.where(cares, hint, 0.0)
    warm = np.flatnonzero((bargain.gains(b, v, c, x) > 0).all(axis=1))
    x[warm], ok = climb(b[warm], v[warm], c[warm], w[warm], cares[warm], x[warm])
    sigma = np.ones(len(x))
    cold = np.ones(len(x), dtype=bool)
    cold[warm[ok]] = False
    cold = np.flatnonzero(cold)
    if len(cold):
        best = bargain.sign(base[cold], value[cold], curvature[cold], member[cold])
        size = (np.abs(b[cold]) + (np.abs(v[cold]) + c[cold]).sum(axis=1)).max(axis=1)
        sigma[cold] = np.where(best.ok, best.sigma, 0.0)
        gain = (sigma[cold] > ZERO * size) & (
            bargain.gains(b[cold], v[cold], c[cold], best.x) > 0).all(axis=1)
        x[cold[~gain]] = np.nan
        cold, start = cold[gain], np.where(cares[cold[gain]], best.x[gain], 0.0)
        x[cold], ok = climb(b[cold], v[cold], c[cold], w[cold], cares[cold], start)
        rest = cold[~ok]
        if len(rest):
            answer = bargain.nash(base[rest], value[rest], curvature[rest], weights[rest],
                                  member[rest])
            x[rest] = np.where(answer.ok[:, None], answer.x, np.nan)
            sigma[rest] = np.where(answer.ok, answer.sigma, 0.0)
    return x, sigma


def nash_sensitivity(base: Floats, value: Floats, curvature: Floats, weights: Floats,
                     member: Bools, x: Floats) -> Floats:
    """(P, J, n) derivative of the Nash terms in the base gains (0 for issues at a bound).

    From Σ w_i u_ji/G_i = 0 on the free issues: (C + U D Uᵀ) dx = −U D dbase, D = diag(w/G²).
    Where a member gains nothing (σ ≤ 0) the gains are raised a little, which serves as a direction.
    """
    w = np.where(member, weights, 0.0)
    g = bargain.gains(base, value, curvature, x)
    least = np.where(member, g, np.inf).min(axis=1)
    floor = 1e-9 * (np.abs(base) + (np.abs(value) + curvature).sum(axis=1)).max(axis=1)
    g = np.where(member, g + np.maximum(floor - least, 0.0)[:, None], 1.0)
    u = np.where(member[:, None, :], value - curvature * x[..., None], 0.0)
    _, hessian = curvature_of_log(g, u, np.where(member[:, None, :], curvature, 0.0), w)
    free = (x > 0) & (x < 1)
    both = free[:, :, None] & free[:, None, :]
    scaled, size = unit_diagonal(np.where(both, hessian, np.eye(x.shape[1])))
    inverse = np.linalg.pinv(scaled, rcond=1e-12, hermitian=True)
    right = np.where(free[..., None], u * (w / g**2)[:, None, :], 0.0) / size[..., None]
    out: Floats = -(inverse @ right) / size[..., None]
    return out
