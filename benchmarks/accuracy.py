"""N9: the largest violation of the equilibrium conditions, recomputed, over every bundled game.

    python benchmarks/accuracy.py

Regret is in payoff ranges, by the certificate, which shares nothing with the solver but the game.
"""

from __future__ import annotations

import time

import negotiation as ng
from negotiation.catalog import names
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of


def main() -> None:
    """Solve every bundled game and certify all that is listed afresh."""
    print(f"{'game':<26} {'equilibria':>10} {'complete':>8} {'worst regret':>12} {'CPU s':>6}")
    worst = 0.0
    for name in names():
        begin = time.process_time()
        solution = ng.solve(ng.load(name), cap=100)
        spent = time.process_time() - begin
        regret = max(regret_of(equilibrium) for equilibrium in solution.equilibria)
        worst = max(worst, regret)
        print(f"{name:<26} {len(solution.equilibria):>10} {'yes' if solution.complete else 'no':>8}"
              f" {regret:>12.0e} {spent:>6.2f}", flush=True)
    print(f"\nworst {worst:.0e}; what misses {REGRET_TOLERANCE:.0e} is not reported")


if __name__ == "__main__":
    main()
