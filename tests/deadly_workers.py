"""Chunks that kill the process they run in; kept apart so that worker processes can import them."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from negotiation.likelihood.plan import Solved, solve_chunk


def always_at_sixteen(plan: bytes, segment: str, begin: int, end: int) -> Solved:
    """Dies whenever it is given the sample's chunk from row 16 on."""
    if (segment, begin) == ("sample", 16):
        os.kill(os.getpid(), signal.SIGKILL)
    return solve_chunk(plan, segment, begin, end)


def once(plan: bytes, segment: str, begin: int, end: int) -> Solved:
    """Dies the first time that it is given that chunk."""
    mark = Path(os.environ["DEADLY_MARK"])
    if (segment, begin) == ("sample", 16) and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return solve_chunk(plan, segment, begin, end)
