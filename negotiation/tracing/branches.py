"""Branches as data: plays chained over samples, with what is asked about read off each point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..frozen import FrozenMap
from .assemble import Happening
from .chances import chances
from .point import Point
from .result import Branch, Event, Settings, Special
from .sample import Sample, matched

Floats = NDArray[np.float64]


@dataclass(eq=False)
class _Chain:
    number: int
    begin: int | None
    points: list[Point] = field(default_factory=list)
    special: list[Special] = field(default_factory=list)
    end: int | None = None


def branches(samples: Sequence[Sample], events: Sequence[Happening], settings: Settings,
             ) -> tuple[tuple[Branch, ...], tuple[Event, ...], tuple[dict[int, int], ...]]:
    """Every branch and event, numbered along the trace; and for each sample, play → branch."""
    if not samples:
        return (), (), ()
    by_gap: dict[int, list[tuple[int, Happening]]] = {}
    ordered = sorted(events, key=lambda h: (h.t, h.after))
    for number, one in enumerate(ordered, 1):
        by_gap.setdefault(one.after, []).append((number, one))
    chains: list[_Chain] = []
    here: dict[int, _Chain] = {}
    for i, point in enumerate(samples[0].points):
        here[i] = _Chain(len(chains) + 1, None, [point] if point.t == samples[0].t else [])
        chains.append(here[i])
    members: dict[int, list[_Chain]] = {}
    owners = [{i: chain.number for i, chain in here.items()}]
    for k in range(len(samples) - 1):
        here = _onward(samples, k, here, by_gap.get(k, []), chains, members, settings)
        owners.append({i: chain.number for i, chain in here.items()})
    chains = [chain for chain in chains if chain.points]
    every = chances([p for chain in chains for p in chain.points], settings.by)
    at, found = 0, []
    for chain in chains:
        found.append(_branch(chain, {name: rows[at:at + len(chain.points)]
                                     for name, rows in every.items()}, settings))
        at += len(chain.points)
    done = {branch.id: branch for branch in found}
    return tuple(found), tuple(
        _event(number, one, samples, members, chains, done, settings)
        for number, one in enumerate(ordered, 1)), tuple(owners)


def _value(settings: Settings, t: float) -> float:
    return settings.end if t == 1.0 else settings.begin + t * (settings.end - settings.begin)


def _onward(samples: Sequence[Sample], k: int, here: dict[int, _Chain],
            events: list[tuple[int, Happening]], chains: list[_Chain],
            members: dict[int, list[_Chain]], settings: Settings) -> dict[int, _Chain]:
    """The chains at the next sample."""
    right = samples[k + 1]
    pairs, _, new = matched(samples[k], right)
    onward = {j: here[i] for i, j in pairs}
    for number, one in events:
        for i, j in one.joined:
            chain = onward[j] = here[i]
            members.setdefault(number, []).append(chain)
            chain.special.append(Special(one.kind, number, _value(settings, one.t),
                                         len(chain.points) - 1))
        for i in one.left:
            here[i].end = number
            members.setdefault(number, []).append(here[i])
            here[i].special.append(Special(one.kind, number, _value(settings, one.t),
                                           len(here[i].points) - 1))
        for j in one.right:
            chain = onward[j] = _Chain(len(chains) + 1, number)
            chain.special.append(Special(one.kind, number, _value(settings, one.t), -1))
            chains.append(chain)
            members.setdefault(number, []).append(chain)
    for j in new:
        if j not in onward:
            onward[j] = _Chain(len(chains) + 1, None)
            chains.append(onward[j])
    for j, chain in onward.items():
        if right.points[j].t == right.t:  # else it was carried along, and not solved here
            chain.points.append(right.points[j])
    return onward


def _branch(chain: _Chain, outcomes: dict[str, Floats], settings: Settings) -> Branch:
    points = chain.points
    actors = points[0].lattice.actors
    payoffs = np.array([point.play.values[0] for point in points])
    return Branch(
        id=chain.number, values=np.array([_value(settings, point.t) for point in points]),
        outcomes=FrozenMap(outcomes),
        payoffs=FrozenMap({name: payoffs[:, i] for i, name in enumerate(actors)}),
        equilibria=np.array([point.play.count for point in points]),
        regret=np.array([point.play.regret for point in points]),
        special=tuple(chain.special), begin=chain.begin, end=chain.end)


def _event(number: int, one: Happening, samples: Sequence[Sample],
           members: dict[int, list[_Chain]], chains: list[_Chain], done: dict[int, Branch],
           settings: Settings) -> Event:
    mine = [chain for chain in members.get(number, []) if chain.points]
    through = tuple(c.number for c in mine if c.begin != number and c.end != number)
    sides: dict[int, FrozenMap[str, tuple[float, float]]] = {}
    for chain in mine:
        if chain.number in through:
            place = next(s.after for s in chain.special if s.event == number)
            branch = done[chain.number]
            sides[chain.number] = FrozenMap({
                name: (float(rows[max(place, 0)]), float(rows[min(place + 1, len(rows) - 1)]))
                for name, rows in branch.outcomes.items()})
    span = abs(settings.end - settings.begin)
    return Event(
        id=number, kind=one.kind, value=_value(settings, one.t), error=one.error * span,
        exact=one.exact, before=tuple(c.number for c in mine if c.end == number),
        after=tuple(c.number for c in mine if c.begin == number), through=through,
        causes=one.causes, changes=one.changes, convention=one.convention,
        outcomes=FrozenMap(sides))
