"""The report: one self-contained page that tells what was found about a game.

It takes what :func:`negotiation.findings.gather` found and computes nothing. The page opens
without any other file, asks nothing of a network, and runs no script but its own: its policy names
the scripts by their hashes. What a definition says is text in it, whatever it holds.

Needs the extra ``report``: Jinja for the page, and plotly for the script that draws in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from ..files import write_whole
from ..findings import Findings, gather
from ..model import Game
from .page import page, require_libraries


def report(game: Game, path: str | os.PathLike[str], *, outcome: str | None = None,
           by: float | None = None, draws: int = 64, seed: int = 0, sliders: Sequence[str] = (),
           seconds: float | None = None, definition: str | None = None,
           command: str | None = None, changed: str = "",
           progress: Callable[[str, int, int], object] | None = None, **options: Any) -> Findings:
    """Write a report on a game: one HTML file that opens anywhere.

    Args:
        game: the game, at its own parameter values.
        path: the file to write; an older one is replaced, whole or not at all.
        outcome: what likelihood, pivots and tipping are about; the game's first when left out.
        by: the date that chances refer to; the game's horizon when left out.
        draws: of the parameters, for the likelihood; fewer where time does not allow them.
        seed: of the draws.
        sliders: parameters that can be moved in the page; those that move the outcome most when
            left out.
        seconds: a limit on the work, see :func:`negotiation.findings.gather`; what it leaves out
            is named in the report. Laying out the page comes on top: seconds.
        definition: the text of the definition file; written from the game when left out.
        command: how the report can be made again; the command line for it when left out.
        changed: what was changed about the definition, in words.
        options: ``solver``, ``fixed`` and ``called`` of :func:`negotiation.findings.gather`.

    Returns:
        What the report tells.

    Raises:
        MissingLibraryError: without the extra ``report``.
        InputError: for an argument, or a file that cannot be written.
        NumericalError: for a game without an equilibrium that passes its certificate.
    """
    require_libraries()
    found = gather(game, outcome=outcome, by=by, draws=draws, seed=seed, sliders=sliders,
                   seconds=seconds, progress=progress, **options)
    write_whole(path, page(found, definition=definition, command=command,
                         changed=changed).encode("utf-8"))
    return found


__all__ = ["page", "report"]
