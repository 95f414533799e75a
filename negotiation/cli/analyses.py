"""Commands that compare settings: who decides an outcome, claims, two games side by side."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..model import Game

if TYPE_CHECKING:
    from ..claim_search import Engine
    from ..claims import ClaimsResult
    from .terminal import Progress

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


def _engine(arguments: Namespace, progress: Progress) -> Engine:
    """How claims are evaluated at draws and flips."""
    from ..claim_search import Engine
    from ..likelihood.firsts import Rule

    end = None if arguments.seconds is None else time.monotonic() + arguments.seconds

    def stop(done: int, total: int) -> bool:
        progress.stage("games of draws", done, total)
        return end is not None and time.monotonic() > end

    concept = "selected" if arguments.equilibria == "selected" else arguments.concept
    if arguments.concept == "logit":
        concept = "logit"
    return Engine(Rule(concept, arguments.indifferent, arguments.conventions), stop)


def claims(arguments: Namespace, games: list[Game], by: float | None, solver: Callable[..., Any],
           progress: Progress) -> Page | Record:
    from ..claims import claims as test
    from ..formats.record_claims import claims_record
    from ..text.claims import claims_page

    results: list[ClaimsResult] = []
    for game in games:
        results.append(test(game, arguments.claims, by=by, draws=arguments.draws,
                            seed=arguments.seed, flips=arguments.flips, solver=solver,
                            engine=_engine(arguments, progress)))
    return claims_record(results) if arguments.json else claims_page(
        results, markdown=arguments.format == "markdown")


def compare(arguments: Namespace, games: tuple[Game, Game], names: tuple[str, str],
            by: float | None, solver: Callable[..., Any], progress: Progress) -> Page | Record:
    from ..compare import compare as put
    from ..formats.record_claims import compare_record
    from ..text.compare import compare_page

    result = put(*games, by=by, claims=arguments.claims, draws=arguments.draws,
                 seed=arguments.seed, flips=arguments.flips, names=names, solver=solver,
                 engine=_engine(arguments, progress))
    return compare_record(result) if arguments.json else compare_page(result)
