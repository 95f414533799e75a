"""What each command does: load, ask the library, and hand the answer to a text or a record.

Imports that cost start-up time (numpy and all that needs it) are inside the commands that use them.
"""

from __future__ import annotations

import json
import shlex
import time
from argparse import Namespace
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..catalog import THEMES, load, names, stochastic_data, stochastic_names
from ..errors import (
    DefinitionError,
    InputError,
    NumericalError,
    Problem,
    UnknownNameError,
)
from ..formats.record import check_record, game_record, games_record
from ..formats.record_schema import OUTPUTS, output_schema
from ..model import Game
from ..settings import apply, setting
from ..text.describe import check_page, game_list, game_page, linkage_sentence
from ..text.stochastic import stochastic_lines, stochastic_page, stochastic_record
from ..text.words import listed
from .terminal import DONE, NO, WRONG, Progress, note

if TYPE_CHECKING:
    from ..cascade import CascadeResult
    from ..equilibrium.result import Equilibrium, Solution


#: seconds that a solve gets when the time for all of them is over
SHORTEST = 1e-3


@dataclass(frozen=True)
class Answer:
    """What goes to stdout, and the exit status."""

    text: str
    status: int = 0


def run(arguments: Namespace) -> Answer:
    """Run the command that the arguments name."""
    return COMMANDS[arguments.command](arguments)


def _json(record: Mapping[str, Any] | Sequence[Any], status: int = 0) -> Answer:
    return Answer(json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False) + "\n", status)


# ---- games -----------------------------------------------------------------------------------

def _list(arguments: Namespace) -> Answer:
    games = {name: load(name) for name in names()}
    others = {name: stochastic_data(name) for name in stochastic_names()}
    if arguments.json:
        return _json({**games_record(games), "stochastic": [
            stochastic_record(name, data, brief=True) for name, data in others.items()]})
    return Answer(game_list(games, THEMES, stochastic_lines(others)))


def _show(arguments: Namespace) -> Answer:
    if arguments.game in stochastic_names():
        data = stochastic_data(arguments.game)
        if arguments.set or arguments.formulas:
            raise InputError(f"{arguments.game} is a stochastic game: it has no parameters")
        return _json(stochastic_record(arguments.game, data)) if arguments.json else Answer(
            stochastic_page(arguments.game, data))
    game = _with_parameters(load(arguments.game), arguments)
    if arguments.json:
        links = [linkage_sentence(game, link) for link in game.linkages]
        return _json(game_record(game, links))
    return Answer(game_page(game, formulas=arguments.formulas))


def _check(arguments: Namespace) -> Answer:
    from ..formats.definition import check

    problems: tuple[Problem, ...] = ()
    warnings: list[Problem] = []
    states, name = None, arguments.game
    try:
        game = load(arguments.game)
        name = game.name
        game = _with_parameters(game, arguments)
        warnings += check(game)
        states = _count_states(game, warnings)
    except DefinitionError as error:
        if not arguments.json:
            raise
        problems = error.problems
    status = WRONG if problems else NO if warnings and arguments.strict else DONE
    if arguments.json:
        return _json(check_record(name, problems, warnings, states), status)
    return Answer(check_page(game, warnings, states), status)


def _count_states(game: Game, warnings: list[Problem]) -> int:
    from ..lattice import build_lattice, cycle_message

    lattice = build_lattice(game)
    loop = cycle_message(lattice)
    round_again = lattice.component[lattice.edge_state] == lattice.component[lattice.edge_target]
    pays = lattice.lump[0].any(axis=1) | (lattice.bargain >= 0)
    paid = [lattice.moves[m] for m in sorted(set(lattice.edge_move[round_again & pays].tolist()))]
    if loop is not None and paid:
        warnings.append(Problem("moves", f"{loop}; what is paid once is paid again each time "
                                f"round, by {listed(paid)}"))
    return len(lattice.states)


def _new(arguments: Namespace) -> Answer:
    from ..formats.template import new_definition

    path = Path(arguments.path)
    if path.is_dir():
        raise InputError(f"{path} is a folder: expected the path of a file, such as "
                         f"{path / 'my_game.toml'}")
    text = new_definition(path.stem)
    try:
        with path.open("w" if arguments.force else "x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise InputError(f"{path} exists already: choose another name, or --force to replace it"
                         ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be written: {error.strerror or error}") from None
    name = shlex.quote(str(path))
    return Answer(f"Wrote {path}. Edit it, then try:\n  negotiation check {name}\n"
                  f"  negotiation solve {name}\n")


def _schema(arguments: Namespace) -> Answer:
    from ..formats.schema import definition_schema

    if arguments.of == "definition":
        return _json(definition_schema())
    if arguments.of not in OUTPUTS:
        raise UnknownNameError("schema", arguments.of, ("definition", *OUTPUTS))
    return _json(output_schema(arguments.of))


# ---- equilibria ------------------------------------------------------------------------------

def _solve(arguments: Namespace) -> Answer:
    if arguments.game.lower().endswith(".nfg"):
        from .nash import solved

        answer = solved(arguments)
        return Answer(answer) if isinstance(answer, str) else _json(answer)
    if arguments.game.lower().endswith(".json") or arguments.game in stochastic_names():
        from .mpe import solved as solved_mpe

        page, status = solved_mpe(arguments)
        return Answer(page, status) if isinstance(page, str) else _json(page, status)
    if arguments.exact or arguments.mediator:
        raise InputError(f"--{'exact' if arguments.exact else 'mediator'} is for games in normal "
                         f"form (.nfg files), found {arguments.game!r}")
    from ..cascade import cascade
    from ..formats.record import solution_record
    from ..text.solution import solution_page

    with Progress(f"solving {arguments.game}", graceful=True) as progress:
        solver = _solver(arguments, progress)
        game = _game(arguments)
        by = _date(arguments, game)
        effects: CascadeResult | None = None
        try:
            if game.cascade is not None:
                effects = cascade(game, by=by, matrix=False, solver=solver)
        except NumericalError:
            pass  # a game of the comparison has no equilibrium; this one may have
        solution = solver([game])[0] if effects is None else effects.solution
        if arguments.json:
            return _json(solution_record(solution, by, effects), progress.status)
        return Answer(solution_page(solution, by, effects, every_state=arguments.states),
                      progress.status)


def _cascade(arguments: Namespace) -> Answer:
    from ..cascade import cascade
    from ..formats.record import cascade_record
    from ..text.effects import cascade_page

    with Progress(f"cascade of {arguments.game}", graceful=True) as progress:
        game = _game(arguments)
        result = cascade(game, center=arguments.center, periphery=arguments.periphery,
                         status=arguments.status, by=_date(arguments, game),
                         solver=_solver(arguments, progress))
    if arguments.json:
        return _json(cascade_record(result), progress.status)
    return Answer(cascade_page(result), progress.status)


def _postures(arguments: Namespace) -> Answer:
    from ..formats.record import postures_record
    from ..normal_form import NormalFormGame, correlated_equilibrium
    from ..postures import stage_games
    from ..text.postures import Mediated, postures_page

    game = _with_parameters(load(arguments.game), arguments)
    found = []
    for stage in stage_games(game):
        table = NormalFormGame(stage.payoffs, stage.players, stage.actions)
        found.append(Mediated(stage, correlated_equilibrium(table),
                              correlated_equilibrium(table, kind="coarse"),
                              correlated_equilibrium(table, "worst-off")))
    return _json(postures_record(game, found)) if arguments.json else Answer(
        postures_page(game, found))


def _stability(arguments: Namespace) -> Answer:
    from ..formats.record_stability import stability_record
    from ..stability import stability
    from ..text.stability import stability_page

    result = stability(_game(arguments), preferences=arguments.preferences,
                       transitive=arguments.transitive, conventions=arguments.conventions)
    return _json(stability_record(result)) if arguments.json else Answer(stability_page(result))


def _pivots(arguments: Namespace) -> Answer:
    from .analyses import pivots

    with Progress(f"pivots of {arguments.game}") as progress:
        game = _game(arguments)
        return _said(arguments, pivots(arguments, game, _date(arguments, game),
                                       _solver(arguments, progress)))


def _claims(arguments: Namespace) -> Answer:
    from .analyses import claims

    games = [_game(arguments, path) for path in (arguments.game, arguments.other)
             if path is not None]
    with Progress(f"claims of {arguments.game}") as progress:
        return _said(arguments, claims(arguments, games, arguments.by,
                                       _solver(arguments, progress), progress))


def _compare(arguments: Namespace) -> Answer:
    from .analyses import compare

    if arguments.other is None:
        games, names = (load(arguments.game), _game(arguments)), ("as it stands", "what if")
        if games[0] == games[1]:
            raise InputError("compare needs a second game, or a setting to compare the game with: "
                             "--set, --start, --hold, --block or --consent")
    else:
        games = (_game(arguments), _game(arguments, arguments.other))
        names = (games[0].name, games[1].name)
    with Progress(f"comparing {names[0]} and {names[1]}") as progress:
        return _said(arguments, compare(arguments, games, names, arguments.by,
                                        _solver(arguments, progress), progress))


def _said(arguments: Namespace, what: Any) -> Answer:
    return _json(what) if arguments.json else Answer(what)


def _paths(arguments: Namespace) -> Answer:
    from ..formats.record import paths_record
    from ..text.solution import paths_page

    with Progress(f"solving {arguments.game}") as progress:
        solution, = _solver(arguments, progress)([_game(arguments)])
        equilibrium = _chosen(solution, arguments.equilibrium)
        by = _date(arguments, solution.game)
        paths = equilibrium.process.paths(most=arguments.most, by=by)
    if arguments.json:
        return _json(paths_record(solution, equilibrium, paths, by))
    return Answer(paths_page(solution, equilibrium, paths, by))


def _follow(arguments: Namespace) -> Answer:
    from .tracing import said

    record, page, status = said(arguments.command, arguments, _game(arguments))
    return _json(record, status) if arguments.json else Answer(page, status)


def _bargain(arguments: Namespace) -> Answer:
    from ..formats.record import bargain_record
    from ..text.deals import bargain, bargain_page, bargained_move

    game = _game(arguments)
    move = bargained_move(game, arguments.move).name
    state = _merged("--state", arguments.state)
    for front, status in state.items():
        game.check_front(front, status)
    with Progress(f"solving {arguments.game}") as progress:
        solution, = _solver(arguments, progress)([game])
        problem = bargain(_chosen(solution, arguments.equilibrium), move, state or None)
    if arguments.json:
        return _json(bargain_record(solution, problem))
    return Answer(bargain_page(solution.game, problem))


def _plot(arguments: Namespace) -> Answer:
    from .pictures import Request, check_request, draw

    check_request(arguments)
    state = _merged("--state", arguments.state)
    with Progress(f"solving {arguments.game}", graceful=True) as progress:
        game = _game(arguments)
        for front, status in state.items():
            game.check_front(front, status)
        record = draw(Request(game, arguments, _date(arguments, game), state,
                              _solver(arguments, progress), _chosen,
                              lambda path: load(arguments.game) if path is None
                              else _game(arguments, path)))
    if arguments.json:
        return _json(record, progress.status)
    return Answer("Wrote {file}: {kind} of {game}, {width:g} × {height:.1f} inches.\n".format(
        **record), progress.status)


def _report(arguments: Namespace) -> Answer:
    from .report import check_report, told, written

    check_report(arguments)
    with Progress(f"report on {arguments.game}", "parts") as progress:
        game = _game(arguments)
        record = written(arguments, game, _date(arguments, game), progress)
    return _json(record) if arguments.json else Answer(told(record))


def _explore(arguments: Namespace) -> Answer:
    from .explore import serve

    game = _game(arguments)
    serve(arguments, game, _date(arguments, game))
    return Answer("")


def _solver(arguments: Namespace, progress: Progress,
            ) -> Callable[..., Sequence[Solution]]:
    from ..equilibrium.solve import solve_each

    end = None if arguments.seconds is None else time.monotonic() + arguments.seconds

    def solver(games: Sequence[Game], **changed: Any) -> Sequence[Solution]:
        left = None if end is None else max(end - time.monotonic(), SHORTEST)
        options: dict[str, Any] = {
            "equilibria": arguments.equilibria, "concept": arguments.concept, "cap": arguments.cap,
            "boxes": arguments.boxes, "indifferent": arguments.indifferent,
            "conventions": arguments.conventions, **changed}
        solutions = solve_each(games, time_limit=left, progress=progress.count, **options)
        for solution in solutions:
            if not solution.equilibria:
                raise NumericalError(f"{solution.game.name}: {solution.incomplete_because}")
        return solutions

    return solver


def _game(arguments: Namespace, path: str | None = None) -> Game:
    """The game that the arguments name, or another one, under their setting."""
    game = _with_parameters(load(arguments.game if path is None else path), arguments)
    return apply(game, setting(start=_merged("--start", arguments.start),
                               hold=_merged("--hold", arguments.hold), block=arguments.block,
                               consents=_consents(arguments.consent)))


def _consents(given: list[tuple[str, str, bool]]) -> dict[str, bool | dict[str, bool]]:
    """What --consent says, by actor."""
    whole = _merged("--consent", [{actor: yes} for actor, move, yes in given if not move])
    single = [(actor, move, yes) for actor, move, yes in given if move]
    merged = _merged("--consent", [{f"{actor}.{move}": yes} for actor, move, yes in single])
    consents: dict[str, bool | dict[str, bool]] = dict(whole)
    for seat, yes in merged.items():
        actor, _, move = seat.partition(".")
        table = consents.setdefault(actor, {})
        if isinstance(table, bool):
            raise InputError(f"--consent: {actor!r} is given for all its moves and for {move!r}: "
                             "say one of them")
        table[move] = yes
    return consents


def _date(arguments: Namespace, game: Game) -> float:
    return game.horizon if arguments.by is None else float(arguments.by)


def _chosen(solution: Solution, number: int) -> Equilibrium:
    count = len(solution.equilibria)
    if not count:
        raise InputError(f"no equilibrium was found: {solution.status}")
    if number > count:
        raise InputError(f"--equilibrium: there is no equilibrium {number}: expected a number from "
                         f"1 to {count}")
    return solution.equilibria[number - 1]


# ---- options ---------------------------------------------------------------------------------

def _with_parameters(game: Game, arguments: Namespace) -> Game:
    values = _merged("--set", [{name: value} for name, value in arguments.set])
    for name, value in values.items():
        parameter = game.parameters.get(name)
        if parameter is not None and parameter.low is not None and parameter.high is not None and (
                not parameter.low <= value <= parameter.high):
            note(f"{name} = {value:g} lies outside the range that the file gives it, "
                 f"{parameter.low:g} to {parameter.high:g}")
    return game.with_parameters(**values)


def _merged(option: str, tables: list[dict[str, Any]]) -> dict[str, Any]:
    merged: dict[str, Any] = {}
    for table in tables:
        for name, value in table.items():
            if merged.setdefault(name, value) != value:
                raise InputError(f"{option}: {name!r} is given twice, as {merged[name]} and as "
                                 f"{value}")
    return merged


def _likelihood(arguments: Namespace) -> Answer:
    from .likelihood import check_files, run_likelihood

    check_files(arguments)
    found, said = run_likelihood(arguments, _game(arguments),
                                 tuple(name for name, _ in arguments.set))
    status = 1 if found.failures else 0
    return Answer(said, status) if isinstance(said, str) else _json(said, status)


COMMANDS: dict[str, Callable[[Namespace], Answer]] = {
    "list": _list, "show": _show, "check": _check, "new": _new, "schema": _schema,
    "solve": _solve, "cascade": _cascade, "postures": _postures,
    "pivots": _pivots, "claims": _claims, "compare": _compare,
    "stability": _stability, "paths": _paths, "likelihood": _likelihood, "bargain": _bargain,
    "trace": _follow, "region": _follow, "tip": _follow,
    "plot": _plot, "report": _report, "explore": _explore}
