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
from ..kernels.regime_loops import LEFT, LISTED, MIXES, PROVED
from . import cyclic
from .component import Components
from .problem import NASH, Problems
from .rescue import solve_surely
from .state import Answers, join

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Known = NDArray[np.int8]

#: equilibria in pure consents that one state may have
MOST = 16
#: boxes of branch and bound for a state with fixed payoffs, where they are cheap
FIXED_BOXES = 1000
UNPROVED = "every regime of pure consents was tried; that there is no other equilibrium is not " \
           "proved"
MIXED = "no regime of pure consents is an equilibrium: of mixed ones, the one that noise selects " \
        "is listed"


def quick_states(problems: Problems, indifferent: str, boxes: int = 3) -> Answers:
    """Every equilibrium in pure consents of each problem; ``boxes`` are for what is left over.

    Without a compiler the general engine does all.
    """
    loops = listed(problems)
    if loops is None:
        return _in_general(problems, np.arange(problems.size), indifferent, boxes)
    answers, known = loops
    answers.doubt = dict.fromkeys(np.flatnonzero(known == LISTED).tolist(), UNPROVED)
    parts, mixing = [answers], np.flatnonzero(known == MIXES)
    if len(mixing):
        parts.append(_selected(problems, mixing, indifferent))
        known[parts[-1].owner] = LISTED
    left = np.flatnonzero((known == LEFT) | (known == MIXES))
    return join([*parts, _in_general(problems, left, indifferent, boxes)])


def listed(problems: Problems) -> tuple[Answers, Known] | None:
    """The equilibria that compiled loops list, and what is known of each problem's list:
    ``PROVED``, ``LISTED``, ``MIXES`` or ``LEFT`` (P,); None without a compiler."""
    if not compiled.available():
        return None
    # what certifies so many states is worth compiling as well
    compiled.compiled("duality_loops", "bound_rows", large=True)
    bargained, asked = problems.bargained, problems.member.any(axis=2)
    idle = (problems.present & (problems.rate <= 0.0) & asked).any(axis=1)
    nash = ((problems.kind == NASH) | ~bargained).all(axis=1)
    compelled = (problems.forced.any(axis=2) & bargained).any(axis=1)
    fixed = ~bargained.any(axis=1)
    known, parts = np.full(problems.size, LEFT, dtype=np.int8), []
    for solver, mine in ((_fixed, ~idle & fixed), (_pure, ~idle & ~fixed & nash & ~compelled)):
        rows = np.flatnonzero(mine)
        part, known[rows] = solver(problems.take(rows))
        part.owner = rows[part.owner]
        parts.append(part)
    return join(parts), known


def _fixed(problems: Problems) -> tuple[Answers, Known]:
    """All equilibria of problems with fixed payoffs; none of those with a tie."""
    kernel = compiled.compiled("consent_loops", "list_states", large=True)
    assert kernel is not None
    (size, moves, n), issues = problems.reward.shape, problems.value.shape[2]
    count, sign = np.zeros(size, dtype=np.int64), np.zeros((size, MOST), dtype=np.int64)
    values, consents = np.empty((size, MOST, n)), np.zeros((size, MOST, moves))
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member)
    kernel(given, (count, values, consents, sign), consent_search.make_room(moves, n, MOST),
           np.arange(size), FIXED_BOXES)
    found = _answers(problems, count, values, consents, np.zeros((size, MOST, moves, issues)), sign)
    return found, np.where(count > 0, PROVED, LEFT).astype(np.int8)


def _pure(problems: Problems) -> tuple[Answers, Known]:
    """The equilibria in pure consents of problems with bargained terms."""
    kernel = compiled.compiled("regime_search", "solve_rows", large=True)
    assert kernel is not None
    (size, moves, n), issues = problems.reward.shape, problems.value.shape[2]
    known, count = np.zeros(size, dtype=np.int8), np.zeros(size, dtype=np.int64)
    values, consents = np.empty((size, MOST, n)), np.zeros((size, MOST, moves))
    deals = np.zeros((size, MOST, moves, issues))
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member, problems.weights, problems.value,
             problems.curvature)
    kernel(given, (known, count, values, consents, deals),
           regime_search.make_room(moves, n, issues, MOST), np.arange(size))
    count[known == LEFT] = 0
    sign = np.ones((size, MOST), dtype=np.int64)
    return _answers(problems, count, values, consents, deals, sign), known


def _answers(problems: Problems, count: Ints, values: Floats, consents: Floats, terms: Floats,
             sign: Ints) -> Answers:
    """The first ``count`` (P,) of the equilibria listed for each problem."""
    owner, n = np.repeat(np.arange(problems.size), count), values.shape[2]
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    consent = np.where(problems.chance[owner], 1.0, consents[owner, place])
    return Answers(owner, values[owner, place], consent, np.zeros(consent.shape),
                   np.repeat(terms[owner, place][:, :, None, :], n, axis=2), sign[owner, place])


def _selected(problems: Problems, rows: Ints, indifferent: str) -> Answers:
    """The equilibria that vanishing noise selects in some problems, where they can be found."""
    compiled.compiled("logit_loops", "follow_rows", large=True)
    compiled.compiled("exact_loops", "sharpen_rows", large=True)
    found = cyclic.answer(Components.alone(problems.take(rows)), indifferent, select=True,
                          bare=True)
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
