"""How fast scoring is beside a scikit-learn Pipeline, in the same run, and how the cost grows; writes docs/figures/speed.md.

    python benchmarks/speed.py

Two references: *equal* has the same features and weights as the model and so gives the same scores; *usual* is what
people write first (words and pairs, `char_wb` n-grams, as many of each), with features of scikit-learn's own.
"""

from __future__ import annotations

import argparse
import json
import pickle
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import FunctionTransformer

from social_guard import SocialGuard
from social_guard.model.features import char_ngrams, unit_keys
from social_guard.model.scorer import Scorer, inverse_frequency
from social_guard.words import text

ROOT = Path(__file__).resolve().parents[1]
BATCHES = (256, 1024, 4096)


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
    values = [block.scale * inverse_frequency(block.frequencies, weights.n_comments) for block in (weights.words, weights.grams)]
    union = []
    for name, analyzer, block, idf in zip("wg", (WordUnits(known), GramUnits(known)), (weights.words, weights.grams), values, strict=True):
        vectorizer = TfidfVectorizer(analyzer=analyzer, vocabulary=list(block.keys), norm=None)
        vectorizer.idf_ = idf
        union.append((name, vectorizer))
    values = np.concatenate(values)
    coefficients = np.concatenate([weights.words.values, weights.grams.values]).T * weights.steps[:, None] / values
    return _pipeline(union, LengthNorm(values), coefficients, weights.intercepts)


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


def forget():
    """Empty every cache that remembers comments."""
    for value in vars(text).values():
        if hasattr(value, "cache_clear") and value is not text._tables:
            value.cache_clear()


def fresh(weights):
    """A scorer that has met no comment, its tables made."""
    forget()
    scorer = Scorer(weights)
    scorer.totals([""] * 64)
    return scorer


def seconds(call, *arguments):
    start = time.perf_counter()
    call(*arguments)
    return time.perf_counter() - start


def in_batches(call, comments, size):
    for start in range(0, len(comments), size):
        call(comments[start : start + size])


def batch_speed(guard, comments, references, rounds):
    """Comments a second on comments not met before, all sides in turn."""
    weights = guard._model.weights
    sizes = {name: min(BATCHES, key=lambda s: seconds(in_batches, r.decision_function, comments[:4096], s)) for name, r in references.items()}
    speeds = {name: [] for name in (*references, "social_guard")}
    for r in range(rounds):
        random.Random(r).shuffle(comments)
        for name, reference in references.items():
            part = comments[-2048:]
            speeds[name].append(len(part) / seconds(in_batches, reference.decision_function, part, sizes[name]))
        part, scorer = comments[:12288], fresh(weights)
        speeds["social_guard"].append(len(part) / seconds(scorer.log_odds, part))
    return [{"side": f"{n}, batches of {sizes[n]}" if n in sizes else n, **spread(s), **ratios(n, speeds)} for n, s in speeds.items()]


def spread(values):
    low, median, high = np.percentile(values, [10, 50, 90])
    return {"median": f"{median:,.0f}", "10 % to 90 %": f"{low:,.0f} to {high:,.0f}"}


def ratios(name, speeds):
    """Medians of the ratios within a round."""
    return {f"times {other}": f"{statistics.median(a / b for a, b in zip(speeds[name], speeds[other], strict=True)):.1f}" for other in speeds if other != "social_guard"}


def one_speed(guard, comments, references, count):
    """Microseconds for one comment not met before; the sides take turns at runs of 25, after 2,000 other comments."""
    own = SocialGuard(guard._model)
    forget()
    for comment in comments[:2000]:
        own.moderate(comment)
    calls = {name: lambda comment, r=reference: r.decision_function([comment]) for name, reference in references.items()}
    calls["social_guard"] = own.moderate
    times = {name: [] for name in calls}
    for start in range(2000, 2000 + count, 25):
        for name, call in calls.items():
            times[name] += [seconds(call, comment) * 1e6 for comment in comments[start : start + 25]]
    rows = {name: np.percentile(values, [50, 99]) for name, values in times.items()}
    mine = rows["social_guard"]
    return [{"side": n, "median µs": f"{m:,.0f}", "p99 µs": f"{p:,.0f}", "median / ours": f"{m / mine[0]:.1f}", "p99 / ours": f"{p / mine[1]:.1f}"} for n, (m, p) in rows.items()]


def start_cost(references, rounds):
    """Seconds and peak memory of a process that loads, decides on one comment, and ends."""
    ours = "from social_guard import SocialGuard; SocialGuard.load().moderate('Thank you')"
    with tempfile.TemporaryDirectory() as folder:
        commands = {}
        for name, reference in references.items():
            path = Path(folder) / f"{name}.pickle"
            path.write_bytes(pickle.dumps(reference))
            code = f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); import pickle; pickle.load(open({str(path)!r}, 'rb')).decision_function(['Thank you'])"
            commands[name] = code
        commands["social_guard"] = ours
        runs = {name: [] for name in commands}
        for _ in range(rounds):
            for name, code in commands.items():
                runs[name].append(process_cost(code))
    medians = {name: np.median(values, axis=0) for name, values in runs.items()}
    mine = medians["social_guard"]
    return [{"side": n, "seconds": f"{s:.2f}", "peak MB": f"{m:.0f}", "seconds / ours": f"{s / mine[0]:.1f}"} for n, (s, m) in medians.items()]


def process_cost(code):
    """Seconds, and the peak that the process itself reads: what the parent is told includes the parent."""
    start = time.perf_counter()
    code += "; print([line for line in open('/proc/self/status') if line.startswith('VmHWM')][0].split()[1])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, int(run.stdout) / 1024


def growth(guard, comments, most_rows):
    """Cost against the length of a comment, and against the number of rows."""
    scorer, pool = fresh(guard._model.weights), " ".join(comments)
    lengths, rows = [], []
    for size in (10, 100, 1_000, 10_000, 100_000):
        alone = [pool[i * size : (i + 1) * size] for i in range(9)]
        many = [pool[i * size % 500_000 :][:size] for i in range(max(64, 400_000 // size))]
        one, batch = statistics.median(seconds(guard.moderate, c) for c in alone), seconds(scorer.log_odds, many) / len(many)
        lengths.append({"characters": f"{size:,}", "alone µs": f"{one * 1e6:,.0f}", "alone ns a character": f"{one / size * 1e9:,.0f}", "in a batch ns a character": f"{batch / size * 1e9:,.0f}"})
    for count in (10**n for n in range(3, len(str(most_rows)))):
        numbered = [f"{comments[i % len(comments)]} {i}" for i in range(count)]
        took = seconds(scorer.log_odds, numbered)
        rows.append({"rows": f"{count:,}", "seconds": f"{took:.2f}", "µs a row": f"{took / count * 1e6:.1f}"})
    return lengths, rows


def hardware_limit(guard, comments):
    """What the memory of the machine would allow if arithmetic were free."""
    source = np.zeros(1 << 24, np.uint64)
    target = source.copy()
    bandwidth = 2 * source.nbytes / min(seconds(np.copyto, target, source) for _ in range(9))
    known = guard._scorer.known
    units = statistics.mean(sum(map(len, unit_keys(comment, known))) for comment in comments[:2000])
    characters = statistics.mean(map(len, comments))
    touched = characters * 3 + units * (64 + 8 * (len(guard.heads) // 2 + 1))
    return LIMIT.format(characters=characters, units=units, touched=touched, bandwidth=bandwidth / 1e9, limit=bandwidth / touched)


LIMIT = """\
A comment has {characters:.0f} characters and {units:.0f} units on average. Each character is read and written once and read again;
each unit costs one line of a table (64 bytes) and one row of weights. That is {touched:,.0f} bytes a comment. One core copies
{bandwidth:.1f} GB/s here, so memory alone would allow {limit:,.0f} comments a second; the rest is instructions and the misses of
the processor's caches."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="more rounds, steadier medians")
    parser.add_argument("--rows", type=int, default=1_000_000)
    options = parser.parse_args()
    paths = sorted((ROOT / "data" / "comments").glob("*.jsonl"))
    comments = list(dict.fromkeys(json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")))
    random.Random(0).shuffle(comments)
    guard = SocialGuard.load()
    weights = guard._model.weights
    references = {"equal": equal_reference(weights, guard._scorer.known), "usual": usual_reference(comments, weights)}
    difference = np.abs(references["equal"].decision_function(comments[:500]) - guard._scorer.log_odds(comments[:500])).max()
    if difference > 1e-6:
        raise SystemExit(f"the reference differs by {difference}")
    tables = {
        "Comments a second, comments not met before": batch_speed(guard, comments, references, options.rounds),
        "One comment": one_speed(guard, comments, references, 100 * options.rounds),
        "A whole process: import, load, decide once": start_cost(references, options.rounds),
    }
    tables["Length of a comment"], tables["Number of rows"] = growth(guard, comments, options.rows)
    parts = [HEAD, *(f"## {title}\n\n{markdown(pd.DataFrame(rows))}" for title, rows in tables.items())]
    document = "\n\n".join([*parts, "## What the hardware would allow", hardware_limit(guard, comments)]) + "\n"
    print(document)
    (ROOT / "docs" / "figures" / "speed.md").write_text(document, encoding="utf-8")


HEAD = """\
# Speed

Written by `benchmarks/speed.py` on one core: the sides take turns in the same run, so that a ratio means more than a time. The
reference *equal* is a scikit-learn `Pipeline` with the features and weights of the model and the same scores; *usual* is the
Pipeline that people write first, words and pairs and `char_wb` n-grams, as many of each. Caches are emptied before each round."""


if __name__ == "__main__":
    from speed import main as importable  # so that a pickle names this module and not __main__

    importable()
