"""The sums of a few thousand comments at once, in whole-array steps: the same whole numbers as one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain, repeat

import numpy as np
from numpy.typing import NDArray

from ..arrays import Integers
from ..words.block_fold import EDGE, FIRST_MARK, MARGIN, MARK_CODES
from ..words.groups import GROUP, NAMES
from ..words.key_table import Keys, KeyTable, Positions
from ..words.lexicon import Lexicon
from ..words.suspects import spaced_places
from ..words.text import TOKEN_LENGTH, token_shapes
from ..words.token_arrays import TokenArrays, join_texts, owners_of, read_tokens, stretch_keys, text_keys, token_keys
from .block_lattice import joined_steps, merged, neighbours, pictures, reading_neighbours, reading_steps, token_steps
from .features import GRAM_LENGTHS, unit_keys

Kinds = NDArray[np.int8]

PIECE, STRANGE = 1, 2
"""Kinds of tokens: those that may be pieces of words, and those that are not known, which may be pieces too."""
_BITS = np.int64(32)
_LOW = (np.int64(1) << _BITS) - 1
_GRAM_BLOCK = 2048
UNKNOWN_KEPT = 1 << 15
"""Tokens without a row of their own that are remembered from one block to the next."""

_MARKS = dict(zip(token_keys(MARK_CODES).tolist(), map(str.encode, MARK_CODES), strict=True))
"""The marks by their keys."""

Written = tuple[Sequence[bytes], Iterable[bool]]
"""Tokens, and whether each may be remembered by its key."""
_GRAM_LENGTHS = np.arange(GRAM_LENGTHS[0], GRAM_LENGTHS[1] + 1)


@dataclass(frozen=True, eq=False)
class Rows:
    """Entries of a vocabulary, and the values and norm of each, shape (n_keys, n_heads + 1)."""

    keys: Sequence[str]
    values: Integers


class BlockSums:
    """Adds up the rows of the units of many comments.

    Nothing in it changes but bounded caches of readings and of rows, whose entries are the same whoever makes them: threads
    may share it.

    Parameters
    ----------
    words : Rows
        Known tokens and pairs, with what they weigh beside the n-grams of tokens.
    grams : Rows
        Character n-grams of tokens.
    known : Lexicon
        The words that what is written may be meant to be.
    """

    def __init__(self, words: Rows, grams: Rows, known: Lexicon) -> None:
        self._known = known
        self._unknown: dict[int, int | bytes] = {}
        self._readings: dict[bytes, tuple[tuple[int, int, int], ...]] = {}
        self._grams, self._gram_values = KeyTable(text_keys(list(map(str.encode, grams.keys)))), _columns(_packed(grams.values))
        held = chain.from_iterable(key.split(" ") for key in words.keys)
        names = list(dict.fromkeys(chain(held, [GROUP], NAMES)))
        self._index = {name: position for position, name in enumerate(names)}
        encoded = list(map(str.encode, names))
        self._tokens = KeyTable(token_keys(names))
        self._kinds = np.array([PIECE * (name in known.pieces) or STRANGE * (name not in known) for name in [*names, ""]], np.int8)
        strange = np.flatnonzero(self._kinds[:-1] == STRANGE)
        self._meant = np.append(np.arange(len(names)), -1)
        meant = self._meanings([encoded[i] for i in strange.tolist()])
        self._meant[strange] = np.where(meant < 0, strange, meant)
        groups = [self._index[name] for name in NAMES]
        self._meant[groups], self._kinds[groups] = self._index[GROUP], self._kinds[self._index[GROUP]]
        sides = [[self._index[token] for token in key.split(" ")] for key in words.keys]
        paired = np.array([len(side) == 2 for side in sides], np.bool_)
        self._pairs = KeyTable(_pair_keys(*np.array([side for side in sides if len(side) == 2], np.int64).reshape(-1, 2).T))
        rows = np.concatenate([self._gram_sums(encoded), _packed(words.values[paired])])
        rows[[side[0] for side in sides if len(side) == 1]] += _packed(words.values[~paired])
        self._columns, self._n_known = _columns(rows), len(rows)
        self._width = words.values.shape[1]
        self._most_units = _most_units(words.values[:, :-1], grams.values[:, :-1])

    def totals(self, texts: Sequence[str]) -> Integers:
        """Sums of the values and norms of each comment's units, shape (n_texts, n_heads + 1)."""
        arrays = read_tokens(texts)
        arrays.odd[owners_of(spaced_places(arrays.data), arrays.edges)] = True
        ids, unseen, kinds = self._token_ids(arrays.keys, partial(_written, arrays))
        joined = joined_steps(arrays, kinds > 0, self._tokens, self._known)
        joined = replace(joined, ids=self._meant[joined.ids])
        readings = merged([reading_steps(arrays, self._index, self._known, self._readings), joined])
        plain = token_steps(arrays.owners, ids, kinds == STRANGE, readings)
        odd = np.flatnonzero(arrays.odd).tolist()
        odd_units, more_unseen = self._odd_units(texts, odd, len(unseen))
        kept = plain.owners >= 0
        usual = [plain.owners[kept] << _BITS | plain.ids[kept], readings.owners << _BITS | readings.ids]
        between = pictures(arrays)
        usual += [self._pair_units(*neighbours(plain, between)), self._pair_units(*reading_neighbours(plain, readings, between))]
        parts = [*([units[~arrays.odd[units >> _BITS]] for units in usual] if odd else usual), *odd_units]
        return self._unit_sums(parts, np.concatenate([unseen, more_unseen]), len(texts))

    def _token_ids(self, keys: Keys, written: Callable[[Positions], Written]) -> tuple[Positions, Integers, Kinds]:
        """The numbers of what tokens are meant to be, known words first; the rows of those that stay unknown; their kinds."""
        found = self._tokens.find(keys)
        ids, kinds = self._meant[found], self._kinds[found]
        missing = np.flatnonzero(found < 0)
        unknown, first, which = np.unique(keys[missing], return_index=True, return_inverse=True)
        meant, rows = self._learn(unknown.tolist(), lambda new: written(missing[first[new]]))
        unseen = np.flatnonzero(meant < 0)
        meant[unseen] = self._n_known + np.arange(len(unseen))
        ids[missing] = meant[which]
        return ids, rows, kinds

    def _learn(self, keys: list[int], written: Callable[[list[int]], Written]) -> tuple[Positions, Integers]:
        """The numbers of the words that unknown tokens are meant to be, or -1; and the rows of the latter."""
        held = list(map(self._unknown.get, keys))
        new = [i for i, known in enumerate(held) if known is None]
        names, kept = written(new)
        meant = self._meanings(names).tolist()
        rows = iter(self._gram_sums([name for name, word in zip(names, meant, strict=True) if word < 0]))
        for i, word, keep in zip(new, meant, kept, strict=False):
            held[i] = found = word if word >= 0 else next(rows).tobytes()
            if keep:
                self._unknown[keys[i]] = found
        if len(self._unknown) > UNKNOWN_KEPT:
            self._unknown.clear()
        words = np.fromiter((found if isinstance(found, int) else -1 for found in held), np.int64, len(held))
        sums = b"".join([found for found in held if isinstance(found, bytes)])
        return words, np.frombuffer(sums, np.int64).reshape(-1, len(self._columns))

    def _meanings(self, names: Sequence[bytes]) -> Positions:
        """The numbers of the words that unknown ones are meant to be, or -1, shape (n_names,)."""
        meant = self._known.meanings(list(map(bytes.decode, names)))
        return np.array([self._index.get(word, -1) for word in meant], np.int64)

    def _pair_units(self, owners: Positions, left: Positions, right: Positions) -> Positions:
        pairs = self._pairs.find(_pair_keys(left, right))  # numbers of unknown tokens are greater than any in the table
        hit = np.flatnonzero(pairs >= 0)
        return owners[hit] << _BITS | pairs[hit] + len(self._index)

    def _odd_units(self, texts: Sequence[str], odd: Sequence[int], n_unseen: int) -> tuple[list[Positions], Integers]:
        """The units of comments whose tokens need care, found one comment after the other."""
        found = [unit_keys(texts[i], self._known) for i in odd]
        names = [token for held, _ in found for token in held]
        ids, unseen, _ = self._token_ids(token_keys(names), lambda places: ([names[i].encode() for i in places.tolist()], repeat(True)))
        ids[ids >= self._n_known] += n_unseen
        owners = np.repeat(np.array(odd, np.int64), [len(held) for held, _ in found])
        pairs = [(i, *pair.split(" ")) for i, (_, pairs) in zip(odd, found, strict=True) for pair in pairs]
        known = [(i, self._index[a], self._index[b]) for i, a, b in pairs if a in self._index and b in self._index]
        return [owners << _BITS | ids, self._pair_units(*np.array(known, np.int64).reshape(-1, 3).T)], unseen

    def _unit_sums(self, parts: Sequence[Positions], unseen: Integers, n_texts: int) -> Integers:
        """Sums over the distinct units of each comment."""
        units = _distinct(np.concatenate(parts))
        owners, columns = units >> _BITS, self._unit_columns(units & _LOW, unseen.T)
        if np.bincount(owners, minlength=1).max() > self._most_units:
            return _sums(_unpacked(columns.T, self._width).T, owners, n_texts)
        return _unpacked(_sums(columns, owners, n_texts), self._width)

    def _unit_columns(self, ids: Positions, unseen: Integers) -> Integers:
        columns = self._columns.take(ids, axis=1, mode="clip")
        late = np.flatnonzero(ids >= self._n_known)
        columns[:, late] = unseen[:, ids[late] - self._n_known]
        return columns

    def _gram_sums(self, names: Sequence[bytes]) -> Integers:
        """Packed sums of the rows of the distinct character n-grams of each token."""
        sums = np.zeros((len(names), len(self._gram_values)), np.int64)
        for start in range(0, len(names), _GRAM_BLOCK):
            block = names[start : start + _GRAM_BLOCK]
            units = _distinct(self._gram_units(block))
            sums[start : start + len(block)] = _sums(self._gram_values.take(units & _LOW, axis=1), units >> _BITS, len(block))
        return sums

    def _gram_units(self, names: Sequence[bytes]) -> Positions:
        """Which token holds which known n-gram."""
        data, _ = join_texts([b" %b " % name for name in names])
        codes = np.frombuffer(data, np.uint8)
        chars = np.flatnonzero(codes - np.uint8(0x80) >= 0x40)  # first bytes, and the edges
        edges = np.flatnonzero(codes[chars] == EDGE[0])
        behind = np.repeat(np.arange(len(edges)), np.diff(edges, prepend=-1))
        left = edges[behind] - np.arange(len(chars))
        places, lengths = np.nonzero(left[:, None] >= _GRAM_LENGTHS)
        starts, ends = chars[places], chars[places + _GRAM_LENGTHS[lengths]]
        ids = self._grams.find(stretch_keys(data, starts, ends - starts))
        hit = np.flatnonzero(ids >= 0)
        return behind[places[hit]] - len(MARGIN) - 1 << _BITS | ids[hit]


def _written(arrays: TokenArrays, places: Positions) -> Written:
    """The tokens at some places, in their shapes; marks comments with digits outside ASCII, whose shape `keys` misses."""
    kept = [True] * len(places)
    starts, ends = arrays.starts[places], (arrays.starts + arrays.lengths)[places]
    names = [arrays.data[start:end] for start, end in zip(starts.tolist(), ends.tolist(), strict=True)]
    for i in (i for i, name in enumerate(names) if not name.isalpha()):
        if names[i][0] >= FIRST_MARK:
            names[i] = _MARKS[int(arrays.keys[places[i]])]
            continue
        shape = token_shapes(names[i].decode())[0].encode()
        if shape != names[i] and not names[i].isascii():
            arrays.odd[arrays.owners[arrays.keys == arrays.keys[places[i]]]] = True
            kept[i] = False
        names[i] = shape
    return names, kept


def _distinct(units: Positions) -> Positions:
    """The different units in the order of their owners; numpy sorts whole numbers quicker than a hash table finds equal ones."""
    ordered = np.sort(units)
    return ordered.compress(np.diff(ordered, prepend=-1) != 0)


def _sums(columns: Integers, owners: Positions, n_owners: int) -> Integers:
    """Sums of the rows of each owner, shape (n_owners, n_columns); rows stand in the order of their owners, given by columns."""
    sums = np.zeros((n_owners, len(columns)), np.int64)
    if len(owners):
        firsts = np.flatnonzero(np.concatenate([[True], owners[1:] != owners[:-1]]))
        sums[owners[firsts]] = np.add.reduceat(columns, firsts, axis=1).T
    return sums


def _columns(rows: Integers) -> Integers:
    """The same with each column in one piece, of which many rows are quicker to add up."""
    return np.ascontiguousarray(rows.T)


def _pair_keys(left: Positions, right: Positions) -> Keys:
    return ((left << _BITS | right) + 1).view(np.uint64)


def _most_units(words: Integers, grams: Integers) -> int:
    """So many units can be added up before a packed sum may overflow."""
    most_grams = int((TOKEN_LENGTH + 3 - _GRAM_LENGTHS).sum())
    return int((1 << 31) // (1 + np.abs(words).max(initial=0) + most_grams * np.abs(grams).max(initial=0)))


def _packed(values: Integers) -> Integers:
    """Two columns of values in one whole number, and the norm in one of its own."""
    heads = np.pad(values[:, :-1], ((0, 0), (0, values.shape[1] % 2 == 0)))
    return np.column_stack([heads[:, ::2] + (heads[:, 1::2] << _BITS), values[:, -1]])


def _unpacked(packed: Integers, width: int) -> Integers:
    """The columns that `_packed` was given, for sums of less than 2**31."""
    values = np.empty((len(packed), 2 * packed.shape[1] - 1), np.int64)
    low = packed[:, :-1].astype(np.int32)
    values[:, :-1:2], values[:, 1:-1:2], values[:, -1] = low, (packed[:, :-1] - low) >> _BITS, packed[:, -1]
    return np.delete(values, width - 1, axis=1) if values.shape[1] != width else values
