"""What a level asks for where encounters can come: components of states, with their clashes.

In a state with moves m, encounters e, mixed actions σ, profiles p with lumps a_p and targets s′_p,

    r_i V_i = f_i + Σ_m λ_m α_m [h_m,i − V_i] + Σ_e λ_e Σ_p σ(p) [a_p,i + V_i(s′_p) − V_i],

and σ is a Nash equilibrium of every encounter at the payoffs a_p + V(s′_p), where s′_p = s if the
profile changes nothing. For given σ an encounter is an addition to the flow and to the discount
rate: f_i + λ Σ_p σ(p) (a_p,i + [p changes] V_i(s′_p)) and r_i + λ σ(changes). So whatever solves a
state without encounters solves one with them at given play.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...lattice import Lattice
from ..component import Components
from ..problem import Problems

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Clash:
    """One encounter in one state, the values outside its component given. A profiles, n actors.

    Attributes:
        rate: opportunities per unit of time. players: places among the actors.
        shape: actions of each player. pay: (n, A) lump, and V at a target outside the component.
        changes: (A,) 1.0 where the profile changes the status. inside: (A,) which state of the
            component it leads to, −1 where to none of it. slot: (A,) which of the state's edges it
            is, −1 where nothing changes. begin: where its mixed actions begin in a state's play.
    """

    rate: float
    players: tuple[int, ...]
    shape: tuple[int, ...]
    pay: Floats
    changes: Floats
    inside: Ints
    slot: Ints
    begin: int

    @property
    def size(self) -> int:
        """How many numbers the mixed actions are."""
        return sum(self.shape)

    def mixed(self, play: Floats) -> tuple[Floats, ...]:
        """The players' mixed actions, out of the play of a state."""
        cuts = np.cumsum((self.begin, *self.shape))
        return tuple(play[a:b] for a, b in zip(cuts[:-1], cuts[1:], strict=True))

    def chances(self, play: Floats) -> Floats:
        """(A,) the probability of every profile."""
        weights = np.ones(1)
        for mixed in self.mixed(play):
            weights = (weights[:, None] * mixed).ravel()
        return weights

    def worth(self, here: Floats, within: Floats | None = None) -> Floats:
        """(n, A) what a profile brings, V(s′) included, at V of the state (n,) and of the
        component's states (S, n)."""
        total: Floats = self.pay + (1.0 - self.changes) * here[:, None]
        if within is not None and (self.inside >= 0).any():
            total = total + np.where(self.inside >= 0, within[np.maximum(self.inside, 0)].T, 0.0)
        return total


@dataclass(frozen=True, eq=False)
class Request:
    """P components of S states with encounters: ``components`` holds what moves there are;
    ``clashes`` P·S lists, as its rows; ``width`` is that of a state's play; ``noise`` (P·S, n).
    """

    components: Components
    clashes: tuple[tuple[Clash, ...], ...]
    width: int
    noise: Floats

    def take(self, component: int) -> Request:
        """One of the components."""
        rows = self.components.flat(np.array([component]))
        return Request(self.components.take(np.array([component])),
                       tuple(self.clashes[row] for row in rows.tolist()), self.width,
                       self.noise[rows])


def with_encounters(lattice: Lattice, components: Components, draw: Ints, state: Ints,
                    after: Floats) -> Request:
    """The request of components whose problems have events among their moves.

    Args:
        components: as gathered from the lattice's edges (P·S rows).
        draw, state: (P·S,) of every row. after: (P·S, M, n) V at the edges' targets, 0 inside.
    """
    game, clashes = lattice.game, lattice.clashes
    assert clashes is not None
    count = after.shape[1]
    edge = lattice.first_edge[state][:, None] + np.arange(count)
    present = components.states.present
    event = present.copy()
    if present.any():
        event &= lattice.edge_move[np.where(present, edge, 0)] >= len(game.moves)
    moves = replace(components.states.without(event),
                    rate=np.where(event, 0.0, components.states.rate))
    inside = np.where(event, -1, components.inside)
    found = []
    for row, (d, s) in enumerate(zip(draw.tolist(), state.tolist(), strict=True)):
        mine = []
        for c in clashes.rows(s):
            e = int(clashes.encounter[c])
            size = int(np.prod(clashes.shapes[e]))
            edges = clashes.edge[c, :size]
            slot = np.where(edges >= 0, edges - lattice.first_edge[s], -1)
            changes = slot >= 0
            to = np.where(changes[:, None], after[row][slot], 0.0)
            place = np.where(changes, components.inside[row][slot], -1)
            mine.append(Clash(
                rate=float(clashes.rate[d, c]), players=clashes.players[e],
                shape=clashes.shapes[e], pay=clashes.lump[d, c, :, :size] + np.transpose(to),
                changes=changes.astype(float), inside=place, slot=slot,
                begin=int(clashes.begin[c])))
        found.append(tuple(mine))
    return Request(Components(moves, inside, components.width), tuple(found), clashes.width,
                   clashes.noise[draw])


def given_play(problems: Problems, clashes: Sequence[Clash], plays: Floats,
               within: Floats | None = None) -> Problems:
    """One state's problem under each of K plays (K, Q): encounters as flows and discount rates.

    Args:
        problems: the state's problem (one row).
        within: (S, n) V of the component's states, where profiles can lead to them.
    """
    rows = np.zeros(len(plays), dtype=np.int64)
    flow, discount = problems.flow[rows].copy(), problems.discount[rows].copy()
    nothing = np.zeros(flow.shape[1])
    for k, play in enumerate(plays):
        for clash in clashes:
            chances = clash.rate * clash.chances(play)
            flow[k] += clash.worth(nothing, within) @ chances
            discount[k] += clash.changes @ chances
    return replace(problems.take(rows), flow=flow, discount=discount)


def event_chances(clashes: Sequence[Clash], play: Floats, consent: Floats) -> None:
    """Write the probabilities of profiles into the consents (M,) of a state's edges, in place."""
    for clash in clashes:
        changes = clash.slot >= 0
        consent[clash.slot[changes]] = clash.chances(play)[changes]
