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

from ..equilibrium.nodes import MADE as MAKE
from ..equilibrium.nodes import MIX
from ..equilibrium.nodes import REFUSED as REFUSE
from ..equilibrium.points import Points
from ..equilibrium.problem import KINDS, OFFERS, Problems, gather
from ..equilibrium.regimes import MOST, listed, quick_states
from ..equilibrium.state import Answers
from ..equilibrium.ties import null_members
from ..kernels import compiled, regime_search
from ..lattice import Lattice
from .plays import MIXED, UNKNOWN, Play, bounds, gains, labels, reached
from .sweep import NO_GAIN, Solving
from .warm import FLIPS, Regimes, attempt

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: successors' values closer than this, in payoff ranges, are the same input of a state
GRAIN = 1e-12
#: the solution that compiled loops know
NASH_WORD = "nash"
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
    """R plays that are being followed: what each did nearby (label and consent (R, E), value
    (R, S, n), terms (R, T, J)) and what is found: V, α, x, and how it went."""

    lattice: Lattice
    draw: Ints
    before: Regimes
    value: Floats
    consent: Floats
    terms: Floats
    index: Ints
    good: Bools


def follow(lattice: Lattice, draw: Ints, starts: Sequence[tuple[Lattice, Play]],
           solving: Solving, search: bool = True) -> list[Play | None]:
    """Each start (a play nearby, with its own point's numbers) at a draw of the lattice; None where
    no equilibrium of some state was found. Plays come without a certificate: see :mod:`.certified`.
    Without ``search`` states whose regime ends are only looked at close by.

    Raises:
        OutOfTime: when the time is over.
    """
    if not starts:
        return []
    order = np.argsort(draw, kind="stable")
    before = _before(lattice, [starts[k] for k in order])
    # boxes are shared by all states, as where a point is solved afresh
    solving = replace(solving, boxes=max(solving.boxes // len(lattice.states), 1))
    work = _Work(lattice, draw[order], before, before.value.copy(), before.consent.copy(),
                 before.terms.copy(), np.ones(len(draw), dtype=np.int64),
                 np.ones(len(draw), dtype=bool))
    if not _by_loops(work, solving, search):
        for depth in range(int(lattice.level.max()) + 1):
            solving.check()
            states = np.flatnonzero(lattice.level == depth)
            _states(work, np.repeat(np.arange(len(draw)), len(states)),
                    np.tile(states, len(draw)), solving if search else None)
    on_path = reached(lattice, lattice.rate[work.draw] * work.consent)
    out: list[Play | None] = [None] * len(draw)
    for row in np.flatnonzero(work.good).tolist():
        at = int(work.draw[row])
        value, consent, terms = work.value[row], work.consent[row], work.terms[row]
        out[order[row]] = Play(
            row=at, count=1.0, values=value, consent=consent, surplus=None, terms=terms,
            proposals=None, label=labels(lattice, at, value, consent, terms), bound=bounds(terms),
            on_path=on_path[row], index=int(work.index[row]), regret=UNKNOWN)
    return out


def _by_loops(work: _Work, solving: Solving, search: bool) -> bool:
    """Follow plays by compiled loops, and by the general engine where a regime ends; whether there
    is a compiler, and nothing that loops do not know."""
    lattice = work.lattice
    nash = all(move.solution == NASH_WORD for move in lattice.game.moves.values() if move.issues)
    kernel = compiled.compiled("play_loops", "follow_plays", large=True)
    if kernel is None or not nash or lattice.forced.any():
        return False
    moves = int(np.diff(lattice.first_edge).max())
    n, issues = lattice.discount.shape[1], lattice.value.shape[2]
    given = (lattice.first_edge, lattice.edge_target, lattice.member, lattice.bargain,
             lattice.never, lattice.discount, lattice.payoff_range(), lattice.flow, lattice.rate,
             lattice.lump, lattice.weights, lattice.value, lattice.curvature)
    play = (work.draw, np.searchsorted(work.draw, work.draw), work.before.label, work.value,
            work.consent, work.terms, GRAIN)
    order = np.argsort(lattice.level, kind="stable")
    done = np.zeros(len(work.draw), dtype=np.int64)
    room = regime_search.make_room(moves, n, issues, MOST)
    while kernel(tuple(map(np.ascontiguousarray, given)), play, room, order, done):
        solving.check()
        rows = np.flatnonzero(done < len(order))
        _states(work, rows, order[done[rows]], solving if search else None)
        done[rows] = np.where(work.good[rows], done[rows] + 1, len(order))
    return True


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


def _states(work: _Work, row: Ints, state: Ints, solving: Solving | None) -> None:
    """Solve a state of each of some plays (Q,), all at once; successors are solved."""
    lattice, before, draw = work.lattice, work.before, work.draw[row]
    first, last = lattice.first_edge[state], lattice.first_edge[state + 1]
    moves = int((last - first).max())
    if not moves:
        work.value[row, state] = lattice.flow[draw, state] / lattice.discount[draw]
        return
    at = first[:, None] + np.arange(moves)
    has: Bools = np.asarray(at < last[:, None])
    edge = np.where(has, at, 0)
    play: Ints = np.broadcast_to(row[:, None], edge.shape)
    after = np.where(has[..., None], work.value[play, lattice.edge_target[edge]], 0.0)
    term = np.where(has & (lattice.bargain[edge] >= 0), lattice.bargain[edge], -1)
    terms = (np.where(term[..., None] >= 0, before.terms[play, np.maximum(term, 0)], 0.0)
             if lattice.value.shape[1] else np.zeros((*has.shape, 0)))
    start = Regimes(np.where(has, before.label[play, edge], REFUSE),
                    np.where(has, before.consent[play, edge], 0.0), before.value[row, state], terms)
    once, back = _distinct(lattice, draw, state, after, start.label)
    problems = gather(lattice, draw[once], state[once], after[once])
    value, consent, found, sign = _solve(problems, Regimes(
        start.label[once], start.consent[once], start.value[once], start.terms[once]), solving)
    good: Bools = np.asarray(np.isfinite(value).all(axis=1))
    np.logical_and.at(work.good, row, good[back])
    work.value[row, state] = np.where(good[:, None], value, 0.0)[back]
    np.multiply.at(work.index, row, np.where(good, sign, 1)[back])
    work.consent[play[has], edge[has]] = consent[back][has]
    if lattice.value.shape[1]:
        bargained = term >= 0
        work.terms[play[bargained], term[bargained]] = found[back][bargained]


def _distinct(lattice: Lattice, draw: Ints, state: Ints, after: Floats, label: Ints,
              ) -> tuple[Ints, Ints]:
    """The first of each group of problems with the same point, state, inputs and regime, and for
    every problem which group it is of."""
    grain = GRAIN * lattice.payoff_range()[draw][:, None, :]
    key = np.column_stack([draw, state, np.rint(after / grain).astype(np.int64).reshape(
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
        nearest(pure, found.keep(left[owner]))
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
