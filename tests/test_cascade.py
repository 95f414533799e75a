"""Does a settled centre cascade? Effects, verdicts and matrix, against closed forms.

Fronts here move by chance alone, so that every game has one equilibrium whose chances can be
written down; several equilibria are made by a solver that lists given hazards.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negotiation.cascade import CascadeResult, cascade
from negotiation.equilibrium.result import Equilibrium, Solution, Status
from negotiation.equilibrium.solve import solve
from negotiation.errors import InputError, NumericalError, UnknownNameError
from negotiation.formats.definition import from_dict
from negotiation.lattice import build_lattice
from negotiation.text.effects import cascade_page

H = 4.0
TABLE = {"center": "hub", "periphery": ["rim"], "status": "settled"}


def game(moves=None, linkages=(), table=TABLE, fronts=("hub", "rim"), **more):
    """Fronts that chance settles: name → rate, or (front, from, to, rate, extra keys)."""
    moves = {"hub": 0.5, "rim": 0.2} if moves is None else moves
    steps = {name: step if isinstance(step, tuple) else (name, "tense", "settled", step, {})
             for name, step in moves.items()}
    return from_dict({
        "format": "negotiation/1", "title": "Chance only", "horizon": H,
        "actors": {"anyone": {"name": "Anyone", "discount_rate": 0.1}},
        "fronts": {name: {"name": name.capitalize(), "statuses": ["tense", "settled", "broken"]}
                   for name in fronts},
        "moves": {f"move_{name}": {"front": front, "from": source, "to": target, "by": [],
                                   "rate": rate, **extra}
                  for name, (front, source, target, rate, extra) in steps.items()},
        "linkages": list(linkages), **({"cascade": table} if table else {}), **more})


def page(result):
    """What is printed, in one line."""
    return " ".join(cascade_page(result).split())


def momentum(factor, source="hub", target="rim"):
    return {"when": {source: "settled"}, "rate": {f"move_{target}": factor}}


def happens(rate, by=H):
    return -math.expm1(-rate * by)


def nominal_chance(c, a, b, h):
    """Settled by h at rate a until the centre settles (rate c), at rate b from then on."""
    alone = math.exp(-(a + c) * h)
    after = c / (a + c - b) * (math.exp(-b * h) - math.exp(-(a + c) * h))
    return 1.0 - alone - after


def listing(*hazards, complete=True, because=None):
    """A solver that finds one equilibrium for each function lattice → (E,) consents."""
    def solver(games):
        return [listed(game) for game in games]

    def listed(which):
        lattice = build_lattice(which)
        nothing = np.zeros(len(lattice.edge_state))
        found = tuple(Equilibrium(
            id=k + 1, lattice=lattice, draw=0, values=np.zeros((len(lattice.states), 1)),
            consent=np.broadcast_to(np.asarray(make(lattice), float), nothing.shape),
            terms_array=np.zeros((0, 0)), proposals=None, surplus=nothing, index=1, regret=0.0)
            for k, make in enumerate(hazards))
        status = Status.COMPLETE if complete else Status.UNPROVED
        return Solution(game=which, lattice=lattice, equilibria=found, complete=complete,
                        status=status, incomplete_because=because, seconds=0.0)
    return solver


# ---- closed forms ----------------------------------------------------------------------------

@pytest.mark.parametrize("factor", [5.0, 1.0, 0.25, 0.0])
def test_effects_of_a_linkage_on_a_rate_have_their_closed_form(factor):
    c, a, b = 0.5, 0.2, 0.2 * factor
    result = cascade(game(linkages=[momentum(factor)]))
    for effects, h in ((result.fronts["rim"].at, H), (result.fronts["rim"].half, H / 2)):
        settled, nominal, blocked = happens(b, h), nominal_chance(c, a, b, h), happens(a, h)
        expected = {"settled": settled, "nominal": nominal, "blocked": blocked,
                    "total": settled - blocked, "pull": settled - nominal,
                    "push": nominal - blocked}
        for name, value in expected.items():
            assert getattr(effects, name) == pytest.approx((value, value), abs=1e-11), name


def test_mean_times_are_those_of_the_three_games():
    c, a, b = 0.5, 0.2, 1.0
    times = cascade(game(linkages=[momentum(5.0)])).fronts["rim"].mean_time
    assert times.settled == pytest.approx((1 / b, 1 / b))
    assert times.blocked == pytest.approx((1 / a, 1 / a))
    nominal = (1.0 + c / b) / (a + c)
    assert times.nominal == pytest.approx((nominal, nominal))


def test_a_front_that_only_the_centre_can_free_is_never_settled_without_it():
    result = cascade(game({"hub": 0.5, "rim": ("rim", "tense", "settled", 0.2,
                                               {"when": {"hub": "settled"}})}))
    effect = result.fronts["rim"]
    assert effect.at.blocked == (0.0, 0.0)
    assert effect.mean_time.blocked is None
    assert effect.at.total[0] == pytest.approx(happens(0.2), abs=1e-12)
    assert result.to_dict()["fronts"]["rim"]["mean_time"]["blocked"] is None


def test_the_prospect_of_the_centre_can_hold_the_periphery_up():
    """The rim can settle only while the hub is tense or broken: a settlement shuts it out."""
    c, a = 0.5, 0.2
    result = cascade(game({"hub": c, "rim": ("rim", "tense", "settled", a,
                                             {"when": {"hub": ["tense", "broken"]}})}))
    at = result.fronts["rim"].at
    nominal = a / (a + c) * happens(a + c)
    assert at.settled == (0.0, 0.0)
    assert at.push == pytest.approx((nominal - happens(a),) * 2, abs=1e-12)
    assert at.push[1] < 0.0 and at.total[1] < 0.0
    assert result.verdict == "none"
    assert "Waiting for it holds Rim up: that it can still be settled lowers the chance there by " \
        f"{-100 * at.push[0]:.2g} points." in page(result)


def test_a_move_that_settles_the_centre_along_with_its_own_front_is_blocked_too():
    both = game({"hub": 0.5, "rim": ("rim", "tense", "settled", 0.2, {"sets": {"hub": "settled"}})})
    result = cascade(both)
    assert result.fronts["rim"].at.blocked == (0.0, 0.0)
    assert result.fronts["rim"].at.nominal == pytest.approx((happens(0.2),) * 2)
    which = result.fronts["rim"].precedence
    assert which.front_first == (0.0, 0.0)
    assert which.together == pytest.approx((0.2 / 0.7 * happens(0.7),) * 2)


def test_reached_counts_even_when_the_front_breaks_again():
    lasting, passing = (cascade(game({"hub": 0.5, "rim": 0.2, **extra}, [momentum(5.0)]))
                        for extra in ({}, {"break": ("rim", "settled", "broken", 3.0, {})}))
    assert passing.fronts["rim"].at.total == pytest.approx(lasting.fronts["rim"].at.total)


def test_precedence_splits_the_chance_of_who_is_first():
    which = cascade(game()).fronts["rim"].precedence
    assert which.center_first == pytest.approx((0.5 / 0.7 * happens(0.7),) * 2, abs=1e-12)
    assert which.front_first == pytest.approx((0.2 / 0.7 * happens(0.7),) * 2, abs=1e-12)
    assert which.neither == pytest.approx((math.exp(-0.7 * H),) * 2, abs=1e-12)
    assert which.together == (0.0, 0.0)


def test_orders_of_settlement_are_listed_likeliest_first():
    orders = cascade(game()).order
    assert [order.settlements for order in orders] == [(("hub",), ("rim",)), (("rim",), ("hub",))]
    assert [order.probability[0] for order in orders] == pytest.approx([5 / 7, 2 / 7])


def test_an_order_leaves_out_what_never_settles_and_joins_what_settles_together():
    result = cascade(game({"hub": ("hub", "tense", "settled", 0.3, {"sets": {"rim": "settled"}}),
                           "break": ("hub", "tense", "broken", 0.1, {})}))
    found = {order.settlements: order.probability[0] for order in result.order}
    assert found == pytest.approx({(("hub", "rim"),): 0.75, (): 0.25})


def test_necessity_is_the_chance_of_an_outcome_without_the_centre():
    outcomes = {"rim_done": {"when": {"rim": "settled"}},
                "all": {"when": {"hub": "settled", "rim": "settled"}}}
    result = cascade(game(linkages=[momentum(5.0)], outcomes=outcomes))
    assert result.necessity["rim_done"] == pytest.approx((happens(0.2),) * 2)
    assert result.necessity["all"] == (0.0, 0.0)
    assert result.nominal["all"][0] > 0.0
    assert re.search("Chance within 4 years +without it +as things stand", cascade_page(result))
    assert re.search("^  all +0 % +[1-9]", cascade_page(result), re.MULTILINE)


# ---- matrix ----------------------------------------------------------------------------------

def test_the_matrix_holds_every_ordered_pair_and_shows_whether_it_runs_inward():
    result = cascade(game({"hub": 0.5, "rim": 0.2, "edge": 0.3},
                          [momentum(5.0), momentum(2.0, "rim", "edge")],
                          fronts=("hub", "rim", "edge")))
    total = {(a, b): bounds for a, row in result.matrix.items() for b, bounds in row.items()}
    assert set(total) == {(a, b) for a in result.status for b in result.status if a != b}
    assert total["hub", "rim"] == result.fronts["rim"].at.total
    expected = happens(0.6) - happens(0.3)
    assert total["rim", "edge"] == pytest.approx((expected, expected), abs=1e-12)
    for pair in (("rim", "hub"), ("edge", "hub"), ("edge", "rim")):
        assert total[pair] == (0.0, 0.0)
    assert 0.0 < total["hub", "edge"][0] < total["hub", "rim"][0]


def test_fronts_without_the_settled_status_are_left_out_and_listed():
    mapping = {"format": "negotiation/1", "title": "Two and one",
               "actors": {"anyone": {"name": "Anyone", "discount_rate": 0.1}},
               "fronts": {"hub": {"name": "Hub", "statuses": ["tense", "settled"]},
                          "rim": {"name": "Rim", "statuses": ["tense", "settled"]},
                          "weather": {"name": "Weather", "statuses": ["fair", "foul"]}},
               "moves": {name: {"front": name, "from": source, "to": target, "by": [], "rate": 1.0}
                         for name, source, target in (("hub", "tense", "settled"),
                                                      ("rim", "tense", "settled"),
                                                      ("weather", "fair", "foul"))}}
    result = cascade(from_dict(mapping), center="hub", status="settled")
    assert result.periphery == ("rim",)
    assert result.left_out == ("weather",)
    assert set(result.matrix) == {"hub", "rim"}
    with pytest.raises(InputError, match="no front but 'weather' has a status that counts"):
        cascade(from_dict(mapping), center="weather", status="fair")
    with pytest.raises(InputError, match="'weather' has no status that counts as settled"):
        cascade(from_dict(mapping), center="weather", status="settled")


def test_without_the_matrix_fewer_games_are_solved():
    asked = []

    def counting(games):
        asked.extend(games)
        return [solve(game) for game in games]

    three = game({"hub": 0.5, "rim": 0.2, "edge": 0.3}, fronts=("hub", "rim", "edge"))
    assert cascade(three, matrix=False, solver=counting).matrix is None
    assert len(asked) == 3
    asked.clear()
    cascade(three, solver=counting)
    assert len(asked) == 7  # as it stands, and two for each of three fronts
    asked.clear()
    cascade(solve(three), solver=counting)
    assert len(asked) == 6


# ---- several equilibria ----------------------------------------------------------------------

def by_hub(low):
    """Consents: the rim settles at the share ``low`` of its rate unless the hub is settled."""
    def consents(lattice):
        settled = lattice.holds({"hub": ("settled",)})[lattice.edge_state]
        rim = np.array([move == "move_rim" for move in lattice.moves], dtype=bool)
        return np.where(rim[lattice.edge_move] & ~settled, low, 1.0)
    return consents


def test_bounds_run_over_the_equilibria_of_both_games():
    result = cascade(game(), solver=listing(by_hub(0.0), by_hub(1.0)))
    at = result.fronts["rim"].at
    assert at.blocked == pytest.approx((0.0, happens(0.2)), abs=1e-12)
    assert at.settled == pytest.approx((happens(0.2),) * 2, abs=1e-12)
    assert at.total == pytest.approx((0.0, happens(0.2)), abs=1e-12)
    assert at.push == pytest.approx((at.nominal[0] - at.blocked[1],
                                     at.nominal[1] - at.blocked[0]), abs=1e-12)
    assert result.verdict == "some"
    assert result.games[0].equilibria == 2
    assert result.order[0].probability[0] < result.order[0].probability[1]


@pytest.mark.parametrize("share, verdict", [(0.0, "every"), (0.9, "every"), (1.0, "none")])
def test_the_verdict_compares_the_whole_range_with_the_least_effect(share, verdict):
    assert cascade(game(), solver=listing(by_hub(share))).verdict == verdict


@pytest.mark.parametrize("margin, verdict", [(-1e-4, "every"), (0.0, "none"), (1e-4, "none")])
def test_an_effect_must_be_above_the_least_one_that_counts(margin, verdict):
    total = happens(1.0) - happens(0.2)
    table = {**TABLE, "min_effect": total + margin}
    assert cascade(game(linkages=[momentum(5.0)], table=table)).verdict == verdict


def test_no_effect_is_none_even_where_any_effect_counts():
    assert cascade(game(table={**TABLE, "min_effect": 0.0})).verdict == "none"


def test_the_overall_verdict_is_every_only_if_each_front_has_it():
    three = {"hub": 0.5, "rim": 0.2, "edge": 0.3}
    table = {**TABLE, "periphery": ["rim", "edge"]}
    names = ("hub", "rim", "edge")
    one = cascade(game(three, [momentum(5.0)], table, names))
    assert {f: e.verdict for f, e in one.fronts.items()} == {"rim": "every", "edge": "none"}
    assert one.verdict == "some"
    both = cascade(game(three, [momentum(5.0), momentum(5.0, target="edge")], table, names))
    assert both.verdict == "every"
    assert cascade(game(three, [], table, names)).verdict == "none"


def test_an_incomplete_list_is_carried_into_the_verdict_and_its_words():
    solver = listing(by_hub(0.0), complete=False, because="the search was cut")
    result = cascade(game(), solver=solver)
    assert not result.complete
    assert "the game as it stands: the search was cut" in result.incomplete_because
    assert "hub kept from being settled: the search was cut" in result.incomplete_because
    assert "in every equilibrium found." in page(result)
    assert "There may be more: without it, the search was cut; as things stand, the search was" in (
        page(result))
    sure = cascade(game())
    assert sure.complete and sure.incomplete_because is None
    assert "found" not in page(sure)
    assert "There may be more" not in page(sure)


def test_an_incomplete_list_in_the_matrix_alone_does_not_touch_the_verdict():
    def solver(games):
        return [one(which) for which in games]

    def one(which):
        other = "move_rim" not in which.moves or which.fronts["rim"].start == "settled"
        because = "the search was cut" if other else None
        return listing(by_hub(0.0), complete=not other, because=because)([which])[0]

    result = cascade(game(), solver=solver)
    assert not result.complete
    assert "There may be more" not in page(result)
    assert "Of the 2 other games behind this table, 2 may have more equilibria" in page(result)


def test_a_game_left_without_an_equilibrium_is_an_error():
    with pytest.raises(NumericalError, match="no equilibrium that passes"):
        cascade(game(), solver=listing(complete=False, because="all were rejected"))


# ---- the question ----------------------------------------------------------------------------

def test_arguments_ask_the_same_as_the_table():
    table = cascade(game(linkages=[momentum(5.0)]))
    plain = game(linkages=[momentum(5.0)], table=None)
    for status in ("settled", {"hub": "settled", "rim": "settled"}):
        asked = cascade(plain, center="hub", periphery=["rim"], status=status, by=H)
        assert asked.to_dict() == table.to_dict()
    assert cascade(plain, center="hub", status="settled").periphery == ("rim",)


def test_another_centre_has_all_other_fronts_around_it():
    result = cascade(game(linkages=[momentum(5.0)]), center="rim", by=1.0)
    assert result.periphery == ("hub",)
    assert result.by == 1.0
    assert result.verdict == "none"


@pytest.mark.parametrize("arguments, names", [
    ({}, "'center' and 'status'"), ({"center": "hub"}, "'status'"),
    ({"status": "settled"}, "'center'")])
def test_without_a_table_the_message_says_what_is_needed(arguments, names):
    with pytest.raises(InputError, match=rf"no \[cascade\] table, so cascade needs {names} "):
        cascade(game(table=None), **arguments)


@pytest.mark.parametrize("arguments, message", [
    ({"center": "hbu"}, "unknown front 'hbu': did you mean 'hub'"),
    ({"periphery": ["rmi"]}, "unknown front 'rmi'"),
    ({"status": "setled"}, "unknown status 'setled': did you mean 'settled'"),
    ({"status": {"hub": "setled"}}, "unknown status 'setled' of front 'hub'"),
    ({"status": {"hbu": "settled"}}, "unknown front 'hbu'")])
def test_unknown_names_are_named(arguments, message):
    with pytest.raises(UnknownNameError, match=message):
        cascade(game(), **arguments)


@pytest.mark.parametrize("arguments, message", [
    ({"periphery": ["hub"]}, "other fronts than the centre 'hub'"),
    ({"periphery": []}, "at least one front"),
    ({"status": {"hub": "settled"}}, "front 'rim' has no status"),
    ({"by": -1.0}, "must be a date"), ({"by": math.inf}, "must be a date")])
def test_questions_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        cascade(game(), **arguments)


def test_a_centre_that_starts_settled_is_said_to_show_nothing():
    settled = game()
    settled = replace(settled, fronts=settled.fronts.updated(
        {"hub": replace(settled.fronts["hub"], start="settled")}))
    result = cascade(settled, matrix=False)
    assert result.fronts["rim"].at.total == (0.0, 0.0)
    assert "It is settled at the start" in page(result)


# ---- surfaces --------------------------------------------------------------------------------

def test_the_json_has_the_documented_layout():
    result = cascade(game(linkages=[momentum(5.0)], outcomes={"o": {"when": {"rim": "settled"}}}))
    data = json.loads(json.dumps(result.to_dict()))
    effects = {"settled", "nominal", "blocked", "total", "pull", "push"}
    rim = data["fronts"]["rim"]
    assert set(rim) == effects | {"verdict", "half", "mean_time"}
    assert set(rim["half"]) == effects
    assert set(rim["mean_time"]) == {"settled", "nominal", "blocked"}
    assert rim["total"] == list(result.fronts["rim"].at.total)
    assert (data["center"], data["verdict"], data["by"]) == ("hub", "every", H)
    assert data["matrix"]["hub"]["rim"] == dict(zip(("low", "high"), rim["total"], strict=True))
    assert set(data["necessity"]["o"]) == {"low", "high"}
    assert set(data["order"]["fronts"]["rim"]) == {
        "center_first", "front_first", "together", "neither"}
    assert data["order"]["sequences"][0]["settlements"] == [["hub"], ["rim"]]
    assert data["complete"] is True and data["incomplete_because"] is None


def test_the_verdict_is_narrated_with_its_numbers():
    result = cascade(game(linkages=[momentum(5.0)]))
    assert ("Does a settlement of “Hub” carry over? Yes, to every front around it, in every "
            "equilibrium. A difference counts when it is above 1 point.") in page(result)
    total = happens(1.0) - happens(0.2)
    assert re.search(rf"^  Rim +55 % .* 98 % +\+{100 * total:.0f} ", cascade_page(result),
                     re.MULTILINE)
    assert "a settlement of Rim changes the chance at the centre by no more than 1 point" in (
        page(result))


def test_a_verdict_that_differs_between_fronts_says_which():
    three = {"hub": 0.5, "rim": 0.2, "edge": 0.3}
    table = {**TABLE, "periphery": ["rim", "edge"]}
    result = cascade(game(three, [momentum(5.0)], table, ("hub", "rim", "edge")))
    assert "In part: to Rim in every equilibrium; not to Edge." in page(result)
    several = cascade(game(), solver=listing(by_hub(0.0), by_hub(1.0)))
    assert "In part: to Rim in some equilibria only." in page(several)
    assert "Equilibria compared: 2 without it, 2 as things stand, 2 with it." in page(several)


def test_an_effect_on_the_centre_is_said():
    result = cascade(game(linkages=[momentum(5.0), momentum(3.0, "rim", "hub")]))
    low = 100 * result.matrix["rim"]["hub"][0]
    assert f"a settlement of Rim changes the chance at the centre by +{low:.0f} points" in (
        page(result))


@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0), st.floats(0.0, 4.0), st.floats(0.0, 20.0))
@settings(max_examples=40, deadline=None)
def test_total_is_pull_and_push_and_all_chances_are_chances(c, a, factor, by):
    result: CascadeResult = cascade(game({"hub": c, "rim": a}, [momentum(factor)]), by=by)
    effect = result.fronts["rim"]
    for at in (effect.at, effect.half):
        for low, high in (at.settled, at.nominal, at.blocked):
            assert 0.0 <= low <= high <= 1.0
        assert at.total[0] == pytest.approx(at.pull[0] + at.push[0], abs=1e-11)
    which = effect.precedence
    assert sum(x[0] for x in (which.center_first, which.front_first, which.together,
                              which.neither)) == pytest.approx(1.0, abs=1e-11)
    # a linkage that speeds the rim up cannot slow it down, nor the reverse
    assert effect.at.total[0] * (factor - 1.0) >= -1e-11
