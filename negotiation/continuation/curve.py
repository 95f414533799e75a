"""Follow the solutions of H(x, t) = 0 from one end of t to the other: predictor and corrector.

The curve is parametrised by its arclength s, so that t may turn back: at a **fold** two solutions
meet and dt/ds changes sign. A step goes along the tangent and returns to the curve by Newton's
method on H = 0 together with the arclength condition (Allgower & Georg 2003, *Introduction to
Numerical Continuation Methods*, ch. 2 and 6). H may have kinks: Newton's method then works on the
pieces, and a step that does not converge is halved.

This module knows no games: a system is a function (x, t) → (H, ∂H/∂x, ∂H/∂t) on plain arrays, in
units in which a step of 1 is long.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: (x (k,), t) → H (k,), ∂H/∂x (k, k), ∂H/∂t (k,)
System = Callable[[Floats, float], tuple[Floats, Floats, Floats]]
#: a user's event: (x, t) → a number that is zero there
Watch = Callable[[Floats, float], float]

#: H at which a point counts as on the curve
CLOSE = 1e-11
CORRECTIONS = 8


class End(enum.Enum):
    """How a trace ended; the value reads as a sentence."""

    REACHED = "The branch was followed to the end of the interval."
    LEFT = "The branch turned round and left the interval where it had begun."
    STEPS = "The branch was not followed to its end: it takes more steps than were allowed."
    STUCK = "The branch could not be followed further: no step however short stays on it."

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class SpecialPoint:
    """A labelled point of a branch, after its point number ``after``; x (k,) and t there.

    ``kind`` is "fold" (dt/ds is zero), "branch point" (another branch crosses: the determinant of
    the derivative bordered by the tangent changes sign), or the name of a user's event (its
    function is zero).
    """

    kind: str
    after: int
    x: Floats
    t: float


@dataclass(frozen=True, eq=False)
class Branch:
    """A piece of curve: points x (P, k) at t (P,), dt/ds (P,), special points, and how it ended.

    ``steps`` are the settings it was followed with; ``tangent`` (k + 1,) is that of its last point
    where there was one, so that it can be gone on from.
    """

    x: Floats
    t: Floats
    speed: Floats
    special: tuple[SpecialPoint, ...]
    end: End
    steps: Steps = field(default_factory=lambda: Steps())
    tangent: Floats | None = None

    @property
    def last(self) -> Floats:
        """x at the end of the branch."""
        end: Floats = self.x[-1]
        return end


@dataclass(frozen=True)
class Steps:
    """How long steps may be (in arclength), and how many."""

    first: float = 0.1
    longest: float = 0.5
    shortest: float = 1e-9
    most: int = 2000


def solve_at(system: System, x: Floats, t: float, corrections: int = 30) -> Floats | None:
    """x near a start with H(x, t) = 0 by damped Newton; None where that does not converge."""
    here, slope, _ = system(x, t)
    size = _size(here)
    for _ in range(corrections):
        if size <= CLOSE:
            return x
        step = _solve(slope, -here)
        if step is None:
            return None
        for shrink in (1.0, 0.5, 0.25, 0.1, 0.02):
            trial = x + shrink * step
            new, new_slope, _ = system(trial, t)
            if _size(new) < size:
                x, here, slope, size = trial, new, new_slope, _size(new)
                break
        else:
            return x if size <= 1e3 * CLOSE else None
    return x if size <= CLOSE else None


def trace(system: System, x: Floats, t: float, until: float, steps: Steps = Steps(), *,
          along: Floats | None = None, watch: Mapping[str, Watch] | None = None,
          branching: bool = False, bounds: tuple[float, float] | None = None) -> Branch:
    """Follow the branch through (x, t), a solution, until t reaches ``until``.

    Args:
        along: a direction (k + 1,) to set out in; towards ``until`` when left out.
        watch: events by name; each is located where its function is zero.
        branching: look for branch points too (one more determinant a step).
        bounds: t may lie between these; when left out the branch has to end at ``until``, and may
            not come back behind where it began.
    """
    sign = 1.0 if until >= t else -1.0
    tangent = _tangent(system, x, t, along)
    if along is None and tangent is not None and tangent[-1] * sign < 0:
        tangent = -tangent
    begin = t
    lowest, highest = bounds or (min(begin, until), max(begin, until))
    spy = _Spy(system, watch or {}, branching)
    xs, ts, speeds = [x], [t], [0.0 if tangent is None else float(tangent[-1])]
    special: list[SpecialPoint] = []
    length, end = steps.first, End.STEPS
    for _ in range(steps.most):
        if tangent is None:
            end = End.STUCK
            break
        found = _correct(system, xs[-1], ts[-1], tangent, length)
        turned = None if found is None else _tangent(system, *found[:2], tangent)
        if found is None or turned is None or float(turned @ tangent) < 0.8:
            length *= 0.5
            if length < steps.shortest:
                end = End.STUCK
                break
            continue
        new_x, new_t, effort = found
        edge = highest if new_t >= highest and new_t > ts[-1] else (
            lowest if new_t <= lowest and new_t < ts[-1] else None)
        if edge is not None and (edge == until or bounds is not None):
            final = solve_at(system, _between(xs[-1], ts[-1], new_x, new_t, edge), edge)
            if final is None:
                length *= 0.5
                if length < steps.shortest:
                    end = End.STUCK
                    break
                continue
            xs, ts, speeds = [*xs, final], [*ts, edge], [*speeds, float(turned[-1])]
            end = End.REACHED if edge == until else End.LEFT
            break
        step = _Step(system, xs[-1], ts[-1], tangent, length)
        if turned[-1] * tangent[-1] < 0:
            special.append(step.fold(len(xs) - 1))
        special += spy.within(step, new_x, new_t, turned, len(xs) - 1)
        if bounds is None and (new_t - begin) * sign < -1e-9:
            end = End.LEFT
            break
        xs, ts, speeds = [*xs, new_x], [*ts, new_t], [*speeds, float(turned[-1])]
        tangent = turned
        length = min(steps.longest, length * (1.6 if effort <= 3 else 1.0 if effort <= 5 else 0.6))
    return Branch(np.array(xs), np.array(ts), np.array(speeds), tuple(special), end, steps, tangent)


def go_on(system: System, branch: Branch, until: float, steps: Steps | None = None, *,
          watch: Mapping[str, Watch] | None = None, branching: bool = False) -> Branch:
    """The same branch, followed on from its last point."""
    if branch.tangent is None or branch.end is End.REACHED and branch.t[-1] == until:
        return branch
    more = trace(system, branch.last, float(branch.t[-1]), until, steps or branch.steps,
                 along=branch.tangent, watch=watch, branching=branching,
                 bounds=(min(float(branch.t.min()), until), max(float(branch.t.max()), until)))
    shift = len(branch.t) - 1
    moved = tuple(SpecialPoint(p.kind, p.after + shift, p.x, p.t) for p in more.special)
    return Branch(np.concatenate([branch.x, more.x[1:]]), np.concatenate([branch.t, more.t[1:]]),
                  np.concatenate([branch.speed, more.speed[1:]]), (*branch.special, *moved),
                  more.end, more.steps, more.tangent)


def _between(x: Floats, t: float, new_x: Floats, new_t: float, at: float) -> Floats:
    share = (at - t) / (new_t - t)
    between: Floats = x + share * (new_x - x)
    return between


def _tangent(system: System, x: Floats, t: float, along: Floats | None) -> Floats | None:
    """The unit tangent (k + 1,), on the side of ``along``."""
    _, slope, pace = system(x, t)
    if along is None:
        direction = _solve(slope, -pace)
        if direction is None:
            return None
        tangent = np.append(direction, 1.0)
    else:
        bordered = np.vstack([np.column_stack([slope, pace]), along])
        found = _solve(bordered, np.append(np.zeros(len(x)), 1.0))
        if found is None:
            return None
        tangent = found
    out: Floats = tangent / np.linalg.norm(tangent)
    return out


def _correct(system: System, x: Floats, t: float, tangent: Floats, length: float,
             ) -> tuple[Floats, float, int] | None:
    """The point of the curve a step along the tangent away, and the Newton steps that it took."""
    guess = np.append(x, t) + length * tangent
    base = guess.copy()
    last = np.inf
    for effort in range(CORRECTIONS):
        here, slope, pace = system(guess[:-1], float(guess[-1]))
        size = _size(here)
        if size <= CLOSE:
            return guess[:-1], float(guess[-1]), effort
        if not size < 2.0 * last:
            return None
        last = size
        bordered = np.vstack([np.column_stack([slope, pace]), tangent])
        step = _solve(bordered, -np.append(here, tangent @ (guess - base)))
        if step is None or np.linalg.norm(step) > 2.0 * length:
            return None
        guess = guess + step
    return None


@dataclass(frozen=True, eq=False)
class _Step:
    """One step of a branch, within which points are located by the length that they lie along."""

    system: System
    x: Floats
    t: float
    tangent: Floats
    length: float

    def at(self, length: float) -> tuple[Floats, float] | None:
        """The point a part of the step away."""
        if length == 0.0:
            return self.x, self.t
        found = _correct(self.system, self.x, self.t, self.tangent, length)
        return None if found is None else found[:2]

    def zero(self, function: Callable[[Floats, float], float], kind: str, after: int,
             ) -> SpecialPoint | None:
        """Where a function that changes sign within the step is zero: regula falsi (Illinois),
        safeguarded by bisection."""
        low, high = 0.0, self.length
        end = self.at(high)
        if end is None:
            return None
        f_low, f_high = function(self.x, self.t), function(*end)
        best, value = end, abs(f_high)
        side = 0
        for turn in range(100):
            if high - low < 1e-15 * (1.0 + self.length) or value == 0.0:
                break
            middle = 0.5 * (low + high)
            if turn % 4 != 3 and f_high != f_low:
                middle = min(max((low * f_high - high * f_low) / (f_high - f_low), low), high)
            point = self.at(middle)
            if point is None:
                break
            f = function(*point)
            if abs(f) <= value:
                best, value = point, abs(f)
            if f * f_low > 0:
                low, f_low = middle, f
                f_high *= 0.5 if side < 0 else 1.0
                side = -1
            else:
                high, f_high = middle, f
                f_low *= 0.5 if side > 0 else 1.0
                side = 1
        return SpecialPoint(kind, after, *best)

    def fold(self, after: int) -> SpecialPoint:
        """Where dt/ds is zero."""
        def speed(x: Floats, t: float) -> float:
            turned = _tangent(self.system, x, t, self.tangent)
            return 0.0 if turned is None else float(turned[-1])

        return self.zero(speed, "fold", after) or SpecialPoint("fold", after, self.x, self.t)


class _Spy:
    """Watches for sign changes along a branch."""

    def __init__(self, system: System, watch: Mapping[str, Watch], branching: bool) -> None:
        self.system, self.watch, self.branching = system, watch, branching

    def within(self, step: _Step, x: Floats, t: float, turned: Floats, after: int,
               ) -> list[SpecialPoint]:
        """Events between the beginning and the end (x, t) of a step."""
        found = []
        for name, function in self.watch.items():
            if function(step.x, step.t) * function(x, t) < 0:
                found.append(step.zero(function, name, after))
        if self.branching:
            def bordered(y: Floats, s: float) -> float:
                return determinant(self.system, y, s, step.tangent)

            if bordered(step.x, step.t) * determinant(self.system, x, t, turned) < 0:
                found.append(step.zero(bordered, "branch point", after))
        return [point for point in found if point is not None]


def determinant(system: System, x: Floats, t: float, along: Floats) -> float:
    """Sign and size (to the power 1/(k + 1)) of the derivative bordered by a direction."""
    _, slope, pace = system(x, t)
    sign, size = np.linalg.slogdet(np.vstack([np.column_stack([slope, pace]), along]))
    return float(sign * np.exp(size / len(along))) if np.isfinite(size) else 0.0


def _size(here: Floats) -> float:
    size = float(np.abs(here).max(initial=0.0))
    return size if np.isfinite(size) else np.inf


def _solve(matrix: Floats, rhs: Floats) -> Floats | None:
    try:
        step = np.asarray(np.linalg.solve(matrix, rhs), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None
