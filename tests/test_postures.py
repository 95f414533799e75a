"""Postures: static equilibria by condition, conventions, shares of time, and what analyses do."""

from __future__ import annotations

import copy
import itertools
import json
import math
import tomllib

import jsonschema
import numpy as np
import pytest
from random_games import random_definition

import negotiation as ng
from negotiation import normal_form
from negotiation.cli import main
from negotiation.conventions import with_convention
from negotiation.equilibrium.directional import traverse
from negotiation.errors import InputError
from negotiation.formats.record_schema import output_schema
from negotiation.formats.schema import definition_schema
from negotiation.kernels import markov
from negotiation.lattice import build_lattice
from negotiation.postures import conventions, play_out, stage_games

ONE = """
format = "negotiation/1"
title = "One front, a security dilemma"
horizon = 10.0
[parameters]
fear = 1.0
[actors.a]
discount_rate = 0.1
[actors.b]
discount_rate = 0.2
[fronts.f]
statuses = ["tense", "settled"]
[moves.settle]
front = "f"
from = "tense"
to = "settled"
by = ["a", "b"]
rate = 0.5
payoff = { a = -0.5, b = -0.5 }
[postures.dilemma]
players = ["a", "b"]
actions = { a = ["restrain", "arm"], b = ["restrain", "arm"] }
[[postures.dilemma.payoffs]]
when = { f = "tense" }
a = [[0.0, "-fear"], [-0.1, -0.4]]
b = [[0.0, -0.2], ["-fear", -0.4]]
[outcomes.arms]
posture = { dilemma = { a = "arm" } }
[outcomes.both_arm]
posture = { dilemma = { a = "arm", b = "arm" } }
[outcomes.done]
when = { f = "settled" }
"""


@pytest.fixture(scope="module")
def one():
    return ng.loads(ONE)


def share(rate: float, horizon: float = 10.0) -> float:
    """Of the time to the horizon, how much passes before an event of a rate."""
    return (1.0 - math.exp(-rate * horizon)) / (rate * horizon)


def test_a_security_dilemma_has_its_three_conventions_by_hand(one):
    stage, = stage_games(one)
    # a arms if b does so with a chance above y: -y = -0.1 (1-y) - 0.4 y, hence y = 1/7; for b
    # -x = -0.2 (1-x) - 0.4 x, hence x = 1/4
    restrain, arm, mixed = stage.profiles
    assert [part.tolist() for part in restrain] == [[1, 0], [1, 0]]
    assert [part.tolist() for part in arm] == [[0, 1], [0, 1]]
    assert np.allclose(mixed[0], [3 / 4, 1 / 4]) and np.allclose(mixed[1], [6 / 7, 1 / 7])
    assert np.allclose(stage.flows, [[0, 0], [-0.4, -0.4], [-1 / 7, -1 / 4]])
    assert stage.complete and stage.chosen("payoff-dominant") == (0,)
    # losses from deviating: 0.1 · 0.2 at mutual restraint, 0.6 · 0.6 at mutual arming
    assert stage.chosen("risk-dominant") == (1,) and stage.chosen("worst") == (1,)
    assert stage.labels(1) == ("risk-dominant", "worst") and stage.labels(2) == ()


def test_values_of_one_front_under_each_convention_are_closed_forms(one):
    solution = ng.solve(one)
    assert solution.complete and solution.count == 3
    assert [e.id for e in solution.equilibria] == [1, 2, 3]
    flows = [(0.0, 0.0), (-0.4, -0.4), (-1 / 7, -1 / 4)]
    for equilibrium, (a, b) in zip(solution.equilibria, flows, strict=True):
        settles = (a, b) != (0.0, 0.0)  # without the dilemma the move's cost is all that it brings
        assert equilibrium.consent.tolist() == [float(settles)]
        for actor, flow, rate in (("a", a, 0.1), ("b", b, 0.2)):
            value = (flow + 0.5 * -0.5) / (rate + 0.5) if settles else 0.0
            assert equilibrium.value(actor) == pytest.approx(value, abs=1e-14)
        assert equilibrium.regret < 1e-12
    restrain, arm, mixed = (e.convention["dilemma"]["f tense"] for e in solution.equilibria)
    assert restrain == {"a": {"restrain": 1.0}, "b": {"restrain": 1.0}}
    assert arm == {"a": {"arm": 1.0}, "b": {"arm": 1.0}}
    assert mixed["b"]["arm"] == pytest.approx(1 / 7)


def test_an_outcome_about_a_posture_is_a_share_of_time(one):
    peace, arms, mixed = ng.solve(one).equilibria
    assert peace.probability("arms") == 0.0
    assert arms.probability("arms") == pytest.approx(share(0.5), abs=1e-12)
    assert mixed.probability("arms") == pytest.approx(share(0.5) / 4, abs=1e-12)
    assert mixed.probability("both_arm") == pytest.approx(share(0.5) / 28, abs=1e-12)
    chance = arms.process.outcome("arms", 2.0)
    assert chance.in_force == pytest.approx(math.exp(-1.0), abs=1e-12)
    assert chance.eventually == 0.0 and chance.mean_time_if_reached is None
    curve = arms.process.over_time("arms", [0.0, 2.0])
    assert curve.reached == pytest.approx([1.0, share(0.5, 2.0)], abs=1e-12)
    with pytest.raises(InputError, match="about how a posture is played"):
        arms.process.paths(outcome="arms")


@pytest.mark.parametrize("depth", [3, 30, 150])
def test_mean_distributions_agree_with_quadrature(depth):
    rng = np.random.default_rng(depth)
    steps = np.arange(depth)
    chain = markov.build_chain(steps, steps + 1, np.arange(depth, -1, -1))
    hazard = rng.uniform(0.5, 2.0, (1, depth))
    node, weight = np.polynomial.legendre.leggauss(60)
    times = 6.0 * (node + 1.0) / 2.0
    points = markov.transient(chain, hazard, times)[0]
    mean = markov.average(chain, hazard, np.array([6.0]), np.eye(depth + 1))[0, 0]
    assert np.abs(mean - weight @ points / 2.0).max() < 1e-11


def test_a_share_of_time_where_play_goes_round(one):
    back = """
[moves.flare]
front = "f"
from = "settled"
to = "tense"
by = []
rate = 0.5
"""
    solution = ng.solve(ng.loads(ONE.replace("b = -0.5 }", "b = 0.5 }").replace(
        "{ a = -0.5", "{ a = 0.5") + back), conventions="worst")
    arms = solution.equilibria[0].process.outcome("arms", 10.0)
    # two states, both left at 0.5: the chance to be in the first is (1 + exp(-t))/2
    assert arms.probability == pytest.approx(0.5 + 0.5 * share(1.0), abs=1e-10)
    assert arms.eventually == pytest.approx(0.5, abs=1e-10)


@pytest.mark.parametrize(("rule", "kept"), [("all", 3), ("payoff-dominant", 1),
                                            ("risk-dominant", 1), ("worst", 1)])
def test_rules_keep_what_they_say_and_can_be_overridden(one, rule, kept):
    text = ONE.replace('players = ["a", "b"]', f'players = ["a", "b"]\nequilibrium = "{rule}"')
    solution = ng.solve(ng.loads(text))
    assert solution.count == kept == len(solution.conventions)
    assert ng.solve(one, conventions=rule).count == kept
    assert ng.solve(ng.loads(text), conventions="all").count == 3


def test_where_none_is_payoff_dominant_all_are_kept():
    sexes = ONE.replace('a = [[0.0, "-fear"], [-0.1, -0.4]]', "a = [[2.0, 0.0], [0.0, 1.0]]"
                        ).replace('b = [[0.0, -0.2], ["-fear", -0.4]]',
                                  "b = [[1.0, 0.0], [0.0, 2.0]]")
    stage, = stage_games(ng.loads(sexes))
    assert stage.chosen("payoff-dominant") == () and stage.kept("payoff-dominant") == (0, 1, 2)
    assert stage.chosen("risk-dominant") == () and stage.kept("risk-dominant") == (0, 1, 2)


def test_a_continuum_gives_extreme_points_and_is_not_complete():
    tied = ONE.replace('a = [[0.0, "-fear"], [-0.1, -0.4]]', "a = [[0.0, -1.0], [0.0, -0.4]]")
    solution = ng.solve(ng.loads(tied))
    assert not solution.complete and solution.count is None
    assert solution.status is ng.Status.CONTINUUM
    assert solution.incomplete_because.startswith("posture dilemma, f tense: equilibria form a")


def test_the_number_of_conventions_is_capped_and_one_follows_the_first(one):
    capped = ng.solve(one, cap=2)
    assert len(capped.equilibria) == 2 and capped.status is ng.Status.CAPPED
    assert "2 of 3 conventions were followed" in capped.incomplete_because
    assert len(ng.solve(one, equilibria="one").equilibria) == 1


def test_a_lattice_without_a_convention_is_refused(one):
    lattice = build_lattice(one)
    with pytest.raises(InputError, match="lay a convention on it first"):
        next(traverse(lattice, cap=1))
    laid = play_out(lattice).lattices[0]
    with pytest.raises(InputError, match="has a convention already"):
        with_convention(laid, laid.convention)


def with_postures(seed: int) -> dict:
    """A random game with a posture on its first front, of two or three actions each."""
    rng = np.random.default_rng(seed + 10_000)
    definition = random_definition(seed)
    front, statuses = next((f, t["statuses"]) for f, t in definition["fronts"].items())
    size = (2, 2) if rng.random() < 0.7 else (3, 2)
    definition["postures"] = {"dilemma": {
        "players": ["ada", "bo"],
        "actions": {p: [f"x{k}" for k in range(m)] for p, m in zip(("ada", "bo"), size,
                                                                  strict=True)},
        "payoffs": [{"when": {front: status},
                     "ada": rng.uniform(-1, 1, size).tolist(),
                     "bo": rng.uniform(-1, 1, size).tolist()} for status in statuses]}}
    definition["outcomes"] = {"presses": {"posture": {"dilemma": {"ada": "x0"}}}}
    return definition


def flows_by_hand(definition, picks):
    """The same game with its posture's flows written into the front's own table."""
    plain = copy.deepcopy(definition)
    posture, front = plain.pop("postures")["dilemma"], next(iter(plain["fronts"]))
    del plain["outcomes"]
    for block, (x, y) in zip(posture["payoffs"], picks, strict=True):
        table = plain["fronts"][front]["flow"].setdefault(block["when"][front], {})
        for player in ("ada", "bo"):
            paid = float(x @ np.array(block[player]) @ y)
            table[player] = f"({table.get(player, 0.0)}) + ({paid!r})"
    return ng.from_dict(plain)


@pytest.mark.parametrize("seed", range(12))
def test_equilibria_are_those_of_plain_games_over_all_conventions(seed):
    definition = with_postures(seed)
    game = ng.from_dict(definition)
    expected = []
    for picks in itertools.product(*(s.profiles for s in stage_games(game) if s.held)):
        plain = ng.solve(flows_by_hand(definition, picks))
        expected += [e.values for e in plain.equilibria]
    found = ng.solve(game)
    assert len(found.equilibria) == len(expected)
    for equilibrium, values in zip(found.equilibria, expected, strict=True):
        assert np.abs(equilibrium.values - values).max() < 1e-9
    assert len(found.conventions) == len(list(conventions(stage_games(game))))


@pytest.mark.parametrize("seed", range(4))
def test_nothing_depends_on_the_order_of_actions(seed):
    definition = with_postures(seed)
    turned = copy.deepcopy(definition)
    posture = turned["postures"]["dilemma"]
    posture["actions"]["ada"].reverse()
    for block in posture["payoffs"]:
        for player in ("ada", "bo"):
            block[player].reverse()
    one, two = (ng.solve(ng.from_dict(d)) for d in (definition, turned))

    def told(solution):
        return sorted((round(e.value("ada"), 9), round(e.value("bo"), 9),
                       round(e.probability("presses"), 9)) for e in solution.equilibria)
    assert told(one) == told(two)


@pytest.mark.parametrize("seed", range(8))
def test_rules_are_those_of_normal_form_games(seed):
    rng = np.random.default_rng(seed)
    for _ in range(25):
        tables = rng.integers(-2, 3, (2, 2, 2)) if seed % 2 else rng.normal(size=(2, 2, 2))
        first, second = (f"{name} = {table.tolist()}" for name, table in zip("ab", tables,
                                                                             strict=True))
        game = ng.loads(ONE.replace('a = [[0.0, "-fear"], [-0.1, -0.4]]', first
                                    ).replace('b = [[0.0, -0.2], ["-fear", -0.4]]',
                                              second))
        stage, = stage_games(game)
        solution = normal_form.solve(ng.NormalFormGame(tables))
        for rule in normal_form.RULES:
            told = {tuple(np.round(np.concatenate(stage.profiles[k]), 9)) for k in stage.kept(rule)}
            assert told == {tuple(np.round(np.concatenate(e.profile), 9))
                            for e in normal_form.select(solution, rule)}


def test_three_players_and_parameters_in_tables():
    definition = with_postures(0)
    rng = np.random.default_rng(5)
    front = next(iter(definition["fronts"]))
    definition["postures"] = {"three": {
        "players": ["ada", "bo", "cy"], "actions": {p: ["u", "v"] for p in ("ada", "bo", "cy")},
        "payoffs": [{"name": "open", "when": {front: "open"}, **{
            p: [[[f"mood*{x!r}" for x in row] for row in rows] for rows in
                rng.uniform(-1, 1, (2, 2, 2)).tolist()] for p in ("ada", "bo", "cy")}}]}}
    definition["outcomes"] = {}
    game = ng.from_dict(definition)
    stage, = stage_games(game)
    assert stage.payoffs.shape == (3, 2, 2, 2) and len(stage.profiles) % 2 == 1
    assert all(play.regret < 1e-9 for play in stage.plays)
    assert ng.loads(ng.dumps(game)) == game


CENTRE = """
[cascade]
center = "f"
status = "settled"
periphery = ["g"]
[fronts.g]
statuses = ["tense", "settled"]
[moves.settle_g]
front = "g"
from = "tense"
to = "settled"
by = ["a"]
rate = 0.3
payoff = { a = 0.1 }
[[linkages]]
when = { f = "settled" }
rate = { settle_g = 2.0 }
"""


def test_a_cascade_compares_games_under_the_same_convention():
    # b's restraint makes f worth keeping tense only in the first convention; the posture on g
    # moves a's consent to settle g by more than the centre does
    text = ONE + CENTRE + """
[postures.rim]
players = ["a", "b"]
actions = { a = ["l", "r"], b = ["l", "r"] }
[[postures.rim.payoffs]]
when = { g = "tense" }
a = [[2.0, 0.0], [0.0, -1.0]]
b = [[1.0, 0.0], [0.0, 1.0]]
"""
    text = text.replace("a = [[2.0, 0.0], [0.0, -1.0]]", "a = [[2.0, 0.0], [0.0, 0.001]]")
    game = ng.loads(text)
    effect = ng.cascade(game).fronts["g"].at
    each = []
    for stage in (stage_games(game)[1],):
        for play in stage.plays:
            flat = text[:text.index("[postures.rim]")] + (
                f"[fronts.g.flow.tense]\na = {play.flow[0]!r}\nb = {play.flow[1]!r}\n")
            each.append(ng.cascade(ng.loads(flat.replace("np.float64(", "").replace(")", "")
                                            )).fronts["g"].at.total)
    assert effect.total[0] == pytest.approx(min(low for low, _ in each), abs=1e-12)
    assert effect.total[1] == pytest.approx(max(high for _, high in each), abs=1e-12)
    # all pairs, whatever their conventions, would say less
    assert effect.settled[0] - effect.blocked[1] < effect.total[0] - 0.05


def test_the_writer_and_the_schema_know_postures(one):
    text = ng.dumps(one)
    assert ng.loads(text) == one
    jsonschema.validate(tomllib.loads(text), definition_schema())


@pytest.mark.parametrize("name", ["nrnap", "nrnap-deterrence"])
def test_the_case_has_its_security_dilemma(name):
    forward, reduced = stage_games(ng.load(name))
    pressing = [[bool(part[1] == 1.0) for part in stage.profiles[stage.kept()[0]]]
                for stage in (forward, reduced)]
    spiral = name == "nrnap"
    assert pressing == [[True, spiral], [not spiral, not spiral]]
    assert len(reduced.profiles) == (3 if spiral else 1)
    assert len(forward.kept()) == len(reduced.kept()) == 1


def test_the_command_prints_text_and_json(capsys, tmp_path):
    path = tmp_path / "one.toml"
    path.write_text(ONE, encoding="utf-8")
    assert main(["postures", str(path), "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema("postures"))
    found = record["postures"]["dilemma"]["conditions"]["f tense"]
    assert [len(found["equilibria"]), found["complete"], found["mediator"]["gain"]] == [3, True, 0]
    assert main(["postures", str(path)]) == 0
    text = capsys.readouterr().out
    assert "There are 3 equilibria" in text and "[payoff-dominant, kept]" not in text
    assert "b: “arm” would pay 0.2 less as the others play." in text
    assert main(["solve", str(path), "--json", "--conventions", "worst"]) == 0
    record = json.loads(capsys.readouterr().out)
    jsonschema.validate(record, output_schema("solve"))
    assert record["equilibria"][0]["convention"] == {
        "dilemma": {"f tense": {"a": {"arm": 1.0}, "b": {"arm": 1.0}}}}
    assert main(["solve", str(path)]) == 0
    text = capsys.readouterr().out
    assert "3 conventions of how the postures are played" in " ".join(text.split())
    assert "\nPOSTURES\n" in text
    assert main(["show", str(path), "--json"]) == 0
    jsonschema.validate(json.loads(capsys.readouterr().out), output_schema("show"))
    assert main(["postures", "rubinstein"]) == 0
    assert "has no postures" in capsys.readouterr().out


def test_a_mediator_can_do_better_than_every_equilibrium(capsys, tmp_path):
    chicken = ONE.replace('a = [[0.0, "-fear"], [-0.1, -0.4]]', "a = [[6.0, 2.0], [7.0, 0.0]]"
                          ).replace('b = [[0.0, -0.2], ["-fear", -0.4]]',
                                    "b = [[6.0, 7.0], [2.0, 0.0]]")
    path = tmp_path / "chicken.toml"
    path.write_text(chicken, encoding="utf-8")
    assert main(["postures", str(path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["postures"]["dilemma"]["conditions"]["f tense"]
    # Aumann 1974: 10.5 against 9 at the pure equilibria and 28/3 at the mixed one
    assert found["mediator"]["sum"] == pytest.approx(10.5)
    assert found["mediator"]["gain"] == pytest.approx(10.5 - 28 / 3)
    assert main(["postures", str(path)]) == 0
    assert "can bring +1.17 in sum" in " ".join(capsys.readouterr().out.split())
