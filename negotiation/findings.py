"""Everything that a report tells: each analysis of one game, within a limit of time.

``gather`` runs the analyses one after the other. What the limit leaves out, or what cannot be
asked of the game, is named with its reason, so that a report never passes over it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import numpy as np

from .cascade import CascadeResult, cascade
from .claims import ClaimResult, at_nominal
from .comparing import Bounds, Comparison, find_outcome, whole
from .equilibrium.result import Solution
from .equilibrium.solve import solve_each
from .errors import InputError, NegotiationError, NumericalError, UnknownNameError
from .frozen import FrozenMap
from .likelihood import LOGIT_DRAWS, Likelihood, likelihood
from .model import Game, Outcome
from .pivots import PivotsResult, pivots, seats_of
from .process import check_date
from .race import First, first
from .settings import Setting
from .text.words import listed
from .tracing import Tipping, tip

Solver = Callable[..., Sequence[Solution]]
T = TypeVar("T")
#: values of a slider, the game's own among them; sliders; parameters tried for tipping
STEPS, SLIDERS, TIPPED = 9, 3, 5
#: equilibria of one value of a slider
LISTED = 16
#: draws that tell how long a draw takes: the fewest that are worth showing
FEWEST = 8
#: parts of the work that share the time that is left, and of how many shares each is worth one
SHARES = {"equilibria": 9, "cascade": 20, "refusals": 3, "likelihood": 9, "sliders": 3,
          "tipping": 4, "claims": 4, "pivots": 4}
#: the chance that tipping brings an outcome to; another one where it is near that already
EVEN, NEAR, UNLIKELY = 0.5, 0.1, 0.2


@dataclass(frozen=True, eq=False)
class Sweep:
    """A game solved afresh at several values of one parameter, all others as they are."""

    parameter: str
    values: tuple[float, ...]
    solutions: tuple[Solution, ...]
    #: which of the values is the game's own
    own: int


@dataclass(frozen=True)
class LeftOut:
    """A part that is not there, why, and the command that works it out without a limit."""

    part: str
    why: str
    command: str


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found; None for a part that ``left_out`` names.

    Attributes:
        outcome: the outcome that likelihood, pivots and tipping are about; None in a game without.
        refusals: actor → the outcome's chance when it never consents to the moves into it.
        claims: those that the definition carries, tested at the game's values.
        draws, seed: what was asked; the likelihood says how many draws were made.
    """

    game: Game
    by: float
    outcome: Outcome | None
    solution: Solution
    first: First
    cascade: CascadeResult | None
    likelihood: Likelihood | None
    refusals: FrozenMap[str, Bounds] | None
    pivots: PivotsResult | None
    sweeps: tuple[Sweep, ...]
    tipping: Tipping | None
    claims: tuple[ClaimResult, ...]
    left_out: tuple[LeftOut, ...]
    draws: int
    seed: int


class _TimeOver(NegotiationError):
    """The limit of one part is over."""


class _Budget:
    """The seconds that are left, and what each part may take of them."""

    def __init__(self, seconds: float | None) -> None:
        self.end = None if seconds is None else time.monotonic() + seconds
        self.parts = dict(SHARES)

    def until(self, part: str) -> float | None:
        """When a part has to end; what a part does not need is left to those after it."""
        share = self.parts.pop(part)
        if self.end is None:
            return None
        now = time.monotonic()
        return now + max(self.end - now, 0.0) * share / (share + sum(self.parts.values()))

    def limit(self, part: str) -> dict[str, float]:
        """The same as an option of ``solve``."""
        until = self.until(part)
        return {} if until is None else {"time_limit": max(until - time.monotonic(), 1e-3)}


def gather(game: Game, *, outcome: str | None = None, by: float | None = None, draws: int = 64,
           seed: int = 0, sliders: Sequence[str] = (), seconds: float | None = None,
           solver: Solver | None = None, fixed: Sequence[str] = (), called: str | None = None,
           progress: Callable[[str, int, int], object] | None = None) -> Findings:
    """Run every analysis that a report tells.

    Args:
        outcome: what likelihood, pivots and tipping are about; the game's first when left out.
        by: the date that chances refer to; the game's horizon when left out.
        draws: of the parameters; fewer where time does not allow them.
        sliders: parameters to solve the game over; those that move the outcome most when left out.
        seconds: a limit for all of it. Each part has its share, and what one does not need is left
            to those after it. The search for further equilibria and their proof ends with its
            share, with one equilibrium at least; any other part that does not fit is left out.
        solver: how games are solved; ``solve_each`` with at most 100 equilibria when left out.
        fixed: parameters that are not drawn although they have a range.
        called: the game, as commands know it; its name when left out.
        progress: called with the name of a part, its number from 0, and how many there are.

    Raises:
        UnknownNameError: for an outcome or parameter that the game does not have.
        InputError: for a number that cannot be used.
        NumericalError: for a game without an equilibrium that passes its certificate.
    """
    asked = find_outcome(game, outcome) if game.outcomes or outcome is not None else None
    h = game.horizon if by is None else check_date(by)
    _check(game, draws, sliders)
    solver = solver or partial(solve_each, cap=100)
    tell, budget = _Teller(progress), _Budget(seconds)
    tell("equilibria")
    solution = solver([game], **budget.limit("equilibria"))[0]
    if not solution.equilibria:
        raise NumericalError(f"{game.name}: {solution.incomplete_because or solution.status}")
    parts = _Parts(game, asked, h, solution, solver, budget, called or game.name)
    tell("cascade")
    effects = parts.cascade()
    tell("likelihood")
    refusals = parts.refusals()
    likely = parts.likelihood(draws, seed, tuple(fixed))
    names = list(sliders) or parts.moving(likely)
    tell("sliders")
    sweeps = parts.sweeps(names[:max(SLIDERS, len(sliders))])
    tell("tipping")
    tipping = parts.tipping(parts.moving(likely)[:TIPPED])
    tell("claims")
    tested = parts.claims()
    tell("pivots")
    decide = parts.pivots(seed)
    return Findings(game, h, asked, solution, first(solution, effects, h), effects, likely,
                    refusals, decide, sweeps, tipping, tested, tuple(parts.left_out), draws,
                    seed)


def _check(game: Game, draws: int, sliders: Sequence[str]) -> None:
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 2:
        raise InputError("the 'draws' parameter of a report must be a whole number of at least 2. "
                         f"Got {draws!r} instead.")
    ranged = _ranged(game)
    for name in sliders:
        if name not in game.parameters:
            raise UnknownNameError("parameter", name, game.parameters)
        if name not in ranged:
            raise InputError(f"parameter {name!r} has no range (low and high), so there is nothing "
                             "to slide over")


def _ranged(game: Game) -> dict[str, tuple[float, float]]:
    return {name: (one.low, one.high) for name, one in game.parameters.items()
            if one.low is not None and one.high is not None and one.low < one.high}


class _Teller:
    def __init__(self, progress: Callable[[str, int, int], object] | None) -> None:
        self.progress, self.at = progress, 0

    def __call__(self, part: str) -> None:
        if self.progress is not None:
            self.progress(part, self.at, 7)
        self.at += 1


class _Parts:
    """Each part by its own rules; what fails is noted in ``left_out``."""

    def __init__(self, game: Game, outcome: Outcome | None, by: float, solution: Solution,
                 solver: Solver, budget: _Budget, called: str) -> None:
        self.called = called
        self.game, self.outcome, self.by, self.solution = game, outcome, by, solution
        self.solver, self.budget = solver, budget
        self.left_out: list[LeftOut] = []

    def _skip(self, part: str, why: str, command: str) -> None:
        self.left_out.append(LeftOut(part, why, f"negotiation {command}"))

    def _tried(self, part: str, command: str, work: Callable[[], T]) -> T | None:
        try:
            return work()
        except _TimeOver:
            self._skip(part, "the time limit was over before it was done", command)
        except NegotiationError as error:
            self._skip(part, str(error), command)
        return None

    def _limited(self, until: float | None) -> Solver:
        """A solver that stops the whole part when its time is over."""
        def solve(games: Sequence[Game], **changed: Any) -> Sequence[Solution]:
            if until is None:
                return self.solver(games, **{"cap": LISTED, **changed})
            if time.monotonic() > until:
                raise _TimeOver
            return self.solver(games, **{"cap": LISTED, **changed}, progress=_stopper(until))
        return solve

    def _known(self, until: float | None, **options: Any) -> Solver:
        """The same; the game as it stands is solved already."""
        def solve(games: Sequence[Game]) -> Sequence[Solution]:
            rest = [game for game in games if game is not self.game]
            limited = {} if until is None else {"progress": _stopper(until)}
            found = iter(self.solver(rest, **options, **limited) if rest else ())
            return [self.solution if game is self.game else next(found) for game in games]
        return solve

    def cascade(self) -> CascadeResult | None:
        until = self.budget.until("cascade")
        if self.game.cascade is None:
            self._skip("cascade", "the definition has no [cascade] table, so that no front is the "
                                  "centre", f"cascade {self.called} --center FRONT --status S")
            return None

        return self._tried("cascade", f"cascade {self.called}", lambda: cascade(
            self.game, by=self.by, solver=self._known(until)))

    # -- likelihood

    def likelihood(self, draws: int, seed: int, fixed: tuple[str, ...]) -> Likelihood | None:
        until = self.budget.until("likelihood")
        if self.outcome is None:
            self._skip("likelihood", "the definition names no outcome", "check")
            return None
        options = self.solution.options
        ask = partial(likelihood, self.game, self.outcome.name, by=self.by, seed=seed, fixed=fixed,
                      indifferent=options.indifferent, conventions=options.conventions,
                      progress=_stopper(until))
        command = f"likelihood {self.called} {self.outcome.name} --draws {max(draws, 1024)}"
        found = self._tried("likelihood", command, lambda: self._drawn(ask, draws, until))
        if found is not None and found.draws < draws:
            self._skip("some draws", f"the time limit allowed {found.draws} of {draws}", command)
        if found is not None and not found.tornado:
            self._skip("one parameter at a time", "the time limit did not allow it", command)
        return found

    def _drawn(self, ask: Callable[..., Likelihood], draws: int, until: float | None) -> Likelihood:
        if until is None:
            return ask(draws=draws)
        if time.monotonic() > until:
            raise _TimeOver
        begin = time.monotonic()
        few = ask(draws=min(FEWEST, draws), logit=0, tornado=False, indices=0)
        pace = (time.monotonic() - begin) / few.solved
        left = until - time.monotonic()
        ends = 2 * len(_ranged(self.game)) * pace
        tornado = ends < left / 2
        left -= ends if tornado else 0.0
        fitting = draws
        while fitting > few.draws and (fitting + 1) * pace > 0.8 * left:
            fitting = max(fitting // 2, few.draws)
        left -= (fitting + 1) * pace
        logit = min(LOGIT_DRAWS, draws) if self._noise() else 0
        if logit and not self._quick_logit(left / (2 * logit)):
            logit = 0
        if fitting == few.draws and not tornado and not logit:
            return few
        less = {"indices": 0} if 2 * fitting * pace > left else {}
        try:
            return ask(draws=fitting, logit=logit, tornado=tornado, **less)
        except _TimeOver:  # draws that came later took longer: the first ones are what there is
            return few

    def _quick_logit(self, seconds: float) -> bool:
        """Whether the game is solved under ratification noise in so many seconds."""
        begin = time.monotonic()
        try:
            solve_each([self.game], concept="logit", progress=_stopper(begin + seconds))
        except (_TimeOver, NumericalError):
            return False
        return time.monotonic() - begin < seconds

    def _noise(self) -> bool:
        return bool(self.game.noise) or any(move.noise for move in self.game.moves.values())

    def moving(self, likely: Likelihood | None) -> list[str]:
        """Parameters with a range: those that move the outcome most, else those that the file's
        claims name, else in the file's order."""
        ranged = _ranged(self.game)
        found = [bar.parameter for bar in likely.tornado if bar.width > 0.0] if likely else []
        for claim in self.game.claims if not found else ():
            for setting in (claim.under, claim.than):
                found += list(setting.parameters) if setting is not None else []
        return [name for name in dict.fromkeys([*found, *ranged]) if name in ranged]

    # -- what a parameter does

    def sweeps(self, names: Sequence[str]) -> tuple[Sweep, ...]:
        until = self.budget.until("sliders")
        own = self.game.parameter_values()
        found = []
        for name in names:
            low, high = _ranged(self.game)[name]
            values = sorted({*np.linspace(low, high, STEPS).tolist(), float(own[name])})
            games = [self.game if value == own[name] else
                     self.game.with_parameters(**{name: value}) for value in values]
            command = f"trace {self.called} {name} {low:g} {high:g}"
            solved = self._tried(f"a slider over {name}", command, partial(
                self._solved, games, self._limited(until)))
            if solved is not None:
                found.append(Sweep(name, tuple(values), solved, values.index(own[name])))
        return tuple(found)

    def _solved(self, games: Sequence[Game], solver: Solver) -> tuple[Solution, ...]:
        others = solver([game for game in games if game is not self.game])
        rest = iter(others)
        found = tuple(self.solution if game is self.game else next(rest) for game in games)
        for one in found:
            if not one.equilibria:
                raise NumericalError(f"a value was left without an equilibrium: {one.status}")
        return found

    # -- who decides, and what would tip it

    def refusals(self) -> FrozenMap[str, Bounds] | None:
        until = self.budget.until("refusals")
        outcome = self.outcome
        if outcome is None or outcome.posture:
            return None
        return self._tried("who can stop it", self._about(), lambda: _refusals(
            Comparison(self.game, self._limited(until)), outcome, self.by))

    def pivots(self, seed: int) -> PivotsResult | None:
        until = self.budget.until("pivots")
        outcome = self.outcome
        if outcome is None or outcome.posture:
            return None
        return self._tried("what hangs on whom", self._about(), lambda: pivots(
            self.game, outcome.name, by=self.by, seed=seed, solver=self._limited(until)))

    def _about(self) -> str:
        return f"pivots {self.called} --outcome {self.outcome.name if self.outcome else ''}"

    def claims(self) -> tuple[ClaimResult, ...]:
        """One by one, those about a pivot last: they cost most."""
        until = self.budget.until("claims")
        study = Comparison(self.game, self._known(until, cap=LISTED))
        found: dict[str, ClaimResult] = {}
        late = []
        for claim in sorted(self.game.claims, key=lambda one: one.pivot is not None):
            try:
                found[claim.id] = at_nominal(study, claim, self.by)
            except _TimeOver:
                late.append(claim.id)
            except NegotiationError as error:
                self._skip(f"the claim {claim.id}", str(error), f"claims {self.called}")
        if late:
            self._skip(f"{'the claim' if len(late) == 1 else 'the claims'} {listed(late)}",
                       "the time limit was over before it was done", f"claims {self.called}")
        return tuple(found[claim.id] for claim in self.game.claims if claim.id in found)

    def tipping(self, names: Sequence[str]) -> Tipping | None:
        until = self.budget.until("tipping")
        if self.outcome is None or not names:
            return None
        left = None if until is None else max(until - time.monotonic(), 0.1)
        options = self.solution.options
        now = [e.probability(self.outcome.name, self.by) for e in self.solution.equilibria]
        even = min(abs(chance - EVEN) for chance in now) <= NEAR
        target = UNLIKELY if even else EVEN
        command = (f"tip {self.called} {self.outcome.name} --to {target} "
                   f"--parameters {','.join(names)}")
        return self._tried("what would tip it", command, lambda: tip(
            self.game, self.outcome.name if self.outcome else None, to=target, by=self.by,
            parameters=names, seconds=left, cap=LISTED, indifferent=options.indifferent,
            conventions=options.conventions))


def _stopper(until: float | None) -> Callable[[int, int], None] | None:
    def stop(done: int, total: int) -> None:
        if until is not None and time.monotonic() > until and done < total:
            raise _TimeOver
    return None if until is None else stop


def _refusals(study: Comparison, outcome: Outcome, by: float) -> FrozenMap[str, Bounds]:
    """Actor → the outcome's chance when it never consents to the moves that lead into it."""
    seats = {actor: Setting(consents=FrozenMap({actor: FrozenMap(dict.fromkeys(moves, False))}))
             for actor, moves in seats_of(study.game, outcome).items()}
    study.prepare((f"{actor} never consents", setting) for actor, setting in seats.items())
    return FrozenMap({actor: whole(study.under(setting).parts(outcome.name, by))
                      for actor, setting in seats.items()})
