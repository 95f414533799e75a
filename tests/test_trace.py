"""Equilibria followed over a parameter: hand-derived switches, random games, surfaces."""

from __future__ import annotations

import json

import numpy as np
import pytest
from random_games import Shape, random_definition

import negotiation as ng
from negotiation.formats.record_schema import output_schema
from negotiation.formats.record_trace import trace_record
from negotiation.model import Game
from negotiation.text.trace import trace_page
from negotiation.tracing import Ending

RHO = 0.25


def who_gives_first(lag: float) -> Game:
    """Two fronts; on each one side can give way, which pays the other more (paths.md)."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "Who gives first",
        "parameters": {"prize": {"value": 1.2, "low": 1.0, "high": 1.5}},
        "actors": {"ada": {"discount_rate": RHO}, "bo": {"discount_rate": RHO}},
        "fronts": {"north": {"statuses": ["open", "settled"]},
                   "south": {"statuses": ["open", "settled"]}},
        "moves": {
            "give_north": {"front": "north", "from": "open", "to": "settled", "by": ["ada"],
                           "rate": 1.0, "when": {"south": "open"},
                           "payoff": {"ada": 1.0, "bo": f"prize + {lag}"}},
            "give_south": {"front": "south", "from": "open", "to": "settled", "by": ["bo"],
                           "rate": 1.0, "when": {"north": "open"},
                           "payoff": {"ada": "prize", "bo": 1.0}}},
        "outcomes": {"north": {"when": {"north": "settled"}},
                     "south": {"when": {"south": "settled"}}}})


def test_the_switch_and_the_fold_of_the_two_front_game_are_where_the_derivation_has_them():
    trace = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    assert [event.kind for event in trace.events] == ["jump", "fold"]
    jump, fold = trace.events
    assert jump.value == pytest.approx(1 + RHO - 0.1, abs=1e-11)
    assert fold.value == pytest.approx(1 + RHO, abs=1e-11)
    assert jump.exact and fold.exact and jump.error < 1e-11
    cause, = jump.causes
    assert (cause.move, cause.actor, cause.before, cause.after) == (
        "give_south", "bo", "made", "refused")
    assert {cause.move for cause in fold.causes} == {"give_north", "give_south"}
    assert fold.after == (2, 3) and fold.before == () and jump.through == (1,)
    assert trace.consistent and trace.ending is Ending.DONE
    at = trace.at(1.4)
    assert sorted(e.index for e in at.values()) == [-1, 1, 1]
    mixed = next(e for e in at.values() if not e.pure)
    assert mixed.consent_to("give_south") == pytest.approx(RHO / 0.4, abs=1e-10)
    assert mixed.consent_to("give_north") == pytest.approx(RHO / 0.5, abs=1e-10)


def test_a_jump_tells_what_it_does_to_chances():
    """Before 1.15 both give, each at rate 1; after it only the first does."""
    jump = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.2, by=2.0).events[0]
    (north, south), = [(rows["north"], rows["south"]) for rows in jump.outcomes.values()]
    both, alone = 0.5 * (1 - np.exp(-4.0)), 1 - np.exp(-2.0)
    assert north == pytest.approx((both, alone), abs=1e-9)
    assert south == pytest.approx((both, 0.0), abs=1e-9)


def test_the_other_direction_finds_the_same_events():
    there = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    back = ng.trace(who_gives_first(0.1), "prize", 1.5, 1.0)
    assert [e.value for e in back.events] == pytest.approx([e.value for e in there.events][::-1],
                                                          abs=1e-11)
    assert [e.kind for e in back.events] == ["fold", "jump"]
    assert len(back.events[0].before) == 2


def test_the_threshold_of_a_bundled_game_is_its_closed_form():
    """classics.md derives the largest shift of power that is accepted without war: 0.3515."""
    trace = ng.trace(ng.load("fearon-commitment"), "shift", 0.0, 0.65)
    jump, = trace.events
    assert jump.value == pytest.approx(0.3515, abs=1e-12)
    assert jump.causes[0].move == "attack" and jump.causes[0].actor == "declining"


def test_terms_that_come_to_a_bound_are_events():
    """With equal patience and weights (3 + x)(3 + ask − x) is largest at x = ask/2, in [0, 1]."""
    game = ng.from_dict({
        "format": "negotiation/1", "title": "A share",
        "parameters": {"ask": {"value": 0.0, "low": -2.0, "high": 3.0}},
        "actors": {"ada": {"discount_rate": 1.0}, "bo": {"discount_rate": 1.0}},
        "fronts": {"cake": {"statuses": ["open", "split"]}},
        "moves": {"split": {"front": "cake", "from": "open", "to": "split", "by": ["ada", "bo"],
                            "rate": 1.0, "payoff": {"ada": 3.0, "bo": "3 + ask"},
                            "issues": {"share": {"value": {"ada": 1.0, "bo": -1.0}}}}},
        "outcomes": {"split": {"when": {"cake": "split"}}}})
    trace = ng.trace(game, "ask", -2.0, 3.0)
    assert [event.kind for event in trace.events] == ["bound", "bound"]
    assert [event.value for event in trace.events] == pytest.approx([0.0, 2.0], abs=1e-10)
    assert [event.causes[0].after for event in trace.events] == ["between", "1"]
    assert len(trace.branches) == 1


# ---- random games ----------------------------------------------------------------------

def moody(seed: int, shape: Shape) -> Game:
    """A random game in which the parameter ``mood`` matters: one actor's flow of one front."""
    table = random_definition(seed, shape)
    front = next(iter(table["fronts"].values()))
    actor = next(iter(table["actors"]))
    for status in front["statuses"][1:]:
        front["flow"][status][actor] = f"{front['flow'][status][actor]} + 0.5*mood"
    table["outcomes"] = {"end": {"when": {
        name: front["statuses"][-1] for name, front in table["fronts"].items()}}}
    return ng.from_dict(table)


#: what one random game may take
MOST_SECONDS = 40.0


def agree(game: Game, trace: ng.Trace, value: float) -> bool:
    """Whether a fresh solve has exactly the equilibria of the branches, each as often as said."""
    fresh = ng.solve(game.with_parameters(mood=value))
    branches = trace.at(value)
    if 0 in branches:
        return False
    scale = fresh.lattice.payoff_range()[0]
    counts = dict.fromkeys(branches, 0)
    for equilibrium in fresh.equilibria:
        mine = [k for k, other in branches.items()
                if (np.abs(other.values[0] - equilibrium.values[0]) / scale).max() < 1e-7
                and np.abs(other.process.visits.ever
                           - equilibrium.process.visits.ever).max() < 1e-6]
        if len(mine) != 1:
            return False
        counts[mine[0]] += 1
    return all(counts.values())


def check(seeds: range, shape: Shape) -> tuple[int, int]:
    """How many traces there are events in, and how many claim to be consistent: those must agree
    with fresh solves. A trace that its time limit ends claims nothing, and few may be so."""
    busy = claimed = unsolved = missed = ended = 0
    for seed in seeds:
        game = moody(seed, shape)
        try:
            trace = ng.trace(game, "mood", -1.0, 1.0, seconds=MOST_SECONDS)
        except ng.NumericalError:
            unsolved += 1  # the engine finds no equilibrium of some state: an error, and it says so
            continue
        busy += bool(trace.events)
        claimed += trace.consistent
        ended += trace.ending is Ending.TIME
        for value in np.random.default_rng(seed).uniform(-1.0, 1.0, 4).tolist():
            good = agree(game, trace, value)
            missed += not good and trace.consistent
    assert unsolved + ended <= max(len(seeds) // 8, 1) and missed == 0
    return busy, claimed


@pytest.mark.parametrize("first", [0, 10])
def test_random_games_have_at_random_points_the_equilibria_of_the_branches(first):
    busy, claimed = check(range(first, first + 10), Shape(fronts=2, actors=3, third=True, links=4))
    assert busy >= 1 and claimed >= 5


@pytest.mark.long
@pytest.mark.parametrize("first", range(100, 200, 25))
def test_a_hundred_random_games_with_fixed_payoffs(first):
    busy, claimed = check(range(first, first + 25), Shape(fronts=3, actors=3, links=5))
    assert busy >= 3 and claimed >= 15


@pytest.mark.long
@pytest.mark.parametrize("first", range(200, 300, 25))
def test_a_hundred_random_games_with_issues(first):
    busy, claimed = check(range(first, first + 25), Shape(
        fronts=2, actors=3, third=True, issues=2, curved=True, links=4))
    assert busy >= 2 and claimed >= 10


def test_a_regime_whose_mixes_pin_every_value_is_followed_although_newtons_first_step_is_long():
    """Three mixes pin all values, which one step moves by a third of their range: what the consents
    still miss after it is larger than before it."""
    game = moody(207, Shape(fronts=2, actors=3, third=True, issues=2, curved=True, links=4))
    trace = ng.trace(game, "mood", -0.3, 0.3, grid=2, checks=0)
    assert agree(game, trace, -0.010352689654172353)
    pinned = [e for e in trace.at(0.0).values()
              if ((e.consent[:3] > 0) & (e.consent[:3] < 1)).all()]
    assert len(pinned) == 1


@pytest.mark.long
def test_the_cascade_verdict_is_found_on_both_sides_of_an_event():
    """tests/test_tipping.py finds the tariff at which the verdict of the climate club turns."""
    game = ng.load("climate-club")
    trace = ng.trace(game, "tariff", 0.02, 0.06, grid=5, checks=1, cascade=True)
    assert trace.events and all(event.verdict is not None for event in trace.events)
    for event in trace.events:
        for side, word in zip((-1e-6, 1e-6), event.verdict, strict=True):
            at = game.with_parameters(tariff=event.value + side)
            assert ng.cascade(at, matrix=False).verdict == word


# ---- surfaces ----------------------------------------------------------------------

def test_the_record_fits_its_schema_and_the_text_names_the_switch():
    jsonschema = pytest.importorskip("jsonschema")
    trace = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    record = json.loads(json.dumps(trace_record(trace), allow_nan=False))
    jsonschema.validate(record, output_schema("trace"))
    page = trace_page(trace)
    assert "1.15  Jump on branch 1: bo just gains nothing by “give south”" in page
    assert "1.25  Fold. Branches 2 and 3 appear together" in page


def test_a_trace_that_is_stopped_goes_on_from_its_file(tmp_path):
    game, file = who_gives_first(0.1), tmp_path / "work.json"
    part = ng.trace(game, "prize", 1.0, 1.5, seconds=1e-9, save=file)
    assert part.ending is Ending.TIME and not part.consistent
    whole = ng.trace(game, "prize", 1.0, 1.5, save=file, resume=file)
    again = ng.trace(game, "prize", 1.0, 1.5, resume=file)
    plain = ng.trace(game, "prize", 1.0, 1.5)
    assert [e.value for e in whole.events] == pytest.approx([e.value for e in plain.events])
    assert [e.value for e in again.events] == [e.value for e in whole.events]
    # what is done is not done again
    assert (again.checked, again.sweeps, again.ending) == (whole.checked, whole.sweeps,
                                                           Ending.DONE)
    assert len(again.branches) == len(plain.branches)


@pytest.mark.parametrize(("text", "message"), [
    ("{", "is no saved trace: it is not JSON"), ("[]", "is no saved trace: expected a file")])
def test_a_file_that_is_no_trace_is_refused(tmp_path, text, message):
    file = tmp_path / "work.json"
    file.write_text(text)
    with pytest.raises(ng.InputError, match=message):
        ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5, resume=file)


def test_a_file_of_another_trace_is_refused(tmp_path):
    file = tmp_path / "work.json"
    ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5, grid=3, checks=0, save=file)
    with pytest.raises(ng.InputError, match="with other settings: end = 1.5 instead of 1.4"):
        ng.trace(who_gives_first(0.1), "prize", 1.0, 1.4, grid=3, checks=0, resume=file)
    with pytest.raises(ng.InputError, match="a trace of another game"):
        ng.trace(who_gives_first(0.2), "prize", 1.0, 1.5, grid=3, checks=0, resume=file)


def test_wrong_input_is_said():
    game = who_gives_first(0.1)
    with pytest.raises(ng.UnknownNameError, match="did you mean 'prize'"):
        ng.trace(game, "price", 0.0, 1.0)
    with pytest.raises(ng.InputError, match="needs an interval"):
        ng.trace(game, "prize", 1.0, 1.0)
    with pytest.raises(ng.InputError, match="'end' parameter of trace must be a finite number"):
        ng.trace(game, "prize", 1.0, float("nan"))
    with pytest.raises(ng.InputError, match="outside the interval"):
        ng.trace(game, "prize", 1.0, 1.2, grid=3, checks=0).at(1.3)
