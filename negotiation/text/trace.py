"""A trace as an analyst reads it: what switches where, which branches there are, what is known."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ..model import Game
from ..tracing.result import Branch, Change, Event, Trace
from .describe import title_line
from .words import (
    counted,
    listed,
    number,
    percent,
    percent_range,
    spaced,
    table,
    time,
    wrapped,
)

#: outcomes and changes that are listed of one event, and events in all
MOST_OUTCOMES, MOST_CHANGES, MOST_EVENTS, MOST_BRANCHES = 4, 3, 40, 20
#: a change of chance below this is not told
SMALL = 5e-3


def trace_page(trace: Trace) -> str:
    """Summary, events, branches."""
    parts = [title_line(trace.game), "\n".join(("SUMMARY", *_summary(trace))),
             "\n".join(("WHAT HAPPENS WHERE", *_events(trace))) if trace.events else "",
             "\n".join(("BRANCHES", *_branches(trace)))]
    more = list(_beyond(trace))
    parts[2:2] = ["\n".join(("VALUES WITH MORE BRANCHES THAN ARE FOLLOWED", *more))] if more else []
    return "\n\n".join(part for part in parts if part) + "\n"


def _summary(trace: Trace) -> Iterator[str]:
    s = trace.settings
    kinds: dict[str, int] = {}
    for event in trace.events:
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
    what = kinds and listed(f"{count} {NAMES[kind][0 if count == 1 else 1]}"
                            for kind, count in kinds.items())
    yield wrapped(f"{spaced(s.parameter)} from {number(s.begin)} to {number(s.end)}: "
                  f"{_counted(len(trace.branches), 'branch', 'branches')} of equilibria that "
                  f"differ on the path of play, and {what or 'nothing happens to any'}.", 2)
    yield wrapped(trace.completeness, 2)
    if trace.inconsistent_because:
        yield wrapped(f"There may be more: {trace.inconsistent_because}.", 2)
    each = f", {trace.seconds / len(trace.events):.2g} s an event" if trace.events else ""
    yield wrapped(f"The game was solved at {counted(trace.sweeps, 'value')} in "
                  f"{trace.seconds:.1f} s{each}.", 2)


NAMES = {"switch": ("switch", "switches"), "bound": ("term at a bound", "terms at a bound"),
         "jump": ("jump", "jumps"), "fold": ("fold", "folds"),
         "end": ("end of a branch", "ends of branches"),
         "birth": ("birth of a branch", "births of branches"),
         "convention": ("change of how a posture is played",
                        "changes of how a posture is played"),
         "unresolved": ("unresolved event", "unresolved events")}


def _counted(count: int, one: str, more: str) -> str:
    return f"{count} {one if count == 1 else more}"


def _events(trace: Trace) -> Iterator[str]:
    shown = sorted(trace.events, key=lambda e: not (e.through or e.kind == "fold"))
    shown = sorted(shown[:MOST_EVENTS], key=lambda e: e.id)
    for event in shown:
        yield wrapped(f"{_place(trace, event)}  {event_sentence(trace.game, event)}", 2, 4)
        for line in _effects(trace, event):
            yield wrapped(line, 6, 2)
    if len(trace.events) > len(shown):
        yield f"  and {len(trace.events) - len(shown)} more (--json lists all)"


def _place(trace: Trace, event: Event) -> str:
    digits = 9 if event.exact else 6
    return f"{event.value:.{digits}g}" + ("" if event.exact else " (about)")


def event_sentence(game: Game, event: Event) -> str:
    """What happens, in a sentence."""
    ids = {name: listed(f"{k}" for k in getattr(event, name))
           for name in ("before", "after", "through")}

    def which(name: str) -> str:
        count = len(getattr(event, name))
        return f"{'Branch' if count == 1 else 'Branches'} {ids[name]}"

    why = "; ".join(_cause(game, cause) for cause in event.causes[:MOST_CHANGES])
    because = f": {why}" if why else ""
    if event.kind == "convention":
        before, after = event.convention or ("", "")
        return f"{which('through')}: postures are played otherwise ({_played(before, after)})."
    if event.kind == "fold":
        side = "before" if event.before else "after"
        verb = "meet and vanish" if event.before else "appear together"
        return f"Fold. {which(side)} {verb}{because}."
    if event.kind in ("end", "birth"):
        side, verb = ("before", "end") if event.kind == "end" else ("after", "begin")
        verb += "s" if len(getattr(event, side)) == 1 else ""
        return f"{which(side)} {verb}{because}."
    word = {"switch": "Switch", "bound": "Bound", "jump": "Jump"}.get(event.kind, "Unresolved")
    changes = [_change(game, change) for change in event.changes[:MOST_CHANGES]]
    if len(event.changes) > MOST_CHANGES:
        changes.append(f"{len(event.changes) - MOST_CHANGES} more")
    then = f" With it: {'; '.join(changes)}." if changes and event.kind != "bound" else ""
    return f"{word} on {which('through').lower()}{because or ''}.{then}"


def _played(before: str, after: str) -> str:
    old, new = before.split("; "), after.split("; ")
    parts = [f"{b}, before: {a.split(': ')[-1]}" for a, b in zip(old, new, strict=False) if a != b]
    return "; ".join(parts) or f"{after}, before: {before}"


def _cause(game: Game, cause: Change) -> str:
    move = f"“{game.moves[cause.move].label}”"
    where = _where(game, cause)
    if cause.issue is not None:
        issue = game.moves[cause.move].issues[cause.issue].label
        bound = cause.after if cause.before == "between" else cause.before
        return f"the term “{issue}” of {move} is just {bound}{where}"
    who = game.actors[cause.actor].label if cause.actor else "its coalition"
    return f"{who} just gains nothing by {move}{where}"


def _change(game: Game, change: Change) -> str:
    move = f"“{game.moves[change.move].label}”{_where(game, change)}"
    if change.issue is not None:
        issue = game.moves[change.move].issues[change.issue].label
        return f"the term “{issue}” of {move} goes from {change.before} to {change.after}"
    return f"{move} goes from {change.before} to {change.after}"


def _where(game: Game, change: Change) -> str:
    moved = [f"{game.fronts[front].label}: {spaced(status)}"
             for front, status in change.state.items() if status != game.fronts[front].start]
    return f" ({', '.join(moved)})" if moved else " (at the start)"


def _effects(trace: Trace, event: Event) -> Iterator[str]:
    """What the event does to the verdict, and to chances on the branches that go through it."""
    if event.verdict is not None:
        before, after = event.verdict
        yield f"Cascade verdict: {before}" + ("" if before == after else f" → {after}")
    for branch, rows in event.outcomes.items():
        told = sorted(((abs(after - before), name, before, after)
                       for name, (before, after) in rows.items() if abs(after - before) > SMALL),
                      reverse=True)
        if told:
            says = "; ".join(f"{trace.game.outcomes[name].label} {percent(before)} → "
                             f"{percent(after)}" for _, name, before, after
                             in told[:MOST_OUTCOMES])
            yield f"Branch {branch}: {says}"


def _beyond(trace: Trace) -> Iterator[str]:
    """The range of chances at values where only some of the branches are followed."""
    many = [one for one in trace.solved if one.beyond]
    if not many:
        return
    names = _told(trace)
    rows = [[f"{one.value:.5g}", f"{'at least ' if one.capped else ''}{one.listed}",
             str(one.plays), *(percent_range(*one.chances[name]) for name in names)]
            for one in many]
    head = ["value", "branches there", "followed", *(trace.game.outcomes[n].label for n in names)]
    yield table(rows, head, range(1, len(head)), indent=2)
    yield wrapped("Chances: the lowest and the highest over all branches that were found there. "
                  "Where there are at least so many, equilibria may lead further apart.", 2)


def _told(trace: Trace) -> list[str]:
    """The outcomes that tables tell of."""
    names = [name for name in trace.game.outcomes
             if any(np.ptp(b.outcomes[name]) > SMALL for b in trace.branches)]
    asked = trace.settings.outcome
    names = sorted(names, key=lambda name: name != asked)[:MOST_OUTCOMES]
    return names or list(trace.game.outcomes)[:MOST_OUTCOMES]


def _branches(trace: Trace) -> Iterator[str]:
    s = trace.settings
    names = _told(trace)
    rows = [[str(branch.id), _from(trace, branch, 0), _from(trace, branch, -1),
             str(int(branch.equilibria.max())),
             *(_range(branch.outcomes[name]) for name in names)]
            for branch in trace.branches[:MOST_BRANCHES]]
    if not rows:
        yield "  None was found."
        return
    head = ["branch", "from", "to", "at most alike", *(trace.game.outcomes[n].label for n in names)]
    yield table(rows, head, range(1, len(head)), indent=2)
    if len(trace.branches) > MOST_BRANCHES:
        yield f"  and {len(trace.branches) - MOST_BRANCHES} more (--json lists all)"
    yield wrapped(f"Chances are by {time(s.by, trace.game.time_unit)}, from one end of the branch "
                  "to the other. “At most alike”: how many equilibria there are at one value that "
                  "differ from it only in what would happen where play never comes.", 2)


def _from(trace: Trace, branch: Branch, end: int) -> str:
    event = branch.begin if end == 0 else branch.end
    value = branch.values[end]
    if event is not None:
        value = next(e.value for e in trace.events if e.id == event)
    return f"{value:.5g}"


def _range(rows: NDArray[np.float64]) -> str:
    first, last = percent(float(rows[0])), percent(float(rows[-1]))
    return first if first == last else f"{first} → {last}"
