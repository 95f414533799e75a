"""The options of ``negotiation likelihood`` that no other command has."""

from __future__ import annotations

import argparse

from .shared_options import rules
from .values import count, count_or_none, one_of


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command that no other has."""
    parser.add_argument("outcome", metavar="OUTCOME",
                        help="an outcome that the game names (see 'negotiation show GAME')")
    group = parser.add_argument_group("draws")
    group.add_argument("--draws", default=1024, metavar="N", type=count,
                       help="how many points of the Sobol sequence (default: 1024); powers of 2 "
                            "are best")
    group.add_argument("--seed", default=0, metavar="S", type=count_or_none,
                       help="of the sequence (default: 0)")
    group.add_argument("--cap", default=64, metavar="N", type=count,
                       help="list at most this many equilibria of a draw (default: 64)")
    group.add_argument("--indices", default=None, metavar="N", type=count_or_none,
                       help="draws that the Sobol indices rest on, at N*(d+1) more solves for d "
                            "parameters (default: what costs at most twice the draws)")
    group.add_argument("--logit", default=None, metavar="N", type=count_or_none,
                       help="draws that are solved under ratification noise too (default: 16 where "
                            "the game has noise)")
    group.add_argument("--no-tornado", action="store_true",
                       help="do not set each parameter alone to the ends of its range")
    group.add_argument("--threshold", default=0.5, metavar="P", type=float,
                       help="a chance below this counts as failing, for the scenario "
                            "(default: 0.5)")
    group.add_argument("--words", default="icd203", type=one_of("icd203", "phia", "ipcc"),
                       metavar="icd203|phia|ipcc", help="the scale of words (default: icd203)")
    rules(group)
    group = parser.add_argument_group("where, and what is kept")
    group.add_argument("--workers", default=1, metavar="N", type=count,
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
