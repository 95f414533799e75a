"""What a likelihood is worked out from: segments of rows, cut into chunks that anybody can solve.

A chunk is a pure function of the plan and an index range, and its boundaries are part of the plan,
so that a result is the same to the last bit whatever the number of workers, their order and their
restarts. Rows of a chunk are solved in batches of one size, which is also fixed.
"""

from __future__ import annotations

import gc
import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..equilibrium import consents
from ..formats.writer import game_text
from ..kernels import compiled
from ..lattice import build_lattice
from ..model import Game
from ..sampling import Sampler, distribution_of
from .batch import Chances, Question, solve_batch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: what is kept of a row: three probabilities, how many equilibria, and FLAGS
ROW = np.dtype([("low", "<f8"), ("high", "<f8"), ("selected", "<f8"), ("count", "<i4"),
                ("flags", "<u1")])
COMPLETE, CAPPED, FAILED = 1, 2, 4
#: rows of a chunk, where terms are bargained or postures played, and where payoffs are fixed
BARGAINED, FIXED = 64, 8192
SEGMENTS = ("nominal", "sample", "design", "tornado", "logit")


@dataclass(frozen=True, eq=False)
class Plan:
    """A likelihood to be worked out.

    Attributes:
        game, question: what is asked.
        seed, fixed: as in :class:`~negotiation.sampling.Sampler`.
        draws: rows of the sample.
        base: rows of the sample that the design of the indices starts from; 0 for none.
        logit: rows of the sample that are solved under the logit concept too.
        tornado: whether each parameter is also set to the ends of its range alone.
        chunk: rows of a chunk.
    """

    game: Game
    question: Question
    seed: int
    fixed: tuple[str, ...]
    draws: int
    base: int
    logit: int
    tornado: bool
    chunk: int = field(default=BARGAINED)

    @cached_property
    def sampler(self) -> Sampler:
        return Sampler(self.game, self.seed, self.fixed)

    @cached_property
    def digest(self) -> str:
        """Of the game as its definition says it."""
        return hashlib.sha256(game_text(self.game).encode()).hexdigest()

    @property
    def settings(self) -> dict[str, object]:
        """All that a result depends on besides the game, as plain data."""
        asked = self.question
        return {
            "version": __version__, "engine": "compiled" if compiled.available() else "numpy",
            "outcome": asked.outcome, "by": asked.by, "cap": asked.cap,
            "indifferent": asked.indifferent, "conventions": asked.conventions,
            "seed": self.seed, "fixed": list(self.fixed), "draws": self.draws, "base": self.base,
            "logit": self.logit, "tornado": self.tornado, "chunk": self.chunk}

    def size(self, segment: str) -> int:
        """Rows of a segment."""
        groups = len(self.sampler.groups)
        return {"nominal": 1, "sample": self.draws, "design": self.base * (groups + 1),
                "tornado": 2 * self.sampler.dimension if self.tornado else 0,
                "logit": self.logit}[segment]

    @property
    def rows(self) -> int:
        """Rows of all segments."""
        return sum(map(self.size, SEGMENTS))

    def chunks(self) -> Iterator[Chunk]:
        """Every chunk, in order."""
        for segment in SEGMENTS:
            size = self.size(segment)
            for begin in range(0, size, self.chunk):
                yield Chunk(segment, begin, min(begin + self.chunk, size))

    def draws_of(self, chunk: Chunk) -> dict[str, Floats]:
        """Parameter → (rows,) values in the rows of a chunk."""
        sampler, rows = self.sampler, np.arange(chunk.begin, chunk.end)
        if chunk.segment in ("nominal", "tornado"):
            values = self.game.parameter_values()
            found = {n: np.full(len(rows), float(values[n])) for n in sampler.names}
            if chunk.segment == "tornado":
                for k, row in enumerate(rows.tolist()):
                    name = sampler.names[row // 2]
                    found[name][k] = distribution_of(self.game.parameters[name]).ends()[row % 2]
            return found
        if chunk.segment in ("sample", "logit"):
            return sampler.draws(chunk.begin, chunk.end)
        return self._design(rows)

    def _design(self, rows: Ints) -> dict[str, Floats]:
        """Row g·N + k is draw k with the coordinates of group g from its second draw; the last N
        rows are the second draws themselves (Saltelli et al. 2010)."""
        sampler = self.sampler
        group, draw = rows // self.base, rows % self.base
        first = int(draw.min())
        points = sampler.points(first, int(draw.max()) + 1)[draw - first]
        dimension = sampler.dimension
        mixed = points[:, :dimension].copy()
        column = {name: k for k, name in enumerate(sampler.names)}
        for g in np.unique(group).tolist():
            mine = group == g
            names = sampler.names if g == len(sampler.groups) else sampler.groups[g]
            at = [column[name] for name in names]
            mixed[np.ix_(mine, at)] = points[np.ix_(mine, [dimension + k for k in at])]
        return sampler.values(mixed)

    def pack(self) -> bytes:
        """The plan as bytes that a worker can keep."""
        return pickle.dumps(self)

    def __getstate__(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True)
class Chunk:
    """Rows ``begin`` to ``end`` of a segment."""

    segment: str
    begin: int
    end: int


@dataclass(frozen=True, eq=False)
class Solved:
    """A chunk's rows, an array of :data:`ROW`; row of the segment → why it failed."""

    chunk: Chunk
    rows: NDArray[np.void]
    why: dict[int, str]


def chunk_size(game: Game) -> int:
    """Rows of a chunk for a game: enough for arrays to pay, few enough to lose little."""
    lattice = build_lattice(game)
    fixed = not game.postures and consents.covers(lattice)
    return max(FIXED * 8 // max(len(lattice.states), 8), BARGAINED) if fixed else BARGAINED


@lru_cache(maxsize=4)
def _unpacked(plan: bytes) -> Plan:
    found: Plan = pickle.loads(plan)
    return found


def solve_chunk(plan: bytes, segment: str, begin: int, end: int) -> Solved:
    """Work out one chunk: what a worker process is sent."""
    return solved(_unpacked(plan), Chunk(segment, begin, end))


def solved(plan: Plan, chunk: Chunk) -> Solved:
    """The same with a plan at hand."""
    question = plan.question
    if chunk.segment == "logit":
        question = replace(question, concept="logit")
    with uncollected():
        found = solve_batch(plan.game, plan.draws_of(chunk), question)
    return Solved(chunk, as_rows(found), {chunk.begin + k: why for k, why in found.why.items()})


@contextmanager
def uncollected() -> Iterator[None]:
    """Cyclic garbage waits. Arrays make next to none, and to look for it again and again among all
    objects of a large program (a compiler among them) takes a tenth of the time."""
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def as_rows(found: Chances) -> NDArray[np.void]:
    """Chances as an array of :data:`ROW`."""
    rows = np.zeros(len(found.low), dtype=ROW)
    for name in ("low", "high", "selected", "count"):
        rows[name] = getattr(found, name)
    rows["flags"] = COMPLETE * found.complete + CAPPED * found.capped
    rows["flags"][list(found.why)] = FAILED
    for name in ("low", "high", "selected"):
        rows[name][list(found.why)] = np.nan
    return rows


def given_up(chunk: Chunk, why: str) -> Solved:
    """A chunk that nobody could solve: all of its rows failed."""
    rows = np.zeros(chunk.end - chunk.begin, dtype=ROW)
    for name in ("low", "high", "selected"):
        rows[name] = np.nan
    rows["flags"] = FAILED
    return Solved(chunk, rows, dict.fromkeys(range(chunk.begin, chunk.end), why))
