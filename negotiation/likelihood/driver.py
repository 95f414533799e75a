"""Hands chunks to whoever works: this process, processes of its own, or any executor.

Workers may die. An executor of processes breaks when one does: it is built again, and the chunks
that were under way are tried one at a time, so that a chunk that kills its worker is told from
those that were beside it. A chunk that does it ``STRIKES`` times is set aside: its rows failed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from typing import Any

from ..errors import InputError
from .plan import Chunk, Plan, Solved, given_up, solve_chunk, solved
from .store import Results

#: called with (rows done, rows in all)
Progress = Callable[[int, int], None]

#: times that a chunk may kill its worker
STRIKES = 3
#: chunks under way for each worker
AHEAD = 2
#: how libraries of clusters call a worker that died: their exceptions are not imported here
LOST_WORKER = ("KilledWorker", "WorkerLost", "TerminatedWorkerError", "WorkerCrashedError",
               "BrokenProcessPool", "FutureCancelledError")
GIVEN_UP = f"the worker that was to solve it died {STRIKES} times"


def run(plan: Plan, *, executor: Executor | None = None, workers: int = 1,
        results: Results | None = None, progress: Progress | None = None,
        ) -> dict[str, list[Solved]]:
    """Solve every chunk of a plan that is not in the results file yet.

    Args:
        executor: any executor whose workers can import this package; ``workers`` is then how many
            it has, as far as that is known.
        workers: processes to start when there is no executor; 1 works here.

    Returns:
        Segment → its chunks in order.
    """
    done = {} if results is None else {one.chunk: one for one in results.kept()}
    todo = [chunk for chunk in plan.chunks() if chunk not in done]
    finished = sum(chunk.end - chunk.begin for chunk in done)

    def keep(one: Solved) -> None:
        nonlocal finished
        done[one.chunk] = one
        if results is not None:
            results.add(one)
        finished += one.chunk.end - one.chunk.begin
        if progress is not None:
            progress(finished, plan.rows)

    if progress is not None:
        progress(finished, plan.rows)
    if executor is not None:
        _Crew(plan, lambda: executor, max(workers, os.cpu_count() or 1), False).work(todo, keep)
    elif workers > 1 and len(todo) > 1:
        _Crew(plan, lambda: _processes(min(workers, len(todo))), workers, True).work(todo, keep)
    else:
        for chunk in todo:
            keep(solved(plan, chunk))
    found: dict[str, list[Solved]] = {}
    for chunk in plan.chunks():
        found.setdefault(chunk.segment, []).append(done[chunk])
    return found


def _processes(workers: int) -> ProcessPoolExecutor:
    # a fresh interpreter for each: forked ones may inherit locks that threads hold
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"),
                               initializer=_watch_parent)


def _watch_parent() -> None:
    """End this worker with the process that started it, however that ended: nobody else would."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        def wait() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=wait, daemon=True).start()


def cluster(address: str) -> tuple[Executor, int]:
    """The executor of a Dask scheduler, and how many threads its workers have.

    Raises:
        InputError: where ``distributed`` is not installed, or nobody answers at the address.
    """
    try:
        import distributed
    except ImportError:
        raise InputError("a scheduler needs the package 'distributed': install "
                         "negotiation[cluster]") from None
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError(f"no scheduler answers at {address!r}: {error}") from None
    executor: Executor = client.get_executor(pure=False)
    return executor, max(sum(client.nthreads().values()), 1)


class _Crew:
    """An executor, what it is working on, and what died on it."""

    def __init__(self, plan: Plan, hire: Callable[[], Executor], workers: int, own: bool) -> None:
        self.packed, self.hire, self.workers, self.own = plan.pack(), hire, workers, own
        self.executor = hire()
        self.strikes: dict[Chunk, int] = {}

    def work(self, todo: Iterable[Chunk], keep: Callable[[Solved], None]) -> None:
        """Solve chunks; ``keep`` is called with each in the order in which they are finished."""
        waiting = list(todo)[::-1]
        suspects: list[Chunk] = []
        try:
            while waiting or suspects:
                together = waiting or suspects
                most = 1 if suspects and not waiting else AHEAD * self.workers
                suspects += self._round(together, most, keep)
        except BaseException:
            self._leave(now=True)
            raise
        self._leave(now=False)

    def _round(self, waiting: list[Chunk], most: int, keep: Callable[[Solved], None],
               ) -> list[Chunk]:
        """Work until nothing is left in ``waiting`` or a worker dies; the chunks to blame for it.

        One is to blame when it was alone; of several nobody knows which, and none has a strike.
        """
        under_way: dict[Future[Solved], Chunk] = {}
        alone = most == 1
        while waiting or under_way:
            try:
                while waiting and len(under_way) < most:
                    chunk = waiting[-1]
                    future: Future[Solved] = self.executor.submit(
                        solve_chunk, self.packed, chunk.segment, chunk.begin, chunk.end)
                    under_way[future] = waiting.pop()
                finished = wait(under_way, return_when=FIRST_COMPLETED).done
                gone = [self._take(future, under_way, keep) for future in finished]
                lost = [one for one in gone if one is not None]
            except BrokenExecutor:
                lost = []
                if not under_way:
                    self._again()
                    continue
            if lost or any(_broken(future) for future in under_way):
                return self._blame(lost, under_way, alone, keep)
        return []

    def _take(self, future: Future[Solved], under_way: dict[Future[Solved], Chunk],
              keep: Callable[[Solved], None]) -> Chunk | None:
        """Keep what a future gives; its chunk where the worker died."""
        chunk = under_way.pop(future)
        try:
            keep(future.result())
        except (BrokenExecutor, CancelledError):
            return chunk
        except Exception as error:
            if type(error).__name__ not in LOST_WORKER:
                raise
            return chunk
        return None

    def _blame(self, lost: list[Chunk], under_way: dict[Future[Solved], Chunk], alone: bool,
               keep: Callable[[Solved], None]) -> list[Chunk]:
        broken = self.own
        if not broken:  # the executor outlives its workers: the others go on
            for future in list(under_way):
                dead = self._take(future, under_way, keep)
                lost += [] if dead is None else [dead]
        else:
            for future, chunk in under_way.items():
                if future.done() and not future.cancelled() and future.exception() is None:
                    keep(future.result())
                else:
                    lost.append(chunk)
            self._again()
        blamed = []
        for chunk in lost:
            if alone or not broken:
                self.strikes[chunk] = self.strikes.get(chunk, 0) + 1
            if self.strikes.get(chunk, 0) >= STRIKES:
                keep(given_up(chunk, GIVEN_UP))
            else:
                blamed.append(chunk)
        return blamed

    def _again(self) -> None:
        if not self.own:
            raise InputError("the executor is broken and takes no more work: give a new one; what "
                             "was finished is in the results file, if there is one")
        self.executor.shutdown(wait=False, cancel_futures=True)
        self.executor = self.hire()

    def _leave(self, now: bool) -> None:
        if not self.own:
            return
        if now:
            for process in list(getattr(self.executor, "_processes", None) or {}):
                _stop(process)
        self.executor.shutdown(wait=not now, cancel_futures=True)


def _broken(future: Future[Any]) -> bool:
    return future.done() and not future.cancelled() and isinstance(
        future.exception(), BrokenExecutor)


def _stop(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        pass

