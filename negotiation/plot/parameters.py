"""What parameters and actors do to an outcome: branches, the spread over draws, tornado, pivots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import InputError, UnknownNameError
from ..likelihood.plan import FAILED
from ..likelihood.result import Likelihood
from ..pivots import PivotsResult
from ..text.words import number, percent, percent_range, spaced, time
from ..tracing.result import Trace
from .style import (
    BLUE,
    COLOURS,
    DASHES,
    GREY,
    MARKERS,
    ORANGE,
    Width,
    inches,
    key,
    new_axes,
    styled,
    wide,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: kind of event → its marker and whether it is filled
_EVENTS = {"switch": "o", "bound": "|", "jump": "D", "fold": "s", "end": "x", "birth": "+",
           "convention": "^", "unresolved": "*"}

#: branches that the key names, and marks beyond which they are drawn small
SHOWN, MANY = 8, 16


@styled
def branches(trace: Trace, outcome: str | None = None, *, ax: Axes | None = None,
             width: Width = "column") -> Axes:
    """An outcome's chance on every branch of equilibria over a parameter, with what happens there.

    Marks: switches, jumps, folds, births and ends of branches.

    Args:
        trace: what :func:`negotiation.trace` returns.
        outcome: an outcome of the game; the first that it names when left out.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a game without outcomes; UnknownNameError for an outcome that is not there.
    """
    game, asked = trace.game, trace.settings
    if not game.outcomes:
        raise InputError(f"{game.name} names no outcome, so there is no chance to draw")
    name = next(iter(game.outcomes)) if outcome is None else outcome
    if name not in game.outcomes:
        raise UnknownNameError("outcome", name, game.outcomes)
    marks = [(branch, special) for branch in trace.branches for special in branch.special
             if special.kind != "bound"]
    kinds = [kind for kind in _EVENTS if any(special.kind == kind for _, special in marks)]
    texts = [f"branch {branch.id}" for branch in trace.branches[:SHOWN]] + kinds
    unit = game.parameters[asked.parameter].unit
    across = inches(width) if ax is None else wide(ax)
    found = len(trace.branches)
    ranges = [(one.value, *one.chances[name]) for one in trace.solved if one.beyond]
    note = (f"Chance within {time(asked.by, game.time_unit)} on "
            + (f"{found} branches" if found > 1 else "the branch") + " of equilibria"
            + (f", the first {SHOWN} of them in the key" if found > SHOWN else "") + "."
            + (" Grey bars: the range over all branches found at a value with more." if ranges
               else "")
            + ("" if trace.consistent else " There may be more, and gaps."))
    ax = new_axes(ax, width, 0.6 * min(across, 5.5), f"“{game.outcomes[name].label}”", note, texts)
    for value, low, high in ranges:
        ax.plot([value, value], [low, high], color="#CCCCCC", lw=4.0, solid_capstyle="butt",
                zorder=1, gid=f"range-{value:.6g}")
    handles: list[Any] = []
    for k, branch in enumerate(trace.branches):
        line, = ax.plot(branch.values, branch.outcomes[name], color=COLOURS[k % 7],
                        ls=DASHES[k % 7], gid=f"branch-{branch.id}")
        handles.append(line)
    size = 4.5 if len(marks) <= MANY else 2.5  # so that many marks leave the lines to be seen
    for branch, special in marks:
        # a branch begins and ends beside its event
        order = np.argsort(branch.values)
        at = np.interp(special.value, branch.values[order], branch.outcomes[name][order])
        ax.plot([special.value], [at], marker=_EVENTS[special.kind],
                color="black", mfc="white", ms=size, mew=0.8 if size > 3 else 0.5, ls="", zorder=5,
                gid=f"event-{special.event}")
    handles = handles[:SHOWN] + [ax.plot([], [], marker=_EVENTS[kind], color="black", mfc="white",
                                     ms=4.5, mew=0.8, ls="")[0] for kind in kinds]
    ax.set(ylim=(-0.03, 1.03), ylabel="chance (%)", xlim=sorted((asked.begin, asked.end)),
           xlabel=spaced(asked.parameter) + (f" ({unit})" if unit else ""))
    ax.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    key(ax, handles, texts)
    return ax


@styled
def likelihood(result: Likelihood, *, ax: Axes | None = None, width: Width = "column") -> Axes:
    """How an outcome's chance spreads over the draws, and its four kinds of uncertainty apart.

    Args:
        result: what :func:`negotiation.likelihood` returns.
        ax, width: as in :func:`network`.
    """
    game, apart = result.game, result.uncertainty
    good = (result.rows["flags"] & FAILED) == 0
    mean = result.mean.selected
    intervals = [("parameters (90 % of draws)", apart.parameters),
                 ("equilibria (means of lowest and highest)", apart.equilibria),
                 ("sampling (mean ± 2 standard errors)", (
                     max(mean - 2 * apart.sampling, 0.0), min(mean + 2 * apart.sampling, 1.0)))]
    if apart.concepts is not None:
        intervals.append(("concepts (Markov perfect, logit)",
                          (min(apart.concepts), max(apart.concepts))))
    texts = [f"{name}: {percent_range(low, high)}"
             for name, (low, high) in intervals]
    note = (f"Chance within {time(result.by, game.time_unit)} in {int(good.sum()):,} draws of the "
            f"parameters; mean {percent(mean)}: {result.words}."
            + (f" {result.failed} draws failed and are left out." if result.failed else ""))
    ax = new_axes(ax, width, 2.0, f"“{game.outcomes[result.outcome].label}”", note, texts)
    heights, _, _ = ax.hist(result.rows["selected"][good], bins=25, range=(0.0, 1.0),
                            color="#BFD9EC", edgecolor=BLUE, lw=0.5)
    top = float(max(heights, default=1.0)) or 1.0
    handles = []
    for k, (_, (low, high)) in enumerate(intervals):
        y = -top * (0.1 + 0.11 * k)
        handles += ax.plot([low, high], [y, y], color=COLOURS[k], marker=MARKERS[k], ls=DASHES[k],
                           ms=3.5, clip_on=False, gid=f"interval-{k}")
    ax.axhline(0, color=GREY, lw=0.6)
    ax.axvline(mean, color="black", lw=0.8, ls="--", gid="mean")
    ax.set(xlim=(0, 1), ylim=(-top * (0.1 + 0.11 * len(intervals)), 1.05 * top),
           xlabel="chance (%)", ylabel="draws")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.set_yticks([tick for tick in ax.get_yticks() if 0 <= tick <= 1.05 * top])
    key(ax, handles, texts)
    return ax


@styled
def tornado(result: Likelihood, *, most: int = 12, ax: Axes | None = None,
            width: Width = "column") -> Axes:
    """Each parameter at the ends of its range, all others at their values: the widest bars first.

    Args:
        result: what :func:`negotiation.likelihood` returns, with its tornado.
        most: how many parameters.
        ax, width: as in :func:`network`.

    Raises:
        InputError: where the tornado was not asked for.
    """
    bars = [s for s in result.tornado if s.at_low is not None and s.at_high is not None][:most]
    if not bars or result.nominal is None:
        raise InputError("this likelihood has no tornado: ask for it with tornado=True")
    rows = [(spaced(s.parameter), s.at_low.selected, s.at_high.selected, number(s.values[0]),
             number(s.values[1])) for s in bars if s.at_low is not None and s.at_high is not None]
    game = result.game
    texts = ["at the low end of its range", "at the high end"]
    ax = new_axes(ax, width, 0.2 * len(rows) + 0.55,
                  f"“{game.outcomes[result.outcome].label}”: what moves it",
                  f"Chance within {time(result.by, game.time_unit)}, one parameter moved at a "
                  "time; the line: all at their values.", texts)
    return _bars(ax, rows, result.nominal.selected, texts)


@styled
def pivots(result: PivotsResult, *, ax: Axes | None = None, width: Width = "column") -> Axes:
    """Each actor's consent forced off and on: what becomes of the outcome's chance.

    Where equilibria differ, the bar ends at the lowest (never) and the highest (always).

    Args:
        result: what :func:`negotiation.pivots` returns.
        ax, width: as in :func:`network`.
    """
    game = result.game
    rows = [(game.actors[p.actor].label, p.never[0], p.always[1], percent_range(*p.never),
             percent_range(*p.always)) for p in result.pivots]
    texts = ["it never consents", "it always consents"]
    ax = new_axes(ax, width, 0.24 * len(rows) + 0.55,
                  f"“{game.outcomes[result.outcome].label}”: who decides it",
                  f"Chance within {time(result.by, game.time_unit)}; the line: as things stand.",
                  texts)
    return _bars(ax, rows, sum(result.nominal) / 2, texts)


def _bars(ax: Axes, rows: list[tuple[str, float, float, str, str]], middle: float,
          texts: list[str]) -> Axes:
    """One bar for each row between two chances, the first end hatched, the second plain."""
    from matplotlib.patches import Patch

    for k, (_, low, high, said_low, said_high) in enumerate(rows):
        sides = [(end > middle + 1e-9) - (end < middle - 1e-9) for end in (low, high)]
        # both on one side: one above the other, so that neither hides the other
        split = sides[0] * sides[1] > 0
        for (end, said, colour, hatch, name), side, other, up in zip((
                (low, said_low, ORANGE, "////", "low"), (high, said_high, BLUE, "", "high")),
                sides, sides[::-1], (1, -1), strict=True):
            at, side = -k + 0.155 * up * split, side or -other or -up
            ax.barh(at, end - middle, left=middle, height=0.31 if split else 0.62, color=colour,
                    hatch=hatch, edgecolor="black", lw=0.4, gid=f"{name}-{k}")
            ax.annotate(said, (end, at), (2 * side, 0), textcoords="offset points",
                        ha="right" if side < 0 else "left", va="center", fontsize=5.5)
    ax.axvline(middle, color="black", lw=0.9, gid="nominal")
    ax.set_yticks([-k for k in range(len(rows))], [wrap(row[0], 22, 2) for row in rows],
                  fontsize=6)
    ends = [middle, *(row[1] for row in rows), *(row[2] for row in rows)]
    low, high = min(ends), max(ends)
    room = max(0.22 * (high - low), 0.02)
    ax.set(xlim=(low - room, high + room), ylim=(-len(rows) + 0.4, 0.6), xlabel="chance (%)")
    ax.xaxis.set_major_formatter(lambda x, _: f"{100 * x:.3g}" if -1e-9 <= x <= 1 + 1e-9 else "")
    ax.tick_params(axis="y", length=0)
    key(ax, [Patch(facecolor=ORANGE, hatch="////", edgecolor="black", lw=0.4),
             Patch(facecolor=BLUE, edgecolor="black", lw=0.4)], texts)
    return ax
