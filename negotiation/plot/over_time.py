"""Chances over time, one row for each front's status and each outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..equilibrium.result import Solution
from ..errors import InputError
from ..text.words import counted, percent_range, plural
from ..views import Curve, Curves, curves
from .style import BLUE, GREEN, ORANGE, Width, date_axis, inches, key, new_axes, styled, wide, wrap

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes

_COLOURS = {"front": BLUE, "outcome": GREEN, "posture": ORANGE}
_HEADS = {"front": "in the status at the date", "outcome": "reached by the date",
          "posture": "share of the time up to the date"}
#: how dark each kind is, so that they differ in grey
_SHADES = {"front": 0.2, "outcome": 0.75, "posture": 0.45}
#: how much of a row its curve may fill
FILL = 0.8


@styled
def chances(solution: Solution, *, by: float | None = None, equilibrium: int = 1,
            ax: Axes | None = None, width: Width = "column") -> Axes:
    """The chance of every front's statuses and of every outcome over time, in rows from 0 to 100 %.

    The area is one equilibrium, the hatched band the range over all that are listed. On the right,
    the chance (or range) at the last date.

    Args:
        solution: with at least one equilibrium.
        by: the last date; the game's horizon when left out.
        equilibrium: the number of the one whose curve is drawn.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a date that is not positive and finite, an equilibrium that is not listed,
            or where nothing ever happens.
    """
    shown = curves(solution, by)
    if equilibrium not in shown.equilibria:
        raise InputError(f"there is no equilibrium {equilibrium}: expected a number from 1 to "
                         f"{len(shown.equilibria)}")
    if not shown.curves:
        raise InputError("nothing happens by that date in any equilibrium, so there is nothing to "
                         "draw")
    kinds = [kind for kind in _HEADS if any(curve.kind == kind for curve in shown.curves)]
    several = len(shown.equilibria) > 1
    texts = [f"{_noun(kind)}: {_HEADS[kind]}" for kind in kinds]
    texts += ["in force, or played, at the date"] if _in_force(shown, equilibrium) else []
    texts += [f"range over {counted(len(shown.equilibria), 'equilibrium')}"] if several else []
    across = inches(width) if ax is None else wide(ax)
    note = f"Equilibrium {equilibrium}" + (f" of {len(shown.equilibria)}" if several else "") + "."
    note += f" Not drawn, as it does not happen: {_some(shown.never)}." if shown.never else ""
    rows = len(shown.curves)
    drawn = sorted(shown.curves, key=lambda curve: kinds.index(curve.kind))
    ax = new_axes(ax, width, 0.27 * rows + 0.45, "How likely, by when", note, texts)
    labels = int(0.36 * across / 0.055) if across < 5 else 44
    for row, curve in enumerate(drawn):
        _draw(ax, shown, curve, float(rows - 1 - row), shown.equilibria.index(equilibrium))
    date_axis(ax)
    ax.set(xlim=(0, shown.times[-1]), ylim=(-0.15, rows), xlabel=plural(shown.game.time_unit))
    ax.set_yticks([rows - 1 - row + FILL / 2 for row in range(rows)],
                  [wrap(curve.label, labels, 3) for curve in drawn])
    ax.tick_params(axis="y", length=0)
    for text in ax.get_yticklabels():
        text.set(fontsize=5.8, linespacing=0.92)
    ax.spines["left"].set_visible(False)
    key(ax, _handles(kinds, len(texts) - len(kinds) - several, several), texts)
    return ax


def _noun(kind: str) -> str:
    return {"front": "fronts", "outcome": "outcomes", "posture": "postures"}[kind]


def _some(labels: tuple[str, ...], most: int = 4) -> str:
    rest = len(labels) - most
    return "; ".join(labels[:most]) + (f"; and {rest} more" if rest > 0 else "")


def _in_force(shown: Curves, equilibrium: int) -> bool:
    at = shown.equilibria.index(equilibrium)
    return any(_differs(curve, at) for curve in shown.curves)


def _differs(curve: Curve, at: int) -> bool:
    """Whether what is in force at the date is worth a line of its own."""
    return curve.in_force is not None and bool(
        abs(curve.in_force[at] - curve.values[at]).max() > 0.005)


def _draw(ax: Axes, shown: Curves, curve: Curve, base: float, at: int) -> None:
    times, colour = shown.times, _COLOURS[curve.kind]
    low, high = curve.values.min(axis=0), curve.values.max(axis=0)
    ax.axhline(base, color="#B0B0B0", lw=0.5, zorder=0)
    ax.fill_between(times, base, base + FILL * curve.values[at], color=colour, lw=0,
                    alpha=_SHADES[curve.kind])
    if (high - low).max() > 1e-6:
        ax.fill_between(times, base + FILL * low, base + FILL * high, facecolor="none",
                        edgecolor="black", hatch="//////", lw=0.4, gid=f"range-{curve.name}")
    ax.plot(times, base + FILL * curve.values[at], color=colour, lw=1.2, gid=f"curve-{curve.name}")
    if _differs(curve, at) and curve.in_force is not None:
        ax.plot(times, base + FILL * curve.in_force[at], color="black", lw=0.8, ls="--")
    ax.text(1.015, base + FILL / 2, percent_range(float(low[-1]), float(high[-1])).replace(
        " to ", "–\n"), transform=ax.get_yaxis_transform(), fontsize=6, va="center",
        linespacing=0.95)


def _handles(kinds: list[str], dashed: int, several: bool) -> list[Artist]:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    found: list[Artist] = [Patch(facecolor=(*_rgb(_COLOURS[kind]), _SHADES[kind]),
                                 edgecolor=_COLOURS[kind]) for kind in kinds]
    if dashed:
        found.append(Line2D([], [], color="black", lw=0.8, ls="--"))
    if several:
        found.append(Patch(facecolor="none", edgecolor="black", hatch="//////", lw=0.4))
    return found


def _rgb(colour: str) -> tuple[float, float, float]:
    return tuple(int(colour[k:k + 2], 16) / 255 for k in (1, 3, 5))  # type: ignore[return-value]


