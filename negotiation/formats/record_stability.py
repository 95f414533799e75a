"""The stability analysis as plain data, and the JSON Schema of it."""

from __future__ import annotations

from ..graph_model import PREFERENCES, Step
from ..stability import ALONE, CONCEPTS, TOGETHER, WAYS, Sanction, StabilityResult
from .json_schema import NUMBER, TEXT, WHOLE, YES, Schema, list_of, object_of, table_of
from .record import Record, plain


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
    state: Schema = {"type": "integer", "minimum": 1}
    names = list_of(TEXT)
    moves = list_of(object_of({"move": TEXT, "by": names}))
    sanction = {"anyOf": [object_of({"moves": moves, "to": state}), {"type": "null"}]}
    deviation = object_of({"by": names, "moves": moves, "to": state, "sanctions": {
        "type": "object", "additionalProperties": sanction,
        "description": "concept → an answer that deters the deviation, or null"}})
    entry = object_of({
        "id": state, "state": table_of(TEXT), "rank": {**table_of(WHOLE), "description":
                                            "decision maker → place from the worst state, 0"},
        "stable": object_of({**dict.fromkeys(ALONE, table_of(YES))}),
        "unstable_coalitions": object_of({**dict.fromkeys(TOGETHER, list_of(names))}),
        "deviations": list_of(deviation),
        "evolution": {"anyOf": [object_of({"kind": {"enum": list(WAYS)}, "moves": moves}),
                                {"type": "null"}],
                   "description": "how the state comes about from the first one"}})
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "preferences": {"enum": list(PREFERENCES)},
        "makers": names, "left_out": names, "states": list_of(entry),
        "equilibria": object_of({**dict.fromkeys(CONCEPTS, list_of(state))})})
