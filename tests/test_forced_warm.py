"""Forced terms followed from known ones: right where they say so, and their derivatives."""

from __future__ import annotations

import numpy as np
import pytest

from negotiation.kernels import bargain, forced, forced_warm


def bargains(seed, number_forced, size=200, issues=2, n=5, twins=False):
    rng = np.random.default_rng(seed)
    base = 0.3 + 0.4 * rng.normal(size=(size, n))
    value = rng.normal(size=(size, issues, n))
    curvature = np.abs(rng.normal(size=value.shape)) * 0.5 * (rng.random(value.shape) < 0.5)
    if number_forced > 1:  # some feel one issue only, so that one level of lifting leaves another
        value[:, 0, 1], curvature[:, 0, 1] = 0.0, 0.0
        value[:, 1:, 0], curvature[:, 1:, 0] = 0.0, 0.0
    compelled = np.zeros((size, n), dtype=bool)
    compelled[:, :number_forced] = True
    base[:, :number_forced] -= 0.8
    if twins:
        base[:, 1], value[..., 1], curvature[..., 1] = base[:, 0], value[..., 0], curvature[..., 0]
    return base, value, curvature, ~compelled, compelled


def exact(base, value, curvature, member, compelled):
    return forced.terms("nash", base, value, curvature, np.ones_like(base), member, compelled)


@pytest.mark.parametrize("number", [1, 2, 5])
def test_followed_terms_are_those_of_the_lexicographic_programs(number):
    base, value, curvature, member, compelled = bargains(number, number)
    known, _ = exact(base, value, curvature, member, compelled)
    rng = np.random.default_rng(7)
    moved = base + 1e-3 * rng.normal(size=base.shape)
    right, lifts = exact(moved, value, curvature, member, compelled)
    x, proved, _ = forced_warm.terms(moved, value, curvature, member, compelled, known.x, base)
    sure = proved & right.ok & known.ok
    assert np.abs(x - right.x)[sure].max() < 1e-9
    assert lifts[sure].all()
    # where the others leave room and somebody is lifted, most is followed
    room = bargain.max_min(moved, value, curvature, member).sigma > 0.01 if (
        member.any()) else np.ones(len(base), dtype=bool)
    assert proved[lifts & room].mean() > 0.5


@pytest.mark.parametrize("number", [1, 2, 5])
def test_derivatives_of_followed_terms_are_differences(number):
    base, value, curvature, member, compelled = bargains(10 + number, number)
    known, _ = exact(base, value, curvature, member, compelled)
    x, proved, slope = forced_warm.terms(base, value, curvature, member, compelled, known.x, base)
    assert proved.mean() > 0.25
    step = 1e-6
    for actor in range(base.shape[1]):
        moved = base.copy()
        moved[:, actor] += step
        after, still, _ = forced_warm.terms(moved, value, curvature, member, compelled, x, base)
        change = np.abs((after - x) / step - slope[..., actor])[proved & still]
        assert np.quantile(change, 0.99) < 1e-3


def test_actors_alike_do_not_stop_the_quick_way():
    base, value, curvature, member, compelled = bargains(3, 5, twins=True)
    known, _ = exact(base, value, curvature, member, compelled)
    moved = base + 1e-4
    right, _ = exact(moved, value, curvature, member, compelled)
    x, proved, _ = forced_warm.terms(moved, value, curvature, member, compelled, known.x, base)
    assert proved.mean() > 0.8
    assert np.abs(x - right.x)[proved & right.ok].max() < 1e-9


def test_a_forced_payer_pays_what_the_other_needs_and_no_more():
    """One lacks all it pays; the other needs 0.3 of it: x = 0.3, dx/dbase of the other = −1."""
    base = np.array([[-1.0, -0.3]])
    value = np.array([[[-1.0, 1.0]]])
    zero = np.zeros_like(value)
    x, proved, slope = forced_warm.terms(base, value, zero, np.array([[False, True]]),
                                         np.array([[True, False]]), np.array([[0.3]]), base)
    assert proved.all() and x[0, 0] == pytest.approx(0.3, abs=1e-14)
    assert slope[0, 0] == pytest.approx([0.0, -1.0])


def test_wrong_terms_are_not_taken_for_right_ones():
    base, value, curvature, member, compelled = bargains(5, 1)
    right, _ = exact(base, value, curvature, member, compelled)
    anywhere = np.random.default_rng(1).random(right.x.shape)
    for near in (None, base):
        x, proved, _ = forced_warm.terms(base, value, curvature, member, compelled, anywhere, near)
        assert np.abs(x - right.x)[proved & right.ok].max(initial=0.0) < 1e-9


def test_nobody_who_is_asked_and_moved_by_no_terms_may_lose():
    base = np.array([[-1.0, 0.5, -0.1]])
    value = np.array([[[1.0, -0.5, 0.0]]])
    zero = np.zeros_like(value)
    member = np.array([[False, True, True]])
    _, proved, _ = forced_warm.terms(base, value, zero, member, ~member, np.array([[1.0]]), base)
    assert not proved.any()
