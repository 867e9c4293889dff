"""Peak memory and time of scoring a CSV file, as a whole process.

    python benchmarks/memory.py --rows 100000
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from holdout import markdown

ROOT = Path(__file__).resolve().parents[1]
COMMENTS = ROOT / "data" / "comments"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    options = parser.parse_args()
    texts = [json.loads(line)["text"] for path in sorted(COMMENTS.glob("*.jsonl")) for line in path.open(encoding="utf-8")]
    table = []
    for rows in sorted(options.rows):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "in.csv", Path(folder) / "out.csv"
            # a number at the end of each makes every comment a different one
            repeated = (f"{text} {i}" for i, text in enumerate(itertools.islice(itertools.cycle(texts), rows)))
            pd.DataFrame({"id": range(rows), "text": list(repeated)}).to_csv(source, index=False)
            start = time.perf_counter()
            child = subprocess.Popen([sys.executable, "-m", "social_guard", "score", str(source), "-o", str(target), "--quiet"])
            _, status, usage = os.wait4(child.pid, 0)
            if status:
                raise SystemExit("scoring failed")
            seconds = time.perf_counter() - start
            table.append({"rows": rows, "peak MB": usage.ru_maxrss / 1024, "seconds": seconds, "rows a second": rows / seconds})
    measured = pd.DataFrame(table).round(1)
    print(measured.to_string(index=False))
    text = f"{HEAD}\n\n{markdown(measured)}\n"
    (ROOT / "docs" / "memory.md").write_text(text, encoding="utf-8")


HEAD = """\
# Memory

Written by `benchmarks/memory.py`: scoring a CSV file on one core, the whole process with its start-up. Peak memory is what
the operating system counted; times differ from machine to machine."""


if __name__ == "__main__":
    main()
