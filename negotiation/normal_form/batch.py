"""All equilibria of many games of one shape in one call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..kernels import batch_two
from ..kernels.compiled import compiled
from ..kernels.compiled import warm as load_kernels
from .game import NormalFormGame, read_payoffs
from .result import NashSolution
from .solver import solve

Floats = NDArray[np.float64]

#: from this many games, loading numba pays
LARGE = 20_000_000


@dataclass(frozen=True, eq=False)
class BatchSolution:
    """The equilibria of N games: a sequence of :class:`NashSolution`, made when they are looked at.

    Attributes:
        payoffs: (N, n, m_1, …, m_n) the games.
        code: for 2×2 games (N,) a bit for each equilibrium: 1, 2, 4, 8 for the pure profiles
            (0,0), (0,1), (1,0), (1,1), 16 for the mixed one, or 32 alone where payoffs tie, whose
            solution is in ``apart``. None for other shapes.
        mixed: for 2×2 games two arrays (N,): each player's probability of action 0 in the mixed
            equilibrium, NaN where there is none. None for other shapes.
        apart: number → solution, of the games that were solved one by one.
    """

    payoffs: Floats
    code: NDArray[np.uint8] | None
    mixed: tuple[Floats, Floats] | None
    apart: MappingProxyType[int, NashSolution] = field(repr=False)

    def __len__(self) -> int:
        return len(self.payoffs)

    @overload
    def __getitem__(self, k: int) -> NashSolution: ...
    @overload
    def __getitem__(self, k: slice) -> list[NashSolution]: ...

    def __getitem__(self, k: int | slice) -> NashSolution | list[NashSolution]:
        """The solution of game k, with its certificates."""
        if isinstance(k, slice):
            return [self[j] for j in range(*k.indices(len(self)))]
        if not -len(self) <= k < len(self):
            raise IndexError(f"game {k} of {len(self)}")
        k = int(k) % len(self)
        return self.apart[k] if k in self.apart else solve(NormalFormGame(self.payoffs[k]))

    def __iter__(self) -> Iterator[NashSolution]:
        return (self[k] for k in range(len(self)))

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """(N,) how many equilibria are listed: all of them, or the extreme ones of continua."""
        if self.code is None:
            counts = np.zeros(len(self), dtype=np.int64)
        else:
            counts = _ONES[self.code & 31].astype(np.int64)
        for k, solution in self.apart.items():
            counts[k] = len(solution.equilibria)
        return counts

    @cached_property
    def complete(self) -> NDArray[np.bool_]:
        """(N,) whether each list is proved to hold every equilibrium."""
        complete = np.ones(len(self), dtype=bool)
        for k, solution in self.apart.items():
            complete[k] = solution.complete
        return complete

    @cached_property
    def pure(self) -> NDArray[np.bool_]:
        """(N, m_1, …, m_n) whether each pure profile is an equilibrium; decided by comparisons."""
        table = self.payoffs
        stable = np.ones((len(table), *table.shape[2:]), dtype=bool)
        for i in range(table.shape[1]):
            stable &= table[:, i] == table[:, i].max(axis=1 + i, keepdims=True)
        return stable


_ONES = np.array([bin(k).count("1") for k in range(32)], dtype=np.uint8)


def solve_batch(payoffs: ArrayLike, *, cap: int = 10_000) -> BatchSolution:
    """Find the equilibria of many games of one shape.

    2×2 games without ties go through one kernel, 10⁷ to 10⁸ a second; every other game is solved as
    by :func:`solve`.

    Args:
        payoffs: (N, n, m_1, …, m_n). For 2×2 games the fastest memory order is the one in which a
            payoff's N values lie side by side (``np.moveaxis`` of an array (2, 2, 2, N)).
        cap: the most equilibria to list of one game.

    Raises:
        InputError: where the shape is not that of a batch, or a payoff is not finite.

    >>> games = [[[[3, 0], [5, 1]], [[3, 5], [0, 1]]], [[[2, 0], [0, 1]], [[1, 0], [0, 2]]]]
    >>> solve_batch(games).count.tolist()
    [1, 3]
    """
    array = _batch_array(payoffs)
    if array.shape[1:] != (2, 2, 2):
        found = {k: solve(_game(array, k), cap=cap) for k in range(len(array))}
        return BatchSolution(array, None, None, MappingProxyType(found))
    n = len(array)
    code, x, y = np.empty(n, np.uint8), np.empty(n), np.empty(n)
    columns = [array[:, i, a, b] for i in range(2) for a in range(2) for b in range(2)]
    kernel: Callable[..., None] = (compiled("batch_two", "by_loop", n >= LARGE)
                                   or batch_two.by_arrays)
    kernel(*columns, code, x, y)
    apart = {}
    for k in np.flatnonzero(code == batch_two.TIED).tolist():
        apart[k] = solve(_game(array, k), cap=cap)
    for part in (code, x, y):
        part.setflags(write=False)
    return BatchSolution(array, code, (x, y), MappingProxyType(apart))


def warm() -> bool:
    """Load and compile the fast kernels now (numba, the extra ``[fast]``); whether there are any.

    From then on small games go through them too. Worth it before thousands of games: loading takes
    about a second, compiling, the first time on a machine, ten.
    """
    if not load_kernels():
        return False
    generic = np.arange(18.0).reshape(2, 3, 3) ** 1.5 % 1
    for table in (generic, np.round(4 * generic)):
        solve(NormalFormGame(table))
    for batch in (np.eye(2)[None, None] + np.zeros((1, 2, 2, 2)), np.ones((2, 2, 2, 1)).T):
        solve_batch(batch)
    return True


def _batch_array(payoffs: ArrayLike) -> Floats:
    if isinstance(payoffs, np.ndarray) and payoffs.dtype == np.float64:
        array: Floats = payoffs.view()
    else:
        array, given = read_payoffs(payoffs)
        if given is not None:
            raise InputError("The 'payoffs' parameter of solve_batch must have numbers that floats "
                             "can hold; solve such games one by one.")
    if array.ndim < 3 or array.shape[1] != array.ndim - 2 or 0 in array.shape[1:]:
        raise InputError("The 'payoffs' parameter of solve_batch must have shape (N, n, m_1, …, "
                         f"m_n); got {array.shape}.")
    array.setflags(write=False)
    return array


def _game(array: Floats, k: int) -> NormalFormGame:
    try:
        return NormalFormGame(array[k])
    except InputError as error:
        raise InputError(f"game {k} of the batch: {error}") from None
