"""``ng.solve``: one verb for every kind of game."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, overload

from .errors import InputError
from .model import Game

if TYPE_CHECKING:
    from .equilibrium.result import Solution
    from .normal_form import NashSolution, NormalFormGame
    from .stochastic import StochasticGame, StochasticSolution


@overload
def solve(game: Game, *, equilibria: str = "all", cap: int = 10_000, **options: Any) -> Solution:
    ...


@overload
def solve(game: NormalFormGame, *, equilibria: str = "all", cap: int = 10_000,
          **options: Any) -> NashSolution:
    ...


@overload
def solve(game: StochasticGame, *, equilibria: str = "all", cap: int = 10_000,
          **options: Any) -> StochasticSolution:
    ...


def solve(game: Game | NormalFormGame | StochasticGame, *, equilibria: str = "all",
          cap: int = 10_000, **options: Any) -> Solution | NashSolution | StochasticSolution:
    """Find the equilibria of a game, each with a certificate.

    Args:
        game: a linked bargaining game, a game in normal form, or a stochastic game.
        equilibria: ``"all"``, or ``"one"``; linked and stochastic games also know ``"selected"``.
        cap: the most equilibria to list; the result says when there are more.
        options: what the kind of game adds; see ``equilibrium.solve.solve``,
            ``normal_form.solve`` and ``stochastic.solve``.

    Returns:
        A result with ``equilibria``, ``count`` (None where it is not known), ``complete`` and
        ``status``, a sentence on how the work ended.

    Raises:
        InputError: for what is no game, or an option that cannot be used.

    Example:
        >>> import negotiation as ng
        >>> ng.solve(ng.load("rubinstein")).count
        1
    """
    if isinstance(game, Game):
        from .equilibrium.solve import solve as solve_linked
        return solve_linked(game, equilibria=equilibria, cap=cap, **options)
    # a game of another kind has imported its module, so that a look costs nothing
    for name, kind in (("normal_form", "NormalFormGame"), ("stochastic", "StochasticGame")):
        module = sys.modules.get(f"{__package__}.{name}")
        if module is not None and isinstance(game, getattr(module, kind)):
            solution: NashSolution | StochasticSolution = module.solve(
                game, equilibria=equilibria, cap=cap, **options)
            return solution
    raise InputError("the 'game' parameter of solve must be a Game (see load), a NormalFormGame or "
                     f"a StochasticGame. Got {type(game).__name__} instead.")
