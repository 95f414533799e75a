"""Chains that can go round: against closed forms, the matrix exponential and exact arithmetic."""

from __future__ import annotations

import json
import math
from decimal import Decimal, localcontext
from pathlib import Path

import jsonschema
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.linalg import expm
from test_process import absorption as absorption_by_matrix
from test_process import chains, chance_games, generator, line, process

from negotiation.cli import main
from negotiation.errors import NumericalError
from negotiation.formats.record_schema import output_schema
from negotiation.kernels import markov
from negotiation.kernels.graph import components_and_levels
from negotiation.kernels.markov_absorb import absorption, leave
from negotiation.kernels.markov_cyclic import squared, uniformized
from negotiation.process import Process, reach
from negotiation.settlement import _orders_by_set, _orders_forward

LOOP = """
format = "negotiation/1"
title = "A talk that may break and reopen"
horizon = 5.0
time_unit = "year"
actors.a = { name = "Ann", discount_rate = 0.1 }
actors.b = { name = "Bob", discount_rate = 0.1 }
[fronts.hub]
name = "the hub"
statuses = ["open", "settled", "broken"]
flow.settled = { a = 1.0, b = 1.0 }
flow.broken = { a = -1.0, b = -1.0 }
[fronts.rim]
name = "the rim"
statuses = ["open", "settled"]
flow.settled = { a = 0.5, b = 0.5 }
[moves]
settle_hub = { front = "hub", from = "open", to = "settled", by = ["a", "b"], rate = 1.0 }
break_hub = { front = "hub", from = ["open", "settled"], to = "broken", by = [], rate = 0.5 }
reopen_hub = { front = "hub", from = "broken", to = "open", by = ["a", "b"], rate = 2.0 }
[moves.settle_rim]
front = "rim"
from = "open"
to = "settled"
when = { hub = "settled" }
by = ["a", "b"]
rate = 1.0
[outcomes.both]
name = "Both are settled"
when = { hub = "settled", rim = "settled" }
[cascade]
center = "hub"
periphery = ["rim"]
status = { hub = "settled", rim = "settled" }
"""


def chain_from(rates):
    """The chain of a matrix of rates (S, S), and its hazards (1, E)."""
    rates = np.array(rates, dtype=float)
    size = len(rates)
    source, target = np.nonzero(rates)
    first = np.searchsorted(source, np.arange(size + 1))
    component, level = components_and_levels(first, target, np.array([0, size, size]))
    return markov.build_chain(source, target, level, component), rates[source, target][None]


def ring(*rates):
    """A front that goes round its statuses s0, s1, … at the given rates."""
    size = len(rates)
    return process({"ring": [f"s{k}" for k in range(size)]},
                   {f"go{k}": ("ring", f"s{k}", f"s{(k + 1) % size}", rate)
                    for k, rate in enumerate(rates)},
                   {f"in{k}": {"ring": f"s{k}"} for k in range(size)})


# ---- closed forms ----------------------------------------------------------------------------

@pytest.mark.parametrize("a, b, t", [(1.0, 2.0, 0.3), (3.0, 0.1, 7.0), (1e9, 1e-3, 5.0),
                                     (1e-3, 1e9, 5.0), (1e8, 1e8, 1e8), (1e-9, 1e-9, 1.0)])
def test_a_front_that_flips_forgets_where_it_was(a, b, t):
    found = ring(a, b).outcome("in1", t)
    assert found.in_force == pytest.approx(-a / (a + b) * math.expm1(-(a + b) * t), abs=1e-13)
    assert found.probability == pytest.approx(-math.expm1(-a * t), abs=1e-13)
    assert (found.eventually, found.mean_time_if_reached) == (1.0, pytest.approx(1.0 / a))


@pytest.mark.parametrize("t", [0.1, 1.0, 3.0, 30.0])
def test_a_ring_of_three_swings_round_its_even_distribution(t):
    # eigenvalues 0 and −3/2 ± i √3/2
    found = ring(1.0, 1.0, 1.0).distribution(t)
    for k in range(3):
        swing = math.cos(math.sqrt(3.0) / 2.0 * t - 2.0 * math.pi * k / 3.0)
        assert found[k] == pytest.approx((1.0 + 2.0 * math.exp(-1.5 * t) * swing) / 3.0, abs=1e-13)


@pytest.mark.parametrize("t", [50.0, 400.0])
def test_a_long_ring_keeps_its_slow_waves(t):
    """Eigenvalues e^{2πik/60} − 1, many of them close to the imaginary axis."""
    size, rate = 60, 1.0
    waves = np.exp(2j * np.pi * np.arange(size) / size)
    expected = np.array([(np.exp((waves - 1.0) * rate * t) * waves ** -k).sum().real / size
                         for k in range(size)])
    assert ring(*[rate] * size).distribution(t) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("up, down", [(1.0, 1.0), (2.0, 0.5), (1.0, 3.0), (1e6, 1.0), (1.0, 1e3)])
def test_hitting_times_of_a_birth_and_death_chain(up, down):
    """From 0 to 6: Σ_k Σ_{j≤k} (down/up)^(k−j) / up (Karlin & Taylor 1975, section 4.7)."""
    size = 6
    moves = {f"up{k}": ("x", f"s{k}", f"s{k + 1}", up) for k in range(size)}
    moves |= {f"down{k}": ("x", f"s{k}", f"s{k - 1}", down) for k in range(1, size)}
    game = process({"x": [f"s{k}" for k in range(size + 1)]}, moves, {"top": {"x": f"s{size}"}})
    mean = sum((down / up) ** (k - j) / up for k in range(size) for j in range(k + 1))
    found = game.outcome("top", 1.0)
    assert found.eventually == pytest.approx(1.0, abs=1e-13)
    assert found.mean_time_if_reached == pytest.approx(mean, rel=1e-13)
    assert game.endless == 0.0


def test_the_gambler_is_ruined_as_often_as_the_books_say():
    """Feller 1968, chapter XIV: from 1 of 4, up with p = 1/3."""
    game = process({"purse": ["one", "two", "three", "ruin", "rich"]},
                   {"u1": ("purse", "one", "two", 1.0), "u2": ("purse", "two", "three", 1.0),
                    "u3": ("purse", "three", "rich", 1.0), "d1": ("purse", "one", "ruin", 2.0),
                    "d2": ("purse", "two", "one", 2.0), "d3": ("purse", "three", "two", 2.0)},
                   {"rich": {"purse": "rich"}, "two": {"purse": "two"}})
    assert game.outcome("rich", 1.0).eventually == pytest.approx(1.0 / 15.0, abs=1e-14)
    # one and three lead back to two with 1/3 and 2/3
    two, back = 1.0 / 3.0, 2.0 / 3.0 * 1.0 / 3.0 + 1.0 / 3.0 * 2.0 / 3.0
    at = game.lattice.find({"purse": "two"})
    assert game.visits.ever[0, 0, at] == pytest.approx(two)
    assert game.visits.number[0, 0, at] == pytest.approx(two / (1.0 - back))
    taken = dict(zip((game.lattice.moves[m] for m in game.lattice.edge_move), game.taken,
                     strict=True))
    assert taken["u2"] == pytest.approx(two / (1.0 - back) / 3.0)
    assert taken["u3"] == pytest.approx(1.0 / 15.0)


@pytest.mark.parametrize("swap, slow", [(1e9, 1e-3), (1e12, 1e-9), (1.0, 1e-300)])
def test_a_slow_way_out_of_a_fast_round_is_not_drowned(swap, slow):
    chain, hazard = chain_from([[0, swap, 0, 0], [swap, 0, slow, 2 * slow],
                                [0, 0, 0, 0], [0, 0, 0, 0]])
    ever, date = absorption(chain, hazard, np.array([False, False, True, False]))
    assert ever[0] == pytest.approx(1.0 / 3.0, rel=1e-14)
    assert date[0] / ever[0] == pytest.approx(2.0 / (3.0 * slow) + 1.0 / swap, rel=1e-14)
    t = 1.0 / slow
    found = markov.transient(chain, hazard, np.array([t]))[0, 0, 2]
    assert found == pytest.approx(-math.expm1(-1.5 * slow * t) / 3.0, abs=1e-11)


def test_a_round_that_cannot_be_left_never_comes_to_rest():
    game = process({"x": ["t", "done", "a", "b"]},
                   {"end": ("x", "t", "done", 3.0), "fall": ("x", "t", "a", 1.0),
                    "ab": ("x", "a", "b", 1.0), "ba": ("x", "b", "a", 1.0)},
                   {"done": {"x": "done"}, "b": {"x": "b"}})
    assert game.endless == pytest.approx(0.25)
    assert game.outcome("done", 1.0).eventually == pytest.approx(0.75)
    assert game.outcome("done", 1.0).mean_time_if_reached == pytest.approx(0.25)
    assert game.outcome("b", 1.0).mean_time_if_reached == pytest.approx(1.25)
    assert game.outcome("b", 1e9).in_force == pytest.approx(0.125)
    assert np.isinf(game.taken).sum() == 2
    ended, round_ = game.paths()
    assert (ended.moves, ended.returns_to) == (("end",), None)
    assert (round_.moves, round_.returns_to, round_.final) == (("fall", "ab", "ba"), 1, {"x": "a"})


def test_a_loop_that_is_never_closed_is_no_loop():
    game = ring(1.0, 2.0, 0.0)
    assert game.endless == 0.0
    two = 1.0 - 2.0 * math.exp(-1.0) + math.exp(-2.0)
    assert game.outcome("in2", 1.0).in_force == pytest.approx(two, abs=1e-12)
    (only,) = game.paths()
    assert (only.moves, only.returns_to) == (("go0", "go1"), None)


# ---- against other arithmetic ----------------------------------------------------------------

@st.composite
def rate_tables(draw, low=-1.5, high=1.5):
    size = draw(st.integers(2, 8))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    rates = 10.0 ** rng.uniform(low, high, (size, size)) * (rng.random((size, size)) < 0.4)
    np.fill_diagonal(rates, 0.0)
    return rates, rng.random(size) < 0.3


@given(rate_tables(), st.floats(0.0, 20.0))
@settings(max_examples=100, deadline=None)
def test_chances_equal_the_matrix_exponential(case, t):
    rates, inside = case
    chain, hazard = chain_from(rates)
    q = generator(chain, hazard[0])
    found = markov.reach(chain, hazard, inside, np.array([t]))
    assert markov.transient(chain, hazard, np.array([t]))[0, 0] == pytest.approx(
        expm(t * q)[0], abs=1e-11)
    assert found.in_force[0, 0] == pytest.approx(expm(t * q)[0][inside].sum(), abs=1e-11)
    q[inside] = 0.0
    assert found.reached[0, 0] == pytest.approx(expm(t * q)[0][inside].sum(), abs=1e-11)
    assert found.reached[0, 0] <= found.ever[0] + 1e-11


@given(rate_tables(-9.0, 9.0), st.floats(-4.0, 4.0))
@settings(max_examples=25, deadline=None)
def test_eighteen_orders_of_magnitude_cost_no_digits(case, log_t):
    rates, _ = case
    rates, t = rates[:5, :5], 10.0 ** log_t
    chain, hazard = chain_from(rates)
    if not hazard.size:
        return
    exact = exact_distribution(rates, t)
    assert markov.transient(chain, hazard, np.array([t]))[0, 0] == pytest.approx(exact, abs=1e-13)
    top = rates.sum(axis=1).max()
    twice = squared(chain.edge_state, chain.edge_target, hazard / top, np.array([t * top]),
                    chain.size, None)
    assert twice[0, 0] == pytest.approx(exact, abs=1e-13)


def exact_distribution(rates, t):
    """The first row of exp(Qt) in 90 digits: Taylor's series and squaring."""
    with localcontext() as context:
        context.prec = 90
        q = np.array([[Decimal(float(rate)) * Decimal(t) for rate in row] for row in rates])
        q[np.diag_indices(len(q))] = -q.sum(axis=1)
        halvings = int(math.log2(max(1.0, float(max(abs(q.ravel())))))) + 6
        q = q / Decimal(2) ** halvings
        term = total = np.array([[Decimal(int(i == j)) for j in range(len(q))]
                                 for i in range(len(q))])
        for n in range(1, 45):
            term = term.dot(q) / n
            total = total + term
        for _ in range(halvings):
            total = total.dot(total)
        return total[0].astype(float)


@given(chains(fastest=50.0), st.floats(0.01, 20.0))
@settings(max_examples=60, deadline=None)
def test_without_cycles_all_methods_agree(case, t):
    chain, hazard, inside = case
    times = np.array([t])
    here = markov.transient(chain, hazard, times)
    total = markov.total_hazard(chain, hazard)
    top = float(total.max())
    if top == 0.0:
        return
    edges = chain.edge_state, chain.edge_target
    assert squared(*edges, hazard / top, times * top, chain.size, None) == pytest.approx(
        here, abs=1e-12)
    assert uniformized(*edges, hazard, total, times, None) == pytest.approx(here, abs=1e-12)
    ever, date = absorption(chain, markov.stopped(chain, hazard, inside), inside)
    found = markov.reach(chain, hazard, inside, times)
    assert ever == pytest.approx(found.ever, abs=1e-13)
    arrives = ever > 0.0
    assert date[arrives] / ever[arrives] == pytest.approx(found.mean_time[arrives], rel=1e-12)


@given(rate_tables())
@settings(max_examples=60, deadline=None)
def test_first_arrivals_equal_plain_linear_algebra(case):
    rates, inside = case
    rates = rates + 0.01 * np.eye(len(rates), k=1)  # from everywhere the last state is reached
    rates[-1], inside[-1] = 0.0, True
    chain, hazard = chain_from(rates)
    found = markov.reach(chain, hazard, inside, np.array([1.0]))
    q = generator(chain, hazard[0])
    q[inside] = 0.0
    ever, mean = absorption_by_matrix(q, inside)
    assert found.ever[0] == pytest.approx(ever, abs=1e-11)
    assert found.mean_time[0] == pytest.approx(mean, rel=1e-9)


def test_elimination_in_blocks_equals_plain_linear_algebra():
    rng = np.random.default_rng(0)
    inner, out = rng.random((2, 90, 90)), rng.random((2, 90))
    right = rng.random((2, 90, 3))
    full = -inner
    for b in range(2):
        np.fill_diagonal(full[b], 0.0)
        np.fill_diagonal(full[b], out[b] - full[b].sum(axis=1))
    assert leave(inner, out, right) == pytest.approx(np.linalg.solve(full, right), rel=1e-12)


def test_a_batch_of_chains_with_other_loops_each_is_the_chains_one_by_one():
    game = ring(1.0, 2.0, 3.0, 4.0)
    hazards = np.random.default_rng(0).uniform(0.0, 3.0, (6, 4))
    hazards[[0, 2, 3], [1, 3, 3]] = 0.0
    inside = np.arange(4) == 2
    together = reach(game.lattice, hazards, inside, [1.0, 2.0])
    for b, row in enumerate(hazards):
        alone = Process(game.lattice, row).condition({"ring": "s2"}, 2.0)
        assert together.reached[b, 1] == pytest.approx(alone.probability, abs=1e-12)
        assert together.in_force[b, 1] == pytest.approx(alone.in_force, abs=1e-12)
        assert together.ever[b] == alone.eventually


def test_thousands_of_states_are_walked_through_and_too_much_is_refused(monkeypatch):
    size = 5000
    steps = np.arange(size)
    chain = markov.build_chain(np.r_[steps, steps], np.r_[(steps + 1) % size, (steps - 1) % size],
                               np.zeros(size), np.zeros(size))
    hazard = np.ones((1, 2 * size))
    found = markov.transient(chain, hazard, np.array([50.0]))[0, 0]
    # a walk on the line, which has not gone round yet: variance 2 t
    walk = np.where(steps > size // 2, steps - size, steps)
    assert found @ walk ** 2 == pytest.approx(100.0, rel=1e-11)
    assert found.sum() == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(NumericalError, match="chain over 5,000 states"):
        markov.transient(chain, hazard, np.array([1e9]))


# ---- sequences and orders --------------------------------------------------------------------

@st.composite
def looping_games(draw):
    fronts, moves = draw(chance_games())
    for name in list(fronts)[:2]:
        moves[f"{name}_bt"] = (name, "b", "t", draw(st.floats(0.01, 5.0)))
    return fronts, moves


@given(looping_games())
@settings(max_examples=40, deadline=None)
def test_every_course_of_play_begins_with_one_sequence(case):
    game = process(*case)
    found = game.paths(most=3000)
    chances = [path.probability for path in found]
    assert all(a >= b * (1.0 - 1e-9) for a, b in zip(chances, chances[1:], strict=False))
    assert len({path.moves for path in found}) == len(found)
    assert sum(chances) <= 1.0 + 1e-9
    if len(found) < 3000:
        assert sum(chances) == pytest.approx(1.0, abs=1e-9)
    for path in found:
        back = path.states.index(path.final)
        assert path.returns_to == (back if back < len(path.moves) else None)
        assert len(set(path.states[:-1])) == len(path.moves) or not path.moves


@given(chance_games())
@settings(max_examples=40, deadline=None)
def test_orders_of_settlement_are_the_same_by_sets_and_forward(case):
    game = process(*case)
    status = dict.fromkeys(case[0], "s")
    one, other = _orders_by_set(game, status), _orders_forward(game, status)
    for order in {*one, *other}:
        assert one.get(order, 0.0) == pytest.approx(other.get(order, 0.0), abs=2e-3)
        if min(one.get(order, 0.0), other.get(order, 0.0)) > 0.05:
            assert one[order] == pytest.approx(other[order], abs=2e-3)


def test_a_front_that_breaks_and_reopens_is_settled_once_in_the_order():
    # x settles at 1, opens again at 5; y settles at 2: x first with 1/3, and both in the end
    game = process({"x": ["t", "s"], "y": ["t", "s"]},
                   {"xs": ("x", "t", "s", 1.0), "xt": ("x", "s", "t", 5.0),
                    "ys": ("y", "t", "s", 2.0)})
    orders = _orders_by_set(game, {"x": "s", "y": "s"})
    assert orders == {(("x",), ("y",)): pytest.approx(1.0 / 3.0),
                      (("y",), ("x",)): pytest.approx(2.0 / 3.0)}


# ---- read aloud ------------------------------------------------------------------------------

@pytest.fixture
def loop(tmp_path: Path) -> str:
    path = tmp_path / "loop.toml"
    path.write_text(LOOP, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("command, said", [
    ("solve", "Play never comes to rest: it goes round for ever."),
    ("solve", "and so on: all is again as it was at the start."),
    ("paths", "all is again as it was after “settle rim” (1.3 years)"),
    ("paths", "Together these 4 sequences have a chance of 100 %."),
    ("cascade", "The hub can be settled more than once: a settlement counts from the first"),
    ("cascade", "100 % the hub, then the rim")])
def test_a_game_that_goes_round_is_told_in_words(loop, capsys, command, said):
    assert main([command, loop]) == 0
    assert said in " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize("command", ["solve", "paths", "cascade"])
def test_the_json_of_a_game_that_goes_round_keeps_its_schema(loop, capsys, command):
    assert main([command, loop, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema(command))
    if command == "paths":
        assert [path["returns_to"] for path in record["paths"]] == [0, 2, 0, 3]


def test_what_does_not_go_round_has_no_return():
    (path,) = line(1.0, 2.0).paths()
    assert path.returns_to is None
