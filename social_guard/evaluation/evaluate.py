"""How good is a guard? Labelled comments and scores in, an `Evaluation` out: frames of measures with their intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..categories import HEADS
from ..exceptions import DataError
from ..files.data import group_comments
from ..pages import report
from ..prevalence import check_shares
from ..safe_files import write_file
from .bootstrap import Redraws, draw
from .disguise import DISGUISES
from .fairness import group_measures
from .judge import Judge, score_table
from .outcomes import decide, disguise_frame, outcomes_frame
from .scorecard import actions_frame, evaluate_scores, known_scores, measures_frame, reliability_frame, source_frame

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Evaluation", "evaluate_comments", "evaluate_guard", "evaluate_scores"]

LEAST_WRITERS = 10
"""With fewer writers than this, comments are redrawn one by one: a few writers say too little about other writers."""
OF_WRITERS = -2
"""The stratum of writers."""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """How a model and its thresholds do on labelled comments.

    Columns ending in ``_low`` and ``_high`` bound the middle 95 % of bootstrap redraws. What is *assumed* is taken at the
    prevalence of the manifest; a head that it does not name keeps the share of the labels.

    Attributes
    ----------
    measures : frame
        One row a head and the mean of the categories: ``positives``, ``negatives``, ``prevalence``,
        ``average_precision`` and ``auc`` at the share of the labels, ``average_precision_assumed``, ``brier``, ``ece``,
        ``ece_over_0.1`` (among scores over 0.1), ``ece_by_chance`` (what the latter would be on as few comments if every
        score were right), ``calibration_slope``, ``calibration_intercept``, all assumed.
    actions : frame
        One row a head and step (a row ``review`` counts what reaches review *or more*): ``threshold``, ``found``,
        ``false``, and assumed ``precision``, ``recall``, ``false_positive_rate`` and ``touched``, the share of all comments.
    outcomes : frame
        What becomes of the comments of each category, of the *inoffensive* (no category) and of *fair criticism* (no
        category, a complaint): ``comments`` and the shares ``hidden`` (hide or more), ``removed`` (remove or more),
        ``reported``, ``alone`` (software may act without a person), ``reviewed`` (a person looks) and ``touched``
        (any of the others).
    reliability : frame
        One row a head and bin of scores: ``comments``, and assumed ``volume``, ``mean_score`` and ``observed`` share.
    by_source : frame
        One row a source and head: ``positives``, ``negatives``, ``average_precision``, ``auc``.
    by_group : frame
        One row a category and protected group, where a column ``identity`` names whom a comment speaks of
        (see `evaluation.fairness.group_measures`).
    by_disguise : frame
        One row a disguise and *plain*: among comments of a category, ``found`` (its category reaches review or more),
        ``kept`` (of those found in plain) and ``acted`` (an action); among clean comments, ``false_review`` and
        ``false_action``.
    settings : dict
        ``comments``, ``unit`` (what is redrawn), ``units``, ``redraws``, ``seed``, ``model``.
    """

    measures: pd.DataFrame
    actions: pd.DataFrame
    outcomes: pd.DataFrame
    reliability: pd.DataFrame
    by_source: pd.DataFrame
    by_group: pd.DataFrame
    by_disguise: pd.DataFrame
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames that hold anything, by name."""
        found = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "settings"}
        return {name: frame for name, frame in found.items() if len(frame)}

    def sections(self, *, plots: bool = False) -> list[report.Section]:
        """A section of a report for each frame; the reliability curves as a plot where plots are wanted."""
        found = [report.Section(TITLES[name], NOTES[name], frame) for name, frame in self.frames.items()]
        if not plots:
            return found
        from ..pages.plots import reliability_plot

        at = [section.title for section in found].index(TITLES["reliability"])
        found[at] = report.Section(TITLES["reliability"], NOTES["reliability"], svg=reliability_plot(self.reliability))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Plain values that JSON can hold."""
        frames = {name: report.plain_values(frame) for name, frame in self.frames.items()}
        return {"settings": dict(self.settings)} | frames

    def to_markdown(self, *, plots: bool = False) -> str:
        """A report in Markdown; with ``plots``, the reliability curves as SVG inside it (needs matplotlib)."""
        return report.to_markdown("Evaluation", self._summary(), self.sections(plots=plots))

    def to_html(self, path: str | Path | None = None, *, plots: bool = True) -> str:
        """One self-contained HTML page, also written to ``path`` where one is given; plots need matplotlib."""
        page = report.to_html("Evaluation", self._summary(), self.sections(plots=plots))
        if path is not None:
            write_file(path, page)
        return page

    def _summary(self) -> str:
        return (
            "{comments:,} comments, model {model}. Intervals: the middle 95 % of {redraws:,} redraws of {units:,} "
            "{unit}s (seed {seed}).".format(**self.settings)
        )

    def _repr_html_(self) -> str:
        return report.html_sections(self.sections()[:3])

    def __str__(self) -> str:
        return report.to_text(self._summary(), self.sections()[:3])


TITLES = {
    "measures": "Measures",
    "actions": "Steps of the policy",
    "outcomes": "What becomes of comments",
    "reliability": "Reliability",
    "by_source": "By source",
    "by_group": "By protected group",
    "by_disguise": "By disguise",
}
NOTES = {
    "measures": "Average precision and AUC at the share of the labels; all else at the assumed prevalence.",
    "actions": "At the assumed prevalence; each step counts what reaches it or a graver one.",
    "outcomes": "Shares of the comments of each kind. Fair criticism is a complaint that belongs to no category.",
    "reliability": "Among comments with a score in the bin, the share that belongs to the head, at the assumed prevalence.",
    "by_source": "At the share of the labels; groups of comments are redrawn within all sources, not writers.",
    "by_group": "Areas within the group, of its negatives against other positives (BPSN), of its positives against other "
    "negatives (BNSP); false alarms and how far they lie above those of other comments.",
    "by_disguise": "Every word of three letters or more disguised. Kept: of the comments found in plain, the share still found.",
}


# ------------------------------------------------------------------------------------------------------- evaluating


def evaluate_guard(
    judge: Judge,
    comments: pd.DataFrame,
    *,
    prevalence: Mapping[str, float] | None = None,
    redraws: int = 1000,
    seed: int = 0,
    disguises: Iterable[str] = tuple(DISGUISES),
) -> Evaluation:
    """Score labelled comments that the guard was not trained on, and measure all there is to measure.

    Parameters
    ----------
    judge : guard
    comments : frame
        As `load_comments` returns it; a column ``identity`` may name the protected group that a comment speaks of,
        several joined by ``;``.
    prevalence : mapping of str to float, optional
        Other shares of the categories than the manifest assumes.
    redraws : int, default=1000
        How many bootstrap redraws; 0 for no intervals.
    seed : int, default=0
        Of redraws and disguises.
    disguises : iterable of str
        Names in `evaluation.disguise.DISGUISES`; none to skip the slowest part.

    Returns
    -------
    Evaluation

    Raises
    ------
    DataError
        When there are no comments, or none has a label for anything that is scored.
    """
    comments = comments.reset_index(drop=True)
    scores = score_table(judge, comments["text"].tolist())
    found = evaluate_comments(judge, comments, scores, prevalence=prevalence, redraws=redraws, seed=seed)
    return replace(found, by_disguise=disguise_frame(judge, comments, list(disguises), seed=seed))


def evaluate_comments(
    judge: Judge,
    comments: pd.DataFrame,
    scores: pd.DataFrame,
    *,
    prevalence: Mapping[str, float] | None = None,
    redraws: int = 1000,
    seed: int = 0,
) -> Evaluation:
    """Measure given scores, such as held-out ones, by the thresholds of a guard; all but the disguises.

    Parameters
    ----------
    judge : guard
        Its policy and manifest are used, its scores are not.
    comments, scores : frame
        As `load_comments` returns it, and probabilities: rows in the same order, one column a head of the guard.
    prevalence, redraws, seed
        As in `evaluate_guard`.
    """
    import pandas as pd

    comments, scores = comments.reset_index(drop=True), scores.reset_index(drop=True)
    heads = [head for head in scores.columns if head in comments and comments[head].notna().any()]
    if not heads:
        raise DataError(f"no comment has a label; labels stand in columns named like the heads: {', '.join(HEADS)}")
    assumed = check_shares(judge.manifest.get("prevalence", {}) if prevalence is None else prevalence)
    kind, of_groups, drawn = _redrawn(comments, comments[heads], redraws, seed)
    known = known_scores(comments, scores, assumed)
    groups = pd.DataFrame()
    if "identity" in comments:
        groups = group_measures(comments, scores, comments["identity"], policy=judge.policy, redraws=drawn)
    settings = {"unit": kind, "units": drawn.counts.shape[1], "redraws": redraws, "seed": seed, "model": judge.model_hash[:12]}
    return Evaluation(
        measures=measures_frame(known, drawn),
        actions=actions_frame(known, judge.policy, drawn),
        outcomes=outcomes_frame(comments, decide(judge.policy, scores, comments["text"].tolist()), drawn),
        reliability=reliability_frame(known, drawn),
        by_source=source_frame(known, comments["source"], of_groups),
        by_group=groups,
        by_disguise=pd.DataFrame(),
        settings={"comments": len(comments)} | settings,
    )


def _redrawn(comments: pd.DataFrame, labels: pd.DataFrame, redraws: int, seed: int) -> tuple[str, Redraws, Redraws]:
    """What is redrawn, redraws of groups of equal and paired texts, and redraws of writers where there are many.

    Groups are drawn within the rarest head that they belong to, so that every redraw holds about as many of each; a
    writer has comments of most heads, so writers are drawn from all writers.
    """
    positive = (labels == 1).fillna(False).to_numpy(dtype=bool)
    rarity = np.argsort(np.argsort(positive.sum(axis=0)))
    strata = np.where(positive, rarity, positive.shape[1]).min(axis=1)
    groups, named = group_comments(comments), (comments["writer"] != "").to_numpy()
    of_groups = draw(groups, strata, redraws=redraws, seed=seed)
    if comments.loc[named, "writer"].nunique() < LEAST_WRITERS:
        return "group", of_groups, of_groups
    writers = np.where(named, "writer/" + comments["writer"], groups)
    return "writer", of_groups, draw(writers, np.where(named, OF_WRITERS, strata), redraws=redraws, seed=seed)
