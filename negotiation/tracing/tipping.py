"""``tip``: the smallest change of parameters that turns an answer.

Changes are measured in units of the parameters' ranges. Along one parameter the first point at
which the answer turns is bracketed on a grid of fresh solves and then narrowed to 1e-9 of the line,
by regula falsi and halving, whatever kind of event it is; in a large game the plays that decide the
answer are followed there. The game is solved afresh on both sides of the point; where that shows
another play, the search goes on. Several parameters together are searched along rays, the direction
of which is improved by compass search: that gives an upper bound on the smallest change, and says
so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NumericalError
from ..frozen import FrozenMap
from ..model import INDIFFERENT, Game
from ..process import check_date
from .certified import certified
from .measure import (
    CascadeMeasure,
    Found,
    Line,
    Measure,
    OutcomeMeasure,
    Reading,
    check_ranges,
    followed,
    read,
    solved,
)
from .sample import Family
from .sweep import OutOfTime, Solving

Floats = NDArray[np.float64]
Progress = Callable[[str, int, int], object]
#: width, as a share of a line, to which the turning point is narrowed
NARROW = 1e-9
#: how far from the turning point the game is solved afresh for the certificate
BESIDE = 1e-6
ROUNDS = 80
#: width of a bracket, as a share of a line, in which plays are followed, and how often the search
#: goes on further where a fresh list shows another
CLOSE, RESTARTS = 0.1, 8


@dataclass(frozen=True)
class Tip:
    """One change that turns the answer.

    Attributes:
        changes: parameter → (value now, value at which the answer turns).
        distance: the length of the change in units of the parameters' ranges (Euclidean).
        jump: whether the number jumps there, rather than passing the target.
        before, after: readings of fresh solves just short of the point and just beyond it.
        error: how far off the distance can be.
    """

    changes: FrozenMap[str, tuple[float, float]]
    distance: float
    jump: bool
    before: Reading
    after: Reading
    error: float


@dataclass(frozen=True, eq=False)
class Tipping:
    """The answer of :func:`tip`.

    Attributes:
        what: what is read; ``target``, and ``rising`` whether it has to rise to it.
        now: the reading at the game's own values.
        holds: whether it holds already, so that nothing needs to change.
        single: changes of one parameter each, the smallest first.
        joint: the smallest change of several together that the search found; None where it was not
            asked for, or none is smaller than the smallest single one. An upper bound.
        unmoved: parameters whose whole range does not turn the answer, at the values solved.
        left: parameters that the time limit left out.
        failed: parameters on whose way some value could not be solved.
        grid: values that were solved afresh in either direction.
    """

    game: Game
    what: str
    target: float
    rising: bool
    by: float
    now: Reading
    holds: bool
    single: tuple[Tip, ...]
    joint: Tip | None
    unmoved: tuple[str, ...]
    left: tuple[str, ...]
    failed: tuple[str, ...]
    grid: int
    seconds: float

    @property
    def best(self) -> Tip | None:
        """The smallest change that was found."""
        found = [*self.single[:1], *([self.joint] if self.joint else [])]
        return min(found, key=lambda one: one.distance, default=None)


def tip(game: Game, outcome: str | None = None, *, to: float | None = None,
        cascade: str | None = None, by: float | None = None,
        parameters: Sequence[str] | None = None, joint: bool = False, grid: int = 5,
        cap: int = 64, boxes: int = 1_000, indifferent: str | None = None,
        conventions: str | None = None, seconds: float | None = None,
        progress: Progress | None = None) -> Tipping:
    """The smallest change of parameters that brings an outcome's chance to a target, or turns the
    cascade verdict, in every equilibrium.

    Args:
        outcome, to: an outcome and the chance (in (0, 1)) to bring it to. Where it is below in some
            equilibrium it has to rise to that in every one; else to fall to it in every one.
        cascade: ``"every"`` (it carries over to every front in every equilibrium) instead.
        parameters: which may change, each within its range; all that have a range when left out.
        joint: also search for a smaller change of several of them together.
        grid: values solved afresh along each line at first.
        seconds: a time limit; parameters that it leaves out are named.

    Raises:
        UnknownNameError: for an outcome or parameter that the game does not have.
        InputError: for a target or an option that cannot be used.
    """
    started = time.perf_counter()
    h = game.horizon if by is None else check_date(by)
    measure, target = _question(game, outcome, to, cascade, h, conventions)
    if isinstance(grid, bool) or not isinstance(grid, int) or grid < 2:
        raise InputError(f"the 'grid' parameter of tip must be an integer of at least 2. "
                         f"Got {grid!r} instead.")
    rule = game.indifferent if indifferent is None else indifferent
    if rule not in INDIFFERENT:
        raise InputError(f"the 'indifferent' parameter of tip must be one of "
                         f"{', '.join(INDIFFERENT)}. Got {rule!r} instead.")
    ranges = check_ranges(game, parameters)
    solving = Solving(rule, cap, boxes)
    first = next(iter(ranges))
    now = read(measure, ((first, ranges[first][0], ranges[first][0]),), [0.0], solving)[0]
    rising = now.low < target or cascade is not None
    search = _Search(measure, target, rising, ranges, grid, replace(
        solving, until=None if seconds is None else started + seconds))
    holds = search.score(now) >= 0.0
    single: list[Tip] = []
    unmoved, left, failed = [], [], []
    for k, name in enumerate(ranges if not holds else ()):
        try:
            found = search.along(name)
        except OutOfTime:
            left.append(name)
            continue
        except NumericalError:
            failed.append(name)
            continue
        if found is None:
            unmoved.append(name)
        else:
            single.append(found)
        if progress is not None:
            progress("parameters", k + 1, len(ranges))
    single.sort(key=lambda one: one.distance)
    together = None
    if joint and not holds and len(ranges) > 1:
        together = search.together(single[0] if single else None, progress)
    return Tipping(game=game, what=measure.what, target=target, rising=rising, by=h, now=now,
                   holds=holds, single=tuple(single), joint=together, unmoved=tuple(unmoved),
                   left=tuple(left), failed=tuple(failed), grid=grid,
                   seconds=time.perf_counter() - started)


def _question(game: Game, outcome: str | None, to: float | None, cascade: str | None, by: float,
              conventions: str | None) -> tuple[Measure, float]:
    if (outcome is None) == (cascade is None):
        raise InputError("tip needs an outcome and a target, or cascade='every'")
    if cascade is not None:
        if cascade != "every":
            raise InputError(f"the 'cascade' parameter of tip must be 'every'. Got {cascade!r} "
                             "instead.")
        measure = CascadeMeasure(game, by, conventions)
        return measure, measure.question.min_effect
    if to is None or isinstance(to, bool) or not isinstance(to, int | float) or not 0 < to < 1:
        raise InputError(f"the 'to' parameter of tip must be a chance between 0 and 1. Got {to!r} "
                         "instead.")
    assert outcome is not None
    return OutcomeMeasure(game, outcome, by, conventions), float(to)


@dataclass(frozen=True, eq=False)
class _Point:
    """A share of a line, its score, and the plays there; ``followed`` where others may be."""

    t: float
    score: float
    found: Found
    followed: bool = False


def _share(point: _Point) -> float:
    return point.t


@dataclass(eq=False)
class _Search:
    measure: Measure
    target: float
    rising: bool
    ranges: dict[str, tuple[float, float, float]]
    grid: int
    solving: Solving

    def score(self, reading: Reading) -> float:
        """At least 0 exactly where the answer is what is wanted."""
        return reading.low - self.target if self.rising else self.target - reading.high

    def along(self, name: str) -> Tip | None:
        """The nearest turning point as one parameter moves either way."""
        value, low, high = self.ranges[name]
        found = [self.ray({name: end}) for end in (low, high) if end != value]
        tips = [one for one in found if one is not None]
        return min(tips, key=lambda one: one.distance, default=None)

    def ray(self, ends: dict[str, float]) -> Tip | None:
        """The first turning point on the way from the values now to some others."""
        line: Line = tuple((name, self.ranges[name][0], end) for name, end in ends.items())
        length = float(np.sqrt(sum(((end - begin) / (self.ranges[name][2] - self.ranges[name][1]))
                                   ** 2 for name, begin, end in line)))
        if length == 0.0:
            return None
        families = self.measure.families(line)
        points = list(self._points(families, np.linspace(0.0, 1.0, self.grid).tolist(), ()))
        start = points[0]
        for attempt in range(RESTARTS + 1):
            # a play that nobody followed may have shown: the answer turns further on
            place = next((k for k in range(1, len(points)) if points[k].score >= 0.0
                          and points[k].t > start.t), None)
            if place is None:
                return None
            low, high, sure = self._narrowed(families, max(start, points[place - 1], key=_share),
                                             points[place], attempt < RESTARTS)
            points.insert(place, sure)
            before, start = self._beside(families, low, high)
            if start.score >= 0.0:
                break
        else:
            raise NumericalError("fresh lists on a turning point's two sides do not agree")
        readings = [self.measure.reading(one.found) for one in (before, start)]
        return Tip(FrozenMap({name: (begin, begin + high.t * (end - begin))
                              for name, begin, end in line}),
                   high.t * length, abs(start.score - before.score) > 1e-4,
                   before=readings[0], after=readings[1], error=(high.t - low.t) * length)

    def _beside(self, families: Sequence[Family], low: _Point, high: _Point,
                ) -> tuple[_Point, _Point]:
        """The points just short of a turning point and just beyond it, solved afresh; and the plays
        that were followed to just short of it."""
        at = [max(low.t - BESIDE, 0.0), min(high.t + BESIDE, 1.0)]
        short, beyond = solved(families, at, self.solving)
        if low.followed:
            came = followed(families, at[0], [low.found], self.solving)
            short = tuple(replace(one, points=(*one.points, *(
                point for point in certified(other.points) if point is not None)))
                for one, other in zip(short, came, strict=True))
        return self._point(at[0], short), self._point(at[1], beyond)

    def _point(self, t: float, found: Found, followed: bool = False) -> _Point:
        return _Point(t, self.score(self.measure.reading(found)), found, followed)

    def _narrowed(self, families: Sequence[Family], low: _Point, high: _Point, follow: bool,
                  ) -> tuple[_Point, _Point, _Point]:
        """A bracket narrowed to ``NARROW``, an end on either side of the turning point; and the
        nearest point beyond it that was solved afresh.

        Where a large game's plays can be followed, those that decide the answer are, once the
        bracket is narrower than ``CLOSE``: that costs little beside a fresh list.
        """
        follow &= all(family.large for family in families)
        sure = high
        for _ in range(ROUNDS):
            width = high.t - low.t
            if width <= NARROW:
                break
            points = {0.5 * (low.t + high.t)}
            if np.isfinite([low.score, high.score]).all() and high.score > low.score:
                guess = low.t - low.score * width / (high.score - low.score)
                step = max(0.02 * width, 0.3 * NARROW)
                points |= {guess - step, guess + step}
            inside = sorted(t for t in points if low.t < t < high.t)
            near = (low, high) if follow and width < CLOSE else ()
            for one in self._points(families, inside, near):
                if one.score >= 0.0:
                    high, sure = one, sure if one.followed else one
                    break
                low = one
        return low, high, sure

    def _points(self, families: Sequence[Family], at: Sequence[float], near: Sequence[_Point],
                ) -> Iterator[_Point]:
        """Points of a line, solved afresh, or with the plays from others that decide the answer."""
        if not near:
            for t, found in zip(at, solved(families, at, self.solving), strict=True):
                yield self._point(t, found)
            return
        starts = [self.measure.deciding(one.found, self.rising) for one in near]
        for t in at:
            found = followed(families, t, starts, self.solving)
            if all(sample.points for sample in found):
                yield self._point(t, found, True)
            else:
                yield from self._points(families, [t], ())

    def together(self, best: Tip | None, progress: Progress | None) -> Tip | None:
        """A smaller change of several parameters, by compass search over directions of rays."""
        names = list(self.ranges)
        wide = np.array([self.ranges[n][2] - self.ranges[n][1] for n in names])
        now = np.array([self.ranges[n][0] for n in names])
        single = best
        found: Tip | None = None
        try:
            direction = self._gradient(names, now, wide)
            if best is not None:
                start = np.zeros(len(names))
                for name, (begin, end) in best.changes.items():
                    start[names.index(name)] = (end - begin) / wide[names.index(name)]
                start = start / np.linalg.norm(start)
                direction = start + 0.5 * direction
            turn = 0.6
            for attempt in range(4 * len(names)):
                options = [direction] if attempt == 0 else [
                    direction + side * turn * np.eye(len(names))[attempt % len(names)]
                    for side in (1.0, -1.0)]
                for option in options:
                    one = self.ray(self._ends(names, now, wide, option))
                    if one is not None and (found is None or one.distance < found.distance):
                        found = one
                        direction = option / max(float(np.linalg.norm(option)), 1e-300)
                        break
                else:
                    turn *= 0.8
                if progress is not None:
                    progress("directions", attempt + 1, 4 * len(names))
        except (OutOfTime, NumericalError):
            pass  # what was found so far is a change that turns the answer
        if found is None or single is not None and found.distance >= single.distance:
            return None
        return found

    def _gradient(self, names: list[str], now: Floats, wide: Floats) -> Floats:
        """The direction in which the score rises fastest, by differences; ones where it is flat."""
        slope = np.zeros(len(names))
        for k, name in enumerate(names):
            step = 0.05 * wide[k] * (1.0 if now[k] + 0.05 * wide[k] <= self.ranges[name][2] else -1)
            here, there = (self.score(r) for r in read(self.measure,
                ((name, now[k], now[k] + step),), [0.0, 1.0], self.solving))
            slope[k] = (there - here) / (step / wide[k])
        size = float(np.linalg.norm(slope))
        return slope / size if size > 0.0 else np.ones(len(names)) / np.sqrt(len(names))

    def _ends(self, names: list[str], now: Floats, wide: Floats, direction: Floats,
              ) -> dict[str, float]:
        """Where a ray leaves the box of ranges."""
        step = direction * wide
        room = [((self.ranges[n][2] if step[k] > 0 else self.ranges[n][1]) - now[k]) / step[k]
                for k, n in enumerate(names) if abs(step[k]) > 1e-12]
        far = min((r for r in room if r >= 0.0), default=0.0)
        return {n: float(now[k] + far * step[k]) for k, n in enumerate(names)
                if abs(step[k]) > 1e-12}
