"""Probability models of buying and of spending; each a set of pure functions."""
