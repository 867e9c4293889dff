"""Where an enquiry goes, and by when its answer is due: by configuration, on the clock of those who answer.

A question that comes while the office is shut counts as asked when it next opens; the answer is due at the same clock
time on the next working day. Somebody who may be in danger waits for no clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ..categories import SIGNPOSTS, URGENT
from ..exceptions import DataError, check_columns
from .decide import Decision
from .settings import DAYS, VERSION, Clock, Policy

if TYPE_CHECKING:
    import pandas as pd

CLOCK = Clock()
POLICY = Policy(version=VERSION)
Times = NDArray[np.datetime64]


@dataclass(frozen=True)
class Destination:
    """Where a kind of enquiry goes.

    Attributes
    ----------
    send_to : str
        The team.
    contact : str
        How a member of the public reaches it.
    message : str
        Fit to send to the person; ``{contact}`` stands for the contact.
    answer_due : bool
        Whether somebody waits for an answer.
    """

    send_to: str
    contact: str
    message: str
    answer_due: bool = True


@dataclass(frozen=True)
class Route:
    """Where one comment goes, for one of its signposts.

    Attributes
    ----------
    signpost : str
        A key of `SIGNPOSTS`.
    send_to, contact, message : str
        The team, how it is reached, and what to tell the person.
    due : datetime or None
        By when an answer is due; for ``urgent_help`` the moment the comment was made, that is at once.
    """

    signpost: str
    send_to: str
    contact: str
    message: str
    due: datetime | None


_PALS = "Patient Advice and Liaison Service (PALS)"
_TEAM = "Communications team"

DESTINATIONS: dict[str, Destination] = {
    "clinical_question": Destination(
        "The service that treats the person",
        "the telephone number on your hospital letter",
        "Thank you for your question. We cannot give medical advice here. If you are our patient, please use {contact}; "
        "otherwise ask your GP or a pharmacist. If it cannot wait, visit 111.nhs.uk or call 111; in an emergency call 999. "
        "Please do not post personal details here.",
    ),
    "appointment": Destination(
        "Appointments office",
        "the telephone number on your appointment letter",
        "Thank you for your message. We cannot book, change or cancel appointments here. Please use {contact}. "
        "Please do not post personal details here.",
    ),
    "complaint": Destination(
        _PALS,
        "the feedback page of our website",
        "We are sorry to read this and would like to look into it. Please tell our Patient Advice and Liaison Service (PALS) "
        "through {contact}. Please do not post personal details here.",
    ),
    "compliment": Destination(
        _PALS,
        "the feedback page of our website",
        "Thank you for your kind words. If you would like the team to receive them, please use {contact}.",
        answer_due=False,
    ),
    "media_enquiry": Destination(
        "Press office",
        "the press office page of our website",
        "Thank you for your message. Our press office answers journalists; please use {contact}.",
    ),
    "story": Destination(
        _TEAM,
        "the contact page of our website",
        "Thank you for offering to share your story. Please write to our communications team through {contact}.",
    ),
    "enquiry": Destination(
        _TEAM,
        "the contact page of our website",
        "Thank you for your question. We will find the right person to answer it; you can also use {contact}.",
    ),
    URGENT: Destination(
        "The duty team, at once and at any hour",
        "999; NHS 111; Samaritans on 116 123",
        "This page is not watched day and night, so please do not wait for us. If anybody is in danger now, call 999 or go "
        "to the nearest A&E. For urgent help, also with your mental health, call NHS 111. Samaritans listen at any hour, "
        "free, on 116 123.",
    ),
}
"""Where each signpost leads unless the policy file says otherwise; one without a line here goes where an enquiry does."""


def destination(signpost: str, policy: Policy = POLICY) -> Destination:
    """Where a signpost leads: what the policy file says of it, and `DESTINATIONS` for the rest.

    Raises
    ------
    DataError
        When there is no such signpost.

    Examples
    --------
    >>> destination("complaint").send_to
    'Patient Advice and Liaison Service (PALS)'
    """
    if signpost not in SIGNPOSTS:
        raise DataError(f"{signpost!r} is not a signpost: allowed are {', '.join(SIGNPOSTS)}")
    default, rule = DESTINATIONS.get(signpost, DESTINATIONS["enquiry"]), policy.signposts.get(signpost)
    return replace(default, **{name: value for name in vars(default) if (value := getattr(rule, name, None)) is not None})


def route(found: Decision | Sequence[str], asked: datetime, policy: Policy = POLICY) -> tuple[Route, ...]:
    """Where a comment goes and by when an answer is due: one route for each signpost, the urgent one first.

    Parameters
    ----------
    found : Decision or sequence of str
        A decision, or its signposts.
    asked : datetime
        When the comment was made, with a time zone.
    policy : Policy
        Its ``signposts`` and ``clock``.

    Returns
    -------
    tuple of Route

    Raises
    ------
    DataError
        When ``asked`` has no time zone, or a signpost is unknown.

    Examples
    --------
    >>> friday_evening = datetime(2026, 11, 27, 18, 30, tzinfo=ZoneInfo("Europe/London"))
    >>> for step in route(("complaint", "urgent_help"), friday_evening):
    ...     print(step.signpost, "|", step.send_to, "|", f"{step.due:%A %H:%M}")
    urgent_help | The duty team, at once and at any hour | Friday 18:30
    complaint | Patient Advice and Liaison Service (PALS) | Tuesday 09:00
    """
    keys = found.signposts if isinstance(found, Decision) else found
    return tuple(_route(key, asked, policy) for key in sorted(keys, key=lambda key: key != URGENT))


def _route(signpost: str, asked: datetime, policy: Policy) -> Route:
    to = destination(signpost, policy)
    when = due(asked, policy.clock) if to.answer_due else None
    if signpost == URGENT:
        when = asked.astimezone(ZoneInfo(policy.clock.zone))
    return Route(signpost, to.send_to, to.contact, to.message.replace("{contact}", to.contact), when)


# ----------------------------------------------------------------------------------------------------------- the clock


def counts_as(asked: datetime, clock: Clock = CLOCK) -> datetime:
    """When a question counts as asked: then if the office is open, else at the next opening.

    The office is open from ``opens`` until just before ``closes``: a question at 17:00:00 waits for the next opening.

    Examples
    --------
    >>> print(counts_as(datetime(2026, 11, 28, 12, tzinfo=UTC)))  # a Saturday
    2026-11-30 09:00:00+00:00
    """
    return _aware(_counts_as(_local(asked, clock), clock), clock)


def due(asked: datetime, clock: Clock = CLOCK) -> datetime:
    """By when the answer to a question is due: at the same clock time on the next working day.

    The clock on the wall counts, not hours: over a clock change, 16:00 stays 16:00.

    Parameters
    ----------
    asked : datetime
        With a time zone, whichever it is.
    clock : Clock
        By default Monday to Friday, 09:00 to 17:00 in London, public holidays in England excepted.

    Returns
    -------
    datetime
        In the zone of the clock, within opening hours.

    Raises
    ------
    DataError
        When ``asked`` has no time zone.

    Examples
    --------
    >>> print(due(datetime(2026, 11, 27, 16, tzinfo=UTC)))  # a Friday
    2026-11-30 16:00:00+00:00
    >>> print(due(datetime(2026, 12, 24, 12, tzinfo=UTC)))  # Boxing Day is a Saturday: Monday is off in its place
    2026-12-29 12:00:00+00:00
    """
    return _aware(_due(_local(asked, clock), clock), clock)


def working_time_left(now: datetime, due: datetime, clock: Clock = CLOCK) -> timedelta:
    """How many open hours lie between two moments; negative when the answer is overdue.

    Examples
    --------
    >>> friday, monday = datetime(2026, 11, 27, 16, tzinfo=UTC), datetime(2026, 11, 30, 16, tzinfo=UTC)
    >>> print(working_time_left(friday, monday))
    8:00:00
    """
    local = np.concatenate([_local(now, clock), _local(due, clock)])
    calendar, days = _calendar_for(local, clock), local.astype("datetime64[D]")
    opens, closes = _since_midnight(clock.opens), _since_midnight(clock.closes)
    worked = np.clip(local - days, opens, closes) - opens
    worked[~np.is_busday(days, busdaycal=calendar)] = np.timedelta64(0)
    worked += np.busday_count(days.min(), days, busdaycal=calendar) * (closes - opens)
    return (worked[1] - worked[0]).item()


def due_frame(
    frame: pd.DataFrame, asked: str = "created", policy: Policy = POLICY, *, signposts: str | None = None
) -> pd.DataFrame:
    """By when an answer is due, for every row of a frame at once.

    Parameters
    ----------
    frame : pandas.DataFrame
    asked : str
        The column of moments, with a time zone. A missing one is due never.
    policy : Policy
        Its ``clock``, and with ``signposts`` whose answers are due.
    signposts : str, optional
        The column of signposts as `SocialGuard.score_frame` writes it. Rows without one that needs an answer are then
        due never, and ``urgent_help`` at once. Without it every row counts as an enquiry.

    Returns
    -------
    pandas.DataFrame
        The column ``due`` alone, in the zone of the clock, with the index of ``frame``.

    Raises
    ------
    DataError
        When the column is missing or has no time zone.

    Examples
    --------
    >>> import pandas as pd
    >>> comments = pd.DataFrame({"created": pd.to_datetime(["2026-11-27T16:00Z", None])})
    >>> print(due_frame(comments)["due"].tolist())
    [Timestamp('2026-11-30 16:00:00+0000', tz='Europe/London'), NaT]
    """
    import pandas as pd

    moments = _aware_column(frame, asked).tz_convert(policy.clock.zone)
    local = pd.DatetimeIndex(_due(moments.tz_localize(None).to_numpy(), policy.clock))
    # as `_aware` has it: the first of two equal times, and an hour later where a clock change leaves the time out
    first, later = np.ones(len(local), bool), pd.Timedelta(hours=1)
    result = local.tz_localize(policy.clock.zone, ambiguous=first, nonexistent=later).to_series(frame.index)
    if signposts is not None:
        found = _column(frame, signposts)
        waits = found.map(_waits(found.unique(), policy))
        result = result.where(waits != "never").mask(waits == "no time", moments.to_series(frame.index))
    return pd.DataFrame({"due": result})


def _waits(combinations: Sequence[Any], policy: Policy) -> dict[Any, str]:
    """How long each combination of signposts may wait."""
    found = {text: text.split(";") if isinstance(text, str) and text else [] for text in combinations}
    answered = {text: any(destination(key, policy).answer_due for key in keys) for text, keys in found.items()}
    return {text: "no time" if URGENT in keys else "a day" if answered[text] else "never" for text, keys in found.items()}


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    check_columns(frame.columns, name)
    return frame[name]


def _aware_column(frame: pd.DataFrame, name: str) -> pd.DatetimeIndex:
    import pandas as pd

    column = _column(frame, name)
    if getattr(getattr(column, "dt", None), "tz", None) is None:
        raise DataError(
            f"the column {name!r} ({column.dtype}) holds no moments with a time zone; if they are on London's clocks: "
            f"frame[{name!r}] = pandas.to_datetime(frame[{name!r}]).dt.tz_localize('Europe/London')"
        )
    return pd.DatetimeIndex(column).as_unit("us")


# ------------------------------------------------------------------------------ on the wall: times of the clock's zone


def _local(asked: datetime, clock: Clock) -> Times:
    """A moment as the clock on the wall shows it, shape (1,)."""
    if not isinstance(asked, datetime) or asked.tzinfo is None:
        example = "datetime(2026, 11, 27, 16, tzinfo=zoneinfo.ZoneInfo('Europe/London'))"
        raise DataError(f"{asked!r} is not a moment: expected a datetime with a time zone, e.g. {example}")
    return np.array([asked.astimezone(ZoneInfo(clock.zone)).replace(tzinfo=None)], "datetime64[us]")


def _aware(local: Times, clock: Clock) -> datetime:
    """The moment at which the clock on the wall shows this; by way of UTC, since a clock change may leave it out."""
    moment: datetime = local[0].item().replace(tzinfo=ZoneInfo(clock.zone))
    return moment.astimezone(UTC).astimezone(ZoneInfo(clock.zone))


def _due(local: Times, clock: Clock) -> Times:
    counted = _counts_as(local, clock)
    days = counted.astype("datetime64[D]")
    calendar = _calendar_for(local, clock)
    return np.busday_offset(days, clock.working_days, roll="forward", busdaycal=calendar) + (counted - days)


def _counts_as(local: Times, clock: Clock) -> Times:
    days, opens = local.astype("datetime64[D]"), _since_midnight(clock.opens)
    closed = local - days >= _since_midnight(clock.closes)
    counted = np.busday_offset(days + closed.astype("m8[D]"), 0, roll="forward", busdaycal=_calendar_for(local, clock))
    return counted + np.where(counted == days, np.maximum(local - days, opens), opens)


def _since_midnight(at: time) -> np.timedelta64:
    return np.timedelta64(datetime.combine(datetime.min, at) - datetime.min)


def _calendar_for(local: Times, clock: Clock) -> np.busdaycalendar:
    years = local[~np.isnat(local)].astype("datetime64[Y]").astype(int) + 1970
    return _calendar(clock, int(years.min(initial=9999)), int(years.max(initial=0)))


@lru_cache(maxsize=64)
def _calendar(clock: Clock, first: int, last: int) -> np.busdaycalendar:
    """The working days from one year until any answer is due that was asked for in another."""
    import holidays

    years = range(first, last + 2 + clock.working_days // 40)  # a year has more than 40 working weeks
    public = holidays.country_holidays(clock.country, subdiv=clock.subdivision or None, years=years) if clock.country else ()
    return np.busdaycalendar([day in clock.days for day in DAYS], [*public, *clock.also_closed])
