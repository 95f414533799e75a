"""Terms of bargains that some take part in whatever they bring (DESIGN §2.6), many at once.

Shapes as in ``bargain``; ``member`` (P, n) are those who are asked, ``forced`` (P, n) those who
consent whatever they gain. Where all of them can gain, the terms are the solution's. Elsewhere the
forced are raised lexicographically while none of the others loses, the one that lacks most first,
each in its own ``unit`` (P, n) (its stake in the issues, when a caller has no other); those who
still lack are lifted to zero, and the solution is taken on the face that this leaves. A single
forced actor gets its best terms; what it does not care about is settled as the solution says.
"""

from __future__ import annotations

import numpy as np

from . import bargain
from .bargain import Answer
from .interior import Bools, Floats, Ints
from .levels import Face, face, set_aside, settle, solve


def terms(solution: str, base: Floats, value: Floats, curvature: Floats, weights: Floats,
          member: Bools, forced: Bools, unit: Floats | None = None) -> tuple[Answer, Bools]:
    """The terms, with a number of the sign of the σ of all together; and which rows lift an actor.

    Args:
        solution: a name of ``bargain.ON_FACE``.
    """
    party, (count, issues, n) = member | forced, value.shape
    shape = (count, n, issues) if solution == "offers" else (count, issues)
    out = Answer(np.zeros(shape), np.zeros(count), np.ones(count, dtype=bool))
    lifts = np.zeros(count, dtype=bool)
    lacking = np.asarray(forced.any(axis=1))
    rows = np.flatnonzero(lacking)
    if len(rows):
        lacking[rows] = ~(bargain.sign(base[rows], value[rows], curvature[rows], party[rows]
                                       ).sigma > 0.0)
    rows = np.flatnonzero(~lacking)
    if len(rows):
        _put(out, rows, bargain.SOLVERS[solution](
            base[rows], value[rows], curvature[rows], weights[rows], party[rows]))
    rows = np.flatnonzero(lacking)
    if len(rows):
        units = stake(value, curvature) if unit is None else unit
        at, sigma, lifts[rows] = _lift(base[rows], value[rows], curvature[rows], member[rows],
                                       forced[rows], units[rows])
        out.x[rows] = at.x if len(shape) == 2 else at.x[:, None]
        out.sigma[rows], out.ok[rows] = sigma, at.error < bargain.ACCEPT
        open_ = np.asarray(at.free.any(axis=1))
        if open_.any():
            _put(out, rows[open_], bargain.ON_FACE[solution](
                at.take(open_), sigma[open_], weights[rows[open_]], party[rows[open_]]))
    return out, lifts


def _put(out: Answer, rows: Ints, found: Answer) -> None:
    out.x[rows], out.sigma[rows], out.ok[rows] = found


def stake(value: Floats, curvature: Floats) -> Floats:
    """(P, n) what the issues can be worth to each actor: Σ |v| + ½ c."""
    out: Floats = (np.abs(value) + 0.5 * curvature).sum(axis=1)
    return out


def _lift(base: Floats, value: Floats, curvature: Floats, member: Bools, forced: Bools,
          unit: Floats) -> tuple[Face, Floats, Bools]:
    """The face on which the solution is taken, σ there, and whether any actor is lifted on it."""
    party = member | forced
    at = face(base, value, curvature, party)
    asked = np.flatnonzero(member.any(axis=1))
    if len(asked):
        others, _ = bargain.feasible(base[asked], value[asked], curvature[asked], member[asked])
        part, seat = at.take(asked), member[asked]
        part.base = np.where(seat, others.base, part.base)
        part.held = others.held & seat
        felt = ((others.value != 0.0) | (others.curvature != 0.0)).any(axis=2)
        part.free &= others.free | ~felt
        part.x = np.where(felt, others.x, part.x)
        at.put(asked, part)
    # whom no terms touch lacks the same under all of them, and moves nobody else's
    still = forced & ~(stake(value, curvature) > 0.0)
    at.idle |= still
    climb = np.where(forced & ~still, unit, 0.0)
    least = np.where(climb > 0.0, climb, np.inf).min(axis=1, keepdims=True)
    lacks = _raise(at, climb / np.where(np.isfinite(least), least, 1.0))
    gain = at.gains()
    at.base = np.where(lacks, at.base - gain, at.base)
    at, level = set_aside(at, np.zeros(len(base), dtype=bool))
    sigma = np.where(at.held.any(axis=1), 0.0, level)
    return at, sigma, np.asarray((lacks | still & (base < 0.0)).any(axis=1))


def _raise(at: Face, climb: Floats) -> Bools:
    """Raise the rows with a climb lexicographically, in place, up to the level 0; hold those that
    stay below, (P, n)."""
    held = np.zeros_like(at.held)
    left = np.flatnonzero((climb > 0.0).any(axis=1))
    for _ in range(climb.shape[1]):
        if not len(left):
            break
        part, open_ = _settle_still(at.take(left), climb[left])
        held[left] |= part.held & (climb[left] > 0.0)
        at.put(left, part)
        some = np.asarray(open_.any(axis=1))
        left, part, pull = left[some], part.take(some), np.where(open_, climb[left], 0.0)[some]
        if not len(left):
            break
        part, point, level, _ = solve(part, pull, np.zeros_like(pull), level=True)
        below = level < 0.0
        rows = np.flatnonzero(below)
        settled = settle(part.take(rows), point.take(rows), pull[rows])
        held[left[rows]] |= settled.held & (pull[rows] > 0.0)
        part.put(rows, settled)
        at.put(left, part)
        open_ = (climb[left] > 0.0) & ~at.held[left] & ~at.idle[left]
        left = left[below & open_.any(axis=1)]
    return held


def _settle_still(at: Face, climb: Floats) -> tuple[Face, Bools]:
    """Hold the rows below 0 that no free issue can raise; which rows are left to raise, (P, n)."""
    feels = (((at.value != 0.0) | (at.curvature != 0.0)) & at.free[..., None]).any(axis=1)
    open_ = (climb > 0.0) & ~at.held & ~at.idle
    at.held = at.held | open_ & ~feels & (at.gains() < 0.0)
    return at, open_ & feels
