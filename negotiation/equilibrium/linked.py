"""A linked game as the tree traversal sees it: how many equilibria there are beyond the cap."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from .component import Components
from .counting import count
from .encounters.request import Request, with_encounters
from .problem import Problems, gather
from .state import Answers
from .traversal import Local, Stopped, Traversal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: values closer than this share of the actor's payoff range are the same
RESOLUTION = 1e-9


class LinkedGame:
    """One draw of a lattice: components numbered in reverse topological order (``traversal``)."""

    def __init__(self, lattice: Lattice,
                 solver: Callable[[Problems | Components | Request], Answers],
                 draw: int = 0) -> None:
        self.lattice, self.solver, self.draw = lattice, solver, draw
        order = np.lexsort((lattice.component, lattice.level))
        number = np.cumsum(np.diff(lattice.component[order], prepend=-1) != 0) - 1
        cut = np.searchsorted(number, np.arange(number[-1] + 2))
        self.members = [order[a:b] for a, b in zip(cut[:-1], cut[1:], strict=True)]
        self.number = np.empty(len(order), dtype=np.int64)
        self.number[order] = number
        self.place = np.arange(len(order))
        self.place[order] = np.arange(len(order)) - cut[number]
        self._after: list[list[int]] = [[] for _ in self.members]
        source, target = self.number[lattice.edge_state], self.number[lattice.edge_target]
        for a, b in sorted(set(zip(source.tolist(), target.tolist(), strict=True))):
            if a != b:
                self._after[a].append(b)

    @property
    def successors(self) -> list[list[int]]:
        return self._after

    @property
    def sizes(self) -> list[int]:
        return [len(states) for states in self.members]

    @property
    def players(self) -> int:
        return int(self.lattice.discount.shape[1])

    @property
    def resolution(self) -> Floats:
        grain: Floats = RESOLUTION * self.lattice.payoff_range()[self.draw]
        return grain

    def solve(self, components: Ints, follow: Ints, table: Floats) -> Local:
        """All local equilibria of P problems (``traversal.Directional.solve``)."""
        lattice = self.lattice
        states = np.array([self.members[c] for c in components.tolist()])
        flat, width = states.ravel(), states.shape[1]
        count = lattice.first_edge[flat + 1] - lattice.first_edge[flat]
        moves = int(count.max())
        clash = lattice.clashes is not None and bool(lattice.clashes.here(flat).any())
        if not moves and not clash:
            stay = lattice.flow[self.draw, flat] / lattice.discount[self.draw]
            return Local(np.arange(len(flat)), stay[:, None, :], None)
        moves = max(moves, 1)
        at = lattice.first_edge[flat][:, None] + np.arange(moves)
        has = np.arange(moves) < count[:, None]
        target = (lattice.edge_target[np.where(has, at, 0)] if has.any()
                  else np.zeros(has.shape, dtype=np.int64))
        own = np.repeat(components, width)
        inner = has & (self.number[target] == own[:, None])
        after = np.zeros((len(flat), moves, self.players))
        for row, move in zip(*np.nonzero(has & ~inner), strict=True):
            other = self._after[own[row]].index(int(self.number[target[row, move]]))
            start = follow[row // width, other]
            after[row, move] = table[start + self.place[target[row, move]]]
        problems = gather(lattice, np.full(len(flat), self.draw), flat, after)
        inside = np.where(inner, self.place[target], -1)
        if clash:
            answers = self.solver(with_encounters(
                lattice, Components(problems, inside, width),
                np.full(len(flat), self.draw), flat, after))
        elif width == 1:
            answers = self.solver(problems)
        else:
            answers = self.solver(Components(problems, inside, width))
        owner = answers.owner[::width]
        return Local(owner, answers.value.reshape(len(owner), width, -1), answers,
                     dict(answers.doubt))


def count_equilibria(game: LinkedGame, time_limit: float) -> int | None:
    """The number of equilibria; None where a list has a gap or the time is over."""
    tree = Traversal(game, time_limit=time_limit)
    try:
        tree.settle()
        total = count(tree)
    except Stopped:
        return None
    return None if tree.doubt or tree.empty else total
