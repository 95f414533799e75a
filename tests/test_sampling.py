"""Draws of parameters: the distributions that were asked for, whoever makes which part of them."""

import math
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import negotiation as ng
from negotiation.distributions import Distribution
from negotiation.errors import InputError, UnknownNameError
from negotiation.formats.schema import definition_schema
from negotiation.sampling import Sampler, distribution_of, drawn

TEXT = """
format = "negotiation/1"
title = "One front"
[parameters]
plain = { value = 0.4, low = 0.1, high = 0.9 }
peak = { value = 0.2, low = 0.1, high = 0.9, distribution = "triangular" }
bell = { value = 2.0, distribution = { kind = "normal", sd = 0.5 } }
tail = { value = 2.0, distribution = { kind = "lognormal", sigma = 0.4 } }
derived = { value = "plain + peak" }
constant = 3
[parameters.cut]
value = 2.0
low = 1.9
high = 3.0
distribution = { kind = "normal", mean = 1.8, sd = 0.5 }
[parameters.tail_cut]
value = 2.0
low = 1.0
high = 6.0
distribution = { kind = "lognormal", median = 3.0, sigma = 0.4 }
[parameters.lump]
value = 1.0
low = -1.0
high = 3.0
distribution = { kind = "beta", a = 2.0, b = 3.5 }
[parameters.steps]
value = 1.0
distribution = { kind = "discrete", values = [3.0, 1.0, 2.0], weights = [1, 2, 5] }
[[correlations]]
between = ["plain", "bell"]
rank = 0.7
[[correlations]]
between = ["tail", "bell"]
rank = -0.4
[actors.one]
discount_rate = "0.1 + 0*(plain + peak + bell + cut + tail + tail_cut + lump + steps + derived)"
[fronts.here]
statuses = ["open", "done"]
[moves.go]
front = "here"
from = "open"
to = "done"
by = ["one"]
rate = 1.0
"""
GAME = ng.loads(TEXT)


def lognorm(median, sigma):
    return stats.lognorm(sigma, scale=median)


def truncated(base, low, high):
    below, above = base.cdf(low), base.cdf(high)
    return lambda x: (base.cdf(np.clip(x, low, high)) - below) / (above - below)


#: parameter → its distribution function, from another library than ours
CDF = {
    "plain": stats.uniform(0.1, 0.8).cdf,
    "peak": stats.triang(0.1 / 0.8, 0.1, 0.8).cdf,
    "bell": stats.norm(2.0, 0.5).cdf,
    "tail": lognorm(2.0, 0.4).cdf,
    "cut": truncated(stats.norm(1.8, 0.5), 1.9, 3.0),
    "tail_cut": truncated(lognorm(3.0, 0.4), 1.0, 6.0),
    "lump": stats.beta(2.0, 3.5, -1.0, 4.0).cdf,
}


def test_parameters_with_a_range_or_a_distribution_are_drawn_and_others_are_not():
    assert drawn(GAME) == (*CDF, "steps")
    assert drawn(GAME, fixed=("plain",)) == drawn(GAME)[1:]


@pytest.mark.parametrize("name", CDF)
def test_draws_follow_the_distribution_that_was_asked_for(name):
    values = Sampler(GAME, seed=3).draws(0, 4096)[name]
    # a scrambled Sobol sequence is closer to the distribution than a random one (0.015);
    # mixed with two others by correlations it is about as close
    far = 0.015 if name == "tail" else 0.004
    assert stats.ks_1samp(values, CDF[name]).statistic < far


def test_a_discrete_parameter_takes_its_values_as_often_as_its_weights_say():
    values, count = np.unique(Sampler(GAME, seed=3).draws(0, 4096)["steps"], return_counts=True)
    assert values.tolist() == [1.0, 2.0, 3.0]
    assert count / 4096 == pytest.approx([0.25, 0.625, 0.125], abs=2e-3)


def test_rank_correlations_are_those_that_were_asked_for():
    draws = Sampler(GAME, seed=5).draws(0, 8192)
    rank = stats.spearmanr(np.column_stack([draws[n] for n in ("plain", "bell", "tail", "peak")]))
    found = rank.statistic
    assert found[0, 1] == pytest.approx(0.7, abs=0.01)
    assert found[1, 2] == pytest.approx(-0.4, abs=0.01)
    assert np.abs(found[3, :3]).max() < 0.01
    assert Sampler(GAME).groups == (("plain", "bell", "tail"), ("peak",), ("cut",), ("tail_cut",),
                                    ("lump",), ("steps",))


def test_a_fixed_parameter_is_not_correlated_with_anything():
    sampler = Sampler(GAME, fixed=("bell",))
    assert all(len(group) == 1 for group in sampler.groups)
    assert "bell" not in sampler.draws(0, 4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 600), min_size=1, max_size=4), st.integers(0, 2**40))
def test_any_part_of_a_sample_is_the_same_whoever_makes_it(cuts, seed):
    sampler = Sampler(GAME, seed=seed)
    whole = sampler.points(0, 600)
    edges = sorted({0, *cuts, 600})
    parts = [Sampler(GAME, seed=seed).points(a, b)
             for a, b in zip(edges[:-1], edges[1:], strict=True)]
    assert np.array_equal(np.concatenate(parts), whole)


def test_seed_zero_is_a_seed_and_others_give_other_draws():
    zero, again, one = (Sampler(GAME, seed=s).points(0, 8) for s in (0, 0, 1))
    assert np.array_equal(zero, again) and not np.array_equal(zero, one)


@pytest.mark.parametrize("seed", [-1, 1.5, True, None, "0", 2**63])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(InputError, match="'seed' parameter must be a whole number"):
        Sampler(GAME, seed=seed)


def test_a_game_without_ranges_has_nothing_to_draw():
    with pytest.raises(InputError, match="nothing to draw: no parameter has a range"):
        Sampler(ng.load("rubinstein"), fixed=drawn(ng.load("rubinstein")))


def test_an_unknown_fixed_parameter_gives_the_nearest_name():
    with pytest.raises(UnknownNameError, match="did you mean 'plain'"):
        Sampler(GAME, fixed=("plian",))


@pytest.mark.parametrize("u", [0.0, 1.0, 0.5])
@pytest.mark.parametrize("name", [*CDF, "steps"])
def test_ends_of_the_unit_interval_give_finite_values(name, u):
    value = distribution_of(GAME.parameters[name]).quantile(np.array([u]))
    assert np.isfinite(value).all()


def test_ends_are_the_range_or_outer_quantiles():
    ends = {name: distribution_of(GAME.parameters[name]).ends() for name in drawn(GAME)}
    assert ends["plain"] == (0.1, 0.9)
    assert ends["steps"] == (1.0, 3.0)
    assert ends["bell"] == pytest.approx((2.0 - 1.6448536 * 0.5, 2.0 + 1.6448536 * 0.5))


def test_a_distribution_is_written_as_it_was_read():
    assert ng.loads(ng.dumps(GAME)) == GAME
    assert ng.loads(ng.dumps(GAME)).correlations == GAME.correlations


def test_the_schema_takes_distributions():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(tomllib.loads(TEXT), definition_schema())
    wrong = tomllib.loads(TEXT)
    wrong["parameters"]["bell"]["distribution"]["kind"] = "gauss"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, definition_schema())


def test_quantiles_never_fall():
    u = np.linspace(0.0, 1.0, 2001)
    for name in drawn(GAME):
        assert (np.diff(distribution_of(GAME.parameters[name]).quantile(u)) >= 0.0).all(), name


def test_a_normal_that_is_cut_far_out_keeps_to_its_range():
    far = Distribution(kind="normal", place=0.0, spread=1.0, low=4.0, high=5.0)
    values = far.quantile(np.linspace(0.0, 1.0, 101))
    assert values.min() >= 4.0 and values.max() <= 5.0
    assert math.isclose(values[50], stats.truncnorm(4.0, 5.0).ppf(0.5), rel_tol=1e-9)


def test_bad_games_cover_distributions():
    folder = Path(__file__).parent / "bad_games"
    assert len(list(folder.glob("distribution-*.toml"))) >= 15
    assert len(list(folder.glob("correlation-*.toml"))) >= 6
