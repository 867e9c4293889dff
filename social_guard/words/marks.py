"""Marks: what the letters of a folded comment no longer tell, said in words that the model can weigh like any other.

Marks stand between ``‹`` and ``›``, which no folded text holds: nobody can write one.

============= ======================================================
``‹start›``   before the first word
``‹end›``     behind the last
``‹uptosix›`` how many words there are: here from five to six
``‹shout›``   all letters are capitals
``‹name›``    before what is written like a name
============= ======================================================
"""

from __future__ import annotations

import re
from itertools import pairwise

from .text import Edit, Normalised, fold, normalise, tokens

START, END, SHOUT, NAME = "‹start›", "‹end›", "‹shout›", "‹name›"
_SIZES = {1: "one", 2: "two", 3: "three", 4: "four", 6: "six", 8: "eight", 11: "eleven", 16: "sixteen", 23: "twentythree"}
_SIZES |= {32: "thirtytwo", 45: "fortyfive", 64: "sixtyfour", 90: "ninety"}
SIZES = [*(f"‹upto{_SIZES[most]}›" for less, most in pairwise([0, *_SIZES]) for _ in range(most - less)), "‹overninety›"]
"""The mark of a size by the number of spaces and ends of lines; the last stands for all longer comments too."""
SHORTEST_SHOUT = 5
MARKS = frozenset([START, END, SHOUT, NAME, *SIZES])
"""All marks."""

_NO_NAMES = (
    "Mon|Tues|Wednes|Thurs|Fri|Satur|Sun|Janu|Febr|March|April|May|June|July|Aug|Sept|Octo|Novem|Decem|Christ|Xmas|Easter|"
    "Ramadan|Eid|Diwali|Covid|Google|Facebook|God|Thank|Sorry|Sister|Nurse|Doctor|Dr|Matron|Mr|Mrs|Miss|Ms|Prof|Muslim|Islam|"
    "Jew|Catholic|Hindu|Sikh|Black|White|Asia|Africa|Gyps|Europe|London|Brit|Engl|Irish|Scot|Welsh|Wales|Pole|Polish|Turk|Chin|"
    "Fr[ea]nch|Germ|India|Pakist"
)


def _names_pattern(inside: str, space: str, end: str) -> str:
    """Words with a capital inside a sentence, but for those that are often written so and name nobody."""
    one = rf"(?!{_NO_NAMES})[A-Z][a-z]{inside}*"
    return rf" (?=[A-Z][a-z])(?<=[a-z,;] ){one}(?: {one})*(?=[,;:!?)\"]|{space}|\.(?:{space}|{end})|{end})"


_NAMES = re.compile(_names_pattern("[a-z'’-]", r"\s", "$"))
_SPACES = "|".join(re.escape(chr(code)) for code in range(0x3001) if chr(code).isspace())
NAMED = f" {NAME} "
"""Stands in the place of the gap before a name."""


def names_in_bytes(end: bytes) -> re.Pattern[bytes]:
    """What finds names in UTF-8, where comments end with a byte that no text holds; a find begins with the gap."""
    return re.compile(_names_pattern("(?:[a-z'-]|’)", f"(?:{_SPACES})", "<end>").encode().replace(b"<end>", re.escape(end)))


def mark(text: str) -> str:
    """The folded comment with its marks: what the model reads.

    Examples
    --------
    >>> mark("Ask for Gavin on Monday")
    '‹start› ask for ‹name› gavin on monday ‹end› ‹uptosix›'
    """
    return f"{START} {NAMED.join([fold(text[start:end]) for start, end in _stretches(text)])}{ending(text)}" if text else ""


def name_words(text: str) -> set[str]:
    """The tokens of all that is written like a name, surnames too.

    Examples
    --------
    >>> sorted(name_words("Ask for Gavin Holloway on Monday"))
    ['gavin', 'holloway']
    """
    return {token for match in _NAMES.finditer(text) for token in tokens(fold(match[0]))}


def ending(text: str) -> str:
    """The marks behind a comment."""
    gaps = text.count(" ") + text.count("\n")
    return f" {END} {SIZES[gaps] if gaps < len(SIZES) else SIZES[-1]}{f' {SHOUT}' if shouts(text) else ''}"


def shouts(text: str) -> bool:
    """Whether all letters are capitals."""
    return len(text) >= SHORTEST_SHOUT and text.isupper()


def _stretches(text: str) -> list[tuple[int, int]]:
    """Where to cut a comment: each stretch but the first begins with a name, and the gap before it is left out."""
    gaps = [match.start() for match in _NAMES.finditer(text)]
    return list(zip([0, *(gap + 1 for gap in gaps)], [*gaps, len(text)], strict=True))


def normalise_marked(text: str) -> Normalised:
    """What `mark` gives, with a map back to the raw characters; a mark stands for none of them.

    Examples
    --------
    >>> comment = normalise_marked("Ask Gavin")
    >>> comment.text, comment.raw_span(19, 24), comment.raw_span(0, 7)
    ('‹start› ask ‹name› gavin ‹end› ‹uptotwo›', (4, 9), (0, 0))
    """
    if not text:
        return Normalised("", "")
    body, edits = "", list[Edit]()
    for start, end in _stretches(text):
        added = NAMED if start else f"{START} "
        edits.append(Edit(len(body), len(body) + len(added), start, start))
        body += added
        part = normalise(text[start:end])
        edits += [Edit(a + len(body), b + len(body), c + start, d + start) for a, b, c, d in part.edits]
        body += part.text
    last = ending(text)
    return Normalised(text, body + last, (*edits, Edit(len(body), len(body) + len(last), len(text), len(text))))
