"""What the shipped weights tell of the people whose comments they were learnt from. Writes docs/figures/training-privacy.md.

    python benchmarks/training_privacy.py --corpora ../shared/corpora

Four attacks: *membership*, whether the loss of a comment tells that it was learnt from (a threshold on the loss, the same
corrected by how hard comments of the kind are, and the loss of one category at a time); *vocabulary*, whether an entry could name a person; *source*, from how
many writers and public sources each entry comes; *extraction*, whether sentences can be strung together out of the vocabulary's pairs.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown

from social_guard import SocialGuard, load_comments
from social_guard.categories import CATEGORIES, HEADS
from social_guard.files.persistence import Model
from social_guard.model.features import unit_keys
from social_guard.model.scorer import Weights
from social_guard.safe_files import write_file
from social_guard.training import Recipe, fit_rows, gather_comments
from social_guard.words.marks import MARKS, NAME, mark
from social_guard.words.text import tokens

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "figures" / "training-privacy.md"
SUSPECT = {
    "digits other than 0": re.compile("[1-9]"),
    "the name of a site": re.compile(r"\S+\.(?:com|org|uk)\b"),
    "a word behind the mark of a name": re.compile(f"^{NAME} [a-z]"),
    "a postcode": re.compile(r"^[a-z]{1,2}[0-9][a-z0-9]? ?[0-9][a-z]{2}$"),
}
STARTS, STEPS, RUN = 500, 10, 5
"""Extraction: from so many of a head's strongest words, so many pairs further; runs of so many words are looked for."""
Losses = np.ndarray


def losses(guard: SocialGuard, comments: pd.DataFrame) -> Losses:
    """The log-loss of every head, missing where the label is, shape (n_comments, n_heads)."""
    heads = [head for head in guard.heads if head in comments]
    scores = np.clip(guard.scores(comments["text"].tolist())[:, [guard.heads.index(head) for head in heads]], 1e-9, 1 - 1e-9)
    labels = comments[heads].to_numpy(dtype=float, na_value=np.nan)
    return -np.where(labels == 1, np.log(scores), np.log(1 - scores)) + 0 * labels


def advantage(members: np.ndarray, others: np.ndarray) -> tuple[float, float]:
    """The best true minus false positive rate of a threshold, chosen on one half and measured on the other; and its usual spread."""
    dice, found = np.random.default_rng(0), []
    for _ in range(20):
        halves = [np.array_split(dice.permutation(part), 2) for part in (members, others)]
        steps = np.unique(np.concatenate([halves[0][0], halves[1][0]]))
        gaps = [np.searchsorted(np.sort(part), steps, side="right") / len(part) for part in (halves[0][0], halves[1][0])]
        best = steps[int((gaps[0] - gaps[1]).argmax())]
        found.append((halves[0][1] <= best).mean() - (halves[1][1] <= best).mean())
    return float(np.mean(found)), float(np.std(found))


def membership(guard: SocialGuard, learnt: pd.DataFrame, frozen: pd.DataFrame) -> pd.DataFrame:
    """One row an attack: of comments learnt from and of comments by writers of whom nothing was."""
    inside, outside = losses(guard, learnt), losses(guard, frozen)
    rows = {"loss of all heads": (np.nanmean(inside, axis=1), np.nanmean(outside, axis=1))}
    for head in ("offensive_language", "complaint", "compliment"):
        h = [name for name in guard.heads if name in learnt].index(head)
        rows[f"loss of {head}"] = inside[:, h], outside[:, h]
    rows["chance: two halves of the others"] = tuple(np.array_split(np.random.default_rng(1).permutation(rows["loss of all heads"][1]), 2))
    return advantages(rows)


def same_writers(rows: pd.DataFrame) -> pd.DataFrame:
    """One row: a model of the same recipe that learnt one half of our own comments, drawn at random, is asked about both."""
    comments = rows[rows["own"]].drop(columns=[key for key in HEADS if key not in CATEGORIES]).reset_index(drop=True)
    learnt = np.random.default_rng(2).random(len(comments)) < 0.5
    weights = fit_rows(comments[learnt].reset_index(drop=True), Recipe(folds=0), {}).weights_
    half = SocialGuard(Model(weights, "version = 1\n"))
    sides = [np.nanmean(losses(half, comments[part]), axis=1) for part in (learnt, ~learnt)]
    return advantages({"loss of the categories, both by the same writers": (sides[0], sides[1])})


def advantages(attacks: dict[str, tuple[np.ndarray, np.ndarray]]) -> pd.DataFrame:
    """One row an attack: the losses of members and of others."""
    found = {name: advantage(*(part[~np.isnan(part)] for part in pair)) for name, pair in attacks.items()}
    return pd.DataFrame([{"attack": name, "advantage": value, "spread": spread} for name, (value, spread) in found.items()])


def independent(guard: SocialGuard, rows: pd.DataFrame) -> pd.Series:
    """From how many writers of our own and public sources each word or pair of the vocabulary comes."""
    index, known = guard._scorer.weights.words.index, guard._scorer.known
    origins: dict[str, set[str]] = defaultdict(set)
    for text, writer, source in zip(rows["text"], rows["writer"], rows["source"], strict=True):
        tokens, pairs = unit_keys(text, known)
        for key in (*tokens, *pairs):
            if key in index:
                origins[key].add(writer or source)
    return pd.Series({key: len(origins[key]) for key in index})


def suspects(guard: SocialGuard) -> pd.DataFrame:
    """How many entries look like a number, a site, a name, a postcode; user names, addresses and links are replaced before anything is learnt."""
    entries = guard._scorer.weights.words.keys
    return pd.DataFrame([{"looks like": name, "entries": sum(bool(p.search(e)) for e in entries)} for name, p in SUSPECT.items()])


def strung(weights: Weights, head: int) -> list[list[str]]:
    """Sentences that follow, from each of a head's strongest words, the strongest pair that leads on to a new word."""
    values = dict(zip(weights.words.keys, weights.words.values[:, head].tolist(), strict=True))
    onward: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for key, value in values.items():
        left, gap, right = key.partition(" ")
        if gap and left not in MARKS and right not in MARKS:
            onward[left].append((value, right))
    starts = sorted((key for key in values if " " not in key and key not in MARKS), key=lambda key: -abs(values[key]))[:STARTS]
    return [_walk(start, onward) for start in starts]


def _walk(word: str, onward: dict[str, list[tuple[int, str]]]) -> list[str]:
    sentence = [word]
    for _ in range(STEPS):
        new = [pair for pair in onward[sentence[-1]] if pair[1] not in sentence]
        if not new:
            break
        sentence.append(max(new)[1])
    return sentence


def runs(words: list[str]) -> set[tuple[str, ...]]:
    """All runs of some words in a row."""
    return {tuple(words[i : i + RUN]) for i in range(len(words) - RUN + 1)}


def extraction(guard: SocialGuard, rows: pd.DataFrame, frozen: pd.DataFrame) -> pd.DataFrame:
    """How many of the strung runs stand in comments that were learnt from, and in as many as there are of others."""
    weights = guard._scorer.weights
    found = set().union(*(runs(sentence) for h in range(len(weights.heads)) for sentence in strung(weights, h)))
    sides = {"learnt from": rows, "learnt from, as many as of the others": rows[rows["own"]].sample(len(frozen), random_state=0), "not learnt from": frozen}
    table = []
    for name, part in sides.items():
        holders = Counter(run for text in part["text"] for run in runs([t for t in tokens(mark(text)) if t not in MARKS]) & found)
        alone = sum(count == 1 for count in holders.values())
        table.append({"comments": name, "number": len(part), "runs strung": len(found), "found": len(holders), "found once": alone})
    return pd.DataFrame(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpora", default="../shared/corpora")
    options = parser.parse_args()
    guard, frozen = SocialGuard.load(), load_comments(ROOT / "data" / "frozen")
    rows = gather_comments(ROOT / "data" / "comments", options.corpora, Recipe())
    learnt = rows[rows["own"] & (rows["writer"] != "") & rows["spam"].notna()]
    counted = independent(guard, rows)
    few = pd.DataFrame(
        [{"writers and sources": str(n), "entries": int((counted == n).sum()), "share": (counted == n).mean()} for n in (0, 1, 2)]
        + [{"writers and sources": "3 or more", "entries": int((counted > 2).sum()), "share": (counted > 2).mean()}]
    )
    attacks = pd.concat([membership(guard, learnt, frozen), same_writers(rows)], ignore_index=True)
    vocabulary, extracted = suspects(guard), extraction(guard, rows, frozen)
    parts = [markdown(table) for table in (attacks, vocabulary, few, extracted)]
    write_file(PAGE, HEAD.format(guard.model_hash[:12], *parts))
    figures = {
        "model": guard.model_hash,
        "membership": attacks.set_index("attack").to_dict("index"),
        "vocabulary": vocabulary.set_index("looks like")["entries"].to_dict(),
        "extraction": extracted.to_dict("records"),
    }
    write_file(PAGE.with_suffix(".json"), json.dumps(figures, indent=1) + "\n")
    print(PAGE.read_text(encoding="utf-8"))


HEAD = """\
# Privacy of the training comments

Written by `benchmarks/training_privacy.py` for model `{0}`.

## Membership

*Advantage*: true minus false positive rate of saying, by a threshold on the loss, that a comment of our own was learnt from; the threshold is chosen on one
half of the comments and measured on the other. Those not learnt from are the frozen part, by other writers, so that a difference between writers counts as
advantage too; in the last row a model of the same recipe learnt one half of our own comments, drawn at random, and is asked about both
halves. The goal is 0.02 at most.

{1}

## What stands in the vocabulary

{2}

## From how many independent writers and sources

Words and pairs of the vocabulary by how many writers of our own comments and public sources use them, a source counted once however many
people wrote it; 0: only in readings. Training asks for three people, a comment of a public source counted as one, and for ten where a
word is mostly written like a name, first or last.

{3}

## Sentences strung together

From the strongest words of each head the strongest pair leads on to the next word, and so on: what somebody would try who has the
model and no comment. Runs of five words are looked for in the comments.

{4}
"""

if __name__ == "__main__":
    main()
