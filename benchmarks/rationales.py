"""Do the words that an explanation points at agree with the words that people mark? Written to docs/figures/rationales.md.

A model is trained without any post that people marked. On one part of these posts a way to choose words is found; on the
other part it is judged. Then words are taken out in the order of their contributions, against a random order. At the end
contributions are compared with those that eli5 finds for a plain logistic regression.

    python benchmarks/rationales.py --corpora ../shared/corpora
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import eli5
import numpy as np
import pandas as pd
from holdout import markdown
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from social_guard.categories import HEADS as ALL_HEADS
from social_guard.explaining.explanation import Explanation, explain_prediction
from social_guard.files.data import load_comments, stable_fractions, text_key
from social_guard.files.persistence import Model, load_model, save_model
from social_guard.files.variations import THANKS
from social_guard.model.classifier import CommentClassifier
from social_guard.model.features import char_ngrams
from social_guard.model.matrix import assemble, count_units
from social_guard.model.scorer import Scorer, to_probability
from social_guard.training import Recipe, fit_rows, gather_comments

ROOT = Path(__file__).resolve().parents[1]
HEADS = ("abuse", "offensive_language", "harassment", "hate_speech")
HEAD = "offensive_language"
TUNED_ON = 0.3
"""The share of the marked posts on which the choice is made; the rest judges it."""
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
QUANTILES = (0.88, 0.9, 0.92, 0.94, 0.95, 0.96, 0.97)

Strengths = list[tuple[int, int, float]]
"""Ranges of characters, each with how strongly it speaks for the head."""


@dataclass(frozen=True)
class Post:
    """A post, the characters that people marked, and its explanation."""

    text: str
    marked: frozenset[int]
    explanation: Explanation


def train_model(comments: Path, corpora: Path, marked: Iterable[str], folder: Path) -> None:
    """The usual recipe for the heads concerned and thanks, by which it pads, without any text that stands among the marked posts."""
    recipe = Recipe(folds=0)
    rows = gather_comments(comments, corpora, recipe)
    seen = set(map(text_key, marked))
    kept = ~rows["text"].map(text_key).isin(seen)
    rows = rows[kept].drop(columns=sorted(set(ALL_HEADS) - {*HEADS, THANKS})).reset_index(drop=True)
    print(f"{len(rows):,} comments to learn from; {int((~kept).sum()):,} that are among the marked posts are left out", flush=True)
    save_model(Model(fit_rows(rows, recipe, {}).weights_, "version = 1\n"), folder)


# ---------------------------------------------------------------------------------------------------- attributions


def by_words(post: Post, heads: Sequence[str] = (HEAD,)) -> Strengths:
    """What each word adds, a pair counting half for either; of several heads the strongest."""
    explanation = post.explanation
    columns = [explanation.heads.index(head) for head in heads]
    strengths = explanation.word_contributions[:, columns].max(axis=1, initial=-np.inf).tolist()
    return [(*span, s) for word, s in zip(explanation.words, strengths, strict=True) for span in word.spans]


def by_tokens(post: Post, heads: Sequence[str] = (HEAD,)) -> Strengths:
    """What each token adds, pairs left out."""
    explanation = post.explanation
    columns = [explanation.heads.index(head) for head in heads]
    strengths = explanation.contributions[:, columns].max(axis=1, initial=-np.inf).tolist()
    found = zip(explanation.units, strengths, strict=True)
    return [(*span, s) for unit, s in found if unit.kind == "token" for span in unit.spans]


def by_characters(post: Post) -> Strengths:
    """Character n-grams on their own characters; the rest of a token's contribution evenly over it."""
    explanation, weights = post.explanation, post.explanation.scorer.weights
    h = explanation.heads.index(HEAD)
    result: Strengths = []
    for unit, whole in zip(explanation.units, explanation.contributions[:, h].tolist(), strict=True):
        if unit.kind != "token":
            continue
        letters = np.zeros(len(unit.key) + 2)
        for gram in char_ngrams(unit.key):
            if gram in weights.grams.index:
                value = weights.grams.values[weights.grams.index[gram], h] * weights.steps[h] / explanation._norm
                at = f" {unit.key} ".index(gram)
                letters[at : at + len(gram)] += value / len(gram)
        letters = (letters + (whole - letters.sum()) / len(letters))[1:-1] * len(unit.key)
        for start, end in unit.spans:
            width = (end - start) / max(len(letters), 1)
            result += [(start + round(i * width), start + round((i + 1) * width), s) for i, s in enumerate(letters.tolist())]
    return result


ATTRIBUTIONS: dict[str, Callable[[Post], Strengths]] = {
    "words (what `deciding_words` shows)": by_words,
    "tokens without pairs": by_tokens,
    "words, strongest of four heads": partial(by_words, heads=HEADS),
    "tokens, strongest of four heads": partial(by_tokens, heads=HEADS),
    "characters": by_characters,
}


def choose(strengths: Strengths, least: float, share: float, gap: int, text: str) -> set[int]:
    """Characters of ranges that reach a least strength and a share of the strongest, over gaps of so many spaces."""
    strongest = max((strength for _, _, strength in strengths), default=0.0)
    limit = max(least, share * strongest, np.finfo(float).tiny)
    chosen = sorted((start, end) for start, end, strength in strengths if strength >= limit)
    characters = {at for start, end in chosen for at in range(start, end)}
    for (_, end), (start, _) in pairwise(chosen):
        if 0 < start - end <= gap and text[end:start].isspace():
            characters |= set(range(end, start))
    return characters


def agreement(chosen: set[int], marked: frozenset[int]) -> float:
    """F1 over characters, 1 where nothing is marked and nothing chosen, as the shared task defined it."""
    if not marked or not chosen:
        return float(not marked and not chosen)
    return 2 * len(chosen & marked) / (len(chosen) + len(marked))


def mean_agreement(posts: Sequence[Post], strengths: Sequence[Strengths], least: float, share: float, gap: int) -> float:
    """The mean over posts."""
    scores = [agreement(choose(s, least, share, gap, post.text), post.marked) for post, s in zip(posts, strengths, strict=True)]
    return float(np.mean(scores))


def search(posts: Sequence[Post]) -> pd.DataFrame:
    """Every attribution with every threshold, on the tuning part; the best first."""
    rows = []
    for name, attribution in ATTRIBUTIONS.items():
        strengths = [attribution(post) for post in posts]
        everything = [strength for found in strengths for _, _, strength in found]
        limits = [(0.0, share) for share in SHARES] + [(float(np.quantile(everything, q)), 0.0) for q in QUANTILES]
        for (least, share), gap in ((limit, gap) for limit in limits for gap in (0, 1)):
            f1 = mean_agreement(posts, strengths, least, share, gap)
            rows.append({"attribution": name, "least": least, "share": share, "gap": gap, "F1": f1})
    return pd.DataFrame(rows).sort_values("F1", ascending=False, kind="stable").reset_index(drop=True)


# -------------------------------------------------------------------------------------------------------- deletion


def without(explanation: Explanation, gone: set[int]) -> str:
    """The comment without some of its words, given by their numbers."""
    letters = list(explanation.text)
    for start, end in (span for word in gone for span in explanation.words[word].spans):
        letters[start:end] = [" "] * (end - start)
    return "".join(letters)


def deletion_curves(posts: Sequence[Post], scorer: Scorer) -> pd.DataFrame:
    """How the probability falls when words go (comprehensiveness), and when only they stay (sufficiency)."""
    h, dice = scorer.weights.heads.index(HEAD), np.random.default_rng(0)
    flagged = [post.explanation for post in posts if post.explanation.log_odds[h] > 0 and len(post.explanation.words) > 4]
    start = to_probability(np.array([e.log_odds[h] for e in flagged]))
    orders = {
        "by contribution": [np.argsort(-e.word_contributions[:, h], kind="stable") for e in flagged],
        "random": [dice.permutation(len(e.words)) for e in flagged],
    }
    rows = []
    for share in (0.1, 0.2, 0.5):
        row = {"share of words": f"{share:.0%}"}
        for name, order in orders.items():
            first = [set(o[: max(1, round(share * len(o)))].tolist()) for o in order]
            everything = [set(range(len(e.words))) for e in flagged]
            gone = scorer.log_odds([without(e, f) for e, f in zip(flagged, first, strict=True)])[:, h]
            alone = scorer.log_odds([without(e, a - f) for e, f, a in zip(flagged, first, everything, strict=True)])[:, h]
            row[f"falls without them, {name}"] = float(np.mean(start - to_probability(gone)))
            row[f"falls with them alone, {name}"] = float(np.mean(start - to_probability(alone)))
        rows.append(row)
    return pd.DataFrame(rows)


# -------------------------------------------------------------------------------------------------- the plain form


def plain_difference(comments: Path) -> float:
    """The largest difference between our contributions and those of a plain logistic regression on the same features."""
    rows = load_comments(comments)
    rows = rows[rows[HEAD].notna()].iloc[::8]
    texts, labels = rows["text"].tolist(), rows[HEAD].astype(int).to_numpy()
    model = CommentClassifier(min_df=3, max_words=3000, max_grams=3000, folds=0).fit(texts, labels)
    matrix = assemble(count_units(texts, model.min_df), model.vocabulary_).to_sparse().tocsr()
    plain = LogisticRegression()
    plain.classes_, plain.coef_, plain.intercept_ = model.classes_, model.coef_, model.intercept_
    names = [f"{kind}|{key}" for kind, b in zip(("word", "gram"), model.vocabulary_.blocks, strict=True) for key in b.keys]
    scorer = Scorer(model.weights_)
    worst = 0.0
    for i in range(200):
        theirs = plain_contributions(plain, matrix[i], names)
        ours = feature_contributions(explain_prediction(scorer, texts[i]))
        worst = max([worst, *(abs(ours.get(name, 0.0) - theirs.get(name, 0.0)) for name in {*ours, *theirs})])
    return worst


def plain_contributions(plain: LogisticRegression, row: sparse.csr_matrix, names: Sequence[str]) -> dict[str, float]:
    """By eli5, for the second class; it explains the likelier one, with the opposite sign if that is the first."""
    found = eli5.explain_prediction(plain, row, feature_names=list(names), top=None).targets[0]
    weights = [*found.feature_weights.pos, *found.feature_weights.neg]
    sign = 1 if found.target == plain.classes_[1] else -1
    return {w.feature: sign * float(w.weight) for w in weights if w.feature != "<BIAS>"}


def feature_contributions(explanation: Explanation) -> dict[str, float]:
    """Our contributions by feature instead of by unit."""
    total: dict[str, float] = {}
    for (kind, key, _), contribution in zip(explanation.units, explanation.contributions[:, 0].tolist(), strict=True):
        if kind == "pair":
            total[f"word|{key}"] = contribution
            continue
        for part in explanation.parts(key).itertuples():
            total[f"{part.kind}|{part.part}"] = total.get(f"{part.kind}|{part.part}", 0.0) + part.contribution
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--comments", type=Path, default=ROOT / "data" / "comments")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--spans", type=Path, help="by default the training part among the corpora")
    parser.add_argument("--model", type=Path, help="where the model is kept from one run to the next; trained if it is not there")
    options = parser.parse_args()
    spans = options.spans or options.corpora / "spans" / "toxic_spans_semeval2021.parquet"
    with TemporaryDirectory() as folder:
        run(options.comments, options.corpora, pd.read_parquet(spans), options.model or Path(folder) / "model")


def run(comments: Path, corpora: Path, marked: pd.DataFrame, folder: Path) -> None:
    """Measure, print and write the page."""
    if not folder.exists():
        train_model(comments, corpora, marked["text"], folder)
    scorer = Scorer(load_model(folder).weights)
    posts = [
        Post(text, frozenset(at for start, end in spans for at in range(int(start), int(end))), explain_prediction(scorer, text))
        for text, spans in zip(marked["text"], marked["spans"], strict=True)
    ]
    tuning = stable_fractions([post.text for post in posts], "rationales") < TUNED_ON
    tuned_on = [post for post, part in zip(posts, tuning, strict=True) if part]
    judged = [post for post, part in zip(posts, tuning, strict=True) if not part]
    found = search(tuned_on)
    best = found.iloc[0]
    settings = {"least": best["least"], "share": best["share"], "gap": int(best["gap"])}
    f1 = {
        name: mean_agreement(judged, [attribution(post) for post in judged], **values)
        for name, attribution, values in (
            ("the best on the tuning part", ATTRIBUTIONS[best["attribution"]], settings),
            ("what the package shows: words that add at least half of what the strongest adds", by_words, SHIPPED),
        )
    }
    everything = float(np.mean([agreement(set(range(len(post.text))), post.marked) for post in judged]))
    each = found.groupby("attribution", sort=False).head(1)
    lines = [
        TITLE.format(tuned=len(tuned_on), judged=len(judged), share=f"{TUNED_ON:.0%}"),
        "## On the tuning part: the best threshold of each attribution\n\n" + markdown(each),
        "## On the other part",
        "\n".join(f"- {name}: **{value:.3f}**" for name, value in [*f1.items(), ("every character of the post", everything)]),
        DELETION, markdown(deletion_curves(judged, scorer)),
        f"## Against the plain form\n\nA plain `LogisticRegression` with the same coefficients on the same features: over 200 comments, contributions by feature differ from those of eli5 {eli5.__version__} by at most {plain_difference(comments):.1e}.",
    ]  # fmt: skip
    text = "\n\n".join(lines) + "\n"
    (ROOT / "docs" / "figures" / "rationales.md").write_text(text, encoding="utf-8")
    print(text)


SHIPPED = {"least": 0.0, "share": 0.5, "gap": 1}
TITLE = """\
# Do people mark the same words?

Written by `benchmarks/rationales.py`. The posts of the shared task *Toxic Spans Detection* (SemEval 2021, CC0) hold the
characters that people marked as toxic. A model was trained by the usual recipe without any of these posts, compared on
normalised text. On {share} of the posts ({tuned:,}) a way to choose words was found; the other {judged:,} judge it. The figure
is the mean over posts of the F1 over characters; a post in which nothing is marked counts 1 where nothing is chosen.

*share* chooses what adds at least this share of what the strongest adds; *least* what adds at least so much, in log-odds;
*gap* joins over so many spaces. All figures are for `offensive_language`, or the strongest of four heads where it says so."""
DELETION = """\
## Do the words decide?

How far the probability falls, on posts of the other part that the model calls offensive, when the strongest words go
(the more the better), and when all others go (the less the better), against a random order."""


if __name__ == "__main__":
    main()
