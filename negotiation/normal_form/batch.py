"""All equilibria of many games of one shape in one call."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError
from ..kernels import batch_two, bimatrix_loops, polytope_float
from ..kernels.compiled import compiled
from ..kernels.compiled import warm as load_kernels
from .bimatrix import LIMIT, REGRET, read_table
from .game import NormalFormGame, read_payoffs
from .result import NashSolution
from .solver import extreme_solution, solve

Floats = NDArray[np.float64]

#: from this many 2×2 games, and from this many other games of two players, loading numba pays
LARGE, LARGE_OTHER = 20_000_000, 20_000


@dataclass(frozen=True, eq=False)
class _Tables:
    """What the compiled loop over games answered: see :mod:`negotiation.kernels.batch_bimatrix`."""

    codes: NDArray[np.int64]
    starts: NDArray[np.int64]
    isolated: NDArray[np.bool_]
    rows: Floats
    cap: int


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
    _tables: _Tables | None = field(default=None, repr=False)

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
        if k in self.apart:
            return self.apart[k]
        game, tables = NormalFormGame(self.payoffs[k]), self._tables
        if tables is None:
            return solve(game)
        begin = time.perf_counter()
        rows = tables.rows[tables.starts[k]:tables.starts[k + 1]]
        return extreme_solution(game, read_table(int(tables.codes[k]), rows, *game.shape),
                                tables.cap, begin)

    def __iter__(self) -> Iterator[NashSolution]:
        return (self[k] for k in range(len(self)))

    @cached_property
    def count(self) -> NDArray[np.int64]:
        """(N,) how many equilibria are listed: all of them, or the extreme ones of continua."""
        if self._tables is not None:
            counts = np.minimum(np.diff(self._tables.starts), self._tables.cap)
        elif self.code is None:
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
        if self._tables is not None:
            complete = self._tables.isolated & (np.diff(self._tables.starts) <= self._tables.cap)
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

    2×2 games without ties go through one kernel, 10⁷ to 10⁸ a second; other games of two players
    through a compiled loop over :func:`solve`'s own kernels where numba is at hand (the extra
    ``[fast]``), 10⁵ to 10⁶ a second at 3×3; the rest are solved one by one as by :func:`solve`.

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
        return _other_shapes(array, cap)
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


def _other_shapes(array: Floats, cap: int) -> BatchSolution:
    kernel, tables = None, None
    if array.shape[1] == 2 and array.shape[2] + array.shape[3] <= polytope_float.WORD:
        kernel = compiled("batch_bimatrix", "solve_many", len(array) >= LARGE_OTHER)
    alone: Sequence[int] = range(len(array))
    if kernel is not None:
        codes, starts, isolated, rows = kernel(np.ascontiguousarray(array), LIMIT, REGRET)
        for part in (codes, starts, isolated, rows):
            part.setflags(write=False)
        tables = _Tables(codes, starts, isolated, rows, cap)
        # what the kernel left, and what is no game at all, for the message that tells which
        alone = np.flatnonzero((tables.codes == bimatrix_loops.NEITHER)
                               | ~np.isfinite(array).all(axis=(1, 2, 3))).tolist()
    found = {k: solve(_game(array, k), cap=cap) for k in alone}
    return BatchSolution(array, None, None, MappingProxyType(found), tables)


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
    solve_batch(generic[None])
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
