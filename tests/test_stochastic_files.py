"""Stochastic games in JSON files: reading, writing, wrong files, and the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest
from test_stochastic import cyclic, directional

from negotiation.cli import main
from negotiation.errors import DefinitionError, InputError
from negotiation.formats.record_schema import output_schema
from negotiation.stochastic import solve
from negotiation.stochastic.files import load_stochastic, save_stochastic
from negotiation.stochastic.leapfrogging import leapfrogging

BORDER = Path(__file__).resolve().parent.parent / "examples" / "border.json"


def border(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(BORDER.read_text(encoding="utf-8"))
    for path, value in changes.items():
        *way, last = path.split("__")
        at = data
        for key in way:
            at = at[key]
        at[last] = value
    return data


def refused(tmp_path: Path, data: Any) -> str:
    path = tmp_path / "game.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    with pytest.raises(DefinitionError) as error:
        load_stochastic(path)
    return str(error.value).replace(str(path), "FILE")


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = main([str(word) for word in words])
    said = capsys.readouterr()
    return status, said.out, said.err


def test_the_example_has_the_equilibria_of_chicken_with_a_clash() -> None:
    """Both pure ones by hand: who holds gets 0.5 for ever from the next period on."""
    file = load_stochastic(BORDER)
    assert file.title == "Brinkmanship at a border" and file.noise == pytest.approx([0.25, 0.25])
    solution = solve(file.game)
    assert solution.complete and solution.count == 3
    values = np.array(sorted(tuple(e.values[0]) for e in solution.equilibria if e.pure))
    ahead, behind = 0.95 * 0.5 / 0.05, 0.95 * 0.1 / 0.05
    assert values == pytest.approx(np.array([[behind, ahead], [ahead, behind]]))


@pytest.mark.parametrize("game", [cyclic(0, 3, 2, 2), directional(1, 4, 3, 3), leapfrogging(2)])
def test_what_is_written_is_read_back(game, tmp_path: Path) -> None:
    path = tmp_path / "game.json"
    save_stochastic(game, path, title="T", noise=np.full(len(game.players), 0.5))
    file = load_stochastic(path)
    assert (file.title, file.game.states, file.game.players) == ("T", game.states, game.players)
    for s, shape in enumerate(game.shapes):
        assert np.array_equal(file.game.payoffs[s], game.payoffs[s])
        assert np.abs(file.game.transitions[s] - game.transitions[s]).max() <= 1e-15
        assert all(mine == theirs for mine, theirs, m in zip(file.game.actions[s], game.actions[s],
                                                             shape, strict=True) if m > 1)
    assert file.game.discount == pytest.approx(game.discount) and file.noise is not None
    assert sorted(p.name for p in tmp_path.iterdir()) == ["game.json"]


@pytest.mark.parametrize(("data", "message"), [
    ("{", "FILE: line 1: expected JSON"),
    ("[1]", "FILE: expected a JSON object, found [1]"),
    (border(format="x"), "FILE: format: expected 'negotiation/stochastic/1', found 'x'"),
    (border(pleyers=[]), "FILE: pleyers: unknown key 'pleyers': did you mean 'players'?"),
    (border(discount={"West": 0.9}), "FILE: discount.East: expected a number, found nothing"),
    (border(discount=1.5), "expected discount factors in [0, 1), got [1.5, 1.5]"),
    (border(noise=-1), "FILE: noise: expected numbers above 0"),
    (border(states={}), "FILE: states: expected a table of states, found {}"),
    (border(states__calm=3), "FILE: states.calm: expected a table, found 3"),
    (border(states__tense__actions__Wset=["a"]),
     "FILE: states.tense.actions.Wset: unknown player 'Wset': did you mean 'West'?"),
    (border(states__tense__payoffs__West=[[0, 0]]),
     "FILE: states.tense.payoffs.West: expected a number, or numbers of the shape [2, 2]"),
    (border(states__calm__payoffs__West="much"),
     "FILE: states.calm.payoffs.West: expected a number"),
    (border(states__tense__to=[["tense"], ["calm", "calm"]]),
     "FILE: states.tense.to[0]: expected 2 entries, one per action, found 1"),
    (border(states__tense__to=[["tense", {"clam": 1.0}], ["calm", "calm"]]),
     "FILE: states.tense.to[0][1]: unknown state 'clam': did you mean 'calm'?"),
    (border(states__tense__to=[["tense", {"calm": 0.5}], ["calm", "calm"]]),
     "FILE: states.tense.to[0][1]: expected chances that sum to 1, found a sum of 0.5"),
    (border(states__tense__to=[["tense", {"calm": -1}], ["calm", "calm"]]),
     "FILE: states.tense.to[0][1].calm: expected a chance from 0 to 1, found -1"),
    (border(states__tense__to=[["tense", 3], ["calm", "calm"]]),
     "FILE: states.tense.to[0][1]: expected a state, a table from states to chances, found 3"),
])
def test_a_wrong_file_is_refused_with_the_place(data: Any, message: str, tmp_path: Path) -> None:
    assert message in refused(tmp_path, data)


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    said = refused(tmp_path, border(format="x", discount="high", states__tense__to="clam"))
    assert said.count("FILE:") == 3


def test_a_missing_file_is_one_message(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_stochastic("nowhere.json")
    status, out, err = run(capsys, "solve", "nowhere.json")
    assert status == 2 and not out and err.count("\n") == 1 and "cannot be read" in err


def test_the_command_line_solves_a_file_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "solve", BORDER)
    said = " ".join(out.split())
    assert (status, err) == (0, "")
    assert "There are 3, and it is proved that there are no others." in said
    assert "tense: West: hold; East: yield; worth West 9.5 and East 1.9." in said


@pytest.mark.parametrize("options", [(), ("--concept", "logit"), ("--equilibria", "selected"),
                                     ("--equilibria", "one"), ("--cap", "2")])
def test_the_record_obeys_its_schema(options: tuple[str, ...],
                                     capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "solve", BORDER, "--json", *options)
    record = json.loads(out)
    jsonschema.validate(record, output_schema("mpe"))
    assert status == 0 and all(e["regret"] <= 1e-9 for e in record["equilibria"])
    assert len(record["equilibria"]) == (3 if not options else 2 if options[0] == "--cap" else 1)
    assert (record["noise"] is None) == (options in ((), ("--equilibria", "one"), ("--cap", "2")))


@pytest.mark.parametrize(("options", "message"), [
    (("--set", "a=1"), "--set is for other kinds of game"),
    (("--exact",), "--exact is for other kinds of game"),
])
def test_options_of_other_games_are_refused(options: tuple[str, ...], message: str,
                                            capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "solve", BORDER, *options)
    assert status == 2 and not out and message in err


def test_logit_needs_the_noise_of_the_file(tmp_path: Path,
                                           capsys: pytest.CaptureFixture[str]) -> None:
    data = border()
    del data["noise"]
    path = tmp_path / "game.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    status, _, err = run(capsys, "solve", path, "--concept", "logit")
    assert status == 2 and "noise: expected a number above 0" in err
