"""The sums of a few thousand comments at once, in whole-array steps: the same whole numbers as one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .block_lattice import Steps, neighbours, reading_steps
from .features import GRAM_LENGTHS, unit_keys
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

    def totals(self, texts: Sequence[str]) -> Integers:
        """Sums of the values and norms of each comment's units, shape (n_texts, n_heads + 1)."""
        arrays = read_tokens(texts)
        arrays.odd[owners_of(spaced_places(arrays.data), arrays.edges)] = True
        ids, unseen = self._token_ids(arrays.keys, partial(_written, arrays))
        steps = Steps.of_tokens(arrays.owners, ids), reading_steps(arrays, self._index, self._known, self._readings)
        units = np.concatenate([*(step.owners << _BITS | step.ids for step in steps), self._pair_units(*neighbours(*steps))])
        units = units[~arrays.odd[units >> _BITS]]
        odd_units, more_unseen = self._odd_units(texts, np.flatnonzero(arrays.odd).tolist(), len(unseen))
        units = _distinct(np.concatenate([units, odd_units]))
        return self._unit_sums(units, np.concatenate([unseen, more_unseen]), len(texts))

    def _token_ids(self, keys: Keys, written: Callable[[Positions], list[bytes]]) -> tuple[Positions, Integers]:
        """The numbers of tokens, known ones first, and the rows of those that are not known."""
        ids = self._tokens.find(keys)
        missing = np.flatnonzero(ids < 0)
        _, first, which = np.unique(keys[missing], return_index=True, return_inverse=True)
        ids[missing] = len(self._rows) + which
        return ids, self._gram_sums(written(missing[first]))

    def _pair_units(self, owners: Positions, left: Positions, right: Positions) -> Positions:
        known = np.flatnonzero((left < len(self._index)) & (right < len(self._index)))
        pairs = self._pairs.find(_pair_keys(left[known], right[known]))
        hit = np.flatnonzero(pairs >= 0)
        return owners[known[hit]] << _BITS | pairs[hit] + len(self._index)

    def _odd_units(self, texts: Sequence[str], odd: Sequence[int], n_unseen: int) -> tuple[Positions, Integers]:
        """The units of comments whose tokens need care, found one comment after the other."""
        found = [unit_keys(texts[i], self._known) for i in odd]
        names = [token for tokens, _ in found for token in tokens]
        ids, unseen = self._token_ids(_text_keys(names), lambda places: [names[place].encode() for place in places.tolist()])
        ids[ids >= len(self._rows)] += n_unseen
        owners = np.repeat(np.array(odd, np.int64), [len(tokens) for tokens, _ in found])
        pairs = [(i, *pair.split(" ")) for i, (_, pairs) in zip(odd, found, strict=True) for pair in pairs]
        known = [(i, self._index[a], self._index[b]) for i, a, b in pairs if a in self._index and b in self._index]
        return np.concatenate([owners << _BITS | ids, self._pair_units(*np.array(known, np.int64).reshape(-1, 3).T)]), unseen

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


def _written(arrays: TokenArrays, places: Positions) -> list[bytes]:
    """The tokens at some places, in their shapes; marks comments with digits outside ASCII, whose shape `keys` misses."""
    starts, ends = arrays.starts[places], (arrays.starts + arrays.lengths)[places]
    names = [arrays.data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    first = np.frombuffer(arrays.data, np.uint8)[starts]
    for i in np.flatnonzero((first < ord("a")) | (first > ord("z"))).tolist():
        shape = tokens(names[i].decode())[0].encode()
        if shape != names[i] and not names[i].isascii():
            arrays.odd[arrays.owners[arrays.keys == arrays.keys[places[i]]]] = True
        names[i] = shape
    return names


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
