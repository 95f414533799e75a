"""A game at many points of its parameters at once, its postures played by every convention kept.

A **row** is one point under one convention. All rows together are the draws of one lattice, so that
the engine solves them in one call; static equilibria of postures depend on the point, so that each
row has its own.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conventions import Convention
from ..expressions import Expression
from ..lattice import Lattice, build_lattice
from ..postures import StageGame, conventions, stage_games

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: conventions that are followed at a point; the result says when there are more
MOST_CONVENTIONS = 16


@dataclass(frozen=True, eq=False)
class Rows:
    """A game at P points, as R rows.

    Attributes:
        lattice: with R draws; where the game has postures ``flow`` holds what each row's pays.
        point: (R,) which point each row is at.
        convention: each row's convention, None for a game without postures.
        key: what tells conventions apart across points: which actions each play mixes over.
        doubt: (point, why) for every reason why a point's conventions may not be all.
    """

    lattice: Lattice
    point: Ints
    convention: tuple[Convention | None, ...]
    key: tuple[str, ...]
    doubt: tuple[tuple[int, str], ...]

    def single(self, row: int) -> Lattice:
        """One row as a lattice of its own."""
        one = at_draw(self.lattice, row)
        return replace(one, convention=self.convention[row])


#: the values of the parameters that postures' payoffs name → the static games there
Stages = dict[tuple[float, ...], tuple[StageGame, ...]]


def stages_at(base: Lattice, values: dict[str, float], known: Stages) -> tuple[StageGame, ...]:
    """The static games of postures at a point of a compiled game, solved once for equal payoffs."""
    payoffs = [block.payoffs.values() for posture in base.game.postures.values()
               for block in posture.payoffs]
    names = sorted({name for tables in payoffs for table in tables for name in _names(table)})
    key = tuple(values[name] for name in names)
    if key not in known:
        known[key] = stage_games(base.game, replace(base, parameters=values))
    return known[key]


def _names(table: object) -> Iterator[str]:
    """The parameters that a table of numbers and expressions names."""
    if isinstance(table, tuple):
        for entry in table:
            yield from _names(entry)
    elif isinstance(table, Expression):
        yield from table.names


def rows_at(base: Lattice, points: Mapping[str, Floats], rule: str | None = None,
            known: Stages | None = None) -> Rows:
    """The rows of P points of a compiled game: parameter → (P,) values; every other parameter at
    the game's own. ``known``: static games that were solved, to which those here are added."""
    known = {} if known is None else known
    game = base.game
    count = max(len(values) for values in points.values())
    plain = {name: np.asarray(values, dtype=np.float64) for name, values in points.items()}
    lattice = build_lattice(game, plain, like=base)
    if not game.postures:
        return Rows(lattice, np.arange(count), (None,) * count, ("",) * count, ())
    at: list[int] = []
    played: list[Convention] = []
    doubt: list[tuple[int, str]] = []
    for p in range(count):
        values: dict[str, float] = {
            name: float(np.ravel(value)[p if np.size(value) > 1 else 0])
            for name, value in lattice.parameters.items()}
        stages = stages_at(base, values, known)
        held = [stage for stage in stages if stage.held]
        doubt += [(p, f"posture {stage.posture.name}, {stage.block.name}: {stage.because}")
                  for stage in held if not stage.complete]
        total = math.prod(len(stage.kept(rule)) for stage in held)
        if total > MOST_CONVENTIONS:
            doubt.append((p, f"{MOST_CONVENTIONS} of {total} conventions were followed"))
        for convention in itertools.islice(conventions(stages, rule), MOST_CONVENTIONS):
            at.append(p)
            played.append(convention)
    lattice = _with_rows(lattice if at == list(range(count)) else take_draws(lattice, at), played)
    keys = tuple(map(convention_key, played))
    return Rows(lattice, np.array(at), tuple(played), keys, tuple(doubt))


def _with_rows(lattice: Lattice, played: list[Convention]) -> Lattice:
    flow = lattice.flow.copy()
    for row, convention in enumerate(played):
        for play in convention.plays:
            held = np.flatnonzero(lattice.holds(play.when))
            for player, worth in zip(play.players, play.flow.tolist(), strict=True):
                flow[row, held, lattice.actors.index(player)] += worth
    # the lattice's own convention only says that flows are complete; rows have theirs
    return replace(lattice, flow=flow, convention=played[0])


def convention_key(convention: Convention) -> str:
    return "; ".join(f"{play.posture}/{play.condition}: " + ", ".join(
        "+".join(play.actions[i][a] for a in part) for i, part in enumerate(play.support))
        for play in convention.plays)


def at_draw(lattice: Lattice, draw: int) -> Lattice:
    """One draw of a lattice as a lattice of its own."""
    one = take_draws(lattice, slice(draw, draw + 1))
    return replace(one, parameters={name: float(np.ravel(value)[0])
                                    for name, value in one.parameters.items()})


def take_draws(lattice: Lattice, part: slice | list[int]) -> Lattice:
    """Some draws of a lattice as a lattice of their own."""
    values: dict[str, Any] = {name: np.asarray(value)[part] if np.size(value) > 1 else value
                              for name, value in lattice.parameters.items()}
    clashes = None if lattice.clashes is None else replace(
        lattice.clashes, rate=lattice.clashes.rate[part], lump=lattice.clashes.lump[part],
        noise=lattice.clashes.noise[part])
    return replace(
        lattice, parameters=values, discount=lattice.discount[part], flow=lattice.flow[part],
        rate=lattice.rate[part], lump=lattice.lump[part], value=lattice.value[part],
        curvature=lattice.curvature[part], weights=lattice.weights[part],
        noise=lattice.noise[part], clashes=clashes)


def stacked(lattices: Sequence[Lattice]) -> Lattice:
    """Lattices of one game, one draw each, as the draws of one; for what asks for numbers alone."""
    names = "discount", "flow", "rate", "lump", "value", "curvature", "weights", "noise"
    every: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in lattices])
                             for name in names}
    return replace(lattices[0], **every)
