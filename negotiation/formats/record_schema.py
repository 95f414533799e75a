"""JSON Schemas of what the commands print with ``--json`` (draft 7)."""

from __future__ import annotations

from collections.abc import Callable

from ..errors import UnknownNameError
from .json_schema import (
    CHANCE,
    NUMBER,
    TEXT,
    WHOLE,
    YES,
    Schema,
    list_of,
    object_of,
    or_null,
    said,
    table_of,
)
from .record_claims import claims_schema, compare_schema, pivots_schema

_DRAFT = "http://json-schema.org/draft-07/schema#"


def output_schema(command: str) -> Schema:
    """The JSON Schema of what ``negotiation COMMAND --json`` prints.

    Raises:
        UnknownNameError: for a command without JSON output.
    """
    if command not in OUTPUTS:
        raise UnknownNameError("output", command, ("definition", *OUTPUTS))
    title, build = OUTPUTS[command]
    return {"$schema": _DRAFT, "title": title, **build()}


def _range(least: float = 0.0) -> Schema:
    return {"type": "array", "minItems": 2, "maxItems": 2,
            "items": {"type": "number", "minimum": least, "maximum": 1}}


def _list_games() -> Schema:
    return object_of({"games": list_of(object_of({
        "name": TEXT, "theme": TEXT, "title": TEXT, "actors": WHOLE, "fronts": WHOLE,
        "moves": WHOLE, "encounters": WHOLE})),
        "stochastic": list_of(object_of({
            "name": TEXT, "title": TEXT, "players": list_of(TEXT), "states": WHOLE}))})


def _show_any() -> Schema:
    return {"anyOf": [_show(), {**object_of({
        "name": TEXT, "title": TEXT, "summary": TEXT, "source": TEXT, "note": TEXT,
        "players": list_of(TEXT), "states": WHOLE,
        "discount": {"anyOf": [NUMBER, table_of(NUMBER)]}}),
        "description": "A stochastic game."}]}


def _show() -> Schema:
    payments = table_of({"type": ["number", "string"]})
    number = {"type": ["number", "string"], "description": "a number, or an expression"}
    blocks = list_of({"type": "object", "required": ["name", "when"], "properties": {
        "name": TEXT, "when": table_of(list_of(TEXT))}})
    return object_of({
        "name": TEXT, "title": TEXT, "summary": TEXT, "source": TEXT, "theme": TEXT,
        "horizon": NUMBER, "time_unit": TEXT, "indifferent": TEXT,
        "actors": table_of(object_of({"label": TEXT, "discount_rate": number, "doc": TEXT})),
        "fronts": table_of(object_of({"label": TEXT, "statuses": list_of(TEXT), "start": TEXT,
                                  "flow": table_of(payments), "doc": TEXT})),
        "moves": table_of(object_of({
            "label": TEXT, "front": TEXT, "from": list_of(TEXT), "to": TEXT, "by": list_of(TEXT),
            "rate": number, "when": table_of(list_of(TEXT)), "sets": table_of(TEXT),
            "payoff": payments,
            "issues": table_of(object_of({"label": TEXT, "unit": TEXT, "value": payments,
                                      "curvature": payments})),
            "solution": TEXT, "weights": payments, "doc": TEXT})),
        "linkages": list_of(object_of({"name": TEXT, "says": TEXT, "doc": TEXT})),
        "parameters": table_of(object_of({
            "value": NUMBER, "expression": or_null(TEXT), "low": or_null(NUMBER),
            "high": or_null(NUMBER), "unit": TEXT, "doc": TEXT, "source": TEXT})),
        "encounters": table_of(object_of({
            "label": TEXT, "front": TEXT, "from": list_of(TEXT), "rate": number,
            "when": table_of(list_of(TEXT)), "players": list_of(TEXT),
            "actions": table_of(list_of(TEXT)),
            "to": said({"type": "array"}, "nested lists, the first player's actions outermost"),
            "payoffs": blocks, "doc": TEXT})),
        "postures": table_of(object_of({
            "label": TEXT, "players": list_of(TEXT), "actions": table_of(list_of(TEXT)),
            "equilibrium": TEXT, "doc": TEXT, "payoffs": blocks})),
        "outcomes": table_of(object_of({"label": TEXT, "when": table_of(list_of(TEXT)),
                                    "posture": table_of(table_of(TEXT)), "doc": TEXT})),
        "claims": list_of(object_of({"id": TEXT, "says": TEXT, "source": TEXT})),
        "answers": said({"type": "object"}, "known answers, free-form data of the file")})


def _check() -> Schema:
    problem = object_of({"path": TEXT, "line": or_null(WHOLE), "message": TEXT})
    return object_of({
        "game": TEXT, "valid": YES, "problems": list_of(problem), "warnings": list_of(problem),
        "states": said(or_null(WHOLE), "how many states moves can reach")})


def _outcome() -> Schema:
    return object_of({
        "by": NUMBER,
        "probability": said(CHANCE, "reached at some time up to the date; of a posture's outcome "
                             "the expected share of that time in which its actions are played"),
        "in_force": said(CHANCE, "in force, or played, at the date"),
        "eventually": said(CHANCE, "ever reached, or played in the long run"),
        "mean_time_if_reached": or_null(NUMBER)})


def _mixed() -> Schema:
    return said(table_of(table_of(table_of(table_of(CHANCE)))),
                "how postures are played: posture → "
                 "condition → player → action → probability; {} for a game without postures")


def _equilibrium() -> Schema:
    move = object_of({"consent": CHANCE,
                    "surplus": said(or_null(NUMBER), "null for chance"), "terms": table_of(CHANCE)})
    return object_of({
        "id": WHOLE, "regret": NUMBER, "index": WHOLE, "pure": YES,
        "convention": _mixed(), "outcomes": table_of(_outcome()),
        "states": list_of(object_of({"state": table_of(TEXT), "value": table_of(NUMBER),
                                 "moves": table_of(move), "encounters": table_of(_encounter())}))})


def _encounter() -> Schema:
    profile = object_of({"actions": list_of(TEXT), "to": said(TEXT, "a status; empty: no change"),
                       "probability": CHANCE})
    return object_of({
        "play": said(table_of(table_of(CHANCE)), "player → action → probability"),
        "worth": said(table_of(table_of(NUMBER)),
                      "player → action → what it brings, the others' play "
                       "and the values as they are"),
        "profiles": list_of(profile)})


def _component() -> Schema:
    return object_of({"state": table_of(TEXT), "moves": list_of(TEXT),
                    "encounter": said(or_null(TEXT), "where an actor is indifferent between "
                                       "actions; the extremes are their probabilities"),
                    "actions": list_of(TEXT), "actors": list_of(TEXT),
                    "extremes": list_of(list_of(CHANCE)), "value_varies": YES})


def _solve() -> Schema:
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "complete": YES,
        "incomplete_because": or_null(TEXT), "status": TEXT, "count": or_null(WHOLE),
        "seconds": NUMBER, "equilibria": list_of(_equilibrium()),
        "components": said(list_of(_component()), "continua of equilibria, by somebody's "
                            "indifference"),
        "cascade": object_of(_cascade_parts())}, optional=("cascade",))


def _effects() -> dict[str, Schema]:
    return {"settled": _range(), "nominal": _range(), "blocked": _range(),
            "total": _range(-1), "pull": _range(-1), "push": _range(-1)}


def _cascade_parts() -> dict[str, Schema]:
    verdict = {"enum": ["every", "some", "none"]}
    dates = or_null(list_of(NUMBER))
    low_high = object_of({"low": NUMBER, "high": NUMBER})
    precedence = object_of({key: _range() for key in (
        "center_first", "front_first", "together", "neither")})
    return {
        "center": TEXT, "verdict": verdict, "by": NUMBER, "min_effect": NUMBER,
        "status": said(table_of(TEXT), "front → the status that counts as settled"),
        "fronts": table_of(object_of({
            **_effects(), "verdict": verdict,
            "half": said(object_of(_effects()), "the same at half of the date"),
            "mean_time": object_of({"settled": dates, "nominal": dates, "blocked": dates})})),
        "matrix": said(or_null(table_of(table_of(low_high))), "from → to → total effect"),
        "left_out": list_of(TEXT),
        "necessity": said(table_of(low_high), "outcome → its chance with the centre blocked"),
        "nominal": said(table_of(low_high), "outcome → its chance in the game as it stands"),
        "order": object_of({
            "fronts": table_of(precedence),
            "sequences": list_of(object_of({"settlements": list_of(list_of(TEXT)),
                                        "probability": _range()}))}),
        "complete": YES, "incomplete_because": or_null(TEXT),
        "games": list_of(object_of({"label": TEXT, "kind": {"enum": ["settled", "nominal",
                                                                     "blocked"]},
                                "front": or_null(TEXT), "equilibria": WHOLE, "complete": YES,
                                "incomplete_because": or_null(TEXT), "for_verdict": YES}))}


def _cascade() -> Schema:
    return object_of({"game": TEXT, "parameters": table_of(NUMBER), **_cascade_parts()})


def _paths() -> Schema:
    event = object_of({"move": TEXT, "mean_date": or_null(NUMBER), "choices": said(
        table_of(CHANCE), "everything that can happen next in its place, and how likely")})
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "equilibrium": WHOLE, "equilibria": WHOLE,
        "by": NUMBER,
        "paths": list_of(object_of({"probability": CHANCE, "probability_by": or_null(CHANCE),
                                "events": list_of(event), "state": table_of(TEXT),
                                "returns_to": said(or_null(WHOLE), "events after which play was "
                                                    "in this state before, where it goes round; "
                                                    "null where nothing more can happen")}))})


def _bargain() -> Schema:
    money = table_of(NUMBER)
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "move": TEXT, "state": table_of(TEXT),
        "equilibrium": WHOLE, "uses": said(TEXT, "the solution that the definition names"),
        "surplus": said(NUMBER, "the best gain that all can have at once"), "weights": money,
        "disagreement": said(money, "the value of waiting, V(s)"),
        "solutions": table_of(object_of({"terms": table_of(CHANCE), "gains": money}))})


def _plot() -> Schema:
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "kind": TEXT, "file": TEXT,
        "format": {"enum": ["png", "svg", "pdf"]},
        "width": said(NUMBER, "inches"), "height": said(NUMBER, "inches"),
        "equilibrium": said(or_null(WHOLE), "the one drawn; null where the picture is of none"),
        "equilibria": said(or_null(WHOLE), "how many are listed; null where none was solved "
                            "for")})


def _report() -> Schema:
    left = object_of({"part": TEXT, "why": TEXT, "command": TEXT})
    return object_of({
        "game": TEXT, "parameters": table_of(NUMBER), "file": TEXT, "bytes": WHOLE,
        "outcome": or_null(TEXT), "by": NUMBER,
        "draws": said(WHOLE, "those that were made"), "seed": WHOLE, "equilibria": WHOLE,
        "cascade": or_null({"enum": ["every", "some", "none"]}),
        "left_out": said(list_of(left), "parts that are not in the report, why, and the command "
                                        "that works them out")})


def _postures() -> Schema:
    flow = said(table_of(NUMBER), "player → payoff per unit of time")
    nested = said({"type": "array"}, "nested lists, the first player's actions outermost")
    equilibrium = object_of({
        "profile": table_of(table_of(CHANCE)), "flow": flow, "regret": NUMBER,
        "labels": list_of({"enum": ["payoff-dominant", "risk-dominant", "worst"]}),
        "kept": said(YES, "whether the posture's rule keeps it")})
    made = object_of({"flow": flow, "sum": NUMBER, "gain": NUMBER, "distribution": nested})
    best = said(made, "the correlated equilibrium with the highest sum, and what that adds to the "
                       "best Nash equilibrium")
    coarse = said(made, "the coarse correlated equilibrium with the highest sum, and what that "
                         "adds to the best correlated one")
    fair = said(made, "the correlated equilibrium with the highest flow of the worst-off player, "
                       "and what that adds to the best Nash equilibrium by that measure")
    condition = object_of({
        "when": table_of(list_of(TEXT)), "held": said(YES,
                                                      "whether play can come into such a state"),
        "payoffs": table_of(nested), "equilibria": list_of(equilibrium), "complete": YES,
        "incomplete_because": or_null(TEXT), "mediator": best, "mediator_in_advance": coarse,
        "mediator_for_the_worst_off": fair})
    return object_of({"game": TEXT, "parameters": table_of(NUMBER), "postures": table_of(object_of({
        "label": TEXT, "players": list_of(TEXT), "actions": table_of(list_of(TEXT)), "keeps": TEXT,
        "conditions": table_of(condition)}))})


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
    chance = object_of({"low": CHANCE, "high": CHANCE, "selected": CHANCE})
    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": NUMBER}
    box = {"limits": table_of(pair), "coverage": CHANCE, "density": CHANCE, "mass": CHANCE}
    return object_of({
        "game": TEXT, "outcome": TEXT, "by": NUMBER, "draws": WHOLE, "failed": WHOLE, "seed": WHOLE,
        "nominal": or_null(chance),
        "mean": said(chance, "over the draws that were solved"),
        "monte_carlo_error": said(NUMBER, "standard error of the mean of 'selected'"),
        "interval90": said(_range(), "quantiles 0.05 and 0.95 of 'selected' over the draws"),
        "words": said(TEXT, "every term of the scale that the interval touches"),
        "scale": {"enum": ["icd203", "phia", "ipcc"]},
        "uncertainty": said(object_of({
            "sampling": NUMBER, "parameters": _range(), "equilibria": _range(),
            "concepts": or_null(object_of({"mpe": CHANCE, "logit": CHANCE, "draws": WHOLE}))}),
            "four kinds, which are never blended"),
        "indices": or_null(table_of(object_of({
            "first": NUMBER, "total": NUMBER, "first_interval": pair, "total_interval": pair,
            "together_with": said(list_of(TEXT), "parameters that it is correlated with")}))),
        "indices_because": or_null(TEXT),
        "tornado": list_of(object_of({"parameter": TEXT, "values": pair, "at_low": or_null(chance),
                                  "at_high": or_null(chance)})),
        "scenario": or_null(object_of({
            "threshold": CHANCE, **box,
            "path": said(list_of(object_of(box)), "coverage against density, widest box first")})),
        "share_complete": CHANCE, "share_multiple": CHANCE, "share_capped": CHANCE,
        "failures": list_of(object_of({"segment": TEXT, "row": WHOLE,
                                       "parameters": table_of(NUMBER),
                                   "why": TEXT})),
        "seconds": NUMBER, "solved": WHOLE})


OUTPUTS: dict[str, tuple[str, Callable[[], Schema]]] = {
    "list": ("The bundled games", _list_games),
    "show": ("A game", _show_any),
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
    "report": ("The page that a report was written to", _report),
}
