"""Disguise words as people do who hide an insult from a filter: to test what a model sees through, never to score.

Each disguise changes words of three letters or more that are plain ASCII; links, addresses and user names stay. What
becomes of a text depends on the text, the disguise and the seed alone, not on other texts or on the process.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random

from ..exceptions import DataError

Disguise = Callable[[str, Random], str]

_CHUNK = re.compile(r"(?P<keep>\S*(?:://|www\.|@|\.\w)\S*)|(?<![\w'’*])(?P<word>[A-Za-z]{3,})(?![\w'’*])")
_VOWEL = re.compile(r"[aeiouAEIOU]")
_LEET = {"a": "4@", "b": "8", "e": "3", "g": "9", "i": "1!", "l": "1|", "o": "0", "s": "5$", "t": "7"}
_LOOKALIKES = dict(zip("aceiopsxyABCEHIKMOPTX", "асеіорѕхуАВСЕНІКМОРТХ", strict=True))
_INVISIBLE = "\u200b\u200c\u200d\u2060\ufeff\u00ad"
_MARKS = "\u0300\u0301\u0302\u0303\u0308"


def disguise_text(text: str, kind: str, *, share: float = 1.0, seed: int = 0) -> str:
    """Disguise words of a comment.

    Parameters
    ----------
    text : str
    kind : str
        One of `DISGUISES`.
    share : float, default=1.0
        How likely each word is to be disguised, from 0 to 1.
    seed : int, default=0
        Another number makes other choices.

    Returns
    -------
    str

    Raises
    ------
    DataError
        When there is no such disguise, or the share is not between 0 and 1.

    Examples
    --------
    >>> disguise_text("you silly man", "dotted"), disguise_text("you silly man", "missing_vowel")
    ('y.o.u s.i.l.l.y m.a.n', 'yu slly mn')
    """
    if kind not in DISGUISES:
        raise DataError(f"there is no disguise {kind!r}; use one of {', '.join(DISGUISES)}")
    if not 0 <= share <= 1:
        raise DataError(f"share is {share}; it must lie between 0 and 1")
    random = Random(f"{seed}/{kind}/{text!a}")

    def _changed(match: re.Match[str]) -> str:
        word = match["word"]
        return DISGUISES[kind](word, random) if word and random.random() < share else match[0]

    return _CHUNK.sub(_changed, text)


def leet(word: str, random: Random) -> str:
    """Digits and signs for letters: ``1d10t``. Each letter that has a look-alike changes two times in three, one always."""
    places = [i for i, letter in enumerate(word) if letter.lower() in _LEET]
    kept = random.choice(places) if places else None
    chosen = {i for i in places if i == kept or random.random() < 2 / 3}
    return "".join(random.choice(_LEET[letter.lower()]) if i in chosen else letter for i, letter in enumerate(word))


def spaced(word: str, random: Random) -> str:
    """A space between letters, and a wider gap around the word."""
    return f" {' '.join(word)} "


def dotted(word: str, random: Random) -> str:
    """A dot between letters: ``i.d.i.o.t``."""
    return ".".join(word)


def stretched(word: str, random: Random) -> str:
    """One letter, a vowel if there is one, three to six times: ``idiooot``."""
    at = _place(word, random)
    return word[:at] + word[at] * random.randint(3, 6) + word[at + 1 :]


def homoglyph(word: str, random: Random) -> str:
    """Cyrillic letters that look like the Latin ones."""
    return "".join(_LOOKALIKES.get(letter, letter) for letter in word)


def zero_width(word: str, random: Random) -> str:
    """Invisible characters between letters."""
    return word[0] + "".join(random.choice(_INVISIBLE) + letter for letter in word[1:])


def asterisk(word: str, random: Random) -> str:
    """One letter inside the word, a vowel if there is one, masked: ``id*ot``."""
    at = _place(word, random)
    return f"{word[:at]}*{word[at + 1 :]}"


def full_width(word: str, random: Random) -> str:
    """The wide forms of letters that Chinese and Japanese fonts have."""
    return "".join(chr(ord(letter) + 0xFEE0) for letter in word)


def accents(word: str, random: Random) -> str:
    """An accent on every vowel: ``ìdíöt``."""
    return _VOWEL.sub(lambda vowel: vowel[0] + random.choice(_MARKS), word)


def case(word: str, random: Random) -> str:
    """Capitals at random: ``iDIoT``."""
    return "".join(random.choice((letter.lower(), letter.upper())) for letter in word)


def missing_vowel(word: str, random: Random) -> str:
    """One vowel inside the word left out: ``idit``."""
    at = _place(word, random)
    return word[:at] + word[at + 1 :] if _VOWEL.match(word[at]) else word


def _place(word: str, random: Random) -> int:
    """A place inside the word, where a vowel stands if there is one: the ends are what people leave to be read by."""
    inside = range(1, len(word) - 1)
    return random.choice([i for i in inside if _VOWEL.match(word[i])] or inside)


DISGUISES: dict[str, Disguise] = {
    disguise.__name__: disguise
    for disguise in (
        leet,
        spaced,
        dotted,
        stretched,
        homoglyph,
        zero_width,
        asterisk,
        full_width,
        accents,
        case,
        missing_vowel,
    )
}
"""Every disguise by its name: a word and a source of chance in, the disguised word out."""
