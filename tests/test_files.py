import io
import json
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from social_guard.chunks import BLOCK
from social_guard.exceptions import DataError, OutputError

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
