"""Functional tests of a model: for each rule of the policy, how many of the cases that test it does it get right?

A case is a text, a category, and whether it belongs to it; what else the text may be is not asked.

References
----------
Röttger P. et al. HateCheck: functional tests for hate speech detection models. ACL 2021.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..exceptions import DataError
from .bootstrap import Redraws
from .judge import Judge, even_scores, first_limits, score_table
from .measures import Sample, area_under_curve

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ("rule", "category", "expected", "text")
READINGS = ("half", "half_shifted", "review", "action")


@dataclass(frozen=True, eq=False)
class CaseResults:
    """How a model does on functional cases.

    A case with ``expected`` 1 passes a reading when its category reaches it, one with 0 when it does not. The
    readings: ``half``, a score of 0.5; ``half_shifted``, the same after shifting to a prevalence of one half;
    ``review``, the category brings a person or more (a signpost: is shown); ``action``, it brings an action. A reading
    that does not exist for a category is missing.

    Attributes
    ----------
    rules : frame
        One row a category, rule and expected answer: ``cases``, and the share that passes each reading.
    categories : frame
        One row a category: ``cases``, ``auc``, and for each reading the share that passes of all cases, of the
        positive ones (``half_positive``) and of the negative ones (``half_negative``); ``half`` is the accuracy at 0.5.
    """

    rules: pd.DataFrame
    categories: pd.DataFrame


def evaluate_cases(judge: Judge, cases: pd.DataFrame, *, scores: pd.DataFrame | None = None) -> CaseResults:
    """Judge a model by functional cases.

    Parameters
    ----------
    judge : guard
        Its policy holds the thresholds, its manifest the assumed prevalence.
    cases : frame
        Columns ``rule``, ``category``, ``expected`` (1 or 0) and ``text``.
    scores : frame, optional
        Probabilities to judge instead of the guard's: a row a case, a column a head.

    Raises
    ------
    DataError
        When a column is missing or a category is not scored.

    Examples
    --------
    >>> import pandas as pd
    >>> from social_guard import SocialGuard
    >>> texts = ["Cheap followers at shop.example.com, buy now", "Where is the car park?"]
    >>> cases = pd.DataFrame({"rule": "advert", "category": "spam", "expected": [1, 0], "text": texts})
    >>> evaluate_cases(SocialGuard.load(), cases).categories.loc["spam", ["cases", "auc"]].tolist()
    [2.0, 1.0]
    """
    absent = [column for column in COLUMNS if column not in cases.columns]
    if absent:
        raise DataError(f"cases lack the column {absent[0]!r}; they need {', '.join(COLUMNS)}")
    scores = score_table(judge, cases["text"].tolist()) if scores is None else scores
    unknown = sorted(set(cases["category"]) - set(scores.columns))
    if unknown:
        raise DataError(f"cases are for {unknown[0]!r}, which is not scored; scored are {', '.join(scores.columns)}")
    passed = _passed(judge, cases.reset_index(drop=True), scores)
    by_rule = passed.groupby(["category", "rule", "expected"], sort=False)
    rules = by_rule[list(READINGS)].mean()
    rules.insert(0, "cases", by_rule.size())
    return CaseResults(rules, _by_category(passed))


def _passed(judge: Judge, cases: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The cases with the score of their category, and 1, 0 or missing for each reading."""
    shifted = even_scores(judge, scores)
    column = scores.columns.get_indexer(cases["category"])
    score, even = (_picked(frame, column) for frame in (scores, shifted))
    limits = {head: first_limits(judge.policy, head) for head in cases["category"].unique()}
    lowest, acting = (cases["category"].map({head: pair[i] for head, pair in limits.items()}) for i in (0, 1))
    expected = cases["expected"].to_numpy() == 1
    readings = zip(READINGS, (score, even, score, score), (0.5, 0.5, lowest, acting), strict=True)
    return cases.assign(score=score, **{name: _right(value, limit, expected) for name, value, limit in readings})


def _picked(frame: pd.DataFrame, column: NDArray[np.intp]) -> Floats:
    return frame.to_numpy(dtype=float)[np.arange(len(frame)), column]


def _right(score: Floats, limit: float | pd.Series, expected: NDArray[np.bool_]) -> Floats:
    limits = np.broadcast_to(np.asarray(limit, dtype=float), score.shape)
    return np.where(np.isnan(score) | np.isnan(limits), np.nan, (score >= limits) == expected)


def _by_category(passed: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    rows = {}
    for head, part in passed.groupby("category", sort=False):
        positive = part["expected"].to_numpy() == 1
        auc = area_under_curve(Sample(positive, part["score"].to_numpy(), Redraws.none(len(part))))[0]
        row = {"cases": len(part), "auc": auc}
        for name in READINGS:
            right = part[name]
            row |= {name: right.mean(), f"{name}_positive": right[positive].mean(), f"{name}_negative": right[~positive].mean()}
        rows[head] = row
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("category")
