"""What solving a normal-form game returns: equilibria with certificates, and how it ended."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..equilibrium.result import Status
from ..errors import UnknownNameError
from .components import NashComponent, Pair, components_of
from .game import NormalFormGame, deviation_payoffs
from .index import index_of

Floats = NDArray[np.float64]
Exact = tuple[tuple[Fraction, ...], ...]

#: regret, in units of the players' payoff ranges, above which a profile is not reported
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class NashEquilibrium:
    """One Nash equilibrium of a normal-form game.

    Attributes:
        id: its number in the list, from 1.
        game: the game that it is an equilibrium of.
        profile: for each player (m_i,) the probabilities of its actions, read-only.
        exact: the same profile without rounding, where it was asked for; None otherwise.
    """

    id: int
    game: NormalFormGame
    profile: tuple[Floats, ...]
    exact: Exact | None = None

    @cached_property
    def payoffs(self) -> Floats:
        """(n,) expected payoffs."""
        pays = np.array([deviation_payoffs(self.game.payoffs, self.profile, i) @ self.profile[i]
                         for i in range(self.game.n)])
        pays.setflags(write=False)
        return pays

    @cached_property
    def regret(self) -> float:
        """The largest regret, in units of each player's payoff range, recomputed from the game."""
        return self.game.relative_regret(self.profile)

    @cached_property
    def index(self) -> int:
        """+1 or −1 where it is defined (a regular equilibrium), 0 where it is not.

        The indices of a regular game's equilibria sum to +1 (Shapley 1974).
        """
        return index_of(self.game, self.profile)

    @cached_property
    def support(self) -> tuple[tuple[int, ...], ...]:
        """For each player the indices of the actions that it plays."""
        return tuple(tuple(int(a) for a in np.flatnonzero(part)) for part in self.profile)

    @property
    def pure(self) -> bool:
        """Whether every player plays one action."""
        return all(len(part) == 1 for part in self.support)

    def probability(self, player: int | str, action: int | str) -> float:
        """How likely a player takes an action, each given by index or name."""
        i = self.game.player(player)
        if isinstance(action, str):
            if action not in self.game.actions[i]:
                raise UnknownNameError("action", action, self.game.actions[i])
            action = self.game.actions[i].index(action)
        return float(self.profile[i][action])

    def __str__(self) -> str:
        sides = []
        for i, part in enumerate(self.profile):
            plays = [self.game.actions[i][a] if len(self.support[i]) == 1 else
                     f"{self.game.actions[i][a]} {part[a]:.4g}" for a in self.support[i]]
            sides.append(f"{self.game.players[i]}: {', '.join(plays)}")
        return "; ".join(sides)


@dataclass(frozen=True, eq=False)
class NashSolution:
    """The Nash equilibria of a game and what is known about the list.

    Attributes:
        game: the game that was solved.
        equilibria: certified, in a deterministic order: pure ones first, then by support.
        complete: True only when it is proved that the list holds every equilibrium. Where
            equilibria form a continuum no list can; see ``described``.
        described: True only when it is proved that every equilibrium is listed or lies in one of
            ``components`` (two players: all extreme equilibria and maximal Nash subsets).
        status: how the solve ended. ``incomplete_because`` says why in words, None if complete.
        method: the algorithm that found the equilibria.
        rejected: how many profiles that a solver offered missed the certificate's tolerance.
        seconds: wall time of the solve.
    """

    game: NormalFormGame
    equilibria: tuple[NashEquilibrium, ...]
    complete: bool
    described: bool
    status: Status
    incomplete_because: str | None
    method: str
    rejected: int = 0
    seconds: float = 0.0
    pairs: tuple[Pair, ...] = ()            # extreme strategies of both players; () if all differ

    @property
    def count(self) -> int | None:
        """How many equilibria there are; None when that is not known, or is not finite."""
        return len(self.equilibria) if self.complete else None

    @cached_property
    def components(self) -> tuple[NashComponent, ...]:
        """Every component of a two-player game, a point or a continuum; () where not known."""
        if self.game.n != 2 or not self.described:
            return ()
        pairs = self.pairs or tuple((k, k) for k in range(len(self.equilibria)))
        profiles = [equilibrium.profile for equilibrium in self.equilibria]
        first = {x: part[0] for (x, _), part in zip(pairs, profiles, strict=True)}
        second = {y: part[1] for (_, y), part in zip(pairs, profiles, strict=True)}
        return components_of(pairs, first, second)

    @property
    def continua(self) -> tuple[NashComponent, ...]:
        """The components that are not single points."""
        return tuple(part for part in self.components if not part.is_point)

    @property
    def index_sum(self) -> int | None:
        """The sum of the indices, +1 where a regular game's list lacks none; None where an index
        is not defined."""
        indices = [equilibrium.index for equilibrium in self.equilibria]
        return sum(indices) if indices and all(indices) else None


_new = object.__new__
_COMPLETE = {"complete": True, "described": True, "status": Status.COMPLETE,
             "incomplete_because": None, "rejected": 0, "pairs": ()}


def complete_solution(game: NormalFormGame, profiles: Sequence[tuple[Floats, ...]], method: str,
                      begin: float) -> NashSolution:
    """A complete list of isolated equilibria, whose profiles are frozen already.

    The fields are set at once: going through the frozen classes' own initialisers would take half
    of the time that a small game takes.
    """
    found = []
    for k, profile in enumerate(profiles, 1):
        equilibrium = _new(NashEquilibrium)
        fields = equilibrium.__dict__
        fields["id"] = k
        fields["game"] = game
        fields["profile"] = profile
        fields["exact"] = None
        found.append(equilibrium)
    solution = _new(NashSolution)
    solution.__dict__.update(_COMPLETE, game=game, equilibria=tuple(found), method=method,
                             seconds=time.perf_counter() - begin)
    return solution


def freeze_profile(parts: Sequence[ArrayLike]) -> tuple[Floats, ...]:
    """A profile as read-only vectors."""
    frozen = tuple(np.array(part, dtype=np.float64) for part in parts)
    for part in frozen:
        part.setflags(write=False)
    return frozen
