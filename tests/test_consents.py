"""Games with fixed payoffs solved by bounds and comparisons: right, certified, alike everywhere."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from oracle import Degenerate, TooMany, brute_force
from random_games import Shape, open_state, random_definition, random_game, relabelled

import negotiation as ng
from negotiation.equilibrium import consents
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.certificate_fixed import regret_of_fixed
from negotiation.equilibrium.consents import Consents, covers, one_equilibrium
from negotiation.equilibrium.result import Status
from negotiation.formats.definition import from_dict
from negotiation.kernels import compiled
from negotiation.kernels.consent_bounds import LEFT, SEVERAL
from negotiation.lattice import build_lattice
from negotiation.model import Game

SHAPES = (Shape(), Shape(fronts=3, third=True), Shape(actors=4, coalition=3, chance=0.2))


def games(count: int) -> list[Game]:
    return [random_game(seed, SHAPES[seed % len(SHAPES)]) for seed in range(count)]


def many(game: Game) -> list[Consents]:
    lattice = build_lattice(game)
    return [one_equilibrium(lattice), one_equilibrium(lattice, prove=True)]


@pytest.mark.parametrize("seed", range(0, 120, 10))
def test_brute_force_knows_the_equilibrium_and_that_it_is_the_only_one(seed: int) -> None:
    for k in range(seed, seed + 10):
        game = random_game(k, SHAPES[k % len(SHAPES)])
        lattice = build_lattice(game)
        try:
            known = brute_force(game)
        except (TooMany, Degenerate):
            continue
        values = np.array([[e.value[tuple(lattice.state(s).values())]
                            for s in range(len(lattice.states))] for e in known])
        for found in many(game):
            apart = np.abs(values - found.values[0]).max(axis=(1, 2))
            assert apart.min() < 1e-9
            assert found.index[0] == known[int(apart.argmin())].index
            if found.unique[0]:
                assert len(known) == 1
        assert found.unique[0] == (len(known) == 1)


@pytest.mark.parametrize("moves", [3, 6, 9])
def test_one_state_is_proved_alone_exactly_where_the_general_engine_lists_one(moves: int) -> None:
    for seed in range(25):
        game = open_state(seed, moves, 3, 2)
        listed = ng.solve(game)
        found = one_equilibrium(build_lattice(game), prove=True)
        assert listed.complete
        assert found.unique[0] == (listed.count == 1)
        assert any(np.abs(e.values - found.values[0]).max() < 1e-9 for e in listed.equilibria)


@pytest.mark.long
@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
@pytest.mark.parametrize("prove", [False, True])
def test_compiled_loops_and_numpy_agree(monkeypatch: pytest.MonkeyPatch, prove: bool) -> None:
    for game in [*games(12), open_state(3, 9, 3, 2)]:
        lattice = build_lattice(game)
        plain = one_equilibrium(lattice, prove=prove)
        with monkeypatch.context() as patch:
            patch.setattr(consents, "LARGE", 0)
            fast = one_equilibrium(lattice, prove=prove)
        for name in ("values", "consent", "surplus"):
            np.testing.assert_allclose(getattr(plain, name), getattr(fast, name), atol=1e-12)
        np.testing.assert_array_equal(plain.known, fast.known)
        np.testing.assert_array_equal(plain.sign, fast.sign)


def test_the_lean_certificate_is_the_general_one_without_issues() -> None:
    rng = np.random.default_rng(5)
    for game in games(10):
        found = one_equilibrium(build_lattice(game))
        assert found.regret[0] <= 1e-13
        assert regret_of(found.equilibrium()) <= 1e-13
        # off the equilibrium both see the same violation
        consent = np.clip(found.consent + 0.3 * rng.normal(size=found.consent.shape), 0.0, 1.0)
        values = found.values + 0.1 * rng.normal(size=found.values.shape)
        wrong = Consents(found.lattice, values, consent, found.surplus, found.known, found.sign,
                         found.regret)
        chance = ~found.lattice.member.any(axis=1)
        consent[:, chance] = 1.0
        general = regret_of(wrong.equilibrium())
        assert regret_of_fixed(found.lattice, values, consent)[0] == pytest.approx(general)


def test_a_claim_that_is_no_number_has_no_certificate() -> None:
    found = one_equilibrium(build_lattice(random_game(1)))
    values = found.values.copy()
    values[0, 0, 0] = np.nan
    assert regret_of_fixed(found.lattice, values, found.consent)[0] == np.inf


@pytest.mark.parametrize("seed", range(6))
def test_names_and_their_order_change_nothing_that_is_unique(seed: int) -> None:
    definition = random_definition(seed, SHAPES[1])
    one = one_equilibrium(build_lattice(from_dict(definition)), prove=True)
    other = one_equilibrium(build_lattice(from_dict(relabelled(definition))), prove=True)
    assert one.unique[0] == other.unique[0]
    if one.unique[0]:
        np.testing.assert_allclose(one.values[0, 0], other.values[0, 0, ::-1], atol=1e-12)


def test_a_draw_is_solved_as_if_it_were_alone() -> None:
    game = random_game(4, SHAPES[1])
    moods = np.linspace(-1.0, 1.0, 50)
    batch = one_equilibrium(build_lattice(game, {"mood": moods}))
    for d in (0, 17, 49):
        alone = one_equilibrium(build_lattice(game.with_parameters(mood=float(moods[d]))))
        np.testing.assert_allclose(batch.values[d], alone.values[0], atol=1e-12)
        np.testing.assert_array_equal(batch.known[d], alone.known[0])
        assert batch.regret[d] <= REGRET_TOLERANCE


def mediated(indifferent: str) -> Game:
    """A mediator without a stake must agree: its consent is a tie by construction."""
    return from_dict({
        "format": "negotiation/1", "title": "mediated", "indifferent": indifferent,
        "actors": {a: {"discount_rate": 0.1} for a in ("ada", "mediator")},
        "fronts": {"table": {"statuses": ["open", "done"]}},
        "moves": {"settle": {"front": "table", "from": "open", "to": "done", "rate": 1.0,
                             "by": ["ada", "mediator"], "payoff": {"ada": 1.0}}}})


@pytest.mark.parametrize(("rule", "consent"), [("consent", 1.0), ("refuse", 0.0)])
def test_an_exact_tie_follows_the_rule_for_indifference(rule: str, consent: float) -> None:
    found = one_equilibrium(build_lattice(mediated(rule)), indifferent=rule)
    assert found.consent[0, 0] == consent
    assert found.continua and found.equilibrium().components[0].actors == ("mediator",)


def test_nothing_is_left_unsolved() -> None:
    for game in games(30):
        for found in many(game):
            assert (found.known != LEFT).all()
            assert ((found.known == SEVERAL) <= ~found.unique[:, None]).all()


def test_solve_says_that_one_is_all_where_that_is_proved() -> None:
    known = set()
    for seed in range(40):
        solution = ng.solve(random_game(seed), equilibria="one")
        known.add(solution.complete)
        assert solution.equilibria[0].regret <= REGRET_TOLERANCE
        if solution.complete:
            assert solution.status is Status.COMPLETE and solution.count == 1
            assert ng.solve(random_game(seed)).count == 1
        else:
            assert solution.status is Status.ONE
            assert "only one equilibrium was asked for" in str(solution.incomplete_because)
    assert known == {True, False}


def test_issues_and_ways_back_are_for_the_general_engine() -> None:
    assert not covers(build_lattice(ng.load("nrnap")))
    assert covers(build_lattice(random_game(0)))


def test_small_solves_do_not_load_the_compiler() -> None:
    code = ("import sys; import negotiation as ng; from random_games import random_game; "
            "ng.solve(random_game(1), equilibria='one'); print('numba' in sys.modules)")
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True,
                         cwd=__file__.rpartition("/")[0])
    assert out.stdout.strip() == "False"


@pytest.mark.long
def test_a_lattice_of_sixteen_fronts_has_its_certificate() -> None:
    rng = np.random.default_rng(0)
    actors = ("ada", "bo", "cy")

    def pay() -> dict[str, float]:
        return {a: float(rng.uniform(-1.0, 1.0)) for a in actors}

    names = [f"front{k}" for k in range(16)]
    solution = ng.solve(from_dict({
        "format": "negotiation/1", "title": "sixteen",
        "actors": {a: {"discount_rate": 0.1} for a in actors},
        "fronts": {name: {"statuses": ["open", "done"]} for name in names},
        "moves": {f"settle_{name}": {
            "front": name, "from": "open", "to": "done", "by": [actors[k % 3], actors[(k + 1) % 3]],
            "rate": float(rng.uniform(0.3, 2.0)), "payoff": pay()}
            for k, name in enumerate(names)},
        "linkages": [{"name": f"link{k}", "when": {names[k - 1]: "done", name: "open"},
                      "flow": {a: 0.1 * x for a, x in pay().items()}}
                     for k, name in enumerate(names)]}), equilibria="one")
    assert len(solution.lattice.states) == 2**16
    assert solution.equilibria[0].regret <= REGRET_TOLERANCE
