"""All mixed equilibria of a stage of three and more players, support by support, with proof.

Given supports S_1, …, S_n a profile σ over them is an equilibrium iff for some values V_i

    c_i(a, σ_-i) − D_i(a, σ_-i) V_i = 0 for a in S_i,  ≤ 0 for the other actions.

With V_i as an unknown between the least and the largest c/D of the supports this is linear in each
player's probabilities and in each V_i, so that ``kernels.multilinear`` finds every zero, or says
why it cannot. A player whose D does not depend on what is played needs no V_i: the stage is an
ordinary game in c/D for it. Choices of supports in which an action is worse than another one at
all V_i and whatever is played within the supports are passed over.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np

from ..kernels import multilinear
from .stage import MANY, NEAR, TIED, Floats, Found, Profile, Stage, any_tie

Support = tuple[int, ...]

#: most choices of supports that are gone through, and cells that are looked at, in one stage
MOST_CHOICES, MOST_CELLS = 4_000, 60_000
#: a probability or a gain closer to 0 than this has no certain sign
SIGN = 1e-10
#: how far beyond the extreme values of the supports V_i is looked for, in parts of their range
MARGIN = 1e-3


@dataclass
class Coupled(multilinear.System):
    """A multilinear system whose equations name the unknowns that they depend on."""

    axes: list[list[int]] = field(default_factory=list)

    @property
    def others(self) -> list[list[int]]:
        return self.axes


def mixed_equilibria(stage: Stage, found: Found, stop: Callable[[], None] | None = None) -> None:
    """Add the mixed equilibria to the pure ones in ``found``; its doubt says what is not proved.

    ``stop`` is called for every choice of supports; it may raise to end the work.
    """
    if prod(2 ** m - 1 for m in stage.shape) > MOST_CHOICES:
        found.doubt = found.doubt or MANY
        return
    pure = [tuple(int(p.argmax()) for p in profile) for profile in found.profiles]
    if found.doubt is None and any(any_tie(stage, profile) for profile in pure):
        found.doubt = TIED
    looked = 0
    for choice in _choices(stage.shape):
        if stop is not None:
            stop()
        if looked > MOST_CELLS:
            found.doubt = found.doubt or MANY
            return
        equations = _Equations.of(stage, choice)
        if equations is None:
            continue
        # once the list cannot be proved complete, only what is easily found is looked for
        zeros = multilinear.zeros(equations.system,
                                  MOST_CELLS // (4 if found.doubt is None else 40))
        looked += zeros.cells
        if zeros.doubt:
            found.doubt = found.doubt or (MANY if zeros.doubt == multilinear.BUDGET else NEAR)
        for point in zeros.points:
            profile, certain = equations.profile(point)
            if profile is not None:
                found.add(profile)
            if not certain:
                found.doubt = found.doubt or NEAR


def _choices(shape: Sequence[int]) -> Iterator[tuple[Support, ...]]:
    """Every choice of supports in which somebody mixes, few actions first."""
    each = [[s for k in range(1, m + 1) for s in itertools.combinations(range(m), k)]
            for m in shape]
    return iter(sorted((choice for choice in itertools.product(*each)
                        if any(len(s) > 1 for s in choice)),
                       key=lambda choice: (sum(map(len, choice)), choice)))


@dataclass(eq=False)
class _Equations:
    """The system of one choice of supports.

    ``gain[i]`` (m_i, [2,] |S_j| …): c − D V for every action of i, at the ends of V_i when it is an
    unknown, over the others' supports in the order of players; scaled to size 1. ``place[i]`` which
    simplex holds i's probabilities, ``value[i]`` which its V_i; None where there is none.
    """

    stage: Stage
    choice: tuple[Support, ...]
    gain: list[Floats]
    place: list[int | None]
    value: list[int | None]
    system: Coupled

    @staticmethod
    def of(stage: Stage, choice: tuple[Support, ...]) -> _Equations | None:
        """None where an action of a support is worse than another action."""
        n = len(choice)
        gain: list[Floats] = []
        loose = []
        for i in range(n):
            block = [range(stage.shape[i]) if j == i else choice[j] for j in range(n)]
            c, d = (np.moveaxis(x[i][np.ix_(*block)], i, 0) for x in (stage.reward, stage.keep))
            loose.append(float(np.ptp(d)) > 0.0)
            mine = c[list(choice[i])] / d[list(choice[i])]
            low, high = float(mine.min()), float(mine.max())
            if loose[i]:
                room = MARGIN * max(high - low, float(np.abs(c).max()) * 1e-6, 1e-300)
                tensor = np.stack([c - d * (low - room), c - d * (high + room)], axis=1)
            else:
                tensor = c - d * low
            size = float(np.abs(tensor).max())
            tensor = tensor / (size if size > 0 else 1.0)
            flat = tensor.reshape(len(tensor), -1)
            worse = (flat[None] - flat[list(choice[i])][:, None]).min(axis=2)
            if (worse > multilinear.ROUNDING).any():
                return None
            gain.append(tensor)
        return _Equations._assembled(stage, choice, gain, loose)

    @staticmethod
    def _assembled(stage: Stage, choice: tuple[Support, ...], gain: list[Floats],
                   loose: list[bool]) -> _Equations:
        n = len(choice)
        mixing = [i for i in range(n) if len(choice[i]) > 1]
        asked = [i for i in range(n) if loose[i] and stage.shape[i] > 1]
        place = [mixing.index(i) if i in mixing else None for i in range(n)]
        value = [len(mixing) + asked.index(i) if i in asked else None for i in range(n)]
        sizes = tuple(len(choice[i]) for i in mixing) + (2,) * len(asked)
        equations: list[Floats] = []
        axes: list[list[int]] = []
        bounds: list[Floats] = []
        for i in [*mixing, *asked]:
            own = len(equations) < len(mixing)
            rows = gain[i].reshape(len(gain[i]), *_shape(choice, i, value[i] is not None))
            axes.append([v for v in [value[i]] if v is not None]
                        + [j for j in range(len(mixing)) if j != place[i]])
            first = rows[choice[i][0]]
            if not own:
                equations.append(first[None])
            else:
                rest = rows[list(choice[i][1:])]
                equations.append(rest if value[i] is not None else rest - first)
        for i in range(n):
            outside = [a for a in range(len(gain[i])) if a not in choice[i]]
            if outside:
                bounds.append(_full(gain[i], outside, choice, i, value[i], sizes))
        spare = [sum(k - 1 for k in sizes[:len(mixing)]) - 2 * (k - 1)
                 for k in sizes[:len(mixing)]]
        fixed = frozenset(j for j, room in enumerate(spare) if room < 0)
        return _Equations(stage, choice, gain, place, value,
                          Coupled(sizes, equations, bounds, fixed, axes=axes))

    def profile(self, point: Sequence[Floats]) -> tuple[Profile | None, bool]:
        """The profile of a zero, None where it is no equilibrium; and whether that is certain."""
        parts, certain = [], True
        for i, support in enumerate(self.choice):
            place, full = self.place[i], np.zeros(self.stage.shape[i])
            full[list(support)] = 1.0 if place is None else point[place]
            least = float(full[list(support)].min())
            if least < -SIGN:
                return None, True
            certain &= least > SIGN
            full = np.where(full < SIGN, 0.0, full)
            parts.append(full / full.sum())
        profile = tuple(parts)
        for i, support in enumerate(self.choice):
            outside = np.setdiff1d(np.arange(self.stage.shape[i]), support)
            if len(outside):
                size = max(float(np.abs(self.stage.reward[i]).max()), 1e-300)
                most = float(self.stage.gain(profile, i)[outside].max()) / size
                if most > SIGN:
                    return None, True
                certain &= most < -SIGN
        return profile, certain


def _shape(choice: Sequence[Support], player: int, valued: bool) -> list[int]:
    return ([2] if valued else []) + [len(s) for j, s in enumerate(choice)
                                      if j != player and len(s) > 1]


def _full(gain: Floats, outside: list[int], choice: Sequence[Support], player: int,
          value: int | None, sizes: tuple[int, ...]) -> Floats:
    """(|outside|, all sizes) what the outside actions gain over V, or over the support's first."""
    rows = gain[outside] if value is not None else gain[outside] - gain[choice[player][0]]
    rows = rows.reshape(len(outside), *_shape(choice, player, value is not None))
    if value is not None:
        rows = np.moveaxis(rows, 1, -1)
    shape = [len(outside)]
    mixing = [j for j, s in enumerate(choice) if len(s) > 1]
    shape += [1 if j == player else len(choice[j]) for j in mixing]
    shape += [2 if k == value else 1 for k in range(len(mixing), len(sizes))]
    return np.broadcast_to(rows.reshape(shape), (len(outside), *sizes))
