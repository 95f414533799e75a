"""The equations of quantal response on a component, and one linear system for all their uses.

Unknown are the log odds z_i(s, a) of every action against the first, and the values V_i(s):

    F = z − z⁰ − λ [Q(s, a) − Q(s, 0)](σ(z), V) = 0,      R = V_i(s) − Σ_a σ_i(a) Q_i(s, a) = 0.

Given V the log odds of a state depend on that state alone, so the derivative is

    [ A  −T ]   A = dF/dz: blocks of n (M − 1) in the states;  T = λ δ_i Δφ_i(s, a; s′),
    [−G   D ]   G = dV̄/dz: blocks as well;                     D = I − δ_i P.

Eliminating z leaves the Schur complement S = D − G A⁻¹ T in the n K values, whatever the number of
actions, and no product of large matrices: its LU factors are what an evaluation costs. The sign of
the whole determinant is that of Π det A_s · det S.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from ..kernels.linear import solve_signed
from .field import Field, Floats, Point

#: (dz, dV, dλ)
Direction = tuple[Floats, Floats, float]


@dataclass(eq=False)
class Spot:
    """The equations at (z (n, K, M − 1), V (n, K), λ).

    ``lift`` ΔQ, ``left`` F; ``miss`` R; ``inverse`` (K, d, d) A⁻¹ with d = n (M − 1), ``positive``
    whether Π det A_s is; ``weight`` (K, n, d) −G A⁻¹.
    """

    z: Floats
    value: Floats
    strength: float
    point: Point
    lift: Floats
    left: Floats
    miss: Floats
    inverse: Floats
    positive: bool
    weight: Floats


class System:
    """F and R on a component (see the module).

    The large arrays, T and S, are kept here and overwritten by the next evaluation: fresh memory
    of this size costs more than what is computed in it.

    Args:
        start: z⁰ (n, K, M − 1); zeros when left out.
    """

    def __init__(self, field: Field, start: Floats | None = None) -> None:
        self.field = field
        self.real = field.real[:, :, 1:].astype(np.float64)
        self.size = int(self.real.sum())
        self.start = np.zeros(self.real.shape) if start is None else start * self.real
        self.evaluations = 0
        n, size, wide = self.real.shape
        self._turn = np.empty((size, n, wide, size))
        self._diagonal, self._here = np.arange(n * wide), np.arange(size)
        self._full = bool(field.real.all())
        self._matrix = np.empty((n * size + 1, n * size + 1))
        down, across = self._matrix.strides
        self._schur = as_strided(self._matrix, (n, size, n, size),
                                 (size * down, down, size * across, across))

    def mixed(self, z: Floats) -> Floats:
        """σ (n, K, M) at log odds z."""
        odds = np.zeros(self.field.real.shape)
        odds[..., 1:] = z
        if not self._full:
            odds[~self.field.real] = -np.inf
        odds -= odds.max(axis=2, keepdims=True)
        np.exp(odds, out=odds)
        odds /= odds.sum(axis=2, keepdims=True)
        return odds

    def change(self, mixed: Floats, dz: Floats) -> Floats:
        """dσ (n, K, M) for a change of the log odds."""
        out = np.zeros(mixed.shape)
        out[..., 1:] = dz
        out -= (mixed * out).sum(axis=2, keepdims=True)
        out *= mixed
        return out

    def at(self, z: Floats, value: Floats | None, strength: float, damp: float = 0.0) -> Spot:
        """The equations at a point; V that fits σ(z) when left out.

        Args:
            damp: added to the diagonal of A (implicit Euler steps of dz/dt = −F).
        """
        self.evaluations += 1
        point = self.field.at(self.mixed(z), value)
        mixed, q = point.mixed, point.action_value
        real = self.real
        n, size, wide = real.shape
        lift = (q[..., 1:] - q[..., :1]) * real
        mean = (mixed * q).sum(axis=2)
        pairs, means = self.field.means(point)
        sigma = mixed[:, :, 1:]
        push = sigma * (means[..., 1:] - mean[:, None, :, None])
        change = pairs[..., 1:, :] - pairs[..., :1, :]
        local = change[..., 1:] - change @ mixed[None, :, :, :, None]
        local *= -strength * sigma[None, :, :, None, :]
        if not self._full:
            local *= real[:, None, :, :, None]
        block = local.transpose(2, 0, 3, 1, 4).reshape(size, n * wide, n * wide)
        block[:, self._diagonal, self._diagonal] += 1.0 + damp
        inverse = np.asarray(np.linalg.inv(block), dtype=np.float64)
        weight: Floats = -push.transpose(2, 0, 1, 3).reshape(size, n, n * wide) @ inverse
        self._fill(point, weight, strength)
        return Spot(z, point.value, strength, point, lift, z - self.start - strength * lift,
                    point.value - mean, inverse,
                    bool(np.prod(np.linalg.slogdet(block)[0]) > 0), weight)

    def _fill(self, point: Point, weight: Floats, strength: float) -> None:
        """T and S of a point."""
        n, size, wide = self.real.shape
        turn, schur = self._turn, self._schur
        np.subtract(point.move[:, :, 1:], point.move[:, :, :1], out=turn.swapaxes(0, 1))
        turn *= (strength * self.field.discount[:, None, None]
                 * self.real).swapaxes(0, 1)[..., None]
        np.matmul(weight.reshape(size, n, n, wide).swapaxes(1, 2), turn,
                  out=schur.transpose(1, 2, 0, 3))
        for i, delta in enumerate(self.field.discount):
            schur[i, :, i] -= delta * point.chain
            schur[i, self._here, i, self._here] += 1.0

    def step(self, spot: Spot) -> Direction | None:
        """The Newton step at fixed λ."""
        solved = self.bordered(spot, np.zeros_like(spot.z), 1.0, 0.0)
        return None if solved is None else solved[0]

    def bordered(self, spot: Spot, border: Floats, weight: float, miss: float,
                 ) -> tuple[Direction, Direction, bool] | None:
        """The Newton step and the tangent (dz, dV, dλ) under border · dz + weight dλ = …

        The step makes it ``miss`` and F = R = 0, the tangent makes it 1 and keeps F and R. Also
        whether the determinant of the whole is positive. None where the matrix is singular. Only
        right after the evaluation that gave ``spot``, and once.
        """
        n, size, _ = self.real.shape
        many = n * size
        matrix = self._matrix
        left, lift = self._local(-spot.left), self._local(spot.lift)
        rows = (self._local(border).swapaxes(1, 2) @ spot.inverse).swapaxes(1, 2)
        matrix[:many, many] = (spot.weight @ lift)[..., 0].T.reshape(-1)
        matrix[many, :many] = np.einsum("sjb,sjbt->jt", rows.reshape(size, n, -1),
                                        self._turn).reshape(-1)
        matrix[many, many] = float((rows * lift).sum()) + weight
        right = np.zeros((many + 1, 2), order="F")
        right[:many, 0] = (-spot.miss - (spot.weight @ left)[..., 0].T).reshape(-1)
        right[many] = miss - float((rows * left).sum()), 1.0
        solved, positive = solve_signed(matrix, right)
        if solved is None:
            return None
        values = solved[:many].T.reshape(2, n, size)
        first, second = float(solved[many, 0]), float(solved[many, 1])
        return ((self._odds(spot, left + first * lift, values[0]), values[0], first),
                (self._odds(spot, second * lift, values[1]), values[1], second),
                positive == spot.positive)

    def _local(self, wide: Floats) -> Floats:
        """(K, d, 1) from (n, K, M − 1)."""
        return wide.swapaxes(0, 1).reshape(wide.shape[1], -1, 1)

    def _odds(self, spot: Spot, right: Floats, value: Floats) -> Floats:
        """dz = A⁻¹ (right + T dV)."""
        n, size, wide = self.real.shape
        moved = (self._turn @ value[None, :, :, None])[..., 0].reshape(size, -1, 1)
        out: Floats = (spot.inverse @ (right + moved)).reshape(size, n, wide).swapaxes(0, 1)
        return out
