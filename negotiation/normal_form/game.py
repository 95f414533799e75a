"""Games in normal form: everybody chooses an action at the same time.

Player i of n has m_i actions; ``payoffs[i, a_0, …, a_{n-1}]`` is what it gets at the profile a. A
*mixed profile* gives every player a probability for each of its actions. The *regret* of a player
is what its best action pays above what it gets; a Nash equilibrium is a profile without regret.

Payoffs are taken to be exactly the numbers given: floats are binary fractions, and two payoffs tie
when they are equal, never when they are merely close.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from numbers import Rational
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import InputError, UnknownNameError
from . import structure

Floats = NDArray[np.float64]
Objects = NDArray[np.object_]
Profile = Sequence[ArrayLike]

#: the largest whole number below which every whole number is a float
_WHOLE = 2**53
_PROBABILITY_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class NormalFormGame:
    """A finite game in normal form, with labels.

    Parameters
    ----------
    payoffs : array_like, shape (n, m_1, …, m_n)
        Floats, whole numbers or ``fractions.Fraction``, finite, in each player's own unit. What a
        float cannot hold (a Fraction 1/3, a whole number beyond 2⁵³) is kept exactly beside it.
    players : sequence of str, optional
        n different names; "1", "2", … by default.
    actions : sequence of sequences of str, optional
        For each player its actions' names; "1", "2", … by default.
    title : str, optional

    Raises
    ------
    InputError
        Where the shape is not that of a game, a payoff is no finite number, or labels do not fit.

    Examples
    --------
    >>> pd = NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]],
    ...                     actions=[["trust", "arm"], ["trust", "arm"]])
    >>> pd.best_responses([[1, 0], [1, 0]], 0)
    (1,)
    >>> pd.regret([[0, 1], [0, 1]]).tolist()
    [0.0, 0.0]
    """

    payoffs: Floats
    players: tuple[str, ...]
    actions: tuple[tuple[str, ...], ...]
    title: str
    _given: Objects | None = field(repr=False)

    def __init__(self, payoffs: ArrayLike, players: Iterable[str] | None = None,
                 actions: Iterable[Iterable[str]] | None = None, title: str = "") -> None:
        array, given = read_payoffs(payoffs)
        if array.ndim < 2 or array.shape[0] != array.ndim - 1 or not array.size:
            raise InputError(
                "The 'payoffs' parameter of NormalFormGame must have shape (n, m_1, …, m_n) with "
                "one table of payoffs for each of n players and at least one action for each; got "
                f"shape {array.shape}.")
        array.setflags(write=False)
        n, shape = array.shape[0], array.shape[1:]
        object.__setattr__(self, "payoffs", array)
        object.__setattr__(self, "_given", given)
        object.__setattr__(self, "players", _labels("players", players, n))
        if actions is None:
            named = tuple(_labels("actions", None, m) for m in shape)
        else:
            lists = list(actions)
            if len(lists) != n:
                raise InputError("The 'actions' parameter of NormalFormGame must have one list for "
                                 f"each of {n} players; got {len(lists)}.")
            named = tuple(_labels(f"actions[{i}]", lists[i], shape[i]) for i in range(n))
        object.__setattr__(self, "actions", named)
        object.__setattr__(self, "title", str(title))

    @classmethod
    def from_bimatrix(cls, first: ArrayLike, second: ArrayLike | None = None,
                      **labels: Any) -> NormalFormGame:
        """A two-player game from the tables of both; the second is minus the first by default.

        >>> NormalFormGame.from_bimatrix([[1, -1], [-1, 1]]).is_zero_sum
        True
        """
        row, row_given = read_payoffs(first)
        if second is None:
            if row_given is not None:
                return cls(np.stack([row_given, -row_given]), **labels)
            return cls(np.stack([row, -row]), **labels)
        column, column_given = read_payoffs(second)
        if row.shape != column.shape:
            raise InputError("Both payoff tables of from_bimatrix must have one shape (m_1, m_2); "
                             f"got {row.shape} and {column.shape}.")
        if row_given is not None or column_given is not None:
            return cls(np.stack([_as_objects(row, row_given), _as_objects(column, column_given)]),
                       **labels)
        return cls(np.stack([row, column]), **labels)

    @classmethod
    def from_nashpy(cls, game: Any, **labels: Any) -> NormalFormGame:
        """The game of a ``nashpy.Game`` (anything with ``payoff_matrices``)."""
        tables = getattr(game, "payoff_matrices", None)
        if tables is None or len(tables) != 2:
            raise InputError("from_nashpy takes a nashpy.Game with two payoff matrices; got "
                             f"{type(game).__name__}.")
        return cls.from_bimatrix(*tables, **labels)

    def to_nashpy(self) -> Any:
        """The same game as a ``nashpy.Game`` of floats (two players only)."""
        import nashpy

        self._two("to_nashpy")
        return nashpy.Game(self.payoffs[0].copy(), self.payoffs[1].copy())

    @property
    def n(self) -> int:
        """How many players."""
        return len(self.payoffs)

    @property
    def shape(self) -> tuple[int, ...]:
        """(m_1, …, m_n), how many actions each player has."""
        return self.payoffs.shape[1:]

    @property
    def exact_given(self) -> bool:
        """Whether some payoff is a number that a float cannot hold."""
        return self._given is not None

    @cached_property
    def exact(self) -> Objects:
        """(n, m_1, …, m_n) the payoffs as Fractions, without rounding."""
        if self._given is not None:
            return self._given
        exact = np.empty(self.payoffs.shape, dtype=object)
        exact.ravel()[:] = [Fraction(x) for x in self.payoffs.ravel().tolist()]
        exact.setflags(write=False)
        return exact

    @cached_property
    def ranges(self) -> Floats:
        """(n,) each player's highest payoff minus its lowest."""
        wide: Floats = self.above_lowest.reshape(self.n, -1).max(axis=1)
        wide.setflags(write=False)
        return wide

    @cached_property
    def above_lowest(self) -> Floats:
        """(n, m_1, …, m_n) payoffs above each player's lowest, rounded once.

        Gains and regrets are differences, which large payoffs of both sides would drown. Raises
        InputError where a difference is beyond what a float can hold.
        """
        each = (self.n, *([1] * self.n))
        table: NDArray[Any] = self.payoffs if self._given is None else self._given
        low = np.array([part.min() for part in table], dtype=table.dtype).reshape(each)
        try:
            with np.errstate(over="raise"):
                above: Floats = (table - low).astype(np.float64)
        except (OverflowError, FloatingPointError):
            raise InputError("the payoffs of a player differ by more than a float can hold"
                             ) from None
        above.setflags(write=False)
        return above

    def player(self, who: int | str) -> int:
        """The index of a player given by index or name."""
        if isinstance(who, str):
            if who not in self.players:
                raise UnknownNameError("player", who, self.players)
            return self.players.index(who)
        if isinstance(who, bool) or not isinstance(who, int | np.integer) or not 0 <= who < self.n:
            raise InputError(f"a player must be a name or an index from 0 to {self.n - 1}; got "
                             f"{who!r}.")
        return int(who)

    def restrict(self, actions: Sequence[Sequence[int]]) -> NormalFormGame:
        """The game in which each player has only the actions listed (indices, in that order)."""
        if len(actions) != self.n or any(not len(kept) for kept in actions):
            raise InputError("The 'actions' parameter of restrict must list at least one action "
                             f"for each of {self.n} players; got {actions!r}.")
        for i, kept in enumerate(actions):
            if any(not 0 <= a < self.shape[i] for a in kept):
                raise InputError(f"player {self.players[i]} has the actions 0 to "
                                 f"{self.shape[i] - 1}; got {list(kept)!r}.")
        table = self.payoffs if self._given is None else self._given
        pick = np.ix_(range(self.n), *[list(kept) for kept in actions])
        return NormalFormGame(table[pick], self.players,
                              [[self.actions[i][a] for a in kept]
                               for i, kept in enumerate(actions)], self.title)

    def profile(self, given: Profile) -> tuple[Floats, ...]:
        """A mixed profile, checked: n vectors of probabilities, each summing to 1 within 1e-9.

        Raises InputError that tells which player's part does not fit.
        """
        if len(given) != self.n:
            raise InputError(f"a profile has one vector for each of {self.n} players; got "
                             f"{len(given)}.")
        parts = []
        for i, part in enumerate(given):
            try:
                vector = np.array(part, dtype=np.float64)
            except (TypeError, ValueError):
                vector = np.array([np.nan])
            if vector.shape != (self.shape[i],) or not np.isfinite(vector).all():
                raise InputError(f"the profile's part for player {self.players[i]} must be "
                                 f"{self.shape[i]} probabilities; got {part!r}.")
            if vector.min() < -_PROBABILITY_SLACK or abs(vector.sum() - 1) > _PROBABILITY_SLACK:
                raise InputError(f"the profile's part for player {self.players[i]} must be "
                                 f"probabilities that sum to 1; got {part!r}.")
            parts.append(vector)
        return tuple(parts)

    def deviations(self, profile: Profile, player: int | str) -> Floats:
        """(m_i,) what each of a player's actions pays when the others play the profile."""
        return deviation_payoffs(self.payoffs, self.profile(profile), self.player(player))

    def expected(self, profile: Profile) -> Floats:
        """(n,) expected payoffs.

        >>> NormalFormGame([[[3, 0], [5, 1]], [[3, 5], [0, 1]]]).expected([[1, 0], [.5, .5]])
        array([1.5, 4. ])
        """
        checked = self.profile(profile)
        return np.array([deviation_payoffs(self.payoffs, checked, i) @ checked[i]
                         for i in range(self.n)])

    def regret(self, profile: Profile) -> Floats:
        """(n,) what each player's best action pays above what it gets, in its own unit, ≥ 0."""
        checked = self.profile(profile)
        return np.array([player_regret(self.above_lowest, checked, i) for i in range(self.n)])

    def relative_regret(self, profile: Profile) -> float:
        """The largest regret, each in units of its player's payoff range (0 where that is 0)."""
        regrets = self.regret(profile)
        wide = self.ranges
        return float(max((r / w if w else 0.0) for r, w in zip(regrets, wide, strict=True)))

    def best_responses(self, profile: Profile, player: int | str,
                       tolerance: float = 1e-12) -> tuple[int, ...]:
        """Indices of a player's best actions, up to ``tolerance`` of its payoff range."""
        i = self.player(player)
        pays = deviation_payoffs(self.above_lowest, self.profile(profile), i)
        return tuple(int(a) for a in np.flatnonzero(pays >= pays.max()
                                                    - tolerance * self.ranges[i]))

    def pure_equilibria(self) -> tuple[tuple[int, ...], ...]:
        """Every pure Nash equilibrium, as profiles of action indices; decided without rounding.

        >>> NormalFormGame([[[2, 0], [0, 1]], [[1, 0], [0, 2]]]).pure_equilibria()
        ((0, 0), (1, 1))
        """
        table = self.payoffs if self._given is None else self._given
        stable = np.ones(self.shape, dtype=bool)
        for i in range(self.n):
            stable &= (table[i] == table[i].max(axis=i, keepdims=True)).astype(bool)
        return tuple(tuple(int(a) for a in found) for found in np.argwhere(stable))

    @property
    def is_zero_sum(self) -> bool:
        """Whether payoffs sum to one constant at every profile (up to rounding)."""
        return structure.is_constant_sum(self)

    def potential(self, tolerance: float = 1e-12) -> Floats | None:
        """The exact potential, or None where the game has none; see :func:`structure.potential`."""
        return structure.potential(self, tolerance)

    def dominated(self, player: int | str, *, strict: bool = True, mixed: bool = True,
                  ) -> tuple[structure.Dominance, ...]:
        """A player's dominated actions, each with what dominates it; without rounding."""
        return structure.dominated(self, self.player(player), strict=strict, mixed=mixed)

    def rationalizable(self) -> structure.Rationalizable:
        """What survives iterated strict dominance, round by round; without rounding."""
        return structure.rationalizable(self)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, NormalFormGame):
            return NotImplemented
        return (self.players == other.players and self.actions == other.actions
                and self.title == other.title and self.payoffs.shape == other.payoffs.shape
                and bool(np.array_equal(self.payoffs, other.payoffs))
                and (self._given is None) == (other._given is None)
                and (self._given is None or bool((self._given == other._given).all())))

    def __hash__(self) -> int:
        return hash((self.players, self.actions, self.payoffs.tobytes()))

    def _two(self, what: str) -> None:
        if self.n != 2:
            raise InputError(f"{what} needs a game of two players; this one has {self.n}.")


def deviation_payoffs(payoffs: Floats, profile: Sequence[Floats], player: int) -> Floats:
    """(m_i,) what each action of a player pays against the others' part of a profile, unchecked."""
    table: Floats = payoffs[player]
    for j in range(len(profile) - 1, -1, -1):
        if j != player:
            table = np.tensordot(table, profile[j], axes=([j], [0]))
    return table


def player_regret(payoffs: Floats, profile: Sequence[Floats], player: int) -> float:
    """What a player's best action pays above what it gets, unchecked.

    Summed as Σ_a p_a (best − u_a), which loses nothing to cancellation.
    """
    pays = deviation_payoffs(payoffs, profile, player)
    return float(profile[player] @ (pays.max() - pays))


def read_payoffs(given: ArrayLike) -> tuple[Floats, Objects | None]:
    """Payoffs as floats and, where a float cannot hold one of them, as Fractions too."""
    try:
        raw = np.array(given)
    except ValueError:
        raise InputError("The 'payoffs' parameter must be a regular array of numbers; got rows of "
                         "different lengths.") from None
    if raw.dtype.kind == "f" and raw.dtype.itemsize <= 8:
        floats: Floats = raw.astype(np.float64)
        if not np.isfinite(floats).all():
            where = np.argwhere(~np.isfinite(floats))[0].tolist()
            raise InputError(f"The 'payoffs' parameter must have finite numbers only; got "
                             f"{float(floats[tuple(where)])!r} at {where}.")
        return floats, None
    if raw.dtype.kind in "iu" and raw.size and -_WHOLE <= raw.min() and raw.max() <= _WHOLE:
        return raw.astype(np.float64), None
    if raw.dtype.kind not in "iuO":
        raise InputError("The 'payoffs' parameter must be an array of floats, whole numbers or "
                         f"Fractions; got an array of {raw.dtype}.")
    return _read_objects(raw)


def _read_objects(raw: NDArray[Any]) -> tuple[Floats, Objects | None]:
    exact = np.empty(raw.shape, dtype=object)
    floats = np.empty(raw.shape, dtype=np.float64)
    lossy = False
    for where in np.ndindex(raw.shape):
        number = raw[where]
        if isinstance(number, bool) or not isinstance(
                number, Rational | float | np.floating | np.integer):
            raise InputError("The 'payoffs' parameter must be an array of floats, whole numbers "
                             f"or Fractions; got {number!r} at {list(where)}.")
        try:
            exact[where] = Fraction(int(number) if isinstance(number, np.integer) else number)
            floats[where] = float(exact[where])
        except (ValueError, OverflowError):
            raise InputError("The 'payoffs' parameter must have finite numbers only, within what "
                             f"a float can hold; got {number!r} at {list(where)}.") from None
        lossy = lossy or Fraction(floats[where]) != exact[where]
    exact.setflags(write=False)
    return floats, exact if lossy else None


def _as_objects(floats: Floats, exact: Objects | None) -> Objects:
    return floats.astype(object) if exact is None else exact


def _labels(what: str, given: Iterable[str] | None, count: int) -> tuple[str, ...]:
    if given is None:
        return _numbered(count)
    if isinstance(given, str):
        raise InputError(f"The {what!r} parameter of NormalFormGame must be a list of {count} "
                         f"names; got the text {given!r}.")
    names = tuple(given)
    if len(names) != count or not all(isinstance(name, str) for name in names):
        raise InputError(f"The {what!r} parameter of NormalFormGame must be a list of {count} "
                         f"names; got {list(names)!r}.")
    if len(set(names)) != count:
        raise InputError(f"The {what!r} parameter of NormalFormGame must have no name twice; got "
                         f"{list(names)!r}.")
    return names


def _numbered(count: int) -> tuple[str, ...]:
    return tuple(str(k + 1) for k in range(count))
