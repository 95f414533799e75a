"""Zeros of a multilinear system over a product of simplices: all of them, with proof.

Player j of q mixes over k_j actions, p_j in a simplex. ``equations[i]`` holds, for a = 1 … k_i − 1,
u_i(a, p) − u_i(0, p) as a tensor (k_i − 1, k_1, …, without k_i, …, k_q) that is linear in each
p_j, j ≠ i; a zero is a p at which all of them vanish. ``bounds`` are tensors (b, k_1, …, k_q)
whose functions must not be positive.

A *cell* is a product of simplices, one inside each player's, given by its corners
(k_j, k_j). A function that is linear in each p_j has its extremes over a cell at combinations of
corners, so that its range there is exact. Branch and bound: a cell goes when an equation has one
sign on it, a bound is positive on it, or a Newton step with the range of the derivatives (Krawczyk)
leaves it; where that step shows that a slightly larger cell holds one zero, Newton finds it; other
cells are cut at an edge. When no cell is left, every zero has been found.

Sources: Krawczyk 1969, Computing 4; Moore, Kearfott & Cloud 2009, "Introduction to Interval
Analysis", §8; Rump 2010, Acta Numerica 19, §13.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from string import ascii_lowercase
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Cells = list[Floats]

#: entries are of size 1; a corner's value carries a rounding error well below this
ROUNDING = 1e-13
#: how much larger than the cell the one is on which a zero is shown to be the only one
_INFLATE = 1.25
#: cells thinner than this are not cut again: two zeros closer than it are not told apart
_THIN = 2e-6
#: zeros up to this far outside a cell count as inside
_SLACK = 1e-9
_MAX_LAYERS = 400
#: why a search is not complete
BUDGET = "the search of a choice of supports reached its budget"
THIN = "a choice of supports has equilibria that are not isolated, or too close together to tell"


class Zeros(NamedTuple):
    """``points``: the zeros, each a list of p_j; ``doubt``: why there may be others, None where it
    is proved that there are none; ``cells``: how many were looked at.
    """

    points: list[list[Floats]]
    doubt: str | None
    cells: int


@dataclass
class System:
    """The tensors of the module's docstring; ``sizes`` are the k_j."""

    sizes: tuple[int, ...]
    equations: list[Floats]
    bounds: list[Floats]
    fixed: frozenset[int] = frozenset()
    ends: NDArray[np.int64] = field(init=False)

    def __post_init__(self) -> None:
        self.ends = np.concatenate([[0], np.cumsum([k - 1 for k in self.sizes])])

    @property
    def others(self) -> list[list[int]]:
        """For each equation block the players its tensor's axes 1, 2, … stand for."""
        q = len(self.sizes)
        return [[j for j in range(q) if j != i] for i in range(q)]


def zeros(system: System, budget: int = 200_000) -> Zeros:
    """Every zero of a system, within a budget of cells."""
    cells: Cells = [np.eye(k)[None] for k in system.sizes]
    points: list[list[Floats]] = []
    looked = 0
    for _ in range(_MAX_LAYERS):
        count = len(cells[0])
        looked += count
        if looked > budget:
            return Zeros(points, BUDGET, looked)
        cells = _select(cells, ~_excluded(system, cells))
        if not len(cells[0]):
            return Zeros(points, None, looked)
        step = _krawczyk(system, cells)
        settled = step.gone | _settle(system, cells, step, points)
        cells, smear = _select(cells, ~settled), step.smear[~settled]
        if not len(cells[0]):
            return Zeros(points, None, looked)
        width = np.array([_edges(corners).max(axis=(1, 2)) for corners in cells])
        free = [j for j in range(len(cells)) if j not in system.fixed]
        if not free or width[free].max(axis=0).min() < _THIN:
            return Zeros(points, THIN, looked)
        cells = _cut(cells, smear, width, system.fixed)
    return Zeros(points, BUDGET, looked)


def _select(cells: Cells, which: NDArray[np.bool_]) -> Cells:
    return [corners[which] for corners in cells]


def at_corners(tensor: Floats, axes: Sequence[int], cells: Cells,
               skip: Sequence[int] = ()) -> Floats:
    """(C, …) a tensor with each axis (after the first) taken to the corners of its player's cell.

    ``axes`` names the players of the axes; those in ``skip`` stay as they are.
    """
    letters = ascii_lowercase[:len(axes) + 1]
    value, batch = tensor, ""
    for place, j in enumerate(axes, 1):
        if j in skip:
            continue
        old = letters[place]
        out = letters.replace(old, "y")
        value = np.einsum(f"{batch}{letters},zy{old}->z{out}", value, cells[j])
        batch = "z"
    if not batch:
        value = np.broadcast_to(value, (len(cells[0]), *value.shape))
    return value


def _ranges(value: Floats, keep: int) -> tuple[Floats, Floats]:
    """Least and largest over all axes after the first ``keep``."""
    flat = value.reshape(*value.shape[:keep], -1)
    return flat.min(axis=-1), flat.max(axis=-1)


def _excluded(system: System, cells: Cells) -> NDArray[np.bool_]:
    gone = np.zeros(len(cells[0]), dtype=bool)
    for tensor, axes in zip(system.equations, system.others, strict=True):
        low, high = _ranges(at_corners(tensor, axes, cells), 2)
        gone |= ((low > ROUNDING) | (high < -ROUNDING)).any(axis=1)
    everybody = list(range(len(system.sizes)))
    for tensor in system.bounds:
        low, _ = _ranges(at_corners(tensor, everybody, cells), 2)
        gone |= (low > ROUNDING).any(axis=1)
    return gone


class _Step(NamedTuple):
    """Of each cell: whether no zero is in it, whether at most one is in the inflated cell, the
    centre, and how much each player's extent moves the equations.
    """

    gone: NDArray[np.bool_]
    single: NDArray[np.bool_]
    centre: list[Floats]
    smear: Floats


def _krawczyk(system: System, cells: Cells) -> _Step:
    centre = [corners.mean(axis=1) for corners in cells]
    larger = [mid[:, None] + _INFLATE * (corners - mid[:, None])
              for corners, mid in zip(cells, centre, strict=True)]
    low, high = _jacobian_range(system, larger)
    middle, spread = (low + high) / 2, (high - low) / 2 + ROUNDING
    reach = np.concatenate([abs(corners - mid[:, None]).max(axis=1)[:, 1:]
                            for corners, mid in zip(cells, centre, strict=True)], axis=1)
    inverse = _inverse(middle)
    off = (abs(np.eye(middle.shape[1]) - inverse @ middle) + abs(inverse) @ spread)
    newton = (inverse @ values(system, centre)[:, :, None])[:, :, 0]
    error = abs(inverse).sum(axis=2) * ROUNDING
    moved = (off @ reach[:, :, None])[:, :, 0]
    with np.errstate(invalid="ignore"):
        gone = (abs(newton) - moved - error > reach * (1 + 1e-9) + 1e-300).any(axis=1)
        single = (moved < 0.9 * reach).all(axis=1)
    pull = np.maximum(abs(low), abs(high)).max(axis=1) * reach
    smear = np.stack([pull[:, a:b].max(axis=1) for a, b
                      in zip(system.ends[:-1], system.ends[1:], strict=True)])
    return _Step(gone, single, centre, smear.T)


def _inverse(middle: Floats) -> Floats:
    """An approximate inverse of each matrix; zeros where there is none (that proves nothing)."""
    with np.errstate(all="ignore"):
        regular = abs(np.linalg.det(middle)) > 1e-200
        safe = np.where(regular[:, None, None], middle, np.eye(middle.shape[1]))
        try:
            found = np.linalg.inv(safe)
        except np.linalg.LinAlgError:
            found = np.linalg.pinv(safe)
    good = regular & np.isfinite(found).all(axis=(1, 2))
    return np.where(good[:, None, None], found, 0.0)


def _jacobian_range(system: System, cells: Cells) -> tuple[Floats, Floats]:
    """(C, D, D) twice: the least and the largest derivative in p_{j,c}, c ≥ 1, over each cell."""
    size = int(system.ends[-1])
    low, high = (np.zeros((len(cells[0]), size, size)) for _ in range(2))
    for i, (tensor, axes) in enumerate(zip(system.equations, system.others, strict=True)):
        rows = slice(system.ends[i], system.ends[i + 1])
        for place, j in enumerate(axes, 1):
            columns = slice(system.ends[j], system.ends[j + 1])
            turned = np.moveaxis(tensor, place, 1)
            slope = turned[:, 1:] - turned[:, :1]
            rest = [other for other in axes if other != j]
            value = _at_corners_from(slope, rest, cells)
            low[:, rows, columns], high[:, rows, columns] = _ranges(value, 3)
    return low, high


def _at_corners_from(slope: Floats, rest: Sequence[int], cells: Cells) -> Floats:
    """As :func:`at_corners`, for a tensor with two leading axes that stay."""
    flat = slope.reshape(-1, *slope.shape[2:])
    value = at_corners(flat, rest, cells)
    return value.reshape(len(cells[0]), *slope.shape[:2], *value.shape[2:])


def values(system: System, points: list[Floats]) -> Floats:
    """(C, D) the equations at points, each player's (C, k_j)."""
    single = [part[:, None] for part in points]
    return np.concatenate([at_corners(tensor, axes, single).reshape(len(points[0]), -1)
                           for tensor, axes in zip(system.equations, system.others, strict=True)],
                          axis=1)


def _settle(system: System, cells: Cells, step: _Step,
            points: list[list[Floats]]) -> NDArray[np.bool_]:
    """Which cells are done with because their only possible zero is known; it is kept if inside."""
    done = np.zeros(len(cells[0]), dtype=bool)
    which = np.flatnonzero(step.single & ~step.gone)
    if not len(which):
        return done
    start = [mid[which] for mid in step.centre]
    found, good = polish(system, start)
    for place, cell in enumerate(which):
        point = [part[place] for part in found]
        shares = [np.linalg.solve(corners[cell].T, part)
                  for corners, part in zip(cells, point, strict=True)]
        # in a simplex inflated about its centre, each share may be as low as (1 − 1.25) / k
        inside = all(s.min() > (1 - _INFLATE) / len(s) + _SLACK for s in shares)
        if not good[place] or not inside:
            continue
        done[cell] = True
        if all(s.min() >= -_SLACK for s in shares) and not any(
                _near(point, other) for other in points):
            points.append(point)
    return done


def _near(point: list[Floats], other: list[Floats]) -> bool:
    return all(bool(abs(a - b).max() < 10 * _SLACK) for a, b in zip(point, other, strict=True))


def polish(system: System, start: list[Floats]) -> tuple[list[Floats], NDArray[np.bool_]]:
    """Newton from points (C, k_j): where it led, and whether it converged."""
    here = [part.copy() for part in start]
    size = np.full(len(here[0]), np.inf)
    for _ in range(30):
        single = [part[:, None] for part in here]
        slope, _ = _jacobian_range(system, single)
        move = (_inverse(slope) @ values(system, here)[:, :, None])[:, :, 0]
        size = abs(move).max(axis=1)
        move[~(size < 2.0)] = 0.0
        for j, (a, b) in enumerate(zip(system.ends[:-1], system.ends[1:], strict=True)):
            here[j][:, 1:] -= move[:, a:b]
            here[j][:, 0] += move[:, a:b].sum(axis=1)
        if not (size[size < 2.0] > 1e-15).any():
            break
    return here, (size < 1e-11) & (abs(values(system, here)).max(axis=1) < 1e-12)


def _edges(corners: Floats) -> Floats:
    """(C, k, k) the length of each edge."""
    lengths: Floats = abs(corners[:, :, None] - corners[:, None]).max(axis=3)
    return lengths


def _cut(cells: Cells, smear: Floats, width: Floats, fixed: frozenset[int]) -> Cells:
    """Each cell in two halves, at the longest edge of the player that moves the equations most."""
    weight = np.where(width.T > _THIN, smear + 1e-3 * width.T, -1.0)
    for j in fixed:
        weight[:, j] = -2.0
    player = weight.argmax(axis=1)
    each = np.arange(len(player))
    halves: list[list[Floats]] = [[], []]
    for j, corners in enumerate(cells):
        k = corners.shape[1]
        longest = _edges(corners).reshape(len(corners), -1).argmax(axis=1)
        a, b = np.divmod(longest, k)
        middle = (corners[each, a] + corners[each, b]) / 2
        mine = player == j
        for half, corner in zip(halves, (a, b), strict=True):
            part = corners.copy()
            part[each[mine], corner[mine]] = middle[mine]
            half.append(part)
    return [np.concatenate([one, two]) for one, two in zip(*halves, strict=True)]
