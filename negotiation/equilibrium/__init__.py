"""Equilibria of linked bargaining games: results, the solvers and the certificate."""
