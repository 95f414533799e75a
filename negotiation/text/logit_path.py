"""The logit path as an analyst reads it: what noise does to chances, and where it leads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ..model import Game
from ..tracing.noise import LogitPath
from .describe import title_line
from .words import counted, number, percent, spaced, table, wrapped

#: factors on the noise that are shown, and a change of chance that is told
SHOWN = (1000.0, 100.0, 10.0, 3.0, 1.0, 0.3, 0.1, 0.01, 0.001)
MOST_OUTCOMES = 5


def logit_page(game: Game, path: LogitPath) -> str:
    """Summary, and a table of chances by noise."""
    rows = [int(np.abs(np.log(path.noise / factor)).argmin()) for factor in SHOWN]
    names = list(path.outcomes)[:MOST_OUTCOMES]
    body = [[f"× {number(float(path.noise[k]))}", *(percent(float(path.outcomes[name][k]))
                                                   for name in names)]
            for k in dict.fromkeys(rows)]
    shown = table(body, ["noise", *(spaced(name) for name in names)],
                  range(1, len(names) + 1)) if names else ""
    parts = [title_line(game), "\n".join(("SUMMARY", *_summary(path))),
             f"CHANCES ALONG THE PATH\n{shown}" if shown else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(path: LogitPath) -> Iterator[str]:
    yield wrapped(
        "The logit path starts where noise drowns all payoffs and follows the one solution there "
        f"down to {number(float(path.noise.min()))} times the file's noise, at "
        f"{counted(len(path.noise), 'level')} of it. Where it leads is the equilibrium that it "
        "selects; other solutions are not on it.", 2)
    if not path.reached:
        yield wrapped("It could not be followed to its quiet end.", 2)
    if path.convention is not None:
        others = (f" There {'is' if path.others == 1 else 'are'} {counted(path.others, 'other')} "
                  "convention." if path.others else "")
        yield wrapped(f"Postures are played as {path.convention}.{others}", 2)
