"""A game in normal form: all equilibria, a Gambit file, and what a mediator could add."""

import negotiation as ng
from negotiation.formats.nfg import load_nfg, save_nfg
from negotiation.normal_form import mediation

chicken = ng.NormalFormGame([[[6, 2], [7, 0]], [[6, 7], [2, 0]]], players=["East", "West"],
                            actions=[["yield", "hold"], ["yield", "hold"]], title="Chicken")
solution = ng.solve(chicken)
print(f"{chicken.title}: {solution.count} equilibria. {solution.status}")
for equilibrium in solution.equilibria:
    print("  ", equilibrium)

for objective in ("sum", "worst-off"):
    found = mediation(chicken, objective)
    print(f"a mediator who is after the {objective}: {found.nash:.2f} without, "
          f"{found.nash + found.gain:.2f} with private advice")

save_nfg(chicken, "chicken.nfg")                # Gambit reads it
print("chicken.nfg gives back the same game:",
      (load_nfg("chicken.nfg").payoffs == chicken.payoffs).all())
