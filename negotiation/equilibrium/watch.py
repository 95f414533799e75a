"""Bounding a solve: a time limit, and somebody who watches it and may ask it to stop.

A solve whose time is over does not stop where it is, since an equilibrium needs every state: it
hurries. What is left is solved for one equilibrium a state, without proofs, and the result says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from .traversal import Ending, Stopped

#: called with (states solved, states in all); a true answer ends the work
Progress = Callable[[int, int], object]

REASONS = {Ending.TIME: "the time limit ended the search for further equilibria",
           Ending.INTERRUPTED: "the search for further equilibria was interrupted"}


class Watch:
    """Whether several games that are solved side by side still have time.

    Args:
        whole: states of all games.
        time_limit: seconds from ``begin`` (of ``time.perf_counter``); None for no limit.
        progress: called with (states solved, states in all) whenever the watch is looked at.

    Attributes:
        ending: why the work has to end; None while there is time.
    """

    def __init__(self, whole: int, begin: float, time_limit: float | None,
                 progress: Progress | None) -> None:
        self._whole, self._progress = whole, progress
        self._until = None if time_limit is None else begin + time_limit
        self._done: dict[int, int] = {}
        self.ending: Ending | None = None

    @property
    def bounded(self) -> bool:
        """Whether there is anything to look at."""
        return self._until is not None or self._progress is not None

    @property
    def left(self) -> float | None:
        """Seconds left; None without a limit."""
        return None if self._until is None else max(self._until - time.perf_counter(), 0.0)

    def over(self) -> bool:
        """Whether the time is over, or somebody asked to stop."""
        if self.ending is None:
            if self._until is not None and time.perf_counter() > self._until:
                self.ending = Ending.TIME
            elif self._progress is not None and self._progress(
                    sum(self._done.values()), self._whole):
                self.ending = Ending.INTERRUPTED
        return self.ending is not None

    @property
    def reason(self) -> str:
        """Why a list made in a hurry may not be complete."""
        return REASONS[self.ending or Ending.TIME]

    def of(self, game: int) -> Progress:
        """What one of the games reports its progress to."""
        def report(done: int, _: int) -> None:
            self._done[game] = done
            self.over()
        return report

    def stopping(self, game: int) -> Progress:
        """The same for work that cannot hurry: it is stopped where it is.

        Raises:
            Stopped: when the time is over.
        """
        count = self.of(game)

        def report(done: int, whole: int) -> None:
            count(done, whole)
            self.check()
        return report

    def check(self) -> None:
        """Raise :class:`Stopped` when the time is over."""
        if self.over() and self.ending is not None:
            raise Stopped(self.ending)
