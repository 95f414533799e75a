"""One equilibrium of a two-player game of any size, by Lemke–Howson paths."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..kernels import lemke_howson as kernel
from .bimatrix import Whole, float_shares, unit_rows, whole_table
from .game import NormalFormGame

Floats = NDArray[np.float64]

#: up to this many entries the path is followed in whole numbers, which cannot go wrong
WHOLE = 64
_FIRST_CAP, _PATHS = 40, 8


def by_whole_numbers(game: NormalFormGame, label: int) -> tuple[Whole, Whole]:
    """The end of the path of a label as whole-number weights of both players' actions."""
    m, n = game.shape
    tables = game.exact if game.exact_given else game.payoffs
    b_rows, x_scale = whole_table(tables[1].tolist())
    a_columns, y_scale = whole_table(tables[0].T.tolist())
    p = kernel.WholeSide([list(column) for column in zip(*b_rows, strict=True)])
    q = kernel.WholeSide([list(row) for row in zip(*a_columns, strict=True)])
    kernel.follow(p, q, m, n, label)
    return (tuple(v * s for v, s in zip(p.point(), x_scale, strict=True)),
            tuple(v * s for v, s in zip(q.point(), y_scale, strict=True)))


def by_floats(game: NormalFormGame) -> Iterator[tuple[Floats, Floats]]:
    """Ends of paths, for the caller to certify: of a few labels by turns, each with a cap on its
    pivots that grows, so that a long path does not hold up a short one.

    Source of the caps: Codenotti, De Rossi & Pagan 2008, "An experimental analysis of
    Lemke–Howson algorithm".
    """
    m, n = game.shape
    tables = game.exact if game.exact_given else game.payoffs
    b, x_scale = unit_rows(tables[1])
    a, y_scale = unit_rows(tables[0].T)
    if not (np.isfinite(b).all() and np.isfinite(a).all()):
        return
    labels = sorted({k * (m + n) // _PATHS for k in range(_PATHS)})
    cap = _FIRST_CAP
    while cap <= 1000 * (m + n):
        for k in labels:
            p, q = kernel.FloatSide(b.T), kernel.FloatSide(a.T)
            try:
                ended = kernel.follow(p, q, m, n, k, cap)
            except FloatingPointError:
                continue
            if ended:
                x, y = refined(b.T, a.T, p.point(), q.point())
                if x.sum() > 0 and y.sum() > 0:
                    yield float_shares(x * x_scale), float_shares(y * y_scale)
        cap *= 6


def refined(b: Floats, a: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """x and y again, from the equations of their supports, freed of the path's rounding."""
    mine, theirs = np.flatnonzero(x), np.flatnonzero(y)
    if len(mine) != len(theirs) or not len(mine):
        return x, y
    try:
        new_x = np.linalg.solve(b[np.ix_(theirs, mine)], np.ones(len(mine)))
        new_y = np.linalg.solve(a[np.ix_(mine, theirs)], np.ones(len(mine)))
    except np.linalg.LinAlgError:
        return x, y
    if not (new_x.min() >= 0 and new_y.min() >= 0):
        return x, y
    x, y = np.zeros_like(x), np.zeros_like(y)
    x[mine], y[theirs] = new_x, new_y
    return x, y
