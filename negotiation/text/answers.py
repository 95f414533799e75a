"""The known answers that a bundled definition carries, as a reader wants them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InputError
from ..expressions import parse
from ..model import Game
from .words import counted, listed, number, percent, spaced, time, wrapped

#: parameters this many times apart from the file's are said in powers of ten
LARGE = 1e6


def answers_section(game: Game) -> str:
    """What is known of a game from the literature or from a derivation; "" where nothing is said.

    The layout of ``[answers]`` is that of the bundled games: ``note``, ``checks`` and
    ``stability``; other data is left alone.
    """
    note = game.answers.get("note")
    lines = [*(_note(note) if isinstance(note, str) else ()), *_checks(game), *_stability(game)]
    return "\n".join(["KNOWN ANSWERS", *lines]) if lines else ""


def _note(note: str) -> Iterator[str]:
    for part in note.strip().split("\n\n"):
        yield wrapped(" ".join(part.split()), 2)


def _checks(game: Game) -> Iterator[str]:
    checks = game.answers.get("checks", ())
    for check in checks if isinstance(checks, (list, tuple)) else ():
        if isinstance(check, Mapping) and {"says", "equals"} <= set(check):
            yield wrapped(f"{str(check['says']).rstrip('.')}: {_value(game, check)}", 2, 2)


def _value(game: Game, check: Mapping[str, Any]) -> str:
    """The number expected at the first point that is tried, and how many more are."""
    points = check.get("at", game.answers.get("at", [{}]))
    kind = f" ({check['kind']})" if "kind" in check else ""
    try:
        first, value = _expected(game, check, points[0])
    except (InputError, LookupError, TypeError):
        return f"{check['equals']}{kind}."  # free-form data of somebody's own file
    where = f" with {listed(f'{k} = {_short(v)}' for k, v in first.items())}" if first else ""
    more = f"; tried at {counted(len(points) - 1, 'other point')}" if len(points) > 1 else ""
    return f"{_said(game, check, value)}{where}{kind}{more}."


def _said(game: Game, check: Mapping[str, Any], value: float) -> str:
    """The number as what it measures: how often a move is made, a chance by a date, …"""
    quantity = check.get("quantity")
    if quantity == "consent":
        move = game.moves.get(str(check.get("move")))
        often = ("not made" if value == 0 else "made at every opportunity" if value == 1 else
                 f"made at {percent(value)} of the opportunities")
        return f"“{move.label}” is {often}" if move else often
    if quantity == "probability":
        by = check.get("by", game.horizon)
        return f"{percent(value)} within {time(float(by), game.time_unit)}"
    return number(value)


def _short(value: float) -> str:
    return f"{value:g}" if value >= LARGE else number(value)


def _expected(game: Game, check: Mapping[str, Any], at: Mapping[str, Any],
              ) -> tuple[dict[str, float], float]:
    nominal = _defined(game)
    first = {name: float(parse(v).evaluate(nominal)) if isinstance(v, str) else float(v)
             for name, v in at.items()}
    known = _defined(game.with_parameters(**first))
    return first, float(parse(str(check["equals"])).evaluate(known))


def _defined(game: Game) -> dict[str, float]:
    """The parameters, and what the answers define in terms of them."""
    known = dict(game.parameter_values())
    define = game.answers.get("define", {})
    for name, text in define.items() if isinstance(define, Mapping) else ():
        known[name] = parse(str(text)).evaluate(known)
    return known


def _stability(game: Game) -> Iterator[str]:
    cited = game.answers.get("stability")
    equilibria = cited.get("equilibria") if isinstance(cited, Mapping) else None
    if isinstance(cited, Mapping) and isinstance(states := cited.get("states"), Mapping):
        told = (f"{name} ({', '.join(spaced(str(status)) for status in where.values())})"
                for name, where in states.items() if isinstance(where, Mapping))
        yield wrapped(f"States: {listed(told)}.", 2, 2)
    if isinstance(equilibria, Mapping):
        for concept, states in equilibria.items():
            yield wrapped(f"Equilibria by {concept}: {listed(states) if states else 'none'}.", 2, 2)
        yield wrapped(f"'negotiation stability {game.name}' says why.", 2)
