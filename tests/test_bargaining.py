"""Bargaining problems with known answers, and a cross-check by an unrelated optimiser."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog, minimize

import negotiation as ng
import negotiation.bargaining as nb
from negotiation.bargaining import SOLUTIONS, BargainingProblem
from negotiation.errors import InputError
from negotiation.kernels import bargain

CAKE = BargainingProblem([0, 1], [[1, -1]])


def close(found, expected, tolerance=1e-9):
    np.testing.assert_allclose(found, expected, rtol=0, atol=tolerance)


# ---- closed forms


@pytest.mark.parametrize("power, share", [((1, 1), 1 / 2), ((2, 1), 2 / 3), ((1, 9), 1 / 10)])
def test_a_cake_is_divided_by_weights_under_nash(power, share):
    cake = BargainingProblem([0, 1], [[1, -1]], weights=power)
    close(cake.solve("nash").gains, [share, 1 - share], 1e-13)


@pytest.mark.parametrize("method", ["kalai-smorodinsky", "egalitarian"])
def test_a_cake_is_divided_by_weights_where_shares_are_equalised(method):
    cake = BargainingProblem([0, 1], [[1, -1]], weights=[3, 1])
    close(cake.solve(method).gains, [0.75, 0.25])


def test_equal_loss_weighs_losses_so_power_costs():
    cake = BargainingProblem([0, 1], [[1, -1]], weights=[3, 1])  # losses 0.75 and 0.25
    close(cake.solve("equal-loss").gains, [0.25, 0.75])


def test_an_outside_option_shifts_nash_by_half_of_it():
    problem = BargainingProblem([-0.2, 1], [[1, -1]])  # x − 0.2 and 1 − x
    close(problem.solve("nash").terms, [0.6], 1e-13)


# Frontier g2 = 1 − g1² on [0, 1]: g1 = x, g2 = 1 − x². Nash maximises log x + log(1 − x²) at
# 1/√3; Kalai–Smorodinsky and egalitarian have x = 1 − x² (ideals 1, 1), the golden section; equal
# loss the same; the sum x + 1 − x² peaks at 1/2.
@pytest.mark.parametrize("method, x", [
    ("nash", 1 / np.sqrt(3)), ("kalai-smorodinsky", (np.sqrt(5) - 1) / 2),
    ("egalitarian", (np.sqrt(5) - 1) / 2), ("equal-loss", (np.sqrt(5) - 1) / 2),
    ("utilitarian", 0.5)])
def test_solutions_on_a_quadratic_frontier(method, x):
    answer = BargainingProblem([0, 1], [[1, 0]], [[0, 2]]).solve(method)
    close(answer.terms, [x])
    close(answer.gains, [x, 1 - x * x])


# Two actors, cake of 1 valued twice as much by the first: ideals (2, 1).
@pytest.mark.parametrize("method, gains", [
    ("nash", (1, 0.5)), ("kalai-smorodinsky", (1, 0.5)), ("egalitarian", (2 / 3, 2 / 3)),
    ("utilitarian", (2, 0)), ("equal-loss", (4 / 3, 1 / 3))])
def test_solutions_of_a_cake_that_one_values_twice_as_much(method, gains):
    answer = BargainingProblem([0, 1], [[2, -1]]).solve(method)
    close(answer.gains, gains)


def test_three_persons_share_a_cake_in_equal_parts():
    # Two transfers from the third, who starts with everything; the third keeps 1 − x1 − x2.
    problem = BargainingProblem([0, 0, 1], [[1, 0, -1], [0, 1, -1]])
    for method in ("nash", "kalai-smorodinsky", "egalitarian", "equal-loss"):
        close(problem.solve(method).gains, [1 / 3, 1 / 3, 1 / 3])
    close(problem.solve("offers").gains, [1 / 3, 1 / 3, 1 / 3])


def test_equal_loss_never_asks_for_a_loss_below_no_agreement():
    # g1 = 10x, g2 = 1 − x: equal losses 10 − 10x = x would be x = 10/11; with a third like the
    # second of ideal 0.05 they would push it below zero.
    problem = BargainingProblem([0, 1, 0.05], [[10, -1, -0.05]])
    gains = problem.solve("equal-loss").gains
    assert gains.min() >= -1e-12
    close(gains[0], 10 * (10 - 0) / 11, 1e-9)


def test_offers_give_the_proposer_all_and_the_mean_is_by_chance():
    answer = BargainingProblem([0, 1], [[1, -1]], weights=[3, 1]).solve("offers")
    close(answer.proposals.terms, [[1], [0]])
    close(answer.proposals.gains, [[1, 0], [0, 1]])
    close(answer.proposals.chance, [0.75, 0.25])
    close(answer.gains, [0.75, 0.25])
    close(answer.terms, [0.75])


@pytest.mark.parametrize("method", SOLUTIONS)
def test_an_issue_that_hurts_nobody_is_conceded_in_full(method):
    answer = BargainingProblem([0.5, 0.1], [[1, 2]]).solve(method)
    close(answer.terms, [1.0], 1e-12)


@pytest.mark.parametrize("method", SOLUTIONS)
def test_a_corner_solution_is_exactly_at_the_corner(method):
    # The issue costs the second more than it gives the first at any weights in play.
    answer = BargainingProblem([1, 0.2], [[-0.1, -1]]).solve(method)
    assert answer.terms.tolist() == [0.0]


@pytest.mark.parametrize("method", ["nash", "kalai-smorodinsky", "utilitarian", "equal-loss"])
def test_a_mediator_with_nothing_at_stake_changes_nothing(method):
    two = BargainingProblem([0, 1], [[1, 0]], [[0, 2]]).solve(method)
    three = BargainingProblem([0, 1, 0], [[1, 0, 0]], [[0, 2, 0]]).solve(method)
    assert three.surplus == 0.0
    close(three.terms, two.terms)


def test_without_issues_gains_are_what_they_are():
    answer = BargainingProblem([0.3, 0.4], []).solve("nash")
    assert answer.terms.shape == (0,)
    assert answer.gains.tolist() == [0.3, 0.4]
    assert answer.surplus == 0.3


# ---- the limit rule and the shift rule (DESIGN 2.1)


@pytest.mark.parametrize("method", [m for m in SOLUTIONS if m != "offers"])
def test_at_zero_surplus_the_member_without_gain_is_set_aside(method):
    # DESIGN, appendix, example 1: members 1 and 3, W = (1, −0.5, 2) + x (0, 2, 1), V = (1, 1.2, 2).
    weights, member = np.ones((1, 3)), np.array([[True, False, True]])
    solver = getattr(bargain, method.replace("-", "_"))
    answer = solver(np.array([[0, -1.7, 0]]), np.array([[[0.0, 2.0, 1.0]]]), np.zeros((1, 1, 3)),
                    weights, member)
    assert answer.x.tolist() == [[1.0]]
    assert answer.sigma.tolist() == [0.0]


def test_zero_surplus_is_the_limit_of_small_surpluses():
    # The first two can at best have 0 each, at x1 = x2; the third likes x3, and dislikes x1.
    value = np.array([[1.0, -1.0, -0.3], [-1.0, 1.0, 0.1], [0.0, 0.0, 2.0]])
    limit = BargainingProblem([0, 0, 1], value).solve("nash")
    assert limit.surplus == pytest.approx(0, abs=1e-15)
    near = BargainingProblem([1e-7, 1e-7, 1], value).solve("nash")
    close(limit.terms, [0, 0, 1], 1e-12)
    close(near.terms, limit.terms, 1e-6)


def test_nested_zero_surpluses_are_set_aside_one_after_the_other():
    # x1 is fixed at 0 by the first; then x2 at 0 by the second, who gains from x1; x3 is free.
    problem = BargainingProblem([0, 0, 0.5, 0.5], [[-1, 1, 1, 1], [0, -1, 1, 1], [0, 0, 1, -1]])
    answer = problem.solve("nash")
    assert answer.surplus == pytest.approx(0, abs=1e-15)
    close(answer.terms, [0, 0, 0], 1e-9)


def test_negative_surplus_shifts_every_gain_by_it():
    value, curvature, weights = [[1, 0.5, -0.2]], [[0.3, 1.5, 0.1]], [1, 2, 3]
    short = BargainingProblem([-1, 0.5, 1], value, curvature, weights)
    sigma = short.surplus()
    assert sigma < 0
    lifted = BargainingProblem(short.base - sigma, value, curvature, weights)
    close(short.solve("nash").terms, lifted.solve("nash").terms, 1e-12)
    assert "negative" in short.solve("nash").status


# ---- ties


@pytest.mark.parametrize("method", ["nash", "egalitarian", "kalai-smorodinsky", "equal-loss"])
def test_identical_issues_are_conceded_alike(method):
    one = BargainingProblem([0.2, 2], [[2, -2]]).solve(method).terms[0]
    two = BargainingProblem([0.2, 2], [[1, -1], [1, -1]]).solve(method).terms
    close(two, [one, one])


def test_terms_that_tie_have_least_norm():
    # All x with x1 + 2 x2 = 0.5 are Nash terms: the nearest to 0 is (0.1, 0.2).
    problem = BargainingProblem([0, 1], [[1, -1], [2, -2]])
    close(problem.solve("nash").terms, [0.1, 0.2])


def test_a_flat_sum_is_left_at_zero():
    close(CAKE.solve("utilitarian").terms, [0.0], 1e-12)
    close(BargainingProblem([0.2, 1], [[1, -1], [1, -1]]).solve("utilitarian").terms, [0, 0], 1e-12)


def test_issues_that_no_member_feels_stay_at_zero():
    value = np.array([[[1.0, -1.0, 0.5], [0.0, 0.0, 3.0], [0.0, 0.0, 0.0]]])
    member = np.array([[True, True, False]])
    base, weights = np.array([[0.0, 1.0, 0.0]]), np.ones((1, 3))
    for name in ("nash", "egalitarian", "kalai_smorodinsky", "utilitarian", "equal_loss"):
        x = getattr(bargain, name)(base, value, np.zeros_like(value), weights, member).x[0]
        assert x[1:].tolist() == [0.0, 0.0]


# ---- against an unrelated optimiser


def random_problem(rng):
    n, issues = int(rng.integers(2, 6)), int(rng.integers(1, 6))
    value = rng.normal(size=(issues, n))
    curved = rng.random((issues, n)) < rng.choice([0, 0.5, 1])
    curvature = rng.exponential(size=(issues, n)) * curved
    pad = rng.random(issues) < 0.15
    value[pad], curvature[pad] = 0.0, 0.0
    return BargainingProblem(rng.normal(size=n) + 0.4, value, curvature, rng.uniform(0.3, 3, n))


def epigraph(problem, objective, start, floor):
    """Maximise a level: variables (x, t), t ≤ objective rows, G ≥ floor, by SLSQP."""
    issues = len(problem.value)

    def gains(z):
        return problem.base + z[:issues] @ problem.value - 0.5 * z[:issues]**2 @ problem.curvature

    constraints = [{"type": "ineq", "fun": lambda z: objective(gains(z)) - z[issues]}]
    if floor is not None:
        constraints.append({"type": "ineq", "fun": lambda z: gains(z) - floor})
    bounds = [(0, 1)] * issues + [(None, None)]
    found = minimize(lambda z: -z[issues], np.append(start, objective(gains(start)).min()),
                     method="SLSQP", bounds=bounds, constraints=constraints,
                     options={"maxiter": 500, "ftol": 1e-14})
    return gains(found.x), found


@pytest.mark.parametrize("seed", range(120))
def test_surplus_and_solutions_match_a_general_optimiser(seed):
    problem = random_problem(np.random.default_rng(seed))
    start = np.full(len(problem.value), 0.5)
    least, found = epigraph(problem, lambda g: g, start, None)
    sigma = problem.surplus()
    assert sigma >= least.min() - 1e-9
    if found.success:
        close(sigma, least.min(), 1e-6)
    if sigma < 0.05:
        return
    x0 = bargain.max_min(*(a[None] for a in (problem.base, problem.value, problem.curvature)),
                         np.ones((1, len(problem.base)), bool)).x[0]
    w, ideal = problem.weights, problem.ideal()
    targets = {"nash": lambda g: (w @ np.log(np.maximum(g, 1e-12)))[None],
               "utilitarian": lambda g: (w @ g)[None],
               "egalitarian": lambda g: (g / w).min()[None],
               "kalai-smorodinsky": lambda g: (g / (w * ideal)).min()[None],
               "equal-loss": lambda g: ((g - ideal) / w).min()[None]}
    for method, score in targets.items():
        answer = problem.solve(method)
        gains = answer.gains
        assert answer.status.startswith("Converged"), method
        other, _ = epigraph(problem, score, x0, 0.0)
        if other.min() > -1e-9:
            assert score(gains)[0] >= score(other)[0] - 1e-6, method


@pytest.mark.parametrize("seed", range(60))
def test_ideal_gains_of_linear_problems_match_linear_programming(seed):
    rng = np.random.default_rng(1000 + seed)
    n, issues = int(rng.integers(2, 6)), int(rng.integers(1, 6))
    problem = BargainingProblem(rng.uniform(0.05, 1, n), rng.normal(size=(issues, n)))
    for i, best in enumerate(problem.ideal()):
        others = [k for k in range(n) if k != i]
        found = linprog(-problem.value[:, i], A_ub=-problem.value[:, others].T,
                        b_ub=problem.base[others], bounds=(0, 1))
        close(best, problem.base[i] - found.fun, 1e-8)


def dual_gap(base, value, curvature, weights, gains):
    """What Σ w log G can still gain at most, by concavity: max Σ (w/G) G over the box, less now."""
    theta = weights / gains
    slope = (value * theta[:, None]).sum(axis=2)
    bend = (curvature * theta[:, None]).sum(axis=2)
    best = np.where(bend > 0, np.clip(slope / np.where(bend > 0, bend, 1), 0, 1), slope > 0)
    top = (base * theta).sum(axis=1) + (best * slope - 0.5 * bend * best**2).sum(axis=1)
    return top - (theta * gains).sum(axis=1)


@pytest.mark.parametrize("share_curved", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("payoffs", [1.0, 1e-9, 1e9, None])
def test_nash_terms_of_a_batch_leave_nothing_to_gain(share_curved, payoffs):
    rng = np.random.default_rng(int(10 * share_curved) + 3)
    count, issues, n = 300, 4, 4
    value = rng.normal(size=(count, issues, n))
    curvature = rng.exponential(size=value.shape) * (rng.random(value.shape) < share_curved)
    base = rng.normal(size=(count, n)) + 0.5
    weights, member = rng.uniform(0.2, 3, (count, n)), np.ones((count, n), bool)
    unit = (10.0 ** rng.integers(-9, 10, (count, n)) if payoffs is None
            else np.full((count, n), payoffs))
    answer = bargain.nash(base * unit, value * unit[:, None], curvature * unit[:, None], weights,
                          member)
    rows = bargain.max_min(base, value, curvature, member).sigma > 1e-6
    assert rows.sum() > 50 and answer.ok[rows].all() and (answer.sigma[rows] > 0).all()
    gains = bargain.gains(base, value, curvature, answer.x)[rows]
    gap = dual_gap(base[rows], value[rows], curvature[rows], weights[rows], gains)
    assert gap.max() < 1e-10


def test_sensitivity_of_nash_terms_is_their_derivative():
    rng = np.random.default_rng(5)
    value, curvature = rng.normal(size=(40, 3, 3)), rng.exponential(size=(40, 3, 3))
    base, weights = rng.normal(size=(40, 3)) + 1.0, rng.uniform(0.5, 2, (40, 3))
    member = np.ones((40, 3), bool)
    member[:10, 2] = False
    answer = bargain.nash(base, value, curvature, weights, member)
    found = bargain.nash_sensitivity(base, value, curvature, weights, member, answer.x)
    rows, step = answer.sigma > 0.05, 1e-6
    edge = np.minimum(answer.x, 1 - answer.x)
    rows &= ((edge == 0) | (edge > 1e-3)).all(axis=1)
    assert rows.sum() > 15 and np.abs(found[rows]).max() > 0.1
    for i in range(3):
        moved = [bargain.nash(base + s * step * np.eye(3)[i], value, curvature, weights, member).x
                 for s in (1, -1)]
        close(found[rows, :, i], ((moved[0] - moved[1]) / (2 * step))[rows], 1e-5)


# ---- the frontier


def test_the_frontier_of_a_cake_is_the_line_in_even_steps():
    front = CAKE.frontier(5)
    close(front.gains, np.stack([np.linspace(0, 1, 5), np.linspace(1, 0, 5)], axis=1), 1e-8)


def test_the_frontier_of_two_is_evenly_spread_along_the_arc():
    front = BargainingProblem([0, 1], [[1, 0]], [[0, 2]]).frontier(50)
    close(front.gains[:, 1], 1 - front.gains[:, 0] ** 2, 1e-9)
    steps = np.hypot(*np.diff(front.gains, axis=0).T)
    assert len(steps) == 49 and steps.max() < 1.01 * steps.min()


def test_the_frontier_of_three_holds_no_point_that_another_beats():
    rng = np.random.default_rng(8)
    front = BargainingProblem(rng.uniform(0.5, 1, 3), rng.normal(size=(4, 3)),
                              rng.exponential(size=(4, 3))).frontier(60)
    assert len(front.gains) > 30 and front.gains.min() > -1e-9
    beats = (front.gains[:, None] > front.gains[None] + 1e-7).all(axis=2)
    assert not beats.any()


def test_no_frontier_where_somebody_always_loses():
    front = BargainingProblem([-1, -1], [[0.5, -0.5]]).frontier()
    assert front.terms.shape == (0, 1) and front.gains.shape == (0, 2)
    assert "negative" in front.status


# ---- input


@pytest.mark.parametrize("arguments, words", [
    (([], [[1, -1]]), "'base'"), (([[0, 1]], [[1, -1]]), "'base'"),
    (([0, 1], [[1, -1, 2]]), "'value'"), (([0, 1], [1, -1]), "'value'"),
    (([0, np.nan], [[1, -1]]), "'base'"), ((["a", 1], [[1, -1]]), "'base'"),
    (([0, 1], [[1, np.inf]]), "'value'"), (([0, 1], [[1, -1]], [[-1, 0]]), "'curvature'"),
    (([0, 1], [[1, -1]], [[1, 0, 0]]), "'curvature'"),
    (([0, 1], [[1, -1]], None, [1, 0]), "'weights'"),
    (([0, 1], [[1, -1]], None, [1, 1, 1]), "'weights'")])
def test_wrong_input_names_the_parameter(arguments, words):
    with pytest.raises(InputError, match=words):
        BargainingProblem(*arguments)


def test_an_unknown_method_is_answered_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'nash'"):
        CAKE.solve("nahs")


def test_terms_outside_the_box_are_refused():
    with pytest.raises(InputError, match=r"\[0, 1\]"):
        CAKE.gains([1.5])
    with pytest.raises(InputError, match="shape"):
        CAKE.gains([0.5, 0.5])


def test_what_a_problem_holds_cannot_be_changed():
    base = np.array([0.0, 1.0])
    problem = BargainingProblem(base, [[1, -1]])
    base[0] = 9.0
    assert problem.base[0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        problem.value[0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        problem.solve().terms[0] = 0.0


def test_every_solution_that_definitions_may_name_is_here():
    from negotiation.formats.build import SOLUTIONS as in_files
    assert set(nb.SOLUTIONS) == set(in_files)


# ---- where a bound holds a term by hardly a force ----------------------------------------------

@pytest.mark.parametrize("bound", [0.0, 1.0])
@pytest.mark.parametrize("beyond", [0.0, 1e-14, 1e-10, 1e-7, -1e-12, -1e-9, -1e-7])
def test_terms_next_to_a_bound_have_all_their_digits(bound: float, beyond: float) -> None:
    """One linear issue: the product is greatest where w₁v₁/G₁ + w₂v₂/G₂ = 0, clipped to [0, 1]."""
    rng = np.random.default_rng(5)
    best = bound + beyond
    for _ in range(20):
        value = np.array([rng.uniform(0.2, 1.0), -rng.uniform(0.1, 0.5)])
        weights = rng.uniform(0.5, 2.0, size=2)
        gain = rng.uniform(0.1, 1.0)
        other = -weights[1] * value[1] * gain / (weights[0] * value[0])
        base = np.array([gain, other]) - best * value
        answer = bargain.nash(base[None], value[None, None], np.zeros((1, 1, 2)), weights[None],
                              np.ones((1, 2), dtype=bool))
        assert answer.ok[0]
        assert answer.x[0, 0] == pytest.approx(min(max(best, 0.0), 1.0), abs=2e-12)


def test_ten_fronts_whose_numbers_put_terms_exactly_at_their_bounds() -> None:
    """Flows and values in round steps: many bargains are best served just where a term ends."""
    actors = ("north", "south", "east", "west")
    fronts = {f"f{k}": {"statuses": ["open", "settled"], "flow": {"settled": {
        a: 0.05 + 0.01 * ((k + j) % 4) for j, a in enumerate(actors)}}} for k in range(10)}
    moves = {f"settle{k}": {"front": f"f{k}", "from": "open", "to": "settled",
                            "by": [actors[k % 4], actors[(k + 1) % 4]], "rate": 0.18 + 0.03 * k}
             for k in range(10)}
    for k in range(3):
        moves[f"settle{k}"]["issues"] = {"share": {
            "value": {actors[k]: 0.5, actors[k + 1]: -0.2}}}
    game = ng.from_dict({
        "format": "negotiation/1", "title": "ten fronts",
        "actors": {a: {"discount_rate": 0.1} for a in actors}, "fronts": fronts, "moves": moves,
        "linkages": [{"name": f"l{k}", "when": {f"f{k}": "settled"},
                      "rate": {f"settle{(k + 1) % 10}": 1.5}} for k in range(10)]})
    solution = ng.solve(game, equilibria="one")
    assert solution.equilibria[0].regret <= 1e-9
