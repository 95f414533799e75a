"""What ``negotiation solve FILE.nfg --json`` prints, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..normal_form.game import NormalFormGame
from .record import plain

if TYPE_CHECKING:
    from ..normal_form import Mediation, NashSolution, Rationalizable

Schema = dict[str, Any]
Record = dict[str, Any]


def nash_record(file: str, solution: NashSolution, kinds: Sequence[str],
                left: Rationalizable | None, mediated: Sequence[Mediation]) -> Record:
    """A game in normal form, its Nash equilibria, and what a mediator could add."""
    game = solution.game
    record: Record = {
        "file": file, "title": game.title, "players": game.players,
        "actions": dict(zip(game.players, game.actions, strict=True)), "kinds": list(kinds),
        "rationalizable": None if left is None else {
            player: [names[a] for a in kept] for player, names, kept in
            zip(game.players, game.actions, left.actions, strict=True)},
        "equilibria": [{
            "id": equilibrium.id, "profile": named(game, equilibrium.profile),
            "exact": None if equilibrium.exact is None else {
                player: {names[a]: str(p) for a, p in enumerate(part) if p} for player, names, part
                in zip(game.players, game.actions, equilibrium.exact, strict=True)},
            "payoffs": dict(zip(game.players, equilibrium.payoffs, strict=True)),
            "pure": equilibrium.pure, "index": equilibrium.index or None,
            "regret": equilibrium.regret} for equilibrium in solution.equilibria],
        "count": solution.count, "complete": solution.complete, "described": solution.described,
        "status": solution.status.name.lower(), "incomplete_because": solution.incomplete_because,
        "method": solution.method, "index_sum": solution.index_sum,
        "continua": [{
            "equilibria": part.equilibria, "dimension": part.dimension,
            "subsets": [{"equilibria": subset.equilibria, "dimension": subset.dimension}
                        for subset in part.subsets]} for part in solution.continua],
        "mediator": [{
            "objective": one.objective,
            "nash": {"value": one.nash, "equilibrium": one.nash_id},
            **{kind: {"value": found.value, "regret": found.regret,
                      "payoffs": dict(zip(game.players, found.payoffs, strict=True)),
                      "distribution": found.distribution}
               for kind, found in (("correlated", one.correlated), ("coarse", one.coarse))}}
            for one in mediated]}
    unpacked: Record = plain(record)
    return unpacked


def named(game: NormalFormGame, profile: Sequence[np.ndarray[Any, Any]],
          ) -> Mapping[str, Mapping[str, float]]:
    """player → action → probability, of the actions that are played."""
    return {player: {names[a]: float(p) for a, p in enumerate(part.tolist()) if p}
            for player, names, part in zip(game.players, game.actions, profile, strict=True)}


def nash_schema() -> Schema:
    """The JSON Schema of :func:`nash_record`."""
    text, number, whole = {"type": "string"}, {"type": "number"}, {"type": "integer"}
    yes = {"type": "boolean"}
    chance = {"type": "number", "minimum": 0, "maximum": 1}
    money = _table(number)
    ids = _list({"type": "integer", "minimum": 1})
    equilibrium = _record(
        id=whole, profile=_table(_table(chance)),
        exact={**_or_null(_table(_table(text))), "description": "as fractions, with --exact"},
        payoffs=money, pure=yes,
        index={"enum": [1, -1, None], "description": "null where it is not defined"},
        regret={"type": "number", "minimum": 0, "description":
                "the largest gain from deviating, in units of a player's payoff range"})
    subset = _record(equilibria=ids, dimension=whole)
    continuum = _record(equilibria=ids, dimension=whole, subsets=_list(subset))
    nested = {"type": "array", "description":
              "probabilities of profiles as nested lists, the first player's actions outermost"}
    best = _record(value=number, regret={"type": "number", "minimum": 0}, payoffs=money,
                   distribution=nested)
    return _record(
        file=text, title=text, players=_list(text), actions=_table(_list(text)),
        kinds=_list({"enum": list(KINDS)}),
        rationalizable={**_or_null(_table(_list(text))), "description":
                        "what iterated strict dominance leaves; null for a large game"},
        equilibria=_list(equilibrium), count=_or_null(whole), complete=yes,
        described={**yes, "description": "whether every equilibrium is proved to be listed, or to "
                                         "lie in a continuum that is"},
        status=text, incomplete_because=_or_null(text), method=text, index_sum=_or_null(whole),
        continua=_list(continuum),
        mediator=_list(_record(objective=text, nash=_record(value=number, equilibrium=whole),
                               correlated=best, coarse=best)))


#: what a game can be recognised as
KINDS = ("constant-sum", "potential", "strategically zero-sum", "dominance solvable")


def _record(**properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False,
            "required": list(properties)}


def _table(value: Schema) -> Schema:
    return {"type": "object", "additionalProperties": value}


def _list(item: Schema) -> Schema:
    return {"type": "array", "items": item}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}
