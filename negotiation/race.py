"""Which front is the first to be settled, or to change, by a date, and how likely each one is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .cascade import CascadeResult
from .comparing import Bounds, bounds
from .equilibrium.result import Equilibrium, Solution
from .frozen import FrozenMap
from .kernels import markov
from .process import OutcomeChance, chain_of, condition_states


@dataclass(frozen=True)
class First:
    """Which front is the first to be settled (or to change) by the date, and when each one is.

    Attributes:
        settled: whether fronts are asked about as settled (``status``), or as changed at all.
        fronts: front → the chance that it is the first, alone.
        together: the chance that several are first at once; ``none``: that none is by the date.
        chance: front → its chance by the date; ``mean``: the mean date if ever (None: never).
    """

    settled: bool
    fronts: FrozenMap[str, Bounds]
    together: Bounds
    none: Bounds
    chance: FrozenMap[str, Bounds]
    mean: FrozenMap[str, Bounds | None]


def first(solution: Solution, effects: CascadeResult | None, by: float) -> First:
    """Which front is the first to be settled, or where nothing says what that is, to change."""
    game = solution.game
    wanted: dict[str, tuple[str, ...]] = (
        {front: (effects.status[front],) for front in (effects.center, *effects.periphery)}
        if effects is not None else
        {name: tuple(s for s in front.statuses if s != front.start)
         for name, front in game.fronts.items() if len(front.statuses) > 1})
    rows = [_first(equilibrium, wanted, by) for equilibrium in solution.equilibria]
    shares = np.array([row for row, _ in rows])
    reached = {name: [chances[name] for _, chances in rows] for name in wanted}
    dates = {name: np.array([c.mean_time_if_reached for c in found
                             if c.mean_time_if_reached is not None])
             for name, found in reached.items()}
    return First(
        effects is not None,
        FrozenMap({name: bounds(shares[:, k]) for k, name in enumerate(wanted)}),
        bounds(shares[:, -2]), bounds(shares[:, -1]),
        FrozenMap({name: bounds(np.array([c.probability for c in found]))
                   for name, found in reached.items()}),
        FrozenMap({name: bounds(found) if len(found) else None for name, found in dates.items()}))


def _first(equilibrium: Equilibrium, wanted: dict[str, tuple[str, ...]], by: float,
           ) -> tuple[NDArray[np.float64], dict[str, OutcomeChance]]:
    """(fronts + 2,) chances that each is first alone, that several are, and that none is."""
    lattice, process = equilibrium.lattice, equilibrium.process
    inside = np.array([condition_states(lattice, {name: statuses})
                       for name, statuses in wanted.items()])
    count = inside.sum(axis=0)
    reward = np.vstack([inside & (count == 1), count > 1, count == 0]).astype(float)
    chain = chain_of(lattice)
    halted = markov.stopped(chain, process.hazard[None], count > 0)
    shares = markov.transient(chain, halted, np.array([by]), reward)[0, 0]
    chances = {name: process.condition({name: statuses}, by) for name, statuses in wanted.items()}
    return np.clip(shares, 0.0, 1.0), chances
