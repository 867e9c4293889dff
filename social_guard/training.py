"""The one recipe: corpora and our own comments in, a guard out, the same bytes for the same input."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .arrays import Floats
from .categories import CATEGORIES, HEADS, NOT_ENGLISH, SIGNPOSTS, URGENT
from .evaluation.evaluate import evaluate_scores
from .exceptions import DataError
from .files.data import group_comments, load_comments, source_registry, stable_fractions
from .files.persistence import Model, weights_hash
from .files.variations import padded_comments, swapped_comments
from .guard import SocialGuard
from .model.classifier import CommentClassifier
from .model.matrix import VocabularyRecipe
from .model.scorer import Weights, to_probability
from .policy.settings import LEVELS
from .policy.tuning import threshold_for_f1, thresholds_for_recall, thresholds_within_budget
from .prevalence import check_shares

LEAST_LABELS = 20
"""A head with fewer comments of either answer is left out of the model."""

SWAPPED = 0.8
"""Of the weight of a comment that names groups, what goes to its variations."""
DRILLED, DRILLED_WEIGHT = 1 / 5, 0.001
"""The share of one category over which a writer wrote for it, and how much such comments calibrate."""

LEAST_WRITERS = 6
"""With fewer writers than this, whole writers cannot be held out in turn."""

URGENT_BUDGETS = dict.fromkeys(LEVELS, 0.04)
"""The share of other comments that a person may be called to in vain, so that few calls for help are missed."""
CAUGHT = 0.87
"""The share of each category's comments that an action or a person shall reach, of writers whom the model has not met."""
FOREIGN_BUDGETS = dict.fromkeys(LEVELS, 0.004)
"""The share of English comments that may be taken for another language."""


@dataclass(frozen=True)
class Recipe:
    """The settings of `train_guard`.

    Attributes
    ----------
    per_source : int
        How many comments of one public source to use at the most.
    own_weight : float
        How much one of our own comments counts against one of a public source.
    swaps : int
        How many times each of our own comments that names a group of people is varied by other groups, a public one once.
    padded_weight : float
        How much a comment counts that is made of one of our own and thanks by the same writer, against one of a public source.
    C, ratio_power, min_df, min_groups, max_words, max_grams, folds
        As in `CommentClassifier`.
    """

    per_source: int = 3000
    own_weight: float = 30.0
    swaps: int = 3
    padded_weight: float = 4.0
    C: float = 1.0
    ratio_power: float = 0.5
    min_df: int = 5
    min_groups: int = 3
    max_words: int = 80_000
    max_grams: int = 60_000
    folds: int = 6

    @property
    def sizes(self) -> VocabularyRecipe:
        """How many features to keep."""
        return VocabularyRecipe(self.min_df, self.max_words, self.max_grams, self.min_groups)


def train_guard(
    comments: pd.DataFrame | str | Path,
    *,
    corpora: pd.DataFrame | str | Path | None = None,
    recipe: Recipe | None = None,
    prevalence: Mapping[str, float] | None = None,
    n_jobs: int | None = None,
    report: Callable[[str], Any] = lambda line: None,
) -> SocialGuard:
    """Train a guard.

    Parameters
    ----------
    comments : frame or path
        Labelled comments of the ground where the guard will be used: they count most, calibration rests on them alone,
        and thresholds on them and on real comments of that ground among the corpora, all on held-out folds.
    corpora : frame or path, optional
        Public comments as further examples, such as a folder of corpora; only open licences are taken from a folder.
    recipe : Recipe, optional
        Other settings than the usual.
    prevalence : mapping of str to float, optional
        The share of each category where the guard will be used; the defaults stand in `categories.CATEGORIES`.
    n_jobs : int, optional
        How many categories to fit at the same time.
    report : callable, optional
        Told of each stage in one line.

    Returns
    -------
    SocialGuard

    Raises
    ------
    DataError, LabelError
        When comments cannot be read or no head has enough labels.
    """
    recipe = recipe or Recipe()
    shares = {key: category.prevalence for key, category in CATEGORIES.items()}
    unknown = sorted(set(prevalence or {}) - set(shares))
    if unknown:
        raise DataError(f"prevalence names {unknown[0]!r}, which is no category; the categories are {', '.join(shares)}")
    shares |= check_shares(prevalence or {})
    rows = gather_comments(comments, corpora, recipe)
    report(f"{len(rows):,} comments, {int(rows['own'].sum()):,} of them our own")
    classifier = fit_rows(rows, recipe, shares, n_jobs)
    words, grams = (len(block.keys) for block in classifier.vocabulary_.blocks)
    report(f"{len(classifier.heads_)} heads over {words:,} words and pairs, {grams:,} n-grams")
    return build_guard(classifier, rows, shares, recipe)


def fit_rows(
    rows: pd.DataFrame, recipe: Recipe, prevalence: Mapping[str, float], n_jobs: int | None = None
) -> CommentClassifier:
    """Fit the classifier on gathered comments; it keeps the held-out scores of every row."""
    classifier = CommentClassifier(
        C=recipe.C,
        ratio_power=recipe.ratio_power,
        min_df=recipe.min_df,
        min_groups=recipe.min_groups,
        max_words=recipe.max_words,
        max_grams=recipe.max_grams,
        folds=recipe.folds,
        prevalence=prevalence,
        n_jobs=n_jobs,
    )
    learnt, weight = vary_comments(rows, recipe)
    plain = np.arange(len(learnt)) < len(rows)
    ground = np.append(page_weights(rows), np.zeros(len(learnt) - len(rows)))
    labels = learnt[supported_heads(rows)]
    classifier.fit(learnt["text"], labels, weight, learnt["unit"], ground, learnt["post"], counted=plain)
    classifier.held_out_log_odds_ = classifier.held_out_log_odds_[plain]
    return classifier


def vary_comments(rows: pd.DataFrame, recipe: Recipe) -> tuple[pd.DataFrame, Floats]:
    """The gathered comments, behind them their variations, and how much each counts in the fit.

    A comment and all that it becomes with other groups of people count as much together as one comment.
    """
    own = rows["own"].to_numpy(dtype=bool)
    weight = np.where(own, recipe.own_weight, source_weights(rows))
    swapped = pd.concat([swapped_comments(rows[own], recipe.swaps), swapped_comments(rows[~own], min(recipe.swaps, 1))])
    padded = padded_comments(rows[own] if recipe.padded_weight else rows[:0])
    times = np.bincount(swapped.index, minlength=len(rows))
    shared = (SWAPPED * weight / np.maximum(times, 1))[swapped.index]
    weight[times > 0] *= 1 - SWAPPED
    learnt = pd.concat([rows, swapped, padded], ignore_index=True)
    return learnt, np.concatenate([weight, shared, np.full(len(padded), recipe.padded_weight)])


def page_like(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which comments are our own and as a page would hold them, shape (n_comments,).

    Writers who wrote mostly for one category are no measure of how sure a score is on a page.
    """
    heads = [key for key in CATEGORIES if key in rows]
    shares = (rows[heads] == 1).fillna(False).astype(float).groupby(rows["writer"]).transform("mean").max(axis=1)
    drilled = (rows["writer"] != "") & (shares > DRILLED)
    return (rows["own"] & ~drilled).to_numpy(dtype=bool)


def page_weights(rows: pd.DataFrame) -> Floats:
    """How much each comment counts in the calibration, shape (n_comments,).

    Our own ones that are not `page_like` count so little that they matter only for what nobody else wrote.
    """
    return np.where(page_like(rows), 1.0, DRILLED_WEIGHT * rows["own"].to_numpy(dtype=float))


def suspect_labels(comments: pd.DataFrame, classifier: CommentClassifier) -> pd.DataFrame:
    """The labels that are likeliest to be wrong, by the scores of models that did not see the comment or its writer.

    Mistakes of labelling, and labels that somebody poisoned, speak against what all other writers teach.

    Parameters
    ----------
    comments : frame
        What the classifier was fitted on, in the same order.
    classifier : CommentClassifier
        Fitted by `fit_rows`, with folds.

    Returns
    -------
    frame
        One row a label that the scores speak against, the surest first: ``head``, ``comment`` (its row, from 0), ``label`` and
        ``doubt`` (log-odds against it).

    References
    ----------
    Northcutt C. et al. Confident learning: estimating uncertainty in dataset labels. JAIR 2021.
    """
    doubts = []
    for h, head in enumerate(classifier.heads_):
        label = comments[head].to_numpy(dtype=float, na_value=np.nan)
        doubt = classifier.held_out_log_odds_[:, h] * np.where(label == 1, -1, 1)
        rows = np.flatnonzero(~np.isnan(label) & ~np.isnan(doubt))
        usual = [np.median(doubt[rows[label[rows] == answer]]) for answer in (0, 1)]
        against = doubt[rows] - np.array(usual)[label[rows].astype(int)]  # the rarer answer is doubted more as a rule
        doubts.append(pd.DataFrame({"head": head, "comment": rows, "label": label[rows].astype(int), "doubt": against}))
    found = pd.concat(doubts, ignore_index=True)
    return found[found["doubt"] > 0].sort_values("doubt", ascending=False, kind="stable").reset_index(drop=True)


def gather_comments(
    comments: pd.DataFrame | str | Path, corpora: pd.DataFrame | str | Path | None, recipe: Recipe
) -> pd.DataFrame:
    """Our own and public comments in one frame with the columns ``own``, ``post`` and ``unit`` (the group of a fold)."""
    own = load_comments(comments)
    frames = [own.assign(own=True)]
    if corpora is not None:
        public = load_comments(corpora, licence_class=None if isinstance(corpora, pd.DataFrame) else "open")
        frames.append(correct_sources(thin_sources(public, recipe.per_source)).assign(own=False))
    rows = pd.concat(frames, ignore_index=True)
    if rows.empty:
        raise DataError("there are no comments to train on")
    return rows.assign(unit=fold_units(rows), post=rows["post"].fillna("") if "post" in rows else "")


def fold_units(rows: pd.DataFrame) -> NDArray[np.object_]:
    """What stays in one fold: all that one writer wrote, where enough writers are named, and equal texts.

    A model must not be judged on a voice that it learnt from.
    """
    texts = group_comments(rows)
    if rows.loc[rows["writer"] != "", "writer"].nunique() < LEAST_WRITERS:
        return texts
    return np.where(rows["writer"] != "", "writer/" + rows["writer"], texts)


def thin_sources(public: pd.DataFrame, per_source: int) -> pd.DataFrame:
    """Keep at most so many comments of each source, always the same ones; real words of our ground are all kept."""
    place = pd.Series(stable_fractions(group_comments(public), "thin"), index=public.index)
    order = place.groupby(public["source"]).rank(method="first")
    return public[(order <= per_source) | ground_rows(public)]


def correct_sources(public: pd.DataFrame) -> pd.DataFrame:
    """Apply the registry's judgement of its sources: labels not to be learnt from, and labels presumed."""
    harmful = (public[[key for key in CATEGORIES if key in public]] == 1).any(axis=1)
    place = stable_fractions(public["text"], "presumed")
    labels = {head: public[head].copy() for head in HEADS if head in public}
    for source, entry in source_registry().items():
        here = public["source"] == source
        for head in set(entry.get("distrust", ())).intersection(labels):
            labels[head] = labels[head].mask(here)
        for head in set(entry.get("presumed", ())).intersection(labels):
            labels[head] = labels[head].mask(here & ~harmful & (place < entry["presumed"][head]), 1)
    return public.assign(**labels)


def source_weights(rows: pd.DataFrame) -> Floats:
    """How much one comment of each public source counts by the registry: more where it is labelled as we would, below posts like ours."""
    registry = source_registry()
    return np.array([float(registry.get(source, {}).get("weight", 1)) for source in rows["source"]])


def ground_rows(rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Which comments are real words of the people whom the package is for, by the registry, shape (n_comments,)."""
    registry = source_registry()
    return np.array([bool(registry.get(source, {}).get("ground")) for source in rows["source"]], dtype=bool)


def supported_heads(rows: pd.DataFrame) -> list[str]:
    """The heads that have enough comments of either answer to learn from."""
    heads = [head for head in HEADS if head in rows and all((rows[head] == a).sum() >= LEAST_LABELS for a in (0, 1))]
    if not heads:
        raise DataError(f"no head has {LEAST_LABELS} comments labelled 1 and as many labelled 0; add labels")
    return heads


def build_guard(
    classifier: CommentClassifier, rows: pd.DataFrame, prevalence: Mapping[str, float], recipe: Recipe
) -> SocialGuard:
    """Choose thresholds on held-out scores of comments of our own ground, and describe the model."""
    held_out = pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(classifier.heads_), index=rows.index)
    own = rows[rows["own"]]
    manifest = describe_training(rows, classifier.weights_, prevalence, recipe)
    measures = evaluate_scores(own[list(classifier.heads_)], held_out.loc[own.index], prevalence)
    manifest["held_out"] = measures.round(4).to_dict("index")
    policy = write_policy(rows, held_out, weights_hash(classifier.weights_))
    return SocialGuard(Model(classifier.weights_, policy, manifest))


def describe_training(
    rows: pd.DataFrame, weights: Weights, prevalence: Mapping[str, float], recipe: Recipe
) -> dict[str, Any]:
    """What a manifest tells of the training: sources with licence and number of comments, settings, versions."""
    registry = source_registry()
    counts = rows.groupby("source").size()
    sources = {
        str(source): {"comments": int(count), "licence": registry.get(str(source), {}).get("licence", "own")}
        for source, count in counts.items()
    }
    packages = ("social_guard", "scikit-learn", "scipy", "numpy", "pandas")
    versions = {name: importlib.metadata.version(name) for name in packages} | {"python": platform.python_version()}
    digest = int(pd.util.hash_pandas_object(rows["text"], index=False).sum()) & (2**64 - 1)
    return {
        "model": weights_hash(weights),
        "prevalence": {key: prevalence[key] for key in CATEGORIES if key in weights.heads},
        "sources": sources,
        "recipe": vars(recipe) | {"source_weights": {name: registry[name]["weight"] for name in sources if "weight" in registry.get(name, {})}},
        "training_text_hash": f"{digest:016x}",
        "versions": versions,
    }


def write_policy(rows: pd.DataFrame, held_out: pd.DataFrame, model: str) -> str:
    """The text of a policy file with thresholds chosen on held-out scores.

    For actions, our own comments and real ones of our ground are judged apart, and the higher threshold is taken:
    neither may have more false alarms than the budget. For review, what counts is that harmful comments are seen, and
    for review and signposts only comments that are `page_like` are asked.
    """
    not_english = _not_english_threshold(rows, held_out)
    page = _page_rows(rows, [head for head in CATEGORIES if head in held_out])
    urgent = _urgent_threshold(rows[page], held_out[page])
    steps = {head: _action_thresholds(head, rows, held_out) for head in CATEGORIES if head in held_out}
    shown = _at_least(held_out, URGENT, urgent) | _at_least(held_out, NOT_ENGLISH, not_english)
    lines = [POLICY_HEAD.format(model=model, not_english=not_english)]
    for head, review in _review_thresholds(rows[page], held_out[page], steps, shown[page]).items():
        lines.append(f"\n[categories.{head}]  # {CATEGORIES[head].clause}\nreview = {review}\n")
        lines += [f"{level} = {threshold}\n" for level, threshold in steps[head].items()]
    return "".join([*lines, SIGNPOST_HEAD, *_signpost_lines(rows[page], held_out[page], urgent), POLICY_TAIL])


def _at_least(held_out: pd.DataFrame, head: str, threshold: float) -> pd.Series:
    return held_out[head] >= threshold if head in held_out else pd.Series(False, index=held_out.index)


def _page_rows(rows: pd.DataFrame, heads: list[str]) -> NDArray[np.bool_]:
    """Our own comments as a page would hold them; all of our own if they lack a category."""
    page = page_like(rows)
    return page if (rows.loc[page, heads] == 1).any().all() else rows["own"].to_numpy(dtype=bool)


def _action_thresholds(head: str, rows: pd.DataFrame, held_out: pd.DataFrame) -> dict[str, float]:
    parts = [part for part in (rows["own"].to_numpy(), ground_rows(rows)) if part.any()]
    outside = (rows[head] == 0).fillna(False).to_numpy(dtype=bool)
    options = [thresholds_within_budget(held_out.loc[part & outside, head].to_numpy()) for part in parts]
    taken = LEVELS[1 : LEVELS.index(CATEGORIES[head].gravest) + 1]
    return {level: max(option[level] for option in options) for level in taken}


def _review_thresholds(
    rows: pd.DataFrame, held_out: pd.DataFrame, steps: Mapping[str, Mapping[str, float]], shown: pd.Series
) -> dict[str, float]:
    """From which scores on a person looks, so that few harmful comments pass unseen."""
    heads = list(steps)
    acted = (held_out[heads] >= [steps[head]["hide"] for head in heads]).any(axis=1)
    labels, scores = rows[heads].to_numpy(dtype=float, na_value=np.nan), held_out[heads].to_numpy()
    thresholds = thresholds_for_recall(scores, labels, (acted | shown).to_numpy(), CAUGHT)
    return {
        head: min(float(np.floor(threshold * 1e4) / 1e4), steps[head]["hide"])
        for head, threshold in zip(heads, thresholds, strict=True)
    }


def _urgent_threshold(page: pd.DataFrame, held_out: pd.DataFrame) -> float:
    if URGENT not in held_out:
        return 1.0
    others = (page[URGENT] == 0).fillna(False).to_numpy(dtype=bool)
    return thresholds_within_budget(held_out.loc[others, URGENT].to_numpy(), URGENT_BUDGETS)["review"]


def _not_english_threshold(rows: pd.DataFrame, held_out: pd.DataFrame) -> float:
    if NOT_ENGLISH not in held_out:
        return 1.0
    english = (rows[NOT_ENGLISH] == 0).fillna(False).to_numpy(dtype=bool)
    return thresholds_within_budget(held_out.loc[english, NOT_ENGLISH].to_numpy(), FOREIGN_BUDGETS)["review"]


def _signpost_lines(page: pd.DataFrame, held_out: pd.DataFrame, urgent: float) -> list[str]:
    lines = []
    for head in (head for head in SIGNPOSTS if head in held_out):
        known = page[head].notna()
        probability, positive = held_out.loc[known, head].to_numpy(), (page.loc[known, head] == 1).to_numpy(dtype=bool)
        lines.append(f"{head} = {urgent if head == URGENT else threshold_for_f1(probability, positive)}\n")
    return lines


POLICY_HEAD = """\
# How scores become actions.
#
# Every comment gets a score from 0 to 1 in each category: how likely it is to belong there. This file says from which
# score on something happens. Raise a number and fewer comments are touched; lower it and more are. Delete a line and
# that step is never taken. The most severe step that any category reaches is the one that is recommended.
#
#   review   a person looks; nothing happens to the comment
#   hide     only the author and their friends still see it
#   remove   it is deleted
#   report   it is deleted and reported to the platform, and to security or the police where somebody may be harmed
#
# After a change, run: social-guard policy check THIS-FILE
# To see what a change would have done: social-guard policy replay THIS-FILE SCORED-COMMENTS

version = 1

# The model that these numbers were chosen for. With another model, they mean something else.
tuned_for = "{model}"

# These steps are only ever recommended: a person confirms them. A category may have a `confirm` line of its own.
confirm = ["remove", "report"]

# act: software may do what needs no person. observe: everything is worked out, nothing is done (for a trial).
# off: no actions at all. Somebody who may need help now is shown to a person in every mode.
mode = "act"

# Speech to protect: a comment that is also one of these waits for a person before anything is done to it.
protected = ["complaint", "urgent_help"]

# Categories of which every action waits for a person.
never_alone = []

# From this score on a comment counts as not in English, and a person looks, since the model reads English only.
not_english = {not_english}
"""

SIGNPOST_HEAD = """
# Comments that are welcome and need an answer: from which score on they are marked as such. urgent_help (somebody may be
# in danger now) always brings a person, whatever else the comment holds; keep it low. Where each of them leads can be
# told in a section of its own (docs/signposts.md).
[signposts]
"""

POLICY_TAIL = """
# More that can stand here, each explained in the page that is named:
#
# [[rules.staff]]        names of staff, and [[rules.allowed]], [[rules.blocked]]: phrases         docs/policy.md
# [[rules.details]]      phone numbers and other personal details call for a person               docs/policy.md
# [public_contacts]      your own phone numbers, addresses and accounts, which are not personal      docs/privacy.md
# [clock]                opening hours, by which answers are due                                    docs/signposts.md
# [history]              when repeated breaches lead to a warning or a block                        docs/history.md
"""
