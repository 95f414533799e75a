"""Components with cycles that hold encounters, and the equilibrium that vanishing noise selects.

The branch of :mod:`.noisy` is followed to almost no noise, where it tells which consents and
actions are played; Newton's method on the exact equations (:mod:`.equations`) makes that an
equilibrium. Further ones are searched for from other proportions of noise, in all pure regimes
where they are few, by best responses from random play, and between any two where indices do not sum
to +1. That there are no others is not claimed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ...stochastic.stage import against
from ..cyclic import CYCLE, UNSURE
from ..ends import QUIET, VANISHING, labels_of
from ..leaf import Candidates
from ..logit import LOST
from ..nodes import MADE, MIX, REFUSED
from ..points import Points, verify
from ..problem import ZERO, surplus, worth
from ..state import Answers, finish, join
from .bounds import TIE
from .equations import Point, Regime, index, joint, solve
from .noisy import exact, follow, noise_of
from .request import Clash, Request, event_chances
from .state import idle_play, solve_state

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: actions played with more than this at almost no noise are in the support
PLAYED = (1e-2, 1e-4)
#: other proportions of noise, random plays to answer to, pure regimes that are all tried
PROPORTIONS, STARTS, MOST_PURE = 4, 12, 1024
ROUNDS = 25
#: pairs of equilibria, choices of indifferent members, and starts that are tried for a missing mix
MOST_PAIRS, MOST_CHOICES, TURNS = 10, 32, 3


@dataclass(eq=False)
class _Found:
    """Equilibria of one component, each once."""

    request: Request
    points: list[tuple[Regime, Point]]
    tied: bool = False

    def add(self, regime: Regime, point: Point | None) -> None:
        """Keep a point that meets every condition and is new."""
        if point is None or not self._holds(regime, point):
            return
        for _, other in self.points:
            if all(np.abs(a - b).max(initial=0.0) < 1e-8 for a, b in (
                    (point.play, other.play), (point.consent, other.consent))):
                return
        self.points.append((regime, point))

    def _holds(self, regime: Regime, point: Point) -> bool:
        components = self.request.components
        filled = components.at(point.value[None])
        assert point.terms is not None and point.paid is not None
        size = len(point.value)
        good, tied = verify(filled, regime.label, Candidates(
            point.value, point.consent, point.terms, point.paid, np.ones(size, dtype=bool),
            np.zeros(size, dtype=bool)))
        self.tied |= bool(tied.any())
        scale = components.states.scale
        return bool(good.all()) and all(
            gain.max() <= TIE * scale[s, i] for s, i, gain in gains(self.request, point))


def gains(request: Request, point: Point) -> Iterator[tuple[int, int, Floats]]:
    """(state, actor, what each of its actions would gain) of every player of every encounter."""
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            if clash.rate == 0:
                continue
            bring = clash.worth(point.value[s], point.value)
            mixed = clash.mixed(point.play[s])
            for k, i in enumerate(clash.players):
                each = against(bring[i].reshape(clash.shape), mixed, k)
                yield s, i, each - each @ mixed[k]


def answer(request: Request, rule: str, *, search: bool, boxes: int) -> Answers:
    """Equilibria of one component: the selected one, and others where ``search`` asks for them.

    Rows are the component's states, equilibrium by equilibrium; owners are 0.
    """
    live = replace(request, clashes=tuple(
        tuple(clash for clash in clashes if clash.rate > 0) for clashes in request.clashes))
    found = _Found(live, [])
    _selected(live, found, None)
    missed = not found.points
    if search or missed:
        _search(live, found)
    if not found.points and request.components.width == 1:
        part = solve_state(request, rule, True, boxes)
        part.doubt = {0: UNSURE}
        return part
    part = _answers(request, found, rule)
    if search:
        part.doubt = {0: CYCLE}
        return part
    part = part.rows(np.arange(min(request.components.width, len(part.owner))))
    part.doubt = {0: UNSURE} if missed else {}
    return part


def logit_answer(request: Request) -> Answers:
    """The solution of one component under the game's noise on the branch from loud noise."""
    path = follow(request, noise_of(request), 1.0)
    if not path.reached:
        nothing = _answers(request, _Found(request, []), "consent")
        nothing.doubt = {0: LOST}
        return nothing
    point = exact(path.point, request)
    size = len(point.value)
    states = request.components.at(point.value[None])
    consent, sigma = point.consent.copy(), np.zeros(point.consent.shape)
    at = np.nonzero(states.present & states.member.any(axis=2))
    if len(at[0]):
        sigma[at] = surplus(states, at, point.value[at[0]], scaled=False)
    for s, clashes in enumerate(request.clashes):
        event_chances(clashes, point.play[s], consent[s])
    assert point.terms is not None
    return Answers(np.zeros(size, dtype=np.int64), point.value, consent, sigma, point.terms,
                   np.ones(size, dtype=np.int64), play=point.play)


def _selected(request: Request, found: _Found, tilt: np.random.Generator | None) -> None:
    """The end of the branch, made exact."""
    noise = noise_of(request, tilt)
    path = follow(request, noise, QUIET)
    if not path.reached:
        return
    point = path.point
    filled = request.components.at(point.value[None])
    assert point.terms is not None
    gain = filled.reward + worth(filled, point.terms[:, :, 0]) - point.value[:, None, :]
    small = np.abs(gain) <= VANISHING * QUIET * noise.moves
    label = labels_of(filled, point.consent, small, np.abs(gain) / noise.moves)
    before = len(found.points)
    for least in PLAYED:
        regime = Regime(label, point.play > least)
        found.add(regime, solve(request, regime, point))
        if len(found.points) > before:
            return


def _search(request: Request, found: _Found) -> None:
    """Look for further equilibria."""
    rng = np.random.default_rng(20260104)
    for regime in _pure(request):
        found.add(regime, solve(request, regime, _start(request, regime)))
    for _ in range(PROPORTIONS):
        _selected(request, found, rng)
    for _ in range(STARTS):
        _respond(request, found, rng)
    _between(request, found, rng)


def _between(request: Request, found: _Found, rng: np.random.Generator) -> None:
    """Where indices do not sum to +1 one is missing: look for mixes between any two that differ."""
    n = request.components.states.flow.shape[1]
    if sum(0 if joint(regime.label, n) else index(request, regime, point)
           for regime, point in found.points) == 1:
        return
    member = request.components.states.member
    for (one, a), (two, b) in itertools.islice(itertools.combinations([*found.points], 2),
                                               MOST_PAIRS):
        apart = one.label != two.label
        state, move = np.nonzero(apart)
        codes = ([MADE, REFUSED, *(MIX + (1 << np.flatnonzero(row))).tolist()]
                 for row in member[state, move])
        for choice in itertools.islice(itertools.product(*codes), MOST_CHOICES):
            label = one.label.copy()
            label[state, move] = choice
            regime = Regime(label, one.support | two.support)
            for turn in range(TURNS):
                share = rng.random() if turn else 0.5
                play = share * a.play + (1.0 - share) * b.play
                found.add(regime, solve(request, regime, Point(
                    share * a.value + (1.0 - share) * b.value,
                    np.where(apart, share, a.consent), play)))


def _asked(request: Request) -> Bools:
    states = request.components.states
    return np.asarray(states.present & states.member.any(axis=2) & (states.rate > 0))


def _plain(request: Request) -> Ints:
    """Labels where nobody has decided: chance is made, the rest refused."""
    states = request.components.states
    return np.where(states.chance & (states.rate > 0), MADE, REFUSED)


def _pure(request: Request) -> Iterator[Regime]:
    """Every pure regime, where they are few."""
    asked = np.argwhere(_asked(request))
    places = [(s, clash.begin + sum(clash.shape[:k]), m)
              for s, clashes in enumerate(request.clashes) for clash in clashes
              for k, m in enumerate(clash.shape)]
    if 2 ** len(asked) * math.prod(m for _, _, m in places) > MOST_PURE:
        return
    for codes in itertools.product((MADE, REFUSED), repeat=len(asked)):
        label = _plain(request)
        for (s, m), code in zip(asked.tolist(), codes, strict=True):
            label[s, m] = code
        for chosen in itertools.product(*(range(m) for _, _, m in places)):
            support = np.zeros((len(request.clashes), request.width), dtype=bool)
            for (s, at, _), action in zip(places, chosen, strict=True):
                support[s, at + action] = True
            yield Regime(label, support)


def _start(request: Request, regime: Regime) -> Point:
    states = request.components.states
    return Point(states.flow / states.discount, (regime.label == MADE).astype(float),
                 regime.support.astype(float))


def _respond(request: Request, found: _Found, rng: np.random.Generator) -> None:
    """Pure best responses from random play until they come to rest."""
    asked = _asked(request)
    label = np.where(asked, np.where(rng.random(asked.shape) < 0.5, MADE, REFUSED),
                     _plain(request))
    support = np.zeros((len(request.clashes), request.width), dtype=bool)
    for s, _, at, m, _ in _players(request):
        support[s, at + int(rng.integers(m))] = True
    for _ in range(ROUNDS):
        regime = Regime(label, support)
        point = solve(request, regime, _start(request, regime))
        if point is None:
            return
        filled = request.components.at(point.value[None])
        new, played = label.copy(), support.copy()
        moves = np.nonzero(asked)
        if len(moves[0]):
            sigma = surplus(filled, moves, point.value[moves[0]])
            new[moves] = np.where(sigma > ZERO, MADE, np.where(
                sigma < -ZERO, REFUSED, label[moves]))
        for (s, _, begin, m, _), (_, _, gain) in zip(
                _players(request), gains(request, point), strict=True):
            if gain.max() > TIE:
                played[s, begin:begin + m] = np.arange(m) == gain.argmax()
        if (new == label).all() and (played == support).all():
            found.add(regime, point)
            return
        label, support = new, played


def _players(request: Request) -> Iterator[tuple[int, Clash, int, int, int]]:
    """(state, encounter, where its mixed action begins, its number of actions, actor)."""
    for s, clashes in enumerate(request.clashes):
        for clash in clashes:
            at = clash.begin
            for m, i in zip(clash.shape, clash.players, strict=True):
                yield s, clash, at, m, i
                at += m


def _answers(request: Request, found: _Found, rule: str) -> Answers:
    """The equilibria of one component as rows of its states; owners are still to be set."""
    size = request.components.width
    moves, n = request.components.states.reward.shape[1:]
    issues = request.components.states.value.shape[2]
    parts = []
    for regime, point in found.points:
        assert point.terms is not None and point.paid is not None
        sign = 0 if joint(regime.label, n) or found.tied else index(found.request, regime, point)
        rows = np.arange(size)
        points = Points(rows, regime.label, point.value, point.consent,
                        point.terms.reshape(size, moves, n, issues), point.paid,
                        np.full(size, sign), np.zeros(regime.label.shape, dtype=bool))
        part = finish(request.components.at(point.value[None]), points, rows, rule)
        play = point.play.copy()
        for s, clashes in enumerate(request.clashes):
            for clash in clashes:
                if clash.rate == 0:
                    play[s, clash.begin:clash.begin + clash.size] = np.concatenate(idle_play(
                        clash, point.value[s], TIE * request.components.states.scale[s],
                        point.value))
            event_chances(clashes, play[s], part.consent[s])
        part.play = play
        part.owner = np.zeros(size, dtype=np.int64)
        parts.append(part)
    if parts:
        return join(parts)
    return Answers(np.zeros(0, dtype=np.int64), np.zeros((0, n)), np.zeros((0, moves)),
                   np.zeros((0, moves)), np.zeros((0, moves, n, issues)),
                   np.zeros(0, dtype=np.int64), play=np.zeros((0, request.width)))
