"""Certificates: how far a strategy profile is from being an equilibrium, from the game alone.

Nothing here is shared with the solvers. For a whole game the values are re-solved from the
strategies, V_i = (I − δ_i P_σ)⁻¹ u_σ; by the one-shot deviation principle a profile is an MPE iff
no player gains in any state by one other action, once, at these values (Blackwell 1965, section 3).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..kernels.linear import expected
from .game import StochasticGame

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: largest regret, relative to a player's payoff range, of an equilibrium that is reported
REGRET_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Certificate:
    """What was recomputed for one strategy profile.

    Attributes:
        values: (S, n) V_i(s), re-solved from the strategies.
        gain: (S, n) the most that player i gains in s by another action, once; ≥ 0 up to rounding.
            Under noise: how far a chance of an action is off.
        residual: the largest difference between the reported values and these, relative to each
            player's payoff range; 0 when none were reported.
        regret: the larger of the residual and of the largest gain, relative to the payoff range.
    """

    values: Floats
    gain: Floats
    residual: float
    regret: float


def certify(game: StochasticGame, strategies: Sequence[Sequence[Floats]],
            values: Floats | None = None) -> Certificate:
    """Check a stationary strategy profile.

    Args:
        strategies: ``strategies[s][i]`` (m_i,) the mixed action of player i in state s.
        values: (S, n) values to compare with, if any.
    """
    return check(game.payoffs, game.transitions, game.discount, game.payoff_range, strategies,
                 values)


def certify_logit(game: StochasticGame, strategies: Sequence[Sequence[Floats]], noise: Floats,
                  values: Floats | None = None) -> Certificate:
    """Check a solution under noise (n,): chances in proportion to exp(Q_i(s, a) / ς_i)."""
    solved = _values(game.payoffs, game.transitions, game.discount, strategies)
    off = np.empty(solved.shape)
    for s, profile in enumerate(strategies):
        for i, delta in enumerate(game.discount):
            worth = game.payoffs[s][i] + delta * (game.transitions[s] @ solved[:, i])
            action = _against(worth, profile, i) / noise[i]
            chance = np.exp(action - action.max())
            off[s, i] = np.abs(profile[i] - chance / chance.sum()).max()
    residual = _residual(values, solved, game.payoff_range)
    return Certificate(solved, off, residual, max(residual, float(off.max())))


def check(payoffs: Sequence[Floats], transitions: Sequence[Floats], discount: Floats,
          spread: Floats, strategies: Sequence[Sequence[Floats]],
          values: Floats | None = None) -> Certificate:
    """The same for arrays; probabilities may sum to less than 1 (play then ends)."""
    solved = _values(payoffs, transitions, discount, strategies)
    gain = np.empty(solved.shape)
    for s, profile in enumerate(strategies):
        for i, delta in enumerate(discount):
            worth = payoffs[s][i] + delta * (transitions[s] @ solved[:, i])
            gain[s, i] = _against(worth, profile, i).max() - solved[s, i]
    residual = _residual(values, solved, spread)
    odd = max(float(np.abs(p.sum() - 1.0)) + max(0.0, -float(p.min()))
              for profile in strategies for p in profile)
    return Certificate(solved, gain, residual,
                       max(residual, float((gain / spread).max()), 0.0, odd))


def _values(payoffs: Sequence[Floats], transitions: Sequence[Floats], discount: Floats,
            strategies: Sequence[Sequence[Floats]]) -> Floats:
    """(S, n) V_i = (I − δ_i P_σ)⁻¹ u_σ."""
    size, n = len(payoffs), len(discount)
    chain, reward = np.empty((size, size)), np.empty((size, n))
    for s, profile in enumerate(strategies):
        weights = _outer(profile)
        chain[s] = np.tensordot(weights, transitions[s], axes=weights.ndim)
        reward[s] = [(weights * pay).sum() for pay in payoffs[s]]
    solved = np.empty((size, n))
    for i, delta in enumerate(discount):
        solved[:, i] = np.linalg.solve(np.eye(size) - delta * chain, reward[:, i])
    return solved


def _against(worth: Floats, profile: Sequence[Floats], player: int) -> Floats:
    """(m_i,) the mean of (m_1, …, m_n) over everybody's actions but one player's."""
    for j in reversed(range(len(profile))):
        if j != player:
            worth = np.tensordot(worth, profile[j], axes=([j], [0]))
    return worth


def _residual(values: Floats | None, solved: Floats, spread: Floats) -> float:
    return 0.0 if values is None else float((np.abs(values - solved) / spread).max())


def _outer(profile: Sequence[Floats]) -> Floats:
    weights = np.ones(())
    for mixed in profile:
        weights = np.multiply.outer(weights, mixed)
    return weights


def local_regret(reward: Floats, prob: Floats, stay: Floats, after: Floats, discount: Floats,
                 owner: Ints, strategies: Floats, value: Floats, shape: tuple[int, ...]) -> Floats:
    """(k, n) the regret of k solutions of P states, each alone in its component.

    Args:
        reward: (P, n, A) payoffs; ``prob`` (P, A, K) of other states with values ``after``
            (P, K, n); ``stay`` (P, A) the chance of staying. These three may be (1, …) where all
            problems are of one state.
        owner: (k,) which problem; ``strategies`` (k, n, width), ``value`` (k, n).
    """
    size, n = value.shape
    if not size:
        return np.zeros((0, n))
    future = expected(prob, after)[owner]
    pick = owner if len(prob) > 1 else np.zeros(1, dtype=np.int64)
    future += stay[pick][:, None, :] * value[:, :, None]
    future *= discount[:, None]
    future += reward[pick]
    # problems last, so that sums over actions add whole rows
    total = np.ascontiguousarray(future.reshape(size, -1).T).reshape(n, *shape, size)
    chance = np.ascontiguousarray(strategies.transpose(1, 2, 0))
    out = np.empty((size, n))
    for i in range(n):
        worth = total[i]
        for j in reversed(range(n)):
            if j != i:
                worth = _mean(worth, chance[j], j)
        own = _mean(worth, chance[i], 0)
        out[:, i] = np.maximum(worth.max(axis=0) - value[:, i], np.abs(own - value[:, i]))
    return out


def _mean(worth: Floats, chance: Floats, axis: int) -> Floats:
    """The mean of (…, m, …, k) over one axis, with chances (width, k)."""
    turned = worth.transpose(axis, *(k for k in range(worth.ndim) if k != axis))
    total: Floats = turned[0] * chance[0]
    for a in range(1, len(turned)):
        total += turned[a] * chance[a]
    return total
