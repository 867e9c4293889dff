"""Files and folders that take their name whole or not at all."""

import itertools
import multiprocessing
import os
import random
import resource
import stat
import sys
from contextlib import suppress

import pytest

from social_guard import safe_files
from social_guard.exceptions import OutputError
from social_guard.safe_files import new_folder, read_bounded, write_file
from tests.conftest import struck_at

CONTENTS = [bytes([letter]) * 300_000 for letter in b"abc"]


def put(path, content):
    with new_folder(path) as fresh:
        for name in ("one", "two"):
            (fresh / name).write_bytes(content)


def names(folder):
    return sorted(os.listdir(folder))


def test_a_file_is_read_within_bounds(tmp_path):
    """To the last byte that is allowed, and no further."""
    (tmp_path / "file").write_bytes(b"12345")
    assert read_bounded(tmp_path / "file", 5) == b"12345"
    with pytest.raises(ValueError, match="more than the 4 bytes"):
        read_bounded(tmp_path / "file", 4)
    for path in ("/dev/zero", tmp_path):
        with pytest.raises(ValueError, match="not a regular file"):
            read_bounded(path, 4)
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "none", 4)


def test_a_file_is_replaced_and_keeps_its_permissions(tmp_path):
    """A private file stays private; a new one has the permissions that new files have here."""
    path = tmp_path / "file"
    (tmp_path / "other").touch()
    write_file(path, "é")
    assert path.stat().st_mode == (tmp_path / "other").stat().st_mode and path.read_bytes() == "é".encode()
    path.chmod(0o600)
    write_file(path, b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600 and path.read_bytes() == b"two"
    assert names(tmp_path) == ["file", "other"]


def test_what_is_no_text_is_not_written(tmp_path):
    """A lone surrogate has no bytes; the old file stays."""
    write_file(tmp_path / "file", "first")
    with pytest.raises(OutputError, match="file: cannot be written .*surrogates"):
        write_file(tmp_path / "file", "\ud800")
    assert (tmp_path / "file").read_text() == "first" and names(tmp_path) == ["file"]


def test_a_new_file_replaces_none(tmp_path):
    """The one that was there first stays."""
    write_file(tmp_path / "file", "first", new=True)
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "file", "second", new=True)
    assert (tmp_path / "file").read_text() == "first" and names(tmp_path) == ["file"]


def test_a_link_is_replaced_and_what_it_points_to_is_left_alone(tmp_path):
    """Whoever puts a link under a name cannot make us write elsewhere."""
    (tmp_path / "precious").write_text("kept")
    (tmp_path / "link").symlink_to(tmp_path / "precious")
    write_file(tmp_path / "link", "new")
    assert (tmp_path / "precious").read_text() == "kept" and (tmp_path / "link").read_text() == "new"
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "precious").touch()
    (tmp_path / "other").symlink_to(tmp_path / "folder")
    put(tmp_path / "other", b"new")
    assert names(tmp_path / "folder") == ["precious"] and names(tmp_path / "other") == ["one", "two"]


@pytest.mark.parametrize("able", [True, False])
def test_a_folder_is_replaced_whole(tmp_path, monkeypatch, able):
    """Also where the system cannot exchange two names in one step; files of the old one are gone."""
    if not able:
        monkeypatch.setattr(safe_files, "_exchange", lambda one, other: False)
    put(tmp_path / "deep" / "folder", b"old")
    (tmp_path / "deep" / "folder" / "three").touch()
    put(tmp_path / "deep" / "folder", b"new")
    assert names(tmp_path / "deep") == ["folder"] and names(tmp_path / "deep" / "folder") == ["one", "two"]
    assert (tmp_path / "deep" / "folder" / "two").read_bytes() == b"new"


@pytest.mark.parametrize("write", [write_file, put])
def test_a_name_is_taken_by_the_rules_of_windows(tmp_path, windows_rules, monkeypatch, write):
    """Files are flushed and renamed there too."""
    monkeypatch.setattr(safe_files, "_exchange", lambda one, other: False)
    for content in CONTENTS:
        write(tmp_path / "name", content)
        read = tmp_path / "name" if write is write_file else tmp_path / "name" / "two"
        assert read.read_bytes() == content and names(tmp_path) == ["name"]


def test_an_error_leaves_the_old_folder(tmp_path):
    """Whatever fails while the new one is filled."""
    put(tmp_path / "folder", b"old")
    with pytest.raises(OutputError, match="folder: cannot be written"), new_folder(tmp_path / "folder"):
        raise OSError("no space")
    with pytest.raises(KeyboardInterrupt), new_folder(tmp_path / "folder"):
        raise KeyboardInterrupt
    assert (tmp_path / "folder" / "one").read_bytes() == b"old" and names(tmp_path) == ["folder"]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
@pytest.mark.parametrize("able", [True, False])
def test_a_folder_that_any_error_strikes_at_any_line(tmp_path, monkeypatch, error, able):
    """The name has the whole old folder or the whole new one, also where the system cannot exchange them in one step."""
    if not able:
        monkeypatch.setattr(safe_files, "_exchange", lambda one, other: False)
    within = [safe_files.flush_folder, safe_files._flush, safe_files._take_place, safe_files._replace_in_two_steps]
    found = set()
    for step in itertools.count(1):
        put(tmp_path / "folder", b"old")
        with suppress(error), struck_at(step, error, *within) as reached:
            put(tmp_path / "folder", b"new")
        content = {path.name: path.read_bytes() for path in (tmp_path / "folder").iterdir()}
        assert content in ({"one": b"old", "two": b"old"}, {"one": b"new", "two": b"new"}) and names(tmp_path) == ["folder"]
        found.add(content["one"])
        if len(reached) < step:
            break
    assert found == {b"old", b"new"}


@pytest.mark.parametrize("write", [write_file, put])
def test_a_full_disk_leaves_the_old_content(tmp_path, write):
    """A limit of the process stands in for the end of the disk: the write fails halfway, and nothing of it stays."""
    write(tmp_path / "name", b"old")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match="cannot be written"):
            write(tmp_path / "name", CONTENTS[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("place", ["no/name", "file/name", "folder"])
def test_where_nothing_can_be_written_it_is_said(tmp_path, place):
    """A missing folder, a file in the way, a folder under the name."""
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=f"{place}: cannot be written .* may you write there"):
        write_file(tmp_path / place, "text")
    assert names(tmp_path) == ["file", "folder"]


def again(write, path, contents):
    for content in contents * 1000:
        write(path, content)


@pytest.mark.parametrize("write", [write_file, put])
def test_two_processes_and_a_reader(tmp_path, write):
    """Both write the same name all the time, one of them is killed; a reader only ever finds whole content."""
    write(tmp_path / "name", CONTENTS[0])
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=again, args=(write, tmp_path / "name", CONTENTS)) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for number in range(300):
            if number == 150:
                writers[0].kill()
            try:
                path = tmp_path / "name" if write is write_file else tmp_path / "name" / random.choice(["one", "two"])
                assert path.read_bytes() in CONTENTS
            except FileNotFoundError:  # a folder that was replaced between two steps of finding the file
                assert write is put and sys.platform == "linux"
    finally:
        for writer in writers:
            writer.kill()
            writer.join()


@pytest.mark.skipif(sys.platform not in ("linux", "darwin"), reason="only Linux and macOS exchange two names in one step")
def test_two_folders_change_places_in_one_step(tmp_path):
    """Where the system can, which these disks let it; of one that is missing, nothing is done."""
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert safe_files._exchange(tmp_path / "one", tmp_path / "other")
    assert (names(tmp_path / "one"), names(tmp_path / "other")) == (["other"], ["one"])
    assert not safe_files._exchange(tmp_path / "one", tmp_path / "none")
    assert names(tmp_path / "one") == ["other"]


def test_where_the_system_cannot_the_caller_is_told(tmp_path, monkeypatch):
    """Another kind of system, or an old one: nothing is touched, and the slower way is taken."""
    (tmp_path / "one").mkdir()
    (tmp_path / "other").mkdir()
    monkeypatch.setattr(safe_files.sys, "platform", "freebsd")
    assert safe_files._exchange(tmp_path / "one", tmp_path / "other") is False
    monkeypatch.setattr(safe_files.os, "name", "nt")
    assert safe_files._exchange("one", "other") is False
