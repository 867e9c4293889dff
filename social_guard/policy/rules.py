"""Rules about words, beside the scores: names and phrases that a person wrote into the policy file, and personal details.

Words are compared after folding (case, accents, look-alike letters) and as whole words; what stands between them does not
matter. Personal details are found by their recognisers. No rule lowers a score, and none lets software act: each sends a comment to a person who would not have seen it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date

import msgspec

from ..categories import CATEGORIES
from ..personal.public_contacts import NO_CONTACTS, PublicContacts
from ..personal.spans import KINDS
from ..words.text import EMAIL, LINK, USER, WORD_CHARACTER, fold

STAFF_CATEGORY = "harassment"
"""A name on the staff list counts when this category is at least in its review band."""
DETAIL_CATEGORY = "privacy"
FEW = 32
ACTIONS = ("hide", "remove", "report")
_WORD = re.compile(rf"{WORD_CHARACTER}+")


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


class Details(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Personal details: a comment that holds one of these kinds calls for an action, which a person always confirms."""

    kinds: tuple[str, ...] = KINDS
    action: str = "remove"
    until: date | None = None

    @property
    def phrase(self) -> str:
        """The kinds that are looked for, or that were found."""
        return ", ".join(self.kinds)

    @property
    def category(self) -> str:
        """The category that they belong to."""
        return DETAIL_CATEGORY


Rule = Staff | Allowed | Blocked | Details


class Rules(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section ``[rules]`` of a policy file."""

    staff: tuple[Staff, ...] = ()
    allowed: tuple[Allowed, ...] = ()
    blocked: tuple[Blocked, ...] = ()
    details: tuple[Details, ...] = ()

    def places(self) -> Iterator[tuple[str, Rule]]:
        """Every rule with its place in the file."""
        for kind in self.__struct_fields__:
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

    Raises
    ------
    MissingExtraError
        When personal details are looked for and the libraries for them are not installed.

    Examples
    --------
    >>> book = RuleBook(Rules(allowed=(Allowed("Cock Lane"),), details=(Details(),)))
    >>> [rule.phrase for rule in book.find("Is the COCK-LANE clinic open?")], book.find("cock and bull")
    (['Cock Lane'], ())
    >>> [rule.phrase for rule in book.find("Ring him on 07700 900123")]
    ['phone']
    """

    def __init__(self, rules: Rules, contacts: PublicContacts = NO_CONTACTS) -> None:
        self._contacts = contacts
        self._details = rules.details
        self._by_first: dict[str, list[tuple[tuple[str, ...], Rule]]] = {}
        for _, rule in rules.places():
            if not isinstance(rule, Details):
                phrase = words(rule.phrase)
                self._by_first.setdefault(phrase[0], []).append((phrase, rule))
        if self._details:
            from ..personal.numbers import load_libraries

            load_libraries()

    def __bool__(self) -> bool:
        return bool(self._by_first or self._details)

    def find(self, text: str) -> tuple[Rule, ...]:
        """The rules that apply to the words of a comment and have not expired, each once; of details only the kinds found."""
        return (*self._phrases(text), *self._details_in(text))

    def _phrases(self, text: str) -> Iterable[Rule]:
        found = words(text) if self._may_hold_phrase(text) else ()
        if self._by_first.keys().isdisjoint(found):
            return ()
        hits = (
            rule
            for i, word in enumerate(found)
            for phrase, rule in self._by_first.get(word, ())
            if found[i : i + len(phrase)] == phrase and not has_expired(rule)
        )
        return dict.fromkeys(hits)

    def _may_hold_phrase(self, text: str) -> bool:
        """A quick look for a few phrases in plain text, in which folding adds no word."""
        if len(self._by_first) > FEW or not text.isascii() or "&" in text:
            return True
        lowered = text.lower()
        return any(map(lowered.__contains__, self._by_first))

    def _details_in(self, text: str) -> Iterator[Rule]:
        if not self._details:
            return
        # its many patterns take longer to load than the rest of a guard
        from ..personal.privacy import find_personal_details

        found = {detail.kind for detail in find_personal_details(text, public_contacts=self._contacts)}
        for rule in self._details if found else ():
            kinds = tuple(kind for kind in rule.kinds if kind in found)
            if kinds and not has_expired(rule):
                yield msgspec.structs.replace(rule, kinds=kinds)


def has_expired(rule: Rule, today: date | None = None) -> bool:
    """Whether the last day of a rule has passed."""
    return rule.until is not None and rule.until < (today or date.today())


def rule_problems(rules: Rules) -> list[str]:
    """What is wrong with the rules of a policy file, by place and value."""
    return [f"{place}.{problem}" for place, rule in rules.places() for problem in _problems(rule)]


def _problems(rule: Rule) -> Iterator[str]:
    if isinstance(rule, Details):
        unknown = [kind for kind in rule.kinds if kind not in KINDS]
        if unknown or not rule.kinds:
            yield f"kinds has {(unknown or [''])[0]!r}: allowed are {', '.join(KINDS)}"
    else:
        field = "name" if isinstance(rule, Staff) else "phrase"
        if not words(rule.phrase):
            yield f"{field} is {rule.phrase!r}: it must hold a letter or a digit"
        elif any(placeholder in fold(rule.phrase) for placeholder in (LINK, EMAIL, USER)):
            yield f"{field} is {rule.phrase!r}: links, addresses and user names cannot be told apart; use words"
    if isinstance(rule, Blocked) and rule.category not in CATEGORIES:
        yield f"category is {rule.category!r}: allowed are {', '.join(CATEGORIES)}"
    if isinstance(rule, Blocked | Details) and rule.action not in ACTIONS:
        yield f"action is {rule.action!r}: allowed are {', '.join(ACTIONS)}"


def rule_warnings(rules: Rules, today: date | None = None) -> list[str]:
    """Rules that have expired and are ignored."""
    expired = ((place, rule) for place, rule in rules.places() if has_expired(rule, today))
    return [f"{place} ({rule.phrase!r}) expired after {rule.until} and is ignored" for place, rule in expired]
