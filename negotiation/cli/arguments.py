"""The arguments of every command, with messages that name the nearest thing that exists."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from typing import NoReturn

from .. import __version__
from . import analysis_options as analyses
from . import page_options as pages
from .likelihood_options import add_options
from .picture_arguments import PICTURES, picture_parts, unset
from .shared_options import conventions, rules
from .tracing_options import interval, mapping, plane, saving, target, tracing
from .values import consent, count, hint, names, number_pair, one_of, pairs, positive

GAME_HELP = "the name of a bundled game (see 'negotiation list') or the path of a definition file"
ABOUT = "Solve negotiations that run on several linked fronts at once."
CLOSING = """\
Start with 'negotiation list', then 'negotiation solve nrnap'.
Exit status: 0 done; 1 a check was answered with "no"; 2 the input is wrong; 130 interrupted."""


#: what --help shows of each command; tests run them
EXAMPLES = {
    "list": ("",),
    "show": ("nrnap", "rubinstein --formulas"),
    "check": ("my_game.toml", "my_game.toml --strict"),
    "new": ("my_game.toml",),
    "schema": ("", "solve"),
    "solve": ("nrnap", "nrnap --set trust=0.8 --by 5",
              "nrnap --block settle_central --json", "nrnap --consent poland=never"),
    "cascade": ("nrnap", "issue-linkage --center trade --status settled"),
    "pivots": ("nrnap", "nrnap --outcome all_fronts_settled --by 5"),
    "claims": ("nrnap", "nrnap nrnap-deterrence --draws 0 --format markdown"),
    "compare": ("nrnap nrnap-deterrence", "nrnap --consent poland=never"),
    "postures": ("nrnap", "nrnap --set us_presence=0.3"),
    "stability": ("elmira", "nrnap --transitive --hold ukraine=settled"),
    "paths": ("nrnap --most 3",),
    "likelihood": ("issue-linkage both --draws 256",
                   "central central_settled --by 5 --draws 128 --indices 0"),
    "tip": ("fearon-commitment war --to 0.5 --parameters shift,power_now",
            "climate-club --cascade every --parameters tariff"),
    "region": ("fearon-commitment shift 0 0.6 power_now 0.66 0.95 --outcome war --depth 3",),
    "trace": ("fearon-commitment shift 0 0.65", "central guarantee_credibility 0 1 --json",
              "central --noise"),
    "bargain": ("central settle_central",
                "nrnap settle_central --state ukraine=settled,us_posture=reduced"),
    "plot": ("nrnap network -o nrnap-network.png",
             "nrnap lattice -o nrnap-lattice.svg --width page",
             "nrnap chances -o nrnap-chances.pdf --by 20 --block settle_central",
             "central bargain -o central-deal.svg --move settle_central"),
    "report": ("issue-linkage -o issue-linkage.html --draws 32",
               "central -o central.html --seconds 30 --sliders guarantee_credibility"),
    "explore": ("nrnap", "central --port 8000 --open"),
}


class UsageError(Exception):
    """Arguments that cannot be used; ``command`` is the one whose --help tells more."""

    def __init__(self, message: str, command: str) -> None:
        self.command = command
        super().__init__(message)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        missing = "the following arguments are required: "
        if message.startswith(missing):
            message = f"{message.removeprefix(missing)} is missing"
        raise UsageError(message.removeprefix("argument "), self.prog)


def parse(argv: Sequence[str]) -> argparse.Namespace:
    """The arguments as a namespace with ``command`` and that command's options.

    Raises:
        UsageError: with the nearest command or option for a name that does not exist.
        SystemExit: after --help or --version.
    """
    parser, commands = _build()
    first = next((word for word in argv if not word.startswith("-")), None)
    if first is not None and first not in commands:
        raise UsageError(f"unknown command {first!r}: {hint(first, commands)}", parser.prog)
    arguments, rest = parser.parse_known_args(argv)
    if rest:
        word = next((word for word in rest if word.startswith("-")), rest[0])
        command = commands.get(arguments.command or "", parser)
        raise UsageError(_unknown(word, command), command.prog)
    if arguments.command is None:
        raise UsageError(f"a command is missing: {hint('', commands)}", parser.prog)
    return arguments


def _unknown(word: str, parser: argparse.ArgumentParser) -> str:
    if not word.startswith("-"):
        return f"unexpected argument {word!r}"
    options = [option for action in parser._actions for option in action.option_strings]
    return f"unknown option {word!r}: {hint(word.split('=')[0], options)}"


def _build() -> tuple[_Parser, dict[str, argparse.ArgumentParser]]:
    parser = _Parser(prog="negotiation", description=ABOUT, epilog=CLOSING, allow_abbrev=False,
                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--version", action="version", version=f"negotiation {__version__}")
    group = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    commands: dict[str, argparse.ArgumentParser] = {}

    def command(name: str, summary: str, *parts: Callable[[argparse.ArgumentParser], None],
                ) -> None:
        examples = "\n".join(f"  negotiation {name} {rest}".rstrip() for rest in EXAMPLES[name])
        commands[name] = group.add_parser(
            name, help=summary, allow_abbrev=False, epilog=f"examples:\n{examples}",
            description=summary[0].upper() + summary[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter)
        for part in parts:
            part(commands[name])

    command("list", "list the bundled games", _json)
    command("show", "show a game in words: actors, fronts, moves, linkages, parameters",
            _game, _set, _show, _json)
    command("check", "check a definition: every problem at once, then what looks odd",
            _game, _set, _strict, _json)
    command("new", "write a commented definition to start from", _new)
    command("schema", "print the JSON Schema of definitions, or of a command's --json output",
            _schema)
    command("solve", "find every equilibrium and say what happens in it",
            _game, _settings, _solving, _by, _solve, _json)
    command("cascade", "ask whether a settlement at the centre carries over to the other fronts",
            _game, _settings, _solving, _by, _cascade, _json)
    command("postures", "say who presses under which condition, why, and what a mediator can add",
            _game, _set, _json)
    command("stability", "say which states are stable, for whom, by the graph model's concepts",
            _game, _settings, _stability, _json)
    command("pivots", "ask who decides an outcome, who can stop it, and who gains by hindering it",
            _game, _settings, partial(_solving, cap=16), _by, analyses.pivots, _json)
    command("claims", "test the claims that a definition carries",
            _game, analyses.other, _settings, partial(_solving, cap=16), _by, analyses.claims,
            _json)
    command("compare", "put two games, or two settings of one, side by side",
            _game, analyses.other, _settings, _solving, _by, analyses.compare, _json)
    command("paths", "list the most likely sequences of events",
            _game, _settings, _solving, _by, _paths, _json)
    command("likelihood", "say how likely an outcome is over the parameters' ranges, and why",
            _game, _likelihood, _settings, _by, _json)
    command("trace", "follow every equilibrium as a parameter moves: switches, folds, births, ends",
            _game, interval, _settings, tracing, _by, saving, _json)
    command("region", "map where in the plane of two parameters an answer is which",
            _game, plane, _settings, mapping, _by, _json)
    command("tip", "find the smallest change of parameters that turns an answer",
            _game, target, _settings, mapping, _by, _json)
    command("bargain", "compare what each bargaining solution makes of one move",
            _game, _bargain, _settings, _solving, _json)
    command("plot", "draw a picture and write it to a PNG, SVG or PDF file",
            _game, picture_parts(count, pairs, one_of(*PICTURES)), _cascade, _settings, _solving,
            _by, unset, _json)
    command("report", "write one page that tells everything about a game, with pictures",
            _game, pages.report, _settings, _by, _json)
    command("explore", "serve a page on this machine with a slider for every parameter",
            _game, pages.explore, _settings, _by)
    return parser, commands


# ---- groups of options --------------------------------------------------------------------------

def _game(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("game", metavar="GAME", help=GAME_HELP)


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true",
                        help="print one JSON document and nothing else")


def _set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                        type=number_pair, help="give a parameter another value (may be repeated)")


def _settings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what if")
    group.add_argument("--set", action="append", default=[], metavar="NAME=VALUE",
                       type=number_pair, help="give a parameter another value (may be repeated)")
    group.add_argument("--start", action="append", default=[], metavar="FRONT=STATUS", type=pairs,
                       help="start a front in another status")
    group.add_argument("--hold", action="append", default=[], metavar="FRONT=STATUS", type=pairs,
                       help="start a front in a status and keep it there")
    group.add_argument("--block", action="append", default=[], metavar="NAME",
                       help="take a move or an encounter away")
    group.add_argument("--consent", action="append", default=[], type=consent,
                       metavar="ACTOR[.MOVE]=always|never",
                       help="let an actor always consent, or never, to all its moves or to one")


def _solving(parser: argparse.ArgumentParser, cap: int = 100) -> None:
    group = parser.add_argument_group("solving")
    group.add_argument("--equilibria", default="all", type=one_of("all", "one", "selected"),
                       metavar="all|one|selected",
                       help="find all equilibria (default), one, or the one that is left when "
                            "ratification noise vanishes")
    group.add_argument("--concept", default="mpe", type=one_of("mpe", "logit"),
                       metavar="mpe|logit",
                       help="Markov perfect equilibrium (default), or consents under the "
                            "ratification noise of the file")
    rules(group)
    group.add_argument("--boxes", default=1_000, metavar="N", type=count,
                       help="how much work a proof that the list is complete may be: boxes of "
                            "branch and bound, shared by all states (default: 1000)")
    group.add_argument("--cap", default=cap, metavar="N", type=count,
                       help=f"stop after this many equilibria (default: {cap})")
    group.add_argument("--seconds", default=None, metavar="S", type=positive,
                       help="end the search after S seconds and show what was found; so does "
                            "Ctrl-C")


def _by(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", default=None, metavar="T", type=positive,
                        help="the date that chances refer to, in the file's unit of time "
                             "(default: the file's horizon)")


def _strict(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--strict", action="store_true", help="exit with 1 when anything looks odd")


def _show(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--formulas", action="store_true",
                        help="print the file's expressions instead of their values")


def _new(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", metavar="PATH", help="the file to write, such as my_game.toml")
    parser.add_argument("--force", action="store_true", help="replace the file if it exists")


def _schema(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("of", metavar="OF", nargs="?", default="definition",
                        help="'definition' (default), or the command whose --json output is meant")


def _solve(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--states", action="store_true",
                        help="print every state of every equilibrium")
    parser.add_argument_group(
        "stochastic games (GAME is a .json file)",
        "--equilibria, --concept, --cap, --states and --json apply; the file gives the noise.")
    group = parser.add_argument_group("games in normal form (GAME is a Gambit .nfg file)")
    group.add_argument("--exact", action="store_true",
                       help="two players: compute and print probabilities as fractions")
    group.add_argument("--mediator", action="append", default=[],
                       metavar="sum|worst-off|PLAYER|ACTION,ACTION,...",
                       help="what a mediator should get the most of (may be repeated; default: "
                            "sum, then worst-off)")


def _cascade(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--center", default=None, metavar="FRONT",
                        help="the front at the centre (default: what the file says)")
    parser.add_argument("--periphery", default=None, metavar="FRONT,FRONT,...", type=names,
                        help="the fronts around it (default: what the file says)")
    parser.add_argument("--status", default=None, metavar="STATUS",
                        help="the status that counts as settled (default: what the file says)")


def _stability(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--preferences", default="flow", type=one_of("flow", "lumps", "terms"),
                        metavar="flow|lumps|terms",
                        help="what a state is worth: what it pays per unit of time (default), also "
                             "lumps paid on the way, also the terms that moves are bargained on")
    parser.add_argument("--transitive", action="store_true",
                        help="let an actor make several of its moves in one go")
    conventions(parser)


def _likelihood(parser: argparse.ArgumentParser) -> None:
    add_options(parser)


def _paths(parser: argparse.ArgumentParser) -> None:
    _equilibrium(parser)
    parser.add_argument("--most", default=10, metavar="N", type=count,
                        help="print at most this many sequences (default: 10)")


def _bargain(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("move", metavar="MOVE", nargs="?",
                        help="a move of the game that has issues; left out, the message names them")
    parser.add_argument("--state", action="append", default=[], metavar="FRONT=STATUS,...",
                        type=pairs, help="the state it is bargained in; fronts left out are "
                        "where they start (default: the state where it is made most often, else "
                        "the first where it is available)")
    _equilibrium(parser)


def _equilibrium(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--equilibrium", default=1, metavar="K", type=count,
                        help="the equilibrium to look at, by its number (default: 1)")
