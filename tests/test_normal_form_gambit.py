"""Games of three to five players: what Gambit's solvers found on them is among what ours finds.

``gambit_equilibria.json`` holds, for each seeded game of ``benchmarks/several_players.py``, the
union of what enumpure, enumpoly, gnm, ipa, liap, simpdiv and logit of pygambit 16.7.0 returned,
polished and certified; that script makes it anew. So Gambit need not be installed here.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

from negotiation.normal_form import NormalFormGame, solve

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
from several_players import GAMES, covered, random_game  # noqa: E402

FOUND = json.loads((ROOT / "tests" / "gambit_equilibria.json").read_text(encoding="utf-8"))
#: seeded games with a tie, whose equilibria are continua
TIED = {((2, 2, 3), 10), ((2, 2, 2, 2, 2), 11)}


def check(shape: tuple[int, ...], number: int, found: list) -> None:
    game = NormalFormGame(random_game(shape, number))
    solution = solve(game)
    ours = [equilibrium.profile for equilibrium in solution.equilibria]
    assert found, "Gambit found nothing, which proves nothing"
    for profile in found:
        parts = [np.array(part) / sum(part) for part in profile]
        assert game.relative_regret(parts) < 1e-5
        assert covered(parts, ours)
    assert max(equilibrium.regret for equilibrium in solution.equilibria) <= 1e-9
    if (shape, number) in TIED:
        assert not solution.complete
    else:
        assert len(ours) % 2 == 1 and solution.index_sum == 1


def games(keep):
    return [pytest.param(tuple(shape), number, found, id=f"{shape} {number}")
            for shape, number, found in FOUND if keep(len(shape), number)]


@pytest.mark.parametrize(("shape", "number", "found"), games(
    lambda n, number: number % {3: 8, 4: 15, 5: 30}[n] == 0))
def test_no_solver_of_gambit_finds_more(shape, number, found) -> None:
    check(shape, number, found)


@pytest.mark.long
@pytest.mark.parametrize(("shape", "number", "found"), games(
    lambda n, number: number % {3: 8, 4: 15, 5: 30}[n] != 0))
def test_no_solver_of_gambit_finds_more_on_hundreds_of_games(shape, number, found) -> None:
    check(shape, number, found)


def test_the_stored_findings_are_of_hundreds_of_games_of_every_shape() -> None:
    assert len(FOUND) >= 300
    for shape, count in GAMES.items():
        assert sum(tuple(row[0]) == shape for row in FOUND) == count


def test_the_comparison_can_fail() -> None:
    shape, number, found = FOUND[0]
    game = NormalFormGame(random_game(tuple(shape), number))
    ours = [equilibrium.profile for equilibrium in solve(game).equilibria]
    parts = [np.array(part) for part in found[0]]
    assert covered(parts, ours)
    assert not covered([part[::-1] for part in parts], ours)
    assert not covered(parts, ours[:0])
