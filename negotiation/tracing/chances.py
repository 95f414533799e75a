"""The chances of outcomes in many plays at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ..frozen import FrozenMap
from ..kernels import markov
from ..lattice import Lattice
from ..model import Condition
from ..process import chain_of
from .point import Point

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: points whose chances are found in one call
CHUNK = 64
#: outcome → its lowest and highest chance over some plays
Spread = FrozenMap[str, tuple[float, float]]


def spread(found: dict[str, Floats]) -> Spread:
    """Outcome → its lowest and highest chance, given its chance in every play."""
    return FrozenMap({name: (float(rows.min()), float(rows.max())) for name, rows in found.items()
                      if len(rows)})


def chances(points: Sequence[Point], by: float, names: Iterable[str] | None = None,
            ) -> dict[str, Floats]:
    """Outcome → its chance by the date at every point; of all outcomes when left out."""
    if not points:
        return {}
    lattice = points[0].lattice
    known = lattice.game.outcomes
    asked = tuple(known if names is None else names)
    out = arrivals(points, {name: known[name].when for name in asked if not known[name].posture},
                   by)
    by_play: dict[str, list[int]] = {}
    for k, point in enumerate(points if any(known[name].posture for name in asked) else ()):
        by_play.setdefault(repr((point.key, _supports(point))), []).append(k)
    for name in asked:
        if known[name].posture:
            out[name] = np.zeros(len(points))
            for played in by_play.values():
                hazard = np.array([points[k].lattice.rate[0] * points[k].play.consent
                                   for k in played])
                out[name][played] = shares(points[played[0]].lattice, hazard, name, by)
    return {name: out[name] for name in asked}


def arrivals(points: Sequence[Point], conditions: Mapping[str, Condition], by: float,
             ) -> dict[str, Floats]:
    """Name of a condition → the chance by the date that it has held, at every point."""
    lattice = points[0].lattice
    out = {name: np.zeros(len(points)) for name in conditions}
    inside = {name: lattice.holds(when) for name, when in conditions.items()}
    hazard = np.array([point.lattice.rate[0] * point.play.consent for point in points])
    for chain, rows, states, edges in _by_support(lattice, points):
        _reached(chain, hazard[rows][:, edges], {
            name: held[states] for name, held in inside.items()}, by, rows, out)
    return out


def _reached(chain: markov.Chain, hazard: Floats, sets: dict[str, NDArray[np.bool_]], by: float,
             rows: Ints, out: dict[str, Floats]) -> None:
    """Put the chances of having been in some sets of states by a date; all sets in one call."""
    for name in [name for name, inside in sets.items() if inside[0] or not inside.any()]:
        out[name][rows] = float(sets.pop(name)[0])
    if not sets:
        return
    stopped = np.concatenate([markov.stopped(chain, hazard, inside) for inside in sets.values()])
    reward = np.array(list(sets.values()), dtype=np.float64)
    found = markov.transient(chain, stopped, np.array([by]), reward)[:, 0]
    for k, name in enumerate(sets):
        out[name][rows] = found[k * len(rows):(k + 1) * len(rows), k]


def _by_support(lattice: Lattice, points: Sequence[Point],
                ) -> list[tuple[markov.Chain, Ints, Ints, Ints]]:
    """Points whose plays can reach the same states: a chain over these alone, the points' numbers,
    and the chain's states and edges. A play visits few of a large game's states."""
    whole = chain_of(lattice)
    if whole.layers is None:
        every = np.arange(len(points))
        return [(whole, every, np.arange(whole.size), np.arange(len(whole.edge_state)))]
    by: dict[bytes, list[int]] = {}
    for k, point in enumerate(points):
        by.setdefault(point.play.on_path.tobytes(), []).append(k)
    out = []
    for rows in by.values():
        on_path = points[rows[0]].play.on_path
        states = np.flatnonzero(on_path)
        edges = np.flatnonzero(on_path[whole.edge_state] & on_path[whole.edge_target])
        place = np.cumsum(on_path) - 1
        part = markov.build_chain(place[whole.edge_state[edges]], place[whole.edge_target[edges]],
                                  whole.level[states])
        out.append((part, np.array(rows), states, edges))
    return out


def _supports(point: Point) -> tuple[bytes, ...]:
    """How the postures are played at a point, if that says more than the actions they play with:
    the chances of all outcomes about them."""
    lattice = point.lattice
    if "+" not in point.key:
        return ()
    assert lattice.convention is not None
    return tuple(lattice.convention.chance(lattice, outcome).tobytes()
                 for outcome in lattice.game.outcomes.values() if outcome.posture)


def shares(lattice: Lattice, hazard: Floats, name: str, by: float) -> Floats:
    """(B,) the expected share of the time to a date that a posture is played so, under the
    lattice's convention and hazards (B, E)."""
    assert lattice.convention is not None
    chain = chain_of(lattice)
    chance = lattice.convention.chance(lattice, lattice.game.outcomes[name])[None]
    return np.concatenate([
        markov.average(chain, hazard[begin:begin + CHUNK], np.array([by]), chance)[:, 0, 0]
        for begin in range(0, len(hazard), CHUNK)])
