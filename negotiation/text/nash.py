"""A game in normal form in words: its Nash equilibria, what survives dominance, a mediator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING

from .words import counted, listed, number, percent, sentence, table, wrapped

if TYPE_CHECKING:
    from ..normal_form import Mediation, NashEquilibrium, NashSolution, Rationalizable

_KINDS = {"constant-sum": "constant-sum",
          "potential": "a potential game",
          "strategically zero-sum": "strategically zero-sum (as good as zero-sum for choices)",
          "dominance solvable": "dominance solvable"}
_OBJECTIVES = {"sum": "the sum of payoffs", "worst-off": "the worst-off player's payoff"}


def nash_page(file: str, solution: NashSolution, kinds: Sequence[str],
              left: Rationalizable | None, mediated: Sequence[Mediation]) -> str:
    """What ``negotiation solve FILE.nfg`` prints."""
    game = solution.game
    shape = "×".join(map(str, game.shape))
    kind = f" It is {listed(_KINDS[one] for one in kinds)}." if kinds else ""
    lines = [f"{game.title} ({file})" if game.title else file,
             wrapped(f"A game in normal form: {counted(game.n, 'player')}, {shape} actions, "
                     f"{counted(prod(game.shape), 'profile')}.{kind}"),
             "", "NASH EQUILIBRIA", wrapped(_how_many(solution), 2)]
    lines += [line for equilibrium in solution.equilibria for line in _equilibrium(equilibrium)]
    for part in solution.continua:
        lines.append(wrapped(f"{sentence(str(part))}: no list of points can hold it.", 2, 2))
        if len(part.subsets) > 1:
            lines += [wrapped(f"every mix within {listed(str(k) for k in subset.equilibria)} "
                              f"(dimension {subset.dimension})", 4, 2) for subset in part.subsets]
    if left is not None:
        lines += ["", "DOMINANCE", *_dominance(solution, left)]
    if mediated:
        lines += ["", "WHAT A MEDIATOR CAN ADD", *_mediator(solution, mediated)]
    return "\n".join(lines) + "\n"


def _how_many(solution: NashSolution) -> str:
    many = len(solution.equilibria)
    if solution.complete:
        total = "There is exactly one equilibrium" if many == 1 else f"There are {many} equilibria"
        proof = f"{total}, and it is proved that there are no others ({solution.method})."
    elif solution.described:
        proof = (f"{sentence(counted(many, 'extreme equilibrium'))} and the continua that they "
                 f"span: it is proved that there are no others ({solution.method}).")
    else:
        proof = (f"{sentence(counted(many, 'equilibrium'))} listed ({solution.method}); there may "
                 f"be others: {solution.incomplete_because}.")
    worst = max(equilibrium.regret for equilibrium in solution.equilibria)
    gains = f"at most {worst:.0e} of a player's payoff range" if worst else "nothing"
    sum_ = "" if solution.index_sum is None or not solution.complete else (
        f" Their indices sum to {solution.index_sum:+d}, as they must.")
    return f"{proof} Recomputed from the game, deviating gains {gains}.{sum_}"


def _equilibrium(equilibrium: NashEquilibrium) -> Iterator[str]:
    game, said = equilibrium.game, []
    for i, (player, names) in enumerate(zip(game.players, game.actions, strict=True)):
        chances: Sequence[float | Fraction] = (
            equilibrium.profile[i].tolist() if equilibrium.exact is None else equilibrium.exact[i])
        plays = [names[a] if p == 1 else f"{names[a]} ({_share(p)})"
                 for a, p in enumerate(chances) if p]
        said.append(f"{player}: {listed(plays)}")
    pays = ", ".join(f"{player} {number(value)}" for player, value in
                     zip(game.players, equilibrium.payoffs.tolist(), strict=True))
    yield wrapped(f"{equilibrium.id}. {'; '.join(said)}. It pays {pays}.", 4, 3)


def _share(chance: float | Fraction) -> str:
    return str(chance) if isinstance(chance, Fraction) else percent(chance)


def _dominance(solution: NashSolution, left: Rationalizable) -> Iterator[str]:
    game = solution.game
    if not left.rounds:
        yield wrapped("No action is strictly dominated.", 2)
        return
    for k, out in enumerate(left.rounds, 1):
        said = [f"{game.players[one.player]}'s “{game.actions[one.player][one.action]}”, by "
                + listed(f"“{game.actions[one.player][a]}”" if share == 1 else
                         f"“{game.actions[one.player][a]}” ({share})" for a, share in one.by)
                for one in out]
        yield wrapped(f"Round {k}: strictly dominated are {'; '.join(said)}.", 2, 2)
    if left.solved:
        yield wrapped("One profile is left: the game is dominance solvable.", 2)
    else:
        kept = "; ".join(f"{player}: {listed(names[a] for a in part)}" for player, names, part in
                         zip(game.players, game.actions, left.actions, strict=True))
        yield wrapped(f"Rationalizable are {kept}.", 2, 2)


def _mediator(solution: NashSolution, mediated: Sequence[Mediation]) -> Iterator[str]:
    listed_only = "" if solution.described else " listed"
    rows = [[_objective(one), f"{number(one.nash)} ({one.nash_id})", number(one.correlated.value),
             number(one.coarse.value)] for one in mediated]
    yield table(rows, ["the most of", f"Nash{listed_only}", "told in private",
                       "committed in advance"], range(1, 4))
    yield wrapped("Told in private what to do, nobody gains by doing something else (correlated "
                  "equilibrium); committed in advance to follow, nobody gains by staying out "
                  "(coarse correlated equilibrium).", 2)
    for one in mediated:
        best = one.coarse if one.coarse_gain else one.correlated if one.gain else None
        if best is not None:
            game = solution.game
            shares = "; ".join(
                f"{', '.join(names[a] for names, a in zip(game.actions, at, strict=True))} "
                f"{percent(chance)}" for at, chance in
                zip(_profiles(game.shape), best.distribution.ravel().tolist(), strict=True)
                if chance > 1e-9)
            yield wrapped(f"For the most of {_objective(one)}: {shares}.", 2, 2)


def _objective(one: Mediation) -> str:
    return _OBJECTIVES.get(one.objective, f"the {one.objective}")


def _profiles(shape: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return product(*(range(m) for m in shape))
