"""Which equilibria are kept where there are more than a list may have: those that lead furthest
apart.

A large game with several equilibria in some states has products of them: more than anyone can list.
The first of them in any order are nearly all alike, and their range says little of the range of
all. Here branches of the tree, of which the later states are solved and the earlier ones are not,
are ranked by what they can still lead to: for every state that is still asked for, the discounted
chance of each outcome and the payoff of each actor. The lowest and the highest of each sum are
kept. Payoffs count because a poor prospect elsewhere is what others agree for.

This is a beam search (Lowerre 1976, *The HARPY speech recognition system*): what it keeps are
equilibria like any other, and their range is an inner bound of the range of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from ..model import Condition, Game
from .state import Answers

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: scores closer than this are the same, so that one branch stands for all that have them
SAME = 1e-9
#: how far beyond a cap branches may grow before they are cut back to it
ROOM = 4


class Solved(Protocol):
    """Nodes that were solved in one call: their ids from ``begin``, the draw and the state of each
    (T,), and the nodes that its moves lead to (T, M), −1 where there is none (yet)."""

    begin: int
    draw: Ints
    state: Ints
    follow: Ints
    answers: Answers


@dataclass(frozen=True, eq=False)
class Goals:
    """What branches are to lead to or away from: the sets of states ``inside`` (K, S), by dates
    whose chances fall at ``rate``; and every actor's payoff."""

    inside: Bools
    rate: float

    @staticmethod
    def of(lattice: Lattice, by: float, conditions: Iterable[Condition] | None = None) -> Goals:
        """States in which conditions hold (the game's outcomes when left out), by about a date."""
        if conditions is None:
            conditions = outcome_conditions(lattice.game, lattice.game.outcomes)
        sets = [lattice.holds(when) for when in conditions]
        rate = 1.0 / by if by > 0.0 else np.inf
        return Goals(np.array(sets, dtype=bool).reshape(len(sets), len(lattice.states)), rate)

    def extended(self, lattice: Lattice, blocks: Sequence[Solved], value: Floats,
                 known: Floats | None) -> Floats:
        """(N, K + n) what all nodes so far are worth, given that of the first; ``value`` (N, n)."""
        if known is None:
            known = np.zeros((0, len(self.inside) + value.shape[1]))
        for block in blocks:
            if block.begin >= len(known):
                mine = value[block.begin:block.begin + len(block.state)]
                known = np.concatenate([known, self.scores(
                    lattice, block.draw, block.state, block.follow, block.answers.consent, mine,
                    known)])
        return known

    def scores(self, lattice: Lattice, draw: Ints, state: Ints, follow: Ints, consent: Floats,
               value: Floats, known: Floats) -> Floats:
        """(T, K + n) what T nodes are worth to each goal.

        Args:
            draw, state: (T,) whose node each is; ``consent`` (T, M), ``value`` (T, n).
            follow: (T, M) the nodes that its moves lead to, −1 where there is none (yet).
            known: (N, K + n) what the nodes before are worth.
        """
        size, goals = len(state), len(self.inside)
        chance = np.zeros((size, goals))
        if consent.shape[1] and goals:
            at = lattice.first_edge[state][:, None] + np.arange(consent.shape[1])
            has = (at < lattice.first_edge[state + 1][:, None]) & (follow >= 0)
            flow = np.where(has, consent * lattice.rate[draw[:, None], np.where(has, at, 0)], 0.0)
            onward = known[np.maximum(follow, 0), :goals]
            chance = (flow[:, :, None] * onward).sum(axis=1)
            chance /= (self.rate + flow.sum(axis=1))[:, None]
        chance[self.inside[:, state].T] = 1.0
        return np.concatenate([chance, value / lattice.payoff_range()[draw]], axis=1)


def outcome_conditions(game: Game, names: Iterable[str]) -> tuple[Condition, ...]:
    """When some outcomes hold; those that are about how a posture is played have no states."""
    return tuple(game.outcomes[name].when for name in names if not game.outcomes[name].posture)


def together(score: Floats, node: Ints) -> Floats:
    """(B, K) what the nodes (B, F) of some branches are worth together; a column at a time, since
    branches can be many."""
    worth = np.zeros((len(node), score.shape[1]))
    for column in node.T:
        worth += score[column]
    return worth


def cut_back(draw: Ints, most: int, keep: int, worth: Callable[[Ints], Floats]) -> Ints:
    """Which branches (B,), sorted by draw, stay: all of a draw that has no more than ``most``, of
    others the ``keep`` that lead furthest apart by what they are ``worth`` (rows → scores)."""
    many = np.bincount(draw)[draw] > most
    rows = np.flatnonzero(many)
    kept = rows[furthest(draw[rows], worth(rows), keep)]
    return np.sort(np.concatenate([np.flatnonzero(~many), kept]))


def furthest(draw: Ints, score: Floats, cap: int) -> Ints:
    """Which branches (B,), sorted by draw, are kept of each draw, ascending: ``cap`` at most, those
    that come first or last by some score (B, K); one of those that are alike in all comes before
    the others."""
    size = len(draw)
    first, last = np.searchsorted(draw, draw), np.searchsorted(draw, draw, side="right") - 1
    place, best = np.arange(size), np.full(size, size)
    score = np.rint(score / SAME)
    for column in score.T:
        order = np.lexsort((column, draw))
        best[order] = np.minimum(best[order], np.minimum(place - first, last - place))
    _, one = np.unique(np.column_stack([draw, score]), axis=0, return_index=True)
    again = np.ones(size, dtype=bool)
    again[one] = False
    order = np.lexsort((place, best, again, draw))
    kept: Ints = np.sort(order[place - first < cap])
    return kept
