"""What kind of game it is: dominance, rationalizability, potentials, constant sums.

Dominance is decided in whole numbers, so that no tie is mistaken for an advantage. Potentials and
constant sums are recognised up to a tolerance in units of the payoffs' ranges (0 for none), since
payoffs that were computed carry rounding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..kernels.whole import maximise, whole_row

if TYPE_CHECKING:
    from .game import NormalFormGame

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Dominance:
    """A dominated action and the mixed strategy that dominates it, (action, probability) pairs."""

    player: int
    action: int
    by: tuple[tuple[int, Fraction], ...]
    strict: bool


@dataclass(frozen=True)
class Rationalizable:
    """What survives the iterated elimination of strictly dominated actions.

    ``actions``: for each player the indices left; ``rounds``: who was eliminated in each round, and
    by what. With two players these are the rationalizable actions (Bernheim 1984; Pearce 1984),
    with more those rationalizable by correlated beliefs (Brandenburger & Dekel 1987).
    """

    actions: tuple[tuple[int, ...], ...]
    rounds: tuple[tuple[Dominance, ...], ...]

    @property
    def solved(self) -> bool:
        """Whether one profile is left, so that the game is dominance solvable."""
        return all(len(left) == 1 for left in self.actions)


def dominated(game: NormalFormGame, player: int, *, strict: bool = True,
              mixed: bool = True) -> tuple[Dominance, ...]:
    """The dominated actions of a player.

    Strict: something pays more whatever the others do. Not strict: something pays as much whatever
    they do, and more against some of it. ``mixed`` lets mixed strategies dominate, else only pure.
    """
    everything = [range(m) for m in game.shape]
    return _dominated(game, player, everything, strict, mixed)


def rationalizable(game: NormalFormGame) -> Rationalizable:
    """Eliminate strictly dominated actions, of all players at once, until none is left.

    >>> from negotiation.normal_form import NormalFormGame
    >>> pd = NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]])
    >>> pd.rationalizable().actions
    ((1,), (1,))
    """
    left = [list(range(m)) for m in game.shape]
    rounds = []
    while True:
        gone = [_dominated(game, i, left, True, True) for i in range(game.n)]
        if not any(gone):
            break
        rounds.append(tuple(one for part in gone for one in part))
        for i, part in enumerate(gone):
            out = {one.action for one in part}
            left[i] = [a for a in left[i] if a not in out]
    return Rationalizable(tuple(tuple(part) for part in left), tuple(rounds))


def _dominated(game: NormalFormGame, player: int, kept: Sequence[Sequence[int]], strict: bool,
               mixed: bool) -> tuple[Dominance, ...]:
    table: NDArray[Any] = game.exact if game.exact_given else game.payoffs
    block = np.moveaxis(table[player][np.ix_(*[list(part) for part in kept])], player, 0)
    mine = list(kept[player])
    whole, _ = whole_row(block.reshape(-1).tolist())
    width = len(whole) // len(mine)
    rows = [whole[a * width:(a + 1) * width] for a in range(len(mine))]
    found = []
    for a in range(len(mine)):
        by = _pure_dominator(rows, a, strict)
        if by is None and mixed and len(mine) > 2:
            by = _mixed_dominator(rows, a, strict)
        if by is not None:
            shares = tuple((mine[k], share) for k, share in enumerate(by) if share)
            found.append(Dominance(player, mine[a], shares, strict))
    return tuple(found)


def _pure_dominator(rows: list[list[int]], a: int, strict: bool) -> list[Fraction] | None:
    for k, row in enumerate(rows):
        gains = [x - y for x, y in zip(row, rows[a], strict=True)]
        if k != a and (min(gains) > 0 or (not strict and min(gains) >= 0 < max(gains))):
            return [Fraction(int(j == k)) for j in range(len(rows))]
    return None


def _mixed_dominator(rows: list[list[int]], a: int, strict: bool) -> list[Fraction] | None:
    """The mix of the other actions with the largest least gain (weak: the largest total gain that
    loses nowhere), where that is positive. Unused probability stays on the action itself.
    """
    others = [k for k in range(len(rows)) if k != a]
    gain = [[x - y for x, y in zip(rows[k], rows[a], strict=True)] for k in others]
    events = list(zip(*gain, strict=True))
    if not strict:
        matrix = [[-g for g in event] for event in events] + [[1] * len(others)]
        value, point = maximise([sum(row) for row in gain], matrix, [0] * len(events) + [1])
    else:
        matrix = [[*(-g for g in event), 1] for event in events] + [[1] * len(others) + [0]]
        value, point = maximise([0] * len(others) + [1], matrix, [0] * len(events) + [1])
    if value <= 0:
        return None
    total = sum(point[:len(others)])
    shares = [Fraction(0)] * len(rows)
    for k, share in zip(others, point, strict=False):
        shares[k] = share / total
    return shares


def is_constant_sum(game: NormalFormGame, tolerance: float = 1e-12) -> bool:
    """Whether payoffs sum to one constant, up to ``tolerance`` of the largest range."""
    above: NDArray[Any] = game.above_lowest if tolerance else game.exact
    total = above.sum(axis=0)
    return bool(total.max() - total.min() <= tolerance * float(game.ranges.max()))


def strategically_zero_sum(game: NormalFormGame, tolerance: float = 1e-12) -> float | None:
    """α > 0 such that A + αB is a sum of a row's and a column's term; None where there is none.

    Then the two-player game has the equilibria of a zero-sum game (Moulin & Vial 1978,
    "Strategically zero-sum games", Int. J. Game Theory 7).
    """
    game._two("strategically_zero_sum")
    a, b = (_centred(game.above_lowest[i] / (game.ranges[i] or 1.0)) for i in range(2))
    if abs(b).max() <= tolerance or abs(a).max() <= tolerance:
        return None
    alpha = -float((a * b).sum() / (b * b).sum())
    if alpha <= 0 or abs(a + alpha * b).max() > tolerance:
        return None
    return alpha * float(game.ranges[0] / game.ranges[1])


def _centred(table: Floats) -> Floats:
    centred: Floats = (table - table.mean(axis=0) - table.mean(axis=1, keepdims=True)
                       + table.mean())
    return centred


def potential(game: NormalFormGame, tolerance: float = 1e-12) -> Floats | None:
    """(m_1, …, m_n) P with u_i(a′_i, a) − u_i(a) = P(a′_i, a) − P(a) for every player, P = 0 at the
    first profile; None where the game has no exact potential.

    Source: Monderer & Shapley 1996, "Potential games", Games and Economic Behavior 14.

    >>> from negotiation.normal_form import NormalFormGame
    >>> NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]]).potential()
    array([[0., 2.],
           [2., 3.]])
    """
    table: NDArray[Any] = game.above_lowest if tolerance else game.exact
    total = np.zeros(game.shape, dtype=table.dtype)
    for i in range(game.n):
        # a path from the first profile changes player 0, then 1, …: player i moves while those
        # after it still play their first action
        later = (slice(None),) * (i + 1) + (slice(0, 1),) * (game.n - i - 1)
        step = table[i][later]
        total = total + (step - step.take([0], axis=i))
    allowed = tolerance * float(game.ranges.max())
    for i in range(game.n):
        own = table[i] - total
        if np.abs(own - own.take([0], axis=i)).max() > allowed:
            return None
    found: Floats = total.astype(np.float64)
    return found
