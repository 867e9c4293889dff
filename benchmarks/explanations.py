"""What an explanation costs, and how exactly it adds up, written to docs/figures/explanations.md.

    python benchmarks/explanations.py --texts 100000
"""

from __future__ import annotations

import argparse
import json
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown

from social_guard import SocialGuard
from social_guard.explaining.explanation import Explanation

ROOT = Path(__file__).resolve().parents[1]
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
        sums = (intercepts + explanation.contributions.sum(axis=0), intercepts + explanation.word_contributions.sum(axis=0), scored)
        worst = np.maximum(worst, [np.abs(total - explanation.log_odds).max() for total in sums])
    return tuple(worst.tolist())


def median_time(call: Callable[[str], object], comments: list[str]) -> float:
    """Microseconds of processor time, the median over comments of the best of five calls."""
    def best(text: str) -> float:
        times = []
        for _ in range(5):
            start = time.process_time()
            call(text)
            times.append(time.process_time() - start)
        return min(times)

    return float(np.median([best(text) for text in comments])) * 1e6


def contributions(explanation: Explanation) -> object:
    """What makes the sum: contributions, log-odds, probabilities."""
    return explanation.contributions, explanation.probabilities


def timings(guard: SocialGuard, comments: list[str]) -> pd.DataFrame:
    """Each view of an explanation against scoring the same comment alone."""
    calls: dict[str, Callable[[str], object]] = {
        "score one comment": lambda text: guard.scores([text]),
        "explain: contributions of all heads": lambda text: contributions(guard.explain(text)),
        "… and where every term stands": lambda text: (contributions(e := guard.explain(text)), e.units),
        "… and what each word adds": lambda text: guard.explain(text).word_contributions,
        "… as HTML": lambda text: guard.explain(text)._repr_html_(),
        "… as a dictionary": lambda text: guard.explain(text).to_dict(),
        "decide, with the reason": lambda text: guard.moderate(text).reason,
    }
    frame = pd.DataFrame({"what": list(calls), "µs": [median_time(call, comments) for call in calls.values()]})
    return frame.assign(ratio=frame["µs"] / frame.loc[0, "µs"]).round(2)


def frame_timings(guard: SocialGuard, comments: list[str]) -> pd.DataFrame:
    """Many comments: scoring against explaining."""
    frame = pd.DataFrame({"text": comments})
    calls: dict[str, Callable[[], pd.DataFrame]] = {
        "score_frame": lambda: guard.score_frame(frame),
        "explain_frame, what the policy flags": lambda: guard.explain_frame(frame),
        "explain_frame, one head of every comment": lambda: guard.explain_frame(frame, heads=["offensive_language"]),
    }
    rows = []
    for what, call in calls.items():
        times = []
        for _ in range(3):
            start = time.process_time()
            made = call()
            times.append(time.process_time() - start)
        rows.append({"what": what, "µs a comment": min(times) / len(comments) * 1e6, "rows": len(made)})
    table = pd.DataFrame(rows)
    return table.assign(ratio=table["µs a comment"] / table.loc[0, "µs a comment"]).round(2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--texts", type=int, default=100_000)
    options = parser.parse_args()
    guard = SocialGuard.load()
    paths = sorted((ROOT / "data" / "comments").glob("w*.jsonl"))
    comments = [json.loads(line)["text"] for path in paths for line in path.open(encoding="utf-8")]
    sample = random.Random(1).sample(comments, 300)
    flagged = len(guard.explain_frame(pd.DataFrame({"text": comments}), top=1)["row"].unique()) / len(comments)
    views, frames = timings(guard, sample), frame_timings(guard, comments)
    units, words, scores = worst_errors(guard, fuzzed(comments, options.texts))
    exact = f"Over {options.texts:,} fuzzed texts and every head, intercept plus contributions differs from the log-odds by at most {units:.1e} (terms) and {words:.1e} (words); the log-odds of an explanation differ from those of scoring by {scores:.1e}."
    note = f"Of these {len(comments):,} comments the policy flags {flagged:.0%}, since half of them are harmful by design; on a real page it is a few in a hundred."
    text = "\n\n".join([HEAD, markdown(views), MANY, markdown(frames), note, "## Exactness", exact]) + "\n"
    (ROOT / "docs" / "figures" / "explanations.md").write_text(text, encoding="utf-8")
    print(text)


HEAD = """\
# What an explanation costs, and how exactly it adds up

Written by `benchmarks/explanations.py`. Times differ from machine to machine; the ratios to scoring the same comment are
from the same run.

## One comment"""
MANY = "## Many comments"


if __name__ == "__main__":
    main()
