"""Components of several states: one equilibrium by the logit path, further ones by search.

Where only one player has a choice the component is a decision problem, solved by policy iteration
(Howard 1960). Where bounds and dominance leave one profile it is the only equilibrium. In a
zero-sum component the values are unique (Shapley 1953) and so is the equilibrium when every state's
matrix game at these values has one solution. Otherwise nothing bounds the number of equilibria: the
logit path gives one, all pure ones are found when their profiles can be enumerated, paths from
other starting points find more, and the list is not claimed to be complete.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from .certificate import REGRET_TOLERANCE, check
from .field import Field
from .path import follow
from .pruning import prune
from .stage import CONTINUUM, Profile
from .system import System

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SEARCHED = "the component has several states, where equilibria are searched, not enumerated"
NOTHING = "no equilibrium of the component was found"
#: most states of a component on which bounds and dominance are tried
MOST_PRUNED = 60
#: most pure profiles of a component that are all tried
MOST_PURE = 1 << 14
#: spread of the log odds from which further paths start, and of the first remedy when one fails
AWAY, NUDGE = 3.0, 0.02
#: paths tried, with larger and larger nudges, before a component is given up
MOST_NUDGES = 6
#: steps of a path that may jump between branches
QUICK = 250


@dataclass(frozen=True, eq=False)
class Cycle:
    """The game on a component with all other values fixed.

    Attributes:
        rewards: per state (n, m_1, …, m_n), the discounted values of states outside included.
        inside: per state (m_1, …, m_n, K) chances of moving to the component's own states.
        discount: (n,); spread: (n,) payoff ranges.
    """

    rewards: list[Floats]
    inside: list[Floats]
    discount: Floats
    spread: Floats

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        return [reward.shape[1:] for reward in self.rewards]


@dataclass(eq=False)
class CycleAnswer:
    """Solutions as (mixed actions per state, values (K, n)), and why there may be more."""

    solutions: list[tuple[list[Profile], Floats]] = field(default_factory=list)
    doubt: str | None = None


def solve_cycle(cycle: Cycle, starts: int, tie: Floats,
                stop: Callable[[], None] | None = None, answer: CycleAnswer | None = None,
                ) -> CycleAnswer:
    """Equilibria of a component.

    Args:
        starts: how many paths to follow; with 1 nothing else is tried.
        tie: (n,) gains up to this count as none, in payoff units.
        stop: called now and then; may raise to end the work.
        answer: filled as equilibria are found, so that they are there when ``stop`` raises.
    """
    answer = CycleAnswer() if answer is None else answer
    active = {i for shape in cycle.shapes for i, m in enumerate(shape) if m > 1}
    if len(active) <= 1:
        _decide(cycle, max(active, default=0), tie, answer)
        return answer
    if starts > 1 and len(cycle.rewards) <= MOST_PRUNED:
        kept = prune(cycle.rewards, cycle.inside, cycle.discount, tie)
        if all(len(actions) == 1 for players in kept for actions in players):
            only = [tuple(np.eye(m)[int(a[0])] for m, a in zip(shape, players, strict=True))
                    for shape, players in zip(cycle.shapes, kept, strict=True)]
            if _add(cycle, answer, only):
                return answer
    relative = float((tie / cycle.spread).min())
    arrays = Field(cycle.rewards, cycle.inside, cycle.discount, cycle.spread)
    rng = np.random.default_rng(0)
    shape = arrays.real[:, :, 1:].shape
    if starts == 1:
        quick = follow(System(arrays), relative, stop, jump=True, most=QUICK)
        _add(cycle, answer, _profiles(quick.mixed, cycle))
    nudge = 0.0
    for _ in range(0 if answer.solutions else MOST_NUDGES):
        end = follow(System(arrays, nudge * rng.standard_normal(shape)), relative, stop)
        if _add(cycle, answer, _profiles(end.mixed, cycle)):
            break
        nudge = 2.0 * nudge or NUDGE
    if answer.solutions and _unique(cycle, answer, tie):
        return answer
    answer.doubt = SEARCHED
    if starts > 1 or not answer.solutions:
        for profile in _pure(cycle, tie, stop):
            _add(cycle, answer, profile)
            if starts == 1:
                break
        for _ in range(starts - 1):
            end = follow(System(arrays, AWAY * rng.standard_normal(shape)), relative, stop)
            _add(cycle, answer, _profiles(end.mixed, cycle))
    if not answer.solutions:
        answer.doubt = NOTHING
    return answer


def _profiles(mixed: Floats | None, cycle: Cycle) -> list[Profile] | None:
    if mixed is None:
        return None
    return [tuple(mixed[i, s, :m] for i, m in enumerate(shape))
            for s, shape in enumerate(cycle.shapes)]


def _add(cycle: Cycle, answer: CycleAnswer, profiles: list[Profile] | None) -> bool:
    """Add a profile that is certified and new; whether it is certified."""
    if profiles is None:
        return False
    certificate = check(cycle.rewards, cycle.inside, cycle.discount, cycle.spread, profiles)
    if certificate.regret > REGRET_TOLERANCE:
        return False
    for other, _ in answer.solutions:
        if all(np.abs(p - q).max() < 1e-8 for mine, theirs in zip(profiles, other, strict=True)
               for p, q in zip(mine, theirs, strict=True)):
            return True
    answer.solutions.append((profiles, certificate.values))
    return True


def _decide(cycle: Cycle, player: int, tie: Floats, answer: CycleAnswer) -> None:
    """Policy iteration for the one player who has a choice (or for none)."""
    size, n = len(cycle.rewards), len(cycle.discount)
    policy = np.zeros(size, dtype=np.int64)
    rewards = [r.reshape(n, -1) for r in cycle.rewards]
    inside = [p.reshape(-1, size) for p in cycle.inside]
    delta = cycle.discount[player]
    while True:
        chain = np.stack([inside[s][policy[s]] for s in range(size)])
        reward = np.stack([rewards[s][player, policy[s]] for s in range(size)])
        value = np.linalg.solve(np.eye(size) - delta * chain, reward)
        worth = [rewards[s][player] + delta * inside[s] @ value for s in range(size)]
        better = [s for s in range(size) if worth[s].max() > worth[s][policy[s]] + tie[player]]
        if not better:
            break
        policy[better] = [int(worth[s].argmax()) for s in better]
    profiles = []
    for s, shape in enumerate(cycle.shapes):
        profile = [np.ones(1)] * n
        profile[player] = np.eye(shape[player])[policy[s]]
        profiles.append(tuple(profile))
    if not _add(cycle, answer, profiles):
        answer.doubt = NOTHING
    elif any((w >= w.max() - tie[player]).sum() > 1 for w in worth):
        answer.doubt = CONTINUUM


def _pure(cycle: Cycle, tie: Floats, stop: Callable[[], None] | None, chunk: int = 2048,
          ) -> Iterator[list[Profile]]:
    """Every pure equilibrium, in lexicographic order, when there are few enough profiles."""
    counts = [int(np.prod(shape)) for shape in cycle.shapes]
    if sum(np.log2(counts)) > np.log2(MOST_PURE):
        return
    size, n = len(counts), len(cycle.discount)
    rewards = [r.reshape(n, -1) for r in cycle.rewards]
    inside = [p.reshape(-1, size) for p in cycle.inside]
    every = itertools.product(*(range(count) for count in counts))
    while batch := list(itertools.islice(every, chunk)):
        if stop is not None:
            stop()
        chosen = np.array(batch)
        chain = np.stack([inside[s][chosen[:, s]] for s in range(size)], axis=1)
        good = np.ones(len(chosen), dtype=bool)
        for i, delta in enumerate(cycle.discount):
            reward = np.stack([rewards[s][i, chosen[:, s]] for s in range(size)], axis=1)
            value = np.linalg.solve(np.eye(size) - delta * chain, reward[..., None])[..., 0]
            for s, shape in enumerate(cycle.shapes):
                worth = (rewards[s][i] + delta * value @ inside[s].T).reshape(-1, *shape)
                best = worth.max(axis=i + 1, keepdims=True)
                at = np.unravel_index(chosen[:, s], shape)
                least = tuple(np.zeros_like(a) if j == i else a for j, a in enumerate(at))
                good &= best[(np.arange(len(chosen)), *least)] <= value[:, s] + tie[i]
        for row in chosen[good]:
            yield [tuple(np.eye(m)[a] for m, a in zip(
                shape, np.unravel_index(int(row[s]), shape), strict=True))
                for s, shape in enumerate(cycle.shapes)]


def _unique(cycle: Cycle, answer: CycleAnswer, tie: Floats) -> bool:
    """Whether the component is zero-sum and its one solution is proved to be the only one.

    Constant-sum games with one discount factor count as zero-sum. A matrix game has one solution
    when an equilibrium has supports of one size, all other actions are worse, and the indifference
    equations on the supports are regular (Bohnenblust, Karlin & Shapley 1950, theorem 2).
    """
    if len(cycle.discount) != 2 or cycle.discount[0] != cycle.discount[1]:
        return False
    delta = float(cycle.discount[0])
    total = np.concatenate([(r.sum(axis=0) / (1 - delta * p.sum(axis=-1))).ravel()
                            for r, p in zip(cycle.rewards, cycle.inside, strict=True)])
    if np.ptp(total) > float(tie.min()):
        return False
    profiles, values = answer.solutions[0]
    for s, (x, y) in enumerate(profiles):
        worth = cycle.rewards[s][0] + delta * cycle.inside[s] @ values[:, 0]
        rows, columns = x > 1e-9, y > 1e-9
        if rows.sum() != columns.sum():
            return False
        down, across = worth @ y - values[s, 0], x @ worth - values[s, 0]
        if (down[~rows] > -tie[0]).any() or (across[~columns] < tie[0]).any():
            return False
        inner = worth[np.ix_(rows, columns)] / cycle.spread[0]
        k = len(inner)
        system = np.block([[inner, -np.ones((k, 1))], [np.ones((1, k)), np.zeros((1, 1))]])
        if np.linalg.cond(system) > 1e9:
            return False
    return True
