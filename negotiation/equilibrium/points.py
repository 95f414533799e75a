"""Points of problems: candidates in labelled regimes, and which of them are equilibria."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .leaf import Candidates
from .nodes import MADE, MIX, REFUSED
from .problem import ZERO, Problems, surplus

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

SAME = 1e-8
#: how far terms at a bound may miss it, in payoff ranges
PUSHED = 2e-10
TIE = "an exact tie leaves consents undetermined"


@dataclass(eq=False)
class Points:
    """k equilibria of P problems, sorted by owner: value (k, n), consent, label (k, M), terms
    (k, M, n, J), paid (k, M, n), index (k,), tied (k, M); ``doubt`` problem → why incomplete.
    """

    owner: Ints
    label: Ints
    value: Floats
    consent: Floats
    terms: Floats
    paid: Floats
    index: Ints
    tied: Bools
    doubt: dict[int, str] = field(default_factory=dict)


def verify(problems: Problems, label: Ints, points: Candidates) -> tuple[Bools, Bools]:
    """Which candidates satisfy every consent condition, and (k, M) where σ is zero though pure."""
    scale = problems.scale[:, None, :]
    gain = (problems.reward + points.paid - points.value[:, None, :]) / scale
    least = np.where(problems.member, gain, np.inf).min(axis=2)
    asked = problems.present & problems.member.any(axis=2)
    sigma = least.copy()
    # best terms for a forced member leave others at zero, which says nothing of σ
    pushed = asked & problems.constrained
    rows, cols = np.nonzero(asked & problems.bargained & ((label == REFUSED) | pushed)
                            & points.good[:, None])
    if len(rows):
        sigma[rows, cols] = surplus(problems, (rows, cols), points.value[rows])
    mixed = label >= MIX
    slack = np.where(pushed, PUSHED, ZERO)
    wrong = asked & ((label == MADE) & (least < -slack) | (label == REFUSED) & (sigma > ZERO)
                     | mixed & (least < -slack))
    out_of_range = mixed & ((points.consent < -SAME) | (points.consent > 1 + SAME))
    tied = asked & ~mixed & (np.abs(sigma) <= ZERO)
    tied |= mixed & ((points.consent < SAME) | (points.consent > 1 - SAME))
    return points.good & ~wrong.any(axis=1) & ~out_of_range.any(axis=1), tied


def distinct(owner: Ints, value: Floats, consent: Floats) -> Bools:
    """First of each group of equal points; rows come sorted by owner."""
    keep = np.ones(len(owner), dtype=bool)
    if (owner[1:] != owner[:-1]).all():
        return keep
    start = 0
    for k in range(1, len(owner)):
        if owner[k] != owner[start]:
            start = k
            continue
        others = [q for q in range(start, k) if keep[q]]
        same = (np.abs(value[others] - value[k]).max(axis=1) < SAME) & (
            np.abs(consent[others] - consent[k]).max(axis=1) < SAME)
        keep[k] = not same.any()
    return keep
