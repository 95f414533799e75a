"""Equilibria of states near points that were solved: the regimes found there, tried first.

A **regime** of a state says which moves are refused, made, or mixed and who is then left without
gain. Where it is known from a point nearby, Newton's method on its equations replaces the search,
and the conditions of an equilibrium are then checked as the search does. A state in which no known
regime passes is searched from nothing. So nothing false is found, but equilibria in regimes that
neither neighbour has can be missed: points solved this way support no claim of completeness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.bounds import contract
from ..equilibrium.leaf import Candidates, active, effective, guess, index, linear, system
from ..equilibrium.nodes import MADE, MIX, REFUSED, UNDECIDED, Nodes, binding, roots
from ..equilibrium.points import Points, distinct, verify
from ..equilibrium.problem import ZERO, Problems, surplus, worth
from ..equilibrium.state import Answers, finish, join, solve_states
from ..equilibrium.ties import null_members
from .sweep import Block, Branches, Solving

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: regimes of one state that are tried
MOST_REGIMES = 12
#: how often conditions that fail are turned over before a state is searched from nothing
FLIPS = 4
#: undecided moves of a state whose pure regimes are tried in all combinations
HALVINGS = 5
#: residual at which Newton's method stops, and its steps
CLOSE, NEWTON_STEPS = 1e-14, 10
#: steps that are taken even where the residual grows
FREE_STEPS = 2


@dataclass(frozen=True, eq=False)
class Regimes:
    """Known solutions of one state: label, consent (K, M), value (K, n), terms (K, M, J)."""

    label: Ints
    consent: Floats
    value: Floats
    terms: Floats

    def joined(self, other: Regimes) -> Regimes:
        """These and another point's, each regime as often as the point that has it oftenest."""
        mine = Counter(row.tobytes() for row in self.label)
        seen: Counter[bytes] = Counter()
        new = np.zeros(len(other.label), dtype=bool)
        for k, row in enumerate(other.label):
            seen[row.tobytes()] += 1
            new[k] = seen[row.tobytes()] > mine[row.tobytes()]
        room = max(MOST_REGIMES - len(self.label), 0)
        keep = np.flatnonzero(new)[:room]
        return Regimes(*(np.concatenate([getattr(self, name), getattr(other, name)[keep]])
                         for name in ("label", "consent", "value", "terms")))


def remember(raw: Branches, draws: Iterable[int]) -> dict[int, Regimes]:
    """State → the regimes that some draws of a sweep found."""
    wanted = np.array(sorted(set(draws)))
    known: dict[int, Regimes] = {}
    for block in raw.blocks:
        if not block.answers.consent.shape[1] or block.label is None:
            continue
        mine = np.flatnonzero(np.isin(block.draw, wanted))
        for state in np.unique(block.state[mine]).tolist():
            rows = mine[block.state[mine] == state]
            rows = _starts(block, rows)
            found = Regimes(block.label[rows], block.answers.consent[rows],
                            block.answers.value[rows], block.terms[rows])
            known[state] = found if state not in known else known[state].joined(found)
    return known


def _starts(block: Block, rows: Ints) -> Ints:
    """One state's rows that are worth starting from: one for each regime or, where a regime holds
    several solutions of one problem, those of the problem that has most."""
    assert block.label is not None
    by: dict[bytes, dict[int, list[int]]] = {}
    for row in rows.tolist():
        by.setdefault(block.label[row].tobytes(), {}).setdefault(
            int(block.answers.owner[row]), []).append(row)
    return np.array(sorted(row for problems in by.values()
                           for row in max(problems.values(), key=len)), dtype=np.int64)


class Warm:
    """A local solver that tries the regimes of neighbouring points first.

    Args:
        known: for each draw of the lattice, state → regimes.
        lenient: leave a state in which no regime passes without an equilibrium, so that branches
            through it end, instead of searching it from nothing.
    """

    def __init__(self, known: Sequence[Mapping[int, Regimes]], lenient: bool = True) -> None:
        self.known, self.lenient = known, lenient

    def __call__(self, problems: Problems, draw: Ints, state: Ints, solving: Solving) -> Answers:
        odd = np.asarray((null_members(problems) | problems.forced).any(axis=(1, 2)))
        tries = [None if odd[p] else self.known[d].get(s)
                 for p, (d, s) in enumerate(zip(draw.tolist(), state.tolist(), strict=True))]
        owner = np.repeat(np.arange(problems.size),
                          [0 if t is None else len(t.label) for t in tries])
        given = [t for t in tries if t is not None]
        parts, left = [], np.ones(problems.size, dtype=bool)
        if given:
            start = Regimes(*(np.concatenate([getattr(t, name) for t in given])
                              for name in ("label", "consent", "value", "terms")))
            points = attempt(problems, owner, start)
            left[points.owner] = False
            left[points.owner[points.tied.any(axis=1)]] = True
            keep = ~left[points.owner]
            points = Points(*(getattr(points, name)[keep] for name in (
                "owner", "label", "value", "consent", "terms", "paid", "index", "tied")))
            parts.append(finish(problems, points, np.arange(problems.size), solving.indifferent))
            found = self._near(problems, np.flatnonzero(left & ~odd), tries)
            if found is not None:
                keep = ~np.asarray(found.tied.any(axis=1))
                left[found.owner[keep]] = False
                found = Points(*(getattr(found, name)[keep] for name in (
                    "owner", "label", "value", "consent", "terms", "paid", "index", "tied")))
                parts.append(finish(problems, found, np.arange(problems.size),
                                    solving.indifferent))
        rest = np.flatnonzero(left & ~odd)
        if len(rest) and self.lenient:
            found = _pure(problems.take(rest))
            keep = ~np.asarray(found.tied.any(axis=1))
            found = Points(rest[found.owner[keep]], *(getattr(found, name)[keep] for name in (
                "label", "value", "consent", "terms", "paid", "index", "tied")))
            parts.append(finish(problems, found, np.arange(problems.size), solving.indifferent))
        rest = np.flatnonzero(left & odd) if self.lenient else np.flatnonzero(left)
        if len(rest):
            cold = solve_states(problems.take(rest), solving.indifferent, False, solving.boxes)
            cold.owner = rest[cold.owner]
            cold.doubt = {int(rest[p]): why for p, why in cold.doubt.items()}
            parts.append(cold)
        return join(parts)

    def _near(self, problems: Problems, rows: Ints, tries: list[Regimes | None]) -> Points | None:
        """Equilibria of states where no known regime passes, a few turned conditions away."""
        rows = np.array([p for p in rows.tolist() if tries[p] is not None], dtype=np.int64)
        if not len(rows):
            return None
        mine = [t for t in (tries[p] for p in rows.tolist()) if t is not None]
        owner = np.repeat(rows, [len(t.label) for t in mine])
        start = Regimes(*(np.concatenate([getattr(t, name) for t in mine])
                          for name in ("label", "consent", "value", "terms")))
        return attempt(problems, owner, start, FLIPS)


def attempt(problems: Problems, owner: Ints, start: Regimes, turns: int = 0) -> Points:
    """What Newton's method makes of the regimes, where every condition holds; with ``turns``, of
    regimes in which conditions that failed were turned over that many times."""
    sub = problems.take(owner).without(problems.rate[owner] == 0)
    label = np.where(sub.chance, MADE, np.where(sub.present, start.label, REFUSED))
    points, before = _points(sub, label, start), label
    for _ in range(turns):
        start = Regimes(label, points.consent, np.where(points.good[:, None], points.value,
                                                        start.value), start.terms)
        turned = np.where(points.good[:, None], _flipped(sub, label, points, before), label)
        before, label = label, turned
        points = _points(sub, label, start)
    good, tied = verify(sub, label, points)
    keep = np.flatnonzero(good)
    order = keep[np.lexsort((*(-np.round(points.consent[keep], 9)).T[::-1], owner[keep]))]
    order = order[distinct(owner[order], points.value[order] / sub.scale[order],
                           points.consent[order])]
    sign = index(sub.take(order), label[order], points.value[order], points.consent[order],
                 points.terms[order][:, :, 0])
    return Points(owner[order], label[order], points.value[order], points.consent[order],
                  points.terms[order], points.paid[order], sign, tied[order])


def _pure(problems: Problems) -> Points:
    """Equilibria in pure regimes that bounds leave open, by best responses and Newton's method."""
    sub = problems.without(problems.rate == 0)
    nodes = roots(sub)
    contract(sub, nodes)
    nodes = nodes.take(~nodes.empty)
    for _ in range(HALVINGS):
        open_ = (nodes.label == UNDECIDED).any(axis=1)
        if not open_.any():
            break
        both, other = nodes.take(open_), nodes.take(open_)
        at = (both.label == UNDECIDED).argmax(axis=1)
        both.label[np.arange(len(at)), at] = MADE
        other.label[np.arange(len(at)), at] = REFUSED
        nodes = Nodes.join([nodes.take(~open_), both, other])
    nodes = nodes.take((nodes.label != UNDECIDED).all(axis=1))
    mine = problems.take(nodes.owner)
    value, terms = guess(mine.without(mine.rate == 0), nodes.label, nodes.hint)
    fine = np.flatnonzero(np.isfinite(value).all(axis=1))
    start = Regimes(nodes.label[fine], np.full(nodes.label[fine].shape, 0.5), value[fine],
                    terms[fine])
    return attempt(problems, nodes.owner[fine], start)


def _points(sub: Problems, label: Ints, start: Regimes) -> Candidates:
    """The solutions of labelled states' equations."""
    live = active(sub, label).any(axis=1)
    points = _blank(sub)
    for rows, solve in ((np.flatnonzero(~live), _linear), (np.flatnonzero(live), _newton)):
        if len(rows):
            some = Regimes(label[rows], start.consent[rows], start.value[rows], start.terms[rows])
            part = solve(sub.take(rows), some)
            for name in ("value", "consent", "terms", "paid", "good", "odd"):
                getattr(points, name)[rows] = getattr(part, name)
    return points


def _blank(problems: Problems) -> Candidates:
    size, moves, n = problems.reward.shape
    issues = problems.value.shape[2]
    return Candidates(np.zeros((size, n)), np.zeros((size, moves)),
                      np.zeros((size, moves, n, issues)), np.zeros((size, moves, n)),
                      np.zeros(size, dtype=bool), np.zeros(size, dtype=bool))


def _linear(problems: Problems, start: Regimes) -> Candidates:
    found = linear(problems, start.label)
    found.good &= ~found.odd
    return found


def _newton(problems: Problems, start: Regimes) -> Candidates:
    """Newton's method from close by: full steps, while they help; the first few in any case, since
    where mixes pin values and consents both move, what is left over is their product."""
    label, n = start.label, start.value.shape[1]
    reduced, pinned = effective(problems, label)
    mixed = label >= MIX
    value = start.value.copy()
    consent = np.where(mixed, start.consent, (label == MADE).astype(float))
    exact = bool((binding(label, n).sum(axis=2) > 1).any())
    here = system(reduced, label, value, consent, None if exact else start.terms)
    norm = np.abs(here.residual).max(axis=1)
    todo = np.flatnonzero((norm > CLOSE) & np.isfinite(norm))
    for turn in range(NEWTON_STEPS):
        if not len(todo):
            break
        step = _solve(here.jacobian[todo], here.residual[todo])
        v = value[todo] - step[:, :n] * problems.scale[todo]
        a = np.where(mixed[todo], consent[todo] - step[:, n:], consent[todo])
        hint = None if exact else here.terms[todo][:, :, 0]
        trial = system(reduced.take(todo), label[todo], v, a, hint)
        size = np.abs(trial.residual).max(axis=1)
        better = np.isfinite(size) & ((size < norm[todo]) | (turn < FREE_STEPS))
        rows = todo[better]
        value[rows], consent[rows], norm[rows] = v[better], a[better], size[better]
        for name in ("residual", "jacobian", "terms", "paid"):
            getattr(here, name)[rows] = getattr(trial, name)[better]
        todo = rows[norm[rows] > CLOSE]
    good = (norm < 1e-12) & np.isfinite(value).all(axis=1)
    return Candidates(value, consent, here.terms + pinned[:, :, None, :],
                      here.paid + worth(problems, pinned), good, np.zeros(len(good), dtype=bool))


def _solve(jacobian: Floats, residual: Floats) -> Floats:
    try:
        step = np.linalg.solve(jacobian, residual[..., None])[..., 0]
    except np.linalg.LinAlgError:
        step = np.einsum("kij,kj->ki", np.linalg.pinv(jacobian), residual)
    return np.asarray(np.where(np.isfinite(step), step, 0.0))


def _flipped(problems: Problems, label: Ints, points: Candidates, before: Ints) -> Ints:
    """The regimes with every condition that failed turned over: a start for a neighbour's. A move
    that would turn back to what it was ``before`` is mixed."""
    scale = problems.scale[:, None, :]
    gain = (problems.reward + points.paid - points.value[:, None, :]) / scale
    least = np.where(problems.member, gain, np.inf).min(axis=2)
    who = np.where(problems.member, gain, np.inf).argmin(axis=2)
    asked = problems.present & problems.member.any(axis=2)
    sigma = least.copy()
    rows, cols = np.nonzero(asked & problems.bargained & (label == REFUSED))
    if len(rows):
        sigma[rows, cols] = surplus(problems, (rows, cols), points.value[rows])
    new = np.where(asked & (label == MADE) & (least < -ZERO), REFUSED, label)
    new = np.where(asked & (label == REFUSED) & (sigma > ZERO), MADE, new)
    mixed = label >= MIX
    new = np.where(mixed & (points.consent < 0.0), REFUSED, new)
    new = np.where(mixed & (points.consent > 1.0), MADE, new)
    other = mixed & (new == label) & (least < -ZERO)
    other |= asked & ~mixed & (new != label) & (new == before)
    out: Ints = np.where(other, MIX + (1 << who), new)
    return out
