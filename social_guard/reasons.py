"""A decision in plain English: what was found, in which words, under which clause, and what happens next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .categories import CATEGORIES, SIGNPOSTS
from .policy import REVIEW_CODES, Action, Decision

_ACTIONS = {
    Action.NONE: "No action is recommended.",
    Action.HIDE: "Recommended: hide it, so that only the author and their friends see it.",
    Action.REMOVE: "Recommended: remove it.",
    Action.REPORT: "Recommended: remove it and report it.",
}


def describe_decision(decision: Decision, words: Mapping[str, Sequence[str]]) -> str:
    """Tell a communications officer what was decided and why.

    Parameters
    ----------
    decision : Decision
    words : mapping of str to sequence of str
        For each category that crossed a threshold, the words that decided.

    Returns
    -------
    str
        One finding for each category, then the recommendation, then what a person must do and who may answer.

    Examples
    --------
    >>> from social_guard.policy import DecisionTable, parse_policy
    >>> table = DecisionTable(parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5"), ("spam",))
    >>> describe_decision(table.decide((0.9,)), {"spam": ["buy now"]})[:69]
    'This comment seems to contain an advertisement or spam (“buy now”). O'
    """
    parts = [_finding(category, words.get(category, ())) for category in decision.categories]
    parts.append(_ACTIONS[decision.action])
    if decision.review_codes:
        why = "; ".join(REVIEW_CODES[code] for code in decision.review_codes)
        parts.append(f"A person must look: {why}.")
    if decision.rules:
        parts.append(f"Rules of the policy file: {'; '.join(decision.rules)}.")
    if decision.signposts:
        wants = "; ".join(f"{key.replace('_', ' ')} ({SIGNPOSTS[key].meaning})" for key in decision.signposts)
        parts.append(f"It may need an answer: {wants}.")
    return " ".join(parts)


def _finding(key: str, words: Sequence[str]) -> str:
    category = CATEGORIES[key]
    quoted = ", ".join(f"“{word}”" for word in words)
    found = f"This comment seems to contain {category.finding}" + (f" ({quoted})" if quoted else "")
    return f"{found}. Our policy does not allow “{category.clause}”."
