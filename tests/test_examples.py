"""Every example runs, from another folder, and says something; so do those in docstrings."""

from __future__ import annotations

import doctest
import pkgutil
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import negotiation

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.py"))


def test_there_are_examples() -> None:
    assert len(EXAMPLES) >= 10
    told = (EXAMPLES[0].parent / "README.md").read_text(encoding="utf-8")
    assert all(f"`{path.name}`" in told for path in EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_the_example_runs(path: Path, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-W", "error", str(path)], cwd=tmp_path,
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip()
    assert "nan" not in done.stdout.lower()


@pytest.mark.parametrize("name", [
    info.name for info in pkgutil.walk_packages(negotiation.__path__, "negotiation.")
    if not info.name.endswith("__main__")])
def test_the_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0
