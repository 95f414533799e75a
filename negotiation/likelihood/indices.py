"""Variance-based sensitivity indices, with intervals.

With two independent draws A and B of all coordinates and AB_g, which is A with group g's
coordinates from B, the estimators (Saltelli et al. 2010, table 2, b and f; the latter is Jansen's,
1999) are, f taken from its mean,

  first_g = Σ f(B)·(f(AB_g) − f(A)) / NV,   total_g = Σ (f(A) − f(AB_g))² / 2NV,

V the variance of f over A and B. The first-order index is the share of the variance that would go
if g were known; the total index the share that would be left if all but g were known. Parameters
that are correlated form one group (Jacques, Lavergne & Devictor 2006).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: resamples of the rows behind an interval, and its coverage
RESAMPLES, COVERAGE = 400, 0.9
#: a spread of f below this is none: nothing depends on anything
NO_SPREAD = 1e-12


@dataclass(frozen=True)
class Index:
    """A parameter's indices, each with a bootstrap interval of 90 %.

    ``group`` names the parameters that it is correlated with, itself included: the indices are
    those of all of them together.
    """

    first: float
    total: float
    first_interval: tuple[float, float]
    total_interval: tuple[float, float]
    group: tuple[str, ...] = ()


def jansen(a: Floats, b: Floats, mixed: Floats) -> tuple[Floats, Floats]:
    """First-order and total indices, each (…, G).

    Args:
        a, b: (…, N) f at A and at B. mixed: (…, G, N) f at each AB_g.
    """
    both = np.concatenate([a, b], axis=-1)
    variance = both.var(axis=-1, keepdims=True)
    middle = both.mean(axis=-1, keepdims=True)
    moved = mixed - a[..., None, :]
    first = ((b - middle)[..., None, :] * moved).mean(axis=-1) / variance
    total = 0.5 * (moved**2).mean(axis=-1) / variance
    return first, total


def indices(a: Floats, b: Floats, mixed: Floats, seed: int = 0,
            ) -> list[tuple[float, float, tuple[float, float], tuple[float, float]]] | None:
    """(first, total, interval of first, interval of total) of each group; None where f is constant.

    Args:
        a, b: (N,) f at A and at B, N ≥ 2. mixed: (G, N).
        seed: of the resamples.
    """
    if np.ptp(np.concatenate([a, b])) <= NO_SPREAD:
        return None
    first, total = jansen(a, b, mixed)
    rng = np.random.default_rng(seed)
    size = len(a)
    draws = np.empty((2, RESAMPLES, len(mixed)))
    for k in range(RESAMPLES):
        while True:
            rows = rng.integers(size, size=size)
            if np.ptp(np.concatenate([a[rows], b[rows]])) > NO_SPREAD:
                break
        draws[:, k] = jansen(a[rows], b[rows], mixed[:, rows])
    low, high = np.quantile(draws, [(1.0 - COVERAGE) / 2.0, (1.0 + COVERAGE) / 2.0], axis=1)
    return [(float(first[g]), float(total[g]), (float(low[0, g]), float(high[0, g])),
             (float(low[1, g]), float(high[1, g]))) for g in range(len(mixed))]
