"""The certificate of encounters: every player's actions at the reported values.

Given a claim (V, α, σ), recomputed from the game alone, per clash with lumps a_p and targets s′_p
(s itself where a profile changes nothing), all in payoff ranges:

play      how far each mixed action is from a probability distribution, and the consent of each
          event from the product of the probabilities of its actions.
regret    max_b E[a_i + V_i(s′) | i plays b] − E[a_i + V_i(s′)], for every player i: what its best
          action would gain, the others' play and the values as they are.
idle pay  λ Σ_p σ(p) a_p,i over the profiles that change nothing: what the value equation of
          :mod:`.certificate` adds to its sum over edges.

Under noise (``logit``) each action's probability has to be its share of
exp(E[a_i + V_i(s′) | b]/ς_i) instead. Nothing here is shared with the solver but the lattice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..lattice import Floats, Ints, Lattice


class ClaimedPlay:
    """The claimed play of P states: V (P, n) and (P, M, n) next, consent (P, M), play (P, Q).

    Attributes:
        idle: (P, n) what profiles without a change pay per unit of time.
        violation: (P,) the largest violation of the conditions on play.
        logit: (P,) the same under the file's noise.
    """

    def __init__(self, lattice: Lattice, draw: Ints, state: Ints, value: Floats,
                 next_value: Floats, consent: Floats, play: Floats) -> None:
        clashes = lattice.clashes
        assert clashes is not None
        self.idle = np.zeros(value.shape)
        self.violation = np.zeros(len(state))
        self.logit = np.zeros(len(state))
        scale = lattice.payoff_range()
        for p, (d, s) in enumerate(zip(draw.tolist(), state.tolist(), strict=True)):
            for row in clashes.rows(s):
                if not (np.isfinite(play[p]).all() and np.isfinite(value[p]).all()):
                    self.violation[p] = self.logit[p] = np.inf
                    continue
                shape = clashes.shapes[int(clashes.encounter[row])]
                who = clashes.players[int(clashes.encounter[row])]
                size = int(np.prod(shape))
                mixed = clashes.mixed(row, play[p])
                chance = _product(mixed)
                edge = clashes.edge[row, :size]
                slot = edge - int(lattice.first_edge[s])
                lump = clashes.lump[d, row, :, :size]
                worth = lump + value[p][:, None]
                for a in np.flatnonzero(edge >= 0):
                    worth[:, a] = lump[:, a] + next_value[p, slot[a]]
                off = max(max(abs(float(part.sum()) - 1.0), -float(part.min())) for part in mixed)
                for a in np.flatnonzero(edge >= 0):
                    off = max(off, abs(float(consent[p, slot[a]]) - float(chance[a])))
                noisy = off
                for k, i in enumerate(who):
                    each = np.array([float((worth[i] * other).sum()) for other in
                                     _with_action(mixed, k)])
                    gain = float(each.max() - (worth[i] * chance).sum()) / scale[d, i]
                    off = max(off, gain)
                    if clashes.noise[d, i] > 0:
                        tilt = (each - each.max()) / clashes.noise[d, i]
                        share = np.exp(tilt) / np.exp(tilt).sum()
                        noisy = max(noisy, float(np.abs(share - mixed[k]).max()))
                self.violation[p] = max(self.violation[p], off)
                self.logit[p] = max(self.logit[p], noisy)
                stays = np.where(edge < 0, chance, 0.0)
                self.idle[p] += clashes.rate[d, row] * (lump @ stays)


def _product(mixed: list[Floats]) -> Floats:
    """(A,) the probability of every profile, the last player's actions fastest."""
    out = np.ones(())
    for part in mixed:
        out = np.multiply.outer(out, part)
    return out.ravel()


def _with_action(mixed: list[Floats], k: int) -> Iterator[Floats]:
    """The profiles' probabilities when one player takes each of its actions for certain."""
    for b in range(len(mixed[k])):
        certain = [*mixed]
        certain[k] = np.eye(len(mixed[k]))[b]
        yield _product(certain)
