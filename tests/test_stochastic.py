"""Stochastic games: input, equilibria against brute force, certificates, invariances, limits."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import negotiation as ng
from negotiation.equilibrium.result import Status
from negotiation.equilibrium.traversal import Ending
from negotiation.errors import InputError, UnknownNameError
from negotiation.stochastic import StochasticGame, solve
from negotiation.stochastic.certificate import REGRET_TOLERANCE, certify
from negotiation.stochastic.graph import components
from negotiation.stochastic.leapfrogging import leapfrogging
from negotiation.stochastic.stage import Stage
from negotiation.stochastic.two_players import solve_two

Floats = NDArray[np.float64]


def directional(seed: int, size: int, n: int, most: int) -> StochasticGame:
    """States lead to themselves and to lower ones; ragged actions, each player's own discount."""
    rng = np.random.default_rng(seed)
    payoffs, transitions = [], []
    for s in range(size):
        shape = tuple(rng.integers(1, most + 1, n))
        weight = rng.exponential(size=(*shape, size)) * (rng.random((*shape, size)) < 0.6)
        weight[..., s + 1:] = 0.0
        weight[..., s] += weight.sum(axis=-1) == 0
        payoffs.append(rng.normal(size=(n, *shape)))
        transitions.append(weight / weight.sum(axis=-1, keepdims=True))
    return StochasticGame(payoffs, transitions, rng.uniform(0.5, 0.98, n))


def cyclic(seed: int, size: int, n: int, m: int, discount: float = 0.9) -> StochasticGame:
    """Every state can follow every state."""
    rng = np.random.default_rng(seed)
    weight = rng.exponential(size=(size, *[m] * n, size))
    return StochasticGame(rng.random((size, n, *[m] * n)),
                          weight / weight.sum(axis=-1, keepdims=True), discount)


def pure_equilibria(game: StochasticGame) -> set[tuple[tuple[int, ...], ...]]:
    """All pure MPE, by trying every profile with the certificate."""
    profiles = [list(itertools.product(*map(range, shape))) for shape in game.shapes]
    return {pick for pick in itertools.product(*profiles)
            if certify(game, [[np.eye(m)[a] for m, a in zip(shape, profile, strict=True)]
                              for shape, profile in zip(game.shapes, pick, strict=True)]).regret
            <= REGRET_TOLERANCE}


def listed_pure(game: StochasticGame) -> set[tuple[tuple[int, ...], ...]]:
    return {tuple(tuple(int(p.argmax()) for p in profile) for profile in e.strategies)
            for e in solve(game).equilibria if e.pure}


# --- leapfrogging -------------------------------------------------------------------------------

@pytest.mark.parametrize(("levels", "count"), [(2, 3), (3, 127), (4, 46_707)])
def test_leapfrogging_has_the_equilibria_of_iskhakov_rust_schjerning(levels: int, count: int,
                                                                     ) -> None:
    solution = solve(leapfrogging(levels), cap=100_000)
    assert solution.count == len(solution.equilibria) == count
    assert solution.complete and solution.status is Status.COMPLETE
    for k in np.linspace(0, count - 1, 40).astype(int):
        assert solution.equilibria[int(k)].regret <= REGRET_TOLERANCE


def test_leapfrogging_with_five_costs_is_counted_without_being_listed() -> None:
    solution = solve(leapfrogging(5), cap=100)
    assert solution.count == 192_736_405
    assert len(solution.equilibria) == 100 and not solution.complete
    assert solution.status is Status.CAPPED
    assert solution.incomplete_because == "the list stops at the cap of 100"


def test_listing_and_counting_agree() -> None:
    game = leapfrogging(3)
    assert solve(game, cap=5).count == solve(game).count == 127
    assert sum(1 for _ in solve(game, cap=5).iterate()) == 127


def test_the_list_has_no_equilibrium_twice_and_keeps_its_order() -> None:
    first, again = solve(leapfrogging(3)), solve(leapfrogging(3))
    flat = [np.concatenate([p for profile in e.strategies for p in profile])
            for e in first.equilibria]
    assert len(np.unique(np.round(flat, 9), axis=0)) == 127
    for a, b in zip(first.equilibria, again.equilibria, strict=True):
        assert np.array_equal(a.values, b.values)


# --- against brute force ------------------------------------------------------------------------

@pytest.mark.parametrize(("n", "size", "most"), [
    (1, 4, 3), (2, 3, 2), (2, 2, 3), (3, 2, 2), (4, 2, 2)])
@pytest.mark.parametrize("seed", range(6))
def test_pure_equilibria_are_all_those_of_brute_force(seed: int, n: int, size: int, most: int,
                                                      ) -> None:
    game = directional(seed, size, n, most)
    assert listed_pure(game) == pure_equilibria(game)


@pytest.mark.parametrize("seed", range(6))
def test_pure_equilibria_on_a_cycle_are_all_those_of_brute_force(seed: int) -> None:
    game = cyclic(seed, 2, 2 + seed % 2, 2)
    assert listed_pure(game) == pure_equilibria(game)


@pytest.mark.parametrize("seed", range(20))
def test_the_number_of_equilibria_of_generic_two_player_games_is_odd(seed: int) -> None:
    solution = solve(directional(seed, 5, 2, 3))
    assert solution.complete and solution.count is not None and solution.count % 2 == 1


@pytest.mark.parametrize("seed", range(8))
def test_the_paths_of_the_logit_homotopy_end_in_the_complete_list(seed: int) -> None:
    """The stage solver by supports and the homotopy share nothing but the game."""
    from negotiation.stochastic.field import Field
    from negotiation.stochastic.path import follow
    from negotiation.stochastic.system import System

    rng = np.random.default_rng(seed)
    shape = (3, 3)
    reward, stay = rng.normal(size=(2, *shape)), rng.random(shape)
    discount = np.array([0.9, 0.6])
    stage = Stage(reward, 1 - discount[:, None, None] * stay, np.full(2, 1e-10))
    found = solve_two(stage)
    field = Field([reward], [stay[..., None]], discount, np.ones(2))
    for _ in range(4):
        end = follow(System(field, 3.0 * rng.standard_normal((2, 1, 2))), 1e-10)
        assert end.mixed is not None
        assert any(np.abs(end.mixed[:, 0] - np.stack(profile)).max() < 1e-7
                   for profile in found.profiles)


# --- certificates -------------------------------------------------------------------------------

@pytest.mark.parametrize(("size", "n", "m"), [(3, 2, 2), (4, 2, 3), (3, 3, 2), (2, 4, 2),
                                              (12, 2, 2), (8, 3, 2)])
def test_random_games_get_an_equilibrium_with_a_certificate(size: int, n: int, m: int) -> None:
    for seed in range(3):
        solution = solve(cyclic(seed, size, n, m, 0.95), equilibria="one")
        (equilibrium,) = solution.equilibria
        assert equilibrium.regret <= REGRET_TOLERANCE
        assert solution.status is Status.ONE


def test_the_certificate_sees_a_profitable_deviation_and_wrong_values() -> None:
    game = cyclic(0, 3, 2, 2)
    equilibrium = solve(game, equilibria="one").equilibria[0]
    off = [tuple(np.ones(2) / 2 for _ in range(2)) for _ in range(3)]
    assert certify(game, off).regret > 1e-3
    shifted = certify(game, equilibrium.strategies, equilibrium.values + 1e-6)
    assert shifted.residual == pytest.approx(1e-6 / game.payoff_range.min(), rel=0.5)


def test_a_probability_that_does_not_sum_to_one_fails_the_certificate() -> None:
    game = cyclic(0, 2, 2, 2)
    bad = [(np.array([0.5, 0.6]), np.array([1.0, 0.0]))] * 2
    assert certify(game, bad).regret > REGRET_TOLERANCE


@pytest.mark.long
@pytest.mark.parametrize(("size", "n", "m"), [(27, 3, 2), (64, 2, 3), (81, 3, 3), (256, 2, 2)])
def test_large_random_games_get_an_equilibrium_with_a_certificate(size: int, n: int, m: int,
                                                                  ) -> None:
    solution = solve(cyclic(1, size, n, m, 0.95), equilibria="one")
    assert solution.equilibria[0].regret <= REGRET_TOLERANCE


# --- invariances --------------------------------------------------------------------------------

def relabelled(game: StochasticGame, states: NDArray[np.int64], players: NDArray[np.int64],
               ) -> StochasticGame:
    """The same game with new state k the old states[k], and new player k the old players[k]."""
    axes = tuple(int(p) for p in players)
    payoffs = [game.payoffs[s][players].transpose(0, *(1 + p for p in axes)) for s in states]
    transitions = [game.transitions[s][..., states].transpose(*axes, len(axes)) for s in states]
    return StochasticGame(payoffs, transitions, game.discount[players])


@pytest.mark.parametrize("make", [lambda k: directional(k, 4, 2, 3), lambda k: cyclic(k, 3, 2, 2)])
@pytest.mark.parametrize("seed", range(4))
def test_names_of_states_and_players_do_not_matter(make: Callable[[int], StochasticGame],
                                                   seed: int) -> None:
    game = make(seed)
    rng = np.random.default_rng(seed)
    states, players = rng.permutation(len(game.states)), rng.permutation(2)
    one, other = solve(game), solve(relabelled(game, states, players))
    if one.complete:
        assert other.complete and one.count == other.count
        mine = sorted(np.round(e.values[states][:, players], 7).tolist() for e in one.equilibria)
        theirs = sorted(np.round(e.values, 7).tolist() for e in other.equilibria)
        assert np.allclose(mine, theirs, atol=1e-6)
    else:
        assert {e.pure for e in one.equilibria} == {e.pure for e in other.equilibria}


@pytest.mark.parametrize("seed", range(6))
def test_positive_affine_payoffs_leave_strategies_as_they_are(seed: int) -> None:
    game = directional(seed, 4, 2, 2)
    scale, shift = np.array([1e-3, 40.0]), np.array([5.0, -7.0])
    other = StochasticGame([u * scale.reshape(-1, 1, 1) + shift.reshape(-1, 1, 1)
                            for u in game.payoffs], game.transitions, game.discount)
    one, two = solve(game), solve(other)
    assert one.count == two.count
    for a, b in zip(one.equilibria, two.equilibria, strict=True):
        for mine, theirs in zip(a.strategies, b.strategies, strict=True):
            for p, q in zip(mine, theirs, strict=True):
                assert np.allclose(p, q, atol=1e-7)
        assert np.allclose(a.values * scale + shift / (1 - game.discount), b.values)


def test_players_with_payoffs_of_very_different_size_get_certificates_alike() -> None:
    """Values are merged on each player's own scale."""
    game = leapfrogging(3)
    other = StochasticGame([u * np.array([1e-6, 1e6]).reshape(-1, 1, 1) for u in game.payoffs],
                           game.transitions, game.discount)
    solution = solve(other)
    assert solution.count == 127
    assert max(e.regret for e in solution.equilibria) <= REGRET_TOLERANCE


def test_values_far_larger_than_payoffs_are_told_apart() -> None:
    """At δ = 1 − 1e-5 values are 10^5 payoffs; three equilibria stay three."""
    chicken = [[[0, 7], [2, 6]], [[0, 2], [7, 6]]]
    solution = solve(StochasticGame([chicken, [[[0]], [[0]]]],
                                    [np.stack([np.ones((2, 2)), np.zeros((2, 2))], axis=-1),
                                     [[[1.0, 0.0]]]], 1 - 1e-5))
    assert len({tuple(np.round(e.values[0] * 1e-5, 3)) for e in solution.equilibria}) == 3
    assert solution.complete


def test_what_rounding_cannot_certify_is_left_out_and_said() -> None:
    """At δ = 1 − 1e-8 the mixed equilibrium's value is known to 1e-8 only."""
    chicken = [[[0, 7], [2, 6]], [[0, 2], [7, 6]]]
    solution = solve(StochasticGame([chicken], [np.ones((2, 2, 1))], 1 - 1e-8))
    assert all(e.regret <= 1e-7 for e in solution.equilibria)
    if len(solution.equilibria) < 3:
        assert solution.status is Status.REJECTED and not solution.complete


# --- ties ---------------------------------------------------------------------------------------

def test_a_continuum_is_named_and_the_list_is_not_complete() -> None:
    """Player 1 is indifferent whatever happens; player 2 prefers its first action."""
    game = StochasticGame([[[[1, 0], [1, 0]], [[2, 1], [2, 1]]]], [np.ones((2, 2, 1))], 0.5)
    solution = solve(game)
    assert solution.status is Status.CONTINUUM and not solution.complete
    assert solution.count is None and solution.found == 2
    assert [(c.state, c.player, c.actions) for c in solution.continua] == [(0, 0, (0, 1))]
    assert "in the state 0" in str(solution.incomplete_because)


def test_a_tie_that_nobody_would_play_to_leaves_the_list_complete() -> None:
    """Against player 2's second action player 1 is indifferent, but that action is dominated."""
    game = StochasticGame([[[[3, 1], [0, 1]], [[1, 0], [1, 0]]]], [np.ones((2, 2, 1))], 0.5)
    solution = solve(game)
    assert solution.complete and solution.count == 1


def test_three_players_with_mixed_equilibria_are_said_to_be_searched() -> None:
    rng = np.random.default_rng(1)
    solution = solve(StochasticGame([rng.normal(size=(3, 2, 2, 2))], [np.ones((2, 2, 2, 1))], 0.9))
    assert solution.equilibria
    if not solution.complete:
        assert solution.status is Status.UNPROVED
        assert "three or more" in str(solution.incomplete_because)


def test_no_equilibrium_is_lost_when_there_is_no_pure_one() -> None:
    pennies = [[[1, -1], [-1, 1]], [[-1, 1], [1, -1]]]
    (equilibrium,) = solve(StochasticGame([pennies], [np.ones((2, 2, 1))], 0.9)).equilibria
    assert equilibrium.strategies[0][0] == pytest.approx([0.5, 0.5])
    assert not equilibrium.pure


def test_indifference_on_a_cycle_still_gets_an_equilibrium() -> None:
    """Nothing to gain anywhere, or for one player only: the path has nowhere to go."""
    move = np.full((2, 2, 2), 0.5)
    nothing, one = np.zeros((2, 2, 2)), np.array([np.zeros((2, 2)), np.eye(2)])
    for stage in (nothing, one):
        solution = solve(StochasticGame([stage, stage], [move, move], 0.9), equilibria="one")
        assert solution.equilibria[0].regret <= REGRET_TOLERANCE


def test_symmetric_games_do_not_trap_the_path_at_its_bifurcation() -> None:
    move, same = np.full((2, 2, 2), 0.5), np.array([np.eye(2), np.eye(2)])
    solution = solve(StochasticGame([same, same], [move, move], 0.9))
    assert sum(e.pure for e in solution.equilibria) == 4
    assert any(not e.pure for e in solution.equilibria)


# --- limits -------------------------------------------------------------------------------------

def test_a_time_limit_returns_what_was_found_with_a_sentence() -> None:
    solution = solve(leapfrogging(5), cap=10, time_limit=0.3)
    assert solution.status is Ending.TIME and solution.count is None and not solution.complete
    assert str(solution.status).endswith("this is what had been found.")
    assert len(solution.equilibria) <= 10


def test_progress_is_told_and_can_stop_the_work() -> None:
    seen: list[tuple[int, int]] = []
    solve(leapfrogging(3), cap=5, progress=lambda done, size: seen.append((done, size)))
    assert seen[-1] == (14, 14)
    stopped = solve(leapfrogging(3), progress=lambda done, size: True)
    assert stopped.status is Ending.INTERRUPTED and not stopped.complete


def test_one_equilibrium_is_chosen_without_a_tree() -> None:
    game = leapfrogging(5)
    solution = solve(game, equilibria="one")
    assert len(solution.equilibria) == 1 and solution.solved == len(game.states)
    assert solution.equilibria[0].regret <= REGRET_TOLERANCE


@pytest.mark.parametrize(("options", "message"), [
    ({"equilibria": "al"}, "must be one of all, one, selected. Got 'al' instead. Did you mean"),
    ({"cap": 0}, "'cap' parameter of solve must be an integer of at least 1. Got 0"),
    ({"starts": 1.5}, "'starts' parameter of solve must be an integer of at least 1. Got 1.5"),
    ({"time_limit": -1.0}, "'time_limit' parameter of solve must be seconds above 0"),
])
def test_wrong_options_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as error:
        solve(leapfrogging(2), **options)  # type: ignore[arg-type]
    assert message in str(error.value)


# --- input --------------------------------------------------------------------------------------

U, PHI = [[[1.0, 0.0]], [[2.0]]], [[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0]]]


@pytest.mark.parametrize(("payoffs", "transitions", "discount", "message"), [
    ([], [], 0.9, "payoffs: expected at least one state, got none"),
    (U, PHI[:1], 0.9, "transitions: expected one array per state, 2 as in payoffs, got 1"),
    (U, [[[0.5, 0.4], [0.0, 1.0]], PHI[1]], 0.9,
     "transitions[0][0]: expected probabilities that sum to 1, got a sum of 0.9"),
    (U, [[[-0.5, 1.5], [0.0, 1.0]], PHI[1]], 0.9,
     "transitions[0][0, 0]: expected a probability, got -0.5"),
    (U, [[[float("nan"), 1.0], [0.0, 1.0]], PHI[1]], 0.9,
     "transitions[0][0, 0]: expected a finite number, got nan"),
    ([[[1.0, float("inf")]], [[2.0]]], PHI, 0.9, "payoffs[0][0, 1]: expected a finite number"),
    (U, [PHI[0], [[0.0, 1.0, 0.0]]], 0.9,
     "transitions[1]: expected the shape (m_1, …, m_n, S) = (1, 2), got (1, 3)"),
    ([[[1.0, 0.0]], [[[2.0]]]], PHI, 0.9, "payoffs[1]: expected the shape (n, m_1, …, m_n)"),
    ([[[1.0], [1.0, 0.0]], [[2.0]]], PHI, 0.9, "payoffs[0]: expected an array of numbers"),
    (U, PHI, 1.0, "discount: expected discount factors in [0, 1), got 1.0"),
    (U, PHI, [0.9, 0.9],
     "discount: expected one number, or one per player (1), got the shape (2,)"),
    (U, PHI, "high", "discount: expected numbers, got 'high'"),
])
def test_wrong_games_are_refused_with_the_place(payoffs: list[object], transitions: list[object],
                                                discount: object, message: str) -> None:
    with pytest.raises(InputError) as error:
        StochasticGame(payoffs, transitions, discount)  # type: ignore[arg-type]
    assert message in str(error.value)


def test_every_problem_is_told_at_once() -> None:
    with pytest.raises(InputError) as error:
        StochasticGame(U, [[[0.5, 0.4], [0.0, 1.0]], [[0.0, 0.7]]], 2.0, players=["a", "b"])
    assert str(error.value).count("\n") == 3


def test_names_must_fit_and_are_found() -> None:
    game = StochasticGame(U, PHI, 0.9, states=["poor", "rich"], players=["we"],
                          actions=[[["stay", "go"]], [["stay"]]])
    equilibrium = solve(game).equilibria[0]
    assert equilibrium.strategy("poor", "we") == {"stay": 0.0, "go": 1.0}
    assert equilibrium.value("we", "rich") == pytest.approx(20.0)
    with pytest.raises(UnknownNameError, match="did you mean 'rich'"):
        equilibrium.value("we", "rihc")
    with pytest.raises(InputError, match="expected names that differ, got 'x' twice"):
        StochasticGame(U, PHI, 0.9, states=["x", "x"])


def test_arrays_are_copied_and_read_only() -> None:
    mine = np.array(U[0])
    game = StochasticGame([mine, U[1]], PHI, 0.9)
    mine[0, 0] = 99.0
    assert game.payoffs[0][0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        game.payoffs[0][0, 0] = 2.0
    with pytest.raises(ValueError, match="read-only"):
        solve(game).equilibria[0].values[0, 0] = 1.0


def test_the_public_name_is_this_game() -> None:
    assert ng.StochasticGame is StochasticGame


@pytest.mark.parametrize("seed", range(10))
def test_components_are_those_of_networkx_in_reverse_order(seed: int) -> None:
    networkx = pytest.importorskip("networkx")
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 60))
    followers = [np.flatnonzero(rng.random(size) < 1.2 / size) for _ in range(size)]
    found = components(followers)
    graph = networkx.DiGraph((s, int(t)) for s in range(size) for t in followers[s])
    graph.add_nodes_from(range(size))
    assert ({frozenset(members.tolist()) for members in found.states}
            == {frozenset(c) for c in networkx.strongly_connected_components(graph)})
    for s in range(size):
        assert all(found.of[t] <= found.of[s] for t in followers[s])
