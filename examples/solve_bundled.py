"""Solve a bundled game, and the same game under another assumption."""

import negotiation as ng

game = ng.load("central")
solution = ng.solve(game)
print(f"{game.title}: {len(solution.equilibria)} equilibria. {solution.status}")

for equilibrium in solution.equilibria:
    print(f"  equilibrium {equilibrium.id}, regret {equilibrium.regret:.0e}")
    for outcome in game.outcomes.values():
        chance = equilibrium.process.outcome(outcome.name, by=5.0)
        print(f"    {outcome.label}: {chance.probability:.0%} within 5 years, "
              f"{chance.eventually:.0%} ever")
    for issue, share in equilibrium.terms("settle_central").items():
        print(f"    {issue}: {share:.0%}")

# What if Russian guarantees were hardly believed? A new game; nothing is changed in place.
doubtful = game.with_parameters(guarantee_credibility=0.05)
print("With little belief in guarantees, Poland's value of the start is",
      f"{ng.solve(doubtful).equilibria[0].value('poland'):.3f}, after",
      f"{solution.equilibria[0].value('poland'):.3f}")

# What if the central deal could not be made at all?
blocked = ng.apply(game, ng.setting(block=["settle_central"]))
print("Without the central deal:", f"{ng.solve(blocked).equilibria[0].value('poland'):.3f}")
