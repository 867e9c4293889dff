"""How far the labels of each public source can be trusted: confident learning over held-out scores.

A label is suspect when the model, which has not seen the comment, is as sure of the other answer as it usually is where
that answer is given (Northcutt C. et al. Confident learning. JAIR 2021; the library cleanlab). A large share means that
the source means something else by the label, or labelled carelessly. Writes docs/figures/sources.md.

    pip install cleanlab && python benchmarks/sources.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from cleanlab.filter import find_label_issues

from social_guard.categories import CATEGORIES
from social_guard.files.data import source_registry
from social_guard.model.scorer import to_probability
from social_guard.training import Recipe, fit_rows, gather_comments

ROOT = Path(__file__).resolve().parents[1]
LEAST = 20
HEAD = """\
# Public sources, judged

Written by `benchmarks/sources.py`. For each source and category with at least 20 labels of either answer: how many labels
there are, and the share of those that say yes and of those that say no that confident learning suspects to be wrong, by
held-out scores of the recipe that ships. *Not learnt* marks labels that training leaves out (`distrust` in
`social_guard/files/sources.toml`); how well a model reads each source without having seen it stands in `holdout.md`.

Labels that were left out, and why: the requests to banks and assistants (`banking77`, `clinc150`, `sgd_other_services`) are
labelled off_topic by where they come from. Learnt from, they made the model worse at telling what is off topic on our own
ground and in chatter that it had not seen."""


def suspects(positive: np.ndarray, probability: np.ndarray) -> dict[str, float]:
    """The share of suspect labels among those that say yes and those that say no."""
    labels = positive.astype(int)
    wrong = find_label_issues(labels, np.column_stack([1 - probability, probability]), filter_by="confident_learning")
    return {"suspect yes": wrong[labels == 1].mean(), "suspect no": wrong[labels == 0].mean()}


def judge(rows: pd.DataFrame, held_out: pd.DataFrame) -> pd.DataFrame:
    """One row a source and category with enough labels of either answer."""
    table = []
    for (source, key), labels in rows[~rows["own"]].melt("source", list(CATEGORIES), ignore_index=False).groupby(["source", "variable"])["value"]:
        known = labels.dropna()
        positive = (known == 1).to_numpy(dtype=bool)
        if min(positive.sum(), (~positive).sum()) >= LEAST:
            counts = {"yes": int(positive.sum()), "no": int((~positive).sum())}
            table.append({"category": key, "source": source} | counts | suspects(positive, held_out.loc[known.index, key].to_numpy()))
    return pd.DataFrame(table).sort_values(["category", "suspect yes"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, Recipe())
    prevalence = {key: category.prevalence for key, category in CATEGORIES.items()}
    classifier = fit_rows(rows, Recipe(), prevalence, options.jobs)
    held_out = pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(classifier.heads_), index=rows.index)
    table = judge(rows, held_out)
    lines = ["| category | source | yes | no | suspect yes | suspect no |", "| --- " * 6 + "|"]
    lines += [f"| {r[0]} | {r[1]} | {r[2]} | {r[3]} | {r[4]:.3f} | {r[5]:.3f} |" for r in table.itertuples(index=False)]
    left_out = [f"{source}: {', '.join(entry['distrust'])}" for source, entry in source_registry().items() if "distrust" in entry]
    text = "\n\n".join([HEAD, "Not learnt: " + "; ".join(left_out) + ".", "\n".join(lines)]) + "\n"
    (ROOT / "docs" / "figures" / "sources.md").write_text(text, encoding="utf-8")
    print(table.to_string())


if __name__ == "__main__":
    main()
