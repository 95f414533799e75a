"""Gambit's ``.nfg`` files: games in normal form as text, read and written.

A file is ``NFG 1 R "title" { "player" … }``, then the actions, as lists of names or as counts, an
optional comment, and one of two bodies: the *payoff* body lists the players' payoffs at every
profile, the *outcome* body lists outcomes with their payoffs in braces and then the number of the
outcome at every profile (0: everybody gets 0). In both the first player's action changes fastest.

Whole numbers and ratios (``1/3``) are read exactly, decimals as floats unless ``exact`` is set.

Source: Savani & Turocy, "Gambit: The package for computation in game theory", the strategic game
file format.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from ..errors import DefinitionError, InputError, Problem, UnknownNameError
from ..normal_form.game import NormalFormGame

BODIES = ("payoff", "outcome")
#: the longest file that is read, and the most payoffs of a game
MAX_BYTES, MAX_PAYOFFS = 50_000_000, 5_000_000

_TOKEN = re.compile(r'(?P<space>[\s,]+)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<brace>[{}])'
                    r'|(?P<word>[^\s,{}"]+)|(?P<open>")', re.DOTALL)
_WHOLE = re.compile(r"[+-]?\d+\Z")
_RATIO = re.compile(r"[+-]?\d+/\d+\Z")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\Z")
_MAX_DIGITS = 4000


def load_nfg(path: str | os.PathLike[str], *, exact: bool = False) -> NormalFormGame:
    """The game of an ``.nfg`` file; ``exact`` reads the decimal 0.1 as 1/10, not as a float.

    Raises:
        InputError: for a file that cannot be read.
        DefinitionError: for one that is no ``.nfg`` file: the line, what was found and expected.
    """
    try:
        with open(path, "rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{os.fspath(path)}: the file cannot be read: {reason}") from None
    if len(content) > MAX_BYTES:
        raise InputError(f"{os.fspath(path)}: the file is longer than {MAX_BYTES} bytes")
    return loads_nfg(content.decode("utf-8", errors="replace"), file=os.fspath(path), exact=exact)


def loads_nfg(text: str, *, file: str = "<text>", exact: bool = False) -> NormalFormGame:
    """The game that the text of an ``.nfg`` file describes; ``file`` is what messages call it.

    >>> loads_nfg('NFG 1 R "Pennies" { "Even" "Odd" } { 2 2 } 1 -1 -1 1 -1 1 1 -1').is_zero_sum
    True
    """
    reader = _Reader(file, _tokens(file, text.removeprefix("\ufeff")), exact)
    title, players = reader.prologue()
    actions = reader.actions(players)
    if reader.peek().kind == "text":
        reader.take()                                   # a comment, which a game has no place for
    shape = tuple(len(names) for names in actions)
    if prod(shape) * len(players) > MAX_PAYOFFS:
        reader.fail(reader.peek(), f"a game of {prod(shape)} profiles",
                    f"at most {MAX_PAYOFFS} payoffs")
    rows = reader.outcome_body(shape) if reader.peek().value == "{" else reader.payoff_body(shape)
    end = reader.peek()
    if end.kind != "end":
        reader.fail(end, end.shown, "the end of the file after the last profile")
    return _game(rows, shape, players, actions, title)


def _game(rows: list[list[Any]], shape: tuple[int, ...], players: list[str],
          actions: list[list[str]], title: str) -> NormalFormGame:
    n = len(shape)
    table = np.empty((len(rows), n), dtype=object)
    for k, row in enumerate(rows):
        table[k] = row
    payoffs = table.reshape((*shape[::-1], n)).transpose(*range(n, -1, -1))
    return NormalFormGame(payoffs, players, actions, title)


def dumps_nfg(game: NormalFormGame, *, body: str = "payoff") -> str:
    """The text of an ``.nfg`` file with the given body; ``loads_nfg`` of it gives an equal game."""
    if body not in BODIES:
        raise UnknownNameError("body of an nfg file", body, BODIES)
    table: Any = game.exact if game.exact_given else game.payoffs
    rows = table.transpose(*range(game.n, 0, -1), 0).reshape(-1, game.n)
    lines = [f"NFG 1 R {_quoted(game.title)} {{ {' '.join(map(_quoted, game.players))} }}", ""]
    lines.append("{ " + "\n  ".join("{ " + " ".join(map(_quoted, names)) + " }"
                                    for names in game.actions) + "\n}")
    lines += ['""', ""]
    said = [tuple(_number(v) for v in row) for row in rows.tolist()]
    if body == "payoff":
        lines += [" ".join(row) for row in said]
    else:
        numbers: dict[tuple[str, ...], int] = {}
        for row in said:
            numbers.setdefault(row, len(numbers) + 1)
        lines.append("{")
        lines += ['{ "" ' + ", ".join(row) + " }" for row in numbers]
        lines += ["}", " ".join(str(numbers[row]) for row in said)]
    return "\n".join(lines) + "\n"


def save_nfg(game: NormalFormGame, path: str | os.PathLike[str], *, body: str = "payoff") -> None:
    """Write a game to an ``.nfg`` file; InputError where the file cannot be written."""
    content = dumps_nfg(game, body=body)
    try:
        Path(path).write_text(content, encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputError(f"{os.fspath(path)}: the file cannot be written: {reason}") from None


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _number(value: float | Fraction) -> str:
    if isinstance(value, Fraction):
        return str(value)
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)


@dataclass(frozen=True)
class _Token:
    kind: str                       # text, brace, word, end
    value: str
    line: int

    @property
    def shown(self) -> str:
        return "the end of the file" if self.kind == "end" else repr(self.value)


def _tokens(file: str, text: str) -> list[_Token]:
    found, line = [], 1
    for match in _TOKEN.finditer(text):
        kind, value = match.lastgroup or "", match.group()
        if kind == "open":
            raise DefinitionError(file, [Problem("", "found a quotation mark that is not closed: "
                                                     "expected a text in quotation marks", line)])
        if kind == "text":
            found.append(_Token(kind, re.sub(r"\\(.)", r"\1", value[1:-1], flags=re.DOTALL), line))
        elif kind != "space":
            found.append(_Token(kind, value, line))
        line += value.count("\n")
    return [*found, _Token("end", "", line)]


@dataclass
class _Reader:
    """Takes tokens one by one; every mistake is an error with its line."""

    file: str
    tokens: list[_Token]
    exact: bool
    at: int = field(default=0)

    def fail(self, token: _Token, found: str, expected: str) -> NoReturn:
        problem = Problem("", f"found {found}: expected {expected}", token.line)
        raise DefinitionError(self.file, [problem])

    def peek(self) -> _Token:
        return self.tokens[self.at]

    def take(self) -> _Token:
        token = self.tokens[self.at]
        self.at = min(self.at + 1, len(self.tokens) - 1)
        return token

    def brace(self, which: str, expected: str) -> None:
        token = self.take()
        if token.kind != "brace" or token.value != which:
            self.fail(token, token.shown, expected)

    def prologue(self) -> tuple[str, list[str]]:
        for value, expected in (("NFG", "'NFG', with which such a file begins"),
                                ("1", "the version of the format, 1"),
                                ("R", "'R' (or 'D'), the kind of numbers")):
            token = self.take()
            if token.value != value and not (value == "R" and token.value == "D"):
                self.fail(token, token.shown, expected)
        token = self.take()
        if token.kind != "text":
            self.fail(token, token.shown, "the title in quotation marks")
        title = token.value
        self.brace("{", "'{' before the players' names")
        players = self.names("a player's name in quotation marks, or '}'")
        return title, players

    def names(self, expected: str) -> list[str]:
        """Texts up to the closing brace; a name given twice is an error, an empty list too."""
        names: list[str] = []
        while (token := self.take()).value != "}" or token.kind != "brace":
            if token.kind != "text":
                self.fail(token, token.shown, expected)
            name = token.value or str(len(names) + 1)       # Gambit writes "" for what has no name
            if name in names:
                self.fail(token, f"the name {name!r} twice", "different names")
            names.append(name)
        if not names:
            self.fail(token, "an empty list", expected)
        return names

    def actions(self, players: Sequence[str]) -> list[list[str]]:
        self.brace("{", "'{' before the players' actions")
        lists: list[list[str]] = []
        while (token := self.take()).value != "}" or token.kind != "brace":
            if token.kind == "brace":
                lists.append(self.names("an action's name in quotation marks, or '}'"))
            elif token.kind == "word" and _WHOLE.match(token.value) and 0 < _small(token.value):
                count = _small(token.value)
                if count > MAX_PAYOFFS:
                    self.fail(token, f"{count} actions", f"at most {MAX_PAYOFFS} payoffs")
                lists.append([str(k + 1) for k in range(count)])
            else:
                self.fail(token, token.shown,
                          "a list of a player's actions in braces, or how many there are (≥ 1)")
        if len(lists) != len(players):
            self.fail(token, f"the actions of {len(lists)} players",
                      f"those of {len(players)}, as many as there are names")
        return lists

    def number(self, expected: str) -> float | Fraction:
        token = self.take()
        text = token.value
        if token.kind == "word" and len(text) <= _MAX_DIGITS:
            if _WHOLE.match(text):
                return Fraction(int(text))
            if _RATIO.match(text) and text.rpartition("/")[2].strip("0"):
                return Fraction(text)
            if _DECIMAL.match(text) and np.isfinite(float(text)):
                return Fraction(text) if self.exact else float(text)
        self.fail(token, token.shown, expected)

    def payoff_body(self, shape: tuple[int, ...]) -> list[list[Any]]:
        n, count = len(shape), prod(shape)
        return [[self.number(f"{count} × {n} payoffs, this being number {k * n + i + 1}")
                 for i in range(n)] for k in range(count)]

    def outcome_body(self, shape: tuple[int, ...]) -> list[list[Any]]:
        n = len(shape)
        self.take()
        outcomes: list[list[Any]] = [[Fraction(0)] * n]
        while (token := self.take()).value != "}" or token.kind != "brace":
            if token.value != "{" or token.kind != "brace":
                self.fail(token, token.shown, "an outcome in braces, or '}' after the last one")
            if self.peek().kind != "text":
                self.fail(self.peek(), self.peek().shown, "the outcome's name in quotation marks")
            self.take()
            outcomes.append([self.number(f"{n} payoffs, one for each player, this being number "
                                         f"{i + 1}") for i in range(n)])
            self.brace("}", f"'}}' after the outcome's {n} payoffs")
        rows = []
        for k in range(prod(shape)):
            token = self.take()
            which = _small(token.value) if token.kind == "word" else -1
            if not 0 <= which < len(outcomes):
                self.fail(token, token.shown, f"the number of an outcome, 0 to {len(outcomes) - 1},"
                                              f" for profile {k + 1} of {prod(shape)}")
            rows.append(outcomes[which])
        return rows


def _small(text: str) -> int:
    """A whole number of a reasonable length; −1 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else -1
