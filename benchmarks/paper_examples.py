"""Comments of our own that the model gets wrong, for the papers: chosen by rule, of which training saw nothing, masked."""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from pathlib import Path

import pandas as pd

from social_guard import SocialGuard
from social_guard.categories import CATEGORIES
from social_guard.explaining.reasons import mask_words

MOST = 10
"""Rules of which an example is shown."""
FAMILIAR = 3
"""A word is harmless if so many harmless comments hold it; slurs are quoted in fewer."""


def scored_cases(guard: SocialGuard, path: Path) -> pd.DataFrame:
    """The functional cases of categories, with what is decided about each and the score of its own category."""
    cases = pd.read_csv(path).rename(columns={"category": "tested"})
    cases = cases[cases["tested"].isin(CATEGORIES)].reset_index(drop=True)
    cases = cases.join(guard.score_frame(cases[["text"]]))
    cases["score"] = [row[f"score_{row['tested']}"] for row in cases.to_dict("records")]
    limits = cases["tested"].map({key: rule.thresholds()[1] for key, rule in guard.policy.categories.items()})
    cases["hidden"] = cases["score"] >= limits
    return cases.assign(unseen=(cases["action"] == "none") & ~cases["needs_review"].astype(bool))


def overlooked(cases: pd.DataFrame) -> pd.DataFrame:
    """Rules of what must be found, those first that pass unseen most often, with the case that scored lowest."""
    harmful = cases[cases["expected"] == 1]
    return _by_rule(harmful, harmful[harmful["unseen"]].sort_values(["score", "id"]), "unseen")


def overrated(cases: pd.DataFrame) -> pd.DataFrame:
    """Rules of what must be left alone, those first that their category would hide most often, with the highest score."""
    fair = cases[cases["expected"] == 0]
    return _by_rule(fair, fair[fair["hidden"]].sort_values(["score", "id"], ascending=[False, True]), "hidden")


def _by_rule(cases: pd.DataFrame, wrong: pd.DataFrame, flag: str) -> pd.DataFrame:
    """One row a rule and category with a wrong case: ``cases``, ``wrong``, ``share`` and the ``text`` of the worst."""
    keys = ["tested", "rule"]
    rules = cases.groupby(keys).agg(cases=(flag, "size"), wrong=(flag, "sum")).join(wrong.groupby(keys)["text"].first(), how="inner")
    rules = rules.assign(share=rules["wrong"] / rules["cases"]).reset_index()
    return rules.sort_values(["share", "wrong", "rule"], ascending=[False, False, True]).head(MOST).reset_index(drop=True)


def mask(guard: SocialGuard, text: str, known: frozenset[str] | None = None) -> str:
    """The text with every word cut to its first letter that the model takes for offensive when it stands alone.

    With ``known``, `harmless_words`, so are words in small letters that are not among them: where the model
    overlooks a slur, it does not know the slur.
    """
    words = re.split(r"([^\w'*@.]+)", text)
    column = list(guard.heads).index("offensive_language")
    limit = guard.policy.categories["offensive_language"].thresholds()[0]
    bad = guard.scores(words)[:, column] >= limit
    if known is not None:
        bad |= [(bare := word.strip(".")).isalpha() and bare.islower() and bare not in known for word in words]
    return "".join(mask_words(word) if hide else word for word, hide in zip(words, bad, strict=True))


def harmless_words(comments: pd.DataFrame) -> frozenset[str]:
    """Words that several of our own comments hold which break no rule."""
    fair = comments[(comments[list(CATEGORIES)] == 0).fillna(False).all(axis=1)]
    counts = Counter(chain(*(set(re.findall(r"[a-z]+", text)) for text in fair["text"].str.lower())))
    return frozenset(word for word, number in counts.items() if number >= FAMILIAR)
