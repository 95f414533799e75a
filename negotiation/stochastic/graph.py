"""The components of a stochastic game: which states can follow which, and in what order to solve.

Two states are in one component when each can be reached from the other (strongly connected
components; Tarjan 1972, *Depth-first search and linear graph algorithms*, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Components:
    """The components of a graph in reverse topological order (those that nothing follows first).

    Attributes:
        states: per component, its states, ascending.
        of: (S,) the component of each state; ``place`` (S,) its place there.
        successors: per component, the other components that its states lead to, ascending.
    """

    states: tuple[Ints, ...]
    of: Ints
    place: Ints
    successors: tuple[tuple[int, ...], ...]


def components(followers: Sequence[Ints]) -> Components:
    """The components of the graph in which state s leads to ``followers[s]``."""
    size = len(followers)
    after = [array.tolist() for array in followers]
    of, place = [-1] * size, [0] * size
    states: list[Ints] = []
    for found in _tarjan(after):
        found.sort()
        for k, s in enumerate(found):
            of[s], place[s] = len(states), k
        states.append(np.array(found))
    successors = []
    for c, members in enumerate(states):
        reached = {of[t] for s in members.tolist() for t in after[s]}
        successors.append(tuple(sorted(reached - {c})))
    return Components(tuple(states), np.array(of), np.array(place), tuple(successors))


def _tarjan(followers: list[list[int]]) -> list[list[int]]:
    """Strongly connected components; each comes after all those that it leads to."""
    size = len(followers)
    number, low = [-1] * size, [0] * size
    waiting: list[int] = []
    on_stack = [False] * size
    found: list[list[int]] = []
    clock = 0
    for root in range(size):
        if number[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            state, at = work.pop()
            if at == 0:
                number[state] = low[state] = clock
                clock += 1
                waiting.append(state)
                on_stack[state] = True
            descend = False
            for k in range(at, len(followers[state])):
                other = followers[state][k]
                if number[other] < 0:
                    work += [(state, k + 1), (other, 0)]
                    descend = True
                    break
                if on_stack[other]:
                    low[state] = min(low[state], low[other])
            if descend:
                continue
            if low[state] == number[state]:
                cut = _last(waiting, state)
                found.append(waiting[cut:])
                for other in waiting[cut:]:
                    on_stack[other] = False
                del waiting[cut:]
            if work:
                above = work[-1][0]
                low[above] = min(low[above], low[state])
    return found


def _last(stack: list[int], item: int) -> int:
    k = len(stack) - 1
    while stack[k] != item:
        k -= 1
    return k
