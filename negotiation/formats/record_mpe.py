"""What ``negotiation solve FILE.json --json`` prints, and its JSON Schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .record import plain

if TYPE_CHECKING:
    from ..stochastic import StochasticSolution

Schema = dict[str, Any]
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
    text, number, whole, yes = ({"type": kind} for kind in ("string", "number", "integer",
                                                            "boolean"))
    chance = {"type": "number", "minimum": 0, "maximum": 1}
    state = _record(state=text, value=_table(number), strategies=_table(_table(chance)))
    equilibrium = _record(
        id=whole, pure=yes, states=_list(state),
        regret={"type": "number", "minimum": 0, "description":
                "the largest gain from deviating once, in units of a player's payoff range; under "
                "noise, how far a chance is off"})
    return _record(
        file=text, title=text, players=_list(text), states=_list(text),
        concept={"enum": ["mpe", "logit"]}, noise=_or_null(_table(number)), count=_or_null(whole),
        complete=yes, status=text, incomplete_because=_or_null(text), solved=whole, seconds=number,
        continua=_list(_record(state=text, player=text, actions=_list(text))),
        equilibria=_list(equilibrium))


def _record(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": list(properties)}


def _table(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
