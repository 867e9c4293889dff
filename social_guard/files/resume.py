"""Output that survives its program: pieces in one file, and beside it a journal of those that are surely there.

::

    out.csv.unfinished/
        rows        the pieces, one behind the other
        journal     first what is done to what; then a line for each piece: its rows, where it ends, its columns
        lock        held by the program that writes

A piece counts once it is on the disk and its line in the journal is whole; what stands behind the last such piece is
cut off and made again. The output takes its name when all pieces are there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from filelock import FileLock, Timeout

from ..exceptions import DataError, OutputError

INTERVAL = 1.0
"""Seconds after which pieces are entered in the journal: what a kill costs at the most."""
PATIENCE = 10.0
"""Seconds to wait for the lock: the workers of a killed program need a moment to leave."""


class Piece(NamedTuple):
    """Some rows of the output: how many, where they end in the file, and their columns."""

    rows: int
    end: int
    columns: tuple[str, ...]


class Unfinished:
    """The pieces of an output that is being written; a context manager.

    Left by an error, it keeps what is done, except when the error is in the data, which would come again.

    Parameters
    ----------
    target : str
        The name that the output will take.
    plan : mapping
        What is done to what, as JSON knows it: pieces are only taken over when all of it is the same.
    resume : bool
        Whether to go on with pieces that are there; they are thrown away otherwise.

    Raises
    ------
    OutputError
        When the folder cannot be written, another program writes it, or the plan differs.
    """

    def __init__(self, target: str, plan: Mapping[str, Any], *, resume: bool) -> None:
        self.target = Path(target)
        self.folder = self.target.with_name(f"{self.target.name}.unfinished")
        self.pieces: list[Piece] = []
        self._plan, self._resume = json.loads(json.dumps(plan)), resume
        self._waiting: list[Piece] = []

    def __enter__(self) -> Self:
        if self.target.is_dir():
            raise OutputError(f"{self.target}: cannot be written, since it is a folder; name a file in it")
        with self._told(" does the folder exist, and may you write there?"):
            self._wait()
        try:
            with self._told():
                self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def _wait(self) -> None:
        """Take the lock; the program before may clear the folder away meanwhile, which is then made again."""
        self._lock = FileLock(self.folder / "lock", timeout=PATIENCE)
        until = time.monotonic() + PATIENCE
        while not self._lock.is_locked:
            self.folder.mkdir(exist_ok=True)
            try:
                self._lock.acquire()
            except Timeout as error:
                raise OutputError(f"{self.target}: another program is writing it (see {self.folder})") from error
            except FileNotFoundError:
                if time.monotonic() > until:
                    raise

    def _open(self) -> None:
        rows, journal = self.folder / "rows", self.folder / "journal"
        lines = _whole_lines(journal) if self._resume and rows.exists() else []
        if lines:
            self._check_plan(json.loads(lines[0]))
            self.pieces = _parse_journal(lines[1:], rows.stat().st_size)
            os.truncate(journal, sum(map(len, lines[: len(self.pieces) + 1])))
        else:
            journal.write_bytes(_line(self._plan))
        self._rows: IO[bytes] = open(rows, "ab")  # noqa: SIM115
        self._journal: IO[bytes] = open(journal, "ab")  # noqa: SIM115
        self._rows.truncate(self._end)
        self._saved = time.monotonic()

    def _check_plan(self, begun: Mapping[str, Any]) -> None:
        differs = [name for name, value in self._plan.items() if begun.get(name) != value]
        if differs:
            raise OutputError(
                f"{self.target}: cannot go on, since the {' and the '.join(differs)} changed after it was begun;"
                " without resume it starts anew"
            )

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        for step in (*([self._save] if self._waiting else []), self._rows.close, self._journal.close):
            with suppress(OSError):
                step()
        if kind is None or issubclass(kind, DataError) or not self.pieces:
            for name in ("rows", "joined", "journal", "lock"):  # while it is held: the next program's are not touched
                with suppress(OSError):
                    (self.folder / name).unlink()
        self._lock.release()
        with suppress(OSError):  # something is kept in it, or the next program is there already
            self.folder.rmdir()

    @property
    def _end(self) -> int:
        return self.pieces[-1].end if self.pieces else 0

    def add(self, rows: int, content: bytes, columns: tuple[str, ...]) -> None:
        """Append a piece."""
        before = self.pieces[-1].columns if self.pieces else ()
        with self._told():
            self._rows.write(content)
            # names that come from another process are new each time: thousands of pieces keep them once
            self.pieces.append(Piece(rows, self._end + len(content), before if columns == before else columns))
            self._waiting.append(self.pieces[-1])
            if time.monotonic() - self._saved >= INTERVAL:
                self._save()

    def _save(self) -> None:
        """First the rows, then the journal that speaks of them."""
        _to_disk(self._rows)
        known = len(self.pieces) - len(self._waiting)
        before = self.pieces[known - 1].columns if known else ()
        for piece in self._waiting:
            self._journal.write(_line([piece.rows, piece.end, *([piece.columns] if piece.columns != before else [])]))
            before = piece.columns
        _to_disk(self._journal)
        self._waiting, self._saved = [], time.monotonic()

    def read(self) -> Iterator[tuple[bytes, tuple[str, ...]]]:
        """All pieces so far with their columns."""
        self._rows.flush()
        with open(self.folder / "rows", "rb") as file:
            for piece in self.pieces:
                yield file.read(piece.end - file.tell()), piece.columns

    def publish(self, write: Callable[[str], None] | None = None) -> None:
        """Give the output its name: all pieces as they stand, or the file that ``write`` makes of them."""
        ready = self.folder / ("rows" if write is None else "joined")
        with self._told():
            self._save()
            if write is not None:
                write(str(ready))
                with open(ready, "r+b") as file:  # Windows flushes only what may be written
                    _to_disk(file)
            self._rows.close()  # and renames only what nobody has open
            os.replace(ready, self.target)

    @contextmanager
    def _told(self, hint: str = "") -> Iterator[None]:
        try:
            yield
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(f"{self.target}: cannot be written ({error});{hint or ' nothing stands under its name'}") from error


def _whole_lines(path: Path) -> list[bytes]:
    """The lines of a file that were written to their end."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return lines if not lines or lines[-1].endswith(b"\n") else lines[:-1]


def _parse_journal(lines: Sequence[bytes], size: int) -> list[Piece]:
    """The pieces that a journal speaks of and that are there; a line without columns has those of the line before."""
    pieces: list[Piece] = []
    for line in lines:
        rows, end, *changed = json.loads(line)
        if end > size:
            break
        pieces.append(Piece(rows, end, tuple(changed[0]) if changed else pieces[-1].columns))
    return pieces


def _line(content: Any) -> bytes:
    return json.dumps(content).encode() + b"\n"


def _to_disk(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())
