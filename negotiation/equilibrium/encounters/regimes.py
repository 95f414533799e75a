"""Equilibria of one state in which several things mix at once: encounters, players, consents.

A regime says which actions are played and which consents are mixed; within it the conditions are
multilinear equations in V, the mixed consents and the mixed actions. With fixed payoffs boxes of
these unknowns are halved until the interval Newton method (Krawczyk's operator, as in ``proof``)
shows that a box holds one solution or none, so that the list is proved complete when no box is
left. Rounding is not enclosed: it is interval arithmetic in floating point. Where terms are
bargained, Newton's method from several starts searches, and nothing is proved.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..nodes import MADE, MIX, REFUSED, UNDECIDED
from ..proof import perron
from .bounds import Pruned, bounds
from .equations import POSITIVE, Point, Regime, solve
from .intervals import Box, Equations
from .request import Request

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: regimes that are gone through, with and without terms
MOST_REGIMES, MOST_BARGAINED = 4096, 400
#: boxes that a state may always cost
LEAST_BOXES = 100
#: boxes narrower than this (payoff ranges, probabilities) are not halved
NARROW = 1e-6
#: boxes that the incentives in a regime with terms may cost, and how wide they may stay
MOST_REFUTED, COARSE = 128, 0.1
#: starts of Newton's method in each regime with terms
STARTS = 3

BUDGET = "the search of mixed play of encounters stopped at its budget of boxes"
SINGULAR = "an equilibrium with mixed play of an encounter is singular, or nearly so"
BARGAINED = ("mixed play of an encounter beside a move with terms was searched for, not ruled out")
REGIMES = "the ways in which encounters and moves can mix are too many to go through"


@dataclass(frozen=True, eq=False)
class Mixture:
    """A candidate: play (Q,), label and consent (M,); with terms also V (n,), terms (M, n, J) and
    what they pay (M, n)."""

    play: Floats
    label: Ints
    consent: Floats
    value: Floats | None = None
    terms: Floats | None = None
    paid: Floats | None = None


@dataclass(eq=False)
class Mixtures:
    """What a search found, and why there may be more."""

    found: list[Mixture] = field(default_factory=list)
    doubt: str | None = None


def search(request: Request, left: Pruned, *, bargained: bool, alone: bool, boxes: int) -> Mixtures:
    """Equilibria in which several things mix.

    Args:
        request: one state, its encounters all live. left: what pruning left of it.
        bargained: whether a move that may be made has terms.
        alone: also go through regimes in which one encounter mixes and nothing else does.
        boxes: how many boxes the proof may cost.
    """
    out = Mixtures()
    most = MOST_BARGAINED if bargained else MOST_REGIMES
    regimes = list(itertools.islice(_regimes(request, left, alone or bargained, bargained),
                                    most + 1))
    if len(regimes) > most:
        out.doubt, regimes = REGIMES, regimes[:most]
    left_over = max(boxes, LEAST_BOXES)
    for regime in regimes:
        if bargained:
            rest = _not_refuted(request, regime, left)
            if rest:
                out.doubt = BARGAINED
                _newton(request, regime, rest, out)
            continue
        left_over = _close(request, regime, left, out, left_over)
        if left_over <= 0:
            root = _root(request, regime, left, Equations(request, regime, left.kept))
            _newton(request, regime, [root] if root is not None else [], out)
    return out


def _regimes(request: Request, left: Pruned, alone: bool, bargained: bool) -> Iterator[Regime]:
    """Labels and supports with some mixed play, few mixes first."""
    clashes = request.clashes[0]
    supports = []
    for actions in left.kept:
        supports.append([list(itertools.chain.from_iterable(
            itertools.combinations(kept.tolist(), size) for size in range(1, len(kept) + 1)))
            for kept in actions])
    problem = request.components.states
    choices = []
    for m in left.open:
        members = np.flatnonzero(problem.member[0, m])
        choices.append([MADE, REFUSED, *(MIX + (1 << int(i)) for i in members)])
    flat = [each for players in supports for each in players]
    for chosen in itertools.product(*flat):  # per player, its support
        sizes = iter(chosen)
        wide = [[len(next(sizes)) for _ in players] for players in supports]
        mixing = sum(any(size > 1 for size in each) for each in wide)
        if not mixing:
            continue
        free = sum(size - 1 for each in wide for size in each)
        for codes in itertools.product(*choices):
            mixes = sum(code >= MIX for code in codes)
            if free + mixes == 1 and not bargained:
                continue  # the mixed thing drops out of its own equation: a tie
            if mixing == 1 and not mixes and not alone:
                continue
            label = left.label.copy()
            label[left.open] = codes
            support = np.zeros((1, request.width), dtype=bool)
            parts = iter(chosen)
            for clash in clashes:
                at = clash.begin
                for m in clash.shape:
                    support[0, at + np.array(next(parts))] = True
                    at += m
            yield Regime(label[None], support)


# ---- fixed payoffs -------------------------------------------------------------------------------

def _close(request: Request, regime: Regime, left: Pruned, out: Mixtures, budget: int) -> int:
    """Every solution of one regime; what is left of the budget."""
    equations = Equations(request, regime, left.kept)
    root = _root(request, regime, left, equations)
    stack = [root] if root is not None else []
    while stack:
        if budget <= 0:
            out.doubt = out.doubt or BUDGET
            return 0
        budget -= 1
        box = stack.pop()
        sides = equations.sides(box)
        if sides is None or equations.refuted(box, sides):
            continue
        at = equations.over(box, sides)
        new, unique = _contract(equations, box, at)
        if new is None:
            continue
        if unique:
            point = solve(request, regime, equations.point(new.middle))
            if point is not None and new.holds(equations.unknowns(point), equations.scale):
                _keep(regime, point, out, with_value=False)
                continue
        wide = new.widths(equations.scale)
        if wide.max() < NARROW:
            out.doubt = out.doubt or SINGULAR
            continue
        if wide.max() < 0.7 * box.widths(equations.scale).max():
            stack.append(new)
        else:
            felt = wide * np.maximum(np.abs(at[1]), np.abs(at[2])).max(axis=0)
            stack += new.halves(int(felt.argmax()))
    return budget


def _root(request: Request, regime: Regime, left: Pruned, equations: Equations) -> Box | None:
    """The box of a regime, None where it is empty; a little wide, so that no solution lies on the
    edge of its values."""
    label = np.where(regime.label[0] >= MIX, UNDECIDED, regime.label[0])
    clashes = request.clashes[0]
    support = [[np.flatnonzero(part) for part in clash.mixed(regime.support[0])]
               for clash in clashes]
    low, high = bounds(request.components.states, clashes, label, support)
    low, high = np.maximum(low, left.low), np.minimum(high, left.high)
    slack = 1e-9 * request.components.states.scale[0]
    return None if (low > high).any() else Box(low - slack, high + slack,
                                               np.zeros(equations.free), np.ones(equations.free))


def _contract(equations: Equations, box: Box, at: tuple[Floats, Floats, Floats],
              ) -> tuple[Box | None, bool]:
    """The part of a box that can hold a solution, and whether it can hold one at most."""
    value, low, high = at
    middle, spread = 0.5 * (low + high), 0.5 * (high - low)
    radius = 0.5 * box.widths(equations.scale)
    reach = np.maximum(np.abs(low), np.abs(high)) @ radius
    if (np.abs(value) > reach * (1 + 1e-9) + 1e-12).any():
        return None, False
    if not np.isfinite(middle).all() or abs(np.linalg.det(middle)) < 1e-200:
        return box, False
    inverse = np.linalg.inv(middle)
    growth = np.abs(inverse) @ spread
    center = -inverse @ value
    wide = growth @ radius + 1e-13
    new = box.meet(center, wide, equations.scale)
    unique = bool(np.isfinite(growth).all() and perron(growth[None])[0] < 1.0)
    return new, unique


def _keep(regime: Regime, point: Point, out: Mixtures, with_value: bool) -> None:
    """Record a solution whose mixes are strictly inside; others belong to smaller regimes."""
    played = point.play[0][regime.support[0]]
    mixed = regime.label[0] >= MIX
    shares = point.consent[0][mixed]
    if (played < POSITIVE).any() or ((shares < POSITIVE) | (shares > 1 - POSITIVE)).any():
        return
    out.found.append(Mixture(
        point.play[0], regime.label[0], point.consent[0],
        *((point.value[0], point.terms[0], point.paid[0]) if with_value
          and point.terms is not None and point.paid is not None else (None, None, None))))


# ---- bargained terms -----------------------------------------------------------------------------

def _not_refuted(request: Request, regime: Regime, left: Pruned) -> list[Box]:
    """Boxes of a regime that no player's incentives rule out; none where the regime is impossible.

    Values of waiting are bounded whatever the terms, and what an action gains over another depends
    on nothing else but the others' play.
    """
    equations = Equations(request, regime, left.kept)
    root = _root(request, regime, left, equations)
    stack, rest = [root] if root is not None else [], []
    for _ in range(MOST_REFUTED):
        if not stack:
            break
        box = stack.pop(0)
        sides = equations.sides(box)
        if sides is None or equations.refuted(box, sides):
            continue
        wide = box.widths(equations.scale) * equations.matters
        if wide.max() < COARSE:
            rest.append(box)
        else:
            stack += box.halves(int(wide.argmax()))
    return rest + stack


def _newton(request: Request, regime: Regime, boxes: list[Box], out: Mixtures) -> None:
    """Newton's method from the middles of the boxes that are left, the first and the last ones."""
    equations_ = Equations(request, regime, [[np.arange(m) for m in clash.shape]
                                             for clash in request.clashes[0]])
    spread = sorted({round(k * (len(boxes) - 1) / max(STARTS - 1, 1)) for k in range(STARTS)})
    for k in spread if boxes else ():
        point = solve(request, regime, equations_.point(boxes[k].middle))
        if point is not None:
            _keep(regime, point, out,
                  with_value=bool(request.components.states.bargained.any()))
