"""All equilibria of many 2×2 games at once, payoff by payoff.

The arguments a … h (N,) are the payoffs of the first player at (0,0), (0,1), (1,0), (1,1), then
those of the second. ``code`` (N,) gets a bit for each equilibrium: 1, 2, 4, 8 for the pure profiles
in that order, 16 for the mixed one, whose probabilities of action 0 go to ``x`` and ``y``; or 32
alone where payoffs tie or are too large to subtract. Rounding cannot reverse a comparison of two
floats, so that every other game's list is complete.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]

MIXED, TIED = 16, 32
_HUGE = 1e308
_CHUNK = 16_384


def by_loop(a: Floats, b: Floats, c: Floats, d: Floats, e: Floats, f: Floats, g: Floats, h: Floats,
            code: Codes, x: Floats, y: Floats) -> None:
    """One game after another, without branches; fast once compiled."""
    for k in range(len(a)):
        left, right = a[k] - c[k], b[k] - d[k]
        up, down = e[k] - f[k], g[k] - h[k]
        pure = ((1 if (left > 0) & (up > 0) else 0) | (2 if (right > 0) & (up < 0) else 0)
                | (4 if (left < 0) & (down > 0) else 0) | (8 if (right < 0) & (down < 0) else 0))
        mixed = ((left > 0) != (right > 0)) & ((up > 0) != (down > 0))
        plain = ((left != 0) & (right != 0) & (up != 0) & (down != 0)
                 & (abs(left) + abs(right) < _HUGE) & (abs(up) + abs(down) < _HUGE))
        code[k] = np.uint8((pure | (16 if mixed else 0)) if plain else 32)
        first, second = down / (down - up), right / (right - left)
        x[k] = first if mixed & plain else np.nan
        y[k] = second if mixed & plain else np.nan


def by_arrays(a: Floats, b: Floats, c: Floats, d: Floats, e: Floats, f: Floats, g: Floats,
              h: Floats, code: Codes, x: Floats, y: Floats) -> None:
    """The same with whole arrays, in pieces that stay in the cache."""
    for start in range(0, len(a), _CHUNK):
        part = slice(start, start + _CHUNK)
        with np.errstate(all="ignore"):
            left, right = a[part] - c[part], b[part] - d[part]
            up, down = e[part] - f[part], g[part] - h[part]
            l_, r_, u_, d_ = left > 0, right > 0, up > 0, down > 0
            mixed = (l_ != r_) & (u_ != d_)
            plain = ((left != 0) & (right != 0) & (up != 0) & (down != 0)
                     & (np.abs(left) + np.abs(right) < _HUGE)
                     & (np.abs(up) + np.abs(down) < _HUGE))
            found = ((l_ & u_).view(np.uint8) | (r_ & ~u_).view(np.uint8) << 1
                     | (~l_ & d_).view(np.uint8) << 2 | (~r_ & ~d_).view(np.uint8) << 3
                     | mixed.view(np.uint8) << 4)
            code[part] = np.where(plain, found, TIED)
            mixed &= plain
            x[part] = np.where(mixed, down / (down - up), np.nan)
            y[part] = np.where(mixed, right / (right - left), np.nan)
