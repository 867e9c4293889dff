"""Rows of the three formats, each of which can be given new columns and written as any other.

What was in the input is passed on and not made anew wherever that can be: a JSON object keeps its own keys, numbers
and order, and the new keys stand behind them; columns of Parquet keep their types. From JSON to CSV or Parquet, the
columns are all the keys that occur, and values that are lists or objects are written as JSON text.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import chain
from typing import Any, Protocol

import numpy as np

from ..exceptions import DataError, OutputError
from .chunks import Chunk, csv_rows, decompressed

NewColumns = Mapping[str, np.ndarray[Any, Any]]
"""What scoring adds: float columns with NaN for nothing, object columns of str or None, bool columns."""
Pieces = Callable[[], Iterator[tuple[bytes, Sequence[str]]]]
ROW_GROUP = 1 << 16
"""Rows in a row group of Parquet."""
_FORMULA = re.compile(r"(?![+-]?(?:[0-9][0-9.,]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?%?$)[' \u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20\t\r\n]")
"""What a spreadsheet takes for a formula; a number with its sign is none."""


class Rows(Protocol):
    """Parsed rows of a chunk, whatever they were kept in."""

    columns: Sequence[str]

    def values(self, column: str) -> list[Any]:
        """The values of one column; None where there is nothing."""

    def cells(self) -> Iterable[Sequence[Any]]:
        """Each row as cells of CSV."""

    def objects(self) -> Iterable[bytes]:
        """Each row as a JSON object in UTF-8."""

    def arrow(self) -> Any:
        """All rows as a pyarrow.Table."""

    def frame(self) -> Any:
        """All rows as a pandas.DataFrame."""


def parse_rows(chunk: Chunk) -> Rows:
    """Parse a chunk.

    Raises
    ------
    DataError
        When a line is not a JSON object.
    """
    kinds: dict[str, Callable[[Chunk], Rows]] = {"csv": _CsvRows, "jsonl": _JsonRows, "parquet": _ArrowRows}
    return kinds[chunk.format](chunk)


class _CsvRows:
    """Cells of text; an empty one is a missing value."""

    def __init__(self, chunk: Chunk) -> None:
        width = len(chunk.columns)
        self.columns: Sequence[str] = chunk.columns
        lines = io.StringIO(chunk.content, newline="")
        self._rows = [row + [""] * (width - len(row)) for row in csv_rows(lines)]

    def values(self, column: str) -> list[Any]:
        """Empty cells are None."""
        position = self.columns.index(column)
        return [row[position] or None for row in self._rows]

    def cells(self) -> Iterable[Sequence[Any]]:
        """As they were read."""
        return self._rows

    def objects(self) -> Iterable[bytes]:
        """Empty cells are null."""
        return (_to_json({name: cell or None for name, cell in zip(self.columns, row, strict=True)}) for row in self._rows)

    def arrow(self) -> Any:
        """Every column is text."""
        import pyarrow as pa

        return pa.table({name: pa.array(self.values(name), pa.string()) for name in self.columns})

    def frame(self) -> Any:
        """Every cell is text or None."""
        import pandas as pd

        return pd.DataFrame({name: self.values(name) for name in self.columns}, dtype=object)


class _JsonRows:
    """JSON objects, each with keys of its own, beside the lines that they were read from."""

    def __init__(self, chunk: Chunk) -> None:
        numbered = [(chunk.line + i, line) for i, line in enumerate(chunk.content.split("\n")) if line and not line.isspace()]
        self._lines = [line for _, line in numbered]
        self._rows = [_parse_line(line, number, chunk.source) for number, line in numbered]
        halves = "\\ud" in chunk.content or "\\uD" in chunk.content
        self._clean = _without_halves(self._rows) if halves else self._rows
        self.columns: Sequence[str] = list(dict.fromkeys(chain.from_iterable(self._clean)))

    def values(self, column: str) -> list[Any]:
        """A key that an object lacks is None."""
        return [row.get(column) for row in self._rows]

    def cells(self) -> Iterable[Sequence[Any]]:
        """A cell for each key of any object."""
        return ([_cell(row.get(name)) for name in self.columns] for row in self._clean)

    def objects(self) -> Iterable[bytes]:
        """As they were written."""
        return (line.strip().encode("utf-8", "replace") for line in self._lines)

    def arrow(self) -> Any:
        """With types by what the values have in common."""
        import pyarrow as pa

        return pa.table({name: _arrow_column([row.get(name) for row in self._clean]) for name in self.columns})

    def frame(self) -> Any:
        """As objects of Python."""
        import pandas as pd

        return pd.DataFrame(self._rows, columns=self.columns, dtype=object)


class _ArrowRows:
    """Typed columns."""

    def __init__(self, chunk: Chunk) -> None:
        import pyarrow as pa

        self._table = pa.Table.from_batches([chunk.content])
        self.columns: Sequence[str] = self._table.schema.names

    def values(self, column: str) -> list[Any]:
        """As objects of Python."""
        return self._table[column].to_pylist()

    def cells(self) -> Iterable[Sequence[Any]]:
        """As text, and as JSON where a value has parts."""
        return zip(*(map(_cell, self._table[name].to_pylist()) for name in self.columns), strict=True)

    def objects(self) -> Iterable[bytes]:
        """Every column in every object."""
        return map(_to_json, self._table.to_pylist())

    def arrow(self) -> Any:
        """As they were read."""
        return self._table

    def frame(self) -> Any:
        """With the types of Arrow; what pandas noted of an index is passed over, so that this stays a column."""
        import pandas as pd

        return self._table.replace_schema_metadata().to_pandas(types_mapper=pd.ArrowDtype)


def _parse_line(line: str, number: int, source: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{source}: line {number} is not JSON ({error}); each line must hold one object") from error
    if not isinstance(row, dict):
        raise DataError(f"{source}: line {number} holds {type(row).__name__}; each line must hold one object")
    return row


def _without_halves(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Half of a surrogate pair, which JSON can hold and UTF-8 cannot, becomes the replacement character."""
    return json.loads(json.dumps(rows, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace"))


def _to_json(value: Any) -> bytes:
    """NaN becomes null, which JSON has no other word for; times are in ISO 8601, bytes in base 64."""
    import msgspec

    return msgspec.json.encode(value, enc_hook=str)


def _cell(value: Any) -> Any:
    """A value as a cell of CSV; nothing, and what is not a number, is an empty cell."""
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None or _is_nan(value) else value


def _is_nan(value: Any) -> bool:
    return isinstance(value, float) and math.isnan(value)


def _arrow_column(values: list[Any]) -> Any:
    """A column of Parquet for values of JSON; of text where they have no other type in common."""
    import pyarrow as pa

    flat = [json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value for value in values]
    try:
        return pa.array(flat)
    except (pa.ArrowException, OverflowError):
        return pa.array([v if v is None or isinstance(v, str) else json.dumps(v) for v in flat], pa.string())


# --------------------------------------------------------------------------------------------------------- writing


@dataclass(frozen=True)
class Layout:
    """How a table is written: a head, then pieces of rows that are made apart and stand behind one another.

    Attributes
    ----------
    format : {"csv", "jsonl", "parquet"}
        Pieces of Parquet are streams of Arrow, which `join` turns into one file.
    compression : str
        One of `files.chunks.COMPRESSIONS`, or empty. Pieces are compressed one by one, as each of these formats allows;
        only Zstandard is compressed by `join`, since some of its readers stop where the first piece ends.
    bom : bool
        Whether CSV is for Excel: it begins with the mark by which Excel knows UTF-8, and a cell that Excel would take for a
        formula has a quote in front.
    """

    format: str
    compression: str = ""
    bom: bool = False

    def head(self, columns: Sequence[str]) -> bytes:
        """What stands before the first row."""
        return _pack(self._plain_head(columns), self._by_piece) if self.format == "csv" else b""

    def piece(self, rows: Rows, new: NewColumns) -> bytes:
        """Rows with their new columns, ready to stand behind others."""
        if self.format == "parquet":
            return _arrow_stream(_extended(rows.arrow(), new))
        if self.format == "csv":
            cells = [[*old, *added] for old, added in _pairs(rows.cells(), new)]
            return _pack(_csv_bytes(_without_formulas(cells) if self.bom else cells), self._by_piece)
        lines = (_joined_object(old, _to_json(dict(zip(new, added, strict=True)))) for old, added in _pairs(rows.objects(), new))
        return _pack(b"".join(lines), self._by_piece)

    def fits(self, columns: Sequence[Sequence[str]]) -> bool:
        """Whether pieces with these columns, one behind the other, are the file already."""
        same = self.format == "jsonl" or all(names == columns[0] for names in columns)
        return same and self.format != "parquet" and self.compression != ".zst"

    def join(self, pieces: Pieces, columns: Sequence[str], path: str) -> None:
        """Write pieces as one file with all the columns.

        Parameters
        ----------
        pieces : callable
            Gives every piece with its columns, each time it is called.
        columns : sequence of str
            All that occur, in order.
        path : str
        """
        if self.format == "parquet":
            _join_parquet(pieces, columns, path)
            return
        with _compressing(path, self.compression) as stream:
            stream.write(self._plain_head(columns) if self.format == "csv" else b"")
            for content, names in pieces():
                plain = decompressed(io.BytesIO(content), self._by_piece).read()
                stream.write(plain if self.format == "jsonl" or names == columns else _spread(plain, names, columns))

    @property
    def _by_piece(self) -> str:
        return "" if self.compression == ".zst" else self.compression

    def _plain_head(self, columns: Sequence[str]) -> bytes:
        return codecs.BOM_UTF8 + _csv_bytes(_without_formulas([columns])) if self.bom else _csv_bytes([columns])


def _pairs(old: Iterable[Any], new: NewColumns) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """What each row had with what it gets."""
    return zip(old, zip(*(_plain(column) for column in new.values()), strict=True), strict=True)


def _plain(column: np.ndarray[Any, Any]) -> list[Any]:
    if column.dtype.kind != "f" or not np.isnan(column).any():
        return column.tolist()
    return [None if _is_nan(value) else value for value in column.tolist()]


def _joined_object(old: bytes, new: bytes) -> bytes:
    start = old[:-1].rstrip()
    return start + (b"" if start == b"{" else b",") + new[1:] + b"\n"


def _without_formulas(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [[f"'{cell}" if isinstance(cell, str) and _FORMULA.match(cell) else cell for cell in row] for row in rows]


def _csv_bytes(rows: Sequence[Sequence[Any]]) -> bytes:
    text = _csv_text(rows, csv.QUOTE_MINIMAL)
    if "\r" in text:  # before 3.13, Python leaves such a cell bare, and readers see the end of a row in it
        text = _csv_text(rows, csv.QUOTE_ALL)
    return text.encode()


def _csv_text(rows: Sequence[Sequence[Any]], quoting: Any) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n", quoting=quoting).writerows(rows)
    return text.getvalue()


def _spread(content: bytes, names: Sequence[str], columns: Sequence[str]) -> bytes:
    """Rows of CSV with empty cells for the columns that they lack."""
    places = [names.index(name) if name in names else None for name in columns]
    rows = csv_rows(io.StringIO(content.decode(), newline=""))
    return _csv_bytes([["" if place is None else row[place] for place in places] for row in rows])


def _pack(content: bytes, compression: str) -> bytes:
    return import_module(_LIBRARIES[compression]).compress(content) if compression else content


def _compressing(path: str, compression: str) -> Any:
    """A file to write to, which compresses."""
    if compression == ".zst":
        import pyarrow as pa

        return pa.output_stream(path, compression="zstd")
    return import_module(_LIBRARIES[compression]).open(path, "wb")


_LIBRARIES = {"": "io", ".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}


# --------------------------------------------------------------------------------------------------------- Parquet


def arrow_columns(new: NewColumns) -> dict[str, Any]:
    """New columns as arrays of Arrow, typed also where they are empty."""
    import pyarrow as pa

    kinds = {"f": pa.float64(), "b": pa.bool_(), "O": pa.string()}
    return {name: pa.array(column, kinds[column.dtype.kind], from_pandas=True) for name, column in new.items()}


def _extended(table: Any, new: NewColumns) -> Any:
    for name, column in arrow_columns(new).items():
        table = table.append_column(name, column)
    return table


def _arrow_stream(table: Any) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _join_parquet(pieces: Pieces, columns: Sequence[str], path: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    met = (pa.ipc.open_stream(content).schema for content, _ in pieces())
    schema = _common_schema(list({schema.serialize().to_pybytes(): schema for schema in met}.values()), columns)
    with pq.ParquetWriter(path, schema) as writer:
        waiting: list[Any] = []
        for content, _ in pieces():
            waiting.append(_conformed(pa.ipc.open_stream(content).read_all(), schema))
            if sum(map(len, waiting)) >= ROW_GROUP:
                writer.write_table(pa.concat_tables(waiting))
                waiting = []
        if waiting:
            writer.write_table(pa.concat_tables(waiting))


def _common_schema(schemas: Sequence[Any], columns: Sequence[str]) -> Any:
    """The first schema's notes, and for each column the type that holds all its values."""
    import pyarrow as pa

    types = ((name, {schema.field(name).type for schema in schemas if name in schema.names}) for name in columns)
    return pa.schema([(name, _common_type(found)) for name, found in types], schemas[0].metadata)


def _common_type(types: set[Any]) -> Any:
    import pyarrow as pa

    filled = [kind for kind in types if not pa.types.is_null(kind)]
    try:
        parts = [pa.schema([("x", kind)]) for kind in filled]
        return pa.unify_schemas(parts, promote_options="permissive").field("x").type if parts else pa.string()
    except pa.ArrowException:
        return pa.string()


def _conformed(table: Any, schema: Any) -> Any:
    import pyarrow as pa

    try:
        arrays = [
            table[field.name].cast(field.type) if field.name in table.column_names else pa.nulls(len(table), field.type)
            for field in schema
        ]
    except pa.ArrowException as error:
        raise OutputError(f"a column cannot be written as Parquet ({error}); write JSON Lines instead") from error
    return pa.table(arrays, schema=schema)
