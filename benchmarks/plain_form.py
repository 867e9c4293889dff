"""The usual scikit-learn form of the job, to compare with: TF-IDF of words, pairs and character n-grams, logistic regression."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_union


def fit_plain(comments: pd.DataFrame, heads: Sequence[str]) -> Callable[[Sequence[str]], np.ndarray]:
    """Fit on labelled comments; the result gives probabilities of texts, shape (n_texts, n_heads)."""
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=3, sublinear_tf=True)
    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=5, sublinear_tf=True, max_features=120_000)
    union = make_union(words, grams)
    matrix = union.fit_transform(comments["text"]).tocsr()
    fits = []
    for head in heads:
        known = np.flatnonzero(comments[head].notna())
        answers = comments[head].iloc[known].astype(int)
        fits.append(LogisticRegression(C=3.0, solver="liblinear").fit(matrix[known], answers))
    return lambda texts: np.column_stack([fit.predict_proba(union.transform(texts))[:, 1] for fit in fits])
