"""A batched primal–dual interior point method for concave programs on a box.

Each of P rows of a batch is a program in x ∈ [0, 1]^J and, where ``climb`` is given, a level t:

    maximise  t + Σ_i goal_i log s_i
    subject to  s_i = base_i + Σ_j (value_ji x_j − ½ curvature_ji x_j²) − climb_i t  ≥  0,
                ``hold`` x = const  (optional linear equalities, kept by projection).

A constraint with goal_i = 0 is an ordinary inequality. A row of the batch that has converged is
frozen, and the rest go on in smaller arrays.

The steps are Mehrotra's (1992, "On the implementation of a primal-dual interior point method",
SIAM J. Optim. 2), with curvature taken into the Newton matrix; constraint i's multiplier θ_i obeys
θ_i s_i = goal_i (or → 0), so gains near zero do no harm. All quantities are meant to be scaled by
the caller so that each constraint's range is about 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_STEPS = 60
#: a row stops when its residuals and mean complementarity are below this
GOOD = 2e-15
#: or when it is below this and no longer falls
FAIR = 1e-9
#: a multiplier per unit of slack above this asks for the augmented system
STIFF = 1e5
#: what must stay positive stays above this
TINY = 1e-40


@dataclass(eq=False)
class Program:
    """P programs with m constraints each; the shapes are base (P, m), value and curvature
    (P, J, m), climb and goal (P, m), hold None or a projector (P, J, J) onto what may move.
    """

    base: Floats
    value: Floats
    curvature: Floats
    climb: Floats
    goal: Floats
    hold: Floats | None = None

    def take(self, rows: Ints | Bools) -> Program:
        hold = None if self.hold is None else self.hold[rows]
        return Program(self.base[rows], self.value[rows], self.curvature[rows], self.climb[rows],
                       self.goal[rows], hold)


@dataclass(eq=False)
class Point:
    """Primal and dual variables: x, room = 1 − x, low, high (P, J); t (P,); slack, theta (P, m);
    and the largest scaled residual ``error`` (P,). ``low`` and ``high`` are multipliers of the box.
    """

    x: Floats
    room: Floats
    t: Floats
    slack: Floats
    theta: Floats
    low: Floats
    high: Floats
    error: Floats

    def take(self, rows: Ints | Bools) -> Point:
        return Point(*(getattr(self, f.name)[rows] for f in fields(self)))

    def put(self, rows: Ints, other: Point) -> None:
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(other, f.name)


def begin(program: Program, x: Floats, level: bool) -> Point:
    """A start at x (strictly inside the box), centred as well as its slacks allow."""
    gain = _gain(program, x)
    if level:
        climbs = program.climb > 0.0
        most = np.where(climbs, gain / np.where(climbs, program.climb, 1.0), np.inf).min(axis=1)
        t = most - 0.5
        slack = np.maximum(gain - program.climb * t[:, None], 0.1)
        mu = 1.0 / (program.climb / slack).sum(axis=1, keepdims=True)
        theta = mu / slack
    else:
        t = np.zeros(len(x))
        slack = np.maximum(gain, 1e-3)
        mu = np.maximum(program.goal.mean(axis=1, keepdims=True), 1e-300)
        theta = np.where(program.goal > 0.0, program.goal, mu) / slack
    room = 1.0 - x
    return Point(x.copy(), room, t, slack, theta, mu / x, mu / room, np.full(len(x), np.inf))


def maximise(program: Program, start: Point, level: bool, patience: int = 15,
             aim: Floats | None = None) -> Point:
    """Follow the central path from ``start``; returns each row's best point.

    ``level`` says whether t is a variable. A row that did not converge shows in ``error``; it is
    given up after ``patience`` steps without progress. With ``aim`` (P,) a row also stops, at the
    point met last, once its best level is known to lie above or below its aim.
    """
    best = start
    rows = np.arange(len(start.x))
    here = start.take(rows)
    stale = np.zeros(len(rows), dtype=np.int64)
    for _ in range(MAX_STEPS):
        system = _System(program, here, level)
        better = system.error < 0.9 * best.error[rows]
        here.error = system.error
        best.put(rows[better], here.take(better))
        stale = np.where(better, 0, stale + 1)
        going = (system.error > GOOD) & (stale < np.where(best.error[rows] < FAIR, 4, patience))
        if aim is not None:
            low, high = level_bounds(program, here)
            known = (low > aim[rows]) | (high < aim[rows])
            best.put(rows[known], here.take(known))
            going &= ~known
        if not going.all():
            if not going.any():
                break
            program, here = program.take(going), here.take(going)
            rows, stale = rows[going], stale[going]
            system = _System(program, here, level)
        here = system.advance()
    return best


def level_bounds(program: Program, at: Point) -> tuple[Floats, Floats]:
    """(P,) bounds of the best level t: what x attains, and what the multipliers allow (duality)."""
    climbs = program.climb > 0.0
    here = np.where(climbs, _gain(program, at.x) / np.where(climbs, program.climb, 1.0), np.inf)
    theta = np.where(climbs, at.theta, 0.0)
    value = (program.value * theta[:, None]).sum(axis=2)
    curvature = (program.curvature * theta[:, None]).sum(axis=2)
    bent = curvature > 0.0
    x = np.where(bent, np.clip(value / np.where(bent, curvature, 1.0), 0.0, 1.0), value > 0.0)
    most = (theta * program.base).sum(axis=1) + (value * x - 0.5 * curvature * x * x).sum(axis=1)
    return here.min(axis=1), most / (program.climb * theta).sum(axis=1)


class _System:
    """Newton's equations at a point, reduced to the issues (and t, which is one issue more)."""

    def __init__(self, program: Program, at: Point, level: bool) -> None:
        self.program, self.at, self.level = program, at, level
        x = at.x
        self.room = at.room
        slope = program.value - program.curvature * x[..., None]
        self.missing = _gain(program, x) - program.climb * at.t[:, None] - at.slack
        self.pull = (slope * at.theta[:, None]).sum(axis=2) + at.low - at.high
        self.plain = program.goal == 0.0
        product = at.theta * at.slack
        box = at.low * x + at.high * self.room
        self.mu = (((product * self.plain).sum(axis=1) + box.sum(axis=1))
                   / (self.plain.sum(axis=1) + 2.0 * x.shape[1]))
        pull = self.pull
        if program.hold is not None:
            pull = (program.hold @ pull[..., None])[..., 0]
        size = 1.0 + (np.abs(slope) * at.theta[:, None]).sum(axis=2)
        lag = np.abs(np.where(self.plain, 0.0, product - program.goal)).max(axis=1)
        self.error = np.maximum(np.abs(self.missing).max(axis=1), self.mu)
        self.error = np.maximum(self.error, np.maximum(lag, (np.abs(pull) / size).max(axis=1)))
        if level:
            self.slope = np.concatenate([slope, -program.climb[:, None]], axis=1)
            short = np.abs(1.0 - (program.climb * at.theta).sum(axis=1))
            self.error = np.maximum(self.error, short)
        else:
            self.slope = slope

    def advance(self) -> Point:
        self._factor()
        at, goal = self.at, self.program.goal
        zero = np.zeros(len(self.mu))
        first = self._direction(goal, zero, None)
        reach = self._reach(first)
        trial = self._complementarity(first, reach)
        for name in ("x", "slack", "theta", "low", "high"):
            setattr(first, name, getattr(first, name) * reach[:, None])
        shrink = np.minimum((trial / np.maximum(self.mu, 1e-300)) ** 3, 1.0)
        mu = np.maximum(shrink * self.mu, 1e-17)
        target = np.where(self.plain, mu[:, None], goal)
        step = self._direction(target, mu, first)
        length = np.minimum(1.0, (1.0 - np.minimum(0.01, self.mu)) * self._reach(step))[:, None]
        x, t = at.x + length * step.x, at.t + length[:, 0] * step.t
        slack, theta = at.slack + length * step.slack, at.theta + length * step.theta
        true = _gain(self.program, x) - self.program.climb * t[:, None]
        slack = np.maximum(np.where(true > 0.5 * slack, true, slack), TINY)
        ratio = np.clip(theta * slack, 0.02 * target, 50.0 * target)
        theta = np.maximum(np.where(self.plain, theta, ratio / slack), TINY)
        return Point(np.maximum(x, TINY), np.maximum(at.room - length * step.x, TINY), t, slack,
                     theta, np.maximum(at.low + length * step.low, TINY),
                     np.maximum(at.high + length * step.high, TINY), at.error)

    def _factor(self) -> None:
        """Normal equations while they are well conditioned, the augmented system near the end."""
        at, size = self.at, self.at.x.shape[1]
        self.weight = at.theta / at.slack
        self.bend = ((self.program.curvature * at.theta[:, None]).sum(axis=2)
                     + at.low / at.x + at.high / self.room)
        self.augmented = bool((self.weight > STIFF).any())
        wide = self.slope.shape[1]
        if self.program.hold is not None:
            self.cover = np.broadcast_to(np.eye(wide), (len(at.x), wide, wide)).copy()
            self.cover[:, :size, :size] = self.program.hold
            self.slope = self.cover @ self.slope
        bend = np.zeros((len(at.x), wide))
        bend[:, :size] = self.bend
        total = wide + (self.weight.shape[1] if self.augmented else 0)
        matrix = np.zeros((len(at.x), total, total))
        every = np.arange(wide)
        matrix[:, every, every] = bend
        if self.program.hold is not None:
            mean = bend.mean(axis=1)[:, None, None] + 1.0
            matrix[:, :wide, :wide] = (self.cover @ matrix[:, :wide, :wide] @ self.cover
                                       + (np.eye(wide) - self.cover) * mean)
        if self.augmented:
            matrix[:, :wide, wide:] = -self.slope
            matrix[:, wide:, :wide] = self.slope.swapaxes(1, 2)
            tail = np.arange(wide, total)
            matrix[:, tail, tail] = at.slack / at.theta
            unit = 1.0 / np.sqrt(1.0 + np.abs(matrix[:, np.arange(total), np.arange(total)]))
        else:
            matrix += (self.slope * self.weight[:, None]) @ self.slope.swapaxes(1, 2)
            matrix[:, every, every] *= 1.0 + 1e-16
            unit = 1.0 / np.sqrt(np.maximum(matrix[:, every, every], 1e-300))
        self.matrix, self.unit = matrix * unit[:, None] * unit[..., None], unit

    def _direction(self, target: Floats, mu: Floats, first: Point | None) -> Point:
        at, x, room = self.at, self.at.x, self.room
        mu_low = mu_high = mu[:, None]
        missing, bent = self.missing, None
        if first is not None:
            curvature, dx = self.program.curvature, first.x[..., None]
            missing = missing - 0.5 * (curvature * dx**2).sum(axis=1)
            bent = (curvature * dx * first.theta[:, None]).sum(axis=2)
            cap = self.mu[:, None]
            limit = np.where(self.plain, cap, 0.0)
            target = target - np.clip(first.theta * first.slack, -limit, limit)
            mu_low = mu_low - np.clip(first.low * first.x, -cap, cap)
            mu_high = mu_high + np.clip(first.high * first.x, -cap, cap)
        size, wide = x.shape[1], self.slope.shape[1]
        inside = target / at.slack - self.weight * missing
        rhs = np.zeros((len(x), self.matrix.shape[1]))
        rhs[:, :wide] = (self.slope * (at.theta if self.augmented else inside)[:, None]).sum(axis=2)
        box = mu_low / x - mu_high / room
        if bent is not None:
            box = box - bent
        if self.program.hold is not None:
            box = (self.program.hold @ box[..., None])[..., 0]
        rhs[:, :size] += box
        if self.level:
            rhs[:, size] += 1.0
        if self.augmented:
            rhs[:, wide:] = target / at.theta - at.slack - missing
        answer = _solve(self.matrix, rhs * self.unit) * self.unit
        move = answer[:, :wide]
        if self.program.hold is not None:
            move = (self.cover @ move[..., None])[..., 0]
        dx = move[:, :size]
        rise = (self.slope * move[..., None]).sum(axis=1)
        theta = answer[:, wide:] if self.augmented else inside - at.theta - self.weight * rise
        return Point(
            x=dx, room=-dx, t=move[:, -1] if self.level else np.zeros(len(x)),
            slack=rise + missing, theta=theta, low=(mu_low - at.low * dx) / x - at.low,
            high=(mu_high + at.high * dx) / room - at.high, error=at.error)

    def _reach(self, step: Point) -> Floats:
        """The longest step, up to 1, that keeps every positive quantity positive."""
        at = self.at
        worst = np.maximum(np.maximum(-step.x / at.x, step.x / self.room),
                           np.maximum(-step.low / at.low, -step.high / at.high)).max(axis=1)
        inner = np.maximum(-step.slack / at.slack, -step.theta / at.theta).max(axis=1)
        reach: Floats = 1.0 / np.maximum(np.maximum(worst, inner), 1.0)
        return reach

    def _complementarity(self, step: Point, length: Floats) -> Floats:
        at, a = self.at, length[:, None]
        rows = (at.theta + a * step.theta) * (at.slack + a * step.slack) * self.plain
        box = ((at.low + a * step.low) * (at.x + a * step.x)
               + (at.high + a * step.high) * (self.room - a * step.x))
        mean: Floats = (rows.sum(axis=1) + box.sum(axis=1)) / (
            self.plain.sum(axis=1) + 2.0 * at.x.shape[1])
        return mean


def _gain(program: Program, x: Floats) -> Floats:
    x = x[..., None]
    gain: Floats = program.base + (x * (program.value - 0.5 * program.curvature * x)).sum(axis=1)
    return gain


def _solve(matrix: Floats, rhs: Floats) -> Floats:
    try:
        answer = np.linalg.solve(matrix, rhs[..., None])[..., 0]
    except np.linalg.LinAlgError:
        try:
            answer = np.asarray((np.linalg.pinv(matrix, rcond=1e-14) @ rhs[..., None])[..., 0])
        except np.linalg.LinAlgError:
            answer = np.zeros_like(rhs)
    return np.where(np.isfinite(answer), answer, 0.0)
