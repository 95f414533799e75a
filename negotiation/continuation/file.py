"""Branches as JSON: saved whole or not at all, loaded, gone on from."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import InputError
from .curve import Branch, End, SpecialPoint, Steps

FORMAT = "negotiation-branches/1"


def to_dict(branch: Branch) -> dict[str, Any]:
    """A branch as plain data: points, labelled special points, settings, how it ended."""
    return {
        "x": branch.x.tolist(), "t": branch.t.tolist(), "speed": branch.speed.tolist(),
        "special": [{"kind": p.kind, "after": p.after, "x": p.x.tolist(), "t": p.t}
                    for p in branch.special],
        "end": branch.end.name, "steps": asdict(branch.steps),
        "tangent": None if branch.tangent is None else branch.tangent.tolist()}


def from_dict(record: dict[str, Any]) -> Branch:
    """The inverse of :func:`to_dict`.

    Raises:
        InputError: for a record that is not one of a branch.
    """
    try:
        special = tuple(SpecialPoint(str(p["kind"]), int(p["after"]), np.array(p["x"], dtype=float),
                                     float(p["t"])) for p in record["special"])
        tangent = record["tangent"]
        branch = Branch(
            np.array(record["x"], dtype=float), np.array(record["t"], dtype=float),
            np.array(record["speed"], dtype=float), special, End[record["end"]],
            Steps(**record["steps"]), None if tangent is None else np.array(tangent, dtype=float))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"this is no branch: {type(error).__name__} {error}") from None
    if branch.x.ndim != 2 or branch.t.shape != (len(branch.x),):
        raise InputError(f"this is no branch: x has shape {branch.x.shape}, t {branch.t.shape}")
    return branch


def save(path: str | Path, branches: Sequence[Branch]) -> None:
    """Write branches to a JSON file; a reader finds the old file or the new one, never a part.

    Raises:
        InputError: where the file cannot be written.
    """
    write_json(path, {"format": FORMAT, "branches": [to_dict(branch) for branch in branches]})


def load(path: str | Path) -> tuple[Branch, ...]:
    """Branches from a file that :func:`save` wrote.

    Raises:
        InputError: for a file that cannot be read or is no such file.
    """
    record = read_json(path, "holds no branches", FORMAT)
    return tuple(from_dict(one) for one in record.get("branches", ()))


def read_json(path: str | Path, otherwise: str, form: str) -> dict[str, Any]:
    """The record of a JSON file of the format ``form``; ``otherwise``: what another file does not
    do, for the message.

    Raises:
        InputError: where the file cannot be read or is no such file.
    """
    try:
        record = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}") from None
    except ValueError as error:
        raise InputError(f"{path} {otherwise}: it is not JSON ({error})") from None
    found = record.get("format") if isinstance(record, dict) else None
    if not isinstance(record, dict) or found != form:
        raise InputError(f"{path} {otherwise}: expected a file with format {form!r}"
                         + (f", found {found!r}" if found is not None else ""))
    return record


def write_json(path: str | Path, record: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all.

    Raises:
        InputError: where the file cannot be written.
    """
    target = Path(path)
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(record, stream, allow_nan=False)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise InputError(f"{target} cannot be written: {error.strerror or error}") from None
