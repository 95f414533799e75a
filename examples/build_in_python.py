"""Describe a game with two linked fronts in Python, solve it, and ask whether it cascades."""

import negotiation as ng

game = ng.from_dict({
    "format": "negotiation/1",
    "title": "A border and a trade deal",
    "horizon": 10.0,
    "time_unit": "year",
    "parameters": {"trust": {"value": 0.5, "low": 0.0, "high": 1.0, "unit": "share"}},
    "actors": {
        "north": {"name": "North", "discount_rate": 0.10},
        "south": {"name": "South", "discount_rate": 0.12},
    },
    "fronts": {
        "border": {"name": "The border", "statuses": ["disputed", "settled"],
                   "flow": {"disputed": {"north": -0.10, "south": -0.05}}},
        "trade": {"name": "Trade", "statuses": ["closed", "settled"],
                  "flow": {"settled": {"north": 0.10, "south": 0.05}}},
    },
    "moves": {
        "draw_border": {
            "name": "Draw the border", "front": "border", "from": "disputed", "to": "settled",
            "by": ["north", "south"], "rate": 0.5,
            "issues": {"land": {"name": "Land given to the south", "unit": "share of the land",
                                "value": {"north": -1.0, "south": 1.0}}},
        },
        "open_trade": {
            "name": "Open trade", "front": "trade", "from": "closed", "to": "settled",
            "by": ["north", "south"], "rate": 0.5, "payoff": {"south": -0.6},
        },
    },
    "linkages": [
        {"name": "a quiet border", "when": {"border": "settled", "trade": "closed"},
         "payoff": {"open_trade": {"south": "0.4*trust"}}},
    ],
    "outcomes": {"both": {"name": "Both settled",
                          "when": {"border": "settled", "trade": "settled"}}},
    "cascade": {"center": "border", "status": "settled", "periphery": ["trade"]},
})

solution = ng.solve(game)
first = solution.equilibria[0]
print(f"{game.title}: {solution.status}")
print(f"Both settled within 10 years: {first.probability('both'):.0%}")
print(f"Land given to the south: {first.terms('draw_border')['land']:.0%}")
result = ng.cascade(solution)
low, high = result.fronts["trade"].at.total
print("A settled border carries over to trade in", result.verdict, "equilibrium,",
      f"by {100 * low:+.0f} to {100 * high:+.0f} points")
