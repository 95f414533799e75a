"""Further solutions at one t by deflation: known ones are divided out of H.

Newton's method works on M(x) H(x) with M(x) = Π_i (1/|x − x_i|² + 1), which keeps every other zero
and has none at the known x_i (Farrell, Birkisson & Funke 2015, "Deflation techniques for finding
distinct solutions of nonlinear partial differential equations", SIAM J. Sci. Comput. 37).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from .curve import CLOSE, Floats, System, solve_at

ITERATIONS = 60
#: solutions nearer than this to a known one are it
SAME = 1e-6


def deflated(system: System, t: float, known: Sequence[Floats], starts: Iterable[Floats],
             most: int = 16) -> list[Floats]:
    """Solutions of H(·, t) = 0 beside the known ones (to 1e-6), from some starts."""
    found: list[Floats] = []
    for start in starts:
        while len(found) < most:
            new = _newton(system, t, [*known, *found], np.array(start, dtype=np.float64))
            exact = None if new is None else solve_at(system, new, t)
            if exact is None or any(np.abs(exact - other).max() < SAME
                                    for other in (*known, *found)):
                break
            found.append(exact)
    return found


def _newton(system: System, t: float, known: Sequence[Floats], x: Floats) -> Floats | None:
    if any(np.abs(x - other).max() < SAME for other in known):
        x = x + 1e-2 * (1.0 + np.abs(x)) * np.cos(1.0 + np.arange(len(x)))
    for _ in range(ITERATIONS):
        here, slope, _ = system(x, t)
        if not np.isfinite(here).all():
            return None
        if np.abs(here).max(initial=0.0) <= CLOSE:
            return x
        try:
            step = np.linalg.solve(slope, -here)
        except np.linalg.LinAlgError:
            return None
        # Newton's step on M·H is Newton's on H times a number (Sherman and Morrison)
        push = np.zeros_like(x)
        for other in known:
            away = x - other
            square = max(float(away @ away), 1e-300)
            push += -2.0 * away / (square * square) / (1.0 / square + 1.0)
        inner = 1.0 - float(push @ step)
        factor = 1.0 / inner if abs(inner) > 1e-12 else 1e3
        step = np.clip(factor, -1e3, 1e3) * step
        size = float(np.linalg.norm(step))
        x = x + step * min(1.0, (1.0 + float(np.linalg.norm(x))) / max(size, 1e-300))
    return None
