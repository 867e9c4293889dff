"""Everything that can go wrong, as one tree.

::

    SocialGuardError
    ├── DataError              a file or frame of comments cannot be read, or lacks a column
    ├── LabelError             labels that are not 0, 1 or missing, or too few of them to learn from
    ├── ModelError             a model folder is missing, incomplete, damaged, foreign or too new
    ├── PolicyError            a policy file has a value that is not allowed
    ├── TuningError            thresholds cannot be chosen so that a promise is proven
    ├── OutputError            a result cannot be written; nothing half-written is left behind
    ├── RequestError           a request in the shape of the Perspective API cannot be answered
    ├── SecretKeyError         a secret key is missing, weak, or not the one in use
    ├── LedgerError            the ledger of breaches cannot be opened, read or written
    ├── LogError               the decision log is faulty, or another process writes it
    └── MissingExtraError      an optional library is not installed; the message holds the pip line

Warnings: ``ModelMismatchWarning``, thresholds are used with another model than they were tuned for; ``ClockWarning``, the
clock jumped; ``LogRecoveredWarning``, a line that a crash cut short was taken off the decision log.

Examples
--------
>>> issubclass(PolicyError, SocialGuardError) and issubclass(PolicyError, ValueError)
True
"""

from collections.abc import Iterable
from typing import Any


class SocialGuardError(Exception):
    """Base of all errors that social_guard raises on purpose."""


class DataError(SocialGuardError, ValueError):
    """A file or frame of comments cannot be read, or lacks a column."""


def check_columns(columns: Iterable[Any], *wanted: str | None) -> None:
    """Refuse a table that lacks a column; None stands for one that was not asked for.

    Raises
    ------
    DataError
        With the first column that is missing, and those that are there.

    Examples
    --------
    >>> check_columns(["id", "text"], "text", None)
    >>> check_columns(["id", "text"], "comment")
    Traceback (most recent call last):
        ...
    social_guard.exceptions.DataError: there is no column 'comment'; the columns are id, text
    """
    held = list(columns)
    missing = [name for name in wanted if name is not None and name not in held]
    if missing:
        raise DataError(f"there is no column {missing[0]!r}; the columns are {', '.join(map(str, held))}")


class LabelError(SocialGuardError, ValueError):
    """Labels that are not 0, 1 or missing, or too few of them to learn from."""


class ModelError(SocialGuardError):
    """A model folder is missing, incomplete, damaged, foreign or too new."""


class PolicyError(SocialGuardError, ValueError):
    """A policy file has a value that is not allowed."""


class TuningError(SocialGuardError, ValueError):
    """Thresholds cannot be chosen so that a promise is proven."""


class OutputError(SocialGuardError, OSError):
    """A result cannot be written; nothing half-written is left behind."""


class RequestError(SocialGuardError, ValueError):
    """A request in the shape of the Perspective API cannot be answered.

    Attributes
    ----------
    error : dict
        That API's error object, under the key ``"error"``.
    status_code, reason
        Under the names that Google's client gives them.
    """

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error)
        self.error = error
        self.status_code: int = error["error"]["code"]
        self.reason: str = error["error"]["message"]

    def __str__(self) -> str:
        return self.reason
class SecretKeyError(SocialGuardError, ValueError):
    """A secret key is missing, weak, or not the one in use."""


class LedgerError(SocialGuardError):
    """The ledger of breaches cannot be opened, read or written."""


class LogError(SocialGuardError):
    """The decision log is faulty, or another process writes it."""


class MissingExtraError(SocialGuardError, ImportError):
    """An optional library is not installed; the message holds the pip line."""


class ModelMismatchWarning(UserWarning):
    """Thresholds are used with another model than they were tuned for."""


class ClockWarning(UserWarning):
    """The clock is so far ahead of the last record that nothing is forgotten until a person says that it is right."""


class LogRecoveredWarning(UserWarning):
    """A line that a crash cut short was taken off the decision log."""
