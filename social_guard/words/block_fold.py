"""A block of comments folded as one stretch of bytes: what `marks.mark` makes of each, between bytes that no text holds.

Only what folding changes is looked at: pieces with a link, an address, a user name or an entity, characters outside
ASCII, and the places of marks. The first two repeat, so that what becomes of them is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .key_table import Positions
from .marks import NAMED, START, ending, name_gaps
from .remembered import Remembered
from .text import MARKERS, SPECIAL, fold

EDGE = b"\xff"
"""Stands between comments, and around them."""
MARGIN = EDGE * 16

_SIGNS = bytes(byte in {ord(marker.lstrip("w")[0]) for marker in MARKERS} for byte in range(256))
_PAIRS = np.zeros(1 << 16, np.bool_)
for _marker in MARKERS:
    _PAIRS[[ord(_marker[0]) << 8 | byte for byte in (_marker[1:2].encode() or range(256))]] = True
_WIDTHS = np.array([0] * 0xC0 + [2] * 32 + [3] * 16 + [4] * 8 + [0] * 8, np.int8)
"""Bytes of a character outside ASCII, by its first one."""


def fold_block(texts: Sequence[str]) -> tuple[bytes, Positions]:
    """Fold and mark comments and join them, each between edges.

    Returns
    -------
    (bytes, (n_texts + 1,) int array)
        The folded texts in UTF-8, and where the edge before each stands, and the one behind the last.

    Examples
    --------
    >>> data, edges = fold_block(["Caf\\u00e9", "@ward 5"])
    >>> [text.decode() for text in data.strip(EDGE).split(EDGE)]
    ['‹start› cafe ‹end› ‹uptoone›', '‹start›  ‹user›  5 ‹end› ‹uptotwo›']
    """
    parts = list(map(_encoded, texts))
    data = EDGE.join([MARGIN, *parts, MARGIN])
    codes = np.frombuffer(data, np.uint8)
    edges = len(MARGIN) + np.concatenate([[0], np.cumsum(np.fromiter(map(len, parts), np.int64, len(parts)) + 1)])
    foreign = np.flatnonzero(codes - np.uint8(0xC2) < 0x33)
    starts, ends = _marked_pieces(data, codes, foreign)
    outside = foreign[np.searchsorted(starts, foreign, side="right") == np.searchsorted(ends, foreign, side="right")]
    starts, ends = np.concatenate([starts, outside]), np.concatenate([ends, outside + _WIDTHS[codes[outside]]])
    folded = [_FOLDED[data[first:last]] for first, last in zip(starts.tolist(), ends.tolist(), strict=True)]
    marks = _marks(texts, edges, codes)
    firsts, lasts = (np.array([mark[side] for mark in marks], np.int64) for side in (0, 1))
    new = [mark[2] for mark in marks] + folded
    data = _spliced(data, np.concatenate([firsts, starts]), np.concatenate([lasts, ends]), new).lower()
    return data, np.flatnonzero(np.frombuffer(data, np.uint8) == EDGE[0])[len(MARGIN) : -len(MARGIN)]


def _marks(texts: Sequence[str], edges: Positions, codes: NDArray[np.uint8]) -> list[tuple[int, int, bytes]]:
    """From where to where a mark stands in the place of the data, and the mark."""
    places = edges.tolist()
    around = [
        mark
        for text, before, after in zip(texts, places, places[1:], strict=False)
        if text
        for mark in ((before + 1, before + 1, _START), (after, after, ending(text).encode()))
    ]
    capitals = np.flatnonzero((codes[2:-1] - np.uint8(65) < 26) & (codes[1:-2] == 32) & _BEFORE_NAMES[codes[:-3]]) + 2
    named = np.unique(np.searchsorted(edges, capitals, side="right") - 1).tolist()
    gaps = [places[i] + 1 + len(_encoded(texts[i][:gap])) for i in named for gap in name_gaps(texts[i])]
    return around + [(gap, gap + 1, _NAMED) for gap in gaps]


_START, _NAMED = f"{START} ".encode(), NAMED.encode()
_BEFORE_NAMES = np.array([byte in b"abcdefghijklmnopqrstuvwxyz,;" for byte in range(256)])


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


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
    gaps = np.flatnonzero((codes == ord(" ")) | (codes == EDGE[0]))
    after = np.unique(np.searchsorted(gaps, places))
    return gaps[after - 1] + 1, gaps[after]


_SPECIAL = tuple(char.encode() for char in SPECIAL)
_LEADS = [char[0] for char in _SPECIAL]


def _spliced(data: bytes, starts: Positions, ends: Positions, new: Sequence[bytes]) -> bytes:
    """The data with something new in the place of stretches of it; no two overlap."""
    order = np.argsort(starts, kind="stable")
    firsts, lasts = starts[order].tolist(), ends[order].tolist()
    kept = [data[last:first] for first, last in zip(firsts, [0, *lasts], strict=False)]
    return b"".join([part for pair in zip(kept, [new[i] for i in order.tolist()], strict=True) for part in pair] + [data[lasts[-1] if lasts else 0 :]])


def _folded(stretch: bytes) -> bytes:
    return fold(stretch.decode("utf-8", "surrogatepass")).encode()


_FOLDED = Remembered(_folded, 1 << 15)
