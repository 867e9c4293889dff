"""Personal details in comments: find them, and blank them out before a comment goes into a log.

A detail counts when it may lead to a person: somebody's phone, not the hospital's. What it looks like stands in
`recognisers`; here a comment is folded for them, and what they find is led back to the characters of the raw text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache, reduce

import msgspec

from ..words.text import normalise
from .filming import CAMERA
from .numbers import telephone
from .public_contacts import NO_CONTACTS, PublicContacts
from .recognisers import recognise
from .spans import CUT, KINDS, Allowed

MASK = "‹{kind}›"
PASSES = 8
"""A detail may only stand out once its neighbour is masked; nothing seen so far took more than three passes."""


@dataclass(frozen=True)
class PersonalDetail:
    """One personal detail in a comment.

    Attributes
    ----------
    kind : str
        One of `KINDS`.
    start, end : int
        Where it stands, in characters of the raw text.
    value : str
        What the person wrote there.
    """

    kind: str
    start: int
    end: int
    value: str


def find_personal_details(text: str, *, public_contacts: PublicContacts = NO_CONTACTS) -> tuple[PersonalDetail, ...]:
    """Find the personal details in a comment.

    Parameters
    ----------
    text : str
        What the person wrote, in any script, of any length; the time taken grows with the length alone.
    public_contacts : PublicContacts, optional
        What is not reported.

    Returns
    -------
    tuple of PersonalDetail
        In the order of the text; they never overlap. The masks that `redact` leaves are not details.

    Raises
    ------
    MissingExtraError
        When a number has to be checked and the libraries for it are not installed.

    Examples
    --------
    >>> for detail in find_personal_details("My NHS number is 999 000 0018, ring me on o77oo 900123"):
    ...     print(detail)
    PersonalDetail(kind='nhs_number', start=17, end=29, value='999 000 0018')
    PersonalDetail(kind='phone', start=42, end=54, value='o77oo 900123')
    >>> find_personal_details("Order 9990000018 is for Ward 10, SW1A 1AA")
    ()
    """
    if not may_hold_details(text):
        return ()
    masks = [match.span() for match in _MASKS.finditer(text)]
    found: list[PersonalDetail] = []
    for _ in range(PASSES):
        cut = _Cut(text, [*masks, *((detail.start, detail.end) for detail in found)])
        new = list(cut.details(public_contacts))
        found += new
        if not new:
            break
    return tuple(sorted(found, key=lambda detail: detail.start))


def redact(text: str, *, public_contacts: PublicContacts = NO_CONTACTS, mask: str = MASK) -> str:
    """A copy of a comment that is fit for a log: each personal detail is replaced by its kind.

    Parameters
    ----------
    text : str
    public_contacts : PublicContacts, optional
        What stays.
    mask : str
        What stands in place of a detail; ``{kind}`` is its kind. With the default, redacting twice changes nothing more.

    Returns
    -------
    str
        All other characters are as they were.

    Examples
    --------
    >>> redact("Email jo.bloggs@example.org, dob 3/5/51")
    'Email ‹email›, dob ‹date_of_birth›'
    """
    pieces: list[str] = []
    done = 0
    for detail in find_personal_details(text, public_contacts=public_contacts):
        pieces += (text[done : detail.start], mask.format(kind=detail.kind))
        done = detail.end
    return "".join([*pieces, text[done:]])


# ------------------------------------------------------------------------------------------------------ the fast path

_SIGNS = re.compile(r"[\d@\u00b2\u00b3\u00b9\u2070-\u209c\u2460-\u24ff\u2776-\u2793\uff01-\uff5e\U0001d400-\U0001d7ff]")
_TRIGGERS = (
    *CAMERA,
    *(" dot ", "[at]", "(at)", "(dot)", "[dot]", "insta", "facebook", "fb", "twitter", "tiktok", "telegram", "discord"),
    *(".com", ".org", ".net", ".uk", "t.me/", "double", "nhs n", "nine nine nine"),
    *(f"{zero} {area}" for zero in ("oh", "o", "zero", "nought") for area in ("one", "two", "seven")),
)


def may_hold_details(text: str) -> bool:
    """Whether a comment has anything that a personal detail needs: a digit, an ``@``, or a word that goes with one.

    Examples
    --------
    >>> may_hold_details("Thank you to everyone on the ward"), may_hold_details("It is on my insta")
    (False, True)
    """
    if _SIGNS.search(text):
        return True
    lowered = text.lower()
    return any(trigger in lowered for trigger in _TRIGGERS)


# ------------------------------------------------------------------------------------- from raw text to folded and back

_MASKS = re.compile("|".join(re.escape(MASK.format(kind=kind)) for kind in KINDS))
_HIDDEN = (("@", "\x01"), (".", "\x02"), ("/", "\x03"))
"""Signs that are hidden from `normalise`, which would take addresses and links out."""


class _Cut:
    """A comment whose known details are cut down to one character each, so that a mask and a detail look the same.

    The last pass over a comment therefore sees what the first pass over its redacted copy sees: nothing new.
    """

    def __init__(self, raw: str, spans: Iterable[tuple[int, int]]) -> None:
        self.raw = raw
        pieces: list[str] = []
        self._after, self._shift = [0], [0]
        done = length = 0
        for start, end in sorted(spans):
            pieces += (raw[done:start], CUT)
            length += start - done + 1
            done = end
            self._after.append(length)
            self._shift.append(done - length)
        self.text = "".join([*pieces, raw[done:]])

    def _to_raw(self, position: int) -> int:
        return position + self._shift[bisect_right(self._after, position) - 1]

    def details(self, contacts: PublicContacts) -> Iterator[PersonalDetail]:
        """What one pass of all recognisers finds."""
        comment = normalise(reduce(lambda text, sign: text.replace(*sign), _HIDDEN, self.text))
        folded = reduce(lambda text, sign: text.replace(*sign[::-1]), _HIDDEN, comment.text)
        done = 0
        for span in sorted(recognise(folded, _allowed(*map(tuple, msgspec.structs.astuple(contacts))))):
            first, after = map(self._to_raw, comment.raw_span(span.start, span.end))
            if first >= done:  # one raw character may fold to several, which two spans may share
                yield PersonalDetail(span.kind, first, after, self.raw[first:after])
                done = after


_Names = tuple[str, ...]


@lru_cache(maxsize=64)
def _allowed(phones: _Names, emails: _Names, domains: _Names, handles: _Names, postcodes: _Names) -> Allowed:
    """Make public contacts ready for comparing."""
    return Allowed(
        frozenset(filter(None, (telephone(re.sub(r"[^0-9+]", "", phone)) for phone in phones))),
        frozenset(map(str.lower, emails)),
        tuple(map(str.lower, domains)),
        frozenset(handle.lower().lstrip("@") for handle in handles),
        frozenset(code.lower().replace(" ", "") for code in postcodes),
    )
