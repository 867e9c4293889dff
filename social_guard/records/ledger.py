"""Where breaches are kept: two tables in SQLite or PostgreSQL, one writer at a time.

Every transaction locks the one row of ``history_state`` first. So writers queue, nobody deadlocks, and what a writer has
looked up stays true until it commits; a process that is killed leaves its last transaction undone, and the queue free.

SQLAlchemy is imported with this room, so others import this room late.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..exceptions import LedgerError, MissingExtraError

FORMAT = 1
"""Of the tables; rises when a release writes tables that earlier releases would misread."""
WAIT_SECONDS = 60
MOST_VALUES = 10_000
"""In one statement; SQLite allows 32,766, PostgreSQL 65,535."""
LATEST = 1 << 40
"""Seconds, far from any date: times are added to."""
OPENING = 7_308_324_466
"""Any number: the name of the lock under which PostgreSQL's tables are made."""

_tables = sa.MetaData()
STATE = sa.Table(
    "history_state",
    _tables,
    sa.Column("format", sa.Integer, primary_key=True),
    sa.Column("time", sa.BigInteger),
    sa.Column("keys", sa.Text, nullable=False),
)
BREACHES = sa.Table(
    "history_breaches",
    _tables,
    sa.Column("comment", sa.Text, primary_key=True),
    sa.Column("author", sa.Text, index=True),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("categories", sa.Text, nullable=False),
)


Row = tuple[str, str | None, int, str, str]
"""Comment, author (none once it was taken back), seconds UTC, action, categories joined by ";"."""


@dataclass(frozen=True)
class State:
    """What a ledger knows of itself: the newest time that it trusts, and the ids of its keys, oldest first."""

    time: int | None
    keys: tuple[str, ...]


class Ledger:
    """A database of breaches.

    Parameters
    ----------
    place : str or path
        The file of an SQLite database, or a URL such as ``postgresql://user@host/database``.

    Raises
    ------
    LedgerError
        When it cannot be opened, or a newer release made it.
    MissingExtraError
        When the library for PostgreSQL is not installed.
    """

    def __init__(self, place: str | Path) -> None:
        url = sa.make_url(str(place)) if "://" in str(place) else sa.URL.create("sqlite", database=str(place))
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        self.place = url.render_as_string(hide_password=True)
        self._engine = _engine(url, self.place)
        with self._reported():
            self._create()

    def _create(self) -> None:
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(OPENING)))
            _tables.create_all(connection)
            found = connection.execute(sa.select(STATE.c.format)).scalar()
            if found is None:
                connection.execute(sa.insert(STATE).values(format=FORMAT, keys=""))
            elif not isinstance(found, int):
                raise LedgerError(f"{self.place}: has no number for its format, so it is not a ledger of social_guard")
            elif found > FORMAT:
                raise LedgerError(f"{self.place}: has format {found}, this release reads up to {FORMAT}; upgrade social_guard")

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """All or nothing, and alone."""
        with self._reported(), self._engine.begin() as connection:
            yield Transaction(connection, self.place)

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except (sa.exc.SQLAlchemyError, UnicodeDecodeError) as error:  # bytes that a disk has changed may be no text
            raise LedgerError(f"{self.place}: {getattr(error, 'orig', None) or error}; nothing of this step was kept") from error

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _engine(url: sa.URL, place: str) -> sa.Engine:
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise LedgerError(f"{place}: only SQLite and PostgreSQL are tested; give a file or postgresql://…")
    options: dict[str, Any] = {"connect_args": {"timeout": WAIT_SECONDS}}
    if url.get_backend_name() == "postgresql":
        options = {"isolation_level": "READ COMMITTED"}  # a queued writer must see what the one before it wrote
    try:
        engine = sa.create_engine(url, hide_parameters=True, **options)
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"{place}: PostgreSQL needs {error.name}: pip install social_guard[postgresql]") from error
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
        sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # the driver would begin too late, and read before it locks
    connection.execute("PRAGMA trusted_schema = OFF")  # a trigger or view that somebody put there calls nothing of note
    connection.execute("PRAGMA secure_delete = ON")  # what is forgotten is overwritten in the file too


def _begin_sqlite(connection: sa.Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


class Transaction:
    """What can be done to a ledger; the state is read, and locked, first."""

    def __init__(self, connection: sa.Connection, place: str) -> None:
        self._connection, self._place = connection, place
        row = connection.execute(sa.select(STATE).with_for_update()).one()
        self._check(isinstance(row.keys, str) and (row.time is None or (isinstance(row.time, int) and 0 <= row.time < LATEST)))
        self.state = State(row.time, tuple(row.keys.split()))

    def _check(self, sound: bool) -> None:
        """SQLite keeps anything in any column, so whatever is computed with is looked at first."""
        if not sound:
            raise LedgerError(f"{self._place}: holds what no ledger of social_guard does; was it altered? nothing of this step was kept")

    def set_state(self, state: State) -> None:
        """Replace what the ledger knows of itself."""
        self.state = state
        self._connection.execute(sa.update(STATE).values(time=state.time, keys=" ".join(state.keys)))

    def known(self, comments: Iterable[str]) -> set[str]:
        """Those of the comments that have a row, taken back or not."""
        return self._among(BREACHES.c.comment, comments)

    def authors(self, pseudonyms: Iterable[str]) -> set[str]:
        """Those of the authors that have a row."""
        return self._among(BREACHES.c.author, pseudonyms)

    def _among(self, column: sa.Column[Any], values: Iterable[str]) -> set[str]:
        queries = (sa.select(column).where(column.in_(part)) for part in _parts(values))
        return {value for query in queries for value in self._connection.execute(query).scalars()}

    def insert(self, rows: Sequence[Row]) -> None:
        """Add rows of comments that are not `known`."""
        if rows:
            names = BREACHES.columns.keys()
            self._connection.execute(sa.insert(BREACHES), [dict(zip(names, row, strict=True)) for row in rows])

    def take_back(self, comments: Iterable[str]) -> int:
        """Keep of a breach only that its comment must not count again; returns how many counted until now."""
        changed = 0
        for part in _parts(comments):
            counting = BREACHES.c.comment.in_(part), BREACHES.c.author.is_not(None)
            update = sa.update(BREACHES).where(*counting).values(author=None, action="", categories="")
            changed += self._connection.execute(update).rowcount
        return changed

    def counts(self, pseudonyms: Iterable[str], since: int) -> list[tuple[str, str, str, int]]:
        """Author, action, categories and how many breaches later than ``since``."""
        columns = (BREACHES.c.author, BREACHES.c.action, BREACHES.c.categories)
        rows: list[tuple[str, str, str, int]] = []
        for part in _parts(pseudonyms):
            query = sa.select(*columns, sa.func.count()).where(BREACHES.c.author.in_(part), BREACHES.c.at > since)
            rows += [tuple(row) for row in self._connection.execute(query.group_by(*columns))]
        self._check(all(isinstance(value, str) for row in rows for value in row[:3]))
        return rows

    def rename(self, pseudonyms: Mapping[str, str]) -> int:
        """Put the breaches of one pseudonym under another; returns how many."""
        changed = 0
        for old, new in pseudonyms.items():
            update = sa.update(BREACHES).where(BREACHES.c.author == old).values(author=new)
            changed += self._connection.execute(update).rowcount
        return changed

    def redate(self, latest: int, to: int) -> None:
        """Bring rows that a clock in the future has dated later than ``latest`` back to ``to``."""
        self._connection.execute(sa.update(BREACHES).where(BREACHES.c.at > latest).values(at=to))

    def delete_until(self, time: int) -> int:
        """Delete rows, whatever they hold, of this time or earlier; returns how many."""
        return self._connection.execute(sa.delete(BREACHES).where(BREACHES.c.at <= time)).rowcount

    def delete_other_keys(self, key: str) -> int:
        """Delete rows whose author stands under another key; returns how many."""
        return self._connection.execute(sa.delete(BREACHES).where(BREACHES.c.author.not_like(f"{key}:%"))).rowcount


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    """In one order, whoever asks, and no more than a statement may hold."""
    ordered = sorted(set(values))
    return (ordered[start : start + MOST_VALUES] for start in range(0, len(ordered), MOST_VALUES))
