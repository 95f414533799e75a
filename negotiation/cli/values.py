"""Values of options, checked as they are read."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterable

from ..errors import nearest


def hint(word: str, known: Iterable[str]) -> str:
    close = nearest(word, known)
    return f"did you mean {close!r}?" if close else f"expected one of {', '.join(known)}"


def names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def count(text: str) -> int:
    return _whole(text, 1)


def count_or_none(text: str) -> int:
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if number < least:
        raise argparse.ArgumentTypeError(
            f"expected a whole number of at least {least}, found {text!r}")
    return number


def number(text: str) -> float:
    found = _float(text)
    if not math.isfinite(found):
        raise argparse.ArgumentTypeError(f"expected a finite number, found {text!r}")
    return found


def positive(text: str) -> float:
    found = _float(text)
    if not (math.isfinite(found) and found > 0):
        raise argparse.ArgumentTypeError(f"expected a positive number, found {text!r}")
    return found


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def number_pair(text: str) -> tuple[str, float]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise argparse.ArgumentTypeError(f"expected NAME=VALUE, found {text!r}")
    found = _float(value)
    if not math.isfinite(found):
        hint = f": write {value.replace(',', '.')}" if value.count(",") == 1 else ""
        raise argparse.ArgumentTypeError(
            f"expected a finite number for {name.strip()!r}, found {value!r}{hint}")
    return name.strip(), found


def pairs(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in text.split(","):
        name, equals, value = (word.strip() for word in part.partition("="))
        if not equals or not name or not value:
            raise argparse.ArgumentTypeError(f"expected FRONT=STATUS, found {part!r}")
        if found.setdefault(name, value) != value:
            raise argparse.ArgumentTypeError(f"front {name!r} is given two statuses")
    return found


def consent(text: str) -> tuple[str, str, bool]:
    seat, equals, word = (part.strip() for part in text.partition("="))
    actor, _, move = seat.partition(".")
    if not equals or not actor or word not in ("always", "never") or seat.endswith("."):
        raise argparse.ArgumentTypeError("expected ACTOR=always, ACTOR=never or ACTOR.MOVE=…, "
                                         f"found {text!r}")
    return actor, move, word == "always"


def flips(text: str) -> int | str:
    return text if text == "all" else count_or_none(text)


def one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"unknown word {text!r}: {hint(text, words)}")
        return text
    return check
