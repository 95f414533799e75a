"""One move's bargaining problem in a state of an equilibrium, under every notion of fairness."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..bargaining import SOLUTIONS, BargainingProblem
from ..equilibrium.result import Equilibrium
from ..errors import InputError, UnknownNameError
from ..model import Game
from .describe import title_line
from .places import situation
from .play import bargaining_problem
from .words import listed, number, percent, sentence, table, wrapped

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


def bargain(equilibrium: Equilibrium, move: str, state: Mapping[str, str] | None) -> Bargain:
    """Every solution of a move's bargaining problem, waiting valued as in the equilibrium.

    Raises:
        InputError: for a move without issues, or one that is not available in the state.
    """
    game, lattice = equilibrium.game, equilibrium.lattice
    if move not in game.moves:
        raise UnknownNameError("move", move, game.moves)
    bargained = [name for name, other in game.moves.items() if other.issues]
    if move not in bargained:
        raise InputError(f"the move {move!r} has no issues, so there is nothing to bargain over; "
                         f"moves with issues: {', '.join(bargained) or 'none'}")
    edge = _edge(equilibrium, move, state)
    here = int(lattice.edge_state[edge])
    problem = bargaining_problem(equilibrium, edge)
    names = [lattice.actors[i] for i in np.flatnonzero(lattice.member[edge])]
    issues = list(game.moves[move].issues)
    deals = tuple(_deal(problem, solution, issues, names) for solution in SOLUTIONS)
    return Bargain(
        move=move, state=lattice.state(here), equilibrium=equilibrium.id,
        uses=game.moves[move].solution, surplus=problem.surplus(),
        weights=dict(zip(names, problem.weights.tolist(), strict=True)),
        disagreement={name: equilibrium.value(name, here) for name in names},
        deals=deals)


def _edge(equilibrium: Equilibrium, move: str, state: Mapping[str, str] | None) -> int:
    """Where the move is available: in the state, or first of all states when none is given."""
    lattice = equilibrium.lattice
    edges = np.flatnonzero(lattice.edge_move == lattice.moves.index(move))
    if state is not None:
        edges = edges[lattice.edge_state[edges] == lattice.find(state)]
    if not len(edges):
        where = "any state that play can reach" if state is None else (
            f"the state {situation(equilibrium.game, lattice.state(lattice.find(state)))}")
        raise InputError(f"the move {move!r} is not available in {where}")
    return int(edges[0])


def _deal(problem: BargainingProblem, solution: str, issues: list[str], names: list[str]) -> Deal:
    found = problem.solve(solution)
    return Deal(solution, dict(zip(issues, found.terms.tolist(), strict=True)),
                dict(zip(names, found.gains.tolist(), strict=True)))


def bargain_page(game: Game, problem: Bargain) -> str:
    """The deals side by side: terms in per cent of a full concession, and everybody's gain."""
    move = game.moves[problem.move]
    where = situation(game, problem.state)
    who = [game.actors[name].label for name in problem.disagreement]
    lines = [title_line(game),
             wrapped(f"“{move.label}”, between {listed(who)}, in the state {where}, as equilibrium "
                     f"{problem.equilibrium} values waiting."), ""]
    rows = [[*_label(deal, problem), *(percent(deal.terms[name]) for name in move.issues)]
            for deal in problem.deals]
    if problem.surplus < 0:
        lines += [wrapped("There is no deal: on any terms somebody would lose at least "
                          f"{number(-problem.surplus)}. The terms below come nearest."), ""]
    for at, issue in enumerate(move.issues.values(), 1):
        unit = f", {issue.unit}" if issue.unit else ""
        lines.append(wrapped(f"({at}) {issue.label}{unit}", 2, 4))
    columns = [f"({at})" for at in range(1, len(move.issues) + 1)]
    lines += ["", "Terms, in per cent of a full concession",
              table(rows, ["solution", *columns], range(1, 1 + len(columns))), ""]
    gains = [[*_label(deal, problem), *(number(gain) for gain in deal.gains.values())]
             for deal in problem.deals]
    waiting = ["(value of waiting)", *(number(value) for value in problem.disagreement.values())]
    lines += ["What each gains over waiting",
              table([*gains, waiting], ["solution", *who], range(1, 1 + len(who))), "",
              wrapped(f"* the solution that the definition uses. {_power(game, problem)}")]
    return "\n".join(lines) + "\n"


def _label(deal: Deal, problem: Bargain) -> list[str]:
    name = PROPER.get(deal.solution, sentence(deal.solution))
    return [name + (" *" if deal.solution == problem.uses else "")]


def _power(game: Game, problem: Bargain) -> str:
    if len(set(problem.weights.values())) == 1:
        return "All have the same bargaining power."
    return "Bargaining power: " + ", ".join(
        f"{game.actors[name].label} {number(weight)}"
        for name, weight in problem.weights.items()) + "."
