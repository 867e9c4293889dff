"""The lowest threshold whose precision is proven: exact bounds, valid although many thresholds are tried.

A promise says: of the comments that reach the threshold, at least a share P belongs to the category, where a share π of
all comments does. With recall t and false alarm rate f at the threshold, that is f ≤ r·t with
r = π (1 - P) / ((1 - π) P).

*One threshold.* The thresholds tried are the scores of the labelled comments of the category (the positives). The true
recall at the j-th best of n₁ of them follows the Beta(j, n₁ - j + 1) distribution, whatever the scores look like. If the
promise is broken there, of n₀ other comments at least Binomial(n₀, r·t) reach it; b or fewer do so with a probability
of at most P(Binomial(j + b, q) ≤ b), q = n₀ r / (n₀ r + n₁ + 1). This is the bound of Clopper and Pearson on the share of
positives among the comments that reached the threshold, carried from the labels to the prevalence where the model is used,
with one positive more to pay for the threshold standing at a positive. A test compares it with the exact integral.

*Many thresholds.* They are tried from the strictest down, each only after the one above it has passed, so that none is
paid for ("learn then test" in a fixed sequence). The first is the strictest that still passes with one false alarm, if the
labels are that many: a sequence that begins where the first false alarm ends it would often end too soon. Where it begins
depends on the numbers of labels alone. Splitting the labels to find a better beginning, or several beginnings that share
the error, were tried and gave lower recall; an oracle that knows which single threshold to try finds little more than this
(docs/figures/tuning-simulation.md).

References
----------
Clopper C., Pearson E. The use of confidence or fiducial limits illustrated in the case of the binomial. Biometrika 1934.
Maurer W., Hothorn L., Lehmacher W. Multiple comparisons in drug clinical trials and preclinical assays: a-priori ordered
hypotheses. In: Biometrie in der chemisch-pharmazeutischen Industrie 6, 1995.
Angelopoulos A. et al. Learn then test: calibrating predictive algorithms to achieve risk control. arXiv:2110.01052, 2021.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats

Ranks = NDArray[np.intp]
GRID = 1e4
"""Thresholds have four digits."""
STEPS = 200
"""About how many thresholds are tried."""
SPARE = (1, 0)
"""False alarms that the first threshold may bear, if it can."""
FOLDS = range(2, 65)
"""How many times as many labels are worth asking for."""
FIRST_LABELS = 20
"""Without so many labels of either kind nothing can be foretold."""


@dataclass(frozen=True)
class Promise:
    """At least ``precision`` where a share ``prevalence`` of all comments belongs, with an error of at most ``error``.

    Examples
    --------
    >>> round(Promise(precision=0.8, prevalence=0.5, error=0.05).ratio, 6)
    0.25
    """

    precision: float
    prevalence: float
    error: float

    @property
    def ratio(self) -> float:
        """How many false alarms a comment outside may cause for each hit of a comment inside: r above."""
        return self.prevalence * (1 - self.precision) / ((1 - self.prevalence) * self.precision)


@dataclass(frozen=True, eq=False)
class Sample:
    """The scores of labelled comments, ready to be asked about thresholds.

    Attributes
    ----------
    positives, negatives : (n,) float arrays
        Scores of the comments of the category and of the others, rising, cut to four digits where they are positives.

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.2, 0.1])
    >>> Sample.of(scores, np.array([True, False, True, False])).false_alarms(np.array([0.5]))
    array([1])
    """

    positives: Floats
    negatives: Floats

    @classmethod
    def of(cls, scores: Floats, positive: NDArray[np.bool_]) -> Sample:
        """Split scores by their labels."""
        return cls(np.sort(np.floor(scores[positive] * GRID) / GRID), np.sort(scores[~positive]))

    @property
    def share(self) -> float:
        """The share of positives, one more counted than there are: with it the bound on a random sample is exact.

        Of the comments that reach a threshold just broken, each is then a false alarm with probability 1 - P.
        """
        return (len(self.positives) + 1) / (len(self.positives) + len(self.negatives) + 1)

    @property
    def ranks(self) -> Ranks:
        """The ranks among the positives, from the best, whose scores are tried as thresholds."""
        step = max(1, len(self.positives) // STEPS)
        return np.arange(step, len(self.positives) + 1, step)

    def at_rank(self, ranks: Ranks) -> Floats:
        """The scores of the positives of these ranks."""
        return self.positives[len(self.positives) - ranks]

    def hits(self, thresholds: Floats) -> Ranks:
        """How many positives reach each threshold."""
        return len(self.positives) - np.searchsorted(self.positives, thresholds, side="left")

    def false_alarms(self, thresholds: Floats) -> Ranks:
        """How many other comments reach each threshold."""
        return len(self.negatives) - np.searchsorted(self.negatives, thresholds, side="left")

    def rates(self, threshold: float) -> tuple[float, float]:
        """Recall and false alarm rate at a threshold, as they are in the sample."""
        at = np.array([threshold])
        return float(self.hits(at)[0] / len(self.positives)), float(self.false_alarms(at)[0] / len(self.negatives))


def proven_thresholds(sample: Sample, promise: Promise) -> dict[float, float]:
    """The thresholds at which the promise is proven, falling, each with its lower bound on the precision.

    All of them hold together with the confidence of the promise, so the lowest may be taken.

    Examples
    --------
    >>> scores = np.linspace(0, 1, 1001)
    >>> proven = proven_thresholds(Sample.of(scores, scores > 0.5), Promise(0.9, 0.5, 0.05))
    >>> min(proven) < 0.56, all(bound >= 0.9 for bound in proven.values())
    (True, True)
    """
    if not len(sample.positives) or not len(sample.negatives):
        return {}
    ranks = sample.ranks
    thresholds = sample.at_rank(ranks)
    false_alarms = sample.false_alarms(thresholds)
    passed = _passed(ranks, false_alarms, _mixing(len(sample.positives), len(sample.negatives), promise.ratio), promise.error)
    bounds = _precision_bounds(sample, promise, ranks, false_alarms)
    return dict(zip(thresholds[passed].tolist(), bounds[passed].tolist(), strict=True))


def _mixing(positives: int, negatives: int, ratio: float) -> float:
    """The greatest share of others among the comments that reach a threshold at which the promise is just broken."""
    return negatives * ratio / (negatives * ratio + positives + 1)


def _chances(hits: Ranks, false_alarms: Ranks, mixing: float) -> Floats:
    """How likely so few false alarms are where the promise is broken."""
    from scipy.special import bdtr

    return bdtr(false_alarms, hits + false_alarms, mixing)


def _passed(ranks: Ranks, false_alarms: Ranks, mixing: float, error: float) -> NDArray[np.bool_]:
    """Which thresholds pass, one after the other from the first that can."""
    start = _start(ranks, mixing, error)
    passed = np.zeros(len(ranks), np.bool_)
    passed[start:] = np.logical_and.accumulate(_chances(ranks, false_alarms, mixing)[start:] <= error)
    return passed


def _start(ranks: Ranks, mixing: float, error: float) -> int:
    """Where the sequence begins; behind the last where no threshold can pass."""
    for spare in SPARE:
        able = _chances(ranks, np.full_like(ranks, spare), mixing) <= error
        if able.any():
            return int(np.argmax(able))
    return len(ranks)


def _precision_bounds(sample: Sample, promise: Promise, hits: Ranks, false_alarms: Ranks) -> Floats:
    from scipy.special import betaincinv

    share = betaincinv(hits, false_alarms + 1, promise.error)
    weight = promise.prevalence / (1 - promise.prevalence) * len(sample.negatives) / (len(sample.positives) + 1)
    bounds: Floats = share * weight / (share * weight + 1 - share)
    return bounds


def labels_needed(sample: Sample, promise: Promise) -> tuple[int, int] | None:
    """About how many more positives and negatives would prove the promise, if further labels are like those given.

    Returns None where no number of them would: then the scores do not reach the precision.

    Examples
    --------
    >>> scores = np.linspace(0, 1, 101)
    >>> labels_needed(Sample.of(scores, scores > 0.5), Promise(0.95, 0.05, 0.05))
    (0, 1122)
    """
    n_positives, n_negatives = len(sample.positives), len(sample.negatives)
    if min(n_positives, n_negatives) < FIRST_LABELS:
        return max(FIRST_LABELS - n_positives, 0), max(FIRST_LABELS - n_negatives, 0)
    options = []
    for more in (np.array([0, 1]), np.array([1, 0]), np.array([1, 1])):
        fold = bisect_left(FOLDS, True, key=partial(_proves, sample, promise, more))
        if fold < len(FOLDS):
            extra = more * (FOLDS[fold] - 1) * (n_positives, n_negatives)
            options.append((int(extra.sum()), int(extra[0]), int(extra[1])))
    return min(options)[1:] if options else None


def _proves(sample: Sample, promise: Promise, more: Ranks, fold: int) -> bool:
    """Whether so many times as many labels of either kind would do, if the further ones are like those given."""
    ranks, times = sample.ranks, 1 + more * (fold - 1)
    mixing = _mixing(len(sample.positives) * times[0], len(sample.negatives) * times[1], promise.ratio)
    false_alarms = sample.false_alarms(sample.at_rank(ranks))
    return bool(_passed(ranks * times[0], false_alarms * times[1], mixing, promise.error).any())


def cheapest_threshold(sample: Sample, prevalence: float, miss: float, false_alarm: float) -> float | None:
    """The threshold with the lowest expected cost of a comment, or None where doing nothing is cheapest.

    This is an estimate on the given labels, not a promise.

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.7, 0.2, 0.1])
    >>> sample = Sample.of(scores, np.array([True, False, True, False, False]))
    >>> cheapest_threshold(sample, 0.5, 1, 1), cheapest_threshold(sample, 0.5, 1, 9)
    (0.7, 0.9)
    """
    thresholds = sample.positives[::-1]
    missed = 1 - sample.hits(thresholds) / len(sample.positives)
    wrong = sample.false_alarms(thresholds) / len(sample.negatives)
    cost = prevalence * miss * missed + (1 - prevalence) * false_alarm * wrong
    best = int(np.argmin(cost))
    return float(thresholds[best]) if cost[best] < prevalence * miss else None
