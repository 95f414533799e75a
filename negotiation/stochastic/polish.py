"""From approximate strategies and their supports to an equilibrium at full precision."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .field import Bools, Field, Floats, Point

MOST_TURNS = 12
#: probabilities below this on the support mean that the support is wrong
NEGATIVE = -1e-11


def polish(field: Field, mixed: list[Floats], support: list[Bools], tie: float,
           ) -> list[Floats] | None:
    """The equilibrium with given supports near given strategies, or None when there is none.

    Newton's method on the indifference of all actions in each support; the result is checked: no
    probability is negative, and no action, in or out of the supports, gains more than ``tie``
    (relative to the payoff range).
    """
    mixed = [np.where(keep, p, 0.0) for p, keep in zip(mixed, support, strict=True)]
    total = [p.sum(axis=1, keepdims=True) for p in mixed]
    if any((t <= 0).any() for t in total):
        return None
    mixed = [p / t for p, t in zip(mixed, total, strict=True)]
    unknown = _Unknown(field, mixed, support)
    for _ in range(MOST_TURNS):
        point = field.at(mixed)
        if unknown.size == 0:
            break
        left = unknown.left(point)
        try:
            step = np.asarray(np.linalg.solve(unknown.jacobian(point), left), dtype=np.float64)
        except np.linalg.LinAlgError:
            return None
        if not np.isfinite(step).all() or np.abs(step).max() > 1.0:
            return None
        mixed = unknown.moved(mixed, -step)
        if np.abs(step).max() < 1e-14 or (np.abs(step).max() < 1e-7
                                          and np.abs(left).max() < 1e-14):
            break
    if any((p < NEGATIVE).any() for p in mixed):
        return None
    mixed = [np.maximum(p, 0.0) for p in mixed]
    mixed = [p / p.sum(axis=1, keepdims=True) for p in mixed]
    point = field.at(mixed)
    worst = max(float(np.where(real, q - v[:, None], -np.inf).max()) for q, v, real in zip(
        point.action_value, point.value, field.real, strict=True))
    return mixed if worst <= tie else None


class _Unknown:
    """The free probabilities: all of a support but its largest, whose weight makes up the sum."""

    def __init__(self, field: Field, mixed: list[Floats], support: list[Bools]) -> None:
        self.field = field
        self.first = [np.where(keep, p, -1.0).argmax(axis=1)
                      for p, keep in zip(mixed, support, strict=True)]
        self.state: list[NDArray[np.int64]] = []
        self.action: list[NDArray[np.int64]] = []
        for keep, first in zip(support, self.first, strict=True):
            free = keep.copy()
            free[np.arange(len(first)), first] = False
            state, action = np.nonzero(free)
            self.state.append(state)
            self.action.append(action)
        self.cut = np.cumsum([0, *map(len, self.state)])
        self.size = int(self.cut[-1])

    def left(self, point: Point) -> Floats:
        """Gains over the largest action of each support: zero at the equilibrium."""
        return np.concatenate([q[s, a] - q[s, first[s]] for q, s, a, first in zip(
            point.action_value, self.state, self.action, self.first, strict=True)])

    def moved(self, mixed: list[Floats], step: Floats) -> list[Floats]:
        out = []
        for i, p in enumerate(mixed):
            p = p.copy()
            delta = step[self.cut[i]:self.cut[i + 1]]
            p[self.state[i], self.action[i]] += delta
            np.subtract.at(p, (self.state[i], self.first[i][self.state[i]]), delta)
            out.append(p)
        return out

    def jacobian(self, point: Point) -> Floats:
        """d(gains)/d(free probabilities), as in ``field.py``."""
        field = self.field
        out = np.zeros((self.size, self.size))
        for i in range(field.players):
            s, a, first = self.state[i], self.action[i], self.first[i]
            if not len(s):
                continue
            rows = slice(int(self.cut[i]), int(self.cut[i + 1]))
            turn = point.move[i][s, a] - point.move[i][s, first[s]]
            spread = field.propagate(i, turn, point.chain)
            for j in range(field.players):
                t, b, other = self.state[j], self.action[j], self.first[j]
                if not len(t):
                    continue
                columns = slice(int(self.cut[j]), int(self.cut[j + 1]))
                if j == i:
                    worth = point.action_value[i]
                else:
                    pair = field.pair(point, i, j)
                    worth = (point.mixed[i][:, None, :] @ pair)[:, 0]
                out[rows, columns] = spread[:, t] * (worth[t, b] - worth[t, other[t]])
                if j != i:
                    same = s[:, None] == t[None, :]
                    row, column = np.nonzero(same)
                    sr, ar, br = s[row], a[row], b[column]
                    direct = (pair[sr, ar, br] - pair[sr, ar, other[sr]]
                              - pair[sr, first[sr], br] + pair[sr, first[sr], other[sr]])
                    out[self.cut[i] + row, self.cut[j] + column] += direct
        return out
