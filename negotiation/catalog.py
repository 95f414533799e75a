"""The bundled games: definition files shipped inside the package."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from .errors import InputError, nearest
from .formats.definition import load_path, loads
from .model import Game

#: theme → what it holds, in the order in which the collection is listed
THEMES = {
    "case": "the case: a non-aggression pact between NATO and Russia",
    "front": "its fronts, each alone",
    "history": "other negotiations, past and possible",
    "bargaining": "bargaining theory",
    "conflict": "war, deterrence and peace processes",
    "linkage": "several issues, levels, markets and coalitions",
    "stability": "conflicts of the graph-model literature, for 'negotiation stability'",
}


def _folder() -> Traversable:
    # In a checkout the games stand beside the package; in a wheel, inside it.
    inside = resources.files("negotiation").joinpath("games")
    return inside if inside.is_dir() else Path(__file__).resolve().parent.parent / "games"


def names() -> tuple[str, ...]:
    """The names of the bundled games, sorted."""
    return tuple(sorted(entry.name.removesuffix(".toml") for entry in _folder().iterdir()
                        if entry.name.endswith(".toml")))


def stochastic_names() -> tuple[str, ...]:
    """The names of the bundled stochastic games, which have no definition, sorted."""
    return tuple(sorted(entry.name.removesuffix(".json") for entry in _folder().iterdir()
                        if entry.name.endswith(".json")))


def text(name: str) -> str:
    """The definition file of a bundled game, as text."""
    return _folder().joinpath(f"{name}.toml").read_text(encoding="utf-8")


def stochastic_text(name: str) -> str:
    """The file of a bundled stochastic game, as text."""
    return _folder().joinpath(f"{name}.json").read_text(encoding="utf-8")


def stochastic_data(name: str) -> dict[str, Any]:
    """What the file of a bundled stochastic game says, as plain data."""
    data: dict[str, Any] = json.loads(stochastic_text(name))
    return data


def load(game: str | os.PathLike[str]) -> Game:
    """Load a game: the name of a bundled one, or a path.

    A string is a path when it names something that exists, ends in ``.toml`` or holds a path
    separator.

    Raises:
        InputError: no such name or file; DefinitionError: every problem of the file at once.
    """
    if isinstance(game, str) and game in (known := names()):
        return replace(loads(text(game), file=f"{game}.toml"), name=game)
    if isinstance(game, str) and game in stochastic_names():
        raise InputError(f"{game!r} is a stochastic game, without fronts and moves: 'negotiation "
                         "solve' and 'negotiation show' know it, and negotiation.stochastic.files."
                         "load_stochastic reads it")
    path = Path(game)
    looks_like_path = not isinstance(game, str) or path.suffix == ".toml" or os.sep in game
    if game and (looks_like_path or path.exists()):
        return load_path(path, known)
    known = (*known, *stochastic_names())
    close = nearest(game, known)
    hint = f"did you mean {close!r}?" if close else f"bundled games are {', '.join(known)}"
    raise InputError(f"no bundled game and no file is called {game!r}: {hint}")
