"""Settings ask "what if": other parameters, another start, a front held still, moves blocked,
consents given or refused whatever they bring.

A setting is applied to a game and gives another game, which is solved like any other (DESIGN:
"every analysis is a comparison of settings").

**Consents that a setting fixes.** A move that a member *never* consents to has α = 0: it stays in
the game, and is not made. Of a member that *always* consents to a move the participation constraint
is dropped: the move is made when the others gain (σ is taken over them; a move all of whose members
always consent is made at every opportunity). Its terms are those of DESIGN 2.1 where all members,
the fixed ones too, can gain. Where they cannot, each member that always consents is lifted by what
it lacks at the terms that are best for it while none of the others loses, and the terms are those
of 2.1 after that. Several such members are lifted lexicographically, the one that lacks most first,
each in units of its own stake in the issues (Σ|v| + ½c), so that terms do not depend on the unit in
which anybody's payoffs are counted. The terms are continuous where the first case passes into the
second, which is what equilibria need to exist.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from .errors import InputError, UnknownNameError
from .frozen import FrozenMap
from .model import Game


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A what-if.

    Attributes:
        parameters: parameter → value.
        start: front → the status in which play starts.
        hold: front → the status in which it starts and stays: no move or encounter changes it.
        block: moves and encounters that do not exist.
        consents: actor → True (always consents), False (never does), or a table move → bool.
    """

    parameters: FrozenMap[str, float] = field(default_factory=FrozenMap)
    start: FrozenMap[str, str] = field(default_factory=FrozenMap)
    hold: FrozenMap[str, str] = field(default_factory=FrozenMap)
    block: tuple[str, ...] = ()
    consents: FrozenMap[str, bool | FrozenMap[str, bool]] = field(default_factory=FrozenMap)


def setting(*, parameters: Mapping[str, float] | None = None,
            start: Mapping[str, str] | None = None, hold: Mapping[str, str] | None = None,
            block: Iterable[str] = (),
            consents: Mapping[str, bool | Mapping[str, bool]] | None = None) -> Setting:
    """A :class:`Setting` from plain mappings.

    Example:
        >>> setting(consents={"poland": False}).consents["poland"]
        False
    """
    fixed = {actor: value if isinstance(value, bool) else FrozenMap(value)
             for actor, value in (consents or {}).items()}
    return Setting(parameters=FrozenMap(parameters or {}), start=FrozenMap(start or {}),
                   hold=FrozenMap(hold or {}), block=tuple(block), consents=FrozenMap(fixed))


def apply(game: Game, what_if: Setting) -> Game:
    """The game under a setting.

    Raises:
        UnknownNameError: for a parameter, front, status, move or encounter that the game lacks.
        InputError: for a front that is both started and held, in different statuses, or the consent
            of somebody whom a move does not ask.
    """
    game = game.with_parameters(**what_if.parameters)
    for name in what_if.block:
        if name not in game.moves and name not in game.encounters:
            raise UnknownNameError("move or encounter" if game.encounters else "move", name,
                                   (*game.moves, *game.encounters))
    fronts = dict(game.fronts)
    for kind, table in (("start", what_if.start), ("hold", what_if.hold)):
        for name, status in table.items():
            game.check_front(name, status)
            if kind == "hold" and what_if.start.get(name, status) != status:
                raise InputError(f"front {name!r} cannot start {what_if.start[name]!r} and be held "
                                 f"{status!r}")
            fronts[name] = replace(fronts[name], start=status)
    fixed = _fixed(game, what_if)
    moves = {name: replace(move, consents=FrozenMap({**move.consents, **fixed[name]}))
             if name in fixed else move for name, move in game.moves.items()
             if name not in what_if.block and move.front not in what_if.hold
             and not any(front in what_if.hold for front in move.sets)}
    encounters = {name: clash for name, clash in game.encounters.items()
                  if name not in what_if.block and clash.front not in what_if.hold}
    return replace(game, fronts=FrozenMap(fronts), moves=FrozenMap(moves),
                   encounters=FrozenMap(encounters))


def _fixed(game: Game, what_if: Setting) -> dict[str, dict[str, bool]]:
    """Move → member → whether it always or never consents."""
    fixed: dict[str, dict[str, bool]] = {}
    for actor, choice in what_if.consents.items():
        if actor not in game.actors:
            raise UnknownNameError("actor", actor, game.actors)
        seats = [name for name, move in game.moves.items() if actor in move.by]
        table = dict.fromkeys(seats, choice) if isinstance(choice, bool) else choice
        for name, consent in table.items():
            if name not in game.moves:
                raise UnknownNameError("move", name, game.moves)
            if name not in seats:
                by = ", ".join(game.moves[name].by) or "nobody (it is chance)"
                raise InputError(f"move {name!r} does not ask for the consent of {actor!r}; it "
                                 f"asks for that of {by}")
            fixed.setdefault(name, {})[actor] = consent
    return fixed
