"""What varying the training comments is worth, and other ways to the same end that did not pay; into docs/figures/variations.md.

All on our own comments by writers whom the model did not see, and on sentences of `variations.toml`, of which no model sees any.

    python benchmarks/variations.py --corpora ../shared/corpora
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from recipe import asked_for, labels_of
from sklearn.metrics import average_precision_score

from social_guard.categories import CATEGORIES
from social_guard.model.classifier import deal_folds, fit_head
from social_guard.model.matrix import (
    CommentMatrix,
    assemble,
    choose_vocabulary,
    count_units,
    known_words,
)
from social_guard.safe_files import write_file
from social_guard.training import Recipe, vary_comments

ROOT = Path(__file__).resolve().parents[1]
PADDED = ("abuse", "offensive_language", "harassment", "hate_speech")
EACH, FOLDS, FOUND = 500, 3, 0.8
HEAD = """\
# Varied training comments

Written by `benchmarks/variations.py`. *Own*: mean average precision of the categories on our own comments, each judged by a
model that never saw its writer; behind it each category. The next two columns stand at the limit of each category that finds
four in five of its comments. *Gap*: of kind sentences that differ in the people whom they name, the share that hate speech
finds for the group found most, less that for the group found least. *Padded*: of comments that are found, the share still
found between two kind sentences, mean of abuse, offensive language, harassment and hate speech. The form that ships is
marked; every other row differs from it in what its name says. The *length norm* is the root of the sum of the squared norms
of a comment's units; *pivoted* takes the mean of that sum and its usual value."""


@dataclass(frozen=True)
class Variant:
    """A recipe, and a length norm: (share + (1 - share) * usual) ** power of the sum of squared norms."""

    name: str
    recipe: Recipe
    share: float = 1.0
    power: float = 0.5


VARIANTS = (
    Variant("**ships: groups swapped, comments padded with thanks**", Recipe()),
    Variant("not swapped", Recipe(swaps=0)),
    Variant("not padded", Recipe(padded_weight=0.0)),
    Variant("neither", Recipe(swaps=0, padded_weight=0.0)),
    Variant("padded counts a quarter", Recipe(padded_weight=1.0)),
    Variant("neither; pivoted length norm", Recipe(swaps=0, padded_weight=0.0), share=0.5),
    Variant("neither; fourth root as length norm", Recipe(swaps=0, padded_weight=0.0), power=0.25),
)


def kind_sentences() -> pd.DataFrame:
    """Every sentence about every identity: ``text`` and ``identity``."""
    words = tomllib.loads((ROOT / "benchmarks" / "variations.toml").read_text(encoding="utf-8"))
    pairs = [line.split(" | ") for line in words["identities"].strip().splitlines()]
    sentences = words["sentences"].strip().splitlines()
    texts = [(sentence.format(many=many, one=one), many) for many, one in pairs for sentence in sentences]
    return pd.DataFrame([(text[0].upper() + text[1:], identity) for text, identity in texts], columns=["text", "identity"])


def padded_comments(rows: pd.DataFrame) -> pd.DataFrame:
    """Comments of our own between kind sentences: ``text``, ``key`` (its category) and ``row``."""
    words = tomllib.loads((ROOT / "benchmarks" / "variations.toml").read_text(encoding="utf-8"))
    before, behind = (words[side].strip().splitlines() for side in ("before", "behind"))
    found = []
    for key in PADDED:
        which = np.flatnonzero(judged(rows) & (labels_of(rows, key) == 1))
        for row in np.random.default_rng(0).permutation(which)[:EACH].tolist():
            found.append((f"{before[row % 3]} {rows['text'][row]} {behind[row % 3]}", key, row))
    return pd.DataFrame(found, columns=["text", "key", "row"])


def judged(rows: pd.DataFrame) -> np.ndarray:
    """Our own comments that name their writer and are labelled."""
    return (rows["own"] & (rows["writer"] != "") & rows["spam"].notna()).to_numpy(dtype=bool)


def build(variant: Variant, learnt: pd.DataFrame, probes: list[str], size: int) -> CommentMatrix:
    """What is learnt from, and behind it the probes, in a vocabulary of the first so many comments."""
    recipe, plain = variant.recipe, learnt["text"].tolist()[:size]
    units = count_units(
        [*learnt["text"], *probes], recipe.min_df, [*learnt["post"], *[""] * len(probes)], known_words(plain, recipe.min_df)
    )
    matrix = assemble(units, choose_vocabulary(units.take(np.arange(size)), recipe.sizes, learnt["unit"].to_numpy()[:size]))
    usual = np.mean(matrix.lengths[:size] ** 2)
    mixed = variant.share * matrix.lengths**2 / usual + 1 - variant.share
    return replace(matrix, lengths=np.sqrt(usual) * mixed**variant.power)


def scores(matrix: CommentMatrix, labels: np.ndarray, weight: np.ndarray, parts: tuple[np.ndarray, ...], recipe: Recipe) -> list:
    """Log-odds of some parts of a matrix by a model fitted to the rows that have a weight."""
    fit = fit_head(matrix, labels, weight, C=recipe.C, ratio_power=recipe.ratio_power)
    return [fit.log_odds(matrix.take(part)) for part in parts]


def held_out(variant: Variant, rows: pd.DataFrame, probes: list[str], parallel: Parallel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Log-odds of the comments (n, categories), of the probes (n, categories, folds), and the fold of each comment."""
    learnt, weight = vary_comments(rows, variant.recipe)
    matrix = build(variant, learnt, probes, len(rows))
    labels = np.column_stack([labels_of(learnt, key) for key in CATEGORIES])
    fold = deal_folds(learnt["unit"].to_numpy(), labels, FOLDS)
    tests = [np.flatnonzero((fold[: len(rows)] == k) & judged(rows)) for k in range(FOLDS)]
    last = np.arange(len(learnt), matrix.shape[0])
    labels = np.pad(labels, ((0, len(probes)), (0, 0)), constant_values=np.nan)
    weights = [np.pad(weight * (fold != k), (0, len(probes))) for k in range(FOLDS)]
    jobs = [(h, k) for h in range(labels.shape[1]) for k in range(FOLDS)]
    found = parallel(delayed(scores)(matrix, labels[:, h], weights[k], (tests[k], last), variant.recipe) for h, k in jobs)
    own, probed = np.full((len(rows), labels.shape[1]), np.nan), np.empty((len(probes), labels.shape[1], FOLDS))
    for (h, k), (test, probe) in zip(jobs, found, strict=True):
        own[tests[k], h], probed[:, h, k] = test, probe
    return own, probed, fold


def measure(variant: Variant, rows: pd.DataFrame, parallel: Parallel) -> dict[str, object]:
    """One row of the table."""
    kind, padded = kind_sentences(), padded_comments(rows)
    own, probed, fold = held_out(variant, rows, [*kind["text"], *padded["text"]], parallel)
    labels, known = np.column_stack([labels_of(rows, key) for key in CATEGORIES]), judged(rows)
    precision = {key: average_precision_score(labels[known, h], own[known, h]) for h, key in enumerate(CATEGORIES)}
    limits = {key: np.quantile(own[known & (labels[:, h] == 1), h], 1 - FOUND) for h, key in enumerate(CATEGORIES)}
    hate = list(CATEGORIES).index("hate_speech")
    by_group = pd.Series((probed[: len(kind), hate] >= limits["hate_speech"]).mean(axis=1)).groupby(kind["identity"]).mean()
    kept = [still_found(probed[len(kind) :], own, (padded, fold), (h, limits[key])) for h, key in enumerate(CATEGORIES) if key in PADDED]
    return {"variant": variant.name, "own": np.mean(list(precision.values()))} | precision | {
        "gap": by_group.max() - by_group.min(), "padded": np.mean(kept),
    }  # fmt: skip


def still_found(probed: np.ndarray, own: np.ndarray, padded: tuple[pd.DataFrame, np.ndarray], head: tuple[int, float]) -> float:
    """Of the comments of a category that are found, the share still found when padded."""
    (frame, fold), (column, limit) = padded, head
    here = np.flatnonzero(frame["key"] == list(CATEGORIES)[column])
    row = frame["row"].to_numpy()[here]
    found = own[row, column] >= limit
    return float((probed[here, column, fold[row]] >= limit)[found].mean())


def measured(rows: pd.DataFrame, jobs: int) -> Iterator[dict[str, object]]:
    """The table, row by row."""
    with Parallel(n_jobs=jobs) as parallel:
        for variant in VARIANTS:
            yield measure(variant, rows, parallel)


def main() -> None:
    rows, jobs = asked_for(__doc__)
    table = []
    for row in measured(rows, jobs):
        table.append(row)
        print(row, flush=True)
    size = f"Measured with {int(rows['own'].sum()):,} comments of our own and {int((~rows['own']).sum()):,} public ones."
    write_file(ROOT / "docs" / "figures" / "variations.md", "\n\n".join([HEAD, size, markdown(pd.DataFrame(table))]) + "\n")


if __name__ == "__main__":
    main()
