"""One equilibrium of games with fixed payoffs, for millions of states or hundreds of thousands of
draws: where no move has issues and nothing leads back, a state is bounds and a few comparisons.

Levels are solved from the ends of play up, all states and all draws of a level in one call of a
kernel (:mod:`..kernels.consent_loops`, compiled, or :mod:`..kernels.consent` in numpy; both give
the same answer). The equilibrium that is picked in a state is the one that bounds decide; else the
one in which consents come to rest that start from everybody's (then from nobody's) and change one
at a time; else the first that a search finds. Exact ties go to the general engine, which knows the
rule for them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ..errors import NumericalError
from ..kernels import compiled, consent
from ..kernels.consent_bounds import ALONE, DECIDED, FOUND, LEFT, SEVERAL, TIED, ZERO
from ..kernels.consent_search import Room, make_room
from ..lattice import Lattice
from .certificate import REGRET_TOLERANCE
from .certificate_fixed import regret_of_fixed
from .excluded import fill_surplus
from .problem import gather
from .result import Component, Equilibrium, Options, Solution, Status
from .state import solve_states
from .ties import Continuum
from .watch import Progress, Watch

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

#: (state, move) pairs, draws counted, from which a compiler pays for itself
LARGE = 200_000
#: boxes that a search of a state may cost, for one equilibrium and for all; how many it may find
MOST_BOXES, PROOF_BOXES, MOST_FOUND = 20_000, 2_000, 64
#: numbers that the numpy kernel holds at once, and rows that the general engine is handed
BLOCK, ROWS = 1 << 18, 4096

#: states of a level, draws counted, from which threads share it; the answer does not depend on it
THREADED, MOST_THREADS = 4_000, 8



@dataclass(frozen=True, eq=False)
class Consents:
    """One equilibrium of a lattice at each of its draws. D draws, S states, E edges, n actors.

    Attributes:
        values: (D, S, n) V_i(s), in payoff units.
        consent, surplus: (D, E) α, and σ in payoff units.
        known: (D, S) what is known of other equilibria of the state, given what follows it:
            ``DECIDED`` by bounds and ``ALONE`` by search that there is none, ``SEVERAL`` that there
            are, ``FOUND`` nothing; ``TIED`` that it ends a continuum, in which mixed consents vary.
        sign: (D, S) index of the state's equilibrium, 0 where it is not defined.
        regret: (D,) largest violation over all states, in payoff ranges, recomputed from the game.
        continua: (draw, state) → the continua of equilibria that the state's was picked from.
        doubt: (draw, state) → why a list of the state's equilibria would not be complete.
    """

    lattice: Lattice
    values: Floats
    consent: Floats
    surplus: Floats
    known: NDArray[np.int8]
    sign: NDArray[np.int8]
    regret: Floats
    continua: dict[tuple[int, int], tuple[Continuum, ...]] = field(default_factory=dict)
    doubt: dict[tuple[int, int], str] = field(default_factory=dict)

    @property
    def unique(self) -> Bools:
        """(D,) whether it is proved that there is no other equilibrium at the draw."""
        return np.asarray(((self.known == DECIDED) | (self.known == ALONE)).all(axis=1))

    @property
    def index(self) -> Ints:
        """(D,) the product of the states' indices."""
        out: Ints = self.sign.prod(axis=1, dtype=np.int64)
        return out

    @property
    def hazard(self) -> Floats:
        """(D, E) how often each move is made, per unit of time."""
        out: Floats = self.lattice.rate * self.consent
        return out

    def equilibrium(self, draw: int = 0, number: int = 1) -> Equilibrium:
        """The equilibrium at a draw, for use like any other."""
        lattice = self.lattice
        arrays = (self.values[draw], self.consent[draw], self.surplus[draw])
        for array in arrays:
            array.setflags(write=False)
        return Equilibrium(
            id=number, lattice=lattice, draw=draw, values=arrays[0], consent=arrays[1],
            terms_array=np.zeros((lattice.value.shape[1], lattice.value.shape[2])),
            proposals=None, surplus=arrays[2], index=int(self.index[draw]),
            regret=float(self.regret[draw]),
            components=tuple(_component(lattice, state, part)
                             for (d, state), parts in sorted(self.continua.items()) if d == draw
                             for part in parts))


def _component(lattice: Lattice, state: int, part: Continuum) -> Component:
    edges = lattice.edges(state)
    return Component(
        state=state, actors=tuple(lattice.actors[i] for i in part.actors),
        moves=tuple(lattice.moves[lattice.edge_move[edges[m]]] for m in part.moves),
        extremes=part.extremes, value_varies=part.value_varies)


def covers(lattice: Lattice) -> bool:
    """Whether this module can solve a lattice: fixed payoffs, no encounters, nothing leads back."""
    fixed = not lattice.value.any() and not lattice.curvature.any()
    return fixed and lattice.clashes is None and bool(
        (lattice.component == np.arange(len(lattice.component))).all())


def one_equilibrium(lattice: Lattice, *, indifferent: str = "consent", prove: bool = False,
                    progress: Progress | None = None) -> Consents:
    """One equilibrium of a game with fixed payoffs at every draw of its parameters.

    Args:
        lattice: a lattice that :func:`covers` accepts, at D ≥ 1 draws.
        indifferent: on a continuum of equilibria, the point to take (DESIGN §2.1).
        prove: look for every equilibrium of every state, to say whether this is the only one.
            It is then the first of each state's list.
        progress: called with (states solved, states in all) after every level.

    Raises:
        NumericalError: when a state's equilibrium could not be found (one always exists).
    """
    draws, size, n = lattice.flow.shape
    edges = len(lattice.edge_state)
    made = _without_excluded(lattice)
    found = Consents(made, np.empty((draws, size, n)), np.empty((draws, edges)),
                     np.empty((draws, edges)), np.empty((draws, size), dtype=np.int8),
                     np.empty((draws, size), dtype=np.int8), np.zeros(draws))
    sweep = _sweeper(found, prove, indifferent == "refuse")
    done = 0
    for states in _levels(lattice):
        if sweep(states):
            _hand_over(found, states, indifferent, prove)
        done += len(states)
        if progress is not None:
            progress(done, size)
    found.consent[:, lattice.never] = 0.0
    for draw in range(draws if lattice.never.any() else 0):
        fill_surplus(lattice, draw, found.values[draw], found.surplus[draw])
    found.regret[:] = regret_of_fixed(lattice, found.values, found.consent)
    return replace(found, lattice=lattice)


def _without_excluded(lattice: Lattice) -> Lattice:
    """The lattice in which moves that some member never consents to do not come up."""
    if not lattice.never.any():
        return lattice
    return replace(lattice, rate=np.where(lattice.never, 0.0, lattice.rate))


def _levels(lattice: Lattice) -> Iterator[Ints]:
    """The states of each level, from the ends of play up."""
    order = np.argsort(lattice.level.astype(np.int32), kind="stable")
    cuts = np.searchsorted(lattice.level[order], np.arange(int(lattice.level.max()) + 2))
    for begin, end in zip(cuts[:-1], cuts[1:], strict=True):
        yield order[begin:end]


def _sweeper(found: Consents, prove: bool, refuse: bool) -> Callable[[Ints], int]:
    """What solves some states at every draw and says how many it left."""
    lattice = found.lattice
    large = lattice.draws * len(lattice.edge_state) >= LARGE
    kernel = compiled.compiled("consent_loops", "sweep", large=large)
    if kernel is None:
        return lambda states: _sweep(found, states, prove, refuse)
    moves = int(np.diff(lattice.first_edge).max(initial=1))
    threads = max(min(os.cpu_count() or 1, MOST_THREADS), 1)
    rooms = [make_room(moves, found.values.shape[2], MOST_FOUND) for _ in range(threads)]
    game = (lattice.first_edge, lattice.edge_target, lattice.member, lattice.discount,
            lattice.payoff_range().copy(), lattice.flow, lattice.rate, lattice.lump)
    answer = (found.values, found.consent, found.surplus, found.known, found.sign)
    budget = PROOF_BOXES if prove else MOST_BOXES

    def part(states: Ints, room: Room) -> int:
        return int(kernel(game, answer, states, room, prove, budget, refuse))

    def level(states: Ints) -> int:
        if threads == 1 or lattice.draws * len(states) < THREADED:
            return part(states, rooms[0])
        with ThreadPoolExecutor(threads) as pool:
            return sum(pool.map(part, np.array_split(states, threads), rooms))

    return level


def _sweep(found: Consents, states: Ints, prove: bool, refuse: bool) -> int:
    """The numpy kernel over all draws of some states, a block at a time."""
    draws = found.lattice.draws
    wide = int(np.diff(found.lattice.first_edge)[states].max(initial=0))
    block = max(BLOCK // max(wide * found.values.shape[2], 1), 1)
    left = 0
    for begin in range(0, draws * len(states), block):
        row = np.arange(begin, min(begin + block, draws * len(states)))
        draw, state = row // len(states), states[row % len(states)]
        left += _sweep_block(found, draw, state, wide, prove, refuse)
    return left


def _sweep_block(found: Consents, draw: Ints, state: Ints, wide: int, prove: bool, refuse: bool,
                 ) -> int:
    lattice = found.lattice
    at = lattice.first_edge[state][:, None] + np.arange(wide)
    has = at < lattice.first_edge[state + 1][:, None]
    row, place = np.nonzero(has)
    edge = at[has]
    pay = np.zeros((*has.shape, found.values.shape[2]))
    pay[has] = lattice.lump[draw[row], edge] + found.values[draw[row], lattice.edge_target[edge]]
    rate, member = np.zeros(has.shape), np.zeros(pay.shape, dtype=bool)
    rate[has], member[has] = lattice.rate[draw[row], edge], lattice.member[edge]
    slack = ZERO * lattice.payoff_range()[draw]
    states = consent.States(lattice.discount[draw], lattice.flow[draw, state], slack, rate, pay,
                            member & (rate > 0)[..., None])
    answer = consent.solve(states, prove, PROOF_BOXES if prove else MOST_BOXES, MOST_FOUND,
                           -1.0 if refuse else 1.0)
    found.values[draw, state], found.known[draw, state] = answer.value, answer.known
    found.sign[draw, state] = answer.sign
    gain = np.where(member, pay - answer.value[:, None], np.inf)
    least = gain.min(axis=2, initial=np.inf)
    found.surplus[draw[row], edge] = np.where(np.isfinite(least), least, 0.0)[has]
    willing = (gain > (slack if refuse else -slack)[:, None]).all(axis=2)
    found.consent[draw[row], edge] = np.where(rate > 0, answer.consent, willing)[has]
    return int((answer.known == LEFT).sum())


def _hand_over(found: Consents, states: Ints, indifferent: str, prove: bool) -> None:
    """Give what the kernel left to the general engine."""
    lattice = found.lattice
    draw, place = np.nonzero(found.known[:, states] == LEFT)
    state = states[place]
    for begin in range(0, len(draw), ROWS):
        d, s = draw[begin:begin + ROWS], state[begin:begin + ROWS]
        moves = int((lattice.first_edge[s + 1] - lattice.first_edge[s]).max())
        at = lattice.first_edge[s][:, None] + np.arange(moves)
        has = at < lattice.first_edge[s + 1][:, None]
        edge = np.where(has, at, 0)
        after = found.values[d[:, None], lattice.edge_target[edge]]
        answers = solve_states(gather(lattice, d, s, after), indifferent, first=not prove)
        count = np.bincount(answers.owner, minlength=len(d))
        if not count.all():
            p = int(np.argmin(count))
            raise NumericalError(
                f"{lattice.game.name}: no equilibrium could be found in the state "
                f"{lattice.state(int(s[p]))}; one exists, so the search failed there")
        row = np.cumsum(count) - count
        found.values[d, s], found.sign[d, s] = answers.value[row], answers.index[row]
        here = np.nonzero(has)
        found.consent[d[here[0]], edge[has]] = answers.consent[row][has]
        found.surplus[d[here[0]], edge[has]] = answers.sigma[row][has]
        proved = np.array([prove and p not in answers.doubt for p in range(len(d))])
        found.known[d, s] = np.where(count > 1, SEVERAL, np.where(proved, ALONE, FOUND))
        found.doubt.update({(int(d[p]), int(s[p])): why for p, why in answers.doubt.items()})
        found.continua.update({(int(d[p]), int(s[p])): answers.continua[int(row[p])]
                               for p in range(len(d)) if int(row[p]) in answers.continua})


def solutions(lattices: Sequence[Lattice], rules: Sequence[str], options: Options,
              watch: Watch, begin: float) -> tuple[Solution, ...] | None:
    """Solutions of games that this module is for, asked for as ``options`` say; None for others.

    One equilibrium is for it wherever payoffs are fixed; all of them are where a lattice is large
    and it is proved that there is only one.

    Raises:
        Stopped: when the watch says so.
    """
    one = options.equilibria == "one"
    worth = one or options.equilibria == "all" and compiled.available() and all(
        len(lattice.edge_state) >= LARGE for lattice in lattices)
    if options.concept != "mpe" or not worth or not all(map(covers, lattices)):
        return None
    found: list[Consents] = []
    for k, (lattice, rule) in enumerate(zip(lattices, rules, strict=True)):
        if not one and rule == "all":
            return None
        found.append(one_equilibrium(lattice, indifferent=rule, prove=not one,
                                     progress=watch.stopping(k)))
        if found[-1].regret[0] > REGRET_TOLERANCE or not (one or found[-1].unique[0]):
            return None
    seconds = time.perf_counter() - begin
    return tuple(_solution(part, options, seconds) for part in found)


def _solution(found: Consents, options: Options, seconds: float) -> Solution:
    lattice, because = found.lattice, None
    if not found.unique[0]:
        proved = int(((found.known == DECIDED) | (found.known == ALONE)).sum())
        because = ("only one equilibrium was asked for; given what follows, it is proved to be the "
                   f"only one in {proved} of {len(lattice.states)} states")
        tied = int((found.known == TIED).sum())
        if tied:
            because += f"; an exact tie leaves consents undetermined in {tied}"
    return Solution(
        game=lattice.game, lattice=lattice, equilibria=(found.equilibrium(),),
        complete=because is None, status=Status.ONE if because else Status.COMPLETE,
        incomplete_because=because, seconds=seconds, options=options)
