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

from .field import Bools, Floats
from .polish import polish
from .system import Direction, Spot, System

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
#: an equilibrium further than this from the branch is not taken for its limit
NEAR = 0.25
#: so many folds are followed before one is jumped; a jump goes to this multiple of λ, in at most so
#: many steps
PATIENT, BEYOND, MOST_EULER = 4, 1.3, 60


@dataclass(eq=False)
class End:
    """Where a branch led: the equilibrium's mixed actions (n, K, M), None if nowhere."""

    mixed: Floats | None
    strength: float
    steps: int
    evaluations: int


@dataclass(eq=False)
class Course:
    """A place on a branch and the direction in which it goes on: (dz, dV, dλ)."""

    spot: Spot
    tangent: Direction


def follow(system: System, tie: float, stop: Callable[[], None] | None = None, *,
           jump: bool = False, most: int = MOST_STEPS, near: float = NEAR) -> End:
    """Follow a branch from λ = 0 to an equilibrium.

    Args:
        tie: gains up to this (relative to the payoff range) count as none.
        stop: called at every step; may raise to end the work.
        jump: where the branch turns back, try to cross over to another one; the equilibrium found
            need then not be the limit of the branch that starts at λ = 0, and the other branch can
            be a closed loop, so that ``most`` should be small.
        most: steps after which to give up.
        near: an equilibrium with a probability further than this from the branch is not its limit.
    """
    walk = Walk(system, stop)
    next_try, folds = 1.0, 0
    while walk.steps < most and walk.here.spot.strength < STRONGEST:
        rising = walk.here.tangent[2] > 0
        if not walk.advance():
            if walk.stuck:
                break
            continue
        course = walk.here
        if jump and rising and course.tangent[2] < 0:
            folds += 1
            if folds > PATIENT:
                walk.cross()
                course = walk.here
        if course.spot.strength > next_try and course.tangent[2] > 0:
            support = _supports(system, course)
            if support is not None:
                mixed = polish(system.field, course.spot.point.mixed, support, tie)
                system.evaluations += 1
                if mixed is not None and np.abs(mixed - course.spot.point.mixed).max() < near:
                    return End(mixed, course.spot.strength, walk.steps, system.evaluations)
                next_try = 1.5 * course.spot.strength
    return End(None, walk.here.spot.strength, walk.steps, system.evaluations)


class Walk:
    """A walk along a branch by predictor and corrector, from λ = 0."""

    def __init__(self, system: System, stop: Callable[[], None] | None) -> None:
        self.system, self.stop = system, stop
        spot = system.at(system.start.copy(), None, 0.0)
        self.here = Course(spot, (spot.lift, np.zeros_like(spot.value), 1.0))
        self.before = self.here
        self.stride = 0.5
        self.steps = self.failed = 0
        self.stuck = False

    def advance(self) -> bool:
        """One step; False where it was too long (the next is shorter), or nothing works any more.

        Raises:
            whatever ``stop`` raises.
        """
        if self.stop is not None:
            self.stop()
        self.steps += 1
        system, spot = self.system, self.here.spot
        border, weight, change = _metric(system, spot, self.here.tangent)
        dz, dv, dl = self.here.tangent
        speed = float(np.sqrt((border * dz).sum() + weight * dl))
        course = Course(spot, (dz / speed, dv / speed, dl / speed))
        border, weight, change = border / speed, weight / speed, change / speed
        step = min(self.stride, STRIDE / max(change, 1e-12),
                   LEAP * (1.0 + spot.strength) / max(abs(course.tangent[2]), 1e-12))
        after, missed = _correct(system, course, border, weight, step, LOOSE)
        wish = float(np.sqrt(AIM / max(missed, 1e-12)))
        if after is None:
            self.here = course
            self.stride = step * min(0.5, max(0.1, 0.7 * wish))
            self.failed += 1
            self.stuck = self.stride < SHORTEST
            if self.failed == 2:  # the point may be too rough to go on from
                finer, _ = _correct(system, course, border, weight, 0.0, TIGHT)
                self.here = finer if finer is not None else self.before
            return False
        self.before, self.failed = course, 0
        self.here = after
        self.stride = step * min(2.5, max(0.4, wish))
        return True

    def cross(self) -> None:
        """From a fold to another branch at a larger λ, where the logit dynamics lead there."""
        spot = self.here.spot
        found = _settle(self.system, spot.z, BEYOND * spot.strength, self.stop)
        if found is not None:
            self.here = self.before = found
            self.stride, self.failed = 0.1, 0


def _settle(system: System, z: Floats, strength: float,
            stop: Callable[[], None] | None) -> Course | None:
    """A stable solution at a given λ, by implicit Euler steps of dz/dt = −F that grow to Newton's.

    None where they do not come to rest. A stable solution has a positive determinant, so that the
    branch through it goes on with rising λ in the same orientation.
    """
    span, last = 0.3, np.inf
    value: Floats | None = None
    for _ in range(MOST_EULER):
        if stop is not None:
            stop()
        spot = system.at(z, value, strength, 1.0 / span)
        off = float(np.linalg.norm(system.change(spot.point.mixed, spot.left)))
        if off < LOOSE:
            return _rising(system, z, strength)
        move = system.step(spot)
        if move is None or not np.isfinite(off):
            return None
        most = float(np.abs(system.change(spot.point.mixed, move[0])).max())
        short = min(1.0, FARTHEST / max(most, 1e-12))
        z, value = z + short * move[0], spot.value + short * move[1]
        span = float(np.clip(span * min(2.0, max(0.3, last / max(off, 1e-12))), 1e-3, 1e9))
        if short < 1.0:
            span = max(0.5 * span, 1e-3)
        last = off
    return None


def _rising(system: System, z: Floats, strength: float) -> Course | None:
    """The course with rising λ through a point close to a solution; None where λ would fall."""
    spot = system.at(z, None, strength)
    solved = system.bordered(spot, np.zeros_like(z), 1.0, 0.0)
    if solved is None or not solved[2]:
        return None
    move, ahead, _ = solved
    if np.abs(system.change(spot.point.mixed, move[0])).max() > FARTHEST:
        return None
    spot.z, spot.value = z + move[0], spot.value + move[1]
    return Course(spot, ahead)


def _metric(system: System, spot: Spot, tangent: Direction,
            ) -> tuple[Floats, float, float]:
    """The gradient of half the squared speed along a tangent, for z and for λ; the largest dσ.

    Speed counts the changes of the probabilities and of log(1 + λ), squared.
    """
    p = spot.point.mixed
    change = system.change(p, tangent[0])
    border = (p * (change - (p * change).sum(axis=2, keepdims=True)))[..., 1:]
    return (border / CROWD, tangent[2] / (1.0 + spot.strength) ** 2,
            float(np.abs(change).max(initial=0.0)))


def _correct(system: System, course: Course, border: Floats, weight: float, step: float,
             loose: float) -> tuple[Course | None, float]:
    """Newton's method from the predicted point.

    Along a branch the determinant of the bordered derivative keeps its sign, so a point where it
    is negative lies on another branch, or on this one in the other direction.

    Returns:
        the new point with its tangent (None where it does not converge well), and by how much the
        prediction missed it.
    """
    spot, (dz, dv, dl) = course.spot, course.tangent
    z, value, strength = spot.z + step * dz, spot.value + step * dv, spot.strength + step * dl
    before = missed = np.inf
    if strength < 0:
        return None, missed
    for turn in range(1, 7):
        now = system.at(z, value, strength)
        off = float((border * (z - spot.z)).sum()) + weight * (strength - spot.strength) - step
        solved = system.bordered(now, border, weight, -off)
        if solved is None or not solved[2]:
            return None, missed
        move, ahead, _ = solved
        z, value, strength = z + move[0], value + move[1], strength + move[2]
        size = max(float(np.abs(system.change(now.point.mixed, move[0])).max()),
                   abs(move[2]) / (1.0 + abs(strength)))
        missed = size if turn == 1 else missed
        if not np.isfinite(size) or size > FARTHEST or size > 0.6 * before or strength < 0:
            return None, missed
        if size < (min(loose, 0.1 * step) if step else loose):
            after, pull, _ = _metric(system, now, ahead)
            bend = float(np.sqrt((after * ahead[0]).sum() + pull * ahead[2]))
            if bend > SHARPEST and step > TINY:
                return None, missed
            now.z, now.value, now.strength = z, value, strength
            return Course(now, ahead), missed
        before = size
    return None, missed


def _supports(system: System, course: Course) -> Bools | None:
    """Which actions the limit plays, as a mask (n, K, M); None while the branch has not told."""
    p = course.spot.point.mixed
    log = np.zeros(p.shape)
    log[..., 1:] = course.tangent[0] / course.tangent[2] * course.spot.strength
    slope = log - (log * p).sum(axis=2, keepdims=True)
    slope[~system.field.real] = -np.inf
    if ((slope < PLAYED) & (slope > DROPPED)).any():
        return None
    played: Bools = slope >= PLAYED
    return played
