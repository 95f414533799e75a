"""Conventions: how every posture is played under each of its conditions.

Actions of a posture touch flows only, so under each condition its players play a static Nash
equilibrium of its game. A **convention** picks one for each condition that can hold; it is a
property of play, like the equilibrium that is found given it. On a lattice it adds its expected
payoffs to the flows of the states where the condition holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .model import Condition, Outcome

if TYPE_CHECKING:
    from .lattice import Lattice

Floats = NDArray[np.float64]
#: posture → condition → player → action → probability; actions that are never played are left out
Mixed = dict[str, dict[str, dict[str, dict[str, float]]]]

#: probabilities closer than this are the same
SAME = 1e-9


@dataclass(frozen=True, eq=False)
class Play:
    """One posture under one condition: its payoffs, and the Nash equilibrium that is played.

    Attributes:
        posture, condition: their names; ``when`` is the condition itself.
        players, actions: actors, and for each the names of its actions.
        payoffs: (n, m_1, …, m_n) per unit of time.
        profile: for each player (m_i,) the probabilities of its actions.
        regret: what the best deviation gains, in units of the player's payoff range.
    """

    posture: str
    condition: str
    when: Condition
    players: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    payoffs: Floats
    profile: tuple[Floats, ...]
    regret: float

    @cached_property
    def flow(self) -> Floats:
        """(n,) what each player gets per unit of time."""
        return expected(self.payoffs, self.profile)

    @cached_property
    def support(self) -> tuple[tuple[int, ...], ...]:
        """For each player the actions that it plays."""
        return tuple(tuple(int(a) for a in np.flatnonzero(part)) for part in self.profile)

    def probability(self, player: str, action: str) -> float:
        """How likely a player takes an action."""
        i = self.players.index(player)
        return float(self.profile[i][self.actions[i].index(action)])

    def mixed(self) -> dict[str, dict[str, float]]:
        """Player → action → probability, of the actions that are played."""
        return {player: {names[a]: float(part[a]) for a in range(len(names)) if part[a] > 0.0}
                for player, names, part in zip(self.players, self.actions, self.profile,
                                               strict=True)}

    def agrees(self, other: Play) -> bool:
        """Whether it is the same play: equal probabilities where payoffs are equal; where a setting
        has changed them, equal supports."""
        if np.array_equal(self.payoffs, other.payoffs):
            return all(np.abs(a - b).max() <= SAME
                       for a, b in zip(self.profile, other.profile, strict=True))
        return self.support == other.support


@dataclass(frozen=True, eq=False)
class Convention:
    """What is played, one :class:`Play` for each condition that holds in some state."""

    plays: tuple[Play, ...]

    @property
    def regret(self) -> float:
        """The largest regret of its plays."""
        return max((play.regret for play in self.plays), default=0.0)

    @cached_property
    def of(self) -> Mapping[tuple[str, str], Play]:
        """(posture, condition) → play."""
        return {(play.posture, play.condition): play for play in self.plays}

    def agrees(self, other: Convention) -> bool:
        """Whether two conventions are one where both say something.

        Another start, or moves that are blocked, can make a condition unreachable: the convention
        of that game then says nothing about it.
        """
        return all(play.agrees(other.of[key]) for key, play in self.of.items() if key in other.of)

    def mixed(self) -> Mixed:
        """Posture → condition → player → action → probability, as results print it."""
        found: Mixed = {}
        for play in self.plays:
            found.setdefault(play.posture, {})[play.condition] = play.mixed()
        return found

    def chance(self, lattice: Lattice, outcome: Outcome) -> Floats:
        """(S,) the probability that the actions which an outcome names are played in each state.

        Players choose independently; where no condition of a posture holds, nothing is played.
        """
        chance = np.ones(len(lattice.states))
        for posture, actions in outcome.posture.items():
            here = np.zeros(len(chance))
            for play in self.plays:
                if play.posture == posture:
                    each = [play.probability(player, action) for player, action in actions.items()]
                    here[lattice.holds(play.when)] = np.prod(each)
            chance *= here
        return chance


@dataclass(frozen=True, eq=False)
class Played:
    """The lattices of a game, one for each convention, and what is not known about the list."""

    lattices: tuple[Lattice, ...]
    #: (why, whether it is a continuum) for each stage game whose list is not proved complete
    doubts: tuple[tuple[str, bool], ...]
    #: how many conventions the rules leave; ``lattices`` may stop before
    total: int


def with_convention(lattice: Lattice, convention: Convention) -> Lattice:
    """The lattice of a game (all draws) in which its postures are played by a convention.

    Raises:
        InputError: for a lattice that has one already.
    """
    if lattice.convention is not None:
        raise InputError("the lattice has a convention already")
    flow = lattice.flow
    if convention.plays:
        flow = flow.copy()
        for play in convention.plays:
            rows = np.flatnonzero(lattice.holds(play.when))
            for player, worth in zip(play.players, play.flow.tolist(), strict=True):
                flow[:, rows, lattice.actors.index(player)] += worth
    return replace(lattice, flow=flow, convention=convention)


def expected(payoffs: Floats, profile: tuple[Floats, ...]) -> Floats:
    """(n,) expected payoffs of a mixed profile."""
    out: Floats = payoffs
    for part in reversed(profile):
        out = np.asarray(out @ part)
    return out


def deviations(payoffs: Floats, profile: tuple[Floats, ...], player: int) -> Floats:
    """(m_i,) what each action pays a player against the others' mixes."""
    out: Floats = payoffs[player]
    for i in range(len(profile) - 1, -1, -1):
        if i != player:
            out = np.tensordot(out, profile[i], axes=(i, 0))
    return out


def regret(payoffs: Floats, profile: tuple[Floats, ...]) -> float:
    """The largest gain from a deviation, each in units of the player's payoff range."""
    worst = 0.0
    for i, part in enumerate(profile):
        pays, wide = deviations(payoffs, profile, i), float(np.ptp(payoffs[i]))
        if wide > 0.0:
            worst = max(worst, float(pays.max() - pays @ part) / wide)
    return worst
