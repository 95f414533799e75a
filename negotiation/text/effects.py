"""The cascade analysis as an analyst reads it: the verdict, chances side by side, who is first.

*Without it* the centre is kept from being settled, *with it* play starts with the centre settled.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ..cascade import CascadeResult
from ..comparing import SAME, Bounds
from ..process import condition_states
from ..settlement import Effects, SolvedGame
from .describe import title_line
from .places import doubts_of_several
from .words import (
    counted,
    listed,
    number,
    percent,
    percent_range,
    points_range,
    sentence,
    table,
    time,
    wrapped,
)

#: orders of settlement that are listed
FULL_ORDERS = 5
#: chances below this are said to be none, or nearly so
HARDLY = 0.01
#: how the three games of the comparison are called, in the order of the columns
CALLED = {"blocked": "without it", "nominal": "as things stand", "settled": "with it"}
CHANCES = tuple(CALLED.values())


def cascade_page(result: CascadeResult) -> str:
    """The verdict, then every number behind it."""
    parts = [title_line(result.game), "\n".join(("VERDICT", *_verdict(result))),
             "\n".join(("THE FRONTS AROUND IT", *_fronts(result))),
             "\n".join(("WHAT ELSE HANGS ON IT", *_outcomes(result))) if result.nominal else "",
             "\n".join(("EVERY FRONT ON EVERY OTHER", *_matrix(result))) if result.matrix else "",
             "\n".join(("ORDERS OF SETTLEMENT", *_orders(result)))]
    return "\n\n".join(part for part in parts if part) + "\n"


def verdict(result: CascadeResult) -> str:
    """The question and its answer, in two sentences."""
    return f"{_question(result)} {_answer(result)}"


def verdict_lines(result: CascadeResult) -> Iterator[str]:
    """The verdict in a few lines: what a settled centre does to each front, and what needs it."""
    yield wrapped(f"{_question(result)} {_answer(result)}", 2)
    rows = [[_label(result, name), *_chances(effect.at),
             f"{points_range(*effect.at.total)} points"]
            for name, effect in result.fronts.items()]
    yield table(rows, [f"Settled within {_date(result)}", *CHANCES, "difference"], range(1, 5),
                indent=4)
    needs = [outcome.label for name, outcome in result.game.outcomes.items()
             if not outcome.posture and set(outcome.when) != {result.center}
             and result.necessity[name][1] < HARDLY and result.nominal[name][1] >= HARDLY]
    if needs:
        yield wrapped(f"Without it there is no chance, or one below {percent(HARDLY)}, of: "
                      f"{'; '.join(needs)}.", 2, 2)


# ---- the verdict -----------------------------------------------------------------------------

def _label(result: CascadeResult, front: str) -> str:
    return result.game.fronts[front].label


def _date(result: CascadeResult) -> str:
    return time(result.by, result.game.time_unit)


def _question(result: CascadeResult) -> str:
    return f"Does a settlement of “{_label(result, result.center)}” carry over?"


def _answer(result: CascadeResult) -> str:
    found = "" if all(game.complete for game in _games(result)) else " found"
    if result.verdict == "every":
        return f"Yes, to every front around it, in every equilibrium{found}."
    if result.verdict == "none":
        return f"No, to none of the fronts around it in any equilibrium{found}."
    to: dict[str, list[str]] = {"every": [], "some": [], "none": []}
    for name, effect in result.fronts.items():
        to[effect.verdict].append(_label(result, name))
    said = [f"{what[0]}{listed(to[kind])}{what[1]}" for kind, what in {
        "every": ("to ", f" in every equilibrium{found}"),
        "some": ("to ", " in some equilibria only"), "none": ("not to ", "")}.items() if to[kind]]
    return f"In part: {'; '.join(said)}."


def _games(result: CascadeResult) -> list[SolvedGame]:
    """The games behind the verdict, in the order of the columns."""
    return sorted((game for game in result.games if game.for_verdict),
                  key=lambda game: list(CALLED).index(game.kind))


def _verdict(result: CascadeResult) -> Iterator[str]:
    yield wrapped(f"{_question(result)} {_answer(result)} A difference counts when it is above "
                  f"{_points(result.min_effect)}.", 2)
    if result.game.fronts[result.center].start == result.status[result.center]:
        yield wrapped("It is settled at the start, so keeping it from that changes nothing and "
                      "there is no effect to see.", 2)
    for name, effect in result.fronts.items():
        low, high = effect.at.push
        if high < -result.min_effect - SAME:
            yield wrapped(f"Waiting for it holds {_label(result, name)} up: that it can still be "
                          f"settled lowers the chance there by {_points(-high, -low)}.", 2)
    games = _games(result)
    yield wrapped("Equilibria compared: " + ", ".join(
        f"{game.equilibria:,} {CALLED[game.kind]}" for game in games) + ".", 2)
    doubtful = [game for game in games if not game.complete]
    if doubtful:
        yield wrapped("There may be more: " + doubts_of_several(
            {CALLED[game.kind]: game.solution for game in doubtful}) + ".", 2)


def _points(low: float, high: float | None = None) -> str:
    ends = [number(float(f"{100.0 * value:.2g}")) for value in (low, low if high is None else high)]
    span = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
    return f"{span} point{'' if span == '1' else 's'}"


# ---- the numbers -----------------------------------------------------------------------------

def _chances(effect: Effects) -> Iterator[str]:
    return (percent_range(*bounds) for bounds in (effect.blocked, effect.nominal, effect.settled))


def _fronts(result: CascadeResult) -> Iterator[str]:
    unit = result.game.time_unit
    for by, at in ((result.by, "at"), (result.by / 2, "half")):
        rows = []
        for name, front in result.fronts.items():
            effect: Effects = getattr(front, at)
            rows.append([_label(result, name), *_chances(effect), *(
                points_range(*pair) for pair in (effect.total, effect.pull, effect.push))])
        yield table(rows, [f"Settled within {time(by, unit)}", *CHANCES, "total", "pull", "push"],
                    range(1, 7))
        yield ""
    yield wrapped("Total = with it - without it, pull = with it - as things stand, push = as "
                  "things stand - without it, in percentage points. Without it: it is kept from "
                  "being settled; with it: it is settled at the start. A range runs over the "
                  f"equilibria compared.{_once_settled(result)}", 2)
    yield ""
    rows = [[_label(result, name), *(_mean(pair, unit) for pair in (
        effect.mean_time.blocked, effect.mean_time.nominal, effect.mean_time.settled))]
        for name, effect in result.fronts.items()]
    yield table(rows, ["Mean time until settled, if ever", *CHANCES], range(1, 4))
    yield ""
    rows = [[_label(result, name), *(percent_range(*pair) for pair in (
        effect.precedence.center_first, effect.precedence.front_first,
        effect.precedence.together, effect.precedence.neither))]
        for name, effect in result.fronts.items()]
    yield table(rows, [f"Settled first within {_date(result)}, as things stand", "the centre",
                       "this front", "at once", "neither"], range(1, 5))


def _once_settled(result: CascadeResult) -> str:
    """What counts, where a settled front can be left and settled again."""
    lattice = result.solution.lattice
    source, target = lattice.edge_state, lattice.edge_target
    returns = lattice.component[source] == lattice.component[target]
    left = []
    for front in (result.center, *result.periphery):
        settled = condition_states(lattice, {front: result.status[front]})
        if (returns & settled[source] & ~settled[target]).any():
            left.append(front)
    if not left:
        return ""
    return (f" {sentence(_named(result, left))} can be settled more than once: a settlement counts "
            "from the first time, whether or not it is still in force at the date.")


def _mean(pair: Bounds | None, unit: str) -> str:
    if pair is None:
        return "never"
    low, high = (time(value, unit) for value in pair)
    return low if low == high else f"{low} to {high}"


def _outcomes(result: CascadeResult) -> Iterator[str]:
    rows, never = [], []
    for name, outcome in result.game.outcomes.items():
        without, nominal = result.necessity[name], result.nominal[name]
        if max(without[1], nominal[1]) <= SAME:
            never.append(outcome.label)
        else:
            rows.append([outcome.label, percent_range(*without), percent_range(*nominal)])
    if rows:
        yield table(rows, [f"Chance within {_date(result)}", *CHANCES[:2]], range(1, 3))
    if never:
        yield wrapped(f"No chance, with or without it: {'; '.join(never)}.", 2, 2)


# ---- every pair, and orders ------------------------------------------------------------------

def _matrix(result: CascadeResult) -> Iterator[str]:
    assert result.matrix is not None
    fronts = list(result.matrix)
    rows = [[f"({at}) {_label(result, source)}",
             *("·" if source == target else points_range(*result.matrix[source][target])
               for target in fronts)]
            for at, source in enumerate(fronts, 1)]
    head = ["difference that (row) makes to (column), in points",
            *(f"({at})" for at in range(1, len(fronts) + 1))]
    yield table(rows, head, range(1, len(head)))
    yield wrapped(_inward(result, result.matrix), 2)
    if result.left_out:
        yield wrapped(f"No status of {_named(result, result.left_out)} counts as settled.", 2)
    others = [game for game in result.games if not game.for_verdict]
    unproved = sum(not game.complete for game in others)
    if unproved:
        yield wrapped(f"Of the {counted(len(others), 'other game')} behind this table, {unproved} "
                      "may have more equilibria than were found.", 2)


def _named(result: CascadeResult, fronts: Sequence[str], joint: str = "and") -> str:
    return listed((_label(result, name) for name in fronts), joint)


def _inward(result: CascadeResult, matrix: Mapping[str, Mapping[str, Bounds]]) -> str:
    """Whether the cascade also runs from the periphery to the centre."""
    least = result.min_effect + SAME
    back = {front: matrix[front][result.center] for front in result.periphery}
    none = [front for front, (low, high) in back.items() if low >= -least and high <= least]
    said = [f"{_label(result, front)} changes the chance at the centre by {points_range(*total)} "
            "points" for front, total in back.items() if front not in none]
    if none:
        said.append(f"{_named(result, none, 'or')} changes it by no more than "
                    f"{_points(result.min_effect)}" if said else
                    f"{_named(result, none, 'or')} changes the chance at the centre by no more "
                    f"than {_points(result.min_effect)}")
    return f"The other way round, a settlement of {'; one of '.join(said)}."


def _orders(result: CascadeResult) -> Iterator[str]:
    yield "  as things stand, and at least how likely each is"
    for found in result.order[:FULL_ORDERS]:
        steps = [_named(result, group) for group in found.settlements]
        order = ", then ".join(steps) or "none is settled"
        yield wrapped(f"{percent_range(*found.probability):>6}  {order}", 2, 8)
