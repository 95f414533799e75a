"""What a mediator can add to the Nash equilibria of a game, objective by objective.

Left to themselves the players play a Nash equilibrium. A mediator can also bring about correlated
equilibria, by telling each player in private what to do, and coarse correlated ones, where each
player commits to follow before it is told. All three are measured by one objective.

Sources: Aumann 1974, J. Mathematical Economics 1; Moulin & Vial 1978, Int. J. Game Theory 7.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from .correlated import CorrelatedEquilibrium, correlated_equilibrium, objective_value
from .game import NormalFormGame
from .result import NashSolution
from .solver import solve

Floats = NDArray[np.float64]
Objective = str | Sequence[int | str]

#: gains below this share of what the objective can vary by are none
NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Mediation:
    """The best of each kind of equilibrium for one objective.

    Attributes:
        objective: in words.
        nash: the highest value among the Nash equilibria listed, and ``nash_id``, which has it.
        correlated, coarse: the best correlated and coarse correlated equilibrium; their ``value``
            is at least that of every Nash equilibrium.
        scale: by how much the objective varies over the game's profiles.
    """

    objective: str
    nash: float
    nash_id: int
    correlated: CorrelatedEquilibrium
    coarse: CorrelatedEquilibrium
    scale: float

    @property
    def gain(self) -> float:
        """What a correlated equilibrium adds to the best Nash equilibrium listed, ≥ 0."""
        return self._above(self.correlated.value, self.nash)

    @property
    def coarse_gain(self) -> float:
        """What committing in advance adds to the best correlated equilibrium, ≥ 0."""
        return self._above(self.coarse.value, self.correlated.value)

    def _above(self, value: float, other: float) -> float:
        return value - other if value - other > NOTHING * self.scale else 0.0


def mediation(game: NormalFormGame, objective: Objective = "sum",
              solution: NashSolution | None = None) -> Mediation:
    """Compare the best Nash, correlated and coarse correlated equilibrium for an objective.

    Args:
        game: the game.
        objective: as for :func:`~negotiation.normal_form.correlated_equilibrium`.
        solution: the game's Nash equilibria, where they are at hand.

    Raises:
        InputError: for an objective that is not there.
        NumericalError: where a program or the game could not be solved.

    >>> chicken = NormalFormGame([[[6, 2], [7, 0]], [[6, 7], [2, 0]]])
    >>> found = mediation(chicken)
    >>> round(found.nash, 6), round(found.gain, 6), round(found.coarse_gain, 6)
    (9.333333, 1.166667, 0.0)
    """
    best, coarse = (correlated_equilibrium(game, objective, kind=kind)
                    for kind in ("correlated", "coarse"))
    equilibria = (solve(game) if solution is None else solution).equilibria
    values = [objective_value(game, objective, outer(equilibrium.profile))
              for equilibrium in equilibria]
    top = int(np.argmax(values))
    return Mediation(best.objective, values[top], equilibria[top].id, best, coarse,
                     _spread(game, objective))


def outer(profile: Sequence[Floats]) -> Floats:
    """(m_1, …, m_n) the distribution over profiles when players mix independently."""
    distribution: Floats = reduce(np.multiply.outer, profile)
    return distribution


def _spread(game: NormalFormGame, objective: Objective) -> float:
    if objective == "sum":
        return float(np.ptp(game.payoffs.sum(axis=0)))
    if objective == "worst-off":
        return float(np.ptp(game.payoffs))
    return float(game.ranges[game.players.index(objective)]) if isinstance(objective, str) else 1.0
