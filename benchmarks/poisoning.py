"""Poisoned labels: what flipping some of them does to a model, and how many of them a check finds.

    python benchmarks/poisoning.py --share 0.01

Labels of our own comments are flipped at random, a share of each head's; the recipe that ships is fitted on them with and
without the flips. *Average precision* is on the frozen part, of which no label is flipped. The check is `suspect_labels`:
labels of which a model that did not see the comment's writer is surest that they are wrong. Writes docs/figures/poisoning.md.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from sklearn.metrics import average_precision_score

from social_guard import load_comments
from social_guard.categories import CATEGORIES
from social_guard.training import Recipe, fit_rows, gather_comments, suspect_labels

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "figures" / "poisoning.md"
LOOKED_AT = (1, 2, 5)
"""How many times as many labels as were flipped a person looks at."""


def flipped(rows: pd.DataFrame, heads: list[str], share: float) -> tuple[pd.DataFrame, np.ndarray]:
    """The rows with a share of each head's known labels turned round, and which, shape (n_comments, n_heads)."""
    dice, poisoned = np.random.default_rng(0), rows.copy()
    known = rows[heads].notna().to_numpy()
    turned = known & (dice.random(known.shape) < share)
    for h, head in enumerate(heads):
        poisoned[head] = rows[head].mask(turned[:, h], 1 - rows[head])
    return poisoned, turned


def precision_of(classifier: object, heads: list[str], frozen: pd.DataFrame) -> pd.Series:
    """The average precision of each head on the frozen part."""
    scores = pd.DataFrame(classifier.decision_function(frozen["text"]), columns=list(classifier.heads_))  # type: ignore[attr-defined]
    return pd.Series({head: average_precision_score(frozen[head].astype(int), scores[head]) for head in heads})


def study(rows: pd.DataFrame, frozen: pd.DataFrame, recipe: Recipe, share: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What each head loses, and what share of the flipped labels stands among the most suspect ones."""
    heads = [head for head in CATEGORIES if head in rows and (rows[head] == 1).sum() > 1 / share]
    poisoned, turned = flipped(rows, heads, share)
    shares = {key: category.prevalence for key, category in CATEGORIES.items()}
    sound, spoilt = (fit_rows(part, recipe, shares, n_jobs=2) for part in (rows, poisoned))
    damage = pd.DataFrame({"sound": precision_of(sound, heads, frozen), "poisoned": precision_of(spoilt, heads, frozen)})
    damage["lost"] = damage["sound"] - damage["poisoned"]
    suspects = suspect_labels(poisoned, spoilt)
    found = {}
    for h, head in enumerate(heads):
        order = suspects.index[suspects["head"] == head]
        truth, n = turned[:, h], int(turned[:, h].sum())
        rank = suspects.loc[order, "comment"].to_numpy()
        found[head] = {"flipped": n} | {f"found in {k} times as many": float(truth[rank[: k * n]].sum() / max(n, 1)) for k in LOOKED_AT}
    return damage.rename_axis("head").reset_index(), pd.DataFrame.from_dict(found, orient="index").rename_axis("head").reset_index()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=0.01)
    options = parser.parse_args()
    rows = gather_comments(ROOT / "data" / "comments", None, Recipe())
    damage, found = study(rows, load_comments(ROOT / "data" / "frozen"), Recipe(), options.share)
    PAGE.write_text(HEAD.format(options.share, markdown(damage), markdown(found)), encoding="utf-8")
    print(PAGE.read_text(encoding="utf-8"))


HEAD = """\
# Poisoned labels

Written by `benchmarks/poisoning.py`: {0:.1%} of the labels of each category of our own comments flipped at random, fitted without the public
sources. Average precision on the frozen part.

{1}

What share of the flipped labels a person finds who looks at the most suspect ones of `suspect_labels`, once, twice, five times as many as were flipped.

{2}
"""

if __name__ == "__main__":
    main()
