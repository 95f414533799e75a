"""The static games of a game's postures, their equilibria, and the conventions made of them.

Each condition of a posture is a game in normal form. All its Nash equilibria are found, mixed ones
included; where they form a continuum its extreme points stand for it, and the list is not complete.
The posture's rule keeps some of them (see :class:`~negotiation.model.Posture`), and a convention
picks one of these for each condition that can hold. The rules are those of ``normal_form.select``,
on arrays, so that a posture of two actions each is solved without loading the general solvers.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .conventions import Convention, Play, Played, deviations, expected, regret, with_convention
from .errors import InputError
from .expressions import Expression
from .lattice import Lattice, build_lattice
from .model import Game, Posture, PosturePayoffs
from .normal_form import two_by_two

Floats = NDArray[np.float64]
Profile = tuple[Floats, ...]

#: conventions that are followed; the result says when there are more
MOST_CONVENTIONS = 64
#: flows closer than this, in units of the player's payoff range, are equal
EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class StageGame:
    """One posture under one condition, with all its static equilibria.

    Attributes:
        posture: the posture; ``block`` the condition and its payoffs.
        payoffs: (n, m_1, …, m_n) per unit of time, at the game's parameters.
        profiles: the equilibria, pure ones first.
        complete: whether it is proved that there are no others; ``because`` says why not.
        held: whether the condition holds in some state that moves can reach.
    """

    posture: Posture
    block: PosturePayoffs
    payoffs: Floats
    profiles: tuple[Profile, ...]
    complete: bool
    because: str | None
    held: bool = True

    @property
    def players(self) -> tuple[str, ...]:
        return self.posture.players

    @property
    def actions(self) -> tuple[tuple[str, ...], ...]:
        return tuple(self.posture.actions[player] for player in self.players)

    @cached_property
    def plays(self) -> tuple[Play, ...]:
        """The equilibria as plays, each with its regret recomputed from the payoffs."""
        return tuple(Play(self.posture.name, self.block.name, self.block.when, self.players,
                          self.actions, self.payoffs, profile, regret(self.payoffs, profile))
                     for profile in self.profiles)

    @cached_property
    def flows(self) -> Floats:
        """(equilibria, n) what each equilibrium pays each player per unit of time."""
        return np.array([expected(self.payoffs, profile) for profile in self.profiles])

    @property
    def _slack(self) -> Floats:
        return np.asarray(EQUAL * np.ptp(self.payoffs.reshape(len(self.payoffs), -1), axis=1))

    def chosen(self, rule: str) -> tuple[int, ...]:
        """Places of the equilibria that a rule picks; () where it picks none."""
        every = tuple(range(len(self.profiles)))
        if rule == "payoff-dominant":
            return tuple(k for k in every
                         if np.all(self.flows[k] >= self.flows.max(axis=0) - self._slack))
        if rule == "worst":
            sums, slack = self.flows.sum(axis=1), float(self._slack.sum())
            return tuple(k for k in every if sums[k] <= sums.min() + slack)
        if rule == "risk-dominant":
            return self._risk_dominant
        return every

    @cached_property
    def _risk_dominant(self) -> tuple[int, ...]:
        """Of two strict equilibria the one whose deviations lose more, in product; 2×2 only."""
        if self.payoffs.shape != (2, 2, 2):
            return ()
        if len(self.profiles) == 1:
            return (0,)
        wide = np.ptp(self.payoffs.reshape(2, -1), axis=1)
        strict = {}
        for k, profile in enumerate(self.profiles):
            if all(part.max() == 1.0 for part in profile):
                loss = [float(pays @ (2.0 * part - 1.0)) for pays, part in
                        ((deviations(self.payoffs, profile, i), profile[i]) for i in (0, 1))]
                if min(loss) > 0.0:
                    strict[k] = loss[0] * loss[1] / float(wide.prod())
        if len(strict) != 2 or max(strict.values()) - min(strict.values()) <= EQUAL:
            return ()
        return (max(strict, key=strict.__getitem__),)

    def kept(self, rule: str | None = None) -> tuple[int, ...]:
        """Places of the equilibria that the posture's rule (or another one) keeps: what it picks,
        and all where it picks none."""
        return self.chosen(rule or self.posture.equilibrium) or self.chosen("all")

    def labels(self, k: int) -> tuple[str, ...]:
        """The selection words that fit an equilibrium, where there are several to select from."""
        if len(self.profiles) == 1:
            return ()
        return tuple(rule for rule in ("payoff-dominant", "risk-dominant", "worst")
                     if k in self.chosen(rule))


def stage_games(game: Game, lattice: Lattice | None = None) -> tuple[StageGame, ...]:
    """Every posture under every condition, at the game's parameters, with its static equilibria.

    Args:
        lattice: the game compiled (one draw), where that is at hand.

    Raises:
        InputError: for a payoff that is not finite.
    """
    if not game.postures:
        return ()
    lattice = build_lattice(game) if lattice is None else lattice
    values = {name: float(np.ravel(value)[0]) for name, value in lattice.parameters.items()}
    found = []
    for posture in game.postures.values():
        for at, block in enumerate(posture.payoffs):
            path = f"{game.name}: postures.{posture.name}.payoffs[{at}]"
            payoffs = np.array([_table(block.payoffs[player], values, f"{path}.{player}")
                                for player in posture.players])
            payoffs.setflags(write=False)
            found.append(StageGame(posture, block, payoffs, *static_equilibria(payoffs),
                                   held=bool(lattice.holds(block.when).any())))
    return tuple(found)


def conventions(stages: Sequence[StageGame], rule: str | None = None,
                ) -> Iterable[Convention]:
    """Every convention over the conditions that can hold, lazily, in a fixed order.

    Args:
        rule: the rule that keeps equilibria, for all postures; None: each posture's own.
    """
    held = [stage for stage in stages if stage.held]
    picks = itertools.product(*([stage.plays[k] for k in stage.kept(rule)] for stage in held))
    return (Convention(plays) for plays in picks)


def play_out(lattice: Lattice, rule: str | None = None, most: int = MOST_CONVENTIONS) -> Played:
    """The lattices of a game with postures, one for each convention, at most ``most`` of them.

    Raises:
        InputError: for a lattice of several draws: each has equilibria of its own.
    """
    if lattice.draws != 1:
        raise InputError(f"{lattice.game.name}: postures are solved at one draw of the parameters; "
                         f"got {lattice.draws} at once")
    stages = stage_games(lattice.game, lattice)
    for stage in stages:
        if rule == "risk-dominant" and stage.payoffs.shape != (2, 2, 2):
            raise InputError(f"posture {stage.posture.name!r}: risk dominance is defined for two "
                             "players with two actions each")
    held = [stage for stage in stages if stage.held]
    total = math.prod(len(stage.kept(rule)) for stage in held)
    lattices = tuple(with_convention(lattice, convention) for convention in
                     itertools.islice(conventions(stages, rule), most))
    doubts = tuple((f"posture {stage.posture.name}, {stage.block.name}: {stage.because}",
                    "continuum" in (stage.because or "")) for stage in held if not stage.complete)
    return Played(lattices, doubts, total)


def _table(table: Any, values: Mapping[str, float], path: str) -> Any:
    """A table of numbers and expressions as nested lists of finite floats."""
    if isinstance(table, tuple):
        return [_table(entry, values, f"{path}[{at}]") for at, entry in enumerate(table)]
    try:
        number = float(table.evaluate(values) if isinstance(table, Expression) else table)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    if not math.isfinite(number):
        raise InputError(f"{path}: expected a finite number, found {number:g}")
    return number


def static_equilibria(payoffs: Floats) -> tuple[tuple[Profile, ...], bool, str | None]:
    """All static equilibria; whether the list is proved complete, and why not."""
    if payoffs.shape == (2, 2, 2):
        quick = two_by_two.equilibria(payoffs)
        if quick is not None:
            return tuple(quick), True, None
    from .normal_form import NormalFormGame, solve

    found = solve(NormalFormGame(payoffs))
    because = found.incomplete_because
    return (tuple(equilibrium.profile for equilibrium in found.equilibria), found.complete,
            None if because is None else because[:1].lower() + because[1:].rstrip("."))
