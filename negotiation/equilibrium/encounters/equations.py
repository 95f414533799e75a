"""The equations of a component with encounters at given labels and supports, and Newton on them.

Unknowns are V and the mixed consents of every state (as in ``cyclic``), then every mixed action σ.
To the equations of ``cyclic``, with encounters as flows and discount rates, come for each player of
each encounter: all actions in the support bring the same, the others have σ = 0, and Σ σ = 1. With
a minus before the differences, the sign of the determinant is the equilibrium's index: +1 where
play is pure and strict, and of a mixed one that of −∂(differences)/∂σ with V following.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...stochastic.stage import against
from ..component import Components
from ..joint import equations as equations_of_moves
from ..leaf import effective
from ..nodes import MADE, MIX, binding
from ..problem import worth
from .request import Clash, Request

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

STEPS = 30
#: residual, in payoff ranges, at which Newton's method has arrived
CLOSE = 1e-12
#: mixed actions are positive above this
POSITIVE = 1e-9


@dataclass(eq=False)
class Regime:
    """Which consents and actions are mixed: label (S, M), support (S, Q)."""

    label: Ints
    support: Bools


@dataclass(eq=False)
class Point:
    """A point of a component: V (S, n), consent (S, M), play (S, Q); terms (S, M, n, J) and what
    they pay (S, M, n) once they are known."""

    value: Floats
    consent: Floats
    play: Floats
    terms: Floats | None = None
    paid: Floats | None = None


def given(request: Request, value: Floats, play: Floats) -> Components:
    """The component without its encounters, at given play and values of the states they lead to."""
    states = request.components.states
    flow, discount = states.flow.copy(), states.discount.copy()
    nothing = np.zeros(flow.shape[1])
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            chances = clash.rate * clash.chances(play[s])
            flow[s] += clash.worth(nothing, value) @ chances
            discount[s] += clash.changes @ chances
    return replace(request.components, states=replace(states, flow=flow, discount=discount))


def equations(request: Request, regime: Regime, point: Point, hint: Floats | None = None,
              ) -> tuple[Floats, Floats, Floats, Floats]:
    """Residual (K,), Jacobian (K, K), terms and their worth, in units of payoff ranges."""
    components = given(request, point.value, point.play)
    states = components.states
    size, n = point.value.shape
    residual, jacobian, terms, paid = equations_of_moves(
        components, regime.label, point.value[None], point.consent, hint)
    rows, slots = len(residual[0]), n + point.consent.shape[1]
    width = point.play.shape[1]
    total = rows + size * width
    out, slope = np.zeros(total), np.eye(total)
    out[:rows], slope[:rows, :rows] = residual[0], jacobian[0]
    over = states.discount + (states.rate * point.consent).sum(axis=1, keepdims=True)
    for s, clashes in enumerate(request.clashes):
        first = rows + s * width
        out[first:first + width] = np.where(regime.support[s], 0.0, point.play[s])
        for clash in clashes:
            _Rows(clash, point, s, (states.scale[s], over[s]), first).write(
                out, slope, regime.support[s], slots)
    return out, slope, terms, paid


class _Rows:
    """The rows and columns of one encounter."""

    def __init__(self, clash: Clash, point: Point, state: int, units: tuple[Floats, Floats],
                 first: int) -> None:
        self.clash, self.state = clash, state
        self.scale, self.over = units
        self.begin = first + clash.begin
        self.play = point.play[state]
        self.mixed = clash.mixed(self.play)
        here = point.value[state]
        self.worth = clash.worth(here, point.value).reshape(-1, *clash.shape)
        self.gain = self.worth - here.reshape(-1, *[1] * len(clash.shape))
        self.to = {t: (clash.inside == t).astype(float).reshape(clash.shape)
                   for t in set(clash.inside[clash.inside >= 0].tolist())}
        self.stay = (1.0 - clash.changes).reshape(clash.shape)

    def write(self, out: Floats, slope: Floats, support: Bools, slots: int) -> None:
        n, at, base = len(self.scale), self.begin, self.state * slots
        chances = self.clash.rate * self.clash.chances(self.play)
        for t, table in self.to.items():
            push = float(table.ravel() @ chances)
            slope[base + np.arange(n), t * slots + np.arange(n)] -= push / self.over
        for k, i in enumerate(self.clash.players):
            size = self.clash.shape[k]
            columns = at + np.arange(size)
            pull = np.array([against(gain, self.mixed, k) for gain in self.gain])
            slope[base:base + n, columns] = -self.clash.rate * pull / (
                self.over * self.scale)[:, None]
            played = support[columns - self.begin + self.clash.begin]
            self._indifference(out, slope, played, (k, i, at, base, slots))
            at += size

    def _indifference(self, out: Floats, slope: Floats, support: Bools,
                      place: tuple[int, int, int, int, int]) -> None:
        """The rows of one player: its actions that are played bring the same."""
        k, i, at, base, slots = place
        actions = np.flatnonzero(support)
        pivot = int(actions[self.mixed[k][actions].argmax()])
        each = against(self.worth[i], self.mixed, k)
        staying = against(self.stay, self.mixed, k)
        out[at + pivot] = self.mixed[k][actions].sum() - 1.0
        slope[at + pivot, at + actions] = 1.0
        for a in actions.tolist():
            if a == pivot:
                continue
            out[at + a] = -(each[a] - each[pivot]) / self.scale[i]
            slope[at + a, at + a] = 0.0
            slope[at + a, base + i] -= staying[a] - staying[pivot]
            for t, table in self.to.items():
                leading = against(table, self.mixed, k)
                slope[at + a, t * slots + i] -= leading[a] - leading[pivot]
            turn = np.moveaxis(self.worth[i], k, 0)
            difference = turn[a] - turn[pivot]
            self._others(slope, difference, at + a, k, i)

    def _others(self, slope: Floats, difference: Floats, row: int, k: int, i: int) -> None:
        """How the others' mixes move what an action gains over the pivot."""
        rest = [j for j in range(len(self.mixed)) if j != k]
        mixes = tuple(self.mixed[j] for j in rest)
        cuts = np.cumsum((self.begin, *self.clash.shape))
        for place, j in enumerate(rest):
            slope[row, cuts[j]:cuts[j + 1]] -= against(difference, mixes, place) / self.scale[i]


def solve(request: Request, regime: Regime, start: Point) -> Point | None:
    """Damped Newton from a start; None where it does not arrive, or mixes leave [0, 1]."""
    label, mixed = regime.label, regime.label >= MIX
    point = Point(start.value.copy(), np.where(mixed, start.consent, (label == MADE).astype(float)),
                  _normed(start.play, regime.support, request))
    size, n = point.value.shape
    moves, width = point.consent.shape[1], point.play.shape[1]
    scale = request.components.states.scale
    out, slope, terms, paid = equations(request, regime, point)
    norm = _largest(out)
    exact = joint(label, n)
    for _ in range(STEPS):
        if not CLOSE * 1e-3 < norm < np.inf:
            break
        known = None if exact else np.nan_to_num(terms[:, :, 0], nan=0.5)
        step = _step(slope, out)
        per_state = step[:size * (n + moves)].reshape(size, n + moves)
        turn = step[size * (n + moves):].reshape(size, width)
        for shrink in (1.0, 0.5, 0.25, 0.1, 0.02):
            trial = Point(point.value + shrink * per_state[:, :n] * scale,
                          np.where(mixed, point.consent + shrink * per_state[:, n:],
                                   point.consent), point.play + shrink * turn)
            new = equations(request, regime, trial, known)
            if _largest(new[0]) < norm:
                break
        else:
            break
        point, (out, slope, terms, paid) = trial, new
        norm = _largest(out)
    if not norm < CLOSE:
        return None
    inside = (point.play >= -POSITIVE).all() and (
        (point.consent >= -POSITIVE) & (point.consent <= 1.0 + POSITIVE)).all()
    if not inside:
        return None
    _, pinned = effective(request.components.at(point.value[None]), label)
    terms = terms + pinned[:, :, None, :]
    paid = paid + worth(request.components.states, pinned)
    return replace(point, play=_normed(np.maximum(point.play, 0.0), regime.support, request),
                   consent=np.clip(point.consent, 0.0, 1.0), terms=terms, paid=paid)


def index(request: Request, regime: Regime, point: Point) -> int:
    """±1, or 0 where the equilibrium is singular."""
    slope = equations(request, regime, point)[1]
    sign = np.sign(np.linalg.det(slope)) if np.isfinite(slope).all() else 0.0
    return int(sign)


def joint(label: Ints, actors: int) -> bool:
    """Whether a mixed consent leaves several members at zero, where terms need the limit rule."""
    return bool((binding(label, actors).sum(axis=2) > 1).any())


def _normed(play: Floats, support: Bools, request: Request) -> Floats:
    """Play inside its supports, each mix summing to 1."""
    play = np.where(support, play, 0.0)
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            at = clash.begin
            for size in clash.shape:
                part = play[s, at:at + size]
                total = part.sum()
                play[s, at:at + size] = part / total if total > 0 else (
                    support[s, at:at + size] / support[s, at:at + size].sum())
                at += size
    return play


def _largest(out: Floats) -> float:
    size = float(np.abs(out).max(initial=0.0))
    return size if np.isfinite(size) else np.inf


def _step(slope: Floats, out: Floats) -> Floats:
    if not np.isfinite(slope).all():
        return np.zeros(len(out))
    try:
        step = np.linalg.solve(slope, -out)
    except np.linalg.LinAlgError:
        step = np.linalg.lstsq(slope, -out, rcond=None)[0]
    answer: Floats = np.where(np.isfinite(step), step, 0.0)
    return answer
