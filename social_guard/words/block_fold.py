"""A block of comments folded as one stretch of bytes: what `marks.mark` makes of each, between bytes that no text holds.

Only what folding changes is looked at: pieces with a link, an address, a user name, a hashtag or an entity, and characters outside
ASCII. They repeat, so that what becomes of them is remembered. A mark is a single byte of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .key_table import Positions
from .marks import END, NAME, SHORTEST_SHOUT, SHOUT, SIZES, START, names_in_bytes, shouts
from .remembered import Remembered
from .text import MARKERS, SPECIAL, fold

EDGE = b"\xff"
"""Stands between comments, and around them."""
MARGIN = EDGE * 16
FIRST_MARK = 0xF8
"""From this byte on: marks and edges, which no UTF-8 holds."""
_MARK_BYTES = {START: b"\xf8", END: b"\xf9", SHOUT: b"\xfb", NAME: b"\xfc"}
_SIZE = b"\xfa"
_OF_SIZE = {mark: bytes([number]) for number, mark in enumerate(dict.fromkeys(SIZES), 1)}
MARK_CODES = _MARK_BYTES | {mark: _SIZE + code for mark, code in _OF_SIZE.items()}
"""The bytes that stand for each mark; of a size only the first does, and the second is told by `Folded.sizes`."""
_SIZE_CODES = np.array([ord(_OF_SIZE[mark]) for mark in SIZES])
_NAMES = names_in_bytes(_MARK_BYTES[END])
_BEHIND, _BEFORE = _MARK_BYTES[END] + _SIZE + EDGE, _MARK_BYTES[START]

_SIGNS = bytes(byte in {ord(marker.lstrip("w")[0]) for marker in MARKERS} for byte in range(256))
_PAIRS = np.zeros(1 << 16, np.bool_)
for _marker in MARKERS:
    _PAIRS[[ord(_marker[0]) << 8 | byte for byte in (_marker[1:2].encode() or range(256))]] = True
_WIDTHS = np.array([0] * 0xC0 + [2] * 32 + [3] * 16 + [4] * 8 + [0] * 8, np.int8)
"""Bytes of a character outside ASCII, by its first one."""


class Folded(NamedTuple):
    """Folded comments.

    Attributes
    ----------
    data : bytes
        The folded texts in UTF-8 with bytes for marks, between edges.
    edges : (n_texts + 1,) int array
        Where the edge before each comment stands, and the one behind the last.
    sizes : (n_texts,) int array
        The second byte of the mark of each comment's size.
    """

    data: bytes
    edges: Positions
    sizes: Positions


def fold_block(texts: Sequence[str]) -> Folded:
    """Fold and mark comments and join them, each between edges.

    Examples
    --------
    >>> fold_block(["Caf\\u00e9", "@ward 5"]).data.strip(EDGE).split(EDGE)
    [b'\\xf8cafe\\xf9\\xfa', b'\\xf8 \\xe2\\x80\\xb9user\\xe2\\x80\\xba  5\\xf9\\xfa']
    """
    parts = _encoded(texts)
    body = _BEFORE + (_BEHIND + _BEFORE).join(parts) + _BEHIND if parts else b""
    data = MARGIN + EDGE + body + MARGIN
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    edges = len(MARGIN) + np.concatenate([[0], np.cumsum(lengths + len(_BEFORE + _BEHIND))])
    spaces, lines = (np.flatnonzero(np.frombuffer(data, np.uint8) == ord(gap)) for gap in " \n")
    n_gaps = np.diff(np.searchsorted(spaces, edges)) + np.diff(np.searchsorted(lines, edges))
    data = _named(data, spaces)
    codes = np.frombuffer(data, np.uint8)
    foreign = np.flatnonzero(codes - np.uint8(0xC2) < 0x33)
    starts, ends = _marked_pieces(data, codes, foreign)
    outside = foreign[np.searchsorted(starts, foreign, side="right") == np.searchsorted(ends, foreign, side="right")]
    starts, ends = np.concatenate([starts, outside]), np.concatenate([ends, outside + _WIDTHS[codes[outside]]])
    folded = [_FOLDED[data[first:last]] for first, last in zip(starts.tolist(), ends.tolist(), strict=True)]
    empty, loud = np.flatnonzero(lengths == 0), _loud(texts, codes, edges)
    new = [*folded, *[b""] * len(empty), *[_MARK_BYTES[SHOUT]] * len(loud)]
    firsts = np.concatenate([starts, edges[empty] + 1, edges[loud + 1]])
    data = _spliced(data, firsts, np.concatenate([ends, edges[empty + 1], edges[loud + 1]]), new).lower()
    edges = np.flatnonzero(np.frombuffer(data, np.uint8) == EDGE[0])[len(MARGIN) : -len(MARGIN)]
    return Folded(data, edges, _SIZE_CODES[np.minimum(n_gaps, len(SIZES) - 1)])


def _named(data: bytes, spaces: Positions) -> bytes:
    """The data with a mark in the place of the gap before each name."""
    codes = np.frombuffer(data, np.uint8)
    capitals = spaces[(codes[spaces + 1] - np.uint8(ord("A")) < 26) & _BEFORE_NAMES[codes[spaces - 1]]]
    capitals = capitals[codes[capitals + 2] - np.uint8(ord("a")) < 26]  # most others are an "I"
    named, end = codes.copy(), 0
    for gap in capitals.tolist():
        if gap >= end and (found := _NAMES.match(data, gap)):
            named[gap], end = ord(_MARK_BYTES[NAME]), found.end()
    return named.tobytes()


_BEFORE_NAMES = np.array([byte in b"abcdefghijklmnopqrstuvwxyz,;" for byte in range(256)])


def _loud(texts: Sequence[str], codes: NDArray[np.uint8], edges: Positions) -> Positions:
    """Comments whose letters are all capitals; few others have none of the small ones among their first."""
    first = codes[edges[:-1, None] + np.arange(2, 2 + SHORTEST_SHOUT)]
    loud = np.flatnonzero(((first - np.uint8(ord("a")) >= 26) & (first < FIRST_MARK)).all(axis=1))
    return np.array([i for i in loud.tolist() if shouts(texts[i])], np.int64)


def _encoded(texts: Sequence[str]) -> list[bytes]:
    try:
        return list(map(str.encode, texts))
    except UnicodeEncodeError:
        return [text.encode("utf-8", "surrogatepass") for text in texts]


def _marked_pieces(data: bytes, codes: NDArray[np.uint8], foreign: Positions) -> tuple[Positions, Positions]:
    """The pieces between spaces that may hold more than single characters to fold, as starts and ends."""
    lowered = np.frombuffer(data.lower(), np.uint8)
    places = np.flatnonzero(np.frombuffer(data.translate(_SIGNS), np.bool_))
    pairs = lowered[places].astype(np.int64) << 8 | lowered[places + 1]
    marked = places[_PAIRS[pairs] | (lowered[places - 1] == ord("w"))]
    special = [place for place in foreign[np.isin(codes[foreign], _LEADS)].tolist() if data.startswith(_SPECIAL, place)]
    places = np.concatenate([marked, np.array(special, np.int64)])
    if not len(places):
        return places, places
    gaps = np.flatnonzero((codes == ord(" ")) | (codes >= FIRST_MARK))
    after = np.unique(np.searchsorted(gaps, places))
    return gaps[after - 1] + 1, gaps[after]


_SPECIAL = tuple(char.encode() for char in SPECIAL)
_LEADS = [char[0] for char in _SPECIAL]


def _spliced(data: bytes, starts: Positions, ends: Positions, new: Sequence[bytes]) -> bytes:
    """The data with something new in the place of stretches of it; no two overlap."""
    if not len(new):
        return data
    order = np.argsort(starts, kind="stable")
    firsts, lasts = starts[order].tolist(), ends[order].tolist()
    kept = [data[last:first] for first, last in zip(firsts, [0, *lasts], strict=False)]
    return b"".join([part for pair in zip(kept, [new[i] for i in order.tolist()], strict=True) for part in pair] + [data[lasts[-1] :]])


def _folded(stretch: bytes) -> bytes:
    return fold(stretch.decode("utf-8", "surrogatepass")).encode()


_FOLDED = Remembered(_folded, 1 << 15)
