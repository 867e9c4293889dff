"""Secret keys, and the pseudonyms made with them: one person gets one name, which only the key's owner can make.

A key never enters a database or a log; only its short id does, so that it shows which key a pseudonym was made with.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..exceptions import DataError, SecretKeyError

SHORTEST = 32
"""Bytes; as many as the hash has, see RFC 2104, section 3."""
MOST_BYTES = 10_000
FEWEST_DIFFERENT = 8
"""Different bytes in a key; 32 random bytes or 64 random hexadecimal digits hold more but for one case in a million."""
LONGEST = 500
"""Characters in the id of a comment or an author; PostgreSQL cannot index much longer ones."""
VARIABLE = "SOCIAL_GUARD_KEY"
HOW = 'make one with: python -c "import secrets; print(secrets.token_hex(32))"'


@dataclass(frozen=True)
class Key:
    """A secret that turns names into pseudonyms (HMAC-SHA256).

    Parameters
    ----------
    secret : bytes
        At least 32 random bytes.

    Raises
    ------
    SecretKeyError
        When it is too short, or the same few bytes over and over.

    Examples
    --------
    >>> key = Key(b"an example key, not one to be used")
    >>> key.pseudonym("author", "@sam") == key.pseudonym("author", "@sam"), key
    (True, Key(id='d70741ab'))

    References
    ----------
    Krawczyk H., Bellare M., Canetti R. HMAC: keyed-hashing for message authentication. RFC 2104, 1997.
    """

    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST:
            raise SecretKeyError(f"the key has {len(self.secret)} bytes; it needs at least {SHORTEST}: {HOW}")
        if len(set(self.secret)) < FEWEST_DIFFERENT:
            raise SecretKeyError(f"the key repeats the same {len(set(self.secret))} bytes, so it can be guessed; {HOW}")

    @cached_property
    def id(self) -> str:
        """Names the key without telling it: 8 hexadecimal digits."""
        return self._digest("key id", "")[:8]

    def pseudonym(self, use: str, name: str) -> str:
        """The id of the key, a colon, and 64 hexadecimal digits; different for each ``use`` of the same name."""
        return f"{self.id}:{self._digest(use, name)}"

    def _digest(self, use: str, name: str) -> str:
        return hmac.digest(self.secret, f"{use}\0{name}".encode("utf-8", "surrogatepass"), "sha256").hex()

    def __repr__(self) -> str:
        return f"Key(id={self.id!r})"


def load_key(path: str | Path | None = None, *, variable: str = VARIABLE) -> Key:
    """Read a key from a file, or else from an environment variable; white space around it does not count.

    Raises
    ------
    SecretKeyError
        When there is none, or it is too weak; it says how to make one.

    Examples
    --------
    >>> load_key(variable="NOT_SET")
    Traceback (most recent call last):
        ...
    social_guard.exceptions.SecretKeyError: there is no key: name a file, or set NOT_SET; make one with: python -c "import \
secrets; print(secrets.token_hex(32))"
    """
    if path is None:
        if variable not in os.environ:
            raise SecretKeyError(f"there is no key: name a file, or set {variable}; {HOW}")
        return Key(os.environ[variable].strip().encode())
    try:
        with open(path, "rb") as file:  # a pipe is welcome, e.g. from a program that keeps secrets
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise SecretKeyError(f"{path}: the key cannot be read ({error}); {HOW}") from error
    if len(content) > MOST_BYTES:
        raise SecretKeyError(f"{path}: has more than the {MOST_BYTES:,} bytes that a key may have; {HOW}")
    return Key(content.strip())


def check_id(value: Any, what: str) -> str:
    """The id of a comment or an author as text.

    Not from a float: ids of platforms are so long that two of them would become one.

    Raises
    ------
    DataError
        When it is neither text nor a whole number, or cannot be stored.

    Examples
    --------
    >>> check_id(1784, "comment")
    '1784'
    """
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise DataError(f"{what} is {value!r}: an id is text or a whole number; read its column as text")
    if not 0 < len(value) <= LONGEST or "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
        raise DataError(f"{what} is {value[:40]!r}: an id has 1 to {LONGEST} characters, and none that cannot be stored")
    return value
