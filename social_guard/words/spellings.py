"""Known words by their letters: which of them is one small step away from another word, and which fits a mask.

What people do to hide a word is small: they leave out a vowel, double a letter, swap two, mask some. Words that are one
such step inside the word apart share what is left when one letter is taken out of each, so that one look-up finds them.
First and last letters, by which people read, must agree.

References
----------
Garbe W. SymSpell: symmetric delete spelling correction. 2012.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate
from operator import xor

import numpy as np
from numpy.typing import NDArray

from .key_table import Keys, KeyTable, Positions

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
_IS_VOWEL = np.array([chr(byte) in _VOWELS for byte in range(256)])
_SECRET = np.frombuffer(os.urandom(8 * WIDTH * 128), np.uint64).reshape(WIDTH, 128).copy()
_SECRET[:, 0] = 0
"""A number for each letter at each place, drawn anew in every process, so that nobody can aim at a key: a word's is their XOR."""
_PLAIN_SECRET: list[list[int]] = _SECRET.tolist()
_BARE, _WHOLE = (int.from_bytes(os.urandom(8), "little") for _ in range(2))
"""What is XORed to the keys of words without their vowels, and of whole words, that stand in the table of parts."""
_BLOCK = 1024


def is_plain(word: str) -> bool:
    """Whether a word consists of plain letters, not too many of them."""
    return 1 < len(word) < WIDTH and word.isascii() and word.isalpha()


class Spellings:
    """Plain words, the commonest first, and a table that finds them by their letters.

    What is left of a word is kept as a 64-bit key alone, which takes a fraction of the memory.

    Parameters
    ----------
    counts : mapping
        How common each word is.
    """

    def __init__(self, counts: Mapping[str, float]) -> None:
        self._counts = counts
        self.words = sorted(word for word in counts if len(word) >= SHORTEST and is_plain(word))
        self.words.sort(key=counts.__getitem__, reverse=True)
        self._common = frozenset(self.words[:COMMON])
        self._n_often = sum(counts[word] >= OFTEN for word in self.words)
        blocks = [_entries(self.words[start : start + _BLOCK], start) for start in range(0, len(self.words) or 1, _BLOCK)]
        keys, places = map(np.concatenate, zip(*blocks, strict=True))
        keys, first = np.unique(keys, return_index=True)  # the first is that of the commonest word
        self._table, self._places = KeyTable(keys, room=2), places[first].data

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

    def may_be_near(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Which plain words may have a known one a step away: all that do, found for many at once, shape (n_words,)."""
        if not self.words:
            return np.zeros(len(words), np.bool_)
        letters = _letters(words)
        whole, parts, rows, columns = _keys(letters)
        found = self._table.find(np.concatenate([whole, whole ^ np.uint64(_BARE), parts, parts ^ np.uint64(_WHOLE)]))
        longer, bare, other, shorter = np.split(found, np.cumsum([len(whole), len(whole), len(parts)]))
        near, long = bare >= 0, letters[:, LONG - 1] > 0
        hit, ranks, places, often = self._owners(longer)
        near[hit] |= _IS_VOWEL[self._letters[ranks, places]] | (often & long[hit])
        hit, ranks, places, often = self._owners(other)
        row, column = rows[hit], columns[hit] + 1
        swapped = (np.abs(places - column) == 1) & (self._letters[ranks, places] == letters[row, column])
        near[row[swapped | ((places == column) & often & long[row])]] = True
        hit, _, _, often = self._owners(shorter)
        row, column = rows[hit], columns[hit] + 1
        doubled = (letters[row, column] == letters[row, column - 1]) | (letters[row, column] == letters[row, column + 1])
        near[row[doubled | (often & long[row])]] = True
        return near

    def _owners(self, found: Positions) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        """Which of some keys are known; the rank and place of their words, and which of these stand for the unlikely step."""
        hit = np.flatnonzero(found >= 0)
        ranks, places = np.divmod(np.asarray(self._places)[found[hit]], WIDTH)
        return hit, ranks, places, ranks < self._n_often

    def _steps(self, word: str) -> Iterator[tuple[str, float]]:
        """The words one step away, and how likely the step is."""
        whole, parts = _plain_keys(word)
        if longer := self._owner(whole):
            known, place = longer
            yield known, LIKELY if known[place] in _VOWELS else UNLIKELY
        for place, part in enumerate(parts, 1):
            if shorter := self._owner(part ^ _WHOLE):
                yield shorter[0], LIKELY if word[place] in (word[place - 1], word[place + 1]) else UNLIKELY
        for place, part in enumerate(parts, 1):
            if other := self._owner(part):
                yield other[0], _exchanged(word, place, *other)
        if full := self._owner(whole ^ _BARE):
            yield full[0], POSSIBLE

    def _owner(self, key: int) -> tuple[str, int] | None:
        """The commonest word with such a key, and the place of the letter that it leaves out."""
        position = self._table.find_one(key)
        if position < 0:
            return None
        rank, place = divmod(self._places[position], WIDTH)
        return self.words[rank], place

    def fitting(self, mask: str) -> str:
        """The known word that fits letters and asterisks, one for each letter; ``""`` when none or several are likely."""
        pattern = _letters([mask])
        rows = np.flatnonzero((self._letters[:, 0] == pattern[0, 0]) & (self._lengths == len(mask)))
        fits = [self.words[i] for i in rows[((self._letters[rows] == pattern) | (pattern == _STAR)).all(axis=1)].tolist()]
        likely = [self._counts[word] * (SELDOM if word in self._common else 1.0) for word in fits]
        best = max(likely, default=0.0)
        return fits[likely.index(best)] if fits and best >= CLEAR * sum(likely) else ""

    @cached_property
    def _letters(self) -> NDArray[np.uint8]:
        return _letters(self.words)

    @cached_property
    def _lengths(self) -> NDArray[np.int64]:
        return np.count_nonzero(self._letters, axis=1)


def _letters(words: Sequence[str]) -> NDArray[np.uint8]:
    """The letters of words that are shorter than `WIDTH`, zeros behind them, shape (n_words, `WIDTH`)."""
    return np.array([word.encode() for word in words], f"S{WIDTH}").view(np.uint8).reshape(-1, WIDTH)


def _entries(words: Sequence[str], rank: int) -> tuple[Keys, NDArray[np.int32]]:
    """Keys of the parts of words, of what they are without vowels, and of themselves; the rank and place of each."""
    whole, parts, rows, columns = _keys(_letters(words))
    bare = _keys(_letters([word[0] + word[1:-1].translate(_NO_VOWELS) + word[-1] for word in words]))[0]
    ranks = WIDTH * np.arange(rank, rank + len(words), dtype=np.int32)
    keys = [parts, bare ^ np.uint64(_BARE), whole ^ np.uint64(_WHOLE)]
    return np.concatenate(keys), np.concatenate([ranks[rows] + columns.astype(np.int32) + 1, ranks, ranks])


def _keys(letters: NDArray[np.uint8]) -> tuple[Keys, Keys, Positions, Positions]:
    """The keys of plain words, and of what they are without each letter inside: of which word, and counted from 0 which letter."""
    ahead: Keys = np.bitwise_xor.accumulate(_SECRET[np.arange(WIDTH), letters], axis=1)
    moved = _SECRET[np.arange(WIDTH - 1), letters[:, 1:]]
    behind: Keys = np.bitwise_xor.accumulate(moved[:, ::-1], axis=1)[:, ::-1]
    rows, columns = np.nonzero(letters[:, 2:])
    return ahead[:, -1], ahead[rows, columns] ^ behind[rows, columns + 1], rows, columns


def _plain_keys(word: str) -> tuple[int, list[int]]:
    """The key of one word, and of what it is without each letter inside, without arrays."""
    letters = word.encode()
    ahead = list(accumulate([row[letter] for row, letter in zip(_PLAIN_SECRET, letters, strict=False)], xor))
    moved = [row[letter] for row, letter in zip(_PLAIN_SECRET, letters[1:], strict=False)]
    behind = list(accumulate(reversed(moved), xor))
    return ahead[-1], list(map(xor, ahead, behind[-2::-1]))[: len(word) - 2]


def _exchanged(word: str, place: int, known: str, other: int) -> float:
    """How likely it is that a letter of a word was swapped with its neighbour, or changed."""
    if abs(other - place) == 1 and known[other] == word[place]:
        return LIKELY
    return UNLIKELY if other == place else 0.0
