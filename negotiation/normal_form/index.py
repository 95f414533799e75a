"""The index of an equilibrium: with which sign a game's equilibria count towards +1.

At a profile whose players mix over supports S_i let g_{i,a} = u_i(a, p) − u_i(b_i, p) for the
actions a ≠ b_i of S_i, a function of the probabilities p_{j,c}, c ≠ b_j. Where every action outside
the supports pays strictly less and J = ∂g/∂p is regular, the equilibrium is regular and its index
is sign det(−J), +1 where everybody plays one action.

Sources: Shapley 1974, "A note on the Lemke–Howson algorithm", Mathematical Programming Study 1;
Ritzberger 1994, "The theory of normal form games from the differentiable viewpoint", Int. J. Game
Theory 23.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .game import deviation_payoffs

if TYPE_CHECKING:
    from .game import NormalFormGame

Floats = NDArray[np.float64]

#: a slack below this share of a player's range, or a determinant this near 0, leaves it undefined
_MARGIN = 1e-11


def index_of(game: NormalFormGame, profile: Sequence[Floats]) -> int:
    """+1 or −1; 0 where an equilibrium is not regular, or too nearly not to tell in floats."""
    supports = [np.flatnonzero(part) for part in profile]
    for i, support in enumerate(supports):
        if len(support) == profile[i].size:
            continue
        pays = deviation_payoffs(game.above_lowest, profile, i)
        unused = np.delete(pays, support)
        if not game.ranges[i] or pays.max() - unused.max() <= _MARGIN * game.ranges[i]:
            return 0
    jacobian = -support_jacobian(game, profile, supports)
    if not jacobian.size:
        return 1
    largest = np.abs(jacobian).max(axis=1, keepdims=True)
    if not largest.all():
        return 0
    jacobian = jacobian / largest
    values = np.linalg.svd(jacobian, compute_uv=False)
    if values[-1] <= _MARGIN * values[0]:
        return 0
    return int(np.linalg.slogdet(jacobian)[0])


def support_jacobian(game: NormalFormGame, profile: Sequence[Floats],
                     supports: Sequence[NDArray[np.intp]]) -> Floats:
    """(D, D) J of the module's docstring, D = Σ (|S_i| − 1), players in order, b_i the first."""
    sizes = [len(support) - 1 for support in supports]
    ends = np.concatenate([[0], np.cumsum(sizes)])
    jacobian = np.zeros((ends[-1], ends[-1]))
    for i, mine in enumerate(supports):
        for j, theirs in enumerate(supports):
            if i == j or not sizes[i] or not sizes[j]:
                continue
            table = pair_table(game.above_lowest[i], profile, i, j)[np.ix_(mine, theirs)]
            table = table[1:] - table[:1]
            jacobian[ends[i]:ends[i + 1], ends[j]:ends[j + 1]] = table[:, 1:] - table[:, :1]
    return jacobian


def pair_table(table: Floats, profile: Sequence[Floats], i: int, j: int) -> Floats:
    """(m_i, m_j) one player's payoffs as a function of two players' actions, others at profile."""
    for other in range(len(profile) - 1, -1, -1):
        if other not in (i, j):
            table = np.tensordot(table, profile[other], axes=([other], [0]))
    return table if i < j else table.T
