"""Bargaining solutions of many problems at once: arrays in, arrays out.

A batch of P problems with n actors and J issues has base (P, n), value and curvature (P, J, n) and
member (P, n) bool; terms x are (P, J) in [0, 1], and actor i gains
G_i = base_i + Σ_j (value_ji x_j − ½ curvature_ji x_j²). σ = max_x min over members of G_i.

Every solution is taken over G ≥ 0. Where σ = 0, members whose gain is 0 at every feasible x are
set aside (they keep their gain and stop counting); where σ < 0 the same is done for G − σ. Ties:
least norm. Weights (P, n) are positive. Actors are scaled by their own ranges, so that payoffs
may be of any size.

Each solver returns an :class:`Answer`. ``ok`` is False where a row did not converge.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .active_set import climb
from .active_set import gains as gains
from .interior import Bools, Floats, Point, begin, level_bounds, maximise
from .levels import (
    ZERO,
    Face,
    face,
    least_norm,
    leximin,
    scaled,
    set_aside,
    settle,
    solve,
)

#: residuals, in units of the actors' ranges, up to which an answer is called converged
ACCEPT = 1e-9
#: where both a term's distance to its bound and the bound's multiplier are below this, it is not
#: clear which of them is zero, and the terms have half of their digits
UNCLEAR = 1e-4


class Surplus(NamedTuple):
    """σ (P,), terms that attain it (P, J), whether each row converged (P,), and members' shares in
    σ (P, n): its multipliers, which are how it changes with each base (the envelope theorem).
    """

    sigma: Floats
    x: Floats
    ok: Bools
    share: Floats


class Sign(NamedTuple):
    """A number with σ's sign (P,), terms that show it (P, J), whether each row converged (P,)."""

    sigma: Floats
    x: Floats
    ok: Bools


class Answer(NamedTuple):
    """Terms x (P, J), or (P, n, J) for ``offers``; ``sigma`` (P,): σ itself where it is ≤ 0 (0 when
    it is zero to rounding), and where it is positive some positive number; ``ok`` (P,).
    """

    x: Floats
    sigma: Floats
    ok: Bools


def max_min(base: Floats, value: Floats, curvature: Floats, member: Bools) -> Surplus:
    """The largest least gain of the members, σ (P,), and terms that attain it."""
    at = face(base, value, curvature, member)
    sigma = np.where(member, base, np.inf).min(axis=1)
    share: Floats = (member & (base == sigma[:, None])).astype(float)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1.0)
    ok = np.ones(len(base), dtype=bool)
    rows = np.flatnonzero(at.free.any(axis=1))
    if len(rows):
        part = at.take(rows)
        climb = member[rows].astype(float)
        part, _, _, share[rows] = solve(part, climb, np.zeros_like(climb), level=True)
        sigma[rows] = np.where(member[rows], part.gains(), np.inf).min(axis=1)
        ok[rows] = part.error < ACCEPT
        at.put(rows, part)
    return Surplus(sigma, at.x, ok, share)


def sign(base: Floats, value: Floats, curvature: Floats, member: Bools) -> Sign:
    """As :func:`max_min`, but only up to σ's sign: a number that has it, and terms that show it.

    Where it is positive every member gains at the terms; 0 stands for a sign that is not clear.
    """
    at = face(base, value, curvature, member)
    sigma = np.where(member, base, np.inf).min(axis=1)
    ok = np.ones(len(base), dtype=bool)
    rows = np.flatnonzero(at.free.any(axis=1))
    if len(rows):
        part = at.take(rows)
        climb = member[rows].astype(float)
        task = scaled(part, climb, np.zeros_like(climb))
        aim = -task.origin / task.unit
        point = maximise(task.program, begin(task.program, 0.02 + 0.96 * part.x, True), True,
                         aim=aim)
        at.x[rows] = np.where(part.free, np.clip(point.x, 0.0, 1.0), part.x)
        low, high = level_bounds(task.program, point)
        clear = np.where(low > aim, low - aim, np.where(high < aim, high - aim, 0.0))
        sigma[rows] = task.unit * clear
        ok[rows] = (clear != 0.0) | (point.error < ACCEPT)
    return Sign(sigma, at.x, ok)


def nash(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
         limit: bool = False) -> Answer:
    """The asymmetric Nash solution: x maximises Σ weights_i log G_i over the members.

    ``limit``: σ is known to be 0 or next to it; members without gain are looked for at once.
    """
    at = face(base, value, curvature, member)
    sigma = np.where(member, base, np.inf).min(axis=1)
    rows = np.flatnonzero(at.free.any(axis=1))
    if len(rows):
        rest = rows
        if not limit:
            part, found = _nash_positive(at.take(rows), weights[rows])
            at.put(rows[found], part.take(found))
            sigma[rows[found]] = _least(part.take(found))
            rest = rows[~found]
        if len(rest):
            part, sigma[rest] = feasible(base[rest], value[rest], curvature[rest], member[rest])
            at.put(rest, _nash_on_face(part, weights[rest]))
    ok: Bools = np.asarray(at.error < ACCEPT)
    narrow = np.flatnonzero(~ok & (sigma > 0.0))
    if len(narrow):
        at.x[narrow], ok[narrow] = _nash_in_little_room(
            base[narrow], value[narrow], curvature[narrow], weights[narrow], member[narrow])
    return Answer(at.x, sigma, ok)


def _nash_in_little_room(base: Floats, value: Floats, curvature: Floats, weights: Floats,
                         member: Bools) -> tuple[Floats, Bools]:
    """Nash terms where what can be gained is next to nothing: active sets from the best least
    gain; and where that found them."""
    x = max_min(base, value, curvature, member).x
    inside = member[:, None, :]
    v, c = np.where(inside, value, 0.0), np.where(inside, curvature, 0.0)
    b = np.where(member, base, 1.0)
    cares = ((v != 0.0) | (c != 0.0)).any(axis=2)
    found = np.asarray((gains(b, v, c, x) > 0.0).all(axis=1))
    rows = np.flatnonzero(found)
    x[rows], found[rows] = climb(b[rows], v[rows], c[rows],
                                 np.where(member, weights, 0.0)[rows], cares[rows], x[rows])
    return x, found


def _nash(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    done = _nash_on_face(at, weights)
    return Answer(done.x, sigma, done.error < ACCEPT)


def _least(at: Face) -> Floats:
    least: Floats = np.where(at.idle, np.inf, at.gains()).min(axis=1)
    return least


def _nash_positive(at: Face, weights: Floats) -> tuple[Face, Bools]:
    """Try for a Nash solution with σ > 0; a row is found when its residuals say so."""
    weights = weights / np.where(at.idle, 0.0, weights).max(axis=1, keepdims=True)
    span = (np.abs(at.value) + 0.5 * at.curvature).sum(axis=1)
    fixed = (span == 0.0) & ~at.idle
    task = at.take(np.arange(len(at.x)))
    task.idle = at.idle | fixed
    goal = np.where(task.idle, 0.0, weights)
    out, point, *_ = solve(task, np.zeros_like(goal), goal, level=False, patience=6)
    gain = np.where(at.idle, np.inf, out.gains())
    share = gain / np.where(span > 0.0, span, 1.0)
    found = (point.error < 1e-12) & (np.where(fixed, gain > 0.0, share > ZERO)).all(axis=1)
    out.idle = at.idle
    return _break_ties(_sharpen(out, point, goal, found), point, found), found


def _sharpen(at: Face, point: Point, weights: Floats, rows: Bools) -> Face:
    """Terms to their last digits where a bound holds them by hardly a force, or none."""
    unclear = at.free & (np.minimum(point.x, point.room) < UNCLEAR) & (
        np.maximum(point.low, point.high) < UNCLEAR)
    many = np.flatnonzero(rows & unclear.any(axis=1))
    if not len(many):
        return at
    part, counts = at.take(many), weights[many] > 0.0
    x = np.where(unclear[many], np.rint(part.x), part.x)
    v, c = (np.where(counts[:, None], table, 0.0) for table in (part.value, part.curvature))
    base = np.where(counts, part.base, 1.0)
    x, ok = climb(base, v, c, weights[many], part.free, x)
    part.x = np.where(ok[:, None], x, part.x)
    at.put(many, part)
    return at


def _break_ties(at: Face, point: Point, rows: Bools) -> Face:
    """Least norm among the terms that leave every member's gain as it is."""
    inside = (point.low <= point.x) & (point.high <= point.room) & at.free
    linear = inside & ~(at.curvature > 0.0).any(axis=2)
    many = np.flatnonzero(rows & (linear.sum(axis=1) > 1))
    if not len(many):
        return at
    part = at.take(many)
    part.free, part.held = linear[many], ~part.idle
    normal = np.where(part.free[..., None], part.value, 0.0)
    length = np.sqrt((normal**2).sum(axis=1, keepdims=True))
    size = np.linalg.svd(normal / np.where(length > 0.0, length, 1.0), compute_uv=False)
    loose = (size > 1e-9).sum(axis=1) < part.free.sum(axis=1)
    many, part = many[loose], part.take(loose)
    free, held = at.free[many], at.held[many]
    part = least_norm(part)
    part.free, part.held = free, held
    at.put(many, part)
    return at


def feasible(base: Floats, value: Floats, curvature: Floats, member: Bools) -> tuple[Face, Floats]:
    """G ≥ 0 with every row set aside that must be; σ as :class:`Answer` says.

    Where σ < 0 the base of the face is that of G − σ.
    """
    most = max_min(base, value, curvature, member)
    span = (np.abs(value) + 0.5 * curvature).sum(axis=1)
    small = ZERO * np.where(member & (span > 0.0), span, np.inf).min(axis=1)
    negative = most.sigma < -np.where(np.isfinite(small), small, 0.0)
    lifted = np.where(negative[:, None], base - most.sigma[:, None], base)
    at, level = set_aside(face(lifted, value, curvature, member), negative)
    positive = ~at.held.any(axis=1) & (level > 0.0)
    sigma = np.where(negative, most.sigma, np.where(positive, _least(at), 0.0))
    return at, sigma


def _nash_on_face(at: Face, weights: Floats) -> Face:
    open_ = ~(at.held | at.idle)
    weights = weights / np.where(at.idle, 0.0, weights).max(axis=1, keepdims=True)
    movable = np.asarray(at.free.any(axis=1))
    rows = np.flatnonzero(open_.any(axis=1) & movable)
    if len(rows):
        part, goal = at.take(rows), np.where(open_, weights, 0.0)[rows]
        part, point, *_ = solve(part, np.zeros_like(goal), goal, level=False)
        pinned = (point.low > point.x) | (point.high > point.room)
        bent = ((part.curvature > 0.0) & (goal > 0.0)[:, None]).any(axis=2)
        part.free &= ~pinned & ~bent
        at.put(rows, part)
    at.held |= ~at.idle
    return least_norm(at)


def egalitarian(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
                ) -> Answer:
    """The weighted egalitarian solution: leximin of G_i / weights_i."""
    return _egalitarian(*feasible(base, value, curvature, member), weights, member)


def _egalitarian(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    return _lexicographic(at, sigma, np.where(member, weights, 0.0))


def kalai_smorodinsky(base: Floats, value: Floats, curvature: Floats, weights: Floats,
                      member: Bools) -> Answer:
    """Leximin of G_i / (weights_i · ideal_i), ideal_i the most that i gets while nobody loses."""
    return _kalai_smorodinsky(*feasible(base, value, curvature, member), weights, member)


def _kalai_smorodinsky(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    best = _ideals(at)[0]
    return _lexicographic(at, sigma, np.where(member & ~at.held, weights * best, 0.0))


def _lexicographic(at: Face, sigma: Floats, climb: Floats) -> Answer:
    unit = np.where(climb > 0.0, climb, np.inf).min(axis=1, keepdims=True)
    climb = climb / np.where(np.isfinite(unit), unit, 1.0)
    done = leximin(at, climb, np.arange(climb.shape[1]))
    done.held |= ~done.idle
    done = least_norm(done)
    return Answer(done.x, sigma, done.error < ACCEPT)


def utilitarian(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
                ) -> Answer:
    """x maximises Σ weights_i G_i over the members, subject to G ≥ 0."""
    return _utilitarian(*feasible(base, value, curvature, member), weights, member)


def _utilitarian(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    x, error = _best(at, np.where(member, weights, 0.0))
    return Answer(x, sigma, error < ACCEPT)


def _best(at: Face, weights: Floats) -> tuple[Floats, Floats]:
    """Terms of least norm among those that maximise Σ weights_i G_i on the face; and the error."""
    w = weights[:, None]
    wide = Face(
        np.concatenate([at.base, (weights * at.base).sum(axis=1, keepdims=True)], axis=1),
        np.concatenate([at.value, (w * at.value).sum(axis=2, keepdims=True)], axis=2),
        np.concatenate([at.curvature, (w * at.curvature).sum(axis=2, keepdims=True)], axis=2),
        at.x, at.free, np.pad(at.held, ((0, 0), (0, 1))), np.pad(at.idle, ((0, 0), (0, 1))),
        at.error)
    climb = np.zeros_like(wide.base)
    climb[:, -1] = 1.0
    solved, point, *_ = solve(wide, climb, np.zeros_like(climb), level=True)
    done = least_norm(settle(solved, point, climb))
    return done.x, done.error


def _ideals(at: Face) -> tuple[Floats, Floats, Floats]:
    """Each row's largest gain on the face (P, m), terms that give it (P, m, J), errors (P,)."""
    count, m = at.base.shape
    rows = np.repeat(np.arange(count), m)
    weights = np.tile(np.eye(m), (count, 1))
    x, error = _best(at.take(rows), weights)
    gain = gains(at.base[rows], at.value[rows], at.curvature[rows], x)
    best = (gain * weights).sum(axis=1).reshape(count, m)
    return best, x.reshape(count, m, -1), error.reshape(count, m).max(axis=1)


def ideal(base: Floats, value: Floats, curvature: Floats, member: Bools) -> Floats:
    """(P, n) each member's largest gain while no other member loses; nan for others."""
    at, sigma = feasible(base, value, curvature, member)
    shift = np.minimum(sigma, 0.0)[:, None]
    return np.where(member, _ideals(at)[0] + shift, np.nan)


def equal_loss(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
               ) -> Answer:
    """Leximin of (G_i − ideal_i) / weights_i subject to G ≥ 0."""
    return _equal_loss(*feasible(base, value, curvature, member), weights, member)


def _equal_loss(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    n = at.base.shape[1]
    best = np.where(at.held, 0.0, _ideals(at)[0])
    wide = Face(
        np.concatenate([at.base, at.base - best], axis=1), np.tile(at.value, (1, 1, 2)),
        np.tile(at.curvature, (1, 1, 2)), at.x, at.free,
        np.pad(at.held, ((0, 0), (0, n))),
        np.concatenate([at.idle, at.idle | at.held], axis=1), at.error)
    climb = np.concatenate([np.zeros_like(weights), np.where(member, weights, 0.0)], axis=1)
    done = leximin(wide, climb, np.tile(np.arange(n), 2))
    done.held[:, :n] |= ~done.idle[:, :n]
    done = least_norm(done)
    return Answer(done.x, sigma, done.error < ACCEPT)


def offers(base: Floats, value: Floats, curvature: Floats, weights: Floats, member: Bools,
           ) -> Answer:
    """One set of terms per proposer (P, n, J): each takes all above the others' zero gains.

    Proposer p is drawn with probability weights_p / Σ weights; the terms do not depend on it.
    Non-members' rows are 0.
    """
    return _offers(*feasible(base, value, curvature, member), weights, member)


def _offers(at: Face, sigma: Floats, weights: Floats, member: Bools) -> Answer:
    _, x, error = _ideals(at)
    return Answer(np.where(member[..., None], x, 0.0), sigma, error < ACCEPT)


#: solutions by name: of whole problems, and on a face that says what is settled already
SOLVERS: dict[str, Callable[[Floats, Floats, Floats, Floats, Bools], Answer]] = {
    "nash": nash, "kalai-smorodinsky": kalai_smorodinsky, "egalitarian": egalitarian,
    "utilitarian": utilitarian, "equal-loss": equal_loss, "offers": offers}
ON_FACE: dict[str, Callable[[Face, Floats, Floats, Bools], Answer]] = {
    "nash": _nash, "kalai-smorodinsky": _kalai_smorodinsky, "egalitarian": _egalitarian,
    "utilitarian": _utilitarian, "equal-loss": _equal_loss, "offers": _offers}


def nash_sensitivity(base: Floats, value: Floats, curvature: Floats, weights: Floats,
                     member: Bools, x: Floats) -> Floats:
    """(P, J, n) ∂x_j/∂base_i of the Nash terms x where σ > 0; 0 for issues at a bound.

    With U = value − curvature·x, D = diag(w/G²) and C = diag(Σ w c/G) over the members, the free
    issues obey (C + U D Uᵀ) dx = −U D dbase. Where terms tie, the change of least norm.
    """
    gain = gains(base, value, curvature, x)
    safe = np.where(member & (gain > 0.0), gain, 1.0)
    weight = np.where(member & (gain > 0.0), weights / safe, 0.0)
    free = (x > 0.0) & (x < 1.0)
    slope = np.where(free[..., None], value - curvature * x[..., None], 0.0)
    half = slope * (np.sqrt(weight / safe))[:, None]
    matrix = half @ half.swapaxes(1, 2)
    every = np.arange(x.shape[1])
    matrix[:, every, every] += np.where(free, (curvature * weight[:, None]).sum(axis=2), 0.0)
    size = np.sqrt(matrix[:, every, every])
    unit = np.where(size > 0.0, 1.0 / np.where(size > 0.0, size, 1.0), 0.0)
    matrix = matrix * unit[:, None] * unit[..., None]
    right = -(slope * (weight / safe)[:, None]) * unit[..., None]
    value_, vector = np.linalg.eigh(matrix)
    inverse = np.where(value_ > 1e-12, 1.0 / np.where(value_ > 1e-12, value_, 1.0), 0.0)
    change: Floats = vector @ (inverse[..., None] * (vector.swapaxes(1, 2) @ right))
    return change * unit[..., None]
