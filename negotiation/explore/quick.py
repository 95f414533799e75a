"""One equilibrium of a game at once, for a page that shows it while a slider moves.

Where loops are compiled every state's equilibria are searched afresh. Elsewhere the regime that
each state had when the game was last solved is tried first, and only where it is no equilibrium
any more is the state searched, for one. Either way the conditions of an equilibrium are recomputed
from the game in every state, by the certificate that knows nothing of the search.
"""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.problem import Problems, worth
from ..equilibrium.regimes import quick_states
from ..equilibrium.result import Options, Solution, Status
from ..equilibrium.state import Answers, join, solve_states
from ..equilibrium.ties import null_members
from ..errors import NumericalError
from ..kernels import compiled
from ..lattice import Lattice, build_lattice
from ..model import Game
from ..postures import play_out
from ..tracing.onward import followable
from ..tracing.plays import equilibrium, read
from ..tracing.sweep import Solving, sweep
from ..tracing.warm import FLIPS, Regimes, attempt, remember

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Quick:
    """Solves games that are near each other, one after the other.

    Args:
        indifferent, conventions: as in :func:`negotiation.solve`.
    """

    def __init__(self, indifferent: str | None = None, conventions: str | None = None) -> None:
        self.indifferent, self.conventions = indifferent, conventions
        self._of: tuple[bytes, ...] = ()
        self._known: dict[int, Regimes] = {}

    def __call__(self, game: Game) -> Solution | None:
        """One equilibrium; None for a game with cycles, encounters or offers, which has to be
        solved in another way, and where this way fails.
        """
        begin = time.perf_counter()
        whole = lattice = build_lattice(game)
        if not followable(lattice) or (self.indifferent or game.indifferent) == "all":
            return None
        if game.postures:
            lattice = play_out(lattice, self.conventions, 1).lattices[0]
        self._forget(lattice)
        rule = self.indifferent or game.indifferent
        try:
            raw = sweep(lattice, Solving(rule, cap=1), self._local)
        except NumericalError:
            return None
        self._known = remember(raw, [0])
        # surpluses are worked out from the play: the loops do not report them
        found = equilibrium(replace(read(lattice, raw).plays[0][0], surplus=None), lattice)
        return Solution(
            game=game, lattice=whole, equilibria=(found,), complete=False, status=Status.ONE,
            incomplete_because=str(Status.ONE), seconds=time.perf_counter() - begin,
            options=Options("one", indifferent=self.indifferent, conventions=self.conventions))

    def _forget(self, lattice: Lattice) -> None:
        """Regimes are of states by number: those of other states are of no use."""
        of = tuple(table.tobytes() for table in (
            lattice.states, lattice.edge_state, lattice.edge_target, lattice.edge_move))
        if of != self._of:
            self._of, self._known = of, {}

    def _local(self, problems: Problems, draw: Ints, state: Ints, solving: Solving) -> Answers:
        if compiled.available():
            return _first(quick_states(problems, solving.indifferent))
        known = np.array([s in self._known for s in state.tolist()])
        odd = np.asarray((null_members(problems) | problems.forced).any(axis=(1, 2)))
        left, parts = np.ones(problems.size, dtype=bool), []
        for turns in (0, FLIPS):
            rows = np.flatnonzero(left & known & ~odd)
            if len(rows):
                part = self._again(problems, rows, state, turns)
                left[part.owner] = False
                parts.append(part)
        rest = np.flatnonzero(left)
        if len(rest):
            found = solve_states(problems.take(rest), solving.indifferent, True, solving.boxes)
            found.owner, found.doubt = rest[found.owner], {}
            parts.append(found)
        return _first(join(parts))

    def _again(self, problems: Problems, rows: Ints, state: Ints, turns: int) -> Answers:
        """The equilibria of states in the regime that they had, or one a few turns away."""
        mine = [self._known[s] for s in state[rows].tolist()]
        start = Regimes(*(np.concatenate([getattr(one, name)[:1] for one in mine])
                          for name in ("label", "consent", "value", "terms")))
        points = attempt(problems, rows, replace(start, value=_waiting(problems.take(rows), start)),
                         turns)
        # where somebody is indifferent the regime, found by the search, has what the rule picks
        owner = points.owner
        consent = np.where(problems.chance[owner], 1.0, np.clip(points.consent, 0.0, 1.0))
        return Answers(owner, points.value, consent, np.zeros(consent.shape), points.terms,
                       points.index)


def _waiting(problems: Problems, start: Regimes) -> Floats:
    """(P, n) what waiting is worth if consents and terms stay what they were: values that the
    members' gains are positive at, as those of the last solution need not be."""
    hazard = problems.rate * np.where(problems.chance, 1.0, start.consent)
    after = problems.reward + worth(problems, start.terms)
    found: Floats = ((problems.flow + (hazard[..., None] * after).sum(axis=1))
                     / (problems.discount + hazard.sum(axis=1)[:, None]))
    return found


def _first(answers: Answers) -> Answers:
    """The first equilibrium of each problem."""
    order = np.argsort(answers.owner, kind="stable")
    _, first = np.unique(answers.owner[order], return_index=True)
    found = answers.rows(order[first])
    found.doubt = {}
    return found
