"""``negotiation solve FILE.json``: a stochastic game instead of a definition."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..errors import InputError
from ..formats.record_mpe import mpe_record
from ..stochastic import solve
from ..stochastic.files import load_stochastic
from ..text.mpe import mpe_page
from .terminal import Progress

#: options of 'solve' that mean nothing here, with the value that says they were not given
_FOREIGN: dict[str, Any] = {
    "set": [], "start": [], "hold": [], "block": [], "indifferent": None, "conventions": None,
    "boxes": 1_000, "by": None, "exact": False, "mediator": []}


def solved(arguments: Namespace) -> tuple[str | dict[str, Any], int]:
    """The page of a stochastic game, or its record with ``--json``; and the exit status."""
    for option, unset in _FOREIGN.items():
        if getattr(arguments, option, unset) != unset:
            raise InputError(f"--{option} is for other kinds of game; {arguments.game} is a "
                             "stochastic game")
    file = load_stochastic(arguments.game)
    noisy = arguments.concept == "logit" or arguments.equilibria == "selected"
    if arguments.concept == "logit" and file.noise is None:
        raise InputError(f"{arguments.game}: noise: expected a number above 0, or a table by "
                         "player, for --concept logit, found nothing")
    with Progress(f"solving {arguments.game}", graceful=True) as progress:
        solution = solve(file.game, equilibria=arguments.equilibria, concept=arguments.concept,
                         noise=file.noise if noisy else None, cap=arguments.cap,
                         time_limit=arguments.seconds, progress=progress.count)
    name = str(arguments.game)
    if arguments.json:
        return mpe_record(name, file.title, solution), progress.status
    return mpe_page(name, file.title, solution, arguments.states), progress.status
