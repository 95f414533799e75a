"""``negotiation report``: gather what there is to tell, and write the page."""

from __future__ import annotations

import os
import shlex
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Any

from .. import catalog
from ..equilibrium.solve import solve_each
from ..errors import InputError
from ..lattice import build_lattice
from ..model import Game
from ..report import report
from ..report.page import require_libraries
from .terminal import Progress

#: options that change the game, and how the page tells them
CHANGES = ("set", "start", "hold", "block", "consent")


def check_report(arguments: Namespace) -> None:
    """See that a report can be made as asked, before anything is solved.

    Raises:
        InputError: for a file's name that is not a page's; MissingLibraryError: without the extra.
    """
    require_libraries()
    if Path(arguments.output).suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{arguments.output}: the name of a report must end in .html")
    if not Path(arguments.output).absolute().parent.is_dir():
        raise InputError(f"{arguments.output}: the file cannot be written: there is no such folder")


def written(arguments: Namespace, game: Game, by: float, progress: Progress) -> dict[str, Any]:
    """Make the report, and say what was written, as plain data."""
    solver = partial(solve_each, cap=arguments.cap, boxes=arguments.boxes,
                     indifferent=arguments.indifferent, conventions=arguments.conventions)
    found = report(
        game, arguments.output, outcome=arguments.outcome, by=by, draws=arguments.draws,
        seed=arguments.seed, sliders=arguments.sliders, seconds=arguments.seconds, solver=solver,
        fixed=tuple(name for name, _ in arguments.set), called=shlex.quote(arguments.game),
        definition=_definition(arguments.game), changed=changes(),
        command=shlex.join(["negotiation", *sys.argv[1:]]), progress=progress.stage)
    return {"game": game.name, "parameters": dict(build_lattice(game).parameters),
            "file": arguments.output, "bytes": os.path.getsize(arguments.output),
            "outcome": found.outcome.name if found.outcome else None, "by": by,
            "draws": found.likelihood.draws if found.likelihood else 0, "seed": found.seed,
            "equilibria": len(found.solution.equilibria),
            "cascade": found.cascade.verdict if found.cascade else None,
            "left_out": [{"part": one.part, "why": one.why, "command": one.command}
                         for one in found.left_out]}


def told(record: dict[str, Any]) -> str:
    """What was written, in words."""
    lines = [f"Wrote {record['file']}: a report on {record['game']}, "
             f"{record['bytes'] / 1e6:.1f} MB."]
    lines += [f"Left out: {left['part']} ({left['why']}); {left['command']}"
              for left in record["left_out"]]
    return "\n".join(lines) + "\n"


def _definition(game: str) -> str:
    if game in catalog.names():
        return catalog.text(game)
    return Path(game).read_text(encoding="utf-8-sig")


def changes() -> str:
    """What the options of the command line change about the game."""
    words, found = sys.argv[1:], []
    for at, word in enumerate(words):
        name, equals, value = word.partition("=")
        if name.removeprefix("--") in CHANGES and name.startswith("--"):
            found.append(f"{name.removeprefix('--')} {value if equals else words[at + 1]}")
    return "; ".join(found)
