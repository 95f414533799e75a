"""Gambit's .nfg files: what is written is read again, and what is wrong is told with its line."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from negotiation.errors import DefinitionError, InputError, UnknownNameError
from negotiation.formats.nfg import BODIES, dumps_nfg, load_nfg, loads_nfg, save_nfg
from negotiation.normal_form import NormalFormGame

HEAD = 'NFG 1 R "Two" { "row" "column" }\n{ { "up" "down" }\n{ "left" "right" } }\n"a comment"\n'


@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("kind", ["floats", "whole", "ratios"])
@pytest.mark.parametrize("shape", [(2, 2), (3, 2), (2, 3, 4), (1, 2), (5,)])
def test_a_game_written_is_the_game_read(shape: tuple[int, ...], kind: str, body: str) -> None:
    rng = np.random.default_rng(3)
    payoffs = rng.integers(-5, 5, (len(shape), *shape))
    if kind == "floats":
        payoffs = rng.normal(size=payoffs.shape) * 10.0 ** rng.integers(-20, 20, payoffs.shape)
    elif kind == "ratios":
        payoffs = payoffs.astype(object) * Fraction(1, 7)
    game = NormalFormGame(payoffs, title='a "quoted" back\\slash')
    assert loads_nfg(dumps_nfg(game, body=body)) == game


def test_the_first_players_action_changes_fastest() -> None:
    game = loads_nfg('NFG 1 R "" { "P" "Q" } { 2 3 } 1 10 2 20 3 30 4 40 5 50 6 60')
    assert game.payoffs[0].tolist() == [[1, 3, 5], [2, 4, 6]]
    assert game.payoffs[1].tolist() == [[10, 30, 50], [20, 40, 60]]


def test_both_bodies_describe_one_game() -> None:
    payoffs = loads_nfg(HEAD + "1 2 0 0 0 0 3 1/3")
    outcomes = loads_nfg(HEAD + '{ { "both up" 1, 2 } { "apart" 0 0 }\n{ "" 3, 1/3 } } 1 0 2 3')
    assert payoffs == outcomes
    assert payoffs.players == ("row", "column") and payoffs.actions[1] == ("left", "right")
    assert payoffs.exact[1, 1, 1] == Fraction(1, 3)


def test_decimals_are_floats_unless_asked_for_exactly() -> None:
    assert not loads_nfg(HEAD + "0.1 1 .5 1e3 0 0 0 0").exact_given
    assert loads_nfg(HEAD + "0.1 1 .5 1e3 0 0 0 0", exact=True).exact[0, 0, 0] == Fraction(1, 10)


@pytest.mark.parametrize(("text", "line", "said"), [
    ("", 1, "found the end of the file: expected 'NFG'"),
    ("EFG 2 R", 1, "found 'EFG': expected 'NFG'"),
    ("NFG 2 R", 1, "found '2': expected the version of the format, 1"),
    ("NFG 1 X", 1, "found 'X': expected 'R'"),
    ("NFG 1 R title", 1, "found 'title': expected the title in quotation marks"),
    ('NFG 1 R "t\n', 1, "a quotation mark that is not closed"),
    ('NFG 1 R "t" { "a"\n"a" }', 2, "the name 'a' twice"),
    ('NFG 1 R "t" { "a" 7 }', 1, "found '7': expected a player's name"),
    ('NFG 1 R "t" { "a" "b" }\n{ 2 }', 2, "the actions of 1 players: expected those of 2"),
    ('NFG 1 R "t" { "a" "b" }\n{ 2 0 }', 2, "found '0': expected a list of a player's actions"),
    ('NFG 1 R "t" { "a" "b" }\n{ { } 2 }', 2, "an empty list"),
    ('NFG 1 R "t" { "a" "b" } { 9999999 9999999 }', 1, "at most 5000000 payoffs"),
    (HEAD + "1 2 3", 5, "the end of the file: expected 4 × 2 payoffs, this being number 4"),
    (HEAD + "1 2 3 x 5 6 7 8", 5, "found 'x': expected 4 × 2 payoffs, this being number 4"),
    (HEAD + "1 2 3 1/0 5 6 7 8", 5, "found '1/0'"),
    (HEAD + "1 2 3 nan 5 6 7 8", 5, "found 'nan'"),
    (HEAD + "1 2 3 1e999 5 6 7 8", 5, "found '1e999'"),
    (HEAD + "1 2 3 4 5 6 7 8\n9", 6, "found '9': expected the end of the file"),
    (HEAD + '{ { "" 1 2 } } 1 1\n1 2', 6, "found '2': expected the number of an outcome, 0 to 1"),
    (HEAD + '{ { "" 1 2 3 } } 1 1 1 1', 5, "found '3': expected '}' after the outcome's 2"),
    (HEAD + "{ { 1 2 } } 1 1 1 1", 5, "found '1': expected the outcome's name"),
    (HEAD + '{ { "" 1 2 } 1 1 1 1', 5, "found '1': expected an outcome in braces"),
    (HEAD + '{ { "" 1 2 } } 1 1 1', 5, "the end of the file: expected the number of an outcome"),
])
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        loads_nfg(text, file="game.nfg")
    assert str(caught.value).startswith(f"game.nfg: line {line}: ") and said in str(caught.value)


def test_files_are_read_and_written(tmp_path: Path) -> None:
    game = NormalFormGame(np.arange(8.0).reshape(2, 2, 2), title="Kälte")
    save_nfg(game, tmp_path / "a.nfg", body="outcome")
    assert load_nfg(tmp_path / "a.nfg") == game
    with pytest.raises(InputError, match="cannot be read"):
        load_nfg(tmp_path / "b.nfg")
    with pytest.raises(InputError, match="cannot be written"):
        save_nfg(game, tmp_path / "no" / "a.nfg")
    with pytest.raises(UnknownNameError, match="did you mean 'payoff'"):
        dumps_nfg(game, body="payoffs")
