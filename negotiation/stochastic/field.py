"""The smooth part of a component: values, action values and their derivatives at a mixed profile.

For K states, n players and at most M actions, with σ (n, K, M) the mixed actions (0 where a player
has fewer), in payoffs divided by each player's range:

    V_i = (I − δ_i P)⁻¹ r_i,   Q_i(s, a) = E[u_i + δ_i φ V_i | s, a],

    dQ_i(s, a) = Σ_{j≠i, b} H_ij(s, a, b) dσ_j(s, b)
               + δ_i Σ_s′ (φ_i (I − δ_i P)⁻¹)(s, a; s′) Σ_{j, b} q_ij(s′, b) dσ_j(s′, b),

where H_ij is player i's action value when j plays b, φ_i the transition when i plays a, and q_ij(b)
the mean of H_ij over i's own mix (q_ii = Q_i). One K × K factorisation serves all players with one
discount factor, and the derivative is the product of a (K M, K) matrix and a (K, M) one per pair
of players, plus blocks on the diagonal: no larger system appears.
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
    """What is known at a profile.

    ``mixed`` σ, ``action_value`` Q (n, K, M); ``value`` (n, K); per player ``worth`` (K, M, A) of
    every profile of the others; ``move`` φ_i (n, K, M, K); ``chain`` P (K, K); ``future``
    (I − δ_i P)⁻¹ (n, K, K), or (1, K, K) when all have one discount factor, or of size 0 where the
    values were given.
    """

    mixed: Floats
    value: Floats
    action_value: Floats
    worth: list[Floats]
    move: Floats
    chain: Floats
    future: Floats


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
        self.discount = discount
        shapes = [reward.shape[1:] for reward in rewards]
        self.most = max(max(shape) for shape in shapes)
        size, n, most = self.states, self.players, self.most
        reward = np.zeros((size, n, *[most] * n))
        move = np.zeros((size, *[most] * n, size))
        self.real = np.zeros((n, size, most), dtype=bool)
        for s, shape in enumerate(shapes):
            box = tuple(slice(m) for m in shape)
            reward[s][(slice(None), *box)] = rewards[s] / spread.reshape(-1, *[1] * n)
            move[s][box] = inside[s]
            for i, m in enumerate(shape):
                self.real[i, s, :m] = True
        # per player: own action first, the others' profile flattened
        self._reward = [np.ascontiguousarray(np.moveaxis(reward[:, i], i + 1, 1).reshape(
            size, most, -1)) for i in range(n)]
        self._move = [np.ascontiguousarray(np.moveaxis(move, i + 1, 1).reshape(
            size, most, -1, size)) for i in range(n)]
        self._unit = np.eye(size)
        self._rates = discount[:1] if (discount == discount[0]).all() else discount

    def _others(self, mixed: Floats, skip: int) -> Floats:
        """(K, A) chances of the profiles of all players but one, flattened."""
        weights = self._unit[:, :1] * 0.0 + 1.0
        for j in range(self.players):
            if j != skip:
                weights = (weights[:, :, None] * mixed[j][:, None, :]).reshape(self.states, -1)
        return weights

    def at(self, mixed: Floats, value: Floats | None = None) -> Point:
        """Values and action values of a profile; or action values at given values (n, K)."""
        n, size, most = mixed.shape
        others = [self._others(mixed, i) for i in range(n)]
        move = np.empty((n, size, most, size))
        for i in range(n):
            np.matmul(others[i][:, None, None, :], self._move[i], out=move[i][:, :, None])
        chain = (mixed[0][:, None, :] @ move[0])[:, 0]
        future = self._unit[:0, None]
        if value is None:
            reward = np.stack([((self._reward[i] @ others[i][:, :, None])[..., 0]
                                * mixed[i]).sum(axis=1) for i in range(n)])
            # the condition of I − δ P is at most (1 + δ) / (1 − δ)
            future = np.linalg.inv(self._unit - self._rates[:, None, None] * chain)
            value = (future @ reward[..., None])[..., 0]
        worth = [self._reward[i] + self.discount[i] * (self._move[i] @ value[i]) for i in range(n)]
        action_value = np.stack([(worth[i] @ others[i][:, :, None])[..., 0] for i in range(n)])
        return Point(mixed, value, action_value, worth, move, chain, future)

    def pair(self, point: Point, i: int, j: int) -> Floats:
        """H_ij (K, M, M): player i's action value when j plays each of its actions."""
        most = self.most
        others = [k for k in range(self.players) if k != i]
        worth = point.worth[i]
        while others[-1] != j:
            worth = (worth.reshape(self.states, most, -1, most)
                     @ point.mixed[others.pop()][:, None, :, None])[..., 0]
        while others[0] != j:
            worth = (point.mixed[others.pop(0)][:, None, None, :]
                     @ worth.reshape(self.states, most, most, -1))[:, :, 0]
        return worth.reshape(self.states, most, most)

    def means(self, point: Point) -> tuple[Floats, Floats]:
        """H (n, n, K, M, M), zero where i = j, and q (n, n, K, M), its means over i's own mix."""
        n, size, most = point.mixed.shape
        pairs = np.zeros((n, n, size, most, most))
        for i in range(n):
            for j in range(n):
                if i != j:
                    pairs[i, j] = self.pair(point, i, j)
        mean = (point.mixed[:, None, :, None, :] @ pairs)[..., 0, :]
        mean[np.arange(n), np.arange(n)] = point.action_value
        return pairs, mean
