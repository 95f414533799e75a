"""What solving a stochastic game returns: equilibria, their certificates, and how it ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import overload

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.result import Status
from ..equilibrium.traversal import Ending
from .certificate import Certificate, certify, certify_logit
from .game import StochasticGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class StochasticEquilibrium:
    """One Markov perfect equilibrium of a stochastic game.

    Attributes:
        id: its number in the list, from 1.
        strategies: ``strategies[s][i]`` (m_i(s),) the mixed action of player i in state s.
        values: (S, n) V_i(s), expected discounted payoffs from s on, in payoff units.
        noise: (n,) ς_i of a solution under noise; None for a Markov perfect equilibrium.
    """

    id: int
    game: StochasticGame
    strategies: tuple[tuple[Floats, ...], ...]
    values: Floats
    noise: Floats | None = None

    @cached_property
    def certificate(self) -> Certificate:
        """The check of these strategies, from the game alone."""
        if self.noise is not None:
            return certify_logit(self.game, self.strategies, self.noise, self.values)
        return certify(self.game, self.strategies, self.values)

    @property
    def regret(self) -> float:
        """The largest violation of the equilibrium conditions, relative to the payoff range.

        Under noise: of the values, relative to the payoff range, and of the chances of actions.
        """
        return self.certificate.regret

    @cached_property
    def pure(self) -> bool:
        """Whether nobody mixes in any state."""
        return all(float(p.max()) == 1.0 for profile in self.strategies for p in profile)

    def value(self, player: str | int, state: str | int = 0) -> float:
        """V_i in a state (the first when none is given)."""
        return float(self.values[self.game.state(state), self.game.player(player)])

    def strategy(self, state: str | int, player: str | int) -> dict[str, float]:
        """What a player does in a state: action → probability."""
        s, i = self.game.state(state), self.game.player(player)
        return dict(zip(self.game.actions[s][i], self.strategies[s][i].tolist(), strict=True))

    def __repr__(self) -> str:
        kind = "pure" if self.pure else "mixed"
        return f"StochasticEquilibrium({self.id}, {kind}, values at the start {self.values[0]})"


@dataclass(frozen=True)
class StochasticContinuum:
    """A continuum of equilibria in one state: a player who is indifferent between actions.

    Attributes:
        state: the state's number.
        player: who is indifferent; ``actions`` between which.
    """

    state: int
    player: int
    actions: tuple[int, ...]


class Equilibria(Sequence[StochasticEquilibrium]):
    """The listed equilibria, in order; each is put together when it is first looked at."""

    def __init__(self, nodes: Ints, build: Callable[[int, Ints], StochasticEquilibrium]) -> None:
        self._nodes, self._build = nodes, build
        self._known: dict[int, StochasticEquilibrium] = {}

    def __len__(self) -> int:
        return len(self._nodes)

    @overload
    def __getitem__(self, place: int) -> StochasticEquilibrium: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[StochasticEquilibrium]: ...

    def __getitem__(self, place: int | slice,
                    ) -> StochasticEquilibrium | Sequence[StochasticEquilibrium]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        if not -len(self) <= place < len(self):
            raise IndexError(f"there are {len(self)} equilibria; number {place} is not among them")
        k = place % len(self)
        if k not in self._known:
            self._known[k] = self._build(k + 1, self._nodes[k])
        return self._known[k]

    def __repr__(self) -> str:
        return f"Equilibria({len(self)})"


@dataclass(frozen=True, eq=False)
class StochasticSolution:
    """The equilibria of a stochastic game and what is known about the list.

    Attributes:
        equilibria: in a deterministic order: lexicographic in the choices made component by
            component, those that nothing follows first; pure stage equilibria before mixed ones.
        found: how many joint selections of local equilibria there are, counted without listing
            them; None when counting was not asked for or did not end.
        complete: True only when it is proved that ``equilibria`` holds every equilibrium.
        status: how the solve ended; reads as a sentence. ``incomplete_because`` says it with the
            places, None if complete.
        continua: where equilibria form a continuum.
        solved: how many distinct component problems were solved.
        seconds: wall time of the solve.
        concept: ``"mpe"`` or ``"logit"``; ``noise`` (n,) ς_i where noise was asked for.
    """

    game: StochasticGame
    equilibria: Sequence[StochasticEquilibrium]
    found: int | None
    exact: bool
    complete: bool
    status: Status | Ending
    incomplete_because: str | None
    continua: tuple[StochasticContinuum, ...]
    solved: int
    seconds: float
    walk: Callable[[], Iterator[StochasticEquilibrium]] = field(repr=False)
    concept: str = "mpe"
    noise: Floats | None = None

    @property
    def count(self) -> int | None:
        """How many equilibria there are, listed or not; None when that is not known.

        Each continuum that was met counts as unknown; see ``found`` for what was found.
        """
        return self.found if self.exact else None

    def iterate(self) -> Iterator[StochasticEquilibrium]:
        """Every equilibrium in order, beyond the cap too, one at a time and without a time limit.
        """
        return self.walk()
