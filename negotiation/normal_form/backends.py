"""Solvers of others, whose answers go through our certificate.

``nashpy-support``, ``nashpy-vertex`` and ``nashpy-lemke-howson`` are nashpy's algorithms on its
own tableaux. Its Lemke–Howson need not end, so that its pivots are counted here.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .game import NormalFormGame

Floats = NDArray[np.float64]
Pair = tuple[Floats, Floats]

BACKENDS = {
    "nashpy-support": "nashpy's support enumeration; may miss equilibria",
    "nashpy-vertex": "nashpy's vertex enumeration; may miss equilibria",
    "nashpy-lemke-howson": "nashpy's Lemke–Howson from every label; some of the equilibria",
}
_PIVOTS_PER_ACTION = 20


def offered(game: NormalFormGame, backend: str) -> Iterator[Pair]:
    """What a backend calls equilibria, unchecked; warnings that it gives are left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if backend == "nashpy-support":
            found: Any = game.to_nashpy().support_enumeration()
        elif backend == "nashpy-vertex":
            found = game.to_nashpy().vertex_enumeration()
        else:
            found = _paths(game)
        try:
            for x, y in found:
                x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
                if (x.shape, y.shape) == ((game.shape[0],), (game.shape[1],)):
                    yield x, y
        except (ValueError, IndexError, ZeroDivisionError, FloatingPointError, RuntimeError,
                np.linalg.LinAlgError):
            return                  # a degenerate game that it cannot read; nothing more comes


def _paths(game: NormalFormGame) -> Iterator[Pair]:
    """nashpy's ``lemke_howson`` from each label, given up after so many pivots."""
    from nashpy.linalg import create_col_tableau, create_row_tableau

    for label in range(sum(game.shape)):
        columns = create_col_tableau(game.payoffs[0].copy(), True)
        rows = create_row_tableau(game.payoffs[1].copy(), True)
        first = label in rows.non_basic_variables
        entering = label
        for step, tableau in enumerate(cycle((rows, columns) if first else (columns, rows))):
            entering = tableau.pivot_and_drop_label(entering)
            if columns.non_basic_variables | rows.non_basic_variables == columns.labels:
                yield (rows.to_strategy(columns.non_basic_variables),
                       columns.to_strategy(rows.non_basic_variables))
                break
            if step > _PIVOTS_PER_ACTION * sum(game.shape):
                break
