"""What an event of a trace costs: all branches of `nrnap` over one parameter.

    python benchmarks/tracing.py [PARAMETER FROM TO]

In processor time, for one game that is solved afresh on a grid, has its events located and its
branches checked. With and without numba (the extra ``[fast]``) run it in two environments.
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


if __name__ == "__main__":
    main(*sys.argv[1:])
