"""Which method answers a request with encounters."""

from __future__ import annotations

import numpy as np

from ..result import Options
from ..state import Answers, join
from ..watch import Watch
from .cycle import answer as cycle_answer
from .cycle import logit_answer
from .request import Request
from .state import solve_state


def answer(request: Request, options: Options, watch: Watch | None = None) -> Answers:
    """The equilibria of every component of a request; options.boxes are those of one state.

    When the watch's time is over what is left is solved for one equilibrium each, with a doubt;
    what noise decides cannot hurry and stops.
    """
    rule, every = options.indifferent or "consent", options.equilibria == "all"
    width, parts = request.components.width, []
    for p in range(request.components.size):
        hurry = watch is not None and watch.over()
        noisy = options.concept == "logit" or options.equilibria == "selected"
        if noisy and watch is not None:
            watch.check()
        one = request.take(p)
        if options.concept == "logit":
            part = logit_answer(one)
        elif options.equilibria == "selected" or width > 1:
            part = cycle_answer(one, rule, search=every and not hurry, boxes=options.boxes)
        else:
            part = solve_state(one, rule, not every or hurry, options.boxes)
        why = watch.reason if hurry and watch is not None and not noisy else part.doubt.get(0)
        part.owner = np.full(len(part.owner), p)
        part.doubt = {} if why is None else {p: why}
        parts.append(part)
    return join(parts)
