"""A trace's work as a JSON file, written whole or not at all, from which it can go on."""

from __future__ import annotations

import base64
import hashlib
import zlib
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..continuation.file import read_json, write_json
from ..errors import InputError
from ..formats.definition import dumps
from ..frozen import FrozenMap
from ..model import Game
from .plays import UNKNOWN, Play
from .point import Point
from .result import Settings
from .sample import Family, Sample
from .warm import Regimes

FORMAT = "negotiation-trace/3"
_ARRAYS = ("values", "consent", "surplus", "terms", "proposals", "label", "bound", "on_path",
           "play")


def fingerprint(game: Game) -> str:
    """What two games share exactly when they say the same."""
    return hashlib.sha256(dumps(game).encode()).hexdigest()


def opened(path: str | Path, what: str, form: str, game: Game, key: str, asked: dict[str, Any],
           ) -> dict[str, Any]:
    """The record of a saved ``what``, of this game and what was asked of it under ``key``.

    Raises:
        InputError: for a file that is none, or one of another game or other settings.
    """
    record = read_json(path, f"is no saved {what}", form)
    if record.get("fingerprint") != fingerprint(game):
        raise InputError(f"{path} is a {what} of another game, or of this one before it was "
                         f"changed: it says {record.get('game')!r}")
    given = record.get(key, {})
    wrong = [name for name, value in asked.items() if given.get(name) != value]
    if wrong:
        raise InputError(f"{path} is a {what} with other settings: " + ", ".join(
            f"{name} = {given.get(name)!r} instead of {asked[name]!r}" for name in wrong))
    return record


def save(path: str | Path, game: Game, settings: Settings, samples: list[Sample],
         breaks: list[tuple[float, float]], counts: dict[str, int], failed: set[float]) -> None:
    """Write what a trace has done so far."""
    write_json(path, {
        "format": FORMAT, "game": game.name, "fingerprint": fingerprint(game),
        "settings": asdict(settings), "breaks": breaks, "counts": counts,
        "failed": sorted(failed),
        "samples": [_sample_record(sample) for sample in samples]})


def read(path: str | Path, game: Game, settings: Settings, family: Family,
         ) -> tuple[list[Sample], list[tuple[float, float]], dict[str, int], set[float]]:
    """What a trace had done: samples, changes of conventions, counts, values that failed.

    Raises:
        InputError: for a file that is no saved trace, or one of another game or other settings.
    """
    # the number of checks may be raised on the way
    asked = {k: v for k, v in asdict(settings).items() if k != "checks"}
    record = opened(path, "trace", FORMAT, game, "settings", asked)
    try:
        samples = _samples(record["samples"], family)
        breaks = [(float(a), float(b)) for a, b in record["breaks"]]
        counts = {str(key): int(value) for key, value in record["counts"].items()}
        failed = {float(t) for t in record["failed"]}
    except (KeyError, TypeError, ValueError, zlib.error) as error:
        raise InputError(f"{path} is damaged: {type(error).__name__} {error}") from None
    return samples, breaks, counts, failed


def _sample_record(sample: Sample) -> dict[str, Any]:
    return {
        "t": sample.t, "capped": sample.capped, "doubt": sample.doubt, "searched": sample.searched,
        "followed": sample.followed, "listed": sample.listed, "cut": sample.cut,
        "spread": {name: list(ends) for name, ends in sample.spread.items()},
        "points": [{"key": point.key, "t": point.t, "count": point.play.count,
                    "index": point.play.index,
                    # of a play that was followed, not known until it is shown
                    "regret": None if np.isnan(point.play.regret) else point.play.regret,
                    **{name: _packed(getattr(point.play, name)) for name in _ARRAYS}}
                   for point in sample.points],
        "regimes": {key: {str(state): {f.name: _packed(getattr(found, f.name))
                                       for f in fields(Regimes)}
                          for state, found in states.items()}
                    for key, states in sample.regimes.items()}}


def _samples(records: list[dict[str, Any]], family: Family) -> list[Sample]:
    if not records:
        return []
    # a play that was carried along is at another value than its sample
    times = sorted({one["t"] for record in records for one in record["points"]})
    rows = family.rows(times)
    lattices = {(times[p], key): row for row, (p, key) in
                enumerate(zip(rows.point.tolist(), rows.key, strict=True))}
    out = []
    for record in records:
        points = []
        for one in record["points"]:
            play = Play(row=0, count=float(one["count"]), index=int(one["index"]),
                        regret=UNKNOWN if one["regret"] is None else float(one["regret"]),
                        **{name: _unpacked(one[name]) for name in _ARRAYS})
            points.append(Point(one["t"], play, rows.single(lattices[one["t"], one["key"]]),
                                one["key"]))
        regimes = {key: {int(state): Regimes(**{name: _unpacked(a) for name, a in found.items()})
                         for state, found in states.items()}
                   for key, states in record["regimes"].items()}
        out.append(Sample(record["t"], tuple(points), record["capped"],
                          tuple((why, count) for why, count in record["doubt"]),
                          record["searched"], regimes, record["followed"], int(record["listed"]),
                          FrozenMap({name: (float(low), float(high)) for name, (low, high)
                                     in record["spread"].items()}), bool(record["cut"])))
    return out


def _packed(array: NDArray[Any] | None) -> dict[str, Any] | None:
    if array is None:
        return None
    plain = np.ascontiguousarray(array)
    data = base64.b64encode(zlib.compress(plain.tobytes(), 1)).decode("ascii")
    return {"dtype": plain.dtype.str, "shape": plain.shape, "data": data}


def _unpacked(record: dict[str, Any] | None) -> Any:
    if record is None:
        return None
    kind = np.dtype(record["dtype"])
    if kind.kind not in "fibu":
        raise ValueError(f"an array of {record['dtype']}")
    data = zlib.decompress(base64.b64decode(record["data"]))
    return np.frombuffer(data, dtype=kind).reshape(record["shape"]).copy()
