"""Forced terms near terms that are known: Newton on their conditions, and what they respond to.

Shapes as in ``forced``. Where actors have to be lifted, the terms are the lexicographic optimum of
``forced``, level by level: raise t subject to G_i ≥ c_i t for the forced (c their units) and
G_i ≥ 0 for those who are asked. With the rows A that bind and the issues F that are free, a level's
conditions are

    Σ_A θ_i u_ji = 0 (j in F),    G_i = c_i t (i in A),    Σ c_i θ_i = 1,

u = v − c x. They are sufficient where every multiplier has its sign (the program is concave). Where
their matrix is regular they settle every issue that a binding row feels; the next level is about
the others. Rows where any of this is in doubt are left to ``forced``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import bargain
from .interior import Bools, Floats

#: a gain that is this close to what binds it (in stakes) is taken to bind at known terms
BINDS = 1e-7
#: and at terms that are near the known ones only
NEAR = 1e-3
#: what a multiplier, a slack or a level has to be away from 0 to be taken at its sign
CLEAR = 1e-9
#: relative size of the conditions' residual at which terms count as converged
CONVERGED = 1e-14
#: the condition number from which the optimum is no longer taken to be the only one
REGULAR = 1e9
STEPS = 8


@dataclass(eq=False)
class Level:
    """P programs in units of stakes, about the issues that are ``open`` (P, J): what binds are
    rows (P, n), what can move are the free issues (P, J). ``watched`` (P, n) rows feel an open
    issue and are no ``twins`` of a row that binds before them.
    """

    base: Floats
    value: Floats
    curvature: Floats
    climb: Floats
    open: Bools
    watched: Bools
    rows: Bools
    free: Bools

    def gains(self, x: Floats) -> Floats:
        return bargain.gains(self.base, self.value, self.curvature, x)

    def least(self, gain: Floats) -> Floats:
        """(P,) the least gain per unit of those who are to be raised; 0 where nobody is."""
        climbs = (self.climb > 0.0) & self.watched
        level: Floats = np.where(climbs, gain / np.where(climbs, self.climb, 1.0), np.inf
                                 ).min(axis=1)
        return np.where(np.isfinite(level), level, 0.0)

    def bind(self, felt: Bools, known: Floats, gain: Floats, near: float) -> None:
        """Read off the gains at known terms what binds."""
        self.watched = np.asarray((felt & self.open[..., None]).any(axis=1))
        self.free = self.open & (known > 0.0) & (known < 1.0)
        self.rows = self.watched & (gain - self.climb * self.least(gain)[:, None] < near)
        if not (self.rows.sum(axis=1) > 1).any():
            return
        # of rows that differ in their base only the lowest binds
        kind = np.concatenate([self.value, self.curvature, self.climb[:, None]], axis=1)
        alike = (np.abs(kind[..., None] - kind[:, :, None]) < 1e-14).all(axis=1)
        base, at = self.base, np.arange(self.base.shape[1])
        lower = (base[:, None] < base[..., None]) | (base[:, None] == base[..., None]) & (
            at[:, None] > at)
        twins = (alike & lower & self.rows[:, None]).any(axis=2) & self.rows
        self.rows, self.watched = self.rows & ~twins, self.watched & ~twins


def terms(base: Floats, value: Floats, curvature: Floats, member: Bools, forced: Bools,
          known: Floats, known_base: Floats | None = None) -> tuple[Floats, Bools, Floats]:
    """The terms x (P, J), whether they are proved (P,), and their derivative in base (P, J, n).

    Args:
        known, known_base: (P, J) terms that are right at other gains before terms, (P, n); without
            these, terms that are about right.
    """
    size, issues, n = value.shape
    stake = (np.abs(value) + 0.5 * curvature).sum(axis=1)
    moves = stake > 0.0
    # whom no terms touch must not bind
    ok = ~(member & ~moves & (base <= 0.0)).any(axis=1)
    climb = np.where(forced & moves, stake, 0.0)
    least = np.where(climb > 0.0, climb, np.inf).min(axis=1, keepdims=True)
    stake = np.where(moves, stake, 1.0)
    per = stake[:, None, :]
    felt = ((value != 0.0) | (curvature != 0.0)) & (member | forced)[:, None]
    level = Level(base / stake, value / per, curvature / per,
                  climb / np.where(np.isfinite(least), least, 1.0) / stake, felt.any(axis=2),
                  moves, moves, np.zeros((size, issues), dtype=bool))
    gain = bargain.gains(base if known_base is None else known_base, value, curvature, known
                         ) / stake
    x, slope = known.copy(), np.zeros((size, issues, n))
    for _ in range(issues):
        if not (ok & level.open.any(axis=1)).any():
            break
        left = level.open.any(axis=1)
        level.bind(felt, known, gain, BINDS if known_base is not None else NEAR)
        found, good, inverse = _newton(level, x)
        ok &= good | ~left
        settled = level.open & (felt & level.rows[:, None]).any(axis=2)
        x = np.where(settled, found, x)
        # an issue moves with the rows that bind, and these with the issues settled before
        marginal = np.where(level.open[..., None], 0.0,
                            level.value - level.curvature * x[..., None])
        moved = np.einsum("kji,kjl->kil", marginal, slope) + np.eye(n) / per
        respond = -inverse[:, :issues, issues + 1:] * level.rows[:, None]
        slope = np.where(settled[..., None], respond @ moved, slope)
        level.open = level.open & ~settled
    return x, ok & ~level.open.any(axis=1), slope


def _newton(at: Level, x: Floats) -> tuple[Floats, Bools, Floats]:
    x = x.copy()
    size, n = len(x), at.climb.shape[1]
    t, theta = at.least(at.gains(x)), np.zeros((size, n))
    ok, inverse = np.zeros(size, dtype=bool), np.zeros((size, 0, 0))
    for step in range(STEPS):
        slope = at.value - at.curvature * x[..., None]
        if step == 0:
            theta = _multipliers(at, slope)
        rest = _residual(at, slope, x, t, theta)
        inverse, regular = _inverse(_matrix(at, slope, theta))
        ok = regular & (np.abs(rest).max(axis=1) < CONVERGED * (1.0 + np.abs(theta).max(axis=1)
                                                               + np.abs(at.base).max(axis=1)))
        if (ok | ~regular).all():
            break
        move = -(inverse @ rest[..., None])[..., 0]
        move = np.where((ok | ~regular)[:, None], 0.0, move)
        x = x + np.where(at.free, move[:, :x.shape[1]], 0.0)
        t, theta = t + move[:, x.shape[1]], theta + move[:, x.shape[1] + 1:]
    return x, ok & _optimal(at, x, t, theta), inverse


def _multipliers(at: Level, slope: Floats) -> Floats:
    """(P, n) the multipliers that fit the free issues and the level best."""
    fit = np.concatenate([np.where(at.free[..., None], slope, 0.0), at.climb[:, None]], axis=1)
    fit = np.where(at.rows[:, None], fit, 0.0)
    goal = np.zeros((*fit.shape[:2], 1))
    goal[:, -1] = 1.0
    answer: Floats = (np.linalg.pinv(fit, rcond=1e-10) @ goal)[..., 0]
    return answer


def _matrix(at: Level, slope: Floats, theta: Floats) -> Floats:
    """The derivative of the conditions in (x, t, θ); what no binding row feels, or does not bind,
    stays."""
    size, issues, n = slope.shape
    out = np.zeros((size, issues + 1 + n, issues + 1 + n))
    every, tail = np.arange(issues), issues + 1 + np.arange(n)
    both = at.free[..., None] & at.rows[:, None]
    felt = (both & ((at.value != 0.0) | (at.curvature != 0.0))).any(axis=2)
    bend = (at.curvature * theta[:, None]).sum(axis=2)
    out[:, every, every] = np.where(felt, -bend, 1.0)
    inner = np.where(both, slope, 0.0)
    out[:, :issues, issues + 1:] = inner
    out[:, issues + 1:, :issues] = inner.swapaxes(1, 2)
    climb = np.where(at.rows, at.climb, 0.0)
    out[:, issues, issues + 1:] = climb
    out[:, issues + 1:, issues] = -climb
    out[:, tail, tail] = np.where(at.rows, 0.0, 1.0)
    return out


def _residual(at: Level, slope: Floats, x: Floats, t: Floats, theta: Floats) -> Floats:
    theta = np.where(at.rows, theta, 0.0)
    pull = np.where(at.free, (slope * theta[:, None]).sum(axis=2), 0.0)
    level = (at.climb * theta).sum(axis=1, keepdims=True) - 1.0
    gain = np.where(at.rows, at.gains(x) - at.climb * t[:, None], 0.0)
    return np.concatenate([pull, level, gain], axis=1)


def _inverse(matrix: Floats) -> tuple[Floats, Bools]:
    try:
        inverse = np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        poor = np.linalg.matrix_rank(matrix) < matrix.shape[1]
        inverse = np.linalg.pinv(matrix)
        inverse[poor] = np.inf
    norm = np.abs(matrix).sum(axis=2).max(axis=1) * np.abs(inverse).sum(axis=2).max(axis=1)
    regular = np.asarray(norm < REGULAR)
    return np.where(regular[:, None, None], inverse, 0.0), regular


def _optimal(at: Level, x: Floats, t: Floats, theta: Floats) -> Bools:
    """Whether every sign is clear: multipliers, slacks, the box, and a level below 0."""
    slope = at.value - at.curvature * x[..., None]
    theta = np.where(at.rows, theta, 0.0)
    felt = (((at.value != 0.0) | (at.curvature != 0.0)) & at.rows[:, None]).any(axis=2)
    pull = (slope * theta[:, None]).sum(axis=2)
    out = np.where(x > 0.5, pull, -pull) > CLEAR
    inside = (x > CLEAR) & (x < 1.0 - CLEAR)
    good = (np.where(at.free, inside, out) | ~felt | ~at.open).all(axis=1)
    slack = at.gains(x) - at.climb * t[:, None]
    good &= ((slack > CLEAR) | at.rows | ~at.watched).all(axis=1)
    good &= ((theta > CLEAR) | ~at.rows).all(axis=1) & (t < -CLEAR)
    return np.asarray(good)
