"""Draft."""
from __future__ import annotations

from typing import Any

import numpy as np

from negotiation.formats.definition import from_dict
from negotiation.model import Game

ACTORS = ("ada", "bo", "cy")
PAIRS = (("ada", "bo"), ("bo", "cy"), ("ada", "cy"))


def ring(fronts: int, seed: int = 0) -> Game:
    """A ring of two-status fronts: settling one pays flows and lumps and changes the next one's."""
    rng = np.random.default_rng(seed)

    def pay(size: float) -> dict[str, float]:
        return {a: float(size * rng.uniform(-1.0, 1.0)) for a in ACTORS}

    names = [f"front{k:02d}" for k in range(fronts)]
    moves: dict[str, Any] = {}
    links = []
    for k, name in enumerate(names):
        moves[f"settle{k:02d}"] = {
            "front": name, "from": "open", "to": "done", "by": list(PAIRS[int(rng.integers(3))]),
            "rate": float(rng.uniform(0.3, 2.0)), "payoff": pay(1.0)}
        after = (k + 1) % fronts
        links.append({"name": f"link{k:02d}", "when": {name: "done", names[after]: "open"},
                      "flow": pay(0.1), "payoff": {f"settle{after:02d}": pay(1.0)}})
    return from_dict({
        "format": "negotiation/1", "title": f"ring of {fronts}",
        "actors": {a: {"discount_rate": float(rng.uniform(0.05, 0.2))} for a in ACTORS},
        "fronts": {name: {"statuses": ["open", "done"],
                          "flow": {s: pay(0.1) for s in ("open", "done")}} for name in names},
        "moves": moves, "linkages": links})
