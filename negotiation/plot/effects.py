"""The effect of every front on every other, as a matrix."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cascade import CascadeResult
from ..errors import InputError
from ..text.words import number, plural, points
from .style import Width, ink_on, new_axes, styled, wide, wrap
from .style import inches as in_inches

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: effects smaller than this read as none
LEAST = 0.0005


@styled
def cascade(result: CascadeResult, *, ax: Axes | None = None, width: Width = "column") -> Axes:
    """How much each front's being settled raises the chance that each other front is, by the date.

    Percentage points between the game with the row's front settled at the start and the game where
    it is kept from being settled; both ends where equilibria differ. Negative effects are hatched.
    The row of the centre is framed.

    Args:
        result: what :func:`negotiation.cascade` returns, with its matrix.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a result without the matrix.
    """
    if result.matrix is None:
        raise InputError("the cascade was computed with matrix=False: the picture needs the matrix")
    fronts, game = list(result.matrix), result.game
    count = len(fronts)
    across = in_inches(width) if ax is None else wide(ax)
    cell = min((across - 1.35) / count, 0.62)
    note = (f"Percentage points of chance within {number(result.by)} "
            f"{plural(game.time_unit)}: settled from the start, less kept from being settled. "
            "Framed: the centre." + (" Hatched: negative." if _negative(result) else ""))
    ax = new_axes(ax, width, cell * count + 1.35, "If a front is settled, what of the others?",
                  note)
    size = min(6.5, max(4.2, 17 * cell))
    largest = max((abs(end) for row in result.matrix.values() for pair in row.values()
                   for end in pair), default=0.0)
    for row, source in enumerate(fronts):
        for column, target in enumerate(fronts):
            effect = result.matrix[source].get(target) if source != target else None
            _draw_cell(ax, column, row, effect, max(largest, 1e-9), size)
    if result.center in fronts:
        from matplotlib.patches import Rectangle

        ax.add_patch(Rectangle((-0.5, fronts.index(result.center) - 0.5), count, 1, fill=False,
                               edgecolor="black", lw=1.4, clip_on=False, zorder=5))
    names = [wrap(game.fronts[name].label, 18, 2) for name in fronts]
    ax.set(xlim=(-0.5, count - 0.5), ylim=(count - 0.5, -0.5), aspect="equal",
           ylabel="if this front is settled …", xlabel="… the change in the chance of this one")
    ax.set_xticks(range(count), names, rotation=60, ha="right", rotation_mode="anchor", fontsize=6)
    ax.set_yticks(range(count), names, fontsize=6)
    ax.tick_params(length=0, pad=2)
    for spine in ax.spines.values():
        spine.set_visible(False)
    return ax


def _negative(result: CascadeResult) -> bool:
    return any(low < -LEAST for row in (result.matrix or {}).values() for low, _ in row.values())


def _draw_cell(ax: Axes, column: int, row: int, effect: tuple[float, float] | None,
               largest: float, size: float) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    place = (column - 0.5, row - 0.5)
    if effect is None:
        ax.add_patch(Rectangle(place, 1, 1, facecolor="#ECECEC", edgecolor="white", lw=0.8))
        return
    low, high = effect
    middle = (low + high) / 2
    shade = colormaps["PuOr_r"](0.5 + 0.42 * middle / largest)
    ax.add_patch(Rectangle(place, 1, 1, facecolor=shade, edgecolor="white", lw=0.8,
                           gid=f"cell-{row}-{column}"))
    if low < -LEAST:
        ax.add_patch(Rectangle(place, 1, 1, fill=False, edgecolor=(0, 0, 0, 0.35), lw=0.0,
                               hatch="///"))
    ends = list(dict.fromkeys(points(end) if abs(end) >= LEAST else "0" for end in effect))
    ax.text(column, row, "\n".join(ends).replace("-", "−"), ha="center", va="center",
            fontsize=size, color=ink_on(shade), linespacing=1.0, gid=f"effect-{row}-{column}")
