"""The stability analysis as plain data, and the JSON Schema of it."""

from __future__ import annotations

from typing import Any

from ..graph_model import PREFERENCES, Step
from ..stability import ALONE, CONCEPTS, TOGETHER, WAYS, Sanction, StabilityResult
from .record import Record, plain

Schema = dict[str, Any]


def stability_record(result: StabilityResult) -> Record:
    """Which states are stable, as ``negotiation stability --json`` prints it."""
    model = result.model
    found: Record = plain({
        "game": result.game.name, "parameters": model.lattice.parameters,
        "preferences": model.preferences, "makers": model.makers, "left_out": model.left_out,
        "equilibria": {concept: [s + 1 for s in result.equilibrium_states(concept)]
                       for concept in CONCEPTS},
        "states": [_state(result, s) for s in range(len(model.ranks))]})
    return found


def _state(result: StabilityResult, state: int) -> Record:
    model = result.model
    evolution = result.evolution(state)
    return {
        "id": state + 1, "state": model.lattice.state(state),
        "rank": dict(zip(model.makers, model.ranks[state].tolist(), strict=True)),
        "stable": {concept: dict(zip(model.makers, result.alone[concept][state].tolist(),
                                     strict=True)) for concept in ALONE},
        "unstable_coalitions": {concept: [names for names, stable in zip(
            result.coalitions, result.together[concept][state].tolist(), strict=True)
            if not stable] for concept in TOGETHER},
        "deviations": [{
            "by": deviation.by, "moves": _moves(result, deviation.steps),
            "to": deviation.state + 1,
            "sanctions": {concept: _sanction(result, answer)
                          for concept, answer in list(deviation.sanctions.items())[1:]}}
            for deviation in result.deviations(state)],
        "evolution": None if evolution is None else {
            "kind": evolution.kind, "moves": _moves(result, evolution.steps)}}


def _sanction(result: StabilityResult, answer: Sanction | None) -> Record | None:
    return None if answer is None else {"moves": _moves(result, answer.steps),
                                        "to": answer.state + 1}


def _moves(result: StabilityResult, steps: tuple[Step, ...]) -> list[Record]:
    names = result.model.lattice.moves
    return [{"move": names[move], "by": result.model.names(step.owner)}
            for step in steps for move in step.moves]


def stability_schema() -> Schema:
    """The JSON Schema of :func:`stability_record`."""
    text, number, whole = {"type": "string"}, {"type": "number"}, {"type": "integer"}
    state: Schema = {"type": "integer", "minimum": 1}
    names = _list(text)
    moves = _list(_record(move=text, by=names))
    sanction = {"anyOf": [_record(moves=moves, to=state), {"type": "null"}]}
    deviation = _record(by=names, moves=moves, to=state, sanctions={
        "type": "object", "additionalProperties": sanction,
        "description": "concept → an answer that deters the deviation, or null"})
    entry = _record(
        id=state, state=_table(text), rank={**_table(whole), "description":
                                            "decision maker → place from the worst state, 0"},
        stable=_record(**dict.fromkeys(ALONE, _table({"type": "boolean"}))),
        unstable_coalitions=_record(**dict.fromkeys(TOGETHER, _list(names))),
        deviations=_list(deviation),
        evolution={"anyOf": [_record(kind={"enum": list(WAYS)}, moves=moves), {"type": "null"}],
                   "description": "how the state comes about from the first one"})
    return _record(
        game=text, parameters=_table(number), preferences={"enum": list(PREFERENCES)},
        makers=names, left_out=names, states=_list(entry),
        equilibria=_record(**dict.fromkeys(CONCEPTS, _list(state))))


def _record(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": list(properties)}


def _table(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}
