import multiprocessing
import os
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from filelock import FileLock

from social_guard.exceptions import DataError, OutputError
from social_guard.files import resume
from social_guard.files.resume import Unfinished

PLAN = {"input": [["/a.csv", 3, 5]], "model": "m", "policy": "p", "options": {"text": "text"}}


@pytest.fixture(autouse=True)
def at_once(monkeypatch):
    """Every piece is entered in the journal at once."""
    monkeypatch.setattr(resume, "INTERVAL", 0.0)


def interrupted(folder, *contents, error=KeyboardInterrupt):
    """An output with these pieces whose program was stopped."""
    with pytest.raises(error), Unfinished(str(folder / "out"), PLAN, resume=False) as output:
        for content in contents:
            output.add(len(content), content, ("a", content.decode()[:1]))
        raise error("stop")
    return folder / "out.unfinished"


def resumed(folder, plan=PLAN):
    """The pieces that are taken over."""
    with Unfinished(str(folder / "out"), plan, resume=True) as output:
        return list(output.read())


def test_an_output_takes_its_name_when_it_is_done(tmp_path):
    """The old file stands until then; afterwards nothing else is left."""
    (tmp_path / "out").write_bytes(b"old")
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        output.add(1, b"new", ())
        assert (tmp_path / "out").read_bytes() == b"old"
        output.publish()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"new"}


def test_pieces_with_the_same_columns_keep_them_once(tmp_path):
    """Though each comes from another process with names of its own: a large file has thousands of pieces."""
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        for name in ("id", "id", "other"):
            output.add(1, b"1\n", (name, "score"))
        first, second, third = (piece.columns for piece in output.pieces)
        assert first is second and third == ("other", "score")
        output.publish()


def test_pieces_survive_an_interruption(tmp_path):
    """With their rows and columns; what comes then stands behind them."""
    interrupted(tmp_path, b"xy", b"x", b"z")
    with Unfinished(str(tmp_path / "out"), PLAN, resume=True) as output:
        assert [piece.rows for piece in output.pieces] == [2, 1, 1]
        output.add(1, b"w", ("b",))
        assert list(output.read()) == [(b"xy", ("a", "x")), (b"x", ("a", "x")), (b"z", ("a", "z")), (b"w", ("b",))]
        output.publish()
    assert (tmp_path / "out").read_bytes() == b"xyxzw"


@pytest.mark.parametrize("error", [DataError, KeyboardInterrupt, OutputError])
def test_what_would_fail_again_is_not_kept(tmp_path, error):
    """Data that cannot be read; everything else can be resumed."""
    folder = interrupted(tmp_path, b"x", error=error)
    assert folder.exists() == (error is not DataError)
    assert not (tmp_path / "out").exists()


def test_without_a_piece_nothing_is_kept(tmp_path):
    """There is nothing to go on with."""
    assert not interrupted(tmp_path).exists()


def test_without_resume_it_starts_anew(tmp_path):
    """Old pieces are thrown away."""
    interrupted(tmp_path, b"x", b"y")
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        assert (output.pieces, list(output.read())) == ([], [])


@pytest.mark.parametrize(("key", "value"), [("input", [["/a.csv", 4, 5]]), ("model", "n"), ("policy", "q"), ("options", {"text": "b"})])
def test_another_plan_is_refused(tmp_path, key, value):
    """The error says what changed; the pieces stay, so that the right plan can still be taken up."""
    interrupted(tmp_path, b"x")
    with pytest.raises(OutputError, match=f"since the {key} changed after it was begun; without resume it starts anew"):
        resumed(tmp_path, PLAN | {key: value})
    with pytest.raises(OutputError, match="the input and the model changed"):
        resumed(tmp_path, PLAN | {"input": [], "model": ""})
    assert resumed(tmp_path) == [(b"x", ("a", "x"))]


def test_any_torn_end_is_cut_off(tmp_path):
    """At whatever byte journal and rows end: what is taken over is a beginning of what was written."""
    written = [(b"xy", ("a", "x")), (b"x", ("a", "x")), (b"z", ("a", "z"))]
    folder = interrupted(tmp_path, *(content for content, _ in written))
    journal, rows = (folder / "journal").read_bytes(), (folder / "rows").read_bytes()
    counts = set()
    for length in (*range(0, len(journal), 7), len(journal)):
        for size in range(len(rows) + 1):
            folder.mkdir(exist_ok=True)
            (folder / "journal").write_bytes(journal[:length])
            (folder / "rows").write_bytes(rows[:size])
            found = resumed(tmp_path)
            assert found == written[: len(found)]
            counts.add(len(found))
    assert counts == {0, 1, 2, 3}


def test_two_programs_do_not_write_the_same_output(tmp_path, monkeypatch):
    """The second is told; the first goes on."""
    monkeypatch.setattr(resume, "PATIENCE", 0.1)
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        with multiprocessing.get_context("fork").Pool(1) as pool, pytest.raises(OutputError, match="another program is writing it"):
            pool.apply(resumed, (tmp_path,))
        output.add(1, b"x", ())
        output.publish()
    assert (tmp_path / "out").read_bytes() == b"x"


def publish_beside(folder, started, content):
    """Another program with the same output."""
    started.set()
    with Unfinished(str(folder / "out"), PLAN, resume=False) as output:
        output.add(len(content), content, ())
        output.publish()


def test_a_program_that_waits_takes_its_turn(tmp_path):
    """However many there are; the last output stands, and nothing else."""
    context = multiprocessing.get_context("fork")
    waiting = []
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        for content in (b"y", b"zz"):
            started = context.Event()
            waiting.append(context.Process(target=publish_beside, args=(tmp_path, started, content)))
            waiting[-1].start()
            assert started.wait(60)
        output.add(1, b"x", ())
        output.publish()
    for process in waiting:
        process.join()
    assert [process.exitcode for process in waiting] == [0, 0]
    assert os.listdir(tmp_path) == ["out"] and (tmp_path / "out").read_bytes() in (b"y", b"zz")


@pytest.mark.parametrize("error", [None, DataError])
def test_the_next_program_begins_as_soon_as_the_lock_is_free(tmp_path, monkeypatch, error):
    """What the one before clears away is its own, at whatever moment the next one comes."""
    following = Unfinished(str(tmp_path / "out"), PLAN, resume=False)
    with ExitStack() as stack:

        class Handed(FileLock):
            def release(self, force=False):
                super().release(force)
                if resume.FileLock is Handed:
                    monkeypatch.setattr(resume, "FileLock", FileLock)
                    stack.enter_context(following)

        monkeypatch.setattr(resume, "FileLock", Handed)
        with suppress(DataError), Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
            output.add(1, b"x", ())
            if error:
                raise error("stop")
            output.publish()
        following.add(1, b"y", ())
        monkeypatch.setattr(resume, "PATIENCE", 0.1)
        with pytest.raises(OutputError, match="another program is writing it"):
            resumed(tmp_path)
        following.publish()
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"y"}


def test_a_lock_that_cannot_be_taken_is_told(tmp_path):
    """Something else has its name."""
    (tmp_path / "out.unfinished" / "lock").mkdir(parents=True)
    with pytest.raises(OutputError, match="out: cannot be written .*may you write there"):
        resumed(tmp_path)


def test_where_nothing_can_be_written_it_is_said(tmp_path):
    """A missing folder, a folder under the name, a file in the way."""
    (tmp_path / "dir").mkdir()
    (tmp_path / "file.unfinished").write_text("")
    for name, message in (("no/out", "does the folder exist"), ("dir", "it is a folder; name a file in it"), ("file", "cannot be written")):
        with pytest.raises(OutputError, match=message), Unfinished(str(tmp_path / name), PLAN, resume=True):
            pass
    assert sorted(os.listdir(tmp_path)) == ["dir", "file.unfinished"]


def publish_with(folder, *more):
    """Go on with these pieces and give the output its name; what was taken over."""
    with Unfinished(str(folder / "out"), PLAN, resume=True) as output:
        taken = list(output.read())
        for content, columns in more:
            output.add(len(content), content, columns)
        output.publish()
    return taken


def test_what_stands_behind_the_last_whole_piece_does_not_come_back(tmp_path):
    """Bytes without a line in the journal are cut off, and what is written next stands in their place."""
    folder = interrupted(tmp_path, b"xy", b"z")
    with open(folder / "rows", "ab") as file:
        file.write(b"torn")
    publish_with(tmp_path, (b"w", ()))
    assert (tmp_path / "out").read_bytes() == b"xyzw"


def test_a_line_without_its_bytes_does_not_come_back(tmp_path):
    """The journal is cut to the pieces that are there, so that a second interruption finds no old line among the new."""
    folder = interrupted(tmp_path, b"xy", b"z", b"w")
    os.truncate(folder / "rows", 3)
    with pytest.raises(KeyboardInterrupt), Unfinished(str(tmp_path / "out"), PLAN, resume=True) as output:
        output.add(2, b"uv", ("b",))
        raise KeyboardInterrupt
    assert publish_with(tmp_path) == [(b"xy", ("a", "x")), (b"z", ("a", "z")), (b"uv", ("b",))]
    assert (tmp_path / "out").read_bytes() == b"xyzuv"


def test_a_torn_line_costs_itself_alone(tmp_path):
    """Every whole line before it counts; without any journal it starts anew."""
    folder = interrupted(tmp_path, b"xy", b"z")
    with open(folder / "journal", "ab") as file:
        file.write(b"[1, 9")
    assert [content for content, _ in resumed(tmp_path)] == [b"xy", b"z"]
    folder = interrupted(tmp_path, b"xy")
    (folder / "journal").unlink()
    assert resumed(tmp_path) == []


def test_columns_that_come_and_go_are_known_again(tmp_path):
    """Each piece has its own, whatever the ones before it had, written at once or one by one."""
    columns = [("a",), ("b",), ("a",), ("a",), ("b",), ("b",), ("a", "b")]
    with pytest.raises(KeyboardInterrupt), Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        for number, names in enumerate(columns):
            output.add(1, str(number).encode(), names)
        raise KeyboardInterrupt
    assert [names for _, names in resumed(tmp_path)] == columns


def test_pieces_may_be_joined_otherwise(tmp_path):
    """Into the file that a function makes of them; the pieces themselves are gone afterwards."""
    with Unfinished(str(tmp_path / "out"), PLAN, resume=False) as output:
        output.add(2, b"xy", ("a",))
        output.publish(lambda path: Path(path).write_bytes(b"-".join(content for content, _ in output.read())[::-1]))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"yx"}


@pytest.mark.parametrize("joined", [False, True])
def test_an_output_takes_its_name_by_the_rules_of_windows(tmp_path, windows_rules, joined):
    """Also after an interruption, and when the name cannot be taken at first: the pieces stay."""
    interrupted(tmp_path, b"xy")
    with pytest.raises(OutputError, match="Is a directory"), Unfinished(str(tmp_path / "out"), PLAN, resume=True) as output:
        output.add(1, b"z", ("a",))
        (tmp_path / "out").mkdir()
        output.publish()
    (tmp_path / "out").rmdir()
    with Unfinished(str(tmp_path / "out"), PLAN, resume=True) as output:
        content = b"".join(content for content, _ in output.read())
        output.publish((lambda path: Path(path).write_bytes(content)) if joined else None)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"out": b"xyz"}
