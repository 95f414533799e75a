"""The logit path of a component: from a given profile to one of its equilibria.

Agent quantal response equilibria at strength λ solve, with the log odds z_i(s, a) of every action
against the first,

    z = z⁰ + λ [Q(s, a) − Q(s, 0)](σ(z)),

in payoffs divided by each player's range. At λ = 0 there is one solution, z⁰ (uniform mixing when
it is 0); as λ → ∞ the solutions on the branch that starts there approach a Markov perfect
equilibrium (McKelvey & Palfrey 1995, 1998; Eibelshäuser & Poensgen 2019, *Markov quantal response
equilibrium and a homotopy method for computing and selecting Markov perfect equilibria of dynamic
stochastic games*). The branch is followed by predictor and corrector with a pseudo-arclength that
counts changes of the probabilities and of log λ, so that λ may turn back.

The limit is not waited for. An action's log probability falls in proportion to λ when the limit
does not play it and stands still when it does; once the branch has told all actions apart, the
equilibrium with these supports is solved for by Newton's method (``polish``) and checked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..kernels.linear import solve_signed
from .field import Bools, Field, Floats, Point
from .polish import polish

#: λ beyond this (payoff ranges count as 1) is given up
STRONGEST = 1e9
MOST_STEPS = 4000
#: a corrector has converged when no probability would change by more than this
LOOSE, TIGHT = 3e-3, 1e-11
#: a first correction that changes a probability by more than this was too long a step
FARTHEST = 0.3
#: how far a prediction should miss; the step's length is chosen for that
AIM = 0.1
#: how many changes of a probability weigh as much as one of log(1 + λ)
CROWD = 4.0
SHORTEST = 1e-12
#: largest predicted change of a probability in a step, and of log(1 + λ)
STRIDE, LEAP = 0.35, 1.2
#: a step after which the tangent has turned by more than this (1 / cosine) was too long
SHARPEST, TINY = 2.0, 1e-6
#: d log σ / d log λ of an action: above the first it is played, below the second it is not
PLAYED, DROPPED = -0.35, -1.0
#: a polished equilibrium further than this from the branch is not its limit
NEAR = 0.25


@dataclass(eq=False)
class End:
    """Where a branch led: the equilibrium's mixed actions (n, K, M), None if nowhere."""

    mixed: Floats | None
    strength: float
    steps: int
    evaluations: int


@dataclass(eq=False)
class Spot:
    """A point of the branch with the derivative J = dF/dz and the change of z with λ."""

    z: Floats
    strength: float
    point: Point
    lift: Floats
    left: Floats
    jacobian: Floats


class Branch:
    """The system F(z, λ) = z − z⁰ − λ ΔQ(σ(z)) of a component.

    z lists the log odds of the real actions beyond the first, by player, state and action;
    ``start`` is z⁰, zeros when left out.
    """

    def __init__(self, field: Field, start: Floats | None = None) -> None:
        self.field = field
        self.real = field.real[:, :, 1:].reshape(-1)
        self.size = int(self.real.sum())
        self.full = self.size == len(self.real)
        self.start = np.zeros(self.size) if start is None else start
        self.evaluations = 0

    def spread(self, z: Floats) -> Floats:
        """(n, K, M − 1) from the list of real entries."""
        if self.full:
            wide = z
        else:
            wide = np.zeros(len(self.real))
            wide[self.real] = z
        return wide.reshape(self.field.players, self.field.states, -1)

    def listed(self, wide: Floats) -> Floats:
        """The inverse of ``spread``."""
        flat = wide.reshape(-1)
        return flat if self.full else flat[self.real]

    def mixed(self, z: Floats) -> Floats:
        """σ (n, K, M) at log odds z (N,)."""
        odds = np.zeros(self.field.real.shape)
        odds[..., 1:] = self.spread(z)
        if not self.full:
            odds[~self.field.real] = -np.inf
        odds -= odds.max(axis=2, keepdims=True)
        np.exp(odds, out=odds)
        odds /= odds.sum(axis=2, keepdims=True)
        return odds

    def at(self, z: Floats, strength: float) -> Spot:
        """F, its derivative, and ΔQ at a point."""
        self.evaluations += 1
        point = self.field.at(self.mixed(z))
        lift = self.listed(point.action_value[..., 1:] - point.action_value[..., :1])
        jacobian = self._derivative(point)
        jacobian *= -strength
        jacobian[np.arange(self.size), np.arange(self.size)] += 1.0
        return Spot(z, strength, point, lift, z - self.start - strength * lift, jacobian)

    def _derivative(self, point: Point) -> Floats:
        """dΔQ/dz (N, N)."""
        field = self.field
        n, size, wide = field.players, field.states, field.most - 1
        turn = point.move[:, :, 1:] - point.move[:, :, :1]
        spread = field.propagate(point, turn.reshape(n, size * wide, size))
        pairs, mean = field.means(point)
        sigma = point.mixed[:, :, 1:]
        push = sigma * (mean[..., 1:] - point.value[:, None, :, None])
        out = spread[:, :, None, :, None] * push[:, None]
        change = pairs[..., 1:, :] - pairs[..., :1, :]
        middle = change @ point.mixed[None, :, :, :, None]
        local = sigma[None, :, :, None, :] * (change[..., 1:] - middle)
        here = np.arange(size)
        out.reshape(n, size, wide, n, size, wide)[:, here, :, :, here] += np.moveaxis(
            local, (2, 0, 3, 1), (0, 1, 2, 3))
        out = out.reshape(n * size * wide, -1)
        return out if self.full else out[np.ix_(self.real, self.real)]


def follow(branch: Branch, tie: float, stop: Callable[[], None] | None = None) -> End:
    """Follow a branch from λ = 0 to an equilibrium.

    Args:
        tie: gains up to this (relative to the payoff range) count as none.
        stop: called at every step; may raise to end the work.
    """
    spot = branch.at(branch.start.copy(), 0.0)
    tangent = np.append(spot.lift, 1.0)
    stride, next_try = 0.5, 1.0
    steps = failed = 0
    before = spot, tangent
    while steps < MOST_STEPS and spot.strength < STRONGEST:
        if stop is not None:
            stop()
        steps += 1
        border, change = _metric(branch, spot, tangent)
        speed = float(np.sqrt(border @ tangent))
        tangent, border, change = tangent / speed, border / speed, change / speed
        step = min(stride, STRIDE / max(change, 1e-12),
                   LEAP * (1.0 + spot.strength) / max(abs(float(tangent[-1])), 1e-12))
        after, ahead, missed = _correct(branch, spot, tangent, border, step)
        wish = float(np.sqrt(AIM / max(missed, 1e-12)))
        if after is None:
            stride = step * min(0.5, max(0.1, 0.7 * wish))
            failed += 1
            if stride < SHORTEST:
                break
            if failed == 2:  # the point may be too rough to go on from
                finer, ahead, _ = _correct(branch, spot, tangent, border, 0.0)
                spot, tangent = (finer, ahead) if finer is not None else before
            continue
        before, failed = (spot, tangent), 0
        spot, tangent = after, ahead
        stride = step * min(2.5, max(0.4, wish))
        if spot.strength > next_try and tangent[-1] > 0:
            support = _supports(branch, spot, tangent)
            if support is not None:
                mixed = polish(branch.field, spot.point.mixed, support, tie)
                branch.evaluations += 1
                if mixed is not None and np.abs(mixed - spot.point.mixed).max() < NEAR:
                    return End(mixed, spot.strength, steps, branch.evaluations)
                next_try = 1.5 * spot.strength
    return End(None, spot.strength, steps, branch.evaluations)


def _softened(branch: Branch, mixed: Floats, dz: Floats) -> tuple[Floats, float]:
    """dσ (n, K, M) for a change of the log odds, and the largest of them."""
    change = np.zeros(mixed.shape)
    change[..., 1:] = branch.spread(dz)
    change -= (mixed * change).sum(axis=2, keepdims=True)
    change *= mixed
    return change, float(np.abs(change).max(initial=0.0))


def _metric(branch: Branch, spot: Spot, tangent: Floats) -> tuple[Floats, float]:
    """The gradient of half the squared speed along a tangent, and the largest dσ.

    Speed counts the changes of the probabilities and of log(1 + λ), squared.
    """
    p = spot.point.mixed
    change, most = _softened(branch, p, tangent[:-1])
    gradient = np.empty_like(tangent)
    gradient[:-1] = branch.listed((p * (change - (p * change).sum(axis=2, keepdims=True)))[..., 1:])
    gradient[:-1] /= CROWD
    gradient[-1] = tangent[-1] / (1.0 + spot.strength) ** 2
    return gradient, most


def _correct(branch: Branch, spot: Spot, tangent: Floats, border: Floats, step: float,
             ) -> tuple[Spot | None, Floats, float]:
    """Newton's method from the predicted point.

    Along a branch the determinant of the bordered derivative keeps its sign, so a point where it
    is negative lies on another branch, or on this one in the other direction.

    Returns:
        the new point (None where it does not converge well), its tangent, and by how much the
        prediction missed it.
    """
    n = branch.size
    z = spot.z + step * tangent[:-1]
    strength = spot.strength + step * float(tangent[-1])
    before = missed = np.inf
    if strength < 0:
        return None, tangent, missed
    matrix = np.empty((n + 1, n + 1), order="F")
    for turn in range(1, 7):
        now = branch.at(z, strength)
        matrix[:n, :n], matrix[:n, n], matrix[n] = now.jacobian, -now.lift, border
        right = np.zeros((n + 1, 2), order="F")
        right[:n, 0], right[n, 1] = -now.left, 1.0
        right[n, 0] = -(border[:n] @ (z - spot.z) + border[n] * (strength - spot.strength) - step)
        solved, positive = solve_signed(matrix, right)
        if solved is None or not positive:
            return None, tangent, missed
        move, ahead = solved[:, 0], solved[:, 1]
        z, strength = z + move[:n], strength + float(move[n])
        size = max(_softened(branch, now.point.mixed, move[:n])[1],
                   abs(float(move[n])) / (1.0 + abs(strength)))
        missed = size if turn == 1 else missed
        if not np.isfinite(size) or size > FARTHEST or size > 0.6 * before or strength < 0:
            return None, tangent, missed
        if size < (min(LOOSE, 0.1 * step) if step else TIGHT):
            bend = float(np.sqrt(_metric(branch, now, ahead)[0] @ ahead))
            if bend > SHARPEST and step > TINY:
                return None, tangent, missed
            now.z, now.strength = z, strength
            return now, ahead, missed
        before = size
    return None, tangent, missed


def _supports(branch: Branch, spot: Spot, tangent: Floats) -> Bools | None:
    """Which actions the limit plays, as a mask (n, K, M); None while the branch has not told."""
    p = spot.point.mixed
    log = np.zeros(p.shape)
    log[..., 1:] = branch.spread(tangent[:-1] / tangent[-1] * spot.strength)
    slope = log - (log * p).sum(axis=2, keepdims=True)
    slope[~branch.field.real] = -np.inf
    if ((slope < PLAYED) & (slope > DROPPED)).any():
        return None
    played: Bools = slope >= PLAYED
    return played
