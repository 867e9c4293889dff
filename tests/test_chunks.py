import bz2
import csv
import gzip
import io
import lzma
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard.exceptions import DataError
from social_guard.files import chunks
from social_guard.files.chunks import list_files, read_chunks, split_name
from social_guard.files.tables import parse_rows

CELLS = st.text(st.characters(codec="utf-8"), max_size=8) | st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "x\ny", ' "'])


def read(path, **options):
    """All rows as dicts, by way of chunks."""
    parsed = [parse_rows(chunk) for chunk in read_chunks([str(path)], **options)]
    return [dict(zip(rows.columns, cells, strict=True)) for rows in parsed for cells in rows.cells()]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("text,n\na,1\n", [{"text": "a", "n": "1"}]),
        ("text,n\na,1", [{"text": "a", "n": "1"}]),  # no end of line
        ("\ufefftext,n\r\na,1\r\n", [{"text": "a", "n": "1"}]),  # as Excel writes it
        ("text,n\ra,1\r", [{"text": "a", "n": "1"}]),  # as an old Mac wrote it
        ('text,n\n"a\n\nb, ""c""",1\n', [{"text": 'a\n\nb, "c"', "n": "1"}]),
        ('text,n\n5" pipe,1\n', [{"text": '5" pipe', "n": "1"}]),  # a quotation mark in the middle is one
        ("text,n\na\n\n,1\n", [{"text": "a", "n": ""}, {"text": "", "n": ""}, {"text": "", "n": "1"}]),  # no row is dropped
        ("text,text,n\na,b,1\n", [{"text": "a", "text.1": "b", "n": "1"}]),
        (",text\n0,a\n", [{"": "0", "text": "a"}]),  # a frame's index
        ("text,n\na\x00b,1\n", [{"text": "a\x00b", "n": "1"}]),
        ("text,n\n", []),
    ],
)
def test_csv_is_read_as_it_is_written(tmp_path, content, expected):
    """Whatever program wrote it, every row comes out, also an empty one."""
    (tmp_path / "in.csv").write_bytes(content.encode())
    assert read(tmp_path / "in.csv") == expected


@given(rows=st.lists(st.tuples(CELLS, CELLS), max_size=12))
def test_csv_is_never_cut_inside_a_row(tmp_path_factory, rows):
    """Chunks of two rows together hold exactly the rows that were written."""
    path = tmp_path_factory.mktemp("cut") / "in.csv"
    with open(path, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([("text", "n"), *rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "BLOCK", 2)
        found = list(read_chunks([str(path)]))
        assert [(row["text"], row["n"]) for row in read(path)] == rows
    assert [chunk.rows for chunk in found] == ([2] * (len(rows) // 2) + [1] * (len(rows) % 2) or [0])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("in.csv", b"text,n\na,1,2\n", "line 2 has 3 cells, but there are 2 columns"),
        ("in.csv", b'text,n\n"a,1\nb,2\n', "a quotation mark is not closed"),
        ("in.csv", b'text,n\n"' + b"a" * 5000, "has a line of more than 1,000 characters"),
        ("in.csv", b'text,n\n"' + b"a\n" * 5000, "cannot be read as CSV .field larger than field limit"),
        ("in.jsonl", b'[{"text": "' + b"a" * 5000, "has a line of more than 1,000 characters"),
        ("in.csv.gz", b"text\na\n", "cannot be read as CSV .*gzip"),
        ("in.jsonl.gz", gzip.compress(b'{"text": "a"}\n', mtime=0)[:-4], "cannot be read as JSON Lines"),
        ("in.csv.xz", b"text\na\n", "cannot be read as CSV"),
        ("in.csv.bz2", b"text\na\n", "cannot be read as CSV"),
        ("in.csv.zst", b"text\na\n", "cannot be read as CSV"),
        ("in.parquet.gz", b"", "Parquet compresses its own columns; leave out .gz"),
        ("in.txt.gz", b"", "cannot tell the format from '.txt'"),
    ],
)
def test_damage_is_named(tmp_path, monkeypatch, name, content, message):
    """The file, the line where there is one, and what is wrong; an open quotation mark does not fill the memory."""
    monkeypatch.setattr(chunks, "LONGEST_LINE", 1000)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message) as error:
        read(tmp_path / name)
    assert name in str(error.value)


def test_an_unknown_encoding_is_named(tmp_path):
    """So is text that is in another one; the right one reads it."""
    (tmp_path / "in.csv").write_bytes("text\ncafé\n".encode("cp1252"))
    with pytest.raises(DataError, match="unknown encoding: cp9"):
        read(tmp_path / "in.csv", encoding="cp9")
    with pytest.raises(DataError, match="is not in utf-8-sig"):
        read(tmp_path / "in.csv")
    assert read(tmp_path / "in.csv", encoding="cp1252") == [{"text": "café"}]


@pytest.mark.parametrize(
    ("ending", "compress"),
    [(".gz", gzip.compress), (".bz2", bz2.compress), (".xz", lzma.compress), (".zst", pa.Codec("zstd").compress)],
)
def test_compressed_files_are_read(tmp_path, ending, compress):
    """Also those of several parts, one behind the other."""
    lines = [bytes(compress(line)) for line in (b'{"text": "a"}\n', b'{"text": "b"}\n')]
    (tmp_path / f"in.jsonl{ending}").write_bytes(b"".join(lines))
    assert read(tmp_path / f"in.jsonl{ending}") == [{"text": "a"}, {"text": "b"}]


def test_json_lines_are_counted_as_a_person_does(tmp_path):
    """Only a line feed ends a line; an empty line is none; a bad one is named by its number."""
    content = '{"text": "a\u2028b\x85"}\r\n\n  \n{"text": "c"}'
    (tmp_path / "in.jsonl").write_text(content, encoding="utf-8", newline="")
    assert read(tmp_path / "in.jsonl") == [{"text": "a\u2028b\x85"}, {"text": "c"}]
    assert [chunk.rows for chunk in read_chunks([str(tmp_path / "in.jsonl")])] == [2]
    (tmp_path / "in.jsonl").write_text(content + "\n{]", encoding="utf-8", newline="")
    with pytest.raises(DataError, match="line 5 is not JSON"):
        read(tmp_path / "in.jsonl")


def test_parquet_is_read_in_small_parts(tmp_path, monkeypatch):
    """Whatever the size of its row groups; an empty file is a chunk without rows."""
    monkeypatch.setattr(chunks, "BLOCK", 10)
    pq.write_table(pa.table({"text": ["a"] * 25}), tmp_path / "in.parquet")
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "none.parquet")
    found = list(read_chunks([str(tmp_path / "in.parquet"), str(tmp_path / "none.parquet")]))
    assert [(chunk.rows, chunk.line) for chunk in found] == [(10, 1), (10, 11), (5, 21), (0, 1)]
    assert parse_rows(found[-1]).columns == ["text"]


def test_long_texts_end_a_chunk_early(tmp_path, monkeypatch):
    """So that the memory does not depend on how much people write."""
    monkeypatch.setattr(chunks, "CHUNK_SIZE", 100)
    for name, line in (("in.csv", "x" * 60 + "\n"), ("in.jsonl", '{"text": "' + "x" * 60 + '"}\n')):
        (tmp_path / name).write_text("text\n" * (name == "in.csv") + line * 5)
        assert [chunk.rows for chunk in read_chunks([str(tmp_path / name)])] == [2, 2, 1]


def test_the_share_of_the_input_rises_to_one(tmp_path, monkeypatch):
    """Over all files together, by their sizes."""
    monkeypatch.setattr(chunks, "BLOCK", 1000)
    (tmp_path / "a.csv").write_text("text\n" + "hello\n" * 50_000)
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(b'{"text": "a"}\n' * 5_000))
    pq.write_table(pa.table({"text": ["a"] * 5_000}), tmp_path / "c.parquet")
    shares = [chunk.share for chunk in read_chunks(list_files(str(tmp_path)))]
    assert shares == sorted(shares) and 0 < shares[0] < 0.5 and shares[-1] == 1.0


def test_a_folder_is_its_tables_in_order(tmp_path):
    """Those in folders below it as well; notes, hidden files, other files and the output itself are none."""
    for name in ("b.csv", "a.jsonl.gz", "day=1/x.parquet", "_SUCCESS", ".a.csv.crc", "_notes/x.csv", "readme.txt", "out.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    found = list_files(str(tmp_path), without=str(tmp_path / "out.csv"))
    assert found == [str(tmp_path / name) for name in ("a.jsonl.gz", "b.csv", "day=1/x.parquet")]
    (tmp_path / "a.jsonl.gz").rename(tmp_path / "_notes" / "notes.txt")
    with pytest.raises(DataError, match="no comments found; it should hold files ending in .csv"):
        list_files(str(tmp_path / "_notes"), without=str(tmp_path / "_notes" / "x.csv"))


def test_standard_input_is_csv_unless_said(monkeypatch):
    """Lines of JSON are read as such when asked for; the stream stays open."""

    class Stdin:
        buffer = io.BytesIO(b'{"text": "a"}\n')

    monkeypatch.setattr(sys, "stdin", Stdin)
    assert read("-", source_format="jsonl") == [{"text": "a"}]
    assert not Stdin.buffer.closed


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("a.csv", None, ("csv", "")),
        ("A.NDJSON.GZ", None, ("jsonl", ".gz")),
        ("a.b.parquet", None, ("parquet", "")),
        ("-", None, ("csv", "")),
        ("a.tsv.zst", "csv", ("csv", ".zst")),
        ("no-ending", "parquet", ("parquet", "")),
    ],
)
def test_the_name_says_what_a_file_holds(name, given, expected):
    """Unless the format is given; the compression is always in the name."""
    assert split_name(name, given) == expected


def test_row_groups_of_any_size_are_read_in_order(tmp_path, monkeypatch):
    """Small ones share a chunk, large ones are cut, and none is read before its turn."""
    monkeypatch.setattr(chunks, "BLOCK", 40)
    sizes = [3, 0, 1, 90, 7, *[1] * 50, 2]
    schema, start = pa.schema([("text", pa.int64())]), 0
    with pq.ParquetWriter(tmp_path / "in.parquet", schema) as writer:
        for size in sizes:
            writer.write_table(pa.table({"text": range(start, start + size)}, schema=schema))
            start += size
    found = list(read_chunks([str(tmp_path / "in.parquet")]))
    assert [value for chunk in found for value in chunk.content["text"].to_pylist()] == list(range(sum(sizes)))
    assert [chunk.rows for chunk in found] == [40, 40, 14, 40, 19] and found[-1].share == 1.0
