"""What an explanation costs, and how exactly it adds up, written to docs/figures/explanations.md.

    python benchmarks/explanations.py --texts 100000
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown

from social_guard import SocialGuard
from social_guard.explaining.explanation import Explanation

ROOT = Path(__file__).resolve().parents[1]
PAGE = 0.03
"""The share of comments that a policy flags on an ordinary page."""
JUNK = ("\u200b", "\u0301", "\u0336", "&amp;", "&#111;", "🐷", "👍🏽", "🇬🇧", "\ud83d", "سلام", "\u202e", "@", "***", "!!", "https://example.org", "𝓪", "Ｏ", "0", "\x00", "\n", " ")


def fuzzed(comments: list[str], count: int) -> Iterator[str]:
    """Comments with junk put in, cut, joined or respelt, and some texts of random characters."""
    dice = random.Random(0)
    for _ in range(count):
        letters = list(dice.choice(comments))
        for _ in range(dice.randrange(8)):
            at = dice.randrange(len(letters) + 1)
            letters[at:at] = [dice.choice(JUNK) if dice.random() < 0.7 else chr(dice.randrange(0x11_0000))]
        kind = dice.random()
        if kind < 0.1:
            letters = [f"{letter} " for letter in letters[:60]]
        elif kind < 0.2:
            letters += list(dice.choice(comments)) * dice.randrange(1, 5)
        elif kind < 0.3:
            letters = [chr(dice.randrange(0x11_0000)) for _ in range(dice.randrange(60))]
        elif kind < 0.4:
            letters = letters[: dice.randrange(len(letters) + 1)]
        yield "".join(letters)


def worst_errors(guard: SocialGuard, texts: Iterator[str]) -> tuple[float, float, float]:
    """The largest differences: contributions of units, and of words, from the log-odds; explained from scored log-odds."""
    worst = np.zeros(3)
    intercepts = guard._scorer.weights.intercepts
    for text in texts:
        explanation = guard.explain(text)
        scored = guard._scorer.log_odds([text])[0]
        sums = (intercepts + explanation.contributions.sum(axis=0), intercepts + explanation.word_contributions.sum(axis=0) + explanation.form_contributions, scored)
        worst = np.maximum(worst, [np.abs(total - explanation.log_odds).max() for total in sums])
    return tuple(worst.tolist())


def best_times(calls: Mapping[str, Callable[[str], object]], text: str) -> list[float]:
    """Seconds of processor time of each call, the best of seven rounds in which they take turns."""
    rounds = np.empty((7, len(calls)))
    for times in rounds:
        for c, call in enumerate(calls.values()):
            start = time.process_time_ns()
            call(text)
            times[c] = time.process_time_ns() - start
    return (rounds.min(axis=0) / 1e9).tolist()


def terms(explanation: Explanation) -> object:
    """What makes the sum: units and their places, contributions, probabilities."""
    return explanation.units, explanation.contributions, explanation.probabilities


def timings(guard: SocialGuard, comments: list[str]) -> pd.DataFrame:
    """Each view of an explanation against scoring the same comment, and against deciding on it: medians over comments."""
    calls: dict[str, Callable[[str], object]] = {
        "scores([text])": lambda text: guard.scores([text]),
        "moderate(text)": lambda text: guard.moderate(text),
        "**explain(text): what every unit adds to every head, where it stands, probabilities**": lambda text: terms(guard.explain(text)),
        "… .word_contributions": lambda text: guard.explain(text).word_contributions,
        "… .to_dict()": lambda text: guard.explain(text).to_dict(),
        "… in a terminal": lambda text: str(guard.explain(text)),
        "… as HTML": lambda text: guard.explain(text)._repr_html_(),
        "… .to_frame()": lambda text: guard.explain(text).to_frame(),
        "moderate(text).reason": lambda text: guard.moderate(text).reason,
    }

    seconds = np.array([best_times(calls, text) for text in comments])
    ratios = {"of scoring": np.median(seconds / seconds[:, :1], axis=0), "of deciding": np.median(seconds / seconds[:, 1:2], axis=0)}
    return pd.DataFrame({"what": list(calls), "µs": np.median(seconds, axis=0) * 1e6, **ratios}).round(2)


def frame_timings(guard: SocialGuard, comments: pd.Series) -> pd.DataFrame:
    """Many comments: scoring against explaining, the best of three rounds in which they take turns."""
    harmful = pd.DataFrame({"text": comments})
    flagged = comments.index.isin(guard.explain_frame(harmful, top=1)["row"])
    quiet = comments[~flagged]
    page = pd.DataFrame({"text": pd.concat([quiet, comments[flagged].sample(int(len(quiet) * PAGE / (1 - PAGE)), random_state=0)])})
    calls: dict[str, tuple[pd.DataFrame, Callable[[pd.DataFrame], pd.DataFrame]]] = {
        "score_frame": (harmful, guard.score_frame),
        f"explain_frame where {PAGE:.0%} are flagged, as on a page": (page, guard.explain_frame),
        f"explain_frame where {flagged.mean():.0%} are flagged, as in these comments": (harmful, guard.explain_frame),
        "explain_frame, one head of every comment": (harmful, lambda frame: guard.explain_frame(frame, heads=["offensive_language"])),
    }
    seconds = np.empty((3, len(calls)))
    for times in seconds:
        for c, (frame, call) in enumerate(calls.values()):
            start = time.process_time()
            call(frame)
            times[c] = (time.process_time() - start) / len(frame)
    best = seconds.min(axis=0)
    return pd.DataFrame({"what": list(calls), "µs a comment": best * 1e6, "of scoring": best / best[0]}).round(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    options = parser.parse_args()
    guard = SocialGuard.load()
    paths = sorted((ROOT / "data" / "comments").glob("w*.jsonl"))
    comments = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]
    sample = random.Random(1).sample(comments, 300)
    views, frames = timings(guard, sample), frame_timings(guard, pd.Series(comments))
    units, words, scores = worst_errors(guard, fuzzed(comments, options.texts))
    exact = f"Over {options.texts:,} fuzzed texts and every head, intercept plus contributions differs from the log-odds by at most {units:.1e} (terms) and {words:.1e} (words); the log-odds of an explanation differ from those of scoring by {scores:.1e}."
    text = "\n\n".join([HEAD, markdown(views), MANY, markdown(frames), "## Exactness", exact]) + "\n"
    (ROOT / "docs" / "figures" / "explanations.md").write_text(text, encoding="utf-8")
    print(text)


HEAD = """\
# What an explanation costs, and how exactly it adds up

Written by `benchmarks/explanations.py`. Times differ from machine to machine; all that are compared took turns in the same
run. An explanation is what `guard.explain(text)` holds: what every unit adds to every head, where it stands, and the
probabilities. What is made of it for readers is made when asked for, and costs extra.

## One comment"""
MANY = "## Many comments"


if __name__ == "__main__":
    main()
