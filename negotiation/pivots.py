"""Who decides an outcome: each actor's consent forced on or off (DESIGN §2.6).

The **seats** of an actor are the moves that ask for its consent and lead into a status that the
outcome names. Its **effect** is P(outcome | it always consents to them) − P(outcome | it never
does). Its **Shapley value** (Shapley 1953) is its average contribution to v(S) = P(outcome | the
members of S always consent to their seats, all others never do) over the orders in which actors
join; the values of all actors add up to v(everybody) − v(nobody). Both run over all equilibria:
a value's bounds choose one equilibrium of every game that is solved.

A **spoiler** is an actor with a move of its own (a coalition of one) that lowers the outcome's
chance of being reached, or of being in force, by the date: P(· | it always makes the move) −
P(· | it never does) < 0. It **subverts** where the move leaves a status that an agreement (a
move of two and more) leads to, or that the outcome names; else it **obstructs**.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .comparing import SAME, Bounds, Compared, Comparison, Part, Solver, agree, find_outcome, minus
from .comparing import whole as over_all
from .equilibrium.result import Solution
from .equilibrium.solve import solve_each
from .errors import InputError, UnknownNameError
from .frozen import FrozenMap
from .model import Game, Move, Outcome
from .process import check_date
from .settings import Setting

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

#: chances up to this are no chance, or hardly one
HARDLY = 0.01
#: actors, and different games, up to which Shapley values are exact
MOST_PLAYERS, MOST_GAMES = 16, 256


@dataclass(frozen=True)
class Pivot:
    """How much hangs on one actor.

    Attributes:
        seats: its moves into statuses that the outcome names.
        always, never: the outcome's chance by the date when it always, or never, consents.
        effect: always − never over pairs of equilibria.
        shapley: its Shapley value; ``error`` is the standard error of its ends where orders were
            sampled, 0 where all were counted.
        gain_from_refusing, gain_from_consenting: what its value at the start changes by, against
            the game as it stands, when it never (always) consents.
        stops: whether its refusal leaves hardly a chance: in ``every`` equilibrium, ``some``, or
            ``none``.
    """

    actor: str
    seats: tuple[str, ...]
    always: Bounds
    never: Bounds
    effect: Bounds
    shapley: Bounds
    error: float
    gain_from_refusing: Bounds
    gain_from_consenting: Bounds
    stops: str


@dataclass(frozen=True)
class Spoiler:
    """A move of one actor's own that lowers the outcome's chance.

    Attributes:
        kind: ``obstructs`` or ``subverts``.
        effect, effect_in_force: what the outcome's chance of being reached, and of being in force,
            changes by when the actor always makes the move rather than never.
        made: how often the move is made, in the end, in the game as it stands (infinite: again and
            again).
        gain: what the actor gains by the move where play comes to a state in which it is
            available, in the game as it stands; None where play comes to none.
        hinders: in ``every`` pair of equilibria, or in ``some``.
    """

    move: str
    actor: str
    kind: str
    effect: Bounds
    effect_in_force: Bounds
    made: Bounds
    gain: Bounds | None
    hinders: str


@dataclass(frozen=True, eq=False)
class PivotsResult:
    """The answer of :func:`pivots`; actors come with the largest effect first.

    Attributes:
        complete, incomplete_because: whether every list behind the effects and the Shapley values
            is proved complete; the games of spoilers list few equilibria, and are not counted.
        nominal: the outcome's chance in the game as it stands. everybody, nobody: v of all actors
            and of none.
        method: ``exact``, or ``sampled`` over ``orders`` orders from ``seed``.
        candidates: moves of single actors that were looked at as spoilers.
    """

    solution: Solution
    outcome: str
    by: float
    nominal: Bounds
    everybody: Bounds
    nobody: Bounds
    pivots: tuple[Pivot, ...]
    spoilers: tuple[Spoiler, ...]
    candidates: tuple[str, ...]
    method: str
    orders: int | None
    seed: int | None
    games: int
    complete: bool
    incomplete_because: str | None

    @property
    def game(self) -> Game:
        return self.solution.game

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "outcome": self.outcome, "by": self.by, "nominal": list(self.nominal),
            "everybody": list(self.everybody), "nobody": list(self.nobody),
            "pivots": [_plain(asdict(one)) for one in self.pivots],
            "spoilers": [_plain(asdict(one)) for one in self.spoilers],
            "candidates": list(self.candidates), "method": self.method, "orders": self.orders,
            "seed": self.seed, "games": self.games, "complete": self.complete,
            "incomplete_because": self.incomplete_because}


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {key: [None if isinstance(end, float) and math.isinf(end) else end for end in value]
            if isinstance(value, tuple) else value for key, value in record.items()}


def pivots(game: Game, outcome: str | None = None, *, by: float | None = None,
           actors: Sequence[str] | None = None, spoilers: int = 4, orders: int = 256,
           seed: int = 0, solver: Solver | None = None) -> PivotsResult:
    """Ask who decides an outcome, who can stop it, and who gains by hindering it.

    Args:
        outcome: an outcome of fronts; the first that the definition names when left out.
        by: the date h ≥ 0; the game's horizon when left out.
        actors: whom to ask about; everybody with a seat when left out. Shapley values are over all
            who have one.
        spoilers: the most equilibria that are listed of each game in which an actor always makes,
            or never makes, a move of its own (there can be thousands); 0 leaves such moves out.
        orders: orders of joining that are sampled where there are too many actors, or too many
            games, for exact Shapley values.
        seed: of the sample.
        solver: how games are solved; ``solve_each`` with at most 16 equilibria when left out.

    Raises:
        UnknownNameError: for an outcome or an actor that the game does not have.
        InputError: for an outcome of a posture, one that nobody's consent leads to, or a wrong
            number.
        NumericalError: when a game was left without any equilibrium.

    Source: Shapley 1953, "A value for n-person games".
    """
    found = find_outcome(game, outcome)
    if found.posture:
        raise InputError(f"outcome {found.name!r} is about how a posture is played: pivots need an "
                         "outcome of fronts, which moves lead to")
    h = game.horizon if by is None else check_date(by)
    if isinstance(orders, bool) or not isinstance(orders, int) or orders < 2:
        raise InputError("the 'orders' parameter of pivots must be a whole number of at least 2. "
                         f"Got {orders!r} instead.")
    seats = seats_of(game, found)
    asked = tuple(seats) if actors is None else tuple(dict.fromkeys(actors))
    for name in asked:
        if name not in game.actors:
            raise UnknownNameError("actor", name, game.actors)
    if not seats:
        raise InputError(f"no move that asks for anybody's consent leads to the outcome "
                         f"{found.name!r}")
    solver = solver or partial(solve_each, cap=16)
    study = Comparison(game, solver)
    values = _Values(study, found.name, h, seats)
    alone = _single_moves(game, found) if spoilers else ()
    study.prepare([("the game as it stands", None), *values.settings(orders, seed), *(
        (_label(name, yes), _setting(name, seats.get(name, ()), yes))
        for name in asked for yes in (True, False))])
    single = Comparison(game, partial(solver, cap=max(spoilers, 1)))
    single.prepare([("the game as it stands", None), *(
        (_label(move.by[0], yes, move), _setting(move.by[0], (move.name,), yes))
        for move in alone for yes in (True, False))] if alone else ())
    nominal = study.under(None)
    shapley = values.shapley(nominal)
    rows = [_pivot(study, values, name, h, shapley) for name in asked]
    hindering = [one for one in (_spoiler(single, move, found, h) for move in alone)
                 if one is not None]
    return PivotsResult(
        solution=nominal.solution, outcome=found.name, by=h,
        nominal=over_all(nominal.parts(found.name, h)),
        everybody=over_all(values.of(len(values.key) - 1)), nobody=over_all(values.of(0)),
        pivots=tuple(sorted(rows, key=lambda one: (-sum(one.effect), -sum(one.shapley)))),
        spoilers=tuple(sorted(hindering, key=lambda one: sum(one.effect) + sum(
            one.effect_in_force))),
        candidates=tuple(move.name for move in alone), method=values.method,
        orders=orders if values.method == "sampled" else None,
        seed=seed if values.method == "sampled" else None,
        games=len(study.games) + len(single.games), complete=study.complete,
        incomplete_because=study.incomplete_because)


def seats_of(game: Game, outcome: Outcome) -> dict[str, tuple[str, ...]]:
    """Actor → its moves into statuses that an outcome names, in the game's order of actors."""
    into = [move for move in game.moves.values() if _leads_to(move, outcome)]
    found = {name: tuple(move.name for move in into if name in move.by) for name in game.actors}
    return {name: moves for name, moves in found.items() if moves}


def _leads_to(move: Move, outcome: Outcome) -> bool:
    return any(status in outcome.when.get(front, ())
               for front, status in {move.front: move.target, **move.sets}.items())


def _single_moves(game: Game, outcome: Outcome) -> tuple[Move, ...]:
    return tuple(move for move in game.moves.values()
                 if len(move.by) == 1 and not _leads_to(move, outcome))


def _setting(actor: str, moves: Sequence[str], consents: bool) -> Setting:
    return Setting(consents=FrozenMap({actor: FrozenMap(dict.fromkeys(moves, consents))}))


def _label(actor: str, consents: bool, move: Move | None = None) -> str:
    what = f" to {move.name}" if move is not None else ""
    return f"{actor} {'always' if consents else 'never'} consents{what}"


# ---- v(S) --------------------------------------------------------------------------------------

class _Values:
    """v(S) of every coalition that is needed; coalitions that enable the same moves share a game.

    ``key[S]`` (2^k,) is the game of a coalition with bits S, exact only; ``enabled`` its moves.
    """

    def __init__(self, study: Comparison, outcome: str, by: float,
                 seats: dict[str, tuple[str, ...]]) -> None:
        self.study, self.outcome, self.by, self.seats = study, outcome, by, seats
        self.players = tuple(seats)
        place = {name: at for at, name in enumerate(self.players)}
        moves = list(dict.fromkeys(name for mine in seats.values() for name in mine))
        self.moves = {name: sum(1 << place[actor] for actor in study.game.moves[name].by)
                      for name in moves}
        self.method, self.key = "exact", np.zeros(0, dtype=np.int64)
        self.enabled: list[tuple[bool, ...]] = []
        if len(self.players) <= MOST_PLAYERS:
            coalition = np.arange(1 << len(self.players))
            can = np.array([(coalition & mask) == mask for mask in self.moves.values()]).T
            kinds, self.key = np.unique(can, axis=0, return_inverse=True)
            self.enabled = [tuple(bool(yes) for yes in row) for row in kinds]
        if not self.enabled or len(self.enabled) > MOST_GAMES:
            self.method = "sampled"

    def settings(self, orders: int, seed: int) -> list[tuple[str, Setting]]:
        """The games that have to be solved; where orders are sampled, this draws them."""
        if self.method == "sampled":
            rng, k = np.random.default_rng(seed), len(self.players)
            self.orders = (np.array(list(permutations(range(k)))) if math.factorial(k) <= orders
                           else np.array([rng.permutation(k) for _ in range(orders)]))
            bits = np.concatenate([np.zeros((len(self.orders), 1), dtype=np.int64),
                                   np.cumsum(1 << self.orders.astype(object), axis=1)], axis=1)
            rows = [[tuple(int(one) & mask == mask for mask in self.moves.values())
                     for one in line] for line in bits.tolist()]
            self.enabled = sorted({row for line in rows for row in line})
            place = {row: at for at, row in enumerate(self.enabled)}
            self.passes = np.array([[place[row] for row in line] for line in rows])
            self.key = np.array([place[rows[0][0]], place[rows[0][-1]]])
        return [(f"coalition game {at + 1}", self._setting(row))
                for at, row in enumerate(self.enabled)]

    def _setting(self, enabled: tuple[bool, ...]) -> Setting:
        consents: dict[str, dict[str, bool]] = {}
        for (name, _), yes in zip(self.moves.items(), enabled, strict=True):
            for actor in self.study.game.moves[name].by:
                consents.setdefault(actor, {})[name] = yes
        return Setting(consents=FrozenMap({actor: FrozenMap(table)
                                           for actor, table in consents.items()}))

    def of(self, coalition: int) -> list[Part]:
        """v by convention, of a coalition's place in ``key``."""
        return self._game(int(self.key[coalition]))

    def _game(self, which: int) -> list[Part]:
        return self.study.under(self._setting(self.enabled[which])).parts(self.outcome, self.by)

    def shapley(self, nominal: Compared) -> dict[str, tuple[Bounds, float]]:
        """Player → the bounds of its Shapley value, and the standard error of a sample."""
        games = [self._game(which) for which in range(len(self.enabled))]
        conventions = {id(e.lattice.convention): e.lattice.convention
                       for e in nominal.solution.equilibria}
        ends = []
        for convention in conventions.values():
            mine = [[values for other, values in parts if agree(convention, other)]
                    or [values for _, values in parts] for parts in games]
            ends.append((np.array([min(float(v.min()) for v in part) for part in mine]),
                         np.array([max(float(v.max()) for v in part) for part in mine])))
        return {name: self._value(at, ends) for at, name in enumerate(self.players)}

    def _value(self, player: int, ends: list[tuple[Floats, Floats]]) -> tuple[Bounds, float]:
        coefficient = np.zeros(len(self.enabled))
        before, after, weight = self._joins(player)
        np.add.at(coefficient, after, weight)
        np.add.at(coefficient, before, -weight)
        lows = [float((coefficient * np.where(coefficient > 0, low, high)).sum())
                for low, high in ends]
        highs = [float((coefficient * np.where(coefficient > 0, high, low)).sum())
                 for low, high in ends]
        error = 0.0
        if self.method == "sampled":
            for low, high in ends:
                for first, second in ((low, high), (high, low)):
                    chosen = np.where(coefficient > 0, first, second)
                    steps = chosen[after] - chosen[before]
                    error = max(error, float(steps.std(ddof=1) / math.sqrt(len(steps))))
        return (min(lows), max(highs)), error

    def _joins(self, player: int) -> tuple[Ints, Ints, Floats]:
        """The games before and after a player joins, and the weights of these steps."""
        if self.method == "sampled":
            rows = np.arange(len(self.orders))
            at = (self.orders == player).argmax(axis=1)
            weight = np.full(len(rows), 1.0 / len(rows))
            return self.passes[rows, at], self.passes[rows, at + 1], weight
        k = len(self.players)
        without = np.flatnonzero((np.arange(1 << k) >> player) & 1 == 0)
        size = np.array([int(s).bit_count() for s in without])
        share = np.array([1.0 / (k * math.comb(k - 1, m)) for m in range(k)])
        return self.key[without], self.key[without | (1 << player)], share[size]


# ---- actors and moves --------------------------------------------------------------------------

def _pivot(study: Comparison, values: _Values, actor: str, by: float,
           shapley: dict[str, tuple[Bounds, float]]) -> Pivot:
    seats = values.seats.get(actor, ())
    nominal = study.under(None)
    always, never = (study.under(_setting(actor, seats, yes)) for yes in (True, False))
    reached = [game.parts(values.outcome, by) for game in (always, never)]
    worth = [game.values(actor) for game in (nominal, always, never)]
    left = over_all(reached[1])
    value, error = shapley.get(actor, ((0.0, 0.0), 0.0))
    stops = "every" if left[1] <= HARDLY + SAME else "some" if left[0] <= HARDLY + SAME else "none"
    return Pivot(
        actor=actor, seats=seats, always=over_all(reached[0]), never=left,
        effect=minus(reached[0], reached[1]), shapley=value, error=error,
        gain_from_refusing=minus(worth[2], worth[0]),
        gain_from_consenting=minus(worth[1], worth[0]), stops=stops)


def _spoiler(study: Comparison, move: Move, outcome: Outcome, by: float) -> Spoiler | None:
    """What a move of one actor's own does to an outcome; None when it does not lower its chance."""
    always, never = (study.under(_setting(move.by[0], (move.name,), yes)) for yes in (True, False))
    effect, in_force = (minus(always.parts(outcome.name, by, kind),
                              never.parts(outcome.name, by, kind))
                        for kind in ("probability", "in_force"))
    if min(effect[0], in_force[0]) >= -SAME:
        return None
    made, gains = [], []
    for equilibrium in study.under(None).solution.equilibria:
        lattice = equilibrium.lattice
        edges = np.flatnonzero(lattice.edge_move == lattice.moves.index(move.name))
        made.append(float(equilibrium.process.taken[edges].sum()))
        i, here = lattice.actors.index(move.by[0]), lattice.edge_state[edges]
        gain = (lattice.lump[equilibrium.draw, edges, i] - equilibrium.values[here, i]
                + equilibrium.values[lattice.edge_target[edges], i])
        gains.append(gain[equilibrium.process.visits.ever[0, 0][here] > 0.0])
    met = np.concatenate(gains)
    return Spoiler(
        move=move.name, actor=move.by[0], kind=_kind(study.game, move, outcome), effect=effect,
        effect_in_force=in_force, made=(min(made), max(made)),
        gain=(float(met.min()), float(met.max())) if len(met) else None,
        hinders="every" if min(effect[1], in_force[1]) < -SAME else "some")


def _kind(game: Game, move: Move, outcome: Outcome) -> str:
    agreed = {status for other in game.moves.values() if len(other.by) > 1
              for front, status in {other.front: other.target, **other.sets}.items()
              if front == move.front}
    return "subverts" if set(move.sources) & (
        agreed | set(outcome.when.get(move.front, ()))) else "obstructs"
