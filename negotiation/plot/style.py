"""How pictures look: sizes, colours that colour-blind readers tell apart, keys, and files.

Colours are those of Okabe & Ito (2008, "Color universal design"), always together with a marker, a
dash pattern or a hatch, so that a picture reads in grey. Widths are those of a printed column
(3.5 inches) and page (7 inches). Nothing here touches the global state of matplotlib.
"""

from __future__ import annotations

import io
import os
import string
import textwrap
from collections.abc import Callable, Sequence
from functools import wraps
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from ..errors import InputError, MissingLibraryError
from ..files import write_whole
from ..model import Game

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

P = ParamSpec("P")
R = TypeVar("R")
Width = float | Literal["column", "page"]

WIDTHS = {"column": 3.5, "page": 7.0}
#: inches between which a width makes sense
NARROWEST, WIDEST = 2.0, 40.0
FORMATS = ("png", "svg", "pdf")
DPI = 300

BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILLION, PURPLE = (
    "#000000", "#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7")
GREY, PALE = "#767676", "#D9D9D9"
COLOURS = (BLUE, ORANGE, GREEN, PURPLE, VERMILLION, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "p", "h", "8")
DASHES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)))

_RC: dict[str, Any] = {
    "font.family": ["DejaVu Sans"], "mathtext.fontset": "dejavusans", "font.size": 7.0,
    "axes.titlesize": 8.0, "axes.labelsize": 7.0, "xtick.labelsize": 6.5, "ytick.labelsize": 6.5,
    "legend.fontsize": 6.5, "axes.linewidth": 0.6, "xtick.major.width": 0.6,
    "ytick.major.width": 0.6, "lines.linewidth": 1.2, "lines.markersize": 4.0,
    "hatch.linewidth": 0.4, "axes.spines.top": False, "axes.spines.right": False,
    "legend.frameon": False, "axes.titlelocation": "left", "text.parse_math": False,
    "text.usetex": False, "axes.unicode_minus": True, "path.sketch": None, "figure.dpi": 100.0}
#: what makes a file depend on nothing but the picture
_FILES: dict[str, Any] = {"svg.hashsalt": "negotiation", "svg.fonttype": "path",
                          "pdf.fonttype": 42, "savefig.bbox": None, "pdf.compression": 6}
_METADATA: dict[str, dict[str, Any]] = {
    "png": {"Software": None}, "svg": {"Date": None, "Creator": "negotiation"},
    "pdf": {"CreationDate": None, "Producer": None, "Creator": "negotiation"}}


def require_matplotlib() -> None:
    """See that matplotlib is there and new enough.

    Raises:
        MissingLibraryError: with what to install.
    """
    try:
        import matplotlib
    except ImportError as error:
        raise MissingLibraryError(
            "pictures need matplotlib 3.8 or later, which is not installed: "
            "pip install 'negotiation[plot]' (or pip install 'matplotlib>=3.8')") from error
    if matplotlib.__version_info__ < (3, 8):
        raise MissingLibraryError(
            f"pictures need matplotlib 3.8 or later; {matplotlib.__version__} is installed: "
            "pip install -U 'matplotlib>=3.8'")


def styled(draw: Callable[P, R]) -> Callable[P, R]:
    """A function that draws in the style of this module, whatever the caller's settings are."""
    @wraps(draw)
    def styled_draw(*args: P.args, **kwargs: P.kwargs) -> R:
        require_matplotlib()
        matplotlib: Any = import_module("matplotlib")
        defaults = dict(matplotlib.rcParamsDefault)
        for name in ("backend", "backend_fallback", "date.epoch"):
            defaults.pop(name, None)
        with matplotlib.rc_context():
            matplotlib.rcParams.update({**defaults, **_RC})
            return draw(*args, **kwargs)
    return styled_draw


def inches(width: Width) -> float:
    """A width in inches.

    Raises:
        InputError: for another word than "column" and "page", or a width out of range.
    """
    if isinstance(width, str):
        if width not in WIDTHS:
            raise InputError(f"the 'width' of a picture must be 'column', 'page' or inches. Got "
                             f"{width!r} instead.")
        return WIDTHS[width]
    if isinstance(width, bool) or not NARROWEST <= width <= WIDEST:
        raise InputError(f"the 'width' of a picture must be {NARROWEST:g} to {WIDEST:g} inches. "
                         f"Got {width!r} instead.")
    return float(width)


def new_axes(ax: Axes | None, width: Width, body: float, title: str, note: str = "",
             keys: Sequence[str] = ()) -> Axes:
    """The axes to draw in, under a title and a smaller note.

    They are the caller's (``ax``), or those of a new figure that is as high as ``body`` inches and
    what the heading and a key with the texts ``keys`` need.
    """
    if ax is not None:
        across = wide(ax)
        below = f"\n{wrap(note, int(across / 0.0505))}" if note else ""
        ax.set_title(wrap(title, int(across / 0.062)) + below, fontsize=7.0)
        return ax
    from matplotlib.figure import Figure

    across = inches(width)
    title = wrap(title, int(across / 0.075))
    note = wrap(note, int((across - 0.1) / 0.0505)) if note else ""
    named, said = 0.14 * (title.count("\n") + 1) + 0.06, 0.11 * (note.count("\n") + 1) + 0.03
    head = named + (said if note else 0.0)
    height = body + head + key_height(keys, across)
    figure: Any = Figure(figsize=(across, height), layout="constrained")
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04,
                                   rect=(0.0, 0.0, 1.0, 1.0 - head / height))
    figure.negotiation_owned = True
    figure.text(0.05 / across, 1.0 - 0.05 / height, title, va="top", fontsize=8.0,
                fontweight="bold", linespacing=1.15)
    if note:
        figure.text(0.05 / across, 1.0 - named / height, note, va="top", fontsize=6.5,
                    color="#404040", linespacing=1.15)
    axes: Axes = figure.add_subplot()
    return axes


def owned(ax: Axes) -> bool:
    """Whether this package made the figure, so that it lays out the whole of it."""
    return bool(getattr(ax.figure, "negotiation_owned", False))


def wide(ax: Axes) -> float:
    """The width in inches that a picture has for itself."""
    figure: Any = ax.figure
    size = float(figure.get_figwidth())
    return size if owned(ax) else size * float(ax.get_position().width)


def letters(game: Game) -> dict[str, str]:
    """Move → the letter (or number, of more than 26) that stands for it in every picture."""
    names = list(game.moves)
    signs = string.ascii_uppercase if len(names) <= 26 else [str(k + 1) for k in range(len(names))]
    return dict(zip(names, signs, strict=False))


def front_styles(game: Game) -> dict[str, tuple[str, str]]:
    """Front → its colour and marker; no two of up to 70 fronts share both."""
    return {name: (COLOURS[k % len(COLOURS)], MARKERS[k % len(MARKERS)])
            for k, name in enumerate(game.fronts)}


def wrap(text: str, width: int, lines: int | None = None) -> str:
    """Text in lines of at most ``width`` characters; an ellipsis where ``lines`` do not hold it."""
    # a number stays with its sign
    found = textwrap.wrap(text.replace(" %", "\u00a0%"), width, break_on_hyphens=True) or [""]
    if lines is not None and len(found) > lines:
        found = [*found[:lines - 1], textwrap.shorten(" ".join(found[lines - 1:]), width,
                                                      placeholder="…")]
    return "\n".join(found)


def key_layout(texts: Sequence[str], width: float) -> tuple[int, list[str], int]:
    """How a key of ``texts`` fits into inches: columns, wrapped texts, and lines needed."""
    longest = max((len(text) for text in texts), default=1)
    columns = max(1, min(3, int(width / (0.30 + 0.056 * min(longest, 44))), len(texts)))
    fit = max(10, int((width / columns - 0.34) / 0.056))
    wrapped = [wrap(text, fit) for text in texts]
    rows = -(-len(texts) // columns)
    heights = [text.count("\n") + 1 for text in wrapped]
    lines = max((sum(heights[c * rows:(c + 1) * rows]) for c in range(columns)), default=0)
    return columns, wrapped, lines


def key_height(texts: Sequence[str], width: float) -> float:
    """The inches that :func:`key` takes up for these texts."""
    return 0.13 * key_layout(texts, width)[2] + 0.1 if texts else 0.0


def key(ax: Axes, handles: Sequence[Artist], texts: Sequence[str], drop: float = 28.0) -> None:
    """What signs stand for, below the axes (``drop`` points below, in a figure of the caller's)."""
    if not texts:
        return
    from matplotlib.transforms import ScaledTranslation

    figure: Any = ax.figure
    columns, wrapped, _ = key_layout(texts, wide(ax))
    options: dict[str, Any] = {"ncols": columns, "handlelength": 1.6, "columnspacing": 1.0,
                               "handletextpad": 0.5, "labelspacing": 0.3, "borderpad": 0.2}
    if owned(ax):
        figure.legend(handles, wrapped, loc="outside lower left", **options)
        return
    shift = ScaledTranslation(0.0, -drop / 72.0, figure.dpi_scale_trans)
    ax.legend(handles, wrapped, loc="upper left", bbox_to_anchor=(0.0, 0.0),
              bbox_transform=ax.transAxes + shift, borderaxespad=0.0, **options)


def letter_handle(letter: str, colour: str) -> Artist:
    """The sign of a move in a key: its letter in its front's colour."""
    from matplotlib.lines import Line2D
    from matplotlib.path import Path
    from matplotlib.textpath import TextPath

    outline: Any = TextPath((0, 0), letter, size=10)
    low, high = outline.vertices.min(axis=0), outline.vertices.max(axis=0)
    centred = Path(outline.vertices - (low + high) / 2, outline.codes)
    return Line2D([], [], linestyle="", marker=centred, color=colour, markeredgewidth=0.3,
                  markersize=5.5 if len(letter) == 1 else 8.0)


def date_axis(ax: Axes) -> None:
    """Round numbers along an axis of dates."""
    from matplotlib.ticker import MaxNLocator

    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))


def ink_on(shade: tuple[float, float, float, float]) -> str:
    """Black or white, whichever reads on a colour."""
    red, green, blue, _ = shade
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.52 else "white"


# ---- files -----------------------------------------------------------------------------------

def file_format(path: str | os.PathLike[str]) -> str:
    """The format that a file's name asks for.

    Raises:
        InputError: for a name that does not end in .png, .svg or .pdf.
    """
    suffix = Path(path).suffix.lower().removeprefix(".")
    if suffix not in FORMATS:
        raise InputError(f"{os.fspath(path)}: the name of a picture must end in .png, .svg or .pdf")
    return suffix


def save(picture: Axes | Figure, path: str | os.PathLike[str], dpi: float = DPI) -> None:
    """Write a picture to a PNG, SVG or PDF file, whole or not at all.

    The same picture gives the same bytes: no date, no random names.

    Raises:
        InputError: for another format, or a file that cannot be written.
    """
    kind = file_format(path)
    write_whole(path, to_bytes(picture, kind, dpi))


def to_bytes(picture: Axes | Figure, kind: str = "svg", dpi: float = DPI) -> bytes:
    """A picture as the content of a file of the format "png", "svg" or "pdf"."""
    require_matplotlib()
    matplotlib: Any = import_module("matplotlib")
    if kind not in FORMATS:
        raise InputError(f"the format of a picture must be png, svg or pdf. Got {kind!r} instead.")
    figure: Any = picture if hasattr(picture, "savefig") else picture.figure
    stream = io.BytesIO()
    with matplotlib.rc_context(_FILES):
        figure.savefig(stream, format=kind, dpi=dpi, metadata=_METADATA[kind],
                       facecolor="white")
    return stream.getvalue()
