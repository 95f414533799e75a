"""What a trace proves, what it follows one by one, and what it does with values that fail."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_games import Shape
from test_trace import agree, moody, who_gives_first

import negotiation as ng
from negotiation.expressions import parse
from negotiation.frozen import FrozenMap
from negotiation.tracing import proved, sample
from negotiation.tracing.locate import Refiner

FIXED = Shape(fronts=2, actors=3, third=True, links=4)
ISSUES = Shape(fronts=2, actors=3, third=True, issues=2, curved=True, links=4)


def open_windows(trace, samples):
    source = trace.source
    refiner = Refiner(source.family, source.solving, samples)
    quiet = [refiner.quiet(k) for k in range(len(samples) - 1)]
    return proved.windows(source.family, samples, quiet, source.solving)


def test_the_two_front_game_is_proved_but_for_its_two_events():
    trace = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    assert trace.complete and trace.incomplete_because is None
    assert len(trace.windows) == 2
    for (low, high), event in zip(trace.windows, trace.events, strict=True):
        assert low < event.value < high and high - low < 5e-6


def test_a_branch_that_is_taken_away_is_missed_by_the_proof():
    trace = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    for gone in range(3):
        short = [one if len(one.points) < 3 else replace(one, points=tuple(
            point for k, point in enumerate(one.points) if k != gone))
            for one in trace.source.samples]
        assert max(high - low for low, high in open_windows(trace, short)) > 0.4


@pytest.mark.parametrize("first", [100, 106])
def test_random_games_with_fixed_payoffs_are_proved_and_agree_with_fresh_solves(first):
    complete = 0
    for seed in range(first, first + 6):
        game = moody(seed, FIXED)
        trace = ng.trace(game, "mood", -1.0, 1.0)
        complete += trace.complete
        for value in np.random.default_rng(seed).uniform(-1.0, 1.0, 2).tolist():
            inside = trace.windows and any(low < value < high for low, high in trace.windows)
            assert inside or not trace.complete or agree(game, trace, value)
    assert complete >= 5


def test_what_the_proof_does_not_cover_is_said():
    game = who_gives_first(0.1)
    assert proved.unprovable(game, ["prize"]) is None
    patient = replace(game.actors["ada"], discount_rate=parse("0.2 + 0.1*prize"))
    other = replace(game, actors=FrozenMap({**game.actors, "ada": patient}))
    assert proved.unprovable(other, ["prize"]) == "a rate depends on the parameter"
    moves = {**game.moves, "give_north": replace(
        game.moves["give_north"], payoff=FrozenMap({"ada": 1.0, "bo": parse("prize**2")}))}
    curved = replace(game, moves=FrozenMap(moves))
    assert proved.unprovable(curved, ["prize"]) == "a payoff is not affine in the parameter"
    assert proved.unprovable(moody(200, ISSUES), ["mood"]) == "terms are bargained over"


def test_a_value_that_fails_is_a_gap_and_is_counted(monkeypatch):
    honest = sample.Family.samples

    def failing(self, t, solving, near=None):
        if any(0.2 < value < 0.3 for value in t):
            raise ng.NumericalError("no equilibrium could be found")
        return honest(self, t, solving, near)

    monkeypatch.setattr(sample.Family, "samples", failing)
    trace = ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)
    assert trace.failed and all(1.1 < value < 1.15 for value in trace.failed)
    assert not trace.consistent and not trace.complete
    assert "no equilibrium of some state was found" in trace.incomplete_because
    assert [event.kind for event in trace.events] == ["jump", "fold"]
    assert len(trace.branches) == 3


def test_a_trace_without_a_single_value_is_an_error(monkeypatch):
    def failing(self, t, solving, near=None):
        raise ng.NumericalError("no equilibrium could be found")

    monkeypatch.setattr(sample.Family, "samples", failing)
    with pytest.raises(ng.NumericalError, match="at none of 9 values"):
        ng.trace(who_gives_first(0.1), "prize", 1.0, 1.5)


@pytest.mark.parametrize("seed", [221, 240])
def test_plays_followed_one_by_one_are_equilibria_and_meet_the_same_events(monkeypatch, seed):
    game = moody(seed, ISSUES)
    plain = ng.trace(game, "mood", -1.0, 1.0)
    monkeypatch.setattr(sample, "LARGE", 2)
    trace = ng.trace(game, "mood", -1.0, 1.0)
    assert trace.branches and not trace.complete
    known = np.array([event.value for event in plain.events])
    for event in trace.events:
        assert np.abs(known - event.value).min() < 1e-6
    for value in np.random.default_rng(seed).uniform(-1.0, 1.0, 2).tolist():
        fresh = ng.solve(game.with_parameters(mood=value))
        scale = fresh.lattice.payoff_range()[0]
        for mine in trace.at(value).values():
            assert mine.regret < 1e-9
            assert min((np.abs(mine.values[0] - other.values[0]) / scale).max()
                       for other in fresh.equilibria) < 1e-7
