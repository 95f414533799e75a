"""``solve`` for stochastic games: components in reverse order, counted, listed and certified."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..equilibrium.counting import count
from ..equilibrium.listing import nodes as walk_nodes
from ..equilibrium.result import Status
from ..equilibrium.traversal import Ending, Progress, Stopped, Traversal
from ..errors import InputError, UnknownNameError, nearest
from .game import StochasticGame
from .local import REJECTED, Answers, StageProblems
from .result import Equilibria, StochasticContinuum, StochasticEquilibrium, StochasticSolution
from .stage import CONTINUUM

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Noise = ArrayLike | Mapping[str, float]

CHOICES = ("all", "one", "selected")
CONCEPTS = ("mpe", "logit")
#: most branches that are walked together
CHUNK = 1 << 16
EMPTY = "no equilibrium was found"


def solve(game: StochasticGame, *, equilibria: str = "all", concept: str = "mpe",
          noise: Noise | None = None, cap: int = 10_000, starts: int = 8,
          time_limit: float | None = None, progress: Progress | None = None,
          ) -> StochasticSolution:
    """Find the Markov perfect equilibria of a stochastic game, or its solution under noise.

    States that are alone in their component (a self-loop is allowed) are solved completely where
    they are pure, where dominance leaves at most two players a choice, or where a proof closes;
    components of several states by the logit path and a search. The choices are combined by state
    recursion over the components.

    Args:
        game: the game.
        equilibria: ``"all"``; ``"one"`` (of every component the first that is found; nothing is
            counted); or ``"selected"``: the one that the logit branch from infinite noise leads to
            as noise vanishes, component by component.
        concept: ``"mpe"``, Markov perfect equilibria; or ``"logit"``: chances of actions in
            proportion to exp(Q_i(s, a) / ς_i), the solution on the branch from infinite noise.
        noise: ς_i > 0 in payoff units: one number, (n,), or a table from players to numbers. The
            logit concept needs it; for ``"selected"`` it gives the proportions in which noise
            vanishes, those of the players' payoff ranges when left out.
        cap: the most equilibria to list; ``count`` is exact even when there are more.
        starts: paths to follow in components of several states, and in stages of three or more
            players that are not decided otherwise; more may find more equilibria.
        time_limit: seconds after which the work stops and what was found is returned.
        progress: called with (components done, components in all); a true answer stops the work.

    Raises:
        InputError: for an option that cannot be used.

    Sources: Iskhakov, Rust & Schjerning 2016, sections 2–3; Eibelshäuser & Poensgen 2019.

    >>> chicken = [[[0, 7], [2, 6]], [[0, 2], [7, 6]]]
    >>> game = StochasticGame([chicken], [[[[1.0], [1.0]], [[1.0], [1.0]]]], 0.9)
    >>> solve(game).count
    3
    >>> solve(game, concept="logit", noise=1.0).equilibria[0].strategies[0][0].round(3).tolist()
    [0.429, 0.571]
    """
    _check_options(equilibria, concept, cap, starts, time_limit)
    varsigma = _noise(game, noise, equilibria, concept)
    begin = time.perf_counter()
    one = equilibria != "all" or concept == "logit"
    problems = StageProblems(game, 1 if one else starts, noise=varsigma,
                             concept="logit" if concept == "logit" else "selected")
    tree = Traversal(problems, time_limit=time_limit, progress=progress, first_only=one)
    problems.stop = tree.check_time
    nodes, total, ending = _work(tree, 1 if one else cap, one)
    builder = _Builder(problems, tree, varsigma if concept == "logit" else None)
    asked = "logit" if concept == "logit" else equilibria
    status, because = _status(problems, tree, ending, asked, total, len(nodes), cap)
    return StochasticSolution(
        game=game, equilibria=Equilibria(nodes, builder.build), found=total,
        exact=total is not None and not tree.doubt and not tree.empty,
        complete=because is None, status=status, incomplete_because=because,
        continua=tuple(StochasticContinuum(state, tie.player, tie.actions)
                       for state, tie in problems.ties),
        solved=tree.solved, seconds=time.perf_counter() - begin, walk=builder.walk,
        concept=concept, noise=varsigma)


def _check_options(equilibria: str, concept: str, cap: int, starts: int,
                   time_limit: float | None) -> None:
    for parameter, given, known in (("equilibria", equilibria, CHOICES),
                                    ("concept", concept, CONCEPTS)):
        if given not in known:
            close = nearest(given, known)
            hint = f" Did you mean {close!r}?" if close else ""
            raise InputError(f"the {parameter!r} parameter of solve must be one of "
                             f"{', '.join(known)}. Got {given!r} instead.{hint}")
    for name, number in (("cap", cap), ("starts", starts)):
        if isinstance(number, bool) or not isinstance(number, int) or number < 1:
            raise InputError(f"the {name!r} parameter of solve must be an integer of at least 1. "
                             f"Got {number!r} instead.")
    if time_limit is not None and not time_limit > 0:
        raise InputError(f"the 'time_limit' parameter of solve must be seconds above 0, or None. "
                         f"Got {time_limit!r} instead.")


def _noise(game: StochasticGame, noise: Noise | None, equilibria: str, concept: str,
           ) -> Floats | None:
    """(n,) ς where it is used, else None."""
    if concept == "mpe" and equilibria != "selected":
        if noise is not None:
            raise InputError("the 'noise' parameter of solve is for concept='logit' and for "
                             "equilibria='selected'.")
        return None
    if noise is None:
        if concept == "logit":
            raise InputError("concept='logit' needs the 'noise' parameter: one number above 0, in "
                             "payoff units, or one for each player.")
        return game.payoff_range
    n = len(game.players)
    if isinstance(noise, Mapping):
        for name in noise:
            if name not in game.players:
                raise UnknownNameError("player", name, game.players)
        missing = [name for name in game.players if name not in noise]
        if missing:
            raise InputError(f"the 'noise' parameter of solve says nothing of the player "
                             f"{missing[0]!r}")
        noise = [noise[name] for name in game.players]
    try:
        given = np.array(noise, dtype=np.float64)
    except (TypeError, ValueError):
        given = np.zeros(0)
    if given.shape not in ((), (n,)) or not (np.isfinite(given) & (given > 0)).all():
        raise InputError(f"the 'noise' parameter of solve must be a number above 0, or one per "
                         f"player ({n}). Got {noise!r} instead.")
    return np.array(np.broadcast_to(given, (n,)))


def _work(tree: Traversal, cap: int, one: bool) -> tuple[Ints, int | None, Ending]:
    """The first ``cap`` equilibria as rows of nodes, how many there are in all, and the ending.

    Listing comes first: when it gets to the end below the cap there is nothing left to count.
    """
    blocks: list[Ints] = []
    total = None
    ending = Ending.FINISHED
    try:
        tree.settle()
        if not one:
            tree.ahead()
        _list(tree, cap, blocks)
        if not one:
            size = sum(map(len, blocks))
            total = size if size < cap else count(tree)
    except Stopped as stopped:
        ending = stopped.ending
    except KeyboardInterrupt:
        ending = Ending.INTERRUPTED
    if ending is not Ending.FINISHED and not blocks and tree.decided:
        tree.release()
        _list(tree, cap, blocks)
    if not blocks:
        blocks = [np.zeros((0, len(tree.row)), dtype=np.int64)]
    return blocks[0] if len(blocks) == 1 else np.concatenate(blocks), total, ending


def _list(tree: Traversal, cap: int, blocks: list[Ints]) -> None:
    """Append up to ``cap`` equilibria, so that what was found is there when the work is stopped."""
    size = 0
    for block in walk_nodes(tree, min(cap, CHUNK)):
        blocks.append(block[:cap - size])
        size += len(block)
        if size >= cap:
            break


class _Builder:
    """Puts equilibria together from the nodes of the traversal."""

    def __init__(self, problems: StageProblems, tree: Traversal, noise: Floats | None) -> None:
        self.problems, self.tree, self.noise = problems, tree, noise

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
        return StochasticEquilibrium(number, game, tuple(strategies), values, self.noise)

    def walk(self) -> Iterator[StochasticEquilibrium]:
        self.tree.release()
        number = 0
        for block in walk_nodes(self.tree):
            for nodes in block:
                number += 1
                yield self.build(number, nodes)


#: what was asked for other than everything → the status, and why the list is not complete
ASKED = {
    "one": (Status.ONE, "only one equilibrium was asked for"),
    "selected": (Status.SELECTED,
                 "only the equilibrium that vanishing noise selects was asked for"),
    "logit": (Status.BRANCH,
              "the solution on the branch from loud noise is listed, others are not"),
}


def _status(problems: StageProblems, tree: Traversal, ending: Ending, asked: str,
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
    if asked in ASKED:
        reasons.insert(0, ASKED[asked][1])
        status = ASKED[asked][0] if ending is Ending.FINISHED and not tree.empty else status
    return status, "; ".join(reasons) or None
