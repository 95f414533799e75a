"""What the page asks, checked, and what it is answered."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..courses import outcomes
from ..equilibrium.result import Solution
from ..errors import InputError, UnknownNameError
from ..model import Game
from ..process import OutcomeChance
from ..report.picture import Data
from ..report.views import FOLLOW, views
from ..settings import Setting, apply, setting
from ..text.solution import how_many
from ..text.words import percent_range, points_range, sentence

#: dates on a curve: of an answer at once, and of the whole one
QUICK, WHOLE = 13, 31
#: paths of play that can be chosen
PATHS = 8
#: what a consent can be
CONSENTS = {"always": True, "never": False}


@dataclass(frozen=True)
class Question:
    """A setting of the game, whether an answer at once is wanted (one equilibrium), and which page
    asks."""

    setting: Setting
    quick: bool
    tab: str = ""


def question(asked: object) -> Question:
    """What was asked, from plain data.

    Raises:
        InputError: for data of another shape.
    """
    table = _table(asked, "the question")
    known = ("parameters", "start", "hold", "block", "consents", "quick", "tab")
    for name in table:
        if name not in known:
            raise UnknownNameError("key", name, known)
    parameters: dict[str, float] = {}
    for name, value in _table(table.get("parameters", {}), "parameters").items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(
                value):
            raise InputError(f"parameter {name!r} must be a finite number. Got {value!r} instead.")
        parameters[name] = float(value)
    block = table.get("block", [])
    if not isinstance(block, list) or not all(isinstance(name, str) for name in block):
        raise InputError(f"block must be a list of names. Got {block!r} instead.")
    consents = {}
    for actor, word in _words(table.get("consents", {}), "consents").items():
        if word not in CONSENTS:
            raise UnknownNameError("consent", word, CONSENTS)
        consents[actor] = CONSENTS[word]
    return Question(setting(
        parameters=parameters, start=_words(table.get("start", {}), "start"),
        hold=_words(table.get("hold", {}), "hold"), block=block, consents=consents),
        bool(table.get("quick", False)), str(table.get("tab", "")))


def _table(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{what} must be a table. Got {type(value).__name__} instead.")
    return value


def _words(value: object, what: str) -> dict[str, str]:
    table = _table(value, what)
    if not all(isinstance(word, str) for word in table.values()):
        raise InputError(f"{what} must name words. Got {dict(table)!r} instead.")
    return dict(table)


def answer(game: Game, by: float, asked: Question, solve: Callable[[Game], Solution],
           before: Mapping[str, tuple[float, float]]) -> Data:
    """The game under a setting, solved, as the page shows it.

    ``before`` are the outcomes' chances in the game as it stands, to say what has changed.

    Raises:
        InputError: for a setting that the game cannot take.
        NumericalError: where a state could not be solved.
    """
    solution = solve(apply(game, asked.setting))
    if not solution.equilibria:
        raise InputError(f"no equilibrium was found: {solution.status}")
    known = dict(zip((e.id for e in solution.equilibria), outcomes(
        [e.process for e in solution.equilibria], by), strict=True))
    chances = spans(known.values())
    rows = [[game.outcomes[name].label, percent_range(*ends),
             percent_range(*before[name]) if name in before else "–",
             points_range(ends[0] - before[name][0], ends[1] - before[name][1])
             if name in before else "–"] for name, ends in chances.items()]
    shown = views(solution, by, QUICK if asked.quick else WHOLE, PATHS, known)
    return {"ok": True, "follow": FOLLOW, "views": [view.record() for view in shown],
            "says": how_many(solution) if not asked.quick else
            "One equilibrium, found at once; the search for all of them comes when you let go.",
            "changes": {"head": ["Outcome", "now", "as the file has it", "change (points)"],
                        "rows": rows, "numbers": [1, 2, 3]},
            "seconds": round(solution.seconds, 3)}


def spans(chances: Iterable[Mapping[str, OutcomeChance]]) -> dict[str, tuple[float, float]]:
    """Outcome → its lowest and highest chance over the equilibria, each of which tells its own."""
    found = defaultdict(list)
    for table in chances:
        for name, one in table.items():
            found[name].append(one.probability)
    return {name: (min(values), max(values)) for name, values in found.items()}


def controls(game: Game) -> Data:
    """Every slider and switch of a game, with where each stands."""
    values = game.parameter_values()
    sliders = []
    for name, one in game.parameters.items():
        if one.low is None or one.high is None or one.low >= one.high:
            continue
        sliders.append({"name": name, "low": one.low, "high": one.high, "value": values[name],
                        "step": (one.high - one.low) / 200.0, "unit": one.unit,
                        "doc": " ".join(one.doc.split())})
    asked = dict.fromkeys(actor for move in game.moves.values() for actor in move.by)
    return {
        "sliders": sliders,
        "fronts": [{"name": name, "label": front.label, "start": front.start,
                    "statuses": list(front.statuses)} for name, front in game.fronts.items()],
        "actors": [{"name": name, "label": game.actors[name].label} for name in asked],
        "steps": [{"name": name, "label": step.label} for table in (game.moves, game.encounters)
                  for name, step in table.items()]}


def trouble(error: Exception) -> Data:
    """What went wrong, as the page shows it."""
    return {"ok": False, "error": sentence(str(error))}
