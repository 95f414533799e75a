"""The options of the commands that make pages: ``report`` and ``explore``."""

from __future__ import annotations

import argparse

from .shared_options import rules
from .values import count, count_or_none, names, positive


def report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-o", "--output", metavar="FILE", required=True,
                        help="the file to write, ending in .html; an older one is replaced")
    parser.add_argument("--outcome", default=None, metavar="OUTCOME",
                        help="the outcome that likelihood, pivots and tipping are about (default: "
                             "the first that the file names)")
    parser.add_argument("--draws", default=64, metavar="N", type=_draws,
                        help="draws of the parameters for the likelihood (default: 64); fewer "
                             "where --seconds does not allow them")
    parser.add_argument("--seed", default=0, metavar="N", type=count_or_none,
                        help="seed of the draws (default: 0)")
    parser.add_argument("--sliders", default=(), metavar="NAME,NAME,...", type=names,
                        help="parameters that can be moved in the page (default: the three that "
                             "move the outcome most)")
    group = parser.add_argument_group("solving")
    rules(group)
    solving(group)
    group.add_argument("--seconds", default=300.0, metavar="S", type=positive,
                       help="about how long the work may take; what it leaves out is named in the "
                            "report (default: 300). One equilibrium is found and the page is laid "
                            "out in any case: some seconds")


def explore(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", metavar="ADDRESS",
                        help="the address to listen at (default: 127.0.0.1, which only this "
                             "machine reaches)")
    parser.add_argument("--port", default=0, metavar="N", type=count_or_none,
                        help="the port (default: a free one)")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")
    group = parser.add_argument_group("solving")
    rules(group)
    solving(group)


def solving(group: argparse._ActionsContainer) -> None:
    """How much is looked for."""
    group.add_argument("--boxes", default=1_000, metavar="N", type=count,
                       help="how much work a proof that the list is complete may be: boxes of "
                            "branch and bound, shared by all states (default: 1000)")
    group.add_argument("--cap", default=100, metavar="N", type=count,
                       help="stop after this many equilibria (default: 100)")


def _draws(text: str) -> int:
    found = count(text)
    if found < 2:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 2, found {text!r}")
    return found
