"""A batch of draws of a game's parameters, solved together: one recursion over arrays.

For every draw all equilibria that are found (under every convention of its postures, at most
``cap``), each one's probability of the outcome, the lowest and highest of them, and that of the
equilibrium which vanishing ratification noise selects. A draw that cannot be solved is lost to the
others: why is kept, and its numbers are not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..equilibrium import consents, cyclic, logit
from ..equilibrium.certificate import REGRET_TOLERANCE
from ..equilibrium.component import Components
from ..equilibrium.directional import Request, together, traverse
from ..equilibrium.encounters import solve as encounters
from ..equilibrium.ends import QUIET, compile_loops, recognised
from ..equilibrium.extremes import Goals, outcome_conditions
from ..equilibrium.problem import Problems
from ..equilibrium.regimes import quick_states
from ..equilibrium.result import Options
from ..equilibrium.state import Answers, join
from ..errors import NegotiationError
from ..kernels import compiled
from ..lattice import Lattice, build_lattice
from ..model import Game
from ..postures import MOST_CONVENTIONS
from .chains import Asked, chances
from .played import Rows, numbers_of, play_rows

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: chances closer than this are the same whatever equilibrium is selected
APART = 1e-9
#: where a draw has more equilibria than its cap, this part of the cap is gone on from: those that
#: lead furthest apart, whose range more would hardly widen
KEPT = 4
#: boxes of branch and bound that a state of a draw may cost where loops leave it
BOXES = 3


@dataclass(frozen=True)
class Question:
    """What is asked of every draw; everything here is part of what a result is a result of.

    Attributes:
        outcome, by: the outcome, and the date.
        cap: the most equilibria that are listed for a draw.
        indifferent, conventions: as in ``solve``; None is what the game says.
        concept: "mpe" or "logit".
    """

    outcome: str
    by: float
    cap: int = 64
    indifferent: str | None = None
    conventions: str | None = None
    concept: str = "mpe"


@dataclass(eq=False)
class Chances:
    """What D draws gave; numbers of lost draws are not a number.

    Attributes:
        low, high, selected: (D,) probabilities.
        count: (D,) equilibria found, 0 for a lost draw.
        complete: (D,) whether it is proved that there are no others.
        capped: (D,) whether the list stops at the cap.
        why: draw → why it was lost.
    """

    low: Floats
    high: Floats
    selected: Floats
    count: Ints
    complete: Bools
    capped: Bools
    why: dict[int, str]

    @staticmethod
    def empty(size: int) -> Chances:
        nan = np.full(size, np.nan)
        return Chances(nan, nan.copy(), nan.copy(), np.zeros(size, dtype=np.int64),
                       np.zeros(size, dtype=bool), np.zeros(size, dtype=bool), {})

    def put(self, rows: Ints, part: Chances) -> None:
        """Fill in some draws."""
        for name in ("low", "high", "selected", "count", "complete", "capped"):
            getattr(self, name)[rows] = getattr(part, name)
        self.why.update({int(rows[k]): why for k, why in part.why.items()})


def solve_batch(game: Game, draws: dict[str, Floats], question: Question) -> Chances:
    """The chances of an outcome at D draws of some parameters, arrays (D,)."""
    size = len(next(iter(draws.values())))
    found = Chances.empty(size)
    if not size:
        return found
    try:
        rows = play_rows(build_lattice(game, draws), question.conventions,
                         1 if question.concept == "logit" else min(MOST_CONVENTIONS, question.cap))
        number = np.bincount(rows.draw, minlength=size)
        for times in np.unique(number).tolist():
            mine = np.flatnonzero(number == times)
            _solve_rows(rows, np.flatnonzero(np.isin(rows.draw, mine)), times, question, found)
    except Exception as error:  # whatever happens at one draw must not cost the others
        found = Chances.empty(size)
        if size == 1:
            ours = isinstance(error, NegotiationError)
            found.why[0] = str(error) if ours else f"{type(error).__name__}: {error}"
            return found
        # halve the batch until the draw at fault stands alone
        for part in np.array_split(np.arange(size), 2):
            found.put(part, solve_batch(game, {n: v[part] for n, v in draws.items()}, question))
    return found


@dataclass(eq=False)
class _Branches:
    """Equilibria of rows of a lattice: ``row`` (B,), sorted, and what each one's chain does."""

    row: Ints
    chance: Floats
    unproved: set[int]
    cut: set[int]
    lost: dict[int, str]


def _solve_rows(rows: Rows, mine: Ints, times: int, question: Question, found: Chances) -> None:
    """Fill in the draws that have ``times`` conventions each; ``mine`` are their rows."""
    every = len(mine) == rows.lattice.draws
    lattice = rows.lattice if every else take_draws(rows.lattice, mine)
    asked = Asked.outcome(rows, mine, question.outcome, question.by)
    goals = Goals.of(lattice, question.by, outcome_conditions(lattice.game, [question.outcome]))
    branches = _branches(lattice, asked, max(question.cap // times, 1), question, goals)
    draw = rows.draw[mine]
    lost = {int(draw[row]): why for row, why in branches.lost.items()}
    found.why.update(lost)
    owner = draw[branches.row]
    keep = ~np.isin(owner, list(lost))
    owner, chance = owner[keep], branches.chance[keep]
    size = len(found.low)
    low, high = np.full(size, np.inf), np.full(size, -np.inf)
    np.minimum.at(low, owner, chance)
    np.maximum.at(high, owner, chance)
    here = np.unique(owner)
    found.low[here], found.high[here] = low[here], high[here]
    found.count[here] = np.bincount(owner, minlength=size)[here]
    found.capped[here] = rows.cut[here] | np.isin(here, draw[sorted(branches.cut)])
    open_ = np.isin(here, draw[sorted(branches.unproved)]) | rows.doubtful[here]
    found.complete[here] = ~open_ & ~found.capped[here] & (question.concept == "mpe")
    found.selected[here] = low[here]
    if question.concept == "mpe":
        # a list that is cut may be all alike, and the selected equilibrium another
        several = here[(high[here] - low[here] > APART) | found.capped[here]]
        _select(lattice, asked, draw, several, question, found)


def _select(lattice: Lattice, asked: Asked, draw: Ints, several: Ints, question: Question,
            found: Chances) -> None:
    """The equilibrium that vanishing noise selects, under the draw's first convention; where a
    state's equilibrium is the only one found, it is that one."""
    rows = np.searchsorted(draw, several)
    if not len(rows):
        return
    part = take_draws(lattice, rows)
    solver = partial(answer, indifferent=question.indifferent or lattice.game.indifferent,
                     concept="selected")
    tree, = together([traverse(part, cap=1, one=True, tolerant=True)], solver)
    chance = chances(tree, asked.take(rows))
    found.selected[several] = np.nan
    chosen = several[tree.draw]
    found.selected[chosen] = chance
    # an equilibrium like any other: where not all are listed, the range has to hold it
    found.low[chosen] = np.minimum(found.low[chosen], chance)
    found.high[chosen] = np.maximum(found.high[chosen], chance)
    for row, why in (tree.lost or {}).items():
        found.why[int(several[row])] = f"selection: {why}"
    gone = several[sorted(tree.lost or {})]
    found.low[gone] = found.high[gone] = np.nan
    found.count[gone] = 0


def take_draws(lattice: Lattice, rows: Ints) -> Lattice:
    """A lattice at some of its draws."""
    return replace(lattice, flow=lattice.flow[rows], **numbers_of(lattice, rows))


def _branches(lattice: Lattice, asked: Asked, cap: int, question: Question, goals: Goals,
              ) -> _Branches:
    """Every equilibrium of every row, at most ``cap`` each: those that lead furthest apart."""
    rule = question.indifferent or lattice.game.indifferent
    if question.concept == "mpe" and rule != "all" and lattice.clashes is None and (
            consents.covers(lattice)):
        return _fixed_branches(lattice, asked, cap, rule, goals)
    solver = partial(answer, indifferent=rule, concept=question.concept)
    tree, = together([traverse(lattice, cap=cap, concept=question.concept, tolerant=True,
                               goals=goals, keep=_kept(cap))], solver)
    return _Branches(tree.draw, chances(tree, asked), tree.unproved, tree.cut, tree.lost or {})


def _kept(cap: int) -> int:
    """How many equilibria of a draw are gone on from where it has more than the cap."""
    return max(cap // KEPT, 1)


def _fixed_branches(lattice: Lattice, asked: Asked, cap: int, rule: str, goals: Goals,
                    ) -> _Branches:
    """The same where payoffs are fixed: most rows have one equilibrium, which bounds find."""
    # the same loops for every chunk, whatever was worked on before: their last bits may differ
    compiled.compiled("consent_loops", "sweep", large=True)
    quick = consents.one_equilibrium(lattice, indifferent=rule, prove=True)
    chance = asked.of(lattice, quick.hazard, np.arange(lattice.draws))
    alone = quick.unique & (quick.regret <= REGRET_TOLERANCE)
    rest = np.flatnonzero(~alone)
    row = np.flatnonzero(alone)
    if not len(rest):
        return _Branches(row, chance, set(), set(), {})
    solver = partial(answer, indifferent=rule, concept="mpe")
    tree, = together([traverse(take_draws(lattice, rest), cap=cap, tolerant=True, goals=goals,
                               keep=_kept(cap))], solver)
    owner = np.concatenate([row, rest[tree.draw]])
    order = np.argsort(owner, kind="stable")
    both = np.concatenate([chance[alone], chances(tree, asked.take(rest))])
    return _Branches(owner[order], both[order], {int(rest[k]) for k in tree.unproved},
                     {int(rest[k]) for k in tree.cut},
                     {int(rest[k]): why for k, why in (tree.lost or {}).items()})


def answer(request: Request, indifferent: str, concept: str) -> Answers:
    """Solve what a level asks for, with compiled loops wherever there is a compiler."""
    compile_loops()
    if not isinstance(request, Problems | Components):
        chosen = "selected" if concept == "selected" else "all"
        return encounters.answer(request, Options(
            chosen, "logit" if concept == "logit" else "mpe", 1, BOXES, indifferent, None), None)
    if isinstance(request, Problems):
        if concept in ("mpe", "selected"):
            answers = quick_states(request, indifferent, BOXES)
            return answers if concept == "mpe" else _one_of_each(request, answers, indifferent)
        request = Components.alone(request)
    if concept == "logit":
        return logit.answer(request)
    if concept == "selected":
        return cyclic.selected(request, indifferent, bare=True)
    return cyclic.answer(request, indifferent)


def _one_of_each(problems: Problems, answers: Answers, indifferent: str) -> Answers:
    """The selected equilibrium of each problem: where several were found, or none, the branch of
    vanishing noise leads to it."""
    number = np.bincount(answers.owner, minlength=problems.size)
    several = np.flatnonzero(number != 1)
    alone = answers.keep(number[answers.owner] == 1)
    if not len(several):
        return alone
    part = Components.alone(problems.take(several))
    listed = answers.keep(number[answers.owner] != 1)
    listed.owner = np.searchsorted(several, listed.owner)
    noise = cyclic.noise_of(part)
    row = recognised(part, noise, logit.follow(part, noise, QUIET), listed)
    found = listed.rows(np.sort(row[row >= 0]))
    found.owner = several[found.owner]
    rest = np.flatnonzero(row < 0)
    if not len(rest):
        return join([alone, found])
    chosen = cyclic.selected(part.take(rest), indifferent, bare=True)
    chosen.owner = several[rest[chosen.owner]]
    chosen.doubt = {int(several[rest[p]]): why for p, why in chosen.doubt.items()}
    return join([alone, found, chosen])
