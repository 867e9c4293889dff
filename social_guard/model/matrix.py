"""Many comments as one matrix that is never written out: the factored form on which weights are fitted.

A character n-gram belongs to a token, so the wide matrix of n-grams is a product of two thin ones: which comment holds
which token, and which token holds which n-gram. Multiplying by the factors costs a tenth of multiplying by the product.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ..arrays import Floats
from ..words.lexicon import Lexicon
from ..words.marks import name_words
from .context import context_keys
from .features import char_ngrams, unit_keys
from .scorer import inverse_frequency

WIDELY_KNOWN = 10
"""A word that is mostly written like a name is a feature only if so many people use it: such a name points at nobody."""


@dataclass(frozen=True)
class VocabularyRecipe:
    """How many features a model has, as in `CommentClassifier`."""

    min_df: int
    max_words: int
    max_grams: int
    min_groups: int = 1


@dataclass(frozen=True, eq=False)
class Features:
    """The features of one block: their names, how many comments hold them, and the scale of the block."""

    keys: tuple[str, ...]
    frequencies: NDArray[np.int32]
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The features of a model: tokens and pairs, and the character n-grams of tokens.

    Attributes
    ----------
    words, grams : Features
    n_comments : int
        How many comments the frequencies were counted on.
    """

    words: Features
    grams: Features
    n_comments: int

    @property
    def blocks(self) -> tuple[Features, Features]:
        """Both blocks in the order of the matrix's columns."""
        return self.words, self.grams

    @property
    def known(self) -> Lexicon:
        """The words that what is written may be meant to be, as `Scorer.known`."""
        return Lexicon.of_features(self.words.keys, self.words.frequencies.tolist())

    @property
    def feature_values(self) -> Floats:
        """Inverse document frequency times scale of every feature, block by block, shape (n_features,)."""
        return np.concatenate([b.scale * inverse_frequency(b.frequencies, self.n_comments) for b in self.blocks])


@dataclass(frozen=True, eq=False)
class CommentMatrix:
    """Comments times features, factored; rows are scaled to the length norm of the model.

    Attributes
    ----------
    words : (n_comments, n_words) sparse matrix
        Which comment holds which token or pair.
    tokens : (n_comments, n_tokens) sparse matrix
        Which comment holds which token, in the vocabulary or not.
    parts : (n_tokens, n_grams) sparse matrix
        Which token holds which character n-gram.
    values : (n_features,) float array
        What a feature counts where it stands.
    lengths : (n_comments,) float array
        The root of the sum of the squared norms of each comment's units.
    """

    words: sparse.csr_matrix
    tokens: sparse.csr_matrix
    parts: sparse.csr_matrix
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
            self, words=self.words[rows], tokens=tokens[:, used], parts=self.parts[used], lengths=self.lengths[rows]
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
        return np.concatenate([self.words.T @ weights, self.parts.T @ (self.tokens.T @ weights)])

    def to_sparse(self) -> sparse.csr_matrix:
        """The matrix written out, for small data and for checks, shape (n_comments, n_features)."""
        whole = sparse.hstack([self.words, self.tokens @ self.parts], format="csr")
        return sparse.diags(1 / self.lengths) @ whole @ sparse.diags(self.values)

    def squares(self) -> Floats:
        """The mean square of each feature over the comments, before the length norm, shape (n_features,)."""
        return self.values**2 * self.counts(np.full(self.shape[0], 1 / self.shape[0]))

    def _with_lengths(self) -> CommentMatrix:
        squares = self._sums(self.values**2)
        return replace(self, lengths=np.sqrt(np.maximum(squares, np.finfo(float).tiny)))

    def _sums(self, numbers: Floats) -> Floats:
        split = self.words.shape[1]
        return self.words @ numbers[:split] + self.tokens @ (self.parts @ numbers[split:])


@dataclass(frozen=True, eq=False)
class CountedComments:
    """The units of many comments as indices, counted once and used for every vocabulary and every fold.

    Attributes
    ----------
    tokens : (n_comments, n_tokens) sparse matrix
        Which comment holds which token.
    names : (n_comments, n_tokens) sparse matrix
        In which comment a token is written like a name, or part of one.
    pairs : (n_comments, n_pairs) sparse matrix
    """

    tokens: sparse.csr_matrix
    names: sparse.csr_matrix
    token_keys: tuple[str, ...]
    pairs: sparse.csr_matrix
    pair_keys: tuple[str, ...]

    @property
    def mostly_names(self) -> NDArray[np.bool_]:
        """Which tokens are written like names more often than not, shape (n_tokens,)."""
        return np.asarray(2 * self.names.getnnz(axis=0) > self.tokens.getnnz(axis=0))

    def take(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> CountedComments:
        """Some of the comments, with the tokens and pairs that stand in them."""
        tokens, pairs = self.tokens[rows], self.pairs[rows]
        used_tokens, used_pairs = np.flatnonzero(tokens.getnnz(axis=0)), np.flatnonzero(pairs.getnnz(axis=0))
        return CountedComments(
            tokens[:, used_tokens],
            self.names[rows][:, used_tokens],
            tuple(self.token_keys[i] for i in used_tokens),
            pairs[:, used_pairs],
            tuple(self.pair_keys[i] for i in used_pairs),
        )


def known_words(texts: Sequence[str], min_df: int) -> Lexicon:
    """The words that stand in at least ``min_df`` comments."""
    plain = Counter(token for text in texts for token in unit_keys(text, Lexicon())[0])
    return Lexicon({token: float(count) for token, count in plain.items() if count >= min_df})


def count_units(
    texts: Sequence[str], min_df: int, posts: Sequence[str] | None = None, known: Lexicon | None = None
) -> CountedComments:
    """Find the distinct tokens and pairs of every comment; what it shares with its post counts among the pairs.

    What is disguised or misspelt may be read as one of the words ``known``, by default the `known_words` of the texts.
    """
    known = known_words(texts, min_df) if known is None else known
    token_index: dict[str, int] = {}
    pair_index: dict[str, int] = {}
    token_lists, name_lists, pair_lists = [], [], []
    for text, post in zip(texts, posts or [""] * len(texts), strict=True):
        tokens, pairs = unit_keys(text, known)
        pairs.extend(context_keys(tokens, post))
        token_lists.append([token_index.setdefault(token, len(token_index)) for token in tokens])
        name_lists.append([token_index[word] for word in name_words(text).intersection(tokens)])
        pair_lists.append([pair_index.setdefault(pair, len(pair_index)) for pair in pairs])
    return CountedComments(
        _indicator(token_lists, len(token_index)),
        _indicator(name_lists, len(token_index)),
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


def choose_vocabulary(
    counted: CountedComments,
    recipe: VocabularyRecipe,
    groups: NDArray[Any] | None = None,
) -> Vocabulary:
    """Keep the features that stand in enough comments by enough people, the commonest first, and scale the blocks.

    Parameters
    ----------
    counted : CountedComments
    recipe : VocabularyRecipe
    groups : (n_comments,) array, optional
        By whom each comment is, as far as that is known; by default each is by somebody else.
    """
    people = _holders(np.arange(counted.tokens.shape[0]) if groups is None else groups)
    named = _names_of_few(counted, people) if recipe.min_groups > 1 else set()
    counts = [_counts(block, people, recipe.min_groups) for block in (counted.tokens, counted.pairs)]
    keys = counted.token_keys + counted.pair_keys
    free = np.array([named.isdisjoint(key.split(" ")) for key in keys], bool)
    words = _commonest(keys, np.concatenate(counts) * free, recipe.min_df, recipe.max_words)
    index, holders = _grams_of([token for token in counted.token_keys if token not in named])
    free = np.array([token not in named for token in counted.token_keys], bool)
    grams = _commonest(index, _counts(counted.tokens[:, free], people, recipe.min_groups, holders), recipe.min_df, recipe.max_grams)
    vocabulary = Vocabulary(words, grams, counted.tokens.shape[0])
    return _scaled(vocabulary, assemble(counted, vocabulary))


def _holders(groups: NDArray[Any]) -> sparse.csr_matrix:
    """Which group holds which comment, shape (n_groups, n_comments)."""
    members = pd.factorize(groups, use_na_sentinel=False)[0]
    return sparse.csr_matrix((np.ones(len(members)), (members, np.arange(len(members)))))


def _names_of_few(counted: CountedComments, people: sparse.csr_matrix) -> set[str]:
    """Words that are mostly written like names, and by few people."""
    few = _held(people @ counted.tokens) < WIDELY_KNOWN
    return {counted.token_keys[i] for i in np.flatnonzero(counted.mostly_names & few).tolist()}


def _counts(
    block: sparse.csr_matrix, people: sparse.csr_matrix, least: int, parts: sparse.csr_matrix | None = None
) -> NDArray[np.integer]:
    """In how many comments each entry, or each part of one, stands; 0 where fewer than so many people use it."""
    counts = _held(block, parts)
    return counts if least < 2 else np.where(_held(people @ block, parts) < least, 0, counts)


def _held(block: sparse.csr_matrix, parts: sparse.csr_matrix | None = None) -> NDArray[np.integer]:
    """In how many rows each entry, or each part of one, stands; a stretch of rows at a time, which bounds memory."""
    if parts is None:
        return np.asarray(block.getnnz(axis=0))
    counts = np.zeros(parts.shape[1], np.int64)
    for start in range(0, block.shape[0], 4096):
        counts += (block[start : start + 4096] @ parts).getnnz(axis=0)
    return counts


def _commonest(keys: Sequence[str], counts: NDArray[np.integer], min_df: int, most: int) -> Features:
    kept = sorted((-int(counts[i]), keys[i]) for i in np.flatnonzero(counts >= min_df).tolist())[:most]
    kept.sort(key=lambda pair: pair[1])
    return Features(tuple(key for _, key in kept), np.array([-count for count, _ in kept], np.int32))


def _grams_of(tokens: Sequence[str]) -> tuple[list[str], sparse.csr_matrix]:
    """The n-grams of tokens, and which token holds which."""
    index: dict[str, int] = {}
    lists = [[index.setdefault(gram, len(index)) for gram in sorted(char_ngrams(token))] for token in tokens]
    return list(index), _indicator(lists, len(index))


def _scaled(vocabulary: Vocabulary, matrix: CommentMatrix) -> Vocabulary:
    """Give each block a mean square norm of 1 over the comments."""
    words, grams = vocabulary.blocks
    squares = np.split(matrix.squares(), [len(words.keys)])
    scaled = [replace(block, scale=_scale_to(1.0, part)) for block, part in zip((words, grams), squares, strict=True)]
    return replace(vocabulary, words=scaled[0], grams=scaled[1])


def _scale_to(norm: float, squares: Floats) -> float:
    total = float(squares.sum())
    return norm / np.sqrt(total) if total else 1.0


def assemble(counted: CountedComments, vocabulary: Vocabulary) -> CommentMatrix:
    """The matrix of counted comments in a given vocabulary."""
    word_index = {word: i for i, word in enumerate(vocabulary.words.keys)}
    words = counted.tokens @ _selection(counted.token_keys, word_index)
    words += counted.pairs @ _selection(counted.pair_keys, word_index)
    gram_index = {gram: i for i, gram in enumerate(vocabulary.grams.keys)}
    # sorted: the order of a set changes from one process to the next, and with it the last bits of every sum
    lists = [sorted(gram_index[gram] for gram in char_ngrams(token) if gram in gram_index) for token in counted.token_keys]
    parts = _indicator(lists, len(gram_index))
    empty = np.zeros(words.shape[0])
    return CommentMatrix(words.tocsr(), counted.tokens, parts, vocabulary.feature_values, empty)._with_lengths()


def _selection(keys: Sequence[str], index: dict[str, int]) -> sparse.csr_matrix:
    return _indicator([[index[key]] if key in index else [] for key in keys], len(index))
