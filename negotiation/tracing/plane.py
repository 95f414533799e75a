"""``region``: where in the plane of two parameters an answer is which, and where branches turn.

The plane is halved like a quadtree: a cell is split while its corners disagree, so that work goes
to the borders. Beside that, lines across the plane are traced, and the events met on them are
joined to curves by what causes them: folds, switches, jumps (where two folds meet is a cusp).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ..errors import InputError, UnknownNameError
from ..model import Game
from ..process import check_date
from . import plane_file
from .follow import trace
from .measure import CascadeMeasure, Line, Measure, OutcomeMeasure, Reading, read
from .sweep import OutOfTime, Solving

Progress = Callable[[str, int, int], object]
#: edges of the bands of an outcome's chance where none are given
BANDS = (0.05, 0.2, 0.45, 0.55, 0.8, 0.95)
CHUNK = 16
#: seconds between two writings of the file
SAVE = 10.0


@dataclass(frozen=True)
class Cell:
    """A rectangle of the plane, (low, high) of each parameter; ``label`` what holds at all of its
    corners, None where they disagree."""

    first: tuple[float, float]
    second: tuple[float, float]
    label: str | None


@dataclass(frozen=True)
class CurvePoint:
    """An event met at (first, second): its kind, and whether its place is exact."""

    first: float
    second: float
    kind: str
    exact: bool


@dataclass(frozen=True)
class Curve:
    """Events with one cause, by the second parameter."""

    kind: str
    move: str | None
    says: str
    points: tuple[CurvePoint, ...]


@dataclass(frozen=True, eq=False)
class Region:
    """The answer of :func:`region`.

    Attributes:
        parameters: the two names; ``box`` their (low, high).
        what: what is read at each point; ``labels``: what it can be, in order.
        cells: they cover the box; those without a label hold a border.
        points: (first, second) → (label, reading) of every point that was solved.
        curves: events along traced lines, joined by cause; () when not asked for.
        complete: whether every list of equilibria at a solved point is proved complete.
        finished: whether the time limit left all cells as fine as asked.
    """

    game: Game
    parameters: tuple[str, str]
    box: tuple[tuple[float, float], tuple[float, float]]
    what: str
    by: float
    labels: tuple[str, ...]
    cells: tuple[Cell, ...]
    points: dict[tuple[float, float], tuple[str, Reading]]
    curves: tuple[Curve, ...]
    complete: bool
    finished: bool
    seconds: float

    def share(self, label: str) -> tuple[float, float]:
        """The least and greatest share of the box in which the label holds, taking cells whose
        corners agree as a whole."""
        (a, b), (c, d) = self.box
        area: dict[str | None, float] = dict.fromkeys((*self.labels, None), 0.0)
        for cell in self.cells:
            size = (cell.first[1] - cell.first[0]) * (cell.second[1] - cell.second[0])
            area[cell.label] += size / ((b - a) * (d - c))
        return area[label], area[label] + area[None]


def region(game: Game, first: tuple[str, float, float], second: tuple[str, float, float], *,
           outcome: str | None = None, bands: Sequence[float] = BANDS, by: float | None = None,
           depth: int = 5, lines: int = 0, cap: int = 64, boxes: int = 1_000,
           indifferent: str | None = None, conventions: str | None = None,
           seconds: float | None = None, progress: Progress | None = None,
           save: str | Path | None = None, resume: str | Path | None = None) -> Region:
    """A map of the plane of two parameters.

    Args:
        first, second: (parameter, low, high).
        outcome: map its chance in bands; the cascade verdict when left out.
        bands: increasing edges in (0, 1); a point is labelled by the bands of its lowest and its
            highest chance over equilibria.
        depth: cells are halved up to this often (2^depth cells a side where a border runs).
        lines: trace the first parameter at this many values of the second for curves of events.
        save: a JSON file that solved points are written to as the work goes on; ``resume``: one
            whose points need not be solved again.

    Raises:
        UnknownNameError: for a name that the game does not have.
        InputError: for ranges or options that cannot be used, or a file that cannot.
    """
    started = time.perf_counter()
    h = game.horizon if by is None else check_date(by)
    box = _box(game, first, second)
    if isinstance(depth, bool) or not isinstance(depth, int) or not 1 <= depth <= 12:
        raise InputError(f"the 'depth' parameter of region must be an integer from 1 to 12. "
                         f"Got {depth!r} instead.")
    edges = tuple(float(edge) for edge in bands)
    if not edges or any(not 0 < e < 1 for e in edges) or list(edges) != sorted(set(edges)):
        raise InputError("the 'bands' parameter of region must be increasing numbers between 0 "
                         f"and 1. Got {bands!r} instead.")
    measure: Measure = (CascadeMeasure(game, h, conventions) if outcome is None
                        else OutcomeMeasure(game, outcome, h, conventions))
    until = None if seconds is None else started + seconds
    rule = game.indifferent if indifferent is None else indifferent
    plane = _Plane(measure, edges, (first[0], second[0]), box, Solving(rule, cap, boxes, until))
    asked = {"parameters": [first[0], second[0]], "what": measure.what, "by": h,
             "edges": list(edges) if outcome is not None else [], "indifferent": rule,
             "conventions": conventions, "cap": cap, "boxes": boxes}
    if resume is not None:
        plane.known = plane_file.read(resume, game, asked)
    if save is not None:
        plane_file.save(save, game, asked, plane.known)
        plane.saved = partial(plane_file.save, save, game, asked)
    finished = plane.split(depth, progress)
    if save is not None:
        plane_file.save(save, game, asked, plane.known)
    curves = _curves(game, first, second, lines, h, conventions, indifferent, cap, until, progress)
    labels = ("every", "some", "none") if outcome is None else tuple(
        dict.fromkeys(label for label, _ in sorted(
            plane.known.values(), key=lambda known: (known[1].low, known[1].high))))
    return Region(game, (first[0], second[0]), box, measure.what, h, labels, tuple(plane.cells()),
                  plane.known, curves, all(r.complete for _, r in plane.known.values()), finished,
                  time.perf_counter() - started)


def _box(game: Game, first: tuple[str, float, float], second: tuple[str, float, float],
         ) -> tuple[tuple[float, float], tuple[float, float]]:
    box = []
    for name, low, high in (first, second):
        if name not in game.parameters:
            raise UnknownNameError("parameter", name, game.parameters)
        if not (np.isfinite([low, high]).all() and low < high):
            raise InputError(f"region needs a range of {name!r} with low below high. Got "
                             f"{low!r} to {high!r} instead.")
        box.append((float(low), float(high)))
    if first[0] == second[0]:
        raise InputError(f"region needs two different parameters. Got {first[0]!r} twice.")
    return box[0], box[1]


class _Plane:
    def __init__(self, measure: Measure, edges: tuple[float, ...], names: tuple[str, str],
                 box: tuple[tuple[float, float], tuple[float, float]], solving: Solving) -> None:
        self.measure, self.edges, self.names, self.box = measure, edges, names, box
        self.solving = solving
        self.known: dict[tuple[float, float], tuple[str, Reading]] = {}
        #: (i, j, size) in units of the finest cell, of leaves
        self.leaves: list[tuple[int, int, int]] = []
        self.fine = 1
        #: what writes the points, and when it last did
        self.saved: Callable[[dict[tuple[float, float], tuple[str, Reading]]], object] | None = None
        self._last = time.perf_counter()

    def place(self, i: int, j: int) -> tuple[float, float]:
        """The point at grid coordinates."""
        (a, b), (c, d) = self.box
        return a + (b - a) * i / self.fine, c + (d - c) * j / self.fine

    def label(self, reading: Reading) -> str:
        """A reading in a word."""
        if isinstance(self.measure, CascadeMeasure):
            return self.measure.verdict(reading)
        names = [f"below {self.edges[0]:g}", *(f"{a:g} to {b:g}" for a, b in zip(
            self.edges[:-1], self.edges[1:], strict=True)), f"above {self.edges[-1]:g}"]
        low, high = (names[int(np.searchsorted(self.edges, value, side="right"))]
                     for value in (reading.low, reading.high))
        return low if low == high else f"{low} … {high}"

    def split(self, depth: int, progress: Progress | None) -> bool:
        """Halve cells whose corners disagree; whether time was enough."""
        self.fine = 1 << depth
        start = max(self.fine // 4, 1)
        cells = [(i, j, start) for i in range(0, self.fine, start)
                 for j in range(0, self.fine, start)]
        while cells:
            try:
                self._solve([corner for cell in cells for corner in self._corners(*cell)],
                            progress)
            except OutOfTime:
                self.leaves += cells
                return False
            onward = []
            for i, j, size in cells:
                if size == 1 or self._agreed(i, j, size) is not None:
                    self.leaves.append((i, j, size))
                    continue
                half = size // 2
                onward += [(i + a, j + b, half) for a in (0, half) for b in (0, half)]
            cells = onward
        return True

    def _corners(self, i: int, j: int, size: int) -> list[tuple[int, int]]:
        return [(i + a, j + b) for a in (0, size) for b in (0, size)]

    def _agreed(self, i: int, j: int, size: int) -> str | None:
        labels = {self.known[self.place(*corner)][0] if self.place(*corner) in self.known else None
                  for corner in self._corners(i, j, size)}
        return labels.pop() if len(labels) == 1 else None

    def _solve(self, corners: list[tuple[int, int]], progress: Progress | None) -> None:
        todo = [p for p in dict.fromkeys(self.place(*corner) for corner in corners)
                if p not in self.known]
        by_row: dict[float, list[float]] = {}
        for x, y in todo:
            by_row.setdefault(y, []).append(x)
        done = 0
        for y, row in by_row.items():
            (a, b), _ = self.box
            line: Line = ((self.names[0], a, b), (self.names[1], y, y))
            for begin in range(0, len(row), CHUNK):
                part = row[begin:begin + CHUNK]
                readings = read(self.measure, line, [(x - a) / (b - a) for x in part], self.solving)
                for x, reading in zip(part, readings, strict=True):
                    self.known[x, y] = self.label(reading), reading
                done += len(part)
                if self.saved is not None and time.perf_counter() - self._last > SAVE:
                    self.saved(self.known)
                    self._last = time.perf_counter()
                if progress is not None:
                    progress("points", done, len(todo))

    def cells(self) -> list[Cell]:
        """The leaves."""
        out = []
        for i, j, size in sorted(self.leaves):
            low, high = self.place(i, j), self.place(i + size, j + size)
            out.append(Cell((low[0], high[0]), (low[1], high[1]), self._agreed(i, j, size)))
        return out


def _curves(game: Game, first: tuple[str, float, float], second: tuple[str, float, float],
            lines: int, by: float, conventions: str | None, indifferent: str | None, cap: int,
            until: float | None, progress: Progress | None) -> tuple[Curve, ...]:
    found: dict[tuple[str, str | None, str], list[CurvePoint]] = {}
    for k, y in enumerate(np.linspace(second[1], second[2], lines).tolist() if lines else ()):
        left = None if until is None else until - time.perf_counter()
        if left is not None and left <= 0.0:
            break
        path = trace(game.with_parameters(**{second[0]: y}), *first, by=by, checks=0, cap=cap,
                     conventions=conventions, indifferent=indifferent, seconds=left)
        for event in path.events:
            cause = event.causes[0] if event.causes else None
            state = "" if cause is None else ", ".join(
                f"{front} {status}" for front, status in cause.state.items())
            says = "" if cause is None else f"{cause.move} in {state}" + (
                f", {cause.actor} indifferent" if cause.actor else "")
            key = (event.kind, None if cause is None else cause.move, says)
            found.setdefault(key, []).append(CurvePoint(event.value, y, event.kind, event.exact))
        if progress is not None:
            progress("lines", k + 1, lines)
    return tuple(Curve(kind, move, says, tuple(points))
                 for (kind, move, says), points in found.items())
