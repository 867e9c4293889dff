"""The recognisers of all kinds, run one after the other; each knows patterns, and what must stand around them.

Every pattern is bounded, which keeps the time linear for any text.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from .addresses import addresses
from .births import dates_of_birth
from .contacts import emails, handles, profile_links, said_emails
from .filming import covert_filming
from .numbers import hospital_numbers, numbers
from .spans import CUT, Allowed, Span


def recognise(folded: str, allowed: Allowed) -> list[Span]:
    """All details of a folded text: the recognisers run one after the other, and none sees what an earlier one took.

    Examples
    --------
    >>> recognise("dob 3/5/51, 07700 900123", Allowed(frozenset(), frozenset(), (), frozenset(), frozenset()))
    [Span(start=4, end=10, kind='date_of_birth'), Span(start=12, end=24, kind='phone')]
    """
    found: list[Span] = []
    for recogniser in _RECOGNISERS:
        spans = list(recogniser(folded, allowed))
        folded = _blank(folded, spans) if spans else folded
        found += (span for span in spans if span.kind)
    return found


def _blank(folded: str, spans: Iterable[Span]) -> str:
    pieces: list[str] = []
    done = 0
    for span in spans:
        pieces += (folded[done : span.start], CUT * (span.end - span.start))
        done = span.end
    return "".join([*pieces, folded[done:]])


_RECOGNISERS: tuple[Callable[[str, Allowed], Iterator[Span]], ...] = (
    profile_links,
    emails,
    said_emails,
    handles,
    dates_of_birth,
    numbers,
    hospital_numbers,
    addresses,
    covert_filming,
)
