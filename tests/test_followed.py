"""Plays followed one by one: by loops, by the general engine, and against fresh solves."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from random_games import Shape, random_definition

import negotiation as ng
from negotiation.equilibrium.extremes import Goals
from negotiation.kernels import compiled
from negotiation.lattice import build_lattice
from negotiation.text.trace import trace_page
from negotiation.tracing import Ending, onward
from negotiation.tracing import sample as sampling
from negotiation.tracing.certified import certified
from negotiation.tracing.margins import settle
from negotiation.tracing.plays import read, surpluses
from negotiation.tracing.point import Point
from negotiation.tracing.relevant import listed, relevant, whole
from negotiation.tracing.sample import Family, Sample
from negotiation.tracing.sweep import Solving, cold, sweep

SHAPE = Shape(fronts=3, actors=3, issues=2, curved=True, links=4)


def moody(seed: int) -> ng.Game:
    """A random game with terms in which the parameter ``mood`` is one actor's flow of one front."""
    table = random_definition(seed, SHAPE)
    front, actor = next(iter(table["fronts"].values())), next(iter(table["actors"]))
    for status in front["statuses"][1:]:
        front["flow"][status][actor] = f"{front['flow'][status][actor]} + 0.5*mood"
    return ng.from_dict(table)


def plain(module: str, name: str, large: bool = False) -> Callable[..., Any]:
    """A kernel as it stands: slow, and the same as compiled."""
    kernel: Callable[..., Any] = getattr(
        importlib.import_module(f"negotiation.kernels.{module}"), name)
    return kernel


def family_of(seed: int) -> tuple[Family, Sample]:
    """A game along its parameter, and all its plays at a share of the line."""
    family = Family(moody(seed), (("mood", -1.0, 1.0),))
    here, = family.samples([0.4], Solving())
    return family, here


@pytest.mark.parametrize("seed", range(12))
def test_loops_and_the_general_engine_follow_plays_to_the_same_equilibria(
        seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    family, here = family_of(seed)
    monkeypatch.setattr(compiled, "available", lambda: False)
    monkeypatch.setattr(compiled, "compiled", lambda *_, **__: None)
    slow, = family.follow([0.43], Solving(), [here.points])
    monkeypatch.setattr(compiled, "available", lambda: True)
    monkeypatch.setattr(compiled, "compiled", plain)
    stuck = 0
    general = onward._states

    def counted(work: Any, row: Any, state: Any, solving: Any) -> None:
        nonlocal stuck
        stuck += len(row)
        general(work, row, state, solving)

    monkeypatch.setattr(onward, "_states", counted)
    quick, = family.follow([0.43], Solving(), [here.points])
    assert stuck < len(here.points) * len(here.points[0].lattice.states)  # loops did something
    fresh = ng.solve(family.game.with_parameters(mood=-1.0 + 2.0 * 0.43))
    scale = fresh.lattice.payoff_range()[0]
    values = np.array([equilibrium.values for equilibrium in fresh.equilibria])
    for sample in (slow, quick):
        assert len(sample.points) and all(np.isnan(p.play.regret) for p in sample.points)
        for point in certified(sample.points):
            assert point is not None and point.play.regret <= 1e-9
            apart = (np.abs(values - point.play.values) / scale).max(axis=(1, 2))
            assert not fresh.complete or apart.min() < 1e-7
    same = {p.signature for p in slow.points} & {p.signature for p in quick.points}
    assert same
    for signature in same:
        a, b = (next(p for p in sample.points if p.signature == signature)
                for sample in (slow, quick))
        assert np.abs(a.value - b.value).max() < 1e-8


def test_a_play_that_is_no_equilibrium_has_no_certificate() -> None:
    _, here = family_of(3)
    right = here.points[0]
    wrong = Point(right.t, replace(right.play, values=right.play.values + 1e-6), right.lattice,
                  right.key)
    found = certified([right, wrong])
    assert found[0] is not None and found[1] is None


def test_bounds_keep_out_only_moves_that_stay_refused() -> None:
    """Of two points of one play, every move that is not settled has a surplus below zero at both;
    settled ones have the surplus that the bargain itself has."""
    left_out = 0
    for seed in range(12):
        family, here = family_of(seed)
        there, = family.follow([0.41], Solving(), [here.points])
        again, = family.follow([0.42], Solving(), [there.points])
        for a in there.points:
            b = next((p for p in again.points if p.signature == a.signature), None)
            if b is None:
                continue
            settle([(a, b, 0.41, 0.43)])
            for point in (a, b):
                edges = np.flatnonzero(np.isfinite(point.surpluses.sigma)
                                       & (point.lattice.bargain >= 0) & (point.play.label == 0))
                sigma = surpluses(point.lattice, point.play, edges)
                known = ~point.surpluses.open[edges]
                assert (sigma[~known] < 0.0).all()
                assert point.surpluses.sigma[edges][known] == pytest.approx(sigma[known], abs=1e-8)
                assert (sigma <= point.surpluses.sigma[edges] + 1e-8).all()
                left_out += int((~known).sum())
    assert left_out > 20


def test_draws_of_a_compiled_game_are_those_of_the_game_compiled_there() -> None:
    family = Family(moody(5), (("mood", -1.0, 1.0),))
    rows = family.rows([0.25, 0.75])
    for k, mood in enumerate((-0.5, 0.5)):
        fresh = build_lattice(family.game.with_parameters(mood=mood))
        one = rows.single(k)
        for name in ("flow", "rate", "lump", "discount", "value", "states", "edge_target"):
            assert np.array_equal(getattr(one, name), getattr(fresh, name)), name


@pytest.mark.parametrize("loops", [False, True])
def test_equilibria_differ_only_where_a_play_can_depend_on_them(
        loops: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Against the general engine: every play is found among the states that are relevant; loops
    answer for pure consents alone."""
    left_out = compared = 0
    for seed in range(3):
        lattice = build_lattice(moody(seed))
        with monkeypatch.context() as patch:
            patch.setattr(compiled, "available", lambda: loops)
            patch.setattr(compiled, "compiled", plain if loops else lambda *_, **__: None)
            part = relevant(lattice, Solving())
        left_out += len(lattice.states) - len(part.state)
        every, found = sweep(lattice, Solving(cap=4096)), listed(
            lattice, part, cold, Solving(), Goals.of(part.lattice, 10.0))
        assert not every.capped and found[1]
        mine = {Point(0.0, whole(lattice, part, play), lattice, "").signature
                for play in read(part.lattice, found[0]).plays[0]}
        for play in read(lattice, every).plays[0]:
            if loops and ((play.consent > 0) & (play.consent < 1)).any():
                continue
            compared += 1
            assert set(np.flatnonzero(play.on_path)) <= set(part.state.tolist())
            assert Point(0.0, play, lattice, "").signature in mine
    assert left_out > 2 and compared > 2


@pytest.mark.parametrize("seed", [
    seed if seed < 1 else pytest.param(seed, marks=pytest.mark.long)
    for seed in (*range(10), 21, 23)])
def test_a_large_game_has_no_plays_that_no_branch_covers(
        seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A trace that follows plays one by one, against fresh solves between its values."""
    monkeypatch.setattr(sampling, "LARGE", 1)
    game = moody(seed)
    trace = ng.trace(game, "mood", -0.5, 0.5, grid=5)
    assert trace.followed and trace.ending in (Ending.DONE, Ending.ROUNDS)
    rng = np.random.default_rng(seed)
    for value in rng.uniform(-0.5, 0.5, 3).tolist():
        fresh = ng.solve(game.with_parameters(mood=value))
        scale = fresh.lattice.payoff_range()[0]
        known = [e.values[0] / scale for e in trace.at(value).values()]
        for equilibrium in fresh.equilibria:
            # with a compiler, mixes beside an equilibrium in pure consents are not looked for
            if ((equilibrium.consent > 0) & (equilibrium.consent < 1)).any():
                continue
            apart = [np.abs(equilibrium.values[0] / scale - v).max() for v in known]
            assert min(apart) < 1e-6


def test_more_checks_than_stretches_part_these_again() -> None:
    trace = ng.trace(moody(0), "mood", -0.5, 0.5, grid=2, checks=6)
    fresh = sorted(solved.value for solved in trace.solved if solved.searched)
    assert trace.checked == 6 and len(fresh) == 8
    assert max(np.diff(fresh)) < 0.35


def test_a_trace_that_follows_plays_is_kept_and_gone_on_with(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Certificates of plays that were followed are not known until they are shown."""
    monkeypatch.setattr(sampling, "LARGE", 1)
    game, file = moody(0), tmp_path / "trace.json"
    trace = ng.trace(game, "mood", -0.5, 0.5, grid=2, checks=0, save=file)
    again = ng.trace(game, "mood", -0.5, 0.5, grid=2, checks=0, resume=file)
    assert trace.followed and '"regret": null' in file.read_text()
    assert [branch.values.tolist() for branch in again.branches] == [
        branch.values.tolist() for branch in trace.branches]
    for one, other in zip(trace.branches, again.branches, strict=True):
        assert other.regret == pytest.approx(one.regret, abs=1e-12)


def test_what_is_not_followed_is_counted_and_its_range_told(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More plays than the cap: the two by which an outcome is least and most likely are followed,
    and the range of all chances is that of all plays, listed by the general engine."""
    monkeypatch.setattr(sampling, "LARGE", 1)
    monkeypatch.setattr(compiled, "available", lambda: False)
    monkeypatch.setattr(compiled, "compiled", lambda *_, **__: None)
    definition = random_definition(44, Shape(fronts=3, third=True, coalition=2, links=4, issues=1))
    front = next(iter(definition["fronts"]))
    definition["outcomes"] = {"over": {"when": {front: "done"}},
                              "others": {"when": {name: "done" for name in definition["fronts"]
                                                  if name != front}}}
    game, file = ng.from_dict(definition), tmp_path / "trace.json"
    asked: dict[str, Any] = {"outcome": "over", "grid": 3, "checks": 0, "cap": 4}
    few = ng.trace(game, "mood", -0.5, 0.5, save=file, **asked)
    all_ = ng.trace(game, "mood", -0.5, 0.5, **{**asked, "cap": 64})
    assert few.ending is Ending.MANY and all_.ending is Ending.DONE
    for one, other in zip((s for s in few.solved if s.searched),
                          (s for s in all_.solved if s.searched), strict=True):
        assert one.value == other.value and one.plays <= 4
        assert one.listed <= other.listed == other.plays
        for name, (low, high) in one.chances.items():
            assert other.chances[name][0] - 1e-9 <= low <= high <= other.chances[name][1] + 1e-9
        assert one.chances["over"] == pytest.approx(other.chances["over"], abs=1e-9)
    page = trace_page(few)
    assert "VALUES WITH MORE BRANCHES THAN ARE FOLLOWED" in page
    assert "VALUES WITH MORE" not in trace_page(all_)
    again = ng.trace(game, "mood", -0.5, 0.5, resume=file, **asked)
    assert again.solved == few.solved
    with pytest.raises(ng.UnknownNameError, match="did you mean 'over'"):
        ng.trace(game, "mood", -0.5, 0.5, outcome="ovr")


@pytest.mark.long
def test_every_play_of_the_main_case_is_followed_where_they_can_be_listed() -> None:
    """A dozen plays and more at each value; no event is told twice."""
    if not compiled.available():
        pytest.skip("takes minutes without numba")
    trace = ng.trace(ng.load("nrnap"), "foreign_forces_gain", 1.05, 1.15, grid=3)
    assert trace.ending is Ending.DONE and len(trace.branches) > 20
    assert all((branch.regret <= 1e-9).all() for branch in trace.branches)
    for a in trace.events:
        for b in trace.events[a.id:]:
            assert a.kind != b.kind or abs(a.value - b.value) > 1e-9
