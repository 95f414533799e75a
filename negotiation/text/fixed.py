"""Consents that a setting fixes, in words."""

from __future__ import annotations

from ..model import Game, Move
from .words import listed

#: moves named one by one before they are counted
MOST_NAMED = 3


def never_consents(game: Game, move: Move) -> str:
    """Who never consents to a move; "" when everybody may."""
    who = [game.actors[name].label for name, consent in move.consents.items() if not consent]
    if not who:
        return ""
    return f"{listed(who)} never consent{'s' if len(who) == 1 else ''} to it here."


def always_consents(game: Game, move: Move) -> str:
    """Who always consents to a move; "" when nobody has to."""
    who = [game.actors[name].label for name, consent in move.consents.items() if consent]
    if not who:
        return ""
    return f"{listed(who)} always consent{'s' if len(who) == 1 else ''} to it here."


def fixed_consents(game: Game) -> str:
    """One sentence per actor and consent on what a setting has fixed; "" where it fixes nothing."""
    seats: dict[tuple[str, bool], list[str]] = {}
    for move in game.moves.values():
        for actor, consent in move.consents.items():
            seats.setdefault((actor, consent), []).append(move.name)
    parts = []
    for (actor, consent), moves in seats.items():
        every = [name for name, move in game.moves.items() if actor in move.by]
        what = ("anything that it is asked about" if moves == every else
                listed([f"“{game.moves[name].label}”" for name in moves])
                if len(moves) <= MOST_NAMED else f"{len(moves)} moves")
        parts.append(f"{game.actors[actor].label} {'always' if consent else 'never'} consents to "
                     f"{what}")
    return f"What if: {'; '.join(parts)}." if parts else ""
