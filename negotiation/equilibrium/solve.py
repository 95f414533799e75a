"""``solve``: one verb for a game, from its lattice to certified equilibria."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from ..conventions import Played
from ..errors import InputError, nearest
from ..lattice import Lattice, build_lattice
from ..model import INDIFFERENT, POSTURE_RULES, Game
from . import consents
from .component import Components
from .directional import REJECTED, Request, together, traverse
from .encounters.request import Request as Clashing
from .problem import Problems
from .reading import equilibrium_of
from .rescue import solve_surely
from .result import Equilibrium, Options, Solution, Status
from .state import CONTINUUM, Answers, join
from .traversal import Ending, Stopped
from .tree import Tree
from .watch import REASONS, Progress, Watch

EQUILIBRIA = ("all", "one", "selected")
CONCEPTS = ("mpe", "logit")
#: seconds that counting what a cap cut off may take, at least
COUNTING = 5.0
#: problems that are solved before the watch is looked at again
PART = 2048


def solve(game: Game, *, equilibria: str = "all", concept: str = "mpe", cap: int = 10_000,
          boxes: int = 1_000, indifferent: str | None = None, conventions: str | None = None,
          time_limit: float | None = None, progress: Progress | None = None) -> Solution:
    """Find the Markov perfect equilibria of a linked bargaining game (DESIGN §2.1).

    Args:
        game: the game, at its own parameter values.
        equilibria: ``"all"``; ``"one"`` (the first, consents before refusals); or ``"selected"``:
            the one that ratification noise selects as it vanishes, its proportions the game's.
        concept: ``"mpe"``, Markov perfect equilibria; or ``"logit"``, the solution at the game's
            ratification noise on the branch from loud noise (§2.4).
        cap: the most equilibria to list; the result says when there are more.
        boxes: how much work the proof of completeness may be: boxes of branch and bound for the
            whole game, shared out evenly over its states. Equilibria are searched for whatever it
            is; where it ends a proof, the result says so. Raise it to have large games proved.
        indifferent: on a continuum of equilibria, which point: ``"consent"`` (as willing as can
            be), ``"refuse"``, or ``"all"`` (its extreme points). None: what the game says.
        conventions: which static equilibria of the game's postures are played: ``"all"``,
            ``"payoff-dominant"``, ``"risk-dominant"`` or ``"worst"``. None: what each posture says.
            The equilibria under every convention are listed, and the list is complete relative to
            these conventions; ``equilibria="one"`` follows the first.
        time_limit: seconds after which the search for further equilibria and proofs end: what is
            left is solved for one equilibrium, and ``status`` says so. An equilibrium that nothing
            can stand for (``"selected"``, ``"logit"``) is then missing.
        progress: called with (states solved, states in all); a true answer ends the work in the
            same way.

    Raises:
        InputError: for an option or a number of the game that cannot be used.
        NumericalError: when a state's equilibrium could not be found (one always exists).

    Sources: Konishi & Ray 2003; Gomes & Jehiel 2005; Iskhakov, Rust & Schjerning 2016.
    """
    return solve_each([game], equilibria=equilibria, concept=concept, cap=cap, boxes=boxes,
                      indifferent=indifferent, conventions=conventions, time_limit=time_limit,
                      progress=progress)[0]


def solve_each(games: Sequence[Game], *, equilibria: str = "all", concept: str = "mpe",
               cap: int = 10_000, boxes: int = 1_000, indifferent: str | None = None,
               conventions: str | None = None, time_limit: float | None = None,
               progress: Progress | None = None) -> tuple[Solution, ...]:
    """As :func:`solve`, for several games side by side: a state that several share is solved once.

    Games of one study, such as a game under several settings, cost little more than one of them.
    ``time_limit``, ``progress`` and each solution's ``seconds`` are those of all games together.
    """
    options = Options(equilibria, concept, cap, boxes, indifferent, conventions)
    _one_of("equilibria", equilibria, EQUILIBRIA)
    _one_of("concept", concept, CONCEPTS)
    if indifferent is not None:
        _one_of("indifferent", indifferent, INDIFFERENT)
    if conventions is not None:
        _one_of("conventions", conventions, POSTURE_RULES)
    _at_least_one("cap", cap)
    _at_least_one("boxes", boxes)
    if time_limit is not None and not (isinstance(time_limit, int | float) and time_limit > 0):
        raise InputError("the 'time_limit' parameter of solve must be seconds above 0, or None. "
                         f"Got {time_limit!r} instead.")
    begin = time.perf_counter()
    whole = [build_lattice(game) for game in games]
    plays = [_played(lattice, options) for lattice in whole]
    lattices = [lattice for play in plays for lattice in play.lattices]
    if concept == "logit":
        for lattice in lattices:
            need_noise(lattice)
    rules = [lattice.game.indifferent if indifferent is None else indifferent
             for lattice in lattices]
    caps = [max(cap // len(play.lattices), 1) for play in plays for _ in play.lattices]
    watch = Watch(sum(len(lattice.states) for lattice in lattices), begin, time_limit,
                  progress)
    try:
        if not any(game.postures for game in games):
            quick = consents.solutions(lattices, rules, options, watch, begin)
            if quick is not None:
                return quick
        share = max(boxes // max((len(lattice.states) for lattice in lattices), default=1), 1)
        each = [replace(options, indifferent=rule, boxes=share) for rule in rules]
        trees = _trees(lattices, caps, each, watch)
    except Stopped as stopped:
        return tuple(_nothing(lattice, stopped.ending, options, time.perf_counter() - begin)
                     for lattice in whole)
    totals = {k: _total(trees[k], each[k], watch, time.perf_counter() - begin)
              for k in range(len(lattices))}
    seconds = time.perf_counter() - begin
    following = ((trees[k], totals[k]) for k in range(len(lattices)))
    return tuple(_solution(lattice, play, list(itertools.islice(following, len(play.lattices))),
                           options, seconds) for lattice, play in zip(whole, plays, strict=True))


def _trees(lattices: Sequence[Lattice], caps: Sequence[int], each: Sequence[Options],
           watch: Watch) -> list[Tree]:
    """Walk all lattices; those with the same actors and rule for indifference side by side."""
    trees: dict[int, Tree] = {}
    kinds = [(options.indifferent, lattice.actors)
             for options, lattice in zip(each, lattices, strict=True)]
    for kind in dict.fromkeys(kinds):
        mine = [k for k, other in enumerate(kinds) if other == kind]
        options = each[mine[0]]
        runs = [traverse(lattices[k], cap=caps[k], one=options.equilibria == "one",
                         concept=options.concept, progress=watch.of(k), watch=watch) for k in mine]
        trees.update(zip(mine, together(runs, partial(_answer, options=options, watch=watch)),
                         strict=True))
    return [trees[k] for k in range(len(lattices))]


def _played(lattice: Lattice, options: Options) -> Played:
    """The lattice itself, or, of a game with postures, one for each convention."""
    if not lattice.game.postures:
        return Played((lattice,), (), 1)
    from ..postures import MOST_CONVENTIONS, play_out

    most = 1 if options.equilibria == "one" else min(MOST_CONVENTIONS, options.cap)
    return play_out(lattice, options.conventions, most)


def _total(tree: Tree, options: Options, watch: Watch, spent: float) -> int | None:
    """How many equilibria there are when the list is capped and nothing else is open."""
    if not tree.capped or tree.doubt or options.equilibria != "all" or watch.over():
        return None
    from .linked import LinkedGame, count_equilibria
    game = LinkedGame(tree.lattice, partial(_answer, options=options))
    counting = max(COUNTING, 4.0 * spent)
    return count_equilibria(game, counting if watch.left is None else min(counting, watch.left))


def _answer(request: Request, options: Options, watch: Watch | None = None) -> Answers:
    """Solve what a level asks for; options.boxes are those of one state."""
    rule = options.indifferent or "consent"
    hurry = watch is not None and watch.over()
    first = options.equilibria == "one" or hurry
    if isinstance(request, Clashing):
        from .encounters import solve as solve_encounters
        return solve_encounters.answer(request, options, watch)
    if isinstance(request, Problems):
        if options.concept == "mpe" and options.equilibria != "selected":
            return _in_parts(request, rule, first, options.boxes, watch)
        request = Components.alone(request)
    if options.concept == "logit" or options.equilibria == "selected":
        if watch is not None:
            watch.check()
    if options.concept == "logit":
        from . import logit
        return logit.answer(request)
    from . import cyclic
    if options.equilibria == "selected":
        return cyclic.selected(request, rule)
    found = cyclic.answer(request, rule, first=first, boxes=1 if hurry else options.boxes)
    if hurry and watch is not None:
        found.doubt = dict.fromkeys(range(request.size), watch.reason)
    return found


def _in_parts(problems: Problems, rule: str, first: bool, boxes: int, watch: Watch | None,
              ) -> Answers:
    """Solve problems, looking at the watch every so many of them."""
    if watch is None or not watch.bounded:
        return solve_surely(problems, rule, first, boxes, watch)
    parts = []
    for begin in range(0, problems.size, PART):
        rows = np.arange(begin, min(begin + PART, problems.size))
        hurry = watch.over()
        part = solve_surely(problems.take(rows), rule, first or hurry, boxes, watch)
        if hurry:
            part.doubt = dict.fromkeys(range(len(rows)), watch.reason)
        part.owner = part.owner + begin
        part.doubt = {begin + p: why for p, why in part.doubt.items()}
        parts.append(part)
    return join(parts)


def need_noise(lattice: Lattice) -> None:
    """The logit concept needs Nash terms, and noise for all members of every move that can come."""
    quiet = [actor for clash in lattice.game.encounters.values() for actor in clash.players
             if lattice.clashes is not None
             and not (lattice.clashes.noise[:, lattice.actors.index(actor)] > 0).all()]
    if quiet:
        raise InputError(
            f"{lattice.game.name}: the logit concept needs noise above 0 for every player of an "
            f"encounter: there is none for {', '.join(dict.fromkeys(quiet))}. Set 'noise' in the "
            "definition.")
    for m, (name, move) in enumerate(lattice.game.moves.items()):
        edges = np.flatnonzero((lattice.edge_move == m) & ~lattice.never)
        if not len(edges) or not lattice.rate[:, edges].any():
            continue
        silent = [actor for actor in move.by
                  if not (lattice.noise[:, m, lattice.actors.index(actor)] > 0).all()]
        if silent:
            raise InputError(
                f"{lattice.game.name}: the logit concept needs ratification noise above 0 for "
                f"every member of a coalition: move {name!r} has none for {', '.join(silent)}. "
                "Set 'noise' in the definition.")
        if move.issues and move.solution != "nash":
            raise InputError(
                f"{lattice.game.name}: the logit concept knows Nash terms only: move {name!r} uses "
                f"{move.solution!r}")


def _at_least_one(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"the {name!r} parameter of solve must be an integer of at least 1. "
                         f"Got {value!r} instead.")


def _nothing(lattice: Lattice, ending: Ending, options: Options, seconds: float) -> Solution:
    """What is left of work that was stopped before it had anything."""
    return Solution(game=lattice.game, lattice=lattice, equilibria=(), complete=False,
                    status=ending, incomplete_because=f"{REASONS[ending]}; none was found",
                    seconds=seconds, options=options)


def _solution(lattice: Lattice, played: Played, solved: list[tuple[Tree, int | None]],
              options: Options, seconds: float) -> Solution:
    """The equilibria under every convention that was followed, one convention after the other."""
    trees = [tree for tree, _ in solved]
    found = [equilibrium_of(tree, branch) for tree in trees for branch in range(len(tree.node))]
    doubt: dict[tuple[int, str], int] = {}
    for tree in trees:
        for key, count in tree.doubt.items():
            doubt[key] = doubt.get(key, 0) + count
    every = replace(trees[0], doubt=doubt, capped=any(tree.capped for tree in trees))
    status, because = _status(lattice, every, options, played)
    counts = [len(tree.node) if total is None and not tree.capped else total
              for tree, total in solved]
    known = [count for count in counts if count is not None]
    total = (sum(known) if every.capped and len(known) == len(counts)
             and len(trees) == played.total else None)
    return Solution(game=lattice.game, lattice=lattice, complete=because is None, status=status,
                    equilibria=tuple(replace(one, id=k) for k, one in enumerate(found, 1)),
                    incomplete_because=because, seconds=seconds, total=total,
                    options=options,
                    further=partial(_walk, lattice, options) if status is Status.CAPPED else None)


def _walk(whole: Lattice, options: Options) -> Iterator[Equilibrium]:
    """Every equilibrium under every convention that can be followed, beyond the cap."""
    from .walk import walk
    number = 0
    for lattice in _played(whole, replace(options, cap=sys.maxsize)).lattices:
        share = max(options.boxes // len(lattice.states), 1)
        rule = lattice.game.indifferent if options.indifferent is None else options.indifferent
        solver = partial(_answer, options=replace(options, indifferent=rule, boxes=share))
        for tree in walk(lattice, solver):
            for branch in range(len(tree.node)):
                number += 1
                yield replace(equilibrium_of(tree, branch), id=number)


def _one_of(name: str, value: object, known: tuple[str, ...]) -> None:
    if value not in known:
        close = nearest(value, known)
        hint = f" Did you mean {close!r}?" if close else ""
        raise InputError(f"the {name!r} parameter of solve must be one of {', '.join(known)}. "
                         f"Got {value!r} instead.{hint}")


def _status(lattice: Lattice, tree: Tree, options: Options, played: Played,
            ) -> tuple[Status | Ending, str | None]:
    """How the solve ended and, when the list is not proved complete, why, with the places."""
    reasons = []
    status: Status | Ending = Status.COMPLETE
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
    for why, continuum in played.doubts:
        reasons.append(why)
        if status in (Status.COMPLETE, Status.CONTINUUM):
            status = Status.CONTINUUM if continuum else Status.UNPROVED
    followed = len(played.lattices)
    if tree.capped:
        share = f", shared by {followed} conventions" if followed > 1 else ""
        reasons.insert(0, f"the list stops at the cap of {options.cap}{share}")
        status = Status.CAPPED
    if followed < played.total:
        reasons.insert(0, f"{followed} of {played.total} conventions were followed")
        status = Status.CAPPED
    for ending, why in REASONS.items():
        if why in kinds:
            status = ending
    if options.concept == "logit":
        reasons.insert(0, "the solution on the branch from loud noise is listed, others are not")
        status = Status.BRANCH
    elif options.equilibria == "selected":
        reasons.insert(0, "only the equilibrium that vanishing noise selects was asked for")
        status = Status.SELECTED
    elif options.equilibria == "one":
        reasons.insert(0, "only one equilibrium was asked for")
        status = Status.ONE
    return status, "; ".join(reasons) or None
