"""What the post that a comment answers is worth: average precision with and without it, written to docs/figures/context.md.

Our own comments, each judged by a model that never saw its writer; all models have the same comments and folds.

    python benchmarks/context.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from recipe import labels_of
from sklearn.metrics import average_precision_score

from social_guard.categories import CATEGORIES
from social_guard.evaluation.bootstrap import draw
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import CommentMatrix, assemble, choose_vocabulary, count_units
from social_guard.training import Recipe, gather_comments

ROOT = Path(__file__).resolve().parents[1]
REDRAWS, FOLDS = 200, 3
HEAD = """\
# The post that a comment answers

Written by `benchmarks/context.py`: average precision on our own comments, each judged by a model that never saw its writer.
*No posts*: learnt and judged without them. *Not given*: learnt with posts, judged without. *Given*: learnt and judged with
them. *Gain* is *given* less *no posts*, with the middle 95 % of {redraws} redraws of the writers."""


def forms(rows: pd.DataFrame, recipe: Recipe) -> list[tuple[CommentMatrix, dict[str, CommentMatrix]]]:
    """What is learnt from, without posts and with them, and what is judged by that, by name."""
    texts, posts = rows["text"].tolist(), rows["post"].tolist()
    plain, answering = (count_units(texts, recipe.min_df, given) for given in (None, posts))
    bare, context = (choose_vocabulary(units, recipe.sizes, rows["unit"].to_numpy()) for units in (plain, answering))
    bare, given = assemble(plain, bare), assemble(answering, context)
    return [(bare, {"no posts": bare}), (given, {"not given": assemble(plain, context), "given": given})]


def held_out(
    rows: pd.DataFrame, learnt: CommentMatrix, judged: Mapping[str, CommentMatrix], key: str, recipe: Recipe
) -> dict[str, np.ndarray]:
    """Log-odds of one category for our own comments by models that did not see their writers; NaN for all others."""
    labels, weight = labels_of(rows, key), np.where(rows["own"], recipe.own_weight, 1.0)
    fold, own = deal_folds(rows["unit"].to_numpy(), labels[:, None], FOLDS), rows["own"].to_numpy()
    scores = {name: np.full(len(rows), np.nan) for name in judged}
    for k in range(FOLDS):
        part = np.flatnonzero((fold == k) & own)
        fit = fit_head(learnt, labels, weight * (fold != k), C=recipe.C, ratio_power=recipe.ratio_power)
        for name, matrix in judged.items():
            scores[name][part] = fit.log_odds(matrix.take(part))
    return scores


def precision_row(rows: pd.DataFrame, key: str, scores: Mapping[str, np.ndarray], part: np.ndarray) -> dict[str, object]:
    """Average precision of one category on a part of the comments, and the gain with its interval."""
    labels = labels_of(rows, key)
    part = np.flatnonzero(part & ~np.isnan(labels))
    drawn = draw(rows["unit"].to_numpy()[part], np.zeros(len(part), int), redraws=REDRAWS)
    row = {name: average_precision_score(labels[part], column[part]) for name, column in scores.items()}
    gains = [
        average_precision_score(labels[part], scores["given"][part], sample_weight=weight)
        - average_precision_score(labels[part], scores["no posts"][part], sample_weight=weight)
        for weight in (counts[drawn.unit].astype(float) for counts in drawn.counts[1:])
    ]
    low, high = np.quantile(gains, [0.025, 0.975])
    return {"category": key, "positives": int(labels[part].sum())} | row | {
        "gain": row["given"] - row["no posts"], "gain_low": low, "gain_high": high
    }  # fmt: skip


def report(rows: pd.DataFrame, recipe: Recipe, jobs: int = 1) -> str:
    """The page."""
    keys = [key for key in CATEGORIES if key in rows]
    with Parallel(n_jobs=jobs) as parallel:
        parts = [parallel(delayed(held_out)(rows, *form, key, recipe) for key in keys) for form in forms(rows, recipe)]
    found = [{name: column for part in scores for name, column in part.items()} for scores in zip(*parts, strict=True)]
    known = (rows["own"] & (rows["writer"] != "")).to_numpy()
    posted = (rows["post"] != "").to_numpy()
    views = {"Comments that have a post": known & posted, "Comments without one": known & ~posted}
    size = f"{int(rows['own'].sum()):,} comments of our own, {int((~rows['own']).sum()):,} public ones; at most {recipe.max_grams:,} n-grams."
    sections = [HEAD.format(redraws=REDRAWS), size]
    for title, part in views.items():
        table = [precision_row(rows, key, scores, part) for key, scores in zip(keys, found, strict=True)]
        frame = pd.DataFrame(table)
        mean = frame.drop(columns=["category", "positives", "gain_low", "gain_high"]).mean().to_dict()
        frame = pd.concat([frame, pd.DataFrame([{"category": "mean", "positives": int(frame["positives"].sum())} | mean])])
        sections += [f"## {title}: {int(part.sum()):,}", markdown(frame)]
    return "\n\n".join(sections) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", help="a folder of public comments to learn from as well")
    parser.add_argument("--per-source", type=int, default=1000, help="comments of each public source; fewer go faster")
    parser.add_argument("--max-grams", type=int, default=Recipe.max_grams, help="n-grams at the most; fewer go faster")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    recipe = replace(Recipe(), per_source=options.per_source, max_grams=options.max_grams)
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, recipe)
    page = report(rows, recipe, options.jobs)
    (ROOT / "docs" / "figures" / "context.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
