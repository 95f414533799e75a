"""The linked bargaining game, as frozen values.

A **front** k is one place where a negotiation runs; it has a finite list of **statuses**. A state
s gives every front its status. A **move** m is a change of one front's status (and of those it
``sets``) that a coalition B_m can make together when a Poisson opportunity comes (rate λ_m), for
lump payoffs g_m and on terms x ∈ [0,1]^J of its **issues**: issue j pays actor i
v_ij·x_j − ½·c_ij·x_j². A **linkage** holds when a partial assignment of statuses does: it adds to
flows f_i(s), to a move's payoffs and issue values, and multiplies its rate and weights. A
**posture** is a simultaneous game that pays flows while one of its conditions holds. An
**encounter** takes the place of a move where a status changes by a clash and not by consent: at its
opportunities the players choose actions at the same time, and each profile of actions leads to a
status of the front, or to no change, and pays lumps. Actor i discounts at r_i > 0 per unit of time.

Any number may be an :class:`~negotiation.expressions.Expression` over the game's parameters.
These classes hold what a definition says and know nothing of solving; games come from
:func:`negotiation.load`, :func:`negotiation.loads` and :func:`negotiation.from_dict`, which check
everything before they build one.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .distributions import Correlation, Distribution
from .errors import InputError, UnknownNameError
from .expressions import Expression
from .frozen import FrozenMap

if TYPE_CHECKING:
    from .settings import Setting

Number = float | Expression
#: front → the statuses that satisfy the condition
Condition = FrozenMap[str, tuple[str, ...]]
#: actor → number
Payments = FrozenMap[str, Number]
#: numbers nested as deep as there are players, the first player's actions outermost
Table = tuple["Number | Table", ...]
#: statuses nested in the same way; "" is no change
Targets = tuple["str | Targets", ...]

FORMAT = "negotiation/1"
INDIFFERENT = ("consent", "refuse", "all")
#: which static equilibria of a posture are kept; the words are explained at :class:`Posture`
POSTURE_RULES = ("all", "payoff-dominant", "risk-dominant", "worst")
CHANCE: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """A named number: a value (or an expression of other parameters), and the range it may have.

    ``low`` and ``high`` are both None for a constant. ``distribution`` is what its draws follow;
    None: uniform over the range, where there is one. ``source`` is the paragraph, publication or
    the word *assumption* that the value rests on.
    """

    name: str
    value: Number
    low: float | None = None
    high: float | None = None
    unit: str = ""
    doc: str = ""
    source: str = ""
    distribution: Distribution | None = None


@dataclass(frozen=True, kw_only=True)
class Actor:
    """Somebody with payoffs and a discount rate r_i > 0 (per unit of time)."""

    name: str
    label: str
    discount_rate: Number
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Front:
    """One place where the negotiation runs: statuses, where it starts, and flows by status."""

    name: str
    label: str
    statuses: tuple[str, ...]
    start: str
    flow: FrozenMap[str, Payments] = field(default_factory=FrozenMap)
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Issue:
    """A term x ∈ [0,1] of a move: worth ``value``·x − ½·``curvature``·x² to each actor."""

    name: str
    label: str
    value: Payments
    curvature: Payments = field(default_factory=FrozenMap)
    unit: str = ""
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Move:
    """A change of ``front`` from one of ``sources`` to ``target`` that all of ``by`` consent to.

    An empty ``by`` is chance. ``weights`` (default 1) are bargaining power; ``solution`` names the
    bargaining solution; ``noise`` (None: the game's) is used by the logit concept only.
    ``consents`` are members whose consent a setting has fixed (member → whether it always or never
    consents; see :mod:`negotiation.settings`): definitions do not hold any.
    """

    name: str
    label: str
    front: str
    sources: tuple[str, ...]
    target: str
    by: tuple[str, ...]
    rate: Number
    when: Condition = field(default_factory=FrozenMap)
    payoff: Payments = field(default_factory=FrozenMap)
    weights: Payments = field(default_factory=FrozenMap)
    solution: str = "nash"
    noise: Payments | Number | None = None
    sets: FrozenMap[str, str] = field(default_factory=FrozenMap)
    issues: FrozenMap[str, Issue] = field(default_factory=FrozenMap)
    doc: str = ""
    consents: FrozenMap[str, bool] = field(default_factory=FrozenMap)

    @property
    def excluded(self) -> bool:
        """Whether a member never consents, so that the move is never made."""
        return not all(self.consents.values())


@dataclass(frozen=True, kw_only=True)
class Linkage:
    """What changes while ``when`` holds: flows and payoffs add, rates and weights multiply."""

    name: str
    when: Condition
    flow: Payments = field(default_factory=FrozenMap)
    rate: FrozenMap[str, Number] = field(default_factory=FrozenMap)
    payoff: FrozenMap[str, Payments] = field(default_factory=FrozenMap)
    value: FrozenMap[str, FrozenMap[str, Payments]] = field(default_factory=FrozenMap)
    weights: FrozenMap[str, Payments] = field(default_factory=FrozenMap)
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class PosturePayoffs:
    """What a posture pays each player per unit of time while ``when`` holds."""

    name: str
    when: Condition
    payoffs: FrozenMap[str, Table]


@dataclass(frozen=True, kw_only=True)
class Posture:
    """How hard actors press: a simultaneous game that pays flows, by condition.

    At most one of ``payoffs`` holds in a state; where none does, nothing is paid. Actions touch
    flows only, so play under each condition is a static Nash equilibrium. ``equilibrium`` says
    which are kept: ``all``; ``payoff-dominant`` (what gives every player at least as much as any
    other equilibrium; all where none does); ``risk-dominant`` (2×2 only: the larger product of what
    the players lose by deviating alone, Harsanyi & Selten 1988; all where none is); ``worst`` (the
    lowest sum of the players' flows).
    """

    name: str
    label: str
    players: tuple[str, ...]
    actions: FrozenMap[str, tuple[str, ...]]
    payoffs: tuple[PosturePayoffs, ...]
    equilibrium: str = "all"
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Encounter:
    """A clash on ``front``: at its opportunities the players choose actions at the same time.

    ``targets`` gives every profile the status that it leads to, "" where nothing changes (so does
    the status that the front is in); it is nested as deep as there are players, the first player's
    actions outermost. ``payoffs`` are lumps by condition, to players and bystanders, paid at every
    profile whether or not it changes the status; at most one holds in a state, and where none does
    nothing is paid. A linkage multiplies the rate, and what it adds to the payoff is paid at every
    profile that changes the status, as a move's payoff is when the move is made.
    """

    name: str
    label: str
    front: str
    sources: tuple[str, ...]
    rate: Number
    players: tuple[str, ...]
    actions: FrozenMap[str, tuple[str, ...]]
    targets: Targets
    payoffs: tuple[PosturePayoffs, ...]
    when: Condition = field(default_factory=FrozenMap)
    doc: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """How many actions each player has."""
        return tuple(len(self.actions[player]) for player in self.players)

    def profiles(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Every profile of actions, the last player's fastest, and the status it leads to."""
        names = (self.actions[player] for player in self.players)
        for place in itertools.product(*(tuple(enumerate(known)) for known in names)):
            target: object = self.targets
            for at, _ in place:
                assert isinstance(target, tuple)
                target = target[at]
            yield tuple(name for _, name in place), str(target)

    def without(self, status: str) -> Encounter:
        """The encounter in which no profile leads to a status: where one did, its opportunity
        passes as that of a blocked move does, with no change and no payoff."""
        def emptied(target: object, table: object) -> Any:
            if isinstance(target, tuple):
                assert isinstance(table, tuple)
                return tuple(map(emptied, target, table))
            return 0.0 if target == status else table

        def left(target: object) -> Any:
            return tuple(map(left, target)) if isinstance(target, tuple) else (
                "" if target == status else target)

        blocks = (replace(block, payoffs=FrozenMap({
            actor: emptied(self.targets, table) for actor, table in block.payoffs.items()}))
            for block in self.payoffs)
        return replace(self, targets=left(self.targets), payoffs=tuple(blocks))

    def event(self, profile: tuple[str, ...]) -> str:
        """What a profile is called as an event: ``brinkmanship(hold, yield)``."""
        return f"{self.name}({', '.join(profile)})"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What can be asked about: the states where ``when`` holds, or, with ``posture``, an action.

    ``posture`` (posture → player → action) asks for the expected share of the time in which all of
    these actions are played.
    """

    name: str
    label: str
    when: Condition = field(default_factory=FrozenMap)
    posture: FrozenMap[str, FrozenMap[str, str]] = field(default_factory=FrozenMap)
    doc: str = ""


@dataclass(frozen=True, kw_only=True)
class Cascade:
    """Which front is the centre, which are the periphery, and the status that counts as settled."""

    center: str
    periphery: tuple[str, ...]
    status: FrozenMap[str, str]
    min_effect: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A proposition of the argument that the game models, tied to its source.

    Either an outcome's chance ``under`` a setting against ``than`` another (``expect`` is one of
    "more likely", "less likely", "no more likely"), or against a bound (``below``, ``above``), or
    ``pivot`` (that actor is the most decisive of ``among``), or ``cascade`` (a verdict).
    """

    id: str
    says: str
    source: str
    outcome: str | None = None
    under: Setting | None = None
    than: Setting | None = None
    expect: str | None = None
    below: float | None = None
    above: float | None = None
    pivot: str | None = None
    among: tuple[str, ...] = ()
    cascade: str | None = None


@dataclass(frozen=True, kw_only=True)
class Game:
    """A linked bargaining game as its definition says it; nothing is ever changed in place."""

    title: str
    actors: FrozenMap[str, Actor]
    fronts: FrozenMap[str, Front]
    moves: FrozenMap[str, Move]
    #: what the file is called; two games that say the same are equal whatever their names
    name: str = field(default="game", compare=False)
    summary: str = ""
    source: str = ""
    theme: str = ""
    horizon: float = 10.0
    time_unit: str = "year"
    noise: Number | Payments = 0.0
    indifferent: str = "consent"
    parameters: FrozenMap[str, Parameter] = field(default_factory=FrozenMap)
    correlations: tuple[Correlation, ...] = ()
    linkages: tuple[Linkage, ...] = ()
    encounters: FrozenMap[str, Encounter] = field(default_factory=FrozenMap)
    postures: FrozenMap[str, Posture] = field(default_factory=FrozenMap)
    outcomes: FrozenMap[str, Outcome] = field(default_factory=FrozenMap)
    cascade: Cascade | None = None
    claims: tuple[Claim, ...] = ()
    #: published or derived answers that tests compare with; free-form data of the file
    answers: FrozenMap[str, object] = field(default_factory=FrozenMap)

    @cached_property
    def steps(self) -> FrozenMap[str, Move]:
        """The moves, and after them the events of encounters: every profile that changes a status,
        as a move without a coalition (its rate and its lumps are the encounter's affair)."""
        if not self.encounters:
            return self.moves
        found = dict(self.moves)
        for clash in self.encounters.values():
            for profile, target in clash.profiles():
                sources = tuple(status for status in clash.sources if status != target)
                if not target or not sources:
                    continue
                who = ", ".join(f"{self.actors[player].label} {action.replace('_', ' ')}"
                                for player, action in zip(clash.players, profile, strict=True))
                name = clash.event(profile)
                found[name] = Move(name=name, label=f"{clash.label}: {who}", front=clash.front,
                                   sources=sources, target=target, by=CHANCE, rate=0.0,
                                   when=clash.when)
        return FrozenMap(found)

    def with_parameters(self, **values: float) -> Game:
        """A new game with some parameters at other values.

        Raises:
            UnknownNameError: for a name that is no parameter.
            InputError: for a value that is not a finite number.
        """
        changed = dict(self.parameters)
        for name, value in values.items():
            if name not in self.parameters:
                raise UnknownNameError("parameter", name, self.parameters)
            changed[name] = replace(self.parameters[name], value=_finite(name, value))
        return replace(self, parameters=FrozenMap(changed))

    def check_front(self, front: str, status: str | None = None) -> None:
        """Say which name is meant where a front, or one of its statuses, does not exist.

        Raises:
            UnknownNameError: for a front that the game does not have, or a status that it does not.
        """
        if front not in self.fronts:
            raise UnknownNameError("front", front, self.fronts)
        statuses = self.fronts[front].statuses
        if status is not None and status not in statuses:
            raise UnknownNameError("status", status, statuses, of=f"front {front!r}")

    def parameter_values(self, overrides: Mapping[str, object] | None = None) -> dict[str, float]:
        """Every parameter's value, expressions evaluated (arrays where an override is one)."""
        values: dict[str, float] = dict(overrides or {})  # type: ignore[arg-type]
        for name in values:
            if name not in self.parameters:
                raise UnknownNameError("parameter", name, self.parameters)

        def resolve(name: str, above: tuple[str, ...]) -> float:
            if name in above:
                raise InputError(f"parameters.{name}: expressions form a cycle: "
                                 + " → ".join((*above[above.index(name):], name)))
            if name not in values:
                value = self.parameters[name].value
                if isinstance(value, Expression):
                    env = {other: resolve(other, (*above, name)) for other in value.names}
                    value = value.evaluate(env)
                values[name] = value
            return values[name]

        return {name: resolve(name, ()) for name in self.parameters}


def _finite(name: str, value: object) -> float:
    if isinstance(value, bool) or not hasattr(value, "__float__"):
        raise InputError(f"parameter {name!r} must be a finite number. Got {value!r} instead.")
    number = float(value)
    if not math.isfinite(number):
        raise InputError(f"parameter {name!r} must be a finite number. Got {value!r} instead.")
    return number
