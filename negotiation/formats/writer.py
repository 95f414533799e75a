"""A game as the text of a definition file.

The structure is known, so a small emitter of our own lays it out as a person would (parameters and
payments one to a line, a table for each actor, front, move and issue); a general TOML writer would
be one more dependency and nest the tables where they are hard to read. What a definition leaves
out is left out.
"""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..errors import InputError
from ..expressions import Expression
from ..frozen import FrozenMap
from ..model import (
    FORMAT,
    Cascade,
    Claim,
    Condition,
    Encounter,
    Front,
    Game,
    Issue,
    Linkage,
    Move,
    Parameter,
    Posture,
    PosturePayoffs,
)
from ..settings import Setting
from .distributions import distribution_table
from .postures import condition_label
from .reader import default_label


def game_text(game: Game) -> str:
    """The TOML text of a game.

    Raises:
        InputError: for consents that a setting has fixed, which definitions have no words for.
    """
    for name, move in game.moves.items():
        if move.consents:
            raise InputError(f"{game.name}: a setting fixes consents to the move {name!r}, which a "
                             "definition cannot hold: write the game, and its consents in the "
                             "setting of a claim")
    return "\n\n".join(block for block in _blocks(game) if block) + "\n"


def _blocks(game: Game) -> Iterator[str]:
    noise = None if game.noise == 0 else game.noise
    yield _statements({
        "format": FORMAT, "title": game.title, "summary": game.summary, "source": game.source,
        "theme": game.theme, "horizon": game.horizon, "time_unit": game.time_unit, "noise": noise,
        "indifferent": game.indifferent},
        always=("format", "title", "time_unit", "noise"))
    if game.parameters:
        yield _table("parameters", {name: _parameter(parameter)
                                    for name, parameter in game.parameters.items()})
    for pair in game.correlations:
        yield _table("[correlations]", {"between": pair.between, "rank": pair.rank})
    for actor in game.actors.values():
        yield _table(f"actors.{actor.name}", {
            "name": _label(actor.label, actor.name), "discount_rate": actor.discount_rate,
            "doc": actor.doc})
    for front in game.fronts.values():
        yield from _front(front)
    for move in game.moves.values():
        yield from _move(move)
    for linkage in game.linkages:
        yield _table("[linkages]", _linkage(linkage), always=("when",))
    for clash in game.encounters.values():
        yield from _encounter(clash)
    for posture in game.postures.values():
        yield from _posture(posture)
    for outcome in game.outcomes.values():
        yield _table(f"outcomes.{outcome.name}", {
            "name": _label(outcome.label, outcome.name), "when": _condition(outcome.when),
            "posture": outcome.posture, "doc": outcome.doc},
            always=() if outcome.posture else ("when",))
    if game.cascade is not None:
        yield _table("cascade", _cascade(game.cascade))
    for claim in game.claims:
        yield _table("[claims]", _claim(claim), always=("id", "says", "source", "than", "under"))
    if game.answers:
        yield _table("answers", game.answers, always=tuple(game.answers))


def _label(label: str, name: str) -> str | None:
    return None if label == default_label(name) else label


def _parameter(parameter: Parameter) -> object:
    parts = {"value": parameter.value, "low": parameter.low, "high": parameter.high,
             "distribution": distribution_table(parameter),
             "unit": parameter.unit, "doc": parameter.doc, "source": parameter.source}
    given = {key: value for key, value in parts.items() if value not in (None, "")}
    if list(given) == ["value"] and not isinstance(parameter.value, Expression):
        return parameter.value
    return given


def _front(front: Front) -> Iterator[str]:
    yield _table(f"fronts.{front.name}", {
        "name": _label(front.label, front.name), "statuses": front.statuses,
        "start": None if front.start == front.statuses[0] else front.start, "doc": front.doc})
    if front.flow:
        yield _table(f"fronts.{front.name}.flow", front.flow, always=tuple(front.flow))


def _move(move: Move) -> Iterator[str]:
    sources = move.sources[0] if len(move.sources) == 1 else move.sources
    yield _table(f"moves.{move.name}", {
        "name": _label(move.label, move.name), "front": move.front, "from": sources,
        "to": move.target, "by": move.by, "rate": move.rate, "when": _condition(move.when),
        "payoff": move.payoff, "weights": move.weights,
        "solution": None if move.solution == "nash" else move.solution, "noise": move.noise,
        "sets": move.sets, "doc": move.doc}, always=("by", "rate", "noise"))
    for issue in move.issues.values():
        yield _table(f"moves.{move.name}.issues.{issue.name}", _issue(issue), always=("value",))


def _issue(issue: Issue) -> dict[str, object]:
    return {"name": _label(issue.label, issue.name), "value": issue.value,
            "curvature": issue.curvature, "unit": issue.unit, "doc": issue.doc}


def _linkage(linkage: Linkage) -> dict[str, object]:
    return {"name": linkage.name, "when": _condition(linkage.when), "flow": linkage.flow,
            "rate": linkage.rate, "payoff": linkage.payoff, "value": linkage.value,
            "weights": linkage.weights, "doc": linkage.doc}


def _encounter(clash: Encounter) -> Iterator[str]:
    sources = clash.sources[0] if len(clash.sources) == 1 else clash.sources
    yield _table(f"encounters.{clash.name}", {
        "name": _label(clash.label, clash.name), "front": clash.front, "from": sources,
        "rate": clash.rate, "players": clash.players, "actions": clash.actions,
        "to": clash.targets, "when": _condition(clash.when), "doc": clash.doc}, always=("rate",))
    if [(block.name, len(block.when)) for block in clash.payoffs] == [("always", 0)]:
        yield _table(f"encounters.{clash.name}.payoffs", clash.payoffs[0].payoffs)
    else:
        yield from _blocks_of(f"encounters.{clash.name}.payoffs", clash.payoffs)


def _posture(posture: Posture) -> Iterator[str]:
    yield _table(f"postures.{posture.name}", {
        "name": _label(posture.label, posture.name), "players": posture.players,
        "actions": posture.actions,
        "equilibrium": None if posture.equilibrium == "all" else posture.equilibrium,
        "doc": posture.doc})
    yield from _blocks_of(f"postures.{posture.name}.payoffs", posture.payoffs)


def _blocks_of(path: str, blocks: Sequence[PosturePayoffs]) -> Iterator[str]:
    """The payoffs of a simultaneous game by condition."""
    for block in blocks:
        named = None if block.name == condition_label(block.when) else block.name
        yield _table(f"[{path}]", {
            "name": named, "when": _condition(block.when), **block.payoffs}, always=("when",))


def _cascade(cascade: Cascade) -> dict[str, object]:
    words = set(cascade.status.values())
    status = cascade.status if len(words) > 1 else next(iter(words))
    return {"center": cascade.center, "status": status, "periphery": cascade.periphery,
            "min_effect": None if cascade.min_effect == 0.01 else cascade.min_effect}


def _claim(claim: Claim) -> dict[str, object]:
    return {"id": claim.id, "says": claim.says, "source": claim.source, "outcome": claim.outcome,
            "under": _setting(claim.under), "than": _setting(claim.than), "expect": claim.expect,
            "below": claim.below, "above": claim.above, "pivot": claim.pivot,
            "among": claim.among, "cascade": claim.cascade}


def _setting(setting: Setting | None) -> dict[str, object] | None:
    if setting is None:
        return None
    parts = {"parameters": setting.parameters, "start": setting.start, "hold": setting.hold,
             "block": setting.block, "consents": setting.consents}
    return {key: value for key, value in parts.items() if value}


def _condition(condition: Condition) -> FrozenMap[str, object]:
    return FrozenMap({front: wanted[0] if len(wanted) == 1 else wanted
                      for front, wanted in condition.items()})


def _table(header: str, values: Mapping[str, object], always: tuple[str, ...] = ()) -> str:
    return f"[{header}]\n{_statements(values, always)}".rstrip("\n")


def _statements(values: Mapping[str, object], always: tuple[str, ...] = ()) -> str:
    """One line per key; None is left out, and so is what is empty unless it must stand."""
    lines = []
    for key, value in values.items():
        empty = isinstance(value, (str, tuple, Mapping)) and not value
        if value is None or (empty and key not in always):
            continue
        written = _long_text(value) if isinstance(value, str) and "\n" in value else _value(value)
        lines.append(f"{_key(key)} = {written}")
    return "\n".join(lines)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key, re.ASCII) else _text(key)


def _value(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Expression():
            return _text(value.text)
        case str():
            return _text(value)
        case int() | float():
            return repr(float(value)) if isinstance(value, float) else repr(int(value))
        case Mapping():
            inner = ", ".join(f"{_key(key)} = {_value(item)}" for key, item in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case datetime.date() | datetime.time():
            return value.isoformat()
    raise TypeError(f"a {type(value).__name__} has no form in a definition file")


def _text(text: str) -> str:
    # JSON escapes are TOML escapes; TOML also wants the delete character escaped.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _long_text(text: str) -> str:
    """Text of several lines as a block, its line ends kept as they are."""
    escaped = _text(text)[1:-1].replace("\\n", "\n") if "\\" not in text else None
    return _text(text) if escaped is None else f'"""\n{escaped}"""'
