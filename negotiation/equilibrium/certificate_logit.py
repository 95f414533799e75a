"""The certificate of a solution under ratification noise (DESIGN §2.4).

Like :mod:`~.certificate` it is given a claim (V, α, x) and recomputes every condition from the
game's numbers, sharing nothing with the solver. Per state, with noise ς_i and gains
G_i = g_i + u_i(x) + V_i(s′) − V_i(s):

value    |r_i V_i − f_i − Σ λα G_i| / (r_i + Σ λα)
consent  |α − Π_B 1/(1 + e^{−G_i/ς_i})|, over the members that are asked
terms    the terms maximise the concave Σ w_i φ_i(G_i). Along the gradient no feasible point is
         better by more than Σ_j max(s_j (1 − x_j), −s_j x_j) (Frank & Wolfe 1956), which is
         said as the equal rise of all members' gains, in payoff ranges, that is worth as much.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .certificate_encounters import ClaimedPlay

if TYPE_CHECKING:
    from ..lattice import Floats, Ints, Lattice


def certify_logit(lattice: Lattice, draw: Ints, state: Ints, value: Floats, next_value: Floats,
                  consent: Floats, terms: Floats, play: Floats | None = None) -> Floats:
    """(P,) the largest violation of the conditions at P claimed states, in payoff ranges.

    The arguments are those of :func:`~.certificate.certify`; what players of encounters do has to
    be their quantal response under the file's noise.
    """
    first = lattice.first_edge
    has = np.arange(consent.shape[1]) < (first[state + 1] - first[state])[:, None]
    row, slot = np.nonzero(has)
    edge = first[state[row]] + slot
    scale = lattice.payoff_range()[draw]
    member, alpha = lattice.member[edge], consent[row, slot]
    gain = lattice.lump[draw[row], edge] + next_value[row, slot] - value[row]
    slack = np.zeros(len(row))
    party = lattice.party[edge]
    noise = np.where(party, lattice.noise[draw[row], lattice.edge_move[edge]], 1.0)
    at = np.flatnonzero(lattice.bargain[edge] >= 0)
    if len(at):
        bargain = lattice.bargain[edge[at]]
        which = draw[row[at]]
        pay, curve = lattice.value[which, bargain], lattice.curvature[which, bargain]
        x = terms[row[at], slot[at]]
        gain[at] += (x[..., None] * pay - 0.5 * x[..., None] ** 2 * curve).sum(axis=1)
        weight = np.where(party[at], lattice.weights[which, bargain], 0.0)
        z = gain[at] / noise[at]
        soft = np.logaddexp(0.0, z)
        # φ′ = Λ/(ς log(1 + e^z)), which tends to 1/ς as z falls
        price = weight / noise[at] * np.where(
            z > -700.0, np.exp(np.minimum(z - soft, 0.0) - np.log(np.maximum(soft, 1e-300))),
            1.0)
        slope = ((pay - curve * x[..., None]) * price[:, None, :]).sum(axis=2)
        gap = np.maximum(slope * (1.0 - x), -slope * x).sum(axis=1)
        worth = (price * scale[row[at]]).sum(axis=1)
        slack[at] = gap / np.where(worth > 0.0, worth, 1.0)
        slack[at] = np.maximum(slack[at], np.maximum(-x, x - 1.0).max(axis=1, initial=0.0))
    chance = np.where(member, np.exp(-np.logaddexp(0.0, -gain / noise)), 1.0).prod(axis=1)
    chance = np.where(lattice.never[edge], 0.0, chance)
    event = lattice.edge_move[edge] >= len(lattice.game.moves)
    slack = np.maximum(slack, np.where(event, 0.0, np.abs(alpha - chance)))
    pace = lattice.rate[draw[row], edge] * alpha
    total, flow = lattice.discount[draw].copy(), lattice.flow[draw, state].copy()
    np.add.at(total, row, pace[:, None])
    np.add.at(flow, row, pace[:, None] * gain)
    played = None if play is None else ClaimedPlay(lattice, draw, state, value, next_value, consent,
                                                   play)
    if played is not None:
        flow += played.idle
    off = np.abs(lattice.discount[draw] * value - flow) / (total * scale)
    regret: Floats = np.where(np.isfinite(off), off, np.inf).max(axis=1)
    np.maximum.at(regret, row, np.where(np.isfinite(slack), slack, np.inf))
    if played is not None:
        regret = np.maximum(regret, played.logit)
    return regret
