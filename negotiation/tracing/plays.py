"""Plays: equilibria that are alike on the path of play, each with one of them in full."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.result import Equilibrium
from ..kernels import bargain
from ..lattice import Lattice
from .sweep import NO_GAIN, Branches

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

REFUSED, MADE, MIXED = 0, 1, 2
#: the regret of a play whose certificate has not been asked for
UNKNOWN = float("nan")
#: a term nearer than this to 0 or 1 is at its bound
AT_BOUND = 1e-11


@dataclass(frozen=True, eq=False)
class Play:
    """Equilibria that are alike on the path of play, and one of them in full.

    Attributes:
        row: the row of the lattice that it belongs to.
        count: how many equilibria it stands for.
        values (S, n), consent, surplus (E,), terms (T, J), proposals (T, n, J) or None: as in
            :class:`~negotiation.equilibrium.result.Equilibrium`.
        label: (E,) REFUSED, MADE, or MIXED + the first member that is left without gain.
        bound: (T, J) −1 where a term is 0, 1 where it is 1, else 0.
        on_path: (S,) the states that play can reach.
        index, regret: of the one in full.
        play: (S, Q) the mixed actions of encounters; None where there are none.
    """

    row: int
    count: float
    values: Floats
    consent: Floats
    surplus: Floats | None
    terms: Floats
    proposals: Floats | None
    label: Ints
    bound: Ints
    on_path: Bools
    index: int
    regret: float
    play: Floats | None = None


@dataclass(frozen=True, eq=False)
class Found:
    """What a sweep found at each draw: ``plays``; ``capped`` whether more were cut off; ``doubt``
    why the list may have gaps → in how many states."""

    plays: tuple[tuple[Play, ...], ...]
    capped: Bools
    doubt: tuple[dict[str, int], ...]


def read(lattice: Lattice, raw: Branches) -> Found:
    """The plays of a sweep."""
    plays: list[list[Play]] = [[] for _ in range(lattice.draws)]
    found = [_play(lattice, raw, branch) for branch in range(len(raw.draw))]
    hazard = np.array([lattice.rate[play.row] * play.consent for play in found])
    for play, on_path in zip(found, reached(lattice, hazard) if found else (), strict=True):
        plays[play.row].append(replace(play, on_path=on_path))
    capped = np.zeros(lattice.draws, dtype=bool)
    capped[sorted(raw.capped)] = True
    return Found(tuple(map(tuple, plays)), capped,
                 tuple(raw.doubt.get(d, {}) for d in range(lattice.draws)))


def _play(lattice: Lattice, raw: Branches, branch: int) -> Play:
    """A play without the states that it can reach."""
    draw, node = int(raw.draw[branch]), raw.node[branch]
    edges, n = len(lattice.edge_state), lattice.discount.shape[1]
    rows, issues = lattice.value.shape[1:3]
    consent, sigma = np.zeros(edges), np.zeros(edges)
    terms = np.zeros((rows, issues))
    proposals = None
    play = None if lattice.clashes is None else np.zeros((len(node), lattice.clashes.width))
    for block in raw.blocks:
        mine = np.flatnonzero(node[block.state] == block.begin + np.arange(len(block.state)))
        moves = block.answers.consent.shape[1]
        if play is not None and block.answers.play is not None:
            play[block.state[mine]] = block.answers.play[mine]
        if not moves:
            continue
        at = lattice.first_edge[block.state[mine]][:, None] + np.arange(moves)
        has = at < lattice.first_edge[block.state[mine] + 1][:, None]
        edge = at[has]
        consent[edge] = block.answers.consent[mine][has]
        sigma[edge] = block.answers.sigma[mine][has]
        bargained = lattice.bargain[edge] >= 0
        row = lattice.bargain[edge[bargained]]
        if issues:
            terms[row] = block.terms[mine][has][bargained]
        if block.proposals is not None:
            proposals = np.zeros((rows, n, issues)) if proposals is None else proposals
            proposals[row] = block.proposals[mine][has][bargained]
    value = raw.value[node]
    return Play(
        row=draw, count=float(raw.weight[branch]), values=value, consent=consent, surplus=sigma,
        terms=terms, proposals=proposals, label=labels(lattice, draw, value, consent, terms),
        bound=bounds(terms), on_path=np.zeros(len(node), dtype=bool),
        index=int(np.prod(raw.index[node])), regret=float(raw.regret[node].max(initial=0.0)),
        play=play)


def bounds(terms: Floats) -> Ints:
    """−1 where a term is at 0, 1 where it is at 1, else 0."""
    out: Ints = np.where(terms <= AT_BOUND, -1, np.where(terms >= 1.0 - AT_BOUND, 1, 0))
    return out


def labels(lattice: Lattice, draw: int, value: Floats, consent: Floats, terms: Floats) -> Ints:
    """(E,) REFUSED, MADE, or MIXED + the first member that a mix leaves without gain."""
    label = np.where(consent == 1.0, MADE, np.where(consent == 0.0, REFUSED, MIXED))
    mixed = np.flatnonzero(label == MIXED)
    if len(mixed):
        gain = gains(lattice, draw, value, terms, mixed) / lattice.payoff_range()[draw]
        size = np.where(lattice.member[mixed], np.abs(gain), np.inf)
        # where several are left without, rounding must not say which
        label[mixed] += np.where((size <= NO_GAIN).any(axis=1), (size <= NO_GAIN).argmax(axis=1),
                                 size.argmin(axis=1))
    return label


def gains(lattice: Lattice, draw: int, value: Floats, terms: Floats, edge: Ints) -> Floats:
    """(k, n) what some edges gain each actor over waiting, at their terms."""
    gain: Floats = (lattice.lump[draw, edge] + value[lattice.edge_target[edge]]
                    - value[lattice.edge_state[edge]])
    row = lattice.bargain[edge]
    has = np.flatnonzero(row >= 0)
    if len(has):
        x = terms[row[has]][..., None]
        gain[has] += (x * lattice.value[draw, row[has]]
                      - 0.5 * x * x * lattice.curvature[draw, row[has]]).sum(axis=1)
    return gain


def reached(lattice: Lattice, hazard: Floats) -> Bools:
    """(B, S) the states that play can reach from the start, given hazards (B, E)."""
    out = np.zeros((len(hazard), len(lattice.states)), dtype=bool)
    out[:, 0] = True
    order = np.argsort(-lattice.level[lattice.edge_state], kind="stable")
    source, target = lattice.edge_state[order], lattice.edge_target[order]
    live = hazard[:, order] > 0
    while True:
        before = out.sum()
        for e in range(len(order)):
            out[:, target[e]] |= out[:, source[e]] & live[:, e]
        if out.sum() == before or (lattice.component == np.arange(len(lattice.component))).all():
            return out


def surpluses(lattice: Lattice, play: Play, edges: Ints) -> Floats:
    """(k,) σ of some moves in a play of a lattice with one draw."""
    return surpluses_of([(lattice, play, edges)])[0]


def surpluses_of(asked: Sequence[tuple[Lattice, Play, Ints]]) -> list[Floats]:
    """σ of some moves in each of several plays, whose bargains are solved in one call."""
    sigmas: list[Floats] = []
    parts: list[tuple[Floats, Floats, Floats, Bools]] = []
    places: list[tuple[int, Ints]] = []
    for lattice, play, edges in asked:
        gain = gains(lattice, 0, play.values, np.zeros_like(play.terms), edges)
        member = lattice.member[edges]
        sigmas.append(np.where(member, gain, np.inf).min(axis=1))
        rows = np.flatnonzero((lattice.bargain[edges] >= 0) & member.any(axis=1))
        if len(rows):
            at = lattice.bargain[edges[rows]]
            places.append((len(sigmas) - 1, rows))
            parts.append((gain[rows], lattice.value[0, at], lattice.curvature[0, at],
                          member[rows]))
    if parts:
        found = bargain.max_min(*(np.concatenate(column)
                                  for column in zip(*parts, strict=True))).sigma
        ends = np.cumsum([len(rows) for _, rows in places])[:-1]
        for (k, rows), sigma in zip(places, np.split(found, ends), strict=True):
            sigmas[k][rows] = sigma
    return sigmas


def equilibrium(play: Play, lattice: Lattice, number: int = 1) -> Equilibrium:
    """The play's equilibrium, for use like any other; ``lattice`` is its row's own."""
    surplus = play.surplus
    if surplus is None:
        surplus = np.zeros(len(play.consent))
        asked = np.flatnonzero(lattice.member.any(axis=1))
        surplus[asked] = surpluses(lattice, play, asked)
    return Equilibrium(
        id=number, lattice=lattice, draw=0, values=play.values, consent=play.consent,
        terms_array=play.terms, proposals=play.proposals, surplus=surplus, index=play.index,
        play=play.play,
        regret=max(play.regret, 0.0 if lattice.convention is None else lattice.convention.regret))
