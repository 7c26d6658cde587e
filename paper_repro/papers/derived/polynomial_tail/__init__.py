"""Losses with a polynomial tail: gradient methods converge in direction, but not to the max-margin separator."""
