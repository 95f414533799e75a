"""One equilibrium as a page shows it: what it is called, its numbers, and its pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..courses import outcomes
from ..equilibrium.result import Solution
from ..process import OutcomeChance
from ..text.play import Group, groups
from ..text.solution import letter
from ..text.words import percent, time
from ..views import Curves, curves
from . import play
from .picture import Data, Picture, Table

#: paths of play that can be chosen, and dates on a curve
PATHS, POINTS = 12, 41
#: the pictures of an equilibrium, in the order of the page
FOLLOW = ("outcomes", "fronts", "course", "timeline", "terms")


@dataclass(frozen=True)
class View:
    """An equilibrium that stands for a path of play."""

    label: str
    says: str
    outcomes: Table
    worth: Table
    pictures: dict[str, Picture]

    def record(self) -> Data:
        """As plain data."""
        return {"label": self.label, "says": self.says, "outcomes": self.outcomes.record(),
                "worth": self.worth.record(),
                "pictures": {name: one.record() for name, one in self.pictures.items()}}


def views(solution: Solution, by: float, points: int = POINTS, most: int = PATHS,
          known: Mapping[int, dict[str, OutcomeChance]] | None = None) -> tuple[View, ...]:
    """The paths of play of a solution, at most ``most`` of them.

    ``known`` are the outcomes' chances in each equilibrium, by its number, where they have been
    worked out.
    """
    play = groups(solution.equilibria)
    found, whole = play[:most], len(play)
    chances = ([known[group.first.id] for group in found] if known is not None else
               outcomes([group.first.process for group in found], by))
    shown = curves(solution, max(by, 1e-9), points)
    rows = {equilibrium: k for k, equilibrium in enumerate(shown.equilibria)}
    return tuple(_view(group, letter(at) if whole > 1 else "", chance, shown,
                       rows[group.first.id], by, whole)
                 for at, (group, chance) in enumerate(zip(found, chances, strict=True)))


def _view(group: Group, name: str, chance: dict[str, OutcomeChance], shown: Curves, row: int,
          by: float, whole: int) -> View:
    equilibrium = group.first
    game = equilibrium.game
    number = f"equilibrium {equilibrium.id}"
    label = f"path {name} ({number})" if name else number
    more = f" and {len(group.ids) - 1} more like it" if len(group.ids) > 1 else ""
    says = (f"Shown: {label}{more}, one of {whole} paths of play." if whole > 1 else
            f"Shown: {number}{more}, the only path of play found.")
    pictures = {
        "outcomes": play.chances(shown, row, "outcomes", by),
        "fronts": play.chances(shown, row, "fronts", by),
        "course": play.course(equilibrium), "timeline": play.timeline(equilibrium, by),
        "terms": play.terms(equilibrium)}
    date = time(by, game.time_unit)
    table = Table(
        ("Outcome", f"within {date}", f"in force after {date}", "ever", "mean date if ever"),
        tuple((game.outcomes[one].label, percent(found.probability), percent(found.in_force),
               percent(found.eventually), "–" if found.mean_time_if_reached is None else time(
                   found.mean_time_if_reached, game.time_unit)) for one, found in chance.items()),
        (1, 2, 3, 4))
    return View(label, says, table, play.worth(equilibrium),
                {key: one for key, one in pictures.items() if one is not None})
