"""Which method answers a request with encounters."""

from __future__ import annotations

from ..result import Options
from ..state import Answers
from .cycle import answer as cycle_answer
from .cycle import logit_answer
from .request import Request
from .state import solve_each_state


def answer(request: Request, options: Options) -> Answers:
    """The equilibria of every component of a request; options.boxes are those of one state."""
    rule, first = options.indifferent or "consent", options.equilibria == "one"
    if options.concept == "logit":
        return logit_answer(request)
    if options.equilibria == "selected" or request.components.width > 1:
        return cycle_answer(request, rule, search=options.equilibria == "all", boxes=options.boxes)
    return solve_each_state(request, rule, first, options.boxes)
