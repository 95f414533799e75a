"""Games in normal form: all their Nash equilibria, and what a mediator can add.

    >>> from negotiation.normal_form import NormalFormGame, solve
    >>> dilemma = NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    >>> solve(dilemma).equilibria[0].support
    ((1,), (1,))

The names are imported when first used: a posture of two actions each needs little of this.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batch import BatchSolution, solve_batch, warm
    from .components import NashComponent, NashSubset
    from .correlated import CorrelatedEquilibrium, correlated_equilibrium
    from .game import NormalFormGame
    from .result import NashEquilibrium, NashSolution
    from .selection import RULES, select
    from .solver import METHODS, certify, solve
    from .structure import Dominance, Rationalizable, strategically_zero_sum

_HOMES = {
    **dict.fromkeys(("BatchSolution", "solve_batch", "warm"), "batch"),
    **dict.fromkeys(("NashComponent", "NashSubset"), "components"),
    **dict.fromkeys(("CorrelatedEquilibrium", "correlated_equilibrium"), "correlated"),
    "NormalFormGame": "game",
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
    "NashComponent",
    "NashEquilibrium",
    "NashSolution",
    "NashSubset",
    "NormalFormGame",
    "Rationalizable",
    "certify",
    "correlated_equilibrium",
    "select",
    "solve",
    "solve_batch",
    "strategically_zero_sum",
    "warm",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
