"""What is legal in a definition but odd: warnings that ``negotiation check`` prints.

Reachability is judged front by front: a status counts as reached when some move that may be made
leads there, conditions being judged by the statuses that count as reached, whatever combination of
them play can really be in. What is said to be unreachable is unreachable; the converse may fail.
A number counts as 0 when it is 0 and rests on no parameter that has a range.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from ..errors import Problem
from ..expressions import Expression
from ..model import Condition, Encounter, Game, Move, Number, Payments
from .reader import path_text


def warnings_of(game: Game) -> list[Problem]:
    """Every warning about a game, in the order of the file's tables."""
    view = _View(game)
    found: list[Problem] = []
    for judge in (_parameters, _actors, _fronts, _moves, _encounters, _ties, _linkages, _postures,
                  _outcomes):
        found += [Problem(path_text(path), message) for path, message in judge(view)]
    return found


_Warnings = Iterator[tuple[tuple[str | int, ...], str]]


class _View:
    """A game with what several warnings ask of it."""

    def __init__(self, game: Game) -> None:
        self.game = game
        self.values = game.parameter_values()
        self.reached = _reached_statuses(game)
        self.interests = {actor: self._interests(actor) for actor in game.actors}

    def can_hold(self, when: Condition) -> bool:
        """Whether each part of a condition has a status that counts as reached."""
        return all(self.reached[front] & set(wanted) for front, wanted in when.items())

    def is_zero(self, number: Number, zero: float = 0.0) -> bool:
        """Whether a number is 0 (or 1, for a factor) and stays so over the parameters' ranges."""
        if not isinstance(number, Expression):
            return number == zero
        return not self._ranges(number.names) and number.evaluate(self.values) == zero

    def _ranges(self, names: Iterable[str]) -> bool:
        for name in names:
            parameter = self.game.parameters[name]
            inner = parameter.value.names if isinstance(parameter.value, Expression) else ()
            drawn = parameter.low is not None or parameter.distribution is not None
            if drawn or self._ranges(inner):
                return True
        return False

    def pays(self, payments: Payments, actor: str) -> bool:
        """Whether a table of payments has anything for an actor."""
        return actor in payments and not self.is_zero(payments[actor])

    def move_pays(self, name: str, actor: str) -> bool:
        """Whether making a move can bring an actor a lump, or its issues a share."""
        move = self.game.moves[name]
        tables = [move.payoff, *(issue.curvature for issue in move.issues.values())]
        tables += [linkage.payoff[name] for linkage in self.game.linkages
                   if name in linkage.payoff]
        tables += [table for issue in move.issues for table in self.issue_values(name, issue)]
        return any(self.pays(table, actor) for table in tables)

    def encounter_pays(self, name: str, actor: str) -> bool:
        """Whether a linkage adds to what an encounter brings an actor."""
        return any(self.pays(linkage.payoff[name], actor) for linkage in self.game.linkages
                   if name in linkage.payoff)

    def issue_values(self, move: str, issue: str) -> list[Payments]:
        """An issue's values: its own table, and what linkages add to it."""
        return [self.game.moves[move].issues[issue].value,
                *(linkage.value[move][issue] for linkage in self.game.linkages
                  if issue in linkage.value.get(move, ()))]

    def _interests(self, actor: str) -> frozenset[str]:
        """The fronts whose status an actor's own payments name."""
        game, fronts = self.game, set[str]()
        for front in game.fronts.values():
            if any(self.pays(payments, actor) for payments in front.flow.values()):
                fronts.add(front.name)
        for linkage in game.linkages:
            if self.pays(linkage.flow, actor):
                fronts.update(linkage.when)
        for posture in game.postures.values():
            if actor in posture.players:
                fronts.update(front for block in posture.payoffs for front in block.when)
        for name, clash in game.encounters.items():
            paid = [block.when for block in clash.payoffs if actor in block.payoffs]
            if paid or self.encounter_pays(name, actor):
                fronts.update((clash.front, *clash.when, *_conditions_on(game, name),
                               *(front for when in paid for front in when)))
        for name, move in game.moves.items():
            if self.move_pays(name, actor):
                fronts.update((move.front, *move.when))
                fronts.update(_conditions_on(game, name))
        return frozenset(fronts)

    def matters_to(self, actor: str) -> set[str]:
        """The fronts that an actor's value can depend on.

        Those that its payments name, and, until nothing is added: the fronts in the conditions of
        the moves that change one of these and of the linkages on such moves, and the fronts that
        matter to the members of such a move's coalition, since their consent depends on them.
        """
        fronts = set(self.interests[actor])
        size = -1
        while size != len(fronts):
            size = len(fronts)
            for name, move in self.game.moves.items():
                if fronts & {move.front, *move.sets}:
                    fronts.update((move.front, *move.when, *_conditions_on(self.game, name)))
                    for member in move.by:
                        fronts |= self.interests[member]
            for name, clash in self.game.encounters.items():
                if clash.front in fronts:
                    fronts.update((*clash.when, *_conditions_on(self.game, name)))
                    for player in clash.players:
                        fronts |= self.interests[player]
        return fronts


def _conditions_on(game: Game, move: str) -> set[str]:
    return {front for linkage in game.linkages for front in linkage.when
            if move in linkage.rate or move in linkage.payoff or move in linkage.value
            or move in linkage.weights}


def _reached_statuses(game: Game) -> dict[str, set[str]]:
    """Front → the statuses that count as reached, from the starts of the game and of its claims."""
    reached = {name: {front.start} for name, front in game.fronts.items()}
    for claim in game.claims:
        for what_if in (claim.under, claim.than):
            if what_if is not None:
                for front, status in (*what_if.start.items(), *what_if.hold.items()):
                    reached[front].add(status)
    waiting = dict(game.steps)
    while made := [name for name, move in waiting.items() if _possible(move, reached)]:
        for name in made:
            move = waiting.pop(name)
            reached[move.front].add(move.target)
            for front, status in move.sets.items():
                reached[front].add(status)
    return reached


def _possible(move: Move | Encounter, reached: Mapping[str, set[str]]) -> bool:
    sources = set(move.sources) & set(move.when.get(move.front, move.sources))
    return bool(reached[move.front] & sources) and all(
        reached[front] & set(wanted) for front, wanted in move.when.items())


def _used_names(value: object) -> Iterator[str]:
    """The parameters that any expression inside a value uses."""
    if isinstance(value, Expression):
        yield from value.names
    elif dataclasses.is_dataclass(value):
        for part in dataclasses.fields(value):
            yield from _used_names(getattr(value, part.name))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _used_names(item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _used_names(item)


def _parameters(view: _View) -> _Warnings:
    used = set(_used_names(dataclasses.replace(view.game, claims=())))
    for name, parameter in view.game.parameters.items():
        if name not in used:
            yield ("parameters", name), "no expression uses this parameter"
        if not parameter.doc:
            yield ("parameters", name), "this parameter has no 'doc': say what it means and what " \
                                        "its value rests on"


def _actors(view: _View) -> _Warnings:
    game = view.game
    for name in game.actors:
        seated = any(name in move.by for move in game.moves.values())
        seated = seated or any(name in posture.players for posture in game.postures.values())
        seated = seated or any(name in clash.players for clash in game.encounters.values())
        if not seated and not view.interests[name] and not _always_paid(view, name):
            yield ("actors", name), "nothing pays this actor, and no move needs its consent"


def _always_paid(view: _View, actor: str) -> bool:
    return any(view.pays(linkage.flow, actor) for linkage in view.game.linkages)


def _fronts(view: _View) -> _Warnings:
    for name, front in view.game.fronts.items():
        if not any(name == move.front or name in move.sets for move in view.game.steps.values()):
            yield ("fronts", name), f"no move changes this front: it stays {front.start!r}"
            continue
        for index, status in enumerate(front.statuses):
            if status not in view.reached[name]:
                yield ("fronts", name, "statuses", index), f"nothing leads to the status {status!r}"


def _moves(view: _View) -> _Warnings:
    for name, move in view.game.moves.items():
        if view.is_zero(move.rate):
            yield ("moves", name, "rate"), "the rate is 0: opportunities for this move never come"
        if not _possible(move, view.reached):
            yield ("moves", name), "this move can never be made: play never reaches a state in " \
                                   "which it is available"
        for issue in move.issues.values():
            if not any(view.pays(table, actor) for table in view.issue_values(name, issue.name)
                       for actor in view.game.actors):
                yield ("moves", name, "issues", issue.name), "this issue pays nobody"


def _encounters(view: _View) -> _Warnings:
    for name, clash in view.game.encounters.items():
        path = ("encounters", name)
        if view.is_zero(clash.rate):
            yield (*path, "rate"), "the rate is 0: opportunities for this encounter never come"
        if not _possible(clash, view.reached):
            yield path, "this encounter can never come: play never reaches a state in which it " \
                        "is available"
        if not any(clash.event(profile) in view.game.steps for profile, _ in clash.profiles()):
            yield (*path, "to"), "no profile changes the status"
        for player, actions in clash.actions.items():
            if len(actions) == 1:
                yield (*path, "actions", player), f"{player!r} has one action and nothing to choose"
        for index, block in enumerate(clash.payoffs):
            if not view.can_hold(block.when):
                yield (*path, "payoffs", index, "when"), \
                    "this condition can never hold: play never reaches a status that it asks for"


def _ties(view: _View) -> _Warnings:
    """Moves that are certain to leave a member of their coalition as it is.

    The test is static: the move pays the member nothing, and it changes no front that the member's
    value can depend on. It finds the mediator with no stake, not every tie.
    """
    for name, move in view.game.moves.items():
        for index, member in enumerate(move.by):
            if not view.move_pays(name, member) and \
                    not {move.front, *move.sets} & view.matters_to(member):
                yield ("moves", name, "by", index), \
                    f"this move can change nothing for {member!r}: its consent is a tie, which " \
                    "'indifferent' decides"


def _linkages(view: _View) -> _Warnings:
    for index, linkage in enumerate(view.game.linkages):
        path = ("linkages", index)
        if not view.can_hold(linkage.when):
            yield path, f"the linkage {linkage.name!r} can never hold: play never reaches its " \
                        "'when'"
        added = [linkage.flow, *linkage.payoff.values(),
                 *(table for issues in linkage.value.values() for table in issues.values())]
        factors = [linkage.rate, *linkage.weights.values()]
        if all(view.is_zero(number) for table in added for number in table.values()) and \
                all(view.is_zero(number, 1.0) for table in factors for number in table.values()):
            yield path, f"the linkage {linkage.name!r} changes nothing"


def _postures(view: _View) -> _Warnings:
    for name, posture in view.game.postures.items():
        for index, block in enumerate(posture.payoffs):
            if not view.can_hold(block.when):
                yield ("postures", name, "payoffs", index, "when"), \
                    "this condition can never hold: play never reaches a status that it asks for"
        for player, actions in posture.actions.items():
            if len(actions) == 1:
                yield ("postures", name, "actions", player), \
                    f"{player!r} has one action and nothing to choose"


def _outcomes(view: _View) -> _Warnings:
    for name, outcome in view.game.outcomes.items():
        if outcome.posture:
            continue
        if not outcome.when:
            yield ("outcomes", name), "this outcome has no condition: it is always true"
        elif not view.can_hold(outcome.when):
            yield ("outcomes", name), "this outcome can never be true: play never reaches a " \
                                      "status that it asks for"
