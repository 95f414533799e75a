"""A stochastic game in words: its Markov perfect equilibria, state by state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from .words import counted, listed, number, percent, sentence, wrapped

if TYPE_CHECKING:
    from ..stochastic import StochasticEquilibrium, StochasticSolution

#: states of an equilibrium that are shown unless all are asked for
SHOWN = 12


def mpe_page(file: str, title: str, solution: StochasticSolution, every_state: bool) -> str:
    """What ``negotiation solve FILE.json`` prints."""
    game = solution.game
    lines = [f"{title} ({file})" if title else file,
             wrapped(f"A stochastic game: {counted(len(game.players), 'player')}, "
                     f"{counted(len(game.states), 'state')}."),
             "", "PLAY UNDER NOISE" if solution.concept == "logit" else
             "MARKOV PERFECT EQUILIBRIA", wrapped(_how_many(solution), 2)]
    for part in solution.continua:
        actions = game.actions[part.state][part.player]
        lines.append(wrapped(f"In the state {game.states[part.state]} {game.players[part.player]} "
                             f"is indifferent between {listed(actions[a] for a in part.actions)}: "
                             "the equilibria between are not listed.", 2, 2))
    for equilibrium in solution.equilibria:
        lines += ["", *_equilibrium(equilibrium, every_state)]
    return "\n".join(lines) + "\n"


def _how_many(solution: StochasticSolution) -> str:
    many = len(solution.equilibria)
    if solution.complete:
        total = "There is exactly one" if many == 1 else f"There are {many:,}"
        said = f"{total}, and it is proved that there are no others."
    else:
        said = (f"{sentence(counted(many, 'equilibrium'))} listed; {solution.incomplete_because}.")
        if solution.count is not None:
            said += f" There are {solution.count:,} in all."
    if not many:
        return said
    worst = max(equilibrium.regret for equilibrium in solution.equilibria)
    what = ("chances of actions are off by" if solution.concept == "logit" else
            "deviating gains")
    unit = "" if solution.concept == "logit" else " of a player's payoff range"
    return f"{said} Recomputed from the game, {what} at most {worst:.0e}{unit}."


def _equilibrium(equilibrium: StochasticEquilibrium, every_state: bool) -> Iterator[str]:
    game = equilibrium.game
    kind = "" if equilibrium.noise is not None else " (pure)" if equilibrium.pure else " (mixed)"
    yield f"  {equilibrium.id}.{kind}"
    shown = len(game.states) if every_state else SHOWN
    for s, name in enumerate(game.states[:shown]):
        plays = []
        for i, player in enumerate(game.players):
            if len(game.actions[s][i]) > 1:
                mixed = [action if chance == 1 else f"{action} ({percent(chance)})"
                         for action, chance in equilibrium.strategy(s, i).items() if chance]
                plays.append(f"{player}: {listed(mixed, 'or')}")
        worth = listed(f"{player} {number(value)}" for player, value in
                       zip(game.players, equilibrium.values[s].tolist(), strict=True))
        yield wrapped(f"{name}: {'; '.join([*plays, f'worth {worth}'])}.", 5, 2)
    if len(game.states) > shown:
        yield f"     … and {len(game.states) - shown} more states (--states shows them)"
