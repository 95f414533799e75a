"""Open states, none left without an equilibrium: one exists whatever branch and bound found."""

from __future__ import annotations

import numpy as np

from .component import Components
from .problem import Problems
from .state import Answers, join, solve_states
from .watch import Watch


def solve_surely(problems: Problems, indifferent: str, first: bool = False, boxes: int = 1000,
                 watch: Watch | None = None) -> Answers:
    """As :func:`.state.solve_states`; where that ended without any equilibrium, the one that
    vanishing noise selects."""
    found = solve_states(problems, indifferent, first, boxes, watch)
    missing = np.setdiff1d(np.arange(problems.size), found.owner)
    if not len(missing):
        return found
    from . import cyclic
    alone = problems.take(missing)
    chosen = cyclic.answer(Components.alone(alone), indifferent,
                           select=True)
    chosen.owner, chosen.doubt = missing[chosen.owner], {}
    return join([found, chosen])
