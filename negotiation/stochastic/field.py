"""The smooth part of a component: values, action values and their derivatives at a mixed profile.

For K states and n players, with σ_i (K, M_i) the mixed actions (padded with actions of weight 0
where a state has fewer), in payoffs divided by each player's range:

    V_i = (I − δ_i P)⁻¹ r_i,   Q_i(s, a) = E[u_i + δ_i φ V_i | s, a],

    dQ_i(s, a) = Σ_{j≠i, b} H_ij(s, a, b) dσ_j(s, b)
               + δ_i Σ_s′ (φ_i (I − δ_i P)⁻¹)(s, a; s′) Σ_{j, b} q_ij(s′, b) dσ_j(s′, b),

where H_ij is player i's action value when j plays b, φ_i the transition when i plays a, and q_ij(b)
the mean of H_ij over i's own mix (q_ii = Q_i). One K × K factorisation serves all players with one
discount factor, and the derivative is the outer product of a (K M_i, K) matrix with a (K M_j)
vector, plus blocks on the diagonal: no larger system appears.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(eq=False)
class Point:
    """What is known at a profile: ``value`` (n, K), per player ``action_value`` Q (K, M_i)."""

    mixed: list[Floats]
    value: Floats
    action_value: list[Floats]
    worth: list[Floats]
    chain: Floats
    move: list[Floats]


class Field:
    """A component as arrays (see the module): built once, evaluated many times.

    Args:
        rewards: per state (n, m_1, …, m_n), the values of states outside included.
        inside: per state (m_1, …, m_n, K), chances of moving to the component's own states.
        discount: (n,); spread: (n,) payoff range of each player.
    """

    def __init__(self, rewards: Sequence[Floats], inside: Sequence[Floats], discount: Floats,
                 spread: Floats) -> None:
        self.states, self.players = len(rewards), len(discount)
        self.discount, self.spread = discount, spread
        shapes = [reward.shape[1:] for reward in rewards]
        self.most = tuple(max(shape[i] for shape in shapes) for i in range(self.players))
        size, n = self.states, self.players
        reward = np.zeros((size, n, *self.most))
        move = np.zeros((size, *self.most, size))
        self.real = [np.zeros((size, m), dtype=bool) for m in self.most]
        for s, shape in enumerate(shapes):
            box = tuple(slice(m) for m in shape)
            reward[s][(slice(None), *box)] = rewards[s] / spread.reshape(-1, *[1] * n)
            move[s][box] = inside[s]
            for i, m in enumerate(shape):
                self.real[i][s, :m] = True
        # per player: own action first, the others' profile flattened
        self._reward, self._move = [], []
        for i, m in enumerate(self.most):
            self._reward.append(np.ascontiguousarray(
                np.moveaxis(reward[:, i], i + 1, 1).reshape(size, m, -1)))
            self._move.append(np.ascontiguousarray(
                np.moveaxis(move, i + 1, 1).reshape(size, m, -1, size)))
        self._one_discount = bool((discount == discount[0]).all())

    def _others(self, mixed: list[Floats], skip: tuple[int, ...]) -> Floats:
        """(K, A) chances of the profiles of all players but some, flattened."""
        weights = np.ones((self.states, 1))
        for j, p in enumerate(mixed):
            if j not in skip:
                weights = (weights[:, :, None] * p[:, None, :]).reshape(self.states, -1)
        return weights

    def at(self, mixed: list[Floats]) -> Point:
        """Values and action values of a profile."""
        others = [self._others(mixed, (i,)) for i in range(self.players)]
        move = [(others[i][:, None, None, :] @ self._move[i])[:, :, 0]
                for i in range(self.players)]
        chain = (mixed[0][:, None, :] @ move[0])[:, 0]
        value = np.empty((self.players, self.states))
        worth, action_value = [], []
        reward = np.stack([((mixed[i][:, None, :] @ self._reward[i])[:, 0] * others[i]).sum(axis=1)
                           for i in range(self.players)])
        if self._one_discount:
            value[:] = np.linalg.solve(np.eye(self.states) - self.discount[0] * chain, reward.T).T
        else:
            for i, delta in enumerate(self.discount):
                value[i] = np.linalg.solve(np.eye(self.states) - delta * chain, reward[i])
        for i, delta in enumerate(self.discount):
            g = self._reward[i] + delta * (self._move[i] @ value[i])
            worth.append(g)
            action_value.append((g @ others[i][:, :, None])[:, :, 0])
        return Point(mixed, value, action_value, worth, chain, move)

    def pair(self, point: Point, i: int, j: int) -> Floats:
        """H_ij (K, M_i, M_j): player i's action value when j plays each of its actions."""
        size = self.states
        rest = [m for k, m in enumerate(self.most) if k != i]
        g = point.worth[i].reshape(size, self.most[i], *rest)
        g = np.moveaxis(g, 2 + (j if j < i else j - 1), 2).reshape(size, self.most[i],
                                                                   self.most[j], -1)
        if g.shape[-1] == 1:
            return g[..., 0]
        out: Floats = (g @ self._others(point.mixed, (i, j))[:, None, :, None])[..., 0]
        return out

    def propagate(self, i: int, rows: Floats, chain: Floats) -> Floats:
        """δ_i rows (I − δ_i P)⁻¹ for (R, K) rows."""
        matrix = np.eye(self.states) - self.discount[i] * chain
        out: Floats = self.discount[i] * np.linalg.solve(matrix.T, rows.T).T
        return out
