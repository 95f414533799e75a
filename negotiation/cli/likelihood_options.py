"""The options of ``negotiation likelihood`` that no other command has."""

from __future__ import annotations

import argparse
from collections.abc import Callable


def add_options(parser: argparse.ArgumentParser, whole: Callable[[str], int],
                word: Callable[..., Callable[[str], str]]) -> None:
    """The options of the command that no other has."""
    parser.add_argument("outcome", metavar="OUTCOME",
                        help="an outcome that the game names (see 'negotiation show GAME')")
    group = parser.add_argument_group("draws")
    group.add_argument("--draws", default=1024, metavar="N", type=whole,
                       help="how many points of the Sobol sequence (default: 1024); powers of 2 "
                            "are best")
    group.add_argument("--seed", default=0, metavar="S", type=_from_zero,
                       help="of the sequence (default: 0)")
    group.add_argument("--cap", default=64, metavar="N", type=whole,
                       help="list at most this many equilibria of a draw (default: 64)")
    group.add_argument("--indices", default=None, metavar="N", type=_from_zero,
                       help="draws that the Sobol indices rest on, at N*(d+1) more solves for d "
                            "parameters (default: what costs at most twice the draws)")
    group.add_argument("--logit", default=None, metavar="N", type=_from_zero,
                       help="draws that are solved under ratification noise too (default: 16 where "
                            "the game has noise)")
    group.add_argument("--no-tornado", action="store_true",
                       help="do not set each parameter alone to the ends of its range")
    group.add_argument("--threshold", default=0.5, metavar="P", type=float,
                       help="a chance below this counts as failing, for the scenario "
                            "(default: 0.5)")
    group.add_argument("--words", default="icd203", type=word("icd203", "phia", "ipcc"),
                       metavar="icd203|phia|ipcc", help="the scale of words (default: icd203)")
    group.add_argument("--indifferent", default=None, type=word("consent", "refuse", "all"),
                       metavar="consent|refuse|all",
                       help="what an actor does whom a move can change nothing for")
    group.add_argument("--conventions", default=None,
                       type=word("all", "payoff-dominant", "risk-dominant", "worst"),
                       metavar="all|payoff-dominant|risk-dominant|worst",
                       help="which static equilibria of postures are followed")
    group = parser.add_argument_group("where, and what is kept")
    group.add_argument("--workers", default=1, metavar="N", type=whole,
                       help="work in this many processes (default: 1); numbers do not depend on it")
    group.add_argument("--scheduler", default=None, metavar="tcp://HOST:PORT",
                       help="work on a Dask cluster (needs negotiation[cluster])")
    group.add_argument("--results", default=None, metavar="FILE",
                       help="append what is finished to this file")
    group.add_argument("--resume", action="store_true",
                       help="go on with the run that --results FILE holds")
    group.add_argument("--save", default=None, metavar="FILE",
                       help="write the draws as a table: FILE.csv, or FILE.parquet (needs "
                            "negotiation[data])")


def _from_zero(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"expected a whole number of at least 0, found {text!r}")
    return number
