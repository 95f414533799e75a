"""The certificates of plays that were followed: found at the end, for those that are shown.

Following visits many values on the way to an event, which nobody will see. A play that is shown is
certified in every state, from the game's numbers, as every equilibrium is; what plays of one value
share is certified once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.certificate import REGRET_TOLERANCE, certify
from ..lattice import Lattice
from .played import stacked
from .point import Point

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: points that are certified in one call
CHUNK = 64


def certified(points: Sequence[Point]) -> list[Point | None]:
    """The points with their plays' regrets; None for one that misses the certificate."""
    out: list[Point | None] = []
    for begin in range(0, len(points), CHUNK):
        part = points[begin:begin + CHUNK]
        regret = _regrets(part)
        out += [replace(point, play=replace(point.play, regret=float(worst)))
                if worst <= REGRET_TOLERANCE else None
                for point, worst in zip(part, regret, strict=True)]
    return out


def _regrets(points: Sequence[Point]) -> Floats:
    """(P,) the largest violation of any condition in any state."""
    lattices: dict[tuple[float, str], Lattice] = {}
    for point in points:
        lattices.setdefault((point.t, point.key), point.lattice)
    places = {key: draw for draw, key in enumerate(lattices)}
    lattice = stacked(list(lattices.values()))
    draw = np.array([places[point.t, point.key] for point in points])
    worst = np.zeros(len(points))
    values = np.array([point.play.values for point in points])
    consent = np.array([point.play.consent for point in points])
    terms = np.array([point.play.terms for point in points])
    for count in np.unique(np.diff(lattice.first_edge)).tolist():
        states = np.flatnonzero(np.diff(lattice.first_edge) == count)
        row = np.repeat(np.arange(len(points)), len(states))
        state = np.tile(states, len(points))
        edge = lattice.first_edge[state][:, None] + np.arange(count)
        after = values[row[:, None], lattice.edge_target[edge]] if count else (
            np.zeros((len(row), 0, values.shape[2])))
        bargain = lattice.bargain[edge] if count else np.zeros(edge.shape, dtype=np.int64)
        deals = np.where((bargain >= 0)[..., None], terms[row[:, None], np.maximum(bargain, 0)],
                         0.0) if terms.shape[1] else np.zeros((*edge.shape, terms.shape[2]))
        claim = (values[row, state], after, consent[row[:, None], edge], deals)
        once, back = _distinct(draw[row], state, claim)
        here, then, agreed, deal = (part[once] for part in claim)
        regret = certify(lattice, draw[row[once]], state[once], here, then, agreed, deal,
                         quick=True).regret
        np.maximum.at(worst, row, np.where(np.isfinite(regret), regret, np.inf)[back])
    return worst


def _distinct(draw: Ints, state: Ints, claim: Sequence[Floats]) -> tuple[Ints, Ints]:
    """The first of each group of equal claims, and which group each is of."""
    key = np.column_stack([draw, state, *(part.reshape(len(draw), -1).view(np.int64)
                                          for part in claim)])
    seen: dict[bytes, int] = {}
    back = np.array([seen.setdefault(line.tobytes(), len(seen)) for line in key], dtype=np.int64)
    once = np.empty(len(seen), dtype=np.int64)
    once[back[::-1]] = np.arange(len(draw))[::-1]
    return once, back
