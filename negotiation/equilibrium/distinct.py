"""Distinct rows of integers, numbered in order of arrival: look-up and insertion on whole arrays."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


class Distinct:
    """A growing set of integer rows of one width.

    Rows are found by a 64-bit hash and then compared in full; two rows that share a hash bring new
    multipliers, so that answers are exact.
    """

    def __init__(self, width: int) -> None:
        self._width = width
        self._seed = 0
        self._draw()
        self.rows: Ints = np.zeros((0, width), dtype=np.int64)
        self._sorted: Words = np.zeros(0, dtype=np.uint64)
        self._at: Ints = np.zeros(0, dtype=np.int64)

    def __len__(self) -> int:
        return len(self.rows)

    def _draw(self) -> None:
        rng = np.random.default_rng(self._seed)
        self._times: Words = rng.integers(0, 2**63, self._width, dtype=np.uint64) * np.uint64(
            2) + np.uint64(1)

    def _hash(self, rows: Ints) -> Words:
        code = np.zeros(len(rows), dtype=np.uint64)
        for k in range(self._width):
            code += rows[:, k].astype(np.uint64) * self._times[k]
            code ^= code >> np.uint64(29)
        return code

    def add(self, rows: Ints) -> tuple[Ints, Ints]:
        """Numbers of (R, width) rows, and the places in ``rows`` of those that were new.

        The new ones get the numbers that follow, in the order in which they first appear.
        """
        if self._width == 0:
            fresh = np.arange(1 - len(self.rows) if len(rows) else 0)
            self.rows = np.concatenate([self.rows, rows[fresh]])
            return np.zeros(len(rows), dtype=np.int64), fresh
        code, first, inverse = np.unique(self._hash(rows), return_index=True, return_inverse=True)
        spot = np.searchsorted(self._sorted, code)
        known = np.zeros(len(code), dtype=bool)
        if len(self._sorted):
            spot = np.minimum(spot, len(self._sorted) - 1)
            known = self._sorted[spot] == code
        fresh = np.sort(first[~known])
        number = np.empty(len(code), dtype=np.int64)
        number[known] = self._at[spot[known]]
        number[~known] = len(self.rows) + np.searchsorted(fresh, first[~known])
        merged = np.concatenate([self.rows, rows[fresh]]) if len(fresh) else self.rows
        ids: Ints = number[inverse.ravel()]
        if not np.array_equal(merged[ids], rows):
            self._again()
            return self.add(rows)
        if len(fresh):
            self._insert(code[~known], number[~known])
            self.rows = merged
        return ids, fresh

    def _insert(self, code: Words, number: Ints) -> None:
        codes = np.concatenate([self._sorted, code])
        order = np.argsort(codes, kind="stable")
        self._sorted, self._at = codes[order], np.concatenate([self._at, number])[order]

    def _again(self) -> None:
        """Other multipliers, after two different rows had one hash."""
        self._seed += 1
        self._draw()
        codes = self._hash(self.rows)
        order = np.argsort(codes, kind="stable")
        self._sorted, self._at = codes[order], np.arange(len(self.rows))[order]
