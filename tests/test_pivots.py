"""Who decides an outcome: forced consents compared, Shapley values, spoilers (DESIGN §2.6)."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import permutations

import jsonschema
import numpy as np
import pytest
from random_games import Shape, random_game

import negotiation as ng
from negotiation.cli import main
from negotiation.comparing import Comparison, lean
from negotiation.equilibrium.solve import solve_each
from negotiation.formats.record_claims import pivots_record
from negotiation.formats.record_schema import output_schema
from negotiation.frozen import FrozenMap
from negotiation.model import Outcome


def voting(coalitions, rate=1.0, extra=None):
    """A game with a move into the outcome for each winning coalition; everybody gains a little."""
    actors = sorted({name for by in coalitions for name in by})
    return ng.from_dict({
        "format": "negotiation/1", "title": "voting", "horizon": 5.0,
        "actors": {name: {"discount_rate": 0.1} for name in actors},
        "fronts": {"f": {"statuses": ["open", "done", "gone"]}},
        "moves": {**{f"m{k}": {"front": "f", "from": "open", "to": "done", "by": list(by),
                               "rate": rate, "payoff": dict.fromkeys(actors, 0.1)}
                     for k, by in enumerate(coalitions)}, **(extra or {})},
        "outcomes": {"done": {"when": {"f": "done"}}, "gone": {"when": {"f": "gone"}}}})


def chance(moves, rate=1.0, by=5.0):
    return 1.0 - np.exp(-rate * moves * by)


def brute_shapley(coalitions):
    """By the definition: every order, one actor joining after the other."""
    actors = sorted({name for by in coalitions for name in by})
    total = dict.fromkeys(actors, 0.0)
    orders = list(permutations(actors))
    for order in orders:
        inside: set[str] = set()
        before = 0.0
        for name in order:
            inside.add(name)
            now = chance(sum(set(by) <= inside for by in coalitions))
            total[name] += (now - before) / len(orders)
            before = now
    return total


@pytest.mark.parametrize("coalitions", [
    [("a",)], [("a", "b")], [("a", "b"), ("a", "c")], [("a", "b", "c")],
    [("a", "b"), ("b", "c"), ("a", "c")], [("a",), ("b", "c"), ("c", "d")]])
def test_pivots_of_a_voting_game_have_closed_forms(coalitions):
    result = ng.pivots(voting(coalitions))
    assert result.method == "exact"
    expected = brute_shapley(coalitions)
    for one in result.pivots:
        without = chance(sum(one.actor not in by for by in coalitions))
        assert one.effect == pytest.approx((chance(len(coalitions)) - without,) * 2)
        assert one.shapley == pytest.approx((expected[one.actor],) * 2)
        assert one.stops == ("every" if without <= 0.01 else "none")
    assert sum(one.shapley[0] for one in result.pivots) == pytest.approx(
        result.everybody[0] - result.nobody[0])


def test_sampled_shapley_values_are_near_the_exact_ones_and_repeat_with_their_seed(monkeypatch):
    game = voting([("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("a", "e", "f")])
    exact = {one.actor: one.shapley[0] for one in ng.pivots(game).pivots}
    monkeypatch.setattr(sys.modules["negotiation.pivots"], "MOST_PLAYERS", 3)
    sampled = ng.pivots(game, orders=200, seed=4)
    again = ng.pivots(game, orders=200, seed=4)
    assert (sampled.method, sampled.orders, sampled.seed) == ("sampled", 200, 4)
    assert [one.shapley for one in sampled.pivots] == [one.shapley for one in again.pivots]
    for one in sampled.pivots:
        assert 0 < one.error < 0.05
        assert abs(one.shapley[0] - exact[one.actor]) < 5 * one.error
    assert sum(one.shapley[0] for one in sampled.pivots) == pytest.approx(
        sampled.everybody[0] - sampled.nobody[0])
    assert [one.shapley for one in ng.pivots(game, orders=200, seed=5).pivots] != [
        one.shapley for one in sampled.pivots]


def test_a_forced_consent_is_what_tells_a_reluctant_actor_from_a_willing_one():
    table = {"front": "f", "from": "open", "to": "done", "by": ["a", "b"], "rate": 1.0,
             "payoff": {"a": 1.0, "b": -1.0}}
    loses = ng.from_dict({
        "format": "negotiation/1", "title": "reluctant", "horizon": 5.0,
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.1}},
        "fronts": {"f": {"statuses": ["open", "done"]}}, "moves": {"m": table},
        "outcomes": {"done": {"when": {"f": "done"}}}})
    found = {one.actor: one for one in ng.pivots(loses).pivots}
    assert ng.pivots(loses).nominal == (0.0, 0.0)
    # b's consent would be enough, a's would not: b refuses whatever a does
    assert found["b"].effect == pytest.approx((chance(1),) * 2)
    assert found["a"].effect == (0.0, 0.0)
    assert found["b"].gain_from_consenting == pytest.approx((-1.0 / 1.1,) * 2)


def test_bounds_run_over_the_equilibria_of_both_games():
    game = random_game(10, Shape(fronts=2, actors=3, third=True, coalition=2))
    game = replace(game, outcomes=FrozenMap({"both": Outcome(
        name="both", label="both", when=FrozenMap({"north": ("done",)}))}))
    solution = ng.solve(game)
    every = [e.probability("both") for e in solution.equilibria]
    assert len(every) == 3 and max(every) > 0.5 and min(every) == 0.0
    result = ng.pivots(game)
    assert result.nominal == pytest.approx((min(every), max(every)))
    for one in result.pivots:
        assert one.effect[0] <= one.effect[1] <= 1.0
        low = one.always[0] - one.never[1]
        assert one.effect == pytest.approx((low, one.always[1] - one.never[0]))


def test_a_spoiler_is_named_with_what_it_does_and_gains():
    extra = {"spoil": {"front": "f", "from": "open", "to": "gone", "by": ["a"], "rate": 2.0,
                       "payoff": {"a": -0.5}},
             "break": {"front": "f", "from": "done", "to": "gone", "by": ["b"], "rate": 1.0,
                       "payoff": {"b": 3.0}}}
    result = ng.pivots(voting([("a", "b")], extra=extra))
    found = {one.move: one for one in result.spoilers}
    assert (found["spoil"].kind, found["break"].kind) == ("obstructs", "subverts")
    assert found["spoil"].effect[0] < -0.3 and found["spoil"].made == (0.0, 0.0)
    assert found["break"].effect_in_force[1] < 0 and found["break"].gain[0] > 0
    assert result.candidates == ("spoil", "break")
    assert ng.pivots(voting([("a", "b")], extra=extra), spoilers=0).spoilers == ()


def test_games_without_the_moves_that_nobody_makes_have_the_same_chances():
    game = ng.load("central")
    fixed = ng.apply(game, ng.setting(consents={"poland": False}))
    whole, less = ng.solve(fixed), ng.solve(lean(fixed))
    assert len(lean(fixed).moves) < len(fixed.moves)
    assert whole.equilibria[0].probability("central_settled", 3.0) == (
        less.equilibria[0].probability("central_settled", 3.0))
    np.testing.assert_allclose(whole.equilibria[0].values[0], less.equilibria[0].values[0])


def test_a_comparison_solves_a_game_that_two_settings_share_once():
    solved = []

    def solver(games):
        solved.extend(games)
        return solve_each(games)

    study = Comparison(ng.load("central"), solver)
    one = ng.setting(consents={"poland": {"settle_central": False}})
    other = ng.setting(consents={"russia": {"settle_central": False}})
    study.prepare([("a", one), ("b", other), ("c", one)])
    assert len(solved) == 1
    assert study.under(one) is study.under(other)


def test_outcomes_that_have_no_pivots_are_refused():
    with pytest.raises(ng.InputError, match="posture"):
        ng.pivots(ng.load("nrnap"), "europe_presses")
    with pytest.raises(ng.UnknownNameError, match="pact"):
        ng.pivots(ng.load("nrnap"), "pakt")
    with pytest.raises(ng.InputError, match="no move that asks"):
        ng.pivots(voting([("a", "b")]), "gone")
    with pytest.raises(ng.UnknownNameError, match="actor"):
        ng.pivots(voting([("a", "b")]), actors=["z"])


def test_the_record_obeys_its_schema_and_the_page_says_who_can_stop_it(capsys):
    result = ng.pivots(ng.load("central"))
    jsonschema.validate(pivots_record(result), output_schema("pivots"))
    assert main(["pivots", "central"]) == 0
    page = capsys.readouterr().out
    assert "can each stop it alone" in page and "Shapley value" in page
    assert main(["pivots", "central", "--outcome", "central_setled"]) == 2
    assert "did you mean 'central_settled'" in capsys.readouterr().err


def test_the_command_line_forces_consents(capsys):
    assert main(["solve", "central", "--consent", "poland.settle_central=never"]) == 0
    assert "Poland never consents to it here" in capsys.readouterr().out
    assert main(["solve", "central", "--consent", "poland=perhaps"]) == 2
    assert "ACTOR=always" in capsys.readouterr().err
    assert main(["solve", "central", "--consent", "poland.settle_centre=never"]) == 2
    assert "settle_central" in capsys.readouterr().err
