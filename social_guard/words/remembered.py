"""A bounded cache that makes what it lacks: as quick as a dict where the same few things are asked for again and again."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K", str, bytes)
V = TypeVar("V")

LONGEST_KEY = 128
"""What belongs to a longer key is made anew each time, which bounds the memory of a cache."""


class Remembered(dict[K, V]):
    """Values by their keys, made when first asked for.

    Threads may share one: what two of them put in for the same key is the same.

    Parameters
    ----------
    make : callable
        The value of a key.
    most : int
        So many values are kept; then all are dropped.

    Examples
    --------
    >>> lengths = Remembered(len, 2)
    >>> [lengths[word] for word in ("one", "three", "seven")], len(lengths)
    ([3, 5, 5], 1)
    """

    def __init__(self, make: Callable[[K], V], most: int) -> None:
        super().__init__()
        self._make: Callable[[K], V] = make
        self._most = most

    def __missing__(self, key: K) -> V:
        value = self._make(key)
        if len(key) <= LONGEST_KEY:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value
