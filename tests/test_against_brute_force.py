"""Games with fixed payoffs: the solver's list of equilibria is the brute-force one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from oracle import BruteEquilibrium, Degenerate, PlainGame, TooMany, brute_force, solve_state
from random_games import Shape, games, open_state, random_game

from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.result import Equilibrium
from negotiation.equilibrium.solve import solve
from negotiation.model import Game

#: more equilibria than this are not enumerated, to keep the tests short
CAP = 150


def as_brute(equilibrium: Equilibrium) -> BruteEquilibrium:
    """The solver's equilibrium in the oracle's terms."""
    lattice = equilibrium.lattice
    value, consent = {}, {}
    for s in range(len(lattice.states)):
        state = tuple(lattice.state(s).values())
        value[state] = equilibrium.values[s]
        consent[state] = {lattice.moves[lattice.edge_move[e]]: float(equilibrium.consent[e])
                          for e in lattice.edges(s)}
    return BruteEquilibrium(value, consent, equilibrium.index)


def distance(one: BruteEquilibrium, other: BruteEquilibrium) -> float:
    assert one.value.keys() == other.value.keys()
    values = max(float(np.abs(one.value[s] - other.value[s]).max()) for s in one.value)
    for state, table in one.consent.items():
        assert table.keys() == other.consent[state].keys()
    consents = max((abs(a - other.consent[s][m]) for s, table in one.consent.items()
                    for m, a in table.items()), default=0.0)
    return max(values, consents)


def assert_same_set(found: list[BruteEquilibrium], expected: list[BruteEquilibrium]) -> None:
    assert len(found) == len(expected)
    left = list(expected)
    for equilibrium in found:
        gaps = [distance(other, equilibrium) for other in left]
        assert min(gaps) < 1e-6
        nearest = left.pop(int(np.argmin(gaps)))
        assert nearest.index == equilibrium.index


def assert_solved(game: Game) -> int:
    """Compare one game; returns the number of equilibria.

    Ties occur even with payoffs drawn from a continuum: two moves that commute and are both mixed
    wherever only one of them is left pin the same value by either order. The oracle stops there,
    and the solver has to say where.
    """
    try:
        expected = brute_force(game, cap=CAP)
    except Degenerate:
        assert_certified_components(game)
        return 0
    solution = solve(game)
    assert solution.complete and solution.count == len(expected), str(solution.status)
    assert_same_set([as_brute(e) for e in solution.equilibria], expected)
    assert sum(e.index for e in solution.equilibria) == 1
    for equilibrium in solution.equilibria:
        assert regret_of(equilibrium) <= REGRET_TOLERANCE
        assert equilibrium.regret <= REGRET_TOLERANCE
    return len(expected)


def assert_certified_components(game: Game) -> None:
    solution = solve(game)
    assert solution.components
    assert all(regret_of(e) <= REGRET_TOLERANCE for e in solution.equilibria[:20])


CASES = [(fronts, actors, third, coalition) for fronts in (2, 3, 4) for actors in (2, 3, 4)
         for third in (False, True) for coalition in (1, 2, 3)
         if not (fronts == 4 and third) and coalition <= actors]


@pytest.mark.parametrize("fronts, actors, third, coalition", CASES)
def test_every_equilibrium_of_a_random_game_is_found(fronts, actors, third, coalition):
    shape = Shape(fronts=fronts, actors=actors, third=third, coalition=coalition)
    compared, skipped = 0, 0
    for seed in range(10):
        try:
            compared += assert_solved(random_game(1000 * fronts + 100 * actors + seed, shape)) > 0
        except TooMany:
            skipped += 1
    assert compared >= 6, f"only {compared} games were compared, {skipped} were too large"


@pytest.mark.parametrize("moves", [2, 3, 4, 5])
@pytest.mark.parametrize("actors", [2, 3, 4])
def test_one_state_with_several_moves(moves, actors):
    counts = [assert_solved(open_state(100 * moves + seed, moves, actors, min(3, actors)))
              for seed in range(30)]
    assert all(count % 2 == 1 for count in counts)
    if moves > 2:
        assert max(counts) > 1, "the games are too tame to test anything"


@given(games())
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_shape_of_game(game):
    try:
        assert_solved(game)
    except TooMany:
        with pytest.raises(TooMany):
            brute_force(game, cap=CAP)


def test_the_oracle_finds_the_mixed_pair_of_the_appendix():
    # DESIGN, appendix 1, with the one issue fixed at the x = 1 of its equilibrium.
    payoffs = np.array([[1.0, 1.5, 3.0], [0.0, 1.2, 0.0]])
    found = solve_state(np.full(3, 0.1), np.array([0.2, 0.0, 0.0]), np.ones(2), payoffs,
                        [[0, 2], [1]])
    assert len(found) == 1 and found[0].index == 1
    assert found[0].consent == pytest.approx((0.4, 0.1))
    assert found[0].value == pytest.approx([1.0, 1.2, 2.0])


def test_the_oracle_refuses_a_tie():
    # The mover is paid exactly what it has: V = f / r = W.
    with pytest.raises(Degenerate):
        solve_state(np.array([0.5]), np.array([1.0]), np.array([1.0]), np.array([[2.0]]), [[0]])


def test_the_oracle_reads_linkages_conditions_and_sets():
    shape = Shape(fronts=3, actors=3, third=True, links=5)
    plain = PlainGame(random_game(7, shape))
    assert plain.order[-1] == ("open", "open", "open")
    position = {state: k for k, state in enumerate(plain.order)}
    for state in plain.order:
        for move in plain.moves(state):
            assert position[plain.after(state, move)] < position[state]


# ---- more equilibria than are listed ---------------------------------------------------------

@pytest.mark.parametrize("seed", [1, 16, 32, 34, 45])
def test_a_cap_does_not_change_the_count(seed):
    game = random_game(seed, Shape(fronts=3, actors=3, coalition=2))
    whole, cut = solve(game), solve(game, cap=2)
    assert whole.complete and len(whole.equilibria) > 2
    assert len(cut.equilibria) == 2 and not cut.complete
    assert cut.count == cut.total == whole.count == len(whole.equilibria)
    every = {tuple(e.consent) for e in whole.equilibria}
    assert len({tuple(e.consent) for e in cut.equilibria} & every) == 2
