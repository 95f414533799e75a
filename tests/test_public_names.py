"""The public namespace is pinned: what is here is promised, what is not is not."""

from __future__ import annotations

import subprocess
import sys
import types

import pytest

import negotiation as ng

PUBLIC = {
    "Actor", "BargainingProblem", "Cascade", "CascadeResult", "Claim", "Component",
    "DefinitionError", "Encounter", "Equilibrium", "Expression", "ExpressionError", "Findings",
    "Front", "Game",
    "InputError", "Issue", "Likelihood", "likelihood", "Linkage", "MissingLibraryError", "Move",
    "NashEquilibrium",
    "NashSolution", "NegotiationError",
    "NormalFormGame", "NumericalError", "Outcome", "Parameter", "Posture",
    "PosturePayoffs", "Problem", "SOLUTIONS", "Setting", "Solution", "Status",
    "StochasticEquilibrium",
    "LogitPath", "logit_path", "Region", "Tipping", "StochasticGame", "StochasticSolution",
    "Trace", "UnknownNameError",
    "__version__", "apply",
    "cascade", "check", "dumps", "from_dict", "load", "loads", "save", "setting", "solve",
    "ClaimsResult", "ComparisonResult", "PivotsResult", "claims", "compare", "pivots", "plot",
    "solve_each", "region", "report", "tip", "trace", "StabilityResult", "stability",
}


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True,
                          check=True).stdout.strip()


def test_the_public_names_are_these() -> None:
    assert set(ng.__all__) == PUBLIC
    assert len(ng.__all__) == len(PUBLIC)
    assert set(dir(ng)) >= PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_resolves_to_a_thing_not_a_module(name: str) -> None:
    assert isinstance(getattr(ng, name), types.ModuleType) == (name == "plot")


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'negotiation' has no attribute 'slove'"):
        ng.slove  # noqa: B018


@pytest.mark.parametrize("first", ["import negotiation.cascade",
                                   "from negotiation.cascade import CascadeResult",
                                   "import negotiation.cli.commands, negotiation.text.effects",
                                   "pass"])
def test_cascade_is_the_function_whatever_was_imported_before(first: str) -> None:
    code = f"{first}\nimport negotiation as ng\nprint(callable(ng.cascade), ng.cascade.__name__)"
    assert run(code) == "True cascade"


def test_importing_the_package_loads_nothing_heavy() -> None:
    heavy = ("numpy", "scipy", "networkx", "nashpy", "tomllib", "negotiation.model")
    code = f"import sys, negotiation; print([m for m in {heavy} if m in sys.modules])"
    assert run(code) == "[]"


def test_solving_a_bundled_game_needs_neither_scipy_nor_networkx() -> None:
    code = ("import sys, negotiation as ng; ng.cascade(ng.load('issue-linkage'), center='trade',"
            "status='settled', matrix=False);"
            "print([m for m in ('scipy', 'networkx', 'nashpy') if m in sys.modules])")
    assert run(code) == "[]"


def test_the_version_is_said_once() -> None:
    assert ng.__version__ == "0.1.0"
