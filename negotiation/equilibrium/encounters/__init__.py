"""Stage equilibria of encounters, alone in a state, beside moves, and in components with cycles."""
