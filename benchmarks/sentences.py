"""Whether a comment should be scored by its worst sentence: the strongest sentence beside the whole, as kind words are added.

The policy judges most categories by any part of a comment, and a sum with a length norm lets kind words dilute a bad
sentence. Each of our own comments is judged by a model that never saw its writer, as a whole and by the greater of the
whole and its strongest sentence, less a handicap in log-odds (a sentence alone is short, and there are many of them).
Written to docs/figures/sentences.md.

    python benchmarks/sentences.py --corpora ../shared/corpora
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from recipe import asked_for, labels_of
from sklearn.metrics import average_precision_score

from social_guard.categories import CATEGORIES
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import CommentMatrix, assemble, choose_vocabulary, count_units
from social_guard.training import Recipe

ROOT = Path(__file__).resolve().parents[1]
KEYS = [key for key in CATEGORIES if key not in ("spam", "off_topic")]
"""Those that any part of a comment decides."""
HANDICAPS = (0.0, 1.0, 2.0, 3.0)
LEAST_WORDS = 3
FOLDS = 3
HEAD = """\
# The strongest sentence

Written by `benchmarks/sentences.py`: mean average precision of the categories that any part of a comment decides, on our own
comments, each judged by a model that never saw its writer. *Whole*: the score of the comment. *Sentence less 1*: the greater of
that and the log-odds of its strongest sentence less 1. *With thanks*: the same comments, with two kind sentences behind each
harmful one; what is not harmful stays as it is."""
THANKS = " Thank you to everybody on the ward for the care you gave us. The porters and the tea ladies were lovely too."


def sentences(text: str) -> list[str]:
    """The sentences of a comment that have some words; none if there is only one."""
    found = [part for part in re.split(r"(?<=[.!?])\s+|\n+", text) if len(part.split()) >= LEAST_WORDS]
    return found if len(found) > 1 else []


def strongest(scores: np.ndarray, owners: np.ndarray, n_comments: int) -> np.ndarray:
    """The greatest score among the sentences of each comment, shape (n_comments,)."""
    greatest = np.full(n_comments, -np.inf)
    np.maximum.at(greatest, owners, scores)
    return greatest


def held_out_scores(
    matrix: CommentMatrix, labels: np.ndarray, weight: np.ndarray, fold: np.ndarray, owner: np.ndarray
) -> np.ndarray:
    """Log-odds of every row, those of a comment's variations by the model that never saw its writer."""
    scores = np.full(len(owner), np.nan)
    for k in range(FOLDS):
        part = np.flatnonzero(fold[owner] == k)
        fit = fit_head(matrix, labels, weight * (np.append(fold, np.full(len(owner) - len(fold), k)) != k), C=Recipe.C, ratio_power=Recipe.ratio_power)
        scores[part] = fit.log_odds(matrix.take(part))
    return scores


def measure(rows: pd.DataFrame, jobs: int) -> pd.DataFrame:
    """The table."""
    n = len(rows)
    own = np.flatnonzero((rows["own"] & (rows["writer"] != "")).to_numpy())
    texts = rows["text"].tolist()
    parts = [(i, part) for i in own.tolist() for part in sentences(texts[i])]
    thanked = [(i, texts[i] + THANKS) for i in own.tolist()]
    behind = [(i, part) for i in own.tolist() for part in sentences(texts[i] + THANKS)]
    added = [*parts, *thanked, *behind]
    owner = np.append(np.arange(n), [i for i, _ in added])
    kind = np.repeat([0, 1, 2, 3], [n, len(parts), len(thanked), len(behind)])
    counted = count_units([*texts, *(text for _, text in added)], Recipe.min_df)
    matrix = assemble(counted, choose_vocabulary(counted.take(kind == 0), Recipe().sizes, rows["unit"].to_numpy()))
    weight = np.append(np.where(rows["own"], Recipe.own_weight, 1.0), np.zeros(len(added)))
    columns = [np.append(labels_of(rows, key), np.full(len(added), np.nan)) for key in KEYS]
    fold = deal_folds(rows["unit"].to_numpy(), np.column_stack(columns)[:n], FOLDS)
    scores = Parallel(n_jobs=jobs)(delayed(held_out_scores)(matrix, column, weight, fold, owner) for column in columns)
    table: dict[str, dict[str, float]] = {"whole": {}, "whole, with thanks": {}}
    for key, column, score in zip(KEYS, columns, scores, strict=True):
        judged = own[~np.isnan(column[own])]
        harmful = column[judged] == 1
        plain, alone = score[:n], strongest(score[kind == 1], owner[kind == 1], n)
        padded = np.full(n, -np.inf)
        padded[owner[kind == 2]] = score[kind == 2]
        some = strongest(score[kind == 3], owner[kind == 3], n)
        table["whole"][key] = average_precision_score(harmful, plain[judged])
        table["whole, with thanks"][key] = average_precision_score(harmful, np.where(harmful, padded[judged], plain[judged]))
        for handicap in HANDICAPS:
            each = np.maximum(plain, alone - handicap)[judged]
            bent = np.where(harmful, np.maximum(padded, some - handicap)[judged], each)
            table.setdefault(f"sentence less {handicap:g}", {})[key] = average_precision_score(harmful, each)
            table.setdefault(f"sentence less {handicap:g}, with thanks", {})[key] = average_precision_score(harmful, bent)
    frame = pd.DataFrame.from_dict(table, orient="index").rename_axis("score")
    return frame.assign(mean=frame.mean(axis=1))


def main() -> None:
    rows, jobs = asked_for(__doc__)
    frame = measure(rows, jobs)
    size = f"Measured with {int(rows['own'].sum()):,} comments of our own."
    (ROOT / "docs" / "figures" / "sentences.md").write_text("\n\n".join([HEAD, size, markdown(frame.reset_index())]) + "\n", encoding="utf-8")
    print(frame.round(3).to_string())


if __name__ == "__main__":
    main()
