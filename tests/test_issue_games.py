"""Games with issues on the table: certificates, optimisers and searches against the solver."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import PlainGame
from random_games import Shape, open_state, random_definition, random_game, relabelled, rescaled
from search import best_terms, deals, search_state
from test_certificate import LIMIT_RULE, LONE_MIX, cake, certify_open_state

from negotiation.catalog import load
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.result import Equilibrium, Solution, Status
from negotiation.equilibrium.solve import solve, solve_each
from negotiation.errors import InputError
from negotiation.formats.definition import from_dict
from negotiation.frozen import FrozenMap
from negotiation.model import Game
from negotiation.settings import Setting, apply

SHAPES = [(fronts, actors, coalition, issues, curved)
          for fronts in (1, 2) for actors, coalition in ((2, 2), (3, 3), (4, 3))
          for issues in (1, 3) for curved in (False, True)]
SHAPES += [(3, actors, 2, 1, curved) for actors in (2, 3, 4) for curved in (False, True)]


def issue_games(fronts, actors, coalition, issues, curved, count=2) -> list[Game]:
    shape = Shape(fronts=fronts, actors=actors, coalition=coalition, issues=issues, curved=curved)
    return [random_game(7919 * fronts + 131 * actors + seed, shape) for seed in range(count)]


# ---- every equilibrium that is reported ------------------------------------------------------

@pytest.mark.parametrize("fronts, actors, coalition, issues, curved", SHAPES)
def test_what_is_reported_is_an_equilibrium_on_the_best_terms(
        fronts, actors, coalition, issues, curved):
    for game in issue_games(fronts, actors, coalition, issues, curved):
        solution = solve(game, cap=200)
        assert solution.equilibria, str(solution.status)
        assert solution.status is not Status.REJECTED
        for equilibrium in solution.equilibria[:10]:
            assert regret_of(equilibrium) <= REGRET_TOLERANCE
            assert_no_better_terms(equilibrium)
        if solution.complete:
            assert sum(e.index for e in solution.equilibria) == 1


def assert_no_better_terms(equilibrium: Equilibrium) -> None:
    """An optimiser finds no terms with a higher Σ w log G at any deal that is made and pays."""
    plain = PlainGame(equilibrium.game)
    lattice, values = equilibrium.lattice, value_table(equilibrium)
    rng = np.random.default_rng(0)
    for s in range(len(lattice.states)):
        state = tuple(lattice.state(s).values())
        for edge, deal in zip(lattice.edges(s), deals(plain, state, values), strict=True):
            row = lattice.bargain[edge]
            if row < 0 or equilibrium.consent[edge] == 0.0:
                continue
            x = equilibrium.terms_array[row, :len(deal.value)]
            who = deal.members
            gain = (deal.payoff + deal.worth(x) - values[state])[who]
            if gain.min() < 1e-6:
                continue
            here = deal.weights[who] @ np.log(gain)
            for start in (x, *rng.random((3, len(x)))):
                base = (deal.payoff - values[state])[who]
                start = start if (base + deal.worth(start)[who]).min() > 0 else x
                other = best_terms(base, deal.value[:, who], deal.bend[:, who],
                                   deal.weights[who], start)
                there = base + deal.worth(other)[who]
                if there.min() > 0:
                    assert deal.weights[who] @ np.log(there) <= here + 1e-8


def value_table(equilibrium: Equilibrium) -> dict[tuple[str, ...], np.ndarray]:
    lattice = equilibrium.lattice
    return {tuple(lattice.state(s).values()): equilibrium.values[s]
            for s in range(len(lattice.states))}


# ---- nothing is missing ----------------------------------------------------------------------

STATES = [*((2, 1, False, seed) for seed in range(6)), *((2, 1, True, seed) for seed in range(6)),
          *((3, 1, True, seed) for seed in range(2, 6)), *((2, 2, True, seed) for seed in range(4))]


@pytest.fixture(scope="module")
def open_states() -> dict[tuple[int, int, bool, int], Solution]:
    return {case: solve(open_state(case[3], case[0], 3, 3, case[1], case[2])) for case in STATES}


@pytest.mark.parametrize("case", STATES, ids=str)
def test_a_search_finds_nothing_outside_the_list_of_a_state(open_states, case):
    solution = open_states[case]
    assert solution.count is None or solution.count % 2 == 1
    assert_search_inside(solution, state=0, starts=2)


def test_most_lists_of_states_are_proved_complete(open_states):
    proved = sum(solution.complete for solution in open_states.values())
    assert proved >= 0.85 * len(STATES)


@pytest.mark.parametrize("seed", range(4))
def test_a_search_of_linked_fronts_finds_nothing_outside_a_complete_list(seed):
    shape = Shape(fronts=2, actors=3, coalition=2, issues=1, curved=seed % 2 == 1)
    solution = solve(random_game(seed, shape), cap=200)
    assert solution.complete, solution.incomplete_because
    assert_search_inside(solution, state=0, starts=2)


def assert_search_inside(solution: Solution, state: int, starts: int) -> None:
    """Every equilibrium of a state that the search finds given a listed continuation is listed."""
    plain = PlainGame(solution.game)
    known = []
    for equilibrium in solution.equilibria:
        name = tuple(equilibrium.lattice.state(state).values())
        table = deals(plain, name, value_table(equilibrium))
        found = search_state(plain.discount, plain.flow(name), table, starts, seed=1)
        assert found, "the search should find at least the equilibrium that is listed"
        known.append((np.concatenate([d.payoff for d in table]), equilibrium.values[state], found))
    for payoff, _, found in known:
        listed = [v for other, v, _ in known if np.abs(other - payoff).max() < 1e-9]
        for v, alpha in found:
            assert min(np.abs(v - w).max() for w in listed) < 1e-5, (v, alpha, listed)


@pytest.mark.parametrize("seed", range(8))
def test_the_search_and_the_certificate_agree(seed):
    game = open_state(seed, 2, 3, 3, issues=1, curved=seed % 2 == 1)
    plain = PlainGame(game)
    state = plain.order[-1]
    nothing = {s: np.zeros(3) for s in plain.order}
    table = deals(plain, state, nothing)
    for v, alpha in search_state(plain.discount, plain.flow(state), table, 3, seed=2):
        terms = [deal.terms(v)[1] for deal in table]
        certificate = certify_open_state(game, v, np.clip(alpha, 0.0, 1.0), terms)
        assert certificate.regret[0] < 1e-6, certificate


# ---- known answers ---------------------------------------------------------------------------

def test_the_surplus_is_in_payoff_units():
    """A cake of 6, of which a pays 1 and b gets 5 at first: each can have 2 more than nothing."""
    game = from_dict({
        "format": "negotiation/1", "title": "a cake", "horizon": 1.0, "time_unit": "year",
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.1}},
        "fronts": {"cake": {"statuses": ["whole", "cut"]}},
        "moves": {"cut": {"front": "cake", "from": "whole", "to": "cut", "by": ["a", "b"],
                          "rate": 0.0, "payoff": {"a": -1.0, "b": 5.0},
                          "issues": {"share": {"value": {"a": 6.0, "b": -6.0}}}}}})
    assert solve(game).equilibria[0].surplus == pytest.approx([2.0], abs=1e-12)


def test_the_limit_rule_has_one_equilibrium():
    solution = solve(from_dict(LIMIT_RULE))
    assert solution.complete and solution.count == 1
    equilibrium = solution.equilibria[0]
    assert equilibrium.values[0] == pytest.approx([1.0, 1.2, 2.0], abs=1e-9)
    assert equilibrium.consent == pytest.approx([0.4, 0.1], abs=1e-9)
    assert equilibrium.terms("A")["x"] == pytest.approx(1.0, abs=1e-9)


def test_the_lone_mix_has_three_equilibria():
    solution = solve(from_dict(LONE_MIX))
    assert solution.complete and solution.count == 3
    by_consent = {round(e.consent_to("A"), 6): e for e in solution.equilibria}
    assert sorted(by_consent) == [0.0, 0.5, 1.0]
    assert by_consent[0.5].values[0] == pytest.approx([0.4, 0.52], abs=1e-9)
    assert all(e.consent_to("B") == 1.0 for e in solution.equilibria)
    assert {a: e.index for a, e in by_consent.items()} == {0.0: 1, 0.5: -1, 1.0: 1}


@given(st.floats(1e-2, 1e4), st.tuples(st.floats(0.01, 1.0), st.floats(0.01, 1.0)),
       st.tuples(st.floats(0.1, 10.0), st.floats(0.1, 10.0)))
@settings(max_examples=50, deadline=None, derandomize=True)
def test_rubinstein_shares_follow_from_patience(rate, discount, weights):
    solution = solve(cake(rate, discount, weights))
    share = np.array(weights) / sum(weights)
    expected = rate * share / discount / (1.0 + rate * (share / discount).sum())
    assert solution.complete and solution.count == 1
    assert solution.equilibria[0].values[0] == pytest.approx(expected, abs=1e-9)


# ---- ties ------------------------------------------------------------------------------------

def mediated(indifferent: str) -> Game:
    """A deal worth 1 to its owner needs a mediator who does not care."""
    return from_dict({
        "format": "negotiation/1", "title": "mediator", "indifferent": indifferent,
        "actors": {"owner": {"discount_rate": 0.1}, "mediator": {"discount_rate": 0.1}},
        "fronts": {"table": {"statuses": ["open", "done"]}},
        "moves": {"settle": {"front": "table", "from": "open", "to": "done", "rate": 1.0,
                             "by": ["owner", "mediator"], "payoff": {"owner": 1.0}}}})


@pytest.mark.parametrize("indifferent, consents", [
    ("consent", [1.0]), ("refuse", [0.0]), ("all", [0.0, 1.0])])
def test_a_mediator_with_no_stake_is_a_named_component(indifferent, consents):
    solution = solve(mediated(indifferent))
    assert sorted(e.consent_to("settle") for e in solution.equilibria) == consents
    assert len(solution.components) == 1
    component = solution.components[0]
    assert component.state == 0 and component.moves == ("settle",)
    assert component.actors == ("mediator",) and component.value_varies
    assert sorted(component.extremes) == [(0.0,), (1.0,)]
    for equilibrium in solution.equilibria:
        assert regret_of(equilibrium) <= REGRET_TOLERANCE
        owner = equilibrium.value("owner")
        assert owner == pytest.approx(equilibrium.consent_to("settle") / 1.1)


def test_the_caller_may_overrule_the_file_on_indifference():
    solution = solve(mediated("consent"), indifferent="refuse")
    assert [e.consent_to("settle") for e in solution.equilibria] == [0.0]


def twins(indifferent: str) -> Game:
    """Two fronts alike that one actor may close, a third that another may: only sums are pinned.

    hunter closes `left` or `right`, worth 0.5 each to it; quarry closes `exit`, worth 1 to both.
    With a the sum of consents over the twins and b the other's, V_hunter < 0.5 as long as
    0.2 + 0.5a + b < 0.5(1 + a + b), or b < 0.6, and V_quarry < 1 as long as 2 + b < 1 + a + b, or
    a > 1: a pursuit without a pure equilibrium, in which a = 1 and b = 0.6.
    """
    move = {"from": "open", "to": "shut", "rate": 1.0}
    alone = dict.fromkeys(("left", "right", "exit"), "open")

    def when(front):
        return {f: s for f, s in alone.items() if f != front}
    return from_dict({
        "format": "negotiation/1", "title": "twins", "indifferent": indifferent,
        "actors": {"hunter": {"discount_rate": 1.0}, "quarry": {"discount_rate": 1.0}},
        "fronts": {f: {"statuses": ["open", "shut"]} for f in alone},
        "linkages": [{"name": "all_open", "when": alone, "flow": {"hunter": 0.2, "quarry": 2.0}}],
        "moves": {
            "left": {"front": "left", "by": ["hunter"], "when": when("left"), **move,
                     "payoff": {"hunter": 0.5}},
            "right": {"front": "right", "by": ["hunter"], "when": when("right"), **move,
                      "payoff": {"hunter": 0.5}},
            "out": {"front": "exit", "by": ["quarry"], "when": when("exit"), **move,
                    "payoff": {"hunter": 1.0, "quarry": 1.0}}}})


@pytest.mark.parametrize("indifferent", ["consent", "refuse", "all"])
def test_two_identical_fronts_mix_as_a_component(indifferent):
    solution = solve(twins(indifferent))
    assert solution.components, str(solution.status)
    mixed = [c for c in solution.components if set(c.moves) >= {"left", "right"}]
    assert mixed and "hunter" in mixed[0].actors
    for equilibrium in solution.equilibria:
        assert regret_of(equilibrium) <= REGRET_TOLERANCE
        assert equilibrium.values[0] == pytest.approx([0.5, 1.0], abs=1e-9)
        pair = equilibrium.consent_to("left") + equilibrium.consent_to("right")
        assert pair == pytest.approx(1.0, abs=1e-9)
        assert equilibrium.consent_to("out") == pytest.approx(0.6, abs=1e-9)
    if indifferent == "all":
        found = sorted(round(e.consent_to("left"), 9) for e in solution.equilibria)
        assert found == [0.0, 1.0]


# ---- what may not matter ---------------------------------------------------------------------

#: games with and without issues, small enough to be solved a few times over
INVARIANCE = settings(max_examples=15, deadline=None, derandomize=True,
                      suppress_health_check=[HealthCheck.too_slow])
DEFINITIONS = st.builds(
    random_definition, st.integers(0, 10**6),
    st.builds(Shape, fronts=st.integers(1, 2), actors=st.integers(2, 3), third=st.booleans(),
              coalition=st.integers(1, 3), issues=st.integers(0, 2), curved=st.booleans()))


def solved(definition) -> Solution:
    """A complete list; too many that are not make hypothesis give up and the test fail."""
    solution = solve(from_dict(definition), cap=50)
    assume(solution.complete)
    return solution


def start_values(solution: Solution, actors) -> np.ndarray:
    """(count, n) values at the start, sorted, actors in the order given."""
    rows = [[e.value(a) for a in actors] for e in solution.equilibria]
    return np.array(sorted(rows))


def assert_same_values(one: np.ndarray, other: np.ndarray, tolerance: float = 1e-6) -> None:
    assert one.shape == other.shape
    left = list(other)
    for row in one:
        gaps = [np.abs(row - r).max() for r in left]
        assert min(gaps) <= tolerance * (1.0 + np.abs(row).max())
        left.pop(int(np.argmin(gaps)))


@given(DEFINITIONS)
@INVARIANCE
def test_names_and_order_do_not_matter(definition):
    solution = solved(definition)
    other = solved(relabelled(definition))
    actors = list(definition["actors"])
    assert_same_values(start_values(solution, actors),
                       start_values(other, [f"new_{a}" for a in actors]))


@given(DEFINITIONS, st.floats(0.2, 5.0), st.floats(-2.0, 2.0))
@INVARIANCE
def test_an_actors_payoffs_may_be_measured_in_other_units(definition, factor, shift):
    solution = solved(definition)
    other = solved(rescaled(definition, "ada", factor, shift))
    actors = list(definition["actors"])
    expected = start_values(solution, actors)
    expected[:, 0] = factor * expected[:, 0] + shift
    assert_same_values(expected, start_values(other, actors))


@given(DEFINITIONS, st.floats(0.1, 10.0))
@INVARIANCE
def test_the_unit_of_time_does_not_matter(definition, pace):
    solution = solved(definition)
    other = solved(rescaled(definition, None, pace, 0.0))
    actors = list(definition["actors"])
    assert_same_values(start_values(solution, actors), start_values(other, actors))


@given(DEFINITIONS)
@INVARIANCE
def test_a_move_split_in_two_halves_is_the_same_move(definition):
    solution = solved(definition)
    assume(all(e.pure for e in solution.equilibria))  # a mixed consent splits into a continuum
    name = next(iter(definition["moves"]))
    half = {**definition["moves"][name], "rate": definition["moves"][name]["rate"] / 2}
    split = {**definition, "moves": {**definition["moves"], name: half, f"{name}_again": half},
             "linkages": [_with_twin(link, name) for link in definition["linkages"]]}
    other = solved(split)
    actors = list(definition["actors"])
    assert_same_values(start_values(solution, actors), start_values(other, actors))


def _with_twin(link, name):
    out = dict(link)
    for part in ("rate", "payoff", "value", "weights"):
        if name in link.get(part, {}):
            out[part] = {**link[part], f"{name}_again": link[part][name]}
    return out


# ---- several games at once -------------------------------------------------------------------

@pytest.mark.parametrize("seed", range(4))
def test_games_solved_side_by_side_are_solved_as_if_alone(seed):
    shape = Shape(fronts=3, actors=3, coalition=2, issues=seed % 2)
    game = random_game(seed, shape)
    front = next(iter(game.fronts))
    other = apply(game, Setting(start=FrozenMap({front: game.fronts[front].statuses[-1]})))
    fewer = apply(game, Setting(block=(next(iter(game.moves)),)))
    alone = [solve(one) for one in (game, other, fewer)]
    for one, two in zip(solve_each([game, other, fewer]), alone, strict=True):
        assert one.complete == two.complete and len(one.equilibria) == len(two.equilibria)
        for a, b in zip(one.equilibria, two.equilibria, strict=True):
            assert a.consent == pytest.approx(b.consent, abs=1e-9)
            assert a.values == pytest.approx(b.values, abs=1e-9)
            assert a.terms_array == pytest.approx(b.terms_array, abs=1e-6)


def test_a_small_budget_of_boxes_costs_the_proof_and_not_the_equilibrium():
    game = load("horn-wolinsky")
    proved, searched = solve(game), solve(game, boxes=1)
    assert proved.complete and not searched.complete
    assert searched.status is Status.UNPROVED and "budget" in searched.incomplete_because
    assert searched.equilibria[0].values == pytest.approx(proved.equilibria[0].values, abs=1e-9)


@pytest.mark.parametrize("option", ["cap", "boxes"])
@pytest.mark.parametrize("value", [0, -1, 1.5, True, None])
def test_a_limit_must_be_a_positive_integer(option, value):
    with pytest.raises(InputError, match=f"the '{option}' parameter of solve must be an integer"):
        solve(load("rubinstein"), **{option: value})


def test_a_state_that_branch_and_bound_gives_up_gets_the_equilibrium_that_noise_selects() -> None:
    """Two bargains at σ = 0.0025 of the range: the boxes end before anything is found in them."""
    game = apply(load("cold-war-endgame"), Setting(hold=FrozenMap({"moscow": "confrontation"})))
    solution = solve(game)
    assert solution.equilibria and not solution.complete
    assert "budget of boxes" in (solution.incomplete_because or "")
    assert regret_of(solution.equilibria[0]) <= REGRET_TOLERANCE
