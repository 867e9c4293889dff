"""Files of comments scored in a stream: any size in the same memory, on several cores, in order, resumed after a kill.

One process cuts the input into chunks and writes what comes back; parsing, scoring and formatting are done where the
scores are made, so that they are shared out as well.
"""

from __future__ import annotations

import contextlib
import gc
import hashlib
import multiprocessing
import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any, Protocol, Self

from .. import __version__
from ..exceptions import DataError, OutputError
from ..safe_files import write_file
from .batch import BatchScorer
from .chunks import BLOCK, Chunk, list_files, read_chunks, split_name
from .resume import Piece, Unfinished
from .tables import Layout, Rows, parse_rows

if TYPE_CHECKING:
    import pandas as pd


class Progress(Protocol):
    """What `score_file` tells how far it is; a ``tqdm`` bar is one.

    Attributes
    ----------
    total : float
        Set to how many rows there seem to be, by the share of the input that has been read.
    initial : float
        Set to how many rows an interrupted run had done.
    """

    total: Any
    initial: Any

    def update(self, n: int) -> Any:
        """Count ``n`` more rows."""


@dataclass(frozen=True, kw_only=True)
class FileOptions:
    """How a file is read and written.

    Attributes
    ----------
    text : str
        The column that holds the comments. An empty cell of a CSV file is a missing comment.
    post : str, optional
        The column with the posts that they answer.
    source_format, target_format : {"csv", "jsonl", "parquet"}, optional
        Where the ending does not tell; ``-`` is CSV by default.
    encoding : str
        Of a CSV or JSON Lines source; what is written is in UTF-8.
    bom : bool
        Write CSV for Excel: the mark by which it knows UTF-8, which Spark takes for a part of the first name, and a quote before
        cells that it would take for formulas.
    """

    text: str = "text"
    post: str | None = None
    source_format: str | None = None
    target_format: str | None = None
    encoding: str = "utf-8-sig"
    bom: bool = False


def score_file(
    scorer: BatchScorer,
    source: str,
    target: str,
    options: FileOptions,
    *,
    jobs: int = 1,
    resume: bool = False,
    identity: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> int:
    """Score a file in a stream: all its columns and rows, in order, with the new columns behind them.

    Parameters
    ----------
    scorer : BatchScorer
    source, target : str
        CSV, JSON Lines or Parquet, told by the ending, the first two also compressed (``.gz``, ``.bz2``, ``.xz``,
        ``.zst``); ``-`` for standard input and output. A source may be a folder: all tables in it, in the order of
        their names, become one file.
    options : FileOptions
    jobs : int
        Processes that score; -1 for one on each core.
    resume : bool
        Go on where an interrupted run on the same input with the same model, policy and options stopped.
    identity : mapping, optional
        The names of model and policy, which are compared for that.
    progress : Progress, optional
        Told of every chunk of rows.

    Returns
    -------
    int
        How many rows the output has.

    Raises
    ------
    DataError
        When the source cannot be read; the target is then not written.
    OutputError
        When the target cannot be written or the run not resumed; nothing half-written is left under its name.
    """
    files = list_files(source, without=target)
    layout = Layout(*split_name(target, options.target_format), options.bom)
    plan = {"input": _stamps(files, target, resume), **(identity or {}), "options": asdict(options), "release": [__version__, BLOCK]}
    with _open_output(target, layout, plan, resume=resume) as output:
        chunks = read_chunks(files, options.source_format, options.encoding)
        _tell_resumed(progress, _skip(chunks, output.pieces, target))
        work = _Work(scorer, layout, options.text, options.post)
        rows = _write_all(output, _in_order(work, chunks, jobs), layout, progress)
        output.finish(layout, scorer.names)
    return rows


def read_blocks(source: str, *, source_format: str | None = None, encoding: str = "utf-8-sig") -> Iterator[pd.DataFrame]:
    """The rows of a CSV, JSON Lines or Parquet file, some thousand at a time; every cell of a CSV file is text.

    Raises
    ------
    DataError
        When the file cannot be read.
    """
    for chunk in read_chunks(list_files(source), source_format, encoding):
        yield parse_rows(chunk).frame()


def read_frame(source: str, source_format: str | None = None, encoding: str = "utf-8-sig") -> pd.DataFrame:
    """Read a whole file as `score_file` reads it: cells of CSV stay text, so that ``007`` is no 7.

    Raises
    ------
    DataError
        When the source cannot be read or holds no rows.
    """
    import pandas as pd

    blocks = [block for block in read_blocks(source, source_format=source_format, encoding=encoding) if len(block)]
    if not blocks:
        raise DataError(f"{source}: holds no comments")
    return pd.concat(blocks, ignore_index=True)


def write_text(target: str, content: str) -> None:
    """Write a text file in UTF-8, whole or not at all; ``-`` is standard output.

    Raises
    ------
    OutputError
        When it cannot be written.
    """
    if target == "-":
        sys.stdout.buffer.write(content.encode())
        sys.stdout.buffer.flush()
    else:
        write_file(target, content)


# -------------------------------------------------------------------------------------------------------- scoring


@dataclass(frozen=True)
class _Scored:
    """The piece of the output that a chunk became."""

    rows: int
    content: bytes
    columns: tuple[str, ...]
    share: float


@dataclass(frozen=True)
class _Work:
    """What is done to every chunk, in whichever process."""

    scorer: BatchScorer
    layout: Layout
    text: str
    post: str | None

    def __call__(self, chunk: Chunk) -> _Scored:
        rows = parse_rows(chunk)
        self._check(chunk, rows)
        posts = None if self.post is None else rows.values(self.post)
        content = self.layout.piece(rows, self.scorer.columns(rows.values(self.text), posts))
        return _Scored(chunk.rows, content, (*rows.columns, *self.scorer.names), chunk.share)

    def _check(self, chunk: Chunk, rows: Rows) -> None:
        """An object of JSON may lack the text; if the first thousands all do, its name is wrong."""
        where = f"{chunk.source}: "
        if chunk.format == "jsonl" and (chunk.line > 1 or not chunk.rows):
            self.scorer.check_clashes(rows.columns, where)
        else:
            self.scorer.check(rows.columns, self.text, where, post=self.post)


def _in_order(work: _Work, chunks: Iterable[Chunk], jobs: int) -> Iterator[_Scored]:
    """The results in the order of the chunks, of which only a few are under way at a time."""
    if jobs < 0:
        import joblib

        jobs = joblib.effective_n_jobs(jobs)
    if jobs <= 1:
        yield from map(work, chunks)
        return
    with _workers(work, jobs) as pool:
        waiting: deque[Any] = deque()
        for chunk in chunks:
            waiting.append(pool.submit(_run, chunk))
            if len(waiting) > 2 * jobs:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


@contextlib.contextmanager
def _workers(work: _Work, jobs: int) -> Iterator[ProcessPoolExecutor]:
    """Processes that score; a fork shares the model, and where there is none, each worker gets a copy once."""
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else None)
    frozen = gc.get_freeze_count()
    if not frozen:
        gc.freeze()  # else the collector of a worker writes on every page that it shares
    try:
        with ProcessPoolExecutor(jobs, context, initializer=_start_worker, initargs=(work,)) as pool:
            try:
                yield pool
            finally:
                pool.shutdown(cancel_futures=True)
    except BrokenProcessPool as error:
        hint = "was it short of memory? resume with fewer jobs"
        raise OutputError(f"a process that scores was ended from outside ({error}); {hint}") from error
    finally:
        if not frozen:
            gc.unfreeze()


_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Parameters of ``mallopt``."""
_KEPT = 1 << 22
"""Bytes that may stay unused."""

_work: _Work


def _start_worker(work: _Work) -> None:
    global _work
    _work = work
    _give_memory_back()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the main process answers it
    threading.Thread(target=_leave_with_parent, daemon=True).start()


def _give_memory_back() -> None:
    """Ask the allocator of GNU to return what each chunk took, of which it else keeps tens of megabytes for the next."""
    change = None
    if sys.platform == "linux":
        with contextlib.suppress(ImportError, OSError):
            import ctypes

            change = getattr(ctypes.CDLL(None), "mallopt", None)
    if change is not None:
        for setting in (_MMAP_THRESHOLD, _TRIM_THRESHOLD):
            change(setting, _KEPT)


def _leave_with_parent() -> None:
    """A killed program leaves no workers behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _run(chunk: Chunk) -> _Scored:
    return _work(chunk)


# --------------------------------------------------------------------------------------------------------- output


class _Output(Protocol):
    """Where pieces go."""

    pieces: list[Piece]

    def add(self, rows: int, content: bytes, columns: tuple[str, ...]) -> None:
        """Append a piece."""

    def finish(self, layout: Layout, new: list[str]) -> None:
        """Make the file of all pieces."""


class _File(Unfinished):
    """A file that takes its name when all is done."""

    def finish(self, layout: Layout, new: list[str]) -> None:
        """Put the pieces together as the format wants it."""
        every = [piece.columns for piece in self.pieces]
        if layout.fits(every):
            self.publish()
            return
        added = set(new)
        old = [name for name in dict.fromkeys(chain.from_iterable(every)) if name not in added]
        self.publish(partial(layout.join, partial(self._without_head, layout), (*old, *new)))

    def _without_head(self, layout: Layout) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        head = len(layout.head(self.pieces[0].columns))
        for content, columns in self.read():
            yield content[head:], columns
            head = 0


class _Stdout:
    """Standard output, which gets every piece at once."""

    def __init__(self, layout: Layout) -> None:
        if layout.format == "parquet":
            raise OutputError("Parquet cannot be written to standard output; name a file, or use csv or jsonl")
        self._layout = layout
        self.pieces: list[Piece] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def add(self, rows: int, content: bytes, columns: tuple[str, ...]) -> None:
        """Write a piece."""
        self.pieces = [*self.pieces[:1], Piece(rows, 0, columns)]
        if not self._layout.fits([piece.columns for piece in self.pieces]):
            more = ", ".join(sorted(set(columns) ^ set(self.pieces[0].columns)))
            raise DataError(f"the rows have different columns ({more}); write CSV to a file, or write JSON Lines")
        try:
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        except BrokenPipeError:
            raise
        except OSError as error:
            raise OutputError(f"-: cannot be written ({error})") from error

    def finish(self, layout: Layout, new: list[str]) -> None:
        """Nothing is left to do."""


def _open_output(target: str, layout: Layout, plan: Mapping[str, Any], *, resume: bool) -> AbstractContextManager[_Output]:
    return _Stdout(layout) if target == "-" else _File(target, plan, resume=resume)


def _write_all(output: _Output, results: Iterable[_Scored], layout: Layout, progress: Progress | None) -> int:
    """Write what comes and tell how far it is; how many rows there are with those of an interrupted run."""
    rows = sum(piece.rows for piece in output.pieces)
    for result in results:
        head = b"" if output.pieces else layout.head(result.columns)
        output.add(result.rows, head + result.content, result.columns)
        rows += result.rows
        if progress is not None:
            progress.total = round(rows / result.share) if result.share else None
            progress.update(result.rows)
    return rows


def _tell_resumed(progress: Progress | None, rows: int) -> None:
    if progress is not None and rows:
        progress.initial = rows
        progress.update(rows)


# --------------------------------------------------------------------------------------------------------- resume


def _stamps(files: list[str], target: str, resume: bool) -> list[Any]:
    """By what the input is known again: names, sizes, times of the last change."""
    if resume and (target == "-" or not all(map(os.path.isfile, files))):
        raise OutputError("only from files to a file can be resumed, since it reads the input and the output once more")
    stats = [(name, os.stat(name)) for name in files if os.path.exists(name)]
    return [[os.path.abspath(name), stat.st_size, stat.st_mtime_ns] for name, stat in stats]


def _skip(chunks: Iterator[Chunk], pieces: list[Piece], target: str) -> int:
    """Pass over the chunks whose pieces are there; how many rows they have."""
    for piece, chunk in zip(pieces, chunks, strict=False):
        if piece.rows != chunk.rows:
            raise OutputError(f"{target}: cannot go on, since the input is cut otherwise now; without resume it starts anew")
    return sum(piece.rows for piece in pieces)


def policy_digest(policy_text: str) -> str:
    """A name for the content of a policy file."""
    return hashlib.sha256(policy_text.encode()).hexdigest()
