"""Weights and units in, log-odds out: a score is a sum of whole numbers, so neither order nor batch can change it.

    log-odds(category) = intercept + step * sum(value(unit)) / sqrt(sum(norm(unit)))

Both sums run over the distinct units of a comment. Values and norms are integers on a fixed grid, which makes every
sum exact: one comment alone, a batch, and the explanation all add up to the same bits. Numpy is all it needs.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .features import char_ngrams, unit_keys
from .lexicon import Lexicon

NORM_UNIT = 2.0**-40
CACHE_SIZE = 1 << 16
LEARNT = 1024
"""Rows made at a time, which bounds the memory that a very long comment takes."""
MANY = 32
"""From so many comments on, whole-array steps are quicker than one comment after the other."""
BLOCK, BLOCK_CHARACTERS = 2048, 1 << 19
"""The most comments and, unless one comment is longer, characters in a block."""

if TYPE_CHECKING:
    from .block_sums import BlockSums

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Block:
    """One block of features: its vocabulary, how common each entry is, and a column of values for each head.

    Attributes
    ----------
    keys : tuple of str
        The vocabulary.
    frequencies : (n_keys,) int array
        In how many of the training comments the entry stands.
    scale : float
        Gives the block a mean square norm of 1 over the training comments.
    values : (n_keys, n_heads) int16 array
        Weights on the grid of the heads' steps, inverse document frequency and scale included.
    """

    keys: tuple[str, ...]
    frequencies: NDArray[np.int32]
    scale: float
    values: NDArray[np.int16]

    def norms(self, n_comments: int) -> Integers:
        """Squared feature values in units of `NORM_UNIT`, shape (n_keys,)."""
        return np.rint((self.scale * inverse_frequency(self.frequencies, n_comments)) ** 2 / NORM_UNIT).astype(np.int64)

    def rows(self, n_comments: int) -> Integers:
        """Values with the norm as last column, shape (n_keys, n_heads + 1)."""
        return np.column_stack([self.values.astype(np.int64), self.norms(n_comments)])

    @cached_property
    def index(self) -> dict[str, int]:
        """Where each entry of the vocabulary stands."""
        return dict(zip(self.keys, range(len(self.keys)), strict=True))


@dataclass(frozen=True, eq=False)
class Weights:
    """All that a score needs.

    Attributes
    ----------
    heads : tuple of str
        Categories and signposts, one column of values each.
    intercepts, steps : (n_heads,) float array
        In log-odds; a step is what one unit of a value is worth.
    n_comments : int
        How many comments the frequencies were counted on.
    words, grams, classes : Block
        Tokens and pairs; character n-grams of tokens; word classes.
    word_classes : mapping of str to tuple of str
        The classes of each word.
    """

    heads: tuple[str, ...]
    intercepts: Floats
    steps: Floats
    n_comments: int
    words: Block
    grams: Block
    classes: Block
    word_classes: Mapping[str, tuple[str, ...]]

    @property
    def blocks(self) -> tuple[Block, Block, Block]:
        """The three blocks."""
        return self.words, self.grams, self.classes


def inverse_frequency(frequencies: NDArray[np.int32], n_comments: int) -> Floats:
    """Smooth inverse document frequency, as scikit-learn's ``TfidfVectorizer`` defines it.

    Examples
    --------
    >>> inverse_frequency(np.array([1, 3]), 3).round(3).tolist()
    [1.693, 1.0]
    """
    return np.log((1.0 + n_comments) / (1.0 + frequencies)) + 1.0


_HALF = np.int64(1 << 62)


class Scorer:
    """Adds up the rows of a comment's units.

    Rows of tokens are made when first met and kept in a bounded cache, so that the same word is worked out once. Threads
    may share a scorer: what two of them put into a cache for the same key is the same.

    Parameters
    ----------
    weights : Weights
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._word_norms = weights.words.norms(weights.n_comments)
        self._gram_norms = weights.grams.norms(weights.n_comments)
        self._class_norms = weights.classes.norms(weights.n_comments)
        self._numbers: dict[str, int] = {}
        # half the range of every column keeps columns from borrowing of each other
        self._bias = sum(1 << (64 * column + 62) for column in range(len(weights.heads) + 1))
        counts = zip(weights.words.keys, weights.words.frequencies.tolist(), strict=True)
        least = float(min(weights.words.frequencies, default=1))  # what has a class, but no weight of its own, is seldom
        self.known = Lexicon(dict.fromkeys(weights.word_classes, least))
        self.known.update((key, float(count)) for key, count in counts if " " not in key)

    def __reduce__(self) -> tuple[type[Scorer], tuple[Weights]]:
        """Travels to another process as its weights alone: keys are drawn anew in every process."""
        return Scorer, (self.weights,)

    @cached_property
    def _block_sums(self) -> BlockSums:
        from .block_sums import BlockSums, Rows  # one comment alone does without

        words, grams, n_comments = self.weights.words, self.weights.grams, self.weights.n_comments
        keys = [*words.keys, *(word for word in self.weights.word_classes if word not in words.index)]
        rows = np.pad(words.rows(n_comments), ((0, len(keys) - len(words.keys)), (0, 0))) + self._class_sums(keys)
        return BlockSums(Rows(keys, rows), Rows(grams.keys, grams.rows(n_comments)), self.known)

    def totals(self, texts: Sequence[str]) -> Integers:
        """Sums of the values and norms of each comment's units, shape (n_texts, n_heads + 1)."""
        if len(texts) < MANY:
            return self.plain_totals(texts)
        blocks = [self._block_sums.totals(texts[first:after]) for first, after in pairwise(_cuts(texts))]
        return np.concatenate(blocks)

    def plain_totals(self, texts: Sequence[str]) -> Integers:
        """The sums of `totals`, one comment after the other."""
        size = 8 * (len(self.weights.heads) + 1)
        numbers = [self._total(*unit_keys(text, self.known)) + self._bias for text in texts]
        rows = np.frombuffer(b"".join([number.to_bytes(size, sys.byteorder) for number in numbers]), np.int64)
        return rows.reshape(len(texts), -1) - _HALF if texts else np.empty((0, size // 8), np.int64)

    def _total(self, tokens: list[str], pairs: list[str]) -> int:
        """The sum of the rows of some units, each row one long whole number with 64 bits a column: no arrays are needed."""
        index = self.weights.words.index
        units = tokens + [pair for pair in pairs if pair in index]
        numbers = [self._numbers.get(unit) for unit in units]
        missing = [unit for unit, number in zip(units, numbers, strict=True) if number is None]
        learnt = (sum(self._learn(missing[i : i + LEARNT])) for i in range(0, len(missing), LEARNT))
        return sum(filter(None, numbers)) + sum(learnt)

    def _learn(self, units: Sequence[str]) -> list[int]:
        """The rows of units as numbers, which are kept."""
        rows = self.unit_rows(units) + _HALF
        numbers = [int.from_bytes(row.tobytes(), sys.byteorder) - self._bias for row in rows]
        if len(self._numbers) > CACHE_SIZE:
            self._numbers.clear()
        self._numbers.update(zip(units, numbers, strict=True))
        return numbers

    def unit_rows(self, units: Sequence[str]) -> Integers:
        """Values and norms of tokens and pairs, shape (n_units, n_heads + 1)."""
        words, grams = self.weights.words.index, self.weights.grams.index
        own = [[words[unit]] if unit in words else [] for unit in units]
        parts = [[] if " " in unit else [grams[gram] for gram in char_ngrams(unit) if gram in grams] for unit in units]
        word_rows = _sums(self.weights.words, self._word_norms, own)
        return word_rows + _sums(self.weights.grams, self._gram_norms, parts) + self._class_sums(units)

    def _class_sums(self, units: Sequence[str]) -> Integers:
        """Values and norms of the classes of each unit together, shape (n_units, n_heads + 1)."""
        index, classes = self.weights.classes.index, self.weights.word_classes
        return _sums(self.weights.classes, self._class_norms, [[index[c] for c in classes.get(u, ())] for u in units])

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Log-odds of every head for each comment, shape (n_texts, n_heads)."""
        return self.to_log_odds(self.totals(texts))

    def to_log_odds(self, totals: Integers) -> Floats:
        """Turn sums of values and norms into log-odds; a comment without known units has the intercepts."""
        norms = np.sqrt(np.maximum(totals[:, -1:], 1) * NORM_UNIT)
        return self.weights.intercepts + self.weights.steps * totals[:, :-1] / norms


def _sums(block: Block, norms: Integers, positions: Sequence[Sequence[int]]) -> Integers:
    """Values and norms of entries of a block, added up for each list of positions, shape (n_lists, n_heads + 1)."""
    chosen = np.array([position for some in positions for position in some], np.intp)
    sums = np.zeros((1 + len(chosen), block.values.shape[1] + 1), np.int64)
    np.cumsum(np.concatenate([block.values[chosen], norms[chosen, None]], axis=1, dtype=np.int64), axis=0, out=sums[1:])
    return np.diff(sums[np.cumsum([0, *map(len, positions)])], axis=0)


def _cuts(texts: Sequence[str]) -> list[int]:
    """Where to cut comments into blocks."""
    cuts, size = [0], 0
    for i, text in enumerate(texts):
        size += len(text)
        if i - cuts[-1] == BLOCK or (size > BLOCK_CHARACTERS and i > cuts[-1]):
            cuts.append(i)
            size = len(text)
    return [*cuts, len(texts)]


def to_probability(log_odds: Floats) -> Floats:
    """The logistic function, without overflow.

    Examples
    --------
    >>> to_probability(np.array([-1e9, 0.0, 2.0])).round(3).tolist()
    [0.0, 0.5, 0.881]
    """
    return np.exp(-np.logaddexp(0.0, -log_odds))
