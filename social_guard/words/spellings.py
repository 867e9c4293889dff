"""Known words by their letters: which of them is one small step away from another word, and which fits a mask.

What people do to hide a word is small: they leave out a vowel, double a letter, swap two, mask some. Words that are one
such step inside the word apart share what is left when one letter is taken out of each, so that one look-up finds them.
First and last letters, by which people read, must agree.

References
----------
Garbe W. SymSpell: symmetric delete spelling correction. 2012.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .key_table import KeyTable

WIDTH = 16
"""Words must be shorter than this."""
SHORTEST = 3

LIKELY, POSSIBLE, UNLIKELY = 4.0, 1.0, 1 / 64
"""How likely people make a step: the usual slips and tricks; all vowels left out; any other letter changed or added."""
LONG, OFTEN = 6, 100
"""Only in so long a word, and only if the other is so common, is the unlikely step taken: short words have many neighbours."""
COMMON = 200
"""So many of the commonest words are seldom masked: hardly anybody hides "that"."""
SELDOM = 1 / 32
"""How much seldomer they are masked than others."""
CLEAR = 0.5
"""What share of the likelihood the likeliest of the words that fit a mask must have."""

_VOWELS = "aeiou"
_NO_VOWELS = str.maketrans("", "", _VOWELS)
_STAR = ord("*")
_BARE = "*"
"""Stands before a word without its vowels in the table of parts."""


def is_plain(word: str) -> bool:
    """Whether a word consists of plain letters, not too many of them."""
    return 1 < len(word) < WIDTH and word.isascii() and word.isalpha()


class Spellings:
    """Plain words, the commonest first, and tables that find them by their letters.

    What is left of a word is kept by its hash alone, which takes a fraction of the memory; Python draws the secret of
    hashes anew in every process, so that nobody can aim at one.

    Parameters
    ----------
    counts : mapping
        How common each word is.
    """

    def __init__(self, counts: Mapping[str, float]) -> None:
        self._counts = counts
        self.words = sorted((w for w in counts if len(w) >= SHORTEST and is_plain(w)), key=lambda word: (-counts[word], word))
        self._common = frozenset(self.words[:COMMON])
        places = np.fromiter((WIDTH * rank + place for rank, word in enumerate(self.words) for place in range(len(word) - 1)), np.int32)
        hashes = np.fromiter((hash(part) for word in self.words for part in (_BARE + _bare(word), *_parts(word))), np.int64)
        keys, first = np.unique(hashes, return_index=True)  # the first is that of the commonest word
        self._table, self._places = KeyTable(keys.view(np.uint64)), places[first].data

    def nearest(self, word: str) -> str:
        """The likeliest known word one step away from a plain one, or ``""``.

        Examples
        --------
        >>> Spellings({"idiot": 5.0}).nearest("idoit")
        'idiot'
        """
        best, found = 0.0, ""
        for known, likelihood in self._steps(word):
            count = self._counts[known]
            unlikely = likelihood == UNLIKELY and (len(word) < LONG or count < OFTEN)
            if likelihood * count > best and not unlikely and (len(word) >= SHORTEST or known in self._common):
                best, found = likelihood * count, known
        return found

    def _steps(self, word: str) -> Iterator[tuple[str, float]]:
        """The words one step away, and how likely the step is."""
        if longer := self._owner(word):
            known, place = longer
            yield known, LIKELY if known[place] in _VOWELS else UNLIKELY
        parts = _parts(word)
        for place, part in enumerate(parts, 1):
            if part in self._counts and len(part) >= SHORTEST:
                yield part, LIKELY if word[place] in (word[place - 1], word[place + 1]) else UNLIKELY
        for place, part in enumerate(parts, 1):
            if owner := self._owner(part):
                yield owner[0], _exchanged(word, place, *owner)
        if full := self._owner(_BARE + word):
            yield full[0], POSSIBLE

    def _owner(self, part: str) -> tuple[str, int] | None:
        """The commonest word of which this is left without a letter inside, and the place of that letter."""
        position = self._table.find_one(hash(part))
        if position < 0:
            return None
        rank, place = divmod(self._places[position], WIDTH)
        return self.words[rank], place

    def fitting(self, mask: str) -> str:
        """The known word that fits letters and asterisks, one for each letter; ``""`` when none or several are likely."""
        words, letters = self._by_shape.get((mask[0], len(mask)), _NONE)
        pattern = np.frombuffer(mask.encode(), np.uint8)
        fits = [words[i] for i in np.flatnonzero(((letters == pattern) | (pattern == _STAR)).all(axis=1)).tolist()] if words else []
        likely = [self._counts[word] * (SELDOM if word in self._common else 1.0) for word in fits]
        best = max(likely, default=0.0)
        return fits[likely.index(best)] if fits and best >= CLEAR * sum(likely) else ""

    @cached_property
    def _by_shape(self) -> dict[tuple[str, int], tuple[list[str], NDArray[np.uint8]]]:
        """The words that share the first letter and the length, the commonest first, and their letters."""
        shapes: dict[tuple[str, int], list[str]] = {}
        for word in self.words:
            shapes.setdefault((word[0], len(word)), []).append(word)
        return {shape: (words, np.frombuffer("".join(words).encode(), np.uint8).reshape(-1, shape[1])) for shape, words in shapes.items()}


_NONE: tuple[list[str], NDArray[np.uint8]] = [], np.empty((0, 0), np.uint8)


def _parts(word: str) -> list[str]:
    """What is left of a word without each of the letters between its ends."""
    return [word[:place] + word[place + 1 :] for place in range(1, len(word) - 1)]


def _bare(word: str) -> str:
    """A word without the vowels between its ends."""
    return word[0] + word[1:-1].translate(_NO_VOWELS) + word[-1]


def _exchanged(word: str, place: int, known: str, other: int) -> float:
    """How likely it is that a letter of a word was swapped with its neighbour, or changed."""
    if abs(other - place) == 1 and known[other] == word[place]:
        return LIKELY
    return UNLIKELY if other == place else 0.0
