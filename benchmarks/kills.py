"""Kill programs that write, at random moments, and count what is lost or half-written: docs/figures/kills.md."""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sqlite3
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from social_guard import DecisionLog, History, SocialGuard
from social_guard.exceptions import LogRecoveredWarning, SocialGuardError
from social_guard.files import chunks, resume
from social_guard.files.persistence import Model
from social_guard.model.scorer import Block
from social_guard.pages.render import markdown_table
from social_guard.pages.report import cells
from social_guard.policy.reading import load_policy
from social_guard.policy.versions import read_versions, set_values
from social_guard.records.chain import read_chain, verify
from social_guard.records.keys import Key
from social_guard.safe_files import write_file

ROOT = Path(__file__).resolve().parents[1]
HEAD = """\
# Killed while it writes

A process writes the same thing again and again and is killed (SIGKILL) at a random moment; then another goes on where it
was stopped. *Amid a write* counts the kills that came between the begin and the end of a write. *Lost* are writes that had
been reported as done and are not there; *half-written*, files that stand under their name and are not whole.
Made by `python benchmarks/kills.py`."""
KEY = Key(b"an example key, not one to be used")
WRITES = 3.0
"""How many writes a writer has time for at the most; where it is killed in that time, chance decides."""


@dataclass
class Stage:
    """What a kind of writing needs."""

    folder: Path
    guard: SocialGuard
    done: Any
    """How many writes were reported as done, in memory that outlives the writer."""


class Scored:
    """Files of comments, scored and resumed."""

    name = "a scored file, with `--resume`"

    def prepare(self, stage: Stage) -> None:
        """Comments of several chunks, and what they become when nobody disturbs."""
        texts = [f"you idiot {number}\nline two" for number in range(400)]
        pd.DataFrame({"text": texts}).to_csv(stage.folder / "in.csv", index=False)
        stage.guard.score_file(stage.folder / "in.csv", stage.folder / "whole.csv")

    def write(self, stage: Stage, number: int) -> None:
        """One run."""
        stage.guard.score_file(stage.folder / "in.csv", stage.folder / "out.csv", resume=True)

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """The output is not there yet, or whole."""
        out = stage.folder / "out.csv"
        if not out.exists():
            return int(done > 0), 0
        return 0, int(out.read_bytes() != (stage.folder / "whole.csv").read_bytes())


class Folder:
    """The folder of a model, saved over itself."""

    name = "a model folder, saved again"

    def prepare(self, stage: Stage) -> None:
        """The first."""
        self.write(stage, 1)

    def write(self, stage: Stage, number: int) -> None:
        """The same model with another threshold."""
        stage.guard.with_policy(f"{stage.guard.policy_text}\n# {number}\n").save(stage.folder / "model")

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """It loads, and is the last that was reported as done, or the one behind it."""
        try:
            text = SocialGuard.load(stage.folder / "model").policy_text
        except SocialGuardError:
            return 0, 1
        found = int(text.rpartition("# ")[2])
        return int(found not in (done, done + 1)), 0


class PolicyFile:
    """A policy file and its history."""

    name = "`policy set`"

    def prepare(self, stage: Stage) -> None:
        """The first."""
        write_file(stage.folder / "policy.toml", "version = 1\n[categories.spam]\nhide = 0.5\n")

    def write(self, stage: Stage, number: int) -> None:
        """One change."""
        set_values(stage.folder / "policy.toml", {"spam.hide": 0.5 + number / 1e6}, str(number), who="benchmark")

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """Every change that was reported as done is in the history, and the last, or the one behind it, in the file."""
        try:
            hide = load_policy(stage.folder / "policy.toml").categories["spam"].hide or 0.0
            whys = {version.why for version in read_versions(stage.folder / "policy.toml")}
        except SocialGuardError:
            return 0, 1
        kept = round((hide - 0.5) * 1e6) in (done, done + 1)
        return sum(str(number) not in whys for number in range(1, done + 1)) + (not kept), 0


class Log:
    """The log of decisions."""

    name = "the decision log"

    def prepare(self, stage: Stage) -> None:
        """Nothing."""

    def write(self, stage: Stage, number: int) -> None:
        """Open it, log some decisions, close it."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", LogRecoveredWarning)  # what a kill cut short is taken off, and said
            with DecisionLog(stage.folder / "log", KEY, model="m", policy_text="p", max_bytes=20_000) as log:
                for text in ("a", "b", "c"):
                    log.append(f"{number}{text}", text, stage.guard.moderate(text))

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """Whatever was logged is there, and the chain is sound but for a last line that has no end."""
        result = verify(stage.folder / "log") if done else None
        if result is None or not (result.ok or (result.fault and result.fault.what == "unfinished line")):
            return 0, int(result is not None)
        there = {entry["comment"] for entry in read_chain(stage.folder / "log") if entry["kind"] == "decision"}
        return sum(f"{number}{text}" not in there for number in range(1, done + 1) for text in "abc"), 0


class Ledger:
    """The ledger of repeat offenders."""

    name = "the ledger, in SQLite"

    def prepare(self, stage: Stage) -> None:
        """Nothing."""

    def write(self, stage: Stage, number: int) -> None:
        """Open it, record a breach, close it."""
        with History(stage.folder / "history.db", KEY) as history:
            history.confirm("@sam", str(number), "hide", ["spam"])

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """Every breach that was reported as done is there, and the database is sound."""
        if not done:
            return 0, 0
        with sqlite3.connect(stage.folder / "history.db") as connection:
            sound = connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            there = {row[0] for row in connection.execute("SELECT comment FROM history_breaches")}
        connection.close()
        return sum(str(number) not in there for number in range(1, done + 1)), int(not sound)


class Page:
    """A page or report of half a megabyte."""

    name = "a report or review sheet"

    def prepare(self, stage: Stage) -> None:
        """The first."""
        self.write(stage, 1)

    def write(self, stage: Stage, number: int) -> None:
        """The same number many times."""
        write_file(stage.folder / "page.html", json.dumps([number] * 100_000))

    def check(self, stage: Stage, done: int) -> tuple[int, int]:
        """It is whole, and the last that was reported as done, or the one behind it."""
        try:
            numbers = set(json.loads((stage.folder / "page.html").read_text()))
        except ValueError:
            return 0, 1
        return int(not numbers <= {done, done + 1}), int(len(numbers) != 1)


KINDS: tuple[Any, ...] = (Scored, Folder, PolicyFile, Log, Ledger, Page)


def kill_writers(kind: Any, guard: SocialGuard, kills: int, seed: int = 0) -> dict[str, Any]:
    """Kill so many writers of a kind; counts as one row of the table."""
    context, dice = multiprocessing.get_context("fork"), random.Random(f"{kind.name}{seed}")
    row = {"what is written": kind.name, "kills": 0, "amid a write": 0, "writes done": 0, "lost": 0, "half-written": 0}
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder), guard, context.Array("q", 2, lock=False))
        kind.prepare(stage)
        usual = _seconds_of_a_write(kind, stage)
        while row["kills"] < kills:
            writer = context.Process(target=_write_for_ever, args=(kind, stage))
            stage.done[1] = stage.done[0]
            writer.start()
            writer.join(dice.uniform(0, WRITES * usual))
            writer.kill()
            writer.join()
            done, begun = stage.done
            lost, half = kind.check(stage, done)
            counts = {"kills": 1, "amid a write": int(begun > done), "lost": lost, "half-written": half}
            row |= {name: row[name] + count for name, count in counts.items()} | {"writes done": done}
    return row


def _seconds_of_a_write(kind: Any, stage: Stage) -> float:
    started = time.monotonic()
    kind.write(stage, 1)
    stage.done[0] = stage.done[1] = 1
    return time.monotonic() - started


def _write_for_ever(kind: Any, stage: Stage) -> None:
    while True:
        stage.done[1] = stage.done[0] + 1
        kind.write(stage, stage.done[1])
        stage.done[0] = stage.done[1]


def small_parts() -> None:
    """Chunks of a few rows, entered in the journal at once, so that a short file has many."""
    chunks.BLOCK, resume.INTERVAL = 40, 0.0


def small_guard() -> SocialGuard:
    """A part of the shipped model: the less time goes into numbers, the more kills meet the disk."""
    model = Model(SocialGuard.load().weights, SocialGuard.load().policy_text)
    blocks = [Block(block.keys[:200], block.frequencies[:200], block.scale, block.values[:200]) for block in model.weights.blocks]
    weights = replace(model.weights, words=blocks[0], grams=blocks[1])
    return SocialGuard(replace(model, weights=weights))


def rows(guard: SocialGuard, kills: int) -> Iterator[dict[str, Any]]:
    """One for each kind of file."""
    for kind in KINDS:
        yield kill_writers(kind(), guard, kills)


def main(report: Callable[[str], Any] = print) -> None:
    """Write the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200, help="for each kind of file")
    options = parser.parse_args()
    small_parts()
    started = time.monotonic()
    table = pd.DataFrame(rows(small_guard(), options.kills)).set_index("what is written")
    report(f"{table}\n{time.monotonic() - started:.0f} s")
    write_file(ROOT / "docs" / "figures" / "kills.md", f"{HEAD}\n\n{markdown_table(cells(table))}\n")


if __name__ == "__main__":
    main()
