"""Definitions that several test modules use."""

TWO_EQUILIBRIA = """
format = "negotiation/1"
title = "Who goes first"
horizon = 10.0
[actors.a]
discount_rate = 0.1
[actors.b]
discount_rate = 0.1
[fronts.f]
statuses = ["open", "left", "right"]
flow.left = { a = 0.2, b = 0.1 }
flow.right = { a = 0.1, b = 0.2 }
[moves.left]
front = "f"
from = "open"
to = "left"
by = ["a"]
rate = 1.0
payoff = { a = -1.5 }
[moves.right]
front = "f"
from = "open"
to = "right"
by = ["b"]
rate = 1.0
payoff = { b = -1.5 }
[outcomes.left]
when = { f = "left" }
"""
