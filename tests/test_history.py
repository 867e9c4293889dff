"""Repeat offenders: on real SQLite files and a real PostgreSQL server, with real processes that are killed."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
import uuid
import warnings
from datetime import UTC, datetime, timedelta, timezone

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from social_guard.exceptions import ClockWarning, DataError, LedgerError, SecretKeyError
from social_guard.policy.reading import parse_policy
from social_guard.policy.settings import HistoryRules
from social_guard.records import history as room
from social_guard.records.history import History, Record, Standing
from social_guard.records.keys import Key
from tests.conftest import ROOT

OLD, NEW, OTHER = (Key(bytes(range(start, start + 32))) for start in (0, 100, 200))
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
RULES = HistoryRules(window_days=90, forget_after_days=270)
KEPT = timedelta(days=270)
DAY = timedelta(days=1)
FORK = multiprocessing.get_context("fork")
SERVER = os.environ.get("SOCIAL_GUARD_POSTGRESQL", "")
NEEDED = "1" == os.environ.get("SOCIAL_GUARD_REQUIRE_ALL")


def new_place(kind, folder) -> str:
    """An empty SQLite file, or an empty schema on the server."""
    if kind == "sqlite":
        return str(folder / f"{uuid.uuid4().hex}.db")
    if not SERVER and not NEEDED:
        pytest.skip("no PostgreSQL server: start one with .ci/postgresql and set SOCIAL_GUARD_POSTGRESQL")
    import psycopg

    schema = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(SERVER) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
    return f"{SERVER}&options=-csearch_path%3D{schema}"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, tmp_path):
    return new_place(request.param, tmp_path)


class Clock:
    """Stands still until it is set."""

    def __init__(self, now=START):
        self.now = now

    def __call__(self):
        return self.now


# ------------------------------------------------------------------------------------------------------------- rules


@pytest.mark.parametrize(
    ("breaches", "expected"),
    [
        ([], Record(Standing.NONE, 0.0, 0)),
        ([("hide", [])] * 2, Record(Standing.NONE, 2.0, 2)),
        ([("hide", [])] * 3, Record(Standing.WARN, 3.0, 3)),
        ([("hide", []), ("remove", ["spam"])], Record(Standing.WARN, 3.0, 2)),
        ([("hide", []), ("report", ["abuse"])], Record(Standing.WARN, 5.0, 2)),
        ([("remove", []), ("report", ["abuse"])], Record(Standing.BLOCK, 6.0, 2)),
        ([("hide", ["off_topic"])] * 30, Record(Standing.WARN, 3.0, 30)),
        ([("hide", ["off_topic"])] * 29, Record(Standing.NONE, 2.9, 29)),
        ([("hide", ["off_topic", "spam"])] * 3, Record(Standing.WARN, 3.0, 3)),
        ([("remove", ["hate_speech"])], Record(Standing.BLOCK, 6.0, 1)),
    ],
)
def test_points_lead_to_a_standing(place, breaches, expected):
    """Points at a limit reach it, also when they are added up from tenths."""
    rules = HistoryRules(points={"off_topic": 0.1, "hate_speech": 6.0})
    with History(place, OLD, rules=rules) as history:
        for number, (action, categories) in enumerate(breaches):
            assert history.confirm("@sam", f"c{number}", action, categories)
        assert expected == history.standing("@sam")
        assert Record(Standing.NONE, 0.0, 0) == history.standing("@kim")


@pytest.mark.parametrize(("age", "counts"), [(timedelta(0), 1), (90 * DAY - timedelta(seconds=1), 1), (90 * DAY, 0), (91 * DAY, 0)])
def test_breaches_leave_the_window(place, age, counts):
    """A breach counts for the days of the window, to the second."""
    clock = Clock()
    with History(place, OLD, rules=RULES, clock=clock) as history:
        history.confirm("@sam", "1", "hide")
        clock.now += age
        assert counts == history.standing("@sam").breaches


def test_the_same_comment_counts_once(place):
    """However often, by whomever and as whatever it is confirmed; the first stands."""
    with History(place, OLD) as history:
        assert [history.confirm("@sam", "1", action) for action in ("remove", "remove", "report")] == [True, False, False]
        assert not history.confirm("@kim", "1", "hide")
        assert (history.standing("@sam").points, history.standing("@kim").points) == (2.0, 0.0)


def test_what_is_overturned_stays_so(place):
    """Before or after the confirmation, once or twice; other comments keep counting."""
    with History(place, OLD) as history:
        history.confirm("@sam", "1", "remove")
        history.confirm("@sam", "2", "hide")
        assert [history.overturn("1", "later"), history.overturn("1", "later"), history.overturn()] == [1, 0, 0]
        assert not history.confirm("@sam", "1", "remove") and not history.confirm("@sam", "later", "remove")
        assert Record(Standing.NONE, 1.0, 1) == history.standing("@sam")


def test_decisions_of_the_past_and_the_future(place):
    """They keep their time, which may be of any zone; none is later than now, and one too old to keep is not kept."""
    clock = Clock()
    with History(place, OLD, rules=RULES, clock=clock) as history:
        history.confirm("@sam", "old", "hide", at=START - 100 * DAY)
        history.confirm("@sam", "too old", "hide", at=START - KEPT)
        history.confirm("@sam", "naive", "hide", at=(START - 89 * DAY).replace(tzinfo=None))
        history.confirm("@sam", "zone", "hide", at=(START - 89 * DAY).astimezone(timezone(timedelta(hours=9))))
        history.confirm("@sam", "future", "hide", at=START + 1000 * DAY)
        assert history.standing("@sam").breaches == 3
        clock.now += DAY
        assert history.standing("@sam").breaches == 1
        clock.now += 89 * DAY
        assert history.standing("@sam").breaches == 0
        clock.now = START + KEPT - 100 * DAY
        assert history.forget() == 1  # "old"; "too old" went when it was confirmed


def test_forgotten_on_its_own(place):
    """Whenever something is confirmed, also about somebody else; what was taken back goes too."""
    clock = Clock()
    with History(place, OLD, rules=RULES, clock=clock) as history:
        history.confirm("@sam", "1", "hide")
        history.confirm("@sam", "2", "hide")
        history.overturn("2")
        for moment, left in ((KEPT / 2, 3), (KEPT - timedelta(seconds=1), 4), (KEPT, 3)):
            clock.now = START + moment
            history.confirm("@kim", str(moment), "hide")
            assert rows(history) == left
        assert history.confirm("@sam", "1", "hide")  # nothing is left that knows it


def rows(history) -> int:
    from social_guard.records.ledger import BREACHES, sa

    with history._ledger._engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(BREACHES)).scalar_one()


def test_neither_author_nor_key_is_in_the_file_and_the_forgotten_leaves_no_bytes(tmp_path):
    """The pseudonym is there while it is remembered, and overwritten afterwards."""
    path, clock = tmp_path / "h.db", Clock()
    with History(path, OLD, rules=RULES, clock=clock) as history:
        for number in range(50):
            history.confirm(f"@sam{number}", f"comment-{number}", "hide", ["spam"])
        pseudonym = OLD.pseudonym("author", "@sam7").encode()
        content = path.read_bytes()
        assert pseudonym in content and b"@sam" not in content and OLD.secret not in content
        history.overturn("comment-7")
        assert pseudonym not in path.read_bytes()
        clock.now += KEPT
        assert history.forget(trust_clock=True) == 50
        assert b":" + pseudonym.partition(b":")[2][:8] not in path.read_bytes() and b"comment-1" not in path.read_bytes()


# ----------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("author", "comment", "action", "categories", "message"),
    [
        ("@sam", "1", "none", [], "action is 'none': a breach has one of hide, remove, report"),
        ("@sam", "1", "delete", [], "action is 'delete'"),
        ("@sam", "1", "hide", ["spm"], "categories has 'spm': allowed are abuse"),
        ("", "1", "hide", [], "author is ''"),
        (None, "1", "hide", [], "author is None: an id is text or a whole number"),
        ("@sam", 1.0, "hide", [], "comment is 1.0.*read its column as text"),
        ("@sam", True, "hide", [], "comment is True"),
        ("@sam", "a\0b", "hide", [], "comment is"),
        ("\ud800", "1", "hide", [], "author is"),
        ("@sam", "x" * 501, "hide", [], "1 to 500 characters"),
    ],
)
def test_a_bad_value_is_named(author, comment, action, categories, message):
    """The error says what was given and what is allowed."""
    with History(":memory:", OLD) as history, pytest.raises(DataError, match=message):
        history.confirm(author, comment, action, categories)


def test_ids_may_be_odd(place):
    """Any other text is an id, whole numbers too."""
    names = ["x" * 500, "😀", "o'neil; --", "%", "a:b", " ", "é", "e\u0301", 7, 10**30]
    with History(place, OLD) as history:
        assert all(history.confirm(name, name, "hide") for name in names)
        assert all(history.standing(name).breaches == 1 for name in names)
        assert history.standing("7").breaches == 1
        assert history.overturn(*names) == len(names)


def test_a_ledger_refuses_another_key(place):
    """Otherwise every offender would begin anew; the ledger says which key it wants."""
    History(place, OLD).close()
    for key, old in ((NEW, ()), (NEW, [OLD]), (OLD, [OTHER])):
        with pytest.raises(SecretKeyError, match=f"{OLD.id}|{OTHER.id}"):
            History(place, key, old_keys=old)


def test_a_database_that_cannot_be_opened_is_named(tmp_path):
    """Without its password."""
    (tmp_path / "text.db").write_text("this is not a database, whatever its name says" * 9)
    cases = {
        tmp_path / "no" / "folder.db": "folder.db",
        tmp_path / "text.db": "not a database",
        "mysql://h/d": "only SQLite and PostgreSQL",
        "postgresql://u:hush@localhost:1/d": r"u:\*\*\*@localhost",
    }
    for given_place, message in cases.items():
        with pytest.raises(LedgerError, match=message):
            History(given_place, OLD)


def test_a_ledger_of_a_newer_release_is_refused(tmp_path):
    """Rather than misread."""
    History(tmp_path / "h.db", OLD).close()
    with sqlite3.connect(tmp_path / "h.db") as connection:
        connection.execute("UPDATE history_state SET format = 2")
    with pytest.raises(LedgerError, match="has format 2, this release reads up to 1"):
        History(tmp_path / "h.db", OLD)


def test_without_the_library_the_pip_line_is_named():
    """And the rest of the package works."""
    code = (
        "import sys; sys.modules['sqlalchemy'] = None\n"
        "from social_guard.records.history import History; from social_guard.records.keys import Key\n"
        "try: History(':memory:', Key(bytes(range(32))))\n"
        "except ImportError as error: print(type(error).__name__, error)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "MissingExtraError a ledger needs sqlalchemy: pip install social_guard[history]\n"


# ------------------------------------------------------------------------------------------------------------ frames


def test_frames_record_and_ask_as_one_by_one_would(place):
    """Rows that are no breach are passed over, rows that cannot be recorded are marked; the index is kept."""
    frame = pd.DataFrame(
        {
            "id": ["1", "2", "3", "1", None, "6", "7", "8", 9],
            "author": ["@sam", "@sam", "@kim", "@sam", "@sam", None, "@kim", "@kim", "@ann"],
            "action": ["hide", "none", "report", "hide", "hide", "hide", "delete", None, "remove"],
            "categories": ["spam", "", "abuse;harassment", "spam", "spam", "spam", "", None, ["spam", "abuse"]],
        },
        index=list("abcdefghi"),
    )
    with History(place, OLD) as history:
        result = history.confirm_frame(frame)
        assert result.index.equals(frame.index)
        assert result["recorded"].tolist() == [True, False, True, False, False, False, False, False, True]
        assert [bool(error) for error in result["error"].fillna("")] == [False] * 4 + [True] * 3 + [False] * 2
        standing = history.standing_frame(frame)
        assert standing.index.equals(frame.index)
        assert standing["standing"].fillna("-").tolist() == ["none", "none", "warn", "none", "none", "-", "warn", "warn", "none"]
        assert standing["points"].fillna(-1).tolist() == [1, 1, 4, 1, 1, -1, 4, 4, 2]
        assert standing["breaches"].sum() == 8
        assert history.confirm_frame(frame)["recorded"].sum() == 0


def test_frames_may_say_when(place):
    """With or without a zone; a missing time is now, a wrong one an error."""
    times = [str(START - 89 * DAY), "2025-12-01 10:00", None]
    frame = pd.DataFrame({"id": [1, 2, 3], "author": "@sam", "action": "hide", "categories": "", "when": times})
    with History(place, OLD, rules=RULES, clock=Clock()) as history:
        assert history.confirm_frame(frame, at="when")["recorded"].all()
        assert history.standing("@sam").breaches == 2
        with pytest.raises(DataError, match="'when' does not hold times"):
            history.confirm_frame(frame.assign(when="soon"), at="when")


def test_frames_with_other_or_missing_columns():
    """Columns can be named; a missing one is."""
    frame = pd.DataFrame({"comment": ["1"], "who": ["@sam"], "done": ["hide"], "why": ["spam"]})
    with History(":memory:", OLD) as history:
        with pytest.raises(DataError, match="no column 'author'; the columns are comment, who, done, why"):
            history.confirm_frame(frame)
        with pytest.raises(DataError, match="no column 'author'"):
            history.standing_frame(frame)
        columns = {"author": "who", "comment": "comment", "action": "done", "categories": "why"}
        assert history.confirm_frame(frame, **columns)["recorded"].all()
        assert history.confirm_frame(frame[:0], **columns).columns.tolist() == ["recorded", "error"]
        assert history.standing_frame(frame[:0], "who").columns.tolist() == ["standing", "points", "breaches"]


def test_more_rows_than_one_statement_holds(place):
    """11,000 comments of as many authors."""
    frame = pd.DataFrame({"id": range(11_000), "author": [f"@{i}" for i in range(11_000)], "action": "hide", "categories": ""})
    with History(place, OLD) as history:
        assert history.confirm_frame(frame)["recorded"].all()
        assert (history.standing_frame(frame)["breaches"] == 1).all()


# ---------------------------------------------------------------------------------------------------------- rotation


def test_rotation(place):
    """Under two keys, breaches count together; who is seen is re-linked; the rest is out of reach without the old key."""
    history = History(place, OLD)
    for author in ("@seen", "@listed", "@gone"):
        history.confirm(author, f"{author} 1", "remove")
    history.rotate(NEW)
    history.confirm("@seen", "@seen 2", "hide")
    assert history.relink(["@listed", "@nobody"]) == 1
    assert [history.standing(author).points for author in ("@seen", "@listed", "@gone")] == [3, 2, 2]
    history.close()
    with History(place, NEW, old_keys=[OLD]) as both:
        assert both.standing("@gone").points == 2
        assert not both.confirm("@gone", "@listed 1", "hide")  # ids of comments do not depend on keys
    with History(place, NEW) as after:
        assert [after.standing(author).points for author in ("@seen", "@listed", "@gone")] == [3, 2, 2]  # @gone was seen above
        assert after.overturn("@listed 1") == 1


def test_the_end_of_a_rotation(place):
    """What nobody can be linked to any more can be deleted at once."""
    with History(place, OLD) as history:
        history.confirm("@seen", "1", "hide")
        history.confirm("@gone", "2", "hide")
        history.rotate(NEW)
        history.relink(["@seen"])
        assert (history.forget(other_keys=True), history.standing("@seen").points, history.standing("@gone").points) == (1, 1, 0)
        with pytest.raises(SecretKeyError, match="before"):
            history.rotate(OLD)


def test_a_process_with_the_old_key_is_stopped(place):
    """It would write under a key that is on its way out."""
    with History(place, OLD) as left, History(place, OLD) as right:
        right.rotate(NEW)
        with pytest.raises(SecretKeyError, match=f"belongs to key {NEW.id}"):
            left.confirm("@sam", "1", "hide")


# ------------------------------------------------------------------------------------------------------------- clocks

OFFSETS = [timedelta(0), *(sign * step for sign in (-1, 1) for step in (timedelta(hours=1), DAY, 60 * DAY, 3650 * DAY, 20_000 * DAY))]


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(OFFSETS), st.booleans()), max_size=12))
def test_a_clock_that_jumps_loses_doubles_and_raises_nothing(days):
    """A day a step, with a wrong clock or a right one: in the end every comment counts once, and later none is kept."""
    clock, true = Clock(), START
    with History(":memory:", OLD, rules=RULES, clock=clock) as history, warnings.catch_warnings():
        warnings.simplefilter("ignore", ClockWarning)
        history.confirm("@sam", "first", "hide")
        for number, (offset, cares) in enumerate(days):
            clock.now = true + offset
            assert history.confirm("@sam", number, "hide") and not history.confirm("@sam", "first", "hide")
            assert history.standing("@sam").breaches == number + 2
            if cares:
                history.forget()
            true += DAY
        clock.now = true
        history.confirm("@kim", "last", "hide")
        assert history.standing("@sam").breaches == len(days) + 1
        clock.now = true + (90 + 60) * DAY  # the furthest that a jump of 60 days can have dated one
        assert history.standing("@sam").breaches == 0
        clock.now += KEPT
        history.forget(trust_clock=True)
        assert rows(history) == 0


def test_a_clock_far_ahead_asks_a_person(place):
    """Nothing is forgotten, and a warning says why, until somebody says that the clock is right."""
    clock = Clock()
    with History(place, OLD, rules=RULES, clock=clock) as history:
        history.confirm("@sam", "1", "hide")
        clock.now += 181 * DAY
        for call in (lambda: history.confirm("@sam", "2", "hide"), history.forget):
            with pytest.warns(ClockWarning, match="181 days ahead.*trust_clock=True"):
                call()
        with pytest.warns(ClockWarning):
            assert history.standing("@sam").breaches == 2
        assert history.forget(trust_clock=True) == 0
        assert history.standing("@sam").breaches == 1
        clock.now = START + KEPT
        assert history.forget() == 1


# ----------------------------------------------------------------------------------------------- against a plain model

AUTHORS = st.sampled_from(["@a", "@b", "@c"])
COMMENTS = st.sampled_from([f"c{i}" for i in range(8)])
ACTS = st.sampled_from(["hide", "remove", "report"])
POINTS = {"hide": 1, "remove": 2, "report": 4}


class Machine(RuleBasedStateMachine):
    """Whatever is done in whatever order, the ledger says what a dict in memory says."""

    def start(self):
        return ":memory:"

    @initialize()
    def open(self):
        self.clock = Clock()
        self.numbers = iter(range(100, 200))
        self.keys = [OLD]
        self.place = self.start()
        self.history = History(self.place, OLD, rules=RULES, clock=self.clock)
        self.model = {}  # comment -> (author or None, action, time)

    def teardown(self):
        if hasattr(self, "history"):
            self.history.close()

    def tidy(self):
        self.model = {c: row for c, row in self.model.items() if row[2] > self.clock.now - KEPT}

    @rule(author=AUTHORS, comment=COMMENTS, action=ACTS, age=st.integers(0, 300))
    def confirm(self, author, comment, action, age):
        when = self.clock.now - age * DAY
        assert self.history.confirm(author, comment, action, at=when) == (comment not in self.model)
        self.model.setdefault(comment, (author, action, when))
        self.tidy()

    @rule(batch=st.lists(st.tuples(AUTHORS, COMMENTS, ACTS), max_size=6))
    def confirm_frame(self, batch):
        frame = pd.DataFrame(batch, columns=["author", "id", "action"]).assign(categories="spam")
        new = self.history.confirm_frame(frame)["recorded"].tolist()
        for recorded, (author, comment, action) in zip(new, batch, strict=True):
            assert recorded == (comment not in self.model)
            self.model.setdefault(comment, (author, action, self.clock.now))
        if batch:
            self.tidy()

    @rule(comments=st.lists(COMMENTS, max_size=3))
    def overturn(self, comments):
        counted = {c for c in comments if c in self.model and self.model[c][0]}
        assert self.history.overturn(*comments) == len(counted)
        for comment in comments:
            when = self.model.get(comment, (None, "", self.clock.now))[2]
            self.model[comment] = (None, "", when)

    @rule(days=st.integers(0, 60))
    def wait(self, days):
        self.clock.now += days * DAY
        self.history.overturn()  # the ledger is used now and then, so it believes the clock

    @rule()
    def forget(self):
        before = len(self.model)
        self.tidy()
        assert self.history.forget() == before - len(self.model)

    @rule()
    def rotate(self):
        if len(self.keys) < 4:
            self.keys.insert(0, Key(bytes(range(next(self.numbers), 250))))
            self.history.rotate(self.keys[0])

    @rule(authors=st.lists(AUTHORS))
    def relink(self, authors):
        self.history.relink(authors)

    @rule()
    def reopen(self):
        if self.place != ":memory:":
            self.history.close()
            self.history = History(self.place, self.keys[0], old_keys=self.keys[1:], rules=RULES, clock=self.clock)

    @invariant()
    def agrees(self):
        if not hasattr(self, "history"):
            return
        for author in ("@a", "@b", "@c"):
            weights = [POINTS[action] for who, action, at in self.model.values() if who == author and at > self.clock.now - 90 * DAY]
            standing = Standing(sum(sum(weights) >= limit for limit in (3, 6)))
            assert Record(standing, float(sum(weights)), len(weights)) == self.history.standing(author)


def test_the_ledger_agrees_with_a_plain_model(place, tmp_path):
    """In memory would not show what closing and opening does, so on a file, and on the server."""

    class Here(Machine):
        def start(self):
            return new_place("postgresql" if "://" in place else "sqlite", tmp_path)

    Here.TestCase.settings = settings(max_examples=8 if "://" in place else 15, stateful_step_count=12, deadline=None)
    Here.TestCase("runTest").runTest()


# ---------------------------------------------------------------------------------------------------------- processes


def decisions(n, seed=0):
    """Comments of 40 authors, every fifth comment twice."""
    draw = random.Random(seed)
    numbers = [draw.randrange(n * 4 // 5) for _ in range(n)]
    frame = {"id": numbers, "author": [f"@{i % 40}" for i in numbers], "action": [("hide", "remove")[i % 2] for i in numbers]}
    return pd.DataFrame(frame).assign(categories="spam")


def expected_points(frame) -> dict[str, float]:
    once = frame.drop_duplicates("id")
    return once["action"].map(POINTS).groupby(once["author"]).sum().to_dict()


def points(history, frame) -> dict[str, float]:
    return dict(zip(frame["author"], history.standing_frame(frame)["points"], strict=True))


def write(place, frame, channel):
    """In blocks, each reported when it is in the ledger."""
    with History(place, OLD) as history:
        for start in range(0, len(frame), 50):
            channel.send(int(history.confirm_frame(frame[start : start + 50])["recorded"].sum()))
    channel.close()


def test_two_writers_at_once(place):
    """Largely the same comments in another order: each is new to exactly one of them, and nobody waits for ever."""
    frame = decisions(1500)
    shared, left, right = frame[:1000], frame[1000:1200], frame[1200:]
    pipes = [FORK.Pipe(duplex=False) for _ in range(2)]
    parts = [pd.concat([shared, own]).sample(frac=1, random_state=len(own)) for own in (left, right)]
    writers = [FORK.Process(target=write, args=(place, part, end)) for part, (_, end) in zip(parts, pipes, strict=True)]
    for writer, (_, end) in zip(writers, pipes, strict=True):
        writer.start()
        end.close()
    new = [sum(received(start)) for start, _ in pipes]
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0
    assert sum(new) == frame["id"].nunique() and min(new) > 0
    with History(place, OLD) as history:
        assert points(history, frame) == expected_points(frame)


def received(channel):
    while True:
        try:
            yield channel.recv()
        except EOFError:
            return


def test_killed_in_the_middle_of_a_batch(place):
    """Ten times: what was reported is there, nothing is there in part, and in the end every comment counts once."""
    frame, draw, middles = decisions(3000), random.Random(0), 0
    blocks = [set(frame["id"][start : start + 50]) for start in range(0, len(frame), 50)]
    History(place, OLD).close()
    for _ in range(10):
        start, end = FORK.Pipe(duplex=False)
        child = FORK.Process(target=write, args=(place, frame, end))
        child.start()
        end.close()
        start.poll(20)  # it is at work
        time.sleep(draw.uniform(0, 0.05))
        os.kill(child.pid, signal.SIGKILL)
        child.join()
        done = len(list(received(start)))
        with History(place, OLD) as history:
            kept = rows(history)
            sizes = [len(set().union(*blocks[: i + 1])) for i in range(len(blocks))]
            assert kept in sizes and kept >= sizes[done - 1]
            middles += kept < sizes[-1]
    assert middles
    with History(place, OLD) as history:
        history.confirm_frame(frame)
        assert rows(history) == frame["id"].nunique() and points(history, frame) == expected_points(frame)


def test_opened_for_the_first_time_by_many(place):
    """The tables are made once."""
    children = [FORK.Process(target=lambda: History(place, OLD).confirm("@sam", os.getpid(), "hide")) for _ in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(60)
        assert child.exitcode == 0
    with History(place, OLD) as history:
        assert history.standing("@sam").breaches == 4


def test_blocks_do_not_show():
    """A frame of several blocks gives what one block gives."""
    frame, size = decisions(200), room.BLOCK
    with History(":memory:", OLD) as one, History(":memory:", OLD) as many:
        whole = one.confirm_frame(frame)
        try:
            room.BLOCK = 7
            assert whole.equals(many.confirm_frame(frame))
        finally:
            room.BLOCK = size


def test_the_page_shows_the_defaults():
    """The section of the policy file in docs/history.md changes nothing."""
    section = re.search(r"```toml\n(.*?)```", (ROOT / "docs" / "history.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    rules = parse_policy("version = 1\n" + section).history
    assert rules == HistoryRules(points={"hide": 1.0, "remove": 2.0, "report": 4.0})
    assert [rules.weight(a, ()) for a in rules.points] == [HistoryRules().weight(a, ()) for a in rules.points]
