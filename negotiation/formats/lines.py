"""Where the keys of a TOML text are, and what its syntax errors mean.

The standard parser keeps no places. The scan here trusts that the text has been parsed, follows
table headers and ``key = value`` statements, and skips values; a path gets a line only when that
line is sure.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from ..errors import Problem
from .reader import Path, path_text

_SPACE = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)+")
_KEY = re.compile(r"""[ \t]*(?:([A-Za-z0-9_-]+)|"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)')[ \t]*""")
_VALUE_PART = re.compile(r'"{3}(?:[^\\]|\\.)*?"{3,5}|\'{3}.*?\'{3,5}'
                         r'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}\n]|[^"\'#\[\]{}\n]+',
                         re.DOTALL)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

# Forty dotted keys in a row. A run of letters is tried from its first one only, so that the search
# takes one pass however the text is made.
_DEEP_KEY = re.compile(r"""(?:(?:(?<![A-Za-z0-9_-])[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
                       r"""[ \t]*+\.[ \t]*+){40}""")


def deep_key_line(text: str) -> int | None:
    """The line of a dotted key of more than forty parts, which no definition has.

    The standard parser takes memory in the square of their number, so they are found beforehand.
    """
    found = _DEEP_KEY.search(text)
    return None if found is None else text.count("\n", 0, found.start()) + 1


class LineIndex(Mapping[Path, int]):
    """Path of a key → line, for the text of a TOML document that has been parsed.

    What lies inside a value that stands on one line has that line; what lies inside a value of
    several lines, and what is missing from the text, has none.

    >>> lines = LineIndex("[a]\\nb = { c = 1 }\\n")
    >>> lines["a",], lines["a", "b", "c"], lines.get(("a", "d"))
    (1, 2, None)
    """

    def __init__(self, text: str) -> None:
        self._lines: dict[Path, int] = {}
        self._inside: dict[Path, int] = {}
        for path, first, last in _statements(text):
            # A table that is never written as a header stands where something in it first does.
            for length in range(1, len(path) + 1):
                self._lines.setdefault(path[:length], first)
            if last == first:
                self._inside[path] = first

    def __getitem__(self, path: Path) -> int:
        if path in self._lines:
            return self._lines[path]
        for length in range(len(path) - 1, 0, -1):
            if path[:length] in self._inside:
                return self._inside[path[:length]]
        raise KeyError(path)

    def __iter__(self) -> Iterator[Path]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


def _statements(text: str) -> Iterator[tuple[Path, int, int]]:
    """Path, first and last line of each statement; a header's last line is 0 (nothing is in it)."""
    ends = [found.start() for found in re.finditer("\n", text)]
    tables: dict[Path, int] = {}
    header: Path = ()
    position = 0
    while position < len(text):
        space = _SPACE.match(text, position)
        if space is not None:
            position = space.end()
            continue
        line = bisect_left(ends, position) + 1
        brackets = 2 if text.startswith("[[", position) else int(text[position] == "[")
        keys, end = _dotted_key(text, position + brackets)
        if not keys:
            return
        if brackets:
            header = _header_path(keys, tables, listed=brackets == 2)
            position = end + brackets
            yield header, line, 0
        else:
            position = _value_end(text, end + 1)
            yield _within(header, keys, tables), line, bisect_left(ends, position - 1) + 1


def _dotted_key(text: str, position: int) -> tuple[tuple[str, ...], int]:
    keys: list[str] = []
    while (found := _KEY.match(text, position)) is not None:
        keys.append(next(group for group in found.groups() if group is not None))
        position = found.end()
        if not text.startswith(".", position):
            break
        position += 1
    return tuple(keys), position


def _within(path: Path, keys: tuple[str, ...], tables: Mapping[Path, int]) -> Path:
    """The path of dotted keys, each list of tables standing for its last table so far."""
    for key in keys:
        path = (*path, key)
        if path in tables:
            path = (*path, tables[path])
    return path


def _header_path(keys: tuple[str, ...], tables: dict[Path, int], *, listed: bool) -> Path:
    if not listed:
        return _within((), keys, tables)
    path: Path = (*_within((), keys[:-1], tables), keys[-1])
    tables[path] = tables.get(path, -1) + 1
    return (*path, tables[path])


def _value_end(text: str, position: int) -> int:
    """The position after the value that starts here: the end of its line, outside brackets."""
    depth = 0
    while (part := _VALUE_PART.match(text, position)) is not None:
        word = part.group()
        if word == "\n" and depth == 0:
            break
        depth += (word in ("[", "{")) - (word in ("]", "}"))
        position = part.end()
    return max(position, 1)


def syntax_problem(message: str, text: str) -> Problem:
    """A :class:`Problem` from what the TOML parser said about a text."""
    place = _PLACE.search(message)
    said = message[:place.start()] if place else message
    line = int(place.group(1)) if place and place.group(1) else len(text.rstrip().split("\n"))
    # Up to here the text is sound, so the statement that the parser stopped in can be found.
    path, header = next(((path, last == 0) for path, first, last in _statements(text)
                         if line <= max(first, last)), ((), False))
    shown = path_text(path)
    if said == "Cannot overwrite a value" and path and not header:
        return Problem(shown, f"the key {path[-1]!r} is given twice: expected once", line)
    if said.startswith(("Cannot declare", "Cannot overwrite")) and path:
        return Problem(shown, f"the table [{shown}] is given twice: expected once", line)
    if said.startswith("Duplicate inline table key"):
        key = said.removeprefix("Duplicate inline table key ")
        return Problem(shown, f"the key {key} is given twice: expected once", line)
    column = f" at column {place.group(2)}" if place and place.group(2) else ""
    return Problem("", f"this is not TOML{column}: {said[:1].lower()}{said[1:]}", line)
