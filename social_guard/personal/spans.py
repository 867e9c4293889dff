"""Stretches of folded text that hold a personal detail, what stands around them, and contacts that are public."""

from __future__ import annotations

import re
from typing import NamedTuple

KINDS = (
    "profile_link",
    "email",
    "social_handle",
    "date_of_birth",
    "nhs_number",
    "phone",
    "hospital_number",
    "address",
    "covert_filming",
)
"""Every kind of personal detail, the most specific first."""
POSTCODE = r"[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}"
CUT = "\x04"
"""Stands for a detail that is dealt with: no pattern matches it, so none reaches across it."""
FILL = rf"[^0-9{CUT}\n!?;]"
"""What may stand between a word such as "born" and what it speaks of."""


class Span(NamedTuple):
    """A stretch of folded text; without a kind it is a public contact, which no later recogniser may take."""

    start: int
    end: int
    kind: str


class Allowed(NamedTuple):
    """Public contacts in the form in which they are compared."""

    phones: frozenset[str]
    emails: frozenset[str]
    domains: tuple[str, ...]
    handles: frozenset[str]
    postcodes: frozenset[str]

    def has_domain(self, host: str) -> bool:
        """Whether a host is a public domain or below one."""
        return any(host == domain or host.endswith(f".{domain}") for domain in self.domains)


def before(folded: str, start: int, reach: int = 60) -> str:
    """What leads up to a place, back to the last detail or the end of the last line."""
    return re.split(rf"[\n{CUT}]", folded[max(0, start - reach) : start])[-1]


def behind(folded: str, end: int, reach: int = 40) -> str:
    """What follows a place, up to the next detail or the end of the line."""
    return re.split(rf"[\n{CUT}]", folded[end : end + reach])[0]
