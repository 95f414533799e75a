"""A game-theoretic solver for negotiations that run on several linked fronts at once.

    >>> import negotiation as ng
    >>> game = ng.load("central")              # a bundled game, or the path of a definition file
    >>> solution = ng.solve(game)              # every equilibrium, each with a certificate

The names listed in ``__all__`` are the public ones. They are imported when first used, so that
``import negotiation`` costs nothing.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from .lazy import attributes

if TYPE_CHECKING:
    from . import plot
    from .bargaining import SOLUTIONS, BargainingProblem
    from .cascade import CascadeResult, cascade
    from .catalog import load
    from .claims import ClaimsResult, claims
    from .compare import ComparisonResult, compare
    from .equilibrium.result import Component, Equilibrium, Solution, Status
    from .equilibrium.solve import solve_each
    from .errors import (
        DefinitionError,
        ExpressionError,
        InputError,
        MissingLibraryError,
        NegotiationError,
        NumericalError,
        Problem,
        UnknownNameError,
    )
    from .expressions import Expression
    from .findings import Findings
    from .formats.definition import check, dumps, from_dict, loads, save
    from .likelihood import Likelihood, likelihood
    from .model import (
        Actor,
        Cascade,
        Claim,
        Encounter,
        Front,
        Game,
        Issue,
        Linkage,
        Move,
        Outcome,
        Parameter,
        Posture,
        PosturePayoffs,
    )
    from .normal_form import NashEquilibrium, NashSolution, NormalFormGame
    from .pivots import PivotsResult, pivots
    from .report import report
    from .settings import Setting, apply, setting
    from .solving import solve
    from .stability import StabilityResult, stability
    from .stochastic import StochasticEquilibrium, StochasticGame, StochasticSolution
    from .tracing import LogitPath, Region, Tipping, Trace, logit_path, region, tip, trace

__version__ = "0.1.0"

#: public name → the module that it lives in
_HOMES = {
    "load": "catalog",
    **dict.fromkeys(("loads", "from_dict", "dumps", "save", "check"), "formats.definition"),
    **dict.fromkeys(("Actor", "Cascade", "Claim", "Encounter", "Front", "Game", "Issue",
                     "Linkage", "Move", "Outcome", "Parameter", "Posture", "PosturePayoffs"),
                    "model"),
    "Expression": "expressions",
    **dict.fromkeys(("Setting", "apply", "setting"), "settings"),
    "solve": "solving",
    "likelihood": "likelihood",
    "Likelihood": "likelihood",
    "solve_each": "equilibrium.solve",
    **dict.fromkeys(("Component", "Equilibrium", "Solution", "Status"), "equilibrium.result"),
    **dict.fromkeys(("NashEquilibrium", "NashSolution", "NormalFormGame"), "normal_form"),
    **dict.fromkeys(("BargainingProblem", "SOLUTIONS"), "bargaining"),
    **dict.fromkeys(("StochasticEquilibrium", "StochasticGame", "StochasticSolution"),
                    "stochastic"),
    **dict.fromkeys(("CascadeResult", "cascade"), "cascade"),
    **dict.fromkeys(("LogitPath", "Region", "Tipping", "Trace", "logit_path", "region",
                     "tip", "trace"), "tracing"),
    **dict.fromkeys(("StabilityResult", "stability"), "stability"),
    **dict.fromkeys(("ClaimsResult", "claims"), "claims"),
    **dict.fromkeys(("ComparisonResult", "compare"), "compare"),
    **dict.fromkeys(("PivotsResult", "pivots"), "pivots"),
    "Findings": "findings",
    "report": "report",
    **dict.fromkeys(("DefinitionError", "ExpressionError", "InputError", "MissingLibraryError",
                     "NegotiationError", "NumericalError", "Problem",
                     "UnknownNameError"), "errors"),
}

__all__ = [
    "Actor",
    "BargainingProblem",
    "Cascade",
    "CascadeResult",
    "Claim",
    "ClaimsResult",
    "ComparisonResult",
    "Component",
    "DefinitionError",
    "Encounter",
    "Equilibrium",
    "Expression",
    "ExpressionError",
    "Findings",
    "Front",
    "Game",
    "InputError",
    "Issue",
    "Likelihood",
    "Linkage",
    "LogitPath",
    "MissingLibraryError",
    "Move",
    "NashEquilibrium",
    "NashSolution",
    "NegotiationError",
    "NormalFormGame",
    "NumericalError",
    "Outcome",
    "Parameter",
    "Posture",
    "PivotsResult",
    "PosturePayoffs",
    "Problem",
    "Region",
    "SOLUTIONS",
    "Setting",
    "Solution",
    "StabilityResult",
    "Status",
    "StochasticEquilibrium",
    "StochasticGame",
    "StochasticSolution",
    "Tipping",
    "Trace",
    "UnknownNameError",
    "__version__",
    "apply",
    "cascade",
    "check",
    "claims",
    "compare",
    "dumps",
    "from_dict",
    "likelihood",
    "load",
    "loads",
    "logit_path",
    "pivots",
    "plot",
    "region",
    "report",
    "save",
    "setting",
    "solve",
    "solve_each",
    "stability",
    "tip",
    "trace",
]


class _Namespace(ModuleType):
    """The package, where a public name wins over the module of the same name.

    Importing ``negotiation.cascade`` makes the import system set the attribute ``cascade`` of the
    package to the module; ``ng.cascade`` is the function, whatever was imported before.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if isinstance(value, ModuleType) and _HOMES.get(name) == name:
            value = getattr(value, name)
        super().__setattr__(name, value)


__getattr__, __dir__ = attributes(globals(), _HOMES, modules=("plot",))


sys.modules[__name__].__class__ = _Namespace
