"""How likely an outcome is over all that the file leaves open, and what decides it."""

import negotiation as ng

game = ng.load("issue-linkage")
result = ng.likelihood(game, "both", draws=256, seed=1)
low, high = result.interval90
print(f"{game.title}: {game.outcomes['both'].label} within {result.by:g} years")
print(f"  mean {result.mean.selected:.0%}, 90 % of the draws between {low:.0%} and {high:.0%}")
print(f"  in words: {result.words}")
print(f"  sampling error {result.monte_carlo_error:.1%}; {len(result.failures)} failed draws")
for name, index in sorted(result.indices.items(), key=lambda item: -item[1].total)[:3]:
    print(f"  {name}: {index.first:.2f} of the variance alone, {index.total:.2f} in all")
result.save("draws.csv")
print("  the draws are in draws.csv")
