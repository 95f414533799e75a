"""The traversal counts, lists and picks the consistent selections of a directional game."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from negotiation.equilibrium.counting import count
from negotiation.equilibrium.distinct import Distinct
from negotiation.equilibrium.listing import nodes
from negotiation.equilibrium.traversal import Ending, Local, Stopped, Traversal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Toy:
    """A made-up directional game: a component's solutions are a fixed function of what follows.

    Each solution's value is a small integer, so that values coincide often, and the number of
    solutions (``fewest`` to 3) depends on the successors' values.
    """

    players = 1
    resolution = np.array([1e-9])

    def __init__(self, successors: Sequence[Sequence[int]], seed: int, fewest: int = 1) -> None:
        self.successors = successors
        self.sizes = [1] * len(successors)
        self.seed, self.fewest = seed, fewest
        self.calls: list[tuple[int, tuple[int, ...]]] = []

    def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
        rng = np.random.default_rng([self.seed, component, *after])
        return rng.integers(0, 3, rng.integers(self.fewest, 4)).tolist()

    def solve(self, components: Ints, follow: Ints, table: Floats) -> Local:
        owner, value = [], []
        for p, c in enumerate(components.tolist()):
            rows = follow[p, :len(self.successors[c])]
            after = tuple(int(v) for v in table[rows, 0]) if len(rows) else ()
            self.calls.append((c, after))
            for v in self.solutions(c, after):
                owner.append(p)
                value.append(v)
        return Local(np.array(owner, dtype=np.int64),
                     np.array(value, dtype=float).reshape(-1, 1, 1), tuple(value))


def by_hand(toy: Toy) -> Iterator[tuple[tuple[int, int], ...]]:
    """Every selection as ((which solution, its value), …), by plain recursion."""
    def extend(chosen: tuple[tuple[int, int], ...]) -> Iterator[tuple[tuple[int, int], ...]]:
        c = len(chosen)
        if c == len(toy.successors):
            yield chosen
            return
        after = tuple(chosen[d][1] for d in toy.successors[c])
        for k, value in enumerate(toy.solutions(c, after)):
            yield from extend((*chosen, (k, value)))
    return extend(())


def graph(seed: int, size: int) -> list[list[int]]:
    rng = np.random.default_rng(seed)
    return [sorted(rng.choice(c, min(c, int(rng.integers(0, 4))), replace=False).tolist())
            for c in range(size)]


def settled(toy: Toy) -> Traversal:
    tree = Traversal(toy)
    tree.settle()
    return tree


def values_of(tree: Traversal, block: Ints) -> list[tuple[int, ...]]:
    return [tuple(int(tree.table[tree.node_row[node], 0]) for node in row) for row in block]


@pytest.mark.parametrize("fewest", [0, 1])
@pytest.mark.parametrize("seed", range(40))
def test_the_count_is_the_number_of_selections_listed_by_hand(seed: int, fewest: int) -> None:
    toy = Toy(graph(seed, 9), seed, fewest)
    assert count(settled(toy)) == sum(1 for _ in by_hand(toy))


@pytest.mark.parametrize("chunk", [1, 3, 4096])
@pytest.mark.parametrize("seed", range(12))
def test_the_list_is_that_by_hand_in_lexicographic_order(seed: int, chunk: int) -> None:
    toy = Toy(graph(seed, 7), seed, fewest=seed % 2)
    tree = settled(toy)
    listed = [row for block in nodes(tree, chunk) for row in values_of(tree, block)]
    assert listed == [tuple(value for _, value in chosen) for chosen in by_hand(toy)]


@pytest.mark.parametrize("seed", range(10))
def test_each_distinct_problem_is_solved_once_however_often_it_is_met(seed: int) -> None:
    toy = Toy(graph(seed, 8), seed)
    tree = settled(toy)
    count(tree)
    list(nodes(tree))
    assert len(toy.calls) == len(set(toy.calls)) == tree.solved


def test_one_equilibrium_needs_one_problem_per_component() -> None:
    toy = Toy(graph(3, 30), 3)
    tree = settled(toy)
    (block,) = nodes(tree, first_only=True)
    assert block.shape == (1, 30)
    assert len(toy.calls) == 30


@pytest.mark.parametrize("seed", range(5))
def test_the_first_choice_is_the_first_of_the_list(seed: int) -> None:
    toy = Toy(graph(seed, 8), seed)
    quick = Traversal(toy, first_only=True)
    quick.settle()
    (block,) = nodes(quick)
    tree = settled(toy)
    assert values_of(quick, block) == values_of(tree, next(nodes(tree, 1)))


def test_independent_components_multiply_beyond_machine_integers() -> None:
    class Three(Toy):
        def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
            return [0, 1, 2]

    tree = settled(Three([[] for _ in range(100)], 0))
    assert count(tree) == 3 ** 100
    assert tree.solved == 100


def test_counts_in_one_table_pass_machine_integers_too() -> None:
    class Merge(Toy):
        def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
            return [0, 0, 1]

    tree = settled(Merge([[], *([c] for c in range(79))], 0))
    assert count(tree) == 3 ** 80


def test_a_shared_successor_is_chosen_once_not_once_per_path() -> None:
    class Copy(Toy):
        def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
            return [0, 1] if component == 0 else [after[0]] if component < 3 else [0]

    tree = settled(Copy([[], [0], [0], [1, 2]], 0))
    assert count(tree) == 2
    assert ({row[1:3] for block in nodes(tree) for row in values_of(tree, block)}
            == {(0, 0), (1, 1)})


def test_listing_is_lazy() -> None:
    class Three(Toy):
        def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
            return [0, 1, 2]

    tree = settled(Three([[] for _ in range(60)], 0))
    first = next(nodes(tree, 100))
    assert len(first) <= 100 and len(np.unique(first, axis=0)) == len(first)


def test_work_stops_when_time_is_over_and_says_so() -> None:
    tree = Traversal(Toy(graph(0, 9), 0), time_limit=1e-9)
    with pytest.raises(Stopped) as stopped:
        tree.settle()
    assert stopped.value.ending is Ending.TIME
    assert str(Ending.TIME) == "The time limit ended the work; this is what had been found."


def test_a_true_answer_from_progress_interrupts() -> None:
    seen: list[tuple[int, int]] = []

    def progress(done: int, size: int) -> bool:
        seen.append((done, size))
        return True

    tree = Traversal(Toy(graph(0, 9), 0), progress=progress)
    with pytest.raises(Stopped) as stopped:
        tree.settle()
    assert stopped.value.ending is Ending.INTERRUPTED
    assert seen[0][1] == 9


def test_counting_stops_at_its_memory_limit() -> None:
    class Fan(Toy):
        def solutions(self, component: int, after: tuple[int, ...]) -> list[int]:
            return [0, 1, 2]

    tree = settled(Fan([[] for _ in range(12)] + [list(range(12))], 0))
    with pytest.raises(Stopped) as stopped:
        count(tree, most_rows=1000)
    assert stopped.value.ending is Ending.MEMORY


@pytest.mark.parametrize("high", [3, 10**12])
def test_distinct_rows_keep_their_numbers_in_order_of_arrival(high: int) -> None:
    rng = np.random.default_rng(0)
    known: dict[tuple[int, ...], int] = {}
    distinct = Distinct(3)
    for size in (1, 50, 50, 400):
        rows = rng.integers(-high, high, (size, 3))
        rows[size // 2:] = rows[:size - size // 2]
        ids, fresh = distinct.add(rows)
        expected = [known.setdefault(tuple(row), len(known)) for row in rows.tolist()]
        assert ids.tolist() == expected
        assert len(distinct) == len(known)
        assert set(map(tuple, distinct.rows[ids[fresh]].tolist())) == set(
            map(tuple, rows[fresh].tolist()))


def test_rows_of_no_columns_are_all_one() -> None:
    distinct = Distinct(0)
    ids, fresh = distinct.add(np.zeros((4, 0), dtype=np.int64))
    assert ids.tolist() == [0] * 4 and fresh.tolist() == [0]
    assert distinct.add(np.zeros((2, 0), dtype=np.int64))[1].tolist() == []


def test_every_selection_is_different() -> None:
    toy = Toy(graph(5, 8), 5)
    tree = settled(toy)
    rows = list(itertools.chain.from_iterable(block.tolist() for block in nodes(tree)))
    assert len(rows) == len({tuple(row) for row in rows})
