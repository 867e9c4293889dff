"""Does a model treat comments about one group of people as those about another?

Two views: harmless sentences that differ in the named people alone (`evaluate_templates`), and labelled comments that
name a group, held against those that do not (`group_measures`).

References
----------
Borkan D. et al. Nuanced metrics for measuring unintended bias with real data for text classification. WWW 2019.
Dixon L. et al. Measuring and mitigating unintended bias in text classification. AIES 2018.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..categories import CATEGORIES
from ..exceptions import DataError
from ..policy.settings import Policy
from .bootstrap import Redraws, with_interval
from .judge import EVEN, Judge, even_scores, first_limits, score_table, steps_of
from .measures import Sample, area_under_curve

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class TemplateResults:
    """How a category scores harmless sentences by whom they name; every sentence that reaches a step is a false alarm.

    Attributes
    ----------
    by_identity : frame
        One row an identity: ``characteristic``, ``sentences``, ``mean_score``, ``highest_score``, and the share that
        reaches each step of the policy, a score of 0.5 (``half``), 0.5 after shifting to a prevalence of one half
        (``half_shifted``), and the review or an action of any category at all (``any_category``, ``any_action``).
    gaps : frame
        One row a step: the ``overall`` share, the ``lowest`` and the ``highest`` of any identity, the ``gap`` between
        them, and ``most_touched``, the identity with the highest.
    """

    by_identity: pd.DataFrame
    gaps: pd.DataFrame


def fill_templates(templates: pd.DataFrame, identities: pd.DataFrame) -> pd.DataFrame:
    """Every template with every identity.

    Parameters
    ----------
    templates : frame
        Column ``template``: sentences with ``{people}`` or ``{person}``.
    identities : frame
        Columns ``people``, ``person`` and ``characteristic``.

    Returns
    -------
    frame
        ``text``, ``template``, ``people``, ``characteristic``; all templates of an identity in a row.

    Examples
    --------
    >>> import pandas as pd
    >>> templates = pd.DataFrame({"template": ["I sat next to {person}."]})
    >>> identities = pd.DataFrame({"people": ["women", "men"], "person": ["a woman", "a man"], "characteristic": "sex"})
    >>> fill_templates(templates, identities)["text"].tolist()
    ['I sat next to a woman.', 'I sat next to a man.']
    """
    for frame, needed in ((templates, ["template"]), (identities, ["people", "person", "characteristic"])):
        absent = [column for column in needed if column not in frame.columns]
        if absent:
            raise DataError(f"there is no column {absent[0]!r}; needed are {', '.join(needed)}")
    pairs = identities.merge(templates[["template"]], how="cross")
    names = zip(pairs["template"], pairs["people"], pairs["person"], strict=True)
    texts = [template.replace("{people}", people).replace("{person}", person) for template, people, person in names]
    return pairs.assign(text=texts)[["text", "template", "people", "characteristic"]]


def evaluate_templates(
    judge: Judge, templates: pd.DataFrame, identities: pd.DataFrame, *, category: str = "hate_speech"
) -> TemplateResults:
    """False alarms of a category on harmless sentences, by the people whom they name.

    Parameters
    ----------
    judge : guard
    templates, identities : frame
        As in `fill_templates`.
    category : str, default="hate_speech"

    Raises
    ------
    DataError
        When a column is missing or the category is not scored.
    """
    import pandas as pd

    if category not in judge.heads:
        raise DataError(f"{category!r} is not scored; scored are {', '.join(judge.heads)}")
    filled = fill_templates(templates, identities)
    scores = score_table(judge, filled["text"].tolist())
    score, reached = scores[category], _reached(judge, scores, category)
    by_identity = filled[["people", "characteristic"]].assign(score=score, **reached).groupby("people", sort=False)
    shares = by_identity[list(reached)].mean()
    about = by_identity.agg(
        characteristic=("characteristic", "first"), sentences=("score", "size"), mean_score=("score", "mean"),
        highest_score=("score", "max"),
    )  # fmt: skip
    gaps = pd.DataFrame({
        "overall": pd.Series({name: flags.mean() for name, flags in reached.items()}),
        "lowest": shares.min(), "highest": shares.max(), "gap": shares.max() - shares.min(),
        "most_touched": shares.idxmax().where(shares.max() > 0, ""),
    })  # fmt: skip
    return TemplateResults(about.join(shares), gaps.rename_axis("step"))


def _reached(judge: Judge, scores: pd.DataFrame, category: str) -> dict[str, pd.Series]:
    """Which sentences reach what `TemplateResults` tells of."""
    score = scores[category]
    reached = {step: score >= limit for step, limit in steps_of(judge.policy, category).items()}
    reached |= {"half": score >= EVEN, "half_shifted": even_scores(judge, scores[[category]])[category] >= EVEN}
    heads = [head for head in CATEGORIES if head in scores]
    limits = np.array([first_limits(judge.policy, head) for head in heads]).T
    return reached | {name: (scores[heads] >= least).any(axis=1) for name, least in zip(("any_category", "any_action"), limits, strict=True)}


# ---------------------------------------------------------------------------------------------- labelled comments


def group_measures(
    labels: pd.DataFrame, scores: pd.DataFrame, identity: pd.Series, *, policy: Policy, redraws: Redraws
) -> pd.DataFrame:
    """How well a category is told among comments about a group, and against those about nobody of it.

    Parameters
    ----------
    labels, scores : frame
        One column a head, rows in the same order.
    identity : series of str
        Whom each comment speaks of, several joined by ``;``, empty for nobody.
    policy : Policy
    redraws : Redraws

    Returns
    -------
    frame
        One row a category and group with both answers: ``comments``, ``positives``; ``subgroup_auc``, among the comments
        about the group; ``bpsn_auc``, positives about others against negatives about the group (low: fair comments about
        the group score like attacks); ``bnsp_auc``, negatives about others against positives about the group (low:
        attacks on the group score like fair comments); for each step ``false_<step>``, the share of the group's negatives
        that reach it, and ``gap_<step>``, that less the share of the other negatives. Areas with intervals.
    """
    import pandas as pd

    members = identity.fillna("").str.get_dummies(";").astype(bool).drop(columns="", errors="ignore")
    rows = {}
    for head in (head for head in CATEGORIES if head in labels and head in scores):
        known = labels[head].notna().to_numpy()
        positive = (labels[head] == 1).fillna(False).to_numpy(dtype=bool)
        score = scores[head].to_numpy(dtype=float)
        for group in members.columns:
            inside = members[group].to_numpy()
            if all((known & inside & (positive == answer)).any() for answer in (True, False)):
                counts = {"comments": int((known & inside).sum()), "positives": int((known & inside & positive).sum())}
                areas = _areas(score, positive, known, inside, redraws)
                rows[head, group] = counts | areas | _false_alarms(score, known & ~positive, inside, steps_of(policy, head))
    index = pd.MultiIndex.from_tuples(rows, names=["category", "group"]) if rows else None
    return pd.DataFrame(list(rows.values()), index=index)


def _areas(score: Floats, positive: NDArray[np.bool_], known: NDArray[np.bool_], inside: NDArray[np.bool_],
           redraws: Redraws) -> dict[str, float]:  # fmt: skip
    """Borkan's three areas: within the group, and either answer of the group against the other of the rest."""
    parts = {"subgroup_auc": inside, "bpsn_auc": inside != positive, "bnsp_auc": inside == positive}
    summary: dict[str, float] = {}
    for name, part in parts.items():
        rows = np.flatnonzero(known & part)
        summary |= with_interval({name: area_under_curve(Sample(positive[rows], score[rows], redraws.among(rows)))})
    return summary


def _false_alarms(
    score: Floats, negative: NDArray[np.bool_], inside: NDArray[np.bool_], steps: dict[str, float]
) -> dict[str, float]:
    found: dict[str, float] = {}
    for step, limit in steps.items():
        reached = score >= limit
        share, others = (reached[negative & side].mean() if (negative & side).any() else np.nan for side in (inside, ~inside))
        found |= {f"false_{step}": float(share), f"gap_{step}": float(share - others)}
    return found
