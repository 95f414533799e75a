"""Games in normal form: what they hold, what kind they are, and how solving them ends."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from negotiation.equilibrium.result import Status
from negotiation.errors import InputError, UnknownNameError
from negotiation.normal_form import (
    METHODS,
    NormalFormGame,
    certify,
    correlated_equilibrium,
    select,
    solve,
    solve_batch,
    strategically_zero_sum,
)

DILEMMA = NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]], players=["west", "east"],
                         actions=[["restrain", "arm"], ["restrain", "arm"]])
CHICKEN = NormalFormGame([[[6, 2], [7, 0]], [[6, 7], [2, 0]]])


def test_a_game_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        DILEMMA.players = ("a", "b")                                 # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        DILEMMA.payoffs[0, 0, 0] = 1.0
    with pytest.raises(ValueError, match="read-only"):
        solve(DILEMMA).equilibria[0].profile[0][0] = 1.0


def test_equal_games_are_equal_and_hash_alike() -> None:
    again = NormalFormGame(DILEMMA.payoffs.copy(), DILEMMA.players, DILEMMA.actions)
    assert again == DILEMMA and hash(again) == hash(DILEMMA)
    assert again != CHICKEN


@pytest.mark.parametrize(("payoffs", "said"), [
    ([[1, 2], [3, 4]], r"shape \(n, m_1, …, m_n\)"),
    ([[[1, 2], [3]], [[1, 2], [3, 4]]], "rows of different lengths"),
    ([[[1, 2], [3, np.nan]], [[1, 2], [3, 4]]], r"nan at \[0, 1, 1\]"),
    ([[[1, 2], [3, 4]], [[1, 2], [np.inf, 4]]], r"inf at \[1, 1, 0\]"),
    ([[["a", "b"]], [["c", "d"]]], "floats, whole numbers or Fractions"),
    ([[[1 + 2j, 2]], [[3, 4]]], "floats, whole numbers or Fractions"),
    (np.zeros((2, 0, 2)), "at least one action"),
    (np.zeros((3, 2, 2)), "one table of payoffs for each"),
    ([[[Fraction(1, 3), None]], [[1, 2]]], "got None"),
    ([[[True, False]], [[False, True]]], "array of bool"),
    ([[[10**400, 1]], [[1, 2]]], "within what a float can hold"),
])
def test_payoffs_that_are_no_game_are_refused(payoffs: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        NormalFormGame(payoffs)                                      # type: ignore[arg-type]


@pytest.mark.parametrize(("labels", "said"), [
    ({"players": ["a"]}, "a list of 2 names"),
    ({"players": "ab"}, "got the text 'ab'"),
    ({"players": ["a", "a"]}, "no name twice"),
    ({"actions": [["x", "y"]]}, "one list for each of 2 players"),
    ({"actions": [["x", "y"], ["x"]]}, r"actions\[1\]"),
])
def test_labels_that_do_not_fit_are_refused(labels: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        NormalFormGame(np.zeros((2, 2, 2)), **labels)


@pytest.mark.parametrize(("profile", "said"), [
    ([[1, 0]], "one vector for each of 2 players"),
    ([[1, 0], [1, 0, 0]], "player east must be 2 probabilities"),
    ([[1, 0], [0.5, 0.6]], "sum to 1"),
    ([[1.5, -0.5], [1, 0]], "player west"),
    ([[1, 0], [np.nan, 1]], "player east"),
])
def test_profiles_that_are_no_probabilities_are_refused(profile: list, said: str) -> None:
    with pytest.raises(InputError, match=said):
        DILEMMA.regret(profile)


def test_players_and_actions_answer_to_their_names() -> None:
    equilibrium = solve(DILEMMA).equilibria[0]
    assert equilibrium.probability("west", "arm") == equilibrium.probability(0, 1) == 1.0
    assert str(equilibrium) == "west: arm; east: arm"
    with pytest.raises(UnknownNameError, match="did you mean 'west'"):
        equilibrium.probability("wset", "arm")
    with pytest.raises(UnknownNameError, match="did you mean 'restrain'"):
        equilibrium.probability("west", "restrian")
    with pytest.raises(InputError, match="index from 0 to 1"):
        DILEMMA.best_responses([[1, 0], [1, 0]], 2)


def test_whole_numbers_beyond_floats_are_kept_exactly() -> None:
    big = 10**19
    game = NormalFormGame([[[big + 3, big], [big + 5, big + 1]],
                           [[big + 3, big + 5], [big, big + 1]]])
    assert game.exact_given and game.ranges.tolist() == [5.0, 5.0]
    solution = solve(game)
    assert [e.support for e in solution.equilibria] == [((1,), (1,))] and solution.complete
    assert solution.equilibria[0].regret == 0.0
    assert game.potential().tolist() == [[0, 2], [2, 3]]


def test_a_restricted_game_keeps_labels_and_payoffs() -> None:
    left = DILEMMA.restrict([[1], [0, 1]])
    assert left.shape == (1, 2) and left.actions == (("arm",), ("restrain", "arm"))
    assert left.payoffs.tolist() == [[[5, 1]], [[0, 1]]]
    with pytest.raises(InputError, match="at least one action"):
        DILEMMA.restrict([[], [0]])


def test_games_go_to_nashpy_and_back() -> None:
    again = NormalFormGame.from_nashpy(DILEMMA.to_nashpy(), players=DILEMMA.players,
                                       actions=DILEMMA.actions)
    assert again == DILEMMA
    with pytest.raises(InputError, match="two players"):
        NormalFormGame(np.zeros((3, 2, 2, 2))).to_nashpy()
    with pytest.raises(InputError, match="nashpy.Game"):
        NormalFormGame.from_nashpy(3)


def test_a_mixed_strategy_can_dominate_where_no_pure_one_does() -> None:
    game = NormalFormGame([[[3, 0], [0, 3], [1, 1]], np.zeros((3, 2))])
    assert game.dominated(0, mixed=False) == ()
    (dominance,) = game.dominated(0)
    assert dominance.action == 2 and dict(dominance.by) == {0: Fraction(1, 2), 1: Fraction(1, 2)}


def test_an_exact_tie_is_no_strict_dominance_but_weak_where_it_helps_somewhere() -> None:
    tie = [[3, 0], [0, 3], [Fraction(3, 2), Fraction(3, 2)]]
    assert NormalFormGame([tie, np.zeros((3, 2)).tolist()]).dominated(0) == ()
    assert NormalFormGame([tie, np.zeros((3, 2)).tolist()]).dominated(0, strict=False) == ()
    below = NormalFormGame([[[3, 0], [0, 3], [1.5, 1]], np.zeros((3, 2))])
    assert below.dominated(0) == () or below.dominated(0)[0].action == 2
    assert [d.action for d in below.dominated(0, strict=False)] == [2]


def test_no_equilibrium_plays_an_action_that_is_not_rationalizable() -> None:
    rng = np.random.default_rng(5)
    for shape in [(4, 4)] * 30 + [(2, 3, 2)] * 10:
        game = NormalFormGame(rng.random((len(shape), *shape)))
        left = game.rationalizable().actions
        for equilibrium in solve(game).equilibria:
            for support, kept in zip(equilibrium.support, left, strict=True):
                assert set(support) <= set(kept)


def test_a_potential_accounts_for_every_deviation() -> None:
    rng = np.random.default_rng(6)
    potential = rng.random((2, 3, 2))
    own = [rng.random((1, 3, 2)), rng.random((2, 1, 2)), rng.random((2, 3, 1))]
    game = NormalFormGame(np.stack([potential + part for part in own]))
    found = game.potential()
    assert found is not None
    np.testing.assert_allclose(found, potential - potential[0, 0, 0], atol=1e-12)
    assert NormalFormGame(rng.random((3, 2, 3, 2))).potential() is None


def test_constant_sums_and_games_equivalent_to_them_are_recognised() -> None:
    rng = np.random.default_rng(7)
    table = rng.random((3, 4))
    assert NormalFormGame.from_bimatrix(table, 5 - table).is_zero_sum
    assert not NormalFormGame.from_bimatrix(table, -2 * table).is_zero_sum
    hidden = NormalFormGame.from_bimatrix(2 * table + rng.random((1, 4)),
                                          -3 * table + rng.random((3, 1)))
    assert strategically_zero_sum(hidden) == pytest.approx(2 / 3)
    assert strategically_zero_sum(NormalFormGame(rng.random((2, 3, 4)))) is None


def test_a_continuum_is_named_with_its_extremes_and_dimension() -> None:
    # the column player is indifferent when the row player plays its first action
    solution = solve(NormalFormGame([[[1, 1], [0, 2]], [[2, 2], [0, 1]]]))
    assert solution.status is Status.CONTINUUM and not solution.complete and solution.described
    assert solution.count is None
    (continuum,) = solution.continua
    assert continuum.dimension == 1 and len(continuum.equilibria) == 2
    assert str(continuum) == ("a continuum of dimension 1 spanned by the extreme equilibria "
                              f"{continuum.equilibria[0]}, {continuum.equilibria[1]}")
    assert [part.is_point for part in solution.components].count(True) == 1


def test_overlapping_nash_subsets_form_one_component() -> None:
    # both sides of a corner: (first action, any mix) and (any mix, first action)
    solution = solve(NormalFormGame([[[1, 1], [1, 0]], [[1, 1], [1, 0]]]))
    (component,) = solution.components
    assert len(component.subsets) == 2
    assert {subset.equilibria for subset in component.subsets} == {(1, 2), (1, 3)}


def test_every_mix_within_a_nash_subset_is_an_equilibrium() -> None:
    rng = np.random.default_rng(8)
    seen = 0
    for _ in range(60):
        game = NormalFormGame(rng.integers(0, 3, (2, 3, 4)))
        for part in solve(game).continua:
            for subset in part.subsets:
                x = rng.dirichlet(np.ones(len(subset.first))) @ subset.first
                y = rng.dirichlet(np.ones(len(subset.second))) @ subset.second
                assert game.relative_regret([x, y]) < 1e-12
                seen += 1
    assert seen > 50


def test_mixes_across_nash_subsets_are_not_equilibria() -> None:
    game = NormalFormGame([[[1, 1], [1, 0]], [[1, 1], [1, 0]]])
    assert game.relative_regret([[0.5, 0.5], [0.5, 0.5]]) > 0.2


@pytest.mark.parametrize("scale", [1e-300, 1e-12, 1.0, 1e19, 1e300])
def test_payoffs_of_any_size_give_the_same_equilibria(scale: float) -> None:
    rng = np.random.default_rng(9)
    for shape in [(2, 2), (3, 3), (5, 6)]:
        payoffs = rng.random((2, *shape))
        plain, scaled = solve(NormalFormGame(payoffs)), solve(NormalFormGame(payoffs * scale))
        assert [e.support for e in plain.equilibria] == [e.support for e in scaled.equilibria]
        assert max(e.regret for e in scaled.equilibria) < 1e-12


def test_payoffs_of_sizes_far_apart_in_one_game_are_solved() -> None:
    table = np.array([[1e19, 1e-12, 3.0], [2.0, 1.0, -1e19], [1e-12, 5.0, 1e10]])
    game = NormalFormGame.from_bimatrix(table, table.T * -1.5)
    solution, exact = solve(game), solve(game, exact=True)
    assert solution.described and len(solution.equilibria) == len(exact.equilibria) >= 1
    assert max(e.regret for e in solution.equilibria) < 1e-12


def test_rationals_come_back_as_rationals() -> None:
    third = Fraction(1, 3)
    game = NormalFormGame([[[third, 0], [0, 1]], [[1, 0], [0, third]]])
    (_, _, mixed) = solve(game, exact=True).equilibria
    assert mixed.exact == ((Fraction(1, 4), Fraction(3, 4)), (Fraction(3, 4), Fraction(1, 4)))
    assert solve(game).equilibria[2].exact is None


def test_the_index_counts_equilibria_to_one() -> None:
    rng = np.random.default_rng(10)
    for shape in [(2, 2), (4, 4), (3, 5), (2, 2, 2)]:
        for _ in range(10):
            assert solve(NormalFormGame(rng.random((len(shape), *shape)))).index_sum == 1


def test_an_equilibrium_in_a_continuum_has_no_index() -> None:
    assert solve(NormalFormGame([[[1, 1], [0, 2]], [[2, 2], [0, 1]]])).index_sum is None


def test_the_cap_is_kept_and_said() -> None:
    solution = solve(NormalFormGame(np.stack([np.eye(3)] * 2)), cap=4)
    assert len(solution.equilibria) == 4 and solution.status is Status.CAPPED
    assert not solution.complete and not solution.described and solution.count is None


def test_a_game_of_one_player_is_a_choice_of_the_best() -> None:
    assert [e.support for e in solve(NormalFormGame([[1, 3, 2]])).equilibria] == [((1,),)]
    assert solve(NormalFormGame([[1, 3, 2]])).complete
    assert not solve(NormalFormGame([[3, 3, 2]])).complete


def test_players_without_a_choice_change_nothing() -> None:
    assert solve(NormalFormGame([[[1], [2]], [[5], [5]]])).equilibria[0].support == ((1,), (0,))
    three = np.zeros((3, 2, 1, 2))
    three[[0, 2], :, 0] = DILEMMA.payoffs
    solution = solve(NormalFormGame(three))
    assert [e.support for e in solution.equilibria] == [((1,), (0,), (1,))] and solution.complete


@pytest.mark.parametrize(("options", "said"), [
    ({"equilibria": "some"}, "unknown choice of equilibria"),
    ({"method": "lemke-howsen"}, "did you mean 'lemke-howson'"),
    ({"cap": 0}, "at least 1"), ({"cap": True}, "at least 1"), ({"cap": "9"}, "at least 1"),
    ({"exact": True, "equilibria": "one"}, "exact=True"),
])
def test_options_that_cannot_be_used_are_refused(options: dict, said: str) -> None:
    with pytest.raises(InputError, match=said):
        solve(CHICKEN, **options)


def test_something_that_is_no_game_is_refused() -> None:
    for solver in (solve, correlated_equilibrium):
        with pytest.raises(InputError, match="must be a NormalFormGame. Got list instead"):
            solver([[1, 2], [3, 4]])                                 # type: ignore[arg-type]


def test_methods_for_two_players_refuse_three() -> None:
    three = NormalFormGame(np.zeros((3, 2, 2, 2)))
    for method in ("vertices", "lemke-howson", "nashpy-support"):
        with pytest.raises(InputError, match="for two players; this game has 3"):
            solve(three, method=method)
    with pytest.raises(InputError, match="constant-sum"):
        solve(CHICKEN, method="linear-programming")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_gives_certified_equilibria_only(method: str) -> None:
    table = np.random.default_rng(11).integers(0, 9, (4, 4))
    table[0, 0], table[0, 1:], table[1:, 0] = 5, 6, 4        # a saddle point at the first profile
    solution = solve(NormalFormGame.from_bimatrix(table), method=method)
    assert solution.equilibria and max(e.regret for e in solution.equilibria) <= 1e-9


def test_a_backend_that_loses_equilibria_is_never_called_complete() -> None:
    game = NormalFormGame(np.stack([np.eye(3)] * 2))
    solution = solve(game, method="nashpy-lemke-howson")
    assert not solution.complete and solution.status is Status.UNPROVED
    assert len(solution.equilibria) < len(solve(game).equilibria) == 7


def test_profiles_with_regret_are_rejected_and_counted() -> None:
    kept, rejected = certify(DILEMMA, [[np.array([1.0, 0.0])] * 2, [np.array([0.0, 1.0])] * 2,
                                       [np.array([0.0, 1.0])] * 2, [np.array([0.5, 0.6])] * 2])
    assert len(kept) == 1 and rejected == 2


@pytest.mark.parametrize("kind", ["random", "small whole numbers", "zero-sum", "long path"])
@pytest.mark.parametrize("size", [3, 10, 60])
def test_one_equilibrium_of_games_of_every_size(size: int, kind: str) -> None:
    rng = np.random.default_rng(size)
    table = rng.random((2, size, size))
    if kind == "small whole numbers":
        table = rng.integers(0, 3, (2, size, size)) * 1.0
    elif kind == "zero-sum":
        table[1] = -table[0]
    elif kind == "long path":
        table = np.stack([np.eye(size), np.roll(np.eye(size), 1, axis=1)])
    solution = solve(NormalFormGame(table), equilibria="one")
    assert solution.status is Status.ONE and not solution.complete
    assert len(solution.equilibria) == 1 and solution.equilibria[0].regret <= 1e-9


@pytest.mark.long
def test_lemke_howson_ends_at_five_hundred_actions() -> None:
    table = np.random.default_rng(12).random((2, 500, 500))
    solution = solve(NormalFormGame(table), method="lemke-howson")
    assert solution.equilibria[0].regret <= 1e-9


@pytest.mark.parametrize("shape", [(2, 2, 2), (3, 3, 3), (4, 3, 2, 2), (6, 6, 6)])
def test_the_logit_path_ends_at_an_equilibrium(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(13)
    for _ in range(3):
        solution = solve(NormalFormGame(rng.random((len(shape), *shape))), method="logit")
        assert solution.equilibria[0].regret <= 1e-9


def test_the_logit_path_selects_the_risk_dominant_of_two_coordinations() -> None:
    # Turocy 2005, §4: in symmetric 2×2 coordination games the path leads to risk dominance
    stag = NormalFormGame([[[9, 0], [8, 7]], [[9, 8], [0, 7]]])
    assert solve(stag, method="logit").equilibria[0].support == ((1,), (1,))


STAG = NormalFormGame([[[9, 0], [8, 7]], [[9, 8], [0, 7]]])


@pytest.mark.parametrize(("game", "rule", "picked"), [
    (STAG, "payoff-dominant", [(0, 0)]), (STAG, "risk-dominant", [(1, 1)]),
    (STAG, "worst", [(1, 1)]), (CHICKEN, "worst", [(0, 1), (1, 0)]),
    (DILEMMA, "payoff-dominant", [(1, 1)])])
def test_conventions_pick_the_equilibria_of_their_definition(game, rule, picked) -> None:
    # Harsanyi & Selten 1988, §3.6: in Aumann's stag hunt payoff and risk dominance disagree
    chosen = select(solve(game), rule)
    assert [tuple(s[0] for s in e.support) for e in chosen] == picked


def test_conventions_pick_all_where_none_is_singled_out() -> None:
    for rule in ("payoff-dominant", "risk-dominant"):
        assert len(select(solve(CHICKEN), rule)) == 3
    with pytest.raises(InputError, match="2×2 games; this one has the shape 2×3"):
        select(solve(NormalFormGame(np.eye(2, 3)[None] + np.zeros((2, 1, 1)))), "risk-dominant")
    with pytest.raises(UnknownNameError, match="did you mean 'worst'"):
        select(solve(STAG), "worse")


@pytest.mark.parametrize(("objective", "value"), [
    ("sum", 10.5), ("worst-off", 5.25), ("1", 7.0), ((0, 0), 0.5)])
def test_a_mediator_of_chicken_reaches_the_known_best(objective: object, value: float) -> None:
    found = correlated_equilibrium(CHICKEN, objective)               # type: ignore[arg-type]
    assert found.value == pytest.approx(value, abs=1e-9) and found.regret <= 1e-9
    assert found.distribution.sum() == pytest.approx(1.0)


def test_coarse_equilibria_can_do_better_than_correlated_ones() -> None:
    rng = np.random.default_rng(18)
    gains = []
    for _ in range(10):
        game = NormalFormGame(rng.random((2, 3, 3)))
        gains.append(correlated_equilibrium(game, kind="coarse").value
                     - correlated_equilibrium(game).value)
    assert min(gains) >= -1e-9 and max(gains) > 0.05


def test_nash_equilibria_are_correlated_and_no_better_than_the_best() -> None:
    rng = np.random.default_rng(14)
    for shape in [(3, 3), (2, 3, 2)]:
        game = NormalFormGame(rng.random((len(shape), *shape)))
        best = {kind: correlated_equilibrium(game, "sum", kind=kind).value
                for kind in ("correlated", "coarse")}
        nash = max(e.payoffs.sum() for e in solve(game).equilibria)
        assert nash <= best["correlated"] + 1e-9 <= best["coarse"] + 2e-9


@pytest.mark.parametrize(("objective", "kind", "said"), [
    ("som", "correlated", "did you mean 'sum'"), ((0,), "correlated", "one action for each"),
    ((0, 5), "correlated", "actions 0 to 1"), ("sum", "course", "did you mean 'coarse'")])
def test_objectives_that_are_not_there_are_refused(objective: object, kind: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        correlated_equilibrium(CHICKEN, objective, kind=kind)        # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (2, 2, 2)])
@pytest.mark.parametrize("whole", [True, False])
def test_a_batch_finds_what_single_solves_find(shape: tuple[int, ...], whole: bool) -> None:
    rng = np.random.default_rng(15)
    size = (40 if len(shape) == 2 else 6, len(shape), *shape)
    games = rng.integers(0, 3, size) * 1.0 if whole else rng.random(size)
    batch = solve_batch(games)
    assert len(batch) == len(games)
    for k, solution in enumerate(batch):
        single = solve(NormalFormGame(games[k]))
        assert batch.count[k] == len(solution.equilibria) == len(single.equilibria)
        assert batch.complete[k] == single.complete
        assert len(single.game.pure_equilibria()) == batch.pure[k].sum()


def test_a_batch_of_two_by_two_games_has_its_answers_as_arrays() -> None:
    games = np.random.default_rng(16).random((500, 2, 2, 2))
    batch = solve_batch(games)
    assert batch.code is not None and batch.mixed is not None
    for k in range(500):
        mixed = [e for e in batch[k].equilibria if not e.pure]
        assert bool(batch.code[k] & 16) == (len(mixed) == 1) == bool(np.isfinite(batch.mixed[0][k]))
        if mixed:
            assert mixed[0].profile[0][0] == pytest.approx(batch.mixed[0][k], rel=1e-14)
            assert mixed[0].profile[1][0] == pytest.approx(batch.mixed[1][k], rel=1e-14)


def test_a_batch_tells_which_game_is_wrong() -> None:
    games = np.random.default_rng(17).random((5, 2, 2, 2))
    games[3, 0, 1, 1] = np.nan
    with pytest.raises(InputError, match="game 3 of the batch"):
        solve_batch(games)
    with pytest.raises(InputError, match=r"shape \(N, n, m_1"):
        solve_batch(np.zeros((5, 3, 2, 2)))


def test_payoffs_too_large_to_subtract_are_refused() -> None:
    games = np.array([[[[1.7e308, -1.7e308], [-1.7e308, 1.7e308]]] * 2])
    for call in (lambda: solve_batch(games), lambda: solve(NormalFormGame(games[0]))):
        with pytest.raises(InputError, match="differ by more than a float can hold"):
            call()
