"""A decision in plain English: what was found, in which words, under which clause, and what happens next.

There is one version for those who moderate, one that is fit to send to the author, and codes for machines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ..categories import CATEGORIES, SIGNPOSTS, URGENT
from ..policy.decide import REVIEW_CODES, Decision
from ..policy.settings import NEVER, Action, Policy

if TYPE_CHECKING:
    from .explanation import Explanation

_ACTIONS = {
    Action.NONE: "No action is recommended.",
    Action.HIDE: "Recommended: hide it, so that only the author and their friends see it.",
    Action.REMOVE: "Recommended: remove it.",
    Action.REPORT: "Recommended: remove it and report it.",
}
_DONE = {
    Action.HIDE: "We have hidden your comment, so that only you and your friends can see it.",
    Action.REMOVE: "We have removed your comment.",
    Action.REPORT: "We have removed your comment.",
}
REASON_CODES: dict[str, str] = {
    **{f"category.{key}": category.finding for key, category in CATEGORIES.items()},
    **{f"action.{action}": sentence for action, sentence in _ACTIONS.items()},
    **{f"review.{code}": meaning for code, meaning in REVIEW_CODES.items()},
    **{f"signpost.{key}": signpost.meaning for key, signpost in SIGNPOSTS.items()},
}
"""What `Decision.reason_codes` may hold, and what it means. A code is never given another meaning."""

_WHOLE = ("spam", "off_topic")
"""Categories that are judged by what the whole comment is for: single words would explain nothing to the author."""


def words_to_quote(decision: Decision, explanation: Explanation, policy: Policy) -> dict[str, list[str]]:
    """The words behind each category whose score reached a threshold, as `describe_decision` and `tell_author` take them.

    A category that only a rule calls for is not among them: the words of its score did not decide.

    Examples
    --------
    >>> from social_guard import SocialGuard
    >>> guard, text = SocialGuard.load(), "What an idiot"
    >>> words_to_quote(guard.moderate(text), guard.explain(text), guard.policy)
    {'offensive_language': ['idiot']}
    """
    steps = {key: rule.thresholds()[key in decision.categories] for key, rule in policy.categories.items()}
    reached = [head for head in explanation.heads if explanation.probabilities[head] >= steps.get(head, NEVER)]
    return {head: explanation.deciding_words(head) for head in reached}


def describe_decision(decision: Decision, words: Mapping[str, Sequence[str]], *, mask: bool = False) -> str:
    """Tell a communications officer what was decided and why.

    Parameters
    ----------
    decision : Decision
    words : mapping of str to sequence of str
        As `words_to_quote` finds them. A category that is not one of the decision's was only close to it.
    mask : bool
        Whether to cut words to their first letters and dots.

    Returns
    -------
    str
        One finding for each category, then the recommendation, then what a person must do and who may answer.

    Examples
    --------
    >>> from social_guard.policy.decide import DecisionTable
    >>> from social_guard.policy.reading import parse_policy
    >>> table = DecisionTable(parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5"), ("spam",))
    >>> describe_decision(table.decide((0.9,)), {"spam": ["buy now"]})[:69]
    'This comment seems to contain an advertisement or spam (“buy now”). O'
    """
    show = mask_words if mask else str
    parts = [_finding(key, _quoted(map(show, words.get(key, ())))) for key in decision.categories]
    parts.append(_ACTIONS[decision.action])
    if decision.review_codes:
        why = "; ".join(REVIEW_CODES[code] for code in decision.review_codes)
        parts.append(f"A person must look: {why}.")
    if "near_threshold" in decision.review_codes:
        close = [key for key in words if key not in decision.categories]
        parts += [f"It may contain {CATEGORIES[key].finding}{_quoted(map(show, words[key]))}." for key in close]
    if decision.rules:
        kinds = [rule.partition(": ") for rule in decision.rules]
        parts.append(f"Rules of the policy file: {'; '.join(f'{kind}: {show(phrase)}' for kind, _, phrase in kinds)}.")
    wants = [key.replace("_", " ") for key in decision.signposts if key != URGENT]  # which is among the reasons to look
    if wants:
        parts.append(f"It may need an answer: {', '.join(wants)}.")
    return " ".join(parts)


def _finding(key: str, quoted: str) -> str:
    category = CATEGORIES[key]
    return f"This comment seems to contain {category.finding}{quoted}. Our policy does not allow “{category.clause}”."


def _quoted(words: Iterable[str]) -> str:
    listed = ", ".join(f"“{word}”" for word in words)
    return f" ({listed})" if listed else ""


def tell_author(decision: Decision, words: Mapping[str, Sequence[str]], *, appeal: str, help_message: str) -> str:
    """Tell the author of a comment what was done and why, in words that are fit to send.

    Somebody who may be in danger is told where help is, and nothing else, whatever else the comment contains.

    Parameters
    ----------
    decision : Decision
        As a person confirmed it.
    words : mapping of str to sequence of str
        For each category, the words that decided; they are shown masked.
    appeal : str
        How to ask for a second look, as the policy file says.
    help_message : str
        What somebody is told who may be in danger.

    Returns
    -------
    str
        Empty where no action is recommended.

    Examples
    --------
    >>> from social_guard.policy.decide import DecisionTable
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.offensive_language]\\nhide = 0.5")
    >>> decision = DecisionTable(policy, ("offensive_language",)).decide((0.9,))
    >>> said = tell_author(decision, {"offensive_language": ["numpties"]}, appeal="write to team@example.org", help_message="")
    >>> for sentence in said.split(". "):
    ...     print(sentence)
    We have hidden your comment, so that only you and your friends can see it
    Our social media policy does not allow “offensive language, including swearing or personal insults”
    This is about: “n.......”
    We welcome comments about our services, good or bad
    If you think that this is a mistake, write to team@example.org.
    """
    if URGENT in decision.signposts:
        return help_message
    if not decision.action:
        return ""
    clauses = " or ".join(f"“{CATEGORIES[key].clause}”" for key in decision.categories)
    masked = [mask_words(word) for key in decision.categories if key not in _WHOLE for word in words.get(key, ())]
    about = ", ".join(f"“{word}”" for word in dict.fromkeys(masked))
    return " ".join(
        [
            f"{_DONE[decision.action]} Our social media policy does not allow {clauses}.",
            *([f"This is about: {about}."] if about else []),
            "We welcome comments about our services, good or bad.",
            f"If you think that this is a mistake, {appeal}.",
        ]
    )


def mask_words(quoted: str) -> str:
    """The first letter of each word, and dots.

    Letters that stand alone are dots from the second on, so that a word which was spaced out is masked as well.

    Examples
    --------
    >>> mask_words("useless f*cking idiots"), mask_words("m o r o n")
    ('u...... f...... i.....', 'm . . . .')
    """
    return re.sub(r"(?<=\S)\S|(?<=\s)\S(?!\S)", ".", quoted)
