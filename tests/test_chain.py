import itertools
import multiprocessing
import os
import random
import shutil
import signal
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from social_guard.exceptions import LogError, LogRecoveredWarning, OutputError
from social_guard.records import chain as chain_module
from social_guard.records.chain import HEAD, Chain, Fault, read_chain, verify
from social_guard.safe_files import flush_folder, write_file
from tests.conftest import struck_at

START = datetime(2026, 3, 1, tzinfo=UTC)
FORK = multiprocessing.get_context("fork")


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


def note(i):
    return {"kind": "note", "number": i}


def fill(folder, n=12, **options):
    """A line an append."""
    with Chain(folder, **options) as chain:
        for i in range(n):
            chain.append([note(i)])
        return str(chain.head)


def numbers(folder):
    return [entry["number"] for entry in read_chain(folder) if entry["kind"] == "note"]


def segments(folder):
    return sorted(path.name for path in folder.glob("*.jsonl"))


def what(folder, head=None):
    fault = verify(folder, head).fault
    return None if fault is None else (fault.file, fault.line, fault.what)


def test_lines_come_back_in_order_and_verify(tmp_path):
    """Over many segments, appended one by one, together, or after opening again."""
    fill(tmp_path, 5, max_bytes=400)
    with Chain(tmp_path, max_bytes=400) as chain:
        chain.append(map(note, range(5, 9)))
        chain.append([])
    assert numbers(tmp_path) == list(range(9)) and len(segments(tmp_path)) > 2
    result = verify(tmp_path)
    assert (result.ok, result.lines, result.fault) == (True, 9 + len(segments(tmp_path)), None)
    assert result.head == str(chain.head)


def test_a_log_that_is_new_or_not_there(tmp_path):
    """One without lines is sound; a folder without one is not."""
    Chain(tmp_path / "log").close()
    assert verify(tmp_path / "log").ok and verify(tmp_path / "log").lines == 0
    assert what(tmp_path) == (HEAD, 1, "head mismatch")


@settings(max_examples=12, deadline=None)
@given(text=st.text(st.characters(exclude_categories=())), size=st.integers(1, 900))
def test_any_text_is_one_line(tmp_path_factory, text, size):
    """Line ends, separators of other kinds and halves of surrogate pairs are escaped."""
    folder = tmp_path_factory.mktemp("chain")
    with Chain(folder, max_bytes=size) as chain:
        chain.append([{"kind": "note", "number": text}])
        chain.append([{"kind": "note", "number": [text]}])
    assert numbers(folder) == [text, [text]] and verify(folder).ok


# ------------------------------------------------------------------------------------------------------------ tampering


def expected_line(content, place):
    return content[:place].count(b"\n") + 1


def flips(path, places, change):
    """Where the first fault stands after each byte is changed, and where it should."""
    content = path.read_bytes()
    try:
        for place in places:
            path.write_bytes(content[:place] + bytes([change(content[place])]) + content[place + 1 :])
            yield place, expected_line(content, place)
    finally:
        path.write_bytes(content)


@pytest.mark.parametrize("change", [lambda byte: byte ^ 1, lambda byte: byte ^ 32, lambda byte: 10 if byte != 10 else 32])
def test_every_byte_of_a_small_log(tmp_path, change):
    """Whatever byte of whatever file is changed, the fault is found in its line."""
    fill(tmp_path, 2, max_bytes=300)
    assert len(segments(tmp_path)) > 1
    for path in [tmp_path / name for name in (*segments(tmp_path), HEAD)]:
        for place, line in flips(path, range(path.stat().st_size), change):
            fault = verify(tmp_path).fault
            assert fault is not None and (fault.file, fault.line) == (path.name, line), (place, fault)


def test_a_sample_of_bytes_of_a_larger_log(tmp_path):
    """Several hundred, changed to anything."""
    with Chain(tmp_path, max_bytes=15_000) as chain:
        for start in range(0, 300, 100):
            chain.append(map(note, range(start, start + 100)))
    assert len(segments(tmp_path)) == 3
    draw = random.Random(0)
    for name in segments(tmp_path):
        path = tmp_path / name
        places = draw.sample(range(path.stat().st_size), 100)
        for place, line in flips(path, places, lambda byte: (byte + draw.randrange(1, 256)) % 256):
            fault = verify(tmp_path).fault
            assert fault is not None and (fault.file, fault.line) == (name, line), (place, fault)


def edit(path, change):
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))


@pytest.mark.parametrize(
    ("change", "line", "fault"),
    [
        (lambda lines: lines[:3] + lines[4:], 4, "altered"),
        (lambda lines: [*lines[:3], lines[4], lines[3], *lines[5:]], 4, "altered"),
        (lambda lines: [*lines[:4], lines[3], *lines[4:]], 5, "altered"),
        (lambda lines: [*lines[:4], b"{}\n", *lines[4:]], 5, "altered"),
        (lambda lines: lines[1:], 1, "altered"),
        (lambda lines: lines[:-1], 7, "cut tail"),
        (lambda lines: lines[:2], 3, "cut tail"),
        (lambda lines: [*lines[:-1], lines[-1][:-20]], 7, "cut tail"),
        (lambda lines: [*lines[:-1], lines[-1][:-1]], 7, "cut tail"),
    ],
)
def test_lines_removed_moved_or_added(tmp_path, change, line, fault):
    """The first line that is wrong is named."""
    fill(tmp_path, 6)
    edit(tmp_path / "000001.jsonl", change)
    assert what(tmp_path) == ("000001.jsonl", line, fault)
    with pytest.raises(LogError, match=f"000001.jsonl, line {line}"):
        list(read_chain(tmp_path))


def test_the_tail_of_a_segment_in_the_middle(tmp_path):
    """The next one says where it ended."""
    fill(tmp_path, 8, max_bytes=700)
    edit(tmp_path / "000001.jsonl", lambda lines: lines[:-2])
    assert what(tmp_path) == ("000001.jsonl", len((tmp_path / "000001.jsonl").read_bytes().splitlines()) + 1, "cut tail")


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (1, ("000002.jsonl", 1, "missing segment")),
        (2, ("000002.jsonl", 1, "missing segment")),
        (4, ("000003.jsonl", 4, "cut tail")),
    ],
)
def test_a_missing_segment(tmp_path, gone, expected):
    """At the beginning, in the middle and at the end."""
    fill(tmp_path, 8, max_bytes=400)
    assert len(segments(tmp_path)) == 4
    (tmp_path / f"{gone:06}.jsonl").unlink()
    assert what(tmp_path) == expected


def test_a_chain_made_anew_needs_a_head_kept_elsewhere(tmp_path):
    """Whoever rewrites chain and head is caught by a copy of the head, however old."""
    kept = fill(tmp_path / "log", 3)
    fill(tmp_path / "log", 3)
    assert verify(tmp_path / "log", kept).ok
    with Chain(tmp_path / "other") as other:
        for i in (0, 1, 7, 7, 7, 7, 7, 7):
            other.append([note(i)])
    assert verify(tmp_path / "other").ok
    assert what(tmp_path / "other", kept) == (HEAD, 1, "head mismatch")
    shutil.rmtree(tmp_path / "other")
    Chain(tmp_path / "other").close()
    assert what(tmp_path / "other", kept)[2] == "cut tail"
    with pytest.raises(LogError, match="'abc' is no head"):
        verify(tmp_path, "abc")


def test_a_head_that_is_missing_or_foreign(tmp_path):
    """Without it, nobody could say whether the tail was cut."""
    fill(tmp_path, 3)
    for content in (None, b"", b"{}", b"[]\n", b'{"n":-1,"hash":"x"}\n', b"\xff"):
        (tmp_path / HEAD).unlink(missing_ok=True)
        if content is not None:
            (tmp_path / HEAD).write_bytes(content)
        assert what(tmp_path) == (HEAD, 1, "head mismatch")
        with pytest.raises(LogError, match="head mismatch.*keep the folder"):
            Chain(tmp_path)


# ------------------------------------------------------------------------------------------------------------- crashes


@pytest.mark.parametrize("left", [1, 20, -1])
def test_a_half_written_line_is_taken_off_and_reported(tmp_path, left):
    """By a warning, an attribute and a line in the log; what was whole stays, and the log goes on."""
    fill(tmp_path, 3)
    with open(tmp_path / "000001.jsonl", "rb") as stream:
        half = stream.read().splitlines()[-1][:left]
    with open(tmp_path / "000001.jsonl", "ab") as stream:
        stream.write(half)
    assert what(tmp_path) == ("000001.jsonl", 5, "unfinished line")
    assert numbers(tmp_path) == [0, 1, 2]
    with pytest.warns(LogRecoveredWarning, match=f"{len(half)} bytes"):
        chain = Chain(tmp_path)
    with chain:
        assert chain.recovered == len(half)
        chain.append([note(3)])
    assert verify(tmp_path).ok and numbers(tmp_path) == [0, 1, 2, 3]
    assert [entry["bytes"] for entry in read_chain(tmp_path) if entry["kind"] == "recovered"] == [len(half)]


@pytest.mark.parametrize("content", [b"", b'{"n":'])
def test_a_segment_of_which_nothing_was_written(tmp_path, content):
    """It is made anew."""
    fill(tmp_path, 3)
    (tmp_path / "000002.jsonl").write_bytes(content)
    with pytest.warns(LogRecoveredWarning):
        chain = Chain(tmp_path)
    with chain:
        chain.append([note(3)])
    assert verify(tmp_path).ok and numbers(tmp_path) == [0, 1, 2, 3] and segments(tmp_path) == ["000001.jsonl"]


def test_lines_behind_the_head_are_kept(tmp_path):
    """The process was stopped between the lines and the head."""
    fill(tmp_path, 3)
    head = (tmp_path / HEAD).read_bytes()
    fill(tmp_path, 2)
    (tmp_path / HEAD).write_bytes(head)
    assert verify(tmp_path).ok
    fill(tmp_path, 1)
    assert verify(tmp_path).ok and numbers(tmp_path) == [0, 1, 2, 0, 1, 0]


def test_a_log_with_a_fault_is_not_written_to(tmp_path):
    """It is kept as it is; nothing is taken off that the head says was whole."""
    fill(tmp_path, 3)
    edit(tmp_path / "000001.jsonl", lambda lines: [*lines[:-1], lines[-1][:9]])
    before = (tmp_path / "000001.jsonl").read_bytes()
    with pytest.raises(LogError, match="cut tail.*begin a new log"):
        Chain(tmp_path)
    assert before == (tmp_path / "000001.jsonl").read_bytes()
    shutil.rmtree(tmp_path)
    fill(tmp_path, 3)
    (tmp_path / "000001.jsonl").unlink()
    with pytest.raises(LogError, match="cut tail"):
        Chain(tmp_path)


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, OSError])
@pytest.mark.parametrize("opens", [False, True])
def test_an_append_that_any_error_strikes_at_any_line(tmp_path, error, opens):
    """Its lines are kept where it returned and nowhere else; the log verifies, goes on, and can be opened again."""
    for step in itertools.count(1):
        folder, lost = tmp_path / str(step), False
        with Chain(folder, max_bytes=300 if opens else 10_000) as chain:
            chain.append([note(0)])
            with struck_at(step, error, Chain._keep, chain_module._write, write_file, flush_folder) as reached:
                try:
                    chain.append([note(1), note(2)])
                except error:
                    lost = True
            assert verify(folder).ok and verify(folder).head == str(chain.head)
            assert numbers(folder) == ([0] if lost else [0, 1, 2])
            chain.append([note(3)])
        Chain(folder).close()
        assert verify(folder).ok and numbers(folder) == ([0, 3] if lost else [0, 1, 2, 3])
        if len(reached) < step:
            break
    assert step > 15 and not lost


def write_until_killed(folder, channel):
    with Chain(folder, max_bytes=3000) as chain:
        for i in range(1_000_000):
            chain.append([note(i), note(i)])
            channel.send(i)


def test_killed_while_writing(tmp_path):
    """Whatever was reported is in the log, which verifies and goes on; the lock of the dead does not stay."""
    draw, reported = random.Random(0), []
    for _ in range(8):
        start, end = FORK.Pipe(duplex=False)
        child = FORK.Process(target=write_until_killed, args=(tmp_path, end))
        child.start()
        end.close()
        start.poll(20)
        time.sleep(draw.uniform(0, 0.05))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        run = []
        while start.poll():
            try:
                run.append(start.recv())
            except EOFError:
                break
        reported.append(len(run))
        assert verify(tmp_path).ok or verify(tmp_path).fault.what == "unfinished line"
    with Chain(tmp_path):
        pass
    assert verify(tmp_path).ok
    kept = numbers(tmp_path)
    runs = [i for i, number in enumerate(kept) if number == 0 and i % 2 == 0]
    assert len(runs) == 8 and min(reported) > 0
    for start, end, sent in zip(runs, [*runs[1:], len(kept)], reported, strict=True):
        assert kept[start:end] == [i // 2 for i in range(end - start)] and end - start >= 2 * sent


def test_one_writer_at_a_time(tmp_path):
    """A second one is refused, in another process or in this; a fork does not write in its parent's name."""
    with Chain(tmp_path) as chain:
        for refused in (lambda: Chain(tmp_path), lambda: in_fork(lambda: Chain(tmp_path)), lambda: in_fork(lambda: chain.append([]))):
            with pytest.raises(LogError, match="another writer has this log open|is a fork"):
                refused()
    fill(tmp_path, 1)


def in_fork(call):
    start, end = FORK.Pipe(duplex=False)

    def run():
        try:
            call()
        except LogError as error:
            end.send(error)

    child = FORK.Process(target=run)
    child.start()
    child.join()
    end.close()
    raise start.recv()


def test_a_folder_that_cannot_be_written(tmp_path):
    """It is named."""
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="file"):
        Chain(tmp_path / "file")


# ---------------------------------------------------------------------------------------------------------- segments


def test_a_segment_a_month(tmp_path):
    """In the month of the clock, also when it goes back."""
    clock = Clock()
    with Chain(tmp_path, clock=clock) as chain:
        for days in (0, 30, 31, 0):
            clock.now = START + timedelta(days=days)
            chain.append([note(days)])
    assert len(segments(tmp_path)) == 3
    with Chain(tmp_path, clock=clock) as chain:
        chain.append([note(1)])
    assert len(segments(tmp_path)) == 3 and verify(tmp_path).ok


def test_expired_segments(tmp_path):
    """They go whole and in order; the rest verifies since a line says what went; without the line it would not."""
    clock = Clock()
    heads = []
    with Chain(tmp_path, clock=clock) as chain:
        for month in range(5):
            clock.now = START + timedelta(days=31 * month)
            chain.append([note(month)])
            heads.append(str(chain.head))
        assert chain.expire(START) == []
        assert chain.expire(START + timedelta(days=62)) == ["000001.jsonl", "000002.jsonl"]
        assert chain.expire(START + timedelta(days=62)) == []
        clock.now += timedelta(days=31)
        chain.append([note(5)])
    assert verify(tmp_path).ok and numbers(tmp_path) == [2, 3, 4, 5]
    assert [verify(tmp_path, head).ok for head in heads] == [False, True, True, True, True]
    with Chain(tmp_path, clock=clock) as chain:
        assert len(chain.expire(START + timedelta(days=1000))) == 3  # the newest stays
    assert verify(tmp_path).ok and numbers(tmp_path) == [5]


def test_expiry_before_a_time_without_a_zone(tmp_path):
    """It is taken as UTC, to the microsecond, wherever the clock hangs."""
    clock = Clock()
    with Chain(tmp_path, clock=clock) as chain:
        chain.append([note(0)])
        clock.now += timedelta(days=31)
        chain.append([note(1)])
        assert chain.expire(datetime(2026, 3, 1)) == []
        assert chain.expire(datetime(2026, 3, 1, microsecond=1)) == ["000001.jsonl"]
    assert verify(tmp_path).ok and numbers(tmp_path) == [1]


def test_stopped_while_expired_segments_are_deleted(tmp_path):
    """Some are still there; the log verifies, and the next call deletes them."""
    clock = Clock()
    with Chain(tmp_path / "log", clock=clock) as chain:
        for month in range(4):
            clock.now = START + timedelta(days=31 * month)
            chain.append([note(month)])
        shutil.copytree(tmp_path / "log", tmp_path / "copy")
        chain.expire(clock.now - timedelta(days=1))
    for left in ("000003.jsonl", "000002.jsonl", "000001.jsonl"):
        shutil.copy(tmp_path / "copy" / left, tmp_path / "log" / left)
        assert verify(tmp_path / "log").ok
    with Chain(tmp_path / "log", clock=clock) as chain:
        assert len(chain.expire(clock.now - timedelta(days=1))) == 3
    assert verify(tmp_path / "log").ok


def test_a_fault_reads_as_a_sentence():
    """File, line, what and why."""
    assert str(Fault("a.jsonl", 3, "altered", "it is")) == "a.jsonl, line 3: altered: it is"
