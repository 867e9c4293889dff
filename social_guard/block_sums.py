"""The sums of a few thousand comments at once, in whole-array steps: the same whole numbers as one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .block_lattice import Steps, neighbours, reading_steps
from .features import GRAM_LENGTHS
from .key_table import Keys, KeyTable, Positions
from .suspects import spaced_places
from .text import tokens
from .token_arrays import TokenArrays, join_texts, owners_of, read_tokens, stretch_keys

Integers = NDArray[np.int64]

_BITS = np.int64(32)
_GRAM_BLOCK = 4096


@dataclass(frozen=True, eq=False)
class Rows:
    """Entries of a vocabulary, and the values and norm of each, shape (n_keys, n_heads + 1)."""

    keys: Sequence[str]
    values: Integers


class BlockSums:
    """Adds up the rows of the units of many comments.

    Nothing in it changes but a bounded cache of readings, whose entries are the same whoever makes them: threads may
    share it.

    Parameters
    ----------
    words : Rows
        Known tokens and pairs, with what they weigh beside the n-grams of tokens.
    grams : Rows
        Character n-grams of tokens.
    known : mapping
        The words that a reading may stand for, with how common they are.
    """

    def __init__(self, words: Rows, grams: Rows, known: Mapping[str, float]) -> None:
        self._known = known
        self._readings: dict[bytes, tuple[tuple[int, int, int], ...]] = {}
        self._grams, self._gram_values = KeyTable(_text_keys(grams.keys)), grams.values
        names = list(dict.fromkeys(token for key in words.keys for token in key.split(" ")))
        self._index = {name: position for position, name in enumerate(names)}
        self._tokens = KeyTable(_text_keys(names))
        sides = [[self._index[token] for token in key.split(" ")] for key in words.keys]
        paired = np.array([len(side) == 2 for side in sides], np.bool_)
        self._pairs = KeyTable(_pair_keys(*np.array([side for side in sides if len(side) == 2], np.int64).reshape(-1, 2).T))
        self._rows = np.concatenate([self._gram_sums([name.encode() for name in names]), words.values[paired]])
        self._rows[[side[0] for side in sides if len(side) == 1]] += words.values[~paired]

    def totals(self, texts: Sequence[str]) -> tuple[Integers, Positions]:
        """Sums of the values and norms of each comment's units, and the comments that must be added up alone.

        Returns
        -------
        (n_texts, n_heads + 1) int array, (n_odd,) int array
        """
        arrays = read_tokens(texts)
        arrays.odd[owners_of(spaced_places(arrays.data), arrays.edges)] = True
        plain, unseen = self._plain_steps(arrays)
        readings = reading_steps(arrays, self._index, self._known, self._readings)
        owners, left, right = neighbours(plain, readings)
        known = np.flatnonzero((left < len(self._index)) & (right < len(self._index)))
        pairs = self._pairs.find(_pair_keys(left[known], right[known]))
        hit = np.flatnonzero(pairs >= 0)
        units = np.concatenate([
            plain.owners << _BITS | plain.ids,
            readings.owners << _BITS | readings.ids,
            owners[known[hit]] << _BITS | pairs[hit] + len(self._index),
        ])
        return self._unit_sums(_distinct(units), unseen, len(texts)), np.flatnonzero(arrays.odd)

    def _plain_steps(self, arrays: TokenArrays) -> tuple[Steps, Integers]:
        """The tokens as they stand, and the rows of those that are not known."""
        ids = self._tokens.find(arrays.keys)
        missing = np.flatnonzero(ids < 0)
        _, first, which = np.unique(arrays.keys[missing], return_index=True, return_inverse=True)
        ids[missing] = len(self._rows) + which
        shapes = []
        for place in missing[first].tolist():
            start = arrays.starts[place]
            written = arrays.data[start : start + arrays.lengths[place]]
            shape = tokens(written.decode())[0].encode()
            if shape != written and not written.isascii():
                arrays.odd[arrays.owners[arrays.keys == arrays.keys[place]]] = True
            shapes.append(shape)
        slots = np.arange(len(ids))
        return Steps(arrays.owners, slots, slots + 1, ids), self._gram_sums(shapes)

    def _unit_sums(self, units: Positions, unseen: Integers, n_texts: int) -> Integers:
        owners, ids = units >> _BITS, units & ((1 << _BITS) - 1)
        rows = self._rows.take(ids, axis=0, mode="clip")
        late = np.flatnonzero(ids >= len(self._rows))
        rows[late] = unseen[ids[late] - len(self._rows)]
        return _sums(rows, owners, n_texts)

    def _gram_sums(self, names: Sequence[bytes]) -> Integers:
        """Sums of the rows of the distinct character n-grams of each token, shape (n_names, n_heads + 1)."""
        sums = np.zeros((len(names), self._gram_values.shape[1]), np.int64)
        for start in range(0, len(names), _GRAM_BLOCK):
            block = names[start : start + _GRAM_BLOCK]
            units = _distinct(np.concatenate([owners << _BITS | ids for owners, ids in self._gram_ids(block)]))
            rows = self._gram_values[units & ((1 << _BITS) - 1)]
            sums[start : start + len(block)] = _sums(rows, units >> _BITS, len(block))
        return sums

    def _gram_ids(self, names: Sequence[bytes]) -> list[tuple[Positions, Positions]]:
        """For each length of an n-gram: which token holds which known one."""
        data, edges = join_texts([b" %b " % name for name in names])
        chars = np.flatnonzero(np.frombuffer(data, np.int8) >= -64)  # first bytes of characters, and the edges
        owners = owners_of(chars, edges)
        owners[np.frombuffer(data, np.uint8)[chars] == 0xFF] = -1
        found = []
        for length in range(GRAM_LENGTHS[0], GRAM_LENGTHS[1] + 1):
            inside = np.flatnonzero((owners[: -length] >= 0) & (owners[: -length] == owners[length - 1 : -1]))
            starts = chars[inside]
            ids = self._grams.find(stretch_keys(data, starts, chars[inside + length] - starts))
            hit = np.flatnonzero(ids >= 0)
            found.append((owners[inside[hit]], ids[hit]))
        return found


def _distinct(units: Positions) -> Positions:
    """Each unit once, in order."""
    units = np.sort(units)
    return units[np.concatenate([[True], units[1:] != units[:-1]])] if len(units) else units


def _sums(rows: Integers, owners: Positions, n_owners: int) -> Integers:
    """Sums of the rows of each owner; rows stand in the order of their owners."""
    sums = np.zeros((n_owners, rows.shape[1]), np.int64)
    if len(rows):
        firsts = np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]]))
        sums[owners[firsts]] = np.add.reduceat(rows, firsts, axis=0)
    return sums


def _text_keys(texts: Sequence[str]) -> Keys:
    data, edges = join_texts([text.encode() for text in texts])
    return stretch_keys(data, edges[:-1] + 1, np.diff(edges) - 1)


def _pair_keys(left: Positions, right: Positions) -> Keys:
    return ((left << _BITS | right) + 1).view(np.uint64)
