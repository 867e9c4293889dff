"""What becomes of comments: the decisions of a policy on given scores, counted by what the comments are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..categories import CATEGORIES, URGENT
from ..policy.decide import DecisionTable
from ..policy.settings import Action, Policy
from .bootstrap import Redraws, with_interval
from .disguise import disguise_text
from .judge import Judge, first_limits, score_table

if TYPE_CHECKING:
    import pandas as pd

INOFFENSIVE, NO_CALL, CRITICISM = "inoffensive", "inoffensive, no call for help", "fair criticism"


def decide(policy: Policy, scores: pd.DataFrame, texts: Sequence[str]) -> pd.DataFrame:
    """What is done with comments of given scores, and of given words where the policy has rules.

    Returns
    -------
    frame
        Of bool, with the index of ``scores``: ``hidden`` (hide or more), ``removed`` (remove or more), ``reported``,
        ``alone`` (software may do it without a person), ``reviewed`` (a person looks), ``touched`` (any of these).

    Examples
    --------
    >>> import pandas as pd
    >>> from social_guard.policy.reading import parse_policy
    >>> policy = parse_policy("version = 1\\n[categories.spam]\\nhide = 0.5\\nremove = 0.9")
    >>> decide(policy, pd.DataFrame({"spam": [0.4, 0.6, 0.9]}), ["", "", ""]).sum().to_dict()
    {'hidden': 2, 'removed': 1, 'reported': 0, 'alone': 1, 'reviewed': 1, 'touched': 2}
    """
    import pandas as pd

    decisions, which = DecisionTable(policy, tuple(scores.columns)).decide_many(scores.to_numpy(dtype=float), texts)
    kinds = pd.DataFrame(
        {
            "hidden": [decision.action >= Action.HIDE for decision in decisions],
            "removed": [decision.action >= Action.REMOVE for decision in decisions],
            "reported": [decision.action >= Action.REPORT for decision in decisions],
            "alone": [decision.automatic >= Action.HIDE for decision in decisions],
            "reviewed": [decision.needs_review for decision in decisions],
        },
        dtype=bool,
    )
    kinds["touched"] = kinds["hidden"] | kinds["reviewed"]
    return kinds.iloc[which].set_index(scores.index)


def outcomes_frame(labels: pd.DataFrame, decided: pd.DataFrame, redraws: Redraws) -> pd.DataFrame:
    """Shares of what becomes of each kind of comment (`Evaluation.outcomes`).

    A comment is inoffensive when it is known to belong to no category that has labels.
    """
    return shares_frame(comment_kinds(labels), decided, redraws)


def comment_kinds(labels: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Which comments belong to each category, and to none: all, without calls for help (which a person shall see), complaints.

    Each of shape (n_comments,).
    """
    categories = [key for key in CATEGORIES if key in labels]
    kinds = {key: (labels[key] == 1).fillna(False).to_numpy(dtype=bool) for key in categories}
    inoffensive = (labels[categories] == 0).fillna(False).to_numpy(dtype=bool).all(axis=1) & bool(categories)
    kinds[INOFFENSIVE] = inoffensive
    if URGENT in labels:
        kinds[NO_CALL] = inoffensive & (labels[URGENT] == 0).fillna(False).to_numpy(dtype=bool)
    if "complaint" in labels:
        kinds[CRITICISM] = inoffensive & (labels["complaint"] == 1).fillna(False).to_numpy(dtype=bool)
    return kinds


def shares_frame(kinds: dict[str, NDArray[np.bool_]], decided: pd.DataFrame, redraws: Redraws) -> pd.DataFrame:
    """For each kind of comment, how many there are and the share with each outcome, with intervals."""
    import pandas as pd

    rows = {}
    for kind, chosen in kinds.items():
        part = np.flatnonzero(chosen)
        if len(part):
            flags = np.column_stack([decided.iloc[part].to_numpy(dtype=float), np.ones(len(part))])
            sums = redraws.among(part).sums(flags)
            totals = np.where(sums[:, -1] > 0, sums[:, -1], np.nan)
            shares = {name: sums[:, i] / totals for i, name in enumerate(decided.columns)}
            rows[kind] = {"comments": len(part)} | with_interval(shares)
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("kind")


# -------------------------------------------------------------------------------------------------------- disguises


def disguise_frame(judge: Judge, comments: pd.DataFrame, kinds: list[str], *, seed: int = 0) -> pd.DataFrame:
    """What is still found, and wrongly found, with every word disguised (`Evaluation.by_disguise`).

    A comment of a category is found when that category reaches review or more; a comment of none is clean, and a false
    alarm when any category that it is known not to belong to does.
    """
    import pandas as pd

    heads = [head for head in judge.heads if head in CATEGORIES and head in comments]
    labels = comments[heads].to_numpy(dtype=float, na_value=np.nan)
    harmful = (labels == 1).any(axis=1)
    clean = ~harmful & (labels == 0).any(axis=1)
    limits = np.array([first_limits(judge.policy, head) for head in heads]).reshape(-1, 2)
    rows: dict[str, dict[str, float]] = {}
    in_plain = harmful
    for kind in ["plain", *kinds] if kinds and heads else []:
        texts = [text if kind == "plain" else disguise_text(text, kind, seed=seed) for text in comments["text"]]
        scores = score_table(judge, texts)[heads].to_numpy()
        review, action = (scores >= limits[:, i] for i in (0, 1))
        found = (review & (labels == 1)).any(axis=1)
        in_plain = found if kind == "plain" else in_plain
        rows[kind] = {
            "found": found[harmful].mean() if harmful.any() else np.nan,
            "kept": found[in_plain].mean() if in_plain.any() else np.nan,
            "acted": (action & (labels == 1)).any(axis=1)[harmful].mean() if harmful.any() else np.nan,
            "false_review": (review & (labels == 0)).any(axis=1)[clean].mean() if clean.any() else np.nan,
            "false_action": (action & (labels == 0)).any(axis=1)[clean].mean() if clean.any() else np.nan,
        }
    return pd.DataFrame.from_dict(rows, orient="index", dtype=float).rename_axis("disguise")
