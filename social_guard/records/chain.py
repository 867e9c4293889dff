"""Append-only files of JSON lines in which every line seals all lines before it.

======================== ==========================================================================================
file                     content
======================== ==========================================================================================
``000001.jsonl`` …       segments; the first line of each repeats the hash that the segment before it ended with
``head.json``            number and hash of the last line, replaced whole after every append
``lock``                 held by the one process that may write
======================== ==========================================================================================

A line is a JSON object whose last key is ``hash``: SHA-256 of the hash of the line before it (as 64 digits) followed by
the line's own bytes without that key. So nothing can be altered, moved, removed or put between without breaking the chain,
except at its end; that is what the head is for. Whoever can write to the folder could make chain and head anew: keep a copy
of the head elsewhere, and give it to `verify`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from filelock import FileLock, Timeout

from ..exceptions import LogError, LogRecoveredWarning, OutputError
from ..safe_files import read_bounded, write_file

FORMAT = 1
"""Rises when a release writes lines that earlier releases would misread."""
GENESIS = "0" * 64
HEAD, LOCK = "head.json", "lock"
MOST_HEAD, LONGEST_LINE = 1000, 1 << 26
NONSENSE = (AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What comes of lines that are JSON of another shape than ours, or none."""
SEGMENT = re.compile(r"\d{6}\.jsonl")
SEALED = re.compile(rb'(.*),"hash":"([0-9a-f]{64})"\}\n', re.DOTALL)

Entry = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """Where a chain is broken first.

    Attributes
    ----------
    file : str
        The segment, or ``head.json``.
    line : int
        From 1.
    what : str
        ``altered``, ``cut tail``, ``unfinished line``, ``missing segment``, ``head mismatch`` or ``unreadable``.
    detail : str
        In words.
    """

    file: str
    line: int
    what: str
    detail: str

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}: {self.what}: {self.detail}"


@dataclass(frozen=True)
class Verification:
    """What `verify` found.

    Attributes
    ----------
    ok : bool
    lines : int
        How many lines were sound.
    head : str
        Number and hash of the last of them, joined by a colon: keep it elsewhere.
    fault : Fault or None
    """

    ok: bool
    lines: int
    head: str
    fault: Fault | None = None


@dataclass(frozen=True)
class Head:
    """The last line of a chain, by number and hash."""

    n: int = 0
    hash: str = GENESIS

    def __str__(self) -> str:
        return f"{self.n}:{self.hash}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The inverse of ``str``."""
        number, _, digest = text.strip().partition(":")
        if not number.isdecimal() or not re.fullmatch("[0-9a-f]{64}", digest):
            raise LogError(f"{text!r} is no head: it looks like 1742:3fa8…, a line number and 64 digits")
        return cls(int(number), digest)

    def to_bytes(self) -> bytes:
        """The content of ``head.json``."""
        return f'{{"n":{self.n},"hash":"{self.hash}"}}\n'.encode()


def verify(folder: str | Path, head: str | None = None) -> Verification:
    """Check every byte of a chain.

    Parameters
    ----------
    folder : path
    head : str, optional
        A head that was kept elsewhere; the chain must still hold that line.

    Returns
    -------
    Verification
        That all is well, or the first fault. Lines behind ``head.json`` are sound when they follow the chain: the process
        that wrote them may have been stopped before it moved the head.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with Chain(folder) as chain:
    ...         chain.append([{"kind": "note"}])
    ...     sound = verify(folder)
    ...     path = Path(folder) / "000001.jsonl"
    ...     _ = path.write_text(path.read_text().replace("note", "nope"))
    ...     sound.ok, sound.lines, str(verify(folder).fault)
    (True, 2, '000001.jsonl, line 2: altered: its hash does not follow from it and the line before')
    """
    walk = _Walk(Path(folder), [Head.parse(head)] if head else [])
    try:
        for _ in walk.entries():
            pass
    except _Broken as broken:
        return Verification(False, walk.lines, str(walk.last), broken.fault)
    return Verification(True, walk.lines, str(walk.last))


def read_chain(folder: str | Path) -> Iterator[Entry]:
    """The lines of a chain, checked on the way; a last line that a crash cut short is left out.

    Raises
    ------
    LogError
        At the first fault.
    """
    try:
        yield from _Walk(Path(folder)).entries()
    except _Broken as broken:
        if broken.fault.what != UNFINISHED:
            raise LogError(f"{folder}: {broken.fault}; nothing is read from a log that is not whole") from broken


UNFINISHED = "unfinished line"


class _Broken(Exception):
    def __init__(self, file: str, line: int, what: str, detail: str) -> None:
        self.fault = Fault(file, line, what, detail)


@dataclass
class _Walk:
    """Follows a chain from its first line to its head."""

    folder: Path
    heads: list[Head] = field(default_factory=list)
    last: Head = Head()
    lines: int = 0
    first: Head | None = None
    expired: dict[int, str] = field(default_factory=dict)
    place: tuple[str, int] = (HEAD, 1)

    def entries(self) -> Iterator[Entry]:
        """Every sound line, then the checks that need all of them."""
        self.heads.append(self.own_head())
        paths = _segments(self.folder)
        self._check_head()
        for path, following in zip(paths, [*paths, None][1:], strict=True):
            yield from self.segment(path, following)
        self.check_reached()
        if self.first is not None and self.expired.get(int(paths[0].stem) - 1) != self.first.hash:
            raise _Broken(paths[0].name, 1, "missing segment", "the ones before it are gone, and no line says that they expired")

    def own_head(self) -> Head:
        """The content of ``head.json``."""
        try:
            content = read_bounded(self.folder / HEAD, MOST_HEAD)
        except (OSError, ValueError) as error:
            raise _Broken(HEAD, 1, "head mismatch", f"it cannot be read ({error})") from error
        with contextlib.suppress(*NONSENSE):
            parsed = json.loads(content)
            head = Head(parsed["n"], parsed["hash"])
            if type(head.n) is int and head.n >= 0 and head.to_bytes() == content:
                return head
        raise _Broken(HEAD, 1, "head mismatch", "it is not as the log writes it")

    def segment(self, path: Path, following: Path | None) -> Iterator[Entry]:
        """The sound lines of one file."""
        self.place = path.name, 0
        if not path.is_file():
            raise _Broken(path.name, 1, "unreadable", "it is not a regular file")
        with open(path, "rb") as stream:
            for number, raw in enumerate(iter(lambda: stream.readline(LONGEST_LINE), b""), 1):
                self.place = path.name, number
                entry = self._line(raw, following is None, number == 1)
                self._check_head()
                yield entry
        name = f"{int(path.stem) + 1:06}.jsonl"
        if following is not None and following.name != name:
            raise _Broken(name, 1, "missing segment", f"the next one is {following.name}")

    def _line(self, raw: bytes, newest: bool, opens: bool) -> Entry:
        if not raw.endswith(b"\n") and newest:
            if any(head.n > self.last.n for head in self.heads):
                raise _Broken(*self.place, "cut tail", "it has no end, but the head says that it was whole")
            raise _Broken(*self.place, UNFINISHED, "it has no end; opening the log takes it off and says so")
        sealed = SEALED.fullmatch(raw)
        if not sealed:
            raise _Broken(*self.place, "altered", "it is not a line as the log writes it")
        body, digest = sealed[1] + b"}", sealed[2].decode()
        self._check_link(body, digest, opens)
        try:
            entry = json.loads(body)
            self._take(entry, digest)
        except NONSENSE as error:
            raise _Broken(*self.place, "altered", f"its hash is right, but it is no entry of a log ({error})") from error
        return entry

    def _take(self, entry: Entry, digest: str) -> None:
        if type(entry["n"]) is not int or type(entry["kind"]) is not str:
            raise TypeError("without a number and a kind")
        self.last, self.lines = Head(entry["n"], digest), self.lines + 1
        if entry["kind"] == "expired":
            self.expired |= {int(segment): end for segment, end in entry["segments"].items()}

    def _check_link(self, body: bytes, digest: str, opens: bool) -> None:
        if _digest(self.last.hash, body) == digest:
            return
        stated = _stated_link(body, digest) if opens else None
        if stated is None:
            raise _Broken(*self.place, "altered", "its hash does not follow from it and the line before")
        if self.lines:  # sound in itself, but what it says of the segment before is not what stands there
            path = self.folder / f"{int(self.place[0][:6]) - 1:06}.jsonl"
            gone = f"{stated.n - self.last.n} lines are gone from its end"
            raise _Broken(path.name, len(path.read_bytes().splitlines()) + 1, "cut tail", gone)
        self.first = self.last = stated

    def _check_head(self) -> None:
        if any(head.n == self.last.n and head != self.last for head in self.heads):
            raise _Broken(HEAD, 1, "head mismatch", f"line {self.last.n} of the log has another hash than the head, or the one kept")

    def check_reached(self) -> None:
        """No head may lie outside the lines that were met."""
        file, line = self.place
        for head in self.heads:
            if self.first is not None and head.n <= self.first.n and head != self.first:
                raise _Broken(HEAD, 1, "head mismatch", f"line {head.n} has expired, so its head can no longer be checked")
            if head.n > self.last.n and head.hash == self.last.hash:
                raise _Broken(HEAD, 1, "head mismatch", f"its hash is that of line {self.last.n}, not of line {head.n}")
            if head.n > self.last.n:
                raise _Broken(file, line + 1, "cut tail", f"the head is at line {head.n}, the log ends at line {self.last.n}")


def _stated_link(body: bytes, digest: str) -> Head | None:
    """Where the first line of a segment says that the one before ended, if it is sound in itself."""
    with contextlib.suppress(*NONSENSE):
        entry = json.loads(body)
        if entry["kind"] == "segment" and _digest(entry["previous"], body) == digest:
            return Head(entry["n"] - 1, entry["previous"])
    return None


def _digest(previous: str, body: bytes) -> str:
    return hashlib.sha256(previous.encode() + body).hexdigest()


def _segments(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("*.jsonl") if SEGMENT.fullmatch(path.name))


# ------------------------------------------------------------------------------------------------------------- writing


class Chain:
    """The one writer of a chain.

    Parameters
    ----------
    folder : path
        Made if it does not exist. Best on a local disk: a network disk may not keep locks.
    max_bytes : int
        A segment that has reached this size is followed by a new one; so is one of another month.
    clock : callable
        Gives the present time.

    Attributes
    ----------
    head : Head
        The last line.
    recovered : int or None
        Bytes of a half-written line that were taken off when the chain was opened.

    Raises
    ------
    LogError
        When another process writes to it, or its last segment or head is faulty.
    OutputError
        When the folder cannot be written.

    Warns
    -----
    LogRecoveredWarning
        When a half-written line was taken off; a line of the kind ``recovered`` says so in the chain.
    """

    def __init__(
        self,
        folder: str | Path,
        *,
        max_bytes: int = 64_000_000,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.folder = Path(folder)
        self._max_bytes = max_bytes
        self._clock = clock
        self._process = os.getpid()
        self._threads = threading.Lock()
        self._lock = _locked(self.folder)
        try:
            self.recovered = self._open()
        except BaseException:
            self._lock.release()
            raise

    def _open(self) -> int | None:
        if not _segments(self.folder) and not (self.folder / HEAD).exists():
            write_file(self.folder / HEAD, Head().to_bytes())
        self._segment, self._month, self.head, torn = _resume(self.folder)
        if torn is None:
            return None
        self.append([{"kind": "recovered", "bytes": len(torn), "sha256": hashlib.sha256(torn).hexdigest()}])
        warnings.warn(f"{self.folder}: {len(torn)} bytes of a half-written line were taken off", LogRecoveredWarning, stacklevel=4)
        return len(torn)

    def append(self, contents: Iterable[Mapping[str, Any]]) -> None:
        """Write lines, flushed to the disk when this returns; ``n``, ``time`` and ``hash`` are added.

        After any error, an interrupt too, none of them is kept, and the chain can go on.

        Raises
        ------
        OutputError
            When they cannot be written.
        """
        with self._threads:
            if os.getpid() != self._process:
                raise LogError(f"{self.folder}: this process is a fork of the one that writes; open a log of its own")
            now = self._clock()
            sealed, head = [], self.head
            start = self._wants_segment(now)
            opening = [{"kind": "segment", "format": FORMAT, "month": f"{now:%Y-%m}", "previous": head.hash}] if start else []
            for content in [*opening, *contents]:
                line, head = _sealed(content, head, now)
                sealed.append(line)
            month = f"{now:%Y-%m}" if start else self._month
            self._keep(b"".join(sealed), (self._segment + start, month, head))

    def _keep(self, lines: bytes, after: tuple[int, str, Head]) -> None:
        """Lines, head and memory move on together; what is reported as not written, for whatever reason, must not count later."""
        before = self._segment, self._month, self.head
        path = self.folder / f"{after[0]:06}.jsonl"
        size = path.stat().st_size if path.exists() else 0
        try:
            _write(path, lines)
            write_file(self.folder / HEAD, after[2].to_bytes())
            self._segment, self._month, self.head = after
        except BaseException:
            self._segment, self._month, self.head = before
            with contextlib.suppress(OSError):
                write_file(self.folder / HEAD, self.head.to_bytes())  # first: lines behind a head are sound, a head behind none is not
            _cut(path, size)
            raise

    def _wants_segment(self, now: datetime) -> bool:
        path = self.folder / f"{self._segment:06}.jsonl"
        return self._segment == 0 or self._month != f"{now:%Y-%m}" or path.stat().st_size >= self._max_bytes

    def expire(self, before: datetime) -> list[str]:
        """Delete the segments that hold only lines older than ``before``; returns their names.

        Never the newest. A line that names them and the hashes that they ended with is written first, so that the rest
        still verifies, and a segment that is missing without such a line does not. A time without a zone is taken as UTC.
        """
        before = before if before.tzinfo else before.replace(tzinfo=UTC)
        ends: dict[str, str] = {}
        for path in _segments(self.folder)[:-1]:
            latest, end = _newest(path)
            if latest >= before:
                break
            ends[path.stem] = end
        if ends:
            self.append([{"kind": "expired", "segments": ends}])
        names = [f"{segment}.jsonl" for segment in ends]
        for name in names:
            (self.folder / name).unlink()
        return names

    def close(self) -> None:
        """Let another process write."""
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _newest(path: Path) -> tuple[datetime, str]:
    """The latest time in a segment, and the hash that it ends with."""
    try:
        entries = [json.loads(line) for line in path.read_bytes().splitlines()]
        return max(datetime.fromisoformat(entry["time"]) for entry in entries), entries[-1]["hash"]
    except NONSENSE as error:
        raise LogError(f"{path}: holds a line that is no entry of a log ({error}); nothing was deleted") from error


def _locked(folder: Path) -> FileLock:
    """The system frees the lock of a process that dies, so none is ever stale."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / LOCK, timeout=0, thread_local=False)
        lock.acquire()
    except Timeout as error:
        raise LogError(f"{folder}: another writer has this log open; close it, or give each process a folder of its own") from error
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error})") from error
    return lock


def _resume(folder: Path) -> tuple[int, str, Head, bytes | None]:
    """Number and month of the newest segment, the head, and the torn line that was taken off; the end is checked first."""
    paths, months, walk = _segments(folder)[-2:], [""], _Walk(folder)
    torn = None
    try:
        walk.heads.append(walk.own_head())
        for path in paths:
            for entry in walk.segment(path, None):
                months.append(entry.get("month", months[-1]))
    except _Broken as broken:
        if broken.fault.what != UNFINISHED or broken.fault.file != paths[-1].name:
            raise _refused(folder, broken) from broken
    try:
        walk.check_reached()
    except _Broken as broken:
        raise _refused(folder, broken) from broken
    if paths:
        torn = _take_off_torn_line(paths[-1])
    remaining = [path for path in paths if path.exists()]
    return int(remaining[-1].stem) if remaining else 0, months[-1], walk.last, torn


def _refused(folder: Path, broken: _Broken) -> LogError:
    return LogError(f"{folder}: {broken.fault}; keep the folder as it is, and begin a new log in another")


def _take_off_torn_line(path: Path) -> bytes | None:
    """Cut a segment after its last whole line; delete it when it has none."""
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if content and whole == len(content):
        return None
    if whole:
        os.truncate(path, whole)
    else:
        path.unlink()
    return content[whole:]


def _sealed(content: Mapping[str, Any], head: Head, now: datetime) -> tuple[bytes, Head]:
    entry = {"n": head.n + 1, "time": now.astimezone(UTC).isoformat(timespec="microseconds"), **content}
    body = json.dumps(entry, separators=(",", ":"), allow_nan=False).encode()
    digest = _digest(head.hash, body)
    return body[:-1] + f',"hash":"{digest}"}}\n'.encode(), Head(head.n + 1, digest)


def _cut(path: Path, size: int) -> None:
    """Take off what was appended."""
    with contextlib.suppress(OSError):
        if size:
            os.truncate(path, size)
        else:
            path.unlink()


def _write(path: Path, content: bytes) -> None:
    try:
        with open(path, "ab") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error}); nothing was kept of it") from error
