"""The interval test behind completeness: a list that is proved complete has all equilibria.

In a game without ties the indices of all equilibria of a state sum to one (DESIGN 2.1), so that a
list that is called complete, and whose indices sum to anything else, lacks some.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from random_games import open_state, problem_of

import negotiation as ng
from negotiation.equilibrium.state import solve_states

ACTORS = ("ada", "bo", "cy", "dee")


def row(*numbers: float) -> dict[str, float]:
    return dict(zip(ACTORS, numbers, strict=True))


def talks(third: dict[str, Any]) -> ng.Game:
    """One open state: ada may leave, all four may agree on five issues, and a third move. In the
    regime in which it is mixed, the box around the equilibrium holds one issue at 0."""
    def issue(value: dict[str, float], curvature: dict[str, float]) -> dict[str, Any]:
        return {"value": value, "curvature": curvature}

    return ng.from_dict({
        "format": "negotiation/1", "title": "talks",
        "actors": {name: {"discount_rate": rate} for name, rate in
                   row(0.14, 0.1, 0.14, 0.1).items()},
        "fronts": {"table": {"statuses": ["open", "left", "agreed", "renewed"], "flow": {
            "open": row(-0.02, -0.067, -0.07, -0.08)}}},
        "moves": {
            "leave": {"front": "table", "from": "open", "to": "left", "rate": 0.3, "by": ["ada"],
                      "payoff": row(0.20112, 0.85688, 0.03299, -0.0257)},
            "agree": {"front": "table", "from": "open", "to": "agreed", "rate": 0.3,
                      "by": list(ACTORS), "payoff": row(0.26662, 0.86788, 0.28744, 0.2),
                      "weights": row(0.5, 1.0, 1.0, 1.0), "issues": {
                          "arms": issue(row(0.0, 0.6, -0.7, 0.3), row(0.0, 0.0, 0.3, 0.0)),
                          "watch": issue(row(-0.1, 1.0, -0.6, 0.3), row(0.0, 0.0, 0.3, 0.0)),
                          "limits": issue(row(0.0, -0.4, 0.8, -0.3), row(0.0, 0.3, 0.0, 0.3)),
                          "trade": issue(row(0.0, -0.3, 0.5, -0.2), row(0.0, 0.3, 0.0, 0.3)),
                          "forces": issue(row(-0.4, -0.2, 0.6, 0.0), row(0.3, 0.0, 0.0, 0.0))}},
            "renew": {"front": "table", "from": "open", "to": "renewed",
                      "payoff": row(0.27769, 0.78501, 0.05111, -0.00484), **third}}})


def test_a_mixed_equilibrium_with_a_term_at_its_bound_is_not_proved_away() -> None:
    """The mixed consent between two pure equilibria is where bo just gains nothing by renewing:
    found here by halving the rate at which it happens by itself."""
    found = ng.solve(talks({"rate": 0.3, "by": ["ada", "bo"]}), boxes=5_000)
    assert found.complete and [one.index for one in found.equilibria] == [1, -1, 1]
    assert max(one.regret for one in found.equilibria) <= 1e-9
    low, high = 1e-6, 1.0
    for _ in range(40):
        share = 0.5 * (low + high)
        alone, = ng.solve(talks({"rate": 0.3 * share, "by": []}), boxes=5_000).equilibria
        assert (alone.consent == 1.0).all()
        low, high = (share, high) if 0.78501 < alone.values[0, 1] else (low, share)
    assert found.equilibria[1].consent[2] == pytest.approx(high, abs=1e-6)


@pytest.mark.parametrize(("moves", "actors", "coalition", "issues"), [
    (4, 3, 2, 1), (3, 4, 3, 2), (4, 4, 2, 2)])
def test_indices_of_a_complete_list_sum_to_one(moves: int, actors: int, coalition: int,
                                               issues: int) -> None:
    complete = 0
    for seed in range(25):
        problem = problem_of(open_state(seed, moves, actors, coalition, issues, seed % 2 > 0))
        found = solve_states(problem, "consent", False, 1_000)
        if not found.doubt:
            assert found.index.sum() == 1, seed
            complete += 1
    assert complete > 15


@pytest.mark.long
def test_indices_of_complete_lists_sum_to_one_in_the_main_case() -> None:
    """States of draws that have several equilibria in pure consents."""
    from negotiation.equilibrium.regimes import quick_states
    from negotiation.equilibrium.rescue import solve_surely
    from negotiation.kernels import compiled
    from negotiation.lattice import build_lattice
    from negotiation.likelihood.played import play_rows
    from negotiation.sampling import Sampler
    from negotiation.tracing.played import at_draw
    from negotiation.tracing.sweep import Solving, sweep

    if not compiled.available():
        pytest.skip("takes minutes without numba")
    game = ng.load("nrnap")
    rows = play_rows(build_lattice(game, Sampler(game).draws(0, 4)), None, 1)
    sums: list[int] = []

    def watched(problems: Any, draw: Any, state: Any, solving: Any) -> Any:
        found = quick_states(problems, "consent", 3)
        several = np.flatnonzero(np.bincount(found.owner, minlength=problems.size) > 1)[:8]
        if len(several):
            whole = solve_surely(problems.take(several), "consent", boxes=400)
            sums.extend(int(whole.index[whole.owner == k].sum()) for k in range(len(several))
                        if k not in whole.doubt)
        return found

    for draw in range(rows.lattice.draws):
        sweep(at_draw(rows.lattice, draw), Solving(cap=8, boxes=780, quick=True), watched)
    assert len(sums) > 15 and set(sums) == {1}
