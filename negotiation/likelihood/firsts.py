"""One equilibrium at each of many draws: the first that is listed, or that noise selects.

What comparisons over draws rest on (claims in a share of draws, the parameters that flip them): a
chunk of draws is one recursion over arrays, and any chance can be asked of what it found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..equilibrium import consents
from ..equilibrium.certificate import REGRET_TOLERANCE
from ..equilibrium.directional import together, traverse
from ..errors import NegotiationError
from ..kernels import compiled
from ..lattice import Lattice, build_lattice
from ..model import Game
from .batch import answer, take_draws
from .chains import Asked, consent_of
from .plan import chunk_size
from .played import Rows, play_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

STOPPED = "the time was over before it was solved"


@dataclass(frozen=True)
class Rule:
    """Which equilibrium is taken at each draw.

    Attributes:
        concept: ``mpe`` (the first that is listed), ``selected`` (the one that vanishing noise
            selects) or ``logit``.
        indifferent, conventions: as in ``solve``; None is what the game says. Of several
            conventions the first is followed.
    """

    concept: str = "mpe"
    indifferent: str | None = None
    conventions: str | None = None


@dataclass(frozen=True, eq=False)
class _Part:
    """Some draws (D',) that were solved together: the rows, whose they are, and hazards (D', E)."""

    rows: Rows
    draw: Ints
    row: Ints
    hazard: Floats


@dataclass(eq=False)
class Firsts:
    """One equilibrium of each of D draws; ``why`` tells why a draw has none."""

    size: int
    parts: list[_Part] = field(default_factory=list)
    why: dict[int, str] = field(default_factory=dict)
    _known: dict[tuple[str, ...], Floats] = field(default_factory=dict)

    def outcome(self, name: str, by: float) -> Floats:
        """(D,) the chance of an outcome that the game names by a date; NaN where a draw failed."""
        return self._ask((name,), by, lambda part: Asked.outcome(part.rows, part.row, name, by))

    def reached(self, front: str, status: str, by: float) -> Floats:
        """(D,) the chance that a front is in a status at some time up to a date."""
        return self._ask((front, status), by, lambda part: Asked.statuses(
            part.rows.lattice, {front: status}, by))

    def _ask(self, what: tuple[str, ...], by: float, asked: Callable[[_Part], Asked]) -> Floats:
        key = (*what, repr(by))
        if key not in self._known:
            found = np.full(self.size, np.nan)
            for part in self.parts:
                found[part.draw] = asked(part).of(part.rows.lattice, part.hazard,
                                                  np.arange(len(part.row)))
            self._known[key] = found
        return self._known[key]


def first_equilibria(game: Game, draws: dict[str, Floats], rule: Rule,
                     stop: Callable[[int], bool] | None = None) -> Firsts:
    """One equilibrium of a game at each of D draws of some parameters, arrays (D,).

    Args:
        stop: called with the draws done before every chunk; tells whether to leave out the rest.
    """
    size = len(next(iter(draws.values())))
    found, chunk = Firsts(size), chunk_size(game)
    for begin in range(0, size, chunk):
        here = np.arange(begin, min(begin + chunk, size))
        if stop is not None and stop(begin):
            found.why.update(dict.fromkeys(range(begin, size), STOPPED))
            break
        _solve(game, draws, here, rule, found)
    return found


def _solve(game: Game, draws: dict[str, Floats], here: Ints, rule: Rule, found: Firsts) -> None:
    try:
        rows = play_rows(build_lattice(game, {name: values[here] for name, values in
                                              draws.items()}), rule.conventions, 1)
        row, hazard, lost = _hazards(rows.lattice, rule)
    except Exception as error:  # whatever happens at one draw must not cost the others
        if len(here) == 1:
            ours = isinstance(error, NegotiationError)
            found.why[int(here[0])] = str(error) if ours else f"{type(error).__name__}: {error}"
            return
        for part in np.array_split(here, 2):
            _solve(game, draws, part, rule, found)
        return
    found.why.update({int(here[k]): why for k, why in lost.items()})
    found.parts.append(_Part(rows, here[row], row, hazard))


def _hazards(lattice: Lattice, rule: Rule) -> tuple[Ints, Floats, dict[int, str]]:
    """Rows (B,) that were solved, the hazards (B, E) in each, and why others were not."""
    ties = rule.indifferent or lattice.game.indifferent
    solver = partial(answer, indifferent=ties, concept=rule.concept)
    concept = "logit" if rule.concept == "logit" else "mpe"
    hazard = np.zeros(lattice.rate.shape)
    known = np.zeros(lattice.draws, dtype=bool)
    if rule.concept == "mpe" and ties != "all" and lattice.clashes is None and (
            consents.covers(lattice)):
        compiled.compiled("consent_loops", "sweep", large=True)
        quick = consents.one_equilibrium(lattice, indifferent=ties, prove=True)
        known = quick.unique & (quick.regret <= REGRET_TOLERANCE)
        hazard[known] = quick.hazard[known]
    rest = np.flatnonzero(~known)
    lost: dict[int, str] = {}
    if len(rest):
        part = lattice if len(rest) == lattice.draws else take_draws(lattice, rest)
        tree, = together([traverse(part, cap=1, one=True, concept=concept, tolerant=True)], solver)
        found = rest[tree.draw]
        hazard[found] = part.rate[tree.draw] * consent_of(tree, slice(None))
        known[found] = True
        lost = {int(rest[k]): why for k, why in (tree.lost or {}).items()}
    row = np.flatnonzero(known)
    return row, hazard[row], lost
