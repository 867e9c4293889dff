"""Scored by a real Spark on this machine. Without Java or pyspark it is skipped, except where all parts are required."""

import os
import shutil
import sys

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from social_guard.exceptions import DataError, MissingExtraError
from social_guard.spark import score_spark

NEEDED = os.environ.get("SOCIAL_GUARD_REQUIRE_ALL") == "1"
pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


@pytest.fixture(scope="module")
def spark():
    """A session with two cores."""
    if not NEEDED and not shutil.which("java"):
        pytest.skip("Java is not installed; on Debian: apt-get install default-jre-headless")
    if not NEEDED:
        pytest.importorskip("pyspark", reason="run: pip install 'social_guard[spark]'")
    from pyspark.sql import SparkSession

    os.environ["PYSPARK_PYTHON"] = sys.executable
    plain = {"spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false", "spark.driver.bindAddress": "127.0.0.1"}
    session = SparkSession.builder.master("local[2]").config(map=plain).getOrCreate()
    session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


@pytest.fixture(scope="module")
def comments(own_comments):
    """Some comments, nulls among them."""
    texts = own_comments["text"].head(600).tolist()
    return [{"id": i, "text": None if i % 50 == 7 else text, "tags": ["a", str(i % 3)]} for i, text in enumerate(texts)]


@pytest.fixture(scope="module")
def expected(shipped_guard, comments):
    """What the guard gives here, row for row."""
    table = pa.Table.from_pylist(comments)
    return [old | new for old, new in zip(comments, shipped_guard.score_arrow(table).to_pylist(), strict=True)]


def rows(frame):
    return sorted((row.asDict(recursive=True) for row in frame.collect()), key=lambda row: row["id"])


@pytest.mark.parametrize("split", ["many", "skewed", "one"])
def test_spark_gives_what_the_guard_gives(spark, shipped_guard, comments, expected, split):
    """To the bit, with many partitions, with one that holds nearly all beside empty ones, and with one alone."""
    frame = spark.createDataFrame(comments, "id long, text string, tags array<string>")
    if split == "skewed":
        from pyspark.sql.functions import when

        frame = frame.repartition(12, when(frame.id < 590, 0).otherwise(frame.id))
        sizes = frame.rdd.glom().map(len).collect()
        assert max(sizes) >= 590 and min(sizes) == 0
    else:
        frame = frame.repartition(24 if split == "many" else 1)
    assert rows(score_spark(shipped_guard, frame)) == expected


def test_spark_with_posts(spark, small_guard):
    """A column of posts, some of them null."""
    data = [("Thank you all", "Thank you to our volunteers"), ("Thank you all", None)]
    frame = spark.createDataFrame(data, "text string, post string")
    scored = [row.score_off_topic for row in score_spark(small_guard, frame, post="post").collect()]
    assert scored == [small_guard.moderate(*row).scores["off_topic"] for row in data] and scored[0] != scored[1]


def test_spark_types_and_nulls(spark, shipped_guard, tmp_path):
    """The new columns are typed beforehand; a frame of nulls, and one without rows, go through to Parquet and back."""
    for name, data in (("nulls", [(None,)] * 3), ("none", [])):
        scored = score_spark(shipped_guard, spark.createDataFrame(data, "text string"))
        scored.write.parquet(str(tmp_path / name))
        table = pq.read_table(tmp_path / name)
        assert table.schema.names == ["text", *shipped_guard._batch_scorer.names]
        assert table["error"].to_pylist() == ["no text"] * len(data) and table["needs_review"].to_pylist() == [True] * len(data)
    assert dict(scored.dtypes)["score_spam"] == "double" and dict(scored.dtypes)["needs_review"] == "boolean"


def test_wrong_columns_are_named_before_the_job(spark, shipped_guard):
    """Not hours later in a worker."""
    with pytest.raises(DataError, match="no column 'text'; the columns are comment"):
        score_spark(shipped_guard, spark.createDataFrame([("a",)], "comment string"))
    with pytest.raises(DataError, match="the columns action exist already"):
        score_spark(shipped_guard, spark.createDataFrame([("a", 1)], "text string, action int"))


def test_spark_reads_our_files(spark, shipped_guard, tmp_path):
    """CSV, with the options that CSV with quotation marks and line ends in its cells needs; JSON Lines, plain and compressed; Parquet."""
    texts = ["plain", 'a "quoted" word, and a comma', "two\nlines", "a\rb", "back\\slash\\", "café 🙂", None]
    pd.DataFrame({"id": range(len(texts)), "text": texts}).to_json(tmp_path / "in.jsonl", orient="records", lines=True)
    readers = {
        "csv": lambda path: spark.read.csv(path, header=True, multiLine=True, escape='"'),
        "csv.gz": lambda path: spark.read.csv(path, header=True, multiLine=True, escape='"'),
        "jsonl": spark.read.json,
        "jsonl.gz": spark.read.json,
        "jsonl.bz2": spark.read.json,
        "parquet": spark.read.parquet,
    }
    for ending, read in readers.items():
        shipped_guard.score_file(tmp_path / "in.jsonl", tmp_path / f"out.{ending}")
        found = [row["text"] for row in sorted(read(str(tmp_path / f"out.{ending}")).collect(), key=lambda row: int(row["id"]))]
        assert found == texts, ending


def test_a_guard_reads_what_spark_wrote(spark, shipped_guard, comments, expected, tmp_path):
    """A folder of compressed parts with its notes."""
    spark.createDataFrame(comments, "id long, text string, tags array<string>").repartition(5).write.parquet(str(tmp_path / "in"))
    assert shipped_guard.score_file(tmp_path / "in", tmp_path / "out.parquet") == len(comments)
    assert sorted(pq.read_table(tmp_path / "out.parquet").to_pylist(), key=lambda row: row["id"]) == expected


def test_without_pyspark_the_pip_line_is_said(shipped_guard, monkeypatch):
    """The error says what to install."""
    monkeypatch.setitem(sys.modules, "pyspark.sql.pandas.types", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'social_guard\[spark\]'"):
        score_spark(shipped_guard, None)
