"""What is asked of a game at a point of its parameters: a chance, or the cascade verdict.

A measure turns the equilibria at points of a line into numbers low ≤ high that run over them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..cascade import _question, _verdict
from ..equilibrium.extremes import outcome_conditions
from ..errors import InputError, UnknownNameError
from ..frozen import FrozenMap
from ..model import Cascade, Condition, Game
from ..settings import Setting, apply
from .chances import arrivals, chances
from .sample import Family, Sample
from .sweep import Solving

Floats = NDArray[np.float64]
Line = tuple[tuple[str, float, float], ...]
#: plays of one game that are followed from one point to another
DECIDING = 16


@dataclass(frozen=True)
class Reading:
    """What a measure says at one point.

    Attributes:
        low, high: over all equilibria that were found.
        plays: how many that differ on the path of play, in all games that were solved.
        complete: whether every list is proved complete.
    """

    low: float
    high: float
    plays: int
    complete: bool


#: the plays at one point, of every game that a measure solves
Found = tuple[Sample, ...]


class Measure(Protocol):
    """Reads something off a game at points of a line of its parameters."""

    @property
    def game(self) -> Game: ...

    @property
    def what(self) -> str:
        """In a few words, what is read."""
        ...

    def families(self, line: Line) -> tuple[Family, ...]:
        """The games that have to be solved, along a line."""
        ...

    def reading(self, found: Found) -> Reading:
        """What the plays at a point say."""
        ...

    def deciding(self, found: Found, lowest: bool) -> Found:
        """The ``DECIDING`` plays of each game that the lowest (else highest) number rests on."""
        ...


def solved(families: Sequence[Family], t: Sequence[float], solving: Solving) -> list[Found]:
    """The plays at shares t of a line, each solved afresh."""
    return list(zip(*(family.samples(t, solving) for family in families), strict=True))


def read(measure: Measure, line: Line, t: Sequence[float], solving: Solving) -> list[Reading]:
    """Readings at shares t of a line, each solved afresh."""
    return [measure.reading(found) for found in solved(measure.families(line), t, solving)]


def followed(families: Sequence[Family], t: float, near: Sequence[Found], solving: Solving,
             ) -> Found:
    """Plays from points nearby, followed to a share t of a line."""
    return tuple(family.follow([t], solving, [[p for found in near for p in found[k].points]])[0]
                 for k, family in enumerate(families))


@dataclass(frozen=True, eq=False)
class OutcomeMeasure:
    """The chance of an outcome by a date."""

    game: Game
    outcome: str
    by: float
    conventions: str | None = None

    def __post_init__(self) -> None:
        if self.outcome not in self.game.outcomes:
            raise UnknownNameError("outcome", self.outcome, self.game.outcomes)

    @property
    def what(self) -> str:
        return f"the chance of {self.outcome}"

    def families(self, line: Line) -> tuple[Family, ...]:
        """The game itself."""
        asked = outcome_conditions(self.game, [self.outcome])
        return Family(self.game, line, self.conventions, self.by, asked, exact=False),

    def _chance(self, sample: Sample) -> Floats:
        return chances(sample.points, self.by, [self.outcome])[self.outcome]

    def reading(self, found: Found) -> Reading:
        """The lowest and the highest chance."""
        sample, = found
        chance = self._chance(sample)
        return Reading(float(chance.min()), float(chance.max()), len(chance), sample.complete)

    def deciding(self, found: Found, lowest: bool) -> Found:
        """The plays with the lowest (else highest) chances."""
        sample, = found
        return _with(sample, self._chance(sample), lowest),


@dataclass(frozen=True, eq=False)
class CascadeMeasure:
    """The least effect of a settled centre on a front around it: settled − blocked, as in
    :mod:`negotiation.cascade`. ``low`` is above ``least`` exactly when the verdict is "every"."""

    game: Game
    by: float
    conventions: str | None = None

    @cached_property
    def question(self) -> Cascade:
        """The centre, the fronts around it, and what counts as settled."""
        return _question(self.game, None, None, None)

    @property
    def what(self) -> str:
        return f"the effect of {self.question.center} on the front that it does least for"

    @cached_property
    def games(self) -> tuple[Game, Game]:
        """The game with the centre settled at the start, and kept from being settled."""
        asked = self.question
        word = asked.status[asked.center]
        blocked = tuple(name for name, move in self.game.moves.items()
                        if {move.front: move.target, **move.sets}.get(asked.center) == word)
        return (apply(self.game, Setting(start=asked.status.__class__({asked.center: word}))),
                apply(self.game, Setting(block=blocked)))

    def families(self, line: Line) -> tuple[Family, ...]:
        """The two games."""
        asked: tuple[Condition, ...] = tuple(
            FrozenMap({front: (self.question.status[front],)}) for front in self.question.periphery)
        return tuple(Family(game, line, self.conventions, self.by, asked, exact=False)
                     for game in self.games)

    def reading(self, found: Found) -> Reading:
        """The least and the greatest effect on a front."""
        settled, blocked = found
        low, high = self._totals(settled, blocked)
        return Reading(low, high, len(settled.points) + len(blocked.points),
                       settled.complete and blocked.complete)

    def deciding(self, found: Found, lowest: bool) -> Found:
        """Plays with the least (else greatest) chances where the centre is settled, and the
        greatest (else least) where it is not."""
        settled, blocked = (np.array([self._chance(sample, front)
                                      for front in self.question.periphery]) for sample in found)
        return (_with(found[0], settled.min(axis=0) if lowest else settled.max(axis=0), lowest),
                _with(found[1], blocked.max(axis=0) if lowest else blocked.min(axis=0), not lowest))

    def verdict(self, reading: Reading) -> str:
        """"every", "some" or "none"; ``high`` is the greatest effect on any front, so that "none"
        says that no front gains, and "every" that all do, in every pair of equilibria."""
        return _verdict((reading.low, reading.high), self.question.min_effect)

    def _totals(self, settled: Sample, blocked: Sample) -> tuple[float, float]:
        lows, highs = [], []
        for front in self.question.periphery:
            parts = [self._settled(sample, front) for sample in (settled, blocked)]
            pairs = [(parts[0][a], parts[1][b]) for a in parts[0] for b in parts[1] if a == b]
            pairs = pairs or [(a, b) for a in parts[0].values() for b in parts[1].values()]
            lows.append(min(min(a) - max(b) for a, b in pairs))
            highs.append(max(max(a) - min(b) for a, b in pairs))
        return min(lows), max(highs)

    def _settled(self, sample: Sample, front: str) -> dict[str, list[float]]:
        """Convention → the front's chance of being settled by the date, in every play."""
        found: dict[str, list[float]] = {}
        for point, one in zip(sample.points, self._chance(sample, front).tolist(), strict=True):
            found.setdefault(point.key, []).append(one)
        return found

    def _chance(self, sample: Sample, front: str) -> Floats:
        when: Condition = FrozenMap({front: (self.question.status[front],)})
        return arrivals(sample.points, {front: when}, self.by)[front]


def _with(sample: Sample, score: Floats, lowest: bool) -> Sample:
    """A sample with the plays alone that have the lowest (else highest) scores."""
    order = np.argsort(score if lowest else -score, kind="stable")[:DECIDING]
    return replace(sample, points=tuple(sample.points[k] for k in np.sort(order)))


def check_ranges(game: Game, names: Sequence[str] | None) -> dict[str, tuple[float, float, float]]:
    """Parameter → (value now, low, high) of the parameters that may change.

    Raises:
        UnknownNameError: for a name that is no parameter.
        InputError: for one without a range, or when none has one.
    """
    values = game.parameter_values()
    out = {}
    for name in game.parameters if names is None else names:
        if name not in game.parameters:
            raise UnknownNameError("parameter", name, game.parameters)
        low, high = game.parameters[name].low, game.parameters[name].high
        if low is None or high is None or not low < high:
            if names is not None:
                raise InputError(f"parameter {name!r} has no range in the definition, so that a "
                                 "change of it cannot be compared with others: give it low and "
                                 "high")
            continue
        out[name] = (float(values[name]), low, high)
    if not out:
        raise InputError(f"{game.name}: no parameter has a range, so nothing can be changed")
    return out
