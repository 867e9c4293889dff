"""Every version of a policy file: who changed what, when and why, and the way back.

Beside ``policy.toml`` stands the folder ``policy.history`` with one numbered file a version, ``0001.toml`` and so on: the
whole policy under one line that tells of the change. A version is written before the policy file itself, each in one
step, so that a crash loses nothing. A change made by hand is noticed and kept the next time.
"""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
from filelock import FileLock, Timeout

from ..exceptions import OutputError, PolicyError
from ..safe_files import write_file
from .edit import edit_policy
from .reading import parse_policy, read_policy_text

_MARK = "# version: "
PATIENCE = 60.0
"""Seconds to wait for another change to end."""
FIRST, BY_HAND = "as it was found", "changed by hand"


class Version(msgspec.Struct, frozen=True, omit_defaults=True):
    """One version of a policy file.

    Attributes
    ----------
    number : int
        From 1.
    who, when, why : str
        ``when`` is in UTC, ISO 8601.
    same_as : int
        The version whose text it is: its own number, or that of the one it went back to.
    text : str
        The policy file.
    """

    number: int
    who: str
    when: str
    why: str
    same_as: int
    text: str = ""


def set_values(path: str | Path, values: Mapping[str, Any], why: str, *, who: str | None = None) -> Version:
    """Change values of a policy file and keep the version before.

    Raises
    ------
    PolicyError
        When a value is not allowed; nothing is written then.
    OutputError
        When the file or its history cannot be written.
    """
    path = Path(path)
    edit_policy(read_policy_text(path), values, name=str(path))  # a mistake leaves nothing behind
    with _alone(path):
        text = edit_policy(read_policy_text(path), values, name=str(path))
        return _write(path, text, why, who, versions=_caught_up(path, who))


def write_version(path: str | Path, text: str, why: str, *, who: str | None = None) -> Version:
    """Replace a policy file by another text and keep the version before."""
    path = Path(path)
    parse_policy(text, str(path))
    with _alone(path):
        return _write(path, text, why, who, versions=_caught_up(path, who))


def go_back(path: str | Path, number: int | None = None, *, who: str | None = None) -> Version:
    """Return to a version, by default the one before the present one; this too is a version.

    Raises
    ------
    PolicyError
        When there is no such version.
    """
    path = Path(path)
    with _alone(path):
        versions = _caught_up(path, who)
        target = versions[-1].same_as - 1 if number is None else number
        if not 1 <= target <= len(versions):
            raise PolicyError(f"{path}: there is no version {target}; its history has the versions 1 to {len(versions)}")
        return _write(path, versions[target - 1].text, f"back to version {target}", who, versions=versions, same_as=target)


def read_versions(path: str | Path) -> list[Version]:
    """The versions kept of a policy file, the oldest first.

    Raises
    ------
    PolicyError
        When a file of the history is not one.
    """
    return [_read(file) for file in sorted(history_folder(path).glob("[0-9]*.toml"))]


def history_folder(path: str | Path) -> Path:
    """Where the versions of a policy file stand.

    Examples
    --------
    >>> history_folder("ours/policy.toml").as_posix()
    'ours/policy.history'
    """
    return Path(path).with_suffix(".history")


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One change at a time: the next one begins with what this one wrote."""
    read_policy_text(path)  # a name that is wrong leaves no folder behind
    folder = history_folder(path)
    try:
        folder.mkdir(exist_ok=True)
        lock = FileLock(folder / "lock", timeout=PATIENCE)
        lock.acquire()
    except Timeout as error:
        raise OutputError(f"{path}: somebody else has been saving it for {PATIENCE:.0f} seconds; try again") from error
    except OSError as error:
        raise OutputError(f"{folder}: cannot be written ({error})") from error
    try:
        yield
    finally:
        lock.release()


def _caught_up(path: Path, who: str | None) -> list[Version]:
    """The history, with what stands in the file now as its last version."""
    versions, text = read_versions(path), read_policy_text(path)
    if not versions or versions[-1].text != text:
        versions.append(_keep(path, text, BY_HAND if versions else FIRST, who, versions=versions))
    return versions


def _write(path: Path, text: str, why: str, who: str | None, *, versions: list[Version], same_as: int | None = None) -> Version:
    version = _keep(path, text, why, who, versions=versions, same_as=same_as)
    write_file(path, text)
    return version


def _keep(path: Path, text: str, why: str, who: str | None, *, versions: list[Version], same_as: int | None = None) -> Version:
    number = versions[-1].number + 1 if versions else 1
    when = datetime.now(UTC).isoformat(timespec="seconds")
    version = Version(number, who or _present_user(), when, why, same_as or number)
    head = msgspec.json.encode(version).decode()
    file = history_folder(path) / f"{number:04}.toml"
    try:
        write_file(file, f"{_MARK}{head}\n{text}", new=True)
    except FileExistsError as error:
        raise OutputError(f"{file}: somebody else has just saved a version; look at the file and try again") from error
    return msgspec.structs.replace(version, text=text)


def _present_user() -> str:
    """In a container, whoever runs this may have a number and no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # the second since Python 3.13
        return f"uid {os.getuid()}"


def _read(file: Path) -> Version:
    head, _, text = read_policy_text(file).partition("\n")
    try:
        version = msgspec.json.decode(head.removeprefix(_MARK), type=Version)
    except msgspec.DecodeError as error:
        raise PolicyError(f"{file}: is not a version of a policy file ({error}); its first line must tell of the change") from error
    return msgspec.structs.replace(version, text=text)
