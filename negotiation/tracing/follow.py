"""``trace``: every equilibrium of a linked game followed as one parameter moves."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from ..equilibrium.result import Equilibrium
from ..errors import InputError, UnknownNameError
from ..frozen import FrozenMap
from ..model import INDIFFERENT, POSTURE_RULES, Game
from ..process import check_date
from . import store
from .assemble import Happening, happenings
from .branches import branches
from .certified import certified
from .chances import Spread
from .locate import NARROW, Refiner
from .measure import CascadeMeasure, read
from .plays import equilibrium
from .proved import unprovable, windows
from .result import Branch, Ending, Event, Settings, Solved, Trace
from .sample import Family, Sample, matched
from .stages import Progress, Work, run
from .sweep import OutOfTime, Solving

#: values whose verdicts are found in one call
CHUNK = 4
#: seconds between two writings of the file
SAVE = 10.0
#: distance of points of a branch, as a share of the line, below which those in between are left out
DENSE = 2e-3


def trace(game: Game, parameter: str, begin: float, end: float, *, by: float | None = None,
          outcome: str | None = None, grid: int = 9, checks: int = 4, cap: int = 64,
          boxes: int = 1_000, indifferent: str | None = None, conventions: str | None = None,
          seconds: float | None = None, progress: Progress | None = None,
          save: str | Path | None = None, resume: str | Path | None = None,
          cascade: bool = False) -> Trace:
    """Follow every Markov perfect equilibrium of a linked game as one parameter moves.

    Equilibria that are alike on the path of play (they differ only in states that play never comes
    to) are one branch, with how many stand behind each of its points. The game is solved afresh on
    a grid; wherever neighbours differ, the event between them is found as the zero of a switching
    function; then it is solved afresh at other values, and what no branch covers is followed too.

    Args:
        parameter: its name; ``begin``, ``end``: the interval, in the direction of the trace.
        by: the date of the outcomes' chances; the game's horizon when left out.
        outcome: where a large game has more plays than are followed, the two by which this outcome
            is least and most likely are; the first that the game names when left out.
        grid: values that are solved afresh at first, at least 2.
        checks: values between events that are solved afresh afterwards, 0 for none; of a large
            game whose plays are all followed, one between any two events at least.
        cap: the most branches that are followed at one value. A large game may have hundreds or
            thousands of plays there, products of choices in many states: then all that can be
            listed are counted, ``Trace.solved`` has the range of every outcome's chance over them,
            and two of them are followed.
        boxes: how much work the proof that the list at a value is complete may be, as in ``solve``.
        indifferent, conventions: as in ``solve``.
        seconds: a time limit; what was found by then is returned.
        progress: called with ("grid" | "events" | "checks", done, in all).
        save: a JSON file that the work is written to as it goes on; ``resume``: one to go on from.
        cascade: also find the cascade verdict on both sides of every event (two more games each).

    Raises:
        UnknownNameError: for a name that is no parameter.
        InputError: for an interval or an option that cannot be used, or where the game's numbers
            are out of range somewhere on the interval; for a file that cannot be used.
    """
    started = time.perf_counter()
    settings = _settings(game, parameter, begin, end, by, outcome, grid, checks, cap, boxes,
                         indifferent, conventions)
    until = None if seconds is None else started + seconds
    work = Work(Family(game, ((parameter, settings.begin, settings.end),), conventions,
                       settings.by, outcome=settings.outcome),
                Solving(settings.indifferent, cap, boxes, until), [], [])
    if resume is not None:
        work.samples, work.breaks, counts, work.failed = store.read(
            resume, game, settings, work.family)
        work.checked, work.surprises, work.sweeps, work.settled = (
            counts[name] for name in ("checked", "surprises", "sweeps", "settled"))
    if save is not None:
        _save(work, settings, save)  # now, so that a file that cannot be written is told at once
    ending = run(work, settings, _saving(work, settings, progress, save))
    if save is not None:
        _save(work, settings, save)
    found = finish(work, settings, ending, started)
    found = _prove(work, found)
    return replace(found, events=_verdicts(work, found)) if cascade else found


def _prove(work: Work, found: Trace) -> Trace:
    """The trace with what is proved of it between the values that were solved."""
    moving = [name for name, *_ in work.family.line]
    why = found.inconsistent_because or unprovable(found.game, moving)
    if why:
        return replace(found, unproved_because=why)
    refiner = Refiner(work.family, work.solving, work.samples)
    begin = time.perf_counter()
    try:
        open_ = windows(work.family, work.samples,
                        [refiner.quiet(k) for k in range(len(work.samples) - 1)], work.solving)
    except (OutOfTime, KeyboardInterrupt):
        return replace(found, unproved_because="there was no time for a proof")
    ends = [(value_at(found.settings, low), value_at(found.settings, high)) for low, high in open_]
    return replace(found, windows=tuple((min(pair), max(pair)) for pair in ends),
                   seconds=found.seconds + time.perf_counter() - begin)


def _verdicts(work: Work, found: Trace) -> tuple[Event, ...]:
    """The events with the cascade verdict on both sides, solved afresh there."""
    s = found.settings
    measure = CascadeMeasure(found.game, s.by, s.conventions)
    beside = [min(max((event.value - s.begin) / (s.end - s.begin) + side, 0.0), 1.0)
              for event in found.events for side in (-NARROW, NARROW)]
    readings = []
    try:
        for begin in range(0, len(beside), CHUNK):
            readings += read(measure, work.family.line, beside[begin:begin + CHUNK], work.solving)
    except OutOfTime:
        pass  # the events that are left have no verdict
    words = [measure.verdict(reading) for reading in readings]
    return tuple(replace(event, verdict=(words[2 * k], words[2 * k + 1]))
                 if 2 * k + 1 < len(words) else event for k, event in enumerate(found.events))


def _save(work: Work, settings: Settings, path: str | Path) -> None:
    counts = {name: getattr(work, name) for name in ("checked", "surprises", "sweeps", "settled")}
    store.save(path, work.family.game, settings, work.samples, work.breaks, counts,
               work.failed)


def _saving(work: Work, settings: Settings, progress: Progress | None, path: str | Path | None,
            ) -> Progress | None:
    """Progress that also writes the file, at most every ``SAVE`` seconds."""
    if path is None:
        return progress
    last = time.perf_counter()

    def report(kind: str, done: int, every: int) -> object:
        nonlocal last
        if time.perf_counter() - last > SAVE:
            _save(work, settings, path)
            last = time.perf_counter()
        return None if progress is None else progress(kind, done, every)

    return report


def finish(work: Work, settings: Settings, ending: Ending, started: float) -> Trace:
    """The result of a trace's work."""
    refiner = Refiner(work.family, work.solving, work.samples)
    if ending is Ending.DONE and refiner.open():
        ending = Ending.ROUNDS
    met = happenings(refiner, work.breaks)
    shown, met = _thinned(refiner, met)
    shown, missed = _certified(shown)
    work.failed |= missed
    found, events, owners = branches(shown, met, settings)
    ends = _ends(found)
    solved = tuple(Solved(
        value=value_at(settings, sample.t), plays=len(sample.points), equilibria=sample.count,
        searched=sample.searched, complete=sample.searched and sample.complete,
        because=_because(sample), listed=max(sample.listed, len(sample.points)),
        chances=_spread(sample, ends.get(value_at(settings, sample.t), {})),
        capped=sample.cut if sample.listed else sample.capped)
        for sample in work.samples)
    return Trace(
        game=work.family.game, settings=settings, branches=found, events=events, solved=solved,
        checked=work.checked, surprises=work.surprises, ending=ending,
        seconds=time.perf_counter() - started, sweeps=work.sweeps,
        followed=any(sample.followed for sample in work.samples),
        failed=tuple(value_at(settings, t) for t in sorted(work.failed)),
        source=Between(work.family, replace(work.solving, until=None), tuple(shown), owners))


def _thinned(refiner: Refiner, met: list[Happening]) -> tuple[list[Sample], list[Happening]]:
    """The samples without those that only served to find an event, where plays are many."""
    samples = refiner.samples
    kept: list[int] = []
    for k, sample in enumerate(samples):
        inner = (sample.followed and not sample.searched and 0 < k < len(samples) - 1
                 and refiner.quiet(k - 1) and refiner.quiet(k)
                 and samples[k + 1].t - samples[kept[-1]].t < DENSE)
        if not inner:
            kept.append(k)
    place = {k: new for new, k in enumerate(kept)}
    return [samples[k] for k in kept], [replace(one, after=place[one.after]) for one in met]


def _certified(samples: list[Sample]) -> tuple[list[Sample], set[float]]:
    """The samples with certificates of followed plays; one that misses stays where it is in the
    list, as one that was not solved there, and its value is a gap."""
    places = [(k, i) for k, sample in enumerate(samples) for i, point in enumerate(sample.points)
              if point.t == sample.t and math.isnan(point.play.regret)]
    points = [list(sample.points) for sample in samples]
    missed = set()
    asked = [points[k][i] for k, i in places]
    for (k, i), point, better in zip(places, asked, certified(asked), strict=True):
        if better is None:
            missed.add(point.t)
        points[k][i] = replace(point, t=math.nan) if better is None else better
    return [replace(sample, points=tuple(mine)) for sample, mine in
            zip(samples, points, strict=True)], missed


@dataclass(frozen=True, eq=False)
class Between:
    """Solves the game between samples; ``owners``: for each sample, play → branch."""

    family: Family
    solving: Solving
    samples: tuple[Sample, ...]
    owners: tuple[dict[int, int], ...]

    def at(self, share: float) -> dict[int, Equilibrium]:
        """Branch → equilibrium at a share of the interval."""
        right = int(np.searchsorted([sample.t for sample in self.samples], share))
        right = min(max(right, 1), len(self.samples) - 1)
        beside = self.samples[right - 1:right + 1]
        if any(sample.followed for sample in beside):
            new, = self.family.follow([share], self.solving, [
                [point for sample in beside for point in sample.points]])
            new = replace(new, points=tuple(p for p in certified(new.points) if p is not None))
        else:
            new, = self.family.samples([share], self.solving, [beside])
        found: dict[int, Equilibrium] = {}
        for k, sample in ((right - 1, beside[0]), (right, beside[1])):
            for i, j in matched(sample, new)[0]:
                number = self.owners[k][i]
                if number not in found and all(e.values is not new.points[j].play.values
                                               for e in found.values()):
                    point = new.points[j]
                    found[number] = equilibrium(point.play, point.lattice, number)
        for point in new.points:
            if all(e.values is not point.play.values for e in found.values()):
                found[0] = equilibrium(point.play, point.lattice, 0)
        return found


def _ends(found: Sequence[Branch]) -> dict[float, dict[str, list[float]]]:
    """Value → outcome → its chance on every branch that has a point there."""
    ends: dict[float, dict[str, list[float]]] = {}
    for branch in found:
        for k, value in enumerate(branch.values.tolist()):
            here = ends.setdefault(value, {})
            for name, rows in branch.outcomes.items():
                here.setdefault(name, []).append(float(rows[k]))
    return ends


def _spread(sample: Sample, followed: Mapping[str, Sequence[float]]) -> Spread:
    """The range of every outcome's chance over what was listed at a value that was searched."""
    ends = {name: [*followed.get(name, ()), *sample.spread.get(name, ())]
            for name in dict.fromkeys((*followed, *sample.spread))} if sample.searched else {}
    return FrozenMap({name: (min(chance), max(chance)) for name, chance in ends.items()})


def value_at(settings: Settings, t: float) -> float:
    """The parameter's value at a share of the interval."""
    return settings.end if t == 1.0 else settings.begin + t * (settings.end - settings.begin)


def _because(sample: Sample) -> str | None:
    reasons = [] if sample.searched else ["only regimes of neighbouring values were tried"]
    reasons += ["more branches than the cap"] if sample.capped else []
    reasons += [f"{why}, in {count} states" if count > 1 else why for why, count in sample.doubt]
    return "; ".join(reasons) or None


def _settings(game: Game, parameter: str, begin: float, end: float, by: float | None,
              outcome: str | None, grid: int, checks: int, cap: int, boxes: int,
              indifferent: str | None, conventions: str | None) -> Settings:
    if parameter not in game.parameters:
        raise UnknownNameError("parameter", parameter, game.parameters)
    if outcome is not None and outcome not in game.outcomes:
        raise UnknownNameError("outcome", outcome, game.outcomes)
    ends = []
    for name, value in (("begin", begin), ("end", end)):
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or (
                not np.isfinite(value)):
            raise InputError(f"the {name!r} parameter of trace must be a finite number. "
                             f"Got {value!r} instead.")
        ends.append(float(value))
    if ends[0] == ends[1]:
        raise InputError(f"trace needs an interval: {parameter} begins and ends at {ends[0]:g}")
    for name, count, least in (("grid", grid, 2), ("checks", checks, 0), ("cap", cap, 1),
                               ("boxes", boxes, 1)):
        if isinstance(count, bool) or not isinstance(count, int) or count < least:
            raise InputError(f"the {name!r} parameter of trace must be an integer of at least "
                             f"{least}. Got {count!r} instead.")
    rule = game.indifferent if indifferent is None else indifferent
    if rule not in INDIFFERENT:
        raise InputError(f"the 'indifferent' parameter of trace must be one of "
                         f"{', '.join(INDIFFERENT)}. Got {rule!r} instead.")
    if conventions is not None and conventions not in POSTURE_RULES:
        raise InputError(f"the 'conventions' parameter of trace must be one of "
                         f"{', '.join(POSTURE_RULES)}. Got {conventions!r} instead.")
    return Settings(parameter, ends[0], ends[1], game.horizon if by is None else check_date(by),
                    grid, checks, cap, boxes, rule, conventions,
                    next(iter(game.outcomes), None) if outcome is None else outcome)
