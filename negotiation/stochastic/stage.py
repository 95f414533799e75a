"""One state with fixed values elsewhere: the stage, its pure equilibria, its dominated actions.

A stage has ``reward`` c (n, m_1, …, m_n) and ``keep`` D of the same shape (see
``kernels/stage_two.py``). A profile σ is an equilibrium, with V_i = E[c_i]/E[D_i], iff for every
player and action  c_i(a, σ_-i) − D_i(a, σ_-i) V_i ≤ 0.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Profile = tuple[Floats, ...]

CONTINUUM = "equilibria form a continuum of which only extreme points are listed"
NEAR = "two mixed equilibria are too close to tell apart"
TIED = ("a best response is tied with an action outside the support, and that nothing more hangs "
        "on the tie is not proved")
SUPPORTS = "the supports are too many to enumerate"
MANY = "mixed equilibria of three or more active players are searched, not enumerated"


@dataclass(frozen=True)
class Tie:
    """Why the equilibria of a stage form a continuum: who is indifferent between which actions."""

    player: int
    actions: tuple[int, ...]


@dataclass(eq=False)
class Found:
    """The equilibria of one stage: mixed actions per player, whether that is all, and ties."""

    profiles: list[Profile] = field(default_factory=list)
    doubt: str | None = None
    ties: list[Tie] = field(default_factory=list)

    def add(self, profile: Profile) -> None:
        """Append a profile unless it is there already."""
        for other in self.profiles:
            if all(np.abs(p - q).max() < 1e-9 for p, q in zip(profile, other, strict=True)):
                return
        self.profiles.append(profile)


@dataclass(frozen=True, eq=False)
class Stage:
    """One stage: ``reward`` and ``keep`` (n, m_1, …, m_n), ``tie`` (n,) in payoff units."""

    reward: Floats
    keep: Floats
    tie: Floats

    @property
    def shape(self) -> tuple[int, ...]:
        return self.reward.shape[1:]

    def restrict(self, kept: list[Ints]) -> Stage:
        """The stage with only some actions of each player."""
        grid = np.ix_(np.arange(len(self.reward)), *kept)
        return Stage(self.reward[grid], self.keep[grid], self.tie)

    def value(self, profile: Profile) -> Floats:
        """(n,) V_i of a profile."""
        return expected(self.reward, profile) / expected(self.keep, profile)

    def gain(self, profile: Profile, player: int) -> Floats:
        """(m_i,) c_i(a, σ_-i) − D_i(a, σ_-i) V_i: what each action would gain."""
        value = self.value(profile)[player]
        return against(self.reward[player] - self.keep[player] * value, profile, player)


def expected(tensor: Floats, profile: Profile) -> Floats:
    """The expectation of a tensor (…, m_1, …, m_n) under a profile."""
    for mixed in reversed(profile):
        tensor = tensor @ mixed
    return tensor


def against(tensor: Floats, profile: Profile, player: int) -> Floats:
    """(m_i,) the expectation of (m_1, …, m_n) over everybody's actions but one player's."""
    tensor = np.moveaxis(tensor, player, 0)
    return expected(tensor, tuple(p for j, p in enumerate(profile) if j != player))


def pure_equilibria(stage: Stage) -> tuple[list[tuple[int, ...]], list[Tie]]:
    """All pure equilibria, and the ties at them.

    The value of every pure profile is c/D; a deviation's gain is compared with ``tie``.
    """
    value = stage.reward / stage.keep
    good = np.ones(stage.shape, dtype=bool)
    tied: list[tuple[int, Bools]] = []
    for i in range(len(value)):
        c, d, v = (np.moveaxis(x[i], i, 0) for x in (stage.reward, stage.keep, value))
        gain = c[None] - d[None] * v[:, None]  # [played, alternative, others]
        best = gain.max(axis=1)
        good &= np.moveaxis(best <= stage.tie[i], 0, i)
        tied.append((i, np.moveaxis(np.abs(gain) <= stage.tie[i], (0, 1), (i, -1))))
    profiles = [tuple(int(k) for k in place) for place in np.argwhere(good)]
    ties = []
    for profile in profiles:
        free = [(i, np.flatnonzero(near[profile])) for i, near in tied]
        loose = [(i, near) for i, near in free if len(near) > 1]
        if len(loose) == 1:  # the others are strict, so small mixes of the tied actions are fine
            ties.append(Tie(loose[0][0], tuple(int(a) for a in loose[0][1])))
    return profiles, ties


def any_tie(stage: Stage, profile: tuple[int, ...]) -> bool:
    """Whether a player has another best response at a pure equilibrium."""
    mixed = unit(stage.shape, profile)
    return any((np.abs(stage.gain(mixed, i)) <= stage.tie[i]).sum() > 1
               for i in range(len(stage.shape)))


def unit(shape: tuple[int, ...], profile: tuple[int, ...]) -> Profile:
    """A pure profile as mixed actions."""
    return tuple(np.eye(m)[a] for m, a in zip(shape, profile, strict=True))


def undominated(stage: Stage) -> list[Ints]:
    """The actions that survive iterated strict dominance, per player.

    An action that another beats against every profile of the others, at every value that the
    stage can have, is never played: gains are linear in V, so the ends of its range decide.
    """
    kept = [np.arange(m) for m in stage.shape]
    while True:
        before = sum(map(len, kept))
        for i in range(len(kept)):
            if len(kept[i]) == 1:
                continue
            now = stage.restrict(kept)
            ratio = now.reward[i] / now.keep[i]
            c, d = (np.moveaxis(x[i], i, 0).reshape(len(kept[i]), -1)
                    for x in (now.reward, now.keep))
            beaten = np.ones((len(kept[i]), len(kept[i])), dtype=bool)
            for v in (ratio.min(), ratio.max()):
                gain = c - d * v
                beaten &= (gain[None] - gain[:, None] > stage.tie[i]).all(axis=2)
            kept[i] = kept[i][~beaten.any(axis=1)]
        if sum(map(len, kept)) == before:
            return kept


def lift(profile: Profile, kept: list[Ints], shape: tuple[int, ...]) -> Profile:
    """A profile of the restricted stage in the whole one."""
    out = []
    for mixed, places, m in zip(profile, kept, shape, strict=True):
        full = np.zeros(m)
        full[places] = mixed
        out.append(full)
    return tuple(out)


def regret(stage: Stage, profile: Profile) -> float:
    """The largest gain of any player and action, in units of the tolerance ``tie``."""
    return max(float(stage.gain(profile, i).max() / stage.tie[i]) for i in range(len(profile)))


def supports(m: int, k: int) -> list[tuple[int, ...]]:
    """All sets of k of m actions, in lexicographic order."""
    return list(itertools.combinations(range(m), k))
