"""The axioms that characterise bargaining solutions, on problems that Hypothesis draws."""

from __future__ import annotations

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from negotiation.bargaining import BargainingProblem

EQUALISERS = ("egalitarian", "kalai-smorodinsky", "equal-loss")
METHODS = ("nash", "utilitarian", *EQUALISERS)
NEAR = 1e-6
few = settings(max_examples=25, deadline=None)


def grid(low, high):
    """Numbers in steps of 1/8, so that ties and zeros are drawn as well."""
    return st.integers(8 * low, 8 * high).map(lambda k: k / 8)


@st.composite
def problems(draw, actors=(2, 4), issues=(1, 4), curved=True):
    """Problems with surplus: base 1/8 … 2, so that x = 0 already pays everybody."""
    n, j = draw(st.integers(*actors)), draw(st.integers(*issues))
    table = st.lists(st.lists(grid(-2, 2), min_size=n, max_size=n), min_size=j, max_size=j)
    bends = st.lists(st.lists(grid(0, 2), min_size=n, max_size=n), min_size=j, max_size=j)
    base = draw(st.lists(st.integers(1, 16).map(lambda k: k / 8), min_size=n, max_size=n))
    weights = draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=n, max_size=n))
    curvature = draw(bends) if curved else None
    return BargainingProblem(base, draw(table), curvature, weights)


def close(found, expected, tolerance=NEAR):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


def settled(problem, method):
    answer = problem.solve(method)
    assert answer.status.startswith("Converged")
    return answer.gains


@few
@given(problems(), st.sampled_from(METHODS))
def test_nobody_loses(problem, method):
    assert settled(problem, method).min() > -1e-9


@few
@given(problems(), st.sampled_from(METHODS), st.integers(0, 2**32 - 1))
def test_no_terms_are_better_for_everybody(problem, method, seed):
    gains = settled(problem, method)
    rng = np.random.default_rng(seed)
    terms = np.vstack([rng.random((500, len(problem.value))),
                       rng.integers(0, 2, (100, len(problem.value)))])
    assert not (problem.gains(terms) > gains + 1e-8).all(axis=1).any()
    # strictly: the most that all can rise above the solution together is nothing
    rest = BargainingProblem(problem.base - gains, problem.value, problem.curvature)
    assert rest.surplus() < 1e-9


@few
@given(problems(), st.sampled_from([1e-3, 0.5, 7.0, 1e4]),
       st.sampled_from(["nash", "kalai-smorodinsky"]))
def test_nash_and_kalai_smorodinsky_do_not_depend_on_an_actors_unit(problem, unit, method):
    scale = np.ones(len(problem.base))
    scale[0] = unit
    other = BargainingProblem(problem.base * scale, problem.value * scale,
                              problem.curvature * scale, problem.weights)
    close(settled(other, method) / scale, settled(problem, method))


@few
@given(problems(), st.sampled_from([1e-9, 1e-3, 1e9]), st.sampled_from(METHODS))
def test_no_solution_depends_on_a_common_unit(problem, unit, method):
    other = BargainingProblem(problem.base * unit, problem.value * unit, problem.curvature * unit,
                              problem.weights)
    close(settled(other, method) / unit, settled(problem, method))


@few
@given(problems(actors=(2, 2), issues=(1, 3)), st.sampled_from(["nash", *EQUALISERS]))
def test_equals_are_treated_equally(half, method):
    """Each issue comes with its mirror image, so the two actors are in the same position."""
    base = np.full(2, half.base[0])
    value = np.vstack([half.value, half.value[:, ::-1]])
    curvature = np.vstack([half.curvature, half.curvature[:, ::-1]])
    gains = settled(BargainingProblem(base, value, curvature), method)
    close(gains[0], gains[1])


@few
@given(problems(issues=(1, 3)), st.integers(0, 2), st.integers(0, 7), st.booleans())
def test_nash_ignores_alternatives_that_were_not_chosen(problem, issue, eighths, above):
    """Cutting the range of an issue where the solution is not leaves the solution in place."""
    answer = problem.solve("nash")
    j = issue % len(problem.value)
    x, share = answer.terms[j], eighths / 8
    low, high = (0.0, x + (1 - x) * share) if above else (x * share, 1.0)
    width = high - low
    assume(width > 1e-3)
    value, curvature = problem.value.copy(), problem.curvature.copy()
    base = problem.base + low * value[j] - 0.5 * low**2 * curvature[j]
    value[j] = width * (value[j] - low * curvature[j])
    curvature[j] *= width**2
    smaller = BargainingProblem(base, value, curvature, problem.weights)
    close(settled(smaller, "nash"), answer.gains)


@few
@given(problems(actors=(2, 2), curved=False), st.floats(0.1, 2.0))
def test_more_for_one_alone_does_not_harm_it_under_kalai_smorodinsky(problem, extra):
    """A further issue that only the first actor likes enlarges what it can have, and nothing else:
    the second's ideal may rise only through what the first can now afford to give up."""
    before = problem.solve("kalai-smorodinsky").gains
    ideal = problem.ideal()
    wider = BargainingProblem(problem.base, np.vstack([problem.value, [[extra, 0.0]]]),
                              None, problem.weights)
    assume(abs(wider.ideal()[1] - ideal[1]) < 1e-9)
    assert settled(wider, "kalai-smorodinsky")[0] >= before[0] - NEAR


@few
@given(problems(actors=(2, 2)), st.floats(0.1, 2.0), st.floats(0.1, 2.0))
def test_more_for_all_harms_nobody_under_egalitarian_terms(problem, first, second):
    before = settled(problem, "egalitarian")
    wider = BargainingProblem(
        problem.base, np.vstack([problem.value, [[first, second]]]),
        np.vstack([problem.curvature, np.zeros((1, 2))]), problem.weights)
    ratio = (before / problem.weights).min()
    assert (settled(wider, "egalitarian") / problem.weights).min() >= ratio - NEAR


@few
@given(problems(), st.randoms(use_true_random=False), st.sampled_from(METHODS))
def test_the_order_of_actors_and_of_issues_does_not_matter(problem, random, method):
    actors = random.sample(range(len(problem.base)), len(problem.base))
    issues = random.sample(range(len(problem.value)), len(problem.value))
    other = BargainingProblem(
        problem.base[actors], problem.value[issues][:, actors],
        problem.curvature[issues][:, actors], problem.weights[actors])
    one, two = problem.solve(method), other.solve(method)
    if method == "utilitarian":  # gains may tie; their weighted sum and the terms do not
        close(two.gains @ other.weights, one.gains @ problem.weights)
    else:
        close(two.gains, one.gains[actors])


@few
@given(problems(curved=False), st.integers(0, 3), st.sampled_from(["nash", *EQUALISERS]))
def test_splitting_a_linear_issue_into_halves_changes_no_gain(problem, issue, method):
    j = issue % len(problem.value)
    halves = np.vstack([np.delete(problem.value, j, axis=0), problem.value[j] / 2,
                        problem.value[j] / 2])
    split = BargainingProblem(problem.base, halves, None, problem.weights)
    close(settled(split, method), settled(problem, method))


@few
@given(problems())
def test_the_ideal_is_out_of_reach_of_every_solution(problem):
    ideal = problem.ideal()
    for method in METHODS:
        assert (settled(problem, method) <= ideal + NEAR).all()


@few
@given(problems())
def test_offers_give_each_proposer_its_ideal(problem):
    answer = problem.solve("offers")
    assert answer.status.startswith("Converged")
    close(np.diag(answer.proposals.gains), problem.ideal())
    assert answer.proposals.gains.min() > -1e-9
