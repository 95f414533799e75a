"""Equilibrium paths over a parameter: every equilibrium followed, every event located.

:func:`trace` follows all equilibria of a linked game along a line of its parameters. The modules,
from the ground: ``played`` (a game at many points, under every convention), ``sweep`` and ``plays``
(all equilibria there, up to what differs on the path of play), ``warm`` (the same from neighbours'
regimes), ``sample`` (which plays of two neighbours agree), ``locate`` (where they stop agreeing),
``assemble`` and ``branches`` (events and branches as data), ``store`` (the work as a file).
"""

from __future__ import annotations

from .follow import trace
from .result import Branch, Change, Ending, Event, Settings, Solved, Special, Trace

__all__ = ["Branch", "Change", "Ending", "Event", "Settings", "Solved", "Special", "Trace",
           "trace"]
