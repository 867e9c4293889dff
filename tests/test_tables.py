import json
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard.exceptions import DataError, OutputError
from social_guard.files.chunks import Chunk
from social_guard.files.tables import Layout, arrow_columns, parse_rows

NEW = {
    "score": np.array([0.1, np.nan]),
    "review": np.array([False, True]),
    "error": np.array([None, "no text"], object),
}
TAIL = ['"score":0.1,"review":false,"error":null}', '"score":null,"review":true,"error":"no text"}']


def jsonl(*lines):
    return Chunk("in.jsonl", "jsonl", len(lines), 1, "\n".join(lines))


def arrow(**columns):
    batch = pa.record_batch(columns)
    return Chunk("in.parquet", "parquet", len(batch), 1, batch)


def joined(tmp_path, layout, *chunks, columns=None):
    """The file that pieces of these chunks make, without new columns."""
    parsed = [parse_rows(chunk) for chunk in chunks]
    pieces = [(layout.piece(rows, NONE), tuple(rows.columns)) for rows in parsed]
    columns = columns or tuple(dict.fromkeys(name for rows in parsed for name in rows.columns))
    layout.join(lambda: iter(pieces), columns, str(tmp_path / "out"))
    return tmp_path / "out"


NONE = {"error": np.array([None, None], object)}


@pytest.mark.parametrize(
    ("line", "start"),
    [
        ('{"text": "a", "n": 1.0}', '{"text": "a", "n": 1.0,'),
        ('{"n":1e400,"id":12345678901234567890123,"text":"caf\\u00e9"}', '{"n":1e400,"id":12345678901234567890123,"text":"caf\\u00e9",'),
        ('{"text": "\\ud83d", "same": 1, "same": 2}', '{"text": "\\ud83d", "same": 1, "same": 2,'),
        (' { "text" : {"deep": [1, {}]} } \r', '{ "text" : {"deep": [1, {}]},'),
        ("{ }", "{"),
    ],
)
def test_a_json_object_is_extended_and_not_made_anew(line, start):
    """Its keys, their order, its numbers and its escapes stay to the letter; each object has its own keys."""
    written = Layout("jsonl").piece(parse_rows(jsonl(line, '{"x": 1}')), NEW).decode()
    assert written == f'{start}{TAIL[0]}\n{{"x": 1,{TAIL[1]}\n'


def test_json_values_are_what_the_objects_hold():
    """A key that an object lacks is a missing value; columns are all keys in the order of their appearance."""
    rows = parse_rows(jsonl('{"text": "a"}', '{"id": 2}', '{"id": null, "text": 3}'))
    assert (rows.columns, rows.values("text"), rows.values("id")) == (["text", "id"], ["a", None, 3], [None, 2, None])


@pytest.mark.parametrize(("line", "message"), [("no", "line 2 is not JSON"), ("[1]", "line 2 holds list"), ("[" * 10**5, "line 2 is not JSON")])
def test_a_line_that_is_no_object_is_named(line, message):
    """With its number and what it is."""
    with pytest.raises(DataError, match=message):
        parse_rows(jsonl("{}", line))


@given(st.lists(st.dictionaries(st.text(max_size=3), st.none() | st.booleans() | st.integers() | st.floats() | st.text()), min_size=2, max_size=2))
def test_extended_objects_are_the_old_ones_and_the_new_columns(objects):
    """For any objects, also with keys of no letters, NaN and half surrogates."""
    lines = [json.dumps(one) for one in objects]
    written = Layout("jsonl").piece(parse_rows(jsonl(*lines)), NEW).decode().splitlines()
    added = [{"score": 0.1, "review": False, "error": None}, {"score": None, "review": True, "error": "no text"}]
    expected = [repr(one | new) for one, new in zip(objects, added, strict=True)]
    assert [repr(json.loads(line)) for line in written] == expected


def test_csv_from_json_has_all_keys(tmp_path):
    """Values with parts are JSON; nothing is an empty cell; a half surrogate is the replacement character."""
    chunks = jsonl('{"text": "a\\ud83d", "n": [1, {"b": "é"}]}', '{"text": null}'), jsonl('{"id": 7}', '{"text": "x,y"}')
    path = joined(tmp_path, Layout("csv"), *chunks, columns=("text", "n", "id", "error"))
    text = path.read_text(encoding="utf-8")
    assert text == 'text,n,id,error\na\ufffd,"[1, {""b"": ""é""}]",,\n,,,\n,,7,\n"x,y",,,\n'


def test_a_carriage_return_stays_inside_its_cell():
    """Also alone, where readers see the end of a row unless the cell is quoted."""
    written = Layout("csv").piece(parse_rows(jsonl('{"text": "a\\rb"}', '{"text": "c"}')), NEW)
    assert written.decode() == '"a\rb","0.1","False",""\n"c","","True","no text"\n'


def test_json_from_parquet_is_valid():
    """NaN is null, times are ISO 8601, nothing is missing."""
    rows = parse_rows(arrow(n=[1.5, float("nan")], when=[datetime(2026, 1, 2, 3), None], tags=[["a"], []], raw=[b"a", None]))
    written = [json.loads(line) for line in Layout("jsonl").piece(rows, NEW).splitlines()]
    assert written[0] == {"n": 1.5, "when": "2026-01-02T03:00:00", "tags": ["a"], "raw": "YQ==", "score": 0.1, "review": False, "error": None}
    assert written[1] == {"n": None, "when": None, "tags": [], "raw": None, "score": None, "review": True, "error": "no text"}


def test_csv_from_parquet():
    """As people read it."""
    rows = parse_rows(arrow(n=[1.5, float("nan")], when=[datetime(2026, 1, 2, 3), None], tags=[["a"], []], yes=[True, None]))
    written = Layout("csv").piece(rows, NEW).decode()
    assert written == '1.5,2026-01-02 03:00:00,"[""a""]",True,0.1,False,\n,,[],,,True,no text\n'


def test_parquet_keeps_types_and_index(tmp_path):
    """Of dates, categories, nested values and small numbers; what pandas noted about the index still holds."""
    frame = pd.DataFrame(
        {"text": ["a", None], "n": np.array([1, 2], np.int8), "when": pd.to_datetime(["2026-01-01", None]), "deep": [[1], None]},
        index=pd.Index([5, 3], name="key"),
    )
    table = pa.Table.from_pandas(frame)
    chunk = Chunk("in.parquet", "parquet", 2, 1, table.to_batches()[0])
    path = joined(tmp_path, Layout("parquet"), chunk, columns=(*table.schema.names, "error"))
    assert pq.read_schema(path).remove(5).types == table.schema.types
    pd.testing.assert_frame_equal(pd.read_parquet(path).drop(columns="error"), frame, check_column_type=False)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (["1", "null"], ["2", "3"], [1, None, 2, 3]),
        (["null", "null"], ['"a"', "null"], [None, None, "a", None]),
        (["null", "null"], ["null", "null"], [None] * 4),
        (["1", "2"], ["0.5", "null"], [1.0, 2.0, 0.5, None]),
        (["1", "2"], ['"a"', "null"], ["1", "2", "a", None]),
        (["1", '"a"'], ["true", "2.5"], ["1", "a", "true", "2.5"]),
        (["true", "1"], ["false", "0"], ["true", "1", "false", "0"]),
        (["[1]", '{"a": null}'], ["null", "null"], ["[1]", '{"a": null}', None, None]),
        (["123456789012345678901", "1"], ["null", "null"], ["123456789012345678901", "1", None, None]),
    ],
)
def test_parquet_from_json_has_the_type_that_holds_all(tmp_path, first, second, expected):
    """Whole numbers among others become such, mixtures and values with parts text; the first rows decide nothing."""
    chunks = [jsonl(*(f'{{"n": {value}}}' for value in values)) for values in (first, second)]
    path = joined(tmp_path, Layout("parquet"), *chunks, columns=("n", "error"))
    assert pq.read_table(path)["n"].to_pylist() == expected


def test_parquet_from_json_has_all_keys(tmp_path):
    """Keys that come late, too."""
    path = joined(tmp_path, Layout("parquet"), jsonl('{"a": 1}', "{}"), jsonl('{"b": "x"}', '{"b": "\\udc00"}'), columns=("a", "b", "error"))
    assert pq.read_table(path).select(["a", "b"]).to_pylist() == [
        {"a": 1, "b": None}, {"a": None, "b": None}, {"a": None, "b": "x"}, {"a": None, "b": "\ufffd"},
    ]  # fmt: skip


def test_numbers_that_would_lose_digits_are_refused(tmp_path):
    """A long id among fractions is not rounded in silence."""
    chunks = jsonl('{"n": 9007199254740993}', "{}"), jsonl('{"n": 0.5}', "{}")
    with pytest.raises(OutputError, match="write JSON Lines instead"):
        joined(tmp_path, Layout("parquet"), *chunks, columns=("n", "error"))


def test_row_groups_are_large(tmp_path):
    """Pieces of some thousand rows are gathered, as readers of Parquet want it."""
    many = Chunk("in.parquet", "parquet", 4096, 1, pa.record_batch({"n": range(4096)}))
    layout = Layout("parquet")
    piece = layout.piece(parse_rows(many), {"error": np.full(4096, None, object)}), ("n", "error")
    layout.join(lambda: iter([piece] * 33), ("n", "error"), str(tmp_path / "out"))
    metadata = pq.read_metadata(tmp_path / "out")
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [65536, 65536, 4096]


def test_new_columns_have_types_also_where_they_are_empty():
    """A column without a value is not of the type of nothing."""
    types = [str(column.type) for column in arrow_columns({k: v[:0] for k, v in NEW.items()}).values()]
    assert types == ["double", "bool", "string"]


@pytest.mark.parametrize(
    ("layout", "columns", "fits"),
    [
        (Layout("csv"), [("a",), ("a",)], True),
        (Layout("csv"), [("a",), ("a", "b")], False),
        (Layout("csv", ".gz"), [("a",), ("a",)], True),
        (Layout("csv", ".zst"), [("a",)], False),
        (Layout("jsonl"), [("a",), ("b",)], True),
        (Layout("jsonl", ".zst"), [("a",)], False),
        (Layout("parquet"), [("a",)], False),
    ],
)
def test_when_pieces_are_the_file_already(layout, columns, fits):
    """Lines are, as long as they have the same columns."""
    assert layout.fits(columns) == fits


def test_the_mark_for_excel_stands_first():
    """And only in CSV."""
    assert Layout("csv", "", True).head(("a", "b")) == b"\xef\xbb\xbfa,b\n"
    assert (Layout("csv").head(("a",)), Layout("jsonl", "", True).head(("a",)), Layout("parquet").head(("a",))) == (b"a\n", b"", b"")


def test_an_index_that_pandas_wrote_is_a_column_of_the_frame():
    """As it is of every output; what else stands in the notes of pandas is not even read."""
    table = pa.Table.from_pandas(pd.DataFrame({"text": ["a", "b"]}, index=pd.Index(["007", "8"], name="id")))
    (batch,) = table.to_batches()
    for notes in (batch.schema.metadata, {b"pandas": b"\x80"}):
        rows = parse_rows(Chunk("in.parquet", "parquet", 2, 1, batch.replace_schema_metadata(notes)))
        assert rows.frame()["id"].tolist() == rows.values("id") == ["007", "8"]
