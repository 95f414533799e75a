"""How far every condition of a play's regime is from changing; a switch is where one is zero.

The surplus σ of a refused move with issues is a bargain of its own, and most such moves are far
from being made: they are kept out by a bound above σ for as long as that stays below zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.nodes import best_worth
from ..lattice import Lattice
from .plays import MADE, MIXED, REFUSED, Play, gains, surpluses_of

if TYPE_CHECKING:
    from .point import Point

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: bounds are taken on by their secant, and by half as much again, before a bargain is left out
SLACK = 0.5


@dataclass(frozen=True, eq=False)
class Surpluses:
    """σ (E,) of a play, of made moves the least gain at their terms, which is zero where σ is; NaN
    where nobody is asked or the move is mixed. Where ``open`` (E,) it is a bound above σ so far."""

    sigma: Floats
    open: Bools


def surpluses(play: Play, lattice: Lattice) -> Surpluses:
    """A play's surpluses, ``lattice`` its row's own; bargains are left to :func:`settle`."""
    asked = lattice.member.any(axis=1) & (lattice.rate[0] > 0)
    open_ = np.zeros(len(asked), dtype=bool)
    if play.surplus is not None:
        return Surpluses(np.where(asked & (play.label < MIXED), play.surplus, np.nan), open_)
    sigma = np.full(len(asked), np.nan)
    made, refused = (np.flatnonzero(asked & (play.label == label)) for label in (MADE, REFUSED))
    gain = gains(lattice, 0, play.values, play.terms, made)
    sigma[made] = np.where(lattice.member[made], gain, np.inf).min(axis=1)
    gain, at = gains(lattice, 0, play.values, np.zeros_like(play.terms), refused), (
        lattice.bargain[refused])
    member = lattice.member[refused]
    if (at >= 0).any():
        value, curve = (np.where((at >= 0)[:, None, None], table[0, np.maximum(at, 0)], 0.0)
                        for table in (lattice.value, lattice.curvature))
        # all members together, and each alone, can get no more than this
        share = (member / member.sum(axis=1, keepdims=True))[:, None]
        together = ((share[:, 0] * gain).sum(axis=1)
                    + best_worth((share * value).sum(axis=2), (share * curve).sum(axis=2))[1].sum(
                        axis=1))
        alone = np.where(member, gain + best_worth(value, curve)[1].sum(axis=1), np.inf)
        sigma[refused] = np.minimum(alone.min(axis=1), np.where(at >= 0, together, np.inf))
        open_[refused] = at >= 0
    else:
        sigma[refused] = np.where(member, gain, np.inf).min(axis=1)
    return Surpluses(sigma, open_)


def settle(pairs: Sequence[tuple[Point, Point, float, float]]) -> None:
    """Solve the bargains of moves that may come to be made on [low, high], as far as two points
    (before, here) of a play tell, for all such (before, here, low, high) in one call."""
    asked: dict[Point, set[int]] = {}
    for before, here, low, high in pairs:
        edges = _near(before, here, low, high).tolist()
        for point in (before, here) if edges else ():
            asked.setdefault(point, set()).update(edges)
    todo = []
    for point, every in asked.items():
        edge = np.array(sorted(every), dtype=np.int64)
        todo.append((point, edge[point.surpluses.open[edge]]))
    found = surpluses_of([(point.lattice, point.play, edge) for point, edge in todo])
    for (point, edge), sigma in zip(todo, found, strict=True):
        known = point.surpluses
        known.sigma[edge], known.open[edge] = sigma, False


def _near(before: Point, here: Point, low: float, high: float) -> Ints:
    """Edges whose surplus is not known at one of two points, and may be above zero in between."""
    first, second = before.surpluses, here.surpluses
    edges = np.flatnonzero(first.open | second.open)
    now = second.sigma[edges]
    with np.errstate(invalid="ignore"):
        slope = (now - first.sigma[edges]) / (here.t - before.t)
        far = max(abs(low - here.t), abs(high - here.t))
        reach = now + (1.0 + SLACK) * far * np.abs(slope)
    return np.asarray(edges[reach > 0.0])


def margins(point: Point) -> Floats:
    """(3E + 2TJ,): σ of moves made or refused, α and 1 − α of mixed ones, x and 1 − x of terms in
    between; NaN where there is no such condition, or where it is known to be far."""
    play, lattice = point.play, point.lattice
    asked = lattice.member.any(axis=1) & (lattice.rate[0] > 0)
    profile = lattice.edge_move >= len(lattice.game.moves)
    known = point.surpluses
    # of a profile of an encounter, its probability
    alpha = np.where((asked | profile) & (play.label >= MIXED), play.consent, np.nan)
    agreed = np.zeros(len(play.bound), dtype=bool)
    agreed[lattice.bargain[(lattice.bargain >= 0) & (play.consent > 0)]] = True
    x = np.where(agreed[:, None] & (play.bound == 0), play.terms, np.nan).ravel()
    return np.concatenate([np.where(known.open, np.nan, known.sigma), alpha, 1.0 - alpha, x,
                           1.0 - x])


def on_path(point: Point) -> Bools:
    """Which margins are of the path of play."""
    edge = point.edge_on_path
    terms = np.repeat(point.agreed, point.play.bound.shape[1])
    return np.concatenate([edge, edge, edge, terms, terms])
