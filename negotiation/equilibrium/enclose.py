"""Bounds on what made Nash bargains pay and on their terms, over a box.

Three facts besides those of ``bounds``: self-concordance encloses the terms when the box is small;
the first-order condition against one feasible deal bounds every member's payoff from below, however
large the box; and the derivative of Σ w log G along one issue falls in that issue, so that its sign
at the best and the worst corner of the rest cuts the issue's interval.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..kernels import bargain, terms
from .nodes import MADE, MIX, REFUSED, Nodes, averages, binding, payoffs
from .problem import NASH, Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(eq=False)
class _Made:
    """k made Nash bargains over their boxes. With R̄, V̄ the total rate and the average without the
    move, its terms maximise Σ ŵ_i log(h_i − V̄_i), ŵ = w (1 + λ/R̄) (see ``leaf``).

    member, ``bottom``, ``top`` of V̄, ``w_low``, ``w_high`` of ŵ (0 for others), ``low``, ``high``
    of the payoffs h, and ``reward`` (k, n); value, curvature (k, J, n); x_low, x_high (k, J).
    """

    member: Bools
    reward: Floats
    value: Floats
    curvature: Floats
    bottom: Floats
    top: Floats
    w_low: Floats
    w_high: Floats
    low: Floats
    high: Floats
    x_low: Floats
    x_high: Floats

    @staticmethod
    def of(problems: Problems, nodes: Nodes, rows: Ints, cols: Ints) -> _Made:
        k = (np.arange(len(rows)), cols)
        sub, box = problems.take(rows), nodes.take(rows)
        rate = sub.rate.copy()
        rate[k] = 0.0
        low, high = payoffs(sub, box)
        bottom, top = averages(sub, box, rate, low, high)
        counts, mixed = ~binding(box.label, low.shape[2]), box.label >= MIX
        least = np.where(box.label == MADE, 1.0, np.where(mixed, box.a_low, 0.0))
        most = np.where(box.label == REFUSED, 0.0, np.where(mixed, box.a_high, 1.0))
        patience = [sub.discount + ((rate * share)[..., None] * counts).sum(axis=1)
                    for share in (least, most)]
        own, member = sub.rate[k][:, None], sub.member[k]
        w = np.where(member, sub.weights[k], 0.0)
        return _Made(member, sub.reward[k], sub.value[k], sub.curvature[k], bottom,
                     np.maximum(np.minimum(top, box.high), bottom), w * (1 + own / patience[1]),
                     w * (1 + own / patience[0]), low[k], high[k], box.x_low[k], box.x_high[k])


def center_terms(problems: Problems, nodes: Nodes) -> None:
    """Enclose what made Nash bargains pay their members, from their terms x_c in mid-box."""
    live = problems.bargained & (nodes.label == MADE) & (problems.kind == NASH)
    live &= ~problems.constrained
    live &= ~nodes.empty[:, None] & (problems.rate > 0)
    live &= np.isfinite(nodes.high).all(axis=1, keepdims=True)
    rows, cols = np.nonzero(live)
    if not len(rows):
        return
    made = _Made.of(problems, nodes, rows, cols)
    w_mid, middle = 0.5 * (made.w_low + made.w_high), 0.5 * (made.bottom + made.top)
    x, sigma = terms.nash(made.reward - middle, made.value, made.curvature,
                          np.where(made.member, w_mid, 1.0), made.member, nodes.hint[rows, cols])
    fine = sigma > 0
    rows, cols = rows[fine], cols[fine]
    if not len(rows):
        return
    made = _Made(*(getattr(made, f.name)[fine] for f in fields(_Made)))
    nodes.hint[rows, cols] = x[fine]
    pay = bargain.gains(made.reward, made.value, made.curvature, x[fine])
    slack = 1e-12 * problems.scale[rows]
    with np.errstate(divide="ignore", invalid="ignore"):
        _concord(made, pay, w_mid[fine], middle[fine], slack)
        _compare(made, pay, slack)
        _price(made, pay, w_mid[fine], middle[fine], slack)
    member = made.member
    nodes.pay_low[rows, cols] = np.maximum(nodes.pay_low[rows, cols],
                                           np.where(member, made.low, -np.inf))
    nodes.pay_high[rows, cols] = np.minimum(nodes.pay_high[rows, cols],
                                            np.where(member, made.high, np.inf))


def _concord(made: _Made, pay: Floats, w_mid: Floats, middle: Floats, slack: Floats) -> None:
    """Self-concordance. Let G_c, G be the gains of x_c at the middle and anywhere in the box.

    Scaled to weights of at least 1 the objective is standard self-concordant; the excess of its
    gradient at x_c has dual norm at most δ, δ² = Σ ŵ_i (1 − ŵ_c,i G_i/(ŵ_i G_c,i))²/min ŵ; so if
    δ < 1 the terms lie within ρ = δ/(1 − δ) of x_c in the local norm (Nesterov 2018, thm 5.1.8,
    with the variational inequality in place of a zero gradient).
    """
    member = made.member
    least, most = pay - made.top, pay - made.bottom
    good = (~member | (least > 0)).all(axis=1, keepdims=True)
    ratio = [w_mid / made.w_high * least / (pay - middle),
             w_mid / made.w_low * most / (pay - middle)]
    off = np.where(member, np.maximum(np.abs(1 - ratio[0]), np.abs(1 - ratio[1])), 0.0)
    smallest = np.where(member, made.w_low, np.inf).min(axis=1, keepdims=True)
    delta = np.sqrt((made.w_high / smallest * off**2).sum(axis=1, keepdims=True))
    rho = np.where(delta < 1, delta / (1 - delta), np.inf)
    share = np.where(member, np.sqrt(smallest / made.w_low), 0.0)
    reach = rho * share * most
    fit = good & member & np.isfinite(reach)
    low = np.where(fit, pay - reach * (1 + 0.5 * rho * share) - slack, -np.inf)
    made.low = np.maximum(made.low, low)
    made.high = np.minimum(made.high, np.where(fit, pay + reach + slack, np.inf))


def _compare(made: _Made, pay: Floats, slack: Floats) -> None:
    """The first-order condition against the deal x_c, which pays h′ = ``pay``.

    At the terms agreed Σ_j ŵ_j (h′_j − V̄_j)/(h_j − V̄_j) ≤ Σ_j ŵ_j. Where x_c beats V̄ for all, each
    quotient j ≠ i is at least κ_j = (h′_j − V̄_j)/(h̄_j − V̄_j) with h̄ the upper bound, least at the
    top of V̄, so that h_i ≥ V̄_i + (h′_i − V̄_i) ŵ_i/(ŵ_i + Σ_{j≠i} ŵ_j (1 − κ_j)).
    """
    member, top = made.member, made.top
    kept = np.clip(np.where(made.high > top, (pay - top) / (made.high - top), 0.0), 0.0, 1.0)
    lost = np.where(member, made.w_high * (1.0 - kept), 0.0)
    part = made.w_low / (made.w_low + lost.sum(axis=1, keepdims=True) - lost)
    beats = (~member | (pay >= top)).all(axis=1, keepdims=True) & member
    low = made.bottom + part * (pay - made.bottom) - slack
    made.low = np.where(beats, np.maximum(made.low, low), made.low)


def _price(made: _Made, pay: Floats, w_mid: Floats, middle: Floats, slack: Floats) -> None:
    """What prices θ = ŵ/G at x_c leave to one member at most if the others get their lower bounds:
    θ_i h_i ≤ max_x Σ_j θ_j h_j(x) − Σ_{j≠i} θ_j h_j.
    """
    member = made.member
    price = np.where(member & (pay > middle), w_mid / (pay - middle), 0.0)
    v = (price[:, None, :] * made.value).sum(axis=2)
    c = (price[:, None, :] * made.curvature).sum(axis=2)
    peak = np.where(c > 0, v / c, np.where(v > 0, np.inf, -np.inf))
    x = np.clip(peak, made.x_low, made.x_high)
    most = (price * made.reward).sum(axis=1) + (v * x - 0.5 * c * x * x).sum(axis=1)
    sure = np.where(member, price * made.low, 0.0)
    cap = (most[:, None] - sure.sum(axis=1, keepdims=True) + sure) / price + slack
    priced = (~member | (price > 0)).all(axis=1, keepdims=True) & member & np.isfinite(cap)
    made.high = np.where(priced, np.minimum(made.high, cap), made.high)


def cut_terms(problems: Problems, nodes: Nodes, steps: int = 5) -> None:
    """Cut each issue's interval where the derivative of Σ w log G surely has one sign."""
    live = problems.bargained & (nodes.label != REFUSED) & (problems.kind == NASH)
    live &= ~problems.constrained
    live &= (nodes.label <= MADE) & np.isfinite(nodes.low).all(axis=1, keepdims=True)
    live &= ((nodes.x_high - nodes.x_low) > 1e-9).any(axis=2)
    rows, cols = np.nonzero(live)
    if not len(rows):
        return
    v, c = problems.value[rows, cols], problems.curvature[rows, cols]
    member, weights = problems.member[rows, cols], problems.weights[rows, cols]
    a, b = nodes.x_low[rows, cols], nodes.x_high[rows, cols]
    rest = _other_issues(problems.reward[rows, cols], v, c, a, b)
    # at the terms themselves the gains lie in these bounds too, whatever the issue
    all_low = (nodes.pay_low[rows, cols] - nodes.high[rows])[:, None, :]
    all_high = (nodes.pay_high[rows, cols] - nodes.low[rows])[:, None, :]
    gain_low = rest[0] - nodes.high[rows][:, None, :]
    gain_high = rest[1] - nodes.low[rows][:, None, :]

    def slope(x: Floats) -> tuple[Floats, Floats]:
        """Bounds (k, J) of the derivative along each issue at x."""
        u = v * x[..., None] - 0.5 * c * x[..., None] ** 2
        du = np.where(member[:, None, :], weights[:, None, :] * (v - c * x[..., None]), 0.0)
        g_low = np.maximum(gain_low + u, all_low)
        g_high = np.minimum(gain_high + u, np.maximum(all_high, 0.0))
        with np.errstate(divide="ignore", invalid="ignore"):
            near = np.where(g_low > 0, du / g_low, np.where(du == 0, 0.0, np.copysign(np.inf, du)))
            far = np.where(g_high > 0, du / g_high, np.where(du == 0, 0.0, np.copysign(np.inf, du)))
            lower = np.where(du > 0, far, near).sum(axis=2)
            upper = np.where(du > 0, near, far).sum(axis=2)
        return np.nan_to_num(lower, nan=-np.inf), np.nan_to_num(upper, nan=np.inf)

    # bisection, both ends at once, for the last x that the upper bound allows and the first that
    # the lower one does
    top_open, bottom_open = slope(b)[1] < 0, slope(a)[0] > 0
    right, right_inner, left, left_inner = b.copy(), a.copy(), a.copy(), b.copy()
    for _ in range(steps):
        if top_open.any():
            middle = 0.5 * (right_inner + right)
            falls = slope(middle)[1] < 0
            right = np.where(falls, middle, right)
            right_inner = np.where(falls, right_inner, middle)
        if bottom_open.any():
            middle = 0.5 * (left + left_inner)
            rises = slope(middle)[0] > 0
            left, left_inner = np.where(rises, middle, left), np.where(rises, left_inner, middle)
    new_a, new_b = np.where(bottom_open, left, a), np.where(top_open, right, b)
    # an issue that surely falls from its lower end stays there; the same at the upper end
    new_b = np.where(slope(a)[1] < 0, a, new_b)
    new_a = np.where(slope(b)[0] > 0, b, new_a)
    crossed = (new_a > new_b + 1e-12).any(axis=1)
    made = nodes.label[rows, cols] == MADE
    nodes.empty[rows[crossed & made]] = True
    nodes.label[rows[crossed & ~made], cols[crossed & ~made]] = REFUSED
    nodes.x_low[rows, cols] = np.minimum(new_a, new_b)
    nodes.x_high[rows, cols] = np.maximum(new_a, new_b)


def _other_issues(reward: Floats, v: Floats, c: Floats, a: Floats, b: Floats,
                  ) -> tuple[Floats, Floats]:
    """(k, J, n) bounds of W plus what all issues but the j-th pay over the box."""
    a, b = a[..., None], b[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.clip(np.where(c > 0, v / c, np.where(v > 0, np.inf, -np.inf)), a, b)
    least = np.minimum(v * a - 0.5 * c * a * a, v * b - 0.5 * c * b * b)
    most = v * peak - 0.5 * c * peak * peak
    total_low, total_high = least.sum(axis=1, keepdims=True), most.sum(axis=1, keepdims=True)
    return reward[:, None] + total_low - least, reward[:, None] + total_high - most
