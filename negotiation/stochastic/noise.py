"""Play under noise: the logit solution of a component at given noise, and its limit.

With noise ς_i > 0, in payoff units, player i takes action a in state s with chance proportional to
exp(Q_i(s, a) / ς_i): agent quantal response (McKelvey & Palfrey 1998), at values that the noise
pays nothing to (Eibelshäuser & Poensgen 2019 call it Markov quantal response equilibrium). The
solution on the branch that starts at infinite noise is unique; followed to ς → 0, the players'
noises in given proportions, it selects one Markov perfect equilibrium. In symmetric games the
branch can split; a slight bias of the even start then decides, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .certificate import REGRET_TOLERANCE, check
from .cycles import Cycle, CycleAnswer
from .field import Field, Floats
from .path import Walk, follow
from .stage import Profile
from .system import System

LOST = "the branch from infinite noise could not be followed to its end"
#: most steps of a branch that is followed to given noise
MOST_STEPS = 4000
MOST_NEWTON = 20
#: Newton's method at the given noise has converged when no probability would change by more
CLOSE = 1e-14
#: and has left the branch where one would change by more
FARTHEST = 0.1
#: an equilibrium further than this from the branch is not taken for its limit
NEAR = 2e-3
#: z⁰ at infinite noise: even, and where the branch from there splits, slightly biased
SPLIT = "the branch from even mixing splits, and a slight bias decides"
BIASES = ((0.0, None), (0.01, SPLIT), (0.05, SPLIT))


def quantal(cycle: Cycle, noise: Floats, stop: Callable[[], None] | None = None) -> CycleAnswer:
    """The logit solution of a component at noise (n,), on the branch from infinite noise."""
    strength = float((cycle.spread / noise).max())
    field = Field(cycle.rewards, cycle.inside, cycle.discount, strength * noise)
    for nudge, doubt in BIASES:
        system = _biased(field, nudge)
        mixed = system.mixed(system.start)
        profiles, values, _ = _checked(cycle, _at(system, strength, stop) if system.size else mixed)
        if profiles:
            return CycleAnswer([(profiles, values)], doubt)
    return CycleAnswer(doubt=LOST)


def limit(cycle: Cycle, noise: Floats, tie: Floats,
          stop: Callable[[], None] | None = None) -> CycleAnswer:
    """The Markov perfect equilibrium that noise in the proportions (n,) selects as it vanishes."""
    scaled = noise * float((cycle.spread / noise).max())
    field = Field(cycle.rewards, cycle.inside, cycle.discount, scaled)
    for nudge, doubt in BIASES:
        system = _biased(field, nudge)
        mixed: Floats | None = system.mixed(system.start)
        if system.size:
            mixed = follow(system, float((tie / scaled).min()), stop, near=NEAR).mixed
        profiles, values, regret = _checked(cycle, mixed)
        if profiles and regret <= REGRET_TOLERANCE:
            return CycleAnswer([(profiles, values)], doubt)
    return CycleAnswer(doubt=LOST)


def _biased(field: Field, nudge: float) -> System:
    rng = np.random.default_rng(0)
    return System(field, nudge * rng.standard_normal(field.real[:, :, 1:].shape))


def _checked(cycle: Cycle, mixed: Floats | None) -> tuple[list[Profile], Floats, float]:
    """Strategies by state, their values, and their regret."""
    if mixed is None:
        return [], np.zeros(0), np.inf
    profiles: list[Profile] = [tuple(mixed[i, s, :m] for i, m in enumerate(shape))
                               for s, shape in enumerate(cycle.shapes)]
    seen = check(cycle.rewards, cycle.inside, cycle.discount, cycle.spread, profiles)
    return profiles, seen.values, seen.regret


def _at(system: System, strength: float, stop: Callable[[], None] | None) -> Floats | None:
    """σ (n, K, M) where the branch first reaches a λ; None where it cannot be followed there."""
    walk = Walk(system, stop)
    while walk.steps < MOST_STEPS and not walk.stuck:
        if not walk.advance() or walk.here.spot.strength < strength:
            continue
        before, after = walk.before.spot, walk.here.spot
        share = (strength - before.strength) / (after.strength - before.strength)
        mixed = _newton(system, before.z + share * (after.z - before.z), strength)
        if mixed is not None:
            return mixed
        walk.here, walk.stride = walk.before, 0.3 * walk.stride
    return None


def _newton(system: System, z: Floats, strength: float) -> Floats | None:
    """σ at a λ by Newton's method from a point close to the branch."""
    value: Floats | None = None
    before = np.inf
    for turn in range(MOST_NEWTON):
        spot = system.at(z, value, strength)
        move = system.step(spot)
        if move is None:
            return None
        z, value = z + move[0], spot.value + move[1]
        size = float(np.abs(system.change(spot.point.mixed, move[0])).max())
        if not size < FARTHEST:
            return None
        if size <= CLOSE or turn > 2 and size > 0.5 * before:
            return system.mixed(z) if size < 1e-11 else None
        before = size
    return None
