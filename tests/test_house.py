"""The floors of the house hold: imports go down, sizes stay readable, nothing hides."""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "negotiation"

#: ground floor first; a module imports from its own floor or below. The longest prefix decides.
FLOORS = (
    ("lazy", "errors", "files", "frozen", "expressions", "distributions", "model", "settings"),
    ("formats", "catalog", "lattice", "clashes", "reachable", "bargaining", "kernels", "process",
     "courses", "sampling", "conventions", "normal_form.game", "normal_form.index",
     "normal_form.structure"),
    ("continuation",),
    ("equilibrium", "normal_form", "stochastic", "postures", "solving"),
    ("likelihood",),
    ("cascade", "settlement", "comparing", "pivots", "claims", "claim_forms", "claim_search",
     "compare", "graph_model", "stability", "tracing"),
    ("text", "formats.record", "formats.record_claims", "formats.record_schema",
     "formats.record_stability", "formats.record_nash", "formats.record_mpe",
     "formats.record_trace", "formats.record_likelihood", "views", "race", "findings"),
    ("plot",),
    ("report",),
    ("explore",),
    ("cli", "__init__", "__main__"),
)

#: module → what its functions may import late, to keep the start quick or a dependency optional
LATE = {
    "cli": ("negotiation.cli.commands",),
    "plot": ("matplotlib",),
    "cli.commands": ("negotiation.cli.nash", "negotiation.cli.likelihood", "negotiation.cli.mpe",
                     "negotiation.cli.pictures", "negotiation.cli.report",
                     "negotiation.cli.explore",
                     "negotiation.lattice", "negotiation.cascade", "negotiation.process",
                     "negotiation.equilibrium.solve",
                     "negotiation.formats.definition", "negotiation.formats.record",
                     "negotiation.formats.schema", "negotiation.formats.template",
                     "negotiation.text.deals", "negotiation.text.effects",
                     "negotiation.normal_form", "negotiation.postures",
                     "negotiation.formats.record_stability", "negotiation.stability",
                     "negotiation.cli.analyses",
                     "negotiation.text.stability",
                     "negotiation.cli.tracing",
                     "negotiation.text.postures", "negotiation.text.solution"),
    "cli.analyses": ("negotiation.pivots", "negotiation.claims", "negotiation.compare",
                     "negotiation.claim_search", "negotiation.likelihood.firsts",
                     "negotiation.formats.record_claims", "negotiation.text.pivots",
                     "negotiation.text.claims", "negotiation.text.compare"),
    "distributions": ("numpy", "scipy"),
    "expressions": ("numpy",),
    "lattice": ("networkx", "scipy"),
    "process": ("scipy",),
    "sampling": ("scipy",),
    "likelihood.driver": ("distributed",),
    "likelihood.result": ("pandas", "xarray"),
    "postures": ("negotiation.normal_form",),
    "formats.record": ("negotiation.courses",),
    "formats.record_schema": ("negotiation.formats.record_stability",
                              "negotiation.formats.record_nash",
                              "negotiation.formats.record_mpe",
                              "negotiation.formats.record_trace"),
    "kernels": ("scipy",),
    "kernels.compiled": ("numba",),
    "normal_form.game": ("nashpy",),
    "normal_form.correlated": ("scipy",),
    "normal_form.backends": ("nashpy",),
    "equilibrium.rescue": ("negotiation.equilibrium.cyclic",),
    "equilibrium.solve": ("negotiation.equilibrium.encounters.solve",
                          "negotiation.equilibrium.cyclic", "negotiation.equilibrium.logit",
                          "negotiation.equilibrium.linked", "negotiation.equilibrium.walk",
                          "negotiation.postures"),
    "equilibrium.certificate_duality": ("scipy",),
    "equilibrium.certificate_levels": ("scipy",),
    "solving": ("negotiation.equilibrium.solve",),
    "stochastic.two_players": ("scipy",),
}
LONGEST_MODULE = 450
LONGEST_FUNCTION = 70


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[-1] == "__init__" and len(parts) > 1:
            parts = parts[:-1]
        found[".".join(parts)] = path
    return found


MODULES = modules()


def by_prefix(name: str, prefixes: Iterator[str] | tuple[str, ...]) -> str | None:
    """The longest prefix (in whole parts) of a module's name."""
    fitting = [p for p in prefixes if name == p or name.startswith(p + ".")]
    return max(fitting, key=len, default=None)


@cache
def syntax(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def floor(name: str) -> int:
    known = {prefix: level for level, prefixes in enumerate(FLOORS) for prefix in prefixes}
    prefix = by_prefix(name, tuple(known))
    assert prefix is not None, f"{name} stands on no floor: add it to FLOORS"
    return known[prefix]


@cache
def imports(name: str, path: Path) -> list[tuple[str, int, bool]]:
    return list(find_imports(name, path))


def find_imports(name: str, path: Path) -> Iterator[tuple[str, int, bool]]:
    """Every import of a module, as (dotted name, line, inside a function); types-only ones too."""
    tree = syntax(path)
    package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
    if name == "__init__":
        package = []
    late = {id(child) for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
            for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno, id(node) in late
        elif isinstance(node, ast.ImportFrom):
            base = (node.module or "").split(".") if node.module else []
            if node.level:
                base = ["negotiation", *package[:len(package) - node.level + 1], *base]
            for alias in node.names:
                full = ".".join([*base, alias.name])
                inside = full.removeprefix("negotiation.")
                yield (full if inside in MODULES else ".".join(base)), node.lineno, id(node) in late


@cache
def types_only(path: Path) -> set[int]:
    """Lines under ``if TYPE_CHECKING:``."""
    tree = syntax(path)
    return {child.lineno for node in ast.walk(tree)
            if isinstance(node, ast.If) and isinstance(node.test, ast.Name)
            and node.test.id == "TYPE_CHECKING"
            for child in ast.walk(node) if hasattr(child, "lineno")}


def own(target: str) -> str | None:
    """The module inside the package that an import means; None for others and the package."""
    if not target.startswith("negotiation."):
        return None
    inside = target.removeprefix("negotiation.")
    while inside not in MODULES and "." in inside:
        inside = inside.rpartition(".")[0]
    return inside if inside in MODULES else None


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down_never_up(name: str) -> None:
    for target, line, _ in imports(name, MODULES[name]):
        inside = own(target)
        if inside is not None and line not in types_only(MODULES[name]):
            assert floor(inside) <= floor(name), (
                f"{MODULES[name].relative_to(ROOT)}:{line} imports {inside}, which is on a floor "
                "above")


def test_no_circle() -> None:
    graph = {name: {inside for target, line, late in imports(name, path)
                    if (inside := own(target)) and inside != name and not late
                    and line not in types_only(path)}
             for name, path in MODULES.items()}
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, "imports run in a circle: " + " → ".join(
            (*above[above.index(name):], name))
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("name", MODULES)
def test_no_import_hides_in_a_function(name: str) -> None:
    prefix = by_prefix(name, tuple(LATE))
    allowed = LATE[prefix] if prefix in LATE else ()
    for target, line, late in imports(name, MODULES[name]):
        assert not late or by_prefix(target, allowed), (
            f"{MODULES[name].relative_to(ROOT)}:{line} imports {target} inside a function; move it "
            "to the top, or name it in LATE with its reason")


@pytest.mark.parametrize("name", MODULES)
def test_sizes_stay_readable(name: str) -> None:
    path = MODULES[name]
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE, f"{path.relative_to(ROOT)} has {lines} lines: split it"
    for node in ast.walk(syntax(path)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, (
                f"{path.relative_to(ROOT)}:{node.lineno} {node.name} has {length} lines: split it")


def test_every_folder_of_the_package_is_shipped() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    shipped = set(setup["options"]["packages"].split())
    folders = {".".join(path.parent.relative_to(ROOT).parts)
               for path in PACKAGE.rglob("*.py")}
    assert shipped == folders | {"negotiation.games"}
