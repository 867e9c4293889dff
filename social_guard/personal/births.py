"""Dates of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .spans import FILL, Allowed, Span, before

_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}"
_DAY = r"[0-3o]?[0-9o](?:st|nd|rd|th)?"
_YEAR = r"(?:19|20|'|1?9|2o)?[0-9o]{2}(?![0-9]| ?(?:w(?:ee)?ks|days|years|hours)\b)"
_DATE = (
    rf"(?:{_DAY} ?[./ -] ?[01o]?[0-9o] ?[./ -] ?{_YEAR}|(?:19|20)[0-9]{{2}}[./-][01][0-9][./-][0-3][0-9](?![0-9])"
    rf"|[0-3o][0-9o][01o][0-9o](?:19|20)[0-9o]{{2}}(?![0-9])"
    rf"|{_DAY}[ ./-]{{0,2}}(?:of )?{_MONTH}[ .,/-]{{0,3}}{_YEAR}|{_MONTH} {_DAY}[ ,]{{1,3}}{_YEAR})"
)
_BIRTH = r"(?<![a-z])(?:d[. ]{0,2}o[. ]{0,2}b\b|(?:date|day)(?:[ -]of)?[ -]birth|(?<!happy )birth[ -]?da(?:te|y))"
_BORN = re.compile(
    rf"{_BIRTH}(?P<fill>{FILL}{{0,30}}?)(?<![a-z0-9])(?P<dob>{_DATE})"
    rf"|\bborn(?P<birth>{FILL}{{0,30}}?)(?<![a-z0-9])(?P<born>{_DATE})"
    rf"|(?<![a-z0-9/.-])(?P<date>{_DATE})[ ,]{{1,2}}(?:is|was) (?:my|his|her|their|the)? ?{_BIRTH}"
)
_OTHER_DATE = re.compile(r"\b(?:appointment|appt|scan|letter|visit|due|wrong|cakes?|party|treat|ward)\b")
_NO_PERSON = re.compile(r"\b(?:nhs|service|hospital|charity|trust|unit)\b[^.!?]{0,20}$")


def dates_of_birth(folded: str, allowed: Allowed) -> Iterator[Span]:
    """Dates behind words that speak of birth."""
    for match in _BORN.finditer(folded) if re.search(r"birth|born|d[. ]{0,2}o[. ]{0,2}b", folded) else ():
        group = next(name for name in ("dob", "born", "date") if match[name])
        institution = group == "born" and _NO_PERSON.search(before(folded, match.start()))
        if not institution and not _OTHER_DATE.search(match["fill"] or ""):
            yield Span(*match.span(group), "date_of_birth")
