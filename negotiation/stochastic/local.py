"""The local problems of a stochastic game, as the traversal asks for them.

States that are alone in their component are grouped by their numbers of actions, and all problems
of a group are gathered at once: ``reward`` c and ``keep`` D of ``stage.py``, from the values of the
states that can follow. Groups of 2×2 stages are solved as arrays; the others one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..equilibrium.traversal import Local, Stopped
from ..kernels import stage_two
from ..kernels.linear import expected
from . import stage as stages
from .certificate import REGRET_TOLERANCE, local_regret
from .cycles import Cycle, CycleAnswer, solve_cycle
from .game import StochasticGame
from .graph import Components, components
from .many_players import solve_stage
from .noise import limit, quantal

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: gains up to this share of a player's payoff range are ties
TIE = 1e-10
#: values closer than this share of the payoff range are taken to be the same
RESOLUTION = 1e-12
ENDED = "the search of the component was ended before it was through"
REJECTED = "an equilibrium missed the certificate's tolerance"


@dataclass(eq=False)
class Group:
    """States with the same numbers of actions, each alone in its component.

    ``reward`` (G, n, A) payoffs over flattened profiles; ``prob`` (G, A, K) of K other states,
    which stand at place ``place`` (G, K) of successor component number ``slot`` (G, K); ``stay``
    (G, A) the chance of staying.
    """

    shape: tuple[int, ...]
    states: Ints
    reward: Floats
    prob: Floats
    slot: Ints
    place: Ints
    stay: Floats


@dataclass(eq=False)
class Answers:
    """Solutions of one call: strategies (k, size, n, most actions), zero beyond a player's own."""

    strategies: Floats


@dataclass(eq=False)
class StageProblems:
    """A stochastic game as a directional game of components (:class:`Directional`).

    Attributes:
        starts: how many homotopy starts to search components of several states with; 1 for one
            equilibrium each.
        ties: (state, tie) → 1 for every continuum that was met.
        noise: (n,) ς_i in payoff units where the solution under noise, or its limit, is asked for.
        concept: with noise, ``"logit"`` or ``"selected"``.
        stop: called now and then in long solves; may raise to end the work.
    """

    game: StochasticGame
    starts: int = 8
    ties: dict[tuple[int, stages.Tie], int] = field(default_factory=dict)
    noise: Floats | None = None
    concept: str = "mpe"
    stop: Callable[[], None] | None = None

    def __post_init__(self) -> None:
        self.graph: Components = components(self.game.followers)
        self.width = max(max(shape) for shape in self.game.shapes)
        self.groups: list[Group] = []
        self._group = np.full(len(self.graph.states), -1)
        self._row = np.full(len(self.graph.states), -1)
        together: dict[tuple[tuple[int, ...], int], list[int]] = {}
        for members in self.graph.states:
            if len(members) == 1:
                s = int(members[0])
                wide = max(1, int((self.game.followers[s] != s).sum()))
                key = self.game.shapes[s], 1 << (wide - 1).bit_length()
                together.setdefault(key, []).append(s)
        for (shape, _), states in together.items():
            where = self.graph.of[states]
            self._group[where], self._row[where] = len(self.groups), np.arange(len(states))
            self.groups.append(self._gather(shape, np.array(states)))

    @property
    def successors(self) -> Sequence[Sequence[int]]:
        return self.graph.successors

    @cached_property
    def sizes(self) -> Sequence[int]:
        return [len(members) for members in self.graph.states]

    @property
    def players(self) -> int:
        return len(self.game.discount)

    @cached_property
    def resolution(self) -> Floats:
        most = np.max([np.abs(u).reshape(len(u), -1).max(axis=1) for u in self.game.payoffs],
                      axis=0)
        least: Floats = np.maximum(RESOLUTION * self.game.payoff_range,
                                   2.0 ** -60 * most / (1.0 - self.game.discount))
        return least

    def _gather(self, shape: tuple[int, ...], states: Ints) -> Group:
        others = [self.game.followers[s][self.game.followers[s] != s] for s in states.tolist()]
        wide = max(1, max(map(len, others)))
        size, profiles = len(states), int(np.prod(shape))
        group = Group(shape, states, np.empty((size, self.players, profiles)),
                      np.zeros((size, profiles, wide)), np.zeros((size, wide), dtype=np.int64),
                      np.zeros((size, wide), dtype=np.int64), np.empty((size, profiles)))
        for g, (s, after) in enumerate(zip(states.tolist(), others, strict=True)):
            phi = self.game.transitions[s].reshape(profiles, -1)
            group.reward[g] = self.game.payoffs[s].reshape(self.players, profiles)
            group.prob[g, :, :len(after)] = phi[:, after]
            group.stay[g] = phi[:, s]
            number = {d: k for k, d in enumerate(self.graph.successors[int(self.graph.of[s])])}
            group.slot[g, :len(after)] = [number[int(d)] for d in self.graph.of[after]]
            group.place[g, :len(after)] = self.graph.place[after]
        return group

    def solve(self, components: Ints, follow: Ints, table: Floats) -> Local:
        """All local equilibria of P problems (see :class:`Directional`)."""
        if self.noise is not None or len(self.graph.states[int(components[0])]) > 1:
            return self._cycles(components, follow, table)
        parts = []
        group = self._group[components]
        for k in np.unique(group):
            mine = np.flatnonzero(group == k)
            parts.append(self._stages(self.groups[k], mine, components[mine], follow[mine], table))
        if len(parts) == 1:
            return parts[0]
        owner = np.concatenate([part.owner for part in parts])
        order = np.argsort(owner, kind="stable")
        source = Answers(np.concatenate([_strategies(part) for part in parts])[order])
        doubt = {p: why for part in parts for p, why in part.doubt.items()}
        return Local(owner[order], np.concatenate([part.value for part in parts])[order], source,
                     doubt)

    def _stages(self, group: Group, mine: Ints, components: Ints, follow: Ints, table: Floats,
                ) -> Local:
        row = self._row[components]
        if follow.shape[1]:
            at = np.take_along_axis(follow, group.slot[row], axis=1) + group.place[row]
            after = table[np.maximum(at, 0)]  # places without a state have probability 0
        else:
            after = np.zeros((len(row), group.slot.shape[1], self.players))
        # what a state pays is the same at all of its inputs
        mark = row[:1] if len(row) and (row == row[0]).all() else row
        pays, prob, stay = group.reward[mark], group.prob[mark], group.stay[mark]
        future = expected(prob, after)
        future *= self.game.discount[:, None]
        reward = pays + future
        keep = np.broadcast_to(1.0 - self.game.discount[:, None] * stay[:, None, :], reward.shape)
        owner, strategies, doubt = self._solve_group(group, row, reward, keep)
        value = _value(reward, keep, owner, strategies, group.shape)
        regret = local_regret(pays, prob, stay, after, self.game.discount, owner, strategies, value,
                              group.shape)
        bad = (regret / self.game.payoff_range).max(axis=1, initial=0.0) > REGRET_TOLERANCE
        if bad.any():
            doubt.update(dict.fromkeys(owner[bad].tolist(), REJECTED))
            owner, strategies, value = owner[~bad], strategies[~bad], value[~bad]
        return Local(mine[owner], value[:, None], Answers(strategies[:, None]),
                     {int(mine[p]): why for p, why in doubt.items()})

    def _solve_group(self, group: Group, row: Ints, reward: Floats, keep: Floats,
                     ) -> tuple[Ints, Floats, dict[int, str]]:
        """Owner (k,), strategies (k, n, width), doubts of P stages of one shape."""
        size, n = len(row), self.players
        if all(m == 1 for m in group.shape):
            strategies = np.zeros((size, n, self.width))
            strategies[..., 0] = 1.0
            return np.arange(size), strategies, {}
        tie = TIE * self.game.payoff_range
        if group.shape != (2, 2):
            return self._one_by_one(group, row, reward, keep, range(size))
        c, d = (np.moveaxis(x.reshape(size, 2, 2, 2), 0, -1) for x in (reward, keep))
        owner, x, y, unsure = stage_two.equilibria(c, d, tie)
        strategies = np.zeros((len(owner), n, self.width))
        strategies[:, :, 1] = np.stack([x, y], axis=1)
        strategies[:, :, 0] = 1.0 - strategies[:, :, 1]
        if not unsure.any():
            return owner, strategies, {}
        more, extra, doubt = self._one_by_one(group, row, reward, keep,
                                              np.flatnonzero(unsure).tolist())
        owner = np.concatenate([owner, more])
        order = np.argsort(owner, kind="stable")
        return owner[order], np.concatenate([strategies, extra])[order], doubt

    def _one_by_one(self, group: Group, row: Ints, reward: Floats, keep: Floats,
                    which: Sequence[int]) -> tuple[Ints, Floats, dict[int, str]]:
        owner, strategies, doubt = [], [], {}
        tie, n = TIE * self.game.payoff_range, self.players
        for p in which:
            if self.stop is not None:
                self.stop()
            found = solve_stage(stages.Stage(reward[p].reshape(n, *group.shape),
                                             keep[p].reshape(n, *group.shape), tie),
                                self.game.discount, self.starts, self.stop)
            for profile in found.profiles:
                full = np.zeros((n, self.width))
                for i, mixed in enumerate(profile):
                    full[i, :len(mixed)] = mixed
                owner.append(p)
                strategies.append(full)
            for tied in found.ties:
                self.ties[int(group.states[row[p]]), tied] = 1
            if found.doubt is not None:
                doubt[p] = found.doubt
        return (np.array(owner, dtype=np.int64),
                np.array(strategies).reshape(len(owner), n, self.width), doubt)

    def _cycles(self, components: Ints, follow: Ints, table: Floats) -> Local:
        owner, values, strategies, doubt = [], [], [], {}
        for p, c in enumerate(components.tolist()):
            cycle = self._cycle(c, follow[p], table)
            found = self._component(cycle)
            for mixed, value in found.solutions:
                owner.append(p)
                strategies.append(_pad(mixed, self.width))
                values.append(value)
            if found.doubt is not None:
                doubt[p] = found.doubt
        size = len(self.graph.states[int(components[0])])
        return Local(np.array(owner, dtype=np.int64),
                     np.array(values).reshape(len(owner), size, self.players),
                     Answers(np.array(strategies).reshape(len(owner), size, self.players,
                                                          self.width)), doubt)

    def _component(self, cycle: Cycle) -> CycleAnswer:
        if self.noise is not None:
            if self.concept == "logit":
                return quantal(cycle, self.noise, self.stop)
            return limit(cycle, self.noise, TIE * self.game.payoff_range, self.stop)
        found = CycleAnswer()
        try:
            return solve_cycle(cycle, self.starts, TIE * self.game.payoff_range, self.stop, found)
        except Stopped:
            if not found.solutions:
                raise
            found.doubt = ENDED
            return found

    def _cycle(self, component: int, follow: Ints, table: Floats) -> Cycle:
        """The game on one component, the values of all states outside it fixed."""
        members = self.graph.states[component]
        value = np.zeros((len(self.game.states), self.players))
        for k, d in enumerate(self.graph.successors[component]):
            states = self.graph.states[d]
            value[states] = table[follow[k]:follow[k] + len(states)]
        value[members] = 0.0
        rewards = [self.game.payoffs[s] + np.moveaxis(
            self.game.discount * (self.game.transitions[s] @ value), -1, 0)
            for s in members.tolist()]
        inside = [np.ascontiguousarray(self.game.transitions[s][..., members])
                  for s in members.tolist()]
        return Cycle(rewards, inside, self.game.discount, self.game.payoff_range)


def _strategies(local: Local) -> Floats:
    assert isinstance(local.source, Answers)
    return local.source.strategies


def _pad(mixed: list[tuple[Floats, ...]], width: int) -> Floats:
    out = np.zeros((len(mixed), len(mixed[0]), width))
    for s, profile in enumerate(mixed):
        for i, p in enumerate(profile):
            out[s, i, :len(p)] = p
    return out


def profile_weights(strategies: Floats, shape: tuple[int, ...]) -> Floats:
    """(k, A) the chance of every profile under (k, n, width) strategies."""
    weights = np.ones((len(strategies), 1))
    for i, m in enumerate(shape):
        weights = (weights[:, :, None] * strategies[:, i, None, :m]).reshape(len(strategies), -1)
    return weights


def _value(reward: Floats, keep: Floats, owner: Ints, strategies: Floats,
           shape: tuple[int, ...]) -> Floats:
    weights = profile_weights(strategies, shape)[:, None, :]
    out: Floats = (reward[owner] * weights).sum(axis=2) / (keep[owner] * weights).sum(axis=2)
    return out
