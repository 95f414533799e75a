"""All equilibria of one state with encounters, alone or beside moves.

After pruning (:mod:`.bounds`) three kinds of equilibria are looked for:

1. Every encounter is played purely. For each profile the state is one without encounters
   (:func:`~.request.given_play`), which the general engine solves; kept is where the profile is a
   Nash equilibrium at the values found. Proved complete where the engine proves its part.
2. One encounter is mixed and every move is made or refused, none with terms. Then V_i is a ratio
   of multilinear forms E[c_i]/E[D_i], the stage of a stochastic game with a self-loop after
   uniformisation, which ``stochastic`` solves: for two players by quadratics and supports.
3. Several mix at once: :mod:`.regimes` closes what has fixed payoffs by interval Newton,
   :mod:`.equations` searches where terms are bargained.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...stochastic.many_players import solve_stage
from ...stochastic.stage import MANY as THREE
from ...stochastic.stage import Found, Stage, against
from ..component import Components
from ..leaf import Candidates
from ..nodes import MADE, REFUSED
from ..points import Points, verify
from ..problem import ZERO, Problems
from ..state import (
    CONTINUUM,
    MOST_NULL_MOVES,
    Answers,
    finish,
    join,
    name_null,
    solve_states,
)
from ..ties import Continuum
from .bounds import TIE, Pruned, profiles, prune
from .equations import POSITIVE, Point, Regime, index, joint
from .regimes import Mixture, search
from .request import Clash, Request, event_chances, given_play

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: combinations of pure profiles, and of labels of moves, that are all gone through
MOST_PURE, MOST_LABELS = 2048, 256
#: logit paths that look for mixed play of three and more players
STARTS = 4
#: bounds closer than this, in payoff ranges, are a value that nothing can change
NULL = 32 * ZERO

MANY = "the profiles of encounters in one state are too many to go through"
TIED = "a best response in an encounter is tied, and that nothing more hangs on it is not proved"


@dataclass(frozen=True)
class ClashTie:
    """A continuum in an encounter: who is indifferent between which of its actions."""

    clash: int
    player: int
    actions: tuple[int, ...]


@dataclass(eq=False)
class Listed:
    """The equilibria of one state, in parts, and why there may be others."""

    parts: list[Answers] = field(default_factory=list)
    doubt: dict[str, None] = field(default_factory=dict)
    ties: list[ClashTie] = field(default_factory=list)

    def why(self, reason: str | None) -> None:
        if reason is not None:
            self.doubt.setdefault(reason)


def solve_state(request: Request, rule: str, first: bool, boxes: int) -> Answers:
    """The equilibria of one state that is a component of its own; with ``first`` at least one."""
    return _State(request, rule, first, boxes).answers()


class _State:
    """The search in one state."""

    def __init__(self, request: Request, rule: str, first: bool, boxes: int) -> None:
        self.rule, self.first, self.boxes = rule, first, boxes
        self.problem = request.components.states
        self.every = request.clashes[0]
        # an encounter that never comes changes no value: its play is read off afterwards
        self.live = tuple(clash for clash in self.every if clash.rate > 0)
        self.width, self.noise = request.width, request.noise
        self.tie = TIE * self.problem.scale[0]
        self.many = False
        self.found = Listed()

    def answers(self) -> Answers:
        parts, everything = [], True
        for problem, null, willing in self._rules():
            begin = len(self.found.parts)
            self._solve(problem)
            for part in self.found.parts[begin:]:
                if len(willing):
                    moves = np.flatnonzero(null.any(axis=1))
                    name_null(problem, part, moves, null, willing)
                    everything &= not any(tie.value_varies for ties in part.continua.values()
                                          for tie in ties)
                parts.append(part)
        if self.rule == "all" and not everything:
            self.found.why(CONTINUUM)
        found = _distinct(join(parts)) if parts else _nothing(self.problem, self.width)
        self._finish(found)
        if self.found.doubt:
            found.doubt = {0: "; ".join(self.found.doubt)}
        return found

    def _rules(self) -> Iterator[tuple[Problems, Bools, Bools]]:
        """The problem with free consents fixed as the rule for indifference says: the problem, the
        members (M, n) whom a move leaves as they are whatever is played, and whether they consent.
        """
        problem = self.problem
        low, high = prune(problem, self.live).low, prune(problem, self.live).high
        slack = NULL * problem.scale[0]
        pays = ((problem.value != 0) | (problem.curvature != 0)).any(axis=2)[0]
        null = problem.member[0] & ~pays & (problem.rate[0] > 0)[:, None] & (
            high - low <= slack) & (np.abs(problem.reward[0] - 0.5 * (low + high)) <= slack)
        moves = np.flatnonzero(null.any(axis=1))
        choices: list[tuple[bool, ...]] = [(self.rule != "refuse",) * len(moves)]
        if self.rule == "all" and len(moves) <= MOST_NULL_MOVES:
            choices = list(itertools.product((True, False), repeat=len(moves)))
        elif self.rule == "all":
            self.found.why(CONTINUUM)
        for choice in choices:
            willing = np.array(choice, dtype=bool)
            refused = np.zeros(problem.present.shape, dtype=bool)
            refused[0, moves[~willing]] = True
            yield problem.with_members(problem.member & ~null).without(refused), null, willing

    def _solve(self, problem: Problems) -> None:
        left = prune(problem, self.live)
        open_ = [e for e, clash in enumerate(self.live)
                 if len(profiles(clash, left.kept[e])) > 1]
        if not open_:
            self._pure(problem, left)
            return
        bargains = (problem.bargained[0] & (left.label != REFUSED) & (problem.rate[0] > 0)).any()
        lone = len(open_) == 1 and not len(left.open) and not bargains
        if lone:
            self._stages(problem, left, open_[0], everything=True)
        else:
            self._pure(problem, left)
            for e in open_ if not bargains else ():
                self._stages(problem, left, e)
        if lone and not self.many:
            return
        if self.first and self.found.parts:
            return
        more = search(self._request(problem), left, bargained=bool(bargains), alone=self.many,
                      boxes=self.boxes)
        self.found.why(more.doubt)
        for mixture in more.found:
            self._add(problem, mixture)

    # ---- pure play ------------------------------------------------------------------------------

    def _pure(self, problem: Problems, left: Pruned) -> None:
        """Every equilibrium in which all encounters are played purely."""
        choices = [profiles(clash, actions)
                   for clash, actions in zip(self.live, left.kept, strict=True)]
        if math.prod(len(each) for each in choices) > MOST_PURE:
            self.found.why(MANY)
        plays = np.array([self._play(dict(enumerate(chosen))) for chosen in
                          itertools.islice(itertools.product(*choices), MOST_PURE)])
        answers = solve_states(given_play(problem, self.live, plays), self.rule, False, self.boxes)
        good = np.ones(len(answers.owner), dtype=bool)
        for row, owner in enumerate(answers.owner.tolist()):
            gain = self._gains(plays[owner], answers.value[row])
            good[row] = gain is not None
            if gain is not None and gain:
                self.found.why(TIED)
        kept = answers.keep(good)
        for why in answers.doubt.values():
            self.found.why(why)
        kept.play = plays[kept.owner]
        kept.owner = np.zeros(len(kept.owner), dtype=np.int64)
        kept.doubt = {}
        if len(kept.owner):
            self.found.parts.append(kept)

    def _play(self, chosen: dict[int, int]) -> Floats:
        """The play (Q,) of pure profiles: clash → profile."""
        play = np.zeros(self.width)
        for e, profile in chosen.items():
            clash, at = self.live[e], self.live[e].begin
            for size, action in zip(clash.shape, np.unravel_index(profile, clash.shape),
                                    strict=True):
                play[at + int(action)] = 1.0
                at += size
        return play

    def _gains(self, play: Floats, value: Floats) -> bool | None:
        """None where some action gains; else whether an action that is not played is tied."""
        tied = False
        for clash in self.live:
            worth = clash.worth(value)
            mixed = clash.mixed(play)
            for k, i in enumerate(clash.players):
                each = against(worth[i].reshape(clash.shape), mixed, k)
                gain = each - each @ mixed[k]
                if gain.max() > self.tie[i]:
                    return None
                tied |= bool((np.abs(gain[mixed[k] == 0.0]) <= self.tie[i]).any())
        return tied

    # ---- one encounter that is mixed -------------------------------------------------------------

    def _stages(self, problem: Problems, left: Pruned, e: int, everything: bool = False) -> None:
        """Mixed play of one encounter at every label of the moves and pure play of the others."""
        others = [profiles(clash, left.kept[d]) if d != e else np.array([-1])
                  for d, clash in enumerate(self.live)]
        labels = list(itertools.product(*([MADE, REFUSED],) * len(left.open)))
        if math.prod(len(each) for each in others) * len(labels) > MOST_LABELS:
            self.found.why(MANY)
        cases = itertools.islice(itertools.product(itertools.product(*others), labels), MOST_LABELS)
        for chosen, choice in cases:
            label = left.label.copy()
            label[left.open] = choice
            rest = self._play({d: profile for d, profile in enumerate(chosen) if d != e})
            found = self._stage(problem, left, e, label, rest)
            if found.doubt == THREE:
                self.many = True  # the search by intervals goes through it
            else:
                self.found.why(found.doubt)
            self.found.ties += [ClashTie(e, tie.player, tie.actions) for tie in found.ties]
            for profile in found.profiles:
                mixed = any(0.0 < part.max() < 1.0 for part in profile)
                if everything or mixed:
                    play = rest.copy()
                    clash = self.live[e]
                    play[clash.begin:clash.begin + clash.size] = np.concatenate(profile)
                    self._add(problem, Mixture(play, label, (label == MADE).astype(float)))

    def _stage(self, problem: Problems, left: Pruned, e: int, label: Ints, rest: Floats) -> Found:
        """The equilibria of one encounter when all else is decided."""
        clash = self.live[e]
        others = [other for other in self.live if other is not clash]
        given = given_play(problem, others, rest[None])
        made = np.where(label == MADE, problem.rate[0], 0.0)
        flow = given.flow[0] + made @ problem.reward[0]
        rate = given.discount[0] + made.sum()
        who = list(clash.players)
        # uniformisation: in units of r_i + (all that can happen), keep is 1 − δ_i (chance to stay)
        total = rate - problem.discount[0] + clash.rate
        unit = (problem.discount[0] + total)[who]
        shape = (len(who), *clash.shape)
        reward = (flow[who, None] + clash.rate * clash.pay[who]) / unit[:, None]
        keep = (rate[who, None] + clash.rate * clash.changes[None]) / unit[:, None]
        stage = Stage(reward.reshape(shape), np.broadcast_to(keep, reward.shape).reshape(shape),
                      self.tie[who] * clash.rate / unit)
        grid = left.kept[e]
        found = solve_stage(stage.restrict(grid), total[who] / unit, STARTS)
        found.profiles = [tuple(_lift(part, places, size) for part, places, size in
                                zip(profile, grid, clash.shape, strict=True))
                          for profile in found.profiles]
        found.ties = [replace(tie, actions=tuple(int(grid[tie.player][a]) for a in tie.actions))
                      for tie in found.ties]
        return found

    def _add(self, problem: Problems, mixture: Mixture) -> None:
        """Keep a point if it passes every condition."""
        given = given_play(problem, self.live, mixture.play[None])
        weight = problem.rate[0] * mixture.consent
        size, (moves, n) = 1, problem.reward.shape[1:]
        value = mixture.value if mixture.value is not None else (
            (given.flow[0] + weight @ problem.reward[0]) / (given.discount[0] + weight.sum()))
        blank = np.zeros((size, moves, n))
        terms = np.zeros((size, moves, n, problem.value.shape[2])) if mixture.terms is None else (
            mixture.terms[None])
        paid = blank if mixture.paid is None else mixture.paid[None]
        points = Candidates(value[None], mixture.consent[None], terms, paid, np.ones(1, dtype=bool),
                            np.zeros(1, dtype=bool))
        label = mixture.label[None]
        good, tied = verify(given, label, points)
        gain = self._gains(mixture.play, value)
        if not good[0] or gain is None:
            return
        if tied.any() or (gain and not self.found.ties):
            self.found.why(TIED)
        sign = 0 if tied.any() or gain else self._index(problem, mixture, value)
        row = Points(np.zeros(1, dtype=np.int64), label, value[None], mixture.consent[None], terms,
                     paid, np.array([sign]), tied)
        part = finish(given, row, np.zeros(1, dtype=np.int64), self.rule)
        part.play = mixture.play[None]
        self.found.parts.append(part)

    def _index(self, problem: Problems, mixture: Mixture, value: Floats) -> int:
        request, label = self._request(problem), mixture.label[None]
        if joint(label, len(value)):
            return 0
        point = Point(value[None], mixture.consent[None], mixture.play[None])
        return index(request, Regime(label, point.play > POSITIVE), point)

    def _request(self, problem: Problems) -> Request:
        """The state as a component of its own, with the encounters that come."""
        inside = np.full(problem.present.shape, -1)
        return Request(Components(problem, inside, 1), (self.live,), self.width, self.noise)

    # ---- what is read off afterwards -------------------------------------------------------------

    def _finish(self, found: Answers) -> None:
        """Play of encounters that never come, probabilities of events, ties by name."""
        assert found.play is not None
        for row in range(len(found.owner)):
            for clash in self.every:
                if clash.rate == 0:
                    found.play[row, clash.begin:clash.begin + clash.size] = np.concatenate(
                        idle_play(clash, found.value[row], self.tie))
            event_chances(self.every, found.play[row], found.consent[row])
        for tie in dict.fromkeys(self.found.ties):
            self._name(found, tie)

    def _name(self, found: Answers, tie: ClashTie) -> None:
        """Tell the equilibria that are extreme points of a continuum what ties them."""
        assert found.play is not None
        clash, k = self.live[tie.clash], tie.player
        i, rows = clash.players[k], []
        for row in range(len(found.owner)):
            mixed = clash.mixed(found.play[row])
            worth = clash.worth(found.value[row])[i].reshape(clash.shape)
            gain = against(worth, mixed, k)
            if np.ptp(gain[list(tie.actions)]) <= 2 * self.tie[i]:
                rows.append(row)
        extremes = tuple(dict.fromkeys(
            tuple(float(clash.mixed(found.play[row])[k][a]) for a in tie.actions) for row in rows))
        apart = np.ptp(found.value[rows], axis=0) if rows else np.zeros(1)
        part = Continuum(
            moves=(), actors=(i,), extremes=extremes, actions=tie.actions,
            value_varies=bool((apart > 1e-9 * self.problem.scale[0]).any()),
            clash=next(c for c, other in enumerate(self.every) if other is clash))
        for row in rows:
            found.continua[row] = (*found.continua.get(row, ()), part)
            found.index[row] = 0


def idle_play(clash: Clash, value: Floats, tie: Floats,
              within: Floats | None = None) -> tuple[Floats, ...]:
    """The first Nash equilibrium of an encounter at given values."""
    who = list(clash.players)
    worth = clash.worth(value, within)[who].reshape(len(who), *clash.shape)
    stage = Stage(worth, np.ones_like(worth), tie[who])
    found = solve_stage(stage, np.zeros(len(who)), STARTS)
    return found.profiles[0] if found.profiles else tuple(
        np.full(m, 1.0 / m) for m in clash.shape)


def _lift(part: Floats, places: Ints, size: int) -> Floats:
    out = np.zeros(size)
    out[places] = part
    return out


def _nothing(problem: Problems, width: int) -> Answers:
    moves, n = problem.reward.shape[1:]
    return Answers(np.zeros(0, dtype=np.int64), np.zeros((0, n)), np.zeros((0, moves)),
                   np.zeros((0, moves)), np.zeros((0, moves, n, problem.value.shape[2])),
                   np.zeros(0, dtype=np.int64), play=np.zeros((0, width)))


def _distinct(answers: Answers) -> Answers:
    """Each equilibrium once: pure play first, consents before refusals."""
    assert answers.play is not None
    mixed = ((answers.play > 0) & (answers.play < 1)).any(axis=1)
    order = np.lexsort((*(-np.round(answers.play, 9)).T[::-1],
                        *(-np.round(answers.consent, 9)).T[::-1], mixed))
    keep: list[int] = []
    for row in order.tolist():
        if not any(np.abs(answers.play[row] - answers.play[k]).max(initial=0.0) < 1e-8
                   and np.abs(answers.consent[row] - answers.consent[k]).max(initial=0.0) < 1e-8
                   for k in keep):
            keep.append(row)
    return answers.rows(np.array(keep, dtype=np.int64))
