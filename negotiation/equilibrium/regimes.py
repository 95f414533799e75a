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

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ..kernels import compiled, consent_search, regime_search
from ..kernels.regime_loops import LEFT, LISTED, MIXES, PROVED
from . import cyclic
from .component import Components
from .ends import compile_loops
from .problem import NASH, Problems
from .rescue import solve_surely
from .state import Answers, join

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Known = NDArray[np.int8]
#: goes on from a row, with so many rows of a list used; where it stopped, and how many are used now
Kernel = Callable[[int, int], tuple[int, int]]

#: equilibria in pure consents that one state may have
MOST = 16
#: boxes of branch and bound for a state with fixed payoffs, where they are cheap
FIXED_BOXES = 1000
UNPROVED = "every regime of pure consents was tried; that there is no other equilibrium is not " \
           "proved"
BETWEEN = "several equilibria in pure consents are listed; mixed ones between them are not " \
          "looked for"
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
    number = np.bincount(answers.owner, minlength=problems.size)
    answers.doubt = {p: BETWEEN if number[p] > 1 else UNPROVED
                     for p in np.flatnonzero(known == LISTED).tolist()}
    parts, mixing = [answers], np.flatnonzero(known == MIXES)
    if len(mixing):
        parts.append(_selected(problems, mixing, indifferent))
        known[parts[-1].owner] = LISTED
    left = np.flatnonzero((known == LEFT) | (known == MIXES))
    if len(left):
        parts.append(_in_general(problems, left, indifferent, boxes))
    return join(parts)


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
    known, found = np.full(problems.size, LEFT, dtype=np.int8), _Lists(problems)
    _fixed(problems, np.flatnonzero(~idle & fixed), known, found)
    _pure(problems, np.flatnonzero(~idle & ~fixed & nash & ~compelled), known, found)
    return found.answers(problems), known


class _Lists:
    """The equilibria that loops list, one after another: whose they are, V, consents, terms and the
    sign of the index; rows are added as they fill."""

    def __init__(self, problems: Problems) -> None:
        (size, moves, n), issues = problems.reward.shape, problems.value.shape[2]
        rows, self.used = size + size // 2 + MOST, 0
        self.owner, self.sign = (np.ones(rows, dtype=np.int64) for _ in range(2))
        self.value, self.consent = np.empty((rows, n)), np.empty((rows, moves))
        self.deal = np.zeros((rows, moves, issues))

    def fill(self, kernel: Kernel, rows: Ints) -> None:
        """Have a kernel go through some rows, with more room whenever it has none."""
        begin = 0
        while begin < len(rows):
            begin, self.used = kernel(begin, self.used)
            if begin < len(rows):
                for name in ("owner", "sign", "value", "consent", "deal"):
                    part = getattr(self, name)
                    setattr(self, name, np.concatenate([part, np.ones_like(part)]))

    def answers(self, problems: Problems) -> Answers:
        """Those of some problems, sorted by problem."""
        order = np.argsort(self.owner[:self.used], kind="stable")
        owner, n = self.owner[order], self.value.shape[1]
        consent = np.where(problems.chance[owner], 1.0, self.consent[order])
        deal = self.deal[order][:, :, None, :]
        return Answers(owner, self.value[order], consent, np.zeros(consent.shape),
                       np.broadcast_to(deal, (*deal.shape[:2], n, deal.shape[3])),
                       self.sign[order])


def _fixed(problems: Problems, rows: Ints, known: Known, found: _Lists) -> None:
    """All equilibria of some problems with fixed payoffs; none of those with a tie."""
    kernel = compiled.compiled("consent_loops", "list_states", large=True)
    assert kernel is not None
    moves, n = problems.reward.shape[1:]
    whole, room = np.zeros(problems.size, dtype=bool), consent_search.make_room(moves, n, MOST)
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member)
    found.fill(lambda begin, used: kernel(
        given, (whole, found.owner, found.value, found.consent, found.sign), room, rows,
        FIXED_BOXES, begin, used), rows)
    known[whole] = PROVED


def _pure(problems: Problems, rows: Ints, known: Known, found: _Lists) -> None:
    """The equilibria in pure consents of some problems with bargained terms."""
    kernel = compiled.compiled("regime_search", "solve_rows", large=True)
    assert kernel is not None
    (moves, n), issues = problems.reward.shape[1:], problems.value.shape[2]
    room, first = regime_search.make_room(moves, n, issues, MOST), found.used
    given = (problems.discount, problems.flow, problems.scale, problems.rate, problems.present,
             problems.reward, problems.member, problems.weights, problems.value,
             problems.curvature)
    found.fill(lambda begin, used: kernel(
        given, (known, found.owner, found.value, found.consent, found.deal), room, rows, begin,
        used), rows)
    found.sign[first:found.used] = 1


def _selected(problems: Problems, rows: Ints, indifferent: str) -> Answers:
    """The equilibria that vanishing noise selects in some problems, where they can be found."""
    compile_loops()
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
        if problems.size and not len(rows):
            continue  # to solve nothing takes its time, too
        found = solve_surely(problems.take(rows), indifferent, boxes=most)
        found.owner = rows[found.owner]
        found.doubt = {int(rows[p]): why for p, why in found.doubt.items()}
        parts.append(found)
    return join(parts)
