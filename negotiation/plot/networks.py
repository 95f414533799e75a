"""Who sits at which front, and which front matters to which other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..model import Game
from ..views import Network
from ..views import network as network_of
from .style import (
    BLUE,
    GREEN,
    ORANGE,
    VERMILLION,
    Width,
    front_styles,
    inches,
    key,
    new_axes,
    styled,
    wide,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: kind of link → its words, colour, dashes and arrow
_LINKS: dict[str, tuple[str, str, Any, str]] = {
    "needs": ("a move there needs it, or is part of it", VERMILLION, "-", "-|>"),
    "pace": ("changes the pace there", BLUE, (0, (4, 1.5)), "-|>"),
    "payoff": ("changes payoffs or terms there", ORANGE, (0, (5, 1, 1, 1)), "-|>"),
    "flow": ("they pay a flow together", GREEN, (0, (1, 1.2)), "-"),
}
#: where the columns stand, in widths of the axes: actors' names end, seats begin and end, fronts
_ACTORS, _SEATS, _FRONTS = 0.24, (0.25, 0.42), (0.43, 0.68)


@styled
def network(game: Game, *, ax: Axes | None = None, width: Width = "column") -> Axes:
    """Actors, the fronts where they sit, and how fronts matter to each other.

    A line from an actor to a front: a move there needs its consent. An arrow from a front to
    another: what happens on the first changes what can be done on the other, how fast, or for what.

    Args:
        game: any linked game.
        ax: draw in these axes; a new figure when left out.
        width: of a new figure: "column" (3.5 inches), "page" (7 inches) or inches.

    Returns:
        The axes; ``.figure`` is the figure.
    """
    shown = network_of(game)
    kinds = [kind for kind in _LINKS if any(link.kind == kind for link in shown.links)]
    texts = [_LINKS[kind][0] for kind in kinds]
    rows = max(len(game.actors), len(game.fronts))
    across = inches(width) if ax is None else wide(ax)
    body = max(1.6, (0.34 if across < 5 else 0.30) * rows + 0.3)
    ax = new_axes(ax, width, body, "Who sits where, and what is linked",
                  "Lines: whose consent a front's moves need."
                  + (" Arrows: what a front does to another." if kinds else ""), texts)
    ax.set(xlim=(0, 1), ylim=(0.2 / rows, 1 - 0.2 / rows))
    ax.axis("off")
    places = _places(ax, shown, across)
    handles = [_draw_links(ax, shown, kind, places, kinds) for kind in kinds]
    key(ax, handles, texts, drop=6.0)
    return ax


def _places(ax: Axes, shown: Network, across: float) -> dict[str, float]:
    """Draw actors, fronts and seats; front → its height."""
    game = shown.game
    size = 6.5 if across < 5 else 7.5
    characters = across / (0.0088 * size)
    seated = {actor: [f for a, f in shown.seats if a == actor] for actor in game.actors}
    front_at = {name: 1.0 - (k + 0.5) / len(game.fronts) for k, name in enumerate(game.fronts)}
    # Actors are in the order of the fronts they sit at, which leaves few lines to cross.
    order = sorted(game.actors, key=lambda a: (
        -sum(front_at[f] for f in seated[a]) / len(seated[a]) if seated[a] else 0.0))
    actor_at = {name: 1.0 - (k + 0.5) / len(order) for k, name in enumerate(order)}
    styles = front_styles(game)
    for actor, y in actor_at.items():
        ax.text(_ACTORS, y, wrap(game.actors[actor].label, int(_ACTORS * characters), 3),
                ha="right", va="center", fontsize=size, gid=f"actor-{actor}", linespacing=1.0)
    for actor, front in shown.seats:
        ax.plot(_SEATS, [actor_at[actor], front_at[front]], color=styles[front][0], lw=0.7,
                alpha=0.75, solid_capstyle="round", gid=f"seat-{actor}-{front}")
    left, right = _FRONTS
    for front, y in front_at.items():
        ax.text((left + right) / 2, y, wrap(game.fronts[front].label,
                                            int((right - left) * characters), 3),
                ha="center", va="center", fontsize=size, gid=f"front-{front}", linespacing=1.0)
        ax.plot([left - 0.01], [y], marker=styles[front][1], color=styles[front][0], ms=4)
    return front_at


def _draw_links(ax: Axes, shown: Network, kind: str, places: dict[str, float],
                kinds: list[str]) -> Any:
    """The arcs of one kind, to the right of the fronts; the handle for the key."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path

    _, colour, dashes, arrow = _LINKS[kind]
    pairs = [(link.source, link.target) for link in shown.links if link.kind == kind]
    most = max(len(places) - 1, 1)
    step = 1.0 / len(places)
    at = kinds.index(kind)
    lane = (at - (len(kinds) - 1) / 2) * 0.13 * step
    left = _FRONTS[1] + 0.01
    for source, target in pairs:
        both = arrow == "-|>" and (target, source) in pairs
        if both and places[source] < places[target]:
            continue  # one arc with two heads, drawn from above
        span = abs(places[source] - places[target]) / step
        reach = left + (1.0 - left) * (0.16 + 0.84 * (span - 0.25 * at / len(kinds)) / most)
        control = left + (reach - left) * 4 / 3  # a cubic's middle lies at 3/4 of its controls
        a, b = places[source] + lane, places[target] + lane
        path = Path([(left, a), (control, a), (control, b), (left, b)],
                    [Path.MOVETO, Path.CURVE4, Path.CURVE4, Path.CURVE4])
        ax.add_patch(FancyArrowPatch(
            path=path, arrowstyle="<|-|>" if both else arrow, mutation_scale=5, color=colour,
            linestyle=dashes, lw=0.9, shrinkA=0, shrinkB=0, clip_on=False, joinstyle="miter",
            gid=f"link-{kind}-{source}-{target}"))
    return Line2D([], [], color=colour, linestyle=dashes, lw=1.2,
                  marker="" if arrow == "-" else ">", markersize=3.5, markevery=[1])


