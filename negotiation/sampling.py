"""Draws of a game's parameters: points of a scrambled Sobol sequence, turned into values.

Draw k is row k of a sequence (Sobol 1967; scrambled by a random linear matrix and digital shift,
Matoušek 1998) whose first d coordinates belong to the d parameters that are drawn, and whose other
d make a second, independent draw of each, which variance-based indices need. Every row can be made
on its own, so that any part of a sample is the same whoever makes it, in whatever order.

A parameter is drawn when it has a range or a distribution (:mod:`negotiation.distributions`) and is
not held fixed. Rank correlations act on the normal scores of the coordinates.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .distributions import Correlation, Distribution, clusters, mixing
from .errors import InputError, UnknownNameError
from .model import Game, Parameter

Floats = NDArray[np.float64]

#: points of one sequence, and coordinates
MOST_DRAWS, MOST_COORDINATES = 1 << 30, 21_201
SEED_LIMIT = 1 << 63


@dataclass(frozen=True, eq=False)
class Sampler:
    """The draws of a game's parameters.

    Attributes:
        game: whose parameters are drawn.
        seed: from 0 up; the same seed gives the same draws.
        fixed: parameters that are held at their value although they have a range.

    Raises:
        UnknownNameError: for a fixed parameter that the game does not have.
        InputError: for a seed that is not a whole number of at least 0, or when no parameter is
            left to draw.
    """

    game: Game
    seed: int = 0
    fixed: tuple[str, ...] = ()
    #: the parameters that are drawn, in the order of the definition
    names: tuple[str, ...] = field(init=False)
    #: sets of parameters whose draws depend on each other; one alone is a set of its own
    groups: tuple[tuple[str, ...], ...] = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or not (
                0 <= self.seed < SEED_LIMIT):
            raise InputError("the 'seed' parameter must be a whole number of at least 0. Got "
                             f"{self.seed!r} instead.")
        for name in self.fixed:
            if name not in self.game.parameters:
                raise UnknownNameError("parameter", name, self.game.parameters)
        names = drawn(self.game, self.fixed)
        if not names:
            raise InputError(f"{self.game.name}: there is nothing to draw: no parameter has a "
                             "range or a distribution"
                             + (" and is not held fixed" if self.fixed else ""))
        if 2 * len(names) > MOST_COORDINATES:
            raise InputError(f"{self.game.name}: {len(names)} parameters are drawn: at most "
                             f"{MOST_COORDINATES // 2} can be")
        tied = [tuple(n for n in names if n in group) for group in clusters(self._correlations())]
        object.__setattr__(self, "names", names)
        object.__setattr__(self, "groups", tuple(
            next((group for group in tied if name in group), (name,)) for name in names
            if not any(name in group[1:] for group in tied)))

    def _correlations(self) -> tuple[Correlation, ...]:
        return tuple(pair for pair in self.game.correlations
                     if not set(pair.between) & set(self.fixed))

    @property
    def dimension(self) -> int:
        """d, how many parameters are drawn."""
        return len(self.names)

    def points(self, begin: int, end: int) -> Floats:
        """Rows ``begin`` to ``end`` of the sequence, (rows, 2d): two draws of each parameter.

        Raises:
            InputError: for rows past the end of the sequence.
        """
        from scipy.stats import qmc

        if not 0 <= begin <= end <= MOST_DRAWS:
            raise InputError(f"rows {begin} to {end} are not in the sequence: it has {MOST_DRAWS}")
        if begin == end:
            return np.zeros((0, 2 * self.dimension))
        engine = qmc.Sobol(2 * self.dimension, scramble=True,
                           seed=np.random.default_rng(self.seed))
        if begin:
            engine.fast_forward(begin)
        with warnings.catch_warnings():
            # scipy warns of blocks that are no power of two; these are parts of a sequence
            warnings.simplefilter("ignore", UserWarning)
            found: Floats = engine.random(end - begin)
        return found

    def values(self, points: Floats) -> dict[str, Floats]:
        """Parameter → (rows,) its values at points (rows, d) of the unit cube."""
        share = dict(zip(self.names, points.T, strict=True))
        correlations = self._correlations()
        for group in self.groups:
            if len(group) > 1:
                inside = tuple(pair for pair in correlations if pair.between[0] in group)
                share.update(_correlated(group, mixing(group, inside), share))
        return {name: distribution_of(self.game.parameters[name]).quantile(share[name])
                for name in self.names}

    def draws(self, begin: int, end: int) -> dict[str, Floats]:
        """Parameter → (end − begin,) its values in these draws."""
        return self.values(self.points(begin, end)[:, :self.dimension])


def drawn(game: Game, fixed: Collection[str] = ()) -> tuple[str, ...]:
    """The parameters that have a range or a distribution and are not held fixed."""
    return tuple(name for name, parameter in game.parameters.items() if name not in fixed
                 and (parameter.low is not None or parameter.distribution is not None))


def distribution_of(parameter: Parameter) -> Distribution:
    """What a parameter's draws follow: the distribution given, else uniform over its range."""
    if parameter.distribution is not None:
        return parameter.distribution
    assert parameter.low is not None and parameter.high is not None
    return Distribution(kind="uniform", low=parameter.low, high=parameter.high)


def _correlated(group: tuple[str, ...], lower: list[list[float]] | None,
                share: Mapping[str, Floats]) -> dict[str, Floats]:
    from scipy import special

    if lower is None:
        raise InputError(f"no draws have all of the rank correlations of {', '.join(group)} at "
                         "once")
    tiny = 2.0**-54
    scores = [special.ndtri(np.clip(share[name], tiny, 1.0 - 2.0 * tiny)) for name in group]
    return {name: special.ndtr(sum(weight * score for weight, score in
                                   zip(row[:k + 1], scores, strict=False)))
            for k, (name, row) in enumerate(zip(group, lower, strict=True))}

