"""The ledger of repeat offenders: decisions a second, and what 100 kills in the middle of a batch lose or double.

Writes docs/figures/history.md: SQLite, and PostgreSQL where a server is named (`.ci/postgresql` starts one).

    SOCIAL_GUARD_POSTGRESQL="postgresql://postgres@/postgres?host=/tmp/…" python benchmarks/history.py
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from pathlib import Path

import pandas as pd
from holdout import markdown

from social_guard.records import history as room
from social_guard.records.history import History
from social_guard.records.keys import Key

ROOT = Path(__file__).resolve().parents[1]
KEY = Key(bytes(range(32)))
FORK = multiprocessing.get_context("fork")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--place", default=os.environ.get("SOCIAL_GUARD_POSTGRESQL"), help="a URL of an empty PostgreSQL database")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    options = parser.parse_args()
    parts = [HEAD]
    with tempfile.TemporaryDirectory() as folder:
        places = {"SQLite": (f"{folder}/speed.db", f"{folder}/kills.db"), "PostgreSQL": (options.place, options.place)}
        for name, (first, second) in places.items():
            if first:
                tables = speed(first, decisions(options.rows, "s")), kills(second, decisions(20_000, "k"), options.kills)
                parts += [f"## {name}", *map(markdown, tables)]
                print("\n\n".join(parts[-3:]), flush=True)
    (ROOT / "docs" / "figures" / "history.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


HEAD = """\
# The ledger of repeat offenders: figures

Written by `benchmarks/history.py`. Decisions a second in batches and row by row, and what a process that is killed at random moments
while it writes a batch of 2,000 loses or doubles, once the batch is given again. Where other work keeps the machine busy, the
processor's time says more than the clock; that of a PostgreSQL server is not in it."""


def decisions(n: int, prefix: str) -> pd.DataFrame:
    draw = random.Random(0)
    authors = [f"@{prefix}{draw.randrange(n // 5)}" for _ in range(n)]
    frame = pd.DataFrame({"id": [f"{prefix}{i}" for i in range(n)], "author": authors})
    return frame.assign(action=[draw.choice(["hide", "remove"]) for _ in range(n)], categories="spam")


def speed(place: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rates, and how much faster a frame is than rows one by one on the same ledger."""
    single = frame[: len(frame) // 100]
    with History(place, KEY) as history:
        steps = {
            "confirm": (single, lambda: [history.confirm(r.author, r.id, r.action, ["spam"]) for r in single.itertuples()]),
            "confirm_frame": (frame, lambda: history.confirm_frame(frame)),
            "confirm_frame, all known": (frame, lambda: history.confirm_frame(frame)),
            "standing": (single, lambda: [history.standing(author) for author in single["author"]]),
            "standing_frame": (frame, lambda: history.standing_frame(frame)),
        }
        took = {step: [part / len(rows) for part in seconds(call)] for step, (rows, call) in steps.items()}
    base = {step: took["standing" if step.startswith("standing") else "confirm"][0] for step in took}
    table = [
        {"step": step, "decisions a second": round(1 / wall), "a second of this process": round(1 / own), "times row by row": round(base[step] / wall, 1)}
        for step, (wall, own) in took.items()
    ]
    return pd.DataFrame(table)


def seconds(call) -> tuple[float, float]:
    """On the clock, and of the processor's time that this process got."""
    start, own = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - start, time.process_time() - own


def kills(place: str, frame: pd.DataFrame, times: int) -> pd.DataFrame:
    """Kill a writer again and again at random moments, each time on comments of its own; then finish and count."""
    room.BLOCK = 100
    draw, middles, lost, doubled = random.Random(1), 0, 0, 0
    History(place, KEY).close()
    for kill in range(times):
        part = frame.assign(id=frame["id"] + f"/{kill}", author=frame["author"] + f"/{kill}")[:2000]
        child = FORK.Process(target=write, args=(place, part))
        child.start()
        time.sleep(draw.uniform(0.01, 0.4))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        with History(place, KEY) as history:
            kept = len(part) - int(history.confirm_frame(part)["recorded"].sum())
            middles += 0 < kept < len(part)
            found = history.standing_frame(part.drop_duplicates("author"))["breaches"].to_numpy()
            expected = part.groupby("author", sort=False).size().to_numpy()
            lost += int((expected - found).clip(min=0).sum())
            doubled += int((found - expected).clip(min=0).sum())
    return pd.DataFrame([{"kills": times, "in the middle of a batch": middles, "counts lost": lost, "counts doubled": doubled}])


def write(place: str, frame: pd.DataFrame) -> None:
    with History(place, KEY) as history:
        history.confirm_frame(frame)


if __name__ == "__main__":
    main()
