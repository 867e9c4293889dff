"""How the cost of scoring grows with rows and with the length of a comment; writes docs/figures/growth.md and its plots.

    python benchmarks/growth.py --rows 10000000
"""

from __future__ import annotations

import argparse
import statistics
from itertools import islice

import pandas as pd
from holdout import markdown
from timing import FIGURES, fresh, own_comments, seconds, write_page

from social_guard import SocialGuard
from social_guard.pages.plots import line_plot

PART = 65_536
DRAWN = ["alone ns a character", "in a batch ns a character"]
MET = 2000
"""Comments that a guard has decided on before it is timed."""


def row_costs(scorer, comments, most):
    """Seconds for so many rows, each different; they are made part by part, which is not timed."""
    for count in (10**n for n in range(3, len(str(most)))):
        texts = (f"{comments[i % len(comments)]} {i}" for i in range(count))
        took = sum(seconds(scorer.log_odds, part) for part in iter(lambda: list(islice(texts, PART)), []))  # noqa: B023
        yield {"rows": count, "seconds": round(took, 3), "µs a row": round(took / count * 1e6, 2)}


def length_costs(guard, scorer, comments):
    """Microseconds for a comment of so many characters, alone and in a batch."""
    pool = " ".join(comments)
    for comment in comments[-MET:]:
        guard.moderate(comment)
    for size in (10, 100, 1_000, 10_000, 100_000):
        alone = [pool[i * size : (i + 1) * size] for i in range(9)]
        many = [pool[i * size % 500_000 :][:size] for i in range(max(64, 400_000 // size))]
        one, batch = statistics.median(seconds(guard.moderate, c) for c in alone), seconds(scorer.log_odds, many) / len(many)
        costs = {"alone µs": one * 1e6, "in a batch µs": batch * 1e6} | {name: cost / size * 1e9 for name, cost in zip(DRAWN, (one, batch), strict=True)}
        yield {"characters": size} | {name: round(cost, 1) for name, cost in costs.items()}


def plot(table, x, columns, y):
    return line_plot({name: [(n, c, c, c) for n, c in zip(table[x], table[name], strict=True)] for name in columns}, x=x, y=y)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=10**7)
    comments, guard = own_comments(), SocialGuard.load()
    scorer = fresh(guard.weights)
    lengths = pd.DataFrame(length_costs(guard, scorer, comments))
    rows = pd.DataFrame(row_costs(scorer, comments, parser.parse_args().rows))
    (FIGURES / "growth_rows.svg").write_text(plot(rows, "rows", ["µs a row"], "µs a row") + "\n", encoding="utf-8")
    drawn = plot(lengths, "characters", DRAWN, "ns a character")
    (FIGURES / "growth_characters.svg").write_text(drawn + "\n", encoding="utf-8")
    write_page("growth.md", HEAD, "## Rows", markdown(rows.astype(object)), PICTURES[0], "## Characters", markdown(lengths.astype(object)), PICTURES[1])


HEAD = """\
# How the cost grows

Written by `benchmarks/growth.py` on one core. A flat line means that the time grows in step with the rows or characters; a
short batch and a short comment cost more a piece, where a fixed part counts. In a batch, a comment in which a word is seen through
is read as one alone is: the longer the comments, the more of them, so that a character comes to cost what it costs alone, and no more."""
PICTURES = "![Cost of a row by the number of rows](growth_rows.svg)", "![Cost of a character by the length](growth_characters.svg)"


if __name__ == "__main__":
    main()
