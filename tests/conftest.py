"""The smallest things that show the behaviour: a guard trained in seconds on a part of our own comments."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

from social_guard import SocialGuard, load_comments, train_guard
from social_guard.files.persistence import Model
from social_guard.model.scorer import Block, Weights
from social_guard.training import Recipe

ROOT = Path(__file__).resolve().parents[1]
COMMENTS = ROOT / "data" / "comments"

settings.register_profile("untimed", deadline=None)  # a busy machine is no failure
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def own_comments():
    """Every tenth of our own comments that have a label for every head."""
    own = load_comments(COMMENTS)
    return own[own["spam"].notna()].iloc[::10].reset_index(drop=True)


@pytest.fixture(scope="session")
def small_guard(own_comments) -> SocialGuard:
    """A guard of its own, quick to train: good enough to behave, not to use."""
    return train_guard(own_comments, recipe=Recipe(max_words=4000, max_grams=4000, min_df=3, folds=2))


@pytest.fixture(scope="session")
def tiny_guard() -> SocialGuard:
    """The smallest guard: one feature in each block, two heads."""
    one = [Block((key,), np.array([3], np.int32), 0.5, np.array([[2, -1]], np.int16)) for key in ("bad", " ba")]
    weights = Weights(("abuse", "spam"), np.zeros(2), np.full(2, 0.1), 10, *one)
    return SocialGuard(Model(weights, 'version = 1\nconfirm = ["remove", "report"]\n[categories.abuse]\nhide = 0.5\n'))


@pytest.fixture(scope="session")
def shipped_guard() -> SocialGuard:
    """The model that ships."""
    return SocialGuard.load()


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of public corpora, which is not part of the repository."""
    folder = Path(os.environ.get("SOCIAL_GUARD_CORPORA", ROOT.parent / "shared" / "corpora"))
    if not folder.is_dir():
        pytest.skip(f"the public corpora are not at {folder}; set SOCIAL_GUARD_CORPORA")
    return folder


@pytest.fixture
def windows_rules(monkeypatch) -> None:
    """What Windows refuses is refused: to flush a file that is open for reading only, or to rename what is open."""
    if not sys.platform.startswith("linux"):
        pytest.skip("only Linux tells what is open")
    import fcntl

    fsync = os.fsync

    def flush(handle):
        if not stat.S_ISDIR(os.fstat(handle).st_mode) and fcntl.fcntl(handle, fcntl.F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise PermissionError("it is open for reading only")
        fsync(handle)

    def keeps(rename):
        def checked(source, target):
            opened = (Path(f"/proc/self/fd/{handle}") for handle in os.listdir("/proc/self/fd"))
            if any(path.is_symlink() and Path(os.readlink(path)).is_relative_to(Path(source).absolute()) for path in opened):
                raise PermissionError(f"{source} is open")
            rename(source, target)

        return checked

    monkeypatch.setattr(os, "fsync", flush)
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, keeps(getattr(os, name)))


@contextmanager
def struck_at(step: int, error: type[BaseException], *functions) -> Iterator[list[int]]:
    """An error strikes as that line of these functions is about to run, as an interrupt does; gives the lines that were reached."""
    codes, reached, before = {function.__code__ for function in functions}, [], sys.gettrace()

    def trace(frame, event, _):
        if frame.f_code in codes and event == "line":
            reached.append(frame.f_lineno)
            if len(reached) == step:
                raise error(f"before line {frame.f_lineno}")
        return trace if frame.f_code in codes else None

    sys.settrace(trace)
    try:
        yield reached
    finally:
        sys.settrace(before)
