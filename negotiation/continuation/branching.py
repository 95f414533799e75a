"""Branch points: where branches cross, and how to leave on another one.

At a simple branch point the derivative [∂H/∂x, ∂H/∂t] (k, k + 1) has a kernel of two dimensions,
which the tangents of both branches span (Keller 1977; Allgower & Georg 2003, ch. 8). A step along
the direction of the kernel that is square to the known tangent, corrected in the plane square to
it, lands on the other branch: exactly along it at a pitchfork, nearly so elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .curve import Branch, Floats, SpecialPoint, Steps, System, _correct, _tangent, trace
from .deflation import deflated

#: how far from a branch point another branch is entered, and when two points are one
AWAY, SAME = 1e-3, 1e-6
MOST_BRANCHES = 64


def directions(system: System, point: SpecialPoint) -> Floats:
    """(2, k + 1) an orthonormal basis of the kernel of the derivative at a branch point."""
    _, slope, pace = system(point.x, point.t)
    _, _, turn = np.linalg.svd(np.column_stack([slope, pace]))
    out: Floats = turn[-2:]
    return out


def switch(system: System, branch: Branch, point: SpecialPoint, away: float = AWAY,
           ) -> list[tuple[Floats, float, Floats]]:
    """Points (x, t, direction) of the other branch on both sides of a branch point."""
    kernel = directions(system, point)
    before = branch.x[point.after], branch.t[point.after]
    known = np.append(point.x - before[0], point.t - before[1])
    known = kernel.T @ (kernel @ known)
    size = float(np.linalg.norm(known))
    known = kernel[0] if size == 0.0 else known / size
    other = kernel.T @ np.array([-(kernel[1] @ known), kernel[0] @ known])
    found = []
    for side in (1.0, -1.0):
        corrected = _correct(system, point.x, point.t, side * other, away)
        if corrected is not None:
            x, t = corrected[:2]
            found.append((x, t, side * other))
    return found


@dataclass(frozen=True, eq=False)
class Diagram:
    """Branches that were found, in order; the first is the one that was asked about."""

    branches: tuple[Branch, ...]

    @property
    def special(self) -> tuple[SpecialPoint, ...]:
        return tuple(point for branch in self.branches for point in branch.special)

    def solutions(self, t: float) -> Floats:
        """(Q, k) x of every crossing of the value t, between points by straight lines."""
        found: list[Floats] = []
        for branch in self.branches:
            here = (branch.t[:-1] - t) * (branch.t[1:] - t) <= 0.0
            for k in np.flatnonzero(here & (branch.t[:-1] != branch.t[1:])):
                share = (t - branch.t[k]) / (branch.t[k + 1] - branch.t[k])
                found.append(branch.x[k] + share * (branch.x[k + 1] - branch.x[k]))
        return np.array(found).reshape(len(found), self.branches[0].x.shape[1])


def diagram(system: System, x: Floats, t: float, until: float, steps: Steps | None = None, *,
            deflate: Iterable[float] = (), starts: Iterable[Floats] = ()) -> Diagram:
    """The branch through (x, t) and, over the interval from t to ``until``, those that leave it.

    Args:
        deflate: values of t at which further solutions are looked for by deflation, from the known
            ones and from ``starts``; what is found is followed in both directions.
    """
    steps = steps or Steps()
    bounds = min(t, until), max(t, until)
    first = trace(system, x, t, until, steps, branching=True, bounds=bounds)
    branches, todo = [first], [first]
    seen: list[Floats] = []
    guesses = [np.asarray(start, dtype=np.float64) for start in starts]

    def add(y: Floats, s: float, along: Floats) -> None:
        piece = trace(system, y, s, bounds[1] if along[-1] >= 0 else bounds[0], steps, along=along,
                      branching=True, bounds=bounds)
        branches.append(piece)
        todo.append(piece)

    values = list(deflate)
    while (todo or values) and len(branches) < MOST_BRANCHES:
        if todo:
            branch = todo.pop(0)
            for point in branch.special:
                place = np.append(point.x, point.t)
                if point.kind == "branch point" and not any(
                        np.abs(place - other).max() < 1e-4 for other in seen):
                    seen.append(place)
                    for y, s, along in switch(system, branch, point):
                        add(y, s, along)
            continue
        s = values.pop(0)
        known = list(Diagram(tuple(branches)).solutions(s))
        for y in deflated(system, s, known, [*known, *guesses]):
            ahead = _tangent(system, y, s, None)
            if ahead is not None:
                for side in (ahead, -ahead):
                    if bounds[0] < s < bounds[1] or side[-1] * (0.5 * sum(bounds) - s) > 0:
                        add(y, s, side)
    return Diagram(tuple(branches))
