"""What ``negotiation list`` and ``show`` tell of the collection: themes, stories, known answers."""

from __future__ import annotations

import re
from typing import Any

import pytest

import negotiation as ng
from negotiation.catalog import THEMES, names
from negotiation.cli import main
from negotiation.text.answers import answers_section

GAME: dict[str, Any] = {
    "format": "negotiation/1", "title": "Small", "parameters": {"p": 0.25},
    "actors": {"a": {"discount_rate": 0.1}}, "fronts": {"f": {"statuses": ["open", "done"]}},
    "moves": {"m": {"front": "f", "from": "open", "to": "done", "by": ["a"], "rate": "p"}}}


def told(answers: object) -> str:
    return " ".join(answers_section(ng.from_dict({**GAME, "answers": answers})).split())


def out(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert main(list(argv)) == 0
    return capsys.readouterr().out


def test_the_list_goes_by_theme_and_leaves_no_game_out(
        capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(capsys, "list").splitlines()
    heads = [words[:1].upper() + words[1:] for words in THEMES.values()]
    places = [lines.index(head) for head in heads]
    assert places == sorted(places)
    for theme, begin in zip(THEMES, places, strict=True):
        here = lines[begin + 1:lines.index("", begin)]
        assert [line.split()[0] for line in here] == [
            name for name in names() if ng.load(name).theme == theme]


@pytest.mark.parametrize("name", names())
def test_show_begins_with_the_story_then_the_sources_then_the_answer(
        capsys: pytest.CaptureFixture[str], name: str) -> None:
    game, text = ng.load(name), out(capsys, "show", name)
    flat = " ".join(text.split())
    story, source = (" ".join(part.split()) for part in (game.summary, game.source))
    order = [flat.index(part) for part in (game.title, story, f"Source: {source}", "ACTORS")]
    assert order == sorted(order)
    assert ("KNOWN ANSWERS" in text) == bool(game.answers)
    if game.answers:
        assert order[2] < flat.index("KNOWN ANSWERS") < order[3]


def test_an_answer_is_told_with_its_value_at_the_first_point() -> None:
    check = {"says": "Half.", "equals": "2*p", "kind": "derived", "quantity": "value"}
    assert told({"checks": [check]}) == "KNOWN ANSWERS Half: 0.5 (derived)."
    assert told({"checks": [{**check, "at": [{"p": 1.5}, {}, {"p": "p/2"}]}]}) == (
        "KNOWN ANSWERS Half: 3 with p = 1.5 (derived); tried at 2 other points.")
    assert told({"define": {"q": "p + 1"}, "checks": [{**check, "equals": "q"}]}) == (
        "KNOWN ANSWERS Half: 1.25 (derived).")
    consent = {**check, "quantity": "consent"}
    assert "at 25 % of the opportunities (derived)" in told({"checks": [{**consent,
                                                                         "equals": "p"}]})
    assert "Half: “m” is not made (derived)" in told({"checks": [
        {**consent, "equals": "0", "move": "m"}]})
    assert "Half: made at every opportunity (derived)" in told({"checks": [
        {**consent, "equals": "1"}]})
    assert "25 % within 3 years (derived)" in told({"checks": [
        {**check, "quantity": "probability", "equals": "p", "by": 3.0}]})
    halved = {**check, "equals": "p", "at": [{"p": "p/2"}]}
    assert "0.125 with p = 0.125" in told({"checks": [halved]})


@pytest.mark.parametrize("answers", [
    {}, {"checks": 3}, {"checks": ["free", {"says": "x"}]}, {"note": 7}, {"stability": "none"},
    {"other": [1, 2]}])
def test_free_form_answers_of_somebody_s_own_file_are_left_alone(answers: object) -> None:
    assert told(answers) == ""


@pytest.mark.parametrize("check", [
    {"says": "s", "equals": "unknown"}, {"says": "s", "equals": "1 +"},
    {"says": "s", "equals": "p", "at": [{"nobody": 1.0}]}, {"says": "s", "equals": "p", "at": []},
    {"says": "s", "equals": "p", "at": 5}])
def test_an_answer_that_cannot_be_worked_out_is_quoted(check: dict[str, Any]) -> None:
    assert told({"checks": [check]}) == f"KNOWN ANSWERS s: {check['equals']}."


def test_the_cited_equilibria_are_told() -> None:
    states = {"s1": {"f": "open"}, "s2": {"f": "done"}}
    assert "States: s1 (open) and s2 (done)." in told({"stability": {"states": states}})
    text = told({"note": "First.\n\nSecond.", "stability": {"equilibria": {"Nash": ["s1", "s2"],
                                                                           "CNash": []}}})
    assert re.fullmatch(r"KNOWN ANSWERS First\. Second\. Equilibria by Nash: s1 and s2\. "
                        r"Equilibria by CNash: none\. 'negotiation stability .*", text)
