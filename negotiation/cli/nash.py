"""``negotiation solve FILE.nfg``: a game in normal form instead of a definition."""

from __future__ import annotations

from argparse import Namespace
from math import prod
from typing import Any

from ..errors import InputError, NumericalError, UnknownNameError
from ..formats.nfg import load_nfg
from ..formats.record_nash import nash_record
from ..normal_form import (
    Mediation,
    NashSolution,
    NormalFormGame,
    Rationalizable,
    mediation,
    solve,
    strategically_zero_sum,
)
from ..text.nash import nash_page

#: games of more profiles are neither tested for dominance nor handed to a mediator unasked
LARGE = 400
#: options of 'solve' that mean nothing here, with the value that says they were not given
_FOREIGN: dict[str, Any] = {
    "set": [], "start": [], "hold": [], "block": [], "concept": "mpe", "indifferent": None,
    "conventions": None, "boxes": 1_000, "by": None, "states": False}
OBJECTIVES = ("sum", "worst-off")


def solved(arguments: Namespace) -> str | dict[str, Any]:
    """The page of a game in normal form, or its record where ``--json`` asks for it."""
    for option, unset in _FOREIGN.items():
        if getattr(arguments, option, unset) != unset:
            raise InputError(f"--{option} is for definition files; {arguments.game} is a game in "
                             "normal form")
    if arguments.equilibria == "selected":
        raise InputError("--equilibria: expected 'all' or 'one' for a game in normal form, found "
                         "'selected'")
    game = load_nfg(arguments.game, exact=arguments.exact)
    if arguments.exact and (game.n != 2 or arguments.equilibria != "all"):
        raise InputError(f"--exact is for all equilibria of two players; {arguments.game} has "
                         f"{game.n}, and '{arguments.equilibria}' is asked for")
    objectives = [_objective(game, text) for text in arguments.mediator]
    solution = solve(game, equilibria=arguments.equilibria, cap=arguments.cap,
                     exact=arguments.exact)
    small = prod(game.shape) <= LARGE
    left = game.rationalizable() if small else None
    kinds = recognised(game, left)
    mediated = _mediated(solution, objectives or (list(OBJECTIVES) if small else []),
                         asked=bool(objectives))
    make = nash_record if arguments.json else nash_page
    return make(str(arguments.game), solution, kinds, left, mediated)


def recognised(game: NormalFormGame, left: Rationalizable | None) -> list[str]:
    """What kind of game it is, in the words of the record's schema."""
    kinds = []
    if game.is_zero_sum:
        kinds.append("constant-sum")
    elif game.n == 2 and strategically_zero_sum(game) is not None:
        kinds.append("strategically zero-sum")
    if game.potential() is not None:
        kinds.append("potential")
    if left is not None and left.solved:
        kinds.append("dominance solvable")
    return kinds


def _mediated(solution: NashSolution, objectives: list[Any], asked: bool) -> list[Mediation]:
    try:
        return [mediation(solution.game, objective, solution) for objective in objectives]
    except NumericalError:
        if asked:
            raise
        return []


def _objective(game: NormalFormGame, text: str) -> str | list[str]:
    """``sum``, ``worst-off``, a player, or one action for each player, by commas."""
    if text in (*OBJECTIVES, *game.players):
        return text
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != game.n:
        raise UnknownNameError("objective of --mediator", text,
                               (*OBJECTIVES, *game.players, ",".join(names[0] for names
                                                                     in game.actions)))
    return parts
