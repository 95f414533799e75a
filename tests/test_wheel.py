"""A wheel, and a wheel made from the source archive, installed elsewhere, solve a game by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


def run(*command: str | Path, cwd: Path) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    done = subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True,
                          text=True, timeout=900)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source archive and the wheel that was built from it."""
    root = Path(__file__).resolve().parent.parent
    folder = tmp_path_factory.mktemp("build")
    # a build writes beside what it reads, and two processes of the tests may build at once
    shutil.copytree(root, folder / "source", ignore=shutil.ignore_patterns(
        ".git", ".venv*", "venv", "__pycache__", "*.egg-info", "_build", ".*_cache"))
    run(sys.executable, "-m", "build", "--outdir", folder / "dist", folder / "source", cwd=folder)
    return folder / "dist"


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scripts folder of a fresh environment that has the wheel and what it needs."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=True)
    scripts = folder / "env" / ("Scripts" if os.name == "nt" else "bin")
    run(scripts / "python", "-m", "pip", "install", "--quiet", next(built.glob("*.whl")),
        cwd=folder)
    return scripts


def test_the_wheel_holds_the_games_and_nothing_of_the_tests(built: Path, root: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    games = {f"negotiation/games/{path.name}" for path in (root / "games").glob("*.toml")}
    assert games <= names
    modules = {str(path.relative_to(root)) for path in (root / "negotiation").rglob("*.py")}
    assert modules <= names
    pages = {str(path.relative_to(root)) for kind in ("html", "css", "js")
             for path in (root / "negotiation" / "report").glob(f"*.{kind}")}
    assert pages and pages <= names
    assert "negotiation/py.typed" in names
    assert not [name for name in names if name.startswith(("tests", "examples", "games"))]


def test_the_source_archive_holds_what_a_build_needs(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"setup.cfg", "pyproject.toml", "README.md", "LICENSE", "games/nrnap.toml"} <= names


def test_the_installed_command_solves_a_bundled_game_by_name(installed: Path,
                                                             tmp_path: Path) -> None:
    answer = json.loads(run(installed / "negotiation", "solve", "nrnap", "--json", cwd=tmp_path))
    assert answer["game"] == "nrnap"
    assert answer["equilibria"]
    assert "pact" in answer["equilibria"][0]["outcomes"]


def test_the_installed_command_lists_the_games_and_prints_schemas(installed: Path, tmp_path: Path,
                                                                  root: Path) -> None:
    listed = json.loads(run(installed / "negotiation", "list", "--json", cwd=tmp_path))
    assert {game["name"] for game in listed["games"]} == {
        path.stem for path in (root / "games").glob("*.toml")}
    assert json.loads(run(installed / "negotiation", "schema", cwd=tmp_path))["properties"]
    assert json.loads(run(installed / "negotiation", "schema", "solve", cwd=tmp_path))["properties"]


def test_the_installed_library_is_the_wheel_and_not_the_checkout(installed: Path, tmp_path: Path,
                                                                 root: Path) -> None:
    where = run(installed / "python", "-c", "import negotiation; print(negotiation.__file__)",
                cwd=tmp_path)
    assert not Path(where.strip()).is_relative_to(root)
