"""The certificate of terms with members who have to consent (DESIGN §2.6).

At the claimed terms a forced member that lacks a gain is lifted by what it lacks. The terms are
right when they are the solution's of the lifted bargain, in which its gain is zero, and when no
less lifting would do: the forced members' gains, in units of their stakes, are the lexicographic
maximum among terms on which nobody who is asked loses, as far as they are negative. The first is
what :mod:`.certificate_terms` checks; the second is proved by the same multipliers, level by level.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .certificate_duality import NEAR_ZERO, Bargains, Bools, Floats
from .certificate_levels import Levels
from .certificate_terms import terms_violation


def forced_violation(problem: Bargains, forced: Bools, gain: Floats) -> Floats:
    """(R,) how far terms are from what is asked; ``problem.member`` (R, n) are those who are asked.

    Args:
        forced: (R, n) who has to consent. gain: (R, n) what each gains at the claimed terms.
    """
    party = problem.member | forced
    lack = np.where(forced, np.maximum(-gain, 0.0), 0.0)
    whole = replace(problem, member=party)
    # who lacks next to nothing is not lifted: the claim is then judged as terms of all
    lack = np.where(lack > NEAR_ZERO * problem.scale, lack, 0.0)
    out = terms_violation(replace(whole, base=problem.base + lack))
    for row in np.flatnonzero((lack > 0.0).any(axis=1)):
        here = np.array([row])
        out[row] = max(out[row], _lift_violation(whole.take(here), forced[row], lack[row]))
    return out


def _lift_violation(problem: Bargains, forced: Bools, lack: Floats) -> float:
    """How much the gains of those who are lifted could rise, the one that lacks most first (R = 1).
    """
    who = problem.member[0]
    points = [problem.terms[0]]
    if str(problem.solution[0]) == "offers" and problem.proposals is not None:
        points = [problem.proposals[0, i] for i in np.flatnonzero(who)]
    stake = (np.abs(problem.slope[0]) + 0.5 * problem.curvature[0]).sum(axis=0)
    climbs = (forced & (stake > 0.0))[who]
    lifted = climbs & (lack[who] > 0.0)
    worst = 0.0
    for x in points:
        levels = Levels(problem, x)
        still = (forced & ~(stake > 0.0))[who]
        worst = max(worst, levels.forced(climbs, lifted, np.where(climbs, stake[who], 1.0), still))
    return worst
