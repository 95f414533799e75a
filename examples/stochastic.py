"""A stochastic game from a file, under noise, and the leapfrogging game counted."""

from pathlib import Path

import negotiation as ng
from negotiation.stochastic.files import load_stochastic
from negotiation.stochastic.leapfrogging import leapfrogging

border = load_stochastic(Path(__file__).parent / "border.json")
solution = ng.solve(border.game)
print(f"{border.title}: {solution.count} equilibria. {solution.status}")
for equilibrium in solution.equilibria:
    hold = [round(float(mixed[0]), 2) for mixed in equilibrium.strategies[0]]
    print(f"  chance to hold: {hold}; worth at the start: {equilibrium.values[0].round(2)}")

noisy = ng.solve(border.game, concept="logit", noise=border.noise).equilibria[0]
print("under noise:", [round(float(mixed[0]), 2) for mixed in noisy.strategies[0]])

for levels in (2, 3, 4):
    race = ng.solve(leapfrogging(levels), cap=5)
    print(f"leapfrogging with {levels} cost levels: {race.count:,} equilibria")
