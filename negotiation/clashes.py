"""The encounters of a game on its lattice: where each can come, and every number of it.

A **clash** is one encounter in one state where it is available. Its profiles are numbered as the
rows of a flattened table, the last player's actions fastest. A profile that changes the status is
an edge of the lattice, too; one that does not leads nowhere, and only pays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .model import Encounter, Game, Linkage, Number, Table
from .reachable import Indices, available, holds

if TYPE_CHECKING:
    from .lattice import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Clashes:
    """All clashes of a lattice. D draws, S states, C clashes, n actors, A profiles at most.

    Attributes:
        state, encounter: (C,) sorted by state, then by the file's order of encounters.
        first: (S + 1,) clashes of state s are ``first[s]:first[s + 1]``.
        rate: (D, C) opportunities per unit of time.
        lump: (D, C, n, A) what each profile pays, padded with zeros.
        edge: (C, A) the lattice's edge of each profile, −1 where it changes nothing.
        begin: (C,) where the clash's mixed actions begin among those of its state.
        width: how many numbers the mixed actions of a state are, at most.
        noise: (D, n) ratification noise of the file, which the logit concept uses for players.
        players: per encounter, the places of its players among the actors.
        shapes: per encounter, how many actions each player has.
    """

    state: Ints
    encounter: Ints
    first: Ints
    rate: Floats
    lump: Floats
    edge: Ints
    begin: Ints
    width: int
    noise: Floats
    players: tuple[tuple[int, ...], ...]
    shapes: tuple[tuple[int, ...], ...]

    def rows(self, state: int) -> range:
        """The clashes of a state."""
        return range(int(self.first[state]), int(self.first[state + 1]))

    def here(self, states: Ints) -> Bools:
        """Which of some states have a clash."""
        found: Bools = self.first[states + 1] > self.first[states]
        return found

    def mixed(self, row: int, play: Floats) -> list[Floats]:
        """The mixed action of each player of a clash, out of the play (width,) of its state."""
        at, found = int(self.begin[row]), []
        for size in self.shapes[int(self.encounter[row])]:
            found.append(play[at:at + size])
            at += size
        return found


class Numbers(Protocol):
    """What evaluates a game's numbers at D draws (see ``lattice``)."""

    draws: int
    actor: dict[str, int]
    links: list[tuple[Linkage, Bools]]

    def number(self, number: Number, path: str, least: float = ..., strict: bool = ...,
               ) -> Floats: ...

    def payments(self, table: Mapping[str, Number], path: str) -> Floats: ...


def build_clashes(game: Game, states: NDArray[np.int16], edges: tuple[Indices, Indices],
                  numbers: Numbers) -> Clashes | None:
    """The clashes of a game's states; None for a game without encounters.

    Args:
        edges: (E,) state and step of every edge; steps beyond the moves are events.

    Raises:
        InputError: for a number that has the wrong sign or is not finite at some draw.
    """
    if not game.encounters:
        return None
    known = list(game.encounters.values())
    where = [np.flatnonzero(available(game, states, clash)) for clash in known]
    state = np.concatenate(where)
    which = np.repeat(np.arange(len(known)), [len(rows) for rows in where])
    order = np.lexsort((which, state))
    state, which = state[order], which[order]
    first = np.searchsorted(state, np.arange(len(states) + 1))
    shapes = tuple(clash.shape for clash in known)
    most = max(int(np.prod(shape)) for shape in shapes)
    size = np.array([sum(shape) for shape in shapes])[which]
    before = np.cumsum(size) - size
    found = Clashes(
        state=state, encounter=which, first=first,
        rate=np.zeros((numbers.draws, len(state))),
        lump=np.zeros((numbers.draws, len(state), len(game.actors), most)),
        edge=np.full((len(state), most), -1), begin=before - before[first[state]],
        width=int(np.bincount(state, weights=size, minlength=1).max(initial=0)),
        noise=_noise(game, numbers),
        players=tuple(tuple(numbers.actor[name] for name in clash.players) for clash in known),
        shapes=shapes)
    steps = {name: m for m, name in enumerate(game.steps)}
    for e, clash in enumerate(known):
        rows = np.flatnonzero(which == e)
        for a, (profile, _) in enumerate(clash.profiles()):
            step = steps.get(clash.event(profile))
            if step is not None:
                mine = np.flatnonzero(edges[1] == step)
                found.edge[rows[np.searchsorted(state[rows], edges[0][mine])], a] = mine
        _fill(found, clash, rows, states, game, numbers)
    for array in (found.rate, found.lump, found.edge):
        array.setflags(write=False)
    return found


def pay_edges(clashes: Clashes, rate: Floats, lump: Floats) -> None:
    """Write the rates (D, E) and lumps (D, E, n) of events, in place."""
    row, profile = np.nonzero(clashes.edge >= 0)
    edge = clashes.edge[row, profile]
    rate[:, edge] = clashes.rate[:, row]
    lump[:, edge] = clashes.lump[:, row, :, profile].swapaxes(0, 1)


def _fill(found: Clashes, clash: Encounter, rows: Ints, states: NDArray[np.int16], game: Game,
          numbers: Numbers) -> None:
    """The rate and the lumps of one encounter in all its states."""
    path, here = f"encounters.{clash.name}", found.state[rows]
    size = int(np.prod(clash.shape))
    found.rate[:, rows] = np.broadcast_to(
        numbers.number(clash.rate, f"{path}.rate", 0.0), numbers.draws)[:, None]
    for at, block in enumerate(clash.payoffs):
        held = rows[holds(game, states, block.when)[here]]
        for actor, table in block.payoffs.items():
            pays = [numbers.number(number, f"{path}.payoffs[{at}].{actor}{place}")
                    for place, number in _flat(table)]
            each = np.stack([np.broadcast_to(pay, numbers.draws) for pay in pays], axis=1)
            found.lump[:, held, numbers.actor[actor], :size] += each[:, None]
    for at, (link, holding) in enumerate(numbers.links):
        held = rows[holding[here]]
        if clash.name in link.rate:
            factor = numbers.number(link.rate[clash.name], f"linkages[{at}].rate.{clash.name}", 0.0)
            found.rate[:, held] *= np.broadcast_to(factor, numbers.draws)[:, None]
        if clash.name in link.payoff:
            extra = numbers.payments(link.payoff[clash.name],
                                     f"linkages[{at}].payoff.{clash.name}")
            changes = found.edge[held] >= 0
            found.lump[:, held] += extra[:, None, :, None] * changes[None, :, None, :]


def _noise(game: Game, numbers: Numbers) -> Floats:
    if isinstance(game.noise, Mapping):
        return numbers.payments(game.noise, "noise")
    out = np.zeros((numbers.draws, len(game.actors)))
    out[:] = numbers.number(game.noise, "noise", 0.0)[..., None]
    return out


def _flat(table: Table | Any, place: str = "") -> Sequence[tuple[str, Number]]:
    """The numbers of a nested table, each with its place in it."""
    if not isinstance(table, tuple):
        return [(place, table)]
    return [pair for at, entry in enumerate(table) for pair in _flat(entry, f"{place}[{at}]")]
