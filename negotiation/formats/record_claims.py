"""What ``pivots``, ``claims`` and ``compare`` print with ``--json``, and its schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..claims import ClaimsResult
    from ..compare import ComparisonResult
    from ..pivots import PivotsResult

Record = dict[str, Any]
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES: Schema = {"type": "boolean"}
OFTEN: Schema = {"enum": ["every", "some", "none"]}


def pivots_record(result: PivotsResult) -> Record:
    """The pivots of a game, as ``negotiation pivots --json`` prints them."""
    return {"game": result.game.name, "parameters": _values(result.game.parameter_values()),
            **result.to_dict()}


def claims_record(results: Sequence[ClaimsResult]) -> list[Record]:
    """Tested claims, as ``negotiation claims --json`` prints them: a list, with the game in each
    record where there are several."""
    if len(results) == 1:
        return results[0].to_list()
    return [{**record, "game": result.game.name} for result in results
            for record in result.to_list()]


def compare_record(result: ComparisonResult) -> Record:
    """Two games side by side, as ``negotiation compare --json`` prints them."""
    return result.to_dict()


def _values(values: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in values.items()}


# ---- schemas -----------------------------------------------------------------------------------

def _object(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": [key for key in properties if key not in optional]}


def _null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _table(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _pair(item: Schema = NUMBER) -> Schema:
    return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}


def pivots_schema() -> Schema:
    """What hangs on each actor, and who obstructs or subverts."""
    pivot = _object({
        "actor": TEXT, "seats": _list(TEXT), "always": _pair(), "never": _pair(),
        "effect": _said(_pair(), "always less never, worst and best pair of equilibria"),
        "shapley": _pair(), "error": _said(NUMBER, "standard error where orders were sampled"),
        "gain_from_refusing": _pair(), "gain_from_consenting": _pair(),
        "stops": _said(OFTEN, "in which equilibria its refusal leaves hardly a chance")})
    spoiler = _object({
        "move": TEXT, "actor": TEXT, "kind": {"enum": ["obstructs", "subverts"]},
        "effect": _pair(), "effect_in_force": _pair(), "made": _pair(_null(NUMBER)),
        "gain": _null(_pair()), "hinders": {"enum": ["every", "some"]}})
    return _object({
        "game": TEXT, "parameters": _table(NUMBER), "outcome": TEXT, "by": NUMBER,
        "nominal": _pair(), "everybody": _pair(), "nobody": _pair(), "pivots": _list(pivot),
        "spoilers": _list(spoiler),
        "candidates": _said(_list(TEXT), "moves of single actors that were looked at"),
        "method": {"enum": ["exact", "sampled"]}, "orders": _null(WHOLE), "seed": _null(WHOLE),
        "games": WHOLE, "complete": YES, "incomplete_because": _null(TEXT)})


def _claim() -> Schema:
    flip = _object({"parameter": TEXT, "value": NUMBER,
                    "share": _said(NUMBER, "of the parameter's range")})
    return _object({
        "id": TEXT, "nominal": _said(YES, "whether it holds in the first equilibrium"),
        "equilibria": OFTEN, "share_of_draws": _null(NUMBER),
        "flips": _said(_null(_list(flip)), "null where they were not looked for"),
        "says": TEXT, "source": TEXT, "under": _pair(), "than": _null(_pair()),
        "margin": _said(_pair(), "by how much it holds, worst and best pair of equilibria"),
        "draws": WHOLE, "failed": WHOLE, "seed": WHOLE, "parameters_tested": _list(TEXT),
        "complete": YES, "game": TEXT}, optional=("game",))


def claims_schema() -> Schema:
    """Every claim, tested."""
    return _list(_claim())


def compare_schema() -> Schema:
    """Two games side by side."""
    side = _object({"name": TEXT, "game": TEXT, "equilibria": WHOLE, "complete": YES,
                    "incomplete_because": _null(TEXT)})
    both = _object({key: _pair() for key in ("left", "right", "left_in_force", "right_in_force")})
    return _object({
        "games": _list(side), "by": NUMBER, "outcomes": _table(both), "only": _pair(_list(TEXT)),
        "verdicts": _pair(_null(OFTEN)), "parameters": _table(_pair(_null(NUMBER))),
        "numbers": _said(_table(_pair(TEXT)), "path in the definitions → what each says"),
        "consents": _said(_table(_pair(_null(NUMBER))), "move → how often it is made, in the end"),
        "claims": _null(_pair(_list(_claim())))})
