"""The JSON Schema of definitions agrees with the loader on structure."""

import copy
import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from negotiation.formats.definition import dumps, loads
from negotiation.formats.schema import definition_schema
from negotiation.formats.template import new_definition

ROOT = Path(__file__).resolve().parent.parent
GAMES = sorted((ROOT / "games").glob("*.toml"))
DRAFTS = [jsonschema.Draft4Validator, jsonschema.Draft7Validator]
#: wrong files whose fault is one of structure, which the schema can see
STRUCTURAL = [
    "actor-without-discount-rate", "boolean-for-a-number", "cascade-without-periphery",
    "claim-of-two-forms", "claim-of-no-form", "claim-bound-above-one", "curvature-negative",
    "empty-actors", "empty-from", "empty-list-in-a-condition", "empty-moves", "empty-statuses",
    "encounter-action-twice", "encounter-key-unknown", "encounter-name-with-a-blank",
    "encounter-no-players", "encounter-payoff-as-a-number", "encounter-player-twice",
    "encounter-rate-negative", "encounter-target-a-number", "encounter-without-payoffs",
    "encounter-without-to", "expectation-unknown", "format-of-another-version",
    "front-name-with-a-blank",
    "indifferent-unknown", "list-for-a-table", "low-without-high", "min-effect-negative",
    "missing-key", "missing-title", "name-that-starts-with-a-digit", "number-for-a-list",
    "number-for-a-table", "outcome-of-nothing", "outcome-posture-and-when", "posture-action-twice",
    "posture-key-unknown", "posture-no-actions", "posture-payoffs-as-a-table",
    "posture-payoffs-empty", "posture-player-twice", "posture-rule-unknown",
    "posture-without-actions", "posture-without-payoffs", "rate-negative", "refund",
    "solution-unknown", "status-twice", "text-for-a-list", "number-for-text", "unknown-key",
    "unknown-key-in-a-setting", "unknown-top-level-key", "verdict-unknown", "actor-twice-in-by"]


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_schema_is_valid_under_draft_4_and_draft_7(draft):
    schema = definition_schema()
    del schema["$schema"]
    draft.check_schema(schema)


def test_the_schema_keeps_to_words_that_both_drafts_share():
    def words(schema):
        if isinstance(schema, dict):
            for word, inner in schema.items():
                yield word
                by_name = ("properties", "patternProperties", "definitions", "dependencies")
                inners = inner.values() if word in by_name else [inner]
                for item in inners:
                    yield from words(item)
        elif isinstance(schema, list):
            for item in schema:
                yield from words(item)

    shared = {"$schema", "$ref", "title", "description", "type", "enum", "anyOf", "allOf", "oneOf",
              "properties", "patternProperties", "additionalProperties", "required", "items",
              "minItems", "maxItems", "uniqueItems", "minProperties", "minimum", "maximum",
              "minLength", "maxLength", "pattern", "dependencies", "definitions"}
    schema = definition_schema()
    del schema["properties"]["answers"]
    assert set(words(schema)) <= shared


def test_every_key_has_a_description():
    def silent(schema, path=""):
        if isinstance(schema, dict):
            for key, inner in schema.get("properties", {}).items():
                if "description" not in inner:
                    yield f"{path}.{key}"
                yield from silent(inner, f"{path}.{key}")
            for key in ("definitions", "patternProperties"):
                for name, inner in schema.get(key, {}).items():
                    yield from silent(inner, f"{path}.{name}")

    assert list(silent(definition_schema())) == []


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("path", GAMES, ids=lambda path: path.stem)
def test_bundled_games_validate(path, draft):
    draft(definition_schema()).validate(tomllib.loads(path.read_text(encoding="utf-8")))


def test_a_new_definition_and_what_the_writer_makes_of_it_validate():
    text = new_definition("mine")
    for written in (text, dumps(loads(text))):
        jsonschema.validate(tomllib.loads(written), definition_schema())


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("name", STRUCTURAL)
def test_files_with_a_structural_fault_do_not_validate(name, draft):
    text = (ROOT / "tests" / "bad_games" / f"{name}.toml").read_text(encoding="utf-8")
    assert not draft(definition_schema()).is_valid(tomllib.loads(text))


def test_the_schema_is_plain_json_and_fresh_each_time():
    schema = definition_schema()
    assert json.loads(json.dumps(schema)) == schema
    changed = copy.deepcopy(schema)
    schema["properties"].clear()
    assert definition_schema() == changed
