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
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
#: (x (k,), t) → H (k,), ∂H/∂x (k, k), ∂H/∂t (k,)
System = Callable[[Floats, float], tuple[Floats, Floats, Floats]]

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
    """A labelled point of a branch: ``kind`` "fold"; x (k,) and t there, after point ``after``."""

    kind: str
    after: int
    x: Floats
    t: float


@dataclass(frozen=True, eq=False)
class Branch:
    """A piece of curve: points x (P, k) at t (P,), dt/ds (P,), special points, and how it ended."""

    x: Floats
    t: Floats
    speed: Floats
    special: tuple[SpecialPoint, ...]
    end: End

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


def trace(system: System, x: Floats, t: float, until: float, steps: Steps = Steps()) -> Branch:
    """Follow the branch through (x, t), a solution, until t reaches ``until``."""
    sign = 1.0 if until >= t else -1.0
    tangent = _tangent(system, x, t, None)
    if tangent is not None and tangent[-1] * sign < 0:
        tangent = -tangent
    xs, ts, speeds = [x], [t], [0.0 if tangent is None else float(tangent[-1])]
    special: list[SpecialPoint] = []
    begin, length, end = t, steps.first, End.STEPS
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
        if (new_t - until) * sign >= 0:
            final = solve_at(system, _between(xs[-1], ts[-1], new_x, new_t, until), until)
            if final is None:
                length *= 0.5
                continue
            xs, ts, speeds = [*xs, final], [*ts, until], [*speeds, float(turned[-1])]
            end = End.REACHED
            break
        if turned[-1] * tangent[-1] < 0:
            special.append(_fold(system, xs[-1], ts[-1], tangent, length, len(xs) - 1))
        if (new_t - begin) * sign < -1e-9:
            end = End.LEFT
            break
        xs, ts, speeds = [*xs, new_x], [*ts, new_t], [*speeds, float(turned[-1])]
        tangent = turned
        length = min(steps.longest, length * (1.6 if effort <= 3 else 1.0 if effort <= 5 else 0.6))
    return Branch(np.array(xs), np.array(ts), np.array(speeds), tuple(special), end)


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


def _fold(system: System, x: Floats, t: float, tangent: Floats, length: float, after: int,
          ) -> SpecialPoint:
    """The fold within a step: where dt/ds is zero, by bisection on the step's length."""
    low, high = 0.0, length
    best = (x, t)
    for _ in range(50):
        middle = 0.5 * (low + high)
        found = _correct(system, x, t, tangent, middle)
        turned = None if found is None else _tangent(system, found[0], found[1], tangent)
        if found is None or turned is None:
            break
        best = found[:2]
        if turned[-1] * tangent[-1] > 0:
            low = middle
        else:
            high = middle
        if high - low < 1e-12 * (1.0 + length):
            break
    return SpecialPoint("fold", after, *best)


def _size(here: Floats) -> float:
    size = float(np.abs(here).max(initial=0.0))
    return size if np.isfinite(size) else np.inf


def _solve(matrix: Floats, rhs: Floats) -> Floats | None:
    try:
        step = np.asarray(np.linalg.solve(matrix, rhs), dtype=np.float64)
    except np.linalg.LinAlgError:
        return None
    return step if np.isfinite(step).all() else None
