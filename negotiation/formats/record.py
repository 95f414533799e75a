"""Results as plain data: what the commands print with ``--json``.

Floats keep their full precision; what is not a finite number becomes None. The JSON Schemas of
these records are in :mod:`negotiation.formats.record_schema`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import Problem
from ..expressions import Expression
from ..model import Encounter, Game, Move, Number, Posture, PosturePayoffs

if TYPE_CHECKING:
    from ..cascade import CascadeResult
    from ..equilibrium.result import Component, Equilibrium, Solution
    from ..normal_form.correlated import CorrelatedEquilibrium
    from ..process import EventPath, OutcomeChance
    from ..text.deals import Bargain
    from ..text.postures import Mediated

Record = dict[str, Any]


def plain(value: object) -> Any:
    """A value as JSON can hold it: numpy's scalars and arrays unpacked, no NaN and no infinity."""
    if isinstance(value, (bool, str)) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if hasattr(value, "tolist"):
        return plain(value.tolist())
    if isinstance(value, Iterable):
        return [plain(entry) for entry in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value


# ---- games -----------------------------------------------------------------------------------

def games_record(games: Mapping[str, Game]) -> Record:
    """The bundled games, as ``negotiation list --json`` prints them."""
    return {"games": [{"name": name, "theme": game.theme, "title": game.title,
                       "actors": len(game.actors), "fronts": len(game.fronts),
                       "moves": len(game.moves), "encounters": len(game.encounters)}
                      for name, game in games.items()]}


def game_record(game: Game, linkages: Sequence[str]) -> Record:
    """A game, as ``negotiation show --json`` prints it; ``linkages`` says each one in words."""
    values = game.parameter_values()
    record = {key: getattr(game, key) for key in (
        "name", "title", "summary", "source", "theme", "horizon", "time_unit", "indifferent")}
    record["actors"] = {
        actor.name: {"label": actor.label, "discount_rate": _number(actor.discount_rate),
                     "doc": actor.doc} for actor in game.actors.values()}
    record["fronts"] = {
        front.name: {"label": front.label, "statuses": front.statuses, "start": front.start,
                     "flow": {status: _numbers(table) for status, table in front.flow.items()},
                     "doc": front.doc} for front in game.fronts.values()}
    record["moves"] = {move.name: _move_record(move) for move in game.moves.values()}
    record["linkages"] = [{"name": link.name, "says": says, "doc": link.doc}
                          for link, says in zip(game.linkages, linkages, strict=True)]
    record["parameters"] = {
        part.name: {"value": values[part.name], "low": part.low, "high": part.high,
                    "expression": str(part.value) if isinstance(part.value, Expression) else None,
                    "unit": part.unit, "doc": part.doc, "source": part.source}
        for part in game.parameters.values()}
    record["encounters"] = {part.name: _encounter_record(part)
                            for part in game.encounters.values()}
    record["postures"] = {part.name: _posture_record(part) for part in game.postures.values()}
    record["outcomes"] = {part.name: {"label": part.label, "when": part.when,
                                      "posture": part.posture, "doc": part.doc}
                          for part in game.outcomes.values()}
    record["claims"] = [{"id": claim.id, "says": claim.says, "source": claim.source}
                        for claim in game.claims]
    record["answers"] = game.answers
    return _plain_record(record)


def _move_record(move: Move) -> Record:
    return {
        "label": move.label, "front": move.front, "from": move.sources, "to": move.target,
        "by": move.by, "rate": _number(move.rate), "when": move.when, "sets": move.sets,
        "payoff": _numbers(move.payoff), "weights": _numbers(move.weights),
        "solution": move.solution, "doc": move.doc,
        "issues": {issue.name: {"label": issue.label, "unit": issue.unit,
                                "value": _numbers(issue.value),
                                "curvature": _numbers(issue.curvature)}
                   for issue in move.issues.values()}}


def _encounter_record(clash: Encounter) -> Record:
    return {"label": clash.label, "front": clash.front, "from": clash.sources,
            "rate": _number(clash.rate), "when": clash.when, "players": clash.players,
            "actions": clash.actions, "to": clash.targets, "payoffs": _blocks(clash.payoffs),
            "doc": clash.doc}


def _posture_record(posture: Posture) -> Record:
    return {"label": posture.label, "players": posture.players, "actions": posture.actions,
            "equilibrium": posture.equilibrium, "doc": posture.doc,
            "payoffs": _blocks(posture.payoffs)}


def _blocks(payoffs: Sequence[PosturePayoffs]) -> list[Record]:
    return [{"name": block.name, "when": block.when,
             **{player: _nested(table) for player, table in block.payoffs.items()}}
            for block in payoffs]


def _nested(table: Any) -> Any:
    return [_nested(x) for x in table] if isinstance(table, tuple) else _number(table)


def check_record(game: str, problems: Sequence[Problem], warnings: Sequence[Problem],
                 states: int | None) -> Record:
    """What is wrong and what looks odd, as ``negotiation check --json`` prints it."""
    return {"game": game, "valid": not problems, "states": states,
            "problems": [_problem(problem) for problem in problems],
            "warnings": [_problem(problem) for problem in warnings]}


def _problem(problem: Problem) -> Record:
    return {"path": problem.path, "line": problem.line, "message": problem.message}


def _number(value: Number) -> float | str:
    return str(value) if isinstance(value, Expression) else float(value)


def _numbers(table: Mapping[str, Number]) -> dict[str, float | str]:
    return {name: _number(value) for name, value in table.items()}


def _plain_record(record: Record) -> Record:
    found: Record = plain(record)
    return found


# ---- solutions -------------------------------------------------------------------------------

def solution_record(solution: Solution, by: float | None = None,
                    cascade: CascadeResult | None = None) -> Record:
    """The equilibria of a game, as ``negotiation solve --json`` prints them.

    Args:
        by: the date of the outcomes' chances; the game's horizon when none is given.
        cascade: added under the key ``cascade`` when given.
    """
    from ..courses import outcomes  # numpy, which the records of games do without

    date = solution.game.horizon if by is None else by
    record: Record = {
        **_asked(solution), "complete": solution.complete,
        "incomplete_because": solution.incomplete_because, "status": str(solution.status),
        "count": solution.count, "seconds": solution.seconds,
        "equilibria": [
            equilibrium_record(equilibrium, chances) for equilibrium, chances in
            zip(solution.equilibria, outcomes([e.process for e in solution.equilibria], date),
                strict=True)],
        "components": [_component(solution, part) for part in solution.components]}
    if cascade is not None:
        record["cascade"] = cascade.to_dict()
    return _plain_record(record)


def equilibrium_record(equilibrium: Equilibrium, chances: Mapping[str, OutcomeChance]) -> Record:
    """One equilibrium: its certificate, the chances of outcomes, and every state."""
    said = {name: {"by": chance.by, "probability": _share(chance.probability),
                   "in_force": _share(chance.in_force), "eventually": _share(chance.eventually),
                   "mean_time_if_reached": chance.mean_time_if_reached}
            for name, chance in chances.items()}
    return {
        "id": equilibrium.id, "regret": equilibrium.regret, "index": equilibrium.index,
        "pure": equilibrium.pure, "convention": equilibrium.convention, "outcomes": said,
        "states": [_state(equilibrium, state) for state in range(len(equilibrium.lattice.states))]}


def _state(equilibrium: Equilibrium, state: int) -> Record:
    lattice = equilibrium.lattice
    moves = {}
    for edge in lattice.edges(state):
        if lattice.edge_move[edge] >= len(equilibrium.game.moves):
            continue
        move = equilibrium.game.moves[lattice.moves[lattice.edge_move[edge]]]
        row = lattice.bargain[edge]
        terms = {} if row < 0 else {name: _share(float(equilibrium.terms_array[row, j]))
                                    for j, name in enumerate(move.issues)}
        moves[move.name] = {"consent": _share(float(equilibrium.consent[edge])),
                            "surplus": float(equilibrium.surplus[edge]) if move.by else None,
                            "terms": terms}
    value = dict(zip(lattice.actors, equilibrium.values[state].tolist(), strict=True))
    return {"state": lattice.state(state), "value": value, "moves": moves,
            "encounters": {name: _clash(equilibrium, name, state)
                           for name in _clashes(equilibrium, state)}}


def _clashes(equilibrium: Equilibrium, state: int) -> Iterator[str]:
    """The encounters that can come in a state."""
    clashes, names = equilibrium.lattice.clashes, list(equilibrium.game.encounters)
    if clashes is not None:
        for row in clashes.rows(state):
            yield names[int(clashes.encounter[row])]


def _clash(equilibrium: Equilibrium, name: str, state: int) -> Record:
    """How an encounter is played in a state, and what its actions bring."""
    clash, play = equilibrium.game.encounters[name], equilibrium.actions(name, state)
    profiles = [{"actions": profile, "to": target,
                 "probability": _share(math.prod(play[player][action] for player, action in
                                                 zip(clash.players, profile, strict=True)))}
                for profile, target in clash.profiles()]
    return {"play": {player: {action: _share(chance) for action, chance in part.items()}
                     for player, part in play.items()},
            "worth": equilibrium.action_values(name, state), "profiles": profiles}


def _component(solution: Solution, part: Component) -> Record:
    return {"state": solution.lattice.state(part.state), "moves": part.moves,
            "encounter": part.encounter, "actions": part.actions, "actors": part.actors,
            "extremes": part.extremes, "value_varies": part.value_varies}


def _asked(solution: Solution) -> Record:
    parameters = {name: value.item() if hasattr(value, "item") else value
                  for name, value in solution.lattice.parameters.items()}
    return {"game": solution.game.name, "parameters": parameters}


def _share(value: float) -> float:
    # Rounding can leave a probability a last digit outside [0, 1].
    return min(max(value, 0.0), 1.0)


# ---- analyses --------------------------------------------------------------------------------

def cascade_record(result: CascadeResult) -> Record:
    """The cascade analysis, as ``negotiation cascade --json`` prints it."""
    return _plain_record({**_asked(result.solution), **result.to_dict()})


def paths_record(solution: Solution, equilibrium: Equilibrium, paths: Iterable[EventPath],
                 by: float) -> Record:
    """The most likely sequences of events, as ``negotiation paths --json`` prints them."""
    return _plain_record({
        **_asked(solution), "equilibrium": equilibrium.id, "equilibria": len(solution.equilibria),
        "by": by,
        "paths": [{"probability": _share(path.probability),
                   "probability_by": None if path.probability_by is None
                   else _share(path.probability_by),
                   "events": [{"move": move, "mean_date": date, "choices": {
                       name: _share(chance) for name, chance in choices.items()}}
                       for move, date, choices in zip(path.moves, path.dates, path.choices,
                                                      strict=True)],
                   "state": path.final, "returns_to": path.returns_to} for path in paths]})


def bargain_record(solution: Solution, bargain: Bargain) -> Record:
    """One move under each bargaining solution, as ``negotiation bargain --json`` prints it."""
    return _plain_record({
        **_asked(solution), "move": bargain.move, "state": bargain.state,
        "equilibrium": bargain.equilibrium, "uses": bargain.uses,
        "surplus": bargain.surplus, "weights": bargain.weights,
        "disagreement": bargain.disagreement,
        "solutions": {deal.solution: {"terms": deal.terms, "gains": deal.gains}
                      for deal in bargain.deals}})


def _mediated(found: CorrelatedEquilibrium, gain: float) -> Record:
    return {"flow": dict(zip(found.game.players, found.payoffs, strict=True)),
            "sum": float(found.payoffs.sum()), "gain": gain, "distribution": found.distribution}


def postures_record(game: Game, found: Iterable[Mediated]) -> Record:
    """The static games of postures, as ``negotiation postures --json`` prints them."""
    postures: dict[str, Any] = {name: {
        "label": posture.label, "players": posture.players, "actions": posture.actions,
        "keeps": posture.equilibrium, "conditions": {}} for name, posture in game.postures.items()}
    for one in found:
        stage = one.stage
        postures[stage.posture.name]["conditions"][stage.block.name] = {
            "when": stage.block.when, "held": stage.held,
            "payoffs": dict(zip(stage.players, stage.payoffs, strict=True)),
            "equilibria": [{
                "profile": play.mixed(), "flow": dict(zip(stage.players, play.flow, strict=True)),
                "regret": play.regret, "labels": stage.labels(k), "kept": k in stage.kept()}
                for k, play in enumerate(stage.plays)],
            "complete": stage.complete, "incomplete_because": stage.because,
            "mediator": _mediated(one.best, one.gain),
            "mediator_in_advance": _mediated(one.coarse, one.coarse_gain),
            "mediator_for_the_worst_off": _mediated(one.fairest, one.fair_gain)}
    return _plain_record({"game": game.name, "parameters": game.parameter_values(),
                          "postures": postures})
