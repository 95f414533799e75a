"""The documentation's pages run as they are written, and the generated ones leave nothing out."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from doc_pages import run_page

import negotiation as ng
from negotiation import catalog
from negotiation.cli.arguments import _build
from negotiation.formats.record_schema import OUTPUTS
from negotiation.formats.schema import definition_schema

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
sys.path.append(str(DOCS / "_ext"))
import generated  # noqa: E402

PAGES = sorted(page for page in DOCS.rglob("*.md")
               if "generated" not in page.parts and "_build" not in page.parts)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path, tmp_path: Path) -> None:
    wrong = run_page(page, tmp_path)
    assert not wrong, ("the page shows something else; check it, then regenerate it by "
                       f"REGENERATE=1 python -m pytest tests/test_docs.py -k {page.stem}\n\n"
                       + "\n\n".join(wrong))


def example_code(page: Path) -> str:
    return "\n".join(line for line in page.read_text(encoding="utf-8").splitlines()
                     if line.startswith((">>> ", "... ")))


def test_every_public_name_is_documented_with_a_running_example() -> None:
    reference = DOCS / "reference"
    library = (reference / "library.md").read_text(encoding="utf-8")
    errors = (reference / "errors.md").read_text(encoding="utf-8")
    code = example_code(reference / "library.md") + example_code(reference / "errors.md")
    for name in ng.__all__:
        if isinstance(value := getattr(ng, name), type) and issubclass(value, Exception):
            assert f"## `{name}`" in errors or name == "NegotiationError", name
            assert f"ng.{name}" in code or f"negotiation.errors.{name}:" in errors, name
        elif name in ("plot", "__version__", "Problem"):
            assert f"ng.{name}" in code, name
        else:
            assert re.search(rf"^\.\. auto\w+:: {name}$", library, re.MULTILINE), name
            if not isinstance(value, type) and callable(value):
                assert f"ng.{name}(" in code, name
    for name in ng.plot.__all__:
        assert re.search(rf"^\.\. autofunction:: {name}$", library, re.MULTILINE), name


def test_the_generated_command_line_has_every_command_and_option() -> None:
    page = generated.command_line()
    _, commands = _build()
    for name, parser in commands.items():
        assert f"## `negotiation {name}`" in page
        section = page.partition(f"## `negotiation {name}`")[2].partition("\n## ")[0]
        for action in parser._actions:
            assert action.dest == "help" or all(
                f"`{option}" in section for option in action.option_strings), action


def test_the_generated_definition_has_every_key_of_the_schema() -> None:
    page = generated.definition()

    def keys(part: object) -> Iterator[str]:
        if isinstance(part, dict):
            if isinstance(part.get("properties"), dict):
                yield from part["properties"]
            for value in part.values():
                yield from keys(value)
        elif isinstance(part, list):
            for value in part:
                yield from keys(value)

    found = set(keys(definition_schema()))
    assert len(found) > 50
    for key in found:
        assert f"| `{key}` |" in page, key


def test_the_generated_pages_name_every_game_output_and_section_of_a_file() -> None:
    games, outputs, messages = generated.games(), generated.outputs(), generated.messages()
    assert all(f"### `{name}`:" in games for name in catalog.names())
    assert all(f"## `{name}`" in outputs for name in OUTPUTS)
    assert all(f"## {section}\n" in messages for section in ("actors", "moves", "claims"))
    assert str(ROOT) not in games + outputs + messages


def test_every_page_is_in_the_index_and_no_link_leads_nowhere() -> None:
    index = (DOCS / "index.md").read_text(encoding="utf-8")
    for page in PAGES:
        name = page.relative_to(DOCS).with_suffix("").as_posix()
        assert name == "index" or re.search(rf"^{re.escape(name)}$", index, re.MULTILINE), name
        for link in re.findall(r"\]\(([^)#\s]+\.md)\)", page.read_text(encoding="utf-8")):
            path = (page.parent / link).resolve()
            assert path.exists() or path.stem in generated.PAGES, (page, link)


def test_an_example_that_has_rotted_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```console\n$ negotiation bargain central\nsomething else\n```\n"
                    "```python\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    assert len(run_page(page, tmp_path)) == 2
