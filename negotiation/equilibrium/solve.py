"""``solve``: one verb for a game, from its lattice to certified equilibria."""

from __future__ import annotations

import time

import numpy as np

from ..errors import InputError, nearest
from ..lattice import Lattice, build_lattice
from ..model import INDIFFERENT, Game
from .directional import (
    CONTINUUM,
    REJECTED,
    Progress,
    Tree,
    continua_of,
    traverse,
    unpack,
)
from .result import Component, Equilibrium, Solution, Status

EQUILIBRIA = ("all", "one")


def solve(game: Game, *, equilibria: str = "all", cap: int = 10_000,
          indifferent: str | None = None, progress: Progress | None = None) -> Solution:
    """Find the Markov perfect equilibria of a linked bargaining game (DESIGN §2.1).

    Args:
        game: the game, at its own parameter values.
        equilibria: ``"all"``, or ``"one"`` (the first, consents before refusals).
        cap: the most equilibria to list; the result says when there are more.
        indifferent: on a continuum of equilibria, which point: ``"consent"`` (as willing as can
            be), ``"refuse"``, or ``"all"`` (its extreme points). None: what the game says.
        progress: called with (states solved, states in all).

    Raises:
        InputError: for an option or a number of the game that cannot be used.
        NotYetError: when moves can lead back to a state.
        NumericalError: when a state's equilibrium could not be found (one always exists).

    Sources: Konishi & Ray 2003; Gomes & Jehiel 2005; Iskhakov, Rust & Schjerning 2016.
    """
    indifferent = game.indifferent if indifferent is None else indifferent
    _one_of("equilibria", equilibria, EQUILIBRIA)
    _one_of("indifferent", indifferent, INDIFFERENT)
    if isinstance(cap, bool) or not isinstance(cap, int) or cap < 1:
        raise InputError(f"the 'cap' parameter of solve must be an integer of at least 1. "
                         f"Got {cap!r} instead.")
    begin = time.perf_counter()
    lattice = build_lattice(game)
    tree = traverse(lattice, indifferent=indifferent, cap=cap, one=equilibria == "one",
                    progress=progress)
    found = tuple(_equilibrium(tree, branch) for branch in range(len(tree.node)))
    status, because = _status(lattice, tree, cap, equilibria)
    return Solution(game=game, lattice=lattice, equilibria=found, complete=because is None,
                    status=status, incomplete_because=because,
                    seconds=time.perf_counter() - begin)


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
