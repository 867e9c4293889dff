"""Weights and units in, log-odds out: a score is a sum of whole numbers, so neither order nor batch can change it.

    log-odds(category) = intercept + step * sum(value(unit)) / sqrt(sum(norm(unit)))

Both sums run over the distinct units of a comment. Values and norms are integers on a fixed grid, which makes every
sum exact: one comment alone, a batch, and the explanation all add up to the same bits. Numpy is all it needs.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import accumulate, chain, pairwise
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats, Integers
from ..words.lexicon import Lexicon
from ..words.remembered import Remembered
from .context import KEYS, context_keys
from .features import cut_ngrams, unit_keys

NORM_UNIT = 2.0**-44
CACHE_SIZE = 1 << 16
MANY = 32
"""From so many comments on, whole-array steps are quicker than one comment after the other."""
MANY_STRANGE = 8
"""From so many words of one comment on that were never met, their rows are summed up as arrays."""
BLOCK, BLOCK_CHARACTERS = 4096, 1 << 19
"""The most comments and, unless one comment is longer, characters in a block."""

if TYPE_CHECKING:
    from .block_sums import BlockSums



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

    def __post_init__(self) -> None:
        """What is derived from the arrays must not come to differ from them."""
        for array in (self.frequencies, self.values):
            array.setflags(write=False)

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
    words, grams : Block
        Tokens and pairs; character n-grams of tokens.
    """

    heads: tuple[str, ...]
    intercepts: Floats
    steps: Floats
    n_comments: int
    words: Block
    grams: Block

    def __post_init__(self) -> None:
        """As in `Block`."""
        for array in (self.intercepts, self.steps):
            array.setflags(write=False)

    @property
    def blocks(self) -> tuple[Block, Block]:
        """Both blocks."""
        return self.words, self.grams


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

    Rows of tokens are made when first met and kept in a bounded cache, so that the same word is worked out once. Threads
    may share a scorer: what two of them put into a cache for the same key is the same.

    Parameters
    ----------
    weights : Weights
    """

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        norms = [block.norms(weights.n_comments) for block in weights.blocks]
        words, grams = (partial(self._row_number, b, _plain_rows(b), n.data) for b, n in zip(weights.blocks, norms, strict=True))
        self._gram_norms = norms[1]
        self._word_number, self._gram_numbers = words, Remembered(grams, CACHE_SIZE)
        self._numbers = Remembered(self._unit_number, CACHE_SIZE)
        self._values, self._columns = Struct(f"<{len(weights.heads)}h"), Struct(f"<{len(weights.heads) + 1}q")
        self._signs = int.from_bytes(self._columns.pack(*[-(1 << 63)] * (len(weights.heads) + 1)), "little")
        self._steps = list(zip(weights.steps.tolist(), weights.intercepts.tolist(), strict=True))
        self.known = Lexicon.of_features(weights.words.keys, weights.words.frequencies.tolist())
        self._context = weights.words.index.keys() & KEYS

    def __reduce__(self) -> tuple[type[Scorer], tuple[Weights]]:
        """Travels to another process as its weights alone: keys are drawn anew in every process."""
        return Scorer, (self.weights,)

    @cached_property
    def _block_sums(self) -> BlockSums:
        from .block_sums import BlockSums, Rows

        words, grams = (Rows(block.keys, block.rows(self.weights.n_comments)) for block in self.weights.blocks)
        return BlockSums(words, grams, self.known)

    def totals(self, texts: Sequence[str], posts: Sequence[str] | None = None) -> Integers:
        """Sums of the values and norms of each comment's units, shape (n_texts, n_heads + 1).

        Parameters
        ----------
        texts : sequence of str
        posts : sequence of str, optional
            What each comment answers; an empty one changes nothing.
        """
        totals = self._text_totals(texts)
        if posts is None or not self._context:
            return totals
        return totals + self._decoded([self._post_total(text, post) for text, post in zip(texts, posts, strict=True)])

    def _text_totals(self, texts: Sequence[str]) -> Integers:
        if len(texts) < MANY:
            return self.plain_totals(texts)
        blocks = [self._block_sums.totals(texts[first:after]) for first, after in pairwise(_cuts(texts))]
        return np.concatenate(blocks)

    def plain_totals(self, texts: Sequence[str]) -> Integers:
        """The sums of `totals`, one comment after the other."""
        return self._decoded([self._total(text) for text in texts])

    def _total(self, text: str) -> int:
        """The sum of the rows of a comment's units, each row one long whole number with 64 bits a column."""
        tokens, pairs = unit_keys(text, self.known)
        numbers, known = self._numbers.__getitem__, self.weights.words.index.__contains__
        strange = [token for token in tokens if token not in self._numbers and token not in self.known]
        if len(strange) < MANY_STRANGE:
            return sum(map(numbers, tokens)) + sum(map(numbers, filter(known, pairs)))
        others = set(tokens).difference(strange)
        return self._gram_sum(strange) + sum(map(numbers, others)) + sum(map(numbers, filter(known, pairs)))

    def _gram_sum(self, tokens: Sequence[str]) -> int:
        """The sum of the rows of the n-grams of tokens that the model does not know; they are not kept, so that they drive out none."""
        index = self.weights.grams.index
        grams = chain.from_iterable([index.keys() & cut_ngrams(token) for token in tokens])
        ids = np.fromiter(map(index.__getitem__, grams), np.intp)
        values, norms = self.weights.grams.values.take(ids, axis=0), self._gram_norms.take(ids)
        return self._number(self._columns.pack(*values.sum(axis=0, dtype=np.int64).tolist(), norms.sum()))

    def _post_total(self, text: str, post: str) -> int:
        """The sum of the rows of the units that a post gives to a comment."""
        if not (post and self._context):
            return 0
        keys = context_keys(unit_keys(text, self.known)[0], post)
        return sum(self._numbers[key] for key in keys if key in self._context)

    def _unit_number(self, unit: str) -> int:
        """The row of a token or a pair: its own, and those of a token's n-grams."""
        own = self._word_number(unit) if unit in self.weights.words.index else 0
        if " " in unit:
            return own
        grams = self.weights.grams.index.keys() & cut_ngrams(unit)
        return own + sum(map(self._gram_numbers.__getitem__, grams))

    def unit_rows(self, units: Sequence[str]) -> Integers:
        """Values and norms of tokens and pairs, shape (n_units, n_heads + 1)."""
        return self._decoded([self._numbers[unit] for unit in units])

    def _decoded(self, numbers: Sequence[int]) -> Integers:
        """The columns of rows that are whole numbers, shape (n_numbers, n_heads + 1)."""
        joined = b"".join(map(self._packed, numbers))
        return np.frombuffer(joined, "<i8").astype(np.int64, copy=False).reshape(len(numbers), len(self.weights.heads) + 1)

    def _packed(self, number: int) -> bytes:
        """The columns of a row, as `Struct` packs them."""
        return (number + self._signs ^ self._signs).to_bytes(self._columns.size, "little")

    def _split(self, number: int) -> tuple[int, ...]:
        """The columns of a row."""
        return self._columns.unpack(self._packed(number))

    def _row_number(self, block: Block, values: memoryview, norms: memoryview, key: str) -> int:
        """The row of an entry as one whole number, the sum of its columns times powers of 2**64."""
        position = block.index[key]
        return self._number(self._columns.pack(*self._values.unpack_from(values, position * self._values.size), norms[position]))

    def _number(self, row: bytes) -> int:
        """Packed columns as one whole number."""
        # turning the sign of each column is adding half its range, so that no column borrows of another
        return (int.from_bytes(row, "little") ^ self._signs) - self._signs

    def log_odds_of(self, text: str, post: str = "") -> list[float]:
        """The log-odds of one comment as `log_odds` gives them, to the bit; without arrays, which cost more than the sums."""
        *values, norm = self._split(self._total(text) + self._post_total(text, post))
        root = math.sqrt(max(norm, 1) * NORM_UNIT)
        return [intercept + step * value / root for (step, intercept), value in zip(self._steps, values, strict=True)]

    def log_odds(self, texts: Sequence[str], posts: Sequence[str] | None = None) -> Floats:
        """Log-odds of every head for each comment, shape (n_texts, n_heads)."""
        return self.to_log_odds(self.totals(texts, posts))

    def to_log_odds(self, totals: Integers) -> Floats:
        """Turn sums of values and norms into log-odds; a comment without known units has the intercepts."""
        norms = np.sqrt(np.maximum(totals[:, -1:], 1) * NORM_UNIT)
        return self.weights.intercepts + self.weights.steps * totals[:, :-1] / norms


def _plain_rows(block: Block) -> memoryview:
    """The values of a block without an array, of which a single row is slow to take."""
    return np.ascontiguousarray(block.values, "<i2").view(np.uint8).data


def _cuts(texts: Sequence[str]) -> list[int]:
    """Where to cut comments into blocks."""
    ends, cuts = list(accumulate(map(len, texts), initial=0)), [0]
    while cuts[-1] < len(texts):
        first = cuts[-1]
        most = bisect_right(ends, ends[first] + BLOCK_CHARACTERS) - 1
        cuts.append(max(first + 1, min(first + BLOCK, most)))
    return cuts


def to_probability(log_odds: Floats) -> Floats:
    """The logistic function, without overflow.

    Examples
    --------
    >>> to_probability(np.array([-1e9, 0.0, 2.0])).round(3).tolist()
    [0.0, 0.5, 0.881]
    """
    return np.exp(-np.logaddexp(0.0, -log_odds))
