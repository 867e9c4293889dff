"""Tokens become probabilities: a sum over units, and how its weights are fitted."""
