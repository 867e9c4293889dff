"""A block of comments as arrays of numbers: where each token stands, and a 64-bit key for each.

The comments are joined once as UTF-8, between bytes that no text holds. The tokens are those of `words.text.tokens`, found for
all comments together. The few comments whose tokens need more care are marked as *odd*, for the caller to take alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .block_fold import EDGE, FIRST_MARK, MARGIN, MARK_CODES, fold_block
from .key_table import Keys, Positions
from .text import TOKEN_LENGTH, token_shapes

LONGEST = 4 * TOKEN_LENGTH
"""Bytes of the longest token."""

Bytes = NDArray[np.uint8]

_ODDS = np.frombuffer(os.urandom(16), np.uint64) | np.uint64(1)  # drawn anew in every process: nobody can aim at a key
_MASKS = np.array([(1 << 8 * n) - 1 for n in range(9)], np.uint64)
_DIGITS = bytes.maketrans(b"123456789", b"000000000")
_APOSTROPHE, _STAR, _MARK = 6, 7, 8
_SIZE_MARK = _MARK + 2


def _kinds() -> bytes:
    """What a byte is to a token: 1 of a word, 2 a shout or question, 3 to 5 a token alone, 6 and 7 joints, 8 on marks, 0 a gap."""
    kinds = bytearray(128) + bytearray([1]) * (FIRST_MARK - 128) + bytearray(range(_MARK, _MARK + 7)) + bytearray(1)
    for kind, members in enumerate((b"abcdefghijklmnopqrstuvwxyz0123456789", b"!?", b"#", b"$", b"%", b"'", b"*"), 1):
        for byte in members:
            kinds[byte] = kind
    return bytes(kinds)


_KINDS = _kinds()


@dataclass(frozen=True, eq=False)
class TokenArrays:
    """The tokens of a block of comments, in order.

    Attributes
    ----------
    data : bytes
        The folded comments, as UTF-8, between edges.
    edges : (n_comments + 1,) int array
        Where the edge before each comment stands, and the one after the last.
    starts, lengths : (n_tokens,) int array
        Bytes of each token.
    keys : (n_tokens,) uint64 array
        The same for the same token: its bytes up to eight of them, a hash of longer ones.
    owners : (n_tokens,) int array
        Which comment holds the token.
    odd : (n_comments,) bool array
        The comments whose tokens may be wrong here.
    """

    data: bytes
    edges: Positions
    starts: Positions
    lengths: Positions
    keys: Keys
    owners: Positions
    odd: NDArray[np.bool_]


def read_tokens(texts: Sequence[str]) -> TokenArrays:
    """Fold comments and find their tokens.

    Examples
    --------
    >>> arrays = read_tokens(["Thank you!", "thank 07700"])
    >>> arrays.owners.tolist(), (arrays.keys[1] == arrays.keys[7]).item()
    ([0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1], True)
    """
    return _tokens(*fold_block(texts))


def token_keys(tokens: Iterable[str]) -> Keys:
    """The keys of tokens as `read_tokens` finds them, shape (n_tokens,)."""
    return text_keys([MARK_CODES.get(token) or token.encode() for token in tokens])


def join_texts(parts: Sequence[bytes]) -> tuple[bytes, Positions]:
    """Texts in lower case with an edge before and behind each, and the places of those edges, shape (n_parts + 1,)."""
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    data = EDGE.join([MARGIN, *parts, MARGIN]).lower()
    return data, len(MARGIN) + np.concatenate([[0], np.cumsum(lengths + 1)])


def owners_of(places: Positions, edges: Positions) -> Positions:
    """Which comment holds each place of the data."""
    return np.searchsorted(edges, places, side="right") - 1


def _tokens(data: bytes, edges: Positions, sizes: Positions) -> TokenArrays:
    kinds = np.frombuffer(bytearray(data.translate(_KINDS)), np.uint8)
    stars = _join_words(kinds)
    turns = np.flatnonzero(kinds[1:] != kinds[:-1]) + 1
    kind = kinds[turns[:-1]]
    kept = np.flatnonzero(kind != 0)
    starts, lengths, kind = turns[kept], (turns[1:] - turns[:-1])[kept], kind[kept]
    keys = _shaped_keys(data, starts, lengths, kind)
    starred = np.unique(np.searchsorted(starts, stars, side="right") - 1)
    keys[starred] = text_keys([shape.encode() for shape in _shapes(data, starts[starred], lengths[starred])])
    keys[kind == _SIZE_MARK] |= (sizes[np.diff(edges) > 1] << 8).view(np.uint64)
    firsts = np.searchsorted(starts, edges)
    odd = np.zeros(len(edges) - 1, np.bool_)
    odd[owners_of(starts[_odd_tokens(data, starts, lengths, kind)], edges)] = True
    return TokenArrays(data, edges, starts, lengths, keys, np.repeat(np.arange(len(odd)), np.diff(firsts)), odd)


def _join_words(kinds: Bytes) -> Positions:
    """Make apostrophes and asterisks between letters, and asterisks behind one, part of the word; returns those asterisks."""
    joints = np.flatnonzero((kinds == _APOSTROPHE) | (kinds == _STAR))
    apart = np.diff(joints, prepend=-2, append=-2) != 1
    first, last = np.flatnonzero(apart[:-1]), np.flatnonzero(apart[1:])
    run = np.cumsum(apart[:-1]) - 1
    left, right = (kinds[joints[first] - 1] == 1)[run], (kinds[joints[last] + 1] == 1)[run]
    star = kinds[joints] == _STAR
    others = np.cumsum(~star)
    leading = others == (others - ~star)[first][run]
    inside = left & (right | leading)
    kinds[joints] = inside
    return joints[inside & star]


def _odd_tokens(data: bytes, starts: Positions, lengths: Positions, kind: Bytes) -> list[int]:
    """Signs that stand alone but follow their like, and words that are cut into pieces."""
    doubled = np.flatnonzero((kind > 2) & (lengths > 1)).tolist()
    long = np.flatnonzero((kind == 1) & (lengths > TOKEN_LENGTH)).tolist()
    return doubled + [i for i in long if len(data[starts[i] : starts[i] + lengths[i]].decode()) > TOKEN_LENGTH]


def _shapes(data: bytes, starts: Positions, lengths: Positions) -> list[str]:
    ends = (starts + lengths).tolist()
    return [token_shapes(data[start:end].decode())[0] for start, end in zip(starts.tolist(), ends, strict=True)]


def _shaped_keys(data: bytes, starts: Positions, lengths: Positions, kind: Bytes) -> Keys:
    """Keys of tokens as `words.text.tokens` shapes them: a number by its length, a shout by its first sign."""
    keys = stretch_keys(data, starts, lengths)
    first = np.frombuffer(data, np.uint8)[starts]
    shouts = np.flatnonzero(kind == 2)
    keys[shouts] = first[shouts] * np.where(lengths[shouts] > 1, 0x101, 1).astype(np.uint64)
    numbers = np.flatnonzero((first <= ord("9")) & (kind == 1))
    zeros = stretch_keys(data.translate(_DIGITS), starts[numbers], lengths[numbers])
    same = zeros == _zero_keys()[np.minimum(lengths[numbers], TOKEN_LENGTH)]
    keys[numbers[same]] = zeros[same]
    return keys


def _zero_keys() -> Keys:
    lengths = np.arange(TOKEN_LENGTH + 1)
    return stretch_keys(b"0" * TOKEN_LENGTH + MARGIN, np.zeros_like(lengths), lengths)


def text_keys(texts: Sequence[bytes]) -> Keys:
    """A key for each token or n-gram, shape (n_texts,)."""
    data, edges = join_texts(texts)
    return stretch_keys(data, edges[:-1] + 1, np.diff(edges) - 1)


def joined_keys(data: bytes, starts: Positions, lengths: Positions) -> Keys:
    """Keys of pairs of stretches, as if nothing stood between them, shape (n,).

    Parameters
    ----------
    data : bytes
    starts, lengths : (2, n) int array
        Of the left stretches and of the right ones; both together fit into 16 bytes.
    """
    places, own = np.arange(16), lengths[0, :, None]
    letters = np.frombuffer(data, np.uint8)[np.where(places < own, starts[0, :, None], starts[1, :, None] - own) + places]
    return stretch_keys(letters.tobytes() + MARGIN, 16 * np.arange(len(letters)), lengths.sum(axis=0))


def stretch_keys(data: bytes, starts: Positions, lengths: Positions) -> Keys:
    """A key for each stretch of the data: its bytes up to eight of them, a hash of longer ones, shape (n,).

    Parameters
    ----------
    data : bytes
        With at least eight bytes behind the last stretch.
    starts, lengths : (n,) int array
        Of stretches of at most `LONGEST` bytes; what is longer counts up to there.
    """
    words = np.ndarray((len(data) - 7,), "<u8", data, 0, (1,))
    keys = words[starts] & _MASKS[np.minimum(lengths, 8)]
    longer = np.flatnonzero(lengths > 8)
    for offset in range(8, LONGEST, 8):
        longer = longer[lengths[longer] > offset]
        if not len(longer):
            break
        piece = words[starts[longer] + offset] & _MASKS[np.minimum(lengths[longer] - offset, 8)]
        mixed = keys[longer] * _ODDS[0]
        keys[longer] = (mixed ^ mixed >> np.uint64(32)) * _ODDS[1] ^ piece
    return keys
