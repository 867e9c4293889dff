"""Which of many 64-bit keys are known, and where they stand: a hash table that is asked for thousands at a time."""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint64]
Positions = NDArray[np.int64]

_ODD = np.uint64(int.from_bytes(os.urandom(8), "little") | 1)  # drawn anew in every process: nobody can aim at a slot

_ALL = (1 << 64) - 1


class KeyTable:
    """Distinct keys and their positions, by open addressing.

    Parameters
    ----------
    keys : (n_keys,) uint64 array
        Distinct, and none of them zero.
    room : int
        At least so many places for each key: more are quicker, and take more memory.

    Examples
    --------
    >>> table = KeyTable(np.array([70, 80, 90], np.uint64))
    >>> table.find(np.array([90, 75, 70], np.uint64)).tolist()
    [2, -1, 0]
    >>> table.find_one(80), table.find_one(75)
    (1, -1)
    """

    def __init__(self, keys: Keys, room: int = 4) -> None:
        bits = (room * len(keys) + room - 1).bit_length()
        self._shift, self._mask = np.uint64(64 - bits), np.int64((1 << bits) - 1)
        self._keys = np.zeros(1 << bits, np.uint64)
        self._positions = np.full(1 << bits, -1, np.int32)
        left, slots = np.arange(len(keys)), self._slots(keys)
        while len(left):
            free = self._positions[slots] < 0
            self._positions[slots[free]] = left[free]  # of several keys for one slot the last one stays
            lost = self._positions[slots] != left
            left, slots = left[lost], (slots[lost] + 1) & self._mask
        taken = self._positions >= 0
        self._keys[taken] = keys[self._positions[taken]]
        self._plain = int(_ODD), int(self._shift), int(self._mask), self._keys.data, self._positions.data

    def find(self, keys: Keys) -> Positions:
        """The position of each key, or -1 where it is not known, shape (n,)."""
        slots = self._slots(keys)
        positions = self._positions.take(slots)
        left = np.flatnonzero((self._keys.take(slots) != keys) & (positions >= 0))  # an empty slot ends the search
        slots = slots[left]
        while len(left):
            slots = (slots + 1) & self._mask
            positions[left] = found = self._positions[slots]
            on = (self._keys[slots] != keys[left]) & (found >= 0)
            left, slots = left[on], slots[on]
        return positions.astype(np.int64)

    def find_one(self, key: int) -> int:
        """As `find`, for one key, without arrays; of a negative key the lowest 64 bits count."""
        odd, shift, mask, keys, positions = self._plain
        key &= _ALL
        slot = (key * odd & _ALL) >> shift
        while (position := positions[slot]) >= 0 and keys[slot] != key:
            slot = slot + 1 & mask
        return position

    def _slots(self, keys: Keys) -> Positions:
        return (keys * _ODD >> self._shift).view(np.int64)
