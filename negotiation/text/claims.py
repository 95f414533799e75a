"""Claims and what became of them, in a table that can be pasted into a memo."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..claims import ClaimResult, ClaimsResult
from ..model import Claim
from .describe import title_line
from .words import (
    counted,
    listed,
    number,
    percent,
    percent_range,
    points_range,
    table,
    time,
    wrapped,
)

HEAD = ("Claim", "source", "nominal", "equilibria", "draws", "flipped by")
#: the same with the propositions in full
MEMO = ("Claim", "what it says", *HEAD[1:])
#: flips named in the table
MOST_FLIPS = 2


def claims_page(results: Sequence[ClaimsResult], markdown: bool = False) -> str:
    """Each game's claims; those of several games beside each other come last."""
    parts = []
    for result in results:
        parts += [title_line(result.game) if not markdown else f"## {result.game.title}",
                  _grid(MEMO if markdown else HEAD,
                        [_row(result, one, markdown) for one in result.claims], markdown)]
        if not markdown:
            parts.append("\n".join(_details(result)))
        parts.append("\n".join(_notes(result)))
    if len(results) > 1:
        parts.append(_beside(results, markdown))
    return "\n\n".join(part for part in parts if part) + "\n"


def _grid(head: Sequence[str], rows: Sequence[Sequence[str]], markdown: bool) -> str:
    if not markdown:
        return table(rows, list(head), indent=0)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
                     for line in lines)


def _row(result: ClaimsResult, one: ClaimResult, markdown: bool) -> list[str]:
    said = [one.claim.says] if markdown else []
    return [one.claim.id, *said, one.claim.source, "holds" if one.nominal else "fails",
            one.equilibria,
            "-" if one.share_of_draws is None else percent(one.share_of_draws), _flips(one)]


def _flips(one: ClaimResult) -> str:
    if one.flips is None:
        return "not asked"
    if not one.flips:
        return f"none of {len(one.tested)}" if one.tested else "none tried"
    shown = [f"{flip.parameter} = {number(flip.value)}" for flip in one.flips[:MOST_FLIPS]]
    more = f", {len(one.flips) - MOST_FLIPS} more" if len(one.flips) > MOST_FLIPS else ""
    return ", ".join(shown) + more


def _details(result: ClaimsResult) -> Iterator[str]:
    for one in result.claims:
        said = f"{one.claim.id} ({one.claim.source}): {one.claim.says} {numbers(one)}"
        yield wrapped(said, 2, 2)
        for flip in (one.flips or ())[MOST_FLIPS:]:
            yield wrapped(f"also flipped by {flip.parameter} = {number(flip.value)}", 6)


def numbers(one: ClaimResult) -> str:
    """What a claim compares, in words."""
    claim = one.claim
    if claim.pivot is not None:
        other = "" if one.than is None else f", against {points_range(*one.than)} for the others"
        return f"Its difference is {points_range(*one.under)} points{other}."
    if claim.cascade is not None:
        return (f"Settled around it: {percent_range(*one.under)} with the centre settled, "
                f"{percent_range(*one.than or (0.0, 0.0))} without it.")
    if one.than is not None:
        return f"{percent_range(*one.under)}, against {percent_range(*one.than)}."
    return f"{percent_range(*one.under)}, where {_bound(claim)} is claimed."


def _bound(claim: Claim) -> str:
    return (f"less than {percent(claim.below)}" if claim.below is not None
            else f"more than {percent(claim.above or 0.0)}")


def _notes(result: ClaimsResult) -> Iterator[str]:
    date = time(result.by, result.game.time_unit)
    yield wrapped(f"Chances are those within {date}. Nominal: at the definition's values, in the "
                  "first equilibrium. Equilibria: whether the claim holds in every pair of "
                  "equilibria, in some, or in none. A tie does not make an actor the most "
                  "decisive.")
    if result.draws:
        failed = len(result.failed)
        yield wrapped(f"Draws: the share of {counted(result.draws - failed, 'draw')} of the "
                      f"parameters (seed {result.seed}) in which it holds, in one equilibrium each"
                      + (f"; {counted(failed, 'draw')} could not be solved and "
                         f"{'is' if failed == 1 else 'are'} left out." if failed else "."))
    if any(one.flips is not None for one in result.claims):
        yield wrapped("Flipped by: the smallest move of one parameter, within its range, that "
                      "turns the nominal verdict; --json says which were tried for each claim.")
    if result.draws and any(one.flips is not None and not one.tested for one in result.claims):
        yield wrapped("None tried: the claim's margin is the same in every draw.")
    if not result.complete:
        yield wrapped("Not every list of equilibria is proved complete: there may be others.")


def _beside(results: Sequence[ClaimsResult], markdown: bool) -> str:
    ids = dict.fromkeys(one.claim.id for result in results for one in result.claims)
    rows = []
    for name in ids:
        row = [name]
        for result in results:
            found = [one for one in result.claims if one.claim.id == name]
            row.append("-" if not found else
                       f"{'holds' if found[0].nominal else 'fails'} ({found[0].equilibria}"
                       + ("" if found[0].share_of_draws is None else
                          f", {percent(found[0].share_of_draws)} of draws") + ")")
        rows.append(row)
    differ = [row[0] for row in rows if len({cell.split(" ")[0] for cell in row[1:]}) > 1]
    head = ("Claim", *(result.game.name for result in results))
    said = (f"The games answer {listed(differ)} differently." if differ else
            "The games agree on every claim.")
    return f"{_grid(head, rows, markdown)}\n\n{wrapped(said)}"
