"""What is kept where there are more equilibria than a list may have."""

from __future__ import annotations

import numpy as np
import pytest
from random_games import Shape, random_definition, random_game, rescaled

import negotiation as ng
from negotiation import from_dict
from negotiation.equilibrium.extremes import Goals, furthest
from negotiation.kernels import compiled
from negotiation.lattice import build_lattice
from negotiation.likelihood.batch import Question, solve_batch
from negotiation.sampling import Sampler

FIXED = Shape(fronts=3, third=True, coalition=1, links=4)


def widths(values: np.ndarray) -> np.ndarray:
    return np.asarray(values.max(axis=0) - values.min(axis=0))


@pytest.mark.parametrize(("seed", "size"), [(42, 81), (44, 47), (45, 125), (59, 612)])
def test_eight_equilibria_span_the_payoffs_of_all(seed: int, size: int) -> None:
    """Brute force: the whole list is known; its first eight are nearly all alike."""
    game = random_game(seed, FIXED)
    whole = np.array([one.values[0] for one in ng.solve(game).equilibria])
    few = np.array([one.values[0] for one in ng.solve(game, cap=8).equilibria])
    assert len(whole) == size and len(few) == 8
    assert widths(few).sum() > 0.98 * widths(whole).sum()
    assert widths(whole[:8]).sum() < 0.95 * widths(whole).sum()


def test_what_is_kept_are_equilibria_of_the_whole_list() -> None:
    game = random_game(59, FIXED)
    whole = {tuple(one.consent) for one in ng.solve(game).equilibria}
    few = ng.solve(game, cap=8)
    assert {tuple(one.consent) for one in few.equilibria} < whole
    assert max(one.regret for one in few.equilibria) <= 1e-9


@pytest.mark.parametrize("seed", [44, 59])
def test_another_unit_of_payoffs_keeps_the_same_equilibria(seed: int) -> None:
    definition = random_definition(seed, FIXED)
    actor = next(iter(definition["actors"]))
    plain, other = (ng.solve(from_dict(one), cap=8) for one in (
        definition, rescaled(definition, actor, 7.0, -3.0)))
    assert np.array([one.consent for one in plain.equilibria]) == pytest.approx(
        np.array([one.consent for one in other.equilibria]), abs=1e-9)


def test_the_first_and_the_last_by_each_score_are_kept() -> None:
    rng = np.random.default_rng(3)
    draw = np.repeat([0, 2, 3], [40, 3, 25])
    score = rng.normal(size=(len(draw), 4))
    kept = furthest(draw, score, 10)
    assert np.bincount(draw[kept]).tolist() == [10, 0, 3, 10] and (np.diff(kept) > 0).all()
    for one in (0, 2, 3):
        mine = np.flatnonzero(draw == one)
        for column in score[mine].T:
            assert {int(mine[column.argmin()]), int(mine[column.argmax()])} <= set(kept.tolist())


def test_one_stands_for_those_that_are_alike() -> None:
    score = np.array([[1.0], [1.0], [1.0], [1.0], [0.5], [0.2], [0.0]])
    assert furthest(np.zeros(7, dtype=np.int64), score, 4).tolist() == [0, 4, 5, 6]


def test_a_goal_is_the_discounted_chance() -> None:
    """Two events in a row, each at its rate: E[exp(−t/b)] is the product of rate/(rate + 1/b)."""
    game = from_dict({
        "format": "negotiation/1", "title": "two in a row", "horizon": 4.0,
        "actors": {"ada": {"discount_rate": 0.1}},
        "fronts": {"road": {"statuses": ["open", "half", "done"], "start": "open",
                            "flow": {"done": {"ada": 1.0}}}},
        "moves": {"begin": {"front": "road", "from": "open", "to": "half", "by": ["ada"],
                            "rate": 0.5},
                  "end": {"front": "road", "from": "half", "to": "done", "by": ["ada"],
                          "rate": 2.0}},
        "outcomes": {"done": {"when": {"road": "done"}}}})
    lattice = build_lattice(game)
    goals, n = Goals.of(lattice, 4.0), len(lattice.states)
    known = np.zeros((0, 2))
    for state in range(n - 1, -1, -1):  # the lattice's last state is the end
        moves = int(lattice.first_edge[state + 1] - lattice.first_edge[state])
        new = goals.scores(lattice, np.zeros(1, dtype=np.int64), np.array([state]),
                           np.full((1, moves), len(known) - 1), np.ones((1, moves)),
                           np.zeros((1, 1)), known)
        known = np.concatenate([known, new])
    assert known[:, 0] == pytest.approx([1.0, 2.0 / 2.25, 2.0 / 2.25 * 0.5 / 0.75], rel=1e-14)


def test_chances_by_now_are_asked_for_too() -> None:
    """By date 0 nothing has happened; everything that names a date takes it."""
    game = ng.load("issue-linkage")
    outcome, parameter = next(iter(game.outcomes)), next(
        name for name, one in game.parameters.items() if one.low is not None)
    found = ng.likelihood(game, outcome, by=0.0, draws=8, indices=0, tornado=False)
    assert found.failed == 0 and found.mean.high == 0.0
    one = game.parameters[parameter]
    assert one.low is not None and one.high is not None
    trace = ng.trace(game, parameter, one.low, one.high, by=0.0, grid=3, checks=0)
    assert all((branch.outcomes[outcome] == 0.0).all() for branch in trace.branches)
    assert ng.tip(game, outcome, to=0.5, by=0.0, parameters=[parameter]).best is None


def test_a_capped_draw_holds_the_selected_equilibrium_and_spans_a_longer_list() -> None:
    """Draws of the main case with more equilibria than the cap: four times the cap adds little."""
    game = ng.load("nrnap")
    draws = {name: values[[18, 21]] for name, values in Sampler(game).draws(0, 22).items()}
    few, many = (solve_batch(game, draws, Question("pact", game.horizon, cap=cap))
                 for cap in (16, 64))
    assert few.capped.all() and many.capped.all()
    for found in (few, many):
        assert (found.low <= found.selected).all() and (found.selected <= found.high).all()
    # the first 64 in the order of the tree come to 60 % to 78 % and to 0 % to 1.5 %
    assert (many.high - many.low >= [0.2, 0.5]).all()
    assert (many.high >= few.high - 1e-9).all() and (many.low <= few.low + 1e-9).all()


def test_the_selected_equilibrium_is_looked_for_where_a_list_is_cut() -> None:
    """Of this draw the first 64 of the tree come to a chance of 0, as did what was called selected.
    Loops follow noise to its end, round kinks; without them the nearest equilibrium stands for it
    in 32 states."""
    game = ng.load("nrnap")
    draw = {name: values[[356]] for name, values in Sampler(game).draws(0, 357).items()}
    found = solve_batch(game, draw, Question("pact", game.horizon, cap=16))
    assert found.low[0] == 0.0 and found.capped[0] and not found.complete[0]
    assert found.low[0] <= found.selected[0] <= found.high[0]
    if compiled.available():
        assert found.selected[0] > 0.5
