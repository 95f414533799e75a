"""One bargain on its own: its solutions, its ideal point and its Pareto frontier.

n actors agree on J issues x ∈ [0, 1]^J. Against no agreement, actor i gains

    G_i(x) = base_i + Σ_j (value_ji x_j − ½ curvature_ji x_j²),      curvature ≥ 0,

so the set of gains that can be reached is convex up to free disposal. The *surplus*
σ = max_x min_i G_i is positive where an agreement can make everybody better off. A *solution* picks
terms among those that nobody loses by (G ≥ 0), with weights w_i > 0 as bargaining power:

==================  ==============================================================  ==============
method              terms                                                           source
==================  ==============================================================  ==============
nash                maximise Σ w_i log G_i                                          [1]_
kalai-smorodinsky   equalise G_i / (w_i · ideal_i)                                  [2]_
egalitarian         equalise G_i / w_i                                              [3]_
utilitarian         maximise Σ w_i G_i                                              [4]_
equal-loss          equalise (ideal_i − G_i) / w_i                                  [5]_
offers              a proposer, drawn with chance w_i / Σ w, takes the best for     [6]_
                    itself that leaves nobody else a loss
==================  ==============================================================  ==============

"Equalise" is lexicographic: the worst-off first, then the next, so that nothing is left over [7]_.
The ideal gain of i is the most it can get while nobody else loses. Where σ = 0, actors whose gain
is 0 at all terms that nobody loses by are set aside; where σ < 0, the same is done for G − σ. Terms
that all actors are indifferent between are settled by least norm.

.. [1] Nash 1950, "The bargaining problem", Econometrica 18; with weights, Kalai 1977,
   "Nonsymmetric Nash solutions", Int. J. Game Theory 6.
.. [2] Kalai & Smorodinsky 1975, "Other solutions to Nash's bargaining problem", Econometrica 43;
   completed as in Imai 1983, "Individual monotonicity and lexicographic maxmin solution", ibid. 51.
.. [3] Kalai 1977, "Proportional solutions to bargaining situations", Econometrica 45.
.. [4] Myerson 1981, "Utilitarianism, egalitarianism, and the timing effect in social choice
   problems", Econometrica 49.
.. [5] Chun 1988, "The equal-loss principle for bargaining problems", Economics Letters 26.
.. [6] Binmore 1987, "Perfect equilibria in bargaining models", in Binmore & Dasgupta (eds), The
   Economics of Bargaining: one round of random proposals.
.. [7] Chun & Peters 1991, "The lexicographic equal-loss solution", Math. Social Sciences 22, for
   the completion of [5]_.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from math import comb

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError, UnknownNameError
from .kernels import bargain

Floats = NDArray[np.float64]

_SOLVERS: dict[str, Callable[..., bargain.Answer]] = {
    "nash": bargain.nash,
    "kalai-smorodinsky": bargain.kalai_smorodinsky,
    "egalitarian": bargain.egalitarian,
    "utilitarian": bargain.utilitarian,
    "equal-loss": bargain.equal_loss,
    "offers": bargain.offers,
}

#: names of the bargaining solutions that :meth:`BargainingProblem.solve` knows
SOLUTIONS: tuple[str, ...] = tuple(_SOLVERS)


@dataclass(frozen=True, eq=False)
class Proposals:
    """What each actor proposes when it may: ``terms`` (n, J), ``gains`` (n, n) with the proposer
    first, and ``chance`` (n,) of being the proposer.
    """

    terms: Floats
    gains: Floats
    chance: Floats


@dataclass(frozen=True, eq=False)
class Bargain:
    """The answer of one bargaining solution.

    ``terms`` (J,) in [0, 1]; ``gains`` (n,); ``surplus`` is σ; ``status`` a sentence on how it
    ended. Under "offers" the gains are expected ones, the terms are the mean over proposers, and
    ``proposals`` has each proposer's own; otherwise it is None.
    """

    method: str
    terms: Floats
    gains: Floats
    surplus: float
    status: str
    proposals: Proposals | None = None


@dataclass(frozen=True, eq=False)
class Frontier:
    """Points of the Pareto frontier by which nobody loses: ``terms`` (k, J), ``gains`` (k, n)."""

    terms: Floats
    gains: Floats
    status: str


@dataclass(frozen=True, eq=False)
class BargainingProblem:
    """Who gains what from which terms.

    Parameters
    ----------
    base : array_like, shape (n,)
        Gains at x = 0, against no agreement, in each actor's own payoff unit.
    value : array_like, shape (J, n)
        What issue j pays actor i per unit of x_j.
    curvature : array_like, shape (J, n), optional
        c_ji ≥ 0 in −½ c x²; 0 by default.
    weights : array_like, shape (n,), optional
        Bargaining power, > 0; 1 by default.

    Raises
    ------
    InputError
        Where a shape does not fit, a number is not finite, a curvature is negative or a weight is
        not positive.

    Examples
    --------
    A cake of size 1, of which x goes to the first actor, who has twice the power:

    >>> cake = BargainingProblem([0, 1], [[1, -1]], weights=[2, 1])
    >>> cake.solve("nash").gains.round(6).tolist()
    [0.666667, 0.333333]
    """

    base: Floats
    value: Floats
    curvature: Floats
    weights: Floats

    def __init__(self, base: ArrayLike, value: ArrayLike, curvature: ArrayLike | None = None,
                 weights: ArrayLike | None = None) -> None:
        base_ = _numbers("base", base)
        if base_.ndim != 1 or not len(base_):
            raise InputError("The 'base' parameter of BargainingProblem must have shape (n,) with "
                             f"n ≥ 1, one gain per actor; got shape {base_.shape}.")
        value_ = _numbers("value", value)
        if value_.size == 0:
            value_ = value_.reshape(0, len(base_))
        if value_.ndim != 2 or value_.shape[1] != len(base_):
            raise InputError("The 'value' parameter of BargainingProblem must have shape "
                             f"(J, {len(base_)}), one row per issue; got shape {value_.shape}.")
        bend = np.zeros_like(value_) if curvature is None else _numbers("curvature", curvature)
        bend = _shaped("curvature", bend.reshape(value_.shape) if not bend.size else bend,
                       value_.shape)
        power = np.ones_like(base_) if weights is None else _numbers("weights", weights)
        _shaped("weights", power, base_.shape)
        if (bend < 0).any():
            raise InputError("The 'curvature' parameter of BargainingProblem must be ≥ 0 (gains "
                             f"are concave); got {float(bend.min())!r}.")
        if (power <= 0).any():
            raise InputError("The 'weights' parameter of BargainingProblem must be > 0; got "
                             f"{float(power.min())!r}.")
        for name, array in (("base", base_), ("value", value_), ("curvature", bend),
                            ("weights", power)):
            object.__setattr__(self, name, _frozen(array))

    def gains(self, terms: ArrayLike) -> Floats:
        """Gains (…, n) at terms (…, J), each x_j in [0, 1].

        Raises InputError where the last axis is not J long or an x_j is not in [0, 1].
        """
        x = _numbers("terms", terms)
        issues = len(self.value)
        if x.ndim == 0 or x.shape[-1] != issues:
            raise InputError(f"The 'terms' parameter of gains must have shape (…, {issues}); got "
                             f"shape {x.shape}.")
        if ((x < 0) | (x > 1)).any():
            raise InputError("The 'terms' parameter of gains must lie in [0, 1]; got values from "
                             f"{float(x.min())!r} to {float(x.max())!r}.")
        return self._gains(x)

    def _gains(self, x: Floats) -> Floats:
        gain: Floats = self.base + x @ self.value - 0.5 * (x * x) @ self.curvature
        return gain

    def surplus(self) -> float:
        """σ, the largest least gain.

        >>> BargainingProblem([0, 1], [[1, -1]]).surplus()
        0.5
        """
        base, value, curvature, _, member = self._batch(1)
        return float(bargain.max_min(base, value, curvature, member).sigma[0])

    def ideal(self) -> Floats:
        """(n,) each actor's best gain while no other loses (while none gains less than σ < 0).

        >>> BargainingProblem([0, 1], [[1, -1]]).ideal().round(6).tolist()
        [1.0, 1.0]
        """
        base, value, curvature, _, member = self._batch(1)
        return _frozen(bargain.ideal(base, value, curvature, member)[0])

    def solve(self, method: str = "nash") -> Bargain:
        """The terms of one bargaining solution.

        ``method`` is one of :data:`SOLUTIONS`; another name raises UnknownNameError (an
        InputError) that tells the nearest one.

        >>> two_issues = BargainingProblem([0, 0.2], [[1, -1], [-1, 3]])
        >>> two_issues.solve("egalitarian").gains.round(6).tolist()
        [0.55, 0.55]
        """
        if method not in _SOLVERS:
            raise UnknownNameError("bargaining solution", method, SOLUTIONS)
        answer = _SOLVERS[method](*self._batch(1))
        sigma = self.surplus()
        status = _status(float(answer.sigma[0]), bool(answer.ok[0]))
        if method != "offers":
            x = answer.x[0]
            return Bargain(method, _frozen(x), _frozen(self._gains(x)), sigma, status)
        proposed = answer.x[0]
        chance = self.weights / self.weights.sum()
        gains = self._gains(proposed)
        proposals = Proposals(_frozen(proposed), _frozen(gains), _frozen(chance))
        return Bargain(method, _frozen(chance @ proposed), _frozen(chance @ gains), sigma, status,
                       proposals)

    def frontier(self, points: int = 200) -> Frontier:
        """The Pareto frontier over G ≥ 0, as about ``points`` ≥ 2 of its points.

        Two actors: the arc from the second's ideal to the first's, evenly spread along its length
        (each gain in units of its own range). One actor: the best point. More: the Nash solutions
        of weights spread evenly over the simplex. Where σ < 0 it is empty, and the status says so.

        >>> front = BargainingProblem([0, 1], [[1, -1]]).frontier(3)
        >>> front.gains.round(6).tolist()
        [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0]]
        """
        if isinstance(points, bool) or not isinstance(points, int | np.integer) or points < 2:
            raise InputError("The 'points' parameter of frontier must be an integer ≥ 2; got "
                             f"{points!r}.")
        n, issues = len(self.base), len(self.value)
        ends = bargain.offers(*self._batch(1))
        if ends.sigma[0] < 0:
            return Frontier(_frozen(np.zeros((0, issues))), _frozen(np.zeros((0, n))),
                            "Empty: under any terms somebody loses (the surplus is negative).")
        if n == 2:
            x, ok = self._arc(ends.x[0, 1], ends.x[0, 0], int(points))
        elif n == 1:
            x, ok = ends.x[0], bool(ends.ok[0])
        else:
            directions = _simplex(n, int(points))
            base, value, curvature, _, member = self._batch(len(directions))
            answer = bargain.nash(base, value, curvature, directions, member)
            x, ok = answer.x, bool(answer.ok.all())
        status = "Converged." if ok else "Some points did not converge to full accuracy."
        return Frontier(_frozen(x), _frozen(self._gains(x)), status)

    def _batch(self, count: int) -> tuple[Floats, Floats, Floats, Floats, NDArray[np.bool_]]:
        """``count`` copies of the problem, everybody a member, as the kernels want them."""
        base, value, curvature, weights = (
            np.repeat(a[None], count, axis=0)
            for a in (self.base, self.value, self.curvature, self.weights))
        return base, value, curvature, weights, np.ones(base.shape, dtype=bool)

    def _arc(self, first: Floats, last: Floats, points: int) -> tuple[Floats, bool]:
        """Terms along two actors' frontier, by rays from the corner of its ends' worst gains.

        A ray at angle φ meets the frontier once, where the gains above the corner are in the
        proportion cos φ : sin φ. One sweep measures the arc, a second one divides it evenly.
        """
        ends = self._gains(np.stack([first, last]))
        corner, reach = ends.min(axis=0), ends.max(axis=0) - ends.min(axis=0)
        size = np.abs(self.value).sum(axis=0) + self.curvature.sum(axis=0) + np.abs(self.base)
        if (reach <= 1e-9 * size).any():
            return first[None], True
        angle = np.linspace(np.pi / 2, 0.0, 4 * points + 1)
        sweep, _ = self._rays(corner, reach, angle[1:-1])
        path = (self._gains(np.vstack([first, sweep, last])) - corner) / reach
        along = np.concatenate([[0.0], np.hypot(*np.diff(path, axis=0).T).cumsum()])
        even = np.linspace(0.0, along[-1], points)
        near = [np.interp(even, along, path[:, i])[1:-1] for i in range(2)]
        inner, ok = self._rays(corner, reach, np.arctan2(near[1], near[0]))
        return np.vstack([first, inner, last]), ok

    def _rays(self, corner: Floats, reach: Floats, angle: Floats) -> tuple[Floats, bool]:
        base, value, curvature, _, member = self._batch(len(angle))
        direction = np.stack([np.cos(angle), np.sin(angle)], axis=1) * reach
        answer = bargain.egalitarian(base - corner, value, curvature, direction, member)
        return answer.x, bool(answer.ok.all())


def _numbers(name: str, given: ArrayLike) -> Floats:
    try:
        array = np.array(given, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"The {name!r} parameter must be an array of numbers; got {given!r}."
                         ) from None
    if not np.isfinite(array).all():
        raise InputError(f"The {name!r} parameter must have finite numbers only; got "
                         f"{float(array[~np.isfinite(array)][0])!r}.")
    return array


def _shaped(name: str, array: Floats, shape: tuple[int, ...]) -> Floats:
    if array.shape != shape:
        raise InputError(f"The {name!r} parameter of BargainingProblem must have shape {shape}, as "
                         f"the others do; got shape {array.shape}.")
    return array


def _frozen(array: Floats) -> Floats:
    array = np.array(array, dtype=np.float64)
    array.setflags(write=False)
    return array


def _status(sigma: float, ok: bool) -> str:
    if not ok:
        return "Not converged: the terms may be off by more than rounding."
    if sigma > 0:
        return "Converged: everybody can gain."
    if sigma == 0:
        return "Converged: the surplus is zero, somebody's gain is zero at all terms."
    return "Converged: the surplus is negative, so the terms are those of gains above the surplus."


def _simplex(n: int, points: int) -> Floats:
    """About ``points`` weights (k, n) > 0 spread evenly over the simplex."""
    steps = 1
    while comb(steps + n, n - 1) <= points:
        steps += 1
    grid = [k for k in product(range(steps + 1), repeat=n - 1) if sum(k) <= steps]
    counts = np.array([(*k, steps - sum(k)) for k in grid], dtype=np.float64) + 0.5
    weights: Floats = counts / counts.sum(axis=1, keepdims=True)
    return weights
