"""Plays followed one by one: what each state did nearby is tried first, and only where that is no
equilibrium any more is the state solved again, and the nearest of its equilibria taken.

A sweep lists the products of all states' choices, which in a large game are more than anyone can
use: hundreds of plays, millions of equilibria. Following costs the same for every play, and less
where plays agree: a state with the same successors' values is solved once for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.branch import Points
from ..equilibrium.certificate import REGRET_TOLERANCE, certify
from ..equilibrium.nodes import MADE as MAKE
from ..equilibrium.nodes import MIX
from ..equilibrium.nodes import REFUSED as REFUSE
from ..equilibrium.problem import KINDS, OFFERS, Problems, gather
from ..equilibrium.regimes import listed, quick_states
from ..equilibrium.state import Answers
from ..equilibrium.ties import null_members
from ..lattice import Lattice
from .plays import MIXED, Play, bounds, gains, labels, reached
from .sweep import NO_GAIN, Solving
from .warm import FLIPS, Regimes, attempt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: successors' values closer than this, in payoff ranges, are the same input of a state
GRAIN = 1e-12
#: plays whose values differ by less on the path of play are one
SAME = 1e-8


def followable(lattice: Lattice) -> bool:
    """Whether plays of a game can be followed one by one: no cycles, encounters, ``offers``."""
    plain = lattice.component.max(initial=0) + 1 == len(lattice.states)
    kinds = (KINDS.index(move.solution) for move in lattice.game.moves.values() if move.issues)
    return plain and lattice.clashes is None and OFFERS not in kinds


def quick(problems: Problems, draw: Ints, state: Ints, solving: Solving) -> Answers:
    """Every equilibrium in pure consents of each state, with compiled loops where there are any."""
    return quick_states(problems, solving.indifferent, max(solving.boxes, 1))


@dataclass(eq=False)
class _Work:
    """R plays that are being followed: V (R, S, n), α (R, E), x (R, T, J), and how it went."""

    draw: Ints
    value: Floats
    consent: Floats
    terms: Floats
    index: Ints
    regret: Floats
    good: Bools


def follow(lattice: Lattice, draw: Ints, starts: Sequence[tuple[Lattice, Play]],
           solving: Solving, search: bool = True) -> list[Play | None]:
    """Each start (a play nearby, with its own point's numbers) at a draw of the lattice; None where
    no equilibrium of some state was found, or one misses the certificate. Without ``search`` states
    whose regime ends are only looked at close by.

    Raises:
        OutOfTime: when the time is over.
    """
    if not starts:
        return []
    before = _before(lattice, starts)
    # boxes are shared by all states, as where a point is solved afresh
    solving = replace(solving, boxes=max(solving.boxes // len(lattice.states), 1))
    work = _Work(draw, np.zeros((len(draw), len(lattice.states), lattice.discount.shape[1])),
                 before.consent.copy(), before.terms.copy(),
                 np.ones(len(draw), dtype=np.int64), np.zeros(len(draw)),
                 np.ones(len(draw), dtype=bool))
    for depth in range(int(lattice.level.max()) + 1):
        solving.check()
        _level(lattice, np.flatnonzero(lattice.level == depth), work, before,
               solving if search else None)
    hazard = lattice.rate[draw] * work.consent
    on_path = reached(lattice, hazard)
    out: list[Play | None] = []
    for row in range(len(draw)):
        if not work.good[row]:
            out.append(None)
            continue
        at = int(draw[row])
        value, consent, terms = work.value[row], work.consent[row], work.terms[row]
        out.append(Play(
            row=at, count=1.0, values=value, consent=consent, surplus=None, terms=terms,
            proposals=None, label=labels(lattice, at, value, consent, terms), bound=bounds(terms),
            on_path=on_path[row], index=int(work.index[row]), regret=float(work.regret[row])))
    return out


def _before(lattice: Lattice, starts: Sequence[tuple[Lattice, Play]]) -> Regimes:
    """The regimes of all starts over all edges: label, consent (R, E), value (R, S, n), terms
    (R, T, J)."""
    label = np.empty((len(starts), len(lattice.edge_state)), dtype=np.int64)
    for row, (near, play) in enumerate(starts):
        label[row] = np.where(play.consent == 1.0, MAKE, REFUSE)
        mixed = np.flatnonzero(play.label >= MIXED)
        if len(mixed):
            gain = np.abs(gains(near, 0, play.values, play.terms, mixed)) / near.payoff_range()[0]
            held = near.member[mixed] & (gain <= NO_GAIN)
            held[np.arange(len(mixed)), play.label[mixed] - MIXED] = True
            label[row, mixed] = MIX + (held * (1 << np.arange(held.shape[1]))).sum(axis=1)
    return Regimes(label, np.array([play.consent for _, play in starts]),
                   np.array([play.values for _, play in starts]),
                   np.array([play.terms for _, play in starts]))


def _level(lattice: Lattice, states: Ints, work: _Work, before: Regimes,
           solving: Solving | None) -> None:
    """Solve all states of one level for all plays."""
    first, last = lattice.first_edge[states], lattice.first_edge[states + 1]
    moves = int((last - first).max())
    if not moves:
        work.value[:, states] = (lattice.flow[work.draw][:, states]
                                 / lattice.discount[work.draw][:, None])
        return
    at = first[:, None] + np.arange(moves)
    has = at < last[:, None]
    edge = np.where(has, at, 0)
    rows, count = len(work.draw), len(states)
    after = np.where(has[..., None], work.value[:, lattice.edge_target[edge]], 0.0)
    label = np.where(has, before.label[:, edge], REFUSE)
    term = np.where(has & (lattice.bargain[edge] >= 0), lattice.bargain[edge], -1)
    terms = (np.where(term[..., None] >= 0, before.terms[:, np.maximum(term, 0)], 0.0)
             if lattice.value.shape[1] else np.zeros((rows, count, moves, 0)))
    draw, which = np.repeat(work.draw, count), np.tile(np.arange(count), rows)
    flat = Regimes(label.reshape(rows * count, moves),
                   np.where(has, before.consent[:, edge], 0.0).reshape(rows * count, moves),
                   before.value[:, states].reshape(rows * count, -1),
                   terms.reshape(rows * count, moves, -1))
    once, back = _distinct(lattice, draw, which, after.reshape(rows * count, moves, -1), flat.label)
    some = Regimes(flat.label[once], flat.consent[once], flat.value[once], flat.terms[once])
    inputs = after.reshape(rows * count, moves, -1)[once]
    problems = gather(lattice, draw[once], states[which[once]], inputs)
    value, consent, found, sign = _solve(problems, some, solving)
    regret = certify(lattice, draw[once], states[which[once]], value, inputs, consent, found,
                     quick=True).regret
    good = np.isfinite(value).all(axis=1) & (regret <= REGRET_TOLERANCE)
    shape = rows, count
    work.good &= good[back].reshape(shape).all(axis=1)
    work.value[:, states] = np.where(good[:, None], value, 0.0)[back].reshape(*shape, -1)
    work.index *= np.where(good, sign, 1)[back].reshape(shape).prod(axis=1)
    work.regret = np.maximum(work.regret, np.where(good, regret, 0.0)[back].reshape(shape).max(
        axis=1))
    work.consent[:, edge[has]] = consent[back].reshape(rows, count, moves)[:, has]
    if lattice.value.shape[1]:
        bargained = term >= 0
        work.terms[:, term[bargained]] = found[back].reshape(rows, count, moves, -1)[:, bargained]


def _distinct(lattice: Lattice, draw: Ints, which: Ints, after: Floats, label: Ints,
              ) -> tuple[Ints, Ints]:
    """The first of each group of problems with the same point, state, inputs and regime, and for
    every problem which group it is of."""
    grain = GRAIN * lattice.payoff_range()[draw][:, None, :]
    key = np.column_stack([draw, which, np.rint(after / grain).astype(np.int64).reshape(
        len(draw), -1), label])
    seen: dict[bytes, int] = {}
    back = np.array([seen.setdefault(line.tobytes(), len(seen)) for line in key], dtype=np.int64)
    once = np.empty(len(seen), dtype=np.int64)
    once[back[::-1]] = np.arange(len(draw))[::-1]
    return once, back


def _solve(problems: Problems, start: Regimes, solving: Solving | None,
           ) -> tuple[Floats, Floats, Floats, Ints]:
    """For every problem one equilibrium, the nearest to its start: value, consent, terms, index."""
    size, moves, n = problems.reward.shape
    value = np.full((size, n), np.nan)
    consent = np.where(problems.chance, 1.0, 0.0)
    terms = start.terms.copy()
    sign = np.ones(size, dtype=np.int64)
    odd = np.asarray((null_members(problems) | problems.forced).any(axis=(1, 2)))
    left = np.ones(size, dtype=bool)

    def take(at: Ints, found: Points | Answers, consents: Floats) -> None:
        value[at], terms[at], sign[at] = found.value, found.terms[:, :, 0], found.index
        consent[at] = np.where(problems.chance[at], 1.0, np.clip(consents, 0.0, 1.0))
        left[at] = False

    def tried(turns: int) -> None:
        rows = np.flatnonzero(left & ~odd)
        if not len(rows):
            return
        points = attempt(problems, rows, Regimes(start.label[rows], start.consent[rows],
                                                 start.value[rows], start.terms[rows]), turns)
        take(points.owner, points, points.consent)

    def nearest(rows: Ints, others: Answers) -> None:
        owner = rows[others.owner]
        apart = (np.abs(others.value - start.value[owner]) / problems.scale[owner]).max(axis=1)
        order = np.lexsort((apart, owner))
        first = order[np.unique(owner[order], return_index=True)[1]]
        take(owner[first], others.rows(first), others.consent[first])

    pure = np.flatnonzero(~odd & (start.label < MIX).all(axis=1))
    quick = listed(problems.take(pure)) if len(pure) else None
    if quick is not None:
        # loops list every equilibrium in pure consents sooner than Newton's method finds one
        found = quick[0]
        owner = pure[found.owner]
        same = ((found.consent == start.consent[owner]) | ~_asked(problems)[owner]).all(axis=1)
        nearest(pure, found.keep(same))
        # of a state whose payoffs are fixed the loops do not say all
        other = left[owner] & (problems.bargained[owner].any(axis=1) | (solving is None))
        nearest(pure, found.keep(other))
    tried(0)
    if quick is None or solving is not None:
        tried(FLIPS)  # a few regimes are cheaper than all
    rows = np.flatnonzero(left)
    if len(rows) and solving is not None:
        nearest(rows, quick_states(problems.take(rows), solving.indifferent, solving.boxes))
    # a move whose rate is 0 changes nothing; its consent stays what it was
    silent = problems.present & (problems.rate == 0) & ~problems.chance
    consent = np.where(silent & ~odd[:, None], start.consent, consent)
    return value, consent, np.where(np.isfinite(terms), terms, 0.0), sign


def _asked(problems: Problems) -> Bools:
    """(P, M) moves that somebody consents to and that can come up."""
    return np.asarray(problems.present & (problems.rate > 0) & ~problems.chance)


def alike(a: Play, b: Play, scale: Floats) -> bool:
    """Whether two plays of one point are the same on the path of play."""
    if not (a.on_path == b.on_path).all():
        return False
    on = a.on_path
    return bool((np.abs(a.values[on] - b.values[on]) / scale).max() < SAME)


def merged(plays: Sequence[Play], lattice: Lattice) -> list[Play]:
    """Plays of one point, each once; counts of those that are alike: the larger."""
    scale = lattice.payoff_range()[0]
    out: list[Play] = []
    for play in plays:
        same = next((k for k, other in enumerate(out) if alike(play, other, scale)), None)
        if same is None:
            out.append(play)
        elif play.count > out[same].count:
            out[same] = replace(out[same], count=play.count)
    return out
