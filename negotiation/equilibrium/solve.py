"""``solve``: one verb for a game, from its lattice to certified equilibria."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

import numpy as np

from ..errors import InputError, nearest
from ..lattice import Lattice, build_lattice
from ..model import INDIFFERENT, Game
from . import cyclic
from .component import Components
from .directional import (
    CONTINUUM,
    REJECTED,
    Progress,
    Request,
    Tree,
    continua_of,
    together,
    traverse,
    unpack,
)
from .result import Component, Equilibrium, Options, Solution, Status
from .state import Answers, solve_states

EQUILIBRIA = ("all", "one")


def solve(game: Game, *, equilibria: str = "all", cap: int = 10_000, boxes: int = 1_000,
          indifferent: str | None = None, progress: Progress | None = None) -> Solution:
    """Find the Markov perfect equilibria of a linked bargaining game (DESIGN §2.1).

    Args:
        game: the game, at its own parameter values.
        equilibria: ``"all"``, or ``"one"`` (the first, consents before refusals).
        cap: the most equilibria to list; the result says when there are more.
        boxes: how much work the proof of completeness may be: boxes of branch and bound for the
            whole game, shared out evenly over its states. Equilibria are searched for whatever it
            is; where it ends a proof, the result says so. Raise it to have large games proved.
        indifferent: on a continuum of equilibria, which point: ``"consent"`` (as willing as can
            be), ``"refuse"``, or ``"all"`` (its extreme points). None: what the game says.
        progress: called with (states solved, states in all).

    Raises:
        InputError: for an option or a number of the game that cannot be used.
        NumericalError: when a state's equilibrium could not be found (one always exists).

    Sources: Konishi & Ray 2003; Gomes & Jehiel 2005; Iskhakov, Rust & Schjerning 2016.
    """
    return solve_each([game], equilibria=equilibria, cap=cap, boxes=boxes, indifferent=indifferent,
                      progress=progress)[0]


def solve_each(games: Sequence[Game], *, equilibria: str = "all", cap: int = 10_000,
               boxes: int = 1_000, indifferent: str | None = None,
               progress: Progress | None = None) -> tuple[Solution, ...]:
    """As :func:`solve`, for several games side by side: a state that several share is solved once.

    Games of one study, such as a game under several settings, cost little more than one of them.
    ``progress`` and each solution's ``seconds`` are those of all games together.
    """
    _one_of("equilibria", equilibria, EQUILIBRIA)
    if indifferent is not None:
        _one_of("indifferent", indifferent, INDIFFERENT)
    _at_least_one("cap", cap)
    _at_least_one("boxes", boxes)
    begin = time.perf_counter()
    lattices = [build_lattice(game) for game in games]
    rules = [game.indifferent if indifferent is None else indifferent for game in games]
    first = equilibria == "one"
    share = boxes // max((len(lattice.states) for lattice in lattices), default=1)
    count = _Count(sum(len(lattice.states) for lattice in lattices), progress)
    trees: dict[int, Tree] = {}
    for rule, actors in dict.fromkeys(zip(rules, (x.actors for x in lattices), strict=True)):
        mine = [k for k in range(len(games)) if (rules[k], lattices[k].actors) == (rule, actors)]
        runs = [traverse(lattices[k], cap=cap, one=first, progress=count.of(k)) for k in mine]
        solver = partial(_answer, indifferent=rule, first=first, boxes=max(share, 1))
        trees.update(zip(mine, together(runs, solver), strict=True))
    options = Options(equilibria, cap, boxes, indifferent)
    seconds = time.perf_counter() - begin
    return tuple(_solution(game, trees[k], options, seconds) for k, game in enumerate(games))


def _answer(request: Request, indifferent: str, first: bool, boxes: int) -> Answers:
    if isinstance(request, Components):
        return cyclic.answer(request, indifferent, first)
    return solve_states(request, indifferent, first, boxes)


def _at_least_one(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"the {name!r} parameter of solve must be an integer of at least 1. "
                         f"Got {value!r} instead.")


class _Count:
    """Adds up the states solved in several games."""

    def __init__(self, whole: int, progress: Progress | None) -> None:
        self.whole, self.progress = whole, progress
        self.done: dict[int, int] = {}

    def of(self, game: int) -> Progress:
        def report(done: int, _: int) -> None:
            self.done[game] = done
            if self.progress is not None:
                self.progress(sum(self.done.values()), self.whole)
        return report


def _solution(game: Game, tree: Tree, options: Options, seconds: float) -> Solution:
    found = tuple(_equilibrium(tree, branch) for branch in range(len(tree.node)))
    status, because = _status(tree.lattice, tree, options.cap, options.equilibria)
    return Solution(game=game, lattice=tree.lattice, equilibria=found, complete=because is None,
                    status=status, incomplete_because=because, seconds=seconds, options=options)


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        close = nearest(value, known)
        hint = f" Did you mean {close!r}?" if close else ""
        raise InputError(f"the {name!r} parameter of solve must be one of {', '.join(known)}. "
                         f"Got {value!r} instead.{hint}")


def _equilibrium(tree: Tree, branch: int) -> Equilibrium:
    lattice = tree.lattice
    node = tree.node[branch]
    values, consent, terms, proposals, sigma = unpack(tree, branch)
    parts = []
    for state, part in continua_of(tree, node):
        edges = lattice.edges(state)
        parts.append(Component(
            state=state, actors=tuple(lattice.actors[i] for i in part.actors),
            moves=tuple(lattice.moves[lattice.edge_move[edges[m]]] for m in part.moves),
            extremes=part.extremes, value_varies=part.value_varies))
    for array in (values, consent, terms, sigma):
        array.setflags(write=False)
    return Equilibrium(
        id=branch + 1, lattice=lattice, draw=int(tree.draw[branch]), values=values,
        consent=consent, terms_array=terms, proposals=proposals, surplus=sigma,
        index=int(np.prod(tree.index[node])), regret=float(tree.regret[node].max()),
        components=tuple(parts))


def _status(lattice: Lattice, tree: Tree, cap: int, equilibria: str,
            ) -> tuple[Status, str | None]:
    """How the solve ended and, when the list is not proved complete, why, with the places."""
    reasons = []
    status = Status.COMPLETE
    kinds = sorted({why for _, why in tree.doubt})
    for why in kinds:
        states = sorted({state for state, reason in tree.doubt if reason == why})
        place = ", ".join(f"{front} {status_}" for front, status_ in
                          lattice.state(states[0]).items())
        more = f" and {len(states) - 1} more" if len(states) > 1 else ""
        reasons.append(f"{why} (in the state {place}{more})")
        status = (Status.REJECTED if why == REJECTED else
                  Status.CONTINUUM if why == CONTINUUM and status is Status.COMPLETE else
                  status if status is Status.REJECTED else Status.UNPROVED)
    if tree.capped:
        reasons.insert(0, f"the list stops at the cap of {cap}")
        status = Status.CAPPED
    if equilibria == "one":
        reasons.insert(0, "only one equilibrium was asked for")
        status = Status.ONE
    return status, "; ".join(reasons) or None
