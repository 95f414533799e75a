"""One bargaining problem under every notion of fairness.

Two sides divide a cake, and may add a joint project that costs the first side more and more. The
first side's alternatives are worth 0.2, the second's nothing.
"""

import negotiation as ng

problem = ng.BargainingProblem(
    base=[-0.2, 1.0],                  # gains over waiting if the second side takes all the cake
    value=[[1.0, -1.0], [0.2, 0.3]],   # issues × sides: what the cake, and the project, are worth
    curvature=[[0.0, 0.0], [0.8, 0.0]],
    weights=[1.0, 1.0],
)

print(f"{'solution':20} {'cake':>6} {'project':>8} {'first':>7} {'second':>7}")
for name in ng.SOLUTIONS:
    deal = problem.solve(name)
    cake, project = deal.terms
    first, second = deal.gains + 0.0   # no "-0"
    print(f"{name:20} {cake:6.2f} {project:8.2f} {first:7.3f} {second:7.3f}")
