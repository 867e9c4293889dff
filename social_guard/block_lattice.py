"""The steps through a block of comments: tokens, the readings of disguised stretches beside them, and who stands by whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from .features import best_readings
from .lexicon import Lexicon
from .key_table import Positions
from .suspects import suspect_chunks
from .text import TOKEN_LENGTH, chunk_readings
from .token_arrays import TokenArrays, owners_of

READINGS_KEPT = 1 << 14

Pairs = tuple[Positions, Positions, Positions]
"""Who owns each pair, the left token and the right one, in the order of the comments."""

Found = tuple[tuple[int, int, int], ...]
"""The readings of one stretch: which word, and from which byte to which."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps in the order of their comments: who owns each, the slots it covers, and the number of its token."""

    owners: Positions
    firsts: Positions
    afters: Positions
    ids: Positions

    @classmethod
    def of_tokens(cls, owners: Positions, ids: Positions) -> Steps:
        """Every token a step over its own slot."""
        slots = np.arange(len(ids))
        return cls(owners, slots, slots + 1, ids)


def reading_steps(arrays: TokenArrays, index: Mapping[str, int], known: Lexicon, cache: dict[bytes, Found]) -> Steps:
    """The known readings of all stretches that look disguised.

    Parameters
    ----------
    arrays : TokenArrays
    index : mapping
        The numbers of the tokens.
    known : mapping
        The words that a reading may stand for, with how common they are.
    cache : dict
        The readings of stretches met before.
    """
    starts, ends = suspect_chunks(arrays.data)
    found = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        chunk = arrays.data[start:end]
        readings = cache.get(chunk)
        if readings is None:
            readings = _kept(chunk, _chunk_readings(chunk, index, known), cache)
        found += [(word, start + first, start + after) for word, first, after in readings]
    ids, firsts, afters = np.array(found, np.int64).reshape(-1, 3).T
    slots = np.searchsorted(arrays.starts + arrays.lengths, firsts, side="right")
    return _real(Steps(owners_of(firsts, arrays.edges), slots, np.searchsorted(arrays.starts, afters), ids))


def _kept(chunk: bytes, readings: Found, cache: dict[bytes, Found]) -> Found:
    if len(chunk) <= 4 * TOKEN_LENGTH:
        if len(cache) >= READINGS_KEPT:
            cache.clear()
        cache[chunk] = readings
    return readings


def _chunk_readings(chunk: bytes, index: Mapping[str, int], known: Lexicon) -> Found:
    text = chunk.decode()
    return tuple(
        (index[word], len(text[: reading.start].encode()), len(text[: reading.end].encode()))
        for reading in best_readings(chunk_readings(text), known)
        for word in reading.word.split()
        if word in known
    )


def _real(steps: Steps) -> Steps:
    kept = steps.firsts < steps.afters
    return Steps(steps.owners[kept], steps.firsts[kept], steps.afters[kept], steps.ids[kept])


def neighbours(plain: Steps) -> Pairs:
    """All pairs of neighbouring tokens of one comment."""
    here = np.flatnonzero(plain.owners[1:] == plain.owners[:-1])
    return plain.owners[here], plain.ids[here], plain.ids[here + 1]


def reading_neighbours(plain: Steps, readings: Steps) -> Pairs:
    """All pairs of neighbouring steps of one comment of which one at least is a reading."""
    owners, ids = np.append(plain.owners, -1), np.append(plain.ids, -1)
    before, after = readings.firsts - 1, readings.afters
    left, right = _meetings(readings)
    owner = np.concatenate([readings.owners, readings.owners, readings.owners[left]])
    other = np.concatenate([owners[before], owners[after], readings.owners[right]])
    lefts = np.concatenate([ids[before], readings.ids, readings.ids[left]])
    rights = np.concatenate([readings.ids, ids[after], readings.ids[right]])
    order = np.argsort(owner, kind="stable")
    order = order[owner[order] == other[order]]
    return owner[order], lefts[order], rights[order]


def _meetings(steps: Steps) -> tuple[Positions, Positions]:
    """Which step ends where which other begins."""
    order = np.argsort(steps.firsts, kind="stable")
    begins = steps.firsts[order]
    low, high = np.searchsorted(begins, steps.afters), np.searchsorted(begins, steps.afters, side="right")
    counts = high - low
    left = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[low[left] + within]
