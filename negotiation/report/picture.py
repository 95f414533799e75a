"""What a page shows of one thing: an interactive picture, and the table behind it.

Pictures are plain data for plotly.js. It reads a few tags in texts as markup, so that every text
that a definition can hold goes through :func:`shown`.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..model import Game
from ..plot.style import COLOURS, letters

Data = dict[str, Any]

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MARKERS = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x",
           "pentagon", "hexagon", "star")
#: buttons of a picture that would lie over the heads of its columns, seen when pointed at
UNSEEN = {"color": "rgba(0,0,0,0)", "bgcolor": "rgba(0,0,0,0)"}
INK, GREY, PALE = "#1a1a1a", "#767676", "#d9d9d9"


@dataclass(frozen=True)
class Table:
    """A table as texts; ``numbers`` are the columns that are flush right."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()

    def record(self) -> Data:
        """As plain data."""
        return {"head": self.head, "rows": self.rows, "numbers": self.numbers}


@dataclass(frozen=True)
class Picture:
    """A picture with its heading, a note, what a listener is told, and the table behind it.

    Attributes:
        data, layout: as plotly.js takes them.
        key: (sign, what it stands for).
    """

    title: str
    note: str
    alt: str
    data: tuple[Data, ...]
    layout: Data
    table: Table
    key: tuple[tuple[str, str], ...] = field(default=())

    def record(self) -> Data:
        """As plain data."""
        return {"title": self.title, "note": self.note, "alt": self.alt, "data": self.data,
                "layout": self.layout, "table": self.table.record(), "key": self.key}


def shown(text: str, width: int | None = None) -> str:
    """A text as plotly.js has to get it to show it as it is, in lines of at most ``width``.

    >>> shown("a < b & <b>c</b>")
    'a &lt; b &amp; &lt;b&gt;c&lt;/b&gt;'
    """
    lines = [text] if width is None else textwrap.wrap(text, width) or [""]
    # The joiner keeps the "$" of a text from being read as the bounds of a formula.
    return "<br>".join(line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
                       .replace("%{", "%\u200b{").replace("$", "$\u200b") for line in lines)


def rounded(values: Iterable[float], digits: int = 5) -> list[float | None]:
    """Numbers as JSON takes them, short; None for what is not finite."""
    return [round(float(value), digits) if np.isfinite(value) else None for value in values]


def rgba(colour: str, alpha: float) -> str:
    """A colour that lets through what is behind it."""
    red, green, blue = (int(colour[k:k + 2], 16) for k in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha})"


def front_colour(game: Game, front: str) -> str:
    """The colour of a front in every picture."""
    return COLOURS[list(game.fronts).index(front) % len(COLOURS)]


def colour(at: int) -> str:
    return COLOURS[at % len(COLOURS)]


def layout(height: int, **more: Any) -> Data:
    """What all pictures share."""
    axis = {"automargin": True, "zeroline": False, "linecolor": GREY, "ticks": "outside",
            "gridcolor": "#ececec", "fixedrange": False}
    base: Data = {
        "height": height, "margin": {"l": 48, "r": 14, "t": 28, "b": 40}, "showlegend": False,
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": INK},
        "paper_bgcolor": "white", "plot_bgcolor": "white", "hovermode": "closest",
        "xaxis": dict(axis), "yaxis": dict(axis),
        "legend": {"orientation": "h", "yanchor": "top", "y": -0.18, "x": 0, "tracegroupgap": 0}}
    for name, value in more.items():
        known = base.get(name)
        base[name] = {**known, **value} if isinstance(known, dict) else value
    return base


def titled(text: str) -> Data:
    """An axis with a title."""
    return {"title": {"text": text, "standoff": 8}}


def per_cent() -> Data:
    """An axis of chances."""
    return {"tickformat": ".0%", "range": [-0.02, 1.02]}


def move_key(game: Game, moves: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The letters of moves; events of encounters have none."""
    signs = letters(game)
    return tuple((signs[name], game.moves[name].label) for name in game.moves if name in moves)


def sign_of(game: Game, step: str) -> str:
    """The letter of a move; a cross for an event of an encounter."""
    return letters(game).get(step, "×")
