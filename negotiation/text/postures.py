"""Postures in words: payoffs by condition, who chooses what and why, what a mediator adds."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..conventions import Play, deviations
from ..equilibrium.result import Solution
from ..model import Game
from .describe import condition, title_line
from .words import counted, listed, number, percent, sentence, signed, table, wrapped

if TYPE_CHECKING:
    from ..normal_form.correlated import CorrelatedEquilibrium
    from ..postures import StageGame

#: differences of flows below this share of a player's payoff range are none
NOTHING = 1e-9


@dataclass(frozen=True, eq=False)
class Mediated:
    """One posture under one condition, and the best that a mediator can make of it.

    ``best`` and ``coarse`` are the correlated and the coarse correlated equilibrium with the
    highest sum of the players' flows, ``fairest`` the correlated one with the highest flow of
    whoever is worst off.
    """

    stage: StageGame
    best: CorrelatedEquilibrium
    coarse: CorrelatedEquilibrium
    fairest: CorrelatedEquilibrium

    @property
    def gain(self) -> float:
        """By how much the sum is above that of the best static equilibrium; 0 where it is not."""
        return self._above(self.best.value, float(self.stage.flows.sum(axis=1).max()))

    @property
    def coarse_gain(self) -> float:
        """What committing in advance adds to that, in sum; 0 where it adds nothing."""
        return self._above(self.coarse.value, self.best.value)

    @property
    def fair_gain(self) -> float:
        """By how much the worst-off player's flow is above that in the best static equilibrium."""
        return self._above(self.fairest.value, float(self.stage.flows.min(axis=1).max()))

    def _above(self, value: float, other: float) -> float:
        wide = float(np.ptp(self.stage.payoffs.sum(axis=0))) or float(np.ptp(self.stage.payoffs))
        return value - other if value - other > NOTHING * wide else 0.0


def postures_page(game: Game, found: Sequence[Mediated]) -> str:
    """What ``negotiation postures`` prints."""
    lines = [title_line(game)]
    if not found:
        return "\n".join([*lines, "", "The definition has no postures."]) + "\n"
    for name, group in itertools.groupby(found, key=lambda one: one.stage.posture.name):
        posture = game.postures[name]
        who = listed(game.actors[player].label for player in posture.players)
        lines += ["", f"{posture.label.upper()} ({name})",
                  wrapped(f"{who} choose at the same time, and the choices pay flows, each per "
                          f"{game.time_unit}. Kept: {_rule(posture.equilibrium)}.", 2)]
        for one in group:
            lines += ["", *_condition(game, one)]
    return "\n".join(lines) + "\n"


def _rule(rule: str) -> str:
    return {"all": "every static equilibrium",
            "payoff-dominant": "the equilibrium that pays every player at least as much as any "
                               "other (all where there is none)",
            "risk-dominant": "the pure equilibrium whose deviations lose more (all where none "
                             "does)",
            "worst": "the equilibrium with the lowest sum of flows"}[rule]


def _condition(game: Game, one: Mediated) -> Iterator[str]:
    stage = one.stage
    never = "" if stage.held else " Play never comes into such a state."
    yield wrapped(f"{stage.block.name}: while {condition(stage.block.when)}.{never}", 2, 2)
    yield _payoffs(game, stage)
    many = len(stage.plays)
    how = ("There is one equilibrium" if many == 1 else f"There are {many} equilibria"
           ) if stage.complete else f"{sentence(counted(many, 'equilibrium'))} listed"
    because = "" if stage.complete else f" ({stage.because})"
    yield wrapped(f"{how}{because}:", 4)
    kept = stage.kept()
    for k, play in enumerate(stage.plays):
        words = [*stage.labels(k), *(["kept"] if k in kept and many > len(kept) else [])]
        marks = f" [{', '.join(words)}]" if words else ""
        pays = ", ".join(f"{game.actors[player].label} {number(flow)}"
                         for player, flow in zip(play.players, play.flow.tolist(), strict=True))
        yield wrapped(f"{k + 1}. {play_sentence(game, play)} It pays {pays}.{marks}", 6, 3)
        yield from (wrapped(text, 9) for text in reasons(game, play))
    yield from (wrapped(text, 4) for text in _mediator(game, one))


def _payoffs(game: Game, stage: StageGame) -> str:
    """The payoffs: rows and columns for two players, else one line for each profile."""
    names = [game.actors[player].label for player in stage.players]
    if len(names) == 2:
        rows = [[f"{names[0]}: {a}" if i == 0 else a,
                 *(", ".join(number(x) for x in stage.payoffs[:, i, j])
                   for j in range(len(stage.actions[1])))]
                for i, a in enumerate(stage.actions[0])]
        wide = max(len(row[0]) for row in rows)
        rows = [[row[0].rjust(wide), *row[1:]] for row in rows]
        return table(rows, ["", f"{names[1]}: {stage.actions[1][0]}", *stage.actions[1][1:]],
                     range(1, 1 + len(stage.actions[1])), indent=6)
    cells = itertools.product(*(range(len(own)) for own in stage.actions))
    rows = [[*(own[a] for own, a in zip(stage.actions, at, strict=True)),
             *(number(float(one[at])) for one in stage.payoffs)] for at in cells]
    head = [*names, *(f"pays {name}" for name in names)]
    return table(rows, head, range(len(names), 2 * len(names)), indent=6)


def play_sentence(game: Game, play: Play) -> str:
    """Who chooses what."""
    said = []
    for player, mix in play.mixed().items():
        what = listed(f"{action}" if len(mix) == 1 else f"{action} ({percent(chance)})"
                      for action, chance in mix.items())
        said.append(f"{game.actors[player].label}: {what}")
    return "; ".join(said) + "."


def reasons(game: Game, play: Play) -> Iterator[str]:
    """Why each player chooses what it does: what it would lose by the next best action."""
    for i, player in enumerate(play.players):
        label, own = game.actors[player].label, play.actions[i]
        if len(own) == 1:
            yield f"{label}: there is no other action."
            continue
        slack = NOTHING * float(np.ptp(play.payoffs[i]))
        pays = deviations(play.payoffs, play.profile, i)
        if len(play.support[i]) > 1:
            same = listed(f"“{own[a]}”" for a in play.support[i])
            yield f"{label}: {same} pay the same as the others play."
            continue
        chosen = play.support[i][0]
        others = [a for a in range(len(own)) if a != chosen]
        least = min(float((np.take(play.payoffs[i], chosen, axis=i)
                           - np.take(play.payoffs[i], a, axis=i)).min()) for a in others)
        second = max(others, key=lambda a: float(pays[a]))
        gap = float(pays[chosen] - pays[second])
        if gap <= slack:
            yield f"{label}: “{own[second]}” would pay the same as the others play."
        else:
            always = ", and less whatever they played" if least > slack else ""
            yield (f"{label}: “{own[second]}” would pay {number(gap)} less as the others "
                   f"play{always}.")


def _mediator(game: Game, one: Mediated) -> Iterator[str]:
    """What somebody who tells each side in private what to do can bring about."""
    stage = one.stage
    top = int(stage.flows.sum(axis=1).argmax()) + 1
    if one.gain:
        yield ("A mediator who tells each side in private what to do can bring "
               f"{signed(one.gain)} in sum over the best equilibrium: {_distribution(one.best)}. "
               f"It pays {_pays(game, one.best)}.")
    else:
        what = "it" if len(stage.plays) == 1 else f"equilibrium {top}, the highest in sum"
        yield ("A mediator who tells each side in private what to do can bring no more than "
               f"{what}.")
    if one.coarse_gain:
        yield (f"If the sides commit in advance to follow, {signed(one.coarse_gain)} more in sum: "
               f"{_distribution(one.coarse)}. It pays {_pays(game, one.coarse)}; nobody gains by "
               "staying out, but who is told what to do may want to do something else.")
    if one.fair_gain:
        yield (f"For whoever is worst off a mediator can bring {signed(one.fair_gain)} over the "
               f"best equilibrium: {_distribution(one.fairest)}. It pays "
               f"{_pays(game, one.fairest)}.")


def _distribution(found: CorrelatedEquilibrium) -> str:
    actions = found.game.actions
    return "; ".join(f"{listed(own[a] for own, a in zip(actions, at, strict=True))} "
                     f"{percent(float(chance))}"
                     for at, chance in np.ndenumerate(found.distribution) if chance > NOTHING)


def _pays(game: Game, found: CorrelatedEquilibrium) -> str:
    return ", ".join(f"{game.actors[player].label} {number(flow)}" for player, flow in
                     zip(found.game.players, found.payoffs.tolist(), strict=True))


def postures_section(solution: Solution, named: Callable[[int], str]) -> str:
    """In a solve's report: who chooses what under each condition, and why.

    ``named`` says which paths of play follow a convention, given its place in the list.
    """
    game, lines = solution.game, ["POSTURES"]
    told: dict[tuple[str, str], dict[str, tuple[Play, list[int]]]] = {}
    for at, convention in enumerate(solution.conventions):
        for play in convention.plays:
            known = told.setdefault((play.posture, play.condition), {})
            known.setdefault(play_sentence(game, play), (play, []))[1].append(at)
    for (posture, name), plays in told.items():
        lines.append(wrapped(f"{game.postures[posture].label}, {name}:", 2, 2))
        for text, (play, places) in plays.items():
            where = "" if len(plays) == 1 else named(places[0]) if len(places) == 1 else ""
            lines.append(wrapped(f"{text}{where}", 4, 2))
            lines.append(wrapped(" ".join(reasons(game, play)), 6))
    if len(solution.conventions) > 1:
        lines.append(wrapped("A convention picks one of these for each condition; equilibria are "
                             "listed under each. 'negotiation postures' shows the payoffs.", 2))
    elif solution.options.conventions is None and any(
            posture.equilibrium != "all" for posture in game.postures.values()):
        lines.append(wrapped("A rule of the definition picked this where there are several; "
                             "'negotiation postures' shows all, --conventions all follows them.",
                             2))
    return "\n".join(lines) if len(lines) > 1 else ""
