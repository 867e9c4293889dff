"""A long run at full speed: memory must stay flat under new words without end, and a killed run must end in the same bytes.

    python benchmarks/long_run.py --minutes 60

For so long comments of words that were never seen before are scored, in batches and one by one, until at least two million
distinct words have gone by. Then, for a sixth of that time, a file is scored, killed at random moments and resumed until it is
done, again and again; each result must be that of a run in peace. Adds its row to docs/figures/long-run.md.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from social_guard import SocialGuard
from social_guard.files.data import load_comments

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "figures" / "long-run.md"
BATCH = 2000
ALONE = 100
"""Of every batch, so many are scored one by one as well."""
DISTINCT = 2_000_000
LETTERS = "abcdefghijklmnopqrstuvwxyz"


def memory() -> float:
    """Of this process, in MiB."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def new_words(comments: list[str]) -> Iterator[list[str]]:
    """Batches of comments, each with words that no comment before had: numbered ones, in letters."""
    number = 26**5
    while True:
        batch = []
        for text in random.Random(number).sample(comments, BATCH):
            spelt = ["".join(LETTERS[(number + i) // 26**k % 26] for k in range(6)) for i in range(10)]
            number += 10
            batch.append(f"{text} {' '.join(spelt)}")
        yield batch


def endless(guard: SocialGuard, minutes: float) -> dict[str, object]:
    """Score new words for so long; what memory does after the first tenth."""
    comments = load_comments(ROOT / "data" / "comments")["text"].tolist()
    begun, spent, rows, same, seen = time.monotonic(), time.process_time(), 0, True, list[float]()
    for batch in new_words(comments):
        scores = guard.scores(batch)
        same &= all((guard.scores([text])[0] == scores[i]).all() for i, text in enumerate(batch[:ALONE]))
        rows += len(batch)
        seen.append(memory())
        if time.monotonic() - begun > 60 * minutes and (rows * 10 >= DISTINCT or minutes < 1):
            break
    early, late = max(seen[: max(len(seen) // 10, 1)]), max(seen[-max(len(seen) // 10, 1) :])
    return {
        "minutes": f"{(time.monotonic() - begun) / 60:.1f}",
        "CPU minutes": f"{(time.process_time() - spent) / 60:.1f}",
        "comments": f"{rows:,}",
        "new words": f"{10 * rows:,}",
        "memory, first tenth (MiB)": f"{early:.0f}",
        "memory, last tenth (MiB)": f"{late:.0f}",
        "alone as in batches": "yes" if same else "NO",
    }


def killed(minutes: float) -> dict[str, object]:
    """Score a file for so long, killed at random moments and resumed, and compare each result with that of a run in peace."""
    dice, kills, same = random.Random(0), 0, list[bool]()
    with tempfile.TemporaryDirectory() as folder:
        source, peace, torn = (Path(folder) / name for name in ("in.csv", "peace.csv", "torn.csv"))
        comments = load_comments(ROOT / "data" / "comments")[["text"]]
        comments.loc[comments.index.repeat(4)].to_csv(source, index=False)
        begun = time.monotonic()
        _score(source, peace).wait()
        usual = time.monotonic() - begun
        begun = time.monotonic()
        while not same or time.monotonic() - begun < 60 * minutes:
            while not torn.exists():
                run = _score(source, torn, "--resume")
                try:
                    run.wait(timeout=dice.uniform(0.1, 0.9) * usual)
                except subprocess.TimeoutExpired:
                    run.kill()
                    run.wait()
                    kills += 1
            same.append(torn.read_bytes() == peace.read_bytes())
            torn.unlink()
    return {"kills": kills, "files finished": len(same), "as in peace": "yes" if all(same) else "NO"}


def _score(source: Path, target: Path, *more: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "social_guard", "score", str(source), "-o", str(target), *more]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--output", type=Path, default=PAGE)
    options = parser.parse_args()
    guard = SocialGuard.load()
    row = {"model": guard.model_hash[:12]} | endless(guard, options.minutes) | killed(options.minutes / 6)
    page = options.output.read_text(encoding="utf-8") if options.output.exists() else HEAD + _line(row) + _line(dict.fromkeys(row, "---"), values=True)
    options.output.write_text(page + _line(row, values=True), encoding="utf-8")
    print(row)


def _line(row: dict[str, object], *, values: bool = False) -> str:
    return f"| {' | '.join(map(str, row.values() if values else row))} |\n"


HEAD = """\
# A long run

Written by `benchmarks/long_run.py`, a row a run. Comments with ten words each that were never seen before are scored at full speed, some of them one
by one as well; then a file is scored, killed at random moments and resumed, again and again. Memory is the largest of the whole process in the
first and in the last tenth of the run. The goal is an hour; how long a run really took, and what share of a processor it had, stands in its row.

"""

if __name__ == "__main__":
    main()
