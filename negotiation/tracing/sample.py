"""All plays of a game at one value of a parameter, and which of two neighbouring values agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..conventions import Convention
from ..equilibrium.extremes import Goals
from ..errors import NumericalError
from ..frozen import FrozenMap
from ..lattice import Lattice, build_lattice
from ..model import Condition, Game
from .chances import Spread, chances, spread
from .onward import follow, followable, merged, quick
from .played import Rows, Stages, at_draw, rows_at
from .plays import Play, read
from .point import Point, Signature, apart
from .relevant import listed, relevant, whole
from .sweep import Branches, Solving, cold, sweep
from .warm import Regimes, Warm, remember

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: states from which on plays of a game with issues are followed one by one
LARGE = 64
#: how far a play may have moved, in payoff ranges, from where it was carried along from
CARRIED = 1e-2


@dataclass(frozen=True, eq=False)
class Sample:
    """All plays that were found at t.

    Attributes:
        points: one for each play; of a play that is followed and was not solved here, the point
            beside it.
        capped: whether more were cut off; ``doubt``: (why the list may have gaps, in how many
            states).
        searched: whether every state was searched from nothing (else from neighbours' regimes).
        regimes: convention → state → the regimes found, for neighbours to try.
        followed: whether plays are followed one by one, so that no products are listed.
        listed, spread: how many plays were listed, and outcome → its lowest and highest chance over
            them, where they are more than are followed; ``cut``: whether there are still more.
    """

    t: float
    points: tuple[Point, ...]
    capped: bool
    doubt: tuple[tuple[str, int], ...]
    searched: bool
    regimes: dict[str, dict[int, Regimes]]
    followed: bool = False
    listed: int = 0
    spread: Spread = field(default_factory=FrozenMap)
    cut: bool = False

    @property
    def count(self) -> float:
        """How many equilibria there are, those that differ off the path of play included."""
        return sum(point.play.count for point in self.points)

    @property
    def complete(self) -> bool:
        return not self.capped and not self.doubt


@dataclass(frozen=True, eq=False)
class Family:
    """A game whose parameters move along a line: parameter → (value at 0, value at 1).

    Attributes:
        by: the date of the chances that are asked for; the game's horizon when left out.
        asked: conditions whose chances are; of the game's outcomes when left out. Where there are
            more plays than can be listed or followed, those are kept that lead furthest apart.
        outcome: where plays are more than can be followed, those two are by which it is least and
            most likely.
        exact: whether plays are to be gone on from, else they are only listed.
    """

    game: Game
    line: tuple[tuple[str, float, float], ...]
    conventions: str | None = None
    by: float | None = None
    asked: tuple[Condition, ...] | None = None
    outcome: str | None = None
    exact: bool = True

    def rows(self, t: Sequence[float]) -> Rows:
        """The game at shares ``t`` of the line."""
        share = np.asarray(t, dtype=np.float64)
        points = {name: np.where(share == 1.0, end, begin + share * (end - begin))
                  for name, begin, end in self.line}
        return rows_at(self.compiled, points, self.conventions, self.stages)

    @cached_property
    def stages(self) -> Stages:
        """The static games of postures that were solved."""
        return {}

    @property
    def date(self) -> float:
        return self.game.horizon if self.by is None else self.by

    def goals(self, lattice: Lattice) -> Goals:
        """What plays are told apart by where they are too many."""
        return Goals.of(lattice, self.date, self.asked)

    @cached_property
    def compiled(self) -> Lattice:
        """The game at its own parameters."""
        return build_lattice(self.game)

    def samples(self, t: Sequence[float], solving: Solving,
                near: Sequence[Sequence[Sample]] | None = None) -> list[Sample]:
        """The plays at some values; with ``near`` (samples beside each) regimes are tried first.

        Raises:
            OutOfTime: when the time is over.
        """
        if near is not None and any(sample.followed for beside in near for sample in beside):
            return self._between(t, solving, near)
        rows = self.rows(t)
        if near is None and self.large:
            return self._listed(list(t), rows, solving)
        if near is None:
            return _samples(list(t), rows, sweep(rows.lattice, solving, cold,
                                                 self.goals(rows.lattice)), True)
        known = [_known(near[p], key) for p, key in
                 zip(rows.point.tolist(), rows.key, strict=True)]
        try:
            raw = sweep(rows.lattice, solving, Warm(known), self.goals(rows.lattice))
        except NumericalError:
            raw = sweep(rows.lattice, solving, Warm(known, lenient=False),
                        self.goals(rows.lattice))
        out = _samples(list(t), rows, raw, False)
        lost = [p for p, sample in enumerate(out) if _lost(near[p], sample)]
        if lost:
            again = self.samples([t[p] for p in lost], solving)
            for p, sample in zip(lost, again, strict=True):
                out[p] = sample
        return out


    @cached_property
    def large(self) -> bool:
        """Whether the game has too many states for all choices in them to be listed, so that plays
        are followed one by one."""
        lattice = self.compiled
        return len(lattice.states) >= LARGE and lattice.value.shape[1] > 0 and followable(lattice)

    def _listed(self, t: list[float], rows: Rows, solving: Solving) -> list[Sample]:
        """Plays of a large game: all, where they can be listed and are no more than the cap; else
        some, for those that are to be gone on from are followed one by one."""
        found = [self._single_out(at, rows, np.flatnonzero(rows.point == p), solving)
                 for p, at in enumerate(t)]
        if not self.exact:
            return found
        found = [self._few(sample, solving.cap) for sample in found]
        exact = self.follow(t, solving, [sample.points for sample in found])
        out = []
        for sample, better in zip(found, exact, strict=True):
            points = [replace(point, play=replace(point.play, count=next(
                (p.play.count for p in sample.points if p.signature == point.signature), 1.0)))
                for point in better.points]
            out.append(replace(sample, points=tuple(points), followed=True, regimes={}))
        return out

    def _single_out(self, t: float, rows: Rows, mine: Ints, solving: Solving) -> Sample:
        """The plays at t, found among the states that they can depend on."""
        points: list[Point] = []
        doubt: dict[str, int] = {why: 1 for q, why in rows.doubt if q == rows.point[mine[0]]}
        complete, solving = True, replace(solving, quick=True)
        for row in mine.tolist():
            lattice = rows.single(row)
            part = relevant(lattice, solving)
            raw, every = listed(lattice, part, quick, solving, self.goals(part.lattice),
                                self.exact)
            complete &= every
            points += [Point(t, whole(lattice, part, play), lattice, rows.key[row])
                       for play in read(part.lattice, raw).plays[0]]
            for why, count in raw.doubt.get(0, {}).items():
                doubt[why] = max(doubt.get(why, 0), count)
        return Sample(t, tuple(points), not complete, tuple(sorted(doubt.items())), True, {})

    def _few(self, sample: Sample, cap: int) -> Sample:
        """A sample with no more plays than are followed: where there are others, those by which
        the outcome is least and most likely."""
        if not sample.capped and len(sample.points) <= cap:
            return sample
        found = chances(sample.points, self.date)
        rows = found[self.outcome] if self.outcome is not None else np.zeros(1)
        taken = sorted({int(rows.argmin()), int(rows.argmax())})[:cap]
        return replace(sample, points=tuple(sample.points[k] for k in taken),
                       listed=len(sample.points), spread=spread(found), cut=sample.capped,
                       capped=True)

    def _between(self, t: Sequence[float], solving: Solving, near: Sequence[Sequence[Sample]],
                 ) -> list[Sample]:
        """Followed plays between neighbours: only those that do not go on from one to the other are
        solved; the others are carried along as they were on the left."""
        carried: list[list[Point]] = []
        starts: list[list[Point]] = []
        for beside in near:
            if len(beside) < 2:
                carried.append([])
                starts.append([p for sample in beside for p in sample.points])
                continue
            left, right = beside
            pairs, gone, new = matched(left, right)
            carried.append([left.points[i] for i, _ in pairs])
            starts.append([left.points[i] for i in gone] + [right.points[j] for j in new])
        out = []
        for sample, same in zip(self.follow(t, solving, starts), carried, strict=True):
            fresh = [point for point in sample.points if not any(
                point.signature == other.signature and apart(point, other) < CARRIED
                for other in same)]
            out.append(replace(sample, points=(*same, *fresh)))
        return out

    def follow(self, t: Sequence[float], solving: Solving, starts: Sequence[Sequence[Point]],
               search: bool = True) -> list[Sample]:
        """Plays nearby, followed to each value; those of conventions that are not kept there end.
        Without ``search`` states whose regime ends are only looked at close by.

        Raises:
            OutOfTime: when the time is over.
        """
        rows = self.rows(t)
        place = {(int(p), key): row for row, (p, key) in
                 enumerate(zip(rows.point.tolist(), rows.key, strict=True))}
        todo = [(place[p, point.key], point) for p in range(len(t)) for point in starts[p]
                if (p, point.key) in place]
        plays = follow(rows.lattice, np.array([row for row, _ in todo], dtype=np.int64),
                       [(point.lattice, point.play) for _, point in todo], solving, search)
        by_row: dict[int, list[Play]] = {}
        for (row, _), play in zip(todo, plays, strict=True):
            if play is not None:
                by_row.setdefault(row, []).append(play)
        out = []
        for p, at in enumerate(t):
            points: list[Point] = []
            for row in np.flatnonzero(rows.point == p).tolist():
                lattice = rows.single(row)
                points += [Point(at, replace(play, row=0), lattice, rows.key[row])
                           for play in merged(by_row.get(row, []), lattice)]
            doubt = tuple((why, 1) for q, why in rows.doubt if q == p)
            out.append(Sample(at, tuple(points[:solving.cap]), len(points) > solving.cap, doubt,
                              False, {}, True))
        return out


def _lost(near: Sequence[Sample], found: Sample) -> bool:
    """Whether a regime that both neighbours have is missing between them, or is there less often:
    the search from neighbours' regimes may have failed."""
    if len(near) < 2:
        return False
    here = Counter(point.signature for point in found.points)
    sides = [Counter(point.signature for point in sample.points) for sample in near]
    return any(min(count, sides[1][signature]) > here[signature]
               for signature, count in sides[0].items())


def _known(near: Sequence[Sample], key: str) -> dict[int, Regimes]:
    known: dict[int, Regimes] = {}
    for sample in near:
        for state, found in sample.regimes.get(key, {}).items():
            known[state] = found if state not in known else known[state].joined(found)
    return known


def _samples(t: list[float], rows: Rows, raw: Branches, searched: bool) -> list[Sample]:
    found = read(rows.lattice, raw)
    out = []
    for p, at in enumerate(t):
        mine = np.flatnonzero(rows.point == p).tolist()
        points: list[Point] = []
        regimes: dict[str, dict[int, Regimes]] = {}
        doubt: dict[str, int] = {why: 1 for q, why in rows.doubt if q == p}
        for row in mine:
            lattice = _single(rows.lattice, row, rows.convention[row])
            points += [Point(at, replace(play, row=0), lattice, rows.key[row])
                       for play in found.plays[row]]
            regimes[rows.key[row]] = remember(raw, [row])
            for why, count in found.doubt[row].items():
                doubt[why] = max(doubt.get(why, 0), count)
        out.append(Sample(at, tuple(points), bool(found.capped[mine].any()),
                          tuple(sorted(doubt.items())), searched, regimes))
    return out


def _single(lattice: Lattice, row: int, convention: Convention | None) -> Lattice:
    return replace(at_draw(lattice, row), convention=convention)


# ---- which plays go on --------------------------------------------------------------------------

def matched(left: Sample, right: Sample) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """Pairs of plays in one regime at both values, nearest first, and the rest on either side."""
    by: dict[Signature, tuple[list[int], list[int]]] = {}
    for side, sample in enumerate((left, right)):
        for k, point in enumerate(sample.points):
            by.setdefault(point.signature, ([], []))[side].append(k)
    pairs = []
    rest: tuple[set[int], set[int]] = (set(), set())
    for mine, others in by.values():
        options = sorted((apart(left.points[i], right.points[j]), i, j)
                         for i in mine for j in others) if len(mine) > 1 or len(others) > 1 else [
            (0.0, i, j) for i in mine for j in others]
        free = set(mine), set(others)
        for _, i, j in options:
            if i in free[0] and j in free[1]:
                pairs.append((i, j))
                free[0].remove(i)
                free[1].remove(j)
        rest[0].update(free[0])
        rest[1].update(free[1])
    return sorted(pairs), sorted(rest[0]), sorted(rest[1])
