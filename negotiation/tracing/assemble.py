"""From samples to branches: which play goes on as which, and what happens between."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..frozen import FrozenMap
from .locate import Refiner, Zero
from .plays import MADE, MIXED, REFUSED, gains
from .point import Point, apart
from .result import Change

Floats = NDArray[np.float64]

#: values of one play on both sides of an event, in payoff ranges: closer is no jump
CONTINUOUS = 2e-5
#: two plays that are about to meet in a fold differ by less than this (they part like a root)
MEETING = 2e-2
#: margins whose zeros lie this near an event, as a share of the line, are its causes
CAUSE = 2e-9
MOST_CHANGES = 40
#: zeros of one event lie no further apart than this, as a share of the line, where it is exact
EXACT = 1e-8


@dataclass(eq=False)
class Happening:
    """An event between samples ``after`` and the next, at share t of the line.

    ``joined`` pairs (play left, play right) that go on through it; ``left``, ``right``: plays that
    end and begin there.
    """

    after: int
    kind: str
    t: float
    error: float
    exact: bool
    joined: tuple[tuple[int, int], ...] = ()
    left: tuple[int, ...] = ()
    right: tuple[int, ...] = ()
    causes: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    convention: tuple[str, str] | None = None


@dataclass(eq=False)
class _Side:
    """A play next to an event, and the zeros of its margins near it."""

    number: int
    point: Point
    zeros: list[Zero] = field(default_factory=list)

    @property
    def t(self) -> float | None:
        return self.zeros[0].t if self.zeros else None


def happenings(refiner: Refiner, switches: Sequence[tuple[float, float]]) -> list[Happening]:
    """Every event between the samples of a refiner; ``switches`` are (t, error) of conventions'."""
    busy = [k for k in range(len(refiner.samples) - 1) if not refiner.quiet(k)]
    refiner.prepare(busy)
    return [one for k in busy for one in _between(refiner, k, switches)]


def _between(refiner: Refiner, k: int, switches: Sequence[tuple[float, float]],
             ) -> list[Happening]:
    left, right = refiner.samples[k], refiner.samples[k + 1]
    middle, width = 0.5 * (left.t + right.t), right.t - left.t
    _, gone, new = refiner.matching(k)
    sides = ([_Side(i, left.points[i], _zeros(refiner, k, -1, i, left.t, right.t)) for i in gone],
             [_Side(j, right.points[j], _zeros(refiner, k + 1, 1, j, left.t, right.t))
              for j in new])
    switch = next((s for s in switches if left.t <= s[0] <= right.t), None)
    out: list[Happening] = []
    used: tuple[set[int], set[int]] = (set(), set())

    def add(kind: str, a: list[_Side], b: list[_Side]) -> None:
        used[0].update(side.number for side in a)
        used[1].update(side.number for side in b)
        out.append(_happening(kind, k, a, b, middle, width))

    for a, b in _nearest(sides[0], sides[1], CONTINUOUS):
        labels = a.point.signature[1] != b.point.signature[1]
        if a.point.key == b.point.key:
            add("switch" if labels else "bound", [a], [b])
    free = [[s for s in side if s.number not in u] for side, u in zip(sides, used, strict=True)]
    if switch is not None:
        for a, b in _alike(free[0], free[1]):
            add("convention", [a], [b])
            out[-1].t, out[-1].error, out[-1].exact = switch[0], switch[1], True
            out[-1].convention = (a.point.key, b.point.key)
    free = [[s for s in side if s.number not in u] for side, u in zip(sides, used, strict=True)]
    for which in (0, 1):
        for a, b in _twins(free[which]):
            add("fold", [a, b] if which == 0 else [], [] if which == 0 else [a, b])
    free = [[s for s in side if s.number not in u] for side, u in zip(sides, used, strict=True)]
    for a, b in _by_cause(free[0], free[1]):
        add("jump", [a], [b])
    free = [[s for s in side if s.number not in u] for side, u in zip(sides, used, strict=True)]
    for which in (0, 1):
        for a, b in _tied(free[which]):
            add("fold", [a, b] if which == 0 else [], [] if which == 0 else [a, b])
    for which, kind in ((0, "end"), (1, "birth")):
        for side in sides[which]:
            if side.number not in used[which]:
                add(kind, [side] if which == 0 else [], [] if which == 0 else [side])
    return _merged(out, width)


def _zeros(refiner: Refiner, k: int, side: int, play: int, low: float, high: float) -> list[Zero]:
    return refiner.zeros(k, side, play, low, high)


def _happening(kind: str, k: int, left: list[_Side], right: list[_Side], middle: float,
               width: float) -> Happening:
    times = [side.t for side in (*left, *right) if side.t is not None]
    through = len(left) == 1 and len(right) == 1
    if times:
        t = float(np.median(times))
        error = max((max(times) - min(times)), 1e-14)
        exact = error <= EXACT
    else:
        t, error, exact = middle, 0.5 * width, False
    causes: dict[Change, None] = {}
    for side in (*left, *right):
        other = next((s.point for s in (*left, *right) if s is not side), None)
        for zero in side.zeros:
            if zero.margin is not None and abs(zero.t - t) <= max(CAUSE, 2.0 * error):
                forward = side in left
                causes.setdefault(_cause(side.point, zero.margin, other, forward))
    plain = list(causes)
    some_on_path = [change for change in plain if change.on_path]
    changes = tuple(_differences(left[0].point, right[0].point)) if through else ()
    return Happening(
        k, kind, t, error, exact,
        joined=((left[0].number, right[0].number),) if through else (),
        left=() if through else tuple(side.number for side in left),
        right=() if through else tuple(side.number for side in right),
        causes=tuple((some_on_path or plain)[:MOST_CHANGES]), changes=changes)


# ---- who goes on as whom ------------------------------------------------------------------------

def _nearest(left: list[_Side], right: list[_Side], most: float) -> list[tuple[_Side, _Side]]:
    options = sorted(((apart(a.point, b.point), a.number, b.number, a, b)
                      for a in left for b in right), key=lambda option: option[:3])
    pairs: list[tuple[_Side, _Side]] = []
    for distance, _, _, a, b in options:
        if distance <= most and not any(a is x or b is y for x, y in pairs):
            pairs.append((a, b))
    return pairs


def _alike(left: list[_Side], right: list[_Side]) -> list[tuple[_Side, _Side]]:
    """Plays of two conventions that agree on what moves do, else the nearest."""
    same = [(a, b) for a in left for b in right if a.point.signature[1:] == b.point.signature[1:]]
    pairs: list[tuple[_Side, _Side]] = []
    for a, b in same:
        if not any(a is x or b is y for x, y in pairs):
            pairs.append((a, b))
    rest = ([a for a in left if not any(a is x for x, _ in pairs)],
            [b for b in right if not any(b is y for _, y in pairs)])
    return pairs + _nearest(*rest, np.inf)


def _twins(sides: list[_Side]) -> list[tuple[_Side, _Side]]:
    """Plays on one side that meet at the event."""
    options = sorted(((apart(a.point, b.point), a.number, b.number, a, b)
                      for k, a in enumerate(sides) for b in sides[k + 1:]),
                     key=lambda option: option[:3])
    pairs: list[tuple[_Side, _Side]] = []
    for distance, _, _, a, b in options:
        smooth = a.point.signature == b.point.signature
        if distance <= (MEETING if smooth else CONTINUOUS) and not any(
                side in pair for pair in pairs for side in (a, b)):
            pairs.append((a, b))
    return pairs


def _tied(sides: list[_Side]) -> list[tuple[_Side, _Side]]:
    """Plays on one side that one actor's indifference joins: their indices are opposite, and what
    is about to change in one is mixed, or about to change, in the other."""
    pairs: list[tuple[_Side, _Side]] = []
    for k, a in enumerate(sides):
        for b in sides[k + 1:]:
            first, second = (_edges(s) for s in (a, b))
            joined = first & second or any(
                side.point.play.label[edge] >= MIXED for edges, side in ((first, b), (second, a))
                for edge in edges)
            if (joined and a.point.key == b.point.key
                    and a.point.play.index * b.point.play.index < 0
                    and abs((a.t or 0.0) - (b.t or 0.0)) <= CAUSE
                    and not any(side in pair for pair in pairs for side in (a, b))):
                pairs.append((a, b))
    return pairs


def _edges(side: _Side) -> set[int]:
    """The edges whose conditions are about to change."""
    found = (_edge_of(side.point, zero.margin) for zero in side.zeros[:MOST_CHANGES])
    return {edge for edge in found if edge is not None}


def _by_cause(left: list[_Side], right: list[_Side]) -> list[tuple[_Side, _Side]]:
    """Plays that end and begin by one condition, those that differ in fewest consents first."""
    options = []
    for a in left:
        for b in right:
            if a.point.key != b.point.key:
                continue
            shared = bool(_edges(a) & _edges(b))
            if shared or len(left) == len(right) == 1:
                differ = int((a.point.play.label != b.point.play.label).sum())
                options.append((not shared, differ, apart(a.point, b.point), a.number, b.number,
                                a, b))
    pairs: list[tuple[_Side, _Side]] = []
    for *_, a, b in sorted(options, key=lambda option: option[:5]):
        if not any(a is x or b is y for x, y in pairs):
            pairs.append((a, b))
    return pairs


def _merged(found: list[Happening], width: float) -> list[Happening]:
    """Events of one bracket that have one cause and one kind are one event."""
    out: list[Happening] = []
    for one in sorted(found, key=lambda h: (h.t, h.kind)):
        same = next((h for h in out if h.kind == one.kind and _one_cause(h, one)
                     and abs(h.t - one.t) <= max(h.error, one.error, CAUSE)
                     and h.kind not in ("fold",)), None)
        if same is None:
            out.append(one)
        else:
            # what one play comes to may lie beside another's path
            shown = [change for change in (*same.causes, *one.causes) if change.on_path]
            same.causes = tuple(dict.fromkeys(shown)) or same.causes
            same.joined += one.joined
            same.left += one.left
            same.right += one.right
            same.changes = tuple(dict.fromkeys((*same.changes, *one.changes)))[:MOST_CHANGES]
    return out


def _one_cause(a: Happening, b: Happening) -> bool:
    """Whether two events have the same causes, or share some, on the path of play or beside it."""
    first, second = ({replace(change, on_path=False) for change in h.causes} for h in (a, b))
    return first == second or bool(first & second)


# ---- what changes -------------------------------------------------------------------------------

def _edge_of(point: Point, margin: int | None) -> int | None:
    """The edge that a margin is about."""
    if margin is None:
        return None
    edges = len(point.lattice.edge_state)
    if margin < 3 * edges:
        return margin % edges
    row = (margin - 3 * edges) % max(point.play.terms.size, 1) // point.play.terms.shape[1]
    return int(np.flatnonzero(point.lattice.bargain == row)[0])


WORDS = {REFUSED: "refused", MADE: "made"}


def _word(label: int) -> str:
    return WORDS.get(label, "mixed")


def _cause(point: Point, margin: int, other: Point | None, forward: bool) -> Change:
    lattice = point.lattice
    edges, edge = len(lattice.edge_state), _edge_of(point, margin)
    assert edge is not None
    state = int(lattice.edge_state[edge])
    move = lattice.moves[lattice.edge_move[edge]]
    issue, actor = None, None
    if margin < 3 * edges:
        here = _word(int(point.play.label[edge]))
        there = None if other is None else _word(int(other.play.label[edge]))
        actor = _decider(point, edge)
    else:
        flat = (margin - 3 * edges) % point.play.terms.size
        row, j = divmod(flat, point.play.terms.shape[1])
        issue = list(lattice.game.moves[move].issues)[j]
        at_one = margin >= 3 * edges + point.play.terms.size
        here, there = "between", "1" if at_one else "0"
    before, after = (here, there) if forward else (there, here)
    return Change(FrozenMap(lattice.state(state)), move, before, after, issue, actor,
                  bool(point.play.on_path[state]))


def _decider(point: Point, edge: int) -> str | None:
    """The member of a coalition whose gain is nearest to zero, if terms do not share that."""
    lattice = point.lattice
    gain = gains(lattice, 0, point.play.values, point.play.terms, np.array([edge]))[0]
    member = lattice.member[edge]
    size = np.where(member, np.abs(gain) / lattice.payoff_range()[0], np.inf)
    near = np.flatnonzero(size < 1e-4)
    return lattice.actors[int(near[0])] if len(near) == 1 else None


def _differences(before: Point, after: Point) -> list[Change]:
    """Consents and bounds that differ where play can come, of a play that goes on."""
    lattice = before.lattice
    found = []
    on_path = before.play.on_path | after.play.on_path
    asked = on_path[lattice.edge_state] & (lattice.rate[0] > 0)
    for edge in np.flatnonzero(asked & (before.play.label != after.play.label)).tolist():
        old, new = (_word(int(p.play.label[edge])) for p in (before, after))
        if old != new:
            state = int(lattice.edge_state[edge])
            found.append(Change(FrozenMap(lattice.state(state)),
                                lattice.moves[lattice.edge_move[edge]], old, new))
    words = {-1: "0", 0: "between", 1: "1"}
    both = (before.play.consent > 0) & (after.play.consent > 0) & asked & (lattice.bargain >= 0)
    for edge in np.flatnonzero(both).tolist():
        row, state = int(lattice.bargain[edge]), int(lattice.edge_state[edge])
        move = lattice.moves[lattice.edge_move[edge]]
        for j, issue in enumerate(lattice.game.moves[move].issues):
            a, b = int(before.play.bound[row, j]), int(after.play.bound[row, j])
            if a != b:
                found.append(Change(FrozenMap(lattice.state(state)), move, words[a], words[b],
                                    issue))
    return found[:MOST_CHANGES]
