"""What each form of claim compares, and by how much it holds: its margin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from .comparing import (
    SAME,
    Bounds,
    Part,
    Study,
    What,
    find_outcome,
    first_of,
    kept_from,
    minus,
    whole,
)
from .frozen import FrozenMap
from .model import Claim, Game
from .pivots import seats_of
from .settings import Setting

#: margin in the first equilibrium; in the worst and in the best pair; the chances compared
Margins = tuple[float, Bounds, Bounds, Bounds | None]


def settings_of(game: Game, claim: Claim) -> Iterator[tuple[str, What]]:
    """The settings that a claim's games are solved under, each with a label."""
    if claim.pivot is not None:
        for actor in _among(game, claim):
            for consents in (True, False):
                yield (f"{claim.id}: {actor} {'always' if consents else 'never'} consents",
                       _seat(game, claim, actor, consents))
    elif claim.cascade is not None:
        for label, setting in _cascade(game).items():
            yield f"{claim.id}: {label}", setting
    else:
        yield f"{claim.id}: under", claim.under
        if claim.expect is not None:
            yield f"{claim.id}: than", claim.than


def margins(study: Study, claim: Claim, by: float) -> Margins:
    """By how much a claim holds; the games of :func:`settings_of` are solved where they are not."""
    if claim.pivot is not None:
        return _pivot(study, claim, by)
    if claim.cascade is not None:
        return _cascade_margins(study, claim.cascade, by)
    assert claim.outcome is not None
    under = study.under(claim.under).parts(claim.outcome, by)
    if claim.expect is not None:
        return _expectation(claim.expect, under, study.under(claim.than).parts(claim.outcome, by))
    low, high = whole(under)
    first = first_of(under, None)
    if claim.below is not None:
        return claim.below - first, (claim.below - high, claim.below - low), (low, high), None
    assert claim.above is not None
    return first - claim.above, (low - claim.above, high - claim.above), (low, high), None


def _expectation(expect: str, under: Sequence[Part], than: Sequence[Part]) -> Margins:
    low, high = minus(under, than)
    first = first_of(under, than)
    sides = (whole(under), whole(than))
    if expect == "more likely":
        return first, (low, high), *sides
    if expect == "less likely":
        return -first, (-high, -low), *sides
    # "no more likely": equal chances will do, as far as they can be told apart
    return 2 * SAME - first, (2 * SAME - high, 2 * SAME - low), *sides


def _among(game: Game, claim: Claim) -> tuple[str, ...]:
    """The actors that a pivot is compared with, itself first."""
    assert claim.pivot is not None
    others = claim.among or tuple(seats_of(game, find_outcome(game, claim.outcome)))
    return tuple(dict.fromkeys((claim.pivot, *others)))


def _seat(game: Game, claim: Claim, actor: str, consents: bool) -> Setting:
    moves = seats_of(game, find_outcome(game, claim.outcome)).get(actor, ())
    under = claim.under or Setting()
    return replace(under, consents=FrozenMap({
        **under.consents, actor: FrozenMap(dict.fromkeys(moves, consents))}))


def _pivot(study: Study, claim: Claim, by: float) -> Margins:
    assert claim.outcome is not None
    effects, first = [], []
    for actor in _among(study.game, claim):
        always, never = (study.under(_seat(study.game, claim, actor, yes)).parts(
            claim.outcome, by) for yes in (True, False))
        effects.append(minus(always, never))
        first.append(first_of(always, never))
    mine, others = effects[0], effects[1:]
    if not others:
        return mine[0], mine, mine, None
    worst = min(mine[0] - high for _, high in others)
    best = min(mine[1] - low for low, _ in others)
    return (first[0] - max(first[1:]), (worst, best), mine,
            (max(low for low, _ in others), max(high for _, high in others)))


def _cascade(game: Game) -> dict[str, What]:
    table = game.cascade
    assert table is not None
    word = table.status[table.center]
    return {"centre settled": Setting(start=FrozenMap({table.center: word})),
            "centre blocked": kept_from(game, table.center, word)}


def _cascade_margins(study: Study, verdict: str, by: float) -> Margins:
    """Every front's total effect against ``min_effect``; of the verdict "some" whether it is so."""
    table = study.game.cascade
    assert table is not None
    settled, blocked = (study.under(setting) for setting in _cascade(study.game).values())
    totals, firsts, sides = [], [], []
    for front in table.periphery:
        parts = [game.reached(front, table.status[front], by) for game in (settled, blocked)]
        totals.append(minus(*parts))
        firsts.append(first_of(*parts))
        sides.append([whole(part) for part in parts])
    least = table.min_effect
    under, than = ((min(side[k][0] for side in sides), max(side[k][1] for side in sides))
                   for k in (0, 1))
    every = (min(low for low, _ in totals) - least, min(high for _, high in totals) - least)
    none = (least - max(high for _, high in totals), least - max(low for low, _ in totals))
    if verdict == "every":
        return min(firsts) - least, every, under, than
    if verdict == "none":
        return least + 2 * SAME - max(firsts), (none[0] + 2 * SAME, none[1] + 2 * SAME), under, than
    is_some = 1.0 if every[0] <= SAME and none[0] < -SAME else -1.0
    return is_some, (is_some, is_some), under, than
