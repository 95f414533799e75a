"""The arguments of ``negotiation plot``: the kinds of pictures and the options that each takes."""

from __future__ import annotations

import argparse
from collections.abc import Callable

#: kind → what it shows, and the options that are for it besides those for every kind
PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "network": ("actors, the fronts where they sit, and how fronts are linked", ()),
    "lattice": ("the states with the flows of play in an equilibrium", ("equilibrium", "most")),
    "timeline": ("the likeliest sequences of events, with mean dates",
                 ("equilibrium", "most", "by")),
    "chances": ("the chance of every front's statuses and every outcome over time, with the range "
                "over equilibria", ("equilibrium", "by")),
    "cascade": ("what each settled front does to each other front",
                ("by", "center", "periphery", "status")),
    "bargain": ("the Pareto frontier of a move's bargain, with every solution",
                ("equilibrium", "move", "state")),
    "terms": ("the terms that a move is made on, by state", ("equilibrium", "move", "most")),
    "branches": ("an outcome's chance on every branch of equilibria over a parameter",
                 ("along", "outcome", "by")),
    "likelihood": ("an outcome's chance over draws of the parameters, four uncertainties apart",
                   ("outcome", "draws", "seed", "by")),
    "tornado": ("which parameter moves an outcome's chance most", ("outcome", "by")),
    "sobol": ("which parameters decide an outcome over all draws",
              ("outcome", "draws", "seed", "by")),
    "pivots": ("whose consent decides an outcome", ("outcome", "by")),
    "region": ("where in the plane of two parameters an answer is which",
               ("along", "across", "outcome", "by")),
    "compare": ("two games, or the game as it stands and what if, side by side",
                ("other", "by")),
}
#: options that say how games are solved, and the kinds that do not take all of them
SOLVING = ("equilibria", "concept", "indifferent", "conventions", "boxes", "cap", "seconds")
DRAWN = ("indifferent", "conventions", "cap")
FOLLOWED = ("indifferent", "conventions", "boxes", "cap", "seconds")
TAKES: dict[str, tuple[str, ...]] = {
    "network": (), "likelihood": DRAWN, "tornado": DRAWN, "sobol": DRAWN, "branches": FOLLOWED,
    "region": FOLLOWED}


def unset(parser: argparse.ArgumentParser) -> None:
    """Tell an option that was given from one that was not; the defaults are kept aside."""
    kept = {name: parser.get_default(name) for name in SOLVING}
    parser.set_defaults(**dict.fromkeys(SOLVING), solving=kept)


def picture_parts(count: Callable[[str], int], pairs: Callable[[str], dict[str, str]],
                  kind: Callable[[str], str]) -> Callable[[argparse.ArgumentParser], None]:
    """What adds the arguments of ``plot`` to its parser; the callables check values."""
    def part(parser: argparse.ArgumentParser) -> None:
        width = max(map(len, PICTURES))
        kinds = "\n".join(f"  {name.ljust(width)}  {says}" for name, (says, _) in PICTURES.items())
        parser.description = f"{parser.description}\n\nkinds:\n{kinds}"
        parser.add_argument("kind", metavar="KIND", type=kind,
                            help=f"what to draw: {', '.join(PICTURES)}")
        parser.add_argument("-o", "--output", metavar="FILE", required=True,
                            help="the file to write, ending in .png, .svg or .pdf; an older one is "
                                 "replaced")
        parser.add_argument("--width", metavar="column|page|INCHES", default="column", type=_width,
                            help="how wide: a printed column (3.5 inches, the default), a page (7 "
                                 "inches), or inches")
        parser.add_argument("--equilibrium", default=None, metavar="K", type=count,
                            help="the equilibrium to draw, by its number (default: 1)")
        parser.add_argument("--move", default=None, metavar="MOVE",
                            help="bargain, terms: a move with issues (default: the one made most "
                                 "often)")
        parser.add_argument("--state", action="append", default=[], metavar="FRONT=STATUS,...",
                            type=pairs, help="bargain: the state it is bargained in; fronts left "
                            "out are where they start (default: where it is made most often)")
        parser.add_argument("--most", default=None, metavar="N", type=count,
                            help="lattice, timeline: how many sequences; terms: how many states")
        parser.add_argument("--outcome", default=None, metavar="OUTCOME",
                            help="branches, likelihood, tornado, sobol, pivots: the outcome "
                                 "(default: the first that the file names); region: the outcome "
                                 "(default: the cascade verdict)")
        parser.add_argument("--along", default=None, metavar="NAME=FROM:TO", type=_interval,
                            help="branches, region: the parameter that moves, and between which "
                                 "values")
        parser.add_argument("--across", default=None, metavar="NAME=FROM:TO", type=_interval,
                            help="region: the second parameter, and between which values")
        parser.add_argument("--other", default=None, metavar="GAME",
                            help="compare: the second game (default: the first one as it stands)")
        parser.add_argument("--draws", default=None, metavar="N", type=count,
                            help="likelihood, sobol: how many draws of the parameters (default: "
                                 "256; 64 for sobol, which solves each as often again as there "
                                 "are parameters)")
        parser.add_argument("--seed", default=None, metavar="N", type=int,
                            help="likelihood, sobol: the seed of the draws (default: 0)")
    return part


def _interval(text: str) -> tuple[str, float, float]:
    name, _, ends = text.partition("=")
    begin, colon, end = ends.partition(":")
    try:
        if name.strip() and colon:
            return name.strip(), float(begin), float(end)
    except ValueError:
        pass
    raise argparse.ArgumentTypeError(f"expected NAME=FROM:TO, found {text!r}")


def _width(text: str) -> str | float:
    if text in ("column", "page"):
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"expected 'column', 'page' or a number of inches, found {text!r}") from None
