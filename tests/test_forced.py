"""Consents that a setting fixes (DESIGN §2.6): always, whatever it brings, or never."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from random_games import Shape, random_definition, random_game
from scipy.optimize import minimize

import negotiation as ng
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.certificate_fixed import regret_of_fixed
from negotiation.formats.definition import from_dict
from negotiation.kernels import bargain, forced

FIXED = Shape(fronts=2, actors=3, third=True, coalition=3)
BARGAINED = Shape(fronts=2, actors=4, issues=2, curved=True, coalition=3)


def under(game, **consents):
    return ng.apply(game, ng.setting(consents=consents))


def deal(by, lump, issues, flow=None, rate=1.0, discount=0.1, **extra):
    """A game of one front and one move, open → done."""
    return from_dict({
        "format": "negotiation/1", "title": "deal",
        "actors": {name: {"discount_rate": discount} for name in ("a", "b", "c", "d")},
        "fronts": {"f": {"statuses": ["open", "done"], "flow": {"open": flow or {}}}},
        "moves": {"agree": {"front": "f", "from": "open", "to": "done", "by": by, "rate": rate,
                            "payoff": lump, "issues": issues, **extra}},
        "outcomes": {"agreed": {"when": {"f": "done"}}}})


# ---- fixed payoffs ---------------------------------------------------------------------------

def plain(solution):
    return sorted((tuple(np.round(e.values.ravel(), 9)), tuple(np.round(e.consent, 9)))
                  for e in solution.equilibria)


@pytest.mark.parametrize("seed", range(12))
def test_with_fixed_payoffs_an_actor_that_always_consents_is_one_whom_nobody_asks(seed):
    definition = random_definition(seed, FIXED)
    for move in definition["moves"].values():
        move["by"] = [name for name in move["by"] if name != "ada"]
    asked = ng.solve(under(random_game(seed, FIXED), ada=True))
    unasked = ng.solve(from_dict(definition))
    assert asked.complete == unasked.complete
    assert plain(asked) == plain(unasked)


@pytest.mark.parametrize("seed", range(12))
def test_a_move_that_somebody_never_consents_to_is_as_if_it_were_blocked(seed):
    game = random_game(seed, FIXED if seed % 2 else BARGAINED)
    seats = tuple(name for name, move in game.moves.items() if "bo" in move.by)
    never = ng.solve(under(game, bo=False), cap=200)
    blocked = ng.solve(ng.apply(game, ng.setting(block=seats)), cap=200)
    for equilibrium in never.equilibria:
        for name in seats:
            edges = equilibrium.lattice.edge_move == equilibrium.lattice.moves.index(name)
            assert (equilibrium.consent[edges] == 0.0).all()
    fronts = list(game.fronts)
    for front in fronts:
        last = {front: game.fronts[front].statuses[-1]}
        chances = [sorted({round(e.process.condition(last, 5.0).probability, 7)
                           for e in found.equilibria}) for found in (never, blocked)]
        assert chances[0] == chances[1]
    starts = [sorted({tuple(np.round(e.values[0], 7)) for e in found.equilibria})
              for found in (never, blocked)]
    assert starts[0] == starts[1]


def test_the_quick_path_and_the_general_engine_agree_on_fixed_consents():
    for seed in range(8):
        game = random_game(seed, FIXED)
        for consents in ({"ada": True}, {"bo": False}, {"ada": True, "cy": False}):
            fixed = under(game, **consents)
            one = ng.solve(fixed, equilibria="one").equilibria[0]
            every = ng.solve(fixed)
            assert any(np.allclose(one.values, e.values) and np.allclose(one.consent, e.consent)
                       and np.allclose(one.surplus, e.surplus) for e in every.equilibria)


def test_consents_of_single_moves_leave_the_actors_other_moves_alone():
    game = random_game(3, FIXED)
    mine = [name for name, move in game.moves.items() if "ada" in move.by]
    fixed = under(game, ada={mine[0]: False})
    assert fixed.moves[mine[0]].excluded
    assert not any(fixed.moves[name].consents for name in mine[1:])


# ---- terms -----------------------------------------------------------------------------------

def best_of_one(base, value, curvature, members, who, rng):
    """What ``who`` can get while no other member loses, by a solver of another kind."""
    others = np.flatnonzero(members)

    def gain(x):
        return base + x @ value - 0.5 * (x * x) @ curvature

    found = -np.inf
    for _ in range(10):
        point = minimize(lambda x: -gain(x)[who], rng.random(len(value)), method="SLSQP",
                         bounds=[(0.0, 1.0)] * len(value), options={"ftol": 1e-14},
                         constraints=[{"type": "ineq", "fun": lambda x: gain(x)[others]}]).x
        if gain(point)[others].min() > -1e-8:
            found = max(found, gain(point)[who])
    return found


def test_terms_are_the_best_for_a_forced_actor_that_cannot_gain():
    rng, lifted = np.random.default_rng(7), 0
    for _ in range(120):
        n, issues = int(rng.integers(2, 5)), int(rng.integers(1, 4))
        value = rng.uniform(-2.0, 2.0, (issues, n))
        curvature = rng.uniform(0.0, 1.0, value.shape) * (rng.random(value.shape) < 0.5)
        base, who = rng.uniform(-1.5, 0.5, n), int(rng.integers(n))
        members = np.arange(n) != who
        one = (base[None], value[None], curvature[None])
        if bargain.max_min(*one, members[None]).sigma[0] <= 1e-6:
            continue
        whole = np.ones((1, n), dtype=bool)
        answer, lifts = forced.terms("nash", *one, np.ones((1, n)), members[None], ~members[None])
        gain = bargain.gains(*one, answer.x)[0]
        if bargain.max_min(*one, whole).sigma[0] > 1e-6:
            assert not lifts[0]
            np.testing.assert_allclose(answer.x, bargain.nash(*one, np.ones((1, n)), whole).x)
        else:
            lifted += 1
            assert lifts[0] and answer.ok[0]
            assert gain[members].min() > -1e-9
            assert gain[who] == pytest.approx(
                best_of_one(base, value, curvature, members, who, rng), abs=1e-6)
    assert lifted > 15


def test_a_forced_payer_pays_what_the_other_needs_and_no_more():
    game = deal(["a", "b"], {"a": -2.0, "b": -0.5}, {"x": {"value": {"a": -1.0, "b": 1.0}}})
    fixed, = ng.solve(under(game, a=True)).equilibria
    assert fixed.consent_to("agree") == 1.0
    assert fixed.terms("agree")["x"] == pytest.approx(0.5)
    assert fixed.value("b") == pytest.approx(0.0, abs=1e-9)
    assert fixed.value("a") == pytest.approx(-2.5 / 1.1)
    assert ng.solve(game).equilibria[0].consent_to("agree") == 0.0


def test_forced_terms_are_those_of_all_where_all_gain():
    game = deal(["a", "b"], {}, {"cake": {"value": {"a": 1.0, "b": -1.0}}}, flow={"b": -2.0})
    free, always = ng.solve(game).equilibria[0], ng.solve(under(game, a=True)).equilibria[0]
    np.testing.assert_allclose(free.values, always.values, atol=1e-9)
    assert free.terms("agree")["cake"] == pytest.approx(
        always.terms("agree")["cake"])


def test_a_move_that_all_members_have_to_make_is_made():
    game = deal(["a", "b"], {"a": -2.0, "b": -1.0}, {"x": {"value": {"a": -1.0, "b": 0.5}}})
    found, = ng.solve(under(game, a=True, b=True)).equilibria
    assert found.consent_to("agree") == 1.0
    assert found.regret <= REGRET_TOLERANCE
    # a lacks more of its stake: it is served first
    assert found.terms("agree")["x"] == pytest.approx(0.0, abs=1e-9)


def test_forced_terms_do_not_depend_on_the_unit_of_anybodys_payoffs():
    rng = np.random.default_rng(3)
    for _ in range(40):
        value = rng.uniform(-2.0, 2.0, (1, 3, 4))
        curvature = rng.uniform(0.0, 1.0, value.shape)
        base = rng.uniform(-1.5, 0.5, (1, 4))
        member = np.array([[True, True, False, False]])
        unit = np.array([1.0, 20.0, 0.05, 7.0])
        ones = np.ones((1, 4))
        if bargain.max_min(base, value, curvature, member).sigma[0] < 1e-3:
            continue
        plainly, _ = forced.terms("nash", base, value, curvature, ones, member, ~member)
        scaled, _ = forced.terms("nash", base * unit, value * unit, curvature * unit, ones, member,
                                 ~member)
        np.testing.assert_allclose(
            bargain.gains(base, value, curvature, scaled.x),
            bargain.gains(base, value, curvature, plainly.x), atol=1e-6)


@pytest.mark.parametrize("solution", sorted(bargain.SOLVERS))
def test_payoffs_are_continuous_where_a_forced_actor_stops_gaining(solution):
    # a is forced and feels issue 0 only; b and c share issue 1, which a bystander d feels
    value = np.array([[[-1.0, 1.0, 0.2, 0.0], [0.0, 1.0, -1.0, 3.0]]])
    curvature = np.zeros_like(value)
    member = np.array([[False, True, True, False]])
    compelled = np.array([[True, False, False, False]])
    paid = []
    for a in (1e-6, -1e-6):
        base = np.array([[a, 0.3, 1.0, 0.0]])
        answer, _ = forced.terms(solution, base, value, curvature, np.ones((1, 4)), member,
                                 compelled)
        x = answer.x[:, :3].mean(axis=1) if solution == "offers" else answer.x
        paid.append(bargain.gains(base, value, curvature, x)[0])
    np.testing.assert_allclose(paid[0], paid[1], atol=5e-3)


def test_the_shared_issue_is_not_left_to_least_norm_or_no_equilibrium_would_exist():
    """With 'least norm' for what the forced actor does not care about, d's payoff would jump where
    a stops gaining; a's gain hangs on d's move here, so that both branches would be refuted."""
    value = np.array([[[-1.0, 1.0, 0.0, 0.0], [0.0, 1.0, -1.0, 3.0]]])
    base = np.array([[-0.2, 0.3, 1.0, 0.0]])
    member = np.array([[False, True, True, False]])
    answer, lifts = forced.terms("nash", base, value, np.zeros_like(value), np.ones((1, 4)), member,
                                 np.array([[True, False, False, False]]))
    assert lifts[0]
    # Nash between b (0.3 + x) and c (1 − x): x = 0.35; least norm would say 0
    np.testing.assert_allclose(answer.x[0], [0.0, 0.35], atol=1e-8)


# ---- equilibria with bargains ------------------------------------------------------------------

@pytest.mark.parametrize("seed", [*range(14), 18, 43, 48])
def test_random_games_with_forced_bargains_have_certified_equilibria(seed):
    game = random_game(seed, BARGAINED)
    for actor in ("ada", "bo"):
        solution = ng.solve(under(game, **{actor: True}))
        assert solution.equilibria
        for equilibrium in solution.equilibria:
            assert regret_of(equilibrium) <= REGRET_TOLERANCE
        if solution.complete:
            assert sum(e.index for e in solution.equilibria) == 1


def permuted(definition, order):
    """The same game with its actors in another order."""
    return {**definition, "actors": {name: definition["actors"][name] for name in order}}


@pytest.mark.parametrize("seed", (18, 43))
def test_relabelling_actors_leaves_forced_equilibria_alone(seed):
    definition = random_definition(seed, BARGAINED)
    games = [from_dict(definition), from_dict(permuted(definition, ("dee", "bo", "ada", "cy")))]
    values = []
    for game in games:
        order = [list(game.actors).index(name) for name in ("ada", "bo", "cy", "dee")]
        found = ng.solve(under(game, ada=True)).equilibria
        values.append(sorted(tuple(np.round(e.values[0, order], 6)) for e in found))
    assert values[0] == values[1]


@pytest.mark.parametrize("seed", (2, 18))
def test_an_affine_change_of_one_actors_payoffs_leaves_forced_play_alone(seed):
    definition = random_definition(seed, BARGAINED)
    scaled = random_definition(seed, BARGAINED)

    def stretch(table):
        if "ada" in table:
            entry = table["ada"]
            table["ada"] = f"5*({entry})" if isinstance(entry, str) else 5.0 * entry

    for front in scaled["fronts"].values():
        for table in front["flow"].values():
            stretch(table)
    for move in scaled["moves"].values():
        stretch(move["payoff"])
        for issue in move.get("issues", {}).values():
            stretch(issue["value"])
            stretch(issue.get("curvature", {}))
    for link in scaled["linkages"]:
        stretch(link.get("flow", {}))
        for table in link.get("payoff", {}).values():
            stretch(table)
        for issues in link.get("value", {}).values():
            for table in issues.values():
                stretch(table)
    chances = []
    for table in (definition, scaled):
        found = ng.solve(under(from_dict(table), ada=True)).equilibria
        chances.append(sorted(tuple(np.round(e.consent, 6)) for e in found))
    assert chances[0] == chances[1]


def test_fixed_consents_hold_on_cycles():
    game = from_dict({
        "format": "negotiation/1", "title": "round and round",
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.1}},
        "fronts": {"f": {"statuses": ["cold", "warm"], "flow": {"warm": {"a": 1.0, "b": -1.0}}}},
        "moves": {"up": {"front": "f", "from": "cold", "to": "warm", "by": ["a", "b"], "rate": 1.0},
                  "down": {"front": "f", "from": "warm", "to": "cold", "by": ["b"], "rate": 1.0}}})
    assert ng.solve(game).equilibria[0].consent_to("up") == 0.0
    made = ng.solve(under(game, b={"up": True})).equilibria[0]
    assert (made.consent_to("up"), made.consent_to("down")) == (1.0, 1.0)
    stuck = ng.solve(under(game, b={"up": True, "down": False})).equilibria[0]
    assert (stuck.consent_to("up"), stuck.consent_to("down")) == (1.0, 0.0)
    # V_a(cold) = λ V(warm)/(r + λ), V_a(warm) = 1/r
    assert stuck.value("a") == pytest.approx(10.0 / 1.1)


# ---- noise -------------------------------------------------------------------------------------

def test_under_noise_the_forced_are_left_out_of_the_product_of_consents():
    game = deal(["a", "b"], {"a": -0.2, "b": 0.1}, {}, noise={"a": 0.2, "b": 0.2})
    always, = ng.solve(under(game, a=True), concept="logit").equilibria
    value = always.value("b")
    assert always.consent_to("agree") == pytest.approx(1 / (1 + np.exp(-(0.1 - value) / 0.2)))
    never, = ng.solve(under(game, a=False), concept="logit").equilibria
    assert never.consent_to("agree") == 0.0


def test_vanishing_noise_selects_the_forced_equilibrium():
    game = deal(["a", "b"], {"a": -2.0, "b": -0.5}, {"x": {"value": {"a": -1.0, "b": 1.0}}},
                noise={"a": 0.2, "b": 0.2})
    selected, = ng.solve(under(game, a=True), equilibria="selected").equilibria
    assert selected.terms("agree")["x"] == pytest.approx(0.5)


# ---- the certificate ---------------------------------------------------------------------------

def test_the_certificate_rejects_what_is_not_a_forced_equilibrium():
    game = deal(["a", "b"], {"a": -2.0, "b": -0.5}, {"x": {"value": {"a": -1.0, "b": 1.0}}})
    good = ng.solve(under(game, a=True)).equilibria[0]
    assert regret_of(good) <= REGRET_TOLERANCE
    generous = good.terms_array.copy()
    generous[0, 0] = 0.6
    value = good.values.copy()
    value[0, :2] = (-2.6 / 1.1, 0.1 / 1.1)  # its values agree with its terms
    assert regret_of(replace(good, terms_array=generous, values=value)) > 1e-3
    refused = replace(good, consent=np.zeros_like(good.consent), values=np.zeros_like(good.values))
    assert regret_of(refused) > 1e-3
    never = ng.solve(under(game, a=False)).equilibria[0]
    assert regret_of(never) <= REGRET_TOLERANCE
    assert regret_of(replace(never, consent=np.full_like(never.consent, 1e-3))) > 1e-3


def test_the_certificate_asks_that_the_one_that_lacks_most_is_served_first():
    game = deal(["a", "b"], {"a": -2.0, "b": -1.0}, {"x": {"value": {"a": -1.0, "b": 0.5}}})
    good = ng.solve(under(game, a=True, b=True)).equilibria[0]
    other = good.terms_array.copy()
    other[0, 0] = 1.0
    value = good.values.copy()
    value[0, :2] = (-3.0 / 1.1, -0.5 / 1.1)
    assert regret_of(replace(good, terms_array=other, values=value)) > 1e-3


def test_the_lean_certificate_knows_fixed_consents():
    game = under(random_game(5, FIXED), ada=True, bo=False)
    found = ng.solve(game, equilibria="one").equilibria[0]
    lattice = found.lattice
    assert regret_of_fixed(lattice, found.values[None], found.consent[None])[0] <= 1e-9
    wrong = found.consent.copy()
    wrong[lattice.never] = 1e-6
    assert regret_of_fixed(lattice, found.values[None], wrong[None])[0] == np.inf


# ---- settings ----------------------------------------------------------------------------------

@pytest.mark.parametrize(("consents", "message"), [
    ({"adda": True}, "ada"),
    ({"ada": {"north_open_dome": True}}, "move"),
    ({"dee": {"north_open_done": True}}, "does not ask for the consent of 'dee'"),
])
def test_a_setting_that_fixes_what_nobody_asks_for_is_refused(consents, message):
    game = random_game(38, BARGAINED)
    with pytest.raises(ng.InputError, match=message):
        ng.apply(game, ng.setting(consents=consents))


def test_a_game_with_fixed_consents_is_not_written_to_a_file_without_them():
    with pytest.raises(ng.InputError, match="consents"):
        ng.dumps(under(random_game(3, FIXED), ada=True))


# ---- beside encounters -------------------------------------------------------------------------

def clashing(by, **move):
    """A move beside a game of chicken that ends the same front."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "clash", "horizon": 5.0, "source": "test",
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.1}},
        "fronts": {"f": {"statuses": ["open", "done", "broken"]}},
        "moves": {"finish": {"front": "f", "from": "open", "to": "done", "by": by, "rate": 1.0,
                             "payoff": {"a": 1.0, "b": -0.6}, **move}},
        "encounters": {"clash": {
            "front": "f", "from": "open", "rate": 0.5, "players": ["a", "b"],
            "actions": {"a": ["hold", "yield"], "b": ["hold", "yield"]},
            "to": [["broken", "done"], ["done", ""]],
            "payoffs": {"a": [[-1.0, 1.0], [-0.5, 0.0]], "b": [[-1.0, -0.5], [1.0, 0.0]]}}},
        "outcomes": {"done": {"when": {"f": "done"}}}})


def worth(game):
    solution = ng.solve(game)
    assert solution.equilibria and all(one.regret <= 1e-9 for one in solution.equilibria)
    return sorted((one.value("a"), one.value("b")) for one in solution.equilibria)


def test_beside_an_encounter_an_actor_that_always_consents_is_one_whom_nobody_asks():
    forced = worth(ng.apply(clashing(["a", "b"]), ng.setting(consents={"b": True})))
    assert np.array(forced) == pytest.approx(np.array(worth(clashing(["a"]))), abs=1e-9)


def test_beside_an_encounter_a_move_that_somebody_never_makes_is_as_if_blocked():
    game = clashing(["a", "b"])
    never = worth(ng.apply(game, ng.setting(consents={"b": False})))
    assert np.array(never) == pytest.approx(np.array(worth(
        ng.apply(game, ng.setting(block=["finish"])))), abs=1e-9)


def test_beside_an_encounter_forced_terms_are_certified():
    game = clashing(["a", "b"], issues={"x": {"value": {"a": -1.0, "b": 0.4}}})
    assert len(worth(ng.apply(game, ng.setting(consents={"b": True})))) >= 3
