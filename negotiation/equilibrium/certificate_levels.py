"""The slow half of the certificate of terms: one bargaining problem at a time.

For every solution but Nash, for gains at zero, and for ties that bystanders feel. Multipliers are
fitted to the slopes at the claimed x (non-negative least squares) and turned into a bound by weak
duality: where the point is right they exist, where it is wrong the bound is far off. Members whose
gain cannot be improved are set aside one level at a time (the limit rule of DESIGN 2.1, and the
lexicographic completion of 2.2): they hold their gain, and the issues that their multipliers pin
stay where they are. What is left free after the last level must have least norm.

With weights w: egalitarian raises the least G_i / w_i, Kalai–Smorodinsky the least G_i / (w_i a_i)
with a_i the most that i can get while nobody loses, equal-loss the least (G_i − a_i) / w_i,
utilitarian Σ w_i G_i, and a proposer its own gain; the last three over G ≥ 0.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import numpy as np

from .certificate_duality import FLAT, NEAR_ZERO, Bargains, best_terms, peak

if TYPE_CHECKING:
    from ..lattice import Bools, Floats

#: stands for a gain that is nowhere near its bound
_FAR = 1e9


def slow_violation(problem: Bargains) -> float:
    """The violation of one problem's terms by the slow check (R = 1)."""
    solution = str(problem.solution[0])
    if solution == "offers":
        if problem.proposals is None:
            return float("inf")
        who = np.flatnonzero(problem.member[0])
        return max(Levels(problem, problem.proposals[0, i]).offer(at)
                   for at, i in enumerate(who))
    levels = Levels(problem, problem.terms[0])
    return {"nash": levels.nash, "egalitarian": levels.egalitarian,
            "kalai-smorodinsky": levels.kalai_smorodinsky, "utilitarian": levels.utilitarian,
            "equal-loss": levels.equal_loss}[solution]()


class Levels:
    """One bargaining problem at one point x, taken apart level by level. k members, J issues.

    ``held`` are members set aside, whose gain stays what it is at x; ``loose`` the issues that no
    level has pinned. A held member has no curvature on a loose issue, so holding is linear there.
    ``bound`` are members whom only G ≥ 0 keeps from losing to the others.
    """

    def __init__(self, problem: Bargains, x: Floats) -> None:
        who = problem.member[0]
        self.x = x
        self.slope, self.bend = problem.slope[0][:, who], problem.curvature[0][:, who]
        self.base, self.weights = problem.base[0, who], problem.weights[0, who]
        self.scale = problem.scale[0, who]
        self.gain: Floats = self.base + x @ self.slope - 0.5 * (x * x) @ self.bend
        slope, bend = problem.slope[0] / problem.scale[0], problem.curvature[0] / problem.scale[0]
        self.stake: Floats = np.abs(slope - bend * x[:, None]).max(axis=1)
        self.widest: Floats = bend.max(axis=1)
        self.outside: Floats = (np.abs(slope) + bend)[:, ~who].max(axis=1, initial=0.0)
        self.improvable = 0.0
        self.bound: Bools = np.zeros(len(self.base), dtype=bool)
        self.held: Bools = np.zeros(len(self.base), dtype=bool)
        self.loose: Bools = np.ones(len(x), dtype=bool)

    # -- the solutions

    def nash(self) -> float:
        worst = self._set_aside_forced()
        rest = ~self.held
        if self.improvable > 0.0:
            return max(worst, self.improvable)
        if rest.any():
            worst = max(worst, self._climb(np.where(rest, self.weights / np.where(
                rest, self.gain, 1.0), 0.0)))
        return max(worst, self._least_norm(np.ones(len(self.base), dtype=bool)))

    def egalitarian(self) -> float:
        return self._lexicographic(self.gain / self.weights, self.weights)

    def kalai_smorodinsky(self) -> float:
        worst = self._set_aside_forced()
        ideal, doubt = self._ideals()
        unit = np.where(self.held, 1.0, self.weights * ideal)
        return max(worst, doubt, self._lexicographic(self.gain / unit, unit))

    def utilitarian(self) -> float:
        worst = self._set_aside_forced()
        worst = max(worst, self._climb(np.where(self.held, 0.0, self.weights), bounded=True))
        return max(worst, self._least_norm(self.held | self.bound))

    def offer(self, proposer: int) -> float:
        worst = self._set_aside_forced()
        if not self.held[proposer]:
            share = np.zeros(len(self.base))
            share[proposer] = 1.0
            worst = max(worst, self._climb(share, bounded=True))
        return max(worst, self._least_norm(self.held | self.bound))

    def equal_loss(self) -> float:
        worst = self._set_aside_forced()
        if self.held.all():
            return max(worst, self._least_norm(self.held))
        ideal, doubt = self._ideals()
        score = (self.gain - ideal) / self.weights
        _, gap = self._raise_least(score, self.weights, ~self.held, bounded=True)
        return max(worst, doubt, gap)

    # -- levels

    def forced(self, climbs: Bools, lifted: Bools, unit: Floats, still: Bools) -> float:
        """How far those who are ``lifted`` are from the lexicographic maximum of gain / ``unit``
        over all who ``climb``, while nobody else loses; who is ``still`` no terms touch."""
        worst = self._set_aside_forced(~climbs & ~still)
        self.improvable = 0.0
        gain = np.where(still, _FAR * self.scale, self.gain)
        score = gain / unit
        while (lifted & ~self.held).any():
            rest = climbs & ~self.held
            # among those who climb nobody has a bound, only a place in the order
            self.gain = np.where(rest, _FAR * self.scale, gain)
            theta, gap = self._raise_least(score, unit, rest, bounded=True)
            worst = max(worst, gap)
            if not worst < 1e-6:
                break
            self._hold(theta)
        return worst

    def _set_aside_forced(self, among: Bools | None = None) -> float:
        """The limit rule: members whose gain is zero whatever the terms stop counting."""
        worst = 0.0
        score = self.gain / self.scale
        counted = np.ones(len(score), dtype=bool) if among is None else among
        while not self.held[counted].all():
            rest = ~self.held & counted
            if score[rest].min() > NEAR_ZERO:
                break
            theta, gap = self._raise_least(score, self.scale, rest)
            if gap > 1e-8:
                self.improvable = gap  # nobody else is forced; the point has to answer for it
                break
            worst = max(worst, gap)
            self._hold(theta)
        return worst

    def _lexicographic(self, score: Floats, unit: Floats) -> float:
        worst = 0.0
        while not self.held.all():
            theta, gap = self._raise_least(score, unit, ~self.held)
            worst = max(worst, gap)
            if not worst < 1e-6:
                return worst
            self._hold(theta)
        return max(worst, self._least_norm(np.ones(len(self.base), dtype=bool)))

    def _raise_least(self, score: Floats, unit: Floats, rest: Bools, bounded: bool = False,
                     ) -> tuple[Floats, float]:
        """How much the least score (gain / unit + constant) could rise; and the multipliers."""
        least = score[rest].min()
        active = rest & (score <= least + 1e-7 * max(1.0, abs(least)))
        theta = self._fit(np.zeros(len(self.base)), active, unit, bounded)
        total = float((theta * active * unit).sum())
        if total <= 0.0:
            return theta, float("inf")
        theta = theta / total
        slack = float((theta * unit * (score - least))[active].sum())
        slack += self._unused(np.where(active, 0.0, theta))
        size = float((unit / self.scale)[active].max())
        return np.where(rest & ~active, 0.0, theta), (self._rise(theta) + slack) * size

    def _climb(self, share: Floats, bounded: bool = False) -> float:
        """How much Σ share_i G_i could rise with the held holding (and all gains ≥ 0)."""
        extra = self._fit(share, np.zeros(len(share), dtype=bool), self.weights, bounded)
        theta = share + extra
        self.bound = extra * self.scale > FLAT
        counted = share > 0.0
        unit = float((share * self.scale)[counted].sum() / counted.sum())
        out = (self._rise(theta) + self._unused(extra)) / unit
        self._pin(theta)
        return out

    def _unused(self, theta: Floats) -> float:
        """Complementary slackness: multipliers on members that are not at their bound."""
        return float((theta * np.maximum(self.gain, 0.0))[~self.held].sum())

    def _fit(self, share: Floats, active: Bools, unit: Floats, bounded: bool) -> Floats:
        """Multipliers for which x is stationary on the loose issues, as near as there are.

        Signs: held members any, ``active`` and (if bounded) members at zero gain non-negative.
        With ``active`` given, Σ over them of multiplier·unit is asked to be 1.
        """
        from scipy.optimize import nnls

        at_zero = bounded & ~self.held & ~active & (self.gain <= 1e-7 * self.scale)
        plus = np.flatnonzero(self.held | active | at_zero)
        minus = np.flatnonzero(self.held)
        issues = np.flatnonzero(self.loose)
        tilt = (self.slope - self.bend * self.x[:, None])[issues]
        x = self.x[issues]
        edge = np.eye(len(issues))
        columns = np.hstack([tilt[:, plus], -tilt[:, minus], edge[:, x <= 1e-9],
                             -edge[:, x >= 1 - 1e-9]])
        target = -tilt @ share
        if active.any():
            total = np.zeros(columns.shape[1])
            total[:len(plus)] = np.where(active[plus], unit[plus], 0.0)
            columns, target = np.vstack([columns, total]), np.append(target, 1.0)
        out: Floats = np.zeros(len(self.base))
        if columns.shape[1] and columns.shape[0]:
            found = nnls(columns, target)[0]
            out[plus] = found[:len(plus)]
            out[minus] -= found[len(plus):len(plus) + len(minus)]
        return out

    def _gap(self, theta: Floats) -> float:
        """max over loose issues of Σθ_i (u_i(y) − u_i(x))."""
        tilt, bend = (self.slope @ theta)[self.loose], (self.bend @ theta)[self.loose]
        x = self.x[self.loose]
        return float(np.maximum(peak(tilt, bend) - x * (tilt - 0.5 * bend * x), 0.0).sum())

    def _rise(self, theta: Floats) -> float:
        """The gap, and what anybody would feel if curved issues moved to where it closes."""
        tilt, bend = (self.slope @ theta)[self.loose], (self.bend @ theta)[self.loose]
        away = np.abs(best_terms(tilt, bend) - self.x[self.loose])
        stake, widest = self.stake[self.loose], self.widest[self.loose]
        felt = away * (stake + 0.5 * away * widest)
        curved = bend > 1e-6 * (stake + widest)
        return max(self._gap(theta), float(felt[curved].max(initial=0.0)))

    def _hold(self, theta: Floats) -> None:
        self._pin(theta)
        self.held = self.held | (theta * self.scale > FLAT)

    def _pin(self, theta: Floats) -> None:
        """Issues that a positive combination pins have one value at every maximiser."""
        tilt = np.abs((self.slope - self.bend * self.x[:, None]) @ theta)
        size = (np.abs(self.slope) * np.abs(theta)).sum(axis=1)
        curved = (self.bend * (np.abs(theta) * self.scale > FLAT)).sum(axis=1) > 0.0
        self.loose = self.loose & ~curved & (tilt <= FLAT * np.maximum(size, 1e-300))

    def _ideals(self) -> tuple[Floats, float]:
        """The most each member can get while nobody loses, and how sure that is."""
        ideal, doubt = self.gain.copy(), 0.0
        nobody = np.zeros(len(self.base), dtype=bool)
        for i in np.flatnonzero(~self.held):
            best = _at_point(self, _most(self, int(i)))
            share = np.where(np.arange(len(self.base)) == i, 1.0, 0.0)
            extra = best._fit(share, nobody, self.weights, bounded=True)
            gap = best._gap(share + extra) + best._unused(extra)
            ideal[i] = best.gain[i]
            doubt = max(doubt, gap / float(self.scale[i]))
        return ideal, doubt

    def _least_norm(self, equal: Bools) -> float:
        """x is the least-norm point among those that the levels leave: what others feel of it.

        KKT of the projection of 0: x_j = Σ π_i v_ij inside the box, with π_i of any sign for
        members whose gain must stay, π_i ≥ 0 for those who are at their bound.
        """
        from scipy.optimize import nnls

        issues = np.flatnonzero(self.loose)
        if not len(issues) or not (self.outside[issues] > 0.0).any():
            return 0.0
        at_zero = ~equal & (self.gain <= 1e-9 * self.scale)
        slope, x = self.slope[issues], self.x[issues]
        edge = np.eye(len(issues))
        columns = np.hstack([slope[:, equal | at_zero], -slope[:, equal], edge[:, x <= 1e-9],
                             -edge[:, x >= 1 - 1e-9]])
        if not columns.shape[1]:
            return float((x * self.outside[issues]).max())
        found = nnls(columns, x)[0]
        off = np.abs(columns @ found - x)
        return float(off.max() * self.outside[issues].max())


def _at_point(levels: Levels, x: Floats) -> Levels:
    """The same problem and levels at another point."""
    other = copy.copy(levels)
    other.x = x
    other.gain = other.base + x @ other.slope - 0.5 * (x * x) @ other.bend
    return other


def _most(levels: Levels, i: int) -> Floats:
    """Terms that give member i the most while nobody loses (the bound is proved elsewhere)."""
    from scipy.optimize import minimize

    loose, start = levels.loose, levels.x[levels.loose]
    if not len(start):
        return levels.x
    slope, bend = levels.slope[loose], levels.bend[loose]
    shut = levels.gain - (start @ slope - 0.5 * (start * start) @ bend)

    def gain(y: Floats) -> Floats:
        out: Floats = shut + y @ slope - 0.5 * (y * y) @ bend
        return out

    def tilt(y: Floats) -> Floats:
        out: Floats = slope - bend * y[:, None]
        return out

    others = np.flatnonzero((np.arange(len(shut)) != i) & ~levels.held)
    rules: list[dict[str, Any]] = []
    if len(others):
        rules.append({"type": "ineq", "fun": lambda y: gain(y)[others],
                      "jac": lambda y: tilt(y)[:, others].T})
    _, size, basis = np.linalg.svd(slope[:, levels.held].T, full_matrices=False)
    fixed = basis[size > 1e-10]  # the held are linear here; dependent rows would stop the solver
    if len(fixed):
        rules.append({"type": "eq", "fun": lambda y: fixed @ (y - start), "jac": lambda y: fixed})
    answer: Any = minimize(lambda y: -gain(y)[i], start, jac=lambda y: -tilt(y)[:, i],
                           bounds=[(0.0, 1.0)] * len(start), constraints=rules,
                           method="SLSQP", options={"ftol": 1e-16, "maxiter": 300})
    x = levels.x.copy()
    x[loose] = np.clip(answer.x, 0.0, 1.0)
    return x
