"""A block of comments folded as one stretch of bytes: what `text.fold` makes of each, between bytes that no text holds.

Only what folding changes is looked at: pieces with a link, an address, a user name or an entity, and characters outside
ASCII. Both repeat, so that what becomes of them is remembered.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .key_table import Positions
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
    """Fold comments and join them, each between edges.

    Returns
    -------
    (bytes, (n_texts + 1,) int array)
        The folded texts in UTF-8, and where the edge before each stands, and the one behind the last.

    Examples
    --------
    >>> data, edges = fold_block(["Caf\\u00e9", "@ward 5"])
    >>> data.strip(EDGE).split(EDGE), edges.tolist()
    ([b'cafe', b' \\xe2\\x80\\xb9user\\xe2\\x80\\xba  5'], [16, 21, 36])
    """
    data = EDGE.join([MARGIN, *map(_encoded, texts), MARGIN])
    codes = np.frombuffer(data, np.uint8)
    foreign = np.flatnonzero(codes - np.uint8(0xC2) < 0x33)
    starts, ends = _marked_pieces(data, codes, foreign)
    outside = foreign[np.searchsorted(starts, foreign, side="right") == np.searchsorted(ends, foreign, side="right")]
    data = _spliced(data, np.concatenate([starts, outside]), np.concatenate([ends, outside + _WIDTHS[codes[outside]]])).lower()
    return data, np.flatnonzero(np.frombuffer(data, np.uint8) == EDGE[0])[len(MARGIN) : -len(MARGIN)]


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


def _spliced(data: bytes, starts: Positions, ends: Positions) -> bytes:
    """The data with stretches of it folded; no two overlap."""
    order = np.argsort(starts, kind="stable")
    firsts, lasts = starts[order].tolist(), ends[order].tolist()
    new = [_FOLDED[data[first:last]] for first, last in zip(firsts, lasts, strict=True)]
    kept = [data[last:first] for last, first in zip([0, *lasts], firsts, strict=False)]
    return b"".join([part for pair in zip(kept, new, strict=True) for part in pair] + [data[lasts[-1] if lasts else 0 :]])


def _folded(stretch: bytes) -> bytes:
    return fold(stretch.decode("utf-8", "surrogatepass")).encode()


_FOLDED = Remembered(_folded, 1 << 15)
