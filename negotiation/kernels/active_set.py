"""Newton's method on the Nash product of terms in a box, by active sets.

It ends in few steps and to the last digits, from a good start; shapes are those of ``bargain``.
"""

from __future__ import annotations

import numpy as np

from .interior import Bools, Floats

NEWTON_STEPS = 10
#: relative size of the gradient at which terms count as converged
CONVERGED = 1e-12
#: relative error of a payoff, of which a small gain is a small difference
ROUNDING = 16 * float(np.finfo(np.float64).eps)


def gains(base: Floats, value: Floats, curvature: Floats, x: Floats) -> Floats:
    """(P, n) what each actor gains at terms x (P, J)."""
    x = x[..., None]
    gain: Floats = base + (x * (value - 0.5 * curvature * x)).sum(axis=1)
    return gain


def climb(b: Floats, v: Floats, c: Floats, w: Floats, cares: Bools, x: Floats,
          ) -> tuple[Floats, Bools]:
    """Newton's method on Σ w log G from terms x (P, J) where every gain is positive, issues at a
    bound held there while the gradient points out; the terms, and where they converged (P,).

    Issues that nobody ``cares`` (P, J) about stay where they are. Members who do not count have
    base 1, and no value or weight.
    """
    ok = np.zeros(len(x), dtype=bool)
    todo = np.arange(len(x))
    for _ in range(NEWTON_STEPS):
        if not len(todo):
            break
        y = x[todo]
        g = gains(b[todo], v[todo], c[todo], y)
        u = v[todo] - c[todo] * y[..., None]
        slope, hessian = curvature_of_log(g, u, c[todo], w[todo])
        share = np.maximum(CONVERGED, ROUNDING * np.abs(b[todo]) / g)
        least = np.abs(u * (share * w[todo] / g)[:, None, :]).sum(axis=2) + 1e-300
        free = cares[todo] & (((y > 0) & (y < 1)) | ((y <= 0) & (slope > least))
                              | ((y >= 1) & (slope < -least)))
        done = (~free | (np.abs(slope) <= least)).all(axis=1)
        both = free[:, :, None] & free[:, None, :]
        matrix = np.where(both, hessian, np.eye(y.shape[1]))
        dx = np.where(free, _least_norm(matrix, np.where(free, slope, 0.0)), 0.0)
        step = np.ones(len(y))
        for _ in range(30):
            new = np.clip(y + step[:, None] * dx, 0.0, 1.0)
            bad = (gains(b[todo], v[todo], c[todo], new) <= 0.2 * g).any(axis=1)
            if not bad.any():
                break
            step = np.where(bad, 0.5 * step, step)
        x[todo] = np.where((done | bad)[:, None], y, new)
        ok[todo[done]] = True
        todo = todo[~done & ~bad]
    return x, ok


def curvature_of_log(g: Floats, u: Floats, c: Floats, w: Floats) -> tuple[Floats, Floats]:
    """Gradient (P, J) and minus the Hessian (P, J, J) of Σ w log G in the terms; u = v − c x."""
    price = w / g
    slope = (u * price[:, None, :]).sum(axis=2)
    hessian = (u * (price / g)[:, None, :]) @ u.swapaxes(1, 2)
    at = np.arange(u.shape[1])
    hessian[:, at, at] += (c * price[:, None, :]).sum(axis=2)
    return slope, hessian


def unit_diagonal(matrix: Floats) -> tuple[Floats, Floats]:
    """Symmetric matrices with ones on their diagonals, and the roots of what stood there."""
    size = np.sqrt(np.diagonal(matrix, axis1=1, axis2=2)) + 1e-300
    return matrix / size[:, :, None] / size[:, None, :], size


def _least_norm(matrix: Floats, rhs: Floats) -> Floats:
    """Batched symmetric solve, the pseudo-inverse where a matrix is singular."""
    scaled, size = unit_diagonal(matrix)
    try:
        answer = np.linalg.solve(scaled, (rhs / size)[..., None])[..., 0]
        poor = np.abs(np.linalg.det(scaled)) < 1e-12
    except np.linalg.LinAlgError:
        answer, poor = np.zeros_like(rhs), np.ones(len(rhs), dtype=bool)
    rows = np.flatnonzero(poor)
    if len(rows):
        inverse = np.linalg.pinv(scaled[rows], rcond=1e-12, hermitian=True)
        answer[rows] = (inverse @ (rhs / size)[rows, :, None])[..., 0]
    out: Floats = answer / size
    return out
