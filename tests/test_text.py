"""States, doubts and ties in words: by names, and short."""

from __future__ import annotations

from dataclasses import replace

import pytest

import negotiation as ng
from negotiation.equilibrium.result import Solution, Status
from negotiation.text.effects import verdict_lines
from negotiation.text.places import after, changes, doubts, doubts_of_several
from negotiation.text.solution import solution_page
from negotiation.text.ties import ties_section


def game(by: tuple[str, ...] = ("north",), fronts: tuple[str, ...] = ("east", "west"),
         indifferent: str = "consent") -> ng.Game:
    """Fronts that settle one by one; the south alone has a stake."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "Two alike", "indifferent": indifferent,
        "actors": {name: {"name": name.capitalize(), "discount_rate": 0.1}
                   for name in ("north", "south")},
        "fronts": {name: {"name": f"The {name}", "statuses": ["tense", "settled"],
                          "flow": {"settled": {"south": 0.1}}} for name in fronts},
        "moves": {f"settle_{name}": {"name": f"Settle the {name}", "front": name, "from": "tense",
                                     "to": "settled", "by": list(by), "rate": 1.0}
                  for name in fronts}})


@pytest.fixture(scope="module")
def solved() -> Solution:
    return ng.solve(game(by=("south",)))


def words(text: str) -> str:
    return " ".join(text.split())


# ---- places ----------------------------------------------------------------------------------

def test_a_state_is_named_by_the_events_that_lead_there(solved: Solution) -> None:
    find = solved.lattice.find
    assert after(solved.lattice, 0) == "at the start"
    assert after(solved.lattice, find({"west": "settled"})) == "after “Settle the west”"
    both = after(solved.lattice, find({"east": "settled", "west": "settled"}))
    assert both in ("after “Settle the east” and “Settle the west”",
                    "after “Settle the west” and “Settle the east”")


def test_a_long_way_to_a_state_is_cut() -> None:
    fronts = tuple("abcdef")
    lattice = ng.solve(game(by=("south",), fronts=fronts)).lattice
    said = after(lattice, lattice.find(dict.fromkeys(fronts, "settled")))
    assert said.count("“") == 4
    assert said.endswith(" and 2 more events")


def test_a_state_is_named_by_the_fronts_that_changed(solved: Solution) -> None:
    assert changes(solved.game, {"east": "tense", "west": "tense"}) == "at the start"
    assert changes(solved.game, {"east": "tense", "west": "settled"}) == (
        "The west (settled); the rest as at the start")
    assert changes(solved.game, {"east": "settled", "west": "settled"}) == (
        "The east (settled), The west (settled)")


# ---- doubts ----------------------------------------------------------------------------------

def doubtful(solved: Solution, why: str) -> Solution:
    return replace(solved, complete=False, status=Status.UNPROVED, incomplete_because=why)


@pytest.mark.parametrize(("why", "said"), [
    ("it was late (in the state east settled, west tense and 2 more)",
     "it was late in 3 of 4 states (one is after “Settle the east”)"),
    ("it was late (in the state east tense, west tense)",
     "it was late in 1 of 4 states (at the start)"),
    ("the list stops at the cap of 3; it was late (in the state east tense, west tense and 1 more)",
     "the list stops at the cap of 3; it was late in 2 of 4 states (one is at the start)"),
    ("it was late (in the state of the art)", "it was late (in the state of the art)"),
    ("it was late", "it was late"),
])
def test_a_doubt_counts_states_and_names_one(solved: Solution, why: str, said: str) -> None:
    assert doubts(doubtful(solved, why)) == said


def test_a_doubt_that_several_games_share_is_said_once(solved: Solution) -> None:
    some = doubtful(solved, "it was late (in the state east settled, west tense and 2 more)")
    one = doubtful(solved, "it was late (in the state east tense, west tense)")
    capped = doubtful(solved, "the list stops at the cap of 3")
    assert doubts_of_several({"with it": some, "without it": one}) == (
        "it was late in 3 of 4 states with it and 1 of 4 states without it (one is after “Settle "
        "the east”)")
    assert doubts_of_several({"with it": some, "without it": capped}) == (
        "with it, it was late in 3 of 4 states (one is after “Settle the east”); without it, the "
        "list stops at the cap of 3")


def test_no_state_of_the_main_case_is_written_out_in_full() -> None:
    solution = ng.solve(ng.load("nrnap"), boxes=1, equilibria="one")
    assert not solution.complete
    assert "us_posture" not in solution_page(solution, 10.0)
    result = ng.cascade(solution, matrix=False)
    assert "arctic_baltic" not in "\n".join(verdict_lines(result))


# ---- ties ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("rule", "picked"), [("consent", "100 %"), ("refuse", "0 %")])
def test_a_mediator_with_no_stake_ties_with_its_move_and_the_rule(rule: str, picked: str) -> None:
    text = words(ties_section(ng.solve(game(("south", "north"), ("east",)), indifferent=rule)))
    assert ("At the start, North is indifferent about “Settle the east”: any chance of its being "
            f"made from 0 % to 100 % will do. The rule picks {picked}.") in text
    assert f"The rule used for ties is “{rule}”: whoever is indifferent {rule}s; " in text


def test_two_identical_fronts_tie_together() -> None:
    text = words(ties_section(ng.solve(game())))
    assert ("At the start, North is indifferent about “Settle the east” and “Settle the west”: "
            "each can be made with any chance. The rule picks “Settle the east” 100 % and “Settle "
            "the west” 100 %.") in text
    assert "After “Settle the east”, North is indifferent about “Settle the west”" in text


def test_all_points_of_a_tie_are_equilibria_of_their_own() -> None:
    solution = ng.solve(game(fronts=("east",)), indifferent="all")
    assert len(solution.equilibria) == 2
    text = words(ties_section(solution))
    assert "The rule picks" not in text
    assert "“all”: every extreme point is an equilibrium of its own" in text
    assert "--indifferent consent or refuse asks for another" in text


def test_without_a_tie_nothing_is_said(solved: Solution) -> None:
    assert ties_section(solved) == ""
