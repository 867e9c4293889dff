"""What training costs beside the same recipe in plain scikit-learn, on the same comments; writes docs/figures/training.md.

    python benchmarks/training.py --corpora ../shared/corpora --share 0.1 --small 0.01

Plain, in two ways: *a Pipeline a head*, as people write it first (`TfidfVectorizer` of words and pairs, of character n-grams;
`LogisticRegression`; all of it inside `CalibratedClassifierCV`, so that features are counted anew for every head and fold), and
*features counted once*: one union fitted once, then one calibrated `LogisticRegression` a head on its matrix. All learn from the
same comments, with the same variations of them, the same weights and the same folds, and are judged on the same comments held
out. A share of the comments is compared, and for the Pipelines, which take so long, a small share; with `--all`, ours is also timed on all.
"""

from __future__ import annotations

import argparse
import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib.externals.loky import get_reusable_executor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import PredefinedSplit
from sklearn.pipeline import make_pipeline, make_union
from threadpoolctl import threadpool_limits
from timing import ROOT, write_page

from social_guard.categories import CATEGORIES
from social_guard.model.classifier import deal_folds
from social_guard.training import Recipe, fit_rows, gather_comments, supported_heads, vary_comments

RECIPE = Recipe()
PREVALENCE = {key: category.prevalence for key, category in CATEGORIES.items()}
HELD_OUT = 0.9
"""Comments whose place is above are judged, and never learnt from."""
SOLVERS = "lbfgs", "liblinear"
LOWER, TIMES = 0.002, 10
"""The goal: how much lower the mean AUC may be at the most, and how many times less the time shall be."""


# ------------------------------------------------------------------------------------------------- ways to train


def union():
    return make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=RECIPE.min_df, max_features=RECIPE.max_words),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=RECIPE.min_df, max_features=RECIPE.max_grams),
    )


def learnt_heads(rows):
    """The comments with their variations, and for each head which of them know it, their labels, weights and folds."""
    learnt, weight = vary_comments(rows, RECIPE)
    keys = supported_heads(rows)
    labels = learnt[keys].to_numpy(dtype=float, na_value=np.nan)
    fold = deal_folds(learnt["unit"].to_numpy(), labels, RECIPE.folds)
    known = [np.flatnonzero(~np.isnan(labels[:, h])) for h in range(len(keys))]
    return learnt, [(k, labels[k, h].astype(int), weight[k], PredefinedSplit(fold[k])) for h, k in enumerate(known)]


def pipeline_a_head(rows, solver):
    """Features are counted for every head and fold."""
    learnt, heads = learnt_heads(rows)
    models = []
    for known, labels, weight, folds in heads:
        model = make_pipeline(union(), LogisticRegression(C=RECIPE.C, max_iter=500, solver=solver))
        calibrated = CalibratedClassifierCV(model, cv=folds, ensemble=False)
        models.append(calibrated.fit(learnt["text"].iloc[known].tolist(), labels, logisticregression__sample_weight=weight))
    return lambda texts: np.column_stack([model.predict_proba(texts)[:, 1] for model in models])


def features_once(rows, solver):
    """Features are counted once, heads and folds share the matrix."""
    learnt, heads = learnt_heads(rows)
    features = union()
    matrix = features.fit_transform(learnt["text"]).tocsr()
    models = []
    for known, labels, weight, folds in heads:
        model = LogisticRegression(C=RECIPE.C, max_iter=500, solver=solver)
        models.append(CalibratedClassifierCV(model, cv=folds, ensemble=False).fit(matrix[known], labels, sample_weight=weight))

    def scores(texts):
        counted = features.transform(texts)
        return np.column_stack([model.predict_proba(counted)[:, 1] for model in models])

    return scores


def ours(rows, jobs):
    return fit_rows(rows, RECIPE, PREVALENCE, jobs).predict_proba


# --------------------------------------------------------------------------------------------------- measurement


def used():
    """Seconds of the processor, those of ended workers included, and of the clock."""
    get_reusable_executor().shutdown(wait=True)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return np.array([time.process_time() + children.ru_utime + children.ru_stime, time.perf_counter()])


def measure(side, rows, test, fit, how):
    """One row of the table: what a fit costs, without the scoring, and the mean AUC on what is held out."""
    start = used()
    with threadpool_limits(1):
        predict = fit(rows, how)
    processor, clock = used() - start
    row = {"side": side, "comments": len(rows), "processor seconds": processor, "seconds of the clock": clock, "mean AUC": np.nan}
    if len(test):
        row["mean AUC"] = mean_area(predict(test["text"].tolist()), test, supported_heads(rows))
    print(row, flush=True)
    return row


def mean_area(scores, test, keys):
    """Mean AUC over the heads that can be judged."""
    labels = test[keys].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(labels)
    judged = [h for h in range(len(keys)) if len(np.unique(labels[known[:, h], h])) == 2]
    return float(np.mean([roc_auc_score(labels[known[:, h], h], scores[known[:, h], h]) for h in judged]))


def quicker(rows):
    """The solver that takes less time, of those whose mean AUC is within the goal's margin of the best."""
    best = max(row["mean AUC"] for row in rows.values())
    fair = {solver: row["processor seconds"] for solver, row in rows.items() if row["mean AUC"] >= best - LOWER}
    return min(fair, key=fair.get)


def compare(rows, test):
    """Ours, and features counted once with either solver."""
    once = {solver: measure(f"features counted once, {solver}", rows, test, features_once, solver) for solver in SOLVERS}
    return measure("social_guard", rows, test, ours, 1), once


def verdict(row, our):
    """The goal beside what one plain way costs, at one share."""
    times = row["processor seconds"] / our["processor seconds"]
    gain = our["mean AUC"] - row["mean AUC"]
    met = "met" if times >= TIMES and gain >= -LOWER else "missed"
    return (
        f"- {row['side']}, {row['comments']:,} comments: ours takes 1/{times:.2f} of its processor time, "
        f"and its mean AUC is {abs(gain):.4f} {'higher' if gain >= 0 else 'lower'}. Goal {met}."
    )


# ---------------------------------------------------------------------------------------------------------- page


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--share", type=float, default=0.1, help="Of the comments, for features counted once.")
    parser.add_argument("--small", type=float, default=0.01, help="Of the comments, for a Pipeline a head.")
    parser.add_argument("--all", action="store_true", help="Also time ours on all comments.")
    options = parser.parse_args()
    if not 0 < options.small < options.share <= HELD_OUT:
        parser.error(f"--small must be above 0 and below --share, and --share {HELD_OUT} at the most: what is above is held out, to be judged")
    return options


def main() -> None:
    options = parse_options()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, RECIPE)
    place = pd.util.hash_array(rows["unit"].to_numpy(object)) / 2**64
    test = rows[place >= HELD_OUT]
    few, more = (rows[place < share].reset_index(drop=True) for share in (options.small, options.share))
    our_few, once_few = compare(few, test)
    solver = quicker(once_few)
    pipeline = measure(f"a Pipeline a head, {solver}", few, test, pipeline_a_head, solver)
    our_more, once_more = compare(more, test)
    both = measure("social_guard, two jobs", more, test[:0], ours, 2)
    every = [measure("social_guard", rows, test[:0], ours, 1)] if options.all else []
    table = pd.DataFrame([pipeline, *once_few.values(), our_few, *once_more.values(), our_more, both, *every])
    table.insert(1, "share", [options.small] * 4 + [options.share] * 4 + [1.0] * len(every))
    verdicts = [verdict(row, our_few) for row in (pipeline, *once_few.values())]
    verdicts += [verdict(row, our_more) for row in once_more.values()]
    heads = [len(supported_heads(part)) for part in (few, more)]
    head = HEAD.format(solver=solver, test=len(test), heads=heads, fits=RECIPE.folds + 1, times=TIMES, lower=LOWER)
    write_page("training.md", head, as_text(table), "\n".join(verdicts), scaling(our_more, both))


def as_text(table):
    for column, form in FORMS.items():
        table[column] = table[column].map(lambda value, form=form: "" if pd.isna(value) else form.format(value))
    return markdown(table.astype(object))


def scaling(one, two):
    """How ours gains from a second job."""
    processor, clock = (two[key] / one[key] for key in ("processor seconds", "seconds of the clock"))
    return f"With two jobs ours takes {clock:.2f} times as long by the clock as with one, and {processor:.2f} times the processor seconds."


FORMS = {"comments": "{:,}", "processor seconds": "{:.1f}", "seconds of the clock": "{:.1f}", "mean AUC": "{:.4f}"}

HEAD = """\
# What training costs

Written by `benchmarks/training.py`. The goal: 1/{times} of the time of the same recipe in plain scikit-learn, with a mean AUC no more
than {lower} lower. Plain scikit-learn (words and pairs, character n-grams, logistic regression, Platt's calibration on as many folds)
is written in two ways: *a Pipeline a head*, which counts features anew for every head and fold, and *features counted once* for
all heads. All sides learn from the same comments and variations, with the same weights and folds, and are judged on
the same {test:,} comments, which none has learnt from. A share is a share of the writers and of the public texts; the small
one has labels enough for {heads[0]} heads, the greater for {heads[1]}. Each head is fitted {fits} times.

One job and one thread a side, but where two jobs are named. Processor seconds hold the work of workers. Seconds hold varying the
comments, counting features, the fits and the calibration; for ours, also the scores of held-out folds. They do not hold reading the
corpora, choosing thresholds, and the scoring of what is judged. The Pipelines use {solver}: of the solvers within
{lower} of the best mean AUC at the small share, the quicker."""


if __name__ == "__main__":
    main()
