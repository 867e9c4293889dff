"""Other filters beside ours, each in an environment of its own; writes docs/figures/others.md.

    python benchmarks/others.py --environments build/benchmarks

An environment that is missing is made with pip. That of BERT needs some gigabytes; `--sides` leaves it out. No weights
are downloaded: Detoxify's cost is that of a BERT-base, which random weights have as well.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
import pandas as pd
from holdout import markdown
from timing import ROOT, own_comments, write_page

PACKAGES = {
    "alt_profanity_check": ["alt-profanity-check"],
    "better_profanity": ["better-profanity"],
    "bert_base": ["torch", "transformers"],
}
LABELS = {
    "social_guard": "7 categories, 9 others",
    "alt_profanity_check": "1 label, words only",
    "better_profanity": "1 label, a list of words",
    "bert_base": "7 labels, as Detoxify",
}
MANY = {"social_guard": 4096, "alt_profanity_check": 4096, "better_profanity": 20, "bert_base": 32}
ONE = {"social_guard": 50, "alt_profanity_check": 50, "better_profanity": 10, "bert_base": 5}


def interpreter(folder, side):
    """The Python of a side, made if need be."""
    if side == "social_guard":
        return sys.executable
    python = folder / side / "bin" / "python"
    if not python.exists():
        venv.create(folder / side, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PACKAGES[side]], check=True)
    return python


class Side:
    """A running process that scores what it is sent."""

    def __init__(self, name, python):
        command = [python, Path(__file__).with_name("side.py"), name]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.name, self.speeds, self.alone, self.peak = name, [], [], 0.0

    def ask(self, comments, alone):
        self.process.stdin.write(json.dumps([comments, alone]) + "\n")
        self.process.stdin.flush()
        times, self.peak = json.loads(self.process.stdout.readline())
        return times

    def take_turn(self, comments):
        """New comments, first together and then one by one."""
        many, one = MANY[self.name], ONE[self.name]
        self.speeds.append(many / self.ask(comments[:many], False)[0])
        self.alone += self.ask(comments[many : many + one], True)

    def row(self):
        median, high = np.percentile(self.alone, [50, 99]) * 1e6
        low, speed, top = np.percentile(self.speeds, [10, 50, 90])
        return {
            "side": self.name,
            "answers": LABELS[self.name],
            "comments a second": f"{speed:,.0f}",
            "10 % to 90 %": f"{low:,.0f} to {top:,.0f}",
            "one, median µs": f"{median:,.0f}",
            "one, 99 % µs": f"{high:,.0f}",
            "peak MB": f"{self.peak:.0f}",
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--environments", type=Path, default=ROOT / "build" / "benchmarks")
    parser.add_argument("--sides", nargs="*", choices=PACKAGES, default=list(PACKAGES))
    options = parser.parse_args()
    sides = [Side(name, interpreter(options.environments, name)) for name in ("social_guard", *options.sides)]
    comments = own_comments()
    size = max(MANY.values()) + max(ONE.values())
    for side in sides:
        side.take_turn(comments[-size:])  # whatever is made on first use is made now
        side.speeds, side.alone = [], []
    for start in range(0, len(comments) - 2 * size, size):
        for side in sides:
            side.take_turn(comments[start : start + size])
    rows = pd.DataFrame([side.row() for side in sides])
    mine = sides[0]
    ratios = [f"{np.median(np.divide(mine.speeds, side.speeds)):,.1f}" for side in sides]
    write_page("others.md", HEAD, markdown(rows.assign(**{"ours / theirs": ratios})))


HEAD = """\
# Beside other filters

Written by `benchmarks/others.py`. Each side is a process in an environment of its own; they take turns on one core each at our own
comments, each new to all. *Peak* is the most memory that the process used. *bert_base* has
random weights: it shows what a filter such as Detoxify costs, not what it answers. How well each judges is no matter here."""


if __name__ == "__main__":
    main()
