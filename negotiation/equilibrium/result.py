"""What a solve returns: equilibria with their certificates, and how the solve ended."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..conventions import Convention, Mixed
from ..errors import InputError, UnknownNameError
from ..lattice import Lattice
from ..model import Game
from ..process import Process
from .traversal import Ending

Floats = NDArray[np.float64]


class Status(enum.Enum):
    """How a solve ended; the value reads as a sentence."""

    COMPLETE = "Every equilibrium is listed."
    CAPPED = "The list stops at the cap; there are more equilibria."
    UNPROVED = ("These are the equilibria that the search found; that there are no others is not "
                "proved.")
    CONTINUUM = ("Equilibria form a continuum; its extreme points are listed, the points between "
                 "are not.")
    BRANCH = ("The solution on the branch from loud noise is listed; whether there are others was "
              "not asked.")
    SELECTED = "The equilibrium that vanishing noise selects is listed; others were not asked for."
    ONE = "One equilibrium was asked for; whether there are others was not asked."
    REJECTED = "An equilibrium that missed the certificate's tolerance was left out."

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Component:
    """A continuum of equilibria in one state: consents that vary because somebody is indifferent.

    Attributes:
        state: index of the state.
        moves: the moves whose surplus is zero over an interval of consents.
        actors: who is indifferent about them.
        extremes: the extreme points, each a table move → consent probability.
        value_varies: whether any actor's value in the state differs along the component.
        encounter: the encounter in which one actor is indifferent between some of its actions,
            whose probabilities the extreme points then are; None for a tie of moves.
        actions: these actions.
    """

    state: int
    moves: tuple[str, ...]
    actors: tuple[str, ...]
    extremes: tuple[tuple[float, ...], ...]
    value_varies: bool = True
    encounter: str | None = None
    actions: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Equilibrium:
    """One Markov perfect equilibrium of a lattice at one draw of its parameters.

    Attributes:
        id: its number in the list, from 1.
        values: (S, n) V_i(s), in payoff units.
        consent: (E,) α, the probability that the move is made at an opportunity.
        terms: (T, J) the terms of each bargained edge, in [0, 1]; for ``offers`` their mean.
        proposals: (T, n, J) each proposer's terms, or None when no move uses ``offers``.
        surplus: (E,) σ in payoff units, the best gain that every member can have at once.
        index: ±1 (the product over states), 0 where a state's is not defined.
        regret: largest violation of the equilibrium conditions over all states, relative to each
            actor's payoff range, recomputed from the game; and of the static equilibria of its
            convention, relative to each player's range there.
        components: the continua that this equilibrium is a chosen point of.
        play: (S, Q) the mixed actions of the encounters of every state, one after the other; None
            for a game without encounters. See :meth:`actions`.
    """

    id: int
    lattice: Lattice
    draw: int
    values: Floats
    consent: Floats
    terms_array: Floats
    proposals: Floats | None
    surplus: Floats
    index: int
    regret: float
    components: tuple[Component, ...] = ()
    play: Floats | None = None

    @property
    def game(self) -> Game:
        return self.lattice.game

    @property
    def convention(self) -> Mixed:
        """How postures are played: posture → condition → player → action → probability."""
        return {} if self.lattice.convention is None else self.lattice.convention.mixed()

    @cached_property
    def pure(self) -> bool:
        """Whether every consent, and every action in an encounter, is certain."""
        chances = self.consent if self.play is None else np.append(self.consent, self.play)
        return bool(np.all((chances == 0.0) | (chances == 1.0)))

    @cached_property
    def process(self) -> Process:
        """The Markov chain over states that play follows in this equilibrium."""
        return Process(self.lattice, self.lattice.rate[self.draw] * self.consent)

    def _state(self, state: Mapping[str, str] | int | None) -> int:
        if state is None:
            return 0
        return state if isinstance(state, int) else self.lattice.find(state)

    def _edge(self, move: str, state: Mapping[str, str] | int | None) -> int:
        if move not in self.game.moves:
            raise UnknownNameError("move", move, self.game.moves)
        edges = np.flatnonzero(self.lattice.edge_move == self.lattice.moves.index(move))
        if state is not None:
            edges = edges[self.lattice.edge_state[edges] == self._state(state)]
        if not len(edges):
            where = "any state that play can reach" if state is None else f"the state {state}"
            raise InputError(f"move {move!r} is not available in {where}")
        return int(edges[0])

    def value(self, actor: str, state: Mapping[str, str] | int | None = None) -> float:
        """V_i in a state (the start when none is given)."""
        if actor not in self.game.actors:
            raise UnknownNameError("actor", actor, self.game.actors)
        return float(self.values[self._state(state), self.lattice.actors.index(actor)])

    def consent_to(self, move: str, state: Mapping[str, str] | int | None = None) -> float:
        """α of a move in a state (in the first state where it is available when none is given)."""
        return float(self.consent[self._edge(move, state)])

    def terms(self, move: str, state: Mapping[str, str] | int | None = None) -> dict[str, float]:
        """The terms of a move in a state (the first where it is available), issue → x ∈ [0, 1]."""
        edge = self._edge(move, state)
        row = self.lattice.bargain[edge]
        names = self.game.moves[move].issues
        return {name: float(self.terms_array[row, j]) for j, name in enumerate(names)}

    def actions(self, encounter: str, state: Mapping[str, str] | int | None = None,
                ) -> dict[str, dict[str, float]]:
        """How an encounter is played in a state (the first where it can come when none is given):
        player → action → probability.

        Raises:
            UnknownNameError: for a name that is no encounter.
            InputError: for a state in which it cannot come.
        """
        row = self._clash(encounter, state)
        clash, clashes = self.game.encounters[encounter], self.lattice.clashes
        assert clashes is not None and self.play is not None
        mixed = clashes.mixed(row, self.play[int(clashes.state[row])])
        return {player: dict(zip(clash.actions[player], part.tolist(), strict=True))
                for player, part in zip(clash.players, mixed, strict=True)}

    def action_values(self, encounter: str, state: Mapping[str, str] | int | None = None,
                      ) -> dict[str, dict[str, float]]:
        """What each action of an encounter brings its player, lump and V(s′), when the others play
        as they do: player → action → payoff. Arguments and errors are those of :meth:`actions`."""
        row = self._clash(encounter, state)
        clash, clashes = self.game.encounters[encounter], self.lattice.clashes
        assert clashes is not None and self.play is not None
        here, size = int(clashes.state[row]), int(np.prod(clash.shape))
        edge = clashes.edge[row, :size]
        after = np.full(size, here)
        after[edge >= 0] = self.lattice.edge_target[edge[edge >= 0]]
        worth = clashes.lump[self.draw, row, :, :size] + self.values[after].T
        mixed = clashes.mixed(row, self.play[here])
        found = {}
        for k, player in enumerate(clash.players):
            table = np.moveaxis(worth[self.lattice.actors.index(player)].reshape(clash.shape), k, 0)
            for part in reversed([part for j, part in enumerate(mixed) if j != k]):
                table = table @ part
            found[player] = dict(zip(clash.actions[player], table.tolist(), strict=True))
        return found

    def _clash(self, encounter: str, state: Mapping[str, str] | int | None) -> int:
        """The row of an encounter in a state among the lattice's clashes."""
        if encounter not in self.game.encounters:
            raise UnknownNameError("encounter", encounter, self.game.encounters)
        clashes = self.lattice.clashes
        assert clashes is not None
        mine = np.flatnonzero(clashes.encounter == list(self.game.encounters).index(encounter))
        if state is not None:
            mine = mine[clashes.state[mine] == self._state(state)]
        if not len(mine):
            where = "any state that play can reach" if state is None else f"the state {state}"
            raise InputError(f"encounter {encounter!r} cannot come in {where}")
        return int(mine[0])

    def probability(self, outcome: str, by: float | None = None) -> float:
        """The chance that an outcome is reached by a date (the game's horizon by default)."""
        return self.process.outcome(outcome, self.game.horizon if by is None else by).probability


@dataclass(frozen=True)
class Options:
    """What a solve was asked for; the fields are the parameters of ``solve``.

    ``indifferent`` None leaves the rule for indifference to the game.
    """

    equilibria: str = "all"
    concept: str = "mpe"
    cap: int = 10_000
    boxes: int = 1_000
    indifferent: str | None = None
    conventions: str | None = None


@dataclass(frozen=True, eq=False)
class Solution:
    """The equilibria of a game and what is known about the list.

    Attributes:
        lattice: the game compiled; where it has postures, without what they pay (each
            equilibrium's own lattice holds that).
        equilibria: in a deterministic order, each with its certificate.
        complete: True only when it is proved that the list holds every equilibrium that obeys the
            rule for indifference, under every convention that the rules for postures keep.
        status: how the solve ended.
        incomplete_because: the same with the places; None if the list is complete.
        seconds: wall time of the solve.
        total: how many equilibria there are where the list stops at the cap and they could be
            counted without listing them; else None.
        options: what the solve was asked for.
        further: starts the list over and goes on beyond the cap; None where it is whole.
    """

    game: Game
    lattice: Lattice
    equilibria: tuple[Equilibrium, ...]
    complete: bool
    status: Status | Ending
    incomplete_because: str | None
    seconds: float
    total: int | None = None
    options: Options = Options()
    further: Callable[[], Iterator[Equilibrium]] | None = field(default=None, repr=False)

    def iterate(self) -> Iterator[Equilibrium]:
        """Every equilibrium in order, each certified, one at a time: beyond the cap too.

        What ``incomplete_because`` says besides the cap holds for them, too. Listing goes on as
        long as it is asked to, without a time limit.
        """
        return iter(self.equilibria) if self.further is None else self.further()

    @property
    def indifferent(self) -> str:
        """The rule for indifference that the equilibria obey."""
        return self.options.indifferent or self.game.indifferent

    @property
    def count(self) -> int | None:
        """How many equilibria there are; None when that is not known."""
        return len(self.equilibria) if self.complete else self.total

    @property
    def conventions(self) -> tuple[Convention, ...]:
        """The conventions under which equilibria are listed; () for a game without postures."""
        found = dict.fromkeys(equilibrium.lattice.convention for equilibrium in self.equilibria)
        return tuple(convention for convention in found if convention is not None)

    @property
    def components(self) -> tuple[Component, ...]:
        """Every continuum met in any equilibrium of the list."""
        found: dict[tuple[object, ...], Component] = {}
        for equilibrium in self.equilibria:
            for part in equilibrium.components:
                found.setdefault((part.state, part.moves, part.extremes, part.encounter,
                                  part.actors), part)
        return tuple(found.values())
