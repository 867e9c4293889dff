"""Known words by their letters: which of them is one small step away from another word, and which fits a mask.

What people do to hide a word is small: they leave out a vowel, double a letter, swap two, mask some. Words that are one
such step inside the word apart share what is left when one letter is taken out of each, so that one look-up finds them.
First and last letters, by which people read, must agree. All look-ups are by hashes, for many words at once.

References
----------
Garbe W. SymSpell: symmetric delete spelling correction. 2012.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .key_table import Keys, KeyTable, Positions

WIDTH = 16
"""Words must be shorter than this."""
SHORTEST = 3

Letters = NDArray[np.uint8]
"""One row a word, its letters from the left and zeros behind, shape (n_words, `WIDTH`)."""
Likelihoods = NDArray[np.float64]

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

_ODDS = np.frombuffer(os.urandom(16), np.uint64) | np.uint64(1)  # drawn anew in every process: nobody can aim at a key
_INSIDE = np.arange(1, WIDTH - 1)
_WITHOUT = np.array([[*range(place), *range(place + 1, WIDTH), WIDTH - 1] for place in _INSIDE])
_IS_VOWEL = np.isin(np.arange(256), np.frombuffer(b"aeiou", np.uint8))
_NO_VOWELS = str.maketrans("", "", "aeiou")
_STAR = ord("*")


def is_plain(word: str) -> bool:
    """Whether a word consists of plain letters, not too many of them."""
    return 1 < len(word) < WIDTH and word.isascii() and word.isalpha()


def letters_of(words: Sequence[str]) -> Letters:
    """The letters of plain words."""
    return np.array([word.encode() for word in words], f"S{WIDTH}").view(np.uint8).reshape(-1, WIDTH)


class Spellings:
    """Plain words, the commonest first, and tables that find them by their letters.

    Parameters
    ----------
    counts : mapping
        How common each word is.
    """

    def __init__(self, counts: Mapping[str, float]) -> None:
        self.words = sorted((w for w in counts if len(w) >= SHORTEST and is_plain(w)), key=lambda word: (-counts[word], word))
        self._letters = letters_of(self.words)
        self._counts = np.array([*(counts[word] for word in self.words), 0.0])
        self._whole = KeyTable(_keys(self._letters))
        keys, rows, columns = self._parts_of_words()
        self._parts, self._owners, self._places = KeyTable(keys), np.append(rows, -1), np.append(columns + 1, 1)
        bare = letters_of([_bare(word) for word in self.words])
        keys, first = np.unique(_keys(bare), return_index=True)
        self._bare, self._bare_owners = KeyTable(keys), np.append(first, -1)

    def find(self, letters: Letters) -> Positions:
        """Where each word stands in `words`, or -1, shape (n_words,)."""
        return self._whole.find(_keys(letters))

    def nearest(self, words: Sequence[str]) -> list[str]:
        """For each plain word the likeliest known word one step away, or ``""``."""
        if not self.words:
            return [""] * len(words)
        letters = letters_of(words)
        keys = _keys(letters)
        steps = [self._left_out(keys), *self._changed(letters), self._bare_of(keys)]
        ids, scores = (np.column_stack(parts) for parts in zip(*steps, strict=True))
        long = letters[:, LONG - 1, None] > 0
        scores = np.where((scores != UNLIKELY) | (long & (self._counts[ids] >= OFTEN)), scores, 0.0)
        short = letters[:, SHORTEST - 1, None] == 0
        scores = np.where((ids >= 0) & ~(short & (ids >= COMMON)), scores * self._counts[ids], 0.0)
        best = np.arange(len(words)), scores.argmax(axis=1)
        chosen = np.where(scores[best] > 0, ids[best], -1).tolist()
        return [self.words[i] if i >= 0 else "" for i in chosen]

    def fitting(self, mask: str) -> str:
        """The known word that fits letters and asterisks, one for each letter; ``""`` when none or several are likely."""
        rows = self._by_shape.get((mask[0], len(mask)))
        if rows is None:
            return ""
        pattern = letters_of([mask])
        fits = rows[((self._letters[rows] == pattern) | (pattern == _STAR)).all(axis=1)]
        likely = self._counts[fits] * np.where(fits < COMMON, SELDOM, 1.0)
        best = int(likely.argmax()) if len(fits) else 0
        return self.words[fits[best]] if len(fits) and likely[best] >= CLEAR * likely.sum() else ""

    def _left_out(self, keys: Keys) -> tuple[Positions, Likelihoods]:
        """Words that have one letter more, shape (n_words, 1)."""
        places = self._parts.find(keys)
        ids, left_out = self._owners[places], self._places[places]
        here = self._letters[ids, left_out]
        return ids[:, None], np.where(_IS_VOWEL[here], LIKELY, UNLIKELY)[:, None]

    def _changed(self, letters: Letters) -> list[tuple[Positions, Likelihoods]]:
        """Words that have one letter less, and words with two letters swapped or one changed, shape (n_words, n_places)."""
        keys = np.where(_is_inside(letters), _keys(letters[:, _WITHOUT]), 0)
        shorter = self._whole.find(keys.ravel()).reshape(keys.shape)
        here = letters[:, _INSIDE]
        doubled = (here == letters[:, _INSIDE - 1]) | (here == letters[:, _INSIDE + 1])
        places = self._parts.find(keys.ravel()).reshape(keys.shape)
        ids, other = self._owners[places], self._places[places]
        swapped = (np.abs(other - _INSIDE) == 1) & (self._letters[ids, other] == here)
        return [(shorter, np.where(doubled, LIKELY, UNLIKELY)), (ids, np.where(swapped, LIKELY, np.where(other == _INSIDE, UNLIKELY, 0)))]

    def _bare_of(self, keys: Keys) -> tuple[Positions, Likelihoods]:
        """Words of which all vowels inside are left out, shape (n_words, 1)."""
        ids = self._bare_owners[self._bare.find(keys)][:, None]
        return ids, np.full(ids.shape, POSSIBLE)

    def _parts_of_words(self) -> tuple[Keys, Positions, Positions]:
        """What is left of each word without a letter inside: distinct keys, and the commonest word and place of each."""
        rows, columns = np.nonzero(_is_inside(self._letters))
        keys, first = np.unique(_keys(self._letters[rows[:, None], _WITHOUT[columns]]), return_index=True)
        return keys, rows[first], columns[first]

    @cached_property
    def _by_shape(self) -> dict[tuple[str, int], NDArray[np.intp]]:
        shapes: dict[tuple[str, int], list[int]] = {}
        for i, word in enumerate(self.words):
            shapes.setdefault((word[0], len(word)), []).append(i)
        return {shape: np.array(rows, np.intp) for shape, rows in shapes.items()}


def _keys(letters: Letters) -> Keys:
    """A hash of each word, never zero, shape (...,)."""
    halves = np.ascontiguousarray(letters).view(np.uint64)
    mixed = halves[..., 0] * _ODDS[0]
    return ((mixed ^ mixed >> np.uint64(32)) * _ODDS[1] ^ halves[..., 1]) | np.uint64(1)


def _is_inside(letters: Letters) -> NDArray[np.bool_]:
    """Whether the first and the last letter stand on either side of each place, shape (n_words, n_places)."""
    return letters[:, _INSIDE + 1] > 0


def _bare(word: str) -> str:
    """A word without the vowels between its ends."""
    return word[0] + word[1:-1].translate(_NO_VOWELS) + word[-1]
