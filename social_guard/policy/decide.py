"""Scores become decisions here, and only by configuration: the policy file holds every threshold.

A score is compared with the thresholds of its category, which gives a *level*; the levels of a comment together give
one decision. A batch has few different combinations of levels, so each is decided once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..categories import CATEGORIES, NOT_ENGLISH, SIGNPOSTS, URGENT
from .rules import STAFF_CATEGORY, Allowed, Blocked, Details, Rule, RuleBook, Staff
from .settings import NEVER, Action, CategoryRule, Policy


@dataclass(frozen=True)
class Decision:
    """What becomes of one comment.

    Attributes
    ----------
    action : Action
        What the policy recommends.
    automatic : Action
        What software may do alone: `Action.NONE` whenever a person must look.
    needs_review : bool
        Whether a person must look.
    categories : tuple of str
        The categories that crossed a threshold of an action, most severe first.
    signposts : tuple of str
        What the comment asks for, e.g. ``("complaint",)``.
    review_codes : tuple of str
        Why a person must look: keys of `REVIEW_CODES`.
    scores : dict of str to float
        Calibrated probability of each category.
    rules : tuple of str
        The rules of the policy file that had a part in it, e.g. ``("blocked phrase: miracle cure",)``.
    """

    action: Action
    automatic: Action
    needs_review: bool
    categories: tuple[str, ...]
    signposts: tuple[str, ...]
    review_codes: tuple[str, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    make_reason: Callable[..., str] | None = field(default=None, repr=False, compare=False)

    def completed(self, scores: Mapping[str, float], make_reason: Callable[..., str]) -> Decision:
        """The same decision for one comment, several times as quick as `dataclasses.replace`."""
        made = object.__new__(Decision)
        made.__dict__.update(self.__dict__, scores=scores, make_reason=make_reason)
        return made

    @property
    def reason(self) -> str:
        """The decision in plain English, made when asked for."""
        return self.describe()

    def describe(self, *, mask: bool = False) -> str:
        """The reason; with ``mask`` the words that it quotes are cut to their first letters and dots."""
        return self.make_reason(mask=mask) if self.make_reason else ""

    @property
    def reason_for_author(self) -> str:
        """What the author may be told once a person has confirmed the action; empty where nothing is to be told."""
        return self.make_reason(author=True) if self.make_reason else ""

    @property
    def reason_codes(self) -> tuple[str, ...]:
        """The reason for machines: keys of `explaining.reasons.REASON_CODES`, such as ``category.spam`` and ``action.hide``."""
        found = {"category": self.categories, "action": (self.action,), "review": self.review_codes, "signpost": self.signposts}
        return tuple(f"{kind}.{name}" for kind, names in found.items() for name in names)


REVIEW_CODES: dict[str, str] = {
    "urgent": "somebody may need help now",
    "confirm": "the recommended action waits for a person",
    "protected_speech": "it may also be speech that the policy protects",
    "staff_named": "it names a member of staff and may be harassment",
    "allowed_phrase": "it holds a phrase that looks worse than it is",
    "blocked_phrase": "it holds a phrase that the policy file lists",
    "personal_detail": "it holds a personal detail",
    "near_threshold": "a score is close to a threshold",
    "not_english": "the comment does not seem to be in English",
    "unscored": "the comment could not be scored",
}


RULE_CODES: dict[type[Rule], str] = {
    Staff: "staff_named",
    Allowed: "allowed_phrase",
    Blocked: "blocked_phrase",
    Details: "personal_detail",
}


class DecisionTable:
    """A policy made ready for the heads of one model.

    Parameters
    ----------
    policy : Policy
    heads : sequence of str
        The heads of the model, in the order of its columns.

    Examples
    --------
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.spam]\\nreview = 0.3\\nhide = 0.5")
    >>> table = DecisionTable(policy, ("spam",))
    >>> table.decide((0.5,)).action, table.decide((0.4,)).review_codes
    (<Action.HIDE: 1>, ('near_threshold',))
    """

    def __init__(self, policy: Policy, heads: Sequence[str]) -> None:
        self.policy = policy
        self.heads = tuple(heads)
        self._thresholds = [self._head_thresholds(head) for head in heads]
        self._confirmed = {category: policy.confirmed(category) for category in CATEGORIES}
        self._order = sorted((h for h in heads if h in CATEGORIES), key=lambda head: CATEGORIES[head].severity)
        self._rule_book = RuleBook(policy.rules, policy.public_contacts)
        self.verdict = lru_cache(maxsize=1 << 14)(self._verdict)

    def _head_thresholds(self, head: str) -> tuple[float, ...]:
        if head in CATEGORIES:
            return self.policy.categories.get(head, CategoryRule()).thresholds()
        return (self.policy.not_english if head == NOT_ENGLISH else self.policy.signpost_threshold(head),)

    def limits(self, action: Action = Action.NONE) -> NDArray[np.float64]:
        """From which probability each category calls for an action, or with `Action.NONE` for review, shape (n_heads,).

        Infinite where it never does, and for heads that are no categories.
        """
        found = zip(self.heads, self._thresholds, strict=True)
        return np.array([steps[action] if head in CATEGORIES else NEVER for head, steps in found], dtype=float)

    def decide(self, probabilities: Sequence[float], text: str = "") -> Decision:
        """The decision for one comment, given the probability of every head, and its words for the rules."""
        levels = tuple(map(bisect_right, self._thresholds, probabilities))
        return self.verdict(levels, self._rule_book.find(text) if self._rule_book else ())

    def levels(self, probabilities: NDArray[np.float64]) -> NDArray[np.int8]:
        """How many thresholds each score has reached, shape (n_comments, n_heads)."""
        columns = [np.searchsorted(limits, probabilities[:, h], side="right") for h, limits in enumerate(self._thresholds)]
        return np.column_stack(columns).astype(np.int8)

    def decide_many(
        self, probabilities: NDArray[np.float64], texts: Sequence[str] = ()
    ) -> tuple[list[Decision], NDArray[np.intp]]:
        """The different decisions for many comments, and which comment gets which, shape (n_comments,)."""
        return self.decide_levels(self.levels(probabilities), texts)

    def decide_levels(
        self, levels: NDArray[np.int8], texts: Sequence[str] = ()
    ) -> tuple[list[Decision], NDArray[np.intp]]:
        """As `decide_many`, for scores that have been compared with the thresholds already."""
        patterns, which = np.unique(levels, axis=0, return_inverse=True)
        decisions = [self.verdict(tuple(pattern)) for pattern in patterns.tolist()]
        which = which.reshape(-1)
        for row, text in enumerate(texts if self._rule_book else ()):
            if rules := self._rule_book.find(text):
                which[row] = len(decisions)
                decisions.append(self.verdict(tuple(levels[row].tolist()), rules))
        return decisions, which

    def _verdict(self, levels: tuple[int, ...], rules: tuple[Rule, ...] = ()) -> Decision:
        """The most severe action wins; anything in a review band, waiting or urgent asks for a person."""
        reached = {head: level for head, level in zip(self.heads, levels, strict=True) if level}
        acting = self._acting(reached, rules)
        categories = tuple(sorted(acting, key=lambda head: (-acting[head], CATEGORIES[head].severity)))
        action = max(acting.values(), default=Action.NONE)
        counting = {rule: code for rule in rules if (code := _rule_code(rule, reached, acting))}
        codes = self._review_codes(reached, acting, set(counting.values()))
        automatic = action if self.policy.mode == "act" and not codes else Action.NONE
        signposts = tuple(head for head in SIGNPOSTS if head in reached)
        named = tuple(f"{code.replace('_', ' ')}: {rule.phrase}" for rule, code in counting.items())
        return Decision(action, automatic, bool(codes), categories, signposts, codes, rules=named)

    def _acting(self, reached: Mapping[str, int], rules: Sequence[Rule]) -> dict[str, Action]:
        """The action that each category calls for."""
        if self.policy.mode == "off":
            return {}
        acting = {head: Action(reached[head] - 1) for head in self._order if reached.get(head, 0) > 1}
        for rule in rules:
            if isinstance(rule, Blocked | Details):
                acting[rule.category] = max(acting.get(rule.category, Action.NONE), Action[rule.action.upper()])
        return acting

    def _review_codes(self, reached: Mapping[str, int], acting: Mapping[str, Action], found: set[str]) -> tuple[str, ...]:
        codes = {"urgent"} if URGENT in reached else set()
        if self.policy.mode == "act":
            codes |= found
            codes |= {"confirm"} if any(action in self._confirmed[head] for head, action in acting.items()) else set()
            codes |= {"protected_speech"} if acting and any(head in reached for head in self.policy.protected) else set()
            codes |= {"near_threshold"} if any(reached.get(head) == 1 for head in self._order) else set()
            codes |= {NOT_ENGLISH} if NOT_ENGLISH in reached else set()
        return tuple(code for code in REVIEW_CODES if code in codes)


def _rule_code(rule: Rule, reached: Mapping[str, int], acting: Mapping[str, Action]) -> str:
    """Why a person must look because of a rule; empty where it changes nothing."""
    applies = STAFF_CATEGORY in reached if isinstance(rule, Staff) else bool(acting)
    return RULE_CODES[type(rule)] if applies else ""
