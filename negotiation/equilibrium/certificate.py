"""The certificate of an equilibrium: how far a claimed point is from the conditions of DESIGN 2.1.

Shares nothing with the solver but the compiled game. It is given a claim (V, α, x) and recomputes
every condition from the game's numbers. Payoffs are in units of each actor's payoff range, so one
tolerance serves all. Per state, c_i = g_i + V_i(s′) − V_i(s) and gains G_i(x) = c_i + u_i(x):

value           |r_i V_i − f_i − Σ λα G_i| / (r_i + Σ λα): how far V_i moves when the right side is
                evaluated once more. Exact up to rounding.
consent, α > 0  −min_B G_i(x): x itself shows that σ ≥ min_B G_i(x).
consent, α < 1  the least Σθ_i G_i found over weights θ: σ ≤ max_x Σθ_i G_i(x) for every θ in the
                simplex (weak duality), in closed form because issues are separable.
terms, α > 0    see :mod:`~.certificate_terms`; with members who have to consent
                :mod:`~.certificate_forced`, and B above are those who are asked.
never           α = 0 where a setting makes a member refuse.
box             how far a term, or a consent probability, lies outside [0, 1].
play            see :mod:`~.certificate_encounters`; the consents of an encounter's events are the
                probabilities of its profiles.

So a regret is an upper bound of the true violation, up to rounding: a bad bound can reject an
equilibrium but never accept something else. Terms of a move that is never made are not needed;
they have to be finite and inside the box, no more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..kernels import certificate_loops, compiled
from ..kernels.certificate_loops import NEAR_ENOUGH
from .certificate_duality import Bargains, surplus_bound, worth
from .certificate_encounters import ClaimedPlay
from .certificate_forced import forced_violation
from .certificate_terms import terms_violation

if TYPE_CHECKING:
    from ..lattice import Bools, Floats, Ints, Lattice
    from .result import Equilibrium

#: The largest regret with which a point is called an equilibrium, in payoff ranges.
REGRET_TOLERANCE = 1e-9

KINDS = ("value equation", "consent", "terms", "terms out of the box", "not finite",
         "play of an encounter")
_VALUE, _CONSENT, _TERMS, _BOX, _FINITE, _PLAY = range(6)
#: the kinds of the conditions that the loops tell apart, in their order
_CHECKED = np.array([_CONSENT, _BOX, _VALUE, _CONSENT, _CONSENT, _CONSENT, _TERMS])


@dataclass(frozen=True, eq=False)
class Certificate:
    """The regret of each row, and where it comes from.

    Attributes:
        regret: (P,) largest violation in payoff ranges; infinite for a claim that is no number.
        kind: (P,) index into :data:`KINDS` of the condition that is violated most.
        edge: (P,) index of its edge in the lattice, −1 for the value equation.
    """

    regret: Floats
    kind: Ints
    edge: Ints

    def message(self, row: int, lattice: Lattice) -> str:
        """One sentence on the worst violation of a row."""
        text = f"{KINDS[int(self.kind[row])]}: off by {self.regret[row]:.3g} payoff ranges"
        edge = int(self.edge[row])
        if edge < 0:
            return text
        state = lattice.state(int(lattice.edge_state[edge]))
        place = ", ".join(f"{front} {status}" for front, status in state.items())
        return f"{text}, move {lattice.moves[int(lattice.edge_move[edge])]!r} at {place}"


def certify(lattice: Lattice, draw: Ints, state: Ints, value: Floats, next_value: Floats,
            consent: Floats, terms: Floats, proposals: Floats | None = None,
            play: Floats | None = None, quick: bool = False) -> Certificate:
    """Recompute the equilibrium conditions at P claimed states, each of one candidate equilibrium.

    Args:
        lattice: the compiled game.
        draw, state: (P,) which draw of the parameters, which state.
        value: (P, n) claimed V(s).
        next_value: (P, M, n) claimed V at the target of the state's k-th edge, in the lattice's
            order; what lies beyond a state's last edge is not read.
        consent: (P, M) claimed α. terms: (P, M, J) claimed x, zeros where no issues are.
        proposals: (P, M, n, J) each proposer's terms, for moves whose solution is ``offers``.
        play: (P, Q) claimed mixed actions of encounters, where the lattice has any.
        quick: for many states. See :func:`~.certificate_terms.terms_violation`, and states without
            encounters go through compiled loops where there is a compiler.
    """
    draw, state = np.asarray(draw, dtype=np.int64), np.asarray(state, dtype=np.int64)
    if quick and play is None and len(state):
        kernel = compiled.compiled("certificate_loops", "certify_rows", large=True)
        if kernel is not None:
            return _mostly_in_loops(kernel, lattice, draw, state, value, next_value, consent, terms,
                                    proposals)
    return _in_arrays(lattice, draw, state, value, next_value, consent, terms, proposals, play,
                      quick)


def _mostly_in_loops(kernel: Callable[..., Any], lattice: Lattice, draw: Ints, state: Ints,
                     value: Floats, next_value: Floats, consent: Floats, terms: Floats,
                     proposals: Floats | None) -> Certificate:
    """The quick certificate: in arrays only where the loops do not know a condition, or tell."""
    moves, bargain = list(lattice.game.steps.values()), np.ascontiguousarray(lattice.bargain)
    nash = np.array([move.solution == "nash" for move in moves], dtype=bool)
    ordinary = (bargain < 0) | nash[lattice.edge_move] & ~lattice.forced.any(axis=1)
    ordinary &= lattice.edge_move < len(lattice.game.moves)  # encounters' events are not
    issues = np.array([len(move.issues) for move in moves], dtype=np.int64)[lattice.edge_move]
    edges = (lattice.first_edge, bargain, np.where(bargain >= 0, issues, 0), lattice.member,
             np.argsort(~lattice.member, axis=1, kind="stable"), lattice.member.sum(axis=1),
             lattice.never, ordinary)
    size = len(state)
    regret, told = np.empty(size), np.empty(size, dtype=bool)
    check, edge = np.empty(size, dtype=np.int64), np.empty(size, dtype=np.int64)
    claim = [np.ascontiguousarray(part, dtype=np.float64)
             for part in (value, next_value, consent, terms)]
    kernel((lattice.discount, lattice.flow, lattice.payoff_range(), lattice.rate, lattice.lump,
            lattice.value, lattice.curvature, lattice.weights), edges, (draw, state, *claim),
           (regret, check, edge, told), certificate_loops.make_room(*lattice.value.shape[:1:-1]))
    kind = _CHECKED[check]
    left = np.flatnonzero(~told)
    if len(left):
        value, next_value, consent, terms = (part[left] for part in claim)
        rest = _in_arrays(lattice, draw[left], state[left], value, next_value, consent, terms,
                          None if proposals is None else proposals[left], None, True)
        regret[left], kind[left], edge[left] = rest.regret, rest.kind, rest.edge
    return Certificate(regret, kind, edge)


def _in_arrays(lattice: Lattice, draw: Ints, state: Ints, value: Floats, next_value: Floats,
               consent: Floats, terms: Floats, proposals: Floats | None, play: Floats | None,
               quick: bool) -> Certificate:
    claim = _Claim(lattice, draw, state, value, next_value, consent, terms, proposals)
    idle = None
    if play is not None:
        played = ClaimedPlay(lattice, draw, state, value, next_value, consent, play)
        idle = played.idle
    found = _Worst(len(state))
    found.add(np.arange(len(state)), np.where(claim.finite, 0.0, np.inf), _FINITE)
    found.add(claim.row, np.maximum(claim.alpha - 1.0, -claim.alpha), _CONSENT, claim.edge)
    found.add(claim.row, claim.outside(), _BOX, claim.edge)
    found.add(np.arange(len(state)), claim.value_violation(idle), _VALUE)
    if play is not None:
        found.add(np.arange(len(state)), played.violation, _PLAY)
    found.add(claim.row, claim.refusal_violation(NEAR_ENOUGH if quick else 0.0), _CONSENT,
              claim.edge)
    found.add(claim.row, claim.approval_violation(), _CONSENT, claim.edge)
    found.add(claim.row, np.where(claim.never & (claim.alpha != 0.0), np.inf, 0.0), _CONSENT,
              claim.edge)
    made = (claim.alpha > 0.0) & (claim.bargain >= 0) & ~claim.never
    rows = np.flatnonzero(made & claim.member.any(axis=1) & ~claim.forced.any(axis=1))
    if len(rows):
        violation = terms_violation(claim.bargains(rows), quick)
        found.add(claim.row[rows], violation, _TERMS, claim.edge[rows])
    rows = np.flatnonzero(made & claim.forced.any(axis=1))
    if len(rows):
        violation = forced_violation(claim.bargains(rows), claim.forced[rows], claim.gain[rows])
        found.add(claim.row[rows], violation, _TERMS, claim.edge[rows])
    return Certificate(found.regret, found.kind, found.edge)


def regret_of(equilibrium: Equilibrium) -> float:
    """The regret of a whole equilibrium, recomputed from its values, consents and terms.

    Example:
        ``regret_of(solution.equilibria[0]) <= REGRET_TOLERANCE``
    """
    lattice = equilibrium.lattice
    count = np.diff(lattice.first_edge)
    states = np.arange(len(count))
    width = int(count.max(initial=0))
    mask = np.arange(width) < count[:, None]
    edge = np.where(mask, lattice.first_edge[:-1, None] + np.arange(width), 0)
    next_value = np.zeros((*mask.shape, equilibrium.values.shape[1]))
    consent = np.zeros(mask.shape)
    terms = np.zeros((*mask.shape, lattice.value.shape[2]))
    proposals = None
    if mask.any():
        next_value[mask] = equilibrium.values[lattice.edge_target[edge[mask]]]
        consent[mask] = equilibrium.consent[edge[mask]]
        bargained = mask & (lattice.bargain[edge] >= 0)
        at = lattice.bargain[edge[bargained]]
        terms[bargained] = equilibrium.terms_array[at]
        if equilibrium.proposals is not None:
            proposals = np.zeros((*mask.shape, *equilibrium.proposals.shape[1:]))
            proposals[bargained] = equilibrium.proposals[at]
    draw = np.full(len(states), equilibrium.draw)
    certificate = certify(lattice, draw, states, equilibrium.values, next_value, consent, terms,
                          proposals, equilibrium.play)
    return float(certificate.regret.max(initial=0.0))


class _Worst:
    """Keeps the largest violation of every row, with its kind and edge."""

    def __init__(self, size: int) -> None:
        self.regret = np.zeros(size)
        self.kind = np.zeros(size, dtype=np.int64)
        self.edge = np.full(size, -1, dtype=np.int64)

    def add(self, row: Ints, violation: Floats, kind: int, edge: Ints | None = None) -> None:
        """``row`` is sorted; several violations may belong to one row."""
        bad = np.flatnonzero(~(violation <= self.regret[row]))
        for at in bad[np.argsort(violation[bad], kind="stable")] if len(bad) else ():
            self.regret[row[at]] = violation[at] if violation[at] == violation[at] else np.inf
            self.kind[row[at]] = kind
            self.edge[row[at]] = -1 if edge is None else edge[at]


class _Claim:
    """The claim as one row per edge (Q rows): ``row`` says which of the P rows it belongs to."""

    def __init__(self, lattice: Lattice, draw: Ints, state: Ints, value: Floats, next_value: Floats,
                 consent: Floats, terms: Floats, proposals: Floats | None) -> None:
        first = lattice.first_edge
        self.lattice, self.draw, self.state = lattice, draw, state
        self.mask = np.arange(consent.shape[1]) < (first[state + 1] - first[state])[:, None]
        self.row, slot = np.nonzero(self.mask)
        self.edge: Ints = first[state[self.row]] + slot
        self.bargain: Ints = lattice.bargain[self.edge]
        self.member: Bools = lattice.member[self.edge]
        self.forced: Bools = lattice.forced[self.edge]
        self.party: Bools = self.member | self.forced
        self.never: Bools = lattice.never[self.edge]
        self.scale: Floats = lattice.payoff_range()[draw]
        here = (self.row, slot)
        self.terms, self.alpha = self._bargained(terms[here]), consent[here]
        self.offers = self._uses_offers()
        self.proposals = None if proposals is None or not self.offers.any() else (
            self._bargained(proposals[here]))
        self.finite: Bools = np.asarray(np.isfinite(value).all(axis=1))
        after = next_value[here]
        for part in (after, self.alpha, self.terms, self.proposals):
            if part is not None:
                self._need_finite(part)
        self.value = np.where(np.isfinite(value), value, 0.0)
        self.alpha = np.where(np.isfinite(self.alpha), self.alpha, 0.0)
        self.terms = np.where(np.isfinite(self.terms), self.terms, 0.0)
        lump: Floats = lattice.lump[draw[self.row], self.edge]
        self.base: Floats = lump + np.where(np.isfinite(after), after, 0.0) - self.value[self.row]
        self.gain: Floats = self.base + self._worth()

    def _bargained(self, part: Floats) -> Floats:
        """Only what is on the table is read: anything else is zero."""
        on_table = (self.bargain >= 0).reshape(-1, *[1] * (part.ndim - 1))
        return np.where(on_table, part, 0.0)

    def _need_finite(self, part: Floats) -> None:
        bad = ~np.isfinite(part).all(axis=tuple(range(1, part.ndim)))
        self.finite[self.row[bad]] = False

    def _uses_offers(self) -> Bools:
        offers = np.array([move.solution == "offers" for move in self.lattice.game.steps.values()],
                          dtype=bool)
        if not offers.any():
            return np.zeros(len(self.edge), dtype=bool)
        used: Bools = offers[self.lattice.edge_move[self.edge]] & (self.bargain >= 0)
        return used

    def _proposed(self, rows: Ints) -> Floats:
        """(R, n, J) proposers' terms; the claimed terms themselves where no proposals are given."""
        if self.proposals is None:
            return np.repeat(self.terms[rows][:, None], self.value.shape[1], axis=1)
        given = self.proposals[rows]
        return np.where(np.isfinite(given), given, 0.0)

    def _table(self, rows: Ints) -> tuple[Floats, Floats, Floats]:
        """Values, curvatures (R, J, n) and weights (R, n) of bargained edges."""
        at = (self.draw[self.row[rows]], self.bargain[rows])
        return self.lattice.value[at], self.lattice.curvature[at], self.lattice.weights[at]

    def _worth(self) -> Floats:
        """(Q, n) u_i at the claimed terms, averaged over proposers where they make offers."""
        out: Floats = np.zeros(self.base.shape)
        rows = np.flatnonzero((self.bargain >= 0) & ~self.offers)
        if len(rows):
            slope, curvature, _ = self._table(rows)
            out[rows] = worth(slope, curvature, self.terms[rows])
        for i in range(out.shape[1]) if self.offers.any() else ():
            rows = np.flatnonzero(self.offers & self.party[:, i])
            slope, curvature, weights = self._table(rows)
            share = weights[:, i] / (weights * self.party[rows]).sum(axis=1)
            out[rows] += share[:, None] * worth(slope, curvature, self._proposed(rows)[:, i])
        return out

    def outside(self) -> Floats:
        """(Q,) how far a term lies outside [0, 1]."""
        parts = [self.terms]
        if self.proposals is not None:
            counts = (self.offers[:, None] & self.party)[..., None]
            used = np.where(counts, self.proposals, 0.0)
            parts.append(used.reshape(len(used), used.shape[1] * used.shape[2]))
        both = np.concatenate(parts, axis=1)
        out: Floats = np.maximum(both - 1.0, -both).max(axis=1, initial=0.0)
        return out

    def value_violation(self, idle: Floats | None = None) -> Floats:
        """(P,) the value equation, for every actor; ``idle`` (P, n) is paid on top of the flow."""
        pace = self.lattice.rate[self.draw[self.row], self.edge] * self.alpha
        inflow: Floats = np.zeros((*self.mask.shape, self.scale.shape[-1]))
        hazard: Floats = np.zeros(self.mask.shape)
        inflow[self.mask] = pace[:, None] * self.gain
        hazard[self.mask] = pace
        r: Floats = self.lattice.discount[self.draw]
        flow: Floats = self.lattice.flow[self.draw, self.state]
        if idle is not None:
            flow = flow + idle
        off = np.abs(r * self.value - flow - inflow.sum(axis=1))
        apart: Floats = off / (r + hazard.sum(axis=1)[:, None]) / self.scale
        out: Floats = apart.max(axis=1)
        return out

    def approval_violation(self) -> Floats:
        """(Q,) α > 0 needs σ ≥ 0, and terms (every proposal) that give every member a gain."""
        gain = self.gain / self.scale[self.row]
        least: Floats = np.where(self.member, gain, np.inf).min(axis=1, initial=np.inf)
        for i in range(gain.shape[1]) if self.offers.any() else ():
            rows = np.flatnonzero(self.offers & self.party[:, i])
            slope, curvature, _ = self._table(rows)
            offered = self.base[rows] + worth(slope, curvature, self._proposed(rows)[:, i])
            offered = np.where(self.member[rows], offered / self.scale[self.row[rows]], np.inf)
            least[rows] = np.minimum(least[rows], offered.min(axis=1))
        least = np.where(self.never, 0.0, least)
        return np.where(self.alpha > 0.0, np.maximum(-least, 0.0), 0.0)

    def refusal_violation(self, enough: float = 0.0) -> Floats:
        """(Q,) α < 1 needs σ ≤ 0; a chance move has nobody to refuse it. A bound of at most
        ``enough`` will do."""
        out = np.zeros(len(self.edge))
        event = self.lattice.edge_move[self.edge] >= len(self.lattice.game.moves)
        free = self.never | event
        chance = ~self.member.any(axis=1) & ~free
        out[chance] = np.where(self.alpha[chance] < 1.0, np.inf, 0.0)
        rows = np.flatnonzero((self.alpha < 1.0) & ~chance & ~free)
        if len(rows):
            gain = np.where(self.member[rows], self.base[rows] / self.scale[self.row[rows]], np.inf)
            out[rows] = np.maximum(gain.min(axis=1), 0.0)
            rows = rows[self.bargain[rows] >= 0]
            if len(rows):
                out[rows] = np.maximum(surplus_bound(self.bargains(rows), enough), 0.0)
        return out

    def bargains(self, rows: Ints) -> Bargains:
        """The bargaining problems of some edges, in payoff ranges."""
        slope, curvature, weights = self._table(rows)
        moves = list(self.lattice.game.steps.values())
        which = self.lattice.edge_move[self.edge[rows]]
        return Bargains(
            base=self.base[rows], slope=slope, curvature=curvature,
            weights=weights, member=self.member[rows], terms=self.terms[rows],
            scale=self.scale[self.row[rows]],
            proposals=None if self.proposals is None else self._proposed(rows),
            solution=np.array([moves[m].solution for m in which]))
