"""What benchmarks of speed have in common: comments, clocks, the reference Pipelines, and the page that they write."""

from __future__ import annotations

import gc
import json
import os
import platform
import random
import re
import time
from functools import cache
from importlib.metadata import version
from pathlib import Path

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from social_guard import SocialGuard
from social_guard.model.features import char_ngrams, unit_keys
from social_guard.model.scorer import Scorer, inverse_frequency
from social_guard.words import text
from social_guard.words.remembered import Remembered

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures"


def own_comments(seed=0):
    """Our own comments, each once, in a random order."""
    paths = sorted((ROOT / "data" / "comments").glob("*.jsonl"))
    comments = list(dict.fromkeys(json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")))
    random.Random(seed).shuffle(comments)
    return comments


def seconds(call, *arguments):
    """Of the processor, which other programs change less than those of the clock; without the collector, as `timeit` does."""
    collects = gc.isenabled()
    gc.disable()
    start = time.process_time()
    call(*arguments)
    took = time.process_time() - start
    if collects:
        gc.enable()
    return took


def in_batches(call, comments, size):
    for start in range(0, len(comments), size):
        call(comments[start : start + size])


def forget():
    """Empty every cache that remembers comments."""
    for value in vars(text).values():
        if isinstance(value, Remembered):
            value.clear()
        elif hasattr(value, "cache_clear") and value is not text._tables:
            value.cache_clear()


def fresh(weights):
    """A scorer that has met no comment, its tables made."""
    forget()
    scorer = Scorer(weights)
    scorer.totals(["", "f o o l, st***d"] * 32)
    return scorer


def machine():
    """The machine and what else it did: on a busy one, ratios say more than times."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    names = ", ".join(f"{name} {version(name)}" for name in ("numpy", "scikit-learn"))
    busy = f"{os.getloadavg()[1]:.1f} programs wanted the {os.cpu_count()} cores, these included"
    return f"Measured on {model[1] if model else platform.machine()}, Python {platform.python_version()}, {names}; {busy}."


def write_page(name, *parts):
    """Write a page of figures, and show it."""
    document = "\n\n".join([*parts, machine()]) + "\n"
    print(document)
    (FIGURES / name).write_text(document, encoding="utf-8")


# ------------------------------------------------------------------------------------------------------ references


class WordUnits:
    """Tokens and pairs of a comment, as scikit-learn's analyzer."""

    def __init__(self, known):
        self.known = known

    def __call__(self, comment):
        tokens, pairs = unit_keys(comment, self.known)
        return tokens + pairs


class GramUnits(WordUnits):
    """Character n-grams of the tokens of a comment."""

    def __call__(self, comment):
        return [gram for token in unit_keys(comment, self.known)[0] for gram in char_ngrams(token)]


class LengthNorm:
    """Divides each row by the root of the sum of its units' squared norms."""

    def __init__(self, values):
        self.values = values

    def __call__(self, matrix):
        return sparse.diags(1 / np.sqrt(np.maximum(matrix @ self.values, 1e-300))) @ matrix


def equal_reference(weights, known):
    """A Pipeline with the features and weights of the model."""
    values = [block.scale * inverse_frequency(block.frequencies, weights.n_comments) for block in weights.blocks]
    analyzers = WordUnits(known), GramUnits(known)
    union = []
    for name, analyzer, block, idf in zip("wg", analyzers, weights.blocks, values, strict=True):
        if not block.keys:
            continue
        vectorizer = TfidfVectorizer(analyzer=analyzer, vocabulary=list(block.keys), norm=None)
        vectorizer.idf_ = idf
        union.append((name, vectorizer))
    values = np.concatenate(values)
    coefficients = np.concatenate([block.values for block in weights.blocks]).T * weights.steps[:, None] / values
    return _pipeline(union, LengthNorm(values), coefficients, weights.intercepts)


@cache
def sides():
    """The scorer of the model that ships, a Pipeline that gives the same scores, and our own comments; once a process."""
    guard = SocialGuard.load()
    return guard._scorer, equal_reference(guard.weights, guard._scorer.known), own_comments()


def usual_reference(comments, weights):
    """A Pipeline as people write it first, with as many features."""
    union = [
        ("w", TfidfVectorizer(ngram_range=(1, 2), max_features=len(weights.words.keys), sublinear_tf=True)),
        ("c", TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), max_features=len(weights.grams.keys), sublinear_tf=True)),
    ]
    n_features = sum(len(vectorizer.fit(comments).vocabulary_) for _, vectorizer in union)
    coefficients = np.random.default_rng(0).normal(size=(len(weights.heads), n_features))
    return _pipeline(union, None, coefficients, weights.intercepts)


def _pipeline(union, norm, coefficients, intercepts):
    model = LogisticRegression()
    model.classes_, model.coef_, model.intercept_ = np.arange(len(intercepts)), coefficients, intercepts
    return Pipeline([("features", FeatureUnion(union)), ("norm", FunctionTransformer(norm)), ("model", model)])
