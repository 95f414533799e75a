"""The stages of a trace: a grid solved afresh, branches carried over it, events, checks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

import numpy as np

from ..errors import NumericalError
from .locate import NARROW, Refiner, surely
from .onward import alike
from .result import Ending, Settings
from .sample import Family, Sample, matched
from .sweep import OutOfTime, Solving
from .switches import switches

#: called with a word for the kind of work, parts done and parts in all
Progress = Callable[[str, int, int], object]
#: values that are solved in one call, so that progress is seen and a time limit is met
CHUNK = 4
#: rounds of fresh checks; each round that has a surprise is followed by another
ROUNDS = 4
#: times that plays are carried over all values, there and back
SPREADS = 2
#: distance, as a share of the line, of the sample beside one next to an event
BESIDE = 2e-6
#: stretches between events that are narrower than this, as a share of the line, have no check
STRETCH = 1e-3
#: by how much of a step the grid's inner values are moved
OFF = 0.0173


@dataclass(eq=False)
class Work:
    """What a trace has done so far; enough to go on from. ``settled``: with how many checks a round
    the last one found nothing, −1 before that."""

    family: Family
    solving: Solving
    samples: list[Sample]
    breaks: list[tuple[float, float]]
    checked: int = 0
    surprises: int = 0
    sweeps: int = 0
    settled: int = -1
    failed: set[float] = field(default_factory=set)


def run(work: Work, settings: Settings, progress: Progress | None) -> Ending:
    """Do what is left of a trace, in place."""
    try:
        if work.settled < settings.checks:
            work.breaks = work.breaks or switches(work.family)
            _grid(work, settings.grid, progress)
            _spread(work, progress)
            _refine(work, progress)
            if _check(work, settings.checks, progress):
                work.settled = settings.checks
    except OutOfTime:
        return Ending.TIME
    except KeyboardInterrupt:
        return Ending.INTERRUPTED
    if any(sample.followed and sample.searched and sample.capped for sample in work.samples):
        return Ending.MANY
    return Ending.DONE if work.settled >= settings.checks else Ending.CHECKS


def _grid(work: Work, count: int, progress: Progress | None) -> None:
    """Solve afresh on a grid, and on both sides of every change of conventions."""
    # not at round shares, where events of hand-written games like to be
    wanted = {min(k + OFF * (0 < k < count - 1), count - 1) / (count - 1) for k in range(count)}
    for t, _ in work.breaks:
        wanted = {s for s in wanted if abs(s - t) > NARROW}
        wanted.update((max(t - 0.5 * NARROW, 0.0), min(t + 0.5 * NARROW, 1.0)))
    known = {sample.t for sample in work.samples}
    todo = sorted(wanted - known)
    for begin in range(0, len(todo), CHUNK):
        part = todo[begin:begin + CHUNK]
        fresh, failed = surely(work.family, part, work.solving)
        work.samples += fresh
        work.failed.update(failed)
        work.samples.sort(key=lambda sample: sample.t)
        work.sweeps += len(part)
        if progress is not None:
            progress("grid", begin + len(part), len(todo))
    if not work.samples:
        raise NumericalError(f"{work.family.game.name}: at none of {len(todo)} values could an "
                             "equilibrium of every state be found; one exists, so the search "
                             "failed")


def _spread(work: Work, progress: Progress | None) -> None:
    """Where plays are followed one by one: every play to its neighbours, until none is new."""
    if not any(sample.followed for sample in work.samples):
        return
    last = len(work.samples) - 1
    for turn in range(SPREADS):
        grown = False
        for k in range(last):
            at, onto = (k, k + 1) if turn % 2 == 0 else (last - k, last - k - 1)
            grown |= _join(work, at, onto)
            if progress is not None:
                progress("branches", turn * last + k + 1, SPREADS * last)
        if not grown and turn:
            return


def _join(work: Work, at: int, onto: int) -> bool:
    """Follow the plays of one sample to another, and add those that are new there."""
    here, there = work.samples[at], work.samples[onto]
    known = {point.signature for point in there.points}
    starts = [point for point in here.points if point.signature not in known]
    if not starts:
        return False
    came, = work.family.follow([there.t], work.solving, [starts])
    work.sweeps += 1
    new = [p for p in came.points if not any(
        p.key == q.key and alike(p.play, q.play, p.lattice.payoff_range()[0])
        for q in there.points)]
    room = max(work.solving.cap - len(there.points), 0)
    work.samples[onto] = replace(there, points=(*there.points, *new[:room]),
                                 capped=there.capped or len(new) > room)
    return bool(new[:room])


def _refine(work: Work, progress: Progress | None) -> None:
    def note(done: int, every: int) -> None:
        if progress is not None:
            progress("events", done, every)

    refiner = Refiner(work.family, work.solving, work.samples, note)
    work.samples = refiner.samples
    try:
        refiner.run()
        _steady(refiner)
    finally:
        work.sweeps += refiner.sweeps
        work.failed |= refiner.failed


def _steady(refiner: Refiner) -> None:
    """One more sample on either side of every event, so that secants there are short."""
    asked = {}
    for k in range(len(refiner.samples) - 1):
        if refiner.quiet(k):
            continue
        for near, side in ((k, -1), (k + 1, 1)):
            other = near + side
            if 0 <= other < len(refiner.samples):
                here, there = refiner.samples[near], refiner.samples[other]
                room = abs(there.t - here.t)
                if room > 4.0 * BESIDE:
                    asked[here.t + side * BESIDE] = (min(here, there, key=_t),
                                                          max(here, there, key=_t))
    if asked:
        refiner.add(asked)


def _t(sample: Sample) -> float:
    return sample.t


def _check(work: Work, checks: int, progress: Progress | None) -> bool:
    """Solve afresh between events; follow what no branch covers. Whether the last round found
    nothing to follow."""
    for _ in range(ROUNDS if checks else 0):
        todo = sorted({*_gaps(work.samples, checks), *_unseen(work.samples)})
        surprised = False
        for begin in range(0, len(todo), CHUNK):
            part = todo[begin:begin + CHUNK]
            fresh, failed = surely(work.family, part, work.solving)
            work.failed.update(failed)
            work.sweeps += len(part)
            work.checked += len(fresh)
            for sample in fresh:
                at = int(np.searchsorted([s.t for s in work.samples], sample.t))
                if sample.followed:
                    sample, missed, taken = _compared(work, at, sample)
                else:
                    _, gone, new = matched(work.samples[at - 1], sample)
                    missed = taken = bool(gone or new)
                work.surprises += missed
                surprised |= taken
                work.samples.insert(at, sample)
            if progress is not None:
                progress("checks", begin + len(part), len(todo))
        if not surprised:
            return True
        _refine(work, progress)
    return not checks


def _compared(work: Work, at: int, fresh: Sample) -> tuple[Sample, bool, bool]:
    """The branches' plays at a value that was solved afresh, whether it has others, and whether
    these were added: not where there are more than are followed."""
    starts = [point for sample in work.samples[at - 1:at + 1] for point in sample.points]
    here, = work.family.follow([fresh.t], work.solving, [starts])
    missed = [p for p in fresh.points if not any(
        p.key == q.key and alike(p.play, q.play, p.lattice.payoff_range()[0]) for q in here.points)]
    room = 0 if fresh.capped else work.solving.cap - len(here.points)
    added = missed[:max(room, 0)]
    capped = fresh.capped or here.capped or len(added) < len(missed)
    return (replace(fresh, points=(*here.points, *added), capped=capped), bool(missed),
            bool(added))


def _gaps(samples: Sequence[Sample], most: int) -> list[float]:
    """Values within the widest stretches between events and values that were solved afresh, none
    within an event's bracket; where there are more than stretches, these are parted again."""
    fresh = [sample.t for sample in samples if sample.searched]
    ends = sorted([*fresh, *_events(samples)])
    gaps = [(a - b, a) for a, b in zip(ends[:-1], ends[1:], strict=True) if b - a > 100 * NARROW]
    heapify(gaps)
    found: list[float] = []
    while gaps and len(found) < most:
        width, a = heappop(gaps)
        # a value away from the middle, so that a symmetric pair of events is not stepped over
        found.append(a - 0.4363 * width)
        for part, at in ((0.4363 * width, a), (0.5637 * width, found[-1])):
            if -part > 100 * NARROW:
                heappush(gaps, (part, at))
    return _free(samples, found)


def _unseen(samples: Sequence[Sample]) -> list[float]:
    """A value within every stretch between neighbouring events that has none solved afresh: plays
    that begin or end in an event which no branch goes through are seen beside it."""
    if not samples[0].followed or any(s.searched and s.capped for s in samples):
        return []
    fresh = np.array([sample.t for sample in samples if sample.searched])
    ends = [samples[0].t, *_events(samples), samples[-1].t]
    return _free(samples, [a + 0.4363 * (b - a) for a, b in zip(ends[:-1], ends[1:], strict=True)
                           if b - a > STRETCH and not ((fresh > a) & (fresh < b)).any()])


def _events(samples: Sequence[Sample]) -> list[float]:
    """Where plays of neighbours differ."""
    out = []
    for left, right in zip(samples[:-1], samples[1:], strict=True):
        _, gone, new = matched(left, right)
        out += [0.5 * (left.t + right.t)] if gone or new else []
    return out


def _free(samples: Sequence[Sample], found: Sequence[float]) -> list[float]:
    known = sorted(sample.t for sample in samples)
    return sorted(t for t in found if min(abs(t - s) for s in known) > 5 * NARROW)
