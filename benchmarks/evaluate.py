"""Every figure in docs/figures/evaluation.md and docs/figures/evaluation.json, on comments that the model was not fitted on.

Fits the recipe again, checks that this gives the shipped model, and judges it by its held-out scores: each of our own
comments by a model that never saw its writer, each public comment by one that never saw its text. Functional cases,
sentences for fairness and the frozen part, of which training has seen nothing, are scored by the shipped model itself.

    python benchmarks/evaluate.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.metrics import accuracy_score, f1_score

from social_guard import SocialGuard, evaluate_cases, evaluate_templates, load_comments
from social_guard.categories import CATEGORIES
from social_guard.evaluation.bootstrap import draw
from social_guard.evaluation.disguise import DISGUISES
from social_guard.evaluation.evaluate import NOTES, Evaluation, evaluate_comments
from social_guard.evaluation.fairness import group_measures
from social_guard.evaluation.judge import score_table
from social_guard.evaluation.outcomes import decide, disguise_frame, shares_frame
from social_guard.evaluation.scorecard import known_scores, source_frame
from social_guard.files.data import text_key
from social_guard.model.scorer import to_probability
from social_guard.pages.plots import reliability_plot
from social_guard.pages.report import Section, plain_values, to_markdown
from social_guard.prevalence import shift_prevalence
from social_guard.safe_files import write_file
from social_guard.training import Recipe, fit_rows, gather_comments

ROOT = Path(__file__).resolve().parents[1]
FEEDBACK = "nhs_fft_px_phase1"
Part = tuple[str, str, dict[str, pd.DataFrame]]
"""A part of the report: its title, a sentence, and frames by their titles."""


def of_evaluation(title: str, note: str, found: Evaluation) -> Part:
    """The frames of an evaluation."""
    return title, note, found.frames


def shown(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """What the page has room for: reliability is a picture, and sources with many heads have one row each."""
    kept = {name: frame for name, frame in frames.items() if name != "reliability"}
    if "measures" in frames and "by_source" in frames:
        kept["average precision by source"] = kept.pop("by_source")["average_precision"].unstack(sort=False)
    return kept


def own_part(guard: SocialGuard, rows: pd.DataFrame, held_out: pd.DataFrame, redraws: int) -> Evaluation:
    """Our own comments that name their writer and have a label for every head."""
    judged = rows["own"] & (rows["writer"] != "") & rows["spam"].notna()
    return evaluate_comments(guard, rows[judged], held_out[judged], redraws=redraws)


def outcomes_part(guard: SocialGuard, rows: pd.DataFrame, held_out: pd.DataFrame) -> Part:
    """What becomes of comments of which no category is known: real feedback, and comments in other languages."""
    feedback, foreign = rows["source"] == FEEDBACK, rows["own"] & (rows["not_english"] == 1).fillna(False).astype(bool)
    kinds = {f"feedback, {g}": (feedback & (rows["group"] == g)).to_numpy() for g in sorted(rows.loc[feedback, "group"].unique())}
    kinds["not English"] = foreign.to_numpy()
    chosen = np.logical_or.reduce(list(kinds.values()))
    drawn = draw(rows["unit"][chosen], np.zeros(int(chosen.sum())))
    decided = decide(guard.policy, held_out[chosen], rows.loc[chosen, "text"].tolist())
    shares = shares_frame({kind: flags[chosen] for kind, flags in kinds.items()}, decided, drawn)
    note = f"Real patient feedback (`{FEEDBACK}`) by its tone, and our own comments in other languages, out of fold."
    return "Real feedback and other languages", note, {"outcomes": shares}


def sources_part(rows: pd.DataFrame, held_out: pd.DataFrame) -> Part:
    """Public sources, each comment by a model that never saw its text but others of its source."""
    public = ~rows["own"].to_numpy()
    drawn = draw(rows["unit"][public], np.zeros(int(public.sum())), redraws=200)
    known = known_scores(rows[public], held_out[public], {})
    frame = source_frame(known, rows["source"][public], drawn)
    at_half = pd.DataFrame([half_of_source(rows.loc[public], held_out[public], *key) for key in frame.index], index=frame.index)
    note = "Out of fold; other comments of the same source were learnt from. 200 redraws. F1 and accuracy at 0.5, for the source's own share."
    return "Public sources", note, {"by_source": frame.join(at_half)}


def half_of_source(rows: pd.DataFrame, held_out: pd.DataFrame, source: str, head: str) -> dict[str, float]:
    """F1 and accuracy of one head on a source, at a score of one half once scores are shifted to the source's share."""
    known = rows[head].notna() & (rows["source"] == source)
    truth = (rows.loc[known, head] == 1).to_numpy(dtype=bool)
    score = held_out.loc[known, head].to_numpy()
    if head in CATEGORIES:
        score = shift_prevalence(score, CATEGORIES[head].prevalence, truth.mean())
    return {"f1": f1_score(truth, score >= 0.5, zero_division=0.0), "accuracy": accuracy_score(truth, score >= 0.5)}


def wide(cases: pd.DataFrame) -> pd.DataFrame:
    """Functional cases as labelled comments: of each, one label is known."""
    labels = {key: cases["expected"].where(cases["category"] == key).astype("Int8") for key in cases["category"].unique()}
    return cases[["id", "text"]].assign(identity=cases["group"].fillna(""), **labels)


def functional_part(guard: SocialGuard, cases: pd.DataFrame, disguises: list[str]) -> Part:
    """Rules of the policy, the groups that hateful and fair cases speak of, and the cases without disguise in disguise."""
    found, labels = evaluate_cases(guard, cases), wide(cases)
    hate = labels[labels["hate_speech"].notna()].reset_index(drop=True)
    groups = group_measures(
        hate[["hate_speech"]], score_table(guard, hate["text"].tolist()), hate["identity"], policy=guard.policy,
        redraws=draw(hate["id"], hate["hate_speech"].to_numpy(int)),
    )  # fmt: skip
    disguised = disguise_frame(guard, labels[cases["plain_id"].isna()].reset_index(drop=True), disguises)
    note = (
        "Share of cases that pass: a score of 0.5 (`half`), the same after shifting scores to a prevalence of one half "
        "(`half_shifted`), the category reaching review or more, or an action. " + NOTES["by_disguise"]
    )
    frames = {"by_category": found.categories, "by_rule": found.rules, "by_group": groups, "by_disguise": disguised}
    return "Functional cases", note, frames


def fairness_part(guard: SocialGuard, folder: Path) -> Part:
    """Harmless sentences that differ in the people whom they name."""
    found = evaluate_templates(guard, pd.read_csv(folder / "kind.csv"), pd.read_csv(folder / "identities.csv"))
    note = "Harmless sentences by the people whom they name: the share that `hate_speech` scores over each threshold."
    return "Fairness", note, {"gaps": found.gaps, "by_identity": found.by_identity}


def frozen_part(guard: SocialGuard, frozen: pd.DataFrame, rows: pd.DataFrame, redraws: int) -> Part:
    """Comments by writers of whom training has seen nothing, and how near they come to what it has seen."""
    title, note, frames = of_evaluation("The frozen part", FROZEN_NOTE, guard.evaluate(frozen, redraws=redraws))
    return title, note, frames | {"similarity": similarity(frozen["text"], rows)}


def similarity(texts: pd.Series, rows: pd.DataFrame) -> pd.DataFrame:
    """How like its nearest training comment each text is: cosine of character 3- to 5-grams, and equal texts."""
    own = rows.loc[rows["own"], "text"]
    vectors = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), dtype=np.float32).fit(own)
    seen = vectors.transform(own).T.tocsr()
    blocks = [vectors.transform(texts[start : start + 200]) @ seen for start in range(0, len(texts), 200)]
    nearest = np.concatenate([block.max(axis=1).toarray().ravel() for block in blocks])
    keys = set(map(text_key, rows["text"]))
    found = {"comments": len(texts), "mean": nearest.mean(), "95th percentile": np.quantile(nearest, 0.95)}
    found |= {"share over 0.8": (nearest > 0.8).mean(), "equal texts": sum(text_key(text) in keys for text in texts)}
    return pd.DataFrame([found], index=pd.Index(["nearest own training comment"], name="similarity"))


def write_report(
    guard: SocialGuard,
    rows: pd.DataFrame,
    held_out: pd.DataFrame,
    *,
    frozen: pd.DataFrame | None,
    folder: Path,
    redraws: int = 1000,
    disguises: tuple[str, ...] = tuple(DISGUISES),
) -> None:
    """Write evaluation.md, evaluation.json and reliability.svg into a folder."""
    own = own_part(guard, rows, held_out, redraws)
    summary = f"Intervals: the middle 95 % of {own.settings['redraws']:,} redraws of {own.settings['units']} writers."
    cases = ROOT / "data" / "functional"
    parts = [
        of_evaluation("Our own comments, each by a model that never saw its writer", summary, own),
        outcomes_part(guard, rows, held_out),
        functional_part(guard, pd.read_csv(cases / "cases.csv"), list(disguises)),
        fairness_part(guard, cases),
    ]
    parts += [sources_part(rows, held_out)] if not rows["own"].all() else []
    parts += [frozen_part(guard, frozen, rows, redraws)] if frozen is not None else []
    write_file(folder / "reliability.svg", reliability_plot(own.reliability))
    write_file(folder / "evaluation.md", markdown(guard, parts))
    figures = {title: {name: plain_values(frame) for name, frame in frames.items()} for title, _, frames in parts}
    content = {"model": guard.model_hash, "settings": dict(own.settings), "figures": figures}
    write_file(folder / "evaluation.json", json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def markdown(guard: SocialGuard, parts: list[Part]) -> str:
    """The whole report."""
    text = [HEAD.format(model=guard.model_hash[:12])]
    for title, note, frames in parts:
        sections = [Section(name.replace("_", " "), frame=frame) for name, frame in shown(frames).items()]
        text.append(to_markdown(title, note, sections, level=2))
    return "\n".join(text)


def refit(guard: SocialGuard, options: argparse.Namespace) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The training comments and their held-out scores, by a fit that must give the model in use."""
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, Recipe())
    classifier = fit_rows(rows, Recipe(), guard.manifest["prevalence"], options.jobs)
    fitted = (classifier.weights_.words.values, guard._model.weights.words.values)
    if fitted[0].shape != fitted[1].shape or not np.array_equal(*fitted):
        raise SystemExit("the recipe does not give the shipped model: run `make model` first")
    return rows, pd.DataFrame(to_probability(classifier.held_out_log_odds_), columns=list(guard.heads), index=rows.index)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--model", type=Path, help="a model folder instead of the one that ships")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "figures", help="the folder to write to")
    parser.add_argument("--frozen", action="store_true", help="score the frozen part too: once a release")
    options = parser.parse_args()
    guard = SocialGuard.load(options.model)
    rows, held_out = refit(guard, options)
    frozen = load_comments(ROOT / "data" / "frozen") if options.frozen else None
    write_report(guard, rows, held_out, frozen=frozen, folder=options.output)
    print(f"written to {options.output}")


FROZEN_NOTE = """\
By writers of whom training has seen nothing; scored once a release. Similarity: the cosine of character 3- to 5-grams
(TF-IDF) with the nearest of our own training comments, and how many texts stand among all training comments but for case
and signs."""

HEAD = """\
# Evaluation

Written by `make evaluate` for model `{model}`; every figure also stands in `evaluation.json`. What each column means stands
in the docstring of `social_guard.Evaluation`. Nothing here was fitted on the comments that it is measured on; but the
thresholds were chosen on the held-out scores of the first two parts. Brackets hold the middle 95 % of bootstrap redraws.

![Observed share against mean score of each head](reliability.svg)
"""


if __name__ == "__main__":
    main()
