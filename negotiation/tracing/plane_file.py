"""The points of a region map as a JSON file, written whole or not at all, to go on from."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..continuation.file import write_json
from ..errors import InputError
from ..model import Game
from .measure import Reading
from .store import fingerprint

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
    source = Path(path)
    try:
        record = json.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{source} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise InputError(f"{source} is no saved region: it is not JSON ({error})") from None
    if not isinstance(record, dict) or record.get("format") != FORMAT:
        raise InputError(f"{source} is no saved region: expected a file with format {FORMAT!r}")
    if record.get("fingerprint") != fingerprint(game):
        raise InputError(f"{source} is a region of another game, or of this one before it was "
                         f"changed: it says {record.get('game')!r}")
    given = record.get("asked", {})
    wrong = [key for key, value in asked.items() if given.get(key) != value]
    if wrong:
        raise InputError(f"{source} is a region with other settings: " + ", ".join(
            f"{key} = {given.get(key)!r} instead of {asked[key]!r}" for key in wrong))
    try:
        return {(float(one["first"]), float(one["second"])): (str(one["label"]), Reading(
            float(one["low"]), float(one["high"]), int(one["plays"]), bool(one["complete"])))
            for one in record["points"]}
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{source} is damaged: {type(error).__name__} {error}") from None
