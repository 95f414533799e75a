"""Traces, regions and tipping points as plain data, and the JSON Schemas of that."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from .json_schema import (
    CHANCE,
    NUMBER,
    TEXT,
    WHOLE,
    YES,
    list_of,
    object_of,
    or_null,
    pair_of,
    said,
    table_of,
)
from .record import plain

if TYPE_CHECKING:
    from ..model import Game
    from ..tracing.noise import LogitPath
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
        "windows": trace.windows, "failed": trace.failed,
        "ending": str(trace.ending), "seconds": trace.seconds, "sweeps": trace.sweeps,
        "checked": trace.checked, "surprises": trace.surprises,
        "branches": [_branch(branch) for branch in trace.branches],
        "events": [_event(event) for event in trace.events],
        "solved": [asdict(one) for one in trace.solved]})
    return record


def logit_record(game: Game, path: LogitPath) -> Record:
    """A logit path, as ``negotiation trace --noise --json`` prints it."""
    record: Record = plain({
        "game": game.name, "kind": path.kind, "noise": path.noise,
        "payoffs": dict(path.payoffs), "consent": dict(path.consent),
        "outcomes": {name: np.clip(rows, 0.0, 1.0) for name, rows in path.outcomes.items()},
        "special": [{"kind": kind, "noise": at} for kind, at in path.special],
        "reached": path.reached, "convention": path.convention, "others": path.others})
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

KINDS = ("switch", "bound", "jump", "fold", "end", "birth", "convention", "unresolved")


def _change_schema() -> Record:
    word = or_null({"enum": ["refused", "made", "mixed", "0", "between", "1"]})
    return object_of({
        "state": table_of(TEXT), "move": TEXT, "issue": or_null(TEXT), "before": word,
        "after": word, "actor": said(or_null(TEXT), "whose gain is just zero"),
        "on_path": said(YES, "whether play can come to the state")})


def trace_schema() -> Record:
    """The schema of what ``trace`` prints: :func:`trace_record`, or :func:`logit_record`."""
    return {"anyOf": [_branches_schema(), _logit_schema()]}


def _logit_schema() -> Record:
    rows = list_of(NUMBER)
    return object_of({
        "game": TEXT, "kind": TEXT, "noise": said(rows, "factors on the file's noise, from loud to "
                                                  "quiet"),
        "payoffs": table_of(rows), "consent": said(
            table_of(rows), "of moves that can be made at the start"), "outcomes": table_of(
            list_of(CHANCE)), "special": list_of(object_of({"kind": TEXT, "noise": NUMBER})),
        "reached": YES, "convention": or_null(TEXT), "others": WHOLE})


def _branches_schema() -> Record:
    point = object_of({"value": NUMBER, "equilibria": said(
        NUMBER, "how many equilibria are like it on the path of play"), "regret": NUMBER,
        "outcomes": table_of(CHANCE), "payoffs": table_of(NUMBER)})
    special = object_of({"kind": {"enum": list(KINDS)}, "event": WHOLE, "value": NUMBER,
                       "after": said(WHOLE, "the point before it; -1: it begins the branch")})
    pair = {"type": "array", "items": NUMBER, "minItems": 2, "maxItems": 2}
    event = object_of({
        "id": WHOLE, "kind": {"enum": list(KINDS)}, "value": NUMBER,
        "error": said(NUMBER, "how far off the value can be"),
        "exact": said(YES, "whether the zero of a switching function says where it is"),
        "before": list_of(WHOLE), "after": list_of(WHOLE), "through": list_of(WHOLE),
        "convention": or_null(list_of(TEXT)), "verdict": said(or_null(list_of(TEXT)), "the cascade "
        "verdict before and after it, where asked for"), "causes": list_of(_change_schema()),
        "changes": list_of(_change_schema()), "outcomes": table_of(table_of(pair))})
    solved = object_of({"value": NUMBER, "plays": WHOLE, "equilibria": NUMBER, "searched": YES,
                      "complete": YES, "because": or_null(TEXT),
                      "listed": said(WHOLE, "plays that were found there, on branches or not"),
                      "capped": said(YES, "whether there are still more"),
                      "chances": said(table_of(pair_of(CHANCE)), "outcome: its lowest and highest "
                                      "chance over them, of a value solved afresh")})
    return object_of({
        "game": TEXT, "parameter": TEXT, "begin": NUMBER, "end": NUMBER, "by": NUMBER,
        "grid": WHOLE, "checks": WHOLE, "cap": WHOLE, "boxes": WHOLE, "indifferent": TEXT,
        "conventions": or_null(TEXT), "outcome": or_null(TEXT), "complete": YES, "consistent": said(
            YES, "every list solved afresh is proved complete and agrees with the branches"),
        "incomplete_because": or_null(TEXT), "windows": said(
            or_null(list_of(pair_of(NUMBER))), "stretches outside of which it is proved that there "
            "are no other branches; null where nothing is proved"), "failed": said(
            list_of(NUMBER), "values at which no equilibrium of some state was found"),
        "completeness": said(TEXT, "what is proved, and what is only checked"),
        "ending": TEXT, "seconds": NUMBER, "sweeps": WHOLE, "checked": WHOLE,
        "surprises": WHOLE,
        "branches": list_of(object_of({"id": WHOLE, "begin": or_null(WHOLE), "end": or_null(WHOLE),
                                   "points": list_of(point), "special": list_of(special)})),
        "events": list_of(event), "solved": list_of(solved)})


def _reading_parts() -> Record:
    return {"low": NUMBER, "high": NUMBER, "plays": WHOLE, "complete": YES}


def tip_schema() -> Record:
    """The schema of :func:`tip_record`."""
    reading = object_of(_reading_parts())
    change = object_of({
        "changes": table_of(object_of({"from": NUMBER, "to": NUMBER})),
        "distance": said(NUMBER, "in units of the parameters' ranges"),
        "jump": said(YES, "whether the number jumps there"),
        "before": said(reading, "solved afresh just short of it"),
        "after": said(reading, "solved afresh just beyond it"), "error": NUMBER})
    return object_of({
        "game": TEXT, "what": TEXT, "target": NUMBER, "rising": YES, "by": NUMBER,
        "now": reading, "holds": YES, "best": or_null(change), "single": list_of(change),
        "joint": said(or_null(change), "an upper bound on the smallest change of several"),
        "unmoved": list_of(TEXT), "left": list_of(TEXT), "failed": list_of(TEXT), "grid": WHOLE,
        "seconds": NUMBER})


def region_schema() -> Record:
    """The schema of :func:`region_record`."""
    point = object_of({"first": NUMBER, "second": NUMBER, "label": TEXT, **_reading_parts()})
    curve = object_of({"kind": {"enum": list(KINDS)}, "move": or_null(TEXT), "says": TEXT,
                     "points": list_of(object_of({"first": NUMBER, "second": NUMBER,
                                              "kind": {"enum": list(KINDS)}, "exact": YES}))})
    return object_of({
        "game": TEXT, "parameters": list_of(TEXT), "box": list_of(pair_of()), "what": TEXT,
        "by": NUMBER, "labels": list_of(TEXT),
        "shares": said(table_of(pair_of()), "label → least and greatest share of the box"),
        "cells": list_of(object_of({"first": pair_of(), "second": pair_of(),
                                    "label": or_null(TEXT)})),
        "points": list_of(point), "curves": list_of(curve), "complete": YES, "finished": YES,
        "seconds": NUMBER})
