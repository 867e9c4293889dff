"""Choose thresholds: how sure the model must be before each step, so that few fair comments are touched."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from .policy import LEVELS
from .scorer import Floats

BUDGETS: Mapping[str, float] = {"review": 0.012, "hide": 0.0015, "remove": 0.00008, "report": 0.0}
"""The share of comments outside a category that each step may wrongly touch."""


def thresholds_within_budget(others: Floats, budgets: Mapping[str, float] = BUDGETS) -> dict[str, float]:
    """The lowest thresholds at which each step touches no more than its share of the comments outside a category.

    Parameters
    ----------
    others : (n_comments,) float array
        Probability of comments that do not belong to the category and that the model was not fitted on.
    budgets : mapping of str to float
        For each step of `policy.LEVELS`, the share of the other comments that it may touch.

    Returns
    -------
    dict of str to float
        Rising thresholds, rounded up to four digits.

    Examples
    --------
    >>> thresholds_within_budget(np.linspace(0, 0.9, 901), {"review": 0.1, "hide": 0.01, "remove": 0, "report": 0})
    {'review': 0.8101, 'hide': 0.8911, 'remove': 0.9001, 'report': 0.9001}
    """
    others = np.sort(others)[::-1]
    thresholds: dict[str, float] = {}
    lowest = 0.0
    for level in LEVELS:
        spare = int(budgets[level] * len(others))
        reached = others[spare] if spare < len(others) else 0.0
        lowest = max(lowest, min(float(np.floor(reached * 1e4) + 1) / 1e4, 1.0))
        thresholds[level] = lowest
    return thresholds


def threshold_for_f1(probability: Floats, positive: NDArray[np.bool_]) -> float:
    """The threshold with the best F1.

    Examples
    --------
    >>> threshold_for_f1(np.array([0.1, 0.4, 0.8, 0.9]), np.array([False, True, True, True]))
    0.4
    """
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(positive[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positive.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0.0  # a threshold takes all equal scores or none
    return float(np.floor(ranked[int(np.argmax(f1))] * 1e4) / 1e4)
