"""Cost per character of hostile comments, from a thousand characters to a million: it must stay bounded. Into docs/figures/linear.md.

    python benchmarks/linear.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd
from holdout import markdown

from social_guard import SocialGuard
from social_guard.pages.plots import line_plot
from social_guard.safe_files import write_file

PAGE = Path(__file__).resolve().parents[1] / "docs" / "figures" / "linear.md"
HEAD = """\
# Hostile comments: the cost of a character

Written by `benchmarks/linear.py`: microseconds a character, of comments of many characters. The ratio divides the cost in the longest
comment by that in the shortest: about 1 for time that grows in step, 1,000 for time that grows with the square. Short comments
cost more where a fixed part counts, and very long ones no longer fit the processor's caches.
"""


def _repeated(piece: str) -> Callable[[int], str]:
    return lambda length: (piece * (length // len(piece) + 1))[:length]


def _numbered(length: int) -> str:
    """Words of which no two are the same, so that no cache helps."""
    return " ".join(f"w{i:x}".translate(str.maketrans("0123456789", "ghijklmnop")) for i in islice(range(16**4, 2**63), length // 6))


SHAPES: dict[str, Callable[[int], str]] = {
    "one token": _repeated("a"),
    "different words": _numbered,
    "combining marks": _repeated("a" + "\u0301" * 99),
    "bidi overrides": _repeated("\u202e\u2066a\u2069"),
    "NUL": _repeated("\0"),
    "lone surrogates": _repeated("\ud800"),
    "joined emoji": _repeated("\U0001f468\u200d"),
    "dots": _repeated("a."),
    "half an address": _repeated("a.b-@"),
    "half an entity": _repeated("&#x"),
    "spaced letters": _repeated("f o "),
    "HTML and escapes": _repeated("<script>\x1b[31m"),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lengths", type=int, nargs="+", default=[10**3, 10**4, 10**5, 10**6])
    lengths = sorted(parser.parse_args().lengths)
    guard = SocialGuard.load()
    guard.moderate("what is misspelt or masked, as in idoit and st*pid, is looked up in tables made when first needed")
    parts = [HEAD]
    for name, step in {"moderate": guard.moderate, "explain": lambda text: str(guard.explain(text))}.items():
        costs = {shape: [_cost(step, make(length)) for length in lengths] for shape, make in SHAPES.items()}
        drawn = line_plot({shape: [(n, c, c, c) for n, c in zip(lengths, found, strict=True)] for shape, found in costs.items()}, x="characters", y="µs a character")
        write_file(PAGE.with_name(f"linear-{name}.svg"), drawn + "\n")
        parts.append(f"## {name}\n\n{markdown(_table(costs, lengths))}\n\n![{name}: cost of a character by the length](linear-{name}.svg)\n")
    write_file(PAGE, "\n".join(parts))
    print(PAGE.read_text(encoding="utf-8"))


def _table(costs: dict[str, list[float]], lengths: list[int]) -> pd.DataFrame:
    named = [
        {"shape": shape} | {f"{n:,}": round(cost, 2) for n, cost in zip(lengths, found, strict=True)} | {"ratio": round(found[-1] / found[0], 2)}
        for shape, found in costs.items()
    ]
    return pd.DataFrame(named)


def _cost(step: Callable[[str], object], text: str) -> float:
    """Microseconds per character, the best of a few runs as long as these are short."""
    best, begun = float("inf"), time.perf_counter()
    while True:
        start = time.perf_counter()
        step(text)
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > 0.05:
            return best / len(text) * 1e6


if __name__ == "__main__":
    main()
