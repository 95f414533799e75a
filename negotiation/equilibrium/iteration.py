"""Equilibria of components by iteration: every state solved at the values of the round before.

Each round solves all states of all components with their successors' values as they stand, which
brings values closer by the chance of coming back before the discounting ends the matter. When
consents have come to rest, Newton's method on the equations of all states at once (``cyclic``)
makes the point exact. Nothing says that consents come to rest: what is not found proves nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .branch import solve_problems
from .component import Components
from .cyclic_proof import values_at

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

ROUNDS = 60
#: change of values, in payoff ranges, below which consents at rest are taken for final
CLOSE = 1e-3
#: consents that are drawn as starts, beside all of them and none
DRAWN = 4
#: boxes that a state may cost in a round; one equilibrium of it is enough
BOXES = 8


def starts(components: Components) -> list[Floats]:
    """Values (P, S, n) to start from: of consents everywhere, nowhere, and drawn at random."""
    states = components.states
    rng = np.random.default_rng(20260102)
    chance = states.present & ~states.member.any(axis=2)
    shares = [np.ones(states.present.shape), np.zeros(states.present.shape),
              *(rng.integers(0, 2, states.present.shape).astype(float) for _ in range(DRAWN))]
    return [values_at(components, np.where(chance, 1.0, share) * states.present)[0]
            for share in shares]


def iterate(components: Components, value: Floats) -> tuple[Ints, Floats, Floats]:
    """Iterate from V (P, S, n): labels (P·S, M), values (P, S, n) and consents (P·S, M) at the end.

    Of a state with several equilibria the one nearest to its present value is taken.
    """
    states, width = components.states, components.width
    n, moves = value.shape[2], states.present.shape[1]
    value = value.copy()
    label = np.full((states.size, moves), -1)
    consent = np.zeros(label.shape)
    todo = np.arange(components.size)
    for _ in range(ROUNDS):
        if not len(todo):
            break
        flat = components.flat(todo)
        problems = components.take(todo).at(value[todo])
        first, row = problems.distinct()
        points = solve_problems(problems.take(first), first=True, boxes=BOXES)
        before = value[todo].reshape(len(flat), n)
        best = _nearest(points.owner, points.value, row, before, problems.scale)
        solved = best >= 0
        best = np.maximum(best, 0)
        now = np.where(solved[:, None], points.value[best], before)
        calm = (points.label[best] == label[flat]).all(axis=1) & (
            np.abs(now - before) <= CLOSE * problems.scale).all(axis=1)
        label[flat[solved]], consent[flat[solved]] = (
            points.label[best[solved]], points.consent[best[solved]])
        value[todo] = now.reshape(len(todo), width, n)
        todo = todo[~(calm | ~solved).reshape(len(todo), width).all(axis=1)]
    return np.maximum(label, 0), value, consent


def _nearest(owner: Ints, found: Floats, row: Ints, value: Floats, scale: Floats) -> Ints:
    """For each state the place of its problem's nearest equilibrium, -1 where none was found."""
    begin = np.searchsorted(owner, row)
    count = np.searchsorted(owner, row, side="right") - begin
    best = np.where(count > 0, begin, -1)
    for k in np.flatnonzero(count > 1):
        span = slice(begin[k], begin[k] + count[k])
        best[k] = begin[k] + int(
            (np.abs(found[span] - value[k]) / scale[k]).max(axis=1).argmin())
    return best
