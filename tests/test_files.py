import contextlib
import gzip
import io
import json
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_guard.exceptions import DataError, OutputError
from social_guard.files import chunks, resume
from social_guard.files.chunks import BLOCK

ROWS = pd.DataFrame(
    {
        "id": ["007", "8", "9", "10"],
        "text": ["Thank you all", "you idiot", "", "line one\nline two, \"quoted\" 🙂"],
        "author": ["a", "", "c", "d"],
    }
)


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_files_keep_rows_columns_and_order(shipped_guard, tmp_path, source, target):
    """Every format in, every format out."""
    path, out = tmp_path / f"in.{source}", tmp_path / f"out.{target}"
    write(ROWS, path)
    assert shipped_guard.score_file(path, out) == 4
    result = read(out)
    assert result["id"].tolist() == ["007", "8", "9", "10"]
    assert result["text"].tolist()[3] == ROWS["text"][3]
    expected = shipped_guard.score_frame(read(path))
    assert np.allclose(result["score_spam"].astype(float), expected["score_spam"], equal_nan=True)
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".part"] == []


def write(frame, path):
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame.to_parquet(path)


def read(path):
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype={"id": str})
    if path.suffix == ".jsonl":
        return pd.DataFrame([json.loads(line) for line in path.read_text().splitlines()])
    return pd.read_parquet(path)


@pytest.mark.parametrize("source", ["csv", "jsonl", "parquet"])
def test_files_with_posts(small_guard, tmp_path, source):
    """A column of posts gives the scores of `score_frame`; a wrong name is said."""
    rows = ROWS.assign(about=["Thank you to all our volunteers", "", "", "line two is closed"])
    path, out = tmp_path / f"in.{source}", tmp_path / "out.parquet"
    write(rows, path)
    small_guard.score_file(path, out, post="about")
    expected = small_guard.score_frame(rows, post="about")["score_off_topic"]
    found = pd.read_parquet(out)["score_off_topic"]
    assert found[[0, 1, 3]].tolist() == expected[[0, 1, 3]].tolist() and found[0] != small_guard.moderate(rows["text"][0]).scores["off_topic"]
    with pytest.raises(DataError, match="no column 'post'; the columns are id, text, author, about"):
        small_guard.score_file(path, out, post="post")


def test_blocks_do_not_show(shipped_guard, tmp_path, own_comments):
    """A file longer than a block is scored as if it were one."""
    texts = (own_comments["text"].tolist() * 20)[: BLOCK + 500]
    pd.DataFrame({"text": texts}).to_csv(tmp_path / "in.csv", index=False)
    shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv")
    result = pd.read_csv(tmp_path / "out.csv")
    assert len(result) == BLOCK + 500
    assert np.allclose(result["score_abuse"], shipped_guard.score_frame(pd.DataFrame({"text": texts}))["score_abuse"])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", b"", "is empty"),
        ("in.csv", "text\ncaf\xe9\n".encode("latin-1"), "is not in utf-8-sig"),
        ("in.csv", b"a,b\n1,2\n", "no column 'text'"),
        ("in.csv", b'text,b\n"x,2\ny', "cannot be read as CSV"),
        ("in.jsonl", b'{"text": "a"}\nnot json\n', "line 2 is not JSON"),
        ("in.jsonl", b"[1]\n", "line 1 holds list"),
        ("in.parquet", b"PAR1 but not really", "cannot be read as Parquet"),
        ("in.xlsx", b"x", "cannot tell the format"),
    ],
)
def test_an_unreadable_file_is_refused_and_nothing_written(shipped_guard, tmp_path, name, content, message):
    """The message names the file and what is wrong; no output appears, no part of one stays."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        shipped_guard.score_file(tmp_path / name, tmp_path / "out.csv")
    assert [p.name for p in tmp_path.iterdir()] == [name]


def test_a_failed_run_leaves_the_old_output_alone(shipped_guard, tmp_path):
    """Nothing half-written takes the name of a good file."""
    (tmp_path / "out.csv").write_text("precious")
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' * 5000 + "broken")
    with pytest.raises(DataError, match="line 5001"):
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "precious"


def test_a_missing_folder_and_a_full_disk_are_said(shipped_guard, tmp_path):
    """Both are output errors that name the target."""
    (tmp_path / "in.csv").write_text("text\nhello\n")
    with pytest.raises(OutputError, match="does the folder exist"):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "no" / "out.csv")
    if os.path.exists("/dev/full"):
        code = (
            "import sys; from social_guard import SocialGuard; "
            f"SocialGuard.load().score_file({str(tmp_path / 'in.csv')!r}, '-')"
        )
        with open("/dev/full", "w") as full:
            run = subprocess.run([sys.executable, "-c", code], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        assert run.returncode == 1 and "cannot be written" in run.stderr


def test_standard_input_is_csv_unless_said(shipped_guard, tmp_path, monkeypatch):
    """Lines of JSON are read as such when asked for."""

    class Stdin:
        buffer = io.BytesIO(b"text\nhello\n")

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert shipped_guard.score_file("-", tmp_path / "out.csv") == 1


def test_progress_counts_rows(shipped_guard, tmp_path):
    """A progress bar is told of every row."""

    class Count:
        rows = 0

        def update(self, n):
            self.rows += n

    (tmp_path / "in.csv").write_text("text\n" + "hello\n" * 5000)
    count = Count()
    shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "o.csv", progress=count)
    assert (count.rows, count.total) == (5000, 5000)


@pytest.fixture
def small_parts(monkeypatch):
    """Chunks of a few rows, entered in the journal at once, so that a short file has many."""
    monkeypatch.setattr(chunks, "BLOCK", 40)
    monkeypatch.setattr(resume, "INTERVAL", 0.0)


def test_objects_keep_their_own_keys(shipped_guard, tmp_path):
    """Each is extended: no key comes from another object, no number is written anew; a missing text is marked."""
    lines = ['{"id": 1.0, "text": "Thank you"}', '{"text": "you idiot", "likes": 3}', '{"id": 3}']
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    written = (tmp_path / "out.jsonl").read_text().splitlines()
    assert [line[: len(old) - 1] for line, old in zip(written, lines, strict=True)] == [line[:-1] for line in lines]
    assert [list(json.loads(line))[: -len(shipped_guard._batch_scorer.names)] for line in written] == [["id", "text"], ["text", "likes"], ["id"]]
    assert json.loads(written[2])["error"] == "no text"


def test_keys_that_come_late_become_columns(shipped_guard, tmp_path, small_parts):
    """In CSV, compressed CSV and Parquet alike, before the new columns, and empty where they are missing."""
    rows = [{"text": f"hello {i}"} | ({"late": f"v{i}"} if i >= 90 else {}) for i in range(100)]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    for name, read_table in (("out.csv", pd.read_csv), ("out.csv.gz", pd.read_csv), ("out.parquet", pd.read_parquet)):
        assert shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / name) == 100
        result = read_table(tmp_path / name)
        assert list(result.columns) == ["text", "late", *shipped_guard._batch_scorer.names]
        assert result["late"].dropna().tolist() == [f"v{i}" for i in range(90, 100)]
        assert result["text"].tolist() == [row["text"] for row in rows]


def test_a_missing_column_is_named_with_its_file(shipped_guard, tmp_path):
    """Also in JSON Lines, if none of the first objects has it, and if a later one has the name of a new column."""
    (tmp_path / "in.jsonl").write_text('{"comment": "a"}\n' * 3)
    with pytest.raises(DataError, match=r"in.jsonl: there is no column 'text'; the columns are comment"):
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' * 5000 + '{"text": "a", "action": 1}')
    with pytest.raises(DataError, match=r"in.jsonl: the columns action exist already"):
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


@pytest.mark.parametrize("ending", ["csv.gz", "csv.bz2", "csv.xz", "csv.zst", "jsonl.gz", "jsonl.bz2", "jsonl.xz", "jsonl.zst"])
def test_compressed_output_is_read_by_pandas(shipped_guard, tmp_path, small_parts, ending):
    """Whole, though it was compressed in parts; and by ourselves."""
    pd.DataFrame({"text": [f"hello {i}" for i in range(100)]}).to_csv(tmp_path / "in.csv", index=False)
    shipped_guard.score_file(tmp_path / "in.csv", tmp_path / f"out.{ending}")
    read_table = pd.read_csv if ending.startswith("csv") else lambda path: pd.read_json(path, lines=True)
    assert read_table(tmp_path / f"out.{ending}")["text"].tolist() == [f"hello {i}" for i in range(100)]
    with pytest.raises(DataError, match="exist already"):
        shipped_guard.score_file(tmp_path / f"out.{ending}", tmp_path / "again.csv")


@pytest.mark.parametrize("target", ["csv", "jsonl", "parquet"])
def test_an_empty_table_keeps_its_columns(shipped_guard, tmp_path, target):
    """No rows, no error, and a file that can be read."""
    (tmp_path / "in.csv").write_text("id,text\n")
    pq.write_table(pa.table({"id": pa.array([], pa.int64()), "text": pa.array([], pa.string())}), tmp_path / "in.parquet")
    for source in ("csv", "parquet"):
        assert shipped_guard.score_file(tmp_path / f"in.{source}", tmp_path / f"out.{target}") == 0
        if target != "jsonl":
            assert list(read(tmp_path / f"out.{target}").columns) == ["id", "text", *shipped_guard._batch_scorer.names]
    (tmp_path / "in.jsonl").write_text("")
    assert shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / f"out.{target}") == 0


def test_a_folder_becomes_one_file(shipped_guard, tmp_path):
    """Tables of all formats in the order of their names, and the output in the same folder is not read again."""
    (tmp_path / "b.csv").write_text("text,n\nb,1\n")
    (tmp_path / "a.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n'))
    pq.write_table(pa.table({"text": ["c"], "m": [2.5]}), tmp_path / "c.parquet")
    for _ in range(2):
        assert shipped_guard.score_file(tmp_path, tmp_path / "out.csv") == 3
        result = pd.read_csv(tmp_path / "out.csv")
        assert result["text"].tolist() == ["a", "b", "c"]
        assert list(result.columns[:3]) == ["text", "n", "m"]


def test_the_mark_for_excel(shipped_guard, tmp_path):
    """Only where it is asked for; pandas and we read past it."""
    (tmp_path / "in.csv").write_text("text\ncafé\n", encoding="utf-8")
    for bom in (False, True):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", bom=bom)
        assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbf") == bom
        assert pd.read_csv(tmp_path / "out.csv").columns[0] == "text"


@pytest.mark.parametrize("target", ["csv", "jsonl.gz", "parquet"])
def test_several_processes_write_what_one_does(shipped_guard, tmp_path, small_parts, own_comments, target):
    """To the byte, in order."""
    own_comments[["text"]].head(500).to_json(tmp_path / "in.jsonl", orient="records", lines=True)
    for jobs in (1, 2, -1):
        assert shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / f"{jobs}.{target}", jobs=jobs) == 500
    contents = [plain(tmp_path / f"{jobs}.{target}") for jobs in (1, 2, -1)]
    assert contents[0] == contents[1] == contents[2]


def plain(path):
    """The bytes of a file, without the times that gzip notes."""
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def test_an_error_in_a_worker_is_the_same_error(shipped_guard, tmp_path, small_parts):
    """With the file and the line, and nothing left behind."""
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' * 100 + "broken")
    with pytest.raises(DataError, match=r"in.jsonl: line 101 is not JSON"):
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.csv", jobs=2)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_killed_worker_is_said_and_the_run_resumed(shipped_guard, tmp_path, small_parts):
    """As when the system runs short of memory."""

    class Killer:
        def update(self, n):
            for child in multiprocessing.active_children():
                child.kill()

    (tmp_path / "in.csv").write_text("text\n" + "hello\n" * 4000)
    with pytest.raises(OutputError, match="resume with fewer jobs"):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", jobs=2, progress=Killer())
    assert shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", resume=True) == 4000
    assert pd.read_csv(tmp_path / "out.csv")["text"].tolist() == ["hello"] * 4000


@pytest.mark.parametrize(
    ("source", "target", "jobs"), [("in.csv", "out.csv", 1), ("in.jsonl", "out.jsonl.gz", 2), ("in.csv", "out.parquet", 2)]
)
def test_a_killed_run_is_resumed_to_the_same_bytes(shipped_guard, tmp_path, small_parts, source, target, jobs):
    """Killed at ten random moments and resumed each time, it neither repeats nor loses a row."""
    rows = [{"id": str(i), "text": f"you idiot {i}\nline two"} for i in range(4000)]
    write(pd.DataFrame(rows), tmp_path / source)
    start = time.monotonic()
    assert shipped_guard.score_file(tmp_path / source, tmp_path / f"whole.{target}", jobs=jobs) == 4000
    usual, kills, taken_over, dice = time.monotonic() - start, 0, 0, random.Random(source + target)
    while kills < 10:
        run = multiprocessing.get_context("fork").Process(
            target=shipped_guard.score_file,
            args=(tmp_path / source, tmp_path / target),
            kwargs={"jobs": jobs, "resume": True},
        )
        run.start()
        run.join(dice.uniform(0.0, usual / 3))
        run.kill()
        run.join()
        kills += run.exitcode == -signal.SIGKILL
        if run.exitcode == 0:
            assert plain(tmp_path / target) == plain(tmp_path / f"whole.{target}")
            (tmp_path / target).unlink()
        taken_over = max(taken_over, len(_journal(tmp_path / f"{target}.unfinished")))
    assert shipped_guard.score_file(tmp_path / source, tmp_path / target, resume=True) == 4000
    assert plain(tmp_path / target) == plain(tmp_path / f"whole.{target}")
    assert taken_over > 2 and sorted(path.name for path in tmp_path.iterdir()) == sorted([source, target, f"whole.{target}"])


def _journal(folder):
    return (folder / "journal").read_bytes().splitlines() if (folder / "journal").exists() else []


def test_the_command_is_killed_and_resumed(tmp_path):
    """The whole program with its workers, of which none stays; the second run begins where the first was."""
    rows = [f"hello {i}" for i in range(120_000)]
    (tmp_path / "in.csv").write_text("\n".join(["text", *rows, ""]))
    command = [sys.executable, "-m", "social_guard", "score", "in.csv", "-o", "out.csv", "--jobs", "2", "--resume"]
    environment = os.environ | {"PYTHONPATH": str(Path(chunks.__file__).parents[2])}
    start = {"cwd": tmp_path, "env": environment, "stderr": subprocess.PIPE, "text": True}
    for _ in range(10):  # on a busy machine a run may end before this process has its turn
        with subprocess.Popen(command, **start, start_new_session=True) as run:
            while run.poll() is None and len(_journal(tmp_path / "out.csv.unfinished")) < 2:
                time.sleep(0.01)
            run.kill()
        if run.returncode:
            break
        (tmp_path / "out.csv").unlink()
    assert run.returncode == -signal.SIGKILL
    for _ in range(1000):
        if not _members(run.pid):
            break
        time.sleep(0.01)
    assert _members(run.pid) == []
    done = subprocess.run(command, **start, check=True)
    assert "120,000 comments scored" in done.stderr
    assert pd.read_csv(tmp_path / "out.csv")["text"].tolist() == rows


def _members(session):
    """The processes of a session that still run."""
    states = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            states.append(path.read_text().rpartition(")")[2].split())
    return [state for state in states if state[3] == str(session) and state[0] != "Z"]


@pytest.mark.parametrize("change", ["input", "policy", "options"])
def test_a_run_on_something_else_is_not_resumed(shipped_guard, tmp_path, small_parts, change):
    """What changed is named; without resume it starts anew."""

    class Stop:
        def update(self, n):
            raise KeyboardInterrupt

    (tmp_path / "in.csv").write_text("text,other\n" + "hello,you\n" * 100)
    with pytest.raises(KeyboardInterrupt):
        shipped_guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", progress=Stop())
    guard, options = shipped_guard, {}
    if change == "input":
        os.utime(tmp_path / "in.csv", (1, 1))
    elif change == "policy":
        guard = shipped_guard.with_policy(shipped_guard.policy_text + "\n# a note\n")
    else:
        options = {"text": "other"}
    with pytest.raises(OutputError, match=f"since the {change} changed"):
        guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", resume=True, **options)
    assert guard.score_file(tmp_path / "in.csv", tmp_path / "out.csv", **options) == 100


def test_only_files_can_be_resumed(shipped_guard, tmp_path):
    """Not a stream, which is gone once it was read."""
    (tmp_path / "in.csv").write_text("text\nhello\n")
    for source, target in (("-", tmp_path / "out.csv"), (tmp_path / "in.csv", "-")):
        with pytest.raises(OutputError, match="only from files to a file can be resumed"):
            shipped_guard.score_file(source, target, resume=True)


def test_progress_goes_on_where_the_first_run_stopped(shipped_guard, tmp_path, small_parts):
    """Rows that were done count as such and not for the rate; the total is foreseen from what has been read."""

    class Bar:
        n, initial, total, foreseen = 0, 0, None, []

        def update(self, n):
            self.n += n
            self.foreseen.append(self.total)
            if self.initial == 0 and self.n > 2000:
                raise KeyboardInterrupt

    (tmp_path / "in.jsonl").write_text('{"id": 1234567890, "text": "hello"}\n' * 4000)
    with pytest.raises(KeyboardInterrupt):
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.csv", progress=Bar())
    assert 3500 < Bar.foreseen[-1] < 4500
    bar = Bar()
    assert shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / "out.csv", progress=bar, resume=True) == 4000
    assert (bar.n, bar.initial, bar.total) == (4000, 2040, 4000)


def test_rows_with_other_columns_do_not_go_to_standard_output_as_csv(shipped_guard, tmp_path, small_parts, capfdbinary):
    """Its head has been written by then."""
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' * 50 + '{"text": "a", "late": 1}\n')
    with pytest.raises(DataError, match=r"the rows have different columns \(late\); write CSV to a file, or write JSON Lines"):
        shipped_guard.score_file(tmp_path / "in.jsonl", "-")
    assert shipped_guard.score_file(tmp_path / "in.jsonl", "-", target_format="jsonl") == 51
