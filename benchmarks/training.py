"""What training costs beside the same recipe in plain scikit-learn, on the same comments; writes docs/figures/training.md.

    python benchmarks/training.py --corpora ../shared/corpora --share 0.1

Plain: one calibrated Pipeline a category (`TfidfVectorizer` of words and pairs, of character n-grams;
`LogisticRegression`; `CalibratedClassifierCV` with as many folds), two folds at a time. Both learn from the same comments,
with the same variations of them and the same weights, and are judged on the same ones held out. The plain side takes so long
that it gets a share of the comments; ours is also timed on all of them.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from sklearn.pipeline import make_pipeline, make_union
from timing import ROOT, write_page

from social_guard.categories import CATEGORIES
from social_guard.training import Recipe, fit_rows, gather_comments, supported_heads, vary_comments

JOBS = 2
RECIPE = Recipe()
PREVALENCE = {key: category.prevalence for key, category in CATEGORIES.items()}


def plain_head(rows, weight, key):
    """One category as scikit-learn's own parts fit it."""
    known, weight = rows[rows[key].notna()], weight[rows[key].notna()]
    union = make_union(
        TfidfVectorizer(ngram_range=(1, 2), min_df=RECIPE.min_df, max_features=RECIPE.max_words),
        TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=RECIPE.min_df, max_features=RECIPE.max_grams),
    )
    labels, groups = known[key].to_numpy(dtype=int), known["unit"].to_numpy()
    folds = list(GroupKFold(RECIPE.folds).split(known["text"], labels, groups))
    model = make_pipeline(union, LogisticRegression(C=RECIPE.C, max_iter=500))
    calibrated = CalibratedClassifierCV(model, cv=folds, n_jobs=JOBS, ensemble=False)
    return calibrated.fit(known["text"].tolist(), labels, logisticregression__sample_weight=weight)


def plain_scores(rows, texts, keys):
    learnt, weight = vary_comments(rows, RECIPE)
    return np.column_stack([plain_head(learnt, weight, key).predict_proba(texts)[:, 1] for key in keys])


def our_scores(rows, texts, keys):
    classifier = fit_rows(rows, RECIPE, PREVALENCE, JOBS)
    return classifier.predict_proba(texts)[:, [classifier.heads_.index(key) for key in keys]]


def mean_area(scores, test, keys):
    """Mean AUC over the heads that can be judged."""
    labels = test[keys].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(labels)
    judged = [h for h in range(len(keys)) if len(np.unique(labels[known[:, h], h])) == 2]
    return float(np.mean([roc_auc_score(labels[known[:, h], h], scores[known[:, h], h]) for h in judged]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    parser.add_argument("--share", type=float, default=0.1, help="Of the comments, for the comparison.")
    options = parser.parse_args()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, RECIPE)
    place = pd.util.hash_array(rows["unit"].to_numpy(object)) / 2**64
    train, test = rows[place < options.share].reset_index(drop=True), rows[(place >= 0.9)].reset_index(drop=True)
    keys = supported_heads(train)
    table = []
    for name, fit in (("plain scikit-learn", plain_scores), ("social_guard", our_scores)):
        start = time.perf_counter()
        scores = fit(train, test["text"].tolist(), keys)
        took = time.perf_counter() - start
        table.append({"side": name, "comments": f"{len(train):,}", "seconds": round(took, 1), "mean AUC": mean_area(scores, test, keys)})
        print(table[-1], flush=True)
    start = time.perf_counter()
    fit_rows(rows, RECIPE, PREVALENCE, JOBS)
    table.append({"side": "social_guard, all comments", "comments": f"{len(rows):,}", "seconds": round(time.perf_counter() - start, 1), "mean AUC": ""})
    ratio = table[0]["seconds"] / table[1]["seconds"]
    gain = table[1]["mean AUC"] - table[0]["mean AUC"]
    verdict = f"Ours takes 1/{ratio:.1f} of the time; its mean AUC over {len(keys)} heads is {abs(gain):.4f} {'higher' if gain >= 0 else 'lower'}."
    write_page("training.md", HEAD, markdown(pd.DataFrame(table).astype(object)), verdict)


HEAD = """\
# What training costs

Written by `benchmarks/training.py` on two cores. *Plain scikit-learn* is one calibrated Pipeline a head (words and pairs, character
n-grams, logistic regression, as many folds), fitted to the same comments and variations with the same weights, and judged on the
same comments held out, a tenth of all. Ours counts all features once and fits heads and folds side by side. Seconds hold the
scoring of what is held out."""


if __name__ == "__main__":
    main()
