"""Bertrand competition with cost-reducing investments: the leapfrogging game.

Two firms with unit costs c_1, c_2 sell to a unit of consumers and compete in prices, so that the
cheaper one earns the difference of the costs and the other nothing. Each period both decide at the
same time whether to pay K(c) = k1 / (1 + k2 c) for the state-of-the-art technology with unit cost
c, which is theirs from the next period on. The state of the art improves by one step every period
until it has reached the lowest cost. The state (c_1, c_2, c) has c ≤ c_1, c_2 and is directional:
no cost ever rises.

Source: Iskhakov, Rust & Schjerning, *Recursive Lexicographical Search: Finding All Markov Perfect
Equilibria of Finite State Directional Dynamic Games*, Review of Economic Studies 83 (2016),
section 4 (simultaneous moves, deterministic one-step technology): 3, 127, 46,707 and 192,736,405
equilibria for 2 to 5 cost levels.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from ..errors import InputError
from .game import StochasticGame

ACTIONS = ("keep", "invest")


def leapfrogging(levels: int, *, k1: float = 8.3, k2: float = 1.0, discount: float | None = None,
                 highest: float = 5.0) -> StochasticGame:
    """The leapfrogging game with n cost levels, as a stochastic game.

    Args:
        levels: n ≥ 2 costs, evenly spaced from 0 to ``highest`` (money per unit sold).
        k1, k2: investment costs k1 / (1 + k2 c), in money.
        discount: δ per period for both; e^-0.05 when left out.
        highest: the highest cost, where both start.

    Raises:
        InputError: for fewer than two levels.
    """
    if levels < 2:
        raise InputError(f"the 'levels' parameter of leapfrogging must be an integer of at least "
                         f"2. Got {levels!r} instead.")
    cost = np.linspace(0.0, highest, levels)
    states = [(x, y, best) for best in range(levels)
              for x, y in itertools.product(range(best, levels), repeat=2)]
    number = {state: s for s, state in enumerate(states)}
    payoffs, transitions = [], []
    for x, y, best in states:
        price = k1 / (1.0 + k2 * cost[best])
        earn = max(cost[y] - cost[x], 0.0), max(cost[x] - cost[y], 0.0)
        invest = np.array([0.0, -price])
        payoffs.append([earn[0] + invest[:, None] + np.zeros((2, 2)),
                        earn[1] + invest[None, :] + np.zeros((2, 2))])
        to = np.zeros((2, 2, len(states)))
        for a, b in itertools.product((0, 1), repeat=2):
            to[a, b, number[best if a else x, best if b else y, max(best - 1, 0)]] = 1.0
        transitions.append(to)
    return StochasticGame(
        payoffs, transitions, math.exp(-0.05) if discount is None else discount,
        states=[f"({cost[x]:g}, {cost[y]:g}, {cost[c]:g})" for x, y, c in states],
        players=("firm 1", "firm 2"), actions=[(ACTIONS, ACTIONS)] * len(states))
