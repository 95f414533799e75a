"""Wrong files: each has one fault, and gives one problem that says where and what.

The message expected stands in the first line of each file of ``bad_games``; what cannot hold a
comment, or is too large to keep, is in a test of its own.
"""

import copy
import os
import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from negotiation.errors import DefinitionError, InputError, NegotiationError
from negotiation.formats.definition import MAX_BYTES, check, from_dict, load_path, loads
from negotiation.formats.template import new_definition

FOLDER = Path(__file__).resolve().parent / "bad_games"
NOT_UTF8 = FOLDER / "not-utf-8.toml"
FILES = sorted(path for path in FOLDER.glob("*.toml") if path != NOT_UTF8)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_wrong_file_gives_its_one_message(path):
    expected = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# expect: ")
    with pytest.raises(DefinitionError) as caught:
        load_path(path)
    assert [str(problem) for problem in caught.value.problems] == [expected]
    assert str(caught.value) == f"{path}: {expected}"


def test_a_line_that_a_problem_names_holds_the_last_key_of_its_path():
    checked = 0
    for path in FILES:
        with pytest.raises(DefinitionError) as caught:
            load_path(path)
        problem = caught.value.problems[0]
        key = problem.path.split(".")[-1].split("[")[0].strip("'")
        if problem.line and key:
            line = path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
            assert key in line, path.name
            checked += 1
    assert checked > 100


def test_a_file_that_is_not_utf_8_names_the_byte_and_the_line():
    with pytest.raises(DefinitionError) as caught:
        load_path(NOT_UTF8)
    assert str(caught.value) == (f"{NOT_UTF8}: line 3: expected UTF-8 text, found the byte 0xe9: "
                                 "save the file as UTF-8")


def test_a_folder_is_not_a_definition(tmp_path):
    with pytest.raises(InputError) as caught:
        load_path(tmp_path)
    assert str(caught.value) == f"{tmp_path}: expected a definition file, found a folder"


def test_a_missing_file_gives_the_nearest_name_in_its_folder(tmp_path):
    (tmp_path / "baltic.toml").write_text("", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_path(tmp_path / "batlic.toml")
    assert str(caught.value) == (f"{tmp_path / 'batlic.toml'}: there is no such file: "
                                 f"did you mean {str(tmp_path / 'baltic.toml')!r}?")


def test_a_missing_folder_is_said_in_one_line(tmp_path):
    path = tmp_path / "nowhere" / "game.toml"
    with pytest.raises(InputError) as caught:
        load_path(path)
    assert str(caught.value) == f"{path}: there is no such file"


def test_a_path_with_a_null_character_cannot_be_read():
    with pytest.raises(InputError, match="the file cannot be read: embedded null byte"):
        load_path("game\0.toml")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0,
                    reason="the superuser may read every file")
def test_a_file_without_permission_cannot_be_read(tmp_path):
    path = tmp_path / "secret.toml"
    path.write_text(new_definition("secret"), encoding="utf-8")
    path.chmod(0)
    with pytest.raises(InputError, match="the file cannot be read: Permission denied"):
        load_path(path)


def test_a_file_of_fifty_megabytes_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "large.toml"
    with path.open("wb") as stream:
        stream.truncate(50_000_000)
    started = time.perf_counter()
    with pytest.raises(InputError) as caught:
        load_path(path)
    assert time.perf_counter() - started < 0.5
    assert str(caught.value) == (f"{path}: the file has 50000000 bytes: expected a definition of "
                                 f"at most {MAX_BYTES} bytes")


@pytest.mark.parametrize("content", ["", "\n\n", "\ufeff"])
def test_an_empty_file_is_told_what_belongs_in_it(content, tmp_path):
    path = tmp_path / "empty.toml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_path(path)
    assert str(caught.value) == (f"{path}: the definition is empty: expected the keys format, "
                                 "title, actors, fronts and moves")


def test_every_problem_is_told_at_once_in_the_order_of_the_file():
    text = new_definition("many").replace("rate = 0.5", "rate = -0.5").replace(
        'to = "settled"', 'to = "setled"').replace("north = -0.1", "nroth = -0.1")
    with pytest.raises(DefinitionError) as caught:
        loads(text, file="many.toml")
    problems = caught.value.problems
    assert [problem.path for problem in problems] == [
        "fronts.center.flow.tense.nroth", "moves.settle_center.to", "moves.settle_center.rate",
        "moves.settle_rim.to", "moves.settle_rim.payoff.nroth"]
    assert [problem.line for problem in problems] == sorted(problem.line for problem in problems)
    assert str(caught.value).count("many.toml: line ") == 5


def test_a_key_inside_a_value_of_several_lines_has_a_path_and_no_line():
    text = new_definition("lines").replace('by = ["north", "south"]',
                                           'by = [\n  "north",\n  "south",\n  "nobody",\n]', 1)
    with pytest.raises(DefinitionError) as caught:
        loads(text)
    assert [(problem.path, problem.line) for problem in caught.value.problems] == [
        ("moves.settle_center.by[2]", None)]


def test_plain_tables_give_problems_without_lines():
    with pytest.raises(DefinitionError) as caught:
        from_dict({"format": "negotiation/1"})
    assert [str(problem) for problem in caught.value.problems] == [
        f"the key {key!r} is missing" for key in ("title", "actors", "fronts", "moves")]
    assert str(caught.value).startswith("<dict>: ")


@pytest.mark.parametrize("value", [None, 3, "text", []])
def test_what_is_no_table_is_no_definition(value):
    with pytest.raises(DefinitionError, match="<dict>: expected a table, found"):
        from_dict(value)


def test_a_chain_of_a_thousand_expressions_is_refused():
    definition = tomllib.loads(new_definition("chain"))
    for step in range(1000):
        below = f"p{step + 1}" if step < 999 else "trust"
        definition["parameters"][f"p{step}"] = {"value": f"{below}*0.5"}
    with pytest.raises(DefinitionError, match="more than 50 levels deep"):
        from_dict(definition)


def test_answers_nested_without_end_are_refused():
    definition = tomllib.loads(new_definition("deep"))
    definition["answers"] = {}
    definition["answers"]["self"] = definition["answers"]
    with pytest.raises(DefinitionError, match="nested deeper than 20 levels"):
        from_dict(definition)


# ---- random damage ---------------------------------------------------------------------------

RICH = tomllib.loads((FOLDER / "rate-negative.toml").read_text(encoding="utf-8"))
RICH["moves"]["settle_core"]["rate"] = 0.5

_WRONG = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just(10**400),
    st.sampled_from(["east", "core", "tense", "trust", "trust/0", "9**9**9", "nan", "\ud800"]),
    st.just([]), st.just({}), st.lists(st.text(max_size=3), max_size=3), st.binary(max_size=2),
    st.dictionaries(st.one_of(st.text(max_size=3), st.integers()), st.integers(), max_size=2))


def _places(value, path=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield (*path, key)
            yield from _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield (*path, index)
            yield from _places(item, (*path, index))


def _damaged(data):
    definition = copy.deepcopy(RICH)
    for _ in range(data.draw(st.integers(1, 3))):
        *above, last = data.draw(st.sampled_from(list(_places(definition)) or [("format",)]))
        place = definition
        for key in above:
            place = place[key]
        what = data.draw(st.sampled_from(["delete", "replace", "rename", "double"]))
        if what == "replace" or (isinstance(place, list) and what != "delete"):
            place[last] = data.draw(_WRONG)
        elif last in place or isinstance(place, list):
            value = place.pop(last)
            if what == "rename":
                place[data.draw(st.one_of(st.text(max_size=4), st.integers()))] = value
            elif what == "double":
                place.update({last: value, f"{last}x": copy.deepcopy(value)})
    return definition


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_definitions_raise_only_errors_of_ours(data):
    definition = _damaged(data)
    try:
        game = from_dict(definition)
    except NegotiationError as error:
        assert isinstance(error, DefinitionError) and error.problems
        assert all(problem.message for problem in error.problems)
    else:
        check(game)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damaged_texts_raise_only_errors_of_ours(data):
    text = new_definition("damaged")
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 30)))
    text = text[:start] + data.draw(st.text(max_size=6)) + text[end:]
    try:
        loads(text)
    except NegotiationError as error:
        lines = text.count("\n") + 1
        assert all(problem.line is None or 1 <= problem.line <= lines for problem in error.problems)
