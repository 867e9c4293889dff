"""How good scores are, on the comments as they are and on a thousand redraws at once: numpy alone.

Every measure takes a `Sample` and gives one number a redraw, shape (n_redraws,). What is said *at the assumed
prevalence* weighs the comments of either answer so that the positives make up that share.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from .bootstrap import Redraws

BINS = 15
"""Bins of equal width for reliability and calibration error."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Scores of one head, the truth, and how often each comment counts.

    Attributes
    ----------
    positive : (n_comments,) bool array
    score : (n_comments,) float array
        Probabilities.
    redraws : Redraws
        Of these comments.
    prevalence : float, optional
        The share of positives assumed; by default that of the comments drawn.
    """

    positive: NDArray[np.bool_]
    score: Floats
    redraws: Redraws
    prevalence: float | None = None

    @cached_property
    def counts(self) -> tuple[Floats, Floats]:
        """How many positives and how many negatives were drawn, each of shape (n_redraws, 1)."""
        both = self.redraws.sums(np.column_stack([self.positive, ~self.positive]).astype(float))
        return both[:, :1], both[:, 1:]

    @property
    def share(self) -> Floats:
        """The share of positives at which measures are taken, shape (n_redraws, 1)."""
        return self.labelled_share if self.prevalence is None else np.full((len(self.redraws), 1), self.prevalence)

    @property
    def labelled_share(self) -> Floats:
        """The share of positives among the comments drawn, shape (n_redraws, 1)."""
        positives, negatives = self.counts
        return _ratio(positives, positives + negatives)

    def means_by_answer(self, columns: Floats) -> tuple[Floats, Floats]:
        """Means over the positives and over the negatives, each of shape (n_redraws, n_columns)."""
        answers = (self.positive[:, None], ~self.positive[:, None])
        sums = np.split(self.redraws.sums(np.hstack([columns * answer for answer in answers])), 2, axis=1)
        return _ratio(sums[0], self.counts[0]), _ratio(sums[1], self.counts[1])

    def means(self, columns: Floats) -> Floats:
        """Means of columns, shape (n_comments, n_columns), at the assumed prevalence."""
        positive, negative = self.means_by_answer(columns)
        return self.share * positive + (1 - self.share) * negative

    @cached_property
    def curve(self) -> tuple[Floats, Floats, Floats]:
        """The ROC curve where it rises: at each distinct score of a positive, from the highest down.

        Three arrays of shape (n_redraws, n_scores): the share of the positives at or above the score, of the negatives
        at or above it, and of the negatives that have just this score.
        """
        order = np.lexsort((self.positive, -self.score))  # of equal scores, the negatives first
        positive, score = self.positive[order], self.score[order]
        starts = np.flatnonzero(np.diff(positive, prepend=not positive[0]) | (np.diff(score, prepend=np.nan) != 0))
        drawn, hit = self.redraws.sums_of_runs(order, starts), positive[starts]
        places = np.flatnonzero(hit)
        tied = np.where(score[starts[places]] == score[starts[places - 1]], drawn[:, places - 1], 0.0) * (places > 0)
        found = np.cumsum(drawn[:, places], axis=1)
        false = np.cumsum(drawn, axis=1)[:, places] - found
        positives, negatives = self.counts
        return _ratio(found, positives), _ratio(false, negatives), _ratio(tied, negatives)


def _ratio(above: Floats, below: Floats) -> Floats:
    """A quotient that is missing, without a warning, where nothing is divided."""
    return np.divide(above, below, out=np.full(np.broadcast_shapes(above.shape, below.shape), np.nan), where=below > 0)


def average_precision(sample: Sample, *, assumed: bool = True) -> Floats:
    """The sum of precisions, each times the recall that it adds, at the assumed prevalence or that of the comments.

    Examples
    --------
    >>> truth = np.array([True, False, True])
    >>> average_precision(Sample(truth, np.array([0.9, 0.8, 0.7]), Redraws.none(3))).round(3)
    array([0.833])
    """
    recall, false, _ = sample.curve
    precision = precision_at(sample.share if assumed else sample.labelled_share, recall, false)
    return _total(np.diff(recall, axis=1, prepend=0) * np.nan_to_num(precision), recall)


def _total(parts: Floats, recall: Floats) -> Floats:
    """Sums that are missing where no positive was drawn."""
    return parts.sum(axis=1) if recall.shape[1] else np.full(len(recall), np.nan)


def precision_at(share: Floats, recall: Floats, false: Floats) -> Floats:
    """Precision from recall, false-positive rate and the share of positives; missing where nothing is found.

    Examples
    --------
    >>> precision_at(np.array([0.5]), np.array([0.8]), np.array([0.2]))
    array([0.8])
    """
    return _ratio(share * recall, share * recall + (1 - share) * false)


def area_under_curve(sample: Sample) -> Floats:
    """The area under the ROC curve: how often a positive scores above a negative, ties half.

    Examples
    --------
    >>> truth = np.array([True, False, False])
    >>> area_under_curve(Sample(truth, np.array([0.5, 0.5, 0.1]), Redraws.none(3)))
    array([0.75])
    """
    recall, false, tied = sample.curve
    return _total(np.diff(recall, axis=1, prepend=0) * (1 - false + tied / 2), recall)


def brier_score(sample: Sample) -> Floats:
    """The mean squared distance between probability and truth, at the assumed prevalence."""
    return sample.means(((sample.score - sample.positive) ** 2)[:, None])[:, 0]


def rates(sample: Sample, threshold: float) -> dict[str, Floats]:
    """Precision, recall and the share of all comments at or above a threshold, at the assumed prevalence."""
    recall, false = sample.means_by_answer((sample.score >= threshold)[:, None].astype(float))
    precision = precision_at(sample.share, recall, false)
    touched = sample.share * recall + (1 - sample.share) * false
    found = {"precision": precision, "recall": recall, "false_positive_rate": false, "touched": touched}
    return {name: values[:, 0] for name, values in found.items()}


# ----------------------------------------------------------------------------------------------------- calibration


def reliability(sample: Sample, above: float = -1.0) -> tuple[Floats, Floats, Floats]:
    """Share of the comments, mean score and share of positives in each bin, each of shape (n_redraws, `BINS`).

    Only scores greater than ``above`` take part; their shares are still shares of all comments.
    """
    place = np.minimum((sample.score * BINS).astype(int), BINS - 1)
    inside = ((place[:, None] == np.arange(BINS)) & (sample.score > above)[:, None]).astype(float)
    means = sample.means(np.hstack([inside, inside * sample.score[:, None], inside * sample.positive[:, None]]))
    volume, scored, true = np.split(means, 3, axis=1)
    return volume, _ratio(scored, volume), _ratio(true, volume)


def calibration_error(sample: Sample, above: float = -1.0) -> Floats:
    """Expected calibration error over bins of equal width, at the assumed prevalence, among scores over ``above``.

    References
    ----------
    Naeini M. et al. Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015.

    Examples
    --------
    >>> calibration_error(Sample(np.array([True, False]), np.array([0.9, 0.1]), Redraws.none(2))).round(3)
    array([0.1])
    """
    volume, scored, true = reliability(sample, above)
    return _ratio(np.nansum(volume * np.abs(scored - true), axis=1), volume.sum(axis=1))


def chance_error(sample: Sample, above: float = -1.0, *, draws: int = 999, seed: int = 0) -> Floats:
    """The calibration error that scores which are all right would show on as few comments.

    Positives and negatives, as many as there are, are drawn in proportion to what the scores promise of each bin.

    Returns
    -------
    array
        The mean of the draws and behind it the draws, shape (1 + draws,).

    References
    ----------
    Bröcker J., Smith L. Increasing the reliability of reliability diagrams. Weather and Forecasting 2007.

    Examples
    --------
    >>> sample = Sample(np.array([True, False] * 500), np.linspace(0, 1, 1000), Redraws.none(1000))
    >>> chance_error(sample)[0].round(2), calibration_error(sample).round(2)
    (np.float64(0.04), array([0.25]))
    """
    if not sample.positive.any() or sample.positive.all():
        return np.full(1 + draws, np.nan)
    once = Sample(sample.positive, sample.score, sample.redraws.first(), sample.prevalence)
    volume, scored, _ = (np.nan_to_num(part[0]) for part in reliability(once, above))
    overall, dice = once.means(once.score[:, None])[0, 0], np.random.default_rng(seed)
    shares = []
    for count, whole, promised in zip(once.counts, (overall, 1 - overall), (volume * scored, volume * (1 - scored)), strict=True):
        cells = np.append(promised, max(whole - promised.sum(), 0.0))  # the last is of all scores below
        drawn = dice.multinomial(int(count[0, 0]), cells / cells.sum(), size=draws)[:, :-1]
        shares.append(whole * drawn / count[0, 0])
    true, drawn_volume = shares[0], shares[0] + shares[1]
    errors = _ratio(np.abs(true - drawn_volume * scored).sum(axis=1), drawn_volume.sum(axis=1))
    known = errors[~np.isnan(errors)]
    return np.append(known.mean() if len(known) else np.nan, errors)


def calibration_line(sample: Sample) -> tuple[Floats, Floats]:
    """Slope and intercept of the log-odds, at the assumed prevalence: 1 and 0 when the scores are right.

    The slope is that of a logistic regression of the truth on the log-odds: below 1, scores are too extreme. The
    intercept is that of one with the slope held at 1: below 0, scores are too high. Both are fitted on the comments as
    they are; the redraws start there and take one step of Newton's method, which is what makes a thousand cheap.
    Missing when the scores part the answers without fault, since the slope has then no end.

    Returns
    -------
    (array, array)
        Each of shape (n_redraws,).

    References
    ----------
    Cox D. Two further applications of a model for binary regression. Biometrika 1958. Moulton L., Zeger S.
    Bootstrapping generalized linear models. Computational Statistics and Data Analysis 1991.
    """
    missing = np.full(len(sample.redraws), np.nan)
    if not sample.positive.any() or sample.positive.all():
        return missing, missing
    score = np.clip(sample.score, 1e-9, 1 - 1e-9)
    log_odds, one = np.log(score / (1 - score)), np.ones((len(score), 1))
    apart = score[sample.positive].min() > score[~sample.positive].max()
    slope = missing if apart else _fitted(sample, np.column_stack([one, log_odds]), 0 * log_odds)[:, 1]
    return slope, _fitted(sample, one, log_odds)[:, 0]


def _fitted(sample: Sample, design: Floats, offset: Floats) -> Floats:
    """Coefficients of a logistic regression for each redraw, shape (n_redraws, n_columns)."""
    first = Sample(sample.positive, sample.score, sample.redraws.first(), sample.prevalence)
    point = np.zeros(design.shape[1])
    for _ in range(30):
        step = _newton_steps(first, design, design @ point + offset)[0]
        point = point + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-9))
        if np.abs(step).max() < 1e-10:
            break
    return point + _newton_steps(sample, design, design @ point + offset)


def _newton_steps(sample: Sample, design: Floats, log_odds: Floats) -> Floats:
    probability = 1 / (1 + np.exp(-log_odds))
    width = design.shape[1]
    slopes = design * (sample.positive - probability)[:, None]
    bends = (design[:, :, None] * design[:, None, :]).reshape(len(design), -1) * (probability * (1 - probability))[:, None]
    means = sample.means(np.hstack([slopes, bends]))
    curvature = means[:, width:].reshape(-1, width, width) + 1e-12 * np.eye(width)
    return np.asarray(np.linalg.solve(curvature, means[:, :width, None])[:, :, 0], np.float64)
