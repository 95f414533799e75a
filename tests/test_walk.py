"""Equilibria of linked games beyond the cap: the same list, whatever was capped where."""

from __future__ import annotations

import itertools
from functools import partial

import numpy as np
import pytest
from random_games import Shape, random_game

import negotiation as ng
from negotiation.equilibrium.reading import equilibrium_of
from negotiation.equilibrium.result import Equilibrium, Options
from negotiation.equilibrium.solve import _answer
from negotiation.equilibrium.walk import walk
from negotiation.lattice import build_lattice

FIXED = Shape(fronts=3, third=True, coalition=1, links=4)
BARGAINED = Shape(fronts=2, third=True, coalition=2, links=4, issues=1)


def numbers(one: Equilibrium) -> np.ndarray:
    return np.concatenate([one.values.ravel(), one.consent, one.terms_array.ravel()])


def same(first: list[Equilibrium], second: list[Equilibrium]) -> bool:
    return len(first) == len(second) and all(
        np.array_equal(numbers(a), numbers(b)) for a, b in zip(first, second, strict=True))


@pytest.mark.parametrize(("seed", "shape"), [
    (42, FIXED), (45, FIXED), (142, FIXED), (990, FIXED), (165, BARGAINED), (111, BARGAINED)])
@pytest.mark.parametrize("cap", [1, 3])
def test_a_capped_solution_goes_on_to_the_whole_list(seed: int, shape: Shape, cap: int) -> None:
    game = random_game(seed, shape)
    whole = list(ng.solve(game, cap=1000).equilibria)
    few = ng.solve(game, cap=cap)
    assert len(few.equilibria) == cap < len(whole) and few.status.name == "CAPPED"
    found = list(few.iterate())
    assert same(found, whole)
    assert [one.id for one in found] == list(range(1, len(whole) + 1))
    assert max(one.regret for one in found) <= 1e-9


@pytest.mark.parametrize("chunk", [1, 2, 7, 50])
def test_the_order_does_not_depend_on_the_chunk(chunk: int) -> None:
    game = random_game(45, FIXED)
    whole = list(ng.solve(game, cap=1000).equilibria)
    solver = partial(_answer, options=Options("all", "mpe", 1, 100, game.indifferent, None))
    found = [equilibrium_of(tree, branch) for tree in walk(build_lattice(game), solver, chunk)
             for branch in range(len(tree.node))]
    assert same(found, whole)


def test_a_walk_is_lazy() -> None:
    """Hundreds of equilibria: the first few cost little, and are the first of all."""
    game = random_game(59, FIXED)
    few = list(itertools.islice(ng.solve(game, cap=20).iterate(), 20))
    assert same(few, list(ng.solve(game, cap=10_000).equilibria[:20]))


def test_a_whole_list_is_its_own_walk() -> None:
    solution = ng.solve(ng.load("central"))
    assert tuple(solution.iterate()) == solution.equilibria


def test_a_walk_goes_through_every_convention() -> None:
    game = ng.load("security-dilemma")
    whole = ng.solve(game, conventions="all")
    few = ng.solve(game, conventions="all", cap=1)
    assert len(whole.equilibria) > 1 and len(few.equilibria) == 1
    assert same(list(few.iterate()), list(whole.equilibria))
