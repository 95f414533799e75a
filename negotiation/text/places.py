"""States in words: by the events that lead there, or by the fronts that changed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ..equilibrium.result import Solution
from ..errors import InputError
from ..lattice import Lattice
from ..model import Game
from .words import counted, listed

#: events that are named one by one on the way to a state
FULL_EVENTS = 4
#: how the solver names the states of a doubt: the first of them, and how many more there are
PLACES = re.compile(r"(?P<why>.+) \(in the state (?P<first>.+?)(?: and (?P<more>\d+) more)?\)")


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
    named = [f"“{lattice.game.steps[move].label}”" for move in events[:FULL_EVENTS]]
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
    return "; ".join(doubt.said() for doubt in _doubts(solution))


def doubts_of_several(solutions: Mapping[str, Solution]) -> str:
    """The same for several games, by what they are called; a reason that all share is said once."""
    found = {name: _doubts(solution) for name, solution in solutions.items()}
    same = {doubt.why for parts in found.values() for doubt in parts}
    if len(same) == 1 and all(len(parts) == 1 and parts[0].count for parts in found.values()):
        counts = listed(f"{parts[0].states()} {name}" for name, parts in found.items())
        return f"{same.pop()} in {counts} (one is {next(iter(found.values()))[0].where})"
    return "; ".join(f"{name}, {doubts(solution)}" for name, solution in solutions.items())


@dataclass(frozen=True)
class _Doubt:
    """A reason, in how many of how many states (0 where that is not said), and where one is."""

    why: str
    count: int = 0
    size: int = 0
    where: str = ""

    def states(self) -> str:
        return f"{self.count:,} of {counted(self.size, 'state')}"

    def said(self) -> str:
        one = "" if self.count == 1 else "one is "
        return f"{self.why} in {self.states()} ({one}{self.where})" if self.count else self.why


def _doubts(solution: Solution) -> list[_Doubt]:
    reasons = solution.incomplete_because or str(solution.status).rstrip(".")
    return [_doubt(solution.lattice, reason) for reason in reasons.split("; ")]


def _doubt(lattice: Lattice, reason: str) -> _Doubt:
    match = PLACES.fullmatch(reason)
    if match is None:
        return _Doubt(reason)
    pairs = (part.rpartition(" ") for part in match["first"].split(", "))
    try:
        state = lattice.find({front: status for front, _, status in pairs})
    except InputError:
        return _Doubt(reason)
    return _Doubt(match["why"], int(match["more"] or 0) + 1, len(lattice.states),
                  after(lattice, state))
