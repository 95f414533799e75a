"""What no equilibrium of a state with encounters can be: bounds on values, dominated actions.

V_i is the most or the least that free choice of all open consents and profiles could bring (a
linear fractional programme, solved by policy iteration: Howard 1960). Over these bounds moves are
decided whose surplus has one sign, and actions go that another beats against every profile of the
others; then the bounds are taken again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..nodes import MADE, REFUSED, UNDECIDED, best_worth
from ..problem import ZERO, Problems, surplus
from .request import Clash

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
#: per clash and player, the actions that may be played
Kept = list[list[Ints]]

#: gains up to this share of a player's payoff range are ties
TIE = 1e-10
ROUNDS, TURNS = 20, 200


@dataclass(eq=False)
class Pruned:
    """What is left of a state: bounds on V (n,), labels of moves (M,), actions of every clash."""

    low: Floats
    high: Floats
    label: Ints
    kept: Kept

    @property
    def open(self) -> Ints:
        """The moves that are not decided."""
        return np.flatnonzero(self.label == UNDECIDED)


def prune(problem: Problems, clashes: Sequence[Clash]) -> Pruned:
    """Decide what can be decided in one state (one row; values elsewhere are given)."""
    asked = (problem.present & problem.member.any(axis=2) & (problem.rate > 0))[0]
    label = np.where(asked, UNDECIDED, np.where(problem.chance[0] & (problem.rate[0] > 0), MADE,
                                                REFUSED))
    kept = [[np.arange(m) for m in clash.shape] for clash in clashes]
    low, high = bounds(problem, clashes, label, kept)
    for _ in range(ROUNDS):
        changed = _decide(problem, label, low, high)
        for clash, actions in zip(clashes, kept, strict=True):
            changed |= drop_dominated(clash, actions, low, high, TIE * problem.scale[0])
        if not changed:
            break
        low, high = bounds(problem, clashes, label, kept)
    return Pruned(low, high, label, kept)


def bounds(problem: Problems, clashes: Sequence[Clash], label: Ints, kept: Kept,
           ) -> tuple[Floats, Floats]:
    """(n,) the least and the most that V can be, given labels and the actions that are left."""
    v, c = problem.value[0], problem.curvature[0]
    least = problem.reward[0] + np.minimum(0.0, v - 0.5 * c).sum(axis=1)
    most = problem.reward[0] + best_worth(problem.value, problem.curvature)[1][0].sum(axis=1)
    ends = []
    for side, pay in ((-1.0, -least), (1.0, most)):
        parts = [(side * clash.pay[:, profiles(clash, actions)],
                  clash.changes[profiles(clash, actions)], clash.rate)
                 for clash, actions in zip(clashes, kept, strict=True)]
        value = side * problem.flow[0] / problem.discount[0]
        for _ in range(TURNS):
            weight = np.where(label[:, None] == MADE, 1.0, np.where(
                label[:, None] == REFUSED, 0.0, pay > value)) * problem.rate[0][:, None]
            num = side * problem.flow[0] + (weight * pay).sum(axis=0)
            den = problem.discount[0] + weight.sum(axis=0)
            for worth, changes, rate in parts:
                best = (worth - changes * value[:, None]).argmax(axis=1)
                num = num + rate * worth[np.arange(len(best)), best]
                den = den + rate * changes[best]
            new = num / den
            if np.abs(new - value).max() <= 1e-14 * (1.0 + np.abs(value).max()):
                break
            value = new
        ends.append(side * new)
    slack = 4 * ZERO * problem.scale[0]
    return ends[0] - slack, ends[1] + slack


def _decide(problem: Problems, label: Ints, low: Floats, high: Floats) -> bool:
    """Decide moves whose σ has one sign over the bounds, in place; whether any was."""
    moves = np.flatnonzero(label == UNDECIDED)
    if not len(moves):
        return False
    at = (np.zeros(len(moves), dtype=np.int64), moves)
    sure = surplus(problem, at, np.repeat(high[None], len(moves), axis=0)) > ZERO
    never = surplus(problem, at, np.repeat(low[None], len(moves), axis=0)) < -ZERO
    label[moves[sure]], label[moves[never]] = MADE, REFUSED
    return bool((sure | never).any())


def drop_dominated(clash: Clash, actions: list[Ints], low: Floats, high: Floats, tie: Floats,
                   ) -> bool:
    """Take away actions that another one beats at every V in the bounds, in place; if any was.

    What an action gains over another is linear in V_i, so the ends of its bounds decide.
    """
    dropped = False
    for k, i in enumerate(clash.players):
        here = [clash.pay[i] + (1.0 - clash.changes) * v for v in (low[i], high[i])]
        tables = [np.moveaxis(table.reshape(clash.shape)[np.ix_(*actions)], k, 0).reshape(
            len(actions[k]), -1) for table in here]
        beaten = np.ones((len(actions[k]),) * 2, dtype=bool)
        for table in tables:
            beaten &= (table[None] - table[:, None] > tie[i]).all(axis=2)
        good = ~beaten.any(axis=1)
        if not good.all():
            actions[k], dropped = actions[k][good], True
    return dropped


def profiles(clash: Clash, actions: Sequence[Ints]) -> Ints:
    """The numbers of the profiles that are left."""
    return np.arange(len(clash.changes)).reshape(clash.shape)[np.ix_(*actions)].ravel()
