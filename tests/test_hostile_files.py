"""Ledgers, logs, keys and data files made to run something, to hang, or to fill the memory; models and policies stand in ``test_hostile``."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
import sqlite3
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from social_guard import History, SocialGuard, labels_from_log, load_comments, load_key, precision_in_use
from social_guard.exceptions import DataError, LedgerError, LogError, SecretKeyError, SocialGuardError
from social_guard.records.chain import GENESIS, Chain, _digest, read_chain, verify
from social_guard.records.decision_log import read_decisions
from social_guard.records.keys import Key

KEY = Key(b"an example key, not one to be used")
MIB = 1 << 20
few = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Trap:
    """Unpickling it makes a folder."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def devices(path: Path):
    """A name that never ends, and one that waits for a writer that never comes."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")
    yield path
    path.unlink()
    os.mkfifo(path)
    yield path
    path.unlink()


# ------------------------------------------------------------------------------------------------------------- log


@pytest.fixture
def log(tmp_path) -> Path:
    with Chain(tmp_path / "log") as chain:
        chain.append([{"kind": "note"}])
    return tmp_path / "log"


def seal(folder: Path, bodies) -> None:
    """A log whose hashes fit, whatever it says: whoever writes a folder can make them."""
    folder.mkdir(exist_ok=True)
    lines, last = [], GENESIS
    for body in bodies:
        digest = _digest(last, body)
        lines.append(body[:-1] + f',"hash":"{digest}"}}\n'.encode())
        last = digest
    (folder / "000001.jsonl").write_bytes(b"".join(lines))
    (folder / "head.json").write_text(f'{{"n":{len(lines)},"hash":"{last}"}}\n')


def read_all(folder: Path) -> None:
    """Every way to read a log."""
    verify(folder)
    for read in (lambda: list(read_chain(folder)), lambda: read_decisions(folder), lambda: precision_in_use(folder)):
        with suppress(SocialGuardError):
            read()
    with suppress(SocialGuardError):
        labels_from_log(folder, pd.DataFrame({"id": ["1"], "text": ["a"]}), keys=[KEY])
    with suppress(SocialGuardError), Chain(folder) as chain:
        chain.append([{"kind": "note"}])


BODIES = [
    b"[]", b"{}", b'{"n":1}', b'{"kind":"note"}', b'{"n":"1","kind":"note"}', b'{"n":1,"kind":5}', b'{"n":1,"kind":["a"]}',
    b'{"n":1,"kind":"expired"}', b'{"n":1,"kind":"expired","segments":5}', b'{"n":1,"kind":"expired","segments":{"x":1}}',
    b'{"n":1,"kind":"segment"}', b'{"n":1,"kind":"segment","previous":5}', b'{"n":1,"kind":"segment","month":5,"previous":"x"}',
    b'{"n":1,"kind":"decision"}', b'{"n":1,"kind":"decision","comment":[]}', b'{"n":1,"kind":"decision","comment":"1","scores":5}',
    b'{"n":1,"kind":"review","comment":{}}', b'{"n":1,"kind":"review"}', b'{"n":' + b"9" * 5000 + b',"kind":"note"}',
    b'{"a":' + b"[" * 100_000 + b"}", b'{"n":NaN,"kind":"note"}', b'{"n":1,"kind":"note","x":"\\ud800"}', b'{"n":1,"kind":"\xff"}',
]  # fmt: skip


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_log_that_says_nonsense_is_refused_or_read(tmp_path, body):
    """With hashes that fit, alone and behind a sound beginning; nothing but an error of ours comes of it."""
    opening = json.dumps({"n": 1, "time": "2026-01-01T00:00:00+00:00", "kind": "segment", "month": "2026-01", "previous": GENESIS})
    for number, bodies in enumerate([[body], [opening.encode(), body.replace(b'"n":1', b'"n":2')]]):
        seal(tmp_path / str(number), bodies)
        read_all(tmp_path / str(number))


@few
@given(content=st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda x: st.lists(x, max_size=2), max_leaves=4), drop=st.integers(0, 9))
def test_any_decision_in_a_log_is_read_or_refused(tmp_path, content, drop):
    """One field at a time holds anything, or is missing."""
    entry = {"n": 1, "time": "2026-01-01T00:00:00+00:00", "kind": "decision", "comment": "1", "text": "k:0", "model": "m", "policy": "p"}
    entry |= {"action": "hide", "needs_review": False, "reasons": [], "categories": ["spam"], "scores": {"spam": 0.9}}
    name = list(entry)[drop % len(entry)]
    for changed in (entry | {name: content}, {key: value for key, value in entry.items() if key != name}):
        seal(tmp_path / "log", [json.dumps(changed).encode()])
        read_all(tmp_path / "log")


@pytest.mark.parametrize("name", ["000001.jsonl", "head.json"])
def test_a_log_of_devices_is_refused(log, name):
    """Reading a device never ends, and a pipe waits for a writer that never comes."""
    for path in devices(log / name):
        assert not verify(log).ok and "regular file" in str(verify(log).fault)
        with pytest.raises(LogError, match="regular file"):
            Chain(log)
        assert path.exists()


def test_a_log_with_a_link_to_a_file_elsewhere_writes_there_only_what_it_reads(log, tmp_path):
    """Moving a segment to another disk by a link is allowed: it is checked like any other, and nothing else is touched."""
    (log / "000001.jsonl").rename(tmp_path / "elsewhere")
    (log / "000001.jsonl").symlink_to(tmp_path / "elsewhere")
    assert verify(log).ok
    (log / "000001.jsonl").unlink()
    (tmp_path / "precious").write_text("not a log\n")
    (log / "000001.jsonl").symlink_to(tmp_path / "precious")
    with pytest.raises(LogError):
        Chain(log)
    assert (tmp_path / "precious").read_text() == "not a log\n"


# ----------------------------------------------------------------------------------------------------------- ledger


@pytest.fixture
def ledger(tmp_path) -> Path:
    with History(tmp_path / "history.db", KEY) as history:
        history.confirm("@sam", "1", "hide", ["spam"])
    return tmp_path / "history.db"


def use(path: Path) -> None:
    with History(path, KEY) as history:
        history.confirm("@sam", "2", "hide", ["spam"])
        history.standing("@sam")


@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + b"\xff" * 5000, gzip.compress(bytes(MIB), mtime=0), b"\0" * 4096])
def test_a_file_that_is_no_ledger_is_refused(tmp_path, content):
    """And left as it is."""
    (tmp_path / "history.db").write_bytes(content)
    with pytest.raises(LedgerError, match="history.db"):
        use(tmp_path / "history.db")
    assert (tmp_path / "history.db").read_bytes() == content


@pytest.mark.parametrize(
    "change",
    [
        "DROP TABLE history_breaches",
        "DROP TABLE history_breaches; CREATE VIEW history_breaches AS SELECT * FROM history_state",
        "DROP TABLE history_state; CREATE TABLE history_state (format, time, keys); INSERT INTO history_state VALUES ('new', 1, 'k')",
        "UPDATE history_state SET format = 2",
        "UPDATE history_state SET keys = x'ff'",
        "UPDATE history_state SET time = 'noon'",
        "UPDATE history_state SET time = 9223372036854775807",
        "DELETE FROM history_state; DROP TABLE history_state; CREATE TABLE history_state (x)",
        "INSERT INTO history_state VALUES (2, 3, 'k')",
        "UPDATE history_breaches SET action = x'00', categories = 5",
        "CREATE TRIGGER t BEFORE INSERT ON history_breaches BEGIN SELECT RAISE(ABORT, 'no'); END",
        "CREATE TRIGGER t BEFORE INSERT ON history_breaches BEGIN SELECT load_extension('evil'); END",
    ],
)
def test_a_ledger_that_was_tampered_with_is_refused_or_used(ledger, change):
    """Whatever its tables hold, nothing but an error of ours comes of it."""
    with sqlite3.connect(ledger) as connection:
        connection.executescript(change)
    connection.close()
    with suppress(SocialGuardError):
        use(ledger)


def test_a_ledger_cannot_write_files(ledger, tmp_path):
    """SQL that stands in a database may not do what only its owner should; SQLite calls that an untrusted schema."""
    with History(ledger, KEY) as history, history._ledger._engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA trusted_schema").scalar() == 0
        with pytest.raises(Exception, match="not authorized|no such function"):
            connection.exec_driver_sql("SELECT load_extension('evil')")


@few
@given(place=st.integers(0, 20_000), new=st.binary(min_size=1, max_size=8))
def test_any_damage_of_a_ledger_is_refused_or_harmless(ledger, place, new):
    """Bytes that a disk, or somebody, has changed."""
    before = ledger.read_bytes()
    place %= len(before)
    ledger.write_bytes(before[:place] + new + before[place + len(new) :])
    try:
        with suppress(SocialGuardError):
            use(ledger)
    finally:
        for path in ledger.parent.glob("history.db*"):
            path.unlink()
        ledger.write_bytes(before)


# -------------------------------------------------------------------------------------------------------------- key


def test_a_key_that_never_ends_is_refused(tmp_path):
    """Neither a device nor a file of megabytes is a key."""
    (tmp_path / "key").write_bytes(b"k" * MIB)
    for path in (tmp_path / "key", "/dev/zero"):
        with pytest.raises(SecretKeyError, match="has more than the 10,000 bytes"):
            load_key(path)


# ------------------------------------------------------------------------------------------------------------- data


def parquet_with_pickle(path: Path, trap: Trap) -> None:
    """A column of the kind whose description was once unpickled on reading."""
    notes = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": pickle.dumps(trap, protocol=0)}
    field = pa.field("text", pa.string(), metadata=notes)
    pq.write_table(pa.table([pa.array(["hello"])], schema=pa.schema([field], metadata={"pandas": pickle.dumps(trap)})), path)


def test_a_pickle_in_a_data_file_is_not_run(shipped_guard, tmp_path):
    """Neither in what a column says of itself, nor under the name of a table."""
    pickle.loads(pickle.dumps(Trap(tmp_path / "proof")))
    assert (tmp_path / "proof").is_dir()
    parquet_with_pickle(tmp_path / "in.parquet", Trap(tmp_path / "sprung"))
    for name in ("a.csv", "a.jsonl", "a.parquet"):
        (tmp_path / name).write_bytes(pickle.dumps(Trap(tmp_path / "sprung")))
    for path in tmp_path.glob("*.*"):
        for read in (load_comments, lambda path: shipped_guard.score_file(path, tmp_path / "out.csv")):
            with suppress(SocialGuardError):
                read(path)
    assert not (tmp_path / "sprung").exists()


def test_devices_and_pipes_in_a_folder_of_tables_are_passed_over(shipped_guard, tmp_path):
    """A folder that somebody filled cannot make us wait."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "b.csv").write_text("text\nhello\n")
    for _ in devices(tmp_path / "in" / "a.csv"):
        assert load_comments(tmp_path / "in")["text"].tolist() == ["hello"]
        assert shipped_guard.score_file(tmp_path / "in", tmp_path / "out.csv") == 1


def test_a_device_for_a_table_is_refused(shipped_guard, tmp_path):
    """Before the memory is full."""
    for name in ("in.csv", "in.jsonl", "in.parquet", "in.csv.gz"):
        (tmp_path / name).symlink_to("/dev/zero")
        with pytest.raises(DataError):
            load_comments(tmp_path / name)
        with pytest.raises(DataError):
            shipped_guard.score_file(tmp_path / name, tmp_path / "out.csv")


def test_names_in_a_table_lead_nowhere(shipped_guard, tmp_path):
    """Columns, sources and identifiers that look like paths stay text."""
    rows = pd.DataFrame({"text": ["hello"], "../../evil": [1], "source": ["../../etc/passwd"], "id": ["/etc/passwd"]})
    (tmp_path / "deep" / "er").mkdir(parents=True)
    rows.to_csv(tmp_path / "deep" / "er" / "in.csv", index=False)
    shipped_guard.score_file(tmp_path / "deep" / "er" / "in.csv", tmp_path / "deep" / "er" / "out.parquet")
    assert load_comments(tmp_path / "deep" / "er" / "in.csv")["source"].tolist() == ["../../etc/passwd"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "er", "in.csv", "out.parquet"]


PACKERS = {"gz": lambda content: gzip.compress(content, 1, mtime=0), "bz2": bz2.compress, "xz": lzma.compress, "zst": zstandard.compress}


@pytest.mark.parametrize("name", [f"in.{kind}.{packer}" for kind in ("csv", "jsonl") for packer in PACKERS])
def test_a_packed_line_of_gigabytes_is_refused(shipped_guard, tmp_path, name):
    """When it has passed the longest line that is allowed."""
    pack = PACKERS[name.rpartition(".")[2]]
    (tmp_path / name).write_bytes(pack(b"text\n" + b"a" * (16 * MIB)) + pack(b"a" * (16 * MIB)) * 64)
    with pytest.raises(DataError, match="has a line of more than"):
        shipped_guard.score_file(tmp_path / name, tmp_path / "out.csv")


def test_a_parquet_file_that_lies_of_its_rows_is_refused(shipped_guard, tmp_path):
    """Its footer promises other rows than its pages hold, or its pages are not what it says."""
    pq.write_table(pa.table({"text": ["thank you"] * 1000}), tmp_path / "in.parquet", compression="none", use_dictionary=False)
    content = (tmp_path / "in.parquet").read_bytes()
    rows = zigzag(1000)
    lies = [content.replace(rows, zigzag(8000)), content.replace(b"thank you", b"\xff" * 9), content[:40] + b"\xff" * 400 + content[440:]]
    for i, lie in enumerate(lies):
        assert lie != content
        (tmp_path / f"{i}.parquet").write_bytes(lie)
        with pytest.raises(DataError):
            shipped_guard.score_file(tmp_path / f"{i}.parquet", tmp_path / "out.csv")
        assert not (tmp_path / "out.csv").exists()


def zigzag(number):
    """A number as the footer of Parquet writes it: two bytes for one of this size."""
    return bytes([(2 * number & 127) | 128, 2 * number >> 7])


def test_shipped_guard_is_untouched(shipped_guard):
    """After all of the above."""
    assert isinstance(shipped_guard, SocialGuard) and shipped_guard.moderate("Thank you all").categories == ()


def test_text_of_a_ledger_that_is_no_text_is_told(ledger):
    """A word of its tables with a byte that a disk has changed."""
    content = ledger.read_bytes()
    ledger.write_bytes(content[:3709] + b"\t\x80" + content[3711:])
    with suppress(LedgerError):
        use(ledger)
