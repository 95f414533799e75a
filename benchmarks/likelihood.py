"""Draws per second of a likelihood: N6 on nrnap, N7 on three fronts with fixed payoffs.

    python benchmarks/likelihood.py [--draws 64] [--run 4096] [--fixed 100000]

Times are processor seconds of this process, after the compiled loops are loaded. Draws of nrnap are
told apart by whether one equilibrium was found or several. ``--run N`` also runs N draws in one and
in two processes and compares elapsed time and peak memory (of this process, which keeps the rows).
"""

from __future__ import annotations

import argparse
import resource
import time

import numpy as np
from lattice import ring

import negotiation as ng
from negotiation.likelihood import driver, plan_of, summary
from negotiation.likelihood.batch import Question, solve_batch
from negotiation.sampling import Sampler


def bargained(draws: int) -> None:
    game = ng.load("nrnap")
    sampler, question = Sampler(game), Question("pact", game.horizon)
    solve_batch(game, sampler.draws(0, 2), question)  # loads the compiled loops
    spent = {"one": 0.0, "several": 0.0}
    count = dict.fromkeys(spent, 0)
    failed = capped = 0
    every = sampler.draws(0, draws)
    first = solve_batch(game, every, question)
    for kind, mine in (("one", first.count == 1), ("several", first.count > 1)):
        rows = np.flatnonzero(mine)
        if len(rows):
            part = {name: values[rows] for name, values in every.items()}
            begin = time.process_time()
            found = solve_batch(game, part, question)
            spent[kind], count[kind] = time.process_time() - begin, len(rows)
            capped += int(found.capped.sum())
    failed = len(first.why)
    print(f"N6: {draws} draws of nrnap, every equilibrium up to 64, certified\n")
    for kind in spent:
        if count[kind]:
            print(f"{kind + ' equilibrium' if kind == 'one' else kind + ' equilibria':>24} "
                  f"{count[kind]:>6} draws {count[kind] / spent[kind]:>10,.1f} draws/s per core")
    print(f"{'capped':>24} {capped:>6} draws\n{'failed':>24} {failed:>6} draws\n")


def fixed(draws: int) -> None:
    game = ring(3, spread=True)
    plan = plan_of(game, "pact", by=5.0, draws=draws, indices=0, tornado=False)
    driver.run(plan_of(game, "pact", by=5.0, draws=plan.chunk, indices=0, tornado=False))
    begin = time.process_time()
    found = summary(plan, driver.run(plan))
    spent = time.process_time() - begin
    begin = time.process_time()
    plan.sampler.draws(0, draws)
    drawn = time.process_time() - begin
    print(f"N7: {draws} draws of three fronts with fixed payoffs, chunks of {plan.chunk}\n")
    print(f"{'everything':>24} {spent:>8.3f} s {draws / spent:>12,.0f} draws/s per core")
    print(f"{'of that, the draws':>24} {drawn:>8.3f} s")
    print(f"{'several equilibria':>24} {found.share_multiple:>8.1%}")
    for kind, several in (("one equilibrium", False), ("several equilibria", True)):
        rows = np.flatnonzero((found.rows["count"] > 1) == several)[:plan.chunk]
        part = {n: v[rows] for n, v in plan.sampler.draws(0, draws).items()}
        begin = time.process_time()
        solve_batch(game, part, plan.question)
        spent = time.process_time() - begin
        print(f"{kind:>24} {len(rows):>6} draws {len(rows) / spent:>12,.0f} draws/s per core")
    print()


def runs(draws: int) -> None:
    game, elapsed = ng.load("nrnap"), {}
    for workers in (1, 2):
        plan = plan_of(game, "pact", draws=draws, indices=0, tornado=False, logit=0)
        begin = time.perf_counter()
        driver.run(plan, workers=workers)
        elapsed[workers] = time.perf_counter() - begin
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        print(f"{draws} draws of nrnap, {workers} process{'es' if workers > 1 else ''}: "
              f"{elapsed[workers]:.1f} s elapsed, peak {peak:,.0f} MB here")
    print(f"two processes are {elapsed[1] / elapsed[2]:.2f} times as fast as one")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--draws", type=int, default=64)
    parser.add_argument("--fixed", type=int, default=100_000)
    parser.add_argument("--run", type=int, default=0)
    given = parser.parse_args()
    bargained(given.draws)
    fixed(given.fixed)
    if given.run:
        runs(given.run)
