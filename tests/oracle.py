"""Every equilibrium of a game without issues by brute force, written apart from the engine.

Straight from the Game's dataclasses, in dicts and plain loops: the states that moves reach, their
payoffs, and at each state, in reverse order, every regime that gives each move consent 0, 1, or a
mix in which one member is indifferent. Nothing is pruned. Cases that random payoffs never meet
(a tie) raise :class:`Degenerate` so that no test can pass over one in silence.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np

from negotiation.expressions import Expression
from negotiation.model import Game

TIE = 1e-9


class Degenerate(Exception):
    """A tie: the regimes do not tell the equilibria apart."""


class TooMany(Exception):
    """More equilibria than the caller wants to see."""


@dataclass(frozen=True)
class StateSolution:
    value: np.ndarray
    consent: tuple[float, ...]
    index: int


@dataclass(frozen=True)
class BruteEquilibrium:
    """``value[state]`` (n,) and ``consent[state][move]``; ``index`` the product over states."""

    value: dict[tuple[str, ...], np.ndarray]
    consent: dict[tuple[str, ...], dict[str, float]]
    index: int


class PlainGame:
    """The game's numbers at its own parameters, state by state (a state is a tuple of statuses)."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.env = game.parameter_values()
        self.fronts = list(game.fronts)
        self.actors = list(game.actors)
        self.discount = np.array([self.number(a.discount_rate) for a in game.actors.values()])
        self.order = self._explore()

    def number(self, number) -> float:
        return number.evaluate(self.env) if isinstance(number, Expression) else float(number)

    def vector(self, table) -> np.ndarray:
        return np.array([self.number(table[a]) if a in table else 0.0 for a in self.actors])

    def holds(self, state, when) -> bool:
        return all(state[self.fronts.index(front)] in allowed for front, allowed in when.items())

    def moves(self, state):
        return [m for m in self.game.moves.values()
                if state[self.fronts.index(m.front)] in m.sources and self.holds(state, m.when)]

    def after(self, state, move):
        new = dict(zip(self.fronts, state, strict=True))
        new[move.front] = move.target
        new.update(move.sets)
        return tuple(new[front] for front in self.fronts)

    def _explore(self):
        """Reachable states, every one after all that its moves lead to."""
        done, order = set(), []

        def visit(state):
            if state not in done:
                done.add(state)
                for move in self.moves(state):
                    visit(self.after(state, move))
                order.append(state)

        visit(tuple(front.start for front in self.game.fronts.values()))
        return order

    def links(self, state):
        return [link for link in self.game.linkages if self.holds(state, link.when)]

    def flow(self, state) -> np.ndarray:
        total = sum((self.vector(link.flow) for link in self.links(state)),
                    np.zeros(len(self.actors)))
        for front, status in zip(self.game.fronts.values(), state, strict=True):
            if status in front.flow:
                total = total + self.vector(front.flow[status])
        return total

    def rate(self, state, move) -> float:
        rate = self.number(move.rate)
        for link in self.links(state):
            if move.name in link.rate:
                rate *= self.number(link.rate[move.name])
        return rate

    def lump(self, state, move) -> np.ndarray:
        lump = self.vector(move.payoff)
        for link in self.links(state):
            if move.name in link.payoff:
                lump = lump + self.vector(link.payoff[move.name])
        return lump

    def issues(self, state, move) -> tuple[np.ndarray, np.ndarray]:
        """(J, n) values and curvatures of what is on the table."""
        value = np.array([self.vector(issue.value) for issue in move.issues.values()])
        bend = np.array([self.vector(issue.curvature) for issue in move.issues.values()])
        for link in self.links(state):
            for j, name in enumerate(move.issues):
                if name in link.value.get(move.name, {}):
                    value[j] += self.vector(link.value[move.name][name])
        return value, bend

    def weights(self, state, move) -> np.ndarray:
        weights = np.array([self.number(move.weights.get(a, 1.0)) for a in self.actors])
        for link in self.links(state):
            for actor, number in link.weights.get(move.name, {}).items():
                weights[self.actors.index(actor)] *= self.number(number)
        return weights

    def members(self, move) -> list[int]:
        return [self.actors.index(name) for name in move.by]


def solve_state(discount, flow, rates, payoffs, members) -> list[StateSolution]:
    """Every equilibrium of one state, given what each move pays in all (``payoffs`` (M, n))."""
    count = len(rates)
    found: list[StateSolution] = []
    mixable = [m for m in range(count) if members[m]]
    for size in range(len(mixable) + 1):
        for mix in _subsets(mixable, size):
            for binding in product(*(members[m] for m in mix)):
                if len(set(binding)) == size:
                    found += _regimes(discount, flow, rates, payoffs, members, mix, binding)
    return found


def _subsets(items, size):
    if size == 0:
        return [()]
    return [(items[k], *rest) for k in range(len(items))
            for rest in _subsets(items[k + 1:], size - 1)]


def _regimes(discount, flow, rates, payoffs, members, mix, binding):
    """Equilibria in which exactly ``mix`` mixes, with ``binding`` indifferent, others 0 or 1."""
    count = len(rates)
    patterns = _patterns(count, members, mix)
    matrix = np.array([[rates[q] * (payoffs[q, i] - payoffs[m, i]) for q in mix]
                       for m, i in zip(mix, binding, strict=True)]).reshape(len(mix), len(mix))
    if mix:
        wanted = np.array([discount[i] * payoffs[m, i] - flow[i] - patterns @ (
            rates * (payoffs[:, i] - payoffs[m, i])) for m, i in zip(mix, binding, strict=True)])
        if abs(np.linalg.det(matrix)) < 1e-12:
            if np.abs(wanted).max(axis=0).min() < TIE:
                raise Degenerate("a mix whose equations do not determine it")
            return []
        patterns[:, mix] = np.linalg.solve(matrix, wanted).T
    inside = ((patterns[:, mix] > -TIE) & (patterns[:, mix] < 1 + TIE)).all(axis=1)
    found = []
    for alpha in patterns[inside]:
        pace = rates * alpha
        value = (flow + pace @ payoffs) / (discount + pace.sum())
        if _is_equilibrium(alpha, value, payoffs, members, mix, binding):
            sign = np.sign(np.linalg.det(
                [[payoffs[q, i] - payoffs[m, i] for q in mix]
                 for m, i in zip(mix, binding, strict=True)])) if mix else 1
            found.append(StateSolution(value, tuple(alpha), int(sign)))
    return found


def _patterns(count, members, mix):
    choices = [(0.5,) if m in mix else (1.0,) if not members[m] else (0.0, 1.0)
               for m in range(count)]
    every = list(product(*choices))
    rows = np.array(every, dtype=float).reshape(len(every), count)
    rows[:, list(mix)] = 0.0
    return rows


def _is_equilibrium(alpha, value, payoffs, members, mix, binding) -> bool:
    near = False
    for m, who in enumerate(members):
        if not who:
            continue
        gains = [payoffs[m, i] - value[i] for i in who
                 if m not in mix or i != binding[mix.index(m)]]
        least = min(gains, default=np.inf)
        margin = {True: least, False: least if alpha[m] == 1.0 else -least}[m in mix]
        if m in mix:
            margin = min(margin, alpha[m], 1.0 - alpha[m])
        if margin < -TIE:
            return False
        near |= margin < TIE
    if near:
        raise Degenerate("a member is indifferent at the edge of a regime")
    return True


def brute_force(game: Game, cap: int = 500) -> list[BruteEquilibrium]:
    """Every equilibrium of a game without issues (the product over states, RLS by recursion)."""
    plain = PlainGame(game)
    partial = [BruteEquilibrium({}, {}, 1)]
    for state in plain.order:
        moves = plain.moves(state)
        rates = np.array([plain.rate(state, m) for m in moves])
        members = [plain.members(m) for m in moves]
        lumps = [plain.lump(state, m) for m in moves]
        known: dict[bytes, list[StateSolution]] = {}
        extended = []
        for equilibrium in partial:
            payoffs = np.array([lump + equilibrium.value[plain.after(state, m)]
                                for lump, m in zip(lumps, moves, strict=True)])
            payoffs = payoffs.reshape(len(moves), len(plain.actors))
            key = payoffs.tobytes()
            if key not in known:
                known[key] = solve_state(plain.discount, plain.flow(state), rates, payoffs, members)
                check_parity(known[key])
            for answer in known[key]:
                consent = {m.name: a for m, a in zip(moves, answer.consent, strict=True)}
                extended.append(BruteEquilibrium({**equilibrium.value, state: answer.value},
                                                 {**equilibrium.consent, state: consent},
                                                 equilibrium.index * answer.index))
        if len(extended) > cap:
            raise TooMany(len(extended))
        partial = extended
    return partial


def check_parity(solutions: list[StateSolution]) -> None:
    """What the index theorem says of the equilibria of one state."""
    assert len(solutions) % 2 == 1, f"{len(solutions)} equilibria in one state"
    assert sum(s.index for s in solutions) == 1
