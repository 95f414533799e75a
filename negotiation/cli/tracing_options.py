"""Options of the commands that move parameters: trace, region, tip."""

from __future__ import annotations

import argparse

from .shared_options import rules
from .values import count, names, number, one_of, positive


def interval(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("parameter", metavar="PARAMETER", nargs="?", default=None,
                        help="the parameter that moves")
    parser.add_argument("begin", metavar="FROM", type=number, nargs="?", default=None,
                        help="its value at the beginning")
    parser.add_argument("end", metavar="TO", type=number, nargs="?", default=None,
                        help="its value at the end")
    parser.add_argument("--noise", action="store_true",
                        help="follow the logit path instead, from ratification noise without end "
                             "to almost none")


def tracing(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("following")
    rules(group)
    _limits(group, "follow at most this many branches at one value")
    group.add_argument("--outcome", default=None, metavar="OUTCOME",
                       help="where there are more branches than that, follow the two on which this "
                            "outcome is least and most likely (default: the file's first)")
    group.add_argument("--grid", default=9, metavar="N", type=count,
                       help="values that are solved afresh at first (default: 9)")
    group.add_argument("--checks", default=4, metavar="N", type=count,
                       help="values between events that are solved afresh afterwards (default: 4)")


def plane(parser: argparse.ArgumentParser) -> None:
    for which in ("first", "second"):
        parser.add_argument(which, metavar=f"PARAMETER{1 if which == 'first' else 2}",
                            help=f"the {which} parameter")
        parser.add_argument(f"{which}_low", metavar="LOW", type=number, help="its lowest value")
        parser.add_argument(f"{which}_high", metavar="HIGH", type=number, help="its highest value")
    parser.add_argument("--outcome", default=None, metavar="OUTCOME",
                        help="map this outcome's chance (default: the cascade verdict)")
    parser.add_argument("--depth", default=5, metavar="N", type=count,
                        help="halve cells at borders up to this often (default: 5)")
    files(parser)
    parser.add_argument("--lines", default=0, metavar="N", type=count,
                        help="trace the first parameter at this many values of the second, for "
                             "the curves of folds and switches (default: 0)")


def target(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("outcome", metavar="OUTCOME", nargs="?", default=None,
                        help="the outcome whose chance is to change")
    parser.add_argument("--to", default=None, metavar="P", type=number,
                        help="the chance to bring it to in every equilibrium, such as 0.5")
    parser.add_argument("--cascade", default=None, metavar="every", type=one_of("every"),
                        help="instead: make the cascade hold in every equilibrium")
    parser.add_argument("--parameters", default=None, metavar="NAME,NAME,...", type=names,
                        help="the parameters that may change (default: all that have a range)")
    parser.add_argument("--joint", action="store_true",
                        help="also search for a smaller change of several together")
    parser.add_argument("--grid", default=5, metavar="N", type=count,
                        help="values solved along each line at first (default: 5)")


def mapping(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("solving")
    rules(group)
    _limits(group, "keep at most this many equilibria that differ on the path of play")


def _limits(group: argparse._ArgumentGroup, cap: str) -> None:
    group.add_argument("--cap", default=64, metavar="N", type=count, help=f"{cap} (default: 64)")
    group.add_argument("--boxes", default=1_000, metavar="N", type=count,
                       help="how much work a proof that the list at one value is complete may be: "
                            "boxes of branch and bound, shared by all states (default: 1000)")
    group.add_argument("--seconds", default=None, metavar="S", type=positive,
                       help="stop after this many seconds and print what was found")


def saving(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cascade", action="store_true",
                        help="also find the cascade verdict on both sides of every event")
    files(parser)


def files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--save", default=None, metavar="FILE",
                        help="write the work to this file as it goes on")
    parser.add_argument("--resume", default=None, metavar="FILE",
                        help="go on from a file that --save wrote")
