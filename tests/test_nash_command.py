"""``negotiation solve FILE.nfg``, and what a mediator can add to a game's Nash equilibria."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import numpy as np
import pytest

from negotiation.cli import main
from negotiation.formats.nfg import save_nfg
from negotiation.formats.record_schema import output_schema
from negotiation.normal_form import (
    NormalFormGame,
    correlated_equilibrium,
    mediation,
    solve,
)
from negotiation.normal_form.mediator import outer

CHICKEN = NormalFormGame([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], ["West", "East"],
                         [["yield", "dare"]] * 2, "Chicken")


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]):
    def call(*words: object) -> tuple[int, str, str]:
        status = main([str(word) for word in words])
        said = capsys.readouterr()
        return status, said.out, said.err
    return call


@pytest.fixture
def chicken(tmp_path: Path) -> Path:
    save_nfg(CHICKEN, tmp_path / "chicken.nfg", body="outcome")
    return tmp_path / "chicken.nfg"


def words(text: str) -> str:
    return " ".join(text.split())


def test_a_file_is_solved_in_words(run, chicken: Path) -> None:
    status, out, err = run("solve", chicken)
    assert (status, err) == (0, "")
    said = words(out)
    assert "There are 3 equilibria, and it is proved that there are no others" in said
    assert "1. West: yield; East: dare. It pays West 2, East 7." in said
    assert "It is a potential game." in said and "No action is strictly dominated." in said
    assert "the sum of payoffs 9.33 (3) 10.5 10.5" in said
    assert "For the most of the sum of payoffs: yield, yield 50 %; yield, dare 25 %" in said


def test_its_record_obeys_its_schema_and_carries_the_certificates(run, chicken: Path) -> None:
    status, out, _ = run("solve", chicken, "--json", "--exact", "--mediator", "yield,yield",
                         "--mediator", "East")
    record = json.loads(out)
    assert status == 0
    jsonschema.validate(record, output_schema("nash"))
    assert record["count"] == 3 and record["index_sum"] == 1 and record["kinds"] == ["potential"]
    assert record["equilibria"][2]["exact"] == {"West": {"yield": "2/3", "dare": "1/3"},
                                                "East": {"yield": "2/3", "dare": "1/3"}}
    profile, payoff = record["mediator"]
    assert profile["objective"] == "chance of (yield, yield)"
    assert profile["nash"]["value"] == pytest.approx(4 / 9)
    assert profile["correlated"]["value"] == pytest.approx(1 / 2)
    assert payoff["nash"] == {"value": 7.0, "equilibrium": 1}


@pytest.mark.parametrize(("payoffs", "said"), [
    ([[[1, 1], [0, 2]], [[2, 2], [0, 1]]],
     ["extreme equilibria and the continua that they span", "A continuum of dimension 1"]),
    ([[[3, 0], [5, 1]], [[3, 5], [0, 1]]],
     ["One profile is left: the game is dominance solvable", "1's “1”, by “2”"]),
    (np.stack([np.eye(3), -np.eye(3)]), ["It is constant-sum", "exactly one equilibrium"]),
    (np.random.default_rng(3).random((3, 2, 2, 2)), ["3 players, 2×2×2 actions"]),
    (np.random.default_rng(4).random((2, 25, 25)), ["25×25 actions, 625 profiles."])])
def test_other_kinds_of_game(run, tmp_path: Path, payoffs, said) -> None:
    game = NormalFormGame(payoffs)
    save_nfg(game, tmp_path / "g.nfg")
    large = game.shape == (25, 25)
    status, out, err = run("solve", tmp_path / "g.nfg", *(["--equilibria", "one"] if large else []))
    assert (status, err) == (0, "")
    for part in said:
        assert part in words(out)
    assert ("MEDIATOR" in out) != large


@pytest.mark.parametrize(("options", "said"), [
    (["--mediator", "yeild,dare"], "did you mean 'yield'"),
    (["--mediator", "Eastt"], "did you mean 'East'"),
    (["--mediator", "yield"], "unknown objective"),
    (["--by", "3"], "--by is for definition files"), (["--set", "a=1"], "--set is for definition"),
    (["--boxes", "7"], "--boxes is for definition"), (["--states"], "--states is for definition"),
    (["--equilibria", "selected"], "expected 'all' or 'one'"),
    (["--exact", "--equilibria", "one"], "--exact is for all equilibria of two players")])
def test_options_that_do_not_fit_are_refused(run, chicken: Path, options, said) -> None:
    status, out, err = run("solve", chicken, *options)
    assert status == 2 and out == "" and said in err and err.count("\n") <= 2


def test_a_broken_file_is_named_with_its_line(run, tmp_path: Path) -> None:
    path = tmp_path / "broken.nfg"
    path.write_text('NFG 1 R "x" { "a" "b" }\n{ 2 2 }\n1 2 3 four 5 6 7 8\n', encoding="utf-8")
    status, out, err = run("solve", path)
    assert status == 2 and out == "" and "line 3" in err and "'four'" in err
    status, _, err = run("solve", tmp_path / "absent.nfg")
    assert status == 2 and "cannot be read" in err


@pytest.mark.parametrize("command", ["cascade", "show", "check", "postures", "paths"])
def test_other_commands_say_that_it_is_no_definition(run, chicken: Path, command: str) -> None:
    status, _, err = run(command, chicken)
    assert status == 2 and "is a game in normal form, not a definition" in err


def test_options_for_files_are_refused_for_definitions(run) -> None:
    for option in (["--exact"], ["--mediator", "sum"]):
        status, _, err = run("solve", "rubinstein", *option)
        assert status == 2 and "for games in normal form (.nfg files)" in err


@pytest.mark.parametrize("objective", ["sum", "worst-off", "1", (0, 0)])
@pytest.mark.parametrize("shape", [(2, 2), (3, 3), (2, 2, 2)])
def test_nash_correlated_and_coarse_come_in_that_order(shape, objective) -> None:
    rng = np.random.default_rng([*shape, 31])
    chosen = (0,) * len(shape) if isinstance(objective, tuple) else objective
    for _ in range(6):
        found = mediation(NormalFormGame(rng.random((len(shape), *shape))), chosen)
        assert found.nash <= found.correlated.value + 1e-9 <= found.coarse.value + 2e-9
        assert found.gain >= 0 and found.coarse_gain >= 0
        assert max(found.correlated.regret, found.coarse.regret) <= 1e-9


def test_every_objective_by_brute_force_over_a_grid() -> None:
    # chicken's correlated equilibria with both at yield with q, one at dare with (1 − q)/2 each:
    # told to yield, q·6 + (1 − q)/2·2 ≥ q·7, hence q ≤ 1/2
    for objective, value in (("sum", 10.5), ("worst-off", 5.25), ((0, 0), 0.5)):
        assert correlated_equilibrium(CHICKEN, objective).value == pytest.approx(value)
    best = 0.0
    for q in np.linspace(0, 1, 21):
        for r in np.linspace(0, 1 - q, 21):
            for s in np.linspace(0, 1 - q - r, 11):
                p = np.array([[q, r], [s, 1 - q - r - s]])
                gains = [6 * p[0, 0] + 2 * p[0, 1] - 7 * p[0, 0], 7 * p[1, 0] - 6 * p[1, 0]
                         - 2 * p[1, 1], -p[0, 0] + 2 * p[1, 0], p[0, 1] - 2 * p[1, 1]]
                if min(gains) >= -1e-12:
                    best = max(best, float((CHICKEN.payoffs * p).sum()))
    assert best <= 10.5 + 1e-12 and best > 10.2


def test_affine_changes_and_relabelling_change_what_a_mediator_adds_as_they_should() -> None:
    rng = np.random.default_rng(32)
    payoffs = rng.random((2, 3, 3))
    plain = mediation(NormalFormGame(payoffs))
    scaled = mediation(NormalFormGame(3 * payoffs + np.array([5.0, -2.0]).reshape(2, 1, 1)))
    assert scaled.gain == pytest.approx(3 * plain.gain, abs=1e-8)
    assert scaled.coarse_gain == pytest.approx(3 * plain.coarse_gain, abs=1e-8)
    order = rng.permutation(3)
    turned = mediation(NormalFormGame(payoffs[:, order][:, :, order]))
    assert turned.correlated.value == pytest.approx(plain.correlated.value, abs=1e-9)
    split = mediation(NormalFormGame(payoffs[:, [0, 1, 2, 2]]))
    assert split.correlated.value == pytest.approx(plain.correlated.value, abs=1e-9)


def test_players_mixing_alone_make_a_correlated_equilibrium_only_at_nash() -> None:
    for equilibrium in solve(CHICKEN).equilibria:
        distribution = outer(equilibrium.profile)
        value = float((CHICKEN.payoffs * distribution).sum())
        assert value <= correlated_equilibrium(CHICKEN).value + 1e-12
        assert distribution.sum() == pytest.approx(1.0)
