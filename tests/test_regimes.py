"""Open states in loops, as draws of a likelihood are solved; the loops run as they stand."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from random_games import open_state, problem_of

import negotiation as ng
from negotiation.equilibrium.certificate_duality import Bargains, surplus_bound
from negotiation.equilibrium.regimes import MIXED, listed, quick_states
from negotiation.equilibrium.state import solve_states
from negotiation.kernels import bargain, compiled, consent_search, duality_loops
from negotiation.kernels.regime_loops import LEFT, PROVED


@pytest.fixture(autouse=True)
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every kernel without a compiler: slow, and the same."""
    def plain(module: str, name: str, large: bool = False) -> Callable[..., Any]:
        kernel: Callable[..., Any] = getattr(
            importlib.import_module(f"negotiation.kernels.{module}"), name)
        return kernel

    monkeypatch.setattr(compiled, "available", lambda: True)
    monkeypatch.setattr(compiled, "compiled", plain)


def state(moves: dict[str, dict[str, Any]], flow: dict[str, float]) -> ng.Game:
    names = ("a", "b", "c")
    return ng.from_dict({
        "format": "negotiation/1", "title": "One state",
        "actors": {name: {"discount_rate": 0.1} for name in names},
        "fronts": {"talks": {"statuses": ["open", *(f"end_{m}" for m in moves)],
                             "flow": {"open": flow}}},
        "moves": {m: {"front": "talks", "from": "open", "to": f"end_{m}", "rate": 1.0, **what}
                  for m, what in moves.items()},
        "outcomes": {"first": {"when": {"talks": f"end_{next(iter(moves))}"}}}})


def test_fixed_payoffs_are_listed_as_the_general_engine_lists_them() -> None:
    several = 0
    for k in range(60):
        problems = problem_of(open_state(k, 5, 3, 2))
        loops = listed(problems)
        assert loops is not None
        found, known = loops
        right = solve_states(problems, "consent")
        if known[0] == LEFT:
            continue
        assert known[0] == PROVED and not right.doubt
        assert len(found.owner) == len(right.owner)
        several += len(found.owner) > 1
        for value, consent, index in zip(right.value, right.consent, right.index, strict=True):
            at = np.abs(found.value - value).max(axis=1).argmin()
            assert found.value[at] == pytest.approx(value, abs=1e-9)
            assert found.consent[at] == pytest.approx(consent, abs=1e-9)
            assert found.index[at] == index
    assert several > 3


@pytest.mark.parametrize("seed", [
    *range(4), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(4, 8))])
def test_bargained_states_have_an_equilibrium_that_the_general_engine_knows(seed: int) -> None:
    for k in range(8 * seed, 8 * seed + 8):
        problems = problem_of(open_state(k, 3, 3, 2, 2))
        found = quick_states(problems, "consent")
        right = solve_states(problems, "consent")
        assert len(found.owner)
        for value in found.value:
            assert np.abs(right.value - value).max(axis=1).min() < 1e-7


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_no_regime_that_is_an_equilibrium_is_pruned(seed: int) -> None:
    """Bounds, known terms and consents found wrong on the way leave out no pure equilibrium."""
    compared = several = 0
    for k in range(40 * seed, 40 * seed + 40):
        problems = problem_of(open_state(k, 5, 3, 2, 2, curved=k % 2 == 0))
        found, known = listed(problems) or pytest.fail("no loops")
        right = solve_states(problems, "consent", boxes=300)
        if known[0] == LEFT or right.doubt:
            continue
        pure = np.isin(right.consent, (0.0, 1.0)).all(axis=1)
        compared, several = compared + 1, several + int(pure.sum() > 1)
        assert len(found.owner) == pure.sum()
        assert known[0] != PROVED or len(right.owner) == 1
        for value in right.value[pure]:
            assert np.abs(found.value - value).max(axis=1).min() < 1e-7
    assert compared > 10 and several


def test_mixes_that_no_consents_solve_are_no_tie() -> None:
    """A column without a pivot leaves the others to be solved, and the last row to contradict."""
    rows = {"none": [[0.0, 2.0, 1.0], [0.0, 4.0, 1.0]], "many": [[0.0, 2.0, 1.0], [0.0, 4.0, 2.0]],
            "one": [[0.0, 2.0, 1.0], [4.0, 0.0, 2.0]]}
    ends = {name: np.array(system) for name, system in rows.items()}
    assert {name: consent_search.eliminate(system, 2) for name, system in ends.items()} == {
        "none": 0, "many": 2, "one": -1}
    assert ends["one"][:, 2] == pytest.approx([0.5, 0.5])


def test_the_one_equilibrium_that_mixes_with_terms_at_their_limit() -> None:
    """DESIGN, appendix, 1: α_A = 0.4, α_B = 0.1, x = 1, V = (1, 1.2, 2)."""
    game = state({"a": {"by": ["a", "c"], "payoff": {"a": 1.0, "b": -0.5, "c": 2.0},
                        "issues": {"x": {"value": {"b": 2.0, "c": 1.0}}}},
                  "b": {"by": ["b"], "payoff": {"b": 1.2}}}, {"a": 0.2})
    found = quick_states(problem_of(game), "consent")
    assert list(found.owner) == [0]
    assert found.consent[0] == pytest.approx([0.4, 0.1], abs=1e-9)
    assert found.value[0] == pytest.approx([1.0, 1.2, 2.0], abs=1e-9)
    assert found.terms[0, 0, 0, 0] == pytest.approx(1.0, abs=1e-9)
    assert found.doubt == {0: MIXED}


def test_alike_moves_that_mix_together_are_made_in_shares() -> None:
    """Two moves alike in all leave only the sum of their consents determined: 0.4 / 1."""
    alike = {"by": ["a", "c"], "payoff": {"a": 1.0, "b": -0.5, "c": 2.0},
             "issues": {"x": {"value": {"b": 2.0, "c": 1.0}}}, "rate": 0.5}
    game = state({"a": alike, "again": alike, "b": {"by": ["b"], "payoff": {"b": 1.2}}},
                 {"a": 0.2})
    found = quick_states(problem_of(game), "consent")
    assert len(found.owner)
    assert found.value[0] == pytest.approx([1.0, 1.2, 2.0], abs=1e-8)
    assert 0.5 * found.consent[0, :2].sum() == pytest.approx(0.4, abs=1e-8)


def bargains(rng: np.random.Generator, size: int, n: int, issues: int) -> Bargains:
    member = rng.random((size, n)) < 0.8
    member[:, :2] = True
    return Bargains(
        base=rng.normal(0.0, 0.4, (size, n)), slope=rng.normal(0.0, 0.5, (size, issues, n)),
        curvature=np.abs(rng.normal(0.0, 0.3, (size, issues, n))), weights=np.ones((size, n)),
        member=member, terms=np.zeros((size, issues)), scale=np.ones((size, n)), proposals=None,
        solution=np.array(["nash"] * size))


def test_bounds_of_what_can_be_gained_lie_above_everything_a_grid_finds() -> None:
    b = bargains(np.random.default_rng(5), 60, 4, 2)
    bound = np.empty(60)
    duality_loops.bound_rows(b.base, b.slope, b.curvature, b.member, np.full(60, -np.inf), bound,
                             np.empty((3, 4)))
    at = np.linspace(0.0, 1.0, 201)
    x = np.stack(np.meshgrid(at, at, indexing="ij"), axis=-1).reshape(-1, 2)
    tight = 0
    for k in range(60):
        gain = b.base[k] + x @ b.slope[k] - 0.5 * x**2 @ b.curvature[k]
        most = gain[:, b.member[k]].min(axis=1).max()
        assert bound[k] >= most - 1e-12
        tight += bound[k] - most < 0.01
    assert tight > 50
    order = np.array([3, 1, 0, 2])
    turned = np.empty(60)
    duality_loops.bound_rows(b.base[:, order], b.slope[..., order], b.curvature[..., order],
                             b.member[:, order], np.full(60, -np.inf), turned,
                             np.empty((3, 4)))
    assert np.abs(turned - bound).max() < 0.05


def test_the_bound_of_a_surplus_is_the_surplus() -> None:
    """Weak duality at the best weights (strong duality): both sides, computed apart, agree."""
    b = bargains(np.random.default_rng(7), 40, 5, 3)
    most = bargain.max_min(b.base, b.slope, b.curvature, b.member)
    assert np.abs(surplus_bound(b, -np.inf) - most.sigma).max() < 1e-9


def test_shares_of_a_surplus_are_its_slopes() -> None:
    """A cake of two: halves. Elsewhere the slope of σ in each base, by differences."""
    cake = bargain.max_min(np.array([[0.0, 1.0]]), np.array([[[1.0, -1.0]]]), np.zeros((1, 1, 2)),
                           np.ones((1, 2), dtype=bool))
    assert cake.share[0] == pytest.approx([0.5, 0.5])
    b, step = bargains(np.random.default_rng(8), 40, 4, 2), 1e-6
    here = bargain.max_min(b.base, b.slope, b.curvature, b.member)
    assert here.share.sum(axis=1) == pytest.approx(1.0)
    for i in range(4):
        move = step * np.eye(4)[i]
        up, down = (bargain.max_min(b.base + sign * move, b.slope, b.curvature, b.member).sigma
                    for sign in (1.0, -1.0))
        assert ((up - here.sigma) / step <= here.share[:, i] + 1e-4).all()
        assert ((here.sigma - down) / step >= here.share[:, i] - 1e-4).all()


def test_a_bound_that_is_low_enough_is_not_lowered_further() -> None:
    b = bargains(np.random.default_rng(6), 40, 3, 2)
    exact, rough = surplus_bound(b), surplus_bound(b, 0.2)
    assert (rough >= np.maximum(exact, 0.0) - 1e-9)[exact > 0].all()
    assert (np.abs(rough - exact) < 1e-7)[exact > 0.2].all()
    assert (rough <= 0.2 + 1e-12)[exact < 0.2 - 1e-9].all()


def test_terms_of_a_bargain_with_next_to_no_surplus() -> None:
    """All three gain about a millionth of what is at stake; Σ w v/G vanishes for both issues."""
    base = np.array([[0.106036077079, -0.822726088816, 0.656510615035]])
    value = np.array([[[-0.124655241519, 0.995398724079, -0.617212760076],
                       [0.0, -0.468388927355, 0.677149090916]]])
    curvature = np.array([[[0.0, 0.0, 0.4569955796], [0.0, 0.4569955796, 0.0]]])
    weights = np.array([[0.941990015656, 1.0, 1.0]])
    found = bargain.nash(base, value, curvature, weights, np.ones((1, 3), dtype=bool))
    assert found.ok[0]
    gain = bargain.gains(base, value, curvature, found.x)
    assert (gain > 1e-6).all() and (gain < 1e-5).all()
    slope = value - curvature * found.x[..., None]
    pull = weights[:, None] * slope / gain[:, None]
    assert np.abs(pull.sum(axis=2)).max() < 1e-7 * np.abs(pull).max()
