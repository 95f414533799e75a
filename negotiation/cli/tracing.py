"""The commands that follow equilibria over parameters: ``trace``, ``region``, ``tip``."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..errors import InputError
from ..formats.record_trace import logit_record, region_record, tip_record, trace_record
from ..model import Game
from ..text.logit_path import logit_page
from ..text.tipping import region_page, tip_page
from ..text.trace import trace_page
from ..tracing import Ending, logit_path, region, tip, trace
from .terminal import INTERRUPTED, Progress

#: a record for --json, the page that is printed otherwise, and the exit status
Said = tuple[dict[str, Any], str, int]


def said(command: str, arguments: Namespace, game: Game) -> Said:
    """What a command says about a game."""
    return {"trace": _trace, "region": _region, "tip": _tip}[command](arguments, game)


def _common(arguments: Namespace) -> dict[str, Any]:
    return {name: getattr(arguments, name) for name in (
        "by", "cap", "boxes", "indifferent", "conventions", "seconds")}


def _noise(arguments: Namespace, game: Game) -> Said:
    if arguments.parameter is not None:
        raise InputError("trace --noise follows the noise and no parameter: leave out "
                         f"{arguments.parameter!r}")
    with Progress(f"tracing {arguments.game}"):
        path = logit_path(game, by=arguments.by, conventions=arguments.conventions)
    return logit_record(game, path), logit_page(game, path), 0


def _trace(arguments: Namespace, game: Game) -> Said:
    if arguments.noise:
        return _noise(arguments, game)
    if arguments.end is None:
        raise InputError("trace needs PARAMETER FROM TO, such as 'shift 0 0.65', or --noise")
    with Progress(f"tracing {arguments.game}") as progress:
        found = trace(game, arguments.parameter, arguments.begin, arguments.end,
                      outcome=arguments.outcome, grid=arguments.grid, checks=arguments.checks,
                      progress=progress.stage,
                      save=arguments.save, resume=arguments.resume, cascade=arguments.cascade,
                      **_common(arguments))
    status = INTERRUPTED if found.ending is Ending.INTERRUPTED else 0
    return trace_record(found), trace_page(found), status


def _region(arguments: Namespace, game: Game) -> Said:
    with Progress(f"mapping {arguments.game}") as progress:
        found = region(game, (arguments.first, arguments.first_low, arguments.first_high),
                       (arguments.second, arguments.second_low, arguments.second_high),
                       outcome=arguments.outcome, depth=arguments.depth, lines=arguments.lines,
                       save=arguments.save, resume=arguments.resume,
                       progress=progress.stage, **_common(arguments))
    return region_record(found), region_page(found), 0


def _tip(arguments: Namespace, game: Game) -> Said:
    cascade = arguments.cascade
    if arguments.outcome is None and cascade is None and game.cascade is not None:
        cascade = "every"  # the question that the file itself asks
    with Progress(f"tipping {arguments.game}") as progress:
        found = tip(game, arguments.outcome, to=arguments.to, cascade=cascade,
                    parameters=arguments.parameters, joint=arguments.joint, grid=arguments.grid,
                    progress=progress.stage, **_common(arguments))
    return tip_record(found), tip_page(found), 0
