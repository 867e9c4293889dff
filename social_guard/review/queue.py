"""What a person needs to know to decide on one comment: the words that decided, the doubt, the reason, and its place."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from ..categories import CATEGORIES, URGENT
from ..explaining.explanation import MOST_SHOWN, Explanation, utf16_places
from ..explaining.reasons import describe_decision, words_to_quote
from ..policy.decide import Decision
from ..policy.settings import Action, Policy

Mark = tuple[int, int, str]
"""A range of characters as JavaScript counts them (UTF-16), and why it is marked: ``breach``, ``near`` or ``urgent``."""


def review_item(decision: Decision, explanation: Explanation, policy: Policy) -> dict[str, Any]:
    """One comment of the queue in plain values.

    Returns
    -------
    dict
        ``near``: categories with a score close to a threshold, the gravest first; ``scores`` of these and of those that crossed; ``reason``;
        ``marks``; ``margin``, the distance in log-odds between the scores and the nearest threshold.
    """
    words = words_to_quote(decision, explanation, policy)
    near = sorted(words.keys() - decision.categories, key=lambda key: CATEGORIES[key].severity)
    breach = [key for key in decision.categories if key in words]
    urgent = [URGENT] if URGENT in decision.signposts else []
    return {
        "near": near,
        "scores": {key: round(decision.scores[key], 4) for key in [*decision.categories, *near]},
        "reason": describe_decision(decision, words),
        "marks": find_marks(explanation, {"near": near, "breach": breach, "urgent": urgent}),
        "margin": round(threshold_margin(decision.scores, policy), 4),
    }


def threshold_margin(scores: Mapping[str, float], policy: Policy) -> float:
    """How far the scores are from changing the decision: the smallest distance to a threshold, in log-odds.

    Examples
    --------
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5\\nremove = 0.9")
    >>> threshold_margin({"spam": 0.5}, policy), round(threshold_margin({"spam": 0.99}, policy), 3)
    (0.0, 2.398)
    """
    limits = {key: set(rule.thresholds()) for key, rule in policy.categories.items()}
    distances = (
        abs(_log_odds(score) - _log_odds(limit)) for key, score in scores.items() for limit in limits.get(key, ()) if 0 < limit < 1
    )
    return min(distances, default=99.0)


def _log_odds(probability: float) -> float:
    bounded = min(max(probability, 1e-12), 1 - 1e-12)
    return math.log(bounded / (1 - bounded))


def find_marks(explanation: Explanation, heads: Mapping[str, Sequence[str]]) -> list[Mark]:
    """The places that decided, without overlaps; where two kinds meet, the later one of ``heads`` is shown."""
    kinds = [""] * len(explanation.text)
    for kind, keys in heads.items():
        for start, end in (span for key in keys for span in deciding_spans(explanation, key)):
            kinds[start:end] = [kind] * (end - start)
    places = utf16_places(explanation.text)
    marks, start = [], 0
    for kind, run in groupby(kinds):
        end = start + sum(1 for _ in run)
        if kind:
            marks.append((places[start], places[end], kind))
        start = end
    return marks


def deciding_spans(explanation: Explanation, head: str) -> list[tuple[int, int]]:
    """Every place of the words that the reason quotes."""
    return [span for word in explanation.strongest_words(head)[:MOST_SHOWN] for span in word.spans]


def gravity(item: Mapping[str, Any]) -> tuple[bool, int, int, float]:
    """Sorts the queue: somebody who may need help, then the gravest action and category, then the least certain."""
    severity = min((CATEGORIES[key].severity for key in item["categories"] or item["near"]), default=len(CATEGORIES) + 1)
    if item["action"] is None:
        severity = 0
    action = Action[(item["action"] or "none").upper()]
    return URGENT not in item["signposts"], -action, severity, item["margin"]
