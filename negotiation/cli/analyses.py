"""Commands that compare settings: who decides an outcome, claims, two games side by side."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..model import Game

if TYPE_CHECKING:
    from ..claims import ClaimsResult

#: what a command prints: a page, or a record for --json
Page = str
Record = Any


def pivots(arguments: Namespace, game: Game, by: float, solver: Callable[..., Any],
           ) -> Page | Record:
    from ..formats.record_claims import pivots_record
    from ..pivots import pivots as ask
    from ..text.pivots import pivots_page

    result = ask(game, arguments.outcome, by=by, actors=arguments.actors,
                 spoilers=arguments.spoilers, orders=arguments.orders, seed=arguments.seed,
                 solver=solver)
    return pivots_record(result) if arguments.json else pivots_page(result)


def claims(arguments: Namespace, games: list[Game], by: float | None, solver: Callable[..., Any],
           ) -> Page | Record:
    from ..claims import claims as test
    from ..formats.record_claims import claims_record
    from ..text.claims import claims_page

    results: list[ClaimsResult] = []
    for game in games:
        results.append(test(game, arguments.claims, by=by, draws=arguments.draws,
                            seed=arguments.seed, flips=arguments.flips, solver=solver))
    return claims_record(results) if arguments.json else claims_page(
        results, markdown=arguments.format == "markdown")


def compare(arguments: Namespace, games: tuple[Game, Game], names: tuple[str, str],
            by: float | None, solver: Callable[..., Any]) -> Page | Record:
    from ..compare import compare as put
    from ..formats.record_claims import compare_record
    from ..text.compare import compare_page

    result = put(*games, by=by, claims=arguments.claims, draws=arguments.draws,
                 seed=arguments.seed, flips=arguments.flips, names=names, solver=solver)
    return compare_record(result) if arguments.json else compare_page(result)
