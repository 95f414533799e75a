"""Ratification under noise: terms, consents, and branches to zero noise."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from test_certificate import LIMIT_RULE, LONE_MIX

from negotiation.equilibrium import logit
from negotiation.equilibrium.component import Components
from negotiation.equilibrium.problem import gather
from negotiation.equilibrium.solve import solve
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
