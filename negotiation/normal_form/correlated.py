"""Correlated and coarse correlated equilibria: what a mediator can get the players to do.

A mediator draws a profile from a known distribution and tells each player its own part. The
distribution is a *correlated* equilibrium where nobody gains by doing something else than it is
told, and a *coarse* one where nobody gains by deciding on an action before it is told. Each is a
set of linear inequalities, so that the best one for an objective is a linear program.

Sources: Aumann 1974, "Subjectivity and correlation in randomized strategies", J. Mathematical
Economics 1; Moulin & Vial 1978, "Strategically zero-sum games", Int. J. Game Theory 7 (coarse).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError, NumericalError, UnknownNameError
from .game import NormalFormGame

Floats = NDArray[np.float64]

#: kinds of equilibrium, and the objectives that need no further word
KINDS = ("correlated", "coarse")
OBJECTIVES = ("sum", "worst-off")
#: regret, in units of the payoff ranges, above which an answer is not given
TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class CorrelatedEquilibrium:
    """A distribution over profiles that a mediator can announce.

    Attributes:
        game: the game.
        kind: ``"correlated"`` or ``"coarse"``.
        distribution: (m_1, …, m_n) probabilities, read-only.
        objective: what was maximised, and ``value``, what it came to.
    """

    game: NormalFormGame
    kind: str
    distribution: Floats
    objective: str
    value: float

    @cached_property
    def payoffs(self) -> Floats:
        """(n,) expected payoffs."""
        pays: Floats = (self.game.payoffs * self.distribution).reshape(self.game.n, -1).sum(axis=1)
        return pays

    @cached_property
    def regret(self) -> float:
        """The most that a player can gain, in units of its payoff range; recomputed."""
        return regret_of(self.game, self.distribution, self.kind)


def correlated_equilibrium(game: NormalFormGame, objective: str | Sequence[int | str] = "sum", *,
                           kind: str = "correlated") -> CorrelatedEquilibrium:
    """The best correlated or coarse correlated equilibrium for an objective.

    Args:
        game: the game.
        objective: ``"sum"`` of payoffs; ``"worst-off"``, the least payoff of any player; a player's
            name for its payoff; or a profile, one action (name or index) for each player, for the
            chance that it is played.
        kind: ``"correlated"`` or ``"coarse"``.

    Raises:
        InputError: for an objective or a kind that is not there.
        NumericalError: where the program could not be solved to 1e-9 of the payoff ranges.

    A game of chicken, after Aumann 1974, with more for both than any mix of its Nash equilibria:

    >>> chicken = NormalFormGame([[[6, 2], [7, 0]], [[6, 7], [2, 0]]])
    >>> round(correlated_equilibrium(chicken).value, 6)
    10.5
    """
    if kind not in KINDS:
        raise UnknownNameError("kind of correlated equilibrium", kind, KINDS)
    if not isinstance(game, NormalFormGame):
        raise InputError("the 'game' parameter of correlated_equilibrium must be a NormalFormGame. "
                         f"Got {type(game).__name__} instead.")
    size = int(np.prod(game.shape))
    gains = _gains(game, kind)
    wide = np.where(game.ranges > 0, game.ranges, 1.0)
    above = game.above_lowest.reshape(game.n, size)
    if objective == "worst-off":
        # payoffs are compared in their own units, so that levels matter: the highest z ≤ u_i
        unit = float(wide.max())
        low = np.array([part.min() for part in game.payoffs])
        goal, name = np.append(np.zeros(size), 1.0), "worst-off"
        level = (above + (low - low.min())[:, None]) / unit
        gains = np.vstack([np.hstack([gains, np.zeros((len(gains), 1))]),
                           np.hstack([-level, np.ones((game.n, 1))])])
    else:
        goal, name = _goal(game, objective, above)
    answer = _maximise(goal, gains, size)
    distribution = np.maximum(answer[:size], 0.0).reshape(game.shape)
    distribution /= distribution.sum()
    distribution.setflags(write=False)
    value = objective_value(game, objective, distribution)
    found = CorrelatedEquilibrium(game, kind, distribution, name, value)
    if found.regret > TOLERANCE:
        raise NumericalError(f"the {kind} equilibrium found leaves a regret of {found.regret:.1e} "
                             "of the payoff range")
    return found


def _goal(game: NormalFormGame, objective: object, above: Floats) -> tuple[Floats, str]:
    """What each profile is worth, on a scale of 1, and the objective's name."""
    if objective == "sum" and isinstance(objective, str):
        total = above.sum(axis=0)
        return total / (total.max() or 1.0), "sum"
    if isinstance(objective, str):
        if objective not in game.players:
            raise UnknownNameError("objective", objective, (*OBJECTIVES, *game.players))
        mine = above[game.players.index(objective)]
        return mine / (mine.max() or 1.0), f"payoff of {objective}"
    goal = np.zeros(game.shape)
    at = _profile(game, objective)
    goal[at] = 1.0
    names = [game.actions[i][a] for i, a in enumerate(at)]
    return goal.ravel(), f"chance of ({', '.join(names)})"


def _profile(game: NormalFormGame, objective: object) -> tuple[int, ...]:
    if not isinstance(objective, Sequence) or len(objective) != game.n:
        raise InputError(f"an objective is one of {', '.join((*OBJECTIVES, *game.players))}, or a "
                         f"profile, one action for each of {game.n} players. Got {objective!r}.")
    at = []
    for i, action in enumerate(objective):
        names = game.actions[i]
        if isinstance(action, str):
            if action not in names:
                raise UnknownNameError("action", action, names)
            at.append(names.index(action))
        elif isinstance(action, int | np.integer) and 0 <= action < len(names):
            at.append(int(action))
        else:
            raise InputError(f"player {game.players[i]} has the actions 0 to {len(names) - 1}. Got "
                             f"{action!r}.")
    return tuple(at)


def objective_value(game: NormalFormGame, objective: object, distribution: Floats) -> float:
    """What an objective comes to under a distribution over profiles."""
    pays = (game.payoffs * distribution).reshape(game.n, -1).sum(axis=1)
    if isinstance(objective, str):
        if objective == "sum":
            return float(pays.sum())
        if objective == "worst-off":
            return float(pays.min())
        return float(pays[game.players.index(objective)])
    return float(distribution[_profile(game, objective)])


def _gains(game: NormalFormGame, kind: str) -> Floats:
    """(K, Π m) what each way to disobey gains at each profile, in units of the payoff ranges."""
    rows = []
    for i in range(game.n):
        if not game.ranges[i]:
            continue
        table = np.moveaxis(game.above_lowest[i] / game.ranges[i], i, 0)
        for instead in range(game.shape[i]):
            gain = table[instead] - table
            if kind == "coarse":
                rows.append(np.moveaxis(gain, 0, i).ravel())
                continue
            for told in range(game.shape[i]):
                if told != instead:
                    only = np.zeros_like(gain)
                    only[told] = gain[told]
                    rows.append(np.moveaxis(only, 0, i).ravel())
    return np.array(rows).reshape(len(rows), int(np.prod(game.shape)))


def regret_of(game: NormalFormGame, distribution: Floats, kind: str) -> float:
    """The most that a player gains by disobeying, in units of its range: for correlated equilibria
    by the best answer to each thing that it may be told, summed over them.
    """
    worst = 0.0
    for i in range(game.n):
        if not game.ranges[i]:
            continue
        chance = np.moveaxis(distribution, i, 0).reshape(game.shape[i], -1)
        table = np.moveaxis(game.above_lowest[i] / game.ranges[i], i, 0).reshape(chance.shape)
        obeyed = (chance * table).sum(axis=1)
        if kind == "coarse":
            gain = float((table @ chance.sum(axis=0)).max() - obeyed.sum())
        else:
            gain = float(((chance @ table.T).max(axis=1) - obeyed).sum())
        worst = max(worst, gain)
    return worst


def _maximise(goal: Floats, gains: Floats, size: int) -> Floats:
    from scipy.optimize import linprog

    ones = np.append(np.ones(size), np.zeros(len(goal) - size))[None]
    answer = linprog(-goal, A_ub=gains if len(gains) else None,
                     b_ub=np.zeros(len(gains)) if len(gains) else None, A_eq=ones, b_eq=[1.0],
                     bounds=(0, None), method="highs-ds",
                     options={"primal_feasibility_tolerance": 1e-10,
                              "dual_feasibility_tolerance": 1e-10})
    if answer.x is None:
        raise NumericalError(f"the linear program was not solved: {answer.message}")
    solved: Floats = answer.x
    return solved


def minimax(game: NormalFormGame) -> tuple[Floats, Floats]:
    """Optimal strategies of both players of a constant-sum game, by linear programming.

    Source: von Neumann 1928; Dantzig 1951, "A proof of the equivalence of the programming problem
    and the game problem".
    """
    table = game.above_lowest[0] / (game.ranges[0] or 1.0)
    return _best(table), _best(-table.T)


def _best(table: Floats) -> Floats:
    """x that maximises the least entry of xᵀ table."""
    from scipy.optimize import linprog

    m, n = table.shape
    answer = linprog(np.append(np.zeros(m), -1.0), A_ub=np.hstack([-table.T, np.ones((n, 1))]),
                     b_ub=np.zeros(n), A_eq=np.append(np.ones(m), 0.0)[None], b_eq=[1.0],
                     bounds=[(0, None)] * m + [(None, None)], method="highs-ds",
                     options={"primal_feasibility_tolerance": 1e-10,
                              "dual_feasibility_tolerance": 1e-10})
    if answer.x is None:
        raise NumericalError(f"the linear program was not solved: {answer.message}")
    x = np.maximum(answer.x[:m], 0.0)
    optimal: Floats = x / x.sum()
    return optimal
