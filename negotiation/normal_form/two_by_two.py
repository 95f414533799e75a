"""The equilibria of a 2×2 game without ties, by comparing payoffs only.

Rounding cannot reverse a comparison of two floats, so that the list is complete without further
proof; the mixed strategies come from one division each.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Profile = tuple[Floats, Floats]

_FIRST, _SECOND = np.array([1.0, 0.0]), np.array([0.0, 1.0])
_FIRST.setflags(write=False)
_SECOND.setflags(write=False)
_PURE = ((_FIRST, _FIRST), (_FIRST, _SECOND), (_SECOND, _FIRST), (_SECOND, _SECOND))


def equilibria(payoffs: Floats) -> list[Profile] | None:
    """Every equilibrium; None where payoffs tie or overflow, which the general solver takes."""
    a, b, c, d, e, f, g, h = payoffs.ravel().tolist()
    left, right = a - c, b - d              # what the first player's first row pays more
    up, down = e - f, g - h                 # what the second player's first column pays more
    if not (left and right and up and down):
        return None
    found = []
    if left > 0.0 and up > 0.0:
        found.append(_PURE[0])
    if right > 0.0 and up < 0.0:
        found.append(_PURE[1])
    if left < 0.0 and down > 0.0:
        found.append(_PURE[2])
    if right < 0.0 and down < 0.0:
        found.append(_PURE[3])
    if (left > 0.0) != (right > 0.0) and (up > 0.0) != (down > 0.0):
        x, y = down - up, right - left
        if not -1e308 < x < 1e308 or not -1e308 < y < 1e308:
            return None
        mixed = (np.array([down / x, -up / x]), np.array([right / y, -left / y]))
        mixed[0].setflags(write=False)
        mixed[1].setflags(write=False)
        found.append(mixed)
    return found
