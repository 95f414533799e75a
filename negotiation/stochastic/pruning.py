"""What cannot be played on a component whatever equilibrium is: bounds on values, and dominance.

In every equilibrium V_i(s) lies between what player i can secure there by one action and the most
that any profile gives, at the bounds of the states that follow; and an action is not played when
another is better against every profile of the others and all values within the bounds. Bounds and
dominance are tightened in turn. Where one profile is left it is the only equilibrium.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: rounds of tightening the bounds before dominance is looked at, and rounds of both
SWEEPS, ROUNDS = 30, 12


def prune(rewards: Sequence[Floats], inside: Sequence[Floats], discount: Floats, tie: Floats,
          ) -> list[list[Ints]]:
    """The actions that survive, per state and player.

    Args:
        rewards: per state (n, m_1, …, m_n); ``inside`` (m_1, …, m_n, K) as in ``cycles.Cycle``.
        tie: (n,) how much better an action has to be to dominate another, in payoff units.
    """
    n, size = len(discount), len(rewards)
    kept = [[np.arange(m) for m in reward.shape[1:]] for reward in rewards]
    least = np.array([min(float(r[i].min()) for r in rewards) for i in range(n)])
    most = np.array([max(float(r[i].max()) for r in rewards) for i in range(n)])
    low = np.tile(np.minimum(least, least / (1 - discount)), (size, 1))
    high = np.tile(np.maximum(most, most / (1 - discount)), (size, 1))
    for _ in range(ROUNDS):
        parts = [(rewards[s][np.ix_(np.arange(n), *kept[s])],
                  inside[s][np.ix_(*kept[s], np.arange(size))]) for s in range(size)]
        for _ in range(SWEEPS):
            for s, (reward, move) in enumerate(parts):
                for i, delta in enumerate(discount):
                    floor = np.moveaxis(reward[i] + delta * (move @ low[:, i]), i, 0)
                    low[s, i] = max(low[s, i],
                                    float(floor.reshape(len(floor), -1).min(axis=1).max()))
                    high[s, i] = min(high[s, i],
                                     float((reward[i] + delta * (move @ high[:, i])).max()))
        changed = False
        for s, (reward, move) in enumerate(parts):
            for i, delta in enumerate(discount):
                if len(kept[s][i]) > 1:
                    good = _undominated(np.moveaxis(reward[i], i, 0), np.moveaxis(move, i, 0),
                                        delta, low[:, i], high[:, i], float(tie[i]))
                    if not good.all():
                        kept[s][i], changed = kept[s][i][good], True
                        break  # the other players' arrays have the old shape
        if not changed:
            break
    return kept


def _undominated(reward: Floats, move: Floats, delta: float, low: Floats, high: Floats,
                 tie: float) -> NDArray[np.bool_]:
    """Which of a player's actions no other one beats within the bounds."""
    good = np.ones(len(reward), dtype=bool)
    for a in range(len(reward)):
        for b in range(len(reward)):
            if a == b or not good[b]:
                continue
            turn = move[b] - move[a]
            gain = (reward[b] - reward[a]
                    + delta * (np.maximum(turn, 0.0) @ low - np.maximum(-turn, 0.0) @ high))
            if gain.min() > tie:
                good[a] = False
                break
    return good
