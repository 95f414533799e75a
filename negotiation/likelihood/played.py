"""How postures are played at many draws: a row of a lattice for each draw and convention.

Payoffs of a posture depend on parameters, so that draws differ in their static equilibria, and in
how many conventions there are.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..conventions import Convention
from ..errors import InputError
from ..expressions import Expression
from ..lattice import Lattice
from ..model import Outcome
from ..postures import MOST_CONVENTIONS, StageGame, static_equilibria

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Rows:
    """R rows of D draws, sorted by draw.

    Attributes:
        lattice: with R draws, what postures pay laid on.
        draw: (R,) which of the D draws a row is of.
        conventions: of each row; empty where the game has no postures.
        doubtful: (D,) whether some stage game's list of equilibria is not proved complete.
        cut: (D,) whether there are more conventions than are followed.
    """

    lattice: Lattice
    draw: Ints
    conventions: tuple[Convention, ...]
    doubtful: Bools
    cut: Bools

    def played(self, outcome: Outcome, rows: Ints) -> Floats:
        """(rows, S) the chance in each state that the actions an outcome names are played."""
        return np.array([self.conventions[row].chance(self.lattice, outcome)
                         for row in rows.tolist()])


def play_rows(lattice: Lattice, rule: str | None, most: int = MOST_CONVENTIONS) -> Rows:
    """Lay every convention of every draw on a lattice of D draws.

    Raises:
        InputError: for a payoff that is not finite, or a rule that a posture cannot use.
    """
    size = lattice.draws
    nothing = np.zeros(size, dtype=bool)
    if not lattice.game.postures:
        return Rows(lattice, np.arange(size), (), nothing, nothing)
    stages = _stage_games(lattice, rule)
    draw: list[int] = []
    found: list[Convention] = []
    doubtful, cut = nothing.copy(), nothing.copy()
    for d in range(size):
        here = [stage[d] for stage in stages]
        kept = [[stage.plays[k] for k in stage.kept(rule)] for stage in here]
        picks = list(itertools.islice(itertools.product(*kept), most))
        draw += [d] * len(picks)
        found += [Convention(plays) for plays in picks]
        doubtful[d] = not all(stage.complete for stage in here)
        cut[d] = math.prod(map(len, kept)) > len(picks)
    rows = np.array(draw)
    return Rows(_laid_on(lattice, rows, found), rows, tuple(found), doubtful, cut)


def _stage_games(lattice: Lattice, rule: str | None) -> list[list[StageGame]]:
    """For each posture and condition that can hold, the stage game of every draw."""
    game, found = lattice.game, []
    for posture in game.postures.values():
        shape = tuple(len(posture.actions[player]) for player in posture.players)
        if rule == "risk-dominant" and shape != (2, 2):
            raise InputError(f"posture {posture.name!r}: risk dominance is defined for two players "
                             "with two actions each")
        for at, block in enumerate(posture.payoffs):
            if not lattice.holds(block.when).any():
                continue
            path = f"{game.name}: postures.{posture.name}.payoffs[{at}]"
            payoffs = np.stack([
                _table(block.payoffs[player], lattice.parameters, lattice.draws,
                       f"{path}.{player}") for player in posture.players], axis=1)
            payoffs.setflags(write=False)
            found.append([StageGame(posture, block, one, *static_equilibria(one))
                          for one in payoffs])
    return found


def _table(table: Any, values: Mapping[str, Any], draws: int, path: str) -> Floats:
    """(D, m_1, …) a nested table of numbers and expressions."""
    if isinstance(table, tuple):
        return np.stack([_table(entry, values, draws, f"{path}[{at}]")
                         for at, entry in enumerate(table)], axis=1)
    try:
        number = table.evaluate(values) if isinstance(table, Expression) else table
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    out = np.broadcast_to(np.asarray(number, dtype=np.float64), draws)
    if not np.isfinite(out).all():
        raise InputError(f"{path}: expected a finite number, found {out[~np.isfinite(out)][0]:g}")
    return out


def _laid_on(lattice: Lattice, rows: Ints, found: list[Convention]) -> Lattice:
    """The lattice with a draw for each row, and flows that hold what its convention pays."""
    if len(rows) == lattice.draws:  # one convention at every draw
        flow, numbers = lattice.flow.copy(), {}
    else:
        flow, numbers = lattice.flow[rows], numbers_of(lattice, rows)
    for places in _alike(found):
        play = found[places[0][0]].plays[places[0][1]]
        states = np.flatnonzero(lattice.holds(play.when))
        which = np.array([row for row, _ in places])
        worth = np.array([found[row].plays[k].flow for row, k in places])
        for i, player in enumerate(play.players):
            flow[which[:, None], states, lattice.actors.index(player)] += worth[:, i, None]
    return replace(lattice, flow=flow, convention=Convention(()), **numbers)


def numbers_of(lattice: Lattice, rows: Ints) -> dict[str, Any]:
    """A lattice's numbers but flows, at some of its draws."""
    numbers: dict[str, Any] = {name: getattr(lattice, name)[rows] for name in (
        "discount", "rate", "lump", "value", "curvature", "weights", "noise")}
    clashes = lattice.clashes
    if clashes is not None:
        numbers["clashes"] = replace(clashes, rate=clashes.rate[rows], lump=clashes.lump[rows],
                                     noise=clashes.noise[rows])
    return numbers


def _alike(found: list[Convention]) -> list[list[tuple[int, int]]]:
    """(row, place) of the plays under one condition, for each condition."""
    groups: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for row, convention in enumerate(found):
        for k, play in enumerate(convention.plays):
            groups.setdefault((play.posture, play.condition), []).append((row, k))
    return list(groups.values())

