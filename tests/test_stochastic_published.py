"""Stochastic and dynamic games with known Markov perfect equilibria, each with its source.

One table: the game, how many equilibria there are, and every equilibrium's values in the first
state. Values are discounted sums, not averages. Sources are cited from memory, their closed forms
checked by hand; the thresholds of Piglet were compared with its author's page, and the count of
leapfrogging with five costs with its authors' program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import dynamic_games as made
import numpy as np
import pytest
from scipy.optimize import brentq

from negotiation.stochastic import StochasticGame, solve
from negotiation.stochastic.certificate import certify
from negotiation.stochastic.leapfrogging import leapfrogging

OVER = "over"
#: discount factor of the cases that hold at every one
D = 0.9
#: a move of a sequential game: state → player, {action: (payoffs, next state)}
Tree = dict[str, tuple[int, dict[str, tuple[Sequence[float], str]]]]


def repeated(*payoffs: Sequence[object], delta: float = D) -> StochasticGame:
    """A stage game played for ever: one state."""
    u = np.array(payoffs, dtype=float)
    return StochasticGame([u], [np.ones((*u.shape[1:], 1))], delta)


def until_over(payoffs: Sequence[object], stay: object, delta: float = D) -> StochasticGame:
    """A stage game that is played again with chance ``stay``; after that nothing is paid."""
    u, p = np.array(payoffs, dtype=float), np.array(stay, dtype=float)
    return StochasticGame([u, np.zeros((len(u), *[1] * len(u)))],
                          [np.stack([p, 1 - p], axis=-1), [[[0.0, 1.0]]]], delta,
                          states=["play", OVER])


def sequential(tree: Tree, players: int, delta: float = D) -> StochasticGame:
    """Players move one at a time, each in states of its own."""
    names = [*tree, OVER]
    payoffs, transitions = [], []
    for mover, choices in tree.values():
        shape = [1] * players
        shape[mover] = len(choices)
        u, to = np.zeros((players, len(choices))), np.zeros((len(choices), len(names)))
        for a, (pay, after) in enumerate(choices.values()):
            u[:, a] = pay
            to[a, names.index(after)] = 1.0
        payoffs.append(u.reshape(players, *shape))
        transitions.append(to.reshape(*shape, len(names)))
    end = np.zeros(len(names))
    end[-1] = 1.0
    return StochasticGame([*payoffs, np.zeros((players, *[1] * players))],
                          [*transitions, end.reshape(*[1] * players, -1)], delta, states=names)


def centipede(nodes: int = 4) -> StochasticGame:
    """Taking at node k pays 2^k · (4, 1) / 2 to the mover and the other; passing moves on."""
    tree: Tree = {}
    for k in range(nodes):
        large, small = 2.0 * 2 ** k, 0.5 * 2 ** k
        take = (large, small) if k % 2 == 0 else (small, large)
        last = (2.0 * small, 2.0 * large) if k % 2 == 0 else (2.0 * large, 2.0 * small)
        tree[f"node {k + 1}"] = (k % 2, {
            "take": (take, OVER),
            "pass": ((0.0, 0.0), f"node {k + 2}") if k < nodes - 1 else (last, OVER)})
    return sequential(tree, 2, delta=0.99)


def chain_store(markets: int = 3) -> StochasticGame:
    """Entrants (player 2) come one after the other; the store (player 1) fights or shares."""
    tree: Tree = {}
    for k in range(1, markets + 1):
        after = f"entry {k + 1}" if k < markets else OVER
        tree[f"entry {k}"] = (1, {"out": ((5.0, 1.0), after), "in": ((0.0, 0.0), f"answer {k}")})
        tree[f"answer {k}"] = (0, {"share": ((2.0, 2.0), after), "fight": ((0.0, 0.0), after)})
    return sequential(tree, 2)


def stackelberg() -> StochasticGame:
    """Inverse demand 12 − q_1 − q_2, quantities 3, 4 or 6; profits come when both have chosen."""
    quantities = (3.0, 4.0, 6.0)
    tree: Tree = {"lead": (0, {f"{q:g}": ((0.0, 0.0), f"after {q:g}") for q in quantities})}
    for q in quantities:
        tree[f"after {q:g}"] = (1, {f"{r:g}": ((q * (12 - q - r), r * (12 - q - r)), OVER)
                                    for r in quantities})
    return sequential(tree, 2)


def trust() -> StochasticGame:
    """The truster trusts or not, the trustee honours or abuses; then it starts again."""
    tree: Tree = {
        "truster": (0, {"keep": ((0.0, 0.0), "truster"), "trust": ((0.0, 0.0), "trustee")}),
        "trustee": (1, {"honour": ((1.0, 1.0), "truster"), "abuse": ((-1.0, 2.0), "truster")})}
    return sequential(tree, 2)


def inspection(periods: int, inspections: int) -> StochasticGame:
    """m inspections in n periods against one violation; the inspector loses 1 if it succeeds.

    Payoffs in period t are divided by δ^t, so that sums are not discounted. Where as many
    inspections as periods are left, or none, the end is known: nothing happens, or a violation.
    """
    delta = 0.5
    states = [(n, m) for n in range(periods, 0, -1) for m in range(min(n, inspections), -1, -1)]
    names = [*states, None]
    payoffs, transitions = [], []
    for n, m in states:
        scale = delta ** -(periods - n)
        if m in (0, n):
            loss = -scale if m == 0 else 0.0
            payoffs.append(np.array([loss, -loss]).reshape(2, 1, 1))
            transitions.append(np.eye(len(names))[-1].reshape(1, 1, -1))
            continue
        u = scale * np.array([[0.0, 1.0], [0.0, -1.0]])  # inspect, not × legal, violate
        to = np.zeros((2, 2, len(names)))
        to[0, 0, names.index((n - 1, m - 1))] = to[1, 0, names.index((n - 1, m))] = 1.0
        to[:, 1, -1] = 1.0
        payoffs.append(np.stack([u, -u]))
        transitions.append(to)
    return StochasticGame([*payoffs, np.zeros((2, 1, 1))],
                          [*transitions, np.eye(len(names))[-1].reshape(1, 1, -1)], delta)


def inspection_value(n: int, m: int) -> float:
    return -math.comb(n - 1, m) / sum(math.comb(n, k) for k in range(m + 1))


def absorbing(stage: Sequence[object], ends: Sequence[int], delta: float) -> StochasticGame:
    """Some rows end the game: the payoff of that profile is then paid in every later period."""
    u = np.array(stage, dtype=float)
    n, rows, columns = u.shape
    last = [(a, b) for a in ends for b in range(columns)]
    to = np.zeros((rows, columns, 1 + len(last)))
    for a in range(rows):
        for b in range(columns):
            to[a, b, 1 + last.index((a, b)) if a in ends else 0] = 1.0
    return StochasticGame(
        [u, *(u[:, a, b].reshape(n, 1, 1) for a, b in last)],
        [to, *(np.eye(1 + len(last))[1 + k].reshape(1, 1, -1) for k in range(len(last)))], delta)


def declining(delta: float = D) -> StochasticGame:
    """A big and a small firm in a market that shrinks for four periods: who leaves first?

    A duopoly loses money from the start; alone, the big firm earns in periods 0–1 and the small one
    in periods 0–2, enough to make up for a period of duopoly. States: (period, who is left).
    """
    alone = {"big": [3.0, 1.0, -1.0, -2.0], "small": [2.0, 1.5, 0.5, -0.5]}
    both = {"big": [-1.0, -1.5, -2.0, -3.0], "small": [-0.2, -0.2, -0.2, -2.0]}
    names = [(t, who) for t in range(4) for who in ("both", "big", "small")] + [(4, "none")]
    payoffs, transitions = [], []

    def goes(t: int, who: str) -> np.ndarray:
        row = np.zeros(len(names))
        row[names.index((t + 1, who)) if t < 3 and who != "none" else -1] = 1.0
        return row

    for t, who in names[:-1]:
        if who == "both":
            u = np.zeros((2, 2, 2))  # stay, leave
            u[:, 0, 0] = both["big"][t], both["small"][t]
            u[0, 0, 1], u[1, 1, 0] = alone["big"][t], alone["small"][t]
            payoffs.append(u)
            transitions.append(np.array([[goes(t, "both"), goes(t, "big")],
                                         [goes(t, "small"), goes(t, "none")]]))
        else:
            i = ("big", "small").index(who)
            u = np.zeros((2, 2))
            u[i, 0] = alone[who][t]
            shape = (2, 1) if i == 0 else (1, 2)
            payoffs.append(u.reshape(2, *shape))
            transitions.append(np.array([goes(t, who), goes(t, "none")]).reshape(*shape, -1))
    end = np.eye(len(names))[-1].reshape(1, 1, -1)
    return StochasticGame([*payoffs, np.zeros((2, 1, 1))], [*transitions, end], delta)


def toymaker() -> StochasticGame:
    """A toy in favour (advertise or not) or out of it (research or not)."""
    return StochasticGame([[[6.0, 4.0]], [[-3.0, -5.0]]],
                          [[[0.5, 0.5], [0.8, 0.2]], [[0.4, 0.6], [0.7, 0.3]]], 0.9)


def entry(delta: float = D) -> tuple[StochasticGame, float]:
    """Two firms may enter at cost 5; a lone entrant then earns 2 a period and a pair 0.25 each."""
    alone, pair, cost = 2.0, 0.25, 5.0
    shape = (2, 1, 1)
    u = np.array([[[-cost, -cost], [0.0, 0.0]], [[-cost, 0.0], [-cost, 0.0]]])  # enter, wait
    to = np.zeros((2, 2, 4))
    to[0, 0, 3] = to[0, 1, 1] = to[1, 0, 2] = to[1, 1, 0] = 1.0
    stay = [np.eye(4)[k].reshape(1, 1, 4) for k in (1, 2, 3)]
    game = StochasticGame(
        [u, np.array([alone, 0.0]).reshape(shape), np.array([0.0, alone]).reshape(shape),
         np.array([pair, pair]).reshape(shape)], [to, *stay], delta)
    return game, delta * alone / (1 - delta) - cost


@dataclass(frozen=True)
class Case:
    """A game, what is known of it, and where from.

    ``values``: every equilibrium's values in the first state; ``mixed``: (state, player, action,
    probability) of the last equilibrium; ``proved``: whether the solver must prove completeness.
    """

    source: str
    game: Callable[[], StochasticGame]
    values: Sequence[Sequence[float]]
    mixed: tuple[int, int, int, float] | None = None
    proved: bool = True
    tolerance: float = 1e-9


def forever(*payoffs: float, delta: float = D) -> list[float]:
    return [x / (1 - delta) for x in payoffs]


def offers(delta: float = D) -> StochasticGame:
    """A pie of 10: player 1 offers, then player 2; an offer is answered in a state of its own."""
    grid = [round(0.1 + 0.2 * k, 1) for k in range(50)]
    tree: Tree = {"first": (0, {f"{x}": ((0.0, 0.0), f"first {x}") for x in grid})}
    for x in grid:
        tree[f"first {x}"] = (1, {"yes": (((10 - x) / delta, x / delta), OVER),
                                  "no": ((0.0, 0.0), "second")})
    tree["second"] = (1, {f"{x}": ((0.0, 0.0), f"second {x}") for x in grid})
    for x in grid:
        tree[f"second {x}"] = (0, {"yes": ((x / delta ** 2, (10 - x) / delta ** 2), OVER),
                                   "no": ((0.0, 0.0), OVER)})
    return sequential(tree, 2, delta)


#: the symmetric chance of quitting at δ = 0.9
QUIT = float(brentq(lambda x: 1 - x - 3 * x * (1 - x) - x * x - 0.9 * (1 - x) ** 3, 1e-6, 0.5,
                    xtol=1e-15))
WIN = 3.0
GAIN, COST = 4.0, 1.0
ENTRY, ENTRY_GAIN = entry()
CASES = {
    "prisoners' dilemma": Case(
        "Fudenberg & Tirole 1991, Game Theory, 4.3, 13.2: Markov strategies repeat a static Nash "
        "equilibrium", lambda: repeated([[3, 0], [4, 1]], [[3, 4], [0, 1]]), [forever(1, 1)]),
    "battle of the sexes": Case(
        "Luce & Raiffa 1957, Games and Decisions, 5.3",
        lambda: repeated([[2, 0], [0, 1]], [[1, 0], [0, 2]]),
        [forever(2, 1), forever(1, 2), forever(2 / 3, 2 / 3)], (0, 0, 0, 2 / 3)),
    "matching pennies": Case(
        "von Neumann 1928, Zur Theorie der Gesellschaftsspiele",
        lambda: repeated([[1, -1], [-1, 1]], [[-1, 1], [1, -1]]), [(0, 0)], (0, 0, 0, 0.5)),
    "rock, paper, scissors": Case(
        "von Neumann & Morgenstern 1944, 18.4",
        lambda: repeated([[0, -1, 1], [1, 0, -1], [-1, 1, 0]],
                         [[0, 1, -1], [-1, 0, 1], [1, -1, 0]]),
        [(0, 0)], (0, 1, 2, 1 / 3)),
    "chicken": Case(
        "Rapoport & Chammah 1966, The Game of Chicken",
        lambda: repeated([[0, 7], [2, 6]], [[0, 2], [7, 6]]),
        [forever(7, 2), forever(2, 7), forever(14 / 3, 14 / 3)], (0, 0, 0, 1 / 3)),
    "stag hunt": Case(
        "Rousseau 1755; Harsanyi & Selten 1988, 3.9",
        lambda: repeated([[9, 0], [8, 7]], [[9, 8], [0, 7]]),
        [forever(9, 9), forever(7, 7), forever(63 / 8, 63 / 8)], (0, 0, 0, 7 / 8)),
    "Cournot duopoly": Case(
        "Cournot 1838, ch. 7; inverse demand 12 − Q on the grid 3, 4, 6",
        lambda: repeated([[q * (12 - q - r) for r in (3, 4, 6)] for q in (3, 4, 6)],
                         [[r * (12 - q - r) for r in (3, 4, 6)] for q in (3, 4, 6)]),
        [forever(16, 16)]),
    "Stackelberg duopoly": Case(
        "von Stackelberg 1934; Kreps 1990, A Course in Microeconomic Theory, 10.2",
        stackelberg, [(D * 18, D * 9)]),
    "centipede": Case("Rosenthal 1981, section 3", centipede, [(2.0, 0.5)]),
    "chain store": Case(
        "Selten 1978, section 2: the entrants enter and the store shares",
        chain_store, [[2 * D * (1 + D ** 2 + D ** 4)] * 2]),
    "war of attrition": Case(
        "Fudenberg & Tirole 1991, 4.5.2: quit with chance 1 / (1 + v)",
        lambda: until_over([[[0, 0], [WIN, -1]], [[0, WIN], [0, -1]]], [[0, 0], [0, 1]]),
        [(0, WIN), (WIN, 0), (0, 0)], (0, 0, 0, 1 / (1 + WIN))),
    "war of attrition, unequal prizes": Case(
        "Fudenberg & Tirole 1991, 4.5.2: each quits at the rate that keeps the other indifferent",
        lambda: until_over([[[0, 0], [2, -1]], [[0, 5], [0, -1]]], [[0, 0], [0, 1]]),
        [(0, 5), (2, 0), (0, 0)], (0, 0, 0, 1 / 6)),
    "grab the dollar": Case(
        "Fudenberg & Tirole 1991, 4.5.3: grab with chance 1/2",
        lambda: until_over([[[-1, 1], [0, 0]], [[-1, 0], [1, 0]]], [[0, 0], [0, 1]]),
        [(1, 0), (0, 1), (0, 0)], (0, 0, 0, 0.5)),
    "entry": Case(
        "Dixit & Shapiro 1986, Entry dynamics with mixed strategies",
        lambda: ENTRY, [(ENTRY_GAIN, 0), (0, ENTRY_GAIN), (0, 0)],
        (0, 0, 0, ENTRY_GAIN / (ENTRY_GAIN + 5.0 - D * 0.25 / (1 - D)))),
    "volunteer's timing dilemma": Case(
        "Weesie 1993, Asymmetry and timing in the volunteer's dilemma; Bilodeau & Slivinski 1996",
        lambda: until_over([[[GAIN - COST, GAIN - COST], [GAIN, 0]],
                            [[GAIN - COST, GAIN], [GAIN - COST, 0]]], [[0, 0], [0, 1]]),
        [(3, 4), (4, 3), (3, 3)], (0, 0, 0, 3 * (1 - D) / (GAIN - D * 3))),
    "Big Match": Case(
        "Gillette 1957; Blackwell & Ferguson 1968: worth 1/2 a period at every discount factor",
        lambda: absorbing([[[1, 0], [0, 1]], [[-1, 0], [0, -1]]], [0], D),
        [forever(0.5, -0.5)], (0, 0, 0, (1 - D) / (2 - D))),
    "Paris Match": Case(
        "Sorin 1986, Asymptotic properties of a non-zero sum stochastic game: (1/2, 2/3) a period",
        lambda: absorbing([[[1, 0], [0, 1]], [[0, 1], [2, 0]]], [1], D),
        [forever(1 / 2, 2 / 3)]),
    "irrational value": Case(
        "Parthasarathy & Raghavan 1981: rational data, value 2 (√13 − 2) / 3",
        lambda: until_over([[[1, 0], [0, 3]], [[-1, 0], [0, -3]]], [[1, 0], [0, 1]], delta=0.5),
        [(2 * (math.sqrt(13) - 2) / 3, -2 * (math.sqrt(13) - 2) / 3)]),
    "inspection, 2 periods": Case(
        "Dresher 1962; Avenhaus, von Stengel & Zamir 2002, section 5",
        lambda: inspection(2, 1), [(inspection_value(2, 1), -inspection_value(2, 1))]),
    "inspection, 5 periods": Case(
        "Dresher 1962; Avenhaus, von Stengel & Zamir 2002, section 5",
        lambda: inspection(5, 2), [(inspection_value(5, 2), -inspection_value(5, 2))]),
    "toymaker": Case(
        "Howard 1960, ch. 7: at 0.9 advertise and research, worth 22.2 and 12.3",
        toymaker, [(22.2,)], (0, 0, 1, 1.0), tolerance=0.05),
    "declining industry": Case(
        "Ghemawat & Nalebuff 1985: the big firm leaves at once",
        declining, [(0.0, 2.0 + 1.5 * D + 0.5 * D ** 2)]),
    "trust": Case(
        "Kreps 1990, Corporate culture and economic theory: without reputation nobody trusts",
        trust, [(0.0, 0.0)]),
    "three-player matching pennies": Case(
        "Jordan 1993, Three problems in learning mixed-strategy Nash equilibria",
        lambda: repeated(*np.array([[[[1 if a == b else -1 for c in (0, 1)] for b in (0, 1)]
                                     for a in (0, 1)],
                                    [[[1 if b == c else -1 for c in (0, 1)] for b in (0, 1)]
                                     for a in (0, 1)],
                                    [[[1 if c != a else -1 for c in (0, 1)] for b in (0, 1)]
                                     for a in (0, 1)]])),
        [(0.0, 0.0, 0.0)], (0, 2, 0, 0.5)),
    "taxicab": Case(
        "Howard 1960, ch. 5 and 7: at 0.9 wait at the stand in every town; 121.65, 135.31, 122.84",
        made.taxicab, [(121.65,)], (0, 0, 1, 1.0), tolerance=0.01),
    "Piglet to 2": Case(
        "Neller & Presser 2004, Optimal play of the dice game Pig: the first wins with chance 4/7",
        lambda: made.piglet(2), [(1 / 7, -1 / 7)], tolerance=1e-5),
    "secretary, 4 candidates": Case(
        "Lindley 1961; Ferguson 1989: 11/24", lambda: made.secretary(4), [(11 / 24,)]),
    "secretary, 10 candidates": Case(
        "Lindley 1961: max_r (r/n) Σ_{k ≥ r} 1/k", lambda: made.secretary(10),
        [(made.secretary_value(10),)]),
    "stopping": Case(
        "Dynkin 1969; Neveu 1975, VI-6: V = max(X, min(Y, E V′)) for X ≤ Z ≤ Y", made.dynkin,
        [(made.dynkin_value(), -made.dynkin_value())]),
    "noisy duel": Case(
        "Karlin 1959, vol. 2, ch. 5; Fox & Kimeldorf 1969: fire when accuracies first sum to 1",
        made.duel, [(0.5 - 0.625, 0.625 - 0.5)]),
    "patent race, two steps": Case(
        "Fudenberg, Gilbert, Stiglitz & Tirole 1983, section 2; Harris & Vickers 1985: who is "
        "behind drops out, so that at the start one works (−4 + 0.9 · 6), or both with chance "
        "1.4 / 4.5", made.race, [(1.4, 0), (0, 1.4), (0, 0)], (0, 0, 0, 1.4 / 4.5)),
    "asynchronous coordination": Case(
        "Lagunoff & Matsui 1997, theorem 1: from the bad action both leave for the good one",
        lambda: made.alternating([[[2, 0], [0, 1]]] * 2, D, start=1), [(2 * D / (1 - D),) * 2],
        proved=False),
    "square root of impatience": Case(
        "Bewley & Kohlberg 1976: values are series in roots of 1 − δ; here, with s² = 1 − δ, "
        "(4 − s²) v² − 2 s² v − s² = 0 and v = s / (2 − s) a period",
        lambda: made.square_root(0.96), [forever(0.2 / 1.8, -0.2 / 1.8, delta=0.96)]),
    "quitting game": Case(
        "Flesch, Thuijsman & Vrieze 1997; discounted, 1 − x = 3x(1 − x) + x² + δ(1 − x)³",
        lambda: made.quitting(0.9), [(1 - QUIT,) * 3], (0, 0, 1, QUIT)),
    "bold play": Case(
        "Dubins & Savage 1965, ch. 5: at chance 0.4 from a half stake everything",
        lambda: made.bold_play(4, 0.4), [(0.4,)], (0, 0, 1, 1.0), tolerance=1e-5),
    "alternating offers, two rounds": Case(
        "Ståhl 1972, ch. 4: on the grid 0.1, 0.3, …, 9.9 player 1 offers the least above 0.9 · 9.9",
        offers, [(0.9, 9.1)]),
    "leapfrogging, 2 costs": Case(
        "Iskhakov, Rust & Schjerning 2016, section 4", lambda: leapfrogging(2),
        [(0.0, 0.0)] * 3),
}


@pytest.mark.parametrize("name", CASES)
def test_the_equilibria_are_those_of_the_source(name: str) -> None:
    case = CASES[name]
    solution = solve(case.game())
    found = sorted(tuple(np.round(e.values[0], 9) + 0.0) for e in solution.equilibria)
    expected = sorted(tuple(np.round(values, 9)) for values in case.values)
    assert len(found) == len(expected), case.source
    for mine, theirs in zip(found, expected, strict=True):
        assert mine == pytest.approx(theirs, abs=max(case.tolerance, 2e-9)), case.source
    assert all(e.regret <= 1e-9 for e in solution.equilibria)
    assert solution.complete == case.proved, solution.incomplete_because
    if case.mixed is not None:
        state, player, action, chance = case.mixed
        last = solution.equilibria[-1]
        assert last.strategies[state][player][action] == pytest.approx(chance, abs=1e-9)


@pytest.mark.parametrize("delta", [0.97, 0.99])
def test_the_kinked_demand_curve_is_an_equilibrium(delta: float) -> None:
    """Maskin & Tirole 1988, II, section 4: at the monopoly price 3/6 both stay; 2/6 is answered by
    1/6, and 1/6 by itself with chance (5 + δ)/(5δ + 9δ²), else by 3/6.
    """
    chance = (5 + delta) / (5 * delta + 9 * delta ** 2)
    answer = {k: {3: 1.0} for k in (0, 3, 4, 5, 6)} | {2: {1: 1.0}, 1: {1: chance, 3: 1 - chance}}
    game = made.price_competition(delta)
    strategies = []
    for name in game.states:
        mover, locked = (int(x) for x in name.strip("()").split(","))
        mixed = np.array([answer[locked].get(k, 0.0) for k in range(7)])
        strategies.append([mixed, np.ones(1)] if mover == 0 else [np.ones(1), mixed])
    assert certify(game, strategies).regret <= 1e-12


def test_piglet_to_three_holds_where_its_authors_say() -> None:
    """The table of hold thresholds for goal 3 that Neller gives on his course page."""
    game = made.piglet(3)
    (equilibrium,) = solve(game, equilibria="one").equilibria
    table = [[1, 3, 3], [2, 2, 2], [1, 1, 1]]
    for i in range(3):
        for j in range(3):
            for k in range(1, 3 - i):
                held = equilibrium.strategies[game.state(str((0, i, j, k)))][0]
                assert held[1] == pytest.approx(float(k >= table[i][j])), (i, j, k)


def test_there_are_at_least_twenty() -> None:
    assert len(CASES) >= 20
    assert all(case.source for case in CASES.values())
