"""What old thresholds of the Perspective API find and touch, for some shares at which scores may be given.

Fits the recipe on our own comments alone and takes its held-out scores: each comment is judged by a model that never saw
its writer. A comment belongs to TOXICITY if it has one of the labels that answer it. Writes docs/figures/perspective.md.

    python benchmarks/perspective.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown

from social_guard.categories import CATEGORIES
from social_guard.model.scorer import to_probability
from social_guard.perspective import ATTRIBUTES
from social_guard.prevalence import shift_prevalence
from social_guard.training import Recipe, fit_rows, gather_comments

ROOT = Path(__file__).resolve().parents[1]
COMMENTS = ROOT / "data" / "comments"
ASSUMED = {key: category.prevalence for key, category in CATEGORIES.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attribute", default="TOXICITY", choices=ATTRIBUTES)
    parser.add_argument("--prevalence", type=float, nargs="+", default=[0.05, 0.1, 0.2, 0.3, 0.5])
    parser.add_argument("--thresholds", type=float, nargs="+", default=[0.5, 0.7, 0.8, 0.9])
    options = parser.parse_args()
    rows = gather_comments(COMMENTS, None, Recipe())
    classifier = fit_rows(rows, Recipe(), ASSUMED)
    held_out = pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(classifier.heads_), index=rows.index)
    known = rows[list(CATEGORIES)].notna().all(axis=1)
    text = HEAD.format(attribute=options.attribute) + markdown(measure(rows[known], held_out[known], options))
    (ROOT / "docs" / "figures" / "perspective.md").write_text(f"{text}\n", encoding="utf-8")


HEAD = """\
# What thresholds find and touch in the shape of Perspective

Written by `benchmarks/perspective.py`, in percent: comments that belong to `{attribute}` and reach the threshold / comments that break
no rule at all and reach it, for some shares at which scores may be given. Measured on the project's own comments, each by a
model that never saw its writer, trained on them alone. The fair comments among them are hard ones, many written to look like the
others, so on a real page fewer are touched.

"""


def measure(rows: pd.DataFrame, held_out: pd.DataFrame, options: argparse.Namespace) -> pd.DataFrame:
    """Percent of the attribute's comments that reach each threshold, and of those that break no rule at all."""
    keys = list(ATTRIBUTES[options.attribute])
    inside, fair = (rows[keys] == 1).any(axis=1).to_numpy(), (rows[list(CATEGORIES)] == 0).all(axis=1).to_numpy()
    table = []
    for wanted in (None, *options.prevalence):
        shifted = [held_out[k] if wanted is None else shift_prevalence(held_out[k], ASSUMED[k], wanted) for k in keys]
        score = np.max(shifted, axis=0)
        cells = {f"≥ {t}": f"{100 * (score[inside] >= t).mean():.0f} / {100 * (score[fair] >= t).mean():.1f}" for t in options.thresholds}
        table.append({"scores as if": "calibrated" if wanted is None else f"{wanted:.0%}", **cells})
    return pd.DataFrame(table)


if __name__ == "__main__":
    main()
