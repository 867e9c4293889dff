"""Files of others are read within bounds; ours take their name whole or not at all: no reader, kill or full disk meets half.

What is written is made under a hidden name in the same folder, flushed to the disk, and renamed in one step. A kill may leave the
hidden one behind; it begins with a dot, ends in ``.part``, and may be deleted.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from .exceptions import OutputError

_HERE, _EXCHANGE, _SWAP = -100, 2, 2
"""``AT_FDCWD`` and ``RENAME_EXCHANGE`` of Linux, ``RENAME_SWAP`` of macOS."""


def read_bounded(path: str | Path, most: int) -> bytes:
    """The content of a regular file; a device never ends, and a pipe waits for a writer that may never come.

    Raises
    ------
    OSError
        When it cannot be read.
    ValueError
        When it is another kind of file, or longer than ``most``.
    """
    if Path(path).exists() and not Path(path).is_file():
        raise ValueError("it is not a regular file")
    with open(path, "rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise ValueError(f"it holds more than the {most} bytes that are allowed")
    return content


def write_file(path: str | Path, content: str | bytes, *, new: bool = False) -> None:
    """Write a file, text in UTF-8; it keeps the permissions of the one that it replaces.

    Parameters
    ----------
    path : path
    content : str or bytes
    new : bool
        Never replace another file.

    Raises
    ------
    OutputError
        When it cannot be written; what stood under the name stands there still.
    FileExistsError
        When there is one, and ``new`` is asked for.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_file(Path(folder) / "note.txt", "kept")
    ...     (Path(folder) / "note.txt").read_text(), os.listdir(folder)
    ('kept', ['note.txt'])
    """
    path = Path(path)
    hidden = _hidden(path)
    try:
        content = content.encode() if isinstance(content, str) else content
        with open(hidden, "xb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if path.exists():
            os.chmod(hidden, path.stat().st_mode & 0o777)
        (os.link if new else os.replace)(hidden, path)
        flush_folder(path.parent)
    except FileExistsError:
        raise
    except (OSError, UnicodeError) as error:
        raise _refused(path, error) from error
    finally:
        with suppress(OSError):
            os.unlink(hidden)


@contextmanager
def new_folder(path: str | Path) -> Iterator[Path]:
    """An empty folder to fill, which takes the name when the block ends; what had the name before is deleted.

    On Linux and macOS the two change places in one step, so that a whole folder has the name at every moment.

    Raises
    ------
    OutputError
        When it cannot be written; what stood under the name stands there still.
    """
    path = Path(path)
    hidden = _hidden(path)
    fresh = hidden / "new"
    try:
        fresh.mkdir(parents=True)
        yield fresh
        for file in fresh.iterdir():
            _flush(file)
        flush_folder(fresh)
        _take_place(fresh, path)
        flush_folder(path.parent)
    except OSError as error:
        raise _refused(path, error) from error
    finally:
        shutil.rmtree(hidden, ignore_errors=True)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.urandom(6).hex()}.part")


def flush_folder(folder: Path) -> None:
    """Make new names in a folder outlive a power cut, where the system can."""
    with suppress(OSError):
        _flush(folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)  # Windows flushes only what may be written
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _take_place(fresh: Path, path: Path) -> None:
    with suppress(OSError):
        os.rename(fresh, path)  # nothing, or an empty folder, has the name
        return
    if not _exchange(fresh, path):
        _replace_in_two_steps(fresh, path)


def _replace_in_two_steps(fresh: Path, path: Path) -> None:
    """Where an error comes between them, an interrupt too, the name goes back to what had it."""
    old = fresh.with_name("old")
    try:
        os.rename(path, old)
        os.rename(fresh, path)
    except BaseException:
        with suppress(OSError):  # the new folder has taken the name
            os.rename(old, path)
        raise


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change names in one step; whether the system can."""
    if os.name != "posix":
        return False
    library = ctypes.CDLL(None)
    names = os.fsencode(one), os.fsencode(other)
    if sys.platform == "linux" and hasattr(library, "renameat2"):
        return library.renameat2(_HERE, names[0], _HERE, names[1], _EXCHANGE) == 0
    if sys.platform == "darwin" and hasattr(library, "renamex_np"):
        return library.renamex_np(*names, _SWAP) == 0
    return False


def _refused(path: Path, error: Exception) -> OutputError:
    return OutputError(f"{path}: cannot be written ({error}); does the folder exist, and may you write there?")
