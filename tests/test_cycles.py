"""Games whose moves lead back: components of several states."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.optimize import root
from search import Deal

from negotiation.catalog import load
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.result import Status
from negotiation.equilibrium.solve import solve
from negotiation.formats.definition import from_dict
from negotiation.lattice import build_lattice
from negotiation.model import Game

ACTORS = ("a", "b", "c")


def reversible(seed: int, fronts: int = 2, issues: bool = False) -> Game:
    """Fronts that go back and forth, with a linkage between them."""
    rng = np.random.default_rng(seed)

    def pay(size: float = 1.0) -> dict[str, float]:
        return {actor: float(size * rng.normal()) for actor in ACTORS}

    names = [f"f{k}" for k in range(fronts)]
    moves = {}
    for name, (source, target) in itertools.product(names, (("x", "y"), ("y", "x"))):
        members = [str(a) for a in rng.choice(ACTORS, size=rng.integers(1, 3), replace=False)]
        move = {"front": name, "from": source, "to": target, "by": members,
                "rate": float(rng.uniform(0.3, 2)), "payoff": pay(0.3)}
        if issues and len(members) > 1:
            move["issues"] = {"z": {"value": {members[0]: 1.0, members[1]: -0.8}}}
        moves[f"{name}_{target}"] = move
    linkages = [{"name": "both", "when": dict.fromkeys(names, "y"), "flow": pay()}]
    return from_dict({
        "format": "negotiation/1", "title": "back and forth", "horizon": 5.0, "time_unit": "year",
        "actors": {a: {"discount_rate": float(rng.uniform(0.05, 0.3))} for a in ACTORS},
        "fronts": {name: {"statuses": ["x", "y"], "flow": {"x": pay(), "y": pay()}}
                   for name in names},
        "moves": moves, "linkages": linkages})


def pure_equilibria(game: Game) -> set[tuple[float, ...]]:
    """Brute force: every pure profile of consents whose values make it a best reply."""
    lattice = build_lattice(game)
    states, edges, n = len(lattice.states), len(lattice.edge_state), len(lattice.actors)
    found = set()
    for consent in itertools.product((0.0, 1.0), repeat=edges):
        value = np.zeros((states, n))
        for i in range(n):
            matrix = np.diag(np.full(states, lattice.discount[0, i]))
            right = lattice.flow[0, :, i].copy()
            for e in range(edges):
                rate = lattice.rate[0, e] * consent[e]
                here, there = lattice.edge_state[e], lattice.edge_target[e]
                matrix[here, here] += rate
                matrix[here, there] -= rate
                right[here] += rate * lattice.lump[0, e, i]
            value[:, i] = np.linalg.solve(matrix, right)
        gain = lattice.lump[0] + value[lattice.edge_target] - value[lattice.edge_state]
        least = np.where(lattice.member, gain, np.inf).min(axis=1)
        if ((least > 0) == (np.array(consent) > 0)).all():
            found.add(consent)
    return found


def test_states_that_lead_back_to_each_other_are_one_component():
    lattice = build_lattice(reversible(0))
    assert len(set(lattice.component)) == 1
    assert set(lattice.level) == {0}


def test_a_move_made_for_ever_pays_its_lump_for_ever():
    """One actor flips a front at each opportunity: r V = f + λ (g + V′ − V) in both statuses."""
    game = from_dict({
        "format": "negotiation/1", "title": "flip", "horizon": 1.0, "time_unit": "year",
        "actors": {"a": {"discount_rate": 0.1}},
        "fronts": {"f": {"statuses": ["x", "y"], "flow": {"x": {"a": 1.0}}}},
        "moves": {"there": {"front": "f", "from": "x", "to": "y", "by": ["a"], "rate": 0.5,
                            "payoff": {"a": 12.0}},
                  "back": {"front": "f", "from": "y", "to": "x", "by": ["a"], "rate": 2.0,
                           "payoff": {"a": 0.5}}}})
    solution = solve(game)
    expected = np.linalg.solve([[0.6, -0.5], [-2.0, 2.1]], [1.0 + 6.0, 1.0])
    assert solution.complete and solution.count == 1
    assert solution.equilibria[0].consent == pytest.approx([1.0, 1.0])
    assert solution.equilibria[0].values[:, 0] == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("seed", range(12))
def test_every_pure_equilibrium_is_found_where_payoffs_are_fixed(seed):
    game = reversible(seed)
    solution = solve(game)
    found = {tuple(e.consent) for e in solution.equilibria if e.pure}
    assert found == pure_equilibria(game)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12, 72))
def test_every_pure_equilibrium_is_found_in_many_games(seed):
    test_every_pure_equilibrium_is_found_where_payoffs_are_fixed(seed)


@pytest.mark.parametrize("issues", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_reported_passes_the_certificate(seed, issues):
    solution = solve(reversible(seed, issues=issues))
    assert solution.equilibria
    for equilibrium in solution.equilibria:
        assert regret_of(equilibrium) <= REGRET_TOLERANCE
    if solution.complete:
        assert sum(e.index for e in solution.equilibria) == 1
    else:
        assert solution.status is Status.UNPROVED
        assert "cycles" in solution.incomplete_because


def test_a_single_front_is_proved_complete():
    proved = [solve(reversible(seed, fronts=1)) for seed in range(6)]
    assert sum(solution.complete for solution in proved) >= 4
    for solution in proved:
        if solution.complete:
            assert sum(e.index for e in solution.equilibria) == 1


def test_states_after_a_component_are_solved_before_it():
    """A front that flips until the other one is settled, for good, by consent of both."""
    mapping = {
        "format": "negotiation/1", "title": "until", "horizon": 5.0, "time_unit": "year",
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.2}},
        "fronts": {"mood": {"statuses": ["calm", "tense"],
                            "flow": {"tense": {"a": -1.0, "b": -1.0}}},
                   "deal": {"statuses": ["open", "done"],
                            "flow": {"done": {"a": 1.0, "b": 1.0}}}},
        "moves": {"up": {"front": "mood", "from": "calm", "to": "tense", "by": [], "rate": 1.0,
                         "when": {"deal": "open"}},
                  "down": {"front": "mood", "from": "tense", "to": "calm", "by": [], "rate": 1.0,
                           "when": {"deal": "open"}},
                  "settle": {"front": "deal", "from": "open", "to": "done", "by": ["a", "b"],
                             "rate": 1.0, "when": {"mood": "calm"}}}}
    solution = solve(from_dict(mapping))
    (equilibrium,) = solution.equilibria
    assert solution.complete
    assert equilibrium.consent_to("settle") == 1.0
    assert equilibrium.value("a", {"mood": "calm", "deal": "done"}) == pytest.approx(10.0)
    # r V(calm) = λ(V(done) − V) + λ(V(tense) − V), r V(tense) = −1 + λ(V(calm) − V)
    expected = np.linalg.solve([[2.1, -1.0], [-1.0, 1.1]], [10.0, -1.0])
    assert equilibrium.value("a") == pytest.approx(expected[0], abs=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_the_unit_and_origin_of_one_actors_payoffs_do_not_matter(seed):
    """The order of the list may change, the set of consents does not."""
    game = reversible(seed)
    lattice = build_lattice(game)
    changed = reversible_scaled(game, "b", 3.0)
    assert build_lattice(changed).lump[0, :, 1] == pytest.approx(3.0 * lattice.lump[0, :, 1])
    one, two = (sorted(tuple(np.round(e.consent, 7)) for e in solve(g).equilibria)
                for g in (game, changed))
    assert one == two


def reversible_scaled(game: Game, actor: str, factor: float) -> Game:
    """The game with one actor's payoffs multiplied."""
    from dataclasses import replace

    from negotiation.frozen import FrozenMap

    def scaled(table):
        return FrozenMap({name: number * factor if name == actor else number
                          for name, number in table.items()})

    fronts = FrozenMap({name: replace(front, flow=FrozenMap(
        {status: scaled(table) for status, table in front.flow.items()}))
        for name, front in game.fronts.items()})
    moves = FrozenMap({name: replace(move, payoff=scaled(move.payoff))
                       for name, move in game.moves.items()})
    links = tuple(replace(link, flow=scaled(link.flow)) for link in game.linkages)
    return replace(game, fronts=fronts, moves=moves, linkages=links)


def posture_and_deal(seed: int, toll: float = -0.2) -> Game:
    """One actor's posture goes back and forth, at a toll, until two actors strike a deal."""
    rng = np.random.default_rng(seed)

    def pay(size: float = 0.5) -> dict[str, float]:
        return {actor: float(size * rng.normal()) for actor in "abc"}

    moves = {
        "advance": {"front": "posture", "from": "back", "to": "ahead", "by": ["a"],
                    "rate": float(rng.uniform(0.3, 2)), "when": {"deal": "open"},
                    "payoff": {"a": toll, "c": 0.3}},
        "withdraw": {"front": "posture", "from": "ahead", "to": "back", "by": ["a"],
                     "rate": float(rng.uniform(0.3, 2)), "when": {"deal": "open"},
                     "payoff": {"a": toll, "b": 0.2}},
        "settle": {"front": "deal", "from": "open", "to": "done", "by": ["b", "c"],
                   "rate": float(rng.uniform(0.3, 2)), "payoff": pay(),
                   "issues": {"z": {"value": {"b": 1.0, "c": -0.8, "a": float(rng.normal())},
                                    "curvature": {"c": 0.3}}}}}
    return from_dict({
        "format": "negotiation/1", "title": "posture", "horizon": 5.0, "time_unit": "year",
        "actors": {a: {"discount_rate": float(rng.uniform(0.05, 0.3))} for a in "abc"},
        "fronts": {"posture": {"statuses": ["back", "ahead"],
                               "flow": {"back": pay(), "ahead": pay()}},
                   "deal": {"statuses": ["open", "done"], "flow": {"done": pay()}}},
        "moves": moves, "linkages": [{"name": "both", "flow": pay(),
                                      "when": {"posture": "ahead", "deal": "done"}}]})


def search_pair(game: Game, starts: int, seed: int) -> list[np.ndarray]:
    """Values (2, 3) of the equilibria that a search finds while the deal is open, apart from the
    engine: every regime of both states is a square system, started at random points."""
    lattice, rng = build_lattice(game), np.random.default_rng(seed)
    open_ = [s for s in range(4) if lattice.state(s)["deal"] == "open"]
    flow, discount = lattice.flow[0], lattice.discount[0]
    legs = []
    for e in np.flatnonzero(np.isin(lattice.edge_state, open_)):
        target, row = int(lattice.edge_target[e]), int(lattice.bargain[e])
        issues = lattice.value[0, row] if row >= 0 else np.zeros((0, 3))
        bends = lattice.curvature[0, row] if row >= 0 else np.zeros((0, 3))
        inside = open_.index(target) if target in open_ else None
        beyond = 0.0 if inside is not None else flow[target] / discount
        legs.append((open_.index(int(lattice.edge_state[e])), inside, Deal(
            float(lattice.rate[0, e]), lattice.lump[0, e] + beyond,
            np.flatnonzero(lattice.member[e]).tolist(), issues, bends, np.ones(3))))

    def gains(v, s, t, deal):
        """sigma, what the deal pays beyond v, with the other state's value where it leads there."""
        ahead = Deal(deal.rate, deal.payoff + (0.0 if t is None else v[t]), deal.members,
                     deal.value, deal.bend, deal.weights)
        sigma, x = ahead.terms(v[s])
        return sigma, ahead.payoff + ahead.worth(x) - v[s]

    found: list[np.ndarray] = []
    for regime in itertools.product((0.0, 1.0, None), repeat=len(legs)):
        mix = [m for m, a in enumerate(regime) if a is None]

        def consents(z, regime=regime, mix=mix):
            alpha = np.array([0.0 if a is None else a for a in regime])
            alpha[mix] = z[6:]
            return alpha

        def system(z, mix=mix, consents=consents):
            v, alpha = z[:6].reshape(2, 3), consents(z)
            error, sigmas = discount * v - flow[open_], []
            for m, (s, t, deal) in enumerate(legs):
                if alpha[m] or m in mix:
                    sigma, gain = gains(v, s, t, deal)
                    error[s] = error[s] - deal.rate * alpha[m] * gain
                    sigmas += [sigma] if m in mix else []
            return np.append(error.ravel(), sigmas)

        for _ in range(starts):
            guess = np.append(rng.normal(0.0, 3.0, 6), rng.random(len(mix)))
            end = root(system, guess, method="hybr", options={"maxfev": 200})
            if np.abs(end.fun).max() > 1e-8:
                continue
            v, alpha = end.x[:6].reshape(2, 3), consents(end.x)
            sigmas = [gains(v, *leg)[0] for leg in legs]
            fine = all((-1e-7 < a < 1 + 1e-7) if m in mix else
                       (sigma >= -1e-7 if a == 1.0 else sigma <= 1e-7)
                       for m, (a, sigma) in enumerate(zip(alpha, sigmas, strict=True)))
            if fine and not any(np.abs(v - other).max() < 1e-6 for other in found):
                found.append(v)
    return found


@pytest.mark.parametrize("seed", range(2))
def test_a_posture_that_costs_to_change_is_proved_complete_though_terms_are_bargained(seed):
    solution = solve(posture_and_deal(seed))
    assert solution.complete, solution.incomplete_because
    assert_search_inside(solution, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", range(2, 16))
def test_round_trips_are_ruled_out_where_a_posture_costs_to_change(seed):
    """What may stay open is a single state whose own proof does not close."""
    solution = solve(posture_and_deal(seed))
    assert "ruled out" not in (solution.incomplete_because or "")
    assert_search_inside(solution, seed)


def assert_search_inside(solution, seed):
    """Indices sum to +1, and a search written apart finds nothing outside the list."""
    assert sum(e.index for e in solution.equilibria) == 1
    lattice = solution.lattice
    open_ = [s for s in range(4) if lattice.state(s)["deal"] == "open"]
    listed = [e.values[open_] for e in solution.equilibria]
    found = search_pair(solution.game, starts=1, seed=seed)
    assert found, "the search should find some equilibrium"
    for values in found:
        assert min(np.abs(values - v).max() for v in listed) < 1e-6


def test_a_round_trip_that_pays_is_not_ruled_out():
    """Who earns by going round may go round for ever; then only a search speaks."""
    paid = solve(posture_and_deal(0, toll=0.5))
    assert not paid.complete
    assert "searched for, not ruled out" in paid.incomplete_because
    assert paid.equilibria
    trips = [e for e in paid.equilibria
             if min(e.consent_to("advance"), e.consent_to("withdraw")) == 1.0]
    assert trips, "with a toll that pays, going round for ever is an equilibrium"


def test_the_list_does_not_depend_on_which_status_comes_first():
    """The order of a front's statuses numbers the states; it is not part of the game."""
    from dataclasses import replace

    from negotiation.frozen import FrozenMap

    game = posture_and_deal(4)
    front = game.fronts["posture"]
    turned = replace(game, fronts=FrozenMap({**game.fronts, "posture": replace(
        front, statuses=front.statuses[::-1], start=front.start)}))
    one, two = (sorted(e.value("b") for e in solve(g).equilibria) for g in (game, turned))
    assert one == pytest.approx(two, abs=1e-9)


@pytest.mark.parametrize("name", ["elmira", "coalition-formation", "cuban-missile-crisis"])
def test_no_candidate_of_a_bundled_game_with_cycles_misses_the_certificate(name):
    """What best responses leave unsettled is no candidate."""
    solution = solve(load(name))
    assert solution.equilibria
    assert "tolerance" not in (solution.incomplete_because or "")
