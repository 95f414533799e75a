"""A starting file for a game of one's own."""

from __future__ import annotations

import json

_TEXT = '''\
# A game with two linked fronts, to be edited. Lines that start with # are comments.
# 'negotiation check FILE' tells what is wrong or odd in it, 'negotiation solve FILE' solves it.

format = "negotiation/1"
title = @TITLE@
# What the model follows; parameters and claims cite parts of it.
source = ""
# Probabilities are "by the horizon", counted in time units.
horizon = 10.0
time_unit = "year"

# Numbers that are contested or looked up: a value, the range it may have, and what it rests on.
# Any number further below may be an expression of them, such as "0.05 + 0.1*trust".
[parameters.trust]
value = 0.4
low = 0.1
high = 0.9
unit = "share"
doc = "How far commitments are believed."
source = "assumption"

[parameters.pace]
value = 1.5
low = 1.0
high = 3.0
unit = "factor"
doc = "How much faster talks on the rim go once the centre has settled."
source = "assumption"

# Who has payoffs, and how impatient each is (per year).
[actors.north]
name = "North"
discount_rate = 0.1

[actors.south]
name = "South"
discount_rate = "0.15 - 0.1*trust"

# Where the negotiation runs. Play starts in the first status, unless 'start' names another.
[fronts.center]
name = "The centre"
statuses = ["tense", "settled"]
[fronts.center.flow.tense]          # payoff per year while the front is tense
north = -0.1
south = -0.1

[fronts.rim]
name = "The rim"
statuses = ["tense", "settled"]
[fronts.rim.flow.tense]
north = -0.05
south = -0.08

# A change of one front's status that all actors in 'by' must consent to ([] is chance).
[moves.settle_center]
name = "The centre settles"
front = "center"
from = "tense"
to = "settled"
by = ["north", "south"]
rate = 0.5                          # opportunities per year
payoff = { north = -0.2 }           # a lump, paid when the move is made
weights = { north = 1.0, south = 1.0 }    # bargaining power
[moves.settle_center.issues.withdrawal]   # a term from 0 to 1 that they bargain over
value = { north = 1.0, south = -0.6 }     # what full agreement to it is worth
curvature = { south = 0.2 }               # how much the cost grows on the way there
unit = "share withdrawn"

[moves.settle_rim]
name = "The rim settles"
front = "rim"
from = "tense"
to = "settled"
by = ["north", "south"]
rate = 0.3
payoff = { north = -0.1, south = "-0.4*(1 - trust)" }
[moves.settle_rim.issues.access]
value = { north = -0.2, south = 0.4 }

# What one front changes on another: flows, payoffs and issue values add,
# rates and weights multiply.
[[linkages]]
name = "momentum"
when = { center = "settled", rim = "tense" }
rate = { settle_rim = "pace" }
payoff = { settle_rim = { south = "0.3*trust" } }

# States that have a name, so that one can ask how likely they are.
[outcomes.peace]
name = "Both fronts are settled"
when = { center = "settled", rim = "settled" }

# Does a settlement at the centre spread?
[cascade]
center = "center"
status = "settled"
periphery = ["rim"]

# A proposition to test: does peace become less likely when the centre cannot settle?
[[claims]]
id = "center_first"
says = "Without a deal at the centre there is no peace."
source = "assumption"
outcome = "peace"
under = { block = ["settle_center"] }
expect = "less likely"
'''


def new_definition(name: str) -> str:
    """The text of a commented definition with two fronts, titled ``name``, that loads as it is.

    >>> "North" in new_definition("my_game")
    True
    """
    title = name.replace("_", " ").strip() or "A new game"
    printable = title.encode("utf-8", "replace").decode("utf-8")
    return _TEXT.replace("@TITLE@", json.dumps(printable, ensure_ascii=False).replace(
        "\x7f", "\\u007f"))
