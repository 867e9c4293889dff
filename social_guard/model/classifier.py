"""`CommentClassifier`: TF-IDF and one calibrated logistic regression a category, as a scikit-learn estimator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any, NamedTuple, Self

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from ..arrays import Floats
from ..exceptions import DataError, LabelError
from ..prevalence import check_shares
from .given import check_posts, check_texts
from .matrix import CommentMatrix, Vocabulary, VocabularyRecipe, assemble, choose_vocabulary, count_units
from .scorer import Block, Scorer, Weights, to_probability

GRID = 4095
"""The largest weight of a head in steps: weights are whole numbers of steps."""


class Fit(NamedTuple):
    """What was learnt for one head: weights of the features and an intercept, in log-odds."""

    coef: Floats
    intercept: float

    def log_odds(self, matrix: CommentMatrix) -> Floats:
        """Log-odds of each comment of a matrix, shape (n_comments,)."""
        return matrix.dot(self.coef) + self.intercept


class CommentClassifier(ClassifierMixin, BaseEstimator):
    """One logistic regression for each category over the units of a comment, calibrated on held-out folds.

    Each category is fitted on the comments whose label for it is known: a missing label is unknown, not negative.

    Parameters
    ----------
    C : float, default=3.0
        Inverse strength of the L2 penalty, as in scikit-learn's ``LogisticRegression``.
    ratio_power : float, default=0.5
        A feature is scaled by the log-ratio of its shares in the two answers, to this power, while its weight is
        fitted, so that the penalty falls on features that tell nothing; 0 is the plain logistic regression.
    min_df : int, default=5
        In how many comments a token, pair or character n-gram must stand to be a feature.
    min_groups : int, default=1
        By how many ``groups`` a token, pair or character n-gram must be used, so that none gives away what one person wrote;
        with more than one, names that only few people use are no features either.
    max_words, max_grams : int, default=60_000
        How many tokens and pairs, and how many character n-grams, to keep at the most.
    folds : int, default=3
        How many folds calibration uses; 0 leaves the log-odds as fitted.
    prevalence : mapping of str to float, default=None
        The share of each category where the model will be used; calibration shifts to it. A category that is not
        named keeps the share that it has among the labels.
    n_jobs : int, default=None
        How many heads to fit at the same time, as in joblib.

    Attributes
    ----------
    classes_ : array
        Two labels after a fit on one column of labels, the names of the columns after a fit on several.
    weights_ : Weights
        What was learnt, calibration folded in.
    vocabulary_ : Vocabulary
        The features and their scales.
    held_out_log_odds_ : (n_comments, n_heads) float array
        Calibrated log-odds of each training comment by models that did not see its group; NaN without folds.

    Examples
    --------
    >>> texts = ["what a lovely ward", "lovely kind nurse", "you are an idiot", "idiot doctor", "kind idiot"] * 4
    >>> guard = CommentClassifier(min_df=1, folds=0).fit(texts, [0, 0, 1, 1, 1] * 4)
    >>> guard.predict(["an idiot", "a lovely nurse"]).tolist()
    [1, 0]
    """

    def __init__(
        self,
        C: float = 3.0,
        *,
        ratio_power: float = 0.5,
        min_df: int = 5,
        min_groups: int = 1,
        max_words: int = 60_000,
        max_grams: int = 60_000,
        folds: int = 3,
        prevalence: Mapping[str, float] | None = None,
        n_jobs: int | None = None,
    ) -> None:
        self.C = C
        self.ratio_power = ratio_power
        self.min_df = min_df
        self.min_groups = min_groups
        self.max_words = max_words
        self.max_grams = max_grams
        self.folds = folds
        self.prevalence = prevalence
        self.n_jobs = n_jobs

    def fit(
        self,
        X: Sequence[str],
        y: ArrayLike | pd.DataFrame,
        sample_weight: ArrayLike | None = None,
        groups: ArrayLike | None = None,
        calibration_weight: ArrayLike | None = None,
        posts: Sequence[str] | None = None,
        *,
        counted: ArrayLike | None = None,
    ) -> Self:
        """Learn the weights of every category.

        Parameters
        ----------
        X : (n_comments,) sequence of str
        y : (n_comments,) or (n_comments, n_heads) array or frame
            0, 1 or missing for each head; one column may hold any two labels. The columns of a frame name the heads.
        sample_weight : (n_comments,) array, optional
            How much a comment counts in the fit.
        groups : (n_comments,) array, optional
            By whom each comment is: those of one group stay in one fold. By default a comment is its own group, and equal comments share one.
        calibration_weight : (n_comments,) array, optional
            How much a comment counts in the calibration, 0 for not at all. By default all count the same.
        posts : (n_comments,) sequence of str, optional
            The post that each comment answers; empty where it is not known.
        counted : (n_comments,) bool array, optional
            From which comments the vocabulary is taken and its frequencies counted, and not from variations of them. By
            default from all.

        Returns
        -------
        self

        Raises
        ------
        LabelError
            When labels are not 0, 1 or missing, or when a category has too few of either answer.
        DataError
            When a row is no text, or ``folds`` or ``prevalence`` cannot be used.
        """
        if self.folds == 1 or self.folds < 0:
            raise DataError(f"folds is {self.folds}; comments are held out in two folds or more, or in none (0)")
        check_shares(self.prevalence or {})
        texts = check_texts(X)
        labels = self._check_labels(y, len(texts))
        by = np.asarray(texts if groups is None else groups)
        matrix = self._matrix(texts, check_posts(posts, len(texts)), _column(counted, len(texts)) > 0, by)
        fold = deal_folds(by, labels, self.folds)
        jobs = [(h, k) for h in range(labels.shape[1]) for k in (-1, *range(self.folds))]
        weight, calibrated = _column(sample_weight, len(texts)), _column(calibration_weight, len(texts))
        if self.folds:
            _check_support(np.where(calibrated[:, None] > 0, labels, np.nan), self.heads_, 1, " that count in the calibration")
        with Parallel(n_jobs=self.n_jobs) as parallel:
            fits = parallel(
                delayed(fit_head)(matrix, labels[:, h], weight * (fold != k), C=self.C, ratio_power=self.ratio_power)
                for h, k in jobs
            )
        self._calibrate(matrix, labels, dict(zip(jobs, fits, strict=True)), fold, calibrated)
        return self

    def _matrix(
        self, texts: list[str], posts: list[str] | None, counted: NDArray[np.bool_], groups: NDArray[Any]
    ) -> CommentMatrix:
        """The comments in a vocabulary chosen from those that are counted, read as the scorer will read them."""
        plain = count_units(list(compress(texts, counted)), self.min_df, posts and list(compress(posts, counted)))
        recipe = VocabularyRecipe(self.min_df, self.max_words, self.max_grams, self.min_groups)
        self.vocabulary_ = choose_vocabulary(plain, recipe, groups[counted])
        return assemble(count_units(texts, self.min_df, posts, self.vocabulary_.known), self.vocabulary_)

    def _check_labels(self, y: ArrayLike | pd.DataFrame, n_comments: int) -> Floats:
        names = [str(name) for name in y.columns] if isinstance(y, pd.DataFrame) else None
        raw = y.to_numpy(dtype=object, na_value=np.nan) if isinstance(y, pd.DataFrame | pd.Series) else np.asarray(y)
        if len(raw) != n_comments:
            raise LabelError(f"y has {len(raw)} rows for {n_comments} comments; give one row of labels a comment")
        self._single = raw.ndim == 1
        if self._single:
            self.classes_, labels = _binary(raw)
            self.heads_: tuple[str, ...] = ("label",)
        else:
            self.heads_ = tuple(names or map(str, range(raw.shape[1])))
            self.classes_, labels = np.array(self.heads_), _zero_one(raw, self.heads_)
        _check_support(labels, self.heads_, max(self.folds, 1) + 1)
        return labels

    def _calibrate(
        self, matrix: CommentMatrix, labels: Floats, fits: dict[tuple[int, int], Fit], fold: NDArray[np.intp], weight: Floats
    ) -> None:
        held_out = np.full(labels.shape, np.nan)
        lines = np.tile([1.0, 0.0], (labels.shape[1], 1))
        for k in range(self.folds):
            part = matrix.take(np.flatnonzero(fold == k))
            for h in range(labels.shape[1]):
                held_out[fold == k, h] = fits[h, k].log_odds(part)
        for h, head in enumerate(self.heads_) if self.folds else ():
            lines[h] = calibration_line(held_out[:, h], labels[:, h], weight, (self.prevalence or {}).get(head))
        self.held_out_log_odds_ = held_out * lines[:, 0] + lines[:, 1]
        final = [fits[h, -1] for h in range(labels.shape[1])]
        coef = np.array([fit.coef * line[0] for fit, line in zip(final, lines, strict=True)])
        intercepts = np.array([fit.intercept * line[0] + line[1] for fit, line in zip(final, lines, strict=True)])
        self.weights_ = to_weights(self.heads_, self.vocabulary_, coef, intercepts)
        self._scorer = Scorer(self.weights_)

    @property
    def coef_(self) -> Floats:
        """Weights of the features as a plain logistic regression would have them, shape (n_heads, n_features)."""
        check_is_fitted(self)
        values = np.vstack([block.values for block in self.weights_.blocks])
        return values.T * self.weights_.steps[:, None] / self.vocabulary_.feature_values

    @property
    def intercept_(self) -> Floats:
        """Intercepts in log-odds, shape (n_heads,)."""
        check_is_fitted(self)
        return self.weights_.intercepts

    def decision_function(self, X: Sequence[str], posts: Sequence[str] | None = None) -> Floats:
        """Calibrated log-odds, shape (n_comments, n_heads); (n_comments,) after a fit on one column."""
        check_is_fitted(self)
        texts = check_texts(X)
        log_odds = self._scorer.log_odds(texts, check_posts(posts, len(texts)))
        return log_odds[:, 0] if self._single else log_odds

    def predict_proba(self, X: Sequence[str], posts: Sequence[str] | None = None) -> Floats:
        """Calibrated probabilities, shape (n_comments, n_heads); of both classes after a fit on one column."""
        probability = to_probability(self.decision_function(X, posts))
        return np.column_stack([1 - probability, probability]) if self._single else probability

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """The likelier answer, shape (n_comments, n_heads) of 0 and 1; (n_comments,) of labels after one column."""
        positive = self.decision_function(X) > 0
        return self.classes_[positive.astype(int)] if self._single else positive.astype(int)

    def score(self, X: Sequence[str], y: ArrayLike | pd.DataFrame, sample_weight: ArrayLike | None = None) -> float:
        """Mean area under the ROC curve of the heads that have both answers among their known labels."""
        from sklearn.metrics import roc_auc_score

        raw = y.to_numpy(dtype=object, na_value=np.nan) if isinstance(y, pd.DataFrame | pd.Series) else np.asarray(y)
        labels = (raw == self.classes_[1]).astype(float)[:, None] if self._single else _zero_one(raw, self.heads_)
        scores = np.reshape(self.decision_function(X), labels.shape)
        weight = _column(sample_weight, len(scores))
        areas = [
            roc_auc_score(labels[known, h], scores[known, h], sample_weight=weight[known])
            for h in range(labels.shape[1])
            if len(np.unique(labels[(known := ~np.isnan(labels[:, h])), h])) == 2
        ]
        return float(np.mean(areas)) if areas else float("nan")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.target_tags.required = True
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.multi_label = True
        return tags


# -------------------------------------------------------------------------------------------------------- checking


def _column(weight: ArrayLike | None, length: int) -> Floats:
    return np.ones(length) if weight is None else np.asarray(weight, float)


def _binary(raw: NDArray[Any]) -> tuple[NDArray[Any], Floats]:
    missing = pd.isna(raw)
    classes = np.unique(raw[~missing].tolist())
    if len(classes) != 2:
        raise LabelError(f"y has {len(classes)} different labels ({classes[:5].tolist()}); it needs two")
    labels = (raw == classes[1]).astype(float)
    labels[missing] = np.nan
    return classes, labels[:, None]


def _zero_one(raw: NDArray[Any], heads: Sequence[str]) -> Floats:
    labels = np.where(pd.isna(raw), np.nan, raw).astype(float)
    for h, head in enumerate(heads):
        wrong = ~(np.isnan(labels[:, h]) | np.isin(labels[:, h], (0, 1)))
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            raise LabelError(f"column {head!r} of y has {labels[row, h]:g} in row {row}; allowed are 0, 1 and missing")
    return labels


def _check_support(labels: Floats, heads: Sequence[str], least: int, which: str = "") -> None:
    for h, head in enumerate(heads):
        for answer in (0, 1):
            count = int((labels[:, h] == answer).sum())
            if count < least:
                raise LabelError(f"{head!r} has {count} comments labelled {answer}{which}; it needs at least {least}: add labels or leave it out")


# --------------------------------------------------------------------------------------------------------- fitting


def deal_folds(groups: Sequence[Any] | NDArray[Any], labels: Floats, folds: int) -> NDArray[np.intp]:
    """Deal groups to folds so that each fold gets its share of every label, the rarest first, shape (n_comments,)."""
    codes, _ = pd.factorize(pd.Series(groups))
    positive = pd.DataFrame(labels == 1).groupby(codes).any().to_numpy()
    rarity = np.argsort(np.argsort(positive.sum(axis=0)))
    rarest = np.where(positive, rarity, labels.shape[1]).min(axis=1)
    order = np.argsort(rarest, kind="stable")
    dealt = np.empty(len(order), np.intp)
    dealt[order] = np.arange(len(order)) % max(folds, 1)
    return dealt[codes]


def fit_head(matrix: CommentMatrix, labels: Floats, weight: Floats, *, C: float, ratio_power: float) -> Fit:
    """Fit one logistic regression on the comments whose label is known and whose weight is not zero."""
    rows = np.flatnonzero(~np.isnan(labels) & (weight > 0))
    part, weight, positive = matrix.take(rows), weight[rows], labels[rows] > 0
    with threadpool_limits(1, "blas"):  # a sum cut among threads has other last bits, and workers have fewer threads
        scales = log_ratios(part, positive, weight) ** ratio_power
        scales /= np.sqrt(np.mean(scales**2))
        coef, intercept = _logistic_regression(part.scaled(scales), positive, C * weight)
    return Fit(coef * scales, intercept)


def log_ratios(matrix: CommentMatrix, positive: NDArray[np.bool_], weight: Floats) -> Floats:
    """How much commoner each feature is in one answer than in the other, as the size of a log-ratio, shape (n_features,).

    References
    ----------
    Wang S., Manning C. Baselines and bigrams: simple, good sentiment and topic classification. ACL 2012.
    """
    smoothing = weight.mean()
    shares = [
        (matrix.counts(weight * answer) + smoothing) / (weight @ answer + smoothing) for answer in (positive, ~positive)
    ]
    return np.abs(np.log(shares[0] / shares[1]))


def _logistic_regression(matrix: CommentMatrix, positive: NDArray[np.bool_], weight: Floats) -> tuple[Floats, float]:
    sign = np.where(positive, 1.0, -1.0)

    def _loss_and_gradient(point: Floats) -> tuple[float, Floats]:
        margin = (matrix.dot(point[:-1]) + point[-1]) * sign
        loss = weight @ np.logaddexp(0, -margin) + 0.5 * point[:-1] @ point[:-1]
        residual = -weight * sign * to_probability(-margin)
        return loss, np.append(matrix.transposed_dot(residual) + point[:-1], residual.sum())

    options = {"maxiter": 500, "ftol": 1e-7, "gtol": 1e-4}
    start = np.zeros(matrix.shape[1] + 1)
    solution = minimize(_loss_and_gradient, start, jac=True, method="L-BFGS-B", options=options).x
    return solution[:-1], float(solution[-1])


def calibration_line(log_odds: Floats, labels: Floats, weight: Floats, prevalence: float | None) -> tuple[float, float]:
    """Slope and intercept that turn held-out log-odds into calibrated ones at a prevalence (Platt's scaling).

    Returns
    -------
    (float, float)
        The slope is never negative.

    References
    ----------
    Platt J. Probabilistic outputs for support vector machines. 1999.
    """
    rows = np.flatnonzero(~np.isnan(labels) & ~np.isnan(log_odds) & (weight > 0))
    z, positive, weight = log_odds[rows], labels[rows] > 0, weight[rows]
    if prevalence is not None and positive.any() and not positive.all():
        shares = np.where(positive, prevalence / weight[positive].sum(), (1 - prevalence) / weight[~positive].sum())
        weight = weight * shares
    weight = weight / weight.sum()

    def _loss(line: Floats) -> float:
        margin = (np.exp(line[0]) * z + line[1]) * np.where(positive, 1.0, -1.0)
        return float(weight @ np.logaddexp(0, -margin) + 1e-4 * line[0] ** 2)

    start = np.array([0.0, np.log(weight[positive].sum() / weight[~positive].sum())])
    best = minimize(_loss, start, method="Nelder-Mead", options={"xatol": 1e-4, "fatol": 1e-9, "maxiter": 2000}).x
    return float(np.exp(best[0])), float(best[1])


def to_weights(heads: tuple[str, ...], vocabulary: Vocabulary, coef: Floats, intercepts: Floats) -> Weights:
    """Put fitted coefficients on the grid of whole steps on which scores are exact sums."""
    values = coef * vocabulary.feature_values
    steps = np.maximum(np.abs(values).max(axis=1), np.finfo(float).tiny) / GRID
    grid = np.rint(values / steps[:, None]).astype(np.int16).T
    parts = np.split(grid, np.cumsum([len(block.keys) for block in vocabulary.blocks])[:-1])
    words, grams = (
        Block(features.keys, features.frequencies, features.scale, part)
        for features, part in zip(vocabulary.blocks, parts, strict=True)
    )
    return Weights(heads, intercepts, steps, vocabulary.n_comments, words, grams)
