"""Write ``instants.csv``: 200 moments, when each counts as asked, and when its answer is due.

A slow reference that shares nothing with the package: the bank holidays of England are written out by hand, the clock
changes follow from the law (01:00 UTC on the last Sundays of March and October), and the next opening is found by
walking on minute by minute.

    python data/clock/make_instants.py
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

HOLIDAYS = {
    "2025-01-01": "New Year's Day",
    "2025-04-18": "Good Friday",
    "2025-04-21": "Easter Monday",
    "2025-05-05": "Early May bank holiday",
    "2025-05-26": "Spring bank holiday",
    "2025-08-25": "Summer bank holiday",
    "2025-12-25": "Christmas Day",
    "2025-12-26": "Boxing Day",
    "2026-01-01": "New Year's Day",
    "2026-04-03": "Good Friday",
    "2026-04-06": "Easter Monday",
    "2026-05-04": "Early May bank holiday",
    "2026-05-25": "Spring bank holiday",
    "2026-08-31": "Summer bank holiday",
    "2026-12-25": "Christmas Day",
    "2026-12-28": "Boxing Day, in place of the Saturday",
    "2027-01-01": "New Year's Day",
    "2027-03-26": "Good Friday",
    "2027-03-29": "Easter Monday",
    "2027-05-03": "Early May bank holiday",
    "2027-05-31": "Spring bank holiday",
    "2027-08-30": "Summer bank holiday",
    "2027-12-27": "Christmas Day, in place of the Saturday",
    "2027-12-28": "Boxing Day, in place of the Sunday",
    "2028-01-03": "New Year's Day, in place of the Saturday",
}
CHANGES = [date(2025, 3, 30), date(2025, 10, 26), date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28), date(2027, 10, 31)]
CASES = [
    ("2026-11-27T16:00", "Friday at 16:00: due on Monday at 16:00"),
    ("2026-11-28T12:00", "Saturday counts as Monday 09:00, due on Tuesday at 09:00"),
    ("2026-11-29T23:59", "Sunday night counts as Monday 09:00"),
    ("2026-11-23T08:59:59", "a second before opening"),
    ("2026-11-23T09:00", "exactly at opening counts"),
    ("2026-11-23T09:00:01", "a second after opening"),
    ("2026-11-23T16:59:59", "a second before closing counts"),
    ("2026-11-23T17:00", "exactly at closing waits for the next opening"),
    ("2026-11-23T17:00:01", "a second after closing"),
    ("2026-11-23T00:00", "midnight before a working day"),
    ("2026-11-27T17:00", "Friday at closing waits for Monday"),
    ("2026-11-27T16:59:59", "a second before closing on Friday"),
    ("2025-12-24T16:59", "Christmas Eve: two holidays and a weekend follow"),
    ("2025-12-24T17:00", "Christmas Eve after closing"),
    ("2025-12-27T10:00", "Saturday after Boxing Day"),
    ("2025-12-31T12:00", "New Year's Eve is a working day"),
    ("2026-12-24T12:00", "Christmas on Friday, Boxing Day moved to Monday"),
    ("2026-12-26T12:00", "Boxing Day itself, a Saturday"),
    ("2026-12-27T12:00", "Sunday before the day in place of Boxing Day"),
    ("2026-12-31T16:30", "New Year's Day is a Friday"),
    ("2027-12-24T10:00", "Friday; Christmas and Boxing Day moved to Monday and Tuesday"),
    ("2027-12-25T10:00", "Christmas Day itself, a Saturday"),
    ("2027-12-26T10:00", "Boxing Day itself, a Sunday"),
    ("2027-12-29T09:00", "first working day after Christmas"),
    ("2027-12-31T15:00", "Friday; New Year's Day moved to Monday"),
    ("2027-12-31T18:00", "Friday evening; New Year's Day moved to Monday"),
    ("2025-03-17T11:00", "a holiday in Northern Ireland alone"),
    ("2026-01-02T11:00", "a holiday in Scotland alone"),
    ("2026-08-03T11:00", "a holiday in Scotland alone"),
    ("2027-11-30T11:00", "a holiday in Scotland alone"),
    ("2025-04-17T16:00", "Maundy Thursday: due on the Tuesday after Easter"),
    ("2026-04-02T09:00", "Maundy Thursday at opening"),
    ("2027-03-25T16:59", "Maundy Thursday; clocks change on Easter Sunday"),
    ("2027-03-28T00:30", "Easter Sunday, before the clocks change"),
    ("2027-03-28T03:00", "Easter Sunday, after the clocks changed"),
    ("2025-06-18T07:59Z", "07:59 UTC in summer is 08:59 in London"),
    ("2025-06-18T08:00Z", "08:00 UTC in summer is opening in London"),
    ("2025-06-18T15:59Z", "15:59 UTC in summer is a minute before closing"),
    ("2025-06-18T16:00Z", "16:00 UTC in summer is closing"),
    ("2025-06-18T23:30Z", "late in UTC, the next day in London"),
    ("2025-06-20T23:30Z", "Friday in UTC, Saturday in London"),
    ("2025-06-22T23:30Z", "Sunday in UTC, Monday in London"),
    ("2026-02-10T04:00-05:00", "opening, written on New York's clock"),
    ("2026-02-10T22:30+05:30", "closing, written on Delhi's clock"),
    ("2026-02-14T01:00+14:00", "Saturday in Kiribati, Friday 11:00 in London"),
    ("2026-02-13T06:00-11:00", "Friday morning in American Samoa, Friday at closing in London"),
    ("2026-07-06T18:15+10:00", "09:15 in a London summer, written on Brisbane's clock"),
    ("2026-10-25T00:30Z", "the first 01:30 of the night when clocks go back"),
    ("2026-10-25T01:30Z", "the second 01:30 of that night"),
    ("2026-03-29T00:59:59Z", "the last second before clocks go forward"),
]


def london(moment: datetime) -> datetime:
    """A moment on London's clocks: an hour ahead between the last Sundays of March and October, 01:00 UTC."""
    spring, autumn = (datetime(moment.year, month, 31, 1, tzinfo=UTC) for month in (3, 10))
    spring, autumn = (day - timedelta(days=(day.weekday() + 1) % 7) for day in (spring, autumn))
    return moment.astimezone(timezone(timedelta(hours=int(spring <= moment < autumn))))


def works(day: date) -> bool:
    return day.weekday() < 5 and day.isoformat() not in HOLIDAYS


def next_opening(moment: datetime) -> datetime:
    """The moment itself if the office is open, else walk to full minutes until it is."""
    while not (works(london(moment).date()) and 9 <= london(moment).hour < 17):
        moment = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    return london(moment)


def next_working_day(moment: datetime) -> datetime:
    """The same time on London's clocks on the next working day."""
    day = moment.date() + timedelta(days=1)
    while not works(day):
        day += timedelta(days=1)
    return in_london(datetime.combine(day, moment.time()))


def in_london(clock: datetime) -> datetime:
    """The first moment at which London's clocks show this time."""
    summer = clock.replace(tzinfo=timezone(timedelta(hours=1)))
    return summer if london(summer) == summer and london(summer).hour == clock.hour else clock.replace(tzinfo=UTC)


def cases() -> list[tuple[datetime, str]]:
    """The cases above; around every holiday and clock change; and moments drawn at random."""
    given = [(datetime.fromisoformat(text), why) for text, why in CASES]
    found = [(moment if moment.tzinfo else in_london(moment), why) for moment, why in given]
    for day, name in HOLIDAYS.items():
        noon = datetime.fromisoformat(day) + timedelta(hours=12)
        if noon.year < 2028:
            found.append((in_london(noon), name))
            found.append((in_london(noon - timedelta(hours=20, minutes=45)), f"{name}: 15:15 on the day before"))
            found.append((in_london(noon + timedelta(hours=21)), f"{name}: 09:00 on the day after"))
    for day in CHANGES:
        friday, monday = day - timedelta(days=2), day + timedelta(days=1)
        for date_, hour, why in ((friday, 16, "Friday before"), (day, 1, "the night when"), (monday, 9, "Monday after")):
            moment = datetime.combine(date_, datetime.min.time()) + timedelta(hours=hour, minutes=10)
            found.append((in_london(moment), f"{why} the clocks change, {hour:02}:10"))
    dice = random.Random(2026)
    while len(found) < 200:
        moment = london(datetime(2025, 1, 1, tzinfo=UTC) + timedelta(seconds=dice.randrange(3 * 365 * 86400)))
        found.append((moment.astimezone(dice.choice([UTC, moment.tzinfo])), f"drawn at random: {moment:%A %H:%M}"))
    return found


def main() -> None:
    with Path(__file__).with_name("instants.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["asked", "counts_as", "due", "why"])
        for asked, why in sorted(cases()):
            counted = next_opening(asked)
            writer.writerow([asked.isoformat(), counted.isoformat(), next_working_day(counted).isoformat(), why])


if __name__ == "__main__":
    main()
