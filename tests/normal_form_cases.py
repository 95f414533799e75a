"""Published games in normal form with the equilibria that their sources document.

``payoffs``: one table for each player. ``equilibria``: all of them (of a continuum the extreme
points), each a tuple of the players' probabilities as whole numbers or "p/q". ``pure``: only the
pure ones are documented, as action indices. ``count``: only how many there are is documented (of
a continuum the extreme points).

``checked`` says against what stored text the payoffs were compared, number by number, in November
2026; where it is empty no stored text of the source was at hand, the payoffs are from memory, and
only the documented equilibria (which are certified here) speak for them. ``file`` is the ``.nfg``
file in Gambit's repository that holds the game; ``benchmarks/published.py`` compares these anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

import numpy as np

F, S = (1, 0), (0, 1)
HALF = ("1/2", "1/2")
THIRD = ("1/3", "1/3", "1/3")


@dataclass(frozen=True)
class Case:
    name: str
    source: str
    payoffs: tuple
    equilibria: tuple | None = None
    pure: tuple | None = None
    count: int | None = None
    continuum: bool = False
    checked: str = ""
    file: str = ""


def bimatrix(*rows):
    """The tables of a game written as rows of (first player's payoff, second player's payoff)."""
    return tuple([[cell[i] for cell in row] for row in rows] for i in range(2))


def zero_sum(*rows):
    return ([list(row) for row in rows], [[-v for v in row] for row in rows])


def symmetric(*rows):
    return ([list(row) for row in rows], [list(column) for column in zip(*rows, strict=True)])


def minimum_effort():
    return symmetric(*[[20 * min(a, b) - 10 * a for b in range(1, 8)] for a in range(1, 8)])


def volunteers():
    """Three players; action 0 is to volunteer, at a cost of 1, for a good worth 2 to each."""
    tables = np.zeros((3, 2, 2, 2))
    for at in np.ndindex(2, 2, 2):
        for i in range(3):
            tables[(i, *at)] = (2 if 0 in at else 0) - (1 if at[i] == 0 else 0)
    return tuple(tables.tolist())


def three_player(**cells):
    """Tables from cells such as TL1=(u1, u2, u3): row T or B, column L or R, matrix 1 or 2."""
    tables = np.zeros((3, 2, 2, 2))
    for name, pays in cells.items():
        tables[:, "TB".index(name[0]), "LR".index(name[1]), "12".index(name[2])] = pays
    return tuple(tables.tolist())


def pennies_of_three():
    """The first wants to match the second, the second the third, the third not the first."""
    tables = np.zeros((3, 2, 2, 2))
    for at in np.ndindex(2, 2, 2):
        tables[(0, *at)] = at[0] == at[1]
        tables[(1, *at)] = at[1] == at[2]
        tables[(2, *at)] = at[2] != at[0]
    return tuple(tables.tolist())


def in_file_order(shape, text):
    """Tables from numbers as an ``.nfg`` file lists them: the first player's action changes first,
    and each profile has every player's payoff.
    """
    numbers = [float(Fraction(word)) for word in text.split()]
    n = len(shape)
    return tuple(np.array(numbers).reshape(*shape[::-1], n).transpose(n, *range(n - 1, -1, -1))
                 .tolist())


GOLDEN = sqrt(0.5)
NAU = (sqrt(601) - 13) / 24

LONG_A = [[-180, 72, -333, 297, -153, 270], [-30, 17, -33, 42, -3, 20],
          [-81, 36, -126, 126, -36, 90], [90, -36, 126, -126, 36, -81],
          [20, -3, 42, -33, 17, -30], [270, -153, 297, -333, 72, -180]]
LONG_B = [[72, 36, 17, -3, -36, -153], [-180, -81, -30, 20, 90, 270],
          [297, 126, 42, -33, -126, -333], [-333, -126, -33, 42, 126, 297],
          [270, 90, 20, -30, -81, -180], [-153, -36, -3, 17, 36, 72]]
MANY_A = [[9504, -660, 19976, -20526, 1776, -8976],
          [-111771, 31680, -130944, 168124, -8514, 52764],
          [397584, -113850, 451176, -586476, 29216, -178761],
          [171204, -45936, 208626, -263076, 14124, -84436],
          [1303104, -453420, 1227336, -1718376, 72336, -461736],
          [737154, -227040, 774576, -1039236, 48081, -300036]]
MANY_B = [[72336, 48081, 29216, 14124, 1776, -8514],
          [-461736, -300036, -178761, -84436, -8976, 52764],
          [1227336, 774576, 451176, 208626, 19976, -130944],
          [-1718376, -1039236, -586476, -263076, -20526, 168124],
          [1303104, 737154, 397584, 171204, 9504, -111771],
          [-453420, -227040, -113850, -45936, -660, 31680]]

CASES = (
    Case("prisoner's dilemma", "Luce & Raiffa 1957, Games and Decisions, §5.4",
         symmetric((0.9, 0), (1, 0.1)), ((S, S),)),
    Case("battle of the sexes", "Luce & Raiffa 1957, Games and Decisions, §5.3",
         bimatrix(((2, 1), (-1, -1)), ((-1, -1), (1, 2))),
         ((F, F), (S, S), (("3/5", "2/5"), ("2/5", "3/5")))),
    Case("matching pennies", "von Neumann & Morgenstern 1944, Theory of Games, §14.7",
         zero_sum((1, -1), (-1, 1)), ((HALF, HALF),),
         checked="nashpy's documentation, How to create a game"),
    Case("stone, paper, scissors", "von Neumann & Morgenstern 1944, Theory of Games, §14.7",
         zero_sum((0, -1, 1), (1, 0, -1), (-1, 1, 0)), ((THIRD, THIRD),),
         checked="nashpy's documentation, tutorial"),
    Case("hawk and dove", "Osborne & Rubinstein 1994, A Course in Game Theory, §2.3",
         symmetric((3, 1), (4, 0)), ((F, S), (S, F), (HALF, HALF))),
    Case("Bach or Stravinsky", "Osborne & Rubinstein 1994, A Course in Game Theory, §2.3 and §3.1",
         bimatrix(((2, 1), (0, 0)), ((0, 0), (1, 2))),
         ((F, F), (S, S), (("2/3", "1/3"), ("1/3", "2/3"))),
         checked="the example of that name, with its mixed equilibrium, in a public Haskell "
                 "library of game models"),
    Case("coordination", "Osborne & Rubinstein 1994, A Course in Game Theory, §2.3",
         symmetric((2, 0), (0, 1)), ((F, F), (S, S), (("1/3", "2/3"), ("1/3", "2/3")))),
    Case("stag hunt of two", "Osborne 2004, An Introduction to Game Theory, §2.5",
         symmetric((2, 0), (1, 1)), ((F, F), (S, S), (HALF, HALF))),
    Case("hawks for 2, wounds of 4", "Maynard Smith 1982, Evolution and the Theory of Games",
         symmetric((-1, 2), (0, 1)), ((F, S), (S, F), (HALF, HALF))),
    Case("Shapley's cycle", "Shapley 1964, Some topics in two-person games",
         ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
         ((THIRD, THIRD),),
         checked="nashpy's documentation of fictitious play, columns in another order"),
    Case("Nash's example 1", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         bimatrix(((5, -3), (-4, 4)), ((-5, 5), (3, -4))),
         ((("9/16", "7/16"), ("7/17", "10/17")),)),
    Case("Nash's example 2", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         symmetric((1, -10), (10, -1)), ((S, S),)),
    Case("Nash's example 3", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         symmetric((1, -10), (-10, 1)), ((F, F), (S, S), (HALF, HALF))),
    Case("Nash's example 4", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         bimatrix(((1, 1), (0, 1)), ((1, 0), (0, 0))), ((F, F), (F, S), (S, F), (S, S)),
         continuum=True),
    Case("Nash's example 5", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         bimatrix(((1, 2), (-1, -4)), ((-4, -1), (2, 1))),
         ((F, F), (S, S), (("1/4", "3/4"), ("3/8", "5/8")))),
    Case("Nash's example 6", "Nash 1951, Non-cooperative games, Annals of Mathematics 54",
         symmetric((1, 0), (0, 0)), ((F, F), (S, S))),
    Case("three by two", "von Stengel 2002, Handbook of Game Theory 3, ch. 45, §2",
         ([[0, 6], [2, 5], [3, 3]], [[1, 0], [0, 2], [4, 3]]),
         (((0, 0, 1), F), ((0, "1/3", "2/3"), ("2/3", "1/3")),
          (("2/3", "1/3", 0), ("1/3", "2/3"))),
         checked="the two-player fixture of a public library's tests of polymatrix games"),
    Case("three by two, again", "Nisan et al. 2007, Algorithmic Game Theory, ch. 3",
         ([[3, 3], [2, 5], [0, 6]], [[3, 2], [2, 6], [3, 1]]),
         (((1, 0, 0), F), (("4/5", "1/5", 0), ("2/3", "1/3")),
          ((0, "1/3", "2/3"), ("1/3", "2/3"))),
         checked="QuantEcon.py's test_vertex_enumeration.py, with its equilibria"),
    Case("three by two, degenerate", "Nisan et al. 2007, Algorithmic Game Theory, ch. 3",
         ([[3, 3], [2, 5], [0, 6]], [[3, 3], [2, 6], [3, 1]]),
         (((1, 0, 0), F), ((1, 0, 0), ("2/3", "1/3")), ((0, "1/3", "2/3"), ("1/3", "2/3"))),
         continuum=True,
         checked="QuantEcon.py's test_vertex_enumeration.py, with its equilibria"),
    Case("seventy-five equilibria", "von Stengel 1999, New maximal numbers of equilibria in "
         "bimatrix games, Discr. Comput. Geom. 21", (MANY_A, MANY_B), count=75,
         checked="Gambit's catalogue",
         file="catalog/journals/dcg/vonstengel1999/6x6_game_with_75_eq.nfg"),
    Case("long paths to the only equilibrium", "Savani & von Stengel 2006, Hard-to-solve "
         "bimatrix games, Econometrica 74", (LONG_A, LONG_B), count=1,
         checked="the game of that name in pygambit's tests/games.py"),
    Case("three points to meet", "Quint & Shubik 1997, A theorem on the number of Nash equilibria "
         "in a bimatrix game, Int. J. Game Theory 26", symmetric((1, 0, 0), (0, 1, 0), (0, 0, 1)),
         count=7,
         checked="pygambit's test_nash.py, with all 7 equilibria"),
    Case("five points to meet", "Quint & Shubik 1997, A theorem on the number of Nash equilibria "
         "in a bimatrix game, Int. J. Game Theory 26", symmetric(*np.eye(5).tolist()), count=31),
    Case("two-finger Morra", "Dantzig 1963, Linear Programming and Extensions",
         zero_sum((0, 2, -3, 0), (-2, 0, 0, 3), (3, 0, 0, -4), (0, -3, 4, 0)),
         tuple((x, y) for x in ((0, "4/7", "3/7", 0), (0, "3/5", "2/5", 0))
               for y in ((0, "4/7", "3/7", 0), (0, "3/5", "2/5", 0))), continuum=True,
         checked="the rules as askfilo.com's exercise states them: who alone guesses right what "
                 "the other shows wins all fingers shown"),
    Case("rationalizable but for one", "Bernheim 1984, Rationalizable strategic behavior, "
         "Econometrica 52, fig. 1",
         bimatrix(((0, 7), (2, 5), (7, 0), (0, 1)), ((5, 2), (3, 3), (5, 2), (0, 1)),
                  ((7, 0), (2, 5), (0, 7), (0, 1)), ((0, 0), (0, -2), (0, 0), (10, -1))),
         (((0, 1, 0, 0), (0, 1, 0, 0)),)),
    Case("asymmetric matching pennies", "Goeree & Holt 2001, Ten little treasures of game theory, "
         "American Economic Review 91", bimatrix(((320, 40), (40, 80)), ((40, 80), (80, 40))),
         ((HALF, ("1/8", "7/8")),)),
    Case("reversed matching pennies", "Goeree & Holt 2001, Ten little treasures of game theory, "
         "American Economic Review 91", bimatrix(((44, 40), (40, 80)), ((40, 80), (80, 40))),
         ((HALF, ("10/11", "1/11")),)),
    Case("four cards", "O'Neill 1987, Nonmetric test of the minimax theory, PNAS 84",
         zero_sum((-5, 5, 5, -5), (5, -5, 5, -5), (5, 5, -5, -5), (-5, -5, -5, 5)),
         ((("1/5", "1/5", "1/5", "2/5"), ("1/5", "1/5", "1/5", "2/5")),),
         checked="Gambit's contrib/games/oneill.nfg: the same in units of 5, actions in reverse"),
    Case("minimum effort", "Van Huyck, Battalio & Beil 1990, Tacit coordination games, "
         "American Economic Review 80", minimum_effort(), pure=tuple((a, a) for a in range(7)),
         checked="the formula 60 + 20M - 10E in Holt's Markets, Games and Strategic Behavior, ch. "
                 "12, without its constant"),
    Case("proper and improper", "Myerson 1978, Refinements of the Nash equilibrium concept, Int. "
         "J. Game Theory 7", symmetric((1, 0, -9), (0, 0, -7), (-9, -7, -7)),
         tuple((e, e) for e in ((1, 0, 0), (0, 1, 0), (0, 0, 1))),
         checked="Gambit's contrib/games/yamamoto.nfg, which has -6 for one of its four -7"),
    Case("an entrant and a threat", "Osborne & Rubinstein 1994, A Course in Game Theory, §6.1",
         bimatrix(((1, 2), (1, 2)), ((0, 0), (2, 1))), ((F, F), (F, HALF), (S, S)),
         continuum=True),
    Case("no self-enforcing agreement", "Aumann 1990, Nash equilibria are not self-enforcing",
         symmetric((9, 0), (8, 7)), ((F, F), (S, S), (("7/8", "1/8"), ("7/8", "1/8")))),
    Case("security dilemma", "Jervis 1978, Cooperation under the security dilemma, World Pol. 30",
         symmetric((4, 1), (3, 2)), ((F, F), (S, S), (HALF, HALF))),
    Case("deadlock", "Snyder & Diesing 1977, Conflict among Nations, ch. 2",
         symmetric((2, 1), (4, 3)), ((S, S),)),
    Case("inspection", "Fudenberg & Tirole 1991, Game Theory, §1.1; w = 4, g = 2, h = 1, v = 6",
         bimatrix(((0, -1), (4, -4)), ((2, 1), (2, 2))), ((("1/4", "3/4"), HALF),)),
    Case("pennies for four", "Ochs 1995, Games with unique, mixed strategy equilibria, Games and "
         "Economic Behavior 10", bimatrix(((4, 0), (0, 1)), ((0, 1), (1, 0))),
         ((HALF, ("1/5", "4/5")),),
         checked="Gambit's tutorial on quantal response: the same ratio of 4 to 1"),
    Case("pennies for nine", "Ochs 1995, Games with unique, mixed strategy equilibria, Games and "
         "Economic Behavior 10", bimatrix(((9, 0), (0, 1)), ((0, 1), (1, 0))),
         ((HALF, ("1/10", "9/10")),)),
    Case("Lieberman's three by three", "Lieberman 1960, in McKelvey & Palfrey 1995, Games and "
         "Economic Behavior 10", zero_sum((15, 0, -2), (0, -15, -1), (1, 2, 0)),
         (((0, 0, 1), (0, 0, 1)),)),
    Case("nine equilibria of three players", "McKelvey & McLennan 1996, Computation of equilibria "
         "in finite games, Handbook of Computational Economics 1",
         three_player(TL1=(9, 8, 12), BR1=(9, 8, 2), BL2=(3, 4, 6), TR2=(3, 4, 6)), count=9,
         checked="Gambit's contributed games",
         file="contrib/games/2x2x2.nfg"),
    Case("an irrational equilibrium", "Nau, Gomez Canovas & Hansen 2004, On the geometry of Nash "
         "equilibria and correlated equilibria, Int. J. Game Theory 32",
         three_player(TL1=(3, 0, 2), TR1=(0, 2, 0), BL1=(0, 1, 0), BR1=(1, 0, 0),
                      TL2=(1, 0, 0), TR2=(0, 1, 0), BL2=(0, 3, 0), BR2=(2, 0, 3)), count=1,
         checked="Gambit's catalogue",
         file="catalog/journals/ijgt/nau2004/sec4.nfg"),
    Case("pennies of three", "Jordan 1993, Three problems in learning mixed-strategy Nash "
         "equilibria, Games and Economic Behavior 5", pennies_of_three(), ((HALF, HALF, HALF),)),
    Case("volunteer's dilemma", "Diekmann 1985, Volunteer's dilemma, J. Conflict Resolution 29, "
         "N = 3, U = 2, K = 1", volunteers(),
         ((F, S, S), (S, F, S), (S, S, F), (HALF, HALF, S), (HALF, S, HALF), (S, HALF, HALF),
          ((1 - GOLDEN, GOLDEN),) * 3)),
)
