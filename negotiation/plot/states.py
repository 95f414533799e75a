"""The states that play goes through, and the sequences of events with their dates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..equilibrium.result import Equilibrium
from ..model import Game
from ..process import EventPath
from ..text.words import likeliest, percent, plural, time
from ..views import Flows, flows, places
from .style import (
    GREY,
    PALE,
    Width,
    date_axis,
    front_styles,
    inches,
    key,
    letter_handle,
    letters,
    new_axes,
    styled,
    wide,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: events of a row closer than this, in inches, are staggered
CLOSE = 0.15
#: how far apart the steps of a staggered row are, in rows
STEP = 0.27


@styled
def lattice(equilibrium: Equilibrium, *, most: int = 20, ax: Axes | None = None,
            width: Width = "column") -> Axes:
    """The states of a game with the flows of play in an equilibrium.

    A circle is a state, with the chance (in %) that play ever comes by; a square one in which
    nothing more happens. A line is a move, as wide as it is likely; dotted where it is refused. Of
    a game with more than 16 states, the ``most`` likeliest sequences of events are shown.

    Args:
        equilibrium: what :func:`negotiation.solve` lists.
        most: how many sequences, at least 1.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for ``most`` below 1.
    """
    shown = flows(equilibrium, most)
    game, signs = shown.game, letters(shown.game)
    moves = [name for name in game.moves if any(edge.move == name for edge in shown.edges)]
    texts = [game.moves[name].label for name in moves]
    note = f"In a node: chance in % that play comes by. Squares: nothing more happens. {_of(shown)}"
    tallest = max(_rows(shown).values())
    across = inches(width) if ax is None else wide(ax)
    body = min(max(1.2, 0.32 * tallest + 0.35), 1.2 * across) + 0.2
    ax = new_axes(ax, width, body, f"The course of play in equilibrium {equilibrium.id}", note,
                  texts)
    at = places(shown)
    _draw_edges(ax, shown, at, signs)
    _draw_states(ax, shown, at, 12.0 if across > 0.36 * max(at.values())[0] else 10.5)
    layers = [state.layer for state in shown.states]
    height = max(abs(y) for _, y in at.values())
    ax.set(xlim=(-0.3, max(layers) + 0.3), ylim=(-height - 0.55, height + 0.55),
           xlabel="events since the start")
    ax.set_xticks(range(max(layers) + 1))
    ax.yaxis.set_visible(False)
    ax.spines["left"].set_visible(False)
    styles = front_styles(game)
    key(ax, [letter_handle(signs[name], styles[game.moves[name].front][0]) for name in moves],
        texts)
    return ax


def _of(shown: Flows) -> str:
    if not shown.sequences:
        return "All states; dotted: refused."
    return (f"The {likeliest(shown.sequences)} ({percent(shown.share)} of "
            f"all that can happen), {len(shown.states)} of {shown.total} states.")


def _rows(shown: Flows) -> dict[int, int]:
    count: dict[int, int] = defaultdict(int)
    for state in shown.states:
        count[state.layer] += 1
    return count


def _draw_edges(ax: Axes, shown: Flows, at: dict[int, tuple[float, float]],
                signs: dict[str, str]) -> None:
    from matplotlib.patches import FancyArrowPatch

    styles = front_styles(shown.game)
    between: dict[tuple[int, int], int] = defaultdict(int)
    taken = list(at.values())
    for edge in sorted(shown.edges, key=lambda edge: edge.chance):
        pair = (min(edge.source, edge.target), max(edge.source, edge.target))
        bend = 0.18 * between[pair]
        between[pair] += 1
        made = edge.chance > 0.0
        colour = styles[shown.game.moves[edge.move].front][0] if made else GREY
        ax.add_patch(FancyArrowPatch(
            at[edge.source], at[edge.target], arrowstyle="-|>" if made else "-", color=colour,
            mutation_scale=5, lw=0.5 + 3.0 * edge.chance if made else 0.6,
            linestyle="-" if made else ":", shrinkA=5, shrinkB=6.5, zorder=1,
            connectionstyle=f"arc3,rad={bend}", gid=f"edge-{edge.move}-{edge.source}"))
        x, y = _free(at[edge.source], at[edge.target], bend, taken)
        taken.append((x, y))
        ax.text(x, y, signs[edge.move], fontsize=5.5, ha="center", va="center", zorder=4,
                color="black" if made else GREY,
                bbox={"boxstyle": "round,pad=0.12", "fc": "white", "ec": "none", "alpha": 0.85})


def _free(start: tuple[float, float], end: tuple[float, float], bend: float,
          taken: list[tuple[float, float]]) -> tuple[float, float]:
    """Where on a line its letter is farthest from what is drawn already, near its source if it
    makes no difference."""
    (x0, y0), (x1, y1) = start, end
    places = []
    for share in (0.36, 0.42, 0.48, 0.54, 0.3, 0.6, 0.66):
        lift = 2.0 * bend * share * (1.0 - share)
        places.append((x0 + share * (x1 - x0) + lift * (y1 - y0),
                       y0 + share * (y1 - y0) - lift * (x1 - x0)))
    room = [min(min(abs(x - a) + abs(y - b) for a, b in taken), 0.35) for x, y in places]
    return places[room.index(max(room))]


def _draw_states(ax: Axes, shown: Flows, at: dict[int, tuple[float, float]], size: float,
                 ) -> None:
    for state in shown.states:
        x, y = at[state.index]
        reached = state.chance > 0.0
        ax.plot([x], [y], marker="s" if state.last else "o", ms=size,
                mfc="white" if reached else PALE, mec="black" if reached else GREY,
                mew=1.6 if state.index == 0 else 0.8, ls="", zorder=3, clip_on=False,
                gid=f"state-{state.index}")
        ax.text(x, y, _whole(state.chance), fontsize=0.4 * size, ha="center", va="center_baseline",
                zorder=5, color="black" if reached else GREY)


def _whole(chance: float) -> str:
    return percent(chance).removesuffix(" %")


# ---- sequences of events ---------------------------------------------------------------------

@styled
def timeline(equilibrium: Equilibrium, *, most: int = 6, by: float | None = None,
             ax: Axes | None = None, width: Width = "column") -> Axes:
    """The most likely sequences of events, each event at its mean date given the sequence.

    Args:
        equilibrium: what :func:`negotiation.solve` lists.
        most: how many sequences, at least 1.
        by: a date to mark, in the game's unit of time; the horizon when left out.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for ``most`` below 1, or a date that is negative or not finite.
    """
    game = equilibrium.game
    date = game.horizon if by is None else by
    paths = equilibrium.process.paths(most=most, by=date)
    signs = letters(game)
    moves = [name for name in game.moves if any(name in path.moves for path in paths)]
    texts = [game.moves[name].label for name in moves]
    across = inches(width) if ax is None else wide(ax)
    last = max((path.dates[-1] for path in paths if path.dates), default=date)
    end = 1.04 * (date if last < date < 1.5 * last else last) or 1.0
    levels = [_levels(path.dates, end / max(across - 0.8, 1.0)) for path in paths]
    room = [0.7 + STEP * max((level for level in row), default=0) for row in levels]
    together = percent(min(sum(path.probability for path in paths), 1.0))
    ax = new_axes(ax, width, max(0.36 * sum(room), 0.5) + 0.5,
                  "What happens, in which order, and when",
                  f"Mean dates. The {likeliest(len(paths))} of equilibrium {equilibrium.id}: "
                  f"{together} of all that can happen.", texts)
    date_axis(ax)
    heights = _draw_rows(ax, game, paths, levels, room)
    if date <= end:
        ax.axvline(date, color=GREY, lw=0.7, ls="--", zorder=0)
        ax.text(date, 0.0, f" {time(date, game.time_unit)} ", fontsize=6, color="#404040", va="top",
                ha="left" if date < 0.8 * end else "right")
    ax.set(xlim=(0, end), ylim=(-sum(room), 0.0), xlabel=f"mean date ({plural(game.time_unit)})",
           ylabel="chance")
    ax.set_yticks(heights, [percent(path.probability) for path in paths])
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    styles = front_styles(game)
    key(ax, [letter_handle(signs[name], styles[game.moves[name].front][0]) for name in moves],
        texts)
    return ax


def _levels(dates: Sequence[float], per_inch: float) -> list[int]:
    """How far each event is lifted off its row so that signs do not overlap."""
    levels: list[int] = []
    for k, date in enumerate(dates):
        taken = {levels[j] for j in range(k) if date - dates[j] < CLOSE * per_inch}
        levels.append(next(level for level in range(k + 1) if level not in taken))
    return levels


def _draw_rows(ax: Axes, game: Game, paths: Sequence[EventPath], levels: Sequence[Sequence[int]],
               room: Sequence[float]) -> list[float]:
    """One row for each sequence, the likeliest on top; the rows' heights."""
    signs, styles = letters(game), front_styles(game)
    heights, top = [], 0.0
    for path, lifted, size in zip(paths, levels, room, strict=True):
        y = top - size + 0.3
        top -= size
        heights.append(y)
        if path.dates:
            ax.plot([0, path.dates[-1]], [y, y], color=GREY, lw=0.8, zorder=1)
        for move, date, level in zip(path.moves, path.dates, lifted, strict=True):
            colour = styles[game.moves[move].front][0]
            place = y + STEP * level * 1.3
            if level:
                ax.plot([date, date], [y, place], color=GREY, lw=0.5, zorder=1)
            ax.plot([date], [place], marker="o", ms=8, mfc="white", mec=colour, mew=1.2, ls="",
                    zorder=2, clip_on=False, gid=f"event-{move}")
            ax.text(date, place, signs[move], fontsize=5.5, ha="center", va="center_baseline",
                    zorder=3)
        if path.returns_to is not None and path.dates:
            ax.text(path.dates[-1], y, "   … and round again", fontsize=5.5, va="center")
        if not path.dates:
            ax.text(0.0, y, "  nothing happens", fontsize=6.5, va="center")
    return heights
