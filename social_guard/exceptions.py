"""Everything that can go wrong, as one tree.

::

    SocialGuardError
    ├── DataError              a file or frame of comments cannot be read, or lacks a column
    ├── LabelError             labels that are not 0, 1 or missing, or too few of them to learn from
    ├── ModelError             a model folder is missing, incomplete, damaged, foreign or too new
    ├── PolicyError            a policy file has a value that is not allowed
    ├── OutputError            a result cannot be written; nothing half-written is left behind
    ├── RequestError           a request in the shape of the Perspective API cannot be answered
    └── MissingExtraError      an optional library is not installed; the message holds the pip line

``ModelMismatchWarning`` is the one warning: thresholds are used with another model than they were tuned for.

Examples
--------
>>> issubclass(PolicyError, SocialGuardError) and issubclass(PolicyError, ValueError)
True
"""

from typing import Any


class SocialGuardError(Exception):
    """Base of all errors that social_guard raises on purpose."""


class DataError(SocialGuardError, ValueError):
    """A file or frame of comments cannot be read, or lacks a column."""


class LabelError(SocialGuardError, ValueError):
    """Labels that are not 0, 1 or missing, or too few of them to learn from."""


class ModelError(SocialGuardError):
    """A model folder is missing, incomplete, damaged, foreign or too new."""


class PolicyError(SocialGuardError, ValueError):
    """A policy file has a value that is not allowed."""


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


class MissingExtraError(SocialGuardError, ImportError):
    """An optional library is not installed; the message holds the pip line."""


class ModelMismatchWarning(UserWarning):
    """Thresholds are used with another model than they were tuned for."""
