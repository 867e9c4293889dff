"""How long it takes to try a policy on scored comments, and what rules cost; writes docs/figures/replay.md.

    python benchmarks/replay.py --rows 100000
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown

from social_guard import SocialGuard, load_comments
from social_guard.policy.rules import Allowed, Blocked, Details, RuleBook, Rules, Staff

ROOT = Path(__file__).resolve().parents[1]


def scored_file(rows: int, folder: Path) -> Path:
    """A file as `social-guard score` leaves it: our own comments, repeated."""
    comments = load_comments(ROOT / "data" / "comments")[["text"]].iloc[:5000]
    scored = comments.join(SocialGuard.load().score_frame(comments))
    many = scored.iloc[np.arange(rows) % len(scored)].assign(id=range(rows))
    many.to_csv(folder / "scored.csv", index=False)
    return folder / "scored.csv"


def replay_seconds(policy: Path, scored: Path) -> float:
    """The whole command, start-up and reading included."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "social_guard", "policy", "replay", str(policy), str(scored)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def rule_book(size: int) -> Rules:
    """As many rules of each kind, of invented words."""
    third = range(size // 3)
    return Rules(
        tuple(Staff(f"Sister Invented{i}") for i in third),
        tuple(Allowed(f"harmless word {i}") for i in third),
        tuple(Blocked(f"wonder cure {i}", "spam", "hide") for i in third),
    )


def rule_rows() -> list[dict[str, object]]:
    """Microseconds a comment, beside those of scoring it."""
    texts = load_comments(ROOT / "data" / "comments")["text"].tolist()[:5000]
    guard = SocialGuard.load()
    guard.scores(texts)
    reference = timed(lambda: guard.scores(texts)) / len(texts)
    rows = [{"what": "scoring, words already met", "microseconds a comment": 1e6 * reference, "of scoring": 1.0}]
    books = {f"{size} names and phrases": rule_book(size) for size in (3, 30, 300, 3000)}
    for name, rules in (books | {"personal details": Rules(details=(Details(),))}).items():
        book = RuleBook(rules)
        seconds = timed(lambda book=book: [book.find(text) for text in texts]) / len(texts)
        rows.append({"what": name, "microseconds a comment": 1e6 * seconds, "of scoring": seconds / reference})
    return rows


def timed(work: object) -> float:
    """The shortest of five runs."""
    runs = []
    for _ in range(5):
        start = time.perf_counter()
        work()
        runs.append(time.perf_counter() - start)
    return min(runs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as folder:
        scored, policy = scored_file(rows, Path(folder)), Path(folder) / "policy.toml"
        table = []
        for name, rule in RULES.items():
            policy.write_text(f"{SocialGuard.load().policy_text}\n{rule}\n", encoding="utf-8")
            table.append({"policy with": name, "rows": rows, "seconds": replay_seconds(policy, scored)})
    text = "\n\n".join([HEAD, markdown(pd.DataFrame(table)), "## What rules cost", markdown(pd.DataFrame(rule_rows()))])
    print(text)
    (ROOT / "docs" / "figures" / "replay.md").write_text(f"{text}\n", encoding="utf-8")


RULES = {
    "no rules": "",
    "one phrase": '[[rules.blocked]]\nphrase = "wonder cure"\ncategory = "spam"\naction = "hide"',
    "personal details": "[[rules.details]]",
}
HEAD = """\
# A policy, tried on scored comments

Written by `benchmarks/replay.py`: `social-guard policy replay` on a file of scored comments, start-up and reading included."""


if __name__ == "__main__":
    main()
