"""The Markov chain of an equilibrium: probabilities, times, and the likeliest sequences of events.

In an equilibrium a move m happens in state s at hazard λ_m(s)·α_m(s), so the state follows a
continuous-time Markov chain. A set of states is **reached by** a date when play is in it at some
time up to the date (with probability 1 if it starts there), whether or not it is still in it, and
**in force at** the date when play is in it then. Where moves can lead back, the time and the chance
of reaching it are those of the first arrival. DESIGN §2.6; the numerics and their accuracy are in
:mod:`negotiation.kernels.markov`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import InputError, UnknownNameError
from .frozen import FrozenMap
from .kernels import markov, markov_chain
from .kernels.sequences import likeliest
from .lattice import Lattice
from .model import Game

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

#: "in the long run" of play without end, in mean waits of the slowest state
FAR = 1e3


@dataclass(frozen=True)
class OutcomeChance:
    """How likely a set of states is; for an outcome about a posture, how much an action is played.

    Attributes:
        by: the date, in the game's unit of time.
        probability: of having been in the set at some time up to ``by``.
        in_force: of being in the set at ``by``.
        eventually: of ever being in the set.
        mean_time_if_reached: the expected date of the first arrival given that there is one;
            None when there never is.

    Of a posture's outcome ``probability`` is the expected share of the time up to ``by`` in which
    its actions are played, ``in_force`` the chance that they are played at ``by``, ``eventually``
    that chance in the long run; there is no date of arrival.
    """

    by: float
    probability: float
    in_force: float
    eventually: float
    mean_time_if_reached: float | None


@dataclass(frozen=True, eq=False)
class OutcomeCurve:
    """How likely a set of states is at each of T dates: all arrays (T,), probabilities."""

    times: Floats
    reached: Floats
    in_force: Floats


@dataclass(frozen=True)
class EventPath:
    """One sequence of moves from the start until nothing more can happen, or play goes round.

    Attributes:
        probability: that play begins with exactly this sequence.
        moves: names of the moves, in order.
        dates: the mean date of each move, given the sequence.
        states: the states passed through, the start first: one more than there are moves.
        probability_by: that play follows this sequence and all of it has happened by the date
            asked for; None when no date was.
        returns_to: the number of moves after which play was in the last state before, where the
            sequence stops because play is back in it; None when nothing more can happen.
        choices: the branching points: before each event, everything that can happen next and its
            chance, the likeliest first.
    """

    probability: float
    moves: tuple[str, ...]
    dates: tuple[float, ...]
    states: tuple[FrozenMap[str, str], ...]
    probability_by: float | None = None
    returns_to: int | None = None
    choices: tuple[FrozenMap[str, float], ...] = ()

    @property
    def final(self) -> FrozenMap[str, str]:
        """The state in which the sequence ends."""
        return self.states[-1]


@dataclass(frozen=True, eq=False)
class Process:
    """The chain over the states of a lattice that starts in its first state.

    Attributes:
        lattice: S states and E edges.
        hazard: (E,) rate times consent, events per unit of time, finite and at least 0.

    Raises:
        InputError: for hazards of another shape or out of range.
    """

    lattice: Lattice
    hazard: Floats

    def __post_init__(self) -> None:
        hazard = np.array(self.hazard, dtype=np.float64)
        expected = self.lattice.edge_state.shape
        if hazard.shape != expected:
            raise InputError(f"the 'hazard' parameter of Process must have shape {expected}. "
                             f"Got {hazard.shape} instead.")
        if not np.all(np.isfinite(hazard)) or np.any(hazard < 0.0):
            raise InputError("the 'hazard' parameter of Process must hold finite numbers of at "
                             "least 0.")
        hazard.setflags(write=False)
        object.__setattr__(self, "hazard", hazard)

    def outcome(self, name: str, by: float) -> OutcomeChance:
        """How likely an outcome of the game is.

        Args:
            name: an outcome that the game names.
            by: a date ≥ 0, in the game's unit of time.

        Raises:
            UnknownNameError: for a name that is no outcome.
            InputError: for a date that is negative or not finite.
        """
        return chances([self], name, check_date(by))[0]

    def condition(self, when: Mapping[str, str | Sequence[str]], by: float) -> OutcomeChance:
        """How likely a partial assignment of statuses (front → status or statuses) is.

        Raises:
            UnknownNameError: for an unknown front or status.
            InputError: for a date that is negative or not finite, or an empty list of statuses.
        """
        return self._chance(condition_states(self.lattice, when), by)

    def _chance(self, inside: Bools, by: float) -> OutcomeChance:
        date = check_date(by)
        return _chances(reach(self.lattice, self.hazard[None], inside, [date]), date)[0]

    def distribution(self, t: float) -> Floats:
        """(S,) probability of being in each state at date ``t`` ≥ 0."""
        times = np.array([check_date(t, "t")])
        found: Floats = markov.transient(chain_of(self.lattice), self.hazard[None], times)[0, 0]
        return found

    def over_time(self, name: str, times: ArrayLike) -> OutcomeCurve:
        """How likely an outcome is at each of T dates (finite and ≥ 0, in any order)."""
        dates = check_dates(times)
        if _is_share(self.lattice.game, name):
            share, now, _ = _shares(self, name, dates)
            return OutcomeCurve(dates, share, now)
        found = reach(self.lattice, self.hazard[None], outcome_states(self.lattice, name), dates)
        return OutcomeCurve(dates, found.reached[0], found.in_force[0])

    def front_status_probability(self, front: str, times: ArrayLike) -> Floats:
        """(T, statuses) probability that a front is in each of its statuses at each of T dates."""
        game, dates = self.lattice.game, check_dates(times)
        game.check_front(front)
        column = self.lattice.states[:, list(game.fronts).index(front)]
        reward = np.array([column == k for k in range(len(game.fronts[front].statuses))], float)
        found: Floats = markov.transient(
            chain_of(self.lattice), self.hazard[None], dates, reward)[0]
        return found

    @cached_property
    def live(self) -> markov_chain.Part:
        """The part of the chain that play can come to, with the edges that can be taken."""
        part, = markov_chain.alive(chain_of(self.lattice), self.hazard[None])
        return part

    @cached_property
    def path_of_play(self) -> tuple[object, ...]:
        """What is the same for chains of one game that do the same, whatever they would do where
        play never comes."""
        convention = self.lattice.convention
        return self.live.edges.tobytes(), self.hazard[self.live.edges].tobytes(), (
            None if convention is None else id(convention))

    def played(self, name: str) -> Floats:
        """(S,) the chance with which a posture's outcome is played in each state.

        Raises:
            InputError: for a lattice without a convention.
        """
        lattice = self.lattice
        if lattice.convention is None:
            raise InputError(f"outcome {name!r} is about how a posture is played: it needs a "
                             "lattice with a convention")
        return lattice.convention.chance(lattice, lattice.game.outcomes[name])

    @cached_property
    def jump(self) -> tuple[Floats, Floats]:
        """(S,) hazard of leaving each state, and (E,) the chance that each edge is what happens."""
        total = markov.total_hazard(chain_of(self.lattice), self.hazard[None])[0]
        out = total[self.lattice.edge_state]
        return total, np.divide(self.hazard, out, out=np.zeros_like(self.hazard), where=out > 0.0)

    @cached_property
    def visits(self) -> markov.Visits:
        """How likely and how often play comes by each state (B = R = 1)."""
        return markov.visits(chain_of(self.lattice), self.hazard[None])

    @cached_property
    def taken(self) -> Floats:
        """(E,) the expected number of times that each edge is taken.

        Without cycles that is the chance that it ever is. Infinite for what happens again and
        again in a loop that cannot be left.
        """
        number = self.visits.number[0, 0][self.lattice.edge_state]
        times = np.zeros_like(self.hazard)
        np.multiply(number, self.jump[1], out=times, where=self.jump[1] > 0.0)
        return times

    @property
    def endless(self) -> float:
        """The chance that play never comes to rest, because it ends in a loop that cannot be left.

        The chance that it comes to a state where nothing more happens is 1 less this.
        """
        acyclic = chain_of(self.lattice).layers is not None
        return 0.0 if acyclic else min(float(self.visits.endless[0, 0]), 1.0)

    def paths(self, most: int = 10, by: float | None = None,
              outcome: str | None = None) -> tuple[EventPath, ...]:
        """The most likely sequences of events from the start.

        A sequence stops when nothing more can happen, or when play comes back to a state that it
        has been in; every course of play begins with exactly one of them. No sequence that is left
        out is likelier than one that is listed (to 1e-10 of its likelihood); fewer than ``most``
        are listed where there are no more, or where none is found in half a million steps of the
        search (see :mod:`negotiation.kernels.sequences`).

        Args:
            most: how many to list, at least 1.
            by: also give the probability that the whole sequence has happened by this date.
            outcome: list only sequences that pass through this outcome before they stop.

        Raises:
            UnknownNameError: for a name that is no outcome.
            InputError: for a date that is negative or not finite, or ``most`` below 1.
        """
        if isinstance(most, bool) or not isinstance(most, int) or most < 1:
            raise InputError("the 'most' parameter of paths must be an integer of at least 1. "
                             f"Got {most!r} instead.")
        date = None if by is None else check_date(by)
        inside = None if outcome is None else outcome_states(self.lattice, outcome)
        total, share = self.jump
        search = likeliest(chain_of(self.lattice), self.lattice.first_edge, share, inside)
        found = [edges for edges, _ in zip(search, range(most), strict=False)]
        chances = [math.prod(share[edges].tolist()) for edges in found]
        if date is None:
            timely: list[float | None] = [None] * len(found)
        else:
            done = _all_done(self.lattice, total, found, date)
            timely = [chance * part for chance, part in zip(chances, done, strict=True)]
        return tuple(self._path(edges, chance, in_time) for edges, chance, in_time
                     in zip(found, chances, timely, strict=True))

    def _path(self, edges: list[int], chance: float, in_time: float | None) -> EventPath:
        lattice, (total, _) = self.lattice, self.jump
        states = [0, *lattice.edge_target[edges].tolist()]
        dates = np.cumsum(1.0 / total[states[:-1]])
        first = states.index(states[-1])
        return EventPath(
            probability=chance, returns_to=first if first < len(edges) else None,
            moves=tuple(lattice.moves[lattice.edge_move[e]] for e in edges),
            dates=tuple(dates.tolist()), probability_by=in_time,
            states=tuple(FrozenMap(lattice.state(s)) for s in states),
            choices=tuple(map(self._choices, states[:-1])))

    def _choices(self, state: int) -> FrozenMap[str, float]:
        lattice, (_, share) = self.lattice, self.jump
        chance: dict[str, float] = {}
        for e in lattice.edges(state):
            if share[e] > 0.0:
                move = lattice.moves[lattice.edge_move[e]]
                chance[move] = chance.get(move, 0.0) + float(share[e])
        return FrozenMap(sorted(chance.items(), key=lambda pair: -pair[1]))


def reach(lattice: Lattice, hazard: Floats, inside: Bools, times: ArrayLike) -> markov.Reach:
    """The same question for a batch of chains on one lattice, in one computation.

    Args:
        lattice: S states and E edges.
        hazard: (B, E) hazards, one row for each chain (equilibria, or draws of parameters).
        inside: (S,) the set of states, from :func:`outcome_states` or :func:`condition_states`.
        times: (T,) dates ≥ 0.

    Returns:
        Probabilities reached and in force (B, T), ever (B,), and mean times (B,).
    """
    dates = check_dates(times)
    if len(hazard):
        return markov.reach(chain_of(lattice), hazard, inside, dates)
    return markov.Reach(np.zeros((0, len(dates))), np.zeros((0, len(dates))), np.zeros(0),
                        np.zeros(0))


def chances(processes: Sequence[Process], name: str, date: float) -> list[OutcomeChance]:
    """The chance of one outcome in each of several chains on one lattice.

    Raises:
        UnknownNameError: for a name that is no outcome.
    """
    lattice = processes[0].lattice
    if _is_share(lattice.game, name):
        found = []
        for process in processes:
            share, now, ever = _shares(process, name, np.array([date]))
            found.append(OutcomeChance(date, float(share[0]), float(now[0]), ever, None))
        return found
    inside = outcome_states(lattice, name)
    if len(processes) == 1:  # of one chain, only what is alive is worked out
        live = processes[0].live
        return _chances(markov.reach(live.chain, processes[0].hazard[None, live.edges],
                                     inside[live.states], check_dates([date])), date)
    hazard = np.array([process.hazard for process in processes])
    return _chances(reach(lattice, hazard, inside, [date]), date)


def _is_share(game: Game, name: str) -> bool:
    return name in game.outcomes and bool(game.outcomes[name].posture)


def _shares(process: Process, name: str, dates: Floats) -> tuple[Floats, Floats, float]:
    """A posture's outcome: the mean to each date (T,), at each date (T,), in the long run."""
    hazard, chain = process.hazard[None], chain_of(process.lattice)
    played = process.played(name)[None]
    mean = markov.average(chain, hazard, dates, played)[0, :, 0]
    now = markov.transient(chain, hazard, dates, played)[0, :, 0]
    found = process.visits
    last = process.jump[0] == 0.0
    ever = float(found.ever[0, 0, last] @ played[0, last])
    if found.endless[0, 0] > 0.0:  # where play never comes to rest, a date that is far off
        far = np.array([FAR / max(float(process.jump[0].min(initial=np.inf, where=~last)), 1e-300)])
        ever = float(markov.transient(chain, hazard, far, played)[0, 0, 0])
    return mean, now, ever


def _chances(found: markov.Reach, by: float) -> list[OutcomeChance]:
    """One for each chain, at the only date that was asked for."""
    rows = zip(found.reached[:, 0].tolist(), found.in_force[:, 0].tolist(), found.ever.tolist(),
               found.mean_time.tolist(), strict=True)
    return [OutcomeChance(by=by, probability=reached, in_force=in_force, eventually=ever,
                          mean_time_if_reached=None if math.isnan(mean) else mean)
            for reached, in_force, ever, mean in rows]


_CHAINS: WeakKeyDictionary[Lattice, markov.Chain] = WeakKeyDictionary()


def chain_of(lattice: Lattice) -> markov.Chain:
    """The structure of a lattice's chains, prepared once for each lattice."""
    if lattice not in _CHAINS:
        _CHAINS[lattice] = markov.build_chain(lattice.edge_state, lattice.edge_target,
                                              lattice.level, lattice.component)
    return _CHAINS[lattice]


def outcome_states(lattice: Lattice, name: str) -> Bools:
    """(S,) the states in which an outcome of the game holds."""
    if name not in lattice.game.outcomes:
        raise UnknownNameError("outcome", name, lattice.game.outcomes)
    outcome = lattice.game.outcomes[name]
    if outcome.posture:
        raise InputError(f"outcome {name!r} is about how a posture is played, not about states: "
                         "expected one with 'when'")
    return lattice.holds(outcome.when)


def condition_states(lattice: Lattice, when: Mapping[str, str | Sequence[str]]) -> Bools:
    """(S,) the states in which a partial assignment (front → status or statuses) holds."""
    return lattice.holds(FrozenMap({front: _statuses(lattice.game, front, wanted)
                                    for front, wanted in when.items()}))


def _statuses(game: Game, front: str, wanted: str | Sequence[str]) -> tuple[str, ...]:
    game.check_front(front)
    statuses = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    if not statuses:
        raise InputError(f"the condition on front {front!r} must name at least one status. "
                         "Got an empty list instead.")
    for status in statuses:
        game.check_front(front, status)
    return statuses


def check_date(value: object, name: str = "by") -> float:
    """A date as a float.

    Raises:
        InputError: unless it is a finite number of at least 0.
    """
    if not isinstance(value, bool | np.bool_ | str) and hasattr(value, "__float__"):
        try:
            date = float(value)
        except (TypeError, ValueError, OverflowError):
            date = math.nan
        if math.isfinite(date) and date >= 0.0:
            return date
    raise InputError(f"the {name!r} parameter must be a date: a finite number of at least 0. "
                     f"Got {value!r} instead.")


def check_dates(times: ArrayLike) -> Floats:
    """(T,) dates as an array.

    Raises:
        InputError: unless they are one row of finite numbers of at least 0.
    """
    try:
        dates = np.array(times, dtype=np.float64)
    except (TypeError, ValueError):
        dates = np.array(math.nan)
    if dates.ndim != 1 or not np.all(np.isfinite(dates)) or np.any(dates < 0.0):
        raise InputError("the 'times' parameter must be one row of dates: finite numbers of at "
                         f"least 0. Got {times!r} instead.")
    return dates


# ---- sequences of events ---------------------------------------------------------------------

def _all_done(lattice: Lattice, total: Floats, paths: list[list[int]], by: float) -> list[float]:
    """The probability that all events of each sequence happen by a date, given the sequence."""
    if not paths:
        return []
    stages = np.array([len(edges) for edges in paths])
    rates = np.zeros((len(paths), int(stages.max())))
    for row, edges in enumerate(paths):
        rates[row, :len(edges)] = total[lattice.edge_state[edges]]
    done: list[float] = markov.hypoexponential(rates, stages, by).tolist()
    return done
