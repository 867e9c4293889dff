import csv
import re
import runpy
import tomllib
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from social_guard.categories import SIGNPOSTS
from social_guard.exceptions import DataError
from social_guard.policy.decide import Decision
from social_guard.policy.reading import parse_policy
from social_guard.policy.settings import DAYS, Action, Clock, Policy
from social_guard.policy.signposts import DESTINATIONS, counts_as, destination, due, due_frame, route, working_time_left
from tests.conftest import ROOT

LONDON = ZoneInfo("Europe/London")
REFERENCE = runpy.run_path(str(ROOT / "data" / "clock" / "make_instants.py"))
GUIDE = (ROOT / "docs" / "signposts.md").read_text(encoding="utf-8")
with (ROOT / "data" / "clock" / "instants.csv").open(encoding="utf-8", newline="") as file:
    INSTANTS = list(csv.DictReader(file))

moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.timezones())
clocks = st.builds(
    Clock,
    opens=st.times(max_value=time(11, 59)),
    closes=st.times(min_value=time(12)),
    days=st.lists(st.sampled_from(DAYS), min_size=1, unique=True).map(tuple),
    zone=st.sampled_from(["Europe/London", "America/New_York", "Asia/Kathmandu"]),
    country=st.sampled_from(["", "GB"]),
    also_closed=st.lists(st.dates(date(2025, 1, 1), date(2027, 12, 31)), max_size=3).map(tuple),
    working_days=st.integers(1, 60),
)
clock_with_days = clocks.filter(lambda clock: set(clock.days) & {"tue", "wed", "thu"})


def london(*parts):
    return datetime(*parts, tzinfo=LONDON)


@pytest.mark.parametrize("row", INSTANTS, ids=lambda row: row["asked"])
def test_table_of_instants(row):
    """200 moments over three years, worked out by a slow reference of its own."""
    asked = datetime.fromisoformat(row["asked"])
    assert (counts_as(asked).isoformat(), due(asked).isoformat()) == (row["counts_as"], row["due"])


def test_the_table_is_what_its_script_writes():
    """200 rows, none changed by hand."""
    assert sorted((row["asked"], row["why"]) for row in INSTANTS) == sorted((a.isoformat(), why) for a, why in REFERENCE["cases"]())
    assert len(INSTANTS) == 200


def test_working_days_are_those_of_the_list_written_by_hand():
    """Every day of three years: open at noon or not."""
    days = [london(2025, 1, 1, 12) + timedelta(days=n) for n in range(3 * 365)]
    assert [counts_as(day) == day for day in days] == [REFERENCE["works"](day.date()) for day in days]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (london(2022, 6, 1, 16), london(2022, 6, 6, 16)),  # spring bank holiday moved, and a jubilee
        (london(2022, 9, 16, 16), london(2022, 9, 20, 16)),  # a state funeral
        (london(2023, 5, 5, 16), london(2023, 5, 9, 16)),  # a coronation
    ],
)
def test_holidays_of_one_year_alone(asked, expected):
    """Known from the library of holidays."""
    assert due(asked) == expected


@given(moments)
def test_due_is_in_opening_hours_of_a_working_day(asked):
    """Whatever the moment and its zone, and later than asked."""
    answer = due(asked)
    assert REFERENCE["works"](answer.date()) and 9 <= answer.hour < 17
    assert answer.tzinfo == LONDON and answer > asked


@given(moments, moments)
def test_who_asks_first_is_answered_first(one, other):
    """Due is monotone."""
    first, second = sorted([one, other], key=lambda moment: moment.astimezone(UTC))
    assert due(first) <= due(second)


@given(moments, st.timezones())
def test_the_zone_in_which_a_moment_is_written_does_not_matter(asked, zone):
    """The same moment, the same answer, also when it has become UTC on the way."""
    assert due(asked.astimezone(UTC).astimezone(zone)) == due(asked)


@given(moments)
def test_counting_twice_changes_nothing(asked):
    """The moment at which a question counts is open, and counts as itself."""
    counted = counts_as(asked)
    assert counts_as(counted) == counted and due(counted) == due(asked)


@given(moments, st.integers(1, 600))
def test_an_answer_may_take_eight_open_hours_a_working_day(asked, days):
    """From when the question counts until its answer is due."""
    clock = Clock(working_days=days)
    assert working_time_left(counts_as(asked, clock), due(asked, clock), clock) == days * timedelta(hours=8)


@given(moments, moments, moments)
def test_working_time_adds_up(one, two, three):
    """Over any point between, and negative once overdue."""
    assert working_time_left(one, two) + working_time_left(two, three) == working_time_left(one, three)
    assert working_time_left(one, two) == -working_time_left(two, one)


@pytest.mark.parametrize(
    ("now", "left"),
    [
        (london(2026, 11, 27, 15), timedelta(hours=9)),
        (london(2026, 11, 27, 16), timedelta(hours=8)),
        (london(2026, 11, 28, 12), timedelta(hours=7)),  # the weekend costs nothing
        (london(2026, 11, 30, 16), timedelta(0)),
        (london(2026, 11, 30, 18), timedelta(hours=-1)),
        (london(2026, 12, 1, 10), timedelta(hours=-2)),
    ],
)
def test_working_time_left(now, left):
    """Until an answer due on Monday at 16:00."""
    assert working_time_left(now, london(2026, 11, 30, 16)) == left


@given(st.lists(st.none() | moments, max_size=8), clock_with_days, st.sampled_from(["us", "ns", "s"]))
def test_a_frame_is_answered_like_its_rows(asked, clock, unit):
    """Any clock, also over the nights when it changes; missing moments stay missing; the index is kept."""
    whole = [None if moment is None else moment.replace(microsecond=0) for moment in asked]
    column = pd.to_datetime(pd.Series(whole, dtype=object), utc=True).dt.as_unit(unit)
    frame = pd.DataFrame({"created": column}).set_index(pd.RangeIndex(10, 10 + len(whole)))
    result = due_frame(frame, policy=Policy(version=1, clock=clock))
    assert list(result.columns) == ["due"] and result.index.equals(frame.index)
    expected = [pd.NaT if moment is None else due(moment, clock) for moment in whole]
    assert [str(value) for value in result["due"]] == [str(value) for value in expected]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (london(2026, 3, 28, 1, 30), "2026-03-29T02:30:00+01:00"),  # 01:30 does not exist on the Sunday
        (london(2026, 10, 24, 1, 30), "2026-10-25T01:30:00+01:00"),  # 01:30 stands twice: the first
    ],
)
def test_an_office_that_is_open_when_the_clocks_change(asked, expected):
    """An hour later where the time is left out, the first where it comes twice; in a frame as well."""
    policy = parse_policy("version = 1\n[clock]\nopens = 00:00:00\ncloses = 23:59:59\ncountry = ''\ndays = ['sat', 'sun']")
    frame = pd.DataFrame({"created": [pd.Timestamp(asked)]})
    assert due(asked, policy.clock).isoformat() == due_frame(frame, policy=policy)["due"][0].isoformat() == expected


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        ("", "2026-12-29T12:00:00+00:00"),
        ("country = ''", "2026-12-25T12:00:00+00:00"),
        ("also_closed = [2026-12-29, 2026-12-30]", "2026-12-31T12:00:00+00:00"),
        ("days = ['thu', 'sun']", "2026-12-27T12:00:00+00:00"),
        ("working_days = 3", "2026-12-31T12:00:00+00:00"),
        ("opens = 13:00:00", "2026-12-29T13:00:00+00:00"),
        ("closes = 12:00:00", "2026-12-30T09:00:00+00:00"),
        ("subdivision = 'SCT'\nworking_days = 5", "2027-01-06T12:00:00+00:00"),  # 4 January is off in place of the 2nd
        ("zone = 'America/New_York'\ncountry = 'US'\nsubdivision = ''", "2026-12-28T09:00:00-05:00"),
    ],
)
def test_the_clock_is_configuration(section, expected):
    """Each line of the section does what it says; asked on Christmas Eve 2026 at noon in London."""
    clock = parse_policy(f"version = 1\n[clock]\n{section}").clock
    assert due(london(2026, 12, 24, 12), clock).isoformat() == expected


@pytest.mark.parametrize("asked", [datetime(2026, 11, 27, 16), date(2026, 11, 27), "2026-11-27T16:00", pd.NaT, None])
def test_a_moment_without_a_zone_is_refused(asked):
    """Nobody guesses whose clock it was."""
    for ask in (counts_as, due, lambda given: route(["urgent_help"], given), lambda given: working_time_left(given, given)):
        with pytest.raises(DataError, match="is not a moment: expected a datetime with a time zone"):
            ask(asked)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (pd.DataFrame({"created": pd.to_datetime(["2026-11-27T16:00"])}), "'created' .datetime64.* no moments with a time zone"),
        (pd.DataFrame({"created": ["2026-11-27T16:00Z"]}), "'created' .* no moments with a time zone"),
        (pd.DataFrame({"when": [1]}), "there is no column 'created'; the columns are when"),
    ],
)
def test_a_column_without_a_zone_is_refused(frame, message):
    """The error says how to mend it."""
    with pytest.raises(DataError, match=message):
        due_frame(frame)


def test_a_missing_column_of_signposts_is_named():
    """It is not read as rows that ask for nothing."""
    frame = pd.DataFrame({"created": pd.to_datetime(["2026-11-27T16:00Z"])})
    with pytest.raises(DataError, match="there is no column 'signpost'"):
        due_frame(frame, signposts="signpost")


def test_a_frame_waits_as_its_signposts_allow():
    """Urgent help is due at once, at night as well; thanks and what asks for nothing are due never."""
    night = pd.Timestamp("2026-11-28T03:00", tz="UTC")
    found = ["", "compliment", "complaint", "compliment;enquiry", "complaint;urgent_help", None]
    for created in (pd.Series([night] * 6).dt.as_unit("ns"), pd.Series([night] * 6).astype("timestamp[us, tz=UTC][pyarrow]")):
        frame = pd.DataFrame({"created": created, "signposts": found})
        monday = pd.Timestamp("2026-12-01T09:00", tz="Europe/London")
        expected = [None, None, monday, monday, night, None]
        result = due_frame(frame, signposts="signposts")["due"]
        assert str(result.dtype) == "datetime64[us, Europe/London]"
        assert [None if value is pd.NaT else value for value in result] == expected


def test_scored_comments_get_their_due_time(shipped_guard):
    """What the guard writes is what the clock reads."""
    texts = ["How do I complain? I waited nine hours and nobody came", "Thank you to the kind nurses", None]
    frame = pd.DataFrame({"text": texts, "created": pd.to_datetime(["2026-11-27T16:00Z"] * 3)})
    scored = frame.join(shipped_guard.score_frame(frame))
    result = due_frame(scored, policy=shipped_guard.policy, signposts="signposts")["due"]
    assert result.notna().tolist() == [True, False, False]


def test_every_signpost_leads_somewhere():
    """With a team, a way to reach it, and a message that names no placeholder."""
    assert set(DESTINATIONS) == set(SIGNPOSTS)
    for step in route(tuple(SIGNPOSTS), london(2026, 11, 27, 16)):
        assert step.send_to and step.contact and step.message and "{" not in step.message
        assert (step.due is None) == (step.signpost == "compliment")


@pytest.mark.parametrize("asked", [london(2026, 11, 27, 16), london(2026, 11, 28, 3), london(2026, 12, 25, 12)])
def test_urgent_help_never_waits_for_opening(asked):
    """It comes first, is due the moment it was written, and names the numbers that answer day and night."""
    first, *others = route(("complaint", "urgent_help"), asked)
    assert (first.signpost, first.due) == ("urgent_help", asked)
    assert all(number in first.message for number in ("999", "111", "116 123"))
    assert [(step.signpost, step.due) for step in others] == [("complaint", due(asked))]


def test_a_decision_is_routed_by_its_signposts():
    """A comment that asks for nothing goes nowhere."""
    asked = london(2026, 11, 27, 16)
    decision = Decision(Action.NONE, Action.NONE, False, (), ("enquiry",))
    assert route(decision, asked) == route(("enquiry",), asked)
    assert route((), asked) == ()
    with pytest.raises(DataError, match="'abuse' is not a signpost: allowed are clinical_question"):
        route(("abuse",), asked)


def test_a_policy_file_says_where_a_signpost_leads():
    """What it leaves out stays; the contact stands in the message."""
    policy = parse_policy(
        "version = 1\n[signposts]\nstory = 0.3\n[signposts.complaint]\nthreshold = 0.3\nsend_to = 'Feedback team'\n"
        "contact = 'feedback@example.org'\n[signposts.compliment]\nthreshold = 0.3\nanswer_due = true\nmessage = ''"
    )
    asked = london(2026, 11, 27, 16)
    complaint, compliment, story = route(("complaint", "compliment", "story"), asked, policy)
    assert complaint.send_to == "Feedback team" and "through feedback@example.org." in complaint.message
    assert (compliment.message, compliment.due) == ("", due(asked))
    assert destination("story", policy) == DESTINATIONS["story"] and story.signpost == "story"


def test_the_guide_shows_a_whole_clock():
    """A policy file with every line of the section; but for the day off, the values shown are the defaults."""
    text = re.search(r"```toml\n(.*?)```", GUIDE, re.DOTALL)[1]
    assert set(tomllib.loads(text)["clock"]) == set(Clock.__struct_fields__)
    assert parse_policy(text).clock == Clock(also_closed=(date(2026, 12, 24),))
