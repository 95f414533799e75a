"""The stochastic game: states, simultaneous actions, payoffs, transitions, discount factors.

In state s each player i of n chooses one of m_i(s) actions at the same time as the others; the
profile a pays u_i(s, a) and play moves to state s′ with probability φ(s, a, s′). Player i maximises
the expected sum of δ_i^t u_i. A stationary strategy profile σ gives values

    V_i(s) = Σ_a σ(s, a) [ u_i(s, a) + δ_i Σ_s′ φ(s, a, s′) V_i(s′) ],

and is a Markov perfect equilibrium (MPE) when no player gains in any state by another action there
(Shapley 1953; Fink 1964, who shows that one exists; Maskin & Tirole 2001).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, Problem, UnknownNameError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: probabilities of one profile may miss 1 by this much; they are rescaled to sum to 1 exactly
PROBABILITY_TOLERANCE = 1e-9
#: most problems of an input that are shown at once
SHOWN = 20


@dataclass(frozen=True, eq=False)
class StochasticGame:
    """A finite discounted stochastic game of n players and S states.

    Args:
        payoffs: per state, u_i(a) of shape (n, m_1, …, m_n), in payoff units per period. The
            numbers of actions m_i may differ between states and players.
        transitions: per state, φ(a, s′) of shape (m_1, …, m_n, S), probabilities over next states.
        discount: δ_i in [0, 1) per period, (n,), or one number for everybody.
        states: names of the states; "0", "1", … when left out.
        players: names of the players; "1", "2", … when left out.
        actions: ``actions[s][i]`` lists the names of player i's actions in state s; "0", "1", …
            when left out.

    Raises:
        InputError: with every problem found, each with its path (``transitions[3]``).

    Two states, one player who can leave the first for a better second:

        >>> import negotiation as ng
        >>> game = ng.StochasticGame(
        ...     payoffs=[[[1.0, 0.0]], [[2.0]]],
        ...     transitions=[[[1.0, 0.0], [0.0, 1.0]], [[0.0, 1.0]]],
        ...     discount=0.9)
        >>> game.shapes
        ((2,), (1,))
    """

    payoffs: tuple[Floats, ...]
    transitions: tuple[Floats, ...]
    discount: Floats
    states: tuple[str, ...]
    players: tuple[str, ...]
    actions: tuple[tuple[tuple[str, ...], ...], ...]

    def __init__(self, payoffs: Sequence[ArrayLike], transitions: Sequence[ArrayLike],
                 discount: ArrayLike, *, states: Sequence[str] | None = None,
                 players: Sequence[str] | None = None,
                 actions: Sequence[Sequence[Sequence[str]]] | None = None) -> None:
        problems: list[Problem] = []
        u = _arrays("payoffs", payoffs, problems)
        phi = _arrays("transitions", transitions, problems)
        if not problems:
            _check_shapes(u, phi, problems)
        if not problems:
            for s, array in enumerate(u):
                _check_finite(f"payoffs[{s}]", array, problems)
            phi = [_probabilities(s, array, problems) for s, array in enumerate(phi)]
        n = u[0].shape[0] if u and u[0].ndim else 0
        delta = _discount(discount, n, problems)
        shapes = [array.shape[1:] for array in u]
        names = (_names("states", states, len(u), 0, problems),
                 _names("players", players, n, 1, problems),
                 _actions(actions, shapes, problems))
        if problems:
            more = len(problems) - SHOWN
            lines = [str(problem) for problem in problems[:SHOWN]]
            raise InputError("\n".join([*lines, f"… and {more} more"] if more > 0 else lines))
        for array in (*u, *phi, delta):
            array.setflags(write=False)
        for field, value in zip(("payoffs", "transitions", "discount", "states", "players",
                                 "actions"), (tuple(u), tuple(phi), delta, *names), strict=True):
            object.__setattr__(self, field, value)

    @cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Per state, the numbers of actions (m_1, …, m_n)."""
        return tuple(array.shape[1:] for array in self.payoffs)

    @cached_property
    def payoff_range(self) -> Floats:
        """(n,) largest minus smallest payoff of each player; 1 where all payoffs are equal."""
        high = np.max([u.reshape(len(u), -1).max(axis=1) for u in self.payoffs], axis=0)
        low = np.min([u.reshape(len(u), -1).min(axis=1) for u in self.payoffs], axis=0)
        spread: Floats = high - low
        return np.where(spread > 0, spread, 1.0)

    @cached_property
    def followers(self) -> tuple[Ints, ...]:
        """Per state, the states that some profile of actions can lead to, ascending."""
        return tuple(np.flatnonzero(phi.reshape(-1, len(self.payoffs)).any(axis=0))
                     for phi in self.transitions)

    def state(self, name: str | int) -> int:
        """The number of a state, given its name or number."""
        return _find("state", name, self.states)

    def player(self, name: str | int) -> int:
        """The number of a player, given its name or number."""
        return _find("player", name, self.players)

    def __repr__(self) -> str:
        return f"StochasticGame({len(self.states)} states, {len(self.players)} players)"


def _find(kind: str, name: str | int, names: tuple[str, ...]) -> int:
    if isinstance(name, str):
        if name not in names:
            raise UnknownNameError(kind, name, names)
        return names.index(name)
    if not 0 <= name < len(names):
        raise InputError(f"there is no {kind} {name}: expected a number from 0 to {len(names) - 1}")
    return int(name)


def _arrays(path: str, arrays: Sequence[ArrayLike], problems: list[Problem]) -> list[Floats]:
    found = []
    try:
        items = list(arrays)
    except TypeError:
        problems.append(Problem(path, f"expected a list with one array per state, got {arrays!r}"))
        return []
    if not items:
        problems.append(Problem(path, "expected at least one state, got none"))
    for s, item in enumerate(items):
        try:
            found.append(np.array(item, dtype=np.float64))
        except (TypeError, ValueError):
            problems.append(Problem(f"{path}[{s}]", "expected an array of numbers, got something "
                                    "ragged or not numeric"))
    return found


def _check_shapes(u: list[Floats], phi: list[Floats], problems: list[Problem]) -> None:
    if len(u) != len(phi):
        problems.append(Problem("transitions", f"expected one array per state, {len(u)} as in "
                                f"payoffs, got {len(phi)}"))
        return
    n = u[0].shape[0] if u[0].ndim else 0
    for s, (pay, move) in enumerate(zip(u, phi, strict=True)):
        if pay.ndim < 2 or pay.shape[0] != n or pay.ndim != n + 1 or pay.size == 0:
            problems.append(Problem(f"payoffs[{s}]", f"expected the shape (n, m_1, …, m_n) with "
                                    f"{n} players as in payoffs[0], each with an action, got "
                                    f"{pay.shape}"))
        elif move.shape != (*pay.shape[1:], len(u)):
            problems.append(Problem(f"transitions[{s}]", f"expected the shape (m_1, …, m_n, S) = "
                                    f"{(*pay.shape[1:], len(u))}, got {move.shape}"))


def _check_finite(path: str, array: Floats, problems: list[Problem]) -> None:
    if not np.isfinite(array).all():
        place = tuple(int(k) for k in np.argwhere(~np.isfinite(array))[0])
        problems.append(Problem(f"{path}{list(place)}", f"expected a finite number, got "
                                f"{array[place]}"))


def _probabilities(s: int, phi: Floats, problems: list[Problem]) -> Floats:
    before = len(problems)
    _check_finite(f"transitions[{s}]", phi, problems)
    if len(problems) > before:
        return phi
    if phi.min() < 0:
        place = [int(k) for k in np.argwhere(phi < 0)[0]]
        problems.append(Problem(f"transitions[{s}]{place}", f"expected a probability, got "
                                f"{phi[tuple(place)]}"))
        return phi
    total = phi.sum(axis=-1, keepdims=True)
    off = np.abs(total[..., 0] - 1.0)
    if off.max() > PROBABILITY_TOLERANCE:
        profile = [int(k) for k in np.argwhere(off == off.max())[0]]
        problems.append(Problem(f"transitions[{s}]{profile}", "expected probabilities that sum to "
                                f"1, got a sum of {float(total[(*profile, 0)]):.12g}"))
        return phi
    scaled: Floats = phi / total
    return scaled


def _discount(discount: ArrayLike, n: int, problems: list[Problem]) -> Floats:
    try:
        given = np.array(discount, dtype=np.float64)
    except (TypeError, ValueError):
        problems.append(Problem("discount", f"expected numbers, got {discount!r}"))
        return np.zeros(n)
    if given.shape not in ((), (n,)) and n:
        problems.append(Problem("discount", f"expected one number, or one per player ({n}), got "
                                f"the shape {given.shape}"))
    elif not ((given >= 0) & (given < 1)).all():
        problems.append(Problem("discount", f"expected discount factors in [0, 1), got "
                                f"{given.tolist()}"))
    return np.array(np.broadcast_to(given, (n,))) if given.shape in ((), (n,)) else given


def _names(path: str, names: Sequence[str] | None, size: int, start: int,
           problems: list[Problem]) -> tuple[str, ...]:
    if names is None:
        return tuple(str(k + start) for k in range(size))
    out = tuple(str(name) for name in names)
    if len(out) != size:
        problems.append(Problem(path, f"expected {size} names, got {len(out)}"))
    elif len(set(out)) != size:
        double = next(name for name in out if out.count(name) > 1)
        problems.append(Problem(path, f"expected names that differ, got {double!r} twice"))
    return out


def _actions(actions: Sequence[Sequence[Sequence[str]]] | None, shapes: list[tuple[int, ...]],
             problems: list[Problem]) -> tuple[tuple[tuple[str, ...], ...], ...]:
    if actions is None:
        return tuple(tuple(tuple(map(str, range(m))) for m in shape) for shape in shapes)
    if len(actions) != len(shapes):
        problems.append(Problem("actions", f"expected the names of every state's actions "
                                f"({len(shapes)}), got {len(actions)}"))
        return ()
    out = []
    for s, (given, shape) in enumerate(zip(actions, shapes, strict=True)):
        if len(given) != len(shape):
            problems.append(Problem(f"actions[{s}]", f"expected a list per player ({len(shape)}), "
                                    f"got {len(given)}"))
            continue
        out.append(tuple(_names(f"actions[{s}][{i}]", names, m, 0, problems)
                         for i, (names, m) in enumerate(zip(given, shape, strict=True))))
    return tuple(out)
