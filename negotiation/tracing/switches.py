"""Where the conventions of a game's postures change along a line: their static games are solved
alone, so that this costs little and is exact."""

from __future__ import annotations

import numpy as np

from ..postures import conventions
from .locate import NARROW
from .played import MOST_CONVENTIONS, convention_key, stages_at
from .sample import Family

#: values at which conventions are compared
SCAN = 65
#: width, as a share of the line, to which a change is bracketed
CLOSE = 1e-12


def switches(family: Family) -> list[tuple[float, float]]:
    """(share of the line, error) of every change of the conventions kept.

    Near a tie two static equilibria count as equal within a tolerance, so that a change comes as
    two, on both sides of the tie; these are one, in the middle.
    """
    game = family.game
    if not game.postures:
        return []

    def keys(t: float) -> frozenset[str]:
        values = game.parameter_values({name: begin + t * (end - begin)
                                        for name, begin, end in family.line})
        stages = stages_at(family.compiled, values, family.stages)
        found = zip(conventions(stages, family.conventions), range(MOST_CONVENTIONS), strict=False)
        return frozenset(convention_key(convention) for convention, _ in found)

    grid = np.linspace(0.0, 1.0, SCAN).tolist()
    known = {t: keys(t) for t in grid}
    edges: list[float] = []
    stack = [(a, b) for a, b in zip(grid[:-1], grid[1:], strict=True) if known[a] != known[b]]
    while stack:
        low, high = stack.pop()
        if high - low <= CLOSE:
            edges.append(0.5 * (low + high))
            continue
        middle = 0.5 * (low + high)
        known[middle] = keys(middle)
        stack += [(a, b) for a, b in ((low, middle), (middle, high)) if known[a] != known[b]]
    out: list[list[float]] = []
    for t in sorted(edges):
        if out and t - out[-1][0] <= 0.4 * NARROW:
            out[-1].append(t)
        else:
            out.append([t])
    return [(0.5 * (group[0] + group[-1]), CLOSE + 1e-3 * (group[-1] - group[0]))
            for group in out]
