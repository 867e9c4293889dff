"""Many comments as one matrix that is never written out: the factored form on which weights are fitted.

A character n-gram belongs to a token, so the wide matrix of n-grams is a product of two thin ones: which comment holds
which token, and which token holds which n-gram. Multiplying by the factors costs a tenth of multiplying by the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from .features import char_ngrams, unit_keys
from .scorer import Floats, inverse_frequency


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The features of a model: their names, how many comments hold them, and the scale of either block."""

    words: tuple[str, ...]
    word_frequencies: NDArray[np.int32]
    word_scale: float
    grams: tuple[str, ...]
    gram_frequencies: NDArray[np.int32]
    gram_scale: float
    n_comments: int

    @property
    def feature_values(self) -> Floats:
        """Inverse document frequency times scale of every feature, words first, shape (n_features,)."""
        words = self.word_scale * inverse_frequency(self.word_frequencies, self.n_comments)
        grams = self.gram_scale * inverse_frequency(self.gram_frequencies, self.n_comments)
        return np.concatenate([words, grams])


@dataclass(frozen=True, eq=False)
class CommentMatrix:
    """Comments times features, factored; rows are scaled to the length norm of the model.

    Attributes
    ----------
    words : (n_comments, n_words) sparse matrix
        Which comment holds which token or pair.
    tokens : (n_comments, n_tokens) sparse matrix
        Which comment holds which token, in the vocabulary or not.
    grams : (n_tokens, n_grams) sparse matrix
        Which token holds which character n-gram.
    values : (n_features,) float array
        What a feature counts where it stands.
    lengths : (n_comments,) float array
        The root of the sum of the squared norms of each comment's units.
    """

    words: sparse.csr_matrix
    tokens: sparse.csr_matrix
    grams: sparse.csr_matrix
    values: Floats
    lengths: Floats

    @property
    def shape(self) -> tuple[int, int]:
        """Comments and features."""
        return self.words.shape[0], len(self.values)

    def take(self, rows: NDArray[np.intp]) -> CommentMatrix:
        """The same features for some of the comments."""
        tokens = self.tokens[rows]
        used = np.flatnonzero(tokens.getnnz(axis=0))
        return replace(
            self, words=self.words[rows], tokens=tokens[:, used], grams=self.grams[used], lengths=self.lengths[rows]
        )

    def scaled(self, scales: Floats) -> CommentMatrix:
        """The matrix with another scale for each feature; the length norm stays."""
        return replace(self, values=self.values * scales)

    def dot(self, weights: Floats) -> Floats:
        """Matrix times a vector of one weight a feature, shape (n_comments,)."""
        return self._sums(self.values * weights) / self.lengths

    def transposed_dot(self, residuals: Floats) -> Floats:
        """The transposed matrix times a vector of one number a comment, shape (n_features,)."""
        return self.values * self.counts(residuals / self.lengths)

    def counts(self, weights: Floats) -> Floats:
        """How often each feature stands in the comments, each with a weight, shape (n_features,)."""
        return np.concatenate([self.words.T @ weights, self.grams.T @ (self.tokens.T @ weights)])

    def to_sparse(self) -> sparse.csr_matrix:
        """The matrix written out, for small data and for checks, shape (n_comments, n_features)."""
        whole = sparse.hstack([self.words, self.tokens @ self.grams], format="csr")
        return sparse.diags(1 / self.lengths) @ whole @ sparse.diags(self.values)

    def _with_lengths(self) -> CommentMatrix:
        squares = self._sums(self.values**2)
        return replace(self, lengths=np.sqrt(np.maximum(squares, np.finfo(float).tiny)))

    def _sums(self, numbers: Floats) -> Floats:
        split = self.words.shape[1]
        return self.words @ numbers[:split] + self.tokens @ (self.grams @ numbers[split:])


@dataclass(frozen=True, eq=False)
class CountedComments:
    """The units of many comments as indices, counted once and used for every vocabulary and every fold."""

    tokens: sparse.csr_matrix
    token_keys: tuple[str, ...]
    pairs: sparse.csr_matrix
    pair_keys: tuple[str, ...]


def count_units(texts: Sequence[str], min_df: int) -> CountedComments:
    """Find the distinct tokens and pairs of every comment.

    Words that stand in at least ``min_df`` comments are those that a disguised stretch may be read as.
    """
    plain = Counter(token for text in texts for token in unit_keys(text, {})[0])
    known = {token: float(count) for token, count in plain.items() if count >= min_df}
    token_index: dict[str, int] = {}
    pair_index: dict[str, int] = {}
    token_lists, pair_lists = [], []
    for text in texts:
        tokens, pairs = unit_keys(text, known)
        token_lists.append([token_index.setdefault(token, len(token_index)) for token in tokens])
        pair_lists.append([pair_index.setdefault(pair, len(pair_index)) for pair in pairs])
    return CountedComments(
        _indicator(token_lists, len(token_index)),
        tuple(token_index),
        _indicator(pair_lists, len(pair_index)),
        tuple(pair_index),
    )


def _indicator(lists: Sequence[Sequence[int]], width: int) -> sparse.csr_matrix:
    counts = np.fromiter(map(len, lists), np.int64, len(lists))
    indices = np.fromiter((i for row in lists for i in row), np.int32, int(counts.sum()))
    return sparse.csr_matrix(
        (np.ones(len(indices)), indices, np.concatenate([[0], np.cumsum(counts)])), shape=(len(lists), width)
    )


def choose_vocabulary(counted: CountedComments, min_df: int, max_words: int, max_grams: int) -> Vocabulary:
    """Keep the features that stand in enough comments, the commonest first, and scale the two blocks.

    Parameters
    ----------
    counted : CountedComments
    min_df : int
        In how many comments a feature must stand.
    max_words, max_grams : int
        How many tokens and pairs, and how many character n-grams, to keep at the most.
    """
    token_counts, pair_counts = counted.tokens.getnnz(axis=0), counted.pairs.getnnz(axis=0)
    words, word_frequencies = _commonest(
        counted.token_keys + counted.pair_keys, np.concatenate([token_counts, pair_counts]), min_df, max_words
    )
    holders, gram_keys = _gram_holders(counted.token_keys)
    grams, gram_frequencies = _commonest(gram_keys, _comment_frequencies(counted.tokens, holders), min_df, max_grams)
    vocabulary = Vocabulary(words, word_frequencies, 1.0, grams, gram_frequencies, 1.0, counted.tokens.shape[0])
    return _scaled(vocabulary, assemble(counted, vocabulary))


def _commonest(
    keys: Sequence[str], counts: NDArray[np.integer], min_df: int, most: int
) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    kept = sorted((-int(counts[i]), keys[i]) for i in np.flatnonzero(counts >= min_df).tolist())[:most]
    kept.sort(key=lambda pair: pair[1])
    return tuple(key for _, key in kept), np.array([-count for count, _ in kept], np.int32)


def _gram_holders(token_keys: Iterable[str]) -> tuple[sparse.csr_matrix, list[str]]:
    index: dict[str, int] = {}
    lists = [[index.setdefault(gram, len(index)) for gram in sorted(char_ngrams(token))] for token in token_keys]
    return _indicator(lists, len(index)), list(index)


def _comment_frequencies(tokens: sparse.csr_matrix, holders: sparse.csr_matrix) -> NDArray[np.integer]:
    """In how many comments each n-gram stands, a block of comments at a time to bound memory."""
    frequencies = np.zeros(holders.shape[1], np.int64)
    for start in range(0, tokens.shape[0], 4096):
        frequencies += (tokens[start : start + 4096] @ holders).getnnz(axis=0)
    return frequencies


def _scaled(vocabulary: Vocabulary, matrix: CommentMatrix) -> Vocabulary:
    split = len(vocabulary.words)
    squares = matrix.values**2
    word = np.mean(matrix.words @ squares[:split]) if split else 1.0
    gram = np.mean(matrix.tokens @ (matrix.grams @ squares[split:])) if len(vocabulary.grams) else 1.0
    return replace(vocabulary, word_scale=1 / np.sqrt(word or 1.0), gram_scale=1 / np.sqrt(gram or 1.0))


def assemble(counted: CountedComments, vocabulary: Vocabulary) -> CommentMatrix:
    """The matrix of counted comments in a given vocabulary."""
    word_index = {word: i for i, word in enumerate(vocabulary.words)}
    gram_index = {gram: i for i, gram in enumerate(vocabulary.grams)}
    # sorted: the order of a set changes from one process to the next, and with it the last bits of every sum
    lists = [sorted(gram_index[g] for g in char_ngrams(token) if g in gram_index) for token in counted.token_keys]
    words = counted.tokens @ _selection(counted.token_keys, word_index)
    words += counted.pairs @ _selection(counted.pair_keys, word_index)
    grams = _indicator(lists, len(gram_index))
    empty = np.zeros(words.shape[0])
    return CommentMatrix(words.tocsr(), counted.tokens, grams, vocabulary.feature_values, empty)._with_lengths()


def _selection(keys: Sequence[str], index: dict[str, int]) -> sparse.csr_matrix:
    return _indicator([[index[key]] if key in index else [] for key in keys], len(index))
