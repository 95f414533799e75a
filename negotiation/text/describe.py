"""A game in words: who is in it, what can change, and how the fronts are linked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ..errors import Problem
from ..expressions import Expression
from ..model import Condition, Game, Linkage, Move, Number, Outcome, Parameter, Payments, Table
from .answers import answers_section
from .words import article, counted, listed, number, often, sentence, spaced, table, time, wrapped


def game_list(games: Mapping[str, Game], themes: Mapping[str, str],
              others: Sequence[str] = ()) -> str:
    """The bundled games by theme, as one table with headings; ``others`` are lines after it."""
    order = [*themes, *sorted({game.theme for game in games.values()} - set(themes))]
    known = sorted(games.items(), key=lambda item: order.index(item[1].theme))
    rows = [[name, f"{len(game.actors)}", f"{len(game.fronts)}", f"{len(game.moves)}", game.title]
            for name, game in known]
    head = ["NAME", "ACTORS", "FRONTS", "MOVES", "TITLE"]
    first, *lines = table(rows, head, right=(1, 2, 3), indent=0).splitlines()
    parts = [first]
    before = None
    for (_, game), line in zip(known, lines, strict=True):
        if game.theme != before:
            before = game.theme
            parts += ["", sentence(themes.get(game.theme, game.theme or "other"))]
        parts.append(line)
    return "\n".join([*parts, *others, "", "'negotiation show NAME' tells a game's story, its "
                      "sources and its answer; 'negotiation solve NAME'", "solves it.", ""])


def game_page(game: Game, formulas: bool = False) -> str:
    """Everything that a definition says, in words; ``formulas`` keeps its expressions."""
    page = _Page(game, formulas)
    parts = [_front_page(game), answers_section(game), page.actors(), page.fronts(), page.moves(),
             page.encounters(), page.linkages(), page.postures(), page.parameters(),
             _outcomes(game)]
    return "\n\n".join(part for part in parts if part) + "\n"


def check_page(game: Game, warnings: Sequence[Problem], states: int | None) -> str:
    """That a definition can be used, and what looks odd in it."""
    size = "" if states is None else f"; moves can reach {counted(states, 'state')}"
    lines = [wrapped(f"{game.name}: the definition is valid ({one_line(game)}{size}).")]
    if warnings:
        lines.append(f"{counted(len(warnings), 'thing')} to look at:")
        lines += [wrapped(str(warning), 2, 2) for warning in warnings]
    return "\n".join(lines) + "\n"


def one_line(game: Game) -> str:
    """How large a game is."""
    clashes = [counted(len(game.encounters), "encounter")] if game.encounters else []
    return listed([counted(len(game.actors), "actor"), counted(len(game.fronts), "front"),
                   counted(len(game.moves), "move"), *clashes,
                   counted(len(game.linkages), "linkage")])


def title_line(game: Game) -> str:
    """The title and the name that commands know the game by."""
    return f"{game.title} ({game.name})"


def linkage_sentence(game: Game, link: Linkage) -> str:
    """What a linkage does, in one sentence, at the game's parameters."""
    return _Page(game, False).linkage(link)


def condition(when: Condition) -> str:
    """A condition on fronts' statuses, in words."""
    return listed(f"{front} is {listed(statuses, 'or')}" for front, statuses in when.items()
                  ) if when else "anything holds"


def _front_page(game: Game) -> str:
    lines = [title_line(game)]
    if game.summary:
        for part in game.summary.strip().split("\n\n"):
            lines += ["", wrapped(" ".join(part.split()))]
        lines.append("")
    if game.source:
        lines.append(wrapped(f"Source: {game.source}", hanging=2))
    if game.theme:
        lines.append(f"Theme: {game.theme}")
    lines.append(f"{sentence(one_line(game))}. Horizon: {time(game.horizon, game.time_unit)}.")
    return "\n".join(lines)


def _titled(title: str, lines: Iterable[str]) -> str:
    body = list(lines)
    return "\n".join([title.upper(), *body]) if body else ""


class _Page:
    """The parts of a game's description that hold numbers."""

    def __init__(self, game: Game, formulas: bool) -> None:
        self.game, self.formulas = game, formulas
        self.values = game.parameter_values()
        self.unit = game.time_unit

    def number(self, value: Number) -> str:
        if not isinstance(value, Expression):
            return number(value)
        return str(value) if self.formulas else number(value.evaluate(self.values))

    def rate(self, value: Number) -> str:
        if isinstance(value, Expression):
            if self.formulas:
                return f"{value} times {article(self.unit)} {self.unit}"
            value = value.evaluate(self.values)
        return often(value, self.unit)

    def payments(self, payments: Payments) -> str:
        return ", ".join(f"{actor} {self.number(value)}" for actor, value in payments.items())

    def actors(self) -> str:
        rows = [[actor.name, actor.label, f"{self.number(actor.discount_rate)} "
                     f"{article(self.unit)} {self.unit}"]
                for actor in self.game.actors.values()]
        return _titled("Actors", [table(rows, ["", "", "discount rate"])])

    def fronts(self) -> str:
        def lines() -> Iterator[str]:
            for front in self.game.fronts.values():
                statuses = ", ".join(f"{status} (start)" if status == front.start else status
                                     for status in front.statuses)
                yield wrapped(f"{front.name} – {front.label}: {statuses}", 2, 4)
                for status, pays in front.flow.items():
                    if pays:
                        yield wrapped(f"while {status}, each {self.unit}: "
                                      f"{self.payments(pays)}", 6, 4)
        return _titled("Fronts", lines())

    def moves(self) -> str:
        def lines() -> Iterator[str]:
            for move in self.game.moves.values():
                who = "by chance" if not move.by else f"by {listed(move.by)}"
                yield wrapped(f"{move.name} – {move.label}: {move.front} from "
                              f"{listed(move.sources, 'or')} to {move.target}, {who}, "
                              f"{self.rate(move.rate)}", 2, 4)
                yield from (wrapped(text, 6, 4) for text in self.move_details(move))
        return _titled("Moves", lines())

    def move_details(self, move: Move) -> Iterator[str]:
        if move.when:
            yield f"only while {condition(move.when)}"
        if move.sets:
            yield "also sets " + ", ".join(f"{front} to {status}"
                                           for front, status in move.sets.items())
        if move.payoff:
            yield f"pays {self.payments(move.payoff)}"
        if move.weights:
            yield f"bargaining power: {self.payments(move.weights)}"
        for issue in move.issues.values():
            unit = f" ({issue.unit})" if issue.unit else ""
            yield (f"issue {issue.name}{unit}: in full it is worth {self.payments(issue.value)}"
                   + (f"; curvature {self.payments(issue.curvature)}" if issue.curvature else ""))
        if move.issues and move.solution != "nash":
            yield f"terms by the {move.solution} solution"

    def encounters(self) -> str:
        def lines() -> Iterator[str]:
            for clash in self.game.encounters.values():
                chooses = "; ".join(f"{player} {listed(names, 'or')}"
                                    for player, names in clash.actions.items())
                yield wrapped(f"{clash.name} – {clash.label}: {clash.front} from "
                              f"{listed(clash.sources, 'or')}, {self.rate(clash.rate)}; at the "
                              f"same time {chooses}", 2, 4)
                if clash.when:
                    yield wrapped(f"only while {condition(clash.when)}", 6, 4)
                for profile, target in clash.profiles():
                    yield wrapped(f"{', '.join(profile)}: {target or 'no change'}", 6, 4)
                for block in clash.payoffs:
                    during = f"while {condition(block.when)}, " if block.when else ""
                    yield wrapped(f"{during}pays " + ", ".join(
                        f"{actor} {self.nested(table)}" for actor, table in block.payoffs.items()),
                        6, 4)
        return _titled("Encounters", lines())

    def linkages(self) -> str:
        return _titled("Linkages", (wrapped(self.linkage(link), 2, 4)
                                    for link in self.game.linkages))

    def linkage(self, link: Linkage) -> str:
        effects = []
        if link.flow:
            effects.append(f"each {self.unit} adds {self.payments(link.flow)}")
        effects += [f"opportunities for {move} come {self.number(rate)} times as often"
                    for move, rate in link.rate.items()]
        effects += [f"{move} adds {self.payments(pays)}" for move, pays in link.payoff.items()]
        effects += [f"{issue} of {move} adds {self.payments(pays)}"
                    for move, issues in link.value.items() for issue, pays in issues.items()]
        effects += [f"bargaining power over {move} is multiplied, {self.payments(pays)}"
                    for move, pays in link.weights.items()]
        what = "; ".join(effects) or "nothing changes"
        return f"{link.name}: while {condition(link.when)}, {what}."

    def postures(self) -> str:
        def lines() -> Iterator[str]:
            for posture in self.game.postures.values():
                chooses = "; ".join(f"{player} {listed(names, 'or')}"
                                    for player, names in posture.actions.items())
                yield wrapped(f"{posture.name} – {posture.label}: at the same time {chooses}; "
                              f"equilibria kept: {posture.equilibrium}", 2, 4)
                for block in posture.payoffs:
                    yield wrapped(f"while {condition(block.when)}, each {self.unit}: "
                                  + ", ".join(f"{player} {self.nested(payoffs)}" for player, payoffs
                                              in block.payoffs.items()), 6, 4)
        return _titled("Postures", lines())

    def nested(self, payoffs: Table | Number) -> str:
        if isinstance(payoffs, tuple):
            return f"[{', '.join(map(self.nested, payoffs))}]"
        return self.number(payoffs)

    def parameters(self) -> str:
        def lines() -> Iterator[str]:
            for parameter in self.game.parameters.values():
                yield wrapped(self.parameter(parameter), 2, 4)
                about = " ".join(parameter.doc.split())
                if parameter.source:
                    about = f"{about} [{parameter.source}]".strip()
                if about:
                    yield wrapped(about, 6)
        return _titled("Parameters", lines())

    def parameter(self, parameter: Parameter) -> str:
        text = f"{parameter.name} = {number(self.values[parameter.name])}"
        if isinstance(parameter.value, Expression):
            text += f", from {parameter.value}"
        if parameter.low is not None and parameter.high is not None:
            text += f", range {number(parameter.low)} to {number(parameter.high)}"
        return f"{text} ({parameter.unit})" if parameter.unit else text


def _asked(outcome: Outcome) -> str:
    if not outcome.posture:
        return condition(outcome.when)
    return "share of the time in which " + listed(
        f"{player} plays {action} in {posture}" for posture, played in outcome.posture.items()
        for player, action in played.items())


def _outcomes(game: Game) -> str:
    lines = [wrapped(f"{outcome.name} – {outcome.label}: {_asked(outcome)}", 2, 4)
             for outcome in game.outcomes.values()]
    if game.cascade is not None:
        settled = listed(f"{spaced(front)} {status}"
                         for front, status in game.cascade.status.items())
        lines.append(wrapped(f"cascade: from {game.cascade.center} to "
                             f"{listed(game.cascade.periphery)}; settled means {settled}", 2, 4))
    if game.claims:
        lines.append(f"  {counted(len(game.claims), 'claim')} of the source")
    return _titled("Outcomes", lines)
