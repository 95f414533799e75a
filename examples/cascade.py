"""Does a settlement at the centre carry over, and what does each front do to the others?"""

import negotiation as ng

for name in ("cold-war-endgame", "camp-david"):
    game = ng.load(name)
    result = ng.cascade(game)                   # the centre that the file names, and the matrix
    print(f"{game.title}: does {game.fronts[result.center].label!r} carry over? {result.verdict}")
    for front, effect in result.fronts.items():
        low, high = effect.at.total
        print(f"  {game.fronts[front].label}: {100 * low:+.1f} to {100 * high:+.1f} points")
    print("  What a settlement of each front does to the others, in points:")
    for source, row in result.matrix.items():
        effects = ", ".join(f"{target} {100 * low:+.1f}" for target, (low, high) in row.items())
        print(f"    {source}: {effects}")
