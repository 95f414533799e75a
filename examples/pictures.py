"""Draw what was computed, with matplotlib (the extra 'plot')."""

import negotiation as ng

game = ng.load("central")
solution = ng.solve(game)
best = solution.equilibria[0]
pictures = {
    "network.svg": ng.plot.network(game),
    "lattice.svg": ng.plot.lattice(best),
    "chances.png": ng.plot.chances(solution, by=20.0),
    "bargain.pdf": ng.plot.bargain(best, "settle_central"),
}
for name, axes in pictures.items():
    ng.plot.save(axes, name)
    print("wrote", name)
