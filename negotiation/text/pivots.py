"""Who decides an outcome, as an analyst reads it: who can stop it, who gains what by that."""

from __future__ import annotations

from collections.abc import Iterator

from ..comparing import NOTHING
from ..pivots import HARDLY, Pivot, PivotsResult, Spoiler
from .describe import title_line
from .words import (
    counted,
    listed,
    number,
    percent,
    percent_range,
    points_range,
    signed,
    table,
    time,
    wrapped,
)


def pivots_page(result: PivotsResult) -> str:
    """The verdict, then every number behind it."""
    parts = [title_line(result.game), "\n".join(("VERDICT", *_verdict(result))),
             "\n".join(("ACTORS", *_actors(result))),
             "\n".join(("WHO GAINS WHAT", *_gains(result))),
             "\n".join(("OBSTRUCTION AND SUBVERSION", *_spoilers(result)))
             if result.candidates else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _label(result: PivotsResult, actor: str) -> str:
    return result.game.actors[actor].label


def _date(result: PivotsResult) -> str:
    return time(result.by, result.game.time_unit)


def _verdict(result: PivotsResult) -> Iterator[str]:
    outcome = result.game.outcomes[result.outcome].label
    yield wrapped(f"“{outcome}”: {percent_range(*result.nominal)} within {_date(result)} as things "
                  f"stand; {percent_range(*result.everybody)} if everybody always consented to the "
                  f"moves that lead there, {percent_range(*result.nobody)} if nobody did.", 2)
    stoppers = [one.actor for one in result.pivots if one.stops == "every"]
    if result.nominal[1] <= HARDLY and result.everybody[1] <= HARDLY:
        yield wrapped("There is hardly a chance of it whatever anybody consents to.", 2)
    elif stoppers:
        names = listed([_label(result, name) for name in stoppers])
        each = "" if len(stoppers) == 1 else "each "
        yield wrapped(f"{names} can {each}stop it alone: without that consent its chance is at "
                      f"most {percent(HARDLY)} in every equilibrium listed.", 2)
    else:
        yield wrapped("Nobody can stop it alone.", 2)
    top = _most_decisive(result)
    if top is not None:
        yield wrapped(f"The most hangs on {listed([_label(result, one) for one in top])}"
                      f"{', equally' if len(top) > 1 else ''}.", 2)
    if not result.complete:
        yield wrapped(f"Games compared: {result.games}. Their lists of equilibria are not all "
                      "proved complete, so that there may be others (--json says where).", 2)


def _most_decisive(result: PivotsResult) -> list[str] | None:
    """Those whose effect is the largest in every equilibrium, ties together; None if unclear."""
    if not result.pivots:
        return None
    best = max(one.effect[0] for one in result.pivots)
    if best <= HARDLY:
        return None
    top = [one for one in result.pivots if one.effect[1] >= best - 1e-9]
    return [one.actor for one in top] if all(
        one.effect[0] >= best - 1e-9 for one in top) else None


def _actors(result: PivotsResult) -> Iterator[str]:
    rows = [[_label(result, one.actor), percent_range(*one.always), percent_range(*one.never),
             points_range(*one.effect), _shapley(one)] for one in result.pivots]
    yield table(rows, [f"Chance within {_date(result)} if it",
                       "always consents", "never does", "difference", "Shapley value"],
                range(1, 5))
    how = (f"from {result.orders} orders drawn with seed {result.seed}; ± is a standard error"
           if result.method == "sampled" else "over all orders, exactly")
    yield ""
    yield wrapped("The consents are those to moves that lead into what the outcome names: "
                  f"{listed(_moves(result))}. Differences and Shapley values in percentage points; "
                  "a range runs over the equilibria of the games compared. The Shapley value is an "
                  "actor's average contribution when actors join one after the other those who "
                  f"always consent, all others never doing so ({how}); the values of all add up to "
                  "the difference between everybody and nobody.", 2)


def _shapley(one: Pivot) -> str:
    error = f" ± {number(100 * one.error)}" if one.error > 0 else ""
    return points_range(*one.shapley) + error


def _moves(result: PivotsResult) -> list[str]:
    names = dict.fromkeys(name for one in result.pivots for name in one.seats)
    return [f"“{result.game.moves[name].label}”" for name in names]


def _gains(result: PivotsResult) -> Iterator[str]:
    rows = [[_label(result, one.actor), _change(*one.gain_from_refusing),
             _change(*one.gain_from_consenting)] for one in result.pivots]
    yield table(rows, ["Worth at the start changes by, if it", "never consents",
                       "always consents"], (1, 2))
    yield ""
    tempted = [one for one in result.pivots if one.gain_from_refusing[0] > NOTHING]
    for one in tempted:
        yield wrapped(f"{_label(result, one.actor)} would gain by refusing.", 2)
    if not tempted:
        yield wrapped("Nobody would gain by always refusing, in the worst pair of equilibria.", 2)


def _change(low: float, high: float) -> str:
    ends = signed(0.0 if abs(low) < 1e-9 else low), signed(0.0 if abs(high) < 1e-9 else high)
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def _spoilers(result: PivotsResult) -> Iterator[str]:
    if not result.spoilers:
        yield wrapped(f"None of the {counted(len(result.candidates), 'move')} that actors make on "
                      "their own lowers the outcome's chance.", 2)
        return
    rows = [[result.game.moves[one.move].label, _label(result, one.actor), one.kind,
             points_range(*one.effect), points_range(*one.effect_in_force), _made(one),
             "-" if one.gain is None else _change(*one.gain)] for one in result.spoilers]
    yield table(rows, ["Move of its own", "by", "", "reached", "in force", "made", "its gain"],
                range(3, 7))
    yield ""
    yield wrapped("What the outcome's chance of being reached, and of being in force, by the date "
                  "changes by if the actor always makes the move rather than never, in percentage "
                  "points; how often it is made as things stand; and what the actor gains by it "
                  "where play comes to it. A move that leaves what was agreed subverts; one that "
                  "keeps it from being agreed obstructs.", 2)
    free = [one for one in result.spoilers if one.gain is not None and one.gain[1] > NOTHING]
    for one in free:
        label = result.game.moves[one.move].label
        yield wrapped(f"{_label(result, one.actor)} gains by “{label}”: "
                      f"{_change(*(one.gain or (0.0, 0.0)))}.", 2)
    if not free:
        yield wrapped("None of them would gain by it where play comes to it as things stand.", 2)


def _made(one: Spoiler) -> str:
    return "again and again" if one.made[1] > 1e6 else percent_range(
        min(one.made[0], 1.0), min(one.made[1], 1.0))
