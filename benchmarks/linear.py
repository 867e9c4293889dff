"""Cost per character of hostile comments, from a thousand characters to a million: it must stay bounded.

    python benchmarks/linear.py

The last columns divide the cost per character of the longest comment by that of the shortest: about 1 for linear time or
less, 1000 for time that grows with the square. Short comments cost more per character where a fixed part counts.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from itertools import islice

import pandas as pd
from holdout import markdown

from social_guard import SocialGuard


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
    guard.moderate("warm")
    steps = {"moderate": guard.moderate, "explain": lambda text: str(guard.explain(text))}
    rows = []
    for shape, make in SHAPES.items():
        row: dict[str, object] = {"shape": shape}
        for name, step in steps.items():
            costs = [_cost(step, make(length)) for length in lengths]
            row |= {f"{name} {length:,}": round(cost, 2) for length, cost in zip(lengths, costs, strict=True)}
            row[f"{name} ratio"] = round(costs[-1] / costs[0], 2)
        rows.append(row)
    print("Microseconds per character.\n")
    print(markdown(pd.DataFrame(rows)))


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
