"""Traces, regions and tipping points as plain data, and the JSON Schemas of that."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from .record import plain

if TYPE_CHECKING:
    from ..tracing.result import Branch, Change, Event, Trace

Record = dict[str, Any]


def trace_record(trace: Trace) -> Record:
    """A trace, as ``negotiation trace --json`` prints it."""
    record: Record = plain({
        "game": trace.game.name, **asdict(trace.settings), "complete": trace.complete,
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
            "through": event.through, "convention": event.convention,
            "causes": [_change(one) for one in event.causes],
            "changes": [_change(one) for one in event.changes],
            "outcomes": {str(branch): {name: list(pair) for name, pair in rows.items()}
                         for branch, rows in event.outcomes.items()}}


def _change(change: Change) -> Record:
    return {"state": change.state, "move": change.move, "issue": change.issue,
            "before": change.before, "after": change.after, "actor": change.actor,
            "on_path": change.on_path}


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
        "convention": _maybe(_list(_TEXT)), "causes": _list(_change_schema()),
        "changes": _list(_change_schema()), "outcomes": _table(_table(pair))})
    solved = _object({"value": _NUMBER, "plays": _WHOLE, "equilibria": _NUMBER, "searched": _YES,
                      "complete": _YES, "because": _maybe(_TEXT)})
    return _object({
        "game": _TEXT, "parameter": _TEXT, "begin": _NUMBER, "end": _NUMBER, "by": _NUMBER,
        "grid": _WHOLE, "checks": _WHOLE, "cap": _WHOLE, "boxes": _WHOLE, "indifferent": _TEXT,
        "conventions": _maybe(_TEXT), "complete": _YES, "incomplete_because": _maybe(_TEXT),
        "completeness": _said(_TEXT, "what is proved, and what is only checked"),
        "ending": _TEXT, "seconds": _NUMBER, "sweeps": _WHOLE, "checked": _WHOLE,
        "surprises": _WHOLE,
        "branches": _list(_object({"id": _WHOLE, "begin": _maybe(_WHOLE), "end": _maybe(_WHOLE),
                                   "points": _list(point), "special": _list(special)})),
        "events": _list(event), "solved": _list(solved)})
