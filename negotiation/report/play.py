"""Pictures of one equilibrium: chances over time, the course of play, what happens when, terms."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ..equilibrium.result import Equilibrium
from ..errors import InputError
from ..model import Game
from ..text.places import changes
from ..text.words import counted, likeliest, number, percent, percent_range, plural, time
from ..views import NEVER, Curve, Curves, flows, places, terms_view
from .picture import (
    DASHES,
    GREY,
    INK,
    PALE,
    UNSEEN,
    Data,
    Picture,
    Table,
    colour,
    front_colour,
    layout,
    move_key,
    per_cent,
    rgba,
    rounded,
    shown,
    sign_of,
    titled,
)

#: sequences of events in the course of play, and on the line of time
COURSE, LINES = 12, 6


def chances(found: Curves, row: int, kind: str, by: float) -> Picture | None:
    """The chances of all outcomes, or of all fronts' statuses, over time, in one equilibrium.

    ``row`` is the equilibrium's among the curves. None where nothing of the kind ever happens.
    """
    game = found.game
    curves = [c for c in found.curves if (c.kind == "front") == (kind == "fronts")]
    if not curves:
        return None
    data: list[Data] = []
    several = len(found.equilibria) > 1
    for k, curve in enumerate(curves):
        if several and (curve.values.max(axis=0) - curve.values.min(axis=0)).max() > NEVER:
            data += _band(found, curve, colour(k))
        data.append({"type": "scatter", "mode": "lines", "name": shown(curve.label, 44),
                     "x": rounded(found.times), "y": rounded(curve.values[row]),
                     "line": {"color": colour(k), "dash": DASHES[k // 7 % 6] if k > 6 else DASHES[
                         k % 6], "width": 2.5},
                     "hovertemplate": "%{y:.0%}<extra>" + shown(curve.label, 44) + "</extra>"})
    date = time(by, game.time_unit)
    at = min(range(len(found.times)), key=lambda t: abs(found.times[t] - by))
    rows = tuple((curve.label, percent(float(curve.values[row, at // 2])),
                  percent(float(curve.values[row, at])), percent_range(
                      float(curve.values[:, at].min()), float(curve.values[:, at].max())))
                 for curve in curves)
    named = {outcome.label for outcome in game.outcomes.values()}
    never = [label for label in found.never if label in named and kind != "fronts"]
    what = "each status that a front can come to" if kind == "fronts" else "each outcome"
    reached = ("that the front is in the status at the date" if kind == "fronts" else
               "that it has been reached by the date; of a posture, the share of the time")
    return Picture(
        f"Chance of {what} over time", f"{reached.capitalize()}."
        + (f" Shaded: the range over all {len(found.equilibria)} equilibria." if several else "")
        + (f" Never: {'; '.join(never)}." if never else ""),
        f"Lines of chances over {plural(game.time_unit)}; the table gives them at two dates.",
        tuple(data),
        layout(320 + 21 * len(curves), showlegend=True, hovermode="x",
               xaxis={**titled(plural(game.time_unit)), "range": [0, float(found.times[-1])]},
               yaxis=per_cent()),
        Table((("Status" if kind == "fronts" else "Outcome"),
               f"within {time(found.times[at // 2], game.time_unit)}", f"within {date}",
               "over all equilibria"), rows, (1, 2, 3)))


def _band(found: Curves, curve: Curve, ink: str) -> list[Data]:
    low, high = curve.values.min(axis=0), curve.values.max(axis=0)
    edge = {"type": "scatter", "mode": "lines", "x": rounded(found.times), "hoverinfo": "skip",
            "showlegend": False, "line": {"width": 0, "color": ink}}
    return [{**edge, "y": rounded(low)},
            {**edge, "y": rounded(high), "fill": "tonexty", "fillcolor": rgba(ink, 0.15)}]


# ---- the course of play ----------------------------------------------------------------------

def course(equilibrium: Equilibrium) -> Picture:
    """States and moves of the likeliest sequences of events."""
    shown_flows = flows(equilibrium, COURSE)
    game, lattice = shown_flows.game, equilibrium.lattice
    at = places(shown_flows)
    edges = defaultdict(list)
    for edge in shown_flows.edges:
        if edge.chance > 0.0:
            weight = 1 + (edge.chance > 0.1) + (edge.chance > 0.3)
            edges[(lattice.game.steps[edge.move].front, weight)].append(edge)
    data: list[Data] = []
    for (front, weight), mine in edges.items():
        x: list[float | None] = []
        y: list[float | None] = []
        for edge in mine:
            (x0, y0), (x1, y1) = at[edge.source], at[edge.target]
            x += [x0, x0 + 0.9 * (x1 - x0), None]
            y += [y0, y0 + 0.9 * (y1 - y0), None]
        data.append({"type": "scatter", "mode": "lines+markers", "x": x, "y": y, "hoverinfo":
                     "skip", "line": {"color": front_colour(game, front), "width": 1.5 * weight},
                     "marker": {"symbol": "arrow", "angleref": "previous", "standoff": 2,
                                "size": [0, 9, 0] * len(mine),
                                "color": front_colour(game, front)}})
    live = [edge for mine in edges.values() for edge in mine]
    middle = [[at[e.source][k] + (0.38 + 0.07 * (j % 3)) * (at[e.target][k] - at[e.source][k])
               for j, e in enumerate(live)] for k in (0, 1)]
    data.append({"type": "scatter", "mode": "markers+text", "x": middle[0], "y": middle[1],
                 "text": [sign_of(game, e.move) for e in live], "textfont": {"size": 10},
                 "marker": {"size": 14, "color": "rgba(255,255,255,0.9)"},
                 "hovertext": [f"{shown(game.steps[e.move].label, 44)}<br>{percent(e.chance)}"
                               for e in live], "hoverinfo": "text"})
    where = {s.index: changes(game, lattice.state(s.index)) for s in shown_flows.states}
    states = [s for s in shown_flows.states if s.chance > 0.0]
    data.append({"type": "scatter", "mode": "markers+text", "x": [at[s.index][0] for s in states],
                 "y": [at[s.index][1] for s in states],
                 "text": [percent(s.chance).removesuffix(" %") for s in states],
                 "textfont": {"size": 10, "color": INK},
                 "marker": {"size": 26, "color": "white", "line": {"color": INK, "width": [
                     2.5 if s.index == 0 else 1 for s in states]},
                     "symbol": ["square" if s.last else "circle" for s in states]},
                 "hovertext": [f"{shown(where[s.index], 44)}<br>play comes by: {percent(s.chance)}"
                               for s in states], "hoverinfo": "text"})
    rows = tuple((where[e.source], game.steps[e.move].label, where[e.target], percent(e.chance))
                 for e in sorted(live, key=lambda e: -e.chance))
    share = "All states." if not shown_flows.sequences else (
        f"The {likeliest(shown_flows.sequences)}: "
        f"{percent(shown_flows.share)} of all that can happen.")
    tallest = max([sum(1 for s in states if s.layer == layer.layer) for layer in states])
    return Picture(
        "The course of play", f"In a node: the chance in % that play comes by; squares: nothing "
        f"more happens. A line is a move, thicker where it is likelier. {share}",
        "A network of states from left to right by the number of events since the start. The table "
        "lists every move that is shown, the likeliest first.", tuple(data),
        layout(max(260, 46 * tallest + 90), xaxis={
            **titled("events since the start"), "dtick": 1, "showgrid": False},
            yaxis={"visible": False}),
        Table(("From", "Move", "To", "Chance"), rows, (3,)),
        move_key(game, [e.move for e in live]))


def timeline(equilibrium: Equilibrium, by: float) -> Picture:
    """The likeliest sequences of events at their mean dates."""
    game = equilibrium.game
    paths = equilibrium.process.paths(most=LINES, by=by)
    data: list[Data] = []
    rows = []
    for at, path in enumerate(paths):
        y = len(paths) - at
        data.append({"type": "scatter", "mode": "lines", "x": [0, *rounded(path.dates)][-1:] + [0],
                     "y": [y, y], "line": {"color": PALE, "width": 2}, "hoverinfo": "skip"})
        labels = [game.steps[move].label for move in path.moves]
        data.append({"type": "scatter", "mode": "markers+text", "x": rounded(path.dates, 4),
                     "y": [y + 0.2 * _lift(path.dates, k) for k in range(len(path.dates))],
                     "text": [sign_of(game, move) for move in path.moves],
                     "marker": {"size": 19, "color": "white", "line": {"width": 2, "color": [
                         front_colour(game, game.steps[move].front) for move in path.moves]}},
                     "textfont": {"size": 10},
                     "hovertext": [f"{shown(label, 44)}<br>{time(date, game.time_unit)}"
                                   for label, date in zip(labels, path.dates, strict=True)],
                     "hoverinfo": "text"})
        rows.append((percent(path.probability), "; then ".join(
            f"{label} ({time(date, game.time_unit)})"
            for label, date in zip(labels, path.dates, strict=True)) or "nothing happens"))
    together = percent(min(sum(path.probability for path in paths), 1.0))
    return Picture(
        "What happens, in which order, and when",
        f"The likeliest sequences, {together} of all that can happen; each "
        "event at its mean date given the sequence.",
        "Each row is a sequence of events along a line of dates. The table tells each in words.",
        tuple(data),
        layout(56 * len(paths) + 90, shapes=[_mark(by)], xaxis={
            **titled(f"mean date ({plural(game.time_unit)})"), "rangemode": "tozero"},
            yaxis={"range": [0.4, len(paths) + 0.6], "showgrid": False, **titled("chance"),
                   "tickvals": [len(paths) - k for k in range(len(paths))],
                   "ticktext": [percent(path.probability) for path in paths]}),
        Table(("Chance", "Events, each with its mean date"), tuple(rows), (0,)),
        move_key(game, [move for path in paths for move in path.moves]))


def _lift(dates: Sequence[float], at: int) -> int:
    """Events that follow each other closely stand above and below their line in turn."""
    width = 0.06 * (dates[-1] or 1.0)
    close = any(abs(dates[at] - dates[k]) < width for k in (at - 1, at + 1) if 0 <= k < len(dates))
    return (at % 3 - 1) if close else 0


def _mark(x: float) -> Data:
    """A dashed line across the picture at a date or a value."""
    return {"type": "line", "xref": "x", "x0": x, "x1": x, "yref": "paper", "y0": 0, "y1": 1,
            "line": {"color": GREY, "width": 1, "dash": "dash"}}


def terms(equilibrium: Equilibrium, move: str | None = None) -> Picture | None:
    """The terms that the move made most often is made on, by state; None without bargained terms.
    """
    try:
        view = terms_view(equilibrium, move)
    except InputError:
        return None
    game = view.game
    issues = list(game.moves[view.move].issues.values())
    rows = [_after(game, view.moved(k)) for k in range(len(view.states))]
    brought = [_brought(game, view.moved(k)) for k in range(len(view.states))]
    taken = [percent(min(float(share), 1.0)) for share in view.taken]
    labels = [f"{' '.join(signs) or 'start'} ({share})" for (signs, _), share in
              zip(brought, taken, strict=True)]
    data: Data = {
        "type": "heatmap", "z": [rounded(row) for row in view.terms], "zmin": 0, "zmax": 1,
        "x": [shown(issue.label, 16) for issue in issues], "y": _apart(labels),
        "colorscale": "Cividis", "xgap": 2, "ygap": 2, "showscale": False,
        "texttemplate": "%{z:.0%}", "hovertemplate": "%{z:.1%} of a full concession<extra></extra>"}
    left = f" {counted(view.left_out, 'rarer state')} left out." if view.left_out else ""
    return Picture(
        f"Terms of “{game.moves[view.move].label}”",
        "In per cent of a full concession, by the moves that have been made before (in brackets: "
        f"how often it is agreed on there).{left}",
        "A grid of terms: a row for each state, a column for each issue; the table has them.",
        (data,), layout(34 * len(rows) + 110, modebar=UNSEEN,
                        xaxis={"side": "top", "ticks": "", "showgrid": False},
                        yaxis={"autorange": "reversed", "ticks": "", "showgrid": False}),
        Table(("After", "made", *(issue.label + (f" ({issue.unit})" if issue.unit else "")
                                  for issue in issues)),
              tuple((row, share, *(percent(float(x)) for x in agreed)) for row, share, agreed in
                    zip(rows, taken, view.terms, strict=True)),
              tuple(range(1, len(issues) + 2))),
        move_key(game, [name for _, names in brought for name in names]))


def _after(game: Game, moved: dict[str, str]) -> str:
    return "; ".join(f"{game.fronts[front].label}: {status}" for front, status in moved.items()
                     ) or "at the start"


def _brought(game: Game, moved: dict[str, str]) -> tuple[list[str], list[str]]:
    """Letters, and names, of the moves that can have brought fronts where they are."""
    signs, names = [], []
    for front, status in moved.items():
        mine = [name for name, move in game.moves.items()
                if {move.front: move.target, **move.sets}.get(front) == status]
        signs.append("/".join(sign_of(game, name) for name in mine) or shown(f"{front}={status}"))
        names += mine
    return signs, names


def _apart(labels: Sequence[str]) -> list[str]:
    """Labels of categories, which plotly would merge where they are the same."""
    seen: dict[str, int] = defaultdict(int)
    found = []
    for label in labels:
        found.append(label + "\u200b" * seen[label])
        seen[label] += 1
    return found


def worth(equilibrium: Equilibrium) -> Table:
    """What the equilibrium is worth to each actor at the start."""
    game = equilibrium.game
    return Table(("Actor", "Worth at the start"), tuple(
        (actor.label, number(equilibrium.value(name))) for name, actor in game.actors.items()),
        (1,))
