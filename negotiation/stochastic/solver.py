"""``solve`` for stochastic games: components in reverse order, counted, listed and certified."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.counting import count
from ..equilibrium.listing import nodes as walk_nodes
from ..equilibrium.result import Status
from ..equilibrium.traversal import Ending, Progress, Stopped, Traversal
from ..errors import InputError, nearest
from .game import StochasticGame
from .local import REJECTED, Answers, StageProblems
from .result import Equilibria, StochasticContinuum, StochasticEquilibrium, StochasticSolution
from .stage import CONTINUUM

Ints = NDArray[np.int64]

CHOICES = ("all", "one")
#: most branches that are walked together
CHUNK = 1 << 16
EMPTY = "no equilibrium was found"


def solve(game: StochasticGame, *, equilibria: str = "all", cap: int = 10_000, starts: int = 8,
          time_limit: float | None = None, progress: Progress | None = None,
          ) -> StochasticSolution:
    """Find the Markov perfect equilibria of a stochastic game.

    States that are alone in their component (a self-loop is allowed) are solved completely where
    they are pure, where dominance leaves at most two players a choice, or where a proof closes;
    components of several states by the logit path and a search. The choices are combined by state
    recursion over the components.

    Args:
        game: the game.
        equilibria: ``"all"``, or ``"one"`` (the first of every component; nothing is counted).
        cap: the most equilibria to list; ``count`` is exact even when there are more.
        starts: paths to follow in components of several states, and in stages of three or more
            players that are not decided otherwise; more may find more equilibria.
        time_limit: seconds after which the work stops and what was found is returned.
        progress: called with (components done, components in all); a true answer stops the work.

    Raises:
        InputError: for an option that cannot be used.

    Source: Iskhakov, Rust & Schjerning 2016, sections 2–3.
    """
    _check_options(equilibria, cap, starts, time_limit)
    begin = time.perf_counter()
    one = equilibria == "one"
    problems = StageProblems(game, 1 if one else starts)
    tree = Traversal(problems, time_limit=time_limit, progress=progress, first_only=one)
    problems.stop = tree.check_time
    nodes, total, ending = _work(tree, 1 if one else cap, one)
    builder = _Builder(problems, tree)
    status, because = _status(problems, tree, ending, one, total, len(nodes), cap)
    return StochasticSolution(
        game=game, equilibria=Equilibria(nodes, builder.build), found=total,
        exact=total is not None and not tree.doubt and not tree.empty,
        complete=because is None, status=status, incomplete_because=because,
        continua=tuple(StochasticContinuum(state, tie.player, tie.actions)
                       for state, tie in problems.ties),
        solved=tree.solved, seconds=time.perf_counter() - begin, walk=builder.walk)


def _check_options(equilibria: str, cap: int, starts: int, time_limit: float | None) -> None:
    if equilibria not in CHOICES:
        close = nearest(equilibria, CHOICES)
        hint = f" Did you mean {close!r}?" if close else ""
        raise InputError(f"the 'equilibria' parameter of solve must be one of {', '.join(CHOICES)}."
                         f" Got {equilibria!r} instead.{hint}")
    for name, number in (("cap", cap), ("starts", starts)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"the {name!r} parameter of solve must be an integer of at least 1. "
                             f"Got {number!r} instead.")
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"the 'time_limit' parameter of solve must be seconds above 0, or None. "
                         f"Got {time_limit!r} instead.")


def _work(tree: Traversal, cap: int, one: bool) -> tuple[Ints, int | None, Ending]:
    """The first ``cap`` equilibria as rows of nodes, how many there are in all, and the ending.

    Listing comes first: when it gets to the end below the cap there is nothing left to count.
    """
    blocks: list[Ints] = []
    size, total = 0, None
    ending = Ending.FINISHED
    try:
        tree.settle()
        if not one:
            tree.ahead()
        for block in walk_nodes(tree, min(cap, CHUNK)):
            blocks.append(block[:cap - size])
            size += len(block)
            if size >= cap:
                break
        if not one:
            total = size if size < cap else count(tree)
    except Stopped as stopped:
        ending = stopped.ending
    except KeyboardInterrupt:
        ending = Ending.INTERRUPTED
    if not blocks:
        blocks = [np.zeros((0, len(tree.row)), dtype=np.int64)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks), total, ending


class _Builder:
    """Puts equilibria together from the nodes of the traversal."""

    def __init__(self, problems: StageProblems, tree: Traversal) -> None:
        self.problems, self.tree = problems, tree

    def build(self, number: int, nodes: Ints) -> StochasticEquilibrium:
        game, graph = self.problems.game, self.problems.graph
        strategies: list[tuple[NDArray[np.float64], ...]] = [()] * len(game.states)
        values = np.empty((len(game.states), len(game.discount)))
        for c, node in enumerate(nodes.tolist()):
            source, place = self.tree.source(node)
            assert isinstance(source, Answers)
            members = graph.states[c]
            first = int(self.tree.node_row[node])
            values[members] = self.tree.table[first:first + len(members)]
            for k, s in enumerate(members.tolist()):
                profile = []
                for i, m in enumerate(game.shapes[s]):
                    mixed = source.strategies[place, k, i, :m].copy()
                    mixed.setflags(write=False)
                    profile.append(mixed)
                strategies[s] = tuple(profile)
        values.setflags(write=False)
        return StochasticEquilibrium(number, game, tuple(strategies), values)

    def walk(self) -> Iterator[StochasticEquilibrium]:
        number = 0
        for block in walk_nodes(self.tree):
            for nodes in block:
                number += 1
                yield self.build(number, nodes)


def _status(problems: StageProblems, tree: Traversal, ending: Ending, one: bool,
            total: int | None, listed: int, cap: int) -> tuple[Status | Ending, str | None]:
    """How the solve ended and, when the list is not proved complete, why, with the places."""
    game, graph = problems.game, problems.graph
    doubts: dict[str, list[int]] = {}
    for component, why in tree.doubt:
        doubts.setdefault(why, []).append(component)
    if tree.empty:
        doubts.setdefault(EMPTY, []).extend(sorted(tree.empty))
    status: Status | Ending = Status.COMPLETE
    reasons = []
    for why in sorted(doubts):
        places = sorted(doubts[why])
        names = [game.states[s] for s in graph.states[places[0]].tolist()]
        shown = ", ".join(names[:4]) + (", …" if len(names) > 4 else "")
        more = f" and {len(places) - 1} more" if len(places) > 1 else ""
        kind = "state" if len(names) == 1 else "states"
        reasons.append(f"{why} (in the {kind} {shown}{more})")
        if why == REJECTED:
            status = Status.REJECTED
        elif status is not Status.REJECTED:
            status = (Status.CONTINUUM if why == CONTINUUM and status is not Status.UNPROVED
                      else Status.UNPROVED)
    if total is not None and total > listed:
        reasons.insert(0, f"the list stops at the cap of {cap}")
        status = Status.CAPPED
    elif ending is not Ending.FINISHED:
        reasons.insert(0, str(ending).rstrip(".").lower())
        status = ending
    if one:
        reasons.insert(0, "only one equilibrium was asked for")
        status = Status.ONE if ending is Ending.FINISHED else status
    return status, "; ".join(reasons) or None
