"""One open state with its successors' values given: the problem that a component solver solves.

Problems are stacked: P of them lead every array, padded to M moves and J issues. A padded move is
not ``present``; a padded issue pays nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..kernels import bargain, forced, forced_warm, terms
from ..lattice import Lattice

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: rows and columns of some moves, as ``np.nonzero`` gives them
Moves = tuple[NDArray[np.signedinteger[Any]], ...]

#: bargaining solutions by code; Nash is the one that proofs of uniqueness cover
KINDS = ("nash", "kalai-smorodinsky", "egalitarian", "utilitarian", "equal-loss", "offers")
NASH, EGALITARIAN, OFFERS = (KINDS.index(name) for name in ("nash", "egalitarian", "offers"))

#: a surplus or gain smaller than this share of an actor's payoff range counts as zero
ZERO = 1e-11


@dataclass(frozen=True, eq=False)
class Problems:
    """P open states. Shapes: discount, flow, scale (P, n); rate, present, kind (P, M);
    reward (W = lump + next value), member, forced, weights, noise (P, M, n); value, curvature
    (P, M, J, n). ``member`` are asked for their consent, ``forced`` give it whatever it brings.
    """

    discount: Floats
    flow: Floats
    scale: Floats
    rate: Floats
    present: Bools
    kind: Ints
    reward: Floats
    member: Bools
    forced: Bools
    weights: Floats
    noise: Floats
    value: Floats
    curvature: Floats

    @property
    def size(self) -> int:
        return len(self.discount)

    @property
    def party(self) -> Bools:
        """(P, M, n) who bargains over a move's terms."""
        return self.member | self.forced

    @property
    def constrained(self) -> Bools:
        """(P, M) bargained moves with a member who has to consent: their terms are not those of a
        plain solution where that member lacks a gain."""
        return np.asarray(self.forced.any(axis=2) & self.bargained)

    @property
    def chance(self) -> Bools:
        """(P, M) moves that nobody is asked about."""
        return self.present & ~self.member.any(axis=2)

    @cached_property
    def bargained(self) -> Bools:
        """(P, M) moves with an issue that pays somebody."""
        pays = ((self.value != 0) | (self.curvature != 0)).any(axis=(2, 3))
        return np.asarray(self.present & pays)

    def take(self, rows: Ints | Bools) -> Problems:
        """The problems of some rows."""
        return Problems(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})

    @staticmethod
    def join(parts: Sequence[Problems]) -> Problems:
        """Stack problems of the same actors, padded to the most moves and issues."""
        moves = max(part.reward.shape[1] for part in parts)
        issues = max(part.value.shape[2] for part in parts)

        def padded(name: str, array: NDArray[Any]) -> NDArray[Any]:
            if name in ("discount", "flow", "scale"):
                return array
            widths = [(0, 0), (0, moves - array.shape[1]), *[(0, 0)] * (array.ndim - 2)]
            if name in ("value", "curvature"):
                widths[2] = (0, issues - array.shape[2])
            return np.pad(array, widths, constant_values=1.0 if name == "weights" else 0)

        return Problems(**{f.name: np.concatenate([padded(f.name, getattr(part, f.name))
                                                   for part in parts]) for f in fields(Problems)})

    def distinct(self) -> tuple[Ints, Ints]:
        """First row of each distinct problem, and for every row which of them it is.

        The scale of tolerances is left out: games that share a state differ in it at most by what
        else they contain, and the first one's serves.
        """
        rows = np.concatenate([getattr(self, f.name).reshape(self.size, -1).astype(float)
                               for f in fields(self) if f.name != "scale"], axis=1) + 0.0
        seen: dict[bytes, int] = {}
        row = np.array([seen.setdefault(line.tobytes(), len(seen)) for line in rows],
                       dtype=np.int64)
        first = np.zeros(len(seen), dtype=np.int64)
        first[row[::-1]] = np.arange(self.size)[::-1]
        return first, row

    def with_members(self, member: Bools) -> Problems:
        return replace(self, member=member)

    def without(self, moves: Bools) -> Problems:
        """The problems without some moves (P, M): they are absent, so nothing is asked of them."""
        return replace(self, present=self.present & ~moves,
                       member=self.member & ~moves[..., None],
                       forced=self.forced & ~moves[..., None])


def gather(lattice: Lattice, draw: Ints, state: Ints, next_value: Floats) -> Problems:
    """The problems of some states at some draws; ``next_value`` (P, M, n) is at the moves' targets.

    A move that a setting makes some member refuse is not part of them: it has no consent.
    """
    moves, issues, n = next_value.shape[1], lattice.value.shape[2], next_value.shape[2]
    at = lattice.first_edge[state][:, None] + np.arange(moves)
    present = at < lattice.first_edge[state + 1][:, None]
    edge = np.where(present, at, 0)
    row = draw[:, None]
    kinds = np.array([KINDS.index(move.solution) for move in lattice.game.steps.values()] or [0])
    if not len(lattice.edge_move):
        edge_kind = np.zeros(present.shape, dtype=np.int64)
        lump = noise = np.zeros_like(next_value)
        rate = np.zeros(present.shape)
        member = compelled = np.zeros(next_value.shape, dtype=bool)
    else:
        edge_kind = kinds[lattice.edge_move[edge]]
        lump, rate = lattice.lump[row, edge], lattice.rate[row, edge]
        present = present & ~lattice.never[edge]
        member = lattice.member[edge] & present[..., None]
        compelled = lattice.forced[edge] & present[..., None]
        noise = np.where(present[..., None], lattice.noise[row, lattice.edge_move[edge]], 0.0)
    shape = (len(state), moves, issues, n)
    value, curvature = np.zeros(shape), np.zeros(shape)
    weights = np.ones(next_value.shape)
    if lattice.value.shape[1]:
        # few moves have issues: only theirs are copied
        has = present & (lattice.bargain[edge] >= 0)
        here = (np.broadcast_to(row, edge.shape)[has], lattice.bargain[edge[has]])
        value[has], curvature[has] = lattice.value[here], lattice.curvature[here]
        weights[has] = lattice.weights[here]
    return Problems(
        discount=lattice.discount[draw], flow=lattice.flow[draw, state],
        scale=lattice.payoff_range()[draw], rate=np.where(present, rate, 0.0), present=present,
        kind=edge_kind, reward=np.where(present[..., None], lump + next_value, 0.0), member=member,
        forced=compelled, weights=weights, noise=noise, value=value, curvature=curvature)


def worth(problems: Problems, terms: Floats) -> Floats:
    """(P, M, n) what terms (P, M, J) pay, u_m(x)."""
    x = terms[..., None]
    out: Floats = (x * problems.value - 0.5 * x**2 * problems.curvature).sum(axis=2)
    return out


def settle(problems: Problems, moves: Moves, value: Floats,
           hint: Floats | None = None, near: Floats | None = None) -> tuple[Floats, Floats]:
    """Terms at the value of waiting: for the moves (rows, columns), given their rows' V (k, n).

    ``hint`` (k, J) are terms to start from, no numbers where members have next to no gain, which
    the limit rule sees to; they are those at the V ``near`` (k, n) where that is given. With them
    terms are not a number where those who are asked cannot all gain. Returns the terms (k, n, J),
    one set per proposer (all alike but under ``offers``), and what they pay (k, n). Terms that did
    not converge are not a number.
    """
    rows, cols = moves
    base = problems.reward[rows, cols] - value
    v, c = problems.value[rows, cols], problems.curvature[rows, cols]
    weights, member = problems.weights[rows, cols], problems.member[rows, cols]
    kind, free = problems.kind[rows, cols], np.asarray(~problems.forced[rows, cols].any(axis=1))
    party = problems.party[rows, cols]
    known = free if hint is None else free & np.isfinite(hint).all(axis=1)
    terms_ = np.zeros((len(rows), base.shape[1], v.shape[1]))
    share = np.full(base.shape, 1.0 / base.shape[1])
    for code in np.unique(kind):
        mine = np.flatnonzero(kind == code)
        if code == NASH and hint is not None:
            quick, limit = mine[known[mine]], mine[free[mine] & ~known[mine]]
            if len(limit):
                done = bargain.nash(base[limit], v[limit], c[limit], weights[limit],
                                    member[limit], limit=True)
                terms_[limit] = np.where(done.ok[:, None], done.x, np.nan)[:, None, :]
            terms_[quick] = terms.nash(base[quick], v[quick], c[quick], weights[quick],
                                       member[quick], hint[quick])[0][:, None, :]
            mine = mine[~free[mine]]
            mine = mine[~_follow(problems, (rows[mine], cols[mine]), mine, value, hint, near,
                                 terms_)]
            asked = bargain.sign(base[mine], v[mine], c[mine], member[mine])
            lose = member[mine].any(axis=1) & asked.ok & (asked.sigma < 0.0)
            terms_[mine[lose]] = np.nan
            mine = mine[~lose]
            if not len(mine):
                continue
        arguments = (base[mine], v[mine], c[mine], weights[mine], member[mine])
        if free[mine].all():
            answer = bargain.SOLVERS[KINDS[code]](*arguments)
        else:
            answer = forced.terms(KINDS[code], *arguments, problems.forced[rows, cols][mine])[0]
        ok = answer.ok.reshape(len(mine), *(1,) * 2)
        terms_[mine] = np.where(ok, answer.x if code == OFFERS else answer.x[:, None, :], np.nan)
        if code == OFFERS:
            power = np.where(party[mine], weights[mine], 0.0)
            share[mine] = power / power.sum(axis=1, keepdims=True)
    x = terms_[..., None]
    utility = (x * v[:, None] - 0.5 * x * x * c[:, None]).sum(axis=2)
    return terms_, (share[..., None] * utility).sum(axis=1)


def _follow(problems: Problems, moves: Moves, mine: Ints, value: Floats, hint: Floats,
            near: Floats | None, out: Floats) -> Bools:
    """Forced terms that follow from known ones nearby, put into ``out[mine]``; which were found."""
    reward = problems.reward[moves]
    base, party = reward - value[mine], problems.party[moves]
    v, c, weights = problems.value[moves], problems.curvature[moves], problems.weights[moves]
    x = hint[mine]
    found: Bools = np.asarray(
        np.where(party, bargain.gains(base, v, c, x), 1.0).min(axis=1) > 0.0)
    rows = np.flatnonzero(found)
    x[rows] = terms.nash(base[rows], v[rows], c[rows], weights[rows], party[rows], x[rows])[0]
    found[rows] = np.isfinite(x[rows]).all(axis=1)
    rows = np.flatnonzero(~found & np.isfinite(hint[mine]).all(axis=1))
    if len(rows):
        at = None if near is None else (reward - near[mine])[rows]
        x[rows], found[rows], _ = forced_warm.terms(
            base[rows], v[rows], c[rows], problems.member[moves][rows],
            problems.forced[moves][rows], hint[mine[rows]], at)
    out[mine[found]] = x[found][:, None, :]
    return found


def _scaled(problems: Problems, moves: Moves, value: Floats,
            ) -> tuple[Floats, Floats, Floats]:
    """Gains at x = 0, issue values and curvatures of some moves in units of payoff range.

    Scaling each member's gain by a positive number leaves σ's sign alone and makes one tolerance
    serve all actors.
    """
    rows, cols = moves
    by = problems.scale[rows]
    return ((problems.reward[rows, cols] - value) / by,
            problems.value[rows, cols] / by[:, None, :],
            problems.curvature[rows, cols] / by[:, None, :])


def surplus(problems: Problems, moves: Moves, value: Floats,
            scaled: bool = True) -> Floats:
    """(k,) σ of some moves (rows, columns) at their rows' V (k, n), each member's gain in units of
    its payoff range, or with ``scaled`` false as it is.
    """
    return surplus_and_slope(problems, moves, value, scaled)[0]


def surplus_and_slope(problems: Problems, moves: Moves, value: Floats,
                      scaled: bool = True) -> tuple[Floats, Floats]:
    """σ (k,) as :func:`surplus`, and how it falls as each V rises (k, n), in the same units."""
    rows, cols = moves
    member = problems.member[rows, cols]
    base, v, c = _scaled(problems, moves, value) if scaled else (
        problems.reward[rows, cols] - value, problems.value[rows, cols],
        problems.curvature[rows, cols])
    sigma: Floats = np.where(member, base, np.inf).min(axis=1)
    slope = (member & (base == sigma[:, None])).astype(float)
    open_ = np.flatnonzero(problems.bargained[rows, cols] & member.any(axis=1))
    if len(open_):
        most = bargain.max_min(base[open_], v[open_], c[open_], member[open_])
        sigma[open_], slope[open_] = most.sigma, most.share
    return sigma, slope


def sign(problems: Problems, moves: Moves, value: Floats, hint: Floats) -> Floats:
    """(k,) a number with the sign of σ of some bargained moves, 0 where it cannot be told."""
    rows, cols = moves
    base, v, c = _scaled(problems, moves, value)
    return terms.sign_of_surplus(base, v, c, problems.member[rows, cols], hint)
