"""What ``negotiation solve FILE.nfg --json`` prints, and its JSON Schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..normal_form.game import NormalFormGame
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
    said,
    table_of,
)
from .record import plain

if TYPE_CHECKING:
    from ..normal_form import Mediation, NashSolution, Rationalizable

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
    money = table_of(NUMBER)
    ids = list_of({"type": "integer", "minimum": 1})
    equilibrium = object_of({
        "id": WHOLE, "profile": table_of(table_of(CHANCE)),
        "exact": said(or_null(table_of(table_of(TEXT))), "as fractions, with --exact"),
        "payoffs": money, "pure": YES,
        "index": {"enum": [1, -1, None], "description": "null where it is not defined"},
        "regret": {"type": "number", "minimum": 0, "description":
                "the largest gain from deviating, in units of a player's payoff range"}})
    subset = object_of({"equilibria": ids, "dimension": WHOLE})
    continuum = object_of({"equilibria": ids, "dimension": WHOLE, "subsets": list_of(subset)})
    nested = {"type": "array", "description":
              "probabilities of profiles as nested lists, the first player's actions outermost"}
    best = object_of({"value": NUMBER, "regret": {"type": "number", "minimum": 0}, "payoffs": money,
                      "distribution": nested})
    return object_of({
        "file": TEXT, "title": TEXT, "players": list_of(TEXT), "actions": table_of(list_of(TEXT)),
        "kinds": list_of({"enum": list(KINDS)}),
        "rationalizable": {**or_null(table_of(list_of(TEXT))), "description":
                        "what iterated strict dominance leaves; null for a large game"},
        "equilibria": list_of(equilibrium), "count": or_null(WHOLE), "complete": YES,
        "described": said(YES, "whether every equilibrium is proved to be listed, or to lie in a "
                               "continuum that is"),
        "status": TEXT, "incomplete_because": or_null(TEXT), "method": TEXT,
        "index_sum": or_null(WHOLE),
        "continua": list_of(continuum),
        "mediator": list_of(object_of({
            "objective": TEXT, "nash": object_of({"value": NUMBER, "equilibrium": WHOLE}),
            "correlated": best, "coarse": best}))})


#: what a game can be recognised as
KINDS = ("constant-sum", "potential", "strategically zero-sum", "dominance solvable")
