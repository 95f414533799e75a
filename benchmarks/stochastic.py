"""N4 and N5: all equilibria of leapfrogging; one equilibrium of random stochastic games.

    python benchmarks/stochastic.py                              # without the peer
    python benchmarks/stochastic.py --peer /path/to/python       # a Python that has sgamesolver
    python benchmarks/stochastic.py --sizes 27x3x2 --games 3 --limit 60

sgamesolver 1.0.2 needs numpy < 2, so that it is asked in an environment of its own: ``pip install
sgamesolver "numpy<2" "scipy<1.14" "pandas<2.3"``. Both of its methods run (QRE and logarithmic
tracing), each game as long as ``--limit`` allows; the ratio is to the faster one. Everything uses
one thread. *Regret* is the largest violation of the equilibrium conditions relative to the payoff
range, recomputed by this package for both.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from statistics import median

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402  the number of threads is read when numpy is loaded
from numpy.typing import NDArray  # noqa: E402

from negotiation.stochastic import StochasticGame, solve  # noqa: E402
from negotiation.stochastic.certificate import certify  # noqa: E402
from negotiation.stochastic.leapfrogging import leapfrogging  # noqa: E402

Floats = NDArray[np.float64]
Games = tuple[Floats, Floats]
METHODS = ("QRE", "LogTracing")
DISCOUNT = 0.95


def random_games(states: int, players: int, actions: int, count: int) -> Games:
    """Payoffs uniform on [0, 1], transitions normalised exponentials, seeds 0, 1, …"""
    payoffs, transitions = [], []
    shape = (actions,) * players
    for seed in range(count):
        rng = np.random.default_rng(seed)
        payoffs.append(rng.random((states, players, *shape)))
        weight = rng.exponential(size=(states, *shape, states))
        transitions.append(weight / weight.sum(axis=-1, keepdims=True))
    return np.array(payoffs), np.array(transitions)


def peer(python: str, games: Games, method: str, limit: float) -> tuple[list[float], list[Floats]]:
    """Seconds and strategies of the games that the peer finished in time."""
    seconds, strategies = [], []
    for k in range(len(games[0])):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "games.npz"
            np.savez(path, payoffs=games[0][k:k + 1], transitions=games[1][k:k + 1],
                     discount=DISCOUNT)
            script = Path(__file__).with_name("stochastic_peer.py")
            try:
                done = subprocess.run([python, str(script), str(path), method], text=True,
                                      capture_output=True, timeout=limit)
            except subprocess.TimeoutExpired:
                continue
        lines = done.stdout.strip().splitlines()
        answer = json.loads(lines[-1]) if lines else {"strategies": None}
        if answer["strategies"] is not None:
            seconds.append(answer["seconds"])
            strategies.append(np.array(answer["strategies"]))
    return seconds, strategies


def n4(rounds: int) -> None:
    print("N4  all equilibria of leapfrogging")
    for levels, cap in ((2, 10), (3, 1000), (4, 100_000), (5, 1)):
        game, times = leapfrogging(levels), []
        for _ in range(rounds if levels < 5 else 1):
            begin = time.perf_counter()
            solution = solve(game, cap=cap)
            times.append(time.perf_counter() - begin)
        how = "enumerated" if solution.complete else "counted"
        print(f"  n = {levels}: {solution.count:>11,} {how} in {1e3 * min(times):8.1f} ms at best, "
              f"{1e3 * median(times):8.1f} ms median; {solution.solved:,} stage problems")


def n5(sizes: list[str], count: int, python: str | None, limit: float) -> None:
    print(f"N5  one equilibrium of random games, seconds (median of {count}; worst)")
    print(f"  {'size':>9} {'negotiation':>19} {'regret':>8} {'QRE':>13} {'LogTracing':>13} "
          f"{'their regret':>12} {'ratio':>6}")
    for size in sizes:
        states, players, actions = map(int, size.split("x"))
        games = random_games(states, players, actions, count)
        mine, regret = [], 0.0
        made = [StochasticGame(u, phi, DISCOUNT) for u, phi in zip(*games, strict=True)]
        for game in made:
            begin = time.perf_counter()
            equilibrium = solve(game, equilibria="one").equilibria[0]
            mine.append(time.perf_counter() - begin)
            regret = max(regret, equilibrium.regret)
        row = f"  {size:>9} {median(mine):9.3f} {max(mine):9.3f} {regret:8.0e}"
        best, worst = [], 0.0
        for method in METHODS if python else ():
            seconds, found = peer(python or "", games, method, limit)
            best.append(median(seconds) if len(seconds) == count else float("inf"))
            row += f" {best[-1]:8.2f} {len(seconds):>2}/{count}"
            for game, sigma in zip(made, found, strict=False):
                profiles = [[p / p.sum() for p in sigma[s]] for s in range(states)]
                worst = max(worst, certify(game, profiles).regret)
        if best:
            ratio = f"{min(best) / median(mine):6.0f}" if min(best) < float("inf") else (
                f"> {limit / median(mine):.0f}")
            row += f" {worst:12.0e} {ratio:>6}"
        print(row, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", choices=("n4", "n5"))
    parser.add_argument("--sizes", nargs="*",
                        default=["8x2x2", "27x3x2", "64x2x3", "81x3x3", "256x2x2"])
    parser.add_argument("--games", type=int, default=3, help="per size")
    parser.add_argument("--rounds", type=int, default=9, help="of leapfrogging")
    parser.add_argument("--limit", type=float, default=60.0, help="seconds per game of the peer")
    parser.add_argument("--peer", help="a Python that has sgamesolver")
    chosen = parser.parse_args()
    if chosen.only in (None, "n4"):
        n4(chosen.rounds)
    if chosen.only in (None, "n5"):
        n5(chosen.sizes, chosen.games, chosen.peer, chosen.limit)


if __name__ == "__main__":
    main()
