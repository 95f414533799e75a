"""``solve`` for games in normal form: which algorithm, then the same certificate for all.

=====================  ======  ===========  ========================================================
method                 players equilibria   what "auto" takes it for
=====================  ======  ===========  ========================================================
comparison             2       all          2×2 games without ties
vertices               2       all          every other game of two players
supports               any     all          games of one player, and of three and more
pure                   any     one          where there is a pure equilibrium
linear-programming     2       one          constant-sum games without one
lemke-howson           2       one          other games of two players without one
logit                  any     one          other games; and all, where supports finds none
nashpy-…               2       all          never; see :mod:`.backends`
=====================  ======  ===========  ========================================================
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from operator import itemgetter

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.result import Status
from ..errors import InputError, NumericalError, UnknownNameError
from . import lemke_howson, two_by_two
from .backends import BACKENDS, offered
from .bimatrix import (
    LIMIT,
    Extreme,
    Pair,
    Profiles,
    Whole,
    compiled_answer,
    extreme_equilibria,
)
from .correlated import minimax
from .game import NormalFormGame
from .logit import logit_equilibrium
from .result import (
    TOLERANCE,
    Exact,
    NashEquilibrium,
    NashSolution,
    complete_solution,
    freeze_profile,
)
from .supports import all_equilibria

Floats = NDArray[np.float64]
Parts = Sequence[Floats]

EQUILIBRIA = ("all", "one")
ALL_METHODS = ("vertices", "supports", *BACKENDS)
ONE_METHODS = ("pure", "linear-programming", "lemke-howson", "logit")
#: names of the methods that :func:`solve` knows
METHODS = ("auto", *ALL_METHODS, *ONE_METHODS)
_first_of, _second_of = itemgetter(0), itemgetter(1)


def solve(game: NormalFormGame, *, equilibria: str = "all", cap: int = 10_000,
          method: str = "auto", exact: bool = False) -> NashSolution:
    """Find the Nash equilibria of a game in normal form, each with a certificate.

    Args:
        game: the game.
        equilibria: ``"all"``, or ``"one"`` for one equilibrium of a game that may be large.
        cap: the most equilibria to list; the result says when there are more.
        method: one of :data:`METHODS`; the table of this module says what ``"auto"`` takes.
        exact: also give the profiles as Fractions (two players, all equilibria).

    Raises:
        InputError: for an option that cannot be used, or a method that does not fit the game.
        NumericalError: where no equilibrium could be certified (one always exists), or a game is
            far too large for all of its equilibria.

    >>> chicken = NormalFormGame([[[0, 7], [2, 6]], [[0, 2], [7, 6]]])
    >>> [str(equilibrium) for equilibrium in solve(chicken).equilibria]
    ['1: 1; 2: 2', '1: 2; 2: 1', '1: 1 0.3333, 2 0.6667; 2: 1 0.3333, 2 0.6667']
    """
    begin = time.perf_counter()
    if (method == "auto" and equilibria == "all" and type(cap) is int and cap > 0
            and isinstance(game, NormalFormGame) and len(game.payoffs) == 2):
        return _two_players(game, cap, exact, begin)        # nothing to check; small games hurry
    _check(game, equilibria, cap, method, exact)
    if equilibria == "one" and method not in ALL_METHODS or method in ONE_METHODS:
        return _one(game, method, begin)
    if method in BACKENDS:
        return _certified(game, offered(game, method), cap, method, begin)
    if game.n == 2 and method != "supports":
        return _two_players(game, cap, exact, begin)
    return _several_players(game, cap, begin)


def _check(game: object, equilibria: str, cap: object, method: str, exact: bool) -> None:
    if not isinstance(game, NormalFormGame):
        raise InputError("the 'game' parameter of solve must be a NormalFormGame. Got "
                         f"{type(game).__name__} instead.")
    if equilibria not in EQUILIBRIA:
        raise UnknownNameError("choice of equilibria", equilibria, EQUILIBRIA)
    if method not in METHODS:
        raise UnknownNameError("method", method, METHODS)
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        raise InputError(f"the 'cap' parameter of solve must be an integer of at least 1. Got "
                         f"{cap!r} instead.")
    two_only = ("vertices", "linear-programming", "lemke-howson", *BACKENDS)
    if method in two_only and game.n != 2:
        raise InputError(f"the method {method!r} is for two players; this game has {game.n}.")
    if exact and (game.n != 2 or method not in ("auto", "vertices") or equilibria != "all"):
        raise InputError("exact=True is for all equilibria of two players, by the method "
                         f"'vertices'. Got {game.n} players, method {method!r}, equilibria "
                         f"{equilibria!r}.")


def _two_players(game: NormalFormGame, cap: int, exact: bool, begin: float) -> NashSolution:
    if not exact and game.payoffs.shape == (2, 2, 2) and game._given is None and cap >= 3:
        closed = two_by_two.equilibria(game.payoffs)
        if closed is not None:
            return complete_solution(game, closed, "comparison of payoffs", begin)
    extreme = None
    answer = None if exact else compiled_answer(game)
    if answer is None:
        extreme = extreme_equilibria(game, exact)
        if extreme is None:
            raise NumericalError("the best-response polytopes of this game have more than "
                                 f"{LIMIT} dictionaries; ask for equilibria='one'")
        answer = extreme.method, extreme.profiles, extreme.pairs
        if max(game.relative_regret(profile) for profile in extreme.profiles) > TOLERANCE:
            raise NumericalError("an equilibrium of this game, rounded to floats, misses the "
                                 "certificate's tolerance")
    return extreme_solution(game, answer, cap, begin, extreme if exact else None)


def extreme_solution(game: NormalFormGame, answer: tuple[str, Profiles, Sequence[Pair]], cap: int,
                     begin: float, exact: Extreme | None = None) -> NashSolution:
    """The solution of a two-player game from its extreme equilibria: method, profiles, pairs."""
    method, profiles, pairs = answer
    count = len(profiles)
    if not pairs and count <= cap:
        return complete_solution(game, profiles, method, begin)
    found = tuple([NashEquilibrium(k + 1, game, profiles[k], exact and _exact(exact, k))
                   for k in range(min(count, cap))])
    points = len(pairs) == len(set(map(_first_of, pairs))) == len(set(map(_second_of, pairs)))
    status = (Status.CAPPED if count > cap else
              Status.COMPLETE if points else Status.CONTINUUM)
    complete = status is Status.COMPLETE
    return NashSolution(game, found, complete, count <= cap, status,
                        None if complete else str(status), method, 0,
                        time.perf_counter() - begin, tuple(pairs[:cap]))


def _exact(extreme: Extreme, k: int) -> Exact | None:
    if extreme.exact_first is None or extreme.exact_second is None:
        return None
    return _fractions(extreme.exact_first[k]), _fractions(extreme.exact_second[k])


def _fractions(weights: Whole) -> tuple[Fraction, ...]:
    total = sum(weights)
    return tuple(Fraction(w, total) for w in weights)


def _several_players(game: NormalFormGame, cap: int, begin: float) -> NashSolution:
    search = all_equilibria(game)
    kept, rejected = certify(game, search.profiles)
    doubts = list(search.doubts)
    if rejected:
        doubts.append(f"{rejected} profiles missed the certificate's tolerance")
    method = "supports, by branch and bound"
    if not kept:
        limit = logit_equilibrium(game)
        if limit is None:
            raise NumericalError("no equilibrium of this game could be certified")
        kept, method = [limit], "the logit path"
    status = Status.UNPROVED if doubts else Status.COMPLETE
    if rejected:
        status = Status.REJECTED
    if len(kept) > cap:
        status = Status.CAPPED
        doubts.insert(0, f"the list stops at the cap of {cap}")
    found = tuple(NashEquilibrium(k, game, freeze_profile(profile))
                  for k, profile in enumerate(kept[:cap], 1))
    complete = status is Status.COMPLETE
    return NashSolution(game, found, complete, complete, status, "; ".join(doubts) or None, method,
                        rejected, time.perf_counter() - begin)


def _one(game: NormalFormGame, method: str, begin: float) -> NashSolution:
    for used, profile in _candidates(game, method):
        kept, _ = certify(game, [profile])
        if kept:
            found = (NashEquilibrium(1, game, freeze_profile(kept[0])),)
            return NashSolution(game, found, False, False, Status.ONE, str(Status.ONE), used, 0,
                                time.perf_counter() - begin)
    if method == "pure":
        raise InputError("this game has no pure equilibrium; ask for another method")
    raise NumericalError(f"no equilibrium of this game could be certified by method {method!r}")


def _candidates(game: NormalFormGame, method: str) -> Iterator[tuple[str, Parts]]:
    """Profiles to certify, the cheapest way first."""
    auto = method == "auto"
    if auto or method == "pure":
        for at in game.pure_equilibria()[:1]:
            yield "pure", [np.eye(m)[a] for m, a in zip(game.shape, at, strict=True)]
    if method == "linear-programming" or (auto and game.n == 2 and game.is_zero_sum):
        if not game.is_zero_sum:
            raise InputError("the method 'linear-programming' needs a constant-sum game.")
        yield "linear-programming", minimax(game)
    if method == "lemke-howson" or (auto and game.n == 2):
        small = game.shape[0] * game.shape[1] <= lemke_howson.WHOLE
        if not small:
            for pair in lemke_howson.by_floats(game):
                yield "lemke-howson", pair
        weights = lemke_howson.by_whole_numbers(game, 0)
        yield "lemke-howson", [np.array([w / sum(side) for w in side]) for side in weights]
    if method == "logit" or (auto and game.n != 2):
        limit = logit_equilibrium(game)
        if limit is not None:
            yield "logit", limit
    if auto and game.n > 2:
        for profile in all_equilibria(game).profiles:
            yield "supports, by branch and bound", profile


def certify(game: NormalFormGame, profiles: Iterable[Parts]) -> tuple[list[Parts], int]:
    """The profiles that are probabilities without regret (up to TOLERANCE of the payoff ranges),
    each once; and how many were not. Nothing is taken over from whoever found them.
    """
    kept: list[Parts] = []
    rejected = 0
    for profile in profiles:
        try:
            good = game.relative_regret(profile) <= TOLERANCE
        except InputError:
            good = False
        if not good:
            rejected += 1
        elif not any(all(np.abs(a - b).max() < TOLERANCE for a, b in zip(profile, other,
                                                                         strict=True))
                     for other in kept):
            kept.append(profile)
    return kept, rejected


def _certified(game: NormalFormGame, profiles: Iterable[Parts], cap: int, method: str,
               begin: float) -> NashSolution:
    """What another's solver offered, as far as it holds."""
    kept, rejected = certify(game, profiles)
    status = (Status.CAPPED if len(kept) > cap else Status.REJECTED if rejected else
              Status.UNPROVED)
    found = tuple(NashEquilibrium(k, game, freeze_profile(profile))
                  for k, profile in enumerate(kept[:cap], 1))
    return NashSolution(game, found, False, False, status, str(status), method, rejected,
                        time.perf_counter() - begin)
