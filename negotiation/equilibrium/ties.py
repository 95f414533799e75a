"""Exact ties: continua of equilibria in a state, their extreme points, and the rule that picks one.

Two kinds are handled. A **null member** has the same value whatever happens and gains nothing from
any move (a mediator with no stake): its consent is free. With **fixed payoffs** any tie is: the
conditions are linear in α once multiplied by R_i > 0 (V_i − W_m,i has the sign of
Σ_q λ_q α_q (W_q,i − W_m,i) − (r_i W_m,i − f_i)), so the equilibria are a union of cells of a
hyperplane arrangement in [0,1]^d; its vertices that are equilibria are the extreme points, and the
edges between them tell which belong to one component.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .bounds import contract
from .nodes import MADE, UNDECIDED, roots
from .problem import ZERO, Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: combinations of hyperplanes that one state may cost
MOST_COMBINATIONS = 300_000


@dataclass(frozen=True)
class Continuum:
    """A component of equilibria in a state: columns of the tied moves, actors, extreme consents.

    Where an encounter ties, ``clash`` is its place among the state's, ``actions`` are those that
    the actor is indifferent between, and the extremes are their probabilities.
    """

    moves: tuple[int, ...]
    actors: tuple[int, ...]
    extremes: tuple[tuple[float, ...], ...]
    value_varies: bool
    clash: int = -1
    actions: tuple[int, ...] = ()


def null_members(problems: Problems) -> Bools:
    """(P, M, n) members whom no move of the state and no terms can make better or worse off."""
    stay = problems.flow / problems.discount
    same = np.abs(problems.reward - stay[:, None, :]) <= ZERO * problems.scale[:, None, :]
    touched = ((problems.value != 0) | (problems.curvature != 0)).any(axis=2)
    plays = problems.present & (problems.rate > 0)
    unmoved = ((same & ~touched) | ~plays[..., None]).all(axis=1)
    out: Bools = problems.member & unmoved[:, None, :] & same & ~touched
    return out


def value_of(problems: Problems, consent: Floats) -> Floats:
    """(k, n) V of one problem with fixed payoffs at k vectors of consents (k, M)."""
    weight = problems.rate[0] * consent
    value: Floats = ((problems.flow[0] + weight @ problems.reward[0])
                     / (problems.discount[0] + weight.sum(axis=1, keepdims=True)))
    return value


def arrangement(problem: Problems) -> list[tuple[Floats, Continuum | None]] | None:
    """Every component of equilibria of one state with fixed payoffs.

    Returns pairs (extreme points (k, M), the continuum or None for an isolated equilibrium), or
    None when the state has too many undecided moves to enumerate.
    """
    node = roots(problem)
    contract(problem, node)
    free = np.flatnonzero(node.label[0] == UNDECIDED)
    inert = problem.rate[0, free] == 0
    free = free[~inert]
    made = (node.label[0] == MADE).astype(float)
    planes = _hyperplanes(problem, free, made)
    d = len(free)
    if d and math.comb(len(planes), d) > MOST_COMBINATIONS:
        return None
    points = _vertices(planes, d)
    consent = np.tile(made, (len(points), 1))
    consent[:, free] = points
    good = _is_equilibrium(problem, node.label[0], consent)
    points, consent = points[good], consent[good]
    groups = _connect(problem, node.label[0], made, free, planes, points)
    return [_describe(problem, consent[group]) for group in groups]


def _hyperplanes(problem: Problems, free: Ints, made: Floats) -> Floats:
    """(H, d + 1) rows (normal, offset): the box, and where a free move's member is indifferent."""
    d = len(free)
    rows = [np.append(np.eye(d)[q], side) for q in range(d) for side in (0.0, 1.0)]
    weight = problem.rate[0] * made
    for q in free:
        for i in np.flatnonzero(problem.member[0, q]):
            gap = problem.reward[0, :, i] - problem.reward[0, q, i]
            normal = problem.rate[0, free] * gap[free]
            offset = (problem.discount[0, i] * problem.reward[0, q, i] - problem.flow[0, i]
                      - weight @ gap)
            size = np.abs(normal).max(initial=0.0)
            unit = problem.scale[0, i] * (problem.discount[0, i] + problem.rate[0].sum())
            if size > ZERO * unit:
                rows.append(np.append(normal / size, offset / size))
    distinct: list[Floats] = []
    for row in rows:
        if not any(min(np.abs(row - kept).max(), np.abs(row + kept).max()) < 1e-11
                   for kept in distinct):
            distinct.append(row)
    return np.array(distinct).reshape(len(distinct), d + 1)


def _vertices(planes: Floats, d: int) -> Floats:
    """(k, d) distinct points of [0,1]^d where d independent hyperplanes meet."""
    if d == 0:
        return np.zeros((1, 0))
    combos = np.array(list(itertools.combinations(range(len(planes)), d)))
    matrix, rhs = planes[combos][..., :d], planes[combos][..., d]
    regular = np.abs(np.linalg.det(matrix)) > 1e-10
    points = np.linalg.solve(matrix[regular], rhs[regular][..., None])[..., 0]
    points = points[((points > -1e-9) & (points < 1 + 1e-9)).all(axis=1)]
    points = np.clip(points, 0.0, 1.0)
    points[points < 1e-12] = 0.0
    points[points > 1 - 1e-12] = 1.0
    _, first = np.unique(np.round(points, 9), axis=0, return_index=True)
    return np.asarray(points[np.sort(first)])


def _is_equilibrium(problem: Problems, label: Ints, consent: Floats) -> Bools:
    value = value_of(problem, consent)
    gain = (problem.reward[0] - value[:, None, :]) / problem.scale[0]
    sigma = np.where(problem.member[0], gain, np.inf).min(axis=2)
    asked = problem.present[0] & problem.member[0].any(axis=1) & (problem.rate[0] > 0)
    slack = 1e-9
    wrong = asked & ((consent > 1e-9) & (sigma < -slack) | (consent < 1 - 1e-9) & (sigma > slack))
    return ~np.asarray(wrong.any(axis=1))


def _connect(problem: Problems, label: Ints, made: Floats, free: Ints, planes: Floats,
             points: Floats) -> list[list[int]]:
    """Groups of vertices joined by edges of the arrangement that are equilibria all along."""
    d = len(free)
    parent = list(range(len(points)))

    def find(a: int) -> int:
        while parent[a] != a:
            a = parent[a]
        return a

    slack = points @ planes[:, :d].T - planes[:, d]
    tight = np.abs(slack) < 1e-9
    for a, b in itertools.combinations(range(len(points)), 2):
        common = tight[a] & tight[b]
        if find(a) == find(b) or (
                d > 1 and np.linalg.matrix_rank(planes[common][:, :d], tol=1e-9) < d - 1):
            continue
        change = slack[b] - slack[a]
        with np.errstate(divide="ignore", invalid="ignore"):
            cuts = -slack[a] / change
        cuts = np.unique([0.0, 1.0, *cuts[np.isfinite(cuts) & (cuts > 1e-9) & (cuts < 1 - 1e-9)]])
        middle = 0.5 * (cuts[1:] + cuts[:-1])
        along = np.tile(made, (len(middle), 1))
        along[:, free] = points[a] + middle[:, None] * (points[b] - points[a])
        if _is_equilibrium(problem, label, along).all():
            parent[find(b)] = find(a)
    groups: dict[int, list[int]] = {}
    for k in range(len(points)):
        groups.setdefault(find(k), []).append(k)
    return list(groups.values())


def _describe(problem: Problems, consent: Floats) -> tuple[Floats, Continuum | None]:
    if len(consent) == 1:
        return consent, None
    value = value_of(problem, consent)
    varies = np.flatnonzero((consent.max(axis=0) - consent.min(axis=0)) > 1e-9)
    gap = np.abs(problem.reward[0] - value[:, None, :]) / problem.scale[0]
    idle = (problem.member[0] & (gap.max(axis=0) <= 1e-9))[varies]
    value_varies = (np.ptp(value, axis=0) > ZERO * problem.scale[0]).any()
    order = np.lexsort((*(-consent).T[::-1], -consent.sum(axis=1)))
    consent = consent[order]
    extremes = tuple(tuple(float(a) for a in row) for row in consent[:, varies])
    return consent, Continuum(moves=tuple(int(m) for m in varies),
                              actors=tuple(int(i) for i in np.flatnonzero(idle.any(axis=0))),
                              extremes=extremes, value_varies=bool(value_varies))

