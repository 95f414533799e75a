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

from .bounds import MADE, MIX, Nodes, payoffs, binding
from .leaf import active, effective
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
    joint = (binding(nodes.label, reduced.reward.shape[2]).sum(axis=2) > 1).any(axis=1)
    fit = ~joint & ~(live & (reduced.kind != NASH)).any(axis=1)
    proved = np.zeros(len(nodes.owner), dtype=bool)
    rows = np.flatnonzero(fit)
    if not len(rows):
        return proved
    box = nodes.take(rows)
    layout = _Layout.of(box.label >= MIX, live[rows])
    center, radius, low, high, value, sound = _equations(reduced.take(rows), box, layout)
    middle, spread = 0.5 * (low + high), 0.5 * (high - low)
    usable = sound & np.isfinite(middle).all(axis=(1, 2))
    middle[~usable] = np.eye(middle.shape[1])
    determinant = np.linalg.det(middle)
    usable &= np.isfinite(determinant) & (np.abs(determinant) > 1e-200)
    middle[~usable] = np.eye(middle.shape[1])
    inverse = np.linalg.inv(middle)
    growth = np.abs(inverse) @ np.where(usable[:, None, None], spread, 0.0)
    proved[rows] = usable & (_perron(growth) < 1.0)
    new_center = center - np.einsum("kij,kj->ki", inverse, value)
    new_radius = np.einsum("kij,kj->ki", growth, radius) + 1e-14
    _shrink(nodes, rows[usable], reduced.scale[rows][usable], layout, usable,
            (new_center - new_radius)[usable], (new_center + new_radius)[usable])
    return proved


def _perron(matrix: Floats, steps: int = 12) -> Floats:
    """An upper bound on the spectral radius of nonnegative matrices (Collatz–Wielandt)."""
    vector = np.ones(matrix.shape[:2])
    best = matrix.sum(axis=2).max(axis=1)
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


def _equations(problems: Problems, box: Nodes, layout: _Layout,
               ) -> tuple[Floats, Floats, Floats, Floats, Floats, Bools]:
    """Center and radius of the box, the interval Jacobian, F at the center, and whether G > 0."""
    size, moves, n = problems.reward.shape
    issues = problems.value.shape[2]
    k_mix, k_act = layout.mix.shape[1], layout.act.shape[1]
    total = n + k_mix + k_act * issues
    low, high = np.zeros((size, total, total)), np.zeros((size, total, total))
    value = np.zeros((size, total))
    k = np.arange(size)[:, None]
    scale = problems.scale
    made = (box.label == MADE).astype(float)
    a_low = np.where(box.label >= MIX, box.a_low, made)
    a_high = np.where(box.label >= MIX, box.a_high, made)
    w_low, w_high = problems.rate * a_low, problems.rate * a_high
    r_low = problems.discount + w_low.sum(axis=1, keepdims=True)
    r_high = problems.discount + w_high.sum(axis=1, keepdims=True)
    unit = 0.5 * (r_low + r_high)
    pay_low, pay_high = payoffs(problems, box)
    gain_low, gain_high = pay_low - box.high[:, None, :], pay_high - box.low[:, None, :]

    # E rows against V, then the center's residual
    ii = np.arange(n)
    low[:, ii, ii], high[:, ii, ii] = r_low / unit, r_high / unit
    v_mid = 0.5 * (box.low + box.high)
    x_mid = 0.5 * (box.x_low + box.x_high)
    a_mid = 0.5 * (a_low + a_high)
    worth = (problems.value * x_mid[..., None]
             - 0.5 * problems.curvature * x_mid[..., None] ** 2).sum(axis=2)
    gain_mid = problems.reward + worth - v_mid[:, None, :]
    value[:, :n] = (problems.discount * v_mid - problems.flow - (
        (problems.rate * a_mid)[..., None] * gain_mid).sum(axis=1)) / (unit * scale)
    center, radius = np.zeros((size, total)), np.zeros((size, total))
    center[:, :n], radius[:, :n] = v_mid / scale, 0.5 * (box.high - box.low) / scale

    for slot in range(k_mix):
        at, col, has = n + slot, layout.mix[:, slot], layout.has_mix[:, slot]
        factor = -(problems.rate[k[:, 0], col][:, None] / (unit * scale)) * has[:, None]
        pair = _interval_product((factor, factor), (gain_low[k[:, 0], col], gain_high[k[:, 0], col]))
        low[:, :n, at], high[:, :n, at] = pair
        held = binding(box.label[k[:, 0], col], n)
        who = held.argmax(axis=1)
        row = np.where(has[:, None], held.astype(float), 0.0)
        low[:, at, :n] = high[:, at, :n] = row
        low[:, at, at] = high[:, at, at] = np.where(has, 0.0, 1.0)
        value[:, at] = np.where(has, -gain_mid[k[:, 0], col, who] / scale[k[:, 0], who], 0.0)
        center[:, at] = np.where(has, a_mid[k[:, 0], col], 0.0)
        radius[:, at] = np.where(has, 0.5 * (a_high - a_low)[k[:, 0], col], 0.0)

    sound = np.isfinite(box.low).all(axis=1) & np.isfinite(box.high).all(axis=1)
    for slot in range(k_act):
        col, has = layout.act[:, slot], layout.has_act[:, slot]
        at = n + k_mix + slot * issues + np.arange(issues)
        pick = (k[:, 0], col)
        v, c = problems.value[pick], problems.curvature[pick]
        member = problems.member[pick] & has[:, None]
        weights = np.where(member, problems.weights[pick], 0.0)[:, None, :]
        x_lo, x_hi = box.x_low[pick], box.x_high[pick]
        u = (v - c * x_hi[..., None], v - c * x_lo[..., None])
        share = (-w_high[pick], -w_low[pick])
        over = (unit * scale)[:, None, :]
        pair = _interval_product((share[0][:, None, None] / over, share[1][:, None, None] / over), u)
        for j in range(issues):
            low[:, :n, at[j]] = np.where(has[:, None], pair[0][:, j], 0.0)
            high[:, :n, at[j]] = np.where(has[:, None], pair[1][:, j], 0.0)
        g_lo = np.where(member, gain_low[pick], 1.0)
        g_hi = np.where(member, gain_high[pick], 1.0)
        sound &= (g_lo > 0).all(axis=1)
        g_lo = np.where(g_lo > 0, g_lo, 1.0)
        g_hi = np.maximum(g_hi, g_lo)
        center[:, at], radius[:, at] = 0.5 * (x_lo + x_hi), 0.5 * (x_hi - x_lo)
        row = _foc_rows((v, c, weights), u, (g_lo, g_hi), (x_lo, x_hi))
        g_mid = np.where(member, gain_mid[pick], 1.0)
        sound &= (g_mid > 0).all(axis=1)
        phi = (weights * (v - c * center[:, at][..., None])
               / np.where(g_mid > 0, g_mid, 1.0)[:, None, :]).sum(axis=2)
        moved = np.clip(center[:, at] + row.step * phi, 0.0, 1.0)
        value[:, at] = np.where(has[:, None], center[:, at] - moved, 0.0)
        for j in range(issues):
            low[:, at[j], :n] = row.v_low[:, j] * scale
            high[:, at[j], :n] = row.v_high[:, j] * scale
            low[:, at[j][None], at] = row.x_low[:, j]
            high[:, at[j][None], at] = row.x_high[:, j]
    return center, radius, low, high, value, sound


@dataclass(eq=False)
class _Rows:
    """Interval rows of the natural map against V (k, J, n) and against the move's x (k, J, J)."""

    step: Floats
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
        step=step,
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
