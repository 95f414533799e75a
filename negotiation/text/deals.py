"""One move's bargaining problem in a state of an equilibrium, under every notion of fairness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..bargaining import SOLUTIONS, BargainingProblem
from ..equilibrium.result import Equilibrium
from ..errors import InputError, UnknownNameError
from ..model import Game, Move
from .describe import title_line
from .places import changes
from .play import bargaining_problem
from .words import WIDTH, listed, number, percent, sentence, table, wrapped

PROPER = {"kalai-smorodinsky": "Kalai–Smorodinsky", "equal-loss": "Equal loss"}


@dataclass(frozen=True)
class Deal:
    """What one solution makes of the problem."""

    solution: str
    terms: Mapping[str, float]
    gains: Mapping[str, float]


@dataclass(frozen=True)
class Bargain:
    """A move's bargaining problem: where it stands, what waiting is worth, and every deal.

    ``surplus`` is the best gain that all can have at once; where it is negative no terms serve all,
    and the deals are those that come nearest.
    """

    move: str
    state: Mapping[str, str]
    equilibrium: int
    uses: str
    surplus: float
    weights: Mapping[str, float]
    disagreement: Mapping[str, float]
    deals: tuple[Deal, ...]


def bargained_move(game: Game, move: str | None) -> Move:
    """The move of that name, which must have issues.

    Raises:
        InputError: for no name, or that of a move without issues; UnknownNameError: for no move.
    """
    bargained = [name for name, other in game.moves.items() if other.issues]
    names = f"moves with issues: {', '.join(bargained) or 'none'}"
    if move is None:
        raise InputError(f"MOVE is missing; {names}")
    if move not in game.moves:
        raise UnknownNameError("move", move, bargained or game.moves)
    if move not in bargained:
        raise InputError(f"the move {move!r} has no issues, so there is nothing to bargain over; "
                         f"{names}")
    return game.moves[move]


def bargain(equilibrium: Equilibrium, move: str, state: Mapping[str, str] | None) -> Bargain:
    """Every solution of a move's bargaining problem, waiting valued as in the equilibrium.

    Raises:
        InputError: for a move without issues, or one that is not available in the state.
    """
    game, lattice = equilibrium.game, equilibrium.lattice
    bargained_move(game, move)
    edge = _edge(equilibrium, move, state)
    here = int(lattice.edge_state[edge])
    problem = bargaining_problem(equilibrium, edge)
    names = [lattice.actors[i] for i in np.flatnonzero(lattice.party[edge])]
    issues = list(game.moves[move].issues)
    deals = tuple(_deal(problem, solution, issues, names) for solution in SOLUTIONS)
    return Bargain(
        move=move, state=lattice.state(here), equilibrium=equilibrium.id,
        uses=game.moves[move].solution, surplus=problem.surplus(),
        weights=dict(zip(names, problem.weights.tolist(), strict=True)),
        disagreement={name: equilibrium.value(name, here) for name in names},
        deals=deals)


def _edge(equilibrium: Equilibrium, move: str, state: Mapping[str, str] | None) -> int:
    """Where the move is available: in the state; if none is given, where it is made most often,
    or first of all where it never is."""
    lattice = equilibrium.lattice
    edges = np.flatnonzero(lattice.edge_move == lattice.moves.index(move))
    if state is None and len(edges):
        return int(edges[np.argmax(equilibrium.process.taken[edges])])
    if state is not None:
        edges = edges[lattice.edge_state[edges] == lattice.find(state)]
    if not len(edges):
        where = "any state that play can reach" if state is None else "the state " + ", ".join(
            f"{front}={status}" for front, status in state.items())
        raise InputError(f"the move {move!r} is not available in {where}: expected "
                         f"{_needs(equilibrium.game.moves[move])}")
    return int(edges[0])


def _needs(move: Move) -> str:
    """The statuses that a move needs, as options say them."""
    return ", ".join(f"{front}={' or '.join(statuses)}"
                     for front, statuses in {move.front: move.sources, **move.when}.items())


def _deal(problem: BargainingProblem, solution: str, issues: list[str], names: list[str]) -> Deal:
    found = problem.solve(solution)
    return Deal(solution, dict(zip(issues, found.terms.tolist(), strict=True)),
                dict(zip(names, found.gains.tolist(), strict=True)))


def bargain_page(game: Game, problem: Bargain) -> str:
    """The deals side by side: terms in per cent of a full concession, and everybody's gain."""
    move = game.moves[problem.move]
    who = [game.actors[name].label for name in problem.disagreement]
    lines = [title_line(game),
             wrapped(f"“{move.label}”, between {listed(who)}, as equilibrium {problem.equilibrium} "
                     f"values waiting. The state: {changes(game, problem.state)}."), ""]
    if problem.surplus < 0:
        lines += [wrapped("There is no deal: on any terms somebody would lose at least "
                          f"{number(-problem.surplus)}. The terms below come nearest."), ""]
    issues = [f"{issue.label}, {issue.unit}" if issue.unit else issue.label
              for issue in move.issues.values()]
    rows = [[*_label(deal, problem), *(percent(deal.terms[name]) for name in move.issues)]
            for deal in problem.deals]
    lines += [*_keyed(rows, issues, "Terms, in per cent of a full concession"), ""]
    gains = [[*_label(deal, problem), *(number(gain) for gain in deal.gains.values())]
             for deal in problem.deals]
    gains.append(["(value of waiting)", *(number(value)
                                          for value in problem.disagreement.values())])
    named = table(gains, ["solution", *who], range(1, 1 + len(who)))
    title = "What each gains over waiting"
    wide = max(map(len, named.splitlines())) > WIDTH
    lines += [*(_keyed(gains, who, title) if wide else [title, named]), "",
              wrapped(f"* the solution that the definition uses. {_power(game, problem)}")]
    return "\n".join(lines) + "\n"


def _keyed(rows: list[list[str]], columns: list[str], title: str) -> list[str]:
    """A table whose columns have numbers, and before it what they stand for."""
    keys = [f"({at})" for at in range(1, 1 + len(columns))]
    legend = [wrapped(f"{key} {name}", 2, 4) for key, name in zip(keys, columns, strict=True)]
    return [*legend, "", title, table(rows, ["solution", *keys], range(1, 1 + len(columns)))]


def _label(deal: Deal, problem: Bargain) -> list[str]:
    name = PROPER.get(deal.solution, sentence(deal.solution))
    return [name + (" *" if deal.solution == problem.uses else "")]


def _power(game: Game, problem: Bargain) -> str:
    if len(set(problem.weights.values())) == 1:
        return "All have the same bargaining power."
    return "Bargaining power: " + ", ".join(
        f"{game.actors[name].label} {number(weight)}"
        for name, weight in problem.weights.items()) + "."
