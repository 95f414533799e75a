"""Two games, or two settings of one, side by side in words."""

from __future__ import annotations

from collections.abc import Iterator

from ..compare import ComparisonResult
from .claims import claims_page
from .words import counted, number, percent, percent_range, table, time, wrapped

#: numbers of the definitions that are printed; --json has all
MOST_NUMBERS = 40


def compare_page(result: ComparisonResult) -> str:
    """What differs: chances, verdicts, who moves, parameters and numbers."""
    left, right = result.names
    parts = [f"{left} and {right}",
             "\n".join(("OUTCOMES", *_outcomes(result))),
             "\n".join(("WHAT IS DONE", *_consents(result))),
             "\n".join(("PARAMETERS", *_parameters(result))),
             "\n".join(("NUMBERS OF THE DEFINITIONS", *_numbers(result)))]
    if result.claims is not None:
        parts.append("CLAIMS\n\n" + claims_page(result.claims).rstrip())
    return "\n\n".join(parts) + "\n"


def _outcomes(result: ComparisonResult) -> Iterator[str]:
    game = result.left.game
    rows = [[game.outcomes[name].label, percent_range(*both.left), percent_range(*both.right)]
            for name, both in result.outcomes.items()]
    if None not in result.verdicts:
        rows.append(["Does the centre carry over?", *(str(word) for word in result.verdicts)])
    yield table(rows, [f"Chance within {time(result.by, game.time_unit)}", *result.names], (1, 2))
    for names, side in zip(result.only, result.names, strict=True):
        if names:
            yield wrapped(f"Only in {side}: {', '.join(names)}.", 2)
    for solution, side in zip((result.left, result.right), result.names, strict=True):
        whole = "" if solution.complete else "; there may be others"
        yield wrapped(f"{side}: {counted(len(solution.equilibria), 'equilibrium')} listed{whole}.",
                      2)


def _consents(result: ComparisonResult) -> Iterator[str]:
    moves = {**result.right.game.moves, **result.left.game.moves}
    rows = [[moves[name].label, *(_often(value) for value in pair)]
            for name, pair in result.consents.items()]
    if not rows:
        yield "  Every move is made equally often on both sides."
        return
    yield table(rows, ["How often, in the end, in the first equilibrium", *result.names], (1, 2))


def _often(value: float | None) -> str:
    if value is None:
        return "no such move"
    return percent(value) if value <= 1.0 else "again and again" if value > 1e6 else number(value)


def _parameters(result: ComparisonResult) -> Iterator[str]:
    rows = [[name, *("-" if value is None else number(value) for value in pair)]
            for name, pair in result.parameters.items()]
    yield table(rows, ["", *result.names], (1, 2)) if rows else "  The same on both sides."


def _numbers(result: ComparisonResult) -> Iterator[str]:
    rows = [[path, *(value or "-" for value in pair)] for path, pair in result.numbers.items()]
    if not rows:
        yield "  The same on both sides."
        return
    yield table(rows[:MOST_NUMBERS], ["", *result.names])
    if len(rows) > MOST_NUMBERS:
        yield wrapped(f"{len(rows) - MOST_NUMBERS} more differ: --json has all of them.", 2)
