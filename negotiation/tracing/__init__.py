"""Equilibrium paths over a parameter: every equilibrium followed, every event located.

:func:`trace` follows all equilibria of a linked game along a line of its parameters. The modules,
from the ground: ``played`` (a game at many points, under every convention), ``sweep`` and ``plays``
(all equilibria there, up to what differs on the path of play), ``warm`` (the same from neighbours'
regimes), ``sample`` (which plays of two neighbours agree), ``locate`` (where they stop agreeing),
``assemble`` and ``branches`` (events and branches as data), ``store`` (the work as a file).
:func:`region` and :func:`tip` ask in which points of the parameters an answer is which.
"""

from __future__ import annotations

from .follow import trace
from .measure import Reading
from .noise import LogitPath, logit_path
from .plane import Cell, Curve, CurvePoint, Region, region
from .result import Branch, Change, Ending, Event, Settings, Solved, Special, Trace
from .tipping import Tip, Tipping, tip

__all__ = ["Branch", "Cell", "Change", "Curve", "CurvePoint", "Ending", "Event", "LogitPath",
           "Reading", "Region", "Settings", "Solved", "Special", "Tip", "Tipping", "Trace",
           "logit_path", "region", "tip", "trace"]
