"""The certificate accepts equilibria derived by hand and measures how far other points are."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from oracle import BruteEquilibrium, brute_force
from random_games import Shape, open_state, random_game

from negotiation.equilibrium.certificate import (
    KINDS,
    REGRET_TOLERANCE,
    Certificate,
    certify,
    regret_of,
)
from negotiation.equilibrium.result import Equilibrium
from negotiation.formats.definition import from_dict
from negotiation.frozen import FrozenMap
from negotiation.lattice import Lattice, build_lattice
from negotiation.model import Game

LIMIT_RULE = {
    "format": "negotiation/1", "title": "appendix 1: the limit rule for terms",
    "actors": {a: {"discount_rate": 0.1} for a in ("one", "two", "three")},
    "fronts": {"table": {"statuses": ["open", "a", "b"], "flow": {"open": {"one": 0.2}}}},
    "moves": {
        "A": {"front": "table", "from": "open", "to": "a", "by": ["one", "three"], "rate": 1.0,
              "payoff": {"one": 1.0, "two": -0.5, "three": 2.0},
              "issues": {"x": {"value": {"two": 2.0, "three": 1.0}}}},
        "B": {"front": "table", "from": "open", "to": "b", "by": ["two"], "rate": 1.0,
              "payoff": {"two": 1.2}}}}

LONE_MIX = {
    "format": "negotiation/1", "title": "appendix 2: a lone mix",
    "actors": {a: {"discount_rate": 0.1} for a in ("one", "two")},
    "fronts": {"table": {"statuses": ["open", "a", "b"]}},
    "moves": {
        "A": {"front": "table", "from": "open", "to": "a", "by": ["one"], "rate": 1.0,
              "payoff": {"one": 0.4, "two": 0.544}},
        "B": {"front": "table", "from": "open", "to": "b", "by": ["one", "two"], "rate": 1.0,
              "payoff": {"two": 1.0},
              "issues": {"share": {"value": {"one": 1.0, "two": -1.0}}}}}}


def certify_open_state(game: Game, value, consent, terms, proposals=None) -> Certificate:
    """A claim about the first state of a game whose other states pay nothing."""
    lattice = build_lattice(game)
    width, issues, n = len(consent), lattice.value.shape[2], len(value)
    x = np.zeros((1, width, issues))
    for k, row in enumerate(terms):
        x[0, k, :len(row)] = row
    if proposals is not None:
        proposals = np.array(proposals, dtype=float).reshape(1, width, n, issues)
    return certify(lattice, np.array([0]), np.array([0]), np.array([value], dtype=float),
                   np.zeros((1, width, n)), np.array([consent], dtype=float), x, proposals)


def kind(certificate: Certificate) -> str:
    return KINDS[int(certificate.kind[0])]


# ---- the appendix of DESIGN -----------------------------------------------------------------

def test_the_limit_rule_is_accepted_and_least_norm_is_not():
    game = from_dict(LIMIT_RULE)
    right = certify_open_state(game, (1.0, 1.2, 2.0), (0.4, 0.1), [[1.0], []])
    assert right.regret[0] < 1e-12
    # Least norm at σ = 0 asks for x = 0, and values that go with it: V_2 = (0.4·-0.5 + 0.12)/0.6.
    wrong = certify_open_state(game, (1.0, -0.08 / 0.6, 0.8 / 0.6), (0.4, 0.1), [[0.0], []])
    assert wrong.regret[0] > 0.01


def test_three_equilibria_of_the_lone_mix():
    game = from_dict(LONE_MIX)

    def claim(alpha: float) -> Certificate:
        # B splits what is left of the cake: V_i = (α W_i + x_i) / (1.1 + α), x_i = V_i + half.
        # Summing, T = (0.944 α + 1)/(1.1 + α); the gain of each is (1 - T)/2.
        total = (0.944 * alpha + 1.0) / (1.1 + alpha)
        half = (1.0 - total) / 2
        v = [(alpha * w + half) / (0.1 + alpha) for w in (0.4, 0.544)]
        return certify_open_state(game, v, (alpha, 1.0), [[], [v[0] + half]]), v

    for alpha in (0.0, 0.5, 1.0):
        certificate, value = claim(alpha)
        assert certificate.regret[0] < 1e-12, (alpha, value)
        if alpha == 0.5:
            assert value == pytest.approx([0.4, 0.52])
    for alpha in (0.25, 0.75):
        certificate, _ = claim(alpha)
        assert certificate.regret[0] > 1e-3 and kind(certificate) == "consent"


@pytest.mark.parametrize("weights", [(1.0, 1.0), (2.0, 1.0), (0.3, 1.9)])
@pytest.mark.parametrize("rate", [0.1, 1.0, 1e4])
def test_the_cake_of_the_closed_form(weights, rate):
    # DESIGN 2.1: V_i = (λ w_i / r_i) / (1 + λ Σ_j w_j / r_j) with Σw = 1.
    game = cake(rate, (0.05, 0.2), weights)
    share = np.array(weights) / sum(weights)
    value = rate * share / (0.05, 0.2) / (1.0 + rate * (share / (0.05, 0.2)).sum())
    first = 0.05 * value[0] / rate + value[0]
    assert certify_open_state(game, value, (1.0,), [[first]]).regret[0] < 1e-12
    # Gains are rV/λ: where opportunities are quick, a larger mistake is as small a gain.
    for wrong in (first + 1e-6 * max(1.0, rate), first - 1e-6 * max(1.0, rate)):
        pay = np.array([wrong, 1.0 - wrong])
        moved = rate * pay / (np.array([0.05, 0.2]) + rate)
        assert certify_open_state(game, moved, (1.0,), [[wrong]]).regret[0] > REGRET_TOLERANCE


def cake(rate: float, discount, weights) -> Game:
    return from_dict({
        "format": "negotiation/1", "title": "cake",
        "actors": {"one": {"discount_rate": discount[0]}, "two": {"discount_rate": discount[1]}},
        "fronts": {"table": {"statuses": ["open", "done"]}},
        "moves": {"divide": {
            "front": "table", "from": "open", "to": "done", "by": ["one", "two"], "rate": rate,
            "weights": {"one": weights[0], "two": weights[1]}, "payoff": {"two": 1.0},
            "issues": {"share": {"value": {"one": 1.0, "two": -1.0}}}}}})


# ---- perturbations --------------------------------------------------------------------------

def as_equilibrium(lattice: Lattice, brute: BruteEquilibrium) -> Equilibrium:
    rows = [tuple(lattice.state(s).values()) for s in range(len(lattice.states))]
    consent = np.array([brute.consent[rows[s]][lattice.moves[m]]
                        for s, m in zip(lattice.edge_state, lattice.edge_move, strict=True)])
    return Equilibrium(
        id=1, lattice=lattice, draw=0, values=np.array([brute.value[row] for row in rows]),
        consent=consent.reshape(-1), terms_array=np.zeros(lattice.value.shape[1:3]),
        proposals=None, surplus=np.zeros(len(consent)), index=brute.index, regret=0.0)


def moved(equilibrium: Equilibrium, **arrays) -> Equilibrium:
    return replace(equilibrium, **arrays)


GAMES = [random_game(seed, Shape(fronts=2 + seed % 2, actors=2 + seed % 3, coalition=3))
         for seed in range(20)] + [open_state(seed, 4, 3, 3) for seed in range(20)]


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.title)
def test_brute_force_equilibria_are_accepted_and_moved_values_are_measured(game):
    lattice = build_lattice(game)
    scale = lattice.payoff_range()[0]
    for brute in brute_force(game, cap=2000)[:5]:
        equilibrium = as_equilibrium(lattice, brute)
        assert regret_of(equilibrium) < 1e-12
        for size in (1e-8, 1e-4):
            values = equilibrium.values.copy()
            values[0, 1] += size * scale[1]
            assert regret_of(moved(equilibrium, values=values)) == pytest.approx(size, rel=1e-3)


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.title)
def test_a_consent_that_is_turned_round_is_named_with_its_gain(game):
    lattice = build_lattice(game)
    brute = brute_force(game, cap=2000)[0]
    equilibrium = as_equilibrium(lattice, brute)
    scale = lattice.payoff_range()[0]
    pure = np.flatnonzero(((equilibrium.consent == 0) | (equilibrium.consent == 1))
                          & lattice.member.any(axis=1))
    for edge in pure:
        state = int(lattice.edge_state[edge])
        consent = equilibrium.consent.copy()
        consent[edge] = 1.0 - consent[edge]
        # Values of this state that fit the turned consent; only this state is certified.
        here = list(lattice.edges(state))
        pace = lattice.rate[0, here] * consent[here]
        payoff = lattice.lump[0, here] + equilibrium.values[lattice.edge_target[here]]
        value = (lattice.flow[0, state] + pace @ payoff) / (lattice.discount[0] + pace.sum())
        certificate = certify(lattice, np.array([0]), np.array([state]), value[None],
                              equilibrium.values[lattice.edge_target[here]][None],
                              consent[None, here], np.zeros((1, len(here), 0)))
        gains = (payoff - value) / scale
        least = np.where(lattice.member[here], gains, np.inf).min(axis=1)
        active = lattice.member[here].any(axis=1)
        expected = np.where(active & (consent[here] > 0), -least, 0.0)
        expected = np.maximum(expected, np.where(active & (consent[here] < 1), least, 0.0))
        assert certificate.regret[0] == pytest.approx(expected.max(), abs=1e-12)


def test_a_chance_move_cannot_be_refused():
    game = from_dict({
        "format": "negotiation/1", "title": "chance", "actors": {"one": {"discount_rate": 1.0}},
        "fronts": {"f": {"statuses": ["open", "done"], "flow": {"open": {"one": 1.0}}}},
        "moves": {"storm": {"front": "f", "from": "open", "to": "done", "by": [], "rate": 1.0}}})
    assert certify_open_state(game, (0.5,), (1.0,), [[]]).regret[0] == 0.0
    assert certify_open_state(game, (1.0,), (0.0,), [[]]).regret[0] == np.inf


def test_a_game_that_nobody_can_move_in_is_certified_by_its_flows():
    game = from_dict({
        "format": "negotiation/1", "title": "still", "actors": {"one": {"discount_rate": 0.5}},
        "fronts": {"f": {"statuses": ["open", "done"], "flow": {"open": {"one": 1.0}}}},
        "moves": {"go": {"front": "f", "from": "open", "to": "done", "by": [], "rate": 1.0}}})
    game = replace(game, moves=FrozenMap())
    assert certify_open_state(game, (2.0,), (), []).regret[0] == 0.0
    assert certify_open_state(game, (1.0,), (), []).regret[0] == pytest.approx(1.0)


@pytest.mark.parametrize("what", ["value", "consent", "terms"])
def test_a_claim_that_is_no_number_is_not_an_equilibrium(what):
    claim = {"value": (1.0, 1.2, 2.0), "consent": (0.4, 0.1), "terms": [[1.0], []]}
    claim[what] = {"value": (np.nan, 1.2, 2.0), "consent": (np.inf, 0.1),
                   "terms": [[np.nan], []]}[what]
    certificate = certify_open_state(from_dict(LIMIT_RULE), **claim)
    assert certificate.regret[0] == np.inf and kind(certificate) == "not finite"


def test_terms_outside_the_box_are_measured_even_when_nobody_moves():
    game = cake(1.0, (0.1, 0.1), (1.0, 1.0))
    # Nobody moves, and rightly so: there is nothing to divide.
    game = replace(game, moves=FrozenMap({"divide": replace(
        game.moves["divide"], payoff=FrozenMap())}))
    assert certify_open_state(game, (0.0, 0.0), (0.0,), [[0.3]]).regret[0] == 0.0
    certificate = certify_open_state(game, (0.0, 0.0), (0.0,), [[1.5]])
    assert certificate.regret[0] == pytest.approx(0.5)
    assert certificate.message(0, build_lattice(game)).startswith("terms out of the box")


def test_a_refusal_of_three_needs_the_bound_over_all_three():
    # What one gives is worth more to the two others: any two could gain where three cannot.
    issues = {f"give{i}": {"value": {a: (-1.0 if a == b else 0.6) for a in "abc"}}
              for i, b in enumerate("abc")}

    def game(lump: float) -> Game:
        return from_dict({
            "format": "negotiation/1", "title": "three", "actors": {
                a: {"discount_rate": 0.1} for a in "abc"},
            "fronts": {"f": {"statuses": ["open", "done"]}},
            "moves": {"deal": {"front": "f", "from": "open", "to": "done", "by": list("abc"),
                               "rate": 1.0, "payoff": dict.fromkeys("abc", lump),
                               "issues": issues}}})
    # Giving everything nets each 1.2 − 1 = 0.2, and by symmetry σ = lump + 0.2.
    assert certify_open_state(game(-0.21), (0, 0, 0), (0.0,), [[0, 0, 0]]).regret[0] == 0.0
    refused = certify_open_state(game(-0.1), (0, 0, 0), (0.0,), [[0, 0, 0]])
    scale = build_lattice(game(-0.1)).payoff_range()[0, 0]
    assert refused.regret[0] == pytest.approx(0.1 / scale, rel=1e-6)


# ---- bargaining solutions, one deal that never comes (rate 0), so V = 0 -----------------------

def deal(solution: str, issues, lump=None, weights=None, actors=("one", "two"), by=None) -> Game:
    move = {"front": "f", "from": "open", "to": "done", "by": list(by or actors), "rate": 0.0,
            "payoff": lump or {}, "issues": issues, "solution": solution,
            "weights": weights or {}}
    return from_dict({
        "format": "negotiation/1", "title": solution,
        "actors": {a: {"discount_rate": 0.1} for a in actors},
        "fronts": {"f": {"statuses": ["open", "done"]}}, "moves": {"deal": move}})


CAKE = {"share": {"value": {"one": 1.0, "two": -1.0}}}
#: one's share is worth x, two gets 1 − x, but one can get no more than half of it in kind
CAPPED = {"share": {"value": {"one": 0.5, "two": -1.0}}}
#: one gets x − x²/2, two gets 1 − x: a curved frontier
CURVED = {"share": {"value": {"one": 1.0, "two": -1.0}, "curvature": {"one": 1.0}}}


@pytest.mark.parametrize("solution, issues, weights, x", [
    ("nash", CAKE, {}, 0.5),
    ("nash", CAKE, {"one": 3.0}, 0.75),
    ("nash", CAPPED, {}, 0.5),
    ("nash", CURVED, {}, 1.0 - np.sqrt(1.0 / 3.0)),      # (1 − x)² = x − x²/2
    ("kalai-smorodinsky", CAKE, {}, 0.5),
    ("kalai-smorodinsky", CAPPED, {}, 0.5),              # ideals 0.5 and 1
    ("kalai-smorodinsky", CURVED, {}, (3 - np.sqrt(5)) / 2),   # 2(x − x²/2) = 1 − x
    ("egalitarian", CAKE, {}, 0.5),
    ("egalitarian", CAPPED, {}, 2.0 / 3.0),
    ("utilitarian", CAPPED, {}, 0.0),
    ("utilitarian", CURVED, {}, 0.0),
    ("utilitarian", CURVED, {"one": 2.0}, 0.5),          # 2(1 − x) = 1
    ("equal-loss", CAKE, {}, 0.5),
    ("equal-loss", CAPPED, {}, 1.0 / 3.0),               # 0.5 − x/2 = x
])
def test_a_bargaining_solution_is_accepted_and_its_neighbours_are_not(solution, issues, weights, x):
    game = deal(solution, issues, {"two": 1.0}, weights)
    assert certify_open_state(game, (0, 0), (1.0,), [[x]]).regret[0] < 1e-10
    for wrong in (x - 1e-4, x + 1e-4):
        if 0.0 <= wrong <= 1.0:
            certificate = certify_open_state(game, (0, 0), (1.0,), [[wrong]])
            assert certificate.regret[0] > 1e-9 and kind(certificate) == "terms"


def test_every_proposer_takes_everything_above_the_others_value():
    game = deal("offers", CAPPED, {"two": 1.0})
    right = [[[1.0], [0.0]]]
    assert certify_open_state(game, (0, 0), (1.0,), [[0.5]], right).regret[0] < 1e-12
    for wrong in ([[[0.9], [0.0]]], [[[1.0], [0.1]]]):
        assert certify_open_state(game, (0, 0), (1.0,), [[0.5]], wrong).regret[0] > 0.01
    assert certify_open_state(game, (0, 0), (1.0,), [[0.5]]).regret[0] > 0.01


def test_lexicographic_completion_goes_on_after_the_first_level():
    # three has 0.1 whatever the terms; the others split a cake of 1: 0.5 each, not (0.1, 0.9).
    issues = {"share": {"value": {"one": 1.0, "two": -1.0}}}
    game = deal("egalitarian", issues, {"two": 1.0, "three": 0.1},
                actors=("one", "two", "three"))
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.5]]).regret[0] < 1e-10
    for x in (0.1, 0.4, 0.9):
        assert certify_open_state(game, (0, 0, 0), (1.0,), [[x]]).regret[0] > 0.01


def test_members_who_cannot_gain_drop_out():
    # Nash at σ = 0: three gains nothing whatever the terms, one and two share the cake equally.
    issues = {"share": {"value": {"one": 1.0, "two": -1.0}}}
    for solution in ("nash", "kalai-smorodinsky", "egalitarian"):
        game = deal(solution, issues, {"two": 1.0}, actors=("one", "two", "three"))
        assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.5]]).regret[0] < 1e-10
        assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.4]]).regret[0] > 0.01


def test_two_who_can_only_lose_to_each_other_leave_the_rest_to_the_others():
    # one and two trade two issues with nothing to gain (x = y); three wants x: both at 1.
    issues = {"x": {"value": {"one": 1.0, "two": -1.0, "three": 1.0}},
              "y": {"value": {"one": -1.0, "two": 1.0}}}
    game = deal("nash", issues, {"three": 0.5}, actors=("one", "two", "three"))
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[1.0, 1.0]]).regret[0] < 1e-10
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.5, 0.5]]).regret[0] > 0.01


def test_ties_that_bystanders_feel_are_broken_by_least_norm():
    # The members do not tell x from y; the bystander does. One takes 0.75 of 1.5 in all.
    issues = {"x": {"value": {"one": 1.0, "two": -1.0, "three": 1.0}},
              "y": {"value": {"one": 1.0, "two": -1.0}}}
    game = deal("nash", issues, {"two": 1.5}, actors=("one", "two", "three"), by=("one", "two"))
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.375, 0.375]]).regret[0] < 1e-10
    for x, y in ((0.75, 0.0), (0.25, 0.5)):
        certificate = certify_open_state(game, (0, 0, 0), (1.0,), [[x, y]])
        assert certificate.regret[0] > 0.01 and kind(certificate) == "terms"


def test_an_issue_that_no_member_feels_stays_at_zero():
    issues = {"x": {"value": {"one": 1.0, "two": -1.0}}, "aside": {"value": {"three": 1.0}}}
    game = deal("nash", issues, {"two": 1.0}, actors=("one", "two", "three"), by=("one", "two"))
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.5, 0.0]]).regret[0] < 1e-12
    assert certify_open_state(game, (0, 0, 0), (1.0,), [[0.5, 1.0]]).regret[0] > 0.1


def test_taking_everything_is_not_a_nash_deal():
    # At x = 1 two gains nothing though both could gain.
    game = deal("nash", CAKE, {"two": 1.0})
    assert certify_open_state(game, (0, 0), (1.0,), [[1.0]]).regret[0] > 0.1


def test_a_batch_of_three_hundred_states_takes_milliseconds():
    rng = np.random.default_rng(0)
    names = [f"a{i}" for i in range(8)]
    game = from_dict({
        "format": "negotiation/1", "title": "wide",
        "actors": {a: {"discount_rate": 0.1} for a in names},
        "fronts": {"f": {"statuses": ["open", *[f"s{k}" for k in range(5)]]}},
        "moves": {f"m{k}": {
            "front": "f", "from": "open", "to": f"s{k}", "by": names[k:k + 3], "rate": 1.0,
            "payoff": dict.fromkeys(names, 0.1),
            "issues": {f"i{j}": {"value": {a: float(rng.random()) for a in names}}
                       for j in range(4)}} for k in range(5)}})
    lattice = build_lattice(game)
    zeros = np.zeros(300, dtype=int)
    arguments = (lattice, zeros, zeros, rng.normal(size=(300, 8)) * 0.01, np.zeros((300, 5, 8)),
                 np.ones((300, 5)), np.ones((300, 5, 4)))
    certify(*arguments)
    start = time.perf_counter()
    certify(*arguments)
    assert time.perf_counter() - start < 0.1  # ten milliseconds on an idle machine
