"""States in words: by the events that lead there, or by the fronts that changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from ..equilibrium.result import Solution
from ..errors import InputError
from ..lattice import Lattice
from ..model import Game
from .words import counted, listed

#: events that are named one by one on the way to a state
FULL_EVENTS = 4
#: how the solver names the states of a doubt: the first of them, and how many more there are
PLACES = re.compile(r" \(in the state (?P<first>.+?)(?: and (?P<more>\d+) more)?\)")


def situation(game: Game, state: Mapping[str, str]) -> str:
    """Every front with its status."""
    return ", ".join(f"{game.fronts[front].label} ({status})" for front, status in state.items())


def changes(game: Game, state: Mapping[str, str]) -> str:
    """The fronts whose status is not the one at the start."""
    moved = {front: status for front, status in state.items()
             if status != game.fronts[front].start}
    if not moved:
        return "at the start"
    rest = "; the rest as at the start" if len(moved) < len(state) else ""
    return f"{situation(game, moved)}{rest}"


def after(lattice: Lattice, state: int) -> str:
    """Where a state lies: after the fewest events that lead there from the start."""
    events = _events(lattice, state)
    if not events:
        return "at the start"
    named = [f"“{lattice.game.moves[move].label}”" for move in events[:FULL_EVENTS]]
    if len(events) > FULL_EVENTS:
        named.append(counted(len(events) - FULL_EVENTS, "more event"))
    return f"after {listed(named)}"


def _events(lattice: Lattice, state: int) -> list[str]:
    """The moves of a shortest way from the start to a state."""
    before = {0: -1}
    frontier = [0]
    while frontier and state not in before:
        leaving = np.flatnonzero(np.isin(lattice.edge_state, frontier)).tolist()
        frontier = []
        for edge in leaving:
            target = int(lattice.edge_target[edge])
            if target not in before:
                before[target] = edge
                frontier.append(target)
    found = []
    while before[state] >= 0:
        edge = before[state]
        found.append(lattice.moves[lattice.edge_move[edge]])
        state = int(lattice.edge_state[edge])
    return found[::-1]


def doubts(solution: Solution) -> str:
    """Why the list of equilibria may not be complete, and in how many states; one is named."""
    reasons = solution.incomplete_because or str(solution.status).rstrip(".")
    return PLACES.sub(lambda match: _place(solution.lattice, match), reasons)


def _place(lattice: Lattice, match: re.Match[str]) -> str:
    pairs = (part.rpartition(" ") for part in match["first"].split(", "))
    try:
        where = after(lattice, lattice.find({front: status for front, _, status in pairs}))
    except InputError:
        return match[0]
    count, size = int(match["more"] or 0) + 1, len(lattice.states)
    return f" in {count:,} of {counted(size, 'state')} ({'' if count == 1 else 'one is '}{where})"
