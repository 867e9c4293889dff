"""Rules about words, beside the scores: a few names and phrases that a person wrote into the policy file.

Words are compared after folding (case, accents, look-alike letters) and as whole words; what stands between them does not
matter. No rule lowers a score, and none lets software act: each sends a comment to a person who would not have seen it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from ..categories import CATEGORIES
from ..words.text import EMAIL, LINK, USER, fold

STAFF_CATEGORY = "harassment"
"""A name on the staff list counts when this category is at least in its review band."""
ACTIONS = ("hide", "remove", "report")
_WORD = re.compile(r"[a-z0-9\x80-\U0010ffff]+")


class Staff(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of staff: a comment that names them and may be harassment goes to a person."""

    name: str
    until: date | None = None

    @property
    def phrase(self) -> str:
        """What is looked for."""
        return self.name


class Allowed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phrase that looks worse than it is: a comment that holds it is never acted on without a person."""

    phrase: str
    until: date | None = None


class Blocked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A phrase that calls for an action whatever the scores say; a person always confirms it."""

    phrase: str
    category: str
    action: str
    until: date | None = None


Rule = Staff | Allowed | Blocked


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``[rules]`` of a policy file."""

    staff: tuple[Staff, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    blocked: tuple[Blocked, ...] = ()

    def places(self) -> Iterator[tuple[str, Rule]]:
        """Every rule with its place in the file."""
        for kind in ("staff", "allowed", "blocked"):
            yield from ((f"rules.{kind}[{i}]", rule) for i, rule in enumerate(getattr(self, kind)))


def words(text: str) -> tuple[str, ...]:
    """The words of a text as rules compare them.

    Examples
    --------
    >>> words("Sister O'Néill's  ward-round!")
    ('sister', 'o', 'neill', 's', 'ward', 'round')
    """
    return tuple(_WORD.findall(fold(text)))


class RuleBook:
    """The rules of a policy, ready to be looked up in comments.

    Examples
    --------
    >>> book = RuleBook(Rules(allowed=(Allowed("Cock Lane"),)))
    >>> [rule.phrase for rule in book.find("Is the COCK-LANE clinic open?")], book.find("cock and bull")
    (['Cock Lane'], ())
    """

    def __init__(self, rules: Rules) -> None:
        self._by_first: dict[str, list[tuple[tuple[str, ...], Rule]]] = {}
        for _, rule in rules.places():
            phrase = words(rule.phrase)
            self._by_first.setdefault(phrase[0], []).append((phrase, rule))

    def __bool__(self) -> bool:
        return bool(self._by_first)

    def find(self, text: str) -> tuple[Rule, ...]:
        """The rules whose words stand in a comment and that have not expired, each once."""
        found = words(text)
        if self._by_first.keys().isdisjoint(found):
            return ()
        hits = (
            rule
            for i, word in enumerate(found)
            for phrase, rule in self._by_first.get(word, ())
            if found[i : i + len(phrase)] == phrase and not has_expired(rule)
        )
        return tuple(dict.fromkeys(hits))


def has_expired(rule: Rule, today: date | None = None) -> bool:
    """Whether the last day of a rule has passed."""
    return rule.until is not None and rule.until < (today or date.today())


def rule_problems(rules: Rules) -> list[str]:
    """What is wrong with the rules of a policy file, by place and value."""
    problems = []
    for place, rule in rules.places():
        field = "name" if isinstance(rule, Staff) else "phrase"
        if not words(rule.phrase):
            problems.append(f"{place}.{field} is {rule.phrase!r}: it must hold a letter or a digit")
        elif any(placeholder in fold(rule.phrase) for placeholder in (LINK, EMAIL, USER)):
            problems.append(f"{place}.{field} is {rule.phrase!r}: links, addresses and user names cannot be told apart; use words")
        if isinstance(rule, Blocked) and rule.category not in CATEGORIES:
            problems.append(f"{place}.category is {rule.category!r}: allowed are {', '.join(CATEGORIES)}")
        if isinstance(rule, Blocked) and rule.action not in ACTIONS:
            problems.append(f"{place}.action is {rule.action!r}: allowed are {', '.join(ACTIONS)}")
    return problems


def rule_warnings(rules: Rules, today: date | None = None) -> list[str]:
    """Rules that have expired and are ignored."""
    expired = ((place, rule) for place, rule in rules.places() if has_expired(rule, today))
    return [f"{place} ({rule.phrase!r}) expired after {rule.until} and is ignored" for place, rule in expired]
