"""Bounds on values, consents and terms that every equilibrium of a state obeys (pruning).

A **node** is a box in the space of a problem's unknowns: values V ∈ [low, high], a label for each
move, terms x ∈ [x_low, x_high]. ``contract`` shrinks boxes and decides labels without losing an
equilibrium; a box that becomes empty holds none.

Three facts do the work (DESIGN §2.1). V_i(s) is the average of the perpetual flow f_i/r_i and of
the moves' payoffs, with weights r_i and λ_m α_m. A member of a coalition that consents gains, so
its undecided moves cannot pull its value down. With successors' values fixed σ falls as V rises,
so a move whose σ has one sign over the box is decided. For Nash terms a fourth: the derivative of
Σ w log G along one issue falls in that issue, so its sign at the best and the worst corner of the
rest cuts the issue's interval.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from ..kernels import bargain, terms
from .problem import NASH, ZERO, Problems, sign

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: labels of a move: undecided, refused, made; from MIX on: made with a chance strictly between.
#: MIX + a bit mask of members leaves exactly those without gain: one at its own best terms, or two
#: and more who disagree on terms
UNDECIDED, REFUSED, MADE, MIX = -1, 0, 1, 2


@dataclass(eq=False)
class Nodes:
    """N boxes: ``owner`` (N,) row of the problem; ``label`` (N, M); ``low``, ``high`` (N, n) of V;
    ``x_low``, ``x_high`` (N, M, J); ``pay_low``, ``pay_high`` (N, M, n) of W + u(x);
    ``a_low``, ``a_high`` (N, M) of mixed consents; ``sure`` (N, M) whether σ has been shown to
    agree with the label all over the box; ``hint`` (N, M, J) terms to start from; ``empty`` (N,).
    """

    owner: Ints
    label: Ints
    low: Floats
    high: Floats
    x_low: Floats
    x_high: Floats
    pay_low: Floats
    pay_high: Floats
    a_low: Floats
    a_high: Floats
    sure: Bools
    hint: Floats
    empty: Bools

    def take(self, rows: Ints | Bools) -> Nodes:
        return Nodes(**{f.name: getattr(self, f.name)[rows].copy() for f in fields(self)})

    @staticmethod
    def join(parts: list[Nodes]) -> Nodes:
        return Nodes(**{f.name: np.concatenate([getattr(part, f.name) for part in parts])
                        for f in fields(Nodes)})


def roots(problems: Problems) -> Nodes:
    """One node per problem, the box of everything: chance is made, absent moves are refused."""
    size, moves, n = problems.reward.shape
    issues = problems.value.shape[2]
    label = np.full((size, moves), UNDECIDED)
    label[~problems.present] = REFUSED
    label[problems.chance] = MADE
    # ties in x are broken by least norm: an issue that no member cares about stays at 0
    cares = (problems.value != 0) | (problems.curvature != 0)
    top = (cares & problems.member[:, :, None, :]).any(axis=3).astype(float)
    values, pays, terms_ = (size, n), (size, moves, n), (size, moves, issues)
    return Nodes(
        owner=np.arange(size), label=label, low=np.full(values, -np.inf),
        high=np.full(values, np.inf), x_low=np.zeros(terms_), x_high=top,
        pay_low=np.full(pays, -np.inf), pay_high=np.full(pays, np.inf),
        a_low=np.zeros((size, moves)), a_high=np.ones((size, moves)),
        sure=np.zeros((size, moves), dtype=bool), hint=np.full(terms_, 0.5),
        empty=np.zeros(size, dtype=bool))


def binding(label: Ints, n: int) -> Bools:
    """(…, n) the members whose gain a mixed move's label holds at zero."""
    mask = np.where(label > MIX, label - MIX, 0)
    out: Bools = (mask[..., None] >> np.arange(n)) & 1 == 1
    return out


def best_worth(value: Floats, curvature: Floats) -> tuple[Floats, Floats]:
    """Each actor's own best x per issue and what it is worth: (…, J, n) both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.where(curvature > 0, np.clip(value / curvature, 0.0, 1.0), value > 0)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    return peak, value * peak - 0.5 * curvature * peak**2


def contract(problems: Problems, nodes: Nodes, rounds: int = 3) -> None:
    """Shrink the boxes in place; ``problems`` has one row per node."""
    for turn in range(rounds):
        before = (nodes.label.copy(), nodes.high - nodes.low)
        low, high = payoffs(problems, nodes)
        crossed = (low > high + 4 * ZERO * problems.scale[:, None, :]).any(axis=2)
        nodes.empty |= (crossed & (nodes.label >= MADE)).any(axis=1)
        nodes.label[crossed & (nodes.label == UNDECIDED)] = REFUSED
        low, high = np.minimum(low, high), np.maximum(low, high)
        _bound_values(problems, nodes, low, high)
        _decide(problems, nodes, costly=turn < 2)
        if problems.value.shape[2]:
            if turn == 0:
                _center_terms(problems, nodes)
            _cut_terms(problems, nodes)
        width = nodes.high - nodes.low
        with np.errstate(invalid="ignore"):
            narrower = (width < 0.9 * before[1]).any()
        if turn and (nodes.label == before[0]).all() and not narrower:
            break


def payoffs(problems: Problems, nodes: Nodes) -> tuple[Floats, Floats]:
    """(N, M, n) bounds of W + u(x) over the box of terms."""
    if not problems.value.shape[2]:
        return problems.reward, problems.reward
    v, c = problems.value, problems.curvature
    a, b = nodes.x_low[..., None], nodes.x_high[..., None]
    at_a, at_b = v * a - 0.5 * c * a * a, v * b - 0.5 * c * b * b
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.where(c > 0, v / c, np.where(v > 0, np.inf, -np.inf))
    peak = np.clip(peak, a, b)
    at_peak = v * peak - 0.5 * c * peak * peak
    return (np.maximum(problems.reward + np.minimum(at_a, at_b).sum(axis=2), nodes.pay_low),
            np.minimum(problems.reward + at_peak.sum(axis=2), nodes.pay_high))


def _average(base: tuple[Floats, Floats], extra: Floats, worth: Floats) -> Floats:
    """max over α ∈ [0,1]^M of (num + Σ extra α worth)/(den + Σ extra α): a prefix of the best."""
    num, den = base
    order = np.argsort(-worth, axis=1)
    weight = np.take_along_axis(extra, order, axis=1)
    worth = np.take_along_axis(worth, order, axis=1)
    top = num[:, None] + np.concatenate(
        [np.zeros_like(num)[:, None], np.cumsum(weight * worth, axis=1)], axis=1)
    bottom = den[:, None] + np.concatenate(
        [np.zeros_like(den)[:, None], np.cumsum(weight, axis=1)], axis=1)
    best: Floats = (top / bottom).max(axis=1)
    return best


def _averages(problems: Problems, nodes: Nodes, rate: Floats, low: Floats, high: Floats,
              ) -> tuple[Floats, Floats]:
    """(N, n) bounds of the average of f/r and the moves' payoffs, given the moves' rates."""
    mixed = nodes.label >= MIX
    least = np.where(nodes.label == MADE, 1.0, np.where(mixed, nodes.a_low, 0.0))
    most = np.where(nodes.label == REFUSED, 0.0, np.where(mixed, nodes.a_high, 1.0))
    # a member whose gain is zero is paid what it has: the move drops out of its average
    counts = ~binding(nodes.label, low.shape[2])
    sure = (rate * least)[..., None] * counts
    extra = (rate * (most - least))[..., None] * counts
    den = problems.discount + sure.sum(axis=1)
    top = _average((problems.flow + (sure * high).sum(axis=1), den), extra, high)
    # a member's own consent never lowers its value, so only others' moves can
    gains = np.maximum(low, np.where(problems.member, nodes.low[:, None, :], -np.inf))
    others = np.where(problems.member, 0.0, extra)
    bottom = -_average((-(problems.flow + (sure * gains).sum(axis=1)), den), others, -low)
    alone = sure * ~problems.member
    aside = -_average((-(problems.flow + (alone * low).sum(axis=1)),
                       problems.discount + alone.sum(axis=1)), others, -low)
    return np.fmax(bottom, aside), top


def _bound_values(problems: Problems, nodes: Nodes, low: Floats, high: Floats) -> None:
    bottom, top = _averages(problems, nodes, problems.rate, low, high)
    nodes.low = np.maximum(nodes.low, bottom)
    nodes.high = np.minimum(nodes.high, top)
    _pin(problems, nodes, high)
    nodes.empty |= (nodes.low > nodes.high + 4 * ZERO * problems.scale).any(axis=1)


def _pin(problems: Problems, nodes: Nodes, high: Floats) -> None:
    """What a label says of values: a made move pays its members, a mix leaves one indifferent."""
    made = (nodes.label == MADE)[..., None] & problems.member
    nodes.high = np.minimum(nodes.high, np.where(made, high, np.inf).min(axis=1))
    rows, cols = np.nonzero(nodes.label >= MIX)
    if len(rows):
        gaining = problems.member[rows, cols]
        np.minimum.at(nodes.high, (rows,), np.where(gaining, high[rows, cols], np.inf))
        held = binding(nodes.label[rows, cols], high.shape[2])
        alone = held.sum(axis=1) == 1
        rows, cols, who = rows[alone], cols[alone], held[alone].argmax(axis=1)
        _, worth = best_worth(problems.value[rows, cols], problems.curvature[rows, cols])
        pinned = problems.reward[rows, cols, who] + worth.sum(axis=1)[np.arange(len(rows)), who]
        np.maximum.at(nodes.low, (rows, who), pinned)
        np.minimum.at(nodes.high, (rows, who), pinned)
    # a refused move: if all members but one surely gain, that one must not
    refused = (nodes.label == REFUSED) & problems.present & ~problems.bargained
    rows, cols = np.nonzero(refused)
    if len(rows):
        gain = problems.reward[rows, cols] - nodes.high[rows]
        open_ = problems.member[rows, cols] & ~(gain > 0)
        only = open_.sum(axis=1) == 1
        rows, cols, who = rows[only], cols[only], open_[only].argmax(axis=1)
        np.maximum.at(nodes.low, (rows, who), problems.reward[rows, cols, who])


def _decide(problems: Problems, nodes: Nodes, costly: bool) -> None:
    """Sign σ over the box: decide undecided moves, empty boxes whose labels contradict it."""
    _, worth = best_worth(problems.value, problems.curvature)
    best = (problems.reward + worth.sum(axis=2) - nodes.low[:, None, :]) / problems.scale[:, None]
    above = np.where(problems.member, best, np.inf).min(axis=2)
    sure = (problems.reward - nodes.high[:, None, :]) / problems.scale[:, None]
    below = np.where(problems.member, sure, np.inf).min(axis=2)
    ask = problems.present & problems.member.any(axis=2)
    if costly:
        _sign_bargains(problems, nodes, ask & problems.bargained & ~nodes.sure, above, below)
    no, yes = ask & (above < -ZERO), ask & (below > ZERO)
    label = nodes.label
    nodes.empty |= (no & (label >= MADE)).any(axis=1)
    nodes.empty |= (yes & ((label == REFUSED) | (label >= MIX))).any(axis=1)
    label[no & (label == UNDECIDED)] = REFUSED
    label[yes & (label == UNDECIDED)] = MADE
    nodes.sure |= yes & (label == MADE) | no & (label == REFUSED)


def _sign_bargains(problems: Problems, nodes: Nodes, ask: Bools, above: Floats, below: Floats,
                   ) -> None:
    """Tighten the bounds on σ of bargains, in place.

    Let V̄ be the average without the move itself. In equilibrium the move is made if σ at V̄ is
    positive and refused if it is negative: a member that gains on terms h has V between V̄ and h,
    so h ≥ V̄ for all if the move is ever made; and if some terms h′ beat V̄ for all, a mix with
    h and h′ beats V for all, so σ > 0 at V. V̄ does not hold the bargain's own best terms, which
    makes this bound far sharper than σ over the box of V.
    """
    open_ = ask & (above > -ZERO) & (below < ZERO)
    open_ &= np.isfinite(nodes.high).all(axis=1, keepdims=True)
    rows, cols = np.nonzero(open_)
    if not len(rows):
        return
    sub, box = problems.take(rows), nodes.take(rows)
    rate = sub.rate.copy()
    rate[np.arange(len(rows)), cols] = 0.0
    low, high = payoffs(sub, box)
    bottom, top = _averages(sub, box, rate, low, high)
    member = sub.member[np.arange(len(rows)), cols]
    bottom = np.where(member, np.minimum(bottom, top), bottom)
    top = np.where(member, np.minimum(top, box.high), top)
    k = (np.arange(len(rows)), cols)
    # a joint mix is a max-min over the members it holds at zero alone (theirs are the multipliers)
    held = binding(box.label[k], member.shape[1])
    sub.member[k] = np.where(held.any(axis=1, keepdims=True), held, member)
    twice, again = np.tile(k[0], 2), np.tile(cols, 2)
    both = sign(sub.take(twice), (np.arange(len(twice)), again), np.concatenate([bottom, top]),
                nodes.hint[rows, cols][twice])
    above[rows, cols] = np.minimum(above[rows, cols], both[:len(rows)])
    below[rows, cols] = np.maximum(below[rows, cols], both[len(rows):])


def _center_terms(problems: Problems, nodes: Nodes) -> None:
    """Enclose what made Nash bargains pay their members, by self-concordance.

    With R̄, V̄ the total rate and the average without the move, its terms maximise
    Σ ŵ_i log(h_i − V̄_i), ŵ = w (1 + λ/R̄) (see ``leaf``). Let x_c be the terms at the middle of the
    box of (V̄, ŵ), and G_c, G the gains of x_c at the middle and anywhere in the box. Scaled to
    weights of at least 1 the objective is standard self-concordant; the excess of its gradient at
    x_c has dual norm at most δ, δ² = Σ ŵ_i (1 − ŵ_c,i G_i/(ŵ_i G_c,i))²/min ŵ; so if δ < 1 the
    terms lie within ρ = δ/(1 − δ) of x_c in the local norm (Nesterov 2018, thm 5.1.8, with the
    variational inequality in place of a zero gradient), which bounds every member's payoff.
    """
    labelled = ((nodes.label != UNDECIDED) | (problems.rate == 0)).all(axis=1)
    live = problems.bargained & (nodes.label == MADE) & (problems.kind == NASH)
    live &= (labelled & ~nodes.empty)[:, None] & (problems.rate > 0)
    rows, cols = np.nonzero(live)
    if not len(rows):
        return
    k = np.arange(len(rows))
    sub, box = problems.take(rows), nodes.take(rows)
    rate = sub.rate.copy()
    rate[k, cols] = 0.0
    low, high = payoffs(sub, box)
    bottom, top = _averages(sub, box, rate, low, high)
    member = sub.member[k, cols]
    top = np.maximum(np.minimum(top, box.high), bottom)
    counts = ~binding(box.label, low.shape[2])
    mixed = box.label >= MIX
    least = np.where(box.label == MADE, 1.0, np.where(mixed, box.a_low, 0.0))
    most = np.where(box.label == MADE, 1.0, np.where(mixed, box.a_high, 0.0))
    patience = [sub.discount + ((rate * share)[..., None] * counts).sum(axis=1)
                for share in (least, most)]
    own = sub.rate[k, cols][:, None]
    w = np.where(member, sub.weights[k, cols], 0.0)
    w_low, w_high = w * (1 + own / patience[1]), w * (1 + own / patience[0])
    w_mid, middle = 0.5 * (w_low + w_high), 0.5 * (bottom + top)
    v, c, reward = sub.value[k, cols], sub.curvature[k, cols], sub.reward[k, cols]
    x, sigma = terms.nash(reward - middle, v, c, np.where(member, w_mid, 1.0), member,
                          nodes.hint[rows, cols])
    nodes.hint[rows, cols] = x
    pay = bargain.gains(reward, v, c, x)
    least_gain, most_gain = pay - top, pay - bottom
    good = (sigma > 0) & (~member | (least_gain > 0)).all(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = [w_mid / w_high * least_gain / (pay - middle),
                 w_mid / w_low * most_gain / (pay - middle)]
        off = np.where(member, np.maximum(np.abs(1 - ratio[0]), np.abs(1 - ratio[1])), 0.0)
        smallest = np.where(member, w_low, np.inf).min(axis=1, keepdims=True)
        delta = np.sqrt((w_high / smallest * off**2).sum(axis=1, keepdims=True))
        rho = np.where(delta < 1, delta / (1 - delta), np.inf)
        share = np.where(member, np.sqrt(smallest / w_low), 0.0)
        reach = rho * share * most_gain
        slack = 1e-12 * sub.scale
        fit = good[:, None] & member & np.isfinite(reach)
        pay_low = np.where(fit, pay - reach * (1 + 0.5 * rho * share) - slack, -np.inf)
        pay_high = np.where(fit, pay + reach + slack, np.inf)
    nodes.pay_low[rows, cols] = np.maximum(nodes.pay_low[rows, cols], pay_low)
    nodes.pay_high[rows, cols] = np.minimum(nodes.pay_high[rows, cols], pay_high)


def _cut_terms(problems: Problems, nodes: Nodes, steps: int = 5) -> None:
    """Cut each issue's interval where the derivative of Σ w log G surely has one sign."""
    live = problems.bargained & (nodes.label != REFUSED) & (problems.kind == NASH)
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
