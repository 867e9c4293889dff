"""The steps through a block of comments: tokens, the readings of disguised stretches beside them, and who stands by whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..words.block_fold import FIRST_MARK
from ..words.groups import as_read
from ..words.key_table import KeyTable, Positions
from ..words.lexicon import Lexicon
from ..words.spellings import WIDTH
from ..words.suspects import suspect_chunks
from ..words.text import TOKEN_LENGTH, chunk_readings
from ..words.token_arrays import TokenArrays, joined_keys, owners_of
from .features import best_readings

READINGS_KEPT = 1 << 14

Pairs = tuple[Positions, Positions, Positions]
"""Who owns each pair, the left token and the right one."""

Found = tuple[tuple[int, int, int], ...]
"""The readings of one stretch: which word, and from which byte to which."""


@dataclass(frozen=True, eq=False)
class Steps:
    """Steps: who owns each, the slots it covers, and the number of its token; -1: nobody."""

    owners: Positions
    firsts: Positions
    afters: Positions
    ids: Positions

    def where(self, kept: NDArray[np.bool_]) -> Steps:
        """Some of the steps."""
        return Steps(self.owners[kept], self.firsts[kept], self.afters[kept], self.ids[kept])


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
    steps = Steps(owners_of(firsts, arrays.edges), slots, np.searchsorted(arrays.starts, afters), ids)
    return steps.where(steps.firsts < steps.afters)


def _kept(chunk: bytes, readings: Found, cache: dict[bytes, Found]) -> Found:
    if len(chunk) <= 4 * TOKEN_LENGTH:
        if len(cache) >= READINGS_KEPT:
            cache.clear()
        cache[chunk] = readings
    return readings


def _chunk_readings(chunk: bytes, index: Mapping[str, int], known: Lexicon) -> Found:
    text = chunk.decode()
    readings = chunk_readings(text)
    if not readings:
        return ()
    return tuple(
        (index[word], len(text[: reading.start].encode()), len(text[: reading.end].encode()))
        for reading in best_readings(readings, known)
        for word in reading.word.split()
        if word in known
    )


def joined_steps(arrays: TokenArrays, piece: NDArray[np.bool_], tokens: KeyTable, known: Lexicon) -> Steps:
    """Words that one sign or space breaks in two.

    Parameters
    ----------
    arrays : TokenArrays
    piece : (n_tokens,) bool array
        Which tokens may be pieces of words.
    tokens : KeyTable
        The keys of known tokens.
    known : Lexicon
    """
    left = np.flatnonzero(piece[1:] | piece[:-1])
    left = left[(arrays.starts[left + 1] - arrays.starts[left] - arrays.lengths[left] == 1) & (arrays.owners[left] == arrays.owners[left + 1])]
    starts, lengths = arrays.starts[[left, left + 1]], _written_lengths(arrays, np.array([left, left + 1]))
    short = lengths.sum(axis=0) < WIDTH
    left, starts, lengths = left[short], starts[:, short], lengths[:, short]
    ids = tokens.find(joined_keys(arrays.data, starts, lengths))
    hit = np.flatnonzero(ids >= 0)
    spans = zip(*(numbers[:, hit].tolist() for numbers in (starts, starts + lengths)), strict=True)
    words = [[arrays.data[start:end].decode() for start, end in zip(*side, strict=True)] for side in spans]
    kept = hit[[bool(known.joined(as_read(first), as_read(second))) for first, second in zip(*words, strict=True)]]
    return Steps(arrays.owners[left[kept]], left[kept], left[kept] + 2, ids[kept])


def _written_lengths(arrays: TokenArrays, tokens: Positions) -> Positions:
    """Lengths without an asterisk at the end that is not part of the token's shape (see `words.text.token_shapes`)."""
    codes, lengths = np.frombuffer(arrays.data, np.uint8), arrays.lengths[tokens]
    ends = arrays.starts[tokens] + lengths
    return lengths - ((codes[ends - 1] == ord("*")) & (codes[ends - 2] != ord("*")) & (lengths > 3))


def merged(parts: Sequence[Steps]) -> Steps:
    """All steps."""
    return Steps(*(np.concatenate(column) for column in zip(*map(_columns, parts), strict=True)))


def _columns(steps: Steps) -> tuple[Positions, Positions, Positions, Positions]:
    return steps.owners, steps.firsts, steps.afters, steps.ids


def token_steps(owners: Positions, ids: Positions, strange: NDArray[np.bool_], readings: Steps) -> Steps:
    """Every token a step over its own slot, but nobody's where a reading stands in its place (see `features.lattice`)."""
    lengths = readings.afters - readings.firsts
    covered = np.repeat(readings.firsts + lengths - np.cumsum(lengths), lengths) + np.arange(lengths.sum())
    owners = owners.copy()
    owners[covered[strange[covered] | np.repeat(lengths > 1, lengths)]] = -1
    slots = np.arange(len(ids))
    return Steps(owners, slots, slots + 1, ids)


def pictures(arrays: TokenArrays) -> NDArray[np.bool_]:
    """Which tokens may stand between neighbours (see `words.text.is_picture`), and nobody behind the last, shape (n_tokens + 1,)."""
    codes = np.frombuffer(arrays.data, np.uint8)
    first, second = codes[arrays.starts], codes[arrays.starts + 1]
    found = (first > 0xE2) & (first < FIRST_MARK) | (first == 0xE2) & (second >= 0x84)
    return np.append(found, False)


def neighbours(plain: Steps, pictures: NDArray[np.bool_]) -> Pairs:
    """All pairs of neighbouring tokens of one comment, those with a picture between them too."""
    near, far = np.arange(len(plain.ids) - 1), np.flatnonzero(pictures[1:-2])
    left, right = np.concatenate([near, far]), np.concatenate([near + 1, far + 2])
    here = (plain.owners[left] == plain.owners[right]) & (plain.owners[left] >= 0)
    return plain.owners[left[here]], plain.ids[left[here]], plain.ids[right[here]]


def reading_neighbours(plain: Steps, readings: Steps, pictures: NDArray[np.bool_]) -> Pairs:
    """All pairs of neighbouring steps of one comment of which one at least is a reading, those across a picture too."""
    owners, ids = np.append(plain.owners, -1), np.append(plain.ids, -1)
    before, after = pictures[readings.firsts - 1], pictures[readings.afters]
    reached = merged([readings, replace(readings.where(before), firsts=readings.firsts[before] - 1)])
    reaching = merged([readings, replace(readings.where(after), afters=readings.afters[after] + 1)])
    left, right = _meetings(reaching, readings)
    owner = np.concatenate([reached.owners, reaching.owners, reaching.owners[left]])
    other = np.concatenate([owners[reached.firsts - 1], owners[reaching.afters], readings.owners[right]])
    lefts = np.concatenate([ids[reached.firsts - 1], reaching.ids, reaching.ids[left]])
    rights = np.concatenate([reached.ids, ids[reaching.afters], readings.ids[right]])
    here = np.flatnonzero(owner == other)
    return owner[here], lefts[here], rights[here]


def _meetings(steps: Steps, others: Steps) -> tuple[Positions, Positions]:
    """Which step ends where which of the others begins."""
    order = np.argsort(others.firsts, kind="stable")
    begins = others.firsts[order]
    low, high = np.searchsorted(begins, steps.afters), np.searchsorted(begins, steps.afters, side="right")
    counts = high - low
    left = np.repeat(np.arange(len(counts)), counts)
    within = np.arange(len(left)) - np.repeat(np.cumsum(counts) - counts, counts)
    return left, order[low[left] + within]
