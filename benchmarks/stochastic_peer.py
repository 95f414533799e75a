"""Solve a file's games with sgamesolver; run by ``stochastic.py`` in an environment of its own.

    python stochastic_peer.py games.npz METHOD

prints one line of JSON per game: processor seconds, and the strategies found (None when it failed).
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
import sgamesolver


def main() -> None:
    games = np.load(sys.argv[1])
    for k in range(len(games["payoffs"])):
        game = sgamesolver.SGame(list(games["payoffs"][k]), list(games["transitions"][k]),
                                 float(games["discount"]))
        homotopy = getattr(sgamesolver.homotopy, sys.argv[2])(game)
        begin = time.process_time()
        homotopy.solver_setup()
        homotopy.solver.verbose = 0
        homotopy.solve()
        seconds = time.process_time() - begin
        found = homotopy.equilibrium
        strategies = None if found is None else np.nan_to_num(found.strategies).tolist()
        print(json.dumps({"seconds": seconds, "strategies": strategies}), flush=True)


if __name__ == "__main__":
    main()
