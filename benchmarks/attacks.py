"""Adversaries with a purpose: what is still found when comments are changed to slip through.

Every attack is made by rule on comments that the model was not trained on: the frozen part, and the functional cases
that are not disguised. *Kept* is the share of harmful comments, of those found untouched, that still bring a person or
an action. Each word edit is tried on every word of three letters or more, and on the three words alone that count
most, which is what people do. A greedy search then asks the model again and again for the cheapest way out.

    python benchmarks/attacks.py                         # writes docs/figures/attacks.md and attacks.json
    python benchmarks/attacks.py --before old.json       # beside the figures of an older version of the package
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random

import numpy as np
import pandas as pd
from attack_edits import COMMENT_EDITS, WORD_EDITS, edit_words
from evaluate import wide
from holdout import markdown
from plain_form import fit_plain

from social_guard import SocialGuard, load_comments
from social_guard.categories import CATEGORIES
from social_guard.evaluation.judge import first_limits

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "figures" / "attacks.md"
COUNTING = 3
"""Words that count most."""
STEPS = 6
"""Edits that the search may make."""
Scores = Callable[[Sequence[str]], np.ndarray]


class Target:
    """A model under attack: scores of the categories, and the limits from which on a person or an action comes."""

    def __init__(self, scores: Scores, review: np.ndarray, action: np.ndarray) -> None:
        self.scores, self.review, self.action = scores, review, action

    def found(self, texts: Sequence[str], labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Which comments reach review, and an action, in a category that is theirs (labels 1); shape (n,) each."""
        scores = self.scores(texts)
        return tuple(((scores >= limit) & labels).any(axis=1) for limit in (self.review, self.action))

    def margin(self, texts: Sequence[str], labels: np.ndarray) -> np.ndarray:
        """How far the likeliest right category is above its limit for review, in log-odds, shape (n,)."""
        scores = np.clip(self.scores(texts), 1e-12, 1 - 1e-12)
        gap = np.log(scores / (1 - scores)) - np.log(self.review / (1 - self.review))
        return np.where(labels, gap, -np.inf).max(axis=1)


def shipped(guard: SocialGuard, heads: list[str]) -> Target:
    """The guard as it ships."""
    places = [guard.heads.index(head) for head in heads]
    limits = np.array([first_limits(guard.policy, head) for head in heads])
    return Target(lambda texts: guard.scores(list(texts))[:, places], limits[:, 0], limits[:, 1])


def plain(heads: list[str], target: Target, clean: Sequence[str]) -> Target:
    """The usual scikit-learn form, with limits that touch as many clean comments of each category as the guard does."""
    scores = fit_plain(load_comments(ROOT / "data" / "comments"), heads)
    ours, theirs = target.scores(clean), scores(clean)
    review, action = (
        np.array([np.quantile(theirs[:, h], 1 - max((ours[:, h] >= limit[h]).mean(), 1 / len(clean))) for h in range(len(heads))])
        for limit in (target.review, target.action)
    )
    return Target(scores, review, action)


def counting_words(target: Target, texts: Sequence[str], labels: np.ndarray) -> list[set[str]]:
    """The words of each comment without which its score falls most."""
    chosen = []
    for text, own in zip(texts, labels, strict=True):
        words = list(dict.fromkeys(re.findall(r"[A-Za-z]{3,}", text)))
        without = [re.sub(rf"\b{word}\b", "", text) for word in words]
        fall = target.margin(without, np.repeat(own[None], len(words), 0)) if words else np.empty(0)
        chosen.append({words[i].lower() for i in np.argsort(fall)[:COUNTING]})
    return chosen


def attack_frame(target: Target, comments: pd.DataFrame, labels: tuple[np.ndarray, np.ndarray]) -> pd.DataFrame:
    """One row an attack: what is kept on every word and on those that count most, and what clean comments suffer."""
    texts, (yes, no) = comments["text"].tolist(), labels
    harmful, clean = np.flatnonzero(yes.any(axis=1)), np.flatnonzero(no.all(axis=1))
    bad, good = [texts[i] for i in harmful], [texts[i] for i in clean]
    before, before_action = target.found(bad, yes[harmful])
    counting = counting_words(target, bad, yes[harmful])
    rows = {"none": _row(target, (bad, None, good), (yes[harmful], no[clean]), (before, before_action))}
    for name, edit in WORD_EDITS.items():
        every, few = ([edit_words(text, edit, words) for text, words in zip(bad, which, strict=True)] for which in ([None] * len(bad), counting))
        rows[name] = _row(target, (every, few, [edit_words(text, edit) for text in good]), (yes[harmful], no[clean]), (before, before_action))
    for name, change in COMMENT_EDITS.items():
        edited = [[change(text, Random(f"{name}/{text!a}")) for text in part] for part in (bad, good)]
        rows[name] = _row(target, (edited[0], None, edited[1]), (yes[harmful], no[clean]), (before, before_action))
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("attack")


def _row(target: Target, texts: tuple, labels: tuple, before: tuple) -> dict[str, float]:  # type: ignore[type-arg]
    every, few, good = texts
    review, action = target.found(every, labels[0])
    wrong, wrong_action = target.found(good, labels[1])
    row = {"kept": review[before[0]].mean(), "kept, counting words": np.nan, "action kept": action[before[1]].mean()}
    if few is not None:
        row["kept, counting words"] = target.found(few, labels[0])[0][before[0]].mean()
    return row | {"clean reviewed": wrong.mean(), "clean acted on": wrong_action.mean()}


def search_frame(target: Target, texts: list[str], labels: np.ndarray) -> dict[str, float]:
    """The greedy search: how many of the found comments slip through after so many edits, and what that takes."""
    found = np.flatnonzero(target.found(texts, labels)[0])
    costs, queries = [], []
    for i in found:
        cost, asked = _search(target, texts[i], labels[i])
        costs.append(cost)
        queries.append(asked)
    shares = {f"within {n} edits": float(np.mean([cost <= n for cost in costs])) for n in (1, 2, 3, STEPS)}
    return {"comments": len(found)} | shares | {"median edits": float(np.median(costs)), "median queries": float(np.median(queries))}


def _search(target: Target, text: str, own: np.ndarray) -> tuple[float, int]:
    """How many words must be changed, each in the way that lowers the score most; endless when the steps do not suffice."""
    asked = 0
    for step in range(1, STEPS + 1):
        words = list(dict.fromkeys(re.findall(r"[A-Za-z]{3,}", text)))
        if not words:
            return np.inf, asked
        margins = target.margin([re.sub(rf"\b{word}\b", "", text) for word in words], np.repeat(own[None], len(words), 0))
        word = words[int(margins.argmin())]
        options = [edit_words(text, edit, {word.lower()}) for edit in WORD_EDITS.values()]
        margins = target.margin(options, np.repeat(own[None], len(options), 0))
        asked += len(words) + len(options)
        text = options[int(margins.argmin())]
        if margins.min() < 0:
            return step, asked
    return np.inf, asked


def gather() -> tuple[pd.DataFrame, list[str]]:
    """Comments that the model was not trained on: labels of the categories, missing where unknown."""
    cases = pd.read_csv(ROOT / "data" / "functional" / "cases.csv")
    heads = list(CATEGORIES)
    both = pd.concat([load_comments(ROOT / "data" / "frozen"), wide(cases[cases["plain_id"].isna()])], ignore_index=True)
    return both, heads


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--before", type=Path, help="figures of an older version, as this command wrote them")
    parser.add_argument("--output", type=Path, default=PAGE.parent)
    parser.add_argument("--searched", type=int, default=120, help="comments that the search is tried on")
    parser.add_argument("--no-plain", action="store_true", help="leave out the scikit-learn form")
    parser.add_argument("--page", action="store_true", help="write the page again from the figures as they stand")
    options = parser.parse_args()
    if options.page:
        return write_page(options.output, options.before)
    guard, (comments, heads) = SocialGuard.load(), gather()
    target = shipped(guard, heads)
    known = comments[heads].to_numpy(dtype=float, na_value=np.nan)
    labels = known == 1, (known == 0) | ~(known == 1).any(axis=1, keepdims=True)
    clean = [text for text, fine in zip(comments["text"], (known == 0).all(axis=1), strict=True) if fine]
    targets = {"social_guard": target} | ({} if options.no_plain else {"scikit-learn": plain(heads, target, clean)})
    chosen = np.random.default_rng(0).permutation(np.flatnonzero(labels[0].any(axis=1)))[: options.searched]
    frames = {name: attack_frame(model, comments, labels) for name, model in targets.items()}
    searches = {name: search_frame(model, comments["text"].iloc[chosen].tolist(), labels[0][chosen]) for name, model in targets.items()}
    attacks = {name: json.loads(frame.round(4).T.to_json()) for name, frame in frames.items()}
    figures = {"model": guard.model_hash, "attacks": attacks["social_guard"], "search": searches, "plain": attacks.get("scikit-learn")}
    options.output.joinpath("attacks.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    write_page(options.output, options.before)


def _listed(rows: pd.DataFrame, column: str) -> str:
    return ", ".join(f"{attack} {value:.3f}" for attack, value in zip(rows["attack"], rows[column], strict=True)) or "none"


def write_page(folder: Path, before: Path | None) -> None:
    """The page of the figures in a folder, beside those of an older version."""
    figures = json.loads((folder / "attacks.json").read_text(encoding="utf-8"))
    ours = pd.DataFrame.from_dict(figures["attacks"], orient="index").rename_axis("attack").reset_index().astype({"kept, counting words": float})
    searches = dict(figures["search"])
    if before:
        old = json.loads(before.read_text(encoding="utf-8"))
        ours.insert(2, "kept before", [old["attacks"].get(name, {}).get("kept", np.nan) for name in ours["attack"]])
        searches["social_guard before"] = old["search"]["social_guard"]
    if figures.get("plain"):
        plain_form = pd.DataFrame.from_dict(figures["plain"], orient="index")
        ours["kept, scikit-learn"], ours["clean reviewed, scikit-learn"] = plain_form["kept"].to_numpy(), plain_form["clean reviewed"].to_numpy()
    searched = pd.DataFrame.from_dict(searches, orient="index").rename_axis("model").reset_index()
    losses = LOSSES.format(goal=GOAL, under=_listed(ours[ours["kept"] < GOAL], "kept"))
    if before and (fell := ours[ours["kept"] < ours["kept before"] - NOISE]).size:
        losses += f" Worse than before, and by how much: {_listed(fell.assign(lost=fell['kept before'] - fell['kept']), 'lost')}."
    page = [HEAD.format(model=figures["model"][:12]), markdown(ours.round(3)), losses, SEARCH.format(steps=STEPS), markdown(searched.round(3)), ""]
    folder.joinpath("attacks.md").write_text("\n".join(page), encoding="utf-8")
    print("\n".join(page))


HEAD = """\
# Attacks

Written by `benchmarks/attacks.py` for model `{model}`. Comments that the model was not trained on, changed by rule. *Kept*: of the harmful comments that
bring a person or an action untouched, the share that still do with every word of three letters or more changed; *counting words*: with the three words
changed without which the score falls most. *Action kept*: of those that bring an action. *Clean*: what the same change does to comments of no
category; the row `none` is the untouched comment. *Before*: of the version before words were seen through masks, slips and breaks. The usual *scikit-learn* form (TF-IDF of words, pairs and character n-grams, logistic regression)
is fitted on our own comments, with limits that touch as many clean comments.
"""
GOAL, NOISE = 0.9, 0.005
LOSSES = "\nUnder the goal of {goal:.2f} are: {under}."
SEARCH = """
## The cheapest way out

A greedy search that may ask the model as often as it likes: it finds the word without which the score falls most, changes it in the
way that lowers the score most, and goes on, up to {steps} words. The share of found comments that no longer bring a person.
"""

if __name__ == "__main__":
    main()
