"""One equilibrium of a game with any number of players: the limit of the logit path.

In the logit equilibrium at precision λ a player takes action a with probability ∝ exp(λ u_i(a)).
At λ = 0 everybody mixes evenly; as λ grows the path from there leads to one Nash equilibrium, the
game's logit solution. It is followed by predictor and corrector with arclength, in logarithms of
probabilities, so that it may turn back in λ; at its end the equilibrium's own equations are solved
on the actions that are left.

Sources: McKelvey & Palfrey 1995, "Quantal response equilibria for normal form games", Games and
Economic Behavior 10; Turocy 2005, "A dynamic homotopy interpretation of the logistic quantal
response equilibrium correspondence", ibid. 51.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..kernels import multilinear
from .game import NormalFormGame, deviation_payoffs
from .index import pair_table
from .supports import support_system, unit_payoffs

Floats = NDArray[np.float64]

_MAX_STEPS = 4000
_FAR = 1e7
_FIRST_STEP, _LEAST_STEP = 0.03, 1e-9


def logit_equilibrium(game: NormalFormGame, tolerance: float = 1e-9) -> tuple[Floats, ...] | None:
    """The logit solution, certified to ``tolerance`` of the payoff ranges; None where the path
    could not be followed far enough.
    """
    path = _Path(unit_payoffs(game), game.shape)
    here = np.concatenate([*[np.full(m, -np.log(m)) for m in game.shape], [0.0]])
    tangent = path.tangent(here, np.eye(len(here))[-1])
    step, tried = _FIRST_STEP, 10.0
    for _ in range(_MAX_STEPS):
        there = path.correct(here + step * tangent, tangent)
        turn = None if there is None else path.tangent(there, tangent)
        if there is None or turn is None or turn @ tangent < 0.9:
            step /= 2
            if step < _LEAST_STEP:
                return None
            continue
        here, tangent, step = there, turn, step * 1.3
        if abs(here[-1]) > tried:
            tried = abs(here[-1]) * 1.5
            profile = _at_the_end(game, path.profile(here), tolerance)
            if profile is not None:
                return profile
        if abs(here[-1]) > _FAR:
            return None
    return None


def _at_the_end(game: NormalFormGame, profile: Sequence[Floats],
                tolerance: float) -> tuple[Floats, ...] | None:
    """A certified equilibrium on the actions that a profile plays more than a little, or None."""
    scaled = unit_payoffs(game)
    for least in (1e-2, 1e-3, 1e-5):
        supports = [tuple(int(a) for a in np.flatnonzero(part > least)) for part in profile]
        mixing = [i for i, support in enumerate(supports) if len(support) > 1]
        parts = [np.zeros(m) for m in game.shape]
        for part, support in zip(parts, supports, strict=True):
            part[list(support)] = 1.0 / len(support)
        if mixing:
            system = support_system(scaled, supports, mixing)
            start = [(profile[i][list(supports[i])] / profile[i][list(supports[i])].sum())[None]
                     for i in mixing]
            found, good = multilinear.polish(system, start)
            if not good[0]:
                continue
            for i, solved in zip(mixing, found, strict=True):
                parts[i][list(supports[i])] = np.maximum(solved[0], 0.0)
                parts[i] /= parts[i].sum()
        if game.relative_regret(parts) <= tolerance:
            return tuple(parts)
    return None


class _Path:
    """H(x, λ) = 0, x the logarithms of all probabilities, player after player."""

    def __init__(self, scaled: Floats, shape: Sequence[int]) -> None:
        self.scaled, self.shape = scaled, shape
        self.ends = np.concatenate([[0], np.cumsum(shape)])

    def profile(self, point: Floats) -> list[Floats]:
        """Probabilities (m_i,) of each player at a point (x, λ)."""
        return [np.exp(point[a:b]) for a, b in zip(self.ends[:-1], self.ends[1:], strict=True)]

    def both(self, point: Floats) -> tuple[Floats, Floats]:
        """H (M,) and its Jacobian (M, M + 1)."""
        profile, precision = self.profile(point), point[-1]
        size = len(point) - 1
        value, slope = np.zeros(size), np.zeros((size, size + 1))
        for i, part in enumerate(profile):
            a, b = self.ends[i], self.ends[i + 1]
            pays = deviation_payoffs(self.scaled, profile, i)
            value[a] = part.sum() - 1.0
            slope[a, a:b] = part
            value[a + 1:b] = point[a + 1:b] - point[a] - precision * (pays[1:] - pays[0])
            slope[a + 1:b, a] = -1.0
            slope[np.arange(a + 1, b), np.arange(a + 1, b)] = 1.0
            slope[a + 1:b, -1] = -(pays[1:] - pays[0])
            for j, other in enumerate(profile):
                if j != i:
                    table = pair_table(self.scaled[i], profile, i, j) * other
                    slope[a + 1:b, self.ends[j]:self.ends[j + 1]] = -precision * (table[1:]
                                                                                  - table[0])
        return value, slope

    def tangent(self, point: Floats, before: Floats) -> Floats:
        """The unit tangent that goes on in the direction ``before``."""
        _, slope = self.both(point)
        bordered = np.vstack([slope, before])
        try:
            found = np.linalg.solve(bordered, np.eye(len(point))[-1])
        except np.linalg.LinAlgError:
            return before
        unit: Floats = found / np.linalg.norm(found)
        return unit

    def correct(self, point: Floats, tangent: Floats) -> Floats | None:
        """Newton back onto the path, at right angles to the tangent; None where it fails."""
        start, size = point, np.inf
        for _ in range(6):
            with np.errstate(all="ignore"):
                value, slope = self.both(point)
                try:
                    move = np.linalg.solve(np.vstack([slope, tangent]),
                                           np.append(value, tangent @ (point - start)))
                except np.linalg.LinAlgError:
                    return None
            last, size = size, float(np.abs(move).max() / (1.0 + np.abs(point).max()))
            if not size < 0.9 * last:
                return None
            point = point - move
            if size < 1e-9:
                return point
        return None
