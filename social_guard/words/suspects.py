"""Where in a block of comments a disguise may stand: `words.text.find_readings` need look nowhere else.

Every test here lets through at least what the pattern in `text` finds, so that nothing is missed; what is let through
is looked at by `find_readings` itself.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .block_fold import FIRST_MARK
from .key_table import Positions

Flags = NDArray[np.uint8]

LETTER, DIGIT, APOSTROPHE, STAR, SIGN, JOIN, SPACER, ALONE = (1 << bit for bit in range(8))
_MEMBERS = {
    LETTER: b"abcdefghijklmnopqrstuvwxyz",
    DIGIT: b"0123456789",
    APOSTROPHE: b"'",
    STAR: b"*",
    SIGN: b"@$!|+0123456789",
    JOIN: b".-_~^*/\\",
    SPACER: b" .-_*,/\\~^",
    ALONE: b"abcdefghijklmnopqrstuvwxyz0123456789@$!",
}
_FLAGS = bytes(sum(flag for flag, members in _MEMBERS.items() if byte in members) for byte in range(256))
_GAPS = bytes(byte in b'\t\n\v\f\r\x1c\x1d\x1e\x1f "(),;:?<>[]{}&=#%' or byte >= FIRST_MARK for byte in range(256))
_WORD = LETTER | DIGIT | APOSTROPHE


def suspect_chunks(data: bytes) -> tuple[Positions, Positions]:
    """The stretches between gaps that may hold a disguise, as starts and ends in the data of a block.

    Examples
    --------
    >>> data = b"\\xff" * 9 + b"you 1diot there" + b"\\xff" * 9
    >>> [data[start:end] for start, end in zip(*suspect_chunks(data), strict=True)]
    [b'1diot']
    """
    codes, flags = np.frombuffer(data, np.uint8), np.frombuffer(data.translate(_FLAGS), np.uint8)
    found = _foreign(codes), _stretched(codes, flags), _signed(codes, flags), _masked(flags), _joined(codes, flags)
    places = np.concatenate(found)
    if not len(places):
        return places, places
    gaps = np.flatnonzero(np.frombuffer(data.translate(_GAPS), np.bool_))
    after = np.unique(np.searchsorted(gaps, places))
    return gaps[after - 1] + 1, gaps[after]


def spaced_places(data: bytes) -> Positions:
    """Where three characters or more stand with the same number of spacers between them, as in ``f o o l``."""
    flags = np.frombuffer(data.translate(_FLAGS), np.uint8)
    alone = (flags[1:-1] & ALONE != 0) & (flags[2:] & SPACER != 0) & (flags[:-2] & (_WORD | STAR) == 0)
    places = np.flatnonzero(alone) + 1
    near = flags[places[:, None] + np.arange(10)]
    spacer, single, word = near & SPACER != 0, near & ALONE != 0, near & _WORD != 0
    found = np.zeros(len(places), np.bool_)
    for width in (1, 2, 3):
        gaps = spacer[:, 1 : width + 1].all(axis=1) & spacer[:, width + 2 : 2 * width + 2].all(axis=1)
        found |= gaps & single[:, width + 1] & single[:, 2 * width + 2] & ~word[:, 2 * width + 3]
    return places[found]


def _foreign(codes: Flags) -> Positions:
    """First bytes of characters outside ASCII, but not those of the placeholders ``‹`` and ``›``."""
    places = np.flatnonzero(codes - np.uint8(0xC2) < 0x33)
    quote = (codes[places] == 0xE2) & (codes[places + 1] == 0x80) & (codes[places + 2] - np.uint8(0xB9) < 2)
    return places[~quote]


def _stretched(codes: Flags, flags: Flags) -> Positions:
    same = codes[1:] == codes[:-1]
    return np.flatnonzero(same[1:] & same[:-1] & (flags[2:] & LETTER != 0))


def _masked(flags: Flags) -> Positions:
    """Asterisks behind a letter that do not end the word."""
    stars = np.flatnonzero(flags & STAR != 0)
    return stars[(flags[stars - 1] & LETTER != 0) & (flags[stars + 1] & (LETTER | STAR) != 0)]


def _signed(codes: Flags, flags: Flags) -> Positions:
    """Digits and signs inside a word, at its start or at its end."""
    signs = np.flatnonzero(flags & SIGN != 0)
    before, after = flags[signs - 1], flags[signs + 1]
    near = np.flatnonzero((before | after) & LETTER != 0)
    places, before, after = signs[near], before[near], after[near]
    left, right = before & LETTER != 0, after & LETTER != 0
    edge = right | (left & ((flags[places] & DIGIT != 0) | (codes[places] == ord("@")) | (codes[places] == ord("$"))))
    # of a run of signs, one end stands behind a letter and the next of the list before one
    run = left[:-1] & right[1:] & (near[1:] - near[:-1] == places[1:] - places[:-1])
    return np.concatenate([places[edge], places[:-1][run]])


def _joined(codes: Flags, flags: Flags) -> Positions:
    """A letter on its own before or behind a joint, as in ``f.ool`` and ``foo.l``."""
    places = np.flatnonzero((flags[:-1] & JOIN != 0) & (codes[1:] > ord(" ")))
    places = places[flags[places - 1] & LETTER != 0]
    before = flags[places - 2] & _WORD == 0
    behind = (flags[places - 2] & flags[places + 1] & LETTER != 0) & (flags[places + 2] & _WORD == 0)
    return places[before | behind]
