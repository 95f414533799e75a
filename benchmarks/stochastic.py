"""N4 and N5: all equilibria of leapfrogging; one equilibrium of random stochastic games.

    python benchmarks/stochastic.py                              # without the peer
    python benchmarks/stochastic.py --peer /path/to/python       # a Python that has sgamesolver
    python benchmarks/stochastic.py --sizes 27x3x2 --games 3 --limit 60

sgamesolver 1.0.2 needs numpy < 2 and numpy at build time, so that it is asked in an environment of
its own: ``pip install "numpy<2" "scipy<1.14" "pandas<2.3" wheel cython``, and then ``pip install
--no-build-isolation sgamesolver``. Both of its methods run (QRE and logarithmic tracing), each game
as long as ``--limit`` (wall seconds) allows; the ratio is to the faster one, or to the processor
time after which a game was given up. Seconds are processor seconds of one
thread, after a first solve that loads what is loaded late. *Regret* is the largest violation of the
equilibrium conditions relative to the payoff range, recomputed by this package for both.

A floor is printed beside each: what the arithmetic alone takes on this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

for threads in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

import numpy as np  # noqa: E402  the number of threads is read when numpy is loaded
from numpy.typing import NDArray  # noqa: E402

from negotiation.kernels import stage_two  # noqa: E402
from negotiation.kernels.linear import solve_signed  # noqa: E402
from negotiation.stochastic import (  # noqa: E402
    StochasticGame,
    StochasticSolution,
    cycles,  # noqa: E402
    solve,
)
from negotiation.stochastic.certificate import certify  # noqa: E402
from negotiation.stochastic.leapfrogging import leapfrogging  # noqa: E402
from negotiation.stochastic.system import System  # noqa: E402

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


def peer(python: str, games: Games, method: str, limit: float,
         ) -> tuple[list[float], list[Floats], float]:
    """Seconds and strategies of the games that the peer finished in time; the least processor time
    that it spent on one that it did not finish.
    """
    seconds, strategies, given_up = [], [], float("inf")
    for k in range(len(games[0])):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "games.npz"
            np.savez(path, payoffs=games[0][k:k + 1], transitions=games[1][k:k + 1],
                     discount=DISCOUNT)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            script = Path(__file__).with_name("stochastic_peer.py")
            try:
                done = subprocess.run([python, str(script), str(path), method], text=True,
                                      capture_output=True, timeout=limit)
            except subprocess.TimeoutExpired:
                after = resource.getrusage(resource.RUSAGE_CHILDREN)
                given_up = min(given_up, after.ru_utime + after.ru_stime
                               - before.ru_utime - before.ru_stime)
                continue
        lines = done.stdout.strip().splitlines()
        answer = json.loads(lines[-1]) if lines else {"strategies": None}
        if answer["strategies"] is not None:
            seconds.append(answer["seconds"])
            strategies.append(np.array(answer["strategies"]))
    return seconds, strategies, given_up


def timed(work: Callable[[], object], rounds: int) -> list[float]:
    """Processor seconds of each round."""
    out = []
    for _ in range(rounds):
        begin = time.process_time()
        work()
        out.append(time.process_time() - begin)
    return out


def n4_floor(solution: StochasticSolution, rounds: int) -> tuple[float, float]:
    """Milliseconds for all stage problems in one call, and for writing the list once."""
    reward = np.random.default_rng(0).normal(size=(2, 2, 2, solution.solved))
    keep = np.full(reward.shape, 0.5)
    listed = np.empty((len(solution.game.states), len(solution.equilibria)), dtype=np.int64)
    stages = timed(lambda: stage_two.equilibria(reward, keep, np.full(2, 1e-10)), rounds)
    return 1e3 * min(stages), 1e3 * min(timed(lambda: listed.fill(1), rounds))


def n4(rounds: int) -> None:
    print("N4  all equilibria of leapfrogging, milliseconds")
    for levels, cap in ((2, 10), (3, 1000), (4, 100_000), (5, 1)):
        game, kept = leapfrogging(levels), []
        turns = rounds if levels < 5 else 1
        times = timed(lambda: kept.append(solve(game, cap=cap)), turns)  # noqa: B023
        solution = kept[-1]
        how = "enumerated" if solution.complete else "counted"
        stages, writing = n4_floor(solution, turns)
        print(f"  n = {levels}: {solution.count:>11,} {how} in {1e3 * min(times):8.1f} at best, "
              f"{1e3 * median(times):8.1f} median; {solution.solved:,} stage problems. Floor: "
              f"{stages:.1f} to solve them in one call, {writing:.1f} to write the list")
    print("  What is between: some 40 calls of numpy for each of a dozen batches of small stage "
          "problems (n = 4),\n  and grouping millions of rows of the joint table (n = 5: memory "
          "traffic).")


class Counted(System):
    """Counts the evaluations of all paths."""

    total = 0

    def at(self, *args: object, **more: object):  # type: ignore[no-untyped-def,override]
        Counted.total += 1
        return super().at(*args, **more)  # type: ignore[arg-type]


def factor_seconds(size: int, rounds: int = 7) -> float:
    """Seconds to factorise and solve one system of the size that an evaluation needs."""
    matrix = np.random.default_rng(0).random((size, size)) + size * np.eye(size)
    right = np.zeros((size, 2), order="F")
    return min(timed(lambda: solve_signed(matrix.copy(), right.copy(order="F")), rounds))


def n5(sizes: list[str], count: int, python: str | None, limit: float) -> None:
    print(f"N5  one equilibrium of random games, seconds (median of {count}; worst)")
    print(f"  {'size':>9} {'negotiation':>19} {'evals':>6} {'LU':>5} {'regret':>7} {'QRE':>13} "
          f"{'LogTracing':>13} {'their regret':>12} {'ratio':>6}")
    cycles.System = Counted  # type: ignore[misc]
    solve(StochasticGame(*(a[0] for a in random_games(3, 2, 2, 1)), DISCOUNT), equilibria="one")
    for size in sizes:
        states, players, actions = map(int, size.split("x"))
        games = random_games(states, players, actions, count)
        mine, regret, spent, Counted.total = [], 0.0, 0.0, 0
        made = [StochasticGame(u, phi, DISCOUNT) for u, phi in zip(*games, strict=True)]
        for game in made:
            kept: list[StochasticSolution] = []
            mine += timed(lambda: kept.append(solve(game, equilibria="one")), 1)  # noqa: B023
            regret = max(regret, kept[0].equilibria[0].regret)
        spent = Counted.total * factor_seconds(states * players + 1) / sum(mine)
        row = (f"  {size:>9} {median(mine):9.3f} {max(mine):9.3f} {Counted.total // count:6d} "
               f"{spent:5.0%} {regret:7.0e}")
        best, worst, beyond = [], 0.0, float("inf")
        for method in METHODS if python else ():
            seconds, found, given_up = peer(python or "", games, method, limit)
            beyond = min(beyond, given_up)
            best.append(median(seconds) if len(seconds) == count else float("inf"))
            row += f" {best[-1]:8.2f} {len(seconds):>2}/{count}"
            for game, sigma in zip(made, found, strict=False):
                profiles = [[p / p.sum() for p in sigma[s]] for s in range(states)]
                worst = max(worst, certify(game, profiles).regret)
        if best:
            ratio = f"{min(best) / median(mine):6.0f}" if min(best) < float("inf") else (
                f"> {beyond / median(mine):.0f}")
            row += f" {worst:12.0e} {ratio:>6}"
        print(row, flush=True)
    print("  LU: the share of the time that factorising the matrices of the evaluations takes by "
          "itself, the floor\n  of one evaluation. The rest is Python for small games and memory "
          "traffic (transitions) for large ones.\n  How many evaluations a game takes is up to the "
          "folds of its branch.")


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
