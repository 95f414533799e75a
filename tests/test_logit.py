"""Ratification under noise: terms, consents, and branches to zero noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_games import Shape, random_game
from scipy.optimize import brentq, minimize
from test_certificate import LIMIT_RULE, LONE_MIX

from negotiation.catalog import load
from negotiation.equilibrium import logit
from negotiation.equilibrium.certificate_logit import certify_logit
from negotiation.equilibrium.component import Components
from negotiation.equilibrium.problem import gather
from negotiation.equilibrium.result import Status
from negotiation.equilibrium.solve import solve
from negotiation.errors import InputError
from negotiation.formats.definition import from_dict
from negotiation.kernels import bargain
from negotiation.kernels import logit as kernel


def bargains(noise: float, size: int = 60, seed: int = 0) -> kernel.Bargains:
    rng = np.random.default_rng(seed)
    n, issues = 3, 3
    member = rng.random((size, n)) < 0.8
    member[:, 0] = True
    curvature = np.where(rng.random((size, issues, n)) < 0.5, rng.random((size, issues, n)), 0.0)
    return kernel.Bargains(rng.normal(size=(size, n)), 2.0 * rng.normal(size=(size, issues, n)),
                           curvature, rng.random((size, n)) + 0.5, member,
                           np.full((size, n), noise))


def objective(problem: kernel.Bargains, row: int, x: np.ndarray) -> float:
    """Σ w log(ς log(1 + e^{G/ς})), written out."""
    x = x[:, None]
    gain = problem.base[row] + (x * problem.value[row]
                                - 0.5 * x**2 * problem.curvature[row]).sum(axis=0)
    noise = problem.noise[row]
    soft = noise * np.logaddexp(0.0, gain / noise)
    inside = problem.member[row]
    return float((problem.weights[row] * np.log(soft))[inside].sum())


@pytest.mark.parametrize("noise", [10.0, 1.0, 0.1, 0.03])
def test_no_optimiser_finds_better_terms(noise):
    problem = bargains(noise)
    x, ok = kernel.terms(problem, np.full(problem.value.shape[:2], 0.5))
    assert ok.all()
    rng = np.random.default_rng(1)
    for row in range(0, 60, 4):
        mine = objective(problem, row, x[row])
        for start in (np.full(3, 0.5), rng.random(3)):
            best = minimize(lambda y, row=row: -objective(problem, row, y), start,
                            bounds=[(0, 1)] * 3, method="L-BFGS-B")
            assert mine >= -best.fun - 1e-9


def test_terms_approach_nash_as_noise_vanishes():
    quiet = bargains(1e-3)
    x, _ = kernel.terms(quiet, np.full(quiet.value.shape[:2], 0.5))
    nash = bargain.nash(*quiet[:5])
    gaining = nash.sigma > 0.05
    assert gaining.sum() > 5
    assert x[gaining] == pytest.approx(nash.x[gaining], abs=1e-6)


def test_the_derivative_of_terms_is_that_of_differences():
    problem = bargains(0.3)
    x, _ = kernel.terms(problem, np.full(problem.value.shape[:2], 0.5))
    slope = kernel.sensitivity(problem, x)
    step = 1e-6
    for i in range(3):
        base = problem.base.copy()
        base[:, i] += step
        moved, _ = kernel.terms(problem._replace(base=base), x)
        inside = ((x > 1e-3) & (x < 1 - 1e-3)).all(axis=1)
        assert ((moved - x) / step)[inside] == pytest.approx(slope[inside][:, :, i], abs=1e-4)


def test_consent_is_the_product_of_logistic_chances():
    gain, noise = np.array([[0.5, -1.0, 9.0]]), np.array([[0.5, 2.0, 1.0]])
    alpha, slope = kernel.consent(gain, noise, np.array([[True, True, False]]))
    chance = 1 / (1 + np.exp(-gain / noise))[0, :2]
    assert alpha[0] == pytest.approx(chance.prod())
    assert slope[0] == pytest.approx([*(chance.prod() * (1 - chance) / noise[0, :2]), 0.0])


def start_of(definition) -> tuple:
    solution = solve(from_dict(definition))
    lattice, best = solution.lattice, solution.equilibria[0]
    after = best.values[lattice.edge_target[list(lattice.edges(0))]][None]
    problems = gather(lattice, np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.int64), after)
    return solution, Components(problems, np.full(problems.present.shape, -1), 1)


@pytest.mark.parametrize("definition", [LIMIT_RULE, LONE_MIX])
def test_the_branch_ends_at_an_equilibrium(definition):
    solution, components = start_of(definition)
    path = logit.follow(components, np.ones(components.states.reward.shape), 1e-5)
    assert path.reached.all()
    apart = [np.abs(e.values[0] - path.value[0, 0]).max() for e in solution.equilibria]
    assert min(apart) < 1e-4


@pytest.mark.parametrize("definition", [LIMIT_RULE, LONE_MIX])
def test_the_jacobian_is_that_of_differences(definition):
    _, components = start_of(definition)
    n = components.states.discount.shape[1]
    noise = np.full(components.states.reward.shape, 0.3)
    value = np.random.default_rng(0).normal(size=(1, 1, n))
    here = logit.field(components, noise, value, np.full(components.states.value.shape[:3], 0.5))
    for i in range(n):
        moved, step = value.copy(), 1e-6
        moved[0, 0, i] += step * components.states.scale[0, i]
        there = logit.field(components, noise, moved, here.terms)
        assert (there.residual - here.residual)[0] / step == pytest.approx(
            here.jacobian[0, :, i], abs=1e-5)


# ---- the concept, from a definition ----------------------------------------------------------

def ratified(noise, rate: float = 0.8) -> dict:
    """One actor may leave a status that costs 1 per year for one that pays 0.2."""
    return {"format": "negotiation/1", "title": "one vote", "horizon": 5.0, "time_unit": "year",
            "noise": noise, "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.2}},
            "fronts": {"f": {"statuses": ["x", "y"],
                             "flow": {"x": {"a": -1.0}, "y": {"a": 0.2, "b": 1.0}}}},
            "moves": {"leave": {"front": "f", "from": "x", "to": "y", "by": ["a"], "rate": rate,
                                "payoff": {"a": -11.0}}}}


@pytest.mark.parametrize("noise", [0.05, 0.5, 5.0, 50.0])
def test_one_vote_solves_its_fixed_point(noise):
    """r V = f + λ Λ(G/ς) G with G = g + V′ − V."""
    def off(value: float) -> float:
        gain = -11.0 + 2.0 - value
        return 0.1 * value + 1.0 - 0.8 * gain / (1 + np.exp(-gain / noise))

    solution = solve(from_dict(ratified(noise)), concept="logit")
    equilibrium = solution.equilibria[0]
    value = brentq(off, -11.0, -1.0, xtol=1e-14)
    assert equilibrium.value("a") == pytest.approx(value, abs=1e-9)
    assert equilibrium.consent_to("leave") == pytest.approx(
        1 / (1 + np.exp((9.0 + value) / noise)), abs=1e-9)
    assert equilibrium.regret < 1e-9
    assert not solution.complete and solution.status is Status.BRANCH


def test_the_certificate_sees_a_wrong_consent():
    solution = solve(from_dict(ratified(0.5)), concept="logit")
    lattice, best = solution.lattice, solution.equilibria[0]
    claim = [lattice, np.array([0]), np.array([0]), best.values[:1],
             best.values[lattice.edge_target][None], best.consent[None],
             np.zeros((1, 1, 0))]
    assert certify_logit(*claim)[0] < 1e-9
    claim[5] = best.consent[None] + 1e-6
    assert certify_logit(*claim)[0] > 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_noise_selects_an_equilibrium_of_the_list(seed):
    game = random_game(seed, Shape(fronts=2, actors=3, coalition=2, issues=seed % 2))
    listed = solve(game)
    selected = solve(game, equilibria="selected")
    assert len(selected.equilibria) == 1 and selected.status is Status.SELECTED
    if listed.complete:
        mine = selected.equilibria[0]
        apart = [np.abs(e.values - mine.values).max() for e in listed.equilibria]
        assert min(apart) < 1e-7


def test_little_noise_is_close_to_the_selected_equilibrium():
    game = load("central")
    quiet = replace(game, noise=1e-4)
    under = solve(quiet, concept="logit").equilibria[0]
    selected = solve(quiet, equilibria="selected").equilibria[0]
    assert under.values == pytest.approx(selected.values, abs=2e-3)


def test_without_noise_the_message_says_where_it_is_missing():
    with pytest.raises(InputError, match="move 'divide' has none for first, second"):
        solve(load("rubinstein"), concept="logit")
    with pytest.raises(InputError, match="did you mean 'logit'|Did you mean 'logit'"):
        solve(load("rubinstein"), concept="logits")


def test_bundled_cases_solve_under_their_noise():
    for name in ("central", "arctic-baltic", "black-sea"):
        solution = solve(load(name), concept="logit")
        assert solution.equilibria[0].regret < 1e-9
        assert not solution.equilibria[0].pure
