"""Probabilities become decisions, by a file that the team owns: thresholds, rules of words, clocks, and how all are chosen."""
