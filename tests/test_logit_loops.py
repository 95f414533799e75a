"""Logit branches of single states in loops: closed form, the ladder's answers, jumps and folds."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import open_state, problem_of
from scipy.optimize import brentq

from negotiation.equilibrium import ends, joint, logit
from negotiation.equilibrium.component import Components
from negotiation.equilibrium.cyclic import noise_of
from negotiation.equilibrium.points import verify
from negotiation.equilibrium.problem import Problems
from negotiation.kernels import compiled, logit_loops


def problem(seed: int, moves: int = 3, actors: int = 3, issues: int = 2) -> Problems:
    """The one open state of a random game; what follows it is never left."""
    return problem_of(open_state(seed, moves, actors, 2, issues))


def ranges(problems: Problems) -> np.ndarray:
    scale = np.broadcast_to(problems.scale[:, None, :], problems.noise.shape)
    return np.where(problems.party, scale, 1.0)


def in_loops(problems: Problems, until: float, noise: np.ndarray | None = None):
    """V (P, n), terms, consents and ends of the branches, by the loops as they stand."""
    (size, moves, n), issues = problems.reward.shape, problems.value.shape[2]
    found = (np.zeros((size, n)), np.zeros((size, moves, issues)), np.zeros((size, moves)),
             np.zeros(size, dtype=np.int64))
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member, problems.weights, problems.value,
             problems.curvature, ranges(problems) if noise is None else noise)
    logit_loops.follow_rows(given, np.full(size, np.log(100.0)), np.log(until), found,
                            logit_loops.make_room(moves, n, issues))
    return found


def one_move(pays: float) -> Problems:
    """One actor can settle for ``pays`` at rate 2; it discounts at 0.5."""
    one = np.ones((1, 1))
    yes, none = np.ones((1, 1, 1), dtype=bool), np.zeros((1, 1, 1, 1))
    return Problems(0.5 * one, 0.0 * one, one, 2.0 * one, one > 0, np.zeros((1, 1), dtype=np.int64),
                    np.full((1, 1, 1), pays), yes, ~yes, np.ones((1, 1, 1)), np.zeros((1, 1, 1)),
                    none, none)


@pytest.mark.parametrize("pays", [1.0, 0.3, -0.5])
@pytest.mark.parametrize("noise", [1.0, 0.1, 1e-3])
def test_one_move_solves_its_equation(pays: float, noise: float) -> None:
    def wrong(a: float) -> float:
        gain = pays - 2.0 * a * pays / (0.5 + 2.0 * a)
        return a - 1.0 / (1.0 + np.exp(np.clip(-gain / noise, -700.0, 700.0)))

    exact = brentq(wrong, 0.0, 1.0, xtol=1e-15)
    value, _, consent, ended = in_loops(one_move(pays), noise)
    assert ended[0] == logit_loops.REACHED
    assert consent[0, 0] == pytest.approx(exact, abs=1e-9)
    assert value[0, 0] == pytest.approx(2.0 * exact * pays / (0.5 + 2.0 * exact), abs=1e-9)


@pytest.mark.parametrize("until", [1.0, 0.05, 1e-5])
def test_the_ladder_leads_to_the_same_place(until: float) -> None:
    there = 0
    for seed in range(12):
        problems = problem(seed)
        components = Components(problems, np.full(problems.present.shape, -1), 1)
        value, terms, consent, ended = in_loops(problems, until)
        assert ended[0] != logit_loops.LOST
        path = logit.Path(
            (problems.flow / problems.discount)[:, None], np.full(problems.value.shape[:3], 0.5),
            np.zeros(problems.present.shape), np.full(1, 100.0), np.zeros(1, dtype=bool),
            np.zeros(1, dtype=bool))
        logit._down_the_ladder(components, ranges(problems), path, np.array([0]), until)
        if not path.reached[0]:
            continue  # it loses some that turn
        there += 1
        assert np.abs(value - path.value[:, 0]).max() < 1e-7 * problems.scale.max()
        assert np.abs(consent - path.consent)[problems.present].max() < 1e-6
        # the terms of a move that is never made may be flat under so little noise
        made = consent > 1e-3
        assert np.abs(terms - path.terms)[made].max(initial=0.0) < 1e-4
    assert there >= 8


@pytest.mark.parametrize("seed", range(20, 26))
def test_small_steps_lead_to_the_same_place(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problems = problem(seed, moves=5)
    coarse = in_loops(problems, 1e-4)
    monkeypatch.setattr(logit_loops, "LONGEST", 0.15)
    monkeypatch.setattr(logit_loops, "LENGTH", 0.05)
    fine = in_loops(problems, 1e-4)
    assert coarse[3][0] == fine[3][0] != logit_loops.LOST
    assert np.abs(coarse[0] - fine[0]).max() < 1e-9 * problems.scale.max()
    assert np.abs(coarse[2] - fine[2]).max() < 1e-7


@pytest.mark.parametrize("seed", range(6))
def test_relabelling_actors_and_rescaling_one_changes_nothing(seed: int) -> None:
    problems = problem(seed)
    plain = in_loops(problems, 1e-3)
    order = np.array([2, 0, 1])
    turned = Problems(**{
        name: part[..., order] if name not in ("rate", "present", "kind") else part
        for name, part in vars(problems).items()})
    again = in_loops(turned, 1e-3)
    assert np.abs(again[0] - plain[0][:, order]).max() < 1e-9
    assert np.abs(again[2] - plain[2]).max() < 1e-8
    factor = np.array([3.0, 1.0, 1.0])
    larger = Problems(**{
        name: part * factor if name in ("flow", "scale", "reward", "noise", "value", "curvature")
        else part for name, part in vars(problems).items()})
    again = in_loops(larger, 1e-3)
    assert np.abs(again[0] - plain[0] * factor).max() < 1e-9
    assert np.abs(again[2] - plain[2]).max() < 1e-8


def test_a_branch_that_turns_is_followed_to_its_end() -> None:
    """Two members of one move who gain from each other's consent only: some random states turn."""
    turned = 0
    for seed in range(60):
        problems = problem(seed, moves=4, issues=0)
        noise = ranges(problems) * np.exp(np.random.default_rng(seed).normal(
            0.0, 2.0, problems.noise.shape))
        value, _, consent, ended = in_loops(problems, 1e-4, noise)
        assert ended[0] != logit_loops.LOST
        turned += ended[0] == logit_loops.TURNED
        components = Components(problems, np.full(problems.present.shape, -1), 1)
        here = logit.field(components, 1e-4 * noise, value[:, None],
                           np.zeros(problems.value.shape[:3]))
        assert np.abs(here.residual).max() < 1e-9
        assert np.abs(here.consent - consent)[problems.present].max() < 1e-6
    assert turned > 0


@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_compiled_and_as_it_stands_they_agree() -> None:
    loops = compiled.compiled("logit_loops", "follow_rows", large=True)
    assert loops is not None
    for seed in range(8):
        problems = problem(seed)
        plain = in_loops(problems, 1e-5)
        components = Components(problems, np.full(problems.present.shape, -1), 1)
        path = logit.follow(components, ranges(problems), 1e-5)
        assert np.abs(plain[0] - path.value[:, 0]).max() < 1e-9 * problems.scale.max()


@pytest.mark.parametrize("case", [(595, 3, 3, 2), (152, 4, 3, 2), pytest.param(
    (94, 5, 4, 2), marks=pytest.mark.long)], ids=str)
def test_a_branch_that_turns_in_a_kink_is_followed_to_an_equilibrium(
        case: tuple[int, int, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where terms come to a bound the curve bends, and may turn back; its end has index +1."""
    problems = problem(*case)
    components = Components.alone(problems)
    noise, until = noise_of(components), ends.QUIET
    value, terms, consent, ended = in_loops(problems, until, noise)
    assert ended[0] == logit_loops.TURNED
    path = logit.Path(value[:, None], terms, consent, np.array([until]), np.array([True]),
                      np.array([True]))
    label, points = ends.exact(components, noise, path)
    good, _ = verify(problems, label, points)
    assert good[0]
    sign = joint.index(components, label[:, None], points.value[:, None], points.consent[:, None],
                       points.terms[:, None, :, 0])
    assert sign[0] == 1
    with monkeypatch.context() as patch:
        patch.setattr(logit_loops, "LONGEST", 0.2)
        patch.setattr(logit_loops, "LENGTH", 0.05)
        fine = in_loops(problems, until, noise)
    assert fine[3][0] == logit_loops.TURNED
    assert fine[0] == pytest.approx(value, abs=1e-8)
    monkeypatch.setattr(logit_loops, "around", lambda *_: False)
    assert in_loops(problems, until, noise)[3][0] == logit_loops.LOST
