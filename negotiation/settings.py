"""Settings ask "what if": other parameters, another start, a front held still, moves blocked.

A setting is applied to a game and gives another game, which is solved like any other (DESIGN:
"every analysis is a comparison of settings").
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
            block: Iterable[str] = ()) -> Setting:
    """A :class:`Setting` from plain mappings."""
    return Setting(parameters=FrozenMap(parameters or {}), start=FrozenMap(start or {}),
                   hold=FrozenMap(hold or {}), block=tuple(block))


def apply(game: Game, what_if: Setting) -> Game:
    """The game under a setting.

    Raises:
        UnknownNameError: for a parameter, front, status, move or encounter that the game lacks.
        InputError: for a front that is both started and held, in different statuses.
    """
    if what_if.consents:
        # Forced consents change the solution concept; they come with the pivots analysis.
        raise InputError("settings with 'consents' are not supported yet: use 'block' to take "
                         "moves away, or leave 'consents' out")
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
    moves = {name: move for name, move in game.moves.items()
             if name not in what_if.block and move.front not in what_if.hold
             and not any(front in what_if.hold for front in move.sets)}
    encounters = {name: clash for name, clash in game.encounters.items()
                  if name not in what_if.block and clash.front not in what_if.hold}
    return replace(game, fronts=FrozenMap(fronts), moves=FrozenMap(moves),
                   encounters=FrozenMap(encounters))
