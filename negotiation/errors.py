"""The exception tree of the package.

::

    NegotiationError
    ├── InputError (also ValueError)     what the caller or a file said cannot be used
    │   ├── DefinitionError              a definition file, with every problem found in it
    │   ├── ExpressionError              one expression over parameters
    │   └── UnknownNameError             a name that is not there, with the nearest one that is
    ├── MissingLibraryError (also ImportError)   an optional library that is not installed
    └── NumericalError                   a computation that could not be brought to its tolerance

The command line turns every one of them into one message and exit status 2.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class NegotiationError(Exception):
    """Anything that this package raises on purpose."""


class InputError(NegotiationError, ValueError):
    """What the caller, an option or a file said cannot be used."""


class ExpressionError(InputError):
    """An expression over parameters that cannot be parsed or evaluated."""


class UnknownNameError(InputError):
    """A name that is not there; the message says which nearest one is.

    ``of`` is what it would belong to, such as ``front 'centre'``.
    """

    def __init__(self, kind: str, name: object, known: Iterable[str], of: str = "") -> None:
        self.kind, self.name, self.known = kind, name, tuple(known)
        super().__init__(unknown_name(kind, name, self.known, of))


class MissingLibraryError(NegotiationError, ImportError):
    """An optional library that a function needs and that is not installed; says how to get it."""


class NumericalError(NegotiationError):
    """A computation that did not reach its tolerance."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong (or odd) in an input.

    ``path`` is the key's path (``moves.settle.by[1]``), ``line`` the line where the parser
    gives one; ``message`` says what was found and what was expected.
    """

    path: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"line {self.line}, {self.path}" if self.line and self.path else (
            f"line {self.line}" if self.line else self.path)
        return f"{place}: {self.message}" if place else self.message


class DefinitionError(InputError):
    """A definition that cannot be used, with every problem found in it."""

    def __init__(self, file: str, problems: Iterable[Problem]) -> None:
        self.file, self.problems = file, tuple(problems)
        lines = [f"{file}: {problem}" for problem in self.problems]
        super().__init__("\n".join(lines))


def nearest(name: object, known: Iterable[str]) -> str | None:
    """The known name closest to ``name`` whatever its capitals, or None when nothing is close."""
    plain = {str(other).casefold(): other for other in known}
    close = difflib.get_close_matches(str(name).casefold(), list(plain), n=1, cutoff=0.5)
    return plain[close[0]] if close else None


def unknown_name(kind: str, name: object, known: Iterable[str], of: str = "") -> str:
    """``unknown front 'centrl': did you mean 'central'?`` or the list of what there is."""
    known = tuple(known)
    close = nearest(name, known)
    if close is not None:
        hint = f"did you mean {close!r}?"
    elif not known:
        hint = f"there is no {kind} here"
    else:
        shown = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        hint = f"expected one of {shown}"
    return f"unknown {kind} {name!r}{f' of {of}' if of else ''}: {hint}"
