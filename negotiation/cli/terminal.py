"""Where output goes: stdout in one piece, messages and progress on stderr."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from types import FrameType, TracebackType
from typing import Any

#: exit statuses: done; the question of a check was answered with "no"; wrong input; Ctrl-C
DONE, NO, WRONG, INTERRUPTED = 0, 1, 2, 130

#: work is silent for this long, then says on stderr how far it is
PATIENCE = 1.0


def write(text: str) -> None:
    """Write to stdout and make sure that it arrives; a reader that has gone away is no error.

    Raises:
        OSError: when the output cannot be written.
    """
    stream = sys.stdout
    if stream is None:
        if text:
            raise OSError("standard output is closed")
        return
    try:
        try:
            stream.write(text)
        except UnicodeEncodeError:
            encoding = stream.encoding or "ascii"
            stream.write(text.encode(encoding, "replace").decode(encoding))
        stream.flush()
    except BrokenPipeError:
        _let_go()
    except OSError:
        _let_go()
        raise


def _let_go() -> None:
    # The interpreter flushes stdout once more at exit and would complain there.
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
    except (OSError, ValueError):
        pass


def complain(message: str) -> None:
    """One message on stderr."""
    _say(f"negotiation: {message}\n")


def note(message: str) -> None:
    """A remark on stderr that changes nothing."""
    _say(f"note: {message}\n")


def say(text: str) -> None:
    """Write to stderr, if there is one."""
    _say(text)


def _say(text: str) -> None:
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except OSError:
        pass


class Progress:
    """Shows on stderr how far work has come, when it takes long and stderr is a terminal.

    Used as ``with Progress("solving") as progress: solve(game, progress=progress.count)``. With
    ``graceful``, the first Ctrl-C asks the work to end with what it has; the second one stops it.
    """

    def __init__(self, what: str, unit: str = "states", *, graceful: bool = False) -> None:
        self._what, self._unit, self._graceful = what, unit, graceful
        self._before: Any = None
        self.interrupted = False
        self._done, self._all = 0, 0
        self._width = 0
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> int:
        """The exit status: 130 when the work was ended by Ctrl-C, else 0."""
        return INTERRUPTED if self.interrupted else DONE

    def count(self, done: int, total: int) -> bool:
        """Called by the work: parts done, parts in all; tells whether to end with what there is."""
        self._done, self._all = done, total
        return self.interrupted

    def _interrupt(self, number: int, frame: FrameType | None) -> None:
        if self.interrupted:
            raise KeyboardInterrupt
        self.interrupted = True
        note("ending with what has been found; Ctrl-C again stops at once")

    def stage(self, kind: str, done: int, total: int) -> None:
        """As ``count``, of work that has several stages: the unit is the stage's name."""
        self._unit = kind
        self.count(done, total)

    def __enter__(self) -> Progress:
        if self._graceful and threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupt)
        if sys.stderr is not None and sys.stderr.isatty():
            self._thread = threading.Thread(target=self._show, daemon=True)
            self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None,
                 trace: TracebackType | None) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        self._over.set()
        if self._thread is not None:
            self._thread.join()
            if self._width:
                _say("\r" + " " * self._width + "\r")

    def _show(self) -> None:
        begun = time.monotonic()
        wait = PATIENCE
        while not self._over.wait(wait):
            wait = 0.2
            far = f", {self._done:,} of {self._all:,} {self._unit}" if self._all else ""
            line = f"{self._what}: {time.monotonic() - begun:.0f} s{far}"
            self._width = max(self._width, len(line))
            _say("\r" + line.ljust(self._width))
