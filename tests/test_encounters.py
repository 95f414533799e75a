"""Encounters: closed forms, brute force, what theory says is the same, and wrong certificates."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import negotiation as ng
from negotiation.equilibrium.certificate import REGRET_TOLERANCE, regret_of
from negotiation.equilibrium.result import Status
from negotiation.errors import InputError, UnknownNameError
from negotiation.frozen import FrozenMap
from negotiation.lattice import build_lattice
from negotiation.model import Game

ACTORS = ("ann", "bob", "cy")
STATUSES = ["open", "one", "two", "three"]


def nested(shape: tuple[int, ...], entry: Any, at: tuple[int, ...] = ()) -> Any:
    if len(at) == len(shape):
        return entry(at)
    return [nested(shape, entry, (*at, k)) for k in range(shape[len(at)])]


def definition(encounters: dict[str, Any], moves: dict[str, Any] | None = None, *,
               flow: dict[str, Any] | None = None, rates: tuple[float, ...] = (0.1, 0.2, 0.15),
               statuses: list[str] = STATUSES, actors: tuple[str, ...] = ACTORS,
               **more: Any) -> dict[str, Any]:
    return {"format": "negotiation/1", "title": "A clash",
            "actors": {a: {"discount_rate": r} for a, r in zip(actors, rates, strict=False)},
            "fronts": {"front": {"statuses": statuses, "flow": flow or {}}},
            "moves": moves or {}, "encounters": encounters, **more}


def clash(to: Any, payoffs: dict[str, Any], *, rate: Any = 1.0, players: tuple[str, ...] = (
          "ann", "bob"), actions: dict[str, list[str]] | None = None, source: Any = "open",
          **more: Any) -> dict[str, Any]:
    shape = np.array(to, dtype=object).shape
    return {"front": "front", "from": source, "rate": rate, "players": list(players),
            "actions": actions or {p: [f"{p}{k}" for k in range(m)]
                                   for p, m in zip(players, shape, strict=True)},
            "to": to, "payoffs": payoffs, **more}


def random_game(seed: int, *, shape: tuple[int, ...] = (2, 2), moves: int = 0, clashes: int = 1,
                issues: bool = False, loop: float = 0.4) -> Game:
    """One open state whose encounters and moves lead to the others."""
    rng = np.random.default_rng(seed)

    def number(_: object = None) -> float:
        return float(rng.uniform(-1.0, 1.0))

    def target(_: object) -> str:
        return "" if rng.random() < loop else STATUSES[int(rng.integers(1, 4))]

    encounters, made = {}, {}
    for e in range(clashes):
        who = tuple(ACTORS[i] for i in sorted(rng.choice(3, len(shape), replace=False)))
        encounters[f"clash{e}"] = clash(
            nested(shape, target), {a: nested(shape, number) for a in ACTORS}, players=who,
            rate=float(rng.uniform(0.2, 1.5)),
            actions={p: [f"x{k}" for k in range(m)] for p, m in zip(who, shape, strict=True)})
    for m in range(moves):
        by = [ACTORS[i] for i in sorted(rng.choice(3, int(rng.integers(1, 3)), replace=False))]
        made[f"move{m}"] = {"front": "front", "from": "open", "by": by,
                            "to": STATUSES[int(rng.integers(1, 4))],
                            "rate": float(rng.uniform(0.2, 1.5)),
                            "payoff": {a: number() for a in ACTORS}}
        if issues and not m:
            made["move0"]["issues"] = {"share": {"value": {a: 2 * number() for a in ACTORS}}}
    flow = {s: {a: 0.3 * number() for a in ACTORS} for s in STATUSES}
    return ng.from_dict(definition(encounters, made, flow=flow))


def start_values(equilibrium: ng.Equilibrium) -> np.ndarray:
    return equilibrium.values[0]


def check_all(solution: ng.Solution) -> None:
    assert solution.equilibria
    for equilibrium in solution.equilibria:
        assert equilibrium.regret <= REGRET_TOLERANCE
        assert regret_of(equilibrium) <= REGRET_TOLERANCE


# ---- closed forms ----------------------------------------------------------------------------

@pytest.mark.parametrize(("pace", "cost", "prize", "r"), [
    (5.0, 0.3, 1.0, 0.1), (50.0, 0.3, 1.0, 0.1), (400.0, 1.0, 4.0, 0.05)])
def test_a_war_of_attrition_has_the_textbook_hazard(pace, cost, prize, r):
    """Both pay c per unit of time while it lasts; who yields gets 0, the other one v. Yielding at
    the next opportunity gives V = −c/(r + λ); waiting brings y v + (1 − y) V = 0, so that each
    yields with y = c/(v(r + λ) + c), and the hazard λ y tends to the textbook's c/v as
    opportunities become frequent (Maynard Smith 1974; Hendricks, Weiss & Wilson 1988)."""
    flow = {"open": {"ann": -cost, "bob": -cost}}
    game = ng.from_dict(definition({"attrition": clash(
        [["", "one"], ["two", "three"]],
        {"ann": [[0.0, prize], [0.0, 0.0]], "bob": [[0.0, 0.0], [prize, 0.0]]}, rate=pace,
        actions={"ann": ["wait", "yield"], "bob": ["wait", "yield"]})}, flow=flow, rates=(r, r),
        actors=("ann", "bob")))
    solution = ng.solve(game)
    assert solution.complete and len(solution.equilibria) == 3
    mixed, = (e for e in solution.equilibria if not e.pure)
    assert start_values(mixed) == pytest.approx([-cost / (r + pace)] * 2, rel=1e-10)
    share = cost / (prize * (r + pace) + cost)
    for player in ("ann", "bob"):
        assert mixed.actions("attrition")[player]["yield"] == pytest.approx(share, rel=1e-10)
    assert pace * share == pytest.approx(cost / prize, rel=(r + cost / prize) / pace)
    quitting, by = pace * (1.0 - (1.0 - share) ** 2), 2.0
    assert mixed.process.condition({"front": ["one", "two", "three"]}, by).probability == (
        pytest.approx(1.0 - math.exp(-quitting * by), rel=1e-9))
    pure = [e for e in solution.equilibria if e.pure]
    worth = (pace * prize - cost) / (r + pace)
    assert sorted(start_values(e).max() for e in pure) == pytest.approx([worth, worth])


@pytest.mark.parametrize(("temptation", "crash"), [(1.0, 4.0), (2.0, 1.5), (0.5, 10.0)])
def test_chicken_with_absorbing_outcomes_is_the_static_game(temptation, crash):
    """Every profile ends the game, so that V is not at stake and play is that of the one-shot
    game: hold with probability t/(t + k − 1) where yielding to a holder costs 1 (k > 1)."""
    game = ng.from_dict(definition({"chicken": clash(
        [["three", "one"], ["two", "two"]],
        {"ann": [[-crash, temptation], [-1.0, 0.0]], "bob": [[-crash, -1.0], [temptation, 0.0]]},
        actions={"ann": ["hold", "yield"], "bob": ["hold", "yield"]})}))
    solution = ng.solve(game)
    assert solution.complete and solution.count == 3
    mixed, = (e for e in solution.equilibria if not e.pure)
    share = temptation / (temptation + crash - 1.0)
    for player in ("ann", "bob"):
        assert mixed.actions("chicken")[player]["hold"] == pytest.approx(share, rel=1e-12)


def test_a_self_loop_makes_the_mix_a_root_of_a_quadratic():
    """Ann holds (0) or yields (1), so does Bob; only both yielding changes nothing. If Bob holds
    with q, Ann is indifferent iff  −4q + (1 − q) = −q + (1 − q) V  and  V = (f + λ (−4q + 1 − q))
    /(r + λ): both actions bring the same, and holding always ends it."""
    r, f, pace = 0.1, -0.1, 0.5
    game = ng.from_dict(definition({"brink": clash(
        [["three", "one"], ["two", ""]],
        {"ann": [[-4.0, 1.0], [-1.0, 0.0]], "bob": [[-4.0, -1.0], [1.0, 0.0]]}, rate=pace)},
        flow={"open": {"ann": f, "bob": f}}, rates=(r, r), actors=("ann", "bob")))
    # (−3q + 1 − q)(r + λ) = (1 − q)(f + λ(1 − 5q))
    a = -5.0 * pace
    b = f + 6.0 * pace - 4.0 * (r + pace)
    c = (r + pace) - (f + pace)
    roots = [q for q in np.roots([a, b, c]).real if 0 < q < 1]
    solution = ng.solve(game)
    found = [e.actions("brink")["bob"]["bob0"] for e in solution.equilibria if not e.pure]
    assert solution.complete
    assert found == pytest.approx(roots, rel=1e-10)


# ---- the same game, written otherwise ----------------------------------------------------------

@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_an_encounter_of_one_player_is_a_move_by_one_actor(seed):
    rng = np.random.default_rng(seed)
    pay = {a: float(rng.uniform(-1, 1)) for a in ACTORS}
    flow = {s: {a: 0.3 * float(rng.uniform(-1, 1)) for a in ACTORS} for s in STATUSES}
    other = {"front": "front", "from": "open", "to": "two", "by": ["ann", "bob"], "rate": 0.7,
             "payoff": {a: float(rng.uniform(-1, 1)) for a in ACTORS}}
    move = {"front": "front", "from": "open", "to": "one", "by": ["ann"], "rate": 0.9,
            "payoff": pay}
    alone = clash(["one", ""], {a: [v, 0.0] for a, v in pay.items()}, players=("ann",), rate=0.9,
                  actions={"ann": ["go", "stay"]})
    moves = ng.solve(ng.from_dict(definition({}, {"go": move, "other": other}, flow=flow)))
    clashes = ng.solve(ng.from_dict(definition({"go": alone}, {"other": other}, flow=flow)))
    assert moves.complete and clashes.complete and moves.count == clashes.count

    def told(e: ng.Equilibrium, asked: float) -> tuple[float, ...]:
        return (*np.round(start_values(e), 8), round(asked, 8), round(e.consent_to("other"), 8))
    mine = sorted(told(e, e.actions("go")["ann"]["go"]) for e in clashes.equilibria)
    theirs = sorted(told(e, e.consent_to("go")) for e in moves.equilibria)
    assert np.array(mine) == pytest.approx(np.array(theirs), abs=1e-7)


def as_stochastic(game: Game) -> ng.StochasticGame:
    """A game with one encounter and nothing else in discrete time, by uniformisation at its rate.

    With one discount rate r and opportunities at rate λ a step is the wait for an opportunity:
    δ = λ/(r + λ), and V = (1 − δ) f/r + δ E[a + V(s′)].
    """
    lattice = build_lattice(game)
    assert lattice.clashes is not None
    r, rate = float(lattice.discount[0, 0]), float(lattice.clashes.rate[0, 0])
    delta, n, size = rate / (r + rate), len(ACTORS), len(lattice.states)
    payoffs, transitions = [], []
    for s in range(size):
        rows = list(lattice.clashes.rows(s))
        shape = lattice.clashes.shapes[0] if rows else (1,) * n
        pay = np.zeros((n, math.prod(shape)))
        to = np.zeros((math.prod(shape), size))
        pay += ((1 - delta) * lattice.flow[0, s] / r)[:, None]
        to[:, s] = 1.0
        for row in rows:
            pay += delta * lattice.clashes.lump[0, row]
            for a, edge in enumerate(lattice.clashes.edge[row]):
                if edge >= 0:
                    to[a] = np.eye(size)[lattice.edge_target[edge]]
        if rows:  # players who sit out have one action
            seats = [shape[lattice.clashes.players[0].index(i)] if i in lattice.clashes.players[0]
                     else 1 for i in range(n)]
            shape = tuple(seats)
        payoffs.append(pay.reshape(n, *shape))
        transitions.append(to.reshape(*shape, size))
    return ng.StochasticGame(payoffs, transitions, [delta] * n)


@pytest.mark.parametrize("shape", [(2, 2), (2, 3), (3, 3), (2, 2, 2)])
def test_an_encounter_is_a_stochastic_game_by_uniformisation(shape):
    compared = 0
    for seed in range(10):
        game = random_game(seed, shape=shape)
        game = replace(game, actors=FrozenMap({name: replace(actor, discount_rate=0.17)
                                               for name, actor in game.actors.items()}))
        mine, theirs = ng.solve(game, boxes=3000), ng.solve(as_stochastic(game))
        if not (mine.complete and theirs.complete):
            continue
        compared += 1
        a = sorted(tuple(np.round(start_values(e), 8)) for e in mine.equilibria)
        b = sorted(tuple(np.round(e.values[0], 8)) for e in theirs.equilibria)
        assert np.array(a) == pytest.approx(np.array(b), abs=1e-7)
    assert compared >= 7


# ---- brute force -------------------------------------------------------------------------------

def brute_force(game: Game) -> list[np.ndarray]:
    """V of every equilibrium in which all is pure, straight from the definition."""
    lattice = build_lattice(game)
    clashes, moves = lattice.clashes, list(game.moves.values())
    assert clashes is not None
    r, here = lattice.discount[0], lattice.flow[0, 0]
    rest = lattice.flow[0] / r  # every other state is an end
    rows = list(clashes.rows(0))
    move_edges = [e for e in lattice.edges(0) if lattice.edge_move[e] < len(moves)]
    found = []
    spaces = [range(math.prod(clashes.shapes[int(clashes.encounter[c])])) for c in rows]
    for profile in itertools.product(*spaces):
        for made in itertools.product((0, 1), repeat=len(move_edges)):
            top, bottom = here.copy(), r.copy()
            for yes, e in zip(made, move_edges, strict=True):
                after = rest[lattice.edge_target[e]]
                top += yes * lattice.rate[0, e] * (lattice.lump[0, e] + after)
                bottom += yes * lattice.rate[0, e]
            for c, a in zip(rows, profile, strict=True):
                edge, rate = int(clashes.edge[c, a]), clashes.rate[0, c]
                top += rate * clashes.lump[0, c, :, a]
                if edge >= 0:
                    top += rate * rest[lattice.edge_target[edge]]
                    bottom += rate
            v = top / bottom
            gains = [min(lattice.lump[0, e, i] + rest[lattice.edge_target[e], i] - v[i]
                         for i in np.flatnonzero(lattice.member[e])) for e in move_edges]
            if any((g > 0) != bool(yes) for g, yes in zip(gains, made, strict=True)):
                continue
            if all(stable(lattice, c, a, v, rest) for c, a in zip(rows, profile, strict=True)):
                found.append(v)
    return found


def stable(lattice: Any, c: int, a: int, v: np.ndarray, rest: np.ndarray) -> bool:
    clashes = lattice.clashes
    shape = clashes.shapes[int(clashes.encounter[c])]

    def brings(profile: tuple[int, ...], i: int) -> float:
        b = int(np.ravel_multi_index(profile, shape))
        edge = int(clashes.edge[c, b])
        after = v[i] if edge < 0 else rest[lattice.edge_target[edge], i]
        return float(clashes.lump[0, c, i, b] + after)
    place = tuple(int(k) for k in np.unravel_index(a, shape))
    for k, i in enumerate(clashes.players[int(clashes.encounter[c])]):
        for other in range(shape[k]):
            turned = (*place[:k], other, *place[k + 1:])
            if brings(turned, i) > brings(place, i) + 1e-12:
                return False
    return True


@pytest.mark.parametrize(("shape", "moves", "clashes"), [
    ((2, 2), 0, 1), ((3, 2), 1, 1), ((2, 2), 2, 1), ((2, 2), 0, 2), ((2, 2), 1, 2),
    ((2, 2, 2), 1, 1), ((2,), 2, 2)])
def test_pure_equilibria_are_those_of_brute_force(shape, moves, clashes):
    for seed in range(6):
        game = random_game(100 + seed, shape=shape, moves=moves, clashes=clashes)
        solution = ng.solve(game)
        check_all(solution)
        mine = sorted(tuple(np.round(start_values(e), 9)) for e in solution.equilibria if e.pure)
        theirs = sorted(tuple(np.round(v, 9)) for v in brute_force(game))
        assert len(mine) == len(theirs)
        assert np.array(mine) == pytest.approx(np.array(theirs), abs=1e-8)


@pytest.mark.parametrize(("shape", "moves", "clashes"), [
    ((2, 2), 0, 1), ((3, 3), 0, 1), ((2, 2), 1, 1), ((2, 2), 2, 1), ((2, 2), 0, 2)])
def test_indices_of_a_complete_list_sum_to_one(shape, moves, clashes):
    complete = 0
    for seed in range(8):
        game = random_game(seed, shape=shape, moves=moves, clashes=clashes)
        solution = ng.solve(game, boxes=3000)
        check_all(solution)
        if solution.complete:
            complete += 1
            assert sum(e.index for e in solution.equilibria) == 1
            assert len(solution.equilibria) % 2 == 1
    assert complete >= 7


def test_several_mixes_at_once_are_found_and_proved():
    found = complete = 0
    for seed in range(40, 50):
        solution = ng.solve(random_game(seed, clashes=2), boxes=3000)
        check_all(solution)
        for equilibrium in solution.equilibria:
            mixed = [any(0 < p < 1 for part in equilibrium.actions(name).values()
                         for p in part.values()) for name in ("clash0", "clash1")]
            found += all(mixed)
        complete += solution.complete
    assert found >= 2 and complete >= 9


def test_beside_a_bargain_every_equilibrium_is_certified_and_indices_sum_to_one():
    kinds = set()
    for seed in range(8):
        solution = ng.solve(random_game(seed, moves=1, issues=True))
        check_all(solution)
        assert sum(e.index for e in solution.equilibria) == 1
        kinds.add(solution.complete)
        if not solution.complete:
            assert "searched for, not ruled out" in str(solution.incomplete_because)
    assert kinds == {True, False}


# ---- invariances -------------------------------------------------------------------------------

def values_of(game: Game) -> np.ndarray:
    solution = ng.solve(game, boxes=3000)
    check_all(solution)
    return np.array(sorted(tuple(np.round(start_values(e), 9)) for e in solution.equilibria))


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), moves=st.integers(0, 1))
def test_the_order_of_actions_and_players_does_not_matter(seed, moves):
    game = random_game(seed, shape=(2, 3), moves=moves)
    one = game.encounters["clash0"]
    first, second = one.players

    def turned(table: Any) -> Any:
        array = np.array(table, dtype=object).T[::-1]
        return tuple(tuple(row) for row in array.tolist())
    other = replace(
        one, players=(second, first),
        actions=FrozenMap({first: one.actions[first], second: one.actions[second][::-1]}),
        targets=turned(one.targets),
        payoffs=tuple(replace(block, payoffs=FrozenMap({
            a: turned(t) for a, t in block.payoffs.items()})) for block in one.payoffs))
    swapped = replace(game, encounters=FrozenMap({"clash0": other}))
    assert values_of(swapped) == pytest.approx(values_of(game), abs=1e-7)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 10**6), moves=st.integers(0, 1),
       factor=st.sampled_from([0.01, 0.5, 3.0, 100.0]))
def test_an_affine_change_of_one_actors_payoffs_changes_its_values_alone(seed, moves, factor):
    game = random_game(seed, moves=moves)
    add = 0.7

    def changed(table: Any) -> Any:
        return tuple(map(changed, table)) if isinstance(table, tuple) else factor * table
    fronts = FrozenMap({name: replace(front, flow=FrozenMap({
        status: FrozenMap({**pays, "ann": factor * pays["ann"] + add * 0.1})
        for status, pays in front.flow.items()})) for name, front in game.fronts.items()})
    encounters = FrozenMap({name: replace(one, payoffs=tuple(replace(block, payoffs=FrozenMap({
        a: changed(t) if a == "ann" else t for a, t in block.payoffs.items()}))
        for block in one.payoffs)) for name, one in game.encounters.items()})
    made = FrozenMap({name: replace(move, payoff=FrozenMap({
        **move.payoff, "ann": factor * move.payoff["ann"]})) for name, move in game.moves.items()})
    other = replace(game, fronts=fronts, encounters=encounters, moves=made)
    mine, theirs = values_of(game), values_of(other)
    expected = np.array(sorted(map(tuple, mine * [factor, 1, 1] + [add, 0, 0])))
    assert theirs == pytest.approx(expected, abs=1e-6 * max(factor, 1.0))


def test_two_encounters_at_half_the_rate_are_one_where_play_agrees():
    """An encounter and two copies at half its rate have the same equilibria with like play."""
    compared = 0
    for seed in range(6):
        game = random_game(seed)
        one = game.encounters["clash0"]
        halves = {f"half{k}": replace(one, name=f"half{k}", rate=float(one.rate) / 2)  # type: ignore[arg-type]
                  for k in range(2)}
        split = ng.solve(replace(game, encounters=FrozenMap(halves)), boxes=3000)
        check_all(split)
        both = [e for e in split.equilibria if all(
            abs(e.actions("half0")[p][a] - e.actions("half1")[p][a]) < 1e-7
            for p in one.players for a in one.actions[p])]
        whole = ng.solve(game)
        a = sorted(tuple(np.round(start_values(e), 8)) for e in both)
        b = sorted(tuple(np.round(start_values(e), 8)) for e in whole.equilibria)
        assert np.array(a) == pytest.approx(np.array(b), abs=1e-7)
        compared += len(b)
    assert compared >= 6


# ---- conditions, linkages, settings --------------------------------------------------------------

TWO_FRONTS = {
    "format": "negotiation/1", "title": "Two fronts",
    "actors": {"ann": {"discount_rate": 0.1}, "bob": {"discount_rate": 0.1},
               "cy": {"discount_rate": 0.1}},
    "fronts": {"core": {"statuses": ["tense", "settled", "broken"]},
               "rim": {"statuses": ["tense", "settled"]}},
    "moves": {"calm": {"front": "rim", "from": "tense", "to": "settled", "by": [], "rate": 0.5}},
    "encounters": {"brink": {
        "front": "core", "from": "tense", "rate": 1.0, "players": ["ann", "bob"],
        "actions": {"ann": ["hold", "yield"], "bob": ["hold", "yield"]},
        "to": [["broken", "settled"], ["settled", ""]],
        "payoffs": [
            {"when": {"rim": "tense"}, "ann": [[-4.0, 1.0], [-1.0, 0.0]],
             "bob": [[-4.0, -1.0], [1.0, 0.0]], "cy": [[-2.0, 0.5], [0.5, 0.0]]},
            {"when": {"rim": "settled"}, "ann": [[-9.0, 1.0], [-1.0, 0.0]],
             "bob": [[-9.0, -1.0], [1.0, 0.0]]}]}},
    "linkages": [{"when": {"rim": "settled"}, "rate": {"brink": 3.0},
                  "payoff": {"brink": {"cy": 0.25}}}],
    "outcomes": {"war": {"when": {"core": "broken"}}, "peace": {"when": {"core": "settled"}}},
    "cascade": {"center": "core", "status": "settled", "periphery": ["rim"]}}


def test_payoffs_by_condition_linkages_and_bystanders_reach_the_lattice():
    lattice = build_lattice(ng.from_dict(TWO_FRONTS))
    clashes = lattice.clashes
    assert clashes is not None
    rows = {lattice.state(int(s))["rim"]: row for row, s in enumerate(clashes.state)}
    assert set(rows) == {"tense", "settled"}
    assert clashes.rate[0, rows["tense"]] == 1.0 and clashes.rate[0, rows["settled"]] == 3.0
    assert clashes.lump[0, rows["tense"]].tolist() == [[-4, 1, -1, 0], [-4, -1, 1, 0],
                                                       [-2, 0.5, 0.5, 0]]
    # a linkage pays where the status changes, not where nothing does
    assert clashes.lump[0, rows["settled"], 2].tolist() == [0.25, 0.25, 0.25, 0.0]
    assert (clashes.edge[:, 3] == -1).all() and (clashes.edge[:, :3] >= 0).all()


def test_block_takes_encounters_away_and_hold_those_of_its_front():
    game = ng.from_dict(TWO_FRONTS)
    assert not ng.apply(game, ng.setting(block=["brink"])).encounters
    assert not ng.apply(game, ng.setting(hold={"core": "tense"})).encounters
    assert ng.apply(game, ng.setting(hold={"rim": "tense"})).encounters
    with pytest.raises(UnknownNameError, match="unknown move or encounter 'brnik': did you mean"):
        ng.apply(game, ng.setting(block=["brnik"]))


def test_the_blocked_game_of_a_cascade_leaves_the_clash_but_not_the_settlement():
    """No profile takes the centre to settled; where one did its opportunity passes. War is left."""
    game = ng.from_dict(TWO_FRONTS)
    without = game.encounters["brink"].without("settled")
    assert dict(without.profiles()) == {("hold", "hold"): "broken", ("hold", "yield"): "",
                                        ("yield", "hold"): "", ("yield", "yield"): ""}
    assert without.payoffs[0].payoffs["ann"] == ((-4.0, 0.0), (0.0, 0.0))
    result = ng.cascade(game)
    blocked, = (g for g in result.games if g.kind == "blocked" and g.front == "core")
    for equilibrium in blocked.solution.equilibria:
        assert equilibrium.probability("peace", by=100.0) == 0.0


def test_status_that_the_front_is_in_is_no_change():
    game = ng.from_dict(definition({"talk": clash(
        [["one", "open"], ["two", "two"]], {"ann": [[0.0, 1.0], [0.0, 0.0]],
                                            "bob": [[0.0, 0.0], [0.0, 0.0]]},
        source=["open", "one"])}))
    lattice = build_lattice(game)
    assert lattice.clashes is not None
    changes = {lattice.state(int(s))["front"]: (lattice.clashes.edge[row] >= 0).tolist()
               for row, s in enumerate(lattice.clashes.state)}
    assert changes == {"open": [True, False, True, True], "one": [False, True, True, True]}


def test_an_encounter_that_never_comes_changes_nothing_and_is_played_all_the_same():
    game = random_game(3, moves=1)
    idle = {"never": replace(game.encounters["clash0"], name="never", rate=0.0)}
    more = replace(game, encounters=FrozenMap({**game.encounters, **idle}))
    assert values_of(more) == pytest.approx(values_of(game), abs=1e-9)
    for equilibrium in ng.solve(more).equilibria:
        for play in equilibrium.actions("never").values():
            assert sum(play.values()) == pytest.approx(1.0)


def test_an_encounter_without_any_change_is_a_game_that_pays_lumps():
    """Prisoners' dilemma at every opportunity, no status at stake: V = λ a/r."""
    game = ng.from_dict(definition({"dilemma": clash(
        [["", ""], ["", ""]], {"ann": [[2.0, 0.0], [3.0, 1.0]], "bob": [[2.0, 3.0], [0.0, 1.0]]},
        rate=0.5)}, rates=(0.1, 0.2), actors=("ann", "bob")))
    solution = ng.solve(game)
    assert solution.complete and solution.count == 1
    assert start_values(solution.equilibria[0]) == pytest.approx([5.0, 2.5])


# ---- ties --------------------------------------------------------------------------------------

def test_a_player_without_a_stake_makes_a_continuum_that_is_named():
    game = ng.from_dict(definition({"odd": clash(
        [["one", "two"], ["one", "two"]],
        {"ann": [[1.0, 0.0], [1.0, 0.0]], "bob": [[1.0, 0.0], [1.0, 0.0]]})}))
    solution = ng.solve(game)
    assert not solution.complete and solution.status is Status.CONTINUUM
    assert "continuum" in str(solution.incomplete_because)
    check_all(solution)
    told = {(part.encounter, part.actors, part.actions) for part in solution.components}
    assert ("odd", ("ann",), ("ann0", "ann1")) in told


def test_a_mediator_without_a_stake_follows_the_rule_for_indifference():
    to = [["three", "one"], ["two", ""]]
    pay = {"ann": [[-4.0, 1.0], [-1.0, 0.0]], "bob": [[-4.0, -1.0], [1.0, 0.0]]}
    help_ = {"front": "front", "from": "open", "to": "one", "by": ["cy"], "rate": 0.5,
             "payoff": {"ann": 0.4, "bob": 0.4}}
    game = ng.from_dict(definition({"brink": clash(to, pay)}, {"mediate": help_}))
    consents = {rule: {e.consent_to("mediate") for e in ng.solve(game, indifferent=rule).equilibria}
                for rule in ("consent", "refuse", "all")}
    assert consents == {"consent": {1.0}, "refuse": {0.0}, "all": {0.0, 1.0}}
    for rule in ("consent", "refuse", "all"):
        check_all(ng.solve(game, indifferent=rule))


# ---- cycles, noise, selection --------------------------------------------------------------------

CYCLE = definition(
    {"brink": clash([["three", "one"], ["two", ""]],
                    {"ann": [[-4.0, 1.0], [-1.0, 0.0]], "bob": [[-4.0, -1.0], [1.0, 0.0]]},
                    rate=0.5)},
    {"reopen": {"front": "front", "from": ["one", "two"], "to": "open", "by": [], "rate": 0.3},
     "rearm": {"front": "front", "from": "three", "to": "open", "by": ["ann"], "rate": 0.3}},
    flow={"open": {"ann": -0.1, "bob": -0.1}}, noise=0.3)


def test_a_component_with_cycles_gives_certified_equilibria_and_claims_no_more():
    solution = ng.solve(ng.from_dict(CYCLE))
    check_all(solution)
    assert not solution.complete and solution.status is Status.UNPROVED
    assert len(solution.equilibria) == 3 and sum(e.index for e in solution.equilibria) == 1


def test_selected_equilibria_are_certified_and_lie_on_the_list():
    for game in (ng.from_dict(CYCLE), random_game(5), random_game(2, moves=1)):
        one = ng.solve(game, equilibria="selected")
        check_all(one)
        listed = [start_values(e) for e in ng.solve(game, boxes=3000).equilibria]
        assert min(np.abs(start_values(one.equilibria[0]) - v).max() for v in listed) < 1e-7


@pytest.mark.parametrize("noise", [0.05, 0.4, 3.0])
def test_quantal_responses_are_the_logit_shares_of_what_actions_bring(noise):
    for game in (ng.from_dict(CYCLE), random_game(5), random_game(2, moves=1),
                 random_game(3, shape=(2, 2, 2)), random_game(1, moves=1, issues=True)):
        solution = ng.solve(replace(game, noise=noise), concept="logit")
        assert solution.status is Status.BRANCH
        found, = solution.equilibria
        assert found.regret <= REGRET_TOLERANCE
        name = next(iter(game.encounters))
        for player, worth in found.action_values(name).items():
            tilt = np.exp((np.array(list(worth.values())) - max(worth.values())) / noise)
            assert list(found.actions(name)[player].values()) == pytest.approx(
                (tilt / tilt.sum()).tolist(), abs=1e-8)


def test_the_logit_concept_asks_for_noise_of_every_player():
    with pytest.raises(InputError, match="every player of an encounter: there is none for bob"):
        ng.solve(replace(random_game(1), noise=FrozenMap({"ann": 0.1, "cy": 0.1})), concept="logit")


# ---- the certificate ---------------------------------------------------------------------------

def test_the_certificate_sees_wrong_play_wrong_values_and_wrong_chances():
    game = random_game(5)
    equilibrium = next(e for e in ng.solve(game).equilibria)
    play = equilibrium.play
    assert play is not None
    assert regret_of(equilibrium) < 1e-12
    wrong = play.copy()
    wrong[0, :2] = wrong[0, 1::-1] if wrong[0, 0] != 0.5 else [1.0, 0.0]
    assert regret_of(replace(equilibrium, play=wrong)) > 1e-3
    longer = play.copy()
    longer[0, 0] += 0.01
    assert regret_of(replace(equilibrium, play=longer)) > 1e-3
    values = equilibrium.values.copy()
    values[0] += 0.01
    assert regret_of(replace(equilibrium, values=values)) > 1e-3
    consent = equilibrium.consent.copy()
    consent[0] = 1.0 - consent[0]
    assert regret_of(replace(equilibrium, consent=consent)) > 1e-3
    assert regret_of(replace(equilibrium, play=np.full_like(play, np.nan))) == np.inf


def test_both_players_at_a_bad_profile_regret_it_by_what_the_better_action_brings():
    game = ng.from_dict(definition({"dilemma": clash(
        [["one", "two"], ["two", "three"]],
        {"ann": [[2.0, 0.0], [3.0, 1.0]], "bob": [[2.0, 3.0], [0.0, 1.0]]})},
        rates=(0.1, 0.2), actors=("ann", "bob")))
    found, = ng.solve(game).equilibria
    friendly = np.zeros_like(found.play)
    friendly[0] = [1.0, 0.0, 1.0, 0.0]
    values = np.zeros_like(found.values)
    lattice = found.lattice
    values[0] = 2.0 / (lattice.discount[0] + 1.0)
    consent = np.zeros_like(found.consent)
    consent[lattice.clashes.edge[0, 0]] = 1.0
    claim = replace(found, play=friendly, values=values, consent=consent)
    assert regret_of(claim) == pytest.approx(1.0 / lattice.payoff_range()[0].min())


def one_after_the_other() -> Game:
    """Chicken on one front, and where it has ended chicken on another one: 3 equilibria a state."""
    chicken = {"from": "tense", "rate": 1.0, "players": ["ann", "bob"],
               "actions": {"ann": ["hold", "yield"], "bob": ["hold", "yield"]},
               "to": [["war", "ann"], ["bob", ""]],
               "payoffs": {"ann": [[-4.0, 1.0], [-1.0, 0.0]], "bob": [[-4.0, -1.0], [1.0, 0.0]]}}
    statuses = {"statuses": ["tense", "war", "ann", "bob"]}
    return ng.from_dict({
        "format": "negotiation/1", "title": "One after the other",
        "actors": {"ann": {"discount_rate": 0.1}, "bob": {"discount_rate": 0.2}},
        "fronts": {"first": statuses, "then": statuses},
        "encounters": {"one": {**chicken, "front": "first"},
                       "two": {**chicken, "front": "then", "when": {"first": ["ann", "bob"]}}}})


def test_a_capped_list_counts_the_equilibria_of_encounters():
    whole = ng.solve(one_after_the_other(), boxes=20_000)
    capped = ng.solve(one_after_the_other(), boxes=20_000, cap=5)
    assert whole.complete and len(whole.equilibria) >= 9
    assert len(capped.equilibria) == 5 and capped.status is Status.CAPPED
    assert capped.count == len(whole.equilibria)


def test_when_the_time_is_over_one_equilibrium_a_state_is_listed_and_the_reason_told():
    hurried = ng.solve(one_after_the_other(), time_limit=1e-9)
    check_all(hurried)
    assert len(hurried.equilibria) == 1 and not hurried.complete
    assert "time limit" in str(hurried.incomplete_because)
