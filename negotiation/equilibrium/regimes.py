"""Equilibria of very many states at once, by compiled loops where there is a compiler.

Where thousands of draws of a game are solved, a state is bounds, a few bargains and comparisons
(:mod:`..kernels.regime_search`). A list is proved complete where bounds decide every move and one
bargain at most is made; elsewhere all regimes were tried, and mixed consents beside a pure
equilibrium are not looked for. Where every pure regime fails, the equilibrium that vanishing noise
selects is listed. With fixed payoffs a branch and bound lists all, mixed ones included. What the
loops leave (exact ties, terms that are not Nash, members who have to consent to terms) goes to the
general engine.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..kernels import compiled, consent_search, regime_search
from ..kernels.regime_loops import LEFT, LISTED, MIXES
from . import cyclic
from .component import Components
from .problem import NASH, Problems
from .rescue import solve_surely
from .state import Answers, join

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: equilibria in pure consents that one state may have
MOST = 16
#: boxes of branch and bound for a state with fixed payoffs, where they are cheap
FIXED_BOXES = 1000
UNPROVED = "every regime of pure consents was tried; that there is no other equilibrium is not " \
           "proved"
MIXED = "no regime of pure consents is an equilibrium: of mixed ones, the one that noise selects is " \
        "listed"


def quick_states(problems: Problems, indifferent: str, boxes: int = 3) -> Answers:
    """Every equilibrium in pure consents of each problem; ``boxes`` are for what is left over.

    Without a compiler the general engine does all.
    """
    if not compiled.available():
        return _in_general(problems, np.arange(problems.size), indifferent, boxes)
    bargained, asked = problems.bargained, problems.member.any(axis=2)
    idle = (problems.present & (problems.rate <= 0.0) & asked).any(axis=1)
    nash = ((problems.kind == NASH) | ~bargained).all(axis=1)
    compelled = (problems.forced.any(axis=2) & bargained).any(axis=1)
    fixed = ~bargained.any(axis=1)
    parts = [_fixed(problems, np.flatnonzero(~idle & fixed)),
             _pure(problems, np.flatnonzero(~idle & ~fixed & nash & ~compelled), indifferent)]
    found = np.concatenate([part.owner for part in parts])
    left = np.setdiff1d(np.arange(problems.size), found)
    return join([*parts, _in_general(problems, left, indifferent, boxes)])


def _fixed(problems: Problems, rows: Ints) -> Answers:
    """All equilibria of problems with fixed payoffs; none of those with a tie."""
    kernel = compiled.compiled("consent_loops", "list_states", large=True)
    part = problems.take(rows)
    (size, moves, n), count = part.reward.shape, np.zeros(len(rows), dtype=np.int64)
    values, consents = np.empty((size, MOST, n)), np.zeros((size, MOST, moves))
    sign = np.zeros((size, MOST), dtype=np.int64)
    given = (part.discount, part.flow, part.scale, part.rate, part.present, part.reward,
             part.member)
    assert kernel is not None
    kernel(given, (count, values, consents, sign), consent_search.make_room(moves, n, MOST),
           np.arange(size), FIXED_BOXES)
    terms = np.zeros((size, MOST, moves, part.value.shape[2]))
    return _answers(problems, rows, count, values, consents, terms, sign)


def _pure(problems: Problems, rows: Ints, indifferent: str) -> Answers:
    """The equilibria of problems with bargained terms in pure consents, or one that mixes."""
    kernel = compiled.compiled("regime_search", "solve_rows", large=True)
    part = problems.take(rows)
    (size, moves, n), issues = part.reward.shape, part.value.shape[2]
    known, count = np.zeros(size, dtype=np.int8), np.zeros(size, dtype=np.int64)
    values, consents = np.empty((size, MOST, n)), np.zeros((size, MOST, moves))
    deals = np.zeros((size, MOST, moves, issues))
    given = (part.discount, part.flow, part.scale, part.rate, part.present, part.reward,
             part.member, part.weights, part.value, part.curvature)
    assert kernel is not None
    kernel(given, (known, count, values, consents, deals),
           regime_search.make_room(moves, n, issues, MOST), np.arange(size))
    count[known == LEFT] = 0
    answers = _answers(problems, rows, count, values, consents, deals,
                       np.ones((size, MOST), dtype=np.int64))
    answers.doubt = dict.fromkeys(rows[known == LISTED].tolist(), UNPROVED)
    mixing = rows[known == MIXES]
    return join([answers, _selected(problems, mixing, indifferent)]) if len(mixing) else answers


def _answers(problems: Problems, rows: Ints, count: Ints, values: Floats, consents: Floats,
             terms: Floats, sign: Ints) -> Answers:
    """The first ``count`` (k,) of the equilibria listed for some problems."""
    at = np.repeat(np.arange(len(rows)), count)
    place = np.arange(len(at)) - np.repeat(np.cumsum(count) - count, count)
    owner, n = rows[at], values.shape[2]
    consent = np.where(problems.chance[owner], 1.0, consents[at, place])
    return Answers(owner, values[at, place], consent, np.zeros(consent.shape),
                   np.repeat(terms[at, place][:, :, None, :], n, axis=2), sign[at, place])


def _selected(problems: Problems, rows: Ints, indifferent: str) -> Answers:
    """The equilibria that vanishing noise selects in some problems, where they can be found."""
    part = problems.take(rows)
    found = cyclic.answer(Components(part, np.full(part.present.shape, -1), 1), indifferent,
                          select=True)
    found.owner = rows[found.owner]
    found.doubt = dict.fromkeys(found.owner.tolist(), MIXED)
    return found


def _in_general(problems: Problems, left: Ints, indifferent: str, boxes: int) -> Answers:
    """The equilibria of some problems by the general engine."""
    fixed = ~problems.bargained[left].any(axis=1)
    parts = []
    for rows, most in ((left[fixed], FIXED_BOXES), (left[~fixed], boxes)):
        found = solve_surely(problems.take(rows), indifferent, boxes=most)
        found.owner = rows[found.owner]
        found.doubt = {int(rows[p]): why for p, why in found.doubt.items()}
        parts.append(found)
    return join(parts)
