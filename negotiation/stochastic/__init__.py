"""Stochastic games in discrete time: their Markov perfect equilibria, each with a certificate."""
