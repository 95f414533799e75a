"""What is asked of a game at a point of its parameters: a chance, or the cascade verdict.

A measure turns the equilibria at points of a line into numbers low ≤ high that run over them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..cascade import _question, _verdict
from ..errors import InputError, UnknownNameError
from ..model import Cascade, Game
from ..process import Process, chances, condition_states, outcome_states, reach
from ..settings import Setting, apply
from .sample import Family, Point, Sample
from .sweep import Solving

Floats = NDArray[np.float64]
Line = tuple[tuple[str, float, float], ...]


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


class Measure(Protocol):
    """Reads something off a game at points of a line of its parameters."""

    @property
    def game(self) -> Game: ...

    @property
    def what(self) -> str:
        """In a few words, what is read."""
        ...

    def read(self, line: Line, t: Sequence[float], solving: Solving) -> list[Reading]:
        """Readings at shares t of a line, each solved afresh."""
        ...


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

    def read(self, line: Line, t: Sequence[float], solving: Solving) -> list[Reading]:
        """Readings at shares t of a line, each solved afresh."""
        out = []
        for sample in Family(self.game, line, self.conventions, exact=False).samples(t, solving):
            found = [self._chance(point) for point in sample.points]
            out.append(Reading(min(found), max(found), len(found), sample.complete))
        return out

    def _chance(self, point: Point) -> float:
        hazard = point.lattice.rate[0] * point.play.consent
        if self.game.outcomes[self.outcome].posture:
            return chances([Process(point.lattice, hazard)], self.outcome, self.by)[0].probability
        inside = outcome_states(point.lattice, self.outcome)
        return float(reach(point.lattice, hazard[None], inside, [self.by]).reached[0, 0])


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

    def read(self, line: Line, t: Sequence[float], solving: Solving) -> list[Reading]:
        """Readings at shares t of a line, each solved afresh."""
        pair = [Family(game, line, self.conventions, exact=False).samples(t, solving)
                for game in self.games]
        out = []
        for settled, blocked in zip(*pair, strict=True):
            low, high = self._totals(settled, blocked)
            out.append(Reading(low, high, len(settled.points) + len(blocked.points),
                               settled.complete and blocked.complete))
        return out

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
        for point in sample.points:
            inside = condition_states(point.lattice, {front: self.question.status[front]})
            hazard = point.lattice.rate[0] * point.play.consent
            chance = reach(point.lattice, hazard[None], inside, [self.by]).reached[0, 0]
            found.setdefault(point.key, []).append(float(chance))
        return found


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
