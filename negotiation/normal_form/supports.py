"""All equilibria of small games with any number of players, support by support.

For each choice of supports S_1, …, S_n the equilibria whose players mix over just those actions
solve a system: a player's actions in S_i pay the same, those outside no more. The system is linear
in each player's probabilities, and :mod:`negotiation.kernels.multilinear` finds all its zeros with
proof. Choices in which an action of S_i is strictly worse than another action, whatever is played
within the other supports, are passed over.

Sources: Dickhaut & Kaplan 1991, "A program for finding Nash equilibria", Mathematica Journal 1;
Porter, Nudelman & Shoham 2008, "Simple search methods for finding a Nash equilibrium", Games and
Economic Behavior 63 (supports and conditional dominance).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, combinations, product
from math import prod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..kernels import multilinear
from .game import NormalFormGame, deviation_payoffs

Floats = NDArray[np.float64]
Support = tuple[int, ...]

#: more choices of supports than this are not gone through
MAX_SUPPORTS = 40_000
#: more tied actions of one player than this are not gone through
_MOST_TIED = 6
#: a probability or an advantage closer to 0 than this has no certain sign
_SIGN = 1e-10


class Found(NamedTuple):
    """Profiles, why the list is not proved complete (() where it is), and the cells looked at."""

    profiles: list[tuple[Floats, ...]]
    doubts: tuple[str, ...]
    cells: int


def all_equilibria(game: NormalFormGame, budget: int = 1_000_000) -> Found:
    """Every equilibrium of a small game, as far as a budget of cells allows."""
    scaled = unit_payoffs(game)
    pure = set(game.pure_equilibria())
    profiles: list[tuple[Floats, ...]] = [
        tuple(np.eye(m)[a] for m, a in zip(game.shape, at, strict=True)) for at in sorted(pure)]
    doubts: dict[str, None] = {}
    if prod(2**m - 1 for m in game.shape) > MAX_SUPPORTS:
        doubts["the game has too many supports to go through them"] = None
        return Found(profiles, tuple(doubts), 0)
    if _tied(game, pure):
        doubts["a pure equilibrium has ties, so that equilibria may form a continuum"] = None
    profiles += [end for end in lone_mixers(game) if not any(_same(end, other)
                                                             for other in profiles)]
    looked = 0
    for supports in _choices(game.shape):
        if looked > budget:
            doubts["the search reached its budget before it had gone through all supports"] = None
            break
        if _conditionally_dominated(scaled, supports):
            continue
        mixing = [i for i, support in enumerate(supports) if len(support) > 1]
        system = support_system(scaled, supports, mixing)
        # once the list cannot be proved complete, only what is easily found is looked for
        zeros = multilinear.zeros(system, max(budget // (100 if doubts else 8), 1000))
        looked += zeros.cells
        if zeros.doubt:
            doubts[zeros.doubt] = None
        for point in zeros.points:
            profile, certain = _profile(scaled, game.shape, supports, mixing, point)
            if profile is None:
                continue
            if not certain:
                doubts["an equilibrium is too near to a change of support to tell"] = None
            if not any(_same(profile, other) for other in profiles):
                profiles.append(profile)
    return Found(profiles, tuple(doubts), looked)


def unit_payoffs(game: NormalFormGame) -> Floats:
    """(n, m_1, …, m_n) each player's payoffs on [0, 1]."""
    wide = np.where(game.ranges > 0, game.ranges, 1.0)
    unit: Floats = game.above_lowest / wide.reshape(-1, *([1] * game.n))
    return unit


def _choices(shape: Sequence[int]) -> Iterator[tuple[Support, ...]]:
    """Every choice of supports in which somebody mixes, few actions first."""
    each = [list(chain.from_iterable(combinations(range(m), k) for k in range(1, m + 1)))
            for m in shape]
    return iter(sorted((choice for choice in product(*each) if any(len(s) > 1 for s in choice)),
                       key=lambda choice: (sum(map(len, choice)), choice)))


def _tied(game: NormalFormGame, pure: set[tuple[int, ...]]) -> bool:
    """Whether at some pure equilibrium a player has another best action."""
    table = game.exact if game.exact_given else game.payoffs
    for at in pure:
        for i in range(game.n):
            line = table[i][(*at[:i], slice(None), *at[i + 1:])].tolist()
            if line.count(max(line)) > 1:
                return True
    return False


def lone_mixers(game: NormalFormGame) -> Iterator[tuple[Floats, ...]]:
    """The extreme points of each set of equilibria in which one player mixes and the others do not.

    Such a player has several best actions that tie exactly; its mixes against which the others do
    not gain form a polytope, whose vertices are found by trying which constraints are tight.
    """
    table = game.exact if game.exact_given else game.payoffs
    for i, m in enumerate(game.shape):
        others = [range(k) if j != i else range(1) for j, k in enumerate(game.shape)]
        for at in product(*others):
            line = table[i][(*at[:i], slice(None), *at[i + 1:])].tolist()
            best = [a for a in range(m) if line[a] == max(line)]
            if len(best) < 2 or len(best) > _MOST_TIED:
                continue
            gains = [np.zeros((0, len(best)))]
            for j, k in enumerate(game.shape):
                if j != i:
                    where = [[a] for a in at]
                    where[i], where[j] = best, list(range(k))
                    block = np.moveaxis(game.above_lowest[j][np.ix_(*where)], (j, i), (0, 1))
                    block = block.reshape(k, len(best)) / (game.ranges[j] or 1.0)
                    gains.append(np.delete(block - block[at[j]], at[j], axis=0))
            for shares in _simplex_vertices(np.concatenate(gains)):
                parts = [np.eye(k)[a] for k, a in zip(game.shape, at, strict=True)]
                parts[i] = np.zeros(m)
                parts[i][best] = shares
                yield tuple(parts)


def _simplex_vertices(gains: Floats) -> Iterator[Floats]:
    """Vertices of {p ≥ 0, Σp = 1, gains p ≤ 0}."""
    size = gains.shape[1]
    rows = np.concatenate([-np.eye(size), gains])
    for tight in combinations(range(len(rows)), size - 1):
        system = np.concatenate([np.ones((1, size)), rows[list(tight)]])
        if np.linalg.matrix_rank(system, tol=1e-12) < size:
            continue
        p: Floats = np.linalg.solve(system, np.eye(size)[0])
        if (rows @ p).max() <= 1e-12:
            yield np.maximum(p, 0.0)


def _conditionally_dominated(scaled: Floats, supports: Sequence[Support]) -> bool:
    for i, support in enumerate(supports):
        others = [*supports[:i], range(scaled.shape[i + 1]), *supports[i + 1:]]
        block = np.moveaxis(scaled[i][np.ix_(*[list(s) for s in others])], i, 0)
        block = block.reshape(block.shape[0], -1)
        mine = block[list(support)]
        if ((block[None] - mine[:, None]).min(axis=2) > multilinear.ROUNDING).any():
            return True
    return False


def support_system(scaled: Floats, supports: Sequence[Support],
                   mixing: Sequence[int]) -> multilinear.System:
    """The equations and bounds of a choice of supports, over the players that mix."""
    n = len(supports)
    sizes = tuple(len(supports[i]) for i in mixing)
    equations, bounds = [], []
    for i in range(n):
        block = scaled[i][np.ix_(*[range(scaled.shape[i + 1]) if j == i else list(supports[j])
                                   for j in range(n)])]
        block = np.moveaxis(block, i, 0)
        shape = [len(supports[j]) for j in mixing if j != i]
        block = block.reshape(block.shape[0], *shape)
        base = block[supports[i][0]]
        outside = [a for a in range(scaled.shape[i + 1]) if a not in supports[i]]
        if i in mixing:
            equations.append(block[list(supports[i][1:])] - base)
        if outside:
            gain = block[outside] - base
            if i in mixing:
                place = list(mixing).index(i) + 1
                gain = np.broadcast_to(np.expand_dims(gain, place),
                                       (*gain.shape[:place], len(supports[i]), *gain.shape[place:]))
            bounds.append(gain)
    # a player with more equations than the others have unknowns: cut only where they play
    spare = [sum(sizes) - len(sizes) - 2 * (k - 1) for k in sizes]
    return multilinear.System(sizes, equations, bounds,
                              frozenset(j for j, room in enumerate(spare) if room < 0))


def _profile(scaled: Floats, shape: Sequence[int], supports: Sequence[Support],
             mixing: Sequence[int], point: Sequence[Floats],
             ) -> tuple[tuple[Floats, ...] | None, bool]:
    """The profile of a zero, None where it is no equilibrium; and whether that is certain."""
    parts = [np.zeros(m) for m in shape]
    certain = True
    for i, support in enumerate(supports):
        parts[i][list(support)] = point[list(mixing).index(i)] if i in mixing else 1.0
        least = parts[i][list(support)].min()
        if least < -_SIGN:
            return None, True
        certain &= bool(least > _SIGN)
        parts[i] = np.clip(parts[i], 0.0, 1.0)
        parts[i][parts[i] < _SIGN] = 0.0
        parts[i] /= parts[i].sum()
    for i, support in enumerate(supports):
        pays = deviation_payoffs(scaled, parts, i)
        outside = np.delete(pays, list(support))
        if outside.size:
            gain = float(outside.max() - pays[list(support)].max())
            if gain > _SIGN:
                return None, True
            certain &= gain < -_SIGN
    return tuple(parts), certain


def _same(profile: Sequence[Floats], other: Sequence[Floats]) -> bool:
    return all(bool(abs(a - b).max() < 1e-8) for a, b in zip(profile, other, strict=True))
