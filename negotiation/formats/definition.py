"""Definition files: TOML in, :class:`~negotiation.model.Game` out, and back.

A definition that cannot be used raises one error with every problem in it, each with the path of
its key and, where it is sure, its line.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..errors import DefinitionError, InputError, Problem, nearest
from ..files import write_whole
from ..model import Game
from .build import read_game
from .checks import warnings_of
from .lines import LineIndex, deep_key_line, syntax_problem
from .reader import Path as KeyPath
from .reader import describe, keys_that_are_not_text, path_text
from .writer import game_text

MAX_BYTES = 5_000_000


def load_path(path: str | os.PathLike[str], bundled: Sequence[str] = ()) -> Game:
    """The game of a definition file. Its name is the file's, without the ending.

    ``bundled`` are names that may be meant where there is no such file.

    Raises:
        InputError: for a file that cannot be read.
        DefinitionError: for a file that is no definition; it holds every problem found.
    """
    if os.fspath(path).lower().endswith(".nfg"):
        raise InputError(f"{os.fspath(path)} is a game in normal form, not a definition: "
                         "'negotiation solve' and negotiation.formats.nfg.load_nfg take it")
    return loads(_read_text(path, bundled), file=os.fspath(path))


def loads(text: str, file: str = "<text>") -> Game:
    """The game that a definition's text describes; ``file`` is what messages call it.

    Raises:
        DefinitionError: with every problem found.
    """
    text = text.removeprefix("\ufeff")
    if line := deep_key_line(text):
        raise DefinitionError(file, [Problem("", "a key has more than 40 parts joined by dots: "
                                                 "expected a few", line)])
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise DefinitionError(file, [syntax_problem(str(error), text)]) from None
    except (RecursionError, MemoryError):
        raise DefinitionError(file, [Problem("", "lists or tables are nested too deeply: expected "
                                                 "a few levels")]) from None
    except ValueError:
        # Python refuses to read whole numbers of thousands of digits.
        raise DefinitionError(file, [Problem("", "a number has too many digits: expected one that "
                                                 "a float can hold")]) from None
    if not data:
        raise DefinitionError(file, [Problem("", "the definition is empty: expected the keys "
                                                 "format, title, actors, fronts and moves")])
    return _build(data, file, text)


def from_dict(definition: Mapping[str, Any], file: str = "<dict>") -> Game:
    """The game that plain tables describe: what a definition file holds, as dicts and lists.

    Raises:
        DefinitionError: with every problem found.
    """
    if not isinstance(definition, Mapping):
        raise DefinitionError(file, [Problem("", "expected a table, found "
                                                 f"{describe(definition)}")])
    if strange := list(keys_that_are_not_text(definition)):
        raise DefinitionError(file, [Problem(path_text(path), message)
                                     for path, message in strange])
    return _build(definition, file, "")


def dumps(game: Game) -> str:
    """The text of a definition file for a game: ``loads(dumps(game)) == game``.

    That holds for every game that the loader made. A game changed in Python so that it breaks a
    rule of the format (a parameter outside its range, no move left) is written all the same, and
    loading it tells which rule.
    """
    return game_text(game)


def save(game: Game, path: str | os.PathLike[str]) -> None:
    """Write a game to a definition file, whole or not at all.

    Raises:
        InputError: where the file cannot be written; what was there before is then unchanged.
    """
    try:
        content = dumps(game).encode("utf-8")
    except ValueError as error:
        raise InputError(f"{os.fspath(path)}: the file cannot be written: {error}") from None
    write_whole(path, content)


def check(game: Game) -> list[Problem]:
    """What is legal in a game but odd, such as a status that nothing reaches."""
    return warnings_of(game)


def _build(data: Mapping[str, Any], file: str, text: str) -> Game:
    game, reader = read_game(data, _game_name(file))
    if reader.problems:
        lines: Mapping[KeyPath, int] = LineIndex(text) if text else {}
        raise DefinitionError(file, reader.found(lines))
    return game


def _game_name(file: str) -> str:
    return "game" if file.startswith("<") else Path(file).stem or "game"


def _read_text(path: str | os.PathLike[str], bundled: Sequence[str]) -> str:
    """The text of a file; refused before it is read when it is too large for a definition."""
    shown = os.fspath(path)
    try:
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            content = stream.read(MAX_BYTES + 1) if size <= MAX_BYTES else b""
    except FileNotFoundError:
        raise InputError(f"{shown}: there is no such file{_near(Path(path), bundled)}") from None
    except IsADirectoryError:
        raise InputError(f"{shown}: expected a definition file, found a folder") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{shown}: the file cannot be read: {reason}") from None
    if max(size, len(content)) > MAX_BYTES:
        raise InputError(f"{shown}: the file has {size or 'too many'} bytes: expected a definition "
                         f"of at most {MAX_BYTES} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        byte = f"0x{content[error.start]:02x}"
        raise DefinitionError(shown, [Problem("", f"expected UTF-8 text, found the byte {byte}: "
                                                  "save the file as UTF-8", line)]) from None


def _near(path: Path, bundled: Sequence[str]) -> str:
    if path.stem in bundled:
        return f": did you mean the bundled game {path.stem!r}?"
    try:
        close = nearest(path.name, (entry.name for entry in path.parent.iterdir()))
    except (OSError, ValueError):
        return ""
    return f": did you mean {str(path.with_name(close))!r}?" if close else ""
