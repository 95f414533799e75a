"""What ``pivots``, ``claims`` and ``compare`` print with ``--json``, and its schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from .json_schema import (
    NUMBER,
    TEXT,
    WHOLE,
    YES,
    Schema,
    list_of,
    object_of,
    or_null,
    pair_of,
    said,
    table_of,
)

if TYPE_CHECKING:
    from ..claims import ClaimsResult
    from ..compare import ComparisonResult
    from ..pivots import PivotsResult

Record = dict[str, Any]
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

def pivots_schema() -> Schema:
    """What hangs on each actor, and who obstructs or subverts."""
    pivot = object_of({
        "actor": TEXT, "seats": list_of(TEXT), "always": pair_of(), "never": pair_of(),
        "effect": said(pair_of(), "always less never, worst and best pair of equilibria"),
        "shapley": pair_of(), "error": said(NUMBER, "standard error where orders were sampled"),
        "gain_from_refusing": pair_of(), "gain_from_consenting": pair_of(),
        "stops": said(OFTEN, "in which equilibria its refusal leaves hardly a chance")})
    spoiler = object_of({
        "move": TEXT, "actor": TEXT, "kind": {"enum": ["obstructs", "subverts"]},
        "effect": pair_of(), "effect_in_force": pair_of(), "made": pair_of(or_null(NUMBER)),
        "gain": or_null(pair_of()), "hinders": {"enum": ["every", "some"]}})
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "outcome": TEXT, "by": NUMBER,
        "nominal": pair_of(), "everybody": pair_of(), "nobody": pair_of(), "pivots": list_of(pivot),
        "spoilers": list_of(spoiler),
        "candidates": said(list_of(TEXT), "moves of single actors that were looked at"),
        "method": {"enum": ["exact", "sampled"]}, "orders": or_null(WHOLE), "seed": or_null(WHOLE),
        "games": WHOLE, "complete": YES, "incomplete_because": or_null(TEXT)})


def _claim() -> Schema:
    flip = object_of({"parameter": TEXT, "value": NUMBER,
                    "share": said(NUMBER, "of the parameter's range")})
    return object_of({
        "id": TEXT, "nominal": said(YES, "whether it holds in the first equilibrium"),
        "equilibria": OFTEN, "share_of_draws": or_null(NUMBER),
        "flips": said(or_null(list_of(flip)), "null where they were not looked for"),
        "says": TEXT, "source": TEXT, "under": pair_of(), "than": or_null(pair_of()),
        "margin": said(pair_of(), "by how much it holds, worst and best pair of equilibria"),
        "draws": WHOLE, "failed": WHOLE, "seed": WHOLE, "parameters_tested": list_of(TEXT),
        "complete": YES, "game": TEXT}, optional=("game",))


def claims_schema() -> Schema:
    """Every claim, tested."""
    return list_of(_claim())


def compare_schema() -> Schema:
    """Two games side by side."""
    side = object_of({"name": TEXT, "game": TEXT, "equilibria": WHOLE, "complete": YES,
                    "incomplete_because": or_null(TEXT)})
    both = object_of({key: pair_of() for key in ("left", "right", "left_in_force",
                                                 "right_in_force")})
    return object_of({
        "games": list_of(side), "by": NUMBER, "outcomes": table_of(both),
        "only": pair_of(list_of(TEXT)),
        "verdicts": pair_of(or_null(OFTEN)), "parameters": table_of(pair_of(or_null(NUMBER))),
        "numbers": said(table_of(pair_of(TEXT)), "path in the definitions → what each says"),
        "consents": said(table_of(pair_of(or_null(NUMBER))),
                         "move → how often it is made, in the end"),
        "claims": or_null(pair_of(list_of(_claim())))})
