"""The equilibria of a game as an analyst reads them: a summary first, then each path of play."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..cascade import CascadeResult
from ..courses import outcomes
from ..equilibrium.result import Equilibrium, Solution, Status
from ..model import Game
from ..process import EventPath, OutcomeChance
from .clashes import encounter_sentences
from .describe import one_line, title_line
from .effects import verdict_lines
from .fixed import always_consents, fixed_consents, never_consents
from .places import changes, doubts, situation
from .play import (
    Group,
    Stand,
    first_events,
    groups,
    reached,
    standing_still,
    stands,
)
from .postures import postures_section
from .ties import ties_section
from .words import (
    EXACT,
    counted,
    listed,
    number,
    often,
    percent,
    percent_range,
    plural,
    sentence,
    spaced,
    table,
    time,
    wrapped,
)

#: paths of play told in full; the others are in the table only
FULL_GROUPS = 3
#: states told on a path of play, the start included
FULL_STATES = 6


def solution_page(solution: Solution, by: float, cascade: CascadeResult | None = None,
                  every_state: bool = False) -> str:
    """What a solve found, in words: summary, paths of play, ties, and every state if wanted."""
    found = groups(solution.equilibria)
    chances = outcomes([group.first.process for group in found], by)
    parts = [_head(solution), _summary(solution, found, chances, by, cascade)]
    if len(found) > 1:
        parts.append(_comparison(solution.game, found, chances))
    parts += [_path_of_play(solution.game, group, letter(at) if len(found) > 1 else "")
              for at, group in enumerate(found[:FULL_GROUPS])]
    if len(found) > FULL_GROUPS:
        parts.append(wrapped(f"{counted(len(found) - FULL_GROUPS, 'more path')} of play: see the "
                             "table above; --states prints every equilibrium in full."))
    parts += [_postures(solution, found), ties_section(solution)]
    if every_state:
        parts += [_all_states(equilibrium) for equilibrium in solution.equilibria]
    return "\n\n".join(part for part in parts if part) + "\n"


def letter(at: int) -> str:
    """A, B, … Z, then numbers: what a path of play is called."""
    return chr(ord("A") + at) if at < 26 else str(at + 1)


def _postures(solution: Solution, found: Sequence[Group]) -> str:
    """Who presses, and on which paths of play; nothing for a game without postures."""
    if not solution.game.postures:
        return ""
    conventions = solution.conventions

    def named(at: int) -> str:
        paths = [letter(k) for k, group in enumerate(found)
                 if group.first.lattice.convention is conventions[at]]
        return f" (path{'s' if len(paths) > 1 else ''} {listed(paths)})" if paths else ""
    return postures_section(solution, named)


# ---- the summary -----------------------------------------------------------------------------

def _head(solution: Solution) -> str:
    states = counted(len(solution.lattice.states), "state")
    head = f"{title_line(solution.game)}\n{one_line(solution.game)}; moves can reach {states}."
    fixed = fixed_consents(solution.game)
    return f"{head}\n{wrapped(fixed)}" if fixed else head


def _summary(solution: Solution, found: Sequence[Group],
             chances: Sequence[dict[str, OutcomeChance]], by: float,
             cascade: CascadeResult | None) -> str:
    lines = ["SUMMARY", wrapped(how_many(solution), 2)]
    if len(solution.equilibria) > 1:
        lines.append(wrapped(differences(solution, found), 2))
    lines += [wrapped(text, 2) for text in what_comes_first(solution.game, found)]
    if found and (endless := _endless(found)):
        lines.append(wrapped(endless, 2))
    if chances and chances[0]:
        lines += ["", *_outcome_lines(solution.game, chances, by, len(solution.equilibria) > 1)]
    if cascade is not None:
        lines += ["", *verdict_lines(cascade)]
    return "\n".join(lines)


def how_many(solution: Solution) -> str:
    """How many equilibria there are, whether that is all, and how well they are certified."""
    count = len(solution.equilibria)
    if count == 0:
        return f"No equilibrium can be listed: {doubts(solution)}."
    worst = max(equilibrium.regret for equilibrium in solution.equilibria)
    checked = "Recomputed from the game, " + (
        f"{'it meets' if count == 1 else 'all meet'} the conditions of an equilibrium exactly."
        if worst == 0 else
        f"{'it misses' if count == 1 else 'each misses'} the conditions of an equilibrium by at "
        f"most {worst:.0e} of an actor's payoff range.")
    mixed = sum(not equilibrium.pure for equilibrium in solution.equilibria)
    what = "consents are given" if not solution.game.encounters else (
        "consents are given or actions taken")
    chance = "" if not mixed else (
        f" In it some {what} with a chance between 0 and 1." if count == 1 else
        f" In {mixed} of them some {what} with a chance between 0 and 1.")
    if solution.status is Status.BRANCH:
        players = " and each player's actions" if solution.game.encounters else ""
        every = (f"Consents{players} are uncertain: each member ratifies with a chance that grows "
                 "with its gain. The solution on the branch from loud noise is listed; there may "
                 "be others.")
        chance = ""
    elif solution.status is Status.SELECTED:
        every = "This is the equilibrium that is left when ratification noise vanishes."
    elif solution.count is not None and count < solution.count:
        every = (f"There are {solution.count:,} equilibria; the first "
                 f"{f'{count:,} are' if count > 1 else 'one is'} listed.")
    elif not solution.complete:
        every = (f"{sentence(counted(count, 'equilibrium'))} {'is' if count == 1 else 'are'} "
                 f"listed; the list may not be complete: {doubts(solution)}.")
    elif solution.components:
        follow = "follows" if count == 1 else "follow"
        every = (f"{sentence(counted(count, 'equilibrium'))} {follow} the rule for ties, and no "
                 "others do; another rule would give more (see TIES).")
    else:
        every = "There is exactly one equilibrium." if count == 1 else (
            f"There are {count:,} equilibria, and no others.")
    many = len(solution.conventions)
    under = "" if many < 2 else (f" They are those under {many} conventions of how the postures "
                                 "are played (see POSTURES).")
    return f"{every}{under}{chance} {checked}"


def differences(solution: Solution, found: Sequence[Group]) -> str:
    """How many paths of play several equilibria lead to."""
    count = len(solution.equilibria)
    if len(found) == 1:
        return (f"On the path of play they are all alike; the {count:,} differ only in states that "
                "are never reached.")
    if len(found) == count:
        return "Each of them leads to another path of play."
    return (f"They lead to {counted(len(found), 'path')} of play (A to {letter(len(found) - 1)}); "
            f"{counted(count - len(found), 'equilibrium')} "
            f"{'repeats' if count - len(found) == 1 else 'repeat'} one of these and differ"
            f"{'s' if count - len(found) == 1 else ''} from it "
            "only in states that are never reached.")


def what_comes_first(game: Game, found: Sequence[Group]) -> Iterator[str]:
    """What the first event is, on every path of play."""
    told: dict[str, list[str]] = {}
    for at, group in enumerate(found):
        told.setdefault(_first(game, group.first), []).append(letter(at))
    for text, where in told.items():
        if len(told) == 1:
            yield text
        elif len(where) <= 4:
            yield f"On {'path' if len(where) == 1 else 'paths'} {listed(where)}: {text}"
        else:
            yield f"On {len(where)} paths ({where[0]}, {where[1]}, …): {text}"


def _first(game: Game, equilibrium: Equilibrium) -> str:
    chances, wait = first_events(equilibrium)
    if not chances:
        return "Nothing ever changes: no move is made at the start."
    shown = [f"“{game.steps[move].label}”" + (f" ({percent(chance)})" if len(chances) > 1 else "")
             for move, chance in chances[:4]]
    if len(chances) > 4:
        shown.append(f"something else ({percent(sum(chance for _, chance in chances[4:]))})")
    return (f"The first event is {listed(shown, 'or')}, after {time(wait, game.time_unit)} on "
            "average.")


def _endless(found: Sequence[Group]) -> str:
    """Whether play comes to rest, where moves can lead back; nothing where it always does."""
    chances = [group.first.process.endless for group in found]
    low, high = min(chances), max(chances)
    if high <= EXACT:
        return ""
    if low >= 1.0 - EXACT:
        return "Play never comes to rest: it goes round for ever."
    return (f"With a chance of {percent_range(low, high)} play never comes to rest: it ends in a "
            "round of states that it cannot leave.")


def _outcome_lines(game: Game, chances: Sequence[dict[str, OutcomeChance]], by: float,
                   several: bool) -> Iterator[str]:
    within = f"within {time(by, game.time_unit)}"
    yield ("  How likely is each outcome" + (", over all equilibria listed" if several else "")
           + "?")
    rows, never, shares = [], [], []
    for name, outcome in game.outcomes.items():
        early = [chance[name].probability for chance in chances]
        ever = [chance[name].eventually for chance in chances]
        dates = [date for chance in chances
                 if (date := chance[name].mean_time_if_reached) is not None]
        if outcome.posture:
            shares.append([outcome.label + ":", f"{percent_range(min(early), max(early))} of the "
                           f"time {within},", f"{percent_range(min(ever), max(ever))} in the end"])
            continue
        if max(ever) <= EXACT:
            never.append(outcome.label)
            continue
        when = "" if not dates else "if ever, after " + (
            time(min(dates), game.time_unit) if max(dates) - min(dates) < 0.05 * max(dates) else
            f"{number(round(min(dates), 1))} to {time(max(dates), game.time_unit)}")
        rows.append([outcome.label + ":", f"{percent_range(min(early), max(early))} {within},",
                     f"{percent_range(min(ever), max(ever))} ever" + ("," if when else ""), when])
    if rows:
        yield table(rows, indent=4)
    if never:
        yield wrapped(f"Never: {'; '.join(never)}.", 4, 2)
    if shares:
        yield "  How much is each posture's action played?"
        yield table(shares, indent=4)


def _comparison(game: Game, found: Sequence[Group],
                chances: Sequence[dict[str, OutcomeChance]]) -> str:
    names = list(game.outcomes)
    rows = [[letter(at), _ids(group.ids), *(percent(chance[name].probability) for name in names)]
            for at, (group, chance) in enumerate(zip(found, chances, strict=True))][:26]
    head = ["PATH", "EQUILIBRIA", *(spaced(name).upper() for name in names)]
    note = f"\n  and {len(found) - 26} more" if len(found) > 26 else ""
    return "PATHS OF PLAY COMPARED\n" + table(rows, head, range(2, 2 + len(names))) + note


def _ids(ids: Sequence[int]) -> str:
    shown = ", ".join(str(one) for one in ids[:3])
    return shown if len(ids) <= 3 else f"{shown}, … ({len(ids)} in all)"


# ---- one path of play ------------------------------------------------------------------------

def _path_of_play(game: Game, group: Group, name: str) -> str:
    equilibrium = group.first
    title = f"PATH OF PLAY {name}".rstrip()
    if len(group.ids) > 1:
        more = len(group.ids) - 1
        title += (f" (equilibrium {group.ids[0]}; {more} more differ{'s' if more == 1 else ''} "
                  "from it only off the path of play)")
    elif name:
        title += f" (equilibrium {group.ids[0]})"
    likeliest = equilibrium.process.paths(most=1)
    lines = [title]
    if likeliest and likeliest[0].moves:
        lines += [f"  The most likely sequence of events ({percent(likeliest[0].probability)}):",
                  event_table(game, likeliest[0])]
        visited: Sequence[Mapping[str, str]] = likeliest[0].states[:-1][:FULL_STATES]
    else:
        visited = [equilibrium.lattice.state(0)]
    told: dict[str, str] = {}
    for at, state in enumerate(visited):
        entries = _state_entries(game, equilibrium, state, told)
        if at and not entries:
            continue
        where = f"At the start: {situation(game, state)}." if at == 0 else (
            f"After “{game.steps[likeliest[0].moves[at - 1]].label}”:")
        lines += ["", wrapped(where, 2, 2)]
        lines += [wrapped(entry, 4, 2) for entry in entries] or ["    no move is available."]
    return "\n".join([*lines, "", _values(game, equilibrium)])


def event_table(game: Game, path: EventPath, branching: bool = False) -> str:
    """The events of a sequence with their mean dates, and where it goes round from there; with
    ``branching`` what else can happen in the place of each."""
    rows = [[time(date, game.time_unit), game.steps[move].label]
            for move, date in zip(path.moves, path.dates, strict=True)]
    events = table(rows, right=(0,), indent=4)
    if branching:
        lines = []
        for line, move, choices in zip(events.splitlines(), path.moves, path.choices, strict=True):
            others = [f"{game.steps[other].label} {percent(chance)}"
                      for other, chance in choices.items() if other != move]
            lines.append(line)
            if others:
                lines.append(wrapped(f"{percent(choices[move])}; or else: {'; '.join(others)}",
                                     8, 2))
        events = "\n".join(lines)
    if path.returns_to is None:
        return events
    at = path.returns_to - 1
    where = "at the start" if at < 0 else (
        f"after “{game.steps[path.moves[at]].label}” ({time(path.dates[at], game.time_unit)})")
    return f"{events}\n{wrapped(f'and so on: all is again as it was {where}.', 4)}"


def _state_entries(game: Game, equilibrium: Equilibrium, state: Mapping[str, str],
                   told: dict[str, str]) -> list[str]:
    """A sentence or two for each move; what was told of an earlier state is left out."""
    entries = []
    for stand in stands(equilibrium, equilibrium.lattice.find(state)):
        verdict = _verdict(stand)
        if told.get(stand.move) != verdict:
            entries.append(move_sentence(game, stand, units=stand.move not in told))
        told[stand.move] = verdict
    for name, text in encounter_sentences(equilibrium, equilibrium.lattice.find(state)):
        if told.get(name) != text:
            entries.append(text)
        told[name] = text
    return entries


def _verdict(stand: Stand) -> str:
    terms = {name: round(share, 2) for name, share in stand.terms.items()} if stand.consent else {}
    return f"{round(stand.consent, 2)} {terms} {stand.losers if not stand.consent else ''}"


def move_sentence(game: Game, stand: Stand, units: bool = False) -> str:
    """Whether a move is made, on what terms, who gains, or who does not consent and why not.

    ``units`` says what each issue's share is a share of.
    """
    label = game.moves[stand.move].label
    pace = often(stand.rate, game.time_unit)
    if stand.rate == 0:
        return f"{label}: there is no opportunity for it now."
    if not stand.by:
        return f"{label}: comes by chance, {pace}."
    never = never_consents(game, game.moves[stand.move])
    if never:
        return f"{label}: not made. {never}"
    if stand.consent >= 1.0:
        always = always_consents(game, game.moves[stand.move])
        return (f"{label}: made at every opportunity ({pace}).{_terms(game, stand, units)} "
                f"{_gains(game, stand)}{' ' if always else ''}{always}")
    if stand.consent > 0.0 and not stand.indifferent:
        return (f"{label}: made at {percent(stand.consent)} of the opportunities ({pace}), since "
                f"ratification is uncertain.{_terms(game, stand, units)} {_gains(game, stand)}")
    if stand.consent > 0.0:
        about = (f"{_names(game, stand.indifferent)} "
                 f"{'is' if len(stand.indifferent) == 1 else 'are'} indifferent")
        return (f"{label}: made at {percent(stand.consent)} of the opportunities ({pace}), "
                f"because {about}.{_terms(game, stand, units)}")
    return f"{label}: not made. {_refusal(game, stand)}"


def _refusal(game: Game, stand: Stand) -> str:
    if not stand.losers:
        if stand.indifferent:
            verb = "gains" if len(stand.indifferent) == 1 else "gain"
            return f"{_names(game, stand.indifferent)} {verb} nothing from it."
        return "Not all of those whose consent it needs gain from it."
    losses = [f"{game.actors[name].label} {'' if at else 'would lose '}{number(-stand.gains[name])}"
              for at, name in enumerate(stand.losers[:3])]
    more = f", and {len(stand.losers) - 3} more would lose too" if len(stand.losers) > 3 else ""
    others = [name for name in stand.by if name not in stand.losers]
    gainers = [name for name in others if name not in stand.indifferent]
    start = "Even on the terms that come nearest to suiting all, " if stand.terms else ""
    for_it = (f"; {_names(game, gainers)} would gain" if gainers else "")
    return f"{start}{listed(losses)}{more}{for_it}."


def _gains(game: Game, stand: Stand) -> str:
    return "Gains: " + ", ".join(f"{game.actors[name].label} {number(stand.gains[name])}"
                                 for name in stand.by) + "."


def _terms(game: Game, stand: Stand, units: bool) -> str:
    if not stand.terms:
        return ""
    issues = game.moves[stand.move].issues
    said = []
    for name, share in stand.terms.items():
        unit = f" ({issues[name].unit})" if units and issues[name].unit else ""
        said.append(f"{issues[name].label} {percent(share)}{unit}")
    return f" Terms: {', '.join(said)}."


def _names(game: Game, actors: Sequence[str]) -> str:
    return listed(game.actors[name].label for name in actors)


def _values(game: Game, equilibrium: Equilibrium) -> str:
    still = standing_still(equilibrium)
    rows = [[game.actors[name].label, number(equilibrium.value(name)), number(still[name])]
            for name in game.actors]
    head = ["Worth at the start to", "in equilibrium", "if nothing ever changed"]
    return table(rows, head, (1, 2))


# ---- every state ------------------------------------------------------------------------------

def _all_states(equilibrium: Equilibrium) -> str:
    game, lattice = equilibrium.game, equilibrium.lattice
    on_path = reached(equilibrium)
    lines = [f"EVERY STATE OF EQUILIBRIUM {equilibrium.id}"]
    for state in range(len(lattice.states)):
        off = "" if on_path[state] else " (never reached)"
        named = changes(game, lattice.state(state))
        values = ", ".join(f"{game.actors[name].label} {number(value)}" for name, value in
                           zip(lattice.actors, equilibrium.values[state].tolist(), strict=True))
        lines += ["", wrapped(f"{sentence(named)}{off}", 2, 2), wrapped(f"Values: {values}", 4, 2)]
        lines += [wrapped(move_sentence(game, stand), 4, 2) for stand in stands(equilibrium, state)]
        lines += [wrapped(text, 4, 2) for _, text in encounter_sentences(equilibrium, state)]
    return "\n".join(lines)


def paths_page(solution: Solution, equilibrium: Equilibrium, paths: Sequence[EventPath],
               by: float) -> str:
    """The most likely sequences of events of one equilibrium."""
    game = solution.game
    lines = [title_line(game),
             f"Equilibrium {equilibrium.id} of {len(solution.equilibria):,}. Dates are means, in "
             f"{plural(game.time_unit)} from the start."]
    if not paths or not paths[0].moves:
        return "\n".join([*lines, "", "Nothing ever happens: no move is made at the start."]) + "\n"
    for at, path in enumerate(paths, 1):
        done = "" if path.probability_by is None else (
            f", and {percent(path.probability_by)} that all of it has happened within "
            f"{time(by, game.time_unit)}")
        lines += ["", f"{at}. A chance of {percent(path.probability)}{done}",
                  event_table(game, path, branching=True)]
    if any(path.returns_to is not None for path in paths):
        lines += ["", wrapped("A sequence is told until nothing more can happen, or until play is "
                              "back where it has been; its chance is that of beginning so.")]
    total = sum(path.probability for path in paths)
    if len(paths) > 1:
        lines += ["", wrapped(f"Together these {counted(len(paths), 'sequence')} have a chance of "
                              f"{percent(total)}.")]
    return "\n".join(lines) + "\n"
