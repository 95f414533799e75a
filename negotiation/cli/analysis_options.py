"""Options of the commands that compare settings: pivots, claims, compare."""

from __future__ import annotations

import argparse

from .values import count, count_or_none, flips, names, one_of


def pivots(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--outcome", default=None, metavar="OUTCOME",
                        help="the outcome that is asked about (default: the file's first)")
    parser.add_argument("--actors", default=None, metavar="ACTOR,ACTOR,...", type=names,
                        help="whom to ask about (default: all whose consent leads there)")
    parser.add_argument("--spoilers", default=4, metavar="N", type=count_or_none,
                        help="equilibria listed of each game with a move of one actor's own "
                             "(default: 4; 0: do not look at such moves)")
    parser.add_argument("--orders", default=256, metavar="N", type=count,
                        help="orders that are sampled where Shapley values are too large to be "
                             "exact (default: 256)")
    seed(parser)


def other(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("other", metavar="GAME", nargs="?", default=None,
                        help="a second game, to see both beside each other")


def claims(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--claims", default=None, metavar="ID,ID,...", type=names,
                        help="which claims to test (default: all)")
    searching(parser, draws=8, tried=2)
    parser.add_argument("--format", default="text", type=one_of("text", "markdown"),
                        metavar="text|markdown", help="how the table is laid out (default: text)")


def compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--claims", action="store_true", help="test the claims of both as well")
    searching(parser, draws=0, tried=0)


def searching(parser: argparse.ArgumentParser, draws: int, tried: int) -> None:
    parser.add_argument("--draws", default=draws, metavar="N", type=count_or_none,
                        help="draws of the parameters in which claims are tested "
                             f"(default: {draws}; 0: none)")
    seed(parser)
    parser.add_argument("--flips", default=tried, metavar="N|all", type=flips,
                        help="how many parameters are tried for each claim, those that its margin "
                             "goes with most over the draws, or all of them "
                             f"(default: {tried}; 0: none)")


def seed(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", default=0, metavar="N", type=count_or_none,
                        help="seed of what is drawn (default: 0)")
