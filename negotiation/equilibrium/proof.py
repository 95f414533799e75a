"""A box of a labelled state holds at most one equilibrium: the interval test behind completeness.

Unknowns z = (V, mixed α, terms x of the active Nash bargains), with V in units of payoff range.
The equations F are E_i = 0, V_i = W_m,i for a mix that leaves i indifferent, and for each issue the
natural map x_j − clip(x_j + s_j φ_j, 0, 1) with φ_j = Σ_B w_i (v_ij − c_ij x_j)/G_i. Over the box
every generalised Jacobian of F lies, row by row, in an interval matrix [J]. With Y the inverse of
its midpoint, |Y| rad[J] having spectral radius below 1 makes every matrix in [J] regular, hence F
one-to-one on the box (mean value theorem, rows in the hull of Clarke's gradients), and Krawczyk's
operator K = c − Y F(c) + |Y| rad[J] · rad(Z) contains every zero of the box (Neumaier 1990, §5.1).
Rounding is not enclosed: the test is one of interval arithmetic in floating point.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .leaf import active, effective
from .nodes import MADE, MIX, Nodes, binding, jointly, payoffs
from .problem import NASH, Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(eq=False)
class _Layout:
    """Which moves have an α or terms among the unknowns, as padded columns per node."""

    mix: Ints
    has_mix: Bools
    act: Ints
    has_act: Bools

    @staticmethod
    def of(mixed: Bools, live: Bools) -> _Layout:
        def columns(mask: Bools) -> tuple[Ints, Bools]:
            width = int(mask.sum(axis=1).max(initial=0))
            order = np.argsort(~mask, axis=1, kind="stable")[:, :width]
            return order, np.take_along_axis(mask, order, axis=1)

        return _Layout(*columns(mixed), *columns(live))


def at_most_one(problems: Problems, nodes: Nodes) -> Bools:
    """(N,) whether each box is proved to hold at most one equilibrium; boxes shrink in place.

    A box that provably holds none is marked ``empty``.
    """
    reduced, _ = effective(problems, nodes.label)
    live = active(reduced, nodes.label) & reduced.member.any(axis=2)
    joint = jointly(nodes.label, reduced.reward.shape[2]).any(axis=1)
    fit = ~joint & ~(live & (reduced.kind != NASH)).any(axis=1)
    proved = np.zeros(len(nodes.owner), dtype=bool)
    rows = np.flatnonzero(fit)
    if not len(rows):
        return proved
    box = nodes.take(rows)
    layout = _Layout.of(box.label >= MIX, live[rows])
    at = _Equations(reduced.take(rows), box, layout)
    middle, spread = 0.5 * (at.low + at.high), 0.5 * (at.high - at.low)
    usable: Bools = at.sound & np.isfinite(middle).all(axis=(1, 2))
    middle[~usable] = np.eye(middle.shape[1])
    determinant = np.linalg.det(middle)
    usable &= np.isfinite(determinant) & (np.abs(determinant) > 1e-200)
    middle[~usable] = np.eye(middle.shape[1])
    inverse = np.linalg.inv(middle)
    growth = np.abs(inverse) @ np.where(usable[:, None, None], spread, 0.0)
    proved[rows] = usable & (perron(growth) < 1.0)
    new_center = at.center - np.einsum("kij,kj->ki", inverse, at.value)
    new_radius = np.einsum("kij,kj->ki", growth, at.radius) + 1e-14
    _shrink(nodes, rows[usable], reduced.scale[rows][usable], layout, usable,
            (new_center - new_radius)[usable], (new_center + new_radius)[usable])
    return proved


def perron(matrix: Floats, steps: int = 12) -> Floats:
    """An upper bound on the spectral radius of nonnegative matrices (Collatz–Wielandt)."""
    vector = np.ones(matrix.shape[:2])
    best: Floats = matrix.sum(axis=2).max(axis=1)
    for _ in range(steps):
        image = np.einsum("kij,kj->ki", matrix, vector)
        vector = image + 1e-9 * image.max(axis=1, keepdims=True) + 1e-300
        vector /= vector.max(axis=1, keepdims=True)
        ratio = (np.einsum("kij,kj->ki", matrix, vector) / vector).max(axis=1)
        best = np.minimum(best, ratio)
    return best


def _interval_product(a: tuple[Floats, Floats], b: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    corners = [x * y for x in a for y in b]
    return np.minimum.reduce(corners), np.maximum.reduce(corners)


class _Equations:
    """F over boxes: their center and radius (N, K), F at the center ``value``, the interval
    Jacobian ``low``, ``high`` (N, K, K), and ``sound`` (N,): bounds finite, every gain positive.
    """

    def __init__(self, problems: Problems, box: Nodes, layout: _Layout) -> None:
        self.problems, self.box, self.layout = problems, box, layout
        size, _, n = problems.reward.shape
        total = n + layout.mix.shape[1] + layout.act.shape[1] * problems.value.shape[2]
        self.low, self.high = np.zeros((size, total, total)), np.zeros((size, total, total))
        self.value = np.zeros((size, total))
        self.center, self.radius = np.zeros((size, total)), np.zeros((size, total))
        self.sound: Bools = np.asarray(
            np.isfinite(box.low).all(axis=1) & np.isfinite(box.high).all(axis=1))
        made = (box.label == MADE).astype(float)
        self.a_low = np.where(box.label >= MIX, box.a_low, made)
        self.a_high = np.where(box.label >= MIX, box.a_high, made)
        pay_low, pay_high = payoffs(problems, box)
        self.v_mid = 0.5 * (box.low + box.high)
        x = 0.5 * (box.x_low + box.x_high)[..., None]
        worth = (problems.value * x - 0.5 * problems.curvature * x**2).sum(axis=2)
        self.gain_mid = problems.reward + worth - self.v_mid[:, None, :]
        # bounds of pay hold at equilibria, and the middle of the box is none: gains on the way from
        # one to the other, or to another equilibrium, where pay is concave in terms
        bent = (problems.curvature * (box.x_high - box.x_low)[..., None] ** 2).sum(axis=2) / 8.0
        self.gain = (np.minimum(pay_low - box.high[:, None, :], self.gain_mid),
                     np.maximum(pay_high - box.low[:, None, :], self.gain_mid) + bent)
        self._values()
        for slot in range(layout.mix.shape[1]):
            self._mix(slot)
        for slot in range(layout.act.shape[1]):
            self._terms(slot)

    def _values(self) -> None:
        """The rows E and the columns V."""
        problems, box = self.problems, self.box
        at = np.arange(problems.reward.shape[2])
        rates = [problems.discount + (problems.rate * share).sum(axis=1, keepdims=True)
                 for share in (self.a_low, self.a_high)]
        unit = 0.5 * (rates[0] + rates[1])
        self.over = unit * problems.scale
        self.low[:, at, at], self.high[:, at, at] = rates[0] / unit, rates[1] / unit
        flow = (0.5 * (self.a_low + self.a_high) * problems.rate)[..., None] * self.gain_mid
        self.value[:, at] = (problems.discount * self.v_mid - problems.flow - flow.sum(axis=1)
                             ) / self.over
        self.center[:, at] = self.v_mid / problems.scale
        self.radius[:, at] = 0.5 * (box.high - box.low) / problems.scale

    def _mix(self, slot: int) -> None:
        """The row V_i = W_m,i of a mixed consent and its column."""
        problems, box, layout = self.problems, self.box, self.layout
        n = problems.reward.shape[2]
        at, col, has = n + slot, layout.mix[:, slot], layout.has_mix[:, slot]
        k = np.arange(len(col))
        factor = -(problems.rate[k, col][:, None] / self.over) * has[:, None]
        self.low[:, :n, at], self.high[:, :n, at] = _interval_product(
            (factor, factor), (self.gain[0][k, col], self.gain[1][k, col]))
        held = binding(box.label[k, col], n)
        who = held.argmax(axis=1)
        self.low[:, at, :n] = self.high[:, at, :n] = np.where(has[:, None], held.astype(float), 0.0)
        self.low[:, at, at] = self.high[:, at, at] = np.where(has, 0.0, 1.0)
        missing = -self.gain_mid[k, col, who] / problems.scale[k, who]
        self.value[:, at] = np.where(has, missing, 0.0)
        middle, spread = 0.5 * (self.a_low + self.a_high), 0.5 * (self.a_high - self.a_low)
        self.center[:, at] = np.where(has, middle[k, col], 0.0)
        self.radius[:, at] = np.where(has, spread[k, col], 0.0)

    def _terms(self, slot: int) -> None:
        """The rows of the natural map of one bargain, and the columns of its terms."""
        problems, box, layout = self.problems, self.box, self.layout
        n, issues = problems.reward.shape[2], problems.value.shape[2]
        col, has = layout.act[:, slot], layout.has_act[:, slot]
        at = n + layout.mix.shape[1] + slot * issues + np.arange(issues)
        pick = (np.arange(len(col)), col)
        v, c = problems.value[pick], problems.curvature[pick]
        member = problems.member[pick] & has[:, None]
        weights = np.where(member, problems.weights[pick], 0.0)[:, None, :]
        x = (box.x_low[pick], box.x_high[pick])
        u = (v - c * x[1][..., None], v - c * x[0][..., None])
        share = (-(problems.rate * self.a_high)[pick], -(problems.rate * self.a_low)[pick])
        over = self.over[:, None, :]
        scaled = (share[0][:, None, None] / over, share[1][:, None, None] / over)
        pair = _interval_product(scaled, u)
        g_low = np.where(member, self.gain[0][pick], 1.0)
        g_mid = np.where(member, self.gain_mid[pick], 1.0)
        self.sound &= (g_low > 0).all(axis=1) & (g_mid > 0).all(axis=1)
        g_low = np.where(g_low > 0, g_low, 1.0)
        g_high = np.maximum(np.where(member, self.gain[1][pick], 1.0), g_low)
        middle = 0.5 * (x[0] + x[1])
        self.center[:, at], self.radius[:, at] = middle, 0.5 * (x[1] - x[0])
        row = _foc_rows((v, c, weights), u, (g_low, g_high), x)
        phi = (weights * (v - c * middle[..., None])
               / np.where(g_mid > 0, g_mid, 1.0)[:, None, :]).sum(axis=2)
        moved = np.clip(middle + row.step * phi, 0.0, 1.0)
        # where the box holds a term at its bound, the equation is that it lies there
        self.value[:, at] = np.where(has[:, None] & ~row.stays, middle - moved, 0.0)
        for j in range(issues):
            self.low[:, :n, at[j]] = np.where(has[:, None], pair[0][:, j], 0.0)
            self.high[:, :n, at[j]] = np.where(has[:, None], pair[1][:, j], 0.0)
            self.low[:, at[j], :n] = row.v_low[:, j] * problems.scale
            self.high[:, at[j], :n] = row.v_high[:, j] * problems.scale
            self.low[:, at[j][None], at] = row.x_low[:, j]
            self.high[:, at[j][None], at] = row.x_high[:, j]


@dataclass(eq=False)
class _Rows:
    """Interval rows of the natural map against V (k, J, n) and against the move's x (k, J, J);
    ``stays`` (k, J) where the box or nobody's interest leaves one value of a term."""

    step: Floats
    stays: Bools
    v_low: Floats
    v_high: Floats
    x_low: Floats
    x_high: Floats


def _foc_rows(terms: tuple[Floats, Floats, Floats], u: tuple[Floats, Floats],
              gain: tuple[Floats, Floats], x: tuple[Floats, Floats]) -> _Rows:
    v, c, weights = terms
    inverse = (1.0 / gain[1][:, None, :], 1.0 / gain[0][:, None, :])
    square = (inverse[0] ** 2, inverse[1] ** 2)
    # any s_j > 0 will do; the curvature at the middle of the box keeps rows of order one
    middle = 2.0 / (gain[0] + gain[1])[:, None, :]
    size = (weights * (c * middle + (0.5 * (u[0] + u[1]) * middle) ** 2)).sum(axis=2)
    step = 1.0 / np.where(size > 0, size, 1.0)
    along = _interval_product(u, square)
    v_low, v_high = -step[..., None] * weights * along[1], -step[..., None] * weights * along[0]
    cross = _interval_product((u[0][:, :, None], u[1][:, :, None]), (u[0][:, None], u[1][:, None]))
    diagonal = np.eye(u[0].shape[1], dtype=bool)[None, :, :, None]
    positive = (u[0] > 0) | (u[1] < 0)
    least = np.where(positive, np.minimum(u[0] ** 2, u[1] ** 2), 0.0)
    cross = (np.where(diagonal, least[:, :, None], cross[0]), cross[1])
    bent = _interval_product(cross, (square[0][:, :, None], square[1][:, :, None]))
    eye = np.eye(u[0].shape[1])
    h_low = (weights[:, :, None] * bent[0]).sum(axis=3) + eye * (
        (weights * c * inverse[0]).sum(axis=2)[..., None])
    h_high = (weights[:, :, None] * bent[1]).sum(axis=3) + eye * (
        (weights * c * inverse[1]).sum(axis=2)[..., None])
    x_low, x_high = step[..., None] * h_low, step[..., None] * h_high
    # an issue that stays at its bound, or that no member cares about, has the row e_j; one that
    # may leave its bound has the hull of both rows
    dead = (weights * (np.abs(v) + c)).sum(axis=2) == 0
    stays = (dead | (x[1] == 0) | (x[0] == 1))[..., None]
    free = ((x[0] > 0) & (x[1] < 1))[..., None] & ~stays
    one = np.broadcast_to(eye, x_low.shape)
    return _Rows(
        step=step, stays=stays[..., 0],
        v_low=np.where(stays, 0.0, np.where(free, v_low, np.minimum(v_low, 0.0))),
        v_high=np.where(stays, 0.0, np.where(free, v_high, np.maximum(v_high, 0.0))),
        x_low=np.where(stays, one, np.where(free, x_low, np.minimum(x_low, one))),
        x_high=np.where(stays, one, np.where(free, x_high, np.maximum(x_high, one))))


def _shrink(nodes: Nodes, rows: Ints, scale: Floats, layout: _Layout, usable: Bools,
            low: Floats, high: Floats) -> None:
    """Intersect boxes with Krawczyk's enclosure."""
    n, k_mix = nodes.low.shape[1], layout.mix.shape[1]
    issues = nodes.x_low.shape[2]
    nodes.low[rows] = np.maximum(nodes.low[rows], low[:, :n] * scale)
    nodes.high[rows] = np.minimum(nodes.high[rows], high[:, :n] * scale)
    slack = 1e-12
    nodes.empty[rows] |= (nodes.low[rows] > nodes.high[rows] + slack * scale).any(axis=1)
    for slot in range(k_mix):
        has = layout.has_mix[usable, slot]
        r, c = rows[has], layout.mix[usable, slot][has]
        nodes.a_low[r, c] = np.maximum(nodes.a_low[r, c], low[has, n + slot])
        nodes.a_high[r, c] = np.minimum(nodes.a_high[r, c], high[has, n + slot])
        nodes.empty[r] |= nodes.a_low[r, c] > nodes.a_high[r, c] + slack
    for slot in range(layout.act.shape[1]):
        has = layout.has_act[usable, slot]
        r, c = rows[has], layout.act[usable, slot][has]
        at = n + k_mix + slot * issues + np.arange(issues)
        nodes.x_low[r, c] = np.maximum(nodes.x_low[r, c], low[has][:, at])
        nodes.x_high[r, c] = np.minimum(nodes.x_high[r, c], high[has][:, at])
        nodes.empty[r] |= (nodes.x_low[r, c] > nodes.x_high[r, c] + slack).any(axis=1)
