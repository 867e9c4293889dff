"""Everything that can go wrong, as one tree.

::

    SocialGuardError
    ├── DataError              a file or frame of comments cannot be read, or lacks a column
    ├── LabelError             labels that are not 0, 1 or missing, or too few of them to learn from
    ├── ModelError             a model folder is missing, incomplete, damaged, foreign or too new
    ├── PolicyError            a policy file has a value that is not allowed
    ├── TuningError            thresholds cannot be chosen so that a promise is proven
    ├── OutputError            a result cannot be written; nothing half-written is left behind
    └── MissingExtraError      an optional library is not installed; the message holds the pip line

``ModelMismatchWarning`` is the one warning: thresholds are used with another model than they were tuned for.

Examples
--------
>>> issubclass(PolicyError, SocialGuardError) and issubclass(PolicyError, ValueError)
True
"""


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


class TuningError(SocialGuardError, ValueError):
    """Thresholds cannot be chosen so that a promise is proven."""


class OutputError(SocialGuardError, OSError):
    """A result cannot be written; nothing half-written is left behind."""


class MissingExtraError(SocialGuardError, ImportError):
    """An optional library is not installed; the message holds the pip line."""


class ModelMismatchWarning(UserWarning):
    """Thresholds are used with another model than they were tuned for."""
