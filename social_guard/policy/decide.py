"""Scores become decisions here, and only by configuration: the policy file holds every threshold.

A score is compared with the thresholds of its category, which gives a *level*; the levels of a comment together give
one decision. A batch has few different combinations of levels, so each is decided once.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import IntEnum
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from ..categories import CATEGORIES, NOT_ENGLISH, SIGNPOSTS, URGENT
from ..exceptions import PolicyError
from ..words.privacy import PublicContacts, contact_problems
from .rules import STAFF_CATEGORY, Allowed, Blocked, Details, Rule, RuleBook, Rules, Staff, rule_problems

VERSION = 1
LEVELS = ("review", "hide", "remove", "report")
MODES = ("act", "observe", "off")
NEVER = float("inf")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
ClockTime = Annotated[time, msgspec.Meta(tz=False)]
Points = Annotated[float, msgspec.Meta(ge=0.0, le=1000.0)]
Limit = Annotated[float, msgspec.Meta(gt=0.0, le=1000.0)]
Days = Annotated[int, msgspec.Meta(ge=1, le=3650)]
SLACK_DAYS = 30
MOST_CHARACTERS, MOST_DOTS = 1 << 19, 256
ACTION_POINTS = {"hide": 1.0, "remove": 2.0, "report": 4.0}


class Action(IntEnum):
    """What the policy recommends, in rising severity; each action includes those below it.

    Examples
    --------
    >>> Action.REMOVE > Action.HIDE, str(Action.HIDE)
    (True, 'hide')
    """

    NONE = 0
    HIDE = 1
    REMOVE = 2
    REPORT = 3

    def __str__(self) -> str:
        return self.name.lower()


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


class CategoryRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The thresholds of one category: a probability from which each step applies; a missing step is never taken."""

    review: Share | None = None
    hide: Share | None = None
    remove: Share | None = None
    report: Share | None = None
    confirm: tuple[str, ...] | None = None

    def thresholds(self) -> tuple[float, ...]:
        """Rising thresholds of the four levels; a missing one is that of the next step up."""
        steps = [getattr(self, level) for level in LEVELS]
        for i in range(len(steps) - 2, -1, -1):
            steps[i] = steps[i + 1] if steps[i] is None else steps[i]
        return tuple(NEVER if step is None else step for step in steps)


class SignpostRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signpost with a section of its own: when it is shown, and where it leads.

    What is left out is as in `policy.signposts.DESTINATIONS`. ``{contact}`` in a message stands for the contact.
    """

    threshold: Share
    send_to: str | None = None
    contact: str | None = None
    message: str | None = None
    answer_due: bool | None = None


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When somebody is there to answer, and how long an answer may take.

    Attributes
    ----------
    opens, closes : datetime.time
        On the clocks of the zone; the office is open from ``opens`` until just before ``closes``.
    days : tuple of str
        Of the week, from `DAYS`.
    zone : str
        A name of the IANA time zone database.
    country, subdivision : str
        ISO 3166 codes; their public holidays are not worked. An empty country has none.
    also_closed : tuple of datetime.date
        More days that are not worked.
    working_days : int
        From the day of the question until the answer is due.
    """

    opens: ClockTime = time(9)
    closes: ClockTime = time(17)
    days: tuple[str, ...] = DAYS[:5]
    zone: str = "Europe/London"
    country: str = "GB"
    subdivision: str = "ENG"
    also_closed: tuple[date, ...] = ()
    working_days: Annotated[int, msgspec.Meta(ge=1)] = 1
class HistoryRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When repeated breaches lead to a warning or a block.

    Attributes
    ----------
    window_days : int
        Breaches count for so long.
    forget_after_days : int
        Then they are deleted; at least 30 days after they stopped counting, so that a clock that jumps deletes nothing
        that still counts.
    points : dict of str to float
        What a breach weighs, by action; a category that is named here weighs so much whatever the action was. An action
        that is not named weighs 1 (hide), 2 (remove) or 4 (report).
    warn, block : float
        The points in the window from which each is recommended.
    """

    window_days: Days = 180
    forget_after_days: Days = 365
    points: dict[str, Points] = {}
    warn: Limit = 3.0
    block: Limit = 6.0

    def weight(self, action: str, categories: Sequence[str]) -> float:
        """The points of one breach: those of its gravest category.

        Examples
        --------
        >>> HistoryRules(points={"hide": 1, "off_topic": 0.5}).weight("hide", ["off_topic"])
        0.5
        """
        otherwise = self.points.get(action, ACTION_POINTS[action])
        return max((self.points.get(category, otherwise) for category in categories), default=otherwise)


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The content of a policy file.

    Attributes
    ----------
    version : int
        Of the file's format.
    tuned_for : str
        The hash of the model that the thresholds were chosen for.
    confirm : tuple of str
        The actions that wait for a person, unless a category says otherwise.
    categories : dict of str to CategoryRule
    signposts : dict of str to float or SignpostRule
        The probability from which a signpost is shown, or that and where it leads.
    not_english : float
        The probability from which a comment goes to a person because of its language.
    clock : Clock
        By when an answer is due.
    public_contacts : PublicContacts
        The organisation's own contact points, which are nobody's personal details.
    history : HistoryRules
        When repeated breaches lead to a warning or a block.
    mode : {"act", "observe", "off"}
        Whether software may act; or actions are only worked out, for a trial: nothing is done and nobody is asked; or
        there are no actions at all. Whoever may need help now is shown to a person in every mode.
    protected : tuple of str
        Signposts of speech to protect: a comment that carries one waits for a person before any action.
    never_alone : tuple of str
        Categories of which every action waits for a person.
    rules : Rules
        Names and phrases.
    appeal : str
        How an author asks for a second look: it ends the sentence "If you think that this is a mistake, …".
    """

    version: int
    tuned_for: str = ""
    confirm: tuple[str, ...] = ("remove", "report")
    categories: dict[str, CategoryRule] = {}
    signposts: dict[str, Share | SignpostRule] = {}
    not_english: Share = 0.5
    clock: Clock = Clock()
    public_contacts: PublicContacts = PublicContacts()
    history: HistoryRules = HistoryRules()
    mode: str = "act"
    protected: tuple[str, ...] = ("complaint", URGENT)
    never_alone: tuple[str, ...] = ()
    rules: Rules = Rules()
    appeal: str = "please answer this message, and somebody will look at it again"

    def confirmed(self, category: str) -> frozenset[Action]:
        """The actions that wait for a person when this category calls for them."""
        if category in self.never_alone:
            return frozenset(Action) - {Action.NONE}
        rule = self.categories.get(category)
        names = self.confirm if rule is None or rule.confirm is None else rule.confirm
        return frozenset(Action[name.upper()] for name in names)

    def signpost_threshold(self, signpost: str) -> float:
        """The probability from which a signpost is shown; one that the file does not name is never shown."""
        rule = self.signposts.get(signpost, NEVER)
        return rule.threshold if isinstance(rule, SignpostRule) else rule


def load_policy(path: str | Path) -> Policy:
    """Read and check a policy file.

    Raises
    ------
    PolicyError
        Names the file, the path of the bad value, the value, and what is allowed.
    """
    return parse_policy(read_policy_text(path), str(path))


def read_policy_text(path: str | Path) -> str:
    """The text of a policy file, or an error that names it."""
    try:
        if Path(path).exists() and not Path(path).is_file():
            raise OSError("it is not a regular file")
        with open(path, encoding="utf-8") as file:
            return file.read(MOST_CHARACTERS + 1)  # one more, which `parse_policy` refuses
    except (OSError, ValueError) as error:
        raise PolicyError(f"{path}: cannot be read as UTF-8 text ({error})") from error


def parse_policy(text: str, name: str = "policy") -> Policy:
    """Check the text of a policy file.

    Examples
    --------
    >>> parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5").categories["spam"].hide
    0.5
    >>> parse_policy("version = 1\\n[categories.spam]\\nhide = 5")
    Traceback (most recent call last):
        ...
    social_guard.exceptions.PolicyError: policy: categories.spam.hide is 5: Expected `float` <= 1.0
    """
    if len(text) > MOST_CHARACTERS or any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        # the time that TOML takes rises with the square of the parts of a key
        allowed = f"{MOST_CHARACTERS} characters, and {MOST_DOTS} full stops in a line"
        raise PolicyError(f"{name}: is no policy file, which may hold {allowed}; split long lists over lines")
    try:
        content = tomllib.loads(text.encode().decode())  # lone surrogates are no text
        repr(content)  # a number too long to be shown would break the errors below
    except (ValueError, RecursionError) as error:
        raise PolicyError(f"{name}: not valid TOML: {error}") from error
    for section, kind in (("categories", CategoryRule), ("signposts", Share | SignpostRule)):
        values = content.get(section)
        if isinstance(values, dict):
            checked = {key: _converted(value, kind, name, f"{section}.{key}") for key, value in values.items()}
            content = content | {section: checked}
    _check_points(content.get("history"), name)
    policy = _converted(content, Policy, name)
    for problem in _problems(policy):
        raise PolicyError(f"{name}: {problem}")
    return policy


def _check_points(history: Any, name: str) -> None:
    points = history.get("points") if isinstance(history, dict) else None
    for key, value in points.items() if isinstance(points, dict) else ():
        _converted(value, Points, name, f"history.points.{key}")


def _converted(content: Any, kind: Any, name: str, path: str = "") -> Any:
    """Check plain values against a structure; the error holds the path, the value and what was expected."""
    try:
        return msgspec.convert(content, kind)
    except msgspec.ValidationError as error:
        expected, _, inner = str(error).partition(" - at ")
        keys = re.findall(r"[^`$.\[\]]+", inner)
        place = f"{path}{inner.strip('`$')}".strip(".")
        raise PolicyError(f"{name}: {place}{_shown(content, keys)}: {expected}".replace(": :", ":")) from error


def _shown(content: Any, keys: Sequence[str]) -> str:
    for key in keys:
        if isinstance(content, dict) and key not in content:
            return ""
        content = content[int(key) if isinstance(content, list) else key]
    return f" is {content!r}" if not isinstance(content, dict) else ""


def _problems(policy: Policy) -> list[str]:
    problems = []
    if policy.version != VERSION:
        problems.append(f"version is {policy.version}: this release reads version {VERSION}")
    for section, names, allowed in (
        ("categories", policy.categories, CATEGORIES),
        ("signposts", policy.signposts, SIGNPOSTS),
    ):
        problems += [f"{section}.{n} is not a known name: allowed are {', '.join(allowed)}" for n in names if n not in allowed]
    problems += _list_problems("mode", [policy.mode], MODES)
    problems += _list_problems("protected", policy.protected, SIGNPOSTS)
    problems += _list_problems("never_alone", policy.never_alone, CATEGORIES)
    problems += rule_problems(policy.rules)
    problems += _list_problems("confirm", policy.confirm, LEVELS[1:])
    for key, rule in policy.categories.items():
        problems += _list_problems(f"categories.{key}.confirm", rule.confirm or [], LEVELS[1:])
        problems += _order_problems(key, rule)
    if getattr(policy.signposts.get(URGENT), "answer_due", None) is False:
        problems.append(f"signposts.{URGENT}.answer_due is False: somebody in danger is answered at once; delete the line")
    problems += [f"public_contacts.{problem}" for problem in contact_problems(policy.public_contacts)]
    return problems + _clock_problems(policy.clock) + _history_problems(policy.history)


def _clock_problems(clock: Clock) -> list[str]:
    if clock == Clock():  # it has none; so a guard is loaded without the calendar of holidays
        return []
    problems = [f"clock.days has {day!r}: allowed are {', '.join(DAYS)}" for day in clock.days if day not in DAYS]
    if not clock.days:
        problems.append(f"clock.days is empty: name at least one of {', '.join(DAYS)}")
    if clock.closes <= clock.opens:
        problems.append(f"clock.closes is {clock.closes}: it must be later than opens ({clock.opens})")
    return problems + _place_problems(clock)


def _place_problems(clock: Clock) -> list[str]:
    from zoneinfo import ZoneInfo

    import holidays

    problems = []
    try:
        ZoneInfo(clock.zone)
    except (OSError, ValueError, KeyError):
        problems.append(f"clock.zone is {clock.zone!r}: it must be a name of the IANA database, e.g. Europe/London")
    try:
        if clock.country:
            holidays.country_holidays(clock.country, subdiv=clock.subdivision or None)
    except (NotImplementedError, TypeError) as error:  # the latter for a name of the library that is no country
        place = f"clock.country is {clock.country!r} and clock.subdivision {clock.subdivision!r}"
        problems.append(f"{place}: {error}; use codes of ISO 3166, e.g. GB and ENG")
    return problems


def _list_problems(path: str, names: Sequence[str], allowed: Collection[str]) -> list[str]:
    return [f"{path} has {name!r}: allowed are {', '.join(allowed)}" for name in names if name not in allowed]


def _order_problems(key: str, rule: CategoryRule) -> list[str]:
    given = [(level, getattr(rule, level)) for level in LEVELS if getattr(rule, level) is not None]
    return [
        f"categories.{key}.{high} is {above}: it must be at least {low} ({below}), since thresholds rise with severity"
        for (low, below), (high, above) in pairwise(given)
        if above < below
    ]


def _history_problems(rules: HistoryRules) -> list[str]:
    allowed = (*LEVELS[1:], *CATEGORIES)
    problems = [f"history.points.{n} is not a known name: allowed are {', '.join(allowed)}" for n in rules.points if n not in allowed]
    if rules.forget_after_days < rules.window_days + SLACK_DAYS:
        problems.append(
            f"history.forget_after_days is {rules.forget_after_days}: it must be at least {rules.window_days + SLACK_DAYS}, "
            f"{SLACK_DAYS} days more than window_days, so that a clock that jumps deletes nothing that still counts"
        )
    if rules.block < rules.warn:
        problems.append(f"history.block is {rules.block}: it must be at least warn ({rules.warn}), since a warning comes first")
    return problems


class DecisionTable:
    """A policy made ready for the heads of one model.

    Parameters
    ----------
    policy : Policy
    heads : sequence of str
        The heads of the model, in the order of its columns.

    Examples
    --------
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


RULE_CODES: dict[type[Rule], str] = {
    Staff: "staff_named",
    Allowed: "allowed_phrase",
    Blocked: "blocked_phrase",
    Details: "personal_detail",
}
