"""Two games, or two settings of one game, side by side (DESIGN §2.6).

What is compared has to be there in both: outcomes, moves and parameters by name. Chances run over
all equilibria of each side; consents are those in the first equilibrium of each, where play starts
and wherever it comes.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .cascade import CascadeResult, cascade
from .claim_search import Engine
from .claims import ClaimsResult
from .claims import claims as test_claims
from .comparing import Bounds, Solver
from .courses import outcomes
from .equilibrium.result import Equilibrium, Solution
from .equilibrium.solve import solve_each
from .errors import InputError, NumericalError
from .frozen import FrozenMap
from .model import Game
from .process import check_date

#: numbers closer than this, as a share of the larger, are the same
SAME = 1e-12


@dataclass(frozen=True)
class Both:
    """An outcome's chance of being reached by the date, and of being in force then, by side."""

    left: Bounds
    right: Bounds
    left_in_force: Bounds
    right_in_force: Bounds


@dataclass(frozen=True, eq=False)
class ComparisonResult:
    """The answer of :func:`compare`: what differs between two sides.

    Attributes:
        left, right: the sides' solutions; ``names`` what they are called.
        outcomes: outcome → its chances on both sides; ``only`` the outcomes of one side.
        verdicts: the cascade's verdict on each side (None without a centre).
        parameters: parameter → (value, value) where they differ; None where a side lacks it.
        numbers: path in the definition → (left, right) where they differ, as the files say them.
        consents: move → (left, right): how often it is made, in the end, where that differs (None:
            it does not exist; infinite: again and again).
        claims: both sides' tests where they were asked for.
    """

    left: Solution
    right: Solution
    names: tuple[str, str]
    by: float
    outcomes: FrozenMap[str, Both]
    only: tuple[tuple[str, ...], tuple[str, ...]]
    verdicts: tuple[str | None, str | None]
    parameters: FrozenMap[str, tuple[float | None, float | None]]
    numbers: FrozenMap[str, tuple[str, str]]
    consents: FrozenMap[str, tuple[float | None, float | None]]
    claims: tuple[ClaimsResult, ClaimsResult] | None

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        sides = (self.left, self.right)
        return {
            "games": [{"name": name, "game": side.game.name, "equilibria": len(side.equilibria),
                       "complete": side.complete, "incomplete_because": side.incomplete_because}
                      for name, side in zip(self.names, sides, strict=True)],
            "by": self.by,
            "outcomes": {name: {"left": list(both.left), "right": list(both.right),
                                "left_in_force": list(both.left_in_force),
                                "right_in_force": list(both.right_in_force)}
                         for name, both in self.outcomes.items()},
            "only": [list(names) for names in self.only], "verdicts": list(self.verdicts),
            "parameters": {name: list(pair) for name, pair in self.parameters.items()},
            "numbers": {path: list(pair) for path, pair in self.numbers.items()},
            "consents": {move: [None if value is None or math.isinf(value) else value
                                for value in pair] for move, pair in self.consents.items()},
            "claims": None if self.claims is None else [one.to_list() for one in self.claims]}


def compare(left: Game, right: Game, *, by: float | None = None, claims: bool = False,
            draws: int = 0, seed: int = 0, flips: int | str = 0,
            names: tuple[str, str] | None = None, solver: Solver | None = None,
            engine: Engine | None = None) -> ComparisonResult:
    """Put two games, or two settings of one game, side by side.

    Args:
        left, right: the two games; apply settings first (:func:`negotiation.apply`).
        by: the date that chances refer to; the left game's horizon when left out.
        claims: also test the claims of both, with ``draws``, ``seed`` and ``flips``.
        names: what the sides are called; the games' names when left out.
        solver: how games are solved; ``solve_each`` with at most 100 equilibria when left out.
        engine: how they are at draws and flips; as in :func:`~negotiation.claims.claims`.

    Raises:
        InputError: for games in different units of time, or a wrong date.
        NumericalError: when a game was left without any equilibrium.
    """
    if left.time_unit != right.time_unit:
        raise InputError(f"{left.name} counts time in {left.time_unit!r} and {right.name} in "
                         f"{right.time_unit!r}: chances by a date cannot be compared")
    h = left.horizon if by is None else check_date(by)
    solver = solver or partial(solve_each, cap=100)
    sides = tuple(_side(game, h, solver) for game in (left, right))
    for solution, _ in sides:
        if not solution.equilibria:
            raise NumericalError(f"{solution.game.name}: no equilibrium that passes its "
                                 f"certificate was found ({solution.status})")
    chances = [outcomes([e.process for e in solution.equilibria], h) for solution, _ in sides]
    shared = [name for name in left.outcomes if name in right.outcomes]

    def ends(side: int, name: str, kind: str) -> Bounds:
        values = [getattr(row[name], kind) for row in chances[side]]
        return min(values), max(values)

    tests = None
    if claims:
        first, second = (test_claims(game, by=h, draws=draws, seed=seed, flips=flips, solver=solver,
                                     engine=engine)
                         for game in (left, right))
        tests = (first, second)
    return ComparisonResult(
        left=sides[0][0], right=sides[1][0], names=names or (left.name, right.name), by=h,
        outcomes=FrozenMap({name: Both(
            ends(0, name, "probability"), ends(1, name, "probability"),
            ends(0, name, "in_force"), ends(1, name, "in_force")) for name in shared}),
        only=(tuple(n for n in left.outcomes if n not in right.outcomes),
              tuple(n for n in right.outcomes if n not in left.outcomes)),
        verdicts=(_verdict(sides[0][1]), _verdict(sides[1][1])),
        parameters=FrozenMap(_parameters(left, right)), numbers=FrozenMap(_numbers(left, right)),
        consents=FrozenMap(_consents(*(solution.equilibria[0] for solution, _ in sides))),
        claims=tests)


def _side(game: Game, by: float, solver: Solver) -> tuple[Solution, CascadeResult | None]:
    if game.cascade is None:
        return solver([game])[0], None
    result = cascade(game, by=by, matrix=False, solver=solver)
    return result.solution, result


def _verdict(result: CascadeResult | None) -> str | None:
    return None if result is None else result.verdict


def _parameters(left: Game, right: Game) -> dict[str, tuple[float | None, float | None]]:
    values = left.parameter_values(), right.parameter_values()
    names = dict.fromkeys((*values[0], *values[1]))
    return {name: pair for name in names
            if _differ(*(pair := (values[0].get(name), values[1].get(name))))}


def _differ(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is not other
    return abs(one - other) > SAME * max(abs(one), abs(other))


def _numbers(left: Game, right: Game) -> dict[str, tuple[str, str]]:
    """Where actors, fronts, moves and linkages say something else, as the files say it."""
    tables = [dict(_said(game)) for game in (left, right)]
    paths = dict.fromkeys((*tables[0], *tables[1]))
    return {path: pair for path in paths
            if (pair := (tables[0].get(path, ""), tables[1].get(path, "")))[0] != pair[1]}


def _said(game: Game) -> Iterator[tuple[str, str]]:
    for name, actor in game.actors.items():
        yield f"actors.{name}.discount_rate", str(actor.discount_rate)
    for name, front in game.fronts.items():
        yield f"fronts.{name}.start", front.start
        for status, table in front.flow.items():
            yield from _payments(f"fronts.{name}.flow.{status}", table)
    for name, move in game.moves.items():
        at = f"moves.{name}"
        yield f"{at}.by", ", ".join(move.by)
        yield f"{at}.rate", str(move.rate)
        yield from _payments(f"{at}.payoff", move.payoff)
        yield from _payments(f"{at}.weights", move.weights)
        for member, consent in move.consents.items():
            yield f"{at}.consents.{member}", "always" if consent else "never"
        for issue in move.issues.values():
            yield from _payments(f"{at}.issues.{issue.name}.value", issue.value)
            yield from _payments(f"{at}.issues.{issue.name}.curvature", issue.curvature)
    for name, clash in game.encounters.items():
        yield f"encounters.{name}.rate", str(clash.rate)
        yield f"encounters.{name}.to", str(clash.targets)
        for k, block in enumerate(clash.payoffs):
            for player, payoffs in block.payoffs.items():
                yield f"encounters.{name}.payoffs[{k}].{player}", str(payoffs)
    for link in game.linkages:
        at = f"linkages.{link.name}"
        yield from _payments(f"{at}.flow", link.flow)
        yield from _payments(f"{at}.rate", link.rate)
        for move_name, table in link.payoff.items():
            yield from _payments(f"{at}.payoff.{move_name}", table)
        for move_name, issues in link.value.items():
            for issue_name, table in issues.items():
                yield from _payments(f"{at}.value.{move_name}.{issue_name}", table)


def _payments(at: str, table: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, number in table.items():
        yield f"{at}.{name}", str(number)


def _consents(left: Equilibrium, right: Equilibrium,
              ) -> dict[str, tuple[float | None, float | None]]:
    """Move → how often it is made on each side (None: it does not exist), where that differs."""
    made = _made(left), _made(right)
    found = {}
    for name in dict.fromkeys((*made[0], *made[1])):
        one, other = made[0].get(name), made[1].get(name)
        if one is None or other is None or abs(one - other) > 1e-6:
            found[name] = (one, other)
    return found


def _made(equilibrium: Equilibrium) -> dict[str, float]:
    lattice, taken = equilibrium.lattice, equilibrium.process.taken
    return {name: float(np.sum(taken[lattice.edge_move == m]))
            for m, name in enumerate(lattice.moves)}
