"""Following solution curves: folds in closed form, turning curves, kinks."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.continuation import End, Steps, solve_at, trace


def cusp(x, t):
    """t + x − x³ = 0: folds at x = ±1/√3."""
    return np.array([t + x[0] - x[0] ** 3]), np.array([[1.0 - 3.0 * x[0] ** 2]]), np.array([1.0])


def test_the_folds_of_a_cubic_have_their_closed_form():
    start = solve_at(cusp, np.array([-1.5]), -2.0)
    branch = trace(cusp, start, -2.0, 2.0)
    assert branch.end is End.REACHED
    assert [p.kind for p in branch.special] == ["fold", "fold"]
    corner = 3.0**-0.5
    assert [p.x[0] for p in branch.special] == pytest.approx([-corner, corner], abs=1e-8)
    assert [p.t for p in branch.special] == pytest.approx(
        [corner - corner**3, corner**3 - corner], abs=1e-8)
    for x, t in zip(branch.x, branch.t, strict=True):
        assert abs(cusp(x, t)[0][0]) < 1e-10


def bratu(points: int):
    """u″ + t eᵘ = 0, u(0) = u(1) = 0, second differences."""
    h = 1.0 / (points + 1)
    main = (np.diag(np.full(points, -2.0)) + np.diag(np.ones(points - 1), 1)
            + np.diag(np.ones(points - 1), -1)) / h**2

    def system(x, t):
        e = np.exp(np.minimum(x, 50.0))
        scale = h**2
        return scale * (main @ x + t * e), scale * (main + np.diag(t * e)), scale * e
    return system


def test_the_fold_of_the_bratu_problem_is_where_the_literature_has_it():
    """λ* = 3.513830719 (Bratu 1914; second differences approach it like h²)."""
    folds = []
    for points in (31, 63):
        branch = trace(bratu(points), np.zeros(points), 0.0, 4.0, Steps(first=0.2, longest=2.0))
        assert branch.end is End.LEFT or branch.special
        folds.append(branch.special[0].t)
    extrapolated = (4.0 * folds[1] - folds[0]) / 3.0
    assert extrapolated == pytest.approx(3.513830719, abs=2e-5)


def test_a_branch_that_comes_back_says_so():
    """The circle x² + t² = 1 from the left end never reaches t = 2."""
    def circle(x, t):
        return np.array([x[0] ** 2 + t**2 - 1.0]), np.array([[2 * x[0]]]), np.array([2 * t])

    branch = trace(circle, np.array([0.6]), -0.8, 2.0)
    assert branch.end is End.LEFT
    assert branch.special[0].t == pytest.approx(1.0, abs=1e-8)


def test_kinks_do_not_stop_a_branch():
    """x = max(0, t) + t/2, written piecewise."""
    def kinked(x, t):
        slope = 1.5 if t > 0 else 0.5
        return np.array([x[0] - slope * t]), np.array([[1.0]]), np.array([-slope])

    branch = trace(kinked, np.array([-0.5]), -1.0, 1.0)
    assert branch.end is End.REACHED
    assert branch.last[0] == pytest.approx(1.5)
    assert not branch.special


def test_the_other_direction_is_the_same_curve():
    start = solve_at(cusp, np.array([1.5]), 2.0)
    branch = trace(cusp, start, 2.0, -2.0)
    assert branch.end is End.REACHED
    assert branch.last[0] == pytest.approx(solve_at(cusp, np.array([-1.5]), -2.0)[0], abs=1e-9)


def test_newton_gives_up_where_there_is_nothing():
    def nothing(x, t):
        return np.array([x[0] ** 2 + 1.0]), np.array([[2 * x[0]]]), np.array([0.0])

    assert solve_at(nothing, np.array([0.3]), 0.0) is None
