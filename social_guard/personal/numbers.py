"""Telephone, NHS and hospital numbers, however they are grouped or spelt out.

A number alone says little: one in eleven numbers of ten digits passes the check of an NHS number. So numbers count by
their context and by how they are grouped.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from ..exceptions import MissingExtraError
from .spans import FILL, Allowed, Span, before, behind

_WORDS = dict.fromkeys(("zero", "oh", "o", "nought", "naught"), "0")
_WORDS |= {word: str(digit) for digit, word in enumerate(("one", "two", "three", "four", "five", "six", "seven", "eight", "nine"), 1)}
_TIMES = {"double": 2, "treble": 3, "triple": 3}
_GROUP = re.compile(
    rf"(?:(?<![a-z0-9])|(?<=\btel)|(?<=\bmob))(?:(?P<times>{'|'.join(_TIMES)})[ -])?"
    rf"(?:(?P<word>{'|'.join(_WORDS)})(?![a-z0-9])|(?P<digits>[oil]{{0,4}}[0-9][0-9oil]*+)(?![a-wyz]))"
)
_MANY_DIGITS = re.compile(rf"[0-9](?:[^0-9]{{0,4}}[0-9]){{4}}|\b(?:{'|'.join(_WORDS)})[ ,-]{{1,2}}(?:{'|'.join((*_WORDS, *_TIMES))})\b")
_LOOKALIKES = str.maketrans("oil", "011")
_GAP = re.compile(r"[ .\-_()/,]{0,3}")
LEAST_DIGITS, MOST_DIGITS = 10, 17
"""Of a telephone number with its prefixes."""


class _Group(NamedTuple):
    """Digits that stand together, or one digit in words."""

    start: int
    end: int
    digits: str


def _runs(folded: str) -> Iterator[list[_Group]]:
    """Groups of digits that only spaces, dots, dashes or brackets divide."""
    run: list[_Group] = []
    for match in _GROUP.finditer(folded):
        digits = _WORDS[match["word"]] if match["word"] else match["digits"].translate(_LOOKALIKES)
        group = _Group(*match.span(), digits * _TIMES.get(match["times"], 1))
        if run and not _GAP.fullmatch(folded, run[-1].end, group.start):
            yield run
            run = []
        run.append(group)
    if run:
        yield run


def numbers(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Telephone and NHS numbers."""
    for run in _runs(folded) if _MANY_DIGITS.search(folded) else ():
        after = 0
        for first in range(len(run)):
            span = _number_at(folded, run, first, allowed) if first >= after else None
            if span:
                after = bisect_left(run, span.end, key=lambda group: group.start)
                yield span


def _number_at(folded: str, run: list[_Group], first: int, allowed: Allowed) -> Span | None:
    """The longest number that starts with a group."""
    best, digits = None, ""
    dialled = run[first].digits.startswith(("0", "44")) or "+" in folded[max(0, run[first].start - 2) : run[first].start]
    for last in range(first, min(first + MOST_DIGITS, len(run))):
        digits += run[last].digits
        if len(digits) > (MOST_DIGITS if dialled else LEAST_DIGITS):
            break
        if len(digits) >= LEAST_DIGITS:
            number = _Number(folded, run[first : last + 1], digits)
            kind = number.kind(allowed)
            best = best if kind is None else Span(number.start, number.end, kind)
    return best


_ODD = (
    r"orders?|parcel|track(?:ing|ed)?|ref(?:erence)?|isbn|invoice|account|acc|sort code|utr|part|serial|barcode|batch|lot|pcn|ticket|"
    r"booking|vat|charity|company|version|build|job|vacancy|licen[cs]e|policy|claim|case|error|code|time|log|fine|page|bleep|receipt|"
    r"raffle|model|item|product|iban|password|caller|count|page|dpd|delivery|crn|reg(?:istration)?|card"
)
_ODD_LEAD = re.compile(rf"\b(?:{_ODD})s?\b[^0-9.;!?]{{0,25}}$")
_ODD_NUMBER = re.compile(rf"\b(?:(?:{_ODD})s?[ -]?(?:numbers?|num|no|nr|ref|id|code|#)|ref(?:erence)?)\W{{0,3}}$")
_NHS = r"\bn\.?h\.?s\b\.?[ -]?(?:numbers?|num|no|nr|one|id|#)(?![a-z])"
_NHS_LEAD = re.compile(rf"{_NHS}[^0-9!?]{{0,45}}$|\b(?:my|her|his|their) (?:\w+ )?number(?: is|'s|:)? ?$|\bnhs\W{{0,3}}$")
_NHS_REAR = re.compile(rf"^[ ,(]{{0,2}}(?:is |was )?[^0-9.!?]{{0,15}}{_NHS}")
_PHONE_LEAD = re.compile(
    r"\b(?:call|ring|rang|text|phone|fone|tel|telephone|mob|mobile|cell|whatsapp|reach|number|on|am|contact)\b[^0-9]{0,12}$"
)
_SOMEBODY = re.compile(
    r"\b(?:call|ring|text|phone|reach|whatsapp|contact) (?:me|him|her)\b|"
    r"\b(?:my|his|her|mum's|dad's)\b[^.!?0-9]{0,20}\b(?:number|mobile|phone|tel|cell|home|line)\b"
)
_SERVICE = re.compile(r"\+44[389]")
"""Numbers of organisations: 03, 08 and 09."""
_GLUED_BEFORE, _GLUED_AFTER = re.compile(r"[a-z0-9][-./_,]|[£$€] ?|.[£$€]"), re.compile(r"[-/_,.][a-z0-9]|%.?")
_DECIMAL = re.compile(r"0\.[0-9]")
_DATE_FIRST = re.compile(r"[0-9]{1,2}[./-][0-9]{1,2}[./-][0-9]{2,4}(?![0-9])")


class _Number:
    """Groups of digits that may make one number, with what stands around them."""

    def __init__(self, folded: str, groups: list[_Group], digits: str) -> None:
        self.folded, self.groups, self.digits = folded, groups, digits
        self.start, self.end = groups[0].start, groups[-1].end
        while self.start and folded[self.start - 1] in "+(" and groups[0].start - self.start < 2:
            self.start -= 1

    @cached_property
    def lead(self) -> str:
        """What leads up to the number."""
        return before(self.folded, self.start)

    def kind(self, allowed: Allowed) -> str | None:
        """The kind of number, "" for a public one, None for a number that leads to nobody."""
        if self._may_be_nhs_number() and self._stands_alone() and self._is_patients():
            return "nhs_number"
        telephone = self.telephone()
        if telephone is None or not self._stands_alone() or self._is_reference():
            return None
        if telephone in allowed.phones:
            return ""
        return "phone" if not _SERVICE.match(telephone) or _SOMEBODY.search(self.lead) else None

    def _stands_alone(self) -> bool:
        """Not the middle of a code, a sum, a date or a decimal."""
        before, after = self.folded[max(0, self.start - 2) : self.start], self.folded[self.end : self.end + 2]
        if _GLUED_BEFORE.fullmatch(before) or _GLUED_AFTER.fullmatch(after):
            return False
        return not _DATE_FIRST.match(self.folded, self.start) and (len(self.groups) > 7 or not _DECIMAL.match(self.folded, self.start))

    def _may_be_nhs_number(self) -> bool:
        return len(self.digits) == 10 and self.digits[0] != "0" and _passes_nhs_check(self.digits)

    def _is_patients(self) -> bool:
        if _NHS_LEAD.search(self.lead) or _NHS_REAR.search(behind(self.folded, self.end)):
            return True
        grouped = [len(group.digits) for group in self.groups] == [3, 3, 4]
        return grouped and not _ODD_LEAD.search(self.lead)

    def telephone(self) -> str | None:
        """In international form, where the digits can be dialled: 07…, 00…, +…, or a mobile that lost its zero."""
        plus = "+" in self.folded[self.start : self.groups[0].start] or (self.digits[:3] == "447" and len(self.digits) == 12)
        national = self.digits[0] == "0" and (len(self.digits) < 12 or self.digits[1] == "0")
        mobile = self.digits[0] == "7" and len(self.digits) == LEAST_DIGITS and _PHONE_LEAD.search(self.lead)
        return telephone("+" * plus + self.digits) if plus or national or mobile else None

    def _is_reference(self) -> bool:
        return bool(_ODD_NUMBER.search(self.lead) or (len(self.groups) == 1 and _ODD_LEAD.search(self.lead)))


@lru_cache(maxsize=1 << 12)
def _passes_nhs_check(digits: str) -> bool:
    nhs = _library("stdnum.gb.nhs")
    return bool(nhs.is_valid(digits))


@lru_cache(maxsize=1 << 12)
def telephone(digits: str) -> str | None:
    """The number in international form, if a number like it can exist; ranges kept for drama can, but are never valid."""
    phonenumbers = _library("phonenumbers")
    try:
        number = phonenumbers.parse(digits, "GB")
    except phonenumbers.NumberParseException:
        return None
    national = str(number.national_number)
    rare = len(national) < 10 if number.country_code == 44 else digits[0] == "0"
    possible = phonenumbers.is_valid_number(number) if rare else phonenumbers.is_possible_number(number)
    return f"+{number.country_code}{national}" if possible else None


def load_libraries() -> None:
    """Load the libraries for numbers now, so that their want shows at once and not at the first number.

    Raises
    ------
    MissingExtraError
        When one is not installed.
    """
    for module in LIBRARIES:
        _library(module)


LIBRARIES = {"stdnum.gb.nhs": "python-stdnum", "phonenumbers": "phonenumbers"}
"""Modules, and how their packages are called."""


def _library(module: str) -> Any:
    from importlib import import_module

    try:
        return import_module(module)
    except ImportError as error:
        raise MissingExtraError(f"personal details need {LIBRARIES[module]}: pip install 'social_guard[privacy]'") from error


_CODE = r"(?!(?:is|its|was|no|num|for|my|the|are|am|at|on|to|in|as|and|his|her|id)\b)(?:[a-z]{1,3}[ -]?)?[0-9](?:[ -]?[0-9]){4,9}+(?![0-9]|[/.:][0-9])"
_HOSPITAL = (
    r"(?<![a-z])(?:(?:hosp(?:ital)?\.?|clinic|patient|unit|medical record|n\.?h\.?s\.?|national health|k)[ -]?"
    r"(?:numbers?|num|nr|no|ref|id|#)(?![a-z])|mrn(?![a-z])|hospital (?:wrist)?band|nhs(?=\W{1,2}[0-9]{3}[ -]?[0-9]{3}[ -]?[0-9]{4}\b))"
)
_HOSPITAL_NUMBER = re.compile(
    rf"{_HOSPITAL}{FILL}{{0,30}}?(?<![a-z0-9])(?P<told>{_CODE})|(?<![a-z0-9])(?P<before>{_CODE}) is (?:my|his|her|their) {_HOSPITAL}"
)


_FIVE_DIGITS = re.compile(r"[0-9](?:[ -]?[0-9]){4}")


def hospital_numbers(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Numbers behind the words for a hospital's own number."""
    for match in _HOSPITAL_NUMBER.finditer(folded) if _FIVE_DIGITS.search(folded) else ():
        yield Span(*match.span("told" if match["told"] else "before"), "hospital_number")
