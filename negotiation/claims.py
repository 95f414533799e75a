"""The propositions of the argument that a definition models, tested (DESIGN §2.6).

A claim is one number and what it is asked to be: the difference of an outcome's chance between two
settings (``expect``), the chance itself against a bound (``below``, ``above``), how far an actor's
pivotal effect exceeds that of the others (``pivot``: a tie is not enough), or the effects of a
settled centre on the fronts around it against the cascade's ``min_effect`` (``cascade``). Its
**margin** is positive where the claim holds.

- *nominal*: the verdict at the file's values, in the equilibrium that is listed first.
- *equilibria*: ``every`` if it holds in the worst pair of equilibria, ``some`` if it holds in the
  best pair only, else ``none``.
- *share of draws*: in how many draws of the parameters it holds, in one equilibrium each.
- *flips*: for each parameter, taken alone, the smallest move within its range that turns the
  verdict, found on a grid and by bisection.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from .claim_forms import margins, settings_of
from .claim_search import Engine, Flip, find_flips, over_draws
from .comparing import SAME, Bounds, Comparison, Solver
from .equilibrium.solve import solve_each
from .errors import InputError, UnknownNameError
from .model import Claim, Game
from .process import check_date

#: what a claim's margin is compared with
HOLDS = SAME


@dataclass(frozen=True)
class ClaimResult:
    """One claim, tested.

    Attributes:
        nominal: whether it holds at the file's values, in the first equilibrium.
        equilibria: ``every``, ``some`` or ``none`` of the pairs of equilibria.
        under, than: the two chances that it compares (``than`` None where it compares none); of a
            pivot the actor's effect and the largest among the others.
        margin: by how much it holds (fails, where negative), worst and best pair.
        share_of_draws: of the draws that were solved, where it holds; None without draws.
        flips: parameters that turn the nominal verdict, the smallest move first; None where they
            were not looked for. ``tested`` are the parameters that were.
    """

    claim: Claim
    nominal: bool
    equilibria: str
    under: Bounds
    than: Bounds | None
    margin: Bounds
    share_of_draws: float | None
    flips: tuple[Flip, ...] | None
    tested: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class ClaimsResult:
    """The answer of :func:`claims`.

    Attributes:
        draws: how many were asked for; failed: those that could not be solved, each with its
            parameters and the reason. They are left out of every share.
        complete: whether the lists of equilibria at the nominal values are proved complete.
    """

    game: Game
    by: float
    claims: tuple[ClaimResult, ...]
    draws: int
    failed: tuple[tuple[dict[str, float], str], ...]
    seed: int
    games: int
    complete: bool
    incomplete_because: str | None

    def __getitem__(self, name: str) -> ClaimResult:
        for one in self.claims:
            if one.claim.id == name:
                return one
        raise UnknownNameError("claim", name, [one.claim.id for one in self.claims])

    def to_list(self) -> list[dict[str, Any]]:
        """Plain data for JSON, a record for each claim."""
        return [{
            "id": one.claim.id, "nominal": one.nominal, "equilibria": one.equilibria,
            "share_of_draws": one.share_of_draws,
            "flips": None if one.flips is None else [flip.to_dict() for flip in one.flips],
            "says": one.claim.says, "source": one.claim.source, "under": list(one.under),
            "than": None if one.than is None else list(one.than), "margin": list(one.margin),
            "draws": self.draws, "failed": len(self.failed), "seed": self.seed,
            "parameters_tested": list(one.tested), "complete": self.complete,
        } for one in self.claims]


def claims(game: Game, ids: Sequence[str] | None = None, *, by: float | None = None,
           draws: int = 8, seed: int = 0, flips: int | str = 2, solver: Solver | None = None,
           engine: Engine | None = None) -> ClaimsResult:
    """Test the claims that a definition carries.

    Args:
        ids: which claims; all of them when left out.
        by: the date h ≥ 0 that chances refer to; the game's horizon when left out.
        draws: draws of the parameters over their ranges (0: none), from a scrambled Sobol sequence.
        seed: of the draws.
        flips: ``"all"`` parameters with a range are tried as flips, or this many for each claim:
            those whose draws go with its margin most (by rank correlation). 0: none.
        solver: how games are solved at the nominal values; ``solve_each`` with at most 16
            equilibria when left out.
        engine: how they are at draws and flips, in batches: the first equilibrium that is listed of
            each game when left out.

    Raises:
        InputError: for a game without claims, or a wrong number.
        UnknownNameError: for a claim that the definition does not carry.
        NumericalError: when a game at the nominal values was left without any equilibrium.
    """
    if not game.claims:
        raise InputError(f"{game.name}: the definition carries no claims: add [[claims]] tables")
    known = {claim.id: claim for claim in game.claims}
    for name in ids or ():
        if name not in known:
            raise UnknownNameError("claim", name, known)
    _whole_number("draws", draws)
    if flips != "all":
        _whole_number("flips", flips)
    asked = [known[name] for name in dict.fromkeys(ids or known)]
    h = game.horizon if by is None else check_date(by)
    solver = solver or partial(solve_each, cap=16)
    study = Comparison(game, solver)
    study.prepare(pair for claim in asked for pair in settings_of(game, claim))
    tested = [at_nominal(study, claim, h) for claim in asked]
    engine = engine or Engine()
    sample = over_draws(game, asked, h, draws, seed, engine) if draws else None
    found = find_flips(game, asked, h, flips, sample, engine)
    results = []
    for one in tested:
        mine = None if found is None else found[one.claim.id]
        results.append(replace(
            one, share_of_draws=None if sample is None else sample.share(one.claim.id),
            flips=None if mine is None else mine[0], tested=() if mine is None else mine[1]))
    return ClaimsResult(
        game=game, by=h, claims=tuple(results), draws=draws,
        failed=() if sample is None else sample.failed, seed=seed, games=len(study.games),
        complete=study.complete, incomplete_because=study.incomplete_because)


def at_nominal(study: Comparison, claim: Claim, by: float) -> ClaimResult:
    """One claim at the values of the study's game, over all pairs of equilibria.

    Raises:
        NumericalError: when a game was left without any equilibrium.
    """
    study.prepare(settings_of(study.game, claim))
    first, bounds, under, than = margins(study, claim, by)
    kind = "every" if bounds[0] > HOLDS else "some" if bounds[1] > HOLDS else "none"
    return ClaimResult(claim=claim, nominal=first > HOLDS, equilibria=kind, under=under, than=than,
                       margin=bounds, share_of_draws=None, flips=None, tested=())


def _whole_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise InputError(f"the {name!r} parameter of claims must be a whole number of at least 0"
                         f"{' or all' if name == 'flips' else ''}. Got {value!r} instead.")
