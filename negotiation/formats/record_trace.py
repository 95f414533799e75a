"""Traces, regions and tipping points as plain data, and the JSON Schemas of that."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .record import plain

if TYPE_CHECKING:
    from ..tracing.plane import Region
    from ..tracing.result import Branch, Change, Event, Trace
    from ..tracing.tipping import Tip, Tipping

Record = dict[str, Any]


def trace_record(trace: Trace) -> Record:
    """A trace, as ``negotiation trace --json`` prints it."""
    record: Record = plain({
        "game": trace.game.name, **asdict(trace.settings), "complete": trace.complete,
        "consistent": trace.consistent,
        "incomplete_because": trace.incomplete_because, "completeness": trace.completeness,
        "ending": str(trace.ending), "seconds": trace.seconds, "sweeps": trace.sweeps,
        "checked": trace.checked, "surprises": trace.surprises,
        "branches": [_branch(branch) for branch in trace.branches],
        "events": [_event(event) for event in trace.events],
        "solved": [asdict(one) for one in trace.solved]})
    return record


def _branch(branch: Branch) -> Record:
    points = [{"value": value, "equilibria": branch.equilibria[k], "regret": branch.regret[k],
               "outcomes": {name: min(max(float(rows[k]), 0.0), 1.0)
                            for name, rows in branch.outcomes.items()},
               "payoffs": {name: rows[k] for name, rows in branch.payoffs.items()}}
              for k, value in enumerate(branch.values.tolist())]
    return {"id": branch.id, "begin": branch.begin, "end": branch.end, "points": points,
            "special": [asdict(point) for point in branch.special]}


def _event(event: Event) -> Record:
    return {"id": event.id, "kind": event.kind, "value": event.value, "error": event.error,
            "exact": event.exact, "before": event.before, "after": event.after,
            "through": event.through, "convention": event.convention, "verdict": event.verdict,
            "causes": [_change(one) for one in event.causes],
            "changes": [_change(one) for one in event.changes],
            "outcomes": {str(branch): {name: list(pair) for name, pair in rows.items()}
                         for branch, rows in event.outcomes.items()}}


def _change(change: Change) -> Record:
    return {"state": change.state, "move": change.move, "issue": change.issue,
            "before": change.before, "after": change.after, "actor": change.actor,
            "on_path": change.on_path}


def tip_record(found: Tipping) -> Record:
    """Tipping points, as ``negotiation tip --json`` prints them."""
    record: Record = plain({
        "game": found.game.name, "what": found.what, "target": found.target,
        "rising": found.rising, "by": found.by, "now": asdict(found.now), "holds": found.holds,
        "best": None if found.best is None else _tip(found.best),
        "single": [_tip(one) for one in found.single],
        "joint": None if found.joint is None else _tip(found.joint),
        "unmoved": found.unmoved, "left": found.left, "failed": found.failed, "grid": found.grid,
        "seconds": found.seconds})
    return record


def _tip(one: Tip) -> Record:
    return {"changes": {name: {"from": a, "to": b} for name, (a, b) in one.changes.items()},
            "distance": one.distance, "jump": one.jump, "before": asdict(one.before),
            "after": asdict(one.after), "error": one.error}


def region_record(found: Region) -> Record:
    """A map of two parameters, as ``negotiation region --json`` prints it."""
    record: Record = plain({
        "game": found.game.name, "parameters": found.parameters, "box": found.box,
        "what": found.what, "by": found.by, "labels": found.labels,
        "shares": {label: found.share(label) for label in found.labels},
        "cells": [asdict(cell) for cell in found.cells],
        "points": [{"first": x, "second": y, "label": label, **asdict(reading)}
                   for (x, y), (label, reading) in found.points.items()],
        "curves": [asdict(curve) for curve in found.curves], "complete": found.complete,
        "finished": found.finished, "seconds": found.seconds})
    return record


# ---- schemas ------------------------------------------------------------------------------------

_TEXT: Record = {"type": "string"}
_NUMBER: Record = {"type": "number"}
_WHOLE: Record = {"type": "integer"}
_YES: Record = {"type": "boolean"}
_CHANCE: Record = {"type": "number", "minimum": 0, "maximum": 1}
KINDS = ("switch", "bound", "jump", "fold", "end", "birth", "convention", "unresolved")


def _object(properties: dict[str, Record]) -> Record:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": list(properties)}


def _list(item: Record) -> Record:
    return {"type": "array", "items": item}


def _maybe(schema: Record) -> Record:
    return {"anyOf": [schema, {"type": "null"}]}


def _table(value: Record) -> Record:
    return {"type": "object", "additionalProperties": value}


def _said(schema: Record, description: str) -> Record:
    return {**schema, "description": description}


def _change_schema() -> Record:
    word = _maybe({"enum": ["refused", "made", "mixed", "0", "between", "1"]})
    return _object({
        "state": _table(_TEXT), "move": _TEXT, "issue": _maybe(_TEXT), "before": word,
        "after": word, "actor": _said(_maybe(_TEXT), "whose gain is just zero"),
        "on_path": _said(_YES, "whether play can come to the state")})


def trace_schema() -> Record:
    """The schema of :func:`trace_record`."""
    point = _object({"value": _NUMBER, "equilibria": _said(
        _NUMBER, "how many equilibria are like it on the path of play"), "regret": _NUMBER,
        "outcomes": _table(_CHANCE), "payoffs": _table(_NUMBER)})
    special = _object({"kind": {"enum": list(KINDS)}, "event": _WHOLE, "value": _NUMBER,
                       "after": _said(_WHOLE, "the point before it; -1: it begins the branch")})
    pair = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
    event = _object({
        "id": _WHOLE, "kind": {"enum": list(KINDS)}, "value": _NUMBER,
        "error": _said(_NUMBER, "how far off the value can be"),
        "exact": _said(_YES, "whether the zero of a switching function says where it is"),
        "before": _list(_WHOLE), "after": _list(_WHOLE), "through": _list(_WHOLE),
        "convention": _maybe(_list(_TEXT)), "verdict": _said(_maybe(_list(_TEXT)), "the cascade "
        "verdict before and after it, where asked for"), "causes": _list(_change_schema()),
        "changes": _list(_change_schema()), "outcomes": _table(_table(pair))})
    solved = _object({"value": _NUMBER, "plays": _WHOLE, "equilibria": _NUMBER, "searched": _YES,
                      "complete": _YES, "because": _maybe(_TEXT)})
    return _object({
        "game": _TEXT, "parameter": _TEXT, "begin": _NUMBER, "end": _NUMBER, "by": _NUMBER,
        "grid": _WHOLE, "checks": _WHOLE, "cap": _WHOLE, "boxes": _WHOLE, "indifferent": _TEXT,
        "conventions": _maybe(_TEXT), "complete": _YES, "consistent": _said(
            _YES, "every list solved afresh is proved complete and agrees with the branches"),
        "incomplete_because": _TEXT,
        "completeness": _said(_TEXT, "what is proved, and what is only checked"),
        "ending": _TEXT, "seconds": _NUMBER, "sweeps": _WHOLE, "checked": _WHOLE,
        "surprises": _WHOLE,
        "branches": _list(_object({"id": _WHOLE, "begin": _maybe(_WHOLE), "end": _maybe(_WHOLE),
                                   "points": _list(point), "special": _list(special)})),
        "events": _list(event), "solved": _list(solved)})


def _reading_parts() -> Record:
    return {"low": _NUMBER, "high": _NUMBER, "plays": _WHOLE, "complete": _YES}


def _pair() -> Record:
    return {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}


def tip_schema() -> Record:
    """The schema of :func:`tip_record`."""
    reading = _object(_reading_parts())
    change = _object({
        "changes": _table(_object({"from": _NUMBER, "to": _NUMBER})),
        "distance": _said(_NUMBER, "in units of the parameters' ranges"),
        "jump": _said(_YES, "whether the number jumps there"),
        "before": _said(reading, "solved afresh just short of it"),
        "after": _said(reading, "solved afresh just beyond it"), "error": _NUMBER})
    return _object({
        "game": _TEXT, "what": _TEXT, "target": _NUMBER, "rising": _YES, "by": _NUMBER,
        "now": reading, "holds": _YES, "best": _maybe(change), "single": _list(change),
        "joint": _said(_maybe(change), "an upper bound on the smallest change of several"),
        "unmoved": _list(_TEXT), "left": _list(_TEXT), "failed": _list(_TEXT), "grid": _WHOLE,
        "seconds": _NUMBER})


def region_schema() -> Record:
    """The schema of :func:`region_record`."""
    point = _object({"first": _NUMBER, "second": _NUMBER, "label": _TEXT, **_reading_parts()})
    curve = _object({"kind": {"enum": list(KINDS)}, "move": _maybe(_TEXT), "says": _TEXT,
                     "points": _list(_object({"first": _NUMBER, "second": _NUMBER,
                                              "kind": {"enum": list(KINDS)}, "exact": _YES}))})
    return _object({
        "game": _TEXT, "parameters": _list(_TEXT), "box": _list(_pair()), "what": _TEXT,
        "by": _NUMBER, "labels": _list(_TEXT),
        "shares": _said(_table(_pair()), "label → least and greatest share of the box"),
        "cells": _list(_object({"first": _pair(), "second": _pair(), "label": _maybe(_TEXT)})),
        "points": _list(point), "curves": _list(curve), "complete": _YES, "finished": _YES,
        "seconds": _NUMBER})
