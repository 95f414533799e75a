"""Following solution curves: folds in closed form, turning curves, kinks."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from negotiation.continuation import (
    End,
    Steps,
    deflated,
    diagram,
    fold_curve,
    from_dict,
    go_on,
    load,
    save,
    solve_at,
    switch,
    to_dict,
    trace,
)
from negotiation.errors import InputError


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


# ---- events, branch points, deflation, files -----------------------------------------------------

def pitchfork(x, t):
    """t x − x³ = 0: x = 0, and x = ±√t from t = 0 on."""
    return (np.array([t * x[0] - x[0] ** 3]), np.array([[t - 3.0 * x[0] ** 2]]),
            np.array([x[0]]))


def transcritical(x, t):
    """x (t − x) = 0: the branches x = 0 and x = t cross at 0."""
    return np.array([x[0] * (t - x[0])]), np.array([[t - 2.0 * x[0]]]), np.array([x[0]])


def test_a_users_event_is_located():
    start = solve_at(cusp, np.array([-1.5]), -2.0)
    branch = trace(cusp, start, -2.0, 2.0, watch={"half": lambda x, t: x[0] - 0.5})
    half, = (p for p in branch.special if p.kind == "half")
    assert half.x[0] == pytest.approx(0.5, abs=1e-12)
    assert half.t == pytest.approx(0.5**3 - 0.5, abs=1e-12)
    assert branch.x[half.after, 0] < 0.5 < branch.x[half.after + 1, 0]


@pytest.mark.parametrize("system", [pitchfork, transcritical])
def test_a_branch_point_is_located_and_left_on_the_other_branch(system):
    branch = trace(system, np.array([0.0]), -1.0, 1.0, branching=True)
    assert branch.end is End.REACHED and np.abs(branch.x).max() < 1e-12
    point, = branch.special
    assert point.kind == "branch point" and point.t == pytest.approx(0.0, abs=1e-9)
    for x, t, _ in switch(system, branch, point):
        assert abs(x[0]) > 5e-4 and abs(system(x, t)[0][0]) < 1e-10


def test_a_diagram_follows_the_branches_of_a_pitchfork():
    found = diagram(pitchfork, np.array([0.0]), -1.0, 1.0)
    ends = sorted(float(branch.last[0]) for branch in found.branches)
    assert ends == pytest.approx([-1.0, 0.0, 1.0], abs=1e-9)
    assert sorted(found.solutions(0.25).ravel()) == pytest.approx([-0.5, 0.0, 0.5], abs=1e-2)


def coordination(a):
    """Log odds of the first action of both players of a symmetric 2×2 coordination game, at
    precision t: payoff 1 + a where both take the first action, 1 where both take the second."""
    def system(z, t):
        p = 1.0 / (1.0 + np.exp(-z[::-1]))
        gain = (2.0 + a) * p - 1.0
        slope = (2.0 + a) * p * (1.0 - p)
        return (z - t * gain, np.array([[1.0, -t * slope[0]], [-t * slope[1], 1.0]]), -gain)
    return system


def test_the_logit_pitchfork_of_a_symmetric_coordination_game_is_at_two():
    found = diagram(coordination(0.0), np.zeros(2), 0.0, 6.0, Steps(longest=0.2))
    points = [p for p in found.special if p.kind == "branch point"]
    assert points[0].t == pytest.approx(2.0, abs=1e-8)
    assert np.abs(points[0].x).max() < 1e-8
    ends = sorted(branch.last[0] for branch in found.branches if branch.t[-1] == 6.0)
    # z = λ tanh(z/2) at λ = 6
    top = brentq(lambda z: z - 6.0 * np.tanh(0.5 * z), 1.0, 6.0, xtol=1e-15)
    assert ends == pytest.approx([-top, 0.0, top], abs=1e-8)


@pytest.mark.parametrize("a", [0.05, 0.3, 1.0])
def test_the_logit_fold_of_a_coordination_game_has_its_closed_form(a):
    """λ(p) = log(p/(1 − p)) / ((2 + a)p − 1) on the branch p < 1/(2 + a); the fold is its least."""
    def speed(p):
        return ((2.0 + a) * p - 1.0) / (p * (1.0 - p)) - (2.0 + a) * np.log(p / (1.0 - p))

    p = brentq(speed, 1e-9, 1.0 / (2.0 + a) - 1e-6, xtol=1e-16)
    fold = np.log(p / (1.0 - p)) / ((2.0 + a) * p - 1.0)
    system, last = coordination(a), 2.0 * fold
    found = diagram(system, np.zeros(2), 0.0, last, Steps(longest=0.2), deflate=[last],
                    starts=[np.array([-5.0, -5.0])])
    principal = found.branches[0]
    assert principal.end is End.REACHED and not principal.special
    folds = [q for q in found.special if q.kind == "fold"]
    assert folds and folds[0].t == pytest.approx(fold, abs=1e-8)
    assert 1.0 / (1.0 + np.exp(-folds[0].x)) == pytest.approx([p, p], abs=1e-6)


def test_bratus_fold_on_fine_grids_approaches_its_published_place():
    """λ* = 3.513830719 (Bratu 1914); differences of second order, extrapolated twice."""
    folds = []
    for points in (15, 31, 63):
        branch = trace(bratu(points), np.zeros(points), 0.0, 4.0, Steps(first=0.2, longest=2.0))
        folds.append(branch.special[0].t)
    once = [(4.0 * b - a) / 3.0 for a, b in zip(folds[:-1], folds[1:], strict=True)]
    assert (16.0 * once[1] - once[0]) / 15.0 == pytest.approx(3.513830719, abs=1e-7)


def test_deflation_finds_the_branch_that_is_joined_to_no_other():
    """From one root of x³ − x = t Newton's method finds the other two."""
    def cubic(x, t):
        return cusp(x, -t)

    known = solve_at(cubic, np.array([1.2]), 0.1)
    roots = np.sort(np.roots([1.0, 0.0, -1.0, 0.1]).real)
    found = deflated(cubic, 0.1, [known], [np.array([1.2])])
    everything = sorted([float(known[0]), *(float(x[0]) for x in found)])
    assert everything == pytest.approx(roots.tolist(), abs=1e-9)


def test_a_branch_is_saved_loaded_and_gone_on_from(tmp_path):
    start = solve_at(cusp, np.array([-1.5]), -2.0)
    whole = trace(cusp, start, -2.0, 2.0)
    part = trace(cusp, start, -2.0, 2.0, Steps(most=5))
    assert part.end is End.STEPS
    file = tmp_path / "branches.json"
    save(file, [part, whole])
    again, same = load(file)
    assert np.array_equal(same.x, whole.x) and same.special[0].t == whole.special[0].t
    rest = go_on(cusp, again, 2.0, Steps())
    assert rest.end is End.REACHED
    assert rest.last == pytest.approx(whole.last, abs=1e-10)
    assert [p.t for p in rest.special] == pytest.approx([p.t for p in whole.special], abs=1e-9)
    assert all(rest.t[p.after] <= max(rest.t) for p in rest.special)


@pytest.mark.parametrize("change", [{"x": [1.0]}, {"end": "SOON"}, {"steps": {"pace": 1}}])
def test_a_record_that_is_no_branch_is_refused(change):
    start = solve_at(cusp, np.array([-1.5]), -2.0)
    record = to_dict(trace(cusp, start, -2.0, -1.0))
    assert from_dict(record).end is End.REACHED
    with pytest.raises(InputError, match="this is no branch"):
        from_dict({**record, **change})


def test_a_file_without_branches_is_refused(tmp_path):
    file = tmp_path / "branches.json"
    file.write_text("{}")
    with pytest.raises(InputError, match="expected a file with format"):
        load(file)


# ---- curves of folds --------------------------------------------------------------------------

def cusp_form(x, s, t):
    """s + t x − x³: folds at t = 3x², s = −2x³, a cusp at the origin."""
    return (np.array([s + t * x[0] - x[0] ** 3]), np.array([[t - 3 * x[0] ** 2]]),
            np.array([1.0]), np.array([x[0]]))


def test_the_fold_curve_of_the_cusp_form_and_its_cusp():
    curve, branch = fold_curve(cusp_form, np.array([0.6]), -0.4, 1.0, -1.0)
    assert branch is not None and branch.end is End.LEFT
    x = branch.x[:, 0]
    assert np.abs(branch.t - 3 * x**2).max() < 1e-10
    assert np.abs(branch.x[:, -1] + 2 * x**3).max() < 1e-10
    cusp, = [point for point in branch.special if point.kind == "cusp"]
    at, s, t = curve.place(cusp)
    assert abs(at[0]) < 1e-8 and abs(s) < 1e-8 and abs(t) < 1e-8


def test_the_pitchfork_of_a_symmetric_coordination_game_is_a_cusp_of_its_folds():
    """One diagonal cell pays 1 + a, the other 1: z = λ((2 + a)σ(z) − 1) has a cusp at a = 0,
    λ = 2, where the logit correspondence of the symmetric game has its pitchfork."""
    def logit(z, a, strength):
        share = 1.0 / (1.0 + np.exp(-z[0]))
        slope = share * (1.0 - share)
        return (np.array([z[0] - strength * ((2 + a) * share - 1.0)]),
                np.array([[1.0 - strength * (2 + a) * slope]]), np.array([-strength * share]),
                np.array([-((2 + a) * share - 1.0)]))

    curve, branch = fold_curve(logit, np.array([-1.0]), 0.1, 2.5, 1.5)
    assert branch is not None
    cusp, = [point for point in branch.special if point.kind == "cusp"]
    z, a, strength = curve.place(cusp)
    assert abs(z[0]) < 1e-8 and abs(a) < 1e-8 and abs(strength - 2.0) < 1e-8
