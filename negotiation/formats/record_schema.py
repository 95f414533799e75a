"""JSON Schemas of what the commands print with ``--json`` (draft 7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..errors import UnknownNameError
from .record_claims import claims_schema, compare_schema, pivots_schema

Schema = dict[str, Any]

_DRAFT = "http://json-schema.org/draft-07/schema#"
TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES: Schema = {"type": "boolean"}
CHANCE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def output_schema(command: str) -> Schema:
    """The JSON Schema of what ``negotiation COMMAND --json`` prints.

    Raises:
        UnknownNameError: for a command without JSON output.
    """
    if command not in OUTPUTS:
        raise UnknownNameError("output", command, ("definition", *OUTPUTS))
    title, build = OUTPUTS[command]
    return {"$schema": _DRAFT, "title": title, **build()}


def _record(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": [key for key in properties if key not in optional]}


def _table(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _said(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def _range(least: float = 0.0) -> Schema:
    return {"type": "array", "minItems": 2, "maxItems": 2,
            "items": {"type": "number", "minimum": least, "maximum": 1}}


def _list_games() -> Schema:
    return _record({"games": _list(_record({
        "name": TEXT, "theme": TEXT, "title": TEXT, "actors": WHOLE, "fronts": WHOLE,
        "moves": WHOLE, "encounters": WHOLE}))})


def _show() -> Schema:
    payments = _table({"type": ["number", "string"]})
    number = {"type": ["number", "string"], "description": "a number, or an expression"}
    blocks = _list({"type": "object", "required": ["name", "when"], "properties": {
        "name": TEXT, "when": _table(_list(TEXT))}})
    return _record({
        "name": TEXT, "title": TEXT, "summary": TEXT, "source": TEXT, "theme": TEXT,
        "horizon": NUMBER, "time_unit": TEXT, "indifferent": TEXT,
        "actors": _table(_record({"label": TEXT, "discount_rate": number, "doc": TEXT})),
        "fronts": _table(_record({"label": TEXT, "statuses": _list(TEXT), "start": TEXT,
                                  "flow": _table(payments), "doc": TEXT})),
        "moves": _table(_record({
            "label": TEXT, "front": TEXT, "from": _list(TEXT), "to": TEXT, "by": _list(TEXT),
            "rate": number, "when": _table(_list(TEXT)), "sets": _table(TEXT), "payoff": payments,
            "issues": _table(_record({"label": TEXT, "unit": TEXT, "value": payments,
                                      "curvature": payments})),
            "solution": TEXT, "weights": payments, "doc": TEXT})),
        "linkages": _list(_record({"name": TEXT, "says": TEXT, "doc": TEXT})),
        "parameters": _table(_record({
            "value": NUMBER, "expression": _or_null(TEXT), "low": _or_null(NUMBER),
            "high": _or_null(NUMBER), "unit": TEXT, "doc": TEXT, "source": TEXT})),
        "encounters": _table(_record({
            "label": TEXT, "front": TEXT, "from": _list(TEXT), "rate": number,
            "when": _table(_list(TEXT)), "players": _list(TEXT), "actions": _table(_list(TEXT)),
            "to": _said({"type": "array"}, "nested lists, the first player's actions outermost"),
            "payoffs": blocks, "doc": TEXT})),
        "postures": _table(_record({
            "label": TEXT, "players": _list(TEXT), "actions": _table(_list(TEXT)),
            "equilibrium": TEXT, "doc": TEXT, "payoffs": blocks})),
        "outcomes": _table(_record({"label": TEXT, "when": _table(_list(TEXT)),
                                    "posture": _table(_table(TEXT)), "doc": TEXT})),
        "claims": _list(_record({"id": TEXT, "says": TEXT, "source": TEXT})),
        "answers": _said({"type": "object"}, "known answers, free-form data of the file")})


def _check() -> Schema:
    problem = _record({"path": TEXT, "line": _or_null(WHOLE), "message": TEXT})
    return _record({
        "game": TEXT, "valid": YES, "problems": _list(problem), "warnings": _list(problem),
        "states": _said(_or_null(WHOLE), "how many states moves can reach")})


def _outcome() -> Schema:
    return _record({
        "by": NUMBER,
        "probability": _said(CHANCE, "reached at some time up to the date; of a posture's outcome "
                             "the expected share of that time in which its actions are played"),
        "in_force": _said(CHANCE, "in force, or played, at the date"),
        "eventually": _said(CHANCE, "ever reached, or played in the long run"),
        "mean_time_if_reached": _or_null(NUMBER)})


def _mixed() -> Schema:
    return _said(_table(_table(_table(_table(CHANCE)))), "how postures are played: posture → "
                 "condition → player → action → probability; {} for a game without postures")


def _equilibrium() -> Schema:
    move = _record({"consent": CHANCE,
                    "surplus": _said(_or_null(NUMBER), "null for chance"), "terms": _table(CHANCE)})
    return _record({
        "id": WHOLE, "regret": NUMBER, "index": WHOLE, "pure": YES,
        "convention": _mixed(), "outcomes": _table(_outcome()),
        "states": _list(_record({"state": _table(TEXT), "value": _table(NUMBER),
                                 "moves": _table(move), "encounters": _table(_encounter())}))})


def _encounter() -> Schema:
    profile = _record({"actions": _list(TEXT), "to": _said(TEXT, "a status; empty: no change"),
                       "probability": CHANCE})
    return _record({
        "play": _said(_table(_table(CHANCE)), "player → action → probability"),
        "worth": _said(_table(_table(NUMBER)), "player → action → what it brings, the others' play "
                       "and the values as they are"),
        "profiles": _list(profile)})


def _component() -> Schema:
    return _record({"state": _table(TEXT), "moves": _list(TEXT),
                    "encounter": _said(_or_null(TEXT), "where an actor is indifferent between "
                                       "actions; the extremes are their probabilities"),
                    "actions": _list(TEXT), "actors": _list(TEXT),
                    "extremes": _list(_list(CHANCE)), "value_varies": YES})


def _solve() -> Schema:
    return _record({
        "game": TEXT, "parameters": _table(NUMBER), "complete": YES,
        "incomplete_because": _or_null(TEXT), "status": TEXT, "count": _or_null(WHOLE),
        "seconds": NUMBER, "equilibria": _list(_equilibrium()),
        "components": _said(_list(_component()), "continua of equilibria, by somebody's "
                            "indifference"),
        "cascade": _record(_cascade_parts())}, optional=("cascade",))


def _effects() -> dict[str, Schema]:
    return {"settled": _range(), "nominal": _range(), "blocked": _range(),
            "total": _range(-1), "pull": _range(-1), "push": _range(-1)}


def _cascade_parts() -> dict[str, Schema]:
    verdict = {"enum": ["every", "some", "none"]}
    dates = _or_null(_list(NUMBER))
    low_high = _record({"low": NUMBER, "high": NUMBER})
    precedence = _record({key: _range() for key in (
        "center_first", "front_first", "together", "neither")})
    return {
        "center": TEXT, "verdict": verdict, "by": NUMBER, "min_effect": NUMBER,
        "status": _said(_table(TEXT), "front → the status that counts as settled"),
        "fronts": _table(_record({
            **_effects(), "verdict": verdict,
            "half": _said(_record(_effects()), "the same at half of the date"),
            "mean_time": _record({"settled": dates, "nominal": dates, "blocked": dates})})),
        "matrix": _said(_or_null(_table(_table(low_high))), "from → to → total effect"),
        "left_out": _list(TEXT),
        "necessity": _said(_table(low_high), "outcome → its chance with the centre blocked"),
        "nominal": _said(_table(low_high), "outcome → its chance in the game as it stands"),
        "order": _record({
            "fronts": _table(precedence),
            "sequences": _list(_record({"settlements": _list(_list(TEXT)),
                                        "probability": _range()}))}),
        "complete": YES, "incomplete_because": _or_null(TEXT),
        "games": _list(_record({"label": TEXT, "kind": {"enum": ["settled", "nominal", "blocked"]},
                                "front": _or_null(TEXT), "equilibria": WHOLE, "complete": YES,
                                "incomplete_because": _or_null(TEXT), "for_verdict": YES}))}


def _cascade() -> Schema:
    return _record({"game": TEXT, "parameters": _table(NUMBER), **_cascade_parts()})


def _paths() -> Schema:
    event = _record({"move": TEXT, "mean_date": _or_null(NUMBER), "choices": _said(
        _table(CHANCE), "everything that can happen next in its place, and how likely")})
    return _record({
        "game": TEXT, "parameters": _table(NUMBER), "equilibrium": WHOLE, "equilibria": WHOLE,
        "by": NUMBER,
        "paths": _list(_record({"probability": CHANCE, "probability_by": _or_null(CHANCE),
                                "events": _list(event), "state": _table(TEXT),
                                "returns_to": _said(_or_null(WHOLE), "events after which play was "
                                                    "in this state before, where it goes round; "
                                                    "null where nothing more can happen")}))})


def _bargain() -> Schema:
    money = _table(NUMBER)
    return _record({
        "game": TEXT, "parameters": _table(NUMBER), "move": TEXT, "state": _table(TEXT),
        "equilibrium": WHOLE, "uses": _said(TEXT, "the solution that the definition names"),
        "surplus": _said(NUMBER, "the best gain that all can have at once"), "weights": money,
        "disagreement": _said(money, "the value of waiting, V(s)"),
        "solutions": _table(_record({"terms": _table(CHANCE), "gains": money}))})


def _plot() -> Schema:
    return _record({
        "game": TEXT, "parameters": _table(NUMBER), "kind": TEXT, "file": TEXT,
        "format": {"enum": ["png", "svg", "pdf"]},
        "width": _said(NUMBER, "inches"), "height": _said(NUMBER, "inches"),
        "equilibrium": _said(_or_null(WHOLE), "the one drawn; null where the picture is of none"),
        "equilibria": _said(_or_null(WHOLE), "how many are listed; null where none was solved "
                            "for")})


def _postures() -> Schema:
    flow = _said(_table(NUMBER), "player → payoff per unit of time")
    nested = _said({"type": "array"}, "nested lists, the first player's actions outermost")
    equilibrium = _record({
        "profile": _table(_table(CHANCE)), "flow": flow, "regret": NUMBER,
        "labels": _list({"enum": ["payoff-dominant", "risk-dominant", "worst"]}),
        "kept": _said(YES, "whether the posture's rule keeps it")})
    made = _record({"flow": flow, "sum": NUMBER, "gain": NUMBER, "distribution": nested})
    best = _said(made, "the correlated equilibrium with the highest sum, and what that adds to the "
                       "best Nash equilibrium")
    coarse = _said(made, "the coarse correlated equilibrium with the highest sum, and what that "
                         "adds to the best correlated one")
    fair = _said(made, "the correlated equilibrium with the highest flow of the worst-off player, "
                       "and what that adds to the best Nash equilibrium by that measure")
    condition = _record({
        "when": _table(_list(TEXT)), "held": _said(YES, "whether play can come into such a state"),
        "payoffs": _table(nested), "equilibria": _list(equilibrium), "complete": YES,
        "incomplete_because": _or_null(TEXT), "mediator": best, "mediator_in_advance": coarse,
        "mediator_for_the_worst_off": fair})
    return _record({"game": TEXT, "parameters": _table(NUMBER), "postures": _table(_record({
        "label": TEXT, "players": _list(TEXT), "actions": _table(_list(TEXT)), "keeps": TEXT,
        "conditions": _table(condition)}))})


def _stability() -> Schema:
    from .record_stability import stability_schema  # numpy, which other schemas do without

    return stability_schema()


def _trace() -> Schema:
    from .record_trace import trace_schema

    return trace_schema()


def _tip() -> Schema:
    from .record_trace import tip_schema

    return tip_schema()


def _region() -> Schema:
    from .record_trace import region_schema

    return region_schema()


def _nash() -> Schema:
    from .record_nash import nash_schema  # numpy, which other schemas do without

    return nash_schema()


def _mpe() -> Schema:
    from .record_mpe import mpe_schema  # numpy, which other schemas do without

    return mpe_schema()


#: command → title, and what builds its schema
def _likelihood() -> Schema:
    chance = _record({"low": CHANCE, "high": CHANCE, "selected": CHANCE})
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": NUMBER}
    box = {"limits": _table(pair), "coverage": CHANCE, "density": CHANCE, "mass": CHANCE}
    return _record({
        "game": TEXT, "outcome": TEXT, "by": NUMBER, "draws": WHOLE, "failed": WHOLE, "seed": WHOLE,
        "nominal": _or_null(chance),
        "mean": _said(chance, "over the draws that were solved"),
        "monte_carlo_error": _said(NUMBER, "standard error of the mean of 'selected'"),
        "interval90": _said(_range(), "quantiles 0.05 and 0.95 of 'selected' over the draws"),
        "words": _said(TEXT, "every term of the scale that the interval touches"),
        "scale": {"enum": ["icd203", "phia", "ipcc"]},
        "uncertainty": _said(_record({
            "sampling": NUMBER, "parameters": _range(), "equilibria": _range(),
            "concepts": _or_null(_record({"mpe": CHANCE, "logit": CHANCE, "draws": WHOLE}))}),
            "four kinds, which are never blended"),
        "indices": _or_null(_table(_record({
            "first": NUMBER, "total": NUMBER, "first_interval": pair, "total_interval": pair,
            "together_with": _said(_list(TEXT), "parameters that it is correlated with")}))),
        "indices_because": _or_null(TEXT),
        "tornado": _list(_record({"parameter": TEXT, "values": pair, "at_low": _or_null(chance),
                                  "at_high": _or_null(chance)})),
        "scenario": _or_null(_record({
            "threshold": CHANCE, **box,
            "path": _said(_list(_record(box)), "coverage against density, widest box first")})),
        "share_complete": CHANCE, "share_multiple": CHANCE, "share_capped": CHANCE,
        "failures": _list(_record({"segment": TEXT, "row": WHOLE, "parameters": _table(NUMBER),
                                   "why": TEXT})),
        "seconds": NUMBER, "solved": WHOLE})


OUTPUTS: dict[str, tuple[str, Callable[[], Schema]]] = {
    "list": ("The bundled games", _list_games),
    "show": ("A game", _show),
    "likelihood": ("How likely an outcome is, and what decides it", _likelihood),
    "check": ("What is wrong or odd in a definition", _check),
    "solve": ("The equilibria of a game", _solve),
    "nash": ("The Nash equilibria of a game in normal form: 'negotiation solve FILE.nfg --json'",
             _nash),
    "mpe": ("The equilibria of a stochastic game: 'negotiation solve FILE.json --json'", _mpe),
    "cascade": ("Whether a settlement at the centre carries over to the other fronts", _cascade),
    "pivots": ("Who decides an outcome", pivots_schema),
    "claims": ("The claims of a definition, tested", claims_schema),
    "compare": ("Two games side by side", compare_schema),
    "postures": ("Who presses under which condition", _postures),
    "stability": ("Which states are stable, for whom, and by which concept", _stability),
    "trace": ("Every equilibrium followed as a parameter moves", _trace),
    "region": ("Where in the plane of two parameters an answer is which", _region),
    "tip": ("The smallest change of parameters that turns an answer", _tip),
    "paths": ("The most likely sequences of events", _paths),
    "bargain": ("One move's bargaining problem under each solution", _bargain),
    "plot": ("The file that a picture was written to", _plot),
}
