"""The logit path as data: closed forms, and one kind of game said as another."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

import negotiation as ng


def one_move() -> ng.Game:
    """Ada alone can settle for 1, at rate 2; she discounts at 0.5; ratification noise 0.1."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "One move", "noise": 0.1, "horizon": 1.0,
        "actors": {"ada": {"discount_rate": 0.5}},
        "fronts": {"talks": {"statuses": ["open", "done"]}},
        "moves": {"settle": {"front": "talks", "from": "open", "to": "done", "by": ["ada"],
                             "rate": 2.0, "payoff": {"ada": 1.0}}},
        "outcomes": {"done": {"when": {"talks": "done"}}}})


def test_the_path_of_a_linked_game_solves_its_equation_at_every_noise():
    path = ng.logit_path(one_move())
    assert path.reached and path.kind == "linked"
    assert path.noise[0] > 100 and path.noise[-1] < 1e-2
    for kappa, alpha, value, done in zip(path.noise, path.consent["settle"], path.payoffs["ada"],
                                         path.outcomes["done"], strict=True):
        def wrong(a, kappa=kappa):
            gain = 1.0 - 2.0 * a / (0.5 + 2.0 * a)
            return a - 1.0 / (1.0 + np.exp(-gain / (0.1 * kappa)))

        exact = brentq(wrong, 0.0, 1.0, xtol=1e-15)
        assert alpha == pytest.approx(exact, abs=1e-9)
        assert value == pytest.approx(2.0 * exact / (0.5 + 2.0 * exact), abs=1e-9)
        assert done == pytest.approx(1.0 - np.exp(-2.0 * exact), abs=1e-9)


def test_its_ends_are_coins_and_the_selected_equilibrium():
    path = ng.logit_path(one_move())
    assert path.consent["settle"][0] == pytest.approx(0.5, abs=0.01)
    selected = ng.solve(one_move(), equilibria="selected").equilibria[0]
    assert path.consent["settle"][-1] == pytest.approx(selected.consent_to("settle"), abs=1e-9)


@pytest.mark.parametrize("a", [0.2, 1.0])
def test_the_path_of_a_coordination_game_is_the_closed_form(a):
    """log(p/(1 − p)) = λ((2 + a)p − 1), with payoffs in units of their range 1 + a."""
    payoffs = [[1.0 + a, 0.0], [0.0, 1.0]]
    path = ng.logit_path(ng.NormalFormGame([payoffs, payoffs]))
    assert path.reached and path.profile[0][-1, 0] > 0.999
    for noise, p in zip(path.noise[1:], path.profile[0][1:, 0], strict=True):
        if p < 1.0 - 1e-6:
            strength = 1.0 / noise / (1.0 + a)
            assert np.log(p / (1 - p)) == pytest.approx(strength * ((2 + a) * p - 1), abs=1e-7)


def test_a_stochastic_game_that_stays_where_it_is_has_the_path_of_its_stage():
    rng = np.random.default_rng(3)
    stage = rng.normal(size=(2, 2, 3))
    plain = ng.logit_path(ng.NormalFormGame(stage))
    repeated = ng.logit_path(ng.StochasticGame(
        payoffs=[stage], transitions=[np.ones((2, 3, 1))], discount=[0.6, 0.6]))
    assert plain.reached and repeated.reached
    # values are 1/(1 − δ) times as large, gains from one deviation are not
    order = np.argsort(plain.noise)
    at = np.argmin(np.abs(repeated.noise - 1.0))
    for i in (0, 1):
        found = [np.interp(repeated.noise[at] / 0.4, plain.noise[order], plain.profile[i][order, k])
                 for k in range(plain.profile[i].shape[1])]
        assert found == pytest.approx(repeated.profile[i][at, 0, :len(found)].tolist(), abs=2e-2)


def test_what_has_no_noise_or_is_no_game_is_refused():
    with pytest.raises(ng.InputError, match="needs ratification noise above 0"):
        ng.logit_path(ng.load("rubinstein"))
    with pytest.raises(ng.InputError, match="must be a Game, a NormalFormGame or a StochasticGame"):
        ng.logit_path(3)
