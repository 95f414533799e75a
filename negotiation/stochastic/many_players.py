"""One stage of any number of players: what is dominated goes, and what is left is solved.

Iterated strict dominance decides many stages; with at most two players left who have a choice the
two-player solver is complete. With three or more, mixed equilibria are enumerated by supports with
proof (``supports.py``) where that ends in time; else further ones are looked for along logit paths
from several starting points, and that there are no others is not claimed.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .field import Field
from .path import follow
from .stage import (
    CONTINUUM,
    MANY,
    Found,
    Profile,
    Stage,
    Tie,
    lift,
    pure_equilibria,
    regret,
    undominated,
    unit,
)
from .supports import mixed_equilibria
from .system import System
from .two_players import solve_two

Floats = NDArray[np.float64]

#: spread of the log odds from which paths start
AWAY = 3.0


def solve_stage(stage: Stage, discount: Floats, starts: int,
                stop: Callable[[], None] | None = None) -> Found:
    """Every equilibrium of a stage that the methods here can find, and whether that is all.

    Args:
        discount: (n,) δ_i, which with ``keep`` says how likely a profile is to stay.
        starts: logit paths to follow where three or more players have a choice and the list of
            equilibria is not proved complete; with 1 no proof is tried.
        stop: called now and then; may raise to end the work.
    """
    kept = undominated(stage)
    inner = stage.restrict(kept)
    active = [i for i, places in enumerate(kept) if len(places) > 1]
    if len(active) == 2:
        found = _two_active(inner, active)
    else:
        found = Found()
        profiles, found.ties = pure_equilibria(inner)
        found.profiles = [unit(inner.shape, profile) for profile in profiles]
        if found.ties:
            found.doubt = CONTINUUM
        if len(active) > 2:
            if starts > 1:
                mixed_equilibria(inner, found, stop)
            else:
                found.doubt = found.doubt or MANY
            if found.doubt is not None:
                _search(inner, discount, starts, found, stop)
    found.profiles = [lift(profile, kept, stage.shape) for profile in found.profiles]
    found.ties = [Tie(tie.player, tuple(int(kept[tie.player][a]) for a in tie.actions))
                  for tie in found.ties]
    return found


def _two_active(inner: Stage, active: list[int]) -> Found:
    """The stage of the two players who have a choice; the others have one action each."""
    shape = tuple(inner.shape[i] for i in active)
    two = solve_two(Stage(inner.reward[active].reshape(2, *shape),
                          inner.keep[active].reshape(2, *shape), inner.tie[active]))
    found = Found(doubt=two.doubt, ties=[Tie(active[tie.player], tie.actions) for tie in two.ties])
    for mixed in two.profiles:
        profile = [np.ones(1)] * len(inner.shape)
        for i, p in zip(active, mixed, strict=True):
            profile[i] = p
        found.profiles.append(tuple(profile))
    return found


def _search(inner: Stage, discount: Floats, starts: int, found: Found,
            stop: Callable[[], None] | None) -> None:
    """Add the limits of logit paths; with none found yet, try until there is one."""
    who = int(discount.argmax())
    stay = (1.0 - inner.keep[who]) / discount[who] if discount[who] > 0 else 0.0 * inner.keep[who]
    spread = np.ptp(inner.reward.reshape(len(discount), -1), axis=1)
    spread = np.where(spread > 0, spread, 1.0)
    field = Field([inner.reward], [stay[..., None]], discount, spread)
    shape = field.real[:, :, 1:].shape
    rng = np.random.default_rng(0)
    tie = float((inner.tie / spread).min())
    for turn in range(max(starts, 8)):
        if turn >= starts and found.profiles:
            break
        start = np.zeros(shape) if turn == 0 else AWAY * rng.standard_normal(shape)
        end = follow(System(field, start), tie, stop)
        if end.mixed is not None:
            profile: Profile = tuple(end.mixed[i, 0, :m] for i, m in enumerate(inner.shape))
            if regret(inner, profile) <= 1.0:
                found.add(profile)
