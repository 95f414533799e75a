"""What a likelihood says, against closed forms and against solving each draw alone."""

from __future__ import annotations

import csv
import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import qmc

import negotiation as ng
from negotiation.errors import InputError, NumericalError, UnknownNameError
from negotiation.likelihood import plan_of, summary
from negotiation.likelihood.batch import Question, solve_batch
from negotiation.likelihood.indices import indices
from negotiation.likelihood.plan import FAILED, Chunk, solved
from negotiation.likelihood.scenario import prim
from negotiation.likelihood.words import SCALES, bands, phrase
from negotiation.sampling import Sampler


def chance_game(rate: str, parameters: str, correlations: str = "") -> ng.Game:
    """One front that chance settles: the outcome's probability by t is 1 − exp(−rate·t)."""
    return ng.loads(f"""
format = "negotiation/1"
title = "Chance"
[parameters]
{parameters}
{correlations}
[actors.one]
discount_rate = 0.1
[fronts.here]
statuses = ["open", "done"]
[moves.go]
front = "here"
from = "open"
to = "done"
by = []
rate = "{rate}"
[outcomes.done]
when = {{ here = "done" }}
""")


TWO = chance_game("a + b", "a = { value = 0.5, low = 0.0, high = 1.0 }\n"
                           "b = { value = 1.0, low = 0.0, high = 3.0 }")


# ---- indices ----------------------------------------------------------------------------------

def design(function, dimension, size, seed=1):
    points = qmc.Sobol(2 * dimension, seed=seed).random(size)
    a, b = points[:, :dimension], points[:, dimension:]
    mixed = []
    for k in range(dimension):
        both = a.copy()
        both[:, k] = b[:, k]
        mixed.append(function(both))
    return indices(function(a), function(b), np.array(mixed))


def ishigami(u):
    x = np.pi * (2.0 * u - 1.0)
    return np.sin(x[:, 0]) + 7.0 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0])


def test_ishigami_has_the_indices_of_its_closed_form():
    # Ishigami & Homma 1990, a = 7, b = 0.1
    v1 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2
    v2, v13 = 49.0 / 8.0, 0.01 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    v = v1 + v2 + v13
    found = design(ishigami, 3, 8192)
    assert [one[0] for one in found] == pytest.approx([v1 / v, v2 / v, 0.0], abs=0.01)
    assert [one[1] for one in found] == pytest.approx([(v1 + v13) / v, v2 / v, v13 / v], abs=0.01)


def test_the_g_function_has_the_indices_of_its_closed_form():
    a = np.array([0.0, 0.5, 3.0, 9.0, 99.0])  # Saltelli & Sobol 1995

    def g(u):
        return np.prod((np.abs(4.0 * u - 2.0) + a) / (1.0 + a), axis=1)

    part = 1.0 / (3.0 * (1.0 + a) ** 2)
    v = np.prod(1.0 + part) - 1.0
    found = design(g, 5, 16384)
    assert [one[0] for one in found] == pytest.approx(part / v, abs=0.01)
    total = part * np.prod(1.0 + part) / (1.0 + part) / v
    assert [one[1] for one in found] == pytest.approx(total, abs=0.01)


def test_intervals_hold_the_true_index_about_as_often_as_they_say():
    v1 = 0.5 * (1.0 + 0.1 * np.pi**4 / 5.0) ** 2
    v = v1 + 49.0 / 8.0 + 0.01 * np.pi**8 * (1.0 / 18.0 - 1.0 / 50.0)
    hits = 0
    for seed in range(40):
        low, high = design(ishigami, 3, 256, seed)[1][3]
        hits += low <= (49.0 / 8.0) / v <= high
    assert hits >= 33  # on a Sobol sequence they are rather too wide than too narrow


def test_a_function_that_is_constant_has_no_indices():
    assert indices(np.ones(8), np.ones(8), np.ones((2, 8))) is None


def test_a_linked_game_that_can_be_integrated_by_hand():
    # 1 − exp(−a)·exp(−b) by t = 1: a product, so that every variance is one of its factors'
    found = ng.likelihood(TWO, "done", by=1.0, draws=4096, indices=4096)

    def moments(high):
        return (1.0 - math.exp(-high)) / high, (1.0 - math.exp(-2.0 * high)) / (2.0 * high)

    (m, mm), (n, nn) = moments(1.0), moments(3.0)
    v = mm * nn - (m * n) ** 2
    assert found.mean.selected == pytest.approx(1.0 - m * n, abs=1e-4)
    assert found.indices["a"].first == pytest.approx((mm - m * m) * n * n / v, abs=0.01)
    assert found.indices["b"].first == pytest.approx((nn - n * n) * m * m / v, abs=0.01)
    assert found.indices["a"].total == pytest.approx((mm - m * m) * nn / v, abs=0.01)
    assert found.indices["b"].total == pytest.approx((nn - n * n) * mm / v, abs=0.01)
    # the quantile of a + b where 5 % lie below: triangle of area x²/2 over 3
    assert found.interval90[0] == pytest.approx(1.0 - math.exp(-math.sqrt(0.3)), abs=2e-3)
    assert found.nominal.selected == pytest.approx(1.0 - math.exp(-1.5), abs=1e-12)


def test_correlated_parameters_are_judged_together():
    game = chance_game("a + b + c", "a = { value = 0.5, low = 0.0, high = 1.0 }\n"
                       "b = { value = 0.5, low = 0.0, high = 1.0 }\n"
                       "c = { value = 0.5, low = 0.0, high = 1.0 }",
                       '[[correlations]]\nbetween = ["a", "b"]\nrank = 0.8')
    found = ng.likelihood(game, "done", by=1.0, draws=1024, indices=1024, tornado=False)
    both, alone = found.indices["a"], found.indices["c"]
    assert both == found.indices["b"] and both.group == ("a", "b") and alone.group == ()
    # what is not explained by the one group alone is what the other has in all
    assert both.first > 0.7
    assert both.total + alone.first == pytest.approx(1.0, abs=0.02)
    assert alone.total + both.first == pytest.approx(1.0, abs=0.02)


# ---- scenario ---------------------------------------------------------------------------------

def test_prim_finds_a_planted_box():
    points = qmc.Sobol(6, seed=0).random(4096)
    cases = {f"x{k}": points[:, k] for k in range(6)}
    interest = (cases["x1"] < 0.4) & (cases["x4"] > 0.7)
    found = prim(cases, interest)
    assert set(found.box.limits) == {"x1", "x4"}
    assert found.box.limits["x1"][1] == pytest.approx(0.4, abs=0.03)
    assert found.box.limits["x4"][0] == pytest.approx(0.7, abs=0.03)
    assert found.box.density > 0.95 and found.box.coverage > 0.85
    densities = [box.density for box in found.path]
    assert densities == sorted(densities)


def test_prim_takes_the_values_of_a_discrete_parameter_whole():
    rng = np.random.default_rng(0)
    cases = {"kind": rng.choice([1.0, 2.0, 3.0], 900), "noise": rng.random(900)}
    found = prim(cases, cases["kind"] == 3.0)
    assert found.box.limits == {"kind": (3.0, 3.0)}
    assert found.box.coverage == found.box.density == 1.0


@pytest.mark.parametrize("interest", [np.zeros(64, dtype=bool), np.ones(64, dtype=bool)])
def test_without_contrast_there_is_no_scenario(interest):
    assert prim({"x": np.linspace(0.0, 1.0, 64)}, interest) is None


# ---- words ------------------------------------------------------------------------------------

@pytest.mark.parametrize(("low", "high", "scale", "said"), [
    (0.0, 0.0, "icd203", "<1 %"), (1.0, 1.0, "icd203", ">99 %"),
    (0.3, 0.3, "icd203", "unlikely"), (0.5, 0.5, "icd203", "roughly even chance"),
    (0.3, 0.6, "icd203", "unlikely, roughly even chance or likely"),
    (0.004, 0.02, "icd203", "<1 % or almost no chance"),
    (0.07, 0.07, "phia", "remote chance or highly unlikely"),
    (0.02, 0.12, "phia", "remote chance or highly unlikely"),
    (0.5, 0.7, "ipcc", "about as likely as not or likely"),
    (0.97, 0.98, "icd203", "almost certain"), (0.97, 0.995, "phia", "almost certain or >99 %")])
def test_an_interval_is_said_by_every_band_that_it_touches(low, high, scale, said):
    assert phrase(low, high, scale) == said


@pytest.mark.parametrize("scale", SCALES)
def test_every_probability_has_a_word_and_words_rise_with_it(scale):
    order = ["<1 %", *(words for _, _, words in SCALES[scale]), ">99 %"]
    before = 0
    for p in np.linspace(0.0, 1.0, 501):
        found = bands(float(p), float(p), scale)
        assert 1 <= len(found) <= 2
        assert order.index(found[0]) >= before
        before = order.index(found[0])


def test_an_unknown_scale_gives_the_nearest():
    with pytest.raises(InputError, match="Did you mean 'icd203'"):
        bands(0.1, 0.2, "icd230")


# ---- draws against solving each alone ---------------------------------------------------------

def alone(game, outcome, draws, row, **options):
    one = game.with_parameters(**{name: float(values[row]) for name, values in draws.items()})
    solution = ng.solve(one, cap=64, boxes=3 * 300, **options)
    return [each.probability(outcome, by=game.horizon) for each in solution.equilibria]


@pytest.mark.parametrize(("name", "outcome"), [
    ("issue-linkage", "both"), ("kydd-walter-spoilers", "peace"), ("fearon-commitment", "war"),
    ("central", "central_settled")])
def test_a_batch_says_of_each_draw_what_solving_it_alone_says(name, outcome):
    game = ng.load(name)
    draws = Sampler(game, seed=2).draws(0, 16)
    found = solve_batch(game, draws, Question(outcome, game.horizon))
    assert not found.why
    for row in range(16):
        chances = alone(game, outcome, draws, row)
        assert found.low[row] == pytest.approx(min(chances), abs=1e-8), row
        assert found.high[row] == pytest.approx(max(chances), abs=1e-8), row
        assert found.count[row] == len(chances)


def pressing() -> ng.Game:
    """Chance ends a front on which two press each other while it lasts: a coordination game whose
    conventions are all followed, or, where pressing pays, one equilibrium."""
    return ng.loads("""
format = "negotiation/1"
title = "Pressing"
[parameters]
gain = { value = 0.5, low = -0.5, high = 2.0 }
[actors.a]
discount_rate = 0.1
[actors.b]
discount_rate = 0.1
[fronts.here]
statuses = ["open", "done"]
[moves.end]
front = "here"
from = "open"
to = "done"
by = []
rate = 0.7
[postures.arms]
players = ["a", "b"]
actions = { a = ["rest", "press"], b = ["rest", "press"] }
[[postures.arms.payoffs]]
when = { here = "open" }
a = [[1.0, -1.0], ["gain", 0.0]]
b = [[1.0, "gain"], [-1.0, 0.0]]
[outcomes.pressed]
posture = { arms = { a = "press" } }
[outcomes.done]
when = { here = "done" }
""")


def test_a_share_of_time_in_a_posture_is_an_outcome_too():
    game = pressing()
    draws = Sampler(game, seed=2).draws(0, 16)
    found = solve_batch(game, draws, Question("pressed", 10.0))
    for row in range(16):
        chances = alone(game, "pressed", draws, row)
        assert found.count[row] == len(chances) == (3 if draws["gain"][row] < 1.0 else 1)
        assert (found.low[row], found.high[row]) == pytest.approx(
            (min(chances), max(chances)), abs=1e-8)
    # where they always press, the share of the time to 10 in which the front lasts
    high = float(found.high.max())
    assert high == pytest.approx((1.0 - math.exp(-7.0)) / 7.0, abs=1e-9)


def test_the_cap_on_equilibria_of_a_draw_counts_conventions():
    game = pressing()
    draws = {"gain": np.array([0.5, 1.5])}
    found = solve_batch(game, draws, Question("done", 10.0, cap=2))
    assert found.capped.tolist() == [True, False] and found.count.tolist() == [2, 1]


def test_the_logit_concept_is_that_of_solve():
    game = ng.load("central")
    draws = Sampler(game, seed=2).draws(0, 4)
    found = solve_batch(game, draws, Question("central_settled", 10.0, concept="logit"))
    for row in range(4):
        assert found.selected[row] == pytest.approx(
            alone(game, "central_settled", draws, row, concept="logit")[0], abs=1e-7)


def coordination() -> ng.Game:
    """Two who each settle only if the other's move is worth waiting for: several equilibria."""
    return ng.loads("""
format = "negotiation/1"
title = "Who first"
[parameters]
prize = { value = 0.5, low = 0.0, high = 1.0 }
[actors.a]
discount_rate = 0.1
[actors.b]
discount_rate = 0.1
[fronts.here]
statuses = ["open", "left", "right"]
[moves.go_left]
front = "here"
from = "open"
to = "left"
by = ["a"]
rate = 1.0
payoff = { a = 1.0, b = "1 + prize" }
[moves.go_right]
front = "here"
from = "open"
to = "right"
by = ["b"]
rate = 1.0
payoff = { a = "1 + prize", b = 1.0 }
[outcomes.left]
when = { here = "left" }
""")


def test_several_equilibria_give_a_low_a_high_and_a_selected_chance():
    game = coordination()
    found = ng.likelihood(game, "left", by=10.0, draws=16, indices=0)
    assert found.share_multiple > 0.5
    assert found.uncertainty.equilibria[0] < 0.1 < 0.9 < found.uncertainty.equilibria[1]
    assert found.mean.low < found.mean.selected < found.mean.high
    draws = Sampler(game).draws(0, 16)
    for row in (3, 9):
        selected = alone(game, "left", draws, row, equilibria="selected")[0]
        assert found.rows["selected"][row] == pytest.approx(selected, abs=1e-6)


def test_four_kinds_of_uncertainty_stay_apart():
    found = ng.likelihood(ng.load("central"), "central_settled", draws=64, indices=0, logit=8)
    what = found.uncertainty
    assert what.concept_draws == 8 and what.concepts[0] != what.concepts[1]
    assert what.parameters != what.equilibria
    assert found.monte_carlo_error == what.sampling > 0.0


# ---- failed draws -----------------------------------------------------------------------------

HALF_WRONG = chance_game("a - 0.5", "a = { value = 0.9, low = 0.0, high = 1.0 }")


def test_failed_draws_are_counted_and_shown_and_refuse_indices():
    found = ng.likelihood(HALF_WRONG, "done", by=1.0, draws=64)
    assert found.failed == 32
    first = found.failures[0]
    assert first.parameters["a"] < 0.5 and "expected a number of at least 0" in first.why
    assert found.indices is None and "failed" in found.indices_because
    # the others are all there: a from 0.5 to 1
    assert found.mean.selected == pytest.approx(
        1.0 - (1.0 - math.exp(-0.5)) / 0.5, abs=5e-3)
    assert np.isnan(found.rows["low"][found.rows["flags"] == FAILED]).all()
    swing = found.tornado[0]
    assert swing.at_low is None and swing.at_high is not None


def test_when_every_draw_fails_that_is_an_error():
    game = chance_game("a - 5", "a = { value = 6, low = 0.0, high = 7.0 }").with_parameters()
    low = replace(game, parameters=game.parameters.updated(
        {"a": replace(game.parameters["a"], high=1.0)}))
    with pytest.raises(NumericalError, match="none of the 8 draws could be solved"):
        ng.likelihood(low, "done", draws=8, tornado=False)


def test_a_number_that_is_none_never_reaches_a_summary():
    plan = plan_of(TWO, "done", by=1.0, draws=8, indices=0, tornado=False)
    found: dict = {}
    for chunk in plan.chunks():
        found.setdefault(chunk.segment, []).append(solved(plan, chunk))
    found["sample"][0].rows["selected"][3] = np.nan
    with pytest.raises(NumericalError, match="has no probability"):
        summary(plan, found)


# ---- the draws as a table ---------------------------------------------------------------------

def test_the_draws_as_tables(tmp_path):
    found = ng.likelihood(HALF_WRONG, "done", by=1.0, draws=32, indices=0)
    frame = found.to_pandas()
    assert list(frame.columns) == ["a", "low", "high", "selected", "equilibria", "complete",
                                   "capped", "failed"]
    assert frame["failed"].sum() == found.failed
    assert found.to_xarray()["selected"].dims == ("draw",)
    found.save(tmp_path / "draws.csv")
    with open(tmp_path / "draws.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 32 and sum(row["selected"] == "" for row in rows) == found.failed
    kept = [float(row["selected"]) for row in rows if row["selected"]]
    assert kept == found.rows["selected"][found.rows["flags"] != FAILED].tolist()
    found.save(tmp_path / "draws.parquet")
    pandas = pytest.importorskip("pandas")
    pandas.testing.assert_frame_equal(pandas.read_parquet(tmp_path / "draws.parquet"), frame)
    with pytest.raises(InputError, match=r"ends in \.csv or \.parquet"):
        found.save(tmp_path / "draws.xlsx")
    with pytest.raises(InputError, match="cannot be written"):
        found.save(tmp_path / "nowhere" / "draws.csv")


# ---- what cannot be asked ---------------------------------------------------------------------

@pytest.mark.parametrize(("options", "message"), [
    ({"draws": 1}, "'draws' parameter"), ({"draws": 2.5}, "'draws' parameter"),
    ({"seed": -1}, "'seed' parameter"), ({"indices": 9, "draws": 8}, "'indices' parameter"),
    ({"cap": 0}, "'cap' parameter"), ({"threshold": 0.0}, "'threshold' parameter"),
    ({"words": "kent"}, "scale of words"), ({"resume": True}, "needs the name of a results file"),
    ({"by": -1.0}, "must be a date"), ({"conventions": "best"}, "'conventions' parameter")])
def test_what_cannot_be_asked_is_one_message(options, message):
    with pytest.raises(InputError, match=message):
        ng.likelihood(TWO, "done", **{"draws": 8, **options})


def test_the_logit_concept_needs_noise():
    with pytest.raises(InputError, match="needs ratification noise above 0"):
        ng.likelihood(coordination(), "left", draws=8, logit=4)


def test_an_unknown_outcome_gives_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'done'"):
        ng.likelihood(TWO, "dnoe")


def test_rows_of_the_design_swap_one_group_each():
    plan = plan_of(TWO, "done", by=1.0, draws=16, indices=16, tornado=False)
    sample = plan.draws_of(Chunk("sample", 0, 16))
    rows = plan.draws_of(Chunk("design", 0, plan.size("design")))
    assert len(rows["a"]) == 48
    assert np.array_equal(rows["b"][:16], sample["b"])
    assert np.array_equal(rows["a"][16:32], sample["a"])
    assert np.array_equal(rows["a"][:16], rows["a"][32:])
    assert np.array_equal(rows["b"][16:32], rows["b"][32:])


def test_fixed_payoffs_with_several_equilibria_list_mixed_ones_too():
    game = coordination()
    draws = {"prize": np.array([0.2, 0.4, 0.6, 0.9])}
    found = solve_batch(game, draws, Question("left", 10.0))
    for row in range(4):
        chances = alone(game, "left", draws, row)
        assert found.count[row] == len(chances) == 3
        assert found.complete[row]
        assert (found.low[row], found.high[row]) == pytest.approx(
            (min(chances), max(chances)), abs=1e-8)
