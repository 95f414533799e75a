"""From the tables of a definition to the values of :mod:`negotiation.model`."""

from __future__ import annotations

import datetime
import math
import numbers
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ExpressionError, nearest
from ..expressions import Expression
from ..frozen import FrozenMap
from ..model import (
    FORMAT,
    INDIFFERENT,
    Actor,
    Cascade,
    Front,
    Game,
    Issue,
    Linkage,
    Move,
    Number,
    Outcome,
    Parameter,
)
from .claims import read_claims
from .distributions import read_correlations, read_distribution
from .encounters import read_encounters
from .postures import posture_names, read_played, read_postures
from .reader import (
    MAX_NESTING,
    NOT_NEGATIVE,
    POSITIVE,
    Names,
    Path,
    Reader,
    Section,
    describe,
    is_list,
)

SOLUTIONS = ("nash", "kalai-smorodinsky", "egalitarian", "utilitarian", "equal-loss", "offers")
REQUIRED = ("format", "title", "actors", "fronts", "moves")
OPTIONAL = ("summary", "source", "theme", "horizon", "time_unit", "noise", "indifferent",
            "parameters", "correlations", "linkages", "encounters", "postures", "outcomes",
            "cascade", "claims", "answers")
MAX_CHAIN = 50


def read_game(data: Mapping[str, Any], name: str) -> tuple[Game, Reader]:
    """The game that a definition's tables describe, to be used when the reader has no problems."""
    reader = Reader()
    root = Section(reader, data)
    # encounters can stand for all the moves there are
    optional = ("moves",) if data.get("encounters") else ()
    root.keys([key for key in REQUIRED if key not in optional], (*OPTIONAL, *optional))
    _read_format(root)
    parameters = _read_parameters(root)
    correlations = read_correlations(root, parameters)
    _gather_names(reader, data)
    game = Game(
        name=name, title=root.text("title"), summary=root.text("summary"),
        source=root.text("source"), theme=root.text("theme"),
        horizon=root.plain("horizon", 10.0, POSITIVE), time_unit=root.text("time_unit", "year"),
        noise=root.noise() if "noise" in root else 0.0,
        indifferent=root.one_of("indifferent", "choice", INDIFFERENT, "consent"),
        parameters=parameters, correlations=correlations, actors=_read_actors(root),
        fronts=_read_fronts(root),
        moves=_read_moves(root), linkages=tuple(_read_linkages(root)),
        encounters=read_encounters(root, root.section("moves").data if "moves" in root else {}),
        postures=read_postures(root), outcomes=_read_outcomes(root), cascade=_read_cascade(root),
        claims=tuple(read_claims(root)), answers=_read_answers(root))
    return game, reader


def _read_format(root: Section) -> None:
    found = root.data.get("format", FORMAT)
    if found != FORMAT:
        close = nearest(found, [FORMAT]) if isinstance(found, str) else None
        hint = f"did you mean {FORMAT!r}?" if close else f"expected {FORMAT!r}"
        root.reader.fail(root.at("format"), f"unknown format {found!r}: {hint}")


def _strings(value: object) -> tuple[str, ...] | None:
    if is_list(value) and all(isinstance(item, str) for item in value):  # type: ignore[attr-defined]
        return tuple(value)  # type: ignore[arg-type]
    return None


def _gather_names(reader: Reader, data: Mapping[str, Any]) -> None:
    """What there is to refer to, before anything that refers is read."""
    def table(parent: Any, key: str) -> Mapping[str, Any] | None:
        value = parent.get(key, {}) if isinstance(parent, Mapping) else None
        return value if isinstance(value, Mapping) else None

    def names(found: Mapping[str, Any] | None) -> Names:
        return None if found is None else tuple(found)

    reader.actors = names(table(data, "actors")) or None
    reader.outcomes = names(table(data, "outcomes"))
    reader.postures = posture_names(table(data, "postures"))
    fronts, moves = table(data, "fronts"), table(data, "moves")
    reader.fronts = {name: _strings(front.get("statuses")) if isinstance(front, Mapping) else None
                     for name, front in fronts.items()} if fronts else None
    reader.moves = {name: names(table(move, "issues"))
                    for name, move in moves.items()} if moves else None
    reader.coalitions = {name: _strings(move.get("by")) if isinstance(move, Mapping) else None
                         for name, move in (moves or {}).items()}
    reader.encounters = names(table(data, "encounters"))
    reader.steps = None if moves is None or reader.encounters is None else (
        (*moves, *reader.encounters) or None)


def _required_table(root: Section, key: str) -> None:
    if key in root and root.data[key] == {}:
        root.reader.fail(root.at(key), "expected at least one entry, found an empty table")


def _read_parameters(root: Section) -> FrozenMap[str, Parameter]:
    reader, section = root.reader, root.section("parameters")
    reader.parameters = tuple(section.data)
    parameters = {}
    for name, value in section.data.items():
        path = section.at(name)
        reader.identifier("parameter", name, path)
        if isinstance(value, Mapping):
            parameters[name] = _read_parameter(name, Section(reader, value, path))
        elif isinstance(value, (bool, str)) or not isinstance(value, numbers.Real):
            reader.fail(path, "expected a number, or a table with 'value', "
                              f"found {describe(value)}")
            parameters[name] = Parameter(name=name, value=1.0)
        else:
            parameters[name] = Parameter(name=name, value=reader.plain(value, path))
    broken = {path[1] for path, _ in reader.problems if path[:1] == section.path and path[1:]}
    for name, parameter in parameters.items():
        if name not in broken and not isinstance(parameter.value, Expression):
            reader.nominal[name] = parameter.value
    _evaluate_parameters(reader, section, parameters)
    broken = {path[1] for path, _ in reader.problems if path[:1] == section.path and path[1:]}
    for name, parameter in parameters.items():
        if name not in broken:
            _check_range(reader, section.at(name), parameter)
    return FrozenMap(parameters)


def _read_parameter(name: str, section: Section) -> Parameter:
    section.keys(("value",), ("low", "high", "unit", "doc", "source", "distribution"))
    value: Number = 1.0
    if isinstance(section.data.get("value"), (str, Expression)):
        text = str(section.data["value"])
        value = section.reader.parsed(text, section.at("value")) or 1.0
    elif "value" in section:
        value = section.reader.number(section.data["value"], section.at("value"))
    for key, other in (("low", "high"), ("high", "low")):
        if key in section and other not in section:
            section.reader.fail(section.path, f"{key!r} is given without {other!r}: expected both "
                                              "(a range) or neither (a constant)")
    low = section.plain("low", 0.0) if "low" in section else None
    high = section.plain("high", 1.0) if "high" in section else None
    return Parameter(name=name, value=value, low=low, high=high, unit=section.text("unit"),
                     doc=section.text("doc"), source=section.text("source"),
                     distribution=read_distribution(section, value, low, high))


def _evaluate_parameters(reader: Reader, section: Section,
                         parameters: Mapping[str, Parameter]) -> None:
    """Nominal values of the parameters that are expressions of others; cycles are problems."""
    waiting = {name: parameter.value for name, parameter in parameters.items()
               if isinstance(parameter.value, Expression)}
    for _ in range(MAX_CHAIN):
        ready = [name for name, value in waiting.items()
                 if all(other not in waiting for other in value.names)]
        for name in ready:
            value = waiting.pop(name)
            if all(other in reader.nominal for other in value.names):
                try:
                    reader.nominal[name] = value.evaluate(reader.nominal)
                except ExpressionError as error:
                    reader.fail((*section.at(name), "value"), str(error))
        if not ready:
            break
    cycles = list(_cycles({name: value.names for name, value in waiting.items()}))
    for cycle in cycles:
        reader.fail((*section.at(cycle[0]), "value"), "expressions form a cycle: "
                    + " → ".join((*cycle, cycle[0])) + ": expected one of them to be a number")
    if waiting and not cycles:
        name = next(iter(waiting))
        reader.fail((*section.at(name), "value"), "rests on other expressions more than "
                                                  f"{MAX_CHAIN} levels deep")


def _cycles(uses: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """The cycles met when each name is followed to the first name it uses that waits too."""
    seen: set[str] = set()
    for start in uses:
        walk: list[str] = []
        name: str | None = start
        while name is not None and name not in seen:
            seen.add(name)
            walk.append(name)
            name = next((other for other in uses[name] if other in uses), None)
        if name in walk:
            yield tuple(walk[walk.index(name):])


def _check_range(reader: Reader, path: Path, parameter: Parameter) -> None:
    low, high = parameter.low, parameter.high
    if low is None or high is None:
        return
    if low >= high:
        reader.fail(path, f"the range from {low:g} to {high:g} is empty: expected 'low' "
                          "below 'high'")
        return
    value = reader.nominal.get(parameter.name)
    if value is not None and not low <= value <= high:
        reader.fail((*path, "value"), f"the value {value:g} lies outside its range: expected a "
                                      f"number from {low:g} to {high:g}")


def _read_actors(root: Section) -> FrozenMap[str, Actor]:
    _required_table(root, "actors")
    actors = {}
    for name, section in root.sections("actors", "actor"):
        section.keys(("discount_rate",), ("name", "doc"))
        actors[name] = Actor(name=name, label=section.label(name), doc=section.text("doc"),
                             discount_rate=section.number("discount_rate", POSITIVE))
    return FrozenMap(actors)


def _read_fronts(root: Section) -> FrozenMap[str, Front]:
    _required_table(root, "fronts")
    fronts = {}
    for name, section in root.sections("fronts", "front"):
        section.keys(("statuses",), ("name", "start", "flow", "doc"))
        statuses = section.names("statuses", "status", None)
        for index, status in enumerate(statuses):
            if status:
                section.reader.identifier("status", status, (*section.at("statuses"), index))
        start = statuses[0] if statuses else ""
        if "start" in section:
            start = section.reader.status(name, section.data["start"], section.at("start"))
        flow = section.section("flow")
        for status in flow.data:
            section.reader.status(name, status, flow.at(status))
        fronts[name] = Front(
            name=name, label=section.label(name), statuses=statuses, start=start,
            flow=FrozenMap({status: flow.section(status).as_payments() for status in flow.data}),
            doc=section.text("doc"))
    return FrozenMap(fronts)


def _read_moves(root: Section) -> FrozenMap[str, Move]:
    if not root.data.get("encounters"):
        _required_table(root, "moves")
    return FrozenMap({name: _read_move(name, section)
                      for name, section in root.sections("moves", "move")})


def _read_move(name: str, section: Section) -> Move:
    section.keys(("front", "from", "to", "by", "rate"),
                 ("name", "when", "payoff", "weights", "solution", "noise", "sets", "issues",
                  "doc"), ("refund",))
    reader, front = section.reader, ""
    if "front" in section:
        front = reader.name("front", section.data["front"], section.at("front"), reader.fronts)
    sources = section.statuses("from", front) if "from" in section else ()
    target = reader.status(front, section.data["to"], section.at("to")) if "to" in section else ""
    by = section.names("by", "actor", reader.actors, empty=True)
    members = (name, by if "by" in section and _strings(section.data["by"]) is not None else None)
    move = Move(
        name=name, label=section.label(name), front=front, sources=sources, target=target, by=by,
        rate=section.number("rate", NOT_NEGATIVE), when=section.condition("when"),
        payoff=section.payments("payoff"), weights=section.payments("weights", POSITIVE, members),
        solution=section.one_of("solution", "bargaining solution", SOLUTIONS, "nash"),
        noise=section.noise(members) if "noise" in section else None,
        sets=section.assignment("sets"), issues=_read_issues(section), doc=section.text("doc"))
    _check_move(section, move)
    return move


def _check_move(section: Section, move: Move) -> None:
    fail = section.reader.fail
    if move.target and move.target in move.sources:
        fail(section.at("to"), f"the move leads to {move.target!r}, which is also in 'from': "
                               "expected a status that it changes to")
    wanted = move.when.get(move.front, ())
    if wanted and move.sources and not set(wanted) & set(move.sources):
        fail((*section.at("when"), move.front), f"the condition on the move's own front is never "
             f"true: expected one of its 'from' statuses, {', '.join(move.sources)}")
    if move.front in move.sets:
        fail((*section.at("sets"), move.front), "the move sets its own front: expected other "
                                                "fronts here and its own in 'to'")
    if move.issues and not move.by and section.data.get("by") in ([], ()):
        fail(section.at("issues"), "a chance move (by = []) has issues: expected none, since "
                                   "nobody is there to agree on them")


def _read_issues(move: Section) -> FrozenMap[str, Issue]:
    issues = {}
    for name, section in move.sections("issues", "issue"):
        section.keys(("value",), ("name", "curvature", "unit", "doc"))
        issues[name] = Issue(name=name, label=section.label(name), value=section.payments("value"),
                             curvature=section.payments("curvature", NOT_NEGATIVE),
                             unit=section.text("unit"), doc=section.text("doc"))
    return FrozenMap(issues)


def _read_linkages(root: Section) -> Iterator[Linkage]:
    reader = root.reader

    def by_move(section: Section, key: str, clashes: bool = False,
                ) -> Iterator[tuple[str, Section, str]]:
        table = section.section(key)
        kind = "move or encounter" if clashes and reader.encounters else "move"
        for move in table.data:
            reader.name(kind, move, table.at(move), reader.steps if clashes else reader.moves)
            yield move, table, move

    for index, section in enumerate(root.listed("linkages")):
        section.keys(("when",), ("name", "flow", "rate", "payoff", "value", "weights", "doc"))
        yield Linkage(
            name=section.text("name") or f"linkage {index + 1}", when=section.condition("when"),
            flow=section.payments("flow"),
            rate=FrozenMap({move: table.number(key, NOT_NEGATIVE)
                            for move, table, key in by_move(section, "rate", True)}),
            payoff=FrozenMap({move: table.section(key).as_payments()
                              for move, table, key in by_move(section, "payoff", True)}),
            value=FrozenMap({move: _read_added_values(move, table.section(key))
                             for move, table, key in by_move(section, "value")}),
            weights=FrozenMap({move: table.section(key).as_payments(
                POSITIVE, (move, reader.coalitions.get(move)))
                for move, table, key in by_move(section, "weights")}),
            doc=section.text("doc"))


def _read_added_values(move: str, section: Section) -> FrozenMap[str, FrozenMap[str, Number]]:
    known = (section.reader.moves or {}).get(move)
    added = {}
    for issue in section.data:
        section.reader.name("issue", issue, section.at(issue), known, f"move {move!r}")
        added[issue] = section.section(issue).as_payments()
    return FrozenMap(added)


def _read_outcomes(root: Section) -> FrozenMap[str, Outcome]:
    outcomes = {}
    for name, section in root.sections("outcomes", "outcome"):
        section.keys((), ("when", "posture", "name", "doc"))
        if not section.broken and ("when" in section) == ("posture" in section):
            both = "both" if "when" in section else "neither"
            section.reader.fail(section.path, f"expected 'when' or 'posture', found {both}")
        outcomes[name] = Outcome(name=name, label=section.label(name), doc=section.text("doc"),
                                 when=section.condition("when"), posture=read_played(section))
    return FrozenMap(outcomes)


def _read_cascade(root: Section) -> Cascade | None:
    if "cascade" not in root:
        return None
    reader, section = root.reader, root.section("cascade")
    if not section.keys(("center", "status", "periphery"), ("min_effect",)):
        return None
    center = reader.name("front", section.data["center"], section.at("center"), reader.fronts)
    periphery = section.names("periphery", "front", reader.fronts)
    if center and center in periphery:
        reader.fail((*section.at("periphery"), periphery.index(center)),
                    f"the centre {center!r} is in its own periphery: expected other fronts")
    fronts = dict.fromkeys((center, *periphery))
    return Cascade(center=center, periphery=periphery, status=_cascade_status(section, fronts),
                   min_effect=section.plain("min_effect", 0.01, NOT_NEGATIVE))


def _cascade_status(section: Section, fronts: Mapping[str, None]) -> FrozenMap[str, str]:
    reader, value, path = section.reader, section.data["status"], section.at("status")
    if not isinstance(value, Mapping):
        return FrozenMap({front: reader.status(front, value, path)
                          for front in fronts if reader.fronts and front in reader.fronts})
    status = section.assignment("status")
    for front in status:
        if front not in fronts and reader.fronts and front in reader.fronts:
            reader.fail((*path, front), f"front {front!r} is neither the centre nor in the "
                                        f"periphery: expected {', '.join(fronts)}")
    for front in fronts:
        if front not in status and reader.fronts and front in reader.fronts:
            reader.fail(path, f"the front {front!r} is missing: expected the status that counts as "
                              "settled on the centre and on every front of the periphery")
    return status


def _read_answers(root: Section) -> FrozenMap[str, object]:
    section = root.section("answers")
    return FrozenMap({key: _frozen(root.reader, value, section.at(key))
                      for key, value in section.data.items()})


def _frozen(reader: Reader, value: object, path: Path) -> object:
    if len(path) > MAX_NESTING:
        reader.fail(path[:MAX_NESTING], f"is nested deeper than {MAX_NESTING} levels")
    elif isinstance(value, Mapping):
        return FrozenMap({key: _frozen(reader, item, (*path, key))
                          for key, item in value.items()})
    elif isinstance(value, (list, tuple)):
        return tuple(_frozen(reader, item, (*path, index)) for index, item in enumerate(value))
    elif isinstance(value, float) and not math.isfinite(value):
        reader.fail(path, f"expected a finite number, found {value}")
    elif isinstance(value, (str, bool, int, float, datetime.date, datetime.time)):
        return value
    else:
        reader.fail(path, f"expected text, a number, true or false, a date, a list or a table, "
                          f"found a {type(value).__name__}")
    return None
