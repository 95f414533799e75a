"""What of an equilibrium lies on the path of play, and how each move stands there.

The values are those of the equilibrium; this only picks out what a reader is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..bargaining import BargainingProblem
from ..equilibrium.result import Equilibrium

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

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


def reached(equilibrium: Equilibrium) -> Bools:
    """(S,) the states that play reaches with positive probability."""
    found: Bools = _reached([equilibrium])[0]
    return found


def _reached(equilibria: Sequence[Equilibrium]) -> Bools:
    """(B, S) the states that play reaches in each of the equilibria of one solution."""
    lattice = equilibria[0].lattice
    live = np.array([(lattice.rate[e.draw] > 0) & (e.consent > 0) for e in equilibria])
    on_path = np.zeros((len(equilibria), len(lattice.states)), dtype=bool)
    on_path[:, 0] = True
    count = 0
    while count < (count := int(on_path.sum())):
        for state in np.argsort(-lattice.level, kind="stable").tolist():
            for edge in lattice.edges(state):
                on_path[:, lattice.edge_target[edge]] |= on_path[:, state] & live[:, edge]
    return on_path


def groups(equilibria: Sequence[Equilibrium]) -> list[Group]:
    """Equilibria grouped by what they do on the path of play, in the order of their numbers."""
    kinds: dict[bytes, list[tuple[Floats, Equilibrium]]] = {}
    for on_path, equilibrium in zip(_reached(equilibria) if equilibria else (), equilibria,
                                    strict=True):
        played = np.concatenate([_played(equilibrium, on_path[equilibrium.lattice.edge_state]),
                                 *_pressed(equilibrium, on_path), *_clashing(equilibrium, on_path)])
        kinds.setdefault(on_path.tobytes(), []).append((played, equilibrium))
    found = [group for known in kinds.values() for group in _alike(known)]
    return sorted(found, key=lambda group: group.ids[0])


def _played(equilibrium: Equilibrium, edges: Bools) -> Floats:
    """Consents on the path, and the terms of the moves that are made there (0 for the others)."""
    consent = equilibrium.consent[edges]
    rows = equilibrium.lattice.bargain[edges]
    bargained = rows >= 0
    terms = equilibrium.terms_array[rows[bargained]] * (consent[bargained, None] > 0)
    return np.concatenate([consent, terms.ravel()])


def _pressed(equilibrium: Equilibrium, on_path: Bools) -> Iterator[Floats]:
    """How postures are played under the conditions that play comes into."""
    lattice = equilibrium.lattice
    for play in lattice.convention.plays if lattice.convention is not None else ():
        if (on_path & lattice.holds(play.when)).any():
            yield from play.profile


def _clashing(equilibrium: Equilibrium, on_path: Bools) -> Iterator[Floats]:
    """How encounters are played in the states that play comes into."""
    if equilibrium.play is not None:
        yield equilibrium.play[on_path].ravel()


def _alike(known: Sequence[tuple[Floats, Equilibrium]]) -> Iterator[Group]:
    """Groups of equilibria that play alike, by a sweep along one weighted sum of what is played."""
    played = np.array([row for row, _ in known])
    weights = 1.0 + np.sin(np.arange(played.shape[1]))  # any that tell different rows apart
    along, width = played @ weights, SAME * weights.sum()
    found: list[list[int]] = []
    near = 0
    for row in np.argsort(along, kind="stable").tolist():
        while near < len(found) and along[row] - along[found[near][0]] > width:
            near += 1
        for rows in found[near:]:
            if np.abs(played[row] - played[rows[0]]).max(initial=0.0) <= SAME:
                rows.append(row)
                break
        else:
            found.append([row])
    for rows in found:
        rows.sort()
        yield Group(known[rows[0]][1], tuple(known[row][1].id for row in rows))


def stands(equilibrium: Equilibrium, state: int) -> list[Stand]:
    """How every move that is available in a state stands there, in the file's order; encounters
    are told by ``clashes.encounter_sentences``."""
    lattice, draw = equilibrium.lattice, equilibrium.draw
    scale = lattice.payoff_range()[draw]
    found = []
    for edge in lattice.edges(state):
        if lattice.edge_move[edge] >= len(equilibrium.game.moves):
            continue
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
    row, members = lattice.bargain[edge], np.flatnonzero(lattice.party[edge])
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
        share = np.where(lattice.party[edge], lattice.weights[draw, row], 0.0)
        share = share / share.sum()
    worth = at[..., None] * value - 0.5 * at[..., None] ** 2 * curvature
    paid: Floats = np.einsum("p,pji->i", share, worth)
    return gain + paid


def first_events(equilibrium: Equilibrium) -> tuple[list[tuple[str, float]], float]:
    """The moves, and events of encounters, that can come next at the start, likeliest first with
    their chances, and the mean wait for one (infinite when nothing ever happens)."""
    lattice = equilibrium.lattice
    hazards = {lattice.moves[lattice.edge_move[edge]]:
               float(lattice.rate[equilibrium.draw, edge] * equilibrium.consent[edge])
               for edge in lattice.edges(0)}
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
