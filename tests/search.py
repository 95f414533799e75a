"""Multi-start search for equilibria of one state with issues, written apart from the engine.

Every regime (each move made, not made or mixed) is a square system in the state's values and the
mixed consents; ``scipy.optimize.root`` is started on it from many random points. Terms come from
scipy as well: a bracketed root of the first-order condition with one issue, SLSQP with more.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from oracle import PlainGame
from scipy.optimize import brentq, minimize, root

#: gains are kept this far from zero, so that terms at σ ≤ 0 are the limit of 2.1
LIFT = 1e-8


@dataclass(frozen=True)
class Deal:
    """A move in a state: ``payoff`` (n,) lump and continuation, issues (J, n), coalition."""

    rate: float
    payoff: np.ndarray
    members: list[int]
    value: np.ndarray
    bend: np.ndarray
    weights: np.ndarray

    def worth(self, x: np.ndarray) -> np.ndarray:
        return x @ self.value - 0.5 * (x * x) @ self.bend

    def terms(self, v: np.ndarray) -> tuple[float, np.ndarray]:
        """σ and the terms of 2.1 when the members' disagreement point is v."""
        who = self.members
        base = (self.payoff - v)[who]
        if not len(self.value) or not who:
            return (float(base.min()) if who else 1.0), np.zeros(len(self.value))
        value, bend, weights = self.value[:, who], self.bend[:, who], self.weights[who]
        solver = _one_issue if len(value) == 1 else _several_issues
        return solver(base, value, bend, weights)


def _one_issue(base, value, bend, weights):
    value, bend = value[0], bend[0]

    def gain(x):
        return base + x * (value - 0.5 * bend * x)

    top = _highest_least(base, value, bend)
    sigma = float(gain(top).min())
    lifted = max(-sigma, 0.0) + LIFT

    def slope(x):
        with np.errstate(divide="ignore"):  # at the end of the interval a gain may be 0
            return float((weights * (value - bend * x) / (gain(x) + lifted)).sum())

    low, high = _positive(base + lifted, value, bend, top)
    if slope(low) <= 0.0:
        return sigma, np.array([low])
    if slope(high) >= 0.0:
        return sigma, np.array([high])
    return sigma, np.array([brentq(slope, low, high, xtol=1e-15)])


def _highest_least(base, value, bend) -> float:
    """The x in [0, 1] where the least of some concave quadratics is highest: one of few points."""
    points = [0.0, 1.0]
    with np.errstate(divide="ignore", invalid="ignore"):
        points += [p for p in value / bend if 0 < p < 1]
    for i in range(len(base)):
        for k in range(i):
            roots = np.roots([-0.5 * (bend[i] - bend[k]), value[i] - value[k], base[i] - base[k]])
            points += [float(r.real) for r in roots if abs(r.imag) < 1e-12 and 0 < r.real < 1]
    x = np.array(points)[:, None]
    least = (base + x * (value - 0.5 * bend * x)).min(axis=1)
    return points[int(least.argmax())]


def _positive(base, value, bend, inside: float) -> tuple[float, float]:
    """The interval around ``inside`` in [0, 1] where every quadratic stays positive."""
    low, high = 0.0, 1.0
    for b, v, c in zip(base, value, bend, strict=True):
        for r in np.roots([-0.5 * c, v, b]):
            if abs(r.imag) < 1e-12:
                if low < r.real <= inside:
                    low = float(r.real)
                if inside <= r.real < high:
                    high = float(r.real)
    shrink = 1e-13 * (high - low)
    return low + shrink * (low > 0.0), high - shrink * (high < 1.0)


def _several_issues(base, value, bend, weights):
    size = len(value)

    def gain(x):
        return base + x @ value - 0.5 * (x * x) @ bend

    def tilt(x):
        return (value - bend * x[:, None]).T

    start = np.append(np.full(size, 0.5), gain(np.full(size, 0.5)).min())
    top = minimize(
        lambda z: -z[-1], start, jac=lambda z: np.append(np.zeros(size), -1.0), method="SLSQP",
        bounds=[(0, 1)] * size + [(None, None)], options={"ftol": 1e-15, "maxiter": 200},
        constraints={"type": "ineq", "fun": lambda z: gain(z[:-1]) - z[-1],
                     "jac": lambda z: np.hstack([tilt(z[:-1]), -np.ones((len(base), 1))])})
    x = np.clip(top.x[:-1], 0.0, 1.0)
    sigma = float(gain(x).min())
    return sigma, best_terms(base + max(-sigma, 0.0) + LIFT, value, bend, weights, x)


def best_terms(base, value, bend, weights, start) -> np.ndarray:
    """Terms that maximise Σ w log G by SLSQP from a point where every gain is positive."""

    def gain(x):
        return base + x @ value - 0.5 * (x * x) @ bend

    floor = min(1e-9, 0.5 * float(gain(start).min()))

    def loss(x):
        return -float(weights @ np.log(np.maximum(gain(x), floor)))

    def slope(x):
        return -((value - bend * x[:, None]) @ (weights / np.maximum(gain(x), floor)))

    answer = minimize(loss, start, jac=slope, method="SLSQP", bounds=[(0, 1)] * len(start),
                      options={"ftol": 1e-15, "maxiter": 300},
                      constraints={"type": "ineq", "fun": lambda x: gain(x) - floor,
                                   "jac": lambda x: (value - bend * x[:, None]).T})
    x = np.clip(answer.x, 0.0, 1.0)
    return x if loss(x) <= loss(start) else start


def deals(plain: PlainGame, state, value_of) -> list[Deal]:
    """The moves of a state, given the values of the states that they lead to."""
    out = []
    for move in plain.moves(state):
        value, bend = plain.issues(state, move)
        n = len(plain.actors)
        out.append(Deal(plain.rate(state, move),
                        plain.lump(state, move) + value_of[plain.after(state, move)],
                        plain.members(move), value.reshape(-1, n), bend.reshape(-1, n),
                        plain.weights(state, move)))
    return out


def search_state(discount, flow, table: list[Deal], starts: int, seed: int,
                 ) -> list[tuple[np.ndarray, np.ndarray]]:
    """(V, α) of the equilibria of one state that a search from random starts finds."""
    rng = np.random.default_rng(seed)
    found: list[tuple[np.ndarray, np.ndarray]] = []
    stay = flow / discount
    ends = [stay] + [d.payoff + d.worth(x) for d in table
                     for x in (np.zeros(len(d.value)), np.ones(len(d.value)))]
    low, high = np.min(ends, axis=0) - 0.2, np.max(ends, axis=0) + 0.2
    choices = [(1.0,) if not d.members else (0.0, 1.0, None) for d in table]
    for regime in product(*choices):
        mix = [m for m, a in enumerate(regime) if a is None]
        for _ in range(starts):
            guess = np.append(rng.uniform(low, high), rng.random(len(mix)))
            point = _solve_regime(discount, flow, table, regime, mix, guess)
            if point is not None and _consistent(table, regime, mix, *point):
                if not any(np.abs(point[0] - v).max() < 1e-6 for v, _ in found):
                    found.append(point)
    return found


def _solve_regime(discount, flow, table, regime, mix, guess):
    n = len(flow)

    def unpack(z):
        alpha = np.array([0.0 if a is None else a for a in regime])
        alpha[mix] = z[n:]
        return z[:n], alpha

    def system(z):
        v, alpha = unpack(z)
        error, sigmas = discount * v - flow, []
        for m, deal in enumerate(table):
            if regime[m] == 0.0:
                continue
            sigma, x = deal.terms(v)
            error = error - deal.rate * alpha[m] * (deal.payoff + deal.worth(x) - v)
            if m in mix:
                sigmas.append(sigma)
        return np.append(error, sigmas)

    answer = root(system, guess, method="hybr", options={"maxfev": 150})
    return unpack(answer.x) if np.abs(answer.fun).max() < 1e-8 else None


def _consistent(table, regime, mix, v, alpha) -> bool:
    if mix and not ((alpha[mix] > -1e-7) & (alpha[mix] < 1 + 1e-7)).all():
        return False
    for m, deal in enumerate(table):
        if deal.members and m not in mix:
            sigma, _ = deal.terms(v)
            if (sigma < -1e-7) if regime[m] == 1.0 else (sigma > 1e-7):
                return False
    return True
