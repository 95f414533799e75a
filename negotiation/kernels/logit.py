"""Ratification under noise: smooth terms, consents and their derivatives (DESIGN §2.4).

Shapes as in ``bargain``; noise ς is (P, n), positive. A member consents with probability
Λ_i = 1/(1 + e^{−G_i/ς_i}), and the terms maximise Σ w_i φ_i(G_i) with φ(G) = log(ς log(1 + e^{G/ς})),
which is concave and smooth everywhere: log G as ς → 0 where G > 0, affine as ς → ∞.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .bargain import gains

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

NEWTON_STEPS = 60
#: size of the gradient along free issues, next to its parts, at which terms have converged
CONVERGED = 1e-12
#: and up to which rounding may have ended the search
FAIR = 1e-8
#: below this many units of noise e^{G/ς} is all there is
DEEP = -30.0


def consent(gain: Floats, noise: Floats, member: Bools) -> tuple[Floats, Floats]:
    """α (P,), the product of the members' Λ, and its derivative in each gain (P, n)."""
    z = np.where(member, gain / noise, 0.0)
    small = np.exp(-np.abs(z))
    yes = np.where(z > 0, 1.0, small) / (1.0 + small)
    no = np.where(z > 0, small, 1.0) / (1.0 + small)
    alpha = np.where(member, yes, 1.0).prod(axis=1)
    slope: Floats = np.where(member, alpha[:, None] * no / noise, 0.0)
    return alpha, slope


def utility(gain: Floats, noise: Floats) -> tuple[Floats, Floats, Floats]:
    """φ, φ′ and φ″ (P, n) of gains."""
    z = gain / noise
    small = np.exp(-np.abs(z))
    soft = np.maximum(z, 0.0) + np.log1p(small)  # log(1 + e^z)
    yes = np.where(z > 0, 1.0, small) / (1.0 + small)
    deep = z < DEEP
    safe = np.where(deep, 1.0, soft)
    level = np.where(deep, z, np.log(safe)) + np.log(noise)
    ratio = np.where(deep, 1.0, yes / safe)
    bend = np.where(deep, 0.0, ratio * ((1.0 - yes) - ratio))
    # for very negative z the terms agree to most digits, and what is left is −e^z/2
    bend = np.where(z < -16.0, -0.5 * small * ratio, bend)
    return level, ratio / noise, np.minimum(bend, 0.0) / noise**2


def terms(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
          noise: Floats, hint: Floats) -> tuple[Floats, Bools]:
    """The terms (P, J), found from ``hint`` (P, J), and whether each row converged.

    Issues that no member feels are 0. Projected Newton steps with an Armijo line search
    (Bertsekas 1982, "Projected Newton methods", SIAM J. Control Optim. 20).
    """
    w = np.where(member, weights, 0.0)
    v = np.where(member[:, None, :], value, 0.0)
    c = np.where(member[:, None, :], curvature, 0.0)
    cares = ((v != 0) | (c != 0)).any(axis=2)
    x = np.where(cares, np.clip(hint, 0.0, 1.0), 0.0)
    ok = ~cares.any(axis=1)
    todo = np.flatnonzero(~ok)
    for _ in range(NEWTON_STEPS):
        if not len(todo):
            break
        part = (base[todo], v[todo], c[todo], w[todo], noise[todo])
        new, done, stuck = _step(*part, cares[todo], x[todo])
        x[todo] = new
        ok[todo[done]] = True
        todo = todo[~done & ~stuck]
    return x, ok


def _objective(base: Floats, v: Floats, c: Floats, w: Floats, noise: Floats, x: Floats) -> Floats:
    total: Floats = (w * utility(gains(base, v, c, x), noise)[0]).sum(axis=1)
    return total


def derivatives(base: Floats, v: Floats, c: Floats, w: Floats, noise: Floats, x: Floats,
                ) -> tuple[Floats, Floats, Floats]:
    """Gradient (P, J), the size of its parts (P, J), and minus the Hessian (P, J, J)."""
    _, first, second = utility(gains(base, v, c, x), noise)
    u = v - c * x[..., None]
    price = (w * first)[:, None, :]
    slope = (u * price).sum(axis=2)
    size = (np.abs(u) * price).sum(axis=2)
    hessian = (u * -(w * second)[:, None, :]) @ u.swapaxes(1, 2)
    at = np.arange(u.shape[1])
    hessian[:, at, at] += (c * price).sum(axis=2)
    return slope, size, hessian


def _step(base: Floats, v: Floats, c: Floats, w: Floats, noise: Floats, cares: Bools, x: Floats,
          ) -> tuple[Floats, Bools, Bools]:
    slope, size, hessian = derivatives(base, v, c, w, noise, x)
    least = CONVERGED * (size + 1e-300)
    free = cares & (((x > 0) & (x < 1)) | ((x <= 0) & (slope > least)) | ((x >= 1) & (slope < -least)))
    off = np.where(free, np.abs(slope) / (size + 1e-300), 0.0).max(axis=1)
    done = np.asarray(off <= CONVERGED)
    both = free[:, :, None] & free[:, None, :]
    diagonal = np.arange(x.shape[1])
    matrix = np.where(both, hessian, 0.0)
    # a flat direction gets a little curvature, so that the step exists and runs into a bound
    ridge = 1e-10 * size + 1e-300
    matrix[:, diagonal, diagonal] += np.where(free, ridge, 1.0)
    scale = 1.0 / np.sqrt(matrix[:, diagonal, diagonal])
    rhs = np.where(free, slope, 0.0) * scale
    step = np.linalg.solve(matrix * scale[:, :, None] * scale[:, None, :], rhs[..., None])[..., 0]
    step = np.where(free, step * scale, 0.0)
    here = _objective(base, v, c, w, noise, x)
    length = np.ones(len(x))
    new = x.copy()
    open_ = ~done
    for _ in range(40):
        rows = np.flatnonzero(open_)
        if not len(rows):
            break
        trial = np.clip(x[rows] + length[rows, None] * step[rows], 0.0, 1.0)
        gain = (slope[rows] * (trial - x[rows])).sum(axis=1)
        value = _objective(base[rows], v[rows], c[rows], w[rows], noise[rows], trial)
        slack = 1e-15 * (1.0 + np.abs(here[rows]))
        fine = value >= here[rows] + 1e-4 * gain - slack
        new[rows[fine]] = trial[fine]
        open_[rows[fine]] = False
        length[rows[~fine]] *= 0.5
    still = ~done & (open_ | (np.abs(new - x).max(axis=1) == 0.0))
    return new, np.asarray(done | (still & (off <= FAIR))), np.asarray(still & (off > FAIR))


def sensitivity(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
                noise: Floats, x: Floats) -> Floats:
    """(P, J, n) derivative of the terms in the base gains (0 for issues at a bound)."""
    w = np.where(member, weights, 0.0)
    v = np.where(member[:, None, :], value, 0.0)
    c = np.where(member[:, None, :], curvature, 0.0)
    _, size, hessian = derivatives(base, v, c, w, noise, x)
    _, _, second = utility(gains(base, v, c, x), noise)
    free = (x > 0) & (x < 1)
    both = free[:, :, None] & free[:, None, :]
    at = np.arange(x.shape[1])
    matrix = np.where(both, hessian, 0.0)
    matrix[:, at, at] += np.where(free, 1e-14 * size + 1e-300, 1.0)
    scale = 1.0 / np.sqrt(matrix[:, at, at])
    u = v - c * x[..., None]
    right = np.where(free[..., None], u * (w * second)[:, None, :], 0.0) * scale[..., None]
    inverse = np.linalg.pinv(matrix * scale[:, :, None] * scale[:, None, :], rcond=1e-13,
                             hermitian=True)
    out: Floats = (inverse @ right) * scale[..., None]
    return out
