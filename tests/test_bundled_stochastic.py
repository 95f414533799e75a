"""The bundled stochastic game: its file is the library's game, and has the published answer."""

from __future__ import annotations

import json

import numpy as np
import pytest

import negotiation as ng
from negotiation.catalog import names, stochastic_names
from negotiation.cli import main
from negotiation.stochastic.files import load_stochastic
from negotiation.stochastic.leapfrogging import leapfrogging


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(words) == 0
    return capsys.readouterr().out


def test_leapfrogging_is_the_game_of_the_library_and_has_127_equilibria() -> None:
    file, made = load_stochastic("leapfrogging"), leapfrogging(3)
    assert file.game.states == made.states and file.game.actions == made.actions
    assert all((a == b).all() for a, b in zip(file.game.payoffs, made.payoffs, strict=True))
    assert all((a == b).all() for a, b in zip(file.game.transitions, made.transitions, strict=True))
    assert np.array_equal(file.game.discount, made.discount)
    solution = ng.solve(file.game)
    assert (solution.count, solution.complete) == (127, True)


def test_it_is_listed_shown_and_solved_by_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert stochastic_names() == ("leapfrogging",) and "leapfrogging" not in names()
    assert "leapfrogging        2      14" in said(capsys, "list")
    page = said(capsys, "show", "leapfrogging")
    assert "Source: Iskhakov, Rust and Schjerning" in page and "Published: the number" in page
    assert "There are 127 in all" in said(capsys, "solve", "leapfrogging", "--cap", "5")
    record = json.loads(said(capsys, "show", "leapfrogging", "--json"))
    assert (record["states"], record["players"]) == (14, ["firm 1", "firm 2"])
    listed = json.loads(said(capsys, "list", "--json"))
    assert [game["name"] for game in listed["stochastic"]] == ["leapfrogging"]


@pytest.mark.parametrize("words", [("cascade", "leapfrogging"), ("show", "leapfrogging", "--set",
                                                                 "a=1"), ("check", "leapfrogging")])
def test_other_commands_say_what_it_is(words: tuple[str, ...],
                                       capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    heard = capsys.readouterr()
    assert "is a stochastic game" in heard.err and not heard.out


def test_the_reader_s_texts_have_to_be_texts(tmp_path) -> None:
    path = tmp_path / "game.json"
    path.write_text('{"format": "negotiation/stochastic/1", "summary": 3, "players": ["a"], '
                    '"discount": 0.9, "states": {"s": {}}}', encoding="utf-8")
    with pytest.raises(ng.DefinitionError, match="summary: expected text, found 3"):
        load_stochastic(path)
