"""The certificate of an equilibrium with fixed payoffs, lean enough for millions of states.

The conditions are those of :mod:`.certificate` where no move has issues, recomputed from the game's
numbers in payoff ranges; with c_i = g_i + V_i(s′) − V_i(s):

value           |r_i V_i − f_i − Σ λα c_i| / (r_i + Σ λα).
consent, α > 0  −min_B c_i.
consent, α < 1  min_B c_i; a chance move has nobody to refuse it. B are the members that are asked;
                a move that a setting makes somebody refuse has α = 0 and no other condition.
box             how far a consent lies outside [0, 1].

It shares nothing with the solver, and nothing with the general certificate but the definition.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from ..lattice import Lattice

Floats = NDArray[np.float64]

#: numbers worked on at a time, so that what is in between stays in the cache
BLOCK = 1 << 15
#: blocks from which threads share them
MANY = 32


def regret_of_fixed(lattice: Lattice, values: Floats, consent: Floats) -> Floats:
    """(D,) the largest violation over all states at each draw; infinite where one is no number.

    Args:
        lattice: D draws of a game without issues.
        values: (D, S, n) claimed V. consent: (D, E) claimed α.
    """
    regret = np.zeros(lattice.draws)
    blocks = list(_blocks(lattice))
    lattice.payoff_range()  # once, before threads ask for it

    def work(block: tuple[slice, int, int]) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):
            return _block(lattice, values, consent, *block)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, 8)) as pool:
        found = map(work, blocks) if len(blocks) < MANY else pool.map(work, blocks)
        for (draws, _, _), worst in zip(blocks, found, strict=True):
            regret[draws] = np.maximum(regret[draws], np.where(np.isnan(worst), np.inf, worst))
    return regret


def _blocks(lattice: Lattice) -> Iterator[tuple[slice, int, int]]:
    """Draws and runs of states with about ``BLOCK`` edges."""
    size, edges = len(lattice.states), len(lattice.edge_state)
    some = max(BLOCK // max(edges, size), 1)
    run = max(size * BLOCK // max(edges, 1), 1)
    for d in range(0, lattice.draws, some):
        for begin in range(0, size, run):
            yield slice(d, min(d + some, lattice.draws)), begin, min(begin + run, size)


def _block(lattice: Lattice, values: Floats, consent: Floats, draws: slice, begin: int, end: int,
           ) -> Floats:
    """(d,) the largest violation in some states at some draws."""
    first = lattice.first_edge[begin:end + 1]
    edges = slice(int(first[0]), int(first[-1]))
    full = np.flatnonzero(np.diff(first))
    starts = first[full] - first[0]
    here, there = lattice.edge_state[edges], lattice.edge_target[edges]
    alpha = consent[draws, edges]
    pace = lattice.rate[draws, edges] * alpha
    hazard = np.zeros((len(alpha), end - begin))
    if len(full):
        hazard[:, full] = np.add.reduceat(pace, starts, axis=1)
    least = np.full(alpha.shape, np.inf)
    worst = np.maximum(np.maximum(alpha - 1.0, -alpha).max(axis=1, initial=0.0), 0.0)
    for i in range(values.shape[2]):
        scale = lattice.payoff_range()[draws, i, None]
        value = values[draws, :, i]
        gain = lattice.lump[draws, edges, i] + value[:, there] - value[:, here]
        inflow = np.zeros(hazard.shape)
        if len(full):
            inflow[:, full] = np.add.reduceat(pace * gain, starts, axis=1)
        r = lattice.discount[draws, i, None]
        off = np.abs(r * value[:, begin:end] - lattice.flow[draws, begin:end, i] - inflow)
        worst = np.maximum(worst, (off / (r + hazard) / scale).max(axis=1))
        member = lattice.member[edges, i]
        least = np.minimum(least, np.where(member, gain / scale, np.inf))
    wrong = np.maximum(np.where(alpha > 0.0, -least, 0.0), np.where(alpha < 1.0, least, 0.0))
    never = lattice.never[edges]
    if never.any():
        wrong = np.where(never, np.where(alpha != 0.0, np.inf, 0.0), wrong)
    return np.asarray(np.maximum(worst, wrong.max(axis=1, initial=0.0)))
