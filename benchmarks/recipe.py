"""How strong the penalty and how heavy our own comments: two views of each setting, written to docs/figures/recipe.md.

*Own* is the mean average precision of the categories on our own comments, each judged by a model that never saw its
writer. *Foreign* is the mean AUC on open public sources, each held out in turn while our own comments are learnt from.

    python benchmarks/recipe.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import held_out_pairs, markdown
from joblib import Parallel, delayed
from sklearn.metrics import average_precision_score, roc_auc_score

from social_guard.categories import CATEGORIES
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import CommentMatrix, assemble, choose_vocabulary, count_units
from social_guard.training import Recipe, gather_comments

ROOT = Path(__file__).resolve().parents[1]
SETTINGS = [(1.0, 30.0), (2.0, 30.0), (0.5, 30.0), (1.0, 10.0)]
HEAD = """\
# Settings of the recipe

Written by `benchmarks/recipe.py`. *Own*: mean average precision of the categories on our own comments, each judged by a
model that never saw its writer. *Foreign*: mean AUC on open public sources, each held out in turn."""


def asked_for(description: str | None) -> tuple[pd.DataFrame, int]:
    """The comments, and the number of processes, that the command line asks for."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--per-source", type=int, default=1000, help="comments of each public source; fewer go faster")
    parser.add_argument("--writers", type=int, help="our own comments by so many writers alone, one in every few; fewer go faster")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, replace(Recipe(), per_source=options.per_source))
    return some_writers(rows, options.writers), options.jobs


def some_writers(rows: pd.DataFrame, count: int | None) -> pd.DataFrame:
    """The public comments, and our own ones by so many writers, spread over all; all of them when it is not said."""
    if count is None:
        return rows
    writers = sorted(set(rows.loc[rows["own"], "writer"]) - {""})
    chosen = [writers[i] for i in np.linspace(0, len(writers) - 1, count).astype(int)]
    return rows[~rows["own"] | rows["writer"].isin(chosen)].reset_index(drop=True)


def labels_of(rows: pd.DataFrame, key: str) -> np.ndarray:
    """One column of labels as floats, missing as NaN."""
    return rows[key].to_numpy(dtype=float, na_value=np.nan)


def shipped_matrix(rows: pd.DataFrame) -> CommentMatrix:
    """The comments in the features of the recipe that ships, without posts and variations."""
    counted = count_units(rows["text"].tolist(), Recipe.min_df)
    return assemble(counted, choose_vocabulary(counted, Recipe().sizes, rows["unit"].to_numpy()))


def own_precision(rows: pd.DataFrame, matrix: CommentMatrix, key: str, weight: np.ndarray, **settings: float) -> float:
    """Average precision of one category over writers held out."""
    labels, judged = labels_of(rows, key), (rows["own"] & (rows["writer"] != "")).to_numpy()
    fold = deal_folds(rows["unit"].to_numpy(), labels[:, None], 3)
    scores = np.full(len(rows), np.nan)
    for k in range(3):
        part = np.flatnonzero((fold == k) & judged)
        scores[part] = fit_head(matrix, labels, weight * (fold != k), **settings).log_odds(matrix.take(part))
    known = judged & ~np.isnan(labels)
    return float(average_precision_score(labels[known], scores[known]))


def foreign_area(
    rows: pd.DataFrame, matrix: CommentMatrix, pair: tuple[str, str], weight: np.ndarray, **settings: float
) -> float:
    """AUC of one category on one source that the model has not seen."""
    source, key = pair
    labels, outside = labels_of(rows, key), (rows["source"] != source).to_numpy()
    test = np.flatnonzero(~outside & ~np.isnan(labels))
    fit = fit_head(matrix, labels, weight * outside, **settings)
    return float(roc_auc_score(labels[test], fit.log_odds(matrix.take(test))))


def main() -> None:
    rows, jobs = asked_for(__doc__)
    matrix = shipped_matrix(rows)
    pairs = held_out_pairs(rows[~rows["own"]])
    table = []
    with Parallel(n_jobs=jobs) as parallel:
        for C, own_weight in SETTINGS:
            weight = np.where(rows["own"], own_weight, 1.0)
            settings = {"C": C, "ratio_power": Recipe.ratio_power}
            own = parallel(delayed(own_precision)(rows, matrix, key, weight, **settings) for key in CATEGORIES)
            foreign = parallel(delayed(foreign_area)(rows, matrix, pair, weight, **settings) for pair in pairs)
            table.append({"C": C, "own_weight": own_weight, "own": np.mean(own), "foreign": np.mean(foreign)})
            print(table[-1], flush=True)
    size = f"Measured with {int(rows['own'].sum()):,} comments of our own and {int((~rows['own']).sum()):,} public ones."
    text = "\n\n".join([HEAD, size, markdown(pd.DataFrame(table))]) + "\n"
    (ROOT / "docs" / "figures" / "recipe.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
