"""Maps of the plane of two parameters, shares of the variance, and two games side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..compare import ComparisonResult
from ..errors import InputError
from ..likelihood.result import Likelihood
from ..text.words import percent, spaced, time
from ..tracing import Region
from .style import (
    BLUE,
    DASHES,
    GREY,
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

#: what lies over a label's shade, so that neighbours differ in grey
_HATCHES = ("", "....", "////", "\\\\\\\\", "xxxx", "----")
#: curves of events that have a line of their own in the key
CURVES = 6


@styled
def region(result: Region, *, ax: Axes | None = None, width: Width = "column") -> Axes:
    """Where in the plane of two parameters an answer is which.

    Darker cells come first in the order of answers; cells that hold a border are left white. Lines
    are events on traced lines (folds, switches), where they were asked for. The cross is the game
    as it stands.

    Args:
        result: what :func:`negotiation.region` returns.
        ax, width: as in :func:`network`.
    """
    from matplotlib import colormaps
    from matplotlib.patches import Patch, Rectangle

    game = result.game
    labels = [one for one in result.labels if any(cell.label == one for cell in result.cells)]
    shades = {one: colormaps["cividis"](0.15 + 0.8 * k / max(len(labels) - 1, 1))
              for k, one in enumerate(labels)}
    curves = [curve for curve in result.curves if len(curve.points) > 1][:CURVES]
    kind = "chance " if result.what.startswith("the chance") else ""
    texts = [f"{kind}{spaced(one)}: {_share(result.share(one))} of the plane" for one in labels]
    texts += ["a border runs here" + ("" if result.finished else ", or time ran out")]
    texts += [curve.says for curve in curves] + ["as it stands"]
    across = inches(width) if ax is None else wide(ax)
    note = (f"By {time(result.by, game.time_unit)}; {len(result.points)} points solved."
            + ("" if result.complete else " Not all lists of equilibria are proved complete.")
            + ("" if result.finished else " Stopped by its time limit."))
    ax = new_axes(ax, width, 0.75 * min(across, 5.0), spaced(result.what[:1].upper()
                                                             + result.what[1:]), note, texts)
    edge = "#FFFFFF"
    for k, cell in enumerate(result.cells):
        (a, b), (c, d) = cell.first, cell.second
        hatch = "" if cell.label is None else _HATCHES[labels.index(cell.label) % len(_HATCHES)]
        ax.add_patch(Rectangle(
            (a, c), b - a, d - c, lw=0, hatch=hatch, edgecolor=edge,
            facecolor="white" if cell.label is None else shades[cell.label], gid=f"cell-{k}"))
    handles: list[Any] = [Patch(facecolor=shades[one], hatch=_HATCHES[k % len(_HATCHES)],
                                edgecolor=edge) for k, one in enumerate(labels)]
    handles.append(Patch(facecolor="white", edgecolor=GREY, lw=0.5))
    for k, curve in enumerate(curves):
        line, = ax.plot([p.first for p in curve.points], [p.second for p in curve.points],
                        color="black", ls=DASHES[k % len(DASHES)], lw=1.2, gid=f"curve-{k}")
        handles.append(line)
    here = [game.parameter_values()[name] for name in result.parameters]
    handles += ax.plot(*([value] for value in here), marker="P", ms=7, mfc="white", mec="black",
                       ls="", gid="here", zorder=5)
    ax.set(xlim=result.box[0], ylim=result.box[1])
    ax.set(**{f"{axis}label": spaced(name) + (
        f" ({game.parameters[name].unit})" if game.parameters[name].unit else "")
        for axis, name in zip("xy", result.parameters, strict=True)})
    key(ax, handles, texts)
    return ax


def _share(ends: tuple[float, float]) -> str:
    low, high = (percent(min(max(end, 0.0), 1.0)) for end in ends)
    return low if low == high else f"{low} to {high}"


@styled
def sobol(result: Likelihood, *, most: int = 12, ax: Axes | None = None,
          width: Width = "column") -> Axes:
    """What decides an outcome over all draws: Sobol indices with their intervals.

    Args:
        result: what :func:`negotiation.likelihood` returns, with its indices.
        most: how many parameters, those that matter most.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a likelihood without indices, with the reason.
    """
    if not result.indices:
        raise InputError(f"this likelihood has no Sobol indices: {result.indices_because}")
    ranked = sorted(result.indices.items(), key=lambda item: -item[1].total)[:most]
    game = result.game
    texts = ["alone", "in all, with interactions"]
    ax = new_axes(ax, width, 0.27 * len(ranked) + 0.55,
                  f"“{game.outcomes[result.outcome].label}”: what decides it",
                  f"Shares of the variance over {result.draws} draws, by "
                  f"{time(result.by, game.time_unit)}; lines: bootstrapped 90 % intervals.", texts)
    handles: list[Any] = []
    for k, (part, colour, hatch) in enumerate((("first", ORANGE, "////"), ("total", BLUE, ""))):
        for row, (_, one) in enumerate(ranked):
            value, (low, high) = getattr(one, part), getattr(one, f"{part}_interval")
            y = -row + (0.2 if k == 0 else -0.2)
            bar = ax.barh(y, value, height=0.36, color=colour, hatch=hatch, edgecolor="black",
                          lw=0.4, gid=f"{part}-{row}")
            ax.plot([low, high], [y, y], color="black", lw=0.9, marker="|", ms=4)
        handles.append(bar)
    ax.axvline(0, color="black", lw=0.6)
    ax.set_yticks([-row for row in range(len(ranked))],
                  [wrap(spaced(name), 22, 2) for name, _ in ranked], fontsize=6)
    ax.set(ylim=(-len(ranked) + 0.4, 0.6), xlabel="share of the variance")
    ax.tick_params(axis="y", length=0)
    key(ax, handles, texts)
    return ax


@styled
def compare(result: ComparisonResult, *, ax: Axes | None = None,
            width: Width = "column") -> Axes:
    """Two games, or two settings of one, side by side: every outcome's chance in both.

    Args:
        result: what :func:`negotiation.compare` returns.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for games that share no outcome.
    """
    if not result.outcomes:
        raise InputError(f"{result.names[0]} and {result.names[1]} share no outcome to draw")
    game, names = result.left.game, list(result.outcomes)
    texts = list(result.names)
    ax = new_axes(ax, width, 0.26 * len(names) + 0.5, f"{result.names[0]} and {result.names[1]}",
                  f"Chances within {time(result.by, game.time_unit)}; lines run over equilibria.",
                  texts)
    handles = []
    for k, (side, colour, marker) in enumerate((("left", BLUE, "o"), ("right", ORANGE, "s"))):
        for row, name in enumerate(names):
            low, high = getattr(result.outcomes[name], side)
            y = -row + (0.14 if k == 0 else -0.14)
            line, = ax.plot([low, high], [y, y], color=colour, marker=marker, ms=4.5, lw=2.0,
                            mec="black", mew=0.5, clip_on=False, gid=f"{side}-{name}",
                            ls="-" if k == 0 else "--", zorder=3)
        handles.append(line)
    for row in range(len(names) - 1):
        ax.axhline(-row - 0.5, color="#E3E3E3", lw=0.5, zorder=0)
    ax.set_yticks([-row for row in range(len(names))],
                  [wrap(game.outcomes[name].label, 24, 2) for name in names], fontsize=6)
    ax.set(xlim=(0, 1), ylim=(-len(names) + 0.4, 0.6), xlabel="chance (%)")
    ax.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", "25", "50", "75", "100"])
    ax.tick_params(axis="y", length=0)
    key(ax, handles, texts)
    return ax
