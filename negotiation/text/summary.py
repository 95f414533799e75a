"""The answers of a report in words, each under the question that a reader comes with."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..comparing import Bounds
from ..courses import outcomes
from ..findings import Findings
from ..likelihood.words import phrase
from ..pivots import HARDLY
from .effects import verdict
from .play import groups
from .solution import differences, how_many, what_comes_first
from .words import (
    counted,
    listed,
    number,
    percent,
    percent_range,
    plural,
    points_range,
    spaced,
    time,
)

#: parameters that are named as deciding, and chances of outcomes that are told
NAMED, TOLD = 3, 8


@dataclass(frozen=True)
class Said:
    """A question, and its answer in sentences; ``name`` is what the page links to."""

    name: str
    question: str
    answers: tuple[str, ...]


def summary(found: Findings) -> tuple[Said, ...]:
    """What a reader wants to know first."""
    asked = found.outcome
    what = f"“{asked.label}”" if asked else "an outcome"
    parts = (("happen", "What can happen?", _happen(found)),
             ("first", "Which front is first?", _first(found)),
             ("cascade", "Does a settlement at the centre carry over to the others?",
              _cascade(found)),
             ("likely", f"How likely is {what}, and how sure is that?", _likely(found)),
             ("stop", f"Who can stop {what}?", _stop(found)),
             ("tip", f"What would tip {what}?", _tip(found)),
             ("rests", "What does all this rest on?", _rests(found)))
    return tuple(Said(name, question, tuple(answers)) for name, question, answers in parts)


def _why(found: Findings, *parts: str) -> Iterator[str]:
    """Why a part is not there."""
    for left in found.left_out:
        if left.part in parts:
            yield (f"Not in this report: {left.part}, since {left.why}. “{left.command}” works it "
                   "out.")


def _happen(found: Findings) -> Iterator[str]:
    solution, game = found.solution, found.game
    play = groups(solution.equilibria)
    several = len(solution.equilibria) > 1
    if several:
        yield how_many(solution)
        yield differences(solution, play)
    chances = outcomes([e.process for e in solution.equilibria], found.by)
    told = []
    for name, outcome in list(game.outcomes.items()):
        rows = [chance[name].probability for chance in chances]
        if not outcome.posture and max(rows) > 1e-9:
            told.append(f"{outcome.label}: {percent_range(min(rows), max(rows))}")
    if told:
        more = f"; and {len(told) - TOLD} more in the table below" if len(told) > TOLD else ""
        yield (f"Chances within {time(found.by, game.time_unit)}, at the file's own values: "
               f"{'; '.join(told[:TOLD])}{more}.")
    yield from what_comes_first(game, play)
    if not several:
        yield how_many(solution)


def _first(found: Findings) -> Iterator[str]:
    first, game = found.first, found.game
    date = time(found.by, game.time_unit)
    if not first.fronts:
        yield "No front can change."
        return
    verb, noun = ("settled", "The first to be settled") if first.settled else (
        "changed", "The first to change")
    chances = {f"“{game.fronts[name].label}”": ends for name, ends in first.fronts.items()}
    chances["several at once"] = first.together
    ranked = sorted((name for name in chances if chances[name][1] > 1e-9),
                    key=lambda name: -sum(chances[name]))
    of = "the centre and the fronts around it" if first.settled else "all fronts"
    if not ranked:
        yield f"None of {of} is {verb} within {date}."
        return
    said = [f"{name} ({percent_range(*chances[name])})" for name in ranked]
    clear = all(chances[ranked[0]][0] > chances[name][1] + 1e-9 for name in ranked[1:])
    rest = f"; then {listed(said[1:], 'or')}" if len(said) > 1 else ""
    yield (f"{noun} within {date}, of {of}, is "
           + (f"most likely {said[0]}{rest}" if clear else listed(said, "or"))
           + f". None is, with a chance of {percent_range(*first.none)}.")
    dates = []
    for name in first.fronts:
        mean = first.mean[name]
        when = "never" if mean is None else (
            f"{percent_range(*first.chance[name])} within {date}, after "
            f"{_span(mean, game.time_unit)} on average if ever")
        dates.append(f"{game.fronts[name].label}: {when}")
    yield f"How likely each is {verb} at all: {'; '.join(dates)}."


def _span(ends: Bounds, unit: str) -> str:
    if ends[1] - ends[0] < 0.05 * ends[1]:
        return time(ends[0], unit)
    return f"{number(float(f'{ends[0]:.2g}'))} to {time(ends[1], unit)}"


def _cascade(found: Findings) -> Iterator[str]:
    effects = found.cascade
    if effects is None:
        yield from _why(found, "cascade")
        return
    yield verdict(effects)
    date = time(effects.by, found.game.time_unit)
    for name, effect in effects.fronts.items():
        yield (f"{found.game.fronts[name].label}: settled within {date} with a chance of "
               f"{percent_range(*effect.at.blocked)} without it, "
               f"{percent_range(*effect.at.nominal)} as things stand, "
               f"{percent_range(*effect.at.settled)} with it: "
               f"{points_range(*effect.at.total)} points between the first and the last.")
    if not effects.complete:
        yield ("Not all lists of equilibria behind this are proved complete: it holds for the "
               "equilibria found.")


def _likely(found: Findings) -> Iterator[str]:
    game, asked, likely = found.game, found.outcome, found.likelihood
    if asked is None:
        yield "The definition names no outcome."
        return
    date = time(found.by, game.time_unit)
    rows = [e.probability(asked.name, found.by) for e in found.solution.equilibria]
    low, high = min(rows), max(rows)
    over = f", over {counted(len(rows), 'equilibrium')}" if len(rows) > 1 else ""
    own = (f"At the file's own values: {percent_range(low, high)} within {date}{over} "
           f"({phrase(max(low, 0.0), min(high, 1.0))}, in ICD 203 terms)")
    if likely is None:
        yield own + "."
        yield from _why(found, "likelihood")
        return
    what = likely.uncertainty
    yield (f"{own}. Over what is not known of the parameters: {percent_range(*likely.interval90)} "
           f"(the middle 90 % of {counted(likely.draws, 'draw')}).")
    yield (f"That range in words: {likely.words}. The mean of the draws is "
           f"{percent(likely.mean.selected)}.")
    between = percent_range(*what.equilibria)
    yield (f"How sure that is, in four kinds that do not add up: the mean is known to "
           f"±{100 * what.sampling:.2g} points of sampling; over parameters it is "
           f"{percent_range(*what.parameters)}; over equilibria "
           f"{f'it is {between} on average' if ' to ' in between else 'it is the same'}; "
           + ("the other solution concept was not worked out." if what.concepts is None else
              f"in Markov perfect equilibrium it is {percent(what.concepts[0])}, under "
              f"ratification noise {percent(what.concepts[1])}."))
    bars = [s for s in likely.tornado if s.width > 0.005][:NAMED]
    if bars:
        yield ("Alone, these parameters move it most within their ranges: " + "; ".join(
            f"{spaced(s.parameter)} ({percent(s.at_low.selected)} at {number(s.values[0])}, "
            f"{percent(s.at_high.selected)} at {number(s.values[1])})"
            for s in bars if s.at_low and s.at_high) + ".")
    yield from _why(found, "some draws", "one parameter at a time")


def _stop(found: Findings) -> Iterator[str]:
    game, asked = found.game, found.outcome
    if asked is None or found.refusals is None:
        yield from _why(found, "who can stop it", "what hangs on whom")
        if asked is not None and asked.posture:
            yield "The outcome is about how a posture is played, which nobody consents to."
        return
    date = time(found.by, game.time_unit)
    alone = [game.actors[name].label for name, ends in found.refusals.items() if ends[1] <= HARDLY]
    rows = [e.probability(asked.name, found.by) for e in found.solution.equilibria]
    if max(rows) <= HARDLY:
        yield f"There is hardly a chance of it within {date} as things stand."
    elif alone:
        each = "can stop it alone" if len(alone) == 1 else "can each stop it alone"
        yield (f"{listed(alone)} {each}: if it never consents to the moves that lead there, the "
               f"chance within {date} is at most {percent(HARDLY)}, against "
               f"{percent_range(min(rows), max(rows))} as things stand.")
    else:
        yield "Nobody can stop it alone by refusing the moves that lead there."
    some = [f"{game.actors[name].label} ({percent_range(*ends)})"
            for name, ends in found.refusals.items() if ends[1] > HARDLY]
    if some:
        yield f"The chance that is left if one never consents: {'; '.join(some)}."
    if found.pivots is None:
        yield from _why(found, "what hangs on whom")
        return
    spoilers = found.pivots.spoilers
    for one in spoilers[:NAMED]:
        made = "which is never made as things stand" if one.made[1] <= 1e-9 else (
            f"which is made {number(one.made[0])} to {number(one.made[1])} times as things stand")
        yield (f"{game.actors[one.actor].label} can hinder it by “{game.moves[one.move].label}”, "
               f"{made}: always making it rather than never changes its chance by "
               f"{points_range(*one.effect)} points.")
    if len(spoilers) > NAMED:
        yield f"{counted(len(spoilers) - NAMED, 'more move').capitalize()} can hinder it too."


def _tip(found: Findings) -> Iterator[str]:
    tipping = found.tipping
    if tipping is None:
        yield from _why(found, "what would tip it")
        if found.outcome is None or not found.game.parameters:
            yield "No parameter has a range, so that nothing can tip it."
        return
    goal = f"{'at least' if tipping.rising else 'at most'} {100 * tipping.target:g} %"
    asked = (f"Asked: what one parameter, moved within its range, brings the chance to {goal} in "
             f"every equilibrium; now it is {percent_range(tipping.now.low, tipping.now.high)}.")
    if not tipping.single:
        yield "No parameter that was tried tips it alone."
    for at, one in enumerate(tipping.single[:NAMED]):
        how = f"passes {100 * tipping.target:g} %" if not one.jump else (
            f"jumps from {percent_range(one.before.low, one.before.high)} to "
            f"{percent_range(one.after.low, one.after.high)}")
        changes = listed(f"{spaced(name)} from {number(a)} to about {number(b)}"
                         for name, (a, b) in one.changes.items())
        yield (f"{'Next' if at else 'The smallest change'}: {changes}, "
               f"{100 * one.distance:.2g} % of its range. There the chance {how}.")
    yield asked
    if tipping.unmoved:
        yield f"Not by {listed(map(spaced, tipping.unmoved), 'or')} alone."
    if tipping.left:
        yield f"Time did not allow to try {listed(map(spaced, tipping.left))}."
    tried = len(tipping.single) + len(tipping.unmoved) + len(tipping.failed) + len(tipping.left)
    ranged = sum(one.low is not None for one in found.game.parameters.values())
    if tried < ranged:
        yield f"{tried} of the {ranged} parameters with a range were tried."


def _rests(found: Findings) -> Iterator[str]:
    game = found.game
    ranged = [p for p in game.parameters.values() if p.low is not None]
    yield (f"On a model: {counted(len(game.actors), 'actor')}, {counted(len(game.fronts), 'front')}"
           f", {counted(len(game.moves), 'move')} and the payoffs that the definition gives them. "
           "The numbers follow from these assumptions; they are no forecast without them.")
    if game.source:
        yield f"Source of the definition: {game.source}"
    yield (f"{counted(len(game.parameters), 'parameter').capitalize()}, of which {len(ranged)} are "
           f"contested and have a range, are listed with their notes under “Assumptions”; dates "
           f"are in {plural(game.time_unit)}.")
    if found.left_out:
        yield (f"{counted(len(found.left_out), 'part').capitalize()} of the analysis "
               f"{'is' if len(found.left_out) == 1 else 'are'} not in this report; “What is not "
               "here” says which and why.")
