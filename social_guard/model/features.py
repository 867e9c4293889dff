"""A comment becomes *units*: the distinct things in it that the model can weigh.

Every other room speaks units: training counts them, the scorer adds up their rows, the explanation lists them. All
kinds come from one walk over one *lattice*: the tokens of the comment in order, with the readings of disguised
stretches as a second way through the same place.

====== =============================================== ============================
kind   key                                             example
====== =============================================== ============================
token  a token or the reading of a disguised stretch   ``nurse``
mark   what is said of the comment (`words.marks`)     ``‹start›``
pair   two neighbours of these                         ``thank you``
====== =============================================== ============================
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple

from ..words.marks import MARKS, mark, normalise_marked
from ..words.text import (
    TOKEN_LENGTH,
    Normalised,
    Piece,
    Reading,
    find_readings,
    is_spaced_out,
    read_pieces,
    token_spans,
)

GRAM_LENGTHS = (2, 5)
"""Shortest and longest character n-gram of a token, which counts with a space at either end."""

Known = Mapping[str, float]
"""The words that a reading may stand for, with how common they are."""

Span = tuple[int, int]
Slot = tuple[str, int, int]
"""A token, and where it begins and ends."""

SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")


class Node(NamedTuple):
    """One step of the lattice: a token that covers the slots from ``first`` up to, not including, ``after``."""

    token: str
    first: int
    after: int


class Unit(NamedTuple):
    """A distinct thing in a comment, with the places where it stands.

    Attributes
    ----------
    kind : str
        ``"token"``, ``"mark"`` or ``"pair"``.
    key : str
        What the model knows it by.
    spans : tuple of (int, int)
        Ranges of characters in what the person wrote.
    """

    kind: str
    key: str
    spans: tuple[Span, ...]


def unit_keys(text: str, known: Known) -> tuple[list[str], list[str]]:
    """The distinct tokens and the distinct pairs of a comment: the fast path of `find_units`.

    Parameters
    ----------
    text : str
        What the person wrote.
    known : mapping
        The words that a reading may stand for, with how common they are.

    Returns
    -------
    (list of str, list of str)
        Tokens and pairs, each once; what is read into the comment stands behind what was written.

    Examples
    --------
    >>> unit_keys("Thank you, thank you 1diot", {"idiot": 9.0})[0]
    ['‹start›', 'thank', 'you', '1diot', '‹end›', '‹uptosix›', 'idiot']
    """
    folded = mark(text)
    pieces = read_pieces(folded)
    found = list(chain.from_iterable(map(_TOKENS_OF, pieces)))
    pairs = map(" ".join, pairwise(found))
    nodes = _all_reading_nodes(folded, pieces, known)
    if not nodes:
        return list(dict.fromkeys(found)), list(dict.fromkeys(pairs))
    return list(dict.fromkeys([*found, *(node.token for node in nodes)])), list(dict.fromkeys([*pairs, *_reading_pairs(found, nodes)]))


_TOKENS_OF, _READINGS_OF = attrgetter("tokens"), attrgetter("readings")


def _all_reading_nodes(folded: str, pieces: Sequence[Piece], known: Known) -> list[Node]:
    """The known readings of a comment, found piece by piece unless a word is spaced out over several."""
    if is_spaced_out(folded):
        return reading_nodes(token_spans(folded), find_readings(folded), known)
    nodes, before = list[Node](), 0
    if any(map(_READINGS_OF, pieces)):
        for piece in pieces:
            if piece.readings:
                found = reading_nodes(piece.spans, piece.readings, known)
                nodes += [Node(token, first + before, after + before) for token, first, after in found]
            before += len(piece.tokens)
    return nodes


def _reading_pairs(found: Sequence[str], nodes: Sequence[Node]) -> Iterator[str]:
    """The pairs of neighbours of which one at least is a reading."""
    by_first: dict[int, list[str]] = {}
    for token, first, _ in nodes:
        by_first.setdefault(first, []).append(token)
    for token, first, after in nodes:
        if first:
            yield f"{found[first - 1]} {token}"
        yield from (f"{token} {right}" for right in (*found[after : after + 1], *by_first.get(after, ())))


def find_units(text: str, known: Known, pairs: Container[str] | None = None) -> list[Unit]:
    """The units of a comment with the characters on which they stand; no letter is torn from its accent.

    Parameters
    ----------
    text : str
        What the person wrote.
    known : mapping
        The words that a reading may stand for, with how common they are.
    pairs : container of str, optional
        Leave out all other pairs: most of them say nothing to a model.

    Examples
    --------
    >>> units = find_units("Ｓｏ 1diot", {"idiot": 9.0}, {"so idiot"})
    >>> [(unit.key, unit.spans) for unit in units if unit.kind != "mark"]
    [('so', ((0, 2),)), ('1diot', ((3, 8),)), ('idiot', ((3, 8),)), ('so idiot', ((0, 8),))]
    """
    comment = normalise_marked(text)
    folded = comment.text.lower()  # as `fold` leaves it, also where the fold of a letter is a capital
    spans = token_spans(folded)
    readings = find_readings(folded)
    slots = _raw_slots(comment, spans)
    if readings:
        nodes = lattice(spans, readings, known)
        steps = [(node.token, slots[node.first][1], slots[node.after - 1][2]) for node in nodes]
        joined = [(f"{a.token} {b.token}", slots[a.first][1], slots[b.after - 1][2]) for a, b in _neighbours(nodes)]
    else:
        steps = slots
        joined = [(f"{a} {b}", start, end) for (a, start, _), (b, _, end) in pairwise(slots)]
    tokens, marks = [step for step in steps if step[0] not in MARKS], [step for step in steps if step[0] in MARKS]
    return _gathered("token", tokens) + _gathered("mark", marks) + _gathered("pair", [step for step in joined if pairs is None or step[0] in pairs])


def _gathered(kind: str, steps: Iterable[Slot]) -> list[Unit]:
    places: dict[str, list[Span]] = {}
    for key, start, end in steps:
        places.setdefault(key, []).append((start, end))
    return [Unit(kind, key, tuple(dict.fromkeys(where) if len(where) > 1 else where)) for key, where in places.items()]


def _raw_slots(comment: Normalised, spans: list[Slot]) -> list[Slot]:
    """The tokens with the places where they stand in what the person wrote."""
    if not comment.edits:
        return spans
    return [(token, *whole_letters(comment.raw, comment.raw_span(start, end))) for token, start, end in spans]


def whole_letters(text: str, span: Span) -> Span:
    """The range made to end behind the marks on its last letter, so that no letter is torn from its accent.

    Examples
    --------
    >>> whole_letters("cafe\\u0301!", (0, 4))
    (0, 5)
    """
    start, end = span
    while end < len(text) and not text[end].isascii() and _is_mark(text[end]):
        end += 1
    return start, end


def _is_mark(char: str) -> bool:
    return unicodedata.category(char)[0] == "M" or SKIN_TONES[0] <= char <= SKIN_TONES[1]


def lattice(spans: list[Slot], readings: Iterable[Reading], known: Known) -> list[Node]:
    """The tokens in order, and beside them the known readings of the stretches that look disguised."""
    tokens = [Node(token, slot, slot + 1) for slot, (token, _, _) in enumerate(spans)]
    return tokens + reading_nodes(spans, readings, known)


def reading_nodes(spans: list[Slot], readings: Iterable[Reading], known: Known) -> list[Node]:
    """The known readings of the stretches that look disguised, each over the slots of the tokens that it covers."""
    nodes = list[Node]()
    starts, ends = [span[1] for span in spans], [span[2] for span in spans]
    for reading in best_readings(readings, known):
        first, after = bisect_right(ends, reading.start), bisect_left(starts, reading.end)
        if first < after:
            nodes += [Node(word, first, after) for word in reading.word.split() if word in known]
    return nodes


def best_readings(readings: Iterable[Reading], known: Known) -> list[Reading]:
    """Of several readings of one stretch, the commonest known one."""
    best: dict[tuple[int, int], Reading] = {}
    for reading in readings:
        place = (reading.start, reading.end)
        if place not in best or _commonness(reading, known) > _commonness(best[place], known):
            best[place] = reading
    return [reading for reading in best.values() if _commonness(reading, known) > 0]


def _commonness(reading: Reading, known: Known) -> float:
    return max(known.get(word, 0.0) for word in reading.word.split())


def _neighbours(nodes: list[Node]) -> list[tuple[Node, Node]]:
    by_first: dict[int, list[Node]] = {}
    for node in nodes:
        by_first.setdefault(node.first, []).append(node)
    return [(left, right) for left in nodes for right in by_first.get(left.after, ())]


def char_ngrams(token: str) -> set[str]:
    """The distinct character n-grams of one token, with a space at either end.

    Examples
    --------
    >>> sorted(char_ngrams("no"))
    [' n', ' no', ' no ', 'no', 'no ', 'o ']
    """
    padded = f" {token} "
    return set(_cutter(len(padded))(padded))


@lru_cache(maxsize=2 * TOKEN_LENGTH)
def _cutter(length: int) -> Callable[[str], tuple[str, ...]]:
    """Cuts a text of some length into its n-grams in one call."""
    shortest, longest = GRAM_LENGTHS
    places = [slice(start, start + n) for n in range(shortest, longest + 1) for start in range(length - n + 1)]
    return itemgetter(*places, places[0])  # one place more, since of a lone place it makes no tuple
