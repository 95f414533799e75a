"""What a trace returns: branches of equilibria over a parameter, and the events between them."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.result import Equilibrium
from ..errors import InputError
from ..frozen import FrozenMap
from ..model import Game

Floats = NDArray[np.float64]

#: the widest window, as a share of the interval, that a complete trace leaves unproved
WINDOW = 1e-5


class Ending(enum.Enum):
    """How a trace ended; the value reads as a sentence."""

    DONE = "Every branch was followed over the whole interval."
    TIME = ("The time limit ended the work: events are left that are only known to lie in a "
            "bracket.")
    INTERRUPTED = ("The work was interrupted: events are left that are only known to lie in a "
                   "bracket.")
    ROUNDS = "Some events could not be told apart and are only known to lie in a bracket."
    CHECKS = "The last round of fresh checks still found plays that no branch had covered."
    MANY = ("At some values there are more plays than are followed: of those, the ones that were "
            "listed are counted, and the two by which the outcome is least and most likely are "
            "followed.")

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class Change:
    """One condition that is just met at an event, or a consent or term that it changes.

    Attributes:
        state: front → status; ``move``, and ``issue`` where a term is meant.
        before, after: "refused", "made" or "mixed" of a consent; "0", "between" or "1" of a term;
            read in the direction of the trace. None where one side says nothing.
        actor: whose gain is zero, where one actor's is.
        on_path: whether play can reach the state.
    """

    state: FrozenMap[str, str]
    move: str
    before: str | None
    after: str | None
    issue: str | None = None
    actor: str | None = None
    on_path: bool = True


@dataclass(frozen=True)
class Event:
    """Something that happens to branches at one value of the parameter.

    Attributes:
        id: its number, in the order in which the trace meets events.
        kind: ``"switch"`` (a consent changes and values move on without a jump), ``"bound"`` (a
            term comes to a bound or leaves it), ``"jump"`` (a consent changes and, the one who
            decides it being indifferent, other actors' values jump), ``"fold"`` (two branches meet
            and vanish, or appear; where somebody is indifferent there, a tie joins them),
            ``"end"`` or ``"birth"`` (a branch goes, or comes, because of what happens in a state
            off its path), ``"convention"`` (a posture is played otherwise), ``"unresolved"`` (a
            bracket with more than one event in it).
        value: the parameter's value there; ``error`` how far off it can be.
        exact: whether a switching function's zero says where it is, not only a bracket.
        before, after: branches that end here, and that begin here.
        through: branches that go on through it.
        causes: conditions that are just met there; ``changes``: what is different after it.
    """

    id: int
    kind: str
    value: float
    error: float
    exact: bool
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    through: tuple[int, ...] = ()
    causes: tuple[Change, ...] = ()
    changes: tuple[Change, ...] = ()
    convention: tuple[str, str] | None = None
    #: branch → outcome → (chance just before, just after), of branches that go through it
    outcomes: FrozenMap[int, FrozenMap[str, tuple[float, float]]] = field(default_factory=FrozenMap)
    #: the cascade verdict just before and just after it, where that was asked for
    verdict: tuple[str, str] | None = None


@dataclass(frozen=True)
class Special:
    """A labelled point of a branch: event ``event`` of that kind between points ``after`` and the
    next (−1: before the first)."""

    kind: str
    event: int
    value: float
    after: int


@dataclass(frozen=True, eq=False)
class Branch:
    """A play followed over part of the interval, in the direction of the trace. P points.

    Attributes:
        id: its number, from 1.
        values: (P,) of the parameter.
        outcomes: outcome → (P,) chance by the date.
        payoffs: actor → (P,) value at the start.
        equilibria: (P,) how many equilibria are like it on the path of play.
        regret: (P,) certificate of the equilibrium that stands for it.
        special: labelled points, in order.
        begin, end: the event where it begins or ends; None at an end of the interval.
    """

    id: int
    values: Floats
    outcomes: FrozenMap[str, Floats]
    payoffs: FrozenMap[str, Floats]
    equilibria: Floats
    regret: Floats
    special: tuple[Special, ...]
    begin: int | None
    end: int | None

    def at(self, value: float, outcome: str) -> float:
        """An outcome's chance on the branch, between its points by straight lines.

        NaN outside the branch.
        """
        order = np.argsort(self.values, kind="stable")
        x = self.values[order]
        if not x[0] <= value <= x[-1]:
            return float("nan")
        return float(np.interp(value, x, self.outcomes[outcome][order]))


@dataclass(frozen=True)
class Solved:
    """One value of the parameter at which equilibria were found.

    Attributes:
        plays, equilibria: on the branches there; ``listed`` plays in all, where others were found
            that are on no branch.
        searched: whether every state was searched from nothing (else regimes of neighbours were
            tried); ``complete``: whether the list there is proved complete, ``because`` why not.
        chances: of a value that was searched: outcome → its lowest and highest chance by the date
            over all plays that were listed. Where not all could be, these are an inner bound.
        capped: whether there are more plays than were listed.
    """

    value: float
    plays: int
    equilibria: float
    searched: bool
    complete: bool
    because: str | None
    listed: int
    chances: FrozenMap[str, tuple[float, float]]
    capped: bool

    @property
    def beyond(self) -> bool:
        """Whether there are more plays than are followed."""
        return self.capped or self.listed > self.plays


@dataclass(frozen=True)
class Settings:
    """What a trace was asked."""

    parameter: str
    begin: float
    end: float
    by: float
    grid: int
    checks: int
    cap: int
    boxes: int
    indifferent: str
    conventions: str | None
    outcome: str | None = None


class Source(Protocol):
    """What solves the game between the values that a trace has solved."""

    def at(self, share: float) -> dict[int, Equilibrium]:
        """Branch → equilibrium at a share of the interval."""
        ...


@dataclass(frozen=True, eq=False)
class Trace:
    """Every branch of equilibria over an interval of one parameter.

    Attributes:
        branches, events: see :class:`Branch` and :class:`Event`; events in the trace's direction.
        solved: every value at which the game was solved.
        checked: how many values were solved afresh after the branches had been followed, and in
            how many of these (``surprises``) a play was found that no branch had; such plays were
            followed in turn, so that the last round of checks had none unless ``ending`` says so.
        seconds: wall time; ``sweeps``: how many values were solved in all.
        windows: stretches (low, high) of the parameter outside of which it is proved that there are
            no other branches; None where nothing is proved, ``unproved_because`` says why.
        failed: values at which no equilibrium of some state was found: gaps, between whose
            neighbours branches are followed all the same.
        followed: whether plays were followed one by one (large games with issues), so that there
            are others wherever a list is cut.
    """

    game: Game
    settings: Settings
    branches: tuple[Branch, ...]
    events: tuple[Event, ...]
    solved: tuple[Solved, ...]
    checked: int
    surprises: int
    ending: Ending
    seconds: float
    sweeps: int
    source: Source = field(repr=False)
    windows: tuple[tuple[float, float], ...] | None = None
    unproved_because: str | None = None
    failed: tuple[float, ...] = ()
    followed: bool = False

    def at(self, value: float) -> dict[int, Equilibrium]:
        """The equilibria at a value of the interval: branch → the one that stands for it.

        The game is solved there, from the regimes of the values beside it, so that each carries its
        own certificate. Key 0 holds one that no branch covers, where there is one.

        Raises:
            InputError: for a value outside the interval.
        """
        s = self.settings
        share = (value - s.begin) / (s.end - s.begin)
        if not 0.0 <= share <= 1.0:
            raise InputError(f"{value!r} lies outside the interval of the trace, {s.begin:g} to "
                             f"{s.end:g}")
        return self.source.at(share)

    @property
    def complete(self) -> bool:
        """Whether it is proved that there are no other branches at any value outside ``windows``,
        each of which is at most 1e-5 of the interval wide."""
        span = abs(self.settings.end - self.settings.begin)
        return self.inconsistent_because is None and self.windows is not None and all(
            high - low <= WINDOW * span for low, high in self.windows)

    @property
    def consistent(self) -> bool:
        """Whether the list is proved complete at every value that was solved afresh, and the last
        round of fresh checks agreed with the branches."""
        return self.inconsistent_because is None

    @property
    def incomplete_because(self) -> str | None:
        """Why the branches may not be all; None where ``complete``."""
        if self.complete:
            return None
        if self.inconsistent_because:
            return self.inconsistent_because
        why = self.unproved_because or "the proof did not come to an end"
        return f"between the values that were solved, branches are checked and not proved: {why}"

    @property
    def inconsistent_because(self) -> str | None:
        """What is open at the values that were solved; None where ``consistent``."""
        reasons = []
        if self.ending is not Ending.DONE:
            reasons.append(str(self.ending).rstrip("."))
        if self.failed:
            reasons.append(f"at {len(self.failed)} values ({self.failed[0]:.6g}"
                           f"{', …' if len(self.failed) > 1 else ''}) no equilibrium of some state "
                           "was found, though one exists")
        fresh = [s for s in self.solved if s.searched]
        doubtful = [s for s in fresh if not s.complete]
        if doubtful:
            reasons.append(
                f"the list is not proved complete at {len(doubtful)} of the {len(fresh)} values "
                f"that were solved afresh: {doubtful[0].because}")
        if any(event.kind == "unresolved" for event in self.events):
            reasons.append("some events could not be told apart")
        return "; ".join(reasons) or None

    @property
    def completeness(self) -> str:
        """In a sentence, what is proved and what is only checked."""
        fresh = [s for s in self.solved if s.searched]
        proved = sum(s.complete for s in fresh)
        if not fresh:
            return "Nothing was solved."
        found = (f"At {proved} of the {len(fresh)} values solved afresh the list is proved "
                 f"complete; {self.checked} of them, chosen between events, checked the branches")
        found += (", and none had an equilibrium that no branch covers" if not self.surprises else
                  f", and {self.surprises} showed plays that "
                  + ("no branch covered; where all plays were listed, they were then followed"
                     if self.followed else "were not covered and were then followed"))
        many = sum(one.beyond for one in fresh)
        found += f", but {many} values have more branches than are followed." if many else "."
        if self.windows is not None and self.inconsistent_because is None:
            span = abs(self.settings.end - self.settings.begin)
            wide = sum(high - low for low, high in self.windows)
            if not self.windows:
                return found + " That there are no other branches is proved for the whole interval."
            return found + (
                " That there are no other branches is proved for the interval but for "
                f"{len(self.windows)} windows, {wide:.1g} wide in all ({wide / span:.1g} of it), "
                "in which some condition is at its border.")
        return found + (" Between these values regimes are followed: that no further branch comes "
                        "and goes there is checked, not proved.")
