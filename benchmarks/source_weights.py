"""What it does to spam when comments below the posts of others count more; writes docs/figures/source_weights.md.

    python benchmarks/source_weights.py --corpora ../shared/corpora --per-source 3000
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from recipe import asked_for, labels_of, shipped_matrix
from sklearn.metrics import accuracy_score, average_precision_score, f1_score

from social_guard.files.data import source_registry
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import CommentMatrix
from social_guard.safe_files import write_file
from social_guard.training import Recipe

ROOT = Path(__file__).resolve().parents[1]
WEIGHTS, FOLDS = (1, 3, 10, 30), 6
HEAD = f"""\
# Weights of sources

Written by `benchmarks/source_weights.py`: spam, each comment judged by a model that saw neither its writer nor its text. The
registry (`weight` in `social_guard/files/sources.toml`) lets a comment of the sources named below count more in the fit than one of
other public sources; our own count {Recipe.own_weight:.0f}. *F1* and *accuracy* stand where as many comments are found as there are."""


def held_out_log_odds(matrix: CommentMatrix, labels: np.ndarray, weight: np.ndarray, fold: np.ndarray, *, jobs: int) -> np.ndarray:
    """Log-odds of each comment by a model of the other folds."""

    def _part(k: int) -> np.ndarray:
        fit = fit_head(matrix, labels, weight * (fold != k), C=Recipe.C, ratio_power=Recipe.ratio_power)
        return fit.log_odds(matrix.take(np.flatnonzero(fold == k)))

    found = np.empty(len(labels))
    for k, part in enumerate(Parallel(n_jobs=jobs)(delayed(_part)(k) for k in range(FOLDS))):
        found[fold == k] = part
    return found


def measures(positive: np.ndarray, log_odds: np.ndarray) -> dict[str, float]:
    """Average precision, and F1 and accuracy at the share of positives."""
    found = log_odds > np.quantile(log_odds, 1 - positive.mean())
    return {
        "AP": float(average_precision_score(positive, log_odds)),
        "F1": float(f1_score(positive, found)),
        "accuracy": float(accuracy_score(positive, found)),
    }


def main() -> None:
    rows, jobs = asked_for(__doc__)
    sources = [name for name, entry in source_registry().items() if "weight" in entry]
    matrix, labels = shipped_matrix(rows), labels_of(rows, "spam")
    fold = deal_folds(rows["unit"].to_numpy(), labels[:, None], FOLDS)
    grounds = {"our own": rows["own"] & (rows["writer"] != "")} | {name: rows["source"] == name for name in sources}
    table = []
    for weight in WEIGHTS:
        weights = np.where(rows["own"], Recipe.own_weight, np.where(rows["source"].isin(sources), weight, 1.0))
        log_odds = held_out_log_odds(matrix, labels, weights, fold, jobs=jobs)
        for ground, here in grounds.items():
            judged = here.to_numpy(dtype=bool) & ~np.isnan(labels)
            table.append({"weight": weight, "ground": ground} | measures(labels[judged] == 1, log_odds[judged]))
    size = f"Measured with {int(rows['own'].sum()):,} comments of our own."
    write_file(ROOT / "docs" / "figures" / "source_weights.md", "\n\n".join([HEAD, size, markdown(pd.DataFrame(table))]) + "\n")


if __name__ == "__main__":
    main()
