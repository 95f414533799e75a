"""Ratification under noise: smooth terms, consents and their derivatives (DESIGN §2.4).

Shapes as in ``bargain``; noise ς is (P, n), positive. A member consents with probability
Λ_i = 1/(1 + e^{−G_i/ς_i}), and the terms maximise Σ w_i φ_i(G_i), φ(G) = log(ς log(1 + e^{G/ς})),
which is concave and smooth everywhere: log G as ς → 0 where G > 0, affine as ς → ∞.
"""

from __future__ import annotations

from typing import NamedTuple

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
#: a rise of the objective that rounding may hide
SMALL = 1e-11
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


class Bargains(NamedTuple):
    """P bargains under noise: base, weights, member, noise (P, n); value, curvature (P, J, n)."""

    base: Floats
    value: Floats
    curvature: Floats
    weights: Floats
    member: Bools
    noise: Floats

    def take(self, rows: NDArray[np.int64]) -> Bargains:
        return Bargains(self.base[rows], self.value[rows], self.curvature[rows],
                        self.weights[rows], self.member[rows], self.noise[rows])

    def felt(self) -> Bargains:
        """The same with what others than members are paid set to zero."""
        inside = self.member[:, None, :]
        return self._replace(weights=np.where(self.member, self.weights, 0.0),
                             value=np.where(inside, self.value, 0.0),
                             curvature=np.where(inside, self.curvature, 0.0))


def terms(bargains: Bargains, hint: Floats) -> tuple[Floats, Bools]:
    """The terms (P, J), found from ``hint`` (P, J), and whether each row converged.

    Issues that no member feels are 0. Projected Newton steps with an Armijo line search
    (Bertsekas 1982, "Projected Newton methods", SIAM J. Control Optim. 20).
    """
    felt = bargains.felt()
    cares = ((felt.value != 0) | (felt.curvature != 0)).any(axis=2)
    x = np.where(cares, np.clip(hint, 0.0, 1.0), 0.0)
    ok: Bools = np.asarray(~cares.any(axis=1))
    todo = np.flatnonzero(~ok)
    for _ in range(NEWTON_STEPS):
        if not len(todo):
            break
        x[todo], done, stuck = _step(felt.take(todo), cares[todo], x[todo])
        ok[todo[done]] = True
        todo = todo[~done & ~stuck]
    return x, ok


def _objective(felt: Bargains, x: Floats) -> Floats:
    gain = gains(felt.base, felt.value, felt.curvature, x)
    total: Floats = (felt.weights * utility(gain, felt.noise)[0]).sum(axis=1)
    return total


def derivatives(felt: Bargains, x: Floats) -> tuple[Floats, Floats, Floats]:
    """Gradient (P, J), the size of its parts (P, J), and minus the Hessian (P, J, J)."""
    _, first, second = utility(gains(felt.base, felt.value, felt.curvature, x), felt.noise)
    u = felt.value - felt.curvature * x[..., None]
    price = (felt.weights * first)[:, None, :]
    slope = (u * price).sum(axis=2)
    size = (np.abs(u) * price).sum(axis=2)
    hessian = (u * -(felt.weights * second)[:, None, :]) @ u.swapaxes(1, 2)
    at = np.arange(u.shape[1])
    hessian[:, at, at] += (felt.curvature * price).sum(axis=2)
    return slope, size, hessian


def _step(felt: Bargains, cares: Bools, x: Floats) -> tuple[Floats, Bools, Bools]:
    """One step of each row; which rows have converged, and which can go no further."""
    slope, size, hessian = derivatives(felt, x)
    least = CONVERGED * (size + 1e-300)
    free = cares & (((x > 0) & (x < 1)) | ((x <= 0) & (slope > least))
                    | ((x >= 1) & (slope < -least)))
    off = np.where(free, np.abs(slope) / (size + 1e-300), 0.0).max(axis=1)
    done = np.asarray(off <= CONVERGED)
    diagonal = np.arange(x.shape[1])
    matrix = np.where(free[:, :, None] & free[:, None, :], hessian, 0.0)
    # a flat direction gets a little curvature, so that the step exists and runs into a bound
    matrix[:, diagonal, diagonal] += np.where(free, 1e-10 * size + 1e-300, 1.0)
    scale = 1.0 / np.sqrt(matrix[:, diagonal, diagonal])
    rhs = np.where(free, slope, 0.0) * scale
    step = np.linalg.solve(matrix * scale[:, :, None] * scale[:, None, :], rhs[..., None])[..., 0]
    new, open_ = _search(felt, x, np.where(free, step * scale, 0.0), slope, ~done)
    still = ~done & (open_ | (np.abs(new - x).max(axis=1) == 0.0))
    return new, np.asarray(done | (still & (off <= FAIR))), np.asarray(still & (off > FAIR))


def _search(felt: Bargains, x: Floats, step: Floats, slope: Floats, open_: Bools,
            ) -> tuple[Floats, Bools]:
    """Armijo's rule along the projected step; returns the points and which rows found none."""
    here = _objective(felt, x)
    length, new, open_ = np.ones(len(x)), x.copy(), open_.copy()
    for _ in range(40):
        rows = np.flatnonzero(open_)
        if not len(rows):
            break
        trial = np.clip(x[rows] + length[rows, None] * step[rows], 0.0, 1.0)
        gain = (slope[rows] * (trial - x[rows])).sum(axis=1)
        # a step that promises less than rounding shows is taken as it is
        fine = (_objective(felt.take(rows), trial) >= here[rows] + 1e-4 * gain) | (
            np.abs(gain) <= SMALL * (1.0 + np.abs(here[rows])))
        new[rows[fine]] = trial[fine]
        open_[rows[fine]] = False
        length[rows[~fine]] *= 0.5
    return new, open_


def sensitivity(bargains: Bargains, x: Floats) -> Floats:
    """(P, J, n) derivative of the terms in the base gains (0 for issues at a bound)."""
    felt = bargains.felt()
    _, size, hessian = derivatives(felt, x)
    _, _, second = utility(gains(felt.base, felt.value, felt.curvature, x), felt.noise)
    free = (x > 0) & (x < 1)
    at = np.arange(x.shape[1])
    matrix = np.where(free[:, :, None] & free[:, None, :], hessian, 0.0)
    matrix[:, at, at] += np.where(free, 1e-14 * size + 1e-300, 1.0)
    scale = 1.0 / np.sqrt(matrix[:, at, at])
    u = felt.value - felt.curvature * x[..., None]
    right = np.where(free[..., None], u * (felt.weights * second)[:, None, :], 0.0)
    inverse = np.linalg.pinv(matrix * scale[:, :, None] * scale[:, None, :], rcond=1e-13,
                             hermitian=True)
    out: Floats = (inverse @ (right * scale[..., None])) * scale[..., None]
    return out
