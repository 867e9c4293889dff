"""Every figure in docs/evaluation.md, on comments that the model was not fitted on.

Fits the recipe again, checks that this gives the shipped model, and judges it by its held-out scores: each of our own
comments by a model that never saw its writer, each public comment by one that never saw its text. The frozen part, by
writers of whom training has seen nothing, is scored by the shipped model itself.

    python benchmarks/evaluate.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd

from social_guard import SocialGuard, evaluate_scores, load_comments
from social_guard.categories import CATEGORIES, SIGNPOSTS
from social_guard.policy import DecisionTable
from social_guard.scorer import to_probability
from social_guard.training import Recipe, fit_rows, gather_comments

ROOT = Path(__file__).resolve().parents[1]
CATEGORY_KEYS = list(CATEGORIES)


def decide(guard: SocialGuard, probability: pd.DataFrame) -> pd.DataFrame:
    """The decisions of the guard's policy on given scores."""
    decisions, which = DecisionTable(guard.policy, list(probability.columns)).decide_many(probability.to_numpy())
    columns = {
        "action": [str(decisions[w].action) for w in which],
        "needs_review": [decisions[w].needs_review for w in which],
        "signposts": [decisions[w].signposts for w in which],
    }
    return pd.DataFrame(columns, index=probability.index)


def actions_table(labels: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """What happens to the comments of each category and to the inoffensive ones, in percent."""
    groups = {key: labels[key] == 1 for key in CATEGORY_KEYS}
    groups["inoffensive"] = labels[CATEGORY_KEYS].sum(axis=1) == 0
    groups["inoffensive, complaint"] = groups["inoffensive"] & (labels["complaint"] == 1)
    return pd.DataFrame({name: shares(decided[rows.to_numpy(dtype=bool)]) for name, rows in groups.items()}).T


def shares(decided: pd.DataFrame) -> dict[str, float]:
    """Comments, and in percent: given an action, removed or reported, in review, and action or review."""
    acted, grave = decided["action"] != "none", decided["action"].isin(["remove", "report"])
    return {
        "comments": len(decided),
        "any action %": 100 * acted.mean(),
        "remove or report %": 100 * grave.mean(),
        "review %": 100 * decided["needs_review"].mean(),
        "action or review %": 100 * (acted | decided["needs_review"]).mean(),
    }


def signpost_table(labels: pd.DataFrame, decided: pd.DataFrame) -> pd.DataFrame:
    """Precision, recall and F1 of the signposts, and the share of other comments that carry them."""
    rows = {}
    for key in SIGNPOSTS:
        truth = (labels[key] == 1).to_numpy(dtype=bool)
        found = np.array([key in signposts for signposts in decided["signposts"]])
        precision, recall = (truth & found).sum() / max(found.sum(), 1), (truth & found).sum() / max(truth.sum(), 1)
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        rows[key] = {"precision": precision, "recall": recall, "F1": f1, "elsewhere %": 100 * (found & ~truth).sum() / (~truth).sum()}
    return pd.DataFrame(rows).T


def section(title: str, *tables: pd.DataFrame) -> str:
    """A heading and tables, as Markdown."""
    return "\n\n".join([f"## {title}", *(markdown(table) for table in tables)]) + "\n\n"


def markdown(table: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    rows = [["", *map(str, table.columns)], ["---"] * (len(table.columns) + 1)]
    rows += [[str(index), *(f"{value:.3f}".rstrip("0").rstrip(".") for value in row)] for index, row in zip(table.index, table.to_numpy(float), strict=True)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def judge(title: str, guard: SocialGuard, labels: pd.DataFrame, probability: pd.DataFrame) -> str:
    """The measures and decisions for one set of fully labelled comments."""
    decided = decide(guard, probability)
    measures = evaluate_scores(labels[list(probability.columns)], probability, guard.manifest["prevalence"])
    mean = measures.loc[CATEGORY_KEYS, "average_precision"].mean()
    print(f"{title}: mean average precision of the categories {mean:.3f}")
    return section(title, measures, actions_table(labels, decided), signpost_table(labels, decided))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "evaluation.md")
    parser.add_argument("--frozen", action="store_true", help="score the frozen part too: once a release")
    options = parser.parse_args()
    guard = SocialGuard.load()
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, Recipe())
    classifier = fit_rows(rows, Recipe(), guard.manifest["prevalence"], options.jobs)
    fitted = (classifier.weights_.words.values, guard._model.weights.words.values)
    if fitted[0].shape != fitted[1].shape or not np.array_equal(*fitted):
        raise SystemExit("the recipe does not give the shipped model: run `make model` first")
    held_out = pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(guard.heads), index=rows.index)
    text = HEAD.format(model=guard.model_hash[:12])
    judged = rows["own"] & (rows["writer"] != "")
    text += judge("Our own comments, each by a model that never saw its writer", guard, rows[judged], held_out[judged])
    feedback = rows[rows["source"] == "nhs_fft_px_phase1"]
    decided = decide(guard, held_out.loc[feedback.index])
    by_group = {group: shares(decided.loc[part.index]) for group, part in feedback.groupby("group")}
    text += section("Real patient feedback (`nhs_fft_px_phase1`), out of fold", pd.DataFrame(by_group).T)
    languages = rows["own"] & rows["spam"].isna()
    decided = decide(guard, held_out[languages])
    text += section("Comments in other languages, out of fold", pd.DataFrame({"not English": shares(decided)}).T)
    if options.frozen:
        frozen = load_comments(ROOT / "data" / "frozen")
        probability = pd.DataFrame(guard.scores(frozen["text"].tolist()), columns=list(guard.heads))
        text += judge("The frozen part, by writers of whom training has seen nothing", guard, frozen, probability)
    options.output.write_text(text.rstrip() + "\n", encoding="utf-8")
    print(f"written to {options.output}")


HEAD = """\
# Evaluation

Written by `make evaluate` for model `{model}`. Precision, calibration (Brier, ECE) are at the share of each category that
the manifest assumes; average precision and AUC are at the share in the data. Nothing here was fitted on the comments that
it is measured on. The thresholds were chosen on the held-out scores of the first two tables, not on the frozen part.

"""


if __name__ == "__main__":
    main()
