"""One stage of any number of players: what is dominated goes, and what is left is solved.

Iterated strict dominance decides many stages; with at most two players left who have a choice the
two-player solver is complete. With three or more, all pure equilibria are found, and mixed ones are
proved or searched for (see ``boxes.py``).
"""

from __future__ import annotations

import numpy as np

from .stage import (
    CONTINUUM,
    MANY,
    Found,
    Stage,
    Tie,
    lift,
    pure_equilibria,
    undominated,
    unit,
)
from .two_players import solve_two


def solve_stage(stage: Stage) -> Found:
    """Every equilibrium of a stage that the methods here can find, and whether that is all."""
    kept = undominated(stage)
    inner = stage.restrict(kept)
    active = [i for i, places in enumerate(kept) if len(places) > 1]
    found = Found()
    if len(active) == 2:
        flat = tuple(len(kept[i]) for i in active)
        two = solve_two(Stage(inner.reward[active].reshape(2, *flat),
                              inner.keep[active].reshape(2, *flat), inner.tie[active]))
        found.doubt = two.doubt
        found.ties = [Tie(active[tie.player], tie.actions) for tie in two.ties]
        for mixed in two.profiles:
            profile = [np.ones(1)] * len(kept)
            for i, p in zip(active, mixed, strict=True):
                profile[i] = p
            found.profiles.append(tuple(profile))
    else:
        profiles, found.ties = pure_equilibria(inner)
        found.profiles = [unit(inner.shape, profile) for profile in profiles]
        if found.ties:
            found.doubt = CONTINUUM
        if len(active) > 2:
            found.doubt = found.doubt or MANY
    found.profiles = [lift(profile, kept, stage.shape) for profile in found.profiles]
    found.ties = [Tie(tie.player, tuple(int(kept[tie.player][a]) for a in tie.actions))
                  for tie in found.ties]
    return found
