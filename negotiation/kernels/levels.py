"""Max–min programs solved one level at a time: the lexicographic half of bargaining.

A *row* i is a concave quadratic G_i(x) = base_i + Σ_j (value_ji x_j − ½ curvature_ji x_j²). A level
raises the least G_i / climb_i over the rows still open. Strong duality then says what the optimum
has settled for good: a row whose multiplier is positive keeps its value (it is *held*), an issue on
which a held row is curved, or which lies on a bound with a positive multiplier, keeps its place (it
is no longer *free*). On what is free every held row is linear, so holding it is a linear equality,
and the next level is again a max–min program (Behringer 1977, "Lexicographic quasiconcave
multiobjective programming", Z. Oper. Res. 21). The interior point method ends in the relative
interior of the optimal face, so that nothing is held without need.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from .interior import Bools, Floats, Ints, Point, Program, begin, maximise

#: the sign of a level smaller than this share of its rows' ranges counts as zero
ZERO = 1e-12
#: and where it is known to be zero, up to the error of a base that was computed
FORCED = 1e-8
#: an issue this close to a bound in the interior of the optimal face cannot move
EDGE = 1e-7


@dataclass(eq=False)
class Face:
    """P optimal faces on the way down, with m rows each.

    base, held, idle (P, m); value, curvature (P, J, m); x, free (P, J); error (P,) the largest
    residual met so far. A held row keeps its value, an idle one is ignored, all others stay ≥ 0.
    """

    base: Floats
    value: Floats
    curvature: Floats
    x: Floats
    free: Bools
    held: Bools
    idle: Bools
    error: Floats

    def take(self, rows: Ints | Bools) -> Face:
        return Face(*(getattr(self, f.name)[rows] for f in fields(self)))

    def put(self, rows: Ints, other: Face) -> None:
        for f in fields(self):
            getattr(self, f.name)[rows] = getattr(other, f.name)

    def gains(self) -> Floats:
        x = self.x[..., None]
        gain: Floats = self.base + (x * (self.value - 0.5 * self.curvature * x)).sum(axis=1)
        return gain

    def projector(self) -> Floats | None:
        """(P, J, J) onto the moves of free issues that keep every held row; None: all of them."""
        normal = np.where(self.free[..., None] & self.held[:, None], self.value, 0.0)
        if not normal.any():
            return None
        length = np.sqrt((normal**2).sum(axis=1, keepdims=True))
        normal = normal / np.where(length > 0.0, length, 1.0)
        u, size, _ = np.linalg.svd(normal, full_matrices=False)
        u = u * (size > 1e-9)[:, None]
        projector: Floats = np.eye(u.shape[1]) - u @ u.swapaxes(1, 2)
        return projector


def face(base: Floats, value: Floats, curvature: Floats, member: Bools) -> Face:
    """The whole box, nothing settled. Issues that no member feels are put at 0 for good."""
    felt = (((value != 0.0) | (curvature != 0.0)) & member[:, None]).any(axis=2)
    return Face(base.copy(), np.where(member[:, None], value, 0.0),
                np.where(member[:, None], curvature, 0.0), np.where(felt, 0.5, 0.0), felt,
                np.zeros_like(member), ~member, np.zeros(len(base)))


@dataclass(eq=False)
class Scaled:
    """A face as a program whose rows have range 1: t = origin + unit · the program's level."""

    program: Program
    origin: Floats
    unit: Floats


def scaled(at: Face, climb: Floats, goal: Floats) -> Scaled:
    """Free issues only, each row in its own range; ``climb`` and ``goal`` are 0 where not open."""
    gain, free = at.gains(), at.free[..., None]
    value = np.where(free, at.value, 0.0)
    curvature = np.where(free, at.curvature, 0.0)
    x = np.where(at.free, at.x, 0.0)[..., None]
    base = gain - (x * (value - 0.5 * curvature * x)).sum(axis=1)
    span = (np.abs(value) + 0.5 * curvature).sum(axis=1)
    climbs = climb > 0.0
    per = np.where(climbs, climb, 1.0)
    unit = np.where(climbs & (span > 0.0), span / per, np.inf).min(axis=1)
    unit = np.where(np.isfinite(unit), unit, 1.0)
    origin = np.where(climbs, gain / per, np.inf).min(axis=1)
    origin = np.where(np.isfinite(origin), origin, 0.0)
    still = np.where(climbs, climb * unit[:, None], np.where(base != 0.0, np.abs(base), 1.0))
    size = np.where(span > 0.0, span, still)
    constraint = ~(at.held | at.idle)
    rise = np.where(constraint, climb * unit[:, None] / size, 0.0)
    base = (base - climb * origin[:, None]) / size
    if climbs.any():
        most = np.where(rise > 0.0, (base + 1.0) / np.where(rise > 0.0, rise, 1.0), np.inf)
        most = np.where(np.isfinite(top := most.min(axis=1)), top, 0.0)
        base = np.where(goal > 0.0, base, np.minimum(base, 3.0 + rise * np.abs(most)[:, None]))
    size = np.where(constraint, size, 1.0)
    program = Program(
        np.where(constraint, base, 1.0), np.where(constraint[:, None], value / size[:, None], 0.0),
        np.where(constraint[:, None], curvature / size[:, None], 0.0), rise,
        np.where(constraint, goal, 0.0), at.projector())
    return Scaled(program, origin, unit)


def _start(at: Face, program: Program) -> Floats:
    if program.hold is None:
        return np.where(at.free, 0.02 + 0.96 * at.x, 0.5)
    return np.where(at.free, np.clip(at.x, 1e-9, 1.0 - 1e-9), 0.5)


def solve(at: Face, climb: Floats, goal: Floats, level: bool, patience: int = 15,
          ) -> tuple[Face, Point, Floats, Floats]:
    """One program on a face: the face with x (bounds snapped), the point, the level t (P,), and
    each climbing row's share in it (P, m), which is how t changes with that row over its climb."""
    task = scaled(at, climb, goal)
    start = begin(task.program, _start(at, task.program), level)
    point = maximise(task.program, start, level, patience)
    low, high = point.low > point.x, point.high > point.room
    x = np.where(low, 0.0, np.where(high, 1.0, np.clip(point.x, 0.0, 1.0)))
    here = at.take(np.arange(len(at.x)))
    here.x = np.where(at.free, x, at.x)
    here.error = np.maximum(at.error, point.error)
    return here, point, task.origin + task.unit * point.t, task.program.climb * point.theta


def settle(at: Face, point: Point, climb: Floats | None) -> Face:
    """Hold the rows with multipliers, pin the issues that they or the bounds fix."""
    bound = ~(at.held | at.idle) & (point.theta > point.slack)
    if climb is not None:
        share = np.where(at.held | at.idle, 0.0, climb * point.theta)
        bound |= (share > 0.0) & (share >= share.max(axis=1, keepdims=True))
    out = at.take(np.arange(len(at.x)))
    out.held = at.held | bound
    bent = ((at.curvature > 0.0) & bound[:, None]).any(axis=2)
    edge = (np.minimum(point.x, point.room) < EDGE)
    out.free = at.free & ~bent & ~edge
    return out


def leximin(at: Face, climb: Floats, group: Ints) -> Face:
    """Raise the least G_i / climb_i, then the next, … until every row with climb > 0 is settled.

    ``group`` (m,) tells which rows are one actor's: holding one of them settles the others.
    """
    done = at.take(np.arange(len(at.x)))
    for _ in range(int((climb > 0.0).sum(axis=1).max(initial=0))):
        open_ = (climb > 0.0) & ~done.held & ~done.idle
        rows = np.flatnonzero(open_.any(axis=1))
        if not len(rows):
            break
        part, pull = done.take(rows), np.where(open_, climb, 0.0)[rows]
        part, point, *_ = solve(part, pull, np.zeros_like(pull), level=True)
        part = settle(part, point, pull)
        for number in np.unique(group):
            mine = group == number
            settled = (part.held & mine).any(axis=1)
            part.idle |= settled[:, None] & mine & ~part.held & (pull > 0.0)
        done.put(rows, part)
    return done


def set_aside(at: Face, forced: Bools) -> tuple[Face, Floats]:
    """Hold the rows whose gain is 0 at every feasible point (σ = 0), by repeated max–min.

    Where ``forced`` (P,), σ is known to be 0 up to the error of its own computation. Returns the
    face, with x where all other rows are positive, and the last level (P,) in units of
    the rows' ranges: 0 where every row is held.
    """
    done = at.take(np.arange(len(at.x)))
    last = np.zeros(len(at.x))
    left = np.arange(len(at.x))
    for stage in range(at.base.shape[1]):
        part = done.take(left)
        climb = np.where(part.held | part.idle, 0.0, _spans(part))
        open_: Bools = np.asarray((climb > 0.0).any(axis=1))
        left, part, climb = left[open_], part.take(open_), climb[open_]
        if not len(left):
            break
        part, point, level, _ = solve(part, climb, np.zeros_like(climb), level=True)
        zero = level <= np.where(forced[left] & (stage == 0), FORCED, ZERO)
        last[left] = np.where(zero, 0.0, level)
        part.put(np.flatnonzero(zero), settle(part.take(zero), point.take(zero), climb[zero]))
        done.put(left, part)
        left = left[zero]
    return done, last


def _spans(at: Face) -> Floats:
    """(P, m) how far each row can move over the box, or its size where it cannot."""
    span = (np.abs(at.value) + 0.5 * at.curvature).sum(axis=1)
    return np.where(span > 0.0, span, np.where(at.base != 0.0, np.abs(at.base), 1.0))


def least_norm(at: Face) -> Face:
    """The point of least norm that keeps every held row and stays feasible for the others."""
    done = at.take(np.arange(len(at.x)))
    rows = np.flatnonzero(at.free.any(axis=1))
    if not len(rows):
        return done
    part = done.take(rows)
    count, issues = part.x.shape
    zero, no = np.zeros((count, 1)), np.zeros((count, 1), dtype=bool)
    wide = Face(
        np.concatenate([part.base, zero], axis=1),
        np.concatenate([part.value, np.zeros((count, issues, 1))], axis=2),
        np.concatenate([part.curvature, np.ones((count, issues, 1))], axis=2), part.x, part.free,
        np.concatenate([part.held, no], axis=1), np.concatenate([part.idle, no], axis=1),
        part.error)
    climb = np.zeros_like(wide.base)
    climb[:, -1] = 1.0
    solved, *_ = solve(wide, climb, np.zeros_like(climb), level=True)
    part.x, part.error = _snap(part, solved.x), solved.error
    done.put(rows, part)
    return done


def _snap(at: Face, x: Floats) -> Floats:
    """x with what is next to 0 put there, and the held rows' gains made up for by the rest.

    An issue of least norm often ends at 0 with no multiplier to hold it there, which leaves the
    interior point method half of its digits.
    """
    near = at.free & (x < 1e-6)
    rest = at.free & ~near
    snapped = np.where(near, 0.0, x)
    normal = np.where(at.held[:, None], at.value, 0.0)
    length = np.sqrt((np.where(at.free[..., None], normal, 0.0) ** 2).sum(axis=1, keepdims=True))
    normal = normal / np.where(length > 0.0, length, 1.0)
    lost = ((at.x - snapped)[..., None] * np.where(at.free[..., None], normal, 0.0)).sum(axis=1)
    inner = np.where(rest[..., None], normal, 0.0).swapaxes(1, 2)
    made_up = snapped + (np.linalg.pinv(inner, rcond=1e-9) @ lost[..., None])[..., 0]
    left = lost - (inner @ (made_up - snapped)[..., None])[..., 0]
    here = at.take(np.arange(len(x)))
    here.x = made_up
    size = _spans(at)
    fine = (np.abs(left) < 1e-14).all(axis=1) & (made_up >= 0.0).all(axis=1)
    fine &= (made_up <= 1.0).all(axis=1)
    fine &= (at.held | at.idle | (here.gains() > -1e-14 * size)).all(axis=1)
    return np.where(fine[:, None], made_up, x)
