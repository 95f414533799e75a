"""From approximate strategies and their supports to an equilibrium at full precision."""

from __future__ import annotations

import numpy as np

from .field import Bools, Field, Floats, Point

MOST_TURNS = 12
#: gains below this are zero (payoff ranges count as 1)
EXACT = 1e-15
#: probabilities below this on the support mean that the support is wrong
NEGATIVE = -1e-11


def polish(field: Field, mixed: Floats, support: Bools, tie: float) -> Floats | None:
    """The equilibrium with given supports near given strategies, or None when there is none.

    Newton's method on the indifference of all actions in each support; the result is checked: no
    probability is negative, and no action, in or out of the supports, gains more than ``tie``
    (relative to the payoff range).

    Args:
        mixed: (n, K, M) strategies; ``support`` (n, K, M) which actions are played.
    """
    mixed = np.where(support, mixed, 0.0)
    total = mixed.sum(axis=2, keepdims=True)
    if (total <= 0).any():
        return None
    mixed = mixed / total
    unknown = _Unknown(field, mixed, support)
    for _ in range(MOST_TURNS if unknown.size else 0):
        point = field.at(mixed)
        left = unknown.left(point)
        if np.abs(left).max() < EXACT:
            break
        step = _newton(unknown.jacobian(point), left)
        longest = float(np.abs(step).max())
        if not longest < 1.0:
            return None
        mixed = unknown.moved(mixed, -step)
        if longest < 1e-14 or (longest < 1e-7 and np.abs(left).max() < 1e-14):
            break
    if (mixed < NEGATIVE).any():
        return None
    mixed = np.maximum(mixed, 0.0)
    mixed = mixed / mixed.sum(axis=2, keepdims=True)
    point = field.at(mixed)
    gain = np.where(field.real, point.action_value - point.value[..., None], -np.inf)
    return mixed if gain.max() <= tie else None


def _newton(jacobian: Floats, left: Floats) -> Floats:
    """The Newton step; the shortest one where ties leave it undetermined."""
    try:
        step = np.asarray(np.linalg.solve(jacobian, left), dtype=np.float64)
    except np.linalg.LinAlgError:
        step = np.full(len(left), np.inf)
    if not np.abs(step).max() < 1.0:
        step = np.asarray(np.linalg.lstsq(jacobian, left, rcond=1e-10)[0], dtype=np.float64)
    return step


class _Unknown:
    """The free probabilities: all of a support but its largest, whose weight makes up the sum."""

    def __init__(self, field: Field, mixed: Floats, support: Bools) -> None:
        self.field = field
        first = np.where(support, mixed, -1.0).argmax(axis=2)
        free = support.copy()
        np.put_along_axis(free, first[..., None], False, axis=2)
        self.player, self.state, self.action = np.nonzero(free)
        self.first = first[self.player, self.state]
        self.size = len(self.player)

    def left(self, point: Point) -> Floats:
        """Gains over the largest action of each support: zero at the equilibrium."""
        q = point.action_value
        out: Floats = (q[self.player, self.state, self.action]
                       - q[self.player, self.state, self.first])
        return out

    def moved(self, mixed: Floats, step: Floats) -> Floats:
        """The strategies after a step of the free probabilities."""
        mixed = mixed.copy()
        mixed[self.player, self.state, self.action] += step
        np.subtract.at(mixed, (self.player, self.state, self.first), step)
        return mixed

    def jacobian(self, point: Point) -> Floats:
        """d(gains)/d(free probabilities), as in ``field.py``."""
        field = self.field
        i, s, a, first = self.player, self.state, self.action, self.first
        turn = point.move[i, s, a] - point.move[i, s, first]
        spread = np.empty((self.size, field.states))
        for k in range(field.players):
            future = point.future[k if len(point.future) > 1 else 0]
            spread[i == k] = field.discount[k] * turn[i == k] @ future
        pairs, mean = field.means(point)
        push = mean[:, i, s, a] - mean[:, i, s, first]  # [whose value, free probability]
        out = spread[:, s] * push[i]
        row, column = np.nonzero((s[:, None] == s[None, :]) & (i[:, None] != i[None, :]))
        block = pairs[i[row], i[column], s[row]]
        each = np.arange(len(row))
        ar, fr, ac, fc = a[row], first[row], a[column], first[column]
        out[row, column] += (block[each, ar, ac] - block[each, ar, fc]
                             - block[each, fr, ac] + block[each, fr, fc])
        return out
