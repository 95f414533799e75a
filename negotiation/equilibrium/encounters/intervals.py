"""The equations of a regime over boxes of its unknowns, in interval arithmetic.

Unknowns are V (n), the mixed consents α and, of every mixed action, the weights of all actions in
its support but the last, whose weight makes up the sum. All equations are multilinear in them;
expectations over a mixed action in a box are linear programmes over a piece of the simplex, solved
exactly by filling the best actions first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..nodes import MADE, MIX, REFUSED, best_worth, binding
from .bounds import Kept
from .equations import Point, Regime
from .request import Clash, Request

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
#: a table that lies between two others
Interval = tuple[Floats, Floats]


@dataclass(eq=False)
class Box:
    """V between low and high (n,), the other unknowns between x_low and x_high (F,)."""

    low: Floats
    high: Floats
    x_low: Floats
    x_high: Floats

    @property
    def middle(self) -> Floats:
        """(n + F,) the center."""
        return np.concatenate([0.5 * (self.low + self.high), 0.5 * (self.x_low + self.x_high)])

    def widths(self, scale: Floats) -> Floats:
        """(n + F,) in payoff ranges and probabilities."""
        return np.concatenate([(self.high - self.low) / scale, self.x_high - self.x_low])

    def holds(self, z: Floats, scale: Floats) -> bool:
        """Whether a point (n + F,) lies in the box, up to rounding."""
        n = len(self.low)
        slack = np.concatenate([1e-9 * scale, np.full(len(self.x_low), 1e-9)])
        low = np.concatenate([self.low, self.x_low]) - slack
        high = np.concatenate([self.high, self.x_high]) + slack
        return len(z) >= n and bool(((z >= low) & (z <= high)).all())

    def meet(self, center: Floats, wide: Floats, scale: Floats) -> Box | None:
        """The part within ``wide`` of the middle plus ``center`` (in payoff ranges)."""
        n = len(self.low)
        unit = np.concatenate([scale, np.ones(len(self.x_low))])
        low = self.middle + (center - wide) * unit
        high = self.middle + (center + wide) * unit
        new = Box(np.maximum(self.low, low[:n]), np.minimum(self.high, high[:n]),
                  np.maximum(self.x_low, low[n:]), np.minimum(self.x_high, high[n:]))
        return None if (new.widths(scale) < 0).any() else new

    def halves(self, at: int) -> list[Box]:
        """The box cut in two across one unknown."""
        n = len(self.low)
        left = Box(self.low, self.high.copy(), self.x_low, self.x_high.copy())
        right = Box(self.low.copy(), self.high, self.x_low.copy(), self.x_high)
        middle = self.middle[at]
        if at < n:
            left.high[at] = right.low[at] = middle
        else:
            left.x_high[at - n] = right.x_low[at - n] = middle
        return [left, right]


@dataclass(frozen=True, eq=False)
class _Mix:
    """A mixed action: of player ``k`` of clash ``e``; its support; its columns among the x."""

    e: int
    k: int
    support: Ints
    columns: Ints


class Equations:
    """The equations of one regime of one state with fixed payoffs."""

    def __init__(self, request: Request, regime: Regime, kept: Kept) -> None:
        self.problem, self.clashes = request.components.states, request.clashes[0]
        self.width, self.regime, self.kept = request.width, regime, kept
        self.scale = self.problem.scale[0]
        label = regime.label[0]
        self.moves = np.flatnonzero(label >= MIX)
        held = binding(regime.label, len(self.scale))[0]
        self.held = held[self.moves].argmax(axis=1)
        #: (M, n) the most that a move can bring, terms included
        self.most = self.problem.reward[0] + best_worth(
            self.problem.value, self.problem.curvature)[1][0].sum(axis=1)
        self.made = np.where(label == MADE, self.problem.rate[0], 0.0)
        self.mixes: list[_Mix] = []
        self.at: dict[tuple[int, int], _Mix] = {}
        free = len(self.moves)
        for e, clash in enumerate(self.clashes):
            for k, part in enumerate(clash.mixed(regime.support[0])):
                support = np.flatnonzero(part)
                columns = free + np.arange(len(support) - 1)
                free += len(columns)
                self.at[e, k] = _Mix(e, k, support, columns)
                if len(columns):
                    self.mixes.append(self.at[e, k])
        self.free = free
        #: (n + F,) which unknowns the players' incentives depend on
        self.matters = np.ones(len(self.scale) + free)
        self.matters[:len(self.scale)] = [any(i in clash.players for clash in self.clashes)
                                          for i in range(len(self.scale))]
        self.matters[len(self.scale):len(self.scale) + len(self.moves)] = 0.0
        self.tables = []
        #: per clash and player: pay and staying of each action that is left, against the supports
        self.around: list[list[tuple[Floats, Floats]]] = []
        for e, clash in enumerate(self.clashes):
            parts = [self.at[e, k].support for k in range(len(clash.shape))]
            self.tables.append(_restricted(clash, parts))
            self.around.append([_own(clash, parts, k) for k in range(len(clash.shape))])

    # -- between points and unknowns

    def point(self, z: Floats) -> Point:
        """The point that unknowns (n + F,) stand for."""
        n = len(self.scale)
        consent = (self.regime.label == MADE).astype(float)
        consent[0, self.moves] = z[n:n + len(self.moves)]
        play = np.zeros((1, self.width))
        for e, clash in enumerate(self.clashes):
            at = clash.begin
            for k, size in enumerate(clash.shape):
                mix = self.at[e, k]
                part = z[n + mix.columns]
                play[0, at + mix.support] = np.append(part, 1.0 - part.sum())
                at += size
        return Point(z[None, :n].copy(), consent, np.maximum(play, 1e-12) * (play != 0))

    def unknowns(self, point: Point) -> Floats:
        """The unknowns of a point."""
        x = np.zeros(self.free)
        x[:len(self.moves)] = point.consent[0, self.moves]
        for mix in self.mixes:
            part = self.clashes[mix.e].mixed(point.play[0])[mix.k]
            x[mix.columns] = part[mix.support[:-1]]
        return np.concatenate([point.value[0], x])

    # -- over a box

    def sides(self, box: Box) -> dict[tuple[int, int], Interval] | None:
        """Bounds of the weights of every mixed action; None where some cannot sum to 1."""
        return self._sides(box.x_low, box.x_high)

    def refuted(self, box: Box, sides: dict[tuple[int, int], Interval]) -> bool:
        """Whether a consent, or an action that is not played, rules out every point of the box."""
        problem, label = self.problem, self.regime.label[0]
        slack = 1e-9 * self.scale
        member = problem.member[0] & (problem.rate[0] > 0)[:, None]
        loses = (member & (self.most < box.low - slack)).any(axis=1)
        gains = np.where(member, problem.reward[0] > box.high + slack, True).all(axis=1)
        gains &= member.any(axis=1)
        if (loses & (label >= MADE)).any() or (gains & ((label == REFUSED) | (label >= MIX))).any():
            return True
        for (e, k), mix in self.at.items():
            clash = self.clashes[e]
            i = clash.players[k]
            mixes = [sides[e, j] for j in range(len(clash.shape))]
            pay, stay = self.around[e][k]
            last = int(mix.support[-1])
            for a in self.kept[e][k].tolist():
                if a == last:
                    continue
                gain = _plus(pay[a] - pay[last], stay[a] - stay[last], box.low[i], box.high[i])
                others = [part for j, part in enumerate(mixes) if j != k]
                least, most = _bounds(gain, others, ())
                if least > slack[i] or (a in mix.support and most < -slack[i]):
                    return True
        return False

    def over(self, box: Box, sides: dict[tuple[int, int], Interval],
             ) -> tuple[Floats, Floats, Floats]:
        """F at the middle (K,), and bounds of its derivatives (K, K) over the box, columns and
        rows in payoff ranges."""
        n = len(self.scale)
        middle = box.middle
        exact = self._sides(middle[n:], middle[n:], certain=True)
        assert exact is not None
        value = self._residual(middle, exact)
        low, high = np.zeros((len(middle),) * 2), np.zeros((len(middle),) * 2)
        for row, column, bounds in self._entries(box, sides):
            low[row, column] += bounds[0]
            high[row, column] += bounds[1]
        return value, low, high

    def _sides(self, x_low: Floats, x_high: Floats, certain: bool = False,
               ) -> dict[tuple[int, int], Interval] | None:
        """Bounds of the weights of every mixed action."""
        found = {}
        for key, mix in self.at.items():
            low, high = x_low[mix.columns], x_high[mix.columns]
            last = (1.0 - high.sum(), 1.0 - low.sum())
            if not certain:
                if last[1] < -1e-12:
                    return None
                last = (max(last[0], 0.0), min(max(last[1], 0.0), 1.0))
            found[key] = (np.append(low, last[0]), np.append(high, last[1]))
        return found

    def _residual(self, z: Floats, sides: dict[tuple[int, int], Interval]) -> Floats:
        n, problem = len(self.scale), self.problem
        here, x = z[:n], z[n:]
        rate = self.made.copy()
        rate[self.moves] = problem.rate[0, self.moves] * x[:len(self.moves)]
        left = problem.discount[0] * here - problem.flow[0] - rate @ (problem.reward[0] - here)
        out = np.zeros(len(z))
        out[n:n + len(self.moves)] = (here[self.held] - problem.reward[0, self.moves, self.held]
                                      ) / self.scale[self.held]
        for e, clash in enumerate(self.clashes):
            pay, changes = self.tables[e]
            mixes = [sides[e, k][0] for k in range(len(clash.shape))]
            gain = pay - changes * here.reshape(-1, *[1] * len(mixes))
            left = left - clash.rate * _expected(gain, mixes, ())
        out[:n] = left / self._unit
        for mix in self.mixes:
            clash, i = self.clashes[mix.e], self.clashes[mix.e].players[mix.k]
            mixes = [sides[mix.e, k][0] for k in range(len(clash.shape))]
            each = _expected(self._worth(mix.e, i, here[i]), mixes, (mix.k,))
            out[n + mix.columns] = (each[:-1] - each[-1]) / self.scale[i]
        return out

    @property
    def _unit(self) -> Floats:
        most = self.problem.rate[0].sum() + sum(clash.rate for clash in self.clashes)
        unit: Floats = (self.problem.discount[0] + most) * self.scale
        return unit

    def _worth(self, e: int, i: int, here: float) -> Floats:
        pay, changes = self.tables[e]
        out: Floats = pay[i] + (1.0 - changes) * here
        return out

    def _entries(self, box: Box, sides: dict[tuple[int, int], Interval],
                 ) -> Iterator[tuple[int, int, tuple[float, float]]]:
        """(row, column, bounds) of the derivatives."""
        yield from self._of_values(box, sides)
        n = len(self.scale)
        for slot, (m, i) in enumerate(zip(self.moves.tolist(), self.held.tolist(), strict=True)):
            yield n + slot, i, (1.0, 1.0)
            factor = self.problem.rate[0, m] / self._unit
            for j in range(n):
                reward = self.problem.reward[0, m, j]
                yield j, n + slot, (-factor[j] * (reward - box.low[j]),
                                    -factor[j] * (reward - box.high[j]))
        for mix in self.mixes:
            yield from self._of_mix(mix, box, sides)

    def _of_values(self, box: Box, sides: dict[tuple[int, int], Interval],
                   ) -> Iterator[tuple[int, int, tuple[float, float]]]:
        shares = self.problem.rate[0, self.moves]
        count = len(self.moves)
        pace = [self.made.sum() + shares @ x[:count] for x in (box.x_low, box.x_high)]
        for e, clash in enumerate(self.clashes):
            mixes = [sides[e, k] for k in range(len(clash.shape))]
            _, changes = self.tables[e]
            least, most = _bounds((changes, changes), mixes, ())
            pace[0] += clash.rate * float(least)
            pace[1] += clash.rate * float(most)
        unit = self.scale / self._unit
        for i, r in enumerate(self.problem.discount[0].tolist()):
            yield i, i, ((r + pace[0]) * unit[i], (r + pace[1]) * unit[i])

    def _of_mix(self, mix: _Mix, box: Box, sides: dict[tuple[int, int], Interval],
                ) -> Iterator[tuple[int, int, tuple[float, float]]]:
        """The columns of one mixed action in the value equations, and its rows."""
        n, clash = len(self.scale), self.clashes[mix.e]
        mixes = [sides[mix.e, k] for k in range(len(clash.shape))]
        pay, changes = self.tables[mix.e]
        turn = _less_last(changes, mix.k)
        for j in range(n):
            gain = _plus(_less_last(pay[j], mix.k), turn, -box.high[j], -box.low[j])
            least, most = _bounds(gain, mixes, (mix.k,))
            factor = clash.rate / self._unit[j]
            for a, column in enumerate(mix.columns.tolist()):
                yield j, n + column, (-factor * float(most[a]), -factor * float(least[a]))
        i = clash.players[mix.k]
        staying = _bounds((-turn, -turn), mixes, (mix.k,))
        for a, row in enumerate(mix.columns.tolist()):
            yield n + row, i, (float(staying[0][a]), float(staying[1][a]))
        for j in range(len(clash.shape)):
            other = self.at[mix.e, j]
            if j == mix.k or not len(other.columns):
                continue
            # ∂/∂σ_j(b) is the difference to j's last action
            part = _plus(_less_last(_less_last(pay[i], mix.k), j),
                         _less_last(-turn, j), box.low[i], box.high[i])
            least, most = _bounds(part, mixes, (mix.k, j))
            if j < mix.k:
                least, most = least.T, most.T
            for a, row in enumerate(mix.columns.tolist()):
                for b, column in enumerate(other.columns.tolist()):
                    yield n + row, n + column, (float(least[a, b]) / self.scale[i],
                                                float(most[a, b]) / self.scale[i])


def _restricted(clash: Clash, support: Sequence[Ints]) -> tuple[Floats, Floats]:
    """Pay (n, …) and changes (…) on the supports."""
    shape = (-1, *clash.shape)
    grid = np.ix_(np.arange(len(clash.pay)), *support)
    return clash.pay.reshape(shape)[grid], clash.changes.reshape(clash.shape)[np.ix_(*support)]


def _own(clash: Clash, support: Sequence[Ints], k: int) -> tuple[Floats, Floats]:
    """What each action of one player pays it, and whether it stays (m, others' supports)."""
    i, size = clash.players[k], clash.shape[k]
    grid = np.ix_(*(np.arange(size) if j == k else part for j, part in enumerate(support)))
    return (np.moveaxis(clash.pay[i].reshape(clash.shape)[grid], k, 0),
            np.moveaxis((1.0 - clash.changes).reshape(clash.shape)[grid], k, 0))


def _less_last(table: Floats, axis: int) -> Floats:
    """What each entry along an axis is above the last one, which is left out."""
    cut = (slice(None),) * axis
    out: Floats = table[(*cut, slice(-1))] - table[(*cut, slice(-1, None))]
    return out


def _plus(table: Floats, factor: Floats, low: float, high: float) -> Interval:
    """table + factor·[low, high]."""
    ends = factor * low, factor * high
    return table + np.minimum(*ends), table + np.maximum(*ends)


def _expected(table: Floats, mixes: Sequence[Floats], skip: tuple[int, ...]) -> Floats:
    """The expectation over all mixed actions but ``skip`` (the last axes are the players')."""
    lead = table.ndim - len(mixes)
    for k in range(len(mixes) - 1, -1, -1):
        if k not in skip:
            table = np.moveaxis(table, lead + k, -1) @ mixes[k]
    return table


def _bounds(table: Interval, mixes: Sequence[Interval], skip: tuple[int, ...]) -> Interval:
    """Bounds of the expectation over all mixed actions but ``skip``; axes of ``skip`` stay."""
    low, high = table
    lead = low.ndim - len(mixes)
    for k in range(len(mixes) - 1, -1, -1):
        if k not in skip:
            if lead + k < low.ndim - 1:
                low, high = np.moveaxis(low, lead + k, -1), np.moveaxis(high, lead + k, -1)
            low, high = _fill(low, mixes[k]), -_fill(-high, mixes[k])
    return low, high


def _fill(table: Floats, mix: Interval) -> Floats:
    """The least of Σ w_a table_a over weights in their bounds that sum to 1."""
    least, most = mix
    first: Floats = table[..., 0]
    if table.shape[-1] == 1:
        return first
    if table.shape[-1] == 2:
        more = table[..., 1] - first
        ends = max(least[1], 1.0 - most[0]), min(most[1], 1.0 - least[0])
        lowest: Floats = first + np.minimum(ends[0] * more, ends[1] * more)
        return lowest
    order = np.argsort(table, axis=-1)
    room = (most - least)[order]
    rest = 1.0 - least.sum()
    share = np.clip(rest - (np.cumsum(room, axis=-1) - room), 0.0, room)
    ranked = np.take_along_axis(table, order, axis=-1)
    total: Floats = ((least[order] + share) * ranked).sum(axis=-1)
    return total
