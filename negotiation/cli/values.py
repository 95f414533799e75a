"""Values of options, checked as they are read."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable

from ..errors import nearest


def hint(word: str, known: Iterable[str]) -> str:
    close = nearest(word, known)
    return f"did you mean {close!r}?" if close else f"expected one of {', '.join(known)}"


def names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def count(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 1, found {text!r}")
    return number


def count_or_none(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, found {text!r}")
    return number


def flips(text: str) -> int | str:
    return text if text == "all" else count_or_none(text)


def one_of(*words: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in words:
            raise argparse.ArgumentTypeError(f"unknown word {text!r}: {hint(text, words)}")
        return text
    return check
