"""What a person reads: games, equilibria and verdicts in words. Computes nothing about games."""
