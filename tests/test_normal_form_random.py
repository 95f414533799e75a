"""Random games: every solver against independent rational enumeration, and against each other."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from normal_form_oracle import count_by_qhull, extreme_equilibria

from negotiation.errors import InputError
from negotiation.kernels import (
    batch_bimatrix,
    batch_two,
    bimatrix_loops,
    bimatrix_small,
    compiled,
    polytope_exact,
    polytope_float,
    polytope_loops,
)
from negotiation.normal_form import NormalFormGame, batch, solve, solve_batch, warm
from negotiation.normal_form.supports import all_equilibria

SHAPES = [(1, 3), (2, 2), (2, 3), (3, 3), (2, 5), (4, 3), (4, 4)]


def random_payoffs(rng: np.random.Generator, shape: tuple[int, ...], kind: str) -> np.ndarray:
    size = (len(shape), *shape)
    if kind == "continuous":
        return rng.random(size)
    if kind == "scaled":
        return rng.integers(0, 4, size) * 10.0 ** rng.integers(-12, 19)
    return rng.integers(0, {"bits": 2, "three": 3, "digits": 10}[kind], size) * 1.0


def check_against_the_oracle(payoffs: np.ndarray) -> None:
    game = NormalFormGame(payoffs)
    expected = extreme_equilibria(payoffs[0].tolist(), payoffs[1].tolist())
    assert {e.exact for e in solve(game, exact=True).equilibria} == expected
    solution = solve(game)
    assert len(solution.equilibria) == len(expected)
    exact = {tuple(tuple(map(float, part)) for part in profile) for profile in expected}
    for equilibrium in solution.equilibria:
        assert equilibrium.regret <= 1e-12
        assert min(max(abs(np.subtract(a, b)).max() for a, b in
                       zip(equilibrium.profile, profile, strict=True)) for profile in exact) < 1e-9
    xs, ys = ([profile[i] for profile in expected] for i in range(2))
    assert solution.complete == (len(set(xs)) == len(set(ys)) == len(expected))


@pytest.mark.parametrize("kind", ["continuous", "bits", "three", "digits", "scaled"])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_all_extreme_equilibria_are_those_of_rational_enumeration(shape, kind) -> None:
    rng = np.random.default_rng([*shape, len(kind)])
    for _ in range(30 if sum(shape) < 8 else 6):
        check_against_the_oracle(random_payoffs(rng, shape, kind))


@pytest.mark.long
@pytest.mark.parametrize("kind", ["continuous", "bits", "three", "digits", "scaled"])
@pytest.mark.parametrize(("shape", "games"), [((2, 2), 300), ((3, 3), 200), ((4, 4), 100),
                                              ((5, 4), 40), ((5, 5), 12), ((6, 6), 3)])
def test_thousands_of_games_agree_with_rational_enumeration(shape, games, kind) -> None:
    rng = np.random.default_rng([*shape, len(kind), 1])
    for _ in range(games):
        check_against_the_oracle(random_payoffs(rng, shape, kind))


def test_proved_floats_and_whole_numbers_find_the_same_vertices() -> None:
    rng = np.random.default_rng(20)
    for k, d in [(3, 3), (5, 4), (4, 6), (6, 6)]:
        matrix = 1 + rng.random((k, d))
        floats = polytope_float.vertices(matrix, 10**6)
        # the polytope of M/2⁵² z ≤ 1 has the labels of M z ≤ 1
        exact = polytope_exact.vertices([[int(v * 2**52) for v in row] for row in matrix])
        assert floats is not None
        assert {vertex.tight for vertex in exact} == set(floats.keys.tolist())


def test_floats_claim_nothing_of_a_degenerate_polytope() -> None:
    assert polytope_float.vertices(np.ones((3, 3)), 1000) is None
    assert len(polytope_exact.vertices([[1] * 3] * 3)) == 3


def test_loops_and_arrays_find_the_same_vertices() -> None:
    rng = np.random.default_rng(21)
    for k, d in [(2, 2), (3, 4), (4, 4)]:
        matrix = 1 + rng.random((k, d))
        state, keys, points = polytope_loops.search_float(matrix, 1000)
        arrays = polytope_float.vertices(matrix, 1000)
        assert state == polytope_loops.DONE
        order, other = np.argsort(keys[1:]), np.argsort(arrays.keys)
        assert (keys[1:][order].astype(np.uint64) == arrays.keys[other]).all()
        np.testing.assert_allclose(points[1:][order], arrays.points[other], rtol=1e-11)


def test_loops_stop_where_whole_numbers_could_overflow() -> None:
    matrix = np.random.default_rng(22).integers(1, 2**20, (5, 5))
    assert polytope_loops.search_whole(matrix, 1000)[0] == polytope_loops.OVERFLOW


def test_the_loops_of_bimatrix_games_agree_with_the_reference() -> None:
    rng = np.random.default_rng(23)
    for kind in ("continuous", "three", "digits"):
        loop = bimatrix_loops.solve_floats if kind == "continuous" else bimatrix_loops.solve_whole
        for shape in [(2, 2), (3, 2), (3, 3), (4, 4)]:
            payoffs = random_payoffs(rng, shape, kind)
            state, table = loop(payoffs, 10**6)
            reference = solve(NormalFormGame(payoffs)).equilibria
            assert state == 0 and len(table) == len(reference)
            for row, equilibrium in zip(table, reference, strict=True):
                np.testing.assert_allclose(row[:sum(shape)], np.concatenate(equilibrium.profile),
                                           atol=1e-12)
            assert bimatrix_loops.worst_regret(payoffs, table) < 1e-12


def test_the_loop_of_batches_agrees_with_the_arrays() -> None:
    rng = np.random.default_rng(24)
    for games in (rng.random((200, 8)), rng.integers(0, 3, (200, 8)) * 1.0):
        answers = []
        for kernel in (batch_two.by_loop, batch_two.by_arrays):
            code, x, y = np.empty(200, np.uint8), np.empty(200), np.empty(200)
            with np.errstate(all="ignore"):
                kernel(*games.T, code, x, y)
            answers.append((code, x, y))
        for loop, arrays in zip(*answers, strict=True):
            np.testing.assert_array_equal(loop, arrays)


@pytest.mark.long
@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_compiled_kernels_agree_with_the_reference() -> None:
    rng = np.random.default_rng(25)
    games = [random_payoffs(rng, shape, kind) for shape in [(3, 3), (4, 5), (7, 7), (10, 10)]
             for kind in ("continuous", "digits", "scaled") for _ in range(5)]
    before = [solve(NormalFormGame(game)) for game in games]
    assert warm()
    for game, reference in zip(games, before, strict=True):
        solution = solve(NormalFormGame(game))
        assert solution.status == reference.status
        for one, other in zip(solution.equilibria, reference.equilibria, strict=True):
            assert one.support == other.support
            for a, b in zip(one.profile, other.profile, strict=True):
                np.testing.assert_allclose(a, b, atol=1e-11)
        assert len(solution.components) == len(reference.components)


@pytest.mark.long
@pytest.mark.parametrize(("size", "seed"), [(10, 0), (10, 1), (12, 0), (12, 1)])
def test_floats_and_rationals_agree_on_games_beyond_the_oracle(size: int, seed: int) -> None:
    game = NormalFormGame(np.random.default_rng([size, seed]).random((2, size, size)))
    floats, exact = solve(game), solve(game, exact=True)
    assert floats.method != exact.method
    assert floats.complete and floats.count == exact.count and floats.index_sum == 1
    for one, other in zip(floats.equilibria, exact.equilibria, strict=True):
        assert one.support == other.support


@pytest.mark.parametrize("size", [3, 5, 7])
def test_numbers_of_equilibria_match_qhull(size: int) -> None:
    rng = np.random.default_rng([size, 35])
    for _ in range(6):
        payoffs = rng.random((2, size, size))
        assert solve(NormalFormGame(payoffs)).count == count_by_qhull(*payoffs)


@pytest.mark.long
@pytest.mark.parametrize(("size", "seed"), [(12, 2), (12, 3), (12, 4), (15, 2)])
def test_numbers_of_equilibria_match_qhull_on_large_games(size: int, seed: int) -> None:
    payoffs = np.random.default_rng([size, seed, 36]).random((2, size, size))
    solution = solve(NormalFormGame(payoffs))
    assert solution.complete and solution.index_sum == 1
    assert solution.count == count_by_qhull(*payoffs)


def test_a_small_answer_loads_neither_numba_nor_scipy() -> None:
    code = ("import sys, numpy as np\n"
            "from negotiation.normal_form import NormalFormGame, solve, solve_batch\n"
            "rng = np.random.default_rng(0)\n"
            "solve(NormalFormGame(rng.random((2, 6, 6))))\n"
            "solve_batch(rng.random((1000, 2, 2, 2)))\n"
            "solve(NormalFormGame(rng.random((3, 2, 2, 2))))\n"
            "print([m for m in ('numba', 'scipy', 'nashpy', 'networkx') if m in sys.modules])")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(("shape", "games"), [((2, 2, 2), 40), ((2, 2, 3), 15), ((2, 2, 2, 2), 8),
                                              ((3, 3, 3), 3), ((2, 2, 2, 2, 2), 2)])
def test_games_of_several_players_are_complete_odd_and_of_index_one(shape, games) -> None:
    rng = np.random.default_rng([*shape, 26])
    for _ in range(games):
        solution = solve(NormalFormGame(rng.random((len(shape), *shape))))
        assert solution.complete and solution.count % 2 == 1 and solution.index_sum == 1
        assert max(e.regret for e in solution.equilibria) <= 1e-9


@pytest.mark.long
@pytest.mark.parametrize(("shape", "games"), [((2, 2, 2), 300), ((2, 2, 2, 2), 60), ((3, 3, 3), 30),
                                              ((2, 2, 2, 2, 2), 25)])
def test_hundreds_of_games_of_several_players_have_index_one(shape, games) -> None:
    test_games_of_several_players_are_complete_odd_and_of_index_one(shape, games)


def test_branch_and_bound_agrees_with_vertices_on_two_players() -> None:
    rng = np.random.default_rng(27)
    for shape in [(2, 2), (3, 3), (3, 4)]:
        for _ in range(8):
            game = NormalFormGame(rng.random((2, *shape)))
            found, vertices = all_equilibria(game), solve(game).equilibria
            assert not found.doubts and len(found.profiles) == len(vertices)
            for equilibrium in vertices:
                assert any(all(abs(a - b).max() < 1e-9 for a, b in
                               zip(equilibrium.profile, other, strict=True))
                           for other in found.profiles)


def test_a_player_that_cannot_matter_leaves_the_others_game() -> None:
    rng = np.random.default_rng(28)
    for _ in range(10):
        pair = rng.random((2, 2, 2))
        three = np.zeros((3, 2, 2, 2))
        three[:2] = pair[..., None]
        three[2, ..., 0] = 1.0
        solution = solve(NormalFormGame(three))
        assert solution.complete and solution.count == solve(NormalFormGame(pair)).count


def test_a_continuum_of_several_players_is_not_called_complete() -> None:
    solution = solve(NormalFormGame(np.zeros((3, 2, 2, 2))))
    assert not solution.complete and "continuum" in solution.incomplete_because
    assert len(solution.equilibria) >= 8


def test_loops_claim_nothing_where_a_number_overflows() -> None:
    huge = np.array([[[1.7e308, -1.7e308, 0.0]] * 3] * 2) * np.array([1.0, 0.5, 0.25])[:, None]
    with np.errstate(all="ignore"):
        state, table = bimatrix_loops.solve_floats(huge, 1000)
    assert state == polytope_loops.UNCERTAIN and not len(table)
    for bad in (np.nan, np.inf):
        matrix = 1 + np.random.default_rng(29).random((3, 3))
        matrix[1, 1] = bad
        with np.errstate(all="ignore"):
            assert polytope_loops.search_float(matrix, 1000)[0] == polytope_loops.UNCERTAIN
            assert polytope_float.vertices(matrix, 1000) is None


@pytest.mark.parametrize("kind", ["continuous", "digits", "scaled"])
@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 2), (3, 3)], ids=str)
def test_small_games_by_supports_are_those_of_rational_enumeration(shape, kind) -> None:
    rng = np.random.default_rng([*shape, len(kind), 30])
    decided = 0
    for _ in range(40):
        payoffs = random_payoffs(rng, shape, kind)
        room = np.empty((19, sum(shape) + 2))
        count = bimatrix_small.solve_small(payoffs, room)
        if count < 0:
            continue
        decided += 1
        expected = extreme_equilibria(payoffs[0].tolist(), payoffs[1].tolist())
        assert count == len(expected)
        points = [np.array([float(p) for part in profile for p in part]) for profile in expected]
        for row in room[:count, :sum(shape)]:
            assert min(abs(row - point).max() for point in points) < 1e-9
    assert decided == 40 if kind == "continuous" else decided < 40


def test_small_games_are_left_to_exact_arithmetic_where_a_sign_is_not_certain() -> None:
    room = np.empty((19, 8))
    # three rows tie against a mix of two columns, up to one unit in the last place
    near = np.array([[0.0, 1.0, 8.0], [1.0, 0.0, 9.0], [np.nextafter(0.5, 1), 0.5, -9.0]])
    other = np.array([[1.0, 0.0, -5.0], [0.0, 1.0, -6.0], [0.3, 0.7, -5.0]])
    assert bimatrix_small.solve_small(np.stack([near, other]), room) == -1
    near[2, 0] = 0.4
    assert bimatrix_small.solve_small(np.stack([near, other]), room) > 0
    for bad in (np.nan, np.inf, 1e308):
        wild = np.stack([near, other])
        wild[0, 0] = [bad, -bad, bad]
        with np.errstate(all="ignore"):
            count = bimatrix_small.solve_small(wild, room)
        assert count == -1 or np.isfinite(room[:count, :6]).all()


def test_the_ends_of_a_tie_of_several_players_are_listed() -> None:
    # the third player does not care; the first two want to match its first action only while it
    # is likely enough: with it at action 1 with a chance above 1/3, 2/3 they change their minds
    tables = np.zeros((3, 2, 2, 2))
    tables[0, 0] = np.array([[2.0, -1.0], [2.0, -1.0]])
    tables[1, :, 0] = np.array([[1.0, -2.0], [1.0, -2.0]])
    solution = solve(NormalFormGame(tables))
    assert not solution.complete and not solution.described
    thirds = sorted(round(float(e.profile[2][0]), 9) for e in solution.equilibria
                    if e.profile[0][0] == 1.0 and e.profile[1][0] == 1.0)
    assert thirds[0] == round(2 / 3, 9) and thirds[-1] == 1.0
    other = sorted(round(float(e.profile[2][0]), 9) for e in solution.equilibria
                   if e.profile[0][1] == 1.0 and e.profile[1][1] == 1.0)
    assert other[0] == 0.0 and other[-1] == round(1 / 3, 9)


@pytest.mark.parametrize("kind", ["continuous", "three", "scaled"])
@pytest.mark.parametrize("shape", [(3, 3), (2, 4), (1, 3), (4, 3)], ids=str)
def test_batches_of_other_shapes_are_what_single_solves_find(shape, kind, monkeypatch) -> None:
    rng = np.random.default_rng([*shape, len(kind), 33])
    games = np.array([random_payoffs(rng, shape, kind) for _ in range(12)])
    # one by one, then by the loop as it stands, uncompiled
    monkeypatch.setattr(batch, "compiled", lambda *_: None)
    plain = solve_batch(games)
    monkeypatch.setattr(batch, "compiled", lambda *_: batch_bimatrix.solve_many)
    looped = solve_batch(games)
    assert looped._tables is not None and plain._tables is None
    assert (looped.count == plain.count).all() and (looped.complete == plain.complete).all()
    for one, other in zip(looped, plain, strict=True):
        assert one.status == other.status and len(one.components) == len(other.components)
        for a, b in zip(one.equilibria, other.equilibria, strict=True):
            assert a.support == b.support and a.regret <= 1e-12
    games[3, 1, 0, 0] = np.nan
    with np.errstate(all="ignore"), pytest.raises(InputError, match="game 3 of the batch"):
        solve_batch(games)


@pytest.mark.long
@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_compiled_batches_agree_with_single_solves() -> None:
    assert warm()
    rng = np.random.default_rng(34)
    for shape in [(3, 3), (5, 4), (2, 6)]:
        for kind in ("continuous", "digits", "scaled"):
            games = np.array([random_payoffs(rng, shape, kind) for _ in range(200)])
            found = solve_batch(games)
            assert found._tables is not None
            for k in range(0, 200, 7):
                single = solve(NormalFormGame(games[k]))
                assert found.count[k] == len(single.equilibria)
                assert found.complete[k] == single.complete == found[k].complete
