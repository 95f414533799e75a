"""``solve`` for games in normal form: which algorithm, then the same certificate for all."""

from __future__ import annotations

import time
from collections.abc import Sequence
from fractions import Fraction
from operator import itemgetter

from ..equilibrium.result import Status
from ..errors import InputError, NumericalError, UnknownNameError
from . import two_by_two
from .bimatrix import LIMIT, Extreme, Whole, extreme_equilibria
from .game import NormalFormGame
from .result import Exact, NashEquilibrium, NashSolution

#: method → what it does
METHODS = {
    "auto": "the first below that fits the game and what is asked",
    "vertices": "two players, all: vertex enumeration, complete with ties",
}
_first_of, _second_of = itemgetter(0), itemgetter(1)
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
    if extreme is None:
        raise NumericalError("the best-response polytopes of this game have more than "
                             f"{LIMIT} dictionaries; ask for equilibria='one'")
    pairs = extreme.pairs
    found = tuple([NashEquilibrium(k + 1, game, (first, second), _exact(extreme, k, exact))
                   for k, (first, second) in enumerate(zip(extreme.first[:cap], extreme.second,
                                                           strict=False))])
    points = len(pairs) == len(set(map(_first_of, pairs))) == len(set(map(_second_of, pairs)))
    status = (Status.CAPPED if len(pairs) > cap else
              Status.COMPLETE if points else Status.CONTINUUM)
    complete = status is Status.COMPLETE
    return NashSolution(game, found, complete, len(pairs) <= cap, status,
                        None if complete else str(status), extreme.method, 0,
                        time.perf_counter() - begin, tuple(pairs[:cap]))


def _exact(extreme: Extreme, k: int, asked: bool) -> Exact | None:
    if not asked or extreme.exact_first is None or extreme.exact_second is None:
        return None
    return _fractions(extreme.exact_first[k]), _fractions(extreme.exact_second[k])


def _fractions(weights: Whole) -> tuple[Fraction, ...]:
    total = sum(weights)
    return tuple(Fraction(w, total) for w in weights)
