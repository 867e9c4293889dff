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
from social_guard.model.matrix import CommentMatrix, VocabularyRecipe, assemble, choose_vocabulary, count_units
from social_guard.model.word_classes import induce_word_classes
from social_guard.training import Recipe, gather_comments

ROOT = Path(__file__).resolve().parents[1]
REDRAWS = 200
HEAD = """\
# The post that a comment answers

Written by `benchmarks/context.py`: average precision on our own comments, each judged by a model that never saw its writer.
*No posts*: learnt and judged without them. *Not given*: learnt with posts, judged without. *Given*: learnt and judged with
them. *Gain* is *given* less *no posts*, with the middle 95 % of {redraws} redraws of the writers."""


def matrices(rows: pd.DataFrame, recipe: Recipe) -> dict[str, tuple[CommentMatrix, CommentMatrix]]:
    """By name: the comments as they are learnt from, and as they are judged."""
    texts, posts = rows["text"].tolist(), rows["post"].tolist()
    classes = induce_word_classes(texts, recipe.word_classes, min_df=recipe.min_df)
    sizes = VocabularyRecipe(recipe.min_df, recipe.max_words, recipe.max_grams, recipe.class_scale)
    plain, answering = (count_units(texts, recipe.min_df, given) for given in (None, posts))
    without, context = (choose_vocabulary(counted, classes, sizes) for counted in (plain, answering))
    bare, given = assemble(plain, without), assemble(answering, context)
    return {"no posts": (bare, bare), "not given": (given, assemble(plain, context)), "given": (given, given)}


def held_out(rows: pd.DataFrame, pair: tuple[CommentMatrix, CommentMatrix], key: str, recipe: Recipe) -> np.ndarray:
    """Log-odds of one category for our own comments by models that did not see their writers; NaN for all others."""
    learnt, judged = pair
    labels, weight = labels_of(rows, key), np.where(rows["own"], recipe.own_weight, 1.0)
    fold, own = deal_folds(rows["unit"].to_numpy(), labels[:, None], 3), rows["own"].to_numpy()
    scores = np.full(len(rows), np.nan)
    for k in range(3):
        part = np.flatnonzero((fold == k) & own)
        fit = fit_head(learnt, labels, weight * (fold != k), C=recipe.C, ratio_power=recipe.ratio_power)
        scores[part] = fit.log_odds(judged.take(part))
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
    forms = matrices(rows, recipe)
    with Parallel(n_jobs=jobs) as parallel:
        found = {name: parallel(delayed(held_out)(rows, pair, key, recipe) for key in keys) for name, pair in forms.items()}
    known = (rows["own"] & (rows["writer"] != "")).to_numpy()
    posted = (rows["post"] != "").to_numpy()
    parts = {"Comments that have a post": known & posted, "Comments without one": known & ~posted}
    sections = [HEAD.format(redraws=REDRAWS)]
    for title, part in parts.items():
        table = [precision_row(rows, key, {name: found[name][k] for name in found}, part) for k, key in enumerate(keys)]
        frame = pd.DataFrame(table)
        mean = frame.drop(columns=["category", "positives", "gain_low", "gain_high"]).mean().to_dict()
        frame = pd.concat([frame, pd.DataFrame([{"category": "mean", "positives": int(frame["positives"].sum())} | mean])])
        sections += [f"## {title}: {int(part.sum()):,}", markdown(frame)]
    return "\n\n".join(sections) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--per-source", type=int, default=1000, help="comments of each public source; fewer go faster")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    recipe = replace(Recipe(), per_source=options.per_source)
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, recipe)
    page = report(rows, recipe, options.jobs)
    (ROOT / "docs" / "figures" / "context.md").write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
