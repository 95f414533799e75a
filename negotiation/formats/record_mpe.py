"""What ``negotiation solve FILE.json --json`` prints, and its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .json_schema import (
    CHANCE,
    NUMBER,
    TEXT,
    WHOLE,
    YES,
    Schema,
    list_of,
    object_of,
    or_null,
    table_of,
)
from .record import plain

if TYPE_CHECKING:
    from ..stochastic import StochasticSolution

Record = dict[str, Any]


def mpe_record(file: str, title: str, solution: StochasticSolution) -> Record:
    """A stochastic game's equilibria, by state and player."""
    game = solution.game
    record: Record = {
        "file": file, "title": title, "players": game.players, "states": game.states,
        "concept": solution.concept,
        "noise": None if solution.noise is None else dict(zip(game.players,
                                                              solution.noise.tolist(),
                                                              strict=True)),
        "count": solution.count, "complete": solution.complete,
        "status": solution.status.name.lower(), "incomplete_because": solution.incomplete_because,
        "solved": solution.solved, "seconds": solution.seconds,
        "continua": [{"state": game.states[c.state], "player": game.players[c.player],
                      "actions": [game.actions[c.state][c.player][a] for a in c.actions]}
                     for c in solution.continua],
        "equilibria": [{
            "id": e.id, "pure": e.pure, "regret": e.regret,
            "states": [{
                "state": name, "value": dict(zip(game.players, e.values[s].tolist(), strict=True)),
                "strategies": {player: {action: chance for action, chance
                                        in e.strategy(s, i).items() if chance}
                               for i, player in enumerate(game.players)}}
                for s, name in enumerate(game.states)]} for e in solution.equilibria]}
    unpacked: Record = plain(record)
    return unpacked


def mpe_schema() -> Schema:
    """The JSON Schema of :func:`mpe_record`."""
    state = object_of({"state": TEXT, "value": table_of(NUMBER),
                       "strategies": table_of(table_of(CHANCE))})
    equilibrium = object_of({
        "id": WHOLE, "pure": YES, "states": list_of(state),
        "regret": {"type": "number", "minimum": 0, "description":
                "the largest gain from deviating once, in units of a player's payoff range; under "
                "noise, how far a chance is off"}})
    return object_of({
        "file": TEXT, "title": TEXT, "players": list_of(TEXT), "states": list_of(TEXT),
        "concept": {"enum": ["mpe", "logit"]}, "noise": or_null(table_of(NUMBER)),
        "count": or_null(WHOLE),
        "complete": YES, "status": TEXT, "incomplete_because": or_null(TEXT), "solved": WHOLE,
        "seconds": NUMBER,
        "continua": list_of(object_of({"state": TEXT, "player": TEXT, "actions": list_of(TEXT)})),
        "equilibria": list_of(equilibrium)})
