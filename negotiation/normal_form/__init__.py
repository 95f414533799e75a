"""Games in normal form and all their Nash equilibria."""

from __future__ import annotations

from .game import NormalFormGame
from .result import NashEquilibrium, NashSolution
from .solver import solve

__all__ = ["NashEquilibrium", "NashSolution", "NormalFormGame", "solve"]
