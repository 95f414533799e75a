"""Curves of folds in two parameters, and the cusps on them.

A fold of H(x, s, t) = 0 in s has a direction v with ∂H/∂x v = 0. The folds are the curve of

    H = 0,    ∂H/∂x v = 0,    ℓ·v = 1

in (x, v, s, t), ℓ a fixed vector, which is regular at folds (Moore & Spence 1980) and at **cusps**,
where two curves of folds meet. Let w be the kernel of the transposed ∂H/∂x: at a cusp
w·∂²H/∂x²[v, v] is zero, and both ds and dt are along the curve.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .curve import Branch, Floats, SpecialPoint, Steps, solve_at, trace

#: (x (k,), s, t) → H (k,), ∂H/∂x (k, k), ∂H/∂s (k,), ∂H/∂t (k,)
Plane = Callable[[Floats, float, float], tuple[Floats, Floats, Floats, Floats]]

#: step of differences of ∂H/∂x, in the units of x, s and t
STEP = 1e-5


class FoldCurve:
    """The folds of a system of two parameters, as a curve that can be traced over t.

    Args:
        plane: the system; ``near``: (x, s, t) close to a fold.
    """

    def __init__(self, plane: Plane, near: tuple[Floats, float, float]) -> None:
        self.plane, self.size = plane, len(near[0])
        x, s, t = near
        _, slope, _, _ = plane(x, s, t)
        self.norm: Floats = np.linalg.svd(slope)[2][-1]
        self.start = np.concatenate([x, self.norm, [s]])

    def parts(self, y: Floats) -> tuple[Floats, Floats, float]:
        """x, v and s of a point y of the curve."""
        return y[:self.size], y[self.size:-1], float(y[-1])

    def system(self, y: Floats, t: float) -> tuple[Floats, Floats, Floats]:
        """The equations above in y = (x, v, s): residual, ∂/∂y, ∂/∂t."""
        x, v, s = self.parts(y)
        k = self.size
        here, slope, by_s, by_t = self.plane(x, s, t)
        out = np.concatenate([here, slope @ v, [self.norm @ v - 1.0]])
        jacobian = np.zeros((2 * k + 1, 2 * k + 1))
        jacobian[:k, :k], jacobian[:k, -1] = slope, by_s
        jacobian[k:2 * k, k:2 * k] = slope
        jacobian[-1, k:2 * k] = self.norm
        for i in range(k):
            step = STEP * np.eye(k)[i]
            jacobian[k:2 * k, i] = (self.plane(x + step, s, t)[1]
                                    - self.plane(x - step, s, t)[1]) @ v / (2.0 * STEP)
        jacobian[k:2 * k, -1] = (self.plane(x, s + STEP, t)[1]
                                 - self.plane(x, s - STEP, t)[1]) @ v / (2.0 * STEP)
        turned = (self.plane(x, s, t + STEP)[1] - self.plane(x, s, t - STEP)[1]) @ v / (2.0 * STEP)
        return out, jacobian, np.concatenate([by_t, turned, [0.0]])

    def bend(self, y: Floats, t: float) -> float:
        """w·∂²H/∂x²[v, v], which is zero at a cusp; w and v are of length 1."""
        x, v, s = self.parts(y)
        v = v / np.linalg.norm(v)
        _, slope, by_s, _ = self.plane(x, s, t)
        w = np.linalg.svd(slope.T)[2][-1]
        # the sign of w is that in which s lifts H
        w = w if w @ by_s >= 0.0 else -w
        second = (self.plane(x + STEP * v, s, t)[1] - self.plane(x - STEP * v, s, t)[1]) @ v
        return float(w @ second / (2.0 * STEP))

    def follow(self, t: float, until: float, steps: Steps | None = None) -> Branch | None:
        """The curve from the fold nearest to the start at t on, cusps among its special points;
        where it turns back in t it ends at t or at ``until``. None where no fold is near."""
        y = solve_at(self.system, self.start, t)
        if y is None:
            return None
        return trace(self.system, y, t, until, steps or Steps(first=0.05, longest=0.2),
                     watch={"cusp": self.bend}, bounds=(min(t, until), max(t, until)))

    def place(self, point: SpecialPoint) -> tuple[Floats, float, float]:
        """(x, s, t) of a special point."""
        x, _, s = self.parts(point.x)
        return x, s, point.t


def fold_curve(plane: Plane, x: Floats, s: float, t: float, until: float,
               steps: Steps | None = None) -> tuple[FoldCurve, Branch | None]:
    """The curve of folds through the fold next to (x, s) at t, followed until t is ``until``."""
    curve = FoldCurve(plane, (np.asarray(x, dtype=np.float64), s, t))
    return curve, curve.follow(t, until, steps)
