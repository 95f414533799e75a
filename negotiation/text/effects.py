"""The cascade analysis as an analyst reads it: verdicts, chances, the matrix, the order."""

from __future__ import annotations

from collections.abc import Iterator

from ..cascade import Bounds, CascadeResult, Effects
from ..model import Game
from .describe import title_line
from .words import listed, percent_range, points_range, table, time, wrapped

#: orders of settlement that are listed
FULL_ORDERS = 5


def verdict_lines(game: Game, result: CascadeResult) -> Iterator[str]:
    """The verdict in a few lines: what a settled centre does to each front, and what needs it."""
    center = game.fronts[result.center].label
    where = "in every equilibrium" if result.complete else "in every equilibrium found"
    yield wrapped(f"Does a settlement of “{center}” carry over? " + {
        "every": f"Yes, to every front around it and {where}.",
        "none": f"No: to no front around it, {where}.",
        "some": "Only to some of the fronts around it, or only in some equilibria.",
    }[result.verdict], 2)
    rows = [[game.fronts[name].label, percent_range(*effect.at.blocked),
             percent_range(*effect.at.nominal), percent_range(*effect.at.settled),
             f"{points_range(*effect.at.total)} points"]
            for name, effect in result.fronts.items()]
    head = [f"Settled within {time(result.by, game.time_unit)}", "without it", "as things stand",
            "with it", "difference"]
    yield table(rows, head, range(1, 5), indent=4)
    needs = [outcome.label for name, outcome in game.outcomes.items()
             if set(outcome.when) != {result.center} and result.necessity[name][1] < 0.01
             and _possible(result, name)]
    if needs:
        yield wrapped(f"Without it there is no chance, or one below 1 %, of: {'; '.join(needs)}.",
                      2, 2)


def _possible(result: CascadeResult, outcome: str) -> bool:
    return any(equilibrium.probability(outcome, result.by) >= 0.01
               for equilibrium in result.solution.equilibria)


def cascade_page(game: Game, result: CascadeResult) -> str:
    """Verdict sentences, then every number behind them."""
    parts = [title_line(game),
             "\n".join(wrapped(text, hanging=2) for text in result.sentences()),
             _chances(game, result, result.by, {n: e.at for n, e in result.fronts.items()}),
             _chances(game, result, result.by / 2, {n: e.half for n, e in result.fronts.items()}),
             "total = settled - blocked, pull = settled - nominal, push = nominal - blocked, in "
             "percentage\npoints; a range runs over the equilibria of the games compared.",
             _times(game, result), _matrix(game, result), _orders(game, result),
             _games(result)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _chances(game: Game, result: CascadeResult, by: float, effects: dict[str, Effects]) -> str:
    center = game.fronts[result.center].label
    rows = []
    for name, effect in effects.items():
        rows.append([game.fronts[name].label,
                     *(percent_range(*pair) for pair in (effect.settled, effect.nominal,
                                                         effect.blocked)),
                     *(points_range(*pair) for pair in (effect.total, effect.pull, effect.push))])
    head = ["", "settled", "nominal", "blocked", "total", "pull", "push"]
    return (wrapped(f"Chance of being settled within {time(by, game.time_unit)}, with {center} "
                    "settled at the start, as it stands, and kept from being settled:")
            + "\n" + table(rows, head, range(1, 7)))


def _times(game: Game, result: CascadeResult) -> str:
    rows = [[game.fronts[name].label, *(_span(game, pair) for pair in (
        effect.mean_time.settled, effect.mean_time.nominal, effect.mean_time.blocked))]
        for name, effect in result.fronts.items()]
    return ("Mean time until it is settled, if it ever is:\n"
            + table(rows, ["", "settled", "nominal", "blocked"], range(1, 4)))


def _span(game: Game, pair: Bounds | None) -> str:
    if pair is None:
        return "never"
    low, high = (time(value, game.time_unit) for value in pair)
    return low if low == high else f"{low} to {high}"


def _matrix(game: Game, result: CascadeResult) -> str:
    if result.matrix is None:
        return ""
    fronts = list(result.matrix)
    rows = [[f"({at}) {game.fronts[source].label}",
             *("·" if source == target else points_range(*result.matrix[source][target])
               for target in fronts)]
            for at, source in enumerate(fronts, 1)]
    head = ["from \\ to", *(f"({at})" for at in range(1, len(fronts) + 1))]
    left = f"\n  without a settled status: {listed(result.left_out)}" if result.left_out else ""
    return ("Total effect of each front (row) on each other (column), in percentage points:\n"
            + table(rows, head, range(1, len(head))) + left)


def _orders(game: Game, result: CascadeResult) -> str:
    def lines() -> Iterator[list[str]]:
        for found in result.order[:FULL_ORDERS]:
            steps = [listed(game.fronts[name].label for name in group)
                     for group in found.settlements]
            yield [percent_range(*found.probability), ", then ".join(steps) or "none is settled"]
    rows = list(lines())
    return "Orders of settlement, and at least how likely each is:\n" + table(
        rows, right=(0,)) if rows else ""


def _games(result: CascadeResult) -> str:
    rows = [[game.label, f"{game.equilibria:,}", "complete" if game.complete else
             f"not proved complete: {game.incomplete_because}"]
            for game in result.games if game.for_verdict]
    return "Games solved for the verdict, and their equilibria:\n" + table(rows, right=(1,))
