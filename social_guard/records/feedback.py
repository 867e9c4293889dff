"""What reviewers and appeals teach: labels for the next training, and how often the decisions in use were right."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..categories import CATEGORIES
from ..exceptions import DataError, check_columns
from ..files.data import load_comments
from ..policy.settings import Action
from .decision_log import read_decisions
from .keys import Key

if TYPE_CHECKING:
    import pandas as pd

ALL = "all"
"""Stands for any category in the result of `precision_in_use`."""


def labels_from_log(
    folder: str | Path, comments: pd.DataFrame, *, comment: str = "id", text: str = "text", keys: Sequence[Key] = ()
) -> pd.DataFrame:
    """Join what people decided with the words of the comments.

    Parameters
    ----------
    folder : path
        Of a decision log.
    comments : frame
        The caller's own comments, one row an id.
    comment, text : str
        Its columns.
    keys : sequence of Key
        Those that the log was written with; a comment whose words are not those that were judged, e.g. because its author
        has edited them since, is then left out.

    Returns
    -------
    pandas.DataFrame
        As `load_comments` returns it, with a column for every category. An outcome with categories labels them all;
        ``none`` says that none applies; the action that was recommended confirms the categories that called for it, and
        leaves the others unknown, as any other action does with all.

    Raises
    ------
    LogError
        When the log does not verify.
    DataError
        When a column is missing, or two rows have the same id.
    """
    import pandas as pd

    check_columns(comments.columns, comment, text)
    words = pd.Series(comments[text].to_numpy(dtype=object), index=comments[comment].astype(str))
    if words.index.has_duplicates:
        raise DataError(f"column {comment!r} has {words.index[words.index.duplicated()][0]!r} twice; a comment has one row")
    decided = read_decisions(folder)
    decided = decided[decided["outcome"].notna() & decided["comment"].isin(words.index)]
    labels = decided_labels(decided).assign(text=words[decided["comment"]].to_numpy())
    same = [_is_judged(*pair, keys) for pair in zip(labels["text"], decided["text"], strict=True)]
    return load_comments(labels[pd.Series(same, index=labels.index, dtype=bool)], name="decision_log")


def decided_labels(decisions: pd.DataFrame) -> pd.DataFrame:
    """What outcomes say about each category: 1, 0 or missing, one row a decision (see `labels_from_log`)."""
    import pandas as pd

    rows = [_labels(*row) for row in decisions[["action", "categories", "outcome", "outcome_categories"]].itertuples(index=False)]
    return pd.DataFrame(rows, columns=list(CATEGORIES), index=decisions.index, dtype="Int8")


def _labels(action: str, categories: list[str], outcome: Any, found: Any) -> dict[str, int]:
    if isinstance(found, list):
        return {key: int(key in found) for key in CATEGORIES}
    if outcome == str(Action.NONE):
        return dict.fromkeys(CATEGORIES, 0)
    return dict.fromkeys(categories, 1) if outcome == action else {}


def _is_judged(text: Any, digest: str | None, keys: Sequence[Key]) -> bool:
    return not keys or (isinstance(text, str) and digest in {key.pseudonym("text", text) for key in keys})


def precision_in_use(folder: str | Path) -> pd.DataFrame:
    """How often people agreed with the decisions that they looked at.

    Reviewers do not look at a random sample, so a figure speaks of the decisions that were looked at, and of no others.

    Returns
    -------
    pandas.DataFrame
        One row for each category and action, counted for the category that called for the action: ``decided``,
        ``reviewed``, ``right`` (people found the category), ``precision``, and ``low`` and ``high``, the exact 95 %
        interval. The rows of the category ``all`` count as right what people gave that action or a graver one.

    Raises
    ------
    LogError
        When the log does not verify.

    References
    ----------
    Clopper C. J., Pearson E. S. The use of confidence or fiducial limits illustrated in the case of the binomial.
    Biometrika 26, 1934.
    """
    import pandas as pd

    decisions = read_decisions(folder)
    decisions = decisions[decisions["categories"].str.len() > 0]
    labels = decided_labels(decisions)
    first = decisions["categories"].str[0]
    found = [labels.at[row, category] for row, category in first.items()]
    one = pd.DataFrame({"category": first, "action": decisions["action"], "right": pd.array(found, dtype="Int8")})
    every = one.assign(category=ALL, right=pd.array([_upheld(*p) for p in zip(one["action"], decisions["outcome"], strict=True)], "Int8"))
    counts = pd.concat([one, every]).groupby(["category", "action"])["right"].agg(decided="size", reviewed="count", right="sum")
    return _with_interval(counts.astype(int)).sort_index()


def _upheld(action: str, outcome: Any) -> int | None:
    return int(Action[outcome.upper()] >= Action[action.upper()]) if isinstance(outcome, str) else None


def _with_interval(counts: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd
    from scipy.stats import binomtest

    tests = [binomtest(k, n) if n else None for k, n in zip(counts["right"], counts["reviewed"], strict=True)]
    limits = [test.proportion_ci(method="exact") if test else (float("nan"),) * 2 for test in tests]
    interval = pd.DataFrame(limits, columns=["low", "high"], index=counts.index)
    return counts.assign(precision=counts["right"] / counts["reviewed"].where(counts["reviewed"] > 0)).join(interval)
