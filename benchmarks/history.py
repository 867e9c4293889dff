"""The ledger of repeat offenders: decisions a second, and what 100 kills in the middle of a batch lose or double.

    python benchmarks/history.py                     # SQLite
    python benchmarks/history.py --place "postgresql://postgres@/postgres?host=/tmp/…"
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

KEY = Key(bytes(range(32)))
FORK = multiprocessing.get_context("fork")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--place", help="a URL of an empty PostgreSQL database; by default new SQLite files")
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = options.place or str(Path(folder) / "speed.db")
        print(markdown(speed(place, decisions(options.rows, "s"))))
        place = options.place or str(Path(folder) / "kills.db")
        print("\n" + markdown(kills(place, decisions(20_000, "k"), options.kills)))


def decisions(n: int, prefix: str) -> pd.DataFrame:
    draw = random.Random(0)
    authors = [f"@{prefix}{draw.randrange(n // 5)}" for _ in range(n)]
    frame = pd.DataFrame({"id": [f"{prefix}{i}" for i in range(n)], "author": authors})
    return frame.assign(action=[draw.choice(["hide", "remove"]) for _ in range(n)], categories="spam")


def speed(place: str, frame: pd.DataFrame) -> pd.DataFrame:
    """Rates, and how much faster a frame is than rows one by one on the same ledger."""
    single = frame[: len(frame) // 100]
    with History(place, KEY) as history:
        one = seconds(lambda: [history.confirm(r.author, r.id, r.action, ["spam"]) for r in single.itertuples()]) / len(single)
        many = seconds(lambda: history.confirm_frame(frame)) / len(frame)
        again = seconds(lambda: history.confirm_frame(frame)) / len(frame)
        ask_one = seconds(lambda: [history.standing(author) for author in single["author"]]) / len(single)
        ask_many = seconds(lambda: history.standing_frame(frame)) / len(frame)
    rows = [("confirm", one, one), ("confirm_frame", many, one), ("confirm_frame, all known", again, one)]
    rows += [("standing", ask_one, ask_one), ("standing_frame", ask_many, ask_one)]
    table = [{"step": step, "decisions a second": round(1 / took), "times row by row": round(base / took, 1)} for step, took, base in rows]
    return pd.DataFrame(table)


def seconds(call) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


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
