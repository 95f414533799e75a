"""The Markov chain of an equilibrium: chances, times and sequences, against closed forms."""

from __future__ import annotations

import itertools
import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.special import gammainc

import negotiation as ng
from negotiation.courses import courses, outcomes
from negotiation.errors import InputError, NumericalError, UnknownNameError
from negotiation.formats.definition import from_dict
from negotiation.kernels import markov
from negotiation.kernels.markov_cyclic import uniformized
from negotiation.lattice import build_lattice
from negotiation.process import Process, condition_states, reach
from negotiation.settings import apply, setting


def process(fronts, moves, outcomes=None, linkages=()):
    """The process of a game of chance moves: front → statuses; name → (front, from, to, rate)."""
    game = from_dict({
        "format": "negotiation/1", "title": "Chance only",
        "actors": {"anyone": {"name": "Anyone", "discount_rate": 0.1}},
        "fronts": {name: {"name": name, "statuses": list(s)} for name, s in fronts.items()},
        "moves": {name: {"front": front, "from": source, "to": target, "by": [], "rate": rate}
                  for name, (front, source, target, rate) in moves.items()},
        "outcomes": {name: {"when": when} for name, when in (outcomes or {}).items()},
        "linkages": list(linkages)})
    lattice = build_lattice(game)
    return Process(lattice, lattice.rate[0])


def line(*rates):
    """A front that goes through the statuses s0, s1, … at the given rates."""
    steps = len(rates)
    return process({"road": [f"s{k}" for k in range(steps + 1)]},
                   {f"go{k}": ("road", f"s{k}", f"s{k + 1}", rate)
                    for k, rate in enumerate(rates)}, {"end": {"road": f"s{steps}"}})


# ---- closed forms ----------------------------------------------------------------------------

@pytest.mark.parametrize("rate", [1e-6, 0.3, 1.0, 40.0, 1e6])
@pytest.mark.parametrize("by", [0.0, 0.5, 10.0])
def test_one_move_happens_with_one_minus_exp(rate, by):
    found = line(rate).outcome("end", by)
    assert found.probability == pytest.approx(-math.expm1(-rate * by), abs=1e-12)
    assert found.in_force == pytest.approx(found.probability, abs=1e-12)
    assert found.eventually == 1.0
    assert found.mean_time_if_reached == pytest.approx(1.0 / rate)


def test_of_two_competing_moves_each_wins_in_proportion_to_its_rate():
    game = process({"a": ["t", "s", "b"]},
                   {"settle": ("a", "t", "s", 3.0), "break_": ("a", "t", "b", 1.0)},
                   {"deal": {"a": "s"}, "rift": {"a": "b"}})
    deal, rift = game.outcome("deal", 0.7), game.outcome("rift", 0.7)
    assert deal.probability == pytest.approx(0.75 * -math.expm1(-2.8), abs=1e-12)
    assert rift.probability == pytest.approx(0.25 * -math.expm1(-2.8), abs=1e-12)
    assert (deal.eventually, rift.eventually) == (pytest.approx(0.75), pytest.approx(0.25))
    # whichever wins, the wait is for either
    assert deal.mean_time_if_reached == pytest.approx(0.25)
    assert rift.mean_time_if_reached == pytest.approx(0.25)


@pytest.mark.parametrize("stages", [2, 5, 20, 45, 90, 130])
@pytest.mark.parametrize("jumps", [0.5, 30.0, 100.0, 150.0, 4000.0])
def test_equal_stages_are_erlang(stages, jumps):
    found = line(*[jumps / 8.0] * stages).outcome("end", 8.0)
    assert found.probability == pytest.approx(gammainc(stages, jumps), abs=1e-12)
    assert found.mean_time_if_reached == pytest.approx(8.0 * stages / jumps)


def test_two_unequal_stages_are_hypoexponential():
    a, b, t = 0.4, 1.1, 3.0
    expected = 1.0 - (b * math.exp(-a * t) - a * math.exp(-b * t)) / (b - a)
    assert line(a, b).outcome("end", t).probability == pytest.approx(expected, abs=1e-12)


def test_rates_twelve_orders_apart_keep_their_accuracy():
    a, t = 0.3, 2.0
    found = line(1e9, a, 1e6, 1e-3 * a).outcome("end", t).probability
    b = 1e-3 * a
    expected = 1.0 - (a * math.exp(-b * t) - b * math.exp(-a * t)) / (a - b)
    assert found == pytest.approx(expected, abs=1e-6)  # the two fast stages take 1e-6
    assert line(a, b).outcome("end", t).probability == pytest.approx(expected, abs=1e-12)


def test_a_settled_front_may_break_again():
    a, b, t = 0.5, 0.2, 4.0
    game = process({"x": ["t", "s", "b"]},
                   {"settle": ("x", "t", "s", a), "break_": ("x", "s", "b", b)},
                   {"settled": {"x": "s"}, "settled_or_broken": {"x": ["s", "b"]}})
    found = game.outcome("settled", t)
    assert found.probability == pytest.approx(-math.expm1(-a * t), abs=1e-12)
    assert found.in_force == pytest.approx(
        a / (a - b) * (math.exp(-b * t) - math.exp(-a * t)), abs=1e-12)
    assert found.eventually == 1.0
    assert game.outcome("settled_or_broken", t).in_force == pytest.approx(found.probability)


def test_the_mean_time_is_conditional_on_arrival():
    # t → m at 1 against t → dead at 3; then m → s at 2: reached with 1/4 after 1/4 + 1/2
    game = process({"x": ["t", "m", "s", "dead"]},
                   {"on": ("x", "t", "m", 1.0), "die": ("x", "t", "dead", 3.0),
                    "end": ("x", "m", "s", 2.0)}, {"s": {"x": "s"}})
    found = game.outcome("s", 1.0)
    assert found.eventually == pytest.approx(0.25)
    assert found.mean_time_if_reached == pytest.approx(0.75)


def test_the_first_arrival_counts_when_a_set_is_entered_twice():
    game = process({"x": ["a", "b", "c", "d"]},
                   {"one": ("x", "a", "b", 1.0), "two": ("x", "b", "c", 1.0),
                    "three": ("x", "c", "d", 1.0)}, {"bd": {"x": ["b", "d"]}})
    found = game.outcome("bd", 2.0)
    assert found.probability == pytest.approx(-math.expm1(-2.0), abs=1e-12)
    assert found.mean_time_if_reached == pytest.approx(1.0)
    in_b = 2.0 * math.exp(-2.0)
    assert found.in_force == pytest.approx(in_b + gammainc(3, 2.0), abs=1e-12)


def test_the_distribution_solves_the_forward_equations():
    """A front that settles, breaks and freezes while another, once settled, doubles its pace."""
    game = process({"x": ["t", "s", "b"], "y": ["t", "s"]},
                   {"settle": ("x", "t", "s", 0.7), "break_": ("x", "s", "b", 0.4),
                    "other": ("y", "t", "s", 0.3)},
                   linkages=[{"when": {"y": "s"}, "rate": {"settle": 2.0}}])

    def flows(_, p):
        tt, st_, bt, ts, ss, bs = p
        return [-1.0 * tt, 0.7 * tt - 0.7 * st_, 0.4 * st_ - 0.3 * bt,
                0.3 * tt - 1.4 * ts, 0.3 * st_ + 1.4 * ts - 0.4 * ss, 0.3 * bt + 0.4 * ss]

    ode = solve_ivp(flows, (0.0, 3.0), [1, 0, 0, 0, 0, 0], rtol=1e-12, atol=1e-13,
                    method="DOP853").y[:, -1]
    found = game.distribution(3.0)
    for value, (y, x) in zip(ode, itertools.product("ts", "tsb"), strict=True):
        assert found[game.lattice.find({"x": x, "y": y})] == pytest.approx(value, abs=1e-10)


def test_over_time_and_status_probabilities_agree_with_single_dates():
    game = process({"x": ["t", "s", "b"], "y": ["t", "s"]},
                   {"settle": ("x", "t", "s", 0.7), "break_": ("x", "s", "b", 0.4),
                    "other": ("y", "t", "s", 0.3)}, {"s": {"x": "s"}})
    dates = [3.0, 0.0, 1.5]
    curve = game.over_time("s", dates)
    by_status = game.front_status_probability("x", dates)
    for k, date in enumerate(dates):
        single = game.outcome("s", date)
        assert curve.reached[k] == pytest.approx(single.probability, abs=1e-12)
        assert curve.in_force[k] == pytest.approx(single.in_force, abs=1e-12)
        assert by_status[k, 1] == pytest.approx(single.in_force, abs=1e-12)
    assert by_status.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-12)


def test_a_start_inside_the_set_counts_from_the_first_moment():
    found = line(1.0).condition({"road": "s0"}, 2.0)
    assert (found.probability, found.eventually, found.mean_time_if_reached) == (1.0, 1.0, 0.0)
    assert found.in_force == pytest.approx(math.exp(-2.0), abs=1e-12)


def test_a_game_without_moves_stays_where_it_is():
    game = process({"x": ["t", "s"]}, {"settle": ("x", "t", "s", 1.0)},
                   {"here": {"x": "t"}, "there": {"x": "s"}}).lattice.game
    still = Process(build_lattice(apply(game, setting(block=["settle"]))), np.zeros(0))
    assert still.outcome("here", 5.0).in_force == 1.0
    there = still.outcome("there", 5.0)
    assert (there.probability, there.eventually, there.mean_time_if_reached) == (0.0, 0.0, None)
    (only,) = still.paths(by=1.0)
    assert (only.probability, only.moves, only.dates, only.probability_by) == (1.0, (), (), 1.0)
    assert only.final == {"x": "t"}


def test_a_move_at_hazard_zero_never_happens():
    game = line(0.0, 1.0)
    found = game.outcome("end", 10.0)
    assert (found.probability, found.eventually, found.mean_time_if_reached) == (0.0, 0.0, None)
    (only,) = game.paths()
    assert only.final == {"road": "s0"}


# ---- against the matrix exponential ----------------------------------------------------------

@st.composite
def chains(draw, fastest=1e4):
    size = draw(st.integers(1, 9))
    pairs = list(itertools.combinations(range(size), 2))
    chosen = draw(st.lists(st.sampled_from(pairs), max_size=20)) if pairs else []
    rate = st.one_of(st.just(0.0), st.floats(1e-3, 5.0), st.floats(5.0, fastest))
    hazard = [[draw(rate) for _ in chosen] for _ in range(2)]
    source = np.array([a for a, _ in chosen], dtype=np.int64)
    target = np.array([b for _, b in chosen], dtype=np.int64)
    level = np.arange(size)[::-1].astype(np.int64)
    inside = np.array(draw(st.lists(st.booleans(), min_size=size, max_size=size)))
    return markov.build_chain(source, target, level), np.array(hazard).reshape(2, -1), inside


def generator(chain, hazard):
    q = np.zeros((chain.size, chain.size))
    np.add.at(q, (chain.edge_state, chain.edge_target), hazard)
    return q - np.diag(q.sum(axis=1))


@given(chains(), st.floats(0.0, 20.0))
@settings(max_examples=150, deadline=None)
def test_batched_distributions_equal_the_matrix_exponential(case, t):
    chain, hazard, _ = case
    found = markov.transient(chain, hazard, np.array([t]))
    for b in range(2):
        assert found[b, 0] == pytest.approx(expm(t * generator(chain, hazard[b]))[0], abs=1e-11)


@given(chains(fastest=50.0), st.floats(0.0, 20.0))
@settings(max_examples=150, deadline=None)
def test_reaching_a_set_equals_stopping_in_it(case, t):
    chain, hazard, inside = case
    found = markov.reach(chain, hazard, inside, np.array([t]))
    for b in range(2):
        q = generator(chain, hazard[b])
        force = expm(t * q)[0][inside].sum()
        q[inside] = 0.0
        assert found.in_force[b, 0] == pytest.approx(force, abs=1e-11)
        assert found.reached[b, 0] == pytest.approx(expm(t * q)[0][inside].sum(), abs=1e-11)
        # the chance of ever arriving, and the mean date, by linear equations over the states left
        ever, mean = absorption(q, inside)
        assert found.ever[b] == pytest.approx(ever, abs=1e-12)
        assert (np.isnan(found.mean_time[b]) if ever == 0.0
                else found.mean_time[b] == pytest.approx(mean, rel=1e-9))


def absorption(q, inside):
    """Chance of ever entering ``inside``, and E[date | entering], from the start."""
    if inside[0]:
        return 1.0, 0.0
    live = np.flatnonzero(~inside & (np.diag(q) < 0.0))
    if 0 not in live:
        return 0.0, math.nan
    inner = -q[np.ix_(live, live)]
    chance = np.linalg.solve(inner, q[np.ix_(live, np.flatnonzero(inside))].sum(axis=1))
    date = np.linalg.solve(inner, chance)
    return chance[0], date[0] / chance[0] if chance[0] > 0.0 else math.nan


@pytest.mark.parametrize("depth", [4, 40, 80])
def test_uniformization_and_the_contour_agree(depth):
    rng = np.random.default_rng(depth)
    steps = np.arange(depth)
    source = np.concatenate([steps, steps[:-1]])
    target = np.concatenate([steps + 1, steps[:-1] + 2])
    chain = markov.build_chain(source, target, np.arange(depth, -1, -1))
    hazard = rng.uniform(0.0, 30.0, (3, len(source)))
    times = np.array([0.1, 1.0, 4.0])
    total = markov.total_hazard(chain, hazard)
    slow = uniformized(chain.edge_state, chain.edge_target, hazard, total, times, None)
    assert markov.transient(chain, hazard, times) == pytest.approx(slow, abs=1e-12)


def test_a_long_stiff_chain_is_answered():
    assert line(*[1e7] * 120).outcome("end", 1e-5).probability == pytest.approx(
        gammainc(120, 100.0), abs=1e-12)
    assert line(*[1e7] * 120).outcome("end", 1.0).probability == pytest.approx(1.0, abs=1e-12)


def test_hazards_that_overflow_are_refused():
    game = process({"x": ["t", "s", "b"]},
                   {"m": ("x", "t", "s", 1.7e308), "n": ("x", "t", "b", 1.7e308)})
    with pytest.raises(NumericalError, match="sum to more"):
        game.distribution(1.0)


@pytest.mark.parametrize("rate, by", [(1.0, 5e-324), (1e300, 1e-305), (1e-300, 1e300),
                                      (5e-324, 1e10)])
def test_extreme_rates_and_dates_give_the_same_closed_form(rate, by):
    found = line(rate).outcome("end", by)
    assert found.probability == pytest.approx(-math.expm1(-rate * by), abs=1e-12)


def test_a_batch_of_chains_is_the_chains_one_by_one():
    game = process({"x": ["t", "s", "b"], "y": ["t", "s"]},
                   {"settle": ("x", "t", "s", 0.7), "break_": ("x", "s", "b", 0.4),
                    "other": ("y", "t", "s", 0.3)})
    hazards = np.random.default_rng(0).uniform(0.0, 3.0, (5, len(game.hazard)))
    inside = condition_states(game.lattice, {"x": "s"})
    together = reach(game.lattice, hazards, inside, [1.0, 2.0])
    for b, row in enumerate(hazards):
        alone = Process(game.lattice, row).condition({"x": "s"}, 2.0)
        assert together.reached[b, 1] == pytest.approx(alone.probability, abs=1e-12)
        assert together.in_force[b, 1] == pytest.approx(alone.in_force, abs=1e-12)
        assert together.mean_time[b] == pytest.approx(alone.mean_time_if_reached)
    assert reach(game.lattice, hazards[:0], inside, [1.0]).reached.shape == (0, 1)


# ---- properties ------------------------------------------------------------------------------

STATUSES = ["t", "s", "b"]


@st.composite
def chance_games(draw):
    """(fronts, moves): fronts that settle and may break, at rates that may be 0."""
    rate = st.one_of(st.just(0.0), st.floats(0.01, 8.0))
    fronts = {f"f{k}": STATUSES for k in range(draw(st.integers(1, 3)))}
    moves = {}
    for name in fronts:
        for source, target in (("t", "s"), ("t", "b"), ("s", "b")):
            if not moves or draw(st.booleans()):
                moves[f"{name}_{source}{target}"] = (name, source, target, draw(rate))
    return fronts, moves


WHEN = {"outcome": {"f0": "s"}}


@given(chance_games(), st.lists(st.floats(0.0, 30.0), min_size=2, max_size=5))
@settings(max_examples=80, deadline=None)
def test_chances_are_ordered_as_their_meaning_says(case, dates):
    game = process(*case, WHEN)
    dates = sorted(dates)
    curve = game.over_time("outcome", dates)
    eventually = game.outcome("outcome", dates[-1]).eventually
    assert np.all((0.0 <= curve.in_force) & (curve.in_force <= curve.reached))
    assert np.all(np.diff(curve.reached) >= -1e-12)
    assert np.all(curve.reached <= eventually + 1e-12) and eventually <= 1.0
    assert game.distribution(dates[0]).sum() == pytest.approx(1.0, abs=1e-12)


@given(chance_games(), st.floats(0.0, 10.0), st.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_in_which_fronts_moves_and_statuses_are_listed_is_immaterial(case, by, random):
    fronts, moves = case

    def shuffled(items):
        items = list(items)
        random.shuffle(items)
        return items

    # the start must stay first in the list of statuses
    other = process({f: ["t", *shuffled(STATUSES[1:])] for f in shuffled(fronts)},
                    dict(shuffled(moves.items())), WHEN)
    assert same(process(fronts, moves, WHEN).outcome("outcome", by), other.outcome("outcome", by))


@given(chance_games(), st.floats(0.0, 10.0))
@settings(max_examples=60, deadline=None)
def test_a_move_split_in_two_halves_is_the_same_move(case, by):
    fronts, moves = case
    halves = {f"{name}_{half}": (front, source, target, 0.5 * rate)
              for name, (front, source, target, rate) in moves.items() for half in ("one", "two")}
    assert same(process(fronts, moves, WHEN).outcome("outcome", by),
                process(fronts, halves, WHEN).outcome("outcome", by))


def same(one, other):
    means = (one.mean_time_if_reached, other.mean_time_if_reached)
    return (one.probability == pytest.approx(other.probability, abs=1e-11)
            and one.in_force == pytest.approx(other.in_force, abs=1e-11)
            and one.eventually == pytest.approx(other.eventually, abs=1e-12)
            and (means == (None, None) or means[0] == pytest.approx(means[1])))


# ---- sequences -------------------------------------------------------------------------------

@given(chance_games())
@settings(max_examples=40, deadline=None)
def test_sequences_come_likeliest_first_and_sum_to_one(case):
    found = process(*case).paths(most=100_000)
    chances = [path.probability for path in found]
    assert sum(chances) == pytest.approx(1.0, abs=1e-9)
    assert all(a >= b * (1.0 - 1e-9) for a, b in itertools.pairwise(chances))
    assert len({path.moves for path in found}) == len(found)


@given(chance_games(), st.floats(0.1, 5.0))
@settings(max_examples=25, deadline=None)
def test_what_has_ended_by_a_date_is_the_sum_over_sequences(case, by):
    game = process(*case)
    last = np.bincount(game.lattice.edge_state, weights=game.hazard,
                       minlength=len(game.lattice.states)) == 0.0
    done = sum(path.probability_by for path in game.paths(most=100_000, by=by))
    assert done == pytest.approx(game.distribution(by)[last].sum(), abs=1e-9)


def test_a_sequence_has_its_chance_dates_and_states():
    game = process({"x": ["t", "s"], "y": ["t", "s"]},
                   {"first": ("x", "t", "s", 3.0), "second": ("y", "t", "s", 1.0)})
    likely, other = game.paths(by=2.0)
    assert likely.probability == pytest.approx(0.75)
    assert likely.moves == ("first", "second")
    assert likely.dates == pytest.approx((0.25, 1.25))
    assert likely.states == ({"x": "t", "y": "t"}, {"x": "s", "y": "t"}, {"x": "s", "y": "s"})
    stages = 1.0 - (4.0 * math.exp(-2.0) - math.exp(-8.0)) / 3.0
    assert likely.probability_by == pytest.approx(0.75 * stages, abs=1e-12)
    assert other.moves == ("second", "first")
    assert other.dates == pytest.approx((0.25, 0.25 + 1.0 / 3.0))


def test_the_mean_date_of_an_outcome_is_the_mean_over_its_sequences():
    game = process({"x": ["t", "s"], "y": ["t", "s"]},
                   {"first": ("x", "t", "s", 3.0), "second": ("y", "t", "s", 1.0)},
                   {"both": {"x": "s", "y": "s"}})
    mean = sum(path.probability * path.dates[-1] for path in game.paths())
    assert game.outcome("both", 1.0).mean_time_if_reached == pytest.approx(mean)


def test_the_time_of_a_sequence_of_equal_stages_is_erlang():
    (path,) = line(2.0, 2.0, 2.0, 2.0).paths(by=1.5)
    assert path.probability_by == pytest.approx(gammainc(4, 3.0), abs=1e-12)


def test_sequences_can_be_asked_for_through_an_outcome_only():
    game = process({"x": ["t", "s", "b"]},
                   {"settle": ("x", "t", "s", 1.0), "shatter": ("x", "t", "b", 9.0),
                    "break_": ("x", "s", "b", 1.0)}, {"s": {"x": "s"}})
    (only,) = game.paths(outcome="s")
    assert only.moves == ("settle", "break_")
    assert only.probability == pytest.approx(game.outcome("s", 1.0).eventually) == 0.1


def test_ten_equal_fronts_list_some_of_their_ten_factorial_sequences():
    game = process({f"f{k}": ["t", "s"] for k in range(10)},
                   {f"m{k}": (f"f{k}", "t", "s", 1.0) for k in range(10)})
    found = game.paths(most=5)
    assert [path.probability for path in found] == pytest.approx([1 / math.factorial(10)] * 5)
    assert found[0].moves == tuple(f"m{k}" for k in range(10))


# ---- what is refused -------------------------------------------------------------------------

@pytest.mark.parametrize("by", [-1.0, math.nan, math.inf, True, "soon", None, [1.0]])
def test_a_date_must_be_finite_and_not_negative(by):
    with pytest.raises(InputError, match="'by' parameter must be a date"):
        line(1.0).outcome("end", by)


@pytest.mark.parametrize("times", [[-1.0], [math.nan], [[1.0]], 1.0, ["soon"]])
def test_dates_must_be_a_row_of_finite_numbers(times):
    with pytest.raises(InputError, match="'times' parameter"):
        line(1.0).over_time("end", times)


@pytest.mark.parametrize("ask, kind", [
    (lambda p: p.outcome("ends", 1.0), "outcome 'ends'"),
    (lambda p: p.paths(outcome="ends"), "outcome 'ends'"),
    (lambda p: p.condition({"raod": "s0"}, 1.0), "front 'raod'"),
    (lambda p: p.condition({"road": "s9"}, 1.0), "status 's9' of front 'road'"),
    (lambda p: p.front_status_probability("raod", [1.0]), "front 'raod'")])
def test_unknown_names_are_named_with_the_nearest(ask, kind):
    with pytest.raises(UnknownNameError, match=f"unknown {kind}: did you mean"):
        ask(line(1.0))


def test_a_condition_may_not_be_empty_of_statuses():
    with pytest.raises(InputError, match="at least one status"):
        line(1.0).condition({"road": []}, 1.0)


@pytest.mark.parametrize("hazard", [[1.0, 1.0], [-1.0], [math.nan], [math.inf]])
def test_hazards_of_the_wrong_shape_or_sign_are_refused(hazard):
    with pytest.raises(InputError, match="'hazard' parameter"):
        Process(line(1.0).lattice, np.array(hazard))


@pytest.mark.parametrize("most", [0, -1, True, 2.5])
def test_at_least_one_sequence_must_be_asked_for(most):
    with pytest.raises(InputError, match="'most' parameter"):
        line(1.0).paths(most)


def test_hazards_cannot_be_changed_in_place():
    hazard = np.array([1.0])
    held = Process(line(1.0).lattice, hazard)
    hazard[0] = 5.0
    assert held.hazard[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        held.hazard[0] = 2.0


def test_a_chain_with_an_edge_to_no_lower_level_is_refused():
    with pytest.raises(ValueError, match="lower level"):
        markov.build_chain(np.array([0]), np.array([1]), np.array([1, 1]))


def test_the_process_does_not_import_scipy():
    code = "import sys, negotiation.process; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_sequence_tells_what_else_could_have_happened():
    """Two chance moves at rates 3 and 1: in the place of the first event both can happen."""
    game = from_dict({
        "format": "negotiation/1", "title": "Fork",
        "actors": {"ada": {"discount_rate": 0.1}},
        "fronts": {"a": {"statuses": ["open", "done"]}, "b": {"statuses": ["open", "done"]}},
        "moves": {"first": {"front": "a", "from": "open", "to": "done", "by": [], "rate": 3.0},
                  "second": {"front": "b", "from": "open", "to": "done", "by": [], "rate": 1.0}}})
    lattice = build_lattice(game)
    path = Process(lattice, lattice.rate[0]).paths(most=1)[0]
    assert path.moves == ("first", "second")
    assert [dict(choices) for choices in path.choices] == [
        {"first": pytest.approx(0.75), "second": pytest.approx(0.25)}, {"second": 1.0}]
    assert list(path.choices[0]) == ["first", "second"]


# ---- courses ---------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["central-reopening", "fearon-commitment", "security-dilemma",
                                  "issue-linkage", "arctic-baltic"])
def test_a_course_is_every_curve_of_a_chain(name: str) -> None:
    solution = ng.solve(ng.load(name), cap=6)
    processes = [equilibrium.process for equilibrium in solution.equilibria]
    dates = [0.0, 0.3, 2.0, 10.0]
    for process, course in zip(processes, courses(processes, dates), strict=True):
        for front in solution.game.fronts:
            assert course.fronts[front] == pytest.approx(
                process.front_status_probability(front, dates), abs=1e-11)
        for outcome in solution.game.outcomes:
            one = process.over_time(outcome, dates)
            assert course.outcomes[outcome].reached == pytest.approx(one.reached, abs=1e-11)
            assert course.outcomes[outcome].in_force == pytest.approx(one.in_force, abs=1e-11)
    for process, chance in zip(processes, outcomes(processes, 3.0), strict=True):
        for outcome, found in chance.items():
            alone = process.outcome(outcome, 3.0)
            assert found.probability == pytest.approx(alone.probability, abs=1e-11)
            assert found.eventually == pytest.approx(alone.eventually, abs=1e-11)
