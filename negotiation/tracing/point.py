"""One play at one value of a parameter, and what tells it from others."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice
from .margins import Surpluses, surpluses
from .plays import Play

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: what tells plays apart: convention, labels on the path of play, bounds of terms there
Signature = tuple[str, bytes, bytes]


@dataclass(frozen=True, eq=False)
class Point:
    """One play at one value t of the parameter.

    Attributes:
        play: the play; ``lattice`` the game at t under its convention (one draw).
        key: what tells its convention from others.
    """

    t: float
    play: Play
    lattice: Lattice
    key: str

    @cached_property
    def edge_on_path(self) -> NDArray[np.bool_]:
        """(E,) moves that can come up on the path of play, whether or not they are made."""
        lattice = self.lattice
        return np.asarray(self.play.on_path[lattice.edge_state] & (lattice.rate[0] > 0))

    @cached_property
    def bound_on_path(self) -> Ints:
        """(T, J) the bounds of terms that are agreed on the path of play, 0 elsewhere."""
        out: Ints = np.where(self.agreed[:, None], self.play.bound, 0)
        return out

    @cached_property
    def agreed(self) -> NDArray[np.bool_]:
        """(T,) bargains that can come to terms on the path of play."""
        lattice, agreed = self.lattice, np.zeros(len(self.play.bound), dtype=bool)
        edges = np.flatnonzero((lattice.bargain >= 0) & (self.play.consent > 0))
        agreed[lattice.bargain[edges]] = self.edge_on_path[edges]
        return agreed

    @cached_property
    def signature(self) -> Signature:
        """The regime on the path of play."""
        label = np.where(self.edge_on_path, self.play.label, 0).astype(np.int16)
        return self.key, label.tobytes(), self.bound_on_path.astype(np.int8).tobytes()

    @cached_property
    def surpluses(self) -> Surpluses:
        """σ of every move, as far as it is known."""
        return surpluses(self.play, self.lattice)

    @cached_property
    def value(self) -> Floats:
        """(n,) V at the start, in payoff ranges."""
        out: Floats = self.play.values[0] / self.lattice.payoff_range()[0]
        return out


def apart(a: Point, b: Point) -> float:
    """How far two plays' values lie apart, in payoff ranges, where both can be on the path."""
    both = a.play.on_path & b.play.on_path
    scale = a.lattice.payoff_range()[0]
    return float((np.abs(a.play.values[both] - b.play.values[both]) / scale).max())
