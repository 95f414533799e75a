"""What of an equilibrium lies on the path of play, and how each move stands there.

The values are those of the equilibrium; this only picks out what a reader is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bargaining import BargainingProblem
from ..equilibrium.result import Equilibrium

Floats = NDArray[np.float64]

#: consents and terms closer than this are the same
SAME = 1e-6
#: a gain smaller than this share of the actor's payoff range reads as indifference
NOTHING = 1e-9


@dataclass(frozen=True)
class Group:
    """Equilibria that agree on every state that play reaches: the first of them, and all ids."""

    first: Equilibrium
    ids: tuple[int, ...]


@dataclass(frozen=True)
class Stand:
    """How a move stands in a state: made or not, on what terms, and who gains what from it.

    Attributes:
        consent: the probability that it is made at an opportunity.
        rate: opportunities per unit of time.
        by: whose consent is needed; nobody's for chance.
        gains: actor → what it gains if the move is made on ``terms``.
        losers: members that would lose, the largest loss first.
        indifferent: members that neither gain nor lose.
    """

    move: str
    consent: float
    rate: float
    by: tuple[str, ...]
    gains: Mapping[str, float]
    terms: Mapping[str, float]
    losers: tuple[str, ...]
    indifferent: tuple[str, ...]


def reached(equilibrium: Equilibrium) -> NDArray[np.bool_]:
    """(S,) the states that play reaches with positive probability."""
    lattice = equilibrium.lattice
    live = (lattice.rate[equilibrium.draw] > 0) & (equilibrium.consent > 0)
    on_path = np.zeros(len(lattice.states), dtype=bool)
    frontier = np.array([0])
    while len(frontier):
        on_path[frontier] = True
        leaving = live & np.isin(lattice.edge_state, frontier)
        frontier = np.unique(lattice.edge_target[leaving])
        frontier = frontier[~on_path[frontier]]
    return on_path


def groups(equilibria: Iterable[Equilibrium]) -> list[Group]:
    """Equilibria grouped by what they do on the path of play, in the order of their numbers."""
    kinds: dict[bytes, list[tuple[Floats, Equilibrium, list[int]]]] = {}
    for equilibrium in equilibria:
        on_path = reached(equilibrium)
        edges = on_path[equilibrium.lattice.edge_state]
        played = _played(equilibrium, edges)
        known = kinds.setdefault(on_path.tobytes(), [])
        for other, _, ids in known:
            if np.allclose(other, played, rtol=0.0, atol=SAME):
                ids.append(equilibrium.id)
                break
        else:
            known.append((played, equilibrium, [equilibrium.id]))
    found = [Group(first, tuple(ids)) for known in kinds.values() for _, first, ids in known]
    return sorted(found, key=lambda group: group.ids[0])


def _played(equilibrium: Equilibrium, edges: NDArray[np.bool_]) -> Floats:
    """Consents on the path, and the terms of the moves that are made there."""
    consent = equilibrium.consent[edges]
    rows = equilibrium.lattice.bargain[edges]
    made = rows[(rows >= 0) & (consent > 0)]
    return np.concatenate([consent, equilibrium.terms_array[made].ravel()])


def stands(equilibrium: Equilibrium, state: int) -> list[Stand]:
    """How every move that is available in a state stands there, in the file's order."""
    lattice, draw = equilibrium.lattice, equilibrium.draw
    scale = lattice.payoff_range()[draw]
    found = []
    for edge in lattice.edges(state):
        move = equilibrium.game.moves[lattice.moves[lattice.edge_move[edge]]]
        row = lattice.bargain[edge]
        terms = equilibrium.terms_array[row] if row >= 0 else None
        if terms is not None and equilibrium.consent[edge] <= 0:
            terms = _nearest_to_a_deal(equilibrium, edge)
        gain = gains(equilibrium, edge, terms)
        by_actor = dict(zip(lattice.actors, gain.tolist(), strict=True))
        small = dict(zip(lattice.actors, (np.abs(gain) <= NOTHING * scale).tolist(), strict=True))
        losers = [name for name in move.by if by_actor[name] < 0 and not small[name]]
        found.append(Stand(
            move=move.name, consent=float(equilibrium.consent[edge]),
            rate=float(lattice.rate[draw, edge]), by=move.by, gains=by_actor,
            terms={} if terms is None else dict(zip(move.issues, terms.tolist(), strict=False)),
            losers=tuple(sorted(losers, key=by_actor.__getitem__)),
            indifferent=tuple(name for name in move.by if small[name])))
    return found


def bargaining_problem(equilibrium: Equilibrium, edge: int, equal: bool = False,
                       ) -> BargainingProblem:
    """What the members of a move's coalition bargain over, with waiting worth V(s).

    ``equal`` sets all weights to 1.
    """
    lattice, draw = equilibrium.lattice, equilibrium.draw
    row, members = lattice.bargain[edge], np.flatnonzero(lattice.member[edge])
    move = equilibrium.game.moves[lattice.moves[lattice.edge_move[edge]]]
    count = len(move.issues)
    here, there = lattice.edge_state[edge], lattice.edge_target[edge]
    base = lattice.lump[draw, edge] + equilibrium.values[there] - equilibrium.values[here]
    return BargainingProblem(
        base[members], lattice.value[draw, row, :count][:, members],
        lattice.curvature[draw, row, :count][:, members],
        None if equal else lattice.weights[draw, row, members])


def _nearest_to_a_deal(equilibrium: Equilibrium, edge: int) -> Floats:
    """(J,) the terms on which the member that gains least gains most."""
    terms = np.zeros(equilibrium.lattice.value.shape[2])
    found = bargaining_problem(equilibrium, edge, equal=True).solve("egalitarian").terms
    terms[:len(found)] = found
    return terms


def gains(equilibrium: Equilibrium, edge: int, terms: Floats | None = None) -> Floats:
    """(n,) G_i of a move in a state: lump, worth of the terms, and the change in value.

    ``terms`` (J,) are those of the equilibrium when left out.
    """
    lattice, draw = equilibrium.lattice, equilibrium.draw
    here, there = lattice.edge_state[edge], lattice.edge_target[edge]
    gain: Floats = (lattice.lump[draw, edge] + equilibrium.values[there]
                    - equilibrium.values[here])
    row = lattice.bargain[edge]
    if row < 0:
        return gain
    value, curvature = lattice.value[draw, row], lattice.curvature[draw, row]
    move = equilibrium.game.moves[lattice.moves[lattice.edge_move[edge]]]
    at = (equilibrium.terms_array[row] if terms is None else terms)[None]
    share = np.ones(1)
    made = terms is None or equilibrium.consent[edge] > 0
    if move.solution == "offers" and equilibrium.proposals is not None and made:
        at = equilibrium.proposals[row]
        share = np.where(lattice.member[edge], lattice.weights[draw, row], 0.0)
        share = share / share.sum()
    worth = at[..., None] * value - 0.5 * at[..., None] ** 2 * curvature
    paid: Floats = np.einsum("p,pji->i", share, worth)
    return gain + paid


def first_events(equilibrium: Equilibrium) -> tuple[list[tuple[str, float]], float]:
    """The moves that can be the next event at the start, likeliest first with their chances, and
    the mean wait for one (infinite when nothing ever happens)."""
    hazards = {stand.move: stand.rate * stand.consent for stand in stands(equilibrium, 0)}
    total = sum(hazards.values())
    if total <= 0.0:
        return [], float("inf")
    chances = [(move, hazard / total) for move, hazard in hazards.items() if hazard > 0.0]
    return sorted(chances, key=lambda pair: -pair[1]), 1.0 / total


def standing_still(equilibrium: Equilibrium) -> dict[str, float]:
    """Actor → what it would get if the start never changed, f_i/r_i."""
    lattice, draw = equilibrium.lattice, equilibrium.draw
    worth = lattice.flow[draw, 0] / lattice.discount[draw]
    return dict(zip(lattice.actors, worth.tolist(), strict=True))
