"""Published games: the solver finds what their sources document, no more and no less."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from normal_form_cases import NAU, Case
from normal_form_stored import ALL as CASES

from negotiation.normal_form import NormalFormGame, solve


def number(value) -> float:
    return float(Fraction(value)) if isinstance(value, str) else float(value)


def documented(case: Case) -> list[list[np.ndarray]]:
    return [[np.array([number(p) for p in part]) for part in profile]
            for profile in case.equilibria]


def close(profile, other) -> bool:
    return all(abs(a - b).max() < 1e-9 for a, b in zip(profile, other, strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_documented_equilibria_are_found(case: Case) -> None:
    solution = solve(NormalFormGame(case.payoffs))
    found = [equilibrium.profile for equilibrium in solution.equilibria]
    assert max(equilibrium.regret for equilibrium in solution.equilibria) < 1e-12
    if case.equilibria is not None:
        expected = documented(case)
        assert len(found) == len(expected)
        assert all(any(close(profile, other) for other in found) for profile in expected)
    if case.count is not None:
        assert len(found) == case.count
        assert solution.complete != case.continuum or len(solution.game.shape) > 2
    if case.pure is not None:
        assert solution.game.pure_equilibria() == case.pure
        pure = [tuple(s[0] for s in e.support) for e in solution.equilibria if e.pure]
        assert tuple(sorted(pure)) == case.pure
    if case.equilibria is not None and len(solution.game.shape) == 2:
        assert solution.complete != case.continuum
        assert bool(solution.continua) == case.continuum


@pytest.mark.parametrize("case", [case for case in CASES if case.equilibria], ids=lambda c: c.name)
def test_the_documented_profiles_are_equilibria_of_the_payoffs_typed_in(case: Case) -> None:
    game = NormalFormGame(case.payoffs)
    for profile in documented(case):
        assert game.relative_regret(profile) < 1e-12


def test_at_least_thirty_games_are_cited() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 30
    assert all(case.source for case in CASES)
    checked = [case for case in CASES if case.checked]
    assert len(checked) >= 30 and all(case.checked for case in CASES if case.file)


def test_a_continuum_of_three_players_is_found_and_not_called_complete() -> None:
    case = next(case for case in CASES if case.name == "a continuum of three players")
    solution = solve(NormalFormGame(case.payoffs))
    assert not solution.complete and len(solution.game.pure_equilibria()) == 3
    mixing = [sum(len(s) > 1 for s in e.support) for e in solution.equilibria]
    assert mixing.count(0) == 3 and mixing.count(1) == 2      # the ends of the continuum


def test_the_irrational_equilibrium_has_the_published_root() -> None:
    case = next(case for case in CASES if case.name == "an irrational equilibrium")
    (equilibrium,) = solve(NormalFormGame(case.payoffs)).equilibria
    assert min(abs(p - NAU) for part in equilibrium.profile for p in part) < 1e-12


def test_two_of_the_nine_equilibria_are_totally_mixed() -> None:
    case = next(case for case in CASES if case.name == "nine equilibria of three players")
    solution = solve(NormalFormGame(case.payoffs))
    assert sum(all(len(s) == 2 for s in e.support) for e in solution.equilibria) == 2


def test_only_bernheims_fourth_actions_are_not_rationalizable() -> None:
    case = next(case for case in CASES if case.name == "rationalizable but for one")
    result = NormalFormGame(case.payoffs).rationalizable()
    assert result.actions == ((0, 1, 2), (0, 1, 2))
    assert [len(turn) for turn in result.rounds] == [1, 1]
