"""Ties in words: who is indifferent about what, where, and which point the rule picked."""

from __future__ import annotations

from collections.abc import Sequence

from ..equilibrium.result import Component, Equilibrium, Solution
from ..lattice import Lattice
from .places import after
from .words import counted, listed, percent, sentence, spaced, wrapped

#: ties that are named one by one
FULL_TIES = 5
#: extreme points of one tie that are named one by one
FULL_POINTS = 4
#: what each rule makes of a tie
RULES = {
    "consent": "whoever is indifferent consents",
    "refuse": "whoever is indifferent refuses",
    "all": "every extreme point is an equilibrium of its own",
}


def ties_section(solution: Solution) -> str:
    """Every tie of a solution, and the rule that was used; nothing when there is none."""
    ties = sorted(solution.components, key=lambda tie: tie.state)
    if not ties:
        return ""
    lines = ["TIES"]
    lines += [wrapped(tie_sentence(solution, tie), 2, 2) for tie in ties[:FULL_TIES]]
    if len(ties) > FULL_TIES:
        lines.append(f"  and {counted(len(ties) - FULL_TIES, 'tie')} more in other states.")
    if all(tie.encounter is not None for tie in ties):
        return "\n".join(lines)
    rule = solution.indifferent
    others = listed((other for other in RULES if other != rule), "or")
    lines.append(wrapped(f"The rule used for ties is “{rule}”: {RULES[rule]}; --indifferent "
                         f"{others} asks for another.", 2))
    return "\n".join(lines)


def tie_sentence(solution: Solution, tie: Component) -> str:
    """Who is indifferent about what, where, what the equilibria do, and whether it matters."""
    game, lattice = solution.game, solution.lattice
    if tie.encounter is not None:
        return _play_sentence(solution, tie)
    moves = [f"“{game.moves[name].label}”" for name in tie.moves]
    actors = listed(game.actors[name].label for name in tie.actors)
    verb = "is" if len(tie.actors) == 1 else "are"
    picked = _picked(solution, tie, moves)
    matter = "" if tie.value_varies else " Nobody's value depends on it."
    return (f"{sentence(after(lattice, tie.state))}, {actors} {verb} indifferent about "
            f"{listed(moves)}: {_between(moves, tie)}{picked}{matter}")


def _play_sentence(solution: Solution, tie: Component) -> str:
    """Who is indifferent between which actions of an encounter, and that all ends are listed."""
    game = solution.game
    actor, label = game.actors[tie.actors[0]].label, game.encounters[tie.encounter or ""].label
    actions = listed((spaced(action) for action in tie.actions), "or")
    ends = "; ".join(listed(f"{spaced(action)} {percent(share)}" for action, share in
                            zip(tie.actions, extreme, strict=True))
                     for extreme in tie.extremes[:FULL_POINTS])
    matter = "" if tie.value_varies else " Nobody's value depends on it."
    return (f"{sentence(after(solution.lattice, tie.state))}, in “{label}” {actor} is indifferent "
            f"whether to {actions}: the ends of what it can do ({ends}) are listed.{matter}")


def _between(moves: Sequence[str], tie: Component) -> str:
    if len(moves) == 1:
        low, high = min(tie.extremes)[0], max(tie.extremes)[0]
        return f"any chance of its being made from {percent(low)} to {percent(high)} will do."
    corners = {share for point in tie.extremes for share in point} == {0.0, 1.0}
    if corners and len(tie.extremes) == 2 ** len(moves):
        return "each can be made with any chance."
    ends = [listed(f"{move} {percent(share)}" for move, share in zip(moves, extreme, strict=True))
            for extreme in tie.extremes[:FULL_POINTS]]
    more = "" if len(tie.extremes) <= FULL_POINTS else (
        f"; and {len(tie.extremes) - FULL_POINTS} more such points")
    return (f"many chances of their being made will do, between {'; '.join(ends)}"
            f"{more}.")


def _picked(solution: Solution, tie: Component, moves: Sequence[str]) -> str:
    """What the equilibria that are points of this tie do there."""
    found = {tuple(_consents(solution.lattice, equilibrium, tie))
             for equilibrium in solution.equilibria if _same(tie, equilibrium)}
    if len(found) != 1:
        return ""
    chances = [percent(chance) for chance in found.pop()]
    how = chances[0] if len(moves) == 1 else listed(
        f"{move} {chance}" for move, chance in zip(moves, chances, strict=True))
    return f" The rule picks {how}."


def _same(tie: Component, equilibrium: Equilibrium) -> bool:
    return any((part.state, part.moves, part.extremes) == (tie.state, tie.moves, tie.extremes)
               for part in equilibrium.components)


def _consents(lattice: Lattice, equilibrium: Equilibrium, tie: Component) -> list[float]:
    edges = {lattice.moves[lattice.edge_move[edge]]: edge for edge in lattice.edges(tie.state)}
    return [round(float(equilibrium.consent[edges[move]]), 9) for move in tie.moves]
