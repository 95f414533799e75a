"""Stochastic games in discrete time: their Markov perfect equilibria, each with a certificate."""

from .game import StochasticGame
from .result import StochasticContinuum, StochasticEquilibrium, StochasticSolution
from .solver import solve

__all__ = ["StochasticContinuum", "StochasticEquilibrium", "StochasticGame", "StochasticSolution",
           "solve"]
