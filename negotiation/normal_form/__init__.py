"""Games in normal form: all their Nash equilibria, and what a mediator can add.

    >>> from negotiation.normal_form import NormalFormGame, solve
    >>> dilemma = NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    >>> solve(dilemma).equilibria[0].support
    ((1,), (1,))

The names are imported when first used: a posture of two actions each needs little of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..lazy import attributes

if TYPE_CHECKING:
    from .batch import BatchSolution, solve_batch, warm
    from .components import NashComponent, NashSubset
    from .correlated import CorrelatedEquilibrium, correlated_equilibrium
    from .game import NormalFormGame
    from .mediator import Mediation, mediation
    from .result import NashEquilibrium, NashSolution
    from .selection import RULES, select
    from .solver import METHODS, certify, solve
    from .structure import Dominance, Rationalizable, strategically_zero_sum

_HOMES = {
    **dict.fromkeys(("BatchSolution", "solve_batch", "warm"), "batch"),
    **dict.fromkeys(("NashComponent", "NashSubset"), "components"),
    **dict.fromkeys(("CorrelatedEquilibrium", "correlated_equilibrium"), "correlated"),
    "NormalFormGame": "game",
    **dict.fromkeys(("Mediation", "mediation"), "mediator"),
    **dict.fromkeys(("NashEquilibrium", "NashSolution"), "result"),
    **dict.fromkeys(("RULES", "select"), "selection"),
    **dict.fromkeys(("METHODS", "certify", "solve"), "solver"),
    **dict.fromkeys(("Dominance", "Rationalizable", "strategically_zero_sum"), "structure"),
}

__all__ = [
    "METHODS",
    "RULES",
    "BatchSolution",
    "CorrelatedEquilibrium",
    "Dominance",
    "Mediation",
    "NashComponent",
    "NashEquilibrium",
    "NashSolution",
    "NashSubset",
    "NormalFormGame",
    "Rationalizable",
    "certify",
    "correlated_equilibrium",
    "mediation",
    "select",
    "solve",
    "solve_batch",
    "strategically_zero_sum",
    "warm",
]


__getattr__, __dir__ = attributes(globals(), _HOMES)
