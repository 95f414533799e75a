"""Lattices with fixed payoffs: one equilibrium of up to a million states, and draws per second.

    python benchmarks/lattice.py [fronts ...]

N3 is a ring of two-status fronts, three actors, coalitions of two; N7 is a game of three fronts at
many draws of its parameters. Times are processor seconds of all threads together (and those that
passed on the clock), the best of three in a process of its own, after the compiled kernel is
loaded. The floor is how long the numbers that a solve reads and writes take to pass through this
machine's memory once.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from negotiation.equilibrium import consents
from negotiation.equilibrium.certificate_fixed import regret_of_fixed
from negotiation.formats.definition import from_dict
from negotiation.kernels import compiled
from negotiation.kernels.consent_bounds import ALONE, DECIDED, TIED
from negotiation.lattice import Lattice, build_lattice
from negotiation.model import Game
from negotiation.process import outcome_states, reach

ACTORS = ("ada", "bo", "cy")
SIZES = (10, 12, 14, 16, 18, 20)
DRAWS = 100_000


def ring(fronts: int, seed: int = 0, spread: bool = False) -> Game:
    """Settling a front pays flows and lumps, and changes what settling the next one pays.

    With ``spread`` some payoffs are parameters, for draws.
    """
    rng = np.random.default_rng(seed)

    def pay(size: float) -> dict[str, Any]:
        return {a: float(size * rng.uniform(-1.0, 1.0)) for a in ACTORS}

    names = [f"front{k:02d}" for k in range(fronts)]
    moves: dict[str, Any] = {}
    links = []
    for k, name in enumerate(names):
        pair = int(rng.integers(3))
        moves[f"settle{k:02d}"] = {
            "front": name, "from": "open", "to": "done", "rate": float(rng.uniform(0.3, 2.0)),
            "by": [a for i, a in enumerate(ACTORS) if i != pair], "payoff": pay(1.0)}
        after = (k + 1) % fronts
        links.append({"name": f"link{k:02d}", "when": {name: "done", names[after]: "open"},
                      "flow": pay(0.1), "payoff": {f"settle{after:02d}": pay(1.0)}})
    if spread:
        for k, move in enumerate(moves.values()):
            move["payoff"] = {a: f"{x!r} + mood{(k + i) % 3}"
                              for i, (a, x) in enumerate(move["payoff"].items())}
    return from_dict({
        "format": "negotiation/1", "title": f"ring of {fronts}",
        "parameters": {f"mood{k}": {"value": 0.0, "low": -1.0, "high": 1.0} for k in range(3)}
        if spread else {},
        "actors": {a: {"discount_rate": float(rng.uniform(0.05, 0.2))} for a in ACTORS},
        "fronts": {name: {"statuses": ["open", "done"],
                          "flow": {s: pay(0.1) for s in ("open", "done")}} for name in names},
        "moves": moves, "linkages": links,
        "outcomes": {"pact": {"when": dict.fromkeys(names[:3], "done")}}})


def best(work: Callable[[], Any], times: int = 3) -> tuple[float, float, Any]:
    """Least processor and elapsed seconds of several runs, and what the last one returned."""
    spent, elapsed, out = np.inf, np.inf, None
    for _ in range(times):
        out = None  # so that two answers are never held at once
        begin, clock = time.process_time(), time.perf_counter()
        out = work()
        spent = min(spent, time.process_time() - begin)
        elapsed = min(elapsed, time.perf_counter() - clock)
    return spent, elapsed, out


def bandwidth() -> float:
    """Bytes per second of a copy, reads and writes counted."""
    source = np.ones(1 << 24)
    target = np.empty_like(source)
    spent, _, _ = best(lambda: np.copyto(target, source), 5)
    return 2 * source.nbytes / spent


def touched(lattice: Lattice) -> int:
    """Bytes that a solve has to read and write once: payoffs and edges in, answers out."""
    edges, n = len(lattice.edge_state), lattice.discount.shape[1]
    return int(edges * (8 * n + 8 + 4 + n + 8 * n + 16) + lattice.flow.nbytes * 2)


def measure(fronts: int) -> dict[str, float]:
    """One size, in this process."""
    consents.LARGE = 0  # the compiled kernel at every size, so that sizes compare
    consents.one_equilibrium(build_lattice(ring(4)))
    game = ring(fronts)
    compile_, compile_clock, lattice = best(lambda: build_lattice(game))
    solve, solve_clock, found = best(lambda: consents.one_equilibrium(lattice))
    check, _, regret = best(lambda: regret_of_fixed(lattice, found.values, found.consent))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    chance, _, _ = best(lambda: found.equilibrium().probability("pact", by=5.0), 1)
    proved = ((found.known == DECIDED) | (found.known == ALONE)).sum()
    return {
        "states": len(lattice.states), "edges": len(lattice.edge_state), "compile": compile_,
        "solve": solve - check, "check": check, "clock": compile_clock + solve_clock, "peak": peak,
        "regret": float(regret[0]), "proved": float(proved / len(lattice.states)),
        "tied": int((found.known == TIED).sum()), "floor": touched(lattice) / bandwidth(),
        "chance": chance}


def lattices(sizes: list[int]) -> None:
    print("N3: one equilibrium with its certificate; ring of two-status fronts, fixed payoffs\n")
    print(f"{'fronts':>6} {'states':>9} {'edges':>10} {'compile':>8} {'solve':>8} {'check':>8} "
          f"{'total':>8} {'elapsed':>8} {'ns/(s,m)':>9} {'peak GB':>8} {'floor':>8} {'proved':>7} "
          f"{'tied':>5} {'regret':>8} {'P(pact)':>8}")
    for fronts in sizes:
        out = subprocess.run([sys.executable, __file__, "--measure", str(fronts)], check=True,
                             capture_output=True, text=True)
        row = json.loads(out.stdout)
        total = row["compile"] + row["solve"] + row["check"]
        print(f"{fronts:>6} {row['states']:>9} {row['edges']:>10} {row['compile']:>8.3f} "
              f"{row['solve']:>8.3f} {row['check']:>8.3f} {total:>8.3f} {row['clock']:>8.3f} "
              f"{total / row['edges'] * 1e9:>9.0f} {row['peak']:>8.2f} {row['floor']:>8.3f} "
              f"{row['proved']:>7.1%} {row['tied']:>5} {row['regret']:>8.0e} {row['chance']:>8.2f}",
              flush=True)
    print("\nSeconds. `solve` is bound by arithmetic and mispredicted branches, not by memory: the "
          "floor says how long\nits numbers take to pass through memory once.\n")


def draws() -> None:
    game = ring(3, spread=True)
    rng = np.random.default_rng(0)
    values = {f"mood{k}": rng.uniform(-1.0, 1.0, DRAWS) for k in range(3)}
    consents.one_equilibrium(build_lattice(game, values))
    compile_, _, lattice = best(lambda: build_lattice(game, values))
    solve, _, found = best(lambda: consents.one_equilibrium(lattice))
    inside = outcome_states(lattice, "pact")
    chance, _, _ = best(lambda: reach(lattice, found.hazard, inside, np.array([5.0])), 1)
    print(f"N7: {DRAWS} draws of three fronts with fixed payoffs "
          f"({'compiled' if compiled.available() else 'numpy'})\n")
    for name, spent in (("numbers of every draw", compile_), ("equilibria, certified", solve),
                        ("both", compile_ + solve), ("probability by a date", chance)):
        print(f"{name:>24} {spent:>8.3f} s {DRAWS / spent:>12,.0f} draws/s")
    print(f"{'proved the only one':>24} {found.unique.mean():>8.1%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("fronts", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure)))
    else:
        lattices(given.fronts)
        draws()
