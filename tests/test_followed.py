"""Plays followed one by one: by loops, by the general engine, and against fresh solves."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from random_games import Shape, random_definition

import negotiation as ng
from negotiation.kernels import compiled
from negotiation.lattice import build_lattice
from negotiation.tracing import onward
from negotiation.tracing.certified import certified
from negotiation.tracing.margins import settle
from negotiation.tracing.plays import surpluses
from negotiation.tracing.sample import Family, Point, Sample
from negotiation.tracing.sweep import Solving

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
