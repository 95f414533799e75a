"""All equilibria of a two-player stage with a self-loop, by supports.

When player 2 mixes over J with weights y, player 1 is indifferent over I at value V iff
(C − V D) y = 0 on I × J: for |I| = |J| a generalised eigenvalue problem with a positive eigenvector
(without action-dependent self-loops D is constant and it is one linear system). If no such y, of
either player, leaves another best response outside its I, then no equilibrium has supports of
different sizes, so that the list by equal supports is complete: the usual argument for
non-degenerate bimatrix games (von Stengel 2002, *Computing equilibria for two-person games*,
section 2.5), which needs only that the number of best responses never exceeds the size of the
support they answer. Where a tie does occur the list is not claimed to be complete, unless nobody
would play the support that causes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..kernels import stage_two
from .stage import (
    CONTINUUM,
    NEAR,
    SUPPORTS,
    TIED,
    Floats,
    Found,
    Ints,
    Stage,
    Tie,
    pure_equilibria,
    supports,
    unit,
)

#: most pairs of supports that are enumerated in one stage
MOST_PAIRS = 60_000
#: weights below this are zero: the point belongs to a smaller support
POSITIVE = 1e-9
#: eigenvalues closer than this (relatively) are one
DOUBLE = 1e-6


def solve_two(stage: Stage) -> Found:
    """Every equilibrium of a two-player stage, pure ones first."""
    if stage.shape == (2, 2):
        return _two_by_two(stage)
    found = Found()
    profiles, found.ties = pure_equilibria(stage)
    for profile in profiles:
        found.add(unit(stage.shape, profile))
    if found.ties:
        found.doubt = CONTINUUM
    small = min(stage.shape)
    sizes = [len(supports(stage.shape[0], k)) * len(supports(stage.shape[1], k))
             for k in range(2, small + 1)]
    if sum(sizes) > MOST_PAIRS:
        found.doubt = found.doubt or SUPPORTS
        return found
    if found.doubt is None and not _pure_ties_harmless(stage):
        found.doubt = TIED
    for k in range(2, small + 1):
        for rows in supports(stage.shape[0], k):
            for columns in supports(stage.shape[1], k):
                _support(stage, np.array(rows), np.array(columns), found)
    return found


def _support(stage: Stage, rows: Ints, columns: Ints, found: Found) -> None:
    """Add the equilibria with these supports; note ties that could hide others."""
    mixes = []
    for own, other, player in ((rows, columns, 0), (columns, rows, 1)):
        c, d = ((x[player] if player == 0 else x[player].T) for x in (stage.reward, stage.keep))
        side = indifference(c[np.ix_(own, other)], d[np.ix_(own, other)])
        outside = np.setdiff1d(np.arange(len(c)), own)
        good = []
        for weights, value in side.points:
            gain = (c[np.ix_(outside, other)] - value * d[np.ix_(outside, other)]) @ weights
            if (gain > stage.tie[player]).any():
                continue
            if (np.abs(gain) <= stage.tie[player]).any():
                found.doubt = found.doubt or TIED
            good.append(weights)
        if side.doubt and found.doubt is None:
            found.doubt = side.doubt
        if not good:
            return
        mixes.append(good)
    for y in mixes[0]:
        for x in mixes[1]:
            full = np.zeros(stage.shape[0]), np.zeros(stage.shape[1])
            full[0][rows], full[1][columns] = x, y
            found.add(full)


@dataclass(frozen=True, eq=False)
class Side:
    """Mixed actions of one player (positive on a support) that leave the other indifferent."""

    points: tuple[tuple[Floats, float], ...]
    doubt: str | None = None


def indifference(c: Floats, d: Floats) -> Side:
    """All (y, V) with (c − V d) y = 0, y > 0, Σy = 1, for square c and d > 0."""
    if len(c) == 2:
        return _quadratic(c, d)
    if float(np.ptp(d)) <= 1e-14:
        return _linear(c, float(d[0, 0]))
    from scipy.linalg import eig

    scale = max(float(np.abs(c).max()), 1e-300)
    (alpha, beta), vectors = eig(c / scale, d, homogeneous_eigvals=True)
    if ((np.abs(alpha) < 1e-11) & (np.abs(beta) < 1e-11)).any():
        return Side((), TIED)
    finite = np.abs(beta) > 1e-11 * (np.abs(alpha) + np.abs(beta))
    values, vectors = alpha[finite] / beta[finite], vectors[:, finite]
    points, doubt = [], None
    for k, value in enumerate(values):
        spread = DOUBLE * (1.0 + abs(value))
        if abs(value.imag) > spread:
            continue
        pivot = np.abs(vectors[:, k]).argmax()
        weights = np.real(vectors[:, k] / vectors[pivot, k])
        total = weights.sum()
        if abs(total) < 1e-12 or (weights / total < -1e-6).any():
            continue
        near = np.abs(values - value) < spread
        if near.sum() > 1:
            doubt = NEAR
            if abs(value.imag) > 1e-9 * (1.0 + abs(value)):
                continue
        refined = _refine(c / scale, d, weights / total, float(value.real))
        if refined is not None and (refined[0] > POSITIVE).all():
            points.append((refined[0], refined[1] * scale))
    return Side(tuple(points), doubt)


def _quadratic(c: Floats, d: Floats) -> Side:
    """Two actions against two: a quadratic in the odds of the second (``kernels/stage_two.py``)."""
    (c00, c01), (c10, c11) = c.tolist()
    (d00, d01), (d10, d11) = d.tolist()
    low, high = d00 * c10 - d10 * c00, d01 * c11 - d11 * c01
    mid = d00 * c11 + d01 * c10 - d10 * c01 - d11 * c00
    size = max(abs(low), abs(mid), abs(high))
    inside = mid * mid - 4.0 * low * high
    if size <= 1e-14 * max(abs(c00), abs(c01), abs(c10), abs(c11)):
        return Side((), TIED)
    if low * high > 0:
        if mid * low >= 0:
            return Side(())
        if abs(inside) <= 1e-10 * size * size:
            return Side((), NEAR)
        if inside < 0:
            return Side(())
    half = -0.5 * (mid + math.copysign(math.sqrt(inside), mid))
    points = []
    for above, below in ((half, high), (low, half)):
        if above * below > 0:
            y = above / (above + below)
            if POSITIVE < y < 1 - POSITIVE:
                weights = np.array([1 - y, y])
                points.append((weights, float((c[0] @ weights) / (d[0] @ weights))))
    return Side(tuple(points))


def _linear(c: Floats, d: float) -> Side:
    """The one mix that makes the rows of c equal on average, when d is the same everywhere."""
    k = len(c)
    system = np.zeros((k + 1, k + 1))
    system[:k, :k], system[:k, k], system[k, :k] = c, -1.0, 1.0
    size = max(float(np.abs(c).max()), 1e-300)
    system[:k, :k] /= size
    if np.linalg.cond(system) > 1e11:
        return Side((), TIED)
    solved = np.linalg.solve(system, np.eye(k + 1)[k])
    if (solved[:k] <= POSITIVE).any():
        return Side(())
    return Side(((solved[:k], float(solved[k]) * size / d),))


def _refine(c: Floats, d: Floats, weights: Floats, value: float) -> tuple[Floats, float] | None:
    """Newton's method on (c − V d) y = 0, Σy = 1; None where it does not settle."""
    k = len(c)
    for _ in range(6):
        matrix = np.zeros((k + 1, k + 1))
        matrix[:k, :k], matrix[:k, k], matrix[k, :k] = c - value * d, -d @ weights, 1.0
        left = np.append((c - value * d) @ weights, weights.sum() - 1.0)
        try:
            step = np.linalg.solve(matrix, left)
        except np.linalg.LinAlgError:
            return None
        weights, value = weights - step[:k], value - float(step[k])
        if np.abs(step).max() < 1e-14 * (1.0 + abs(value)):
            break
    return (weights, value) if np.abs(step).max() < 1e-9 * (1.0 + abs(value)) else None


def _pure_ties_harmless(stage: Stage) -> bool:
    """Whether nobody plays a pure action that leaves the other with several best responses.

    Against b player 1 has best responses B; b answers a mix x over B iff the quadratic forms
    x' (D(·,b) c(·,b′)' − D(·,b′) c(·,b)') x ≤ 0 for every b′. When all the coefficients of one of
    them are positive b is never played there, and the tie does not matter.
    """
    for player in (0, 1):
        c, d = stage.reward[player], stage.keep[player]
        c2, d2 = stage.reward[1 - player], stage.keep[1 - player]
        if player == 1:
            c, d, c2, d2 = c.T, d.T, c2.T, d2.T
        for b in range(c.shape[1]):
            value = (c[:, b] / d[:, b]).max()
            best = np.flatnonzero(c[:, b] - d[:, b] * value >= -stage.tie[player])
            if len(best) == 1:
                continue
            refuted = False
            for other in range(c.shape[1]):
                form = (np.outer(d2[best, b], c2[best, other])
                        - np.outer(d2[best, other], c2[best, b]))
                if other != b and (form + form.T > 2 * stage.tie[1 - player]).all():
                    refuted = True
                    break
            if not refuted:
                return False
    return True


def _two_by_two(stage: Stage) -> Found:
    """The 2×2 stage with ties: every isolated equilibrium and the extreme points of continua.

    Those lie at pure actions and at the roots of the two quadratics; a continuum joins two of them
    along which one player is indifferent and the other's action stays a best response.
    """
    axes, gain = [], stage_two.gains(stage.reward[..., None], stage.keep[..., None])
    found = Found()
    for player in (0, 1):
        g = gain[1 - player]  # the other's gain, as a function of this player's chance
        ties = [float(stage.tie[1 - player] * unit[0]) for unit in (g.unit_low, g.unit_high)]
        low, mid, high = (float(x[0]) for x in (g.low, g.mid, g.high))
        points = [(0.0, _sign(low, ties[0])), (1.0, _sign(high, ties[1]))]
        chances, exists = stage_two.roots(g)
        size = max(abs(low), abs(mid), abs(high))
        if size > min(ties):
            if abs(mid * mid - 4 * low * high) <= 1e-10 * size * size and low * high > 0:
                if mid * low < 0:
                    found.doubt = NEAR
                    points.append((-mid / (2 * high - mid), 0))
            else:
                points += [(float(y[0]), 0) for y, ok in zip(chances, exists, strict=True)
                           if ok[0] and POSITIVE < y[0] < 1 - POSITIVE]
        axes.append(sorted(points))
    good = {(k, j): _consistent(x, axes[1][j][1]) and _consistent(y, axes[0][k][1])
            for k, (x, _) in enumerate(axes[0]) for j, (y, _) in enumerate(axes[1])}
    ranked = sorted((k, j) for k, j in good if good[k, j])
    ranked.sort(key=lambda kj: axes[0][kj[0]][0] % 1 != 0 or axes[1][kj[1]][0] % 1 != 0)
    for k, j in ranked:
        x, y = axes[0][k][0], axes[1][j][0]
        found.add((np.array([1 - x, x]), np.array([1 - y, y])))
    for k, j in ranked:
        for player, step in ((0, (k + 1, j)), (1, (k, j + 1))):
            if good.get(step):
                here, there = axes[player][(k, j)[player]][0], axes[player][step[player]][0]
                fixed = axes[1 - player][(k, j)[1 - player]][0]
                inner = float(gain[1 - player].at((here + there) / 2)[0])
                tie = float(stage.tie[1 - player] * min(gain[1 - player].unit_low[0],
                                                        gain[1 - player].unit_high[0]))
                if _consistent(fixed, _sign(inner, tie)):
                    found.doubt = CONTINUUM
                    found.ties.append(Tie(player, (0, 1)))
    return found


def _sign(x: float, tie: float) -> int:
    return 0 if abs(x) <= tie else 1 if x > 0 else -1


def _consistent(chance: float, sign: int) -> bool:
    """Whether a chance of the second action answers a gain of this sign from it."""
    return sign == 0 or (chance == 1.0 if sign > 0 else chance == 0.0)
