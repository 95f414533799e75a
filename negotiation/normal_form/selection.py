"""Which of a game's equilibria a convention picks.

=================  =============================================================================
rule               equilibria
=================  =============================================================================
all                every one in the list
payoff-dominant    the one that gives every player at least as much as each other one does; all
                   of them where there is none
risk-dominant      of two strict equilibria of a 2×2 game, the one whose players would lose more, in
                   product, by leaving it; all of them where losses are equal or there are not two
worst              those with the lowest sum of payoffs
=================  =============================================================================

Source: Harsanyi & Selten 1988, "A General Theory of Equilibrium Selection in Games", §3.6, §3.9.
"""

from __future__ import annotations

import numpy as np

from ..errors import InputError, UnknownNameError
from .result import NashEquilibrium, NashSolution

#: names of the rules that :func:`select` knows
RULES = ("all", "payoff-dominant", "risk-dominant", "worst")
#: payoffs this close, in units of the player's range, are taken to be equal
_EQUAL = 1e-9


def select(solution: NashSolution, rule: str = "all") -> tuple[NashEquilibrium, ...]:
    """The equilibria of a solution that a rule picks, at least one.

    Of a continuum only its extreme points are considered.

    Raises:
        UnknownNameError: for a rule that is not there.
        InputError: for "risk-dominant" on a game that is not 2×2.

    >>> from negotiation.normal_form import NormalFormGame, solve
    >>> stag = solve(NormalFormGame([[[9, 0], [8, 7]], [[9, 8], [0, 7]]]))
    >>> [str(e) for rule in RULES[1:] for e in select(stag, rule)]
    ['1: 1; 2: 1', '1: 2; 2: 2', '1: 2; 2: 2']
    """
    if rule not in RULES:
        raise UnknownNameError("rule of selection", rule, RULES)
    found = solution.equilibria
    if rule == "risk-dominant":
        return _risk_dominant(solution)
    if rule == "all" or len(found) == 1:
        return found
    game = solution.game
    pays = np.array([equilibrium.payoffs for equilibrium in found])
    slack = _EQUAL * game.ranges
    if rule == "payoff-dominant":
        best = (pays >= pays.max(axis=0) - slack).all(axis=1)
        return tuple(e for e, top in zip(found, best, strict=True) if top) or found
    total = pays.sum(axis=1)
    return tuple(e for e, sum_ in zip(found, total, strict=True)
                 if sum_ <= total.min() + slack.sum())


def _risk_dominant(solution: NashSolution) -> tuple[NashEquilibrium, ...]:
    game, found = solution.game, solution.equilibria
    if game.shape != (2, 2):
        raise InputError("risk dominance is defined for 2×2 games; this one has the shape "
                         f"{'×'.join(map(str, game.shape))}.")
    scale = np.where(game.ranges > 0, game.ranges, 1.0)
    products = []
    strict = []
    for equilibrium in found:
        if not equilibrium.pure:
            continue
        (a,), (b,) = equilibrium.support
        table = game.above_lowest
        losses = ((table[0, a, b] - table[0, 1 - a, b]) / scale[0],
                  (table[1, a, b] - table[1, a, 1 - b]) / scale[1])
        if min(losses) > 0:
            strict.append(equilibrium)
            products.append(losses[0] * losses[1])
    if len(strict) != 2 or abs(products[0] - products[1]) <= _EQUAL:
        return found
    return (strict[int(np.argmax(products))],)
