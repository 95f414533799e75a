"""Equilibria of very many states at once, by compiled loops where there is a compiler.

Where thousands of draws of a game are solved, a state is bounds, a few bargains and comparisons
(:mod:`..kernels.regime_search`). What the loops leave (exact ties, no equilibrium in pure consents,
terms that are not Nash, fixed payoffs that bounds do not decide) goes to the general engine. A list
is proved complete where bounds decide every move and one bargain at most is made; elsewhere all
regimes were tried, and mixed consents beside a pure equilibrium are not looked for.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..kernels import compiled
from ..kernels.regime_loops import LEFT, PROVED
from ..kernels.regime_search import make_room
from .problem import NASH, Problems
from .rescue import solve_surely
from .state import Answers, join

Ints = NDArray[np.int64]

#: equilibria in pure consents that one state may have
MOST = 16
#: boxes of branch and bound for a state with fixed payoffs, where they are cheap
FIXED_BOXES = 1000
UNPROVED = "every regime of pure consents was tried; that there is no other equilibrium is not " \
           "proved"


def quick_states(problems: Problems, indifferent: str, boxes: int = 3) -> Answers:
    """Every equilibrium in pure consents of each problem; ``boxes`` are for what is left over.

    Without a compiler the general engine does all.
    """
    found = listed(problems)
    if found is None:
        return _in_general(problems, np.arange(problems.size), indifferent, boxes)
    answers, known = found
    # with fixed payoffs the general engine proves what the loops only list, mixed consents included
    done = np.where(problems.bargained.any(axis=1), known != LEFT, known == PROVED)
    answers = answers.keep(done[answers.owner])
    answers.doubt = dict.fromkeys(np.flatnonzero(done & (known != PROVED)).tolist(), UNPROVED)
    return join([answers, _in_general(problems, np.flatnonzero(~done), indifferent, boxes)])


def listed(problems: Problems) -> tuple[Answers, Ints] | None:
    """The equilibria in pure consents that compiled loops find, and what is known of each problem's
    list: ``PROVED``, ``LISTED`` or ``LEFT`` (P,); None without a compiler."""
    kernel = compiled.compiled("regime_search", "solve_rows", large=True)
    if kernel is None:
        return None
    size, moves, n = problems.reward.shape
    issues = problems.value.shape[2]
    nash = ((problems.kind == NASH) | ~problems.bargained).all(axis=1)
    idle = problems.present & (problems.rate <= 0.0) & problems.member.any(axis=2)
    compelled = (problems.forced.any(axis=2) & problems.bargained).any(axis=1)
    rows = np.flatnonzero(nash & ~idle.any(axis=1) & ~compelled)
    known, count = np.full(size, LEFT, dtype=np.int8), np.zeros(size, dtype=np.int64)
    values, consents = np.empty((size, MOST, n)), np.zeros((size, MOST, moves))
    deals = np.zeros((size, MOST, moves, issues))
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member, problems.weights, problems.value,
             problems.curvature)
    kernel(given, (known, count, values, consents, deals), make_room(moves, n, issues, MOST), rows)
    count[known == LEFT] = 0
    owner = np.repeat(np.arange(size), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    consent = np.where(problems.chance[owner], 1.0, consents[owner, place])
    terms = np.repeat(deals[owner, place][:, :, None, :], n, axis=2)
    return Answers(owner, values[owner, place], consent, np.zeros(consent.shape), terms,
                   np.ones(len(owner), dtype=np.int64), {}, {}), known.astype(np.int64)


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
