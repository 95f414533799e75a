"""The JSON Schema of a definition, for editors and other programs.

It stays inside what draft 4 and draft 7 share, because editors' TOML support reads one or the
other: no ``const``, ``if``, ``contains`` or ``propertyNames``, and no exclusive bounds (draft 4
writes them otherwise), so "greater than 0" is said in words. What refers to names, and signs
of expressions, only the loader can judge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..distributions import KINDS
from ..model import FORMAT, INDIFFERENT, POSTURE_RULES
from .build import REQUIRED, SOLUTIONS
from .claims import EXPECT, FORMS, VERDICTS
from .encounters import REQUIRED as ENCOUNTER

Schema = dict[str, Any]

_IDENTIFIER = "^[A-Za-z_][A-Za-z0-9_]*$"


def definition_schema() -> Schema:
    """The schema of a definition file, as plain JSON data.

    >>> definition_schema()["required"]
    ['format', 'title', 'actors', 'fronts']
    """
    always = [key for key in REQUIRED if key != "moves"]
    schema = _object("A linked bargaining game.", always, {
        "format": {"enum": [FORMAT], "description": "The format and its version."},
        "title": _text("What the game is called."),
        "summary": _text("What the game is about, in a few sentences."),
        "source": _text("The document that the game models; claims and parameters cite it."),
        "theme": _text("A word that groups bundled games."),
        "horizon": _number("The date by which outcomes are judged, in time units; greater than 0."),
        "time_unit": _text("What a unit of time is called (default: year)."),
        "noise": _ref("noise", "Ratification noise, used by the logit concept only (default 0)."),
        "indifferent": {"enum": list(INDIFFERENT), "description":
                        "What actors do whom a move can change nothing for (default: consent)."},
        "parameters": _named({"anyOf": [_number("A constant."), _ref("parameter", "")]},
                             "Named numbers that expressions use."),
        "correlations": _list(_correlation(), "Rank correlations between parameters' draws."),
        "actors": _named(_ref("actor", ""), "Who has payoffs.", filled=True),
        "fronts": _named(_ref("front", ""), "Where the negotiation runs.", filled=True),
        "moves": _named(_ref("move", ""), "What coalitions, or chance, can change."),
        "linkages": _list(_ref("linkage", ""), "What some fronts' statuses change elsewhere."),
        "encounters": _named(_ref("encounter", ""), "Statuses that a clash decides, not consent."),
        "postures": _named(_ref("posture", ""), "Simultaneous games that pay flows: who presses."),
        "outcomes": _named(_ref("outcome", ""), "What has a name and can be asked about."),
        "cascade": _cascade(),
        "claims": _list(_claim(), "Propositions of the source, to be tested."),
        "answers": {"type": "object", "description": "Known answers that tests compare with."},
    })
    return {"$schema": "http://json-schema.org/draft-07/schema#",
            "title": "A negotiation definition", **schema, "anyOf": [
                {"required": [key], "properties": {key: {"minProperties": 1}}}
                for key in ("moves", "encounters")], "definitions": _definitions()}


def _definitions() -> Schema:
    number = {"anyOf": [{"type": "number"}, {"type": "string", "minLength": 1, "maxLength": 1000}]}
    positive = {"anyOf": [{"type": "number", "minimum": 0}, number["anyOf"][1]]}
    status = {"type": "string", "pattern": _IDENTIFIER}
    names = {"type": "array", "items": status, "uniqueItems": True}
    one_or_more = {"anyOf": [status, {**names, "minItems": 1}]}
    return {
        "number": number, "not_negative": positive, "names": names, "status": one_or_more,
        "payments": _named(_ref("number", ""), ""),
        "weights": _named(_ref("not_negative", ""), ""),
        "noise": {"anyOf": [_ref("not_negative", ""), _ref("weights", "")]},
        "condition": _named(_ref("status", ""), ""),
        "assignment": _named(status, ""),
        "parameter": _parameter(), "actor": _actor(), "front": _front(), "issue": _issue(),
        "move": _move(), "linkage": _linkage(), "outcome": _outcome(), "setting": _setting(),
        "encounter": _encounter(), "targets": {"type": "array", "minItems": 1, "items": {
            "anyOf": [{"type": "string"}, _ref("targets", "")]}},
        "posture": _posture(), "posture_payoffs": _posture_payoffs(),
        "table": {"type": "array", "minItems": 1,
                  "items": {"anyOf": [number, _ref("table", "")]}}}


def _parameter() -> Schema:
    return {**_object("A number with a range.", ("value",), {
        "value": _ref("number", "Its value, or an expression of other parameters."),
        "low": _number("The lowest value it may have; needs 'high'."),
        "high": _number("The highest value it may have; needs 'low'."),
        "distribution": {"anyOf": [{"enum": ["uniform", "triangular"]}, _distribution()],
                         "description": "What its draws follow (default: uniform over its range)."},
        "unit": _text("Its unit."),
        "doc": _text("What it means."),
        "source": _text("What the value rests on: a paragraph, a publication, or an assumption."),
    }), "dependencies": {"low": ["high"], "high": ["low"]}}


def _distribution() -> Schema:
    numbers = {"type": "array", "items": {"type": "number"}, "minItems": 2}
    return _object("What draws of a parameter follow.", ("kind",), {
        "kind": {"enum": list(KINDS), "description": "Which distribution."},
        "mode": _number("Triangular: the likeliest value (default: the parameter's)."),
        "mean": _number("Normal: the mean (default: the parameter's value)."),
        "sd": _number("Normal: the standard deviation; greater than 0."),
        "median": _number("Lognormal: the median (default: the parameter's value)."),
        "sigma": _number("Lognormal: the standard deviation of the logarithm; greater than 0."),
        "a": _number("Beta: the first shape; greater than 0."),
        "b": _number("Beta: the second shape; greater than 0."),
        "values": {**numbers, "description": "Discrete: the values."},
        "weights": {**numbers, "description": "Discrete: how likely each is (default: equally)."},
    })


def _correlation() -> Schema:
    return _object("How two parameters go together.", ("between", "rank"), {
        "between": {"allOf": [_ref("names", "")], "minItems": 2, "maxItems": 2,
                    "description": "Two parameters."},
        "rank": _number("Spearman's rank correlation, between -1 and 1."),
    })


def _actor() -> Schema:
    return _object("Somebody with payoffs.", ("discount_rate",), {
        "name": _label(), "doc": _doc(),
        "discount_rate": _ref("not_negative", "Impatience per unit of time; greater than 0."),
    })


def _front() -> Schema:
    return _object("A place where the negotiation runs.", ("statuses",), {
        "name": _label(), "doc": _doc(),
        "statuses": {"allOf": [_ref("names", "")], "minItems": 1,
                     "description": "The statuses it can have."},
        "start": _text("The status where play starts (default: the first)."),
        "flow": _named(_ref("payments", ""), "Status → actor → payoff per unit of time."),
    })


def _issue() -> Schema:
    return _object("A term from 0 to 1 that a coalition bargains over.", ("value",), {
        "name": _label(), "doc": _doc(), "unit": _text("What 1 stands for."),
        "value": _ref("payments", "Actor → what full agreement to it (1) is worth, before half "
                                  "the curvature is taken off."),
        "curvature": _ref("weights", "Actor → how fast the worth bends down (default 0)."),
    })


def _move() -> Schema:
    return _object("A change of one front's status.", ("front", "from", "to", "by", "rate"), {
        "name": _label(), "doc": _doc(),
        "front": _text("The front that it changes."),
        "from": _ref("status", "The status, or the statuses, that it leads from."),
        "to": _text("The status that it leads to."),
        "by": _ref("names", "The actors who must all consent; [] is chance."),
        "rate": _ref("not_negative", "Opportunities per unit of time."),
        "when": _ref("condition", "Statuses of other fronts that it needs."),
        "payoff": _ref("payments", "Actor → lump, paid when the move is made."),
        "weights": _ref("weights", "Member → bargaining power, greater than 0 (default 1)."),
        "solution": {"enum": list(SOLUTIONS), "description":
                     "The bargaining solution that sets the terms (default: nash)."},
        "noise": _ref("noise", "Ratification noise of this move (default: the file's)."),
        "sets": _ref("assignment", "Other fronts whose status it changes along with its own."),
        "issues": _named(_ref("issue", ""), "What the coalition bargains over."),
    })


def _linkage() -> Schema:
    by_move = _named(_ref("payments", ""), "Move or encounter → actor → what is added to its "
                     "lump, when it changes the status.")
    return _object("What changes while a condition holds.", ("when",), {
        "name": _label(), "doc": _doc(),
        "when": _ref("condition", "The statuses that must hold together."),
        "flow": _ref("payments", "Actor → what is added per unit of time."),
        "rate": _named(_ref("not_negative", ""), "Move or encounter → factor on its rate."),
        "payoff": by_move,
        "value": _named(_named(_ref("payments", ""), ""),
                        "Move → issue → actor → what is added to the issue's value."),
        "weights": _named(_ref("weights", ""), "Move → member → factor on its bargaining power."),
    })


def _encounter() -> Schema:
    tables = {**_named(_ref("table", ""), "Actor → what each profile pays it."), "minProperties": 1}
    return _object("A status decided by a clash of simultaneous actions.", ENCOUNTER, {
        "name": _label(), "doc": _doc(),
        "front": _text("The front whose status is at stake."),
        "from": _ref("status", "The status, or the statuses, in which it can come."),
        "rate": _ref("not_negative", "Opportunities per unit of time."),
        "when": _ref("condition", "Statuses of other fronts that it needs."),
        **_players(),
        "to": _ref("targets", "The status that each profile leads to, \"\" for no change; nested "
                              "lists, the first player's actions outermost."),
        "payoffs": {"anyOf": [tables, {"type": "array", "minItems": 1, "items": _ref(
            "posture_payoffs", "")}], "description": "Lumps of every profile, to players and "
            "bystanders; or a list of such tables by condition."},
    })


def _players() -> Schema:
    return {
        "players": {"allOf": [_ref("names", "")], "minItems": 1,
                    "description": "The actors who choose, the first one's actions being rows."},
        "actions": _named({"allOf": [_ref("names", "")], "minItems": 1},
                          "Player → the names of its actions.")}


def _posture() -> Schema:
    return _object("A simultaneous game that pays flows.", ("players", "actions", "payoffs"), {
        "name": _label(), "doc": _doc(), **_players(),
        "equilibrium": {"enum": list(POSTURE_RULES), "description":
                        "Which static equilibria are kept (default: all)."},
        "payoffs": {"type": "array", "minItems": 1, "items": _ref("posture_payoffs", ""),
                    "description": "Payoffs by condition; conditions exclude each other."},
    })


def _posture_payoffs() -> Schema:
    return {"type": "object", "required": ["when"], "description": "Payoffs while 'when' holds.",
            "properties": {"name": _text("What the condition is called in reports."),
                           "when": _ref("condition", "The statuses that must hold together.")},
            "patternProperties": {_IDENTIFIER: {"anyOf": [
                _ref("table", ""), _ref("condition", ""), {"type": "string"}]}},
            "additionalProperties": False}


def _outcome() -> Schema:
    return {**_object("What can be asked about.", (), {
        "name": _label(), "doc": _doc(),
        "when": _ref("condition", "The statuses that make it true."),
        "posture": _named(_named({"type": "string"}, ""),
                          "Posture → player → action: the share of time that these are played."),
    }), "oneOf": [{"required": ["when"]}, {"required": ["posture"]}]}


def _cascade() -> Schema:
    return _object("Does a settlement at the centre spread?", ("center", "status", "periphery"), {
        "center": _text("The front at the centre."),
        "status": {"anyOf": [{"type": "string"}, _ref("assignment", "")],
                   "description": "The status that counts as settled, or a table front → status."},
        "periphery": {"allOf": [_ref("names", "")], "minItems": 1,
                      "description": "The other fronts that are looked at."},
        "min_effect": {"type": "number", "minimum": 0, "description":
                       "The smallest effect that counts, as a probability (default 0.01)."},
    })


def _claim() -> Schema:
    probability = {"type": "number", "minimum": 0, "maximum": 1}
    return {**_object("A proposition tied to its source.", ("id", "says", "source"), {
        "id": _text("What the claim is called."),
        "says": _text("The proposition, in a sentence."),
        "source": _text("The part of the source that it is taken from."),
        "outcome": _text("The outcome whose chance it speaks of."),
        "under": _ref("setting", "The setting that is judged (default: as the file is)."),
        "than": _ref("setting", "The setting it is compared with (default: as the file is)."),
        "expect": {"enum": list(EXPECT), "description": "How the two chances compare."},
        "below": {**probability, "description": "The chance is below this."},
        "above": {**probability, "description": "The chance is above this."},
        "pivot": _text("The actor that decides most."),
        "among": _ref("names", "The actors that the pivot is compared with."),
        "cascade": {"enum": list(VERDICTS), "description":
                    "In which equilibria a settlement at the centre spreads."},
    }), "oneOf": [{"required": [form]} for form in FORMS]}


def _setting() -> Schema:
    consent = {"anyOf": [{"type": "boolean"}, _named({"type": "boolean"}, "")]}
    return _object("A what-if.", (), {
        "parameters": _named({"type": "number"}, "Parameter → value."),
        "start": _ref("assignment", "Front → the status in which play starts."),
        "hold": _ref("assignment", "Front → the status in which it starts and stays."),
        "block": _ref("names", "Moves and encounters that do not exist."),
        "consents": _named(consent, "Actor → always (true) or never (false), or a table by move."),
    })


def _object(description: str, required: Sequence[str], properties: Schema) -> Schema:
    schema: Schema = {"type": "object", "description": description,
                      "properties": properties, "additionalProperties": False}
    # Draft 4 does not allow an empty list here.
    return {**schema, "required": list(required)} if required else schema


def _named(item: Schema, description: str, *, filled: bool = False) -> Schema:
    schema = {"type": "object", "patternProperties": {_IDENTIFIER: item},
              "additionalProperties": False}
    return _described({**schema, "minProperties": 1} if filled else schema, description)


def _list(item: Schema, description: str) -> Schema:
    return _described({"type": "array", "items": item}, description)


def _text(description: str) -> Schema:
    return _described({"type": "string"}, description)


def _number(description: str) -> Schema:
    return _described({"type": "number"}, description)


def _label() -> Schema:
    return _text("How it is called in reports (default: its identifier, with blanks).")


def _doc() -> Schema:
    return _text("A note for the reader.")


def _ref(name: str, description: str) -> Schema:
    """A reference; with a description it stands inside ``allOf``, since ``$ref`` hides siblings."""
    reference = {"$ref": f"#/definitions/{name}"}
    return {"allOf": [reference], "description": description} if description else reference


def _described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description} if description else schema
