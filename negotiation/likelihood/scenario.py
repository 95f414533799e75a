"""Scenario discovery: the box of parameters in which something happens (PRIM).

The patient rule induction method (Friedman & Fisher 1999; Bryant & Lempert 2010) peels a small
share of the cases off one side of one parameter at a time, the one whose removal leaves the largest
share of cases of interest. The boxes on the way trade coverage (the share of the cases of interest
that are inside) for density (the share of the cases inside that are of interest).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..frozen import FrozenMap

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: share of the cases inside that a peel takes; share of all cases that a box keeps
PEEL, LEAST = 0.05, 0.05
#: coverage that the box which is chosen keeps
COVERAGE = 0.5
#: a limit is dropped where that costs less density than this
NEEDLESS = 0.01
#: a box names at most so many parameters
MOST_LIMITS = 6


@dataclass(frozen=True)
class Box:
    """Limits of some parameters, parameter → (low, high), and what lies inside.

    ``coverage``: share of the cases of interest inside; ``density``: share of the cases inside that
    are of interest; ``mass``: share of all cases inside.
    """

    limits: FrozenMap[str, tuple[float, float]]
    coverage: float
    density: float
    mass: float


@dataclass(frozen=True)
class Scenario:
    """The box that was chosen, and those on the way to it, widest first."""

    box: Box
    path: tuple[Box, ...]


def prim(cases: Mapping[str, Floats], interest: Bools, names: tuple[str, ...] | None = None,
         ) -> Scenario | None:
    """Find the box in which cases of interest are dense; None where all or none are of interest.

    Args:
        cases: parameter → (D,) values. interest: (D,).
    """
    names = tuple(cases) if names is None else names
    if interest.all() or not interest.any():
        return None
    table = np.column_stack([cases[name] for name in names])
    ends = np.column_stack([table.min(axis=0), table.max(axis=0)])
    limits = ends.copy()
    inside = np.ones(len(table), dtype=bool)
    path = [_box(names, limits, ends, inside, interest)]
    while True:
        best = _peel(table, inside, interest)
        if best is None:
            break
        column, side, at, left = best
        limits[column, side] = at
        inside = left
        if len(_box(names, limits, ends, inside, interest).limits) > MOST_LIMITS:
            break
        path.append(_box(names, limits, ends, inside, interest))
        if path[-1].density == 1.0:
            break
    fitting = [box for box in path if box.coverage >= COVERAGE]
    chosen = max(fitting, key=lambda box: (box.density, box.coverage))
    return Scenario(_simpler(cases, interest, chosen), tuple(path))


def _peel(table: Floats, inside: Bools, interest: Bools,
          ) -> tuple[int, int, float, Bools] | None:
    """The peel that leaves the densest box, as (column, side, limit, what is left inside)."""
    rows = np.flatnonzero(inside)
    now = float(interest[rows].mean())
    best, found = (now, 0.0), None
    for column in range(table.shape[1]):
        values = table[rows, column]
        for side, share in ((0, PEEL), (1, 1.0 - PEEL)):
            at = float(np.quantile(values, share))
            kept = values >= at if side == 0 else values <= at
            if kept.all():  # equal values at the end, as of a discrete parameter: take them whole
                kept = values > at if side == 0 else values < at
                if not kept.any():
                    continue
                at = float(values[kept].min() if side == 0 else values[kept].max())
            if kept.sum() < LEAST * len(table):
                continue
            density = float(interest[rows[kept]].mean())
            key = (density, (density - now) / (1.0 - kept.mean()))
            if key > best and density > now:
                left = np.zeros(len(table), dtype=bool)
                left[rows[kept]] = True
                best, found = key, (column, side, at, left)
    return found


def _box(names: tuple[str, ...], limits: Floats, ends: Floats, inside: Bools, interest: Bools,
         ) -> Box:
    moved = (limits != ends).any(axis=1)
    return Box(FrozenMap({name: (float(limits[k, 0]), float(limits[k, 1]))
                          for k, name in enumerate(names) if moved[k]}),
               float((inside & interest).sum() / interest.sum()),
               float(interest[inside].mean()), float(inside.mean()))


def _simpler(cases: Mapping[str, Floats], interest: Bools, box: Box) -> Box:
    """The box without the limits that do next to nothing for its density."""
    while True:
        others = [_measured(cases, interest, {n: at for n, at in box.limits.items() if n != name})
                  for name in box.limits]
        best = max(others, key=lambda other: other.density, default=None)
        if best is None or best.density < box.density - NEEDLESS:
            return box
        box = best


def _measured(cases: Mapping[str, Floats], interest: Bools,
              limits: Mapping[str, tuple[float, float]]) -> Box:
    inside = np.ones(len(interest), dtype=bool)
    for name, (low, high) in limits.items():
        inside &= (cases[name] >= low) & (cases[name] <= high)
    return Box(FrozenMap(limits), float((inside & interest).sum() / interest.sum()),
               float(interest[inside].mean()), float(inside.mean()))
