"""Files in: opened, decompressed and cut into chunks of whole rows, so that a file of any size takes the same memory.

A chunk is not parsed yet. Cutting is the only step that must see the whole file in order; all others can be shared out.
"""

from __future__ import annotations

import contextlib
import csv
import io
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import IO, Any

from ..exceptions import DataError

BLOCK = 2048
"""Rows in a chunk at the most."""
CHUNK_SIZE = 1 << 22
"""Characters after which a chunk of text ends early."""
LONGEST_LINE = 1 << 24
"""Characters in a line or cell at the most; an open quotation mark in a large file would else fill the memory."""

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
COMPRESSIONS = (".gz", ".bz2", ".xz", ".zst")


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file in order.

    Attributes
    ----------
    source : str
        The file.
    format : {"csv", "jsonl", "parquet"}
    rows : int
    line : int
        The number of its first line or row, from 1.
    content : str or pyarrow.RecordBatch
        Lines of text, or rows of Parquet.
    columns : tuple of str
        Of CSV, the names in the first line.
    share : float
        How much of all the input has been read with this chunk, from 0 to 1.
    """

    source: str
    format: str
    rows: int
    line: int
    content: Any = field(repr=False)
    columns: tuple[str, ...] = ()
    share: float = 0.0


def split_name(name: str, given: str | None = None) -> tuple[str, str]:
    """The format of a file and how it is compressed, both by its name; the format unless it is given.

    Raises
    ------
    DataError
        When the name does not tell.

    Examples
    --------
    >>> split_name("comments.JSONL"), split_name("a.csv.gz"), split_name("-"), split_name("-", "jsonl")
    (('jsonl', ''), ('csv', '.gz'), ('csv', ''), ('jsonl', ''))
    """
    path = Path(name)
    compression = path.suffix.lower() if path.suffix.lower() in COMPRESSIONS else ""
    suffix = (path.with_suffix("") if compression else path).suffix.lower()
    kind = given or ("csv" if name == "-" else FORMATS.get(suffix))
    if kind is None:
        raise DataError(f"{name}: cannot tell the format from {suffix!r}; use one of {', '.join(FORMATS)}, or say which it is")
    if kind == "parquet" and compression:
        raise DataError(f"{name}: Parquet compresses its own columns; leave out {compression}")
    return kind, compression


def list_files(source: str, without: str | None = None) -> list[str]:
    """The files that a name stands for: itself, or all tables in a folder and those below it, in the order of their names.

    Raises
    ------
    DataError
        When a folder holds none.
    """
    folder = Path(source)
    if source == "-" or not folder.is_dir():
        return [source]
    found = sorted(path for path in folder.rglob("*") if path.is_file() and _is_table(path.relative_to(folder)))
    if without is not None:
        found = [path for path in found if path.resolve() != Path(without).resolve()]
    if not found:
        raise DataError(f"{source}: no comments found; it should hold files ending in {', '.join(FORMATS)}")
    return list(map(str, found))


def _is_table(path: Path) -> bool:
    """Names that begin with a dot or an underscore are notes of the program that wrote the folder."""
    plain = path.with_suffix("") if path.suffix.lower() in COMPRESSIONS else path
    return plain.suffix.lower() in FORMATS and not any(part[0] in "._" for part in path.parts)


def read_chunks(files: Iterable[str], source_format: str | None = None, encoding: str = "utf-8-sig") -> Iterator[Chunk]:
    """Cut files into chunks of whole rows; the same files always give the same chunks, and each file at least one.

    Parameters
    ----------
    files : iterable of str
        CSV, JSON Lines or Parquet, also compressed, told by their ending; ``-`` is standard input.
    source_format : {"csv", "jsonl", "parquet"}, optional
        Where the ending does not tell; ``-`` is CSV by default.
    encoding : str
        Of CSV and JSON Lines.

    Raises
    ------
    DataError
        When a file cannot be read; it names the file and what is wrong.
    """
    files = list(files)
    kinds = [split_name(name, source_format)[0] for name in files]
    sizes = [os.path.getsize(name) if os.path.isfile(name) else 0 for name in files]
    before, total = 0, max(sum(sizes), 1)
    for name, kind, size in zip(files, kinds, sizes, strict=True):
        with _readable(name, kind, encoding):
            for chunk in _CUTTERS[kind](name, encoding):
                yield replace(chunk, share=(before + chunk.share * size) / total)
        before += size


@contextlib.contextmanager
def _readable(name: str, kind: str, encoding: str) -> Iterator[None]:
    import lzma
    import zlib

    try:
        yield
    except DataError:
        raise
    except UnicodeError as error:
        raise DataError(f"{name}: is not in {encoding} ({error}); name its encoding, e.g. cp1252") from error
    except LookupError as error:
        raise DataError(f"{name}: {error}; use e.g. utf-8-sig or cp1252") from error
    except (OSError, ValueError, EOFError, NotImplementedError, csv.Error, lzma.LZMAError, zlib.error) as error:
        label = {"csv": "CSV", "jsonl": "JSON Lines", "parquet": "Parquet"}[kind]
        raise DataError(f"{name}: cannot be read as {label} ({error})") from error


# ------------------------------------------------------------------------------------------------------------ text


def decompressed(stream: IO[bytes], compression: str) -> IO[bytes]:
    """The content of a compressed stream, one of `COMPRESSIONS`; as it is where that is empty."""
    if compression == ".zst":
        import pyarrow as pa

        return pa.input_stream(stream, compression="zstd")
    if not compression:
        return stream
    return import_module({".gz": "gzip", ".bz2": "bz2", ".xz": "lzma"}[compression]).open(stream)


@contextlib.contextmanager
def _opened(name: str, encoding: str, newline: str) -> Iterator[tuple[Callable[[], str], Callable[[], float]]]:
    """How to read the next line, and how much of the file has been read."""
    size = max(os.path.getsize(name), 1) if os.path.isfile(name) else 1
    with contextlib.nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb") as raw:
        stream = decompressed(raw, split_name(name, "csv")[1])
        text = io.TextIOWrapper(stream, encoding=encoding, newline=newline)
        try:
            yield lambda: text.readline(LONGEST_LINE), lambda: raw.tell() / size if name != "-" else 0.0
        finally:
            if stream is raw:
                text.detach()  # whoever opened the stream closes it


def csv_rows(lines: Iterable[str]) -> Any:
    """A reader of the cells in lines of CSV."""
    csv.field_size_limit(LONGEST_LINE)  # of the whole program, and by default less than some comments are long
    return csv.reader(lines)


class _Kept:
    """Lines on their way to the CSV reader, which alone knows where a row ends."""

    def __init__(self, next_line: Callable[[], str], name: str) -> None:
        self._next_line, self._name = next_line, name
        self._ended = False
        self.lines: list[str] = []
        self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._next_line()
        if not line and self._ended:
            raise StopIteration
        self._ended = not line
        if line:
            _check_length(line, self._name)
            self.lines.append(line)
            self.size += len(line)
        return line or _END

    def take(self) -> str:
        """The lines since the last call."""
        content = "".join(self.lines)
        self.lines, self.size = [], 0
        return content


_END = "\x00end"
"""Goes behind the last line; if it does not come out as a row of its own, a quotation mark was left open."""


def _check_length(line: str, name: str) -> None:
    if len(line) >= LONGEST_LINE and not line.endswith("\n"):
        raise DataError(f"{name}: has a line of more than {LONGEST_LINE:,} characters; each row stands on a line of its own")


def _cut_csv(name: str, encoding: str) -> Iterator[Chunk]:
    with _opened(name, encoding, "") as (next_line, share):
        kept = _Kept(next_line, name)
        reader = csv_rows(kept)
        columns = tuple(_distinct(next(reader)))
        if columns == (_END,):
            raise DataError(f"{name}: is empty; a CSV file begins with a line of column names")
        kept.take()
        first = more = True
        while more:
            line = reader.line_num + 1
            rows, more = _count_rows(reader, kept, len(columns), name)
            if rows or first:
                yield Chunk(name, "csv", rows, line, kept.take(), columns, share())
            first = False


def _count_rows(reader: Any, kept: _Kept, width: int, name: str) -> tuple[int, bool]:
    """Read the rows of one chunk; how many there are, and whether more may come."""
    for rows, cells in enumerate(reader, 1):
        if cells == [_END]:
            return rows - 1, False
        if len(cells) > width:
            raise DataError(f"{name}: line {reader.line_num} has {len(cells)} cells, but there are {width} columns")
        if rows == BLOCK or kept.size > CHUNK_SIZE:
            return rows, True
    raise DataError(f"{name}: cannot be read as CSV: a quotation mark is not closed in the last row")


def _distinct(names: Iterable[str]) -> Iterator[str]:
    """Names that repeat get numbers, as pandas gives them."""
    seen: set[str] = set()
    for name in names:
        unique, number = name, 0
        while unique in seen:
            number += 1
            unique = f"{name}.{number}"
        seen.add(unique)
        yield unique


def _cut_jsonl(name: str, encoding: str) -> Iterator[Chunk]:
    with _opened(name, encoding, "\n") as (next_line, share):
        first, lines, size = 1, list[str](), 0
        for line in iter(next_line, ""):
            _check_length(line, name)
            lines.append(line)
            size += len(line)
            if len(lines) == BLOCK or size > CHUNK_SIZE:
                yield Chunk(name, "jsonl", _filled(lines), first, "".join(lines), share=share())
                first, lines, size = first + len(lines), [], 0
        if lines or first == 1:
            yield Chunk(name, "jsonl", _filled(lines), first, "".join(lines), share=1.0)


def _filled(lines: Iterable[str]) -> int:
    return sum(not line.isspace() for line in lines)


# --------------------------------------------------------------------------------------------------------- Parquet


def _cut_parquet(name: str, encoding: str) -> Iterator[Chunk]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # with a buffer, pages are read when they are needed and not a whole column of a row group
        with pq.ParquetFile(sys.stdin.buffer if name == "-" else name, buffer_size=1 << 20) as file:
            row, total = 1, max(file.metadata.num_rows, 1)
            for batch in chain.from_iterable(file.iter_batches(BLOCK, groups) for groups in _row_groups(file.metadata)):
                batch.validate(full=True)  # text that is no UTF-8, and any other value that its type does not allow
                yield Chunk(name, "parquet", len(batch), row, batch, share=(row - 1 + len(batch)) / total)
                row += len(batch)
            if row == 1:
                yield Chunk(name, "parquet", 0, 1, pa.RecordBatch.from_pylist([], schema=file.schema_arrow), share=1.0)
    except pa.ArrowException as error:
        raise DataError(f"{name}: cannot be read as Parquet ({error})") from error


def _row_groups(metadata: Any) -> Iterator[list[int]]:
    """Row groups to read together: a reader of all keeps something of each, and small ones make small chunks."""
    groups, rows = list[int](), 0
    for group in range(metadata.num_row_groups):
        groups.append(group)
        rows += metadata.row_group(group).num_rows
        if rows >= BLOCK or group == metadata.num_row_groups - 1:
            yield groups
            groups, rows = [], 0


_CUTTERS: dict[str, Callable[[str, str], Iterator[Chunk]]] = {"csv": _cut_csv, "jsonl": _cut_jsonl, "parquet": _cut_parquet}
