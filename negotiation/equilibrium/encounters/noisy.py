"""Encounters under noise: quantal responses beside uncertain consents, and the branch to no noise.

At noise κς the consents and terms are those of ``logit``, and player i of an encounter takes action
a with probability ∝ exp(E[a_i + V_i(s′) | a]/(κς_i)): the logit agent quantal response of McKelvey
& Palfrey (1998). At κ = ∞ there is one solution, every action equally likely and every consent a
coin; the branch from there is followed by arclength (``continuation``) in −log κ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...continuation import Branch, End, Steps, solve_at, trace
from ...stochastic.stage import against
from ..component import Components
from ..logit import LOUDEST, Field, field
from .equations import Point, given
from .request import Clash, Request

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STEPS = Steps(first=0.25, longest=2.0, shortest=1e-7, most=1500)
#: step in log κ with which the derivative along the branch is taken
NUDGE = 1e-6


@dataclass(frozen=True, eq=False)
class Noise:
    """Proportions of noise: of members of moves (S, M, n) and of players of encounters (S, n)."""

    moves: Floats
    players: Floats


def noise_of(request: Request, tilt: np.random.Generator | None = None) -> Noise:
    """The game's noise where it gives everybody some, else payoff ranges; ``tilt`` changes the
    proportions at random."""
    states = request.components.states
    players = np.zeros(request.noise.shape, dtype=bool)
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            players[s, list(clash.players)] = True
    enough = np.where(states.member, states.noise, 1.0).min(initial=1.0) > 0 and np.where(
        players, request.noise, 1.0).min(initial=1.0) > 0
    ranges = np.broadcast_to(states.scale[:, None, :], states.noise.shape)
    moves = np.where(states.member, states.noise if enough else ranges, 1.0)
    own = np.where(players, request.noise if enough else states.scale, 1.0)
    if tilt is not None:
        moves = moves * np.exp(1.5 * tilt.standard_normal(moves.shape))
        own = own * np.exp(1.5 * tilt.standard_normal(own.shape))
    return Noise(moves, own)


@dataclass(eq=False)
class Path:
    """Where a branch led: the point there, and whether it got to the noise that was asked for."""

    point: Point
    reached: bool


def follow(request: Request, noise: Noise, until: float) -> Path:
    """Follow the branch of one component from loud noise to κ = ``until``."""
    system = _System(request, noise)
    states = request.components.states
    loud = LOUDEST * float((states.scale[:, None, :] / noise.moves).max(initial=1.0))
    loud = max(loud, LOUDEST * float((states.scale / noise.players).max()), until)
    start = solve_at(system, system.uniform(), -np.log(loud))
    if start is None:
        return Path(system.point(system.uniform(), -np.log(loud)), False)
    branch: Branch = trace(system, start, -np.log(loud), -np.log(until), STEPS)
    return Path(system.point(branch.last, float(branch.t[-1])), branch.end is End.REACHED)


class _System:
    """H(x, t): value equations (S·n) and quantal responses (S·Q), at κ = e^−t."""

    def __init__(self, request: Request, noise: Noise) -> None:
        self.request, self.noise = request, noise
        self.states = request.components.states
        self.size, self.n = len(request.clashes), self.states.flow.shape[1]
        issues = self.states.value.shape[2]
        self.hint = np.full((self.size, self.states.reward.shape[1], issues), 0.5)

    def uniform(self) -> Floats:
        """Waiting for ever, every action equally likely."""
        play = np.zeros((self.size, self.request.width))
        for s, clashes in enumerate(self.request.clashes):
            for clash in clashes:
                at = clash.begin
                for m in clash.shape:
                    play[s, at:at + m] = 1.0 / m
                    at += m
        stay = self.states.flow / self.states.discount / self.states.scale
        return np.concatenate([stay.ravel(), play.ravel()])

    def split(self, x: Floats) -> tuple[Floats, Floats]:
        """V (S, n) and play (S, Q)."""
        cut = self.size * self.n
        return (x[:cut].reshape(self.size, self.n) * self.states.scale,
                x[cut:].reshape(self.size, -1))

    def point(self, x: Floats, t: float) -> Point:
        value, play = self.split(x)
        found = self._field(value, play, float(np.exp(-t)))
        terms = np.repeat(found.terms[:, :, None, :], self.n, axis=2)
        return Point(value, np.where(self.states.present, found.consent, 0.0), play, terms)

    def _field(self, value: Floats, play: Floats, kappa: float) -> Field:
        components: Components = given(self.request, value, play)
        return field(components, kappa * self.noise.moves, value[None], self.hint)

    def __call__(self, x: Floats, t: float) -> tuple[Floats, Floats, Floats]:
        out, slope = self._evaluate(x, t)
        after, before = (self._evaluate(x, t + step)[0] for step in (NUDGE, -NUDGE))
        return out, slope, (after - before) / (2.0 * NUDGE)

    def _evaluate(self, x: Floats, t: float) -> tuple[Floats, Floats]:
        value, play = self.split(x)
        kappa = float(np.exp(-t))
        found = self._field(value, play, kappa)
        if np.isfinite(found.terms).all():
            self.hint = found.terms
        cut, width = self.size * self.n, self.request.width
        out, slope = np.zeros(len(x)), np.eye(len(x))
        out[:cut], slope[:cut, :cut] = found.residual[0], found.jacobian[0]
        out[cut:] = play.ravel()
        adjusted = given(self.request, value, play).states
        rate = np.where(adjusted.present, adjusted.rate, 0.0)
        over = adjusted.discount + rate.sum(axis=1, keepdims=True)
        for s, clashes in enumerate(self.request.clashes):
            for clash in clashes:
                self._clash(clash, s, (value, play[s], over[s]), kappa,
                            (out, slope, cut + s * width))
        return out, slope

    def _clash(self, clash: Clash, s: int, here: tuple[Floats, Floats, Floats], kappa: float,
               into: tuple[Floats, Floats, int]) -> None:
        (value, play, over), (out, slope, first) = here, into
        n, scale, base = self.n, self.states.scale[s], s * self.n
        mixed = clash.mixed(play)
        worth = clash.worth(value[s], value).reshape(-1, *clash.shape)
        gain = worth - value[s].reshape(-1, *[1] * len(clash.shape))
        stay = (1.0 - clash.changes).reshape(clash.shape)
        to = {t: (clash.inside == t).astype(float).reshape(clash.shape)
              for t in set(clash.inside[clash.inside >= 0].tolist())}
        chances = clash.rate * clash.chances(play)
        for t, table in to.items():
            slope[base + np.arange(n), t * n + np.arange(n)] -= (table.ravel() @ chances) / over
        cuts = first + np.cumsum((clash.begin, *clash.shape))
        for k, i in enumerate(clash.players):
            own = np.arange(cuts[k], cuts[k + 1])
            pull = np.array([against(part, mixed, k) for part in gain])
            slope[base:base + n, own] = -clash.rate * pull / (over * scale)[:, None]
            each = against(worth[i], mixed, k)
            unit = kappa * self.noise.players[s, i]
            share = np.exp((each - each.max()) / unit)
            share /= share.sum()
            out[own] = play[own - first] - share
            response = (np.diag(share) - np.outer(share, share)) / unit
            slope[own, base + i] -= response @ against(stay, mixed, k) * scale[i]
            for t, table in to.items():
                slope[own, t * n + i] -= response @ against(table, mixed, k) * scale[i]
            rest = [j for j in range(len(mixed)) if j != k]
            turn = np.moveaxis(worth[i], k, 0)
            for place, j in enumerate(rest):
                others = tuple(mixed[q] for q in rest)
                push = np.array([against(part, others, place) for part in turn])
                slope[np.ix_(own, np.arange(cuts[j], cuts[j + 1]))] -= response @ push


def exact(point: Point, request: Request) -> Point:
    """The point with probabilities that sum to 1 exactly."""
    play = np.maximum(point.play, 0.0)
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            at = clash.begin
            for m in clash.shape:
                play[s, at:at + m] /= play[s, at:at + m].sum()
                at += m
    return replace(point, play=play)
