"""The words in which JSON Schemas of outputs are written."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
WHOLE: Schema = {"type": "integer"}
YES: Schema = {"type": "boolean"}
CHANCE: Schema = {"type": "number", "minimum": 0, "maximum": 1}


def object_of(properties: dict[str, Schema], optional: tuple[str, ...] = ()) -> Schema:
    """Just these keys, all of them but the optional ones."""
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": [key for key in properties if key not in optional]}


def table_of(value: Schema) -> Schema:
    """Any keys, with values of one kind."""
    return {"type": "object", "additionalProperties": value}


def list_of(item: Schema) -> Schema:
    """Any number of one kind."""
    return {"type": "array", "items": item}


def pair_of(item: Schema = NUMBER) -> Schema:
    """Two of one kind."""
    return {"type": "array", "items": item, "minItems": 2, "maxItems": 2}


def or_null(schema: Schema) -> Schema:
    """This, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def said(schema: Schema, description: str) -> Schema:
    """This, with a description."""
    return {**schema, "description": description}
