"""Tipping points and regions against closed forms."""

from __future__ import annotations

import json

import numpy as np
import pytest
from test_trace import RHO, who_gives_first

import negotiation as ng
from negotiation.formats.record_schema import output_schema
from negotiation.formats.record_trace import region_record, tip_record
from negotiation.text.tipping import region_page, tip_page


def pace() -> ng.Game:
    """One chance move at rate ``rate``, a second one at ``other``: P(done by 1) = 1 − e^−(sum)."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "Pace", "horizon": 1.0,
        "parameters": {"rate": {"value": 0.5, "low": 0.0, "high": 2.0},
                       "other": {"value": 0.1, "low": 0.0, "high": 1.0}},
        "actors": {"ada": {"discount_rate": 0.1}},
        "fronts": {"talks": {"statuses": ["open", "done"]}},
        "moves": {"go": {"front": "talks", "from": "open", "to": "done", "by": [],
                         "rate": "rate"},
                  "also": {"front": "talks", "from": "open", "to": "done", "by": [],
                           "rate": "other"}},
        "outcomes": {"done": {"when": {"talks": "done"}}}})


def test_a_smooth_tipping_point_is_its_closed_form():
    """1 − e^−(rate + 0.1) = 0.7."""
    found = ng.tip(pace(), "done", to=0.7)
    one = next(t for t in found.single if "rate" in t.changes)
    assert one.changes["rate"][1] == pytest.approx(-np.log(0.3) - 0.1, abs=1e-8)
    assert not one.jump and found.rising
    assert one.before.high < 0.7 <= one.after.low + 1e-12
    assert one.distance == pytest.approx((one.changes["rate"][1] - 0.5) / 2.0)


def test_falling_to_a_target_changes_the_other_way():
    found = ng.tip(pace(), "done", to=0.3, parameters=["rate"])
    assert not found.rising
    assert found.best.changes["rate"][1] == pytest.approx(-np.log(0.7) - 0.1, abs=1e-8)


def test_several_parameters_together_need_a_smaller_change():
    """Needed: 2a + b = the change, in shares of ranges; the nearest point lies along (2, 1)."""
    found = ng.tip(pace(), "done", to=0.7, joint=True)
    need = -np.log(0.3) - 0.6
    assert found.joint.distance <= found.single[0].distance
    assert found.joint.distance == pytest.approx(need / np.sqrt(5.0), rel=2e-2)
    assert found.joint.distance >= need / np.sqrt(5.0) - 1e-9
    assert found.best is found.joint


def test_a_jump_is_found_and_certified_on_both_sides():
    """In the derivation of paths.md the south stops giving way at a prize of 1.15."""
    game = who_gives_first(0.1).with_parameters(prize=1.2)
    found = ng.tip(game, "south", to=0.4, by=100.0)
    assert found.best.jump and found.best.after.complete
    assert found.best.changes["prize"][1] == pytest.approx(1 + RHO - 0.1, abs=1e-8)
    assert found.best.before.high == 0.0 and found.best.after.low == pytest.approx(0.5, abs=1e-9)


def test_the_largest_shift_without_war_is_the_closed_form():
    found = ng.tip(ng.load("fearon-commitment"), "war", to=0.5, parameters=["shift", "power_now"])
    assert found.best.changes["shift"] == (0.4, pytest.approx(0.3515, abs=1e-9))
    assert found.unmoved == ("power_now",)


def test_what_holds_already_needs_no_change():
    found = ng.tip(ng.load("fearon-commitment").with_parameters(shift=0.0), "war", to=0.5)
    assert found.rising or found.holds


def test_the_cascade_can_be_made_to_hold():
    game = ng.load("climate-club")
    found = ng.tip(game, cascade="every", parameters=["tariff"])
    assert not found.holds and ng.cascade(game, matrix=False).verdict != "every"
    tariff = found.best.changes["tariff"][1]
    assert ng.cascade(game.with_parameters(tariff=tariff - 1e-4), matrix=False).verdict == "every"
    assert ng.cascade(game.with_parameters(tariff=tariff + 1e-4), matrix=False).verdict != "every"


def test_the_cascade_of_a_game_that_names_none_is_refused():
    with pytest.raises(ng.InputError, match="no .cascade. table"):
        ng.tip(ng.load("issue-linkage"), cascade="every")


@pytest.mark.parametrize(("arguments", "message"), [
    ({"outcome": "done", "to": 1.5}, "must be a chance between 0 and 1"),
    ({}, "needs an outcome and a target"), ({"cascade": "some"}, "must be 'every'"),
    ({"outcome": "done", "to": 0.5, "grid": 1}, "'grid' parameter of tip")])
def test_wrong_input_is_said(arguments, message):
    with pytest.raises(ng.InputError, match=message):
        ng.tip(pace(), **arguments)


def test_unknown_names_are_said():
    with pytest.raises(ng.UnknownNameError, match="did you mean 'done'"):
        ng.tip(pace(), "don", to=0.5)
    with pytest.raises(ng.UnknownNameError, match="did you mean 'rate'"):
        ng.tip(pace(), "done", to=0.5, parameters=["rates"])


# ---- regions ------------------------------------------------------------------------------------

def test_a_region_map_encloses_the_true_area_and_its_border_is_the_closed_form():
    """P < 0.7 where rate + other < −log 0.3: of the plane [0, 2] × [0, 1] a trapezium."""
    found = ng.region(pace(), ("rate", 0.0, 2.0), ("other", 0.0, 1.0), outcome="done", bands=[0.7],
                      depth=5)
    top = -np.log(0.3)
    share = (top - 0.5) / 2.0
    low, high = found.share("below 0.7")
    assert low <= share <= high and high - low < 0.15
    for (x, y), (label, _) in found.points.items():
        assert label == ("below 0.7" if x + y < top else "above 0.7")
    assert len(found.points) < 33 * 33 / 2
    area = sum((c.first[1] - c.first[0]) * (c.second[1] - c.second[0]) for c in found.cells)
    assert area == pytest.approx(2.0)


def test_curves_of_events_are_where_the_derivation_has_them():
    """The jump at prize = 1 + ρ − lag and the fold at 1 + ρ, as discounting moves."""
    game = who_gives_first(0.1)
    table = json.loads(json.dumps({"low": 0.2, "high": 0.3}))
    patient = ng.from_dict({
        "format": "negotiation/1", "title": "Who gives first",
        "parameters": {"prize": {"value": 1.2, "low": 1.0, "high": 1.5},
                       "rho": {"value": RHO, **table}},
        "actors": {name: {"discount_rate": "rho"} for name in game.actors},
        "fronts": {name: {"statuses": ["open", "settled"]} for name in game.fronts},
        "moves": {
            "give_north": {"front": "north", "from": "open", "to": "settled", "by": ["ada"],
                           "rate": 1.0, "when": {"south": "open"},
                           "payoff": {"ada": 1.0, "bo": "prize + 0.1"}},
            "give_south": {"front": "south", "from": "open", "to": "settled", "by": ["bo"],
                           "rate": 1.0, "when": {"north": "open"},
                           "payoff": {"ada": "prize", "bo": 1.0}}},
        "outcomes": {"south": {"when": {"south": "settled"}}}})
    found = ng.region(patient, ("prize", 1.0, 1.5), ("rho", 0.2, 0.3), outcome="south", depth=2,
                      lines=3)
    jump, = (c for c in found.curves if c.kind == "jump")
    fold, = (c for c in found.curves if c.kind == "fold")
    for curve, lag in ((jump, 0.1), (fold, 0.0)):
        assert [p.second for p in curve.points] == pytest.approx([0.2, 0.25, 0.3])
        assert [p.first - 1 - p.second + lag for p in curve.points] == pytest.approx(
            [0.0] * 3, abs=1e-10)


def test_records_fit_their_schemas_and_pages_say_the_answer():
    jsonschema = pytest.importorskip("jsonschema")
    tipping = ng.tip(pace(), "done", to=0.7)
    region = ng.region(pace(), ("rate", 0.0, 2.0), ("other", 0.0, 1.0), outcome="done", bands=[0.7],
                       depth=2, lines=2)
    for command, record in (("tip", tip_record(tipping)), ("region", region_record(region))):
        jsonschema.validate(json.loads(json.dumps(record, allow_nan=False)),
                            output_schema(command))
    assert "rate from 0.5 to 1.1039728" in tip_page(tipping)
    assert "below 0.7" in region_page(region)


def test_a_region_needs_two_parameters_and_ranges():
    with pytest.raises(ng.InputError, match="two different parameters"):
        ng.region(pace(), ("rate", 0.0, 1.0), ("rate", 0.0, 1.0), outcome="done")
    with pytest.raises(ng.InputError, match="low below high"):
        ng.region(pace(), ("rate", 1.0, 1.0), ("other", 0.0, 1.0), outcome="done")
    with pytest.raises(ng.InputError, match="'depth' parameter"):
        ng.region(pace(), ("rate", 0.0, 1.0), ("other", 0.0, 1.0), outcome="done", depth=0)
