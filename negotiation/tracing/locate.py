"""Where plays begin, end or change regime: samples are added until nothing changes between them.

Between two neighbouring samples whose plays differ there is an event. Every condition of a regime
has a **margin** (σ of a move, α or 1 − α of a mix, the distance of a term from its bound) that is
smooth while the regime lasts and zero where it ends; so the event is where a margin's secant has
its zero. Samples on both sides of that place shrink the bracket by orders of magnitude a round;
where no margin tells (a play can end because of an event in a state that it never comes to), it is
halved. Brackets of all events are worked on together, one sweep a round.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from .margins import margins, on_path, settle
from .point import Point, apart
from .sample import CARRIED, Family, Sample, matched
from .sweep import Solving

Floats = NDArray[np.float64]
#: pairs of plays that go on, those that end, those that begin
Matching = tuple[list[tuple[int, int]], list[int], list[int]]

#: width of a bracket, as a share of the line, at which an event counts as found
NARROW = 1e-6
#: how near to where its zero is expected a bracket ends, as a share of ``NARROW``: any nearer, and
#: a gain of 1e-9 payoff ranges, which counts as none, hides on which side of the event a play is
NEAREST = 0.4
ROUNDS = 100
#: how many samples on a play is taken at once, where it goes on
AHEAD = (1, 4, 16, 64)
#: proposals closer than this share of the bracket to its ends bring nothing
EDGE = 1e-3
#: secants are believed this share of a bracket beyond its ends
REACH = 0.1
#: changes of a margin below this share of the payoff range are rounding
NOISE = 1e-12


@dataclass(frozen=True)
class Zero:
    """Where the secant of a play's margin is zero; ``margin`` which one, None for the distance of
    two plays that meet."""

    t: float
    margin: int | None


def zeros(before: Point, here: Point, low: float, high: float) -> list[Zero]:
    """Zeros of a play's margins within [low, high] by the secant through two points of one regime,
    the nearest to ``here`` first."""
    settle([(before, here, low, high)])
    first, second = margins(before), margins(here)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (second - first) / (here.t - before.t)
        at = here.t - second / slope
    # a margin that only rounding moves says nothing
    moved = np.abs(second - first) > NOISE * float(here.lattice.payoff_range()[0].max())
    good = np.flatnonzero(np.isfinite(at) & moved & (at >= low) & (at <= high))
    good = good[np.argsort(np.abs(at[good] - here.t), kind="stable")]
    return [Zero(float(at[k]), int(k)) for k in good]


def surely(family: Family, t: Sequence[float], solving: Solving,
           near: Sequence[Sequence[Sample]] | None = None) -> tuple[list[Sample], list[float]]:
    """The samples at some values, and the values at which no equilibrium of some state was found.

    Raises:
        OutOfTime: when the time is over.
    """
    try:
        return family.samples(t, solving, near), []
    except NumericalError:
        pass
    found: list[Sample] = []
    failed: list[float] = []
    for k, value in enumerate(t):
        try:
            found += family.samples([value], solving, None if near is None else [near[k]])
        except NumericalError:
            failed.append(value)
    return found, failed


def _same(found: Mapping[int, Sample], target: int, point: Point) -> Point | None:
    """The nearest play at a sample that is in the regime of another."""
    same = [p for p in found[target].points if p.signature == point.signature]
    return min(same, key=lambda p: apart(p, point), default=None)


class Refiner:
    """The samples along a line, refined where neighbours differ.

    Args:
        family: the game and its line; ``solving``: what each sweep is asked.
        note: called after every round with (events that are located, events in all).
    """

    def __init__(self, family: Family, solving: Solving, samples: Sequence[Sample],
                 note: Callable[[int, int], object] | None = None) -> None:
        self.family, self.solving, self.note = family, solving, note
        self.samples = sorted(samples, key=lambda sample: sample.t)
        self.sweeps = 0
        #: values at which no equilibrium of some state could be found, and brackets with one inside
        self.failed: set[float] = set()
        self._given_up: set[tuple[float, float]] = set()
        #: plays that were taken on on one side as far as they go
        self._ended: set[tuple[Point, int]] = set()
        self._guessed: list[float] = []
        self._matched: dict[tuple[Sample, Sample], Matching] = {}

    def quiet(self, k: int) -> bool:
        """Whether every play goes on from sample k to the next."""
        _, gone, new = self.matching(k)
        return not gone and not new

    def matching(self, k: int) -> Matching:
        """Which plays of sample k go on to the next, which do not, and which are new there."""
        pair = self.samples[k], self.samples[k + 1]
        if pair not in self._matched:
            self._matched[pair] = matched(*pair)
        return self._matched[pair]

    def open(self) -> list[int]:
        """Brackets that are still wider than ``NARROW``."""
        return [k for k in range(len(self.samples) - 1)
                if not self.quiet(k) and self.samples[k + 1].t - self.samples[k].t > NARROW
                and (self.samples[k].t, self.samples[k + 1].t) not in self._given_up]

    def run(self) -> None:
        """Refine until every event is bracketed.

        Raises:
            OutOfTime: when the time is over; what was found stays in ``samples``.
        """
        for _ in range(ROUNDS):
            todo = self.open()
            if self.note is not None:
                every = sum(not self.quiet(k) for k in range(len(self.samples) - 1))
                self.note(every - len(todo), every)
            if not todo:
                return
            self.prepare(todo)
            if self._extend(todo):
                continue
            asked: dict[float, tuple[Sample, Sample]] = {}
            for k in todo:
                pair = self.samples[k], self.samples[k + 1]
                asked.update(dict.fromkeys(self._proposals(k), pair))
            self.add(asked)

    def add(self, asked: dict[float, tuple[Sample, Sample]]) -> None:
        """New samples, each warm from its two neighbours."""
        times = sorted(asked)
        for begin in range(0, len(times), 32):
            part = times[begin:begin + 32]
            new, failed = surely(self.family, part, self.solving, [asked[t] for t in part])
            self.sweeps += len(part)
            self.failed.update(failed)
            self._given_up.update((asked[t][0].t, asked[t][1].t) for t in failed)
            for sample in new:
                at = bisect_left([s.t for s in self.samples], sample.t)
                self.samples.insert(at, sample)

    def _proposals(self, k: int) -> list[float]:
        low, high = self.samples[k].t, self.samples[k + 1].t
        guesses = self.guesses(k)
        middle = 0.5 * (low + high)
        if not guesses:
            return [low + (high - low) * share for share in (0.25, 0.5, 0.75)]
        # the first event from the left and the last from the right may be two
        ends = sorted({guesses[0], guesses[-1]})
        width = high - low
        spread = ends[-1] - ends[0]
        close = spread < 0.02 * width
        reach = 0.05 * width if not close or len(ends) < 2 else 4.0 * spread
        # where a guess has been before tells how good it is
        inside_ = [t for t in self._guessed if low <= t <= high]
        if inside_:
            reach = min(reach, 4.0 * max(min(abs(t - guess) for t in inside_) for guess in ends))
        reach = max(reach, NEAREST * NARROW)
        self._guessed += ends
        found = {guess + side * reach for guess in ends for side in (-1.0, 1.0)}
        if width > 0.02:
            found.add(middle)
        inside: list[float] = []
        apart_ = min(EDGE * width, 0.2 * NARROW)
        for t in sorted(found):
            if low + apart_ < t < high - apart_ and (not inside or t - inside[-1] > apart_):
                inside.append(t)
        return inside or [middle]

    def guesses(self, k: int) -> list[float]:
        """Where margins say that the events between samples k and k + 1 are, ascending."""
        left, right = self.samples[k], self.samples[k + 1]
        _, gone, new = self.matching(k)
        found = []
        for which, side, plays in ((k, -1, gone), (k + 1, 1, new)):
            for i in plays:
                nearest = self.zeros(which, side, i, left.t, right.t)
                if nearest:
                    found.append(nearest[0].t)
        return sorted(found)

    def prepare(self, brackets: Sequence[int]) -> None:
        """Find the margins that the brackets' guesses ask for, in one call."""
        asked: list[tuple[Point, Point, float, float]] = []
        for k in brackets:
            low, high = self.samples[k].t, self.samples[k + 1].t
            slack = REACH * (high - low)
            _, gone, new = self.matching(k)
            for which, side, plays in ((k, -1, gone), (k + 1, 1, new)):
                for i in plays:
                    came = self._came_from(which, side, i)
                    if came is not None:
                        asked.append((came[1], self.samples[which].points[i], low - slack,
                                      high + slack))
        settle(asked)

    def _extend(self, brackets: Sequence[int]) -> bool:
        """Take followed plays on to samples that they were not started for; whether any went on.

        Where no margin of a play comes to zero within its bracket, it most likely goes on: it was
        met on one side only, when another play was followed past its end.
        """
        jobs: list[tuple[int, int, Point]] = []
        for k in brackets:
            left, right = self.samples[k], self.samples[k + 1]
            if left.followed or right.followed:
                _, gone, new = self.matching(k)
                jobs += [(at, side, self.samples[at].points[i])
                         for at, side, plays in ((k, 1, gone), (k + 1, -1, new)) for i in plays
                         if (self.samples[at].points[i], side) not in self._ended
                         and not self.zeros(at, -side, i, left.t, right.t)]
        found: dict[int, Sample] = {}
        self._onto(found, [(self._ahead(at, side)[:1], point) for at, side, point in jobs])
        going = [job for job in jobs if _same(found, self._ahead(*job[:2])[0], job[2])]
        self._onto(found, [(self._ahead(at, side)[1:], point) for at, side, point in going])
        self._ended.update((point, side) for _, side, point in jobs)
        grown = [self._extended(at, side, point, found) for at, side, point in going]
        return any(grown)

    def _onto(self, found: dict[int, Sample], jobs: Sequence[tuple[list[int], Point]]) -> None:
        """Follow plays to some samples, and add what comes there."""
        starts: dict[int, list[Point]] = {}
        for targets, point in jobs:
            for target in targets:
                starts.setdefault(target, []).append(point)
        order = sorted(starts)
        came = self.family.follow([self.samples[k].t for k in order], self.solving,
                                  [starts[k] for k in order], search=False) if order else []
        self.sweeps += len(order)
        for k, sample in zip(order, came, strict=True):
            known = found[k].points if k in found else ()
            found[k] = replace(sample, points=(*known, *sample.points))

    def _ahead(self, at: int, side: int) -> list[int]:
        """The samples ``AHEAD`` of one."""
        return [at + side * step for step in AHEAD if 0 <= at + side * step < len(self.samples)]

    def _extended(self, at: int, side: int, point: Point, found: Mapping[int, Sample]) -> bool:
        """Add a play to the samples up to the last one that it was followed to in its regime; in
        between it is carried along."""
        last = at
        ends: dict[int, Point] = {}
        for target in self._ahead(at, side):
            same = _same(found, target, point)
            if same is None:
                break
            ends[target], last = same, target
        added = False
        for target in range(at + side, last + side, side):
            point = ends.get(target, point)
            sample = self.samples[target]
            if any(p.signature == point.signature and apart(p, point) < CARRIED
                   for p in sample.points):
                break
            if len(sample.points) >= self.solving.cap:
                self.samples[target] = replace(sample, capped=True)
                self._given_up.add((min(sample.t, self.samples[target - side].t),
                                    max(sample.t, self.samples[target - side].t)))
                break
            self.samples[target] = replace(sample, points=(*sample.points, point))
            added = True
        return added

    def _came_from(self, k: int, side: int, play: int) -> tuple[int, Point] | None:
        """Where a play of sample k was solved before, on one side: the sample and the point there.

        A secant through points too near to each other is lost in rounding, and a play that was
        only carried along is no second point, so that the nearest of either kind are passed over.
        """
        point = self.samples[k].points[play]
        found = None
        while 0 <= k + side < len(self.samples):
            pairs = self.matching(min(k, k + side))[0]
            mine = 1 if side < 0 else 0
            going = next((pair for pair in pairs if pair[mine] == play), None)
            if going is None:
                break
            k, play = k + side, going[1 - mine]
            there = self.samples[k].points[play]
            if there.t != point.t:
                found = k, there
            if abs(there.t - point.t) >= NARROW:
                break
        return found

    def zeros(self, k: int, side: int, play: int, low: float, high: float) -> list[Zero]:
        """Zeros within [low, high] of the margins of a play of sample k, by the secant through a
        sample on ``side`` (−1 left, 1 right) that it comes from; path of play first."""
        came = self._came_from(k, side, play)
        if came is None:
            return []
        point = self.samples[k].points[play]
        slack = REACH * (high - low)
        found = zeros(came[1], point, low - slack, high + slack)
        found = [Zero(min(max(zero.t, low), high), zero.margin) for zero in found]
        there = on_path(point)
        near = [z for z in found if z.margin is not None and there[z.margin]]
        twin = self._meeting(k, side, play, came, low, high)
        return [*twin, *near, *(z for z in found if z not in near)]

    def _meeting(self, k: int, side: int, play: int, came: tuple[int, Point], low: float,
                 high: float) -> list[Zero]:
        """Two plays of one regime that meet: the square of their distance is smooth."""
        here = self.samples[k]
        point = here.points[play]
        for other, twin in enumerate(here.points):
            if other == play or twin.signature != point.signature:
                continue
            beside = self._came_from(k, side, other)
            if beside is None or beside[0] != came[0]:
                continue
            now = apart(point, twin) ** 2
            before = apart(came[1], beside[1]) ** 2
            if before != now:
                at = point.t - now * (point.t - came[1].t) / (now - before)
                if low <= at <= high:
                    return [Zero(at, None)]
        return []
