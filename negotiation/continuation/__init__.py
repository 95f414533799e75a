"""Curves of solutions of H(x, t) = 0, followed, branched from, searched for: without games."""

from __future__ import annotations

from .branching import Diagram, diagram, directions, switch
from .curve import Branch, End, SpecialPoint, Steps, System, Watch, go_on, solve_at, trace
from .deflation import deflated
from .file import from_dict, load, save, to_dict
from .folds import FoldCurve, fold_curve

__all__ = ["Branch", "Diagram", "End", "FoldCurve", "SpecialPoint", "Steps", "System", "Watch",
           "deflated", "diagram", "directions", "fold_curve", "from_dict", "go_on", "load", "save",
           "solve_at", "switch", "to_dict", "trace"]
