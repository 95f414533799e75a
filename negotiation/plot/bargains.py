"""One bargain: its Pareto frontier and every solution; and terms agreed on, state by state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..equilibrium.result import Equilibrium
from ..errors import InputError
from ..text.deals import PROPER
from ..text.places import changes
from ..text.words import counted, percent, sentence
from ..views import BargainView, TermsView, bargain_view, terms_view
from .style import (
    COLOURS,
    DASHES,
    GREY,
    MARKERS,
    Width,
    front_styles,
    inches,
    ink_on,
    key,
    letter_handle,
    letters,
    new_axes,
    styled,
    wide,
    wrap,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@styled
def bargain(equilibrium: Equilibrium, move: str | None = None, *,
            state: Mapping[str, str] | None = None, ax: Axes | None = None,
            width: Width = "column") -> Axes:
    """The Pareto frontier of a move's bargain, with the disagreement point and every solution.

    Gains are over waiting, each in the actor's own payoff unit. Between two members the frontier is
    a curve. Between more, each thin line is a point of the frontier, and each actor has a scale.

    Args:
        equilibrium: what :func:`negotiation.solve` lists; it says what waiting is worth.
        move: a move with issues; the one that is made most often when left out.
        state: front → status; the state where the move is made most often when left out.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a move without issues, one that is not available in the state, or where no
            terms serve all its members.
    """
    shown = bargain_view(equilibrium, move, state)
    problem, game = shown.bargain, shown.game
    if not len(shown.frontier.gains):
        raise InputError(f"{problem.move!r} has no terms that serve all members in this state "
                         f"({changes(game, problem.state)}): give another one")
    names = [game.actors[name].label for name in problem.disagreement]
    texts = [*(PROPER.get(deal.solution, sentence(deal.solution))
               + (" (the one used)" if deal.solution == problem.uses else "")
               for deal in problem.deals), "disagreement: waiting", "Pareto frontier"]
    note = (f"Gains over waiting, {changes(game, problem.state)}, as equilibrium "
            f"{problem.equilibrium} values it.")
    across = inches(width) if ax is None else wide(ax)
    body = min(0.72 * across, 3.4) if len(names) == 2 else min(0.66 * across, 3.2)
    ax = new_axes(ax, width, body, f"“{game.moves[problem.move].label}”", note, texts)
    draw = _two if len(names) == 2 else _many
    key(ax, draw(ax, shown, names), texts)
    return ax


def _two(ax: Axes, shown: BargainView, names: list[str]) -> list[Any]:
    """Two members: the frontier is a curve in the plane of their gains."""
    gains = shown.frontier.gains
    line, = ax.plot(gains[:, 0], gains[:, 1], color="black", lw=1.0, zorder=2, gid="frontier")
    if len(gains) == 1:
        line.set(marker="*")
    handles = [ax.plot(*deal.gains.values(), color=COLOURS[k], marker=MARKERS[k], ls="",
                       mec="black", mew=0.5, ms=8.5 - 0.8 * k, zorder=3 + k, clip_on=False,
                       gid=f"deal-{deal.solution}")[0]
               for k, deal in enumerate(shown.bargain.deals)]
    origin, = ax.plot([0], [0], marker="+", color="black", ms=7, mew=1.2, ls="", clip_on=False,
                      zorder=9, gid="disagreement")
    ax.axhline(0, color=GREY, lw=0.5, zorder=0)
    ax.axvline(0, color=GREY, lw=0.5, zorder=0)
    ax.set(xlabel=f"gain of {names[0]} (payoff)", ylabel=f"gain of {names[1]} (payoff)")
    return [*handles, origin, line]


def _many(ax: Axes, shown: BargainView, names: list[str]) -> list[Any]:
    """More members (or one): an upright scale for each, and a line for each point."""
    across = range(len(names))
    for gains in shown.frontier.gains:
        ax.plot(across, gains, color="#C4C4C4", lw=0.4, zorder=1, gid="frontier")
    handles = [ax.plot(across, list(deal.gains.values()), color=COLOURS[k], marker=MARKERS[k],
                       ls=DASHES[k], mec="black", mew=0.4, ms=5, lw=1.1, zorder=3 + k,
                       gid=f"deal-{deal.solution}")[0]
               for k, deal in enumerate(shown.bargain.deals)]
    origin = ax.axhline(0, color="black", lw=1.4, zorder=2, gid="disagreement")
    frontier, = ax.plot([], [], color="#C4C4C4", lw=0.8)
    ax.set_xticks(list(across), [wrap(name, 14) for name in names])
    ax.set(xlim=(-0.3, len(names) - 0.7), ylabel="gain over waiting (payoff)")
    for at in across:
        ax.axvline(at, color=GREY, lw=0.5, zorder=0)
    return [*handles, origin, frontier]


# ---- terms by state --------------------------------------------------------------------------

@styled
def terms(equilibrium: Equilibrium, move: str | None = None, *, most: int = 12,
          ax: Axes | None = None, width: Width = "column") -> Axes:
    """The terms that a move is made on, by state: rows are states, columns are issues.

    Args:
        equilibrium: what :func:`negotiation.solve` lists.
        move: a move with issues; the one that is made most often when left out.
        most: how many states to show, those where it is made most often.
        ax, width: as in :func:`network`.

    Raises:
        InputError: for a move without issues, or one that play never makes.
    """
    shown = terms_view(equilibrium, move, most)
    game = shown.game
    issues = list(game.moves[shown.move].issues.values())
    signs, styles = letters(game), front_styles(game)
    rows = [_row_label(shown, row, signs) for row in range(len(shown.states))]
    keyed = [name for name in game.moves if any(
        signs[name] in _signs(shown, row, signs) for row in range(len(shown.states)))]
    texts = [game.moves[name].label for name in keyed]
    rest = f"; {counted(shown.left_out, 'rarer state')} left out" if shown.left_out else ""
    note = (f"Per cent of a full concession, by what has happened before (chance that it is agreed "
            f"on there, equilibrium {equilibrium.id}){rest}.")
    across = inches(width) if ax is None else wide(ax)
    ax = new_axes(ax, width, 0.21 * len(rows) + 0.95, f"Terms of “{game.moves[shown.move].label}”",
                  note, texts)
    _cells(ax, shown)
    share = (across - 1.25) / max(len(issues), 1)
    ax.set_xticks(range(len(issues)), [wrap(issue.label, max(int(share / 0.048), 10), 5)
                                       for issue in issues], fontsize=5.5)
    ax.set_yticks(range(len(rows)), rows, fontsize=6)
    ax.xaxis.tick_top()
    ax.tick_params(length=0, pad=2)
    ax.set(xlim=(-0.5, len(issues) - 0.5), ylim=(len(rows) - 0.5, -0.5),
           ylabel="after these events")
    for spine in ax.spines.values():
        spine.set_visible(False)
    key(ax, [letter_handle(signs[name], styles[game.moves[name].front][0]) for name in keyed],
        texts, drop=4.0)
    return ax


def _signs(shown: TermsView, row: int, signs: dict[str, str]) -> list[str]:
    """Letters of the moves that can have brought the fronts where they are in the row's state."""
    moved = shown.moved(row)
    return ["/".join(signs[name] for name, move in shown.game.moves.items()
                     if move.front == front and move.target == status) or f"{front}={status}"
            for front, status in moved.items()]


def _row_label(shown: TermsView, row: int, signs: dict[str, str]) -> str:
    before = " ".join(_signs(shown, row, signs)) or "at the start"
    return f"{before}  ({percent(min(float(shown.taken[row]), 1.0))})"


def _cells(ax: Axes, shown: TermsView) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    for row, agreed in enumerate(shown.terms):
        for column, share in enumerate(agreed):
            shade = colormaps["cividis"](0.15 + 0.85 * float(share))
            ax.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=shade,
                                   edgecolor="white", lw=0.8, gid=f"cell-{row}-{column}"))
            ax.text(column, row, percent(float(share)).removesuffix(" %"), ha="center",
                    va="center_baseline", fontsize=6, color=ink_on(shade))


