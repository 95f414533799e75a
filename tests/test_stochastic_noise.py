"""Stochastic games under noise: the logit concept, and the equilibrium that is left without."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import brentq
from test_stochastic import cyclic, directional, relabelled

import negotiation as ng
from negotiation.equilibrium.result import Status
from negotiation.equilibrium.traversal import Ending
from negotiation.errors import InputError, UnknownNameError
from negotiation.stochastic import StochasticGame, solve
from negotiation.stochastic.certificate import REGRET_TOLERANCE, certify_logit
from negotiation.stochastic.leapfrogging import leapfrogging

Floats = NDArray[np.float64]
CHICKEN = [[[0, 7], [2, 6]], [[0, 2], [7, 6]]]
STAG = [[[9, 0], [8, 7]], [[9, 8], [0, 7]]]


def repeated(payoffs: object, delta: float = 0.9) -> StochasticGame:
    u = np.array(payoffs, dtype=float)
    return StochasticGame([u], [np.ones((*u.shape[1:], 1))], delta)


def logit(game: StochasticGame, noise: object) -> ng.StochasticEquilibrium:
    solution = ng.solve(game, concept="logit", noise=noise)
    assert solution.status is Status.BRANCH and not solution.complete
    (equilibrium,) = solution.equilibria
    return equilibrium


@pytest.mark.parametrize("noise", [0.8, 1.0, 3.0, 50.0])
def test_a_symmetric_game_has_the_fixed_point_of_one_equation(noise: float) -> None:
    """Chicken: the second action gains 2 − 3y against its chance y (McKelvey & Palfrey 1995)."""
    chance = brentq(lambda y: y - 1 / (1 + np.exp(-(2 - 3 * y) / noise)), 0.0, 1.0, xtol=1e-15)
    for mixed in logit(repeated(CHICKEN), noise).strategies[0]:
        assert mixed[1] == pytest.approx(chance, abs=1e-12)


MAKERS: list[Callable[[int], StochasticGame]] = [
    lambda k: cyclic(k, 4, 2, 3), lambda k: cyclic(k, 3, 3, 2), lambda k: directional(k, 6, 3, 3),
    lambda k: directional(k, 5, 2, 3), lambda k: directional(k, 4, 1, 3),
    lambda k: directional(k, 3, 4, 2)]


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("share", [0.02, 0.2, 5.0])
def test_random_games_have_a_certified_logit_solution(make: Callable[[int], StochasticGame],
                                                      seed: int, share: float) -> None:
    game = make(seed)
    equilibrium = logit(game, share * game.payoff_range)
    assert equilibrium.regret <= 1e-12
    for s, profile in enumerate(equilibrium.strategies):
        for i, mixed in enumerate(profile):
            future = game.payoffs[s][i] + game.discount[i] * (
                game.transitions[s] @ equilibrium.values[:, i])
            for j in reversed([j for j in range(len(profile)) if j != i]):
                future = np.tensordot(future, profile[j], axes=([j], [0]))
            weight = np.exp((future - future.max()) / (share * game.payoff_range[i]))
            assert mixed == pytest.approx(weight / weight.sum(), abs=1e-10)


def test_loud_noise_makes_everybody_mix_evenly_and_pays_nothing() -> None:
    game = cyclic(0, 3, 2, 2)
    equilibrium = logit(game, 1e9)
    assert all(p == pytest.approx([0.5, 0.5], abs=1e-8)
               for profile in equilibrium.strategies for p in profile)
    even = np.mean([u.reshape(2, -1) for u in game.payoffs], axis=2)
    move = np.mean([phi.reshape(4, -1) for phi in game.transitions], axis=1)
    assert equilibrium.values == pytest.approx(np.linalg.solve(np.eye(3) - 0.9 * move, even))


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("seed", range(4))
def test_the_selected_equilibrium_is_the_limit_of_logit_solutions(
        make: Callable[[int], StochasticGame], seed: int) -> None:
    """Each component's branch is followed on its own: the two need not agree at loud noise."""
    game = make(seed)
    solution = solve(game, equilibria="selected")
    assert solution.status is Status.SELECTED and not solution.complete
    (selected,) = solution.equilibria
    assert selected.regret <= REGRET_TOLERANCE
    before = np.inf
    for share in (1e-3, 1e-4, 1e-5):
        noisy = logit(game, share * game.payoff_range)
        gap = max(float(np.abs(p - q).max()) for a, b in zip(selected.strategies, noisy.strategies,
                                                             strict=True)
                  for p, q in zip(a, b, strict=True))
        assert gap < before or gap < 1e-9
        before = gap
    assert before < 0.02


def test_vanishing_noise_selects_the_risk_dominant_stag_hunt() -> None:
    """Turocy 2005, section 5: the branch of a 2×2 coordination game ends in the equilibrium whose
    actions are best replies to even mixing."""
    (selected,) = solve(repeated(STAG), equilibria="selected").equilibria
    assert selected.values[0] == pytest.approx([70.0, 70.0])


def test_the_proportions_of_the_noise_can_decide() -> None:
    """Battle of the sexes: at even mixing each leans to its own favourite; the
    noisier one yields."""
    game = repeated([[[2, 0], [0, 1]], [[1, 0], [0, 2]]])
    first, second = (solve(game, equilibria="selected", noise=noise).equilibria[0]
                     for noise in ([1.0, 5.0], [5.0, 1.0]))
    assert first.values[0] == pytest.approx([20.0, 10.0])
    assert second.values[0] == pytest.approx([10.0, 20.0])


def test_the_selected_equilibrium_of_leapfrogging_is_one_of_the_list() -> None:
    game = leapfrogging(3)
    selected = solve(game, equilibria="selected").equilibria[0]
    assert any(np.allclose(selected.values, e.values, atol=1e-7) for e in solve(game).equilibria)


@pytest.mark.parametrize("seed", range(4))
def test_units_and_names_do_not_matter(seed: int) -> None:
    game = directional(seed, 4, 2, 3)
    noise = np.array([0.3, 0.8])
    scale, shift = np.array([1e-3, 40.0]), np.array([5.0, -7.0])
    other = StochasticGame([u * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)
                            for u in game.payoffs], game.transitions, game.discount)
    one, two = logit(game, noise), logit(other, noise * scale)
    for a, b in zip(one.strategies, two.strategies, strict=True):
        assert all(np.allclose(p, q, atol=1e-10) for p, q in zip(a, b, strict=True))
    order, players = np.random.default_rng(seed).permutation(4), np.array([1, 0])
    three = logit(relabelled(game, order, players), noise[players])
    assert three.values == pytest.approx(one.values[order][:, players], abs=1e-9)


def test_the_certificate_of_a_logit_solution_sees_other_strategies() -> None:
    game = cyclic(0, 3, 2, 2)
    equilibrium = logit(game, 0.5)
    assert equilibrium.noise == pytest.approx([0.5, 0.5])
    even = [(np.full(2, 0.5),) * 2] * 3
    assert certify_logit(game, even, np.full(2, 0.5)).regret > 1e-3
    assert certify_logit(game, equilibrium.strategies, np.full(2, 0.4)).regret > 1e-3
    assert certify_logit(game, equilibrium.strategies, np.full(2, 0.5),
                         equilibrium.values + 1e-6).residual > 1e-7


@pytest.mark.parametrize(("options", "message"), [
    ({"concept": "logit"}, "needs the 'noise' parameter"),
    ({"concept": "logit", "noise": 0.0}, "must be a number above 0, or one per player (2). Got"),
    ({"concept": "logit", "noise": [1.0, 2.0, 3.0]}, "must be a number above 0, or one per player"),
    ({"concept": "logit", "noise": "loud"}, "Got 'loud' instead"),
    ({"concept": "logit", "noise": {"1": 1.0}}, "says nothing of the player '2'"),
    ({"concept": "lgit"}, "must be one of mpe, logit. Got 'lgit' instead. Did you mean 'logit'?"),
    ({"noise": 1.0}, "is for concept='logit' and for equilibria='selected'"),
])
def test_wrong_noise_is_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        solve(repeated(CHICKEN), **options)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_noise_can_be_given_by_name() -> None:
    game = StochasticGame([CHICKEN], [np.ones((2, 2, 1))], 0.9, players=["row", "column"])
    by_name = logit(game, {"column": 2.0, "row": 1.0})
    assert by_name.values == pytest.approx(logit(game, [1.0, 2.0]).values)
    with pytest.raises(UnknownNameError, match="did you mean 'column'"):
        solve(game, concept="logit", noise={"row": 1.0, "colum": 1.0})


# --- limits -------------------------------------------------------------------------------------

def test_what_a_component_had_given_before_the_time_was_over_is_listed() -> None:
    game = cyclic(1, 12, 2, 2)
    ticks = iter(range(10**9))
    solution = solve(game, starts=10_000, progress=lambda done, size: next(ticks) > 2)
    assert solution.status is Ending.INTERRUPTED and not solution.complete
    assert solution.equilibria and solution.equilibria[0].regret <= REGRET_TOLERANCE
    assert "was ended before it was through" in str(solution.incomplete_because)


def test_the_list_goes_on_after_the_time_limit_of_the_solve() -> None:
    solution = solve(leapfrogging(5), cap=5, time_limit=0.5)
    assert solution.status is Ending.TIME
    listed = list(itertools.islice(solution.iterate(), 2000))
    assert len({e.values.tobytes() for e in listed}) > 1000
