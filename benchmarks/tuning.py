"""Are the promises of `tune` kept? Labels are drawn again and again from distributions whose truth is known.

The scores of the shipped model on the frozen comments, by writers whom it has never seen, give each category two
distributions of log-odds: a mixture of two normals for the comments that belong to it, one for the others. From these a
set of labels is drawn, thresholds are tuned on it, and their true precision and recall are read off the distributions.
Beside them stands an oracle that knows the distributions and tries one threshold alone, the best to try.

    python benchmarks/tuning.py --redraws 1000
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from scipy import special
from scipy.stats import binom, norm
from sklearn.mixture import GaussianMixture

from social_guard import SocialGuard, load_comments
from social_guard.categories import CATEGORIES
from social_guard.policy.goals import Goal
from social_guard.policy.promise import Sample
from social_guard.policy.settings import Policy
from social_guard.policy.tuning import Row, tuned_rows

ROOT = Path(__file__).resolve().parents[1]
PROMISED = {"hide": 0.80, "remove": 0.95, "report": 0.95}
GRID = np.linspace(-12, 16, 28_001)
NEAR = 0.1
LEVEL = 0.05


@dataclass(frozen=True)
class Mixture:
    """Two normals over log-odds."""

    weights: np.ndarray
    means: np.ndarray
    deviations: np.ndarray

    @classmethod
    def fitted(cls, log_odds: np.ndarray) -> Mixture:
        """To given log-odds."""
        fit = GaussianMixture(2, random_state=0, reg_covar=0.05).fit(log_odds[:, None])
        return cls(fit.weights_, fit.means_[:, 0], np.sqrt(fit.covariances_[:, 0, 0]))

    def draw(self, n: int, rng: np.random.Generator, least: float = -np.inf) -> np.ndarray:
        """Log-odds, shape (n,), none below ``least``."""
        share = max(float(self.above(least)), 1e-3)
        part = rng.choice(2, int(n / share) + 60, p=self.weights)
        drawn = rng.normal(self.means[part], self.deviations[part])
        drawn = drawn[drawn >= least][:n]
        return drawn if len(drawn) == n else np.concatenate([drawn, self.draw(n - len(drawn), rng, least)])

    def above(self, log_odds: np.ndarray | float) -> np.ndarray:
        """The share at or above."""
        return (self.weights * norm.sf(np.asarray(log_odds)[..., None], self.means, self.deviations)).sum(-1)


@dataclass(frozen=True)
class World:
    """What is true of one category, and how its labels may mislead."""

    inside: Mixture
    outside: Mixture
    missed_labels: float = 0.0
    flattering_labels: float = 0.0
    shift: float = 0.0
    least: float = -np.inf

    def draw(self, positives: int, negatives: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Scores and labels; the outside may be labelled in favour of the model, the inside overlooked."""
        scores = np.concatenate([self.inside.draw(positives, rng, self.least), self.outside.draw(negatives, rng, self.least)])
        labels = np.repeat([1, 0], [positives, negatives])
        wrong = rng.random(len(labels)) < np.where(labels == 1, self.missed_labels, self.flattering_labels * (scores > 0))
        return special.expit(scores), np.where(wrong, 1 - labels, labels) == 1

    def precision(self, threshold: float, share: float) -> float:
        """The truth where the guard is used: the outside may score higher there than where the labels come from."""
        hits, alarms = share * self.inside.above(special.logit(threshold)), (1 - share) * self.outside.above(special.logit(threshold) - self.shift)
        return hits / (hits + alarms)

    def best_recall(self, share: float, precision: float) -> float:
        """Of the lowest threshold that keeps the precision."""
        inside, outside = self.inside.above(GRID), self.outside.above(GRID)
        kept = (share * inside >= precision * (share * inside + (1 - share) * outside)) & (self.least <= GRID)
        return float(inside[kept].max()) if kept.any() else 0.0

    def share_reaching(self, share: float) -> float:
        """Which share belongs to the category among the comments that labels are drawn from."""
        inside, outside = share * self.inside.above(self.least), (1 - share) * self.outside.above(self.least)
        return float(inside / (inside + outside))

    def oracle(self, positives: int, negatives: int, share: float, precision: float) -> float:
        """How often the best single threshold to try, of those within 0.10 of the best recall, is proven."""
        best = self.best_recall(share, precision)
        inside, outside = (part.above(GRID) / part.above(self.least) for part in (self.inside, self.outside))
        reach = self.share_reaching(share)
        ratio = negatives * reach * (1 - precision) / ((1 - reach) * precision)
        true = self.inside.above(GRID)
        able = np.flatnonzero((true >= best - NEAR) & (true <= best) & (self.least <= GRID))
        tried = able[:: max(1, len(able) // 40)]
        rates = np.array([inside[tried], outside[tried]]).T
        return max((_power(positives, negatives, pair, ratio / (ratio + positives)) for pair in rates), default=0.0)


def _power(positives: int, negatives: int, rates: np.ndarray, mixing: float) -> float:
    """How often the exact test of one threshold, with these true rates, passes."""
    hits = np.arange(*binom.ppf([1e-6, 1 - 1e-6], positives, rates[0]).astype(int) + (0, 1))
    most = np.arange(int(binom.ppf(1 - 1e-6, negatives, rates[1])) + 2)
    allowed = (special.bdtr(most, hits[:, None] + most, mixing) <= LEVEL).cumprod(axis=1).sum(axis=1) - 1
    return float((binom.pmf(hits, positives, rates[0]) * np.where(allowed >= 0, binom.cdf(allowed, negatives, rates[1]), 0.0)).sum())


def fitted_worlds(guard: SocialGuard) -> dict[str, World]:
    """The distributions behind the frozen comments."""
    comments = load_comments(ROOT / "data" / "frozen")
    scores = pd.DataFrame(special.logit(guard.scores(comments["text"].tolist()).clip(1e-6, 1 - 1e-6)), columns=list(guard.heads))
    inside = {key: (comments[key] == 1).to_numpy(dtype=bool) for key in CATEGORIES}
    return {k: World(Mixture.fitted(scores[k].to_numpy()[inside[k]]), Mixture.fitted(scores[k].to_numpy()[~inside[k]])) for k in CATEGORIES}


@dataclass(frozen=True)
class Setting:
    """How many labels, which share of them belongs, and what is assumed and true of the prevalence."""

    name: str
    labels: int
    share: float
    prevalence: dict[str, float]
    true_prevalence: float = 1.0
    joint: bool = False
    as_drawn: bool = False

    def numbers(self, world: World, prevalence: float, rng: np.random.Generator | None = None) -> tuple[int, int]:
        """How many of the labelled comments belong and how many do not; drawn at random only where the setting says so."""
        share = world.share_reaching(prevalence) if self.as_drawn else self.share
        positives = rng.binomial(self.labels, share) if self.as_drawn and rng is not None else round(self.labels * share)
        return positives, self.labels - positives


def redraw(policy: Policy, worlds: dict[str, World], setting: Setting, rng: np.random.Generator) -> list[tuple]:
    """Tune once on fresh labels; one row a promise, with what is true of it."""
    samples = {key: Sample.of(*world.draw(*setting.numbers(world, setting.prevalence[key], rng), rng)) for key, world in worlds.items()}
    shares = {key: sample.share for key, sample in samples.items()} if setting.as_drawn else setting.prevalence
    goal = Goal(precision=PROMISED, prevalence=shares, unproven="drop", joint=setting.joint)
    rows = [row for key in samples for row in tuned_rows(policy, key, samples, goal) if row.basis in ("promise", "unproven")]
    return [(row.category, row.step, *_truth(row, worlds[row.category], setting)) for row in rows]


def _truth(row: Row, world: World, setting: Setting) -> tuple[bool, bool, float]:
    """Whether a promise was made, whether it is not broken, and the recall."""
    if row.basis != "promise":
        return False, True, 0.0
    return True, _kept(row, world, setting), float(world.inside.above(special.logit(row.threshold)))


def _kept(row: Row, world: World, setting: Setting) -> bool:
    share = setting.prevalence[row.category] * setting.true_prevalence
    return bool(world.precision(row.threshold, share) >= PROMISED[row.step])


def simulate(policy: Policy, worlds: dict[str, World], setting: Setting, redraws: int) -> pd.DataFrame:
    """One row a promise: how often it was made and kept, and the recall."""
    seeds = np.random.SeedSequence(0).spawn(redraws)
    jobs = (delayed(redraw)(policy, worlds, setting, np.random.default_rng(seed)) for seed in seeds)
    found = [row for rows in Parallel(n_jobs=2, batch_size=20)(jobs) for row in rows]
    rows = pd.DataFrame(found, columns=["category", "step", "tuned", "kept", "found"])
    best = {key: worlds[key[0]].best_recall(setting.prevalence[key[0]], PROMISED[key[1]]) for key in set(zip(rows["category"], rows["step"], strict=True))}
    table = []
    for key, part in rows.groupby(["category", "step"], sort=False):
        tuned = part.loc[part["tuned"], "found"]
        world, share = worlds[key[0]], setting.prevalence[key[0]]
        table.append({
            "promise": ".".join(key),
            "made %": 100 * part["tuned"].mean(),
            "kept %": 100 * part["kept"].mean(),
            "best recall": best[key],
            "median recall": tuned.median(),
            "within 0.10 %": 100 * (part["tuned"] & (part["found"] >= best[key] - NEAR)).mean(),
            "oracle %": np.nan if setting.joint else 100 * world.oracle(*setting.numbers(world, share), share, PROMISED[key[1]]),
        })
    return pd.DataFrame(table).set_index("promise")


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Percentages with one digit, recall with three, nothing where there is nothing."""
    digits = {column: 1 if column.endswith("%") else 3 for column in table.columns}
    cells = {column: ["-" if np.isnan(v) else f"{v:.{digits[column]}f}" for v in table[column]] for column in table.columns}
    return pd.DataFrame({"": table.index, **cells})


def stress(policy: Policy, worlds: dict[str, World], setting: Setting, redraws: int) -> pd.DataFrame:
    """The promise kept least often, when labels or the world differ from what is assumed."""
    table = {}
    for name, values, make in STRESSES:
        for value in values:
            changed, other = make(worlds, setting, value)
            result = simulate(policy, changed, other, redraws)
            made = result[result["made %"] >= 5]
            table[f"{name}: {value:g}"] = {"least kept %": made["kept %"].min(), "mean kept %": made["kept %"].mean(), "mean made %": result["made %"].mean()}
    return pd.DataFrame(table).T


def _relabelled(field: str):
    return lambda worlds, setting, value: ({k: replace(w, **{field: value}) for k, w in worlds.items()}, setting)


def _rarer(worlds: dict[str, World], setting: Setting, value: float):
    return worlds, replace(setting, true_prevalence=value)


STRESSES = (
    ("share of the category's comments labelled 0", (0.02, 0.05, 0.1, 0.2), _relabelled("missed_labels")),
    ("share of the false alarms labelled 1", (0.05, 0.1, 0.2, 0.4), _relabelled("flattering_labels")),
    ("true prevalence over the stated one", (0.95, 0.9, 0.8, 0.67, 0.5), _rarer),
    ("others score higher than in the labels by (log-odds)", (0.05, 0.1, 0.2, 0.4), _relabelled("shift")),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--redraws", type=int, default=1000)
    options = parser.parse_args()
    guard = SocialGuard.load()
    worlds, own = fitted_worlds(guard), guard.manifest["prevalence"]
    half, quarter, tenth = (dict.fromkeys(own, share) for share in (0.5, 0.25, 0.1))
    settings = (
        Setting("2,000 labels, half of them in the category; it makes up half of all comments", 2000, 0.5, half),
        Setting("2,000 labels, a quarter of them in the category; it makes up a quarter of all comments", 2000, 0.25, quarter),
        Setting("2,000 labels, a tenth of them in the category; it makes up a tenth of all comments", 2000, 0.1, tenth),
        Setting("The same, with the confidence of all promises together", 2000, 0.1, tenth, joint=True),
        Setting("2,000 labels, half of them in the category; prevalence of the manifest", 2000, 0.5, own),
        Setting("40,000 labels, 1,000 of them in the category; prevalence of the manifest", 40_000, 0.025, own),
        Setting(FLAGGED, 2000, np.nan, own, as_drawn=True),
    )
    thresholds = guard.policy.categories
    flagged = {key: replace(world, least=float(special.logit(thresholds[key].thresholds()[0]))) for key, world in worlds.items()}
    parts = [HEAD.format(redraws=options.redraws)]
    for setting in settings:
        start = time.perf_counter()
        result = simulate(guard.policy, flagged if setting.as_drawn else worlds, setting, options.redraws)
        parts.append(f"## {setting.name}\n\n{markdown(as_text(result))}")
        print(f"{setting.name}: least kept {result['kept %'].min():.1f} % ({time.perf_counter() - start:.0f} s)", flush=True)
    limits = stress(guard.policy, worlds, settings[2], max(options.redraws // 5, 1))
    parts.append(f"## {LIMITS}\n\n{markdown(as_text(limits))}")
    (ROOT / "docs" / "figures" / "tuning-simulation.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


HEAD = """\
# Tuning, simulated

Written by `benchmarks/tuning.py`: {redraws:,} redraws of the labels a table. `made` is how often the labels proved the
promise, `kept` how often it was not broken (a promise not made is not broken), at confidence 0.95 each. The best recall is that
of the lowest threshold that truly has the precision, the median that of the promises made. `within 0.10` counts all redraws:
the promise was made, and its recall is at most 0.10 below the best. `oracle` is how often one that knows the distributions, and
tries one single threshold with the same exact test, would come within 0.10: no way to choose thresholds that keeps
the promise whatever the distributions are can do much better."""

FLAGGED = """\
2,000 labels of comments drawn at random from those that reach the review threshold; prevalence of the manifest, as drawn"""

LIMITS = """\
What the promise does not survive

The third setting, where one assumption is wrong. A promise needs labels that are right, drawn like the comments to come,
and a prevalence that is not overstated."""


if __name__ == "__main__":
    main()
