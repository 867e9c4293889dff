"""The goals of the model beside what is measured: docs/figures/goals.md, from the figures of `make evaluate`.

Rows about corpora that the model was not trained on score them anew; without the folder they are left out.

    python benchmarks/goals.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from holdout import markdown
from paper_facts import FROZEN, PARTS, read_figures
from sklearn.metrics import f1_score, roc_auc_score

from social_guard import CATEGORIES, SIGNPOSTS, SocialGuard
from social_guard.evaluation.bootstrap import Redraws
from social_guard.evaluation.measures import Sample, calibration_error
from social_guard.files.data import load_comments, stable_fractions
from social_guard.files.persistence import load_model
from social_guard.safe_files import write_file
from social_guard.training import Recipe, thin_sources
from social_guard.words.lexicon import Lexicon

ROOT = Path(__file__).resolve().parents[1]
OFFENSIVE = ["abuse", "offensive_language", "harassment", "hate_speech"]
FOUND_BY_F1 = [key for key in SIGNPOSTS if key in ("complaint", "compliment", "clinical_question", "appointment", "enquiry")]
CLEAN = 10_000
HEAD = """\
# Goals, met and missed

Written by `benchmarks/goals.py` for model `{model}`, from the figures of `make evaluate`. The goals are those of the best systems known; several have
never been met by a linear model. *Frozen*: our own comments by writers of whom training has seen nothing. *Out of fold*: each comment by a model
that never saw its writer or text. A goal that is missed says **no**.

"""
CHANCE = """
Among scores over 0.1, perfect scores would show a mean calibration error of {chance} on as few comments as the frozen part has
(`ece_by_chance` in the evaluation), so that no model can be seen to meet that goal there.
"""

Rows = Mapping[str, Mapping[str, Any]]


KIND = {"hide": "hidden as hate", "half": "scored over 0.5", "review": "in review for hate", "half_shifted": "over 0.5 where half is hate"}
KIND |= {"any_category": "in review for any category", "any_action": "given any action"}
"""What kind sentences may come to, as `evaluate_templates` names it."""


class Row(NamedTuple):
    """One goal and what is measured."""

    what: str
    on: str
    goal: str
    measured: str
    met: bool


def percent(share: float) -> str:
    """A share as per cent with one place."""
    return f"{100 * share:.1f} %"


def rows_of(figures: Mapping[str, Mapping[str, Rows]]) -> Iterator[Row]:
    """Every goal that the figures of the evaluation tell of."""
    parts, frozen = {name: figures[title] for name, title in PARTS.items()}, figures[FROZEN]
    yield from frozen_rows(frozen)
    yield from criticism_rows(parts["real"]["outcomes"], parts["functional"]["by_rule"])
    yield from hate_rows(parts["functional"], parts["fairness"]["gaps"])
    yield from disguise_rows(frozen["by_disguise"])
    yield from calibration_rows(frozen["measures"])
    yield from public_rows(parts["public"]["by_source"], parts["own"]["measures"]["off_topic"])


def frozen_rows(frozen: Mapping[str, Rows]) -> Iterator[Row]:
    """How comments of our ground are told apart, what becomes of them, and signposts."""
    measures, outcomes, steps = frozen["measures"], frozen["outcomes"], frozen["actions"]
    precision = {key: measures[key]["average_precision"] for key in CATEGORIES}
    mean, lowest = np.mean(list(precision.values())), min(precision, key=precision.__getitem__)
    shown = f"{mean:.3f}, {lowest} {precision[lowest]:.3f}"
    yield Row("average precision, mean of the categories; lowest", "frozen", "0.80; 0.65", shown, mean >= 0.8 and precision[lowest] >= 0.65)
    harmless, other = outcomes["inoffensive"], outcomes["inoffensive, no call for help"]
    yield Row("inoffensive comments given any action", "frozen", "2 %", percent(harmless["hidden"]), harmless["hidden"] <= 0.02)
    yield Row("inoffensive comments removed or reported", "frozen", "none", percent(harmless["removed"]), harmless["removed"] == 0)
    least = min(CATEGORIES, key=lambda key: outcomes[key]["touched"])
    found = outcomes[least]["touched"]
    yield Row("harmful comments acted on or reviewed, lowest category", "frozen", "85 %", f"{percent(found)}, {least}", found >= 0.85)
    shown = f"{percent(harmless['reviewed'])}; {percent(other['reviewed'])} without calls for help"
    yield Row("inoffensive comments in review", "frozen", "10 %", shown, harmless["reviewed"] <= 0.1)
    f1 = np.mean([harmonic(steps[f"{key}/shown"]) for key in FOUND_BY_F1])
    yield Row(f"F1 of signposts, mean of {', '.join(FOUND_BY_F1)}", "frozen", "0.80", f"{f1:.3f}", f1 >= 0.8)
    urgent = steps["urgent_help/shown"]
    shown = f"{percent(urgent['recall'])}; {percent(urgent['false_positive_rate'])}"
    met = urgent["recall"] >= 0.9 and urgent["false_positive_rate"] < 0.05
    yield Row("calls for help found; others taken for one", "frozen", "90 %; under 5 %", shown, met)


def harmonic(step: Mapping[str, float]) -> float:
    """The F1 of a step."""
    return 2 * step["precision"] * step["recall"] / (step["precision"] + step["recall"])


def criticism_rows(real: Rows, rules: Rows) -> Iterator[Row]:
    """What becomes of fair and angry criticism."""
    touched = real["feedback, critical"]["hidden"]
    yield Row("real criticism of the NHS given any action", "out of fold", "0.5 %", percent(touched), touched <= 0.005)
    angry = [row for name, row in rules.items() if name.startswith("offensive_language/angry_")]
    touched = 1 - np.average([row["action"] for row in angry], weights=[row["cases"] for row in angry])
    yield Row("angry criticism without abuse given an action", "functional cases", "0.5 %", percent(touched), touched <= 0.005)


def hate_rows(functional: Mapping[str, Rows], gaps: Rows) -> Iterator[Row]:
    """Functional cases of hate and kind words about groups."""
    hate = functional["by_category"]["hate_speech"]
    for form, name in (("half", "at a score of 0.5"), ("half_shifted", "at 0.5, for a page where half is hate")):
        shown = f"{hate[form]:.3f}; {hate[f'{form}_negative']:.3f}"
        met = hate[form] >= 0.8 and hate[f"{form}_negative"] >= 0.75
        yield Row(f"accuracy on cases of hate; on its harmless ones, {name}", "functional cases", "0.80; 0.75", shown, met)
    for step, name in KIND.items():
        gap = gaps[step]["gap"]
        yield Row(f"kind sentences {name}, widest gap between identities", "templates", "1 point", f"{100 * gap:.1f} points", gap <= 0.01)


def disguise_rows(disguised: Rows) -> Iterator[Row]:
    """What is still found in disguise."""
    least = min((kind for kind in disguised if kind != "plain"), key=lambda kind: disguised[kind]["kept"])
    kept = disguised[least]["kept"]
    yield Row("harmful comments still found in disguise, of those found in plain", "frozen", "95 %", f"{percent(kept)}, {least}", kept >= 0.95)
    most = max(disguised, key=lambda kind: disguised[kind]["false_action"])
    plain, alarms = disguised["plain"]["false_action"], disguised[most]["false_action"]
    shown = f"{percent(alarms)}, {most}; {percent(plain)} in plain"
    yield Row("harmless comments given an action in disguise", "frozen", "no more than in plain", shown, alarms <= plain)


def calibration_rows(measures: Rows) -> Iterator[Row]:
    """How far scores are probabilities."""
    for column, name, goal in (("ece", "all scores", 0.02), ("ece_over_0.1", "scores over 0.1", 0.05)):
        worst = max(CATEGORIES, key=lambda key: measures[key][column])
        error = measures[worst][column]
        yield Row(f"calibration error of {name}, highest category", "frozen", f"{goal}", f"{error:.3f}, {worst}", error <= goal)
    slopes = {key: measures[key]["calibration_slope"] for key in CATEGORIES}
    out = {key: slope for key, slope in slopes.items() if not 0.8 <= slope <= 1.2}
    shown = ", ".join(f"{key} {slope:.2f}" for key, slope in out.items()) or f"{min(slopes.values()):.2f} to {max(slopes.values()):.2f}"
    yield Row("calibration slope of each category", "frozen", "0.8 to 1.2", shown, not out)


def public_rows(public: Rows, off_topic: Mapping[str, float]) -> Iterator[Row]:
    """Public tasks, out of fold."""
    spam = public["scamspot_instagram/spam"]
    yield Row("F1 on spam of Instagram", "out of fold", "0.93", f"{spam['f1']:.3f}", spam["f1"] >= 0.93)
    spam = public["youtube_spam_tubespam/spam"]
    yield Row("accuracy on spam of YouTube", "out of fold", "0.97", f"{spam['accuracy']:.3f}", spam["accuracy"] >= 0.97)
    yield Row("AUC of off_topic on our own comments", "out of fold", "0.95", f"{off_topic['auc']:.3f}", off_topic["auc"] >= 0.95)


def foreign_rows(guard: SocialGuard, corpora: Path) -> Iterator[Row]:
    """Corpora of which the model has seen nothing."""
    olid = load_comments(corpora / "olid_offenseval2019.parquet")
    truth = (olid[OFFENSIVE] == 1).any(axis=1).to_numpy(dtype=bool)
    columns = [guard.heads.index(key) for key in OFFENSIVE]
    usual = {key: CATEGORIES[key].prevalence for key in OFFENSIVE}
    at_home = guard.with_prevalence({key: share / sum(usual.values()) * truth.mean() for key, share in usual.items()})
    scores = at_home.scores(olid["text"].tolist())[:, columns]
    f1 = f1_score(truth, (scores >= 0.5).any(axis=1), average="macro")
    yield Row("macro-F1 on OLID, at 0.5 for its share of offence", "source not learnt from", "0.80", f"{f1:.3f}", f1 >= 0.8)
    error = float(calibration_error(Sample(truth, scores.max(axis=1), Redraws.none(len(truth))))[0])
    yield Row("calibration error on OLID, for its share of offence", "source not learnt from", "0.05", f"{error:.3f}", error <= 0.05)
    chatter = [load_comments(path) for path in sorted(corpora.glob("tweeteval_*.parquet"))]
    kept = pd.concat([part[(part["off_topic"] == 1).fillna(False).astype(bool)] for part in chatter if "off_topic" in part])
    health = load_comments(corpora / "medical_question_pairs.parquet")
    texts = [*kept["text"], *health["text"]]
    scores = guard.scores(texts)[:, guard.heads.index("off_topic")]
    area = roc_auc_score(np.repeat([1, 0], [len(kept), len(health)]), scores)
    yield Row("AUC of off_topic, chatter of Twitter against questions on health", "sources not learnt from", "0.95", f"{area:.3f}", area >= 0.95)


def clean_row(guard: SocialGuard, corpora: Path) -> Row:
    """Harmless public comments that are acted on only because they are read as if something in them were disguised."""
    public = load_comments(corpora, licence_class="open")
    labels = public.reindex(columns=list(CATEGORIES))
    clean = public[(labels["offensive_language"] == 0).fillna(False) & ~(labels == 1).any(axis=1)].drop(thin_sources(public, Recipe.per_source).index, errors="ignore")
    clean = clean.iloc[np.argsort(stable_fractions(clean["text"], "clean"))[:CLEAN]]
    as_written = SocialGuard(load_model())
    as_written._scorer.known = Lexicon()
    acted, plain = (side.score_frame(clean)["action"].to_numpy() != "none" for side in (guard, as_written))
    new, fewer = int((acted & ~plain).sum()), int((plain & ~acted).sum())
    shown = f"{new} of {len(clean):,}; {fewer} the other way; {int(plain.sum())} without"
    return Row("harmless comments acted on because a disguise is seen in them", "public comments without offence, left out of training", "none", shown, not new)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", type=Path, default=ROOT.parent / "shared" / "corpora")
    options = parser.parse_args()
    guard, folder = SocialGuard.load(), ROOT / "docs" / "figures"
    figures = read_figures(folder / "evaluation.json", guard, "make evaluate")["figures"]
    rows = list(rows_of(figures))
    if options.corpora.is_dir():
        rows += [*foreign_rows(guard, options.corpora), clean_row(guard, options.corpora)]
    table = pd.DataFrame(rows).assign(met=["yes" if row.met else "**no**" for row in rows])
    chance = CHANCE.format(chance=f"{np.mean([figures[FROZEN]['measures'][key]['ece_by_chance'] for key in CATEGORIES]):.2f}")
    write_file(folder / "goals.md", HEAD.format(model=guard.model_hash[:12]) + markdown(table) + "\n" + chance)


if __name__ == "__main__":
    main()
