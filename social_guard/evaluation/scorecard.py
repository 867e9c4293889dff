"""Frames of measures, a head at a time: labels and probabilities in, one row a head, step, bin or source out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..categories import CATEGORIES
from ..policy.settings import Policy
from .bootstrap import Redraws, with_interval
from .judge import steps_of
from .measures import (
    BINS,
    Sample,
    area_under_curve,
    average_precision,
    brier_score,
    calibration_error,
    calibration_line,
    chance_error,
    rates,
    reliability,
)

if TYPE_CHECKING:
    import pandas as pd

MEAN = "mean of categories"


@dataclass(frozen=True, eq=False)
class HeadScores:
    """The comments whose label for one head is known.

    Attributes
    ----------
    head : str
    rows : (n_known,) integer array
        Which comments they are.
    positive : (n_known,) bool array
    score : (n_known,) float array
    prevalence : float, optional
        The share assumed; by default that of the labels.
    """

    head: str
    rows: NDArray[np.intp]
    positive: NDArray[np.bool_]
    score: Floats
    prevalence: float | None

    @property
    def counts(self) -> dict[str, int]:
        """How many comments have either answer."""
        return {"positives": int(self.positive.sum()), "negatives": int((~self.positive).sum())}

    @property
    def share(self) -> float:
        """The assumed prevalence, or the share of the labels."""
        return float(self.positive.mean()) if self.prevalence is None else self.prevalence

    def among(self, chosen: NDArray[np.bool_]) -> HeadScores:
        """Those of the comments that are chosen, shape (n_comments,)."""
        kept = chosen[self.rows]
        return HeadScores(self.head, self.rows[kept], self.positive[kept], self.score[kept], self.prevalence)

    def sample(self, redraws: Redraws) -> Sample:
        """These comments under redraws of all comments."""
        return Sample(self.positive, self.score, redraws.among(self.rows), self.prevalence)


def known_scores(labels: pd.DataFrame, scores: pd.DataFrame, prevalence: Mapping[str, float]) -> list[HeadScores]:
    """The labelled comments of every head that is scored and has a label at all."""
    found = []
    for head in (str(column) for column in scores.columns if column in labels and labels[column].notna().any()):
        rows = np.flatnonzero(labels[head].notna().to_numpy())
        positive = labels[head].to_numpy(dtype=float, na_value=0)[rows] == 1
        found.append(HeadScores(head, rows, positive, scores[head].to_numpy(dtype=float)[rows], prevalence.get(head)))
    return found


def evaluate_scores(labels: pd.DataFrame, scores: pd.DataFrame, prevalence: Mapping[str, float] | None = None) -> pd.DataFrame:
    """Measure how well probabilities tell the comments of each head: the short form, without intervals.

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

    once = Redraws.none(len(labels))
    rows: dict[str, dict[str, Any]] = {}
    for known in known_scores(labels, scores, prevalence or {}):
        sample = known.sample(once)
        measured = _ranking(sample) | _closeness(sample)
        rows[known.head] = known.counts | {name: float(values[0]) for name, values in measured.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["positives", "negatives", "average_precision", "auc", "brier", "ece"])


def _ranking(sample: Sample) -> dict[str, Floats]:
    return {"average_precision": average_precision(sample, assumed=False), "auc": area_under_curve(sample)}


def _closeness(sample: Sample) -> dict[str, Floats]:
    return {"brier": brier_score(sample), "ece": calibration_error(sample)}


def _calibration(sample: Sample) -> dict[str, Floats]:
    slope, intercept = calibration_line(sample)
    return {
        "average_precision_assumed": average_precision(sample),
        **_closeness(sample),
        "ece_over_0.1": calibration_error(sample, 0.1),
        "ece_by_chance": chance_error(sample, 0.1, draws=max(len(sample.redraws) - 1, 200))[: len(sample.redraws)],
        "calibration_slope": slope,
        "calibration_intercept": intercept,
    }


def measures_frame(known: Sequence[HeadScores], redraws: Redraws) -> pd.DataFrame:
    """Measures of every head and, over the same redraws, of the mean of the categories (`Evaluation.measures`)."""
    import pandas as pd

    samples = {part.head: part.sample(redraws) for part in known}
    measured = {head: _ranking(sample) | _calibration(sample) for head, sample in samples.items()}
    rows: dict[str, dict[str, Any]] = {
        part.head: part.counts | {"prevalence": part.share} | with_interval(measured[part.head]) for part in known
    }
    of_categories = [measured[head] for head in measured if head in CATEGORIES]
    if of_categories:
        means = {name: np.mean([values[name] for values in of_categories], axis=0) for name in of_categories[0]}
        rows[MEAN] = with_interval({name: means[name] for name in means if not name.startswith("calibration")})
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("head")
    return frame.astype({"positives": "Int64", "negatives": "Int64"})


def actions_frame(known: Sequence[HeadScores], policy: Policy, redraws: Redraws) -> pd.DataFrame:
    """Precision and recall of every step of the policy (`Evaluation.actions`)."""

    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for part in known:
        sample = part.sample(redraws)
        for step, limit in steps_of(policy, part.head).items():
            reached = part.score >= limit
            counts = {"found": int((reached & part.positive).sum()), "false": int((reached & ~part.positive).sum())}
            rows[part.head, step] = {"threshold": limit} | counts | with_interval(rates(sample, limit))
    return _indexed(rows, ["head", "step"])


def reliability_frame(known: Sequence[HeadScores], redraws: Redraws) -> pd.DataFrame:
    """What share of the comments of each bin of scores belongs to the head (`Evaluation.reliability`)."""
    rows: dict[tuple[str, int], dict[str, Any]] = {}
    for part in known:
        volume, mean_score, observed = reliability(part.sample(redraws))
        place = np.minimum((part.score * BINS).astype(int), BINS - 1)
        for k, count in enumerate(np.bincount(place, minlength=BINS)):
            if count:
                about = {"comments": int(count), "volume": volume[0, k], "mean_score": mean_score[0, k]}
                rows[part.head, k] = about | with_interval({"observed": observed[:, k]})
    return _indexed(rows, ["head", "bin"])


def source_frame(known: Sequence[HeadScores], sources: pd.Series, redraws: Redraws) -> pd.DataFrame:
    """How well each head is told within each source that has both answers (`Evaluation.by_source`)."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for source in sorted(sources.unique()):
        inside = (sources == source).to_numpy()
        for part in (part.among(inside) for part in known):
            if all(part.counts.values()):
                rows[str(source), part.head] = part.counts | with_interval(_ranking(part.sample(redraws)))
    return _indexed(rows, ["source", "head"])


def _indexed(rows: Mapping[tuple[Any, ...], Mapping[str, Any]], names: list[str]) -> pd.DataFrame:
    import pandas as pd

    index = pd.MultiIndex.from_tuples(rows, names=names) if rows else None
    return pd.DataFrame(list(rows.values()), index=index)
