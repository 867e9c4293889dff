"""Word classes: words that stand among the same neighbours share a class, so that what is learnt of one helps the others.

Nobody labels anything for this: the classes come from which words stand next to which in the training comments. A word
gets one class of a coarse and one of a fine partition.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from social_guard.words.text import fold, tokens

DIMENSIONS = 150
WORDS_PER_CLASS = 8
NEIGHBOURS = ((1, 1.0), (2, 0.7), (3, 0.4))
"""How far away a neighbour may stand, and how much it then counts."""
CONTEXTS = 6000
"""So many of the commonest words count as neighbours."""
SMOOTHING = 0.75
GAP = [-1] * NEIGHBOURS[-1][0]


def induce_word_classes(texts: Sequence[str], sizes: Sequence[int], *, min_df: int = 5) -> dict[str, tuple[str, ...]]:
    """Sort the words of many comments into classes.

    Parameters
    ----------
    texts : sequence of str
    sizes : sequence of int
        How many classes each partition has; one with fewer than `WORDS_PER_CLASS` words a class is left out.
    min_df : int
        In how many comments a word must stand.

    Returns
    -------
    dict of str to tuple of str
        The names of each word's classes, one a partition.

    References
    ----------
    Levy O., Goldberg Y. Neural word embedding as implicit matrix factorization. NeurIPS 2014: vectors of words from
    positive pointwise mutual information; here sorted by k-means.

    Examples
    --------
    >>> texts = [f"the {who} was {how}" for who in ("nurse", "doctor", "porter") for how in ("kind", "rude", "late")] * 9
    >>> classes = induce_word_classes(texts, [1])
    >>> classes["nurse"]
    ('‹1:0›',)
    """
    comments = [tokens(fold(text)) for text in texts]
    counts = Counter(chain.from_iterable(map(set, comments)))
    words = sorted((word for word, count in counts.items() if count >= min_df), key=lambda word: (-counts[word], word))
    kept = [size for size in sizes if len(words) >= WORDS_PER_CLASS * size]
    if not kept:
        return {}
    vectors = _word_vectors(_neighbour_counts(comments, words))
    labels = [_cluster(vectors, size) for size in kept]
    return {word: tuple(f"‹{size}:{label[i]}›" for size, label in zip(kept, labels, strict=True)) for i, word in enumerate(words)}


def _neighbour_counts(comments: Sequence[Sequence[str]], words: Sequence[str]) -> sparse.csr_matrix:
    """How often each word stands near each context; right before and right after are contexts of their own."""
    index = {word: i for i, word in enumerate(words)}
    flat = np.array([i for comment in comments for i in chain((index.get(token, -1) for token in comment), GAP)], np.int32)
    total = sparse.csr_matrix((len(words), 3 * CONTEXTS))
    for distance, weight in NEIGHBOURS:
        left, right = flat[:-distance], flat[distance:]
        both = (left >= 0) & (right >= 0)
        for side, (word, context) in enumerate([(left[both], right[both]), (right[both], left[both])]):
            near = context < CONTEXTS
            column = context[near] + CONTEXTS * (side if distance == 1 else 2)
            entries = (np.full(len(column), weight), (word[near], column))
            total += sparse.coo_matrix(entries, shape=total.shape).tocsr()
    return total


def _word_vectors(counts: sparse.csr_matrix) -> NDArray[np.float64]:
    """Directions of the words in the main dimensions of positive pointwise mutual information, shape (n_words, n)."""
    from sklearn.utils.extmath import randomized_svd

    entries = counts.tocoo()
    of_word = np.asarray(counts.sum(axis=1)).ravel()
    of_context = np.asarray(counts.sum(axis=0)).ravel() ** SMOOTHING
    information = np.log(entries.data * of_context.sum() / (of_word[entries.row] * of_context[entries.col]))
    kept = information > 0
    positive = sparse.csr_matrix((information[kept], (entries.row[kept], entries.col[kept])), shape=counts.shape)
    left, strengths, _ = randomized_svd(positive, min(DIMENSIONS, counts.shape[0]), n_iter=3, random_state=0)
    vectors = left * np.sqrt(strengths)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), np.finfo(float).tiny)


def _cluster(vectors: NDArray[np.float64], size: int) -> NDArray[np.integer]:
    from sklearn.cluster import MiniBatchKMeans

    return MiniBatchKMeans(size, batch_size=4096, n_init=1, max_iter=30, random_state=0).fit_predict(vectors)
