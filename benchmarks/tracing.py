"""What an event of a trace costs: all branches of `nrnap` over one parameter.

    python benchmarks/tracing.py [PARAMETER FROM TO]
    python benchmarks/tracing.py every

``every``: a line for each parameter over its whole range. In processor time, for one game that is
solved afresh on a grid, has its events located and its branches checked. With and without numba
(the extra ``[fast]``) run it in two environments.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict

import negotiation as ng
from negotiation.kernels import compiled

#: seconds after which the trace is left
LIMIT = 600.0


def main(parameter: str = "us_presence", begin: str = "1.0", end: str = "0.0") -> None:
    """Trace once and print the cost."""
    game = ng.load("nrnap")
    compiled.warm()
    start = last = time.process_time()
    parts: dict[str, float] = defaultdict(float)

    def note(kind: str, done: int, every: int) -> None:
        nonlocal last
        now = time.process_time()
        parts[kind] += now - last
        last = now

    found = ng.trace(game, parameter, float(begin), float(end), seconds=LIMIT, progress=note)
    spent = time.process_time() - start
    kinds = Counter(event.kind for event in found.events)
    exact = sum(event.exact for event in found.events)
    print(f"nrnap, {parameter} from {begin} to {end}; "
          f"{'with' if compiled.available() else 'without'} numba")
    print(f"{len(found.branches)} branches, {len(found.events)} events ({exact} exact): "
          + ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()))
    print(f"{found.sweeps} values; {found.checked} checked afresh, {found.surprises} with a play "
          "that no branch covered")
    print(f"{spent:.1f} s of processor time: " + ", ".join(
        f"{kind} {seconds:.1f}" for kind, seconds in parts.items()))
    many = max(len(found.events), 1)
    print(f"{1e3 * spent / many:.0f} ms an event in all, {1e3 * parts['events'] / many:.0f} ms to "
          f"find it. {found.ending}")


def every() -> None:
    """Trace each parameter over its range."""
    game = ng.load("nrnap")
    compiled.warm()
    ranges = {name: (one.low, one.high) for name, one in game.parameters.items()
              if one.low is not None and one.high is not None}
    begin = time.process_time()
    for name, (low, high) in ranges.items():
        start = time.process_time()
        found = ng.trace(game, name, low, high, seconds=LIMIT)
        spent = time.process_time() - start
        most = max(one.listed for one in found.solved)
        print(f"{name:<26} {low:>8g} {high:>8g} {len(found.branches):>4} branches "
              f"{len(found.events):>4} events {most:>4} at most {spent:>7.1f} s  "
              f"{found.ending.name}", flush=True)
    print(f"{len(ranges)} parameters, {time.process_time() - begin:.0f} s of processor time")


if __name__ == "__main__":
    if sys.argv[1:] == ["every"]:
        every()
    else:
        main(*sys.argv[1:])
