"""A comment becomes *units*: the distinct things in it that the model can weigh.

Every other room speaks units: training counts them, the scorer adds up their rows, the explanation lists them. All
kinds come from one walk over one *lattice*: the tokens of the comment in order, with the readings of disguised
stretches as a second way through the same place.

====== =============================================== ============================
kind   key                                             example
====== =============================================== ============================
token  a token or the reading of a disguised stretch   ``nurse``
pair   two neighbouring tokens                         ``thank you``
====== =============================================== ============================
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, pairwise
from operator import attrgetter, itemgetter
from typing import NamedTuple

from .text import (
    TOKEN_LENGTH,
    Normalised,
    Piece,
    Reading,
    find_readings,
    fold,
    is_spaced_out,
    normalise,
    read_pieces,
    token_spans,
)

GRAM_LENGTHS = (2, 5)
"""Shortest and longest character n-gram of a token, which counts with a space at either end."""

Known = Mapping[str, float]
"""The words that a reading may stand for, with how common they are."""


class Node(NamedTuple):
    """One step of the lattice: a token that covers the slots from ``first`` up to, not including, ``after``."""

    token: str
    first: int
    after: int


@dataclass(frozen=True)
class Unit:
    """A distinct thing in a comment, with the places where it stands.

    Attributes
    ----------
    kind : str
        ``"token"`` or ``"pair"``.
    key : str
        What the model knows it by.
    spans : tuple of (int, int)
        Ranges of characters in what the person wrote.
    """

    kind: str
    key: str
    spans: tuple[tuple[int, int], ...]


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
    >>> unit_keys("Thank you, thank you 1diot", {"idiot": 9.0})
    (['thank', 'you', '1diot', 'idiot'], ['thank you', 'you thank', 'you 1diot', 'you idiot'])
    """
    folded = fold(text)
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


def find_units(text: str | Normalised, known: Known) -> list[Unit]:
    """Every unit of a comment with the characters it stands on.

    Examples
    --------
    >>> [(unit.key, unit.spans) for unit in find_units("Ｓｏ 1diot", {"idiot": 9.0}) if unit.kind == "token"]
    [('so', ((0, 2),)), ('1diot', ((3, 8),)), ('idiot', ((3, 8),))]
    """
    comment = text if isinstance(text, Normalised) else normalise(text)
    spans = token_spans(comment.text)
    raw = [comment.raw_span(start, end) for _, start, end in spans]
    nodes = lattice(spans, comment.readings, known)
    places: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for node in nodes:
        places.setdefault(("token", node.token), []).append((raw[node.first][0], raw[node.after - 1][1]))
    for left, right in _neighbours(nodes):
        where = (raw[left.first][0], raw[right.after - 1][1])
        places.setdefault(("pair", f"{left.token} {right.token}"), []).append(where)
    return [Unit(kind, key, tuple(dict.fromkeys(where))) for (kind, key), where in places.items()]


def lattice(spans: list[tuple[str, int, int]], readings: Iterable[Reading], known: Known) -> list[Node]:
    """The tokens in order, and beside them the known readings of the stretches that look disguised."""
    tokens = [Node(token, slot, slot + 1) for slot, (token, _, _) in enumerate(spans)]
    return tokens + reading_nodes(spans, readings, known)


def reading_nodes(spans: list[tuple[str, int, int]], readings: Iterable[Reading], known: Known) -> list[Node]:
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
