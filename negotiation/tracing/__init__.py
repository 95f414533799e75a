"""Equilibrium paths over a parameter: every equilibrium followed, every event located."""
