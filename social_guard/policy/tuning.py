"""Choose thresholds: how sure the model must be before each step, so that few fair comments are touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import Floats
from ..categories import CATEGORIES
from ..exceptions import TuningError
from .edit import TUNED, edit_policy
from .goals import AS_DRAWN, Goal, check_goal
from .promise import FIRST_LABELS, Promise, Sample, cheapest_threshold, labels_needed, proven_thresholds
from .reading import parse_policy
from .settings import LEVELS, Action, CategoryRule, Policy

if TYPE_CHECKING:
    import pandas as pd

BUDGETS: Mapping[str, float] = {"review": 0.012, "hide": 0.0015, "remove": 0.00008, "report": 0.0}
"""The share of comments outside a category that each step may wrongly touch."""
STRIDE = 0.003
"""The share of a category's comments that one step of the search takes in."""


def thresholds_within_budget(others: Floats, budgets: Mapping[str, float] = BUDGETS) -> dict[str, float]:
    """The lowest thresholds at which each step touches no more than its share of the comments outside a category.

    Parameters
    ----------
    others : (n_comments,) float array
        Probability of comments that do not belong to the category and that the model was not fitted on.
    budgets : mapping of str to float
        For each step of `policy.settings.LEVELS`, the share of the other comments that it may touch.

    Returns
    -------
    dict of str to float
        Rising thresholds, rounded up to four digits.

    Examples
    --------
    >>> thresholds_within_budget(np.linspace(0, 0.9, 901), {"review": 0.1, "hide": 0.01, "remove": 0, "report": 0})
    {'review': 0.8101, 'hide': 0.8911, 'remove': 0.9001, 'report': 0.9001}
    """
    others = np.sort(others)[::-1]
    thresholds: dict[str, float] = {}
    lowest = 0.0
    for level in LEVELS:
        spare = int(budgets[level] * len(others))
        reached = others[spare] if spare < len(others) else 0.0
        lowest = max(lowest, min(float(np.floor(reached * 1e4) + 1) / 1e4, 1.0))
        thresholds[level] = lowest
    return thresholds


def thresholds_for_recall(scores: Floats, labels: Floats, caught: NDArray[np.bool_], recall: float) -> Floats:
    """High thresholds at which the categories together catch their share of the comments of every category.

    A harmful comment is caught when any category notices it, so the thresholds are lowered in turns: always that of the
    category of which the smallest share is caught.

    Parameters
    ----------
    scores : (n_comments, n_categories) float array
    labels : (n_comments, n_categories) float array
        1, 0 or NaN for unknown.
    caught : (n_comments,) bool array
        Comments that come to a person for another reason.
    recall : float
        The share of each category to catch.

    Returns
    -------
    (n_categories,) float array

    Examples
    --------
    >>> scores, labels = np.array([[0.9, 0.1], [0.4, 0.2], [0.3, 0.8]]), np.array([[1, 0], [1, 0], [0, 1]])
    >>> thresholds_for_recall(scores, labels, np.zeros(3, bool), 0.5).tolist()
    [0.9, 0.8]
    """
    positive = labels == 1
    thresholds = np.where(positive, scores, 0.0).max(axis=0)
    while True:
        found = caught | (scores >= thresholds).any(axis=1)
        shares = [found[rows].mean() if rows.any() else 1.0 for rows in positive.T]
        least = int(np.argmin(shares))
        if shares[least] >= recall:
            return thresholds
        missed = np.sort(scores[positive[:, least] & ~found, least])[::-1]
        thresholds[least] = missed[int(STRIDE * positive[:, least].sum())]


def threshold_for_f1(probability: Floats, positive: NDArray[np.bool_]) -> float:
    """The threshold with the best F1.

    Examples
    --------
    >>> threshold_for_f1(np.array([0.1, 0.4, 0.8, 0.9]), np.array([False, True, True, True]))
    0.4
    """
    order = np.argsort(-probability, kind="stable")
    ranked, hits = probability[order], np.cumsum(positive[order])
    f1 = 2 * hits / (np.arange(1, len(order) + 1) + positive.sum())
    f1[:-1][ranked[:-1] == ranked[1:]] = 0.0  # a threshold takes all equal scores or none
    return float(np.floor(ranked[int(np.argmax(f1))] * 1e4) / 1e4)


# ----------------------------------------------------------------------------------------- to a promise


@dataclass(frozen=True, eq=False)
class Tuning:
    """Thresholds chosen, and what to expect of them.

    Attributes
    ----------
    policy_text : str
        The policy file with the new thresholds; all else in it stands as it was.
    report : pandas.DataFrame
        One row a category and step, and one for its review band: the columns of `Row`.
    """

    policy_text: str
    report: pd.DataFrame


@dataclass
class Row:
    """One step of one category.

    Attributes
    ----------
    category, step : str
    basis : str
        ``promise``, ``cost``, ``kept`` (not tuned) or ``unproven``.
    before, threshold : float
        In the old and in the new file; missing where the step is not taken.
    promised, precision_bound : float
        The precision asked for, and the one that the labels prove.
    precision, recall : float
        What the labels show at the prevalence: an estimate.
    positives, negatives : int
        Comments labelled as belonging to the category, and as not.
    per_week, wrong_per_week : float
        Comments that would get exactly this step from this category, and those of them that do not belong to it.
    for_a_person : float
        Those of them that wait for a person. A comment in two categories is counted in both.
    needs : str
        Where the promise is not proven, why, and how many labels are missing.
    """

    category: str
    step: str
    basis: str = "kept"
    before: float = np.nan
    threshold: float = np.nan
    promised: float = np.nan
    precision_bound: float = np.nan
    precision: float = np.nan
    recall: float = np.nan
    positives: int = 0
    negatives: int = 0
    per_week: float = np.nan
    wrong_per_week: float = np.nan
    for_a_person: float = np.nan
    needs: str = ""


def tune_policy(policy_text: str, scores: pd.DataFrame, labels: pd.DataFrame, goal: Goal, *, model: str = "") -> Tuning:
    """Choose thresholds on labelled comments that the model was not fitted on.

    Parameters
    ----------
    policy_text : str
        The policy file to change.
    scores : frame
        Probabilities, one column a category.
    labels : frame
        Columns of the same names and rows in the same order: 1, 0 or missing, which is left out.
    goal : Goal
    model : str
        The hash of the model, for the file.

    Raises
    ------
    TuningError
        When the goal is not allowed, or the labels do not prove a promise and ``unproven`` is ``"raise"``: every step
        concerned is named, with the labels that are missing.

    Examples
    --------
    >>> import pandas as pd
    >>> score = np.linspace(0, 1, 1001)
    >>> frames = pd.DataFrame({"spam": score}), pd.DataFrame({"spam": (score > 0.5).astype(int)})
    >>> goal = Goal(precision={"hide": 0.9}, prevalence={"spam": 0.5})
    >>> tuned = tune_policy("version = 1\\n[categories.spam]\\nhide = 0.9\\n", *frames, goal)
    >>> tuned.report.loc[1, ["category", "step", "basis"]].tolist()
    ['spam', 'hide', 'promise']
    """
    import pandas as pd

    check_goal(goal)
    policy = parse_policy(policy_text)
    samples = {key: _sample(scores, labels, key) for key in _tuned_categories(policy, scores, goal)}
    if goal.prevalence == AS_DRAWN:
        goal = replace(goal, prevalence={key: sample.share for key, sample in samples.items()})
    rows = [row for key, sample in samples.items() for row in tuned_rows(policy, key, samples, goal)]
    refused = [f"{row.category}.{row.step}: {row.needs}" for row in rows if row.basis == "unproven"]
    if refused and goal.unproven == "raise":
        raise TuningError(REFUSED.format("\n  ".join(refused)))
    return Tuning(_written(policy_text, rows, goal, model), pd.DataFrame([vars(row) for row in rows]))


REFUSED = """the labels do not prove these promises:
  {}
Add labels, ask for less, state the prevalence where the guard is used, or say unproven="drop" (such steps are then never \
taken) or "keep" (their thresholds stay as they are, not proven)."""


def _tuned_categories(policy: Policy, scores: pd.DataFrame, goal: Goal) -> list[str]:
    """The categories of the file that the model scores; one that is asked for by name must be among them."""
    found = [key for key in policy.categories if key in scores.columns]
    for key in (*(goal.precision or {}), *(goal.costs or {})):
        if key in CATEGORIES and key not in found:
            raise TuningError(f"{key} cannot be tuned: it has no section in the policy file, or the model does not score it")
    if not any(goal.tuned_steps(key, policy.categories[key]) or goal.category_costs(key) for key in found):
        raise TuningError("there is nothing to tune: no category of the policy file has one of the steps asked for")
    return found


def tuned_rows(policy: Policy, key: str, samples: Mapping[str, Sample], goal: Goal) -> list[Row]:
    """The steps of one category from the mildest up: a threshold is never below that of the step before.

    Parameters
    ----------
    policy : Policy
    key : str
        The category.
    samples : mapping of str to Sample
        The scores of the labelled comments of every category that is tuned.
    goal : Goal
    """
    rule, sample = policy.categories[key], samples[key]
    promised = goal.tuned_steps(key, rule)
    asked = sum(len(goal.tuned_steps(other, policy.categories[other])) for other in samples)
    rows: list[Row] = []
    lowest = 0.0
    for step in (s for s in LEVELS[1:] if s in promised or getattr(rule, s) is not None):
        row = Row(key, step, positives=len(sample.positives), negatives=len(sample.negatives))
        row.before = row.threshold = _number(getattr(rule, step))
        if step in promised:
            _prove(row, sample, goal.promise(key, step, asked), lowest)
        elif not rows and goal.category_costs(key):
            _save_costs(row, sample, goal)
        if row.basis == "unproven" and goal.unproven != "keep":
            row.threshold = np.nan
        row.threshold = float(np.maximum(row.threshold, lowest))  # a missing one stays missing
        lowest = float(np.fmax(row.threshold, lowest))
        rows.append(row)
    return _with_volumes([_review_row(key, rule, rows), *rows], sample, policy, goal)


def _number(threshold: float | None) -> float:
    return np.nan if threshold is None else threshold


def _sample(scores: pd.DataFrame, labels: pd.DataFrame, key: str) -> Sample:
    if key not in labels.columns:
        return Sample(np.empty(0), np.empty(0))
    label = labels[key].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(label)
    return Sample.of(scores[key].to_numpy(dtype=float)[known], label[known] == 1)


def _prove(row: Row, sample: Sample, promise: Promise, lowest: float) -> None:
    proven = {x: bound for x, bound in proven_thresholds(sample, promise).items() if x >= lowest}
    row.promised, row.basis = promise.precision, "promise" if proven else "unproven"
    if proven:
        row.threshold = min(proven)
        row.precision_bound = proven[row.threshold]
    else:
        row.needs = _needs(sample, promise)


def _needs(sample: Sample, promise: Promise) -> str:
    """Why a promise is not proven, in words."""
    asked = f"precision {promise.precision:g} where a share of {promise.prevalence:g} belongs"
    given = f"{len(sample.positives)} comments labelled 1 and {len(sample.negatives)} labelled 0 do not prove it"
    missing = labels_needed(sample, promise)
    if missing is None:
        return f"{asked}: the scores, as far as these labels show, do not reach it"
    more = " and ".join(f"{n:,} more labelled {label}" for n, label in zip(missing, (1, 0), strict=True) if n)
    return f"{asked}: {given}; about {more or 'a few more of either'} would"


def _save_costs(row: Row, sample: Sample, goal: Goal) -> None:
    costs = {"miss": 1.0, "false_alarm": 1.0} | dict(goal.category_costs(row.category))
    enough = min(len(sample.positives), len(sample.negatives)) >= FIRST_LABELS
    found = cheapest_threshold(sample, goal.shares[row.category], **costs) if enough else None
    row.basis = "unproven" if found is None else "cost"
    if found is not None:
        row.threshold = found
    else:
        row.needs = "acting costs more than it saves" if enough else f"needs {FIRST_LABELS} labels of either kind"


def _review_row(key: str, rule: CategoryRule, rows: Sequence[Row]) -> Row:
    """The review band ends where the first step begins."""
    first = min((row.threshold for row in rows if not np.isnan(row.threshold)), default=np.inf)
    before = _number(rule.review)
    return Row(key, "review", before=before, threshold=float(np.minimum(before, first)))


def _with_volumes(rows: list[Row], sample: Sample, policy: Policy, goal: Goal) -> list[Row]:
    """Fill in what each step would touch at the prevalence; the steps above take their part away."""
    if not len(sample.positives) or not len(sample.negatives):
        return rows
    share = goal.shares[rows[0].category]
    above = np.zeros(2)
    for row in reversed([row for row in rows if not np.isnan(row.threshold)]):
        recall, wrong = sample.rates(row.threshold)
        reached = np.array([share * recall, (1 - share) * wrong])
        row.positives, row.negatives, row.recall = len(sample.positives), len(sample.negatives), recall
        row.precision = reached[0] / reached.sum() if reached.any() else np.nan
        touched = (reached - above) * goal.comments_per_week
        row.per_week, row.wrong_per_week = float(touched.sum()), float(touched[1])
        waits = row.step == "review" or Action[row.step.upper()] in policy.confirmed(row.category)
        row.for_a_person = row.per_week if waits else 0.0
        above = reached
    return rows


def _written(policy_text: str, rows: Sequence[Row], goal: Goal, model: str) -> str:
    """The policy file with the new thresholds; behind each that is promised stands the promise."""
    values: dict[str, Any] = {"tuned_for": model} if model else {}
    notes = {}
    for row in rows:
        path = f"{row.category}.{row.step}"
        if not np.isnan(row.threshold):
            values[path] = float(row.threshold)
        elif not np.isnan(row.before):
            values[path] = None
        if row.basis == "promise":
            share = goal.shares[row.category]
            notes[path] = NOTE.format(row.promised, share, goal.confidence, " for all" if goal.joint else "")
        elif row.basis == "cost":
            notes[path] = TUNED + "the cheapest threshold on the labels given"
    return edit_policy(policy_text, values, notes)


NOTE = TUNED + "precision at least {:g} where a share of {:g} belongs, confidence {:g}{}"
