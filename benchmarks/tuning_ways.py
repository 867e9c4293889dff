"""Other ways to prove a threshold, tried: what each is worth in recall, at the same promise and the same error.

Every way is given the same labels, drawn from the distributions of `benchmarks/tuning.py`. Writes
docs/figures/tuning-ways.md.

    python benchmarks/tuning_ways.py --redraws 400
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from scipy import special
from tuning import LEVEL, NEAR, World, fitted_worlds

from social_guard import SocialGuard
from social_guard.policy.promise import Promise, Sample, proven_thresholds

ROOT = Path(__file__).resolve().parents[1]
LABELS, SHARES, PRECISIONS = 2000, (0.5, 0.25, 0.1), (0.8, 0.95)
Way = Callable[[Sample, float], float]
"""The lowest threshold proven to have at most so many false alarms a hit, as rates; above 1 where there is none."""
NOWHERE = 2.0


def chances(hits: np.ndarray, false_alarms: np.ndarray, sample: Sample, ratio: float) -> np.ndarray:
    """How likely so few false alarms are where the promise is just broken."""
    expected = len(sample.negatives) * ratio
    return special.bdtr(false_alarms, hits + false_alarms, expected / (expected + len(sample.positives) + 1))


def chances_apart(hits: np.ndarray, false_alarms: np.ndarray, sample: Sample, ratio: float) -> np.ndarray:
    """The same from two bounds of Clopper and Pearson, for recall and for false alarms, each with half of the error: 0 or 1."""
    recall = special.betaincinv(hits, len(sample.positives) - hits + 1, LEVEL / 2)
    others = special.betaincinv(false_alarms + 1, np.maximum(len(sample.negatives) - false_alarms, 1e-9), 1 - LEVEL / 2)
    return np.where(others <= ratio * recall, 0.0, 1.0)


def in_sequence(sample: Sample, ratio: float, *, begins: Sequence[float], spare: int = 0, test: Callable = chances) -> float:
    """From several beginnings that share the error: shares of the positives, and not before so many false alarms can pass."""
    ranks = np.arange(1, len(sample.positives) + 1)
    level = LEVEL / len(begins)
    able = np.flatnonzero(test(ranks, np.full_like(ranks, spare), sample, ratio) <= level)
    if not len(able):
        return NOWHERE
    found = test(ranks, sample.false_alarms(sample.at_rank(ranks)), sample, ratio) <= level
    lowest = -1
    for begin in begins:
        start = max(able[0], int(begin * len(ranks)))
        lowest = max(lowest, start + int(np.argmin(np.append(found[start:], False))) - 1 if found[start:].any() and found[start] else -1)
    return float(sample.at_rank(ranks[[lowest]])[0]) if lowest >= 0 else NOWHERE


def split(sample: Sample, ratio: float, *, part: float = 0.25) -> float:
    """A part of the labels says where to begin, the rest proves."""
    rng = np.random.default_rng(sample.negatives.view(np.uint64)[0])
    first = [np.isin(np.arange(len(s)), rng.choice(len(s), int(part * len(s)), replace=False)) for s in (sample.positives, sample.negatives)]
    guide, rest = (Sample(sample.positives[p], sample.negatives[n]) for p, n in (first, [~mask for mask in first]))
    ranks = np.arange(1, len(guide.positives) + 1)
    expected = (guide.false_alarms(guide.at_rank(ranks)) + 0.5) * len(rest.negatives) / len(guide.negatives)
    hits = (ranks / len(ranks) * len(rest.positives)).astype(int).clip(1)
    allowed = np.array([np.argmin(chances(np.full(60, h), np.arange(60), rest, ratio) <= LEVEL) - 1 for h in hits])
    worth = np.where(allowed >= 0, special.pdtr(allowed.clip(0), expected), 0.0) * ranks
    return in_sequence(rest, ratio, begins=[float(ranks[np.argmax(worth)] - 1) / len(ranks)])


def ships(sample: Sample, ratio: float) -> float:
    """What `tune` does."""
    return min(proven_thresholds(sample, Promise(1 / (1 + ratio), 0.5, LEVEL)), default=NOWHERE)


WAYS: dict[str, Way] = {
    "**ships: one sequence, from where one false alarm can pass**": ships,
    "from where none may pass": partial(in_sequence, begins=[0]),
    "from where two can pass": partial(in_sequence, begins=[0], spare=2),
    "three beginnings share the error": partial(in_sequence, begins=[0, 0.4, 0.7]),
    "every tenth is a beginning of its own": partial(in_sequence, begins=[k / 10 for k in range(10)]),
    "a quarter of the labels says where to begin": split,
    "bounds for recall and false alarms apart": partial(in_sequence, begins=[0], spare=1, test=chances_apart),
}


def near_best(world: World, share: float, precision: float, redraws: int) -> pd.DataFrame:
    """How often each way, and the oracle, has a recall within 0.10 of the best, and how often it keeps the promise, in %."""
    rng = np.random.default_rng(0)
    positives = int(LABELS * share)
    ratio = share * (1 - precision) / ((1 - share) * precision)
    least = world.best_recall(share, precision) - NEAR
    near, kept = dict.fromkeys(WAYS, 0), dict.fromkeys(WAYS, 0)
    for _ in range(redraws):
        scores, labels = world.draw(positives, LABELS - positives, rng)
        sample = Sample.of(scores, labels)
        for name, way in WAYS.items():
            threshold = min(way(sample, ratio), 1 - 1e-9)
            kept[name] += threshold > 1 - 1e-8 or world.precision(threshold, share) >= precision
            near[name] += bool(world.inside.above(special.logit(threshold)) >= least)
    counts = pd.DataFrame({"near": near, "kept": kept}) * 100 / redraws
    counts.loc["oracle"] = [100 * world.oracle(positives, LABELS - positives, share, precision), np.nan]
    return counts


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=400)
    options = parser.parse_args()
    worlds = fitted_worlds(SocialGuard.load())
    parts = {}
    for share in SHARES:
        for precision in PRECISIONS:
            cells = [near_best(world, share, precision, options.redraws) for world in worlds.values()]
            parts[f"{share:g} / {precision:g}"] = pd.concat(cells, keys=worlds)
            print(parts[f"{share:g} / {precision:g}"].groupby(level=1, sort=False).mean().round(1), flush=True)
    counts = pd.concat(parts, axis=1)
    table = counts.xs("near", axis=1, level=1).groupby(level=1, sort=False).mean().round(1)
    table["kept, the least of all"] = counts.xs("kept", axis=1, level=1).groupby(level=1).min().min(axis=1).round(1)
    text = f"{HEAD.format(redraws=options.redraws)}\n\n{markdown(table.reset_index(names='').astype(str))}\n"
    (ROOT / "docs" / "figures" / "tuning-ways.md").write_text(text, encoding="utf-8")


HEAD = """\
# Ways to prove a threshold, tried

Written by `benchmarks/tuning_ways.py`: 2,000 labels, {redraws} redraws for each category, error 0.05. How often, in percent and as a
mean of the categories, the recall comes within 0.10 of that of the lowest threshold which truly has the precision. Columns: the
share that belongs, in the labels and in use, and the precision. The oracle knows the distributions and tries one threshold
alone, the best to try. *Kept*: of all categories and columns, the promise kept least often; with so few redraws, chance takes
a little off.

The exact test of one threshold is that of two Poisson rates given their sum, the most powerful unbiased one (Lehmann
and Romano, Testing statistical hypotheses, 4.5). So ways differ only in which thresholds they try, and at which share of the error."""


if __name__ == "__main__":
    main()
