"""Stages of three and more players: all mixed equilibria, by other methods and relabelled."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import negotiation as ng
from negotiation.stochastic import StochasticGame, solve
from negotiation.stochastic.certificate import REGRET_TOLERANCE
from negotiation.stochastic.field import Field
from negotiation.stochastic.path import follow
from negotiation.stochastic.stage import MANY, Found, Profile, Stage, pure_equilibria, unit
from negotiation.stochastic.supports import mixed_equilibria
from negotiation.stochastic.system import System
from negotiation.stochastic.two_players import solve_two

Floats = NDArray[np.float64]


def random_stage(seed: int, shape: tuple[int, ...], loop: bool = True) -> Stage:
    rng = np.random.default_rng(seed)
    n = len(shape)
    stay = rng.random(shape) if loop else np.full(shape, 0.5)
    discount = rng.uniform(0.4, 0.9, n).reshape(-1, *[1] * n)
    return Stage(rng.normal(size=(n, *shape)), 1 - discount * stay, np.full(n, 1e-10))


def by_supports(stage: Stage) -> Found:
    found = Found()
    profiles, found.ties = pure_equilibria(stage)
    for profile in profiles:
        found.add(unit(stage.shape, profile))
    mixed_equilibria(stage, found)
    return found


def rows(profiles: list[Profile]) -> list[list[float]]:
    return sorted(np.round(np.concatenate(profile), 7).tolist() for profile in profiles)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3)])
@pytest.mark.parametrize("seed", range(8))
def test_two_players_have_the_equilibria_of_the_eigenvalue_method(shape: tuple[int, ...],
                                                                  seed: int) -> None:
    """``two_players`` solves eigenvalue problems, ``supports`` cuts boxes: nothing is shared."""
    stage = random_stage(seed, shape)
    cut, two = by_supports(stage), solve_two(stage)
    assert two.doubt is None
    if cut.doubt is None:
        assert np.allclose(rows(cut.profiles), rows(two.profiles), atol=1e-6)
    else:
        assert len(cut.profiles) <= len(two.profiles)


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 2, 2), (2, 2, 2, 2)])
@pytest.mark.parametrize("seed", range(5))
def test_without_a_self_loop_they_are_those_of_the_game_in_normal_form(shape: tuple[int, ...],
                                                                       seed: int) -> None:
    stage = random_stage(seed, shape, loop=False)
    found = by_supports(stage)
    static = ng.solve(ng.NormalFormGame(stage.reward / stage.keep))
    assert found.doubt is None and static.complete
    assert np.allclose(rows(found.profiles), rows([e.profile for e in static.equilibria]),
                       atol=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_a_self_loop_leaves_an_odd_number_with_every_limit_of_a_path_among_them(seed: int) -> None:
    stage = random_stage(seed, (2, 2, 2))
    found = by_supports(stage)
    assert found.doubt is None and len(found.profiles) % 2 == 1
    delta = np.full(3, 0.9)
    stay = (1.0 - stage.keep) / delta.reshape(-1, 1, 1, 1)
    same = Stage(stage.reward, 1 - 0.9 * stay[:1].repeat(3, axis=0), stage.tie)
    listed = by_supports(same)
    assert listed.doubt is None
    field = Field([same.reward], [stay[0][..., None]], delta, np.ones(3))
    rng = np.random.default_rng(seed)
    for _ in range(3):
        end = follow(System(field, 3.0 * rng.standard_normal((3, 1, 1))), 1e-10)
        assert end.mixed is not None
        assert any(np.abs(end.mixed[:, 0] - np.stack(profile)).max() < 1e-7
                   for profile in listed.profiles)


def test_one_mixed_equilibrium_by_hand() -> None:
    """Each of three wants to differ from the next, the last to be like the first (Jordan 1993),
    and play goes on with a chance that depends on what the first does: 1/2 each is left.
    """
    sign = np.array([[1.0, -1.0], [-1.0, 1.0]])
    u = np.zeros((3, 2, 2, 2))
    u[0], u[1], u[2] = sign[:, :, None], sign[None], -sign[:, None, :]
    stay = np.zeros((2, 2, 2))
    stay[0] = 0.7
    game = StochasticGame([u, np.zeros((3, 1, 1, 1))],
                          [np.stack([stay, 1 - stay], axis=-1), np.array([[[[0.0, 1.0]]]])], 0.9)
    solution = solve(game)
    assert solution.complete and solution.count == 1
    assert all(p == pytest.approx([0.5, 0.5]) for p in solution.equilibria[0].strategies[0])


def test_a_stage_with_too_many_supports_is_said_to_be_searched() -> None:
    solution = solve(StochasticGame([np.random.default_rng(0).normal(size=(3, 5, 5, 5))],
                                    [np.ones((5, 5, 5, 1))], 0.9), starts=2)
    assert not solution.complete and MANY in str(solution.incomplete_because)
    assert solution.equilibria[0].regret <= REGRET_TOLERANCE


@st.composite
def games(draw: st.DrawFn) -> StochasticGame:
    """Two to four players, one to three states, each of which can follow itself and lower ones."""
    n = draw(st.integers(2, 4))
    size = draw(st.integers(1, 3 if n < 4 else 2))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    payoffs, transitions = [], []
    for s in range(size):
        shape = tuple(rng.integers(1, 3, n))
        weight = rng.exponential(size=(*shape, size))
        weight[..., s + 1:] = 0.0
        if draw(st.booleans()) and s:
            weight[..., s] = 0.0
        payoffs.append(rng.normal(size=(n, *shape)))
        transitions.append(weight / weight.sum(axis=-1, keepdims=True))
    return StochasticGame(payoffs, transitions, rng.uniform(0.3, 0.95, n))


@given(games(), st.integers(0, 2**32 - 1))
@settings(max_examples=25, deadline=None)
def test_equilibria_are_certified_odd_in_number_and_do_not_depend_on_names_or_units(
        game: StochasticGame, seed: int) -> None:
    rng = np.random.default_rng(seed)
    n, size = len(game.discount), len(game.states)
    solution = solve(game, cap=200)
    assert all(e.regret <= REGRET_TOLERANCE for e in solution.equilibria)
    players, states = rng.permutation(n), rng.permutation(size)
    scale, shift = rng.uniform(0.01, 100.0, n), rng.normal(size=n)
    column = (-1, *[1] * n)
    other = StochasticGame(
        [((game.payoffs[s] * scale.reshape(column) + shift.reshape(column))[players]).transpose(
            0, *(1 + p for p in players)) for s in states],
        [game.transitions[s][..., states].transpose(*players, n) for s in states],
        game.discount[players])
    again = solve(other, cap=200)
    if solution.count is None or again.count is None:
        return  # the search of a part that is not proved may differ
    assert solution.count % 2 == 1 and solution.count == again.count
    if solution.complete and again.complete:
        value = (scale * np.stack([e.values for e in solution.equilibria])
                 + shift / (1 - game.discount))[:, states][:, :, players]
        theirs = np.stack([e.values for e in again.equilibria])
        for one in value:
            assert np.isclose(theirs, one, rtol=1e-6, atol=1e-7).all(axis=(1, 2)).any()
