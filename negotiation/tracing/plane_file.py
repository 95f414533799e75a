"""The points of a region map as a JSON file, written whole or not at all, to go on from."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..continuation.file import write_json
from ..errors import InputError
from ..model import Game
from .measure import Reading
from .store import fingerprint, opened

FORMAT = "negotiation-region/1"
#: (first, second) → (label, reading)
Known = dict[tuple[float, float], tuple[str, Reading]]


def save(path: str | Path, game: Game, asked: dict[str, Any], known: Known) -> None:
    """Write the points that are solved."""
    write_json(path, {
        "format": FORMAT, "game": game.name, "fingerprint": fingerprint(game), "asked": asked,
        "points": [{"first": x, "second": y, "label": label, **asdict(reading)}
                   for (x, y), (label, reading) in known.items()]})


def read(path: str | Path, game: Game, asked: dict[str, Any]) -> Known:
    """The points of a file.

    Raises:
        InputError: for a file that is no saved region, or one of another game or question.
    """
    record = opened(path, "region", FORMAT, game, "asked", asked)
    try:
        return {(float(one["first"]), float(one["second"])): (str(one["label"]), Reading(
            float(one["low"]), float(one["high"]), int(one["plays"]), bool(one["complete"])))
            for one in record["points"]}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path} is damaged: {type(error).__name__} {error}") from None
