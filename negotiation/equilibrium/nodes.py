"""Boxes in the space of a state's unknowns, and what can be said of their payoffs at once.

A **node** is a box: values V ∈ [low, high], a label for each move, terms x ∈ [x_low, x_high].
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from .problem import Problems

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
    top = (cares & problems.party[:, :, None, :]).any(axis=3).astype(float)
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


def jointly(label: Ints, n: int) -> Bools:
    """(…,) the mixed moves that leave several members without gain: there σ is 0, and terms need
    the limit rule."""
    out: Bools = np.asarray(binding(label, n).sum(axis=-1) > 1)
    return out


def best_worth(value: Floats, curvature: Floats) -> tuple[Floats, Floats]:
    """Each actor's own best x per issue and what it is worth: (…, J, n) both."""
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.where(curvature > 0, np.clip(value / curvature, 0.0, 1.0), value > 0)
    peak = np.where(np.isfinite(peak), peak, 0.0)
    return peak, value * peak - 0.5 * curvature * peak**2


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


def averages(problems: Problems, nodes: Nodes, rate: Floats, low: Floats, high: Floats,
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
