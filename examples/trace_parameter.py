"""Follow every equilibrium as a parameter moves, and find what turns the answer."""

import negotiation as ng

game = ng.load("fearon-commitment")
path = ng.trace(game, "shift", 0.0, 0.65)
print(f"{game.title}: {len(path.branches)} branch(es). {path.completeness}")
for event in path.events:
    print(f"  at a shift of {event.value:.4f}: a {event.kind}")
    for branch, outcomes in event.outcomes.items():
        for name, (before, after) in outcomes.items():
            print(f"    branch {branch}, {game.outcomes[name].label}: {before:.0%} → {after:.0%}")

# The largest shift that is accepted without war, derived in docs/explanation/classics.md.
print(f"By hand: {0.3515:.4f}")

turn = ng.tip(game, "war", to=0.5, parameters=["shift", "power_now"])
for name, (now, there) in turn.best.changes.items():
    print(f"The smallest single change that brings war to one half: {name} {now:g} → {there:.4f}")
