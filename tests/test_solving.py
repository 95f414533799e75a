"""One verb for every kind of game."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import negotiation as ng
from negotiation.errors import InputError


def test_a_linked_game_a_matrix_game_and_a_stochastic_game_answer_alike():
    matching = np.array([[[1.0, -1.0], [-1.0, 1.0]], [[-1.0, 1.0], [1.0, -1.0]]])
    games = [ng.load("rubinstein"), ng.NormalFormGame(matching),
             ng.StochasticGame(payoffs=[matching], transitions=[np.ones((2, 2, 1))],
                               discount=[0.9, 0.9])]
    for game in games:
        solution = ng.solve(game)
        assert solution.complete and solution.count == len(solution.equilibria) == 1
        assert str(solution.status).endswith(".")
        assert ng.solve(game, equilibria="one").equilibria
    assert ng.solve(games[1]).equilibria[0].profile[0] == pytest.approx([0.5, 0.5])
    assert ng.solve(games[2]).equilibria[0].strategies[0][1] == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("wrong", ["nrnap", None, [[1, 2]], 3])
def test_anything_else_is_refused_with_the_kinds_that_are_known(wrong):
    with pytest.raises(InputError, match="must be a Game .* NormalFormGame or a StochasticGame"):
        ng.solve(wrong)


def test_solving_a_linked_game_imports_no_other_kind():
    script = ("import negotiation as ng, sys; ng.solve(ng.load('rubinstein')); "
              "print([m for m in sys.modules if 'normal_form' in m or 'stochastic' in m "
              "or m in ('numba', 'matplotlib', 'networkx', 'nashpy')])")
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                            check=True)
    assert answer.stdout.strip() == "[]"
