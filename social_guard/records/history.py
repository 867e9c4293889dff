"""A memory for repeat offenders: confirmed breaches of an author in a moving window, and what they lead to.

Authors are kept as pseudonyms that only the owner of a key can make. A person confirms every breach before it counts, and
a person decides about a warning or a block: this room only recommends.

What is recorded does not depend on order or repetition. A comment counts once, however often it is confirmed; a breach
that was taken back stays taken back, also when the confirmation arrives later or again.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from ..categories import CATEGORIES
from ..exceptions import ClockWarning, DataError, LedgerError, MissingExtraError, SecretKeyError, check_columns
from ..policy.settings import Action, HistoryRules
from .keys import Key, check_id

if TYPE_CHECKING:
    import pandas as pd

    from .ledger import Ledger, Row, Transaction

DAY = 86_400
ACTIONS = tuple(str(action) for action in list(Action)[1:])
BLOCK = 10_000
"""Rows confirmed in one transaction."""


class Standing(IntEnum):
    """What an author's breaches lead to, in rising severity; a person decides.

    Examples
    --------
    >>> Standing.BLOCK > Standing.WARN, str(Standing.WARN)
    (True, 'warn')
    """

    NONE = 0
    WARN = 1
    BLOCK = 2

    def __str__(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Record:
    """What counts against an author at the moment.

    Attributes
    ----------
    standing : Standing
        What is recommended.
    points : float
        The weights of the breaches in the window, added up.
    breaches : int
        How many there are.
    """

    standing: Standing
    points: float
    breaches: int


def utc_now() -> datetime:
    """The clock that is used unless another is given."""
    return datetime.now(UTC)


class History:
    """The breaches of all authors.

    Parameters
    ----------
    place : str or path
        The file of an SQLite database, or the URL of a PostgreSQL one: ``postgresql://user@host/database``.
    key : Key
        Makes the pseudonyms; never stored. The ledger remembers its id and refuses another.
    old_keys : sequence of Key
        Keys used before a rotation, see `rotate`; without them, breaches kept under them do not count.
    rules : HistoryRules
        The section ``[history]`` of a policy: ``guard.policy.history``.
    clock : callable
        Gives the present time; one without a zone is taken as UTC.

    Raises
    ------
    LedgerError
        When the database cannot be opened.
    SecretKeyError
        When the ledger was written with another key.
    MissingExtraError
        When the library for databases is not installed.

    Examples
    --------
    >>> history = History(":memory:", Key(b"an example key, not one to be used"))
    >>> history.confirm("@sam", "comment 1", "remove", ["harassment"]), history.confirm("@sam", "comment 1", "remove")
    (True, False)
    >>> history.confirm("@sam", "comment 2", "hide", ["spam"])
    True
    >>> history.standing("@sam")
    Record(standing=<Standing.WARN: 1>, points=3.0, breaches=2)
    >>> history.overturn("comment 1"), str(history.standing("@sam").standing)
    (1, 'none')

    Notes
    -----
    *A clock that jumps* loses, doubles and raises nothing. The ledger keeps the newest time that it trusts. When the clock
    is behind that, the ledger's own time dates what is recorded. When the clock is ahead of it by more than the room
    between ``window_days`` and ``forget_after_days``, nothing is forgotten, and a `ClockWarning` tells to call
    ``forget(trust_clock=True)`` if the clock is right; if it is not, breaches that it dated are brought back once it is.
    So a date may be wrong by as much as the clock was, or by as long as it was, but no breach is gone.
    """

    def __init__(
        self,
        place: str | Path,
        key: Key,
        *,
        old_keys: Sequence[Key] = (),
        rules: HistoryRules | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.rules = HistoryRules() if rules is None else rules
        self._keys = (key, *old_keys)
        self._clock = clock
        self._ledger = _open_ledger(place)
        with self._step():
            pass  # the keys are checked

    # -------------------------------------------------------------------------------------------------- one at a time

    def confirm(
        self, author: str, comment: str, action: Action | str, categories: Iterable[str] = (), *, at: datetime | None = None
    ) -> bool:
        """Record a breach that a person has confirmed.

        Parameters
        ----------
        author, comment : str
            As the platform names them. The author is kept as a pseudonym only, the comment's id as it is.
        action : Action or str
            What was done: hide, remove or report.
        categories : iterable of str
            What the comment breached.
        at : datetime, optional
            When; by default now, and never later than now.

        Returns
        -------
        bool
            Whether it is new: false when the comment has been recorded, or taken back, before.

        Raises
        ------
        DataError
            When an id, the action or a category is not one.
        """
        return self._record([_breach(author, comment, str(action), categories, None if at is None else _seconds(at))])[0]

    def overturn(self, *comments: str) -> int:
        """Take breaches back, e.g. after an appeal; returns how many counted until now.

        The author is struck from the record at once. Doing it twice changes nothing, and a confirmation that arrives
        later does not count. It cannot be undone.
        """
        wanted = {check_id(comment, "comment") for comment in comments}
        with self._step() as step:
            time, _ = self._tick(step)
            missing = sorted(wanted - step.known(wanted))
            step.insert([(comment, None, time, "", "") for comment in missing])
            return step.take_back(wanted)

    def standing(self, author: str) -> Record:
        """What counts against one author now."""
        name = check_id(author, "author")
        return self._standings([name])[name]

    # ------------------------------------------------------------------------------------------------------ many at once

    def confirm_frame(
        self,
        frame: pd.DataFrame,
        *,
        author: str = "author",
        comment: str = "id",
        action: str = "action",
        categories: str = "categories",
        at: str | None = None,
    ) -> pd.DataFrame:
        """Record the breaches among decisions that a person has confirmed.

        Blocks of 10,000 rows are written whole or not at all. After a crash, give the whole frame again: what was written
        is not counted twice.

        Parameters
        ----------
        frame : pandas.DataFrame
            One row a comment. A row without an action, or with ``none``, is no breach.
        author, comment, action, categories : str
            The columns; categories are joined by ``;``.
        at : str, optional
            The column that says when; times without a zone are taken as UTC. By default, and where missing, now.

        Returns
        -------
        pandas.DataFrame
            With the index of ``frame``: ``recorded``, whether the row is new, and ``error``, why it cannot be recorded.

        Raises
        ------
        DataError
            When a column is missing.

        Examples
        --------
        >>> import pandas as pd
        >>> history = History(":memory:", Key(b"an example key, not one to be used"))
        >>> frame = pd.DataFrame(
        ...     {"id": [1, 2, 2], "author": ["@sam", "@sam", "@sam"], "action": ["none", "hide", "hide"], "categories": "spam"}
        ... )
        >>> history.confirm_frame(frame)["recorded"].tolist()
        [False, True, False]
        """
        import pandas as pd

        columns = _columns(frame, author, comment, action, categories)
        times = [None] * len(frame) if at is None else _times(frame, at)
        rows = [_breach_or_error(*cells) for cells in zip(*columns, times, strict=True)]
        breaches = [row for row in rows if isinstance(row, Breach)]
        new = iter(self._record(breaches))
        return pd.DataFrame(
            {
                "recorded": [isinstance(row, Breach) and next(new) for row in rows],
                "error": pd.Series([row if isinstance(row, str) else None for row in rows], dtype=object, index=frame.index),
            },
            index=frame.index,
        )

    def standing_frame(self, frame: pd.DataFrame, author: str = "author") -> pd.DataFrame:
        """What counts against the author of every row now.

        Returns
        -------
        pandas.DataFrame
            With the index of ``frame``: ``standing``, ``points`` and ``breaches``; all missing where the author is not
            named.

        Raises
        ------
        DataError
            When the column is missing.
        """
        import pandas as pd

        names = [_name_or_none(value) for value in _columns(frame, author)[0]]
        records = self._standings({name for name in names if name is not None})
        found = [None if name is None else records[name] for name in names]
        cells = [(None, None, None) if one is None else (str(one.standing), one.points, one.breaches) for one in found]
        result = pd.DataFrame(cells, columns=["standing", "points", "breaches"], index=frame.index, dtype=object)
        return result.astype({"points": float, "breaches": "Int64"})

    # ------------------------------------------------------------------------------------------------------------- care

    def forget(self, *, trust_clock: bool = False, other_keys: bool = False) -> int:
        """Delete what is older than ``forget_after_days``; returns how many rows. Confirming does it on its own.

        Parameters
        ----------
        trust_clock : bool
            Say that the clock is right after a `ClockWarning`; the ledger goes by it from now on.
        other_keys : bool
            Also delete what stands under keys before the present one: the end of a rotation, or a key that leaked.
        """
        with self._step() as step:
            if trust_clock:
                step.set_state(replace(step.state, time=self._seconds_now()))
            time, _ = self._tick(step)
            deleted = step.delete_until(time - self.rules.forget_after_days * DAY)
            return deleted + (step.delete_other_keys(self._keys[0].id) if other_keys else 0)

    def rotate(self, new: Key) -> None:
        """Make all pseudonyms with a new key from now on.

        Nobody can turn an old pseudonym into a new one without the author's name. So a rotation takes time: open the
        ledger with the new key, and the old one in ``old_keys``. Authors that confirm something are then re-linked on
        their own, and `relink` does it for everybody that is seen; meanwhile breaches count under either key. After
        ``forget_after_days`` nothing is left under the old key and it can be destroyed; sooner with
        ``forget(other_keys=True)``, which deletes whoever was not seen again.

        Other processes that hold the old key are refused from their next step on.

        Raises
        ------
        SecretKeyError
            When the ledger has used the key before.
        """
        with self._step() as step:
            if new.id in step.state.keys:
                raise SecretKeyError(f"{self._ledger.place}: has used key {new.id} before; rotate to a new one")
            step.set_state(replace(step.state, keys=(*step.state.keys, new.id)))
        self._keys = (new, *self._keys)

    def relink(self, authors: Iterable[str]) -> int:
        """During a rotation, put what these authors have under old keys under the new one; returns how many breaches."""
        with self._step() as step:
            return self._relink(step, {check_id(author, "author") for author in authors})

    def close(self) -> None:
        """Let go of the database."""
        self._ledger.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # ----------------------------------------------------------------------------------------------------------- within

    @contextmanager
    def _step(self) -> Iterator[Transaction]:
        """A transaction under the keys that the ledger expects."""
        with self._ledger.transaction() as step:
            if not step.state.keys:
                step.set_state(replace(step.state, keys=(self._keys[0].id,)))
            _check_keys(self._ledger.place, step.state.keys, [key.id for key in self._keys])
            yield step

    def _record(self, rows: Sequence[Breach]) -> list[bool]:
        return [new for start in range(0, len(rows), BLOCK) for new in self._record_block(rows[start : start + BLOCK])]

    def _record_block(self, rows: Sequence[Breach]) -> list[bool]:
        with self._step() as step:
            time, present = self._tick(step)
            self._relink(step, {row.author for row in rows})
            known = step.known(row.comment for row in rows)
            fresh = {row.comment: row for row in reversed(rows) if row.comment not in known}
            step.insert([self._stored(row, present) for row in fresh.values()])
            step.delete_until(time - self.rules.forget_after_days * DAY)
        return [fresh.get(row.comment) is row for row in rows]

    def _stored(self, row: Breach, present: int) -> Row:
        at = present if row.at is None else min(row.at, present)
        return row.comment, self._keys[0].pseudonym("author", row.author), at, row.action, row.categories

    def _relink(self, step: Transaction, names: Iterable[str]) -> int:
        new = {old.pseudonym("author", name): self._keys[0].pseudonym("author", name) for old in self._keys[1:] for name in names}
        return step.rename({pseudonym: new[pseudonym] for pseudonym in step.authors(new)})

    def _standings(self, names: Collection[str]) -> dict[str, Record]:
        owner = {key.pseudonym("author", name): name for key in self._keys for name in names}
        with self._step() as step:
            time, _ = self._trusted(step.state.time)
            counts = step.counts(owner, time - self.rules.window_days * DAY)
        unknown = {action for _, action, _, _ in counts}.difference(ACTIONS)
        if unknown:
            raise LedgerError(f"{self._ledger.place}: holds the action {min(unknown)!r}; known are {', '.join(ACTIONS)}")
        points, breaches = dict.fromkeys(names, 0.0), dict.fromkeys(names, 0)
        for pseudonym, action, categories, n in counts:
            points[owner[pseudonym]] += n * self.rules.weight(action, categories.split(";") if categories else ())
            breaches[owner[pseudonym]] += n
        return {name: self._judged(points[name], breaches[name]) for name in names}

    def _judged(self, points: float, breaches: int) -> Record:
        points = round(points, 9)  # three breaches of 0.1 reach 0.3
        steps = ((self.rules.block, Standing.BLOCK), (self.rules.warn, Standing.WARN))
        return Record(next((standing for limit, standing in steps if points >= limit), Standing.NONE), points, breaches)

    # ------------------------------------------------------------------------------------------------------------- time

    def _tick(self, step: Transaction) -> tuple[int, int]:
        """Move the ledger's time on; returns it, and what to date new rows with."""
        time, present = self._trusted(step.state.time)
        if present == time:
            step.redate(time + self._slack, time)
            step.set_state(replace(step.state, time=time))
        return time, present

    def _trusted(self, known: int | None) -> tuple[int, int]:
        """The time to count from, and the present; they differ when the clock is too far ahead to be believed."""
        now = self._seconds_now()
        if known is None or known <= now <= known + self._slack:
            return now, now
        if now < known:
            return known, known
        warnings.warn(
            f"{self._ledger.place}: the clock is {(now - known) // DAY} days ahead of the last record, so nothing is forgotten; "
            "if it is right, call forget(trust_clock=True)",
            ClockWarning,
            stacklevel=6,
        )
        return known, now

    @property
    def _slack(self) -> int:
        return (self.rules.forget_after_days - self.rules.window_days) * DAY

    def _seconds_now(self) -> int:
        return _seconds(self._clock())


class Breach(NamedTuple):
    """A checked row of input."""

    author: str
    comment: str
    action: str
    categories: str
    at: int | None


def _open_ledger(place: str | Path) -> Ledger:
    try:
        from .ledger import Ledger
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"a ledger needs {error.name}: pip install social_guard[history]") from error
    return Ledger(place)


def _check_keys(place: str, known: Sequence[str], given: Sequence[str]) -> None:
    if known[-1] != given[0]:
        raise SecretKeyError(f"{place}: belongs to key {known[-1]}, not {given[0]}; open it with that key, or rotate to the new one")
    foreign = [key for key in given[1:] if key not in known]
    if foreign:
        raise SecretKeyError(f"{place}: never used key {foreign[0]}; its old keys are: {', '.join(known[:-1]) or 'none'}")


def _breach(author: Any, comment: Any, action: str, categories: Iterable[str], at: int | None) -> Breach:
    if action not in ACTIONS:
        raise DataError(f"action is {action!r}: a breach has one of {', '.join(ACTIONS)}")
    given = tuple(categories)
    unknown = [category for category in given if category not in CATEGORIES]
    if unknown:
        raise DataError(f"categories has {unknown[0]!r}: allowed are {', '.join(CATEGORIES)}")
    return Breach(check_id(author, "author"), check_id(comment, "comment"), action, ";".join(sorted(set(given))), at)


def _breach_or_error(author: Any, comment: Any, action: Any, categories: Any, at: int | None) -> Breach | str | None:
    """Nothing for a row that is no breach."""
    if _missing(action) or str(action) == str(Action.NONE):
        return None
    listed = () if _missing(categories) or not categories else categories.split(";") if isinstance(categories, str) else categories
    try:
        return _breach(author, comment, str(action), listed, at)
    except DataError as error:
        return str(error)


def _name_or_none(value: Any) -> str | None:
    return None if _missing(value) else check_id(value, "author")


def _missing(value: Any) -> bool:
    import pandas as pd

    return bool(pd.api.types.is_scalar(value) and pd.isna(value))


def _columns(frame: pd.DataFrame, *names: str) -> list[list[Any]]:
    check_columns(frame.columns, *names)
    return [frame[name].tolist() for name in names]


def _times(frame: pd.DataFrame, column: str) -> list[int | None]:
    import pandas as pd

    try:
        times = pd.to_datetime(pd.Series(_columns(frame, column)[0]), utc=True, format="mixed")
    except (TypeError, ValueError) as error:
        raise DataError(f"column {column!r} does not hold times ({error})") from error
    return [None if pd.isna(time) else int(time.timestamp()) for time in times]


def _seconds(time: datetime) -> int:
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp())
