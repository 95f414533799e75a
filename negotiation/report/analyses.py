"""Pictures of what was asked of a game: who is linked, cascade, likelihood, pivots, sliders."""

from __future__ import annotations

import numpy as np

from ..cascade import CascadeResult
from ..comparing import Bounds
from ..courses import outcomes
from ..errors import InputError
from ..findings import Findings, Sweep
from ..likelihood import Likelihood
from ..likelihood.plan import FAILED
from ..model import Game
from ..text.deals import PROPER
from ..text.effects import CALLED
from ..text.places import changes
from ..text.words import (
    counted,
    number,
    percent,
    percent_range,
    points_range,
    sentence,
    spaced,
    time,
)
from ..views import bargain_view, network
from .picture import (
    DASHES,
    GREY,
    INK,
    MARKERS,
    PALE,
    UNSEEN,
    Data,
    Picture,
    Table,
    colour,
    front_colour,
    layout,
    per_cent,
    rounded,
    shown,
    titled,
)

#: bars of a tornado, and of Sobol indices
BARS = 12
#: points of a Pareto frontier
FRONTIER = 60
#: where curves between fronts begin; actors stand at 0, fronts at 1, their names beside it
SIDE = 2.15
#: kind of link → how it is told, and its dashes
LINKS = {"needs": ("a move there needs it, or is part of it", "solid"),
         "pace": ("changes the pace there", "dash"),
         "payoff": ("changes payoffs or terms there", "dashdot"),
         "flow": ("they pay a flow together", "dot")}


def linked(game: Game) -> Picture:
    """Actors, the fronts where they sit, and how fronts matter to each other."""
    view = network(game)
    tall = max(len(game.actors), len(game.fronts))
    actor_at = {name: tall * (1 - (k + 0.5) / len(game.actors)) for k, name in enumerate(
        game.actors)}
    front_at = {name: tall * (1 - (k + 0.5) / len(game.fronts)) for k, name in enumerate(
        game.fronts)}
    data: list[Data] = [
        {"type": "scatter", "mode": "lines", "x": [0.0, 1.0], "y": [actor_at[a], front_at[f]],
         "line": {"color": front_colour(game, f), "width": 1.5}, "hoverinfo": "skip",
         "showlegend": False} for a, f in view.seats]
    told = set()
    for at, link in enumerate(view.links):
        says, dash = LINKS[link.kind]
        ink = colour(list(LINKS).index(link.kind))
        lift = 0.08 * list(LINKS).index(link.kind)
        t = np.linspace(0.0, 1.0, 17)
        a, b = front_at[link.source] - lift, front_at[link.target] - lift
        reach = SIDE + 0.03 + 1.3 * abs(a - b) / tall + 0.02 * (at % 5)
        x = SIDE + (reach - SIDE) * 4 * t * (1 - t)
        head = {} if link.kind == "flow" else {"marker": {
            "symbol": "arrow", "angleref": "previous", "size": [0] * 16 + [9], "color": ink}}
        data.append({"type": "scatter", "mode": "lines+markers" if head else "lines",
                     "x": rounded(x), "y": rounded(a + (b - a) * t), "name": says,
                     "legendgroup": link.kind, "showlegend": link.kind not in told,
                     "line": {"color": ink, "dash": dash, "width": 1.5}, **head,
                     "hovertemplate": shown(f"{game.fronts[link.source].label} → "
                                            f"{game.fronts[link.target].label}: {says}")
                     + "<extra></extra>"})
        told.add(link.kind)
    for place, table, here, where, width in (
            (actor_at, game.actors, 0.0, "middle left", 12),
            (front_at, game.fronts, 1.0, "middle right", 14)):
        data.append({"type": "scatter", "mode": "markers+text", "x": [here] * len(place),
                     "y": list(place.values()),
                     "text": [shown(table[n].label, width) for n in place],
                     "textposition": where, "textfont": {"size": 11}, "hoverinfo": "skip",
                     "marker": {"size": 8, "color": INK if here == 0.0 else [
                         front_colour(game, n) for n in place]}, "showlegend": False})
    seats = tuple((game.fronts[front].label, "consent of " + ", ".join(
        game.actors[a].label for a, f in view.seats if f == front))
        for front in game.fronts if any(f == front for _, f in view.seats))
    links = tuple((game.fronts[one.source].label,
                   f"{LINKS[one.kind][0]} ({game.fronts[one.target].label})")
                  for one in view.links)
    return Picture(
        "Who sits where, and what is linked", "Lines from an actor: whose consent a front's moves "
        "need. Curves: what a front does to another.",
        "Actors on the left, fronts in the middle, curves between linked fronts on the right.",
        tuple(data), layout(46 * tall + 120, showlegend=bool(told), margin={"l": 4, "r": 4}, xaxis={
            "visible": False, "range": [-0.85, SIDE + 1.3]}, yaxis={"visible": False},
            legend={"y": -0.02}),
        Table(("Front", "Who sits there, and what it does to others"), seats + links))


# ---- cascade ---------------------------------------------------------------------------------

def carried(result: CascadeResult) -> Picture:
    """The chance that each front around the centre is settled without, as is, and with it."""
    game = result.game
    data = []
    for k, (kind, called) in enumerate(CALLED.items()):
        ends = [getattr(effect.at, kind) for effect in result.fronts.values()]
        data.append({"type": "bar", "name": called, "marker": {"color": colour(k), "pattern": {
            "shape": ("", "/", ".")[k]}},
            "x": [shown(game.fronts[name].label, 22) for name in result.fronts],
            "y": rounded([(low + high) / 2 for low, high in ends]),
            "error_y": {"type": "data", "array": rounded([(high - low) / 2 for low, high in ends]),
                        "color": INK, "visible": any(high > low for low, high in ends)},
            "hovertemplate": called + ": %{y:.0%}<extra></extra>"})
    center = game.fronts[result.center].label
    rows = tuple((game.fronts[name].label, *(percent_range(*getattr(effect.at, kind))
                                             for kind in CALLED),
                  *(points_range(*pair) for pair in (
                      effect.at.total, effect.at.pull, effect.at.push)))
                 for name, effect in result.fronts.items())
    return Picture(
        f"What a settlement of “{center}” does to the fronts around it",
        f"Chance of being settled within {time(result.by, game.time_unit)}: without it, it is kept "
        "from being settled; with it, it is settled at the start. Bars with a range run over the "
        "equilibria compared; they do not follow the choice of an equilibrium.",
        "Three bars for each front; the table has them, and their differences in points.",
        tuple(data), layout(340, showlegend=True, barmode="group", yaxis=per_cent(),
                            legend={"y": -0.3}),
        Table(("Front", *CALLED.values(), "total (points)", "pull", "push"), rows, range_of(1, 7)))


def range_of(begin: int, end: int) -> tuple[int, ...]:
    return tuple(range(begin, end))


def matrix(result: CascadeResult) -> Picture | None:
    """What each settled front does to each other one, in points."""
    if result.matrix is None or len(result.matrix) < 2:
        return None
    game, names = result.game, list(result.matrix)
    label = {name: game.fronts[name].label for name in names}
    ends = [[result.matrix[a].get(b) for b in names] for a in names]
    data: Data = {
        "type": "heatmap", "x": [shown(label[b], 14) for b in names],
        "y": [shown(label[a], 18) for a in names], "zmin": -1, "zmax": 1, "zmid": 0,
        "colorscale": [[0, "#D55E00"], [0.5, "#ffffff"], [1, "#0072B2"]], "showscale": False,
        "z": [[None if one is None else (one[0] + one[1]) / 2 for one in row] for row in ends],
        "text": [["" if one is None else points_range(*one) for one in row] for row in ends],
        "texttemplate": "%{text}", "xgap": 2, "ygap": 2,
        "hovertemplate": "%{y} on %{x}: %{text} points<extra></extra>"}
    rows = tuple((label[a], label[b], points_range(*one)) for a in names for b in names
                 if (one := result.matrix[a].get(b)) is not None)
    return Picture(
        "Every front on every other", "Points that the front in the row, settled at the start "
        "rather than kept from it, adds to the chance of the front in the column.",
        "A grid of differences; the table lists them.", (data,),
        layout(56 * len(names) + 110, modebar=UNSEEN,
               xaxis={"side": "top", "ticks": "", "showgrid": False},
               yaxis={"autorange": "reversed", "ticks": "", "showgrid": False}),
        Table(("A settled", "adds to", "points"), rows, (2,)))


# ---- likelihood ------------------------------------------------------------------------------

def draws(found: Likelihood) -> Picture:
    """The outcome's chance over the draws, and four uncertainties apart."""
    good = found.rows[(found.rows["flags"] & FAILED) == 0]
    count, edges = np.histogram(good["selected"], bins=20, range=(0.0, 1.0))
    what = found.uncertainty
    four: list[tuple[str, Bounds]] = [
        ("sampling", (found.mean.selected - what.sampling, found.mean.selected + what.sampling)),
        ("parameters", what.parameters), ("equilibria", what.equilibria)]
    if what.concepts is not None:
        four.append(("solution concepts", (min(what.concepts), max(what.concepts))))
    bars: Data = {"type": "bar", "x": rounded((edges[:-1] + edges[1:]) / 2), "y": count.tolist(),
                  "width": 0.048, "marker": {"color": colour(0)},
                  "hovertemplate": "%{y} draws near %{x:.0%}<extra></extra>"}
    ranges = [{"type": "scatter", "mode": "lines+markers", "x": rounded(np.clip(ends, 0.0, 1.0)),
               "y": [name, name], "xaxis": "x", "yaxis": "y2", "line": {"width": 5, "color": GREY},
               "marker": {"size": 9, "symbol": "line-ns-open", "color": INK},
               "hovertemplate": name + ": %{x:.1%}<extra></extra>"} for name, ends in four]
    label = found.game.outcomes[found.outcome].label
    failed = f", {found.failed} failed" if found.failed else ""
    rows = [(f"{percent(float(a))} to {percent(float(b))}", f"{n} draws") for a, b, n in
            zip(edges[:-1], edges[1:], count, strict=True) if n]
    rows += [(f"uncertainty: {name}", percent_range(*np.clip(ends, 0.0, 1.0).tolist()))
             for name, ends in four]
    return Picture(
        f"“{label}” over what is not known of the parameters",
        f"{counted(found.draws, 'draw')} from the ranges that the file gives{failed}; seed "
        f"{found.seed}. Above: four kinds of uncertainty, which are never blended.",
        "A histogram of chances, and four ranges above it; the table has the numbers.",
        (bars, *ranges),
        layout(380, xaxis={**titled("chance by the date"), **per_cent()},
               yaxis={**titled("draws"), "domain": [0, 0.62]},
               yaxis2={"domain": [0.7, 1], "automargin": True, "ticks": "", "showgrid": False,
                       "range": [len(four) - 0.5, -0.5]}),
        Table(("Chance", "How often, or what range"), tuple(rows)))


def tornado(found: Likelihood) -> Picture | None:
    """Each parameter alone at the ends of its range."""
    swings = [s for s in found.tornado if s.width > 1e-9][:BARS]
    if not swings or found.nominal is None:
        return None
    middle = found.nominal.selected
    names = [f"{spaced(s.parameter)}<br>{number(s.values[0])} to {number(s.values[1])}"
             for s in swings]
    data = []
    for k, end in enumerate(("low", "high")):
        ends = [s.at_low if k == 0 else s.at_high for s in swings]
        data.append({"type": "bar", "orientation": "h", "y": names, "base": middle,
                     "x": [round((e.selected if e else middle) - middle, 5) for e in ends],
                     "name": f"at the {end} end", "marker": {"color": colour(k), "pattern": {
                         "shape": "/" if k else ""}},
                     "text": [number(s.values[k]) for s in swings], "textposition": "none",
                     "customdata": rounded([e.selected if e else np.nan for e in ends]),
                     "hovertemplate": "%{y} = %{text}: %{customdata:.0%}<extra></extra>"})
    rows = tuple((spaced(s.parameter), number(s.values[0]),
                  "failed" if s.at_low is None else percent(s.at_low.selected),
                  number(s.values[1]), "failed" if s.at_high is None else percent(
                      s.at_high.selected)) for s in swings)
    return Picture(
        "One parameter at a time", "The outcome's chance with one parameter at either end of its "
        f"range and all others at the file's values, where it is {percent(middle)}.",
        "Bars to both sides of the chance at the file's values; the table has both ends.",
        tuple(data), layout(38 * len(swings) + 110, barmode="overlay", showlegend=True,
                            yaxis={"autorange": "reversed"}, xaxis=per_cent()),
        Table(("Parameter", "low end", "chance there", "high end", "chance there"), rows,
              range_of(1, 5)))


def sobol(found: Likelihood) -> Picture | None:
    """Shares of the variance, alone and in all."""
    if not found.indices:
        return None
    ranked = sorted(found.indices.items(), key=lambda item: -item[1].total)[:BARS]
    data = []
    for k, (part, called) in enumerate((("first", "alone"), ("total", "in all"))):
        values = [getattr(one, part) for _, one in ranked]
        ends = [getattr(one, f"{part}_interval") for _, one in ranked]
        data.append({"type": "bar", "orientation": "h", "name": called, "x": rounded(values),
                     "y": [spaced(name) for name, _ in ranked],
                     "marker": {"color": colour(k), "pattern": {"shape": "/" if k else ""}},
                     "error_x": {"type": "data", "symmetric": False, "color": INK,
                                 "array": rounded([max(e[1] - v, 0) for v, e in zip(
                                     values, ends, strict=True)]),
                                 "arrayminus": rounded([max(v - e[0], 0) for v, e in zip(
                                     values, ends, strict=True)])},
                     "hovertemplate": "%{y}, " + called + ": %{x:.2f}<extra></extra>"})
    rows = tuple((spaced(name), number(one.first), number(one.total)) for name, one in ranked)
    return Picture(
        "What decides it, over all draws", "Sobol indices: the share of the variance that a "
        "parameter explains alone, and with its interactions; lines are bootstrapped 90 % "
        "intervals.", "Two bars for each parameter; the table has both.", tuple(data),
        layout(34 * len(ranked) + 110, barmode="group", showlegend=True,
               yaxis={"autorange": "reversed"}, xaxis=titled("share of the variance")),
        Table(("Parameter", "alone", "in all"), rows, (1, 2)))


# ---- a bargain -------------------------------------------------------------------------------

def fair(found: Findings) -> Picture | None:
    """The Pareto frontier of the move with issues that is made most often, with every solution."""
    try:
        shape = bargain_view(found.solution.equilibria[0], points=FRONTIER)
    except InputError:
        return None
    game, problem = found.game, shape.bargain
    names = [game.actors[name].label for name in problem.disagreement]
    if not len(shape.frontier.gains):
        return None
    two = len(names) == 2
    axis = [shown(name, 14) for name in names]
    data: list[Data] = []
    for at, gains in enumerate(shape.frontier.gains if not two else ()):
        data.append({"type": "scatter", "mode": "lines", "x": axis, "y": rounded(gains),
                     "line": {"color": PALE, "width": 1}, "hoverinfo": "skip",
                     "name": "Pareto frontier", "legendgroup": "frontier", "showlegend": at == 0})
    if two:
        data.append({"type": "scatter", "mode": "lines", "name": "Pareto frontier",
                     "x": rounded(shape.frontier.gains[:, 0]),
                     "y": rounded(shape.frontier.gains[:, 1]),
                     "line": {"color": INK, "width": 1.5}, "hoverinfo": "skip"})
    for k, deal in enumerate(problem.deals):
        called = PROPER.get(deal.solution, sentence(deal.solution)) + (
            " (the one used)" if deal.solution == problem.uses else "")
        gains = rounded(deal.gains.values())
        data.append({"type": "scatter", "mode": "markers" if two else "lines+markers",
                     "name": called, "x": gains[:1] if two else axis, "y": gains[1:] if two else
                     gains, "line": {"color": colour(k), "dash": DASHES[k % 6], "width": 2},
                     "marker": {"size": 10, "color": colour(k), "symbol": MARKERS[k],
                                "line": {"width": 1, "color": INK}},
                     "hovertemplate": called + ": %{y:.3g}<extra></extra>"})
    gain = "gain over waiting (payoff)"
    axes = {"xaxis": titled(f"{shown(names[0])}: {gain}"),
            "yaxis": titled(f"{shown(names[1])}: {gain}")} if two else {"yaxis": titled(gain)}
    rows = [(PROPER.get(deal.solution, sentence(deal.solution)),
             *(percent(x) for x in deal.terms.values()), *map(number, deal.gains.values()))
            for deal in problem.deals]
    issues = game.moves[problem.move].issues
    return Picture(
        f"What a fair deal would be: “{game.moves[problem.move].label}”",
        "Gains over waiting (0: no agreement) under six notions of a fair deal; thin lines: the "
        "rest of the Pareto frontier, where nobody gains but at another's cost. The state: "
        f"{changes(game, problem.state)}; equilibrium {problem.equilibrium}. The table has the "
        "terms, in per cent of a full concession.",
        "The Pareto frontier with six solutions on it; the table has their terms and gains.",
        tuple(data), layout(400, showlegend=True, **axes),
        Table(("Solution", *(issue.label for issue in issues.values()),
               *(f"{name} gains" for name in names)), tuple(rows),
              range_of(1, 1 + len(issues) + len(names))))


# ---- actors and sliders ----------------------------------------------------------------------

def deciding(found: Findings) -> Picture | None:
    """The outcome's chance when an actor never consents, and when it always does."""
    if not found.refusals or found.outcome is None:
        return None
    game, decide = found.game, found.pivots
    always = {one.actor: one.always for one in decide.pivots} if decide else {}
    value = {one.actor: one.shapley for one in decide.pivots} if decide else {}
    names = list(found.refusals)
    data = []
    for k, (called, table) in enumerate((("never consents", found.refusals),
                                         ("always consents", always))):
        if not table:
            continue
        ends = [table[name] for name in names]
        data.append({"type": "scatter", "mode": "markers", "name": called,
                     "y": [shown(game.actors[name].label, 26) for name in names],
                     "x": rounded([(low + high) / 2 for low, high in ends]),
                     "error_x": {"type": "data", "color": colour(k), "array": rounded(
                         [(high - low) / 2 for low, high in ends])},
                     "marker": {"size": 12, "color": colour(k),
                                "symbol": ("circle", "diamond-open")[k]},
                     "hovertemplate": "%{y} " + called + ": %{x:.0%}<extra></extra>"})
    rows = tuple((game.actors[name].label, percent_range(*found.refusals[name]),
                  percent_range(*always[name]) if always else "–",
                  points_range(*value[name]) if name in value else "–") for name in names)
    shape: Data = {"type": "line", "xref": "x", "yref": "paper", "y0": 0, "y1": 1,
                   "line": {"dash": "dash", "color": GREY}}
    low, high = bounds_now(found)
    return Picture(
        f"Whose consent decides “{found.outcome.label}”",
        f"Its chance within {time(found.by, game.time_unit)} when an actor never, or always, "
        "consents to the moves that lead there; dashed: as things stand.",
        "A row for each actor; the table has the chances and Shapley values in points.",
        tuple(data), layout(36 * len(names) + 110, showlegend=True, xaxis=per_cent(), shapes=[
            {**shape, "x0": at, "x1": at} for at in {low, high}],
            yaxis={"autorange": "reversed"}),
        Table(("Actor", "if it never consents", "if it always does", "Shapley value"), rows,
              (1, 2, 3)))


def bounds_now(found: Findings) -> Bounds:
    """The outcome's chance as things stand, over all equilibria."""
    assert found.outcome is not None
    chances = [e.probability(found.outcome.name, found.by) for e in found.solution.equilibria]
    return min(chances), max(chances)


def slider(found: Findings, sweep: Sweep) -> Picture:
    """Every outcome's chance over the values of a parameter, over all equilibria there."""
    game = found.game
    rows = [outcomes([e.process for e in solution.equilibria], found.by)
            for solution in sweep.solutions]
    data: list[Data] = []
    x = rounded(sweep.values)
    kept = [name for name in game.outcomes if max(
        chance[name].probability for row in rows for chance in row) > 1e-9]
    table = []
    for k, name in enumerate(kept):
        ends = [(min(c[name].probability for c in row), max(c[name].probability for c in row))
                for row in rows]
        label = shown(game.outcomes[name].label, 44)
        line = {"color": colour(k), "dash": DASHES[k % 6], "width": 2}
        data.append({"type": "scatter", "mode": "lines+markers", "x": x, "name": label,
                     "y": rounded([low for low, _ in ends]), "line": line, "legendgroup": name,
                     "marker": {"size": 6},
                     "hovertemplate": "%{y:.0%}<extra>" + label + "</extra>"})
        if any(high > low + 1e-9 for low, high in ends):
            data.append({"type": "scatter", "mode": "lines", "x": x, "name": label,
                         "y": rounded([high for _, high in ends]), "line": line,
                         "fill": "tonexty", "legendgroup": name, "showlegend": False,
                         "hovertemplate": "%{y:.0%}<extra>" + label + " (highest)</extra>"})
        table.append((game.outcomes[name].label, *(percent_range(*one) for one in ends)))
    parameter = game.parameters[sweep.parameter]
    unit = f" ({shown(parameter.unit)})" if parameter.unit else ""
    return Picture(
        f"What “{spaced(sweep.parameter)}” does", "Chances by the date at the values that were "
        "solved, all else as it stands; lowest and highest over the equilibria there. Lines "
        "between them only guide the eye. Dashed: the value chosen.",
        "A line for each outcome over the parameter; the table has the values that were solved.",
        tuple(data), layout(330 + 21 * len(kept), showlegend=True, hovermode="x",
                            yaxis=per_cent(), xaxis=titled(spaced(sweep.parameter) + unit),
                            shapes=[{"type": "line", "xref": "x", "yref": "paper", "y0": 0,
                                     "y1": 1, "x0": x[sweep.own], "x1": x[sweep.own],
                                     "line": {"color": INK, "dash": "dash", "width": 1.5}}]),
        Table((spaced(sweep.parameter), *map(number, sweep.values)), tuple(table),
              range_of(1, len(sweep.values) + 1)))


