"""Stability by the graph model's concepts: published tables, brute force, properties, the page."""

from __future__ import annotations

import itertools
import json
import random
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import numpy as np
import pytest

import negotiation as ng
from negotiation.cli import main
from negotiation.formats.record_schema import output_schema
from negotiation.graph_model import PREFERENCES
from negotiation.stability import ALONE, CONCEPTS, TOGETHER, StabilityResult

ROOT = Path(__file__).resolve().parent.parent
PUBLISHED = {path.stem: answers["stability"] for path in sorted((ROOT / "games").glob("*.toml"))
             if "stability" in (answers := tomllib.loads(path.read_text(encoding="utf-8")
                                                         ).get("answers", {}))}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Any:
    def call(*argv: str) -> Any:
        status = main(list(argv))
        captured = capsys.readouterr()
        asked = "--json" in argv and status == 0
        return SimpleNamespace(status=status, out=captured.out, err=captured.err,
                               json=json.loads(captured.out) if asked else None)
    return call


# ---- published tables ------------------------------------------------------------------------

@pytest.mark.parametrize("name", PUBLISHED)
def test_the_equilibria_that_a_file_cites_are_found(name: str) -> None:
    cited = PUBLISHED[name]
    result = ng.stability(ng.load(name))
    numbers = {key: result.model.lattice.find(state) for key, state in cited["states"].items()}
    assert cited["equilibria"]
    for concept, states in cited["equilibria"].items():
        assert set(result.equilibrium_states(concept)) == {numbers[key] for key in states}, concept


def test_three_conflicts_of_the_literature_are_among_them() -> None:
    assert set(PUBLISHED) >= {"prisoners-dilemma", "elmira", "cuban-missile-crisis"}


def test_at_elmira_the_ministry_and_uniroyal_leave_the_fifth_state_together() -> None:
    """Kilgour, Hipel, Fang & Peng (2001): the coalition jumps from state 5 to state 8."""
    result = ng.stability(ng.load("elmira"))
    states = {key: result.model.lattice.find(state)
              for key, state in PUBLISHED["elmira"]["states"].items()}
    (deviation,) = result.deviations(states["s5"])
    assert deviation.by == ("moe", "uniroyal")
    assert deviation.state == states["s8"]
    assert not any(deviation.sanctions.values())
    assert not result.stable_for("CNash", ("uniroyal", "moe"), states["s5"])
    assert result.stable_for("Nash", "moe", states["s5"])
    evolution = result.evolution(states["s8"])
    assert evolution is not None and evolution.kind == "together"
    moves = [result.model.lattice.moves[m] for step in evolution.steps for m in step.moves]
    assert moves[0] == "insist" and set(moves[1:]) == {"modify", "accept"}


# ---- brute force -----------------------------------------------------------------------------

def random_conflict(seed: int) -> dict[str, Any]:
    """A small game of two or three actors, moves of one and of several, flows with ties."""
    draw = random.Random(seed)
    actors = ["a", "b", "c"][:draw.choice([2, 3, 3])]
    fronts = {name: [f"{name}{k}" for k in range(draw.choice([2, 2, 3]))]
              for name in ("x", "y")[:draw.choice([1, 2, 2])]}
    moves = {}
    for front, statuses in fronts.items():
        for k, (source, target) in enumerate(itertools.permutations(statuses, 2)):
            for again in range(draw.choice([0, 1, 1, 2])):
                size = draw.choice([1, 1, 1, 2, len(actors)])
                moves[f"{front}_{k}_{again}"] = {
                    "front": front, "from": source, "to": target, "rate": 1.0,
                    "by": sorted(draw.sample(actors, min(size, len(actors))))}
    moves["first"] = {"front": "x", "from": "x0", "to": "x1", "by": ["a"], "rate": 1.0}
    links = [{"when": dict(zip(fronts, state, strict=True)),
              "flow": {name: draw.randint(0, 4) for name in actors}}
             for state in itertools.product(*fronts.values())]
    return {"format": "negotiation/1", "title": "Random", "linkages": links, "moves": moves,
            "actors": {name: {"discount_rate": 0.1} for name in actors},
            "fronts": {name: {"statuses": statuses} for name, statuses in fronts.items()}}


class Brute:
    """The definitions word for word, on sets, from a game's data; no code of the package's own."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.worth = {tuple(link["when"].values()): link["flow"] for link in data["linkages"]}
        self.moves = data["moves"]
        self.fronts = list(data["fronts"])
        self.actors = list(data["actors"])

    def steps(self, state: tuple[str, ...]) -> Iterator[tuple[frozenset[str], tuple[str, ...]]]:
        for move in self.moves.values():
            k = self.fronts.index(move["front"])
            if state[k] == move["from"]:
                yield frozenset(move["by"]), (*state[:k], move["to"], *state[k + 1:])

    def sequences(self, who: frozenset[str], state: tuple[str, ...],
                  last: frozenset[str] | None = None, gaining: bool = False) -> set[Any]:
        """The ends (state, last owner) of legal sequences: the least set closed under a move."""
        ends: set[Any] = set()
        while True:
            longer = {(target, owner) for here, before in {(state, last), *ends}
                      for owner, target in self.steps(here)
                      if owner <= who and owner != before
                      and (not gaining or self.better(owner, here, target))}
            if longer <= ends:
                return ends
            ends |= longer

    def better(self, who: frozenset[str], old: tuple[str, ...], new: tuple[str, ...]) -> bool:
        return all(self.worth[new][i] > self.worth[old][i] for i in who)

    def reach(self, who: frozenset[str], state: tuple[str, ...]) -> set[tuple[str, ...]]:
        return {target for target, _ in self.sequences(who, state)}

    def joint(self, who: frozenset[str], state: tuple[str, ...]) -> set[tuple[str, ...]]:
        """Ends of legal sequences made of improvements of coalitions inside ``who``."""
        parts = [frozenset(c) for n in range(1, len(who) + 1)
                 for c in itertools.combinations(sorted(who), n)]
        done: set[Any] = set()
        todo = {(state, None)}
        while todo:
            here, last = todo.pop()
            for part in parts:
                for target, owner in self.sequences(part, here, last):
                    if self.better(part, here, target) and (target, owner) not in done:
                        done.add((target, owner))
                        todo.add((target, owner))
        return {target for target, _ in done}

    def verdicts(self, who: frozenset[str], state: tuple[str, ...], makers: frozenset[str],
                 ) -> tuple[bool, bool, bool, bool]:
        rest = makers - who
        single = len(who) == 1
        gains = [t for t in self.reach(who, state) if self.better(who, state, t)]

        def hurt(t: tuple[str, ...]) -> bool:
            return not self.better(who, state, t)

        def final(t: tuple[str, ...]) -> bool:
            return all(hurt(v) for v in self.reach(who, t))

        def credible(t: tuple[str, ...]) -> set[tuple[str, ...]]:
            if single:
                return {u for u, _ in self.sequences(rest, t, gaining=True)}
            return self.joint(rest, t)

        return (not gains, all(any(hurt(u) for u in self.reach(rest, t)) for t in gains),
                all(any(hurt(u) and final(u) for u in self.reach(rest, t)) for t in gains),
                all(any(hurt(u) for u in credible(t)) for t in gains))


def pairs(result: StabilityResult) -> Iterator[tuple[int, tuple[str, ...]]]:
    return itertools.product(range(len(result.model.ranks)), result.coalitions)


@pytest.mark.parametrize("seed", range(60))
def test_every_verdict_is_that_of_the_definitions_on_sets(seed: int) -> None:
    data = random_conflict(seed)
    result, brute = ng.stability(ng.from_dict(data)), Brute(data)
    makers = frozenset(result.model.makers)
    for state, names in pairs(result):
        there = tuple(result.model.lattice.state(state).values())
        expected = brute.verdicts(frozenset(names), there, makers)
        if len(names) == 1:
            found = tuple(result.stable_for(c, names[0], state) for c in ALONE)
            assert found == expected, (state, names)
        else:
            assert tuple(result.stable_for(c, names, state) for c in TOGETHER) == expected


@pytest.mark.parametrize("seed", range(60, 160))
def test_concepts_are_nested(seed: int) -> None:
    result = ng.stability(ng.from_dict(random_conflict(seed)))
    every = {**result.alone, **result.together}
    for first, then in (("Nash", "SEQ"), ("SEQ", "GMR"), ("Nash", "SMR"), ("SMR", "GMR"),
                        ("CNash", "CSEQ"), ("CSEQ", "CGMR"), ("CNash", "CSMR"), ("CSMR", "CGMR")):
        assert not (every[first] & ~every[then]).any(), (first, then)
    for concept in ("Nash", "GMR", "SMR"):
        assert not (result.equilibrium[f"C{concept}"] & ~result.equilibrium[concept]).any()


@pytest.mark.parametrize("seed", range(20))
def test_only_the_order_of_preference_counts(seed: int) -> None:
    data = random_conflict(seed)
    changed = json.loads(json.dumps(data))
    for link in changed["linkages"]:
        link["flow"]["a"] = 3.0 * link["flow"]["a"] ** 3 - 7.0
    first, second = (ng.stability(ng.from_dict(d)) for d in (data, changed))
    for concept in CONCEPTS:
        assert first.equilibrium_states(concept) == second.equilibrium_states(concept)


@pytest.mark.parametrize("seed", range(20))
def test_names_do_not_count(seed: int) -> None:
    data = random_conflict(seed)
    other = {"a": "zeta", "b": "eta", "c": "alpha"}
    changed = json.loads(json.dumps(data))
    changed["actors"] = {other[a]: v for a, v in reversed(data["actors"].items())}
    for move in changed["moves"].values():
        move["by"] = [other[a] for a in move["by"]]
    for link in changed["linkages"]:
        link["flow"] = {other[a]: v for a, v in link["flow"].items()}
    first, second = (ng.stability(ng.from_dict(d)) for d in (data, changed))
    for concept in CONCEPTS:
        assert first.equilibrium_states(concept) == second.equilibrium_states(concept)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_told_of_a_deviation_can_be_checked_move_by_move(seed: int) -> None:
    result = ng.stability(ng.from_dict(random_conflict(seed)))
    model = result.model

    def follow(steps: Any, start: int, end: int, inside: set[str]) -> None:
        at, last = start, 0
        for step in steps:
            assert step.source == at and step.owner != last
            assert set(model.names(step.owner)) <= inside
            at, last = step.target, step.owner
        assert at == end

    for state in range(len(model.ranks)):
        told = result.deviations(state)
        for deviation in told:
            members = [model.makers.index(name) for name in deviation.by]
            follow(deviation.steps, state, deviation.state, set(deviation.by))
            assert (model.ranks[deviation.state, members] > model.ranks[state, members]).all()
            for answer in filter(None, deviation.sanctions.values()):
                follow(answer.steps, deviation.state, answer.state,
                       set(model.makers) - set(deviation.by))
                assert (model.ranks[answer.state, members] <= model.ranks[state, members]).any()
            if len(deviation.by) == 1 and (credible := deviation.sanctions["SEQ"]):
                assert all(model.gains(step) for step in credible.steps)
        for i, name in enumerate(model.makers):
            mine = [d for d in told if d.by == (name,)]
            for concept in ALONE:
                deterred = all(d.sanctions[concept] for d in mine)
                assert result.alone[concept][state, i] == deterred, concept


@pytest.mark.parametrize("seed", range(40))
def test_how_a_state_comes_about_keeps_what_it_says(seed: int) -> None:
    result = ng.stability(ng.from_dict(random_conflict(seed)))
    model = result.model
    for state in range(1, len(model.ranks)):
        evolution = result.evolution(state)
        assert evolution is not None
        assert [step.source for step in evolution.steps] == [
            0, *(step.target for step in evolution.steps[:-1])]
        assert evolution.steps[-1].target == state
        if evolution.kind == "alone":
            assert all(model.gains(s) and s.owner.bit_count() == 1 for s in evolution.steps)


@pytest.mark.parametrize("seed", range(40))
def test_transitive_moves_are_the_game_with_every_move_in_one_go(seed: int) -> None:
    data = random_conflict(seed)
    moves = data["moves"] = {  # all ways between the statuses of a front, by owners who have one
        name: move for name, move in data["moves"].items() if len(move["by"]) == 1}
    result = ng.stability(ng.from_dict(data), transitive=True)
    fronts = list(data["fronts"])
    actors = {move["by"][0] for move in moves.values()}
    worth = {tuple(link["when"].values()): link["flow"] for link in data["linkages"]}

    def own(actor: str, state: tuple[str, ...]) -> set[tuple[str, ...]]:
        found = {state}
        while True:
            more = {(*s[:k], move["to"], *s[k + 1:]) for s in found for move in moves.values()
                    for k in [fronts.index(move["front"])]
                    if move["by"] == [actor] and s[k] == move["from"]}
            if more <= found:
                return found
            found |= more

    for state in range(len(result.model.ranks)):
        there = tuple(result.model.lattice.state(state).values())
        for actor in actors & set(result.model.makers):
            better = any(worth[t][actor] > worth[there][actor] for t in own(actor, there))
            assert result.stable_for("Nash", actor, state) == (not better)


def test_two_moves_in_one_go_can_be_an_improvement_where_neither_is() -> None:
    fronts = {name: {"statuses": ["no", "yes"]} for name in ("x", "y")}
    moves = {name: {"front": name, "from": "no", "to": "yes", "by": ["a"], "rate": 1.0}
             for name in fronts}
    link = {"when": {"x": "yes", "y": "yes"}, "flow": {"a": 1.0}}
    game = ng.from_dict(small(fronts=fronts, moves=moves, linkages=[link]))
    assert 0 in ng.stability(game).equilibrium_states("Nash")
    result = ng.stability(game, transitive=True)
    assert 0 not in result.equilibrium_states("Nash")
    (deviation,) = result.deviations(0)
    assert sorted(deviation.steps[0].moves) == [0, 1]


# ---- reading a game --------------------------------------------------------------------------

def small(**changes: Any) -> dict[str, Any]:
    data: dict[str, Any] = {
        "format": "negotiation/1", "title": "Small",
        "actors": {"a": {"discount_rate": 0.1}, "b": {"discount_rate": 0.2}},
        "fronts": {"f": {"statuses": ["open", "done", "lost"],
                         "flow": {"open": {"a": 0.0, "b": 0.0}, "done": {"a": -0.05, "b": 0.1}}}},
        "moves": {"settle": {"front": "f", "from": "open", "to": "done", "by": ["a", "b"],
                             "rate": 1.0, "payoff": {"a": 1.0},
                             "issues": {"price": {"value": {"a": 1.0, "b": -1.0}}}},
                  "lose": {"front": "f", "from": "open", "to": "lost", "by": [], "rate": 0.1}}}
    return {**data, **changes}


def test_a_joint_move_is_its_coalition_s_and_chance_is_nobody_s() -> None:
    result = ng.stability(ng.from_dict(small()), preferences="lumps")
    assert result.model.makers == ("a", "b")
    assert [result.model.names(step.owner) for step in result.model.steps] == [("a", "b")]
    # a: a perpetual flow of −0.05/0.1 and a lump of 1; b: 0.1/0.2. Both gain 0.5 by settling.
    assert result.equilibrium_states("Nash") == (0, 1, 2)
    assert result.equilibrium_states("CNash") == (1, 2)
    assert any("by chance" in words for words in result.model.left_out)
    lost = result.evolution(result.model.lattice.find({"f": "lost"}))
    assert lost is None


def test_by_flow_alone_the_same_game_is_not_left() -> None:
    result = ng.stability(ng.from_dict(small()))
    assert result.equilibrium_states("CNash") == (0, 1, 2)
    assert "lumps that moves pay" in result.model.left_out
    assert "the terms that moves are bargained on" in result.model.left_out


def test_terms_are_bargained_against_staying() -> None:
    data = small()
    data["moves"]["settle"]["payoff"] = {"a": 0.5}
    # Without terms a's gain is −0.5 + 0.5 = 0; with terms the sum of 0.5 is halved.
    lumps = ng.stability(ng.from_dict(data), preferences="lumps")
    assert lumps.equilibrium_states("CNash") == (0, 1, 2)
    result = ng.stability(ng.from_dict(data), preferences="terms")
    assert result.equilibrium_states("CNash") == (1, 2)
    assert not any("terms" in words for words in result.model.left_out)


def test_lumps_that_depend_on_the_way_are_refused_with_the_way() -> None:
    data = small()
    data["moves"]["again"] = {**data["moves"]["settle"], "payoff": {"a": 2.0}, "issues": {}}
    with pytest.raises(ng.InputError, match="depends on the way.*use preferences 'flow'"):
        ng.stability(ng.from_dict(data), preferences="lumps")


def test_what_cannot_be_read_says_why() -> None:
    chance = small(moves={"lose": small()["moves"]["lose"]})
    with pytest.raises(ng.InputError, match="no decision makers"):
        ng.stability(ng.from_dict(chance))
    with pytest.raises(ng.InputError, match="'preferences' must be one of flow, lumps, terms"):
        ng.stability(ng.from_dict(small()), preferences="taste")
    fronts = {f"f{k}": {"statuses": ["no", "yes"]} for k in range(12)}
    moves = {f"m{k}": {"front": f"f{k}", "from": "no", "to": "yes", "by": ["a"], "rate": 1.0}
             for k in range(12)}
    with pytest.raises(ng.InputError, match="at most 2,000 states; this game has 4,096"):
        ng.stability(ng.from_dict(small(fronts=fronts, moves=moves)))
    with pytest.raises(ng.UnknownNameError, match="did you mean 'Nash'"):
        ng.stability(ng.from_dict(small())).equilibria("nsh")
    with pytest.raises(ng.InputError, match="'Nash' cannot be asked"):
        ng.stability(ng.from_dict(small())).stable_for("Nash", ("a", "b"), 0)


def test_a_game_with_postures_needs_one_convention() -> None:
    game = ng.load("nrnap")
    held = ng.apply(game, ng.setting(hold={"ukraine": "settled", "us_posture": "reduced"}))
    with pytest.raises(ng.InputError, match="3 conventions"):
        ng.stability(held, conventions="all")
    assert len(ng.stability(held, conventions="payoff-dominant").model.ranks) > 10


def test_rounding_does_not_break_a_tie() -> None:
    data = small()
    data["fronts"]["f"]["flow"] = {"open": {"a": 0.3}, "done": {"a": 0.1 + 0.2, "b": 1.0}}
    data["moves"]["settle"] = {"front": "f", "from": "open", "to": "done", "by": ["a"], "rate": 1.0}
    ranks = ng.stability(ng.from_dict(data)).model.ranks
    assert ranks[0, 0] == ranks[1, 0]


# ---- the command -----------------------------------------------------------------------------

@pytest.mark.parametrize("name", [*PUBLISHED, "issue-linkage", "central"])
@pytest.mark.parametrize("preferences", PREFERENCES)
def test_the_record_fits_its_schema(run: Any, name: str, preferences: str) -> None:
    said = run("stability", name, "--preferences", preferences, "--json")
    if said.status == 2:
        assert "depends on the way" in said.err and preferences != "flow"
        return
    jsonschema.validate(said.json, output_schema("stability"))
    result = ng.stability(ng.load(name), preferences=preferences)
    assert said.json["equilibria"] == {
        c: [s + 1 for s in result.equilibrium_states(c)] for c in CONCEPTS}
    assert [tuple(entry["rank"].values()) for entry in said.json["states"]] == [
        tuple(row) for row in result.model.ranks.tolist()]


def test_the_page_tells_who_can_do_what(run: Any) -> None:
    text = " ".join(run("stability", "elmira").out.split())
    assert "#  Nash  GMR  SMR  SEQ  CNash  CGMR  CSMR  CSEQ" in run("stability", "elmira").out
    assert ("Ministry of the Environment and Uniroyal can improve together, and nobody can deter "
            "that: by “The Ministry modifies the order”, then “Uniroyal accepts”") in text
    assert "stable for everybody, alone and together, by every concept" in text
    assert "with moves that coalitions gain by: “The local governments insist”" in text


def test_a_large_game_is_summed_up(run: Any) -> None:
    said = run("stability", "nrnap")
    assert said.status == 0
    assert "of 260 in all" in said.out
    assert len(said.out.splitlines()) < 250


def test_a_setting_changes_the_conflict(run: Any) -> None:
    said = run("stability", "elmira", "--block", "accept", "--json")
    assert said.status == 0
    assert len(said.json["states"]) == 5
    wrong = run("stability", "elmira", "--preferences", "flw")
    assert wrong.status == 2 and "did you mean 'flow'?" in wrong.err


def test_tables_cannot_be_written_to() -> None:
    result = ng.stability(ng.load("prisoners-dilemma"))
    with pytest.raises(ValueError, match="read-only"):
        result.alone["Nash"][0, 0] = np.True_
