"""The chances of every front and outcome, in several chains of one solution.

Chains that do the same on the path of play are worked out once. In one chain, every set of states
that is never left again is reached when it is in force, so that all of these and every front's
statuses are expectations at the same dates: one transform serves them all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .kernels import markov
from .process import (
    OutcomeChance,
    OutcomeCurve,
    Process,
    chances,
    check_date,
    check_dates,
    outcome_states,
)

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Course:
    """What one chain does at T dates: ``fronts``, front → (T, statuses) probability of being in
    each; ``outcomes``, outcome → its curve (as :meth:`Process.over_time` tells it)."""

    fronts: dict[str, Floats]
    outcomes: dict[str, OutcomeCurve]


def outcomes(processes: Sequence[Process], by: float) -> list[dict[str, OutcomeChance]]:
    """The chance of every outcome that the game names, in each of several chains on one lattice.

    Chains that do the same on the path of play are worked out once.

    Raises:
        InputError: for a date that is negative or not finite.
    """
    date = check_date(by)
    if not processes:
        return []
    first: dict[tuple[object, ...], int] = {}
    which = [first.setdefault(process.path_of_play, k) for k, process in enumerate(processes)]
    apart = [processes[k] for k in first.values()]
    row = {k: at for at, k in enumerate(first.values())}
    found: list[dict[str, OutcomeChance]] = [{} for _ in apart]
    for name in processes[0].lattice.game.outcomes:
        for table, chance in zip(found, chances(apart, name, date), strict=True):
            table[name] = chance
    return [dict(found[row[k]]) for k in which]


def courses(processes: Sequence[Process], times: ArrayLike) -> list[Course]:
    """The course of each chain over T dates (finite and ≥ 0, in any order).

    Raises:
        InputError: for dates that are not.
    """
    dates = check_dates(times)
    found: dict[tuple[object, ...], Course] = {}
    for process in processes:
        if process.path_of_play not in found:
            found[process.path_of_play] = _course(process, dates)
    return [found[process.path_of_play] for process in processes]


def _course(process: Process, dates: Floats) -> Course:
    lattice, game, live = process.lattice, process.lattice.game, process.live
    chain, hazard = live.chain, process.hazard[None, live.edges]
    wanted: dict[tuple[str, str], Floats] = {}
    for k, (name, front) in enumerate(game.fronts.items()):
        for status in range(len(front.statuses)):
            here = lattice.states[live.states, k] == status
            wanted["front " + name, str(status)] = here.astype(np.float64)
    played: dict[str, Floats] = {}
    out: dict[str, OutcomeCurve] = {}
    for name, outcome in game.outcomes.items():
        if outcome.posture:
            played[name] = process.played(name)[live.states]
            wanted["outcome", name] = played[name]
            continue
        inside = outcome_states(lattice, name)[live.states]
        leaves = inside[chain.edge_state] & ~inside[chain.edge_target] & (hazard[0] > 0.0)
        if inside[0] or leaves.any():
            reach = markov.reach(chain, hazard, inside, dates)
            out[name] = OutcomeCurve(dates, reach.reached[0], reach.in_force[0])
        else:
            wanted["outcome", name] = inside.astype(np.float64)
    chance = markov.transient(chain, hazard, dates, np.array([*wanted.values()]))[0]
    column = dict(zip(wanted, chance.T, strict=True))
    mean = markov.average(chain, hazard, dates, np.array([*played.values()]))[0].T if played else ()
    shares = dict(zip(played, mean, strict=True))
    for name in game.outcomes:
        if name not in out:
            now = column["outcome", name]
            out[name] = OutcomeCurve(dates, shares.get(name, now), now)
    return Course({name: np.array([column["front " + name, str(status)]
                                   for status in range(len(front.statuses))]).T
                   for name, front in game.fronts.items()}, out)
