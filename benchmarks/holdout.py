"""Each public source held out in turn: how well the model reads people that it has never met.

Prints the AUC of our features (units summed, one length norm) and of the usual TF-IDF of the same tokens, pairs and
character n-grams (sublinear counts, each block of unit length), both fitted by logistic regression on the same rows.

    python benchmarks/holdout.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import normalize
from tqdm import tqdm

from social_guard.categories import CATEGORIES
from social_guard.files.data import group_comments, load_comments
from social_guard.model.classifier import fit_head
from social_guard.model.features import char_ngrams
from social_guard.model.matrix import (
    CountedComments,
    Vocabulary,
    assemble,
    choose_vocabulary,
    count_units,
)
from social_guard.training import Recipe, thin_sources

LEAST = 20
PLAIN_C = 2.0


def plain_matrix(counted: CountedComments, vocabulary: Vocabulary) -> sparse.csr_matrix:
    """The usual form: `TfidfVectorizer` with sublinear counts and L2 norm, a block of words and one of n-grams."""
    def keys_of(matrix: sparse.csr_matrix, keys: tuple[str, ...], row: int) -> list[str]:
        return [keys[i] for i in matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]]

    def words(row: int) -> list[str]:
        return keys_of(counted.tokens, counted.token_keys, row) + keys_of(counted.pairs, counted.pair_keys, row)

    def grams(row: int) -> list[str]:
        return [gram for token in keys_of(counted.tokens, counted.token_keys, row) for gram in char_ngrams(token)]

    rows = range(counted.tokens.shape[0])
    options = {"sublinear_tf": True, "norm": "l2", "dtype": np.float32}
    blocks = [
        TfidfVectorizer(analyzer=analyzer, vocabulary=keys, **options).fit_transform(rows)
        for analyzer, keys in ((words, vocabulary.words.keys), (grams, vocabulary.grams.keys))
    ]
    return normalize(sparse.hstack(blocks, format="csr"))


def held_out_pairs(rows: pd.DataFrame) -> list[tuple[str, str]]:
    """The (source, category) pairs with enough comments of both answers to judge by."""
    counts = rows.groupby("source")[[key for key in CATEGORIES if key in rows]].agg([lambda c: (c == 0).sum(), "sum"])
    enough = counts.T.groupby(level=0).min().T >= LEAST
    return [(source, key) for key in enough for source in enough.index[enough[key]]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--per-source", type=int, default=Recipe.per_source)
    parser.add_argument("--only-ours", action="store_true", help="skip the plain form, which takes most of the time")
    parser.add_argument("--output", type=Path, default=Path(__file__).resolve().parents[1] / "docs" / "figures" / "holdout.md")
    options = parser.parse_args()
    rows = thin_sources(load_comments(options.corpora, licence_class="open"), options.per_source).reset_index(drop=True)
    counted = count_units(rows["text"].tolist(), Recipe.min_df)
    vocabulary = choose_vocabulary(counted, Recipe().sizes, group_comments(rows))
    ours = assemble(counted, vocabulary)
    plain = None if options.only_ours else plain_matrix(counted, vocabulary)
    results = []
    for source, key in tqdm(held_out_pairs(rows)):
        labels = rows[key].to_numpy(dtype=float, na_value=np.nan)
        outside = (rows["source"] != source).to_numpy()
        train, test = np.flatnonzero(outside & ~np.isnan(labels)), np.flatnonzero(~outside & ~np.isnan(labels))
        fit = fit_head(ours, labels, outside.astype(float), C=Recipe.C, ratio_power=Recipe.ratio_power)
        result = {"category": key, "source": source, "ours": roc_auc_score(labels[test], fit.log_odds(ours.take(test)))}
        if plain is not None:
            model = LogisticRegression(C=PLAIN_C, max_iter=500).fit(plain[train], labels[train])
            result["plain"] = roc_auc_score(labels[test], model.decision_function(plain[test]))
        results.append(result)
    table = pd.DataFrame(results)
    means = table.groupby("category").mean(numeric_only=True).reset_index()
    names = [name for name in ("ours", "plain") if name in table]
    summary = f"Mean of {len(table)} pairs: " + ", ".join(f"{name} {table[name].mean():.4f}" for name in names)
    print(summary)
    parts = [HEAD, summary + ".", markdown(means), markdown(table)]
    options.output.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def markdown(table: pd.DataFrame) -> str:
    """A frame as a Markdown table."""
    rows = [list(table.columns), ["---"] * len(table.columns)]
    rows += [[f"{cell:.4f}" if isinstance(cell, float) else str(cell) for cell in row] for row in table.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


HEAD = """\
# Sources held out

Written by `benchmarks/holdout.py`. The area under the ROC curve on each open public source by a model that was fitted on
all the others: how well it reads people, platforms and years that it has never met. *Ours* is the form that ships (a sum
over distinct units, one length norm, log-ratio scaling); *plain* is the usual TF-IDF of the same tokens, pairs and character n-grams
(sublinear counts, each block of unit length). None of our own comments take part."""


if __name__ == "__main__":
    main()
