"""Whether scores equal those of a scikit-learn Pipeline on very many comments; writes docs/figures/equality.md.

    python benchmarks/equality.py --rows 1000000

Two processes share the rows. It ends with an error when a log-odds differs by more than 1e-9.
"""

from __future__ import annotations

import argparse
import random

import numpy as np
import pandas as pd
from holdout import markdown
from joblib import Parallel, delayed
from linear import SHAPES
from timing import sides, write_page

MOST = 1e-9
PART = 4096
EDGES = ["", " ", "a", "?", "😀", "\0", "\ud800", "\u0301"]


def mixed(draw, comments):
    """A comment of pieces of others, so that its words and pairs are new."""
    return " ".join(draw.choice(draw.choice(comments).split() or [""]) for _ in range(draw.randint(1, 40)))


def fuzzed(draw, comments):
    """Characters of all of Unicode between words."""
    chars = (chr(draw.choice((draw.randrange(0x250), draw.randrange(0xD800), draw.randrange(0xE000, 0x110000)))) for _ in range(30))
    return "".join(char + draw.choice(["", "", " ", draw.choice(comments)[:9]]) for char in chars)


def own(draw, comments):
    return f"{draw.choice(comments)} {draw.randrange(10**6)}"


def edge(draw, comments):
    return draw.choice(EDGES)


def shaped(draw, comments):
    return draw.choice(list(SHAPES.values()))(draw.randint(1, 200))


KINDS = {"our own, with a number": (own, 0.6), "words mixed anew": (mixed, 0.3), "all of Unicode": (fuzzed, 0.05)}
KINDS |= {"strange shapes": (shaped, 0.04), "empty or one character": (edge, 0.01)}


def difference(kind, part, rows):
    """The largest difference of a log-odds in one part of the rows of a kind."""
    scorer, reference, comments = sides()
    draw = random.Random(f"{kind}/{part}")
    texts = [KINDS[kind][0](draw, comments) for _ in range(rows)]
    return np.abs(reference.decision_function(texts) - scorer.log_odds(texts)).max()


def long_difference(length=100_000, count=40):
    """Of very long comments, in a batch and alone."""
    scorer, reference, comments = sides()
    draw = random.Random(0)
    texts = [" ".join(mixed(draw, comments) for _ in range(length // 80))[:length].ljust(length, "y") for _ in range(count)]
    expected = reference.decision_function(texts)
    return max(np.abs(expected - scorer.log_odds(texts)).max(), np.abs(expected[:3] - scorer.log_odds(texts[:3])).max())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10**6)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    parts = [(kind, part) for kind, (_, share) in KINDS.items() for part in range(-(-int(share * options.rows) // PART))]
    found = Parallel(n_jobs=options.jobs)(delayed(difference)(kind, part, PART) for kind, part in parts)
    table = pd.DataFrame(parts, columns=["comments", "rows"]).assign(rows=PART, largest=found)
    rows = table.groupby("comments", sort=False).agg(rows=("rows", "sum"), largest=("largest", "max")).reset_index()
    rows.loc[len(rows)] = ["100,000 characters, in a batch and alone", 40, long_difference()]
    shown = rows.assign(rows=rows["rows"].map("{:,}".format), largest=rows["largest"].map("{:.1e}".format))
    write_page("equality.md", HEAD, markdown(shown.rename(columns={"largest": "largest difference of a log-odds"})))
    if rows["largest"].max() > MOST:
        raise SystemExit(f"scores differ by {rows['largest'].max()}")


HEAD = """\
# Equal to scikit-learn

Written by `benchmarks/equality.py`, which fails where a log-odds of any head differs by more than 1e-9 from that of a scikit-learn
`Pipeline` (`TfidfVectorizer`, `LogisticRegression`) with the features and weights of the model."""


if __name__ == "__main__":
    main()
