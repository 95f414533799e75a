"""Traces of games with encounters, logit paths from the command line, region maps gone on from."""

from __future__ import annotations

import json

import numpy as np
import pytest

import negotiation as ng
from negotiation.cli import main
from negotiation.equilibrium.certificate import regret_of
from negotiation.formats.record_schema import output_schema


def values(equilibria) -> list[tuple[float, ...]]:
    """V at the start, each once."""
    return sorted({tuple(np.round(one.values[0], 7)) for one in equilibria})


@pytest.mark.parametrize(("name", "parameter", "low", "high"), [
    ("brinkmanship", "prize_east", 0.8, 2.0), ("war-of-attrition", "cost_first", 0.05, 1.0)])
def test_encounters_are_followed_with_every_equilibrium_of_theirs(name, parameter, low, high):
    game = ng.load(name)
    trace = ng.trace(game, parameter, low, high, grid=3, checks=1)
    assert len(trace.branches) == 3 and not trace.events and trace.consistent
    for value in np.random.default_rng(1).uniform(low, high, 2).tolist():
        fresh = ng.solve(game.with_parameters(**{parameter: value})).equilibria
        mine = trace.at(value).values()
        assert values(fresh) == values(mine)
        assert all(regret_of(one) < 1e-9 for one in mine)


def test_brinkmanship_has_more_equilibria_where_war_is_worse_than_yielding():
    """Against a West that holds, East compares -war_east with -shame_east = -0.8: below that it
    always holds and one equilibrium is left."""
    trace = ng.trace(ng.load("brinkmanship"), "war_east", 0.0, 2.0)
    births = [event for event in trace.events if event.kind in ("birth", "fold")]
    assert births and all(event.value == pytest.approx(0.8, abs=1e-6) for event in births)
    assert any(event.exact and event.value == pytest.approx(0.8, abs=1e-9) for event in births)
    assert len(trace.branches) == 3 and trace.branches[0].begin is None


def test_the_logit_path_of_a_game_is_told_and_written(capsys):
    jsonschema = pytest.importorskip("jsonschema")
    assert main(["trace", "central", "--noise", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema("trace"))
    assert record["reached"] and record["noise"][0] > 900 and record["noise"][-1] < 2e-3
    quiet = ng.solve(ng.load("central")).equilibria[0].probability("central_settled")
    assert record["outcomes"]["central_settled"][-1] == pytest.approx(quiet, abs=0.01)
    assert main(["trace", "central", "--noise"]) == 0
    assert "CHANCES ALONG THE PATH" in capsys.readouterr().out


@pytest.mark.parametrize(("arguments", "message"), [
    (["central"], "trace needs PARAMETER FROM TO"),
    (["central", "guarantee_credibility", "--noise"], "leave out 'guarantee_credibility'"),
    (["brinkmanship", "--noise"], "needs noise above 0 for every player of an encounter")])
def test_a_trace_that_cannot_be_made_is_said_in_a_line(arguments, message, capsys):
    assert main(["trace", *arguments]) == 2
    assert message in capsys.readouterr().err


def test_the_logit_path_of_a_game_with_postures_follows_one_convention():
    game = ng.from_dict(posture_game())
    path = ng.logit_path(game)
    assert path.reached and path.convention is not None and path.others == 2
    assert 0.0 <= path.outcomes["arms"][-1] <= 1.0
    calm, grim = (ng.logit_path(game, conventions=rule) for rule in ("payoff-dominant", "worst"))
    assert calm.others == grim.others == 0
    assert calm.outcomes["arms"].max() == 0.0 and grim.outcomes["arms"].min() > 0.0


def posture_game() -> dict:
    """Two sides of a stag hunt in arms, while they may settle a front."""
    return {
        "format": "negotiation/1", "title": "Arms", "noise": 0.2,
        "actors": {"ada": {"discount_rate": 0.1}, "bo": {"discount_rate": 0.1}},
        "fronts": {"border": {"statuses": ["tense", "settled"]}},
        "moves": {"settle": {"front": "border", "from": "tense", "to": "settled",
                             "by": ["ada", "bo"], "rate": 1.0,
                             "payoff": {"ada": 0.3, "bo": 0.2}}},
        "postures": {"arming": {
            "players": ["ada", "bo"],
            "actions": {"ada": ["restrain", "arm"], "bo": ["restrain", "arm"]},
            "payoffs": [{"when": {"border": "tense"}, "ada": [[0.0, -1.0], [-0.4, -0.6]],
                         "bo": [[0.0, -0.4], [-1.0, -0.6]]}]}},
        "outcomes": {"settled": {"when": {"border": "settled"}},
                     "arms": {"posture": {"arming": {"ada": "arm"}}}}}


def test_a_region_goes_on_from_its_file(tmp_path):
    game, file = ng.load("fearon-commitment"), tmp_path / "region.json"
    plane = ("shift", 0.0, 0.6), ("power_now", 0.66, 0.95)
    coarse = ng.region(game, *plane, outcome="war", depth=2, save=file)
    fine = ng.region(game, *plane, outcome="war", depth=3, resume=file)
    plain = ng.region(game, *plane, outcome="war", depth=3)
    assert set(coarse.points) < set(fine.points)
    assert fine.points == plain.points and fine.cells == plain.cells
    with pytest.raises(ng.InputError, match="with other settings: what"):
        ng.region(game, *plane, outcome="deal", depth=2, resume=file)
    file.write_text("[]")
    with pytest.raises(ng.InputError, match="is no saved region"):
        ng.region(game, *plane, outcome="war", depth=2, resume=file)
