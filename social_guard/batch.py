"""Many comments at once: frames in memory, and files of any size in a stream that holds a few thousand rows."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from .categories import CATEGORIES
from .exceptions import DataError, OutputError
from .policy import Action, Decision, DecisionTable
from .scorer import Scorer, to_probability

if TYPE_CHECKING:
    import pandas as pd

BLOCK = 4096
"""Rows scored at a time."""

FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".parquet": "parquet"}
DECISION_COLUMNS = ("action", "automatic", "needs_review", "category", "categories", "signposts", "error")


class Progress(Protocol):
    """What `score_file` tells how far it is; a ``tqdm`` bar is one."""

    def update(self, n: int) -> Any:
        """Count ``n`` more rows."""


def new_columns(scorer: Scorer) -> list[str]:
    """The names of the columns that scoring adds."""
    scores = [f"score_{head}" for head in scorer.weights.heads if head in CATEGORIES]
    return [*scores, *DECISION_COLUMNS]


def score_frame(scorer: Scorer, table: DecisionTable, frame: pd.DataFrame, text: str = "text") -> pd.DataFrame:
    """Score every row of a frame.

    Parameters
    ----------
    scorer : Scorer
    table : DecisionTable
    frame : pandas.DataFrame
    text : str
        The column that holds the comments.

    Returns
    -------
    pandas.DataFrame
        The new columns only, with the index of ``frame``. A row that cannot be scored has ``error`` set, ``action``
        missing and ``needs_review`` true.

    Raises
    ------
    DataError
        When the column is missing, or a column has the name of a new one.
    """
    import pandas as pd

    check_columns(list(map(str, frame.columns)), text, scorer)
    blocks = [
        _score_block(scorer, table, frame[text].iloc[start : start + BLOCK].tolist())
        for start in range(0, max(len(frame), 1), BLOCK)
    ]
    columns = {name: [value for block in blocks for value in block[name]] for name in new_columns(scorer)}
    result = pd.DataFrame(columns, index=frame.index)
    return result.astype({name: float for name in columns if name.startswith("score_")} | {"needs_review": bool})


def check_columns(columns: Sequence[str], text: str, scorer: Scorer) -> None:
    """Refuse input that lacks the text column or already has one of the new columns."""
    if text not in columns:
        raise DataError(f"there is no column {text!r}; the columns are {', '.join(columns)}: name the one with the comments")
    clashes = [name for name in new_columns(scorer) if name in columns]
    if clashes:
        raise DataError(f"the columns {', '.join(clashes)} exist already; rename them, or score the file without them")


def _score_block(scorer: Scorer, table: DecisionTable, texts: Sequence[Any]) -> dict[str, list[Any]]:
    """The new columns for a few thousand comments."""
    errors = [_text_error(text) for text in texts]
    readable = ["" if error else text for text, error in zip(texts, errors, strict=True)]
    probability = to_probability(scorer.log_odds(readable))
    probability[[bool(error) for error in errors]] = np.nan
    decisions, which = table.decide_many(np.nan_to_num(probability), readable)
    rows = [_decision_cells(decision) for decision in decisions]
    heads = scorer.weights.heads
    columns = {f"score_{h}": probability[:, i].tolist() for i, h in enumerate(heads) if h in CATEGORIES}
    cells = [_UNSCORED + (error,) if error else (*rows[w], None) for w, error in zip(which.tolist(), errors, strict=True)]
    return columns | {name: [row[i] for row in cells] for i, name in enumerate(DECISION_COLUMNS)}


_UNSCORED = (None, str(Action.NONE), True, None, "", "")


def _decision_cells(decision: Decision) -> tuple[Any, ...]:
    first = decision.categories[0] if decision.categories else None
    categories, signposts = ";".join(decision.categories), ";".join(decision.signposts)
    return str(decision.action), str(decision.automatic), decision.needs_review, first, categories, signposts


def _text_error(text: Any) -> str | None:
    if isinstance(text, str):
        return None
    import pandas as pd

    return "no text" if pd.api.types.is_scalar(text) and pd.isna(text) else f"{type(text).__name__}, not text"


# ----------------------------------------------------------------------------------------------------------- files


def score_file(
    scorer: Scorer,
    table: DecisionTable,
    source: str,
    target: str,
    *,
    text: str = "text",
    source_format: str | None = None,
    target_format: str | None = None,
    encoding: str = "utf-8-sig",
    progress: Progress | None = None,
) -> int:
    """Score a file in a stream: all its columns and rows, in order, with the new columns behind them.

    Parameters
    ----------
    scorer : Scorer
    table : DecisionTable
    source, target : str
        CSV, JSON Lines or Parquet files, told by their ending, or ``-`` for standard input and output.
    text : str
        The column that holds the comments. An empty cell of a CSV file is a missing comment.
    source_format, target_format : {"csv", "jsonl", "parquet"}, optional
        Where the ending does not tell; ``-`` is CSV by default.
    encoding : str
        Of a CSV or JSON Lines source.
    progress : Progress, optional
        Told of every block of rows.

    Returns
    -------
    int
        How many rows were written.

    Raises
    ------
    DataError
        When the source cannot be read; the target is then not written.
    OutputError
        When the target cannot be written; nothing half-written is left under its name.
    """
    frames, writing = read_blocks(source, source_format=source_format, encoding=encoding), file_format(target, target_format)
    if writing == "parquet" and target == "-":
        raise OutputError("Parquet cannot be written to standard output; name a file, or use csv or jsonl")
    done = 0
    with _atomic(target) as path:
        write = _WRITERS[writing](path)
        try:
            for frame in frames:
                scored = score_frame(scorer, table, frame, text)
                _written(write, _joined(frame, scored), target)
                done += len(frame)
                if progress is not None:
                    progress.update(len(frame))
        finally:
            write.close()
    return done


def read_blocks(source: str, *, source_format: str | None = None, encoding: str = "utf-8-sig") -> Iterator[pd.DataFrame]:
    """The rows of a CSV, JSON Lines or Parquet file, some thousand at a time; every cell of a CSV file is text.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    return _READERS[file_format(source, source_format)](source, encoding)


def file_format(name: str, given: str | None = None) -> str:
    """The format of a file, by its ending unless it is given.

    Examples
    --------
    >>> file_format("comments.JSONL"), file_format("-"), file_format("-", "jsonl")
    ('jsonl', 'csv', 'jsonl')
    """
    if given is not None:
        return given
    if name == "-":
        return "csv"
    suffix = Path(name).suffix.lower()
    if suffix not in FORMATS:
        raise DataError(f"{name}: cannot tell the format from {suffix!r}; use one of {', '.join(FORMATS)}, or say which it is")
    return FORMATS[suffix]


def read_frame(source: str, source_format: str | None = None, encoding: str = "utf-8-sig") -> pd.DataFrame:
    """Read a whole file as `score_file` reads it: cells of CSV stay text, so that ``007`` is no 7.

    Raises
    ------
    DataError
        When the source cannot be read or holds no rows.
    """
    import pandas as pd

    blocks = [block for block in _READERS[file_format(source, source_format)](source, encoding) if len(block)]
    if not blocks:
        raise DataError(f"{source}: holds no comments")
    return pd.concat(blocks, ignore_index=True)


def write_text(target: str, content: str) -> None:
    """Write a text file in UTF-8, whole or not at all; ``-`` is standard output."""
    with _atomic(target) as path:
        try:
            with open(sys.stdout.fileno() if path == "-" else path, "w", encoding="utf-8", closefd=path != "-") as file:
                file.write(content)
        except OSError as error:
            raise OutputError(f"{target}: cannot be written ({error})") from error


def _joined(frame: pd.DataFrame, scored: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    return pd.concat([frame, scored], axis=1)


def _written(write: Writer, frame: pd.DataFrame, target: str) -> None:
    try:
        write(frame)
    except (OSError, UnicodeEncodeError) as error:
        raise OutputError(f"{target}: cannot be written ({error}); nothing was kept of it") from error


@contextlib.contextmanager
def _atomic(target: str) -> Iterator[str]:
    """A path to write to that takes the target's name only when all went well."""
    if target == "-":
        yield "-"
        return
    path = Path(target)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent or ".")
        os.close(handle)
    except OSError as error:
        raise OutputError(f"{target}: cannot be written ({error}); does the folder exist, and may you write there?") from error
    try:
        yield temporary
        _replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _replace(temporary: str, path: Path) -> None:
    try:
        mask = os.umask(0)
        os.umask(mask)
        os.chmod(temporary, 0o666 & ~mask)
        os.replace(temporary, path)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error})") from error


def _read_csv(source: str, encoding: str) -> Iterator[pd.DataFrame]:
    import pandas as pd

    options: dict[str, Any] = {"dtype": str, "keep_default_na": False, "skip_blank_lines": False, "encoding": encoding}
    try:
        with pd.read_csv(sys.stdin.buffer if source == "-" else source, chunksize=BLOCK, **options) as chunks:
            for chunk in chunks:
                yield chunk.mask(chunk == "", None)
    except pd.errors.EmptyDataError as error:
        raise DataError(f"{source}: is empty; a CSV file begins with a line of column names") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: is not in {encoding} ({error}); name its encoding, e.g. cp1252") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{source}: cannot be read as CSV ({error})") from error


def _read_jsonl(source: str, encoding: str) -> Iterator[pd.DataFrame]:
    import pandas as pd

    try:
        with open(sys.stdin.fileno() if source == "-" else source, encoding=encoding, closefd=source != "-") as stream:
            rows = []
            for number, line in enumerate(stream, 1):
                rows.append(_parse_line(line, number, source))
                if len(rows) == BLOCK:
                    yield pd.DataFrame(rows, dtype=object)
                    rows = []
            if rows:
                yield pd.DataFrame(rows, dtype=object)
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: is not in {encoding} ({error}); name its encoding, e.g. cp1252") from error
    except OSError as error:
        raise DataError(f"{source}: cannot be read ({error})") from error


def _parse_line(line: str, number: int, source: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise DataError(f"{source}: line {number} is not JSON ({error}); each line must hold one object") from error
    if not isinstance(row, dict):
        raise DataError(f"{source}: line {number} holds {type(row).__name__}; each line must hold one object")
    return row


def _read_parquet(source: str, encoding: str) -> Iterator[pd.DataFrame]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(sys.stdin.buffer if source == "-" else source) as file:
            for rows in file.iter_batches(batch_size=BLOCK):
                yield rows.to_pandas(types_mapper=_arrow_type)
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{source}: cannot be read as Parquet ({error})") from error


def _arrow_type(kind: Any) -> Any:
    import pandas as pd

    return pd.ArrowDtype(kind)


class Writer(Protocol):
    """Takes frames one after the other."""

    def __call__(self, frame: pd.DataFrame) -> None:
        """Append the rows of a frame."""

    def close(self) -> None:
        """Finish the file."""


class _LineWriter:
    """Appends frames as CSV or JSON Lines."""

    def __init__(self, path: str, to_text: Callable[[pd.DataFrame, bool], str]) -> None:
        self._stream = sys.stdout if path == "-" else open(path, "w", encoding="utf-8", newline="")  # noqa: SIM115
        self._to_text = to_text
        self._first = True

    def __call__(self, frame: pd.DataFrame) -> None:
        self._stream.write(self._to_text(frame, self._first))
        self._stream.flush()
        self._first = False

    def close(self) -> None:
        """Finish the file; standard output stays open."""
        if self._stream is not sys.stdout:
            self._stream.close()


class _ParquetWriter:
    """Appends frames to a Parquet file with the schema of the first."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._file: Any = None

    def __call__(self, frame: pd.DataFrame) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self._file is None:
            rows = pa.Table.from_pandas(frame, preserve_index=False)
            self._file = pq.ParquetWriter(self._path, _without_nulls(rows.schema))
        self._file.write_table(pa.Table.from_pandas(frame, schema=self._file.schema, preserve_index=False))

    def close(self) -> None:
        """Write the footer."""
        if self._file is not None:
            self._file.close()


def _without_nulls(schema: Any) -> Any:
    """A column that is empty in the first rows may hold text later."""
    import pyarrow as pa

    return pa.schema([field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema])


def _csv_text(frame: pd.DataFrame, first: bool) -> str:
    return frame.to_csv(index=False, header=first, lineterminator="\n")


def _jsonl_text(frame: pd.DataFrame, first: bool) -> str:
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    return "".join(json.dumps(row, ensure_ascii=False, default=str) + "\n" for row in rows)


_READERS = {"csv": _read_csv, "jsonl": _read_jsonl, "parquet": _read_parquet}
_WRITERS: dict[str, Callable[[str], Writer]] = {
    "csv": lambda path: _LineWriter(path, _csv_text),
    "jsonl": lambda path: _LineWriter(path, _jsonl_text),
    "parquet": _ParquetWriter,
}
