"""A memorandum: who decides, and whether the argument's claims hold, as Markdown."""

import negotiation as ng

game = ng.load("central")
game = ng.loads(ng.dumps(game) + """
[[claims]]
id = "needs_belief"
says = "Without believed guarantees there is no central deal."
source = "P1"
outcome = "central_settled"
under = { parameters = { guarantee_credibility = 0.0 } }
expect = "less likely"

[[claims]]
id = "poland_decides"
says = "Poland decides."
source = "P7"
outcome = "central_settled"
pivot = "poland"
among = ["poland", "us", "belarus"]
""")

lines = [f"# {game.title}", "", "## Who decides", ""]
for pivot in ng.pivots(game, "central_settled", by=5.0).pivots:
    lines.append(f"- {game.actors[pivot.actor].label}: {100 * pivot.effect[0]:+.0f} points; "
                 f"its refusal alone stops it in {pivot.stops} equilibrium")
lines += ["", "## Claims", "", "| Claim | Source | Holds | Equilibria | Draws |",
          "|---|---|---|---|---|"]
for one in ng.claims(game, draws=8, flips=0).claims:
    share = "" if one.share_of_draws is None else f"{one.share_of_draws:.0%}"
    lines.append(f"| {one.claim.says} | {one.claim.source} | {'yes' if one.nominal else 'no'} | "
                 f"{one.equilibria} | {share} |")
print("\n".join(lines))
