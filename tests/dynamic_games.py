"""Builders of dynamic games from the literature, for the table in ``test_stochastic_published.py``.

Where a game is not discounted in its source its payoffs in period t are divided by δ^t, or δ is so
close to 1 that the difference is below the case's tolerance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from negotiation.stochastic import StochasticGame

Floats = NDArray[np.float64]
#: as good as no discounting
ALMOST = 1 - 1e-7


class Builder:
    """States by name; each is written as payoffs per profile and where every profile leads."""

    def __init__(self, names: Sequence[object], players: int = 2) -> None:
        self.names, self.players = list(names), players
        self.rows: dict[object, tuple[Floats, Floats]] = {}

    def state(self, name: object, actions: Sequence[int],
              play: Callable[..., tuple[Sequence[float], dict[object, float]]]) -> None:
        """``play(*profile)`` gives the players' payoffs and the chances of the next states."""
        u = np.zeros((self.players, *actions))
        to = np.zeros((*actions, len(self.names)))
        for profile in itertools.product(*map(range, actions)):
            pay, chances = play(*profile)
            u[(slice(None), *profile)] = pay
            for after, chance in chances.items():
                to[(*profile, self.names.index(after))] += chance
        self.rows[name] = u, to

    def over(self, name: object = "over") -> None:
        """A state in which nothing is paid for ever."""
        self.state(name, [1] * self.players, lambda *a: ([0.0] * self.players, {name: 1.0}))

    def game(self, delta: float) -> StochasticGame:
        rows = [self.rows[name] for name in self.names]
        return StochasticGame([u for u, _ in rows], [to for _, to in rows], delta,
                              states=[str(name) for name in self.names])


def taxicab() -> StochasticGame:
    """Three towns; cruise, wait at the stand, or wait for a call (not in the second)."""
    chance = [[[1/2, 1/4, 1/4], [1/16, 3/4, 3/16], [1/4, 1/8, 5/8]], [[1/2, 0, 1/2],
              [1/16, 7/8, 1/16]], [[1/4, 1/4, 1/2], [1/8, 3/4, 1/8], [3/4, 1/16, 3/16]]]
    fare = [[[10, 4, 8], [8, 2, 4], [4, 6, 4]], [[14, 0, 18], [8, 16, 8]],
            [[10, 2, 8], [6, 4, 2], [4, 0, 8]]]
    mean = [[[float(np.dot(p, r)) for p, r in zip(ps, rs, strict=True)]]
            for ps, rs in zip(chance, fare, strict=True)]
    return StochasticGame(mean, chance, 0.9)


def piglet(goal: int) -> StochasticGame:
    """Flip on or hold: tails loses the turn's heads; first to the goal wins 1 from the other.

    States: (mover, own score, the other's score, heads of this turn); who can win holds.
    """
    names = [(m, i, j, k) for i in range(goal) for j in range(goal) for k in range(goal - i + 1)
             for m in (0, 1)]
    made = Builder([*names, "over"])
    for m, i, j, k in names:
        other = 1 - m
        won = [1.0, -1.0] if m == 0 else [-1.0, 1.0]

        def play(a: int, b: int, at: tuple[int, ...] = (m, i, j, k), other: int = other,
                 won: list[float] = won) -> tuple[list[float], dict[object, float]]:
            m, i, j, k = at
            if i + k >= goal:
                return won, {"over": 1.0}
            if (a, b)[m] == 1:
                return [0.0, 0.0], {(other, j, i + k, 0): 1.0}
            return [0.0, 0.0], {(m, i, j, k + 1): 0.5, (other, j, i, 0): 0.5}

        actions = [1, 1]
        actions[m] = 1 if i + k >= goal or k == 0 else 2
        made.state((m, i, j, k), actions, play)
    made.over()
    return made.game(ALMOST)


def secretary(size: int) -> StochasticGame:
    """Candidates in random order; win 1 by stopping at the best of all."""
    delta = 0.5
    names = [(k, best) for k in range(1, size + 1) for best in (1, 0)]
    made = Builder([*names, "over"], players=1)
    for k, best in names:

        def play(a: int, k: int = k, best: int = best,
                 ) -> tuple[list[float], dict[object, float]]:
            if a == 0 or k == size:
                return [best * k / size * delta ** (1 - k) if a == 0 else 0.0], {"over": 1.0}
            return [0.0], {(k + 1, 1): 1 / (k + 1), (k + 1, 0): k / (k + 1)}

        made.state((k, best), [2 if best else 1], play if best else lambda a, f=play: f(1))
    made.over()
    return made.game(delta)


def secretary_value(size: int) -> float:
    return max(r / size * sum(1 / k for k in range(r, size)) for r in range(1, size))


def by_period(size: int, play: Callable[..., tuple[float, bool]], delta: float = 0.5,
              ) -> StochasticGame:
    """Zero-sum, two actions each; ``play(t, a, b)`` gives the pay and whether play goes on."""
    made = Builder([*range(size), "over"])
    for t in range(size):

        def at(a: int, b: int, t: int = t) -> tuple[list[float], dict[object, float]]:
            pay, on = play(t, a, b)
            pay *= delta ** -t
            return [pay, -pay], {(t + 1 if on and t < size - 1 else "over"): 1.0}

        made.state(t, [2, 2], at)
    made.over()
    return made.game(delta)


#: what player 1 gets when it stops, when player 2 does, and when both do (or nobody, at the end)
STOPPING = ([0.1, -0.4, 0.3, -0.2], [0.9, 0.8, 0.6, 0.7], [0.5, 0.2, 0.4, 0.25])


def dynkin() -> StochasticGame:
    """Either player can stop; whoever stops first sets the payoff."""
    low, high, both = STOPPING
    last = len(low) - 1

    def play(t: int, a: int, b: int) -> tuple[float, bool]:
        if a == 0 or b == 0:
            return (both if a == b else low if a == 0 else high)[t], False
        return (both[t] if t == last else 0.0), True

    return by_period(last + 1, play)


def dynkin_value() -> float:
    low, high, both = STOPPING
    value = both[-1]
    for x, y in list(zip(low, high, strict=True))[-2::-1]:
        value = max(x, min(y, value))
    return value


def duel() -> StochasticGame:
    """A noisy duel, one bullet each, hitting at step k with chances k/10 and k/8."""
    def play(t: int, a: int, b: int) -> tuple[float, bool]:
        p, q = (t + 1) / 10, (t + 1) / 8
        if a == 0 and b == 0:
            return p - q, False
        return (2 * p - 1, False) if a == 0 else (1 - 2 * q, False) if b == 0 else (0.0, True)

    return by_period(8, play)


def race(prize: float = 10.0, cost: float = 4.0, delta: float = 0.9) -> StochasticGame:
    """First to make two steps wins; each works at a cost or rests; a tie shares the prize."""
    names = [(2, 2), (1, 2), (2, 1), (1, 1)]
    made = Builder([*names, "over"])
    for x, y in names:

        def play(a: int, b: int, x: int = x, y: int = y,
                 ) -> tuple[list[float], dict[object, float]]:
            to = x - (a == 0), y - (b == 0)
            done = [left == 0 for left in to]
            pay = [prize * done[i] / max(sum(done), 1) - cost * (c == 0)
                   for i, c in enumerate((a, b))]
            return pay, {("over" if any(done) else to): 1.0}

        made.state((x, y), [2, 2], play)
    made.over()
    return made.game(delta)


def alternating(pay: Sequence[Sequence[Sequence[float]]], delta: float, start: int = 0,
                ) -> StochasticGame:
    """A 2-player stage game whose players change their actions in turn.

    States: (mover, the other's action), the one with player 1 to move against ``start`` first.
    """
    u = np.array(pay, dtype=float)
    m = u.shape[1]
    names = sorted(((i, b) for i in (0, 1) for b in range(m)), key=lambda s: s != (0, start))
    made = Builder(names)
    for i, locked in names:

        def play(a: int, b: int, i: int = i, locked: int = locked,
                 ) -> tuple[list[float], dict[object, float]]:
            mine = (a, b)[i]
            at = (mine, locked) if i == 0 else (locked, mine)
            return [float(u[0][at]), float(u[1][at])], {(1 - i, mine): 1.0}

        made.state((i, locked), [m, 1] if i == 0 else [1, m], play)
    return made.game(delta)


def price_competition(delta: float) -> StochasticGame:
    """Prices 0, 1/6, …, 1 set in turn; demand 1 − p goes to the lower price or is shared."""
    price = np.arange(7) / 6
    sold = price * (1 - price)
    first = np.where(price[:, None] < price, sold[:, None],
                     np.where(price[:, None] == price, sold[:, None] / 2, 0.0))
    return alternating([first.tolist(), first.T.tolist()], delta, start=3)


def square_root(delta: float) -> StochasticGame:
    """Zero-sum, in a good or a bad state for player 1 (1 or −1 a period).

    (1, 1) stays there, (2, 2) stays for ever, and otherwise play changes to the other state.
    """
    made = Builder(["good", "bad", "good for ever", "bad for ever"])
    for name, other, pay in (("good", "bad", 1.0), ("bad", "good", -1.0)):

        def play(a: int, b: int, name: str = name, other: str = other, pay: float = pay,
                 ) -> tuple[list[float], dict[object, float]]:
            after = other if a != b else name if a == 0 else f"{name} for ever"
            return [pay, -pay], {after: 1.0}

        made.state(name, [2, 2], play)
        made.state(f"{name} for ever", [1, 1],
                   lambda a, b, name=name, pay=pay: ([pay, -pay], {f"{name} for ever": 1.0}))
    return made.game(delta)


def quitting(delta: float) -> StochasticGame:
    """Three players; play ends when somebody quits (action 2), with payoffs by who did."""
    alone, pair = [1.0, 3.0, 0.0], [1.0, 0.0, 1.0]  # player 1; players 1 and 2; the others turned
    made = Builder(["play", "over"], players=3)

    def play(*a: int) -> tuple[Sequence[float], dict[object, float]]:
        who = [i for i in range(3) if a[i] == 1]
        if not who:
            return [0.0] * 3, {"play": 1.0}
        if len(who) == 3:
            return [0.0] * 3, {"over": 1.0}
        first = who[0] if len(who) == 1 or who[1] == who[0] + 1 else who[1]
        base = alone if len(who) == 1 else pair
        return [base[(i - first) % 3] for i in range(3)], {"over": 1.0}

    made.state("play", [2, 2, 2], play)
    made.over()
    return made.game(delta)


def bold_play(goal: int, chance: float) -> StochasticGame:
    """Stake what you have, or less, on even money until you are broke or have the goal."""
    names = sorted(range(1, goal), key=lambda s: s != goal // 2)
    made = Builder([*names, 0, goal], players=1)
    for s in names:

        def play(a: int, s: int = s) -> tuple[list[float], dict[object, float]]:
            up = s + a + 1
            return [chance * (up == goal)], {up: chance, s - a - 1: 1 - chance}

        made.state(s, [min(s, goal - s)], play)
    made.over(0)
    made.over(goal)
    return made.game(ALMOST)
