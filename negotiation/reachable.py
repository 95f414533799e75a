"""The states that a game's moves can reach, and the moves between them, as arrays of indices.

States are found breadth first from the start: a **layer** holds the states that the same number of
moves reaches. Each is known by a code, its statuses as the digits of one number.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import InputError
from .model import Condition, Encounter, Game, Move

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: 32 bits hold every index, and a large lattice is mostly indices
Indices = NDArray[np.signedinteger[Any]]

#: combinations of statuses up to which a table over all of them is kept
MOST_TABLED = 1 << 25
#: states worked on at a time, so that what is in between stays in the cache
BLOCK = 1 << 14


def holds(game: Game, states: NDArray[np.int16], condition: Condition) -> Bools:
    """(S,) where a condition on fronts' statuses holds; states (S, K)."""
    result = np.ones(len(states), dtype=bool)
    for front, statuses in condition.items():
        result &= _in_status(game, states, front, statuses)
    return result


def _in_status(game: Game, states: NDArray[np.int16], front: str, statuses: Sequence[str]) -> Bools:
    column = states[:, list(game.fronts).index(front)]
    known = game.fronts[front].statuses
    if len(statuses) == 1:
        return np.asarray(column == known.index(statuses[0]))
    wanted = np.zeros(len(known), dtype=bool)
    wanted[[known.index(status) for status in statuses]] = True
    return wanted[column]


def available(game: Game, states: NDArray[np.int16], move: Move | Encounter) -> Bools:
    """(S,) where a move, or an encounter, is available."""
    able = _in_status(game, states, move.front, move.sources)
    return able & holds(game, states, move.when) if move.when else able


@dataclass(frozen=True, eq=False)
class _Steps:
    """The moves of a game on codes: a state's code is the sum of its statuses times ``strides``."""

    game: Game
    strides: Ints
    radix: Ints

    def columns(self, codes: Ints) -> NDArray[np.int16]:
        """(K, B) the statuses of some states, a row per front."""
        out = np.empty((len(self.radix), len(codes)), dtype=np.int16)
        rest = codes
        for k in range(len(self.radix) - 1, -1, -1):
            above = rest // self.radix[k]
            out[k] = rest - above * self.radix[k]
            rest = above
        return out

    def edges(self, codes: Ints) -> tuple[Ints, Ints, Ints]:
        """Rows, moves and codes after them of all edges that leave some states, in that order."""
        columns = self.columns(codes)
        able = np.empty((len(codes), len(self.game.steps)), dtype=bool)
        constant = np.zeros(len(self.game.steps), dtype=np.int64)
        varying: dict[int, Ints] = {}
        for m, move in enumerate(self.game.steps.values()):
            able[:, m] = available(self.game, columns.T, move)
            shift = np.zeros(1, dtype=np.int64)
            for front, status in {move.front: move.target, **move.sets}.items():
                k, known = list(self.game.fronts).index(front), self.game.fronts[front].statuses
                only = len(move.sources) == 1 and front == move.front
                before = known.index(move.sources[0]) if only else columns[k].astype(np.int64)
                shift = shift + (known.index(status) - before) * self.strides[k]
            if len(shift) == 1:
                constant[m] = shift[0]
            else:
                varying[m] = shift
        row, which = np.nonzero(able)
        after = codes[row] + constant[which]
        for m, shift in varying.items():
            mine = np.flatnonzero(which == m)
            after[mine] += shift[row[mine]]
        return row, which, after


class _Seen:
    """Codes met so far, in the order in which they came, and what place each has in it.

    ``place`` is a table over all codes, −1 where a code has not been met; where it would be too
    large, codes are kept sorted instead.
    """

    def __init__(self, codes: int) -> None:
        self.place = np.full(codes, -1, dtype=np.int32) if codes <= MOST_TABLED else None
        self.sorted = np.zeros(0, dtype=np.int64)
        self.order: list[Ints] = []
        self._waiting: list[Ints] = []

    def meet(self, codes: Ints) -> None:
        """Keep those of the codes that are new for the next layer."""
        if self.place is None:
            self._waiting.append(np.unique(codes))
            return
        fresh = codes[self.place[codes] < 0]
        turn = np.arange(len(fresh), dtype=np.int32)
        self.place[fresh] = turn  # of equal codes the last one stays
        self._waiting.append(fresh[self.place[fresh] == turn])

    def layer(self) -> Ints:
        """The new codes since the last call, ascending."""
        fresh = np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *self._waiting]))
        self._waiting.clear()
        if self.place is None:
            fresh = np.unique(fresh)
            fresh = fresh[~np.isin(fresh, self.sorted)]
            self.sorted = np.union1d(self.sorted, fresh)
        self.order.append(fresh)
        return fresh

    def places(self, codes: Sequence[Ints]) -> NDArray[np.int32]:
        """Where in the order of coming each code stands."""
        every = np.concatenate(self.order)
        none = np.zeros(0, dtype=np.int32)
        if self.place is not None:
            self.place[every] = np.arange(len(every), dtype=np.int32)
            return np.concatenate([none, *(self.place[part] for part in codes)])
        by_code = np.argsort(every).astype(np.int32)
        return np.concatenate(
            [none, *(by_code[np.searchsorted(self.sorted, part)] for part in codes)])


def explore(game: Game, max_states: int,
            ) -> tuple[NDArray[np.int16], Ints, Indices, Indices, Indices]:
    """Every state that moves can reach from the start, and every edge.

    Returns:
        states (S, K), the start first, then layer by layer; where each layer begins and the last
        one ends; and the edges' states, moves and targets (E,), sorted by state and move.

    Raises:
        InputError: for more than ``max_states`` states.
    """
    radix = [len(front.statuses) for front in game.fronts.values()]
    if math.prod(radix) >= 2**62:
        raise InputError(f"{game.name}: the fronts have {math.prod(radix)} combinations of "
                         f"statuses; this version handles at most 2^62, and {max_states} reachable "
                         "ones")
    strides = np.array([math.prod(radix[k + 1:]) for k in range(len(radix))], dtype=np.int64)
    steps = _Steps(game, strides, np.array(radix, dtype=np.int64))
    start = [front.statuses.index(front.start) for front in game.fronts.values()]
    seen = _Seen(math.prod(radix))
    seen.meet(np.array([start], dtype=np.int64) @ strides)
    frontier, layers = seen.layer(), [0]
    source, which, target = [], [], []
    while len(frontier):
        for begin in range(0, len(frontier), BLOCK):
            row, move, after = steps.edges(frontier[begin:begin + BLOCK])
            source.append((layers[-1] + begin + row).astype(np.int32))
            which.append(move.astype(np.int32))
            target.append(after)
            seen.meet(after)
        layers.append(layers[-1] + len(frontier))
        frontier = seen.layer()
        if layers[-1] + len(frontier) > max_states:
            raise InputError(f"{game.name}: more than {max_states} states can be reached")
    edge_target = seen.places(target)
    del target
    states = np.concatenate([steps.columns(part) for part in seen.order], axis=1).T
    return (states, np.array(layers), np.concatenate(source), np.concatenate(which), edge_target)
