"""Options that several commands share."""

from __future__ import annotations

import argparse

from .values import one_of


def rules(group: argparse._ActionsContainer) -> None:
    """Which equilibria are followed where several are as good."""
    group.add_argument("--indifferent", default=None, type=one_of("consent", "refuse", "all"),
                       metavar="consent|refuse|all",
                       help="what an actor does who gains nothing and loses nothing "
                            "(default: what the file says)")
    conventions(group)


def conventions(group: argparse._ActionsContainer) -> None:
    """Which conventions of postures are followed."""
    group.add_argument("--conventions", default=None,
                       type=one_of("all", "payoff-dominant", "risk-dominant", "worst"),
                       metavar="all|payoff-dominant|risk-dominant|worst",
                       help="which static equilibria of postures are followed "
                            "(default: what the file says)")
