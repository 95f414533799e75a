"""All equilibria of open states under the rule for indifference: what the traversal calls."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from . import ties
from .branch import solve_problems
from .leaf import index as index_of
from .nodes import MADE, MIX, REFUSED
from .points import TIE, Points
from .problem import ZERO, Problems, settle, surplus
from .watch import Watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: null members' consents that are varied jointly under the rule "all"
MOST_NULL_MOVES = 6


@dataclass(eq=False)
class Answers:
    """k equilibria of P states, sorted by owner, consents first.

    value (k, n); consent, sigma (k, M), σ in payoff units; terms (k, M, n, J), a set per proposer;
    index (k,), 0 where it is not defined; ``continua`` row → the continua that the row was picked
    from; ``doubt`` problem → why its list is not proved complete; ``play`` (k, Q) the mixed actions
    of encounters, where the states have any (consents of their events are probabilities).
    """

    owner: Ints
    value: Floats
    consent: Floats
    sigma: Floats
    terms: Floats
    index: Ints
    continua: dict[int, tuple[ties.Continuum, ...]] = field(default_factory=dict)
    doubt: dict[int, str] = field(default_factory=dict)
    play: Floats | None = None

    def keep(self, rows: Bools) -> Answers:
        """The answers of some rows."""
        return self.rows(np.flatnonzero(rows))

    def rows(self, rows: Ints) -> Answers:
        """The answers of some rows, by number."""
        place = {int(old): new for new, old in enumerate(rows)} if self.continua else {}
        return Answers(self.owner[rows], self.value[rows], self.consent[rows], self.sigma[rows],
                       self.terms[rows], self.index[rows],
                       {place[k]: c for k, c in self.continua.items() if k in place}, self.doubt,
                       None if self.play is None else self.play[rows])

    def every(self, first: int, step: int) -> Answers:
        """The answers of every ``step``-th row from ``first`` on: one state of each component."""
        return Answers(self.owner[first::step], self.value[first::step], self.consent[first::step],
                       self.sigma[first::step], self.terms[first::step], self.index[first::step],
                       play=None if self.play is None else self.play[first::step])

    def select(self, problems: Ints, moves: int, issues: int) -> Answers:
        """The answers of some problems in a new order, cut to fewer moves and issues."""
        begin = np.searchsorted(self.owner, problems)
        count = np.searchsorted(self.owner, problems, side="right") - begin
        owner = np.repeat(np.arange(len(problems)), count)
        first = np.repeat(np.cumsum(count) - count, count)
        row = np.repeat(begin, count) + np.arange(len(owner)) - first
        continua = {new: self.continua[old] for new, old in enumerate(row.tolist())
                    if old in self.continua}
        doubt = {new: self.doubt[old] for new, old in enumerate(problems.tolist())
                 if old in self.doubt}
        return Answers(owner, self.value[row], self.consent[row, :moves], self.sigma[row, :moves],
                       self.terms[row, :moves, :, :issues], self.index[row], continua, doubt)


def solve_states(problems: Problems, indifferent: str, first: bool = False, boxes: int = 1000,
                 watch: Watch | None = None) -> Answers:
    """Every equilibrium of every problem; on a continuum the points that ``indifferent`` picks.

    With ``first`` at least one equilibrium of every problem, and no statement about others.
    ``boxes`` are those that each problem may cost; ``watch`` may end proofs before.
    """
    null = ties.null_members(problems)
    has_null = np.asarray(null.any(axis=(1, 2)))
    fixed = ~np.asarray(problems.bargained.any(axis=1))
    plain = solve_problems(problems.take(~has_null), first, boxes, watch)
    rows = np.flatnonzero(~has_null)
    parts = [finish(problems, plain, rows, indifferent)]
    tied = [p for p in (int(rows[q]) for q, why in plain.doubt.items() if why == TIE) if fixed[p]]
    for p in sorted([*tied, *np.flatnonzero(has_null & fixed).tolist()]):
        answer = _by_arrangement(problems, p, indifferent)
        if answer is not None:
            parts[0] = _without(parts[0], p)
            parts.append(answer)
        elif has_null[p]:
            parts.append(_with_null(problems, p, null[p], indifferent, boxes))
    parts += [_with_null(problems, int(p), null[p], indifferent, boxes)
              for p in np.flatnonzero(has_null & ~fixed)]
    return join(parts)


def finish(problems: Problems, points: Points, rows: Ints, indifferent: str,
           bare: bool = False) -> Answers:
    """Complete the points of problems ``rows``: idle moves' consents, every σ and all terms; with
    ``bare`` no σ, and the terms of what is made alone."""
    owner = rows[points.owner]
    sub = problems.take(owner)
    sigma = np.zeros(points.consent.shape)
    asked = sub.present & sub.member.any(axis=2)
    at = np.nonzero(asked)
    if len(at[0]) and not bare:
        sigma[at] = surplus(sub, at, points.value[at[0]], scaled=False)
    consent = np.clip(points.consent, 0.0, 1.0)
    consent = np.where(sub.chance, 1.0, consent)
    silent = sub.present & (sub.rate == 0)
    idle = asked & silent
    at = np.nonzero(idle)
    if len(at[0]):
        ready = surplus(sub, at, points.value[at[0]]) > (
            ZERO if indifferent == "refuse" else -ZERO)
        consent[at] = ready
    terms = points.terms
    at = np.nonzero(sub.bargained & (((points.label == REFUSED) & asked & (not bare)) | silent))
    if len(at[0]):
        terms[at] = settle(sub, at, points.value[at[0]])[0]
    doubt = {int(rows[p]): why for p, why in points.doubt.items()}
    return Answers(owner, points.value, consent, sigma, terms, points.index, {}, doubt)


def _by_arrangement(problems: Problems, p: int, indifferent: str) -> Answers | None:
    """The components of one state with fixed payoffs; None when they are too many to enumerate."""
    problem = problems.take(np.array([p]))
    components = ties.arrangement(problem)
    if components is None:
        return None
    consents, continua, varies = [], [], False
    for extremes, continuum in components:
        if continuum is None or indifferent == "all":
            chosen = extremes
            varies |= continuum is not None and continuum.value_varies
        else:
            total = extremes.sum(axis=1)
            chosen = extremes[[total.argmax() if indifferent == "consent" else total.argmin()]]
        for row in chosen:
            consents.append(row)
            continua.append((continuum,) if continuum is not None else ())
    consent = np.array(consents)
    order = np.lexsort((-consent).T[::-1])
    consent = consent[order]
    size, (moves, n) = len(consent), problem.reward.shape[1:]
    label = _mixed_labels(problem, consent, np.where(consent == 1.0, MADE, REFUSED))
    owner = np.full(size, p)
    value = ties.value_of(problem, consent)
    points = Points(np.zeros(size, dtype=np.int64), label, value, consent,
                    np.zeros((size, moves, n, problem.value.shape[2])),
                    np.zeros((size, moves, n)), np.zeros(size, dtype=np.int64),
                    np.zeros((size, moves), dtype=bool))
    isolated = np.array([not continua[k] for k in order])
    if isolated.any():
        take = np.flatnonzero(isolated)
        points.index[take] = index_of(problem.take(np.zeros(len(take), dtype=np.int64)),
                                      label[take], value[take], consent[take])
    answer = finish(problems, points, np.array([p]), indifferent)
    answer.owner = owner
    answer.continua = {row: continua[k] for row, k in enumerate(order) if continua[k]}
    if varies:
        answer.doubt[p] = CONTINUUM
    return answer


CONTINUUM = "equilibria form a continuum of which only extreme points are listed"


def _mixed_labels(problem: Problems, consent: Floats, label: Ints) -> Ints:
    """Give every mixed consent the label of the member whom it leaves indifferent."""
    value = ties.value_of(problem, consent)
    gain = np.abs(problem.reward[0] - value[:, None, :]) / problem.scale[0]
    who = np.where(problem.member[0], gain, np.inf).argmin(axis=2)
    mixed = (consent > 0) & (consent < 1)
    out: Ints = np.where(mixed, MIX + (1 << who), label)
    return out


def _with_null(problems: Problems, p: int, null: Bools, indifferent: str, boxes: int,
               ) -> Answers:
    """A state where some members are null: their consents are free, so the rule fixes them."""
    moves = np.flatnonzero(null.any(axis=1))
    one = np.array([p])
    choices: list[tuple[bool, ...]] = [(indifferent != "refuse",) * len(moves)]
    doubt = None
    if indifferent == "all":
        if len(moves) <= MOST_NULL_MOVES:
            choices = list(itertools.product((True, False), repeat=len(moves)))
        else:
            doubt = CONTINUUM
    parts = []
    for choice in choices:
        problem = problems.take(one)
        problem = problem.with_members(problem.member & ~null)
        refused = np.zeros(problem.present.shape, dtype=bool)
        refused[0, moves[~np.array(choice)]] = True
        points = solve_problems(problem.without(refused), boxes=boxes)
        answer = finish(problem, points, np.array([0]), indifferent)
        name_null(problem, answer, moves, null, np.array(choice))
        answer.owner = np.full(len(answer.owner), p)
        answer.doubt = dict.fromkeys([p], "; ".join(answer.doubt.values())) if answer.doubt else {}
        parts.append(answer)
    result = _unique(join(parts))
    if indifferent == "all" and any(c.value_varies for cs in result.continua.values() for c in cs):
        doubt = CONTINUUM
    if doubt:
        result.doubt[p] = doubt
    return result


def name_null(problem: Problems, answer: Answers, moves: Ints, null: Bools, willing: Bools,
               ) -> None:
    """Record which null moves are ties: those that every other member would make."""
    for row in range(len(answer.owner)):
        found = []
        for m, yes in zip(moves, willing, strict=True):
            others = problem.member[0, m].any()
            if others and answer.sigma[row, m] < -ZERO * problem.scale.max():
                continue
            gain = problem.reward[0, m] - answer.value[row]
            varies = problem.rate[0, m] > 0 and (
                np.abs(gain) > ZERO * problem.scale[0]).any()
            found.append(ties.Continuum(
                moves=(int(m),), actors=tuple(int(i) for i in np.flatnonzero(null[m])),
                extremes=((1.0,), (0.0,)), value_varies=bool(varies)))
            answer.consent[row, m] = float(yes)
        if found:
            answer.continua[row] = tuple(found)


def _without(answers: Answers, p: int) -> Answers:
    left = answers.keep(answers.owner != p)
    left.doubt = {q: why for q, why in answers.doubt.items() if q != p}
    return left


def _unique(answers: Answers) -> Answers:
    """Drop rows of one problem that repeat an earlier one."""
    keep: list[int] = []
    for row in range(len(answers.owner)):
        if not any(np.abs(answers.consent[row] - answers.consent[k]).max(initial=0.0) < 1e-9
                   and np.allclose(answers.value[row], answers.value[k], rtol=1e-9, atol=1e-12)
                   for k in keep):
            keep.append(row)
    return Answers(answers.owner[keep], answers.value[keep], answers.consent[keep],
                   answers.sigma[keep], answers.terms[keep], answers.index[keep],
                   {new: answers.continua[old] for new, old in enumerate(keep)
                    if old in answers.continua}, answers.doubt)


def join(parts: list[Answers]) -> Answers:
    """Stack answers and sort by owner; within an owner the order of the parts is kept."""
    some = [part for part in parts if len(part.owner)] or parts[:1]
    if len(some) == 1:
        alone = some[0]
        return replace(alone, doubt={p: why for part in parts for p, why in part.doubt.items()})
    owner = np.concatenate([part.owner for part in parts])
    order = np.argsort(owner, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    continua, doubt, begin = {}, {}, 0
    for part in parts:
        continua.update({int(place[begin + row]): found for row, found in part.continua.items()})
        doubt.update(part.doubt)
        begin += len(part.owner)
    value, consent, sigma, terms, index = (
        np.concatenate([getattr(part, name) for part in parts])[order]
        for name in ("value", "consent", "sigma", "terms", "index"))
    plays = [part.play for part in parts if part.play is not None]
    play = np.concatenate(plays)[order] if len(plays) == len(parts) else None
    return Answers(owner[order], value, consent, sigma, terms, index, continua, doubt, play)
