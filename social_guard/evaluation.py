"""How good are the scores? Labels and probabilities in, a frame of measures out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .scorer import Floats

if TYPE_CHECKING:
    import pandas as pd


def evaluate_scores(labels: pd.DataFrame, scores: pd.DataFrame, prevalence: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Measure how well probabilities tell the comments of each head.

    Parameters
    ----------
    labels : frame
        One column a head: 1, 0 or missing, which is left out.
    scores : frame
        Probabilities, columns of the same names and rows in the same order.
    prevalence : mapping of str to float, optional
        The share of each head where the model is used; calibration is measured at it. By default, the labels' share.

    Returns
    -------
    pandas.DataFrame
        One row a head: ``positives``, ``negatives``, ``average_precision``, ``auc``, ``brier``, ``ece``.

    Examples
    --------
    >>> import pandas as pd
    >>> labels = pd.DataFrame({"spam": [0, 0, 1, 1]})
    >>> evaluate_scores(labels, pd.DataFrame({"spam": [0.1, 0.4, 0.35, 0.8]})).loc["spam", "auc"]
    np.float64(0.75)
    """
    import pandas as pd

    rows = {}
    for head in (column for column in labels.columns if column in scores.columns):
        known = labels[head].notna().to_numpy()
        positive = labels[head].to_numpy(dtype=float, na_value=0)[known] == 1
        rows[head] = _measures(positive, scores[head].to_numpy(dtype=float)[known], (prevalence or {}).get(head))
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(MEASURES))


MEASURES = ("positives", "negatives", "average_precision", "auc", "brier", "ece")


def _measures(positive: NDArray[np.bool_], score: Floats, prevalence: float | None) -> tuple[float, ...]:
    from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score

    counts = int(positive.sum()), int((~positive).sum())
    if not all(counts):
        return (*counts, np.nan, np.nan, np.nan, np.nan)
    weight = prevalence_weights(positive, prevalence)
    return (
        *counts,
        average_precision_score(positive, score),
        roc_auc_score(positive, score),
        brier_score_loss(positive, score, sample_weight=weight),
        calibration_error(positive, score, weight),
    )


def prevalence_weights(positive: NDArray[np.bool_], prevalence: float | None) -> Floats:
    """Weights under which the positives make up a given share, shape (n_comments,), mean 1.

    Examples
    --------
    >>> prevalence_weights(np.array([True, False, False, False]), 0.5).round(2).tolist()
    [2.0, 0.67, 0.67, 0.67]
    """
    if prevalence is None:
        return np.ones(len(positive))
    share = positive.mean()
    return np.where(positive, prevalence / share, (1 - prevalence) / (1 - share))


def calibration_error(positive: NDArray[np.bool_], score: Floats, weight: Floats, bins: int = 15) -> float:
    """Expected calibration error over bins of equal width.

    References
    ----------
    Naeini M. et al. Obtaining well calibrated probabilities using Bayesian binning. AAAI 2015.

    Examples
    --------
    >>> calibration_error(np.array([True, False]), np.array([0.9, 0.1]), np.ones(2))
    0.1
    """
    place = np.minimum((score * bins).astype(int), bins - 1)
    gaps = np.bincount(place, weight * (positive - score), minlength=bins)
    return float(round(np.abs(gaps).sum() / weight.sum(), 12))
