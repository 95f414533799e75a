"""A game at given parameters, compiled to arrays: the reachable states and the moves between them.

The structure (states, edges, levels) does not depend on numbers; the numbers carry a leading axis
of parameter draws, so that a batch of draws is one compilation. An **edge** is one move (or one
event of an encounter) in one state where it is available. States that edges lead between in both
directions form a **component** (most have one state). The **level** of a component is the length of
the longest chain of components that leaves it: level 0 is never left, and every edge between
components goes to a lower level, which is the reverse topological order that the solver works in.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .clashes import Clashes, build_clashes, pay_edges
from .errors import InputError
from .expressions import Expression
from .kernels.graph import components_and_levels
from .model import Condition, Game, Linkage, Number
from .reachable import Indices, explore, holds

if TYPE_CHECKING:
    from .conventions import Convention

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_STATES = 4_000_000
#: states and edges worked on at a time, so that what is in between stays in the cache
BLOCK, EDGE_BLOCK = 1 << 14, 1 << 16
#: combinations of statuses of several fronts that are put into one table of flows
MOST_JOINT = 1 << 10


@dataclass(frozen=True, eq=False)
class Lattice:
    """Reachable states, edges and payoffs of a game. D draws, S states, E edges, n actors.

    Attributes:
        game: the game that was compiled (a setting already applied).
        parameters: the parameter values, each a float or an array (D,).
        states: (S, K) index of each front's status; row 0 is where play starts.
        component: (S,) number of the state's component; its level is that of all its states.
        level: (S,) length of the longest chain of components from the state's.
        edge_state, edge_move, edge_target: (E,) sorted by state, then by the file's move order.
        first_edge: (S + 1,) edges of state s are ``first_edge[s]:first_edge[s + 1]``.
        discount: (D, n) r_i.
        flow: (D, S, n) f_i(s), per unit of time.
        rate: (D, E) λ_m(s), opportunities per unit of time.
        lump: (D, E, n) g_i,m.
        member: (E, n) whether the actor's consent is asked.
        forced: (E, n) whether it takes part and a setting makes it consent, so that it is not
            asked. never: (E,) whether a setting makes some member refuse.
        bargain: (E,) row of the edge in the term arrays, −1 where no issues are on the table.
        value, curvature: (D, T, J, n) of the T bargained edges, padded with zero issues.
        weights: (D, T, n) bargaining power, 1 where the file says nothing.
        noise: (D, number of moves, n) ratification noise ς, 0 where the file says nothing.
        convention: how the game's postures are played; ``flow`` holds what they pay then. None
            where no convention was laid on, and for games without postures.
        clashes: where encounters can come; None for a game without them. A profile that changes a
            status is an edge that nobody's consent is needed for: its consent in an equilibrium is
            the probability of the profile.
    """

    game: Game
    parameters: dict[str, float]
    states: NDArray[np.int16]
    component: Ints
    level: Ints
    edge_state: Indices
    edge_move: Indices
    edge_target: Indices
    first_edge: Ints
    discount: Floats
    flow: Floats
    rate: Floats
    lump: Floats
    member: Bools
    forced: Bools
    never: Bools
    bargain: Indices
    value: Floats
    curvature: Floats
    weights: Floats
    noise: Floats
    convention: Convention | None = None
    clashes: Clashes | None = None

    @property
    def draws(self) -> int:
        return int(self.discount.shape[0])

    @property
    def actors(self) -> tuple[str, ...]:
        return tuple(self.game.actors)

    @property
    def party(self) -> Bools:
        """(E, n) who takes part in a move: those who are asked, and those who have to consent."""
        return self.member | self.forced if self.forced.any() else self.member

    @property
    def moves(self) -> tuple[str, ...]:
        """The moves, and after them the events of encounters (``Game.steps``)."""
        return tuple(self.game.steps)

    def state(self, index: int) -> dict[str, str]:
        """The state's status of every front, by name."""
        return {name: front.statuses[self.states[index, k]]
                for k, (name, front) in enumerate(self.game.fronts.items())}

    def find(self, state: Mapping[str, str]) -> int:
        """The index of a state; fronts that are left out are in their starting status.

        Raises:
            InputError: for an unknown front or status, or a state that moves cannot reach.
        """
        row = []
        for name in state:
            self.game.check_front(name, state[name])
        for name, front in self.game.fronts.items():
            status = state.get(name, front.start)
            row.append(front.statuses.index(status))
        found = np.flatnonzero((self.states == np.array(row)).all(axis=1))
        if not len(found):
            raise InputError(f"no sequence of moves reaches the state {dict(state)}")
        return int(found[0])

    def edges(self, state: int) -> range:
        return range(int(self.first_edge[state]), int(self.first_edge[state + 1]))

    def holds(self, condition: Condition) -> Bools:
        """(S,) where a condition on fronts' statuses holds."""
        return holds(self.game, self.states, condition)

    def payoff_range(self) -> Floats:
        """(D, n) how far apart an actor's payoffs can lie; tolerances are relative to it.

        The spread of perpetual flows f/r plus the largest lump and the largest worth of terms; for
        an actor whom nothing pays, the largest range among the others (1 if there is none).
        """
        return self._range

    @cached_property
    def _range(self) -> Floats:
        spread: Floats = (self.flow.max(axis=1) - self.flow.min(axis=1)) / self.discount
        if self.lump.shape[1]:
            spread = spread + np.maximum(self.lump.max(axis=1), -self.lump.min(axis=1))
        if self.clashes is not None and len(self.clashes.state):
            idle = self.clashes.lump * (self.clashes.edge < 0)[None, :, None, :]
            spread = spread + np.abs(idle).max(axis=(1, 3))
        if self.value.shape[1]:
            spread = spread + (np.abs(self.value) + 0.5 * self.curvature).sum(axis=2).max(axis=1)
        largest = spread.max(axis=1, keepdims=True)
        out = np.where(spread > 0, spread, np.where(largest > 0, largest, 1.0))
        out.setflags(write=False)
        return out


def build_lattice(game: Game, draws: Mapping[str, Floats] | None = None,
                  max_states: int = MAX_STATES, like: Lattice | None = None) -> Lattice:
    """Compile a game: find the states that moves can reach, and every number in them.

    Args:
        game: the game, at its own parameter values.
        draws: parameter → array (D,) of values; D is 1 when nothing is given.
        max_states: refuse a game with more reachable states than this.
        like: the same game at other draws: its states are not found again.

    Raises:
        InputError: when a number has the wrong sign or is not finite at some draw.
    """
    values = game.parameter_values(draws)
    count = max((np.size(v) for v in (draws or {}).values()), default=1)
    if like is None:
        states, layers, edge_state, edge_move, edge_target = explore(game, max_states)
        first = np.zeros(len(states) + 1, dtype=np.int64)
        np.cumsum(np.bincount(edge_state, minlength=len(states)), out=first[1:])
        component, level = components_and_levels(first, edge_target, layers)
    else:
        states, component, level, first = like.states, like.component, like.level, like.first_edge
        edge_state, edge_move, edge_target = like.edge_state, like.edge_move, like.edge_target
    numbers = _Numbers(game, values, count, states, edge_state, edge_move)
    bargain, value, curvature, weights = numbers.terms()
    rate, lump = numbers.rate(), numbers.lump()
    clashes = build_clashes(game, states, (edge_state, edge_move), numbers)
    if clashes is not None:
        pay_edges(clashes, rate, lump)
    member, forced, never = numbers.consents()
    return Lattice(
        game=game, parameters=values, states=states, component=component, level=level,
        edge_state=edge_state, edge_move=edge_move, edge_target=edge_target, first_edge=first,
        discount=numbers.discount(), flow=numbers.flow(), rate=rate, lump=lump, member=member,
        forced=forced, never=never, bargain=bargain, value=value, curvature=curvature,
        weights=weights, noise=numbers.noise(), clashes=clashes)


def cycle_message(lattice: Lattice) -> str | None:
    """How moves lead back to where play has been, for example; None where they never do."""
    size = np.bincount(lattice.component, minlength=len(lattice.states))
    if size.max() == 1:
        return None
    import networkx as nx  # only to name the loop

    game = lattice.game
    source, target = lattice.edge_state, lattice.edge_target
    inside = lattice.component[source] == lattice.component[target]
    graph = nx.DiGraph(zip(source[inside].tolist(), target[inside].tolist(), strict=True))
    loop = [a for a, *_ in nx.find_cycle(graph)]
    moving = [name for k, name in enumerate(game.fronts)
              if len({int(lattice.states[s, k]) for s in loop}) > 1]
    path = " → ".join(", ".join(f"{name} {status}" for name, status in lattice.state(s).items())
                      for s in [*loop, loop[0]])
    return (f"{game.name}: moves can lead back to where play has been ({path}), through front"
            f"{'s' if len(moving) > 1 else ''} {', '.join(moving)}")


# ---- numbers --------------------------------------------------------------------------------

class _Numbers:
    """Evaluates every number of a game on arrays of draws, states and edges."""

    def __init__(self, game: Game, values: dict[str, float], draws: int,
                 states: NDArray[np.int16], edge_state: Indices, edge_move: Indices) -> None:
        self.game, self.values, self.draws, self.states = game, values, draws, states
        self.edge_state, self.edge_move = edge_state, edge_move
        self.actor = {name: i for i, name in enumerate(game.actors)}
        self.moves = list(game.steps.values())
        self.links = [(link, holds(game, states, link.when)) for link in game.linkages]
        self._edges_of: dict[int, Ints] = {}

    def edges_of(self, move: int) -> Ints:
        """Edges of a move, ascending."""
        if move not in self._edges_of:
            self._edges_of[move] = np.flatnonzero(self.edge_move == move)
        return self._edges_of[move]

    def number(self, number: Number, path: str, least: float = -np.inf, strict: bool = False,
               ) -> Floats:
        """(D,) or () array of a number, checked."""
        if isinstance(number, Expression):
            try:
                number = number.evaluate(self.values)
            except InputError as error:
                raise InputError(f"{self.game.name}: {path}: {error}") from None
        value = np.asarray(number, dtype=float)
        bad = ~np.isfinite(value) | (value <= least if strict else value < least)
        if bad.any():
            found = value[bad].ravel()[0]
            wanted = "a finite number" if not np.isfinite(found) else (
                f"a number {'above' if strict else 'of at least'} {least:g}")
            at = int(np.flatnonzero(bad.ravel())[0])
            given = {k: float(np.ravel(v)[at] if np.size(v) > 1 else np.ravel(v)[0])
                     for k, v in self.values.items()}
            raise InputError(f"{self.game.name}: {path}: expected {wanted}, found {found:g} at "
                             f"parameters {given}")
        return value

    def payments(self, table: Mapping[str, Number], path: str, **check: float) -> Floats:
        """(D, n) array of a table actor → number."""
        out = np.zeros((self.draws, len(self.actor)))
        for name, number in table.items():
            out[:, self.actor[name]] = self.number(number, f"{path}.{name}", **check)  # type: ignore[arg-type]
        return out

    def discount(self) -> Floats:
        rates = {name: actor.discount_rate for name, actor in self.game.actors.items()}
        return self.payments(rates, "discount_rate", least=0.0, strict=True)

    def flow(self) -> Floats:
        flow = np.zeros((self.draws, len(self.states), len(self.actor)))
        tables = self._flow_tables()
        links = [(held, self.payments(link.flow, f"linkages[{at}].flow"))
                 for at, (link, held) in enumerate(self.links) if link.flow]
        block = max(BLOCK // self.draws, 1)
        for begin in range(0, len(self.states), block):
            part = slice(begin, begin + block)
            for columns, table in tables:
                flow[:, part] += _rows_of(table, columns[part])
            for held, extra in links:
                rows = begin + np.flatnonzero(held[part])
                if len(rows):
                    flow[:, rows] += extra[:, None]
        return flow

    def _flow_tables(self) -> list[tuple[Indices, Floats]]:
        """Pairs ((S,) row, (D, rows, n) table) whose rows add up to the fronts' flows; a table
        serves several fronts at once."""
        most = min(MOST_JOINT, len(self.states))
        tables: list[tuple[Indices, Floats]] = []
        for k, (name, front) in enumerate(self.game.fronts.items()):
            by_status = np.zeros((self.draws, len(front.statuses), len(self.actor)))
            for status, table in front.flow.items():
                by_status[:, front.statuses.index(status)] = self.payments(
                    table, f"fronts.{name}.flow.{status}")
            if not by_status.any():
                continue
            column: Indices = self.states[:, k]
            if tables and tables[-1][1].shape[1] * by_status.shape[1] <= most:
                before, joint = tables.pop()
                column = column + before * by_status.shape[1]
                by_status = (joint[:, :, None] + by_status[:, None]).reshape(
                    self.draws, -1, len(self.actor))
            tables.append((column, by_status))
        return tables

    def _touching(self, part: str, move: int) -> list[tuple[int, Linkage, Ints]]:
        """Linkages whose table ``part`` names the move, with those of its edges they hold on, as
        places among them."""
        name = self.moves[move].name
        return [(at, link, np.flatnonzero(holds[self.edge_state[self.edges_of(move)]]))
                for at, (link, holds) in enumerate(self.links) if name in getattr(link, part)]

    def rate(self) -> Floats:
        base = np.zeros((self.draws, len(self.moves)))
        for m, move in enumerate(self.moves):
            base[:, m] = self.number(move.rate, f"moves.{move.name}.rate", least=0.0)
        links = [(m, at, np.broadcast_to(self.number(
                     link.rate[move.name], f"linkages[{at}].rate.{move.name}", 0.0), self.draws))
                 for m, move in enumerate(self.moves)
                 for at, (link, _) in enumerate(self.links) if move.name in link.rate]
        rate = np.empty((self.draws, len(self.edge_move)))
        for part in self._blocks():
            rate[:, part] = base[:, self.edge_move[part]]
            for rows, factor in self._linked(part, links):
                rate[:, rows] *= factor[:, None]
        return rate

    def lump(self) -> Floats:
        base = np.zeros((self.draws, len(self.moves), len(self.actor)))
        for m, move in enumerate(self.moves):
            base[:, m] = self.payments(move.payoff, f"moves.{move.name}.payoff")
        links = [(m, at, self.payments(
                     link.payoff[move.name], f"linkages[{at}].payoff.{move.name}"))
                 for m, move in enumerate(self.moves)
                 for at, (link, _) in enumerate(self.links) if move.name in link.payoff]
        lump = np.empty((self.draws, len(self.edge_move), len(self.actor)))
        for part in self._blocks():
            lump[:, part] = _rows_of(base, self.edge_move[part])
            for rows, extra in self._linked(part, links):
                for i in np.flatnonzero(extra.any(axis=0)):
                    lump[:, rows, i] += extra[:, i, None]
        return lump

    def _blocks(self) -> Iterator[slice]:
        """Runs of edges that are short enough to stay in the cache."""
        size = max(EDGE_BLOCK // self.draws, 256)
        for begin in range(0, len(self.edge_move), size):
            yield slice(begin, begin + size)

    def _linked(self, part: slice, links: Sequence[tuple[int, int, Floats]],
                ) -> Iterator[tuple[Ints, Floats]]:
        """For links (move, place in the list of linkages, numbers): the edges of a block that each
        changes, and its numbers."""
        moves, states = self.edge_move[part], self.edge_state[part]
        for m, same in itertools.groupby(links, key=lambda link: link[0]):
            rows = np.flatnonzero(moves == m)
            here = states[rows]
            for _, at, numbers in same:
                held = rows[self.links[at][1][here]]
                if len(held):
                    yield part.start + held, numbers

    def consents(self) -> tuple[Bools, Bools, Bools]:
        """Whose consent each edge asks for, who has to give it (E, n), and who never does (E,)."""
        member = np.zeros((len(self.moves), len(self.actor)), dtype=bool)
        forced, never = np.zeros_like(member), np.zeros(len(self.moves), dtype=bool)
        for m, move in enumerate(self.moves):
            for name in move.by:
                always = move.consents.get(name, False)
                (forced if always else member)[m, self.actor[name]] = True
            never[m] = move.excluded
        out: Bools = np.take(member, self.edge_move, axis=0)
        return (out, np.take(forced, self.edge_move, axis=0) if forced.any() else
                np.broadcast_to(np.False_, out.shape),
                np.take(never, self.edge_move) if never.any() else
                np.broadcast_to(np.False_, self.edge_move.shape))

    def noise(self) -> Floats:
        """(D, moves, n) a move's own noise, else the game's; 0 where neither names the actor."""
        noise = np.zeros((self.draws, len(self.moves), len(self.actor)))
        for m, move in enumerate(self.moves):
            own = move.noise is not None
            given = move.noise if move.noise is not None else self.game.noise
            path = f"moves.{move.name}.noise" if own else "noise"
            if isinstance(given, Mapping):
                noise[:, m] = self.payments(given, path, least=0.0)
            else:
                noise[:, m] = self.number(given, path, least=0.0)[..., None]
        return noise

    def terms(self) -> tuple[Indices, Floats, Floats, Floats]:
        n = len(self.actor)
        if not any(move.issues for move in self.moves):
            nothing = np.zeros((self.draws, 0, 0, n))
            return (np.broadcast_to(np.int32(-1), self.edge_move.shape), nothing, nothing,
                    np.ones((self.draws, 0, n)))
        width = max((len(move.issues) for move in self.moves), default=0)
        bargained = np.array([bool(move.issues) for move in self.moves], dtype=bool)
        is_bargain = bargained[self.edge_move] if len(self.moves) else np.zeros(0, dtype=bool)
        total = int(is_bargain.sum())
        row = np.where(is_bargain, np.cumsum(is_bargain) - 1, -1).astype(np.int32)
        value = np.zeros((self.draws, total, width, n))
        curvature, weights = np.zeros_like(value), np.ones((self.draws, total, n))
        for m, move in enumerate(self.moves):
            rows = row[self.edges_of(m)]
            if not move.issues or not len(rows):
                continue
            names = list(move.issues)
            for j, issue in enumerate(move.issues.values()):
                path = f"moves.{move.name}.issues.{issue.name}"
                value[:, rows, j] = self.payments(issue.value, f"{path}.value")[:, None]
                curvature[:, rows, j] = self.payments(
                    issue.curvature, f"{path}.curvature", least=0.0)[:, None]
            for at, link, held in self._touching("value", m):
                for name, table in link.value[move.name].items():
                    value[:, rows[held], names.index(name)] += self.payments(
                        table, f"linkages[{at}].value.{move.name}.{name}")[:, None]
            for name, number in move.weights.items():
                weights[:, rows, self.actor[name]] = self.number(
                    number, f"moves.{move.name}.weights.{name}", 0.0, True)[..., None]
            for at, link, held in self._touching("weights", m):
                for name, number in link.weights[move.name].items():
                    weights[:, rows[held], self.actor[name]] *= self.number(
                        number, f"linkages[{at}].weights.{move.name}.{name}", 0.0, True)[..., None]
        return row, value, curvature, weights


def _rows_of(table: Floats, rows: Indices) -> Floats:
    """(D, B, n) rows of a table (D, R, n); numpy takes single numbers faster than short rows."""
    if len(table) > 1 or table.shape[2] > 8:
        out: Floats = np.take(table, rows, axis=1)
        return out
    out = np.empty((1, len(rows), table.shape[2]))
    for i in range(table.shape[2]):
        out[0, :, i] = table[0, :, i][rows]
    return out
