"""``negotiation likelihood``: its options, and how a run is shown, interrupted and gone on with."""

from __future__ import annotations

import argparse
import math
import shlex
import sys
import time
from collections.abc import Callable

from ..errors import InputError
from ..formats.record_likelihood import likelihood_record
from ..likelihood import Likelihood, likelihood
from ..likelihood.driver import cluster
from ..model import Game
from ..text.likelihood import likelihood_page
from .terminal import PATIENCE, complain, say

#: seconds between plain lines of progress where stderr is no terminal
PLAIN_EVERY = 30.0
WIDTH = 30


def run_likelihood(arguments: argparse.Namespace, game: Game, fixed: tuple[str, ...],
                   ) -> tuple[Likelihood, dict[str, object] | str]:
    """The result, and what is printed: a record with ``--json``, else a page."""
    executor, workers = None, arguments.workers
    if arguments.scheduler is not None:
        executor, workers = cluster(arguments.scheduler)
    bar = Bar()
    try:
        found = likelihood(
            game, arguments.outcome, by=arguments.by, draws=arguments.draws, seed=arguments.seed,
            fixed=fixed, executor=executor, workers=workers, indices=arguments.indices,
            logit=arguments.logit, tornado=not arguments.no_tornado,
            threshold=arguments.threshold, cap=arguments.cap, indifferent=arguments.indifferent,
            conventions=arguments.conventions, words=arguments.words,
            results=arguments.results, resume=arguments.resume, progress=bar.show)
    except KeyboardInterrupt:
        bar.end()
        if arguments.results is not None:
            complain(f"{bar.done:,} of {bar.total:,} rows are kept in {arguments.results}; go on "
                     f"with:\n  {command_again()}")
        else:
            complain("nothing is kept: give --results FILE to be able to go on with a run")
        raise
    finally:
        bar.end()
    if arguments.save is not None:
        found.save(arguments.save)
    return found, likelihood_record(found) if arguments.json else likelihood_page(found)


def command_again() -> str:
    """The command line that goes on with this run."""
    words = ["negotiation", *sys.argv[1:]]
    return shlex.join(words if "--resume" in words else [*words, "--resume"])


class Bar:
    """Progress on stderr: a bar with rate and remaining time on a terminal, else plain lines."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock, self.begun = clock, clock()
        self.done, self.total, self.first = 0, 0, -1
        self.live = sys.stderr is not None and sys.stderr.isatty()
        self.shown, self.width = self.begun, 0

    def show(self, done: int, total: int) -> None:
        """Called by the work: rows done, rows in all."""
        self.done, self.total = done, total
        if self.first < 0:
            self.first = done
        now = self.clock()
        wait = 0.2 if self.live else PLAIN_EVERY
        if now - self.begun < PATIENCE or now - self.shown < wait:
            return
        self.shown = now
        line = self.line(now)
        if self.live:
            self.width = max(self.width, len(line))
            say("\r" + line.ljust(self.width))
        else:
            say(f"{line}\n")

    def line(self, now: float) -> str:
        """How far it is, how fast, and how long it will take."""
        spent = max(now - self.begun, 1e-9)
        rate = (self.done - self.first) / spent
        left = (self.total - self.done) / rate if rate > 0.0 else math.inf
        share = self.done / self.total if self.total else 0.0
        full = int(share * WIDTH)
        remaining = f"{left:,.0f} s left" if left < 6e3 else (
            f"{left / 3600:,.1f} h left" if left < math.inf else "")
        text = f"{self.done:,} of {self.total:,} rows, {rate:,.0f} a second, {remaining}"
        return f"[{'#' * full}{'.' * (WIDTH - full)}] {text}" if self.live else text

    def end(self) -> None:
        """Wipe the bar off the terminal."""
        if self.live and self.width:
            say("\r" + " " * self.width + "\r")
            self.width = 0


def check_files(arguments: argparse.Namespace) -> None:
    """Refuse what could only fail after hours."""
    if arguments.save is not None and not arguments.save.endswith((".csv", ".parquet")):
        raise InputError(f"--save: expected a name that ends in .csv or .parquet, found "
                         f"{arguments.save!r}")
    if arguments.resume and arguments.results is None:
        raise InputError("--resume needs --results FILE")
