"""Peak memory and rate of scoring files, as whole processes; writes a page into docs/figures for each kind of run.

    python benchmarks/files.py formats     # CSV, JSON Lines, Parquet; ten thousand to a million rows; one and two cores
    python benchmarks/files.py archive     # CSV of ten million rows on two cores
    python benchmarks/files.py spark       # a million rows; needs Java and the extra [spark]
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from holdout import markdown
from timing import write_page

ROOT = Path(__file__).resolve().parents[1]
COMMENTS = ROOT / "data" / "comments"
PART = 10_000
SPARK = """
import sys
from pyspark.sql import SparkSession
from social_guard import SocialGuard
from social_guard.spark import score_spark
plain = {"spark.ui.enabled": "false", "spark.driver.bindAddress": "127.0.0.1", "spark.log.level": "ERROR"}
session = SparkSession.builder.master("local[2]").config(map=plain).getOrCreate()
score_spark(SocialGuard.load(), session.read.parquet(sys.argv[1])).write.parquet(sys.argv[2])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", choices=PAGES)
    parser.add_argument("--rows", type=int, nargs="*")
    run, rows = (options := parser.parse_args()).run, options.rows
    if run == "spark":
        table = pd.DataFrame(compare_spark((rows or [1_000_000])[0]))
        rate = table["rows a CPU second"].iloc[-1]
        note = f"At that rate a billion comments cost {1e9 / rate / 3600:,.0f} hours of one core of this machine, in Spark."
    elif run == "archive":
        table, note = pd.DataFrame(measure_files(rows or [10_000_000], ["csv"], [2])).drop(columns="speed-up"), ""
    else:
        table, note = pd.DataFrame(measure_files(rows or [10_000, 100_000, 1_000_000], ["csv", "jsonl", "parquet"], [1, 2])), ""
    write_page(f"files_{run}.md", PAGES[run], markdown(table.round(2)), *([note] if note else []))


PAGES = {
    "formats": """\
# Scoring files

Written by `benchmarks/files.py formats`. Whole processes of `social-guard score`, start included; memory is that of all processes
together, pages that they share counted once.""",
    "archive": """\
# Scoring an archive

Written by `benchmarks/files.py archive`: one CSV file of ten million rows, all different, on two cores. Memory is that of all
processes together, pages that they share counted once; compare it with that of a smaller file in [files_formats.md](files_formats.md).""",
    "spark": """\
# Spark

Written by `benchmarks/files.py spark`: the same Parquet file through `social-guard score --jobs 2` and through Spark with two local
cores, start of both included. *Ratio* is the share of our own rate that Spark keeps.""",
}


def measure_files(counts: list[int], formats: list[str], cores: list[int]) -> Iterator[dict[str, object]]:
    for rows, kind in itertools.product(sorted(counts), formats):
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / f"in.{kind}", Path(folder) / f"out.{kind}"
            write_comments(source, rows)
            first = 0.0
            for jobs in cores:
                used = measure(ours(source, target, jobs))
                first = first or used.seconds
                yield {"format": kind, "rows": rows, "jobs": jobs, "peak MB": round(used.peak), **used.rates(rows)} | {
                    "speed-up": first / used.seconds
                }


def compare_spark(rows: int) -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "in.parquet"
        write_comments(source, rows)
        ours_used = measure(ours(source, Path(folder) / "out.parquet", 2))
        yield {"by": "social-guard score --jobs 2", "rows": rows, **ours_used.rates(rows), "ratio": 1.0}
        used = measure([sys.executable, "-c", SPARK, str(source), str(Path(folder) / "spark")])
        yield {"by": "Spark, local[2]", "rows": rows, **used.rates(rows), "ratio": round(ours_used.seconds / used.seconds, 2)}


def ours(source: Path, target: Path, jobs: int) -> list[str]:
    return [sys.executable, "-m", "social_guard", "score", str(source), "-o", str(target), "--jobs", str(jobs), "--quiet"]


def write_comments(path: Path, rows: int) -> None:
    """Our own comments again and again, each with a number of its own, in parts, so that this takes little memory as well."""
    texts = [json.loads(line)["text"] for file in sorted(COMMENTS.glob("*.jsonl")) for line in file.open(encoding="utf-8")]
    starts = range(0, rows, PART)
    parts = (
        pd.DataFrame([(i, f"{texts[i % len(texts)]} {i}") for i in range(start, min(start + PART, rows))], columns=["id", "text"])
        for start in starts
    )
    if path.suffix == ".parquet":
        with pq.ParquetWriter(path, pa.schema([("id", pa.int64()), ("text", pa.string())])) as writer:
            for part in parts:
                writer.write_table(pa.Table.from_pandas(part, preserve_index=False, schema=writer.schema))
        return
    with path.open("w", encoding="utf-8", newline="") as file:
        for number, part in enumerate(parts):
            if path.suffix == ".csv":
                part.to_csv(file, index=False, header=number == 0)
            else:
                part.to_json(file, orient="records", lines=True, force_ascii=False)


class Used(NamedTuple):
    """What a program and its children used: seconds, seconds of processors, and memory in MB at the peak."""

    seconds: float
    busy: float
    peak: float

    def rates(self, rows: int) -> dict[str, int]:
        return {"rows a second": round(rows / self.seconds), "rows a CPU second": round(rows / self.busy)}


def measure(command: list[str]) -> Used:
    """Run a program with its children; pages of memory that they share count once."""
    start, before, peak, busy = time.perf_counter(), busy_seconds(), 0.0, dict[int, float]()
    environment = os.environ | {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as child:
        while child.poll() is None:
            members = family(child.pid)
            peak = max(peak, sum(map(proportional_memory, members)))
            busy |= {pid: max(busy.get(pid, 0.0), own_seconds(pid)) for pid in members}
            time.sleep(0.1)
    if child.returncode:
        raise SystemExit(f"failed: {command}")
    # Spark's workers are nobody's children in the end, so that the system does not add them up
    return Used(time.perf_counter() - start, max(busy_seconds() - before, sum(busy.values())), peak / 1024)


def busy_seconds() -> float:
    """Of all children that have ended; on a busy machine, rows a CPU second say more than rows a second."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def own_seconds(pid: int) -> float:
    """Of one process alone, so far."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def family(pid: int) -> list[int]:
    """A process, and what any of its threads has started."""
    try:
        children = " ".join(file.read_text() for file in Path(f"/proc/{pid}/task").glob("*/children")).split()
    except OSError:
        return []
    return [pid, *(member for child in children for member in family(int(child)))]


def proportional_memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has ended
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


if __name__ == "__main__":
    main()
