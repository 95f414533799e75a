"""Claims tested, and two games side by side (DESIGN §2.6)."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import numpy as np
import pytest
from random_games import Shape, random_game

import negotiation as ng
from negotiation.claim_search import Sample
from negotiation.cli import main
from negotiation.errors import NumericalError
from negotiation.formats.record_schema import output_schema
from negotiation.frozen import FrozenMap
from negotiation.model import Claim, Outcome

RATE = 0.4


def game(claims, **tables):
    """One move that a makes at rate ``pace`` whenever ``gain`` is positive, and one that b makes.

    P(done by 5) = 1 − exp(−5·pace) where a gains.
    """
    definition = {
        "format": "negotiation/1", "title": "claims", "horizon": 5.0, "source": "test",
        "parameters": {"pace": {"value": RATE, "low": 0.1, "high": 1.0},
                       "gain": {"value": 1.0, "low": -1.0, "high": 3.0},
                       "idle": {"value": 0.5, "low": 0.0, "high": 1.0}},
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.1}},
        "fronts": {"f": {"statuses": ["open", "done"]},
                   "g": {"statuses": ["open", "done"], "flow": {"done": {"b": "0.1 + 0*idle"}}}},
        "moves": {"finish": {"front": "f", "from": "open", "to": "done", "by": ["a"],
                             "rate": "pace", "payoff": {"a": "gain"}},
                  "other": {"front": "g", "from": "open", "to": "done", "by": ["a", "b"],
                            "rate": 0.2, "payoff": {"a": 0.1, "b": 0.1}}},
        "linkages": [{"name": "momentum", "when": {"f": "done"}, "rate": {"other": 2.0}}],
        "outcomes": {"done": {"when": {"f": "done"}}, "both": {"when": {"f": "done", "g": "done"}}},
        "cascade": {"center": "f", "status": "done", "periphery": ["g"]},
        "claims": [{"id": f"c{k}", "says": f"claim {k}", "source": "P1", **claim}
                   for k, claim in enumerate(claims)], **tables}
    return ng.from_dict(definition)


P = 1.0 - np.exp(-5.0 * RATE)


def only(claim, **options):
    options = {"draws": 0, "flips": 0, **options}
    return ng.claims(game([claim]), **options)["c0"]


@pytest.mark.parametrize(("claim", "holds", "under", "than"), [
    ({"outcome": "done", "below": 0.9, "under": {}}, True, P, None),
    ({"outcome": "done", "below": 0.8, "under": {}}, False, P, None),
    ({"outcome": "done", "above": 0.8, "under": {}}, True, P, None),
    ({"outcome": "done", "above": 0.9}, False, P, None),
    ({"outcome": "done", "expect": "less likely", "under": {"block": ["finish"]}}, True, 0.0, P),
    ({"outcome": "done", "expect": "more likely", "under": {"block": ["finish"]}}, False, 0.0, P),
    ({"outcome": "done", "expect": "more likely", "under": {}, "than": {"block": ["finish"]}},
     True, P, 0.0),
    ({"outcome": "done", "expect": "no more likely", "under": {"block": ["other"]}}, True, P, P),
    ({"outcome": "done", "expect": "more likely", "under": {"block": ["other"]}}, False, P, P),
    ({"outcome": "done", "expect": "less likely", "under": {"parameters": {"pace": 0.1}}},
     True, 1.0 - np.exp(-0.5), P),
    ({"outcome": "done", "expect": "less likely", "under": {"consents": {"a": False}}}, True, 0.0,
     P),
    ({"outcome": "done", "pivot": "a", "among": ["a", "b"]}, True, P, 0.0),
])
def test_each_form_of_claim_is_judged_by_its_chances(claim, holds, under, than):
    one = only(claim)
    assert one.nominal is holds
    assert one.equilibria == ("every" if holds else "none")
    assert one.under == pytest.approx((under, under), abs=1e-9)
    assert one.than is None if than is None else one.than == pytest.approx((than, than), abs=1e-9)
    assert one.share_of_draws is None and one.flips is None


def test_a_tie_makes_nobody_the_most_decisive():
    one = only({"outcome": "both", "pivot": "b", "among": ["a", "b"]})
    # a has a seat in both moves, b in one: a decides more
    assert not one.nominal and one.equilibria == "none"
    tied = game([{"outcome": "tied", "pivot": "b", "among": ["a", "b"]}],
                outcomes={"tied": {"when": {"g": "done"}}})
    assert not ng.claims(tied, draws=0, flips=0)["c0"].nominal


@pytest.mark.parametrize("verdict", ["every", "some", "none"])
def test_a_cascade_claim_agrees_with_the_cascade(verdict):
    found = ng.cascade(game([]), matrix=False).verdict
    one = only({"cascade": verdict})
    assert one.nominal is (verdict == found)
    total = ng.cascade(game([]), matrix=False).fronts["g"].at.total
    if verdict == "every":
        assert one.margin == pytest.approx((total[0] - 0.01, total[1] - 0.01))


def test_a_claim_is_judged_over_pairs_of_equilibria():
    several = random_game(10, Shape(fronts=2, actors=3, third=True, coalition=2))
    several = replace(
        several, outcomes=FrozenMap({"n": Outcome(
            name="n", label="n", when=FrozenMap({"north": ("done",)}))}),
        claims=(Claim(id="low", says="", source="P1", outcome="n", below=0.5),
                Claim(id="all", says="", source="P1", outcome="n", below=0.9999),
                Claim(id="no", says="", source="P1", outcome="n", above=0.9999)))
    chances = [e.probability("n") for e in ng.solve(several).equilibria]
    result = ng.claims(several, draws=0, flips=0)
    assert [one.equilibria for one in result.claims] == ["some", "every", "none"]
    assert result["low"].nominal is (chances[0] < 0.5)
    assert result["low"].margin == pytest.approx((0.5 - max(chances), 0.5 - min(chances)))


def test_the_share_of_draws_is_that_of_the_range_where_a_claim_holds():
    # holds where gain > 0: three quarters of the range of gain
    one = only({"outcome": "done", "above": 0.0001}, draws=64, seed=3)
    assert one.share_of_draws == pytest.approx(0.75, abs=0.02)
    again = only({"outcome": "done", "above": 0.0001}, draws=64, seed=3)
    assert again.share_of_draws == one.share_of_draws


def test_flips_are_found_where_the_verdict_turns_and_nowhere_else():
    one = only({"outcome": "done", "above": 0.8}, flips="all")
    found = {flip.parameter: flip for flip in one.flips}
    assert set(one.tested) == {"pace", "gain", "idle"}
    assert set(found) == {"pace", "gain"}
    # P = 0.8 at pace = ln(5)/5; gain turns it at 0
    assert found["pace"].value == pytest.approx(np.log(5.0) / 5.0, abs=0.9 * 2 ** -5 / 3)
    assert found["pace"].value <= np.log(5.0) / 5.0
    assert found["gain"].value == pytest.approx(0.0, abs=4.0 * 2 ** -5 / 3)
    assert [flip.parameter for flip in one.flips] == ["pace", "gain"]
    never = only({"outcome": "done", "below": 1.0}, flips="all")
    assert never.flips == ()


def test_the_parameters_that_go_with_the_margin_most_are_tried_first():
    one = only({"outcome": "done", "above": 0.8}, draws=64, flips=1)
    assert one.tested[0] in ("pace", "gain") and len(one.tested) == 1
    sample = Sample({"x": np.arange(5.0), "y": np.array([3.0, 1.0, 4.0, 1.0, 5.0])},
                    {"c": np.array([0.0, 1.0, np.nan, 3.0, 4.0])}, (({}, "failed"),))
    assert sample.strongest("c", 1) == ("x",)
    assert sample.share("c") == 0.75


def test_what_a_claim_sets_itself_is_not_tried_as_a_flip():
    one = only({"outcome": "done", "below": 0.5, "under": {"parameters": {"pace": 0.1}}},
               flips="all")
    assert "pace" not in one.tested


def test_draws_that_fail_are_counted_shown_and_left_out(monkeypatch):
    from negotiation.likelihood import firsts

    right = firsts._hazards

    def hazards(lattice, rule):
        if (lattice.parameters["gain"] > 2.0).any():
            raise NumericalError("the search failed there")
        return right(lattice, rule)

    monkeypatch.setattr(firsts, "_hazards", hazards)
    result = ng.claims(game([{"outcome": "done", "above": 0.0001}]), draws=16, flips=0)
    assert len(result.failed) == 4
    assert all(values["gain"] > 2.0 and "failed" in why for values, why in result.failed)
    # gain in (0, 2] of (−1, 2]
    assert result["c0"].share_of_draws == pytest.approx(8 / 12)


def test_draws_in_batches_say_what_one_solve_after_another_says():
    """The batch engine against solves of the game at each draw, for every form of claim."""
    made = game([{"outcome": "done", "above": 0.6}, {"cascade": "every"},
                 {"outcome": "both", "pivot": "a", "among": ["a", "b"]},
                 {"outcome": "done", "under": {"parameters": {"gain": 1.0}},
                  "expect": "more likely"}])
    from negotiation.claim_forms import margins
    from negotiation.claim_search import Engine, over_draws
    from negotiation.comparing import Comparison
    from negotiation.equilibrium.solve import solve_each

    sample = over_draws(made, made.claims, 3.0, 6, 5, Engine())
    assert not sample.failed
    for row in range(6):
        at = made.with_parameters(**{n: float(v[row]) for n, v in sample.values.items()})
        study = Comparison(at, solve_each)
        for claim in made.claims:
            assert sample.margins[claim.id][row] == pytest.approx(
                margins(study, claim, 3.0)[0], abs=1e-9)


def test_claims_stop_in_time_with_what_they_have():
    from negotiation.claim_search import Engine

    result = ng.claims(game([{"outcome": "done", "above": 0.0001}]), draws=4,
                       engine=Engine(stop=lambda done, total: True))
    assert len(result.failed) == 4 and "time" in result.failed[0][1]
    assert result["c0"].share_of_draws is None and result["c0"].flips == ()


def test_wrong_questions_have_one_clear_answer():
    with pytest.raises(ng.InputError, match="carries no claims"):
        ng.claims(ng.load("central"))
    with pytest.raises(ng.UnknownNameError, match="c0"):
        ng.claims(game([{"outcome": "done", "below": 0.5, "under": {}}]), ["c00"])
    for options in ({"draws": -1}, {"flips": -1}, {"draws": True}, {"flips": "some"}):
        with pytest.raises(ng.InputError, match="whole number"):
            ng.claims(game([{"outcome": "done", "below": 0.5, "under": {}}]), **options)


def test_both_cases_carry_the_ten_claims_of_the_argument_with_their_paragraphs():
    wanted = {"core": "P6", "cascade": "P6", "presence": "P2-P4", "presence_pressing": "P3",
              "guarantees": "P1", "will_west": "P1", "will_russia": "P1", "spoilers_before": "P7",
              "spoilers_after": "P7", "new_start": "P7", "poland": "P7", "unlikely": "P7"}
    for name in ("nrnap", "nrnap-deterrence"):
        found = {claim.id: claim.source for claim in ng.load(name).claims}
        assert {key: found.get(key) for key in wanted} == wanted


def test_the_case_is_answered_at_its_nominal_values():
    """What the program found, not what anybody wants: these are the claims whose verdicts rest on
    structure, so that they change only when the definition does."""
    result = ng.claims(ng.load("nrnap"), ["core", "presence_pressing", "poland"], draws=0, flips=0)
    assert result["core"].equilibria == "every"
    assert result["presence_pressing"].equilibria == "every"
    # one move leads to the pact and every ratifier has a veto: nobody is the most decisive
    poland = result["poland"]
    assert poland.equilibria == "none" and poland.margin == pytest.approx((0.0, 0.0), abs=1e-9)


# ---- printed ------------------------------------------------------------------------------------

@pytest.fixture
def path(tmp_path):
    made = game([{"outcome": "done", "above": 0.8}, {"cascade": "every"},
                 {"outcome": "both", "pivot": "a", "among": ["a", "b"]}])
    file = tmp_path / "claims.toml"
    ng.save(made, file)
    return str(file)


def test_the_claims_command_prints_a_table_markdown_and_json(path, capsys):
    assert main(["claims", path, "--draws", "4", "--flips", "1"]) == 0
    page = capsys.readouterr().out
    assert "Claim" in page and "c0 (P1): claim 0" in page
    assert main(["claims", path, "--draws", "0", "--flips", "0", "--format", "markdown"]) == 0
    assert "| c0 | claim 0 | P1 | holds | every | - | not asked |" in capsys.readouterr().out
    assert main(["claims", path, "--draws", "4", "--flips", "all", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema("claims"))
    assert [one["id"] for one in record] == ["c0", "c1", "c2"]
    assert {"id", "nominal", "equilibria", "share_of_draws", "flips"} <= set(record[0])


def test_two_games_claims_stand_beside_each_other(path, capsys):
    assert main(["claims", path, path, "--draws", "0", "--flips", "0"]) == 0
    assert "The games agree on every claim." in capsys.readouterr().out


def test_compare_says_what_differs_between_two_games_and_two_settings(path, capsys):
    assert main(["compare", path, "--set", "gain=-0.5", "--claims", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema("compare"))
    assert record["parameters"]["gain"] == [1.0, -0.5]
    assert record["outcomes"]["done"]["left"] == pytest.approx([P, P])
    assert record["outcomes"]["done"]["right"] == [0.0, 0.0]
    assert record["consents"]["finish"] == [1.0, 0.0]
    assert [side[0]["nominal"] for side in record["claims"]] == [True, False]
    assert main(["compare", path, path]) == 0
    assert "The same on both sides." in capsys.readouterr().out
    assert main(["compare", path]) == 2
    assert "second game" in capsys.readouterr().err


def test_compare_lists_numbers_by_their_place_and_refuses_other_units_of_time():
    left = game([])
    definition = replace(left, time_unit="day")
    with pytest.raises(ng.InputError, match="cannot be compared"):
        ng.compare(left, definition)
    other = ng.apply(left, ng.setting(consents={"a": False}))
    result = ng.compare(left, other)
    assert result.numbers["moves.finish.consents.a"] == ("", "never")
    assert result.outcomes["done"].right == (0.0, 0.0)
    assert result.verdicts[0] == ng.cascade(left, matrix=False).verdict
