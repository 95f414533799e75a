"""Regimes made exact in loops: closed forms, the general engine's equilibria, other names and
units. The loops run as they stand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from random_games import open_state, problem_of

import negotiation as ng
from negotiation.equilibrium import ends, joint, logit
from negotiation.equilibrium.component import Components
from negotiation.equilibrium.cyclic import noise_of, selected
from negotiation.equilibrium.nodes import MADE, MIX, binding, jointly
from negotiation.equilibrium.problem import Problems, surplus, worth
from negotiation.equilibrium.state import solve_states
from negotiation.kernels import compiled, exact_loops


def problem(seed: int, moves: int, actors: int, issues: int) -> Problems:
    return problem_of(open_state(seed, moves, actors, 2, issues))


def sharpened(problems: Problems, label: np.ndarray, value: np.ndarray, consent: np.ndarray,
              terms: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """V (P, n), consents (P, M), terms (P, M, J) and whether they are exact (P,)."""
    (size, moves, n), issues = problems.reward.shape, problems.value.shape[2]
    found = value.copy(), consent.copy(), terms.copy(), np.zeros(size, dtype=bool)
    exact_loops.sharpen_rows(
        (problems.discount, problems.flow, problems.scale, problems.rate, problems.reward,
         problems.member, problems.weights, problems.value, problems.curvature, label), found,
        exact_loops.make_room(moves, n, issues))
    return found


def two_actors(pays: list[list[float]], table: list[list[float]]) -> Problems:
    """Moves of rate 1 that two actors (discount 0.5, 0 while they wait) make together, one linear
    issue each: what they get without it, and what it pays."""
    moves = len(pays)
    yes = np.ones((1, moves, 2), dtype=bool)
    value = np.array(table)[None, :, None, :]
    return Problems(np.full((1, 2), 0.5), np.zeros((1, 2)), np.ones((1, 2)), np.ones((1, moves)),
                    np.ones((1, moves), dtype=bool), np.zeros((1, moves), dtype=np.int64),
                    np.array(pays)[None], yes, ~yes, np.ones((1, moves, 2)),
                    np.zeros((1, moves, 2)), value, np.zeros(value.shape))


def test_a_made_bargain_splits_the_cake() -> None:
    """Gains are (2/3)·(x, 1 − x): their product is largest in the middle; V = x/(0.5 + 1)."""
    value, _, terms, good = sharpened(
        two_actors([[0.0, 1.0]], [[1.0, -1.0]]), np.array([[MADE]]), np.full((1, 2), 0.33),
        np.ones((1, 1)), np.full((1, 1, 1), 0.48))
    assert good[0]
    assert terms[0, 0, 0] == pytest.approx(0.5, abs=1e-12)
    assert value[0] == pytest.approx([1 / 3, 1 / 3], abs=1e-12)


def test_a_mix_pins_the_terms_of_the_one_it_leaves_without_gain() -> None:
    """DESIGN, appendix, 1: α_A = 0.4, α_B = 0.1, x = 1, V = (1, 1.2, 2)."""
    game = ng.from_dict({
        "format": "negotiation/1", "title": "One state",
        "actors": {name: {"discount_rate": 0.1} for name in "abc"},
        "fronts": {"talks": {"statuses": ["open", "end_a", "end_b"],
                             "flow": {"open": {"a": 0.2}}}},
        "moves": {
            "a": {"front": "talks", "from": "open", "to": "end_a", "rate": 1.0, "by": ["a", "c"],
                  "payoff": {"a": 1.0, "b": -0.5, "c": 2.0},
                  "issues": {"x": {"value": {"b": 2.0, "c": 1.0}}}},
            "b": {"front": "talks", "from": "open", "to": "end_b", "rate": 1.0, "by": ["b"],
                  "payoff": {"b": 1.2}}}})
    problems = problem_of(game)
    label = np.array([[MIX + 1, MIX + 2]])
    value, consent, terms, good = sharpened(problems, label, np.array([[1.001, 1.199, 2.0]]),
                                            np.array([[0.41, 0.09]]), np.full((1, 2, 1), 0.99))
    assert good[0]
    assert value[0] == pytest.approx([1.0, 1.2, 2.0], abs=1e-12)
    assert consent[0] == pytest.approx([0.4, 0.1], abs=1e-12)
    assert terms[0, 0, 0] == pytest.approx(1.0, abs=1e-12)


def test_a_bargain_without_gain_and_a_start_far_away_are_refused() -> None:
    start = np.full((1, 2), 1 / 3), np.ones((1, 1)), np.full((1, 1, 1), 0.5)
    made = np.array([[MADE]])
    assert not sharpened(two_actors([[-1.0, 0.5]], [[1.0, -1.0]]), made, *start)[3][0]
    assert not sharpened(two_actors([[0.0, 1.2]], [[1.0, -1.0]]), made, *start)[3][0]
    assert sharpened(two_actors([[0.0, 1.02]], [[1.0, -1.0]]), made, *start)[3][0]


#: states whose branch ends in a mix that holds several members; one; none: moves, actors, issues
SEVERAL = [(103, 3, 3, 2), (149, 3, 3, 2), (149, 4, 3, 1), (94, 4, 4, 2), (169, 4, 4, 2)]
ONE = [(10, 3, 3, 2), (46, 3, 3, 2), (13, 4, 4, 2)]
NONE = [(0, 3, 3, 2), (1, 4, 4, 2), (2, 3, 3, 2)]


def end(seed: int, moves: int, actors: int, issues: int) -> tuple[Components, np.ndarray, Any]:
    components = Components.alone(problem(seed, moves, actors, issues))
    noise = noise_of(components)
    path = logit.follow(components, noise, ends.QUIET)
    return components, ends.regime(components, noise, path), path


@pytest.mark.parametrize("case", [*SEVERAL[:3], *(pytest.param(
    case, marks=pytest.mark.long) for case in SEVERAL[3:]), *ONE, *NONE], ids=str)
def test_ends_of_branches_become_equilibria(case: tuple[int, int, int, int]) -> None:
    """As Newton's method with a program at each step makes them; and by their definition."""
    components, label, path = end(*case)
    problems = components.states
    n = problems.flow.shape[1]
    assert jointly(label, n).any() == (case in SEVERAL)
    assert (label >= MIX).any() == (case not in NONE)
    value, consent, terms, good = sharpened(problems, label, path.value[:, 0], path.consent,
                                            path.terms)
    assert good[0]
    slow = joint.newton(components, label, path.value, path.consent, path.terms)
    assert slow.good[0]
    assert value == pytest.approx(slow.value, abs=1e-10)
    assert consent == pytest.approx(slow.consent, abs=1e-8)
    assert terms == pytest.approx(slow.terms[:, :, 0], abs=1e-8)
    gain = problems.reward + worth(problems, terms) - value[:, None]
    right = problems.flow + ((problems.rate * consent)[..., None] * gain).sum(axis=1)
    assert problems.discount * value == pytest.approx(right, abs=1e-11)
    for m in np.flatnonzero(label[0] >= MIX):
        assert surplus(problems, (np.array([0]), np.array([m])), value) == pytest.approx(
            0.0, abs=1e-9)
        assert gain[0, m][problems.member[0, m]].min() == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("case", [SEVERAL[0], ONE[0]], ids=str)
def test_other_units_and_another_order_of_actors_change_nothing(
        case: tuple[int, int, int, int]) -> None:
    components, label, path = end(*case)
    problems = components.states
    n = problems.flow.shape[1]
    value, consent, terms, _ = sharpened(problems, label, path.value[:, 0], path.consent,
                                         path.terms)
    unit, order = np.array([3.0, *(1.0,) * (n - 1)]), np.arange(n)[::-1]
    parts = {name: (getattr(problems, name) * unit)[..., order] for name in (
        "flow", "scale", "reward", "value", "curvature")}
    parts |= {name: getattr(problems, name)[..., order] for name in (
        "discount", "member", "forced", "weights", "noise")}
    held = binding(label, n)[..., order]
    other = np.where(label >= MIX, MIX + (held * (1 << np.arange(n))).sum(axis=2), label)
    again = sharpened(replace(problems, **parts), other, (path.value[:, 0] * unit)[:, order],
                      path.consent, path.terms)
    assert again[3][0]
    assert again[0] == pytest.approx((value * unit)[:, order], abs=1e-10)
    assert again[1] == pytest.approx(consent, abs=1e-9)
    assert again[2] == pytest.approx(terms, abs=1e-9)


def test_a_branch_leads_to_one_of_the_list_or_to_none() -> None:
    """Three equilibria of one state: its branch is told from the others; from none without it."""
    components = Components.alone(problem_of(open_state(1, 5, 3, 2)))
    listed = solve_states(components.states, "consent")
    noise = noise_of(components)
    path = logit.follow(components, noise, ends.QUIET)
    row = int(ends.recognised(components, noise, path, listed)[0])
    assert len(listed.owner) > 1 and row >= 0
    right = selected(components, "consent")
    assert listed.value[row] == pytest.approx(right.value[0], abs=1e-9)
    others = listed.keep(np.arange(len(listed.owner)) != row)
    assert ends.recognised(components, noise, path, others)[0] == -1
    twice = listed.rows(np.array([row, row]))
    assert ends.recognised(components, noise, path, twice)[0] == -1


def test_compiled_and_as_they_stand_loops_agree() -> None:
    kernel = compiled.compiled("exact_loops", "sharpen_rows", large=True)
    if kernel is None:
        pytest.skip("numba is not installed")
    for case in (SEVERAL[0], ONE[0], NONE[0]):
        components, label, path = end(*case)
        plain = sharpened(components.states, label, path.value[:, 0], path.consent, path.terms)
        found = ends._by_loops(components, label, path)
        assert found.good[0] and plain[3][0]
        assert found.value == pytest.approx(plain[0], abs=1e-12)
        assert found.consent == pytest.approx(plain[1], abs=1e-12)
