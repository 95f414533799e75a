"""The values behind the pictures: what a picture shows, before anything is drawn.

Everything here is read off a game or an equilibrium that is solved already; :mod:`negotiation.plot`
draws these values and computes none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bargaining import Frontier
from .courses import courses
from .equilibrium.result import Equilibrium, Solution
from .errors import InputError
from .lattice import Lattice
from .model import Game
from .process import check_date
from .text.deals import Bargain, bargain, bargained_move
from .text.play import bargaining_problem

Floats = NDArray[np.float64]

#: a lattice of at most this many states is shown whole
SMALL = 16
#: chances below this are shown as none
NEVER = 1e-9
#: how a front can matter to another, in the order in which pictures list it
LINKS = ("needs", "pace", "payoff", "flow")


# ---- who and what is linked ------------------------------------------------------------------

@dataclass(frozen=True)
class Link:
    """What happens on the front ``source`` matters to the front ``target``.

    ``kind``: ``needs``, the source's status is a condition of a move on the target, or is set by
    one; ``pace``, it multiplies the rate of one; ``payoff``, it changes what one pays, the worth of
    its issues or its bargaining power; ``flow``, both together pay a flow (no direction).
    """

    source: str
    target: str
    kind: str


@dataclass(frozen=True)
class Network:
    """The fronts and actors of a game: ``seats`` are (actor, front) pairs where the actor's
    consent is asked for a move on the front; ``links`` go between fronts."""

    game: Game
    seats: tuple[tuple[str, str], ...]
    links: tuple[Link, ...]


def network(game: Game) -> Network:
    """Who sits at which front, and which front matters to which other."""
    seats = {(actor, move.front): None for move in game.moves.values() for actor in move.by}
    found = dict.fromkeys(_links(game))
    place = {name: at for at, name in enumerate(game.fronts)}
    links = sorted(found, key=lambda link: (LINKS.index(link.kind), place[link.source],
                                            place[link.target]))
    return Network(game, tuple(seats), tuple(links))


def _links(game: Game) -> Iterable[Link]:
    for move in game.moves.values():
        for front in move.when:
            if front != move.front:
                yield Link(front, move.front, "needs")
        for front in move.sets:
            if front != move.front:
                yield Link(move.front, front, "needs")
    for linkage in game.linkages:
        paid = dict.fromkeys([*linkage.payoff, *linkage.value, *linkage.weights])
        for kind, moves in (("pace", list(linkage.rate)), ("payoff", list(paid))):
            for move_name in moves:
                target = game.moves[move_name].front
                for front in linkage.when:
                    if front != target:
                        yield Link(front, target, kind)
        fronts = [name for name in game.fronts if name in linkage.when]
        if linkage.flow:
            for at, first in enumerate(fronts):
                for second in fronts[at + 1:]:
                    yield Link(first, second, "flow")


# ---- how play flows through the states -------------------------------------------------------

@dataclass(frozen=True)
class FlowState:
    """A state: the events it takes to get there, the chance that play ever comes by, and whether
    nothing more happens in it."""

    index: int
    layer: int
    chance: float
    last: bool


@dataclass(frozen=True)
class FlowEdge:
    """A move from one state to another; ``chance`` is that of play coming by its source and this
    being what happens next, 0 for a move that is refused."""

    source: int
    target: int
    move: str
    chance: float


@dataclass(frozen=True)
class Flows:
    """States and moves of an equilibrium, all of them or those of the likeliest sequences.

    ``share`` is the chance that play follows one of the ``sequences`` shown; 1 where the whole
    lattice is (then ``sequences`` is 0). ``total`` is how many states the lattice has.
    """

    game: Game
    states: tuple[FlowState, ...]
    edges: tuple[FlowEdge, ...]
    total: int
    sequences: int
    share: float


def flows(equilibrium: Equilibrium, most: int = 20) -> Flows:
    """The states and flows of an equilibrium; of a large lattice those of its ``most`` likeliest
    sequences of events.

    Raises:
        InputError: for ``most`` below 1.
    """
    lattice, process = equilibrium.lattice, equilibrium.process
    ever, (total, jump) = process.visits.ever[0, 0], process.jump
    whole = len(lattice.states) <= SMALL
    if whole:
        edges = list(range(len(lattice.edge_state)))
        shown, share, count = set(range(len(lattice.states))), 1.0, 0
    else:
        paths = process.paths(most=most)
        edges = sorted({edge for path in paths for edge in _edges(lattice, path.moves)})
        shown = {0, *lattice.edge_state[edges].tolist(), *lattice.edge_target[edges].tolist()}
        share, count = min(sum(path.probability for path in paths), 1.0), len(paths)
    layer = _layers(lattice, edges)
    return Flows(
        lattice.game,
        tuple(FlowState(s, layer[s], float(ever[s]), bool(total[s] == 0.0))
              for s in sorted(shown, key=lambda s: (layer[s], s))),
        tuple(FlowEdge(int(lattice.edge_state[e]), int(lattice.edge_target[e]),
                       lattice.moves[lattice.edge_move[e]],
                       float(ever[lattice.edge_state[e]] * jump[e])) for e in edges),
        len(lattice.states), count, share)


def _edges(lattice: Lattice, moves: tuple[str, ...]) -> list[int]:
    """The edges of a sequence of moves from the start."""
    found, state = [], 0
    for move in moves:
        edge = next(e for e in lattice.edges(state)
                    if lattice.moves[lattice.edge_move[e]] == move)
        found.append(edge)
        state = int(lattice.edge_target[edge])
    return found


def _layers(lattice: Lattice, edges: list[int]) -> dict[int, int]:
    """State → the fewest events that lead there along some edges."""
    after = defaultdict(list)
    for edge in edges:
        after[int(lattice.edge_state[edge])].append(int(lattice.edge_target[edge]))
    layer, frontier = {0: 0}, [0]
    while frontier:
        frontier = [t for s in frontier for t in after[s]
                    if layer.setdefault(t, layer[s] + 1) == layer[s] + 1 and t not in frontier]
        frontier = list(dict.fromkeys(frontier))
    return layer


def places(shown: Flows) -> dict[int, tuple[float, float]]:
    """Where states stand in a picture, state → (layer, height): each layer in the order of the
    middle of what flows in and out."""
    layers: dict[int, list[int]] = defaultdict(list)
    for state in shown.states:
        layers[state.layer].append(state.index)
    layer = {state.index: state.layer for state in shown.states}
    near: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for edge in shown.edges:
        near[edge.source].append((edge.target, edge.chance + 1e-3))
        near[edge.target].append((edge.source, edge.chance + 1e-3))
    height: dict[int, float] = {}

    def spread(row: list[int]) -> None:
        for k, state in enumerate(row):
            height[state] = (len(row) - 1) / 2 - k

    for row in layers.values():
        spread(row)
    for sweep in range(8):
        side = -1 if sweep % 2 == 0 else 1
        for depth in sorted(layers, reverse=sweep % 2 == 1):
            ranks = []
            for s in layers[depth]:
                pulls = [(height[t], w) for t, w in near[s] if layer[t] == depth + side]
                weight = sum(w for _, w in pulls)
                middle = sum(h * w for h, w in pulls) / weight if pulls else height[s]
                ranks.append((-middle, s))
            layers[depth] = [s for _, s in sorted(ranks)]
            spread(layers[depth])
    return {state: (float(layer[state]), height[state]) for state in layer}


# ---- chances over time -----------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class Curve:
    """A chance at each of T dates, for each of E equilibria.

    ``kind``: ``front``, that ``front`` is in ``status`` at the date; ``outcome``, that the outcome
    has been reached by the date (and ``in_force``, that it holds then); ``posture``, the share of
    the time up to the date in which its actions are played.
    """

    name: str
    label: str
    kind: str
    values: Floats
    in_force: Floats | None = None


@dataclass(frozen=True, eq=False)
class Curves:
    """Chances over time in every equilibrium of a solution; ``never`` are labels of what stays
    below 1e-9 at every date shown, in every equilibrium."""

    game: Game
    times: Floats
    equilibria: tuple[int, ...]
    curves: tuple[Curve, ...]
    never: tuple[str, ...]


def curves(solution: Solution, by: float | None = None, points: int = 101) -> Curves:
    """The chance of every status that a front can come to, and of every outcome, over time.

    Args:
        solution: with at least one equilibrium.
        by: the last date; the game's horizon when left out.
        points: how many dates, from 0 to ``by``.

    Raises:
        InputError: for a date that is not positive and finite, or no equilibrium.
    """
    game = solution.game
    date = game.horizon if by is None else check_date(by)
    if date <= 0.0:
        raise InputError(f"the 'by' parameter must be a positive date. Got {by!r} instead.")
    if not solution.equilibria:
        raise InputError(f"no equilibrium was found: {solution.status}")
    times = np.linspace(0.0, date, points)
    each = courses([equilibrium.process for equilibrium in solution.equilibria], times)
    found: list[Curve] = []
    for name, front in game.fronts.items():
        chance = np.array([course.fronts[name] for course in each])
        found += [Curve(name, f"{front.label}: {status}", "front", chance[:, :, k])
                  for k, status in enumerate(front.statuses) if status != front.start]
    for name, outcome in game.outcomes.items():
        rows = [course.outcomes[name] for course in each]
        found.append(Curve(name, outcome.label, "posture" if outcome.posture else "outcome",
                           np.array([row.reached for row in rows]),
                           np.array([row.in_force for row in rows])))
    return Curves(game, times, tuple(e.id for e in solution.equilibria),
                  tuple(c for c in found if c.values.max() > NEVER),
                  tuple(c.label for c in found if c.values.max() <= NEVER))


# ---- bargains --------------------------------------------------------------------------------

@dataclass(frozen=True, eq=False)
class BargainView:
    """One move's bargain in a state: every solution, and the Pareto frontier of the members'
    gains over waiting, ``frontier.gains`` (points, members)."""

    game: Game
    bargain: Bargain
    frontier: Frontier


def bargain_view(equilibrium: Equilibrium, move: str | None = None,
                 state: Mapping[str, str] | None = None, points: int = 120) -> BargainView:
    """The bargain over a move's terms in a state, waiting valued as in the equilibrium.

    Args:
        move: a move with issues; the one that is made most often when left out.
        state: front → status; the state where the move is made most often when left out.

    Raises:
        InputError: for a move without issues, or one that is not available in the state.
    """
    lattice = equilibrium.lattice
    if move is None:
        move = _most_made(equilibrium)
    problem = bargain(equilibrium, move, state)
    here, which = lattice.find(problem.state), lattice.moves.index(move)
    edge = next(e for e in lattice.edges(here) if lattice.edge_move[e] == which)
    frontier = bargaining_problem(equilibrium, edge).frontier(points)
    return BargainView(equilibrium.game, problem, frontier)


def _most_made(equilibrium: Equilibrium) -> str:
    """The move with issues that is made most often."""
    lattice, taken = equilibrium.lattice, equilibrium.process.taken
    names = [name for name, move in equilibrium.game.moves.items() if move.issues]
    if not names:
        raise InputError(f"{equilibrium.game.name}: no move has issues, so there are no terms to "
                         "bargain over")
    often = {name: float(taken[lattice.edge_move == lattice.moves.index(name)].sum())
             for name in names}
    return max(names, key=lambda name: often[name])


@dataclass(frozen=True, eq=False)
class TermsView:
    """The terms of a move in the states where it is made: ``terms`` (rows, issues) in [0, 1].

    ``taken`` is how often play makes it in the state; ``moved`` are the fronts that have left
    their start there, with their statuses. ``left_out`` states where it is made are not shown.
    """

    game: Game
    move: str
    states: tuple[Mapping[str, str], ...]
    taken: Floats
    terms: Floats
    left_out: int

    def moved(self, row: int) -> dict[str, str]:
        return {front: status for front, status in self.states[row].items()
                if status != self.game.fronts[front].start}


def terms_view(equilibrium: Equilibrium, move: str | None = None, most: int = 12) -> TermsView:
    """The terms agreed on by state, the state where the move is made most often first.

    Raises:
        InputError: for a move without issues, or one that play never makes.
    """
    lattice = equilibrium.lattice
    name = bargained_move(equilibrium.game, move or _most_made(equilibrium)).name
    taken = equilibrium.process.taken
    edges = np.flatnonzero((lattice.edge_move == lattice.moves.index(name)) & (taken > NEVER))
    if not len(edges):
        raise InputError(f"play never makes the move {name!r} in equilibrium {equilibrium.id}, so "
                         "no terms are agreed")
    edges = edges[np.argsort(-taken[edges], kind="stable")]
    shown, count = edges[:most], len(equilibrium.game.moves[name].issues)
    return TermsView(equilibrium.game, name,
                     tuple(lattice.state(int(lattice.edge_state[e])) for e in shown),
                     taken[shown], equilibrium.terms_array[lattice.bargain[shown], :count],
                     len(edges) - len(shown))
