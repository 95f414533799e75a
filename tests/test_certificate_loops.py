"""The certificate in loops is that in arrays: at equilibria, and at claims that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from random_games import Shape, open_state, random_game

import negotiation as ng
from negotiation.equilibrium import certificate
from negotiation.equilibrium.certificate import KINDS, Certificate, certify
from negotiation.equilibrium.result import Equilibrium
from negotiation.kernels import certificate_loops, compiled
from negotiation.kernels.certificate_loops import NEAR_ENOUGH
from negotiation.lattice import Lattice, build_lattice

Loops = Callable[..., None]
Claim = tuple[Any, ...]

#: regrets are told to a step of a ladder, bounds of σ by different ways to weigh its members
NOTHING = 2.0 * NEAR_ENOUGH
SHAPES = (Shape(issues=2), Shape(issues=3, curved=True, coalition=3, actors=4),
          Shape(fronts=3, issues=2, coalition=3, chance=0.3))


def plain(told: list[bool]) -> Loops:
    """The loops as they stand; ``told`` gets which states they could do."""
    def loops(*given: Any) -> None:
        with np.errstate(all="ignore"):
            certificate_loops.certify_rows(*given)
        told.extend(given[3][3].tolist())

    return loops


def both(patch: pytest.MonkeyPatch, loops: Loops, claim: Claim) -> tuple[Certificate, Certificate]:
    """The quick certificate through loops, and without."""
    def kernel(module: str, name: str, large: bool = False) -> Loops | None:
        return loops if name == "certify_rows" else None

    patch.setattr(compiled, "compiled", kernel)
    in_loops = certify(*claim, quick=True)
    patch.setattr(compiled, "compiled", lambda *_, **__: None)
    return in_loops, certify(*claim, quick=True)


def agree(one: Certificate, other: Certificate) -> None:
    """Alike up to rounding; the same condition and move where the regret is clear."""
    clear = other.regret > NOTHING
    assert ((one.regret > NOTHING) == clear).all()
    assert (np.isinf(one.regret) == np.isinf(other.regret)).all()
    number = clear & np.isfinite(other.regret)
    assert one.regret[number] == pytest.approx(other.regret[number], rel=1e-8, abs=NOTHING)
    assert one.kind[clear].tolist() == other.kind[clear].tolist()
    assert one.edge[clear].tolist() == other.edge[clear].tolist()


def claims_of(equilibria: list[Equilibrium]) -> Claim:
    """Every state of some equilibria of one game as rows."""
    lattice = equilibria[0].lattice
    count = np.diff(lattice.first_edge)
    has = np.arange(count.max()) < count[:, None]
    edge = np.where(has, lattice.first_edge[:-1, None] + np.arange(count.max()), 0)
    states = np.arange(len(count))
    draw = np.zeros(len(states) * len(equilibria), dtype=np.int64)
    after = [np.where(has[..., None], e.values[lattice.edge_target[edge]], 0.0) for e in equilibria]
    consent = [np.where(has, e.consent[edge], 0.0) for e in equilibria]
    bargained = has & (lattice.bargain[edge] >= 0)
    terms = [np.where(bargained[..., None], e.terms_array[lattice.bargain[edge]], 0.0)
             if len(e.terms_array) else np.zeros((*has.shape, lattice.value.shape[2]))
             for e in equilibria]
    return (lattice, draw, np.tile(states, len(equilibria)),
            np.concatenate([e.values for e in equilibria]), *map(
                np.concatenate, (after, consent, terms)))


def solved(game: ng.Game) -> Claim:
    return claims_of(list(ng.solve(game, cap=8).equilibria))


def corrupted(claim: Claim, rng: np.random.Generator) -> dict[str, Claim]:
    """Every kind of violation, in a random place of each state, and of a random size."""
    lattice, draw, state, value, after, consent, terms = claim
    rows = np.arange(len(state))
    size = 10.0 ** rng.uniform(-7.0, 0.0, len(rows))
    count = np.diff(lattice.first_edge)[state]
    slot = np.minimum((rng.random(len(rows)) * count).astype(int), max(consent.shape[1] - 1, 0))
    issue = rng.integers(0, max(terms.shape[2], 1), len(rows))

    def with_value(by: Any) -> Claim:
        wrong = value.copy()
        wrong[rows, rng.integers(0, value.shape[1], len(rows))] += by
        return lattice, draw, state, wrong, after, consent, terms

    def with_consent(new: Any) -> Claim:
        wrong = consent.copy()
        wrong[rows, slot] = new
        # values that fit, so that it is the consent that is wrong
        return lattice, draw, state, waiting(claim, wrong, terms), after, wrong, terms

    def with_terms(new: Any, fit: bool = True) -> Claim:
        wrong = terms.copy()
        if terms.shape[2]:
            wrong[rows, slot, issue] = new
        return (lattice, draw, state, waiting(claim, consent, wrong) if fit else value, after,
                consent, wrong)

    lost = after.copy()
    lost[rows, slot, 0] = np.nan
    moved = np.clip(terms[rows, slot, issue] + size * rng.choice([-1.0, 1.0], len(rows)), 0.0, 1.0
                    ) if terms.shape[2] else 0.0
    return {"value": with_value(size), "value that is none": with_value(np.nan),
            "value without end": with_value(np.inf),
            "consent turned": with_consent(np.where(consent[rows, slot] > 0.5, 0.0, 1.0)),
            "consent mixed": with_consent(0.5), "consent above one": with_consent(1.0 + size),
            "consent below zero": with_consent(-size), "consent that is none": with_consent(np.nan),
            "terms moved": with_terms(moved), "terms elsewhere": with_terms(rng.random(len(rows))),
            "terms out of the box": with_terms(1.0 + size), "terms below it": with_terms(-size),
            "terms that are none": with_terms(np.inf, fit=False),
            "what follows is none": (lattice, draw, state, value, lost, consent, terms)}


def waiting(claim: Claim, consent: np.ndarray, terms: np.ndarray) -> np.ndarray:
    """V that fits consents and terms, whatever is wrong with these."""
    lattice, draw, state, value, after = claim[:5]
    out = value.copy()
    for p in range(len(state)):
        edges = list(lattice.edges(int(state[p])))
        here = consent[p, :len(edges)]
        pace = lattice.rate[0, edges] * here
        pay = lattice.lump[0, edges] + after[p, :len(edges)]
        for k, deal in enumerate(lattice.bargain[edges]):
            if deal >= 0:
                x = terms[p, k][:, None]
                pay[k] += (x * (lattice.value[0, deal] - 0.5 * lattice.curvature[0, deal] * x)
                           ).sum(axis=0)
        with np.errstate(all="ignore"):
            out[p] = (lattice.flow[0, state[p]] + pace @ pay) / (lattice.discount[0] + pace.sum())
    return np.where(np.isfinite(out), out, value)


def compare(patch: pytest.MonkeyPatch, loops: Loops, game: ng.Game, seed: int) -> set[str]:
    """Compare at the equilibria of a game and around them; the kinds of violations met."""
    claim = solved(game)
    one, other = both(patch, loops, claim)
    agree(one, other)
    assert one.regret.max() <= certificate.REGRET_TOLERANCE
    met = set()
    for wrong in corrupted(claim, np.random.default_rng(seed)).values():
        one, other = both(patch, loops, wrong)
        agree(one, other)
        met |= {KINDS[k] for k in one.kind[one.regret > NOTHING]}
    return met


@pytest.mark.parametrize("shape", SHAPES, ids=["linear", "curved", "three fronts"])
def test_loops_and_arrays_agree_at_equilibria_and_at_wrong_claims(monkeypatch, shape) -> None:
    told: list[bool] = []
    met: set[str] = set()
    for seed in range(2):
        with monkeypatch.context() as patch:
            met |= compare(patch, plain(told), random_game(seed, shape), seed)
    assert met == set(KINDS) - {"play of an encounter"}
    assert np.mean(told) > 0.5  # not numbers, and losses of nothing at all, are left to arrays


@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_many_games_agree(monkeypatch, seed) -> None:
    for shape in SHAPES:
        compare(monkeypatch, plain([]), random_game(100 + seed, shape), seed)
    compare(monkeypatch, plain([]), open_state(seed, 5, 4, 3, 3, curved=seed % 2 == 0), seed)


@pytest.mark.long
@pytest.mark.skipif(not compiled.available(), reason="numba is not installed")
def test_compiled_loops_agree(monkeypatch) -> None:
    loops = compiled.compiled("certificate_loops", "certify_rows", large=True)
    assert loops is not None
    for seed in range(12):
        for shape in SHAPES:
            compare(monkeypatch, loops, random_game(200 + seed, shape), seed)


def deal(**move: Any) -> ng.Game:
    """One state with one move, by two of three actors."""
    return ng.from_dict({
        "format": "negotiation/1", "title": "One deal",
        "actors": {name: {"discount_rate": 0.1} for name in ("a", "b", "c")},
        "fronts": {"talks": {"statuses": ["open", "done"]}},
        "moves": {"deal": {"front": "talks", "from": "open", "to": "done", "by": ["a", "b"],
                           "rate": 0.0, **move}}})


SHARE = {"share": {"value": {"a": 1.0, "b": -1.0}}}
#: a and b have nothing to gain from each other, and c has
TRADE = {"x": {"value": {"a": 1.0, "b": -1.0, "c": 1.0}}, "y": {"value": {"a": -1.0, "b": 1.0}}}
#: what b gives is worth half to a
KIND = {"share": {"value": {"a": 0.5, "b": -1.0}}}
ASIDE = {**SHARE, "aside": {"value": {"c": 1.0}}}
#: two issues that members do not tell apart, and c does
TWINS = {"x": {"value": {"a": 1.0, "b": -1.0, "c": 1.0}}, "y": {"value": {"a": 1.0, "b": -1.0}}}


@pytest.mark.parametrize(("move", "alpha", "terms", "kind"), [
    ({"payoff": {"b": 1.0}, "issues": SHARE}, 1.0, [0.5], None),
    ({"payoff": {"b": 1.0}, "issues": SHARE, "weights": {"a": 3.0}}, 1.0, [0.75], None),
    ({"payoff": {"b": 1.0}, "issues": SHARE}, 1.0, [1.0], "terms"),
    ({"payoff": {"b": 1.0}, "issues": SHARE}, 0.0, [0.0], "consent"),
    ({"payoff": {"b": -0.5}, "issues": SHARE}, 0.0, [0.0], None),
    ({"payoff": {"b": -0.5}, "issues": SHARE}, 1.0, [0.2], "consent"),
    ({"payoff": {"b": 1.0}, "issues": ASIDE}, 1.0, [0.5, 0.0], None),
    ({"payoff": {"b": 1.0}, "issues": ASIDE}, 1.0, [0.5, 1.0], "terms"),
    # small gains owe their share of σ, here 5e-6 each
    ({"payoff": {"b": 1e-5}, "issues": SHARE}, 1.0, [5e-6], None),
    ({"payoff": {"b": 1e-5}, "issues": SHARE}, 1.0, [4e-6], "terms"),
    # what loops leave to arrays: ties that c feels, no gain at all, another solution
    ({"payoff": {"b": 1.5}, "issues": TWINS}, 1.0, [0.375, 0.375], None),
    ({"payoff": {"b": 1.5}, "issues": TWINS}, 1.0, [0.75, 0.0], "terms"),
    ({"issues": SHARE}, 0.5, [0.0], None),
    ({"payoff": {"c": 0.5}, "issues": TRADE, "by": ["a", "b", "c"]}, 1.0, [1.0, 1.0], None),
    ({"payoff": {"c": 0.5}, "issues": TRADE, "by": ["a", "b", "c"]}, 1.0, [0.5, 0.5], "terms"),
    ({"payoff": {"b": 1.0}, "issues": KIND, "solution": "utilitarian"}, 1.0, [0.5], "terms"),
    ({"payoff": {"b": 1.0}, "issues": KIND, "solution": "utilitarian"}, 1.0, [0.0], None),
    ({"by": [], "payoff": {"b": 1.0}}, 1.0, [], None),
    ({"by": [], "payoff": {"b": 1.0}}, 0.0, [], "consent"),
])
def test_one_deal_is_judged_alike(monkeypatch, move, alpha, terms, kind) -> None:
    lattice = build_lattice(deal(**move))
    zeros = np.zeros(1, dtype=np.int64)
    claim = (lattice, zeros, zeros, np.zeros((1, 3)), np.zeros((1, 1, 3)), np.full((1, 1), alpha),
             np.array(terms).reshape(1, 1, -1))
    one, other = both(monkeypatch, plain([]), claim)
    agree(one, other)
    assert (KINDS[one.kind[0]] if one.regret[0] > 1e-9 else None) == kind


def test_a_move_that_a_setting_refuses_is_not_made(monkeypatch) -> None:
    game = random_game(3, SHAPES[0])
    claim = solved(game)
    lattice: Lattice = claim[0]
    edge = int(np.flatnonzero((lattice.edge_state == 0) & lattice.member.any(axis=1))[0])
    never = lattice.never.copy()
    never[edge] = True
    for alpha in (0.0, 0.25):
        consent = claim[5].copy()
        consent[claim[2] == 0, edge - lattice.first_edge[0]] = alpha
        value = waiting(claim, consent, claim[6])
        wrong = (replace(lattice, never=never), *claim[1:3], value, claim[4], consent, claim[6])
        one, other = both(monkeypatch, plain([]), wrong)
        agree(one, other)
        assert np.isinf(one.regret[claim[2] == 0]).all() == (alpha > 0.0)


@pytest.mark.parametrize("name", ["flow", "rate", "lump", "value", "curvature"])
def test_a_game_that_is_no_number_has_no_equilibrium(monkeypatch, name) -> None:
    claim = solved(random_game(0, SHAPES[1]))
    wrong = replace(claim[0], **{name: np.full_like(getattr(claim[0], name), np.nan)})
    wrong.__dict__["_range"] = claim[0].payoff_range()
    one, other = both(monkeypatch, plain([]), (wrong, *claim[1:]))
    assert np.isinf(one.regret).any()
    assert (np.isinf(one.regret) == np.isinf(other.regret)).all()


def test_every_number_of_a_draw_is_that_draws(monkeypatch) -> None:
    lattice = build_lattice(random_game(5, SHAPES[1]), {"mood": np.array([-0.5, 0.1, 0.8])})
    rng = np.random.default_rng(0)
    names = ("discount", "flow", "rate", "lump", "value", "curvature", "weights")
    lattice = replace(lattice, **{name: getattr(lattice, name) * rng.uniform(
        0.5, 2.0, getattr(lattice, name).shape) for name in names})
    draw, state = np.tile(np.arange(3), len(lattice.states)), np.repeat(
        np.arange(len(lattice.states)), 3)
    width, size = int(np.diff(lattice.first_edge).max()), len(state)
    n, issues = lattice.discount.shape[1], lattice.value.shape[2]
    claim = (lattice, draw, state, rng.normal(size=(size, n)), rng.normal(size=(size, width, n)),
             rng.random((size, width)).round(), rng.random((size, width, issues)))
    one, other = both(monkeypatch, plain([]), claim)
    agree(one, other)
    assert (one.regret > 1e-3).mean() > 0.9
