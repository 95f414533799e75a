"""Chances of outcomes in one game under several settings, and their differences.

Bounds run over the equilibria of the games compared; those of a difference over pairs of
equilibria under the same convention of how postures are played: the worst pair and the best one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .conventions import Convention
from .equilibrium.result import Solution
from .errors import InputError, NumericalError, UnknownNameError
from .frozen import FrozenMap
from .model import Game, Outcome
from .process import OutcomeChance, chances, condition_states, reach
from .settings import Setting, apply

Floats = NDArray[np.float64]
#: the least and the greatest value over equilibria
Bounds = tuple[float, float]
#: values in the equilibria under one convention (None: the game has no postures)
Part = tuple[Convention | None, Floats]
#: solves several games; the options of ``solve_each`` can be passed on to it
Solver = Callable[..., Sequence[Solution]]

#: what a game is looked at under
What = Setting | Game | None

#: differences of chances below this are rounding
NOTHING = 1e-12
#: chances are computed to 1e-12, and the equilibria behind them to a regret of 1e-9: differences
#: below this are none
SAME = 1e-9


def bounds(values: Floats) -> Bounds:
    """The least and the greatest of some values."""
    return float(values.min()), float(values.max())


def by_convention(solution: Solution, values: Floats) -> list[Part]:
    """Values of a solution's equilibria, split by how postures are played."""
    rows: dict[Convention | None, list[int]] = {}
    for row, equilibrium in enumerate(solution.equilibria):
        rows.setdefault(equilibrium.lattice.convention, []).append(row)
    return [(convention, values[mine]) for convention, mine in rows.items()]


def whole(parts: Sequence[Part]) -> Bounds:
    """Bounds over all equilibria."""
    return bounds(np.concatenate([values for _, values in parts]))


def agree(one: Convention | None, other: Convention | None) -> bool:
    """Whether two games play postures alike."""
    return one is None or other is None or one.agrees(other)


def minus(first: Sequence[Part], second: Sequence[Part]) -> Bounds:
    """The least and the greatest difference over pairs of equilibria of two games.

    A convention is a property of play that the settings compared here leave alone (they change
    starts and moves, never a posture's payoffs), so that pairs agree on it: a difference tells what
    the setting does, not what another convention would. Where no pair agrees, because some
    conventions were not followed, all pairs are compared.
    """
    pairs = [(a, b) for one, a in first for other, b in second if agree(one, other)]
    pairs = pairs or [(a, b) for _, a in first for _, b in second]
    low = min(float(a.min() - b.max()) for a, b in pairs)
    high = max(float(a.max() - b.min()) for a, b in pairs)
    return 0.0 if abs(low) < NOTHING else low, 0.0 if abs(high) < NOTHING else high


def first_of(first: Sequence[Part], second: Sequence[Part] | None) -> float:
    """The value in the first equilibrium, less that in the first of another game that plays
    postures alike."""
    if second is None:
        return float(first[0][1][0])
    pairs = [(a, b) for one, a in first for other, b in second if agree(one, other)]
    a, b = pairs[0] if pairs else (first[0][1], second[0][1])
    return float(a[0] - b[0])


def lean(game: Game) -> Game:
    """The game without the moves that a member never consents to.

    They are never made, so that what lies behind them is not reached: chances and values where play
    goes are the same, and there is less to solve.
    """
    moves = {name: move for name, move in game.moves.items() if not move.excluded}
    return game if len(moves) == len(game.moves) else replace(game, moves=FrozenMap(moves))


def kept_from(game: Game, front: str, status: str) -> Game:
    """The game in which no move and no encounter takes a front to a status."""
    less = apply(game, Setting(block=tuple(
        name for name, move in game.moves.items()
        if {move.front: move.target, **move.sets}.get(front) == status)))
    return replace(less, encounters=FrozenMap({
        name: clash.without(status) if clash.front == front else clash
        for name, clash in less.encounters.items()}))


def find_outcome(game: Game, name: str | None) -> Outcome:
    """The outcome that is asked about; the first that the definition names when none is.

    Raises:
        UnknownNameError: for a name that is no outcome.
        InputError: for a game that names no outcome.
    """
    if not game.outcomes:
        raise InputError(f"{game.name}: the definition names no outcome to ask about: add an "
                         "[outcomes.NAME] table")
    if name is None:
        return next(iter(game.outcomes.values()))
    if name not in game.outcomes:
        raise UnknownNameError("outcome", name, game.outcomes)
    return game.outcomes[name]


class Chances(Protocol):
    """One game under a setting, of which chances can be asked."""

    def parts(self, outcome: str, by: float) -> list[Part]:
        """Of an outcome by a date, by convention."""

    def reached(self, front: str, status: str, by: float) -> list[Part]:
        """That a front is in a status at some time up to a date, by convention."""


class Study(Protocol):
    """A game that can be looked at under settings."""

    @property
    def game(self) -> Game:
        """The game as it stands."""

    def under(self, setting: What) -> Chances:
        """The game under a setting."""


@dataclass(frozen=True, eq=False)
class Compared:
    """One game that was solved for a comparison, with what is known about its list."""

    label: str
    solution: Solution

    def chances(self, outcome: str, by: float) -> list[OutcomeChance]:
        """The chance of an outcome in each equilibrium."""
        return chances([e.process for e in self.solution.equilibria], outcome, by)

    def parts(self, outcome: str, by: float, kind: str = "probability") -> list[Part]:
        """Chances by convention; ``kind`` is a field of :class:`~negotiation.process.OutcomeChance`
        """
        found = np.array([getattr(chance, kind) for chance in self.chances(outcome, by)])
        return by_convention(self.solution, found)

    def reached(self, front: str, status: str, by: float) -> list[Part]:
        """The chance that a front is in a status at some time up to the date, by convention."""
        lattice = self.solution.lattice
        hazard = np.array([e.process.hazard for e in self.solution.equilibria])
        found = reach(lattice, hazard, condition_states(lattice, {front: status}), [by])
        return by_convention(self.solution, found.reached[:, 0])

    def values(self, actor: str) -> list[Part]:
        """What an actor's equilibria are worth to it at the start, by convention."""
        return by_convention(self.solution, np.array([
            equilibrium.value(actor) for equilibrium in self.solution.equilibria]))


@dataclass(eq=False)
class Comparison:
    """Solves a game under settings, each once, side by side.

    A setting may be None, the game as it stands, or what the game has become. ``solver`` solves
    several games; ``games`` holds those that were solved, by what they say.
    """

    game: Game
    solver: Solver
    games: dict[tuple[object, ...], Compared] = field(default_factory=dict)

    def prepare(self, settings: Iterable[tuple[str, What]]) -> None:
        """Solve the game under these (label, setting) where that has not been done.

        Raises:
            NumericalError: for a game that was left without an equilibrium.
        """
        wanted = self.missing(settings)
        found = self.solver([game for _, game in wanted.values()]) if wanted else ()
        for (key, (label, _)), solution in zip(wanted.items(), found, strict=True):
            self.remember(key, label, solution)

    def missing(self, settings: Iterable[tuple[str, What]],
                ) -> dict[tuple[object, ...], tuple[str, Game]]:
        """The games under these settings that are not solved yet: key → (label, game)."""
        wanted: dict[tuple[object, ...], tuple[str, Game]] = {}
        for label, setting in settings:
            game = self._under(setting)
            if _key(game) not in self.games:
                wanted.setdefault(_key(game), (label, game))
        return wanted

    def remember(self, key: tuple[object, ...], label: str, solution: Solution) -> None:
        """Take a game as solved.

        Raises:
            NumericalError: for a solution without an equilibrium.
        """
        if not solution.equilibria:
            raise NumericalError(f"{label}: no equilibrium that passes its certificate was found "
                                 f"({solution.incomplete_because or solution.status}), so there is "
                                 "nothing to compare")
        self.games[key] = Compared(label, solution)

    def under(self, setting: What, label: str = "the game as it stands") -> Compared:
        """The game under a setting (None: as it stands), solved when it is first asked for."""
        self.prepare([(label, setting)])
        return self.games[_key(self._under(setting))]

    def _under(self, setting: What) -> Game:
        if isinstance(setting, Game):
            return lean(setting)
        return lean(self.game if setting is None else apply(self.game, setting))

    @property
    def complete(self) -> bool:
        """Whether the lists of all games are proved complete."""
        return all(one.solution.complete for one in self.games.values())

    @property
    def incomplete_because(self) -> str | None:
        """Which lists are not known to be complete, and why; None when all are."""
        return "; ".join(f"{one.label}: {one.solution.incomplete_because or 'not proved complete'}"
                         for one in self.games.values() if not one.solution.complete) or None


def _key(game: Game) -> tuple[object, ...]:
    # all games of a comparison are one game under settings
    return (tuple(game.parameter_values().items()),
            tuple(front.start for front in game.fronts.values()),
            tuple((name, tuple(sorted(move.consents.items()))) for name, move in
                  game.moves.items()),
            tuple((name, str(clash.targets)) for name, clash in game.encounters.items()))
