"""Distinct rows of integers, numbered in order of arrival; whole arrays at a time."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Words = NDArray[np.uint64]


#: a table for R rows may have this many times R entries
TABLE = 8


@cache
def multipliers(seed: int, width: int) -> Words:
    """Odd 64-bit numbers to hash rows with."""
    rng = np.random.default_rng(seed)
    return rng.integers(0, 2**63, width, dtype=np.uint64) * np.uint64(2) + np.uint64(1)


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
        self._times = multipliers(self._seed, self._width)

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
        first, inverse = self.group(rows)
        unique = rows[first]
        code = self._hash(unique)
        number = np.full(len(unique), -1)
        if len(self.rows):
            spot = np.minimum(np.searchsorted(self._sorted, code), len(self.rows) - 1)
            known = self._sorted[spot] == code
            number[known] = self._at[spot[known]]
            if not np.array_equal(self.rows[number[known]], unique[known]):
                self._again()
                return self.add(rows)
        new = number < 0
        fresh = first[new]
        if len(fresh):
            number[new] = len(self.rows) + np.arange(len(fresh))
            self._insert(code[new], number[new])
            self.rows = np.concatenate([self.rows, rows[fresh]])
        ids: Ints = number if inverse is None else number[inverse]
        return ids, fresh

    def group(self, rows: Ints) -> tuple[Ints, Ints | None]:
        """Where each distinct row appears first, ascending, and which of them every row is.

        Narrow ranges of numbers index a table; wide ones do so by their hash.
        """
        if len(rows) <= 1:
            return np.arange(len(rows)), None
        places = np.arange(len(rows))
        columns = [rows[:, k] for k in range(self._width)]
        low = [int(column.min()) for column in columns]
        span = [int(column.max()) - least + 1 for column, least in zip(columns, low, strict=True)]
        room = math.prod(span)
        if room <= TABLE * len(rows) + 1024:
            code = np.zeros(len(rows), dtype=np.int64)
            for column, least, wide in zip(columns, low, span, strict=True):
                code = code * wide + (column - least)
            table = np.empty(room, dtype=np.int64)
            table[code[::-1]] = places[::-1]  # the last write is the first appearance
            seen = table[code]
            first = np.flatnonzero(seen == places)
            if len(first) == len(rows):
                return first, None
            table[code[first]] = np.arange(len(first))
            return first, table[code]
        rep = _representatives(self._hash(rows))
        if not all(np.array_equal(column[rep], column) for column in columns):
            self._again()
            return self.group(rows)
        first = np.flatnonzero(rep == places)
        if len(first) == len(rows):
            return first, None
        number = np.empty(len(rows), dtype=np.int64)
        number[first] = np.arange(len(first))
        return first, number[rep]

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


def of_rows(rows: Ints) -> tuple[Ints, Ints | None]:
    """Where each distinct row of one array (R, width) appears first, ascending, and which of them
    every row is, None where all differ."""
    return Distinct(rows.shape[1]).group(rows)


def _representatives(code: Words) -> Ints:
    """(R,) where each code appears first.

    Codes are written to a table in slots that other bits of them choose in every round. The
    earliest wins its slot, and all that are equal to it are done; those that only share the slot
    try again.
    """
    bits = (4 * len(code)).bit_length()
    rep = np.empty(len(code), dtype=np.int64)
    table = np.empty(1 << bits, dtype=np.int64)
    left, turn = np.arange(len(code)), 0
    while len(left):
        slot = ((code * multipliers(turn, 1)[0]) >> np.uint64(64 - bits)).astype(np.int64)
        table[slot[::-1]] = left[::-1]
        seen = table[slot]
        winner = np.searchsorted(left, seen) if turn else seen
        same = code[winner] == code
        if same.all():
            rep[left] = seen
            break
        rep[left[same]] = seen[same]
        left, code, turn = left[~same], code[~same], turn + 1
    return rep
