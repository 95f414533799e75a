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
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from .sample import Family, Point, Sample, apart, matched
from .sweep import Solving

Floats = NDArray[np.float64]

#: width of a bracket, as a share of the line, at which an event counts as found
NARROW = 2e-7
ROUNDS = 60
#: proposals closer than this share of the bracket to its ends bring nothing
EDGE = 1e-3
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
    first, second = before.margins, here.margins
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
        self._quiet: dict[tuple[float, float], bool] = {}

    def quiet(self, k: int) -> bool:
        """Whether every play goes on from sample k to the next."""
        left, right = self.samples[k], self.samples[k + 1]
        key = (left.t, right.t)
        if key not in self._quiet:
            _, a, b = matched(left, right)
            self._quiet[key] = not a and not b
        return self._quiet[key]

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
        reach = max(0.05 * width if not close or len(ends) < 2 else 4.0 * spread, 0.3 * NARROW)
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
        _, gone, new = matched(left, right)
        found = []
        for which, side, plays in ((k, -1, gone), (k + 1, 1, new)):
            for i in plays:
                nearest = self.zeros(which, side, i, left.t, right.t)
                if nearest:
                    found.append(nearest[0].t)
        return sorted(found)

    def zeros(self, k: int, side: int, play: int, low: float, high: float) -> list[Zero]:
        """Zeros within [low, high] of the margins of a play of sample k, by the secant through a
        sample on ``side`` (−1 left, 1 right) that it comes from; path of play first."""
        here, other = self.samples[k], k + side
        # a secant through points too near to each other is lost in rounding
        while (0 < other < len(self.samples) - 1
               and abs(self.samples[other].t - here.t) < 5.0 * NARROW
               and self.quiet(min(other, other + side))):
            other += side
        if not 0 <= other < len(self.samples):
            return []
        there = self.samples[other]
        ends = (there, here) if side < 0 else (here, there)
        pairs = matched(*ends)[0]
        partner = next((i if side < 0 else j for i, j in pairs
                        if (j if side < 0 else i) == play), None)
        if partner is None:
            return []
        point = here.points[play]
        slack = 0.1 * (high - low)
        found = zeros(there.points[partner], point, low - slack, high + slack)
        found = [Zero(min(max(zero.t, low), high), zero.margin) for zero in found]
        on_path = point.margin_on_path
        near = [z for z in found if z.margin is not None and on_path[z.margin]]
        twin = self._meeting(here, there, play, pairs, side, low, high)
        return [*twin, *near, *(z for z in found if z not in near)]

    def _meeting(self, here: Sample, there: Sample, play: int, pairs: list[tuple[int, int]],
                 side: int, low: float, high: float) -> list[Zero]:
        """Two plays of one regime that meet: the square of their distance is smooth."""
        point = here.points[play]
        came = {(j if side < 0 else i): (i if side < 0 else j) for i, j in pairs}
        for other, twin in enumerate(here.points):
            if other == play or twin.signature != point.signature or other not in came:
                continue
            now = apart(point, twin) ** 2
            before = apart(there.points[came[play]], there.points[came[other]]) ** 2
            if before != now:
                at = here.t - now * (here.t - there.t) / (now - before)
                if low <= at <= high:
                    return [Zero(at, None)]
        return []
