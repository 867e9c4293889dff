"""Weights and units in, log-odds out: a score is a sum of whole numbers, so neither order nor batch can change it.

    log-odds(category) = intercept + step * sum(value(unit)) / sqrt(sum(norm(unit)))

Both sums run over the distinct units of a comment. Values and norms are integers on a fixed grid, which makes every
sum exact: one comment alone, a batch, and the explanation all add up to the same bits. Numpy is all it needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .block_sums import BlockSums, Rows
from .features import char_ngrams, unit_keys

NORM_UNIT = 2.0**-40
CACHE_SIZE = 1 << 17
MANY = 32
"""From so many comments on, whole-array steps are quicker than one comment after the other."""
BLOCK, BLOCK_CHARACTERS = 2048, 1 << 19
"""The most comments and, unless one comment is longer, characters in a block."""

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
        return {key: position for position, key in enumerate(self.keys)}


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
    words, grams : Block
        Tokens and pairs; character n-grams of tokens.
    """

    heads: tuple[str, ...]
    intercepts: Floats
    steps: Floats
    n_comments: int
    words: Block
    grams: Block


def inverse_frequency(frequencies: NDArray[np.int32], n_comments: int) -> Floats:
    """Smooth inverse document frequency, as scikit-learn's ``TfidfVectorizer`` defines it.

    Examples
    --------
    >>> inverse_frequency(np.array([1, 3]), 3).round(3).tolist()
    [1.693, 1.0]
    """
    return np.log((1.0 + n_comments) / (1.0 + frequencies)) + 1.0


class Scorer:
    """Adds up the rows of a comment's units.

    Rows of tokens are made when first met and kept in a bounded cache, so that the same word is worked out once.

    Parameters
    ----------
    weights : Weights
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._word_rows = weights.words.rows(weights.n_comments)
        self._gram_rows = weights.grams.rows(weights.n_comments)
        self._cache: dict[str, Integers] = {}
        frequencies = weights.words.frequencies
        self.known = {key: float(frequencies[i]) for key, i in weights.words.index.items() if " " not in key}

    def token_row(self, token: str) -> Integers:
        """Values and norm of one token, its word and its character n-grams together, shape (n_heads + 1,)."""
        row = self._cache.get(token)
        if row is None:
            row = self.word_row(token) + self.gram_rows(char_ngrams(token)).sum(axis=0)
            if len(self._cache) >= CACHE_SIZE:
                self._cache.clear()
            self._cache[token] = row
        return row

    def word_row(self, key: str) -> Integers:
        """Values and norm of an entry of the word block, or zeros, shape (n_heads + 1,)."""
        position = self.weights.words.index.get(key)
        return np.zeros(self._word_rows.shape[1], np.int64) if position is None else self._word_rows[position]

    def gram_rows(self, grams: Iterable[str]) -> Integers:
        """Values and norms of those n-grams that the model knows, shape (n_known, n_heads + 1)."""
        index = self.weights.grams.index
        return self._gram_rows[[index[gram] for gram in grams if gram in index]]

    def unit_row(self, kind: str, key: str) -> Integers:
        """Values and norm of a unit of any kind, shape (n_heads + 1,)."""
        return self.token_row(key) if kind == "token" else self.word_row(key)

    @cached_property
    def _block_sums(self) -> BlockSums:
        words, grams = self.weights.words, self.weights.grams
        return BlockSums(Rows(words.keys, self._word_rows), Rows(grams.keys, self._gram_rows), self.known)

    def totals(self, texts: Sequence[str]) -> Integers:
        """Sums of the values and norms of each comment's units, shape (n_texts, n_heads + 1)."""
        if len(texts) < MANY:
            return self.plain_totals(texts)
        blocks = [self._block_sums.totals(texts[first:after]) for first, after in pairwise(_cuts(texts))]
        return np.concatenate(blocks)

    def plain_totals(self, texts: Sequence[str]) -> Integers:
        """The sums of `totals`, one comment after the other."""
        totals = np.zeros((len(texts), self._word_rows.shape[1]), np.int64)
        index = self.weights.words.index
        for i, text in enumerate(texts):
            found, pairs = unit_keys(text, self.known)
            positions = [index[pair] for pair in pairs if pair in index]
            if positions:
                totals[i] = self._word_rows[positions].sum(axis=0)
            for token in found:
                totals[i] += self.token_row(token)
        return totals

    def log_odds(self, texts: Sequence[str]) -> Floats:
        """Log-odds of every head for each comment, shape (n_texts, n_heads)."""
        return self.to_log_odds(self.totals(texts))

    def to_log_odds(self, totals: Integers) -> Floats:
        """Turn sums of values and norms into log-odds; a comment without known units has the intercepts."""
        norms = np.sqrt(np.maximum(totals[:, -1:], 1) * NORM_UNIT)
        return self.weights.intercepts + self.weights.steps * totals[:, :-1] / norms


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
