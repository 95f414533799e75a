"""Encounters in words: who does what with which chance, what it leads to, and why."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.result import Equilibrium
from .words import EXACT, listed, number, often, percent, sentence, spaced

Floats = NDArray[np.float64]

#: a difference smaller than this share of the player's payoff range reads as none
NOTHING = 1e-9


def encounter_sentences(equilibrium: Equilibrium, state: int) -> Iterator[tuple[str, str]]:
    """(name, sentences) of every encounter that can come in a state."""
    clashes = equilibrium.lattice.clashes
    if clashes is None or equilibrium.play is None:
        return
    for row in clashes.rows(state):
        name = list(equilibrium.game.encounters)[int(clashes.encounter[row])]
        yield name, _sentences(equilibrium, state, row, name)


def _sentences(equilibrium: Equilibrium, state: int, row: int, name: str) -> str:
    game, clashes, draw = equilibrium.game, equilibrium.lattice.clashes, equilibrium.draw
    assert clashes is not None and equilibrium.play is not None
    clash = game.encounters[name]
    rate = float(clashes.rate[draw, row])
    if rate == 0:
        return f"{clash.label}: there is no opportunity for it now."
    mixed = clashes.mixed(row, equilibrium.play[state])
    worth = [np.array(list(each.values()))
             for each in equilibrium.action_values(name, state).values()]
    who = [_choice(game.actors[player].label, clash.actions[player], part)
           for player, part in zip(clash.players, mixed, strict=True)]
    reasons = [_reason(equilibrium, player, clash.actions[player], part, each)
               for player, part, each in zip(clash.players, mixed, worth, strict=True)]
    return (f"{clash.label} (comes {often(rate, game.time_unit)}): {'; '.join(who)}. "
            f"{_outcomes(equilibrium, name, mixed)} {' '.join(reasons)}")


def _choice(label: str, actions: tuple[str, ...], mixed: Floats) -> str:
    played = [(spaced(action), float(chance)) for action, chance in
              zip(actions, mixed, strict=True) if chance > EXACT]
    if len(played) == 1:
        return f"{label}: {played[0][0]}"
    return f"{label}: " + ", ".join(f"{action} {percent(chance)}" for action, chance in played)


def _outcomes(equilibrium: Equilibrium, name: str, mixed: list[Floats]) -> str:
    """What an opportunity leads to, likeliest first."""
    clash = equilibrium.game.encounters[name]
    chances: dict[str, float] = {}
    for at, (_, target) in enumerate(clash.profiles()):
        place = np.unravel_index(at, clash.shape)
        chance = float(np.prod([part[k] for part, k in zip(mixed, place, strict=True)]))
        chances[target] = chances.get(target, 0.0) + chance
    told = sorted(((chance, target) for target, chance in chances.items() if chance > EXACT),
                  reverse=True)
    said = [f"{spaced(target) if target else 'no change'}"
            + ("" if len(told) == 1 else f" ({percent(chance)})") for chance, target in told]
    return f"It leads to {listed(said, 'or')}."


def _reason(equilibrium: Equilibrium, player: str, actions: tuple[str, ...], mixed: Floats,
            worth: Floats) -> str:
    """Why a player does what it does: what its actions are worth to it."""
    label = equilibrium.game.actors[player].label
    scale = equilibrium.lattice.payoff_range()[equilibrium.draw,
                                               equilibrium.lattice.actors.index(player)]
    if len(actions) == 1:
        return f"{label} has nothing to choose."
    order = np.argsort(-worth, kind="stable")
    played = [a for a in order if mixed[a] > EXACT]
    others = [a for a in order if mixed[a] <= EXACT]
    if worth[order[0]] - min(worth[a] for a in played) > NOTHING * scale:  # under noise
        said = ", ".join(f"{spaced(actions[a])} {number(worth[a])}" for a in order)
        return f"To {label} its actions are worth {said}; its choice is uncertain."
    if not others:
        return sentence(f"{listed(spaced(actions[a]) for a in played)} are worth the same to "
                        f"{label}, {number(worth[played[0]])}.")
    best = worth[played[0]] - worth[others[0]]
    instead = (f"to {spaced(actions[others[0]])} instead would cost it {number(best)}"
               if best > NOTHING * scale else
               f"to {spaced(actions[others[0]])} instead would change nothing for it")
    names = listed(spaced(actions[a]) for a in played)
    return f"To {label}, {names} is worth {number(worth[played[0]])}; {instead}."
