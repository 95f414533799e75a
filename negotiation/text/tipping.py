"""Tipping points and regions as an analyst reads them."""

from __future__ import annotations

from collections.abc import Iterator

from ..tracing import Reading, Region, Tip, Tipping
from .describe import title_line
from .words import counted, listed, number, percent_range, spaced, table, time, wrapped

MOST_TIPS, MOST_CURVES = 20, 20


def tip_page(found: Tipping) -> str:
    """What is asked, the answer, every parameter."""
    parts = [title_line(found.game), "\n".join(("TIPPING POINT", *_answer(found))),
             "\n".join(("ONE PARAMETER AT A TIME", *_singles(found))) if found.single else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _reading(reading: Reading) -> str:
    return percent_range(reading.low, reading.high)


def _answer(found: Tipping) -> Iterator[str]:
    goal = f"{'at least' if found.rising else 'at most'} {100 * found.target:g} %"
    yield wrapped(f"What would bring {spaced(found.what)} by "
                  f"{time(found.by, found.game.time_unit)} to {goal} in every equilibrium? Now it "
                  f"is {_reading(found.now)}.", 2)
    best = found.best
    if found.holds:
        yield wrapped("It is so already: nothing has to change.", 2)
    elif best is None:
        yield wrapped("No single parameter brings it about within its range, at the "
                      f"{found.grid} values solved in either direction.", 2)
    else:
        yield wrapped(f"The smallest change found: {told_changes(best)}; "
                      f"{100 * best.distance:.3g} % of the range. Solved afresh just short of it: "
                      f"{_reading(best.before)}; just beyond it: {_reading(best.after)}.", 2)
        if found.joint is not None:
            yield wrapped("It changes several parameters together; there may be smaller ones.", 2)
        if not (best.before.complete and best.after.complete):
            yield wrapped("The lists of equilibria on its two sides are not proved complete.", 2)
    if found.unmoved and not found.holds:
        yield wrapped(f"Not by {listed(map(spaced, found.unmoved), 'or')} alone.", 2)
    if found.failed:
        yield wrapped("A value could not be solved on the way of "
                      f"{listed(map(spaced, found.failed))}.", 2)
    if found.left:
        yield wrapped(f"The time limit left out {listed(map(spaced, found.left))}.", 2)


def told_changes(one: Tip) -> str:
    """Every parameter with its value now and where the answer turns."""
    return listed(f"{spaced(name)} from {number(a)} to {b:.9g}"
                  for name, (a, b) in one.changes.items())


def _singles(found: Tipping) -> Iterator[str]:
    rows = [[spaced(name), number(a), f"{b:.9g}", f"{100 * one.distance:.3g} %",
             "jumps" if one.jump else "passes", _reading(one.before), _reading(one.after)]
            for one in found.single[:MOST_TIPS] for name, (a, b) in one.changes.items()]
    yield table(rows, ["parameter", "now", "tips at", "of its range", "there it", "before",
                       "after"], (1, 2, 3, 5, 6), indent=2)


def region_page(found: Region) -> str:
    """Shares of the plane, the map, the curves."""
    parts = [title_line(found.game), "\n".join(("REGIONS", *_shares(found))),
             "\n".join(("MAP", *_map(found))),
             "\n".join(("EVENTS ACROSS IT", *_curves(found))) if found.curves else ""]
    return "\n\n".join(part for part in parts if part) + "\n"


def _shares(found: Region) -> Iterator[str]:
    (a, b), (c, d) = found.box
    first, second = map(spaced, found.parameters)
    yield wrapped(f"{first} from {number(a)} to {number(b)}, {second} from {number(c)} to "
                  f"{number(d)}: {found.what} by {time(found.by, found.game.time_unit)}, at "
                  f"{counted(len(found.points), 'point')}.", 2)
    rows = [[label, percent_range(*found.share(label))] for label in found.labels]
    yield table(rows, ["where it is", "share of the plane"], (1,), indent=2)
    if not found.complete:
        yield wrapped("Not every list of equilibria at these points is proved complete.", 2)
    if not found.finished:
        yield wrapped("The time limit ended the work: borders are coarser than asked.", 2)
    yield wrapped("A cell whose corners agree counts as a whole: an island within one is not seen.",
                  2)


def _map(found: Region) -> Iterator[str]:
    signs = {label: str(k + 1) if k < 9 else chr(ord("a") + k - 9)
             for k, label in enumerate(found.labels)}
    (a, b), (c, d) = found.box
    wide, high = 32, 16
    for row in range(high):
        y = d - (d - c) * (row + 0.5) / high
        line = ""
        for column in range(wide):
            x = a + (b - a) * (column + 0.5) / wide
            cell = next((cell for cell in found.cells if cell.first[0] <= x <= cell.first[1]
                         and cell.second[0] <= y <= cell.second[1]), None)
            line += "?" if cell is None else signs[cell.label] if cell.label else "·"
        yield f"  {y:9.4g} {line}"
    yield f"  {'':9} {f'{a:.4g}':<16}{f'{b:.4g}':>16}"
    yield wrapped(f"Across: {spaced(found.parameters[0])}; up: {spaced(found.parameters[1])}. "
                  + "; ".join(f"{sign} {label}" for label, sign in signs.items())
                  + "; · a border.", 2)


def _curves(found: Region) -> Iterator[str]:
    for curve in found.curves[:MOST_CURVES]:
        places = ", ".join(f"({p.first:.5g}, {p.second:.4g})" for p in curve.points[:6])
        more = f" and {len(curve.points) - 6} more" if len(curve.points) > 6 else ""
        yield wrapped(f"{curve.kind}: {curve.says or 'no single cause'}: {places}{more}", 2, 2)
    if len(found.curves) > MOST_CURVES:
        yield f"  and {len(found.curves) - MOST_CURVES} more (--json lists all)"
