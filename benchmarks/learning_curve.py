"""What more comments would bring: mean average precision of the categories as the number of our own comments doubles.

Writers are dealt into folds; each fold is judged by models that were fitted on a part of the comments by the other
writers (drawn three times), alone and together with the open corpora. The vocabulary is chosen anew for each part. Our own
comments weigh as in the recipe. Written to docs/figures/learning-curve.md with a plot.

    python benchmarks/learning_curve.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from sklearn.metrics import average_precision_score

from social_guard.categories import CATEGORIES
from social_guard.files.data import stable_fractions
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import CountedComments, assemble, choose_vocabulary, count_units
from social_guard.pages.plots import line_plot
from social_guard.pages.render import markdown_table
from social_guard.pages.report import cells
from social_guard.safe_files import write_file
from social_guard.training import Recipe, gather_comments

ROOT = Path(__file__).resolve().parents[1]
SHARES = (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)
DRAWS = 3
KEYS = list(CATEGORIES)


def draw_comments(rows: pd.DataFrame, share: float, draw: int) -> np.ndarray:
    """A share of our own comments, the same ones in every run; a smaller share of a draw is part of a greater one."""
    place = stable_fractions(rows["source"] + "/" + rows.index.astype(str), f"learning curve {draw}")
    return rows["own"].to_numpy() & (place < share)


def fold_scores(rows: pd.DataFrame, counted: CountedComments, train: np.ndarray, test: np.ndarray, recipe: Recipe) -> np.ndarray:
    """Scores of the test comments by a model of the training ones, shape (n_test, n_categories)."""
    chosen = np.concatenate([np.flatnonzero(train), np.flatnonzero(test)])
    part, known = counted.take(chosen), counted.take(train)
    matrix = assemble(part, choose_vocabulary(known, recipe.sizes))
    size = int(train.sum())
    weight = np.where(np.arange(len(chosen)) < size, np.where(rows["own"].to_numpy()[chosen], recipe.own_weight, 1.0), 0.0)
    seen = matrix.take(np.arange(size, len(chosen)))
    columns = []
    for key in KEYS:
        labels = rows[key].to_numpy(dtype=float, na_value=np.nan)[chosen]
        columns.append(fit_head(matrix, labels, weight, C=recipe.C, ratio_power=recipe.ratio_power).log_odds(seen))
    return np.column_stack(columns)


def mean_precision(rows: pd.DataFrame, judged: np.ndarray, scores: np.ndarray) -> float:
    """Mean average precision of the categories on the comments judged."""
    labels = rows.loc[judged, KEYS].to_numpy(dtype=float)
    return float(np.mean([average_precision_score(labels[:, i], scores[judged, i]) for i in range(len(KEYS))]))


def settings(has_corpora: bool) -> Iterator[tuple[bool, float, int]]:
    """With corpora or without, the share of our own comments, and the number of the draw; all comments are drawn once."""
    for corpora in (False, True) if has_corpora else (False,):
        for share in SHARES:
            for draw in range(DRAWS if share < 1 else 1):
                yield corpora, share, draw


def learning_curve(rows: pd.DataFrame, recipe: Recipe, folds: int, jobs: int) -> pd.DataFrame:
    """One row for each setting: ``corpora``, ``share``, ``draw``, ``comments`` of our own learnt from, ``map``."""
    judged = (rows["own"] & (rows["writer"] != "") & rows[KEYS].notna().all(axis=1)).to_numpy()
    counted = count_units(rows["text"].tolist(), recipe.min_df)
    fold = deal_folds(rows["unit"].to_numpy(), rows[KEYS].to_numpy(dtype=float, na_value=np.nan), folds)
    found = []
    with Parallel(n_jobs=jobs, max_nbytes="1M") as parallel:
        for corpora, share, draw in settings(not rows["own"].all()):
            learnt = draw_comments(rows, share, draw) | (corpora & ~rows["own"].to_numpy())
            parts = parallel(
                delayed(fold_scores)(rows[["own", *KEYS]], counted, learnt & (fold != k), judged & (fold == k), recipe)
                for k in range(folds)
            )
            scores = np.full((len(rows), len(KEYS)), np.nan)
            for k, part in enumerate(parts):
                scores[judged & (fold == k)] = part
            comments = np.mean([(learnt & rows["own"].to_numpy() & (fold != k)).sum() for k in range(folds)])
            found.append((corpora, share, draw, comments, mean_precision(rows, judged, scores)))
            print(found[-1], flush=True)
    return pd.DataFrame(found, columns=["corpora", "share", "draw", "comments", "map"])


def write_curve(curve: pd.DataFrame, folder: Path) -> None:
    """Write learning-curve.md and learning-curve.svg."""
    names = {False: "our own comments", True: "with the open corpora"}
    by_share = curve.groupby(["corpora", "share"])
    points = by_share.agg(comments=("comments", "mean"), map=("map", "mean"), map_low=("map", "min"), map_high=("map", "max"))
    lines = {names[with_corpora]: points.loc[with_corpora].to_numpy().tolist() for with_corpora in points.index.levels[0]}
    write_file(folder / "learning-curve.svg", line_plot(lines, x="our own comments learnt from", y="mean average precision"))
    table = points.reset_index().assign(corpora=lambda f: f["corpora"].map(names), comments=lambda f: f["comments"].round().astype(int))
    table = table.rename(columns={"map": "mean_ap", "map_low": "mean_ap_low", "map_high": "mean_ap_high"}).drop(columns="share")
    write_file(folder / "learning-curve.md", f"{HEAD}\n\n{markdown_table(cells(table.set_index('corpora').rename_axis('learnt from')))}\n")


HEAD = """\
# Learning curve

Written by `benchmarks/learning_curve.py`. Mean average precision of the seven categories on our own comments, each judged by
a model that never saw its writer, as the number of our own comments doubles; in brackets the least and the greatest of three
draws. A line that still rises at its end says that more comments would help.

![Mean average precision against the number of comments](learning-curve.svg)"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora", help="a folder of open corpora; empty for none")
    parser.add_argument("--folds", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures", help="the folder to write to")
    options = parser.parse_args()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora or None, Recipe())
    write_curve(learning_curve(rows, Recipe(), options.folds, options.jobs), options.output)


if __name__ == "__main__":
    main()
