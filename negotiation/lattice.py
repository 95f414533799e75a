"""A game at given parameters, compiled to arrays: the reachable states and the moves between them.

The structure (states, edges, levels) does not depend on numbers; the numbers carry a leading axis
of parameter draws, so that a batch of draws is one compilation. An **edge** is one move in one
state where it is available. States that moves lead between in both directions form a **component**
(most have one state). The **level** of a component is the length of the longest chain of components
that leaves it: level 0 is never left, and every edge between components goes to a lower level,
which is the reverse topological order that the solver works in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .expressions import Expression
from .model import Condition, Game, Linkage, Move, Number

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

MAX_STATES = 4_000_000


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
        member: (E, n) whether the actor's consent is needed.
        bargain: (E,) row of the edge in the term arrays, −1 where no issues are on the table.
        value, curvature: (D, T, J, n) of the T bargained edges, padded with zero issues.
        weights: (D, T, n) bargaining power, 1 where the file says nothing.
    """

    game: Game
    parameters: dict[str, float]
    states: NDArray[np.int16]
    component: Ints
    level: Ints
    edge_state: Ints
    edge_move: Ints
    edge_target: Ints
    first_edge: Ints
    discount: Floats
    flow: Floats
    rate: Floats
    lump: Floats
    member: Bools
    bargain: Ints
    value: Floats
    curvature: Floats
    weights: Floats

    @property
    def draws(self) -> int:
        return int(self.discount.shape[0])

    @property
    def actors(self) -> tuple[str, ...]:
        return tuple(self.game.actors)

    @property
    def moves(self) -> tuple[str, ...]:
        return tuple(self.game.moves)

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
        return _holds(self.game, self.states, condition)

    def payoff_range(self) -> Floats:
        """(D, n) how far apart an actor's payoffs can lie; tolerances are relative to it.

        The spread of perpetual flows f/r plus the largest lump and the largest worth of terms; for
        an actor whom nothing pays, the largest range among the others (1 if there is none).
        """
        stay = self.flow / self.discount[:, None, :]
        spread = stay.max(axis=1) - stay.min(axis=1)
        if self.lump.shape[1]:
            spread = spread + np.abs(self.lump).max(axis=1)
        if self.value.shape[1]:
            spread = spread + (np.abs(self.value) + 0.5 * self.curvature).sum(axis=2).max(axis=1)
        largest = spread.max(axis=1, keepdims=True)
        return np.where(spread > 0, spread, np.where(largest > 0, largest, 1.0))


def build_lattice(game: Game, draws: Mapping[str, Floats] | None = None,
                  max_states: int = MAX_STATES) -> Lattice:
    """Compile a game: find the states that moves can reach, and every number in them.

    Args:
        game: the game, at its own parameter values.
        draws: parameter → array (D,) of values; D is 1 when nothing is given.
        max_states: refuse a game with more reachable states than this.

    Raises:
        InputError: when a number has the wrong sign or is not finite at some draw.
    """
    values = game.parameter_values(draws)
    count = max((np.size(v) for v in (draws or {}).values()), default=1)
    states, edge_state, edge_move, edge_target = _explore(game, max_states)
    order = np.lexsort((edge_move, edge_state))
    edge_state, edge_move, edge_target = edge_state[order], edge_move[order], edge_target[order]
    component, level = _levels(len(states), edge_state, edge_target)
    first = np.searchsorted(edge_state, np.arange(len(states) + 1))
    numbers = _Numbers(game, values, count, states, edge_state, edge_move)
    bargain, value, curvature, weights = numbers.terms()
    return Lattice(
        game=game, parameters=values, states=states, component=component, level=level,
        edge_state=edge_state, edge_move=edge_move, edge_target=edge_target, first_edge=first,
        discount=numbers.discount(), flow=numbers.flow(), rate=numbers.rate(),
        lump=numbers.lump(), member=numbers.member(), bargain=bargain, value=value,
        curvature=curvature, weights=weights)


# ---- structure ------------------------------------------------------------------------------

def _holds(game: Game, states: NDArray[np.int16], condition: Condition) -> Bools:
    names = list(game.fronts)
    result = np.ones(len(states), dtype=bool)
    for front, statuses in condition.items():
        k = names.index(front)
        known = game.fronts[front].statuses
        result &= np.isin(states[:, k], [known.index(status) for status in statuses])
    return result


def _available(game: Game, states: NDArray[np.int16], move: Move) -> Bools:
    k = list(game.fronts).index(move.front)
    known = game.fronts[move.front].statuses
    source = np.isin(states[:, k], [known.index(status) for status in move.sources])
    return source & _holds(game, states, move.when)


def _apply(game: Game, states: NDArray[np.int16], move: Move) -> NDArray[np.int16]:
    names = list(game.fronts)
    after = states.copy()
    for front, status in {move.front: move.target, **move.sets}.items():
        after[:, names.index(front)] = game.fronts[front].statuses.index(status)
    return after


def _explore(game: Game, max_states: int) -> tuple[NDArray[np.int16], Ints, Ints, Ints]:
    """Breadth-first search from the start: states (start first) and edges as index arrays."""
    radix = np.array([len(front.statuses) for front in game.fronts.values()], dtype=object)
    if np.prod(radix) >= 2**62:
        raise InputError(f"{game.name}: the fronts have {np.prod(radix)} combinations of statuses; "
                         f"this version handles at most 2^62, and {max_states} reachable ones")
    strides = np.array([int(np.prod(radix[k + 1:])) for k in range(len(radix))], dtype=np.int64)
    start = [front.statuses.index(front.start) for front in game.fronts.values()]
    frontier = np.array([start], dtype=np.int16)
    rows, codes = [frontier], [frontier.astype(np.int64) @ strides]
    seen = codes[0]
    edges: list[tuple[Ints, Ints, Ints]] = []
    while len(frontier):
        here = frontier.astype(np.int64) @ strides
        reached = []
        for m, move in enumerate(game.moves.values()):
            able = np.flatnonzero(_available(game, frontier, move))
            if len(able):
                after = _apply(game, frontier[able], move)
                there = after.astype(np.int64) @ strides
                edges.append((here[able], np.full(len(able), m), there))
                reached.append((there, after))
        if not reached:
            break
        new, at = np.unique(np.concatenate([codes for codes, _ in reached]), return_index=True)
        fresh = ~np.isin(new, seen)
        frontier = np.concatenate([after for _, after in reached])[at[fresh]]
        seen = np.union1d(seen, new)
        if len(seen) > max_states:
            raise InputError(f"{game.name}: more than {max_states} states can be reached")
        rows.append(frontier)
        codes.append(new[fresh])
    states, all_codes = np.concatenate(rows), np.concatenate(codes)
    if not edges:
        none = np.zeros(0, dtype=np.int64)
        return states, none, none, none
    by_code = np.argsort(all_codes)

    def index(wanted: Ints) -> Ints:
        found: Ints = by_code[np.searchsorted(all_codes[by_code], wanted)]
        return found

    source, which, target = (np.concatenate(part) for part in zip(*edges, strict=True))
    return states, index(source), which.astype(np.int64), index(target)


def _levels(size: int, source: Ints, target: Ints) -> tuple[Ints, Ints]:
    """Component and level of every state."""
    level, left = _longest_chains(size, source, target)
    component = np.arange(size)
    if not left.any():
        return component, level
    from scipy.sparse import coo_array  # only games with cycles pay for it
    from scipy.sparse.csgraph import connected_components

    # chains from the states that are left end in a cycle; among them, look for the components
    inside = left[source] & left[target]
    place = np.cumsum(left) - 1
    graph = coo_array((np.ones(inside.sum(), dtype=np.int8),
                       (place[source[inside]], place[target[inside]])), shape=(left.sum(),) * 2)
    _, label = connected_components(graph, directed=True, connection="strong")
    first = np.full(label.max() + 1, size)
    np.minimum.at(first, label, np.flatnonzero(left))
    component[left] = first[label]
    between = component[source] != component[target]
    level, _ = _longest_chains(size, component[source[between]], component[target[between]])
    return component, level[component]


def _longest_chains(size: int, source: Ints, target: Ints) -> tuple[Ints, Bools]:
    """Longest distance to a terminal state (Kahn's algorithm, a level at a time), and the states
    that a cycle can be reached from, which have none.
    """
    level = np.zeros(size, dtype=np.int64)
    remaining = np.bincount(source, minlength=size)
    into = np.argsort(target, kind="stable")
    begin = np.searchsorted(target[into], np.arange(size + 1))
    frontier, depth = np.flatnonzero(remaining == 0), 0
    while len(frontier):
        level[frontier] = depth
        counts = begin[frontier + 1] - begin[frontier]
        offsets = np.repeat(begin[frontier] - np.cumsum(counts) + counts, counts)
        arriving = into[offsets + np.arange(counts.sum())]
        lost = np.bincount(source[arriving], minlength=size)
        remaining = remaining - lost
        frontier, depth = np.flatnonzero((remaining == 0) & (lost > 0)), depth + 1
    return level, remaining > 0


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
                 states: NDArray[np.int16], edge_state: Ints, edge_move: Ints) -> None:
        self.game, self.values, self.draws, self.states = game, values, draws, states
        self.edge_state, self.edge_move = edge_state, edge_move
        self.actor = {name: i for i, name in enumerate(game.actors)}
        self.moves = list(game.moves.values())
        self.move_index = {move.name: m for m, move in enumerate(self.moves)}
        self.edges_of = [np.flatnonzero(edge_move == m) for m in range(len(self.moves))]
        self.links = [(link, _holds(game, states, link.when)) for link in game.linkages]

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
        for k, (name, front) in enumerate(self.game.fronts.items()):
            by_status = np.zeros((self.draws, len(front.statuses), len(self.actor)))
            for status, table in front.flow.items():
                by_status[:, front.statuses.index(status)] = self.payments(
                    table, f"fronts.{name}.flow.{status}")
            flow += by_status[:, self.states[:, k]]
        for at, (link, holds) in enumerate(self.links):
            if link.flow and holds.any():
                flow[:, holds] += self.payments(link.flow, f"linkages[{at}].flow")[:, None]
        return flow

    def _touching(self, part: str, move: Move) -> list[tuple[int, Linkage, Ints]]:
        """Linkages whose table ``part`` names the move, with the rows of its edges they hold on."""
        edges = self.edge_state[self.edges_of[self.move_index[move.name]]]
        return [(at, link, np.flatnonzero(holds[edges]))
                for at, (link, holds) in enumerate(self.links) if move.name in getattr(link, part)]

    def rate(self) -> Floats:
        rate = np.zeros((self.draws, len(self.edge_state)))
        for m, move in enumerate(self.moves):
            base = np.empty((self.draws, len(self.edges_of[m])))
            base[:] = self.number(move.rate, f"moves.{move.name}.rate", least=0.0)[..., None]
            for at, link, rows in self._touching("rate", move):
                factor = self.number(link.rate[move.name], f"linkages[{at}].rate.{move.name}", 0.0)
                base[:, rows] *= factor[..., None]
            rate[:, self.edges_of[m]] = base
        return rate

    def lump(self) -> Floats:
        lump = np.zeros((self.draws, len(self.edge_state), len(self.actor)))
        for m, move in enumerate(self.moves):
            base = np.repeat(self.payments(move.payoff, f"moves.{move.name}.payoff")[:, None],
                             len(self.edges_of[m]), axis=1)
            for at, link, rows in self._touching("payoff", move):
                base[:, rows] += self.payments(
                    link.payoff[move.name], f"linkages[{at}].payoff.{move.name}")[:, None]
            lump[:, self.edges_of[m]] = base
        return lump

    def member(self) -> Bools:
        member = np.zeros((len(self.moves), len(self.actor)), dtype=bool)
        for m, move in enumerate(self.moves):
            member[m, [self.actor[name] for name in move.by]] = True
        out: Bools = member[self.edge_move]
        return out

    def terms(self) -> tuple[Ints, Floats, Floats, Floats]:
        n = len(self.actor)
        width = max((len(move.issues) for move in self.moves), default=0)
        bargained = np.array([bool(move.issues) for move in self.moves], dtype=bool)
        is_bargain = bargained[self.edge_move] if len(self.moves) else np.zeros(0, dtype=bool)
        total = int(is_bargain.sum())
        row = np.where(is_bargain, np.cumsum(is_bargain) - 1, -1).astype(np.int64)
        value = np.zeros((self.draws, total, width, n))
        curvature, weights = np.zeros_like(value), np.ones((self.draws, total, n))
        for m, move in enumerate(self.moves):
            rows = row[self.edges_of[m]]
            if not move.issues or not len(rows):
                continue
            names = list(move.issues)
            for j, issue in enumerate(move.issues.values()):
                path = f"moves.{move.name}.issues.{issue.name}"
                value[:, rows, j] = self.payments(issue.value, f"{path}.value")[:, None]
                curvature[:, rows, j] = self.payments(
                    issue.curvature, f"{path}.curvature", least=0.0)[:, None]
            for at, link, held in self._touching("value", move):
                for name, table in link.value[move.name].items():
                    value[:, rows[held], names.index(name)] += self.payments(
                        table, f"linkages[{at}].value.{move.name}.{name}")[:, None]
            for name, number in move.weights.items():
                weights[:, rows, self.actor[name]] = self.number(
                    number, f"moves.{move.name}.weights.{name}", 0.0, True)[..., None]
            for at, link, held in self._touching("weights", move):
                for name, number in link.weights[move.name].items():
                    weights[:, rows[held], self.actor[name]] *= self.number(
                        number, f"linkages[{at}].weights.{move.name}.{name}", 0.0, True)[..., None]
        return row, value, curvature, weights
