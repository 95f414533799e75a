"""``solve`` for games in normal form: which algorithm, then the same certificate for all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction

from ..equilibrium.result import Status
from ..errors import InputError, UnknownNameError
from . import two_by_two
from .bimatrix import Extreme, Whole, extreme_equilibria
from .game import NormalFormGame
from .result import TOLERANCE, Exact, Floats, NashEquilibrium, NashSolution

#: method → what it does
METHODS = {
    "auto": "the first below that fits the game and what is asked",
    "vertices": "two players, all: vertex enumeration, complete with ties",
}
_EQUILIBRIA = ("all", "one")


def solve(game: NormalFormGame, *, equilibria: str = "all", cap: int = 10_000,
          method: str = "auto", exact: bool = False) -> NashSolution:
    """Find the Nash equilibria of a game in normal form."""
    begin = time.perf_counter()
    if method == "auto" and equilibria == "all" and not exact:
        if game.payoffs.shape == (2, 2, 2) and game._given is None and cap >= 3:
            profiles = two_by_two.equilibria(game.payoffs)
            if profiles is not None:
                return _closed_form(game, profiles, begin)
    _check(game, equilibria, cap, method)
    return _two_players(game, cap, exact, begin)


def _check(game: object, equilibria: str, cap: object, method: str) -> None:
    if not isinstance(game, NormalFormGame):
        raise InputError("the 'game' parameter of solve must be a NormalFormGame. Got "
                         f"{type(game).__name__} instead.")
    if equilibria not in _EQUILIBRIA:
        raise UnknownNameError("choice of equilibria", equilibria, _EQUILIBRIA)
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        raise InputError(f"the 'cap' parameter of solve must be an integer of at least 1. Got "
                         f"{cap!r} instead.")


def _closed_form(game: NormalFormGame, profiles: Sequence[two_by_two.Profile],
                 begin: float) -> NashSolution:
    found = tuple([NashEquilibrium(k, game, profile) for k, profile in enumerate(profiles, 1)])
    return NashSolution(game, found, True, True, Status.COMPLETE, None, "comparison of payoffs", 0,
                        time.perf_counter() - begin, tuple([(k, k) for k in range(len(found))]))


def _two_players(game: NormalFormGame, cap: int, exact: bool, begin: float) -> NashSolution:
    extreme = extreme_equilibria(game, exact)
    if extreme is not None and not extreme.exact_first:
        worst = max(game.relative_regret((extreme.first[x], extreme.second[y]))
                    for x, y in extreme.pairs)
        if worst > 1e-3 * TOLERANCE:
            extreme = extreme_equilibria(game, True)
    assert extreme is not None
    pairs = sorted(extreme.pairs, key=lambda pair: _order(extreme.first[pair[0]],
                                                          extreme.second[pair[1]]))
    found = []
    for k, (x, y) in enumerate(pairs[:cap], 1):
        whole = _exact(extreme, x, y) if exact else None
        found.append(NashEquilibrium(k, game, (extreme.first[x], extreme.second[y]), whole))
    continuum = len({x for x, _ in pairs}) < len(pairs) or len({y for _, y in pairs}) < len(pairs)
    status = (Status.CAPPED if len(pairs) > cap else
              Status.CONTINUUM if continuum else Status.COMPLETE)
    complete = status is Status.COMPLETE
    return NashSolution(game, tuple(found), complete, len(pairs) <= cap, status,
                        None if complete else str(status), extreme.method, 0,
                        time.perf_counter() - begin, tuple(pairs[:cap]))


def _order(*profile: Floats) -> tuple[object, ...]:
    supports = [part.nonzero()[0].tolist() for part in profile]
    return (sum(map(len, supports)), supports, [part.tolist() for part in profile])


def _exact(extreme: Extreme, x: int, y: int) -> Exact:
    return _fractions(extreme.exact_first[x]), _fractions(extreme.exact_second[y])


def _fractions(weights: Whole) -> tuple[Fraction, ...]:
    total = sum(weights)
    return tuple(Fraction(w, total) for w in weights)
